package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// people is a source whose users, errors and pace a test decides.
type people struct {
	mu    sync.Mutex
	users map[string]sfprov.User
	err   error                  // of User, and of Users after the first
	asked map[string]int         // how often, by identifier
	gate  func(id string)        // is called before User answers
	last  func()                 // is called after the last of Users
	atMem map[string]int         // calls that are under way, by identifier
	most  int                    // of them for one user
	wrong map[string]sfprov.User // what it answers instead
}

func newPeople(users ...sfprov.User) *people {
	d := &people{users: map[string]sfprov.User{}, asked: map[string]int{}, atMem: map[string]int{}}
	for _, u := range users {
		d.users[u.Fields["FederationIdentifier"].(string)] = u
	}
	return d
}

func (d *people) set(u sfprov.User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users[u.Fields["FederationIdentifier"].(string)] = u
}

func (d *people) remove(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.users, id)
}

func (d *people) askedFor(id string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[id]
}

func (d *people) User(_ context.Context, id string) (sfprov.User, error) {
	d.mu.Lock()
	d.asked[id]++
	d.atMem[id]++
	d.most = max(d.most, d.atMem[id])
	u, has := d.users[id]
	if other, lies := d.wrong[id]; lies {
		u, has = other, true
	}
	err := d.err
	d.mu.Unlock()
	if d.gate != nil {
		d.gate(id)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.atMem[id]--
	switch {
	case err != nil:
		return sfprov.User{}, err
	case !has:
		return sfprov.User{}, fmt.Errorf("%s: %w", id, sfprov.ErrGone)
	}
	return u, nil
}

func (d *people) Users(context.Context) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		d.mu.Lock()
		var all []sfprov.User
		for _, u := range d.users {
			all = append(all, u)
		}
		err := d.err
		d.mu.Unlock()
		for _, u := range all {
			if !yield(u, nil) {
				return
			}
			if err != nil {
				yield(sfprov.User{}, err)
				return
			}
		}
		if d.last != nil {
			d.last()
		}
	}
}

// titled is an employee with a title.
func titled(username, number, title string) sfprov.User {
	u := employee(username, number)
	u.Fields["Title"] = title
	return u
}

// TestFollowingOneUser: from the first event to the last, the source has the last word.
func TestFollowingOneUser(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople(titled("alice", "E-1", "Clerk"))
	var learned []string
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir, sfprov.WithLearned(func(id string, r sfprov.Result) {
		learned = append(learned, fmt.Sprint(id, " ", r.Action, " ", r.ID != ""))
	}))
	for _, step := range []struct {
		change func()
		action sfprov.Action
		active bool
		title  string
	}{
		{func() {}, sfprov.Created, true, "Clerk"},
		{func() {}, sfprov.Unchanged, true, "Clerk"},
		{func() { dir.set(titled("alice", "E-1", "CEO")) }, sfprov.Updated, true, "CEO"},
		{func() { dir.remove("E-1") }, sfprov.Deactivated, false, "CEO"},
		{func() {}, sfprov.Unchanged, false, "CEO"},
		{func() { dir.set(titled("alice", "E-1", "CEO")) }, sfprov.Reactivated, true, "CEO"},
	} {
		step.change()
		result, err := f.Changed(t.Context(), "E-1")
		require.NoError(t, err)
		assert.Equal(t, step.action, result.Action)
		user, found := org.UserByUsername("alice@primary.com")
		require.True(t, found)
		assert.Equal(t, step.active, user.Active)
		assert.Equal(t, step.title, user.Fields["Title"])
	}
	assert.Equal(t, []string{"E-1 created true", "E-1 unchanged true", "E-1 updated true", "E-1 deactivated true", "E-1 unchanged true", "E-1 reactivated true"}, learned)

	result, err := f.Changed(t.Context(), "E-77")
	require.NoError(t, err, "who is gone, and never was there")
	assert.Equal(t, sfprov.Unchanged, result.Action)
}

// TestASourceThatFailsDeactivatesNobody, whatever it fails with.
func TestASourceThatFailsDeactivatesNobody(t *testing.T) {
	t.Parallel()
	broken := errors.New("directory on fire")
	for name, failure := range map[string]error{
		"its own": broken, "not found": fmt.Errorf("404: %w", sfprov.ErrNotFound), "deadline": context.DeadlineExceeded, "cancelled": context.Canceled,
		"the user": &sfprov.ValidationError{Problems: []sfprov.FieldProblem{{Field: "Email", Problem: "is missing"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			dir := newPeople(employee("alice", "E-1"), employee("bob", "E-2"))
			f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
			_, _, err := f.Reconcile(t.Context())
			require.NoError(t, err)
			org.ResetRequests()
			dir.err = failure

			_, err = f.Changed(t.Context(), "E-1")
			require.ErrorIs(t, err, failure)
			require.ErrorContains(t, err, "E-1")
			assert.Empty(t, org.Requests())
			step, _ := sfprov.NextStep(err)
			if name == "the user" {
				assert.Equal(t, sfprov.StepUser, step, "a person has to look at it")
			} else {
				assert.Equal(t, sfprov.StepAgain, step)
			}

			_, _, err = f.Reconcile(t.Context())
			require.ErrorIs(t, err, failure, "midway")
			for _, name := range []string{"alice@primary.com", "bob@primary.com"} {
				user, _ := org.UserByUsername(name)
				assert.True(t, user.Active)
			}
		})
	}
}

// TestIdentifiersAreCheckedBeforeTheSourceIsAsked.
func TestIdentifiersAreCheckedBeforeTheSourceIsAsked(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople()
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
	for _, id := range []string{"", " ", "null", "undefined", "00000000-0000-0000-0000-000000000000"} {
		_, err := f.Changed(t.Context(), id)
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid, "%q", id)
	}
	assert.Empty(t, dir.asked)

	_, err := sfprov.NewFollower(provisionerIn(t, org), dir).Changed(t.Context(), "E-1")
	require.ErrorContains(t, err, "MatchField")
	assert.Empty(t, dir.asked)
	assert.Empty(t, org.Requests())
}

// TestASourceThatAnswersForAnother is not believed; one that leaves out the identifier is.
func TestASourceThatAnswersForAnother(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople()
	nameless := employee("carol", "")
	delete(nameless.Fields, "FederationIdentifier")
	dir.wrong = map[string]sfprov.User{"E-1": employee("mallory", "E-9"), "E-3": nameless}
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
	_, err := f.Changed(t.Context(), "E-1")
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "somebody else")
	assert.Empty(t, org.Requests())

	_, err = f.Changed(t.Context(), "E-3")
	require.NoError(t, err)
	carol, found := org.UserByUsername("carol@primary.com")
	require.True(t, found)
	assert.Equal(t, "E-3", carol.Fields["FederationIdentifier"])
	assert.NotContains(t, nameless.Fields, "FederationIdentifier", "the source's own is not changed")
}

// TestIdentifiersOfTheSource may be others than the match values.
func TestIdentifiersOfTheSource(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople()
	dir.wrong = map[string]sfprov.User{"4711": employee("alice", "E-4711")}
	unknown := errors.New("no number")
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir, sfprov.WithIdentifier(func(id string) (string, error) {
		if id == "x" {
			return "", unknown
		}
		return "E-" + id, nil
	}))
	result, err := f.Changed(t.Context(), "4711")
	require.NoError(t, err)
	assert.Equal(t, sfprov.Created, result.Action)
	_, err = f.Changed(t.Context(), "x")
	assert.ErrorIs(t, err, unknown)
}

// TestEventsThatWaitAreOne: while a user is worked on, any number of events leads to one
// more look, and other users don't wait.
func TestEventsThatWaitAreOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		dir := newPeople(titled("alice", "E-1", "first"), employee("bob", "E-2"))
		open := make(chan struct{})
		dir.gate = func(id string) {
			if id == "E-1" {
				<-open
			}
		}
		f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
		results := make([]sfprov.Result, 50)
		var wg sync.WaitGroup
		event := func(ctx context.Context, result *sfprov.Result, want error) {
			wg.Go(func() {
				var err error
				*result, err = f.Changed(ctx, "E-1")
				assert.ErrorIs(t, err, want)
			})
			synctest.Wait()
		}
		var first, left sfprov.Result
		event(t.Context(), &first, nil)
		ctx, leave := context.WithCancel(t.Context())
		event(ctx, &left, context.Canceled)
		leave() // who waits can, and those who come later are worked on all the same
		synctest.Wait()
		dir.set(titled("alice", "E-1", "second"))
		for i := range results {
			event(t.Context(), &results[i], nil)
		}
		_, err := f.Changed(t.Context(), "E-2")
		require.NoError(t, err, "bob waits for nobody")
		close(open)
		wg.Wait()
		assert.Equal(t, sfprov.Created, first.Action)
		for _, result := range results {
			assert.Equal(t, sfprov.Updated, result.Action)
		}
		assert.Equal(t, 2, dir.askedFor("E-1"))
		assert.Equal(t, 1, dir.most, "one after the other")
	})
}

// TestAStormOfEvents ends in what the source says, whoever leaves meanwhile.
func TestAStormOfEvents(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople()
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			number := fmt.Sprint("E-", i%10)
			if i%7 == 0 {
				dir.remove(number)
			} else {
				dir.set(titled(fmt.Sprint("user", i%10), number, fmt.Sprint("title ", i)))
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%5 == 0 {
				cancel()
			}
			_, _ = f.Changed(ctx, number) // the last look is what counts
		})
	}
	wg.Wait()
	for i := range 10 {
		_, err := f.Changed(t.Context(), fmt.Sprint("E-", i))
		require.NoError(t, err)
		want, has := dir.users[fmt.Sprint("E-", i)]
		user, _ := org.UserByUsername(fmt.Sprintf("user%d@primary.com", i))
		assert.Equal(t, has, user.Active)
		if has {
			assert.Equal(t, want.Fields["Title"], user.Fields["Title"])
		}
	}
	assert.Equal(t, 1, dir.most)
}

// TestAPanicOfTheSource comes back to the caller, and ends nothing else.
// TestFollowingInBatches: with a Batcher, events at the same time cost few API calls, and
// each gets its own result.
func TestFollowingInBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		const users = 100
		src := newPeople()
		for i := range users {
			src.set(employee(fmt.Sprint("user", i), fmt.Sprint("E-", i)))
		}
		p := provisionerIn(t, org, matching)
		assert.Equal(t, "FederationIdentifier", p.MatchField())
		f := sfprov.NewFollower(p, src, sfprov.WithBatcher(sfprov.NewBatcher(p)))
		org.KeepControl(sfprovtest.On("", "", sfprovtest.Fault{Delay: time.Second}))
		var wg sync.WaitGroup
		for i := range users + 1 { // the last one is gone
			wg.Go(func() {
				result, err := f.Changed(t.Context(), fmt.Sprint("E-", i))
				if assert.NoError(t, err) && i < users {
					user, _ := org.User(result.ID)
					assert.Equal(t, fmt.Sprintf("user%d@primary.com", i), user.Username)
				}
			})
		}
		wg.Wait()
		assert.Less(t, len(org.Requests()), 15)
	})
}

// TestLearningOfWhomACallerLeft: what a batch did for a caller who had left is learned.
func TestLearningOfWhomACallerLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		src := newPeople(employee("first", "E-0"), employee("leaves", "E-1"), employee("stays", "E-2"))
		p := provisionerIn(t, org, matching)
		learned := map[string]sfprov.Action{}
		var mu sync.Mutex
		f := sfprov.NewFollower(p, src, sfprov.WithBatcher(sfprov.NewBatcher(p)), sfprov.WithLearned(func(id string, r sfprov.Result) {
			mu.Lock()
			defer mu.Unlock()
			learned[id] = r.Action
		}))
		org.KeepControl(sfprovtest.On("", "/data/", sfprovtest.Fault{Delay: time.Second}))
		var wg sync.WaitGroup
		for id, patience := range map[string]time.Duration{"E-0": time.Hour, "E-1": 3500 * time.Millisecond, "E-2": time.Hour} {
			wg.Go(func() {
				ctx, leave := context.WithTimeout(t.Context(), patience)
				defer leave()
				if id != "E-0" {
					<-time.After(time.Millisecond) // while the first is under way
				}
				_, err := f.Changed(ctx, id)
				assert.Equal(t, id == "E-1", err != nil)
			})
		}
		wg.Wait()
		assert.Equal(t, map[string]sfprov.Action{"E-0": sfprov.Created, "E-1": sfprov.Created, "E-2": sfprov.Created}, learned)
	})
}

func TestAPanicOfTheSource(t *testing.T) {
	t.Parallel()
	dir := newPeople(employee("alice", "E-1"))
	dir.gate = func(string) { panic("of the source") }
	f := sfprov.NewFollower(provisionerIn(t, sfprovtest.NewOrg(t), matching), dir)
	assert.PanicsWithValue(t, "of the source", func() { _, _ = f.Changed(t.Context(), "E-1") })
	dir.gate = nil
	_, err := f.Changed(t.Context(), "E-1")
	assert.NoError(t, err)
}

// TestReconciling: what no event told is found, and the bounds of plans hold.
func TestReconciling(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople()
	for i := range 30 {
		dir.set(employee(fmt.Sprint("user", i), fmt.Sprint("E-", i)))
	}
	learned, told := map[string]sfprov.Result{}, 0
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir,
		sfprov.WithLearned(func(id string, r sfprov.Result) { learned[id] = r }), sfprov.WithReconciled(func(sfprov.Outcome) { told++ }))
	plan, summary, err := f.Reconcile(t.Context())
	require.NoError(t, err)
	assert.Len(t, plan.Steps, 30)
	assert.Equal(t, 30, summary.Done)
	assert.Len(t, learned, 30)
	assert.Equal(t, 30, told)

	dir.remove("E-3")
	dir.set(titled("user4", "E-4", "CEO"))
	wrong := titled("user5", "E-5", "CEO")
	wrong.Fields["Email"] = "no address"
	dir.set(wrong)
	clear(learned)
	plan, _, err = f.Reconcile(t.Context())
	require.Error(t, err)
	assert.Len(t, plan.Steps, 3)
	gone, _ := org.UserByUsername("user3@primary.com")
	assert.False(t, gone.Active)
	assert.Equal(t, gone.ID, learned[""].ID, "who is not at the source has no identifier")
	assert.Equal(t, sfprov.Updated, learned["E-4"].Action)
	assert.Len(t, learned, 2)
	assert.Equal(t, 33, told, "also of whom it could not")
	dir.set(employee("user5", "E-5"))

	for i := range 20 {
		dir.remove(fmt.Sprint("E-", i))
	}
	_, _, err = f.Reconcile(t.Context())
	require.ErrorIs(t, err, sfprov.ErrTooManyDeactivations)
	for i := range 30 {
		dir.remove(fmt.Sprint("E-", i))
	}
	_, _, err = f.Reconcile(t.Context())
	require.NoError(t, err, "an empty source deactivates nobody")
	active := 0
	for _, user := range org.Users() {
		if user.Active {
			active++
		}
	}
	assert.GreaterOrEqual(t, active, 29)
}

// TestReconcilingHeedsEvents: who was hired, or came back, after the source was listed, is
// not deactivated for being absent there.
func TestReconcilingHeedsEvents(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople()
	for i := range 10 {
		dir.set(employee(fmt.Sprint("user", i), fmt.Sprint("E-", i)))
	}
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
	_, _, err := f.Reconcile(t.Context())
	require.NoError(t, err)
	dir.remove("E-1")
	dir.remove("E-2")
	dir.set(titled("user5", "E-5", "stale"))
	dir.last = func() {
		dir.last = nil
		for _, u := range []sfprov.User{employee("new", "E-99"), employee("user1", "E-1"), titled("user5", "E-5", "fresh")} {
			dir.set(u)
			_, err := f.Changed(t.Context(), u.Fields["FederationIdentifier"].(string))
			assert.NoError(t, err)
		}
	}
	_, _, err = f.Reconcile(t.Context())
	require.NoError(t, err)
	for name, active := range map[string]bool{"new": true, "user1": true, "user2": false, "user3": true} {
		user, _ := org.UserByUsername(name + "@primary.com")
		assert.Equal(t, active, user.Active, name)
	}
	user, _ := org.UserByUsername("user5@primary.com")
	assert.Equal(t, "fresh", user.Fields["Title"])
}

// TestReconcilingAfterAnEvent: that an event was worked on while the list was read does not
// make the list the older one.
func TestReconcilingAfterAnEvent(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	src := &changing{people: newPeople(titled("alice", "E-1", "first"), employee("bob", "E-2"))}
	f := sfprov.NewFollower(provisionerIn(t, org, matching), src)
	src.before = func() {
		_, err := f.Changed(t.Context(), "E-1")
		require.NoError(t, err)
		src.set(titled("alice", "E-1", "second"))
	}
	_, _, err := f.Reconcile(t.Context())
	require.NoError(t, err)
	user, _ := org.UserByUsername("alice@primary.com")
	assert.Equal(t, "second", user.Fields["Title"])
}

// changing is a source in which something happens before the list is read.
type changing struct {
	*people
	before func()
}

func (c *changing) Users(ctx context.Context) iter.Seq2[sfprov.User, error] {
	c.before()
	return c.people.Users(ctx)
}

// TestReconcilingLooksAgain at whom an event was about while the plan was applied: which of
// the two wrote last is not known.
func TestReconcilingLooksAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		dir := newPeople(titled("alice", "E-1", "old"), employee("bob", "E-2"))
		f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
		_, _, err := f.Reconcile(t.Context())
		require.NoError(t, err)

		dir.set(titled("alice", "E-1", "stale"))
		var applying sync.Once
		writes := make(chan struct{})
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if r.Method == http.MethodGet {
				return nil
			}
			applying.Do(func() { close(writes) })
			return &sfprovtest.Fault{Delay: time.Second}
		})
		var wg sync.WaitGroup
		wg.Go(func() {
			<-writes
			dir.set(titled("alice", "E-1", "fresh"))
			_, err := f.Changed(t.Context(), "E-1")
			assert.NoError(t, err)
		})
		_, _, _ = f.Reconcile(t.Context()) // it may have met the event's change
		wg.Wait()
		alice, _ := org.UserByUsername("alice@primary.com")
		assert.Equal(t, "fresh", alice.Fields["Title"])
		assert.Equal(t, 2, dir.askedFor("E-1"), "by the event, and again")
	})
}

// TestRunning reconciles at once, and again, until it is ended.
func TestRunning(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	dir := newPeople(employee("alice", "E-1"))
	f := sfprov.NewFollower(provisionerIn(t, org, matching), dir)
	enough := errors.New("enough")
	var failures []error
	err := f.Run(t.Context(), time.Nanosecond, func(_ *sfprov.Plan, _ sfprov.Summary, err error) error {
		failures = append(failures, err)
		switch len(failures) {
		case 1:
			dir.err = errors.New("out")
		case 2:
			return enough
		}
		return nil
	})
	require.ErrorIs(t, err, enough)
	require.NoError(t, failures[0])
	require.ErrorIs(t, failures[1], dir.err, "an error of a reconciliation does not end it")
	_, found := org.UserByUsername("alice@primary.com")
	assert.True(t, found)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, f.Run(ctx, time.Hour, nil), context.Canceled)
}

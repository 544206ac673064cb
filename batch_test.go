package sfprov_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// crowd is n users.
func crowd(n int) []sfprov.User {
	users := make([]sfprov.User, n)
	for i := range users {
		users[i] = employee(fmt.Sprintf("user%d", i), fmt.Sprintf("Name%d", i))
	}
	return users
}

// ensureAll is EnsureAll as a sequence of outcomes.
func ensureAll(ctx context.Context, p *sfprov.Provisioner, users iter.Seq[sfprov.User], opts ...sfprov.BatchOption) iter.Seq[sfprov.Outcome] {
	return func(yield func(sfprov.Outcome) bool) {
		input := func(yield func(sfprov.User, error) bool) {
			for u := range users {
				if !yield(u, nil) {
					return
				}
			}
		}
		_, _ = p.EnsureAll(ctx, input, untilLeft(yield), opts...)
	}
}

var errLeft = errors.New("left")

func untilLeft(yield func(sfprov.Outcome) bool) func(sfprov.Outcome) error {
	return func(o sfprov.Outcome) error {
		if !yield(o) {
			return errLeft
		}
		return nil
	}
}

// applied is Apply as a sequence of outcomes.
func applied(ctx context.Context, p *sfprov.Provisioner, plan *sfprov.Plan) iter.Seq[sfprov.Outcome] {
	return func(yield func(sfprov.Outcome) bool) { _, _ = p.Apply(ctx, plan, untilLeft(yield)) }
}

// outcomes collects what a batch yields, by index: one for each input.
func outcomes(t *testing.T, n int, batch iter.Seq[sfprov.Outcome]) []sfprov.Outcome {
	t.Helper()
	all := make([]sfprov.Outcome, n)
	seen := make([]bool, n)
	for o := range batch {
		require.False(t, seen[o.Index], "%d twice", o.Index)
		seen[o.Index], all[o.Index] = true, o
	}
	for i := range seen {
		require.True(t, seen[i], "%d has no outcome", i)
	}
	return all
}

func TestEnsureAllCreates(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	users := crowd(1000)
	for i, o := range outcomes(t, 1000, ensureAll(t.Context(), p, slices.Values(users))) {
		require.NoError(t, o.Err)
		assert.Equal(t, sfprov.OutcomeDone, o.State)
		assert.Equal(t, sfprov.Created, o.Result.Action)
		user, _ := org.User(o.Result.ID)
		assert.Equal(t, users[i].Fields["FederationIdentifier"], user.Fields["FederationIdentifier"])
		assert.Equal(t, users[i].Username, o.User.Username)
	}
	assert.Len(t, org.Users(), 1000)
	assert.LessOrEqual(t, len(org.Requests()), 5+2, "five collections, and the reading")

	org.ResetRequests()
	for _, o := range outcomes(t, 1000, ensureAll(t.Context(), p, slices.Values(users))) {
		require.NoError(t, o.Err)
		assert.Equal(t, sfprov.Unchanged, o.Result.Action)
	}
	assert.LessOrEqual(t, len(org.Requests()), 2)
}

// What a batch does is what Ensure does with each.
func TestEnsureAllIsEnsureOfEach(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		one, all := sfprovtest.NewOrg(t), sfprovtest.NewOrg(t)
		a, b := assemble(one, 300, seed), assemble(all, 300, seed)
		p, q := provisionerIn(t, one, byFederationID), provisionerIn(t, all, byFederationID)
		batch := outcomes(t, 300, ensureAll(t.Context(), q, slices.Values(b.users)))
		for i, u := range a.users {
			result, err := p.Ensure(t.Context(), u)
			require.NoError(t, err)
			require.NoError(t, batch[i].Err)
			got := batch[i].Result
			assert.Equal(t, result.Action, got.Action, u.Username)
			without := func(changes []sfprov.Change) (rest []string) {
				for _, c := range changes {
					if !strings.HasSuffix(c.Field, "Id") { // IDs of the two orgs differ
						rest = append(rest, fmt.Sprint(c))
					}
				}
				return rest
			}
			assert.Equal(t, without(result.Changes), without(got.Changes), u.Username)
			assert.Equal(t, result.ID == "", got.ID == "")
		}
		b.check(t)
		assert.Less(t, len(all.Requests()), len(one.Requests())/8)
		all.ResetRequests()
		for _, o := range outcomes(t, 300, ensureAll(t.Context(), q, slices.Values(b.users))) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Unchanged, o.Result.Action)
		}
		assert.LessOrEqual(t, len(all.Requests()), 4, "users, logins, two kinds of assignments")
	}
}

func TestEnsureAllTellsEachErrorAsEnsureDoes(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	blockedID := org.AddUser(sfprov.Fields{"Username": "blocked@primary.com", "FederationIdentifier": "E-blocked"})
	org.BlockDeactivation(blockedID, sfprovtest.Refusal{})
	org.AddUser(sfprov.Fields{"Username": "taken@primary.com"})
	org.TakeUsername("elsewhere@primary.com")
	user := func(name string, change func(*sfprov.User)) sfprov.User {
		u := employee(name, name)
		u.Fields["FederationIdentifier"] = "E-" + name
		if change != nil {
			change(&u)
		}
		return u
	}
	cases := []struct {
		user  sfprov.User
		state sfprov.OutcomeState
		is    error
	}{
		{user("fine", nil), sfprov.OutcomeDone, nil},
		{user("taken", nil), sfprov.OutcomeRefused, sfprov.ErrDuplicateUsername},
		{user("elsewhere", nil), sfprov.OutcomeRefused, sfprov.ErrDuplicateUsername},
		{user("nomail", func(u *sfprov.User) { delete(u.Fields, "Email") }), sfprov.OutcomeRefused, nil},
		{user("bad name", nil), sfprov.OutcomeRefused, nil},
		{user("locale", func(u *sfprov.User) { u.Fields["LocaleSidKey"] = "xx" }), sfprov.OutcomeRefused, sfprov.ErrInvalidField},
		{user("column", func(u *sfprov.User) { u.Fields["Nonsense__c"] = "x" }), sfprov.OutcomeRefused, sfprov.ErrInvalidField},
		{user("set", func(u *sfprov.User) { u.Access.PermissionSets = []string{"Deal Desc"} }), sfprov.OutcomeRefused, nil},
		{user("chat", func(u *sfprov.User) { u.Access.PermissionSets = []string{"Deal Desk", "Chat"} }), sfprov.OutcomeRefused, sfprov.ErrInvalidField},
		{user("weak", func(u *sfprov.User) { u.Password = "x" }), sfprov.OutcomeRefused, sfprov.ErrInvalidField},
		{user("blocked", func(u *sfprov.User) { u.Inactive = true }), sfprov.OutcomeRefused, sfprov.ErrDeactivationBlocked},
		{user("absent", func(u *sfprov.User) { u.Inactive = true }), sfprov.OutcomeDone, nil},
	}
	var users []sfprov.User
	for _, c := range cases {
		users = append(users, c.user)
	}
	p := provisionerIn(t, org, byFederationID)
	for i, o := range outcomes(t, len(users), ensureAll(t.Context(), p, slices.Values(users))) {
		assert.Equal(t, cases[i].state, o.State, "%s: %v", users[i].Username, o.Err)
		if cases[i].is != nil {
			require.ErrorIs(t, o.Err, cases[i].is)
		}
		if o.Err != nil {
			assert.Contains(t, o.Err.Error(), users[i].Username)
		}
		switch users[i].Username {
		case "blocked":
			assert.Equal(t, sfprov.Frozen, o.Result.Action)
		case "chat", "weak":
			assert.Equal(t, sfprov.Created, o.Result.Action)
			assert.NotEmpty(t, o.Result.ID)
		case "taken":
			var apiErr *sfprov.APIError
			require.ErrorAs(t, o.Err, &apiErr)
			assert.NotEmpty(t, apiErr.Existing)
		}
	}
}

// TestEnsureAllYieldsToLocks: Salesforce lets one request at a time create users with
// roles. The collections of a run are in each other's way then, and all end well.
func TestEnsureAllYieldsToLocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		p := provisionerIn(t, org, byFederationID)
		role := org.AddRole("Rep", "")
		org.SetParallelInserts(1)
		org.KeepControl(sfprovtest.On(http.MethodPost, "/composite/sobjects", sfprovtest.Fault{Delay: time.Second}))
		users := crowd(2000)
		for i := range users {
			users[i].Fields["UserRoleId"] = role
		}
		for _, o := range outcomes(t, len(users), ensureAll(t.Context(), p, slices.Values(users))) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Created, o.Result.Action)
		}
		assert.Len(t, org.Users(), len(users))
		assert.Less(t, len(org.Requests()), 150, "yielding is no storm")
	})
}

// Rows that are locked for the moment are sent again, fewer at a time.
func TestEnsureAllSendsLockedRowsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		p := provisionerIn(t, org, byFederationID)
		refusals, refused := map[string]int{}, 0
		org.SetRowControl(func(_ string, record sfprov.Fields) []sfprovtest.Refusal {
			name := fmt.Sprint(record["Username"])
			if id, isText := record["id"].(string); isText {
				name = id[:15]
			}
			if refusals[name]++; refusals[name] > 2 || name[len(name)/2]%2 == 0 && name[len(name)-1]%2 == 0 {
				return nil
			}
			refused++
			return []sfprovtest.Refusal{{Status: 400, Code: "UNABLE_TO_LOCK_ROW", Message: "unable to obtain exclusive access to this record"}}
		})
		users := crowd(400)
		for _, o := range outcomes(t, 400, ensureAll(t.Context(), p, slices.Values(users))) {
			require.NoError(t, o.Err)
		}
		require.Positive(t, refused)
		clear(refusals)
		refused = 0
		for i := range users {
			users[i].Fields["Title"] = "CFO"
		}
		for _, o := range outcomes(t, 400, ensureAll(t.Context(), p, slices.Values(users))) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Updated, o.Result.Action)
		}
		assert.Positive(t, refused)
		assert.Len(t, org.Users(), 400)

		// One that stays locked is told so, and is not done.
		org.SetRowControl(func(_ string, record sfprov.Fields) []sfprovtest.Refusal {
			if record["Username"] == "late@primary.com" {
				return []sfprovtest.Refusal{{Status: 400, Code: "UNABLE_TO_LOCK_ROW", Message: "locked"}}
			}
			return nil
		})
		late := []sfprov.User{employee("late", "Late"), employee("other", "Other")}
		got := outcomes(t, 2, ensureAll(t.Context(), p, slices.Values(late)))
		require.ErrorIs(t, got[0].Err, sfprov.ErrUnavailable)
		assert.Equal(t, sfprov.OutcomeNotSent, got[0].State)
		require.NoError(t, got[1].Err)
	})
}

// Access that a row is refused is looked for: another may have given it meanwhile.
func TestEnsureAllLooksForRefusedAccess(t *testing.T) {
	t.Parallel()
	for _, given := range []bool{true, false} {
		org := sfprovtest.NewOrg(t)
		furnish(org)
		group := org.AddGroup("Latecomers")
		p := provisionerIn(t, org, byFederationID)
		org.SetRowControl(func(object string, _ sfprov.Fields) []sfprovtest.Refusal {
			if object != "GroupMember" {
				return nil
			}
			return []sfprovtest.Refusal{{Status: 400, Code: "DUPLICATE_VALUE", Message: "another was faster"}}
		})
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if given && strings.Contains(string(r.Body), `"GroupMember"`) && strings.HasSuffix(r.Path, "/composite/sobjects") {
				for _, u := range org.Users() {
					org.Grant(u.ID, group)
				}
			}
			return nil
		})
		users := crowd(3)
		for i := range users {
			users[i].Access = sfprov.Access{PublicGroups: []string{"Latecomers"}, Exact: true}
		}
		for _, o := range outcomes(t, 3, ensureAll(t.Context(), p, slices.Values(users))) {
			assert.Equal(t, sfprov.Created, o.Result.Action)
			if !given {
				require.ErrorContains(t, o.Err, `still missing: PublicGroup "Latecomers"`)
				assert.Empty(t, org.Access(o.Result.ID).PublicGroups)
				continue
			}
			require.NoError(t, o.Err)
			assert.Equal(t, []string{"Latecomers"}, org.Access(o.Result.ID).PublicGroups)
		}
		org.SetRowControl(nil)
		for i := range users {
			users[i].Access.PublicGroups = []string{}
		}
		for _, o := range outcomes(t, 3, ensureAll(t.Context(), p, slices.Values(users))) {
			require.NoError(t, o.Err)
			assert.Empty(t, org.Access(o.Result.ID).PublicGroups)
		}
	}
}

// A collection whose answer is lost is looked up, user by user.
func TestEnsureAllFindsLostCollections(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sfprovtest.Fault{
		"done": sfprovtest.LostAnswer(), "not done": sfprovtest.Dropped(), "cut": sfprovtest.CutAnswer(), "gateway": sfprovtest.GatewayHTML(503), "exception": sfprovtest.UnknownException(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
				org.AddUser(sfprov.Fields{"Username": "user7@primary.com"})
				org.Control(sfprovtest.On(http.MethodPost, "/composite/sobjects", fault))
				p := provisionerIn(t, org, byFederationID)
				for i, o := range outcomes(t, 200, ensureAll(t.Context(), p, slices.Values(crowd(200)))) {
					if i == 7 { // a stranger's
						require.ErrorIs(t, o.Err, sfprov.ErrDuplicateUsername)
						continue
					}
					require.NoError(t, o.Err)
					assert.Equal(t, sfprov.Created, o.Result.Action)
				}
				assert.Len(t, org.Users(), 200)
				assert.LessOrEqual(t, len(org.Requests()), 8)
			})
		})
	}
}

// A collection that Salesforce carries out after it was looked for stands in the way
// of the next one.
func TestEnsureAllFindsLateCollections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.Control(sfprovtest.On(http.MethodPost, "/composite/sobjects", sfprovtest.LateCommit(time.Nanosecond)))
		p := provisionerIn(t, org)
		users := crowd(50)
		for i := range users {
			delete(users[i].Fields, "FederationIdentifier") // else the match field finds them
		}
		for _, o := range outcomes(t, 50, ensureAll(t.Context(), p, slices.Values(users))) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Created, o.Result.Action)
		}
		assert.Len(t, org.Users(), 50)
	})
}

// What a batch could not find out, the next call finds out, without a match field too.
func TestEnsureAllRemembersWhatWasLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		p := provisionerIn(t, org)
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if !strings.Contains(r.Path, "/composite") {
				return nil
			}
			fault := sfprovtest.Dropped() // of the look
			if strings.HasSuffix(r.Path, "/composite/sobjects") {
				fault = sfprovtest.LostAnswer()
			}
			return &fault
		})
		for _, o := range outcomes(t, 5, ensureAll(t.Context(), p, slices.Values(crowd(5)))) {
			require.ErrorIs(t, o.Err, sfprov.ErrOutcomeUnknown)
			assert.False(t, sfprov.Retryable(o.Err))
		}
		org.ClearControls()
		for _, o := range outcomes(t, 5, ensureAll(t.Context(), p, slices.Values(crowd(5)))) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Created, o.Result.Action)
		}
		assert.Len(t, org.Users(), 5)
	})
}

// What is no confirmation is none, row by row.
func TestCollectionsThatAreNotConfirmed(t *testing.T) {
	t.Parallel()
	absent := httpmock.NewJsonResponderOrPanic(http.StatusOK, map[string]any{"compositeResponse": []any{map[string]any{
		"body": map[string]any{"totalSize": 0, "done": true, "records": []any{}}, "httpStatusCode": 200, "httpHeaders": map[string]any{}, "referenceId": "q0",
	}}})
	for name, answer := range map[string]string{
		"too few":         `[]`,
		"too many":        `[{"id":"` + aliceID + `","success":true,"errors":[]},{"id":"` + bobID + `","success":true,"errors":[]}]`,
		"no array":        `{"id":"` + aliceID + `","success":true}`,
		"no ID":           `[{"success":true,"errors":[]}]`,
		"no user":         `[{"id":"003000000000001AAA","success":true,"errors":[]}]`,
		"neither nor":     `[{"success":false,"errors":[]}]`,
		"both":            `[{"id":"` + aliceID + `","success":false,"errors":[]}]`,
		"an error's half": `[{"success":false,"errors":[{"message":"no"}]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, byFederationID)
			b.on(http.MethodPost, compositeURL, absent)
			b.on(http.MethodPost, compositeURL+"/sobjects", httpmock.NewStringResponder(200, answer))
			for o := range ensureAll(t.Context(), b.Provisioner, slices.Values([]sfprov.User{federated()})) {
				require.ErrorIs(t, o.Err, sfprov.ErrOutcomeUnknown)
				assert.Empty(t, o.Result.ID)
			}
		})
	}
	// A change of another record is none of this one.
	account := record(aliceID, "alice@primary.com", true, map[string]any{"FederationIdentifier": "E-4711"})
	b := setup(t, byFederationID)
	b.on(http.MethodPost, compositeURL, httpmock.NewJsonResponderOrPanic(http.StatusOK, map[string]any{"compositeResponse": []any{map[string]any{
		"body": map[string]any{"totalSize": 1, "done": true, "records": []any{account}}, "httpStatusCode": 200, "httpHeaders": map[string]any{}, "referenceId": "q0",
	}}}))
	b.on(http.MethodGet, queryURL, found())
	b.on(http.MethodPatch, compositeURL+"/sobjects", httpmock.NewStringResponder(200, `[{"id":"`+bobID+`","success":true,"errors":[]}]`))
	for o := range ensureAll(t.Context(), b.Provisioner, slices.Values([]sfprov.User{federated()})) {
		require.ErrorIs(t, o.Err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(o.Err))
	}
}

// What the org itself gives to new users is taken away, where Exact says so.
func TestExactAccessOfNewUsers(t *testing.T) {
	t.Parallel()
	for _, batch := range []bool{false, true} {
		org := sfprovtest.NewOrg(t)
		furnish(org)
		extra := org.AddGroup("Everybody")
		org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
			if len(org.Users()) == 0 || !strings.Contains(r.Query+string(r.Body), "FROM+GroupMember") && !strings.Contains(r.Query, "FROM GroupMember") {
				return nil
			}
			org.Grant(org.Users()[0].ID, extra) // as a flow might
			return &sfprovtest.Fault{}
		})
		p := provisionerIn(t, org, byFederationID)
		u := federated()
		u.Access = sfprov.Access{PublicGroups: []string{"EMEA"}, Exact: true}
		var err error
		if batch {
			for o := range ensureAll(t.Context(), p, slices.Values([]sfprov.User{u})) {
				err = o.Err
			}
		} else {
			_, err = p.Create(t.Context(), u)
		}
		require.NoError(t, err)
		assert.Equal(t, []string{"EMEA"}, org.Access(org.Users()[0].ID).PublicGroups)
	}
}

func TestEnsureAllKnowsOfPendingAddresses(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	seeded(org, nil)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Fields["Email"] = "alice@new.example"
	for _, action := range []sfprov.Action{sfprov.Updated, sfprov.Unchanged} {
		for o := range ensureAll(t.Context(), p, slices.Values([]sfprov.User{u})) {
			require.NoError(t, o.Err)
			assert.Equal(t, action, o.Result.Action)
			assert.Equal(t, action == sfprov.Unchanged, o.Result.PendingEmail != "")
		}
	}
}

func TestEnsureAllThatStaysUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.KeepControl(sfprovtest.On(http.MethodPost, "/composite/sobjects", sfprovtest.Dropped()))
		p := provisionerIn(t, org, byFederationID)
		for _, o := range outcomes(t, 10, ensureAll(t.Context(), p, slices.Values(crowd(10)))) {
			require.ErrorIs(t, o.Err, sfprov.ErrOutcomeUnknown)
			assert.Equal(t, sfprov.OutcomeUnknown, o.State)
			assert.True(t, sfprov.Retryable(o.Err))
		}
		org.ClearControls()
		for _, o := range outcomes(t, 10, ensureAll(t.Context(), p, slices.Values(crowd(10)))) {
			require.NoError(t, o.Err)
		}
		assert.Len(t, org.Users(), 10)
	})
}

var batchUsers = flag.Int("batch.users", 800, "users of TestEnsureAllInTurmoil")

// TestEnsureAllInTurmoil brings users to their states while one request in ten fails:
// all get there, none is made twice.
func TestEnsureAllInTurmoil(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		s := assemble(org, *batchUsers, 7)
		p := provisionerIn(t, org, byFederationID)
		org.SetFaultPlan(sfprovtest.Turmoil(7, 0.1))
		todo := s.users
		for round := range 100 {
			require.Less(t, round, 99)
			var again []sfprov.User
			for o := range ensureAll(t.Context(), p, slices.Values(todo)) {
				if o.Err != nil {
					again = append(again, o.User)
				}
			}
			if todo = again; len(todo) == 0 {
				break
			}
			<-time.After(time.Minute)
		}
		<-time.After(time.Minute)
		org.SetFaultPlan(sfprovtest.FaultPlan{})
		s.check(t)
		for _, o := range outcomes(t, *batchUsers, ensureAll(t.Context(), p, slices.Values(s.users))) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Unchanged, o.Result.Action)
		}
	})
}

func TestEnsureAllKeepsTheOrderOfAUser(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	var users []sfprov.User
	for i := range 5 {
		for j := range 30 {
			u := employee(fmt.Sprintf("user%d", j), fmt.Sprintf("user%d", j))
			u.Fields["Title"] = fmt.Sprint(i)
			u.Inactive = i == 3
			users = append(users, u)
		}
	}
	for i, o := range outcomes(t, len(users), ensureAll(t.Context(), p, slices.Values(users))) {
		require.NoError(t, o.Err)
		assert.Equal(t, []sfprov.Action{sfprov.Created, sfprov.Updated, sfprov.Updated, sfprov.Deactivated, sfprov.Reactivated}[i/30], o.Result.Action)
	}
	for _, u := range org.Users() {
		assert.Equal(t, "4", u.Fields["Title"])
	}
	assert.Len(t, org.Users(), 30)
	assert.Less(t, len(org.Requests()), 20, "who is done is not waited for")
}

func TestEnsureAllEndsWithItsContext(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	ctx, cancel := context.WithCancel(t.Context())
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if strings.HasSuffix(r.Path, "/composite/sobjects") {
			cancel()
			return &sfprovtest.Fault{Delay: time.Hour}
		}
		return nil
	})
	states := map[sfprov.OutcomeState]int{}
	for _, o := range outcomes(t, 5000, ensureAll(ctx, p, slices.Values(crowd(5000)))) {
		states[o.State]++
		require.ErrorIs(t, o.Err, context.Canceled)
	}
	assert.Positive(t, states[sfprov.OutcomeUnknown], "sent, and not answered")
	assert.Positive(t, states[sfprov.OutcomeNotSent])
	assert.Zero(t, states[sfprov.OutcomeDone]+states[sfprov.OutcomeRefused])
}

func TestLeavingABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		p := provisionerIn(t, org, byFederationID)
		read := 0
		users := func(yield func(sfprov.User) bool) {
			for i := range 1_000_000 {
				read++
				if !yield(employee(fmt.Sprintf("user%d", i), fmt.Sprintf("user%d", i))) {
					return
				}
			}
		}
		for range ensureAll(t.Context(), p, users) {
			break
		}
		assert.Less(t, read, 25_000, "the input is read as it is needed")
		assert.Panics(t, func() {
			for range ensureAll(t.Context(), p, users) {
				panic("in the loop")
			}
		})
		closed := p.Close(t.Context())
		require.NoError(t, closed)
		summary, err := p.EnsureAll(t.Context(), stream(crowd(3)), func(sfprov.Outcome) error {
			assert.Fail(t, "nobody was taken up")
			return nil
		})
		require.ErrorIs(t, err, sfprov.ErrClosed)
		assert.Zero(t, summary)
	})
}

func TestBatchProgress(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	var told []sfprov.Progress
	options := []sfprov.BatchOption{sfprov.WithTotal(500), sfprov.WithProgress(0, func(p sfprov.Progress) { told = append(told, p) }), sfprov.WithParallel(2)}
	outcomes(t, 500, ensureAll(t.Context(), p, slices.Values(crowd(500)), options...))
	require.Len(t, told, 501)
	last := told[500]
	assert.Equal(t, 500, last.Done)
	assert.Equal(t, 500, last.Total)
	assert.Equal(t, len(org.Requests()), last.APICalls)
	assert.Positive(t, last.Rate)
	assert.Zero(t, last.Left)
	assert.Equal(t, 1, told[0].Done)
	assert.Positive(t, told[0].Left)
}

// What is reserved for others is left to them in the midst of a batch, too.
func TestEnsureAllLeavesTheReserve(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := with(t, org, sfprov.WithAPIReserve(0.5), sfprov.WithMaxInFlight(1))
	org.SetAPIUsage(49_999, 100_000)
	states := map[sfprov.OutcomeState]int{}
	for _, o := range outcomes(t, 3000, ensureAll(t.Context(), p, slices.Values(crowd(3000)))) {
		states[o.State]++
		if o.Err != nil {
			require.ErrorIs(t, o.Err, sfprov.ErrRequestLimit)
		}
	}
	assert.Positive(t, states[sfprov.OutcomeDone])
	assert.Positive(t, states[sfprov.OutcomeNotSent])
	assert.Equal(t, 3000, states[sfprov.OutcomeDone]+states[sfprov.OutcomeNotSent])
}

func TestEnsureAllWithoutAMatchField(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org)
	users := crowd(3)
	users[1].Inactive = true
	org.AddUser(sfprov.Fields{"Username": "user2@primary.com"})
	got := outcomes(t, 3, ensureAll(t.Context(), p, slices.Values(users)))
	require.NoError(t, got[0].Err)
	require.NoError(t, got[1].Err)
	require.ErrorIs(t, got[2].Err, sfprov.ErrDuplicateUsername)
	users = users[:1]
	got = outcomes(t, 1, ensureAll(t.Context(), p, slices.Values(users)))
	require.ErrorIs(t, got[0].Err, sfprov.ErrDuplicateUsername)
	require.NotErrorIs(t, got[0].Err, sfprov.ErrOutcomeUnknown)
}

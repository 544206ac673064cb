package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// hangingInput yields some users and then hangs until the test ends.
func hangingInput(t *testing.T, users []sfprov.User) iter.Seq2[sfprov.User, error] {
	t.Helper()
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(yield func(sfprov.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
		<-over
	}
}

// A batch whose input hangs returns when its context ends, with what was done; so does
// a plan. Nothing else is left running.
func TestAnInputThatHangs(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	done := 0
	summary, err := p.EnsureAll(ctx, hangingInput(t, crowd(3)), func(o sfprov.Outcome) error {
		assert.NoError(t, o.Err)
		if done++; done == 3 {
			cancel(why) // all who came are done, although more may come
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, why)
	assert.Equal(t, 3, summary.Done)
	assert.Equal(t, 3, summary.Users)
	assert.Len(t, org.Users(), 3)

	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	_, err = p.Plan(ctx, hangingInput(t, nil), sfprov.Scope{KeepAbsent: true})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, p.Close(t.Context()))
}

func TestPanicsInTheCallersCodeAreTheCallers(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(p *sfprov.Provisioner){
		"in each": func(p *sfprov.Provisioner) {
			_, _ = p.EnsureAll(t.Context(), reading(crowd(500)), func(sfprov.Outcome) error { panic("mine") })
		},
		"in the input": func(p *sfprov.Provisioner) {
			_, _ = p.EnsureAll(t.Context(), func(yield func(sfprov.User, error) bool) {
				yield(crowd(1)[0], nil)
				panic("mine")
			}, nil)
		},
		"in a plan's input": func(p *sfprov.Provisioner) {
			_, _ = p.Plan(t.Context(), func(func(sfprov.User, error) bool) { panic("mine") }, sfprov.Scope{KeepAbsent: true})
		},
		"in a veto": func(p *sfprov.Provisioner) { _, _ = p.EnsureAll(t.Context(), reading([]sfprov.User{federated()}), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			seeded(org, sfprov.Fields{"Username": "old@primary.com"})
			p, err := sfprov.New(matchingConfig(org), sfprov.WithHTTPClient(org.Client()),
				sfprov.WithAdoption(func(sfprov.Account, sfprov.User) error { panic("mine") }))
			require.NoError(t, err)
			assert.PanicsWithValue(t, "mine", func() { call(p) })
			_, err = p.Create(t.Context(), employee("zoe", "E-zoe"))
			require.NoError(t, err, "the Provisioner stays usable")
			require.NoError(t, p.Close(t.Context()), "and nothing is left running")
		})
	}
}

func TestGoexitInTheCallersCodeIsTheCallers(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]iter.Seq2[sfprov.User, error]{
		"in the input": func(func(sfprov.User, error) bool) { runtime.Goexit() },
		"in each":      reading(crowd(3)),
	} {
		org := sfprovtest.NewOrg(t)
		p := provisionerIn(t, org, byFederationID)
		returned := false
		var group sync.WaitGroup
		group.Go(func() {
			_, _ = p.EnsureAll(t.Context(), input, func(sfprov.Outcome) error { runtime.Goexit(); return nil })
			returned = true
		})
		group.Wait()
		assert.False(t, returned, name)
		require.NoError(t, p.Close(t.Context()), name)
	}
}

// An error of each, or of the input, ends the run and is returned.
func TestErrorsOfTheCallerEndARun(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	calls := 0
	summary, err := p.EnsureAll(t.Context(), reading(crowd(1000)), func(sfprov.Outcome) error { calls++; return mine })
	require.ErrorIs(t, err, mine)
	assert.Equal(t, 1, calls, "it is not called again")
	assert.Equal(t, summary.Users, summary.Done+summary.Refused+summary.NotSent+summary.Unknown)

	told := 0
	summary, err = p.EnsureAll(t.Context(), func(yield func(sfprov.User, error) bool) {
		if yield(employee("ann", "E-ann"), nil) && yield(employee("ben", "E-ben"), nil) {
			yield(sfprov.User{}, mine)
		}
	}, func(o sfprov.Outcome) error {
		told++
		assert.NoError(t, o.Err)
		return nil
	})
	require.ErrorIs(t, err, mine)
	assert.Equal(t, 2, told, "the users before it are done")
	assert.Equal(t, 2, summary.Done)
	for _, name := range []string{"ann@primary.com", "ben@primary.com"} {
		_, exists := org.UserByUsername(name)
		assert.True(t, exists)
	}
	_, err = p.EnsureAll(t.Context(), nil, nil)
	require.ErrorContains(t, err, "users is nil")
	_, err = p.Plan(t.Context(), nil, sfprov.Scope{KeepAbsent: true})
	require.ErrorContains(t, err, "desired is nil")
	_, err = p.Apply(t.Context(), nil, nil)
	require.ErrorContains(t, err, "plan is nil")
	_, err = p.EnsureAll(t.Context(), reading(crowd(3)), nil, sfprov.WithParallel(math.MaxInt), sfprov.WithParallel(-1))
	require.NoError(t, err)
}

// What everybody would meet stops the run at once, and nobody is blamed for it.
func TestASetUpErrorStopsTheRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*sfprovtest.Org){
		"a wrong secret": func(org *sfprovtest.Org) { org.RefuseLogins(1000, "invalid_client", "invalid client credentials") },
		"nobody may be created": func(org *sfprovtest.Org) {
			refuseWrites(org, http.MethodPost, "User", sfprovtest.Refusal{Status: 400, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Message: "entity type cannot be inserted: User"})
		},
		"the match field is hidden": func(org *sfprovtest.Org) {
			org.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.Refuse(400, "INVALID_FIELD", "\nSELECT Id, FederationIdentifier FROM User\n^\nERROR at Row:1:Column:1\nNo such column 'FederationIdentifier' on entity 'User'.")))
		},
	} {
		org := sfprovtest.NewOrg(t)
		p := provisionerIn(t, org, byFederationID)
		test(org)
		taken, told := 0, 0
		summary, err := p.EnsureAll(t.Context(), func(yield func(sfprov.User, error) bool) {
			for _, u := range crowd(50_000) {
				taken++
				if !yield(u, nil) {
					return
				}
			}
		}, func(o sfprov.Outcome) error {
			told++
			assert.Equal(t, sfprov.StepSetup, stepOf(o.Err))
			assert.Equal(t, sfprov.OutcomeNotSent, o.State)
			return nil
		})
		require.Error(t, err, name)
		assert.Equal(t, sfprov.StepSetup, stepOf(err), name)
		assert.Equal(t, summary.Users, summary.NotSent, name)
		assert.Equal(t, summary.Users, told, name)
		assert.Less(t, taken, 50_000, name)
		assert.LessOrEqual(t, len(org.Requests())+org.RefusedLogins(), 100, name)
		assert.Empty(t, org.Users())
	}
}

// Renames in a chain and swaps of usernames work in one run, in a batch and by a plan.
func TestRenamesInOneRun(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string][]string{
		"chain":         {"b", "c", "d", "e"},
		"chain back":    {"z", "a", "b", "c"},
		"swap":          {"b", "a", "d", "c"},
		"cycle":         {"b", "c", "d", "a"},
		"a new one too": {"b", "c", "d", "e", "a"},
	} {
		for _, planned := range []bool{false, true} {
			org := sfprovtest.NewOrg(t)
			p := provisionerIn(t, org, byFederationID)
			var users []sfprov.User
			for i, want := range wanted {
				if now := string(rune('a' + i)); i < 4 {
					org.AddUser(sfprov.Fields{"Username": now + "@primary.com", "FederationIdentifier": fmt.Sprint("E-", i), "LastName": "Jones"})
				}
				users = append(users, sfprov.User{Username: want, Fields: sfprov.Fields{"FederationIdentifier": fmt.Sprint("E-", i), "LastName": "Jones", "Email": fmt.Sprint(i, "@primary.com")}})
			}
			org.SetEmailConfirmation(false)
			before := snapshotOf(org)
			var results []sfprov.Result
			each := func(o sfprov.Outcome) error {
				require.NoError(t, o.Err, name)
				results = append(results, o.Result)
				return nil
			}
			var err error
			if planned {
				plan, planErr := p.Plan(t.Context(), reading(users), sfprov.Scope{KeepAbsent: true})
				require.NoError(t, planErr)
				for _, step := range plan.Steps {
					require.Empty(t, step.Problem, name)
				}
				_, err = p.Apply(t.Context(), plan, each)
			} else {
				_, err = p.EnsureAll(t.Context(), reading(users), each)
			}
			require.NoError(t, err, name)
			differences := differenceOf(before, snapshotOf(org))
			for _, result := range results {
				if result.Action != sfprov.Created {
					assert.Equal(t, sfprov.Updated, result.Action)
					assert.Equal(t, differences[result.ID], changesOf(result), name)
				}
			}
			for i, want := range wanted {
				user, exists := org.UserByUsername(want + "@primary.com")
				require.True(t, exists, name)
				assert.Equal(t, fmt.Sprint("E-", i), user.Fields["FederationIdentifier"], name)
			}
			assert.Len(t, org.Users(), len(wanted))
		}
	}
}

// A user who is there twice gets one state after the other; an invalid one between
// holds up nobody and lets nobody pass.
func TestOneUserAfterTheOther(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	first, invalid, last := federated(), federated(), federated()
	first.Fields["Title"], invalid.Fields["Email"], last.Fields["Title"] = "First", "no address", "Last"
	users := append([]sfprov.User{first, invalid, last}, crowd(300)...)
	var order []int
	_, err := p.EnsureAll(t.Context(), reading(users), func(o sfprov.Outcome) error {
		if o.Index < 3 {
			order = append(order, o.Index)
			assert.Equal(t, o.Index == 1, o.Err != nil)
		}
		return nil
	})
	require.Error(t, err)
	user, _ := org.UserByUsername("alice@primary.com")
	assert.Equal(t, "Last", user.Fields["Title"])
	assert.Less(t, slices.Index(order, 0), slices.Index(order, 2))
	assert.Len(t, org.Users(), 301)
}

// What was handed over is the caller's again when the next user is asked for.
func TestAMapThatIsUsedAgain(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	input := func(yield func(sfprov.User, error) bool) {
		fields, sets := sfprov.Fields{}, []string{""}
		for i := range 300 {
			clear(fields)
			fields["LastName"], fields["Email"], fields["FederationIdentifier"] = fmt.Sprint("Name", i), fmt.Sprint(i, "@primary.com"), fmt.Sprint("E-", i)
			sets[0] = fmt.Sprint(i)
			if !yield(sfprov.User{Username: fmt.Sprint("user", i), Fields: fields}, nil) {
				return
			}
		}
	}
	plan, err := p.Plan(t.Context(), input, sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	names := map[any]bool{}
	for _, step := range plan.Steps {
		names[step.User.Fields["LastName"]] = true
	}
	assert.Len(t, names, 300)
	_, err = p.EnsureAll(t.Context(), input, func(o sfprov.Outcome) error {
		assert.Equal(t, fmt.Sprint("Name", o.Index), o.User.Fields["LastName"])
		return nil
	})
	require.NoError(t, err)
	for _, user := range org.Users() {
		assert.Equal(t, fmt.Sprint("user", user.Fields["FederationIdentifier"].(string)[2:], "@primary.com"), user.Username)
	}
}

// Where rows are locked, fewer collections are sent at the same time.
func TestLocksLowerTheParallelism(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		locked := 0
		org.SetRowControl(func(string, sfprov.Fields) []sfprovtest.Refusal {
			if locked++; locked > 400 {
				return nil
			}
			return []sfprovtest.Refusal{{Status: 400, Code: "UNABLE_TO_LOCK_ROW", Message: "unable to obtain exclusive access to this record"}}
		})
		lowest := 8
		p := provisionerIn(t, org, byFederationID)
		summary, err := p.EnsureAll(t.Context(), reading(crowd(6000)), nil, sfprov.WithProgress(0, func(now sfprov.Progress) { lowest = min(lowest, now.Parallel) }))
		require.NoError(t, err)
		assert.Equal(t, 6000, summary.Done)
		assert.Less(t, lowest, 8)
		assert.GreaterOrEqual(t, lowest, 1)
	})
}

func TestBoundsOfAPlan(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for i := range 10 {
		org.AddUser(sfprov.Fields{"Username": fmt.Sprint("user", i, "@primary.com"), "FederationIdentifier": fmt.Sprint("E-", i), "IsActive": i < 8})
	}
	p := provisionerIn(t, org, byFederationID, func(c *sfprov.Config) { c.ReleaseUsername = true })
	desire := func(from int) iter.Seq2[sfprov.User, error] {
		var users []sfprov.User
		for i := from; i < 8; i++ {
			u := employee(fmt.Sprint("user", i), fmt.Sprint("E-", i))
			users = append(users, u)
		}
		for i := 8; i < 10; i++ { // who are inactive already, and are released
			u := employee(fmt.Sprint("user", i), fmt.Sprint("E-", i))
			u.Inactive = true
			users = append(users, u)
		}
		return reading(users)
	}
	for name, scope := range map[string]sfprov.Scope{
		"NaN": {MaxPercent: math.NaN()}, "negative": {MaxPercent: -1}, "above 100": {MaxPercent: 101}, "a negative count": {MaxDeactivations: -1},
	} {
		var invalid *sfprov.ValidationError
		_, err := p.Plan(t.Context(), desire(0), scope)
		require.ErrorAs(t, err, &invalid, name)
		summary, err := p.Apply(t.Context(), &sfprov.Plan{Scope: scope, InScope: 8, Steps: []sfprov.PlanStep{{
			Action: sfprov.Deactivated, ID: org.Users()[0].ID, Username: "user0@primary.com", Changes: []sfprov.Change{{Field: "IsActive", Before: true, After: false}},
		}}}, nil)
		require.ErrorAs(t, err, &invalid, name)
		assert.Equal(t, 1, summary.Refused)
	}
	for name, test := range map[string]struct {
		leave int
		scope sfprov.Scope
		allow bool
	}{
		"nobody leaves":     {0, sfprov.Scope{MaxPercent: 0.1}, true},
		"the exact percent": {4, sfprov.Scope{MaxPercent: 50}, true},
		"one more":          {5, sfprov.Scope{MaxPercent: 50}, false},
		"the exact count":   {3, sfprov.Scope{MaxDeactivations: 3}, true},
		"one more by count": {4, sfprov.Scope{MaxDeactivations: 3}, false},
		"both must hold":    {3, sfprov.Scope{MaxDeactivations: 3, MaxPercent: 10}, false},
		"nobody in scope":   {0, sfprov.Scope{MaxPercent: 10, UsernameSuffix: "@elsewhere.example"}, true},
		"the usual bound":   {5, sfprov.Scope{}, true},
		"above the usual":   {6, sfprov.Scope{}, false},
	} {
		plan, err := p.Plan(t.Context(), desire(test.leave), test.scope)
		if test.allow {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, sfprov.ErrTooManyDeactivations, name)
		before := snapshotOf(org)
		_, err = p.Apply(t.Context(), plan, nil)
		require.ErrorIs(t, err, sfprov.ErrTooManyDeactivations, name)
		for id, is := range snapshotOf(org) {
			assert.Equal(t, before[id]["IsActive"], is["IsActive"], name)
		}
		for i := 8; i < 10; i++ {
			org.SetUser(org.Users()[i].ID, sfprov.Fields{"Username": fmt.Sprint("user", i, "@primary.com"), "FederationIdentifier": fmt.Sprint("E-", i)})
		}
	}
	{ // also where nobody is deactivated for not being desired
		var users []sfprov.User
		for i := range 6 {
			u := employee(fmt.Sprint("user", i), fmt.Sprint("E-", i))
			u.Inactive = true
			users = append(users, u)
		}
		_, err := p.Plan(t.Context(), reading(users), sfprov.Scope{KeepAbsent: true})
		require.ErrorIs(t, err, sfprov.ErrTooManyDeactivations)
		_, err = p.Plan(t.Context(), reading(users[:4]), sfprov.Scope{KeepAbsent: true, MaxPercent: 50})
		require.NoError(t, err)
	}
}

// A plan file that says what this library would not say deactivates nobody.
func TestAForgedPlanDeactivatesNobody(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]func(*sfprov.Plan){
		"another domain":  func(l *sfprov.Plan) { l.Scope.UsernameSuffix = "@elsewhere.example" },
		"a name in scope": func(l *sfprov.Plan) { l.Steps[0].Username = "stranger@primary.com" },
		"no ID":           func(l *sfprov.Plan) { l.Steps[0].ID = "" },
		"no bound":        func(l *sfprov.Plan) { l.Scope.MaxPercent = -1 },
		"a bound of NaN":  func(l *sfprov.Plan) { l.Scope.MaxPercent = math.NaN() },
		"KeepAbsent":      func(l *sfprov.Plan) { l.Scope.KeepAbsent = true },
		"another's ID":    func(l *sfprov.Plan) { l.Steps[0].ID = nobodyID },
	} {
		org := sfprovtest.NewOrg(t)
		id := org.AddUser(sfprov.Fields{"Username": "stranger@other.example"})
		inScope := org.AddUser(sfprov.Fields{"Username": "zoe@primary.com"})
		plan := &sfprov.Plan{Scope: sfprov.Scope{UsernameSuffix: "@primary.com", MaxPercent: 100}, InScope: 5}
		for _, user := range []struct{ id, name string }{{id, "stranger@other.example"}, {inScope, "zoe@primary.com"}} {
			plan.Steps = append(plan.Steps, sfprov.PlanStep{
				Action: sfprov.Deactivated, ID: user.id, Username: user.name, Changes: []sfprov.Change{{Field: "IsActive", Before: true, After: false}},
			})
		}
		if name == "no bound" || name == "a bound of NaN" || name == "KeepAbsent" {
			plan.Steps = plan.Steps[1:]
		}
		forge(plan)
		p := provisionerIn(t, org)
		_, err := p.Apply(t.Context(), plan, nil)
		require.Error(t, err, name)
		user, _ := org.User(id)
		assert.True(t, user.Active, name)
	}
}

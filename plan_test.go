package sfprov_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// stream is an input without errors.
func stream(users []sfprov.User) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// staffed is an org with n users as crowd makes them, and a Provisioner.
func staffed(t *testing.T, n int) (*sfprovtest.Org, *sfprov.Provisioner) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	for _, o := range outcomes(t, n, ensureAll(t.Context(), p, slices.Values(crowd(n)))) {
		require.NoError(t, o.Err)
	}
	org.ResetRequests()
	return org, p
}

func TestPlanAndApply(t *testing.T) {
	t.Parallel()
	org, p := staffed(t, 100)
	org.AddPermissionSet("Deal Desk", "")
	users := crowd(101)
	users[1].Fields["Title"] = strings.Repeat("Chief ", 13) // user 100 is new, user 0 has left
	users[2].Inactive = true
	users[3].Username = "user3b"
	users[5].Access.PermissionSets = []string{"Deal Desk"}
	users[100].Password = "correct-horse-1"
	gone, _ := org.UserByUsername("user4@primary.com")
	org.SetUser(gone.ID, sfprov.Fields{"IsActive": false})
	frozen, _ := org.UserByUsername("user7@primary.com")
	org.Freeze(frozen.ID, true)
	foreign := org.AddUser(sfprov.Fields{"Username": "someone@elsewhere.example"})
	before := org.Users()

	plan, err := p.Plan(t.Context(), stream(users[1:]), sfprov.Scope{})
	require.NoError(t, err)
	assert.Equal(t, before, org.Users(), "a plan changes nothing")
	assert.Equal(t, 100-7, plan.Unchanged)
	actions := map[string]sfprov.Action{}
	for _, step := range plan.Steps {
		actions[step.Username] = step.Action
	}
	assert.Equal(t, map[string]sfprov.Action{
		"user0@primary.com": sfprov.Deactivated, "user1@primary.com": sfprov.Updated, "user2@primary.com": sfprov.Deactivated, "user3b@primary.com": sfprov.Updated,
		"user4@primary.com": sfprov.Reactivated, "user5@primary.com": sfprov.Updated, "user7@primary.com": sfprov.Unfrozen, "user100@primary.com": sfprov.Created,
	}, actions)
	text := plan.String()
	for _, line := range []string{
		"1 to create, 1 to reactivate, 2 to update, 1 whose access changes, 1 to unfreeze, 2 to deactivate; 93 unchanged\n",
		"+ create user100@primary.com\n", "    Username: user3@primary.com -> user3b@primary.com\n", "    Access.PermissionSets: Deal Desk\n",
		"    IsActive: false -> true\n", "- deactivate user0@primary.com (", "    Title: " + strings.Repeat("Chief ", 10) + "...\n",
	} {
		assert.Contains(t, text, line)
	}
	assert.NotContains(t, text, "correct-horse-1")

	encoded, err := json.Marshal(plan)
	require.NoError(t, err)
	assert.NotContains(t, string(encoded), "correct-horse-1")
	var read sfprov.Plan
	require.NoError(t, json.Unmarshal(encoded, &read))
	assert.Equal(t, text, read.String())

	for _, o := range outcomes(t, len(read.Steps), applied(t.Context(), p, &read)) {
		require.NoError(t, o.Err)
		assert.Equal(t, read.Steps[o.Index].Action, o.Result.Action)
		assert.Equal(t, fmt.Sprint(read.Steps[o.Index].Changes), fmt.Sprint(o.Result.Changes))
	}
	hired, _ := org.UserByUsername("user100@primary.com")
	assert.False(t, org.CheckPassword(hired.ID, "correct-horse-1"), "a plan that was read back sets no passwords")
	again, err := p.Plan(t.Context(), stream(users[1:]), sfprov.Scope{})
	require.NoError(t, err)
	assert.Empty(t, again.Steps)
	stranger, _ := org.User(foreign)
	assert.True(t, stranger.Active, "out of scope")

	for _, o := range outcomes(t, len(plan.Steps), applied(t.Context(), p, plan)) {
		require.NoError(t, o.Err, "a plan can be applied twice")
		assert.Equal(t, sfprov.Unchanged, o.Result.Action)
	}
}

func TestNobodyIsDeactivatedByMistake(t *testing.T) {
	t.Parallel()
	broken := errors.New("the directory is out of order")
	for name, test := range map[string]struct {
		input iter.Seq2[sfprov.User, error]
		scope sfprov.Scope
		want  error
	}{
		"an empty input": {input: stream(nil)},
		"a half-read input": {
			input: func(yield func(sfprov.User, error) bool) {
				for _, u := range crowd(50) {
					if !yield(u, nil) {
						return
					}
				}
				yield(sfprov.User{}, broken)
			},
			want: broken,
		},
		"an input that lacks many":        {input: stream(crowd(80)), want: sfprov.ErrTooManyDeactivations},
		"more than allowed":               {input: stream(crowd(98)), scope: sfprov.Scope{MaxDeactivations: 1}, want: sfprov.ErrTooManyDeactivations},
		"a greater part than allowed":     {input: stream(crowd(98)), scope: sfprov.Scope{MaxPercent: 1}, want: sfprov.ErrTooManyDeactivations},
		"one bound holds, the other not":  {input: stream(crowd(90)), scope: sfprov.Scope{MaxPercent: 50, MaxDeactivations: 9}, want: sfprov.ErrTooManyDeactivations},
		"a scope that is no domain":       {input: stream(crowd(1)), scope: sfprov.Scope{UsernameSuffix: "@"}, want: errInvalid},
		"a scope that is a part of names": {input: stream(crowd(1)), scope: sfprov.Scope{UsernameSuffix: "com"}, want: errInvalid},
		"an impossible bound":             {input: stream(crowd(1)), scope: sfprov.Scope{MaxPercent: 101}, want: errInvalid},
		"many who are to be inactive": {
			input: func(yield func(sfprov.User, error) bool) {
				for _, u := range crowd(100) {
					u.Inactive = true
					if !yield(u, nil) {
						return
					}
				}
			},
			scope: sfprov.Scope{KeepAbsent: true}, want: sfprov.ErrTooManyDeactivations,
		},
		"nobody is to be": {input: stream(crowd(1)), scope: sfprov.Scope{KeepAbsent: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, p := staffed(t, 100)
			plan, err := p.Plan(t.Context(), test.input, test.scope)
			var invalid *sfprov.ValidationError
			switch test.want {
			case nil:
				require.NoError(t, err)
			case errInvalid: //nolint:errorlint // as the table has it
				require.ErrorAs(t, err, &invalid)
			default:
				require.ErrorIs(t, err, test.want)
			}
			if plan != nil {
				if test.want != nil {
					assert.Contains(t, plan.String(), "REFUSED: too many deactivations: ")
				}
				for o := range applied(t.Context(), p, plan) {
					require.ErrorIs(t, o.Err, sfprov.ErrTooManyDeactivations)
					assert.Equal(t, sfprov.OutcomeRefused, o.State)
				}
			}
			for _, u := range org.Users() {
				assert.True(t, u.Active, u.Username)
			}
		})
	}
}

var errInvalid = errors.New("a ValidationError")

// Without bounds of its own, a scope allows five users, or ten in a hundred.
func TestTheUsualBoundOfDeactivations(t *testing.T) {
	t.Parallel()
	for left, n := range map[int]int{95: 100, 90: 100, 15: 20} {
		_, p := staffed(t, n)
		_, err := p.Plan(t.Context(), stream(crowd(left)), sfprov.Scope{})
		require.NoError(t, err, "%d of %d", n-left, n)
	}
	for left, n := range map[int]int{89: 100, 14: 20} {
		_, p := staffed(t, n)
		_, err := p.Plan(t.Context(), stream(crowd(left)), sfprov.Scope{})
		require.ErrorIs(t, err, sfprov.ErrTooManyDeactivations, "%d of %d", n-left, n)
	}
}

// Who is desired is not deactivated, whatever is wrong with the user, and neither is
// the integration user.
func TestPlanKeepsWhoeverIsDesired(t *testing.T) {
	t.Parallel()
	org, p := staffed(t, 8)
	org.SetUser(org.AdminID(), sfprov.Fields{"Username": "integration@primary.com"})
	legacy := org.AddUser(sfprov.Fields{"Username": "legacy@primary.com"})
	users := crowd(8)
	users[0].Fields["Email"] = "nobody"
	users[1].Access.PermissionSets = []string{"Nonsense"}
	users[2].Fields["FederationIdentifier"] = users[3].Fields["FederationIdentifier"]
	users[4].Username = "" // but for the match value, nobody knows who that is
	users[5].Fields["IsActive"], users[5].Inactive = true, true
	u := employee("legacy", "E-legacy")
	u.Fields["Title"] = "CEO"
	plan, err := p.Plan(t.Context(), stream(append(users, u)), sfprov.Scope{MaxPercent: 100})
	require.NoError(t, err)
	problems := map[string]string{}
	for _, step := range plan.Steps {
		if step.Problem != "" {
			problems[step.User.Username] = step.Problem
			continue
		}
	}
	assert.Len(t, problems, 7, problems)
	assert.Contains(t, problems["user0"], "not an email address")
	assert.Contains(t, problems["user1"], `"Nonsense", which this org does not have`)
	for _, name := range []string{"user2", "user3"} { // neither is done rather than the other
		assert.Equal(t, "another of the desired users has this account", problems[name])
	}
	assert.Contains(t, problems["legacy"], "the username is held by another account; the account in the way is "+legacy)
	assert.Contains(t, plan.String(), "! can't do legacy@primary.com: the username is held")
	for _, step := range plan.Steps {
		// The number of user2 is nobody's any more, so that one has left.
		assert.True(t, step.Action != sfprov.Deactivated || step.Username == "user2@primary.com", step.Username)
	}
	for _, o := range outcomes(t, len(plan.Steps), applied(t.Context(), p, plan)) {
		if plan.Steps[o.Index].Problem != "" {
			require.ErrorContains(t, o.Err, plan.Steps[o.Index].Problem)
		}
	}
}

func TestAStalePlan(t *testing.T) {
	t.Parallel()
	org, p := staffed(t, 20)
	users := crowd(21)
	for i := range 3 {
		users[i].Fields["Title"] = "CFO"
	}
	plan, err := p.Plan(t.Context(), stream(users[:19:19]), sfprov.Scope{})
	require.NoError(t, err)
	require.Len(t, plan.Steps, 4)
	other, _ := org.UserByUsername("user0@primary.com")
	org.SetUser(other.ID, sfprov.Fields{"Title": "CEO"})
	last, _ := org.UserByUsername("user19@primary.com")
	org.SetUser(last.ID, sfprov.Fields{"Username": "saved@primary.com"})
	stale := 0
	for _, o := range outcomes(t, 4, applied(t.Context(), p, plan)) {
		if o.Err != nil {
			require.ErrorIs(t, o.Err, sfprov.ErrPlanStale)
			assert.Equal(t, sfprov.OutcomeRefused, o.State)
			stale++
		}
	}
	assert.Equal(t, 2, stale)
	user, _ := org.User(other.ID)
	assert.Equal(t, "CEO", user.Fields["Title"])
	saved, _ := org.User(last.ID)
	assert.True(t, saved.Active)
}

func TestPlanTellsOfLicences(t *testing.T) {
	t.Parallel()
	org, p := staffed(t, 10)
	org.SetLicenses("Salesforce", 12) // with the integration user, one is left
	plan, err := p.Plan(t.Context(), stream(crowd(14)), sfprov.Scope{})
	require.NoError(t, err)
	assert.Equal(t, []string{"4 more licences of Salesforce are needed, and 1 of 12 are left."}, plan.Notes)

	// Those who leave make room, since they go first.
	org.SetLicenses("Salesforce", 11)
	users := append(crowd(14)[3:], crowd(0)...)
	plan, err = p.Plan(t.Context(), stream(users[:10]), sfprov.Scope{})
	require.NoError(t, err)
	assert.Empty(t, plan.Notes)
	for _, o := range outcomes(t, len(plan.Steps), applied(t.Context(), p, plan)) {
		require.NoError(t, o.Err)
	}
}

func TestReconcilingWhatIsInOrderIsCheap(t *testing.T) {
	t.Parallel()
	org, p := staffed(t, 10_000)
	plan, err := p.Plan(t.Context(), stream(crowd(10_000)), sfprov.Scope{})
	require.NoError(t, err)
	assert.Empty(t, plan.Steps)
	assert.Equal(t, 10_000, plan.Unchanged)
	assert.Equal(t, 10_000, plan.InScope)
	assert.LessOrEqual(t, len(org.Requests()), 10)
	for _, r := range org.Requests() {
		assert.True(t, r.Method == http.MethodGet || strings.HasSuffix(r.Path, "/composite"), "reads only")
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org)
	var ids []string
	for i := range 7 {
		ids = append(ids, org.AddUser(sfprov.Fields{"Username": fmt.Sprintf("user%d@ACME.com", i), "Title": "CFO", "IsActive": i != 2}))
	}
	org.AddUser(sfprov.Fields{"Username": "x@notacme.com"})
	org.AddUser(sfprov.Fields{"Username": "guest@acme.com", "UserType": "Guest"})
	org.Freeze(ids[3], true)
	org.SetPageSize(2)
	var got []string
	for account, err := range p.Users(t.Context(), sfprov.UserQuery{UsernameSuffix: "@acme.com", Fields: []string{"Title"}}) {
		require.NoError(t, err)
		assert.Equal(t, "CFO", account.Fields["Title"])
		assert.Equal(t, account.ID != ids[2], account.Active)
		assert.Equal(t, account.ID == ids[3], account.Frozen)
		got = append(got, account.ID)
		org.ExpireCursors() // the pages that follow are gone, each time
	}
	assert.Equal(t, ids, got)

	got = nil
	for account, err := range p.Users(t.Context(), sfprov.UserQuery{UsernameSuffix: "@acme.com", ActiveOnly: true}) {
		require.NoError(t, err)
		if got = append(got, account.ID); len(got) == 3 {
			break
		}
	}
	assert.Equal(t, []string{ids[0], ids[1], ids[3]}, got)

	for name, query := range map[string]sfprov.UserQuery{"_": {UsernameSuffix: "_acme.com"}, "%": {UsernameSuffix: "%com"}, "'": {UsernameSuffix: "'"}, `\`: {UsernameSuffix: `\`}} {
		for _, err := range p.Users(t.Context(), query) {
			require.NoError(t, err)
			t.Errorf("%s stands for itself", name)
		}
	}
	for _, err := range p.Users(t.Context(), sfprov.UserQuery{Fields: []string{"Id FROM Contact --"}}) {
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid)
	}
}

// Numbers keep all their digits on the way through a plan that was JSON, and what names a
// key twice is no plan.
func TestAPlanKeepsDigits(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.AddCustomField("Note__c", 80, false)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Fields["Note__c"] = int64(9007199254740993)
	plan, err := p.Plan(t.Context(), reading([]sfprov.User{u}), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	var back sfprov.Plan
	require.NoError(t, json.Unmarshal(text, &back))
	_, err = p.Apply(t.Context(), &back, nil)
	require.NoError(t, err)
	assert.Equal(t, "9007199254740993", org.Users()[0].Fields["Note__c"])
	for _, twice := range []string{
		`{"scope":{"usernameSuffix":"@a.com"},"scope":{"usernameSuffix":"@b.com"},"steps":[]}`,
		`{"steps":[{"username":"a","changes":[{"field":"Title","after":"a","after":"b"}]}]}`,
		`{"steps":[{"user":{"Fields":{"Title":"a","Title":"b"}}}]}`,
	} {
		require.ErrorContains(t, json.Unmarshal([]byte(twice), &back), "twice", twice)
	}
}

// A plan holds what was handed over, whatever the caller does with it afterwards.
func TestAPlanHoldsNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	title := "CFO"
	u := federated()
	u.Fields["Title"] = &title
	plan, err := p.Plan(t.Context(), reading([]sfprov.User{u}), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	title = "CEO"
	assert.Equal(t, "CFO", plan.Steps[0].User.Fields["Title"])
	_, err = p.Apply(t.Context(), plan, nil)
	require.NoError(t, err)
	assert.Equal(t, "CFO", org.Users()[0].Fields["Title"])
}

// Nothing that a plan file says reaches a terminal raw.
func TestAPlanPrintsNothingRaw(t *testing.T) {
	t.Parallel()
	raw := "\x1b[2J\u202e\u009b31m\u2028x\n+ create evil"
	plan := sfprov.Plan{
		Scope: sfprov.Scope{UsernameSuffix: raw}, Notes: []string{raw},
		Steps: []sfprov.PlanStep{
			{Action: sfprov.Updated, ID: raw, Username: raw, Changes: []sfprov.Change{{Field: raw, Before: raw, After: raw}}},
			{Problem: raw, User: &sfprov.User{Username: raw}},
			{Action: sfprov.Action(raw)},
		},
	}
	text := plan.String()
	for _, mark := range []string{"\x1b", "\u202e", "\u009b", "\u2028", "\n+ create evil"} {
		assert.NotContains(t, text, mark)
	}
}

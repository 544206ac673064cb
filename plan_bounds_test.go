package sfprov_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// A plan is about the accounts that it names: one that has become the user's since, and
// differs in nothing else, is left alone.
func TestAPlanIsAboutItsAccounts(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	planned := seeded(org, nil)
	u := federated()
	u.Fields["Title"] = "CEO"
	plan, err := p.Plan(t.Context(), reading([]sfprov.User{u}), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	require.Len(t, plan.Steps, 1)
	require.Equal(t, planned, plan.Steps[0].ID)
	org.SetUser(planned, sfprov.Fields{"Username": "old@primary.com", "FederationIdentifier": nil})
	other := seeded(org, nil)

	_, err = p.Apply(t.Context(), plan, nil)

	require.ErrorIs(t, err, sfprov.ErrPlanStale)
	for _, id := range []string{planned, other} {
		user, _ := org.User(id)
		assert.Equal(t, "CFO", user.Fields["Title"])
	}
}

// A plan that names the integration user is none of this library's, so nobody is
// deactivated by it.
func TestAPlanThatNamesTheIntegrationUserDeactivatesNobody(t *testing.T) {
	t.Parallel()
	for _, length := range []int{15, 18} {
		org := sfprovtest.NewOrg(t)
		plan := &sfprov.Plan{Scope: sfprov.Scope{UsernameSuffix: "@primary.com", MaxPercent: 100}, InScope: 2}
		zoe := org.AddUser(sfprov.Fields{"Username": "zoe@primary.com"})
		for _, id := range []string{zoe, org.AdminID()[:length]} {
			plan.Steps = append(plan.Steps, sfprov.PlanStep{
				Action: sfprov.Deactivated, ID: id, Username: "zoe@primary.com",
				Changes: []sfprov.Change{{Field: "IsActive", Before: true, After: false}},
			})
		}
		_, err := provisionerIn(t, org).Apply(t.Context(), plan, nil)
		require.ErrorContains(t, err, "integration user")
		user, _ := org.User(zoe)
		assert.True(t, user.Active)
	}
}

// That nobody is there is not that somebody was deactivated.
func TestAPlanForAnAccountThatIsNotThere(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	_, err := provisionerIn(t, org).Apply(t.Context(), &sfprov.Plan{
		Scope: sfprov.Scope{UsernameSuffix: "@primary.com", MaxPercent: 100}, InScope: 1,
		Steps: []sfprov.PlanStep{{
			Action: sfprov.Deactivated, ID: nobodyID, Username: "zoe@primary.com",
			Changes: []sfprov.Change{{Field: "IsActive", Before: true, After: false}},
		}},
	}, nil)
	require.ErrorIs(t, err, sfprov.ErrNotFound)
}

// Of two new users who get one username, one can't be created, and the plan says so.
func TestAPlanTellsOfTwoWhoGetOneName(t *testing.T) {
	t.Parallel()
	p := provisionerIn(t, sfprovtest.NewOrg(t), byFederationID)
	users := []sfprov.User{employee("alice", "E-1"), employee("alice", "E-2")}
	plan, err := p.Plan(t.Context(), reading(users), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	var problems []string
	for _, step := range plan.Steps {
		if step.Problem != "" {
			problems = append(problems, step.Problem)
		}
	}
	assert.Equal(t, []string{"another of the desired users gets this username"}, problems)
}

// Who comes back needs a licence, and whose title changes gives none up.
func TestAPlanCountsTheLicencesThatAreTaken(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	users := crowd(4)
	for i, u := range users[:3] {
		org.AddUser(sfprov.Fields{
			"Username": u.Username + "@primary.com", "LastName": "Jones",
			"FederationIdentifier": u.Fields["FederationIdentifier"], "Email": u.Fields["Email"], "IsActive": i != 0,
		})
		users[i].Fields["Title"] = "CEO"
	}
	plan, err := p.Plan(t.Context(), reading(users), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	assert.Empty(t, plan.Notes, "there are as many as anybody wants")
	org.SetLicenses("Salesforce", 5)
	plan, err = p.Plan(t.Context(), reading(users), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	assert.Empty(t, plan.Notes, "there are just as many as are needed")
	org.SetLicenses("Salesforce", 3) // of the integration user, user1 and user2
	for _, test := range []struct {
		users []sfprov.User
		notes []string
	}{
		{users[1:3], nil},
		{users[:3], []string{"1 more licences of Salesforce are needed, and 0 of 3 are left."}},
		{users[1:], []string{"1 more licences of Salesforce are needed, and 0 of 3 are left."}},
	} {
		plan, err := p.Plan(t.Context(), reading(test.users), sfprov.Scope{KeepAbsent: true})
		require.NoError(t, err)
		assert.Equal(t, test.notes, plan.Notes)
	}
}

// A plan that does not say how many there are in scope is no plan without a bound.
func TestAPlanWithoutACountIsBounded(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	plan := &sfprov.Plan{Scope: sfprov.Scope{UsernameSuffix: "@primary.com"}}
	for i := range 6 {
		name := fmt.Sprint("user", i, "@primary.com")
		plan.Steps = append(plan.Steps, sfprov.PlanStep{
			Action: sfprov.Deactivated, ID: org.AddUser(sfprov.Fields{"Username": name}), Username: name,
			Changes: []sfprov.Change{{Field: "IsActive", Before: true, After: false}},
		})
	}
	_, err := provisionerIn(t, org).Apply(t.Context(), plan, nil)
	require.ErrorIs(t, err, sfprov.ErrTooManyDeactivations)
	for _, user := range org.Users() {
		assert.True(t, user.Active)
	}
}

// The bound that is given takes the place of the usual one.
func TestABoundOfOnesOwnReplacesTheUsualOne(t *testing.T) {
	t.Parallel()
	_, p := staffed(t, 20)
	for _, scope := range []sfprov.Scope{{MaxDeactivations: 12}, {MaxPercent: 60}} {
		_, err := p.Plan(t.Context(), stream(crowd(8)), scope)
		require.NoError(t, err)
	}
}

// Who is desired as inactive is deactivated, in scope or not.
func TestAPlanDeactivatesWhoIsDesiredAsInactiveWherever(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	id := seeded(org, sfprov.Fields{"Username": "alice@elsewhere.example"})
	gone := federated()
	gone.Inactive = true
	plan, err := p.Plan(t.Context(), reading([]sfprov.User{gone}), sfprov.Scope{})
	require.NoError(t, err)
	_, err = p.Apply(t.Context(), plan, nil)
	require.NoError(t, err)
	user, _ := org.User(id)
	assert.False(t, user.Active)
}

// Of users who could not be read nothing is known, and there is no plan.
func TestAPlanThatCannotBeReadIsNone(t *testing.T) {
	t.Parallel()
	bubble(t, "a gateway's 503", func(t *testing.T, org *sfprovtest.Org) {
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if !strings.Contains(r.Query, "FederationIdentifier IN") {
				return nil
			}
			fault := sfprovtest.GatewayHTML(http.StatusServiceUnavailable)
			return &fault
		})
		plan, err := provisionerIn(t, org, byFederationID).Plan(t.Context(), reading([]sfprov.User{federated()}), sfprov.Scope{})
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Nil(t, plan)
	})
}

// Of a desired user without a match value, nothing shows whose account bears the name:
// it is kept, whatever match value it has.
func TestAPlanKeepsWhoBearsTheNameOfSomebodyWithoutAMatchValue(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]sfprov.User{
		"a name": alice(),
		"a name that is spelt out": {Fields: sfprov.Fields{
			"Username": "Alice@primary.com", "LastName": "Jones", "Email": "no address",
		}},
	} {
		org := sfprovtest.NewOrg(t)
		seeded(org, nil)
		p := provisionerIn(t, org, byFederationID)
		plan, err := p.Plan(t.Context(), reading([]sfprov.User{u, employee("bob", "E-2")}), sfprov.Scope{})
		require.NoError(t, err, name)
		for _, step := range plan.Steps {
			assert.NotEqual(t, sfprov.Deactivated, step.Action, name)
		}
	}
}

// Whom a plan deactivates for not being desired it also releases, and foretells that.
func TestAPlanReleasesWhoIsAbsent(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	p := provisionerIn(t, org, byFederationID, releasing)
	plan, err := p.Plan(t.Context(), reading([]sfprov.User{employee("bob", "E-2")}), sfprov.Scope{MaxPercent: 100})
	require.NoError(t, err)
	_, err = p.Apply(t.Context(), plan, nil)
	require.NoError(t, err)
	user, _ := org.User(id)
	assert.False(t, user.Active)
	assert.NotEqual(t, "alice@primary.com", user.Username)
	assert.Nil(t, user.Fields["FederationIdentifier"])
}

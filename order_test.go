package sfprov_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// A field that Salesforce refuses keeps nobody in: who is to be locked out is.
func TestARefusedFieldKeepsNobodyIn(t *testing.T) {
	t.Parallel()
	gone := sfprov.User{Username: "alice", Fields: sfprov.Fields{
		"FederationIdentifier": "E-4711", "TimeZoneSidKey": "Mars/Base", "IsActive": false,
	}}
	for name, call := range map[string]func(p *sfprov.Provisioner, id string) (sfprov.Result, error){
		"update": func(p *sfprov.Provisioner, id string) (sfprov.Result, error) { return p.Update(t.Context(), id, gone) },
		"patch": func(p *sfprov.Provisioner, id string) (sfprov.Result, error) {
			return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpPatch, ID: id, User: gone})
		},
		"patch without an ID": func(p *sfprov.Provisioner, _ string) (sfprov.Result, error) {
			return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpPatch, User: gone})
		},
	} {
		org := sfprovtest.NewOrg(t)
		id := seeded(org, nil)
		result, err := call(provisionerIn(t, org, byFederationID), id)
		require.ErrorIs(t, err, sfprov.ErrInvalidField, name)
		assert.Equal(t, sfprov.Deactivated, result.Action, name)
		user, _ := org.User(id)
		assert.False(t, user.Active, name)
	}
}

// A licence goes before the permission set that needs it, also where the collection
// begins with a user who needs none.
func TestLicencesGoBeforePermissionSetsInABatch(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org, byFederationID)
	users := crowd(2)
	_, err := p.EnsureAll(t.Context(), reading(users), nil)
	require.NoError(t, err)
	users[0].Access.PermissionSets = []string{"Deal Desk"}
	users[1].Access.PermissionSetLicenses = []string{"Sales Console"}
	users[1].Access.PermissionSets = []string{"Console User"}

	_, err = p.EnsureAll(t.Context(), reading(users), nil)

	require.NoError(t, err)
	second, _ := org.UserByUsername("user1@primary.com")
	assert.Equal(t, []string{"Console User"}, org.Access(second.ID).PermissionSets)
}

// Who is new may need the licence of who leaves, so that a plan waits for the
// deactivations, however often they have to be sent.
func TestAPlanWaitsForItsDeactivations(t *testing.T) {
	t.Parallel()
	bubble(t, "the deactivation is lost at first", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org, byFederationID)
		_, err := p.EnsureAll(t.Context(), reading(crowd(10)), nil)
		require.NoError(t, err)
		org.SetLicenses("Salesforce", 11) // with the integration user, none is left
		plan, err := p.Plan(t.Context(), reading(crowd(11)[1:]), sfprov.Scope{})
		require.NoError(t, err)
		require.Len(t, plan.Steps, 2)
		org.Control(sfprovtest.On(http.MethodPatch, "/composite/sobjects", sfprovtest.Dropped()))

		_, err = p.Apply(t.Context(), plan, nil)

		require.NoError(t, err)
		_, exists := org.UserByUsername("user10@primary.com")
		assert.True(t, exists)
	})
}

// Who is there twice under two names is one person, also where Salesforce does not keep
// the match field unique.
func TestTwoNamesOfOnePersonMakeOneAccount(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" })
	var users []sfprov.User
	for _, name := range []string{"ann", "ann.jones"} {
		users = append(users, sfprov.User{Username: name, Fields: sfprov.Fields{
			"LastName": "Jones", "Email": "ann@primary.com", "EmployeeNumber": "7",
		}})
	}
	_, err := p.EnsureAll(t.Context(), reading(users), nil)
	require.NoError(t, err)
	require.Len(t, org.Users(), 1)
	assert.Equal(t, "ann.jones@primary.com", org.Users()[0].Username)
}

// Of two who want one name, the first in the input gets it, also if that one waits for
// somebody else.
func TestTheFirstInTheInputGetsTheName(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	renamed := employee("bob", "E-1")
	renamed.Fields["Email"] = "alice@primary.com"
	var refused []int
	users := []sfprov.User{employee("alice", "E-1"), renamed, employee("bob", "E-2")}
	_, err := p.EnsureAll(t.Context(), reading(users), func(o sfprov.Outcome) error {
		if o.Err != nil {
			refused = append(refused, o.Index)
		}
		return nil
	})
	require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	assert.Equal(t, []int{2}, refused)
	user, _ := org.UserByUsername("bob@primary.com")
	assert.Equal(t, "E-1", user.Fields["FederationIdentifier"])
}

// The integration user is not locked out where Salesforce would allow that, and nothing
// is sent that could do it.
func TestNothingThatLocksOutTheIntegrationUserIsSent(t *testing.T) {
	t.Parallel()
	gone := federated()
	gone.Inactive = true
	for name, call := range map[string]func(p *sfprov.Provisioner, own string) error{
		"batch": func(p *sfprov.Provisioner, _ string) error {
			_, err := p.EnsureAll(t.Context(), reading([]sfprov.User{gone}), nil)
			return err
		},
		"ensure":     func(p *sfprov.Provisioner, _ string) error { _, err := p.Ensure(t.Context(), gone); return err },
		"deactivate": func(p *sfprov.Provisioner, own string) error { _, err := p.Deactivate(t.Context(), own); return err },
		"freeze":     func(p *sfprov.Provisioner, own string) error { _, err := p.Freeze(t.Context(), own); return err },
	} {
		org := sfprovtest.NewOrg(t)
		own := org.AdminID()
		org.SetUser(own, sfprov.Fields{"FederationIdentifier": "E-4711"})
		require.ErrorContains(t, call(provisionerIn(t, org, byFederationID), own), "integration user", name)
		for _, r := range org.Requests() {
			assert.False(t, r.Method == http.MethodPatch || strings.Contains(string(r.Body), "IsActive\":false"), name)
		}
		user, _ := org.User(own)
		assert.True(t, user.Active && !user.Frozen, name)
	}
}

// Whom the run itself has frozen it knows as frozen at once, and whom somebody else has,
// a minute later.
func TestARunKnowsWhoIsFrozen(t *testing.T) {
	t.Parallel()
	gone := federated()
	gone.Inactive = true
	bubble(t, "by itself", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org, byFederationID), seeded(org, nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		_, err := p.EnsureAll(t.Context(), reading([]sfprov.User{federated(), gone, federated()}), nil)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		user, _ := org.User(id)
		assert.False(t, user.Frozen)
	})
	bubble(t, "by somebody else", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org, byFederationID), seeded(org, nil)
		_, err := p.EnsureAll(t.Context(), func(yield func(sfprov.User, error) bool) {
			if yield(federated(), nil) {
				<-time.After(2 * time.Minute)
				org.Freeze(id, true)
				yield(federated(), nil)
			}
		}, nil)
		require.NoError(t, err)
		user, _ := org.User(id)
		assert.False(t, user.Frozen)
	})
}

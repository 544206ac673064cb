package sfprov_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// That nobody may see who is frozen is a warning, and hinders no change, in whichever of
// its words Salesforce says so.
func TestAHiddenLoginIsAWarning(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"INVALID_TYPE", "INVALID_FIELD", "INSUFFICIENT_ACCESS"} {
		org := sfprovtest.NewOrg(t)
		seeded(org, sfprov.Fields{"Title": "Clerk"})
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if !strings.Contains(r.Query, "FROM UserLogin") {
				return nil
			}
			fault := sfprovtest.Refuse(400, code, "No such column 'IsFrozen' on entity 'UserLogin'.")
			return &fault
		})
		result, err := provisionerIn(t, org, byFederationID).Ensure(t.Context(), federated())
		require.NoError(t, err, code)
		assert.Equal(t, sfprov.Updated, result.Action, code)
		require.Error(t, result.Warning, code)
	}
}

// A plan needs no profiles: it goes on without, and says that licences were not counted.
func TestAPlanThatMayNotSeeProfiles(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	seeded(org, sfprov.Fields{"Title": "Clerk", "IsActive": false})
	leaver := org.AddUser(sfprov.Fields{"Username": "leaver@primary.com"})
	p := provisionerIn(t, org, byFederationID)
	desired := func(yield func(sfprov.User, error) bool) { yield(federated(), nil) }
	full, err := p.Plan(t.Context(), desired, sfprov.Scope{})
	require.NoError(t, err)

	org.Forbid(sfprovtest.ViewSetup)
	plan, err := p.Plan(t.Context(), desired, sfprov.Scope{})
	require.NoError(t, err)
	assert.Equal(t, full.Steps, plan.Steps)
	require.Len(t, plan.Steps, 2)
	assert.Equal(t, leaver, plan.Steps[1].ID)
	assert.Equal(t, full.InScope, plan.InScope)
	require.Len(t, plan.Notes, 1)
	assert.Contains(t, plan.Notes[0], "Whether the licences suffice could not be checked")
	assert.Contains(t, plan.Notes[0], sfprovtest.ViewSetup.Label())

	org.ResetRequests()
	_, err = p.Plan(t.Context(), func(func(sfprov.User, error) bool) {}, sfprov.Scope{})
	require.NoError(t, err, "nor do the users in scope need them")
	assert.Len(t, org.Requests(), 2, "once with them, once without")
}

// Where a user can neither be deactivated nor frozen, both causes are explained.
func TestAFreezeWithoutTheRightIsExplained(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	org.Forbid(sfprovtest.ManageUsers)
	_, err := provisionerIn(t, org).Deactivate(t.Context(), id)
	require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
	_, ofFreezing, told := strings.Cut(sfprov.Explain(err), "As to freezing: ")
	require.True(t, told, err)
	assert.Contains(t, ofFreezing, "System Permissions")
}

// Who leaves is locked out, whatever else of the user can't be seen.
func TestLockingOutReadsNothingElse(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	org.SetFieldAccess("Title", sfprovtest.FieldHidden)
	u := federated()
	u.Inactive = true
	for name, ensure := range map[string]func(*sfprov.Provisioner) error{
		"Ensure": func(p *sfprov.Provisioner) error { _, err := p.Ensure(t.Context(), u); return err },
		"EnsureAll": func(p *sfprov.Provisioner) error {
			users := func(yield func(sfprov.User, error) bool) { yield(u, nil) }
			_, err := p.EnsureAll(t.Context(), users, nil)
			return err
		},
	} {
		org.SetUser(id, sfprov.Fields{"IsActive": true})
		require.NoError(t, ensure(provisionerIn(t, org, byFederationID)), name)
		user, _ := org.User(id)
		assert.False(t, user.Active, name)
	}
}

// Where Salesforce shows no login in place of refusing, the right that opens it is named.
func TestALoginThatLooksAbsent(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	guest := org.AddUser(nil)
	org.SetUser(guest, sfprov.Fields{"UserType": "Guest"})
	org.Forbid(sfprovtest.ManageUsers)
	org.SetHiddenObjectRefusal(sfprovtest.Refusal{Status: 200})
	_, err := provisionerIn(t, org).Freeze(t.Context(), id)
	require.ErrorContains(t, err, "It needs Manage Users")
	_, err = provisionerIn(t, org).Freeze(t.Context(), guest)
	require.ErrorContains(t, err, "Guest users")
}

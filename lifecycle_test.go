package sfprov_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// Every change of who can log in, from every state: what is done, what it costs,
// and what becomes of the user.
func TestReactivateFreezeUnfreeze(t *testing.T) {
	t.Parallel()
	type verb func(*sfprov.Provisioner, context.Context, string) (sfprov.Result, error)
	verbs := map[string]verb{
		"reactivate": (*sfprov.Provisioner).Reactivate, "freeze": (*sfprov.Provisioner).Freeze, "unfreeze": (*sfprov.Provisioner).Unfreeze,
	}
	for name, test := range map[string]struct {
		verb           string
		active, frozen bool
		action         sfprov.Action
		isActive       bool
		isFrozen       bool
		requests       int
	}{
		"inactive, reactivated":        {"reactivate", false, false, sfprov.Reactivated, true, false, 3},
		"inactive, frozen, and back":   {"reactivate", false, true, sfprov.Reactivated, true, false, 4},
		"frozen only, reactivated":     {"reactivate", true, true, sfprov.Unfrozen, true, false, 3},
		"active, reactivated":          {"reactivate", true, false, sfprov.Unchanged, true, false, 2},
		"active, frozen":               {"freeze", true, false, sfprov.Frozen, true, true, 2},
		"frozen, frozen":               {"freeze", true, true, sfprov.Unchanged, true, true, 1},
		"inactive, frozen as well":     {"freeze", false, false, sfprov.Frozen, false, true, 2},
		"frozen, unfrozen":             {"unfreeze", true, true, sfprov.Unfrozen, true, false, 2},
		"active, unfrozen":             {"unfreeze", true, false, sfprov.Unchanged, true, false, 1},
		"inactive, unfrozen, stays so": {"unfreeze", false, true, sfprov.Unfrozen, false, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			id := org.AddUser(sfprov.Fields{"IsActive": test.active})
			org.Freeze(id, test.frozen)
			result, err := verbs[test.verb](in(t, org), t.Context(), id[:15])
			require.NoError(t, err)
			assert.Equal(t, sfprov.Result{ID: id, Action: test.action}, result)
			user, _ := org.User(id)
			assert.Equal(t, test.isActive, user.Active)
			assert.Equal(t, test.isFrozen, user.Frozen)
			assert.Len(t, org.Requests(), test.requests)
		})
	}
	for name, call := range verbs {
		t.Run(name+" of nobody", func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			p := in(t, org)
			_, err := call(p, t.Context(), aliceID)
			require.ErrorIs(t, err, sfprov.ErrNotFound)
			assert.Contains(t, err.Error(), name+" "+aliceID)
			before := len(org.Requests())
			_, err = call(p, t.Context(), "x")
			var invalid *sfprov.ValidationError
			require.ErrorAs(t, err, &invalid)
			assert.Len(t, org.Requests(), before)
		})
	}
}

func TestUsersWhoCannotBeFrozen(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(nil)
	org.SetUser(id, sfprov.Fields{"UserType": "Guest"})
	org.RemoveUserLogin(id)
	p := in(t, org)
	for _, call := range []func(context.Context, string) (sfprov.Result, error){p.Freeze, p.Unfreeze} {
		result, err := call(t.Context(), id)
		require.Error(t, err)
		assert.Empty(t, result)
		require.NotErrorIs(t, err, sfprov.ErrNotFound, "the user is there")
		assert.False(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), "of the type Guest, has no UserLogin record")
		assert.Contains(t, sfprov.Explain(err), "automated processes")
	}
	result, err := p.Reactivate(t.Context(), id)
	require.NoError(t, err, "who has no login is not frozen")
	assert.Equal(t, sfprov.Unchanged, result.Action)
}

func TestReactivationThatIsRefused(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(sfprov.Fields{"IsActive": false})
	org.Freeze(id, true)
	org.SetLicenses("Salesforce", 1)
	result, err := in(t, org).Reactivate(t.Context(), id)
	require.ErrorIs(t, err, sfprov.ErrLicenseLimit)
	assert.Empty(t, result)
	assert.Contains(t, sfprov.Explain(err), "Deactivate users who have left")
	user, _ := org.User(id)
	assert.True(t, user.Frozen, "nothing has changed")
}

func TestLostReactivations(t *testing.T) {
	t.Parallel()
	bubble(t, "found out about", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(sfprov.Fields{"IsActive": false})
		lose(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
		result, err := in(t, org).Reactivate(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Reactivated, result.Action)
	})
	bubble(t, "not found out about", func(t *testing.T, org *sfprovtest.Org) {
		p, id := in(t, org), org.AddUser(sfprov.Fields{"IsActive": false})
		org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
			{Method: http.MethodPatch, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer()}},
			{Method: http.MethodGet, Nth: 1, Faults: []sfprovtest.Fault{{}}},
			{Method: http.MethodGet, Faults: []sfprovtest.Fault{sfprovtest.GatewayHTML(503)}},
		}})
		_, err := p.Reactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), "not known whether the user was reactivated")
	})
	bubble(t, "active, but the login can't be read", func(t *testing.T, org *sfprovtest.Org) {
		p, id := in(t, org), org.AddUser(sfprov.Fields{"IsActive": false})
		org.Freeze(id, true)
		lose(org, everyTime, http.MethodGet, "/query", sfprovtest.DailyLimit())
		result, err := p.Reactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrRequestLimit)
		assert.Equal(t, sfprov.Reactivated, result.Action, "that much is done")
		assert.Contains(t, err.Error(), "the user is active again, but it is not known whether the login is frozen")
		org.ClearControls()
		result, err = p.Reactivate(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Unfrozen, result.Action)
	})
	for name, frozen := range map[string]bool{"a freeze": true, "an unfreeze": false} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			p, id := in(t, org), org.AddUser(nil)
			org.Freeze(id, !frozen)
			call := p.Unfreeze
			if frozen {
				call = p.Freeze
			}
			org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
				{Method: http.MethodPatch, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer()}},
				{Method: http.MethodGet, Nth: 1, Faults: []sfprovtest.Fault{{}}},
				{Method: http.MethodGet, Faults: []sfprovtest.Fault{sfprovtest.DailyLimit()}},
			}})
			_, err := call(t.Context(), id)
			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.True(t, sfprov.Retryable(err))
			org.ClearControls()
			result, err := call(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, sfprov.Unchanged, result.Action)
		})
	}
}

// Who takes the integration user for another is refused, and not locked out.
func TestTheIntegrationUserIsNeverFrozen(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := in(t, org)
	_, err := p.Freeze(t.Context(), org.AdminID())
	require.ErrorContains(t, err, "the integration user itself")
	_, err = p.Deactivate(t.Context(), org.AdminID())
	require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
	require.ErrorContains(t, err, "the integration user itself")
	admin, _ := org.User(org.AdminID())
	assert.True(t, admin.Active)
	assert.False(t, admin.Frozen)
}

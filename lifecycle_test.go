package sfprov_test

import (
	"context"
	"net/http"
	"strings"
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
	}{
		"inactive, reactivated":        {"reactivate", false, false, sfprov.Reactivated, true, false},
		"inactive, frozen, and back":   {"reactivate", false, true, sfprov.Reactivated, true, false},
		"frozen only, reactivated":     {"reactivate", true, true, sfprov.Unfrozen, true, false},
		"active, reactivated":          {"reactivate", true, false, sfprov.Unchanged, true, false},
		"active, frozen":               {"freeze", true, false, sfprov.Frozen, true, true},
		"frozen, frozen":               {"freeze", true, true, sfprov.Unchanged, true, true},
		"inactive, frozen as well":     {"freeze", false, false, sfprov.Frozen, false, true},
		"frozen, unfrozen":             {"unfreeze", true, true, sfprov.Unfrozen, true, false},
		"active, unfrozen":             {"unfreeze", true, false, sfprov.Unchanged, true, false},
		"inactive, unfrozen, stays so": {"unfreeze", false, true, sfprov.Unfrozen, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			id := org.AddUser(sfprov.Fields{"IsActive": test.active})
			org.Freeze(id, test.frozen)
			result, err := verbs[test.verb](provisionerIn(t, org), t.Context(), id[:15])
			require.NoError(t, err)
			user, _ := org.User(id)
			var changes []sfprov.Change
			if test.isActive != test.active {
				changes = append(changes, sfprov.Change{Field: "IsActive", Before: test.active, After: test.isActive})
			}
			if test.isFrozen != test.frozen {
				changes = append(changes, sfprov.Change{Field: "IsFrozen", Before: test.frozen, After: test.isFrozen})
			}
			assert.Equal(t, sfprov.Result{ID: id, Username: user.Username, Action: test.action, Changes: changes}, result)
			assert.Equal(t, test.isActive, user.Active)
			assert.Equal(t, test.isFrozen, user.Frozen)
			assert.Equal(t, []string{"POST /composite"}, requested(org), "one call for all of it")
		})
	}
	for name, call := range verbs {
		t.Run(name+" of nobody", func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			p := provisionerIn(t, org)
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
	p := provisionerIn(t, org)
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
	result, err := provisionerIn(t, org).Reactivate(t.Context(), id)
	require.ErrorIs(t, err, sfprov.ErrLicenseLimit)
	user, _ := org.User(id)
	assert.Equal(t, sfprov.Result{ID: id, Username: user.Username}, result)
	assert.Contains(t, sfprov.Explain(err), "Deactivate users who have left")
	assert.False(t, user.Active)
	assert.True(t, user.Frozen, "nothing has changed")
}

func TestLostReactivations(t *testing.T) {
	t.Parallel()
	bubble(t, "found out about", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(sfprov.Fields{"IsActive": false})
		loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
		result, err := provisionerIn(t, org).Reactivate(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Reactivated, result.Action)
	})
	bubble(t, "not found out about", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(sfprov.Fields{"IsActive": false})
		loseThenFail(org, sfprovtest.GatewayHTML(503))
		_, err := p.Reactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), "not known whether the user was reactivated")
	})
	bubble(t, "active, but the login can't be read", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(sfprov.Fields{"IsActive": false})
		org.Freeze(id, true)
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if !strings.Contains(r.Query, "FROM UserLogin") {
				return nil
			}
			fault := sfprovtest.Refuse(http.StatusBadRequest, "INVALID_TYPE", "sObject type 'UserLogin' is not supported.")
			return &fault
		})
		result, err := p.Reactivate(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Reactivated, result.Action, "that much is done")
		require.ErrorContains(t, result.Warning, "it is not known whether the login is frozen")
		org.ClearControls()
		result, err = p.Reactivate(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Unfrozen, result.Action)
	})
	bubble(t, "active, but the unfreezing is refused", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(sfprov.Fields{"IsActive": false})
		org.Freeze(id, true)
		org.KeepControl(sfprovtest.On(http.MethodPatch, "/UserLogin/", sfprovtest.Refuse(http.StatusForbidden, "INSUFFICIENT_ACCESS_OR_READONLY", "no")))
		result, err := p.Reactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrPermission)
		assert.Equal(t, sfprov.Reactivated, result.Action, "that much is done")
		assert.Contains(t, err.Error(), "still missing: the unfreezing of the login")
		user, _ := org.User(id)
		assert.True(t, user.Active)
		assert.True(t, user.Frozen)
	})
	for name, frozen := range map[string]bool{"a freeze": true, "an unfreeze": false} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			p, id := provisionerIn(t, org), org.AddUser(nil)
			org.Freeze(id, !frozen)
			call := p.Unfreeze
			if frozen {
				call = p.Freeze
			}
			loseThenFail(org, sfprovtest.DailyLimit())
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

// loseThenFail loses the answer to the first composite request, which is carried out,
// and makes all others meet a fault.
func loseThenFail(org *sfprovtest.Org, fault sfprovtest.Fault) {
	isLost := false
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if !strings.HasSuffix(r.Path, "/composite") {
			return nil
		}
		given := fault
		if !isLost {
			isLost, given = true, sfprovtest.LostAnswer()
		}
		return &given
	})
}

// Who takes the integration user for another is refused, and not locked out.
func TestTheIntegrationUserIsNeverFrozen(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org)
	_, err := p.Freeze(t.Context(), org.AdminID())
	require.ErrorContains(t, err, "the integration user itself")
	_, err = p.Deactivate(t.Context(), org.AdminID())
	require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
	require.ErrorContains(t, err, "the integration user itself")
	admin, _ := org.User(org.AdminID())
	assert.True(t, admin.Active)
	assert.False(t, admin.Frozen)
}

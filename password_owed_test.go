package sfprov_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// A password that an earlier call was to set, and did not, is set by the next one, whose
// account needs nothing else any more.
func TestAPasswordIsOwedUntilItIsSet(t *testing.T) {
	t.Parallel()
	wanted := federated()
	wanted.Password = "correct-horse-1"
	for name, fault := range map[string]struct {
		method, path string
		fault        sfprovtest.Fault
	}{
		"refused":             {http.MethodPost, "/password", sfprovtest.Refuse(400, "INVALID_NEW_PASSWORD", "invalid")},
		"lost":                {http.MethodPost, "/password", sfprovtest.Dropped()},
		"a step before fails": {http.MethodPatch, "/sobjects/UserLogin", sfprovtest.Refuse(400, "NEVER_SEEN", "not now")},
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			id := seeded(org, sfprov.Fields{"IsActive": false})
			org.Freeze(id, true)
			p := provisionerIn(t, org, byFederationID)
			org.KeepControl(sfprovtest.On(fault.method, fault.path, fault.fault))
			_, err := p.Ensure(t.Context(), wanted)
			require.Error(t, err)
			require.False(t, org.CheckPassword(id, "correct-horse-1"))
			org.ClearControls()
			org.Freeze(id, false)

			_, err = p.Ensure(t.Context(), wanted)

			require.NoError(t, err)
			assert.True(t, org.CheckPassword(id, "correct-horse-1"))
		})
	}
}

// Who was mailed a link chooses a password; nobody sets another one after that.
func TestAPasswordIsNotOwedAfterAReset(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetPasswordPolicy(12, 0)
	id := seeded(org, sfprov.Fields{"IsActive": false})
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Password = "short-1"
	_, err := p.Ensure(t.Context(), u)
	require.Error(t, err)
	_, err = p.ResetPassword(t.Context(), id)
	require.NoError(t, err)
	u.Password = "correct-horse-1"
	result, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, result.Action)
	assert.False(t, org.CheckPassword(id, "correct-horse-1"))
}

// Who is adopted gets the password, as who is created does; also by the call that finds
// the account which a lost one has made.
func TestAnAdoptionSetsThePassword(t *testing.T) {
	t.Parallel()
	u := federated()
	u.Password = "correct-horse-1"
	bubble(t, "an account that was there", func(t *testing.T, org *sfprovtest.Org) {
		id := seeded(org, nil)
		_, err := provisionerIn(t, org, byFederationID).Create(t.Context(), u)
		require.NoError(t, err)
		assert.True(t, org.CheckPassword(id, "correct-horse-1"))
	})
	bubble(t, "an account that appears before the create", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
			if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/composite/sobjects") && len(org.Users()) == 0 {
				seeded(org, sfprov.Fields{"Username": "old@primary.com"})
			}
			return nil
		})
		for o := range ensureAll(t.Context(), provisionerIn(t, org, byFederationID), slices.Values([]sfprov.User{u})) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Adopted, o.Result.Action)
			assert.True(t, org.CheckPassword(o.Result.ID, "correct-horse-1"))
		}
	})
	bubble(t, "an account that a lost create has made", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org, byFederationID)
		blindAfter(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		_, err := p.Ensure(t.Context(), u)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		org.ClearControls()
		_, err = p.Ensure(t.Context(), u)
		require.NoError(t, err)
		assert.True(t, org.CheckPassword(org.Users()[0].ID, "correct-horse-1"))
	})
}

// What a batch has made and not finished, another call without a match field takes up.
func TestWhatABatchHasMadeIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetPasswordPolicy(12, 0)
	p := provisionerIn(t, org)
	u := alice()
	u.Password = "short-1"
	_, err := p.EnsureAll(t.Context(), reading([]sfprov.User{u}), nil)
	require.ErrorContains(t, err, "the password")
	u.Password = "correct-horse-1"
	_, err = p.EnsureAll(t.Context(), reading([]sfprov.User{u}), nil)
	require.NoError(t, err)
	assert.True(t, org.CheckPassword(org.Users()[0].ID, "correct-horse-1"))
}

// Who is created by a batch, with access, gets the password too.
func TestABatchGivesAccessAndSetsThePassword(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	u := federated()
	u.Password, u.Access.PermissionSets = "correct-horse-1", []string{"Deal Desk"}
	_, err := provisionerIn(t, org, byFederationID).EnsureAll(t.Context(), reading([]sfprov.User{u}), nil)
	require.NoError(t, err)
	assert.True(t, org.CheckPassword(org.Users()[0].ID, "correct-horse-1"))
	assert.Equal(t, []string{"Deal Desk"}, org.Access(org.Users()[0].ID).PermissionSets)
}

package sfprov_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func releasing(c *sfprov.Config) { c.ReleaseUsername = true }

// A refused release is no refused deactivation: only a second one of those freezes.
func TestARefusedReleaseIsNoRefusedDeactivation(t *testing.T) {
	t.Parallel()
	bubble(t, "then one refusal", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
		org.TakeUsername("released-" + strings.ToLower(id) + "-alice@primary.com")
		org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
			if r.Method != http.MethodPatch || strings.Contains(string(r.Body), "Username") {
				return nil
			}
			fault := sfprovtest.Refuse(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "not now")
			return &fault
		})
		result, err := provisionerIn(t, org, releasing).Deactivate(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Deactivated, result.Action)
		user, _ := org.User(id)
		assert.True(t, !user.Active && !user.Frozen)
	})
}

// Who is inactive already is not told to be deactivated where only the release failed.
func TestARefusedReleaseOfWhoIsInactive(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "IsActive": false})
	org.TakeUsername("released-" + strings.ToLower(id) + "-alice@primary.com")
	result, err := provisionerIn(t, org, releasing).Deactivate(t.Context(), id)
	require.NoError(t, err)
	require.ErrorIs(t, result.Warning, sfprov.ErrDuplicateUsername)
	assert.Equal(t, sfprov.Unchanged, result.Action)
	assert.Empty(t, result.Changes)
}

// ReleaseUsername is about those who leave: others are renamed as ever.
func TestReleaseUsernameHindersNoRename(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	u := federated()
	u.Username = "alice.smith"
	_, err := provisionerIn(t, org, byFederationID, releasing).Ensure(t.Context(), u)
	require.NoError(t, err)
	user, _ := org.User(id)
	assert.Equal(t, "alice.smith@primary.com", user.Username)
}

// What is wrong with the set-up is no rule about this user, and freezes nobody.
func TestASetUpErrorFreezesNobody(t *testing.T) {
	t.Parallel()
	bubble(t, "the API is off", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(nil)
		off := sfprovtest.Refuse(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
		org.KeepControl(sfprovtest.On(http.MethodPatch, "/sobjects/User/", off))
		_, err := provisionerIn(t, org).Deactivate(t.Context(), id)
		assert.Equal(t, sfprov.StepSetup, stepOf(err))
		user, _ := org.User(id)
		assert.False(t, user.Frozen)
	})
}

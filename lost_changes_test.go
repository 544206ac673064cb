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

func TestLostChangesOfAUser(t *testing.T) {
	t.Parallel()
	title := sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}
	bubble(t, "an update is sent again", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(nil)
		lose(org, 3, http.MethodPatch, "", sfprovtest.LostAnswer())
		result, err := in(t, org).Update(t.Context(), id, title)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action)
	})
	bubble(t, "an update that is lost to the end", func(t *testing.T, org *sfprovtest.Org) {
		p, id := in(t, org), org.AddUser(nil)
		lose(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
		_, err := p.Update(t.Context(), id, title)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.True(t, sfprov.Retryable(err), "the same call makes sure")
		assert.Contains(t, err.Error(), "update "+id)
		_, resolveErr := p.Resolve(t.Context(), err)
		require.ErrorContains(t, resolveErr, "call update again")
	})
	bubble(t, "an update that was never sent is not unknown", func(t *testing.T, org *sfprovtest.Org) {
		org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Faults: []sfprovtest.Fault{sfprovtest.ConnectionRefused()}}}})
		_, err := in(t, org).Update(t.Context(), aliceID, title)
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))
	})
	bubble(t, "an update that is lost, then refused, is refused", func(t *testing.T, org *sfprovtest.Org) {
		lose(org, 1, http.MethodPatch, "", sfprovtest.Dropped())
		_, err := in(t, org).Update(t.Context(), org.AddUser(nil), sfprov.User{Fields: sfprov.Fields{"TimeZoneSidKey": "Mars/Base"}})
		require.ErrorIs(t, err, sfprov.ErrInvalidField)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	})
	bubble(t, "an update that is lost, then can't log in", func(t *testing.T, org *sfprovtest.Org) {
		p, id := in(t, org), org.AddUser(nil)
		org.Control(sfprovtest.On(http.MethodPatch, "", sfprovtest.LostAnswer()))
		org.Control(sfprovtest.On(http.MethodPatch, "", sfprovtest.ExpiredSession()))
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if !strings.HasSuffix(r.Path, "/oauth2/token") || len(org.Requests()) == 0 {
				return nil
			}
			fault := sfprovtest.LoginRefused()
			return &fault
		})
		_, err := p.Update(t.Context(), id, title)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown, "the first one was done")
		require.ErrorIs(t, err, sfprov.ErrAuth)
	})
}

func TestLostDeactivations(t *testing.T) {
	t.Parallel()
	release := func(c *sfprov.Config) { c.ReleaseUsername = true }
	for name, change := range map[string]func(*sfprov.Config){"plain": func(*sfprov.Config) {}, "with release": release} {
		bubble(t, name+", every answer lost", func(t *testing.T, org *sfprovtest.Org) {
			p, id := in(t, org, change), org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
			lose(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
			result, err := p.Deactivate(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, sfprov.Deactivated, result.Action, "a look has shown it")
			user, _ := org.User(id)
			assert.False(t, user.Active)
			if name != "plain" {
				assert.Equal(t, user.Username, result.Username)
			}
		})
		bubble(t, name+", never done", func(t *testing.T, org *sfprovtest.Org) {
			p, id := in(t, org, change), org.AddUser(nil)
			lose(org, everyTime, http.MethodPatch, "", sfprovtest.Dropped())
			_, err := p.Deactivate(t.Context(), id)
			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			require.NotErrorIs(t, err, sfprov.ErrDeactivationBlocked)
			assert.True(t, sfprov.Retryable(err))
			assert.Contains(t, err.Error(), "a look found it not done so far")
		})
		bubble(t, name+", and no look", func(t *testing.T, org *sfprovtest.Org) {
			p, id := in(t, org, change), org.AddUser(nil)
			org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
				{Method: http.MethodPatch, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer()}},
				{Method: http.MethodGet, Nth: 1, Faults: []sfprovtest.Fault{{}}},
				{Method: http.MethodGet, Faults: []sfprovtest.Fault{sfprovtest.GatewayHTML(503)}},
			}})
			_, err := p.Deactivate(t.Context(), id)
			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.True(t, sfprov.Retryable(err))
			assert.Contains(t, err.Error(), "not known whether the user was deactivated")
			org.ClearControls()
			result, err := p.Deactivate(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, sfprov.Unchanged, result.Action)
		})
	}
	bubble(t, "lost, then refused", func(t *testing.T, org *sfprovtest.Org) {
		p, id := in(t, org, release), org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		lose(org, 1, http.MethodPatch, "/sobjects/User/", sfprovtest.Dropped())
		result, err := p.Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Equal(t, sfprov.Frozen, result.Action)
	})
	bubble(t, "a freeze that is lost", func(t *testing.T, org *sfprovtest.Org) {
		p, id := in(t, org), org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		lose(org, everyTime, http.MethodPatch, "/UserLogin", sfprovtest.LostAnswer())
		result, err := p.Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		assert.Equal(t, sfprov.Frozen, result.Action, "a look has shown it")
	})
	bubble(t, "a freeze that is lost, and no look", func(t *testing.T, org *sfprovtest.Org) {
		p, id := in(t, org), org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
			{Method: http.MethodPatch, Path: "/UserLogin", Faults: []sfprovtest.Fault{sfprovtest.LostAnswer()}},
			{Path: "/query", Nth: 1, Faults: []sfprovtest.Fault{{}}},
			{Path: "/query", Faults: []sfprovtest.Fault{sfprovtest.DailyLimit()}},
		}})
		result, err := p.Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Empty(t, result.Action)
		assert.Contains(t, err.Error(), "may be STILL ACTIVE")
		assert.True(t, sfprov.Retryable(err))
	})
}

func TestLostAdoptions(t *testing.T) {
	t.Parallel()
	bubble(t, "is resumed by the same call", func(t *testing.T, org *sfprovtest.Org) {
		p := in(t, org, matching)
		id := org.AddUser(sfprov.Fields{"Username": "a.jones@old.example", "FederationIdentifier": "E-1", "IsActive": false})
		org.Freeze(id, true)
		lose(org, everyTime, http.MethodPatch, "/sobjects/User/", sfprovtest.LostAnswer())
		_, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))

		lose(org, everyTime, http.MethodPatch, "/UserLogin", sfprovtest.Dropped())
		result, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Equal(t, sfprov.Adopted, result.Action, "the account is adopted, its login not yet unfrozen")

		org.ClearControls()
		result, err = p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Result{ID: id, Username: "alice@primary.com", Action: sfprov.Adopted}, result)
		user, _ := org.User(id)
		assert.True(t, user.Active)
		assert.False(t, user.Frozen)
	})
}

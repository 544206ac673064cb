package sfprov_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
		loseAnswers(org, 3, http.MethodPatch, "", sfprovtest.LostAnswer())
		result, err := provisionerIn(t, org).Update(t.Context(), id, title)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action)
	})
	bubble(t, "an update that is lost to the end", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(nil)
		loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
		result, err := p.Update(t.Context(), id, title)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action, "a look has shown it")

		loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.Dropped())
		_, err = p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CFO"}})
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.True(t, sfprov.Retryable(err), "the same call makes sure")
		assert.Contains(t, err.Error(), "update "+id)
		_, resolveErr := p.Resolve(t.Context(), err)
		require.ErrorContains(t, resolveErr, "call update again")
	})
	bubble(t, "an update that was never sent is not unknown", func(t *testing.T, org *sfprovtest.Org) {
		org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Faults: []sfprovtest.Fault{sfprovtest.ConnectionRefused()}}}})
		_, err := provisionerIn(t, org).Update(t.Context(), aliceID, title)
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))
	})
	bubble(t, "an update that is lost, then refused, is refused", func(t *testing.T, org *sfprovtest.Org) {
		loseAnswers(org, 1, http.MethodPatch, "", sfprovtest.Dropped())
		_, err := provisionerIn(t, org).Update(t.Context(), org.AddUser(nil), sfprov.User{Fields: sfprov.Fields{"TimeZoneSidKey": "Mars/Base"}})
		require.ErrorIs(t, err, sfprov.ErrInvalidField)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	})
	bubble(t, "an update that is lost, then can't log in", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(nil)
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
			p, id := provisionerIn(t, org, change), org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
			loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
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
			p, id := provisionerIn(t, org, change), org.AddUser(nil)
			loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.Dropped())
			_, err := p.Deactivate(t.Context(), id)
			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			require.NotErrorIs(t, err, sfprov.ErrDeactivationBlocked)
			assert.True(t, sfprov.Retryable(err))
			assert.Contains(t, err.Error(), "a look found it not done so far")
		})
		bubble(t, name+", and no look", func(t *testing.T, org *sfprovtest.Org) {
			p, id := provisionerIn(t, org, change), org.AddUser(nil)
			blindAfter(org, everyTime, http.MethodPatch, "", sfprovtest.GatewayHTML(503))
			loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
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
		p, id := provisionerIn(t, org, release), org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		loseAnswers(org, 1, http.MethodPatch, "/sobjects/User/", sfprovtest.Dropped())
		result, err := p.Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Equal(t, sfprov.Frozen, result.Action)
	})
	bubble(t, "a freeze that is lost", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		loseAnswers(org, everyTime, http.MethodPatch, "/UserLogin", sfprovtest.LostAnswer())
		result, err := p.Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		assert.Equal(t, sfprov.Frozen, result.Action, "a look has shown it")
	})
	bubble(t, "a freeze that is lost, and no look", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		blindAfter(org, everyTime, http.MethodPatch, "/UserLogin", sfprovtest.DailyLimit())
		loseAnswers(org, everyTime, http.MethodPatch, "/UserLogin", sfprovtest.LostAnswer())
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
	locked := func(org *sfprovtest.Org) string {
		id := org.AddUser(sfprov.Fields{"Username": "a.jones@old.example", "FederationIdentifier": "E-1", "IsActive": false})
		org.Freeze(id, true)
		return id
	}
	isAdopted := func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		user, _ := org.User(id)
		assert.Equal(t, "alice@primary.com", user.Username)
		assert.Equal(t, "Jones", user.Fields["LastName"])
		assert.True(t, user.Active)
		assert.False(t, user.Frozen)
		assert.Len(t, org.Users(), 1)
	}
	bubble(t, "every answer lost", func(t *testing.T, org *sfprovtest.Org) {
		id := locked(org)
		loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.LostAnswer())
		result, err := provisionerIn(t, org, matching).Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Adopted, result.Action, "a look has shown it")
		assert.Contains(t, result.Changes, sfprov.Change{Field: "IsActive", Before: false, After: true})
		assert.Contains(t, result.Changes, sfprov.Change{Field: "IsFrozen", Before: true, After: false})
		isAdopted(t, org, id)
	})
	bubble(t, "no look, and the same call again", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org, matching), locked(org)
		blindAfter(org, everyTime, http.MethodPatch, "/sobjects/User/", sfprovtest.Dropped())
		loseAnswers(org, everyTime, http.MethodPatch, "/sobjects/User/", sfprovtest.LostAnswer())
		_, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))

		org.ClearControls()
		result, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Adopted, result.Action)
		isAdopted(t, org, id)
	})
	bubble(t, "is resumed by the same call", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org, matching), locked(org)
		loseAnswers(org, everyTime, http.MethodPatch, "/UserLogin", sfprovtest.Dropped())
		result, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.True(t, sfprov.Retryable(err))
		assert.Equal(t, sfprov.Adopted, result.Action, "the account is adopted, its login not yet unfrozen")
		assert.Equal(t, id, result.ID)
		assert.Contains(t, err.Error(), "still missing: the unfreezing of the login")

		org.ClearControls()
		result, err = p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		unfrozen := []sfprov.Change{{Field: "IsFrozen", Before: true, After: false}}
		assert.Equal(t, sfprov.Result{ID: id, Username: "alice@primary.com", Action: sfprov.Adopted, Changes: unfrozen}, result)
		isAdopted(t, org, id)
	})
}

// What was sent and not answered may be done yet, whatever becomes of the attempts after
// it.
func TestADoubtIsNotForgotten(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]sfprovtest.Fault{
		"the daily limit": sfprovtest.DailyLimit(), "a redirect": sfprovtest.Redirect(302, "https://elsewhere.example/"), "a gateway": sfprovtest.GatewayHTML(503),
	} {
		// once loses the first request that writes, which is done a minute later; all that
		// write after it meet the second fault.
		once := func(org *sfprovtest.Org) {
			isLost, began := false, time.Now()
			org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
				isWrite := r.Method == http.MethodPatch || slices.ContainsFunc(partsOf(r.Path, r.Body), func(p part) bool { return p.Method == http.MethodPatch })
				switch {
				case !isWrite, time.Since(began) >= time.Minute: // by then, it is the lost one
					return nil
				case isLost:
					return &second
				}
				isLost = true
				fault := sfprovtest.LateCommit(time.Minute)
				return &fault
			})
		}
		isUnknown := func(t *testing.T, org *sfprovtest.Org, id string, err error, isActive bool) {
			t.Helper()
			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			require.NotErrorIs(t, err, sfprov.ErrDeactivationBlocked)
			<-time.After(2 * time.Minute)
			user, _ := org.User(id)
			assert.Equal(t, isActive, user.Active, "it was done after all")
			assert.False(t, user.Frozen)
		}
		bubble(t, name+", a deactivation", func(t *testing.T, org *sfprovtest.Org) {
			id := org.AddUser(nil)
			once(org)
			_, err := provisionerIn(t, org).Deactivate(t.Context(), id)
			isUnknown(t, org, id, err, false)
		})
		bubble(t, name+", a reactivation", func(t *testing.T, org *sfprovtest.Org) {
			id := org.AddUser(sfprov.Fields{"IsActive": false})
			org.Freeze(id, true)
			once(org)
			_, err := provisionerIn(t, org).Reactivate(t.Context(), id)
			isUnknown(t, org, id, err, true)
		})
		bubble(t, name+", several steps", func(t *testing.T, org *sfprovtest.Org) {
			id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "FederationIdentifier": "E-1", "IsActive": false})
			org.Freeze(id, true)
			once(org)
			_, err := provisionerIn(t, org, matching).Ensure(t.Context(), employee("alice", "E-1"))
			isUnknown(t, org, id, err, true)
		})
		bubble(t, name+", a row", func(t *testing.T, org *sfprovtest.Org) {
			id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "FederationIdentifier": "E-1", "IsActive": false})
			once(org)
			for o := range ensureAll(t.Context(), provisionerIn(t, org, matching), slices.Values([]sfprov.User{employee("alice", "E-1")})) {
				assert.Equal(t, sfprov.OutcomeUnknown, o.State)
				isUnknown(t, org, id, o.Err, true)
			}
		})
	}
}

// Resolve finds out about new accounts. That there is an account does not show that an
// adoption was done.
func TestResolveOfALostAdoption(t *testing.T) {
	t.Parallel()
	bubble(t, "the account is young", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org, matching)
		_, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		u := employee("alice", "E-1")
		u.Fields["Title"] = "CFO"
		blindAfter(org, everyTime, http.MethodPatch, "", sfprovtest.DailyLimit())
		loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.Dropped())
		_, err = p.Create(t.Context(), u)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.NotContains(t, err.Error(), "not known whether the user was created")
		org.ClearControls()
		_, resolveErr := p.Resolve(t.Context(), err)
		require.Error(t, resolveErr, "the title is not set")
		require.NotErrorIs(t, resolveErr, sfprov.ErrDuplicateUsername)
		result, err := p.Create(t.Context(), u)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Adopted, result.Action)
		assert.Equal(t, "CFO", org.Users()[0].Fields["Title"])
	})
}

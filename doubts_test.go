package sfprov_test

import (
	"context"
	"encoding/json"
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

// The same call knows the account again that it made a while ago.
func TestALostCreateIsFoundALongTimeLater(t *testing.T) {
	t.Parallel()
	bubble(t, "after twenty minutes", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		blindAfter(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		_, err := p.Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		org.ClearControls()
		<-time.After(20 * time.Minute)

		result, err := p.Create(t.Context(), alice())

		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
		assert.Len(t, org.Users(), 1)
	})
}

// An account that a call has made stays its own, also if somebody has changed it until
// the call is made again for what is missing.
func TestAnAccountThatWasMadeIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetPasswordPolicy(12, 0)
	p := provisionerIn(t, org)
	u := alice()
	u.Password = "short-1"
	made, err := p.Create(t.Context(), u)
	require.ErrorContains(t, err, "the password")
	org.SetUser(made.ID, sfprov.Fields{"LastName": "Smith"})
	u.Password = "correct-horse-1"

	result, err := p.Create(t.Context(), u)

	require.NoError(t, err)
	assert.Equal(t, made.ID, result.ID)
	assert.True(t, org.CheckPassword(made.ID, "correct-horse-1"))
}

// What a password of a lost create was to be is not kept in JSON; if it was set
// meanwhile, nothing is missing.
func TestResolveKnowsOfAPasswordThatWasSetMeanwhile(t *testing.T) {
	t.Parallel()
	bubble(t, "by SetPassword", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		blindAfter(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		u := alice()
		u.Password = "correct-horse-1"
		_, err := p.Create(t.Context(), u)
		var lost, read *sfprov.UnconfirmedError
		require.ErrorAs(t, err, &lost)
		encoded, err := json.Marshal(lost)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(encoded, &read))
		org.ClearControls()
		_, err = p.Resolve(t.Context(), read)
		require.ErrorContains(t, err, "the password")
		<-time.After(time.Minute)
		_, err = p.SetPassword(t.Context(), org.Users()[0].ID, "correct-horse-1")
		require.NoError(t, err)

		result, err := p.Resolve(t.Context(), read)

		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
	})
}

// A gateway that answers 500 may have passed the request on.
func TestA500WithoutACodeLeavesTheOutcomeOpen(t *testing.T) {
	t.Parallel()
	bubble(t, "a create", func(t *testing.T, org *sfprovtest.Org) {
		loseAnswers(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.GatewayHTML(500))
		_, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	})
	bubble(t, "an update", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(nil)
		loseAnswers(org, everyTime, http.MethodPatch, "/sobjects/User", sfprovtest.GatewayHTML(500))
		_, err := provisionerIn(t, org).Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	})
}

// Whatever code the org refuses it with: what somebody else has taken away meanwhile is
// taken away.
func TestAccessThatIsGoneAlready(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org)
	id := org.AddUser(nil)
	_, err := p.Update(t.Context(), id, sfprov.User{Access: sfprov.Access{PermissionSets: []string{"Deal Desk"}}})
	require.NoError(t, err)
	gone := sfprovtest.Refuse(400, "NEVER_SEEN", "no")
	gone.Commit = true
	org.Control(sfprovtest.On(http.MethodDelete, "/sobjects/PermissionSetAssignment", gone))

	_, err = p.Update(t.Context(), id, sfprov.User{Revoke: sfprov.Access{PermissionSets: []string{"Deal Desk"}}})

	require.NoError(t, err)
	assert.Empty(t, org.Access(id).PermissionSets)
}

// A login that can't be seen is not taken for one that is open.
func TestALostUnfreezeThatCannotBeLookedAtIsUnknown(t *testing.T) {
	t.Parallel()
	bubble(t, "the login is hidden", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(nil)
		org.Freeze(id, true)
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			isLost := slices.ContainsFunc(requested(org), func(sent string) bool { return strings.HasPrefix(sent, "PATCH") })
			fault := sfprovtest.Refuse(400, "INVALID_TYPE", "sObject type 'UserLogin' is not supported.")
			switch {
			case r.Method == http.MethodPatch:
				fault = sfprovtest.Dropped()
			case !isLost || !strings.Contains(r.Query, "FROM UserLogin"):
				return nil
			}
			return &fault
		})
		_, err := provisionerIn(t, org).Unfreeze(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		user, _ := org.User(id)
		assert.True(t, user.Frozen)
	})
}

// A session that is refused to the end says nothing about what was sent before it.
func TestARefusedSessionEndsNoDoubt(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(t *testing.T, p *sfprov.Provisioner, id string) error{
		"a create": func(t *testing.T, p *sfprov.Provisioner, _ string) error {
			t.Helper()
			_, err := p.Create(t.Context(), alice())
			return err
		},
		"an update": func(t *testing.T, p *sfprov.Provisioner, id string) error {
			t.Helper()
			_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			return err
		},
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			id := org.AddUser(nil)
			org.Control(sfprovtest.On("", "/sobjects/User", sfprovtest.LostAnswer()))
			org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
				if len(requested(org)) == 0 || strings.Contains(r.Path, "/oauth2/") {
					return nil
				}
				fault := sfprovtest.Refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
				return &fault
			})
			require.ErrorIs(t, call(t, provisionerIn(t, org), id), sfprov.ErrOutcomeUnknown)
		})
	}
}

// An answer about another record confirms no deletion.
func TestADeletionThatIsConfirmedOfAnotherRecord(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Access.PermissionSets = []string{"Deal Desk"}
	_, err := p.EnsureAll(t.Context(), reading([]sfprov.User{u}), nil)
	require.NoError(t, err)
	other := sfprovtest.Fault{Status: 200, Body: `[{"id":"` + nobodyID + `","success":true,"errors":[]}]`}
	org.KeepControl(sfprovtest.On(http.MethodDelete, "/composite/sobjects", other))
	u.Access.PermissionSets, u.Access.Exact = []string{}, true

	_, err = p.EnsureAll(t.Context(), reading([]sfprov.User{u}), nil)

	require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
}

// That there was no account so far is not that there will be none: what was under way is
// known again when the create is called again.
func TestACreateThatIsDoneAfterResolve(t *testing.T) {
	t.Parallel()
	bubble(t, "ten minutes later", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		blindAfter(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LateCommit(10*time.Minute)))
		_, lost := p.Create(t.Context(), alice())
		require.ErrorIs(t, lost, sfprov.ErrOutcomeUnknown)
		org.ClearControls()
		_, err := p.Resolve(t.Context(), lost)
		require.ErrorIs(t, err, sfprov.ErrNotCreated)
		<-time.After(11 * time.Minute)

		result, err := p.Create(t.Context(), alice())

		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
		assert.Len(t, org.Users(), 1)
	})
}

// Each of a lost collection is known again by its own fields, also if others have fewer.
func TestALostCollectionOfUsersWhoDiffer(t *testing.T) {
	t.Parallel()
	bubble(t, "one has a title", func(t *testing.T, org *sfprovtest.Org) {
		users := crowd(2)
		users[0].Fields["Title"] = "CEO"
		org.Control(sfprovtest.On(http.MethodPost, "/composite/sobjects", sfprovtest.LostAnswer()))
		for _, o := range outcomes(t, 2, ensureAll(t.Context(), provisionerIn(t, org, byFederationID), slices.Values(users))) {
			require.NoError(t, o.Err)
			assert.Equal(t, sfprov.Created, o.Result.Action)
		}
	})
}

// A collection in doubt that can't be sent again in time stays in doubt.
func TestALostCollectionWithoutTimeForAnotherIsUnknown(t *testing.T) {
	t.Parallel()
	bubble(t, "the deadline is near", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/composite/sobjects", sfprovtest.LateCommit(time.Minute)))
		p, err := sfprov.New(matchingConfig(org), sfprov.WithHTTPClient(org.Client()),
			sfprov.WithRetry(sfprov.RetryPolicy{BaseDelay: 1000 * time.Hour}))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err = p.EnsureAll(ctx, reading([]sfprov.User{federated()}), nil)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	})
}

package sfprov_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const secret = sfprov.Secret("C4n4ry-password-1")

func TestSetAndResetPassword(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p, id := provisionerIn(t, org), org.AddUser(nil)
	result, err := p.SetPassword(t.Context(), id[:15], secret)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{ID: id, Action: sfprov.Updated}, result)
	assert.True(t, org.CheckPassword(id, string(secret)))
	result, err = p.ResetPassword(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Updated, result.Action)
	assert.False(t, org.CheckPassword(id, string(secret)))
	assert.Equal(t, 1, org.PasswordMails(id))
	assert.Len(t, org.Requests(), 2)
}

func TestPasswordsThatAreRefused(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p, id := provisionerIn(t, org), org.AddUser(nil)
	_, err := p.SetPassword(t.Context(), "x", "")
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Problems, 2, "the ID and the password")
	for _, password := range []sfprov.Secret{"[REDACTED]", "\xff"} {
		_, err = p.SetPassword(t.Context(), id, password)
		require.ErrorAs(t, err, &invalid)
		u := alice()
		u.Password = password
		_, err = p.Create(t.Context(), u)
		require.ErrorAs(t, err, &invalid)
		_, err = p.Update(t.Context(), id, sfprov.User{Password: password})
		require.ErrorAs(t, err, &invalid)
	}
	assert.Empty(t, org.Requests())

	_, err = p.SetPassword(t.Context(), id, "short1")
	require.ErrorIs(t, err, sfprov.ErrInvalidField)
	assert.Contains(t, err.Error(), "INVALID_NEW_PASSWORD")
	assert.Contains(t, sfprov.Explain(err), "Password Policies")
	for _, call := range []func() error{
		func() error { _, err := p.SetPassword(t.Context(), aliceID, secret); return err },
		func() error { _, err := p.ResetPassword(t.Context(), aliceID); return err },
	} {
		require.ErrorIs(t, call(), sfprov.ErrNotFound)
	}
}

// The password is the last step of a create, an adoption and an update. If it is
// refused, the rest stands.
func TestPasswordOfAUser(t *testing.T) {
	t.Parallel()
	with := func(u sfprov.User, password sfprov.Secret) sfprov.User {
		u.Password = password
		return u
	}
	t.Run("created", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		result, err := provisionerIn(t, org).Create(t.Context(), with(alice(), secret))
		require.NoError(t, err)
		assert.True(t, org.CheckPassword(result.ID, string(secret)))
		assert.Len(t, org.Requests(), 2)
	})
	t.Run("created, the password refused", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		p := provisionerIn(t, org)
		result, err := p.Create(t.Context(), with(alice(), "short1"))
		require.ErrorIs(t, err, sfprov.ErrInvalidField)
		assert.Equal(t, sfprov.Result{ID: org.Users()[0].ID, Username: "alice@primary.com", Action: sfprov.Created}, result)
		assert.Contains(t, err.Error(), "the user was created ("+result.ID+"); still missing: the password; because: ")
		assert.Contains(t, err.Error(), "call Update with the ID, the Access and the Password")
		assert.False(t, sfprov.Retryable(err))
		_, err = p.SetPassword(t.Context(), result.ID, secret)
		require.NoError(t, err)
	})
	bubble(t, "created, then the network fails", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		loseAnswers(org, everyTime, http.MethodPost, "/password", sfprovtest.GatewayHTML(503))
		made, err := p.Create(t.Context(), with(alice(), secret))
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Equal(t, sfprov.Created, made.Action)
		assert.True(t, sfprov.Retryable(err), "the same create knows its own account again")
		org.ClearControls()
		result, err := p.Create(t.Context(), with(alice(), secret))
		require.NoError(t, err)
		assert.Equal(t, made.ID, result.ID)
		assert.Equal(t, sfprov.Created, result.Action)
		assert.True(t, org.CheckPassword(result.ID, string(secret)))
		assert.Equal(t, 1, slices.Index(requested(org), "POST /sobjects/User/"+made.ID+"/password"), "the user is sent once")
		assert.NotContains(t, requested(org)[1:], "POST /sobjects/User/", "nobody is made twice")
		assert.Len(t, org.Users(), 1)
	})
	// Another process can't know that, and must not take the account for its own.
	bubble(t, "created, then the network fails, then the process ends", func(t *testing.T, org *sfprovtest.Org) {
		loseAnswers(org, everyTime, http.MethodPost, "/password", sfprovtest.GatewayHTML(503))
		_, err := provisionerIn(t, org).Create(t.Context(), with(alice(), secret))
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Contains(t, err.Error(), "call Update with the ID")
		org.ClearControls()
		_, err = provisionerIn(t, org).Create(t.Context(), with(alice(), secret))
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	})
	bubble(t, "with a match field, the same call takes it up", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org, matching)
		loseAnswers(org, everyTime, http.MethodPost, "/password", sfprovtest.GatewayHTML(503))
		result, err := p.Create(t.Context(), with(employee("alice", "E-1"), secret))
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Equal(t, sfprov.Created, result.Action)
		assert.True(t, sfprov.Retryable(err))
		org.ClearControls()
		result, err = p.Create(t.Context(), with(employee("alice", "E-1"), secret))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Adopted, result.Action)
		assert.True(t, org.CheckPassword(result.ID, string(secret)))
	})
	t.Run("updated", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		p, id := provisionerIn(t, org), org.AddUser(nil)
		_, err := p.Update(t.Context(), id, with(sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}, secret))
		require.NoError(t, err)
		assert.True(t, org.CheckPassword(id, string(secret)))
		result, err := p.Update(t.Context(), id, with(sfprov.User{Fields: sfprov.Fields{"Title": "CFO"}}, "short1"))
		require.ErrorIs(t, err, sfprov.ErrInvalidField)
		assert.Equal(t, sfprov.Updated, result.Action)
		assert.Contains(t, err.Error(), "a part was done ("+id+"); still missing: the password; because: ")
		user, _ := org.User(id)
		assert.Equal(t, "CFO", user.Fields["Title"])
	})
	t.Run("the password alone", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		p, id := provisionerIn(t, org), org.AddUser(nil)
		result, err := p.Update(t.Context(), id, sfprov.User{Password: secret})
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action)
		assert.Len(t, org.Requests(), 1)
		result, err = p.Update(t.Context(), id, sfprov.User{Password: "short1"})
		require.ErrorIs(t, err, sfprov.ErrInvalidField)
		assert.Equal(t, sfprov.Result{ID: id}, result)
	})
}

// A password is not sent twice: the policy may refuse to repeat one, and a second
// mail makes the first one's link useless.
func TestALostPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	bubble(t, "set", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(nil)
		loseAnswers(org, 1, http.MethodPost, "/password", sfprovtest.LostAnswer())
		_, err := p.SetPassword(t.Context(), id, secret)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), "not known whether the password was changed")
		assert.Equal(t, 1, requestsSent(org, http.MethodPost, "/password"))
		result, err := p.SetPassword(t.Context(), id, secret)
		require.NoError(t, err, "what is refused as repeated was set")
		assert.Equal(t, sfprov.Updated, result.Action)
		assert.True(t, org.CheckPassword(id, string(secret)))
		_, err = p.SetPassword(t.Context(), id, secret)
		require.ErrorIs(t, err, sfprov.ErrInvalidField)
		assert.Contains(t, err.Error(), "repeated", "of what was not lost, it is a refusal")
	})
	bubble(t, "reset", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(nil)
		loseAnswers(org, 1, http.MethodDelete, "/password", sfprovtest.LostAnswer())
		_, err := p.ResetPassword(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Equal(t, 1, org.PasswordMails(id))
	})
	bubble(t, "what was not taken is sent again", func(t *testing.T, org *sfprovtest.Org) {
		p, id := provisionerIn(t, org), org.AddUser(nil)
		loseAnswers(org, 2, http.MethodPost, "/password", sfprovtest.LockedRow())
		_, err := p.SetPassword(t.Context(), id, secret)
		require.NoError(t, err)
	})
}

func TestPasswordsDoNotGetOut(t *testing.T) {
	t.Parallel()
	u := alice()
	u.Password = secret
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		assert.NotContains(t, fmt.Sprintf(verb, u), "C4n4ry")
	}
	for name, answer := range map[string]httpmock.Responder{
		"refused":     refused(400, "INVALID_NEW_PASSWORD", "Not "+string(secret)+", please"),
		"a dead line": httpmock.NewErrorResponder(fmt.Errorf("broken: %q: %w", string(secret), io.EOF)),
	} {
		b := setup(t)
		b.on(http.MethodPost, usersURL+aliceID+"/password", answer)
		_, err := b.SetPassword(t.Context(), aliceID, secret)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "C4n4ry", name)
		assert.NotContains(t, fmt.Sprintf("%#v", err), "C4n4ry", name)
	}
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(nil)
	_, err := provisionerIn(t, org).SetPassword(t.Context(), id, secret)
	require.NoError(t, err)
	for _, r := range org.Requests() {
		assert.NotContains(t, string(r.Body), "C4n4ry")
	}
}

// What comes back of a secret in any answer of a call is taken out: the user's password,
// and the secrets of the settings.
func TestNoAnswerOfACallShowsASecret(t *testing.T) {
	t.Parallel()
	const password = "Tr0ub4dor&3"
	org := sfprovtest.NewOrg(t)
	clientSecret := string(org.Config().ClientSecret)
	u := federated()
	u.Password = password
	for _, echoed := range []string{password, "Tr0ub4dor\\u00263", clientSecret} {
		for name, call := range map[string]func(*sfprov.Provisioner) error{
			"Ensure": func(p *sfprov.Provisioner) error { _, err := p.Ensure(t.Context(), u); return err },
			"Create": func(p *sfprov.Provisioner) error { _, err := p.Create(t.Context(), u); return err },
			"EnsureAll": func(p *sfprov.Provisioner) error {
				_, err := p.EnsureAll(t.Context(), reading([]sfprov.User{u}), nil)
				return err
			},
			"Provision": func(p *sfprov.Provisioner) error {
				_, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpCreate, User: u})
				return err
			},
		} {
			p := edgeProvisioner(t, org)
			org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
				if r.Method == http.MethodPost && strings.Contains(r.Path, "sobjects") || strings.Contains(r.Query, "FROM User") {
					f := sfprovtest.Refuse(http.StatusBadRequest, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "not "+echoed+" here")
					return &f
				}
				return nil
			})
			err := call(p)
			require.Error(t, err, name)
			assert.NotContains(t, err.Error(), echoed, name)
			if apiErr, isAPI := errors.AsType[*sfprov.APIError](err); isAPI {
				assert.NotContains(t, apiErr.Message, echoed, name)
			}
		}
	}
}

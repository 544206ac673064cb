package sfprov_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// An address waits as long as the org shows the one before it. A third one is somebody's
// change, and is undone.
func TestAThirdAddressIsNoPendingOne(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *sfprov.Provisioner, id string, u sfprov.User) error{
		"sent by Ensure, which reads": func(p *sfprov.Provisioner, _ string, u sfprov.User) error {
			_, err := p.Ensure(t.Context(), u)
			return err
		},
		"sent by Update, which does not": func(p *sfprov.Provisioner, id string, u sfprov.User) error {
			_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Email": u.Fields["Email"]}})
			return err
		},
	} {
		org := sfprovtest.NewOrg(t)
		id := seeded(org, nil)
		p := provisionerIn(t, org, byFederationID)
		u := federated()
		u.Fields["Email"] = "alice@new.example"
		require.NoError(t, change(p, id, u), name)
		waiting, err := p.Ensure(t.Context(), u)
		require.NoError(t, err, name)
		assert.Equal(t, "alice@new.example", waiting.PendingEmail, name)
		org.SetUser(id, sfprov.Fields{"Email": "alice@elsewhere.example"})

		result, err := p.Ensure(t.Context(), u)

		require.NoError(t, err, name)
		undone := sfprov.Change{Field: "Email", Before: "alice@elsewhere.example", After: "alice@new.example"}
		assert.Equal(t, []sfprov.Change{undone}, result.Changes, name)
	}
}

// An address that was confirmed before anybody looked waits no more.
func TestAConfirmedAddressIsNoPendingOne(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Fields["Email"] = "alice@new.example"
	_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Email": u.Fields["Email"]}})
	require.NoError(t, err)
	org.ConfirmEmail(id)
	result, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, result.Action)
	assert.Empty(t, result.PendingEmail)
}

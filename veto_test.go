package sfprov_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// An account that is taken over and locked out at once is taken over: it is asked about.
func TestAVetoHoldsForWhoIsCreatedInactive(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	org := sfprovtest.NewOrg(t)
	id := seeded(org, sfprov.Fields{"Username": "old@primary.com"})
	before, _ := org.User(id)
	p, err := sfprov.New(matchingConfig(org), sfprov.WithHTTPClient(org.Client()),
		sfprov.WithAdoption(func(sfprov.Account, sfprov.User) error { return no }))
	require.NoError(t, err)
	u := federated()
	u.Fields["IsActive"] = false
	_, err = p.Create(t.Context(), u)
	require.ErrorIs(t, err, no)
	after, _ := org.User(id)
	assert.Equal(t, before, after)
}

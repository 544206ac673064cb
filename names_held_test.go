package sfprov_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// A run in which users wait for a username that is never given up comes to its end,
// also if others wait for those users.
func TestARunEndsThoughNamesAreHeld(t *testing.T) {
	t.Parallel()
	other := func(org *sfprovtest.Org) {
		org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "FederationIdentifier": "other"})
	}
	twin, leaver := federated(), federated()
	twin.Fields["FederationIdentifier"] = "E-2"
	leaver.Inactive = true
	for name, test := range map[string]struct {
		seed  func(*sfprovtest.Org)
		users []sfprov.User
	}{
		"twice":       {other, []sfprov.User{federated(), federated()}},
		"three times": {other, []sfprov.User{federated(), federated(), federated()}},
		"a rename, twice": {func(org *sfprovtest.Org) {
			other(org)
			seeded(org, sfprov.Fields{"Username": "old@primary.com"})
		}, []sfprov.User{federated(), federated()}},
		"held in another org":   {func(org *sfprovtest.Org) { org.TakeUsername("alice@primary.com") }, []sfprov.User{federated(), federated()}},
		"two users of one name": {other, []sfprov.User{federated(), twin}},
		"then leaves":           {other, []sfprov.User{federated(), leaver}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			test.seed(org)
			p := edgeProvisioner(t, org)
			told := 0
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // in place of hanging
			defer cancel()
			summary, err := p.EnsureAll(ctx, reading(test.users), func(sfprov.Outcome) error {
				told++
				return nil
			})
			require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
			assert.Equal(t, len(test.users), told)
			assert.Equal(t, len(test.users), summary.Users)
		})
	}
}

// edgeProvisioner is a Provisioner of the org that gives up soon.
func edgeProvisioner(t *testing.T, org *sfprovtest.Org, opts ...sfprov.Option) *sfprov.Provisioner {
	t.Helper()
	opts = append(opts, sfprov.WithHTTPClient(org.Client()), sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 2, BaseDelay: 1}))
	p, err := sfprov.New(matchingConfig(org), opts...)
	require.NoError(t, err)
	return p
}

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

// Exact is about the lists that are given. Of a kind that is only named to be revoked,
// the rest stays.
func TestExactLeavesTheOtherKindsAlone(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org)
	id := org.AddUser(nil)
	has := sfprov.Access{PublicGroups: []string{"EMEA", "APAC"}, PermissionSets: []string{"Deal Desk"}}
	_, err := p.Update(t.Context(), id, sfprov.User{Access: has})
	require.NoError(t, err)

	_, err = p.Update(t.Context(), id, sfprov.User{
		Access: sfprov.Access{PermissionSets: []string{}, Exact: true}, Revoke: sfprov.Access{PublicGroups: []string{"EMEA"}},
	})

	require.NoError(t, err)
	assert.Equal(t, sfprovtest.Access{PublicGroups: []string{"APAC"}}, org.Access(id))
}

// What is given under one name and revoked under another is a mistake, and nothing is
// changed.
func TestWhatIsGivenAndRevokedUnderTwoNamesIsRefused(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	id := org.AddUser(nil)
	_, err := provisionerIn(t, org).Update(t.Context(), id, sfprov.User{
		Fields: sfprov.Fields{"Title": "CEO"},
		Access: sfprov.Access{PermissionSets: []string{"Deal Desk"}},
		Revoke: sfprov.Access{PermissionSets: []string{"Deal_Desk"}},
	})
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "Revoke.PermissionSets", invalid.Problems[0].Field)
	user, _ := org.User(id)
	assert.Nil(t, user.Fields["Title"])
	assert.Empty(t, org.Access(id).PermissionSets)
}

// What is only given is given, also where nobody may see what the user has.
func TestAccessIsGivenWhereItCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(p *sfprov.Provisioner, u sfprov.User) error{
		"one": func(p *sfprov.Provisioner, u sfprov.User) error { _, err := p.Ensure(t.Context(), u); return err },
		"many": func(p *sfprov.Provisioner, u sfprov.User) error {
			_, err := p.EnsureAll(t.Context(), reading([]sfprov.User{u}), nil)
			return err
		},
	} {
		org := sfprovtest.NewOrg(t)
		furnish(org)
		id := seeded(org, nil)
		hidden := sfprovtest.Refuse(400, "INVALID_TYPE", "sObject type 'PermissionSetAssignment' is not supported.")
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if r.Method != http.MethodGet || !strings.Contains(r.Query, "FROM PermissionSetAssignment") {
				return nil
			}
			return &hidden
		})
		u := federated()
		u.Access.PermissionSets = []string{"Deal Desk"}
		require.NoError(t, call(provisionerIn(t, org, byFederationID), u), name)
		assert.Equal(t, []string{"Deal Desk"}, org.Access(id).PermissionSets, name)
	}
}

// A role that the user does not have is not taken away with another one.
func TestARevokedRoleLeavesAnotherOne(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org)
	id := org.AddUser(nil)
	_, err := p.Update(t.Context(), id, sfprov.User{Access: sfprov.Access{Role: "VP Sales"}})
	require.NoError(t, err)
	result, err := p.Update(t.Context(), id, sfprov.User{Revoke: sfprov.Access{Role: "Sales Rep"}})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, result.Action)
	assert.Equal(t, "VP Sales", org.Access(id).Role)

	var invalid *sfprov.ValidationError
	both := sfprov.User{Access: sfprov.Access{Role: "Sales Rep"}, Revoke: sfprov.Access{Role: "VP Sales"}}
	_, err = p.Update(t.Context(), id, both)
	require.ErrorAs(t, err, &invalid, "one role replaces the other by itself")
	assert.Equal(t, "VP Sales", org.Access(id).Role)

	_, err = p.Update(t.Context(), id, sfprov.User{Revoke: sfprov.Access{Role: "VP Sales"}})
	require.NoError(t, err)
	assert.Empty(t, org.Access(id).Role)
}

// What is named twice is one thing.
func TestAccessThatIsNamedTwiceIsGivenOnce(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	twice := sfprov.Access{PermissionSets: []string{"Deal Desk", "Deal_Desk"}}
	result, err := provisionerIn(t, org).Update(t.Context(), org.AddUser(nil), sfprov.User{Access: twice})
	require.NoError(t, err)
	assert.Len(t, result.Changes, 1)
	assert.Equal(t, 1, requestsSent(org, http.MethodPost, "/sobjects/PermissionSetAssignment"))
}

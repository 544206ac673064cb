package sfprov_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const nobodyID = "005000000000999AAA"

func TestAccount(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, sfprov.Fields{"Department": nil})
	org.Freeze(id, true)
	p := provisionerIn(t, org)
	for _, given := range []string{id, id[:15]} {
		account, err := p.Account(t.Context(), given, "Title", "Department")
		require.NoError(t, err)
		assert.Equal(t, sfprov.Account{
			ID: id, Username: "alice@primary.com", Active: true, Frozen: true, Fields: sfprov.Fields{"Title": "CFO", "Department": nil},
		}, account)
	}
	assert.Len(t, org.Requests(), 2)

	_, err := p.Account(t.Context(), nobodyID)
	require.ErrorIs(t, err, sfprov.ErrNotFound)
	org.ResetRequests()
	var invalid *sfprov.ValidationError
	_, err = p.Account(t.Context(), "nobody", "no field")
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Problems, 2)
	assert.Empty(t, org.Requests())
}

func TestAccessOf(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org, func(c *sfprov.Config) { delete(c.Defaults, "ProfileId") })
	u := alice()
	u.Access = everything()
	created, err := p.Create(t.Context(), u)
	require.NoError(t, err)

	access, err := p.AccessOf(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Access{
		Profile: "Sales User", Role: "VP Sales", PermissionSetLicenses: []string{"Sales Console"}, PermissionSets: []string{"Console User", "Deal Desk"},
		PermissionSetGroups: []string{"Sales Tools"}, PublicGroups: []string{"EMEA"}, Queues: []string{"Returns"},
	}, access)
	org.ResetRequests()
	again, err := p.AccessOf(t.Context(), created.ID[:15])
	require.NoError(t, err)
	assert.Equal(t, access, again)
	assert.Len(t, org.Requests(), 1)

	_, err = p.AccessOf(t.Context(), nobodyID)
	require.ErrorIs(t, err, sfprov.ErrNotFound)
	var invalid *sfprov.ValidationError
	_, err = p.AccessOf(t.Context(), "nobody")
	require.ErrorAs(t, err, &invalid)
}

func TestMembers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	set, club, role := org.AddPermissionSet("Set 0", ""), org.AddGroup("Club"), org.AddRole("Rep", "")
	var ids []string
	for _, name := range []string{"a@primary.com", "b@primary.com", "c@primary.com"} {
		ids = append(ids, org.AddUser(sfprov.Fields{"Username": name}))
	}
	org.Grant(ids[0], set)
	org.Grant(ids[2], set)
	org.Grant(ids[1], club)
	org.SetUser(ids[1], sfprov.Fields{"UserRoleId": role, "IsActive": false})
	org.Freeze(ids[2], true)
	p := provisionerIn(t, org)
	for _, test := range []struct {
		kind sfprov.CatalogKind
		name string
		want []string
	}{
		{sfprov.CatalogPermissionSet, "set 0", []string{ids[0], ids[2]}},
		{sfprov.CatalogPublicGroup, "Club", []string{ids[1]}},
		{sfprov.CatalogRole, "Rep", []string{ids[1]}},
		{sfprov.CatalogProfile, "Standard User", ids},
	} {
		var got []string
		for account, err := range p.Members(t.Context(), test.kind, test.name) {
			require.NoError(t, err)
			assert.Equal(t, account.ID == ids[2], account.Frozen)
			assert.Equal(t, account.ID != ids[1], account.Active)
			got = append(got, account.ID)
		}
		assert.Subset(t, got, test.want, test.name)
		assert.Len(t, slices.Compact(got), len(got))
		if test.kind != sfprov.CatalogProfile {
			assert.Len(t, got, len(test.want))
		}
	}
	var invalid *sfprov.ValidationError
	for _, err := range p.Members(t.Context(), sfprov.CatalogQueue, "Nothing") {
		require.ErrorAs(t, err, &invalid)
	}
	for _, err := range p.Members(t.Context(), "club", "Club") {
		require.ErrorAs(t, err, &invalid)
	}
	for _, err := range p.Members(t.Context(), sfprov.CatalogPermissionSet, "Set 0") {
		require.NoError(t, err)
		break
	}
	require.NoError(t, p.Close(t.Context()), "a stream that is left is no call under way")
}

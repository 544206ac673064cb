package sfprov_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// portal is an org with a profile for customers, and a contact of an account whose
// owner has a role.
func portal(t *testing.T) (org *sfprovtest.Org, contact string) {
	t.Helper()
	org = sfprovtest.NewOrg(t)
	org.AddProfile("Customer", "Customer Community")
	owner := org.AddUser(sfprov.Fields{"UserRoleId": org.AddRole("Account Manager", "")})
	return org, org.AddContact("Jones", org.AddAccount("Initech", owner))
}

func customer(contact string) sfprov.User {
	u := federated()
	u.Fields["ContactId"] = contact
	u.Access.Profile = "Customer"
	return u
}

func TestExternalUsers(t *testing.T) {
	t.Parallel()
	org, contact := portal(t)
	p := provisionerIn(t, org, byFederationID)
	result, err := p.Ensure(t.Context(), customer(contact[:15]))
	require.NoError(t, err)
	user, _ := org.User(result.ID)
	assert.Equal(t, contact, user.Fields["ContactId"])
	assert.Equal(t, "CspLitePortal", user.Fields["UserType"])
	assert.NotEmpty(t, user.Fields["AccountId"])
	again, err := p.Ensure(t.Context(), customer(contact[:15]))
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, again.Action)

	// Nobody's contact is no contact.
	u := federated()
	u.Username, u.Fields["FederationIdentifier"], u.Fields["ContactId"] = "bob", "E-2", nil
	_, err = p.Create(t.Context(), u)
	require.NoError(t, err)
}

func TestExternalUsersWhoCannotBe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user   func(org *sfprovtest.Org, contact string) sfprov.User
		advice string
	}{
		"no contact": {
			func(*sfprovtest.Org, string) sfprov.User { return customer("") },
			"need a profile with an external licence, and ContactId",
		},
		"an internal profile": {
			func(_ *sfprovtest.Org, contact string) sfprov.User {
				u := customer(contact)
				u.Access.Profile = "Standard User"
				return u
			},
			"all others must not have a ContactId",
		},
		"a contact without an account": {
			func(org *sfprovtest.Org, _ string) sfprov.User { return customer(org.AddContact("Nobody", "")) },
			"the ID of a contact that belongs to an account",
		},
		"an owner without a role": {
			func(org *sfprovtest.Org, _ string) sfprov.User {
				return customer(org.AddContact("Jones", org.AddAccount("Acme", "")))
			},
			"The owner of the contact's account needs a role",
		},
		"a contact who is a user": {
			func(org *sfprovtest.Org, contact string) sfprov.User {
				org.AddUser(sfprov.Fields{"ContactId": contact, "ProfileId": org.ProfileID("Customer")})
				return customer(contact)
			},
			"The contact has a portal user already",
		},
		"a contact who isn't there": {
			func(*sfprovtest.Org, string) sfprov.User { return customer("003000000000999AAA") },
			"refers to a record that doesn't exist in this org",
		},
		"a group": {
			func(org *sfprovtest.Org, contact string) sfprov.User {
				org.AddGroup("EMEA")
				u := customer(contact)
				u.Access.PublicGroups = []string{"EMEA"}
				return u
			},
			"High-volume portal users",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, contact := portal(t)
			u := test.user(org, contact)
			_, err := provisionerIn(t, org, byFederationID).Create(t.Context(), u)
			require.ErrorIs(t, err, sfprov.ErrInvalidField)
			assert.False(t, sfprov.Retryable(err))
			assert.Contains(t, sfprov.Explain(err), test.advice)
		})
	}
}

func TestUsersWhoBelongToSalesforce(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, sfprov.Fields{"IsActive": false, "UserType": "AutomatedProcess"})
	p := provisionerIn(t, org, byFederationID)
	for name, call := range map[string]func() (sfprov.Result, error){
		"reactivate": func() (sfprov.Result, error) { return p.Reactivate(t.Context(), id) },
		"ensure":     func() (sfprov.Result, error) { return p.Ensure(t.Context(), federated()) },
	} {
		result, err := call()
		require.ErrorIs(t, err, sfprov.ErrPermission)
		assert.Equal(t, sfprov.Result{ID: id, Username: "alice@primary.com"}, result)
		assert.Contains(t, err.Error(), name)
		assert.Contains(t, err.Error(), "of the type AutomatedProcess, which belongs to Salesforce")
	}
}

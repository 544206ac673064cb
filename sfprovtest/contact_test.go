package sfprovtest_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestExternalUsers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	external := org.AddProfile("Partner", "Partner Community Login")
	owner := org.AddUser(sfprov.Fields{"UserRoleId": org.AddRole("Channel", "")})
	account := org.AddAccount("Initech", owner[:15])
	contact := org.AddContact("Jones", account[:15])
	orphan, roleless := org.AddContact("Nobody", ""), org.AddContact("Smith", org.AddAccount("Acme", ""))
	body := func(change object) object {
		b := object{"Username": "p@x.com", "LastName": "P", "Email": "p@x.com", "Alias": "p"}
		maps.Copy(b, org.Config().Defaults)
		b["ProfileId"] = external
		maps.Copy(b, change)
		return b
	}
	isRefusal(t, c.post(t, users, body(nil)), 400, "FIELD_INTEGRITY_EXCEPTION", "Contact ID: a user with an external license needs a contact", "ContactId")
	isRefusal(t, c.post(t, users, body(object{"ContactId": orphan})), 400, "FIELD_INTEGRITY_EXCEPTION", "Contact ID: the contact must be associated with an account", "ContactId")
	isRefusal(t, c.post(t, users, body(object{"ContactId": roleless})), 400, "UNKNOWN_EXCEPTION", "portal account owner must have a role")
	isRefusal(t, c.post(t, users, body(object{"ContactId": "003000000000999"})), 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "ContactId")
	isRefusal(t, c.post(t, users, body(object{"ContactId": contact, "ProfileId": org.ProfileID("Standard User")})), 400, "FIELD_INTEGRITY_EXCEPTION", "Contact ID: only users with an external license can have a contact", "ContactId")
	r := c.post(t, users, body(object{"ContactId": contact[:15]}))
	assert.Equal(t, 201, r.status, r.body)
	isRefusal(t, c.post(t, users, body(object{"ContactId": contact, "Username": "q@x.com"})), 400, "PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT", "portal user already exists for contact", none...)

	user, _ := org.UserByUsername("p@x.com")
	assert.Equal(t, account, user.Fields["AccountId"])
	assert.Equal(t, "PowerPartner", user.Fields["UserType"])
	isRefusal(t, c.patch(t, user.ID, object{"ProfileId": org.ProfileID("Standard User")}), 400, "FIELD_INTEGRITY_EXCEPTION", "Contact ID: only users with an external license can have a contact", "ContactId")
	assert.Equal(t, 204, c.patch(t, user.ID, object{"Title": "CEO", "ContactId": contact}).status)

	org.SetContactRefusal(sfprovtest.Refusal{Status: 400, Code: "REQUIRED_FIELD_MISSING", Message: "no"})
	isRefusal(t, c.post(t, users, body(object{"Username": "r@x.com"})), 400, "REQUIRED_FIELD_MISSING", "no")

	portal := org.AddProfile("Customer", "Customer Community")
	customer := org.AddUser(sfprov.Fields{"ProfileId": portal, "ContactId": org.AddContact("Doe", account)})
	r = c.post(t, sobjects+"GroupMember", object{"GroupId": org.AddGroup("EMEA"), "UserOrGroupId": customer})
	isRefusal(t, r, 400, "OP_WITH_INVALID_USER_TYPE_EXCEPTION", "High-volume portal users can't be members of groups", "UserOrGroupId")
}

func TestUsersOfSalesforceAreNotActivated(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	id := org.AddUser(sfprov.Fields{"IsActive": false, "UserType": "Guest"})
	isRefusal(t, c.patch(t, id, object{"IsActive": true}), 400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", none...)
	org.SetReactivationRefusal(sfprovtest.Refusal{Status: 403, Code: "X", Message: "y"})
	isRefusal(t, c.patch(t, id, object{"IsActive": true}), 403, "X", "y")
	assert.Equal(t, 204, c.patch(t, id, object{"Title": "CEO"}).status)
}

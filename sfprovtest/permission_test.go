package sfprovtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The default is what the set-up guide gives, and what comes with it.
func TestPermissionsOfANewOrg(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	assert.Equal(t, []sfprovtest.Permission{
		"ApiEnabled", "ApiUserOnly", "AssignPermissionSets", "DelegatedTwoFactor", "FreezeUsers", "ManageInternalUsers",
		"ManageIpAddresses", "ManageLoginAccessPolicies", "ManagePasswordPolicies", "ManageProfilesPermissionsets",
		"ManageRoles", "ManageSharing", "ManageUsers", "PasswordNeverExpires", "ResetPasswords", "ViewAllUsers", "ViewRoles",
		"ViewSetup",
	}, org.Permissions())

	org.Forbid(sfprovtest.ManageUsers)
	assert.Contains(t, org.Permissions(), sfprovtest.ManageInternalUsers, "what Manage Users brought stays")
	org.Permit(sfprovtest.ManageUsers)
	org.Forbid(sfprovtest.ViewRoles)
	assert.NotContains(t, org.Permissions(), sfprovtest.ViewSetup, "it can't be without View Roles")
	assert.NotContains(t, org.Permissions(), sfprovtest.ManageUsers)
	org.SetPermissions(sfprovtest.ViewSetup)
	assert.Equal(t, []sfprovtest.Permission{sfprovtest.ViewRoles, sfprovtest.ViewSetup}, org.Permissions())
	assert.Panics(t, func() { org.Permit("ManageTheWorld") })
	assert.Panics(t, func() { org.Forbid("ManageTheWorld") })
	assert.Panics(t, func() { org.SetFieldAccess("Nickname", sfprovtest.FieldHidden) })
	assert.Equal(t, "Reset User Passwords and Unlock Users", sfprovtest.ResetPasswords.Label())
}

// What the integration user may not do is refused, and what it may not see is not there.
func TestMissingPermissions(t *testing.T) {
	t.Parallel()
	const (
		noRight  = `"errorCode":"INSUFFICIENT_ACCESS_OR_READONLY","fields":[],"message":"insufficient access rights on object id"`
		noView   = `"errorCode":"INSUFFICIENT_ACCESS","message":"You do not have permission to view this record."`
		notThere = "No such column 'ProfileId' on sobject of type User"
		ofAll    = "SELECT Id FROM User WHERE ProfileId = null"
	)
	type world struct {
		org                      *sfprovtest.Org
		c                        *client
		id, set, group, held, in string // a user, a permission set, a public group, and who has them
	}
	query := func(soql string) func(*testing.T, world) reply {
		return func(t *testing.T, w world) reply {
			t.Helper()
			return w.c.query(t, soql)
		}
	}
	get := func(path string) func(*testing.T, world) reply {
		return func(t *testing.T, w world) reply {
			t.Helper()
			return w.c.get(t, data+path)
		}
	}
	patch := func(body object) func(*testing.T, world) reply {
		return func(t *testing.T, w world) reply {
			t.Helper()
			return w.c.patch(t, w.id, body)
		}
	}
	password := func(method string) func(*testing.T, world) reply {
		return func(t *testing.T, w world) reply {
			t.Helper()
			return w.c.send(t, method, users+"/"+w.id+"/password", "application/json", `{"NewPassword":"correct-horse-1"}`)
		}
	}
	create := func(t *testing.T, w world) reply {
		t.Helper()
		return w.c.post(t, users, alice(w.org, nil))
	}
	member := func(t *testing.T, w world) reply {
		t.Helper()
		return w.c.post(t, sobjects+"GroupMember", object{"GroupId": w.group, "UserOrGroupId": w.org.AddUser(nil)})
	}
	assign := func(t *testing.T, w world) reply {
		t.Helper()
		given := object{"AssigneeId": w.org.AddUser(nil), "PermissionSetId": w.set}
		return w.c.post(t, sobjects+"PermissionSetAssignment", given)
	}
	take := func(t *testing.T, w world) reply {
		t.Helper()
		return w.c.send(t, http.MethodDelete, sobjects+"PermissionSetAssignment/"+w.held, "", "")
	}
	leave := func(t *testing.T, w world) reply {
		t.Helper()
		return w.c.send(t, http.MethodDelete, sobjects+"GroupMember/"+w.in, "", "")
	}
	for _, test := range []struct {
		name    string
		without sfprovtest.Permission
		do      func(*testing.T, world) reply
		with    int // the status with it
		status  int // and without
		text    string
	}{
		{"query", sfprovtest.APIEnabled, query("SELECT Id FROM User"), 200, 403, "API_CURRENTLY_DISABLED"},
		{"create", sfprovtest.ManageInternalUsers, create, 201, 403, noRight},
		{"update", sfprovtest.ManageInternalUsers, patch(object{"Title": "CFO"}), 204, 403, noRight},
		{"ProfileId", sfprovtest.ViewSetup, query("SELECT ProfileId FROM User"), 200, 400, "No such column 'ProfileId'"},
		{"filter by ProfileId", sfprovtest.ViewSetup, query(ofAll), 200, 400, "INVALID_FIELD"},
		{"create with ProfileId", sfprovtest.ViewSetup, create, 201, 400, notThere},
		{"profiles", sfprovtest.ViewSetup, query("SELECT Id FROM UserLicense"), 200, 400, "sObject type 'UserLicense'"},
		{"describe UserLicense", sfprovtest.ViewSetup, get("/sobjects/UserLicense/describe"), 200, 404, "NOT_FOUND"},
		{"limits", sfprovtest.ViewSetup, get("/limits"), 200, 403, noView},
		{"permission sets", sfprovtest.ViewSetup, query("SELECT Id FROM PermissionSet"), 200, 200, `"totalSize":`},
		{"UserRoleId", sfprovtest.ViewRoles, query("SELECT UserRoleId FROM User"), 200, 400, "No such column 'UserRoleId'"},
		{"roles", sfprovtest.ViewRoles, query("SELECT Id FROM UserRole"), 200, 400, "INVALID_TYPE"},
		{"UserLogin", sfprovtest.ManageUsers, query("SELECT Id FROM UserLogin"), 200, 400, "sObject type 'UserLogin'"},
		{"add to a group", sfprovtest.ManageUsers, member, 201, 403, noRight},
		{"take from a group", sfprovtest.ManageUsers, leave, 204, 403, noRight},
		{"groups", sfprovtest.ManageUsers, query("SELECT Id FROM Group"), 200, 200, `"totalSize":1`},
		{"assign", sfprovtest.AssignPermissionSets, assign, 201, 403, noRight},
		{"take away", sfprovtest.AssignPermissionSets, take, 204, 403, noRight},
		{"set a password", sfprovtest.ResetPasswords, password(http.MethodPost), 204, 403, noView},
		{"reset a password", sfprovtest.ResetPasswords, password(http.MethodDelete), 200, 403, noView},
		{"password status", sfprovtest.ResetPasswords, password(http.MethodGet), 200, 403, noView},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, missing := range []bool{false, true} {
				org := sfprovtest.NewOrg(t)
				w := world{org: org, c: logIn(t, org), id: org.AddUser(nil)}
				w.set, w.group = org.AddPermissionSet("Deal Desk", ""), org.AddGroup("EMEA")
				w.held = w.c.give(t, "PermissionSetAssignment", object{"AssigneeId": w.id, "PermissionSetId": w.set})
				w.in = w.c.give(t, "GroupMember", object{"GroupId": w.group, "UserOrGroupId": w.id})
				if !missing {
					r := test.do(t, w)
					require.Equal(t, test.with, r.status, r.body)
					continue
				}
				org.Forbid(test.without)
				r := test.do(t, w)
				assert.Equal(t, test.status, r.status, r.body)
				assert.Contains(t, r.body, test.text)
			}
		})
	}
}

// A field that is hidden is answered like one that the org hasn't got.
func TestFieldAccess(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Title": "Clerk"})
	org.SetFieldAccess("title", sfprovtest.FieldReadOnly)
	isRefusal(t, c.patch(t, id, object{"Title": "CFO"}), 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
		"Unable to create/update fields: Title. Please check the security settings of this field and verify that it is "+
			"read/write for your profile or permission set.", "Title")
	assert.Contains(t, c.get(t, users+"/"+id).body, `"Title":"Clerk"`)
	assert.Contains(t, c.get(t, users+"/describe").body, `"name":"Title"`)

	org.SetFieldAccess("Title", sfprovtest.FieldHidden)
	const notThere = "No such column 'Title' on sobject of type User"
	isRefusal(t, c.patch(t, id, object{"Title": "CFO"}), 400, "INVALID_FIELD", notThere)
	isRefusal(t, c.get(t, users+"/"+id+"?fields=Title"), 400, "INVALID_FIELD", notThere)
	assert.Equal(t, 400, c.query(t, "SELECT Id FROM User WHERE Title = 'Clerk'").status)
	assert.NotContains(t, c.get(t, users+"/"+id).body, `"Title"`)
	assert.NotContains(t, c.get(t, users+"/describe").body, `"name":"Title"`)

	org.SetFieldAccess("Title", sfprovtest.FieldEditable)
	assert.Equal(t, 204, c.patch(t, id, object{"Title": "CFO"}).status)
}

// Where users are private, View All Users decides who is found.
func TestPrivateUsers(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	org.Forbid(sfprovtest.ViewAllUsers)
	assert.EqualValues(t, 2, c.query(t, "SELECT Id FROM User").object(t)["totalSize"], "by default, everybody sees all")
	org.SetPrivateUsers(true)
	assert.EqualValues(t, 1, c.query(t, "SELECT Id FROM User").object(t)["totalSize"])
	assert.EqualValues(t, 0, c.query(t, "SELECT Id FROM User WHERE Id = '"+id+"'").object(t)["totalSize"])
	isRefusal(t, c.get(t, users+"/"+id), 404, "NOT_FOUND", "The requested resource does not exist")
	r := c.patch(t, id, object{"Title": "CFO"})
	isRefusal(t, r, 404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", none...)
	assert.Equal(t, 404, c.get(t, users+"/"+id+"/password").status)
	r = c.post(t, sobjects+"PermissionSetAssignment", object{"AssigneeId": id, "PermissionSetId": org.AddPermissionSet("S", "")})
	isRefusal(t, r, 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "AssigneeId")
	org.Permit(sfprovtest.ViewAllUsers)
	assert.Equal(t, 200, c.get(t, users+"/"+id).status)
}

// What the documentation leaves open can be chosen.
func TestAnswersToMissingPermissions(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	org.Forbid(sfprovtest.ManageUsers, sfprovtest.ManageInternalUsers)
	org.SetPermissionRefusal(sfprovtest.Refusal{Status: 400, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Message: "no"})
	isRefusal(t, c.patch(t, id, object{"Title": "CFO"}), 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "no")
	org.SetPermissionRefusal(sfprovtest.Refusal{})
	assert.Equal(t, 403, c.patch(t, id, object{"Title": "CFO"}).status)

	const logins = "SELECT Id FROM UserLogin"
	org.SetHiddenObjectRefusal(sfprovtest.Refusal{Status: 403, Code: "INSUFFICIENT_ACCESS", Message: "no"})
	isRefusal(t, c.query(t, logins), 403, "INSUFFICIENT_ACCESS", "no")
	org.SetHiddenObjectRefusal(sfprovtest.Refusal{Status: 200})
	assert.JSONEq(t, `{"totalSize":0,"done":true,"records":[]}`, c.query(t, logins).body)
	org.SetHiddenObjectRefusal(sfprovtest.Refusal{})
	assert.Equal(t, 400, c.query(t, logins).status)
	org.SetFreezeUsersSuffices(true)
	assert.Equal(t, 200, c.query(t, logins).status)
	org.Forbid(sfprovtest.FreezeUsers)
	assert.Equal(t, 400, c.query(t, logins).status)
}

// External users need a permission of their own, which Manage Users includes.
func TestPermissionForExternalUsers(t *testing.T) {
	t.Parallel()
	org, c, _ := seeded(t, nil)
	owner := org.AddUser(sfprov.Fields{"UserRoleId": org.AddRole("CEO", "")})
	contact := org.AddContact("Jones", org.AddAccount("Acme", owner))
	external := alice(org, object{"ContactId": contact, "ProfileId": org.AddProfile("Customer", "Customer Community")})
	org.Forbid(sfprovtest.ManageUsers)
	assert.Equal(t, 403, c.post(t, users, external).status)
	org.Permit(sfprovtest.ManageExternalUsers)
	assert.Equal(t, 201, c.post(t, users, external).status)
}

// UserPermissionAccess tells the permissions, whatever they are.
func TestUserPermissionAccess(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	const soql = "SELECT PermissionsManageUsers, PermissionsViewSetup, PermissionsApiEnabled FROM UserPermissionAccess"
	tells := func(manage, setup bool) {
		t.Helper()
		records, _ := c.query(t, soql).object(t)["records"].(list)
		require.Len(t, records, 1)
		record, _ := records[0].(object)
		delete(record, "attributes")
		want := object{"PermissionsManageUsers": manage, "PermissionsViewSetup": setup, "PermissionsApiEnabled": true}
		assert.Equal(t, want, record)
	}
	tells(true, true)
	org.Forbid(sfprovtest.ViewSetup)
	tells(false, false)
	assert.Contains(t, c.query(t, "SELECT PermissionsManageTheWorld FROM UserPermissionAccess").body, "INVALID_FIELD")
	assert.Contains(t, c.get(t, sobjects+"UserPermissionAccess/describe").body, `"label":"Manage Users"`)
}

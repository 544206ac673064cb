package sfprovtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// trail is what the setup audit trail has beside what was there before: the actions, the
// newest last, and "?" before those of somebody who isn't the integration user.
func trail(tb testing.TB, c *client, before int) []string {
	tb.Helper()
	r := c.query(tb, "SELECT Id, Action, Section, Display, CreatedDate, CreatedById, DelegateUser, ResponsibleNamespacePrefix FROM SetupAuditTrail ORDER BY CreatedDate")
	require.Equal(tb, 200, r.status, r.body)
	records, _ := r.object(tb)["records"].(list)
	var actions []string
	for _, record := range records[before:] {
		entry, _ := record.(object)
		action, _ := entry["Action"].(string)
		switch entry["CreatedById"] {
		case c.org.AdminID():
		case nil:
			action = "?" + action
		default:
			action = "user " + action
		}
		section, _ := entry["Section"].(string)
		if section != "Manage Users" {
			action += " in " + section
		}
		actions = append(actions, action)
		assert.NotEmpty(tb, entry["Display"])
		assert.NotEmpty(tb, entry["CreatedDate"])
		assert.Nil(tb, entry["DelegateUser"])
	}
	return actions
}

func TestSetupAuditTrail(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"FirstName": "Bob", "LastName": "Ray"})
	assert.Empty(t, trail(t, c, 0), "what was there before has left no trace")
	sobjects := data + "/sobjects/"
	role, other := org.AddRole("Sales", ""), org.AddRole("Service", "")
	own := org.AddProfile("Own", "Salesforce")
	second := org.AddProfile("Second", "Salesforce")
	set, setGroup := org.AddPermissionSet("Reports", ""), org.AddPermissionSetGroup("All")
	licence, group, queue := org.AddPermissionSetLicense("Ledger", 5), org.AddGroup("Staff"), org.AddQueue("Leads")
	login, _ := c.query(t, "SELECT Id FROM UserLogin WHERE UserId = '"+id+"'").object(t)["records"].(list)[0].(object)["Id"].(string)
	change := func(fields object) func() {
		return func() { assert.Equal(t, 204, c.patch(t, id, fields).status) }
	}
	assigned := ""
	assign := func(kind string, fields object) func() {
		return func() {
			r := c.post(t, sobjects+kind, fields)
			require.Equal(t, 201, r.status, r.body)
			made, _ := r.object(t)["id"].(string)
			assigned = sobjects + kind + "/" + made
		}
	}
	unassign := func() { assert.Equal(t, 204, c.send(t, http.MethodDelete, assigned, "", "").status) }
	freeze := func(frozen bool) func() {
		return func() {
			assert.Equal(t, 204, c.send(t, http.MethodPatch, sobjects+"UserLogin/"+login, "application/json", asJSON(t, object{"IsFrozen": frozen})).status)
		}
	}
	password := users + "/" + id + "/password"
	seen := 0
	for _, step := range []struct {
		do   func()
		want []string
	}{
		{func() { assert.Equal(t, 201, c.post(t, users, alice(org, nil)).status) }, []string{"createduser"}},
		{func() { assert.Equal(t, 400, c.post(t, users, alice(org, nil)).status) }, nil},
		{change(object{"Title": "CEO"}), nil},
		{change(object{"Username": "bob2@acme.example", "FederationIdentifier": "E-1"}), []string{"changedusername", "changedfederationid"}},
		{change(object{"Email": "bob2@acme.example"}), []string{"useremailchangesent"}},
		{func() { org.ConfirmEmail(id) }, []string{"user changedemail"}},
		{change(object{"ProfileId": org.ProfileID("System Administrator")}), []string{"changedprofileforuserstdtostd"}},
		{change(object{"ProfileId": own}), []string{"changedprofileforuserstdtocust"}},
		{change(object{"ProfileId": second}), []string{"changedprofileforuser"}},
		{change(object{"ProfileId": org.ProfileID("Standard User")}), []string{"changedprofileforusercusttostd"}},
		{change(object{"UserRoleId": role}), []string{"changedroleforuserfromnone"}},
		{change(object{"UserRoleId": other}), []string{"changedroleforuser"}},
		{change(object{"UserRoleId": nil, "ManagerId": org.AdminID()}), []string{"changedManager", "changedroleforusertonone"}},
		{change(object{"UserPermissionsMarketingUser": true, "CommunityNickname": "bobby"}), []string{"changedcommunitynickname", "changedmarketinguseroffon"}},
		{change(object{"UserPermissionsMarketingUser": false, "UserPermissionsInteractionUser": true}), []string{"changedmarketinguseronoff", "changedinteractionuseroffon"}},
		{change(object{"IsActive": false}), []string{"deactivateduser"}},
		{change(object{"IsActive": false}), nil},
		{change(object{"IsActive": true}), []string{"activateduser"}},
		{freeze(true), []string{"frozeuser"}},
		{freeze(true), nil},
		{freeze(false), []string{"unfrozeuser"}},
		{func() {
			assert.Equal(t, 204, c.post(t, password, object{"NewPassword": "s3cretive"}).status)
		}, []string{"changedpassword"}},
		{func() { assert.Equal(t, 200, c.send(t, http.MethodDelete, password, "", "").status) }, []string{"resetpassword"}},
		{assign("PermissionSetAssignment", object{"AssigneeId": id, "PermissionSetId": set}), []string{"PermSetAssign"}},
		{unassign, []string{"PermSetUnassign"}},
		{assign("PermissionSetAssignment", object{"AssigneeId": id, "PermissionSetGroupId": setGroup}), []string{"PermSetGroupAssign"}},
		{unassign, []string{"PermSetGroupUnassign"}},
		{assign("PermissionSetLicenseAssign", object{"AssigneeId": id, "PermissionSetLicenseId": licence}), []string{"PermSetLicenseAssign"}},
		{unassign, []string{"PermSetLicenseUnassign"}},
		{assign("GroupMember", object{"GroupId": group, "UserOrGroupId": id}), []string{"groupMembership in Groups"}},
		{unassign, []string{"groupMembership in Groups"}},
		{assign("GroupMember", object{"GroupId": queue, "UserOrGroupId": id}), []string{"queueMembership in Data Management"}},
		{func() { org.SetUser(id, sfprov.Fields{"UserRoleId": role, "IsActive": false}) }, []string{"?changedroleforuserfromnone", "?deactivateduser"}},
		{func() { org.Freeze(id, true); org.Freeze(id, true) }, []string{"?frozeuser"}},
		{func() { org.Grant(id, set) }, []string{"?PermSetAssign"}},
	} {
		org.FastForward(time.Minute)
		step.do()
		assert.Equal(t, step.want, trail(t, c, seen))
		seen += len(step.want)
	}
	shown := c.query(t, "SELECT Display FROM SetupAuditTrail WHERE Action = 'changedroleforuser'").body
	assert.Contains(t, shown, "Changed role for user Bob Ray from Sales to Service")
}

// TestSetupAuditTrailIsUndone shows that what a composite has undone was never done.
func TestSetupAuditTrailIsUndone(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	r := c.post(t, data+"/composite", object{"allOrNone": true, "compositeRequest": list{
		object{"method": "PATCH", "url": users + "/" + id, "referenceId": "a", "body": object{"IsActive": false}},
		object{"method": "POST", "url": users, "referenceId": "b", "body": alice(org, object{"Email": "none"})},
	}})
	assert.Contains(t, r.body, "PROCESSING_HALTED")
	assert.Empty(t, trail(t, c, 0))
}

// TestTrailCanBeRead shows who can read the trail, how, and for how long.
func TestTrailCanBeRead(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	org.Freeze(id, true)
	require.Equal(t, 204, c.patch(t, id, object{"IsActive": false}).status)
	all := org.Permissions()
	for kind, needed := range map[string]sfprovtest.Permission{"SetupAuditTrail": sfprovtest.ViewSetup, "LoginHistory": sfprovtest.ManageUsers} {
		sobject := data + "/sobjects/" + kind
		found, _ := c.query(t, "SELECT Id FROM "+kind).object(t)["records"].(list)
		require.NotEmpty(t, found)
		entry, _ := found[0].(object)["Id"].(string)
		assert.Equal(t, 200, c.get(t, sobject+"/"+entry).status)
		assert.Equal(t, 200, c.get(t, sobject+"/describe").status)
		assert.Equal(t, 405, c.post(t, sobject, object{}).status)
		assert.Equal(t, 405, c.send(t, http.MethodDelete, sobject+"/"+entry, "", "").status)
		org.Forbid(needed)
		isHidden := c.query(t, "SELECT Id FROM "+kind)
		assert.Equal(t, 400, isHidden.status)
		assert.Contains(t, isHidden.body, "INVALID_TYPE")
		org.SetPermissions(all...)

		org.SetTokenLifetime(0)
		org.FastForward(180*24*time.Hour - time.Minute)
		assert.Equal(t, 200, c.get(t, sobject+"/"+entry).status)
		org.FastForward(time.Minute)
		assert.Equal(t, 404, c.get(t, sobject+"/"+entry).status)
		assert.NotContains(t, c.query(t, "SELECT Id FROM "+kind).body, entry)
		org.FastForward(-180 * 24 * time.Hour)
	}
}

func TestLoginHistory(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	logins := func() []string {
		var all []string
		records, _ := c.query(t, "SELECT Status, UserId, LoginTime, LoginType, SourceIp, Application FROM LoginHistory").object(t)["records"].(list)
		for _, record := range records {
			entry, _ := record.(object)
			status, _ := entry["Status"].(string)
			all = append(all, status)
			assert.Equal(t, org.AdminID(), entry["UserId"])
			assert.Equal(t, "Remote Access 2.0", entry["LoginType"])
			assert.NotEmpty(t, entry["LoginTime"])
		}
		return all
	}
	assert.Equal(t, []string{"Success"}, logins())
	last := func() time.Time {
		admin, _ := org.User(org.AdminID())
		at, _ := admin.Fields["LastLoginDate"].(time.Time)
		return at
	}
	first := last()
	assert.False(t, first.IsZero())

	org.FastForward(time.Hour)
	cfg := org.Config()
	form := secretForm(org)
	form.Set("grant_type", "password")
	form.Set("username", cfg.Username)
	form.Set("password", "wrong")
	assert.Equal(t, 400, c.login(t, form).status)
	org.RefuseLogins(2, "invalid_grant", "login rate exceeded")
	assert.Equal(t, 400, c.login(t, form).status)
	assert.Equal(t, 400, c.login(t, form).status)
	org.RefuseLogins(1, "invalid_client_id", "client identifier invalid")
	assert.Equal(t, 400, c.login(t, form).status)
	assert.Equal(t, []string{"Success", "Invalid Password", "Failed: login rate exceeded", "Failed: login rate exceeded"}, logins(), "an unknown app belongs to no user")
	assert.Equal(t, first, last(), "a login that failed is none")
	assert.Equal(t, 200, c.login(t, secretForm(org)).status)
	assert.Len(t, logins(), 5)
	assert.Equal(t, time.Hour, last().Sub(first).Round(time.Minute))
	assert.NotContains(t, c.query(t, "SELECT LoginUrl FROM LoginHistory").body, "http:")
}

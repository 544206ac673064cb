package sfprovtest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const sobjects = data + "/sobjects/"

// give creates an assignment and returns its ID.
func (c *client) give(t *testing.T, assignment string, fields object) string {
	t.Helper()
	r := c.post(t, sobjects+assignment, fields)
	require.Equal(t, 201, r.status, r.body)
	id, _ := r.object(t)["id"].(string)
	return id
}

func TestAccess(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c, id := logIn(t, org), org.AddUser(nil)
	role := org.AddRole("VP Sales", "")
	set, group := org.AddPermissionSet("Deal Desk", ""), org.AddPermissionSetGroup("Sales Tools")
	license := org.AddPermissionSetLicense("Sales Console", 1)
	public, queue := org.AddGroup("EMEA"), org.AddQueue("Returns")

	assert.Equal(t, 204, c.patch(t, id, object{"UserRoleId": role[:15]}).status)
	given := map[string]string{
		c.give(t, "PermissionSetAssignment", object{"AssigneeId": id[:15], "PermissionSetId": set[:15]}):     "PermissionSetAssignment",
		c.give(t, "PermissionSetAssignment", object{"AssigneeId": id, "PermissionSetGroupId": group}):        "PermissionSetAssignment",
		c.give(t, "PermissionSetLicenseAssign", object{"AssigneeId": id, "PermissionSetLicenseId": license}): "PermissionSetLicenseAssign",
		c.give(t, "GroupMember", object{"GroupId": public, "UserOrGroupId": id}):                             "GroupMember",
		c.give(t, "GroupMember", object{"GroupId": queue, "UserOrGroupId": id}):                              "GroupMember",
	}
	assert.Equal(t, sfprovtest.Access{
		Role: "VP Sales", PermissionSets: []string{"Deal Desk"}, PermissionSetGroups: []string{"Sales Tools"},
		PermissionSetLicenses: []string{"Sales Console"}, PublicGroups: []string{"EMEA"}, Queues: []string{"Returns"},
	}, org.Access(id[:15]))

	r := c.query(t, "SELECT Id, DeveloperName FROM UserRole WHERE Name = 'VP Sales'").object(t)
	assert.Contains(t, fmt.Sprint(r["records"]), "VP_Sales")
	r = c.query(t, "SELECT PermissionSetId, PermissionSetGroupId FROM PermissionSetAssignment WHERE AssigneeId = '"+id+"'").object(t)
	assert.EqualValues(t, 3, r["totalSize"], "the profile's own set is among them")
	r = c.query(t, "SELECT Id FROM Group WHERE Type = 'Queue' AND Name = 'Returns'").object(t)
	assert.EqualValues(t, 1, r["totalSize"])
	r = c.query(t, "SELECT UsedLicenses FROM PermissionSetLicense").object(t)
	assert.Contains(t, fmt.Sprint(r["records"]), "UsedLicenses:1")

	for record, kind := range given {
		assert.Equal(t, 204, c.send(t, http.MethodDelete, sobjects+kind+"/"+record, "", "").status)
		isRefusal(t, c.send(t, http.MethodDelete, sobjects+kind+"/"+record, "", ""), 404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", none...)
	}
	assert.Equal(t, sfprovtest.Access{Role: "VP Sales"}, org.Access(id))
	c.give(t, "PermissionSetLicenseAssign", object{"AssigneeId": id, "PermissionSetLicenseId": license})
}

func TestAccessThatIsRefused(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c, id, other := logIn(t, org), org.AddUser(sfprov.Fields{"LastName": "Seed"}), org.AddUser(nil)
	license := org.AddPermissionSetLicense("Console", 1)
	open, licensed, chatter := org.AddPermissionSet("Open", ""), org.AddPermissionSet("Console User", "Console"), org.AddPermissionSet("Chat", "Chatter Free")
	group := org.AddGroup("EMEA")
	assign := func(fields object) reply { return c.post(t, sobjects+"PermissionSetAssignment", fields) }
	license1 := func(user string) reply {
		return c.post(t, sobjects+"PermissionSetLicenseAssign", object{"AssigneeId": user, "PermissionSetLicenseId": license})
	}

	isRefusal(t, assign(object{}), 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [AssigneeId]", "AssigneeId")
	isRefusal(t, assign(object{"AssigneeId": id}), 400, "FIELD_INTEGRITY_EXCEPTION", "Specify either a permission set or a permission set group", "PermissionSetId", "PermissionSetGroupId")
	isRefusal(t, assign(object{"AssigneeId": id, "PermissionSetId": "0PS000000000001"}), 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "PermissionSetId")
	isRefusal(t, assign(object{"AssigneeId": id, "PermissionSetId": id}), 400, "FIELD_INTEGRITY_EXCEPTION", "PermissionSet ID: id value of incorrect type: "+id, "PermissionSetId")
	mismatch := func(set string) string {
		return "Can't assign permission set " + set + " to user Seed. The user license doesn't allow the permission: "
	}
	isRefusal(t, assign(object{"AssigneeId": id, "PermissionSetId": chatter}), 400, "FIELD_INTEGRITY_EXCEPTION", mismatch("Chat")+"Chat", "PermissionSetId")
	isRefusal(t, assign(object{"AssigneeId": id, "PermissionSetId": licensed}), 400, "FIELD_INTEGRITY_EXCEPTION", mismatch("Console_User")+"Console User", "PermissionSetId")

	c.give(t, "PermissionSetAssignment", object{"AssigneeId": id, "PermissionSetId": open})
	isRefusal(t, assign(object{"AssigneeId": id[:15], "PermissionSetId": open[:15]}), 400, "DUPLICATE_VALUE",
		"Duplicate PermissionSetAssignment.  Assignee: "+id[:15]+"; Permission Set: "+open[:15], "AssigneeId", "PermissionSetId")

	held := decode[object](t, license1(id).body)["id"]
	isRefusal(t, license1(id), 400, "DUPLICATE_VALUE", "duplicate value found: AssigneeId duplicates value on record with id: "+id[:15], "AssigneeId", "PermissionSetLicenseId")
	isRefusal(t, license1(other), 400, "LICENSE_LIMIT_EXCEEDED", "There aren't enough available licenses for the permission set license: Console", none...)
	c.give(t, "PermissionSetAssignment", object{"AssigneeId": id, "PermissionSetId": licensed})
	isRefusal(t, c.send(t, http.MethodDelete, sobjects+"PermissionSetLicenseAssign/"+fmt.Sprint(held), "", ""), 400, "FIELD_INTEGRITY_EXCEPTION",
		"This permission set license is required by a permission set that is assigned to the user", "PermissionSetLicenseId")

	member := object{"GroupId": group, "UserOrGroupId": id}
	c.give(t, "GroupMember", member)
	isRefusal(t, c.post(t, sobjects+"GroupMember", member), 400, "DUPLICATE_VALUE", "duplicate value found: UserOrGroupId duplicates value on record of the same group", "GroupId", "UserOrGroupId")
	org.SetMemberRefusal(sfprovtest.Refusal{Status: 400, Code: "OTHER", Message: "no"})
	isRefusal(t, c.post(t, sobjects+"GroupMember", member), 400, "OTHER", "no")
	isRefusal(t, c.post(t, sobjects+"GroupMember", object{"GroupId": group, "UserOrGroupId": "005000000000001AAA"}), 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "UserOrGroupId")

	org.SetUser(other, sfprov.Fields{"IsActive": false})
	c.give(t, "PermissionSetAssignment", object{"AssigneeId": other, "PermissionSetId": open})
	org.SetInactiveAssigneeRefusal(sfprovtest.Refusal{Status: 400, Code: "INACTIVE_OWNER_OR_USER", Message: "inactive"})
	isRefusal(t, assign(object{"AssigneeId": other, "PermissionSetGroupId": org.AddPermissionSetGroup("G")}), 400, "INACTIVE_OWNER_OR_USER", "inactive")

	isRefusal(t, c.send(t, http.MethodPatch, sobjects+"GroupMember/"+group, "application/json", "{}"), 405, "METHOD_NOT_ALLOWED", "HTTP Method 'PATCH' not allowed. Allowed are HEAD,GET,DELETE")
	isRefusal(t, c.post(t, sobjects+"Group", object{}), 501, "NOT_IMPLEMENTED", "sfprovtest, an org in memory, has no create of Group; a real org may")
	isRefusal(t, c.patch(t, id, object{"UserRoleId": "00E000000000001"}), 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "UserRoleId")
}

// What the profile gives follows the profile, and can't be taken away.
func TestTheProfilesOwnPermissionSet(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c, id := logIn(t, org), org.AddUser(nil)
	own := func() object {
		r := c.query(t, "SELECT Id, PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '"+id+"'").object(t)
		records, _ := r["records"].(list)
		require.Len(t, records, 1)
		record, _ := records[0].(object)
		return record
	}
	first := own()
	r := c.query(t, "SELECT Id, ProfileId FROM PermissionSet WHERE IsOwnedByProfile = true AND Id = '"+fmt.Sprint(first["PermissionSetId"])+"'").object(t)
	assert.Contains(t, fmt.Sprint(r["records"]), org.ProfileID("Standard User"))
	isRefusal(t, c.send(t, http.MethodDelete, sobjects+"PermissionSetAssignment/"+fmt.Sprint(first["Id"]), "", ""), 403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", none...)
	isRefusal(t, c.post(t, sobjects+"PermissionSetAssignment", object{"AssigneeId": org.AddUser(nil), "PermissionSetId": first["PermissionSetId"]}), 400,
		"FIELD_INTEGRITY_EXCEPTION", "Can't assign a permission set that is owned by a profile", "PermissionSetId")
	assert.Equal(t, 204, c.patch(t, id, object{"ProfileId": org.ProfileID("System Administrator")}).status)
	second := own()
	assert.Equal(t, first["Id"], second["Id"])
	assert.NotEqual(t, first["PermissionSetId"], second["PermissionSetId"])
}

func TestGrant(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(nil)
	for _, what := range []string{
		org.AddPermissionSet("B", "Chatter Free"), org.AddPermissionSet("A", ""), org.AddPermissionSetGroup("G"), org.AddPermissionSetLicense("L", 0), org.AddGroup("P"), org.AddQueue("Q"),
	} {
		org.Grant(id, what)
	}
	assert.Equal(t, sfprovtest.Access{
		PermissionSets: []string{"A", "B"}, PermissionSetGroups: []string{"G"}, PermissionSetLicenses: []string{"L"}, PublicGroups: []string{"P"}, Queues: []string{"Q"},
	}, org.Access(id))
	assert.Panics(t, func() { org.Grant(id, "0PS000000000001AAA") })
	assert.Panics(t, func() { org.AddPermissionSet("X", "No Such License") })
}

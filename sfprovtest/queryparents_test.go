package sfprovtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// staffed is an org with a manager and two who report to her, with what they are given.
func staffed(t *testing.T) (*sfprovtest.Org, *client) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	org.AddField(sfprovtest.CustomField{Name: "Mentor__c", Type: sfprovtest.ReferenceField, RefersTo: "User"})
	org.AddField(sfprovtest.CustomField{Name: "Skills__c", Type: sfprovtest.MultiPicklistField, Values: []string{"Go", "SQL", "Tea"}})
	org.AddField(sfprovtest.CustomField{Name: "Level__c", Type: sfprovtest.NumberField, Scale: 1})
	org.AddField(sfprovtest.CustomField{Name: "Hired__c", Type: sfprovtest.DateField})
	role := org.AddRole("Boss", "")
	eve := org.AddUser(sfprov.Fields{"Username": "eve@acme.example", "LastName": "Eve", "UserRoleId": role, "Skills__c": "Go;Tea", "Level__c": 7.5, "Hired__c": "2020-02-29"})
	org.AddUser(sfprov.Fields{"Username": "amy@acme.example", "LastName": "Amy", "ManagerId": eve, "Mentor__c": eve, "Skills__c": "SQL", "Level__c": 3})
	bob := org.AddUser(sfprov.Fields{"Username": "bob@acme.example", "LastName": "Bob", "ManagerId": eve, "ProfileId": org.ProfileID("System Administrator")})
	set := org.AddPermissionSet("Auditor", "")
	org.Grant(bob, set)
	return org, logIn(t, org)
}

// flat are the records of an answer as texts without attributes.
func flat(t *testing.T, r reply) []string {
	t.Helper()
	require.Equal(t, 200, r.status, r.body)
	var body struct{ Records []object }
	require.NoError(t, json.Unmarshal([]byte(r.body), &body))
	out := []string{}
	for _, record := range body.Records {
		strip(record)
		out = append(out, asJSON(t, record))
	}
	return out
}

func strip(record object) {
	delete(record, "attributes")
	for _, value := range record {
		if within, isRecord := value.(object); isRecord {
			strip(within)
		}
	}
}

func TestQueriesOfParents(t *testing.T) {
	t.Parallel()
	_, c := staffed(t)
	for soql, want := range map[string][]string{
		"SELECT LastName, Profile.Name FROM User WHERE LastName = 'Bob'":                                                                                 {`{"LastName":"Bob","Profile":{"Name":"System Administrator"}}`},
		"SELECT Profile.UserLicense.LicenseDefinitionKey FROM User WHERE Username = 'bob@acme.example'":                                                  {`{"Profile":{"UserLicense":{"LicenseDefinitionKey":"SFDC"}}}`},
		"SELECT Profile.UserLicense.UsedLicenses FROM User WHERE Username = 'bob@acme.example'":                                                          {`{"Profile":{"UserLicense":{"UsedLicenses":4}}}`},
		"SELECT Manager.LastName, Manager.Profile.Name FROM User WHERE LastName = 'Eve'":                                                                 {`{"Manager":null}`},
		"SELECT Manager.UserRole.Name, UserRole.Name FROM User WHERE LastName = 'Amy'":                                                                   {`{"Manager":{"UserRole":{"Name":"Boss"}},"UserRole":null}`},
		"SELECT LastName FROM User WHERE Manager.LastName = 'eve' ORDER BY LastName DESC":                                                                {`{"LastName":"Bob"}`, `{"LastName":"Amy"}`},
		"SELECT LastName FROM User WHERE Mentor__r.Username = 'eve@acme.example'":                                                                        {`{"LastName":"Amy"}`},
		"SELECT LastName FROM User WHERE Manager.Name = null AND Username LIKE '%acme%'":                                                                 {`{"LastName":"Eve"}`},
		"SELECT u.LastName, u.Profile.Name FROM User u WHERE u.LastName = 'Amy'":                                                                         {`{"LastName":"Amy","Profile":{"Name":"Standard User"}}`},
		"SELECT User.LastName FROM User WHERE User.LastName = 'Amy'":                                                                                     {`{"LastName":"Amy"}`},
		"SELECT Assignee.Username, PermissionSet.Label FROM PermissionSetAssignment WHERE PermissionSet.IsOwnedByProfile = false":                        {`{"Assignee":{"Username":"bob@acme.example"},"PermissionSet":{"Label":"Auditor"}}`},
		"SELECT PermissionSet.Profile.Name FROM PermissionSetAssignment WHERE Assignee.LastName = 'Eve'":                                                 {`{"PermissionSet":{"Profile":{"Name":"Standard User"}}}`},
		"SELECT Type, Related.Name, Related.Type FROM Group ORDER BY Type":                                                                               {`{"Related":{"Name":"Boss","Type":"UserRole"},"Type":"Role"}`, `{"Related":{"Name":"Boss","Type":"UserRole"},"Type":"RoleAndSubordinates"}`},
		"SELECT CreatedBy.Username FROM UserRole":                                                                                                        nil,
		"SELECT LastName FROM User WHERE Id IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.Label = 'Auditor')":                   {`{"LastName":"Bob"}`},
		"SELECT LastName FROM User WHERE Id NOT IN (SELECT ManagerId FROM User) AND Username LIKE '%acme%' ORDER BY LastName":                            {`{"LastName":"Amy"}`, `{"LastName":"Bob"}`},
		"SELECT Name FROM Profile WHERE Id IN (SELECT ProfileId FROM User WHERE Username='bob@acme.example')":                                            {`{"Name":"System Administrator"}`},
		"SELECT Name FROM Profile WHERE Id IN (SELECT ProfileId FROM User WHERE Username='nobody')":                                                      {},
		"SELECT Profile.Name p, COUNT(Id) n FROM User WHERE Username LIKE '%acme%' GROUP BY Profile.Name ORDER BY COUNT(Id) DESC":                        {`{"n":2,"p":"Standard User"}`, `{"n":1,"p":"System Administrator"}`},
		"SELECT Manager.Username, COUNT(Id) FROM User WHERE ManagerId != null GROUP BY Manager.Username":                                                 {`{"Username":"eve@acme.example","expr0":2}`},
		"SELECT FederationIdentifier, COUNT(Id) FROM User WHERE FederationIdentifier != null GROUP BY FederationIdentifier HAVING COUNT(Id) > 1 LIMIT 5": {},
		"SELECT MAX(Level__c), COUNT_DISTINCT(ManagerId) FROM User":                                                                                      {`{"expr0":7.5,"expr1":1}`},
		"SELECT LastName FROM User WHERE Skills__c INCLUDES ('Go;Tea', 'SQL') ORDER BY LastName":                                                         {`{"LastName":"Amy"}`, `{"LastName":"Eve"}`},
		"SELECT LastName FROM User WHERE Skills__c EXCLUDES ('Go') AND Username LIKE '%acme%' ORDER BY LastName":                                         {`{"LastName":"Amy"}`, `{"LastName":"Bob"}`},
		"SELECT Level__c, Hired__c FROM User WHERE Level__c > 5 AND Hired__c < 2021-01-01":                                                               {`{"Hired__c":"2020-02-29","Level__c":7.5}`},
		"SELECT toLabel(UserType) FROM User WHERE LastName = 'Eve'":                                                                                      {`{"UserType":"Standard"}`},
		"SELECT LastName FROM User WHERE CreatedDate = TODAY AND Username LIKE 'eve%' WITH SECURITY_ENFORCED":                                            {`{"LastName":"Eve"}`},
	} {
		r := c.query(t, soql)
		if want == nil {
			assert.Contains(t, r.body, "Didn't understand relationship 'CreatedBy'", soql)
			continue
		}
		assert.Equal(t, want, flat(t, r), soql)
	}
	for soql, n := range map[string]int{"SELECT COUNT() FROM User WHERE Username LIKE '%acme%'": 3, "SELECT count() FROM Profile": 4, "SELECT COUNT() FROM User WHERE LastName = 'x'": 0} {
		assert.JSONEq(t, fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[]}`, n), c.query(t, soql).body)
	}
	all := c.get(t, data+"/queryAll?q="+url.QueryEscape("SELECT LastName FROM User WHERE LastName = 'Amy'"))
	assert.Equal(t, []string{`{"LastName":"Amy"}`}, flat(t, all))
	whole := flat(t, c.query(t, "SELECT FIELDS(STANDARD) FROM User WHERE LastName = 'Amy'"))
	assert.Contains(t, whole[0], `"EmployeeNumber":null`)
	assert.NotContains(t, whole[0], "__c")
}

// TestQueriedRecordsKeepTheOrderOfTheQuery: attributes first, as real orgs have it, and
// parents with attributes of their own.
func TestQueriedRecordsKeepTheOrderOfTheQuery(t *testing.T) {
	t.Parallel()
	org, c := staffed(t)
	bob, _ := org.UserByUsername("bob@acme.example")
	profile := org.ProfileID("System Administrator")
	r := c.query(t, "SELECT Username, Profile.Name, Id, Profile.Id FROM User WHERE LastName = 'Bob'")
	assert.Equal(t, `{"done":true,"records":[{"attributes":{"type":"User","url":"`+data+`/sobjects/User/`+bob.ID+`"},"Username":"bob@acme.example",`+
		`"Profile":{"attributes":{"type":"Profile","url":"`+data+`/sobjects/Profile/`+profile+`"},"Name":"System Administrator","Id":"`+profile+`"},"Id":"`+bob.ID+`"}],"totalSize":1}`, r.body)
	groups := c.query(t, "SELECT COUNT(Id) FROM User").body
	assert.Contains(t, groups, `{"attributes":{"type":"AggregateResult"},"expr0":4}`)
}

// TestParentsThatAreHidden are no relationships, and users who can't be seen are nobody.
func TestParentsThatAreHidden(t *testing.T) {
	t.Parallel()
	org, c := staffed(t)
	org.Forbid(sfprovtest.ViewSetup)
	assert.Contains(t, c.query(t, "SELECT Profile.Name FROM User").body, "Didn't understand relationship 'Profile'")
	org.SetPermissions(sfprovtest.APIEnabled)
	org.SetPrivateUsers(true)
	assert.Contains(t, c.query(t, "SELECT COUNT() FROM User").body, `"totalSize":1`)
	org.SetFieldAccess("ManagerId", sfprovtest.FieldHidden)
	assert.Contains(t, c.query(t, "SELECT Manager.Name FROM User").body, "Didn't understand relationship 'Manager'")
}

// TestColumns is the answer that Salesforce's command line reads after a query.
func TestColumns(t *testing.T) {
	t.Parallel()
	_, c := staffed(t)
	columns := func(soql string) object {
		return c.get(t, data+"/query?q="+url.QueryEscape(soql)+"&columns=true").object(t)
	}
	got := columns("SELECT Id, IsActive, Profile.Name, Profile.UserLicense.Name, Profile.Id FROM User")
	assert.Equal(t, "User", got["entityName"])
	assert.Equal(t, []any{true, false, "005"}, []any{got["idSelected"], got["groupBy"], got["keyPrefix"]})
	list := got["columnMetadata"].(list) //nolint:forcetypeassert // fails the test
	require.Len(t, list, 3)
	assert.Subset(t, list[0], object{"columnName": "Id", "apexType": "Id", "aggregate": false, "joinColumns": []any{}, "foreignKeyName": nil})
	assert.Subset(t, list[1], object{"columnName": "IsActive", "apexType": "Boolean", "booleanType": true})
	profile := list[2].(object) //nolint:forcetypeassert // fails the test
	assert.Subset(t, profile, object{"columnName": "Profile", "foreignKeyName": "ProfileId", "apexType": nil, "aggregate": false})
	assert.Len(t, profile["joinColumns"], 3)
	got = columns("SELECT ProfileId, COUNT(Id), MAX(Username) m FROM User GROUP BY ProfileId")
	list = got["columnMetadata"].([]any) //nolint:forcetypeassert // fails the test
	assert.Subset(t, list[1], object{"columnName": "expr0", "displayName": "count(Id)", "aggregate": true, "numberType": true})
	assert.Subset(t, list[2], object{"columnName": "m", "displayName": "max(Username)", "aggregate": true})
	assert.Equal(t, true, got["groupBy"])
	isRefusal(t, c.get(t, data+"/query?explain=SELECT+Id+FROM+User"), http.StatusNotImplemented, "NOT_IMPLEMENTED", "sfprovtest, an org in memory, has no parameter explain of queries; a real org may")
}

// TestWhatQueriesLackIsSaid: 501 for what a real org may have, in SOQL and in the schema.
func TestWhatQueriesLackIsSaid(t *testing.T) {
	t.Parallel()
	_, c := staffed(t)
	for _, soql := range []string{
		"SELECT Id FROM Lead", "SELECT Id, (SELECT Id FROM Contacts) FROM Account", "SELECT Address FROM User", "SELECT Manager.BadgeText FROM User",
		"SELECT Id FROM User WHERE BadgeText = 'x'", "SELECT Id FROM User FOR VIEW", "SELECT Id FROM User WHERE Id IN (SELECT OwnerId FROM Opportunity)",
	} {
		r := c.query(t, soql)
		assert.Equal(t, 501, r.status, soql)
		assert.Contains(t, r.body, "sfprovtest")
	}
}

package sfprovtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// partsOf are the answers to the subrequests.
func partsOf(t *testing.T, r reply) []object {
	t.Helper()
	require.Equal(t, 200, r.status, r.body)
	var results []object
	for _, result := range r.object(t)["compositeResponse"].(list) { //nolint:forcetypeassert // fails the test
		results = append(results, result.(object)) //nolint:forcetypeassert // fails the test
	}
	return results
}

// statusesOf are the statuses of the answers to the subrequests.
func statusesOf(results []object) []int {
	var statuses []int
	for _, result := range results {
		status, _ := result["httpStatusCode"].(float64)
		statuses = append(statuses, int(status))
	}
	return statuses
}

// together sends subrequests of which all are made or none.
func (c *client) together(t *testing.T, subs ...object) []object {
	t.Helper()
	return partsOf(t, c.post(t, data+"/composite", object{"allOrNone": true, "collateSubrequests": false, "compositeRequest": subs}))
}

// inventory is an org with one of everything that a composite can change.
type inventory struct {
	org                              *sfprovtest.Org
	client                           *client
	bob, set, license, group, member string
}

func newInventory(t *testing.T) inventory {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	i := inventory{
		org: org, client: logIn(t, org),
		bob:     org.AddUser(sfprov.Fields{"Username": "bob@acme.example", "LastName": "Old", "Email": "bob@acme.example", "FederationIdentifier": "B"}),
		set:     org.AddPermissionSet("Reports", ""),
		license: org.AddPermissionSetLicense("Analytics", 1),
		group:   org.AddGroup("Staff"),
	}
	org.Grant(i.bob, i.group)
	org.AddGroup("Later")                                                                  // so that order matters
	records := i.client.query(t, "SELECT Id FROM GroupMember").object(t)["records"].(list) //nolint:forcetypeassert // fails the test
	i.member, _ = records[0].(object)["Id"].(string)                                       //nolint:forcetypeassert // fails the test
	org.SetLicenses("Salesforce", len(org.Users())+2)                                      // the integration user, and one more
	return i
}

// everything is the org's state, as a client and a test see it.
func (i inventory) everything(t *testing.T) object {
	t.Helper()
	all := object{
		"users": i.org.Users(), "access": i.org.Access(i.bob), "mails": i.org.PasswordMails(i.bob),
		"password": i.org.CheckPassword(i.bob, "n3w-password"),
	}
	for object, fields := range map[string]string{
		"UserLogin": "Id, UserId, IsFrozen, LastModifiedDate", "UserLicense": "Id, UsedLicenses", "PermissionSetLicense": "Id, UsedLicenses",
		"PermissionSetAssignment": "Id, AssigneeId, PermissionSetId, SystemModstamp", "PermissionSetLicenseAssign": "Id, AssigneeId",
		"GroupMember": "Id, UserOrGroupId, GroupId",
	} {
		all[object] = i.client.query(t, "SELECT "+fields+" FROM "+object).body
	}
	return all
}

// changes are subrequests that change all that there is to be changed.
func (i inventory) changes(t *testing.T) []object {
	t.Helper()
	bob := data + "/sobjects/User/" + i.bob
	return []object{
		sub(http.MethodPost, "new", users, alice(i.org, object{"ProfileId": i.org.ProfileID("Standard User")})),
		sub(http.MethodPatch, "bob", bob, object{"Username": "robert@acme.example", "LastName": "New", "Email": "robert@acme.example", "FederationIdentifier": nil, "ProfileId": i.org.ProfileID("Chatter Free User")}),
		sub(http.MethodPatch, "again", bob, object{"Title": "CFO", "IsActive": false}),
		sub(http.MethodGet, "login", data+"/query?q=SELECT+Id+FROM+UserLogin+WHERE+UserId='"+i.bob+"'", nil),
		sub(http.MethodPatch, "freeze", data+"/sobjects/UserLogin/@{login.records[0].Id}", object{"IsFrozen": true}),
		sub(http.MethodPost, "licensed", data+"/sobjects/PermissionSetLicenseAssign", object{"AssigneeId": "@{new.id}", "PermissionSetLicenseId": i.license}),
		sub(http.MethodPost, "set", data+"/sobjects/PermissionSetAssignment", object{"AssigneeId": "@{new.id}", "PermissionSetId": i.set}),
		sub(http.MethodPost, "member", data+"/sobjects/GroupMember", object{"UserOrGroupId": "@{new.id}", "GroupId": i.group}),
		sub(http.MethodDelete, "left", data+"/sobjects/GroupMember/"+i.member, nil),
		sub(http.MethodDelete, "unset", data+"/sobjects/PermissionSetAssignment/@{set.id}", nil),
		sub(http.MethodPost, "password", bob+"/password", object{"NewPassword": "n3w-password"}),
		sub(http.MethodDelete, "reset", data+"/sobjects/User/@{new.id}/password", nil),
	}
}

func TestAllOfAComposite(t *testing.T) {
	t.Parallel()
	i := newInventory(t)
	results := i.client.together(t, i.changes(t)...)
	assert.Equal(t, []int{201, 204, 204, 200, 204, 201, 201, 201, 204, 204, 204, 200}, statusesOf(results))
	bob, _ := i.org.User(i.bob)
	assert.Equal(t, "robert@acme.example", bob.Username)
	assert.Equal(t, "robert@acme.example", bob.PendingEmail)
	assert.True(t, bob.Frozen)
	assert.False(t, bob.Active)
	assert.True(t, i.org.CheckPassword(i.bob, "n3w-password"))
	assert.Empty(t, i.org.Access(i.bob).PublicGroups)
	made, _ := i.org.UserByUsername("alice@acme.example")
	assert.Equal(t, sfprovtest.Access{PermissionSetLicenses: []string{"Analytics"}, PublicGroups: []string{"Staff"}}, i.org.Access(made.ID))
	assert.Equal(t, 1, i.org.PasswordMails(made.ID))
}

func TestNoneOfAComposite(t *testing.T) {
	t.Parallel()
	for name, failing := range map[string]object{
		"refused":   sub(http.MethodPatch, "failing", users+"/005000000000000AAA", object{"Title": "x"}),
		"halted":    sub(http.MethodGet, "failing", users+"/@{login.records[7].Id}", nil),
		"no path":   sub(http.MethodGet, "failing", "/elsewhere", nil),
		"collected": sub(http.MethodPost, "failing", data+"/composite/sobjects", object{"records": list{}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInventory(t)
			before := i.everything(t)
			i.org.ResetRequests()
			asked := 0
			i.org.KeepControl(func(sfprovtest.Request) *sfprovtest.Fault { asked++; return nil })
			subs := append(i.changes(t), failing,
				sub(http.MethodGet, "later", users+"/"+i.bob, nil), sub(http.MethodPatch, "last", users+"/"+i.bob, object{"Title": "last"}))
			results := i.client.together(t, subs...)
			require.Len(t, results, len(subs))
			for n, result := range results {
				assert.Equal(t, subs[n]["referenceId"], result["referenceId"])
				if result["referenceId"] == "failing" {
					assert.NotContains(t, fmt.Sprint(result["body"]), "rolled back")
					continue
				}
				assert.EqualValues(t, 400, result["httpStatusCode"])
				assert.Equal(t, list{object{
					"errorCode": "PROCESSING_HALTED",
					"message":   "The transaction was rolled back since another operation in the same transaction failed.",
				}}, result["body"])
				assert.Empty(t, result["httpHeaders"])
			}
			assert.LessOrEqual(t, asked, 1+len(subs)-2, "what comes later is not tried")
			assert.Len(t, i.org.Requests(), 1)
			i.org.ClearControls()
			assert.Equal(t, before, i.everything(t))

			// Names, seats and memberships are free, and taken, as before.
			results = i.client.together(t, i.changes(t)...)
			assert.Equal(t, []int{201, 204, 204, 200, 204, 201, 201, 201, 204, 204, 204, 200}, statusesOf(results))
		})
	}
}

func TestTheFailingSubrequestKeepsItsError(t *testing.T) {
	t.Parallel()
	i := newInventory(t)
	results := i.client.together(t,
		sub(http.MethodPost, "one", users, alice(i.org, nil)),
		sub(http.MethodPost, "two", users, alice(i.org, object{"Username": "carol@acme.example"})),
	)
	assert.Equal(t, []int{400, 400}, statusesOf(results))
	assert.Contains(t, fmt.Sprint(results[1]["body"]), "LICENSE_LIMIT_EXCEEDED", "the first took the last seat")
	assert.Empty(t, i.org.Users()[1:])
	results = i.client.together(t, sub(http.MethodPost, "one", users, alice(i.org, nil)))
	assert.Equal(t, []int{201}, statusesOf(results), "and has given it back")

	results = i.client.together(t,
		sub(http.MethodGet, "gone", users+"/005000000000000AAA", nil),
		sub(http.MethodPatch, "bob", users+"/"+i.bob, object{"Title": "x"}),
	)
	assert.Equal(t, []int{404, 400}, statusesOf(results))
}

// TestWhatATestChangesIsNotRolledBack: only the composite's own changes are.
func TestWhatATestChangesIsNotRolledBack(t *testing.T) {
	t.Parallel()
	i := newInventory(t)
	i.org.SetLicenses("Salesforce", -1)
	var added string
	i.org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
		if r.Method == http.MethodPatch && !strings.Contains(r.Path, i.bob) {
			made, exists := i.org.UserByUsername("alice@acme.example")
			assert.True(t, exists, "it sees what was done before")
			assert.Equal(t, users+"/"+made.ID, r.Path)
			added = i.org.AddUser(sfprov.Fields{"Username": "carol@acme.example"})
			i.org.Grant(i.bob, i.set)
			i.org.SetUser(i.bob, sfprov.Fields{"Title": "Auditor"})
		}
		return nil
	})
	results := i.client.together(t,
		sub(http.MethodPost, "new", users, alice(i.org, nil)),
		sub(http.MethodPatch, "change", users+"/@{new.id}", object{"Title": "x"}),
		sub(http.MethodPatch, "failing", users+"/"+i.bob, object{"LastName": nil}),
	)
	assert.Contains(t, fmt.Sprint(results[2]["body"]), "REQUIRED_FIELD_MISSING")
	all := i.org.Users()
	require.Len(t, all, 2)
	assert.Equal(t, added, all[1].ID)
	assert.Equal(t, "Auditor", all[0].Fields["Title"])
	assert.Equal(t, []string{"Reports"}, i.org.Access(i.bob).PermissionSets)
	assert.Contains(t, i.client.query(t, "SELECT Id FROM User WHERE Username = 'carol@acme.example'").body, added)
}

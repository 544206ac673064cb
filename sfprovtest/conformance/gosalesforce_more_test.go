package conformance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	salesforce "github.com/k-capehart/go-salesforce/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// byHand sends what the client has no method for, and decodes the answer.
func byHand(t *testing.T, sf *salesforce.Salesforce, method, path, body string, into any) {
	t.Helper()
	resp, err := sf.DoRequest(method, path, []byte(body))
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if into != nil {
		require.NoError(t, json.Unmarshal(answer, into), string(answer))
	}
}

func TestGoSalesforceUpserts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		op, field, value string
	}{
		"federation ID": {opUpsertFed, "FederationIdentifier", "F1"},
		"username":      {opUpsertName, "Username", "jones@conformance.example"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, goSalesforce, test.op)
			org, sf := login(t)
			record := newUser(org, "jones@conformance.example", map[string]any{test.field: test.value})
			made, err := sf.UpsertOne("User", test.field, record)
			require.NoError(t, err)
			require.True(t, made.Success)
			user := mustUser(t, org, made.Id)
			assert.Equal(t, test.value, user.Fields[test.field])
			_, err = sf.UpsertOne("User", test.field, map[string]any{test.field: test.value, "Title": "CFO"})
			require.NoError(t, err)
			assert.Equal(t, "CFO", mustUser(t, org, made.Id).Fields["Title"])
			assert.Len(t, org.Users(), 1)
		})
	}
	t.Run("many", func(t *testing.T) {
		t.Parallel()
		covers(t, goSalesforce, opUpsertMany)
		org, sf := login(t)
		id := org.AddUser(sfprov.Fields{"LastName": "Jones", "FederationIdentifier": "F1"})
		upserted, err := sf.UpsertCollection("User", "FederationIdentifier", []map[string]any{
			{"FederationIdentifier": "F1", "Title": "CFO"},
			newUser(org, "new@conformance.example", map[string]any{"FederationIdentifier": "F2", "Title": "CFO"}),
		}, 200)
		require.NoError(t, err)
		require.Len(t, upserted.Results, 2)
		assert.Equal(t, id, upserted.Results[0].Id)
		for _, result := range upserted.Results {
			require.True(t, result.Success, "%v", result.Errors)
			assert.Equal(t, "CFO", mustUser(t, org, result.Id).Fields["Title"])
		}
	})
}

// Its composites are of collections.
func TestGoSalesforceComposites(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opComposite)
	org, sf := login(t)
	records := []map[string]any{newUser(org, "a@conformance.example", nil), newUser(org, "b@conformance.example", nil), newUser(org, "c@conformance.example", nil)}
	made, err := sf.InsertComposite("User", records, 2, false)
	require.NoError(t, err)
	require.Len(t, made.Results, 3)
	assert.False(t, made.HasSalesforceErrors)
	changed, err := sf.UpdateComposite("User", []map[string]any{{"Id": made.Results[0].Id, "Title": "CFO"}}, 2, false)
	require.NoError(t, err)
	assert.False(t, changed.HasSalesforceErrors)
	assert.Equal(t, "CFO", mustUser(t, org, made.Results[0].Id).Fields["Title"])
}

func TestGoSalesforceCompositesAllOrNone(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opCompositeAll)
	org, sf := login(t)
	org.TakeUsername("taken@conformance.example")
	records := []map[string]any{newUser(org, "a@conformance.example", nil), newUser(org, "taken@conformance.example", nil)}
	_, err := sf.InsertComposite("User", records, 2, true)
	t.Log(err)
	assert.Empty(t, org.Users(), "all is undone")
}

func TestGoSalesforceAsksMore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ops []string
		do  func(t *testing.T, org *sfprovtest.Org, sf *salesforce.Salesforce, id string)
	}{
		"reads a record": {[]string{opRead}, func(t *testing.T, _ *sfprovtest.Org, sf *salesforce.Salesforce, id string) {
			t.Helper()
			var user person
			byHand(t, sf, http.MethodGet, "/sobjects/User/"+id, "", &user)
			assert.Equal(t, "Jones", user.LastName)
		}},
		"passwords": {[]string{opSetPassword, opResetPassword}, func(t *testing.T, org *sfprovtest.Org, sf *salesforce.Salesforce, id string) {
			t.Helper()
			path := "/sobjects/User/" + id + "/password"
			byHand(t, sf, http.MethodPost, path, `{"NewPassword":"`+newPassword+`"}`, nil)
			assert.True(t, org.CheckPassword(id, newPassword))
			byHand(t, sf, http.MethodDelete, path, "", nil)
			assert.False(t, org.CheckPassword(id, newPassword))
		}},
		"parents": {[]string{opRelationships}, func(t *testing.T, _ *sfprovtest.Org, sf *salesforce.Salesforce, id string) {
			t.Helper()
			var found []struct {
				Id      string
				Profile struct {
					Name        string
					UserLicense struct{ Name string }
				}
			}
			require.NoError(t, sf.Query("SELECT Id, Profile.Name, Profile.UserLicense.Name FROM User WHERE Profile.Name = 'Standard User'", &found))
			require.Len(t, found, 1)
			assert.Equal(t, id, found[0].Id)
			assert.Equal(t, "Standard User", found[0].Profile.Name)
			assert.Equal(t, "Salesforce", found[0].Profile.UserLicense.Name)
		}},
		"counts": {[]string{opCount, opGroupBy}, func(t *testing.T, _ *sfprovtest.Org, sf *salesforce.Salesforce, _ string) {
			t.Helper()
			var count queried
			byHand(t, sf, http.MethodGet, "/query?"+url.Values{"q": {"SELECT COUNT() FROM User WHERE LastName = 'Jones'"}}.Encode(), "", &count)
			assert.Equal(t, 1, count.TotalSize)
			var groups []struct {
				LastName string
				HowMany  int `json:"howMany"`
			}
			require.NoError(t, sf.Query("SELECT LastName, COUNT(Id) howMany FROM User WHERE LastName = 'Jones' GROUP BY LastName", &groups))
			require.Len(t, groups, 1)
		}},
		"permission sets": {[]string{opAssign, opAssignTwice, opUnassign}, func(t *testing.T, org *sfprovtest.Org, sf *salesforce.Salesforce, id string) {
			t.Helper()
			set := org.AddPermissionSet("Sales Tools", "")
			assignment := map[string]any{"AssigneeId": id, "PermissionSetId": set}
			made, err := sf.InsertOne("PermissionSetAssignment", assignment)
			require.NoError(t, err)
			assert.Equal(t, []string{"Sales Tools"}, org.Access(id).PermissionSets)
			_, err = sf.InsertOne("PermissionSetAssignment", assignment)
			assert.Equal(t, "DUPLICATE_VALUE", salesforceErrors(t, err)[0].ErrorCode)
			require.NoError(t, sf.DeleteOne("PermissionSetAssignment", map[string]any{"Id": made.Id}))
			assert.Empty(t, org.Access(id).PermissionSets)
		}},
		"groups": {[]string{opAddMember, opRemoveMember}, func(t *testing.T, org *sfprovtest.Org, sf *salesforce.Salesforce, id string) {
			t.Helper()
			made, err := sf.InsertCollection("GroupMember", []map[string]any{{"GroupId": org.AddGroup("Sales Team"), "UserOrGroupId": id}}, 200)
			require.NoError(t, err)
			require.False(t, made.HasSalesforceErrors)
			assert.Equal(t, []string{"Sales Team"}, org.Access(id).PublicGroups)
			gone, err := sf.DeleteCollection("GroupMember", []map[string]any{{"Id": made.Results[0].Id}}, 200)
			require.NoError(t, err)
			assert.False(t, gone.HasSalesforceErrors)
			assert.Empty(t, org.Access(id).PublicGroups)
		}},
		"what there is": {[]string{opDescribeAll, opLimits}, func(t *testing.T, _ *sfprovtest.Org, sf *salesforce.Salesforce, _ string) {
			t.Helper()
			var all struct{ SObjects []map[string]any }
			byHand(t, sf, http.MethodGet, "/sobjects", "", &all)
			assert.NotEmpty(t, all.SObjects)
			var limits map[string]struct{ Max int }
			byHand(t, sf, http.MethodGet, "/limits", "", &limits)
			assert.Positive(t, limits["DailyApiRequests"].Max)
		}},
		"what there isn't": {[]string{opNotThere}, func(t *testing.T, _ *sfprovtest.Org, sf *salesforce.Salesforce, _ string) {
			t.Helper()
			resp, err := sf.DoRequest(http.MethodGet, "/parameterizedSearch?q=jones", nil)
			if resp != nil {
				require.NoError(t, resp.Body.Close())
			}
			problem := salesforceErrors(t, err)[0]
			assert.Equal(t, "NOT_IMPLEMENTED", problem.ErrorCode)
			assert.Contains(t, problem.Message, "sfprovtest")
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, goSalesforce, test.ops...)
			org, sf := login(t)
			test.do(t, org, sf, org.AddUser(sfprov.Fields{"LastName": "Jones", "Username": "jones@conformance.example"}))
		})
	}
}

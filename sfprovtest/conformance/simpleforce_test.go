package conformance_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/simpleforce/simpleforce"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// simpleLogin is a client of a new org, with a token from elsewhere: its own login is SOAP.
func simpleLogin(t *testing.T, opts ...sfprovtest.Option) (*sfprovtest.Org, *simpleforce.Client) {
	t.Helper()
	org := sfprovtest.NewOrg(t, opts...)
	token, err := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Token(over(t, org))
	require.NoError(t, err)
	client := simpleforce.NewClient(org.URL(), simpleforce.DefaultClientID, simpleforce.DefaultAPIVersion)
	client.SetHttpClient(org.Client())
	client.SetSidLoc(token.AccessToken, org.URL())
	return org, client
}

// simpleRecord is a record of the client; it says nothing of why it fails.
func simpleRecord(client *simpleforce.Client, object string, fields map[string]any) *simpleforce.SObject {
	record := client.SObject(object)
	for name, value := range fields {
		record.Set(name, value)
	}
	return record
}

func TestSimpleforceTakesAToken(t *testing.T) {
	t.Parallel()
	for network, opts := range networks() {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			covers(t, simpleForce, opToken, opQuery)
			org, client := simpleLogin(t, opts...)
			found, err := client.Query("SELECT Id FROM User WHERE IsActive = TRUE")
			require.NoError(t, err)
			assert.Equal(t, org.AdminID(), found.Records[0].ID())
		})
	}
}

func TestSimpleforceProvisions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ops []string
		do  func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string)
	}{
		"creates": {[]string{opCreate}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, _ string) {
			t.Helper()
			fields := newUser(org, "ann@conformance.example", map[string]any{"Department": "Sales"})
			made := simpleRecord(client, "User", fields).Create()
			require.NotNil(t, made)
			assert.Equal(t, "Sales", mustUser(t, org, made.ID()).Fields["Department"])
			assert.Nil(t, simpleRecord(client, "User", fields).Create(), "a duplicate; the client tells no more")
		}},
		"reads": {[]string{opRead}, func(t *testing.T, _ *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			record := client.SObject("User").Get(id)
			require.NotNil(t, record)
			assert.Equal(t, "Jones", record.StringField("LastName"))
			assert.Nil(t, client.SObject("User").Get("005000000000999AAA"))
		}},
		"updates": {[]string{opUpdate, opDeactivate}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			require.NotNil(t, simpleRecord(client, "User", map[string]any{"Id": id, "Title": "CFO", "Department": nil}).Update())
			assert.Equal(t, "CFO", mustUser(t, org, id).Fields["Title"])
			require.NotNil(t, simpleRecord(client, "User", map[string]any{"Id": id, "IsActive": false}).Update())
			assert.False(t, mustUser(t, org, id).Active)
		}},
		"freezes": {[]string{opFreeze}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			found, err := client.Query("SELECT Id FROM UserLogin WHERE UserId = '" + id + "'")
			require.NoError(t, err)
			require.NotNil(t, found.Records[0].Set("IsFrozen", true).Update())
			assert.True(t, mustUser(t, org, id).Frozen)
		}},
		"upserts by FederationIdentifier": {[]string{opUpsertFed}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			change := map[string]any{"ExternalIDField": "FederationIdentifier", "FederationIdentifier": "F1", "Title": "CFO"}
			require.NotNil(t, simpleRecord(client, "User", change).Upsert())
			assert.Equal(t, "CFO", mustUser(t, org, id).Fields["Title"])
			more := map[string]any{"ExternalIDField": "FederationIdentifier", "FederationIdentifier": "F2"}
			made := simpleRecord(client, "User", newUser(org, "ann@conformance.example", more)).Upsert()
			require.NotNil(t, made)
			assert.Equal(t, "F2", mustUser(t, org, made.ID()).Fields["FederationIdentifier"])
		}},
		"upserts by Username": {[]string{opUpsertName}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			change := map[string]any{"ExternalIDField": "Username", "Username": "jones@conformance.example", "Title": "CFO"}
			require.NotNil(t, simpleRecord(client, "User", change).Upsert())
			assert.Equal(t, "CFO", mustUser(t, org, id).Fields["Title"])
		}},
		"queries": {[]string{opPages, opRelationships, opCount, opMalformed}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, _ string) {
			t.Helper()
			addPaging(org)
			next, n := "SELECT Id, Profile.Name FROM User WHERE Department = 'Paging' ORDER BY Id", 0
			for next != "" {
				page, err := client.Query(next)
				require.NoError(t, err)
				for _, record := range page.Records {
					assert.Equal(t, "Standard User", record.SObjectField("Profile", "Profile").StringField("Name"))
					n++
				}
				next = page.NextRecordsURL
			}
			assert.Equal(t, pagingUsers, n)
			count, err := client.Query("SELECT COUNT() FROM User WHERE Department = 'Paging'")
			require.NoError(t, err)
			assert.Equal(t, pagingUsers, count.TotalSize)
			_, err = client.Query("SELECT FROM User WHERE")
			require.ErrorContains(t, err, "MALFORMED_QUERY")
		}},
		"permission sets": {[]string{opAssign, opUnassign}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			set := org.AddPermissionSet("Sales Tools", "")
			made := simpleRecord(client, "PermissionSetAssignment", map[string]any{"AssigneeId": id, "PermissionSetId": set}).Create()
			require.NotNil(t, made)
			assert.Equal(t, []string{"Sales Tools"}, org.Access(id).PermissionSets)
			require.NoError(t, made.Delete())
			assert.Empty(t, org.Access(id).PermissionSets)
		}},
		"groups": {[]string{opAddMember, opRemoveMember}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			group := org.AddGroup("Sales Team")
			made := simpleRecord(client, "GroupMember", map[string]any{"GroupId": group, "UserOrGroupId": id}).Create()
			require.NotNil(t, made)
			assert.Equal(t, []string{"Sales Team"}, org.Access(id).PublicGroups)
			require.NoError(t, made.Delete())
			assert.Empty(t, org.Access(id).PublicGroups)
		}},
		"describes": {[]string{opDescribe, opDescribeAll}, func(t *testing.T, _ *sfprovtest.Org, client *simpleforce.Client, _ string) {
			t.Helper()
			user := client.SObject("User").Describe()
			require.NotNil(t, user)
			assert.Equal(t, "005", (*user)["keyPrefix"])
			all, err := client.DescribeGlobal()
			require.NoError(t, err)
			assert.NotEmpty(t, (*all)["sobjects"])
		}},
		"goes by hand": {[]string{opLimits, opSetPassword, opResetPassword}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			// Paths are as its users write them: with a slash at the start, of which it makes two.
			for _, slash := range []string{"", "/"} {
				base := slash + "services/data/v54.0/"
				limits, err := client.ApexREST(http.MethodGet, base+"limits", nil)
				require.NoError(t, err)
				assert.Contains(t, string(limits), "DailyApiRequests")
				password := newPassword + fmt.Sprint(len(slash))
				_, err = client.ApexREST(http.MethodPost, base+"sobjects/User/"+id+"/password", strings.NewReader(`{"NewPassword":"`+password+`"}`))
				require.NoError(t, err)
				assert.True(t, org.CheckPassword(id, password))
				_, err = client.ApexREST(http.MethodDelete, base+"sobjects/User/"+id+"/password", nil)
				require.NoError(t, err)
				assert.False(t, org.CheckPassword(id, password))
			}
		}},
		"sees what is missing": {[]string{opNotThere}, func(t *testing.T, _ *sfprovtest.Org, client *simpleforce.Client, _ string) {
			t.Helper()
			_, err := client.ApexREST(http.MethodGet, "services/data/v54.0/parameterizedSearch?q=jones", nil)
			require.ErrorContains(t, err, "NOT_IMPLEMENTED")
			require.ErrorContains(t, err, "sfprovtest")
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, simpleForce, test.ops...)
			org, client := simpleLogin(t)
			id := org.AddUser(sfprov.Fields{
				"LastName": "Jones", "Username": "jones@conformance.example", "FederationIdentifier": "F1", "Department": "Sales",
			})
			test.do(t, org, client, id)
		})
	}
}

package conformance_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/conductorone/baton-sdk/pkg/uhttp"
	"github.com/conductorone/simpleforce"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// oneClientAtATime, since the library keeps a list of all without a lock.
var oneClientAtATime sync.Mutex

// batonClient is the library by which the connector sends its requests, set up as
// it does that, for a new org.
func batonClient(t *testing.T) (*sfprovtest.Org, *simpleforce.Client) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	token, err := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Token(over(t, org))
	require.NoError(t, err)
	oneClientAtATime.Lock()
	defer oneClientAtATime.Unlock()
	client, err := simpleforce.NewClient(t.Context(), org.URL(), "ConductorOne", simpleforce.DefaultAPIVersion)
	require.NoError(t, err)
	wrapped, err := uhttp.NewBaseHttpClientWithContext(t.Context(), org.Client())
	require.NoError(t, err)
	client.SetHttpClient(wrapped)
	client.SetSidLoc(token.AccessToken, org.URL())
	return org, client
}

func TestBatonClient(t *testing.T) {
	t.Parallel()
	record := func(client *simpleforce.Client, object string, fields map[string]any) *simpleforce.SObject {
		one := client.SObject(object)
		for name, value := range fields {
			one.Set(name, value)
		}
		return one
	}
	code := func(err error) string {
		var refused simpleforce.SalesforceError
		errors.As(err, &refused)
		return refused.ErrorCode
	}
	tests := map[string]struct {
		ops []string
		do  func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string)
	}{
		"validates": {[]string{opLimits, opToken}, func(t *testing.T, _ *sfprovtest.Org, client *simpleforce.Client, _ string) {
			t.Helper()
			_, err := client.ApexREST(t.Context(), http.MethodGet, "/services/data/v64.0/limits", nil)
			require.NoError(t, err)
		}},
		"syncs users": {[]string{opPages, opRelationships}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, _ string) {
			t.Helper()
			addPaging(org)
			next, n := batonUsers+" WHERE UserType = 'Standard' ORDER BY Id", 0
			for next != "" {
				page, err := client.Query(t.Context(), next)
				require.NoError(t, err)
				for _, user := range page.Records {
					profile := user.SObjectField(t.Context(), "Profile", "Profile")
					require.NotNil(t, profile, "a parent has attributes")
					require.NotNil(t, profile.SObjectField(t.Context(), "UserLicense", "UserLicense"))
					n++
				}
				next = page.NextRecordsURL
			}
			assert.Equal(t, pagingUsers+2, n)
		}},
		"creates": {[]string{opCreate, opDuplicate}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, _ string) {
			t.Helper()
			fields := newUser(org, "ann@conformance.example", nil)
			made, err := record(client, "User", fields).Create(t.Context())
			require.NoError(t, err)
			mustUser(t, org, made.ID())
			_, err = record(client, "User", fields).Create(t.Context())
			assert.Equal(t, "DUPLICATE_USERNAME", code(err))
		}},
		"disables": {[]string{opRead, opUpdate, opDeactivate}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			user, err := client.SObject("User").Get(t.Context(), id)
			require.NoError(t, err)
			_, err = record(client, user.Type(), map[string]any{"Id": user.ID(), "IsActive": "false"}).Update(t.Context())
			require.NoError(t, err)
			assert.False(t, mustUser(t, org, id).Active)
		}},
		"grants": {[]string{opAssign, opAssignTwice, opUnassign}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			fields := map[string]any{"AssigneeId": id, "PermissionSetId": org.AddPermissionSet("Sales Tools", "")}
			made, err := record(client, "PermissionSetAssignment", fields).Create(t.Context())
			require.NoError(t, err)
			_, err = record(client, "PermissionSetAssignment", fields).Create(t.Context())
			assert.Equal(t, "DUPLICATE_VALUE", code(err))
			require.NoError(t, record(client, "PermissionSetAssignment", map[string]any{"Id": made.ID()}).Delete(t.Context()))
			assert.Empty(t, org.Access(id).PermissionSets)
		}},
		"resets a password": {[]string{opResetPassword}, func(t *testing.T, org *sfprovtest.Org, client *simpleforce.Client, id string) {
			t.Helper()
			_, err := client.ApexREST(t.Context(), http.MethodDelete, "/services/data/v64.0/sobjects/User/"+id+"/password", nil)
			require.NoError(t, err)
			assert.Equal(t, 1, org.PasswordMails(id))
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, baton, test.ops...)
			org, client := batonClient(t)
			test.do(t, org, client, org.AddUser(sfprov.Fields{"LastName": "Jones"}))
		})
	}
}

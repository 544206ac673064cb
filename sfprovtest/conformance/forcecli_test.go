package conformance_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The requests of https://github.com/ForceCLI/force, as of commit 6b903a6. What
// one types as Field:value it sends as text, whatever the field's type.
const forceCLIVersion = "v64.0"

func TestForceCLILogsIn(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, org *sfprovtest.Org) (*oauth2.Token, error){
		opClientCredentials: func(t *testing.T, org *sfprovtest.Org) (*oauth2.Token, error) {
			t.Helper()
			return byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Token(over(t, org))
		},
		opPassword: func(t *testing.T, org *sfprovtest.Org) (*oauth2.Token, error) {
			t.Helper()
			return byPassword(over(t, org), org.Config())
		},
		opJWT: func(t *testing.T, org *sfprovtest.Org) (*oauth2.Token, error) {
			t.Helper()
			return assertionToken(over(t, org), org, org.URL()+tokenPath, 3*time.Minute)
		},
	}
	for op, login := range tests {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			covers(t, forceCLI, op, opUserInfo, opRead)
			org := sfprovtest.NewOrg(t)
			token, err := login(t, org)
			require.NoError(t, err)
			w := wireOf(t, org, token, forceCLIVersion)
			// It asks who has logged in, and for that user's profile, before it saves the session.
			var info struct {
				Username string `json:"preferred_username"`
				OrgID    string `json:"organization_id"`
				UserID   string `json:"user_id"`
			}
			w.do(t, http.StatusOK, http.MethodGet, "/services/oauth2/userinfo", nil, &info)
			assert.Equal(t, org.Config().Username, info.Username)
			assert.Regexp(t, "^00D", info.OrgID)
			var me map[string]any
			w.do(t, http.StatusOK, http.MethodGet, "sobjects/User/"+info.UserID, nil, &me)
			assert.NotEmpty(t, me["ProfileId"])
		})
	}
}

func TestForceCLIProvisions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ops []string
		do  func(t *testing.T, w wire, id string)
	}{
		"record create": {[]string{opCreate, opDuplicate, opMissing, opUnknownField}, func(t *testing.T, w wire, _ string) {
			t.Helper()
			user := newUser(w.org, "ann@conformance.example", map[string]any{"IsActive": "false"})
			assert.False(t, mustUser(t, w.org, w.create(t, "User", user)).Active)
			w.refused(t, "DUPLICATE_USERNAME", http.MethodPost, "sobjects/User", user)
			w.refused(t, "REQUIRED_FIELD_MISSING", http.MethodPost, "sobjects/User", map[string]any{"Username": "bob@conformance.example"})
			w.refused(t, "INVALID_FIELD", http.MethodPost, "sobjects/User", newUser(w.org, "bob@conformance.example", map[string]any{"Nickname": "x"}))
		}},
		"record get": {[]string{opRead, opUnknownID}, func(t *testing.T, w wire, id string) {
			t.Helper()
			var record map[string]any
			w.do(t, http.StatusOK, http.MethodGet, "sobjects/User/FederationIdentifier/F1", nil, &record)
			assert.Equal(t, id, record["Id"])
			w.refused(t, "NOT_FOUND", http.MethodGet, "sobjects/User/005000000000999AAA", nil)
		}},
		"record update": {[]string{opUpdate, opDeactivate}, func(t *testing.T, w wire, id string) {
			t.Helper()
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/User/"+id, map[string]any{"Title": "CFO", "Department": ""}, nil)
			user := mustUser(t, w.org, id)
			assert.Equal(t, "CFO", user.Fields["Title"])
			assert.Nil(t, user.Fields["Department"])
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/User/"+id, map[string]any{"IsActive": "false"}, nil)
			assert.False(t, mustUser(t, w.org, id).Active)
		}},
		"record upsert": {[]string{opUpsertFed}, func(t *testing.T, w wire, id string) {
			t.Helper()
			var result struct{ ID string }
			w.do(t, http.StatusOK, http.MethodPatch, "sobjects/User/FederationIdentifier/F1", map[string]any{"Title": "CFO"}, &result)
			assert.Equal(t, "CFO", mustUser(t, w.org, id).Fields["Title"])
			w.do(t, http.StatusCreated, http.MethodPatch, "sobjects/User/FederationIdentifier/F2", newUser(w.org, "ann@conformance.example", nil), &result)
			assert.Equal(t, "F2", mustUser(t, w.org, result.ID).Fields["FederationIdentifier"])
		}},
		"freeze by record update": {[]string{opFreeze}, func(t *testing.T, w wire, id string) {
			t.Helper()
			login := w.query(t, "SELECT Id FROM UserLogin WHERE UserId = '"+id+"'")[0]["Id"]
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/UserLogin/"+login.(string), map[string]any{"IsFrozen": "true"}, nil)
			assert.True(t, mustUser(t, w.org, id).Frozen)
		}},
		"password": {[]string{opSetPassword, opResetPassword}, func(t *testing.T, w wire, id string) {
			t.Helper()
			path := "sobjects/User/" + id + "/password"
			status, answer := w.send(t, http.MethodPost, path, map[string]any{"NewPassword": newPassword})
			require.Less(t, status, 300, answer)
			assert.True(t, w.org.CheckPassword(id, newPassword))
			var expired struct{ IsExpired bool }
			w.do(t, http.StatusOK, http.MethodGet, path, nil, &expired)
			assert.False(t, expired.IsExpired)
			var reset struct{ NewPassword string }
			w.do(t, http.StatusOK, http.MethodDelete, path, nil, &reset)
			assert.True(t, w.org.CheckPassword(id, reset.NewPassword))
		}},
		"query": {[]string{opQuery, opPages, opRelationships, opCount, opQueryAll, opMalformed}, func(t *testing.T, w wire, _ string) {
			t.Helper()
			addPaging(w.org)
			found := w.query(t, "SELECT Id, Profile.Name FROM User WHERE Department = 'Paging' ORDER BY Id")
			require.Len(t, found, pagingUsers)
			assert.Equal(t, "Standard User", field(found[0], "Profile", "Name"))
			var count queried
			w.do(t, http.StatusOK, http.MethodGet, soqlPath("SELECT COUNT() FROM User WHERE Department = 'Paging'"), nil, &count)
			assert.Equal(t, pagingUsers, count.TotalSize)
			w.do(t, http.StatusOK, http.MethodGet, "queryAll?"+url.Values{"q": {"SELECT Id FROM User"}}.Encode(), nil, &count)
			w.refused(t, "MALFORMED_QUERY", http.MethodGet, soqlPath("SELECT FROM User WHERE"), nil)
		}},
		"sobject list, field list": {[]string{opDescribe, opDescribeAll}, func(t *testing.T, w wire, _ string) {
			t.Helper()
			var all struct{ SObjects []map[string]any }
			w.do(t, http.StatusOK, http.MethodGet, "sobjects", nil, &all)
			assert.NotEmpty(t, all.SObjects)
			var user struct{ Fields []map[string]any }
			w.do(t, http.StatusOK, http.MethodGet, "sobjects/User/describe", nil, &user)
			assert.NotEmpty(t, user.Fields)
		}},
		"limits, API versions": {[]string{opLimits, opVersions}, func(t *testing.T, w wire, _ string) {
			t.Helper()
			var limits map[string]struct{ Max, Remaining int }
			w.do(t, http.StatusOK, http.MethodGet, "limits", nil, &limits)
			assert.Positive(t, limits["DailyApiRequests"].Max)
			var versions []struct{ Version string }
			w.do(t, http.StatusOK, http.MethodGet, "/services/data", nil, &versions)
			assert.NotEmpty(t, versions)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, forceCLI, test.ops...)
			w := newWire(t, forceCLIVersion)
			test.do(t, w, w.org.AddUser(sfprov.Fields{"LastName": "Jones", "Department": "Sales", "FederationIdentifier": "F1"}))
		})
	}
}

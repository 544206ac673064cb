package conformance_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const plainVersion = "v66.0"

func TestPlainIdentity(t *testing.T) {
	t.Parallel()
	for network, opts := range networks() {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			covers(t, oauth2HTTP, opToken, opUserInfo, opIdentity, opRevoke)
			org := sfprovtest.NewOrg(t, opts...)
			token, err := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Token(over(t, org))
			require.NoError(t, err)
			w := wireOf(t, org, token, plainVersion)
			id, ok := token.Extra("id").(string)
			require.True(t, ok)
			require.True(t, strings.HasPrefix(id, org.URL()), "%s: the token must not leave the org", id)
			for _, path := range []string{"/services/oauth2/userinfo", strings.TrimPrefix(id, org.URL())} {
				var who map[string]any
				w.do(t, http.StatusOK, http.MethodGet, path, nil, &who)
				assert.Equal(t, org.AdminID(), who["user_id"], path)
				assert.Regexp(t, "^00D", who["organization_id"], path)
				assert.Equal(t, org.Config().Username, firstOf(who, "preferred_username", "username"), path)
			}

			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, org.URL()+"/services/oauth2/revoke",
				strings.NewReader(url.Values{"token": {token.AccessToken}}.Encode()))
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := org.Client().Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			w.refused(t, "INVALID_SESSION_ID", http.MethodGet, "limits", nil)
		})
	}
}

func firstOf(record map[string]any, names ...string) any {
	for _, name := range names {
		if value := record[name]; value != nil {
			return value
		}
	}
	return nil
}

// result is a row of a collection.
type result struct {
	ID               string
	Success, Created bool
	Errors           []struct{ StatusCode, Message string }
}

func codes(results []result) []string {
	var all []string
	for _, r := range results {
		code := ""
		if len(r.Errors) > 0 {
			code = r.Errors[0].StatusCode
		}
		all = append(all, code)
	}
	return all
}

// collection is the body of a request for many records.
func collection(allOrNone bool, records ...map[string]any) map[string]any {
	for _, record := range records {
		record["attributes"] = map[string]any{"type": "User"}
	}
	return map[string]any{"allOrNone": allOrNone, "records": records}
}

// part is an answer inside of a composite or a batch.
type part struct {
	Body           any
	Result         any
	HTTPStatusCode int `json:"httpStatusCode"`
	StatusCode     int
}

func TestPlainRequests(t *testing.T) {
	t.Parallel()
	const taken = "taken@conformance.example"
	tests := map[string]struct {
		ops []string
		do  func(t *testing.T, w wire, id string)
	}{
		"freeze": {[]string{opFreeze}, func(t *testing.T, w wire, id string) {
			t.Helper()
			login := w.query(t, "SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '"+id+"'")[0]
			w.do(t, http.StatusNoContent, http.MethodPatch, fmt.Sprintf("sobjects/UserLogin/%s", login["Id"]), map[string]any{"IsFrozen": true}, nil)
			assert.True(t, mustUser(t, w.org, id).Frozen)
		}},
		"password": {[]string{opSetPassword, opResetPassword}, func(t *testing.T, w wire, id string) {
			t.Helper()
			path := "sobjects/User/" + id + "/password"
			w.do(t, http.StatusNoContent, http.MethodPost, path, map[string]any{"NewPassword": newPassword}, nil)
			assert.True(t, w.org.CheckPassword(id, newPassword))
			var reset struct{ NewPassword string }
			w.do(t, http.StatusOK, http.MethodDelete, path, nil, &reset)
			assert.True(t, w.org.CheckPassword(id, reset.NewPassword))
		}},
		"collections": {[]string{opCreateMany, opUpdateMany, opManyAllOrNone}, func(t *testing.T, w wire, id string) {
			t.Helper()
			var rows []result
			create := collection(false, newUser(w.org, "a@conformance.example", nil), newUser(w.org, taken, nil))
			w.do(t, http.StatusOK, http.MethodPost, "composite/sobjects", create, &rows)
			assert.Equal(t, []string{"", "DUPLICATE_USERNAME"}, codes(rows))
			change := collection(false, map[string]any{"Id": id, "Title": "CFO"}, map[string]any{"Id": rows[0].ID, "Title": "CFO"})
			w.do(t, http.StatusOK, http.MethodPatch, "composite/sobjects", change, &rows)
			hasTitle(t, w.org, id)
			hasTitle(t, w.org, rows[1].ID)
			create = collection(true, newUser(w.org, "b@conformance.example", nil), newUser(w.org, taken, nil))
			w.do(t, http.StatusOK, http.MethodPost, "composite/sobjects", create, &rows)
			assert.Equal(t, []string{"ALL_OR_NONE_OPERATION_ROLLED_BACK", "DUPLICATE_USERNAME"}, codes(rows))
			_, found := w.org.UserByUsername("b@conformance.example")
			assert.False(t, found)
		}},
		"retrieve": {[]string{opRetrieveMany}, func(t *testing.T, w wire, id string) {
			t.Helper()
			for _, ask := range []struct {
				method, path string
				body         any
			}{
				{http.MethodPost, "composite/sobjects/User", map[string]any{"ids": []string{id, "005000000000999AAA"}, "fields": []string{"Username"}}},
				{http.MethodGet, "composite/sobjects/User?ids=" + id + ",005000000000999AAA&fields=Username", nil},
			} {
				var found []map[string]any
				w.do(t, http.StatusOK, ask.method, ask.path, ask.body, &found)
				require.Len(t, found, 2)
				assert.Equal(t, taken, found[0]["Username"])
				assert.Nil(t, found[1])
			}
		}},
		"upsert": {[]string{opUpsertFed, opUpsertName, opUpsertID}, func(t *testing.T, w wire, id string) {
			t.Helper()
			for i, key := range []string{"FederationIdentifier/F1", "Username/" + url.PathEscape(taken), "Id/" + id} {
				var changed result
				title := fmt.Sprint("CFO ", i)
				w.do(t, http.StatusOK, http.MethodPatch, "sobjects/User/"+key, map[string]any{"Title": title}, &changed)
				assert.Equal(t, result{ID: id, Success: true, Errors: changed.Errors}, changed)
				assert.Equal(t, title, mustUser(t, w.org, id).Fields["Title"])
			}
			var made result
			w.do(t, http.StatusCreated, http.MethodPatch, "sobjects/User/FederationIdentifier/F2", newUser(w.org, "b@conformance.example", nil), &made)
			assert.True(t, made.Created)
			assert.Equal(t, "F2", mustUser(t, w.org, made.ID).Fields["FederationIdentifier"])
		}},
		"upsert many": {[]string{opUpsertMany}, func(t *testing.T, w wire, id string) {
			t.Helper()
			var rows []result
			body := collection(false, map[string]any{"FederationIdentifier": "F1", "Title": "CFO"},
				newUser(w.org, "b@conformance.example", map[string]any{"FederationIdentifier": "F2", "Title": "CFO"}),
				newUser(w.org, taken, map[string]any{"FederationIdentifier": "F3"}))
			w.do(t, http.StatusOK, http.MethodPatch, "composite/sobjects/User/FederationIdentifier", body, &rows)
			assert.Equal(t, []string{"", "", "DUPLICATE_USERNAME"}, codes(rows))
			assert.Equal(t, id, rows[0].ID)
			assert.Equal(t, []bool{false, true}, []bool{rows[0].Created, rows[1].Created})
			hasTitle(t, w.org, id)
			hasTitle(t, w.org, rows[1].ID)
		}},
		"queries": {[]string{opRelationships, opCount, opGroupBy, opQueryAll, opMalformed}, func(t *testing.T, w wire, id string) {
			t.Helper()
			record := w.query(t, "SELECT u.Id, u.Profile.UserLicense.Name, u.Manager.Username, u.UserRole.Name FROM User u WHERE u.Manager.IsActive = TRUE")[0]
			assert.Equal(t, id, record["Id"])
			assert.Equal(t, "Salesforce", field(record, "Profile", "UserLicense", "Name"))
			assert.Equal(t, w.org.Config().Username, field(record, "Manager", "Username"))
			assert.Nil(t, record["UserRole"])
			var count queried
			w.do(t, http.StatusOK, http.MethodGet, soqlPath("SELECT COUNT() FROM User WHERE LastName = 'Jones'"), nil, &count)
			assert.Equal(t, 1, count.TotalSize)
			assert.Empty(t, count.Records)
			groups := w.query(t, "SELECT LastName, COUNT(Id) n FROM User GROUP BY LastName HAVING COUNT(Id) > 0 ORDER BY LastName")
			assert.True(t, oneIs(groups, map[string]any{"LastName": "Jones", "n": 1.0}), "%v", groups)
			w.do(t, http.StatusOK, http.MethodGet, "queryAll?"+url.Values{"q": {"SELECT Id FROM User WHERE IsActive = TRUE"}}.Encode(), nil, &count)
			assert.Equal(t, 2, count.TotalSize)
			w.refused(t, "MALFORMED_QUERY", http.MethodGet, soqlPath("SELECT FROM User WHERE"), nil)
		}},
		"updated": {[]string{opUpdated}, func(t *testing.T, w wire, id string) {
			t.Helper()
			span := url.Values{"start": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "end": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}}
			var changed struct{ IDs []string }
			w.do(t, http.StatusOK, http.MethodGet, "sobjects/User/updated/?"+span.Encode(), nil, &changed)
			assert.Contains(t, changed.IDs, id)
		}},
		"composites": {[]string{opComposite, opCompositeAll, opBatch}, func(t *testing.T, w wire, id string) {
			t.Helper()
			base := "/services/data/" + w.version + "/sobjects/User"
			sub := func(reference, method, path string, body any) map[string]any {
				return map[string]any{"method": method, "url": base + path, "referenceId": reference, "body": body}
			}
			var answer struct{ CompositeResponse []part }
			w.do(t, http.StatusOK, http.MethodPost, "composite", map[string]any{"compositeRequest": []any{
				sub("one", http.MethodPost, "", newUser(w.org, "b@conformance.example", nil)),
				sub("two", http.MethodPatch, "/@{one.id}", map[string]any{"Title": "CFO"}),
			}}, &answer)
			made, _ := w.org.UserByUsername("b@conformance.example")
			assert.Equal(t, "CFO", made.Fields["Title"])
			w.do(t, http.StatusOK, http.MethodPost, "composite", map[string]any{"allOrNone": true, "compositeRequest": []any{
				sub("one", http.MethodPatch, "/"+id, map[string]any{"Title": "CEO"}),
				sub("two", http.MethodPost, "", newUser(w.org, taken, nil)),
			}}, &answer)
			assert.NotEqual(t, "CEO", mustUser(t, w.org, id).Fields["Title"])
			var batch struct {
				HasErrors bool
				Results   []part
			}
			w.do(t, http.StatusOK, http.MethodPost, "composite/batch", map[string]any{"batchRequests": []any{
				map[string]any{"method": http.MethodPatch, "url": w.version + "/sobjects/User/" + id, "richInput": map[string]any{"Title": "CTO"}},
				map[string]any{"method": http.MethodGet, "url": w.version + "/sobjects/User/005000000000999AAA"},
			}}, &batch)
			require.Len(t, batch.Results, 2)
			assert.True(t, batch.HasErrors)
			assert.Equal(t, []int{204, 404}, []int{batch.Results[0].StatusCode, batch.Results[1].StatusCode})
			assert.Equal(t, "CTO", mustUser(t, w.org, id).Fields["Title"])
		}},
		"access": {[]string{opAssign, opAssignTwice, opUnassign, opAddMember, opRemoveMember}, func(t *testing.T, w wire, id string) {
			t.Helper()
			assignment := map[string]any{"AssigneeId": id, "PermissionSetId": w.org.AddPermissionSet("Sales Tools", "")}
			assigned := w.create(t, "PermissionSetAssignment", assignment)
			w.refused(t, "DUPLICATE_VALUE", http.MethodPost, "sobjects/PermissionSetAssignment", assignment)
			member := w.create(t, "GroupMember", map[string]any{"GroupId": w.org.AddGroup("Sales Team"), "UserOrGroupId": id})
			assert.Equal(t, sfprovtest.Access{PermissionSets: []string{"Sales Tools"}, PublicGroups: []string{"Sales Team"}}, w.org.Access(id))
			w.do(t, http.StatusNoContent, http.MethodDelete, "sobjects/PermissionSetAssignment/"+assigned, nil, nil)
			w.do(t, http.StatusNoContent, http.MethodDelete, "sobjects/GroupMember/"+member, nil, nil)
			assert.Equal(t, sfprovtest.Access{}, w.org.Access(id))
		}},
		"descriptions": {[]string{opDescribe, opDescribeAll}, func(t *testing.T, w wire, _ string) {
			t.Helper()
			var user struct {
				Name   string
				Fields []struct{ Name string }
			}
			w.do(t, http.StatusOK, http.MethodGet, "sobjects/User/describe", nil, &user)
			assert.NotEmpty(t, user.Fields)
			var all struct{ SObjects []struct{ Name string } }
			w.do(t, http.StatusOK, http.MethodGet, "sobjects/", nil, &all)
			assert.NotEmpty(t, all.SObjects)
		}},
		"refusals": {[]string{opMissing, opNotThere}, func(t *testing.T, w wire, _ string) {
			t.Helper()
			w.refused(t, "REQUIRED_FIELD_MISSING", http.MethodPost, "sobjects/User", map[string]any{"Username": "b@conformance.example"})
			assert.Contains(t, w.refused(t, "NOT_IMPLEMENTED", http.MethodGet, "parameterizedSearch?q=jones", nil), "sfprovtest")
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, oauth2HTTP, test.ops...)
			w := newWire(t, plainVersion)
			test.do(t, w, w.org.AddUser(sfprov.Fields{
				"LastName": "Jones", "Username": taken, "FederationIdentifier": "F1", "ManagerId": w.org.AdminID(),
			}))
		})
	}
}

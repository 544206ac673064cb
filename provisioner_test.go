package sfprov_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

func TestCreateSendsTheUserAndTheDefaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPost, usersURL, created(aliceID[:15]))
	u := alice()
	u.Fields["department"] = nil
	u.Fields["UserPermissionsMarketingUser"] = false
	u.Fields["Title"] = ""
	u.Fields["timezonesidkey"] = "Asia/Kolkata"

	result, err := b.Create(t.Context(), u)

	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{ID: aliceID, Username: "alice@primary.com", Action: sfprov.Created}, result)
	sent := b.requests(http.MethodPost)
	require.Len(t, sent, 1)
	assert.Equal(t, "Bearer token-1", sent[0].auth)
	assert.Equal(t, map[string]any{
		"Username": "alice@primary.com", "LastName": "Jones", "Email": "alice@primary.com", "Alias": "alice",
		"department": nil, "UserPermissionsMarketingUser": false, "Title": "",
		"timezonesidkey": "Asia/Kolkata", "ProfileId": profile, "LocaleSidKey": "en_US",
		"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
	}, sent[0].body)
}

func TestCreateThatIsNotConfirmedIsNoSuccess(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"no id":            httpmock.NewStringResponder(201, `{"success":true}`),
		"malformed id":     created("005XX"),
		"another object":   created("001000000000001AAA"),
		"not a success":    httpmock.NewStringResponder(201, `{"id":"`+aliceID+`","success":false}`),
		"200 with HTML":    httpmock.NewStringResponder(200, "<html>welcome</html>"),
		"200 with a user":  httpmock.NewStringResponder(200, `{"id":"`+aliceID+`","success":true}`),
		"202":              httpmock.NewStringResponder(202, ""),
		"201, no body":     httpmock.NewStringResponder(201, ""),
		"201, body cut":    cutBody(201, `{"id":"0050000`),
		"502 of a gateway": httpmock.NewStringResponder(502, "<html>"),
		"504 of a gateway": httpmock.NewStringResponder(504, "<html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.on(http.MethodPost, usersURL, answer)
			result, err := b.Create(t.Context(), alice())
			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.Empty(t, result)
			assert.Len(t, b.requests(http.MethodPost), 1, "a create is never replayed blindly")
			assert.False(t, sfprov.Retryable(err))
			assert.Contains(t, err.Error(), `create "alice@primary.com"`)
			assert.Contains(t, err.Error(), "Provisioner.Resolve")
		})
	}
}

// cutBody answers with a body that breaks off.
func cutBody(status int, body string) httpmock.Responder {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{}, ContentLength: -1,
			Body: io.NopCloser(io.MultiReader(strings.NewReader(body), brokenReader{})),
		}, nil
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// The three cases that divide SDKs.

func TestCreateAnsweredByAGatewayKeepsItsStatus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPost, usersURL, gatewayHTML)

	_, err := b.Create(t.Context(), alice())

	var apiErr *sfprov.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, 503, apiErr.StatusCode)
	assert.Equal(t, "create", apiErr.Op)
	assert.Equal(t, "alice@primary.com", apiErr.Target)
	require.ErrorIs(t, err, sfprov.ErrUnavailable)
	assert.True(t, sfprov.Retryable(err))
	assert.NotContains(t, err.Error(), "<html>")
	assert.Len(t, b.requests(http.MethodPost), 1)
}

func TestCreateWithALostAnswerIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]error{
		"connection reset": errors.New("read tcp: connection reset by peer"),
		"EOF":              io.EOF,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.on(http.MethodPost, usersURL, httpmock.NewErrorResponder(lost))

			_, err := b.Create(t.Context(), alice())

			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			require.ErrorIs(t, err, sfprov.ErrUnavailable)
			require.ErrorIs(t, err, lost)
			var outcome *sfprov.UnconfirmedError
			require.ErrorAs(t, err, &outcome)
			assert.Equal(t, "alice@primary.com", outcome.Username)
			assert.False(t, outcome.SentAt.After(outcome.LostAt))
			assert.Len(t, b.requests(http.MethodPost), 1)
		})
	}
}

func TestDeadlineInTheMiddleNamesTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.on(http.MethodPost, usersURL, created(aliceID).Delay(time.Minute))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		_, err := b.Create(ctx, alice())

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		require.NotErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Contains(t, err.Error(), `create "alice@primary.com"`)
		assert.Len(t, b.requests(http.MethodPost), 1)
	})
}

func TestCreateIsSentAgainOnlyWhereNothingHappened(t *testing.T) {
	t.Parallel()
	again := map[string]httpmock.Responder{
		"row lock, 400":         refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 00e000000000001", []string{}...),
		"row lock, 500":         refused(500, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
		"concurrent limit":      refused(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
		"rate limit":            httpmock.NewStringResponder(429, "slow down"),
		"expired session":       refused(401, "INVALID_SESSION_ID", "Session expired or invalid"),
		"could not connect":     httpmock.NewErrorResponder(dialError()),
		"too many Apex at once": refused(400, "TOO_MANY_APEX_REQUESTS", "busy"),
	}
	for name, answer := range again {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.on(http.MethodPost, usersURL, answer, created(aliceID))
				result, err := b.Create(t.Context(), alice())
				require.NoError(t, err)
				assert.Equal(t, sfprov.Created, result.Action)
				assert.Len(t, b.requests(http.MethodPost), 2)
			})
		})
	}
	once := map[string]httpmock.Responder{
		"unknown exception":  refused(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
		"server unavailable": refused(503, "SERVER_UNAVAILABLE", "Server Unavailable"),
		"daily limit":        refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
		"no licence":         refused(400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded"),
		"a lock and more": httpmock.NewStringResponder(400,
			`[{"errorCode":"UNABLE_TO_LOCK_ROW","message":"m"},{"errorCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [LastName]","fields":["LastName"]}]`),
	}
	for name, answer := range once {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.on(http.MethodPost, usersURL, answer)
			_, err := b.Create(t.Context(), alice())
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.Len(t, b.requests(http.MethodPost), 1)
		})
	}
}

func TestCreateReportsEveryProblemBeforeSending(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sfprov.Config) { c.Defaults = nil })
	u := sfprov.User{Username: "bob smith", Fields: sfprov.Fields{"Email": "nobody", "ManagerId": "00e000000000001AAA", "Title": strings.Repeat("x", 81)}}

	_, err := b.Create(t.Context(), u)

	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	var names []string
	for _, p := range invalid.Problems {
		names = append(names, p.Field)
	}
	assert.ElementsMatch(t, []string{
		"Username", "LastName", "Email", "ManagerId", "Title",
		"ProfileId", "TimeZoneSidKey", "LocaleSidKey", "EmailEncodingKey", "LanguageLocaleKey",
	}, names)
	assert.Contains(t, err.Error(), `create "bob smith"`)
	assert.Zero(t, b.net.GetTotalCallCount(), "nothing is sent, not even a login")
	assert.False(t, sfprov.Retryable(err))
}

// Adoption: promise 4.

func TestDuplicateUsernameWithoutMatchFieldIsNeverAdopted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPost, usersURL, duplicateUsername)
	b.on(http.MethodGet, queryURL, found(record(bobID, "alice@primary.com", true, nil)))

	_, err := b.Create(t.Context(), alice())

	var apiErr *sfprov.APIError
	require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, bobID, apiErr.Existing)
	assert.Equal(t, "DUPLICATE_USERNAME", apiErr.Code)
	assert.Equal(t, []string{"Username"}, apiErr.Fields)
	assert.Contains(t, err.Error(), bobID)
	assert.Empty(t, b.requests(http.MethodPatch))
	assert.False(t, sfprov.Retryable(err))
}

func TestDuplicateUsernameOfAnotherOrg(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPost, usersURL, duplicateUsername)
	b.on(http.MethodGet, queryURL, found())

	_, err := b.Create(t.Context(), alice())

	var apiErr *sfprov.APIError
	require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	require.ErrorAs(t, err, &apiErr)
	assert.Empty(t, apiErr.Existing)
}

func TestAdoptionByMatchField(t *testing.T) {
	t.Parallel()
	holder := func(id, username string, active bool, match any) map[string]any {
		return record(id, username, active, map[string]any{"Employee_Key__c": match, "FederationIdentifier": match})
	}
	tests := map[string]struct {
		field   string
		inOrg   []map[string]any // what every query finds
		post    httpmock.Responder
		patched map[string]any // nil: no account is touched
		posts   int
		reason  error
	}{
		"held by the user, active": {
			field: "FederationIdentifier", post: duplicateUsername, posts: 1,
			inOrg:   []map[string]any{holder(aliceID, "alice@primary.com", true, "E-1")},
			patched: map[string]any{"LastName": "Jones", "Email": "alice@primary.com"},
		},
		"held by the user, inactive": {
			field: "FederationIdentifier", post: duplicateUsername, posts: 1,
			inOrg:   []map[string]any{holder(aliceID, "alice@primary.com", false, "E-1")},
			patched: map[string]any{"LastName": "Jones", "Email": "alice@primary.com", "IsActive": true},
		},
		"held under another username": {
			field: "FederationIdentifier", posts: 1,
			post:    refused(400, "FIELD_INTEGRITY_EXCEPTION", "This Federation ID is already in use. Use a different Federation ID."),
			inOrg:   []map[string]any{holder(aliceID, "alice.old@primary.com", true, "E-1")},
			patched: map[string]any{"LastName": "Jones", "Email": "alice@primary.com", "Username": "alice@primary.com"},
		},
		"a field that Salesforce may not keep unique is looked up first": {
			field: "Employee_Key__c", post: created(bobID), posts: 0,
			inOrg:   []map[string]any{holder(aliceID, "alice.old@primary.com", true, "E-1")},
			patched: map[string]any{"LastName": "Jones", "Email": "alice@primary.com", "Username": "alice@primary.com"},
		},
		"the username is somebody else's": {
			field: "FederationIdentifier", post: duplicateUsername, posts: 1,
			inOrg: []map[string]any{holder(bobID, "alice@primary.com", true, "E-2")}, reason: sfprov.ErrDuplicateUsername,
		},
		"the holder has no match value": {
			field: "FederationIdentifier", post: duplicateUsername, posts: 1,
			inOrg: []map[string]any{holder(bobID, "alice@primary.com", true, nil)}, reason: sfprov.ErrDuplicateUsername,
		},
		"the values differ in case": {
			field: "FederationIdentifier", post: duplicateUsername, posts: 1,
			inOrg: []map[string]any{holder(bobID, "alice@primary.com", true, "e-1")}, reason: sfprov.ErrDuplicateUsername,
		},
		"two accounts hold the value": {
			field: "Employee_Key__c", post: created(bobID), posts: 0,
			inOrg:  []map[string]any{holder(aliceID, "a@primary.com", true, "E-1"), holder(bobID, "b@primary.com", false, "E-1")},
			reason: sfprov.ErrAmbiguousMatch,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *sfprov.Config) { c.MatchField = test.field })
			b.on(http.MethodPost, usersURL, test.post)
			b.on(http.MethodGet, queryURL, func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Query().Get("q"), "UserLogin") {
					return found(map[string]any{"Id": "0Yw000000000001CAA", "IsFrozen": false})(r)
				}
				return found(test.inOrg...)(r)
			})
			b.on(http.MethodPatch, usersURL+aliceID, noContent)
			b.on(http.MethodPatch, usersURL+bobID, noContent)
			u := alice()
			u.Fields[test.field] = "E-1"

			result, err := b.Create(t.Context(), u)

			assert.Len(t, b.requests(http.MethodPost), test.posts)
			patches := b.requests(http.MethodPatch)
			if test.patched == nil {
				require.ErrorIs(t, err, test.reason)
				assert.Empty(t, patches, "no account is touched")
				return
			}
			require.NoError(t, err)
			changed := map[string]any{}
			for _, c := range result.Changes {
				changed[c.Field] = c.After
			}
			assert.Equal(t, test.patched, changed)
			result.Changes = nil
			assert.Equal(t, sfprov.Result{ID: aliceID, Username: "alice@primary.com", Action: sfprov.Adopted}, result)
			require.Len(t, patches, 1)
			assert.Equal(t, test.patched, patches[0].body, "the caller's fields that differ, and no defaults")
		})
	}
}

// Adoption and unfreezing are two things: what became of the second is never
// silent, and never hides the first.
func TestAdoptionWhoseFreezeCannotBeRead(t *testing.T) {
	t.Parallel()
	isFrozen := found(map[string]any{"Id": loginID, "IsFrozen": true})
	limit := refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
	tests := map[string]struct {
		login, unfreeze httpmock.Responder
		action          sfprov.Action
		warning         error
		err             error
		missing         string
		again           bool
	}{
		"refused":                   {login: refused(400, "INVALID_TYPE", "sObject type 'UserLogin' is not supported."), action: sfprov.Adopted, warning: sfprov.ErrPermission},
		"daily limit":               {login: limit, err: sfprov.ErrRequestLimit, again: true},
		"the unfreezing is refused": {login: isFrozen, unfreeze: refused(403, "INSUFFICIENT_ACCESS_OR_READONLY", "no"), action: sfprov.Adopted, err: sfprov.ErrPermission, missing: "the unfreezing of the login"},
		"the unfreezing fails":      {login: isFrozen, unfreeze: limit, action: sfprov.Adopted, err: sfprov.ErrRequestLimit, missing: "the unfreezing of the login", again: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, matching)
			b.on(http.MethodPost, usersURL, duplicateUsername)
			b.queries(found(record(aliceID, "alice@primary.com", true, map[string]any{"FederationIdentifier": "E-1"})), test.login)
			b.on(http.MethodPatch, usersURL+aliceID, noContent)
			if test.unfreeze != nil {
				b.on(http.MethodPatch, loginURL, test.unfreeze)
			}
			result, err := b.Create(t.Context(), employee("alice", "E-1"))
			require.ErrorIs(t, err, test.err)
			require.ErrorIs(t, result.Warning, test.warning)
			assert.Equal(t, test.again, sfprov.Retryable(err))
			assert.Equal(t, test.action, result.Action)
			if test.action == "" {
				assert.Empty(t, result)
				assert.Empty(t, b.requests(http.MethodPatch), "nothing was done")
				return
			}
			assert.Equal(t, aliceID, result.ID)
			assert.NotEmpty(t, result.Changes)
			if test.missing != "" {
				assert.Contains(t, err.Error(), "still missing: "+test.missing)
			}
		})
	}
}

func TestUpdateSendsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, noContent)

	fields := sfprov.Fields{"Title": nil, "UserPermissionsMarketingUser": false, "Phone": "", "EmployeeNumber": "7"}
	result, err := b.Update(t.Context(), aliceID[:15], sfprov.User{Fields: fields})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{ID: aliceID, Action: sfprov.Updated, Changes: []sfprov.Change{
		{Field: "EmployeeNumber", After: "7"}, {Field: "Phone", After: ""}, {Field: "Title"}, {Field: "UserPermissionsMarketingUser", After: false},
	}}, result)

	result, err = b.Update(t.Context(), aliceID, sfprov.User{Username: "alice.smith"})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{
		ID: aliceID, Username: "alice.smith@primary.com", Action: sfprov.Updated,
		Changes: []sfprov.Change{{Field: "Username", After: "alice.smith@primary.com"}},
	}, result)

	result, err = b.Update(t.Context(), aliceID, sfprov.User{})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{ID: aliceID, Action: sfprov.Unchanged}, result)

	patches := b.requests(http.MethodPatch)
	require.Len(t, patches, 2, "nothing to send, nothing sent")
	assert.Empty(t, b.requests(http.MethodGet), "nothing is read")
	assert.Equal(t, map[string]any(fields), patches[0].body)
	assert.Equal(t, map[string]any{"Username": "alice.smith@primary.com"}, patches[1].body)
}

// An update that also locks out is carried out whole.
func TestUpdateWithALockOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queries(found(record(aliceID, "alice@primary.com", true, map[string]any{"Title": "Clerk", "EmployeeNumber": "6"})), nil)
	b.on(http.MethodPatch, usersURL+aliceID, noContent)
	result, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": nil, "IsActive": false, "EmployeeNumber": "7"}})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Deactivated, result.Action)
	sent := map[string]any{}
	for _, patch := range b.requests(http.MethodPatch) {
		maps.Copy(sent, patch.body)
	}
	assert.Equal(t, map[string]any{"Title": nil, "IsActive": false, "EmployeeNumber": "7"}, sent)
	var names []string
	for _, c := range result.Changes {
		names = append(names, c.Field)
	}
	assert.ElementsMatch(t, []string{"Title", "IsActive", "EmployeeNumber"}, names)
}

func TestUpdateThatIsNotConfirmedIsNoSuccess(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"HTML":     httpmock.NewStringResponder(200, "<html>"),
		"JSON":     httpmock.NewStringResponder(200, "{}"),
		"no":       httpmock.NewStringResponder(200, `{"success":false}`),
		"empty":    httpmock.NewStringResponder(200, ""),
		"redirect": httpmock.NewStringResponder(302, "").HeaderSet(http.Header{"Location": {"https://evil.example/"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.on(http.MethodPatch, usersURL+aliceID, answer)
			result, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, sfprov.Result{ID: aliceID}, result)
			assert.NotEmpty(t, sfprov.Explain(err))
		})
	}
}

func TestUpdateToATakenUsernameNamesTheHolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, duplicateUsername)
	b.on(http.MethodGet, queryURL, found(record(bobID, "Bob@primary.com", false, nil)))

	_, err := b.Update(t.Context(), aliceID, sfprov.User{Username: "bob"})

	var apiErr *sfprov.APIError
	require.ErrorAs(t, err, &apiErr)
	require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	assert.Equal(t, bobID, apiErr.Existing)
	assert.Equal(t, "update", apiErr.Op)
	assert.Equal(t, aliceID, apiErr.Target)
}

func TestMalformedIDsAreRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []string{"", "alice", "005000000000001AAB", "005000000000001aaa", "../Contact/00300", "005000000000001?x", "001000000000001AAA"} {
		_, updateErr := b.Update(t.Context(), id, sfprov.User{Username: "no good", Fields: sfprov.Fields{"Title": "x"}})
		_, deactivateErr := b.Deactivate(t.Context(), id)
		for _, err := range []error{updateErr, deactivateErr} {
			var invalid *sfprov.ValidationError
			require.ErrorAs(t, err, &invalid, id)
			assert.Equal(t, "ID", invalid.Problems[0].Field)
		}
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, updateErr, &invalid)
		assert.Len(t, invalid.Problems, 2, "the ID's problem and the username's")
	}
	assert.Zero(t, b.net.GetTotalCallCount())
}

// Deactivation: promise 10.

func activeUser(username string, active bool) httpmock.Responder {
	return found(record(aliceID, username, active, nil))
}

var isFrozenNow = sfprov.Change{Field: "IsFrozen", Before: false, After: true}

func TestDeactivate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodGet, queryURL, activeUser("alice@primary.com", true), activeUser("alice@primary.com", false))
	b.on(http.MethodPatch, usersURL+aliceID, noContent)

	result, err := b.Deactivate(t.Context(), aliceID)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{
		ID: aliceID, Username: "alice@primary.com", Action: sfprov.Deactivated,
		Changes: []sfprov.Change{{Field: "IsActive", Before: true, After: false}},
	}, result)
	result, err = b.Deactivate(t.Context(), aliceID)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{ID: aliceID, Username: "alice@primary.com", Action: sfprov.Unchanged}, result)

	patches := b.requests(http.MethodPatch)
	require.Len(t, patches, 2)
	for _, patch := range patches {
		assert.Equal(t, map[string]any{"IsActive": false}, patch.body, "which changes nothing the second time")
	}
	assert.Equal(t, 2, b.composites(), "one call each")
}

func TestDeactivationThatSalesforceRefusesFreezes(t *testing.T) {
	t.Parallel()
	frozenNow := map[string]any{"IsFrozen": true}
	tests := map[string]struct {
		refusal httpmock.Responder
		login   httpmock.Responder
		freeze  httpmock.Responder
		action  sfprov.Action
		freezes int
		also    error
	}{
		"a hierarchy field": {
			refusal: refused(400, "FIELD_INTEGRITY_EXCEPTION", "Cannot complete this operation. Cannot inactivate user that is the value of a hierarchy field: Boss. : Bob"),
			action:  sfprov.Frozen, freezes: 1, also: sfprov.ErrInvalidField,
		},
		"a code nobody knows": {refusal: refused(400, "DELETE_FAILED", "You cannot disable the Web to Lead Default Creator."), action: sfprov.Frozen, freezes: 1},
		"the last admin":      {refusal: refused(400, "CANNOT_DISABLE_LAST_ADMIN", "last admin"), action: sfprov.Frozen, freezes: 1},
		"no rights":           {refusal: refused(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"), action: sfprov.Frozen, freezes: 1, also: sfprov.ErrPermission},
		"frozen already": {
			refusal: refused(400, "UNKNOWN_EXCEPTION", "no"), action: sfprov.Frozen, freezes: 1,
			login: found(map[string]any{"Id": loginID, "IsFrozen": true}),
		},
		"freezing is refused too": {
			refusal: refused(400, "UNKNOWN_EXCEPTION", "no"), freezes: 2,
			freeze: refused(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"), also: sfprov.ErrPermission,
		},
		"no login to freeze": {refusal: refused(400, "UNKNOWN_EXCEPTION", "no"), login: found()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			if test.login == nil {
				test.login = found(map[string]any{"Id": loginID, "IsFrozen": false})
			}
			if test.freeze == nil {
				test.freeze = noContent
			}
			b.queries(activeUser("alice@primary.com", true), test.login)
			b.on(http.MethodPatch, usersURL+aliceID, test.refusal)
			b.on(http.MethodPatch, loginURL, test.freeze)

			result, err := b.Deactivate(t.Context(), aliceID)

			require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
			want := sfprov.Result{ID: aliceID, Username: "alice@primary.com", Action: test.action}
			if test.action == sfprov.Frozen && name != "frozen already" {
				want.Changes = []sfprov.Change{isFrozenNow}
			}
			assert.Equal(t, want, result, err)
			if test.also != nil {
				require.ErrorIs(t, err, test.also)
			}
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr, "Salesforce's reason")
			patches := b.requests(http.MethodPatch)
			require.Len(t, patches, 2+test.freezes, "Salesforce is asked twice")
			assert.Equal(t, map[string]any{"IsActive": false}, patches[1].body)
			if test.freezes > 0 {
				assert.Equal(t, frozenNow, patches[len(patches)-1].body)
			}
			if test.action == sfprov.Frozen {
				assert.Contains(t, err.Error(), "frozen instead")
			} else {
				assert.Contains(t, err.Error(), "STILL ACTIVE")
			}
			assert.False(t, sfprov.Retryable(err))
		})
	}
}

func TestDeactivationThatFailsForTheMomentDoesNotFreeze(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer httpmock.Responder
		reason error
		retry  bool
	}{
		"row lock":      {refused(400, "UNABLE_TO_LOCK_ROW", "locked"), sfprov.ErrUnavailable, true},
		"daily limit":   {refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), sfprov.ErrRequestLimit, true},
		"gateway":       {gatewayHTML, sfprov.ErrUnavailable, true},
		"lost answer":   {httpmock.NewErrorResponder(io.EOF), sfprov.ErrUnavailable, true},
		"deleted":       {refused(404, "ENTITY_IS_DELETED", "entity is deleted"), sfprov.ErrNotFound, false},
		"a proxy's 403": {httpmock.NewStringResponder(403, "<html>forbidden</html>"), sfprov.ErrPermission, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.on(http.MethodGet, queryURL, activeUser("alice@primary.com", true))
				if name == "deleted" {
					b.on(http.MethodGet, queryURL, activeUser("alice@primary.com", true), found())
				}
				b.on(http.MethodPatch, usersURL+aliceID, test.answer)
				result, err := b.Deactivate(t.Context(), aliceID)
				require.ErrorIs(t, err, test.reason)
				require.NotErrorIs(t, err, sfprov.ErrDeactivationBlocked)
				assert.Empty(t, result.Action)
				assert.Empty(t, result.Changes)
				for _, patch := range b.requests(http.MethodPatch) {
					assert.Equal(t, map[string]any{"IsActive": false}, patch.body, "nobody is frozen")
				}
				assert.Equal(t, test.retry, sfprov.Retryable(err))
			})
		})
	}
}

func TestReleaseOfTheUsername(t *testing.T) {
	t.Parallel()
	released := "released-" + strings.ToLower(aliceID) + "-alice@primary.com"
	release := func(c *sfprov.Config) { c.ReleaseUsername, c.MatchField = true, "FederationIdentifier" }
	withValue := func(username string, active bool) httpmock.Responder {
		return found(record(aliceID, username, active, map[string]any{"FederationIdentifier": "E-1"}))
	}
	deactivated := sfprov.Change{Field: "IsActive", Before: true, After: false}
	freed := []sfprov.Change{{Field: "Username", Before: "alice@primary.com", After: released}, {Field: "FederationIdentifier", Before: "E-1"}}

	t.Run("with the deactivation, in one request", func(t *testing.T) {
		t.Parallel()
		b := setup(t, release)
		b.on(http.MethodGet, queryURL, withValue("alice@primary.com", true), activeUser(released, false))
		b.on(http.MethodPatch, usersURL+aliceID, noContent)
		result, err := b.Deactivate(t.Context(), aliceID)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Result{ID: aliceID, Username: released, Action: sfprov.Deactivated, Changes: append([]sfprov.Change{deactivated}, freed...)}, result)
		patches := b.requests(http.MethodPatch)
		require.Len(t, patches, 1)
		assert.Equal(t, map[string]any{"IsActive": false, "Username": released, "FederationIdentifier": nil}, patches[0].body)

		result, err = b.Deactivate(t.Context(), aliceID)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Unchanged, result.Action)
		assert.Len(t, b.requests(http.MethodPatch), 1)
	})
	t.Run("a refused rename does not keep the door open", func(t *testing.T) {
		t.Parallel()
		b := setup(t, release)
		b.on(http.MethodGet, queryURL, activeUser("alice@primary.com", true))
		b.on(http.MethodPatch, usersURL+aliceID, duplicateUsername, noContent)
		result, err := b.Deactivate(t.Context(), aliceID)
		require.NoError(t, err)
		assert.Equal(t, "alice@primary.com", result.Username, "the name that the user still has")
		assert.Equal(t, sfprov.Deactivated, result.Action)
		require.ErrorIs(t, result.Warning, sfprov.ErrDuplicateUsername)
		patches := b.requests(http.MethodPatch)
		require.Len(t, patches, 2)
		assert.Equal(t, map[string]any{"IsActive": false}, patches[1].body)
	})
	t.Run("a user who was deactivated by hand", func(t *testing.T) {
		t.Parallel()
		b := setup(t, release)
		b.on(http.MethodGet, queryURL, withValue("alice@primary.com", false))
		b.on(http.MethodPatch, usersURL+aliceID, noContent)
		result, err := b.Deactivate(t.Context(), aliceID)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Result{ID: aliceID, Username: released, Action: sfprov.Updated, Changes: freed}, result)
	})
	t.Run("long names", func(t *testing.T) {
		t.Parallel()
		for _, username := range []string{
			strings.Repeat("a", 60) + "@primary.com",
			"a@" + strings.Repeat("d", 70) + ".com",
			strings.Repeat("\U0001F600", 68) + "@primary.com",
			strings.Repeat("@", 30) + "x@primary.com",
		} {
			b := setup(t, release)
			b.on(http.MethodGet, queryURL, activeUser(username, true))
			b.on(http.MethodPatch, usersURL+aliceID, noContent)
			result, err := b.Deactivate(t.Context(), aliceID)
			require.NoError(t, err)
			assert.LessOrEqual(t, len([]rune(result.Username)), 80)
			assert.Contains(t, result.Username, strings.ToLower(aliceID))
			// What Username accepts is a Salesforce username.
			name, err := b.Username(sfprov.User{Fields: sfprov.Fields{"Username": result.Username}})
			require.NoError(t, err)
			assert.Equal(t, result.Username, name)
		}
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	b.on(http.MethodGet, queryURL, func(r *http.Request) (*http.Response, error) {
		switch q := r.URL.Query().Get("q"); {
		case strings.Contains(q, "FROM UserLogin"):
			return found(map[string]any{"Id": "0Yw000000000001CAA", "IsFrozen": true})(r)
		case strings.Contains(q, "FederationIdentifier = 'E-1'"):
			return found(record(aliceID, "alice@primary.com", true, map[string]any{"Title": nil, "FederationIdentifier": "E-1"}))(r)
		case strings.Contains(q, "Username = 'bob@primary.com'"):
			return found(record(bobID, "Bob@primary.com", false, map[string]any{"Title": "CFO"}))(r)
		}
		return found()(r)
	})

	account, err := b.Find(t.Context(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"FederationIdentifier": "E-1", "title": nil}})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Account{
		ID: aliceID, Username: "alice@primary.com", Active: true, Frozen: true,
		Fields: sfprov.Fields{"FederationIdentifier": "E-1", "title": nil},
	}, account)

	account, err = b.Find(t.Context(), sfprov.User{Username: "bob", Fields: sfprov.Fields{"Title": nil}})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Account{ID: bobID, Username: "Bob@primary.com", Frozen: true, Fields: sfprov.Fields{"Title": "CFO"}}, account)

	_, err = b.Find(t.Context(), sfprov.User{Username: "carol"})
	require.ErrorIs(t, err, sfprov.ErrNotFound)
	_, err = b.Find(t.Context(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"FederationIdentifier": "E-2"}})
	require.ErrorIs(t, err, sfprov.ErrNotFound, "the match field decides, not the name")
	_, err = b.Find(t.Context(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"Id FROM User WHERE Name": nil}})
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
}

func TestQueriesCarryNamesExactly(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sfprov.Config) { c.ProvisioningDomain = "" })
	b.on(http.MethodGet, queryURL, found())
	_, err := b.Find(t.Context(), sfprov.User{Username: `o'neil\" OR Username != '@primary.com`})
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid, "white space is no part of a username")
	_, err = b.Find(t.Context(), sfprov.User{Username: `o'neil\"OR(Id!='x')@primary.com`})
	require.ErrorIs(t, err, sfprov.ErrNotFound)
	queries := b.requests(http.MethodGet)
	require.Len(t, queries, 1)
	assert.Equal(t, `SELECT Id, Username, IsActive, Email FROM User WHERE Username = 'o\'neil\\\"or(id!=\'x\')@primary.com'`, queries[0].query)
}

func TestNothingOfTheCallersIsChanged(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	b.on(http.MethodPost, usersURL, duplicateUsername)
	b.on(http.MethodGet, queryURL, found(record(aliceID, "other@primary.com", false, map[string]any{"FederationIdentifier": "E-1"})))
	b.on(http.MethodPatch, usersURL+aliceID, noContent)
	u := alice()
	u.Fields["FederationIdentifier"] = "E-1"
	before := maps.Clone(u.Fields)

	_, err := b.Create(t.Context(), u)
	require.NoError(t, err)
	_, err = b.Update(t.Context(), aliceID, u)
	require.NoError(t, err)
	_, err = b.Find(t.Context(), u)
	require.NoError(t, err)

	assert.Equal(t, before, u.Fields)
}

func TestCallersClientIsNotChanged(t *testing.T) {
	t.Parallel()
	hc := &http.Client{}
	before := *hc
	_, err := sfprov.New(config(), sfprov.WithHTTPClient(hc))
	require.NoError(t, err)
	assert.Nil(t, hc.Transport)
	assert.Nil(t, hc.CheckRedirect)
	assert.Nil(t, hc.Jar)
	assert.Equal(t, before.Timeout, hc.Timeout)
}

func TestAPIUsage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	assert.Equal(t, sfprov.APIUsage{}, b.APIUsage())
	b.on(http.MethodPatch, usersURL+aliceID, noContent.HeaderSet(http.Header{"Sforce-Limit-Info": {"api-usage=18/5000; per-app-api-usage=17/250(appName=x)"}}))
	_, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	require.NoError(t, err)
	assert.Equal(t, sfprov.APIUsage{Used: 18, Limit: 5000}, b.APIUsage())
}

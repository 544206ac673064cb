package sfprov

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata, which -update rewrites.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "read the difference as prose; rewrite with go test -run %s -update", t.Name())
}

// Every row of the tables, as an administrator reads it.
func TestExplanationsGolden(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	section := func(title string, e error) {
		fmt.Fprintf(&b, "# %s\n%s\nretryable: %t\n\n", title, Explain(e), Retryable(e))
	}
	for _, f := range apiFailures {
		status := max(f.status, 400)
		section(strings.TrimSpace(fmt.Sprintf("%d %s %s", status, f.code, f.contains)), &APIError{StatusCode: status, Code: f.code, Message: f.contains})
	}
	for _, f := range statusFailures {
		section(fmt.Sprintf("%d without a code", f.status), &APIError{StatusCode: f.status})
	}
	for _, status := range []int{200, 302, 418, 599} {
		section(fmt.Sprintf("%d without a code", status), &APIError{StatusCode: status})
	}
	for _, f := range authFailures {
		section(strings.TrimSpace(fmt.Sprintf("login: %s %s", f.code, f.contains)), &AuthError{StatusCode: max(f.status, 400), Code: f.code, Description: f.contains})
	}
	for _, status := range []int{200, 302, 404, 429, 503} {
		section(fmt.Sprintf("login: %d without a code", status), &AuthError{StatusCode: status})
	}
	section("lost create, without a match field", &UnconfirmedError{Op: opCreate})
	section("lost create, with a match field", &UnconfirmedError{Op: opCreate, again: true})
	section("refused connection", &transportError{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}})
	section("unknown host", &transportError{err: &net.DNSError{Err: "no such host", IsNotFound: true}})
	golden(t, "explanations.golden", b.String())
}

// Every code of the API that is documented or was seen, with what it must mean.
func TestEveryCodeIsClassified(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code, message string
		status        int
		reason        error
		retryable     bool
	}{
		{"DUPLICATE_USERNAME", "Duplicate Username.<br>...", 400, ErrDuplicateUsername, false},
		{"DUPLICATE_COMM_NICKNAME", "Duplicate Nickname.<br>...", 400, ErrInvalidField, false},
		{"DUPLICATE_VALUE", "duplicate value found: X duplicates value on record with id: ...", 400, ErrInvalidField, false},
		{"REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", 400, ErrInvalidField, false},
		{"STRING_TOO_LONG", "Last Name: data value too large: ... (max length=80)", 400, ErrInvalidField, false},
		{"INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", 400, ErrInvalidField, false},
		{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Time Zone: bad value for restricted picklist field: x", 400, ErrInvalidField, false},
		{"LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", 400, ErrLicenseLimit, false},
		{"LICENSE_LIMIT_EXCEEDED", "content feature license limit exceeded", 400, ErrLicenseLimit, false},
		{"FIELD_INTEGRITY_EXCEPTION", "Profile ID: id value of incorrect type: x", 400, ErrInvalidField, false},
		{"FIELD_INTEGRITY_EXCEPTION", "This Federation ID is already in use. Use a different Federation ID.", 400, ErrInvalidField, false},
		{"MALFORMED_ID", "Profile ID: id value of incorrect type: x", 400, ErrInvalidField, false},
		{"INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 404, ErrNotFound, false},
		{"INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 400, ErrInvalidField, false},
		{"INVALID_FIELD", "No such column 'foo' on sobject of type User", 400, ErrInvalidField, false},
		{"INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: A, B. Please check ...", 400, ErrInvalidField, false},
		{"INVALID_TYPE", "sObject type 'X' is not supported.", 400, ErrPermission, false},
		{"INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", 403, ErrPermission, false},
		{"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id", 400, ErrPermission, false},
		{"INSUFFICIENT_ACCESS", "You do not have permission to view this record.", 403, ErrPermission, false},
		{"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: User", 400, ErrPermission, false},
		{"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: execution of BeforeInsert\n\ncaused by: ...", 400, nil, false},
		{"FIELD_CUSTOM_VALIDATION_EXCEPTION", "no", 400, ErrInvalidField, false},
		{"MIXED_DML_OPERATION", "DML operation on setup object is not permitted ...", 400, nil, false},
		{"UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", 400, ErrUnavailable, true},
		{"UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", 500, ErrUnavailable, true},
		{"ENTITY_IS_DELETED", "entity is deleted", 404, ErrNotFound, false},
		{"NOT_FOUND", "The requested resource does not exist", 404, ErrNotFound, false},
		{"INVALID_SESSION_ID", "Session expired or invalid", 401, ErrAuth, false},
		{"INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER", 401, ErrAuth, false},
		{"REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403, ErrRequestLimit, true},
		{"REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 403, ErrRequestLimit, true},
		{"API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", 403, ErrPermission, false},
		{"API_CURRENTLY_DISABLED", "API is disabled for this User", 403, ErrPermission, false},
		{"QUERY_TIMEOUT", "Your query request was running for too long.", 400, ErrUnavailable, true},
		{"MALFORMED_QUERY", "unexpected token: 'x'", 400, nil, false},
		{"INVALID_QUERY_LOCATOR", "invalid query locator", 404, nil, true},
		{"JSON_PARSER_ERROR", "... at [line:1, column:2]", 400, ErrInvalidField, false},
		{"METHOD_NOT_ALLOWED", "HTTP Method 'DELETE' not allowed. Allowed are HEAD,GET,PATCH", 405, nil, false},
		{"UNSUPPORTED_MEDIA_TYPE", "", 415, nil, false},
		{"INVALID_NEW_PASSWORD", "Your password must have a mix of letters and numbers.", 400, ErrInvalidField, false},
		{"PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT", "portal user already exists for contact", 400, ErrInvalidField, false},
		{"OP_WITH_INVALID_USER_TYPE_EXCEPTION", "High-volume portal users cannot be members", 400, ErrInvalidField, false},
		{"UNKNOWN_EXCEPTION", "An unexpected error occurred.", 500, ErrUnavailable, true},
		{"UNKNOWN_EXCEPTION", "portal account owner must have a role", 400, ErrInvalidField, false},
		{"SERVER_UNAVAILABLE", "Server Unavailable", 503, ErrUnavailable, true},
		{"INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "", 503, ErrUnavailable, true},
		{"TOO_MANY_APEX_REQUESTS", "", 400, ErrUnavailable, true},
		{"REQUEST_RUNNING_TOO_LONG", "", 400, ErrUnavailable, true},
		{"GONE", "", 410, nil, false},
		{"UNSUPPORTED_API_VERSION", "", 400, nil, false},
		{"CANNOT_DISABLE_LAST_ADMIN", "", 400, ErrDeactivationBlocked, false},
		{"EXCEEDED_ID_LIMIT", "", 400, nil, false},
		{"LIMIT_EXCEEDED", "", 400, nil, false},
	}
	sentinels := []error{
		ErrAuth, ErrDuplicateUsername, ErrLicenseLimit, ErrNotFound, ErrPermission, ErrInvalidField,
		ErrRequestLimit, ErrUnavailable, ErrDeactivationBlocked, ErrOutcomeUnknown, ErrAmbiguousMatch,
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %d", test.code, test.status), func(t *testing.T) {
			t.Parallel()
			err := fmt.Errorf("wrapped: %w", &APIError{Op: opCreate, StatusCode: test.status, Code: test.code, Message: test.message})
			for _, sentinel := range sentinels {
				assert.Equal(t, sentinel == test.reason, errors.Is(err, sentinel), "%v", sentinel) //nolint:errorlint // identity is meant
			}
			assert.Equal(t, test.retryable, Retryable(err))
			assert.NotEmpty(t, Explain(err))
		})
	}
	for _, f := range apiFailures {
		known := f.code == "DELETE_FAILED" // named as possible only
		for _, test := range tests {
			known = known || test.code == f.code
		}
		assert.True(t, known, "%s has a row but no test", f.code)
	}
}

func TestAMissingTargetIsNotFoundWhateverTheStatus(t *testing.T) {
	t.Parallel()
	gone := &APIError{Op: opUpdate, StatusCode: 400, Code: "INVALID_CROSS_REFERENCE_KEY", Message: "invalid cross reference id"}
	require.ErrorIs(t, gone, ErrNotFound)
	lookup := &APIError{Op: opUpdate, StatusCode: 400, Code: "INVALID_CROSS_REFERENCE_KEY", Message: "invalid cross reference id", Fields: []string{"ProfileId"}}
	require.ErrorIs(t, lookup, ErrInvalidField)
	require.NotErrorIs(t, lookup, ErrNotFound)
}

func TestErrorTextsGolden(t *testing.T) {
	t.Parallel()
	duplicate := &APIError{
		Op: opCreate, Target: "alice@primary.com", StatusCode: 400, Code: "DUPLICATE_USERNAME",
		Message: "Duplicate Username.<br>The username already exists. ", Fields: []string{"Username"}, Existing: "005000000000002AAA",
	}
	refusal := &APIError{StatusCode: 400, Code: "FIELD_INTEGRITY_EXCEPTION", Message: "Cannot inactivate user that is the value of a hierarchy field: Boss. : Bob"}
	login := &AuthError{
		Endpoint: "https://acme.my.salesforce.com/services/oauth2/token", GrantType: GrantClientCredentials,
		StatusCode: 400, Code: "invalid_grant", Description: "no client credentials user enabled",
	}
	lost := &transportError{err: errors.New("EOF"), sent: true}
	texts := []error{
		duplicate,
		&APIError{Op: opUpdate, Target: "005000000000001AAA", StatusCode: 503, RetryAfter: 30 * time.Second},
		&APIError{Op: opCreate, Target: "bob@primary.com", StatusCode: 400, Problems: []APIProblem{
			{Code: "INVALID_EMAIL_ADDRESS", Message: "Email: invalid email address: x", Fields: []string{"Email"}},
			{Code: "STRING_TOO_LONG", Message: "Title: data value too large: x (max length=80)", Fields: []string{"Title"}},
		}},
		decorate(opCreate, "alice@primary.com", login),
		decorate(opDeactivate, "005000000000001AAA", &blockedError{refusal: refusal}),
		decorate(opDeactivate, "005000000000001AAA", &blockedError{refusal: refusal, freeze: lost}),
		decorate(opCreate, "alice@primary.com", &UnconfirmedError{Op: opCreate, Username: "alice@primary.com", Err: lost}),
		decorate(opFind, "alice@primary.com", ErrNotFound),
		decorate(opCreate, "alice", &ValidationError{Problems: []FieldProblem{{"LastName", "is required"}, {"Email", `is "x", which is not an email address`}}}),
		decorate(opUpdate, "005000000000001AAA", &transportError{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}),
		&ConfigError{Field: "Domain", Problem: "is missing"},
	}
	lines := make([]string, len(texts))
	for i, err := range texts {
		lines[i] = err.Error() + "\n"
		assert.Equal(t, 1, strings.Count(err.Error(), "sfprov: "), "the prefix stands once: %s", err)
	}
	golden(t, "errors.golden", strings.Join(lines, "\n"))
}

func TestSeveralErrorsInOneAnswerAreAllKept(t *testing.T) {
	t.Parallel()
	err := newAPIError(400, []byte(`[
		{"message":"Username must be in the form of an email address (for example, john@acme.com)","errorCode":"INVALID_EMAIL_ADDRESS","fields":["Username"]},
		{"message":"This Federation ID is already in use. Use a different Federation ID.","errorCode":"DUPLICATE_VALUE","fields":["FederationIdentifier"]},
		{"message":"License Limit Exceeded","errorCode":"LICENSE_LIMIT_EXCEEDED","fields":[]}]`), 0)
	require.Len(t, err.Problems, 3)
	assert.Equal(t, "INVALID_EMAIL_ADDRESS", err.Code)
	assert.Equal(t, []string{"Username"}, err.Fields)
	require.ErrorIs(t, err, ErrInvalidField)
	require.ErrorIs(t, err, ErrLicenseLimit)
	require.NotErrorIs(t, err, ErrPermission)
	for _, text := range []string{"INVALID_EMAIL_ADDRESS", "DUPLICATE_VALUE", "LICENSE_LIMIT_EXCEEDED", "[FederationIdentifier]"} {
		assert.Contains(t, err.Error(), text)
	}
}

func TestBodiesOfErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want []APIProblem
	}{
		"array":              {`[{"message":"m","errorCode":"C"}]`, []APIProblem{{Code: "C", Message: "m"}}},
		"object":             {`{"message":"m","errorCode":"C"}`, []APIProblem{{Code: "C", Message: "m"}}},
		"collection's code":  {`[{"message":"m","statusCode":"C","fields":["A"]}]`, []APIProblem{{Code: "C", Message: "m", Fields: []string{"A"}}}},
		"OAuth's object":     {`{"error":"x","error_description":"y"}`, nil},
		"HTML":               {`<html>`, nil},
		"empty":              {``, nil},
		"a string":           {`"no"`, nil},
		"wrong types":        {`[{"message":1}]`, nil},
		"empty array":        {`[]`, nil},
		"fields in the text": {`[{"message":"Required fields are missing: [LastName, Email]","errorCode":"REQUIRED_FIELD_MISSING","fields":[]}]`, []APIProblem{{Code: "REQUIRED_FIELD_MISSING", Message: "Required fields are missing: [LastName, Email]", Fields: []string{"LastName", "Email"}}}},
		"an unknown column":  {`[{"message":"No such column 'foo' on sobject of type User","errorCode":"INVALID_FIELD"}]`, []APIProblem{{Code: "INVALID_FIELD", Message: "No such column 'foo' on sobject of type User", Fields: []string{"foo"}}}},
		"no write access":    {`[{"message":"Unable to create/update fields: A, B. Please check","errorCode":"INVALID_FIELD_FOR_INSERT_UPDATE"}]`, []APIProblem{{Code: "INVALID_FIELD_FOR_INSERT_UPDATE", Message: "Unable to create/update fields: A, B. Please check", Fields: []string{"A", "B"}}}},
		"a label":            {`[{"message":"Time Zone: bad value for restricted picklist field: x","errorCode":"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}]`, []APIProblem{{Code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Message: "Time Zone: bad value for restricted picklist field: x", Fields: []string{"TimeZoneSidKey"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newAPIError(http.StatusBadRequest, []byte(test.body), 0)
			assert.Equal(t, test.want, err.Problems)
			assert.Equal(t, 400, err.StatusCode)
			assert.Contains(t, err.Error(), "400")
		})
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		`[{"message":"m","errorCode":"C","fields":["A"]}]`, `{"message":"m"}`, `<html>`, `[[[`, `[{"message":"Required fields are missing: [","errorCode":"REQUIRED_FIELD_MISSING"}]`,
	} {
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		err := newAPIError(status, body, 0)
		if err.StatusCode != status {
			t.Errorf("status %d became %d", status, err.StatusCode)
		}
		for _, p := range err.Problems {
			if p.Code == "" && p.Message == "" {
				t.Error("an empty problem")
			}
			if len([]rune(p.Message)) > maxMessage+3 {
				t.Error("a message of unbounded length")
			}
		}
		if err.Error() == "" || Retryable(err) != Retryable(fmt.Errorf("w: %w", err)) {
			t.Error("an error without a text, or one that changes when wrapped")
		}
	})
}

func TestRetryableAndExplainOfForeignErrors(t *testing.T) {
	t.Parallel()
	assert.False(t, Retryable(nil))
	assert.False(t, Retryable(errors.New("x")))
	assert.True(t, Retryable(fmt.Errorf("w: %w", ErrUnavailable)))
	assert.Empty(t, Explain(nil))
	assert.Empty(t, Explain(errors.New("x")))
	assert.False(t, Retryable(&ValidationError{}))
}

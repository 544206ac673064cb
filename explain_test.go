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
		{"INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 404, ErrInvalidField, false},
		{"FUNCTIONALITY_NOT_ENABLED", "no", 400, ErrPermission, false},
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
		{"ENTITY_IS_DELETED", "entity is deleted", 404, nil, false},
		{"NOT_FOUND", "The requested resource does not exist", 404, nil, false},
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
		{"UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support: 1-2 (3)", 400, ErrUnavailable, true},
		{"UNKNOWN_EXCEPTION", "Group membership operation already in progress", 400, ErrUnavailable, true},
		{"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: execution of AfterUpdate\n\ncaused by: System.DmlException: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access", 400, ErrUnavailable, true},
		{"CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record because the \"X\" process failed.", 400, nil, false},
		{"FIELD_INTEGRITY_EXCEPTION", "Cannot grant or remove a profile with modify all data", 400, ErrPermission, false},
		{"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired", 401, ErrAuth, false},
		{"REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 429, ErrRequestLimit, true},
		{"UNKNOWN_EXCEPTION", "portal account owner must have a role", 400, ErrInvalidField, false},
		{"SERVER_UNAVAILABLE", "Server Unavailable", 503, ErrUnavailable, true},
		{"INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "", 503, ErrUnavailable, true},
		{"TOO_MANY_APEX_REQUESTS", "", 400, ErrUnavailable, true},
		{"REQUEST_RUNNING_TOO_LONG", "", 400, ErrUnavailable, true},
		{"GONE", "", 410, nil, false},
		{"UNSUPPORTED_API_VERSION", "", 400, nil, false},
		{"CANNOT_DISABLE_LAST_ADMIN", "", 400, ErrDeactivationBlocked, false},
		{"DUPLICATES_DETECTED", "You're creating a duplicate record.", 400, nil, false},
		{"INACTIVE_OWNER_OR_USER", "inactive", 400, nil, false},
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
		known := f.code == "DELETE_FAILED" || f.code == "" // named as possible only, or whatever the code
		for _, test := range tests {
			known = known || test.code == f.code
		}
		assert.True(t, known, "%s has a row but no test", f.code)
	}
}

// No answer to the request for one record proves that there is none.
func TestAbsenceIsNotInAnAnswer(t *testing.T) {
	t.Parallel()
	patch := requestFacts{method: http.MethodPatch, object: "User", record: true}
	for name, test := range map[string]struct {
		asked  requestFacts
		status int
		body   string
		may    bool
	}{
		"no such resource":            {patch, 404, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`, true},
		"a web page":                  {patch, 404, "<html>", true},
		"deleted":                     {patch, 404, `[{"errorCode":"ENTITY_IS_DELETED","message":"entity is deleted"}]`, true},
		"deleted, in a row":           {patch, 400, `[{"statusCode":"ENTITY_IS_DELETED","message":"entity is deleted"}]`, true},
		"no such ID, in a row":        {patch, 400, `[{"statusCode":"INVALID_CROSS_REFERENCE_KEY","message":"invalid cross reference id"}]`, true},
		"a reference":                 {patch, 400, `[{"errorCode":"INVALID_CROSS_REFERENCE_KEY","message":"invalid cross reference id","fields":["ProfileId"]}]`, false},
		"another refusal":             {patch, 400, `[{"errorCode":"STRING_TOO_LONG","message":"too long"}]`, false},
		"a path that names no record": {requestFacts{method: http.MethodGet, reads: true}, 404, `[{"errorCode":"NOT_FOUND","message":"no"}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newAPIError(test.asked, test.status, []byte(test.body), 0)
			require.NotErrorIs(t, err, ErrNotFound)
			assert.Equal(t, test.may, mayBeAbsent(fmt.Errorf("wrapped: %w", err)))
		})
	}
}

// Whatever the caller asked for, the answer to the same request means the same.
func TestTheMeaningGoesByTheRequest(t *testing.T) {
	t.Parallel()
	body := []byte(`[{"errorCode":"INVALID_CROSS_REFERENCE_KEY","message":"invalid cross reference id","fields":[]}]`)
	for _, op := range []string{opCreate, opUpdate, opEnsure, ""} {
		sent := recordIn([]byte(`{"LastName":"Doe","profileid":"00e000000000001","UserRoleId":"00E000000000001","ManagerId":null,"Title":"005000000000001"}`)).references()
		for _, asked := range []requestFacts{
			{method: http.MethodPost, object: "User", sent: sent},
			{method: http.MethodPatch, object: "User", record: true, sent: sent},
		} {
			err := decorate(op, "alice", newAPIError(asked, 400, body, 0))
			require.ErrorIs(t, err, ErrInvalidField)
			assert.Contains(t, Explain(err), "One of the IDs in profileid, UserRoleId refers")
		}
	}
}

// A row of a collection has no status: what a code means goes without it.
func TestTheMeaningOfACodeGoesWithoutTheStatus(t *testing.T) {
	t.Parallel()
	for _, section := range refusals {
		for _, r := range section.cases {
			if r.code == "" || r.status < 400 || r.status >= 500 || r.status == http.StatusTooManyRequests ||
				r.status == http.StatusUnauthorized { // which are of the request
				continue
			}
			alone, row := r, r
			alone.status, row.status = http.StatusForbidden, http.StatusBadRequest
			for _, other := range []refusal{alone, row} {
				step, _ := NextStep(r.answer(t))
				same, _ := NextStep(other.answer(t))
				assert.Equal(t, step, same, "%s and %s", r, other)
				assert.Equal(t, Explain(r.answer(t)), Explain(other.answer(t)), "%s and %s", r, other)
				for _, known := range sentinels {
					assert.Equal(t, errors.Is(r.answer(t), known.err), errors.Is(other.answer(t), known.err),
						"%s and %s: %v", r, other, known.err)
				}
			}
		}
	}
}

// A person can bear any name.
func TestANameIsNoLock(t *testing.T) {
	t.Parallel()
	for code, message := range map[string]string{
		"STRING_TOO_LONG":           "Last Name: data value too large: UNABLE_TO_LOCK_ROW (max length=80)",
		"FIELD_INTEGRITY_EXCEPTION": "Cannot inactivate user that is the value of a hierarchy field: Boss. : could not acquire lock",
	} {
		assert.False(t, Retryable(newAPIError(requestFacts{}, 400, []byte(fmt.Sprintf(`[{"errorCode":%q,"message":%q}]`, code, message)), 0)), code)
	}
}

// What is inside of an error names operation and target, too.
func TestAnswersInsideAreNamed(t *testing.T) {
	t.Parallel()
	answer := &APIError{StatusCode: 502}
	for name, err := range map[string]error{
		"unknown outcome": &UnconfirmedError{Op: opCreate, Username: "a", Err: answer},
		"a look":          &UnconfirmedError{Op: opCreate, Username: "a", Err: errNotSeen, look: &stepError{step: "s", err: answer}},
		"a step":          &stepError{step: "s", err: answer},
		"the rest":        &partialError{done: "d", err: answer},
		"a freeze":        &blockedError{refusal: answer, freeze: answer},
	} {
		var named *APIError
		require.ErrorAs(t, decorate(opEnsure, "alice", err), &named, name)
		assert.Equal(t, "ensure alice", named.Op+" "+named.Target, name)
		assert.Empty(t, answer.Op, name)
		assert.Equal(t, 1, strings.Count(decorate(opEnsure, "alice", err).Error(), "Salesforce answered")-strings.Count(err.Error(), "Salesforce answered")+1, name)
		assert.NotContains(t, strings.TrimPrefix(decorate(opEnsure, "alice", err).Error(), "sfprov: ensure"), "ensure", name)
	}
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
	err := newAPIError(requestFacts{}, 400, []byte(`[
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
			err := newAPIError(requestFacts{}, http.StatusBadRequest, []byte(test.body), 0)
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
		err := newAPIError(requestFacts{}, status, body, 0)
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

package sfprov_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// assertStep asserts the next step of an error, and that wrapping changes nothing.
func assertStep(t *testing.T, err error, want sfprov.Step, least, most time.Duration) {
	t.Helper()
	for name, one := range map[string]error{
		"as it is": err, "wrapped": fmt.Errorf("w: %w", err), "wrapped twice": fmt.Errorf("w: %w", fmt.Errorf("v: %w", err)),
		"joined": errors.Join(errors.New("foreign"), err), "one of two": fmt.Errorf("%w, %w", err, errors.New("foreign")),
	} {
		step, wait := sfprov.NextStep(one)
		assert.Equal(t, want, step, "%s: %v", name, one)
		assert.True(t, least <= wait && wait <= most, "%s: wait for %v", name, wait)
		assert.Equal(t, step == sfprov.StepAgain, sfprov.Retryable(one), name)
		assert.InDelta(t, wait, sfprov.RetryAfter(one), float64(time.Second), name)
	}
}

// What a call that meets an answer does next, by what it sent.
func TestNextStepOfAnswers(t *testing.T) {
	t.Parallel()
	web := func(status int) httpmock.Responder { return httpmock.NewStringResponder(status, "<html>no</html>") }
	after := func(r httpmock.Responder, value string) httpmock.Responder {
		return r.HeaderSet(http.Header{"Retry-After": {value}})
	}
	const again, user, setup = sfprov.StepAgain, sfprov.StepUser, sfprov.StepSetup
	for name, test := range map[string]struct {
		answer                 httpmock.Responder
		create, update, lookUp sfprov.Step // empty: not tried
		least, most            time.Duration
	}{
		"gateway":                  {answer: web(504), update: again, lookUp: again},
		"busy":                     {answer: after(web(503), "30"), create: again, update: again, lookUp: again, least: 30 * time.Second, most: 30 * time.Second},
		"a wait in the far future": {answer: after(web(503), "Fri, 31 Dec 9999 23:59:59 GMT"), create: again, lookUp: again, least: 24 * time.Hour, most: 24 * time.Hour},
		"a long wait":              {answer: after(web(503), "999999999999"), create: again, lookUp: again, most: 24 * time.Hour},
		"a negative wait":          {answer: after(web(503), "-5"), create: again, lookUp: again},
		"locked":                   {answer: refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"), create: again, update: again, lookUp: again},
		"locked, by text":          {answer: refused(400, "UNKNOWN_EXCEPTION", "Group membership operation already in progress"), create: again, update: again},
		"locked, in a trigger":     {answer: refused(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: execution of AfterInsert caused by: UNABLE_TO_LOCK_ROW"), create: again, update: again},
		"inside":                   {answer: refused(400, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId: 1-2"), create: again, update: again, lookUp: again},
		"unknown":                  {answer: refused(400, "UNKNOWN_EXCEPTION", "The owner is strange"), create: user, update: user},
		"concurrent limit":         {answer: refused(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."), create: again, update: again, lookUp: again, most: time.Minute},
		"daily limit":              {answer: refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), create: again, update: again, lookUp: again, least: time.Hour, most: time.Hour},
		"daily limit, with a wait": {answer: after(refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), "2"), create: again, least: time.Hour, most: time.Hour},
		"429":                      {answer: refused(429, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), create: again, update: again, lookUp: again, most: time.Minute},
		"a web page in its place":  {answer: web(404), update: again, lookUp: again},
		"value":                    {answer: refused(400, "STRING_TOO_LONG", "Title: data value too large", "Title"), create: user, update: user},
		"rule":                     {answer: refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"), create: user, update: user},
		"reference":                {answer: refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"), create: user, update: user},
		"duplicate":                {answer: refused(400, "DUPLICATE_VALUE", "duplicate value found: FederationIdentifier"), create: user, update: user},
		"licence":                  {answer: refused(400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded"), create: user, update: user},
		"administrator":            {answer: refused(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"), create: setup, update: user, lookUp: setup},
		"a profile with more":      {answer: refused(400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id: 00e"), create: user, update: user},
		"modify all data":          {answer: refused(400, "FIELD_INTEGRITY_EXCEPTION", "Cannot grant or remove a profile with modify all data"), create: user, update: user},
		"no right to create":       {answer: refused(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: User"), create: setup},
		"hidden object":            {answer: refused(400, "INVALID_TYPE", "sObject type 'User' is not supported."), lookUp: setup},
		"hidden match field":       {answer: refused(400, "INVALID_FIELD", "\nId, Badge__c FROM User\n^\nERROR at Row:1\nNo such column 'Badge__c' on entity 'User'."), lookUp: setup, create: user},
		"hidden field":             {answer: refused(400, "INVALID_FIELD", "No such column 'Other__c' on entity 'User'."), lookUp: user, create: user, update: user},
		"unknown version":          {answer: refused(404, "NOT_FOUND", "The requested resource does not exist"), create: setup, lookUp: setup},
		"retired version":          {answer: refused(410, "GONE", "retired"), create: setup, update: setup, lookUp: setup},
		"retired version, otherly": {answer: refused(400, "UNSUPPORTED_API_VERSION", "retired"), create: setup, update: setup, lookUp: setup},
		"no API in the org":        {answer: refused(403, "API_DISABLED_FOR_ORG", "no"), create: setup, update: setup, lookUp: setup},
		"no API for the user":      {answer: refused(403, "API_CURRENTLY_DISABLED", "no"), create: setup, update: setup, lookUp: setup},
		"expired password":         {answer: refused(401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired"), create: setup, update: setup, lookUp: setup},
		"expired password, as 403": {answer: refused(403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired"), create: setup, update: setup, lookUp: setup},
		"session":                  {answer: refused(401, "INVALID_SESSION_ID", "Session expired or invalid"), create: setup, update: setup, lookUp: setup},
		"header":                   {answer: refused(401, "INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"), create: setup, update: setup, lookUp: setup},
		"redirect":                 {answer: web(302), create: setup, update: setup, lookUp: setup},
		"a proxy's 403":            {answer: web(403), create: setup, update: setup, lookUp: setup},
		"a proxy's 405":            {answer: web(405), create: setup, update: setup, lookUp: setup},
		"a proxy's 407":            {answer: web(407), create: setup, update: setup, lookUp: setup},
		"a proxy's 414":            {answer: web(414), lookUp: setup},
		"a proxy's 415":            {answer: web(415), create: setup, update: setup},
		"a query that is no query": {answer: refused(400, "MALFORMED_QUERY", "unexpected token"), lookUp: setup},
		"two, and one is final":    {answer: httpmock.NewStringResponder(400, `[{"errorCode":"STRING_TOO_LONG","message":"m"},{"errorCode":"UNABLE_TO_LOCK_ROW","message":"m"}]`), create: user, update: user},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setupAlike(t, test.answer)
				if test.create != "" {
					_, err := b.Create(t.Context(), alice())
					require.NotErrorIs(t, err, sfprov.ErrNotFound)
					assertStep(t, err, test.create, test.least, test.most)
				}
				if test.update != "" {
					_, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
					require.NotErrorIs(t, err, sfprov.ErrNotFound)
					assertStep(t, err, test.update, test.least, test.most)
				}
				if test.lookUp != "" {
					_, err := b.Find(t.Context(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"Badge__c": "7"}})
					require.NotErrorIs(t, err, sfprov.ErrNotFound)
					assertStep(t, err, test.lookUp, test.least, test.most)
				}
			})
		})
	}
}

// setupAlike mocks an org that answers everything alike.
func setupAlike(t *testing.T, answer httpmock.Responder) *bundle {
	t.Helper()
	b := setup(t, func(c *sfprov.Config) { c.MatchField = "Badge__c" })
	b.on(http.MethodPost, usersURL, answer)
	b.on(http.MethodPatch, usersURL+aliceID, answer)
	b.on(http.MethodGet, queryURL, answer)
	return b
}

func TestNextStepOfLogins(t *testing.T) {
	t.Parallel()
	login := func(status int, code, description string) httpmock.Responder {
		return httpmock.NewStringResponder(status, fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, description))
	}
	for name, test := range map[string]struct {
		answer      httpmock.Responder
		step        sfprov.Step
		least, most time.Duration
		reason      error
	}{
		"wrong secret":          {login(400, "invalid_client", "invalid client credentials"), sfprov.StepSetup, 0, 0, sfprov.ErrAuth},
		"refused":               {login(400, "invalid_grant", "no client credentials user enabled"), sfprov.StepSetup, 0, 0, sfprov.ErrAuth},
		"a login page":          {httpmock.NewStringResponder(200, "<html>"), sfprov.StepSetup, 0, 0, sfprov.ErrAuth},
		"throttled":             {login(400, "invalid_grant", "login rate exceeded"), sfprov.StepAgain, time.Second, time.Hour, sfprov.ErrAuth},
		"throttled, by status":  {httpmock.NewStringResponder(429, ""), sfprov.StepAgain, time.Second, time.Hour, sfprov.ErrAuth},
		"out of order":          {httpmock.NewStringResponder(503, "<html>"), sfprov.StepAgain, 0, time.Minute, sfprov.ErrUnavailable},
		"unknown error":         {login(400, "unknown_error", "retry your request"), sfprov.StepAgain, 0, time.Minute, sfprov.ErrUnavailable},
		"asks to try again":     {login(400, "invalid_grant", "Please retry your request"), sfprov.StepAgain, 0, time.Minute, sfprov.ErrUnavailable},
		"no connection":         {httpmock.NewErrorResponder(dialError()), sfprov.StepAgain, 0, time.Minute, sfprov.ErrUnavailable},
		"untrusted certificate": {httpmock.NewErrorResponder(x509.UnknownAuthorityError{}), sfprov.StepSetup, 0, 0, nil},
		"a redirect":            {httpmock.NewStringResponder(302, ""), sfprov.StepSetup, 0, 0, sfprov.ErrAuth},
		"another host's name":   {httpmock.NewErrorResponder(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}), sfprov.StepSetup, 0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				logins := 0
				b.net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
					logins++
					return test.answer(r)
				})
				for range 3 { // the second and the third may be held back
					_, err := b.Create(t.Context(), alice())
					if test.reason != nil {
						require.ErrorIs(t, err, test.reason)
					}
					assertStep(t, err, test.step, test.least, test.most)
				}
				assert.Equal(t, errors.Is(test.reason, sfprov.ErrUnavailable), logins > 3, "what passes by itself is tried again: %d", logins)
			})
		})
	}
}

func TestNextStepOfWhatWasNotAnswered(t *testing.T) {
	t.Parallel()
	dns := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
	for name, test := range map[string]struct {
		err                         error
		create, withMatch, anUpdate sfprov.Step
	}{
		"not sent":    {dialError(), sfprov.StepAgain, sfprov.StepAgain, sfprov.StepAgain},
		"no such":     {dns, sfprov.StepAgain, sfprov.StepAgain, sfprov.StepAgain},
		"answer lost": {io.EOF, sfprov.StepResolve, sfprov.StepAgain, sfprov.StepAgain},
		"untrusted":   {&net.OpError{Op: "dial", Err: x509.UnknownAuthorityError{}}, sfprov.StepSetup, sfprov.StepSetup, sfprov.StepSetup},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupAlike(t, httpmock.NewErrorResponder(test.err))
			_, err := b.Create(t.Context(), alice())
			assertStep(t, err, test.create, 0, 0)
			u := alice()
			u.Username, u.Fields["Badge__c"] = "bob", "7"
			_, err = b.Create(t.Context(), u)
			assertStep(t, err, test.withMatch, 0, 0)
			_, err = b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			assertStep(t, err, test.anUpdate, 0, 0)
		})
	}
}

// Resolve can't go on for ever: what keeps it from finding out is for a person.
func TestResolveEndsWithAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPost, usersURL, httpmock.NewErrorResponder(io.EOF))
	b.on(http.MethodGet, queryURL, gatewayHTML)
	_, err := b.Create(t.Context(), alice())
	assertStep(t, err, sfprov.StepResolve, 0, 0)
	_, err = b.Resolve(t.Context(), err)
	assertStep(t, err, sfprov.StepResolve, 0, 0)
	b.on(http.MethodGet, queryURL, refused(403, "API_DISABLED_FOR_ORG", "no"))
	_, err = b.Resolve(t.Context(), err)
	require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	assertStep(t, err, sfprov.StepSetup, 0, 0)
	assert.Contains(t, err.Error(), "no API access")
	assert.Contains(t, err.Error(), "Provisioner.Resolve")
}

func TestNextStepOfTheRest(t *testing.T) {
	t.Parallel()
	step, wait := sfprov.NextStep(nil)
	assert.Equal(t, sfprov.StepDone, step)
	assert.Zero(t, wait)
	for want, errs := range map[sfprov.Step][]error{
		sfprov.StepAgain: {
			sfprov.ErrClosed, context.Canceled, context.DeadlineExceeded, sfprov.ErrUnavailable, sfprov.ErrNotCreated,
			errors.Join(context.Canceled, sfprov.ErrTooManyDeactivations),
		},
		sfprov.StepUser: {
			errors.New("foreign"), &sfprov.ValidationError{}, sfprov.ErrNotFound, sfprov.ErrAmbiguousMatch, sfprov.ErrPlanStale,
			sfprov.ErrTooManyDeactivations, sfprov.ErrDuplicateUsername, io.EOF,
		},
		sfprov.StepSetup: {
			&sfprov.ConfigError{Field: "Domain", Problem: "is missing"}, &sfprov.AuthError{StatusCode: 400, Code: "invalid_client"}, sfprov.ErrAuth,
			errors.Join(context.Canceled, &sfprov.AuthError{StatusCode: 400}), errors.Join(sfprov.ErrNotFound, fmt.Errorf("w: %w", &sfprov.AuthError{StatusCode: 400})),
		},
	} {
		for _, err := range errs {
			assertStep(t, err, want, 0, 0)
		}
	}
	assertStep(t, errors.Join(&sfprov.UnconfirmedError{Op: "create"}, &sfprov.ValidationError{}), sfprov.StepResolve, 0, 0)
	assertStep(t, errors.Join(&sfprov.UnconfirmedError{Op: "create"}, sfprov.ErrClosed), sfprov.StepAgain, 0, 0)
	require.NotErrorIs(t, sfprov.ErrNotCreated, sfprov.ErrNotFound)
	assert.NotEmpty(t, sfprov.Explain(sfprov.ErrNotCreated))
}

func TestNextStepOfACallThatEndedEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, gatewayHTML)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := b.Update(ctx, aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
		require.ErrorIs(t, err, context.Canceled)
		assertStep(t, err, sfprov.StepAgain, 0, 0)
		require.NoError(t, b.Close(t.Context()))
		_, err = b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
		require.ErrorIs(t, err, sfprov.ErrClosed)
		assertStep(t, err, sfprov.StepAgain, 0, 0)
	})
}

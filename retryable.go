package sfprov

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// Retryable reports whether the same call can succeed later without anyone changing
// anything: [NextStep] says [StepAgain]. It is false for nil. [RetryAfter] says how
// much later.
func Retryable(err error) bool {
	step, _ := NextStep(err)
	return step == StepAgain
}

// RetryAfter is how long to wait before the next step, as far as is known: the
// duration of [NextStep].
func RetryAfter(err error) time.Duration {
	_, wait := NextStep(err)
	return wait
}

// isMomentary reports whether the same request can succeed within seconds.
func isMomentary(err error) bool {
	var apiErr *APIError
	var lost *transportError
	var authErr *AuthError
	switch {
	case errors.As(err, &lost):
		return !lost.left && !isCertificateError(lost.err)
	case errors.As(err, &apiErr):
		return apiErr.all(func(f failure) bool { return f.soon })
	case errors.As(err, &authErr):
		return classifyAuth(authErr).soon
	}
	return false
}

// isContention reports whether a change met a lock that another one holds: fewer at a
// time get further.
func isContention(err error) bool {
	apiErr, isAPI := errors.AsType[*APIError](err)
	return isAPI && slices.ContainsFunc(apiErr.problems(), func(p APIProblem) bool { return classify(apiErr, p).explain == lockedRows })
}

// hadNoEffect reports whether it is certain that a request which failed has changed
// nothing: it was not sent, or Salesforce says so.
func hadNoEffect(err error) bool {
	var apiErr *APIError
	var lost *transportError
	switch {
	case errors.As(err, &lost):
		return !lost.sent
	case errors.As(err, &apiErr):
		return apiErr.all(func(f failure) bool { return f.undone })
	}
	return true
}

// inDoubt reports whether a request that failed may have been carried out, or may be
// yet: it was sent and not answered, or by a gateway that may have passed it on.
// Error codes are Salesforce's own and mean that it did nothing, and a 503 says
// that nobody took the request.
func inDoubt(err error) bool {
	var silent *transportError
	var apiErr *APIError
	switch {
	case errors.As(err, &silent):
		return silent.sent
	case errors.As(err, &apiErr):
		return apiErr.StatusCode < 300 ||
			apiErr.StatusCode >= 500 && apiErr.StatusCode != http.StatusServiceUnavailable && apiErr.Code == ""
	}
	return false
}

// isOfGateway reports whether an answer is of something on the way that gave up: some
// say so too after they have passed the request on.
func isOfGateway(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && apiErr.Code == "" && classify(apiErr, APIProblem{}).reason == ErrUnavailable //nolint:errorlint // as the table has it
}

// isFinalRefusal reports whether Salesforce refused a request for good. After
// attempts in doubt it ends the doubt: for what it says, those before were refused
// as well.
func isFinalRefusal(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && apiErr.StatusCode >= 400 && apiErr.StatusCode < 500 && apiErr.Code != "" &&
		apiErr.StatusCode != http.StatusUnauthorized && !Retryable(err)
}

// isRefusal reports whether Salesforce refused a change of the user for what it is,
// and not because the set-up is wrong, or for the moment.
func isRefusal(err error) bool {
	if !isFinalRefusal(err) {
		return false
	}
	step, _ := NextStep(err)
	return step == StepUser
}

// mayBeDuplicate reports whether a refused create may mean that the user has an
// account. Which code goes with a match value that is taken is not documented, so
// every refusal of the data counts.
func mayBeDuplicate(err error) bool {
	if errors.Is(err, ErrDuplicateUsername) {
		return true
	}
	apiErr, isAPI := errors.AsType[*APIError](err)
	return isAPI && apiErr.StatusCode == http.StatusBadRequest
}

// mayBeAbsent reports whether an answer to a request that names a record leaves it
// open that there is no such record. It proves nothing: a query does.
func mayBeAbsent(err error) bool {
	var apiErr *APIError
	if !errors.As(err, &apiErr) || !apiErr.asked.record {
		return false
	}
	return apiErr.StatusCode == http.StatusNotFound || slices.ContainsFunc(apiErr.problems(), func(p APIProblem) bool {
		return p.Code == "ENTITY_IS_DELETED" || p.Code == "INVALID_CROSS_REFERENCE_KEY" && len(p.Fields) == 0
	})
}

// isDailyLimit reports whether it is the daily limit, and not the one that is over
// in seconds.
func isDailyLimit(e *APIError) bool {
	return slices.ContainsFunc(e.problems(), func(p APIProblem) bool {
		known := classify(e, p)
		return known.reason == ErrRequestLimit && !known.soon //nolint:errorlint // as the table has it
	})
}

package sfprov

import (
	"errors"
	"time"
)

// Retryable says whether the same call can succeed later without anyone changing
// anything: Salesforce was unavailable, a row was locked, a limit was reached
// that recovers by itself, logins were throttled, the Provisioner was closed, or
// the outcome is unknown and the same call finds out: a deactivation or an update,
// and a create with a match field. It is false where a person must change
// something, and for nil. [RetryAfter] says how much later.
func Retryable(err error) bool {
	switch e := find(err).(type) { //nolint:errorlint // find did the unwrapping
	case *UnconfirmedError:
		return e.again
	case *partialError:
		return e.again && Retryable(e.err)
	case *blockedError:
		return e.freeze != nil && Retryable(e.freeze)
	case *APIError:
		for _, p := range e.problems() {
			if !classify(e, p).retry {
				return false
			}
		}
		return true
	case *AuthError:
		return e.StatusCode >= 500 || explainAuth(e).retry
	case *transportError:
		return e.left || !isCertificateError(e.err)
	case *reserveError:
		return true
	}
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrClosed)
}

// RetryAfter is how long to wait before the same call has a chance, as far as is
// known: what Salesforce asked for, an hour for the daily limit, the pause after
// refused logins. It is 0 where nothing is known, and where a retry does not help.
func RetryAfter(err error) time.Duration {
	if unknown, isUnknown := find(err).(*UnconfirmedError); isUnknown { //nolint:errorlint // find did the unwrapping
		return max(RetryAfter(unknown.look), RetryAfter(unknown.Err))
	}
	if !Retryable(err) {
		return 0
	}
	if held := (*heldLogin)(nil); errors.As(err, &held) {
		return max(time.Until(held.until), 0)
	}
	switch e := find(err).(type) { //nolint:errorlint // find did the unwrapping
	case *partialError:
		return RetryAfter(e.err)
	case *reserveError:
		return e.pause
	case *AuthError:
		if e.RetryAfter == 0 && e.StatusCode < 500 {
			return maxLoginPause // throttled
		}
		return e.RetryAfter
	case *APIError:
		if e.RetryAfter == 0 && isDailyLimit(e) {
			return dailyPause
		}
		return e.RetryAfter
	}
	return 0
}

// isDailyLimit tells the daily limit from the one that is over in seconds.
func isDailyLimit(e *APIError) bool {
	for _, p := range e.problems() {
		if known := classify(e, p); known.reason == ErrRequestLimit && !known.soon { //nolint:errorlint // as the table has it
			return true
		}
	}
	return false
}

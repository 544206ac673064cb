package sfprov

import (
	"context"
	"errors"
)

// Reason sorts an error into a small closed set of names, for metrics and log searches: it
// never holds a name, an ID, or a text of Salesforce's. It is empty for nil. Of joined
// errors it names the first in this list that is among them:
//
//	outcome_unknown, deactivation_blocked, too_many_deactivations, plan_stale,
//	ambiguous_match, duplicate_username, license_limit, not_found, not_created,
//	row_locked, request_limit, permission, invalid_field, invalid_input, invalid_config,
//	auth, unavailable, closed, canceled, deadline_exceeded, source, other
//
// All but these few are the names of this package's errors: row_locked is an unavailability
// that passes when others let go of their locks, invalid_input a [ValidationError],
// invalid_config a [ConfigError], source an error of a [Source] that has none of the other
// reasons.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	for _, r := range reasons {
		if r.is(err) {
			return r.name
		}
	}
	return "other"
}

// reasons are in the order in which they are looked for: what was or wasn't done to the
// user goes before why.
var reasons = []struct { //nolint:gochecknoglobals // a constant table
	name string
	is   func(error) bool
}{
	{"outcome_unknown", matches(ErrOutcomeUnknown)},
	{"deactivation_blocked", matches(ErrDeactivationBlocked)},
	{"too_many_deactivations", matches(ErrTooManyDeactivations)},
	{"plan_stale", matches(ErrPlanStale)},
	{"ambiguous_match", matches(ErrAmbiguousMatch)},
	{"duplicate_username", matches(ErrDuplicateUsername)},
	{"license_limit", matches(ErrLicenseLimit)},
	{"not_found", matches(ErrNotFound)},
	{"not_created", matches(ErrNotCreated)},
	{"row_locked", isContention},
	{"request_limit", matches(ErrRequestLimit)},
	{"permission", matches(ErrPermission)},
	{"invalid_field", matches(ErrInvalidField)},
	{"invalid_input", isA[*ValidationError]},
	{"invalid_config", isA[*ConfigError]},
	{"auth", matches(ErrAuth)},
	{"unavailable", matches(ErrUnavailable)},
	{"closed", matches(ErrClosed)},
	{"canceled", matches(context.Canceled)},
	{"deadline_exceeded", matches(context.DeadlineExceeded)},
	{"source", isA[*sourceError]},
}

func matches(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func isA[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}

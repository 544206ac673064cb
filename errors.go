package sfprov

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// The reasons for which a call fails, for errors.Is. The details come with
// errors.As at the same time: a refused create is both ErrDuplicateUsername and
// an *APIError.
var (
	// ErrAuth: the login was refused, or a request was, with a fresh token.
	ErrAuth = errors.New("sfprov: not authenticated")
	// ErrDuplicateUsername: the username is taken, in this org or in another:
	// Salesforce usernames are unique across all orgs, inactive users included.
	ErrDuplicateUsername = errors.New("sfprov: username is taken")
	// ErrLicenseLimit: no user licence, or feature licence, is left.
	ErrLicenseLimit = errors.New("sfprov: no licence left")
	// ErrNotFound: there is no such user.
	ErrNotFound = errors.New("sfprov: not found")
	// ErrPermission: the integration user may not do this.
	ErrPermission = errors.New("sfprov: permission denied")
	// ErrInvalidField: Salesforce refused a field or its value.
	ErrInvalidField = errors.New("sfprov: invalid field")
	// ErrRequestLimit: the org's limit of API requests is reached: the daily one,
	// or that of requests at the same time.
	ErrRequestLimit = errors.New("sfprov: request limit reached")
	// ErrUnavailable: Salesforce, or the way to it, is out of order.
	ErrUnavailable = errors.New("sfprov: Salesforce is unavailable")
	// ErrDeactivationBlocked: Salesforce refused to deactivate a user. The error
	// and the Result say whether the user was frozen instead.
	ErrDeactivationBlocked = errors.New("sfprov: deactivation is blocked")
	// ErrOutcomeUnknown: a change was sent and its answer was lost, so it is not
	// known whether it was made. The details are in an [UnconfirmedError].
	ErrOutcomeUnknown = errors.New("sfprov: outcome unknown")
	// ErrAmbiguousMatch: more than one account holds the value of the match
	// field, so none of them is touched.
	ErrAmbiguousMatch = errors.New("sfprov: more than one account matches")
)

// The operations, as errors name them.
const (
	opCreate        = "create"
	opUpdate        = "update"
	opDeactivate    = "deactivate"
	opFreeze        = "freeze"
	opAccess        = "change the access of"
	opSetPassword   = "set the password of"
	opResetPassword = "reset the password of"
	opUnfreeze      = "unfreeze"
	opReactivate    = "reactivate"
	opFind          = "find"
	opResolve       = "resolve"
	opEnsure        = "ensure"
	opProvision     = "provision"
	opUsers         = "list users"
	opPlan          = "plan"
	opApply         = "apply"
)

// ConfigError is one thing wrong with a [Config]. [New] and
// [ConfigFromProperties] return all of them, joined by errors.Join.
type ConfigError struct {
	Field   string // of Config; or the property, or the option
	Problem string // what is wrong and what is expected, as the end of a sentence that begins with Field
}

// Error names the field and the problem.
func (e *ConfigError) Error() string { return "sfprov: config: " + e.Field + " " + e.Problem }

// FieldProblem is one reason why a user can't be sent.
type FieldProblem struct {
	Field   string // Salesforce field name, "ID", or the field of User that is at fault
	Problem string // what is wrong and what is expected, as the end of a sentence that begins with Field
}

// ValidationError is a call that can't be right, with everything that is wrong
// with it. Nothing was sent to Salesforce.
type ValidationError struct {
	Problems []FieldProblem
}

// Error lists the problems.
func (e *ValidationError) Error() string { return "sfprov: " + e.summary() }

func (e *ValidationError) summary() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Field + " " + p.Problem
	}
	return "nothing was sent: " + strings.Join(parts, "; ")
}

// APIProblem is one entry of an error answer.
type APIProblem struct {
	Code    string   // Salesforce errorCode
	Message string   // Salesforce's text; its language follows the integration user's
	Fields  []string // API names; taken from the message where Salesforce gives them only there
}

// APIError is what Salesforce answered in place of success. StatusCode is set
// also where the answer came from a gateway and is no JSON; Code is empty then.
//
// Salesforce can report several problems at once: Code, Message and Fields are
// the first one's, Problems holds all, and errors.Is matches any of them. See
// "Status Codes and Error Responses" in the REST API Developer Guide.
type APIError struct {
	Op         string // "create", "update", "deactivate", "find", ...
	Target     string // whom it was about: a Salesforce username, or an ID
	StatusCode int
	Code       string // Salesforce errorCode, e.g. DUPLICATE_USERNAME
	Message    string
	Fields     []string
	Problems   []APIProblem
	// Existing is the ID of the account in the way, for a duplicate that is in
	// this org; empty if there is none, or none that the integration user sees.
	Existing string
	// RetryAfter is how long the answer asked to wait; 0 if it did not.
	RetryAfter time.Duration

	note string // what else is to be said
	byID bool   // it is about the record that the path names
	path bool   // a 404 is about the path, and no record
	cut  bool   // the answer broke off before it told its code
}

// Error states what was tried and on whom, Salesforce's status, code, message
// and fields, cause and cure where they are known, and whether a retry can help.
func (e *APIError) Error() string { return text(e) }

func (e *APIError) summary() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + " " + shown(e.Target) + ": ")
	}
	fmt.Fprintf(&b, "Salesforce answered %d", e.StatusCode)
	for i, p := range e.problems() {
		if i > 0 {
			b.WriteString("; and")
		}
		if p.Code != "" {
			b.WriteString(" " + p.Code)
		}
		if p.Message != "" {
			b.WriteString(": " + plain(p.Message))
		}
		if len(p.Fields) > 0 {
			b.WriteString(" [" + strings.Join(p.Fields, ", ") + "]")
		}
	}
	if e.Existing != "" {
		b.WriteString("; the account in the way is " + e.Existing)
	}
	if e.note != "" {
		b.WriteString("; " + e.note)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; it asks to wait %v", e.RetryAfter)
	}
	return b.String()
}

// problems are all entries, also of an APIError that was put together by hand.
func (e *APIError) problems() []APIProblem {
	if len(e.Problems) > 0 {
		return e.Problems
	}
	return []APIProblem{{Code: e.Code, Message: e.Message, Fields: e.Fields}}
}

// Is matches the sentinel of any of the problems.
func (e *APIError) Is(target error) bool {
	for _, p := range e.problems() {
		if known := classify(e, p); known.reason != nil && known.reason == target {
			return true
		}
	}
	return false
}

// plain takes the line breaks out of a message, HTML ones included.
func plain(message string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(message, "<br>", " ")), " ")
}

// AuthError is what the token endpoint answered in place of a token. It is
// ErrAuth if the login was refused, ErrUnavailable if the endpoint is out of
// order. See "OAuth 2.0 Authorization Errors" in Salesforce Help.
type AuthError struct {
	Endpoint    string // the token endpoint
	GrantType   GrantType
	StatusCode  int
	Code        string        // OAuth error, e.g. invalid_grant
	Description string        // OAuth error_description
	RetryAfter  time.Duration // how long the answer asked to wait; 0 if it did not
}

// Error states where the login was tried, what came back, cause and cure where
// they are known, and whether a retry can help.
func (e *AuthError) Error() string { return text(e) }

func (e *AuthError) summary() string {
	text := fmt.Sprintf("login at %s with grant %s: answered %d", e.Endpoint, e.GrantType, e.StatusCode)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Description != "" {
		text += ": " + plain(e.Description)
	}
	return text
}

// Is matches ErrAuth or ErrUnavailable.
func (e *AuthError) Is(target error) bool {
	if e.StatusCode >= 500 {
		return target == ErrUnavailable
	}
	return target == ErrAuth
}

// blockedError is a deactivation that Salesforce refused, with what became of
// the freeze that stands in for it.
type blockedError struct {
	refusal *APIError
	freeze  error // nil if the user is frozen
}

func (e *blockedError) Error() string { return text(e) }

func (e *blockedError) summary() string {
	if errors.Is(e.freeze, ErrOutcomeUnknown) {
		return e.refusal.summary() + "; the user may be STILL ACTIVE, because it is not known whether freezing succeeded: " + summary(e.freeze)
	}
	if e.freeze != nil {
		return e.refusal.summary() + "; the user is STILL ACTIVE, because freezing failed too: " + summary(e.freeze)
	}
	return e.refusal.summary() + "; the user is frozen instead: the login is locked, the licence still in use"
}

func (e *blockedError) Is(target error) bool { return target == ErrDeactivationBlocked }

func (e *blockedError) Unwrap() []error {
	if e.freeze != nil {
		return []error{e.refusal, e.freeze}
	}
	return []error{e.refusal}
}

// callError decorates what went wrong in a call with operation and target, once,
// at the edge. An *APIError names them itself.
type callError struct {
	op, target string
	err        error
}

func (e *callError) Error() string { return text(e) }

func (e *callError) summary() string { return e.op + " " + shown(e.target) + ": " + summary(e.err) }

func (e *callError) Unwrap() error { return e.err }

// stepError names the step of a call that failed.
type stepError struct {
	step string // with what went before, as the beginning of a sentence
	err  error
}

func (e *stepError) Error() string { return text(e) }

func (e *stepError) summary() string { return e.step + ": " + summary(e.err) }

func (e *stepError) Unwrap() error { return e.err }

// transportError is a request that got no answer, or none that can be understood.
type transportError struct {
	err  error
	sent bool // the request may have reached Salesforce
	left bool // the caller's context ended
}

func (e *transportError) Error() string { return text(e) }

func (e *transportError) summary() string {
	if e.left {
		return e.err.Error()
	}
	return "no answer from Salesforce: " + e.err.Error()
}

// Is matches ErrUnavailable, unless it was the caller who left.
func (e *transportError) Is(target error) bool { return !e.left && target == ErrUnavailable }

func (e *transportError) Unwrap() error { return e.err }

// newTransportError takes the URL out of what net/http reports: a query string
// holds names and addresses of people.
func newTransportError(ctx context.Context, err error, sent bool) *transportError {
	if urlErr := (*url.Error)(nil); errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	if cause := context.Cause(ctx); errors.Is(cause, ErrClosed) {
		return &transportError{err: cause, sent: sent, left: true}
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("it took too long") // the limit is this library's, and not the caller's context
	}
	if ctx.Err() != nil {
		err = ctx.Err()
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			err = fmt.Errorf("%w: %w", err, cause)
		}
		return &transportError{err: err, sent: sent, left: true}
	}
	return &transportError{err: err, sent: sent}
}

// decorate puts operation and target on an error that leaves a call.
func decorate(op, target string, err error) error {
	if err == nil {
		return nil
	}
	switch e := err.(type) { //nolint:errorlint // a wrapped one is decorated by its wrapper
	case *APIError:
		decorated := *e // it may be a remembered one, which other calls get too
		decorated.Op, decorated.Target = op, target
		return &decorated
	case *UnconfirmedError:
		return e // names both itself
	case *heldLogin:
		return &heldLogin{err: decorate(op, target, e.err), until: e.until}
	}
	return &callError{op: op, target: target, err: err}
}

// text is what the outermost error prints: what happened, cause and cure, and
// whether a retry can help.
func text(err error) string {
	what, then := summary(err), advice(err)
	if then != "" {
		what = strings.TrimRight(what, ". ") // messages of Salesforce's end with or without
	}
	return "sfprov: " + printable(what) + then
}

// printable takes out what a foreign text could do to a terminal or a log.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// shown is a target in a text: an ID as it is, anything else quoted.
func shown(target string) string {
	if _, problem := parseID(target); problem == "" {
		return target
	}
	return quote(target)
}

// summary is the text of an error without prefix and advice, which only the
// outermost error gives.
func summary(err error) string {
	if s, ok := err.(interface{ summary() string }); ok {
		return s.summary()
	}
	return strings.TrimPrefix(err.Error(), "sfprov: ")
}

// find returns the outermost error of this package that carries details.
func find(err error) error {
	for err != nil {
		switch e := err.(type) { //nolint:errorlint // this is the unwrapping
		case *UnconfirmedError, *blockedError, *partialError, *reserveError, *noLoginError, *APIError, *AuthError, *transportError:
			return e
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				if found := find(inner); found != nil {
					return found
				}
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

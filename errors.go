package sfprov

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
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
	// ErrNotFound: there is no such user, as a query has shown.
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
	opAccount       = "read"
	opAccessOf      = "read the access of"
	opMembers       = "list the members of"
	opCatalog       = "list each"
	opFollow        = "follow"
	opReconcile     = "reconcile"
	opSchema        = "read the fields of users"
	opPlan          = "plan"
	opApply         = "apply"
)

// ConfigError is one thing wrong with a [Config]. [New] and
// [ConfigFromProperties] return all of them, joined by errors.Join.
type ConfigError struct {
	Field   string // of Config; or the property that it comes from, or the option
	Problem string // what is wrong and what is expected, as the end of a sentence that begins with Field
}

// Error names the field and the problem.
func (e *ConfigError) Error() string { return render(e) }

func (e *ConfigError) summary() string             { return "config: " + e.Field + " " + e.Problem }
func (e *ConfigError) explanation() string         { return "" }
func (e *ConfigError) next() (Step, time.Duration) { return StepSetup, 0 }
func (e *ConfigError) saysWhetherAgain() bool      { return true }

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
func (e *ValidationError) Error() string { return render(e) }

func (e *ValidationError) summary() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Field + " " + p.Problem
	}
	return "nothing was sent: " + strings.Join(parts, "; ")
}

func (e *ValidationError) explanation() string         { return "" }
func (e *ValidationError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *ValidationError) saysWhetherAgain() bool      { return true }

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
	// inferred says that no request was refused: a query showed what a request would have
	// been refused for.
	inferred bool
	cut      bool // the answer broke off before it told its code
	tooLong  bool // the answer was cut by this library
	asked    requestFacts
}

// Error states what was tried and on whom, Salesforce's status, code, message
// and fields, cause and cure where they are known, and whether a retry can help.
func (e *APIError) Error() string { return render(e) }

func (e *APIError) summary() string {
	if e.Op == "" {
		return e.answered()
	}
	return named(e.Op, e.Target) + ": " + e.answered()
}

// answered is the summary without operation and target.
func (e *APIError) answered() string {
	var b strings.Builder
	if e.inferred {
		b.WriteString(e.Message)
	} else {
		fmt.Fprintf(&b, "Salesforce answered %d", e.StatusCode)
		e.list(&b)
	}
	if e.tooLong {
		b.WriteString("; the answer is longer than the 1 MiB that this library reads of it, which cut the rest off")
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

// list writes what Salesforce said.
func (e *APIError) list(b *strings.Builder) {
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

// all reports whether all problems are of a kind.
func (e *APIError) all(of func(failure) bool) bool {
	for _, p := range e.problems() {
		if !of(classify(e, p)) {
			return false
		}
	}
	return true
}

func (e *APIError) explanation() string {
	return e.explained(func(failure) bool { return true })
}

// explained are the explanations of the problems of a kind.
func (e *APIError) explained(of func(failure) bool) string {
	var texts []string
	for _, p := range e.problems() {
		known := classify(e, p)
		text := e.worded(known, p)
		if text != "" && of(known) && !strings.Contains(strings.Join(texts, " "), text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ". ")
}

// references names the references that a problem can be about.
func (e *APIError) references(p APIProblem) string {
	names := p.Fields
	if len(names) == 0 {
		names = e.asked.sent
	}
	switch len(names) {
	case 0:
		return "An ID that was sent"
	case 1:
		return "The ID in " + names[0]
	}
	return "One of the IDs in " + strings.Join(names, ", ")
}

// next is the worst of the problems': what the set-up is at fault for hits all,
// and a part that passes by itself does not mend the others.
func (e *APIError) next() (Step, time.Duration) {
	step, wait := StepAgain, e.RetryAfter
	for _, p := range e.problems() {
		switch known := classify(e, p); known.step {
		case StepSetup:
			return StepSetup, 0
		case StepAgain:
		case StepDone, StepResolve, StepUser, "":
			step = StepUser
		}
	}
	if wait < dailyPauseLeast && isDailyLimit(e) {
		wait = dailyPause
	}
	return step, wait
}

func (e *APIError) saysWhetherAgain() bool { return false }

// blamesToken reports whether another token can help.
func (e *APIError) blamesToken() bool {
	return e.StatusCode == http.StatusUnauthorized && e.Code != "INVALID_AUTH_HEADER" && e.Code != "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"
}

// plain takes the line breaks out of a message, HTML ones included.
func plain(message string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(message, "<br>", " ")), " ")
}

// AuthError is what the token endpoint answered in place of a token. It is
// ErrAuth if the login was refused, ErrUnavailable if the endpoint is out of
// order, or asks to try again. See "OAuth 2.0 Authorization Errors" in Salesforce Help.
type AuthError struct {
	Endpoint    string // the token endpoint
	GrantType   GrantType
	StatusCode  int
	Code        string        // OAuth error, e.g. invalid_grant
	Description string        // OAuth error_description
	RetryAfter  time.Duration // how long the answer asked to wait; 0 if it did not

	ahead time.Duration // this machine's clock of Salesforce's, as far as the answer tells
}

// Error states where the login was tried, what came back, cause and cure where
// they are known, and whether a retry can help.
func (e *AuthError) Error() string { return render(e) }

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

func (e *AuthError) explanation() string { return classifyAuth(e).explain }

// next is the set-up, but for what passes by itself.
func (e *AuthError) next() (Step, time.Duration) {
	known := classifyAuth(e)
	switch {
	case known.step != StepAgain:
		return StepSetup, 0
	case e.RetryAfter == 0 && !known.soon: // throttled
		return StepAgain, maxLoginPause
	}
	return StepAgain, e.RetryAfter
}

func (e *AuthError) saysWhetherAgain() bool { return false }

// Is matches ErrAuth or ErrUnavailable.
func (e *AuthError) Is(target error) bool { return target == classifyAuth(e).reason }

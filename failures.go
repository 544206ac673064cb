package sfprov

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// detailed is an error of this package that answers for itself. What only adds to
// another error, as callError does, has a summary alone: the rest is said by what
// it wraps.
type detailed interface {
	error
	summary() string               // what happened, without prefix and explanation
	explanation() string           // cause and cure; empty where there is nothing to add
	next() (Step, time.Duration)   // see NextStep
	saysWhetherAgain() (isSo bool) // it is clear without a word on retries
}

// Every error that answers for itself.
var _ = []detailed{
	(*APIError)(nil), (*AuthError)(nil), (*ValidationError)(nil), (*ConfigError)(nil), (*UnconfirmedError)(nil),
	(*transportError)(nil), (*heldLogin)(nil), (*loginError)(nil), (*reserveError)(nil), (*notFoundError)(nil),
	(*unsentError)(nil), (*runError)(nil), (*passwordLostError)(nil),
	(*blockedError)(nil), (*noLoginError)(nil), (*ownUserError)(nil), (*unknownSelfError)(nil), (*partialError)(nil), (*vetoError)(nil),
}

// detailOf returns the outermost error that answers for itself, or nil.
func detailOf(err error) detailed {
	switch e := err.(type) { //nolint:errorlint // this is the unwrapping
	case detailed:
		return e
	case interface{ Unwrap() error }:
		return detailOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			if found := detailOf(part); found != nil {
				return found
			}
		}
	}
	return nil
}

// render is what the outermost error prints: what happened, cause and cure, and
// whether a retry can help.
func render(err error) string {
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

// named is an operation with its target, where it has one.
func named(op, target string) string {
	if target == "" {
		return op
	}
	return op + " " + shown(target)
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

// cause is the summary of an error that another one wraps, which has named
// operation and target already.
func cause(err error) string {
	if e, ok := err.(*APIError); ok { //nolint:errorlint // a wrapped one is named by its wrapper
		return e.answered()
	}
	return summary(err)
}

// decorate puts operation and target on an error that leaves a call.
func decorate(op, target string, err error) error {
	switch filled := filled(op, target, err).(type) { //nolint:errorlint // a wrapped one is decorated by its wrapper
	case nil:
		return nil
	case *APIError, *UnconfirmedError, *heldLogin: // name them
		return filled
	default:
		return &callError{op: op, target: target, err: filled}
	}
}

// filled puts operation and target on the answers of Salesforce in an error. The
// error itself is left as it is: it may be a remembered one, which other calls get
// too.
func filled(op, target string, err error) error {
	switch e := err.(type) { //nolint:errorlint // this is the unwrapping
	case *APIError:
		clone := *e
		clone.Op, clone.Target = op, target
		return &clone
	case *UnconfirmedError:
		clone := *e
		clone.Err, clone.look = filled(op, target, e.Err), filled(op, target, e.look)
		return &clone
	case *heldLogin:
		return &heldLogin{err: decorate(op, target, e.err), until: e.until}
	case *stepError:
		return &stepError{step: e.step, err: filled(op, target, e.err)}
	case *partialError:
		clone := *e
		clone.err = filled(op, target, e.err)
		return &clone
	case *notFoundError:
		return &notFoundError{err: filled(op, target, e.err), sought: e.sought}
	case *blockedError:
		clone := blockedError{freeze: filled(op, target, e.freeze)}
		if refusal, isAnswer := filled(op, target, e.refusal).(*APIError); isAnswer { //nolint:errorlint // of the same type
			clone.refusal = refusal
		}
		return &clone
	}
	return err
}

// callError names the call in which an error came up, and whom it was about. An
// *APIError names them itself.
type callError struct {
	op, target string
	err        error
}

func (e *callError) Error() string   { return render(e) }
func (e *callError) summary() string { return named(e.op, e.target) + ": " + cause(e.err) }
func (e *callError) Unwrap() error   { return e.err }

// stepError names the step of a call that failed.
type stepError struct {
	step string // with what went before, as the beginning of a sentence
	err  error
}

func (e *stepError) Error() string   { return render(e) }
func (e *stepError) summary() string { return e.step + ": " + cause(e.err) }
func (e *stepError) Unwrap() error   { return e.err }

// unconfirmed is a change that may have been made although its request failed.
type unconfirmed struct {
	err error // of the last attempt
}

func (e *unconfirmed) Error() string   { return e.err.Error() }
func (e *unconfirmed) summary() string { return summary(e.err) }
func (e *unconfirmed) Unwrap() error   { return e.err }

// transportError is a request that got no answer, or none that can be understood.
type transportError struct {
	err  error
	sent bool // the request may have reached Salesforce
	left bool // the caller's context ended
}

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

func (e *transportError) Error() string { return render(e) }

func (e *transportError) summary() string {
	if e.left {
		return e.err.Error()
	}
	return "no answer from Salesforce: " + e.err.Error()
}

func (e *transportError) explanation() string {
	var dns *net.DNSError
	switch {
	case errors.Is(e.err, ErrClosed):
		return processStops
	case e.left:
		return ""
	case isCertificateError(e.err):
		return "The server's certificate is not trusted. A proxy may break up TLS: add its certificate authority to the system's, or give WithHTTPClient a client that trusts it"
	case errors.As(e.err, &dns) && dns.IsNotFound:
		return "The host name is not known. Check Config.Domain (Setup, My Domain), and whether this machine needs a proxy (HTTPS_PROXY)"
	case errors.Is(e.err, syscall.ECONNREFUSED):
		return "Nothing listens there. Check Config.Domain and the proxy (HTTPS_PROXY)"
	}
	return ""
}

func (e *transportError) next() (Step, time.Duration) {
	if !e.left && isCertificateError(e.err) {
		return StepSetup, 0
	}
	return StepAgain, 0
}

func (e *transportError) saysWhetherAgain() bool { return e.left } // the caller left, and knows

// Is matches ErrUnavailable, unless it was the caller who left.
func (e *transportError) Is(target error) bool { return !e.left && target == ErrUnavailable }

func (e *transportError) Unwrap() error { return e.err }

// heldLogin is a login that was not tried, because the ones before it failed.
type heldLogin struct {
	err   error // of the last one
	until time.Time
}

func (e *heldLogin) Error() string { return render(e) }

func (e *heldLogin) summary() string {
	return fmt.Sprintf("%s; the login is not tried again for %v", summary(e.err), max(time.Until(e.until), 0).Round(time.Second))
}

func (e *heldLogin) explanation() string { return Explain(e.err) }

func (e *heldLogin) next() (Step, time.Duration) {
	step, _ := NextStep(e.err)
	return step, time.Until(e.until)
}

func (e *heldLogin) saysWhetherAgain() bool { return false }

func (e *heldLogin) Unwrap() error { return e.err }

// loginError is a login that could not be sent, for example because the key
// can't sign.
type loginError struct {
	grant GrantType
	err   error
}

func (e *loginError) Error() string { return render(e) }

func (e *loginError) summary() string {
	return fmt.Sprintf("login with grant %s: nothing was sent: %s", e.grant, summary(e.err))
}

func (e *loginError) explanation() string         { return "" }
func (e *loginError) next() (Step, time.Duration) { return StepSetup, 0 }
func (e *loginError) saysWhetherAgain() bool      { return false }
func (e *loginError) Unwrap() error               { return e.err }

// reserveError is a call that was not begun, to leave the rest of the daily limit
// to others.
type reserveError struct {
	usage   APIUsage
	reserve float64
	pause   time.Duration
}

func (e *reserveError) Error() string { return render(e) }

func (e *reserveError) summary() string {
	return fmt.Sprintf("nothing was sent: %d of the org's %d daily API requests are spent, and %g %% are left to others (WithAPIReserve); come back in %v",
		e.usage.Used, e.usage.Limit, e.reserve*100, e.pause.Round(time.Second))
}

func (e *reserveError) explanation() string {
	return "Wait for the count of the last 24 hours to fall (Setup, Company Information, API Requests), look for who spends it (Setup, API Usage), or lower the reserve"
}

func (e *reserveError) next() (Step, time.Duration) { return StepAgain, e.pause }
func (e *reserveError) saysWhetherAgain() bool      { return false }

// Is matches ErrRequestLimit.
func (e *reserveError) Is(target error) bool { return target == ErrRequestLimit }

// notFoundError is a record of which a query has proved that it isn't there.
type notFoundError struct {
	err    error // what gave the reason to look; nil if there was none
	sought bool  // by a match value or a username, and not by an ID
}

func (e *notFoundError) Error() string { return render(e) }

func (e *notFoundError) summary() string {
	if e.err == nil {
		return "there is no such user in this org"
	}
	return "there is no such user in this org, as a query shows: " + cause(e.err)
}

func (e *notFoundError) explanation() string {
	if e.sought {
		return ""
	}
	return "No user of this org has that ID. Was it stored for another org or sandbox?"
}

func (e *notFoundError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *notFoundError) saysWhetherAgain() bool      { return false }

// Is matches ErrNotFound.
func (e *notFoundError) Is(target error) bool { return target == ErrNotFound }

func (e *notFoundError) Unwrap() error { return e.err }

// blockedError is a deactivation that Salesforce refused, with what became of
// the freeze that stands in for it.
type blockedError struct {
	refusal *APIError
	freeze  error // nil if the user is frozen
}

func (e *blockedError) Error() string { return render(e) }

func (e *blockedError) summary() string {
	if errors.Is(e.freeze, ErrOutcomeUnknown) {
		return e.refusal.answered() + "; the user may be STILL ACTIVE, because it is not known whether freezing succeeded: " + cause(e.freeze)
	}
	if e.freeze != nil {
		return e.refusal.answered() + "; the user is STILL ACTIVE, because freezing failed too: " + cause(e.freeze)
	}
	return e.refusal.answered() + "; the user is frozen instead: the login is locked, the licence still in use"
}

// explanation is that of the refusal, where there is one that is more than what its
// code means.
func (e *blockedError) explanation() string {
	why := e.refusal.explained(func(f failure) bool { return !f.vague })
	if why == "" {
		return deactivationRefused
	}
	return why
}

// next is the user's, unless the user could not even be frozen, for the moment or
// because of the set-up. A right that is missing for freezing alone concerns nobody
// else.
func (e *blockedError) next() (Step, time.Duration) {
	step, wait := nextOf(e.freeze)
	if step == StepAgain || step == StepSetup && !errors.Is(e.freeze, ErrPermission) {
		return step, wait
	}
	return StepUser, 0
}

func (e *blockedError) saysWhetherAgain() bool { return false }

// Is matches ErrDeactivationBlocked.
func (e *blockedError) Is(target error) bool { return target == ErrDeactivationBlocked }

func (e *blockedError) Unwrap() []error {
	if e.freeze != nil {
		return []error{e.refusal, e.freeze}
	}
	return []error{e.refusal}
}

// noLoginError is a user without a UserLogin record.
type noLoginError struct {
	userType string // where it is known
}

func (e *noLoginError) Error() string { return render(e) }

func (e *noLoginError) summary() string {
	if e.userType == "" {
		return "the user has no UserLogin record, so the login can't be frozen"
	}
	return fmt.Sprintf("the user, of the type %s, has no UserLogin record, so the login can't be frozen", e.userType)
}

func (e *noLoginError) explanation() string {
	return "Guest users, automated processes and the like have no login of their own. Nobody can log in as them; to take their rights away, change their profile or permission sets"
}

func (e *noLoginError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *noLoginError) saysWhetherAgain() bool      { return false }

// ownUserError is a call that would have locked out the integration user, or made it
// somebody else's.
type ownUserError struct {
	id    string
	takes bool // it would have been taken over
}

func (e *ownUserError) Error() string { return render(e) }

func (e *ownUserError) summary() string {
	if e.takes {
		return "the account that matches is the integration user itself (" + e.id + "), which is not taken over for another user: nothing was changed"
	}
	return "this is the integration user itself (" + e.id + "), and locking it out would lock this service out: nothing was changed"
}

func (e *ownUserError) explanation() string {
	if e.takes {
		return "Look at how this user came to its match value"
	}
	return "If it is to go, let this service log in as another user first. If it is no user of the identity store at all, look at how this call came to its ID"
}

func (e *ownUserError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *ownUserError) saysWhetherAgain() bool      { return false }

// Is matches ErrDeactivationBlocked.
func (e *ownUserError) Is(target error) bool { return target == ErrDeactivationBlocked }

// unknownSelfError is a call that could lock out the integration user, since nobody tells
// who that is.
type unknownSelfError struct{}

func (e *unknownSelfError) Error() string { return render(e) }

func (e *unknownSelfError) summary() string {
	return "it is not known who the integration user is, so nobody is frozen and no plan locks anybody out"
}

func (e *unknownSelfError) explanation() string {
	return "Neither the login nor " + userInfoPath + " tells. If a proxy is between, let both through as they are"
}

func (e *unknownSelfError) next() (Step, time.Duration) { return StepSetup, 0 }
func (e *unknownSelfError) saysWhetherAgain() bool      { return false }

// partialError is a call that did a part, as its Result says, and could not do the
// rest.
type partialError struct {
	done    string   // what was done, with the ID
	missing []string // the names of what is not, such as `PermissionSet "Sales"`
	err     error    // why
	then    string   // how to go on where the same call does not take up the rest; empty if it does
}

func (e *partialError) Error() string { return render(e) }

func (e *partialError) summary() string {
	return e.done + "; still missing: " + strings.Join(e.missing, ", ") + "; because: " + cause(e.err)
}

func (e *partialError) explanation() string {
	why := strings.TrimSuffix(Explain(e.err), ".")
	if _, isUnknown := errors.AsType[*UnconfirmedError](e.err); isUnknown && e.then != "" {
		why = "" // it speaks of the call
	}
	if then := e.then; then != "" {
		if why != "" {
			why += ". "
		}
		why += then
	}
	return why
}

func (e *partialError) next() (Step, time.Duration) {
	step, wait := NextStep(e.err)
	if step == StepSetup || step == StepAgain {
		return step, wait
	}
	return StepUser, 0
}

func (e *partialError) saysWhetherAgain() bool { return false }

func (e *partialError) Unwrap() error { return e.err }

// unsentError is a user of a batch who was not begun, because the run was stopped.
type unsentError struct {
	err      error // why it was stopped
	byCaller bool  // by an error of the caller's own, which says nothing about the user
}

func (e *unsentError) Error() string { return render(e) }
func (e *unsentError) summary() string {
	return "not sent, because the run was stopped: " + cause(e.err)
}

func (e *unsentError) explanation() string {
	if e.byCaller {
		return ""
	}
	return Explain(e.err)
}

func (e *unsentError) next() (Step, time.Duration) {
	if e.byCaller {
		return StepAgain, 0
	}
	return NextStep(e.err)
}

func (e *unsentError) saysWhetherAgain() bool { return false }
func (e *unsentError) Unwrap() error          { return e.err }

// runError is a run of which not every user is done.
type runError struct {
	op      string
	counts  Summary
	stopped bool    // before the end of the input
	reasons []error // the first ones
}

func (e *runError) Error() string { return "sfprov: " + printable(e.summary()) }

func (e *runError) summary() string {
	s := e.counts
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d of %d users are not done (%d refused, %d not sent, %d unknown)", e.op, s.Users-s.Done, s.Users, s.Refused, s.NotSent, s.Unknown)
	if e.stopped {
		text.WriteString(", and the run was stopped")
	}
	for i, reason := range e.reasons {
		text.WriteString([]string{": ", "; "}[min(i, 1)] + strings.TrimPrefix(reason.Error(), "sfprov: "))
	}
	if more := s.Users - s.Done - len(e.reasons); more > 0 {
		fmt.Fprintf(&text, "; and %d more", more)
	}
	return text.String()
}

func (e *runError) explanation() string { return "" } // the reasons give theirs

// next is what comes next for most: the set-up, or the same users again.
func (e *runError) next() (Step, time.Duration) {
	step, wait := nextOf(errors.Join(e.reasons...))
	if step != StepSetup && e.counts.NotSent > 0 {
		step = StepAgain
	}
	return step, wait
}

func (e *runError) saysWhetherAgain() bool { return true }

// Unwrap returns the first reasons.
func (e *runError) Unwrap() []error { return e.reasons }

// vetoError is an account that the function of WithAdoption keeps out of reach.
type vetoError struct {
	id  string // of the account
	err error  // that the function returned
}

func (e *vetoError) Error() string { return render(e) }
func (e *vetoError) summary() string {
	return "the account " + e.id + " was not adopted: " + summary(e.err)
}
func (e *vetoError) explanation() string         { return "" }
func (e *vetoError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *vetoError) saysWhetherAgain() bool      { return true }
func (e *vetoError) Unwrap() error               { return e.err }

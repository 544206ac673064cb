package sfprov

import (
	"strings"
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
	(*transportError)(nil), (*heldLogin)(nil), (*loginError)(nil), (*credentialsError)(nil), (*sourceError)(nil), (*reserveError)(nil), (*notFoundError)(nil),
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
	return "sfprov: " + printable(what+then) // advice names fields as Salesforce does
}

// printable takes out what a foreign text could do to a terminal or a log: control
// characters, escapes, line breaks of all kinds, and what changes the direction of a text
// or can't be seen.
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
	case *APIError, *UnconfirmedError, *heldLogin, *runError: // name them
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

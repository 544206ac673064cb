package sfprov

import (
	"context"
	"errors"
	"time"
)

// Step is what a program does next with a user whose call failed. See [NextStep].
type Step string

// The steps.
const (
	// StepDone: the error is nil.
	StepDone Step = "done"
	// StepAgain: make the same call again, after the duration at the earliest.
	StepAgain Step = "again"
	// StepResolve: give the error to [Provisioner.Resolve], which finds out whether
	// the user was created.
	StepResolve Step = "resolve"
	// StepUser: a person must look at this user. Others are not concerned.
	StepUser Step = "user"
	// StepSetup: a person must look at the set-up: the credentials, the network, the
	// org, the rights of the integration user. Every other call meets the same, so
	// stop, and go on with all that is left once it is mended.
	StepSetup Step = "setup"
)

// ErrNotCreated is the answer of [Provisioner.Resolve] where a query shows that
// there is no such account, so far. Create may be called again. It is never
// [ErrNotFound], which says of a user that was there that there is none any more.
var ErrNotCreated = errors.New("sfprov: not created")

// maxWait bounds what an answer can ask for.
const maxWait = 24 * time.Hour

// NextStep says what to do next after an error of this package, and how long to
// wait before: 0, or what is known, such as what the answer asked for, an hour for
// the daily limit, or the pause after refused logins; never more than a day.
//
// Whoever does what it says, over and over, ends with [StepDone] or with a person.
// Wrapping the error changes nothing. Of joined errors, the set-up comes first,
// then what another call can mend, then what Resolve can tell. An error that is not
// of this package is for a person, unless it is that of a context that ended.
func NextStep(err error) (Step, time.Duration) {
	if err == nil {
		return StepDone, 0
	}
	step, wait := nextOf(err)
	switch step {
	case "":
		return StepUser, 0
	case StepAgain, StepResolve:
		return step, min(max(wait, 0), maxWait)
	case StepDone, StepUser, StepSetup:
	}
	return step, 0
}

// precedence is the order of the steps of joined errors, the last one first.
var precedence = map[Step]int{StepUser: 1, StepResolve: 2, StepAgain: 3, StepSetup: 4} //nolint:gochecknoglobals // a constant table

// nextOf is NextStep, but that the step is empty for an error that nothing is known
// of.
func nextOf(err error) (step Step, wait time.Duration) {
	switch e := err.(type) { //nolint:errorlint // this is the unwrapping
	case nil:
		return "", 0
	case detailed:
		return e.next()
	case interface{ Unwrap() error }:
		return nextOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			one, pause := nextOf(part)
			switch {
			case precedence[one] > precedence[step]:
				step, wait = one, pause
			case one == step:
				wait = max(wait, pause)
			}
		}
		return step, wait
	}
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			return known.step, 0
		}
	}
	return "", 0
}

// sentinels are what stands at the end of an error tree and tells a step.
var sentinels = []struct { //nolint:gochecknoglobals // a constant table
	err     error
	step    Step
	explain string
}{
	{ErrAuth, StepSetup, ""},
	{context.Canceled, StepAgain, ""},
	{context.DeadlineExceeded, StepAgain, ""},
	{ErrClosed, StepAgain, processStops},
	{ErrNotCreated, StepAgain, "There is no such account, so far. Call Create again"},
	{ErrUnavailable, StepAgain, ""},
	{ErrRequestLimit, StepAgain, ""},
	{ErrNotFound, StepUser, ""},
	{ErrDuplicateUsername, StepUser, ""},
	{ErrAmbiguousMatch, StepUser, ""},
	{ErrLicenseLimit, StepUser, ""},
	{ErrPermission, StepUser, ""},
	{ErrInvalidField, StepUser, ""},
	{ErrDeactivationBlocked, StepUser, ""},
	{ErrPlanStale, StepUser, ""},
	{ErrTooManyDeactivations, StepUser, ""},
}

package sfprov

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

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
	if s.Users == s.Done { // whom it was stopped before
		fmt.Fprintf(&text, "%s: the run was stopped after %d users, all of whom are done", e.op, s.Users)
	} else {
		fmt.Fprintf(&text, "%s: %d of %d users are not done (%d refused, %d not sent, %d unknown)",
			e.op, s.Users-s.Done, s.Users, s.Refused, s.NotSent, s.Unknown)
	}
	if e.stopped && s.Users > s.Done {
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

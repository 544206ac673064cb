package sfprov

import (
	"errors"
	"slices"
	"strings"
)

// finish tells what became of a user.
func (r *run) finish(it *item) {
	r.held--
	r.release(it)
	if it.err == nil {
		r.learn(it)
	}
	step, _ := NextStep(it.err)
	it.err = decorate(r.op, it.target(), it.err)
	if step == StepSetup && r.stop == nil {
		r.halt(it.err)
	}
	state := stateOf(step, it.err)
	r.summary.add(state, it.result)
	if r.op != opPlan {
		tracedCallIn(r.ctx).user(r.ctx, UserEndInfo{Result: it.result, Err: it.err, State: state})
	}
	if it.err != nil && len(r.reasons) < maxReasons {
		r.reasons = append(r.reasons, it.err)
	}
	r.progress.done(r.ctx)
	if r.told { // by an error of each, that it wants no more
		return
	}
	if err := r.each(Outcome{Index: it.index, User: it.d.user, Result: it.result, Err: it.err, State: state}); err != nil {
		r.told = true
		r.stop = nil
		r.halt(&callerError{err: err})
	}
}

// learn notes what others of the run have to know of what was done.
func (r *run) learn(it *item) {
	for _, c := range it.result.Changes {
		if name, isText := c.Before.(string); isText && c.Field == "Username" {
			r.vacated[strings.ToLower(name)] = true
		}
	}
}

func (it *item) target() string {
	switch {
	case it.d.target() != "" || it.planned == nil:
		return it.d.target()
	}
	return it.planned.Username
}

// halt ends the run: nothing new begins.
func (r *run) halt(why error) {
	if r.stop == nil {
		r.stop = why
	}
	r.stopInput()
}

// dropUnsent finishes the users of whom nothing was sent.
func (r *run) dropUnsent() {
	unsent := slices.Concat(r.window, r.changes, r.creates, r.waiting)
	r.window, r.changes, r.creates, r.waiting = nil, nil, nil, nil
	for _, it := range unsent {
		it.err = notSent(r.stop)
		r.finish(it)
	}
	later := r.later
	r.later = nil
	for _, it := range later { // who have an error of their own
		r.finish(it)
	}
}

// notSent is the error of a user who was not begun because the run ended.
func notSent(why error) error {
	if caller, isCallers := why.(*callerError); isCallers { //nolint:errorlint // as halt was given it
		return &unsentError{err: caller.err, byCaller: true}
	}
	return &unsentError{err: why}
}

// callerError is an error of the caller's own function, which ends a run and is
// returned as it is.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }

// verdict is the error of the run.
func (r *run) verdict() error {
	if r.stop == nil && r.over.err != nil {
		r.stop = &callerError{err: r.over.err}
	}
	if caller, isCallers := r.stop.(*callerError); isCallers { //nolint:errorlint // as halt was given it
		return caller.err
	}
	if r.stop == nil && r.summary.Done == r.summary.Users {
		return nil
	}
	reasons := r.reasons
	if r.stop != nil && !slices.ContainsFunc(reasons, func(err error) bool { return errors.Is(err, r.stop) }) {
		reasons = append([]error{r.stop}, reasons...)
	}
	return &runError{op: r.op, counts: r.summary, stopped: r.stop != nil, reasons: reasons}
}

// maxReasons is how many errors the error of a run wraps.
const maxReasons = 3

package sfprov

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Outcome is what became of one user of a batch.
type Outcome struct {
	Index  int // of the user in the input, from 0; of the step, with [Provisioner.Apply]
	User   User
	Result Result
	Err    error
	State  OutcomeState
}

// OutcomeState sorts outcomes as a [Summary] counts them. [NextStep] of the Err says
// what to do.
type OutcomeState string

// The states of outcomes.
const (
	OutcomeDone    OutcomeState = "done"     // confirmed, as Result says
	OutcomeRefused OutcomeState = "refused"  // a person must look at this user; Result says what was done all the same
	OutcomeNotSent OutcomeState = "not sent" // not done, or not to the end, and not because of this user
	OutcomeUnknown OutcomeState = "unknown"  // ErrOutcomeUnknown
)

// stateOf sorts an error of which it is known what comes next.
func stateOf(step Step, err error) OutcomeState {
	if errors.Is(err, ErrOutcomeUnknown) {
		return OutcomeUnknown
	}
	switch step {
	case StepDone:
		return OutcomeDone
	case StepAgain, StepSetup:
		return OutcomeNotSent
	case StepResolve:
		return OutcomeUnknown
	case StepUser:
	}
	return OutcomeRefused
}

// Summary counts what became of the users of a batch: Users is the sum of Done,
// Refused, NotSent and Unknown.
type Summary struct {
	Users   int // that were taken from the input
	Done    int
	Changed int // of those who are done: something was changed
	Refused int
	NotSent int
	Unknown int

	APICalls int // repeated ones included
	Took     time.Duration
}

func (s *Summary) add(state OutcomeState, result Result) {
	switch state {
	case OutcomeDone:
		s.Done++
		if result.Action != Unchanged {
			s.Changed++
		}
	case OutcomeRefused:
		s.Refused++
	case OutcomeNotSent:
		s.NotSent++
	case OutcomeUnknown:
		s.Unknown++
	}
}

// batchParallel is how many requests that write are in flight.
const batchParallel = 8

// BatchOption sets what few callers of a batch set.
type BatchOption func(*batchOptions)

type batchOptions struct {
	parallel int
	progress progressOptions
}

// maxParallel bounds WithParallel.
const maxParallel = 256

// WithParallel sets how many requests of a batch that write are under way at the same
// time. The default is 8; less than 1 is 1, and more than 256 is 256. When rows are
// locked, fewer are sent until that is over. [WithMaxInFlight] bounds all requests of
// the Provisioner.
func WithParallel(n int) BatchOption {
	return func(o *batchOptions) { o.parallel = min(max(n, 1), maxParallel) }
}

// EnsureAll brings many users to what they say, as [Provisioner.Ensure] does with
// one, by as few API calls as that takes: the accounts are read some thousands at
// once, and written in collections of 200, eight at a time. Reading overlaps with
// writing.
//
// each is told what became of each user, one by one, by the goroutine that called
// EnsureAll, in the order in which they are done; it may be nil. An error of each, or
// one that the input yields, ends the run and is returned: what was begun comes to its
// end, and nothing new is begun. So does an error for which [NextStep] says
// [StepSetup], such as a wrong secret: everybody would meet it. Whoever met it, and
// whoever was taken up and not begun, counts as not sent. If ctx ends, the call
// returns within moments, whatever the input is doing. A panic in each or in the input
// comes up in the caller's goroutine.
//
// The error is nil only if every user is done; it wraps the first reasons and says
// how many there are. Hand the users over again to whom their own errors say so.
//
// The input is read as it is needed, in another goroutine, and some ten thousand
// users are held at a time, whatever its length. A user who is there twice is brought to
// the first state, then to the second. A username that another user of the run gives
// up is waited for, also where two swap theirs. Who is frozen is read once a minute.
//
// Rows that failed for the moment are sent again, in smaller collections; a collection
// of creates whose answer is lost is looked up, user by user, before any of it is sent
// again. See "sObject Collections" and "Composite" in the REST API Developer Guide.
func (p *Provisioner) EnsureAll(ctx context.Context, users iter.Seq2[User, error], each func(Outcome) error, opts ...BatchOption) (Summary, error) {
	if users == nil {
		return Summary{}, decorate(opEnsure, "", problem("users", "is nil; give a sequence, an empty one if there is nobody"))
	}
	ctx, traced := p.traces.call(ctx, opEnsureAll)
	defer traced.left(ctx)
	summary, err := newRun(p, opEnsure, each, opts).do(ctx, p.desiredItems(users))
	traced.end(ctx, Result{}, summary.Users, err)
	return summary, err
}

// desiredItems are users as items. They share nothing with the caller's.
func (p *Provisioner) desiredItems(users iter.Seq2[User, error]) iter.Seq2[*item, error] {
	return func(yield func(*item, error) bool) {
		index := 0
		for u, err := range users {
			if err != nil {
				yield(nil, err)
				return
			}
			it := newItem(index)
			it.err = p.settings.desireInto(it.d, u, want{op: opEnsure, login: loginOpen, mayCreate: true})
			if !yield(it, nil) {
				return
			}
			index++
		}
	}
}

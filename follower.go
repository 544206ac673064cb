package sfprov

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// ErrGone is what a [Source] answers for a user whom it does not have any more.
var ErrGone = errors.New("sfprov: the source has no such user any more")

// Source is where the truth about users is: a directory, the identity service's own store.
// Both methods are called by several goroutines at once.
type Source interface {
	// User is one user, as the account is to be; who may not log in is Inactive. ErrGone is
	// for a user whom the source does not have any more: the account is deactivated. Any
	// other error changes nobody: a [ValidationError], such as those of a [Mapping], is for
	// a person ([StepUser]), all others can pass ([StepAgain]).
	User(ctx context.Context, id string) (User, error)
	// Users are all who shall have an account. An error ends the stream, and nobody is
	// changed.
	Users(ctx context.Context) iter.Seq2[User, error]
}

// FollowOption sets what few callers set.
type FollowOption func(*Follower)

// WithIdentifier says which value of the match field belongs to an identifier of the
// source, where the two are not the same. Each identifier has a value of its own. An error
// refuses the event.
func WithIdentifier(matchValue func(id string) (string, error)) FollowOption {
	return func(f *Follower) { f.identify = matchValue }
}

// WithLearned is called with what became of each user who was brought in step, so that the
// source can keep the Salesforce ID, and for an audit trail. [Follower.Changed] tells it once
// for each time that the source was read, by the goroutine that worked on the user, also where
// the caller has left while a [Batcher] went on.
// [Follower.Reconcile] tells it of whom it changed; id is the value of the match field then,
// and empty for who is deactivated for not being at the source: Result.ID names the account.
// Where the option is given several times, all are told.
func WithLearned(tell func(id string, r Result)) FollowOption {
	return func(f *Follower) {
		if tell != nil {
			f.learned = append(f.learned, tell)
		}
	}
}

// WithReconciled is called with what became of each user whom [Follower.Reconcile] was to
// change, also of those whom it could not, one after the other. Where the option is given
// several times, all are told.
func WithReconciled(tell func(Outcome)) FollowOption {
	return func(f *Follower) {
		if tell != nil {
			f.reconciled = append(f.reconciled, tell)
		}
	}
}

// WithReconcileScope says whom [Follower.Reconcile] may deactivate, and how many; see
// [Scope]. The default is that of the zero Scope.
func WithReconcileScope(s Scope) FollowOption {
	return func(f *Follower) { f.scope = s }
}

// WithBatcher makes [Follower.Changed] ensure users through a [Batcher], so that many
// events at the same time cost few API calls. The Batcher is one of the same Provisioner.
func WithBatcher(b *Batcher) FollowOption {
	return func(f *Follower) {
		if b != nil {
			f.ensure = b.ensure
		}
	}
}

// Follower keeps the org in step with a [Source]. Of an event it takes the identifier
// only, reads the user at the source, and ensures it: events that are late, doubled, forged
// or out of order do no harm, since the source has the last word. What no event told,
// [Follower.Reconcile] finds. It is safe for concurrent use, and nothing of it runs when no
// call is under way.
type Follower struct {
	p        *Provisioner
	src      Source
	identify func(id string) (string, error)
	scope    Scope
	// ensure ensures a user; left is told the outcome if its context ended before that was
	// known.
	ensure func(ctx context.Context, u User, left func(Outcome)) (Result, error)

	learned    []func(id string, r Result)
	reconciled []func(Outcome)

	lanes lanes
	slot  chan struct{} // held while reconciling

	mu      sync.Mutex
	changed map[string]look // by identifier, since a reconciliation began; nil without one
}

// look is what a reconciliation has to know of a call of Changed, which saw the source later
// than it.
type look struct {
	match string
	id    string // of the account, if it is known
	ended bool
}

// NewFollower makes a Follower. The Provisioner needs a match field; without one, calls
// are refused.
func NewFollower(p *Provisioner, src Source, opts ...FollowOption) *Follower {
	alone := func(ctx context.Context, u User, _ func(Outcome)) (Result, error) { return p.Ensure(ctx, u) }
	f := &Follower{p: p, src: src, ensure: alone, slot: make(chan struct{}, 1)}
	for _, opt := range opts {
		if opt != nil {
			opt(f)
		}
	}
	return f
}

// Changed says that something has changed about a user: it reads the user at the source,
// and brings the account in step. For one user, one call after the other is worked on; calls
// that wait for their turn are one, and all get its result, since one look at the source
// serves them all. A call that comes while the user is worked on leads to another look. Users
// don't wait for each other.
//
// Who is gone at the source is deactivated; who has no account then is Unchanged. Any
// other error of the source is returned, is matched by errors.Is, and deactivates nobody.
// An identifier that stands for no value, such as "null" or the nil UUID, is a
// [ValidationError] before the source is asked; so is an answer of the source that bears
// another value of the match field than was asked for.
//
// A caller whose context ends leaves; the work goes on for the others who wait for it, and
// is broken off if there are none.
func (f *Follower) Changed(ctx context.Context, id string) (Result, error) {
	ctx, traced := f.p.traces.call(ctx, opFollow)
	defer traced.left(ctx)
	match, err := f.matchOf(id)
	var result Result
	if err == nil {
		result, err = f.lanes.do(traced.outside(ctx), match.value, func(ctx context.Context) (Result, error) {
			return f.bringInStep(ctx, id, match)
		})
	}
	err = decorate(opFollow, id, err)
	traced.end(ctx, result, 0, err)
	return result, err
}

// matchOf is the match value of an identifier.
func (f *Follower) matchOf(id string) (matchValue, error) {
	c := f.p.settings
	if c.MatchField == "" {
		return matchValue{}, problem("MatchField", "is not set, and without one nobody's account can be found again: set Config.MatchField")
	}
	value := id
	if f.identify != nil {
		var err error
		if value, err = f.identify(id); err != nil {
			return matchValue{}, err
		}
	}
	match, problems := c.matchOf(User{Fields: Fields{c.MatchField: value}})
	if len(problems) > 0 {
		return matchValue{}, validationError(problems)
	}
	if !match.set() {
		return matchValue{}, problem(c.MatchField, "is empty: the event names nobody")
	}
	return match, nil
}

// bringInStep reads a user at the source, and ensures it.
func (f *Follower) bringInStep(ctx context.Context, id string, match matchValue) (result Result, err error) {
	f.note(id, look{match: match.value})
	defer func() { f.note(id, look{match: match.value, id: result.ID, ended: err == nil}) }()
	u, err := f.src.User(ctx, id)
	switch {
	case errors.Is(err, ErrGone):
		u = User{Fields: Fields{match.field: match.value}, Inactive: true}
	case err != nil:
		return Result{}, &sourceError{err: err}
	default:
		if u, err = f.own(u, match); err != nil {
			return Result{}, err
		}
	}
	result, err = f.ensure(ctx, u, func(o Outcome) {
		if o.Err == nil {
			f.learn(id, o.Result)
		}
	})
	if err == nil {
		f.learn(id, result)
	}
	return result, err
}

// own is the user with the match value, which the source may leave out, but not get wrong.
func (f *Follower) own(u User, match matchValue) (User, error) {
	said, problems := f.p.settings.matchOf(u)
	switch {
	case len(problems) > 0:
		return User{}, validationError(problems)
	case !said.set():
		fields := make(Fields, len(u.Fields)+1)
		for name, value := range u.Fields {
			if !sameName(name, match.field) {
				fields[name] = value
			}
		}
		fields[match.field] = match.value
		u.Fields = fields
	case said.value != match.value:
		return User{}, problem(match.field, fmt.Sprintf("is %s at the source, which was asked for %s: it answered for somebody else", quote(said.value), quote(match.value)))
	}
	return u, nil
}

// Reconcile brings the whole org in step with the source: a [Plan] of all its users, and
// [Provisioner.Apply]. Who is not among them is deactivated, within the bounds of the scope.
// An error of the source, also midway, changes nobody; an empty source deactivates nobody;
// too many deactivations are [ErrTooManyDeactivations], and nothing is done. Whom Changed
// brings in step meanwhile, it leaves alone, since Changed saw the source later. Two at once
// go one after the other. The plan is returned also with an error, if there is one.
func (f *Follower) Reconcile(ctx context.Context) (*Plan, Summary, error) {
	ctx, traced := f.p.traces.call(ctx, opReconcile)
	defer traced.left(ctx)
	plan, summary, err := f.reconcile(traced.outside(ctx))
	traced.end(ctx, Result{}, summary.Users, err)
	return plan, summary, err
}

func (f *Follower) reconcile(ctx context.Context) (*Plan, Summary, error) {
	select {
	case f.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, Summary{}, decorate(opReconcile, "", newTransportError(ctx, ctx.Err(), false))
	}
	defer func() { <-f.slot }()
	f.begin()
	defer f.end()
	plan, err := f.p.Plan(ctx, f.src.Users(ctx), f.scope)
	if err != nil {
		return plan, Summary{}, err
	}
	plan.Steps = slices.DeleteFunc(plan.Steps, f.overtaken())
	summary, err := f.p.Apply(ctx, plan, f.applied)
	return plan, summary, errors.Join(err, f.lookAgain(ctx))
}

// learn tells of a user who was brought in step.
func (f *Follower) learn(id string, r Result) {
	for _, tell := range f.learned {
		tell(id, r)
	}
}

// applied tells what became of a user of a reconciliation.
func (f *Follower) applied(o Outcome) error {
	if o.State == OutcomeDone {
		match, _ := f.p.settings.matchOf(o.User) // the plan has checked it
		f.learn(match.value, o.Result)
	}
	for _, tell := range f.reconciled {
		tell(o)
	}
	return nil
}

// begin begins to note whom Changed works on.
func (f *Follower) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = map[string]look{}
}

// end ends it, and returns whom it noted.
func (f *Follower) end() map[string]look {
	f.mu.Lock()
	defer f.mu.Unlock()
	noted := f.changed
	f.changed = nil
	return noted
}

func (f *Follower) note(id string, l look) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed != nil {
		f.changed[id] = l
	}
}

// overtaken reports whether Changed has brought the user of a step in step since the plan was
// begun, so that the step may be of yesterday. Which of the two looked later is not known:
// lookAgain looks again.
func (f *Follower) overtaken() func(PlanStep) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	matches, accounts := map[string]bool{}, map[string]bool{}
	for _, l := range f.changed {
		if l.ended {
			matches[l.match], accounts[l.id] = true, l.id != ""
		}
	}
	return func(step PlanStep) bool {
		if step.User != nil {
			if match, _ := f.p.settings.matchOf(*step.User); matches[match.value] {
				return true
			}
		}
		return accounts[step.ID]
	}
}

// lookAgain brings those in step again whom Changed worked on while the plan was made and
// applied: which of the two looked later, or was the last to write, is not known.
func (f *Follower) lookAgain(ctx context.Context) error {
	var errs []error
	for id := range f.end() {
		if _, err := f.Changed(ctx, id); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Run reconciles again and again, the first time at once, and waits so long in between.
// What each time came to is told, if tell is not nil. It ends with ctx, or with the error
// that tell returns; an error of a reconciliation does not end it. every below a second is a
// second.
func (f *Follower) Run(ctx context.Context, every time.Duration, tell func(*Plan, Summary, error) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		plan, summary, err := f.Reconcile(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if tell != nil {
			if err := tell(plan, summary, err); err != nil {
				return err
			}
		}
		if errors.Is(err, ErrClosed) {
			return err
		}
		timer.Reset(max(every, time.Second))
	}
}

// sourceError is an error of the source, which says nothing about the user.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return render(e) }

func (e *sourceError) summary() string {
	return "nothing was sent: the source could not tell about the user: " + e.err.Error()
}

func (e *sourceError) explanation() string { return "" }

// next is another try, unless the source says that it is the user who is not right.
func (e *sourceError) next() (Step, time.Duration) {
	if isA[*ValidationError](e.err) {
		return StepUser, 0
	}
	return StepAgain, 0
}

func (e *sourceError) saysWhetherAgain() bool { return false }
func (e *sourceError) Unwrap() error          { return e.err }

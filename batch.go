package sfprov

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
)

// Outcome is what became of one user of a batch.
type Outcome struct {
	Index  int // of the user in the input, from 0
	User   User
	Result Result
	Err    error
	State  OutcomeState
}

// OutcomeState says what the caller can do about an [Outcome].
type OutcomeState string

// The states of outcomes.
const (
	OutcomeDone    OutcomeState = "done"     // confirmed, as Result says
	OutcomeRefused OutcomeState = "refused"  // a person must change something; Result says what was done all the same
	OutcomeNotSent OutcomeState = "not sent" // not done, or not to the end; hand the user over again
	OutcomeUnknown OutcomeState = "unknown"  // ErrOutcomeUnknown: hand it over again, or resolve a create without a match field
)

func stateOf(err error) OutcomeState {
	switch {
	case err == nil:
		return OutcomeDone
	case errors.Is(err, ErrOutcomeUnknown):
		return OutcomeUnknown
	case Retryable(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return OutcomeNotSent
	}
	return OutcomeRefused
}

const (
	// batchWindow is how many users are looked up at once: as many as mostly fit in one
	// request.
	batchWindow = 4000
	// batchParallel is how many requests that write are in flight.
	batchParallel = 8
)

// BatchOption sets what few callers of a batch set.
type BatchOption func(*batchOptions)

type batchOptions struct {
	parallel int
	progress progressOptions
}

// WithParallel sets how many requests of a batch that write are under way at the same
// time. The default is 8; less than 1 is 1. [WithMaxInFlight] bounds all requests of
// the Provisioner.
func WithParallel(n int) BatchOption { return func(o *batchOptions) { o.parallel = max(n, 1) } }

// EnsureAll brings many users to what they say, as [Provisioner.Ensure] does with
// one, by as few API calls as that takes: the accounts are read some thousands at
// once, and written in collections of 200, eight at a time. There is one Outcome for
// each user of the input, in the order in which they are done, and the work begins
// when the outcomes are ranged over.
//
// The input is read as it is needed, in another goroutine, and some thousand users
// are held at a time, whatever its length. A user who is there twice is brought to
// the first state, then to the second. If ctx ends, nothing more is sent; the rest of
// the input is read, and each user is told as not sent. Leaving the loop ends all.
//
// An error of a user is that of a call for this user alone, and OutcomeState says
// what to do about it. Rows that failed for the moment are sent again, in smaller
// collections; a collection of creates whose answer is lost is looked up, user by
// user, before any of it is sent again. See "sObject Collections" and "Composite" in
// the REST API Developer Guide.
func (p *Provisioner) EnsureAll(ctx context.Context, users iter.Seq[User], opts ...BatchOption) iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		b := newBatch(p, opts)
		b.run(ctx, func(each func(*batchItem) bool) {
			index := 0
			for u := range users {
				if !each(&batchItem{index: index, user: u}) {
					return
				}
				index++
			}
		}, yield)
	}
}

// batch is the work on many users.
type batch struct {
	p        *Provisioner
	options  batchOptions
	out      chan Outcome
	slots    chan struct{} // held by jobs
	jobs     sync.WaitGroup
	stopped  atomic.Bool // nobody listens any more
	progress *progress
	// decide is asked, if it is set, whether the work of a user who was compared is to
	// be done.
	decide func(it *batchItem, work bool) (bool, error)
	extra  string // a field that is read beyond those that are compared

	creates, changes []*batchItem      // to be sent
	frozen           map[string]string // UserLogin IDs, by user; nil until they are read

	mu       sync.Mutex
	inFlight map[string]struct{} // usernames and match values of users under way
}

// batchItem is a user on the way through a batch.
type batchItem struct {
	index int
	user  User
	w     wish
	s     state

	plan     *PlanStep // that is to be applied
	refusal  error     // why nothing is to be done
	work     *work     // of an account that there is
	creation creation  // of one that there isn't
	lock     bool      // the account is to be deactivated
	sent     sentCreate
}

func newBatch(p *Provisioner, opts []BatchOption) *batch {
	o := batchOptions{parallel: batchParallel}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return &batch{
		p: p, options: o, out: make(chan Outcome, o.parallel), slots: make(chan struct{}, o.parallel), inFlight: map[string]struct{}{},
	}
}

// run works on the items and yields their outcomes.
func (b *batch) run(ctx context.Context, items func(each func(*batchItem) bool), yield func(Outcome) bool) {
	begun, call, refusal := b.p.begin(ctx)
	if refusal == nil {
		defer b.p.end(call)
		ctx = begun
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b.progress = newProgress(b)
	go func() {
		defer close(b.out)
		b.read(ctx, items, refusal)
		b.flush(ctx)
		b.jobs.Wait()
	}()
	defer func() {
		b.stopped.Store(true)
		cancel()
		for range b.out { // what was under way comes to its end
		}
	}()
	for o := range b.out {
		b.progress.done(ctx)
		if !yield(o) {
			return
		}
	}
	b.progress.end(ctx)
}

// read takes the items in, a window at a time. refusal is why none is worked on.
func (b *batch) read(ctx context.Context, items func(each func(*batchItem) bool), refusal error) {
	var window []*batchItem
	items(func(it *batchItem) bool {
		switch {
		case it == nil: // what comes now must wait for what came before
			b.dispatch(ctx, window)
			window = nil
			b.flush(ctx)
			b.jobs.Wait()
			return !b.stopped.Load()
		case b.stopped.Load():
			return false
		case refusal != nil:
			b.finish(it, Result{}, refusal)
			return true
		case ctx.Err() != nil:
			b.finish(it, Result{}, newTransportError(ctx, ctx.Err(), false))
			return true
		case it.refusal != nil:
			b.finish(it, Result{}, it.refusal)
			return true
		}
		if it.w.id == "" {
			var err error
			if it.w, err = b.p.settings.wish(it.user, true, false); err != nil {
				b.finish(it, Result{}, err)
				return true
			}
			it.w.admit = true
		}
		if !b.enter(it) { // the same user is under way: one after the other
			b.dispatch(ctx, window)
			window = nil
			b.flush(ctx)
			b.jobs.Wait()
			b.enter(it)
		}
		if window = append(window, it); len(window) == batchWindow {
			b.dispatch(ctx, window)
			window = nil
		}
		return true
	})
	b.dispatch(ctx, window)
}

// keys are what no two users under way may have in common.
func (it *batchItem) keys() [2]string {
	return [2]string{strings.ToLower(it.w.username), strings.ToLower(it.w.match.value)}
}

// enter notes that an item is under way; it says no if another one has its keys.
func (b *batch) enter(it *batchItem) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := it.keys()
	for _, key := range keys {
		if _, taken := b.inFlight[key]; taken && key != "" {
			return false
		}
	}
	for _, key := range keys {
		b.inFlight[key] = struct{}{}
	}
	return true
}

// finish tells the outcome of an item.
func (b *batch) finish(it *batchItem, result Result, err error) {
	if it.w.username != "" {
		b.mu.Lock()
		for _, key := range it.keys() {
			delete(b.inFlight, key)
		}
		b.mu.Unlock()
	}
	target := it.w.target()
	if target == "" {
		target = it.user.Username
	}
	if target == "" && it.plan != nil {
		target = it.plan.Username
	}
	op := opEnsure
	if it.plan != nil {
		op = opApply
	}
	err = decorate(op, target, err)
	b.out <- Outcome{Index: it.index, User: it.user, Result: result, Err: err, State: stateOf(err)}
}

// dispatch compares a window of users with what the org has of them, and queues
// what is to be done.
func (b *batch) dispatch(ctx context.Context, window []*batchItem) {
	window = b.readable(ctx, window)
	for _, it := range b.readStates(ctx, window) {
		work, err := b.compare(ctx, it)
		if err == nil && b.decide != nil {
			work, err = b.decide(it, work)
		}
		switch {
		case err != nil:
			b.finish(it, Result{}, err)
		case !work:
			b.finish(it, it.nothing(), nil)
		case it.work == nil && !it.lock:
			b.creates = append(b.creates, it)
		default:
			b.changes = append(b.changes, it)
		}
		if len(b.creates) == maxCollection || len(b.changes) == maxCollection {
			b.flushFull(ctx)
		}
	}
}

// readable are the items whose access can be named; the others are finished.
func (b *batch) readable(ctx context.Context, window []*batchItem) []*batchItem {
	if len(window) == 0 {
		return nil
	}
	refusal := b.p.api.sender.quota.admit(0)
	readable := window[:0]
	for _, it := range window {
		err := refusal
		if err == nil && it.w.active {
			it.w.grants, err = b.p.resolveAccess(ctx, it.w.user.Access)
		}
		if err != nil {
			b.finish(it, Result{}, err)
			continue
		}
		for name, id := range it.w.grants.fields {
			it.w.fields.set(name, id)
		}
		readable = append(readable, it)
	}
	return readable
}

// compare says whether there is work to do for an item, and notes it there.
func (b *batch) compare(ctx context.Context, it *batchItem) (work bool, err error) {
	switch a := it.s.account; {
	case a.ID == "" && !it.w.active:
		return false, nil
	case a.ID == "":
		fields := it.w.fields // which nobody else needs any more
		if err := b.p.settings.complete(fields, it.w.user, it.w.username, nil); err != nil {
			return false, &stepError{step: "there is no account, and it can't be created", err: err}
		}
		fields.set("IsActive", true)
		it.creation = creation{user: it.w.user, fields: fields, username: it.w.username, match: it.w.match, grants: it.w.grants, looked: true}
		return true, nil
	case !it.w.active:
		it.lock = a.Active || b.p.settings.ReleaseUsername && !b.p.doorOf(a).isReleased(releasedUsername(a.ID, a.Username))
		return it.lock, nil
	}
	it.work, err = b.p.workFor(ctx, it.w, it.s)
	return err == nil && !it.work.isDone(), err
}

// nothing is the result of an item for which nothing was done.
func (it *batchItem) nothing() Result {
	if it.work != nil {
		return it.work.result
	}
	return Result{ID: it.s.account.ID, Action: Unchanged}
}

// flushFull sends the collections that are full.
func (b *batch) flushFull(ctx context.Context) {
	if len(b.creates) == maxCollection {
		b.submit(ctx, b.create, b.creates)
		b.creates = nil
	}
	if len(b.changes) == maxCollection {
		b.submit(ctx, b.change, b.changes)
		b.changes = nil
	}
}

// flush sends what is left.
func (b *batch) flush(ctx context.Context) {
	if len(b.changes) > 0 {
		b.submit(ctx, b.change, b.changes)
	}
	if len(b.creates) > 0 {
		b.submit(ctx, b.create, b.creates)
	}
	b.creates, b.changes = nil, nil
}

// submit starts a job once one of the slots is free.
func (b *batch) submit(ctx context.Context, job func(context.Context, []*batchItem), items []*batchItem) {
	b.slots <- struct{}{} // a job ends, at the latest with the context
	b.jobs.Go(func() {
		defer func() { <-b.slots }()
		if err := b.p.api.sender.quota.admit(0); err != nil {
			for _, it := range items {
				b.finish(it, Result{}, err)
			}
			return
		}
		job(ctx, items)
	})
}

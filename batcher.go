package sfprov

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// BatcherOption sets what few callers set.
type BatcherOption func(*Batcher)

// WithBatchSize bounds how many callers are served by one batch. The default is 200, which
// is what one request takes; below 1 is the default.
func WithBatchSize(n int) BatcherOption {
	return func(b *Batcher) {
		if n > 0 {
			b.size = n
		}
	}
}

// WithLongestWait bounds how long callers are made to wait for others when the day's API
// requests run short. The default is 30 seconds. Nobody is made to wait for more than half of
// the time until the deadline of its context.
func WithLongestWait(d time.Duration) BatcherOption {
	return func(b *Batcher) { b.longest = max(d, 0) }
}

// Batcher makes few API calls of many callers' Ensure. A caller who comes while nothing is
// under way is served at once, as by [Provisioner.Ensure]; those who come meanwhile become
// one [Provisioner.EnsureAll] afterwards. Once more than 80 % of the day's API requests are
// spent, as the last answer told, it waits for more callers, longer and longer. It is safe
// for concurrent use, and nothing of it runs when no call is under way.
type Batcher struct {
	p       *Provisioner
	size    int
	longest time.Duration

	mu      sync.Mutex
	running bool
	waiting []*batched
	changed chan struct{} // is told when somebody has come, or the last of who waits has left
}

// batched is a caller's user.
type batched struct {
	user    User
	ctx     context.Context //nolint:containedctx // of the caller, whose secrets and values it bears
	came    time.Time
	taken   bool          // a batch has it
	left    func(Outcome) // is told the outcome of a caller who has left meanwhile; nil for nobody
	hasLeft bool
	done    chan struct{} // closed when what follows is there
	outcome Outcome

	panicked any
	exited   bool
}

// NewBatcher makes a Batcher.
func NewBatcher(p *Provisioner, opts ...BatcherOption) *Batcher {
	b := &Batcher{p: p, size: maxCollection, longest: 30 * time.Second, changed: make(chan struct{}, 1)}
	for _, opt := range opts {
		if opt != nil {
			opt(b)
		}
	}
	return b
}

// Ensure is [Provisioner.Ensure], with the Result and the error of this caller's user. Who
// is refused concerns nobody else. Calls for one user are carried out in the order in which they
// came. A caller whose context ends leaves: nothing is done for one who was still waiting, and a
// batch that is under way goes on for the others, so that the user may be ensured all the
// same.
func (b *Batcher) Ensure(ctx context.Context, u User) (Result, error) {
	return b.ensure(ctx, u, nil)
}

// ensure is Ensure, but that left is told the outcome if the caller has left before it was
// known.
func (b *Batcher) ensure(ctx context.Context, u User, left func(Outcome)) (Result, error) {
	if ctx.Err() != nil {
		return Result{}, decorate(opEnsure, u.Username, newTransportError(ctx, ctx.Err(), false))
	}
	one := &batched{user: u.clone(), ctx: ctx, came: time.Now(), left: left, done: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, one)
	if !b.running {
		b.running = true
		go b.run() //nolint:contextcheck // it serves others, too; each batch has the values of its first caller's
	}
	b.poke()
	b.mu.Unlock()
	select {
	case <-one.done:
	case <-ctx.Done():
		if isTaken, isOver := b.leave(one); !isOver {
			return Result{}, decorate(opEnsure, u.Username, newTransportError(ctx, ctx.Err(), isTaken))
		}
	}
	switch {
	case one.panicked != nil:
		panic(one.panicked)
	case one.exited:
		runtime.Goexit()
	}
	return one.outcome.Result, one.outcome.Err
}

// leave takes a caller's user out of what waits. isTaken says that a batch has it already, and
// isOver that its outcome is there.
func (b *Batcher) leave(one *batched) (isTaken, isOver bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-one.done:
		return true, true
	default:
	}
	one.hasLeft = true
	b.waiting = slices.DeleteFunc(b.waiting, func(other *batched) bool { return other == one })
	if len(b.waiting) == 0 && !one.taken {
		b.poke()
	}
	return one.taken, false
}

// poke tells who waits for more callers that something has changed.
func (b *Batcher) poke() {
	select {
	case b.changed <- struct{}{}:
	default: // it is told already
	}
}

// close tells a caller what became of its user.
func (b *Batcher) close(one *batched) {
	b.mu.Lock()
	hasLeft := one.hasLeft
	close(one.done)
	b.mu.Unlock()
	if hasLeft && one.left != nil && one.panicked == nil && !one.exited {
		one.left(one.outcome)
	}
}

// run serves those who wait, until there are none.
func (b *Batcher) run() {
	for {
		b.wait()
		some := b.take()
		if len(some) == 0 {
			return
		}
		ended := make(chan struct{})
		go func() { // which may panic, or exit
			defer close(ended)
			b.serve(some)
		}()
		<-ended
	}
}

// take takes the next batch. If nobody waits, the Batcher rests, and the next caller begins
// anew.
func (b *Batcher) take() []*batched {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.waiting), b.size)
	some := slices.Clone(b.waiting[:n])
	b.waiting = slices.Delete(b.waiting, 0, n)
	for _, one := range some {
		one.taken = true
	}
	b.running = n > 0
	return some
}

// spent is from which part of the day's API requests on it pays to wait for more callers.
const spent = 0.8

// wait waits for more callers, as long as that pays, anybody is there, and a batch is not full.
func (b *Batcher) wait() {
	usage := b.p.APIUsage()
	over := float64(usage.Used)/float64(max(usage.Limit, 1)) - spent
	if over <= 0 || usage.Limit == 0 {
		return
	}
	end := time.Now().Add(min(time.Duration(over/(1-spent)*float64(b.longest)), b.longest))
	for {
		until := b.patience(end)
		if until.IsZero() {
			return
		}
		enough := time.NewTimer(time.Until(until))
		select {
		case <-enough.C:
			return
		case <-b.changed:
			enough.Stop()
		}
	}
}

// patience is until when there is time for others to come: end at the latest, and sooner for
// those who wait and have not that much time. It is zero if there is nobody, or a batch is full.
func (b *Batcher) patience(end time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 || len(b.waiting) >= b.size {
		return time.Time{}
	}
	for _, one := range b.waiting {
		deadline, has := patienceOf(one.ctx)
		if half := one.came.Add(deadline.Sub(one.came) / 2); has && half.Before(end) {
			end = half
		}
	}
	return end
}

// serve ensures the users of a batch, and tells each caller.
func (b *Batcher) serve(some []*batched) {
	ctx, leave := context.WithCancel(context.WithoutCancel(some[0].ctx))
	defer leave()
	stop := cancelWhenAllLeft(some, leave)
	defer stop()
	told := 0
	exited := true
	defer func() {
		panicked := recover()
		for _, one := range some[told:] {
			one.panicked, one.exited = panicked, exited && panicked == nil
			b.close(one)
		}
	}()
	for _, one := range some {
		b.p.traces.waited(one.ctx, WaitBatch, one.came)
	}
	if len(some) == 1 {
		result, err := b.p.Ensure(ctx, some[0].user)
		some[0].outcome = Outcome{Result: result, Err: err}
	} else {
		users := func(yield func(User, error) bool) {
			for _, one := range some {
				if !yield(one.user, nil) {
					return
				}
			}
		}
		ctx = b.p.traces.withCallers(ctx, func() []context.Context {
			callers := make([]context.Context, 0, len(some))
			for _, one := range some {
				callers = append(callers, one.ctx)
			}
			return callers
		})
		heard := make([]bool, len(some))
		_, err := b.p.EnsureAll(ctx, users, func(o Outcome) error {
			some[o.Index].outcome, heard[o.Index] = o, true
			return nil
		})
		for i, one := range some {
			if !heard[i] { // the run has ended before
				one.outcome.Err = err
			}
		}
	}
	exited = false
	for _, one := range some {
		told++
		b.close(one)
	}
}

// cancelWhenAllLeft cancels a batch once nobody waits for it any more.
func cancelWhenAllLeft(some []*batched, cancel func()) (stop func()) {
	var mu sync.Mutex
	left := 0
	var stops []func() bool
	for _, one := range some {
		stops = append(stops, context.AfterFunc(one.ctx, func() {
			mu.Lock()
			defer mu.Unlock()
			if left++; left == len(some) {
				cancel()
			}
		}))
	}
	return func() {
		for _, one := range stops {
			one()
		}
	}
}

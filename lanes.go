package sfprov

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// lanes let work of one key be done one after the other, and merge what waits. The zero
// value has none.
type lanes struct {
	mu   sync.Mutex
	busy map[string]*lane
}

// lane is a key that is worked on.
type lane struct {
	next *turn // that waits; nil if nobody does
}

// turn is one time that the work is done, and all who wait for it.
type turn struct {
	work    func(context.Context) (Result, error)
	ctx     context.Context //nolint:containedctx // of the work: it ends when all have left
	leave   context.CancelFunc
	waiters int // guarded by the lock of lanes

	done     chan struct{} // closed when what follows is there
	result   Result
	err      error
	panicked any
	exited   bool
}

// patienceKey is the key of the deadline of the first who waits for a turn. The turn has none
// itself: it goes on for the others.
type patienceKey struct{}

// patienceOf is until when those whom a context belongs to wait.
func patienceOf(ctx context.Context) (until time.Time, isBounded bool) {
	if until, isBounded = ctx.Deadline(); isBounded {
		return until, true
	}
	until, isBounded = ctx.Value(patienceKey{}).(time.Time)
	return until, isBounded
}

// do has the work of a key done, after what is under way, and together with what waits.
func (l *lanes) do(ctx context.Context, key string, work func(context.Context) (Result, error)) (Result, error) {
	if ctx.Err() != nil {
		return Result{}, newTransportError(ctx, ctx.Err(), false)
	}
	t := l.join(ctx, key, work)
	select {
	case <-t.done:
	case <-ctx.Done():
		l.mu.Lock()
		if t.waiters--; t.waiters == 0 {
			t.leave()
		}
		l.mu.Unlock()
		return Result{}, newTransportError(ctx, ctx.Err(), true)
	}
	switch {
	case t.panicked != nil:
		panic(t.panicked)
	case t.exited:
		runtime.Goexit()
	}
	return t.result, t.err
}

// join takes part in the turn that waits, or makes one.
func (l *lanes) join(ctx context.Context, key string, work func(context.Context) (Result, error)) *turn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy == nil {
		l.busy = map[string]*lane{}
	}
	at := l.busy[key]
	if at != nil && at.next != nil && at.next.waiters > 0 {
		at.next.waiters++
		return at.next
	}
	t := &turn{work: work, waiters: 1, done: make(chan struct{})}
	own := context.WithoutCancel(ctx)
	if deadline, has := ctx.Deadline(); has {
		own = context.WithValue(own, patienceKey{}, deadline)
	}
	t.ctx, t.leave = context.WithCancel(own)
	if at != nil {
		at.next = t
		return t
	}
	l.busy[key] = &lane{}
	go l.run(key, t)
	return t
}

// run does the turns of a key until there are none.
func (l *lanes) run(key string, t *turn) {
	for t != nil {
		if t.ctx.Err() == nil { // else nobody waits for it
			t.run()
		} else {
			close(t.done)
		}
		t.leave()
		l.mu.Lock()
		at := l.busy[key]
		if t, at.next = at.next, nil; t == nil {
			delete(l.busy, key)
		}
		l.mu.Unlock()
	}
}

// run does the work. What the caller's code does to it, those who wait get.
func (t *turn) run() {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t.exited = true // unless it returns, or panics
		defer func() {
			if t.panicked = recover(); t.panicked != nil {
				t.exited = false
			}
		}()
		t.result, t.err = t.work(t.ctx)
		t.exited = false
	}()
	<-ended
	close(t.done)
}

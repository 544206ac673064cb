package sfprov

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// ErrClosed says that the Provisioner was closed. Nothing was sent, or, together
// with [ErrOutcomeUnknown], the call was broken off. The event belongs to whoever
// provisions next, so [Retryable] is true, unless the outcome is unknown and only
// [Provisioner.Resolve] can tell it.
var ErrClosed = errors.New("sfprov: provisioner is closed")

// Close ends the Provisioner's work: calls that come now fail with [ErrClosed],
// those under way go on to their end. If ctx ends before they do, they are broken
// off, and each of them returns what is known: that nothing was done, or
// [ErrOutcomeUnknown]. Close then returns the reason why ctx ended.
//
// When Close returns, no call is under way, and idle connections are closed, those
// of the client given with [WithHTTPClient] too. The exception is a call that is
// held by code of the caller's, such as the body of a loop over its results: Close
// does not wait for that longer than a moment once ctx has ended. Calling it again
// is harmless.
func (p *Provisioner) Close(ctx context.Context) error {
	idle := p.calls.close()
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		if p.calls.breakOff() {
			err = fmt.Errorf("sfprov: close: calls under way were broken off: %w", context.Cause(ctx))
		}
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastMoment)
		defer cancel()
	}
	select {
	case <-idle:
	case <-ctx.Done():
	}
	_, _ = apart(ctx, p.log, func() (struct{}, io.Closer) { // what is still busy then closes them when it is done
		p.api.closeIdle()
		return struct{}{}, nil
	})
	return err
}

// lastMoment is how long Close waits, when its time is up, for what is broken off to
// come to its end. Calls need far less, unless the caller's code holds them.
const lastMoment = 250 * time.Millisecond

// calls are the calls under way.
type calls struct {
	mu       sync.Mutex
	underWay map[*call]struct{}
	idle     chan struct{} // made by close; closed when no call is under way any more
}

// call is a call under way.
type call struct {
	cancel context.CancelCauseFunc
}

// begin lets a call begin, with a context that ends when the call is broken off.
func (p *Provisioner) begin(ctx context.Context) (context.Context, *call, error) {
	return p.enter(ctx, p.api.admit)
}

// enter is begin with another word on whether the daily requests allow the call.
func (p *Provisioner) enter(ctx context.Context, admit func(underWay int) error) (context.Context, *call, error) {
	p.calls.mu.Lock()
	defer p.calls.mu.Unlock()
	if p.calls.idle != nil {
		return nil, nil, ErrClosed
	}
	if err := admit(len(p.calls.underWay)); err != nil {
		return nil, nil, err
	}
	c := &call{}
	ctx, c.cancel = context.WithCancelCause(ctx)
	p.calls.underWay[c] = struct{}{}
	return ctx, c, nil
}

// end notes that a call has ended.
func (p *Provisioner) end(c *call) {
	c.cancel(nil)
	p.calls.mu.Lock()
	defer p.calls.mu.Unlock()
	delete(p.calls.underWay, c)
	if p.calls.idle != nil && len(p.calls.underWay) == 0 {
		close(p.calls.idle)
	}
}

// close lets no call begin any more. The channel is closed once none is under way.
func (c *calls) close() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle == nil {
		c.idle = make(chan struct{})
		if len(c.underWay) == 0 {
			close(c.idle)
		}
	}
	return c.idle
}

// breakOff ends the contexts of the calls under way; it reports whether there are any.
func (c *calls) breakOff() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for call := range c.underWay {
		call.cancel(ErrClosed)
	}
	return len(c.underWay) > 0
}

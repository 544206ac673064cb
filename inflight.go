package sfprov

import (
	"context"
	"fmt"
	"time"
)

// WithMaxInFlight bounds how many requests, logins included, are under way to
// Salesforce at the same time, for orgs that share their limits with others. Who
// waits is served in the order of coming, and can leave with its context; pauses
// before a retry don't count. The default is any number. See "API Request Limits
// and Allocations": Salesforce itself limits requests of more than 20 seconds only.
func WithMaxInFlight(n int) Option {
	return func(o *options) {
		if n < 1 {
			o.problems = append(o.problems, &ConfigError{Field: "WithMaxInFlight", Problem: fmt.Sprintf("is given %d; it takes 1 or more, leave the option out for any number", n)})
		}
		o.inFlight = n
	}
}

// acquire waits for a slot. Those who wait for a channel are served in their
// order.
func (s *sender) acquire(ctx context.Context) error {
	if s.slots == nil {
		return nil
	}
	select {
	case s.slots <- struct{}{}:
		return nil
	default:
	}
	defer s.traces.waited(ctx, WaitSlot, time.Now())
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		left := newTransportError(ctx, ctx.Err(), false)
		left.err = fmt.Errorf("%w, while waiting for one of the %d requests in flight to end", left.err, cap(s.slots))
		return left
	}
}

func (s *sender) release() {
	if s.slots != nil {
		<-s.slots
	}
}

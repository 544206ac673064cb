package sfprov

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryPolicy says how often, and how patiently, a request is tried. A field that
// is zero has its default, which suits a hook: it answers within seconds. See
// [BackgroundRetry] for work that may take its time.
//
// Repeated is what can succeed within seconds: failures to connect, 502, 503, 504,
// Salesforce's own UNKNOWN_EXCEPTION, locked rows, the limit of concurrent
// requests. A create is repeated only once a look has shown that it was not done.
// What needs a person, and the daily limit, are never repeated. A pause never
// reaches past the context's deadline: what can't be tried again in time fails at
// once.
type RetryPolicy struct {
	// Attempts is how often a request is sent at most, the first time included.
	// The default is 4; 1 repeats nothing. A token that is renewed does not count.
	Attempts int
	// BaseDelay and MaxDelay bound the pauses: the nth is random, up to BaseDelay
	// doubled n-1 times, and MaxDelay at most. The defaults are 250 ms and 4 s.
	BaseDelay, MaxDelay time.Duration
	// MaxRetryAfter is the longest pause that is made because an answer asks for it
	// (Retry-After). An answer that asks for more fails at once. The default is one
	// minute.
	MaxRetryAfter time.Duration
}

// The defaults of a RetryPolicy.
const (
	defaultAttempts      = 4
	defaultBaseDelay     = 250 * time.Millisecond
	defaultMaxDelay      = 4 * time.Second
	defaultMaxRetryAfter = time.Minute
)

// BackgroundRetry is a policy for work that nobody waits for, such as a queue or
// a nightly run: ten attempts, pauses that grow from one second to one minute, and
// answers that may ask for up to a quarter of an hour. A request that fails to the
// end takes some four minutes on average.
func BackgroundRetry() RetryPolicy {
	return RetryPolicy{Attempts: 10, BaseDelay: time.Second, MaxDelay: time.Minute, MaxRetryAfter: 15 * time.Minute}
}

// WithRetry sets how often, and how patiently, requests are tried.
func WithRetry(r RetryPolicy) Option {
	return func(o *options) {
		for _, field := range []struct {
			name     string
			negative bool
		}{
			{"Attempts", r.Attempts < 0}, {"BaseDelay", r.BaseDelay < 0}, {"MaxDelay", r.MaxDelay < 0}, {"MaxRetryAfter", r.MaxRetryAfter < 0},
		} {
			if field.negative {
				o.problems = append(o.problems, &ConfigError{Field: "WithRetry", Problem: "is given a negative " + field.name + "; leave it zero for the default"})
			}
		}
		if r.BaseDelay > 0 && r.MaxDelay > 0 && r.BaseDelay > r.MaxDelay {
			o.problems = append(o.problems, &ConfigError{Field: "WithRetry", Problem: "is given a BaseDelay above MaxDelay"})
		}
		o.retry = r
	}
}

func (r RetryPolicy) withDefaults() RetryPolicy {
	if r.Attempts == 0 {
		r.Attempts = defaultAttempts
	}
	if r.BaseDelay == 0 {
		r.BaseDelay = defaultBaseDelay
		if r.MaxDelay > 0 {
			r.BaseDelay = min(r.BaseDelay, r.MaxDelay)
		}
	}
	if r.MaxDelay == 0 {
		r.MaxDelay = max(defaultMaxDelay, r.BaseDelay)
	}
	if r.MaxRetryAfter == 0 {
		r.MaxRetryAfter = defaultMaxRetryAfter
	}
	return r
}

// pause is how long to wait after failed attempt n (from 1): exponential with
// full jitter, or what the answer asked for.
func (r RetryPolicy) pause(n int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	ceiling := r.MaxDelay
	if doubled := r.BaseDelay << (n - 1); n < 32 && doubled > 0 {
		ceiling = min(ceiling, doubled)
	}
	return rand.N(ceiling) //nolint:gosec // jitter, not a secret
}

// attempts calls try, with a pause between, until it wants no more, the attempts of
// the policy are used up, or a pause can't be made. The error is the last one. left
// says whether another attempt could follow. r is what logs name. This is the only
// loop of repetitions.
func (s *sender) attempts(ctx context.Context, r request, try func(ctx context.Context, left bool) (again bool, err error)) error {
	for n := 1; ; n++ {
		left := n < s.retry.Attempts
		again, err := try(s.traces.withAttempt(ctx, n), left)
		if !again || !left {
			return err
		}
		if err := s.wait(ctx, n, r, err); err != nil {
			return err
		}
	}
}

// wait pauses before the next attempt. If the pause can't fit into the caller's
// deadline, or the answer asks for more than is reasonable, it returns the last
// error at once.
func (s *sender) wait(ctx context.Context, attempt int, r request, last error) error {
	var asked time.Duration
	var apiErr *APIError
	var authErr *AuthError
	switch {
	case errors.As(last, &apiErr):
		asked = apiErr.RetryAfter
	case errors.As(last, &authErr):
		asked = authErr.RetryAfter
	}
	pause := s.retry.pause(attempt, asked)
	if deadline, has := ctx.Deadline(); asked > s.retry.MaxRetryAfter || has && time.Until(deadline) <= pause {
		return last
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "request failed, trying again", append([]slog.Attr{
		slog.String("method", r.method), slog.String("path", r.path), slog.Int("attempt", attempt), slog.Duration("pause", pause),
	}, failureAttrs(last)...)...)
	s.traces.retry(ctx, attempt, last, pause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		left := newTransportError(ctx, ctx.Err(), false)
		left.err = fmt.Errorf("%w, while waiting to try again after: %w", left.err, last)
		return left
	}
}

// maxAsked bounds what is believed of a Retry-After header.
const maxAsked = 7 * 24 * time.Hour

// retryAfter reads the Retry-After header, seconds or a date; 0 if there is none.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil {
		return min(time.Duration(min(max(seconds, 0), 1<<30))*time.Second, maxAsked)
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(date), 0), maxAsked)
	}
	return 0
}

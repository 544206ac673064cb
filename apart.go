package sfprov

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
)

// apart runs what enters code of the caller's, such as the HTTP client, in a goroutine of its own, and
// comes back when it is done or ctx ends, whichever is first: a transport that
// does not heed the context, a body that never ends and the like hold up nobody.
// An error is that of ctx; f may then still be running, and what it yields is
// dropped. That goroutine is the one thing that a call can leave behind. It ends
// when the caller's client lets go of it.
//
// f's second result, if there is one, is closed after the first was handed over,
// because a Close can hang, too.
//
// A panic of f comes up in the goroutine that called apart, with the same value,
// and its stack is logged; so does runtime.Goexit. If nobody waits any more, there
// is nobody whose panic it could be, and the log is all that is left of it.
func apart[T any](ctx context.Context, log *slog.Logger, f func() (T, io.Closer)) (T, error) {
	landed := make(chan landing[T], 1)
	go func() {
		l, told := landing[T]{exited: true}, false // unless f returns or panics
		defer func() {
			if l.panicked = recover(); l.panicked != nil {
				l.exited = false
				log.LogAttrs(ctx, slog.LevelError, "the caller's code panicked", slog.String("stack", string(debug.Stack())))
			}
			if !told {
				landed <- l
			}
		}()
		var rest io.Closer
		l.value, rest = f()
		l.exited, told = false, true
		landed <- l
		if rest != nil {
			_ = rest.Close() // what was needed of it is read
		}
	}()
	var l landing[T]
	select {
	case l = <-landed:
	case <-ctx.Done():
		select {
		case l = <-landed:
		default:
			return l.value, ctx.Err()
		}
	}
	switch {
	case l.panicked != nil:
		panic(l.panicked)
	case l.exited:
		runtime.Goexit()
	}
	return l.value, nil
}

// here is apart for a client that is known to heed the context: this package's own.
func here[T any](_ context.Context, _ *slog.Logger, f func() (T, io.Closer)) (T, error) { //nolint:unparam // as apart has it
	value, rest := f()
	if rest != nil {
		_ = rest.Close() // what was needed of it is read
	}
	return value, nil
}

// landing is how a function that ran apart ended.
type landing[T any] struct {
	value    T
	panicked any
	exited   bool
}

package sfprov

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
	"time"
)

// unconfirmed is a change that may have been made although its request failed.
type unconfirmed struct {
	err error // of the last attempt
}

func (e *unconfirmed) Error() string   { return e.err.Error() }
func (e *unconfirmed) summary() string { return summary(e.err) }
func (e *unconfirmed) Unwrap() error   { return e.err }

// transportError is a request that got no answer, or none that can be understood.
type transportError struct {
	err  error
	sent bool // the request may have reached Salesforce
	left bool // the caller's context ended
}

// newTransportError takes the URL out of what net/http reports: a query string
// holds names and addresses of people.
func newTransportError(ctx context.Context, err error, sent bool) *transportError {
	if urlErr := (*url.Error)(nil); errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	if cause := context.Cause(ctx); errors.Is(cause, ErrClosed) {
		return &transportError{err: cause, sent: sent, left: true}
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("it took too long") // the limit is this library's, and not the caller's context
	}
	if ctx.Err() != nil {
		err = ctx.Err()
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			err = fmt.Errorf("%w: %w", err, cause)
		}
		return &transportError{err: err, sent: sent, left: true}
	}
	return &transportError{err: err, sent: sent}
}

func (e *transportError) Error() string { return render(e) }

func (e *transportError) summary() string {
	if e.left {
		return e.err.Error()
	}
	return "no answer from Salesforce: " + e.err.Error()
}

func (e *transportError) explanation() string {
	var dns *net.DNSError
	switch {
	case errors.Is(e.err, ErrClosed):
		return processStops
	case e.left:
		return ""
	case isCertificateError(e.err):
		return "The server's certificate is not trusted. A proxy may break up TLS: add its certificate authority to the system's, or give WithHTTPClient a client that trusts it"
	case errors.As(e.err, &dns) && dns.IsNotFound:
		return "The host name is not known. Check Config.Domain (Setup, My Domain), and whether this machine needs a proxy (HTTPS_PROXY)"
	case errors.Is(e.err, syscall.ECONNREFUSED):
		return "Nothing listens there. Check Config.Domain and the proxy (HTTPS_PROXY)"
	}
	return ""
}

func (e *transportError) next() (Step, time.Duration) {
	if !e.left && isCertificateError(e.err) {
		return StepSetup, 0
	}
	return StepAgain, 0
}

func (e *transportError) saysWhetherAgain() bool { return e.left } // the caller left, and knows

// Is matches ErrUnavailable, unless it was the caller who left.
func (e *transportError) Is(target error) bool { return !e.left && target == ErrUnavailable }

func (e *transportError) Unwrap() error { return e.err }

// heldLogin is a login that was not tried, because the ones before it failed.
type heldLogin struct {
	err   error // of the last one
	until time.Time
}

func (e *heldLogin) Error() string { return render(e) }

func (e *heldLogin) summary() string {
	return fmt.Sprintf("%s; the login is not tried again for %v", summary(e.err), max(time.Until(e.until), 0).Round(time.Second))
}

func (e *heldLogin) explanation() string { return Explain(e.err) }

func (e *heldLogin) next() (Step, time.Duration) {
	step, _ := NextStep(e.err)
	return step, time.Until(e.until)
}

func (e *heldLogin) saysWhetherAgain() bool { return false }

func (e *heldLogin) Unwrap() error { return e.err }

// loginError is a login that could not be sent, for example because the key
// can't sign.
type loginError struct {
	grant GrantType
	err   error
}

func (e *loginError) Error() string { return render(e) }

func (e *loginError) summary() string {
	return fmt.Sprintf("login with grant %s: nothing was sent: %s", e.grant, summary(e.err))
}

func (e *loginError) explanation() string         { return "" }
func (e *loginError) next() (Step, time.Duration) { return StepSetup, 0 }
func (e *loginError) saysWhetherAgain() bool      { return false }
func (e *loginError) Unwrap() error               { return e.err }

// reserveError is a call that was not begun, to leave the rest of the daily limit
// to others.
type reserveError struct {
	usage   APIUsage
	reserve float64
	pause   time.Duration
}

func (e *reserveError) Error() string { return render(e) }

func (e *reserveError) summary() string {
	return fmt.Sprintf("nothing was sent: %d of the org's %d daily API requests are spent, and %g %% are left to others (WithAPIReserve); come back in %v",
		e.usage.Used, e.usage.Limit, e.reserve*100, e.pause.Round(time.Second))
}

func (e *reserveError) explanation() string {
	return "Wait for the count of the last 24 hours to fall (Setup, Company Information, API Requests), look for who spends it (Setup, API Usage), or lower the reserve"
}

func (e *reserveError) next() (Step, time.Duration) { return StepAgain, e.pause }
func (e *reserveError) saysWhetherAgain() bool      { return false }

// Is matches ErrRequestLimit.
func (e *reserveError) Is(target error) bool { return target == ErrRequestLimit }

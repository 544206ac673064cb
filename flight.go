package sfprov

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/go-resty/resty/v2"
)

// flight watches how far a change got on its way to Salesforce.
type flight struct {
	guarded    bool         // the transport reads the body through this
	asked, got atomic.Bool  // for a connection, as far as the transport tells
	body       atomic.Int32 // one of the following
}

const (
	bodyUnread int32 = iota
	bodyTaken        // the transport began to read it
	bodyBarred       // it can't any more
)

type flightKey struct{}

func (f *flight) watch(ctx context.Context) context.Context {
	if f.guarded {
		ctx = context.WithValue(ctx, flightKey{}, f)
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { f.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { f.got.Store(true) },
	})
}

// sent reports whether the request that failed may have reached Salesforce. In
// doubt it may, for example with a transport that doesn't tell.
func (f *flight) sent(err error) bool {
	if f == nil {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	return f.got.Load() || !f.asked.Load()
}

// leave is sent for a request that was left to a transport which has not returned.
// If that was still waiting for a connection, the request never goes out: the
// transport gets no body for it any more.
func (f *flight) leave() bool {
	if f == nil {
		return true
	}
	stopped := f.guarded && f.body.CompareAndSwap(bodyUnread, bodyBarred)
	return !stopped || f.sent(nil)
}

// guardBody puts the flight between the body of a change and the transport.
func guardBody(_ *resty.Client, raw *http.Request) error {
	f, watched := raw.Context().Value(flightKey{}).(*flight)
	if !watched {
		return nil
	}
	raw.Body = &guardedBody{raw.Body, f}
	again := raw.GetBody
	raw.GetBody = func() (io.ReadCloser, error) {
		body, err := again()
		return &guardedBody{body, f}, err
	}
	return nil
}

// guardedBody can be read unless it is barred.
type guardedBody struct {
	io.ReadCloser

	flight *flight
}

func (b *guardedBody) Read(p []byte) (int, error) {
	if !b.flight.body.CompareAndSwap(bodyUnread, bodyTaken) && b.flight.body.Load() == bodyBarred {
		return 0, errLeft
	}
	return b.ReadCloser.Read(p)
}

var errLeft = errors.New("the call has ended")

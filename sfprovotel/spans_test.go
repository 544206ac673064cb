package sfprovotel_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// tree draws spans below those that they belong to, in the order in which they began.
func tree(spans []sdktrace.ReadOnlySpan) string {
	text := ""
	var draw func(of trace.SpanID, indent string)
	draw = func(of trace.SpanID, indent string) {
		for _, s := range spans {
			if s.Parent().SpanID() == of {
				text += fmt.Sprintln(indent+s.Name(), s.SpanKind(), or(s.Status().Description))
				for _, e := range s.Events() {
					text += fmt.Sprintln(indent+"* "+e.Name, or(attributeOf(e.Attributes, "sfprov.retry.reason")))
				}
				draw(s.SpanContext().SpanID(), indent+"  ")
			}
		}
	}
	draw(trace.SpanID{}, "")
	return text
}

// started are all spans, in the order in which they began.
func (b bench) started(t *testing.T) (spans []sdktrace.ReadOnlySpan) {
	t.Helper()
	require.Len(t, b.recorder.Ended(), len(b.recorder.Started()), "each span ends")
	for _, s := range b.recorder.Started() {
		spans = append(spans, s)
	}
	return spans
}

// TestSpanTree: a call's span is below the caller's, those of logins and requests are below the
// call's, and what happens on the way is told there.
func TestSpanTree(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	b := benchWith(t, org, nil, sfprov.WithRetry(sfprov.RetryPolicy{BaseDelay: time.Millisecond}))
	ctx, caller := b.tracers.Tracer("test").Start(t.Context(), "event")
	org.Control(sfprovtest.On("POST", "/composite", sfprovtest.GatewayHTML(503)))
	r, err := b.p.Ensure(ctx, employee("one", "E-1"))
	require.NoError(t, err)
	org.BlockDeactivation(r.ID, sfprovtest.Refusal{})
	_, err = b.p.Deactivate(ctx, r.ID)
	require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
	_, err = b.p.Create(ctx, employee("renamed", "E-1"))
	require.NoError(t, err)
	caller.End()
	_, err = b.p.EnsureAll(t.Context(), each([]sfprov.User{employee("two", "E-2"), employee("three", "E-3"), employee("four", "E-4")}), nil)
	require.NoError(t, err)
	_, err = b.p.Create(t.Context(), sfprov.User{Username: "nobody"})
	require.Error(t, err)
	f := sfprov.NewFollower(b.p, directory{})
	_, err = f.Changed(t.Context(), "ZYXWMATCH-1")
	require.NoError(t, err)
	spans := b.started(t)
	assert.Equal(t, `event internal -
  sfprov.ensure internal -
  * sfprov.retry unavailable
    sfprov.login client -
    POST /composite client unavailable
    POST /composite client -
    POST /sobjects/User client -
  sfprov.deactivate internal deactivation_blocked
  * sfprov.retry invalid_field
  * sfprov.freeze -
    POST /composite client -
    PATCH /sobjects/User/{id} client invalid_field
    POST /composite client -
  sfprov.create internal -
  * sfprov.adoption -
    POST /composite client -
    POST /composite client -
sfprov.ensure_all internal -
  POST /composite client -
  POST /composite/sobjects client -
sfprov.create internal invalid_input
sfprov.follow internal -
  sfprov.ensure internal -
    POST /composite client -
    POST /sobjects/User client -
`, tree(spans))
	for _, s := range spans {
		if s.Status().Description != "" {
			assert.Equal(t, codes.Error, s.Status().Code)
			assert.Equal(t, s.Status().Description, attributeOf(s.Attributes(), "error.type"))
		}
		for _, e := range s.Events() {
			assert.NotEqual(t, "exception", e.Name, "its text would name people")
		}
	}
	ensure := b.named("sfprov.ensure")[0].Attributes()
	assert.Equal(t, "ensure created 3 1", fmt.Sprint(attributeOf(ensure, "sfprov.operation"), " ", attributeOf(ensure, "sfprov.action"), " ", attributeOf(ensure, "sfprov.requests"), " ", attributeOf(ensure, "sfprov.retries")))
	again := b.named("POST /composite")[1].Attributes()
	assert.Equal(t, "POST /composite 200 1 127.0.0.1", fmt.Sprint(attributeOf(again, "http.request.method"), " ", attributeOf(again, "url.template"), " ", attributeOf(again, "http.response.status_code"), " ", attributeOf(again, "http.request.resend_count"), " ", attributeOf(again, "server.address")))
	assert.Equal(t, "3", attributeOf(b.named("sfprov.ensure_all")[0].Attributes(), "sfprov.users"))
	login := b.named("sfprov.login")[0].Attributes()
	assert.Equal(t, "client_credentials 200", attributeOf(login, "sfprov.grant_type")+" "+attributeOf(login, "http.response.status_code"))
}

// TestSpanOfABatch: what a Batcher makes of several calls has a trace of its own, with a link to
// each caller's span.
func TestSpanOfABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		b := benchWith(t, org, nil)
		org.KeepControl(sfprovtest.On("", "", sfprovtest.Fault{Delay: time.Second}))
		batcher := sfprov.NewBatcher(b.p)
		var callers []trace.SpanContext
		var wg sync.WaitGroup
		for i := range 5 {
			ctx := t.Context()
			switch i {
			case 4: // of no span
			case 3: // of the same span as the one before
				ctx = trace.ContextWithSpanContext(ctx, callers[2])
			default:
				var caller trace.Span
				ctx, caller = b.tracers.Tracer("test").Start(ctx, fmt.Sprint("event ", i))
				callers = append(callers, caller.SpanContext())
				defer caller.End()
			}
			wg.Go(func() { _, _ = batcher.Ensure(ctx, employee(fmt.Sprint("u", i), fmt.Sprint("E-", i))) })
			synctest.Wait()
		}
		wg.Wait()
		alone, batches := b.named("sfprov.ensure"), b.named("sfprov.ensure_all")
		require.Len(t, alone, 1)
		assert.Equal(t, callers[0].SpanID(), alone[0].Parent().SpanID())
		assert.Empty(t, alone[0].Links())
		require.Len(t, batches, 1)
		batch := batches[0]
		assert.False(t, batch.Parent().IsValid())
		assert.Equal(t, "4", attributeOf(batch.Attributes(), "sfprov.users"))
		var linked []trace.SpanID
		for _, l := range batch.Links() {
			linked = append(linked, l.SpanContext.SpanID())
		}
		assert.Equal(t, []trace.SpanID{callers[1].SpanID(), callers[2].SpanID()}, linked)
		for _, c := range callers {
			assert.NotEqual(t, c.TraceID(), batch.SpanContext().TraceID())
		}
		requests := b.named("POST /composite/sobjects")
		require.NotEmpty(t, requests)
		assert.Equal(t, batch.SpanContext().SpanID(), requests[0].Parent().SpanID())
	})
}

// TestTwoTraces: each of two Traces ends its own spans.
func TestTwoTraces(t *testing.T) {
	t.Parallel()
	recorders := []*tracetest.SpanRecorder{tracetest.NewSpanRecorder(), tracetest.NewSpanRecorder()}
	var opts []sfprov.Option
	for _, r := range recorders {
		one, err := sfprovotel.New(sfprovotel.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r))))
		require.NoError(t, err)
		opts = append(opts, sfprov.WithTrace(one))
	}
	org := sfprovtest.NewOrg(t)
	_, err := provisioner(t, org, opts...).Ensure(t.Context(), employee("one", "E-1"))
	require.NoError(t, err)
	for _, r := range recorders {
		var names []string
		for _, s := range r.Ended() {
			names = append(names, s.Name())
		}
		assert.Equal(t, []string{"sfprov.login", "POST /composite", "POST /sobjects/User", "sfprov.ensure"}, names)
	}
}

// TestContextsWithoutSpans: who is told of an end alone, as by a Trace that hands on a part,
// does not panic.
func TestContextsWithoutSpans(t *testing.T) {
	t.Parallel()
	one, err := sfprovotel.New()
	require.NoError(t, err)
	assert.NotPanics(t, func() {
		one.CallEnd(context.Background(), sfprov.CallEndInfo{})
		one.RequestEnd(context.Background(), sfprov.RequestEndInfo{})
		one.LoginEnd(context.Background(), sfprov.LoginEndInfo{})
		one.Retry(context.Background(), sfprov.RetryInfo{})
		one.Freeze(context.Background(), sfprov.UserEndInfo{})
	})
}

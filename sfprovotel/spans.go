package sfprovotel

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/sfprov/sfprov"
)

// spans makes the spans.
type spans struct {
	tracer trace.Tracer
	org    string
	users  bool // may be told of
}

// Under these keys a context bears the span that an end belongs to. The context's own span
// may be another's: several Traces can be at work.
type (
	callSpan    struct{}
	requestSpan struct{}
	loginSpan   struct{}
)

// begin begins a span, and keeps it under a key.
func (s *spans) begin(ctx context.Context, key any, name string, kind trace.SpanKind, attrs []attribute.KeyValue, opts ...trace.SpanStartOption) context.Context {
	if s.org != "" {
		attrs = append(attrs, keyOrg.String(s.org))
	}
	ctx, span := s.tracer.Start(ctx, name, append(opts, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))...)
	return context.WithValue(ctx, key, span)
}

// spanOf is the span that a context bears under a key; one that does nothing if there is none.
func spanOf(ctx context.Context, key any) trace.Span {
	if span, is := ctx.Value(key).(trace.Span); is {
		return span
	}
	return trace.SpanFromContext(context.Background()) //nolint:contextcheck // which bears none
}

// finish ends a span. An error is told by its reason: its text has names in it.
func finish(span trace.Span, err error, attrs ...attribute.KeyValue) {
	span.SetAttributes(append(attrs, errorOf(err)...)...)
	if err != nil {
		span.SetStatus(codes.Error, sfprov.Reason(err))
	}
	span.End()
}

func (s *spans) callStart(ctx context.Context, i sfprov.CallStartInfo) context.Context {
	var opts []trace.SpanStartOption
	if len(i.Callers) > 0 { // it is nobody's part
		opts = append(opts, trace.WithNewRoot())
		for _, caller := range i.Callers {
			opts = append(opts, trace.WithLinks(trace.LinkFromContext(caller)))
		}
	}
	return s.begin(ctx, callSpan{}, "sfprov."+i.Operation, trace.SpanKindInternal, []attribute.KeyValue{keyOperation.String(i.Operation)}, opts...)
}

func (s *spans) callEnd(ctx context.Context, i sfprov.CallEndInfo) {
	attrs := append(outcomeOf(i.Operation, i.Result, nil), attribute.Int("sfprov.requests", i.Requests), attribute.Int("sfprov.retries", i.Retries))
	if i.Users > 0 {
		attrs = append(attrs, attribute.Int("sfprov.users", i.Users))
	}
	if s.users && i.Result.ID != "" {
		attrs = append(attrs, attribute.String("sfprov.user_id", i.Result.ID), attribute.String("sfprov.username", i.Result.Username))
	}
	finish(spanOf(ctx, callSpan{}), i.Err, attrs...)
}

func (s *spans) adoption(ctx context.Context, _ sfprov.UserEndInfo) {
	spanOf(ctx, callSpan{}).AddEvent("sfprov.adoption")
}

func (s *spans) freeze(ctx context.Context, _ sfprov.UserEndInfo) {
	spanOf(ctx, callSpan{}).AddEvent("sfprov.freeze")
}

func (s *spans) retry(ctx context.Context, i sfprov.RetryInfo) {
	spanOf(ctx, callSpan{}).AddEvent("sfprov.retry", trace.WithAttributes(
		attribute.String("sfprov.retry.reason", sfprov.Reason(i.Err)), attribute.Int("sfprov.retry.attempt", i.Attempt),
		attribute.Float64("sfprov.retry.delay", i.Delay.Seconds()),
	))
}

func (s *spans) requestStart(ctx context.Context, i sfprov.RequestStartInfo) context.Context {
	attrs := append(requestOf(i), attribute.Float64("sfprov.request.waited", i.Waited.Seconds()))
	if i.Attempt > 1 {
		attrs = append(attrs, attribute.Int("http.request.resend_count", i.Attempt-1))
	}
	return s.begin(ctx, requestSpan{}, i.Method+" "+i.Template, trace.SpanKindClient, attrs)
}

func (s *spans) requestEnd(ctx context.Context, i sfprov.RequestEndInfo) {
	finish(spanOf(ctx, requestSpan{}), i.Err, statusOf(i.Status)...)
}

func (s *spans) loginStart(ctx context.Context, i sfprov.LoginStartInfo) context.Context {
	return s.begin(ctx, loginSpan{}, "sfprov.login", trace.SpanKindClient, append(serverOf(i.Host), keyGrant.String(string(i.GrantType))))
}

func (s *spans) loginEnd(ctx context.Context, i sfprov.LoginEndInfo) {
	finish(spanOf(ctx, loginSpan{}), i.Err, slices.Clone(statusOf(i.Status))...)
}

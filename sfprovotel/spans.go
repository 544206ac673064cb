package sfprovotel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/sfprov/sfprov"
)

// spans makes the spans.
type spans struct {
	tracer trace.Tracer
	org    []attribute.KeyValue
	people bool
}

// The keys of spans in contexts. What ends, or has an event, finds its span by them: the
// context's current span may be that of another Trace.
type (
	callKey    struct{ of *spans }
	requestKey struct{ of *spans }
	loginKey   struct{ of *spans }
)

func newSpans(o options) *spans {
	return &spans{tracer: o.tracers.Tracer(scope, trace.WithSchemaURL(schemaURL)), org: o.org, people: o.people}
}

// start begins a span, which is kept in the context under a key.
func (s *spans) start(ctx context.Context, key any, name string, kind trace.SpanKind, attrs []attribute.KeyValue, opts ...trace.SpanStartOption) context.Context {
	opts = append(opts, trace.WithSpanKind(kind), trace.WithAttributes(attrs...), trace.WithAttributes(s.org...))
	ctx, span := s.tracer.Start(ctx, name, opts...)
	return context.WithValue(ctx, key, span)
}

// end ends the span of a key. Of an error it tells the reason.
func (s *spans) end(ctx context.Context, key any, err error, attrs []attribute.KeyValue) {
	span, started := ctx.Value(key).(trace.Span)
	if !started {
		return
	}
	span.SetAttributes(attrs...)
	if err != nil {
		span.SetAttributes(errorType(err))
		span.SetStatus(codes.Error, sfprov.Reason(err))
	}
	span.End()
}

// event adds an event to the span of the call.
func (s *spans) event(ctx context.Context, name string, attrs []attribute.KeyValue) {
	if call, started := ctx.Value(callKey{s}).(trace.Span); started {
		call.AddEvent(name, trace.WithAttributes(attrs...))
	}
}

func (s *spans) callStart(ctx context.Context, i sfprov.CallStartInfo) context.Context {
	var opts []trace.SpanStartOption
	if len(i.Callers) > 0 { // the context is that of one of them, and no more theirs than the others'
		opts = append(opts, trace.WithNewRoot(), trace.WithLinks(linksTo(i.Callers)...))
	}
	return s.start(ctx, callKey{s}, "sfprov."+i.Operation, trace.SpanKindInternal, known(operationKey.String(i.Operation)), opts...)
}

// linksTo are links to the spans of contexts, one to each.
func linksTo(callers []context.Context) []trace.Link {
	var links []trace.Link
	linked := map[string]bool{}
	for _, ctx := range callers {
		of := trace.SpanContextFromContext(ctx)
		if id := of.TraceID().String() + of.SpanID().String(); of.IsValid() && !linked[id] {
			linked[id] = true
			links = append(links, trace.Link{SpanContext: of})
		}
	}
	return links
}

func (s *spans) callEnd(ctx context.Context, i sfprov.CallEndInfo) {
	s.end(ctx, callKey{s}, i.Err, append(s.user(i.Result), known(
		actionKey.String(string(i.Result.Action)), usersKey.Int(i.Users), requestsKey.Int(i.Requests), retriesKey.Int(i.Retries),
	)...))
}

// user names a user, if that is asked for.
func (s *spans) user(r sfprov.Result) []attribute.KeyValue {
	if !s.people {
		return nil
	}
	return known(userIDKey.String(r.ID), userNameKey.String(r.Username))
}

func (s *spans) adoption(ctx context.Context, i sfprov.UserEndInfo) {
	s.event(ctx, "sfprov.adoption", s.user(i.Result))
}

func (s *spans) freeze(ctx context.Context, i sfprov.UserEndInfo) {
	s.event(ctx, "sfprov.freeze", s.user(i.Result))
}

func (s *spans) retry(ctx context.Context, i sfprov.RetryInfo) {
	s.event(ctx, "sfprov.retry", known(
		retryReasonKey.String(sfprov.Reason(i.Err)), retryAttemptKey.Int(i.Attempt), retryDelayKey.Float64(i.Delay.Seconds()),
	))
}

func (s *spans) requestStart(ctx context.Context, i sfprov.RequestStartInfo) context.Context {
	return s.start(ctx, requestKey{s}, i.Method+" "+i.Template, trace.SpanKindClient, append(server(i.Host), known(
		semconv.HTTPRequestMethodKey.String(i.Method), semconv.URLTemplate(i.Template), semconv.HTTPRequestResendCount(i.Attempt-1),
	)...))
}

func (s *spans) requestEnd(ctx context.Context, i sfprov.RequestEndInfo) {
	s.end(ctx, requestKey{s}, i.Err, known(semconv.HTTPResponseStatusCode(i.Status)))
}

func (s *spans) loginStart(ctx context.Context, i sfprov.LoginStartInfo) context.Context {
	return s.start(ctx, loginKey{s}, "sfprov.login", trace.SpanKindClient, append(server(i.Host), known(grantTypeKey.String(string(i.GrantType)))...))
}

func (s *spans) loginEnd(ctx context.Context, i sfprov.LoginEndInfo) {
	s.end(ctx, loginKey{s}, i.Err, known(semconv.HTTPResponseStatusCode(i.Status)))
}

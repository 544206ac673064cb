package sfprovotel

import (
	"context"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/sfprov/sfprov"
)

// scope is the name of the instrumentation.
const scope = "github.com/sfprov/sfprov/sfprovotel"

// schemaURL is of the semantic conventions that the names follow.
const schemaURL = semconv.SchemaURL

// New makes a Trace, for [sfprov.WithTrace], that records metrics and spans. Several
// Provisioners can share it. The error says which option is wrong, or which metric the meter
// provider refuses.
func New(opts ...Option) (*sfprov.Trace, error) {
	o := optionsOf(opts)
	if o.problem != nil {
		return nil, o.problem
	}
	m, err := newMetrics(o)
	if err != nil {
		return nil, err
	}
	s := newSpans(o)
	return &sfprov.Trace{
		CallStart: s.callStart,
		CallEnd:   both(m.callEnd, s.callEnd),
		UserEnd:   m.userEnd,
		Adoption:  both(m.adoption, s.adoption),
		Freeze:    both(m.freeze, s.freeze),
		RequestStart: func(ctx context.Context, i sfprov.RequestStartInfo) context.Context {
			m.requestStart(ctx, i)
			return s.requestStart(ctx, i)
		},
		RequestEnd: both(m.requestEnd, s.requestEnd),
		Retry:      both(m.retry, s.retry),
		Wait:       m.wait,
		LoginStart: s.loginStart,
		LoginEnd:   both(m.loginEnd, s.loginEnd),
		APIUsage:   m.apiUsage,
	}, nil
}

// both are two functions of a Trace as one. The span's comes last, because it ends it: what is
// measured before can refer to it.
func both[I any](measure, span func(context.Context, I)) func(context.Context, I) {
	return func(ctx context.Context, info I) {
		measure(ctx, info)
		span(ctx, info)
	}
}

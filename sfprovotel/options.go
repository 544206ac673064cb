package sfprovotel

import (
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option is a setting of [New].
type Option func(*options)

// options are the settings.
type options struct {
	meters  metric.MeterProvider
	tracers trace.TracerProvider
	org     []attribute.KeyValue // sfprov.org, if there is a label
	people  bool                 // spans name users
	problem error
}

func optionsOf(opts []Option) options {
	o := options{meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider()}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return o
}

// WithMeterProvider says where the metrics go. The default is the global provider, also one
// that is set later; see [otel.SetMeterProvider].
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(o *options) {
		if p == nil {
			o.problem = errors.Join(o.problem, errors.New("sfprovotel: WithMeterProvider is given nil; leave the option out for the global provider"))
		}
		o.meters = p
	}
}

// WithTracerProvider says where the spans go. The default is the global provider, also one
// that is set later; see [otel.SetTracerProvider]. Give the provider of the package
// go.opentelemetry.io/otel/trace/noop for metrics without spans.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(o *options) {
		if p == nil {
			o.problem = errors.Join(o.problem, errors.New("sfprovotel: WithTracerProvider is given nil; leave the option out for the global provider"))
		}
		o.tracers = p
	}
}

// WithOrg sets the attribute sfprov.org of all metrics and spans, for programs that work with
// several orgs: make a Trace for each, with a label of your own, such as production. Take the
// label from a fixed set: each value multiplies the number of time series. Without the option,
// or with an empty label, the attribute is absent.
func WithOrg(label string) Option {
	return func(o *options) {
		o.org = known(orgKey.String(label))
	}
}

// WithUserAttributes puts usernames and Salesforce IDs on spans and their events, as
// sfprov.user.name and sfprov.user.id: where a call is about one user, and with each adoption
// and freeze. They are personal data, so that whoever can read the spans must be allowed to. By
// default there are none. Metrics never have any.
func WithUserAttributes() Option {
	return func(o *options) { o.people = true }
}

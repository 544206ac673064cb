package sfprovotel

import (
	"context"
	"net"
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/sfprov/sfprov"
)

// scope names this package to OpenTelemetry.
const scope = "github.com/sfprov/sfprov/sfprovotel"

// Option sets what few callers set.
type Option func(*options)

type options struct {
	meters  metric.MeterProvider
	tracers trace.TracerProvider
	org     string
	users   bool
}

// WithMeterProvider says where the metrics go. The default is the global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(o *options) {
		if p != nil {
			o.meters = p
		}
	}
}

// WithTracerProvider says where the spans go. The default is the global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(o *options) {
		if p != nil {
			o.tracers = p
		}
	}
}

// WithOrg puts a label for the org on each metric and span, as the attribute sfprov.org, for
// programs that have several. Choose it from a small set, such as "production": it is not to
// be a tenant's name where there are thousands.
func WithOrg(label string) Option { return func(o *options) { o.org = label } }

// WithUserAttributes puts the username and the Salesforce ID of the account on the spans of
// calls about one user, as sfprov.username and sfprov.user_id. Without it, no span bears
// personal data. Metrics never do.
func WithUserAttributes() Option { return func(o *options) { o.users = true } }

// NewTrace is what [sfprov.WithTrace] takes to make metrics and spans. The error is one of
// the meter provider's.
func NewTrace(opts ...Option) (*sfprov.Trace, error) {
	o := options{meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider()}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	m, err := newMeters(o.meters.Meter(scope), o.org)
	if err != nil {
		return nil, err
	}
	s := &spans{tracer: o.tracers.Tracer(scope), org: o.org, users: o.users}
	return &sfprov.Trace{
		CallStart: s.callStart,
		CallEnd:   both(m.callEnd, s.callEnd),
		UserEnd:   m.userEnd,
		Adoption:  both(m.adoption, s.adoption),
		Freeze:    both(m.freeze, s.freeze),
		RequestStart: func(ctx context.Context, i sfprov.RequestStartInfo) context.Context {
			m.requestStart(ctx)
			return s.requestStart(ctx, i)
		},
		RequestEnd: both(m.requestEnd, s.requestEnd),
		Retry:      both(m.retry, s.retry),
		Wait:       m.wait,
		LoginStart: s.loginStart,
		LoginEnd:   both(m.loginEnd, s.loginEnd),
		APIUsage:   m.usage,
	}, nil
}

// both tells the metrics, then the spans, which end by it.
func both[I any](first, second func(context.Context, I)) func(context.Context, I) {
	return func(ctx context.Context, info I) {
		first(ctx, info)
		second(ctx, info)
	}
}

// The names of attributes that metrics and spans share.
const (
	keyOperation = attribute.Key("sfprov.operation")
	keyAction    = attribute.Key("sfprov.action")
	keyOrg       = attribute.Key("sfprov.org")
	keyError     = attribute.Key("error.type")
	keyMethod    = attribute.Key("http.request.method")
	keyStatus    = attribute.Key("http.response.status_code")
	keyTemplate  = attribute.Key("url.template")
	keyAddress   = attribute.Key("server.address")
	keyPort      = attribute.Key("server.port")
	keyGrant     = attribute.Key("sfprov.grant_type")
)

// outcomeOf is the outcome and the action of a call, and why it failed.
func outcomeOf(operation string, result sfprov.Result, err error) []attribute.KeyValue {
	attrs := []attribute.KeyValue{keyOperation.String(operation)}
	if result.Action != "" {
		attrs = append(attrs, keyAction.String(string(result.Action)))
	}
	return append(attrs, errorOf(err)...)
}

// errorOf is why something failed; nothing if it did not.
func errorOf(err error) []attribute.KeyValue {
	if err == nil {
		return nil
	}
	return []attribute.KeyValue{keyError.String(sfprov.Reason(err))}
}

// serverOf are a host and, where there is one, its port.
func serverOf(hostPort string) []attribute.KeyValue {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return []attribute.KeyValue{keyAddress.String(hostPort)}
	}
	number, _ := strconv.Atoi(port) // of a URL that was checked
	return []attribute.KeyValue{keyAddress.String(host), keyPort.Int(number)}
}

// requestOf is a request, without what differs from user to user.
func requestOf(i sfprov.RequestStartInfo) []attribute.KeyValue {
	return append(serverOf(i.Host), keyMethod.String(i.Method), keyTemplate.String(i.Template))
}

// statusOf is the status of an answer; nothing if there is none.
func statusOf(status int) []attribute.KeyValue {
	if status == 0 {
		return nil
	}
	return []attribute.KeyValue{keyStatus.Int(status)}
}

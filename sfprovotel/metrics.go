package sfprovotel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/sfprov/sfprov"
)

// metrics are the instruments.
type metrics struct {
	org []attribute.KeyValue

	operationDuration, batchSize, requestDuration, loginDuration, waitDuration metric.Float64Histogram
	outcomes, unknownOutcomes, adoptions, freezes, retries                     metric.Int64Counter
	inFlight                                                                   metric.Int64UpDownCounter
	usage, limit                                                               metric.Int64Gauge
}

// Bucket boundaries.
//
//nolint:gochecknoglobals // constant tables
var (
	// Those that the semantic conventions ask for, where another metric is compared with
	// those of other HTTP clients.
	httpSeconds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	// Logins and waits, which end with a timeout.
	seconds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}
	// From a call that is answered from memory to a batch of a million users.
	callSeconds = []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200}
	// Up to a collection, which holds 200 users, and beyond.
	batchUsers = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000, 1_000_000}
)

func newMetrics(o options) (*metrics, error) {
	f := factory{meter: o.meters.Meter(scope, metric.WithSchemaURL(schemaURL))}
	m := &metrics{
		org:               o.org,
		operationDuration: f.histogram("sfprov.operation.duration", "s", "Duration of calls of the library, with their waits and retries.", callSeconds),
		batchSize:         f.histogram("sfprov.batch.size", "{user}", "Users of a batch, as many as were taken from the input.", batchUsers),
		requestDuration:   f.histogram("http.client.request.duration", "s", "Duration of HTTP client requests.", httpSeconds),
		loginDuration:     f.histogram("sfprov.login.duration", "s", "Duration of requests for a token.", seconds),
		waitDuration:      f.histogram("sfprov.request.wait.duration", "s", "Time that was waited for a slot, for a login of others, or for a batch.", seconds),
		outcomes:          f.counter("sfprov.outcomes", "{user}", "Users of whom it was told what became of them."),
		unknownOutcomes:   f.counter("sfprov.unknown_outcomes", "{user}", "Users of whom nobody knows what became of them."),
		adoptions:         f.counter("sfprov.adoptions", "{user}", "Users whose account existed and was taken over."),
		freezes:           f.counter("sfprov.freezes", "{user}", "Users whose login was locked."),
		retries:           f.counter("sfprov.request.retries", "{retry}", "Pauses before something was tried again."),
	}
	var err error
	m.inFlight, err = f.meter.Int64UpDownCounter("sfprov.request.in_flight", metric.WithUnit("{request}"), metric.WithDescription("Requests that are under way, logins not counted."))
	f.check("sfprov.request.in_flight", err)
	m.usage = f.gauge("sfprov.api.usage", "API requests of the org that are spent of its daily limit.")
	m.limit = f.gauge("sfprov.api.limit", "Daily limit of the org's API requests.")
	if f.err != nil {
		return nil, f.err
	}
	for _, operation := range ofChanges { // an alarm on an increase would miss a counter that begins with 1
		m.unknownOutcomes.Add(context.Background(), 0, m.with(operationKey.String(operation)))
	}
	return m, nil
}

// ofChanges are the operations that can leave it unknown what became of a user.
var ofChanges = []string{ //nolint:gochecknoglobals // a constant table
	"create", "update", "deactivate", "reactivate", "freeze", "unfreeze", "ensure", "ensure_all", "set_password", "reset_password", "apply", "resolve",
}

// factory makes instruments, and joins what goes wrong.
type factory struct {
	meter metric.Meter
	err   error
}

func (f *factory) check(name string, err error) {
	if err != nil {
		f.err = errors.Join(f.err, fmt.Errorf("sfprovotel: metric %s: %w", name, err))
	}
}

func (f *factory) histogram(name, unit, description string, boundaries []float64) metric.Float64Histogram {
	h, err := f.meter.Float64Histogram(name, metric.WithUnit(unit), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(boundaries...))
	f.check(name, err)
	return h
}

func (f *factory) counter(name, unit, description string) metric.Int64Counter {
	c, err := f.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	f.check(name, err)
	return c
}

func (f *factory) gauge(name, description string) metric.Int64Gauge {
	g, err := f.meter.Int64Gauge(name, metric.WithUnit("{request}"), metric.WithDescription(description))
	f.check(name, err)
	return g
}

// with are the attributes of a measurement, as far as they are known.
func (m *metrics) with(attrs ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(known(attrs...), m.org...)...)
}

// ofBatches are the operations that take users from an input, or a plan.
var ofBatches = map[string]bool{"ensure_all": true, "plan": true, "apply": true, "reconcile": true} //nolint:gochecknoglobals // a constant table

func (m *metrics) callEnd(ctx context.Context, i sfprov.CallEndInfo) {
	operation := operationKey.String(i.Operation)
	m.operationDuration.Record(ctx, i.Took.Seconds(), m.with(operation, actionKey.String(string(i.Result.Action)), errorType(i.Err)))
	if ofBatches[i.Operation] {
		m.batchSize.Record(ctx, float64(i.Users), m.with(operation))
	}
}

func (m *metrics) userEnd(ctx context.Context, i sfprov.UserEndInfo) {
	m.outcomes.Add(ctx, 1, m.with(outcomeKey.String(outcome(i.State)), errorType(i.Err)))
	if i.State == sfprov.OutcomeUnknown {
		m.unknownOutcomes.Add(ctx, 1, m.with(operationKey.String(i.Operation)))
	}
}

// outcome is the name of a state, in snake case as all values are.
func outcome(s sfprov.OutcomeState) string { return strings.ReplaceAll(string(s), " ", "_") }

func (m *metrics) adoption(ctx context.Context, i sfprov.UserEndInfo) {
	m.adoptions.Add(ctx, 1, m.with(operationKey.String(i.Operation)))
}

func (m *metrics) freeze(ctx context.Context, i sfprov.UserEndInfo) {
	m.freezes.Add(ctx, 1, m.with(operationKey.String(i.Operation)))
}

func (m *metrics) requestStart(ctx context.Context, _ sfprov.RequestStartInfo) {
	m.inFlight.Add(ctx, 1, m.with())
}

func (m *metrics) requestEnd(ctx context.Context, i sfprov.RequestEndInfo) {
	m.inFlight.Add(ctx, -1, m.with())
	m.requestDuration.Record(ctx, i.Took.Seconds(), m.with(append(server(i.Host),
		semconv.HTTPRequestMethodKey.String(i.Method), semconv.URLTemplate(i.Template),
		semconv.HTTPResponseStatusCode(i.Status), errorType(i.Err))...))
}

func (m *metrics) retry(ctx context.Context, i sfprov.RetryInfo) {
	m.retries.Add(ctx, 1, m.with(retryReasonKey.String(sfprov.Reason(i.Err))))
}

func (m *metrics) wait(ctx context.Context, i sfprov.WaitInfo) {
	m.waitDuration.Record(ctx, i.Took.Seconds(), m.with(waitReasonKey.String(string(i.Reason))))
}

func (m *metrics) loginEnd(ctx context.Context, i sfprov.LoginEndInfo) {
	m.loginDuration.Record(ctx, i.Took.Seconds(), m.with(grantTypeKey.String(string(i.GrantType)), errorType(i.Err)))
}

func (m *metrics) apiUsage(ctx context.Context, u sfprov.APIUsage) {
	m.usage.Record(ctx, int64(u.Used), m.with())
	m.limit.Record(ctx, int64(u.Limit), m.with())
}

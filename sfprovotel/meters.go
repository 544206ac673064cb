package sfprovotel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sfprov/sfprov"
)

// meters are the instruments.
type meters struct {
	common []attribute.KeyValue // that every measurement bears

	operations, requests, waits, logins      metric.Float64Histogram
	batches                                  metric.Int64Histogram
	outcomes, unknown, retries, adopted, ice metric.Int64Counter
	inFlight                                 metric.Int64UpDownCounter
	used, limit                              metric.Int64Gauge
}

// Boundaries of the histograms, in seconds, and in users. A hook waits for calls of some
// hundred milliseconds, a nightly run takes hours.
var (
	callSeconds    = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200}                  //nolint:gochecknoglobals // a constant table
	requestSeconds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 60} //nolint:gochecknoglobals // a constant table
	batchUsers     = []float64{1, 10, 50, 100, 200, 1000, 10_000, 100_000, 1_000_000}                         //nolint:gochecknoglobals // a constant table
)

// newMeters makes the instruments.
func newMeters(m metric.Meter, org string) (*meters, error) {
	made := &meters{}
	if org != "" {
		made.common = []attribute.KeyValue{keyOrg.String(org)}
	}
	var problems []error
	seconds := func(name, about string, boundaries []float64) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(about), metric.WithExplicitBucketBoundaries(boundaries...))
		problems = append(problems, err)
		return h
	}
	counter := func(name, unit, about string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(about))
		problems = append(problems, err)
		return c
	}
	gauge := func(name, about string) metric.Int64Gauge {
		g, err := m.Int64Gauge(name, metric.WithUnit("{request}"), metric.WithDescription(about))
		problems = append(problems, err)
		return g
	}
	made.operations = seconds("sfprov.operation.duration", "Duration of calls.", callSeconds)
	made.requests = seconds("http.client.request.duration", "Duration of HTTP client requests.", requestSeconds)
	made.waits = seconds("sfprov.request.wait.duration", "Time for which something was held up by others.", requestSeconds)
	made.logins = seconds("sfprov.login.duration", "Duration of logins.", requestSeconds)
	made.outcomes = counter("sfprov.outcomes", "{user}", "Users, by what became of them.")
	made.unknown = counter("sfprov.unknown_outcomes", "{user}", "Users of whom it is not known whether they were changed: page someone on it.")
	made.retries = counter("sfprov.request.retries", "{retry}", "Pauses before something is tried again.")
	made.adopted = counter("sfprov.adoptions", "{user}", "Accounts that existed and were taken over.")
	made.ice = counter("sfprov.freezes", "{user}", "Logins that were locked.")
	made.used = gauge("sfprov.api.usage", "API requests of the last 24 hours, of all clients of the org.")
	made.limit = gauge("sfprov.api.limit", "API requests that the org may make in 24 hours.")
	var err error
	made.batches, err = m.Int64Histogram("sfprov.batch.size", metric.WithUnit("{user}"), metric.WithDescription("Users of a batch."),
		metric.WithExplicitBucketBoundaries(batchUsers...))
	problems = append(problems, err)
	made.inFlight, err = m.Int64UpDownCounter("sfprov.request.in_flight", metric.WithUnit("{request}"), metric.WithDescription("Requests that are under way."))
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, fmt.Errorf("sfprovotel: %w", err)
	}
	return made, nil
}

// with are the attributes of a measurement.
func (m *meters) with(attrs ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(slices.Concat(m.common, attrs)...))
}

func (m *meters) callEnd(ctx context.Context, i sfprov.CallEndInfo) {
	m.operations.Record(ctx, i.Took.Seconds(), m.with(outcomeOf(i.Operation, i.Result, i.Err)...))
	if i.Operation == "ensure_all" || i.Operation == "apply" {
		m.batches.Record(ctx, int64(i.Users), m.with(keyOperation.String(i.Operation)))
	}
}

func (m *meters) userEnd(ctx context.Context, i sfprov.UserEndInfo) {
	outcome := attribute.String("sfprov.outcome", strings.ReplaceAll(string(i.State), " ", "_"))
	m.outcomes.Add(ctx, 1, m.with(append(errorOf(i.Err), outcome)...))
	if i.State == sfprov.OutcomeUnknown {
		m.unknown.Add(ctx, 1, m.with(keyOperation.String(i.Operation)))
	}
}

func (m *meters) adoption(ctx context.Context, i sfprov.UserEndInfo) {
	m.adopted.Add(ctx, 1, m.with(keyOperation.String(i.Operation)))
}

func (m *meters) freeze(ctx context.Context, i sfprov.UserEndInfo) {
	m.ice.Add(ctx, 1, m.with(keyOperation.String(i.Operation)))
}

func (m *meters) requestStart(ctx context.Context) { m.inFlight.Add(ctx, 1, m.with()) }

func (m *meters) requestEnd(ctx context.Context, i sfprov.RequestEndInfo) {
	m.inFlight.Add(ctx, -1, m.with())
	m.requests.Record(ctx, i.Took.Seconds(), m.with(slices.Concat(requestOf(i.RequestStartInfo), statusOf(i.Status), errorOf(i.Err))...))
}

func (m *meters) retry(ctx context.Context, i sfprov.RetryInfo) {
	m.retries.Add(ctx, 1, m.with(attribute.String("sfprov.retry.reason", sfprov.Reason(i.Err))))
}

func (m *meters) wait(ctx context.Context, i sfprov.WaitInfo) {
	m.waits.Record(ctx, i.Took.Seconds(), m.with(attribute.String("sfprov.wait.reason", string(i.Reason))))
}

func (m *meters) loginEnd(ctx context.Context, i sfprov.LoginEndInfo) {
	m.logins.Record(ctx, i.Took.Seconds(), m.with(append(errorOf(i.Err), keyGrant.String(string(i.GrantType)))...))
}

func (m *meters) usage(ctx context.Context, u sfprov.APIUsage) {
	m.used.Record(ctx, int64(u.Used), m.with())
	m.limit.Record(ctx, int64(u.Limit), m.with())
}

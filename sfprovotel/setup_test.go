package sfprovotel_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// bench is a Provisioner whose metrics and spans are kept in memory.
type bench struct {
	org      *sfprovtest.Org
	p        *sfprov.Provisioner
	meters   *sdkmetric.ManualReader
	recorder *tracetest.SpanRecorder
	tracers  *sdktrace.TracerProvider
}

// benchWith makes a bench with options of this package, and of the library.
func benchWith(t *testing.T, org *sfprovtest.Org, opts []sfprovotel.Option, others ...sfprov.Option) bench {
	t.Helper()
	b := bench{org: org, meters: sdkmetric.NewManualReader(), recorder: tracetest.NewSpanRecorder()}
	b.tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.recorder))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(b.meters))
	trace, err := sfprovotel.New(append([]sfprovotel.Option{sfprovotel.WithMeterProvider(meters), sfprovotel.WithTracerProvider(b.tracers)}, opts...)...)
	require.NoError(t, err)
	b.p = provisioner(t, org, append([]sfprov.Option{sfprov.WithTrace(trace)}, others...)...)
	return b
}

func provisioner(t *testing.T, org *sfprovtest.Org, opts ...sfprov.Option) *sfprov.Provisioner {
	t.Helper()
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "primary.com", "FederationIdentifier"
	p, err := sfprov.New(cfg, append([]sfprov.Option{sfprov.WithHTTPClient(org.Client())}, opts...)...)
	require.NoError(t, err)
	return p
}

// collect reads all metrics.
func (b bench) collect(t *testing.T) []metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, b.meters.Collect(context.Background(), &all))
	var metrics []metricdata.Metrics
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, "github.com/sfprov/sfprov/sfprovotel", scope.Scope.Name)
		metrics = append(metrics, scope.Metrics...)
	}
	return metrics
}

// point is a data point, of any kind of metric.
type point struct {
	metric string
	attrs  attribute.Set
	count  int64   // of a histogram, or the value of another
	sum    float64 // of a histogram
}

func (b bench) points(t *testing.T) []point {
	t.Helper()
	var points []point
	for _, m := range b.collect(t) {
		points = append(points, pointsOf(m)...)
	}
	return points
}

func pointsOf(m metricdata.Metrics) (points []point) {
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			points = append(points, point{m.Name, p.Attributes, int64(p.Count), p.Sum})
		}
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			points = append(points, point{m.Name, p.Attributes, p.Value, 0})
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			points = append(points, point{m.Name, p.Attributes, p.Value, 0})
		}
	default:
		panic("a kind of metric that this package doesn't make: " + m.Name)
	}
	return points
}

// counts are the counts of a metric by the values of some attributes, joined by blanks.
func (b bench) counts(t *testing.T, metric string, by ...attribute.Key) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, p := range b.points(t) {
		if p.metric == metric {
			counts[valuesOf(p.attrs, by...)] += int(p.count)
		}
	}
	return counts
}

// valuesOf are the values of attributes, - where there is none.
func valuesOf(attrs attribute.Set, keys ...attribute.Key) string {
	var values []string
	for _, key := range keys {
		value, _ := attrs.Value(key)
		values = append(values, or(value.String()))
	}
	return strings.Join(values, " ")
}

// attributeOf is the value of an attribute, or the empty text.
func attributeOf(attrs []attribute.KeyValue, key attribute.Key) string {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

// named are the ended spans of a name.
func (b bench) named(name string) (spans []sdktrace.ReadOnlySpan) {
	for _, s := range b.recorder.Ended() {
		if s.Name() == name {
			spans = append(spans, s)
		}
	}
	return spans
}

func employee(username, number string) sfprov.User {
	return sfprov.User{Username: username, Fields: sfprov.Fields{
		"LastName": "Jones", "Email": username + "@primary.com", "FederationIdentifier": number,
	}}
}

func each(users []sfprov.User) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// drain ranges over a stream to its end.
func drain[E any](stream iter.Seq2[E, error]) error {
	for _, err := range stream {
		if err != nil {
			return err
		}
	}
	return nil
}

// tally counts, from many goroutines.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (t *tally) add(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	t.counts[what]++
}

func (t *tally) total() (n int) {
	for _, count := range t.counts {
		n += count
	}
	return n
}

// or is a text, or - in place of an empty one.
func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// froze reports whether a call locked the login.
func froze(r sfprov.Result) bool {
	return slices.ContainsFunc(r.Changes, func(c sfprov.Change) bool { return c.Field == "IsFrozen" && c.After == true })
}

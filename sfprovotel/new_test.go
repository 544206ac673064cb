package sfprovotel_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// TestGlobalProviders: without providers the global ones are used, those that are set later
// too, and before there are any, nothing panics.
func TestGlobalProviders(t *testing.T) {
	t.Parallel() // all others are given theirs, or look at none
	trace, err := sfprovotel.New()
	require.NoError(t, err)
	org := sfprovtest.NewOrg(t)
	p := provisioner(t, org, sfprov.WithTrace(trace))
	_, err = p.Ensure(t.Context(), employee("before", "E-0"))
	require.NoError(t, err)

	b := setGlobal()
	metered, spans := b.counts(t, "sfprov.operation.duration", "sfprov.operation")["account"], len(b.named("sfprov.account"))
	later, err := sfprovotel.New(nil)
	require.NoError(t, err)
	for _, p := range []*sfprov.Provisioner{p, provisioner(t, org, sfprov.WithTrace(later))} {
		_, err = p.Account(t.Context(), org.AdminID())
		require.NoError(t, err)
	}
	assert.Equal(t, metered+2, b.counts(t, "sfprov.operation.duration", "sfprov.operation")["account"])
	assert.Len(t, b.named("sfprov.account"), spans+2)
}

// setGlobal sets the global providers, once in a process, as programs do.
var setGlobal = sync.OnceValue(func() bench {
	b := bench{meters: sdkmetric.NewManualReader(), recorder: tracetest.NewSpanRecorder()}
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(b.meters)))
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.recorder)))
	return b
})

// TestWrongOptions: all that is wrong is said.
func TestWrongOptions(t *testing.T) {
	t.Parallel()
	_, err := sfprovotel.New(sfprovotel.WithMeterProvider(nil), sfprovotel.WithTracerProvider(nil))
	require.ErrorContains(t, err, "WithMeterProvider is given nil")
	require.ErrorContains(t, err, "WithTracerProvider is given nil")
	_, err = sfprovotel.New(sfprovotel.WithMeterProvider(refusing{}))
	require.ErrorIs(t, err, errRefused)
	for _, name := range []string{"sfprov.operation.duration", "sfprov.outcomes", "sfprov.request.in_flight", "sfprov.api.limit"} {
		require.ErrorContains(t, err, "metric "+name)
	}
}

var errRefused = errors.New("refused")

// refusing is a provider that refuses all instruments.
type refusing struct{ noop.MeterProvider }

func (refusing) Meter(string, ...metric.MeterOption) metric.Meter { return refusingMeter{} }

type refusingMeter struct{ noop.Meter }

func (refusingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errRefused
}

func (refusingMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errRefused
}

func (refusingMeter) Int64UpDownCounter(string, ...metric.Int64UpDownCounterOption) (metric.Int64UpDownCounter, error) {
	return nil, errRefused
}

func (refusingMeter) Int64Gauge(string, ...metric.Int64GaugeOption) (metric.Int64Gauge, error) {
	return nil, errRefused
}

// kindOf is a kind of metric, as the documentation calls it.
func kindOf(m metricdata.Metrics) string {
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		return "histogram"
	case metricdata.Gauge[int64]:
		return "gauge"
	case metricdata.Sum[int64]:
		if !data.IsMonotonic {
			return "up-down counter"
		}
		return "counter"
	default:
		return ""
	}
}

// TestTheTableOfMetrics: docs/telemetry.md names each metric, with its kind, its unit, and all
// attributes that it can have; all have a description.
func TestTheTableOfMetrics(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/telemetry.md")
	require.NoError(t, err)
	page, _, found := strings.Cut(string(text), "### The queue\n") // whose metrics are not this package's
	require.True(t, found)
	documented, attributes := map[string]string{}, map[string]map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z._]+)` \\| ([^|]+) \\| `([^|]+)` \\|([^|]*)\\|").FindAllStringSubmatch(page, -1) {
		documented[row[1]], attributes[row[1]] = row[2]+" "+row[3], map[string]bool{}
		for _, key := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[4], -1) {
			attributes[row[1]][key[1]] = true
		}
	}
	org := sfprovtest.NewOrg(t)
	b := benchWith(t, org, nil)
	conspicuously(t, org, b.p)
	_, _ = sfprov.NewBatcher(b.p).Ensure(t.Context(), employee("waits", "E-waits"))
	made, present := map[string]string{}, map[string]map[string]bool{}
	for _, m := range b.collect(t) {
		assert.Regexp(t, `^[A-Z].*\.$`, m.Description, m.Name)
		made[m.Name], present[m.Name] = kindOf(m)+" "+m.Unit, map[string]bool{}
		for _, p := range pointsOf(m) {
			for _, a := range p.attrs.ToSlice() {
				present[m.Name][string(a.Key)] = true
			}
		}
	}
	assert.Equal(t, documented, made)
	assert.Equal(t, attributes, present)
}

// TestBuckets: the boundaries that come as advice reach the reader, and hold what is usual.
func TestBuckets(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	b := benchWith(t, org, nil)
	_, err := b.p.EnsureAll(context.Background(), each([]sfprov.User{employee("one", "E-1")}), nil)
	require.NoError(t, err)
	largest := map[string]float64{}
	for _, m := range b.collect(t) {
		if h, is := m.Data.(metricdata.Histogram[float64]); is {
			largest[m.Name] = h.DataPoints[0].Bounds[len(h.DataPoints[0].Bounds)-1]
		}
	}
	assert.Equal(t, map[string]float64{
		"sfprov.operation.duration": 7200, "sfprov.batch.size": 1e6, "sfprov.login.duration": 120, "http.client.request.duration": 10,
	}, largest)
}

// TestHosts: a host is told without its port, which is that of https where none is named.
func TestHosts(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"acme.my.salesforce.com": "acme.my.salesforce.com 443", "acme.my.salesforce.com:8443": "acme.my.salesforce.com 8443",
		"[::1]": "::1 443", "[::1]:8080": "::1 8080", "": "- 443",
	} {
		b := bench{meters: sdkmetric.NewManualReader()}
		trace, err := sfprovotel.New(sfprovotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(b.meters))))
		require.NoError(t, err)
		trace.RequestEnd(t.Context(), sfprov.RequestEndInfo{RequestStartInfo: sfprov.RequestStartInfo{Host: host}})
		assert.Equal(t, map[string]int{want: 1}, b.counts(t, "http.client.request.duration", "server.address", "server.port"))
	}
}

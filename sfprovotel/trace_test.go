package sfprovotel_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// watched is a Provisioner whose metrics and spans a test reads.
type watched struct {
	*sfprov.Provisioner
	reader *sdkmetric.ManualReader
	spans  *tracetest.SpanRecorder
	tracer trace.Tracer
}

func watch(t *testing.T, org *sfprovtest.Org, opts ...sfprovotel.Option) watched {
	t.Helper()
	w := watched{reader: sdkmetric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans))
	w.tracer = tracers.Tracer("test")
	told, err := sfprovotel.NewTrace(append([]sfprovotel.Option{
		sfprovotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader))), sfprovotel.WithTracerProvider(tracers),
	}, opts...)...)
	require.NoError(t, err)
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "acme.com", "FederationIdentifier"
	w.Provisioner, err = sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()), sfprov.WithTrace(told), sfprov.WithMaxInFlight(3),
		sfprov.WithRetry(sfprov.RetryPolicy{BaseDelay: 1, MaxDelay: 2}))
	require.NoError(t, err)
	return w
}

// point is one series of a metric: its attributes, and its value, the count of a histogram.
type point struct {
	attrs attribute.Set
	value int64
}

// read reads all metrics.
func (w watched) read(t *testing.T) map[string][]point {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, w.reader.Collect(t.Context(), &all))
	points := map[string][]point{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{p.Attributes, int64(p.Count)})
				}
			case metricdata.Histogram[int64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{p.Attributes, p.Sum})
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{p.Attributes, p.Value})
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{p.Attributes, p.Value})
				}
			default:
				require.Fail(t, "a metric of another kind", "%s: %T", m.Name, data)
			}
			assert.NotEmpty(t, m.Description, m.Name)
			assert.Contains(t, []string{"s", "{user}", "{request}", "{retry}"}, m.Unit, m.Name)
		}
	}
	return points
}

// by sums series by an attribute, or all of them.
func by(points []point, key attribute.Key) map[string]int {
	sums := map[string]int{}
	for _, p := range points {
		value, _ := p.attrs.Value(key)
		sums[value.String()] += int(p.value)
	}
	return sums
}

func person(n int) sfprov.User {
	name := fmt.Sprintf("secretname%d", n)
	return sfprov.User{Username: name, Fields: sfprov.Fields{
		"LastName": "Secretname", "Email": name + "@acme.com", "FederationIdentifier": fmt.Sprint("SECRET-", n), "Title": fmt.Sprint("Secret ", n),
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

// busyRun lets many things happen, with faults, and returns what the callers heard of users,
// by outcome.
func busyRun(t *testing.T, org *sfprovtest.Org, w watched) map[string]int {
	t.Helper()
	heard := map[string]int{}
	var mu sync.Mutex
	hear := func(state string) {
		mu.Lock()
		defer mu.Unlock()
		heard[state]++
	}
	old := org.AddUser(sfprov.Fields{"Username": "secretold@acme.com", "LastName": "Secretname", "Email": "secretold@acme.com", "FederationIdentifier": "SECRET-1"})
	org.BlockDeactivation(old, sfprovtest.Refusal{})
	org.SetTokenRequests(20)
	org.SetFaultPlan(sfprovtest.FaultPlan{Seed: 7, Rules: []sfprovtest.FaultRule{
		{Path: "/data/", Probability: 0.1, Faults: []sfprovtest.Fault{sfprovtest.GatewayHTML(502), sfprovtest.LockedRow(), sfprovtest.ServerUnavailable()}},
		{Method: http.MethodPost, Path: "/data/", Probability: 0.1, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer()}},
	}})
	var users []sfprov.User
	for n := range 30 {
		users = append(users, person(n))
	}
	bad := person(31)
	bad.Fields["Email"] = "secret address"
	_, err := w.EnsureAll(t.Context(), each(append(users, bad)), func(o sfprov.Outcome) error {
		hear(strings.ReplaceAll(string(o.State), " ", "_"))
		return nil
	})
	require.Error(t, err)
	one := func(err error) {
		switch step, _ := sfprov.NextStep(err); {
		case errors.Is(err, sfprov.ErrOutcomeUnknown):
			hear("unknown")
		case step == sfprov.StepDone:
			hear("done")
		case step == sfprov.StepUser:
			hear("refused")
		default:
			hear("not_sent")
		}
	}
	var wg sync.WaitGroup
	for n := range 40 {
		wg.Go(func() {
			u := person(n)
			u.Fields["Title"] = "Secret title"
			_, err := w.Ensure(t.Context(), u)
			one(err)
		})
	}
	wg.Wait()
	_, err = w.Create(t.Context(), person(1))
	one(err)
	_, err = w.Deactivate(t.Context(), old)
	one(err)
	return heard
}

// TestMetricsAgreeWithTheOrg: in a run of faults, each counter is what the org's journal
// says, or what the callers heard.
func TestMetricsAgreeWithTheOrg(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	w := watch(t, org, sfprovotel.WithOrg("production"))
	heard := busyRun(t, org, w)
	got := w.read(t)

	assert.Equal(t, heard, by(got["sfprov.outcomes"], "sfprov.outcome"))
	received := map[string]int{}
	for _, r := range slices.Concat(org.Requests(), org.LoginRequests()) {
		if r.Path != "/services/oauth2/token" {
			status := fmt.Sprint(r.Status)
			if r.Status == 0 {
				status = "" // no answer, no status
			}
			received[status]++
		}
	}
	assert.Equal(t, received, by(got["http.client.request.duration"], "http.response.status_code"))
	assert.Equal(t, map[string]int{"production": org.Logins() + org.RefusedLogins()}, by(got["sfprov.login.duration"], "sfprov.org"))
	assert.Equal(t, map[string]int{"ensure_all": 1, "ensure": 40, "create": 1, "deactivate": 1}, by(got["sfprov.operation.duration"], "sfprov.operation"))
	assert.Equal(t, map[string]int{"ensure_all": 31}, by(got["sfprov.batch.size"], "sfprov.operation"))
	assert.Equal(t, map[string]int{"": 0}, by(got["sfprov.request.in_flight"], ""))
	assert.Equal(t, map[string]int{"": w.APIUsage().Used}, by(got["sfprov.api.usage"], ""))
	assert.Equal(t, map[string]int{"": w.APIUsage().Limit}, by(got["sfprov.api.limit"], ""))
	assert.Equal(t, heard["unknown"], by(got["sfprov.unknown_outcomes"], "")[""])
	assert.Positive(t, by(got["sfprov.request.retries"], "")[""])
	assert.Positive(t, by(got["sfprov.request.wait.duration"], "sfprov.wait.reason")["slot"])
	assert.Positive(t, by(got["sfprov.adoptions"], "")[""])
	assert.Equal(t, map[string]int{"deactivate": 1}, by(got["sfprov.freezes"], "sfprov.operation"))
}

// closed are the values that attributes can have.
var closed = map[attribute.Key][]string{
	"sfprov.operation":          {"ensure_all", "ensure", "create", "deactivate"},
	"sfprov.action":             {"created", "updated", "adopted", "frozen", "unchanged", "deactivated"},
	"sfprov.outcome":            {"done", "refused", "not_sent", "unknown"},
	"sfprov.retry.reason":       {"unavailable", "row_locked", "invalid_field"},
	"sfprov.wait.reason":        {"slot", "login", "batch"},
	"sfprov.grant_type":         {"client_credentials"},
	"sfprov.org":                {"production"},
	"error.type":                {"unavailable", "row_locked", "invalid_input", "invalid_field", "auth", "duplicate_username", "deactivation_blocked", "outcome_unknown", "other"},
	"http.request.method":       {"GET", "POST", "PATCH"},
	"url.template":              {"/composite", "/composite/sobjects", "/query", "/sobjects/User", "/sobjects/User/{id}", "/sobjects/UserLogin/{id}", "/services/oauth2/userinfo"},
	"http.response.status_code": {"200", "201", "204", "400", "401", "502", "503"},
	"server.address":            {"127.0.0.1"},
}

// TestNothingPersonalIsTold: the values of attributes are of closed sets, and no name, ID or
// text is in a metric or, unless it is asked for, in a span.
func TestNothingPersonalIsTold(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	w := watch(t, org, sfprovotel.WithOrg("production"))
	busyRun(t, org, w)
	ids := map[string]bool{}
	for _, u := range org.Users() {
		ids[u.ID] = true
	}
	seen := 0
	check := func(where string, attrs []attribute.KeyValue) {
		for _, a := range attrs {
			seen++
			text := a.Value.String()
			assert.NotContains(t, strings.ToLower(text), "secret", "%s %s", where, a.Key)
			assert.False(t, ids[text], "%s %s", where, a.Key)
			if values, isClosed := closed[a.Key]; isClosed {
				assert.Contains(t, values, text, "%s %s", where, a.Key)
			} else if a.Value.Type() == attribute.STRING {
				assert.Fail(t, "an attribute that is not known", "%s %s", where, a.Key)
			}
		}
	}
	for name, points := range w.read(t) {
		for _, p := range points {
			check(name, p.attrs.ToSlice())
		}
	}
	for _, span := range w.spans.Ended() {
		check(span.Name(), span.Attributes())
		assert.NotContains(t, strings.ToLower(span.Name()+span.Status().Description), "secret")
		for _, e := range span.Events() {
			check(span.Name()+" "+e.Name, e.Attributes)
		}
	}
	assert.Greater(t, seen, 500)
}

// TestSpans: a call is a span below the caller's, its requests and logins are below it, and
// each ends, with the reason of what went wrong.
func TestSpans(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	w := watch(t, org)
	ctx, caller := w.tracer.Start(t.Context(), "hook")
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.ServerUnavailable()))
	result, err := w.Ensure(ctx, person(1))
	require.NoError(t, err)
	caller.End()
	org.BlockDeactivation(result.ID, sfprovtest.Refusal{})
	_, err = w.Deactivate(t.Context(), result.ID)
	require.Error(t, err)

	ended := w.spans.Ended()
	named := func(name string) sdktrace.ReadOnlySpan {
		i := slices.IndexFunc(ended, func(s sdktrace.ReadOnlySpan) bool { return s.Name() == name })
		require.GreaterOrEqual(t, i, 0, name)
		return ended[i]
	}
	ensure := named("sfprov.ensure")
	assert.Equal(t, caller.SpanContext().SpanID(), ensure.Parent().SpanID())
	assert.Equal(t, trace.SpanKindInternal, ensure.SpanKind())
	assert.Contains(t, ensure.Attributes(), attribute.String("sfprov.action", "created"))
	below := 0
	for _, span := range ended {
		if span.Parent().SpanID() == ensure.SpanContext().SpanID() && span.Name() != "sfprov.login" {
			below++
		}
	}
	assert.Contains(t, ensure.Attributes(), attribute.Int("sfprov.requests", below))
	assert.Contains(t, ensure.Attributes(), attribute.Int("sfprov.retries", 1))
	require.Len(t, ensure.Events(), 1)
	assert.Contains(t, ensure.Events()[0].Attributes, attribute.String("sfprov.retry.reason", "unavailable"))
	for _, name := range []string{"sfprov.login", "POST /composite", "POST /sobjects/User"} {
		assert.Equal(t, ensure.SpanContext().SpanID(), named(name).Parent().SpanID(), name)
		assert.Equal(t, trace.SpanKindClient, named(name).SpanKind(), name)
	}
	failed := named("POST /sobjects/User") // the first
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "unavailable"}, failed.Status())
	assert.Contains(t, failed.Attributes(), attribute.Int("http.response.status_code", 503))
	deactivate := named("sfprov.deactivate")
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "deactivation_blocked"}, deactivate.Status())
	assert.True(t, slices.ContainsFunc(deactivate.Events(), func(e sdktrace.Event) bool { return e.Name == "sfprov.freeze" }))
	assert.Len(t, w.spans.Started(), len(ended), "each has ended")
}

// TestSpansOfBatches: a batch of a Batcher is a span of its own, with links to those of its
// callers, and never one for each user.
func TestSpansOfBatches(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	w := watch(t, org)
	b := sfprov.NewBatcher(w.Provisioner)
	arrived, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	org.KeepControl(func(sfprovtest.Request) *sfprovtest.Fault {
		once.Do(func() { close(arrived); <-release })
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = b.Ensure(t.Context(), person(0)) })
	<-arrived
	callers := map[trace.SpanID]bool{}
	for n := range 20 {
		ctx, span := w.tracer.Start(t.Context(), "hook")
		callers[span.SpanContext().SpanID()] = true
		waits := make(chan struct{})
		wg.Go(func() {
			defer span.End()
			close(waits)
			_, _ = b.Ensure(ctx, person(n+1))
		})
		<-waits
	}
	close(release)
	wg.Wait()
	linked := map[trace.SpanID]bool{}
	batches := 0
	for _, span := range w.spans.Ended() {
		if span.Name() != "sfprov.ensure_all" {
			continue
		}
		batches++
		assert.False(t, span.Parent().IsValid(), "it is nobody's part")
		for _, link := range span.Links() {
			linked[link.SpanContext.SpanID()] = true
		}
	}
	assert.Less(t, batches, 10)
	for id := range linked {
		assert.True(t, callers[id])
	}
	assert.Greater(t, len(linked), 10)
}

// TestUserAttributes: who wants them, gets the account on the spans of calls.
func TestUserAttributes(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	w := watch(t, org, sfprovotel.WithUserAttributes())
	result, err := w.Ensure(t.Context(), person(1))
	require.NoError(t, err)
	ended := w.spans.Ended()
	last := ended[len(ended)-1].Attributes()
	assert.Contains(t, last, attribute.String("sfprov.user_id", result.ID))
	assert.Contains(t, last, attribute.String("sfprov.username", "secretname1@acme.com"))
	for name, points := range w.read(t) {
		for _, p := range points {
			for _, a := range p.attrs.ToSlice() {
				assert.NotContains(t, a.Value.String(), "secretname", name)
			}
		}
	}
}

// TestGlobalProviders: without providers, the global ones are used, which do nothing until
// somebody sets them.
func TestGlobalProviders(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	told, err := sfprovotel.NewTrace(nil, sfprovotel.WithMeterProvider(nil), sfprovotel.WithTracerProvider(nil))
	require.NoError(t, err)
	cfg := org.Config()
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()), sfprov.WithTrace(told))
	require.NoError(t, err)
	_, err = p.Account(context.Background(), org.AdminID())
	require.NoError(t, err)
}

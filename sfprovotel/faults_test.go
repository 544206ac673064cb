package sfprovotel_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// heard is what the callers of a run were told.
type heard struct {
	calls, outcomes, unknown, adoptions, freezes tally
}

// call notes what a call about one user returned.
func (h *heard) call(operation string, r sfprov.Result, err error) error {
	h.calls.add(fmt.Sprint(operation, " ", or(string(r.Action)), " ", or(sfprov.Reason(err))))
	h.user(operation, r, err, stateOf(err))
	return err
}

// many notes what a call about nobody, or many, returned.
func (h *heard) many(operation string, err error) {
	h.calls.add(operation + " - " + or(sfprov.Reason(err)))
}

func (h *heard) user(operation string, r sfprov.Result, err error, state sfprov.OutcomeState) {
	h.outcomes.add(map[sfprov.OutcomeState]string{
		sfprov.OutcomeDone: "done", sfprov.OutcomeRefused: "refused", sfprov.OutcomeNotSent: "not_sent", sfprov.OutcomeUnknown: "unknown",
	}[state] + " " + or(sfprov.Reason(err)))
	if state == sfprov.OutcomeUnknown {
		h.unknown.add(operation)
	}
	if r.Action == sfprov.Adopted {
		h.adoptions.add(operation)
	}
	if froze(r) {
		h.freezes.add(operation)
	}
}

// each notes what became of the users of a batch.
func (h *heard) each(operation string) func(sfprov.Outcome) error {
	return func(o sfprov.Outcome) error {
		h.user(operation, o.Result, o.Err, o.State)
		return nil
	}
}

// stateOf is what became of the user of a call.
func stateOf(err error) sfprov.OutcomeState {
	step, _ := sfprov.NextStep(err)
	switch {
	case errors.Is(err, sfprov.ErrOutcomeUnknown):
		return sfprov.OutcomeUnknown
	case step == sfprov.StepDone:
		return sfprov.OutcomeDone
	case step == sfprov.StepUser:
		return sfprov.OutcomeRefused
	}
	return sfprov.OutcomeNotSent
}

// staff are users of whom some are there already, under other usernames.
func staff(org *sfprovtest.Org, n int) (users []sfprov.User) {
	for i := range n {
		name, number := fmt.Sprint("user", i), fmt.Sprint("E-", i)
		users = append(users, employee(name, number))
		if i%3 == 0 {
			org.AddUser(sfprov.Fields{"Username": name + "@old.example", "LastName": "Old", "Email": name + "@old.example", "FederationIdentifier": number})
		}
	}
	return users
}

// TestMetricsAgreeWithTheOrg: whatever faults there are, in batches and single calls at once, the
// metrics of requests and logins are what the org received, and those of calls and users what
// the callers heard.
func TestMetricsAgreeWithTheOrg(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { agree(t, seed) })
		})
	}
}

func agree(t *testing.T, seed uint64) { //nolint:thelper // it is the test
	org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
	users := staff(org, 120)
	stuck := org.AddUser(sfprov.Fields{"Username": "stuck@primary.com", "LastName": "S", "Email": "s@primary.com"})
	org.BlockDeactivation(stuck, sfprovtest.Refusal{})
	org.SetTokenRequests(25)
	org.SetFaultPlan(sfprovtest.FaultPlan{Seed: seed, Rules: []sfprovtest.FaultRule{
		{Path: "/data/", Probability: 0.15, Faults: []sfprovtest.Fault{sfprovtest.GatewayHTML(502), sfprovtest.GatewayHTML(503), sfprovtest.LockedRow()}},
		{Method: http.MethodPost, Path: "/data/", Probability: 0.1, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer(), sfprovtest.CutAnswer()}}, // net/http repeats a GET by itself
	}})
	var retries tally
	b := benchWith(t, org, nil, sfprov.WithMaxInFlight(4), sfprov.WithTrace(&sfprov.Trace{
		Retry: func(_ context.Context, i sfprov.RetryInfo) { retries.add(sfprov.Reason(i.Err)) },
	}))
	var h heard
	var wg sync.WaitGroup
	ctx := t.Context()
	wg.Go(func() {
		_, err := b.p.EnsureAll(ctx, each(users[:80]), h.each("ensure_all"))
		h.many("ensure_all", err)
	})
	for _, u := range users[80:100] {
		wg.Go(func() {
			r, err := b.p.Ensure(ctx, u)
			_ = h.call("ensure", r, err)
		})
	}
	for _, u := range users[100:] {
		wg.Go(func() {
			r, err := b.p.Create(ctx, u)
			_ = h.call("create", r, err)
		})
	}
	wg.Go(func() {
		r, err := b.p.Deactivate(ctx, stuck)
		_ = h.call("deactivate", r, err)
	})
	wg.Go(func() {
		r, err := b.p.Create(ctx, sfprov.User{Username: "nobody"})
		_ = h.call("create", r, err)
	})
	wg.Go(func() {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		r, err := b.p.Create(gone, employee("gone", "E-gone"))
		_ = h.call("create", r, err)
	})
	wg.Go(func() { h.many("users", drain(b.p.Users(ctx, sfprov.UserQuery{}))) })
	wg.Wait()

	org.SetFaultPlan(sfprovtest.FaultPlan{})
	plan, err := b.p.Plan(ctx, each(users[:10]), sfprov.Scope{KeepAbsent: true})
	h.many("plan", err)
	require.NoError(t, err)
	_, err = b.p.Apply(ctx, plan, h.each("apply"))
	h.many("apply", err)

	// The answer to a create is lost, and so is each that could tell what became of it.
	org.Control(sfprovtest.On("POST", "/sobjects/User", sfprovtest.LostAnswer()))
	org.KeepControl(sfprovtest.On("GET", "/query", sfprovtest.GatewayHTML(503)))
	r, err := b.p.Create(ctx, employee("lost", "E-lost"))
	lost := h.call("create", r, err)
	require.ErrorIs(t, lost, sfprov.ErrOutcomeUnknown)
	org.ClearControls()
	r, err = b.p.Resolve(ctx, lost)
	require.NoError(t, h.call("resolve", r, err))
	org.RefuseLogins(1, "invalid_client", "invalid client credentials")
	org.KeepControl(sfprovtest.On("", "/data/", sfprovtest.ExpiredSession()))
	_, err = b.p.Account(ctx, stuck)
	h.many("account", err)

	var received tally
	inPath := regexp.MustCompile(`/(sobjects/\w+)/[A-Za-z0-9]{18}|/(query)/[^/]+$`)
	for _, r := range slices.Concat(org.Requests(), org.LoginRequests()) {
		if r.Path != "/services/oauth2/token" {
			path := inPath.ReplaceAllString(strings.TrimSuffix(r.Path, "/"), "/$1$2/{}")
			status := fmt.Sprint(r.Status)
			if r.Status == 0 {
				status = "-"
			}
			received.add(fmt.Sprint(r.Method, " ", strings.TrimPrefix(path, "/services/data/v"+sfprov.DefaultAPIVersion), " ", status))
		}
	}
	requests := map[string]int{}
	for what, n := range b.counts(t, "http.client.request.duration", "http.request.method", "url.template", "http.response.status_code") {
		requests[regexp.MustCompile(`\{\w+\}`).ReplaceAllString(what, "{}")] += n
	}
	assert.Equal(t, received.counts, requests)
	for what := range b.counts(t, "http.client.request.duration", "http.response.status_code", "error.type") {
		status, reason, _ := strings.Cut(what, " ")
		if status[0] != '2' {
			assert.NotEqual(t, "-", reason, what)
		}
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(org.URL(), "https://"), ":")
	assert.Equal(t, map[string]int{host + " " + portOf(port): received.total()}, b.counts(t, "http.client.request.duration", "server.address", "server.port"))

	logins := b.counts(t, "sfprov.login.duration", "error.type")
	assert.Equal(t, map[string]int{"-": org.Logins() - org.RefusedLogins(), "auth": org.RefusedLogins()}, logins)
	assert.Equal(t, map[string]int{"client_credentials": org.Logins()}, b.counts(t, "sfprov.login.duration", "sfprov.grant_type"))

	assert.Equal(t, h.calls.counts, b.counts(t, "sfprov.operation.duration", "sfprov.operation", "sfprov.action", "error.type"))
	unknown := maps.Clone(h.unknown.counts)
	assert.Equal(t, h.outcomes.counts, b.counts(t, "sfprov.outcomes", "sfprov.outcome", "error.type"))
	for operation := range strings.FieldsSeq("create update deactivate reactivate freeze unfreeze ensure ensure_all set_password reset_password apply resolve") {
		unknown[operation] += 0 // whoever is alarmed by an increase needs a 0 to begin with
	}
	assert.Equal(t, unknown, b.counts(t, "sfprov.unknown_outcomes", "sfprov.operation"))
	assert.Equal(t, h.adoptions.counts, b.counts(t, "sfprov.adoptions", "sfprov.operation"))
	assert.Equal(t, h.freezes.counts, b.counts(t, "sfprov.freezes", "sfprov.operation"))
	assert.Equal(t, retries.counts, b.counts(t, "sfprov.request.retries", "sfprov.retry.reason"))
	sizes := map[string]float64{}
	for _, p := range b.points(t) {
		if p.metric == "sfprov.batch.size" {
			sizes[valuesOf(p.attrs, "sfprov.operation")] += p.sum
		}
	}
	assert.Equal(t, map[string]float64{"ensure_all": 80, "plan": 10, "apply": float64(len(plan.Steps))}, sizes)
	assert.Equal(t, map[string]int{"ensure_all": 1, "plan": 1, "apply": 1}, b.counts(t, "sfprov.batch.size", "sfprov.operation"))
	usage := b.p.APIUsage()
	assert.Equal(t, map[string]int{"": usage.Used}, b.counts(t, "sfprov.api.usage"))
	assert.Equal(t, map[string]int{"": usage.Limit}, b.counts(t, "sfprov.api.limit"))
	assert.Equal(t, map[string]int{"": 0}, b.counts(t, "sfprov.request.in_flight"))

	// The run has something of all.
	for _, some := range []*tally{&h.unknown, &h.adoptions, &h.freezes, &retries} {
		assert.Positive(t, some.total())
	}
	assert.Greater(t, org.Logins(), 3)
	assert.Equal(t, 1, org.RefusedLogins())
	assert.Len(t, b.recorder.Started(), len(b.recorder.Ended()), "each span ends")
	assert.Len(t, b.recorder.Ended(), received.total()+org.Logins()+h.calls.total(), "a span for each call, request and login, and for no user")
	events := map[string]int{}
	for _, s := range b.recorder.Ended() {
		for _, e := range s.Events() {
			events[e.Name]++
		}
	}
	assert.Equal(t, map[string]int{"sfprov.retry": retries.total(), "sfprov.adoption": h.adoptions.total(), "sfprov.freeze": h.freezes.total()}, events)
}

// portOf is the port of an address, or that of https.
func portOf(port string) string {
	if port == "" {
		return "443"
	}
	return port
}

// TestWaitsAndInFlight: what is under way is counted while it is, and what holds calls up is
// measured.
func TestWaitsAndInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		b := benchWith(t, org, nil, sfprov.WithMaxInFlight(2))
		org.KeepControl(sfprovtest.On("", "", sfprovtest.Fault{Delay: time.Second}))
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() { _, _ = b.p.Account(t.Context(), org.AdminID(), []string{"Title", "City", "State"}[i]) })
			synctest.Wait()
		}
		time.Sleep(1500 * time.Millisecond) //nolint:forbidigo // of a bubble
		assert.Equal(t, map[string]int{"": 2}, b.counts(t, "sfprov.request.in_flight"))
		wg.Wait()
		assert.Equal(t, map[string]int{"": 0}, b.counts(t, "sfprov.request.in_flight"))
		waited := map[string]float64{}
		took := map[string]float64{}
		for _, p := range b.points(t) {
			switch p.metric {
			case "sfprov.request.wait.duration":
				waited[valuesOf(p.attrs, "sfprov.wait.reason")] += p.sum
			case "http.client.request.duration", "sfprov.login.duration", "sfprov.operation.duration":
				took[p.metric] += p.sum
			}
		}
		// One logs in for a second while the second waits for it, and the third for a slot,
		// until one of the two has its answer, another second later.
		assert.Equal(t, map[string]float64{"login": 1, "slot": 2}, waited)
		assert.Equal(t, map[string]float64{"http.client.request.duration": 3, "sfprov.login.duration": 1, "sfprov.operation.duration": 7}, took)

		batcher := sfprov.NewBatcher(b.p)
		for i := range 2 {
			wg.Go(func() { _, _ = batcher.Ensure(t.Context(), employee(fmt.Sprint("u", i), fmt.Sprint("E-", i))) })
			synctest.Wait()
		}
		wg.Wait()
		assert.Equal(t, 2, b.counts(t, "sfprov.request.wait.duration", "sfprov.wait.reason")["batch"])
	})
}

// TestOrgLabel: the label is on everything, and nowhere without the option.
func TestOrgLabel(t *testing.T) {
	t.Parallel()
	for label, opts := range map[string][]sfprovotel.Option{
		"production": {sfprovotel.WithOrg("production")},
		"-":          {sfprovotel.WithOrg(""), nil},
	} {
		b := benchWith(t, sfprovtest.NewOrg(t), opts)
		_, err := b.p.EnsureAll(t.Context(), each([]sfprov.User{employee("one", "E-1"), employee("two", "E-2")}), nil)
		require.NoError(t, err)
		points := b.points(t)
		require.NotEmpty(t, points)
		for _, p := range points {
			assert.Equal(t, label, valuesOf(p.attrs, "sfprov.org"), p.metric)
		}
		require.NotEmpty(t, b.recorder.Ended())
		for _, s := range b.recorder.Ended() {
			assert.Equal(t, label, or(attributeOf(s.Attributes(), "sfprov.org")), s.Name())
		}
	}
}

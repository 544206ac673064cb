package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// witness is told what a Provisioner does.
type witness struct {
	mu        sync.Mutex
	starts    []sfprov.CallStartInfo
	calls     []sfprov.CallEndInfo
	users     []sfprov.UserEndInfo
	adoptions []sfprov.UserEndInfo
	freezes   []sfprov.UserEndInfo
	begun     int
	requests  []sfprov.RequestEndInfo
	retries   []sfprov.RetryInfo
	waits     []sfprov.WaitInfo
	logins    []sfprov.LoginEndInfo
	usage     sfprov.APIUsage
}

func note[E any](w *witness, list *[]E) func(context.Context, E) {
	return func(_ context.Context, e E) {
		w.mu.Lock()
		defer w.mu.Unlock()
		*list = append(*list, e)
	}
}

func (w *witness) trace() sfprov.Option {
	return sfprov.WithTrace(&sfprov.Trace{
		CallStart: func(_ context.Context, i sfprov.CallStartInfo) context.Context {
			note(w, &w.starts)(nil, i)
			return nil
		},
		CallEnd: note(w, &w.calls), UserEnd: note(w, &w.users), Adoption: note(w, &w.adoptions), Freeze: note(w, &w.freezes),
		RequestStart: func(context.Context, sfprov.RequestStartInfo) context.Context {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.begun++
			return nil
		},
		RequestEnd: note(w, &w.requests), Retry: note(w, &w.retries), Wait: note(w, &w.waits), LoginEnd: note(w, &w.logins),
		APIUsage: func(_ context.Context, u sfprov.APIUsage) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.usage = u
		},
	})
}

// tracedIn is provisionerIn with options.
func tracedIn(t *testing.T, org *sfprovtest.Org, opts ...sfprov.Option) *sfprov.Provisioner {
	t.Helper()
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "primary.com", "FederationIdentifier"
	p, err := sfprov.New(cfg, append([]sfprov.Option{sfprov.WithHTTPClient(org.Client())}, opts...)...)
	require.NoError(t, err)
	return p
}

// operations are the operations of what a witness was told, as often as they came.
func operations[E any](list []E, of func(E) string) map[string]int {
	counts := map[string]int{}
	for _, e := range list {
		counts[of(e)]++
	}
	return counts
}

var idInPath = regexp.MustCompile(`/(sobjects/\w+)/[A-Za-z0-9]{18}|/(query)/[^/]+$`)

// TestTraceAgreesWithTheOrg: whatever faults there are, what is told of requests and logins
// is what the org received, what is told of users is what callers heard, and calls add up.
func TestTraceAgreesWithTheOrg(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
				people := assemble(org, 120, seed)
				org.SetTokenRequests(25)
				org.SetFaultPlan(sfprovtest.FaultPlan{Seed: seed, Rules: []sfprovtest.FaultRule{
					{Path: "/data/", Probability: 0.15, Faults: []sfprovtest.Fault{sfprovtest.GatewayHTML(502), sfprovtest.GatewayHTML(503), sfprovtest.LockedRow()}},
					{Method: http.MethodPost, Path: "/data/", Probability: 0.1, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer(), sfprovtest.CutAnswer()}}, // net/http repeats a GET by itself
				}})
				var w witness
				p := tracedIn(t, org, w.trace(), sfprov.WithMaxInFlight(4))
				heard := map[sfprov.OutcomeState]int{}
				_, err := p.EnsureAll(t.Context(), each(people.users), func(o sfprov.Outcome) error {
					heard[o.State]++
					return nil
				})
				_ = err // of those who met too many faults
				var mu sync.Mutex
				var wg sync.WaitGroup
				for _, u := range people.users[:40] {
					wg.Go(func() {
						_, err := p.Ensure(t.Context(), u)
						mu.Lock()
						defer mu.Unlock()
						heard[stateOf(err)]++
					})
				}
				wg.Wait()
				drain(p.Users(t.Context(), sfprov.UserQuery{}))
				_, _ = p.Check(t.Context())

				var received []string
				for _, r := range slices.Concat(org.Requests(), org.LoginRequests()) {
					if r.Path != "/services/oauth2/token" {
						path := idInPath.ReplaceAllString(strings.TrimSuffix(r.Path, "/"), "/$1$2/{}")
						received = append(received, fmt.Sprint(r.Method, " ", path, " ", r.Status))
					}
				}
				var told []string
				for _, r := range w.requests {
					path := r.Template
					if path != "/services/data" && path != "/services/oauth2/userinfo" {
						path = "/services/data/v" + sfprov.DefaultAPIVersion + path
					}
					path = regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "{}")
					told = append(told, fmt.Sprint(r.Method, " ", path, " ", r.Status))
					if r.Status < 200 || r.Status > 299 {
						require.Error(t, r.Err)
					}
					assert.Equal(t, strings.TrimPrefix(org.URL(), "https://"), r.Host)
				}
				slices.Sort(received)
				slices.Sort(told)
				assert.Equal(t, received, told)
				assert.Equal(t, len(told), w.begun)
				assert.Len(t, w.logins, org.Logins()+org.RefusedLogins())
				assert.Greater(t, len(w.logins), 1)
				assert.Equal(t, p.APIUsage(), w.usage)

				assert.Equal(t, heard, statesOf(w.users))
				sumRequests, sumRetries := 0, 0
				for _, c := range w.calls {
					sumRequests, sumRetries = sumRequests+c.Requests, sumRetries+c.Retries
				}
				assert.Equal(t, len(told), sumRequests)
				assert.Len(t, w.retries, sumRetries)
				assert.NotEmpty(t, w.retries)
				assert.Equal(t, map[string]int{"ensure_all": 1, "ensure": 40, "users": 1, "check": 1}, operations(w.calls, func(c sfprov.CallEndInfo) string { return c.Operation }))
				assert.Len(t, w.starts, len(w.calls))
			})
		})
	}
}

// drain ranges over a stream to its end.
func drain[E any](stream iter.Seq2[E, error]) {
	for _, err := range stream {
		_ = err // which the trace is told, too
	}
}

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

func statesOf(users []sfprov.UserEndInfo) map[sfprov.OutcomeState]int {
	states := map[sfprov.OutcomeState]int{}
	for _, u := range users {
		states[u.State]++
	}
	return states
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

// TestTraceNamesEveryCall: each method is one call, whatever it calls itself, also where it is
// refused before it begins; those that change somebody tell about the user.
func TestTraceNamesEveryCall(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.AddPermissionSet("Deal Desk", "")
	id := seeded(org, nil)
	blocked := org.AddUser(sfprov.Fields{"Username": "stuck@primary.com", "LastName": "S", "Email": "s@primary.com", "FederationIdentifier": "E-9"})
	org.BlockDeactivation(blocked, sfprovtest.Refusal{})
	other := org.AddUser(sfprov.Fields{"Username": "old@primary.com", "LastName": "O", "Email": "o@primary.com", "FederationIdentifier": "E-10"})
	var w witness
	p := tracedIn(t, org, w.trace())
	f := sfprov.NewFollower(p, shelf{"E-20": employee("new", "E-20")})
	ctx := t.Context()
	one := func(_ any, err error) error { return err }
	for i, test := range []struct {
		operation string
		changes   bool // somebody
		call      func() error
	}{
		{"create", true, func() error { return one(p.Create(ctx, employee("new", "E-20"))) }},
		{"create", true, func() error { return one(p.Create(ctx, sfprov.User{})) }},
		{"create", true, func() error { return one(p.Create(ctx, employee("renamed", "E-10"))) }},
		{"update", true, func() error { return one(p.Update(ctx, id, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})) }},
		{"update", true, func() error { return one(p.Update(ctx, "x", sfprov.User{})) }},
		{"freeze", true, func() error { return one(p.Freeze(ctx, id)) }},
		{"unfreeze", true, func() error { return one(p.Unfreeze(ctx, id)) }},
		{"deactivate", true, func() error { return one(p.Deactivate(ctx, id)) }},
		{"deactivate", true, func() error { return one(p.Deactivate(ctx, blocked)) }},
		{"deactivate", true, func() error { return one(p.Deactivate(ctx, "x")) }},
		{"reactivate", true, func() error { return one(p.Reactivate(ctx, id)) }},
		{"set_password", true, func() error { return one(p.SetPassword(ctx, id, "a-Passw0rd")) }},
		{"set_password", true, func() error { return one(p.SetPassword(ctx, id, "")) }},
		{"reset_password", true, func() error { return one(p.ResetPassword(ctx, id)) }},
		{"create", true, func() error {
			return one(p.Provision(ctx, sfprov.Request{Op: sfprov.OpCreate, User: employee("new", "E-20")}))
		}},
		{"provision", true, func() error { return one(p.Provision(ctx, sfprov.Request{Op: "merge"})) }},
		{"resolve", true, func() error {
			return one(p.Resolve(ctx, &sfprov.UnconfirmedError{Op: "create", Username: "nobody@primary.com"}))
		}},
		{"find", false, func() error { return one(p.Find(ctx, employee("new", "E-20"))) }},
		{"find", false, func() error { return one(p.Find(ctx, sfprov.User{})) }},
		{"account", false, func() error { return one(p.Account(ctx, id)) }},
		{"account", false, func() error { return one(p.Account(ctx, "x")) }},
		{"access_of", false, func() error { return one(p.AccessOf(ctx, id)) }},
		{"schema", false, func() error { return one(p.Schema(ctx)) }},
		{"users", false, func() error { drain(p.Users(ctx, sfprov.UserQuery{})); return nil }},
		{"users", false, func() error {
			for _, err := range p.Users(ctx, sfprov.UserQuery{}) {
				return err
			}
			return nil
		}},
		{"members", false, func() error { drain(p.Members(ctx, sfprov.CatalogPermissionSet, "Deal Desk")); return nil }},
		{"catalog", false, func() error {
			drain(p.Catalog(ctx, sfprov.CatalogProfile))
			return nil
		}},
		{"plan", false, func() error {
			return one(p.Plan(ctx, each([]sfprov.User{employee("new", "E-20")}), sfprov.Scope{KeepAbsent: true}))
		}},
		{"plan", false, func() error { return one(p.Plan(ctx, nil, sfprov.Scope{})) }},
		{"apply", false, func() error { return one(p.Apply(ctx, &sfprov.Plan{}, nil)) }},
		{"ensure_all", false, func() error { return one(p.EnsureAll(ctx, each(nil), nil)) }},
		{"follow", false, func() error { return one(f.Changed(ctx, "null")) }},
	} {
		operation := test.operation
		starts, calls, users := len(w.starts), len(w.calls), len(w.users)
		err := test.call()
		name := fmt.Sprint(i, " ", operation)
		if assert.Len(t, w.calls, calls+1, name) && assert.Len(t, w.starts, starts+1, name) {
			last := w.calls[calls]
			assert.Equal(t, operation, last.Operation, name)
			assert.Equal(t, operation, w.starts[starts].Operation, name)
			if operation != "members" {
				assert.Equal(t, err, last.Err, name)
			}
		}
		if !test.changes {
			assert.Len(t, w.users, users, name)
		} else if assert.Len(t, w.users, users+1, name) {
			assert.Equal(t, sfprov.UserEndInfo{Operation: operation, Result: w.calls[calls].Result, Err: err, State: stateOf(err)}, w.users[users], name)
		}
	}
	ids := func(list []sfprov.UserEndInfo) (ids []string) {
		for _, u := range list {
			ids = append(ids, u.Result.ID)
		}
		return ids
	}
	assert.Equal(t, []string{id, blocked}, ids(w.freezes))
	assert.Contains(t, ids(w.adoptions), other)

	calls := len(w.calls)
	_, err := f.Changed(ctx, "E-20")
	require.NoError(t, err)
	_, _, err = f.Reconcile(ctx)
	_ = err
	var told []string
	for _, c := range w.calls[calls:] {
		told = append(told, c.Operation)
	}
	assert.Equal(t, []string{"ensure", "follow", "plan"}, told[:3], "a Follower's calls are told, and so are those that it makes")
	assert.Equal(t, "reconcile", told[len(told)-1])
}

// shelf is a Source in memory.
type shelf map[string]sfprov.User

func (s shelf) User(_ context.Context, id string) (sfprov.User, error) {
	u, known := s[id]
	if !known {
		return sfprov.User{}, sfprov.ErrGone
	}
	return u, nil
}

func (s shelf) Users(context.Context) iter.Seq2[sfprov.User, error] {
	return each(slices.Collect(maps.Values(s)))
}

// TestTracedContexts: what a function of the Trace puts into a context is there for all that
// belongs to it, down to the HTTP client, and for the other Trace too.
func TestTracedContexts(t *testing.T) {
	t.Parallel()
	type key string
	org := sfprovtest.NewOrg(t)
	var onTheWire []string
	client := *org.Client()
	base := client.Transport
	client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		ctx := r.Context()
		onTheWire = append(onTheWire, fmt.Sprintln(r.URL.Path == "/services/oauth2/token", ctx.Value(key("caller")), ctx.Value(key("call")), ctx.Value(key("request")), ctx.Value(key("login"))))
		return base.RoundTrip(r)
	})
	var ended []string
	end := func(ctx context.Context, what string) {
		ended = append(ended, fmt.Sprintln(what, ctx.Value(key("caller")), ctx.Value(key("call")), ctx.Value(key("request"))))
	}
	first := &sfprov.Trace{
		CallStart: func(ctx context.Context, i sfprov.CallStartInfo) context.Context {
			return context.WithValue(ctx, key("call"), i.Operation)
		},
		RequestStart: func(ctx context.Context, i sfprov.RequestStartInfo) context.Context {
			return context.WithValue(ctx, key("request"), i.Template)
		},
		LoginStart: func(ctx context.Context, i sfprov.LoginStartInfo) context.Context {
			return context.WithValue(ctx, key("login"), i.GrantType)
		},
	}
	second := &sfprov.Trace{
		RequestEnd: func(ctx context.Context, _ sfprov.RequestEndInfo) { end(ctx, "request") },
		CallEnd:    func(ctx context.Context, _ sfprov.CallEndInfo) { end(ctx, "call") },
	}
	p := tracedIn(t, org, sfprov.WithHTTPClient(&client), sfprov.WithTrace(first), sfprov.WithTrace(second))
	first.CallStart = nil // the struct was copied
	_, err := p.Ensure(context.WithValue(t.Context(), key("caller"), "hook"), employee("new", "E-20"))
	require.NoError(t, err)
	assert.Equal(t, []string{"true hook ensure <nil> client_credentials\n", "false hook ensure /composite <nil>\n", "false hook ensure /sobjects/User <nil>\n"}, onTheWire)
	assert.Equal(t, []string{"request hook ensure /composite\n", "request hook ensure /sobjects/User\n", "call hook ensure <nil>\n"}, ended)
}

// TestTracedWaits: what holds a call up is told, and how long.
func TestTracedWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		var w witness
		p := tracedIn(t, org, w.trace(), sfprov.WithMaxInFlight(2))
		org.KeepControl(sfprovtest.On("", "", sfprovtest.Fault{Delay: time.Second}))
		b := sfprov.NewBatcher(p)
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() { _, _ = p.Account(t.Context(), org.AdminID(), []string{"Title", "City", "State"}[i]) })
			synctest.Wait()
		}
		wg.Wait()
		took := map[sfprov.WaitReason]time.Duration{}
		for _, wait := range w.waits {
			took[wait.Reason] += wait.Took
		}
		// One logs in for a second while the second waits for it, and the third for a slot,
		// until one of the two has its answer, another second later.
		assert.Equal(t, map[sfprov.WaitReason]time.Duration{sfprov.WaitLogin: time.Second, sfprov.WaitSlot: 2 * time.Second}, took)
		assert.Equal(t, 2*time.Second, w.requests[2].Waited)
		assert.Equal(t, time.Second, w.requests[2].Took)
		assert.Equal(t, time.Second, w.logins[0].Took)

		w.waits, w.starts = nil, nil
		type key struct{}
		for i := range 3 {
			wg.Go(func() {
				_, _ = b.Ensure(context.WithValue(t.Context(), key{}, i), employee(fmt.Sprint("u", i), fmt.Sprint("E-", 30+i)))
			})
			synctest.Wait()
		}
		wg.Wait()
		batch := w.starts[len(w.starts)-1]
		assert.Equal(t, "ensure_all", batch.Operation)
		var callers []any
		for _, ctx := range batch.Callers {
			callers = append(callers, ctx.Value(key{}))
		}
		assert.Equal(t, []any{1, 2}, callers)
		var waited []time.Duration
		for _, wait := range w.waits {
			if wait.Reason == sfprov.WaitBatch {
				waited = append(waited, wait.Took)
			}
		}
		assert.Equal(t, []time.Duration{0, 2 * time.Second, 2 * time.Second}, waited)
	})
}

// TestTracedRetries: the attempts of a request are counted, and each pause is told with its
// reason before it is made.
func TestTracedRetries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  sfprovtest.Fault
		reason string
		call   func(*sfprov.Provisioner) error
	}{
		"a read": {sfprovtest.GatewayHTML(503), "unavailable", func(p *sfprov.Provisioner) error {
			for _, err := range p.Catalog(t.Context(), sfprov.CatalogProfile) {
				return err
			}
			return nil
		}},
		"a create": {sfprovtest.GatewayHTML(503), "unavailable", func(p *sfprov.Provisioner) error {
			_, err := p.Create(t.Context(), employee("new", "E-20"))
			return err
		}},
		"a composite": {sfprovtest.GatewayHTML(503), "unavailable", func(p *sfprov.Provisioner) error {
			_, err := p.AccessOf(t.Context(), unknownUserID)
			return err
		}},
		"a batch": {sfprovtest.LockedRow(), "row_locked", func(p *sfprov.Provisioner) error {
			_, err := p.EnsureAll(t.Context(), each([]sfprov.User{employee("new", "E-20"), employee("other", "E-21")}), nil)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			var w witness
			p := tracedIn(t, org, w.trace(), sfprov.WithRetry(sfprov.RetryPolicy{BaseDelay: time.Millisecond}))
			_, err := p.Schema(t.Context()) // logs in
			require.NoError(t, err)
			method := "POST"
			if name == "a read" {
				method = "GET"
			}
			org.Control(sfprovtest.On(method, "", test.fault))
			org.Control(sfprovtest.On(method, "", test.fault))
			_ = test.call(p)
			require.GreaterOrEqual(t, len(w.retries), 2)
			for i, retry := range w.retries[:2] {
				assert.Equal(t, i+1, retry.Attempt)
				assert.Equal(t, test.reason, sfprov.Reason(retry.Err))
				assert.LessOrEqual(t, retry.Delay, 4*time.Millisecond)
				assert.Equal(t, w.calls[1].Operation, retry.Operation)
			}
			var attempts []int
			for _, r := range w.requests[1:] {
				if r.Method == method {
					attempts = append(attempts, r.Attempt)
				}
			}
			assert.Equal(t, []int{1, 2, 3}, attempts[:3])
			assert.Equal(t, 2, w.calls[1].Retries)
		})
	}
}

// TestTraceOfRefusedLogins: a login that is refused, and credentials that can't be had, are
// told with their reason.
func TestTraceOfRefusedLogins(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.RefuseLogins(1, "invalid_client", "invalid client credentials")
	var w witness
	p := tracedIn(t, org, w.trace())
	_, err := p.Account(t.Context(), org.AdminID())
	require.ErrorIs(t, err, sfprov.ErrAuth)
	require.Len(t, w.logins, 1)
	assert.Equal(t, 400, w.logins[0].Status)
	assert.Equal(t, "auth", sfprov.Reason(w.logins[0].Err))
	assert.Equal(t, sfprov.GrantClientCredentials, w.logins[0].GrantType)
	assert.Equal(t, strings.TrimPrefix(org.URL(), "http://"), w.logins[0].Host)
	assert.Empty(t, w.requests)

	lost := errors.New("the vault is sealed")
	p = tracedIn(t, org, w.trace(), sfprov.WithCredentials(func(context.Context) (sfprov.Credentials, error) { return sfprov.Credentials{}, lost }))
	_, err = p.Account(t.Context(), org.AdminID())
	require.ErrorIs(t, err, lost)
	require.ErrorIs(t, w.logins[1].Err, lost)
}

func TestNilTrace(t *testing.T) {
	t.Parallel()
	_, err := sfprov.New(sfprov.Config{}, sfprov.WithTrace(nil))
	require.ErrorContains(t, err, "WithTrace is given a nil Trace")
}

// TestReasons: each reason has its error, wrapped ones and joined ones too.
func TestReasons(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"":                       nil,
		"outcome_unknown":        errors.Join(sfprov.ErrClosed, &sfprov.UnconfirmedError{Op: "create", Err: sfprov.ErrUnavailable}),
		"deactivation_blocked":   sfprov.ErrDeactivationBlocked,
		"too_many_deactivations": sfprov.ErrTooManyDeactivations,
		"plan_stale":             sfprov.ErrPlanStale,
		"ambiguous_match":        sfprov.ErrAmbiguousMatch,
		"duplicate_username":     &sfprov.APIError{StatusCode: 400, Code: "DUPLICATE_USERNAME"},
		"license_limit":          &sfprov.APIError{StatusCode: 400, Code: "LICENSE_LIMIT_EXCEEDED"},
		"not_found":              sfprov.ErrNotFound,
		"not_created":            sfprov.ErrNotCreated,
		"row_locked":             &sfprov.APIError{StatusCode: 400, Code: "UNABLE_TO_LOCK_ROW"},
		"request_limit":          &sfprov.APIError{StatusCode: 403, Code: "REQUEST_LIMIT_EXCEEDED"},
		"permission":             &sfprov.APIError{StatusCode: 400, Code: "INSUFFICIENT_ACCESS"},
		"invalid_field":          &sfprov.APIError{StatusCode: 400, Code: "STRING_TOO_LONG"},
		"invalid_input":          &sfprov.ValidationError{},
		"invalid_config":         errors.Join(errors.New("x"), &sfprov.ConfigError{}),
		"auth":                   &sfprov.AuthError{StatusCode: 400, Code: "invalid_client"},
		"unavailable":            &sfprov.APIError{StatusCode: 502},
		"closed":                 sfprov.ErrClosed,
		"canceled":               context.Canceled,
		"deadline_exceeded":      context.DeadlineExceeded,
		"other":                  errors.New("x"),
	} {
		assert.Equal(t, want, sfprov.Reason(err))
		if err != nil {
			assert.Equal(t, want, sfprov.Reason(fmt.Errorf("wrapped: %w", err)))
		}
	}
}

// roundTripper is a transport that is a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTraceOfWhatIsLeft: where the caller's code panics or ends its goroutine, all that began is
// told to have ended.
func TestTraceOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	leaves := map[string]func(){"panic": func() { panic("boom") }, "Goexit": runtime.Goexit}
	for how, leave := range leaves {
		for _, path := range []string{userPath, tokenPath} {
			t.Run(how+" "+path, func(t *testing.T) {
				t.Parallel()
				var w witness
				o := &odd{path: path, answer: func(*http.Request) (*http.Response, error) { leave(); return nil, nil }}
				p := oddly(t, sfprovtest.NewOrg(t), o, w.trace())
				var wg sync.WaitGroup
				wg.Go(func() {
					defer func() { _ = recover() }()
					_, _ = p.Create(t.Context(), alice()) // does not come back
				})
				wg.Wait()
				assert.Len(t, w.requests, w.begun)
				require.Len(t, w.calls, 1)
				assert.Equal(t, "other", sfprov.Reason(w.calls[0].Err))
				if path == tokenPath {
					require.Len(t, w.logins, 1)
					assert.Equal(t, "other", sfprov.Reason(w.logins[0].Err))
				} else {
					require.NotEmpty(t, w.requests)
					assert.Equal(t, "other", sfprov.Reason(w.requests[len(w.requests)-1].Err))
				}
			})
		}
		t.Run(how+" of whoever ranges, or is told", func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			var w witness
			p := tracedIn(t, org, w.trace())
			f := sfprov.NewFollower(p, sealed(leave))
			some := each([]sfprov.User{employee("new", "E-20")})
			plan, err := p.Plan(t.Context(), some, sfprov.Scope{KeepAbsent: true})
			require.NoError(t, err)
			for operation, call := range map[string]func(){
				"users": func() {
					for _, err := range p.Users(t.Context(), sfprov.UserQuery{}) {
						_ = err // it ends otherwise
						leave()
					}
				},
				"ensure_all": func() { _, _ = p.EnsureAll(t.Context(), some, func(sfprov.Outcome) error { leave(); return nil }) },
				"apply":      func() { _, _ = p.Apply(t.Context(), plan, func(sfprov.Outcome) error { leave(); return nil }) },
				"plan": func() {
					_, _ = p.Plan(t.Context(), func(yield func(sfprov.User, error) bool) { leave(); yield(sfprov.User{}, nil) }, sfprov.Scope{})
				},
				"follow":    func() { _, _ = f.Changed(t.Context(), "E-20") },
				"reconcile": func() { _, _, _ = f.Reconcile(t.Context()) },
			} {
				var wg sync.WaitGroup
				wg.Go(func() {
					defer func() { _ = recover() }()
					call()
				})
				wg.Wait()
				last := w.calls[len(w.calls)-1]
				assert.Equal(t, operation, last.Operation)
				assert.Equal(t, "other", sfprov.Reason(last.Err), operation)
				assert.Len(t, w.calls, len(w.starts), operation)
			}
		})
	}
}

// sealed is a Source that can't be asked.
type sealed func()

func (s sealed) User(context.Context, string) (sfprov.User, error) { s(); return sfprov.User{}, nil }

func (s sealed) Users(context.Context) iter.Seq2[sfprov.User, error] {
	return func(func(sfprov.User, error) bool) { s() }
}

// TestTraceOfPages: the org says where the next page of a query is, and yet the template of the
// request is the same for each.
func TestTraceOfPages(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"/services/data/v66.0/query/01g-1", "/services/data/v66.0/query/01g-1/E-20", "/services/data/v66.0/queryMore/01g-1"} {
		var w witness
		org := sfprovtest.NewOrg(t)
		o := &odd{path: "/query", answer: func(r *http.Request) (*http.Response, error) {
			if r.URL.RawQuery != "" {
				return response(200, io.NopCloser(strings.NewReader(fmt.Sprintf(`{"totalSize":2,"done":false,"nextRecordsUrl":%q,"records":[{"Id":"005000000000001AAA"}]}`, location)))), nil
			}
			return response(200, io.NopCloser(strings.NewReader(`{"totalSize":2,"done":true,"records":[{"Id":"005000000000002AAA"}]}`))), nil
		}}
		drain(oddly(t, org, o, w.trace()).Users(t.Context(), sfprov.UserQuery{}))
		require.Greater(t, len(w.requests), 1)
		assert.Equal(t, "/query", w.requests[0].Template)
		assert.Equal(t, "/query/{locator}", w.requests[1].Template)
	}
}

// TestAWaitThatPanics: it comes up in the caller's goroutine.
func TestAWaitThatPanics(t *testing.T) {
	t.Parallel()
	p := tracedIn(t, sfprovtest.NewOrg(t), sfprov.WithTrace(&sfprov.Trace{Wait: func(context.Context, sfprov.WaitInfo) { panic("out of luck") }}))
	assert.PanicsWithValue(t, "out of luck", func() { _, _ = sfprov.NewBatcher(p).Ensure(t.Context(), employee("new", "E-20")) })
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sfprov/sfprov/sfprovtest"
)

// standingFaults are the faults that were added so far, and stay until all are cleared.
type standingFaults struct {
	org  *sfprovtest.Org
	seed uint64

	mu    sync.Mutex
	added uint64
	rules []string
}

func (f *standingFaults) add(rule faultRule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.org.KeepControl(rule.control(f.seed + f.added))
	f.added++
	f.rules = append(f.rules, rule.text)
}

// clear ends them, and --turmoil too.
func (f *standingFaults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.org.ClearControls()
	f.rules = nil
}

func (f *standingFaults) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.rules...)
}

// orgControl is the control endpoint: a server of its own, since it is no part of what
// a real org has.
type orgControl struct {
	url    string
	server *http.Server
	served chan struct{}
}

// startControl serves it.
func startControl(ctx context.Context, address string, org *sfprovtest.Org, faults *standingFaults) (*orgControl, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s, the address of --control: %w", address, err)
	}
	host, _, _ := net.SplitHostPort(address) // it is one, since it was listened on
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	c := &orgControl{
		url:    "http://" + net.JoinHostPort(host, port),
		served: make(chan struct{}),
		server: &http.Server{Handler: guard(host, controlHandler(org, faults)), ReadHeaderTimeout: time.Minute},
	}
	go func() {
		defer close(c.served)
		_ = c.server.Serve(listener) // ends with ErrServerClosed
	}()
	return c, nil
}

func (c *orgControl) close() {
	_ = c.server.Close() // there is nothing to do about it
	<-c.served
}

// guard keeps web pages out, which a browser on this machine may show: those of other
// sites send their origin, and those whose name was made to mean this machine send
// that name as the host.
func guard(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Host
		if name, _, err := net.SplitHostPort(asked); err == nil {
			asked = name
		}
		ip := net.ParseIP(strings.Trim(asked, "[]"))
		switch {
		case len(r.Header.Values("Origin")) > 0:
			answerJSON(w, http.StatusForbidden, problem("requests with an Origin header, as web pages send them, are refused"))
		case ip == nil && !strings.EqualFold(asked, "localhost") && !strings.EqualFold(asked, host):
			answerJSON(w, http.StatusForbidden, problem(fmt.Sprintf("requests for the host %q are refused; use an IP address, localhost or %s", asked, host)))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// controlCall is something that the control endpoint does. What it returns is answered
// as JSON; without anything, it is 204.
type controlCall struct {
	pattern string
	do      func(*http.Request) (any, error)
}

// controlCalls are all that there are; docs/org-in-memory.md has the same.
func controlCalls(org *sfprovtest.Org, faults *standingFaults) []controlCall {
	return []controlCall{
		{"GET /faults", func(*http.Request) (any, error) {
			return map[string]any{"rules": faults.list(), "struck": orEmpty(org.FaultCounts())}, nil
		}},
		{"POST /faults", func(r *http.Request) (any, error) {
			var in struct{ Fault *string }
			if err := decode(r, &in); err != nil || in.Fault == nil {
				return nil, wants(err, `{"fault": "locked-row=0.05"}`)
			}
			rule, err := parseFault(*in.Fault)
			if err != nil {
				return nil, err
			}
			faults.add(rule)
			return nil, nil
		}},
		{"DELETE /faults", func(*http.Request) (any, error) { faults.clear(); return nil, nil }},
		{"GET /requests", func(*http.Request) (any, error) { return shownRequests(org.Requests()), nil }},
		{"DELETE /requests", func(*http.Request) (any, error) { org.ResetRequests(); return nil, nil }},
		{"GET /logins", func(*http.Request) (any, error) {
			return map[string]int{"logins": org.Logins(), "refused": org.RefusedLogins(), "expiries": org.Expiries()}, nil
		}},
		{"POST /tokens/expire", func(*http.Request) (any, error) { org.ExpireTokens(); return nil, nil }},
		{"POST /time", func(r *http.Request) (any, error) {
			var in struct{ Forward string }
			if err := decode(r, &in); err != nil {
				return nil, wants(err, `{"forward": "2h30m"}`)
			}
			d, err := time.ParseDuration(in.Forward)
			if err != nil || d < 0 {
				return nil, wants(err, `{"forward": "2h30m"}`)
			}
			org.FastForward(d)
			return nil, nil
		}},
		{"POST /licenses", func(r *http.Request) (any, error) {
			var in struct {
				License *string
				Total   *int
			}
			if err := decode(r, &in); err != nil || in.License == nil || in.Total == nil || *in.Total < -1 {
				return nil, wants(err, `{"license": "Salesforce", "total": 10}, with -1 for no limit`)
			}
			org.SetLicenses(*in.License, *in.Total)
			return nil, nil
		}},
		{"POST /limits", func(r *http.Request) (any, error) {
			var in struct{ Used, Limit *int }
			if err := decode(r, &in); err != nil || in.Used == nil || in.Limit == nil || *in.Used < 0 || *in.Limit < 0 {
				return nil, wants(err, `{"used": 14900, "limit": 15000}`)
			}
			org.SetAPIUsage(*in.Used, *in.Limit)
			return nil, nil
		}},
		{"GET /users", func(*http.Request) (any, error) {
			users := org.Users()
			shown := make([]any, len(users))
			for i, user := range users {
				shown[i] = shownUser(user)
			}
			return shown, nil
		}},
		{"GET /users/{id}", ofUser(org, func(user sfprovtest.User) any { return shownUser(user) })},
		{"POST /users/{id}/freeze", ofUser(org, func(user sfprovtest.User) any { org.Freeze(user.ID, true); return nil })},
		{"POST /users/{id}/unfreeze", ofUser(org, func(user sfprovtest.User) any { org.Freeze(user.ID, false); return nil })},
		{"POST /users/{id}/confirm-email", ofUser(org, func(user sfprovtest.User) any { org.ConfirmEmail(user.ID); return nil })},
	}
}

// ofUser is a call about the user whom the path names.
func ofUser(org *sfprovtest.Org, do func(sfprovtest.User) any) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		user, found := org.User(r.PathValue("id"))
		if !found {
			return nil, noSuch(fmt.Sprintf("there is no user with the ID %q", r.PathValue("id")))
		}
		return do(user), nil
	}
}

// controlHandler serves the calls, and answers all else with what there is.
func controlHandler(org *sfprovtest.Org, faults *standingFaults) http.Handler {
	mux := http.NewServeMux()
	var patterns []string
	for _, call := range controlCalls(org, faults) {
		patterns = append(patterns, call.pattern)
		mux.HandleFunc(call.pattern, func(w http.ResponseWriter, r *http.Request) {
			result, err := tried(r, call.do)
			switch {
			case errors.As(err, new(noSuch)):
				answerJSON(w, http.StatusNotFound, problem(err.Error()))
			case err != nil:
				answerJSON(w, http.StatusBadRequest, problem(err.Error()))
			case result == nil:
				w.WriteHeader(http.StatusNoContent)
			default:
				answerJSON(w, http.StatusOK, result)
			}
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, http.StatusNotFound, problem(fmt.Sprintf("there is no %s %s; there is %s", r.Method, r.URL.Path, strings.Join(patterns, ", "))))
	})
	return mux
}

// tried makes an error of a panic, by which the org tells of a mistake.
func tried(r *http.Request, do func(*http.Request) (any, error)) (result any, err error) {
	defer func() {
		if mistake := recover(); mistake != nil {
			err = fmt.Errorf("%v", mistake)
		}
	}()
	return do(r)
}

// decode reads a body that must be one JSON object with no other keys.
func decode(r *http.Request, in any) error {
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the object")
	}
	return nil
}

// wants is the error of a body that is not as it should be.
func wants(err error, example string) error {
	if err == nil {
		return errors.New("the body must be like " + example)
	}
	return fmt.Errorf("the body must be like %s: %w", example, err)
}

// noSuch is the error of something that isn't there.
type noSuch string

func (n noSuch) Error() string { return string(n) }

func problem(sentence string) map[string]string { return map[string]string{"error": sentence} }

func answerJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // a client that has left needs no answer
}

func orEmpty(counts map[string]int) map[string]int {
	if counts == nil {
		return map[string]int{}
	}
	return counts
}

// shownUser is a user as the endpoint shows it.
func shownUser(user sfprovtest.User) any {
	return map[string]any{
		"id": user.ID, "username": user.Username, "active": user.Active, "frozen": user.Frozen,
		"pendingEmail": user.PendingEmail, "fields": user.Fields,
	}
}

// shownRequests are requests as the endpoint shows them, the headers left out.
func shownRequests(requests []sfprovtest.Request) []any {
	shown := make([]any, 0, len(requests))
	for request := range slices.Values(requests) {
		shown = append(shown, map[string]any{
			"method": request.Method, "path": request.Path, "query": request.Query, "body": string(request.Body),
			"time": request.Time.UTC(), "status": request.Status,
		})
	}
	return shown
}

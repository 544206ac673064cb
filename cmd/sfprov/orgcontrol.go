package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
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

// noSuch is the error of something that isn't there.
type noSuch string

func (n noSuch) Error() string { return string(n) }

func problem(sentence string) map[string]string { return map[string]string{"error": sentence} }

func answerJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) //nolint:errchkjson // a client that has left needs no answer
}

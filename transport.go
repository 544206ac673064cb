package sfprov

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"
)

const (
	// maxAnswer bounds what is read of an answer: a page of 2,000 users takes
	// about 2 MiB.
	maxAnswer = 16 << 20
	// maxErrorAnswer bounds what is read of an answer that is no success.
	maxErrorAnswer = 1 << 20
	// maxRefreshes bounds how often one call meets a token that expired just
	// then. Each time, another call made progress, so it is far more than needed.
	maxRefreshes = 32
)

// requestTimeout bounds a request where neither the call nor the client has a
// deadline: no answer may trickle for ever.
const requestTimeout = 2 * time.Minute

// newHTTPClient is the client of a Provisioner whose caller brings none. Its
// connections are its own, and as many are kept as a busy process has requests
// in flight: the two per host that net/http keeps would be closed and opened
// all the time.
func newHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: time.Minute,
			MaxIdleConns:          256,
			MaxIdleConnsPerHost:   256,
			// Shorter than what servers and load balancers commonly keep, because a
			// create on a connection that dies meanwhile has an unknown outcome.
			IdleConnTimeout: 30 * time.Second,
		},
	}
}

// withoutRedirects is a copy of a client that follows no redirects: a redirect
// would carry the token, or the client secret, to wherever it points.
func withoutRedirects(c *http.Client) *http.Client {
	clone := *c
	if clone.Transport == nil {
		clone.Transport = http.DefaultTransport //nolint:forbidigo // what a client without a transport means; resty would put another into its place
	}
	clone.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &clone
}

// sender sends requests to the org: with a token, again where that is safe, and
// with the answer read to its end.
type sender struct {
	client  *http.Client
	own     bool // the client is this package's, whose transport heeds contexts
	resty   *resty.Client
	timeout time.Duration // of each request, as the caller's client has it; 0 for none
	tokens  *tokens
	log     *slog.Logger
	traces  traces
	host    string // and port, of the org
	retry   RetryPolicy
	slots   chan struct{} // as many as requests may be in flight; nil for any number
	quota   quota
	calls   atomic.Int64 // that were sent
}

// newSender makes a sender on the caller's client, or on one of its own if there
// is none.
func newSender(cfg *Config, o options) *sender {
	client := o.client
	if client == nil {
		client = newHTTPClient()
	}
	client = withoutRedirects(client)
	// The client's Timeout is kept by this package, because a transport need not
	// heed it.
	untimed := *client
	untimed.Timeout = 0
	rest := resty.NewWithClient(&untimed).
		SetBaseURL(cfg.Domain).
		SetDoNotParseResponse(true).
		SetPreRequestHook(guardBody).
		SetHeader("Accept", "application/json").
		SetHeader("User-Agent", userAgent())
	s := &sender{
		client: client, own: o.client == nil, resty: rest, timeout: client.Timeout, tokens: newTokens(newCredentials(cfg, o), client, o.log, o.traces), log: o.log,
		traces: o.traces, host: hostAndPort(cfg.Domain),
		retry: o.retry.withDefaults(), quota: quota{reserve: o.reserve},
	}
	if o.inFlight > 0 {
		s.slots = make(chan struct{}, o.inFlight)
	}
	return s
}

// request is one REST call.
type request struct {
	method     string
	path       string   // built from escaped elements, below the domain
	query      string   // encoded
	template   string   // of the path, for a trace, where the org chose the path
	body       []byte   // JSON; never changed, since a transport that was left may read it later
	secrets    []string // in the body, to be taken out of what comes back
	repeatable bool     // a second time changes nothing, whatever the method
	readOnly   bool     // so does the first
	byID       bool     // the path names a record
	unmetered  bool     // Salesforce doesn't count it
	once       bool     // the caller sees to the repetitions
}

// reads reports whether the request changes nothing.
func (r request) reads() bool { return r.readOnly || r.method == http.MethodGet }

// safe reports whether the request can be repeated without knowing what became of
// it: a create can't, nor a change of a password.
func (r request) safe() bool {
	return r.repeatable || r.reads() || r.method == http.MethodPatch
}

// answer is what came back, read to the end.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	cut     bool      // the body of an error broke off
	refusal *APIError // what it says, if it is no success
	secrets []string  // that were sent, and are taken out of what is told of the body
	tooLong bool      // the body was longer than is read, and was cut by this library
	end     []byte    // the last bytes of an error that was too long
}

// send sends a request until it is answered with success, with an error that a
// retry can't mend, or the attempts are used up. The error is an *APIError, a
// *transportError, what the login failed with, or an *unconfirmed that wraps one
// of these: a change that may have been made all the same.
func (s *sender) send(ctx context.Context, r request) (ans answer, err error) {
	doubt := false
	err = s.attempts(ctx, r, func(ctx context.Context, _ bool) (again bool, err error) {
		if ans, err = s.authorized(ctx, r); err == nil {
			return false, nil
		}
		doubt = doubt || !r.reads() && inDoubt(err)
		return !r.once && isMomentary(err) && (r.safe() || hadNoEffect(err)), err
	})
	if err != nil && doubt {
		err = &unconfirmed{err: err}
	}
	return ans, err
}

// secretsOf are the secrets that could come back in an answer: those of the request, of the
// call that it is a part of, and of the settings.
func (s *sender) secretsOf(ctx context.Context, r request, tok *token) []string {
	all := slices.Clone(r.secrets)
	if tok != nil {
		all = append(all, tok.value)
	}
	return slices.Concat(all, s.tokens.credentials.secrets(), secretsIn(ctx))
}

// authorized sends a request once, and again with a new token as long as the one
// that it had expires under it.
func (s *sender) authorized(ctx context.Context, r request) (answer, error) {
	fresh := false
	for refreshes := 0; ; {
		ans, tok, err := s.try(ctx, r)
		if err != nil {
			return answer{}, err
		}
		if ans.refusal == nil {
			return ans, nil
		}
		if !ans.refusal.blamesToken() {
			return ans, ans.refusal
		}
		// This call has a right to one refresh. What doesn't count as one: a token
		// that may have been good has expired; one that is no longer current was
		// replaced by another call.
		isCurrent := s.tokens.current.Load() == tok
		mayBeGood, hopeless := s.tokens.judge(tok)
		if refreshes++; refreshes > maxRefreshes {
			return ans, ans.refusal
		}
		if isCurrent && !mayBeGood && (fresh || hopeless) {
			s.tokens.rejected(tok, ans.refusal)
			return ans, ans.refusal
		}
		fresh = fresh || isCurrent
		s.tokens.expired(tok)
	}
}

// try sends a request once.
func (s *sender) try(ctx context.Context, r request) (answer, *token, error) {
	if ctx.Err() != nil {
		return answer{}, nil, newTransportError(ctx, ctx.Err(), false)
	}
	came := time.Now()
	if err := s.acquire(ctx); err != nil {
		return answer{}, nil, err
	}
	defer s.release()
	tok, err := s.tokens.get(ctx)
	if err != nil {
		return answer{}, nil, err
	}
	if ctx.Err() != nil { // while it waited; not every transport looks
		return answer{}, nil, newTransportError(ctx, ctx.Err(), false)
	}
	started := time.Now()
	tok.inFlight.Add(1)
	defer tok.inFlight.Add(-1)
	ans, err := s.ask(ctx, r, tok, started.Sub(came))
	s.log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("method", r.method), slog.String("path", r.path),
		slog.Int("status", ans.status), slog.Duration("took", time.Since(started)))
	if err != nil {
		return answer{}, tok, err
	}
	if ans.status != http.StatusUnauthorized && ans.status < 500 {
		s.tokens.accepted(tok)
	}
	if usage, ok := parseLimitInfo(ans.header.Get("Sforce-Limit-Info")); ok {
		s.quota.told(usage)
		s.traces.usage(ctx, usage)
	}
	return ans, tok, nil
}

// ask makes a request, after a wait, and finds out what an answer says that is no success.
func (s *sender) ask(ctx context.Context, r request, tok *token, waited time.Duration) (answer, error) {
	info := RequestStartInfo{Method: r.method, Host: s.host, Waited: waited}
	if info.Template = r.template; info.Template == "" && len(s.traces) > 0 {
		info.Template = templateOf(r.path)
	}
	return s.traces.request(ctx, info, func(ctx context.Context) (answer, error) {
		ans, err := s.exchange(ctx, r, tok)
		if err != nil {
			return ans, err
		}
		if ans.secrets = s.secretsOf(ctx, r, tok); ans.status >= 300 {
			ans.refusal = newAPIError(s.facts(r), ans.status, ans.said(), retryAfter(ans.header), ans.secrets...)
			ans.refusal.cut, ans.refusal.tooLong = ans.cut && ans.refusal.Code == "", ans.tooLong
		}
		return ans, nil
	})
}

// exchange puts a request on the wire and reads the answer to its end, so that
// the connection can be used again.
func (s *sender) exchange(ctx context.Context, r request, tok *token) (answer, error) {
	reqCtx, cancel := s.limited(ctx)
	defer cancel()
	var f *flight
	if !r.reads() {
		f = &flight{guarded: r.body != nil && !s.own}
		reqCtx = f.watch(reqCtx)
	}
	if !r.unmetered {
		s.calls.Add(1)
	}
	run := apart[arrival]
	if s.own {
		run = here // a goroutine for each request would cost it ten microseconds and more
	}
	got, err := run(reqCtx, s.log, func() (arrival, io.Closer) {
		resp, err := s.roundTrip(reqCtx, r, tok)
		if err != nil {
			return arrival{err: err}, nil
		}
		a := arrival{answered: true}
		a.answer, a.err = r.read(resp)
		return a, resp.Body
	})
	switch {
	case err != nil:
		return answer{}, newTransportError(ctx, err, f.leave())
	case got.err != nil:
		return answer{status: got.answer.status}, newTransportError(ctx, scrubError(got.err, s.secretsOf(ctx, r, tok)...), got.answered || f.sent(got.err))
	}
	return got.answer, nil
}

// arrival is what came of a request on the wire.
type arrival struct {
	answer   answer
	answered bool // at least its status
	err      error
}

// failureAttrs are what a log tells of an error: status and code of an answer, and what
// that means in this package's words. Without an answer, it is the error's text. What else
// an answer says may be about people, and is for the caller's error alone.
func failureAttrs(err error) []slog.Attr {
	var apiErr *APIError
	var authErr *AuthError
	switch {
	case errors.As(err, &apiErr):
		return answerAttrs(err, apiErr.StatusCode, apiErr.Code)
	case errors.As(err, &authErr):
		return answerAttrs(err, authErr.StatusCode, authErr.Code)
	}
	return []slog.Attr{slog.String("error", printable(cut(summary(err), maxName)))}
}

func answerAttrs(err error, status int, code string) []slog.Attr {
	meaning := "refused"
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			meaning = summary(known.err)
			break
		}
	}
	return []slog.Attr{slog.Int("status", status), slog.String("code", printable(cut(code, maxName))), slog.String("error", meaning)}
}

// limited is the context of a request: the call's, with the client's own timeout
// or, where there is no other limit, with one of this package's.
func (s *sender) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.timeout > 0 {
		return context.WithTimeout(ctx, s.timeout)
	}
	if _, has := ctx.Deadline(); has {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, requestTimeout)
}

// roundTrip builds a request and sends it, once. This is all that resty does for
// this library. It does not retry (it would replay creates), log (it prints URLs
// and tokens; with no retries, no debugging and no basic authentication it has no
// occasion), or read bodies (it calls a 200 with an HTML page a success).
func (s *sender) roundTrip(ctx context.Context, r request, tok *token) (*http.Response, error) {
	req := s.resty.R().SetContext(ctx)
	if tok != nil {
		req.SetHeader("Authorization", "Bearer "+tok.value)
	}
	if r.body != nil {
		req.SetHeader("Content-Type", "application/json").SetBody(r.body)
	}
	target := r.path
	if r.query != "" {
		target += "?" + r.query
	}
	resp, err := req.Execute(r.method, target)
	if err != nil {
		return nil, err
	}
	return resp.RawResponse, nil // net/http sees to it that there is one, and that it has a body
}

// read reads an answer. The error is that of a success that broke off; an error
// answer's status says something all the same.
func (r request) read(resp *http.Response) (answer, error) {
	ans := answer{status: resp.StatusCode, header: resp.Header}
	limit := maxAnswer
	if ans.status >= 300 || !r.reads() {
		limit = maxErrorAnswer // an ID at most
	}
	// A success that is cut off here is no JSON any more, and refused as such. Of an
	// error, what was read whole is kept.
	var err error
	ans.body, ans.tooLong, err = readBody(resp, limit)
	if err != nil && ans.status >= 300 {
		ans.cut, err = !ans.tooLong, nil
	}
	if ans.tooLong && ans.status >= 400 {
		ans.end = endOf(resp.Body)
	}
	return ans, err
}

func isCertificateError(err error) bool {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &unknownAuthority) || errors.As(err, &wrongHost) || errors.As(err, &invalid)
}

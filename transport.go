package sfprov

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
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

// requestTimeout bounds a request where neither the caller nor the client has a
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
	resty   *resty.Client
	timeout time.Duration // of a request whose caller has no deadline; 0 for none
	tokens  *tokens
	log     *slog.Logger
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
	// resty builds and sends; that is all. It never retries (it would replay
	// creates), never logs (it prints URLs and tokens), and reads no bodies (it
	// calls a 200 with an HTML page a success).
	rest := resty.NewWithClient(client).
		SetBaseURL(cfg.Domain).
		SetLogger(silent{}).
		SetDoNotParseResponse(true).
		SetHeader("Accept", "application/json").
		SetHeader("User-Agent", "sfprov")
	s := &sender{
		client: client, resty: rest, tokens: newTokens(cfg, client, o.log), log: o.log,
		retry: o.retry.withDefaults(), quota: quota{reserve: o.reserve},
	}
	if client.Timeout == 0 {
		s.timeout = requestTimeout
	}
	if o.inFlight > 0 {
		s.slots = make(chan struct{}, o.inFlight)
	}
	return s
}

// silent is a resty.Logger that drops everything.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// request is one REST call.
type request struct {
	method     string
	path       string   // built from escaped elements, below the domain
	query      string   // encoded
	body       []byte   // JSON
	secrets    []string // in the body, to be taken out of what comes back
	repeatable bool     // a second time changes nothing, whatever the method
	readOnly   bool     // so does the first
	byID       bool     // the path names a record
	pathOnly   bool     // a 404 is about the path: what is not found is answered with 200
	tries      *int     // counts attempts beyond this call; nil counts this call's own
}

// reads says whether the request changes nothing.
func (r request) reads() bool { return r.readOnly || r.method == http.MethodGet }

// safe says whether the request can be repeated without knowing what became of
// it: a create can't, nor a change of a password.
func (r request) safe() bool {
	return r.repeatable || r.reads() || r.method == http.MethodPatch
}

// answer is what came back, read to the end.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool // the body broke off
}

// send sends a request until it is answered with success, with an error that a
// retry can't mend, or the attempts are used up. The error is an *APIError, a
// *transportError, what the login failed with, or an *unconfirmed that wraps one
// of these: a change that may have been made all the same.
func (s *sender) send(ctx context.Context, r request) (answer, error) {
	if r.tries == nil {
		r.tries = new(int)
	}
	doubt := false
	for {
		ans, err := s.authorized(ctx, r)
		if err == nil {
			return ans, nil
		}
		*r.tries++
		doubt = doubt || !r.reads() && inDoubt(err)
		if soon(err) && (r.safe() || hadNoEffect(err)) && *r.tries < s.retry.Attempts {
			if err = s.wait(ctx, *r.tries, r, err); err == nil {
				continue
			}
		}
		if doubt {
			err = &unconfirmed{err: err}
		}
		return ans, err
	}
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
		if ans.status < 300 {
			return ans, nil
		}
		apiErr := newAPIError(s.facts(r), ans.status, ans.body, retryAfter(ans.header), append(r.secrets, tok.value)...)
		apiErr.cut = ans.cut && apiErr.Code == ""
		if !apiErr.blamesToken() {
			return ans, apiErr
		}
		// This call has a right to one refresh. What doesn't count as one: a token
		// that may have been good has expired; one that is no longer current was
		// replaced by another call.
		isCurrent := s.tokens.current.Load() == tok
		mayBeGood, hopeless := s.tokens.judge(tok)
		if refreshes++; refreshes > maxRefreshes {
			return ans, apiErr
		}
		if isCurrent && !mayBeGood && (fresh || hopeless) {
			s.tokens.rejected(tok, apiErr)
			return ans, apiErr
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
	if err := s.acquire(ctx); err != nil {
		return answer{}, nil, err
	}
	defer s.release()
	tok, err := s.tokens.get(ctx)
	if err != nil {
		return answer{}, nil, err
	}
	started := time.Now()
	tok.inFlight.Add(1)
	defer tok.inFlight.Add(-1)
	ans, err := s.exchange(ctx, r, tok)
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
	}
	return ans, tok, nil
}

// exchange puts a request on the wire and reads the answer to its end, so that
// the connection can be used again.
func (s *sender) exchange(ctx context.Context, r request, tok *token) (answer, error) {
	reqCtx := ctx
	if _, has := ctx.Deadline(); !has && s.timeout > 0 {
		var cancel context.CancelFunc
		reqCtx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	var probe *connProbe
	if !r.reads() {
		probe = &connProbe{}
		reqCtx = probe.watch(reqCtx)
	}
	req := s.resty.R().SetContext(reqCtx).SetHeader("Authorization", "Bearer "+tok.value)
	if r.body != nil {
		req.SetHeader("Content-Type", "application/json").SetBody(r.body)
	}
	target := r.path
	if r.query != "" {
		target += "?" + r.query
	}
	s.calls.Add(1)
	resp, err := req.Execute(r.method, target)
	if err != nil {
		return answer{}, newTransportError(ctx, scrubError(err, append(r.secrets, tok.value)...), probe.sent(err))
	}
	raw := resp.RawBody()
	defer func() { _ = raw.Close() }() // read to the end, or not worth keeping the connection
	ans := answer{status: resp.StatusCode(), header: resp.Header()}
	if ans.status >= 300 {
		ans.body, err = io.ReadAll(io.LimitReader(raw, maxErrorAnswer))
		ans.cut = err != nil // the status says something all the same
		return ans, nil
	}
	limit := int64(maxAnswer)
	if !r.reads() {
		limit = maxErrorAnswer // an ID at most
	}
	// What is cut off here is no JSON any more, and refused as such.
	if ans.body, err = io.ReadAll(io.LimitReader(raw, limit)); err != nil {
		return answer{}, newTransportError(ctx, err, true)
	}
	return ans, nil
}

// connProbe watches whether a request got as far as a connection.
type connProbe struct {
	asked, got atomic.Bool
}

func (p *connProbe) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.got.Store(true) },
	})
}

// sent says whether the request that failed may have reached Salesforce. In
// doubt it may, for example with a transport that doesn't tell.
func (p *connProbe) sent(err error) bool {
	if p == nil {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	return p.got.Load() || !p.asked.Load()
}

func isCertificateError(err error) bool {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &unknownAuthority) || errors.As(err, &wrongHost) || errors.As(err, &invalid)
}

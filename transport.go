package sfprov

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
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

// retryPolicy says how often and how patiently a request is tried.
type retryPolicy struct {
	attempts   int           // in all
	first, max time.Duration // of the backoff
	maxAsked   time.Duration // longest Retry-After that is waited for
}

// hookRetries suits a hook, which wants its answer within seconds.
func hookRetries() retryPolicy {
	return retryPolicy{attempts: 4, first: 250 * time.Millisecond, max: 4 * time.Second, maxAsked: time.Minute}
}

// pause is how long to wait after failed attempt n (from 1): exponential with
// full jitter, or what the answer asked for.
func (r retryPolicy) pause(n int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	ceiling := min(r.first<<(n-1), r.max)
	return rand.N(ceiling) //nolint:gosec // jitter, not a secret
}

// requestTimeout bounds a request on the Provisioner's own client, of a caller
// who has no deadline: no answer may trickle for ever.
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
	resty   *resty.Client
	timeout time.Duration // of a request whose caller has no deadline; 0 for none
	tokens  *tokens
	log     *slog.Logger
	retry   retryPolicy
	usage   atomic.Pointer[APIUsage]
}

// newSender makes a sender on the caller's client, whose timeouts are the
// caller's, or on one of its own if client is nil.
func newSender(cfg *Config, client *http.Client, log *slog.Logger) *sender {
	timeout := time.Duration(0)
	if client == nil {
		client, timeout = newHTTPClient(), requestTimeout
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
	return &sender{resty: rest, timeout: timeout, tokens: newTokens(cfg, client, log), log: log, retry: hookRetries()}
}

// silent is a resty.Logger that drops everything.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// request is one REST call.
type request struct {
	method string
	path   string // built from escaped elements, below the domain
	query  string // encoded
	body   []byte // JSON
}

// safe says whether the request can be repeated without knowing what became of
// it: a create can't.
func (r request) safe() bool { return r.method != http.MethodPost }

// answer is what came back, read to the end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request until it is answered with success, with an error that a
// retry can't mend, or the attempts are used up. The error is an *APIError, a
// *transportError, or what the login failed with.
func (s *sender) send(ctx context.Context, r request) (answer, error) {
	refreshes, fresh := 0, false
	for attempt := 1; ; attempt++ {
		ans, tok, err := s.try(ctx, r)
		if err == nil && ans.status == http.StatusUnauthorized {
			apiErr := newAPIError(ans.status, s.scrubbed(ans.body, tok), 0)
			if apiErr.Code == "INVALID_AUTH_HEADER" {
				return ans, apiErr // the token is not at fault
			}
			// A token that was taken before has expired, and one that is no longer
			// current was replaced by another call: neither counts as the refresh
			// that this call has a right to.
			isCurrent, wasGood := s.tokens.current.Load() == tok, tok.accepted.Load()
			if refreshes++; isCurrent && !wasGood && fresh || refreshes > maxRefreshes {
				s.tokens.rejected(tok, apiErr)
				return ans, apiErr
			}
			fresh = fresh || isCurrent
			s.tokens.expired(tok)
			attempt-- // a refresh is no failed attempt
			continue
		}
		if err == nil && ans.status >= 300 {
			err = newAPIError(ans.status, s.scrubbed(ans.body, tok), retryAfter(ans.header))
		}
		if err == nil || !s.worthwhile(r, err) || attempt >= s.retry.attempts {
			return ans, err
		}
		if waitErr := s.wait(ctx, attempt, r, err); waitErr != nil {
			return answer{}, waitErr
		}
	}
}

// worthwhile says whether the same request can succeed within seconds, and may
// be sent again at all.
func (s *sender) worthwhile(r request, err error) bool {
	var apiErr *APIError
	var lost *transportError
	var authErr *AuthError
	switch {
	case errors.As(err, &lost):
		return !lost.left && (!lost.sent || r.safe()) && !isCertificateError(lost.err)
	case errors.As(err, &apiErr):
		for _, p := range apiErr.problems() {
			if known := classify(apiErr, p); !known.soon || !r.safe() && !known.undone {
				return false
			}
		}
		return true
	case errors.As(err, &authErr):
		return authErr.StatusCode >= 500
	}
	return false
}

// wait pauses before the next attempt. If the pause can't fit into the caller's
// deadline, or the answer asks for more than is reasonable, it returns the last
// error at once.
func (s *sender) wait(ctx context.Context, attempt int, r request, last error) error {
	var asked time.Duration
	var apiErr *APIError
	var authErr *AuthError
	switch {
	case errors.As(last, &apiErr):
		asked = apiErr.RetryAfter
	case errors.As(last, &authErr):
		asked = authErr.RetryAfter
	}
	pause := s.retry.pause(attempt, asked)
	if deadline, has := ctx.Deadline(); asked > s.retry.maxAsked || has && time.Until(deadline) <= pause {
		return last
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "request failed, trying again",
		slog.String("method", r.method), slog.String("path", r.path), slog.Int("attempt", attempt), slog.Duration("pause", pause))
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		left := newTransportError(ctx, ctx.Err(), false)
		left.err = fmt.Errorf("%w, while waiting to try again after: %w", left.err, last)
		return left
	}
}

// try sends a request once.
func (s *sender) try(ctx context.Context, r request) (answer, *token, error) {
	if ctx.Err() != nil {
		return answer{}, nil, newTransportError(ctx, ctx.Err(), false)
	}
	tok, err := s.tokens.get(ctx)
	if err != nil {
		return answer{}, nil, err
	}
	started := time.Now()
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
		s.usage.Store(&usage)
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
	if !r.safe() {
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
	resp, err := req.Execute(r.method, target)
	if err != nil {
		return answer{}, newTransportError(ctx, err, probe.sent(err))
	}
	raw := resp.RawBody()
	defer func() { _ = raw.Close() }() // read to the end, or not worth keeping the connection
	ans := answer{status: resp.StatusCode(), header: resp.Header()}
	if ans.status >= 300 {
		ans.body, _ = io.ReadAll(io.LimitReader(raw, maxErrorAnswer)) // the status decides; a body that breaks off adds nothing
		return ans, nil
	}
	// What is cut off here is no JSON any more, and refused as such.
	if ans.body, err = io.ReadAll(io.LimitReader(raw, maxAnswer)); err != nil {
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

// scrubbed is an error answer without the token, should a proxy on the way send
// the request's headers back.
func (s *sender) scrubbed(body []byte, tok *token) []byte {
	if !bytes.Contains(body, []byte(tok.value)) {
		return body
	}
	return []byte(scrub(string(body), tok.value))
}

// retryAfter reads the Retry-After header, seconds or a date; 0 if there is none.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 7*24*3600)) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(time.Until(date), 0)
	}
	return 0
}

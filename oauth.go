package sfprov

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	// assertionLifetime leaves a minute for clocks that differ: Salesforce takes
	// assertions of three minutes at most.
	assertionLifetime = 2 * time.Minute
	// loginTimeout bounds a login whose caller has no deadline.
	loginTimeout = time.Minute
	// maxTokenAnswer bounds what is read of a token endpoint's answer.
	maxTokenAnswer = 1 << 20
	// maxUnknown is how many tokens in a row are believed to be good although
	// Salesforce has not taken one yet.
	maxUnknown = 3
	// maxToken is the longest token that is taken: Salesforce takes 16 KiB of URI
	// and headers together.
	maxToken = 12 << 10
	// A login that was refused twice in a row is not tried again for
	// firstLoginPause, then twice as long each time, up to maxLoginPause. Throttled
	// ones pause for maxLoginPause at once, or for what the answer asks, up to
	// maxAskedPause.
	firstLoginPause = time.Second
	maxLoginPause   = time.Minute
	maxAskedPause   = 15 * time.Minute
)

// token is one access token.
type token struct {
	value string
	// userID is the integration user's record ID; empty if the endpoint did not tell.
	userID string
	said   tokenAnswer
	// accepted is set once Salesforce has taken the token, which tells one that
	// expired from one that was never any good.
	accepted atomic.Bool
	// inFlight is how many requests with the token are under way.
	inFlight atomic.Int64
}

// tokenAnswer is what else the token endpoint said; empty where it did not.
type tokenAnswer struct {
	scope, instanceURL string
}

// saidWith is what the token endpoint said with a token.
func saidWith(fetched *oauth2.Token) (said tokenAnswer) {
	said.scope, _ = fetched.Extra("scope").(string)
	said.instanceURL, _ = fetched.Extra("instance_url").(string)
	return said
}

// tokens hands out the access token that all calls share. Salesforce does not
// say when a token expires, so x/oauth2's own reuse, which goes by expires_in,
// would keep a dead one for ever.
type tokens struct {
	cfg         *Config // whose credentials may be those of the past: credentials knows
	credentials *credentialsSource
	client      *http.Client
	log         *slog.Logger
	traces      traces

	// slot is held during a login. It is a channel and no mutex, so that whoever
	// waits for a login can leave when their context ends.
	slot    chan struct{}
	current atomic.Pointer[token]
	// own is the integration user's ID, once it is known: it outlives the token that
	// told it.
	own    atomic.Pointer[string]
	asking chan struct{} // held by who asks for it
	// askedAt is when credentials were asked for although a login was to wait; guarded by
	// slot.
	askedAt time.Time
	noAsk   time.Time // nobody asks before; guarded by asking

	mu      sync.Mutex // guards what follows, never held during I/O
	failure loginFailure
}

// loginFailure remembers how the last logins failed, so that a login that can't
// succeed is not hammered: Salesforce counts the attempts.
type loginFailure struct {
	err     error
	with    *Config   // the credentials of the last login that was refused
	total   int       // of failed logins, to tell waiters that one failed while they waited
	refused int       // in a row
	unknown int       // tokens in a row that were dropped before Salesforce took one
	until   time.Time // no login before
}

func newTokens(credentials *credentialsSource, client *http.Client, log *slog.Logger, t traces) *tokens {
	return &tokens{
		cfg: credentials.cfg, credentials: credentials, client: client, log: log, traces: t,
		slot: make(chan struct{}, 1), asking: make(chan struct{}, 1),
	}
}

// get returns the current token, logging in if there is none. One caller logs
// in; the others wait for it, and share its failure.
func (t *tokens) get(ctx context.Context) (*token, error) {
	if tok := t.current.Load(); tok != nil {
		return tok, nil
	}
	before := t.lastFailure()
	if err := t.takeSlot(ctx); err != nil {
		return nil, err
	}
	defer func() { <-t.slot }()
	if tok := t.current.Load(); tok != nil {
		return tok, nil
	}
	if ctx.Err() != nil {
		return nil, newTransportError(ctx, ctx.Err(), false)
	}
	last := t.lastFailure()
	if last.total != before.total {
		return nil, last.err
	}
	held := time.Now().Before(last.until)
	if held && !t.mayHaveChanged(last) {
		return nil, &heldLogin{err: last.err, until: last.until}
	}
	tok, err := t.login(ctx, func(cfg *Config) error {
		if held && sameCredentials(cfg, last.with) {
			return &heldLogin{err: last.err, until: last.until}
		}
		return nil
	})
	if isHeld := (*heldLogin)(nil); errors.As(err, &isHeld) {
		return nil, err
	}
	if err != nil {
		if ctx.Err() == nil { // another's deadline says nothing about the login
			t.fail(err)
		}
		return nil, err
	}
	if tok.userID != "" {
		t.own.Store(&tok.userID)
	}
	t.current.Store(tok)
	return tok, nil
}

// takeSlot waits until nobody else logs in.
func (t *tokens) takeSlot(ctx context.Context) error {
	select {
	case t.slot <- struct{}{}:
		return nil
	default:
	}
	defer t.traces.waited(ctx, WaitLogin, time.Now())
	select {
	case t.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return newTransportError(ctx, ctx.Err(), false)
	}
}

func (t *tokens) lastFailure() loginFailure {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failure
}

// fail remembers a failed login, for those who wait for it, too. Only refusals
// delay the next one: what is unavailable is tried again at the pace of the calls'
// own retries.
func (t *tokens) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure.total++
	t.remember(err)
}

// remember notes why a login, or its token, was refused. The lock is held.
func (t *tokens) remember(err error) {
	t.failure.err = err
	var authErr *AuthError
	isAnswer := errors.As(err, &authErr)
	if !errors.Is(err, ErrAuth) {
		return
	}
	pause := maxLoginPause
	switch {
	case isAnswer && authErr.RetryAfter > 0:
		pause = min(authErr.RetryAfter, maxAskedPause)
	case Retryable(err): // throttled
	case t.failure.refused == 0:
		pause = 0 // whoever mends the cause and tries again at once is not kept waiting
	case t.failure.refused <= 6:
		pause = firstLoginPause << (t.failure.refused - 1)
	}
	t.failure.refused++
	t.failure.until = time.Now().Add(pause)
}

// expired drops a token that Salesforce refused, if it is still the current one.
func (t *tokens) expired(tok *token) bool {
	if !t.current.CompareAndSwap(tok, nil) {
		return false
	}
	if !tok.accepted.Load() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.failure.unknown++
	}
	return true
}

// judge says of a token that was refused whether it may have been taken before: it
// was, or others have it under way, who may have used it up, and whose answers may
// be on the way. If it was none of these one token after the other, it is hopeless.
func (t *tokens) judge(tok *token) (mayBeGood, hopeless bool) {
	if tok.accepted.Load() {
		return true, false
	}
	hopeless = t.lastFailure().unknown >= maxUnknown
	return tok.inFlight.Load() > 0 && !hopeless, hopeless
}

// rejected drops a fresh token that was refused, which counts as a refused login.
// It does not fail those who wait for a login: theirs may be better.
func (t *tokens) rejected(tok *token, err error) {
	if t.expired(tok) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.remember(err)
	}
}

// accepted notes that Salesforce took the token.
func (t *tokens) accepted(tok *token) {
	if tok.accepted.Load() || tok.accepted.Swap(true) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure.refused, t.failure.unknown = 0, 0
}

// mayHaveChanged reports whether it is worth asking for other credentials than those that
// were refused. Nobody is asked more than once in a second for it.
func (t *tokens) mayHaveChanged(last loginFailure) bool {
	if t.credentials.ask == nil || Retryable(last.err) || time.Since(t.askedAt) < firstLoginPause {
		return false
	}
	t.askedAt = time.Now()
	return true
}

// login fetches a token with the credentials of the moment, unless veto has something
// against them. Where they are refused, and have changed meanwhile, it is tried with the
// new ones.
func (t *tokens) login(ctx context.Context, veto func(*Config) error) (*token, error) {
	timeout := loginTimeout
	if t.client.Timeout > 0 {
		timeout = t.client.Timeout
	}
	loginCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var tried *Config
	var refused error
	for {
		cfg, err := t.askCredentials(ctx, loginCtx)
		switch {
		case refused != nil && (err != nil || sameCredentials(cfg, tried)):
			return nil, refused
		case err != nil:
			return t.traces.login(loginCtx, startOfLogin(t.cfg), func(context.Context) (*token, error) { return nil, err })
		}
		if err := veto(cfg); err != nil {
			return nil, err
		}
		tok, err := t.traces.login(loginCtx, startOfLogin(cfg), func(loginCtx context.Context) (*token, error) { return t.loginWith(ctx, loginCtx, cfg) })
		if !t.refusesCredentials(err) {
			return tok, err
		}
		t.noteRefused(cfg)
		if t.credentials.ask == nil || tried != nil {
			return nil, err
		}
		tried, refused = cfg, err
	}
}

// refusesCredentials reports whether another login could do better with others.
func (t *tokens) refusesCredentials(err error) bool {
	var authErr *AuthError
	return errors.As(err, &authErr) && errors.Is(err, ErrAuth) && !Retryable(err)
}

func (t *tokens) noteRefused(cfg *Config) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure.with = cfg
}

// askCredentials asks for the credentials of the next login.
func (t *tokens) askCredentials(ctx, loginCtx context.Context) (*Config, error) {
	if t.credentials.ask == nil {
		return t.cfg, nil
	}
	type given struct {
		cfg *Config
		err error
	}
	got, left := apart(loginCtx, t.log, func() (given, io.Closer) {
		cfg, err := t.credentials.get(loginCtx)
		return given{cfg, err}, nil
	})
	if left != nil || ctx.Err() != nil && got.err != nil {
		got.err = newTransportError(ctx, context.Cause(loginCtx), false)
	}
	if got.err != nil {
		t.logFailure(ctx, got.err)
		return nil, got.err
	}
	t.credentials.note(got.cfg)
	return got.cfg, nil
}

func startOfLogin(cfg *Config) LoginStartInfo {
	return LoginStartInfo{GrantType: cfg.GrantType, Host: hostAndPort(cfg.TokenEndpoint)}
}

// loginWith fetches a token.
func (t *tokens) loginWith(ctx, loginCtx context.Context, cfg *Config) (*token, error) {
	type fetched struct {
		token *oauth2.Token
		err   error
		x     *exchange
	}
	got, left := apart(loginCtx, t.log, func() (fetched, io.Closer) {
		x := &exchange{base: t.client.Transport}
		// The client's Timeout is in loginCtx already; its Jar and CheckRedirect go along.
		client := *t.client
		client.Transport, client.Timeout = x, 0
		tok, err := t.fetch(context.WithValue(loginCtx, oauth2.HTTPClient, &client), cfg)
		return fetched{tok, err, x}, x.rest
	})
	var err error
	status := 0
	if left == nil {
		status = got.x.status
	}
	unsigned := (*credentialsError)(nil)
	switch {
	case left != nil:
		err = newTransportError(ctx, left, false)
	case got.err == nil && status == http.StatusOK && isToken(got.token.AccessToken):
		t.log.LogAttrs(ctx, slog.LevelInfo, "logged in", slog.String("grant", string(cfg.GrantType)))
		return &token{value: got.token.AccessToken, userID: userIDOf(got.token), said: saidWith(got.token)}, nil
	case ctx.Err() != nil:
		err = newTransportError(ctx, ctx.Err(), false)
	case got.x.err != nil:
		err = newTransportError(ctx, scrubError(got.x.err, got.x.secrets...), false)
	case errors.As(got.err, &unsigned):
		err = unsigned
	case status == 0:
		err = &loginError{grant: cfg.GrantType, err: got.err}
	default:
		err = got.x.authError(cfg)
	}
	t.logFailure(ctx, err)
	return nil, err
}

func (t *tokens) logFailure(ctx context.Context, err error) {
	t.log.LogAttrs(ctx, slog.LevelWarn, "login failed", append([]slog.Attr{slog.String("grant", string(t.cfg.GrantType))}, failureAttrs(err)...)...)
}

// isToken reports whether a token can be sent: as a header, and within what Salesforce
// takes of one.
func isToken(value string) bool {
	if value == "" || len(value) > maxToken {
		return false
	}
	for i := range len(value) {
		if value[i] <= ' ' || value[i] >= 0x7f {
			return false
		}
	}
	return true
}

// fetch performs the configured grant. Credentials go in the form body: probing
// for the style that the endpoint likes would cost a failed login.
func (t *tokens) fetch(ctx context.Context, cfg *Config) (*oauth2.Token, error) {
	switch cfg.GrantType {
	case GrantPassword:
		grant := oauth2.Config{
			ClientID: cfg.ClientID, ClientSecret: string(cfg.ClientSecret),
			Endpoint: oauth2.Endpoint{TokenURL: cfg.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams},
		}
		return grant.PasswordCredentialsToken(ctx, cfg.Username, string(cfg.Password))
	case GrantJWTBearer:
		assertion, err := t.credentials.assertion(cfg, time.Now())
		if err != nil {
			return nil, err
		}
		// It is sent as client credentials are: x/oauth2's own JWT grant signs with keys
		// in PEM only, and heeds no context.
		grant := clientcredentials.Config{
			TokenURL: cfg.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams,
			EndpointParams: url.Values{"grant_type": {string(GrantJWTBearer)}, "assertion": {assertion}},
		}
		return grant.Token(ctx)
	case GrantClientCredentials:
	}
	grant := clientcredentials.Config{
		ClientID: cfg.ClientID, ClientSecret: string(cfg.ClientSecret),
		TokenURL: cfg.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams,
	}
	return grant.Token(ctx)
}

// userIDOf reads the integration user's ID from the identity URL in the answer,
// https://login.salesforce.com/id/{org}/{user}.
func userIDOf(fetched *oauth2.Token) string {
	identity, _ := fetched.Extra("id").(string)
	id, problem := parseIDOf(prefixUser, path.Base(identity))
	if problem != "" {
		return ""
	}
	return id
}

// exchange is the transport of one login. It does what x/oauth2 does not do: no grant
// tells a network failure from a refusal, or keeps the whole answer. So the answer is read
// here, once, whole and bounded.
type exchange struct {
	base http.RoundTripper

	secrets []string // that were sent
	status  int
	header  http.Header
	body    []byte
	rest    io.Closer // the body that it was read from
	err     error     // of the network
}

// RoundTrip sends the token request.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	x.noteSecrets(r)
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", userAgent())
	resp, err := x.base.RoundTrip(r)
	if err == nil && resp == nil {
		err = errors.New("the HTTP client returned neither an answer nor an error")
	}
	if err != nil {
		x.err = err
		return nil, err
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	x.rest = resp.Body // read whole, or not worth keeping the connection
	x.status, x.header = resp.StatusCode, resp.Header
	x.body, _, err = readBody(resp, maxTokenAnswer)
	if err != nil && x.status == http.StatusOK { // an error's status says enough
		x.err = err
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(x.body))
	// x/oauth2 goes by the content type, and takes JSON that is labelled as plain
	// text for a form.
	if bytes.HasPrefix(bytes.TrimSpace(x.body), []byte("{")) {
		resp.Header = http.Header{"Content-Type": {"application/json"}}
	}
	return resp, nil
}

// noteSecrets remembers what must not show up in an error, should the endpoint
// send it back.
func (x *exchange) noteSecrets(r *http.Request) {
	if r.GetBody == nil {
		return
	}
	body, err := r.GetBody()
	if err != nil {
		return
	}
	defer func() { _ = body.Close() }() // in memory
	sent, err := io.ReadAll(body)
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(sent))
	if err != nil {
		return
	}
	for _, name := range []string{"client_secret", "password", "assertion"} {
		if value := form.Get(name); value != "" {
			x.secrets = append(x.secrets, value)
		}
	}
}

// authError reads what came instead of a token.
func (x *exchange) authError(cfg *Config) *AuthError {
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.Unmarshal(x.body, &answer) // what is no JSON keeps its status
	return &AuthError{
		Endpoint: cfg.TokenEndpoint, GrantType: cfg.GrantType, StatusCode: x.status,
		Code: scrubName(answer.Error, x.secrets...), Description: scrub(answer.Description, maxMessage, x.secrets...), RetryAfter: retryAfter(x.header),
		ahead: aheadOf(x.header, time.Now()),
	}
}

// aheadOf is how far this machine's clock is ahead of the one of who answered; 0 where
// the answer doesn't tell.
func aheadOf(answered http.Header, now time.Time) time.Duration {
	theirs, err := http.ParseTime(answered.Get("Date"))
	if err != nil {
		return 0
	}
	return now.Sub(theirs)
}

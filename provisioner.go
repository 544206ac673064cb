package sfprov

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// Provisioner provisions users into one Salesforce org. Make one with [New] and
// share it: it is safe for concurrent use, holds one token for all calls, and
// keeps connections open. Nothing of it runs when no call is under way.
type Provisioner struct {
	// Secrets are two pointers away, here and below: fmt calls no methods on
	// unexported fields, and for a verb that doesn't fit it follows one pointer.
	settings  *settings
	provision provisionOptions
	allow     func(existing Account, u User) error // may veto an adoption; nil allows all
	// schemaCheck holds users against the org's fields.
	schemaCheck bool
	api         *client
	log         *slog.Logger
	traces      traces
	calls       *calls

	catalog    *catalog
	schema     *schemaMemory
	unresolved *unresolvedCreates
	emails     *pendingEmails
	passwords  *passwordMemory
	matches    *matchUses
}

// settings is a normalised Config with its parsed pattern.
type settings struct {
	*Config

	pattern  Pattern
	defaults record
}

// Option sets what few callers set.
type Option func(*options)

type options struct {
	client   *http.Client
	log      *slog.Logger
	retry    RetryPolicy
	inFlight int     // 0: any number
	reserve  float64 // of the daily limit
	ask      func(context.Context) (Credentials, error)
	signer   crypto.Signer
	traces   traces
	problems []error

	schemaCheck bool

	provision provisionOptions
	allow     func(existing Account, u User) error
}

// WithHTTPClient makes the Provisioner send its requests, logins included, with
// this client: for a proxy of your own, a private certificate authority, or
// tests. The client is copied, never changed; the copy shares its Transport,
// Timeout and Jar, and follows no redirects. Its timeouts are yours to set.
//
// Without it, the Provisioner has a client of its own, with the proxy of the
// environment (HTTPS_PROXY, NO_PROXY), 256 idle connections, 10 s each for
// dialling and the TLS handshake, and one minute for the answer to begin.
//
// Where neither the context nor the client has a deadline, a request may take two
// minutes, and a login one.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) {
		if c == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithHTTPClient", Problem: "is given a nil client; leave the option out to use the default one"})
		}
		o.client = c
	}
}

// WithLogger makes the Provisioner log: logins and what it had to leave undone
// at info and warn, each request at debug. What failed has the attributes status, code
// and error: the HTTP status, Salesforce's code, and what it means. Bodies,
// Salesforce's messages, query strings and secrets are never logged; record IDs are.
// The default is silence.
func WithLogger(l *slog.Logger) Option {
	return func(o *options) {
		if l == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithLogger", Problem: "is given a nil logger; leave the option out for silence"})
		}
		o.log = l
	}
}

// WithAdoption makes the Provisioner ask before it takes over an account that the
// caller did not name by its ID, and that bears another username than the user's: the
// match field says that it is the user's, and allow can look at more. An error keeps
// the account out of reach, and is returned. existing has the fields that the call
// reads of it. allow is called by many goroutines at once; it is not asked about new
// accounts, nor where somebody is only to be locked out.
func WithAdoption(allow func(existing Account, u User) error) Option {
	return func(o *options) {
		if allow == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithAdoption", Problem: "is given no function; leave the option out to adopt whatever the match field shows to be the user's"})
		}
		o.allow = allow
	}
}

// New checks cfg, fills in its defaults and returns a Provisioner for it. It
// sends nothing: the first call logs in. The error joins a [ConfigError] for each
// thing that is wrong.
func New(cfg Config, opts ...Option) (*Provisioner, error) {
	o := options{log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	right, err := checkConfig(cfg, o)
	if err := errors.Join(append(o.problems, unjoin(err)...)...); err != nil {
		return nil, err
	}
	return &Provisioner{
		settings:  right,
		provision: o.provision,
		allow:     o.allow,

		schemaCheck: o.schemaCheck,
		api:         newClient(right.Config, newSender(right.Config, o)),
		log:         o.log,
		traces:      o.traces,
		calls:       &calls{underWay: map[*call]struct{}{}},

		catalog:    &catalog{},
		schema:     newSchemaMemory(),
		unresolved: &unresolvedCreates{},
		emails:     &pendingEmails{},
		passwords:  &passwordMemory{},
		matches:    &matchUses{},
	}, nil
}

// Format prints the Provisioner's configuration without its secrets.
func (p *Provisioner) Format(state fmt.State, _ rune) {
	if p == nil || p.settings == nil {
		_, _ = fmt.Fprint(state, "sfprov.Provisioner{}") // as in Secret.Format
		return
	}
	_, _ = fmt.Fprintf(state, "sfprov.Provisioner{%v}", *p.settings.Config) // as in Secret.Format
}

// LogValue is the Provisioner's configuration without its secrets.
func (p *Provisioner) LogValue() slog.Value {
	if p == nil || p.settings == nil {
		return slog.Value{}
	}
	return p.settings.LogValue()
}

// MatchField is [Config].MatchField: the field by which a user's account is found again;
// empty if there is none.
func (p *Provisioner) MatchField() string { return p.settings.MatchField }

// APIUsage is how much of the org's daily API requests is spent, as the last
// answer told; zero before the first one.
func (p *Provisioner) APIUsage() APIUsage {
	return p.api.usage()
}

// Username is the Salesforce username that u gets: Fields["Username"] if given,
// else what Config.Pattern builds. It asks nothing of Salesforce. What can't be a
// Salesforce username (the form of an email address, 80 characters at most, no
// white space or control characters) is a [ValidationError] that names the part
// at fault.
func (p *Provisioner) Username(u User) (string, error) {
	name, problems := p.settings.usernameOf(u)
	if len(problems) > 0 {
		return "", decorate("username of", u.Username, validationError(problems))
	}
	return name, nil
}

// run is a call: it names the operation and its target in errors, and ends with the
// Provisioner.
func (p *Provisioner) run(ctx context.Context, op, target string, do func(context.Context) (Result, error)) (Result, error) {
	ctx, traced := p.traces.call(ctx, op)
	defer traced.left(ctx)
	var result Result
	within, call, err := p.begin(ctx)
	if err == nil {
		defer p.end(call)
		result, err = do(within)
	}
	err = decorate(op, target, err)
	traced.endOne(ctx, result, err)
	return result, err
}

// streaming is a call that yields. That nobody wants the rest is no error.
func (p *Provisioner) streaming(ctx context.Context, op string, do func(context.Context) error) error {
	ctx, traced := p.traces.call(ctx, op)
	defer traced.left(ctx)
	within, call, err := p.begin(ctx)
	if err == nil {
		defer p.end(call)
		if err = do(within); errors.Is(err, errStopped) {
			err = nil
		}
	}
	traced.end(ctx, Result{}, 0, err)
	return err
}

// refused is the error of a call that can't be right, so that it does not begin.
func (p *Provisioner) refused(ctx context.Context, op, target string, err error) error {
	ctx, traced := p.traces.call(ctx, op)
	err = decorate(op, target, err)
	traced.endOne(ctx, Result{}, err)
	return err
}

// unjoin takes apart what errors.Join joined.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return nil
}

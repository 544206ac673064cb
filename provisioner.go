package sfprov

import (
	"context"
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
	settings *settings
	hook     hook
	api      *client
	log      *slog.Logger
	calls    *calls
	lost     *lostCreates
	emails   *pendingEmails

	directory *directory
}

// settings is a normalised Config with its parsed pattern.
type settings struct {
	*Config

	pattern Pattern
}

// Option sets what few callers set.
type Option func(*options)

type options struct {
	client   *http.Client
	log      *slog.Logger
	retry    RetryPolicy
	inFlight int     // 0: any number
	reserve  float64 // of the daily limit
	hook     hook
	problems []error
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
// at info and warn, each request at debug. Bodies, query strings and secrets are
// never logged; record IDs are. The default is silence.
func WithLogger(l *slog.Logger) Option {
	return func(o *options) {
		if l == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithLogger", Problem: "is given a nil logger; leave the option out for silence"})
		}
		o.log = l
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
	cfg, pattern, err := checkConfig(cfg)
	if err := errors.Join(append(o.problems, unjoin(err)...)...); err != nil {
		return nil, err
	}
	return &Provisioner{
		settings: &settings{Config: &cfg, pattern: pattern},
		api:      newClient(&cfg, newSender(&cfg, o)),
		hook:     o.hook,
		log:      o.log,
		calls:    &calls{underWay: map[*call]struct{}{}},
		lost:     &lostCreates{},
		emails:   &pendingEmails{},

		directory: &directory{},
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

// APIUsage is how much of the org's daily API requests is spent, as the last
// answer told; zero before the first one.
func (p *Provisioner) APIUsage() APIUsage {
	return p.api.sender.quota.last()
}

// Username is the Salesforce username that u gets: Fields["Username"] if given,
// else what Config.Pattern builds. It asks nothing of Salesforce. What can't be a
// Salesforce username (the form of an email address, 80 characters at most, no
// white space or control characters) is a [ValidationError] that names the part
// at fault.
func (p *Provisioner) Username(u User) (string, error) {
	name, problems := p.settings.username(u)
	if len(problems) > 0 {
		return "", decorate("username of", u.Username, validationError(problems))
	}
	return name, nil
}

// Action says what a call did.
type Action string

// What a call can have done.
const (
	Created     Action = "created"
	Updated     Action = "updated"
	Deactivated Action = "deactivated"
	Frozen      Action = "frozen"      // deactivation was refused; the login is locked instead
	Unfrozen    Action = "unfrozen"    // the login is no longer locked
	Reactivated Action = "reactivated" // an inactive account was made active again
	Adopted     Action = "adopted"     // an account that existed was taken over by its match field
	Unchanged   Action = "unchanged"   // nothing had to be done
	Skipped     Action = "skipped"     // the request was not for this library to do
)

// Result is what Salesforce confirmed.
type Result struct {
	ID string // Salesforce ID, 18 characters: keep it with the user, later calls need it
	// Username is the Salesforce username, where the call sent or read it.
	Username string
	Action   Action
	// Changes are what Ensure, and Provision where it says so, changed: field by
	// field, in the order in which it was done.
	Changes []Change
	// PendingEmail is an address that an earlier call sent and the user has not
	// confirmed yet, so that Salesforce shows the old one; empty if there is none.
	PendingEmail string
	// Warning is what the call could not do although it did what Action says; nil
	// mostly. Deactivate sets it if Salesforce refused to release the username,
	// also beside a freeze, Create if it refused to tell whether the login of an adopted account is
	// frozen, or to unfreeze it.
	Warning error
}

// Create makes a user in Salesforce. It fills in Config.Defaults where the user
// has no value of its own (a nil in User.Fields is one), and derives an Alias
// from the username. What can be known to be wrong is reported before anything is
// sent, all at once, as a [ValidationError].
//
// With Config.MatchField set and a value for that field in User.Fields, an
// account of the org that holds this very value is the user's: it is adopted,
// that is given the user's fields (no defaults) and username, made active and
// unfrozen, and the Action is Adopted. Otherwise a taken username is
// [ErrDuplicateUsername], and [APIError].Existing names the holder if it is in
// this org. More than one matching account is [ErrAmbiguousMatch].
//
// A create whose answer is lost is looked up: what it made is Created, and what
// was there before or belongs to another is [ErrDuplicateUsername], as
// [Provisioner.Resolve] tells them apart. If there is nothing, it is sent again,
// within the [RetryPolicy]. If that does not settle it, the error is
// [ErrOutcomeUnknown], and [UnconfirmedError] says how to go on; the same call again
// does, too, in the same process and for half an hour.
//
// It costs one API call; with a match field other than FederationIdentifier,
// which Salesforce itself keeps unique, two; an adoption costs two to four more,
// a lost answer one or more, and [User].Access and [User].Password what they say.
// If these last steps fail, the Result names the user all the same, and the error
// says what is missing. Whether the new user is active is Salesforce's default,
// unless IsActive is given.
// See "User" in the Object Reference for Salesforce.
func (p *Provisioner) Create(ctx context.Context, u User) (Result, error) {
	fields, username, err := p.settings.forCreate(u)
	if err != nil {
		return Result{}, decorate(opCreate, u.Username, err)
	}
	match, err := p.settings.match(u)
	if err != nil {
		return Result{}, decorate(opCreate, username, err)
	}
	return p.run(ctx, opCreate, username, func(ctx context.Context) (Result, error) {
		grants, err := p.resolveAccess(ctx, u.Access)
		if err != nil {
			return Result{}, err
		}
		result, _, err := p.newAccount(ctx, creation{user: u, fields: fields, username: username, match: match, grants: grants})
		return result, err
	})
}

// Update changes the user with this Salesforce ID: it sends User.Fields and
// nothing else, and, if User.Username is set, the Salesforce username that
// follows from it; then it gives User.Access and sets User.Password. With nothing
// to send, it is Unchanged without a request.
//
// Two traps of Salesforce's: an email address that is changed takes effect only
// when the user has confirmed it by the link in a mail, until then reads show the
// old one; and a change of profile can change the user's licence, which can be
// refused. To deactivate, call [Provisioner.Deactivate], which freezes the user
// if Salesforce refuses; here, IsActive is a field like any other.
//
// A malformed ID is a [ValidationError], one that is no user of the org
// [ErrNotFound]. If the answer is lost each time, it is [ErrOutcomeUnknown]: call
// it again.
func (p *Provisioner) Update(ctx context.Context, id string, u User) (Result, error) {
	id18, idErr := userID(id)
	fields, username, err := p.settings.forUpdate(u)
	if err = mergeProblems(idErr, err); err != nil {
		return Result{}, decorate(opUpdate, id, err)
	}
	if len(fields) == 0 && u.Password == "" && u.Access.isZero() {
		return Result{ID: id18, Action: Unchanged}, nil
	}
	return p.run(ctx, opUpdate, id18, func(ctx context.Context) (Result, error) { return p.update(ctx, id18, fields, username, u) })
}

// Deactivate locks a user out: it sets IsActive to false. Users can't be deleted.
//
// If Salesforce refuses, because the user is the default lead owner, an approver
// and the like, the user is frozen instead: the login is locked, the licence
// still in use. The Result then says Frozen, and the error is
// [ErrDeactivationBlocked] with Salesforce's reason. If freezing fails too, the
// Result has no Action, and the error says that the user is still active.
//
// With Config.ReleaseUsername, the user also gets another username,
// "released-" + ID + "-" + the old one, shortened to 80 characters where need be,
// and its match field is cleared. If Salesforce refuses that, the user is
// deactivated all the same, and Result.Warning says why the name is still taken.
//
// A user who is inactive already, and who needs no release, is Unchanged. If an
// answer is lost, a look tells whether the user was deactivated; if that fails,
// the error is [ErrOutcomeUnknown]: call it again. It costs two API calls; a refusal costs two or three more. See
// "Deactivate Users" under "User", and "UserLogin", in the Object Reference for
// Salesforce.
func (p *Provisioner) Deactivate(ctx context.Context, id string) (Result, error) {
	id18, err := userID(id)
	if err != nil {
		return Result{}, decorate(opDeactivate, id, err)
	}
	return p.run(ctx, opDeactivate, id18, func(ctx context.Context) (Result, error) { return p.deactivate(ctx, id18) })
}

// run is a call: it names the operation and its target in errors, and ends with the
// Provisioner.
func (p *Provisioner) run(ctx context.Context, op, target string, do func(context.Context) (Result, error)) (Result, error) {
	ctx, call, err := p.begin(ctx)
	if err != nil {
		return Result{}, decorate(op, target, err)
	}
	defer p.end(call)
	result, err := do(ctx)
	return result, decorate(op, target, err)
}

// mergeProblems makes one ValidationError of two.
func mergeProblems(first, second error) error {
	var a, b *ValidationError
	if errors.As(first, &a) && errors.As(second, &b) {
		return &ValidationError{Problems: append(a.Problems, b.Problems...)}
	}
	return errors.Join(first, second)
}

// unjoin takes apart what errors.Join joined.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return nil
}

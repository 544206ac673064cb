package sfprov

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// Create makes a user in Salesforce. It fills in Config.Defaults where the user
// has no value of its own (a nil in User.Fields is one), and derives an Alias
// from the username. What can be known to be wrong is reported before anything is
// sent, all at once, as a [ValidationError]. Whether the new user is active is
// Salesforce's default, unless IsActive is given. Result.Changes is empty for a new
// user, of whom everything is new.
//
// # Accounts that exist
//
// With Config.MatchField set and a value for that field in User.Fields, an
// account of the org that holds this very value is the user's: it is adopted,
// that is, it gets the fields that differ (no defaults) and the username, is made
// active and unfrozen, and the Action is Adopted. [WithAdoption] can veto that.
// Otherwise a taken username is [ErrDuplicateUsername], and [APIError].Existing names
// the holder if it is in this org. More than one matching account is
// [ErrAmbiguousMatch].
//
// # Lost answers
//
// A create whose answer is lost is looked up: what it made is Created, and what
// was there before or belongs to another is [ErrDuplicateUsername], as
// [Provisioner.Resolve] tells them apart. If there is nothing, it is sent again,
// within the [RetryPolicy]. If that does not settle it, the error is
// [ErrOutcomeUnknown], and [UnconfirmedError] says how to go on; the same call again
// does, too, in the same process and for half an hour.
//
// # Cost
//
// It costs one API call, with [User].Access too; with a match field other than
// FederationIdentifier, which Salesforce itself keeps unique, two. An adoption costs
// one more, a lost answer one or more, a password one. If what follows on the create
// fails, the Result names the user all the same, and the error says what is missing;
// the same call takes it up.
// See "User" in the Object Reference for Salesforce.
func (p *Provisioner) Create(ctx context.Context, u User) (Result, error) {
	w := want{op: opCreate, login: loginOpen, mayCreate: true, create: true, activeOnly: true, whole: true}
	result, err := p.verb(ctx, u, w, p.reconcile)
	if result.Action == Created {
		result.Changes = nil
	}
	return result, err
}

// creation is a create on its way, alone or in a batch.
type creation struct {
	d       *desired
	looked  bool   // no account matches, as a look has just shown
	earlier bool   // the same call before left something open
	fields  record // that are sent
	post    write
	grants  []step // that are sent with it
	sentAt  time.Time

	err     error // of the last attempt
	doubt   error // what happened to an answer, if the create may have been carried out
	lookErr error // why a look did not tell
	attempt attempt
	verdict fate

	id      string      // of the account that was made
	granted []rowResult // what became of the grants
	seen    *observed   // the account that matches, if it was read with the create
}

// errEarlier is why the outcome of a create is unknown before it has begun.
var errEarlier = errors.New("that to the same call before")

// create makes the user, or takes over the account in the way if it is the user's.
func (p *Provisioner) create(ctx context.Context, c *creation) (Result, error) {
	if err := p.begun(c); err != nil {
		return Result{}, err
	}
	if c.id != "" {
		return p.finishCreation(ctx, c)
	}
	err := p.api.attempts(ctx, func(ctx context.Context, left bool) (again bool, err error) {
		p.tryCreate(ctx, c, left)
		return c.verdict == fateAgain, c.err
	})
	if c.verdict == fateAgain {
		c.pauseFailed(err)
	}
	result, err := p.endCreation(ctx, c)
	if c.earlier && err != nil && result.ID == "" && !errors.Is(err, ErrOutcomeUnknown) && !isFinalRefusal(err) {
		// What an earlier call sent may be done, whatever became of this one.
		unknown := c.unknown(errEarlier)
		unknown.look = err
		return result, unknown
	}
	return result, err
}

// pauseFailed ends a creation whose next attempt can't be awaited.
func (c *creation) pauseFailed(err error) {
	c.err, c.verdict = err, fateGiveUp
	if c.doubt != nil {
		c.verdict = fateUnknown
	}
}

// begun prepares what a creation sends, and recalls what an earlier call has sent.
func (p *Provisioner) begun(c *creation) (err error) {
	if c.fields, err = p.settings.creation(c.d); err != nil {
		if !c.d.isNew {
			err = &stepError{step: "there is no account, and it can't be created", err: err}
		}
		return err
	}
	c.post = createRecord("User", c.fields)
	c.sentAt = time.Now()
	c.attempt.creates = true
	before, earlier := p.unresolved.recall(c.d.username, c.fields)
	c.earlier = earlier
	switch {
	case !earlier:
	case c.d.match.set(): // which finds the account by itself
	case before.made != "":
		c.id = before.made
	default:
		c.sentAt, c.doubt = before.sentAt, errEarlier
	}
	return nil
}

// body is what is sent, as text.
func (c *creation) body() string {
	body, _ := c.fields.encode() // checked has tried each value
	return string(body)
}

// tryCreate makes one attempt.
func (p *Provisioner) tryCreate(ctx context.Context, c *creation, left bool) {
	if c.attempt.answer == answerNone && c.doubt != nil { // of the same call before
		p.lookForCreation(ctx, c)
		if c.decide(true); c.verdict != fateAgain {
			return
		}
	}
	c.answered(p.sendCreation(ctx, c))
	if c.decide(left); c.verdict == fateLook {
		p.lookForCreation(ctx, c)
		c.decide(left)
	}
}

// answered notes what came back.
func (c *creation) answered(err error) {
	cause, inDoubt := isInDoubt(err)
	c.err = cause
	if inDoubt {
		c.doubt = cause
	}
	c.attempt.answer, c.attempt.look = answerOf(err), lookNone
	c.attempt.mayBeOwn = mayBeDuplicate(cause)
}

// decide finds the verdict.
func (c *creation) decide(left bool) {
	c.attempt.doubt, c.attempt.left = c.doubt != nil, left
	c.verdict = fateOf(c.attempt)
}

// sendCreation sends the user, with the access, and with a look for the account that
// matches, by one request.
func (p *Provisioner) sendCreation(ctx context.Context, c *creation) (err error) {
	parts, err := p.creationParts(c)
	if err != nil {
		return err
	}
	if !parts.isWorthIt() {
		c.grants = nil
		c.id, err = p.api.write(ctx, c.post, true)
		return err
	}
	answered, err := p.api.composite(ctx, parts)
	if err != nil {
		return err
	}
	c.id, c.granted = answered.written[0].id, answered.written[1:]
	if answered.written[0].err != nil && len(parts.queries) > 0 {
		if o, _, err := p.observation(c.d, answered.records); err == nil && o.account.ID != "" {
			c.seen = &o
		}
	}
	return answered.written[0].err
}

// creationParts are what one request can hold of a creation.
func (p *Provisioner) creationParts(c *creation) (composite, error) {
	parts := composite{writes: []write{c.post}, once: true}
	c.grants = nil
	if !c.d.access.needsReading() {
		for _, list := range c.d.access.lists {
			for _, entry := range list.wanted {
				c.grants = append(c.grants, grantStep(list.kind, entry, writeReference(0)))
			}
		}
	}
	for _, s := range c.grants {
		parts.writes = append(parts.writes, s.write)
	}
	var err error
	if c.d.match.isUnique() && !c.looked {
		parts.queries, err = c.d.queries(p.settings, queryReference(0))
	}
	return parts, err
}

// lookForCreation finds out whether a create in doubt was done.
func (p *Provisioner) lookForCreation(ctx context.Context, c *creation) {
	account, err := p.named(ctx, c.d.username, lookColumns(c.fields.texts())...)
	p.lookedFor(c, account, err)
}

// lookColumns are the fields by which an account is known to be the one that was sent.
func lookColumns(sent Fields) []string {
	return append([]string{"CreatedDate", "CreatedById"}, slices.Sorted(maps.Keys(sent))...)
}

// lookedFor notes what a look for the account with the username showed.
func (p *Provisioner) lookedFor(c *creation, account storedUser, err error) {
	switch {
	case err != nil:
		c.attempt.look, c.lookErr = lookFailed, err
	case account.ID == "":
		c.attempt.look, c.lookErr = lookUndone, errNotSeen
	case p.isOurs(account, c.unknown(c.doubt)):
		c.attempt.look, c.id = lookDone, account.ID
	default:
		c.attempt.look, c.err = lookForeign, heldByAnother(account, p.api.asked(c.post))
	}
}

// unknown is the creation as an error.
func (c *creation) unknown(cause error) *UnconfirmedError {
	u := c.d.user
	return &UnconfirmedError{
		Op: opCreate, Username: c.d.username, SentAt: c.sentAt, LostAt: time.Now(), Sent: c.fields.texts(), Err: cause,
		Access: u.Access, PasswordPending: u.Password != "", password: u.Password, again: c.d.match.set(),
	}
}

// endCreation is what becomes of a creation whose attempts are over.
func (p *Provisioner) endCreation(ctx context.Context, c *creation) (Result, error) {
	switch c.verdict {
	case fateDone:
		return p.finishCreation(ctx, c)
	case fateRefused:
		p.unresolved.forget(c.d.username)
		return p.overExisting(ctx, c)
	case fateUnknown:
		cause := c.err
		if cause == nil || errors.Is(cause, ErrDuplicateUsername) { // that the name is taken says nothing if it may be by its own account
			cause = c.doubt
		}
		unknown := c.unknown(cause)
		if c.lookErr != nil && (ctx.Err() == nil || !errors.Is(cause, ctx.Err())) { // else it says so already
			unknown.look = c.lookErr
		}
		p.unresolved.remember(c.d.username, unresolvedCreate{body: c.body(), sentAt: c.sentAt})
		return Result{}, unknown
	case fateLook, fateAgain, fateGiveUp:
	}
	return Result{}, c.err
}

// mayBeOverExisting reports whether a refusal may mean that the user has an account. What
// everybody meets says nothing about this one.
func (c *creation) mayBeOverExisting() bool {
	step, _ := NextStep(c.err)
	return c.d.match.set() && mayBeDuplicate(c.err) && (step != StepSetup || c.seen != nil)
}

// overExisting goes on with the account that stood in the way, if it is the user's.
// Otherwise the refusal stands.
func (p *Provisioner) overExisting(ctx context.Context, c *creation) (Result, error) {
	d := c.d
	if !c.mayBeOverExisting() {
		return Result{}, p.withExisting(ctx, c.err, d.username)
	}
	if c.seen == nil {
		o, err := p.observe(ctx, d)
		if err != nil {
			// The refusal is for people only: it may be this user's own account that
			// stands in the way.
			return Result{}, &stepError{step: summary(c.err) + "; then looking for the user's account by " + d.match.field + " failed", err: err}
		}
		c.seen = &o
	}
	if c.seen.account.ID == "" {
		return Result{}, p.withExisting(ctx, c.err, d.username)
	}
	d.adopts = true
	return p.reconcileObserved(ctx, d, *c.seen)
}

// finishCreation gives a new account what it can't be created with.
func (p *Provisioner) finishCreation(ctx context.Context, c *creation) (Result, error) {
	result, err := p.carryOut(ctx, p.madeAccount(ctx, c))
	p.endOfCreation(c, err)
	return result, err
}

// endOfCreation remembers an account of which not all is done, so that the same call
// knows it again.
func (p *Provisioner) endOfCreation(c *creation, err error) {
	if err == nil {
		p.unresolved.forget(c.d.username)
		return
	}
	p.unresolved.remember(c.d.username, unresolvedCreate{body: c.body(), sentAt: c.sentAt, made: c.id})
}

// madeAccount is the change set of an account that was just made: what was sent with
// it is done, and the rest is left.
func (p *Provisioner) madeAccount(ctx context.Context, c *creation) *changeSet {
	if len(c.grants) == 0 || len(c.granted) != len(c.grants) {
		return p.madeMany(ctx, []*creation{c})[0]
	}
	cs := &changeSet{}
	c.makeInto(cs)
	d := *c.d
	d.id, cs.d = c.id, &d
	for i, s := range c.grants {
		s = grantStep(s.access, s.entry, c.id)
		if c.granted[i].err == nil {
			cs.record(s)
		} else {
			cs.steps = append(cs.steps, s)
		}
	}
	if d.user.Password != "" {
		cs.steps = append(cs.steps, step{kind: stepPassword})
	}
	return cs
}

// makeInto makes the change set of a new account, with nothing left to do.
func (c *creation) makeInto(cs *changeSet) {
	account := Account{ID: c.id, Username: c.d.username, Active: true}
	*cs = changeSet{
		d: c.d, isNew: true, o: observed{account: storedUser{Account: account}},
		result: Result{ID: c.id, Username: c.d.username, Action: Created, Changes: allOf(c.fields)},
	}
}

// isOurs reports whether an account is the one that a create made, and not one that
// was there before or belongs to another.
func (p *Provisioner) isOurs(account storedUser, unknown *UnconfirmedError) bool {
	text, _ := account.row.text("CreatedDate")
	created, err := time.Parse(salesforceTime, text)
	if err != nil || created.Before(unknown.SentAt.Add(-clockSkew)) || created.After(unknown.LostAt.Add(clockSkew)) {
		return false
	}
	creator, _ := account.row.text("CreatedById")
	if own := p.api.knownOwnUser(); own != "" && own != id18Of(creator) {
		return false
	}
	for name := range unknown.Sent {
		of := nameOf(name)
		if !of.known && !strings.EqualFold(name, p.settings.MatchField) {
			continue // of a type that is not known, so that it may be stored otherwise
		}
		was, _ := unknown.Sent[name].(string)
		is, _ := account.row.text(name)
		if !sameText(of, was, is) {
			return false
		}
	}
	return true
}

// heldByAnother is the refusal that a create would get for a username that is taken.
func heldByAnother(account storedUser, asked requestFacts) *APIError {
	return heldBy(account, asked, "the username is held by an account that this create did not make")
}

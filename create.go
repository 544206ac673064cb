package sfprov

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"
)

// creation is a create on its way.
type creation struct {
	user     User
	fields   Fields // to send for a new account
	username string
	match    matchValue
	grants   grants
	looked   bool   // no account matches, as a look has just shown
	body     []byte // what is sent for a new account
}

// newAccount makes the user or adopts its account, with access and password. It says
// what of the access it gave.
func (p *Provisioner) newAccount(ctx context.Context, c creation) (Result, []Change, error) {
	for name, id := range c.grants.fields {
		c.fields.set(name, id)
	}
	result, err := p.create(ctx, c)
	if err != nil {
		return result, nil, err
	}
	if result.Action == Created {
		c.grants.toNew = true
	}
	access, _, err := p.finish(ctx, result.ID, c.grants, c.user.Password, "the user was "+string(result.Action), c.match.set())
	return result, access, err
}

// create makes the user or adopts its account.
func (p *Provisioner) create(ctx context.Context, c creation) (Result, error) {
	var err error
	if c.body, err = c.fields.encode(); err != nil {
		return Result{}, fmt.Errorf("sfprov: encoding the user: %w", err) // checkValues has tried each value
	}
	if c.match.set() && !c.match.isUnique() && !c.looked {
		account, err := p.matching(ctx, c.match)
		if err != nil {
			return Result{}, err
		}
		if account.ID != "" {
			return p.adopt(ctx, account, c)
		}
	}
	sentAt, lostBefore := p.lost.recall(c.username, c.body)
	result, err := p.insert(ctx, c)
	switch {
	case err == nil:
		p.lost.forget(c.username)
	case lostBefore && !errors.Is(err, ErrOutcomeUnknown) && !isFinalRefusal(err) && result.Action == "":
		// What an earlier call sent may be done, whatever became of this one.
		unknown := unknownCreate(c, sentAt, errEarlier)
		unknown.look = err
		return result, unknown
	}
	return result, err
}

// insert makes a new account. Where it is in doubt whether an attempt has made it,
// a look decides before anything is sent again.
func (p *Provisioner) insert(ctx context.Context, c creation) (Result, error) {
	r := p.api.insertion(c.body)
	sentAt, doubt := p.lost.recall(c.username, c.body)
	doubt = doubt && !c.match.set() // which finds the account by itself
	if doubt {                      // the same call before lost its answer
		unknown := unknownCreate(c, sentAt, errEarlier)
		result, known, err := p.look(ctx, c, unknown)
		if !known && err != nil {
			unknown.look, err = err, unknown
		}
		if known || err != nil {
			return result, err
		}
	} else {
		sentAt = time.Now()
	}
	why := errEarlier // there is doubt
	for {
		id, err := p.api.createUser(ctx, r)
		if err == nil {
			return Result{ID: id, Username: c.username, Action: Created}, nil
		}
		var lost *unconfirmed
		if errors.As(err, &lost) {
			err, doubt, why = lost.err, true, lost.err
		}
		again := (lost != nil || soon(err)) && *r.tries < p.api.sender.retry.Attempts
		if !doubt && !again && !isOfGateway(err) {
			return p.refused(ctx, c, err)
		}
		unknown := unknownCreate(c, sentAt, err)
		if doubt && errors.Is(err, ErrDuplicateUsername) {
			unknown.Err = why // that the name is taken says nothing if it may be by its own account
		}
		result, known, lookErr := p.look(ctx, c, unknown)
		switch {
		case known:
			return result, lookErr
		case !again && isFinalRefusal(err) && (lookErr == nil || !mayBeDuplicate(err)): // else it may be its own account that stands in the way
			return p.refused(ctx, c, err)
		case lookErr == nil && again:
			if err = p.api.sender.wait(ctx, *r.tries, r, err); err == nil {
				continue
			}
			unknown.Err = err
		}
		if !doubt {
			return Result{}, err // it did nothing, by its own word
		}
		switch {
		case ctx.Err() != nil && errors.Is(unknown.Err, ctx.Err()): // it says so already
		case lookErr != nil:
			unknown.look = lookErr
		default:
			unknown.look = errNotSeen
		}
		p.lost.remember(unknown, c.body)
		return Result{}, unknown
	}
}

// errEarlier is why the outcome of a create is unknown before it has begun.
var errEarlier = errors.New("that to the same call before")

func unknownCreate(c creation, sentAt time.Time, err error) *UnconfirmedError {
	return &UnconfirmedError{
		Op: opCreate, Username: c.username, SentAt: sentAt, LostAt: time.Now(), Sent: c.fields.texts(), Err: err, again: c.match.set(),
	}
}

// look finds out whether a create in doubt was done. It is known if there is an
// account with its username; the Result and the error are then the call's. Else
// the error is why nothing was learned, and nil if there is no such account.
func (p *Provisioner) look(ctx context.Context, c creation, unknown *UnconfirmedError) (result Result, known bool, err error) {
	account, ours, err := p.attempted(ctx, unknown)
	if err != nil || account.ID == "" {
		return Result{}, false, err
	}
	p.lost.forget(c.username)
	switch {
	case ours:
		return Result{ID: account.ID, Username: account.Username, Action: Created}, true, nil
	case c.match.isUnique() && c.match.agrees(account):
		result, err = p.adopt(ctx, account, c)
	default:
		result, err = p.refused(ctx, c, notOurs(account))
	}
	return result, true, err
}

// refused is what becomes of a create that Salesforce refused: the account that
// stood in the way is adopted, if it is the user's, or the refusal stands.
func (p *Provisioner) refused(ctx context.Context, c creation, refusal error) (Result, error) {
	if c.match.set() && mayBeDuplicate(refusal) {
		return p.createOverDuplicate(ctx, c, refusal)
	}
	return Result{}, p.withExisting(ctx, refusal, c.username)
}

// createOverDuplicate adopts the user's account, if that is what stood in the
// way of the create. Otherwise the refusal stands.
func (p *Provisioner) createOverDuplicate(ctx context.Context, c creation, refusal error) (Result, error) {
	account, err := p.matching(ctx, c.match)
	if err != nil {
		// The refusal is for people only: it may be this user's own account that
		// stands in the way.
		return Result{}, &stepError{step: summary(refusal) + "; then looking for the user's account by " + c.match.field + " failed", err: err}
	}
	if account.ID == "" {
		return Result{}, p.withExisting(ctx, refusal, c.username)
	}
	return p.adopt(ctx, account, c)
}

// adopt brings an account that is the user's to what the user says: the fields
// that the caller gave, no defaults, and the username.
func (p *Provisioner) adopt(ctx context.Context, account Account, c creation) (Result, error) {
	fields := make(Fields, len(c.user.Fields)+2)
	for name := range c.user.Fields {
		fields[name] = c.fields[name] // in its plain form
	}
	maps.Copy(fields, c.grants.fields)
	username := c.username
	if _, given := fields.lookup("Username"); !given {
		if strings.EqualFold(account.Username, c.username) {
			username = account.Username
		} else {
			fields["Username"] = c.username
		}
	}
	if _, given := fields.lookup("IsActive"); !given && !account.Active {
		fields["IsActive"] = true
	}
	sentAt := time.Now()
	if err := p.updateUser(ctx, account.ID, fields); err != nil {
		return Result{}, p.withExisting(ctx, lost(opCreate, account.ID, c.username, sentAt, err), c.username)
	}
	result := Result{ID: account.ID, Username: username, Action: Adopted}
	if active, _ := fields.lookup("IsActive"); active == any(false) || active == any(rawJSON("false")) {
		return result, nil
	}
	// A frozen login stays frozen through deactivation and reactivation, and a
	// user who is provisioned again but can't log in would be a silent failure.
	_, err := p.api.setFrozen(ctx, account.ID, false)
	if err == nil || isNoLogin(err) {
		return result, nil
	}
	err = lost(opCreate, account.ID, c.username, sentAt, err)
	err = &stepError{step: "the account " + account.ID + " was adopted, but it is not known whether its login is frozen", err: err}
	if Retryable(err) || ctx.Err() != nil {
		return result, err // the same call again brings it to its end
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "an adopted account may be frozen", slog.String("id", account.ID))
	result.Warning = decorate(opCreate, c.username, err)
	return result, nil
}

package sfprov

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Resolve finds out what became of a create whose answer was lost, and finishes it.
// err is the error that Create returned, or one that wraps it: an [UnconfirmedError],
// also one that was JSON meanwhile.
//
//   - The user exists, and is the one that was sent: Resolve gives the access, and
//     sets the password, that the create had asked for. The error is nil only if the
//     whole user is so, and the Result says Created. A password is not kept in JSON:
//     after a restart the error says that it must be set.
//   - There is no such user: [ErrNotCreated]. Create can be called again; if the lost
//     request is still under way, the second is refused as a duplicate, and nobody is
//     made twice. So it is with a match value where an account that this create did
//     not make has the username: Create finds out whose it is.
//   - The username is held by an account that was there before, or that somebody
//     else made: [ErrDuplicateUsername], with its ID in [APIError].Existing.
//
// If it can't be learned now, the error is an UnconfirmedError again, as good as err.
//
// An account is taken for the one that was sent if it was created at that time
// (five minutes of clock difference allowed), by the integration user where that
// is known, with the texts of standard fields that were sent. One that the same
// integration user made with the same texts some minutes before can't be told from
// it. It costs one API call, and what is left of the access and the password.
func (p *Provisioner) Resolve(ctx context.Context, err error) (Result, error) {
	unknown, problem := resolvable(err)
	if problem != nil {
		return Result{}, problem
	}
	ctx, traced := p.traces.call(ctx, opResolve)
	defer traced.left(ctx)
	result, err := p.resolveUnknown(ctx, unknown)
	traced.endOne(ctx, result, err)
	return result, err
}

func (p *Provisioner) resolveUnknown(ctx context.Context, unknown *UnconfirmedError) (Result, error) {
	still := *unknown // what can't be learned stays unknown
	ctx, call, err := p.begin(ctx)
	if err != nil {
		still.look = err
		return Result{}, &still
	}
	defer p.end(call)
	ctx = withSecrets(ctx, unknown.password)
	account, err := p.named(ctx, unknown.Username, lookColumns(unknown.Sent)...)
	switch {
	case err != nil:
		still.look = err
		return Result{}, &still
	case account.ID == "":
		return Result{}, decorate(opResolve, unknown.Username, ErrNotCreated)
	case !p.isOurs(account, unknown) && unknown.again: // Create finds out by the match value whose it is
		return Result{}, decorate(opResolve, unknown.Username, ErrNotCreated)
	case !p.isOurs(account, unknown):
		p.unresolved.forget(unknown.Username)
		return Result{}, decorate(opResolve, unknown.Username, heldByAnother(account, wouldCreate(p.settings.MatchField, unknown.again)))
	}
	result, err := p.finishResolved(ctx, account, unknown)
	if err == nil {
		p.unresolved.forget(unknown.Username)
	}
	return result, decorate(opResolve, unknown.Username, err)
}

// resolvable is the lost create in an error.
func resolvable(err error) (*UnconfirmedError, error) {
	var unknown *UnconfirmedError
	switch {
	case err == nil:
		return nil, errors.New("sfprov: resolve: the error is nil, so the outcome is known")
	case !errors.As(err, &unknown):
		return nil, fmt.Errorf("sfprov: resolve: there is no unknown outcome in the error: %w", err)
	case unknown == nil:
		return nil, errors.New("sfprov: resolve: the UnconfirmedError is a nil pointer")
	case unknown.Op == "" || unknown.Op == opCreate && unknown.Username == "":
		return nil, errors.New("sfprov: resolve: the UnconfirmedError is incomplete: Op or Username is missing")
	case unknown.Op != opCreate || unknown.ID != "": // of an account that was there
		return nil, fmt.Errorf("sfprov: resolve: only a create needs it; call %s again: %w", printable(unknown.Op), err)
	}
	return unknown, nil
}

// finishResolved gives the account of a lost create what it was to have besides.
func (p *Provisioner) finishResolved(ctx context.Context, account storedUser, unknown *UnconfirmedError) (Result, error) {
	d := &desired{op: opResolve, id: account.ID, username: account.Username, user: User{Access: unknown.Access, Password: unknown.password}}
	cs := &changeSet{d: d, isNew: true, o: observed{account: account}, result: Result{ID: account.ID, Username: account.Username, Action: Created}}
	if err := p.resolve(ctx, d); err != nil {
		cs.fail(step{kind: stepGrant}, err)
		return cs.end()
	}
	d.fields = nil // profile and role were sent with the create
	if len(d.access.lists) > 0 {
		o, err := p.observe(ctx, d)
		if err == nil {
			cs.o = o
			err = cs.compareAccess()
		}
		if err != nil {
			cs.fail(step{kind: stepGrant}, err)
			return cs.end()
		}
	}
	switch {
	case unknown.password != "":
		cs.steps = append(cs.steps, step{kind: stepPassword})
	case unknown.PasswordPending && !p.passwords.wasSet(account.ID, unknown.SentAt):
		result, err := p.carryOut(ctx, cs)
		if err == nil {
			err = &passwordLostError{id: account.ID}
		}
		return result, err
	}
	return p.carryOut(ctx, cs)
}

// passwordLostError is a password that was to be set, and is not known any more.
type passwordLostError struct{ id string }

func (e *passwordLostError) Error() string { return render(e) }

func (e *passwordLostError) summary() string {
	return "the user was created (" + e.id + "); still missing: the password, which is not kept in JSON"
}

func (e *passwordLostError) explanation() string {
	return "Set it with SetPassword, or let the user choose one with ResetPassword; then there is nothing left to resolve"
}

func (e *passwordLostError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *passwordLostError) saysWhetherAgain() bool      { return true }

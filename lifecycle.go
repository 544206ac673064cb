package sfprov

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// Reactivate lets a user in again: it sets IsActive to true, which takes a licence
// of the profile's kind, and unfreezes the login. The Action is Reactivated, or
// Unfrozen if the user was active and only frozen, or Unchanged. Where there is no
// licence left, the error is [ErrLicenseLimit], and nothing has changed.
//
// A username that was released stays so: give the user another one with
// [Provisioner.Update]. It costs two API calls, and one more for each change. See
// "User" and "UserLogin" in the Object Reference for Salesforce.
func (p *Provisioner) Reactivate(ctx context.Context, id string) (Result, error) {
	return p.lifecycle(ctx, opReactivate, id, p.reactivate)
}

// Freeze locks a user's login and leaves the user active, for example for a leave
// of absence: the licence stays in use, and records stay owned. The Action is
// Frozen, or Unchanged. It costs two API calls, or one if nothing has to be done.
//
// Guest users, automated processes and the like have no login of their own; for
// them the error says so. See "UserLogin" in the Object Reference for Salesforce.
func (p *Provisioner) Freeze(ctx context.Context, id string) (Result, error) {
	return p.lifecycle(ctx, opFreeze, id, func(ctx context.Context, id string) (Result, error) {
		return p.frozen(ctx, id, true, Frozen)
	})
}

// Unfreeze unlocks a login that was frozen. It does not reactivate an inactive
// user. The Action is Unfrozen, or Unchanged. It costs what [Provisioner.Freeze]
// does.
func (p *Provisioner) Unfreeze(ctx context.Context, id string) (Result, error) {
	return p.lifecycle(ctx, opUnfreeze, id, func(ctx context.Context, id string) (Result, error) {
		return p.frozen(ctx, id, false, Unfrozen)
	})
}

// lifecycle makes one change of who can log in.
func (p *Provisioner) lifecycle(ctx context.Context, op, id string, change func(context.Context, string) (Result, error)) (Result, error) {
	id18, err := userID(id)
	if err != nil {
		return Result{}, decorate(op, id, err)
	}
	ctx, call, err := p.begin(ctx)
	if err != nil {
		return Result{}, decorate(op, id18, err)
	}
	defer p.end(call)
	sentAt := time.Now()
	result, err := change(ctx, id18)
	return result, decorate(op, id18, lost(op, id18, "", sentAt, err))
}

func (p *Provisioner) reactivate(ctx context.Context, id string) (Result, error) {
	sentAt := time.Now()
	before, err := p.loginState(ctx, id)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: id, Username: before.username, Action: Unchanged}
	if !before.active {
		err := p.api.update(ctx, "User", id, Fields{"IsActive": true})
		err = p.settle(ctx, opReactivate, id, sentAt, err, func(s loginState) bool { return s.active })
		if err != nil {
			return Result{}, p.whyRefused(ctx, id, err)
		}
		result.Action = Reactivated
	}
	changed, err := p.api.setFrozen(ctx, id, false)
	switch {
	case isNoLogin(err): // so it is not frozen
		return result, nil
	case err != nil && result.Action == Reactivated:
		return result, &stepError{step: "the user is active again, but it is not known whether the login is frozen", err: err}
	case err != nil:
		return Result{}, err
	case changed && result.Action == Unchanged:
		result.Action = Unfrozen
	}
	return result, nil
}

// whyRefused adds, to the refusal of a reactivation, the type of a user whom nobody
// reactivates.
func (p *Provisioner) whyRefused(ctx context.Context, id string, err error) error {
	if !isRefusal(err) || errors.Is(err, ErrLicenseLimit) {
		return err
	}
	record, readErr := p.api.get(ctx, "User", id, "UserType")
	if userType, _ := record.text("UserType"); readErr == nil && slices.Contains(ownUserTypes, userType) {
		return &stepError{step: "the user is of the type " + userType + ", which belongs to Salesforce, and nobody activates it by the API", err: err}
	}
	return err
}

// ownUserTypes are of users whom Salesforce manages itself.
var ownUserTypes = []string{"Guest", "AutomatedProcess", "CloudIntegrationUser"} //nolint:gochecknoglobals // a constant list

// frozen freezes or unfreezes.
func (p *Provisioner) frozen(ctx context.Context, id string, frozen bool, done Action) (Result, error) {
	if frozen {
		if _, err := p.api.sender.tokens.get(ctx); err != nil { // which tells who that is
			return Result{}, err
		}
		if p.isOwn(id) {
			return Result{}, errOwnLogin
		}
	}
	changed, err := p.api.setFrozen(ctx, id, frozen)
	if isNoLogin(err) {
		err = p.whyNoLogin(ctx, id, err)
	}
	switch {
	case err != nil:
		return Result{}, err
	case !changed:
		done = Unchanged
	}
	p.log.LogAttrs(ctx, slog.LevelInfo, "login", slog.String("id", id), slog.String("action", string(done)))
	return Result{ID: id, Action: done}, nil
}

func isNoLogin(err error) bool {
	var none *noLoginError
	return errors.As(err, &none)
}

// whyNoLogin tells a user without a login from an ID of no user.
func (p *Provisioner) whyNoLogin(ctx context.Context, id string, err error) error {
	record, readErr := p.api.get(ctx, "User", id, "UserType")
	if readErr != nil {
		return readErr
	}
	userType, known := record.text("UserType")
	if !known {
		return err
	}
	return &noLoginError{userType: userType}
}

package sfprov

import "context"

// Update changes the user with this Salesforce ID: it sends User.Fields and
// nothing else, and, if User.Username is set, the Salesforce username that
// follows from it; then it gives User.Access, takes User.Revoke away, and sets
// User.Password. With nothing to send, it is Unchanged without a request.
//
// Two traps of Salesforce's: an email address that is changed takes effect only
// when the user has confirmed it by the link in a mail, until then reads show the
// old one; and a change of profile can change the user's licence, which can be
// refused. Who is inactive or frozen stays so, unless Fields has IsActive: true lets
// in, as [Provisioner.Reactivate] does, and false locks out, as
// [Provisioner.Deactivate] does, after the other fields.
//
// A malformed ID is a [ValidationError], one that is no user of the org
// [ErrNotFound]. If the answer is lost each time, it is [ErrOutcomeUnknown]: call
// it again. It costs one API call, also with access that is given; one more where
// something is taken away, and one for a password. Result.Changes are what was sent,
// where nothing was read.
func (p *Provisioner) Update(ctx context.Context, id string, u User) (Result, error) {
	w := want{op: opUpdate, id: id, byID: true, whole: true, resets: true, activeOnly: true}
	return p.verb(ctx, u, w, p.reconcileByID)
}

// Deactivate locks a user out: it sets IsActive to false. Users can't be deleted.
//
// If Salesforce refuses, because the user is the default lead owner, an approver
// and the like, it is asked once more after a pause, and then the user is frozen
// instead: the login is locked, the licence still in use. The Result then says
// Frozen, and the error is [ErrDeactivationBlocked] with Salesforce's reason. If
// freezing fails too, the Result has no Action, and the error says that the user is
// still active. The integration user is never locked out.
//
// With Config.ReleaseUsername, the user also gets another username,
// "released-" + ID + "-" + the old one, shortened to 80 characters where need be,
// and its match field is cleared. If Salesforce refuses that, the user is
// deactivated all the same, and Result.Warning says why the name is still taken.
//
// A user who is inactive already, and who needs no release, is Unchanged. If an
// answer is lost, a look tells whether the user was deactivated; if that fails,
// the error is [ErrOutcomeUnknown]: call it again. It costs one API call, two with
// ReleaseUsername; a refusal costs two more. See "Deactivate Users" under "User", and
// "UserLogin", in the Object Reference for Salesforce.
func (p *Provisioner) Deactivate(ctx context.Context, id string) (Result, error) {
	return p.changeLogin(ctx, opDeactivate, id, loginShut)
}

// Reactivate lets a user in again: it sets IsActive to true, which takes a licence
// of the profile's kind, and unfreezes the login. The Action is Reactivated, or
// Unfrozen if the user was active and only frozen, or Unchanged. Where there is no
// licence left, the error is [ErrLicenseLimit], and nothing has changed.
//
// A username that was released stays so: give the user another one with
// [Provisioner.Update]. It costs one API call. See "User" and "UserLogin" in the
// Object Reference for Salesforce.
func (p *Provisioner) Reactivate(ctx context.Context, id string) (Result, error) {
	return p.changeLogin(ctx, opReactivate, id, loginOpen)
}

// Freeze locks a user's login and leaves the user active, for example for a leave
// of absence: the licence stays in use, and records stay owned. The Action is
// Frozen, or Unchanged. It costs one API call. The integration user is never frozen.
//
// Guest users, automated processes and the like have no login of their own; for
// them the error says so. See "UserLogin" in the Object Reference for Salesforce.
func (p *Provisioner) Freeze(ctx context.Context, id string) (Result, error) {
	return p.changeLogin(ctx, opFreeze, id, loginFrozen)
}

// Unfreeze unlocks a login that was frozen. It does not reactivate an inactive
// user. The Action is Unfrozen, or Unchanged. It costs one API call.
func (p *Provisioner) Unfreeze(ctx context.Context, id string) (Result, error) {
	return p.changeLogin(ctx, opUnfreeze, id, loginThawed)
}

// changeLogin changes who can log in, and nothing else.
func (p *Provisioner) changeLogin(ctx context.Context, op, id string, wish loginWish) (Result, error) {
	id18, err := userID(id)
	if err != nil {
		return Result{}, p.refused(ctx, op, id, err)
	}
	d := &desired{op: op, id: id18, login: wish}
	return p.run(ctx, op, id18, func(ctx context.Context) (Result, error) {
		if wish == loginFrozen || wish == loginThawed {
			if err := p.prepare(ctx, d); err != nil {
				return Result{}, err
			}
			cs, err := p.setFrozen(ctx, d)
			return cs.result, err
		}
		return p.reconcileByID(ctx, d)
	})
}

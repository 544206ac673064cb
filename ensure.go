package sfprov

import "context"

// Ensure brings the one account of a user to what the user says, whatever state it
// is in, with as few API calls as that takes. Salesforce is asked what there is, and
// then:
//
//   - There is no account: it is created, as [Provisioner.Create] does, with the
//     defaults, active. The Action is Created; or Adopted if another process was faster.
//   - There is one, that the match field shows to be the user's: it is made active and
//     unfrozen, gets the fields that differ, the username too, and the access that is
//     missing; it loses what Revoke names and, with Exact, what is too much. The Action
//     is Reactivated if it was inactive, Unfrozen if that was all, else Updated.
//   - Nothing differs: the Action is Unchanged.
//   - User.Inactive is set, or Fields has IsActive false: the account is deactivated, as
//     [Provisioner.Deactivate] does, its fields and access left as they are. If there
//     is none, or it is inactive already, the Action is Unchanged.
//
// Config.MatchField is what makes an account the user's. Without it, or without a
// value for it, Ensure can create a user, but not find the account again: a username
// that is taken is [ErrDuplicateUsername]. [WithAdoption] can veto that an account
// with another username is taken for the user's.
//
// Result.Changes tells what was changed. If a step fails, it tells what was done
// until then, the error names what is missing, and the same call takes up the rest.
// Values are compared as Salesforce compares them: see [Change]. A changed email
// address that waits for the user to confirm it is not sent again for three days, as
// long as this Provisioner lives and the address stored stays what it was;
// Result.PendingEmail tells of it. User.Password is set when the account is created or
// made active, since nobody can tell whether it differs.
//
// Who is Inactive and has a value of the match field needs nothing else, a username
// neither: no account is created.
//
// Ensure unfreezes every active user. To keep someone frozen, set Inactive or leave
// them out.
//
// It costs one API call if nothing differs, and two if something does, whatever it is;
// a password costs one more. What an Access names is looked up once in ten minutes, by
// one call for each kind. See "Composite" in the REST API Developer Guide.
func (p *Provisioner) Ensure(ctx context.Context, u User) (Result, error) {
	return p.verb(ctx, u, want{op: opEnsure, login: loginOpen, mayCreate: true}, p.reconcile)
}

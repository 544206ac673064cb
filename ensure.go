package sfprov

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// Ensure brings the one account of a user to what the user says, whatever state it
// is in, with as few API calls as that takes. Salesforce is asked what there is, and
// then:
//
//   - There is no account: it is created, as [Provisioner.Create] does, with the
//     defaults, active. The Action is Created; or Adopted if another process was faster.
//   - There is one, that the match field shows to be the user's: it is made active and
//     unfrozen, gets the fields that differ, the username too, and the access that is
//     missing; with Exact it loses what is too much. The Action is Reactivated if it
//     was inactive, Adopted if it had another username, else Updated, or Unfrozen if
//     that was all.
//   - Nothing differs: the Action is Unchanged.
//   - User.Inactive is set: the account is deactivated, as [Provisioner.Deactivate]
//     does, its fields and access left as they are. If there is none, or it is inactive
//     already, the Action is Unchanged.
//
// Config.MatchField is what makes an account the user's. Without it, or without a
// value for it, Ensure can create a user, but not find the account again: a username
// that is taken is [ErrDuplicateUsername].
//
// Result.Changes tells what was changed. If a step fails, it tells what was done
// until then, and the same call takes up the rest. Values are compared as Salesforce
// compares them: see [Change]. A changed email address that waits for the user to
// confirm it is not sent again for three days, as long as this Provisioner lives;
// Result.PendingEmail tells of it. User.Password is set when the account is created
// or made active, since nobody can tell whether it differs.
//
// Who is frozen for a leave of absence is let in again: hand over such users as
// Inactive, or not at all.
//
// It costs one API call if nothing differs. Each change costs one more, all fields
// together being one, and what an Access names is looked up once in ten minutes, by
// one call for each kind. See "Composite" in the REST API Developer Guide.
func (p *Provisioner) Ensure(ctx context.Context, u User) (Result, error) {
	w, err := p.settings.wish(u, true, false)
	if err != nil {
		return Result{}, decorate(opEnsure, w.target(), err)
	}
	w.admit = true
	return p.run(ctx, opEnsure, w.username, func(ctx context.Context) (Result, error) { return p.ensure(ctx, w) })
}

// wish is what a user shall be.
type wish struct {
	op       string
	user     User
	id       string // of the account, where it is known
	fields   Fields // of an account that there is, in their plain form
	username string
	match    matchValue
	grants   grants
	active   bool // or else nobody can log in
	admit    bool // an account that is inactive or frozen is let in again
	isNew    bool // there is none as far as is known, or none could be known to be the user's
	password bool // is set, whatever the state of the account
}

// target names the user in errors.
func (w wish) target() string {
	if w.username != "" {
		return w.username
	}
	return w.user.Username
}

// wish checks a user, as far as that can be done without a look at the org. mayBeNew
// says that no account is known, isNew that there is none as far as is known.
func (c *settings) wish(u User, mayBeNew, isNew bool) (wish, error) {
	w := wish{op: opEnsure, user: u, active: !u.Inactive}
	w.user.Inactive = false // which is for this function only
	var err error
	w.fields, w.username, err = c.forUpdate(w.user)
	if value, given := w.fields.lookup("IsActive"); given && !isBlank(value) {
		truth := strings.ToLower(textOf(value))
		w.admit = truth != "false"
		switch {
		case truth != "true" && truth != "false":
			err = mergeProblems(err, problem("IsActive", "is "+jsonOf(value)+"; it takes true or false"))
		case w.admit && u.Inactive:
			err = mergeProblems(err, problem("Inactive", "is set, and Fields[\"IsActive\"] says the contrary; give one of them"))
		}
		w.active = w.active && w.admit
	}
	maps.DeleteFunc(w.fields, func(name string, _ any) bool { return strings.EqualFold(name, "IsActive") })
	match, matchErr := c.match(u)
	if err == nil {
		err = matchErr // else it is there, among the problems of the fields
	}
	w.match, w.isNew = match, w.active && mayBeNew && (isNew || !match.set())
	switch _, given := w.fields.lookup("Username"); {
	case w.isNew:
		if _, _, problems := c.forCreate(w.user); problems != nil {
			err = problems // and those of an update among them
		}
	case mayBeNew && !given && u.Username == "":
		_, problems := c.username(u)
		err = mergeProblems(err, validationError(problems))
	}
	return w, err
}

// ensure makes a wish come true.
func (p *Provisioner) ensure(ctx context.Context, w wish) (Result, error) {
	if w.active {
		grants, err := p.resolveAccess(ctx, w.user.Access)
		if err != nil {
			return Result{}, err
		}
		w.grants = grants
		w.fields = maps.Clone(w.fields)
		maps.Copy(w.fields, grants.fields)
	}
	if w.isNew {
		return p.ensureNew(ctx, w)
	}
	s, err := p.stateOf(ctx, w)
	switch {
	case err != nil:
		return Result{}, err
	case s.account.ID == "" && w.active:
		return p.ensureNew(ctx, w)
	case s.account.ID == "":
		return Result{Action: Unchanged}, nil
	case !w.active:
		return p.ensureInactive(ctx, s.account)
	}
	return p.bring(ctx, w, s)
}

// ensureNew creates the account.
func (p *Provisioner) ensureNew(ctx context.Context, w wish) (Result, error) {
	fields, username, err := p.settings.forCreate(w.user)
	if err != nil {
		return Result{}, &stepError{step: "there is no account, and it can't be created", err: err}
	}
	fields.set("IsActive", true)
	c := creation{user: w.user, fields: fields, username: username, match: w.match, grants: w.grants, looked: w.id == "" && !w.isNew}
	result, access, err := p.newAccount(ctx, c)
	return c.tell(result, access), err
}

// tell adds, to the result of a create, what was changed by it.
func (c creation) tell(result Result, access []Change) Result {
	if result.Action == Created {
		result.Changes = allOf(c.fields)
	}
	result.Changes = append(result.Changes, access...)
	return result
}

// doorOf is what of an account decides who can log in.
func (p *Provisioner) doorOf(a Account) loginState {
	door := loginState{active: a.Active}
	if p.settings.ReleaseUsername {
		value, _ := a.Fields.lookup(p.settings.MatchField)
		door.username, door.matches = a.Username, p.settings.MatchField != "" && !isBlank(value)
	}
	return door
}

// ensureInactive locks the account.
func (p *Provisioner) ensureInactive(ctx context.Context, a Account) (Result, error) {
	result, err := p.deactivateFrom(ctx, a.ID, p.doorOf(a))
	if result.Action == Deactivated {
		result.Changes = []Change{{Field: "IsActive", Before: true, After: false}}
	}
	return result, err
}

// taken is the refusal of a username that an account holds of which nothing shows
// whether it is the user's.
func taken(account Account) *APIError {
	return &APIError{
		StatusCode: http.StatusOK, Code: "DUPLICATE_USERNAME", Existing: account.ID,
		Message: fmt.Sprintf("The username %s is held, and without a value of a match field nothing shows whose account that is", quote(account.Username)),
	}
}

package sfprov

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
)

// Op is what an identity server asks for.
type Op string

// The operations of a [Request], with the methods by which identity servers' frameworks
// know them.
const (
	OpCreate Op = "create" // POST: the user was added
	OpUpdate Op = "update" // PUT: the user as it is now
	OpPatch  Op = "patch"  // PATCH: what of the user has changed
	OpDelete Op = "delete" // DELETE: the user was removed
)

// Request is what an identity server's provisioning framework sends.
type Request struct {
	Op Op
	// ID is the Salesforce ID that was stored for the user when it was provisioned;
	// empty if none was. It is trusted: the account is the user's.
	ID   string
	User User
	// JustInTime says that the user came in by just-in-time provisioning, which is a
	// login at the identity server by way of another.
	JustInTime bool
}

// WithJustInTime makes [Provisioner.Provision] serve requests that come from
// just-in-time provisioning. Without it, their Action is Skipped.
func WithJustInTime() Option { return func(o *options) { o.provision.justInTime = true } }

// WithAssignment makes [Provisioner.Provision] ask, for each OpCreate and OpUpdate,
// whether the user shall have an account at all, for example by role. A user who
// shall not is deactivated, as by a delete; one who shall is created or reactivated,
// whatever the operation. It is not asked about a patch, which carries a part of the
// user only, nor about a delete. assigned is called by many goroutines at once, with
// the request's User.
func WithAssignment(assigned func(User) bool) Option {
	return func(o *options) {
		if assigned == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithAssignment", Problem: "is given no function; leave the option out to provision every user"})
		}
		o.provision.assigned = assigned
	}
}

// Provision does what an identity server's framework asks for. It is the entry for
// hooks that get one kind of event, with the operation in it:
//
//   - OpCreate: [Provisioner.Create]; with an ID, the account is brought to the user as
//     [Provisioner.Ensure] does, reactivated and unfrozen too.
//   - OpUpdate: what differs is sent. An account that is inactive or frozen stays so,
//     unless Fields has IsActive.
//   - OpPatch: what the request has is sent, whole, as [Provisioner.Update] does.
//   - OpDelete, or User.Inactive: [Provisioner.Deactivate]. Nothing else of the user
//     is sent, but with a patch, which is carried out whole.
//
// An update or a patch for a user without an account, or with an ID that is no user
// of the org, becomes a create; for that, a patch must hold all that a create needs,
// or it is a [ValidationError]. A delete without an account is Unchanged. Without an ID,
// the account is found by the match field; without a value for that too, nothing shows
// which account is the user's: if an active account has the username, the error is
// [ErrDuplicateUsername], and the account is left alone. Names are no proof.
//
// Requests that come from just-in-time provisioning are Skipped, unless
// [WithJustInTime] is given. See [WithAssignment] for provisioning by role.
//
// Store Result.ID with the user where Result.Action is not empty. Errors are those of
// the calls that are made.
func (p *Provisioner) Provision(ctx context.Context, r Request) (Result, error) {
	if r.JustInTime && !p.provision.justInTime {
		p.log.LogAttrs(ctx, slog.LevelInfo, "a just-in-time request was skipped", slog.String("op", printable(cut(string(r.Op), maxName))))
		return Result{ID: r.ID, Action: Skipped}, nil
	}
	u, w, problems := p.requested(r)
	if len(problems) > 0 {
		w.mayCreate = false
		_, err := p.settings.desire(u, w)
		return Result{}, p.refused(ctx, w.op, r.target(), validationError(append(problems, problemsIn(err)...)))
	}
	return p.verb(ctx, u, w, func(ctx context.Context, d *desired) (Result, error) {
		if d.id == "" || r.Op != OpPatch && d.carriesFields() { // which takes a look
			return p.reconcile(ctx, d)
		}
		result, err := p.reconcileByID(ctx, d)
		if missing := (*notFoundError)(nil); errors.As(err, &missing) {
			return p.withoutAccount(ctx, d)
		}
		return result, err
	})
}

// provisionOptions are what options say of Provision.
type provisionOptions struct {
	justInTime bool
	assigned   func(User) bool
}

// requested is how a request wants a user, and what of the user counts.
func (p *Provisioner) requested(r Request) (User, want, []FieldProblem) {
	w := want{id: r.ID, mayCreate: true, resets: true}
	remove := r.Op == OpDelete || r.User.Inactive && r.Op != OpPatch
	switch r.Op {
	case OpCreate:
		w.op, w.login, w.create = opCreate, loginOpen, r.ID == ""
	case OpUpdate:
		w.op = opUpdate
	case OpPatch:
		w.op, w.whole = opUpdate, true
	case OpDelete:
	default:
		w.op = opProvision
		return r.User, w, []FieldProblem{{Field: "Op", Problem: fmt.Sprintf("is %s; it is one of create, update, patch and delete: OpCreate, OpUpdate, OpPatch, OpDelete", quote(string(r.Op)))}}
	}
	if p.provision.assigned != nil && (r.Op == OpCreate || r.Op == OpUpdate) && !remove {
		remove = !p.provision.assigned(r.User)
		w.login = loginOpen
	}
	if remove {
		return p.settings.identified(r.User, r.ID != ""), want{op: opDeactivate, id: r.ID, login: loginShut}, nil
	}
	return r.User, w, nil
}

// target names the user in an error about the request itself.
func (r Request) target() string {
	if r.User.Username != "" {
		return r.User.Username
	}
	return r.ID
}

// identified is what of a user says which account is meant. Where an ID says it, what
// is wrong with the rest does not count.
func (c *settings) identified(u User, hasID bool) User {
	only := User{Username: u.Username, TenantDomain: u.TenantDomain, Fields: Fields{}}
	for name, value := range u.Fields {
		if strings.EqualFold(name, c.MatchField) || strings.EqualFold(name, "Username") {
			only.Fields[name] = value
		}
	}
	if !hasID {
		if _, problems := c.matchOf(only); len(problems) > 0 || only.Fields[c.MatchField] == nil {
			return only
		}
	}
	if _, problems := c.usernameOf(only); len(problems) > 0 {
		only.Username = ""
		maps.DeleteFunc(only.Fields, func(name string, _ any) bool { return strings.EqualFold(name, "Username") })
	}
	if _, problems := c.matchOf(only); hasID && len(problems) > 0 {
		only.Fields = Fields{}
	}
	return only
}

package sfprov

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
func WithJustInTime() Option { return func(o *options) { o.hook.justInTime = true } }

// WithAssignment makes [Provisioner.Provision] ask, for each request but a delete,
// whether the user shall have an account at all, for example by role. Who shall not
// is deactivated, as by a delete; who shall is created or reactivated, whatever the
// operation. assigned is called by many goroutines at once, with the request's User.
func WithAssignment(assigned func(User) bool) Option {
	return func(o *options) {
		if assigned == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithAssignment", Problem: "is given no function; leave the option out to provision every user"})
		}
		o.hook.assigned = assigned
	}
}

// Provision does what an identity server's framework asks for. It is the entry for
// hooks that get one kind of event, with the operation in it:
//
//   - OpCreate: [Provisioner.Create]; with an ID, the account is brought to the user as
//     [Provisioner.Ensure] does, reactivated and unfrozen too.
//   - OpUpdate: what differs is sent. An account that is inactive or frozen stays so,
//     unless Fields has IsActive.
//   - OpPatch: what the request has is sent, as [Provisioner.Update] does.
//   - OpDelete, or User.Inactive: [Provisioner.Deactivate].
//
// An update or a patch for a user without an account, or with an ID that is no user
// of the org, becomes a create; for that, a patch must hold all that a create needs,
// or it is a [ValidationError]. A delete without an account is Unchanged. Without an ID,
// the account is found by the match field; without a value for that too, there is
// none. Names are no proof, so an account that only has the user's name is left alone.
//
// Requests that come from just-in-time provisioning are Skipped, unless
// [WithJustInTime] is given. See [WithAssignment] for provisioning by role.
//
// Store Result.ID with the user where it is not empty. Errors are those of the calls
// that are made.
func (p *Provisioner) Provision(ctx context.Context, r Request) (Result, error) {
	target := r.User.Username
	if target == "" {
		target = r.ID
	}
	if r.JustInTime && !p.hook.justInTime {
		p.log.LogAttrs(ctx, slog.LevelInfo, "a just-in-time request was skipped", slog.String("op", string(r.Op)))
		return Result{ID: r.ID, Action: Skipped}, nil
	}
	assigned := p.hook.assigned != nil && r.Op != OpDelete && p.hook.assigned(r.User)
	w, remove, err := p.settings.requested(r, p.hook.assigned != nil && !assigned)
	if err != nil {
		return Result{}, decorate(w.op, target, err)
	}
	if w.username != "" {
		target = w.username
	}
	w.admit = w.admit || assigned
	return p.run(ctx, w.op, target, func(ctx context.Context) (Result, error) {
		switch {
		case remove:
			return p.remove(ctx, w)
		case r.Op == OpPatch && !w.admit:
			result, err := p.update(ctx, w.id, w.fields, w.username, w.user)
			if !errors.Is(err, ErrNotFound) {
				return result, err
			}
			w.id, w.admit = "", true // there is no such account
		}
		return p.ensure(ctx, w)
	})
}

// hook is what Provision is told by options.
type hook struct {
	justInTime bool
	assigned   func(User) bool
}

// requested is the wish that a request comes to, and whether it is that nobody can
// log in.
func (c *settings) requested(r Request, unassigned bool) (w wish, remove bool, err error) {
	ops := map[Op]string{OpCreate: opCreate, OpUpdate: opUpdate, OpPatch: opUpdate, OpDelete: opDeactivate}
	op, known := ops[r.Op]
	var problems []FieldProblem
	if !known {
		op = opProvision
		problems = append(problems, FieldProblem{Field: "Op", Problem: fmt.Sprintf("is %s; it is one of OpCreate, OpUpdate, OpPatch and OpDelete", quote(string(r.Op)))})
	}
	id := ""
	if r.ID != "" {
		var problem string
		if id, problem = parseIDOf(prefixUser, r.ID); problem != "" {
			problems = append(problems, FieldProblem{Field: "ID", Problem: problem})
		}
	}
	if unassigned || r.Op == OpDelete { // nothing of the user is sent
		match, err := c.match(r.User)
		return wish{op: opDeactivate, id: id, match: match}, true, mergeProblems(validationError(problems), err)
	}
	w, err = c.wish(r.User, r.ID == "", r.Op == OpCreate)
	w.op, w.id, w.password = op, id, true
	w.admit = w.admit || r.Op == OpCreate || r.ID == ""
	return w, !w.active, mergeProblems(validationError(problems), err)
}

// remove is a delete.
func (p *Provisioner) remove(ctx context.Context, w wish) (Result, error) {
	if w.id != "" {
		result, err := p.deactivate(ctx, w.id)
		if !errors.Is(err, ErrNotFound) {
			return result, err
		}
		w.id = "" // there is no such account
	}
	if !w.match.set() {
		return Result{Action: Unchanged}, nil
	}
	return p.ensure(ctx, w)
}

package sfprov

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Apply does what a [Plan] says, with the collections of [Provisioner.EnsureAll]. There
// is one Outcome for each step; Index is that of the step. Deactivations come first,
// since others may need their licences. each, the end of the call, and its error are
// those of EnsureAll.
//
// Each account is read again, and compared. If that comes to something else than the
// step says, the error is [ErrPlanStale], and the account is left alone; if nothing is
// left to do, the Action is Unchanged, so a plan can be applied again. A step with a
// Problem is refused with it.
//
// What a plan file says about deactivations is not believed: each must name an account
// by its ID, in the plan's scope, and not the integration user; and the bounds of the
// scope must be right, and hold. Else nobody is deactivated, and each of these steps
// says why, [ErrTooManyDeactivations] for one.
func (p *Provisioner) Apply(ctx context.Context, plan *Plan, each func(Outcome) error, opts ...BatchOption) (Summary, error) {
	if plan == nil {
		return Summary{}, decorate(opApply, "", problem("plan", "is nil: there is nothing to apply"))
	}
	ctx, traced := p.traces.call(ctx, opApply)
	defer traced.left(ctx)
	summary, err := p.apply(ctx, plan, each, opts)
	traced.end(ctx, Result{}, summary.Users, err)
	return summary, err
}

func (p *Provisioner) apply(ctx context.Context, plan *Plan, each func(Outcome) error, opts []BatchOption) (Summary, error) {
	refusal, err := p.mayDeactivate(ctx, plan)
	if err != nil {
		return Summary{}, decorate(opApply, plan.Scope.UsernameSuffix, err)
	}
	r := newRun(p, opApply, each, append([]BatchOption{WithTotal(len(plan.Steps))}, opts...))
	r.decide = func(it *item, work bool) (bool, error) { return work, fresh(plan, it, work) }
	return r.do(ctx, p.plannedItems(plan, refusal))
}

// plannedItems are the steps of a plan as items: those who are locked out, then the
// others. refusal is why nobody is locked out.
func (p *Provisioner) plannedItems(plan *Plan, refusal error) iter.Seq2[*item, error] {
	return func(yield func(*item, error) bool) {
		for _, locks := range []bool{true, false} {
			for i := range plan.Steps {
				if step := &plan.Steps[i]; (step.Action == Deactivated) == locks && !yield(p.plannedItem(i, step, refusal), nil) {
					return
				}
			}
			if !yield(&item{barrier: true}, nil) {
				return
			}
		}
	}
}

func (p *Provisioner) plannedItem(index int, step *PlanStep, refusal error) *item {
	it := newItem(index)
	it.planned = step
	if step.User != nil {
		it.d.user = step.User.clone()
	}
	switch {
	case step.Problem != "":
		it.err = &plannedProblemError{problem: step.Problem, reason: step.reason}
		it.result = Result{ID: step.ID, Username: step.Username}
	case step.Action == Deactivated && refusal != nil:
		it.err = refusal
	case step.Action == Deactivated:
		it.d.op, it.d.id, it.d.login = opApply, id18Of(step.ID), loginShut
	case step.User == nil:
		it.err = problem("User", "is missing in the step, so there is nothing to compare with")
	default:
		it.err = p.settings.desireInto(it.d, *step.User, want{op: opApply, login: loginOpen, mayCreate: true})
	}
	return it
}

// mayDeactivate checks all that a plan says about deactivations. The refusal is why
// nobody is deactivated; the error, why nothing is done at all.
func (p *Provisioner) mayDeactivate(ctx context.Context, plan *Plan) (refusal, err error) {
	var locks []*PlanStep
	for i := range plan.Steps {
		if plan.Steps[i].Action == Deactivated {
			locks = append(locks, &plan.Steps[i])
		}
	}
	if len(locks) == 0 {
		return nil, nil
	}
	scope := plan.Scope
	if err := p.checkScope(&scope); err != nil {
		return err, nil
	}
	if err := plan.guard(); err != nil {
		return err, nil
	}
	_, err = p.run(ctx, opApply, scope.UsernameSuffix, func(ctx context.Context) (Result, error) {
		own, err := p.api.ownUser(ctx)
		for _, step := range locks {
			if refusal == nil {
				refusal = step.problemOfLock(scope, own)
			}
		}
		return Result{}, err
	})
	return refusal, err
}

// problemOfLock is why a deactivation is none of a plan that this library makes.
func (s PlanStep) problemOfLock(scope Scope, own string) error {
	id, problemOfID := parseIDOf(prefixUser, s.ID)
	switch {
	case problemOfID != "":
		return problem("ID", "of a step that deactivates "+quote(s.Username)+": "+problemOfID)
	case own != "" && id == own:
		return &ownUserError{id: id}
	case s.User != nil: // who is desired as inactive, wherever
		return nil
	case scope.KeepAbsent:
		return problem("Scope.KeepAbsent", fmt.Sprintf("is set, and yet a step deactivates %s for not being desired", quote(s.Username)))
	case !scope.holds(s.Username):
		return problem("Username", fmt.Sprintf("of a step that deactivates is %s, which is not in the plan's scope, %s", quote(s.Username), quote(scope.UsernameSuffix)))
	}
	return nil
}

// holds reports whether a username is in scope.
func (s Scope) holds(username string) bool {
	return strings.HasSuffix(strings.ToLower(username), strings.ToLower(s.UsernameSuffix))
}

// fresh finds out whether what is to be done is what was planned.
func fresh(plan *Plan, it *item, work bool) error {
	if !work {
		return nil
	}
	now := it.plannedStep()
	if it.planned.Action == Deactivated && it.planned.User == nil && !plan.Scope.holds(it.o.account.Username) {
		return ErrPlanStale
	}
	if now.Action != it.planned.Action || now.ID != id18Of(it.planned.ID) || !strings.EqualFold(now.Username, it.planned.Username) ||
		!sameChanges(now.Changes, it.planned.Changes) {
		return ErrPlanStale
	}
	return nil
}

// sameChanges compares changes, of which some may have been JSON meanwhile.
func sameChanges(a, b []Change) bool {
	x, errA := viaJSON(a)
	y, errB := viaJSON(b)
	return errA == nil && errB == nil && x == y
}

func viaJSON(changes []Change) (string, error) {
	text, err := json.Marshal(changes)
	if err != nil {
		return "", err
	}
	plain, err := decodeAny(text)
	if err != nil {
		return "", err
	}
	text, err = json.Marshal(plain)
	return string(text), err
}

// plannedProblemError is a step of a plan that can't be taken.
type plannedProblemError struct {
	problem string
	reason  error // nil if it is not known any more
}

func (e *plannedProblemError) Error() string   { return render(e) }
func (e *plannedProblemError) summary() string { return "the plan says: " + e.problem }

// Unwrap returns what Ensure would have returned.
func (e *plannedProblemError) Unwrap() error               { return e.reason }
func (e *plannedProblemError) explanation() string         { return "" }
func (e *plannedProblemError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *plannedProblemError) saysWhetherAgain() bool      { return false }

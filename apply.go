package sfprov

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
)

// Apply does what a [Plan] says, with the collections of [Provisioner.EnsureAll]. There
// is one Outcome for each step; Index is that of the step. Deactivations come first,
// since others may need their licences.
//
// Each account is read again, and compared. If that comes to something else than the
// step says, the error is [ErrPlanStale], and the account is left alone; if nothing is
// left to do, the Action is Unchanged, so a plan can be applied again. A plan with more
// deactivations than its scope allows deactivates nobody: each is
// [ErrTooManyDeactivations]. A step with a Problem is refused with it.
func (p *Provisioner) Apply(ctx context.Context, plan *Plan, opts ...BatchOption) iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		if plan == nil {
			return // there is nothing to do
		}
		b := newBatch(p, append([]BatchOption{WithTotal(len(plan.Steps))}, opts...))
		b.decide = fresh
		tooMany := plan.guard()
		b.run(ctx, func(each func(*batchItem) bool) {
			for _, locks := range []bool{true, false} {
				for i := range plan.Steps {
					step := &plan.Steps[i]
					if (step.Action == Deactivated) != locks {
						continue
					}
					it := &batchItem{index: i, plan: step}
					if step.User != nil {
						it.user = *step.User
					}
					switch {
					case step.Problem != "":
						it.refusal = &stepError{step: "the plan says", err: errors.New(step.Problem)}
					case locks && tooMany != nil:
						it.refusal = tooMany
					case locks:
						it.refusal = p.lockByID(it)
					}
					if !each(it) {
						return
					}
				}
				if !each(nil) {
					return
				}
			}
		}, yield)
	}
}

// lockByID makes the wish of a step that deactivates: the account goes by its ID.
func (p *Provisioner) lockByID(it *batchItem) error {
	id, err := userID(it.plan.ID)
	it.w = wish{op: opApply, id: id, username: it.plan.Username, match: matchValue{field: p.settings.MatchField}}
	return err
}

// fresh says whether the work of an item is what was planned.
func fresh(it *batchItem, work bool) (bool, error) {
	if !work {
		return false, nil
	}
	now := it.planned()
	if now.Action != it.plan.Action || now.ID != it.plan.ID || !strings.EqualFold(now.Username, it.plan.Username) || !sameChanges(now.Changes, it.plan.Changes) {
		return false, ErrPlanStale
	}
	return true, nil
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
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return "", err
	}
	text, err = json.Marshal(plain)
	return string(text), err
}

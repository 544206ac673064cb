package sfprov

import (
	"context"
	"maps"
	"sync/atomic"
	"time"
)

// carryOutMany makes the steps of many change sets: what carryOut does for one, with a
// collection for all steps that come at the same place. contended counts the rows that
// met a lock.
func (p *Provisioner) carryOutMany(ctx context.Context, sets []*changeSet, contended *atomic.Int64) {
	for {
		order, some := nextOrder(sets)
		if len(some) == 0 {
			return
		}
		var rows []rowStep
		for _, cs := range some {
			for _, s := range cs.takeOrder(order) {
				if s.kind == stepPassword || s.kind == stepLockOut && p.api.isOwnUser(cs.result.ID) {
					p.take(ctx, cs, s)
					continue
				}
				rows = append(rows, rowStep{cs, s})
			}
		}
		p.sendRows(ctx, rows, contended)
	}
}

// rowStep is a step as a row of a collection.
type rowStep struct {
	cs   *changeSet
	step step
}

// nextOrder is the place at which steps come next, and the change sets that have some
// there.
func nextOrder(sets []*changeSet) (order int, some []*changeSet) {
	for _, cs := range sets {
		next, has := cs.nextOrder()
		switch {
		case !has:
			continue
		case len(some) == 0 || next < order:
			order, some = next, some[:0]
		case next > order:
			continue
		}
		some = append(some, cs)
	}
	return order, some
}

// nextOrder is the place of the next step. There is none after a stage of which a step
// failed.
func (cs *changeSet) nextOrder() (order int, has bool) {
	if len(cs.steps) == 0 || len(cs.failures) > 0 && cs.failures[0].step.stage() != cs.steps[0].stage() {
		return 0, false
	}
	return cs.steps[0].order(), true
}

// takeOrder takes the steps of a place.
func (cs *changeSet) takeOrder(order int) []step {
	n := 0
	for n < len(cs.steps) && cs.steps[n].order() == order {
		n++
	}
	taken := cs.steps[:n]
	cs.steps = cs.steps[n:]
	return taken
}

// sendRows sends steps in collections, each of one method and one object.
func (p *Provisioner) sendRows(ctx context.Context, rows []rowStep, contended *atomic.Int64) {
	for len(rows) > 0 {
		first := rows[0].step.write
		var same, others []rowStep
		var writes []write
		for _, row := range rows {
			if w := row.step.write; w.method != first.method || w.object != first.object {
				others = append(others, row)
				continue
			}
			same, writes = append(same, row), append(writes, row.step.write)
		}
		sentAt := time.Now()
		for i, result := range p.api.writeAll(ctx, writes, contended) {
			row := same[i]
			if cause, inDoubt := isInDoubt(result.err); row.step.kind == stepLockOut && !inDoubt && isRefusal(cause) {
				p.takeLockOut(ctx, row.cs, row.step, result.err)
				continue
			}
			p.settle(ctx, row.cs, row.step, sentAt, result.err)
		}
		rows = others
	}
}

// createMany makes new accounts: what create does for one, with collections, and looks
// that find out about many.
func (p *Provisioner) createMany(ctx context.Context, creations []*creation, contended *atomic.Int64) {
	pending := creations
	size := maxCollection
	err := p.api.attempts(ctx, func(ctx context.Context, left bool) (again bool, err error) {
		p.sendCreations(ctx, pending, size, left, contended)
		var more []*creation
		for _, c := range pending {
			if c.verdict == fateAgain {
				more, err = append(more, c), c.err
			}
		}
		pending, size = more, max(1, size/2)
		return len(more) > 0, err
	})
	for _, c := range pending {
		c.pauseFailed(err)
	}
}

// sendCreations makes one attempt for each.
func (p *Provisioner) sendCreations(ctx context.Context, creations []*creation, size int, left bool, contended *atomic.Int64) {
	writes, rows := make([]write, len(creations)), make([]int, len(creations))
	for i, c := range creations {
		writes[i], rows[i] = c.post, i
	}
	results := make([]rowResult, len(creations))
	p.api.writeOnce(ctx, writes, rows, size, results, contended)
	var doubtful []*creation
	for i, c := range creations {
		c.id = results[i].id
		c.answered(results[i].err)
		if c.decide(left); c.verdict == fateLook {
			doubtful = append(doubtful, c)
		}
	}
	p.lookForCreations(ctx, doubtful)
	for _, c := range doubtful {
		c.decide(left)
	}
}

// lookForCreations finds out which creates in doubt were done.
func (p *Provisioner) lookForCreations(ctx context.Context, creations []*creation) {
	if len(creations) == 0 {
		return
	}
	names := make([]string, len(creations))
	all := Fields{}
	for i, c := range creations {
		names[i] = c.d.username
		maps.Copy(all, c.fields.texts())
	}
	found, err := p.accountsBy(ctx, "Username", names, lookColumns(all))
	for i, c := range creations {
		p.lookedFor(c, first(found[foldedValue("Username", names[i])]), err)
	}
}

// lookForHolders finds out, for creates that were refused, whether accounts with their
// match values are in the way, by as few requests as that takes. Where that can't be
// learned, endCreation asks for each.
func (p *Provisioner) lookForHolders(ctx context.Context, creations []*creation) {
	byField := map[string][]*creation{}
	for _, c := range creations {
		if c.verdict == fateRefused && c.mayBeOverExisting() {
			byField[c.d.match.field] = append(byField[c.d.match.field], c)
		}
	}
	for field, some := range byField {
		values := make([]string, len(some))
		for i, c := range some {
			values[i] = c.d.match.value
		}
		found, err := p.accountsBy(ctx, field, values, []string{field})
		for i, c := range some {
			if err == nil && len(found[foldedValue(field, values[i])]) == 0 {
				c.seen = &observed{} // nobody has it
			}
		}
	}
}

// madeMany are the change sets of accounts that were just made, with what is left to
// do. What the org gave them by itself is read for those who are to have nothing else.
func (p *Provisioner) madeMany(ctx context.Context, creations []*creation) []*changeSet {
	byObject := map[string][]string{}
	for _, c := range creations {
		if c.d.access.needsReading() {
			for _, object := range c.d.access.objects() {
				byObject[object] = append(byObject[object], c.id)
			}
		}
	}
	held, failed := map[string]map[string][]record{}, map[string]error{}
	for object, ids := range byObject {
		held[object], failed[object] = p.assignmentsOf(ctx, object, ids)
	}
	made, sets := make([]changeSet, len(creations)), make([]*changeSet, len(creations))
	for i, c := range creations {
		cs := &made[i]
		c.makeInto(cs)
		if sets[i] = cs; len(c.d.access.lists) == 0 && c.d.user.Password == "" {
			continue
		}
		d := *c.d
		d.id, cs.d = c.id, &d
		cs.o.held = assignments{}
		var err error
		for _, object := range d.access.objects() {
			if d.access.needsReading() && err == nil {
				cs.o.held[object], err = held[object][c.id], failed[object]
			}
		}
		if err == nil {
			err = cs.compareAccess()
		}
		if err != nil {
			cs.fail(step{kind: stepGrant}, &stepError{step: "reading what the user has", err: err})
		}
		if d.user.Password != "" {
			cs.steps = append(cs.steps, step{kind: stepPassword})
		}
		cs.sortSteps()
	}
	return sets
}

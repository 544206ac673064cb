package sfprov

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
)

// maxLater bounds how many users wait for a username until the end of a run.
const maxLater = 10_000

// waitsForName reports whether a user was refused a username that somebody of the same
// run may yet give up. Who that is shows at the end.
func (r *run) waitsForName(it *item) bool {
	return r.stop == nil && !it.retried && len(r.later) < maxLater && errors.Is(it.err, ErrDuplicateUsername) &&
		it.d.username != "" && it.d.match.set()
}

// startLater gives those who wait for a username another try, one by one: a chain of
// renames comes to its end that way, and a swap by a name between.
func (r *run) startLater() {
	items := r.later
	r.later = nil
	var ready, refused []*item
	holders := map[string]*item{}
	for _, it := range items {
		if it.cs != nil {
			holders[it.cs.result.ID] = it
		}
	}
	for _, it := range items {
		it.retried = true
		apiErr, _ := errors.AsType[*APIError](it.err)
		if r.vacated[strings.ToLower(it.d.username)] || apiErr != nil && holders[apiErr.Existing] != nil {
			ready = append(ready, it)
			continue
		}
		refused = append(refused, it)
	}
	for _, it := range refused {
		r.finish(it)
	}
	if len(ready) == 0 {
		return
	}
	r.writing++
	r.background(job{writes: true, items: ready}, func(ctx context.Context, _ *atomic.Int64) { r.p.untangle(ctx, ready, holders) })
}

// maxTries is how often a user is given another try: a name can be taken meanwhile by one
// who waits too.
const maxTries = 3

// untangle gives names to those who wait for them, each as soon as the account that bore
// the name has another one. Where all who are left wait for each other, one of each ring
// makes room by taking a name between.
func (p *Provisioner) untangle(ctx context.Context, items []*item, holders map[string]*item) {
	waits := map[*item]bool{}
	for _, it := range items {
		waits[it] = true
	}
	blocker := func(it *item) *item { // who bears the name, and waits too
		var apiErr *APIError
		if !errors.As(it.err, &apiErr) {
			return nil
		}
		if holder := holders[apiErr.Existing]; holder != nil && holder != it && waits[holder] && holder.before == "" {
			return holder
		}
		return nil
	}
	tries, refusals, took := map[*item]int{}, map[*item]error{}, map[*item]bool{}
	for _, it := range items {
		refusals[it] = it.err
	}
	for len(waits) > 0 && ctx.Err() == nil {
		moved := false
		for _, it := range items {
			if !waits[it] || blocker(it) != nil {
				continue
			}
			moved = true
			p.retryName(ctx, it)
			if tries[it]++; !errors.Is(it.err, ErrDuplicateUsername) || tries[it] == maxTries {
				delete(waits, it)
				took[it] = it.err == nil
			}
		}
		if !moved && !p.makeRoom(ctx, items, waits, blocker) {
			break
		}
	}
	for _, it := range items {
		if it.before != "" && it.err != nil {
			p.giveBack(ctx, it, items, took, refusals)
		}
	}
}

// giveBack gives a user, who made room and did not get another name, the old one. Whoever
// has taken that gives it back first: nobody keeps a name between.
func (p *Provisioner) giveBack(ctx context.Context, it *item, items []*item, took map[*item]bool, refusals map[*item]error) {
	name := it.o.account.Username
	for _, other := range items {
		if took[other] && strings.EqualFold(other.d.username, name) {
			took[other] = false
			p.giveBack(ctx, other, items, took, refusals)
			other.err = refusals[other]
			isName := func(c Change) bool { return c.Field == "Username" }
			other.result.Changes = slices.DeleteFunc(other.result.Changes, isName)
			if other.result.Username, other.result.Action = other.o.account.Username, ""; len(other.result.Changes) > 0 {
				other.result.Action = actionOf(other.result.Changes)
			}
		}
	}
	change := changeRecord("User", it.o.account.ID, newRecord(field("Username", name)))
	if _, err := p.api.write(ctx, change, false); err != nil {
		p.log.LogAttrs(ctx, slog.LevelError, "a username could not be given back", failureAttrs(err)...)
	}
}

// retryName tries again to give a user a username.
func (p *Provisioner) retryName(ctx context.Context, it *item) {
	d := *it.d
	it.result, it.err = p.reconcile(ctx, &d)
	for i, c := range it.result.Changes {
		if c.Field == "Username" && it.before != "" {
			it.result.Changes[i].Before = it.before
		}
	}
}

// makeRoom gives one account of each ring of users, in which each waits for the name of the
// next, a name between. It reports whether anybody gets further by that.
func (p *Provisioner) makeRoom(
	ctx context.Context, items []*item, waits map[*item]bool, blocker func(*item) *item,
) (moved bool) {
	seen := map[*item]bool{}
	for _, first := range items {
		walked := map[*item]bool{}
		it := first
		for ; waits[it] && !seen[it]; it = blocker(it) {
			seen[it], walked[it] = true, true
		}
		if !walked[it] { // it leads to a ring that was met before
			continue
		}
		account := it.o.account
		between := markedUsername("moving-"+strings.ToLower(account.ID)+"-", account.Username)
		change := changeRecord("User", account.ID, newRecord(field("Username", between)))
		if _, err := p.api.write(ctx, change, false); err == nil {
			it.before, moved = account.Username, true
		}
	}
	return moved
}

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

// tangle is users who wait for usernames, which others of them bear.
type tangle struct {
	p     *Provisioner
	items []*item
	// holders are all users of the run who may yet give up a name, by account.
	holders  map[string]*item
	waits    map[*item]bool  // for a name
	took     map[*item]bool  // the name of another
	refusals map[*item]error // with which each began to wait
	tries    map[*item]int
}

// untangle gives names to those who wait for them, each as soon as the account that bore
// the name has another one. Where all who are left wait for each other, one of each ring
// makes room by taking a name between.
func (p *Provisioner) untangle(ctx context.Context, items []*item, holders map[string]*item) {
	t := &tangle{
		p: p, items: items, holders: holders,
		waits: map[*item]bool{}, took: map[*item]bool{}, refusals: map[*item]error{}, tries: map[*item]int{},
	}
	for _, it := range items {
		t.waits[it], t.refusals[it] = true, it.err
	}
	for len(t.waits) > 0 && ctx.Err() == nil && (t.tryAll(ctx) || t.makeRoom(ctx)) {
	}
	for _, it := range items {
		if it.before != "" && it.err != nil {
			t.giveBack(ctx, it)
		}
	}
}

// blocker is who bears the name that a user waits for, and waits too; nil if nobody does.
func (t *tangle) blocker(it *item) *item {
	var apiErr *APIError
	if !errors.As(it.err, &apiErr) {
		return nil
	}
	if holder := t.holders[apiErr.Existing]; holder != nil && holder != it && t.waits[holder] && holder.before == "" {
		return holder
	}
	return nil
}

// tryAll tries all whom nobody blocks, and reports whether there were some.
func (t *tangle) tryAll(ctx context.Context) (some bool) {
	for _, it := range t.items {
		if !t.waits[it] || t.blocker(it) != nil {
			continue
		}
		some = true
		t.p.retryName(ctx, it)
		if t.tries[it]++; !errors.Is(it.err, ErrDuplicateUsername) || t.tries[it] == maxTries {
			delete(t.waits, it)
			t.took[it] = it.err == nil
		}
	}
	return some
}

// giveBack gives a user, who made room and did not get another name, the old one. Whoever
// has taken that gives it back first: nobody keeps a name between.
func (t *tangle) giveBack(ctx context.Context, it *item) {
	name := it.o.account.Username
	for _, other := range t.items {
		if t.took[other] && strings.EqualFold(other.d.username, name) {
			t.took[other] = false
			t.giveBack(ctx, other)
			other.err = t.refusals[other]
			isName := func(c Change) bool { return c.Field == "Username" }
			other.result.Changes = slices.DeleteFunc(other.result.Changes, isName)
			other.result.Username, other.result.Action = other.o.account.Username, ""
			if len(other.result.Changes) > 0 {
				other.result.Action = actionOf(other.result.Changes)
			}
		}
	}
	change := changeRecord("User", it.o.account.ID, newRecord(field("Username", name)))
	if _, err := t.p.api.write(ctx, change, false); err != nil {
		t.p.log.LogAttrs(ctx, slog.LevelError, "a username could not be given back", failureAttrs(err)...)
	}
}

// makeRoom gives one account of each ring of users, in which each waits for the name of the
// next, a name between. It reports whether anybody gets further by that.
func (t *tangle) makeRoom(ctx context.Context) (moved bool) {
	seen := map[*item]bool{}
	for _, first := range t.items {
		walked := map[*item]bool{}
		it := first
		for ; t.waits[it] && !seen[it]; it = t.blocker(it) {
			seen[it], walked[it] = true, true
		}
		if !walked[it] { // it leads to a ring that was met before
			continue
		}
		account := it.o.account
		between := markedUsername("moving-"+strings.ToLower(account.ID)+"-", account.Username)
		change := changeRecord("User", account.ID, newRecord(field("Username", between)))
		if _, err := t.p.api.write(ctx, change, false); err == nil {
			it.before, moved = account.Username, true
		}
	}
	return moved
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

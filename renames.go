package sfprov

import (
	"context"
	"errors"
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

// untangle goes on until nobody gets further. If all who are left wait for each other,
// one of them makes room by taking a name between.
func (p *Provisioner) untangle(ctx context.Context, items []*item, holders map[string]*item) {
	for pending := items; len(pending) > 0 && ctx.Err() == nil; {
		var stuck []*item
		for _, it := range pending {
			p.retryName(ctx, it)
			if errors.Is(it.err, ErrDuplicateUsername) {
				stuck = append(stuck, it)
			}
		}
		if len(stuck) == len(pending) && !p.makeRoom(ctx, stuck, holders) {
			break
		}
		pending = stuck
	}
	for _, it := range items {
		if it.before != "" && it.err != nil { // nobody keeps a name between
			_, _ = p.api.write(ctx, changeRecord("User", it.o.account.ID, newRecord(field("Username", it.before))), false)
		}
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

// makeRoom gives one account that is in another's way, and waits for a name itself, a
// name between.
func (p *Provisioner) makeRoom(ctx context.Context, stuck []*item, holders map[string]*item) bool {
	for _, it := range stuck {
		var apiErr *APIError
		if !errors.As(it.err, &apiErr) {
			continue
		}
		holder := holders[apiErr.Existing]
		if holder == nil || holder.before != "" || holder == it || !slices.Contains(stuck, holder) {
			continue
		}
		account := holder.o.account
		between := markedUsername("moving-"+strings.ToLower(account.ID)+"-", account.Username)
		if _, err := p.api.write(ctx, changeRecord("User", account.ID, newRecord(field("Username", between))), false); err == nil {
			holder.before = account.Username
			return true
		}
	}
	return false
}

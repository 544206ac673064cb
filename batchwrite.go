package sfprov

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// rows sends n rows in collections, and those that failed for the moment again, in
// collections that are half as large each time. It returns why each row failed; nil
// is success.
func (b *batch) rows(ctx context.Context, n int, send func(ctx context.Context, rows []int) ([]rowResult, error)) []error {
	errs := make([]error, n)
	pending := make([]int, n)
	for i := range pending {
		pending[i] = i
	}
	size := maxCollection
	for attempt := 1; len(pending) > 0; attempt++ {
		var again []int
		var last error
		for rows := range slices.Chunk(pending, size) {
			results, err := send(ctx, rows)
			for i, row := range rows {
				if errs[row] = err; err == nil {
					errs[row] = results[i].err
				}
				if err == nil && errs[row] != nil && soon(errs[row]) && hadNoEffect(errs[row]) {
					again, last = append(again, row), errs[row]
				}
			}
		}
		if len(again) == 0 || attempt >= b.p.api.sender.retry.Attempts ||
			b.p.api.sender.wait(ctx, attempt, b.collections(), last) != nil {
			break
		}
		pending, size = again, max(1, size/2)
	}
	return errs
}

// collections is the request of a batch, as logs name it.
func (b *batch) collections() request {
	return request{method: http.MethodPost, path: b.p.api.base + "/composite/sobjects"}
}

// change is the job that changes accounts that there are.
func (b *batch) change(ctx context.Context, items []*batchItem) {
	items = b.access(ctx, items, true)
	items = b.fields(ctx, items)
	items = b.access(ctx, items, false)
	items = b.unfreeze(ctx, items)
	for _, it := range items {
		result, err := b.p.finishWork(ctx, it.work)
		b.finish(it, result, err)
	}
}

// stop ends an item of which a step failed.
func (b *batch) stop(it *batchItem, but string, err error) {
	result, err := it.work.stopped(but, err)
	b.finish(it, result, err)
}

// fields changes the fields of accounts, and locks those that are to be inactive.
func (b *batch) fields(ctx context.Context, items []*batchItem) []*batchItem {
	var sent []*batchItem
	var ids []string
	var bodies [][]byte
	for _, it := range items {
		fields := Fields{"IsActive": false}
		switch {
		case it.lock && b.p.settings.ReleaseUsername:
			fields = b.p.releasing(releasedUsername(it.s.account.ID, it.s.account.Username))
		case !it.lock:
			fields = it.work.fields
		}
		if len(fields) == 0 {
			continue
		}
		body, err := fields.encode()
		if err != nil {
			b.stop(it, fieldsLack, err) // checkFields has tried each value
			continue
		}
		sent, ids, bodies = append(sent, it), append(ids, it.s.account.ID), append(bodies, body)
	}
	sentAt := time.Now()
	errs := b.rows(ctx, len(sent), func(ctx context.Context, rows []int) ([]rowResult, error) {
		return b.p.api.updateAll(ctx, "User", pick(ids, rows), pick(bodies, rows))
	})
	ended := map[*batchItem]bool{}
	for i, it := range sent {
		ended[it] = it.lock || errs[i] != nil
		switch {
		case it.lock:
			b.locked(ctx, it, sentAt, errs[i])
		case errs[i] != nil:
			b.stop(it, fieldsLack, b.p.whyNotUpdated(ctx, it.work, sentAt, errs[i]))
		default:
			if address, mailed := it.work.fields.text("Email"); mailed {
				b.p.emails.remember(it.s.account.ID, address)
			}
			it.work.didFields()
		}
	}
	return slices.DeleteFunc(items, func(it *batchItem) bool { return ended[it] })
}

// locked is the end of an item that was to be inactive.
func (b *batch) locked(ctx context.Context, it *batchItem, sentAt time.Time, err error) {
	a := it.s.account
	switch {
	case isRefusal(err): // as with a single one: by itself, or frozen
		result, err := b.p.ensureInactive(ctx, a)
		b.finish(it, result, err)
		return
	case err != nil:
		b.finish(it, Result{}, lost(opEnsure, a.ID, "", sentAt, err))
		return
	}
	result := Result{ID: a.ID, Action: Deactivated}
	if a.Active {
		result.Changes = []Change{{Field: "IsActive", Before: true, After: false}}
	} else {
		result.Action = Updated // only the username was left to release
	}
	if b.p.settings.ReleaseUsername {
		result.Username = releasedUsername(a.ID, a.Username)
	}
	b.finish(it, result, nil)
}

// stepOf is a step of an item.
type stepOf struct {
	it   *batchItem
	step accessStep
}

// access takes away, or gives, what the items' work names: a kind at a time, for what
// comes later may need what comes before.
func (b *batch) access(ctx context.Context, items []*batchItem, takes bool) []*batchItem {
	kinds := Access{}.lists()
	if takes {
		slices.Reverse(kinds)
	}
	failed := map[*batchItem]bool{}
	for _, list := range kinds {
		var steps []stepOf
		for _, it := range items {
			if it.lock || failed[it] {
				continue
			}
			wanted := it.work.gives
			if takes {
				wanted = it.work.takes
			}
			for _, step := range wanted {
				if step.kind.field == list.kind.field {
					steps = append(steps, stepOf{it, step})
				}
			}
		}
		for i, err := range b.accessRows(ctx, list.kind, steps, takes) {
			it, step := steps[i].it, steps[i].step
			switch {
			case failed[it]:
			case err != nil:
				failed[it] = true
				b.stop(it, accessLacks, err)
			default:
				it.work.didAccess(step)
			}
		}
	}
	return slices.DeleteFunc(items, func(it *batchItem) bool { return failed[it] })
}

// accessRows sends the steps of one kind.
func (b *batch) accessRows(ctx context.Context, kind accessKind, steps []stepOf, takes bool) []error {
	errs := b.rows(ctx, len(steps), func(ctx context.Context, rows []int) ([]rowResult, error) {
		if takes {
			ids := make([]string, len(rows))
			for i, row := range rows {
				ids[i] = steps[row].step.remove
			}
			return b.p.api.deleteAll(ctx, ids)
		}
		bodies := make([][]byte, len(rows))
		for i, row := range rows {
			body, err := Fields{kind.assignee: steps[row].it.s.account.ID, kind.given: steps[row].step.entry.id}.encode()
			if err != nil {
				return nil, err // of two IDs
			}
			bodies[i] = body
		}
		return b.p.api.insertAll(ctx, kind.assignment, bodies, request{repeatable: true, pathOnly: true})
	})
	for i, err := range errs {
		switch {
		case err == nil, takes && errors.Is(err, ErrNotFound):
			errs[i] = nil
		case ctx.Err() == nil:
			// Whether it is there all the same, and what the error is, is found out as
			// with a single one.
			errs[i] = b.p.take(ctx, steps[i].it.s.account.ID, steps[i].step)
		}
	}
	return errs
}

// unfreeze opens the door of those who are frozen.
func (b *batch) unfreeze(ctx context.Context, items []*batchItem) []*batchItem {
	var frozen []*batchItem
	var ids []string
	for _, it := range items {
		if it.work.unfreeze {
			frozen, ids = append(frozen, it), append(ids, it.s.loginID)
		}
	}
	sentAt := time.Now()
	errs := b.rows(ctx, len(frozen), func(ctx context.Context, rows []int) ([]rowResult, error) {
		bodies := make([][]byte, len(rows))
		for i := range bodies {
			bodies[i] = []byte(`{"IsFrozen":false}`)
		}
		return b.p.api.updateAll(ctx, "UserLogin", pick(ids, rows), bodies)
	})
	failed := map[*batchItem]bool{}
	for i, it := range frozen {
		if errs[i] != nil {
			failed[it] = true
			b.stop(it, unfreezeLacks, lost(opEnsure, it.s.account.ID, it.w.username, sentAt, errs[i]))
			continue
		}
		it.work.didUnfreeze()
	}
	return slices.DeleteFunc(items, func(it *batchItem) bool { return failed[it] })
}

// pick are the elements with these indexes.
func pick[T any](all []T, indexes []int) []T {
	picked := make([]T, len(indexes))
	for i, index := range indexes {
		picked[i] = all[index]
	}
	return picked
}

// grantNew gives users who were just made their access, and sets their passwords.
func (b *batch) grantNew(ctx context.Context, items []*batchItem) {
	for _, it := range items {
		it.s = state{account: Account{ID: it.work.result.ID, Active: true}}
	}
	exact := map[string][]*batchItem{} // who may have been given something by the org itself
	for _, it := range items {
		for _, object := range it.w.grants.objects() {
			if it.w.grants.exact {
				exact[object] = append(exact[object], it)
			}
		}
	}
	for object, holders := range exact {
		if err := b.p.holdingsOf(ctx, object, holders); err != nil {
			for _, it := range holders {
				it.sent.heldErr = err
			}
		}
	}
	items = slices.DeleteFunc(items, func(it *batchItem) bool {
		err := it.sent.heldErr
		if err == nil {
			var w *work
			if w, err = b.p.workFor(ctx, wish{grants: it.w.grants}, it.s); err == nil {
				it.work.takes, it.work.gives = w.takes, w.gives
			}
		}
		if err != nil {
			b.stop(it, accessLacks, err)
		}
		return err != nil
	})
	items = b.access(ctx, items, true)
	items = b.access(ctx, items, false)
	for _, it := range items {
		result, err := b.p.finishWork(ctx, it.work)
		b.finish(it, result, err)
	}
}

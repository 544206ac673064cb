package sfprov

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// sentCreate is what is known of a create of a batch.
type sentCreate struct {
	at      time.Time // when it was first sent
	doubt   error     // what happened to an answer, if it may have been carried out
	last    error     // why it failed the last time
	look    error     // why a look did not tell
	heldErr error     // why it is not known what the new user has
}

// create is the job that makes new accounts. It does what insert does for one.
func (b *batch) create(ctx context.Context, items []*batchItem) {
	pending := make([]*batchItem, 0, len(items))
	for _, it := range items {
		var err error
		if it.creation.body, err = it.creation.fields.encode(); err != nil {
			b.finish(it, Result{}, err) // checkFields has tried each value
			continue
		}
		if _, earlier := b.p.lost.recall(it.creation.username, it.creation.body); earlier {
			it.creation.looked = false
			b.single(ctx, it)
			continue
		}
		it.sent.at = time.Now()
		pending = append(pending, it)
	}
	var made []*batchItem
	size := maxCollection
	for attempt := 1; len(pending) > 0; attempt++ {
		var again []*batchItem
		var last error
		for chunk := range slices.Chunk(pending, size) {
			created, retry := b.insert(ctx, chunk)
			made, again = append(made, created...), append(again, retry...)
		}
		if len(again) == 0 {
			break
		}
		last = again[0].sent.last
		if attempt >= b.p.api.sender.retry.Attempts {
			b.giveUp(again)
			break
		}
		if err := b.p.api.sender.wait(ctx, attempt, b.collections(), last); err != nil {
			for _, it := range again {
				it.sent.last = err
			}
			b.giveUp(again)
			break
		}
		pending, size = again, max(1, size/2)
	}
	b.grantNew(ctx, made)
}

// single leaves an item to the code for one user.
func (b *batch) single(ctx context.Context, it *batchItem) {
	result, access, err := b.p.newAccount(ctx, it.creation)
	b.finish(it, it.creation.tell(result, access), err)
}

// insert sends one collection. It returns who was made, and who is to be sent again;
// the others are finished.
func (b *batch) insert(ctx context.Context, items []*batchItem) (made, again []*batchItem) {
	bodies := make([][]byte, len(items))
	for i, it := range items {
		bodies[i] = it.creation.body
	}
	results, err := b.p.api.insertAll(ctx, "User", bodies, request{tries: new(int), pathOnly: true})
	if err != nil {
		var lost *unconfirmed
		if errors.As(err, &lost) {
			err = lost.err
		}
		for _, it := range items {
			if it.sent.last = err; lost != nil {
				it.sent.doubt = err
			}
		}
		switch {
		case lost != nil, isOfGateway(err), soon(err) && !hadNoEffect(err):
			return b.lookUp(ctx, items)
		}
		b.giveUp(items)
		return nil, nil
	}
	var inDoubt []*batchItem
	for i, it := range items {
		var lost *unconfirmed
		switch err := results[i].err; {
		case err == nil && strings.HasPrefix(results[i].id, prefixUser):
			it.created(results[i].id)
			made = append(made, it)
		case err == nil:
			it.sent.doubt = errNotAUser
			inDoubt = append(inDoubt, it)
		case errors.As(err, &lost):
			it.sent.last, it.sent.doubt = lost.err, lost.err
			inDoubt = append(inDoubt, it)
		case soon(err) && hadNoEffect(err):
			it.sent.last = err
			again = append(again, it)
		case it.sent.doubt != nil && mayBeDuplicate(err): // it may be its own account that stands in the way
			it.sent.last = err
			inDoubt = append(inDoubt, it)
		default:
			b.refused(ctx, it, err)
		}
	}
	if len(inDoubt) > 0 {
		found, retry := b.lookUp(ctx, inDoubt)
		made, again = append(made, found...), append(again, retry...)
	}
	return made, again
}

var errNotAUser = errors.New("the answer does not confirm that a user was created")

// created notes that the account was made.
func (it *batchItem) created(id string) {
	it.work = &work{w: it.w, result: Result{ID: id, Username: it.creation.username, Action: Created}, password: it.w.user.Password != ""}
	it.work.result.Changes = allOf(it.creation.fields)
}

// refused ends an item whose row was refused, or adopts the account that stands in
// the way, if it is the user's.
func (b *batch) refused(ctx context.Context, it *batchItem, err error) {
	if !mayBeDuplicate(err) {
		b.finish(it, Result{}, err)
		return
	}
	result, err := b.p.refused(ctx, it.creation, err)
	if err == nil {
		result.Changes, _, err = b.p.finish(ctx, result.ID, it.w.grants, it.w.user.Password, "the user was "+string(result.Action), it.w.match.set())
	}
	b.finish(it, result, err)
}

// lookUp finds out which creates of a collection were carried out, user by user,
// before any is sent again.
func (b *batch) lookUp(ctx context.Context, items []*batchItem) (made, again []*batchItem) {
	names := make([]string, len(items))
	columns := map[string]struct{}{"CreatedDate": {}, "CreatedById": {}}
	for i, it := range items {
		names[i] = it.creation.username
		for name := range it.creation.fields.texts() {
			columns[name] = struct{}{}
		}
	}
	found, err := b.p.accountsBy(ctx, "Username", names, slices.Sorted(maps.Keys(columns)))
	for _, it := range items {
		accounts := found[strings.ToLower(it.creation.username)]
		switch {
		case err != nil:
			it.sent.look = err
			b.giveUp([]*batchItem{it})
		case len(accounts) == 0 && soon(it.sent.last):
			it.sent.look = errNotSeen
			again = append(again, it)
		case len(accounts) == 0:
			it.sent.look = errNotSeen
			b.giveUp([]*batchItem{it})
		case b.p.isOurs(accounts[0], unknownCreate(it.creation, it.sent.at, it.sent.last)):
			it.created(accounts[0].ID)
			made = append(made, it)
		default:
			b.refused(ctx, it, notOurs(accounts[0]))
		}
	}
	return made, again
}

// giveUp ends items that failed to the end.
func (b *batch) giveUp(items []*batchItem) {
	for _, it := range items {
		if it.sent.doubt == nil {
			b.finish(it, Result{}, it.sent.last)
			continue
		}
		unknown := unknownCreate(it.creation, it.sent.at, it.sent.doubt)
		unknown.look = it.sent.look
		b.p.lost.remember(unknown, it.creation.body)
		b.finish(it, Result{}, unknown)
	}
}

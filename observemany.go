package sfprov

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// observeMany reads what the org has of many users, by as few requests as that takes.
// An error of a user is noted with the user.
func (r *run) observeMany(ctx context.Context, items []*item) {
	groups := map[string][]*item{}
	for _, it := range items {
		if it.err = r.p.prepare(ctx, it.d); it.err != nil || it.d.isNew { // of whom no look could show an account
			continue
		}
		field, _ := it.d.key()
		groups[field] = append(groups[field], it)
	}
	for _, field := range slices.Sorted(maps.Keys(groups)) {
		r.readAccounts(ctx, field, groups[field])
	}
	r.readLogins(ctx, items)
	r.readAssignments(ctx, items)
}

// readAccounts finds the accounts of users by the value of a field.
func (r *run) readAccounts(ctx context.Context, field string, items []*item) {
	columns := map[string]struct{}{}
	optional := r.columns.visible()
	for _, column := range optional {
		columns[column] = struct{}{}
	}
	values := make([]string, len(items))
	var room []string
	for i, it := range items {
		room = it.d.appendColumns(room[:0], r.p.settings)
		for _, column := range room {
			columns[column] = struct{}{}
		}
		_, values[i] = it.d.key()
	}
	found, err := r.p.accountsBy(ctx, field, values, slices.Sorted(maps.Keys(columns)))
	if isHiddenColumn(err, optional) {
		r.columns.hide(err)
		r.readAccounts(ctx, field, items)
		return
	}
	if isFinalRefusal(err) {
		if sets := r.byColumns(items); len(sets) > 1 { // of which some only may have a wrong one
			for _, set := range slices.Sorted(maps.Keys(sets)) {
				r.readAccounts(ctx, field, sets[set])
			}
			return
		}
	}
	for i, it := range items {
		if it.err = err; err == nil {
			it.o.account, it.err = it.d.own(found[foldedValue(field, values[i])])
		}
	}
}

// optionalColumns are read of each account beside those that are compared, as far as the
// integration user may see them.
type optionalColumns struct {
	names []string
	why   atomic.Pointer[error] // it may not
}

// visible are those that are read: all, until it is known that they are hidden.
func (c *optionalColumns) visible() []string {
	if c.hidden() != nil {
		return nil
	}
	return c.names
}

// hide notes that they can't be seen.
func (c *optionalColumns) hide(why error) { c.why.Store(&why) }

// hidden is why they can't be seen; nil if they can, as far as is known.
func (c *optionalColumns) hidden() error {
	if why := c.why.Load(); why != nil {
		return *why
	}
	return nil
}

// isHiddenColumn reports whether a query was refused because of one of some columns, or
// may have been.
func isHiddenColumn(err error, columns []string) bool {
	apiErr, isAPI := errors.AsType[*APIError](err)
	return len(columns) > 0 && isAPI && apiErr.Code == "INVALID_FIELD" && (len(apiErr.Fields) == 0 ||
		slices.ContainsFunc(apiErr.Fields, func(name string) bool { return containsFold(columns, name) }))
}

// byColumns are the users by the columns that they need.
func (r *run) byColumns(items []*item) map[string][]*item {
	sets := map[string][]*item{}
	for _, it := range items {
		set := strings.Join(it.d.columns(r.p.settings), ",")
		sets[set] = append(sets[set], it)
	}
	return sets
}

// accountsBy finds accounts by many values of a field; they are told by the value, as
// foldedValue makes it.
func (p *Provisioner) accountsBy(ctx context.Context, field string, values, columns []string) (map[string][]storedUser, error) {
	found := make(map[string][]storedUser, len(values))
	if !containsFold(columns, field) && field != "Id" {
		columns = append(slices.Clone(columns), field)
	}
	err := p.api.readMany(ctx, accountsQuery(columns, field+" IN "), values, func(row record) error {
		account, err := accountOf(row)
		value, _ := row.text(field)
		value = foldedValue(field, value)
		found[value] = append(found[value], account)
		return err
	})
	return found, err
}

// foldedValue is what values have in common that Salesforce takes for the same.
func foldedValue(field, value string) string {
	switch field {
	case "Id":
		return id18Of(value)
	case "Username":
		return strings.ToLower(value)
	}
	return value // of a match field, which must agree exactly
}

// readLogins finds out who is frozen.
func (r *run) readLogins(ctx context.Context, items []*item) {
	var frozen frozenLogins
	for _, it := range items {
		if it.err != nil || it.o.account.ID == "" || !it.d.readsLogin() {
			continue
		}
		if frozen.byUser == nil && frozen.err == nil {
			frozen = r.frozen.read(ctx, r.p)
		}
		if it.err = it.o.readBlindly(&it.o.blind, frozen.err); it.err == nil {
			it.o.loginID = frozen.byUser[it.o.account.ID]
			it.o.account.Frozen = it.o.loginID != ""
		}
	}
}

// frozenTTL is how long it is believed who is frozen. What a run itself freezes is
// known at once.
const frozenTTL = time.Minute

// frozenMemory is who is frozen. Few are, so all of them are read.
type frozenMemory struct {
	slot chan struct{} // held by the one who reads for all
	last frozenLogins
	at   time.Time
}

type frozenLogins struct {
	byUser map[string]string // UserLogin IDs
	err    error
}

func (m *frozenMemory) read(ctx context.Context, p *Provisioner) frozenLogins {
	select {
	case m.slot <- struct{}{}:
	case <-ctx.Done():
		return frozenLogins{err: newTransportError(ctx, ctx.Err(), false)}
	}
	defer func() { <-m.slot }()
	if m.last.byUser == nil || time.Since(m.at) > frozenTTL {
		at := time.Now()
		byUser, err := p.frozenLogins(ctx)
		if err != nil {
			return frozenLogins{err: err}
		}
		m.last, m.at = frozenLogins{byUser: byUser}, at
	}
	return m.last
}

// forget makes the next one read anew.
func (m *frozenMemory) forget() {
	m.slot <- struct{}{}
	m.last = frozenLogins{}
	<-m.slot
}

// frozenLogins are the UserLogin records that are frozen, by user.
func (p *Provisioner) frozenLogins(ctx context.Context) (map[string]string, error) {
	frozen := map[string]string{}
	err := eachOf(p.api.query(ctx, loginQuery("IsFrozen = true")), func(row record) error {
		loginID, _, err := loginOf(row)
		userID, _ := row.text("UserId")
		frozen[id18Of(userID)] = loginID
		return err
	})
	return frozen, err
}

// readAssignments reads the access of users that it is compared with.
func (r *run) readAssignments(ctx context.Context, items []*item) {
	byObject := map[string][]*item{}
	for _, it := range items {
		if it.err != nil || it.o.account.ID == "" || !it.d.carriesFields() {
			continue
		}
		for _, object := range it.d.access.objects() {
			byObject[object] = append(byObject[object], it)
		}
	}
	for _, object := range slices.Sorted(maps.Keys(byObject)) {
		held, err := r.p.assignmentsOf(ctx, object, accountIDs(byObject[object]))
		for _, it := range byObject[object] {
			if it.o.held == nil {
				it.o.held = assignments{}
			}
			it.o.held[object] = held[it.o.account.ID]
			if err := it.o.readBlindly(&it.o.blindAccess, err); err != nil {
				it.err = &stepError{step: "reading what the user has", err: err}
			}
		}
	}
}

func accountIDs(items []*item) []string {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.o.account.ID
	}
	return ids
}

// assignmentsOf are the assignments of an object that users have, by user.
func (p *Provisioner) assignmentsOf(ctx context.Context, object string, ids []string) (map[string][]record, error) {
	held := map[string][]record{}
	err := p.api.readMany(ctx, assignmentsQuery(object, "IN "), ids, func(row record) error {
		held[assigneeOf(row)] = append(held[assigneeOf(row)], assignmentOf(row))
		return nil
	})
	return held, err
}

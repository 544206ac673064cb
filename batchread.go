package sfprov

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
)

// compositeQueries is how many queries one request may hold.
const compositeQueries = 5

// readStates reads what the org has of the users of a window. It returns those of
// whom that is known; the others are finished.
func (b *batch) readStates(ctx context.Context, window []*batchItem) []*batchItem {
	known := make([]*batchItem, 0, len(window))
	groups := map[string][]*batchItem{}
	for _, it := range window {
		switch {
		case it.w.id != "":
			groups["Id"] = append(groups["Id"], it)
		case it.w.isNew: // no look could show that an account is the user's
			known = append(known, it)
		case it.w.match.set():
			groups[it.w.match.field] = append(groups[it.w.match.field], it)
		default:
			groups["Username"] = append(groups["Username"], it)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(groups)) {
		known = append(known, b.readAccounts(ctx, field, groups[field])...)
	}
	known = b.readLogins(ctx, known)
	known = b.readAssignments(ctx, known)
	slices.SortFunc(known, func(x, y *batchItem) int { return x.index - y.index })
	return known
}

// readAccounts finds the accounts of users by the value of a field.
func (b *batch) readAccounts(ctx context.Context, field string, items []*batchItem) []*batchItem {
	valueOf := func(it *batchItem) string {
		switch {
		case it.w.id != "":
			return it.w.id
		case it.w.match.set():
			return it.w.match.value
		}
		return it.w.username
	}
	columns := map[string]struct{}{field: {}}
	if b.extra != "" {
		columns[b.extra] = struct{}{}
	}
	for _, it := range items {
		for column := range it.w.fields {
			columns[column] = struct{}{}
		}
		if it.w.match.field != "" {
			columns[it.w.match.field] = struct{}{}
		}
	}
	values := make([]string, len(items))
	for i, it := range items {
		values[i] = valueOf(it)
	}
	found, err := b.p.accountsBy(ctx, field, values, slices.Sorted(maps.Keys(columns)))
	if isFinalRefusal(err) {
		sets := map[string][]*batchItem{} // by the columns that they need, of which some users only may have a wrong one
		for _, it := range items {
			set := strings.Join(it.w.reads(), ",")
			sets[set] = append(sets[set], it)
		}
		if len(sets) > 1 {
			var known []*batchItem
			for _, set := range slices.Sorted(maps.Keys(sets)) {
				known = append(known, b.readAccounts(ctx, field, sets[set])...)
			}
			return known
		}
	}
	return slices.DeleteFunc(items, func(it *batchItem) bool {
		err := err
		if err == nil {
			it.s.account, err = it.w.own(slices.Clone(found[foldedValue(field, valueOf(it))]))
		}
		if err != nil {
			b.finish(it, Result{}, err)
		}
		return err != nil
	})
}

// accountsBy finds accounts by many values of a field; they are told by the value, as
// foldedValue makes it.
func (p *Provisioner) accountsBy(ctx context.Context, field string, values, columns []string) (map[string][]Account, error) {
	found := make(map[string][]Account, len(values))
	err := p.readMany(ctx, accountsQuery(append([]string{field}, columns...), field+" IN "), values, func(record Fields) error {
		account, err := accountOf(record, columns)
		value, _ := record.text(field)
		value = foldedValue(field, value)
		found[value] = append(found[value], account)
		return err
	})
	return found, err
}

// foldedValue is what values have in common that Salesforce takes for the same.
func foldedValue(field, value string) string {
	if field == "Id" {
		return id18Of(value)
	}
	return strings.ToLower(value)
}

// readMany makes a query that ends in IN for many values: as many values as fit in a
// URI, and as many queries as fit in a request.
func (p *Provisioner) readMany(ctx context.Context, query string, values []string, each func(Fields) error) error {
	var queries []string
	var list strings.Builder
	size := 0
	next := func() {
		if size > 0 {
			queries = append(queries, query+"("+list.String()+")")
		}
		list.Reset()
		size = len(p.api.base) + len("/query?q=") + escapedLength(query+"()")
	}
	next()
	empty := size
	for _, value := range values {
		literal, err := soqlString(value)
		if err != nil {
			return err // such values are refused before
		}
		length := escapedLength(literal) + len(",")
		if size > empty && size+length > maxQueryURI {
			next()
		}
		if size > empty {
			list.WriteByte(',')
		}
		list.WriteString(literal)
		size += length
	}
	if size > empty {
		queries = append(queries, query+"("+list.String()+")")
	}
	for some := range slices.Chunk(queries, compositeQueries) {
		streams, err := p.api.queries(ctx, some...)
		if err != nil {
			return err
		}
		for _, stream := range streams {
			if err := eachOf(stream, each); err != nil {
				return err
			}
		}
	}
	return nil
}

func eachOf(stream iter.Seq2[Fields, error], each func(Fields) error) error {
	for record, err := range stream {
		if err == nil {
			err = each(record)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readLogins finds out who is frozen. Few are, so all of them are read, once.
func (b *batch) readLogins(ctx context.Context, items []*batchItem) []*batchItem {
	var failed error // until the next window
	return slices.DeleteFunc(items, func(it *batchItem) bool {
		if it.s.account.ID == "" || !it.w.active {
			return false
		}
		if b.frozen == nil && failed == nil {
			if b.frozen, failed = b.p.frozenLogins(ctx); failed != nil {
				b.frozen = nil
			}
		}
		if failed != nil {
			b.finish(it, Result{}, failed)
			return true
		}
		it.s.loginID = b.frozen[it.s.account.ID]
		it.s.account.Frozen = it.s.loginID != ""
		return false
	})
}

// frozenLogins are the UserLogin records that are frozen, by user.
func (p *Provisioner) frozenLogins(ctx context.Context) (map[string]string, error) {
	frozen := map[string]string{}
	err := eachOf(p.api.query(ctx, "SELECT Id, UserId, IsFrozen FROM UserLogin WHERE IsFrozen = true"), func(record Fields) error {
		loginID, _, err := loginOf(record)
		userID, _ := record.text("UserId")
		frozen[id18Of(userID)] = loginID
		return err
	})
	return frozen, err
}

// readAssignments reads the access of users that it is compared with.
func (b *batch) readAssignments(ctx context.Context, items []*batchItem) []*batchItem {
	byObject := map[string][]*batchItem{}
	for _, it := range items {
		if it.s.account.ID == "" {
			continue
		}
		for _, object := range it.w.grants.objects() {
			byObject[object] = append(byObject[object], it)
		}
	}
	failed := map[*batchItem]error{}
	for _, object := range slices.Sorted(maps.Keys(byObject)) {
		if err := b.p.holdingsOf(ctx, object, byObject[object]); err != nil {
			for _, it := range byObject[object] {
				failed[it] = err
			}
		}
	}
	return slices.DeleteFunc(items, func(it *batchItem) bool {
		err := failed[it]
		if err != nil {
			b.finish(it, Result{}, &stepError{step: "reading what the user has", err: err})
		}
		return err != nil
	})
}

// holdingsOf reads the assignments of an object that users have.
func (p *Provisioner) holdingsOf(ctx context.Context, object string, items []*batchItem) error {
	byID := make(map[string]*batchItem, len(items))
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.s.account.ID
		byID[ids[i]] = it
		if it.s.held == nil {
			it.s.held = assignmentsOf{}
		}
	}
	return p.readMany(ctx, assignmentsQuery(object, "IN "), ids, func(record Fields) error {
		assignee, _ := record.text("AssigneeId")
		if assignee == "" {
			assignee, _ = record.text("UserOrGroupId")
		}
		if it := byID[id18Of(assignee)]; it != nil {
			it.s.held[object] = append(it.s.held[object], assignmentOf(record))
		}
		return nil
	})
}

package sfprov

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
)

// state is what the org has of a user.
type state struct {
	account Account // its ID is empty if there is none
	loginID string  // of the UserLogin; empty if there is none
	held    assignmentsOf
}

// stateOf reads the account of a wish with its login and the assignments that the
// wish is compared with, by one request.
func (p *Provisioner) stateOf(ctx context.Context, w wish) (state, error) {
	condition, err := w.condition()
	if err != nil {
		return state{}, err
	}
	fields := w.reads()
	id := reference(0, "Id")
	if w.id != "" {
		id = w.id
	}
	s, found, err := p.stateBy(ctx, w, fields, condition, id)
	if err == nil && s.account.ID != "" && s.account.ID != found {
		// Several have the value but for its case, and the one that agrees is not the
		// first, to which the queries referred.
		s, _, err = p.stateBy(ctx, w, fields, condition, s.account.ID)
	}
	return s, err
}

// stateBy makes the queries. id is of whom to read the rest; found is of whom it
// was read.
func (p *Provisioner) stateBy(ctx context.Context, w wish, fields []string, condition, id string) (s state, found string, err error) {
	objects := w.grants.objects()
	queries := []string{accountsQuery(fields, condition)}
	if w.active { // the rest is nothing to one who shall be locked out
		queries = append(queries, "SELECT Id, IsFrozen, UserId FROM UserLogin WHERE UserId = '"+id+"'")
		for _, object := range objects {
			queries = append(queries, assignmentsQuery(object, "= '"+id+"'"))
		}
	}
	streams := []iter.Seq2[Fields, error]{p.api.query(ctx, queries[0])}
	if len(queries) > 1 {
		if streams, err = p.api.queries(ctx, queries...); err != nil {
			return state{}, "", err
		}
	}
	var accounts []Account
	for record, err := range streams[0] {
		if err != nil {
			return state{}, "", err
		}
		account, err := accountOf(record, fields)
		if err != nil {
			return state{}, "", err
		}
		if len(accounts) == 0 {
			found = account.ID
		}
		accounts = append(accounts, account)
	}
	if s.account, err = w.own(accounts); err != nil || s.account.ID == "" || !w.active {
		return s, found, err
	}
	if !strings.HasPrefix(id, "@") {
		found = id
	}
	s.held = assignmentsOf{}
	for i, stream := range streams[1:] {
		for record, err := range stream {
			switch {
			case err != nil:
				return state{}, "", err
			case i == 0:
				loginID, frozen, err := loginOf(record)
				if err != nil {
					return state{}, "", err
				}
				s.loginID, s.account.Frozen = loginID, frozen
			default:
				s.held[objects[i-1]] = append(s.held[objects[i-1]], assignmentOf(record))
			}
		}
	}
	return s, found, nil
}

// condition selects the account of a wish.
func (w wish) condition() (string, error) {
	switch {
	case w.id != "":
		return "Id = '" + w.id + "'", nil
	case w.match.set():
		return equals(w.match.field, w.match.value)
	}
	return equals("Username", w.username)
}

// reads are the fields that are read of the account.
func (w wish) reads() []string {
	fields := slices.Sorted(maps.Keys(w.fields))
	if field := w.match.field; field != "" && !slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(f, field) }) {
		fields = append(fields, field)
	}
	return fields
}

// own is the account, of those found, that is the user's; its ID is empty if none
// is. Of a user without a match value, none is known to be.
func (w wish) own(accounts []Account) (Account, error) {
	switch {
	case len(accounts) == 0:
		return Account{}, nil
	case w.id != "":
		return accounts[0], nil
	case w.match.set():
		return w.match.only(slices.DeleteFunc(accounts, func(a Account) bool { return !w.match.agrees(a) }))
	}
	return Account{}, taken(accounts[0])
}

package sfprov

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Account is a user record in Salesforce.
type Account struct {
	ID       string // 18 characters
	Username string
	Active   bool
	// Frozen says that the login is locked although the user may be active.
	Frozen bool
	// Fields holds the fields that were asked for, spelt as they were; nil values
	// are fields that are empty.
	Fields Fields
}

// Find looks up the account behind a user: by the match field, if it is
// configured and User.Fields holds a value for it, else by the username. The
// names in User.Fields are the fields to read, whatever their values.
//
// No account is [ErrNotFound]. An account found by its username need not be the
// user's: names are no proof. It costs two API calls.
func (p *Provisioner) Find(ctx context.Context, u User) (Account, error) {
	account, target, err := p.find(ctx, u)
	return account, decorate(opFind, target, err)
}

func (p *Provisioner) find(ctx context.Context, u User) (account Account, target string, err error) {
	target = quote(u.Username)
	wanted := slices.Sorted(maps.Keys(u.Fields))
	var problems []FieldProblem
	for _, name := range wanted {
		if !isFieldName(name) {
			problems = append(problems, FieldProblem{Field: quote(name), Problem: notAFieldName})
		}
	}
	if err := validationError(problems); err != nil {
		return Account{}, target, err
	}
	match, err := p.settings.match(u)
	if err != nil {
		return Account{}, target, err
	}
	if match.set() {
		target = match.field + " " + quote(match.value)
		account, err = p.matching(ctx, match, wanted...)
	} else {
		username, usernameProblems := p.settings.username(u)
		if len(usernameProblems) > 0 {
			return Account{}, target, validationError(usernameProblems)
		}
		target = quote(username)
		account, err = p.named(ctx, username, wanted...)
	}
	if err != nil {
		return Account{}, target, err
	}
	if account.ID == "" {
		return Account{}, target, ErrNotFound
	}
	_, account.Frozen, err = p.api.login(ctx, account.ID)
	return account, target, err
}

// accounts streams the accounts that a condition selects, with the fields asked
// for beyond the usual ones.
func (p *Provisioner) accounts(ctx context.Context, fields []string, condition string) iter.Seq2[Account, error] {
	columns := []string{"Id", "Username", "IsActive"}
	for _, field := range fields {
		if !slices.ContainsFunc(columns, func(column string) bool { return strings.EqualFold(column, field) }) {
			columns = append(columns, field)
		}
	}
	soql := "SELECT " + strings.Join(columns, ", ") + " FROM User WHERE " + condition
	return func(yield func(Account, error) bool) {
		for record, err := range p.api.query(ctx, soql) {
			var account Account
			if err == nil {
				account, err = accountOf(record, fields)
			}
			if !yield(account, err) || err != nil {
				return
			}
		}
	}
}

// accountOf reads a User record.
func accountOf(record Fields, fields []string) (Account, error) {
	given, _ := record.text("Id")
	id, problem := parseIDOf(prefixUser, given)
	username, hasUsername := record.text("Username")
	value, _ := record.lookup("IsActive")
	active, hasActive := value.(bool)
	if problem != "" || !hasUsername || !hasActive {
		return Account{}, unexpected(answer{status: http.StatusOK}, "a user record in the answer lacks Id, Username or IsActive")
	}
	account := Account{ID: id, Username: username, Active: active, Fields: make(Fields, len(fields))}
	for _, field := range fields {
		account.Fields[field], _ = record.lookup(field)
	}
	return account, nil
}

package sfprov

import (
	"context"
	"errors"
	"iter"
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

// named finds the account with this username; its ID is empty if this org has
// none.
func (p *Provisioner) named(ctx context.Context, username string, fields ...string) (Account, error) {
	condition, err := equals("Username", username)
	if err != nil {
		return Account{}, err
	}
	for account, err := range p.accounts(ctx, fields, condition) {
		if err != nil {
			return Account{}, err
		}
		if strings.EqualFold(account.Username, username) {
			return account, nil
		}
	}
	return Account{}, nil
}

// withExisting adds, to the error of a username that is taken, the ID of the
// account that holds it. If that can't be found out, the error is as good as it
// was.
func (p *Provisioner) withExisting(ctx context.Context, err error, username string) error {
	var apiErr *APIError
	if !errors.As(err, &apiErr) || !errors.Is(err, ErrDuplicateUsername) || apiErr.Existing != "" || username == "" {
		return err
	}
	account, lookupErr := p.named(ctx, username)
	found := *apiErr
	found.Existing = account.ID
	if lookupErr != nil {
		found.note = "whether the holder is in this org could not be looked up: " + summary(lookupErr)
	}
	return &found
}

// accounts streams the accounts that a condition selects, with the fields asked
// for beyond the usual ones.
func (p *Provisioner) accounts(ctx context.Context, fields []string, condition string) iter.Seq2[Account, error] {
	soql := accountsQuery(fields, condition)
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

// accountsQuery reads the accounts that a condition selects.
func accountsQuery(fields []string, condition string) string {
	columns := []string{"Id", "Username", "IsActive"}
	for _, field := range fields {
		if !slices.ContainsFunc(columns, func(column string) bool { return strings.EqualFold(column, field) }) {
			columns = append(columns, field)
		}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM User WHERE " + condition
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

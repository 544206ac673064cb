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
	// are fields that are empty. Numbers are json.Number.
	Fields Fields
}

// storedUser is an account as it was read.
type storedUser struct {
	Account // without Fields

	row record
}

// asked is the account with the fields that were asked for.
func (u storedUser) asked(names []string) Account {
	account := u.Account
	account.Fields = make(Fields, len(names))
	for _, name := range names {
		account.Fields[name], _ = u.row.lookup(name)
	}
	return account
}

// named finds the account with this username; its ID is empty if this org has
// none.
func (p *Provisioner) named(ctx context.Context, username string, fields ...string) (storedUser, error) {
	condition, err := equals("Username", username)
	if err != nil {
		return storedUser{}, err
	}
	for account, err := range p.accounts(ctx, fields, condition) {
		if err != nil {
			return storedUser{}, err
		}
		if strings.EqualFold(account.Username, username) {
			return account, nil
		}
	}
	return storedUser{}, nil
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
func (p *Provisioner) accounts(ctx context.Context, fields []string, condition string) iter.Seq2[storedUser, error] {
	soql := accountsQuery(fields, condition)
	return func(yield func(storedUser, error) bool) {
		for row, err := range p.api.query(ctx, soql) {
			var account storedUser
			if err == nil {
				account, err = accountOf(row)
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
func accountOf(row record) (storedUser, error) {
	var id, username string
	var hasUsername, active, hasActive bool
	for _, f := range row {
		switch f.folded {
		case "id":
			given, _ := f.value.(string)
			id, _ = parseIDOf(prefixUser, given)
		case "username":
			username, hasUsername = f.value.(string)
		case "isactive":
			active, hasActive = f.value.(bool)
		}
	}
	if id == "" || !hasUsername || !hasActive {
		return storedUser{}, unexpected(answer{status: http.StatusOK}, "a user record in the answer lacks Id, Username or IsActive")
	}
	return storedUser{Account: Account{ID: id, Username: username, Active: active}, row: row}, nil
}

package sfprov

import (
	"context"
	"errors"
	"fmt"
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

// matchValue is the field, and its value, by which an account is known to be the
// user's. The zero value matches no account.
type matchValue struct {
	field, value string
}

// match is the user's value of the match field.
func (c *settings) match(u User) (matchValue, error) {
	if c.MatchField == "" {
		return matchValue{}, nil
	}
	if u.Fields.hasTwo(c.MatchField) {
		return matchValue{}, &ValidationError{Problems: []FieldProblem{{Field: c.MatchField, Problem: givenTwice}}}
	}
	given, _ := u.Fields.lookup(c.MatchField)
	value, problem := plainValue(given)
	if problem != "" {
		return matchValue{}, &ValidationError{Problems: []FieldProblem{{Field: c.MatchField, Problem: problem}}}
	}
	if isBlank(value) {
		return matchValue{}, nil
	}
	text, isString := value.(string)
	if !isString {
		return matchValue{}, &ValidationError{Problems: []FieldProblem{{
			Field: c.MatchField, Problem: fmt.Sprintf("is %s; the match field takes a string", jsonOf(value)),
		}}}
	}
	return matchValue{field: c.MatchField, value: strings.Trim(text, " \t\r\n")}, nil // Salesforce stores no blanks around
}

// set says whether there is a value to match by.
func (m matchValue) set() bool { return m.field != "" }

// agrees says whether the account is the user's. The comparison is exact, also
// where Salesforce's is not: in doubt an account is somebody else's.
func (m matchValue) agrees(a Account) bool {
	value, _ := a.Fields.text(m.field)
	return m.set() && value == m.value
}

// isUnique says whether Salesforce itself refuses a second account with the same
// value, so that it needs no look before a create.
func (m matchValue) isUnique() bool { return strings.EqualFold(m.field, "FederationIdentifier") }

// maxAmbiguous is how many accounts with the same match value are listed.
const maxAmbiguous = 10

// matching finds the account that holds the match value; its ID is empty if
// there is none.
func (p *Provisioner) matching(ctx context.Context, m matchValue, fields ...string) (Account, error) {
	condition, err := equals(m.field, m.value)
	if err != nil {
		return Account{}, err
	}
	if !slices.ContainsFunc(fields, func(field string) bool { return strings.EqualFold(field, m.field) }) {
		fields = append(slices.Clone(fields), m.field)
	}
	var found []Account
	for account, err := range p.accounts(ctx, fields, condition) {
		if err != nil {
			return Account{}, err
		}
		if m.agrees(account) {
			found = append(found, account)
		}
		if len(found) > maxAmbiguous {
			break // enough to know
		}
	}
	return m.only(found)
}

// only is the one account that was found; its ID is empty if there is none.
func (m matchValue) only(found []Account) (Account, error) {
	switch len(found) {
	case 0:
		return Account{}, nil
	case 1:
		return found[0], nil
	}
	ids := make([]string, min(len(found), maxAmbiguous))
	for i := range ids {
		ids[i] = found[i].ID
	}
	others := ""
	if len(found) > len(ids) {
		others = " and others"
	}
	return Account{}, fmt.Errorf("%w: %s = %s is held by %s%s; clear it on all but the user's own",
		ErrAmbiguousMatch, m.field, quote(m.value), strings.Join(ids, ", "), others)
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
	if !errors.As(err, &apiErr) || !errors.Is(err, ErrDuplicateUsername) || apiErr.Existing != "" {
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

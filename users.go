package sfprov

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
)

// UserQuery says which of the org's users are read, and what of them.
type UserQuery struct {
	// Fields are the fields to read, beside ID, username and whether the user is
	// active.
	Fields []string
	// UsernameSuffix is what usernames end in, such as "@acme.com"; the case does not
	// count. Empty is all.
	UsernameSuffix string
	// ActiveOnly leaves out inactive users.
	ActiveOnly bool

	noLogins  bool   // who is frozen does not matter
	condition string // besides
}

// Users streams the org's users, in the order of their IDs, a page of up to 2,000 at
// a time, each of which is an API call; one more tells who is frozen. Guest users and
// those of Salesforce's own processes are left out. The first error ends the stream.
//
// It can be ranged over for days: where the following pages are no longer to be had,
// it begins again after the last user. Where the integration user may not see logins,
// nobody is told to be frozen. Users who change meanwhile are read as they
// are when their page is. See "Query" in the REST API Developer Guide.
func (p *Provisioner) Users(ctx context.Context, q UserQuery) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		err := p.streaming(ctx, opUsers, func(ctx context.Context) error {
			return p.users(ctx, q, func(a storedUser) bool { return yield(a.asked(q.Fields), nil) })
		})
		if err != nil {
			yield(Account{}, decorate(opUsers, q.UsernameSuffix, err))
		}
	}
}

func (p *Provisioner) users(ctx context.Context, q UserQuery, each func(storedUser) bool) error {
	if err := problemOfColumns(q.Fields); err != nil {
		return err
	}
	var frozen map[string]string
	if !q.noLogins {
		var err error
		if frozen, err = p.frozenLogins(ctx); err != nil && !isHidden(err) {
			return err
		}
	}
	last, restarted := "", ""
	for {
		err := p.usersAfter(ctx, q, last, func(account storedUser) bool {
			last = account.ID
			account.Frozen = frozen[account.ID] != ""
			return each(account)
		})
		if !isCursorGone(err) || last == restarted {
			return err
		}
		restarted = last
	}
}

// errStopped ends a stream that nobody wants any more.
var errStopped = errors.New("stopped")

// isCursorGone reports whether the rest of a query can't be had any more.
func isCursorGone(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && apiErr.Code == "INVALID_QUERY_LOCATOR"
}

// usersAfter streams the users whose ID comes after another.
func (p *Provisioner) usersAfter(ctx context.Context, q UserQuery, last string, each func(storedUser) bool) error {
	condition := "UserType NOT IN ('" + strings.Join(ownUserTypes, "', '") + "')"
	if last != "" {
		condition += " AND Id > '" + last + "'"
	}
	if q.condition != "" {
		condition += " AND " + q.condition
	}
	if q.ActiveOnly {
		condition += " AND IsActive = true"
	}
	if q.UsernameSuffix != "" {
		literal, err := soqlString(q.UsernameSuffix)
		if err != nil {
			return &ValidationError{Problems: []FieldProblem{{Field: "UsernameSuffix", Problem: err.Error()}}}
		}
		condition += " AND Username LIKE '%" + strings.NewReplacer("%", `\%`, "_", `\_`).Replace(literal[1:])
	}
	for account, err := range p.accounts(ctx, slices.Clone(q.Fields), condition+" ORDER BY Id") {
		if err != nil {
			return err
		}
		if !each(account) {
			return errStopped
		}
	}
	return nil
}

package sfprov

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// creation is a create on its way.
type creation struct {
	user     User
	fields   Fields // to send for a new account
	username string
	match    matchValue
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
	given, _ := u.Fields.lookup(c.MatchField)
	value, problem := plainValue(given)
	if problem != "" {
		return matchValue{}, &ValidationError{Problems: []FieldProblem{{Field: c.MatchField, Problem: problem}}}
	}
	if value == nil || value == "" {
		return matchValue{}, nil
	}
	text, isString := value.(string)
	if !isString {
		return matchValue{}, &ValidationError{Problems: []FieldProblem{{
			Field: c.MatchField, Problem: fmt.Sprintf("is %s; the match field takes a string", jsonOf(value)),
		}}}
	}
	return matchValue{field: c.MatchField, value: text}, nil
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

// create makes the user or adopts its account.
func (p *Provisioner) create(ctx context.Context, c creation) (Result, error) {
	if c.match.set() && !c.match.isUnique() {
		account, err := p.matching(ctx, c.match)
		if err != nil {
			return Result{}, err
		}
		if account.ID != "" {
			return p.adopt(ctx, account, c)
		}
	}
	sentAt := time.Now()
	id, err := p.api.createUser(ctx, c.fields)
	switch {
	case err == nil:
		return Result{ID: id, Username: c.username, Action: Created}, nil
	case outcomeUnknown(err):
		return Result{}, &OutcomeError{
			Op: opCreate, Username: c.username, SentAt: sentAt, LostAt: time.Now(), Err: err,
			again: c.match.set(), sent: c.fields.texts(),
		}
	case c.match.set() && mayBeDuplicate(err):
		return p.createOverDuplicate(ctx, c, err)
	default:
		return Result{}, p.withExisting(ctx, err, c.username)
	}
}

// mayBeDuplicate says whether a refused create may mean that the user has an
// account. Which code goes with a match value that is taken is not documented, so
// every refusal of the data counts.
func mayBeDuplicate(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && apiErr.StatusCode == http.StatusBadRequest
}

// createOverDuplicate adopts the user's account, if that is what stood in the
// way of the create. Otherwise the refusal stands.
func (p *Provisioner) createOverDuplicate(ctx context.Context, c creation, refusal error) (Result, error) {
	account, err := p.matching(ctx, c.match)
	if err != nil {
		return Result{}, fmt.Errorf("looking for the user's account by %s failed: %w (after: %w)", c.match.field, err, refusal)
	}
	if account.ID == "" {
		return Result{}, p.withExisting(ctx, refusal, c.username)
	}
	return p.adopt(ctx, account, c)
}

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
	}
	switch len(found) {
	case 0:
		return Account{}, nil
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, account := range found {
		ids[i] = account.ID
	}
	return Account{}, fmt.Errorf("%w: %s = %s is held by %s; clear it on all but the user's own",
		ErrAmbiguousMatch, m.field, quote(m.value), strings.Join(ids, ", "))
}

// adopt brings an account that is the user's to what the user says: the fields
// that the caller gave, no defaults, and the username.
func (p *Provisioner) adopt(ctx context.Context, account Account, c creation) (Result, error) {
	fields := maps.Clone(c.user.Fields)
	if _, given := fields.lookup("Username"); !given && !strings.EqualFold(account.Username, c.username) {
		fields["Username"] = c.username
	}
	if _, given := fields.lookup("IsActive"); !given && !account.Active {
		fields["IsActive"] = true
	}
	if err := p.api.update(ctx, "User", account.ID, fields); err != nil {
		return Result{}, p.withExisting(ctx, err, c.username)
	}
	result := Result{ID: account.ID, Username: c.username, Action: Adopted}
	if active, _ := fields.lookup("IsActive"); active == any(false) {
		return result, nil
	}
	// A frozen login stays frozen through deactivation and reactivation, and a
	// user who is provisioned again but can't log in would be a silent failure.
	if err := p.api.setFrozen(ctx, account.ID, false); err != nil {
		return result, fmt.Errorf("the account %s was adopted, but it is not known to be unfrozen: %w", account.ID, err)
	}
	return result, nil
}

// withExisting adds, to the error of a username that is taken, the ID of the
// account that holds it. If that can't be found out, the error is as good as it
// was.
func (p *Provisioner) withExisting(ctx context.Context, err error, username string) error {
	var apiErr *APIError
	if !errors.As(err, &apiErr) || !errors.Is(err, ErrDuplicateUsername) {
		return err
	}
	account, lookupErr := p.named(ctx, username)
	if lookupErr != nil {
		return err
	}
	found := *apiErr
	found.Existing = account.ID
	return &found
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

package sfprov

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"
)

// observed is what the org has of a user, as queries told.
type observed struct {
	account storedUser // its ID is empty if there is none: a query was answered without it
	loginID string     // of the UserLogin; empty if there is none
	held    assignments
	// blind is why the login could not be read, and blindAccess why the access could
	// not: the integration user may not see them. nil where they are known, or were not
	// asked for.
	blind, blindAccess error
}

// columns are the fields that are read of the account: of somebody who is only locked
// out, none of those that the caller gave, which may be hidden.
func (d *desired) columns(c *settings) []string {
	return d.appendColumns(make([]string, 0, len(d.fields)+len(d.sought)+3), c)
}

// appendColumns appends them to others.
func (d *desired) appendColumns(columns []string, c *settings) []string {
	if d.carriesFields() {
		columns = d.fields.names(columns)
	}
	for _, name := range d.sought {
		columns = appendColumn(columns, name)
	}
	if c.MatchField != "" {
		columns = appendColumn(columns, c.MatchField)
	}
	columns = appendColumn(columns, "Email")
	if d.access.noRole.id != "" {
		columns = appendColumn(columns, "UserRoleId")
	}
	return columns
}

func appendColumn(columns []string, name string) []string {
	if containsFold(columns, name) {
		return columns
	}
	return append(columns, name)
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return sameName(n, name) })
}

// key is the field, and its value, by which the account is looked for.
func (d *desired) key() (field, value string) {
	switch {
	case d.id != "":
		return "Id", d.id
	case d.match.set():
		return d.match.field, d.match.value
	}
	return "Username", d.username
}

// readsLogin reports whether it matters who is frozen.
func (d *desired) readsLogin() bool { return d.login != loginShut && d.login != loginAsIs }

// queries are what an observation asks: for the account, its login, and the
// assignments, which refer to the account by its ID or by a reference to the first
// query.
func (d *desired) queries(c *settings, id string) ([]string, error) {
	field, value := d.key()
	condition, err := equals(field, value)
	if err != nil {
		return nil, err
	}
	queries := []string{accountsQuery(d.columns(c), condition)}
	if d.readsLogin() {
		queries = append(queries, loginQuery("UserId = '"+id+"'"))
	}
	if d.carriesFields() {
		for _, object := range d.access.objects() {
			queries = append(queries, assignmentsQuery(object, "= '"+id+"'"))
		}
	}
	return queries, nil
}

func loginQuery(condition string) string {
	return "SELECT Id, IsFrozen, UserId FROM UserLogin WHERE " + condition
}

// observe reads what the org has of a user, by one request.
func (p *Provisioner) observe(ctx context.Context, d *desired) (observed, error) {
	id := queryReference(0)
	if d.id != "" {
		id = d.id
	}
	o, first, err := p.observeBy(ctx, d, id)
	if err == nil && o.account.ID != "" && o.account.ID != first {
		// Several have the value but for its case, and the one that agrees is not the
		// first, to which the queries referred.
		o, _, err = p.observeBy(ctx, d, o.account.ID)
	}
	return o, err
}

// observeBy makes the queries. id is whose login and assignments are read, first is
// whose they are.
func (p *Provisioner) observeBy(ctx context.Context, d *desired, id string) (o observed, first string, err error) {
	queries, err := d.queries(p.settings, id)
	if err != nil {
		return observed{}, "", err
	}
	streams := []iter.Seq2[record, error]{p.api.query(ctx, queries[0])}
	if len(queries) > 1 {
		result, err := p.api.composite(ctx, composite{queries: queries})
		if err != nil {
			return observed{}, "", err
		}
		streams = result.records
	}
	o, first, err = p.observation(d, streams)
	if first != "" && id != queryReference(0) {
		first = id
	}
	return o, first, err
}

// observation reads the answers to the queries of a desired user.
func (p *Provisioner) observation(d *desired, streams []iter.Seq2[record, error]) (o observed, first string, err error) {
	var accounts []storedUser
	err = eachOf(streams[0], func(row record) error {
		account, err := accountOf(row)
		accounts = append(accounts, account)
		return err
	})
	if err != nil {
		return observed{}, "", err
	}
	if len(accounts) > 0 {
		first = accounts[0].ID
	}
	if o.account, err = d.own(accounts); err != nil || o.account.ID == "" {
		return o, first, err
	}
	rest := streams[1:]
	if d.readsLogin() {
		if err := o.readLogin(rest[0]); err != nil {
			return observed{}, first, err
		}
		rest = rest[1:]
	}
	o.held = assignments{}
	for i, stream := range rest {
		object := d.access.objects()[i]
		err := eachOf(stream, func(row record) error {
			o.held[object] = append(o.held[object], assignmentOf(row))
			return nil
		})
		if err := o.readBlindly(&o.blindAccess, err); err != nil {
			return observed{}, first, &stepError{step: "reading what the user has", err: err}
		}
	}
	return o, first, nil
}

// readLogin reads the login.
func (o *observed) readLogin(stream iter.Seq2[record, error]) error {
	err := eachOf(stream, func(row record) (err error) {
		o.loginID, o.account.Frozen, err = loginOf(row)
		return err
	})
	return o.readBlindly(&o.blind, err)
}

// readBlindly keeps an error which says that the integration user may not see
// something, and returns every other.
func (o *observed) readBlindly(blind *error, err error) error {
	if isHidden(err) {
		*blind = err
		return nil
	}
	return err
}

// isHidden reports whether a query was refused because the integration user may not
// see what it asks for.
func isHidden(err error) bool {
	apiErr, isAPI := errors.AsType[*APIError](err)
	return isAPI && (errors.Is(err, ErrPermission) || apiErr.Code == "INVALID_TYPE" || apiErr.Code == "INVALID_FIELD") &&
		apiErr.StatusCode != http.StatusUnauthorized
}

// own returns the account, of those found, that is the user's; its ID is empty if
// none is. Of a user without a match value, none is known to be: whoever holds the
// name is in the way.
func (d *desired) own(accounts []storedUser) (storedUser, error) {
	switch {
	case d.id != "" || d.op == opFind && !d.match.set() || len(accounts) == 0:
		return first(accounts), nil
	case d.match.set():
		return d.match.only(accounts)
	case d.login == loginShut && !accounts[0].Active:
		return storedUser{}, nil // nobody can log in under the name, whosever it is
	}
	refusal := heldByUnknown(accounts[0], d.matchField)
	refusal.asked.locksOut = d.login == loginShut
	return storedUser{}, refusal
}

func first(accounts []storedUser) storedUser {
	if len(accounts) == 0 {
		return storedUser{}
	}
	return accounts[0]
}

// loginOf reads a UserLogin record, which says whether the user is frozen. See
// "UserLogin" in the Object Reference.
func loginOf(row record) (loginID string, frozen bool, err error) {
	loginID, _ = row.text("Id")
	value, given := row.lookup("IsFrozen")
	frozen, isBool := value.(bool)
	if !recordIDPattern.MatchString(loginID) || given && !isBool {
		return "", false, unexpected(answer{status: http.StatusOK}, "a UserLogin record in the answer does not tell whether it is frozen")
	}
	return loginID, frozen, nil
}

// absent finds out whether an error answer to a request about a user means that
// there is no such user: a query that is answered without it proves that, and
// nothing else does. Else the error is what it was.
func (p *Provisioner) absent(ctx context.Context, id string, err error) error {
	if !mayBeAbsent(err) || errors.Is(err, ErrNotFound) {
		return err
	}
	exists, lookErr := p.exists(ctx, id)
	switch {
	case lookErr != nil:
		return lookErr // it is about the way to the org, as the error itself is
	case exists:
		return err
	}
	return &notFoundError{err: err}
}

// exists asks whether the org has a user.
func (p *Provisioner) exists(ctx context.Context, id string) (bool, error) {
	found := false
	err := eachOf(p.api.query(ctx, "SELECT Id FROM User WHERE Id = '"+id+"'"), func(row record) error {
		given, _ := row.text("Id")
		found = found || id18Of(given) == id
		return nil
	})
	return found, err
}

// heldByUnknown is the refusal of a username that an account holds of which nothing
// shows whether it is the user's, who has no value of the match field.
func heldByUnknown(account storedUser, matchField string) *APIError {
	return heldBy(account, wouldCreate(matchField, false), "the username "+quote(account.Username)+
		" is held, and without a value of a match field nothing shows whose account that is")
}

// wouldCreate are the facts of a create that was not sent.
func wouldCreate(matchField string, matched bool) requestFacts {
	return requestFacts{method: http.MethodPost, object: "User", match: matchField, matched: matched}
}

// heldBy is the refusal that a request for a username would meet, found by a query.
func heldBy(account storedUser, asked requestFacts, message string) *APIError {
	return &APIError{
		StatusCode: http.StatusOK, inferred: true, Code: "DUPLICATE_USERNAME", Existing: account.ID, Message: message, asked: asked,
	}
}

// salesforceTime is how Salesforce writes a moment.
const salesforceTime = "2006-01-02T15:04:05.000-0700"

// clockSkew is how far the org's clock and this machine's may differ.
const clockSkew = 5 * time.Minute

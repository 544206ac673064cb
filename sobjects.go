package sfprov

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// client speaks Salesforce's REST API: records, queries, composite requests and
// collections. It knows nothing of users; nobody above it sees a request.
type client struct {
	sender     *sender
	base       string // "/services/data/v66.0"
	matchField string // of which an error may speak
}

func newClient(cfg *Config, s *sender) *client {
	return &client{sender: s, base: "/services/data/v" + cfg.APIVersion, matchField: cfg.MatchField}
}

// write is one change of one record. It goes by itself, as a part of a composite
// request, or as a row of a collection.
type write struct {
	method string // POST, PATCH or DELETE
	object string
	id     string // of the record, or a reference to it; empty for POST
	fields record // nil for DELETE
	body   []byte // fields, encoded; made by encode
}

func createRecord(object string, fields record) write {
	return write{method: http.MethodPost, object: object, fields: fields}
}

func changeRecord(object, id string, fields record) write {
	return write{method: http.MethodPatch, object: object, id: id, fields: fields}
}

func deleteRecord(object, id string) write {
	return write{method: http.MethodDelete, object: object, id: id}
}

// sets reports whether a field gets a value.
func (w *write) sets(name string, value any) bool {
	sent, isSent := w.fields.lookup(name)
	return isSent && sent == value
}

// encode encodes the fields, once.
func (w *write) encode() error {
	if w.body != nil || w.fields == nil {
		return nil
	}
	var err error
	if w.body, err = w.fields.encode(); err != nil {
		return fmt.Errorf("sfprov: encoding the record: %w", err) // checkFields has tried each value
	}
	return nil
}

// repeatable reports whether a second time changes nothing. A user is created
// twice; nobody has a permission set twice.
func (w *write) repeatable() bool { return w.method != http.MethodPost || w.object != "User" }

// asked is what an error that answers a write is judged by.
func (c *client) asked(w write) requestFacts {
	f := requestFacts{method: w.method, object: w.object, record: w.method != http.MethodPost, match: c.matchField}
	f.about(w.fields)
	return f
}

// asksQuery is what an error that answers a query is judged by.
func (c *client) asksQuery(soql string) requestFacts {
	return requestFacts{method: http.MethodGet, object: objectOf(soql), reads: true, match: c.matchField}
}

// path is the path of the record, or of its object. An ID is escaped, so that it
// addresses a record or nothing; a reference within a composite request is not.
func (c *client) path(w write) string {
	switch {
	case w.id == "":
		return c.base + "/sobjects/" + w.object + "/"
	case strings.HasPrefix(w.id, "@{"):
		return c.base + "/sobjects/" + w.object + "/" + w.id
	}
	return c.base + "/sobjects/" + w.object + "/" + url.PathEscape(w.id)
}

// write makes one change by a request of its own, and returns the ID of what it
// created. An *unconfirmed error leaves open whether the change was made. once
// leaves the repetitions to the caller. See "sObject Rows" and "sObject Basic
// Information" in the REST API Developer Guide.
func (c *client) write(ctx context.Context, w write, once bool) (id string, err error) {
	if err := w.encode(); err != nil {
		return "", err
	}
	ans, err := c.sender.send(ctx, request{
		method: w.method, path: c.path(w), body: w.body, byID: w.method != http.MethodPost, repeatable: w.repeatable(), once: once,
	})
	if err != nil {
		return "", err
	}
	return w.confirmed(ans.status, ans.body)
}

// confirmed reads the answer of success to a write: the ID of what was created. What
// does not confirm the write leaves open whether it was made.
func (w *write) confirmed(status int, body []byte) (id string, err error) {
	if w.method != http.MethodPost && status == http.StatusNoContent {
		return "", nil
	}
	var said struct {
		ID      string            `json:"id"`
		Success bool              `json:"success"`
		Errors  []json.RawMessage `json:"errors"`
	}
	err = json.Unmarshal(body, &said)
	id = id18Of(said.ID)
	isRight := err == nil && said.Success && len(said.Errors) == 0
	switch w.method {
	case http.MethodPost:
		isRight = isRight && status == http.StatusCreated && (id != "" && strings.HasPrefix(id, prefixUser) || w.object != "User")
	case http.MethodPatch: // a 200 says so itself
		isRight = isRight && status == http.StatusOK && (said.ID == "" || id == w.id)
	default:
		isRight = false
	}
	if !isRight {
		return "", &unconfirmed{err: unexpected(answer{status: status}, "the answer does not confirm the change")}
	}
	return id, nil
}

// setPassword sends a password. See "sObject User Password" in the REST API
// Developer Guide.
func (c *client) setPassword(ctx context.Context, id string, password Secret) error {
	body, err := newRecord(field("NewPassword", string(password))).encode()
	if err != nil {
		return err // of a string that was checked
	}
	return c.password(ctx, request{method: http.MethodPost, path: c.passwordPath(id), body: body, secrets: []string{string(password)}})
}

// resetPassword makes Salesforce choose a password. The answer holds it, and is
// not read.
func (c *client) resetPassword(ctx context.Context, id string) error {
	return c.password(ctx, request{method: http.MethodDelete, path: c.passwordPath(id)})
}

func (c *client) passwordPath(id string) string {
	return c.path(write{object: "User", id: id}) + "/password"
}

func (c *client) password(ctx context.Context, r request) error {
	r.byID = true
	ans, err := c.sender.send(ctx, r)
	if err != nil {
		return err
	}
	if ans.status != http.StatusNoContent && ans.status != http.StatusOK {
		return &unconfirmed{err: unexpected(ans, "the answer does not confirm the change of the password")}
	}
	return nil
}

// recordIDPattern is what can be part of a path without leading elsewhere.
var recordIDPattern = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// admit reports, by an error, that a call may not begin, because the daily requests
// are left to others. underWay are those that have begun.
func (c *client) admit(underWay int) error { return c.sender.quota.admit(underWay) }

// usage is how much of the daily requests is spent.
func (c *client) usage() APIUsage { return c.sender.quota.last() }

// sent is how many requests were sent so far.
func (c *client) sent() int64 { return c.sender.calls.Load() }

// ownUser is the ID of the integration user; empty if nobody tells.
func (c *client) ownUser(ctx context.Context) (string, error) { return c.sender.ownUserID(ctx) }

// knownOwnUser is the same, as far as it is known already.
func (c *client) knownOwnUser() string { return c.sender.tokens.ownUser() }

// attempts calls try, with a pause between, until it wants no more, or the policy
// allows none. left says whether another attempt could follow.
func (c *client) attempts(ctx context.Context, try func(ctx context.Context, left bool) (again bool, err error)) error {
	return c.sender.attempts(ctx, request{method: http.MethodPost, path: c.base + "/sobjects/User/"}, try)
}

// pause waits as before a second attempt.
func (c *client) pause(ctx context.Context, last error) error {
	return c.sender.wait(ctx, 1, request{method: http.MethodPatch, path: c.base + "/sobjects/User/"}, last)
}

// isOwnUser reports whether an ID is known to be the integration user's.
func (c *client) isOwnUser(id string) bool { return c.sender.isOwnUser(id) }

// closeIdle closes idle connections.
func (c *client) closeIdle() { c.sender.client.CloseIdleConnections() }

// isInDoubt reports whether an error leaves open whether a change was made, and
// returns what happened to the answer.
func isInDoubt(err error) (cause error, inDoubt bool) {
	if doubt, found := errors.AsType[*unconfirmed](err); found {
		return doubt.err, true
	}
	return err, false
}

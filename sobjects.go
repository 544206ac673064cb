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

// client knows the REST resources of the User object and its relatives.
type client struct {
	sender *sender
	base   string // "/services/data/v66.0"
}

func newClient(cfg *Config, s *sender) *client {
	return &client{sender: s, base: "/services/data/v" + cfg.APIVersion}
}

// record is the path of one record. The ID is escaped, so that it addresses a
// record or nothing.
func (c *client) record(object, id string) string {
	return c.base + "/sobjects/" + object + "/" + url.PathEscape(id)
}

// createUser inserts a user and returns its ID. See "sObject Basic Information"
// in the REST API Developer Guide. An *unconfirmed error leaves open whether there
// is a user now. tries counts the attempts of all calls for this user.
func (c *client) createUser(ctx context.Context, r request) (string, error) {
	ans, err := c.sender.send(ctx, r)
	if err != nil {
		return "", err
	}
	var created struct {
		ID      string `json:"id"`
		Success bool   `json:"success"`
	}
	if err := decode(ans, &created); err != nil {
		*r.tries++
		return "", &unconfirmed{err: err}
	}
	id, problem := parseIDOf(prefixUser, created.ID)
	if ans.status != http.StatusCreated || !created.Success || problem != "" {
		*r.tries++
		return "", &unconfirmed{err: unexpected(ans, "the answer does not confirm that a user was created")}
	}
	return id, nil
}

// insertion is the request that createUser sends.
func (c *client) insertion(body []byte) request {
	return request{method: http.MethodPost, path: c.base + "/sobjects/User/", body: body, tries: new(int)}
}

// update patches a record. Success is 204; a 200 says so itself.
func (c *client) update(ctx context.Context, object, id string, fields Fields) error {
	body, err := fields.encode()
	if err != nil {
		return fmt.Errorf("sfprov: encoding the record: %w", err) // checkValues has tried each value
	}
	ans, err := c.sender.send(ctx, request{method: http.MethodPatch, path: c.record(object, id), byID: true, body: body})
	if err != nil {
		return err
	}
	if ans.status == http.StatusNoContent {
		return nil
	}
	var updated struct {
		ID      string            `json:"id"`
		Success bool              `json:"success"`
		Errors  []json.RawMessage `json:"errors"`
	}
	err = decode(ans, &updated)
	changed, _ := parseID(updated.ID)
	if err != nil || ans.status != http.StatusOK || !updated.Success || len(updated.Errors) > 0 || updated.ID != "" && changed != id {
		return &unconfirmed{err: unexpected(ans, "the answer does not confirm the change")}
	}
	return nil
}

// get reads fields of a record.
func (c *client) get(ctx context.Context, object, id string, fields ...string) (Fields, error) {
	ans, err := c.sender.send(ctx, request{
		method: http.MethodGet, path: c.record(object, id), byID: true,
		query: url.Values{"fields": {strings.Join(fields, ",")}}.Encode(),
	})
	if err != nil {
		return nil, err
	}
	var record Fields
	err = decode(ans, &record)
	return record, err
}

// isRecordID is what can be part of a path without leading elsewhere.
var isRecordID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// login finds a user's UserLogin record, which says whether the user is frozen.
// The ID is empty if the user has none. See "UserLogin" in the Object Reference.
func (c *client) login(ctx context.Context, id string) (loginID string, frozen bool, err error) {
	for record, err := range c.query(ctx, "SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '"+id+"' LIMIT 1") {
		if err != nil {
			return "", false, err
		}
		return loginOf(record)
	}
	return "", false, nil
}

// loginOf reads a UserLogin record.
func loginOf(record Fields) (loginID string, frozen bool, err error) {
	loginID, _ = record.text("Id")
	value, given := record.lookup("IsFrozen")
	frozen, isBool := value.(bool)
	if !isRecordID.MatchString(loginID) || given && !isBool {
		return "", false, unexpected(answer{status: http.StatusOK}, "a UserLogin record in the answer does not tell whether it is frozen")
	}
	return loginID, frozen, nil
}

// setFrozen freezes or unfreezes a user, and says whether that changed anything. An
// *unconfirmed error leaves open whether it did.
func (c *client) setFrozen(ctx context.Context, id string, frozen bool) (changed bool, err error) {
	loginID, isFrozen, err := c.login(ctx, id)
	switch {
	case err != nil:
		return false, err
	case loginID == "":
		return false, &noLoginError{}
	case isFrozen == frozen:
		return false, nil
	}
	err = c.update(ctx, "UserLogin", loginID, Fields{"IsFrozen": frozen})
	if _, inDoubt := errors.AsType[*unconfirmed](err); !inDoubt {
		return err == nil, err
	}
	if _, isFrozen, lookErr := c.login(ctx, id); lookErr == nil && isFrozen == frozen {
		return true, nil
	}
	return false, err
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/sfprov/sfprov"
)

// firstThere is the number of the first user of the rows about users who are there:
// below it is the integration user.
const firstThere = 1000

// numbers are those of the users.
func numbers(users []sfprov.User) []int {
	all := make([]int, len(users))
	for i := range all {
		all[i] = firstThere + i
	}
	return all
}

// verb is a call of one user, in the form of Provisioner.Update.
type verb func(p *sfprov.Provisioner, ctx context.Context, id string, u sfprov.User) (sfprov.Result, error)

func deactivate(p *sfprov.Provisioner, ctx context.Context, id string, _ sfprov.User) (sfprov.Result, error) { //nolint:revive // a verb
	return p.Deactivate(ctx, id)
}

func ensure(p *sfprov.Provisioner, ctx context.Context, id string, _ sfprov.User) (sfprov.Result, error) { //nolint:revive // a verb
	var i int
	if _, err := fmt.Sscanf(id, "005%012d", &i); err != nil {
		return sfprov.Result{}, err
	}
	result, err := p.Ensure(ctx, user(i))
	if err == nil && result.Action != sfprov.Unchanged {
		err = fmt.Errorf("%s, in place of unchanged", result.Action)
	}
	return result, err
}

// oursEach makes one call for each user.
func oursEach(do verb) func(announcement, []sfprov.User) error {
	return func(a announcement, users []sfprov.User) error {
		p, err := ours(a, 32)
		if err != nil {
			return err
		}
		err = each(numbers(users), 32, func(i int) error {
			_, err := do(p, context.Background(), userID(int64(i)), sfprov.User{Fields: sfprov.Fields{"Title": "CFO"}})
			return err
		})
		if err != nil {
			return err
		}
		return p.Close(context.Background())
	}
}

// send sends a request, and returns the answer.
func (p *plain) send(method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequest(method, p.url+path, bytes.NewReader(body)) //nolint:noctx // a benchmark
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to the end
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("answered %d", resp.StatusCode)
	}
	return answer, err
}

// limitEach is the limit: one plain request for each user.
func limitEach(do func(p *plain, i int) error) func(announcement, []sfprov.User) error {
	return func(a announcement, users []sfprov.User) error {
		p, err := newPlain(a, 32)
		if err != nil {
			return err
		}
		err = each(numbers(users), 32, func(i int) error { return do(p, i) })
		p.client.CloseIdleConnections()
		return err
	}
}

// limitPatches changes one field of each user.
func limitPatches(field string, value any) func(announcement, []sfprov.User) error {
	return limitEach(func(p *plain, i int) error {
		body, err := json.Marshal(map[string]any{field: value})
		if err != nil {
			return err
		}
		_, err = p.send(http.MethodPatch, "/services/data/v66.0/sobjects/User/"+userID(int64(i)), body)
		return err
	})
}

// limitReads reads each user by one query.
func limitReads(a announcement, users []sfprov.User) error {
	return limitEach(func(p *plain, i int) error {
		soql := fmt.Sprintf("SELECT Id, Username, IsActive, FederationIdentifier, LastName, FirstName, Email, Department, Title, EmployeeNumber FROM User WHERE FederationIdentifier = 'E-%d'", i)
		answer, err := p.send(http.MethodGet, "/services/data/v66.0/query?q="+url.QueryEscape(soql), nil)
		if err != nil {
			return err
		}
		var page struct {
			Records []struct {
				ID, Username, FederationIdentifier, LastName, FirstName, Email, Department, Title, EmployeeNumber string
				IsActive                                                                                          bool
			} `json:"records"`
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return err
		}
		if len(page.Records) != 1 || page.Records[0].Title != "Engineer" {
			return fmt.Errorf("the user was not read")
		}
		return nil
	})(a, users)
}

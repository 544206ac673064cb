package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/sfprov/sfprov/sfprovtest"
)

// controlCall is something that the control endpoint does. What it returns is answered
// as JSON; without anything, it is 204.
type controlCall struct {
	pattern string
	do      func(*http.Request) (any, error)
}

// controlCalls are all that there are; docs/org-in-memory.md has the same.
func controlCalls(org *sfprovtest.Org, faults *standingFaults) []controlCall {
	return []controlCall{
		{"GET /faults", func(*http.Request) (any, error) {
			return map[string]any{"rules": faults.list(), "struck": orEmpty(org.FaultCounts())}, nil
		}},
		{"POST /faults", func(r *http.Request) (any, error) {
			var in struct{ Fault *string }
			if err := decode(r, &in); err != nil || in.Fault == nil {
				return nil, wants(err, `{"fault": "locked-row=0.05"}`)
			}
			rule, err := parseFault(*in.Fault)
			if err != nil {
				return nil, err
			}
			faults.add(rule)
			return nil, nil
		}},
		{"DELETE /faults", func(*http.Request) (any, error) { faults.clear(); return nil, nil }},
		{"GET /requests", func(*http.Request) (any, error) { return shownRequests(org.Requests()), nil }},
		{"DELETE /requests", func(*http.Request) (any, error) { org.ResetRequests(); return nil, nil }},
		{"GET /logins", func(*http.Request) (any, error) {
			return map[string]int{"logins": org.Logins(), "refused": org.RefusedLogins(), "expiries": org.Expiries()}, nil
		}},
		{"POST /tokens/expire", func(*http.Request) (any, error) { org.ExpireTokens(); return nil, nil }},
		{"POST /time", func(r *http.Request) (any, error) {
			var in struct{ Forward string }
			if err := decode(r, &in); err != nil {
				return nil, wants(err, `{"forward": "2h30m"}`)
			}
			d, err := time.ParseDuration(in.Forward)
			if err != nil || d < 0 {
				return nil, wants(err, `{"forward": "2h30m"}`)
			}
			org.FastForward(d)
			return nil, nil
		}},
		{"POST /licenses", func(r *http.Request) (any, error) {
			var in struct {
				License *string
				Total   *int
			}
			if err := decode(r, &in); err != nil || in.License == nil || in.Total == nil || *in.Total < -1 {
				return nil, wants(err, `{"license": "Salesforce", "total": 10}, with -1 for no limit`)
			}
			org.SetLicenses(*in.License, *in.Total)
			return nil, nil
		}},
		{"POST /limits", func(r *http.Request) (any, error) {
			var in struct{ Used, Limit *int }
			if err := decode(r, &in); err != nil || in.Used == nil || in.Limit == nil || *in.Used < 0 || *in.Limit < 0 {
				return nil, wants(err, `{"used": 14900, "limit": 15000}`)
			}
			org.SetAPIUsage(*in.Used, *in.Limit)
			return nil, nil
		}},
		{"GET /users", func(*http.Request) (any, error) {
			users := org.Users()
			shown := make([]any, len(users))
			for i, user := range users {
				shown[i] = shownUser(user)
			}
			return shown, nil
		}},
		{"GET /users/{id}", ofUser(org, func(user sfprovtest.User) any { return shownUser(user) })},
		{"POST /users/{id}/freeze", ofUser(org, func(user sfprovtest.User) any { org.Freeze(user.ID, true); return nil })},
		{"POST /users/{id}/unfreeze", ofUser(org, func(user sfprovtest.User) any { org.Freeze(user.ID, false); return nil })},
		{"POST /users/{id}/confirm-email", ofUser(org, func(user sfprovtest.User) any { org.ConfirmEmail(user.ID); return nil })},
	}
}

// ofUser is a call about the user whom the path names.
func ofUser(org *sfprovtest.Org, do func(sfprovtest.User) any) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		user, found := org.User(r.PathValue("id"))
		if !found {
			return nil, noSuch(fmt.Sprintf("there is no user with the ID %q", r.PathValue("id")))
		}
		return do(user), nil
	}
}

// decode reads a body that must be one JSON object with no other keys.
func decode(r *http.Request, in any) error {
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the object")
	}
	return nil
}

// wants is the error of a body that is not as it should be.
func wants(err error, example string) error {
	if err == nil {
		return errors.New("the body must be like " + example)
	}
	return fmt.Errorf("the body must be like %s: %w", example, err)
}

func orEmpty(counts map[string]int) map[string]int {
	if counts == nil {
		return map[string]int{}
	}
	return counts
}

// shownUser is a user as the endpoint shows it.
func shownUser(user sfprovtest.User) any {
	return map[string]any{
		"id": user.ID, "username": user.Username, "active": user.Active, "frozen": user.Frozen,
		"pendingEmail": user.PendingEmail, "fields": user.Fields,
	}
}

// shownRequests are requests as the endpoint shows them, the headers left out.
func shownRequests(requests []sfprovtest.Request) []any {
	shown := make([]any, 0, len(requests))
	for request := range slices.Values(requests) {
		shown = append(shown, map[string]any{
			"method": request.Method, "path": request.Path, "query": request.Query, "body": string(request.Body),
			"time": request.Time.UTC(), "status": request.Status,
		})
	}
	return shown
}

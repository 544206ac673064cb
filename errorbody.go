package sfprov

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

const maxMessage = 2000 // characters kept of a message of Salesforce's

// newAPIError reads an error answer. The status decides: the body need not be
// JSON, because gateways on the way answer in HTML.
func newAPIError(status int, body []byte, retryAfter time.Duration) *APIError {
	e := &APIError{StatusCode: status, RetryAfter: retryAfter, Problems: parseProblems(body)}
	if len(e.Problems) > 0 {
		first := e.Problems[0]
		e.Code, e.Message, e.Fields = first.Code, first.Message, first.Fields
	}
	return e
}

// parseProblems reads the entries of an error answer: an array of objects, or a
// single object as some resources send.
func parseProblems(body []byte) []APIProblem {
	type entry struct {
		ErrorCode  string   `json:"errorCode"`
		StatusCode string   `json:"statusCode"` // what composite resources call it
		Message    string   `json:"message"`
		Fields     []string `json:"fields"`
	}
	var entries []entry
	if json.Unmarshal(body, &entries) != nil {
		var single entry
		if json.Unmarshal(body, &single) != nil {
			return nil
		}
		entries = []entry{single}
	}
	var problems []APIProblem
	for _, e := range entries {
		p := APIProblem{Code: e.ErrorCode, Message: e.Message, Fields: e.Fields}
		if p.Code == "" {
			p.Code = e.StatusCode
		}
		if p.Code == "" && p.Message == "" {
			continue
		}
		if runes := []rune(p.Message); len(runes) > maxMessage {
			p.Message = string(runes[:maxMessage]) + "..."
		}
		if len(p.Fields) == 0 {
			p.Fields = fieldsOfMessage(p)
		}
		problems = append(problems, p)
	}
	return problems
}

// fieldsOfMessage finds the fields that Salesforce names only in the text.
func fieldsOfMessage(p APIProblem) []string {
	between := func(before, after string) []string {
		_, rest, found := strings.Cut(p.Message, before)
		list, _, closed := strings.Cut(rest, after)
		if !found || !closed {
			return nil
		}
		names := strings.Split(list, ",")
		for i := range names {
			names[i] = strings.TrimSpace(names[i])
		}
		return slices.DeleteFunc(names, func(name string) bool { return !isFieldName(name) })
	}
	switch p.Code {
	case "REQUIRED_FIELD_MISSING":
		return between("[", "]")
	case "INVALID_FIELD":
		return between("No such column '", "'")
	case "INVALID_FIELD_FOR_INSERT_UPDATE":
		return between("Unable to create/update fields: ", ". ")
	}
	if label, _, found := strings.Cut(p.Message, ": "); found {
		if field, known := fieldOfLabel(label); known {
			return []string{field.name}
		}
	}
	return nil
}

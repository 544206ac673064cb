package sfprovtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Refusal is an error answer of the data API. It is an error, so that the rules
// can return it.
type Refusal struct {
	Status  int
	Code    string   // errorCode
	Message string   // as Salesforce words it
	Fields  []string // API names; nil leaves the key out, as request errors do

	further []Refusal // what else is wrong, where the org tells all problems
}

// all are the refusal and the further ones, each an entry of the answer.
func (r Refusal) all() []Refusal { return append([]Refusal{r}, r.further...) }

// Error is the code and the message.
func (r Refusal) Error() string { return r.Code + ": " + r.Message }

// or is r, which shares nothing then, or the usual one if r is the zero value.
func (r Refusal) or(usual Refusal) Refusal {
	if r.Status == 0 {
		return usual
	}
	r.Fields = slices.Clone(r.Fields)
	return r
}

// answer is what the org answers.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// jsonAnswer answers with a value as JSON; nil is an empty body.
func jsonAnswer(status int, value any) answer {
	a := answer{status: status, header: http.Header{}}
	if value == nil {
		return a
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // messages hold <br>, and real orgs send it as it is
	if err := encoder.Encode(value); err != nil {
		panic(err) // all values are made here, of strings, numbers and maps
	}
	a.header.Set("Content-Type", "application/json;charset=UTF-8")
	a.body = bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	return a
}

// refuse answers with an error, in the array that the data API wraps it in.
func refuse(r Refusal) answer {
	var entries []any
	for _, one := range r.all() {
		entry := map[string]any{"message": one.Message, "errorCode": one.Code}
		if one.Fields != nil {
			entry["fields"] = one.Fields
		}
		entries = append(entries, entry)
	}
	return jsonAnswer(r.Status, entries)
}

// The refusals that more than one resource gives.
func notFound() Refusal {
	return Refusal{Status: http.StatusNotFound, Code: "NOT_FOUND", Message: "The requested resource does not exist"}
}

// nothingHere is for paths outside of the API, where Salesforce has a web page.
func nothingHere() answer {
	return answer{
		status: http.StatusNotFound, header: http.Header{"Content-Type": {"text/html;charset=UTF-8"}},
		body: []byte("<html><body>URL No Longer Exists: sfprovtest, an org in memory, has " + tokenPath + ", " + introspectPath + ", " + revokePath + ", " + userInfoPath + ", /id/, /services/data and what is below it.</body></html>"),
	}
}

// unsupported is for what a real org would answer and this one can't. It says so, lest
// the client draw a conclusion from it.
func unsupported(what string) Refusal {
	return Refusal{Status: http.StatusNotImplemented, Code: "NOT_IMPLEMENTED", Message: "sfprovtest, an org in memory, has no " + what + "; a real org may"}
}

func methodNotAllowed(method, allowed string) Refusal {
	return Refusal{
		Status: http.StatusMethodNotAllowed, Code: "METHOD_NOT_ALLOWED",
		Message: "HTTP Method '" + method + "' not allowed. Allowed are " + allowed,
	}
}

func noSuchRecord() Refusal {
	return Refusal{Status: http.StatusNotFound, Code: "INVALID_CROSS_REFERENCE_KEY", Message: "invalid cross reference id", Fields: []string{}}
}

// dateTime writes a time as the REST API does.
func dateTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }

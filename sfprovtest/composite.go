package sfprovtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const (
	maxSubrequests = 25
	maxSubqueries  = 5
)

var referenceID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)

// compositeBody is the body of a composite request. Whether the subrequests are
// collated, which makes them faster, is of no importance here.
type compositeBody struct {
	AllOrNone          bool         `json:"allOrNone,omitempty"`
	CollateSubrequests *bool        `json:"collateSubrequests,omitempty"`
	CompositeRequest   []subrequest `json:"compositeRequest"`
}

// subrequest is one of the requests in a composite one.
type subrequest struct {
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	ReferenceID string            `json:"referenceId"`
	Body        json.RawMessage   `json:"body,omitempty"`
	HTTPHeaders map[string]string `json:"httpHeaders,omitempty"`
}

// composite is POST /composite: several requests in one, which counts as one. Each
// can refer to the answers before it, as @{referenceId.field}. The answer is 200,
// whatever becomes of them. With allOrNone, all are undone if one fails. Controls are
// asked about each: see [Control].
func (o *Org) composite(c *call) (answer, error) {
	switch c.method {
	case http.MethodPost:
	case http.MethodGet, http.MethodHead:
		base := "/services/data/v" + c.version + "/composite"
		return jsonAnswer(http.StatusOK, map[string]string{"batch": base + "/batch", "sobjects": base + "/sobjects"}), nil
	default:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,POST")
	}
	var body compositeBody
	if err := json.Unmarshal(c.body, &body); err != nil {
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: "The HTTP entity body is not a valid JSON object at [line:1, column:1]"}
	}
	if err := checkSubrequests(body.CompositeRequest); err != nil {
		return answer{}, err
	}
	work, known := &transaction{}, answers{}
	results := make([]answer, len(body.CompositeRequest))
	for i, sub := range body.CompositeRequest {
		a, err := o.subrequest(c, work, i, sub, known)
		if refusal := (Refusal{}); errors.As(err, &refusal) {
			a, err = refuse(refusal), nil
		}
		if err != nil {
			return o.abort(c, work, err)
		}
		results[i] = a
		if a.status < http.StatusMultipleChoices {
			known.note(sub.ReferenceID, a)
			continue
		}
		if body.AllOrNone {
			work.rollBack()
			for other := range results {
				if other != i {
					results[other] = refuse(rolledBack())
				}
			}
			break
		}
	}
	parts := make([]map[string]any, len(results))
	for i, a := range results {
		parts[i] = partOf(a, body.CompositeRequest[i].ReferenceID)
	}
	return jsonAnswer(http.StatusOK, map[string]any{"compositeResponse": parts}), nil
}

// partOf is an answer as a part of a composite one.
func partOf(a answer, ref string) map[string]any {
	headers := map[string]string{}
	for name := range a.header {
		if name != "Content-Type" {
			headers[name] = a.header.Get(name)
		}
	}
	return map[string]any{"body": bodyOf(a), "httpHeaders": headers, "httpStatusCode": a.status, "referenceId": ref}
}

// bodyOf is the body of an answer as a part of another: null if there is none, a string
// if it isn't JSON.
func bodyOf(a answer) any {
	switch {
	case json.Valid(a.body):
		return json.RawMessage(a.body)
	case len(a.body) > 0:
		return string(a.body)
	}
	return nil
}

// rolledBack is the answer to a request that would have succeeded.
func rolledBack() Refusal {
	return Refusal{Status: http.StatusBadRequest, Code: "PROCESSING_HALTED", Message: "The transaction was rolled back since another operation in the same transaction failed."}
}

func checkSubrequests(subs []subrequest) error {
	queries := 0
	seen := map[string]bool{}
	for _, sub := range subs {
		if strings.Contains(sub.URL, "/query") || strings.Contains(sub.URL, "/composite/sobjects") {
			queries++
		}
		if !referenceID.MatchString(sub.ReferenceID) || seen[sub.ReferenceID] {
			return Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: fmt.Sprintf("Provided referenceId '%s' must be unique, start with a letter or a number, and contain only letters, numbers and underscores", sub.ReferenceID)}
		}
		seen[sub.ReferenceID] = true
	}
	switch {
	case len(subs) == 0:
		return Refusal{Status: http.StatusBadRequest, Code: "REQUIRED_FIELD_MISSING", Message: "At least 1 subrequest is required"}
	case len(subs) > maxSubrequests || queries > maxSubqueries:
		return Refusal{Status: http.StatusBadRequest, Code: "LIMIT_EXCEEDED", Message: fmt.Sprintf("A composite request takes %d subrequests, of which %d may be queries", maxSubrequests, maxSubqueries)}
	}
	return nil
}

// subrequest makes one of the requests, or lets a fault have its way with it. The
// error is a refusal, unless the fault ends the whole composite.
func (o *Org) subrequest(c *call, work *transaction, i int, sub subrequest, known answers) (answer, error) {
	inner, path, err := newCall(c, sub, known)
	if err != nil {
		return answer{}, err
	}
	fault := o.offer(c, i, inner)
	if err := c.struck(fault); err != nil {
		return answer{}, err
	}
	var a answer
	if fault.wholeAnswer() || fault.commits() {
		a, err = o.within(work, func() (answer, error) {
			if err := o.versions.check(inner.version); err != nil {
				return answer{}, err
			}
			return o.respond(inner, path)
		})
		if refusal := (Refusal{}); errors.As(err, &refusal) {
			a = refuse(refusal)
		}
	}
	if fault.wholeAnswer() {
		return a, nil
	}
	return fault.answer(a), nil
}

// newCall is a subrequest as a call of its own, and the path of its resource.
func newCall(c *call, sub subrequest, known answers) (*call, string, error) {
	target, err := known.resolve(sub.URL, inURL)
	if err != nil {
		return nil, "", err
	}
	body, err := known.resolve(string(sub.Body), inJSON)
	if err != nil {
		return nil, "", err
	}
	u, err := url.Parse(strings.ReplaceAll(target, " ", "+"))
	path, match := "", []string(nil)
	if err == nil {
		path = tidied(u)
		match = dataPath.FindStringSubmatch(path)
	}
	if match == nil || strings.Trim(match[2], "/") == "composite" {
		return nil, "", notFound()
	}
	if strings.Trim(match[2], "/") == "composite/batch" {
		return nil, "", unsupported("batch in a composite or a batch")
	}
	inner := &call{method: sub.Method, path: path, query: u.Query(), header: c.header.Clone(), body: []byte(body), version: match[1]}
	inner.overrideMethod()
	for name, value := range sub.HTTPHeaders {
		inner.header.Set(name, value)
	}
	inner.header.Set("Content-Type", "application/json")
	return inner, strings.Trim(match[2], "/"), nil
}

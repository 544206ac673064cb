package sfprovtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const (
	maxSubrequests = 25
	maxSubqueries  = 5
)

var (
	referenceID     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)
	answerReference = regexp.MustCompile(`@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+(?:\[\d+\])?|\[\d+\])*)\}`)
	pathStep        = regexp.MustCompile(`[A-Za-z0-9_]+|\[\d+\]`)
)

// subrequest is one of the requests in a composite one.
type subrequest struct {
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	ReferenceID string            `json:"referenceId"`
	Body        json.RawMessage   `json:"body"`
	HTTPHeaders map[string]string `json:"httpHeaders"`
}

// composite is POST /composite: several requests in one, which counts as one. Each
// can refer to the answers before it, as @{referenceId.field}. The answer is 200,
// whatever becomes of them.
func (o *Org) composite(c *call) (answer, error) {
	if c.method != http.MethodPost {
		return answer{}, methodNotAllowed(c.method, "POST")
	}
	var body struct {
		AllOrNone        bool         `json:"allOrNone"`
		CompositeRequest []subrequest `json:"compositeRequest"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: "The HTTP entity body is not a valid JSON object at [line:1, column:1]"}
	}
	if err := checkSubrequests(body.CompositeRequest); err != nil {
		return answer{}, err
	}
	if body.AllOrNone {
		return answer{}, Refusal{Status: http.StatusNotImplemented, Code: "NOT_IMPLEMENTED", Message: "This org in memory has no allOrNone"}
	}
	answers := map[string]any{}
	results := make([]map[string]any, len(body.CompositeRequest))
	for i, sub := range body.CompositeRequest {
		a, err := o.subrequest(c, sub, answers)
		if refusal := (Refusal{}); errors.As(err, &refusal) {
			a = refuse(refusal)
		}
		var value any
		_ = json.Unmarshal(a.body, &value) // no body is null
		if a.status < 300 {
			answers[sub.ReferenceID] = value
		}
		headers := map[string]string{}
		if location := a.header.Get("Location"); location != "" {
			headers["Location"] = location
		}
		results[i] = map[string]any{"body": value, "httpHeaders": headers, "httpStatusCode": a.status, "referenceId": sub.ReferenceID}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"compositeResponse": results}), nil
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

// subrequest makes one of the requests.
func (o *Org) subrequest(c *call, sub subrequest, answers map[string]any) (answer, error) {
	target, err := resolve(sub.URL, answers)
	if err != nil {
		return answer{}, err
	}
	body, err := resolve(string(sub.Body), answers)
	if err != nil {
		return answer{}, err
	}
	u, err := url.Parse(strings.ReplaceAll(target, " ", "+"))
	match := []string(nil)
	if err == nil {
		match = dataPath.FindStringSubmatch(u.Path)
	}
	if match == nil || strings.Trim(match[2], "/") == "composite" {
		return answer{}, notFound()
	}
	if err := checkVersion(match[1]); err != nil {
		return answer{}, err
	}
	inner := &call{method: sub.Method, path: u.Path, query: u.Query(), header: c.header.Clone(), body: []byte(body), version: match[1]}
	inner.header.Set("Content-Type", "application/json")
	return o.route(inner, strings.Trim(match[2], "/"))
}

// resolve puts the values of answers into the place of references to them.
func resolve(text string, answers map[string]any) (string, error) {
	var failed error
	resolved := answerReference.ReplaceAllStringFunc(text, func(found string) string {
		parts := answerReference.FindStringSubmatch(found)
		value, known := answers[parts[1]]
		for _, step := range pathStep.FindAllString(parts[2], -1) {
			switch container := value.(type) {
			case map[string]any:
				value, known = container[step], known && container[step] != nil
			case []any:
				n, err := strconv.Atoi(strings.Trim(step, "[]"))
				if err != nil || n >= len(container) {
					value, known = nil, false
					continue
				}
				value = container[n]
			default:
				value, known = nil, false
			}
		}
		if !known {
			failed = badRequest("PROCESSING_HALTED", fmt.Sprintf("Invalid reference specified. No value for %s found in %s", strings.Trim(found, "@{}"), parts[1]))
			return ""
		}
		return fmt.Sprint(value)
	})
	return resolved, failed
}

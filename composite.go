package sfprov

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// compositeAnswer is the answer to one of the requests in a composite one.
type compositeAnswer struct {
	Body   json.RawMessage `json:"body"`
	Status int             `json:"httpStatusCode"`
	Ref    string          `json:"referenceId"`
}

// queries makes several queries, five at most, with one request, which counts as one API call. A
// query can refer to the records of those before it: reference says how. The
// streams are those of the queries, in their order; one that failed yields its
// error. See "Composite" in the REST API Developer Guide.
func (c *client) queries(ctx context.Context, soql ...string) ([]iter.Seq2[Fields, error], error) {
	type subrequest struct {
		Method string `json:"method"`
		URL    string `json:"url"`
		Ref    string `json:"referenceId"`
	}
	var body struct {
		Requests []subrequest `json:"compositeRequest"`
	}
	for i, q := range soql {
		body.Requests = append(body.Requests, subrequest{http.MethodGet, c.base + "/query?q=" + escapeQuery(q), queryRef(i)})
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err // of strings
	}
	r := request{method: http.MethodPost, path: c.base + "/composite", body: encoded, repeatable: true, readOnly: true, pathOnly: true, tries: new(int)}
	var ans answer
	var answers []compositeAnswer
	for {
		if ans, err = c.sender.send(ctx, r); err != nil {
			return nil, err
		}
		if answers, err = compositeAnswers(ans, len(soql)); err != nil {
			return nil, err
		}
		failure := worstOf(answers, c.sender.facts(queryOf(0)))
		if failure == nil || !soon(failure) {
			break
		}
		if *r.tries++; *r.tries >= c.sender.retry.Attempts {
			break
		}
		if err = c.sender.wait(ctx, *r.tries, r, failure); err != nil {
			return nil, err
		}
	}
	streams := make([]iter.Seq2[Fields, error], len(soql))
	for i := range soql {
		streams[i] = c.records(ctx, queryOf(i), func() (queryPage, answer, error) {
			var page queryPage
			err := answers[i].failure(c.sender.facts(queryOf(i)))
			if err == nil {
				err = decode(answer{status: answers[i].Status, body: answers[i].Body}, &page)
			}
			return page, ans, err
		})
	}
	return streams, nil
}

// compositeAnswers are the answers to n queries.
func compositeAnswers(ans answer, n int) ([]compositeAnswer, error) {
	var composite struct {
		Answers []compositeAnswer `json:"compositeResponse"`
	}
	if err := decode(ans, &composite); err != nil {
		return nil, err
	}
	for i, sub := range composite.Answers {
		if sub.Ref != queryRef(i) || sub.Status < 200 {
			return nil, unexpected(ans, "the composite answer is not one to the queries that were sent")
		}
	}
	if len(composite.Answers) != n {
		return nil, unexpected(ans, "the composite answer does not answer every query")
	}
	return composite.Answers, nil
}

// failure is why a query failed; nil if it did not.
func (a compositeAnswer) failure(asked requestFacts) error {
	if a.Status < 300 {
		return nil
	}
	return newAPIError(asked, a.Status, a.Body, 0)
}

// worstOf is the first failure that is not only a reference to a record that isn't
// there.
func worstOf(answers []compositeAnswer, asked requestFacts) error {
	for _, a := range answers {
		if err := a.failure(asked); err != nil && !isHalted(err) {
			return err
		}
	}
	return nil
}

// isHalted says whether a query was not made because it refers to a record that
// isn't there.
func isHalted(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && apiErr.Code == "PROCESSING_HALTED"
}

// queryOf is the nth query, as a request of its own.
func queryOf(i int) request {
	return request{method: http.MethodGet, path: queryRef(i), pathOnly: true}
}

func queryRef(i int) string { return "q" + strconv.Itoa(i) }

// reference is how a query refers to a field of the first record of the nth one.
func reference(n int, field string) string { return "@{" + queryRef(n) + ".records[0]." + field + "}" }

var escapedReference = regexp.MustCompile(`%40%7B(q\d)\.records%5B0%5D\.(\w+)%7D`)

// escapeQuery escapes a query for a URL, but for its references. There are none in
// values: soqlString sees to that.
func escapeQuery(soql string) string {
	escaped := unescapedMarks.Replace(url.QueryEscape(soql))
	if strings.Contains(escaped, "%40%7B") {
		escaped = escapedReference.ReplaceAllString(escaped, "@{$1.records[0].$2}")
	}
	return escaped
}

// escapedLength is the length of what escapeQuery makes of a text without references.
func escapedLength(text string) int {
	n := len(text)
	for i := range len(text) {
		switch c := text[i]; {
		case isUpper(c), isLower(c), isDigit(c), strings.IndexByte("-_.~ '(),", c) >= 0:
		default:
			n += 2
		}
	}
	return n
}

// unescapedMarks are marks that need no escape in a URL's query. Long lists of values
// are full of them.
var unescapedMarks = strings.NewReplacer("%27", "'", "%2C", ",", "%28", "(", "%29", ")") //nolint:gochecknoglobals // a constant table

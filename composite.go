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

const (
	// compositeParts is how many requests a composite one may hold, and
	// compositeQueries how many of them may be queries.
	compositeParts   = 25
	compositeQueries = 5
)

// composite is several requests in one, which counts as one API call. They are
// carried out in their order: the queries, then the writes. A query or a write can
// refer to the records of a query before it: queryReference says how; and to the
// record that a write before it created: writeReference. See "Composite" in the
// REST API Developer Guide.
type composite struct {
	queries []string
	writes  []write
	// allOrNone undoes everything if a part fails.
	allOrNone bool
	// once leaves the repetitions to the caller.
	once bool
	// sure sends it again only if it is certain that nothing was done: what it reads is
	// the state before its own effect.
	sure bool
}

// compositeResult is the answer.
type compositeResult struct {
	records []iter.Seq2[record, error] // of each query; one that failed yields its error
	written []rowResult                // of each write
}

// failure is the first error of a write that says why it failed, and not that it
// was halted because another did; nil if all were done.
func (r compositeResult) failure() error {
	var halted error
	for _, w := range r.written {
		switch {
		case w.err == nil:
		case !isHalted(w.err):
			return w.err
		case halted == nil:
			halted = w.err
		}
	}
	return halted
}

type subrequest struct {
	method, url, ref string
	body             []byte // as JSON; empty if there is none
}

// appendTo appends the request as JSON.
func (s subrequest) appendTo(b []byte) []byte {
	b = append(b, `{"method":"`+s.method+`","url":`...)
	b, _ = appendJSON(b, s.url) // a string has a form
	b = append(b, `,"referenceId":"`+s.ref+`"`...)
	if len(s.body) > 0 {
		b = append(append(b, `,"body":`...), s.body...)
	}
	return append(b, '}')
}

// subanswer is the answer to one of them.
type subanswer struct {
	Body   json.RawMessage `json:"body"`
	Status int             `json:"httpStatusCode"`
	Ref    string          `json:"referenceId"`
}

// composite sends a composite request. An error is that of the whole request; an
// *unconfirmed one leaves open what was done. What fails for the moment is sent
// again, if nothing of it was done or it may be repeated.
func (c *client) composite(ctx context.Context, parts composite) (compositeResult, error) {
	r, subs, err := c.compositeRequest(parts)
	if err != nil {
		return compositeResult{}, err
	}
	var result compositeResult
	doubt := false // this or an earlier attempt may have been carried out
	err = c.sender.attempts(ctx, r, func(ctx context.Context, _ bool) (again bool, err error) {
		ans, err := c.sender.send(ctx, r)
		if err != nil {
			cause, inDoubt := isInDoubt(err)
			if doubt = doubt || inDoubt; doubt && !inDoubt {
				err = &unconfirmed{err: cause}
			}
			return isMomentary(cause) && parts.mayRepeat(!inDoubt && hadNoEffect(cause)), err
		}
		answers, err := subanswers(ans, subs)
		if err != nil {
			return false, parts.unreadable(err)
		}
		result = c.compositeResult(ctx, ans, parts, answers)
		momentary := c.momentaryOf(parts, answers, ans.secrets)
		return momentary != nil, momentary
	})
	if err != nil && (result.records == nil && result.written == nil || doubt) {
		if _, inDoubt := isInDoubt(err); doubt && !inDoubt { // the pause before the next attempt
			err = &unconfirmed{err: err}
		}
		return compositeResult{}, err
	}
	return result, nil // which tells of the errors of its parts
}

// compositeRequest is the request that holds the parts.
func (c *client) compositeRequest(parts composite) (request, []subrequest, error) {
	subs, err := c.subrequests(parts)
	if err != nil {
		return request{}, nil, err
	}
	size := 64
	for _, s := range subs {
		size += 80 + len(s.url) + len(s.body)
	}
	encoded := append(make([]byte, 0, size), `{"allOrNone":`+strconv.FormatBool(parts.allOrNone)+`,"compositeRequest":[`...)
	for i, s := range subs {
		if i > 0 {
			encoded = append(encoded, ',')
		}
		encoded = s.appendTo(encoded)
	}
	encoded = append(encoded, "]}"...)
	r := request{
		method: http.MethodPost, path: c.base + "/composite", body: encoded, once: true,
		readOnly: len(parts.writes) == 0,
	}
	return r, subs, nil
}

// unreadable is an answer of success that tells nothing.
func (parts composite) unreadable(err error) error {
	if len(parts.writes) == 0 {
		return err
	}
	return &unconfirmed{err: err}
}

// mayRepeat reports whether a composite request may be sent again, if it is certain
// that nothing of it was done, or if not.
func (parts composite) mayRepeat(undone bool) bool {
	switch {
	case parts.once:
		return false
	case undone:
		return true
	}
	return !parts.sure && parts.repeatable()
}

// repeatable reports whether a second time changes nothing.
func (parts composite) repeatable() bool {
	for _, w := range parts.writes {
		if !w.repeatable() {
			return false
		}
	}
	return true
}

func (c *client) subrequests(parts composite) ([]subrequest, error) {
	subs := make([]subrequest, 0, len(parts.queries)+len(parts.writes))
	for i, soql := range parts.queries {
		subs = append(subs, subrequest{method: http.MethodGet, url: c.base + "/query?q=" + escapeQuery(soql), ref: queryRef(i)})
	}
	for i := range parts.writes {
		w := &parts.writes[i]
		if err := w.encode(); err != nil {
			return nil, err
		}
		subs = append(subs, subrequest{method: w.method, url: c.path(*w), ref: writeRef(i), body: w.body})
	}
	return subs, nil
}

// subanswers are the answers, one for each request.
func subanswers(ans answer, subs []subrequest) ([]subanswer, error) {
	var said struct {
		Answers []subanswer `json:"compositeResponse"`
	}
	if err := decode(ans, &said); err != nil {
		return nil, err
	}
	if len(said.Answers) != len(subs) {
		return nil, unexpected(ans, "the composite answer does not answer every request")
	}
	for i, sub := range said.Answers {
		if sub.Ref != subs[i].ref || sub.Status < 200 {
			return nil, unexpected(ans, "the composite answer is not one to the requests that were sent")
		}
	}
	return said.Answers, nil
}

func (c *client) compositeResult(
	ctx context.Context,
	ans answer,
	parts composite,
	answers []subanswer,
) compositeResult {
	var result compositeResult
	for i, soql := range parts.queries {
		result.records = append(
			result.records,
			c.records(ctx, request{method: http.MethodGet, path: queryRef(i)}, func() (queryPage, answer, error) {
				var page queryPage
				err := answers[i].failure(func() requestFacts { return c.asksQuery(soql) }, ans.secrets)
				if err == nil { // the body is valid, since the whole was decoded
					page, err = pageOf(answer{status: answers[i].Status}, answers[i].Body)
				}
				return page, ans, err
			}),
		)
	}
	for i, w := range parts.writes {
		sub := answers[len(parts.queries)+i]
		row := rowResult{err: sub.failure(func() requestFacts { return c.asked(w) }, ans.secrets)}
		if row.err == nil {
			row.id, row.err = w.confirmed(sub.Status, sub.Body)
		} else if cause := row.err; inDoubt(cause) {
			row.err = &unconfirmed{err: cause}
		}
		result.written = append(result.written, row)
	}
	return result
}

// failure is why a request failed; nil if it did not.
func (a subanswer) failure(asked func() requestFacts, secrets []string) error {
	if a.Status < 300 {
		return nil
	}
	return newAPIError(asked(), a.Status, a.Body, 0, secrets...)
}

// momentaryOf is a failure of a part that can succeed within seconds, if all may be
// sent again for its sake: nothing was done, or a second time changes nothing.
func (c *client) momentaryOf(parts composite, answers []subanswer, secrets []string) error {
	someDone := false // that a second time would find, and tell of as if it had been so
	for _, a := range answers[len(parts.queries):] {
		someDone = someDone || a.Status < 300
	}
	if someDone && parts.sure {
		return nil
	}
	for i, a := range answers {
		asked := func() requestFacts {
			if n := i - len(parts.queries); n >= 0 {
				return c.asked(parts.writes[n])
			}
			return c.asksQuery(parts.queries[i])
		}
		if err := a.failure(asked, secrets); err != nil && !isHalted(err) && isMomentary(err) &&
			parts.mayRepeat(hadNoEffect(err) && (parts.allOrNone || len(parts.writes) < 2)) {
			return err
		}
	}
	return nil
}

// isHalted reports whether a part was not carried out, or undone, because it refers
// to a record that isn't there, or another part failed.
func isHalted(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && apiErr.Code == "PROCESSING_HALTED"
}

func queryRef(i int) string { return "q" + strconv.Itoa(i) }
func writeRef(i int) string { return "w" + strconv.Itoa(i) }

// queryReference is how a part refers to the ID of the first record of the nth
// query, and writeReference to that of the record that the nth write created.
func queryReference(n int) string { return "@{" + queryRef(n) + ".records[0].Id}" }
func writeReference(n int) string { return "@{" + writeRef(n) + ".id}" }

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

package sfprov

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxQueryURI is the longest request target that Salesforce takes, in bytes.
	// See "API Request Limits and Allocations".
	maxQueryURI = 16384
	// maxQueryString is the longest string of a WHERE clause, in characters.
	maxQueryString = 4000
)

// soqlString writes a string literal of SOQL. See "Quoted String Escape
// Sequences" in the SOQL and SOSL Reference.
func soqlString(s string) (string, error) {
	if isPlainLiteral(s) && len(s) <= maxQueryString {
		return "'" + s + "'", nil
	}
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("is not valid UTF-8")
	}
	if utf8.RuneCountInString(s) > maxQueryString {
		return "", fmt.Errorf("has more than %d characters", maxQueryString)
	}
	var b strings.Builder
	b.WriteByte('\'')
	var before rune
	for _, r := range s {
		isReference := before == '@' && r == '{' // in a composite request
		before = r
		switch escape, known := soqlEscapes[r]; {
		case known:
			b.WriteString(escape)
		case r < ' ', r == 0x7f, isReference:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String(), nil
}

// soqlEscapes are the characters that have an escape of their own.
var soqlEscapes = map[rune]string{ //nolint:gochecknoglobals // a constant table
	'\'': `\'`, '\\': `\\`, '"': `\"`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`,
}

// isPlainLiteral reports whether a string needs no escapes, as most don't.
func isPlainLiteral(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\'' || c == '"' || c == '\\' || c == '{' {
			return false
		}
	}
	return true
}

// equals is the condition that a field holds a string.
func equals(field, value string) (string, error) {
	literal, err := soqlString(value)
	if err != nil {
		return "", &ValidationError{Problems: []FieldProblem{{Field: field, Problem: err.Error() + ", so it can't be looked up"}}}
	}
	return field + " = " + literal, nil
}

// queryPage is an answer of the query resource.
type queryPage struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string
	Records        []record
}

// query streams the records of a SOQL query, page by page. Field names and
// object are this library's or checked by isFieldName; values come through
// equals. See "Query" in the REST API Developer Guide.
func (c *client) query(ctx context.Context, soql string) iter.Seq2[record, error] {
	r := request{method: http.MethodGet, path: c.base + "/query", query: "q=" + url.QueryEscape(soql)}
	if len(r.path)+1+len(r.query) > maxQueryURI {
		return func(yield func(record, error) bool) {
			yield(
				nil,
				&ValidationError{
					Problems: []FieldProblem{{Field: "query", Problem: "is too long for Salesforce: a value looked up is too long"}},
				},
			)
		}
	}
	return c.records(ctx, r, func() (queryPage, answer, error) { return c.page(ctx, r) })
}

// page reads one page.
func (c *client) page(ctx context.Context, r request) (queryPage, answer, error) {
	var page queryPage
	ans, err := c.sender.send(ctx, r)
	if err == nil && !json.Valid(ans.body) {
		err = notTheJSON(ans)
	}
	if err == nil {
		page, err = pageOf(ans, ans.body)
	}
	return page, ans, err
}

// pageOf reads a page from valid JSON.
func pageOf(ans answer, valid []byte) (queryPage, error) {
	page, err := scanPage(valid)
	if err != nil {
		return queryPage{}, notTheJSON(ans)
	}
	return page, nil
}

// records streams the records of pages, of which first gets the first and r is the
// request for it.
func (c *client) records(
	ctx context.Context,
	r request,
	first func() (queryPage, answer, error),
) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		// The server's word is not taken for the end of it all: what it announces must
		// come, no more, and no page twice.
		w := pageWatch{seen: map[string]bool{}}
		next := first
		for {
			page, ans, err := next()
			if err == nil {
				r, err = w.after(r, page, ans)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range page.Records {
				if !yield(row, nil) {
					return
				}
			}
			if page.Done {
				return
			}
			next = func() (queryPage, answer, error) { return c.page(ctx, r) }
		}
	}
}

// pageWatch watches over the pages of an answer.
type pageWatch struct {
	announced, read int
	seen            map[string]bool
}

// after is the request for the page after one; the same request if there is none.
func (w *pageWatch) after(r request, page queryPage, ans answer) (request, error) {
	w.announced, w.read = max(w.announced, page.TotalSize), w.read+len(page.Records)
	w.seen[r.path] = true
	switch {
	case page.Done && w.read < w.announced:
		return r, unexpected(ans, "the query answer announces records that don't come")
	case page.Done:
		return r, nil
	case len(page.Records) == 0 || w.announced > 0 && w.read > w.announced:
		return r, unexpected(ans, "the query answer does not end")
	}
	path, err := nextPage(ans, page.NextRecordsURL)
	if err == nil && w.seen[path] {
		err = unexpected(ans, "the query answer names a page twice")
	}
	r.query, r.path, r.template = "", path, "/query/{locator}"
	return r, err
}

// nextPage checks where the next page is said to be: it is server-relative, and
// the token goes nowhere else.
func nextPage(ans answer, location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil || location != u.EscapedPath() || !strings.HasPrefix(u.Path, "/services/data/") ||
		strings.Contains(u.Path, "..") {
		return "", unexpected(ans, "the query answer is incomplete and names no next page of this org")
	}
	return location, nil
}

// decode reads the JSON object of a successful answer.
func decode(ans answer, into any) error {
	if err := json.Unmarshal(ans.body, into); err != nil {
		return notTheJSON(ans)
	}
	return nil
}

func notTheJSON(ans answer) error {
	return unexpected(ans, "the answer is not the JSON object that was expected")
}

// unexpected is an answer with a status of success that is none. Its body is left
// out: it may be anything.
func unexpected(ans answer, message string) *APIError {
	return &APIError{StatusCode: ans.status, Message: message}
}

// readMany makes a query that ends in IN for many values: as many values as fit in a
// URI, and as many queries as fit in a request.
func (c *client) readMany(ctx context.Context, query string, values []string, each func(record) error) error {
	queries, err := c.packed(query, values)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(queries, compositeQueries) {
		result, err := c.composite(ctx, composite{queries: some})
		if err != nil {
			return err
		}
		for _, stream := range result.records {
			if err := eachOf(stream, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// packed are the queries for many values.
func (c *client) packed(query string, values []string) (queries []string, err error) {
	var list strings.Builder
	empty := len(c.base) + len("/query?q=") + escapedLength(query+"()")
	size := empty
	flush := func() {
		if list.Len() > 0 {
			queries = append(queries, query+"("+list.String()+")")
		}
		list.Reset()
		size = empty
	}
	for _, value := range values {
		literal, err := soqlString(value)
		if err != nil {
			return nil, err // such values are refused before
		}
		length := escapedLength(literal) + len(",")
		if size+length > maxQueryURI {
			flush()
		}
		if list.Len() > 0 {
			list.WriteByte(',')
		}
		list.WriteString(literal)
		size += length
	}
	flush()
	return queries, nil
}

// eachOf calls do for each record, until the first error.
func eachOf(stream iter.Seq2[record, error], do func(record) error) error {
	for row, err := range stream {
		if err == nil {
			err = do(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

package sfprov

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// maxCollection is how many records one request of sObject Collections takes.
const maxCollection = 200

// rowResult is what became of one record of a request about several.
type rowResult struct {
	id  string // that Salesforce sent, 18 characters; empty if it sent none
	err error  // an *APIError, an *unconfirmed, or that of the whole request
}

// writeAll makes any number of writes of one method and one object, and says what
// became of each. Those that failed for the moment are sent again, in collections that
// are half as large each time. contended counts those that met a lock. See "sObject
// Collections" in the REST API Developer Guide.
func (c *client) writeAll(ctx context.Context, writes []write, contended *atomic.Int64) []rowResult {
	results := make([]rowResult, len(writes))
	pending := make([]int, len(writes))
	for i := range pending {
		pending[i] = i
	}
	size := maxCollection
	doubtful := make([]bool, len(writes))
	again := func(ctx context.Context, _ bool) (bool, error) {
		c.writeOnce(ctx, writes, pending, size, results, contended)
		var momentary []int
		var last error
		for _, row := range pending {
			cause, inDoubt := isInDoubt(results[row].err)
			if doubtful[row] = doubtful[row] || inDoubt; doubtful[row] && cause != nil && !inDoubt { // of an attempt before
				results[row].err = &unconfirmed{err: cause}
			}
			if cause != nil && isMomentary(cause) && (writes[row].repeatable() || !inDoubt && hadNoEffect(cause)) {
				momentary, last = append(momentary, row), results[row].err
			}
		}
		pending, size = momentary, max(1, size/2)
		return len(momentary) > 0, last
	}
	// What an error says of the whole, the rows say already.
	_ = c.sender.attempts(ctx, request{method: http.MethodPost, path: c.base + "/composite/sobjects"}, again)
	return results
}

// writeOnce makes some of the writes, in requests of a size, each sent once.
func (c *client) writeOnce(ctx context.Context, writes []write, rows []int, size int, results []rowResult, contended *atomic.Int64) {
	for some := range slices.Chunk(rows, size) {
		c.writeSome(ctx, writes, some, results)
		for _, row := range some {
			if isContention(results[row].err) {
				contended.Add(1)
			}
		}
	}
}

// writeSome makes writes by one request.
func (c *client) writeSome(ctx context.Context, writes []write, rows []int, results []rowResult) {
	r, err := c.collection(writes, rows)
	var ans answer
	if err == nil {
		ans, err = c.sender.send(ctx, r)
	}
	var said []struct {
		ID      string    `json:"id"`
		Success bool      `json:"success"`
		Errors  rowErrors `json:"errors"`
	}
	if err == nil && (json.Unmarshal(ans.body, &said) != nil || ans.status != http.StatusOK || len(said) != len(rows)) {
		err = &unconfirmed{err: unexpected(ans, fmt.Sprintf("the answer does not tell what became of %d records", len(rows)))}
	}
	for i, row := range rows {
		if err != nil {
			results[row] = rowResult{err: err}
			continue
		}
		results[row] = c.rowOf(ans, writes[row], said[i].ID, said[i].Success, said[i].Errors)
	}
}

// rowErrors are the errors of a row, as they were sent; nil if there are none.
type rowErrors json.RawMessage

// UnmarshalJSON keeps them.
func (e *rowErrors) UnmarshalJSON(text []byte) error {
	*e = nil
	if string(text) != "[]" {
		*e = slices.Clone(text)
	}
	return nil
}

// rowOf is what the answer says of one record.
func (c *client) rowOf(ans answer, w write, saidID string, success bool, errs rowErrors) rowResult {
	row := rowResult{id: id18Of(saidID)}
	isRight := success && row.id != ""
	switch {
	case isRight && w.method == http.MethodPost && w.object == "User" && !strings.HasPrefix(row.id, prefixUser),
		isRight && w.method != http.MethodPost && row.id != w.id:
		row.err = &unconfirmed{err: unexpected(ans, "the answer is about another record")}
	case isRight:
	default:
		refusal := newAPIError(c.asked(w), http.StatusBadRequest, errs, 0, ans.secrets...)
		row.err = refusal
		if success || refusal.Code == "" {
			row.err = &unconfirmed{err: unexpected(ans, "the answer does not confirm the change of a record")}
		}
	}
	return row
}

// collection is the request about some writes.
func (c *client) collection(writes []write, rows []int) (request, error) {
	first := writes[rows[0]]
	r := request{method: first.method, path: c.base + "/composite/sobjects", once: true, repeatable: first.repeatable()}
	if first.method == http.MethodDelete {
		ids := make([]string, len(rows))
		for i, row := range rows {
			ids[i] = writes[row].id
		}
		r.query = url.Values{"ids": {strings.Join(ids, ",")}, "allOrNone": {"false"}}.Encode()
		return r, nil
	}
	size := 64
	for _, row := range rows {
		size += 40 * (len(writes[row].fields) + 2)
	}
	b := append(make([]byte, 0, size), `{"allOrNone":false,"records":[`...)
	for i, row := range rows {
		w := &writes[row]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"attributes":{"type":"`+w.object+`"}`...)
		if w.id != "" {
			b = append(b, `,"id":"`+w.id+`"`...)
		}
		at := len(b)
		var err error
		if b, err = w.fields.appendTo(b); err != nil {
			return request{}, fmt.Errorf("sfprov: encoding the record: %w", err) // checked has tried each value
		}
		if b[at] = ','; len(w.fields) == 0 { // in place of the brace
			b = append(b[:at], '}')
		}
	}
	r.body = append(b, "]}"...)
	return r, nil
}

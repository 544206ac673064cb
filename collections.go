package sfprov

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxCollection is how many records one request of sObject Collections takes.
const maxCollection = 200

// rowResult is what became of one record of a collection.
type rowResult struct {
	id  string // that Salesforce sent, 18 characters; empty if it sent none
	err error  // an *APIError, or an *unconfirmed
}

// insertAll creates up to 200 records of one object by one request. The rows are
// JSON objects. An error is that of the whole request; an *unconfirmed one leaves
// open what was created. See "sObject Collections" in the REST API Developer Guide.
func (c *client) insertAll(ctx context.Context, object string, rows [][]byte, r request) ([]rowResult, error) {
	r.method, r.path, r.body = http.MethodPost, c.base+"/composite/sobjects", collection(object, nil, rows)
	return c.collection(ctx, object, r, len(rows), rows)
}

// updateAll changes up to 200 records of one object.
func (c *client) updateAll(ctx context.Context, object string, ids []string, rows [][]byte) ([]rowResult, error) {
	r := request{method: http.MethodPatch, path: c.base + "/composite/sobjects", body: collection(object, ids, rows), pathOnly: true}
	results, err := c.collection(ctx, object, r, len(rows), rows)
	for i := range results {
		if results[i].err == nil && results[i].id != ids[i] {
			results[i].err = &unconfirmed{err: &APIError{StatusCode: http.StatusOK, Message: "the answer is about another record"}}
		}
	}
	return results, err
}

// deleteAll deletes up to 200 records of one object. What is gone is deleted.
func (c *client) deleteAll(ctx context.Context, ids []string) ([]rowResult, error) {
	r := request{
		method: http.MethodDelete, path: c.base + "/composite/sobjects", pathOnly: true, repeatable: true,
		query: url.Values{"ids": {strings.Join(ids, ",")}, "allOrNone": {"false"}}.Encode(),
	}
	return c.collection(ctx, "", r, len(ids), nil)
}

// collection writes the body of a request.
func collection(object string, ids []string, rows [][]byte) []byte {
	size := 64
	for _, row := range rows {
		size += len(row) + 64
	}
	var b bytes.Buffer
	b.Grow(size)
	b.WriteString(`{"allOrNone":false,"records":[`)
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"attributes":{"type":"` + object + `"}`)
		if ids != nil {
			b.WriteString(`,"id":"` + ids[i] + `"`)
		}
		if len(row) > len(`{}`) {
			b.WriteByte(',')
		}
		b.Write(row[1:])
	}
	b.WriteString("]}")
	return b.Bytes()
}

// collection sends a request about n records of an object, and reads what became of
// each. bodies are those of the records, if they have any.
func (c *client) collection(ctx context.Context, object string, r request, n int, bodies [][]byte) ([]rowResult, error) {
	ans, err := c.sender.send(ctx, r)
	if err != nil {
		return nil, err
	}
	var results []struct {
		ID      string          `json:"id"`
		Success bool            `json:"success"`
		Errors  json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(ans.body, &results); err != nil || ans.status != http.StatusOK || len(results) != n {
		return nil, &unconfirmed{err: unexpected(ans, fmt.Sprintf("the answer does not tell what became of %d records", n))}
	}
	rows := make([]rowResult, n)
	for i, result := range results {
		rows[i].id = id18Of(result.ID)
		if result.Success && rows[i].id != "" {
			continue
		}
		asked := requestFacts{method: r.method, object: object, record: r.method != http.MethodPost}
		if bodies != nil {
			asked.sent = referencesIn(bodies[i])
		}
		refusal := newAPIError(asked, http.StatusBadRequest, result.Errors, 0)
		rows[i].err = refusal
		if result.Success || refusal.Code == "" {
			rows[i].err = &unconfirmed{err: unexpected(ans, "the answer does not confirm the change of a record")}
		}
	}
	return rows, nil
}

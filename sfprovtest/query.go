package sfprovtest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPage is the largest and the usual number of records of a query's page,
// minPage the smallest that a client may ask for.
const (
	maxPage = 2000
	minPage = 200
)

// cursorLife is how long the following pages of a query can be had.
const cursorLife = 48 * time.Hour

// paging is how query answers are cut into pages.
type paging struct {
	size    int
	next    int
	cursors map[string]*cursor
}

// cursor is the rest of a query's answer.
type cursor struct {
	records []map[string]any
	render  func(c *call, record row) any
	total   int // of records; for COUNT() without any
	size    int
	made    time.Time
}

// SetPageSize makes query answers have at most n records a page, also below what
// a client may ask for: Salesforce can send fewer than asked for at any time. The
// default is 2,000, which anything below 1 sets again.
func (o *Org) SetPageSize(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n < 1 {
		n = maxPage
	}
	o.paging.size = n
}

// ExpireCursors makes the following pages of queries under way unavailable, as
// Salesforce does after two days.
func (o *Org) ExpireCursors() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.paging.cursors)
}

// queryAll is /queryAll?q=: the same as a query, as nothing that is deleted is kept.
func (o *Org) queryAll(c *call) (answer, error) { return o.query(c) }

// query is /query?q=.
func (o *Org) query(c *call) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	if c.query.Has("explain") { // in place of a query
		return answer{}, unsupported("parameter explain of queries")
	}
	if !c.query.Has("q") {
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "MALFORMED_QUERY", Message: "A query string has to be specified"}
	}
	b, err := o.bind(c.query.Get("q"), c.version)
	if err == nil && strings.EqualFold(c.query.Get("columns"), "true") {
		return jsonAnswer(http.StatusOK, b.columns()), nil
	}
	var found *cursor
	if err == nil {
		found, err = b.run()
	}
	if problem := (*soqlError)(nil); errors.As(err, &problem) {
		if problem.Code == codeQueryLacks {
			return answer{}, unsupported(problem.Message)
		}
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: problem.Code, Message: problem.Message}
	}
	if err != nil {
		return answer{}, err
	}
	found.size, found.made = o.paging.size, o.now()
	if asked, ok := strings.CutPrefix(strings.TrimSpace(c.header.Get("Sforce-Query-Options")), "batchSize="); ok {
		if n, err := strconv.Atoi(asked); err == nil {
			found.size = min(found.size, max(n, minPage))
		}
	}
	o.paging.next++
	locator := fmt.Sprintf("01g5g00000%08d", o.paging.next)
	if len(found.records) > found.size { // an answer of one page has no following ones to keep
		o.paging.cursors[locator] = found
	}
	return o.page(c, found, locator, 0)
}

// queryMore is /query/{locator}-{offset}.
func (o *Org) queryMore(c *call, location string) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	locator, rest, _ := strings.Cut(location, "-")
	offset, err := strconv.Atoi(rest)
	found := o.paging.cursors[locator]
	if err != nil || found == nil || offset < 0 || offset > len(found.records) || o.now().Sub(found.made) >= cursorLife {
		return answer{}, Refusal{Status: http.StatusNotFound, Code: "INVALID_QUERY_LOCATOR", Message: "invalid query locator"}
	}
	return o.page(c, found, locator, offset)
}

// candidates are the records that can meet a condition, in the order of creation:
// all of them, unless it wants some that an index knows. Looking at each of many
// thousands would take a while.
func (o *Org) candidates(object object, where *soqlCondition) []map[string]any {
	if object.name == "UserPermissionAccess" {
		return []map[string]any{o.permissionAccess()}
	}
	ids := o.order[object.name]
	if wanted, known := o.wanted(object, where); known {
		ids = wanted
	}
	rows := make([]map[string]any, 0, len(ids))
	for _, id := range ids {
		if record, exists := o.rows[object.name][id]; exists && o.seesRecord(object, record) {
			rows = append(rows, record)
		}
	}
	return rows
}

// wanted are the IDs of the only records that can meet a condition, which has to
// say that their ID, a unique field, or a UserLogin's user equals something, or one
// of several.
func (o *Org) wanted(object object, where *soqlCondition) (ids []string, known bool) {
	switch {
	case where == nil:
		return nil, false
	case where.operator == "AND":
		for _, operand := range where.operands {
			if ids, known = o.wanted(object, operand); known {
				return ids, true
			}
		}
		return nil, false
	case where.operator != "=" && where.operator != "IN":
		return nil, false
	}
	name := where.field.key()
	for _, literal := range where.values {
		if held, known := o.holdingsOf(object, name, literal); known {
			ids = append(ids, held...)
			continue
		}
		id, known := o.indexed(object, name, literal)
		if !known {
			return nil, false
		}
		ids = append(ids, id)
	}
	slices.Sort(ids) // IDs are given in the order of creation
	return slices.Compact(ids), true
}

// holdingsOf are the IDs of the assignments that a user has.
func (o *Org) holdingsOf(object object, name string, literal soqlValue) (ids []string, known bool) {
	value, _ := literal.value.(string)
	id, ok := id18(value)
	key, isAssignment := holdingsKey(object.name, row{name: id})
	return o.holdings[key], ok && isAssignment && (name == "assigneeid" || name == "userorgroupid")
}

// indexed is the ID of the only record that a field with an index can have the
// value of.
func (o *Org) indexed(object object, name string, literal soqlValue) (id string, known bool) {
	value, _ := literal.value.(string)
	id, _ = id18(value)
	switch {
	case value == "": // null, which many may have
		return "", false
	case name == "id":
		return id, true
	case name == "userid" && object.name == "UserLogin":
		return o.logins[id], true
	case object.name == "User" && slices.Contains(o.uniqueFields(), name):
		return o.unique[uniqueKey(name, value)], true
	}
	return "", false
}

// page renders one page of a query's answer.
func (o *Org) page(c *call, found *cursor, locator string, offset int) (answer, error) {
	end := min(offset+found.size, len(found.records))
	records := make([]any, 0, end-offset)
	for _, record := range found.records[offset:end] {
		records = append(records, found.render(c, record))
	}
	body := map[string]any{"totalSize": found.total, "done": end == len(found.records), "records": records}
	if end < len(found.records) {
		body["nextRecordsUrl"] = fmt.Sprintf("/services/data/v%s/query/%s-%d", c.version, locator, end)
	}
	return jsonAnswer(http.StatusOK, body), nil
}

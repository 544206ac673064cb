package sfprovtest

import (
	"fmt"
	"slices"
	"strings"
)

// soqlQuery is a parsed query.
type soqlQuery struct {
	Fields []string // as written, without aggregates; Profile.Name is one field
	Object string
	Limit  int // -1: none
	Offset int

	selected  []soqlSelected
	counts    bool           // SELECT COUNT()
	alias     string         // of the object
	where     *soqlCondition // nil: all rows
	groupBy   []soqlField
	having    *soqlCondition // nil: all groups
	orderBy   []soqlOrder
	text      string
	objectPos int
	used      []soqlField
	nested    []*soqlCondition // whose values another query gives

	// value is the value of a field, by its name in small letters, in a row; nil looks the
	// name up.
	value func(row map[string]any, field string) any
}

// soqlField is a field where it is named, or a function of it.
type soqlField struct {
	name     string
	pos      int
	function string // in capitals: COUNT and the like; empty for the field itself
}

// key is what rows have the field's value under.
func (f soqlField) key() string {
	if f.function != "" {
		return strings.ToLower(f.function + "(" + f.name + ")")
	}
	return strings.ToLower(f.name)
}

// soqlSelected is what a query asks for.
type soqlSelected struct {
	soqlField

	alias string
	set   string // of FIELDS(): ALL, STANDARD or CUSTOM
}

// aggregates reports whether rows are put into groups.
func (q *soqlQuery) aggregates() bool {
	return len(q.groupBy) > 0 || slices.ContainsFunc(q.selected, func(s soqlSelected) bool { return s.function != "" })
}

type soqlOrder struct {
	field      soqlField
	descending bool
	nullsLast  bool
}

// soqlCondition is AND, OR or NOT of other conditions, or a comparison.
type soqlCondition struct {
	operator string // AND, OR, NOT, =, !=, <, >, <=, >=, LIKE, IN, NOT IN
	operands []*soqlCondition
	field    soqlField
	values   []soqlValue
	texts    map[string]struct{} // of values, in their normal form; made when needed
	inner    *soqlQuery          // gives the values; nil if they are written
}

// soqlValue is a literal.
type soqlValue struct {
	value any        // string, bool, float64, time.Time, soqlDate, soqlDays, nil
	chars []soqlChar // of a string
	text  string     // as written
}

// soqlDate is a date without a time.
type soqlDate string

// unprefix takes the name or the alias of the object off the fields that begin with it.
func (q *soqlQuery) unprefix() {
	strip := func(name string) string {
		prefix, rest, found := strings.Cut(name, ".")
		if found && (strings.EqualFold(prefix, q.Object) || q.alias != "" && strings.EqualFold(prefix, q.alias)) {
			return rest
		}
		return name
	}
	for i := range q.Fields {
		q.Fields[i] = strip(q.Fields[i])
	}
	for i := range q.selected {
		q.selected[i].name = strip(q.selected[i].name)
	}
	for _, fields := range [][]soqlField{q.groupBy, q.used} {
		for i := range fields {
			fields[i].name = strip(fields[i].name)
		}
	}
	for i := range q.orderBy {
		q.orderBy[i].field.name = strip(q.orderBy[i].field.name)
	}
	for _, c := range []*soqlCondition{q.where, q.having} {
		c.each(func(c *soqlCondition) { c.field.name = strip(c.field.name) })
	}
}

// each does something to a condition and all that it is made of.
func (c *soqlCondition) each(do func(*soqlCondition)) {
	if c == nil {
		return
	}
	do(c)
	for _, operand := range c.operands {
		operand.each(do)
	}
}

// checkSelected refuses a field that is selected twice.
func (q *soqlQuery) checkSelected() error {
	seen := map[string]bool{}
	for _, selected := range q.selected {
		key := strings.ToLower(selected.alias)
		if key == "" {
			key = selected.key()
		}
		if selected.function != "" && selected.alias == "" {
			continue // each has a name of its own
		}
		if seen[key] && selected.alias != "" {
			return &soqlError{Code: codeMalformedQuery, Message: "duplicate alias: " + selected.alias}
		}
		if seen[key] && selected.set == "" {
			return &soqlError{Code: codeQueryField, Message: "duplicate field selected: " + selected.name}
		}
		seen[key] = true
	}
	return nil
}

// fieldsUsed returns every field that the query names, once, as first written.
func (q *soqlQuery) fieldsUsed() []string {
	var names []string
	seen := map[string]bool{}
	for _, field := range q.used {
		if key := strings.ToLower(field.name); !seen[key] && key != "" {
			seen[key] = true
			names = append(names, field.name)
		}
	}
	return names
}

// noSuchColumn is Salesforce's answer if the object has no such field, which is
// one of fieldsUsed. It points at the first place that names it.
func (q *soqlQuery) noSuchColumn(name, column, object string) *soqlError {
	return soqlErrorAt(codeQueryField, q.text, q.firstUse(name), fmt.Sprintf("No such column '%s' on entity '%s'. "+
		"If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", column, object))
}

// noSuchRelation is Salesforce's answer if a path begins with what is no relationship.
func (q *soqlQuery) noSuchRelation(name, relation string) *soqlError {
	return soqlErrorAt(codeQueryField, q.text, q.firstUse(name), fmt.Sprintf("Didn't understand relationship '%s' in field path. "+
		"If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", relation))
}

// firstUse is where the query names a field first.
func (q *soqlQuery) firstUse(name string) int {
	if i := slices.IndexFunc(q.used, func(used soqlField) bool { return strings.EqualFold(used.name, name) }); i >= 0 {
		return q.used[i].pos
	}
	return 0
}

// noSuchObject is Salesforce's answer if there is no such object.
func (q *soqlQuery) noSuchObject() *soqlError {
	return soqlErrorAt(codeQueryType, q.text, q.objectPos, fmt.Sprintf("sObject type '%s' is not supported. "+
		"If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", q.Object))
}

package sfprovtest

import (
	"fmt"
	"slices"
	"strings"
)

// soqlQuery is a parsed query: the subset of SOQL that this package knows, which
// has no functions, subqueries, aliases, groups or relative dates.
type soqlQuery struct {
	Fields []string // as written; Profile.Name is one field
	Object string
	Limit  int // -1: none
	Offset int

	where     *soqlCondition // nil: all rows
	orderBy   []soqlOrder
	text      string
	objectPos int
	used      []soqlField
}

// soqlField is a field where it is named.
type soqlField struct {
	name string
	pos  int
}

type soqlOrder struct {
	field      string
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
}

// soqlValue is a literal.
type soqlValue struct {
	value any        // string, bool, float64, time.Time, soqlDate, nil
	chars []soqlChar // of a string
	text  string     // as written
}

// soqlDate is a date without a time, which fits none of the types we know.
type soqlDate string

// checkSelected refuses a field that is selected twice.
func (q *soqlQuery) checkSelected() error {
	seen := map[string]bool{}
	for _, field := range q.Fields {
		key := strings.ToLower(field)
		if seen[key] {
			return &soqlError{Code: codeQueryField, Message: "duplicate field selected: " + field}
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
		if key := strings.ToLower(field.name); !seen[key] {
			seen[key] = true
			names = append(names, field.name)
		}
	}
	return names
}

// noSuchColumn is Salesforce's answer if the object has no such field, which is
// one of fieldsUsed. It points at the first place that names it.
func (q *soqlQuery) noSuchColumn(name string) *soqlError {
	field := soqlField{name: name}
	if i := slices.IndexFunc(q.used, func(used soqlField) bool { return strings.EqualFold(used.name, name) }); i >= 0 {
		field = q.used[i]
	}
	return soqlErrorAt(codeQueryField, q.text, field.pos, fmt.Sprintf("No such column '%s' on entity '%s'. "+
		"If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", field.name, q.Object))
}

// noSuchObject is Salesforce's answer if there is no such object.
func (q *soqlQuery) noSuchObject() *soqlError {
	return soqlErrorAt(codeQueryType, q.text, q.objectPos, fmt.Sprintf("sObject type '%s' is not supported. "+
		"If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", q.Object))
}

package sfprovtest

import (
	"slices"
	"strings"
)

// valuesOfField finds the records with a value for the rows of one collection: looking at
// all users for each of 200 rows would take a while.
type valuesOfField struct {
	org    *Org
	object object
	field  field
	ids    map[string][]string // by lower-case value, which rows found by it can't change
}

func (o *Org) valuesOf(object object, f field) *valuesOfField {
	return &valuesOfField{org: o, object: object, field: f}
}

// find are the records that have a value, ignoring case.
func (v *valuesOfField) find(value string) []string {
	if v.object.name == "User" && slices.Contains(v.org.uniqueFields(), folded(v.field.name)) {
		return v.org.withValue(v.object, v.field, value) // which has an index of its own
	}
	if v.ids == nil {
		v.ids = map[string][]string{}
		for _, id := range v.org.order[v.object.name] {
			v.note(id)
		}
	}
	var found []string
	for _, id := range v.ids[strings.ToLower(value)] {
		if v.org.seesRecord(v.object, v.org.rows[v.object.name][id]) {
			found = append(found, id)
		}
	}
	return found
}

// note notes the value of a record, which may be new.
func (v *valuesOfField) note(id string) {
	value := strings.ToLower(textOf(v.org.rows[v.object.name][id][folded(v.field.name)]))
	if v.ids != nil && value != "" && !slices.Contains(v.ids[value], id) {
		v.ids[value] = append(v.ids[value], id)
	}
}

package sfprovtest

import (
	"fmt"
	"strings"
	"time"
)

// render is a record with what the query asks for, its parents within it.
func (b *boundQuery) render(c *call, record row) any {
	out := newRecord(c, b.object.name, record)
	for _, selected := range b.q.selected {
		at := b.named[selected.key()]
		into, of := out, record
		for _, step := range at.path {
			of = b.o.parentRecord(step, of)
			if of == nil {
				into.set(step.field.relation, nil)
				break
			}
			into = into.parent(c, step.field.relation, b.o.nameOfObject(of), of)
		}
		if of != nil {
			into.set(at.field.name, b.o.shownColumn(at, of))
		}
	}
	return out
}

// shownColumn is a field of a record as JSON has it. The type of what can be several objects
// is its object.
func (o *Org) shownColumn(at column, of row) any {
	if at.of.name == names.name && at.field.name == "Type" {
		return o.nameOfObject(of)
	}
	return shown(at.field, of)
}

// nameOfObject is the object of a record.
func (o *Org) nameOfObject(record row) string {
	id, _ := record["id"].(string)
	of, _, _ := o.recordByID(id)
	return of.name
}

// renderGroup is the row of a group.
func (b *boundQuery) renderGroup(_ *call, group row) any {
	out := &shownRecord{}
	out.set("attributes", map[string]string{"type": "AggregateResult"})
	unnamed := 0
	for _, selected := range b.q.selected {
		value := group[selected.key()]
		switch shown := value.(type) {
		case time.Time:
			value = dateTime(shown)
		case float64:
			if selected.function == "COUNT" || selected.function == "COUNT_DISTINCT" {
				value = int(shown)
			}
		}
		name := selected.alias
		switch {
		case name == "" && selected.function != "":
			name = fmt.Sprintf("expr%d", unnamed)
			unnamed++
		case name == "":
			name = b.named[selected.key()].field.name
		}
		out.set(name, value)
	}
	return out
}

// columns is the answer to a query with the parameter columns: what it asks for, in place
// of records. Its form is the one that Salesforce's command line reads.
func (b *boundQuery) columns() map[string]any {
	metadata := columnList{}
	unnamed := 0
	for _, selected := range b.q.selected {
		at := b.named[selected.key()]
		if selected.function == "" {
			list := &metadata
			for _, step := range at.path {
				list = list.joined(step)
			}
			list.add(columnOf(at.field.name, at.field.name, at.field, false))
			continue
		}
		name := selected.alias
		if name == "" {
			name = fmt.Sprintf("expr%d", unnamed)
			unnamed++
		}
		metadata.add(columnOf(name, strings.ToLower(selected.function)+"("+selected.name+")", field{kind: typeDouble}, true))
	}
	_, isIDSelected := b.named["id"]
	return map[string]any{
		"columnMetadata": metadata.all(), "entityName": b.object.name, "groupBy": len(b.q.groupBy) > 0, "idSelected": isIDSelected, "keyPrefix": orNil(b.object.prefix),
	}
}

// columnList are columns, of which parents have columns within.
type columnList struct {
	columns []map[string]any
	parents map[string]*columnList // by relationship
}

func (l *columnList) add(column map[string]any) { l.columns = append(l.columns, column) }

// joined are the columns within the one of a parent.
func (l *columnList) joined(by column) *columnList {
	if within := l.parents[by.field.relation]; within != nil {
		return within
	}
	if l.parents == nil {
		l.parents = map[string]*columnList{}
	}
	within := &columnList{}
	l.parents[by.field.relation] = within
	column := columnOf(by.field.relation, by.field.relation, field{}, false)
	column["foreignKeyName"], column["joinColumns"] = by.field.name, within
	l.add(column)
	return within
}

// all are the columns, and those within them, as JSON has them.
func (l *columnList) all() []map[string]any {
	for _, column := range l.columns {
		if within, isParent := column["joinColumns"].(*columnList); isParent {
			column["joinColumns"] = within.all()
		}
	}
	return l.columns
}

// columnOf describes a column.
func columnOf(name, label string, f field, aggregate bool) map[string]any {
	t := soqlTypeOf(f)
	var apex any
	switch {
	case aggregate, f.kind == "":
	case t == soqlID:
		apex = "Id"
	case t == soqlBoolean:
		apex = "Boolean"
	case f.kind == typeInt:
		apex = "Integer"
	case t == soqlNumber:
		apex = "Double"
	case t == soqlDateTime:
		apex = "Datetime"
	case t == soqlDay:
		apex = "Date"
	default:
		apex = "String"
	}
	return map[string]any{
		"columnName": name, "displayName": label, "aggregate": aggregate, "apexType": apex, "booleanType": t == soqlBoolean && f.kind != "",
		"numberType": aggregate || t == soqlNumber, "textType": apex == "String", "custom": strings.HasSuffix(name, "__c"),
		"foreignKeyName": nil, "insertable": f.create, "updatable": f.update, "joinColumns": []any{},
	}
}

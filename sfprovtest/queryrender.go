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
	metadata := []map[string]any{}
	parents := map[string]map[string]any{} // by their path
	unnamed := 0
	for _, selected := range b.q.selected {
		at := b.named[selected.key()]
		switch {
		case selected.function != "":
			name := selected.alias
			if name == "" {
				name = fmt.Sprintf("expr%d", unnamed)
				unnamed++
			}
			metadata = append(metadata, columnOf(name, strings.ToLower(selected.function)+"("+selected.name+")", field{kind: typeDouble}, true))
		default:
			list := &metadata
			path := ""
			for _, step := range at.path {
				path += "." + strings.ToLower(step.field.relation)
				if parents[path] == nil {
					parents[path] = columnOf(step.field.relation, step.field.relation, field{}, false)
					parents[path]["foreignKeyName"] = step.field.name
					joined := []map[string]any{}
					parents[path]["joinColumns"] = &joined
					*list = append(*list, parents[path])
				}
				list, _ = parents[path]["joinColumns"].(*[]map[string]any)
			}
			*list = append(*list, columnOf(at.field.name, at.field.name, at.field, false))
		}
	}
	_, isIDSelected := b.named["id"]
	return map[string]any{
		"columnMetadata": metadata, "entityName": b.object.name, "groupBy": len(b.q.groupBy) > 0, "idSelected": isIDSelected, "keyPrefix": orNil(b.object.prefix),
	}
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

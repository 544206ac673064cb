package sfprovtest

import (
	"fmt"
	"slices"
	"strings"
)

// maxParents is how far up a query can follow relationships.
const maxParents = 5

// boundQuery is a query with what its names mean in the org.
type boundQuery struct {
	o       *Org
	q       *soqlQuery
	object  object
	visible bool              // the integration user sees the object
	named   map[string]column // by their paths in small letters
}

// column is a field that a query names: of its object, or of a parent.
type column struct {
	path  []column // the references that lead there; empty for a field of the object itself
	field field
	of    object
}

// bind parses a query and finds what it names.
func (o *Org) bind(text, version string) (*boundQuery, error) {
	q, err := parseSOQL(text, o.now())
	if err != nil {
		return nil, err
	}
	return o.bindParsed(q, version)
}

func (o *Org) bindParsed(q *soqlQuery, version string) (*boundQuery, error) {
	object, known := o.object(q.Object)
	switch {
	case !known && isAbsent(q.Object):
		return nil, q.noSuchObject()
	case !known:
		return nil, unsupported("object " + q.Object)
	case !o.seesObject(object):
		return &boundQuery{o: o, q: q, object: object}, o.hidden(q)
	}
	b := &boundQuery{o: o, q: q, object: object, visible: true, named: map[string]column{}}
	if err := b.expand(); err != nil {
		return nil, err
	}
	for _, name := range q.fieldsUsed() {
		if q.isAlias(name) {
			continue
		}
		if err := b.name(name); err != nil {
			return nil, err
		}
	}
	if q.aggregates() && object.name == "SetupAuditTrail" {
		return nil, &soqlError{Code: codeMalformedQuery, Message: "SetupAuditTrail does not support aggregate functions"}
	}
	if err := b.checkFilters(version); err != nil {
		return nil, err
	}
	q.value = b.value
	for _, c := range q.nested {
		if err := b.fill(c, version); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// isAlias reports whether a name is one that the query gives.
func (q *soqlQuery) isAlias(name string) bool {
	return q.aggregates() && slices.ContainsFunc(q.selected, func(s soqlSelected) bool { return strings.EqualFold(s.alias, name) })
}

// expand puts the fields into the place of FIELDS().
func (b *boundQuery) expand() error {
	var selected []soqlSelected
	for _, one := range b.q.selected {
		if one.set == "" {
			selected = append(selected, one)
			continue
		}
		if one.set != "STANDARD" && (b.q.Limit < 0 || b.q.Limit > 200) {
			return &soqlError{Code: codeMalformedQuery, Message: "The SOQL FIELDS function must have a LIMIT of at most 200"}
		}
		for _, f := range b.o.visibleFields(b.object) {
			custom := strings.HasSuffix(f.name, "__c")
			named := slices.ContainsFunc(b.q.selected, func(s soqlSelected) bool { return s.set == "" && s.key() == f.key() })
			if named || one.set == "CUSTOM" && !custom || one.set == "STANDARD" && custom {
				continue
			}
			field := soqlField{name: f.name, pos: one.pos}
			selected = append(selected, soqlSelected{soqlField: field})
			b.q.used = append(b.q.used, field)
		}
	}
	b.q.selected = selected
	return nil
}

// name finds what a field of the query means.
func (b *boundQuery) name(name string) error {
	parts := strings.Split(name, ".")
	at, of := column{}, b.object
	if len(parts)-1 > maxParents {
		return &soqlError{Code: codeMalformedQuery, Message: fmt.Sprintf("SOQL relationships cannot be more than %d levels deep", maxParents)}
	}
	for _, relation := range parts[:len(parts)-1] {
		by, target, found := b.o.parentOf(of, relation)
		if !found {
			return b.q.noSuchRelation(name, relation)
		}
		at.path = append(slices.Clone(at.path), column{field: by, of: of})
		of = target
	}
	last := parts[len(parts)-1]
	f, known := b.o.visibleField(of, last)
	switch {
	case !known && b.o.lacks(of, last):
		return unsupported("field " + last + " of " + of.name)
	case !known:
		return b.q.noSuchColumn(name, last, of.name)
	}
	at.field, at.of = f, of
	b.named[strings.ToLower(name)] = at
	return nil
}

// checkFilters refuses conditions on fields that can't be filtered.
func (b *boundQuery) checkFilters(version string) (refusal error) {
	b.q.where.each(func(c *soqlCondition) {
		if len(c.operands) > 0 || refusal != nil {
			return
		}
		if c.field.function != "" {
			refusal = soqlErrorAt(codeMalformedQuery, b.q.text, c.field.pos, "Aggregate functions are not supported in WHERE: use HAVING")
			return
		}
		f := b.named[c.field.key()].field
		isLong := f.kind == typeTextArea && f.length > 255
		if isLong || f.name == "UsedLicenses" && version >= "64.0" {
			refusal = soqlErrorAt(codeQueryField, b.q.text, c.field.pos, fmt.Sprintf("field '%s' can not be filtered in a query call", f.name))
		}
	})
	return refusal
}

// fill runs the query within a condition, whose values it gives.
func (b *boundQuery) fill(c *soqlCondition, version string) error {
	inner, err := b.o.bindParsed(c.inner, version)
	if err != nil {
		return err
	}
	if len(c.inner.selected) != 1 || c.inner.aggregates() || c.inner.counts {
		return soqlErrorAt(codeMalformedQuery, b.q.text, c.field.pos, "The inner select must select one field")
	}
	records, err := inner.records()
	if err != nil {
		return err
	}
	c.values = []soqlValue{}
	key := c.inner.selected[0].key()
	for _, record := range records {
		if value := inner.value(record, key); value != nil {
			c.values = append(c.values, soqlValue{value: value})
		}
	}
	return nil
}

// value is the value of a named field in a record.
func (b *boundQuery) value(record map[string]any, key string) any {
	at, known := b.named[key]
	if !known {
		return record[key]
	}
	for _, step := range at.path {
		if record = b.o.parentRecord(step, record); record == nil {
			return nil
		}
	}
	return valueOf(at.field, record)
}

// parentRecord is what a reference of a record leads to; nil if there is nothing that the
// integration user sees.
func (o *Org) parentRecord(by column, record row) row {
	id, _ := record[by.field.key()].(string)
	of, parent, found := o.recordByID(id)
	if !found || !o.seesRecord(of, parent) {
		return nil
	}
	return parent
}

// records are the records that the query selects, or the rows of its groups.
func (b *boundQuery) records() ([]map[string]any, error) {
	return b.q.run(b.o.candidates(b.object, b.q.where), func(name string) soqlType { return soqlTypeOf(b.named[name].field) })
}

// run runs the query.
func (b *boundQuery) run() (*cursor, error) {
	if !b.visible {
		return &cursor{render: b.render}, nil
	}
	records, err := b.records()
	if err != nil {
		return nil, err
	}
	if b.q.counts {
		return &cursor{total: len(records)}, nil
	}
	found := &cursor{records: records, total: len(records), render: b.render}
	if b.q.aggregates() {
		found.render = b.renderGroup
	}
	return found, nil
}

func soqlTypeOf(f field) soqlType {
	switch f.kind {
	case typeID, typeReference:
		return soqlID
	case typeBoolean:
		return soqlBoolean
	case typeInt, typeDouble, typeCurrency, typePercent:
		return soqlNumber
	case typeDateTime:
		return soqlDateTime
	case typeDate:
		return soqlDay
	case typeMultiPicklist:
		return soqlMulti
	case typeString, typeEmail, typePhone, typeURL, typeTextArea, typePicklist:
	}
	return soqlString
}

package sfprov

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// record is what Fields become as soon as they are checked, and what the org answers:
// fields in the order of their folded names, each there once, so that two records are
// compared side by side. A record is never changed, but made anew.
type record []fieldValue

type fieldValue struct {
	*fieldName

	value any // nil, a string, a boolean, a number, or JSON
}

// field is one field of a record.
func field(name string, value any) fieldValue { return fieldValue{nameOf(name), value} }

// newRecord makes a record of fields; of two of one name, the first counts.
func newRecord(fields ...fieldValue) record { return merged(fields) }

// merged is all that records hold; of a field that several have, the first counts.
func merged(records ...record) record {
	n := 0
	for _, r := range records {
		n += len(r)
	}
	all := make(record, 0, n)
	for _, r := range records {
		all = append(all, r...)
	}
	return all.settled()
}

// settled is a record that was gathered, in order; of two of one name, the first counts.
func (r record) settled() record {
	r.sort()
	return slices.CompactFunc(r, func(a, b fieldValue) bool { return a.folded == b.folded })
}

// sort sorts a record that is being made. Most are nearly in order, and few are long.
func (r record) sort() {
	for i := 1; i < len(r); i++ {
		for j := i; j > 0 && r[j].folded < r[j-1].folded; j-- {
			r[j], r[j-1] = r[j-1], r[j]
		}
	}
}

// lookup finds a field.
func (r record) lookup(name string) (value any, ok bool) {
	if len(r) == 0 {
		return nil, false
	}
	folded := nameOf(name).folded
	for i := range r {
		if r[i].folded == folded {
			return r[i].value, true
		}
	}
	return nil, false
}

// text is the string value of a field; ok is false if the field is absent or holds
// something else.
func (r record) text(name string) (value string, ok bool) {
	v, _ := r.lookup(name)
	value, ok = v.(string)
	return value, ok
}

// number is the value of a field that holds a number; 0 if it holds something else.
func (r record) number(name string) float64 {
	v, _ := r.lookup(name)
	digits, _ := v.(json.Number)
	number, err := digits.Float64()
	if err != nil {
		return 0
	}
	return number
}

// with is the record with a field, in place of what it had.
func (r record) with(name string, value any) record { return merged(record{field(name, value)}, r) }

// without is the record without some fields.
func (r record) without(names ...string) record {
	isNamed := func(f fieldValue) bool { return containsFold(names, f.spelt) }
	if !slices.ContainsFunc(r, isNamed) {
		return r
	}
	return slices.DeleteFunc(slices.Clone(r), isNamed)
}

// names are the names, in the room given if they fit.
func (r record) names(room []string) []string {
	for _, f := range r {
		room = append(room, f.spelt)
	}
	return room
}

// texts are the fields that hold a string.
func (r record) texts() Fields {
	texts := make(Fields, len(r))
	for _, f := range r {
		if text, isText := f.value.(string); isText {
			texts[f.spelt] = text
		}
	}
	return texts
}

// encode writes the record as a JSON object, as json.Marshal would write a map. Names
// are plain: checked has seen to that.
func (r record) encode() ([]byte, error) { return r.appendTo(make([]byte, 0, 40*(len(r)+1))) }

// appendTo appends it to what is there.
func (r record) appendTo(b []byte) ([]byte, error) {
	b = append(b, '{')
	for i, f := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, f.spelt...)
		b = append(b, `":`...)
		var err error
		if b, err = appendJSON(b, f.value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// appendJSON appends a value as json.Marshal would write it.
func appendJSON(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		if isPlainJSON(v) {
			b = append(b, '"')
			b = append(b, v...)
			return append(b, '"'), nil
		}
	}
	encoded, err := json.Marshal(value)
	return append(b, encoded...), err
}

// isPlainJSON reports whether a string is the same within quotes, as most are.
func isPlainJSON(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// hasTwins reports whether a field is there twice, in a record that is being made.
func (r record) hasTwins() bool {
	for i := 1; i < len(r); i++ {
		if r[i].folded == r[i-1].folded {
			return true
		}
	}
	return false
}

// checked makes a record of a caller's fields, with values in their plain form, and
// reports names and values that can't be sent.
func checked(fields Fields) (record, []FieldProblem) {
	if len(fields) == 0 {
		return nil, nil
	}
	r := make(record, 0, len(fields)+1) // and the username, mostly
	for name, value := range fields {
		r = append(r, fieldValue{nameOf(name), value})
	}
	r.sort()
	if r.hasTwins() {
		slices.SortFunc(r, func(a, b fieldValue) int { return strings.Compare(a.folded+a.spelt, b.folded+b.spelt) })
	}
	var problems []FieldProblem
	for i := range r {
		f := &r[i]
		switch {
		case !f.valid:
			problems = append(problems, FieldProblem{Field: quote(f.spelt), Problem: notAFieldName})
			continue
		case f.kind == kindReadOnly:
			problems = append(problems, FieldProblem{Field: f.spelt, Problem: "is set by Salesforce and can't be written"})
			continue
		case i > 0 && r[i-1].folded == f.folded:
			problems = append(problems, FieldProblem{Field: f.spelt, Problem: givenTwice})
		}
		plain, problem := plainValue(f.value)
		if problem == "" {
			f.value = plain
			problem = problemOfValue(f.userField, f.known, plain)
		}
		if problem != "" {
			problems = append(problems, FieldProblem{Field: f.spelt, Problem: problem})
		}
	}
	return r, problems
}

// cleared are the problems of fields that are to be empty and can't be.
func (r record) cleared() (problems []FieldProblem) {
	for _, f := range r {
		if f.required && f.name != "Username" && isBlank(f.value) {
			problems = append(problems, FieldProblem{Field: f.name, Problem: "can't be cleared: Salesforce requires a value"})
		}
	}
	return problems
}

const givenTwice = "is given twice, in different case; Salesforce ignores the case of field names"

const notAFieldName = "is not a field API name, such as Department or Cost_Center__c"

// problemsOf are those of one field.
func problemsOf(problems []FieldProblem, name string) (some []FieldProblem) {
	for _, p := range problems {
		if strings.EqualFold(p.Field, name) {
			some = append(some, p)
		}
	}
	return some
}

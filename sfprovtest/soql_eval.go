package sfprovtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// soqlType is the type of a field, as far as queries are concerned.
type soqlType int

const (
	soqlString  soqlType = iota // = and LIKE ignore case
	soqlID                      // 15 or 18 characters, of which the first 15 count
	soqlBoolean                 // null is false
	soqlNumber
	soqlDateTime
	soqlDay   // a date without a time
	soqlMulti // several texts, parted by semicolons
)

// String is the name of the type in Salesforce's messages.
func (t soqlType) String() string {
	switch t {
	case soqlString:
		return "string"
	case soqlID:
		return "ID"
	case soqlBoolean:
		return "boolean"
	case soqlNumber:
		return "double"
	case soqlDateTime:
		return "dateTime"
	case soqlDay:
		return "date"
	case soqlMulti:
		return "multipicklist"
	}
	return "unknown"
}

// run returns the rows that the query selects, in its order. Rows are keyed by
// field names in lower case, and typeOf is asked with such names. Rows and maps
// are not changed; the rows returned are those of the input, or, if the query
// aggregates, one for each group. Every error is a *soqlError.
func (q *soqlQuery) run(rows []map[string]any, typeOf func(field string) soqlType) ([]map[string]any, error) {
	types := func(field string) soqlType { return typeOf(strings.ToLower(field)) }
	if err := q.check(q.where, types); err != nil {
		return nil, err
	}
	result := []map[string]any{}
	for _, row := range rows {
		if q.where == nil || q.where.holds(row, q.valueOf, types) {
			result = append(result, row)
		}
	}
	value := q.valueOf
	if q.aggregates() {
		types = q.aggregateTypes(types)
		if err := q.check(q.having, types); err != nil {
			return nil, err
		}
		value = func(row map[string]any, key string) any { return row[key] }
		result = slices.DeleteFunc(q.group(result, types), func(row map[string]any) bool {
			return q.having != nil && !q.having.holds(row, value, types)
		})
	}
	slices.SortStableFunc(result, func(a, b map[string]any) int {
		for _, order := range q.orderBy {
			if c := order.compare(a, b, value, types); c != 0 {
				return c
			}
		}
		return 0
	})
	result = result[min(q.Offset, len(result)):]
	if q.Limit >= 0 {
		result = result[:min(q.Limit, len(result))]
	}
	return result, nil
}

// valueOf is the value of a field in a row.
func (q *soqlQuery) valueOf(row map[string]any, key string) any {
	if q.value != nil {
		return q.value(row, key)
	}
	return row[key]
}

// aggregateTypes are the types of fields, and of aggregates by their keys and aliases.
func (q *soqlQuery) aggregateTypes(types func(string) soqlType) func(string) soqlType {
	known := map[string]soqlType{}
	for _, field := range q.used {
		switch field.function {
		case "":
		case "MIN", "MAX":
			known[field.key()] = types(field.name)
		default:
			known[field.key()] = soqlNumber
		}
	}
	for _, selected := range q.selected {
		if selected.alias != "" && selected.function != "" {
			known[strings.ToLower(selected.alias)] = known[selected.key()]
		} else if selected.alias != "" {
			known[strings.ToLower(selected.alias)] = types(selected.name)
		}
	}
	return func(name string) soqlType {
		if t, isKnown := known[strings.ToLower(name)]; isKnown {
			return t
		}
		return types(name)
	}
}

// check refuses comparisons that don't suit the type of their field.
func (q *soqlQuery) check(c *soqlCondition, types func(string) soqlType) error {
	if c == nil {
		return nil
	}
	for _, operand := range c.operands {
		if err := q.check(operand, types); err != nil {
			return err
		}
	}
	if len(c.operands) > 0 {
		return nil
	}
	t := types(c.field.key())
	refuse := func(code, problem string) error {
		return soqlErrorAt(code, q.text, c.field.pos, problem)
	}
	orders := strings.ContainsAny(c.operator, "<>")
	several := c.operator == "INCLUDES" || c.operator == "EXCLUDES"
	if c.operator == "LIKE" && t != soqlString || orders && (t == soqlBoolean || t == soqlMulti) || several && t != soqlMulti {
		return refuse(codeQueryFilterOperator, "invalid operator on "+strings.ToLower(t.String())+" field")
	}
	for _, value := range c.values {
		if !value.fits(t) {
			quotes := "should not be enclosed in quotes"
			if t == soqlString || t == soqlID || t == soqlMulti {
				quotes = "should be enclosed in quotes"
			}
			return refuse(codeQueryField, fmt.Sprintf("value of filter criterion for field '%s' must be of type %s and %s",
				c.field.name, t, quotes))
		}
		if id, ok := value.value.(string); ok && t == soqlID && id != "" && !looksLikeID(id) {
			return refuse(codeQueryFilterOperator, "invalid ID field: "+id)
		}
	}
	return nil
}

func (v soqlValue) fits(t soqlType) bool {
	switch v.value.(type) {
	case nil:
		return true
	case string:
		return t == soqlString || t == soqlID || t == soqlMulti
	case bool:
		return t == soqlBoolean
	case float64:
		return t == soqlNumber
	case time.Time:
		return t == soqlDateTime
	case soqlDate:
		return t == soqlDay
	case soqlDays:
		return t == soqlDateTime || t == soqlDay
	}
	return false
}

func looksLikeID(id string) bool {
	for i := range len(id) {
		if !isSOQLLetter(id[i]) && !isSOQLDigit(id[i]) {
			return false
		}
	}
	return len(id) == 15 || len(id) == 18
}

// holds tells whether a row meets the condition. There is no third truth value
// as in SQL: NOT turns every false comparison with null into true.
func (c *soqlCondition) holds(row map[string]any, valueOf soqlValueOf, types func(string) soqlType) bool {
	switch c.operator {
	case "NOT":
		return !c.operands[0].holds(row, valueOf, types)
	case "AND":
		return !slices.ContainsFunc(c.operands, func(o *soqlCondition) bool { return !o.holds(row, valueOf, types) })
	case "OR":
		return slices.ContainsFunc(c.operands, func(o *soqlCondition) bool { return o.holds(row, valueOf, types) })
	}
	t := types(c.field.key())
	value := normalSOQLValue(valueOf(row, c.field.key()), t)
	if days, isRelative := c.relative(); isRelative {
		return days.holds(c.operator, value)
	}
	switch c.operator {
	case "INCLUDES":
		return c.includes(value)
	case "EXCLUDES":
		return !c.includes(value)
	case "=", "IN":
		return c.hasValue(value, t)
	case "!=", "NOT IN": // Unlike SQL, these are true for null.
		return !c.hasValue(value, t)
	case "LIKE":
		s, ok := value.(string)
		return ok && c.values[0].value != nil && likeSOQL(c.values[0].chars, []rune(s))
	}
	than := normalSOQLValue(c.values[0].value, t)
	if value == nil || than == nil {
		return false
	}
	order := compareSOQLValues(value, than)
	switch c.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// soqlValueOf is how the value of a field is found in a row.
type soqlValueOf func(row map[string]any, key string) any

// relative are the days that a value is compared with, if it is.
func (c *soqlCondition) relative() (soqlDays, bool) {
	if len(c.values) != 1 {
		return soqlDays{}, false
	}
	days, isRelative := c.values[0].value.(soqlDays)
	return days, isRelative
}

// holds reports whether a normal value compares so with the days.
func (d soqlDays) holds(operator string, value any) bool {
	when, isTime := value.(time.Time)
	if text, isText := value.(string); isText {
		day, err := time.Parse(time.DateOnly, text)
		when, isTime = day, err == nil
	}
	if !isTime {
		return operator == "!=" || operator == "NOT IN"
	}
	order := d.compare(when)
	switch operator {
	case "=", "IN":
		return order == 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return order != 0
}

// includes reports whether a value has all the parts of one of the literals.
func (c *soqlCondition) includes(value any) bool {
	text, _ := value.(string)
	parts := strings.Split(text, ";")
	return slices.ContainsFunc(c.values, func(v soqlValue) bool {
		wanted, _ := normalSOQLValue(v.value, soqlMulti).(string)
		return wanted != "" && !slices.ContainsFunc(strings.Split(wanted, ";"), func(one string) bool { return !slices.Contains(parts, one) })
	})
}

// hasValue reports whether a normal value is one of the literals. Of many texts, which
// are asked for again for each row, a set is kept.
func (c *soqlCondition) hasValue(value any, t soqlType) bool {
	text, isText := value.(string)
	if !isText || len(c.values) < 8 {
		return slices.ContainsFunc(c.values, func(v soqlValue) bool { return compareSOQLValues(value, normalSOQLValue(v.value, t)) == 0 })
	}
	if c.texts == nil {
		c.texts = make(map[string]struct{}, len(c.values))
		for _, v := range c.values {
			if normal, isText := normalSOQLValue(v.value, t).(string); isText {
				c.texts[normal] = struct{}{}
			}
		}
	}
	_, has := c.texts[text]
	return has
}

// normalSOQLValue brings a value of a row or a literal into the form in which
// the values of its type compare: string, bool, float64, time.Time or nil.
func normalSOQLValue(value any, t soqlType) any {
	switch v := value.(type) {
	case nil:
		if t == soqlBoolean {
			return false
		}
	case string:
		switch {
		case v == "":
			return nil // Salesforce doesn't tell the two apart.
		case t == soqlID:
			return v[:min(15, len(v))]
		}
		return strings.ToLower(v)
	case int:
		return float64(v)
	case json.Number:
		number, _ := v.Float64() // it was checked when it was stored
		return number
	case soqlDate:
		return string(v)
	}
	return value
}

// compareSOQLValues compares normal values, null first.
func compareSOQLValues(a, b any) int {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return cmp.Compare(a, b)
		}
	case bool:
		if b, ok := b.(bool); ok {
			return cmp.Compare(boolRank(a), boolRank(b))
		}
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b)
		}
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	return 1 // b is null, or a value that its field can't have.
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compare orders two rows by one field. Null comes first by default, in both
// directions.
func (o soqlOrder) compare(a, b map[string]any, valueOf soqlValueOf, types func(string) soqlType) int {
	key, t := o.field.key(), types(o.field.key())
	x, y := normalSOQLValue(valueOf(a, key), t), normalSOQLValue(valueOf(b, key), t)
	c := compareSOQLValues(x, y)
	if x == nil || y == nil {
		if o.nullsLast {
			return -c
		}
		return c
	}
	if o.descending {
		return -c
	}
	return c
}

// likeSOQL matches a pattern: % is any text, _ is any one character.
func likeSOQL(pattern []soqlChar, s []rune) bool {
	p, i := 0, 0
	lastPercent, resume := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p].wild && pattern[p].r == '%':
			lastPercent, resume = p, i
			p++
		case p < len(pattern) && (pattern[p].wild || unicode.ToLower(pattern[p].r) == s[i]):
			p++
			i++
		case lastPercent >= 0: // Let the last % take one character more.
			resume++
			p, i = lastPercent+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p].wild && pattern[p].r == '%' {
		p++
	}
	return p == len(pattern)
}

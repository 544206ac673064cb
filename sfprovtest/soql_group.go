package sfprovtest

import (
	"fmt"
	"slices"
	"strings"
)

// checkGroups refuses what makes no sense of groups.
func (q *soqlQuery) checkGroups() error {
	if !q.aggregates() {
		if q.having != nil {
			return &soqlError{Code: codeMalformedQuery, Message: "HAVING clause is only allowed with GROUP BY"}
		}
		for _, selected := range q.selected {
			if selected.alias != "" {
				return soqlErrorAt(codeMalformedQuery, q.text, selected.pos, "only aggregate expressions use field aliasing")
			}
		}
		for _, order := range q.orderBy {
			if order.field.function != "" {
				return soqlErrorAt(codeMalformedQuery, q.text, order.field.pos, "Ordered field must be grouped or aggregated: "+order.field.name)
			}
		}
		return nil
	}
	grouped := func(f soqlField) bool {
		return slices.ContainsFunc(q.groupBy, func(group soqlField) bool { return group.key() == f.key() })
	}
	for _, selected := range q.selected {
		if selected.set != "" {
			return &soqlError{Code: codeMalformedQuery, Message: "The SOQL FIELDS function is not supported in aggregate queries."}
		}
		if selected.function == "" && !grouped(selected.soqlField) {
			return soqlErrorAt(codeMalformedQuery, q.text, selected.pos, "Field must be grouped or aggregated: "+selected.name)
		}
	}
	for _, order := range q.orderBy {
		isAlias := slices.ContainsFunc(q.selected, func(s soqlSelected) bool { return strings.EqualFold(s.alias, order.field.name) })
		if order.field.function == "" && !grouped(order.field) && !isAlias {
			return soqlErrorAt(codeMalformedQuery, q.text, order.field.pos, "Ordered field must be grouped or aggregated: "+order.field.name)
		}
	}
	return nil
}

// group puts rows into groups, and gives a row for each: with the fields that make the
// group, and what aggregates make of it.
func (q *soqlQuery) group(rows []map[string]any, types func(string) soqlType) []map[string]any {
	keys, groups := []string{}, map[string][]map[string]any{}
	for _, row := range rows {
		var key strings.Builder
		for _, field := range q.groupBy {
			_, _ = fmt.Fprintf(&key, "%T %[1]v\x00", normalSOQLValue(q.valueOf(row, field.key()), types(field.name)))
		}
		if _, known := groups[key.String()]; !known {
			keys = append(keys, key.String())
		}
		groups[key.String()] = append(groups[key.String()], row)
	}
	if len(q.groupBy) == 0 && len(keys) == 0 {
		keys = []string{""} // the group of nobody is one, too
	}
	results := make([]map[string]any, len(keys))
	for i, key := range keys {
		results[i] = q.aggregated(groups[key], types)
	}
	return results
}

// aggregated is the row of a group.
func (q *soqlQuery) aggregated(rows []map[string]any, types func(string) soqlType) map[string]any {
	result := map[string]any{}
	for _, field := range q.groupBy {
		result[field.key()] = q.valueOf(rows[0], field.key())
	}
	for _, field := range q.used {
		if field.function != "" {
			result[field.key()] = q.aggregate(field, rows, types)
		}
	}
	for _, selected := range q.selected {
		if selected.alias != "" {
			result[strings.ToLower(selected.alias)] = result[selected.key()]
		}
	}
	return result
}

// aggregate is what an aggregate function makes of rows.
func (q *soqlQuery) aggregate(f soqlField, rows []map[string]any, types func(string) soqlType) any {
	if f.name == "" { // COUNT() of a group
		return float64(len(rows))
	}
	t := types(f.name)
	var least, most any
	distinct := map[any]bool{}
	n, sum := 0, 0.0
	for _, row := range rows {
		raw := q.valueOf(row, strings.ToLower(f.name))
		value := normalSOQLValue(raw, t)
		if value == nil {
			continue
		}
		n++
		distinct[value] = true
		if number, isNumber := value.(float64); isNumber {
			sum += number
		}
		if least == nil || compareSOQLValues(value, normalSOQLValue(least, t)) < 0 {
			least = raw
		}
		if most == nil || compareSOQLValues(value, normalSOQLValue(most, t)) > 0 {
			most = raw
		}
	}
	switch {
	case f.function == "COUNT":
		return float64(n)
	case f.function == "COUNT_DISTINCT":
		return float64(len(distinct))
	case n == 0:
		return nil
	case f.function == "MIN":
		return least
	case f.function == "MAX":
		return most
	case f.function == "AVG":
		return sum / float64(n)
	}
	return sum
}

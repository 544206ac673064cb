package sfprov

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// translated are the values of a claim that are not blank, by the table of the rule if
// it has one.
func (r Rule) translated(values []string) (translated []any, problem string) {
	for _, value := range values {
		text := strings.TrimSpace(value)
		if text == "" {
			continue
		}
		if r.Values == nil {
			translated = append(translated, text)
			continue
		}
		entry, known := r.Values[text]
		if !known && r.Otherwise == nil {
			return nil, r.notInTable(text)
		}
		if !known {
			entry = r.Otherwise
		}
		translated = append(translated, entryValues(entry)...)
	}
	return translated, ""
}

// entryValues are the values of an entry of a table: one, those of a list, or none.
func entryValues(entry any) []any {
	names, areNames := namesOf(entry)
	if !areNames {
		if entry == nil {
			return nil
		}
		return []any{entry}
	}
	var values []any
	for _, name := range names {
		if text := strings.TrimSpace(name); text != "" {
			values = append(values, text)
		}
	}
	return values
}

// notInTable says that a value is not in the table, and which one is nearly the same.
func (r Rule) notInTable(text string) string {
	problem := "is " + quote(text) + ", which the rule's values don't have; add it, or give the rule an otherwise"
	for _, key := range slices.Sorted(maps.Keys(r.Values)) {
		if strings.EqualFold(key, text) {
			return fmt.Sprintf("%s. They have %s, in another letter case", problem, quote(key))
		}
	}
	return problem
}

// problemsOfTable are what is wrong with the table.
func (r Rule) problemsOfTable() (problems []FieldProblem) {
	add := func(field, problem string) {
		problems = append(problems, FieldProblem{Field: field, Problem: problem})
	}
	switch {
	case r.Values == nil && r.Otherwise != nil:
		add("otherwise", "is given without values; a default for an absent claim is called default")
	case r.Values != nil && r.Claim == "":
		add("values", "are given without a claim, whose values they would translate")
	case r.Values != nil && len(r.Values) == 0:
		add("values", "are empty")
	}
	for _, key := range slices.Sorted(maps.Keys(r.Values)) {
		switch problem := r.problemOfEntry(r.Values[key]); {
		case key != strings.TrimSpace(key), key == "":
			add("values", "have "+quote(key)+", with blanks around it or nothing in it, which no value of a claim is")
		case problem != "":
			add("values", fmt.Sprintf("have %s for %s, which %s", described(r.Values[key]), quote(key), problem))
		}
	}
	if problem := r.problemOfEntry(r.Otherwise); problem != "" {
		add("otherwise", problem)
	}
	return problems
}

// problemOfEntry is what is wrong with an entry of a table; nil is no value, and fine.
func (r Rule) problemOfEntry(entry any) (problem string) {
	part, _ := r.access()
	if _, isOne := accessPart(&Access{}, part).(*string); isOne && len(entryValues(entry)) > 1 {
		return "is a list, but a user has one " + part
	}
	for _, value := range entryValues(entry) {
		if _, isText := value.(string); !isText && (r.Join != "" || r.valueType() == TypeMultiPicklist) {
			return "is no text to be joined"
		}
		if _, problem = r.constant(value); problem != "" {
			return problem
		}
	}
	return ""
}

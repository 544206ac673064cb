package sfprov

import (
	"fmt"
	"strings"
)

// matchValue is the field, and its value, by which an account is known to be the
// user's. The zero value matches no account.
type matchValue struct {
	field, value string
}

// match is the user's value of the match field. own are the user's fields, and problems
// what is wrong with those.
func (c *settings) match(own record, problems []FieldProblem) (matchValue, []FieldProblem) {
	if c.MatchField == "" || len(problemsOf(problems, c.MatchField)) > 0 {
		return matchValue{}, nil
	}
	value, _ := own.lookup(c.MatchField)
	if isBlank(value) {
		return matchValue{}, nil
	}
	text, isString := value.(string)
	if !isString {
		return matchValue{}, []FieldProblem{{Field: c.MatchField, Problem: fmt.Sprintf("is %s; the match field takes a string", described(value))}}
	}
	if isPlaceholder(text) {
		return matchValue{}, []FieldProblem{{
			Field:   c.MatchField,
			Problem: fmt.Sprintf("is %s, which stands for no value at all: everybody without one would share an account; give the user's own, or leave the field out", quote(text)),
		}}
	}
	return matchValue{field: c.MatchField, value: strings.Trim(text, " \t\r\n")}, nil // Salesforce stores no blanks around
}

// matchOf is match of a user of whom nothing was checked yet.
func (c *settings) matchOf(u User) (matchValue, []FieldProblem) {
	var own record
	for name, value := range u.Fields {
		if !sameName(name, c.MatchField) {
			continue
		}
		plain, problem := plainValue(value)
		if len(own) > 0 {
			problem = givenTwice
		}
		if problem != "" {
			return matchValue{}, []FieldProblem{{Field: c.MatchField, Problem: problem}}
		}
		own = append(own, field(name, plain))
	}
	return c.match(own, nil)
}

// set reports whether there is a value to match by.
func (m matchValue) set() bool { return m.field != "" }

// agrees reports whether the account is the user's. The comparison is exact, also
// where Salesforce's is not: in doubt an account is somebody else's.
func (m matchValue) agrees(a storedUser) bool {
	value, _ := a.row.text(m.field)
	return m.set() && value == m.value
}

// isUnique reports whether Salesforce itself refuses a second account with the same
// value, so that it needs no look before a create.
func (m matchValue) isUnique() bool { return strings.EqualFold(m.field, "FederationIdentifier") }

// maxAmbiguous is how many accounts with the same match value are listed.
const maxAmbiguous = 10

// only returns the one account, of those found, that is the user's; its ID is empty
// if there is none.
func (m matchValue) only(found []storedUser) (storedUser, error) {
	var own []storedUser
	for _, account := range found {
		if m.agrees(account) {
			own = append(own, account)
		}
	}
	switch len(own) {
	case 0:
		return storedUser{}, nil
	case 1:
		return own[0], nil
	}
	ids := make([]string, min(len(own), maxAmbiguous))
	for i := range ids {
		ids[i] = own[i].ID
	}
	others := ""
	if len(own) > len(ids) {
		others = " and others"
	}
	return storedUser{}, fmt.Errorf("%w: %s = %s is held by %s%s; clear it on all but the user's own",
		ErrAmbiguousMatch, m.field, quote(m.value), strings.Join(ids, ", "), others)
}

// placeholders are what programs write in place of nothing, in lower case and
// without the quotes and brackets around.
var placeholders = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"null": true, "nil": true, "none": true, "undefined": true, "nan": true, "no value": true, "n/a": true, "#n/a": true,
	"$null": true, "object object": true, "object null": true, "object undefined": true, "optional.empty": true, "dbnull": true,
	"system.dbnull": true, "map": true, "not set": true, "(null)": true, "null null": true, "undefined undefined": true,
}

// bracketed are placeholders only with brackets around: as bare words they may be
// somebody's value.
var bracketed = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"empty": true, "missing": true, "unset": true, "unknown": true, "invalid value": true, "invalid reflect.value": true, "blank": true,
}

// isPlaceholder reports whether a text is what templates and serializers write in
// place of nothing: a null in some language's words, an identifier of zeros only, a
// template that was not filled in, or an empty list or object.
func isPlaceholder(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	if isUnfilledTemplate(text) {
		return true
	}
	bare := strings.TrimSpace(strings.Trim(text, "\"'`<>()[]{} \t\r\n"))
	if bare == "" { // brackets and quotes around nothing
		return true
	}
	return placeholders[bare] || bare != text && bracketed[bare] || isZeroID(bare)
}

// isUnfilledTemplate reports whether a text is a template's own, or what a formatter
// writes where a value is missing.
func isUnfilledTemplate(text string) bool {
	for _, mark := range []struct{ begin, end string }{{"${", "}"}, {"{{", "}}"}, {"#{", "}"}, {"%{", "}"}, {"<%", "%>"}, {"@{", "}"}, {"$(", ")"}} {
		if strings.HasPrefix(text, mark.begin) && strings.HasSuffix(text, mark.end) {
			return true
		}
	}
	return strings.HasPrefix(text, "%!") // fmt's word for a missing or wrong value
}

// zeroIDLength is how many zeros are no number any more, but an identifier of which
// nothing was set: Salesforce's own have 15 characters, a UUID has 32 digits.
const zeroIDLength = 15

// isZeroID reports whether a text is an identifier in which nothing is set, or, of a
// UUID, everything.
func isZeroID(text string) bool {
	text = strings.TrimPrefix(strings.TrimPrefix(text, "urn:"), "uuid:")
	if len(text) < zeroIDLength || strings.Trim(text, "0f-{}a") != "" {
		return false
	}
	digits := strings.NewReplacer("-", "", "{", "", "}", "").Replace(text)
	switch {
	case len(digits) == 32 && strings.Trim(digits, "f") == "":
		return true
	case len(digits) == 18 && strings.HasSuffix(digits, "aaa"): // the checksum of a Salesforce ID
		digits = digits[:15]
	}
	return len(digits) >= zeroIDLength && strings.Trim(digits, "0") == ""
}

package sfprov

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Change is one difference that a call made in Salesforce. Passwords are not among
// them.
type Change struct {
	// Field is a Salesforce field, "IsFrozen" of the login included, or what of an
	// [Access] was given or taken, such as "Access.PermissionSets".
	Field string `json:"field"`
	// Before and After are values; nil is none. Numbers keep their digits: they are
	// json.Number where they were read.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// UnmarshalJSON reads a change. Numbers keep their digits.
func (c *Change) UnmarshalJSON(text []byte) error {
	type plain Change
	return decodeFields(text, (*plain)(c))
}

// differences are the fields, of those wanted, that an account has otherwise. The
// wanted ones are in their plain form, the account's as they were read.
func differences(want, has record) (differ record, changes []Change) {
	i := 0
	for _, f := range want {
		for i < len(has) && has[i].folded < f.folded {
			i++
		}
		var value any
		if i < len(has) && has[i].folded == f.folded {
			value = has[i].value
		}
		if !sameValue(f.fieldName, f.value, value) {
			differ = append(differ, f)
			changes = append(changes, Change{Field: f.spelt, Before: value, After: f.value})
		}
	}
	return differ, changes
}

// allOf are the fields of a new account as changes.
func allOf(fields record) []Change {
	changes := make([]Change, 0, len(fields))
	for _, f := range fields {
		if !isBlank(f.value) && f.value != false {
			changes = append(changes, Change{Field: f.spelt, After: f.value})
		}
	}
	return changes
}

// sameValue compares a value that is wanted with one that was read, as Salesforce
// does: null and empty are the same, and so is false where the field is a boolean. Of
// standard fields it is known what they hold: usernames and addresses have no case, an
// ID has 15 characters or 18. Of others, the answer tells: a number is compared by its
// digits, a boolean by its word, and everything else as text, letter by letter. Only a
// time.Time is known to be a moment.
func sameValue(name *fieldName, want, has any) bool {
	if isBlank(want) || want == false {
		return isBlank(has) || has == false
	}
	if isBlank(has) {
		return false
	}
	if when, isMoment := want.(time.Time); isMoment {
		return sameMoment(when, has)
	}
	a, b := textOf(want), textOf(has)
	if name.known {
		return sameText(name, a, b)
	}
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	switch has.(type) {
	case json.Number:
		return a == b || sameNumber(a, b)
	case bool:
		return strings.EqualFold(a, b)
	}
	return a == b || isReadForm(a, b)
}

// sentTime is how a Mapping writes a time.
const sentTime = "2006-01-02T15:04:05.000Z"

// isReadForm reports whether a time in the form in which a Mapping writes it was read in
// the form in which Salesforce answers, which has no parts of seconds. Every other pair of
// forms may be two texts.
func isReadForm(sent, read string) bool {
	when, err := time.Parse(sentTime, sent)
	return err == nil && read == when.Truncate(time.Second).Format(salesforceTime)
}

// textOf is a value as text: a string as it is, anything else as its JSON.
func textOf(value any) string {
	if text, isText := value.(string); isText {
		return strings.ReplaceAll(text, "\r\n", "\n") // Salesforce chooses the line ends of long texts
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(encoded)
}

// sameMoment compares a moment with what was read. Salesforce keeps no parts of seconds.
func sameMoment(want time.Time, has any) bool {
	text, _ := has.(string)
	for _, layout := range []string{salesforceTime, time.RFC3339} {
		if when, err := time.Parse(layout, text); err == nil {
			return want.Truncate(time.Second).Equal(when.Truncate(time.Second))
		}
	}
	return false
}

// longestNumber bounds the digits of a number that is compared, and its exponent: those
// of Salesforce have at most 18 digits.
const longestNumber = 400

// sameNumber compares numbers digit by digit.
func sameNumber(a, b string) bool {
	x, isX := rational(a)
	y, isY := rational(b)
	return isX && isY && x.Cmp(y) == 0
}

// rational is the number that a text of JSON's form holds.
func rational(text string) (*big.Rat, bool) {
	_, exponent, has := strings.Cut(strings.ToLower(text), "e")
	n, err := strconv.Atoi(exponent)
	if len(text) > longestNumber || has && (err != nil || n > longestNumber || n < -longestNumber) ||
		strings.Trim(text, "+-.eE0123456789") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// sameText compares as Salesforce stores: names without regard to case, IDs in
// 18 characters, without blanks around.
func sameText(name *fieldName, sent, stored string) bool {
	switch {
	case sent == stored:
		return true
	case name.kind == kindReference:
		return id18Of(sent) == id18Of(stored)
	case name.kind == kindEmail, name.name == "Username":
		return strings.EqualFold(strings.TrimSpace(sent), stored)
	}
	return strings.TrimSpace(sent) == strings.TrimSpace(stored)
}

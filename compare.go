package sfprov

import (
	"encoding/json"
	"slices"
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
	// Before and After are values; nil is none.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
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
// does: null and empty are the same, and so is false where the field is a boolean;
// usernames and addresses have no case; an ID has 15 characters or 18; a moment has
// many spellings, and so has a number. Of a multi-select picklist, Salesforce
// chooses the order.
func sameValue(name *fieldName, want, has any) bool {
	if isBlank(want) || want == false {
		return isBlank(has) || has == false
	}
	if isBlank(has) {
		return false
	}
	a, b := textOf(want), textOf(has)
	if name.known {
		return sameText(name, a, b)
	}
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	return a == b || sameNumber(want, has) || sameMoment(a, b) || sameID(a, b) || strings.HasSuffix(name.folded, "__c") && sameChoices(a, b) ||
		(want == true || has == true) && strings.EqualFold(a, b)
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

// sameNumber compares numbers, if one of the values is one.
func sameNumber(want, has any) bool {
	if _, isNumber := has.(json.Number); !isNumber {
		if _, isText := want.(string); isText {
			return false // two texts
		}
	}
	a, errA := strconv.ParseFloat(textOf(want), 64)
	b, errB := strconv.ParseFloat(textOf(has), 64)
	return errA == nil && errB == nil && a == b
}

// sameMoment compares moments, in the spelling of RFC 3339 and in Salesforce's.
func sameMoment(a, b string) bool {
	x, isX := moment(a)
	y, isY := moment(b)
	return isX && isY && x.Equal(y)
}

func moment(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, salesforceTime} {
		if when, err := time.Parse(layout, text); err == nil {
			return when, true
		}
	}
	return time.Time{}, false
}

// sameID compares IDs, of 15 characters or 18.
func sameID(a, b string) bool {
	return id18Of(a) != "" && id18Of(a) == id18Of(b)
}

// sameChoices compares the values of a multi-select picklist.
func sameChoices(a, b string) bool {
	x, y := strings.Split(a, ";"), strings.Split(b, ";")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
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

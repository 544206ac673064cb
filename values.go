package sfprov

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// isBlank reports whether Salesforce would take the value as none.
func isBlank(value any) bool {
	text, isString := value.(string)
	return value == nil || isString && strings.TrimSpace(text) == ""
}

// rawJSON is a value that is encoded already. Unlike json.RawMessage it prints as
// what it is.
type rawJSON string

// MarshalJSON returns the value.
func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// plainValue is a value as it will be sent: nil, a string, a boolean, a number, or
// JSON already. So nothing of the caller's is kept, and a named string type, a
// pointer or a null in disguise is seen for what it is.
func plainValue(value any) (plain any, problem string) {
	switch v := value.(type) {
	case nil, bool, int, int64:
		return value, ""
	case Secret:
		return nil, holdsSecret
	case json.Number:
		if v == "" {
			return nil, "is an empty json.Number, which would be sent as 0"
		}
	case string:
		if !utf8.ValidString(v) {
			return nil, "is not valid UTF-8"
		}
		return value, ""
	}
	encoded, err := json.Marshal(value)
	var text string
	switch {
	case err != nil:
		return nil, fmt.Sprintf("is a %T, which has no JSON form", value)
	case bytes.Contains(encoded, []byte(`"`+redacted+`"`)):
		return nil, holdsSecret
	case !utf8.Valid(encoded), bytes.Contains(bytes.ReplaceAll(encoded, []byte(`\\`), nil), []byte(`\ufffd`)):
		return nil, "holds a string that is not valid UTF-8" // encoding/json replaces the broken bytes without a word
	case string(encoded) == "null":
		return nil, ""
	case json.Unmarshal(encoded, &text) == nil:
		if strings.ContainsRune(text, utf8.RuneError) && !bytes.ContainsRune(encoded, utf8.RuneError) {
			return nil, "holds half a surrogate pair"
		}
		return text, ""
	}
	return rawJSON(encoded), ""
}

const holdsSecret = "is or holds a Secret, which would be sent as " + redacted + "; convert it to a string"

// problemOfValue says why a plain value can't be sent; empty if it can, as far as
// is known here.
func problemOfValue(field userField, known bool, plain any) string {
	text, isText := plain.(string)
	switch {
	case plain == nil:
		return ""
	case isText:
		return problemOfText(field, text)
	case known:
		return fmt.Sprintf("is %v; Salesforce takes a string here", jsonOf(plain))
	}
	return ""
}

func jsonOf(plain any) string {
	encoded, err := json.Marshal(plain)
	if err != nil {
		return "a number that has no JSON form"
	}
	return quote(string(encoded))
}

// problemOfText is problemOfValue for a string. A field that isn't known, the zero
// userField, takes any.
func problemOfText(field userField, text string) string {
	if field.name == "Username" || text == "" { // a username has checks of its own
		return ""
	}
	switch length := utf8.RuneCountInString(text); {
	case field.max > 0 && length > field.max:
		return fmt.Sprintf("has %d characters; Salesforce allows %d", length, field.max)
	case field.kind == kindEmail && !isEmail(text):
		return fmt.Sprintf("is %s, which is not an email address", quote(text))
	case field.kind == kindReference:
		_, problem := parseIDOf(field.prefix, text)
		return problem
	}
	return ""
}

// isEmail is deliberately lenient: Salesforce has the last word, but what has no
// @ or no dotted domain it always refuses.
func isEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && problemOfEmailDomain(domain) == "" && problemOfUsernameText(s) == ""
}

package sfprov

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
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

// plainValue is a value as it will be sent: nil, a string, a boolean, a number with all
// its digits, or JSON already. So nothing of the caller's is kept, and a named string
// type, a pointer or a null in disguise is seen for what it is. A time.Time stays one, since
// it is known to be a moment, however it is written.
func plainValue(value any) (plain any, problem string) {
	switch v := value.(type) {
	case nil, bool, int, int64:
		return value, ""
	case time.Time:
		if _, err := v.MarshalJSON(); err != nil {
			return nil, "is a time that has no JSON form"
		}
		return v, ""
	case *time.Time:
		if v != nil {
			return plainValue(*v)
		}
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
	if err != nil {
		return nil, fmt.Sprintf("is a %T, which has no JSON form", value)
	}
	return plainJSON(encoded)
}

// plainJSON is the plain value that JSON stands for.
func plainJSON(encoded []byte) (plain any, problem string) {
	var text string
	switch {
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
	case string(encoded) == "true", string(encoded) == "false":
		return string(encoded) == "true", ""
	case encoded[0] == '{', encoded[0] == '[':
		return rawJSON(encoded), ""
	}
	return json.Number(encoded), ""
}

// isPlain reports whether a value is one already, so that nothing of it can change.
func isPlain(value any) bool {
	switch value.(type) {
	case nil, bool, int, int64, string, json.Number, time.Time:
		return true
	}
	return false
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
		return fmt.Sprintf("is %s; Salesforce takes a string here", described(plain))
	}
	return ""
}

// described is a plain value in a text, with its kind where that is no string.
func described(plain any) string {
	switch v := plain.(type) {
	case string:
		return quote(v)
	case bool:
		return strconv.FormatBool(v)
	case rawJSON:
		if v[0] == '[' {
			return "a list"
		}
		return "an object"
	case nil:
		return "null"
	case time.Time:
		return "a time"
	case json.Number, int, int64, float64:
		return "the number " + textOf(plain)
	}
	return quote(textOf(plain))
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
		if by, named := accessByName[field.name]; problem != "" && named {
			problem += "; for a name, use " + by
		}
		return problem
	}
	return ""
}

// accessByName are the fields that hold an ID, and what takes a name in their place.
var accessByName = map[string]string{ //nolint:gochecknoglobals // a constant table
	"ProfileId": "User.Access.Profile", "UserRoleId": "User.Access.Role",
}

// isEmail is deliberately lenient: Salesforce has the last word, but what has no
// @ or no dotted domain it always refuses.
func isEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && problemOfEmailDomain(domain) == "" && problemOfUsernameText(s) == ""
}

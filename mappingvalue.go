package sfprov

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ValueType is what a field takes, for a [Rule].
type ValueType string

// The types of values.
//
// Numbers keep their digits. Booleans are true, false, t, f, yes, no, y, n, on, off, 1
// and 0, in any letter case; for other words, such as "active", give the rule Values.
//
// A date is 2026-01-31 or 20260131, or the date of a time as it is written there. A
// time is in the form of RFC 3339, with the zone as +02:00 or +0200 too, or in that of
// LDAP, 20260131213000Z. Either may be a count since 1970 in UTC, if it can be nothing
// else: 9 or 10 digits are seconds, 12 or 13 are milliseconds. Other numbers, times
// without a zone where there must be one, and years before 1700 or after 4000, which
// Salesforce does not store, are problems.
const (
	TypeString        ValueType = "string"
	TypeBoolean       ValueType = "boolean"
	TypeNumber        ValueType = "number"
	TypeDate          ValueType = "date"
	TypeDateTime      ValueType = "dateTime"
	TypeReference     ValueType = "reference"     // a record ID, 15 or 18 characters
	TypeMultiPicklist ValueType = "multiPicklist" // all values, with semicolons between them
	TypeLocale        ValueType = "locale"        // en-US becomes en_US
)

var valueTypes = []ValueType{ //nolint:gochecknoglobals // a constant list
	"", TypeString, TypeBoolean, TypeNumber, TypeDate, TypeDateTime, TypeReference, TypeMultiPicklist, TypeLocale,
}

func typeNames() []string {
	names := make([]string, len(valueTypes)-1)
	for i, t := range valueTypes[1:] {
		names[i] = string(t)
	}
	return names
}

// valueType is the rule's type, or the field's.
func (r Rule) valueType() ValueType {
	field, _ := standardField(r.To)
	switch {
	case r.Type != "":
		return r.Type
	case field.kind == kindReference:
		return TypeReference
	case isBooleanField(r.To), r.To == accessPrefix+exactPart:
		return TypeBoolean
	}
	return TypeString
}

// isBooleanField knows the standard fields that are boolean.
func isBooleanField(name string) bool {
	name = strings.ToLower(name)
	isFlag := strings.HasPrefix(name, "userpermissions") || strings.HasPrefix(name, "userpreferences")
	return isFlag && !strings.HasSuffix(name, "__c") ||
		slices.Contains([]string{"isactive", "receivesinfoemails", "receivesadmininfoemails", "forecastenabled"}, name)
}

// convert makes a field's value of a claim's.
func (r Rule) convert(values []string) (value any, problem string) {
	text := strings.TrimSpace(values[0])
	switch r.valueType() {
	case TypeBoolean:
		return boolean(text)
	case TypeNumber:
		return number(text)
	case TypeDate:
		return date(text)
	case TypeDateTime:
		return dateTime(text)
	case TypeReference:
		id, problem := parseID(text)
		if problem != "" {
			return nil, "is no ID: " + problem
		}
		return id, ""
	case TypeMultiPicklist:
		if i := slices.IndexFunc(values, func(v string) bool { return strings.Contains(v, ";") }); i >= 0 {
			const semicolon = ", with a semicolon, which separates the values of a multi-select picklist"
			return nil, "holds " + quote(values[i]) + semicolon
		}
		return strings.Join(values, ";"), ""
	case TypeLocale:
		return strings.ReplaceAll(text, "-", "_"), ""
	case TypeString:
	}
	if r.Join != "" {
		text = strings.Join(values, r.Join)
	}
	if field, _ := standardField(r.To); r.Shorten && field.max > 0 {
		text = strings.TrimSpace(cutUnits(text, field.max))
	}
	return text, ""
}

func number(text string) (value any, problem string) {
	if _, err := strconv.ParseFloat(text, 64); err != nil || !json.Valid([]byte(text)) {
		return nil, "is " + quote(text) + ", which is not a number"
	}
	return json.Number(text), ""
}

func boolean(text string) (value any, problem string) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "y", "on", "1":
		return true, ""
	case "false", "f", "no", "n", "off", "0":
		return false, ""
	}
	return nil, "is " + quote(text) + ", which is neither true nor false"
}

// constant is a value that the rule has of its own. A text is read as a claim's would be,
// but a field that takes texts gets it as it is.
func (r Rule) constant(value any) (plain any, problem string) {
	if part, isAccess := r.access(); isAccess {
		return accessConstant(part, value)
	}
	text, isText := value.(string)
	names, areNames := namesOf(value)
	switch kind := r.valueType(); {
	case isText && kind == TypeString:
		return text, ""
	case isText, areNames && len(names) > 0 && kind == TypeMultiPicklist:
		return r.convert(names)
	case areNames:
		return nil, "is a list, but a field takes one value"
	default:
		return value, r.problemOfLiteral(value)
	}
}

// problemOfLiteral is what is wrong with a constant that is no text.
func (r Rule) problemOfLiteral(value any) string {
	plain, problem := plainValue(value)
	if problem != "" {
		return problem
	}
	if encoded, isRaw := plain.(rawJSON); isRaw && strings.ContainsAny(string(encoded[:1]), "[{") {
		return "is " + described(plain) + ", but a field takes one value"
	}
	_, isBoolean := plain.(bool)
	switch kind := r.valueType(); kind {
	case TypeBoolean:
		if !isBoolean {
			return "is " + described(plain) + ", which is neither true nor false"
		}
	case TypeNumber:
		if isBoolean {
			return "is " + described(plain) + ", which is not a number"
		}
	case TypeString: // of a field that is not known, it may be any
		field, known := standardField(r.To)
		if r.Type == TypeString {
			return "is " + described(plain) + ", which is not a text"
		}
		return problemOfValue(field, known, plain)
	default:
		return fmt.Sprintf("is %s, but a %s is given as a text", described(plain), kind)
	}
	return ""
}

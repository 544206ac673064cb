package sfprov

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ValueType is what a field takes, for a [Rule].
type ValueType string

// The types of values. Dates are 2006-01-02, or the date of a time. Times are in
// the form of RFC 3339, or seconds since 1970 as OpenID Connect has them.
const (
	TypeString        ValueType = "string"
	TypeBoolean       ValueType = "boolean" // true, false, yes, no, on, off, 1, 0, in any case
	TypeNumber        ValueType = "number"
	TypeDate          ValueType = "date"
	TypeDateTime      ValueType = "dateTime"
	TypeReference     ValueType = "reference"     // a record ID, 15 or 18 characters
	TypeMultiPicklist ValueType = "multiPicklist" // all values, with semicolons between them
	TypeLocale        ValueType = "locale"        // en-US becomes en_US
)

var valueTypes = []ValueType{"", TypeString, TypeBoolean, TypeNumber, TypeDate, TypeDateTime, TypeReference, TypeMultiPicklist, TypeLocale} //nolint:gochecknoglobals // a constant list

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
	case isBooleanField(r.To):
		return TypeBoolean
	}
	return TypeString
}

// isBooleanField knows the standard fields that are boolean.
func isBooleanField(name string) bool {
	name = strings.ToLower(name)
	return !strings.HasSuffix(name, "__c") && (strings.HasPrefix(name, "userpermissions") || strings.HasPrefix(name, "userpreferences")) ||
		slices.Contains([]string{"isactive", "receivesinfoemails", "receivesadmininfoemails", "forecastenabled"}, name)
}

// convert makes a field's value of a claim's.
func (r Rule) convert(values []string) (value any, problem string) {
	text := strings.TrimSpace(values[0])
	switch r.valueType() {
	case TypeBoolean:
		return boolean(text)
	case TypeNumber:
		if _, err := strconv.ParseFloat(text, 64); err != nil || !json.Valid([]byte(text)) {
			return nil, "is " + quote(text) + ", which is not a number"
		}
		return json.Number(text), ""
	case TypeDate:
		return date(text)
	case TypeDateTime:
		when, problem := instant(text)
		return when.UTC().Format("2006-01-02T15:04:05.000Z"), problem
	case TypeReference:
		id, problem := parseID(text)
		return id, problem
	case TypeMultiPicklist:
		if i := slices.IndexFunc(values, func(v string) bool { return strings.Contains(v, ";") }); i >= 0 {
			return nil, "holds " + quote(values[i]) + ", with a semicolon, which separates the values of a multi-select picklist"
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
		text = strings.TrimSpace(cut(text, field.max))
	}
	return text, ""
}

func boolean(text string) (value any, problem string) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, ""
	case "false", "no", "off", "0":
		return false, ""
	}
	return nil, "is " + quote(text) + ", which is neither true nor false"
}

func date(text string) (value any, problem string) {
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text, ""
	}
	when, problem := instant(text)
	if problem != "" {
		return nil, "is " + quote(text) + ", which is not a date such as 2026-01-31"
	}
	return when.Format(time.DateOnly), ""
}

func instant(text string) (time.Time, string) {
	if when, err := time.Parse(time.RFC3339, text); err == nil {
		return when, ""
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC(), ""
	}
	return time.Time{}, fmt.Sprintf("is %s, which is not a time such as 2026-01-31T15:04:05Z", quote(text))
}

package sfprovtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// SetBooleanTexts says whether the texts "true" and "false" are taken for booleans, which
// is the default: a client in production sends them. Other texts, such as "1" and "FALSE",
// never are.
func (o *Org) SetBooleanTexts(taken bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.noBooleanTexts = !taken
}

// decodeChange reads the body of a write into a row: known, writable fields of
// the right JSON type. The lock is held.
func (o *Org) decodeChange(c *call, object object, writable func(field) bool) (row, error) {
	if kind := c.header.Get("Content-Type"); !strings.HasPrefix(strings.ToLower(kind), "application/json") {
		return nil, unsupportedForm(kind)
	}
	var body map[string]any
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	decoder.UseNumber() // a number that is taken as text keeps its digits
	if err := decoder.Decode(&body); err != nil || body == nil || !utf8.Valid(c.body) || len(bytes.TrimSpace(c.body[decoder.InputOffset():])) > 0 {
		return nil, Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: "The HTTP entity body is not a valid JSON object at [line:1, column:1]"}
	}
	change := row{}
	var refused []string
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if name == "attributes" {
			continue
		}
		f, known := o.visibleField(object, name)
		switch {
		case !known && o.lacks(object, name):
			return nil, unsupported("field " + name + " of " + object.name)
		case !known:
			return nil, noSuchColumn(name, object.name)
		case !writable(f) || !o.mayWrite(object, f):
			refused = append(refused, f.name)
			continue
		}
		value, problem := o.jsonValue(f, body[name])
		if problem != nil {
			problem.Message += " at " + positionOf(c.body, name)
			return nil, *problem
		}
		change[f.key()] = value
	}
	if len(refused) > 0 {
		return nil, badRequest("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: "+strings.Join(refused, ", ")+
			". Please check the security settings of this field and verify that it is read/write for your profile or permission set.", refused...)
	}
	return change, nil
}

// jsonValue reads a value of a field's type. An empty text is null, blanks around are
// dropped. The problem, if there is one, lacks the place in the body.
func (o *Org) jsonValue(f field, value any) (read any, problem *Refusal) {
	wrong := func(token, text string) *Refusal {
		return &Refusal{
			Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR",
			Message: fmt.Sprintf("Cannot deserialize instance of %s from %s value %s or request may be missing a required field", f.parsedAs(), token, text),
		}
	}
	switch value := value.(type) {
	case nil:
		return nil, nil
	case bool:
		if f.kind == typeBoolean {
			return value, nil
		}
		token := fmt.Sprint(value)
		return nil, wrong("VALUE_"+strings.ToUpper(token), token)
	case string:
		value = strings.Trim(value, " \t\r\n")
		read, ok := o.textValue(f, value)
		if !ok {
			return nil, wrong("VALUE_STRING", value)
		}
		return read, nil
	case json.Number:
		if f.kind == typeBoolean || f.kind == typeReference || f.kind == typeDate || f.kind == typeDateTime {
			return nil, wrong("VALUE_NUMBER_INT", value.String())
		}
		read, ok := o.textValue(f, value.String())
		if !ok {
			return nil, wrong("VALUE_NUMBER_FLOAT", value.String())
		}
		return read, nil
	case []any:
		return nil, wrong("START_ARRAY", "[")
	}
	return nil, wrong("START_OBJECT", "{")
}

// parsedAs is what the parser of requests calls the type.
func (f field) parsedAs() string {
	switch {
	case f.kind.isNumber():
		return "double"
	case f.kind == typeBoolean, f.kind == typeInt, f.kind == typeDate, f.kind == typeDateTime, f.kind == typeReference:
		return string(f.kind)
	}
	return "string"
}

// textValue reads the text of a value.
func (o *Org) textValue(f field, text string) (read any, ok bool) {
	switch {
	case f.kind == typeBoolean:
		return text == "true", (text == "true" || text == "false") && !o.rules.noBooleanTexts
	case text == "":
		return nil, true
	case f.kind == typeInt:
		var n int
		_, err := fmt.Sscan(text, &n)
		return n, err == nil && fmt.Sprint(n) == text
	case f.kind.isNumber():
		return rounded(text, f.scale)
	case f.kind == typeDate:
		for _, form := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05.000-0700"} {
			if when, err := time.Parse(form, text); err == nil {
				return when.Format(time.DateOnly), true
			}
		}
		return nil, false
	case f.kind == typeDateTime:
		for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04Z07:00", time.DateOnly} { // each with parts of seconds or without
			if when, err := time.Parse(form, text); err == nil {
				return when.UTC().Truncate(time.Second), true
			}
		}
		return nil, false
	}
	return text, true
}

// rounded is a number with so many digits after the point, at least one: Salesforce writes
// 31.0.
func rounded(text string, scale int) (json.Number, bool) {
	number, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/_xXoObBpP") {
		return "", false
	}
	written := number.FloatString(scale)
	if !strings.Contains(written, ".") {
		return json.Number(written + ".0"), true
	}
	written = strings.TrimRight(written, "0")
	if strings.HasSuffix(written, ".") {
		written += "0"
	}
	return json.Number(written), true
}

// positionOf is where the value of a key begins, as parsers tell it.
func positionOf(body []byte, key string) string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	_, _ = decoder.Token() // the body was decoded before
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			break
		}
		at := int(decoder.InputOffset())
		if name == key {
			at += len(body[at:]) - len(bytes.TrimLeft(body[at:], ": \t\r\n"))
			before := body[:at]
			line := 1 + bytes.Count(before, []byte("\n"))
			column := utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):]) + 1
			return fmt.Sprintf("[line:%d, column:%d]", line, column)
		}
		var skipped json.RawMessage
		if decoder.Decode(&skipped) != nil {
			break
		}
	}
	return "[line:1, column:1]"
}

// checkValue applies the rules of one field to a value that is not null.
func (o *Org) checkValue(f field, value any) error {
	if digits, isNumber := value.(json.Number); isNumber && f.kind.isNumber() {
		whole, _, _ := strings.Cut(strings.TrimPrefix(digits.String(), "-"), ".")
		if whole != "0" && len(whole) > f.digits-f.scale {
			return badRequest("NUMBER_OUTSIDE_VALID_RANGE", fmt.Sprintf("%s: value outside of valid range on numeric field: %s", f.label, digits), f.name)
		}
		return nil
	}
	text, isText := value.(string)
	if !isText {
		return nil
	}
	switch {
	case f.kind != typeReference && f.length > 0 && utf8.RuneCountInString(text) > f.length:
		return badRequest("STRING_TOO_LONG", fmt.Sprintf("%s: data value too large: %s (max length=%d)", f.label, text, f.length), f.name)
	case f.name == "Username" && !hasEmailForm(text):
		return o.rules.usernameRefusal
	case f.kind == typeEmail && (!hasEmailForm(text) || strings.Count(text, "@") > 1):
		return badRequest("INVALID_EMAIL_ADDRESS", fmt.Sprintf("%s: invalid email address: %s", f.label, text), f.name)
	case f.kind == typePicklist && !f.open && f.create && !slices.Contains(o.picklist[f.key()], text):
		if refusal, isLocal := o.localRefusal(f); isLocal {
			return refusal
		}
		return badRequest("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fmt.Sprintf("%s: bad value for restricted picklist field: %s", f.label, text), f.name)
	case f.kind == typeMultiPicklist && !f.open:
		for one := range strings.SplitSeq(text, ";") {
			if !slices.Contains(o.picklist[f.key()], one) {
				return badRequest("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fmt.Sprintf("%s: bad value for restricted picklist field: %s", f.label, one), f.name)
			}
		}
	case f.kind == typeReference:
		return o.checkReference(f, text)
	}
	return nil
}

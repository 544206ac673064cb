package sfprovtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// decodeChange reads the body of a write into a row: known, writable fields of
// the right JSON type. The lock is held.
func (o *Org) decodeChange(c *call, object object, writable func(field) bool) (row, error) {
	if kind := c.header.Get("Content-Type"); !strings.HasPrefix(strings.ToLower(kind), "application/json") {
		return nil, Refusal{Status: http.StatusUnsupportedMediaType, Code: "UNSUPPORTED_MEDIA_TYPE", Message: "Content-Type header specified in HTTP request is not supported: " + kind}
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
		if !known {
			return nil, noSuchColumn(name, object.name)
		}
		if !writable(f) || !o.mayWrite(object, f) {
			refused = append(refused, f.name)
			continue
		}
		value, err := jsonValue(f, body[name])
		if err != nil {
			return nil, err
		}
		change[strings.ToLower(f.name)] = value
	}
	if len(refused) > 0 {
		return nil, badRequest("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: "+strings.Join(refused, ", ")+
			". Please check the security settings of this field and verify that it is read/write for your profile or permission set.", refused...)
	}
	return change, nil
}

// jsonValue checks a value's type. An empty string is null, blanks around are
// dropped.
func jsonValue(f field, value any) (any, error) {
	switch value := value.(type) {
	case nil:
		return nil, nil //nolint:nilnil // null is a value
	case bool:
		if f.kind == typeBoolean {
			return value, nil
		}
	case string:
		if f.kind == typeBoolean {
			break
		}
		if value = strings.Trim(value, " \t\r\n"); value != "" {
			return value, nil
		}
		return nil, nil //nolint:nilnil // null is a value
	case json.Number:
		if f.kind != typeBoolean && f.kind != typeReference {
			return value.String(), nil
		}
	}
	return nil, Refusal{
		Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR",
		Message: fmt.Sprintf("Cannot deserialize instance of %s from the value of %s at [line:1, column:2]", f.kind, f.name),
	}
}

package sfprovtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// maxRetrieve is how many records one request retrieves.
const maxRetrieve = 2000

// retrieve is /composite/sobjects/{object}: records by their IDs, which are sent in the
// URL or in a body, in their order, with null for those that aren't there.
func (o *Org) retrieve(c *call, name string) (answer, error) {
	object, err := o.objectInPath(name)
	if err != nil {
		return answer{}, err
	}
	var asked struct {
		IDs    []string `json:"ids"`
		Fields []string `json:"fields"`
	}
	comma := func(r rune) bool { return r == ',' }
	switch c.method {
	case http.MethodGet, http.MethodHead:
		asked.IDs, asked.Fields = strings.FieldsFunc(c.query.Get("ids"), comma), strings.FieldsFunc(c.query.Get("fields"), comma)
	case http.MethodPost:
		if err := json.Unmarshal(c.body, &asked); err != nil {
			return answer{}, badRequest("JSON_PARSER_ERROR", "The HTTP entity body is not a valid JSON object at [line:1, column:1]")
		}
	default:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,POST")
	}
	switch {
	case len(asked.IDs) == 0, len(asked.Fields) == 0:
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "REQUIRED_FIELD_MISSING", Message: "ids and fields are required"}
	case len(asked.IDs) > maxRetrieve:
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "EXCEEDED_ID_LIMIT", Message: fmt.Sprintf("record limit reached. cannot submit more than %d records in this call", maxRetrieve)}
	}
	fields, err := o.askedFields(object, asked.Fields)
	if err != nil {
		return answer{}, err
	}
	found := make([]any, len(asked.IDs))
	for i, id := range asked.IDs {
		long, ok := id18(id)
		if record, exists := o.rows[object.name][long]; ok && exists && o.seesRecord(object, record) {
			found[i] = render(c, object, fields, record)
		}
	}
	return jsonAnswer(http.StatusOK, found), nil
}

// askedFields are the fields with these names, and the ID.
func (o *Org) askedFields(object object, names []string) ([]field, error) {
	var fields []field
	for _, name := range names {
		f, known := o.visibleField(object, strings.TrimSpace(name))
		if !known {
			return nil, noSuchColumn(name, object.name)
		}
		fields = append(fields, f)
	}
	id, _ := o.fieldOf(object, "Id")
	return append(fields, id), nil
}

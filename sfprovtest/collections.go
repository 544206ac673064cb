package sfprovtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sfprov/sfprov"
)

// maxCollection is how many records one request of sObject Collections takes.
const maxCollection = 200

// collections is /composite/sobjects: POST creates, PATCH updates, and DELETE
// deletes up to 200 records by one request, which counts as one. The answer is 200,
// whatever becomes of the records.
func (o *Org) collections(c *call) (answer, error) {
	if c.method == http.MethodDelete {
		return o.deleteCollection(c)
	}
	if c.method != http.MethodPost && c.method != http.MethodPatch {
		return answer{}, methodNotAllowed(c.method, "DELETE,PATCH,POST")
	}
	records, allOrNone, err := decodeCollection(c)
	if err != nil {
		return answer{}, err
	}
	var types []string
	for _, record := range records {
		types = append(types, strings.ToLower(typeOfRecord(record)))
	}
	slices.Sort(types)
	if err := checkCollection(len(records), len(slices.Compact(types))); err != nil {
		return answer{}, err
	}
	return o.rowByRow(allOrNone, len(records), func(i int) map[string]any { return o.oneOfMany(c, records[i]) }), nil
}

// decodeCollection reads the body of a collection of records.
func decodeCollection(c *call) (records []map[string]any, allOrNone bool, err error) {
	var body struct {
		AllOrNone bool              `json:"allOrNone"`
		Records   []json.RawMessage `json:"records"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
		return nil, false, Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: "The HTTP entity body is not a valid JSON object at [line:1, column:1]"}
	}
	records = make([]map[string]any, len(body.Records))
	for i, raw := range body.Records {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&records[i]); err != nil {
			return nil, false, Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: "A record is not a valid JSON object at [line:1, column:1]"}
		}
	}
	return records, body.AllOrNone, nil
}

// checkCollection refuses what is no collection. All objects of this org but
// accounts and contacts are setup objects, which are not mixed.
func checkCollection(records, types int) error {
	switch {
	case records == 0:
		return Refusal{Status: http.StatusBadRequest, Code: "REQUIRED_FIELD_MISSING", Message: "At least 1 record is required"}
	case records > maxCollection:
		return Refusal{Status: http.StatusBadRequest, Code: "EXCEEDED_ID_LIMIT", Message: fmt.Sprintf("record limit reached. cannot submit more than %d records in this call", maxCollection)}
	case types > 1:
		return Refusal{Status: http.StatusBadRequest, Code: "INVALID_INPUT", Message: "Setup objects can't be mixed with objects of other types in one request"}
	}
	return nil
}

func typeOfRecord(record map[string]any) string {
	attributes, _ := record["attributes"].(map[string]any)
	name, _ := attributes["type"].(string)
	return name
}

// oneOfMany does with one record what a request of its own would.
func (o *Org) oneOfMany(c *call, record map[string]any) map[string]any {
	object, err := o.objectInPath(typeOfRecord(record))
	if refusal := (Refusal{}); errors.As(err, &refusal) && refusal.Status == http.StatusNotImplemented {
		return failed(refusal, "")
	}
	if err != nil {
		return failed(badRequest("INVALID_TYPE", "sObject type '"+typeOfRecord(record)+"' is not supported."), "")
	}
	if refusal := o.refusedRow(object.name, record); refusal != nil {
		return failed(*refusal, "")
	}
	inner := *c
	id := ""
	for name, value := range record {
		if strings.EqualFold(name, "id") {
			id, _ = value.(string)
			delete(record, name)
		}
	}
	inner.body, err = json.Marshal(record)
	if err != nil {
		return failed(badRequest("JSON_PARSER_ERROR", err.Error()), "")
	}
	var a answer
	switch {
	case c.method == http.MethodPost:
		a, err = o.route(&inner, "sobjects/"+object.name)
	case id == "":
		return failed(Refusal{Code: "MISSING_ARGUMENT", Message: "Id not specified in an update call"}, "")
	default:
		a, err = o.oneRecord(&inner, object, id)
	}
	if refusal := (Refusal{}); errors.As(err, &refusal) {
		return failed(refusal, id)
	}
	if c.method == http.MethodPost {
		var created struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(a.body, &created) // it is this org's own
		id = created.ID
	}
	long, _ := id18(id)
	return map[string]any{"id": long, "success": true, "errors": []any{}}
}

// failed is the result of a record that was refused. It has an ID only where there
// is one.
func failed(r Refusal, id string) map[string]any {
	var problems []any
	for _, one := range r.all() {
		fields := one.Fields
		if fields == nil {
			fields = []string{}
		}
		problems = append(problems, map[string]any{"statusCode": one.Code, "message": one.Message, "fields": fields})
	}
	result := map[string]any{"success": false, "errors": problems}
	if id != "" {
		result["id"] = id
	}
	return result
}

// deleteCollection is DELETE /composite/sobjects?ids=.
func (o *Org) deleteCollection(c *call) (answer, error) {
	ids := strings.FieldsFunc(c.query.Get("ids"), func(r rune) bool { return r == ',' })
	if err := checkCollection(len(ids), 1); err != nil {
		return answer{}, err
	}
	allOrNone := c.query.Get("allOrNone") == "true"
	return o.rowByRow(allOrNone, len(ids), func(i int) map[string]any { return o.deleteOne(c, ids[i]) }), nil
}

func (o *Org) deleteOne(c *call, id string) map[string]any {
	long, ok := id18(id)
	if !ok {
		return failed(badRequest("MALFORMED_ID", "malformed id "+id), "")
	}
	object, known := objectOfID(long)
	if !known || !o.seesObject(object) {
		return failed(noSuchRecord(), long)
	}
	if refusal := o.refusedRow(object.name, map[string]any{"Id": long}); refusal != nil {
		return failed(*refusal, long)
	}
	_, err := o.oneRecord(c, object, long)
	if refusal := (Refusal{}); errors.As(err, &refusal) {
		return failed(refusal, long)
	}
	return map[string]any{"id": long, "success": true, "errors": []any{}}
}

// rowByRow makes the results of a collection. With allOrNone, all is undone if a row
// fails. A composite around the collection can undo what is left.
func (o *Org) rowByRow(allOrNone bool, rows int, work func(i int) map[string]any) answer {
	around, changes := o.changes, &transaction{}
	o.changes = changes
	defer func() { o.changes = around }()
	results, good := make([]map[string]any, rows), true
	for i := range results {
		results[i] = work(i)
		good = good && results[i]["success"] == true
	}
	switch {
	case allOrNone && !good:
		changes.rollBack()
		for i, result := range results {
			if result["success"] == true {
				results[i] = failed(Refusal{
					Code:    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
					Message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
				}, "")
			}
		}
	case around != nil:
		around.undo = append(around.undo, changes.undo...)
	}
	return jsonAnswer(http.StatusOK, results)
}

// objectOfID is the object that an ID is of.
func objectOfID(id string) (object, bool) {
	for _, object := range objects {
		if object.prefix != "" && strings.HasPrefix(id, object.prefix) {
			return object, true
		}
	}
	return object{}, false
}

// SetRowControl lets a function refuse single records of sObject Collections, as
// locks, triggers and rules of an org do: it gets the object and the fields that
// were sent, an ID among them if there is one, and returns what is wrong
// with it; nothing lets the record pass. The function must not use the org. nil takes it back.
func (o *Org) SetRowControl(control func(object string, record sfprov.Fields) []Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rowControl = control
}

func (o *Org) refusedRow(object string, record map[string]any) *Refusal {
	if o.rowControl == nil {
		return nil
	}
	fields := make(sfprov.Fields, len(record))
	for name, value := range record {
		if name != "attributes" {
			fields[name] = value
		}
	}
	problems := o.rowControl(object, fields)
	if len(problems) == 0 {
		return nil
	}
	first := problems[0]
	first.further = problems[1:]
	return &first
}

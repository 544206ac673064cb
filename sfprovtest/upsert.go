package sfprovtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// SetStandardUpsert lets records be found by standard fields such as Username and
// Email, in the URL and in upserts, or by unique custom fields and the ID only. The
// default is true. Which real orgs do for users is not documented.
func (o *Org) SetStandardUpsert(allowed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.customUpsert = !allowed
}

// identifies reports whether records can be found by a field.
func (o *Org) identifies(f field) bool {
	custom := strings.HasSuffix(f.name, "__c")
	return f.kind == typeID || f.lookup && (custom || !o.rules.customUpsert)
}

// identifyingField finds the field of that name that records can be found by.
func (o *Org) identifyingField(object object, name string) (field, error) {
	f, known := o.visibleField(object, name)
	if !known || !o.identifies(f) {
		return field{}, Refusal{Status: http.StatusNotFound, Code: "NOT_FOUND", Message: "Provided external ID field does not exist or is not accessible: " + name}
	}
	return f, nil
}

// byField is /sobjects/{object}/{field}/{value}: GET reads the record that has the
// value, PATCH changes it or makes one, DELETE deletes it if the object allows that.
func (o *Org) byField(c *call, object object, name, value string) (answer, error) {
	f, err := o.identifyingField(object, name)
	if err != nil {
		return answer{}, err
	}
	if f.kind != typeID {
		return o.withField(c, object, f, value, o.withValue(object, f, value))
	}
	if long, _ := id18(value); long == "" {
		return answer{}, malformedID(object, value)
	}
	if c.method != http.MethodPatch {
		return o.oneRecord(c, object, value)
	}
	return o.withField(c, object, f, value, []string{value})
}

// withField does with the records that have a value what a request wants.
func (o *Org) withField(c *call, object object, f field, value string, found []string) (answer, error) {
	switch {
	case c.method == http.MethodPost, c.method == http.MethodPut:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,PATCH,DELETE")
	case len(found) > 1:
		urls := make([]string, len(found))
		for i, id := range found {
			urls[i] = "/services/data/v" + c.version + "/sobjects/" + object.name + "/" + id
		}
		return jsonAnswer(http.StatusMultipleChoices, urls), nil
	case c.method != http.MethodPatch && len(found) == 0:
		return answer{}, notFound()
	case c.method != http.MethodPatch:
		return o.oneRecord(c, object, found[0])
	}
	if err := checkUpsertBody(c, f); err != nil {
		return answer{}, err
	}
	if len(found) == 0 {
		return o.upsertNew(c, object, f, value)
	}
	if _, err := o.oneRecord(c, object, found[0]); err != nil {
		return answer{}, err
	}
	long, _ := id18(found[0])
	return upserted(c, long), nil
}

// withValue are the records that have a value, ignoring case.
func (o *Org) withValue(object object, f field, value string) []string {
	key := strings.ToLower(f.name)
	if object.name == "User" && slices.Contains(o.uniqueFields(), key) {
		id := o.unique[uniqueKey(key, value)]
		if record, here := o.rows["User"][id]; here && o.seesRecord(object, record) {
			return []string{id}
		}
		return nil
	}
	var found []string
	for _, id := range o.order[object.name] {
		record := o.rows[object.name][id]
		if value != "" && strings.EqualFold(textOf(record[key]), value) && o.seesRecord(object, record) {
			found = append(found, id)
		}
	}
	return found
}

// textOf is a value as it is compared with those of URLs.
func textOf(value any) string {
	if text, isText := value.(string); isText || value == nil {
		return text
	}
	return fmt.Sprint(value)
}

// checkUpsertBody refuses a body with the field that is in the URL.
func checkUpsertBody(c *call, f field) error {
	var body map[string]json.RawMessage
	_ = json.Unmarshal(c.body, &body) // what is no JSON is refused by the write
	for name := range body {
		if strings.EqualFold(name, f.name) {
			return Refusal{Status: http.StatusBadRequest, Code: "INVALID_FIELD", Message: "The " + f.name + " field should not be specified in the sobject data."}
		}
	}
	return nil
}

// upsertNew makes the record that an upsert has not found.
func (o *Org) upsertNew(c *call, object object, f field, value string) (answer, error) {
	if c.query.Get("updateOnly") == "true" {
		return answer{}, notFound()
	}
	inner := *c
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) == nil && body != nil {
		body[f.name] = jsonAnswer(0, value).body
		inner.body = jsonAnswer(0, body).body
	}
	return o.upsertWithoutID(&inner, object)
}

// upsertWithoutID is an upsert that makes a record.
func (o *Org) upsertWithoutID(c *call, object object) (answer, error) {
	inner := *c
	inner.method = http.MethodPost
	a, err := o.sobject(&inner, []string{object.name})
	if err != nil {
		return answer{}, err
	}
	var made map[string]any
	if err := json.Unmarshal(a.body, &made); err != nil {
		return answer{}, err
	}
	made["created"] = true
	with := jsonAnswer(a.status, made)
	with.header.Set("Location", a.header.Get("Location"))
	return with, nil
}

// upserted is the answer to an upsert that has changed a record: without a body before
// version 46.
func upserted(c *call, id string) answer {
	if olderThan(c, 46) {
		return jsonAnswer(http.StatusNoContent, nil)
	}
	return jsonAnswer(http.StatusOK, map[string]any{"id": id, "success": true, "errors": []any{}, "created": false})
}

// upsertCollection is PATCH /composite/sobjects/{object}/{field}: upserts of up to 200
// records. One without an ID is made, where the field is the ID.
func (o *Org) upsertCollection(c *call, objectName, fieldName string) (answer, error) {
	object, err := o.objectInPath(objectName)
	if err != nil {
		return answer{}, err
	}
	if c.method != http.MethodPatch {
		return answer{}, methodNotAllowed(c.method, "PATCH")
	}
	f, err := o.identifyingField(object, fieldName)
	if err != nil {
		return answer{}, err
	}
	records, allOrNone, err := decodeCollection(c)
	if err != nil {
		return answer{}, err
	}
	if err := checkCollection(len(records), 1); err != nil {
		return answer{}, err
	}
	known := o.valuesOf(object, f)
	return o.rowByRow(allOrNone, len(records), func(i int) map[string]any {
		return o.upsertOne(c, object, f, records[i], known)
	}), nil
}

func (o *Org) upsertOne(c *call, object object, f field, record map[string]any, known *valuesOfField) map[string]any {
	if !strings.EqualFold(typeOfRecord(record), object.name) {
		return failed(badRequest("INVALID_TYPE", "sObject type '"+typeOfRecord(record)+"' is not that of the request."), "")
	}
	if refusal := o.refusedRow(object.name, record); refusal != nil {
		return failed(*refusal, "")
	}
	value := ""
	for name, sent := range record {
		if strings.EqualFold(name, f.name) {
			if sent != nil {
				value = fmt.Sprint(sent)
			}
			delete(record, name)
		}
	}
	inner := *c
	inner.body = jsonAnswer(0, record).body
	inner.version = "66.0" // so that the answer tells the ID
	var a answer
	var err error
	switch {
	case value != "" && f.kind != typeID:
		a, err = o.withField(&inner, object, f, value, known.find(value))
	case value != "":
		a, err = o.byField(&inner, object, f.name, value)
	case f.kind == typeID:
		a, err = o.upsertWithoutID(&inner, object)
	default:
		return failed(Refusal{Code: "MISSING_ARGUMENT", Message: f.name + " not specified"}, "")
	}
	if refusal := (Refusal{}); errors.As(err, &refusal) {
		return failed(refusal, "")
	}
	if a.status == http.StatusMultipleChoices {
		return failed(Refusal{Code: "DUPLICATE_EXTERNAL_ID", Message: f.name + ": more than one record found for external id field"}, "")
	}
	var result map[string]any
	_ = json.Unmarshal(a.body, &result) // it is this org's own
	id, _ := result["id"].(string)
	known.note(id)
	return result
}

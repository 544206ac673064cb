package sfprov

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// WithSchemaCheck makes the Provisioner hold users against the org's own fields before
// anything is sent: unknown fields, with near matches; fields that can't be written; texts that
// are too long; values of picklists that the org has not got, or not active; and texts in
// place of numbers, dates, booleans and IDs. All that is wrong with a user is one
// [ValidationError].
//
// It costs an API call in ten minutes for [Provisioner.Schema]; a field that is unknown is
// looked for anew, twice a minute at most. Where the schema can't be read, calls go on
// without the check, and a warning is logged. Without the option, Salesforce has the word.
func WithSchemaCheck() Option { return func(o *options) { o.schemaCheck = true } }

// checkSchema holds what is desired against the org's fields.
func (p *Provisioner) checkSchema(ctx context.Context, d *desired) error {
	if !p.schemaCheck || !d.carriesFields() || len(d.fields) == 0 {
		return nil
	}
	schema, err := p.schemaForChecks(ctx, schemaTTL)
	if schema == nil || err != nil {
		return err
	}
	problems, unknown := schema.problemsOf(d)
	if unknown && time.Since(schema.ReadAt) >= catalogPause {
		if schema, err = p.schemaForChecks(ctx, catalogPause); schema == nil || err != nil {
			return err
		}
		problems, _ = schema.problemsOf(d)
	}
	return validationError(problems)
}

// schemaForChecks is the schema; nil if it can't be read, which keeps nobody from going on.
// An error is the end of ctx.
func (p *Provisioner) schemaForChecks(ctx context.Context, age time.Duration) (*Schema, error) {
	if p.schema.rests() {
		return nil, nil //nolint:nilnil // it could not be read just before
	}
	schema, err := p.readSchema(ctx, age)
	switch {
	case err == nil:
		return schema, nil
	case ctx.Err() != nil:
		return nil, newTransportError(ctx, ctx.Err(), false)
	}
	p.schema.rest()
	p.log.LogAttrs(ctx, slog.LevelWarn, "the fields of users can't be read, so users are not checked against them", failureAttrs(err)...)
	return nil, nil //nolint:nilnil // as above
}

// rests reports whether the schema could not be read lately.
func (m *schemaMemory) rests() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Before(m.noRead)
}

func (m *schemaMemory) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noRead = time.Now().Add(catalogPause)
}

// problemsOf is what is wrong with the fields of a user, and whether one is unknown.
func (s *Schema) problemsOf(d *desired) (problems []FieldProblem, unknown bool) {
	for _, sent := range d.fields {
		f, known := s.find(sent.folded)
		if !known {
			unknown = true
			problems = append(problems, FieldProblem{Field: sent.spelt, Problem: "is no field of this org's users, or the integration user may not see it" + s.near(sent.spelt)})
			continue
		}
		if problem := f.problemOf(sent.value, d); problem != "" {
			problems = append(problems, FieldProblem{Field: sent.spelt, Problem: problem})
		}
	}
	return problems, unknown
}

// near names fields that look like a name.
func (s *Schema) near(name string) string {
	var entries []catalogEntry
	for _, f := range s.Fields {
		entries = append(entries, catalogEntry{names: []string{f.Name, f.Label}})
	}
	return didYouMean(entries, name)
}

// problemOf is what is wrong with a value for the field; empty if nothing is.
func (f SchemaField) problemOf(value any, d *desired) string {
	isWritten := f.Createable || f.Updateable
	if d.isNew {
		isWritten = f.Createable
	} else if !d.mayCreate {
		isWritten = f.Updateable
	}
	switch {
	case !isWritten:
		return "can't be written, by anybody or by the integration user"
	case value == nil && !f.Nillable && f.Type != "boolean":
		return "can't be cleared: the org wants a value"
	case value == nil:
		return ""
	}
	if _, isRaw := value.(rawJSON); isRaw { // which Salesforce judges
		return ""
	}
	switch text, isText := value.(string); {
	case isText && text == "":
		return ""
	case isText:
		return f.problemOfText(strings.TrimSpace(text))
	}
	return f.problemOfType(value)
}

// problemOfText is what is wrong with a text.
func (f SchemaField) problemOfText(text string) string {
	switch f.Type {
	case "boolean":
		if text != "true" && text != "false" {
			return "is " + quote(text) + "; it takes true or false"
		}
	case "int", "double", "currency", "percent":
		if _, err := json.Number(text).Float64(); err != nil {
			return "is " + quote(text) + "; it takes a number"
		}
	case "date", "datetime":
		if !isMoment(text) {
			return "is " + quote(text) + "; it takes a date such as 2024-09-10, or a time such as 2024-09-10T13:57:45Z"
		}
	case "reference", "id":
		if id18Of(text) == "" {
			return "is " + quote(text) + "; it takes the ID of a record, of 15 or 18 characters"
		}
	case "picklist", "multipicklist":
		return f.problemOfValues(text)
	default:
		if n := utf8.RuneCountInString(text); f.Length > 0 && n > f.Length {
			return fmt.Sprintf("has %d characters; the field takes %d", n, f.Length)
		}
	}
	return ""
}

// isMoment reports whether a text is a date, or a time with its zone.
func isMoment(text string) bool {
	for _, form := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04Z07:00"} {
		if _, err := time.Parse(form, text); err == nil {
			return true
		}
	}
	return false
}

// problemOfValues is what is wrong with values of a picklist.
func (f SchemaField) problemOfValues(text string) string {
	if !f.Restricted {
		return ""
	}
	values := []string{text}
	if f.Type == "multipicklist" {
		values = strings.Split(text, ";")
	}
	for _, value := range values {
		i := slices.IndexFunc(f.Values, func(v PicklistValue) bool { return strings.EqualFold(v.Value, value) })
		switch {
		case i < 0:
			var entries []catalogEntry
			for _, v := range f.Values {
				entries = append(entries, catalogEntry{names: []string{v.Value, v.Value}})
			}
			return "is " + quote(value) + ", which the org's picklist has not got" + didYouMean(entries, value)
		case !f.Values[i].Active:
			return "is " + quote(value) + ", which is switched off in the org's picklist"
		}
	}
	return ""
}

// problemOfType is what is wrong with a value that is no text.
func (f SchemaField) problemOfType(value any) string {
	_, isTruth := value.(bool)
	_, isTime := value.(time.Time)
	isNumber := !isTruth && !isTime
	switch f.Type {
	case "boolean":
		if !isTruth {
			return "is " + described(value) + "; it takes true or false"
		}
	case "int", "double", "currency", "percent":
		if !isNumber {
			return "is " + described(value) + "; it takes a number"
		}
	case "date", "datetime":
		if !isTime {
			return "is " + described(value) + "; it takes a date or a time"
		}
	case "reference", "id", "picklist", "multipicklist":
		return "is " + described(value) + "; it takes a text"
	}
	return ""
}

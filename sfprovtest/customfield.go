package sfprovtest

import (
	"fmt"
	"slices"
	"strings"
)

// FieldType is the type of a custom field, by its name in describe.
type FieldType string

// The types of custom fields that users can have.
const (
	TextField          FieldType = "string"
	TextAreaField      FieldType = "textarea"
	EmailField         FieldType = "email"
	PhoneField         FieldType = "phone"
	URLField           FieldType = "url"
	CheckboxField      FieldType = "boolean"
	NumberField        FieldType = "double"
	CurrencyField      FieldType = "currency"
	PercentField       FieldType = "percent"
	DateField          FieldType = "date"
	DateTimeField      FieldType = "datetime"
	PicklistField      FieldType = "picklist"
	MultiPicklistField FieldType = "multipicklist"
	ReferenceField     FieldType = "reference"
)

// CustomField describes a custom field of User.
type CustomField struct {
	Name  string    // the API name, which ends in __c
	Label string    // empty: the name without its end
	Type  FieldType // empty: TextField
	// Length is how many characters a text may have; 0 is 255. Others have none.
	Length int
	// Digits is how many digits a number may have in all, and Scale how many of them are
	// after the point: what is beyond is rounded. 0 digits are 18.
	Digits, Scale int
	// Unique refuses a value that another user has, ignoring case. ExternalID lets
	// upserts find users by the field.
	Unique, ExternalID bool
	Required           bool
	// Values are those of a picklist; others are refused, unless it is Open.
	Values []string
	Open   bool
	// RefersTo is the object that a reference is to, such as User or Contact. Queries
	// follow it by the name with __r.
	RefersTo string
	// Default is the value of users who are created without one; empty for none.
	Default string
	// ReadOnly fields can't be written, as formulas.
	ReadOnly bool
}

// AddCustomField adds a text field to User, whose name ends in __c. Of a unique
// one, no two users can have the same value, ignoring case. It panics if the name
// is none of a custom field. [Org.AddField] adds fields of every type.
func (o *Org) AddCustomField(name string, length int, unique bool) {
	o.AddField(CustomField{Name: name, Length: length, Unique: unique})
}

// AddField adds a custom field to User. It panics if the description can't be right: a
// name without __c, one that is there already, a reference to nothing.
//
// Users' fields then hold values of these Go types: bool for checkboxes, json.Number for
// numbers, time.Time for dates with a time, and string for all else; a date is
// 2006-01-02, several values of a picklist are separated by semicolons.
func (o *Org) AddField(f CustomField) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if problem := o.problemOf(f); problem != "" {
		panic("sfprovtest: AddField: " + f.Name + " " + problem)
	}
	added := text(f.Name, f.Label, f.Length)
	added.kind, added.digits, added.scale = fieldType(f.Type), f.Digits, f.Scale
	added.unique, added.external, added.lookup = f.Unique, f.ExternalID, f.Unique || f.ExternalID
	added.required, added.open, added.preset = f.Required, f.Open, f.Default
	added.create, added.update = !f.ReadOnly, !f.ReadOnly
	if f.Label == "" {
		added.label = strings.TrimSuffix(f.Name, "__c")
	}
	switch {
	case f.Type == "":
		added.kind = typeString
	case f.Type == ReferenceField:
		added = reference(f.Name, added.label, f.RefersTo)
	case added.kind.isNumber() && f.Digits == 0:
		added.digits = 18
	}
	if isText := added.kind == typeString || added.kind == typeTextArea || added.kind == typeURL; isText && f.Length == 0 {
		added.length = 255
	}
	if f.Values != nil {
		o.picklist[added.key()] = slices.Clone(f.Values)
	}
	o.fields = append(slices.Clip(o.fields), added)
}

// problemOf says what is wrong with the description of a field; empty if nothing is.
func (o *Org) problemOf(f CustomField) string {
	if !strings.HasSuffix(f.Name, "__c") || len(f.Name) == len("__c") {
		return "is no name of a custom field, which ends in __c"
	}
	if _, exists := o.fieldOf(userObject, f.Name); exists {
		return "is there already"
	}
	known := []FieldType{
		"", TextField, TextAreaField, EmailField, PhoneField, URLField, CheckboxField, NumberField, CurrencyField, PercentField,
		DateField, DateTimeField, PicklistField, MultiPicklistField, ReferenceField,
	}
	if !slices.Contains(known, f.Type) {
		return fmt.Sprintf("is of the type %q, which no field has", f.Type)
	}
	if _, known := o.object(f.RefersTo); f.Type == ReferenceField && !known {
		return fmt.Sprintf("refers to %q, which the org has not got", f.RefersTo)
	}
	return ""
}

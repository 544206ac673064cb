package sfprovtest

import (
	"slices"
	"strings"
)

// fieldType is a type of Salesforce fields, by its name in describe.
type fieldType string

const (
	typeID        fieldType = "id"
	typeString    fieldType = "string"
	typeEmail     fieldType = "email"
	typePhone     fieldType = "phone"
	typeTextArea  fieldType = "textarea"
	typePicklist  fieldType = "picklist"
	typeBoolean   fieldType = "boolean"
	typeReference fieldType = "reference"
	typeDateTime  fieldType = "datetime"
	typeInt       fieldType = "int"
)

// field describes a field.
type field struct {
	name, label string
	kind        fieldType
	length      int
	refersTo    string // object
	relation    string // to the object that it refers to, in queries; empty if there is none
	create      bool   // may be sent on create
	update      bool   // may be sent on update
	required    bool   // must be sent on create, and can't be null
	lookup      bool   // idLookup in describe
	preset      string // value on create if none is sent
}

// object describes an object.
type object struct {
	name, label, prefix string
	fields              []field
	updateable          bool
	assigns             bool // is created and deleted, to give a user something
}

// object finds an object, ignoring case.
func (o *Org) object(name string) (object, bool) {
	for _, object := range objects {
		if strings.EqualFold(object.name, name) {
			return object, true
		}
	}
	return object{}, false
}

// fieldsOf are the fields of an object, the test's own included. The lock is
// held.
func (o *Org) fieldsOf(object object) []field {
	if object.name != "User" {
		return object.fields
	}
	return o.fields
}

// fieldOf finds a field of an object, ignoring case. The lock is held.
func (o *Org) fieldOf(object object, name string) (field, bool) {
	fields := o.fieldsOf(object)
	i := slices.IndexFunc(fields, func(f field) bool { return strings.EqualFold(f.name, name) })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// text makes a field of text that can be created and updated.
func text(name, label string, length int) field {
	return field{name: name, label: label, kind: typeString, length: length, create: true, update: true}
}

func flag(name, label string) field {
	return field{name: name, label: label, kind: typeBoolean, create: true, update: true}
}

func readOnly(name, label string, kind fieldType) field {
	f := field{name: name, label: label, kind: kind}
	if kind == typeID {
		f.length = 18
	}
	return f
}

// parent makes a reference that nobody writes.
func parent(name, label, object string) field {
	f := reference(name, label, object)
	f.create, f.update = false, false
	return f
}

func reference(name, label, object string) field {
	return field{name: name, label: label, kind: typeReference, length: 18, refersTo: object, relation: relationOf(name), create: true, update: true}
}

// relationOf is the name of the relationship that a reference makes: ProfileId makes
// Profile, Mentor__c Mentor__r.
func relationOf(name string) string {
	if base, custom := strings.CutSuffix(name, "__c"); custom {
		return base + "__r"
	}
	return strings.TrimSuffix(name, "Id")
}

// parentOf finds what a relationship leads to, ignoring case: from User, Profile leads by
// ProfileId to the object Profile. What the integration user can't see is not found. The
// lock is held.
func (o *Org) parentOf(child object, relation string) (by field, target object, found bool) {
	for _, f := range o.visibleFields(child) {
		if f.relation != "" && strings.EqualFold(f.relation, relation) {
			target, found = o.visibleObject(f.refersTo)
			return f, target, found
		}
	}
	return field{}, object{}, false
}

func mandatory(f field) field {
	f.required = true
	return f
}

func lookup(f field) field {
	f.lookup = true
	return f
}

func preset(value string, f field) field {
	f.preset = value
	return f
}

func as(kind fieldType, f field) field {
	f.kind = kind
	return f
}

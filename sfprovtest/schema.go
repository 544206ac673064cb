package sfprovtest

import (
	"slices"
	"strings"
	"time"
)

// fieldType is a type of Salesforce fields, by its name in describe.
type fieldType string

const (
	typeID            fieldType = "id"
	typeString        fieldType = "string"
	typeEmail         fieldType = "email"
	typePhone         fieldType = "phone"
	typeURL           fieldType = "url"
	typeTextArea      fieldType = "textarea"
	typePicklist      fieldType = "picklist"
	typeMultiPicklist fieldType = "multipicklist"
	typeBoolean       fieldType = "boolean"
	typeReference     fieldType = "reference"
	typeDate          fieldType = "date"
	typeDateTime      fieldType = "datetime"
	typeInt           fieldType = "int"
	typeDouble        fieldType = "double"
	typeCurrency      fieldType = "currency"
	typePercent       fieldType = "percent"
)

// isNumber reports whether values of the type are numbers with decimals.
func (t fieldType) isNumber() bool {
	return t == typeDouble || t == typeCurrency || t == typePercent
}

// field describes a field.
type field struct {
	name, label string
	kind        fieldType
	length      int      // in characters; 0 for no limit
	digits      int      // of a number, before and after the point
	scale       int      // of a number: digits after the point
	refersTo    []string // objects
	relation    string   // to what it refers to, in queries; empty if there is none
	create      bool     // may be sent on create
	update      bool     // may be sent on update
	required    bool     // must be sent on create, and can't be null
	lookup      bool     // idLookup in describe
	unique      bool     // no two records have the same value, ignoring case
	external    bool     // is an external ID
	open        bool     // a picklist that takes other values than its own
	preset      string   // value on create if none is sent
}

// key is the name of the field in rows.
func (f field) key() string { return folded(f.name) }

// object describes an object.
type object struct {
	name, label, prefix string
	fields              []field
	updateable          bool
	assigns             bool     // is created and deleted, to give a user something
	missing             []string // fields of real orgs that this one has not got
	fixed               bool     // requests can't change it, as those of real orgs can
}

// featureObjects come with features that this org has switched off: it answers as a real
// one that has.
var featureObjects = []string{"BotDefinition", "BotVersion", "Territory2", "UserTerritory2Association"} //nolint:gochecknoglobals // a constant table

// isAbsent reports whether it is certain that the org has no object of that name. Of a
// name that it has not got otherwise, a real org may have one.
func isAbsent(name string) bool {
	at := strings.LastIndex(name, "__") // of custom ones, and those of packages
	return at > 0 && at < len(name)-2 ||
		slices.ContainsFunc(featureObjects, func(absent string) bool { return strings.EqualFold(absent, name) })
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

// lacks reports whether real orgs have a field that this one has not got.
func (o *Org) lacks(object object, name string) bool {
	return slices.ContainsFunc(object.missing, func(missing string) bool {
		if family, isFamily := strings.CutSuffix(missing, "*"); isFamily {
			return len(name) > len(family) && strings.EqualFold(name[:len(family)], family)
		}
		return strings.EqualFold(missing, name)
	})
}

// shown is the value of a field as JSON has it. What was never set is false in booleans,
// and null elsewhere.
func shown(f field, record row) any {
	value := valueOf(f, record)
	if when, isTime := value.(time.Time); isTime {
		return dateTime(when)
	}
	return value
}

// valueOf is the value of a field as tests see it.
func valueOf(f field, record row) any {
	value := record[f.key()]
	if value == nil && f.kind == typeBoolean {
		return false
	}
	return value
}

// recordByID finds a record of whatever object by its ID of 18 characters. The lock is held.
func (o *Org) recordByID(id string) (object, row, bool) {
	for _, object := range objects {
		if object.prefix != "" && strings.HasPrefix(id, object.prefix) {
			if record, exists := o.rows[object.name][id]; exists {
				return object, record, true
			}
		}
	}
	return object{}, nil, false
}

// names stands for the parent of a reference to several objects: what queries can ask of
// each of them.
var names = object{name: "Name", label: "Name", fields: []field{ //nolint:gochecknoglobals // a constant table
	readOnly("Id", "Name ID", typeID),
	readOnly("Name", "Name", typeString),
	readOnly("FirstName", "First Name", typeString),
	readOnly("LastName", "Last Name", typeString),
	readOnly("Username", "Username", typeString),
	readOnly("Email", "Email", typeEmail),
	readOnly("Alias", "Alias", typeString),
	readOnly("IsActive", "Active", typeBoolean),
	readOnly("Title", "Title", typeString),
	readOnly("Type", "Type", typePicklist),
}}

// parentOf finds what a relationship leads to, ignoring case: from User, Profile leads by
// ProfileId to the object Profile, and what can be several objects to that of their names.
// What the integration user can't see is not found. The lock is held.
func (o *Org) parentOf(child object, relation string) (by field, target object, found bool) {
	for _, f := range o.visibleFields(child) {
		switch {
		case f.relation == "" || !strings.EqualFold(f.relation, relation):
		case len(f.refersTo) > 1:
			return f, names, true
		default:
			target, found = o.visibleObject(f.refersTo[0])
			return f, target, found
		}
	}
	return field{}, object{}, false
}

// relationOf is the name of the relationship that a reference makes: ProfileId makes
// Profile, Mentor__c Mentor__r.
func relationOf(name string) string {
	if base, custom := strings.CutSuffix(name, "__c"); custom {
		return base + "__r"
	}
	return strings.TrimSuffix(name, "Id")
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
	switch kind {
	case typeID:
		f.length, f.lookup = 18, true
	case typeString, typeTextArea, typePicklist, typeURL:
		f.length = 255
	case typeEmail, typePhone, typeMultiPicklist, typeBoolean, typeReference, typeDate, typeDateTime, typeInt, typeDouble, typeCurrency, typePercent:
	}
	return f
}

func reference(name, label string, refersTo ...string) field {
	return field{name: name, label: label, kind: typeReference, length: 18, refersTo: refersTo, relation: relationOf(name), create: true, update: true}
}

// parent makes a reference that nobody writes.
func parent(name, label string, refersTo ...string) field {
	f := reference(name, label, refersTo...)
	f.create, f.update = false, false
	return f
}

// unrelated is a reference that queries can't follow.
func unrelated(f field) field {
	f.relation = ""
	return f
}

func mandatory(f field) field {
	f.required = true
	return f
}

func lookup(f field) field {
	f.lookup = true
	return f
}

func unique(f field) field {
	f.unique = true
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

// audited are fields with those that tell who made and changed a record, and when.
func audited(fields ...field) []field {
	return append(fields,
		readOnly("CreatedDate", "Created Date", typeDateTime),
		parent("CreatedById", "Created By ID", "User"),
		readOnly("LastModifiedDate", "Last Modified Date", typeDateTime),
		parent("LastModifiedById", "Last Modified By ID", "User"),
		readOnly("SystemModstamp", "System Modstamp", typeDateTime),
	)
}

package sfprov

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Schema describes the fields of the org's users, as far as the integration user sees
// them: what a mapping can fill.
type Schema struct {
	ReadAt time.Time     `json:"readAt"`
	Fields []SchemaField `json:"fields"` // in the order of their names

	// index is where each field is, by its name in small letters; nil in copies.
	index map[string]int
}

// SchemaField describes a field of User.
type SchemaField struct {
	Name  string `json:"name"`  // the API name
	Label string `json:"label"` // in the language of the integration user
	// Type is what describe calls it: string, textarea, email, phone, url, picklist,
	// multipicklist, boolean, int, double, currency, percent, date, datetime, id, reference
	// and others.
	Type   string `json:"type"`
	Length int    `json:"length,omitempty"` // of texts, in characters
	// Digits is how many digits a number has in all, Scale how many after the point.
	Digits int `json:"digits,omitempty"`
	Scale  int `json:"scale,omitempty"`
	// Required is true for what must be sent when a user is created: it can't be empty, and
	// Salesforce fills nothing in. Config.Defaults can fill it.
	Required   bool `json:"required,omitempty"`
	Nillable   bool `json:"nillable,omitempty"` // can be empty
	Createable bool `json:"createable,omitempty"`
	Updateable bool `json:"updateable,omitempty"`
	Unique     bool `json:"unique,omitempty"` // no two users have the same value
	IDLookup   bool `json:"idLookup,omitempty"`
	ExternalID bool `json:"externalId,omitempty"`
	Custom     bool `json:"custom,omitempty"`
	Filterable bool `json:"filterable,omitempty"` // by queries
	Groupable  bool `json:"groupable,omitempty"`
	Default    any  `json:"default,omitempty"` // of new users: a string, bool or json.Number
	// Values are those of a picklist. Where Restricted is true, Salesforce takes no others.
	Values     []PicklistValue `json:"values,omitempty"`
	Restricted bool            `json:"restricted,omitempty"`
	// Controller is the field on whose value it depends which values of a picklist are
	// taken; empty if it depends on none.
	Controller string `json:"controller,omitempty"`
	// References are the objects that a reference is to, and Relationship is how queries
	// follow it.
	References   []string `json:"references,omitempty"`
	Relationship string   `json:"relationship,omitempty"`
}

// PicklistValue is a value of a picklist.
type PicklistValue struct {
	Value   string `json:"value"` // that is sent
	Label   string `json:"label"` // that people see
	Active  bool   `json:"active"`
	Default bool   `json:"default,omitempty"`
	// For are the values of the controlling field with which this one is taken; empty if
	// there is no such field.
	For []string `json:"for,omitempty"`
}

// Field finds a field by its API name, ignoring case.
func (s *Schema) Field(name string) (f SchemaField, found bool) {
	f, found = s.find(strings.ToLower(name))
	return f.clone(), found
}

// find finds a field by its name in small letters. It is not to be changed.
func (s *Schema) find(folded string) (f SchemaField, found bool) {
	if s == nil {
		return SchemaField{}, false
	}
	if i, known := s.index[folded]; known {
		return s.Fields[i], true
	}
	i, found := slices.BinarySearchFunc(s.Fields, folded, func(f SchemaField, name string) int {
		return strings.Compare(strings.ToLower(f.Name), name)
	})
	if !found {
		return SchemaField{}, false
	}
	return s.Fields[i], true
}

// clone is a copy that shares nothing.
func (f SchemaField) clone() SchemaField {
	f.References, f.Values = slices.Clone(f.References), slices.Clone(f.Values)
	for i := range f.Values {
		f.Values[i].For = slices.Clone(f.Values[i].For)
	}
	return f
}

func (s *Schema) clone() *Schema {
	copied := &Schema{ReadAt: s.ReadAt, Fields: slices.Clone(s.Fields)}
	for i, f := range copied.Fields {
		copied.Fields[i] = f.clone()
	}
	return copied
}

// schemaTTL is how long it is remembered what the org's fields are.
const schemaTTL = 10 * time.Minute

// schemaMemory remembers the schema.
type schemaMemory struct {
	slot chan struct{} // held by the caller who reads it for all

	mu     sync.Mutex // guards what follows, never held during I/O
	last   *Schema
	noRead time.Time // checks don't read it before, since it could not be read
}

func newSchemaMemory() *schemaMemory { return &schemaMemory{slot: make(chan struct{}, 1)} }

// fresh is the schema, if it was read within age.
func (m *schemaMemory) fresh(age time.Duration) *Schema {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil || time.Since(m.last.ReadAt) >= age {
		return nil
	}
	return m.last
}

// Schema describes the fields of the org's users: types, lengths, picklists, what can be
// written. It is read by one API call, remembered for ten minutes, and the caller's own. A
// field that is not there does not exist, or the integration user may not see it: the org
// does not tell which. See "sObject Describe" in the REST API Developer Guide, and "User" in
// the Object Reference for Salesforce.
func (p *Provisioner) Schema(ctx context.Context) (*Schema, error) {
	var schema *Schema
	_, err := p.run(ctx, opSchema, "", func(ctx context.Context) (Result, error) {
		read, err := p.readSchema(ctx, schemaTTL)
		if err == nil {
			schema = read.clone()
		}
		return Result{}, err
	})
	return schema, err
}

// readSchema is the schema, read anew if it is older than age. It is not to be changed.
func (p *Provisioner) readSchema(ctx context.Context, age time.Duration) (*Schema, error) {
	if known := p.schema.fresh(age); known != nil {
		return known, nil
	}
	select {
	case p.schema.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, newTransportError(ctx, ctx.Err(), false)
	}
	defer func() { <-p.schema.slot }()
	if known := p.schema.fresh(age); known != nil {
		return known, nil
	}
	schema, err := p.api.describeUser(ctx)
	if err != nil {
		return nil, err
	}
	p.schema.mu.Lock()
	defer p.schema.mu.Unlock()
	p.schema.last = schema
	return schema, nil
}

// describedField is a field in the words of describe.
type describedField struct {
	Name, Label, Type                               string
	Length, Precision, Digits, Scale                int
	Createable, Updateable, Nillable                bool
	DefaultedOnCreate, Unique, IDLookup, ExternalID bool
	Custom, RestrictedPicklist                      bool
	Filterable, Groupable                           bool
	DefaultValue                                    any
	ReferenceTo                                     []string
	RelationshipName, ControllerName                string
	PicklistValues                                  []struct {
		Value, Label         string
		Active, DefaultValue bool
		ValidFor             string
	}
}

// describeUser reads what the org's users have.
func (c *client) describeUser(ctx context.Context) (*Schema, error) {
	ans, err := c.sender.send(ctx, c.describeRequest())
	if err != nil {
		return nil, err
	}
	return schemaOf(ans)
}

// describeRequest asks for the fields of users.
func (c *client) describeRequest() request {
	return request{method: http.MethodGet, path: c.base + "/sobjects/User/describe"}
}

// schemaOf reads the answer.
func schemaOf(ans answer) (*Schema, error) {
	var described struct{ Fields []json.RawMessage }
	if err := json.Unmarshal(ans.body, &described); err != nil || len(described.Fields) == 0 {
		return nil, notTheJSON(ans)
	}
	schema := &Schema{ReadAt: time.Now()}
	read := map[string]describedField{}
	for _, raw := range described.Fields {
		var f describedField
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.UseNumber()
		if err := decoder.Decode(&f); err != nil || !isFieldName(f.Name) {
			return nil, notTheJSON(ans)
		}
		if _, twice := read[strings.ToLower(f.Name)]; twice {
			return nil, unexpected(ans, "the description names a field twice")
		}
		read[strings.ToLower(f.Name)] = f
	}
	for _, f := range read {
		schema.Fields = append(schema.Fields, f.field(read))
	}
	slices.SortFunc(schema.Fields, func(a, b SchemaField) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	schema.index = make(map[string]int, len(schema.Fields))
	for i, f := range schema.Fields {
		schema.index[strings.ToLower(f.Name)] = i
	}
	return schema, nil
}

// field is the field in this library's words.
func (d describedField) field(all map[string]describedField) SchemaField {
	f := SchemaField{
		Name: d.Name, Label: d.Label, Type: d.Type, Length: d.Length, Digits: max(d.Precision, d.Digits), Scale: d.Scale,
		Required: d.Createable && !d.Nillable && !d.DefaultedOnCreate, Nillable: d.Nillable, Createable: d.Createable, Updateable: d.Updateable,
		Unique: d.Unique, IDLookup: d.IDLookup, ExternalID: d.ExternalID, Custom: d.Custom, Default: d.DefaultValue,
		Filterable: d.Filterable, Groupable: d.Groupable,
		Restricted: d.RestrictedPicklist, Controller: d.ControllerName, Relationship: d.RelationshipName,
	}
	if len(d.ReferenceTo) > 0 {
		f.References = d.ReferenceTo
	}
	controller := all[strings.ToLower(d.ControllerName)]
	for _, value := range d.PicklistValues {
		one := PicklistValue{Value: value.Value, Label: value.Label, Active: value.Active, Default: value.DefaultValue}
		if value.DefaultValue && f.Default == nil {
			f.Default = value.Value
		}
		if d.ControllerName != "" {
			one.For = controller.valuesOf(value.ValidFor)
		}
		f.Values = append(f.Values, one)
	}
	return f
}

// valuesOf are the values that a bit map names: a bit for each, in their order, in base 64.
// A checkbox has two, false and true.
func (d describedField) valuesOf(bitmap string) (values []string) {
	bits, err := base64.StdEncoding.DecodeString(bitmap)
	if err != nil {
		return nil
	}
	isSet := func(i int) bool { return i/8 < len(bits) && bits[i/8]&(0x80>>(i%8)) != 0 }
	if d.Type == "boolean" {
		for i, value := range []string{"false", "true"} {
			if isSet(i) {
				values = append(values, value)
			}
		}
		return values
	}
	for i, value := range d.PicklistValues {
		if isSet(i) {
			values = append(values, value.Value)
		}
	}
	return values
}

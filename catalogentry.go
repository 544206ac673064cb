package sfprov

import (
	"context"
	"iter"
	"strings"
)

// CatalogUserLicense is the kind of user licences, which users have by their profiles.
const CatalogUserLicense CatalogKind = "user license"

// CatalogEntry is something that users of the org can have.
type CatalogEntry struct {
	Kind CatalogKind `json:"kind"`
	ID   string      `json:"id"`   // 18 characters
	Name string      `json:"name"` // the API name; of profiles and licences, which have none, the name
	// Label is what people call it, in the language of the org.
	Label string `json:"label"`
	// License is the user licence of a profile, and the licence that a permission set is
	// restricted to; empty if there is none.
	License string `json:"license,omitempty"`
	// Parent is the ID of the role above a role; empty for the others.
	Parent string `json:"parent,omitempty"`
	// Seats are those of a licence, and of a profile's licence; nil for what has none.
	Seats *Seats `json:"seats,omitempty"`
	// Active is false for a licence that has run out or was switched off, and for a permission set
	// group that is not calculated.
	Active bool `json:"active"`
}

// Seats are how many users a licence serves.
type Seats struct {
	Total int `json:"total"` // -1: any number
	Used  int `json:"used"`
}

// Free is how many users more can have the licence; -1 for any number.
func (s Seats) Free() int {
	if s.Total < 0 {
		return -1
	}
	return max(s.Total-s.Used, 0)
}

// catalogQuery is how the entries of a kind are read.
type catalogQuery struct {
	object, where string
	fields        []string // name, label, and others
	license       string   // path to the name of the licence
	seats         string   // path to the record that counts them; "." for the entry itself
	parent        string
	active        string // the Status of what is active; empty if there is none
}

// catalogQueries are those of all kinds. What the names of users' access needs is part of
// them: see kinds.
var catalogQueries = map[CatalogKind]catalogQuery{ //nolint:gochecknoglobals // a constant table
	CatalogProfile: {
		object: "Profile", fields: []string{"Name", "Name"},
		license: "UserLicense.Name", seats: "UserLicense",
	},
	CatalogRole:               {object: "UserRole", fields: []string{"DeveloperName", "Name"}, parent: "ParentRoleId"},
	CatalogPermissionSet:      {object: "PermissionSet", where: kinds.permissionSet.where, fields: []string{"Name", "Label"}, license: "License.Name"},
	CatalogPermissionSetGroup: {object: "PermissionSetGroup", fields: []string{"DeveloperName", "MasterLabel"}, active: "Updated"},
	CatalogPermissionSetLicense: {
		object: "PermissionSetLicense", fields: []string{"DeveloperName", "MasterLabel"}, seats: ".", active: "Active",
	},
	CatalogUserLicense: {object: "UserLicense", fields: []string{"Name", "MasterLabel"}, seats: ".", active: "Active"},
	CatalogPublicGroup: {object: "Group", where: kinds.publicGroup.where, fields: []string{"DeveloperName", "Name"}},
	CatalogQueue:       {object: "Group", where: kinds.queue.where, fields: []string{"DeveloperName", "Name"}},
}

// soql is the query. Labels come in their order.
func (q catalogQuery) soql() string {
	columns := []string{"Id", q.fields[0]}
	if q.fields[1] != q.fields[0] {
		columns = append(columns, q.fields[1])
	}
	for _, column := range []string{q.license, q.parent} {
		if column != "" {
			columns = append(columns, column)
		}
	}
	if q.active != "" {
		columns = append(columns, "Status")
	}
	switch q.seats {
	case "":
	case ".":
		columns = append(columns, "TotalLicenses", "UsedLicenses")
	default:
		columns = append(columns, q.seats+".Status", q.seats+".TotalLicenses", q.seats+".UsedLicenses")
	}
	soql := "SELECT " + strings.Join(columns, ", ") + " FROM " + q.object
	if q.where != "" {
		soql += " WHERE " + q.where
	}
	return soql + " ORDER BY " + q.fields[1] + " NULLS LAST, Id"
}

// Catalog streams what the org has of a kind, in the order of the labels: what a mapping
// can give, and how many seats are left. It costs an API call for each 2,000 entries, and
// holds one page at a time. The first error ends the stream; a kind that there isn't is a
// [ValidationError], and what the integration user may not see is [ErrPermission] or
// [ErrInvalidField], which name the right that is missing. See "Query" in the REST API
// Developer Guide, and the object in the Object Reference for Salesforce.
func (p *Provisioner) Catalog(ctx context.Context, kind CatalogKind) iter.Seq2[CatalogEntry, error] {
	return func(yield func(CatalogEntry, error) bool) {
		fail := func(err error) { yield(CatalogEntry{}, decorate(opCatalog, string(kind), err)) }
		query, known := catalogQueries[kind]
		if !known {
			fail(problem("kind", "is "+quote(string(kind))+", which is no kind that users have"))
			return
		}
		if err := p.streaming(ctx, opCatalog, func(ctx context.Context) error {
			return eachOf(p.api.query(ctx, query.soql()), func(row record) error {
				if !yield(query.entry(kind, row), nil) {
					return errStopped
				}
				return nil
			})
		}); err != nil {
			fail(err)
		}
	}
}

// entry reads one record.
func (q catalogQuery) entry(kind CatalogKind, row record) CatalogEntry {
	id, _ := row.text("Id")
	e := CatalogEntry{Kind: kind, ID: id18Of(id), Active: true}
	e.Name, _ = row.text(q.fields[0])
	e.Label, _ = row.text(q.fields[1])
	if q.parent != "" {
		parent, _ := row.text(q.parent)
		e.Parent = id18Of(parent)
	}
	if relation, field, found := strings.Cut(q.license, "."); found {
		e.License, _ = row.parent(relation).text(field)
	}
	counted, active := row, q.active
	if q.seats != "" && q.seats != "." {
		counted, active = row.parent(q.seats), "Active"
	}
	if q.seats != "" && counted != nil {
		e.Seats = &Seats{Total: int(counted.number("TotalLicenses")), Used: int(counted.number("UsedLicenses"))}
	}
	if status, told := counted.text("Status"); active != "" && told {
		e.Active = strings.EqualFold(status, active)
	}
	return e
}

// parent is the record that a relationship of a record leads to; nil if there is none.
func (r record) parent(relation string) record {
	value, _ := r.lookup(relation)
	fields, isRecord := value.(map[string]any)
	if !isRecord {
		return nil
	}
	parent := make(record, 0, len(fields))
	for name, value := range fields {
		parent = append(parent, field(name, value))
	}
	return parent
}

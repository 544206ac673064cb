package sfprov

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Access is what a user may do in Salesforce. Everything is named as people name
// it: by label or name, by API name (developer name), or by record ID; the case of
// names does not count. A name that is unknown, or that several records have, is a
// [ValidationError] that lists near matches, and nothing is changed.
//
// A list that is nil is left alone. What a list names is added to what the user
// has; with Exact, what it doesn't name is removed, so that an empty list that is
// not nil removes all of its kind. The permission set that belongs to a profile
// is never touched. [User].Revoke removes single things.
//
// See "PermissionSetAssignment", "PermissionSetLicenseAssign", "GroupMember" and
// "UserRole" in the Object Reference for Salesforce.
type Access struct {
	Profile string `json:"profile,omitempty"` // decides the user's licence; empty leaves it alone
	Role    string `json:"role,omitempty"`    // empty leaves it alone

	PermissionSets        []string `json:"permissionSets,omitempty"`
	PermissionSetGroups   []string `json:"permissionSetGroups,omitempty"`
	PermissionSetLicenses []string `json:"permissionSetLicenses,omitempty"`
	PublicGroups          []string `json:"publicGroups,omitempty"`
	Queues                []string `json:"queues,omitempty"`

	Exact bool `json:"exact,omitempty"`
}

// UnmarshalJSON reads an Access. A key that is there twice is refused, and so is one that
// is not known.
func (a *Access) UnmarshalJSON(text []byte) error {
	type plain Access
	return decodeFields(text, (*plain)(a), (*json.Decoder).DisallowUnknownFields)
}

// lists are the lists of an Access, in the order in which they are given: what
// comes later may need what comes before.
func (a Access) lists() []accessList {
	return []accessList{
		{kinds.permissionSetLicense, a.PermissionSetLicenses},
		{kinds.permissionSet, a.PermissionSets},
		{kinds.permissionSetGroup, a.PermissionSetGroups},
		{kinds.publicGroup, a.PublicGroups},
		{kinds.queue, a.Queues},
	}
}

type accessList struct {
	kind  accessKind
	names []string // nil is left alone
}

// accessKind is a kind of thing that users are given.
type accessKind struct {
	field  string   // of Access
	object string   // whose records are named
	where  string   // which of them
	names  []string // fields that name them
	// How one is given to a user; empty for what is a field of the user.
	assignment, assignee, given string
	order                       int // in which it is given, from 1
}

// The kinds. Permission sets of profiles are not to be given, and are not among
// them.
var kinds = struct { //nolint:gochecknoglobals // a constant table
	profile, role, permissionSet, permissionSetGroup, permissionSetLicense, publicGroup, queue accessKind
}{
	profile: accessKind{field: "Access.Profile", object: "Profile", names: []string{"Name"}, given: "ProfileId"},
	role: accessKind{
		field:  "Access.Role",
		object: "UserRole",
		names:  []string{"DeveloperName", "Name"},
		given:  "UserRoleId",
	},
	permissionSetLicense: accessKind{
		field: "Access.PermissionSetLicenses", object: "PermissionSetLicense", names: []string{"DeveloperName", "MasterLabel"},
		assignment: "PermissionSetLicenseAssign", assignee: "AssigneeId", given: "PermissionSetLicenseId", order: 1,
	},
	permissionSet: accessKind{
		field: "Access.PermissionSets", object: "PermissionSet", where: "IsOwnedByProfile = false", names: []string{"Name", "Label"},
		assignment: "PermissionSetAssignment", assignee: "AssigneeId", given: "PermissionSetId", order: 2,
	},
	permissionSetGroup: accessKind{
		field: "Access.PermissionSetGroups", object: "PermissionSetGroup", names: []string{"DeveloperName", "MasterLabel"},
		assignment: "PermissionSetAssignment", assignee: "AssigneeId", given: "PermissionSetGroupId", order: 3,
	},
	publicGroup: accessKind{
		field: "Access.PublicGroups", object: "Group", where: "Type = 'Regular'", names: []string{"DeveloperName", "Name"},
		assignment: "GroupMember", assignee: "UserOrGroupId", given: "GroupId", order: 4,
	},
	queue: accessKind{
		field: "Access.Queues", object: "Group", where: "Type = 'Queue'", names: []string{"DeveloperName", "Name"},
		assignment: "GroupMember", assignee: "UserOrGroupId", given: "GroupId", order: 5,
	},
}

// isZero reports whether nothing is asked for.
func (a Access) isZero() bool {
	return a.Profile == "" && a.Role == "" && a.PermissionSets == nil && a.PermissionSetGroups == nil && a.PermissionSetLicenses == nil &&
		a.PublicGroups == nil &&
		a.Queues == nil
}

// clone is a copy that shares nothing.
func (a Access) clone() Access {
	for _, list := range []*[]string{&a.PermissionSets, &a.PermissionSetGroups, &a.PermissionSetLicenses, &a.PublicGroups, &a.Queues} {
		*list = slices.Clone(*list)
	}
	return a
}

// problems are those that need no look at the org.
func (u User) accessProblems(own record) []FieldProblem {
	if u.Access.isZero() && u.Revoke.isZero() && !u.Revoke.Exact {
		return nil
	}
	var problems []FieldProblem
	add := func(field, format string, args ...any) {
		problems = append(problems, FieldProblem{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	for _, one := range []struct{ field, name, of string }{{"Access.Profile", u.Access.Profile, "ProfileId"}, {"Access.Role", u.Access.Role, "UserRoleId"}} {
		if _, given := own.lookup(one.of); given && one.name != "" {
			add(one.field, "and Fields[\"%s\"] are both given; give one of them", one.of)
		}
	}
	revoked := u.Revoke.lists()
	for i, list := range u.Access.lists() {
		problems = append(problems, list.problems(revoked[i].names)...)
	}
	if u.Revoke.Profile != "" {
		add("Revoke.Profile", "is set; a user always has a profile: give another one by Access.Profile")
	}
	if _, given := own.lookup("UserRoleId"); u.Revoke.Role != "" && (given || u.Access.Role != "") {
		add("Revoke.Role", "is set beside another role; give one of them")
	}
	if u.Revoke.Exact {
		add("Revoke.Exact", "is set; it is for Access")
	}
	return problems
}

// problems are what is wrong with the names that are given and revoked.
func (l accessList) problems(revoked []string) (problems []FieldProblem) {
	field := strings.Replace(l.kind.field, "Access.", "Revoke.", 1)
	if slices.ContainsFunc(l.names, isBlankText) {
		problems = append(problems, FieldProblem{Field: l.kind.field, Problem: "holds an empty name"})
	}
	if slices.ContainsFunc(revoked, isBlankText) {
		problems = append(problems, FieldProblem{Field: field, Problem: "holds an empty name"})
	}
	for _, name := range revoked {
		if slices.ContainsFunc(l.names, func(given string) bool { return strings.EqualFold(given, name) }) {
			what := fmt.Sprintf("holds %s, which %s gives; name it in one of them", quote(name), l.kind.field)
			problems = append(problems, FieldProblem{Field: field, Problem: what})
		}
	}
	return problems
}

func isBlankText(s string) bool { return strings.TrimSpace(s) == "" }

// resolvedAccess is what Access and Revoke come to: record IDs in place of names.
type resolvedAccess struct {
	fields record // of the user: profile and role
	lists  []resolvedList
	// noRole is the role that is taken away; empty if none is.
	noRole catalogEntry
}

type resolvedList struct {
	kind    accessKind
	wanted  []catalogEntry
	revoked []catalogEntry
	known   []catalogEntry // all of the kind, for Exact
	exact   bool
}

// needsReading reports whether what the user has must be known to tell what is to be
// taken away.
func (r resolvedAccess) needsReading() bool {
	return r.noRole.id != "" ||
		slices.ContainsFunc(r.lists, func(l resolvedList) bool { return l.exact || len(l.revoked) > 0 })
}

// accessResolver finds what an Access names, and gathers what can't be found.
type accessResolver struct {
	p        *Provisioner
	problems []FieldProblem
}

func (r *accessResolver) find(ctx context.Context, kind accessKind, field, name string) (catalogEntry, error) {
	found, problem, err := r.p.catalog.find(ctx, r.p.api, kind, name)
	if problem != "" {
		r.problems = append(r.problems, FieldProblem{Field: field, Problem: problem})
	}
	return found, err
}

func (r *accessResolver) findAll(
	ctx context.Context,
	kind accessKind,
	field string,
	names []string,
) (found []catalogEntry, err error) {
	for _, name := range names {
		entry, err := r.find(ctx, kind, field, name)
		if err != nil {
			return nil, err
		}
		if !containsEntry(found, entry.id) { // a name can be given twice
			found = append(found, entry)
		}
	}
	return found, nil
}

func containsEntry(entries []catalogEntry, id string) bool {
	return slices.ContainsFunc(entries, func(e catalogEntry) bool { return e.id == id })
}

// resolveAccess finds what a user's Access and Revoke name, and tells all that can't
// be found at once. It costs a query for each kind that is not remembered.
func (p *Provisioner) resolveAccess(ctx context.Context, access, revoke Access) (resolvedAccess, error) {
	if access.isZero() && revoke.isZero() {
		return resolvedAccess{}, nil
	}
	resolver := &accessResolver{p: p}
	resolved := resolvedAccess{}
	for _, one := range []struct {
		kind accessKind
		name string
	}{{kinds.profile, access.Profile}, {kinds.role, access.Role}} {
		if one.name == "" {
			continue
		}
		entry, err := resolver.find(ctx, one.kind, one.kind.field, one.name)
		if err != nil {
			return resolvedAccess{}, err
		}
		resolved.fields = append(resolved.fields, field(one.kind.given, entry.id))
	}
	if revoke.Role != "" {
		var err error
		if resolved.noRole, err = resolver.find(ctx, kinds.role, "Revoke.Role", revoke.Role); err != nil {
			return resolvedAccess{}, err
		}
	}
	revoked := revoke.lists()
	for i, list := range access.lists() {
		if list.names == nil && len(revoked[i].names) == 0 {
			continue
		}
		l, err := resolver.list(ctx, list, revoked[i].names, access.Exact)
		if err != nil {
			return resolvedAccess{}, err
		}
		resolved.lists = append(resolved.lists, l)
	}
	return resolved, validationError(resolver.problems)
}

// list finds what a list names, and what is revoked of its kind.
func (r *accessResolver) list(
	ctx context.Context,
	list accessList,
	revoked []string,
	exact bool,
) (l resolvedList, err error) {
	l = resolvedList{kind: list.kind, exact: exact && list.names != nil}
	if l.wanted, err = r.findAll(ctx, list.kind, list.kind.field, list.names); err == nil {
		l.revoked, err = r.findAll(ctx, list.kind, strings.Replace(list.kind.field, "Access.", "Revoke.", 1), revoked)
	}
	if err == nil && l.exact {
		l.known, err = r.p.catalog.list(ctx, r.p.api, list.kind)
	}
	r.checkBoth(l)
	return l, err
}

// checkBoth finds what is given and revoked under two names.
func (r *accessResolver) checkBoth(l resolvedList) {
	for _, entry := range l.revoked {
		if containsEntry(l.wanted, entry.id) {
			r.problems = append(r.problems, FieldProblem{
				Field:   strings.Replace(l.kind.field, "Access.", "Revoke.", 1),
				Problem: fmt.Sprintf("holds %s, which %s gives under another name; name it in one of them", quote(entry.label()), l.kind.field),
			})
		}
	}
}

// assignments are what users were given, by the object that records it.
type assignments map[string][]record

// find is the assignment of an entry; nil if there is none.
func (a assignments) find(kind accessKind, entryID string) record {
	for _, row := range a[kind.assignment] {
		if given, _ := row.text(kind.given); id18Of(given) == entryID {
			return row
		}
	}
	return nil
}

// objects are the objects of the assignments that a user's are compared with.
func (r resolvedAccess) objects() []string {
	var objects []string
	for _, list := range r.lists {
		if !slices.Contains(objects, list.kind.assignment) {
			objects = append(objects, list.kind.assignment)
		}
	}
	return objects
}

// called names one of the kind, for people.
func (k accessKind) called(e catalogEntry) string {
	return fmt.Sprintf("%s %s", strings.TrimSuffix(strings.TrimPrefix(k.field, "Access."), "s"), quote(e.label()))
}

// assignmentsQuery reads the assignments of an object that users have.
func assignmentsQuery(object, condition string) string {
	fields, assignee := "Id, PermissionSetId, PermissionSetGroupId", "AssigneeId"
	switch object {
	case kinds.permissionSetLicense.assignment:
		fields = "Id, PermissionSetLicenseId"
	case kinds.publicGroup.assignment:
		fields, assignee = "Id, GroupId", "UserOrGroupId"
	}
	return "SELECT " + fields + ", " + assignee + " FROM " + object + " WHERE " + assignee + " " + condition
}

// assigneeOf is the user of a record of such a query.
func assigneeOf(row record) string {
	assignee, _ := row.text("AssigneeId")
	if assignee == "" {
		assignee, _ = row.text("UserOrGroupId")
	}
	return id18Of(assignee)
}

// assignmentOf is a record of such a query.
func assignmentOf(given record) record {
	if group, _ := given.text("PermissionSetGroupId"); group != "" {
		return given.without("PermissionSetId") // the set that the group is made into
	}
	return given
}

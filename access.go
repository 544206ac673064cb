package sfprov

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Access is what a user may do in Salesforce. Everything is named as people name
// it: by label or name, by API name (developer name), or by record ID; the case of
// names does not count. A name that is unknown, or that several records have, is a
// [ValidationError] that lists near matches, and nothing is changed.
//
// A list that is nil is left alone. What a list names is added to what the user
// has; with Exact, what it doesn't name is removed, so that an empty list that is
// not nil removes all of its kind. The permission set that belongs to a profile
// is never touched.
//
// See "PermissionSetAssignment", "PermissionSetLicenseAssign", "GroupMember" and
// "UserRole" in the Object Reference for Salesforce.
type Access struct {
	Profile string // decides the user's licence; empty leaves it alone
	Role    string // empty leaves it alone

	PermissionSets        []string
	PermissionSetGroups   []string
	PermissionSetLicenses []string
	PublicGroups          []string
	Queues                []string

	Exact bool
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
}

// The kinds. Permission sets of profiles are not to be given, and are not among
// them.
var kinds = struct { //nolint:gochecknoglobals // a constant table
	profile, role, permissionSet, permissionSetGroup, permissionSetLicense, publicGroup, queue accessKind
}{
	profile:              accessKind{field: "Access.Profile", object: "Profile", names: []string{"Name"}},
	role:                 accessKind{field: "Access.Role", object: "UserRole", names: []string{"DeveloperName", "Name"}},
	permissionSet:        accessKind{field: "Access.PermissionSets", object: "PermissionSet", where: "IsOwnedByProfile = false", names: []string{"Name", "Label"}, assignment: "PermissionSetAssignment", assignee: "AssigneeId", given: "PermissionSetId"},
	permissionSetGroup:   accessKind{field: "Access.PermissionSetGroups", object: "PermissionSetGroup", names: []string{"DeveloperName", "MasterLabel"}, assignment: "PermissionSetAssignment", assignee: "AssigneeId", given: "PermissionSetGroupId"},
	permissionSetLicense: accessKind{field: "Access.PermissionSetLicenses", object: "PermissionSetLicense", names: []string{"DeveloperName", "MasterLabel"}, assignment: "PermissionSetLicenseAssign", assignee: "AssigneeId", given: "PermissionSetLicenseId"},
	publicGroup:          accessKind{field: "Access.PublicGroups", object: "Group", where: "Type = 'Regular'", names: []string{"DeveloperName", "Name"}, assignment: "GroupMember", assignee: "UserOrGroupId", given: "GroupId"},
	queue:                accessKind{field: "Access.Queues", object: "Group", where: "Type = 'Queue'", names: []string{"DeveloperName", "Name"}, assignment: "GroupMember", assignee: "UserOrGroupId", given: "GroupId"},
}

// isZero says whether nothing is asked for.
func (a Access) isZero() bool {
	return a.Profile == "" && a.Role == "" && a.PermissionSets == nil && a.PermissionSetGroups == nil && a.PermissionSetLicenses == nil &&
		a.PublicGroups == nil && a.Queues == nil
}

// problems are those that need no look at the org.
func (a Access) problems(fields Fields) []FieldProblem {
	if a.isZero() {
		return nil
	}
	var problems []FieldProblem
	for _, one := range []struct{ field, name, of string }{{"Access.Profile", a.Profile, "ProfileId"}, {"Access.Role", a.Role, "UserRoleId"}} {
		if _, given := fields.lookup(one.of); given && one.name != "" {
			problems = append(problems, FieldProblem{Field: one.field, Problem: "and Fields[\"" + one.of + "\"] are both given; give one of them"})
		}
	}
	for _, list := range a.lists() {
		if slices.ContainsFunc(list.names, func(name string) bool { return strings.TrimSpace(name) == "" }) {
			problems = append(problems, FieldProblem{Field: list.kind.field, Problem: "holds an empty name"})
		}
	}
	return problems
}

// grants are what an Access comes to: record IDs in place of names.
type grants struct {
	fields Fields // of the user: profile and role
	lists  []grantList
	exact  bool
	toNew  bool // the user was just made, and has nothing but what the org gives by itself
}

type grantList struct {
	kind  accessKind
	wants []entry
}

// resolveAccess finds what an Access names, and tells all that can't be found at
// once. It costs a query for each kind that is not remembered.
func (p *Provisioner) resolveAccess(ctx context.Context, a Access) (grants, error) {
	if a.isZero() {
		return grants{}, nil
	}
	g := grants{fields: Fields{}, exact: a.Exact}
	var problems []FieldProblem
	find := func(kind accessKind, name string) (entry, error) {
		found, problem, err := p.directory.find(ctx, p.api, kind, name)
		if problem != "" {
			problems = append(problems, FieldProblem{Field: kind.field, Problem: problem})
		}
		return found, err
	}
	for _, one := range []struct {
		kind       accessKind
		name, into string
	}{{kinds.profile, a.Profile, "ProfileId"}, {kinds.role, a.Role, "UserRoleId"}} {
		if one.name == "" {
			continue
		}
		found, err := find(one.kind, one.name)
		if err != nil {
			return grants{}, err
		}
		g.fields[one.into] = found.id
	}
	for _, list := range a.lists() {
		if list.names == nil {
			continue
		}
		resolved := grantList{kind: list.kind}
		for _, name := range list.names {
			found, err := find(list.kind, name)
			if err != nil {
				return grants{}, err
			}
			resolved.wants = append(resolved.wants, found)
		}
		g.lists = append(g.lists, resolved)
	}
	return g, validationError(problems)
}

// assignmentsOf are a user's assignments, by their object.
type assignmentsOf map[string][]Fields

// objects are the objects of the assignments that a user's are compared with.
func (g grants) objects() []string {
	var objects []string
	for _, list := range g.lists {
		if !slices.Contains(objects, list.kind.assignment) {
			objects = append(objects, list.kind.assignment)
		}
	}
	return objects
}

// accessStep gives a user one thing, or takes it away.
type accessStep struct {
	kind   accessKind
	entry  entry
	remove string // ID of the assignment; empty if the thing is given
}

// change is the step as it is told of.
func (s accessStep) change() Change {
	name := s.entry.names[len(s.entry.names)-1]
	if s.remove != "" {
		return Change{Field: s.kind.field, Before: name}
	}
	return Change{Field: s.kind.field, After: name}
}

// accessSteps are what brings a user from what it has to what it shall have: what
// is too much is taken away first.
func (p *Provisioner) accessSteps(ctx context.Context, g grants, held assignmentsOf) ([]accessStep, error) {
	var steps []accessStep
	for _, list := range slices.Backward(g.lists) { // what needs a licence goes before the licence
		if !g.exact {
			break
		}
		known, err := p.directory.list(ctx, p.api, list.kind)
		if err != nil {
			return nil, err
		}
		for _, record := range held[list.kind.assignment] {
			given, _ := record.text(list.kind.given)
			tooMuch := slices.IndexFunc(known, func(e entry) bool { return e.id == id18Of(given) })
			if tooMuch < 0 || slices.ContainsFunc(list.wants, func(e entry) bool { return e.id == known[tooMuch].id }) {
				continue // not of this kind, or a profile's own, or wanted
			}
			assignment, _ := record.text("Id")
			steps = append(steps, accessStep{kind: list.kind, entry: known[tooMuch], remove: assignment})
		}
	}
	for _, list := range g.lists {
		given := map[string]bool{} // a name can be given twice
		for _, want := range list.wants {
			if !given[want.id] && !holds(held, list.kind, want) {
				steps = append(steps, accessStep{kind: list.kind, entry: want})
			}
			given[want.id] = true
		}
	}
	return steps, nil
}

// holds says whether a thing is among the assignments.
func holds(held assignmentsOf, kind accessKind, e entry) bool {
	return slices.ContainsFunc(held[kind.assignment], func(record Fields) bool {
		given, _ := record.text(kind.given)
		return id18Of(given) == e.id
	})
}

// take makes one step.
func (p *Provisioner) take(ctx context.Context, userID string, s accessStep) error {
	if s.remove != "" {
		if err := p.api.unassign(ctx, s.kind.assignment, s.remove); err != nil {
			return &stepError{step: "taking away " + s.kind.called(s.entry), err: lost(opAccess, userID, "", time.Now(), err)}
		}
		return nil
	}
	err := p.api.assign(ctx, s.kind, userID, s.entry.id)
	if _, inDoubt := errors.AsType[*unconfirmed](err); inDoubt || isRefusal(err) {
		// How Salesforce says that a user has it already is not documented for
		// all kinds: what the user has decides.
		now, lookErr := p.api.assignments(ctx, s.kind.assignment, userID)
		if lookErr == nil && holds(assignmentsOf{s.kind.assignment: now}, s.kind, s.entry) {
			return nil
		}
	}
	if err != nil {
		return &stepError{step: "giving " + s.kind.called(s.entry), err: lost(opAccess, userID, "", time.Now(), err)}
	}
	return nil
}

// grant gives a user what is missing and, with exact, takes what is too much,
// first. It says what it changed.
func (p *Provisioner) grant(ctx context.Context, userID string, g grants) (changes []Change, err error) {
	held := assignmentsOf{}
	for _, object := range g.objects() {
		if g.toNew && !g.exact {
			break // take finds out about what the org gave by itself
		}
		if held[object], err = p.api.assignments(ctx, object, userID); err != nil {
			return nil, &stepError{step: "reading what the user has", err: err}
		}
	}
	steps, err := p.accessSteps(ctx, g, held)
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		if err := p.take(ctx, userID, step); err != nil {
			return changes, err
		}
		changes = append(changes, step.change())
	}
	return changes, nil
}

// called names one of the kind, for people.
func (k accessKind) called(e entry) string {
	return fmt.Sprintf("%s %s", strings.TrimSuffix(strings.TrimPrefix(k.field, "Access."), "s"), quote(e.names[len(e.names)-1]))
}

// id18Of is the 18-character form of an ID that Salesforce sent; empty if it is
// none.
func id18Of(id string) string {
	long, _ := parseID(id)
	return long
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

// assignmentOf is a record of such a query.
func assignmentOf(record Fields) Fields {
	if group, _ := record.text("PermissionSetGroupId"); group != "" {
		delete(record, "PermissionSetId") // the set that the group is made into
	}
	return record
}

// assignments are a user's assignments of an object.
func (c *client) assignments(ctx context.Context, object, userID string) ([]Fields, error) {
	var records []Fields
	for record, err := range c.query(ctx, assignmentsQuery(object, "= '"+userID+"'")) {
		if err != nil {
			return nil, err
		}
		records = append(records, assignmentOf(record))
	}
	return records, nil
}

// assign gives a user one thing. It may be repeated: nobody can have it twice.
func (c *client) assign(ctx context.Context, kind accessKind, userID, id string) error {
	body, err := Fields{kind.assignee: userID, kind.given: id}.encode()
	if err != nil {
		return err // of two IDs
	}
	ans, err := c.sender.send(ctx, request{method: http.MethodPost, path: c.base + "/sobjects/" + kind.assignment + "/", body: body, repeatable: true})
	if err != nil {
		return err
	}
	var created struct {
		Success bool `json:"success"`
	}
	if err := decode(ans, &created); err != nil || ans.status != http.StatusCreated || !created.Success {
		return &unconfirmed{err: unexpected(ans, "the answer does not confirm the assignment")}
	}
	return nil
}

// unassign takes it away. It may be repeated: what is gone is gone.
func (c *client) unassign(ctx context.Context, object, id string) error {
	ans, err := c.sender.send(ctx, request{method: http.MethodDelete, path: c.record(object, id), byID: true, repeatable: true})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case ans.status != http.StatusNoContent:
		return &unconfirmed{err: unexpected(ans, "the answer does not confirm that the assignment is gone")}
	}
	return nil
}

package sfprov

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
)

// Account reads the account with this Salesforce ID, of 15 characters or 18, and the
// fields named. A field that is empty is there as nil. A malformed ID, or a name that is
// none, is a [ValidationError] before anything is sent; an ID that is no user of the
// org is [ErrNotFound]. Where the integration user may not see logins, Frozen is false,
// and a warning is logged. It costs one API call. See "Query" in the REST API Developer
// Guide.
func (p *Provisioner) Account(ctx context.Context, id string, fields ...string) (Account, error) {
	id18, err := userID(id)
	if err = errors.Join(err, problemOfColumns(fields)); err != nil {
		return Account{}, p.refused(ctx, opAccount, id, validationError(problemsIn(err)))
	}
	return p.readAccount(ctx, &desired{op: opAccount, id: id18, login: loginThawed, sought: slices.Clone(fields)}, id18)
}

// problemsIn are the problems of all ValidationErrors in an error.
func problemsIn(err error) (problems []FieldProblem) {
	parts := unjoin(err)
	if parts == nil {
		parts = []error{err}
	}
	for _, part := range parts {
		if invalid := (*ValidationError)(nil); errors.As(part, &invalid) {
			problems = append(problems, invalid.Problems...)
		}
	}
	return problems
}

// problemOfColumns refuses what can't be the name of a field.
func problemOfColumns(names []string) error {
	var problems []FieldProblem
	for _, name := range names {
		if !isFieldName(name) {
			problems = append(problems, FieldProblem{Field: quote(name), Problem: notAFieldName})
		}
	}
	return validationError(problems)
}

// AccessOf reads what a user may do: profile, role, and everything else that [Access]
// names, by label, in the order of the labels. What the org names twice is given by its
// ID. The permission sets of profiles are left out, and so is what the integration
// user may not see the names of. An ID that is no user of the org is [ErrNotFound]. It
// costs one API call, once the names are known; they are read once in ten minutes, by
// one call for each kind.
func (p *Provisioner) AccessOf(ctx context.Context, id string) (Access, error) {
	id18, err := userID(id)
	if err != nil {
		return Access{}, decorate(opAccessOf, id, err)
	}
	var access Access
	_, err = p.run(ctx, opAccessOf, id18, func(ctx context.Context) (Result, error) {
		var err error
		access, err = p.accessOf(ctx, id18)
		return Result{}, err
	})
	return access, err
}

func (p *Provisioner) accessOf(ctx context.Context, id string) (Access, error) {
	d := &desired{op: opAccessOf, id: id, sought: []string{kinds.profile.given, kinds.role.given}}
	for _, list := range (Access{}).lists() {
		d.access.lists = append(d.access.lists, resolvedList{kind: list.kind})
	}
	o, err := p.observe(ctx, d)
	switch {
	case err != nil:
		return Access{}, err
	case o.account.ID == "":
		return Access{}, &notFoundError{}
	case o.blindAccess != nil:
		return Access{}, &stepError{step: "reading what the user has", err: o.blindAccess}
	}
	var access Access
	for _, one := range []struct {
		kind accessKind
		into *string
	}{{kinds.profile, &access.Profile}, {kinds.role, &access.Role}} {
		given, _ := o.account.row.text(one.kind.given)
		if *one.into, err = p.labelOf(ctx, one.kind, id18Of(given)); err != nil {
			return Access{}, err
		}
	}
	for _, list := range listsInto(&access) {
		if *list.names, err = p.labelsOf(ctx, list.kind, o.held); err != nil {
			return Access{}, err
		}
	}
	return access, nil
}

// listsInto are the lists of an Access, to be filled.
func listsInto(a *Access) []struct {
	kind  accessKind
	names *[]string
} {
	return []struct {
		kind  accessKind
		names *[]string
	}{
		{kinds.permissionSetLicense, &a.PermissionSetLicenses},
		{kinds.permissionSet, &a.PermissionSets},
		{kinds.permissionSetGroup, &a.PermissionSetGroups},
		{kinds.publicGroup, &a.PublicGroups},
		{kinds.queue, &a.Queues},
	}
}

// labelOf is what a record is called; its ID, if the label names several.
func (p *Provisioner) labelOf(ctx context.Context, kind accessKind, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	entries, err := p.catalog.list(ctx, p.api, kind)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		if entry.id == id {
			if len(matchingEntries(entries, entry.label())) > 1 {
				return id, nil
			}
			return entry.label(), nil
		}
	}
	return id, nil
}

// labelsOf are the labels of what a user has of a kind.
func (p *Provisioner) labelsOf(ctx context.Context, kind accessKind, held assignments) ([]string, error) {
	entries, err := p.catalog.list(ctx, p.api, kind)
	if err != nil {
		return nil, err
	}
	var labels []string
	for _, entry := range entries {
		if held.find(kind, entry.id) == nil {
			continue
		}
		label := entry.label()
		if len(matchingEntries(entries, label)) > 1 {
			label = entry.id
		}
		labels = append(labels, label)
	}
	slices.SortFunc(labels, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return labels, nil
}

// CatalogKind is a kind of thing that an org's users have, and that [Access] names.
type CatalogKind string

// The kinds.
const (
	CatalogProfile              CatalogKind = "profile"
	CatalogRole                 CatalogKind = "role"
	CatalogPermissionSet        CatalogKind = "permission set"
	CatalogPermissionSetGroup   CatalogKind = "permission set group"
	CatalogPermissionSetLicense CatalogKind = "permission set license"
	CatalogPublicGroup          CatalogKind = "public group"
	CatalogQueue                CatalogKind = "queue"
)

// kindOf is the kind in this library's table.
func kindOf(kind CatalogKind) (accessKind, bool) {
	of := map[CatalogKind]accessKind{
		CatalogProfile: kinds.profile, CatalogRole: kinds.role, CatalogPermissionSet: kinds.permissionSet,
		CatalogPermissionSetGroup: kinds.permissionSetGroup, CatalogPermissionSetLicense: kinds.permissionSetLicense,
		CatalogPublicGroup: kinds.publicGroup, CatalogQueue: kinds.queue,
	}
	found, known := of[kind]
	return found, known
}

// Members streams the users who have one thing of a kind, named as [Access] names it.
// Groups within groups are not followed, nor is what comes with a role. Inactive users
// are among them. The first error ends the stream. It costs an API call that tells who
// is frozen, one for each 2,000 members and, but for profiles and roles, one more for
// each few thousand. See "Query" in the REST API Developer Guide.
func (p *Provisioner) Members(ctx context.Context, kind CatalogKind, name string) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		fail := func(err error) { yield(Account{}, decorate(opMembers, name, err)) }
		of, known := kindOf(kind)
		if !known {
			fail(problem("kind", "is "+quote(string(kind))+", which is no kind that users have"))
			return
		}
		if err := p.streaming(ctx, opMembers, func(ctx context.Context) error {
			return p.members(ctx, of, name, func(a Account) bool { return yield(a, nil) })
		}); err != nil {
			fail(err)
		}
	}
}

func (p *Provisioner) members(ctx context.Context, kind accessKind, name string, each func(Account) bool) error {
	resolver := &accessResolver{p: p}
	entry, err := resolver.find(ctx, kind, kind.field, name)
	if err == nil {
		err = validationError(resolver.problems)
	}
	if err != nil {
		return err
	}
	frozen, err := p.frozenLogins(ctx)
	if err != nil && !isHidden(err) {
		return err
	}
	tell := func(u storedUser) error {
		a := u.asked(nil)
		if a.Frozen = frozen[a.ID] != ""; !each(a) {
			return errStopped
		}
		return nil
	}
	if kind.assignment == "" {
		condition := kind.given + " = '" + entry.id + "'"
		return p.usersAfter(ctx, UserQuery{condition: condition}, "", func(a storedUser) bool { return tell(a) == nil })
	}
	return p.holders(ctx, kind, entry.id, tell)
}

// holdersAtOnce is how many users are looked up at once.
const holdersAtOnce = 2000

// holders are the users whom an assignment gives something.
func (p *Provisioner) holders(ctx context.Context, kind accessKind, entryID string, tell func(storedUser) error) error {
	var ids []string
	flush := func() error {
		found, err := p.accountsBy(ctx, "Id", ids, nil)
		for _, id := range ids {
			for _, account := range found[id] {
				if err == nil {
					err = tell(account)
				}
			}
		}
		ids = ids[:0]
		return err
	}
	soql := "SELECT Id, " + kind.assignee + " FROM " + kind.assignment + " WHERE " + kind.given + " = '" + entryID + "'"
	err := eachOf(p.api.query(ctx, soql), func(row record) error {
		if id := assigneeOf(row); strings.HasPrefix(id, prefixUser) { // groups have groups for members
			ids = append(ids, id)
		}
		if len(ids) < holdersAtOnce {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return err
}

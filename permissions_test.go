package sfprov_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const permissionTable = "docs/permissions-by-verb.md"

const permissionTableHead = `# What each call does without a right

Each call of the library, tried in an org of [sfprovtest](../sfprovtest) whose integration user lacks one right of those in [the set-up guide](permissions.md). The tables are written and checked by TestPermissions. Calls that are not named do what they do with all rights, and give no warning.

With each right but API Enabled, Manage Users is gone too: it can't be there without those that it brings. So what is under Manage Users goes for each of the others, and is not repeated there.

- **created**, **updated** and so on: done, as with all rights. A warning is in Result.Warning, and says what could not be known; it names the right.
- **refused**: the error, what NextStep says of it, and the rights that its text names, as Setup calls them.
`

// withoutRight is one right taken from the integration user.
type withoutRight struct {
	name  string
	taken []sfprovtest.Permission // what is missing then
	take  func(*sfprovtest.Org)
	// Of what is not a permission: what a refusal must say of it, and what it does, told
	// before the table. The calls' needs don't tell who meets it.
	says, intro string
}

func without(right sfprovtest.Permission) withoutRight {
	taken := []sfprovtest.Permission{right}
	if right != sfprovtest.APIEnabled && right != sfprovtest.ManageUsers {
		taken = append(taken, sfprovtest.ManageUsers)
	}
	if right == sfprovtest.ViewRoles {
		taken = append(taken, sfprovtest.ViewSetup)
	}
	return withoutRight{name: right.Label(), taken: taken, take: func(org *sfprovtest.Org) { org.Forbid(right) }}
}

// otherRights are those that are no permissions: records and fields that can't be seen or
// written.
func otherRights() []withoutRight {
	field := func(name string, access sfprovtest.FieldAccess) func(*sfprovtest.Org) {
		return func(org *sfprovtest.Org) { org.SetFieldAccess(name, access) }
	}
	return []withoutRight{
		{
			name: "View All Users, in an org whose users are private",
			take: func(org *sfprovtest.Org) {
				org.Forbid(sfprovtest.ViewAllUsers)
				org.SetPrivateUsers(true)
			},
			taken: []sfprovtest.Permission{sfprovtest.ViewAllUsers, sfprovtest.ManageUsers},
			intro: "Salesforce answers as if the user did not exist, and nothing tells the library that it does: " +
				"**who has left keeps the account, and the call succeeds.** Give this right in any case.",
		},
		{name: "edit access to a field (Title)", take: field("Title", sfprovtest.FieldReadOnly), says: "Title"},
		{name: "read access to a field (Title)", take: field("Title", sfprovtest.FieldHidden), says: "Title"},
		{
			name: "read access to the match field", take: field("FederationIdentifier", sfprovtest.FieldHidden),
			says: "FederationIdentifier",
		},
	}
}

// rightsDo makes a call about the user with an ID.
type rightsDo = func(ctx context.Context, p *sfprov.Provisioner, id string) (sfprov.Result, error)

// rightsCall is a call, and the rights without which it must fail.
type rightsCall struct {
	name  string
	seed  func(*sfprovtest.Org) string
	needs []sfprovtest.Permission
	// blind says that it goes on without Manage Users, and warns that nobody knows
	// whether the login is frozen.
	blind bool
	do    rightsDo
}

// rightsCalls are the calls, of each verb at least one.
func rightsCalls() []rightsCall {
	const (
		manage, all, setup = sfprovtest.ManageInternalUsers, sfprovtest.ManageUsers, sfprovtest.ViewSetup
		roles, assign      = sfprovtest.ViewRoles, sfprovtest.AssignPermissionSets
		passwords          = sfprovtest.ResetPasswords
	)
	type (
		ctx         = context.Context
		provisioner = *sfprov.Provisioner
		org         = *sfprovtest.Org
		needs       = []sfprovtest.Permission
	)
	nobody := func(org) string { return "" }
	account := func(change sfprov.Fields) func(org) string { return func(o org) string { return seeded(o, change) } }
	as, clerk := account(nil), account(sfprov.Fields{"Title": "Clerk"})
	asleep := account(sfprov.Fields{"IsActive": false})
	frozen := func(o org) string {
		id := seeded(o, nil)
		o.Freeze(id, true)
		return id
	}
	blocked := func(o org) string {
		id := seeded(o, nil)
		o.BlockDeactivation(id, sfprovtest.Refusal{})
		return id
	}
	user := func(change func(*sfprov.User)) sfprov.User {
		u := federated()
		if change != nil {
			change(&u)
		}
		return u
	}
	inactive := user(func(u *sfprov.User) { u.Inactive = true })
	may := func(a sfprov.Access) sfprov.User { return user(func(u *sfprov.User) { u.Access = a }) }
	set, group := sfprov.Access{PermissionSets: []string{"Deal Desk"}}, sfprov.Access{PublicGroups: []string{"EMEA"}}
	role, profile := sfprov.Access{Role: "VP Sales"}, sfprov.Access{Profile: "Sales User"}
	console := sfprov.Access{PermissionSetLicenses: []string{"Sales Console"}}
	queue := sfprov.Access{Queues: []string{"Returns"}}
	create := func(u sfprov.User) rightsDo {
		return func(c ctx, p provisioner, _ string) (sfprov.Result, error) { return p.Create(c, u) }
	}
	ensure := func(u sfprov.User) rightsDo {
		return func(c ctx, p provisioner, _ string) (sfprov.Result, error) { return p.Ensure(c, u) }
	}
	update := func(u sfprov.User) rightsDo {
		return func(c ctx, p provisioner, id string) (sfprov.Result, error) { return p.Update(c, id, u) }
	}
	verb := func(do func(provisioner, ctx, string) (sfprov.Result, error)) rightsDo {
		return func(c ctx, p provisioner, id string) (sfprov.Result, error) { return do(p, c, id) }
	}
	provision := func(op sfprov.Op, u sfprov.User) rightsDo {
		return func(c ctx, p provisioner, id string) (sfprov.Result, error) {
			return p.Provision(c, sfprov.Request{Op: op, ID: id, User: u})
		}
	}
	ensureAll := func(u sfprov.User) rightsDo {
		return func(c ctx, p provisioner, _ string) (result sfprov.Result, _ error) {
			_, err := p.EnsureAll(c, inputOf(u), func(o sfprov.Outcome) error { result = o.Result; return nil })
			return result, err
		}
	}
	plan := func(u sfprov.User) rightsDo {
		return func(c ctx, p provisioner, _ string) (sfprov.Result, error) {
			made, err := p.Plan(c, inputOf(u), sfprov.Scope{KeepAbsent: true})
			if err != nil {
				return sfprov.Result{}, err
			}
			if err := problemsOf(made); err != nil {
				return sfprov.Result{}, err
			}
			return sfprov.Result{Action: "planned"}, nil
		}
	}
	apply := func(u sfprov.User) rightsDo {
		return func(c ctx, p provisioner, _ string) (result sfprov.Result, _ error) {
			made, err := p.Plan(c, inputOf(u), sfprov.Scope{KeepAbsent: true})
			if err != nil {
				return sfprov.Result{}, err
			}
			_, err = p.Apply(c, made, func(o sfprov.Outcome) error { result = o.Result; return nil })
			return result, err
		}
	}
	members := func(kind sfprov.CatalogKind, name string) rightsDo {
		return func(c ctx, p provisioner, _ string) (sfprov.Result, error) {
			return readOnly(streamed(p.Members(c, kind, name)))
		}
	}
	password := user(func(u *sfprov.User) { u.Password = "correct-horse-1" })
	title := sfprov.User{Fields: sfprov.Fields{"Title": "CFO"}}
	return []rightsCall{
		{"Create", nobody, needs{manage, setup}, false, create(user(nil))},
		{"Create with a password", nobody, needs{manage, setup, passwords}, false, create(password)},
		{"Create with a profile by name", nobody, needs{manage, setup}, false, create(may(profile))},
		{"Create with a role", nobody, needs{manage, setup, roles}, false, create(may(role))},
		{"Create with a permission set", nobody, needs{manage, setup, assign}, false, create(may(set))},
		{"Create with a public group", nobody, needs{manage, setup, all}, false, create(may(group))},
		{"Create that adopts", clerk, needs{manage}, true, create(user(nil))},
		{"Update", clerk, needs{manage}, false, update(title)},
		{"Update of a role", as, needs{manage, roles}, false, update(sfprov.User{Access: role})},
		{"Update of a profile", as, needs{manage, setup}, false, update(sfprov.User{Access: profile})},
		{"Update with a permission set", as, needs{assign}, false, update(sfprov.User{Access: set})},
		{"Update with a permission set licence", as, needs{assign}, false, update(sfprov.User{Access: console})},
		{"Update with a public group", as, needs{all}, false, update(sfprov.User{Access: group})},
		{"Update with a queue", as, needs{all}, false, update(sfprov.User{Access: queue})},
		{"Deactivate", as, needs{manage}, false, verb(provisioner.Deactivate)},
		{"Deactivate, refused, so that the login is frozen", blocked, needs{manage, all}, false, verb(provisioner.Deactivate)},
		{"Reactivate", asleep, needs{manage}, true, verb(provisioner.Reactivate)},
		{"Reactivate an active account", as, nil, true, verb(provisioner.Reactivate)},
		{"Freeze", as, needs{all}, false, verb(provisioner.Freeze)},
		{"Unfreeze", frozen, needs{all}, false, verb(provisioner.Unfreeze)},
		{"Ensure, nobody there", nobody, needs{manage, setup}, false, ensure(user(nil))},
		{"Ensure, as it should be", as, nil, true, ensure(user(nil))},
		{"Ensure, fields differ", clerk, needs{manage}, true, ensure(user(nil))},
		{"Ensure, inactive account", asleep, needs{manage}, true, ensure(user(nil))},
		{"Ensure, the user Inactive", as, needs{manage}, false, ensure(inactive)},
		{"Ensure with a permission set to give", as, needs{assign}, true, ensure(may(set))},
		{"Ensure with a public group to give", as, needs{all}, true, ensure(may(group))},
		{"EnsureAll, nobody there", nobody, needs{manage, setup}, false, ensureAll(user(nil))},
		{"EnsureAll, as it should be", as, nil, true, ensureAll(user(nil))},
		{"EnsureAll, fields differ", clerk, needs{manage}, true, ensureAll(user(nil))},
		{"EnsureAll with a permission set to give", as, needs{assign}, true, ensureAll(may(set))},
		{"Plan, nobody there", nobody, nil, false, plan(user(nil))},
		{"Plan, fields differ", clerk, nil, false, plan(user(nil))},
		{"Plan and Apply, nobody there", nobody, needs{manage, setup}, false, apply(user(nil))},
		{"Plan and Apply, fields differ", clerk, needs{manage}, true, apply(user(nil))},
		{"Provision, OpCreate", nobody, needs{manage, setup}, false, provision(sfprov.OpCreate, user(nil))},
		{"Provision, OpUpdate", clerk, needs{manage}, false, provision(sfprov.OpUpdate, user(nil))},
		{"Provision, OpPatch", clerk, needs{manage}, false, provision(sfprov.OpPatch, title)},
		{"Provision, OpDelete", as, needs{manage}, false, provision(sfprov.OpDelete, user(nil))},
		{"SetPassword", as, needs{passwords}, false, func(c ctx, p provisioner, id string) (sfprov.Result, error) {
			return p.SetPassword(c, id, "correct-horse-1")
		}},
		{"ResetPassword", as, needs{passwords}, false, verb(provisioner.ResetPassword)},
		{"Find", as, nil, false, func(c ctx, p provisioner, _ string) (sfprov.Result, error) {
			_, err := p.Find(c, user(nil))
			return readOnly(err)
		}},
		{"Account", as, nil, false, func(c ctx, p provisioner, id string) (sfprov.Result, error) {
			_, err := p.Account(c, id)
			return readOnly(err)
		}},
		{"AccessOf", as, needs{setup}, false, func(c ctx, p provisioner, id string) (sfprov.Result, error) {
			_, err := p.AccessOf(c, id)
			return readOnly(err)
		}},
		{"Members of a profile", as, needs{setup}, false, members(sfprov.CatalogProfile, "Standard User")},
		{"Members of a role", as, needs{roles}, false, members(sfprov.CatalogRole, "VP Sales")},
		{"Members of a permission set", as, nil, false, members(sfprov.CatalogPermissionSet, "Deal Desk")},
		{"Members of a public group", as, nil, false, members(sfprov.CatalogPublicGroup, "EMEA")},
		{"Users", as, nil, false, func(c ctx, p provisioner, _ string) (sfprov.Result, error) {
			return readOnly(streamed(p.Users(c, sfprov.UserQuery{})))
		}},
	}
}

// readOnly is the outcome of a call that changes nothing.
func readOnly(err error) (sfprov.Result, error) {
	if err != nil {
		return sfprov.Result{}, err
	}
	return sfprov.Result{Action: "read"}, nil
}

// streamed is the error that ends a stream.
func streamed(accounts iter.Seq2[sfprov.Account, error]) error {
	for _, err := range accounts {
		if err != nil {
			return err
		}
	}
	return nil
}

// inputOf is one user as the input of a batch.
func inputOf(u sfprov.User) func(func(sfprov.User, error) bool) {
	return func(yield func(sfprov.User, error) bool) { yield(u, nil) }
}

// problemsOf are the problems of a plan's steps.
func problemsOf(plan *sfprov.Plan) error {
	var problems []error
	for _, step := range plan.Steps {
		if step.Problem != "" {
			problems = append(problems, errors.New(step.Problem))
		}
	}
	return errors.Join(problems...)
}

// TestPermissions takes each right away, and tries each call: what does not need the
// right goes on as with it, and what needs it is refused in words that name the right. It
// keeps the tables in the documentation true.
func TestPermissions(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString(permissionTableHead)
	for _, right := range append(permissionsTaken(), otherRights()...) {
		_, _ = fmt.Fprintf(&table, "\n## Without %s\n\n", right.name)
		if right.intro != "" {
			table.WriteString(right.intro + "\n\n")
		}
		table.WriteString("| call | what comes |\n|---|---|\n")
		var lines [][2]string
		for _, call := range rightsCalls() {
			full, fullErr := call.in(t, nil)
			result, err := call.in(t, right.take)
			call.check(t, right, rightsOutcome{full, fullErr}, rightsOutcome{result, err})
			if line := rightsEnding(result, err); line != rightsEnding(full, fullErr) && !right.isOfManageUsers(call) {
				lines = append(lines, [2]string{call.name, line})
			}
		}
		table.WriteString(rightsRows(lines))
	}
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(permissionTable, []byte(table.String()), 0o600))
	}
	want, err := os.ReadFile(permissionTable)
	require.NoError(t, err)
	assert.Equal(t, string(want), table.String(),
		"read the difference; rewrite with go test -run TestPermissions -update")
}

// rightsRows are the rows of a table: one, where the same comes of every call.
func rightsRows(lines [][2]string) string {
	same := !slices.ContainsFunc(lines, func(l [2]string) bool { return l[1] != lines[0][1] })
	if same && len(lines) == len(rightsCalls()) {
		return "| every call | " + lines[0][1] + " |\n"
	}
	var rows strings.Builder
	for _, line := range lines {
		_, _ = fmt.Fprintf(&rows, "| %s | %s |\n", line[0], line[1])
	}
	return rows.String()
}

func permissionsTaken() []withoutRight {
	return []withoutRight{
		without(sfprovtest.APIEnabled), without(sfprovtest.ManageUsers), without(sfprovtest.ManageInternalUsers),
		without(sfprovtest.ViewSetup), without(sfprovtest.ViewRoles), without(sfprovtest.AssignPermissionSets),
		without(sfprovtest.ResetPasswords),
	}
}

// isOfManageUsers reports whether a call meets nothing else than that Manage Users went
// along.
func (w withoutRight) isOfManageUsers(call rightsCall) bool {
	if w.name == sfprovtest.ManageUsers.Label() || w.taken == nil || slices.Contains(w.taken, sfprovtest.ViewAllUsers) {
		return false
	}
	missing := call.missing(w)
	return len(missing) == 0 || slices.Equal(missing, []sfprovtest.Permission{sfprovtest.ManageUsers})
}

// rightsOutcome is what a call returned.
type rightsOutcome struct {
	result sfprov.Result
	err    error
}

// check compares what came of a call without a right with what comes of it with all.
func (c rightsCall) check(t *testing.T, right withoutRight, full, got rightsOutcome) {
	t.Helper()
	what := c.name + ", without " + right.name
	switch missing := c.missing(right); {
	case right.says != "" && got.err != nil && full.err == nil:
		assert.Contains(t, got.err.Error(), right.says, what)
	case right.says != "":
	case slices.Contains(right.taken, sfprovtest.ViewAllUsers): // nobody who can't be seen is changed
		assert.NotContains(t, []sfprov.Action{sfprov.Adopted, sfprov.Updated, sfprov.Deactivated}, got.result.Action, what)
	case len(missing) > 0:
		require.Error(t, got.err, what)
		assert.True(t, namesOneOf(got.err, missing),
			"%s names %q, not what is missing: %v", what, namedRights(got.err), got.err)
	default:
		assert.Equal(t, full.err == nil, got.err == nil, "%s: %v", what, got.err)
		assert.Equal(t, full.result.Action, got.result.Action, what)
		assert.Equal(t, full.result.Changes, got.result.Changes, what)
		blind := c.blind && slices.Contains(right.taken, sfprovtest.ManageUsers)
		assert.Equal(t, blind, got.result.Warning != nil, "%s: %v", what, got.result.Warning)
		if blind {
			ofFreezing := []sfprovtest.Permission{sfprovtest.ManageUsers}
			assert.True(t, namesOneOf(got.result.Warning, ofFreezing), "%s: %v", what, got.result.Warning)
		}
	}
}

// TestTheGuideGivesWhatTheOrgHas holds the permission set of the guide to what a new org
// of sfprovtest has, but for what comes with the profile.
func TestTheGuideGivesWhatTheOrgHas(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("docs/permissions.md")
	require.NoError(t, err)
	given := []sfprovtest.Permission{sfprovtest.APIOnly}
	for _, part := range strings.Split(string(guide), "<userPermissions><enabled>true</enabled><name>")[1:] {
		name, _, _ := strings.Cut(part, "<")
		given = append(given, sfprovtest.Permission(name))
	}
	has := sfprovtest.NewOrg(t).Permissions()
	assert.ElementsMatch(t, has, given)
	for _, right := range has {
		assert.Contains(t, string(guide), right.Label())
	}
}

// in makes the call in an org of its own, from whose integration user something is
// taken away.
func (c rightsCall) in(t *testing.T, take func(*sfprovtest.Org)) (sfprov.Result, error) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	id := c.seed(org)
	p := provisionerIn(t, org, byFederationID)
	if take != nil {
		take(org)
	}
	return c.do(t.Context(), p, id)
}

// missing are the rights that the call needs and that are taken.
func (c rightsCall) missing(right withoutRight) []sfprovtest.Permission {
	var missing []sfprovtest.Permission
	for _, taken := range right.taken {
		if taken == sfprovtest.APIEnabled || slices.Contains(c.needs, taken) {
			missing = append(missing, taken)
		}
	}
	return missing
}

// rightsEnding is what came of a call, in words.
func rightsEnding(result sfprov.Result, err error) string {
	if err == nil {
		words := "**" + string(result.Action) + "**"
		if result.Warning != nil {
			words += ", with a warning that names " + strings.Join(namedRights(result.Warning), ", ")
		}
		return words
	}
	words := "**refused**"
	if result.Action != "" && result.Action != sfprov.Unchanged {
		words = "**" + string(result.Action) + "**, and the rest refused"
	}
	for _, sentinel := range []struct {
		name string
		err  error
	}{
		{"ErrPermission", sfprov.ErrPermission},
		{"ErrInvalidField", sfprov.ErrInvalidField},
		{"ErrDeactivationBlocked", sfprov.ErrDeactivationBlocked},
		{"ErrNotFound", sfprov.ErrNotFound},
		{"ErrDuplicateUsername", sfprov.ErrDuplicateUsername},
	} {
		if errors.Is(err, sentinel.err) {
			words += ", " + sentinel.name
		}
	}
	step, _ := sfprov.NextStep(err)
	words += ", Step" + strings.ToUpper(string(step[:1])) + string(step[1:])
	if named := namedRights(err); len(named) > 0 {
		words += "; names " + strings.Join(named, ", ")
	}
	return words
}

// namesOneOf reports whether an error names one of the rights.
func namesOneOf(err error, rights []sfprovtest.Permission) bool {
	return slices.ContainsFunc(rights, func(right sfprovtest.Permission) bool {
		return slices.Contains(namedRights(err), right.Label())
	})
}

// namedRights are the rights that a text names as Setup does, in the order of
// the set-up guide.
func namedRights(err error) []string {
	var named []string
	for _, right := range []sfprovtest.Permission{
		sfprovtest.APIEnabled, sfprovtest.ManageUsers, sfprovtest.ManageInternalUsers, sfprovtest.FreezeUsers,
		sfprovtest.ViewSetup, sfprovtest.ViewRoles, sfprovtest.ViewAllUsers, sfprovtest.AssignPermissionSets, sfprovtest.ResetPasswords,
	} {
		if strings.Contains(err.Error(), right.Label()) {
			named = append(named, right.Label())
		}
	}
	return named
}

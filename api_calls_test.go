package sfprov_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const callTable = "docs/api-calls.md"

const callTableHead = `# What each operation costs

API calls, as Salesforce counts them against the org's daily limit, in an org that answers. Logins don't count: there is one for the first call of a Provisioner, and one each time the token has expired. The table is written and checked by TestCallTable. [What a fault costs](faults.md) comes on top.

The match field is FederationIdentifier, unless the row says otherwise.

| operation | on | result | API calls |
|---|---|---|---|
`

// TestCallTable counts the API calls of each operation, and keeps the table in the
// documentation true.
func TestCallTable(t *testing.T) {
	t.Parallel()
	type provisioner = *sfprov.Provisioner
	seed := func(change sfprov.Fields) func(*sfprovtest.Org) string {
		return func(org *sfprovtest.Org) string { return seeded(org, change) }
	}
	nobody := func(*sfprovtest.Org) string { return unknownUserID }
	frozen := func(org *sfprovtest.Org) string {
		id := seeded(org, nil)
		org.Freeze(id, true)
		return id
	}
	blocked := func(org *sfprovtest.Org) string {
		id := seeded(org, nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		return id
	}
	inactive := seed(sfprov.Fields{"IsActive": false})
	byNumber := func(c *sfprov.Config) { c.MatchField = "HR_Number__c" }
	numbered := federated()
	numbered.Fields["HR_Number__c"] = "4711"
	with := func(change func(*sfprov.User)) sfprov.User {
		u := federated()
		change(&u)
		return u
	}
	release := func(c *sfprov.Config) { c.ReleaseUsername = true }
	access := sfprov.Access{Profile: "Sales User", Role: "VP Sales", PermissionSets: []string{"Deal Desk"}, PublicGroups: []string{"EMEA"}, Queues: []string{"Returns"}}
	several := sfprov.Access{PermissionSets: []string{"Deal Desk", "Order Desk"}, PublicGroups: []string{"EMEA"}}
	asleep := func(org *sfprovtest.Org) string {
		id := seeded(org, sfprov.Fields{"IsActive": false})
		org.Freeze(id, true)
		return id
	}
	askew := func(org *sfprovtest.Org) string {
		id := seeded(org, sfprov.Fields{"Title": "Clerk", "IsActive": false})
		org.Freeze(id, true)
		return id
	}
	given := func(org *sfprovtest.Org) string {
		id := seeded(org, nil)
		p := provisionerIn(t, org, byFederationID)
		_, err := p.Ensure(t.Context(), with(func(u *sfprov.User) { u.Access = access }))
		require.NoError(t, err)
		return id
	}
	create := func(u sfprov.User) func(context.Context, provisioner, string) (sfprov.Result, error) {
		return func(ctx context.Context, p provisioner, _ string) (sfprov.Result, error) { return p.Create(ctx, u) }
	}
	update := func(u sfprov.User) func(context.Context, provisioner, string) (sfprov.Result, error) {
		return func(ctx context.Context, p provisioner, id string) (sfprov.Result, error) {
			return p.Update(ctx, id, u)
		}
	}
	ensure := func(u sfprov.User) func(context.Context, provisioner, string) (sfprov.Result, error) {
		return func(ctx context.Context, p provisioner, _ string) (sfprov.Result, error) { return p.Ensure(ctx, u) }
	}
	verb := func(do func(provisioner, context.Context, string) (sfprov.Result, error)) func(context.Context, provisioner, string) (sfprov.Result, error) {
		return func(ctx context.Context, p provisioner, id string) (sfprov.Result, error) { return do(p, ctx, id) }
	}
	provision := func(op sfprov.Op, u sfprov.User) func(context.Context, provisioner, string) (sfprov.Result, error) {
		return func(ctx context.Context, p provisioner, id string) (sfprov.Result, error) {
			if id == unknownUserID {
				id = ""
			}
			return p.Provision(ctx, sfprov.Request{Op: op, ID: id, User: u})
		}
	}
	var table strings.Builder
	table.WriteString(callTableHead)
	for _, row := range []struct {
		operation, on string
		prepare       func(*sfprovtest.Org) string
		change        func(*sfprov.Config)
		warm          bool // the names are known
		do            func(context.Context, provisioner, string) (sfprov.Result, error)
	}{
		{"Create", "nobody", nobody, nil, false, create(federated())},
		{"Create, other match field", "nobody", nobody, byNumber, false, create(numbered)},
		{"Create with a password", "nobody", nobody, nil, false, create(with(func(u *sfprov.User) { u.Password = "correct-horse-1" }))},
		{"Create with access: profile, role, a permission set, a group, a queue", "nobody", nobody, nil, false, create(with(func(u *sfprov.User) { u.Access = access }))},
		{"the same, once the names are known", "nobody", nobody, nil, true, create(with(func(u *sfprov.User) { u.Access = access }))},
		{"Create with two permission sets and a group, the names known", "nobody", nobody, nil, true, create(with(func(u *sfprov.User) { u.Access = several }))},
		{"Create", "the user's own account", seed(nil), nil, false, create(federated())},
		{"Create", "the user's own account, inactive", inactive, nil, false, create(federated())},
		{"Create", "the user's own account, frozen", frozen, nil, false, create(federated())},
		{"Create", "the user's own account, inactive and frozen", asleep, nil, false, create(federated())},
		{"Create", "another's account of that username", seed(sfprov.Fields{"FederationIdentifier": "E-1"}), nil, false, create(federated())},
		{"Update", "an account", seed(nil), nil, false, update(sfprov.User{Fields: sfprov.Fields{"Title": "CEO", "Department": nil}})},
		{"Update with nothing to send", "an account", seed(nil), nil, false, update(sfprov.User{})},
		{"Update with a permission set, the name known", "an account", seed(nil), nil, true, update(sfprov.User{Access: sfprov.Access{PermissionSets: []string{"Deal Desk"}}})},
		{"Update with two permission sets and a group, the names known", "an account", seed(nil), nil, true, update(sfprov.User{Access: several})},
		{"Deactivate", "an account", seed(nil), nil, false, verb(provisioner.Deactivate)},
		{"Deactivate", "an inactive account", inactive, nil, false, verb(provisioner.Deactivate)},
		{"Deactivate with ReleaseUsername", "an account", seed(nil), release, false, verb(provisioner.Deactivate)},
		{"Deactivate", "an account that Salesforce keeps", blocked, nil, false, verb(provisioner.Deactivate)},
		{"Reactivate", "an inactive account", inactive, nil, false, verb(provisioner.Reactivate)},
		{"Reactivate", "an inactive and frozen account", asleep, nil, false, verb(provisioner.Reactivate)},
		{"Reactivate", "an account", seed(nil), nil, false, verb(provisioner.Reactivate)},
		{"Freeze", "an account", seed(nil), nil, false, verb(provisioner.Freeze)},
		{"Unfreeze", "a frozen account", frozen, nil, false, verb(provisioner.Unfreeze)},
		{"Unfreeze", "an account", seed(nil), nil, false, verb(provisioner.Unfreeze)},
		{"SetPassword", "an account", seed(nil), nil, false, func(ctx context.Context, p provisioner, id string) (sfprov.Result, error) {
			return p.SetPassword(ctx, id, "correct-horse-1")
		}},
		{"ResetPassword", "an account", seed(nil), nil, false, verb(provisioner.ResetPassword)},
		{"Find", "an account", seed(nil), nil, false, func(ctx context.Context, p provisioner, _ string) (sfprov.Result, error) {
			_, err := p.Find(ctx, federated())
			return sfprov.Result{Action: "found"}, err
		}},
		{"Ensure", "an account as it should be", seed(nil), nil, false, ensure(federated())},
		{"Ensure with access, the names known", "an account as it should be", given, nil, true, ensure(with(func(u *sfprov.User) { u.Access = access }))},
		{"Ensure", "nobody", nobody, nil, false, ensure(federated())},
		{"Ensure with access, the names known", "nobody", nobody, nil, true, ensure(with(func(u *sfprov.User) { u.Access = several }))},
		{"Ensure with access, the names known", "an account whose fields, access and login differ", askew, nil, true, ensure(with(func(u *sfprov.User) { u.Access = several }))},
		{"Ensure", "an account whose fields differ", seed(sfprov.Fields{"Title": "Clerk", "LastName": "Maiden"}), nil, false, ensure(federated())},
		{"Ensure", "an inactive account", inactive, nil, false, ensure(federated())},
		{"Ensure", "a frozen account", frozen, nil, false, ensure(federated())},
		{"Ensure, the user Inactive", "an account", seed(nil), nil, false, ensure(with(func(u *sfprov.User) { u.Inactive = true }))},
		{"Ensure, the user Inactive", "nobody", nobody, nil, false, ensure(with(func(u *sfprov.User) { u.Inactive = true }))},
		{"Provision, OpCreate", "nobody", nobody, nil, false, provision(sfprov.OpCreate, federated())},
		{"Provision, OpUpdate", "an account as it should be", seed(nil), nil, false, provision(sfprov.OpUpdate, federated())},
		{"Provision, OpUpdate", "an account whose fields differ", seed(sfprov.Fields{"Title": "Clerk"}), nil, false, provision(sfprov.OpUpdate, federated())},
		{"Provision, OpUpdate without an ID", "nobody", nobody, nil, false, provision(sfprov.OpUpdate, federated())},
		{"Provision, OpPatch", "an account", seed(nil), nil, false, provision(sfprov.OpPatch, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})},
		{"Provision, OpDelete", "an account", seed(nil), nil, false, provision(sfprov.OpDelete, federated())},
		{"Provision, OpDelete without an ID", "nobody", nobody, nil, false, provision(sfprov.OpDelete, federated())},
	} {
		org := sfprovtest.NewOrg(t)
		furnish(org)
		org.AddPermissionSet("Order Desk", "")
		org.AddCustomField("HR_Number__c", 20, true)
		id := row.prepare(org)
		p := provisionerIn(t, org, byFederationID, func(c *sfprov.Config) {
			if row.change != nil {
				row.change(c)
			}
		})
		if row.warm {
			for _, names := range []sfprov.Access{access, several} {
				_, err := p.Update(t.Context(), org.AddUser(nil), sfprov.User{Access: names})
				require.NoError(t, err)
			}
		}
		org.ResetRequests()
		result, err := row.do(t.Context(), p, id)
		what := string(result.Action)
		if what == "" {
			require.Error(t, err, row.operation)
			what = "ErrDuplicateUsername"
			require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
		}
		_, _ = fmt.Fprintf(&table, "| %s | %s | %s | %d |\n", row.operation, row.on, what, len(org.Requests()))
	}
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(callTable, []byte(table.String()), 0o600))
	}
	want, err := os.ReadFile(callTable)
	require.NoError(t, err)
	assert.Equal(t, string(want), table.String(), "read the difference; rewrite with go test -run TestCallTable -update")
}

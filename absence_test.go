package sfprov_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// notThere are answers that look as if a record did not exist, and prove nothing.
func notThere() map[string]sfprovtest.Fault {
	return map[string]sfprovtest.Fault{
		"a page with 404":             sfprovtest.GatewayHTML(http.StatusNotFound),
		"NOT_FOUND":                   sfprovtest.Refuse(404, "NOT_FOUND", "The requested resource does not exist"),
		"INVALID_CROSS_REFERENCE_KEY": sfprovtest.Refuse(404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
		"the same with 400":           sfprovtest.Refuse(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
		"ENTITY_IS_DELETED":           sfprovtest.Refuse(404, "ENTITY_IS_DELETED", "entity is deleted"),
		"the same, too, with 400":     sfprovtest.Refuse(400, "ENTITY_IS_DELETED", "entity is deleted"),
	}
}

// Whatever answers that a record isn't there, at whichever request, once or for ever: a
// call never says that nothing had to be done, nor makes a second account, of somebody
// who is there.
func TestAbsenceIsProved(t *testing.T) {
	t.Parallel()
	calls := map[string]func(t *testing.T, p *sfprov.Provisioner, id string) (sfprov.Result, error){
		"deactivate": func(t *testing.T, p *sfprov.Provisioner, id string) (sfprov.Result, error) {
			t.Helper()
			return p.Deactivate(t.Context(), id)
		},
		"delete by ID": func(t *testing.T, p *sfprov.Provisioner, id string) (sfprov.Result, error) {
			t.Helper()
			return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, ID: id, User: sfprov.User{Username: "alice"}})
		},
		"delete by match": func(t *testing.T, p *sfprov.Provisioner, _ string) (sfprov.Result, error) {
			t.Helper()
			return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, User: federated()})
		},
		"patch": func(t *testing.T, p *sfprov.Provisioner, id string) (sfprov.Result, error) {
			t.Helper()
			u := federated()
			u.Username, u.Fields["Title"] = "alice.smith", "CEO"
			return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpPatch, ID: id, User: u})
		},
		"update": func(t *testing.T, p *sfprov.Provisioner, id string) (sfprov.Result, error) {
			t.Helper()
			u := federated()
			u.Fields["Title"] = "CEO"
			return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpUpdate, ID: id, User: u})
		},
		"ensure": func(t *testing.T, p *sfprov.Provisioner, _ string) (sfprov.Result, error) {
			t.Helper()
			u := federated()
			u.Fields["Title"] = "CEO"
			u.Access = sfprov.Access{PermissionSets: []string{}, Exact: true}
			return p.Ensure(t.Context(), u)
		},
		"ensure inactive": func(t *testing.T, p *sfprov.Provisioner, _ string) (sfprov.Result, error) {
			t.Helper()
			u := federated()
			u.Inactive = true
			return p.Ensure(t.Context(), u)
		},
		"ensure all": func(t *testing.T, p *sfprov.Provisioner, _ string) (result sfprov.Result, err error) {
			t.Helper()
			u := federated()
			u.Inactive = true
			_, _ = p.EnsureAll(t.Context(), reading([]sfprov.User{u}), func(o sfprov.Outcome) error {
				result, err = o.Result, o.Err
				return nil
			})
			return result, err
		},
	}
	for callName, call := range calls {
		for faultName, fault := range notThere() {
			for nth := range 4 {
				for _, forEver := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/request %d/for ever %v", callName, faultName, nth, forEver), func(t *testing.T) {
						t.Parallel()
						org := sfprovtest.NewOrg(t)
						id := seeded(org, nil)
						org.Grant(id, org.AddPermissionSet("Set 0", ""))
						p := with(t, org, sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 2, BaseDelay: 1}))
						seen := 0
						org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
							if strings.HasSuffix(r.Path, "/composite") || strings.Contains(r.Path, "/oauth2/") {
								return nil // of which the parts come one by one
							}
							if seen++; seen-1 == nth || forEver && seen > nth {
								return &fault
							}
							return nil
						})
						before := snapshotOf(org)
						result, err := call(t, p, id)
						if err == nil {
							assert.NotEqual(t, sfprov.Unchanged, result.Action)
							assert.NotEmpty(t, differenceOf(before, snapshotOf(org)), "%v", result)
						} else {
							require.NotErrorIs(t, err, sfprov.ErrNotFound)
						}
						assert.Len(t, org.Users(), 1, "nobody has two accounts: %v, %v", result, err)
						if callName != "patch" { // which reads nothing, and tells what it sent
							assert.Equal(t, differenceOf(before, snapshotOf(org))[id], nonEmpty(changesOf(result)), "%v", err)
						}
					})
				}
			}
		}
	}
}

func nonEmpty(changes []string) []string {
	if len(changes) == 0 {
		return nil
	}
	return changes
}

// An API version that the org does not have makes nobody absent, and every error names
// it.
func TestAnUnknownAPIVersionMakesNobodyAbsent(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	p := provisionerIn(t, org, byFederationID, func(c *sfprov.Config) { c.APIVersion = "99.0" })
	for name, call := range map[string]func() error{
		"delete": func() error {
			_, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, ID: id})
			return err
		},
		"create": func() error { _, err := p.Create(t.Context(), alice()); return err },
		"update": func() error {
			_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})
			return err
		},
		"ensure":     func() error { _, err := p.Ensure(t.Context(), federated()); return err },
		"deactivate": func() error { _, err := p.Deactivate(t.Context(), id); return err },
		"freeze":     func() error { _, err := p.Freeze(t.Context(), id); return err },
		"find":       func() error { _, err := p.Find(t.Context(), federated()); return err },
	} {
		err := call()
		require.Error(t, err, name)
		require.NotErrorIs(t, err, sfprov.ErrNotFound, name)
		assert.Equal(t, sfprov.StepSetup, stepOf(err), "%s: %v", name, err)
		assert.Contains(t, err.Error(), "Config.APIVersion", name)
	}
	user, _ := org.User(id)
	assert.True(t, user.Active)
	assert.Len(t, org.Users(), 1)
}

// "No ID" is not "no account".
func TestADeleteOfWhomNothingShowsWhoseTheAccountIs(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
	for _, p := range []*sfprov.Provisioner{provisionerIn(t, org), provisionerIn(t, org, byFederationID)} {
		result, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, User: sfprov.User{Username: "alice"}})
		require.ErrorContains(t, err, "nothing shows whose account that is")
		assert.Equal(t, sfprov.StepUser, stepOf(err))
		assert.Empty(t, result.Action)
		user, _ := org.User(id)
		assert.True(t, user.Active)
		none, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, User: sfprov.User{Username: "bob"}})
		require.NoError(t, err)
		assert.Equal(t, sfprov.Unchanged, none.Action)
		var invalid *sfprov.ValidationError
		_, err = p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete})
		require.ErrorAs(t, err, &invalid)
	}
}

// A call about nobody confirms nothing, so that its Result is empty.
func TestTheResultOfNobodyIsEmpty(t *testing.T) {
	t.Parallel()
	p := provisionerIn(t, sfprovtest.NewOrg(t))
	for _, call := range []func() (sfprov.Result, error){
		func() (sfprov.Result, error) {
			return p.Update(t.Context(), nobodyID, sfprov.User{Fields: sfprov.Fields{"Title": "CFO"}})
		},
		func() (sfprov.Result, error) { return p.Deactivate(t.Context(), nobodyID) },
		func() (sfprov.Result, error) { return p.Freeze(t.Context(), nobodyID) },
	} {
		result, err := call()
		require.ErrorIs(t, err, sfprov.ErrNotFound)
		assert.Empty(t, result)
	}
}

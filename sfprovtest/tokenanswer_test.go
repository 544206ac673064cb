package sfprovtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// What a set-up can have wrong beside permissions and values is found by a check, and is
// put right by the setter that broke it.
func TestWhatACheckAsksForCanBeBroken(t *testing.T) {
	t.Parallel()
	for id, set := range map[string]struct{ wrong, right func(*sfprovtest.Org) }{
		"scopes": {
			func(o *sfprovtest.Org) { o.SetTokenScope("openid") }, func(o *sfprovtest.Org) { o.SetTokenScope("") },
		},
		"right-org": {
			func(o *sfprovtest.Org) { o.SetInstanceURL("https://other.my.salesforce.com") }, func(o *sfprovtest.Org) { o.SetInstanceURL("") },
		},
		"api-version": {
			func(o *sfprovtest.Org) { o.SetAPIVersions(31, 60) }, func(o *sfprovtest.Org) { o.SetAPIVersions(31, 68) },
		},
		"profiles": {
			func(o *sfprovtest.Org) { o.SetLicenseStatus("Salesforce", "Disabled") }, func(o *sfprovtest.Org) { o.SetLicenseStatus("Salesforce", "Active") },
		},
		"view-roles": {
			func(o *sfprovtest.Org) { o.SetPermissionAbsent(sfprovtest.ViewRoles, true) }, func(o *sfprovtest.Org) { o.SetPermissionAbsent(sfprovtest.ViewRoles, false) },
		},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			level := func() sfprov.Level {
				p, err := sfprov.New(org.Config(), sfprov.WithHTTPClient(org.Client())) // with a login of its own
				require.NoError(t, err)
				report, err := p.Check(t.Context(), sfprov.WithMapping(&sfprov.Mapping{Rules: []sfprov.Rule{{To: "access.role", Claim: "role"}}}))
				require.NoError(t, err)
				for _, f := range report.Findings {
					if f.ID == id {
						return f.Level
					}
				}
				return "no finding"
			}
			assert.Equal(t, sfprov.LevelOK, level())
			set.wrong(org)
			assert.NotEqual(t, sfprov.LevelOK, level())
			set.right(org)
			assert.Equal(t, sfprov.LevelOK, level())
		})
	}
	assert.Panics(t, func() { sfprovtest.NewOrg(t).SetLicenseStatus("Nothing", "Active") })
	assert.Panics(t, func() { sfprovtest.NewOrg(t).SetPermissionAbsent("Nothing", true) })
}

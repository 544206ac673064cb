package sfprov_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// That nobody may see who is frozen is a warning, and hinders no change, in whichever of
// its words Salesforce says so.
func TestAHiddenLoginIsAWarning(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"INVALID_TYPE", "INVALID_FIELD", "INSUFFICIENT_ACCESS"} {
		org := sfprovtest.NewOrg(t)
		seeded(org, sfprov.Fields{"Title": "Clerk"})
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if !strings.Contains(r.Query, "FROM UserLogin") {
				return nil
			}
			fault := sfprovtest.Refuse(400, code, "No such column 'IsFrozen' on entity 'UserLogin'.")
			return &fault
		})
		result, err := provisionerIn(t, org, byFederationID).Ensure(t.Context(), federated())
		require.NoError(t, err, code)
		assert.Equal(t, sfprov.Updated, result.Action, code)
		require.Error(t, result.Warning, code)
	}
}

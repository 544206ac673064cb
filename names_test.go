package sfprov_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// Who was moved out of another's way, and can't get the name that was wanted, gets the
// old one back.
func TestNobodyKeepsANameBetween(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	org.SetEmailConfirmation(false)
	for name, number := range map[string]string{"alice": "E-1", "bob": "E-2"} {
		org.AddUser(sfprov.Fields{
			"Username": name + "@primary.com", "LastName": "Jones",
			"FederationIdentifier": number, "Email": number + "@primary.com",
		})
	}
	moved := false
	// A rule of the org, which shows when the name is free.
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if r.Method != http.MethodPatch || strings.Contains(r.Path, "/composite") || !moved {
			moved = moved || strings.Contains(string(r.Body), "moving-")
			return nil
		}
		for _, user := range org.Users() {
			wanted := map[any]string{"E-1": "bob", "E-2": "alice"}[user.Fields["FederationIdentifier"]]
			if strings.HasSuffix(r.Path, user.ID) && strings.Contains(string(r.Body), `"`+wanted+"@") {
				fault := sfprovtest.Refuse(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Names stay as they are.")
				return &fault
			}
		}
		return nil
	})
	swapped := []sfprov.User{employee("bob", "E-1"), employee("alice", "E-2")}
	for i := range swapped {
		swapped[i].Fields["Email"] = []string{"E-1", "E-2"}[i] + "@primary.com"
	}

	summary, err := p.EnsureAll(t.Context(), reading(swapped), nil)

	require.ErrorContains(t, err, "Names stay as they are")
	assert.Equal(t, 2, summary.Refused)
	require.True(t, moved)
	for name, number := range map[string]string{"alice": "E-1", "bob": "E-2"} {
		user, exists := org.UserByUsername(name + "@primary.com")
		assert.True(t, exists, name)
		assert.Equal(t, number, user.Fields["FederationIdentifier"], name)
	}
}

// Salesforce stores no blanks around a match value, so none make another person of it.
func TestBlanksAroundAMatchValueMakeNobodyElse(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	u := federated()
	u.Fields["FederationIdentifier"] = " E-4711\t"
	result, err := provisionerIn(t, org, byFederationID).Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{ID: id, Username: "alice@primary.com", Action: sfprov.Unchanged}, result)
}

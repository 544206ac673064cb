package conformance_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// terraformWire sends what https://github.com/hashicorp/terraform-provider-salesforce
// sends, as of commit e292a5c, and go-force, on which it stands: it takes all paths
// from what the org tells of itself.
type terraformWire struct {
	wire
	resources map[string]string
	urls      map[string]string // of User
}

func newTerraformWire(t *testing.T) terraformWire {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	token, err := assertionToken(over(t, org), org, org.URL(), 3*time.Minute)
	require.NoError(t, err)
	w := terraformWire{wire: wireOf(t, org, token, "v53.0")}
	w.do(t, http.StatusOK, http.MethodGet, "/services/data/v53.0", nil, &w.resources)
	var global struct {
		SObjects []struct {
			Name string
			URLs map[string]string
		}
	}
	w.do(t, http.StatusOK, http.MethodGet, w.resources["sobjects"], nil, &global)
	for _, one := range global.SObjects {
		if one.Name == "User" {
			w.urls = one.URLs
		}
	}
	require.NotEmpty(t, w.urls["sobject"])
	require.NotEmpty(t, w.urls["rowTemplate"])
	return w
}

func (w terraformWire) row(id string) string {
	return strings.Replace(w.urls["rowTemplate"], "{ID}", id, 1)
}

func (w terraformWire) ask(t *testing.T, soql string) []map[string]any {
	t.Helper()
	var found queried
	w.do(t, http.StatusOK, http.MethodGet, w.resources["query"]+strings.TrimPrefix(soqlPath(soql), "query"), nil, &found)
	return found.Records
}

func TestTerraformReadsDataSources(t *testing.T) {
	t.Parallel()
	covers(t, terraform, opJWT, opQuery, opDescribeAll)
	w := newTerraformWire(t)
	profiles := w.ask(t, "SELECT Id, Name FROM Profile WHERE Name = 'Standard User'")
	require.Len(t, profiles, 1)
	assert.Equal(t, w.org.ProfileID("Standard User"), profiles[0]["Id"])
	licences := w.ask(t, "SELECT Id, LicenseDefinitionKey FROM UserLicense WHERE LicenseDefinitionKey = 'SFDC'")
	require.Len(t, licences, 1)
	assert.Equal(t, "SFDC", licences[0]["LicenseDefinitionKey"])
}

func TestTerraformAppliesAUser(t *testing.T) {
	t.Parallel()
	covers(t, terraform, opCreate, opRead, opUpdate, opDeactivate, opResetPassword, opDuplicate, opUnknownID)
	w := newTerraformWire(t)
	plan := map[string]any{
		"Alias": "jones", "Email": "ann@conformance.example", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
		"LastName": "Jones", "LocaleSidKey": "en_US", "ProfileId": w.org.ProfileID("Standard User"),
		"TimeZoneSidKey": "Europe/Berlin", "Username": "ann@conformance.example", "UserRoleId": nil,
	}
	var made struct {
		ID      string
		Success bool
	}
	w.do(t, http.StatusCreated, http.MethodPost, w.urls["sobject"], plan, &made)
	assert.True(t, made.Success)
	w.refused(t, "DUPLICATE_USERNAME", http.MethodPost, w.urls["sobject"], plan)

	var state map[string]any
	w.do(t, http.StatusOK, http.MethodGet, w.row(made.ID), nil, &state)
	for name, value := range plan {
		assert.Equal(t, value, state[name], "%s would show as drift", name)
	}

	w.do(t, http.StatusNoContent, http.MethodPatch, w.row(made.ID), map[string]any{"LastName": "Smith", "UserRoleId": nil}, nil)
	assert.Equal(t, "Smith", mustUser(t, w.org, made.ID).Fields["LastName"])
	w.do(t, http.StatusOK, http.MethodDelete, w.row(made.ID)+"/password", nil, nil)
	assert.Equal(t, 1, w.org.PasswordMails(made.ID))
	w.do(t, http.StatusNoContent, http.MethodPatch, w.row(made.ID), map[string]any{"IsActive": false, "UserRoleId": nil}, nil)
	assert.False(t, mustUser(t, w.org, made.ID).Active)

	w.refused(t, "NOT_FOUND", http.MethodGet, w.row("005000000000999AAA"), nil)
}

func TestTerraformIsToldThatRolesCannotBeMade(t *testing.T) {
	t.Parallel()
	w := newTerraformWire(t)
	status, answer := w.send(t, http.MethodPost, "sobjects/UserRole", map[string]any{"Name": "Sales"})
	assert.Equal(t, http.StatusNotImplemented, status, "roles can't be made, and the org says so: %s", answer)
	assert.Contains(t, answer, "sfprovtest")
}

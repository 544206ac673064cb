package probe

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// tellTale is in everything that belongs to the org or its people.
const tellTale = "Telltale"

func hauntedOrg(t *testing.T) *sfprovtest.Org {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	org.AddCustomField(tellTale+"__c", 80, false)
	org.SetPicklist("LocaleSidKey", "en_US", tellTale)
	fields := sfprov.Fields{
		"FirstName": tellTale + "First", "LastName": tellTale + "Last", "Title": tellTale + " Title", "Department": tellTale + "Dept",
		"CompanyName": tellTale + " Inc", "EmployeeNumber": tellTale + "1", "CommunityNickname": tellTale + "Nick",
		"FederationIdentifier": tellTale + "-fed", tellTale + "__c": tellTale + " value", "City": tellTale + " City",
	}
	org.SetUser(org.AdminID(), fields)
	org.AddUser(sfprov.Fields{"Username": "jane@telltale.example", "Email": "jane@telltale.example", "LastName": tellTale})
	org.AddRole(tellTale+" Role", "")
	org.AddGroup(tellTale + " Group")
	org.AddProfile(tellTale+" Profile", "Salesforce")
	org.AddPermissionSet(tellTale+" Set", "")
	return org
}

func TestNothingPersonalGetsOut(t *testing.T) {
	t.Parallel()
	texts := map[string]sfprovtest.Refusal{
		"a validation rule":   {Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", Message: "the telltale rule of " + tellTale},
		"a hierarchy field":   {Code: "FIELD_INTEGRITY_EXCEPTION", Message: "Cannot inactivate user that is the value of a hierarchy field: Boss. : Jane Telltale"},
		"a trigger":           {Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Message: "telltale_Trigger: execution of BeforeUpdate"},
		"addresses and hosts": {Code: "UNKNOWN_EXCEPTION", Message: "see https://telltale.my.salesforce.com, telltale.my.salesforce.com, ask jane.telltale@acme.com or x@telltale"},
		"IDs and numbers":     {Code: "UNKNOWN_EXCEPTION", Message: "0055g00000Telltale 123456-7890 telltale1"},
		"custom names":        {Code: "REQUIRED_FIELD_MISSING", Message: "Required fields are missing: [telltale__c]", Fields: []string{"telltale__c"}},
		"a code of its own":   {Code: "telltale-code", Message: "x"},
	}
	for name, refusal := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := hauntedOrg(t)
			refusal.Status = http.StatusBadRequest
			org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
				if r.Method != http.MethodPatch || strings.Contains(string(r.Body), "IsActive") || strings.Contains(string(r.Body), "released-") {
					return nil
				}
				f := sfprovtest.Refuse(refusal.Status, refusal.Code, refusal.Message, refusal.Fields...)
				return &f
			})
			assertClean(t, org)
		})
	}
	t.Run("the org as it is", func(t *testing.T) {
		t.Parallel()
		assertClean(t, hauntedOrg(t))
	})
}

func assertClean(t *testing.T, org *sfprovtest.Org) {
	t.Helper()
	set := settingsOf(t, org)
	report, err := Run(t.Context(), set, Options{Write: true})
	require.NoError(t, err)
	text := strings.ToLower(jsonOf(t, report))
	cfg := org.Config()
	secrets := []string{
		tellTale, cfg.ClientID, string(cfg.ClientSecret), cfg.Username, string(cfg.Password), org.AdminID(), org.AdminID()[:15],
		set.ProfileID, strings.TrimPrefix(org.URL(), "http://"), "00d5g0000000001", "bearer 00d", "eyj",
	}
	for _, user := range org.Users() {
		secrets = append(secrets, user.ID, user.ID[:15], user.Username)
	}
	for _, secret := range secrets {
		assert.NotContains(t, text, strings.ToLower(secret))
	}
}

package conformance_test

import (
	"testing"

	salesforce "github.com/k-capehart/go-salesforce/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestGoSalesforceSeesRefusals(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opDuplicate, opMissing, opUnknownField, opUnknownID, opMalformed)
	type call = func(sf *salesforce.Salesforce, org *sfprovtest.Org, id string) error
	insert := func(more map[string]any) call {
		return func(sf *salesforce.Salesforce, org *sfprovtest.Org, _ string) error {
			user := newUser(org, "new@conformance.example", more)
			for name, value := range more {
				if value == nil {
					delete(user, name)
				}
			}
			_, err := sf.InsertOne("User", user)
			return err
		}
	}
	update := func(field string, value any) call {
		return func(sf *salesforce.Salesforce, _ *sfprovtest.Org, id string) error {
			return sf.UpdateOne("User", map[string]any{"Id": id, field: value})
		}
	}
	ask := func(query string) call {
		return func(sf *salesforce.Salesforce, _ *sfprovtest.Org, _ string) error {
			return sf.Query(query, &[]person{})
		}
	}
	tests := map[string]struct {
		call   call
		status int
		code   string
		fields []string
	}{
		"duplicate":              {insert(map[string]any{"Username": "TAKEN@conformance.example"}), 400, "DUPLICATE_USERNAME", []string{"Username"}},
		"taken in another org":   {insert(map[string]any{"Username": "elsewhere@conformance.example"}), 400, "DUPLICATE_USERNAME", []string{"Username"}},
		"renamed to a duplicate": {update("Username", "elsewhere@conformance.example"), 400, "DUPLICATE_USERNAME", []string{"Username"}},
		"fields missing":         {insert(map[string]any{"LastName": nil, "Alias": nil}), 400, "REQUIRED_FIELD_MISSING", []string{"Alias", "LastName"}},
		"required field cleared": {update("LastName", nil), 400, "REQUIRED_FIELD_MISSING", []string{"LastName"}},
		"too long":               {insert(map[string]any{"Alias": "far too long"}), 400, "STRING_TOO_LONG", []string{"Alias"}},
		"no email address":       {insert(map[string]any{"Email": "nobody"}), 400, "INVALID_EMAIL_ADDRESS", []string{"Email"}},
		"no such time zone":      {insert(map[string]any{"TimeZoneSidKey": "Mars/Base"}), 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", []string{"TimeZoneSidKey"}},
		"no such profile":        {insert(map[string]any{"ProfileId": "00e000000000999AAA"}), 400, "INVALID_CROSS_REFERENCE_KEY", nil},
		"a user as profile":      {insert(map[string]any{"ProfileId": "005000000000001AAA"}), 400, "FIELD_INTEGRITY_EXCEPTION", []string{"ProfileId"}},
		"unknown field":          {insert(map[string]any{"Shoe__c": "43"}), 400, "INVALID_FIELD", nil},
		"read-only field":        {update("CreatedDate", "2026-01-01T00:00:00Z"), 400, "INVALID_FIELD_FOR_INSERT_UPDATE", []string{"CreatedDate"}},
		"no such user": {func(sf *salesforce.Salesforce, _ *sfprovtest.Org, _ string) error {
			return sf.UpdateOne("User", map[string]any{"Id": "005000000000999AAA", "Title": "CFO"})
		}, 404, "INVALID_CROSS_REFERENCE_KEY", nil},
		"no such object": {func(sf *salesforce.Salesforce, _ *sfprovtest.Org, _ string) error {
			_, err := sf.InsertOne("Shoe__c", map[string]any{"Name": "43"})
			return err
		}, 404, "NOT_FOUND", nil},
		"no query":       {ask("SELECT Id FROM User WHERE"), 400, "MALFORMED_QUERY", nil},
		"unknown column": {ask("SELECT Shoe__c FROM User"), 400, "INVALID_FIELD", nil},
		"unknown table":  {ask("SELECT Id FROM Shoe__c"), 400, "INVALID_TYPE", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, sf := login(t)
			id := org.AddUser(sfprov.Fields{"Username": "taken@conformance.example", "LastName": "Jones"})
			org.TakeUsername("elsewhere@conformance.example")
			before := mustUser(t, org, id)

			problem := salesforceErrors(t, test.call(sf, org, id))[0]
			assert.Equal(t, test.code, problem.ErrorCode)
			assert.NotEmpty(t, problem.Message)
			if test.fields != nil {
				assert.ElementsMatch(t, test.fields, problem.Fields)
			}
			assert.Equal(t, []int{test.status}, statuses(org))
			assert.Equal(t, []sfprovtest.User{before}, org.Users(), "nothing was changed")
		})
	}
}

func TestGoSalesforceRunsOutOfLicences(t *testing.T) {
	t.Parallel()
	org, sf := login(t)
	first, err := sf.InsertOne("User", newUser(org, "first@conformance.example", nil))
	require.NoError(t, err)
	org.SetLicenses("Salesforce", 2) // the integration user has one
	second := newUser(org, "second@conformance.example", nil)
	_, err = sf.InsertOne("User", second)
	assert.Equal(t, "LICENSE_LIMIT_EXCEEDED", salesforceErrors(t, err)[0].ErrorCode)
	require.NoError(t, sf.UpdateOne("User", map[string]any{"Id": first.Id, "IsActive": false}))
	_, err = sf.InsertOne("User", second)
	require.NoError(t, err)
	err = sf.UpdateOne("User", map[string]any{"Id": first.Id, "IsActive": true})
	assert.Equal(t, "LICENSE_LIMIT_EXCEEDED", salesforceErrors(t, err)[0].ErrorCode)
}

func TestGoSalesforceCannotDeactivateSomeUsers(t *testing.T) {
	t.Parallel()
	org, sf := login(t)
	id := org.AddUser(sfprov.Fields{"LastName": "Jones"})
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	err := sf.UpdateOne("User", map[string]any{"Id": id, "IsActive": false})
	assert.Contains(t, salesforceErrors(t, err)[0].Message, "hierarchy field")
	assert.True(t, mustUser(t, org, id).Active)
}

package sfprovtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// customFields are one of each type.
var customFields = []sfprovtest.CustomField{
	{Name: "Text__c", Length: 5},
	{Name: "Area__c", Type: sfprovtest.TextAreaField},
	{Name: "Mail__c", Type: sfprovtest.EmailField},
	{Name: "Tel__c", Type: sfprovtest.PhoneField, Length: 40},
	{Name: "Web__c", Type: sfprovtest.URLField},
	{Name: "Check__c", Type: sfprovtest.CheckboxField},
	{Name: "Number__c", Type: sfprovtest.NumberField, Digits: 5, Scale: 2},
	{Name: "Money__c", Type: sfprovtest.CurrencyField, Scale: 2},
	{Name: "Percent__c", Type: sfprovtest.PercentField, Scale: 1},
	{Name: "Date__c", Type: sfprovtest.DateField},
	{Name: "Time__c", Type: sfprovtest.DateTimeField},
	{Name: "Pick__c", Type: sfprovtest.PicklistField, Values: []string{"Red", "Blue"}},
	{Name: "Open__c", Type: sfprovtest.PicklistField, Values: []string{"Red"}, Open: true},
	{Name: "Multi__c", Type: sfprovtest.MultiPicklistField, Values: []string{"Red", "Blue"}},
	{Name: "Mentor__c", Type: sfprovtest.ReferenceField, RefersTo: "User"},
}

// TestValuesOfEachType: what is taken, in which form it is answered, and what is refused
// with which code; by a request of its own, and as a row of a collection.
func TestValuesOfEachType(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for _, f := range customFields {
		org.AddField(f)
	}
	mentor := org.AddUser(nil)
	c := logIn(t, org)
	const (
		parser = "JSON_PARSER_ERROR"
		pick   = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
	)
	for _, tc := range []struct {
		field, sent string // as JSON
		want        string // as JSON, or the code that it is refused with
	}{
		{"Text__c", `"abc"`, `"abc"`},
		{"Text__c", `" abc "`, `"abc"`},
		{"Text__c", `""`, `null`},
		{"Text__c", `12`, `"12"`},
		{"Text__c", `1.50`, `"1.50"`},
		{"Text__c", `"abcdef"`, "STRING_TOO_LONG"},
		{"Text__c", `true`, parser},
		{"Text__c", `{}`, parser},
		{"Text__c", `[]`, parser},
		{"Check__c", `true`, `true`},
		{"Check__c", `null`, `false`},
		{"Check__c", `"true"`, `true`},
		{"Check__c", `"false"`, `false`},
		{"Check__c", `"FALSE"`, parser},
		{"Check__c", `"1"`, parser},
		{"Check__c", `0`, parser},
		{"Number__c", `12`, `12.0`},
		{"Number__c", `"31"`, `31.0`},
		{"Number__c", `-1.257`, `-1.26`},
		{"Number__c", `1e2`, `100.0`},
		{"Number__c", `999.99`, `999.99`},
		{"Number__c", `1000`, "NUMBER_OUTSIDE_VALID_RANGE"},
		{"Number__c", `"twelve"`, parser},
		{"Number__c", `true`, parser},
		{"Money__c", `12345678901.25`, `12345678901.25`},
		{"Percent__c", `12.34`, `12.3`},
		{"Date__c", `"2024-09-10"`, `"2024-09-10"`},
		{"Date__c", `"2024-09-10T23:00:00Z"`, `"2024-09-10"`},
		{"Date__c", `"10.9.2024"`, parser},
		{"Date__c", `"2024-02-30"`, parser},
		{"Date__c", `20240910`, parser},
		{"Time__c", `"2024-09-10T13:57:45.000Z"`, `"2024-09-10T13:57:45.000+0000"`},
		{"Time__c", `"2024-09-10T13:57:45.000+0200"`, `"2024-09-10T11:57:45.000+0000"`},
		{"Time__c", `"2024-09-10T13:57:45+02:00"`, `"2024-09-10T11:57:45.000+0000"`},
		{"Time__c", `"2024-09-10 13:57"`, parser},
		{"Pick__c", `"Red"`, `"Red"`},
		{"Pick__c", `"Green"`, pick},
		{"Open__c", `"Green"`, `"Green"`},
		{"Multi__c", `"Red;Blue"`, `"Red;Blue"`},
		{"Multi__c", `"Red;Green"`, pick},
		{"Mail__c", `"a@b.example"`, `"a@b.example"`},
		{"Mail__c", `"a"`, "INVALID_EMAIL_ADDRESS"},
		{"Mentor__c", `"` + mentor + `"`, `"` + mentor + `"`},
		{"Mentor__c", `"` + mentor[:15] + `"`, `"` + mentor + `"`},
		{"Mentor__c", `"` + org.ProfileID("Standard User") + `"`, "FIELD_INTEGRITY_EXCEPTION"},
		{"Mentor__c", `"bob"`, "MALFORMED_ID"},
		{"IsActive", `"false"`, `false`},
		{"FirstName", `{"a":1}`, parser},
	} {
		refused := strings.ToUpper(tc.want) == tc.want && strings.Contains(tc.want, "_")
		for way, send := range map[string]func(id string) string{
			"a request": func(id string) string {
				return c.send(t, http.MethodPatch, users+"/"+id, "application/json", `{"`+tc.field+`":`+tc.sent+`}`).body
			},
			"a row": func(id string) string {
				return c.send(t, http.MethodPatch, data+"/composite/sobjects", "application/json",
					`{"records":[{"attributes":{"type":"User"},"id":"`+id+`","`+tc.field+`":`+tc.sent+`}]}`).body
			},
		} {
			id := org.AddUser(nil)
			body := send(id)
			name := fmt.Sprintf("%s = %s by %s: %s", tc.field, tc.sent, way, body)
			if refused {
				assert.Contains(t, body, `"`+tc.want+`"`, name)
				continue
			}
			var got map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(c.get(t, users+"/"+id+"?fields="+tc.field).body), &got), name)
			assert.Equal(t, tc.want, string(got[tc.field]), name)
		}
	}
	org.SetBooleanTexts(false)
	assert.Equal(t, 400, c.send(t, http.MethodPatch, users+"/"+mentor, "application/json", `{"IsActive":"false"}`).status)
}

// TestWrongTypesSayWhere: Salesforce's words, with line and column of the value.
func TestWrongTypesSayWhere(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(nil)
	c := logIn(t, org)
	for body, want := range map[string]string{
		`{"IsActive":"1"}`: "Cannot deserialize instance of boolean from VALUE_STRING value 1 or request may be missing a required field at [line:1, column:13]",
		"{\n  \"Title\": \"a\",\n  \"IsActive\": 0\n}": "Cannot deserialize instance of boolean from VALUE_NUMBER_INT value 0 or request may be missing a required field at [line:3, column:15]",
		`{"Title":{"IsActive":1}}`:                     "Cannot deserialize instance of string from START_OBJECT value { or request may be missing a required field at [line:1, column:10]",
		`{"Title":["x"]}`:                              "Cannot deserialize instance of string from START_ARRAY value [ or request may be missing a required field at [line:1, column:10]",
	} {
		isRefusal(t, c.send(t, http.MethodPatch, users+"/"+id, "application/json", body), 400, "JSON_PARSER_ERROR", want)
	}
}

// TestCustomFieldsOfNewUsers: defaults are filled in, and what is required must be sent.
func TestCustomFieldsOfNewUsers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.AddField(sfprovtest.CustomField{Name: "Shift__c", Type: sfprovtest.PicklistField, Values: []string{"Day", "Night"}, Default: "Day"})
	org.AddField(sfprovtest.CustomField{Name: "Level__c", Type: sfprovtest.NumberField, Default: "3"})
	org.AddField(sfprovtest.CustomField{Name: "Key__c", Required: true, Unique: true, ExternalID: true})
	org.AddField(sfprovtest.CustomField{Name: "Formula__c", ReadOnly: true})
	c := logIn(t, org)
	r := c.post(t, users, alice(org, object{"Username": "a@acme.example"}))
	isRefusal(t, r, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Key__c]", "Key__c")
	r = c.post(t, users, alice(org, object{"Username": "a@acme.example", "Key__c": "7"}))
	require.Equal(t, 201, r.status, r.body)
	user, _ := org.UserByUsername("a@acme.example")
	assert.Equal(t, "Day", user.Fields["Shift__c"])
	assert.Equal(t, json.Number("3.0"), user.Fields["Level__c"])
	assert.Equal(t, 400, c.post(t, users, alice(org, object{"Username": "b@acme.example", "Key__c": "7"})).status)
	assert.Contains(t, c.post(t, users, alice(org, object{"Username": "b@acme.example", "Key__c": "8", "Formula__c": "x"})).body, "INVALID_FIELD_FOR_INSERT_UPDATE")
	assert.Equal(t, user.ID, c.get(t, users+"/Key__c/7").object(t)["Id"])
}

func TestFieldsThatCantBe(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for name, f := range map[string]sfprovtest.CustomField{
		"no custom name":      {Name: "Badge"},
		"no name":             {Name: "__c"},
		"a type of nothing":   {Name: "A__c", Type: "colour"},
		"a parent of nothing": {Name: "A__c", Type: sfprovtest.ReferenceField, RefersTo: "Dragon"},
		"no parent":           {Name: "A__c", Type: sfprovtest.ReferenceField},
	} {
		assert.Panics(t, func() { org.AddField(f) }, name)
	}
	org.AddCustomField("Badge__c", 40, true)
	assert.Panics(t, func() { org.AddCustomField("BADGE__C", 40, true) }, "twice")
}

// TestFieldsThatAreMissing: a field that real orgs have is no typing mistake.
func TestFieldsThatAreMissing(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(nil)
	c := logIn(t, org)
	for field, status := range map[string]int{"UserPreferencesHideCSNDesktopTask": 501, "BadgeText": 501, "MiddleName": 400, "userpreferencesX": 501, "UserPreferences": 400, "Shoe": 400, "Shoe__c": 400} {
		assert.Equal(t, status, c.send(t, http.MethodPatch, users+"/"+id, "application/json", `{"`+field+`":null}`).status, field)
		assert.Equal(t, status, c.get(t, users+"/"+id+"?fields="+field).status, field)
	}
}

func TestMiddleNames(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(nil)
	c := logIn(t, org)
	body := `{"MiddleName":"Maria","Suffix":"Jr."}`
	assert.Equal(t, 400, c.send(t, http.MethodPatch, users+"/"+id, "application/json", body).status, "only where they are switched on")
	org.SetMiddleNames()
	assert.Equal(t, 204, c.send(t, http.MethodPatch, users+"/"+id, "application/json", body).status)
	user, _ := org.User(id)
	assert.Equal(t, "Maria", user.Fields["MiddleName"])
}

func TestStatesAndCountries(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	id := org.AddUser(nil)
	assert.Equal(t, 400, c.send(t, http.MethodPatch, users+"/"+id, "application/json", `{"CountryCode":"DE"}`).status, "only where they are switched on")
	org.SetCountries(map[string]sfprovtest.Country{
		"DE": {Name: "Germany", States: map[string]string{"BY": "Bavaria"}}, "US": {Name: "United States", States: map[string]string{"CA": "California"}}, "FR": {Name: "France"},
	})
	for _, tc := range []struct {
		sent                       string
		country, code, state, ofIt any
	}{
		{`{"CountryCode":"DE"}`, "Germany", "DE", nil, nil},
		{`{"StateCode":"BY"}`, "Germany", "DE", "Bavaria", "BY"},
		{`{"Country":"United States","State":"California"}`, "United States", "US", "California", "CA"},
		{`{"CountryCode":null,"StateCode":null}`, nil, nil, nil, nil},
		{`{"Country":"FR"}`, "France", "FR", nil, nil},
	} {
		r := c.send(t, http.MethodPatch, users+"/"+id, "application/json", tc.sent)
		require.Equal(t, 204, r.status, r.body)
		user, _ := org.User(id)
		assert.Equal(t, []any{tc.country, tc.code, tc.state, tc.ofIt}, []any{user.Fields["Country"], user.Fields["CountryCode"], user.Fields["State"], user.Fields["StateCode"]}, tc.sent)
	}
	for _, sent := range []string{`{"CountryCode":"XX"}`, `{"Country":"Atlantis"}`, `{"CountryCode":"FR","StateCode":"BY"}`, `{"CountryCode":"DE","State":"California"}`} {
		r := c.send(t, http.MethodPatch, users+"/"+id, "application/json", sent)
		assert.Equal(t, 400, r.status, sent)
		assert.Regexp(t, "FIELD_INTEGRITY_EXCEPTION", r.body)
		assert.Regexp(t, "There's a problem with this (country|state), even though it may appear correct", r.body)
	}
	r := c.post(t, users, alice(org, object{"Username": "a@acme.example", "CountryCode": "US", "StateCode": "CA"}))
	require.Equal(t, 201, r.status, r.body)
	user, _ := org.UserByUsername("a@acme.example")
	assert.Equal(t, "California", user.Fields["State"])
	described := c.get(t, users+"/describe").body
	assert.Contains(t, described, `"label":"Germany"`)
	assert.Contains(t, described, `"controllerName":"CountryCode"`)
}

func TestCurrencies(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	before := org.AddUser(nil)
	c := logIn(t, org)
	assert.Equal(t, 400, c.post(t, users, alice(org, object{"Username": "a@acme.example", "CurrencyIsoCode": "EUR"})).status, "one currency")
	org.SetCurrencies("USD", "EUR")
	isRefusal(t, c.post(t, users, alice(org, object{"Username": "a@acme.example"})), 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [CurrencyIsoCode]", "CurrencyIsoCode")
	assert.Equal(t, 201, c.post(t, users, alice(org, object{"Username": "a@acme.example", "CurrencyIsoCode": "EUR"})).status)
	assert.Equal(t, 400, c.post(t, users, alice(org, object{"Username": "b@acme.example", "CurrencyIsoCode": "XXX"})).status)
	user, _ := org.User(before)
	assert.Equal(t, "USD", user.Fields["CurrencyIsoCode"])
	user, _ = org.UserByUsername("a@acme.example")
	assert.Equal(t, "USD", user.Fields["DefaultCurrencyIsoCode"])
}

// TestEveryIDIsOne: an ID is never empty, whoever made the record.
func TestEveryIDIsOne(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.AddRole("Rep", org.AddRole("Boss", ""))
	org.AddContact("Jones", org.AddAccount("Acme", ""))
	org.Grant(org.AddUser(sfprov.Fields{"ManagerId": org.AdminID()}), org.AddPermissionSet("Set", ""))
	c := logIn(t, org)
	global, _ := c.get(t, data+"/sobjects").object(t)["sobjects"].(list)
	for _, one := range global {
		summary, _ := one.(object)
		name := fmt.Sprint(summary["name"])
		var fields []string
		described, _ := c.get(t, data+"/sobjects/"+name+"/describe").object(t)["fields"].(list)
		for _, f := range described {
			field, _ := f.(object)
			if field["type"] == "id" || field["type"] == "reference" {
				fields = append(fields, fmt.Sprint(field["name"]))
			}
		}
		records, _ := c.get(t, data+"/query?q=SELECT+"+strings.Join(fields, ",")+"+FROM+"+name).object(t)["records"].(list)
		for _, one := range records {
			record, _ := one.(object)
			for _, field := range fields {
				assert.True(t, record[field] != "", "%s.%s", name, field) //nolint:testifylint // null is no empty ID
			}
			if _, told := record["CreatedById"]; told && name != "SetupAuditTrail" {
				assert.NotNil(t, record["CreatedById"], name)
			}
		}
	}
}

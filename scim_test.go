package sfprov_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// A user of several services at once: as a SCIM server gets it, and the paths by which
// people look for its values.
func TestSCIMUser(t *testing.T) {
	t.Parallel()
	c, err := sfprov.ParseSCIMUser([]byte("\ufeff" + `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "` + enterprise + `"],
		"USERNAME": "alice", "externalId": "E-1", "active": "True", "password": "secret",
		"name": {"FamilyName": "Jones", "givenName": "Alice", "formatted": null},
		"emails": [
			{"value": "a@home.example", "type": "home"},
			{"value": "alice@acme.com", "type": "Work", "primary": "True"},
			{"value": "second@acme.com", "primary": true},
			"plain@acme.com"
		],
		"phoneNumbers": [{"value": "tel:+1-201-555-0123", "type": "work"}],
		"addresses": [
			{"type": "home", "streetAddress": "1 Home Lane", "locality": "Springfield"},
			{"type": "work", "locality": "Paris", "country": "FR", "primary": true}
		],
		"roles": [{"value": "sales"}, {"value": "support", "display": "Support"}],
		"groups": [{"value": "g1", "display": "EMEA", "$ref": "../Groups/g1"}],
		"entitlements": {"value": "Deal Desk"},
		"` + strings.ToLower(enterprise) + `": {"Department": "Sales", "employeeNumber": 9007199254740993, "manager": {"value": "m1", "displayName": "Bob"}},
		"urn:acme:2.0:User": {"costCode": 1.50, "regions": ["EMEA", "APAC"], "vip": false, "password": "secret"},
		"nickName": null, "ims": [], "title": " "
	}`))
	require.NoError(t, err)
	wanted := claims{
		"userName": {"alice"}, "externalId": {"E-1"}, "active": {"True"}, "title": {}, "nickName": {},
		"name.familyName": {"Jones"}, "name.givenName": {"Alice"}, "name.formatted": {},
		"emails":                        {"alice@acme.com", "second@acme.com", "a@home.example", "plain@acme.com"},
		"emails.value":                  {"alice@acme.com", "second@acme.com", "a@home.example", "plain@acme.com"},
		`emails[type eq "work"].value`:  {"alice@acme.com"},
		`emails[type eq "Work"].value`:  {"alice@acme.com"},
		`emails[type eq "home"].value`:  {"a@home.example"},
		`emails[type eq "other"].value`: {},
		`emails[primary eq true].value`: {"alice@acme.com", "second@acme.com"},
		"phoneNumbers":                  {"tel:+1-201-555-0123"}, `phoneNumbers[type eq "mobile"].value`: {},
		"addresses.locality": {"Paris"}, "addresses.country": {"FR"}, "addresses.streetAddress": {},
		`addresses[type eq "home"].streetAddress`: {"1 Home Lane"}, `addresses[type eq "work"].locality`: {"Paris"},
		`addresses[type eq "other"].locality`: {},
		"roles":                               {"sales", "support"}, "roles.display": {"Support"},
		"groups": {"g1"}, "groups.display": {"EMEA"}, "groups.$ref": {"../Groups/g1"}, "entitlements": {"Deal Desk"}, "ims": {},
		enterprise + ":department": {"Sales"}, enterprise + ":employeeNumber": {"9007199254740993"},
		enterprise + ":manager": {"m1"}, enterprise + ":manager.value": {"m1"}, enterprise + ":manager.displayName": {"Bob"},
		"urn:acme:2.0:User:costCode": {"1.50"}, "urn:acme:2.0:User:regions": {"EMEA", "APAC"}, "urn:acme:2.0:User:vip": {"false"},
	}
	for name, want := range wanted {
		values, given := c[name]
		assert.True(t, given, name)
		assert.Equal(t, want, values, name)
	}
	assert.NotContains(t, fmt.Sprint(c), "secret", "a password is nobody's claim")
	for _, absent := range []string{"displayName", "photos", "name.middleName", "x509Certificates", `emails[type eq "fax"].value`} {
		assert.NotContains(t, c, absent)
	}
}

// One fact, in the forms in which services send it.
func TestSCIMDialects(t *testing.T) {
	t.Parallel()
	manager := claims{enterprise + ":manager": {"m1"}, enterprise + ":manager.value": {"m1"}}
	work := claims{`emails[type eq "work"].value`: {"a@b.example"}}
	for text, want := range map[string]claims{
		`{"active": false}`:   {"active": {"false"}},
		`{"Active": "False"}`: {"active": {"False"}},
		`{"urn:ietf:params:scim:schemas:core:2.0:User:active": false}`:       {"active": {"false"}},
		`{"URN:ietf:params:scim:schemas:core:2.0:User": {"ACTIVE": false}}`:  {"active": {"false"}},
		`{"name.FamilyName": "Jones"}`:                                       {"name.familyName": {"Jones"}},
		`{"name": {"familyname": "Jones"}}`:                                  {"name.familyName": {"Jones"}},
		`{"emails[type eq \"work\"].value": "a@b.example"}`:                  work,
		`{"Emails[Type EQ \"Work\"].Value": "a@b.example"}`:                  work,
		`{"roles[primary eq \"True\"].value": "sales"}`:                      {"roles[primary eq true].value": {"sales"}},
		`{"` + enterprise + `": {"manager": "m1"}}`:                          manager,
		`{"` + enterprise + `:manager": "m1"}`:                               manager,
		`{"` + enterprise + `": {"Manager": {"VALUE": "m1"}}}`:               manager,
		`{"` + strings.ToUpper(enterprise) + `:DEPARTMENT": "Sales"}`:        {enterprise + ":department": {"Sales"}},
		`{"urn:acme:1.0:user:costCode": "c"}`:                                {"urn:acme:1.0:user:costCode": {"c"}},
		`{"roles": "sales"}`:                                                 {"roles": {"sales"}, "roles.value": {"sales"}},
		`{"roles": ["sales"]}`:                                               {"roles": {"sales"}, "roles.value": {"sales"}},
		`{"roles": [{"value": "sales"}]}`:                                    {"roles": {"sales"}, "roles.value": {"sales"}},
		`{"roles": null}`:                                                    {"roles": {}},
		`{"roles": []}`:                                                      {"roles": {}},
		`{"name": null}`:                                                     {"name": {}, "name.formatted": {}, "name.familyName": {}, "name.givenName": {}, "name.middleName": {}, "name.honorificPrefix": {}, "name.honorificSuffix": {}},
		`{"own": [{"value": "a", "type": "x\"y"}, {"value": null, "n": 1}]}`: {"own": {"a"}, "own.value": {"a"}, "own.type": {`x"y`}, "own.n": {"1"}, `own[type eq "x\"y"].value`: {"a"}, `own[type eq "x\"y"].type`: {`x"y`}},
		`{}`: {},
	} {
		c, err := sfprov.ParseSCIMUser([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, c, text)
	}
}

func TestSCIMUsersThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                                 "SCIM user is not JSON",
		`null`:                             "SCIM user is null",
		`[]`:                               "SCIM user is not JSON",
		`{"title": "a"} x`:                 "SCIM user is not JSON",
		`{"title": "a", "title": "b"}`:     `"title" is there twice`,
		`{"userName": "a", "username": 1}`: "userName is there twice",
		`{"name": {"familyName": "a", "familyname": "b"}}`:                        "name.familyName is there twice",
		`{"name": {"familyName": "a"}, "name.familyName": "b"}`:                   "name.familyName is there twice",
		`{"emails": [], "emails[type eq \"work\"].value": "b"}`:                   `emails[type eq "work"].value is there twice`,
		`{"emails": [{"value": "a", "Value": "b"}]}`:                              `emails has "value" twice`,
		`{"urn:x:1": {"a": 1, "A": 2}}`:                                           "urn:x:1:a is there twice",
		`{"urn:ietf:params:scim:schemas:core:2.0:User:title": "a", "title": "b"}`: "title is there twice",
		`{"a": {"b": {"c": 1}}}`:                                                  "a.b has more levels",
		`{"a": [[1]]}`:                                                            "a has more levels",
		`{"a": [{"b": {"c": 1}}]}`:                                                "a has more levels",
		`{"a": [{"b": [[1]]}]}`:                                                   "a has more levels",
		"{\"a\": \"\xff\"}":                                                       "is not valid UTF-8",
	} {
		_, err := sfprov.ParseSCIMUser([]byte(text))
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid, text)
		require.ErrorContains(t, err, want, text)
		step, _ := sfprov.NextStep(err)
		assert.Equal(t, sfprov.StepUser, step, text)
	}
}

// A user that was decoded is the same, however it was decoded, and stays as it was.
func TestSCIMClaims(t *testing.T) {
	t.Parallel()
	type attributes map[string]any
	user := map[string]any{
		"userName": "alice", "active": true, "urn:acme:1.0:User": attributes{"level": int64(9007199254740993), "share": 0.5},
		"emails": []map[string]any{{"value": "b@home.example"}, {"value": "a@acme.com", "primary": true}}, "nickName": (*string)(nil),
	}
	c, err := sfprov.SCIMClaims(user)
	require.NoError(t, err)
	assert.Equal(t, []string{"a@acme.com", "b@home.example"}, c["emails"])
	assert.Equal(t, []string{"9007199254740993"}, c["urn:acme:1.0:User:level"])
	assert.Equal(t, []string{"0.5"}, c["urn:acme:1.0:User:share"])
	assert.Equal(t, []string{}, c["nickName"])
	assert.Equal(t, []map[string]any{{"value": "b@home.example"}, {"value": "a@acme.com", "primary": true}}, user["emails"])
	text, err := json.Marshal(user)
	require.NoError(t, err)
	parsed, err := sfprov.ParseSCIMUser(text)
	require.NoError(t, err)
	assert.Equal(t, parsed, c)
	for name, value := range map[string]any{
		"NaN": math.NaN(), "infinite": math.Inf(1), "function": func() {}, "broken": "\xff", "nested": map[string]any{"a": []any{"\xff"}},
	} {
		_, err := sfprov.SCIMClaims(map[string]any{"a": value})
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid, name)
	}
	_, err = sfprov.SCIMClaims(nil)
	require.ErrorContains(t, err, "is null")
}

// What StandardMapping makes of users as three services send them.
func TestStandardMappingOfSCIMUsers(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"by the RFC": `{"externalId": "E-1", "userName": "alice.jones", "name": {"familyName": "Jones"}, "active": false,
			"emails": [{"value": "a@home.example", "type": "home"}, {"value": "alice@acme.com", "type": "work", "primary": true}],
			"phoneNumbers": [{"value": "1", "type": "mobile"}, {"value": "2", "type": "work"}], "` + enterprise + `": {"department": "Sales"}}`,
		"with texts for booleans": `{"externalId": "E-1", "userName": "alice.jones", "name": {"familyName": "Jones"}, "active": "False",
			"emails": [{"primary": "True", "type": "work", "value": "alice@acme.com"}],
			"phoneNumbers": [{"value": "2", "type": "work"}, {"value": "1", "type": "mobile"}], "` + enterprise + `:department": "Sales"}`,
		"in other letter case": `{"ExternalID": "E-1", "username": "alice.jones", "Name": {"FamilyName": "Jones"}, "Active": "FALSE",
			"Emails": [{"Primary": true, "Type": "Work", "Value": "alice@acme.com"}],
			"PhoneNumbers": [{"Value": "1", "Type": "Mobile"}, {"Value": "2", "Type": "Work"}], "` + strings.ToLower(enterprise) + `": {"Department": "Sales"}}`,
	} {
		c, err := sfprov.ParseSCIMUser([]byte(text))
		require.NoError(t, err, name)
		u, err := sfprov.StandardMapping().User("alice", c)
		require.NoError(t, err, name)
		assert.Equal(t, sfprov.Fields{
			"FederationIdentifier": "E-1", "LastName": "Jones", "Email": "alice@acme.com", "Phone": "2", "MobilePhone": "1", "Fax": nil,
			"Department": "Sales", "IsActive": false, "Alias": "alice.jo",
		}, u.Fields, name)
	}
}

// A full replacement takes away what it leaves out; a patch does not.
func TestReplacementInAnOrg(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.AddGroup("EMEA")
	org.AddRole("VP", "")
	p := provisionerIn(t, org, matching)
	m := sfprov.StandardMapping()
	m.Rules = append(m.Rules, sfprov.Rule{To: "Title", Claim: "title", ClearAbsent: true},
		sfprov.Rule{To: "access.role", Claim: "roles", ClearAbsent: true},
		sfprov.Rule{To: "access.publicGroups", Claim: "groups.display", ClearAbsent: true}, sfprov.Rule{To: "access.exact", Value: true})
	require.NoError(t, m.Validate())
	const core = `"externalId":"E-1","userName":"alice","name":{"familyName":"Jones"},"emails":[{"value":"alice@acme.com"}]`
	ensure := func(text string, of func(string, map[string][]string) (sfprov.User, error)) (sfprov.Fields, sfprov.Access) {
		c, err := sfprov.ParseSCIMUser([]byte(text))
		require.NoError(t, err)
		u, err := of("alice", c)
		require.NoError(t, err)
		result, err := p.Ensure(t.Context(), u)
		require.NoError(t, err)
		stored, _ := org.User(result.ID)
		access := org.Access(result.ID)
		return stored.Fields, sfprov.Access{Role: access.Role, PublicGroups: access.PublicGroups}
	}
	whole := `{` + core + `,"title":"CEO","roles":["VP"],"groups":[{"value":"1","display":"EMEA"}]}`
	fields, access := ensure(whole, m.User)
	assert.Equal(t, "CEO", fields["Title"])
	assert.Equal(t, sfprov.Access{Role: "VP", PublicGroups: []string{"EMEA"}}, access)
	fields, access = ensure(`{"externalId":"E-1","name":{"givenName":"Al"}}`, m.Change)
	assert.Equal(t, "CEO", fields["Title"], "a patch leaves alone what it leaves out")
	assert.Equal(t, sfprov.Access{Role: "VP", PublicGroups: []string{"EMEA"}}, access)
	fields, access = ensure(`{`+core+`}`, m.User)
	assert.Nil(t, fields["Title"])
	assert.Empty(t, access.Role)
	assert.Empty(t, access.PublicGroups)
}

func FuzzParseSCIMUser(f *testing.F) {
	f.Add([]byte(`{"userName": "alice", "emails": [{"value": "a@b.example", "type": "work", "primary": true}], "name": {"familyName": "x"}}`))
	f.Add([]byte(`{"urn:x:1": {"a": [1, {"value": null}]}, "emails[type eq \"work\"].value": "x", "name.givenName": "y"}`))
	f.Add([]byte(`{"` + enterprise + `": {"manager": "m1"}, "active": "False"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := sfprov.ParseSCIMUser(data)
		if err != nil {
			return
		}
		again, err := sfprov.ParseSCIMUser(data)
		require.NoError(t, err)
		require.Equal(t, c, again, "not by chance")
		for name, values := range c {
			require.NotNil(t, values, name)
			require.False(t, slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) == "" }), name)
		}
		_, _ = sfprov.StandardMapping().User("alice", c)
	})
}

// A SCIM message that is no user is not taken for one whose attributes have odd names.
func TestSCIMMessagesThatAreNoUser(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`: "a request to change a user (PATCH)",
		`{"operations":[{"op":"replace","value":{"active":false}}]}`:                                                                    "a request to change a user (PATCH)",
		`{"totalResults":1,"Resources":[{"userName":"a"}]}`:                                                                             "a list of users",
	} {
		_, err := sfprov.ParseSCIMUser([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

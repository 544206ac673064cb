package sfprov_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

type claims = map[string][]string

// mapped applies rules, given as JSON, to the claims of alice.
func mapped(t *testing.T, rules string, c claims) (sfprov.User, error) {
	t.Helper()
	m, err := sfprov.ParseMapping([]byte(`{"rules":[` + rules + `]}`))
	require.NoError(t, err)
	return m.User("alice", c)
}

func TestMappingValues(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rule   string
		values []string
		want   any
	}{
		"text":                       {`"to":"Title"`, []string{" CEO "}, "CEO"},
		"the first of several":       {`"to":"Title"`, []string{"", "CEO", "CFO"}, "CEO"},
		"joined":                     {`"to":"Title","join":", "`, []string{"CEO", "", "CFO"}, "CEO, CFO"},
		"removed":                    {`"to":"Title"`, []string{}, nil},
		"blank":                      {`"to":"Title"`, []string{" "}, nil},
		"shortened":                  {`"to":"Alias","shorten":true`, []string{"alice jones"}, "alice jo"},
		"shortened before a blank":   {`"to":"Alias","shorten":true`, []string{"alicejo s"}, "alicejo"},
		"shortened to UTF-16 units":  {`"to":"Alias","shorten":true`, []string{"a😀😀😀😀😀"}, "a😀😀😀"},
		"a boolean, by its field":    {`"to":"IsActive"`, []string{"Yes"}, true},
		"false":                      {`"to":"UserPermissionsMarketingUser"`, []string{"0"}, false},
		"false as a service has it":  {`"to":"IsActive"`, []string{"False"}, false},
		"true in a letter":           {`"to":"Flag__c","type":"boolean"`, []string{"T"}, true},
		"a number":                   {`"to":"Age__c","type":"number"`, []string{"4.50"}, json.Number("4.50")},
		"a number of many digits":    {`"to":"Age__c","type":"number"`, []string{"9007199254740993"}, json.Number("9007199254740993")},
		"a date":                     {`"to":"Hired__c","type":"date"`, []string{"2026-01-31"}, "2026-01-31"},
		"the date of a time":         {`"to":"Hired__c","type":"date"`, []string{"2026-01-31T23:00:00+02:00"}, "2026-01-31"},
		"a time":                     {`"to":"Seen__c","type":"dateTime"`, []string{"2026-01-31T23:00:00+02:00"}, "2026-01-31T21:00:00.000Z"},
		"seconds":                    {`"to":"Seen__c","type":"dateTime"`, []string{"1769893200"}, "2026-01-31T21:00:00.000Z"},
		"a reference, by its field":  {`"to":"ManagerId"`, []string{aliceID[:15]}, aliceID},
		"a multi-select picklist":    {`"to":"Skills__c","type":"multiPicklist"`, []string{"Go", "SOQL"}, "Go;SOQL"},
		"a locale":                   {`"to":"LocaleSidKey","type":"locale"`, []string{"en-US"}, "en_US"},
		"a custom field is a string": {`"to":"Flag__c"`, []string{"true"}, "true"},
	} {
		u, err := mapped(t, `{"claim":"c",`+test.rule+`}`, claims{"c": test.values})
		require.NoError(t, err, name)
		require.Len(t, u.Fields, 1, name)
		for _, value := range u.Fields {
			assert.Equal(t, test.want, value, name)
		}
	}
}

func TestMappingAbsentRemovedDefault(t *testing.T) {
	t.Parallel()
	const rules = `{"to":"Title","claim":"title"},{"to":"City","claim":"city","default":"Paris"},{"to":"Country","value":"FR"},
		{"to":"FirstName","claim":"given_name"},{"to":"FirstName","claim":"name"},
		{"to":"access.role","claim":"role"},{"to":"access.permissionSets","claim":"sets"},{"to":"access.queues","value":["Returns"]}`
	u, err := mapped(t, rules, nil)
	require.NoError(t, err)
	assert.Equal(t, sfprov.User{
		Username: "alice", Fields: sfprov.Fields{"Country": "FR"}, Defaults: sfprov.Fields{"City": "Paris"},
		Access: sfprov.Access{Queues: []string{"Returns"}},
	}, u, "what is absent is left alone")

	given := claims{"title": nil, "city": {"Lyon"}, "name": {"Al"}, "role": {"VP"}, "sets": {}}
	u, err = mapped(t, rules, given)
	require.NoError(t, err)
	assert.Equal(t, sfprov.User{
		Username: "alice", Fields: sfprov.Fields{"Country": "FR", "Title": nil, "City": "Lyon", "FirstName": "Al"}, Defaults: sfprov.Fields{},
		Access: sfprov.Access{Role: "VP", PermissionSets: []string{}, Queues: []string{"Returns"}},
	}, u, "what is removed is cleared; the first claim that is there counts")

	m, err := sfprov.ParseMapping([]byte(`{"rules":[` + rules + `,{"to":"LastName","claim":"sn","required":true}]}`))
	require.NoError(t, err)
	change, err := m.Change("alice", claims{"city": {"Lyon"}})
	require.NoError(t, err, "an absent claim is no problem of a change")
	assert.Equal(t, sfprov.User{Username: "alice", Fields: sfprov.Fields{"City": "Lyon"}, Defaults: sfprov.Fields{}}, change)
	_, err = m.Change("alice", claims{"sn": nil})
	require.ErrorContains(t, err, `LastName needs the claim "sn"`, "one that is removed is")
}

func TestMappingProblemsOfClaims(t *testing.T) {
	t.Parallel()
	_, err := mapped(t, `{"to":"LastName","claim":"sn","required":true},{"to":"IsActive","claim":"active"},{"to":"ManagerId","claim":"boss"},
		{"to":"Age__c","type":"number","claim":"age"},{"to":"Hired__c","type":"date","claim":"hired"},{"to":"Seen__c","type":"dateTime","claim":"seen"},
		{"to":"Skills__c","type":"multiPicklist","claim":"skills"},{"to":"City","claim":"city"}`, claims{
		"active": {"perhaps"}, "boss": {"Bob"}, "age": {"0x10"}, "hired": {"31.1.2026"}, "seen": {"yesterday"}, "skills": {"a;b"}, "city": {"Paris"},
	})
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Problems, 7)
	for _, want := range []string{
		`LastName needs the claim "sn"`, `IsActive is filled by the claim "active", which is "perhaps", which is neither true nor false`,
		`"Bob"`, `"0x10", which is not a number`, `not a date such as`, `not a time such as`, `with a semicolon`,
	} {
		assert.Contains(t, err.Error(), want)
	}
}

func TestMappingsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	_, err := sfprov.ParseMapping([]byte(`{"rules":[
		{"claim":"c"}, {"to":"x y","claim":"c"}, {"to":"Id","claim":"c"}, {"to":"access.nothing","claim":"c"}, {"to":"Title"}, {"to":"Title","claim":"c","value":"v"},
		{"to":"Title","claim":"c","type":"text"}, {"to":"access.role","claim":"c","default":"x"}, {"to":"access.role","claim":"c","type":"string"},
		{"to":"Own__c","claim":"c","shorten":true}, {"to":"Title","value":["a"]}, {"to":"IsActive","claim":"c","default":"perhaps"}
	]}`))
	joined, isJoined := err.(interface{ Unwrap() []error })
	require.True(t, isJoined, "%v", err)
	assert.Len(t, joined.Unwrap(), 12)
	var invalid *sfprov.ConfigError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "rules[0].to", invalid.Field)
	for _, text := range []string{"", "[]", `{"rules":[]}`, `{"rule":[]}`, `{"rules":[{"to":"Title","claim":"c"}]} x`, `{"rules":[{"too":"Title"}]}`} {
		_, err := sfprov.ParseMapping([]byte(text))
		require.ErrorAs(t, err, &invalid, text)
	}
	_, err = (sfprov.Mapping{Rules: []sfprov.Rule{{To: "access.role", Value: 7}}}).User("alice", nil)
	require.ErrorContains(t, err, "access.role has a constant that is no name")
}

func TestMappingByAFunction(t *testing.T) {
	t.Parallel()
	m := sfprov.StandardMapping()
	m.Custom = func(c map[string][]string, u *sfprov.User) error {
		if len(c["groups"]) == 0 {
			return errors.New("nobody without a group")
		}
		c["groups"] = nil // a copy
		u.Access.PublicGroups = []string{"EMEA"}
		return nil
	}
	c := claims{"groups": {"emea"}, "family_name": {"Jones"}}
	u, err := m.User("alice", c)
	require.NoError(t, err)
	assert.Equal(t, []string{"EMEA"}, u.Access.PublicGroups)
	assert.Equal(t, claims{"groups": {"emea"}, "family_name": {"Jones"}}, c)
	_, err = m.User("alice", nil)
	require.ErrorContains(t, err, "nobody without a group")
}

func TestStandardMapping(t *testing.T) {
	t.Parallel()
	m := sfprov.StandardMapping()
	require.NoError(t, m.Validate())
	for name, c := range map[string]claims{
		"OpenID Connect": {
			"sub": {"E-1"}, "preferred_username": {"alice.jones"}, "given_name": {"Alice"}, "family_name": {"Jones"}, "email": {"alice@primary.com"},
			"zoneinfo": {"Europe/Paris"}, "locale": {"en-GB"}, "address.locality": {"Paris"},
		},
		"SCIM": {
			"externalId": {"E-1"}, "userName": {"alice.jones"}, "name.givenName": {"Alice"}, "name.familyName": {"Jones"}, "emails": {"alice@primary.com", "a@home.example"},
			"timezone": {"Europe/Paris"}, "locale": {"en-GB"}, "addresses.locality": {"Paris"}, "active": {"true"},
		},
	} {
		org := sfprovtest.NewOrg(t)
		u, err := m.User("alice.jones", c)
		require.NoError(t, err, name)
		result, err := provisionerIn(t, org, matching).Create(t.Context(), u)
		require.NoError(t, err, name)
		user, _ := org.User(result.ID)
		for field, want := range map[string]any{
			"FederationIdentifier": "E-1", "Alias": "alice.jo", "FirstName": "Alice", "LastName": "Jones", "Email": "alice@primary.com",
			"TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_GB", "City": "Paris", "IsActive": true,
		} {
			assert.Equal(t, want, user.Fields[field], "%s: %s", name, field)
		}
	}
}

// The twelve fields that the Java connector's guide maps. Defaults fill creates
// only, which the connector's do not.
func TestMappingOfTheJavaConnector(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("examples/claims/java-connector.json")
	require.NoError(t, err)
	m, err := sfprov.ParseMapping(data)
	require.NoError(t, err)
	org := sfprovtest.NewOrg(t)
	m.Rules[4].Default = org.ProfileID("Standard User")
	u, err := m.User("alice", claims{
		"http://wso2.org/claims/emailaddress": {"alice@acme.com"}, "http://wso2.org/claims/lastname": {"Jones"}, "http://wso2.org/claims/username": {"alice.jones"},
	})
	require.NoError(t, err)
	p := provisionerIn(t, org, func(c *sfprov.Config) { c.Defaults = nil })
	result, err := p.Create(t.Context(), u)
	require.NoError(t, err)
	user, _ := org.User(result.ID)
	for field, want := range map[string]any{
		"Username": "alice@acme.com", "Email": "alice@acme.com", "LastName": "Jones", "Alias": "alice.jo", "ProfileId": org.ProfileID("Standard User"),
		"TimeZoneSidKey": "America/Los_Angeles", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
		"UserPermissionsCallCenterAutoLogin": false, "UserPermissionsMarketingUser": false, "UserPermissionsOfflineUser": false,
	} {
		assert.Equal(t, want, user.Fields[field], field)
	}
	org.SetUser(result.ID, sfprov.Fields{"TimeZoneSidKey": "Asia/Tokyo"})
	_, err = p.Update(t.Context(), result.ID, u)
	require.NoError(t, err)
	user, _ = org.User(result.ID)
	assert.Equal(t, "Asia/Tokyo", user.Fields["TimeZoneSidKey"], "defaults fill creates only")
}

func FuzzParseMapping(f *testing.F) {
	f.Add([]byte(`{"rules":[{"to":"Title","claim":"c","default":"x"}]}`), "c", "v")
	f.Add([]byte(`{"rules":[{"to":"access.role","value":["a"]},{"to":"IsActive","claim":"c"}]}`), "c", "true")
	f.Add([]byte(`{"rules":[{"to":"Age__c","type":"number","claim":"c"},{"to":"D__c","type":"dateTime","claim":"c"}]}`), "c", "99999999999999")
	f.Add([]byte(`{"rules":[{"to":"access.queues","claim":"c","values":{"a":["b","c"],"d":null},"otherwise":""}]}`), "c", "a")
	f.Fuzz(func(t *testing.T, data []byte, claim, value string) {
		m, err := sfprov.ParseMapping(data)
		if err != nil {
			return
		}
		written, err := json.Marshal(m)
		require.NoError(t, err)
		again, err := sfprov.ParseMapping(written)
		require.NoError(t, err, "%s", written)
		require.Equal(t, m, again)
		u, err := m.User("alice", claims{claim: {value}})
		if err != nil {
			return
		}
		if _, err := json.Marshal(u.Fields); err != nil {
			t.Fatalf("%s made %v: %v", data, u.Fields, err)
		}
	})
}

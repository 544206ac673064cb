package sfprov_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

func TestMappingTables(t *testing.T) {
	t.Parallel()
	const profile = `"to":"access.profile","claim":"c","values":{"Sales":"Sales User","Admins":"System Administrator"}`
	const sets = `"to":"access.permissionSets","claim":"c","values":{"sales":"Deal Desk","all":["Base","Quotes"],"none":[]}`
	for name, test := range map[string]struct {
		rule   string
		values []string
		want   sfprov.User
	}{
		"a name": {
			profile,
			[]string{" Sales "},
			sfprov.User{Access: sfprov.Access{Profile: "Sales User"}},
		},
		"otherwise": {
			profile + `,"otherwise":"Standard User"`,
			[]string{"Legal"},
			sfprov.User{Access: sfprov.Access{Profile: "Standard User"}},
		},
		"what is ignored is not first": {
			profile + `,"otherwise":[]`,
			[]string{"Legal", "Admins"},
			sfprov.User{Access: sfprov.Access{Profile: "System Administrator"}},
		},
		"names": {
			sets,
			[]string{"all", "none", "sales"},
			sfprov.User{Access: sfprov.Access{PermissionSets: []string{"Base", "Quotes", "Deal Desk"}}},
		},
		"names, others ignored": {
			sets + `,"otherwise":""`,
			[]string{"x", "sales"},
			sfprov.User{Access: sfprov.Access{PermissionSets: []string{"Deal Desk"}}},
		},
		"none is left": {
			sets,
			[]string{"none"},
			sfprov.User{Access: sfprov.Access{PermissionSets: []string{}}},
		},
		"a boolean": {
			`"to":"IsActive","claim":"c","values":{"active":true,"inactive":false}`,
			[]string{"inactive"},
			sfprov.User{Fields: sfprov.Fields{"IsActive": false}},
		},
		"a text for a boolean": {
			`"to":"IsActive","claim":"c","values":{"active":"yes"}`,
			[]string{"active"},
			sfprov.User{Fields: sfprov.Fields{"IsActive": true}},
		},
		"a number": {
			`"to":"L__c","type":"number","claim":"c","values":{"high":9007199254740993}`,
			[]string{"high"},
			sfprov.User{Fields: sfprov.Fields{"L__c": json.Number("9007199254740993")}},
		},
		"joined": {
			`"to":"Title","join":", ","claim":"c","values":{"a":"A","b":"B"}`,
			[]string{"a", "b"},
			sfprov.User{Fields: sfprov.Fields{"Title": "A, B"}},
		},
		"a multi-select picklist": {
			`"to":"S__c","type":"multiPicklist","claim":"c","values":{"a":["A","B"]}`,
			[]string{"a"},
			sfprov.User{Fields: sfprov.Fields{"S__c": "A;B"}},
		},
		"cleared": {
			`"to":"Title","claim":"c","values":{"none":null}`,
			[]string{"none"},
			sfprov.User{Fields: sfprov.Fields{"Title": nil}},
		},
		"exact": {
			`"to":"access.exact","claim":"c","values":{"managed":true},"otherwise":false`,
			[]string{"managed"},
			sfprov.User{Access: sfprov.Access{Exact: true}},
		},
	} {
		u, err := mapped(t, "{"+test.rule+"}", claims{"c": test.values})
		require.NoError(t, err, name)
		test.want.Username, test.want.Defaults = "alice", sfprov.Fields{}
		if test.want.Fields == nil {
			test.want.Fields = sfprov.Fields{}
		}
		assert.Equal(t, test.want, u, name)
	}
	for _, c := range []struct{ value, want string }{
		{"Legal", `access.profile is filled by the claim "c", which is "Legal", which the rule's values don't have`},
		{"sales", `They have "Sales", in another letter case`},
	} {
		_, err := mapped(t, "{"+profile+"}", claims{"c": {c.value}})
		require.ErrorContains(t, err, c.want)
	}
}

// The rule of several rules: the first that has a value; cleared if a claim is there and
// none has; the default if all are absent.
func TestMappingSeveralRulesForOneField(t *testing.T) {
	t.Parallel()
	const a, b = `{"to":"City","claim":"a"}`, `{"to":"city","claim":"b"}`
	paris, none := sfprov.Fields{"City": "Paris"}, sfprov.Fields{}
	for name, test := range map[string]struct {
		rules                     string
		claims                    claims
		fields, defaults, changed sfprov.Fields
	}{
		"the first": {a + "," + b, claims{"a": {"Paris"}, "b": {"Lyon"}}, paris, none, paris},
		"the one that is there": {
			a + "," + b,
			claims{"b": {"Lyon"}},
			sfprov.Fields{"city": "Lyon"},
			none,
			sfprov.Fields{"city": "Lyon"},
		},
		"the one that has a value": {b + "," + a, claims{"a": {"Paris"}, "b": {" "}}, paris, none, paris},
		"removed": {
			a + "," + b,
			claims{"a": {}},
			sfprov.Fields{"City": nil},
			none,
			sfprov.Fields{"City": nil},
		},
		"absent":                  {a + "," + b, nil, none, none, none},
		"absent, with a constant": {b + `,{"to":"City","value":"Paris"}`, nil, paris, none, none},
		"removed, with a constant": {
			b + `,{"to":"City","value":"Paris"}`,
			claims{"b": nil},
			paris,
			none,
			paris,
		},
		"absent, with a default": {b + `,{"to":"City","default":"Paris"}`, nil, none, paris, none},
		"removed, with a default": {
			a + `,{"to":"City","default":"Paris"}`,
			claims{"a": nil},
			sfprov.Fields{"City": nil},
			none,
			sfprov.Fields{"City": nil},
		},
		"a default alone": {`{"to":"City","default":"Paris"}`, nil, none, paris, none},
		"the first default": {
			`{"to":"City","default":"Paris"},{"to":"City","default":"Lyon"}`,
			nil,
			none,
			paris,
			none,
		},
		"a default of another form": {
			`{"to":"IsActive","default":"no"},{"to":"LocaleSidKey","type":"locale","default":"en-US"}`,
			nil,
			none,
			sfprov.Fields{"IsActive": false, "LocaleSidKey": "en_US"},
			none,
		},
		"absent is cleared": {
			`{"to":"City","claim":"a","clearAbsent":true}`,
			nil,
			sfprov.Fields{"City": nil},
			none,
			none,
		},
		"absent is cleared, if it is": {
			`{"to":"City","claim":"a","clearAbsent":true}`,
			claims{"a": {"Paris"}},
			paris,
			none,
			paris,
		},
		"absent is cleared, if all are": {
			`{"to":"City","claim":"b","clearAbsent":true},` + a,
			claims{"a": {"Paris"}},
			paris,
			none,
			paris,
		},
	} {
		m, err := sfprov.ParseMapping([]byte(`{"rules":[` + test.rules + `]}`))
		require.NoError(t, err, name)
		u, err := m.User("alice", test.claims)
		require.NoError(t, err, name)
		assert.Equal(t, test.fields, u.Fields, name)
		assert.Equal(t, test.defaults, u.Defaults, name)
		change, err := m.Change("alice", test.claims)
		require.NoError(t, err, name)
		assert.Equal(t, sfprov.User{Username: "alice", Fields: test.changed, Defaults: sfprov.Fields{}}, change, name)
	}
}

func TestMappingOfAccess(t *testing.T) {
	t.Parallel()
	m, err := sfprov.ParseMapping([]byte(`{"rules":[
		{"to":"access.exact","value":true}, {"to":"access.profile","claim":"profile"}, {"to":"access.role","claim":"role","clearAbsent":true},
		{"to":"access.queues","claim":"queues","clearAbsent":true}, {"to":"access.publicGroups","claim":"groups"}, {"to":"Title","claim":"title"}
	]}`))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		claims      claims
		user, patch sfprov.User
	}{
		"all are there": {
			claims{"profile": {"P"}, "role": {"R"}, "queues": {"Q"}, "groups": {"G", "H"}},
			sfprov.User{Access: sfprov.Access{Profile: "P", Role: "R", Queues: []string{"Q"}, PublicGroups: []string{"G", "H"}, Exact: true}},
			sfprov.User{Access: sfprov.Access{Profile: "P", Role: "R", Queues: []string{"Q"}, PublicGroups: []string{"G", "H"}, Exact: true}},
		},
		"none is there": {
			nil,
			sfprov.User{Fields: sfprov.Fields{"UserRoleId": nil}, Access: sfprov.Access{Queues: []string{}, Exact: true}},
			sfprov.User{},
		},
		"a list was emptied": {
			claims{"groups": {}, "role": {"R"}},
			sfprov.User{Access: sfprov.Access{Role: "R", Queues: []string{}, PublicGroups: []string{}, Exact: true}},
			sfprov.User{Access: sfprov.Access{Role: "R", PublicGroups: []string{}, Exact: true}},
		},
		"no list has changed": {
			claims{"title": {"CEO"}, "role": {}},
			sfprov.User{Fields: sfprov.Fields{"Title": "CEO", "UserRoleId": nil}, Access: sfprov.Access{Queues: []string{}, Exact: true}},
			sfprov.User{Fields: sfprov.Fields{"Title": "CEO", "UserRoleId": nil}},
		},
	} {
		for i, call := range []func(string, map[string][]string) (sfprov.User, error){m.User, m.Change} {
			want := []sfprov.User{test.user, test.patch}[i]
			want.Username, want.Defaults = "alice", sfprov.Fields{}
			if want.Fields == nil {
				want.Fields = sfprov.Fields{}
			}
			u, err := call("alice", test.claims)
			require.NoError(t, err, name)
			assert.Equal(t, want, u, name)
		}
	}
	_, err = m.User("alice", claims{"profile": {""}})
	require.ErrorContains(t, err, `access.profile has no value in the claim "profile", but a user always has a profile`)
}

// Each thing that is wrong with a rule is told by the place, by what it fills, and from
// where.
func TestErrorsOfRules(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:                                                            `rules[1].to is missing`,
		`{"claim":"c"}`:                                                 `rules[1].to (of the claim "c") is missing`,
		`{"to":"Title"}`:                                                `rules[1].claim (for Title) is missing, and there is no value and no default`,
		`{"to":"x y","claim":"c"}`:                                      `rules[1].to (for x y, from the claim "c") is "x y"`,
		`{"to":"Id","claim":"c"}`:                                       `which is set by Salesforce`,
		`{"to":"access.exactly","value":true}`:                          `of the access, there is profile,`,
		`{"to":"access.role","default":"x"}`:                            `rules[1].default (for access.role) is given, but defaults are for fields only`,
		`{"to":"access.role","value":["a","b"]}`:                        `rules[1].value (for access.role) is a list, but a user has one role`,
		`{"to":"access.queues","value":7}`:                              `is no name and no list of names`,
		`{"to":"access.queues","value":[" "]}`:                          `holds an empty name`,
		`{"to":"access.exact","value":"perhaps"}`:                       `is "perhaps", which is neither true nor false`,
		`{"to":"access.exact","value":1}`:                               `is neither true nor false`,
		`{"to":"access.queues","claim":"c","join":","}`:                 `rules[1].join`,
		`{"to":"access.queues","claim":"c","shorten":true}`:             `rules[1].shorten`,
		`{"to":"Title","value":"a","default":"b"}`:                      `the value always counts`,
		`{"to":"Title","claim":"c","value":"v"}`:                        `give one of them`,
		`{"to":"Title","value":7}`:                                      `rules[1].value (for Title) is the number 7; Salesforce takes a string here`,
		`{"to":"Title","value":{"a":1}}`:                                `a field takes one value`,
		`{"to":"IsActive","value":1}`:                                   `is the number 1, which is neither true nor false`,
		`{"to":"A__c","type":"number","value":true}`:                    `which is not a number`,
		`{"to":"A__c","type":"string","value":1}`:                       `which is not a text`,
		`{"to":"A__c","type":"date","value":20260131}`:                  `a date is given as a text`,
		`{"to":"A__c","type":"date","default":"soon"}`:                  `rules[1].default (for A__c) is "soon", which is not a date`,
		`{"to":"Title","claim":"c","otherwise":"x"}`:                    `rules[1].otherwise (for Title, from the claim "c") is given without values`,
		`{"to":"Title","value":"v","values":{"a":"b"}}`:                 `rules[1].values (for Title) are given without a claim`,
		`{"to":"Title","claim":"c","values":{}}`:                        `are empty`,
		`{"to":"Title","claim":"c","values":{" a":"b"}}`:                `have " a", with blanks around it`,
		`{"to":"IsActive","claim":"c","values":{"a":"perhaps"}}`:        `for "a", which is "perhaps", which is neither`,
		`{"to":"Title","join":",","claim":"c","values":{"a":true}}`:     `for "a", which is no text to be joined`,
		`{"to":"access.role","claim":"c","values":{"a":true}}`:          `for "a", which is no name`,
		`{"to":"Title","value":"v","clearAbsent":true}`:                 `rules[1].clearAbsent (for Title) is given without a claim`,
		`{"to":"Title","claim":"c","default":"d","clearAbsent":true}`:   `and default are both given`,
		`{"to":"Title","claim":"c","required":true,"clearAbsent":true}`: `and required are both given`,
		`{"to":"LastName","claim":"c","clearAbsent":true}`:              `every Salesforce user has LastName`,
		`{"to":"access.profile","claim":"c","clearAbsent":true}`:        `every Salesforce user has access.profile`,
		`{"to":"Title","claim":7}`:                                      `rules[1].claim (for Title) is a JSON number; it takes a string`,
		`{"to":"Title","claim":"c","required":"yes"}`:                   `rules[1].required (for Title, from the claim "c") is a JSON string; it takes a boolean`,
		`{"to":"Title","claim":"c","values":[]}`:                        `is a JSON array; it takes a JSON object`,
		`{"to":"Title","claim":"c","too":1}`:                            `rules[1] (for Title, from the claim "c") has "too"; a rule has to, claim`,
		`{"To":"Title","claim":"c"}`:                                    `has "To"`,
		`{"to":"Title","claim":"c","To":"City"}`:                        `has "To"`,
		`{"to":"Title","claim":"c","to":"Title"}`:                       `rules[1] (for Title, from the claim "c") is not JSON of the expected form: the key "to" is there twice`,
		`{"to":"Title","claim":"c","values":{"a":"b","a":"c"}}`:         `the key "a" is there twice`,
		`null`:    `rules[1] is not a rule such as`,
		`"Title"`: `rules[1] is not a rule such as`,
	} {
		_, err := sfprov.ParseMapping([]byte(`{"rules":[{"to":"City","claim":"city"},` + text + `]}`))
		var invalid *sfprov.ConfigError
		require.ErrorAs(t, err, &invalid, text)
		require.ErrorContains(t, err, want, text)
		step, _ := sfprov.NextStep(err)
		assert.Equal(t, sfprov.StepSetup, step, text)
	}
	for _, value := range []any{math.NaN(), math.Inf(1), json.Number("NaN"), func() {}, sfprov.Secret("x"), map[string]any{}} {
		for _, rule := range []sfprov.Rule{
			{To: "A__c", Value: value},
			{To: "A__c", Default: value},
			{To: "A__c", Claim: "c", Values: map[string]any{"a": value}},
			{To: "A__c", Claim: "c", Values: map[string]any{"a": "b"}, Otherwise: value},
			{To: "access.queues", Value: value},
		} {
			var invalid *sfprov.ConfigError
			require.ErrorAs(t, sfprov.Mapping{Rules: []sfprov.Rule{rule}}.Validate(), &invalid, "%T", value)
		}
	}
}

func TestMappingsThatAreNotQuiteJSON(t *testing.T) {
	t.Parallel()
	const rule = `{"to":"Title","claim":"c"}`
	for _, text := range []string{
		``, `null`, `{}`, `[]`, `"rules"`, `{"rules":null}`, `{"rules":{}}`, `{"rules":[]}`, `{"rules":[` + rule + `]}]`, `{"rules":[` + rule + `]} x`,
		`{"rules":[` + rule + `]}{}`, `{"rules":[` + rule + `],"rules":[]}`, `{"rules":[` + rule + `],"Rules":[]}`, `{"Rules":[` + rule + `]}`,
		`{"rules":[` + rule + `],"more":1}`, `{"rules":[` + rule + `,]}`, "{\"rules\":[" + rule + "]}\x00",
	} {
		_, err := sfprov.ParseMapping([]byte(text))
		var invalid *sfprov.ConfigError
		require.ErrorAs(t, err, &invalid, text)
	}
	for _, text := range []string{"\ufeff{\"rules\":[" + rule + "]}\r\n", ` {"rules" : [` + rule + `] } `} {
		_, err := sfprov.ParseMapping([]byte(text))
		require.NoError(t, err, text)
	}
}

// A mapping that was written is the one that was read, numbers to the last digit.
func TestMappingRoundTrip(t *testing.T) {
	t.Parallel()
	texts := [][]byte{[]byte(`{"rules":[
		{"to":"A__c","type":"number","value":9007199254740993}, {"to":"B__c","type":"number","default":1.50}, {"to":"IsActive","value":false},
		{"to":"Title","value":""}, {"to":"access.exact","value":true}, {"to":"access.queues","value":["Returns","Claims"]},
		{"to":"access.profile","claim":"department","values":{"Sales":"Sales User","sales":"Other","none":null,"<&>":[]},"otherwise":[]},
		{"to":"Department","claim":"emails[type eq \"work\"].value","clearAbsent":true,"join":" / "},
		{"to":"Hired__c","claim":"hired","type":"date","required":true}, {"to":"Alias","claim":"u","shorten":true}
	]}`)}
	for _, path := range []string{"examples/claims/mapping.json", "examples/claims/java-connector.json"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts = append(texts, text)
	}
	standard, err := json.Marshal(sfprov.StandardMapping())
	require.NoError(t, err)
	for _, text := range append(texts, standard) {
		m, err := sfprov.ParseMapping(text)
		require.NoError(t, err)
		written, err := json.Marshal(m)
		require.NoError(t, err)
		again, err := sfprov.ParseMapping(written)
		require.NoError(t, err)
		assert.Equal(t, m, again)
		rewritten, err := json.Marshal(again)
		require.NoError(t, err)
		assert.Equal(t, string(written), string(rewritten))
	}
	m, err := sfprov.ParseMapping(standard)
	require.NoError(t, err)
	assert.Equal(t, sfprov.StandardMapping(), m)
}

// What a function does to its claims, or a caller to what came out, changes nothing.
func TestMappingKeepsNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	queues := []string{"Returns"}
	m := sfprov.Mapping{
		Rules: []sfprov.Rule{
			{To: "access.queues", Value: queues},
			{To: "access.publicGroups", Claim: "groups"},
			{To: "access.permissionSets", Claim: "groups", Values: map[string]any{"g": queues}},
		},
		Custom: func(c map[string][]string, _ *sfprov.User) error {
			c["groups"][0] = "changed"
			return errors.Join()
		},
	}
	c := claims{"groups": {"g"}}
	u, err := m.User("alice", c)
	require.NoError(t, err)
	assert.Equal(t, claims{"groups": {"g"}}, c)
	u.Access.Queues[0], u.Access.PublicGroups[0], u.Access.PermissionSets[0] = "x", "x", "x"
	assert.Equal(t, []string{"Returns"}, queues)
	assert.Equal(t, claims{"groups": {"g"}}, c)
}

// What tells users apart is the same for nobody: a mapping that says so is refused.
func TestNoRuleGivesEverybodyOneIdentity(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"Username", "federationidentifier", "EmployeeNumber"} {
		for _, source := range []string{"value", "default"} {
			_, err := sfprov.ParseMapping([]byte(`{"rules":[{"to":"` + field + `","` + source + `":"acme"}]}`))
			require.ErrorContains(t, err, "would be the same for every user", field)
		}
	}
}

// What can't both be is refused over two rules as within one.
func TestRulesOfOneFieldAgree(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"to":"Title","claim":"c","clearAbsent":true},{"to":"title","default":"d"}`: "rules[0].clearAbsent (for Title, from the claim \"c\") and the default",
		`{"to":"access.profile","claim":"c","values":{"Sales":["A","B"]}}`:           "a user has one profile",
		`{"to":"access.role","claim":"c","values":{"a":"A"},"otherwise":["B","C"]}`:  "a user has one role",
	} {
		var m sfprov.Mapping
		require.ErrorContains(t, json.Unmarshal([]byte(`{"rules":[`+text+`]}`), &m), want)
	}
}

// A Mapping that is read by encoding/json is as strict, and keeps as many digits, as one of
// ParseMapping.
func TestMappingJSONIsParseMapping(t *testing.T) {
	t.Parallel()
	var m sfprov.Mapping
	require.NoError(t, json.Unmarshal([]byte(`{"rules":[{"to":"N__c","type":"number","value":9007199254740993}]}`), &m))
	u, err := m.User("alice", nil)
	require.NoError(t, err)
	assert.Equal(t, "9007199254740993", fmt.Sprint(u.Fields["N__c"]))
	require.ErrorContains(t, json.Unmarshal([]byte(`{"rules":[],"rules":[]}`), &m), "twice")
	var r sfprov.Rule
	require.ErrorContains(t, json.Unmarshal([]byte(`{"to":"a","to":"b"}`), &r), "twice")
}

// Whatever JSON is read says everything once, also where only the case differs.
func TestJSONThatSaysAThingTwiceIsRefused(t *testing.T) {
	t.Parallel()
	for text, into := range map[string]any{
		`{"inactive":false,"inactive":true}`:                      new(sfprov.User),
		`{"username":"a","Username":"b"}`:                         new(sfprov.User),
		`{"access":{"role":"a","role":"b"}}`:                      new(sfprov.User),
		`{"permissionSets":["a"],"PermissionSets":[]}`:            new(sfprov.Access),
		`{"maxDeactivations":1,"MaxDeactivations":1000}`:          new(sfprov.Scope),
		`{"field":"A","Field":"B"}`:                               new(sfprov.Change),
		`{"steps":[{"username":"a"}],"Steps":[]}`:                 new(sfprov.Plan),
		`{"scope":{"maxPercent":1,"MaxPercent":100}}`:             new(sfprov.Plan),
		`{"steps":[{"user":{"inactive":true,"Inactive":false}}]}`: new(sfprov.Plan),
		`{"action":"updated","Action":"deactivated"}`:             new(sfprov.PlanStep),
		`{"id":"a","id":"b"}`:                                     new(sfprov.Result),
	} {
		require.ErrorContains(t, json.Unmarshal([]byte(text), into), "twice", text)
	}
	require.ErrorContains(t, json.Unmarshal([]byte(`{"acess":{}}`), new(sfprov.User)), "unknown field")
	require.ErrorContains(t, json.Unmarshal([]byte(`{"access":{"profiles":"x"}}`), new(sfprov.User)), "unknown field")
}

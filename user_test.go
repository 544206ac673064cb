package sfprov

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// userConfig is a configuration that makes Ann a complete user.
func userConfig() Config {
	return Config{
		Domain: "acme.my.salesforce.com", ClientID: "consumer-key", ClientSecret: "consumer-secret",
		ProvisioningDomain: "primary.com",
		Defaults: Fields{
			"ProfileId": "00e000000000001AAA", "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US",
			"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
		},
	}
}

// provisionerOf is a Provisioner of userConfig, changed. It sends nothing.
func provisionerOf(t *testing.T, change ...func(*Config)) *Provisioner {
	t.Helper()
	cfg := userConfig()
	for _, f := range change {
		f(&cfg)
	}
	p, err := New(cfg)
	require.NoError(t, err)
	return p
}

// forCreateOf and forUpdateOf are what is sent, or all that is wrong.
func forCreateOf(c *settings, u User) (Fields, string, error) {
	d, err := c.desire(u, want{op: opCreate, login: loginOpen, mayCreate: true, create: true, whole: true})
	fields, _ := c.creation(d)
	return fieldsOf(fields), d.username, err
}

func forUpdateOf(c *settings, u User) (Fields, string, error) {
	d, err := c.desire(u, want{op: opUpdate, id: "005000000000001AAA", byID: true, whole: true})
	fields := d.fields
	if active, given := d.given.lookup("IsActive"); given {
		fields = fields.with("IsActive", active)
	}
	return fieldsOf(fields), d.username, err
}

// fieldsOf is a record as a map.
func fieldsOf(r record) Fields {
	fields := Fields{}
	for _, f := range r {
		fields[f.spelt] = f.value
	}
	return fields
}

// ann has what the defaults can't give, and these fields too.
func ann(more ...Fields) User {
	u := User{Username: "ann", Fields: Fields{"LastName": "Jones", "Email": "ann@primary.com"}}
	for _, fields := range more {
		maps.Copy(u.Fields, fields)
	}
	return u
}

// allProblems takes a *ValidationError apart: field name to problems.
func allProblems(t *testing.T, err error) map[string][]string {
	t.Helper()
	var invalid *ValidationError
	require.ErrorAs(t, err, &invalid)
	problems := map[string][]string{}
	for _, p := range invalid.Problems {
		assert.NotEmpty(t, p.Problem)
		assert.Contains(t, err.Error(), p.Field+" "+p.Problem)
		problems[p.Field] = append(problems[p.Field], p.Problem)
	}
	return problems
}

// faultsOf are the fields that a *ValidationError names.
func faultsOf(t *testing.T, err error) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(allProblems(t, err)))
}

// Usernames.

func TestUsername(t *testing.T) {
	t.Parallel()
	everything := func(c *Config) {
		c.Pattern, c.Separator, c.IdentityProvider = "{UD,UN,TD,IDP}", "-", "SF"
	}
	noDomain := func(c *Config) { c.ProvisioningDomain = "" }
	tests := map[string]struct {
		user   User
		change func(*Config)
		want   string
	}{
		"the default pattern":      {User{Username: "Alice"}, nil, "alice@primary.com"},
		"a store that isn't used":  {User{Username: "SECONDARY/alice"}, nil, "alice@primary.com"},
		"an odd store, not used":   {User{Username: "my store/alice"}, nil, "alice@primary.com"},
		"an odd tenant, not used":  {User{Username: "alice", TenantDomain: "my tenant"}, nil, "alice@primary.com"},
		"the default tenant":       {User{Username: "alice"}, everything, "primary-alice-carbon.super-sf@primary.com"},
		"the user's tenant":        {User{Username: "LDAP/alice", TenantDomain: "wso2.com"}, everything, "ldap-alice-wso2.com-sf@primary.com"},
		"an address":               {User{Username: "alice@acme.com"}, nil, "alice.acme.com@primary.com"},
		"an address in the domain": {User{Username: "Alice@Primary.com"}, nil, "alice@primary.com"},
		"an address, no domain":    {User{Username: "Alice@Acme.com"}, noDomain, "alice@acme.com"},
		"explicit":                 {User{Username: "alice", Fields: Fields{"Username": "Bob@Acme.com"}}, nil, "Bob@Acme.com"}, // exactly
		"explicit in upper case":   {User{Username: "alice", Fields: Fields{"USERNAME": "bob@acme.com"}}, nil, "bob@acme.com"},
		"explicit in lower case":   {User{Username: "alice", Fields: Fields{"username": "bob@acme.com"}}, nil, "bob@acme.com"},
		"explicit and alone":       {User{Fields: Fields{"Username": "bob@acme.com"}}, nil, "bob@acme.com"},
		"explicit over a bad name": {User{Username: "a b", Fields: Fields{"Username": "bob@acme.com"}}, everything, "bob@acme.com"},
		"several @":                {User{Fields: Fields{"Username": "a@b@acme.com"}}, nil, "a@b@acme.com"},
		// Carried exactly, whatever they would mean elsewhere.
		"apostrophe":       {User{Username: "o'neil"}, nil, "o'neil@primary.com"},
		"double quotes":    {User{Username: `a"b`}, nil, `a"b@primary.com`},
		"backslash":        {User{Username: `a\b`}, nil, `a\b@primary.com`},
		"slash":            {User{Username: "X/y/z"}, nil, "y/z@primary.com"},
		"percent":          {User{Username: "a%2Fb"}, nil, "a%2fb@primary.com"},
		"query and more":   {User{Username: "a?b=c&d#e"}, nil, "a?b=c&d#e@primary.com"},
		"braces":           {User{Username: "{UN}"}, nil, "{un}@primary.com"},
		"markup":           {User{Username: "<b>"}, nil, "<b>@primary.com"},
		"letters":          {User{Username: "Zoë.Жук"}, nil, "zoë.жук@primary.com"},
		"combining marks":  {User{Username: "e\u0301"}, nil, "e\u0301@primary.com"},
		"four-byte runes":  {User{Username: "a😀𝒷"}, nil, "a😀𝒷@primary.com"},
		"80 characters":    {User{Username: strings.Repeat("x", 68)}, nil, strings.Repeat("x", 68) + "@primary.com"},
		"80, not in bytes": {User{Username: strings.Repeat("é", 68)}, nil, strings.Repeat("é", 68) + "@primary.com"},
		"80 of four bytes": {User{Username: strings.Repeat("😀", 68)}, nil, strings.Repeat("😀", 68) + "@primary.com"},
		"explicit, 80":     {User{Fields: Fields{"Username": strings.Repeat("é", 75) + "@a.bc"}}, nil, strings.Repeat("é", 75) + "@a.bc"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := provisionerOf(t)
			if test.change != nil {
				p = provisionerOf(t, test.change)
			}
			got, err := p.Username(test.user)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)

			// The verbs send the same.
			u := test.user
			u.Fields = maps.Clone(u.Fields)
			sent, username, err := forUpdateOf(p.settings, u)
			require.NoError(t, err)
			assert.Equal(t, got, username)
			value, given := sent.lookup("Username")
			assert.True(t, given)
			assert.Equal(t, got, value)
		})
	}
}

func TestUsernameNamesThePartAtFault(t *testing.T) {
	t.Parallel()
	everything := func(c *Config) {
		c.Pattern, c.Separator, c.IdentityProvider = "{UD,UN,TD,IDP}", "-", "SF"
	}
	noDomain := func(c *Config) { c.ProvisioningDomain = "" }
	explicit := func(value any) User { return User{Username: "alice", Fields: Fields{"Username": value}} }
	tests := map[string]struct {
		user   User
		change func(*Config)
		field  string
		reason string
	}{
		"nothing":                {User{}, nil, "Username", "missing"},
		"a store only":           {User{Username: "SECONDARY/"}, nil, "Username", "names a user store but no user"},
		"a slash only":           {User{Username: "/"}, nil, "Username", "no user"},
		"a blank":                {User{Username: " "}, nil, "Username", "white space"},
		"a blank inside":         {User{Username: "a b"}, nil, "Username", "white space"},
		"a blank at the end":     {User{Username: "alice "}, nil, "Username", "white space"},
		"a no-break space":       {User{Username: "a\u00a0b"}, nil, "Username", "white space"},
		"an ideographic space":   {User{Username: "a\u3000b"}, nil, "Username", "white space"},
		"CR LF":                  {User{Username: "a\r\nb"}, nil, "Username", "white space"},
		"a line separator":       {User{Username: "a\u2028b"}, nil, "Username", ""},
		"a NUL":                  {User{Username: "a\x00b"}, nil, "Username", "U+0000"},
		"an escape":              {User{Username: "a\x1b[31mb"}, nil, "Username", "U+001B"},
		"a delete":               {User{Username: "a\x7fb"}, nil, "Username", "U+007F"},
		"right-to-left mark":     {User{Username: "a\u200fb"}, nil, "Username", "U+200F"},
		"right-to-left override": {User{Username: "a\u202eb"}, nil, "Username", "U+202E"},
		"zero-width space":       {User{Username: "a\u200bb"}, nil, "Username", "U+200B"},
		"byte order mark":        {User{Username: "\ufeffalice"}, nil, "Username", "U+FEFF"},
		"soft hyphen":            {User{Username: "a\u00adb"}, nil, "Username", "U+00AD"},
		"not valid UTF-8":        {User{Username: "a\xffb"}, nil, "Username", "invalid UTF-8"},
		"81 characters":          {User{Username: strings.Repeat("é", 69)}, nil, "Username", "81 characters"},
		"1 MiB":                  {User{Username: strings.Repeat("x", 1<<20)}, nil, "Username", "characters"},
		"no address":             {User{Username: "alice"}, noDomain, "Username", "email address"},
		"nothing before the @":   {User{Username: "@primary.com"}, nil, "Username", "email address"},
		"nothing after the @":    {User{Username: "alice@"}, noDomain, "Username", "email address"},
		"no dot after the @":     {User{Username: "alice@localhost"}, noDomain, "Username", "email address"},
		"a dot at the end":       {User{Username: "alice@acme.com."}, noDomain, "Username", "email address"},
		"a dot after the @":      {User{Username: "alice@.acme.com"}, noDomain, "Username", "email address"},
		"two dots after the @":   {User{Username: "alice@acme..com"}, noDomain, "Username", "email address"},
		"an @ at the end":        {User{Username: "alice@acme.com@"}, noDomain, "Username", "email address"},
		"explicit, two dots":     {explicit("alice@acme..com"), nil, "Username", "email address"},
		"explicit, dot at end":   {explicit("alice@acme.com."), nil, "Username", "email address"},
		"a blank in the tenant":  {User{Username: "alice", TenantDomain: "my tenant"}, everything, "TenantDomain", "white space"},
		"NUL in the tenant":      {User{Username: "alice", TenantDomain: "a\x00b"}, everything, "TenantDomain", "U+0000"},
		"broken tenant":          {User{Username: "alice", TenantDomain: "a\xffb"}, everything, "TenantDomain", "invalid UTF-8"},
		"a blank in the store":   {User{Username: "my store/alice"}, everything, "Username", "user store"},
		"broken store":           {User{Username: "a\xffb/alice"}, everything, "Username", "user store"},
		"explicit nil":           {explicit(nil), nil, "Username", "required"},
		"explicit nothing":       {explicit(""), nil, "Username", "required"},
		"explicit blank":         {explicit("  "), nil, "Username", "required"},
		"explicit number":        {explicit(42), nil, "Username", "string"},
		"explicit Secret":        {explicit(Secret("hunter2@acme.com")), nil, "Username", "string"},
		"explicit, no address":   {explicit("alice"), nil, "Username", "email address"},
		"explicit with a blank":  {explicit("alice @acme.com"), nil, "Username", "white space"},
		"explicit with a NUL":    {explicit("alice\x00@acme.com"), nil, "Username", "U+0000"},
		"explicit, broken":       {explicit("alice\xff@acme.com"), nil, "Username", "not valid UTF-8"},
		"explicit, 81":           {explicit(strings.Repeat("é", 76) + "@a.bc"), nil, "Username", "81 characters"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := provisionerOf(t)
			if test.change != nil {
				p = provisionerOf(t, test.change)
			}
			got, err := p.Username(test.user)
			assert.Empty(t, got)
			problems := allProblems(t, err)
			require.Equal(t, []string{test.field}, slices.Sorted(maps.Keys(problems)))
			require.Len(t, problems[test.field], 1)
			assert.Contains(t, problems[test.field][0], test.reason)
			assert.Less(t, len(err.Error()), 2000, "a message stays readable")
			assert.NotContains(t, err.Error(), "hunter2")
			for _, r := range err.Error() {
				assert.True(t, r >= ' ' && r != 0x7f && r != 0x202e && r != 0x200f, "the message carries %U into a log", r)
			}
			assert.False(t, Retryable(err))

			// A create says the same of it, among other things.
			u := test.user
			u.Fields = maps.Clone(u.Fields)
			_, _, err = forCreateOf(p.settings, u)
			assert.Subset(t, allProblems(t, err)[test.field], problems[test.field])
		})
	}
	t.Run("store and tenant at once", func(t *testing.T) {
		t.Parallel()
		_, err := provisionerOf(t, everything).Username(User{Username: "my store/alice", TenantDomain: "my tenant"})
		assert.Equal(t, []string{"TenantDomain", "Username"}, faultsOf(t, err))
	})
}

// What a create sends.

func TestForCreate(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	fields, username, err := forCreateOf(p.settings, ann(Fields{"Title": "CEO"}))
	require.NoError(t, err)
	assert.Equal(t, "ann@primary.com", username)
	assert.Equal(t, Fields{
		"Username": "ann@primary.com", "LastName": "Jones", "Email": "ann@primary.com", "Alias": "ann", "Title": "CEO",
		"ProfileId": "00e000000000001AAA", "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US",
		"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
	}, fields)
}

// nineFields are those that Salesforce demands on create.
var nineFields = []string{
	"Alias", "Email", "EmailEncodingKey", "LanguageLocaleKey", "LastName", "LocaleSidKey", "ProfileId", "TimeZoneSidKey", "Username",
}

func TestRequiredFieldsAreReportedAllAtOnce(t *testing.T) {
	t.Parallel()
	bare := provisionerOf(t, func(c *Config) { c.Defaults = nil })
	all := func(value any) Fields {
		fields := Fields{}
		for _, name := range nineFields {
			fields[name] = value
		}
		return fields
	}
	type text string
	var noString *string
	for name, u := range map[string]User{
		"nothing at all": {},
		"all nil":        {Username: "ann", Fields: all(nil)},
		"all empty":      {Username: "ann", Fields: all("")},
		"all blank":      {Username: "ann", Fields: all(" \t")},
		// Other ways to say nothing: a hook that maps claims has them at hand.
		"all nil pointers":        {Username: "ann", Fields: all(noString)},
		"all empty, a named type": {Username: "ann", Fields: all(text(""))},
		"all empty, raw JSON":     {Username: "ann", Fields: all(json.RawMessage(`""`))},
		"all null, raw JSON":      {Username: "ann", Fields: all(json.RawMessage("null"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := forCreateOf(bare.settings, u)
			assert.Equal(t, nineFields, faultsOf(t, err))
		})
	}
	for _, missing := range nineFields {
		t.Run("without "+missing, func(t *testing.T) {
			t.Parallel()
			fields := Fields{
				"Username": "ann@primary.com", "LastName": "Jones", "Email": "ann@primary.com", "Alias": "ann",
				"ProfileId": "00e000000000001AAA", "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US",
				"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
			}
			_, _, err := forCreateOf(bare.settings, User{Fields: fields})
			require.NoError(t, err, "with it")
			fields[missing] = nil
			_, _, err = forCreateOf(bare.settings, User{Fields: fields})
			assert.Equal(t, []string{missing}, faultsOf(t, err))
		})
	}
	t.Run("together with everything else", func(t *testing.T) {
		t.Parallel()
		_, _, err := forCreateOf(bare.settings, User{Username: "a b", Fields: Fields{
			"Email": "nobody", "Title": strings.Repeat("x", 81), "ManagerId": "boss", "Id": "005000000000001AAA", "not a field": 1,
			"Score__c": math.NaN(), "Token__c": Secret("hunter2"),
		}})
		want := append(slices.DeleteFunc(slices.Clone(nineFields), func(name string) bool { return name == "Alias" }), // made of "a b"
			"Title", "ManagerId", "Id", `"not a field"`, "Score__c", "Token__c")
		assert.ElementsMatch(t, want, faultsOf(t, err))
	})
}

func TestProblemsComeInAStableOrder(t *testing.T) {
	t.Parallel()
	bare := provisionerOf(t, func(c *Config) { c.Defaults = nil })
	u := User{Username: "a b", Fields: Fields{"Title": 1, "title": 2, "TITLE": 3, "Phone": 1, "PHONE": 2, "x y": 1, "z z": 1}}
	_, _, err := forCreateOf(bare.settings, u)
	require.Error(t, err)
	first := err.Error()
	for range 50 {
		_, _, err := forCreateOf(bare.settings, u)
		require.EqualError(t, err, first, "the same mistake reads the same each time")
	}
}

func TestDefaultsFillCreatesOnly(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t, func(c *Config) {
		c.Defaults["Department"], c.Defaults["UserPermissionsMarketingUser"], c.Defaults["Alias"] = "Sales", true, "dflt"
	})
	tests := map[string]struct {
		given Fields
		want  Fields // of the fields that are sent; a missing one must be missing
		not   []string
	}{
		"where there is none":     {nil, Fields{"Department": "Sales", "UserPermissionsMarketingUser": true, "Alias": "dflt"}, nil},
		"not over a value":        {Fields{"Department": "Board"}, Fields{"Department": "Board"}, nil},
		"ignoring case":           {Fields{"DEPARTMENT": "Board"}, Fields{"DEPARTMENT": "Board"}, []string{"Department"}},
		"not over nil":            {Fields{"Department": nil}, Fields{"Department": nil}, nil},
		"not over nil, any case":  {Fields{"department": nil}, Fields{"department": nil}, []string{"Department"}},
		"not over nothing":        {Fields{"Department": ""}, Fields{"Department": ""}, nil},
		"not over false":          {Fields{"UserPermissionsMarketingUser": false}, Fields{"UserPermissionsMarketingUser": false}, nil},
		"a required one, in case": {Fields{"profileid": "00e000000000002AAA"}, Fields{"profileid": "00e000000000002AAA"}, []string{"ProfileId"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			created, _, err := forCreateOf(p.settings, ann(test.given))
			require.NoError(t, err)
			assert.Subset(t, created, test.want)
			for _, name := range test.not {
				assert.NotContains(t, created, name)
			}

			updated, _, err := forUpdateOf(p.settings, User{Fields: test.given})
			require.NoError(t, err)
			assert.Len(t, updated, len(test.given), "an update sends what it was given and nothing else")
			assert.Subset(t, updated, test.given)
		})
	}
	t.Run("nil beats a default that is required", func(t *testing.T) {
		t.Parallel()
		_, _, err := forCreateOf(p.settings, ann(Fields{"PROFILEID": nil}))
		assert.Equal(t, []string{"ProfileId"}, faultsOf(t, err))
	})
}

// TestAbsentNullAndZeroAreThreeThings is promise 2.
func TestAbsentNullAndZeroAreThreeThings(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	var noString *string
	given := Fields{
		"FirstName": "", "Department": nil, "UserRoleId": nil, "ManagerId": "", "IsActive": false, "Score__c": 0, "Ratio__c": 0.0,
		"Flag__c": (*bool)(nil), "Note__c": noString, "Title": noString,
	}
	updated, _, err := forUpdateOf(p.settings, User{Fields: given})
	require.NoError(t, err)
	encoded, err := json.Marshal(updated)
	require.NoError(t, err)
	assert.JSONEq(t, `{"FirstName":"","Department":null,"UserRoleId":null,"ManagerId":"","IsActive":false,"Score__c":0,"Ratio__c":0,`+
		`"Flag__c":null,"Note__c":null,"Title":null}`, string(encoded))

	created, _, err := forCreateOf(p.settings, ann(given))
	require.NoError(t, err)
	for name := range given {
		assert.Equal(t, updated[name], created[name], name)
	}
}

func TestAlias(t *testing.T) {
	t.Parallel()
	explicit := Fields{"Username": "Bob.Smith.Junior@acme.com"}
	tests := map[string]struct {
		user User
		want string
	}{
		"a short name":                {User{Username: "alice"}, "alice"},
		"eight characters":            {User{Username: "abcdefgh"}, "abcdefgh"},
		"cut at eight":                {User{Username: "abcdefghi"}, "abcdefgh"},
		"without the store":           {User{Username: "SECONDARY/alice"}, "alice"},
		"with an empty store":         {User{Username: "/erin"}, "erin"},
		"of an address":               {User{Username: "frank@provisioning.com"}, "frank"},
		"in characters":               {User{Username: "ÄÖÜäöüßéè"}, "ÄÖÜäöüßé"},
		"in characters of four bytes": {User{Username: strings.Repeat("😀", 9)}, strings.Repeat("😀", 4)},
		"given":                       {User{Username: "alice", Fields: Fields{"Alias": "al"}}, "al"},
		"given in another case":       {User{Username: "alice", Fields: Fields{"ALIAS": "al"}}, "al"},
		"of an explicit username":     {User{Fields: explicit}, "Bob.Smit"},
		"of both":                     {User{Username: "alice", Fields: explicit}, "alice"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := ann(test.user.Fields)
			u.Username = test.user.Username
			fields, _, err := forCreateOf(provisionerOf(t).settings, u)
			require.NoError(t, err)
			alias, given := fields.lookup("Alias")
			assert.True(t, given)
			assert.Equal(t, test.want, alias)
			delete(fields, "Alias")
			_, given = fields.lookup("Alias")
			assert.Equal(t, name == "given in another case", given, "it is sent once")
		})
	}
	t.Run("not on update", func(t *testing.T) {
		t.Parallel()
		fields, _, err := forUpdateOf(provisionerOf(t).settings, User{Username: "alice"})
		require.NoError(t, err)
		assert.Equal(t, Fields{"Username": "alice@primary.com"}, fields)
	})
	t.Run("of a broken name that is not used", func(t *testing.T) {
		t.Parallel()
		// The explicit username stands, but what is derived from the broken one
		// can't be carried exactly, so it must not be sent.
		u := ann(explicit)
		u.Username = "abc\xffdefghijk"
		fields, _, err := forCreateOf(provisionerOf(t).settings, u)
		if err == nil {
			assert.NotContains(t, fields["Alias"], "\ufffd")
		}
	})
	t.Run("no nickname", func(t *testing.T) {
		t.Parallel()
		fields, _, err := forCreateOf(provisionerOf(t).settings, ann())
		require.NoError(t, err)
		assert.NotContains(t, fields, "CommunityNickname", "Salesforce makes one that is free")
	})
}

// What an update sends.

func TestForUpdate(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	tests := map[string]struct {
		user     User
		want     Fields
		username string
	}{
		"nothing":                {User{}, Fields{}, ""},
		"nothing in the map":     {User{Fields: Fields{}}, Fields{}, ""},
		"a tenant says nothing":  {User{TenantDomain: "wso2.com"}, Fields{}, ""},
		"a field":                {User{Fields: Fields{"Title": "CEO"}}, Fields{"Title": "CEO"}, ""},
		"a username":             {User{Username: "alice"}, Fields{"Username": "alice@primary.com"}, "alice@primary.com"},
		"both":                   {User{Username: "alice", Fields: Fields{"Title": "CEO"}}, Fields{"Username": "alice@primary.com", "Title": "CEO"}, "alice@primary.com"},
		"explicit":               {User{Username: "alice", Fields: Fields{"username": "bob@acme.com"}}, Fields{"username": "bob@acme.com"}, "bob@acme.com"},
		"a required field":       {User{Fields: Fields{"LastName": "Smith"}}, Fields{"LastName": "Smith"}, ""},
		"nil for what is none":   {User{Fields: Fields{"Title": nil}}, Fields{"Title": nil}, ""},
		"the case is the user's": {User{Fields: Fields{"tItLe": "CEO"}}, Fields{"tItLe": "CEO"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields, username, err := forUpdateOf(p.settings, test.user)
			require.NoError(t, err)
			assert.Equal(t, test.want, fields)
			assert.Equal(t, test.username, username)
		})
	}
}

func TestUpdateCannotClearARequiredField(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	type text string
	var noString *string
	for name, empty := range map[string]any{"nil": nil, "empty": "", "blank": " ", "nil pointer": noString, "named type": text(""), "raw null": json.RawMessage("null")} {
		for _, field := range nineFields {
			t.Run(field+" "+name, func(t *testing.T) {
				t.Parallel()
				_, _, err := forUpdateOf(p.settings, User{Fields: Fields{field: empty}})
				assert.Equal(t, []string{field}, faultsOf(t, err))
			})
		}
	}
	t.Run("in any case", func(t *testing.T) {
		t.Parallel()
		_, _, err := forUpdateOf(p.settings, User{Fields: Fields{"lastname": nil}})
		assert.Len(t, faultsOf(t, err), 1)
	})
}

// What values are refused.

// fieldLengths are the lengths of the Object Reference, in characters.
var fieldLengths = map[string]int{
	"LastName": 80, "FirstName": 40, "MiddleName": 40, "Suffix": 40, "Alias": 8, "CommunityNickname": 40,
	"TimeZoneSidKey": 40, "LocaleSidKey": 40, "EmailEncodingKey": 40, "LanguageLocaleKey": 40,
	"FederationIdentifier": 512, "EmployeeNumber": 20, "Department": 80, "Division": 80, "Title": 80, "CompanyName": 80,
	"Phone": 40, "MobilePhone": 40, "Fax": 40, "Extension": 40,
	"Street": 255, "City": 40, "State": 80, "PostalCode": 20, "Country": 80,
	"AboutMe": 1000, "Signature": 1333, "SenderName": 80,
}

func TestLengthsAreInCharacters(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	for name, most := range fieldLengths {
		for _, letter := range []string{"x", "é", "日", "😀"} {
			t.Run(name+" "+letter, func(t *testing.T) {
				t.Parallel()
				fits, tooLong := strings.Repeat(letter, most), strings.Repeat(letter, most+1)
				fields, _, err := forUpdateOf(p.settings, User{Fields: Fields{name: fits}})
				require.NoError(t, err)
				assert.Equal(t, fits, fields[name])
				_, _, err = forUpdateOf(p.settings, User{Fields: Fields{strings.ToLower(name): tooLong}})
				problems := allProblems(t, err)[strings.ToLower(name)]
				require.Len(t, problems, 1)
				assert.Contains(t, problems[0], fmt.Sprintf("%d characters", most+1))
				assert.Contains(t, problems[0], fmt.Sprintf("allows %d", most))
				_, _, err = forCreateOf(p.settings, ann(Fields{name: tooLong}))
				assert.Equal(t, []string{name}, faultsOf(t, err))
			})
		}
	}
	for name, most := range map[string]int{"Email": 128, "SenderEmail": 80} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := forUpdateOf(p.settings, User{Fields: Fields{name: strings.Repeat("é", most-5) + "@a.bc"}})
			require.NoError(t, err)
			_, _, err = forUpdateOf(p.settings, User{Fields: Fields{name: strings.Repeat("é", most-4) + "@a.bc"}})
			assert.Equal(t, []string{name}, faultsOf(t, err))
		})
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	tests := []struct {
		field, value string
		ok           bool
	}{
		{"ProfileId", "00e000000000001AAA", true},
		{"ProfileId", "00e000000000001", true},
		{"ProfileId", "00E000000000001EAA", false}, // a role: the case of one letter
		{"ProfileId", "005000000000001AAA", false},
		{"ProfileId", "00e000000000001AAB", false},
		{"ProfileId", "00e00000000000", false},
		{"ProfileId", "Standard User", false},
		{"UserRoleId", "00E000000000001EAA", true},
		{"UserRoleId", "00e000000000001AAA", false},
		{"UserRoleId", "00e000000000001eaa", false},
		{"ManagerId", "005000000000002AAA", true},
		{"ManagerId", "003000000000002AAA", false},
		{"managerid", "003000000000002AAA", false},
		{"ManagerId", "bob@primary.com", false},
		{"ManagerId", "005000000000002'--", false},
		{"ContactId", "003000000000001AAA", true},
		{"ContactId", "001000000000001AAA", false},
		{"DelegatedApproverId", "005000000000001AAA", true},
		{"DelegatedApproverId", "00G000000000001EAA", true}, // a queue
		{"DelegatedApproverId", "00G000000000001AAA", false},
		{"CallCenterId", "call center", false},
		{"IndividualId", "0PK000000000001GAA", true},
		{"IndividualId", "-", false},
	}
	for _, test := range tests {
		t.Run(test.field+" "+test.value, func(t *testing.T) {
			t.Parallel()
			fields, _, err := forUpdateOf(p.settings, User{Fields: Fields{test.field: test.value}})
			if test.ok {
				require.NoError(t, err)
				assert.Equal(t, Fields{test.field: test.value}, fields)
				return
			}
			problems := allProblems(t, err)
			require.Len(t, problems[test.field], 1)
			assert.Contains(t, problems[test.field][0], fmt.Sprintf("%q", test.value), "the problem names the value")
			_, _, err = forCreateOf(p.settings, ann(Fields{test.field: test.value}))
			assert.Equal(t, []string{test.field}, faultsOf(t, err))
		})
	}
	for _, field := range []string{"UserRoleId", "ManagerId", "ContactId", "DelegatedApproverId", "CallCenterId", "IndividualId"} {
		t.Run(field+" cleared", func(t *testing.T) {
			t.Parallel()
			for _, empty := range []any{nil, ""} {
				_, _, err := forUpdateOf(p.settings, User{Fields: Fields{field: empty}})
				require.NoError(t, err)
			}
			_, _, err := forUpdateOf(p.settings, User{Fields: Fields{field: 5}})
			assert.Equal(t, []string{field}, faultsOf(t, err))
		})
	}
}

func TestEmailAddresses(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	for _, good := range []string{
		"ann@primary.com", "Ann.O'Neil+test@sub.primary.co.uk", "a@b.c", "zoë@bücher.example", `"x"@primary.com`, "a_b-c%d@primary.museum",
	} {
		t.Run("accepted "+good, func(t *testing.T) {
			t.Parallel()
			for _, field := range []string{"Email", "SenderEmail", "email"} {
				fields, _, err := forUpdateOf(p.settings, User{Fields: Fields{field: good}})
				require.NoError(t, err)
				assert.Equal(t, good, fields[field])
			}
		})
	}
	for _, bad := range []string{
		"ann", "@primary.com", "ann@", "ann@primary", "ann@.com", "ann@primary.", "ann@primary..com", "a@b@primary.com",
		"ann @primary.com", " ann@primary.com", "ann@primary.com\n", "ann\x00@primary.com", "ann@pri mary.com", "ann\u200f@primary.com",
	} {
		t.Run("refused "+bad, func(t *testing.T) {
			t.Parallel()
			for _, field := range []string{"Email", "SenderEmail"} {
				_, _, err := forUpdateOf(p.settings, User{Fields: Fields{field: bad}})
				assert.Equal(t, []string{field}, faultsOf(t, err))
				_, _, err = forCreateOf(p.settings, ann(Fields{field: bad}))
				assert.Equal(t, []string{field}, faultsOf(t, err))
			}
		})
	}
}

func TestReadOnlyFields(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	for _, name := range []string{
		"Id", "Name", "AccountId", "UserType", "LastLoginDate", "LastPasswordChangeDate", "PasswordExpirationDate",
		"NumberOfFailedLogins", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
	} {
		for _, spelt := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			t.Run(spelt, func(t *testing.T) {
				t.Parallel()
				// Also nil: it would be refused by Salesforce in a request that had
				// other things to say.
				for _, value := range []any{"x", nil} {
					_, _, err := forUpdateOf(p.settings, User{Fields: Fields{spelt: value}})
					problems := allProblems(t, err)
					require.Contains(t, problems, spelt)
					assert.Contains(t, problems[spelt][0], "can't be written")
					_, _, err = forCreateOf(p.settings, ann(Fields{spelt: value}))
					assert.Contains(t, allProblems(t, err), spelt)
				}
			})
		}
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	for _, good := range []string{"Department", "department", "Cost_Center__c", "acme__Key__c", "A", "UserPermissionsMarketingUser", "Address2__c"} {
		t.Run("accepted "+good, func(t *testing.T) {
			t.Parallel()
			fields, _, err := forUpdateOf(p.settings, User{Fields: Fields{good: "x"}})
			require.NoError(t, err)
			assert.Equal(t, Fields{good: "x"}, fields)
		})
	}
	for _, bad := range []string{
		"", " ", "Cost Center", "Department ", "Profile.Name", "Manager.Id", "User/Id", "../Account", "Id,Name", "Name'", `Na"me`, "Na\\me",
		"Na\nme", "Na\x00me", "Schlüssel__c", "Ｔitle", "Uſername", "9Lives__c", "_x", "a-b", "a%20b", "\xff", "attributes", "Attributes", "ATTRIBUTES",
		strings.Repeat("x", 256),
	} {
		t.Run(fmt.Sprintf("refused %.20q", bad), func(t *testing.T) {
			t.Parallel()
			_, _, err := forUpdateOf(p.settings, User{Fields: Fields{bad: "x"}})
			assert.Contains(t, faultsOf(t, err), quote(bad), "the name is quoted, so that it can be seen")
			_, _, err = forCreateOf(p.settings, ann(Fields{bad: "x"}))
			assert.Contains(t, faultsOf(t, err), quote(bad))
		})
	}
}

func TestDuplicateNames(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	for name, fields := range map[string]Fields{
		"two":            {"Title": "a", "title": "b"},
		"the same value": {"Title": "a", "TITLE": "a"},
		"both nil":       {"Title": nil, "TITLE": nil},
		"a custom field": {"Key__c": 1, "KEY__C": 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := forUpdateOf(p.settings, User{Fields: fields})
			require.Len(t, faultsOf(t, err), 1)
			require.ErrorContains(t, err, "given twice")
			_, _, err = forCreateOf(p.settings, ann(fields))
			require.Len(t, faultsOf(t, err), 1)
		})
	}
	t.Run("the username", func(t *testing.T) {
		t.Parallel()
		_, _, err := forUpdateOf(p.settings, User{Fields: Fields{"Username": "a@acme.com", "USERNAME": "b@acme.com"}})
		require.ErrorContains(t, err, "given twice")
	})
	t.Run("a default is no duplicate", func(t *testing.T) {
		t.Parallel()
		_, _, err := forCreateOf(p.settings, ann(Fields{"PROFILEID": "00e000000000002AAA"}))
		require.NoError(t, err)
	})
}

// TestSecretsAreNotSentRedacted: a Secret that got among the fields would reach
// Salesforce as "[REDACTED]", and nobody would notice.
func TestSecretsAreNotSentRedacted(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	secret := Secret("hunter2")
	for name, value := range map[string]any{
		"plain":       secret,
		"empty":       Secret(""),
		"pointer":     &secret,
		"in a slice":  []Secret{secret},
		"in any":      []any{"x", secret},
		"in a map":    map[string]any{"k": secret},
		"in a struct": struct{ S Secret }{secret},
	} {
		for _, field := range []string{"Token__c", "Title"} {
			t.Run(name+" "+field, func(t *testing.T) {
				t.Parallel()
				_, _, err := forUpdateOf(p.settings, User{Fields: Fields{field: value}})
				assert.Equal(t, []string{field}, faultsOf(t, err))
				assert.NotContains(t, err.Error(), "hunter2")
			})
		}
	}
	t.Run("the text itself is a text", func(t *testing.T) {
		t.Parallel()
		_, _, err := forUpdateOf(p.settings, User{Fields: Fields{"Title": string(secret)}})
		require.NoError(t, err)
	})
}

func TestValuesWithoutAForm(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	type text string
	type node struct{ Next *node }
	loop := &node{}
	loop.Next = loop
	for name, value := range map[string]any{
		"NaN":                        math.NaN(),
		"infinity":                   math.Inf(-1),
		"NaN, nested":                []any{1, math.NaN()},
		"a channel":                  make(chan int),
		"a function":                 func() {},
		"a function, nested":         map[string]any{"f": func() {}},
		"a complex number":           1i,
		"a map of odd keys":          map[float64]string{1: "a"},
		"a loop":                     loop,
		"not a number":               json.Number("1,5"),
		"broken JSON":                json.RawMessage(`{"a":`),
		"not valid UTF-8":            "a\xffb",
		"half a rune":                "a\xe2\x82",
		"a surrogate":                "\xed\xa0\x80",
		"invalid, a named type":      text("a\xffb"),
		"invalid, in a slice":        []string{"ok", "a\xffb"},
		"invalid, in any":            []any{[]any{"a\xffb"}},
		"invalid, in a map":          map[string]any{"k": map[string]any{"k": "a\xffb"}},
		"invalid, as a key":          map[string]any{"a\xffb": 1},
		"invalid, in a struct":       struct{ S string }{"a\xffb"},
		"invalid, behind a pointer":  func() *string { s := "a\xffb"; return &s }(),
		"invalid, after a backslash": []string{"\\\xff"},
		"invalid, raw":               json.RawMessage("\"a\xffb\""),
		"invalid, raw and nested":    []any{json.RawMessage("{\"k\":\"a\xffb\"}")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := forUpdateOf(p.settings, User{Fields: Fields{"Key__c": value}})
			assert.Equal(t, []string{"Key__c"}, faultsOf(t, err))
			_, _, err = forCreateOf(p.settings, ann(Fields{"Key__c": value}))
			assert.Equal(t, []string{"Key__c"}, faultsOf(t, err))
		})
	}
}

// TestValuesAreCarried has what is odd but whole.
func TestValuesAreCarried(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	type text string
	title := "CEO"
	for name, test := range map[string]struct {
		field string
		value any
	}{
		"text":                         {"Key__c", "a"},
		"1 MiB of text":                {"Key__c", strings.Repeat("x", 1<<20)},
		"1 MiB of four-byte runes":     {"Key__c", strings.Repeat("😀", 1<<18)},
		"the replacement character":    {"Key__c", "a\ufffdb"},
		"it, nested":                   {"Key__c", []string{"a\ufffdb"}},
		"text that looks escaped":      {"Key__c", `a\ufffdb`},
		"it, nested too":               {"Key__c", []string{`a\ufffdb`, `\\ufffd`, `\`}},
		"text that speaks of secrets":  {"Key__c", "see [REDACTED] above"},
		"it, in a list":                {"Key__c", []string{"see [REDACTED] above"}}, // no Secret: that stands alone
		"control characters":           {"Key__c", "a\x00\x1b\r\n\tb"},
		"line separators":              {"Key__c", "\u2028\u2029"},
		"markup":                       {"Key__c", `<a href="x">&amp;</a>`},
		"right-to-left":                {"Key__c", "\u200fאבג\u202e"},
		"a number":                     {"Key__c", 12.5},
		"a large number":               {"Key__c", int64(math.MaxInt64)},
		"a JSON number":                {"Key__c", json.Number("1.50")},
		"raw JSON":                     {"Key__c", json.RawMessage(`{"Key__c":"E-1"}`)},
		"a time":                       {"Key__c", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		"a list":                       {"Key__c", []any{1, "a", nil, true}},
		"a map":                        {"Key__c", map[string]any{"a": 1}},
		"false":                        {"IsActive", false},
		"a named string":               {"Title", text("CEO")},
		"a pointer to a string":        {"Title", &title},
		"line breaks in a street":      {"Street", "1 Main St\r\nFloor 2"},
		"blanks around a title":        {"Title", " CEO "}, // carried exactly; Salesforce trims
		"quotation marks":              {"LastName", `O'Neil "Bob" \`},
		"a formula of a spreadsheet":   {"LastName", "=1+1"},
		"an emoji and combining marks": {"LastName", "👩‍👩‍👧 e\u0301"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := Fields{test.field: test.value}
			want, err := json.Marshal(given)
			require.NoError(t, err)

			updated, _, err := forUpdateOf(p.settings, User{Fields: given})
			require.NoError(t, err)
			got, err := json.Marshal(updated)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(want, got), "what is sent is what was given") // a diff of a mebibyte helps nobody

			created, _, err := forCreateOf(p.settings, ann(given))
			require.NoError(t, err)
			got, err = json.Marshal(Fields{test.field: created[test.field]})
			require.NoError(t, err)
			assert.True(t, bytes.Equal(want, got), "what is sent is what was given")
		})
	}
}

func TestWrongTypesForStandardFields(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	for _, field := range []string{"LastName", "Email", "Title", "ProfileId", "ManagerId", "EmployeeNumber", "phone"} {
		for name, value := range map[string]any{"number": 42, "bool": true, "list": []string{"a"}, "map": map[string]any{}} {
			t.Run(field+" "+name, func(t *testing.T) {
				t.Parallel()
				_, _, err := forUpdateOf(p.settings, User{Fields: Fields{field: value}})
				assert.Equal(t, []string{field}, faultsOf(t, err))
			})
		}
	}
}

// What is the caller's stays the caller's: promise 9.

func TestFieldsOfTheCallerAreNotChanged(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	defaults := maps.Clone(p.settings.Defaults)
	for name, u := range map[string]User{
		"whole":   ann(Fields{"DEPARTMENT": nil, "Skills__c": []string{"go"}}),
		"refused": {Username: "a b", Fields: Fields{"Title": strings.Repeat("x", 81), "title": "y", "Id": nil}},
		"no map":  {Username: "ann"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := maps.Clone(u.Fields)
			for _, prepare := range []func(User) (Fields, string, error){func(u User) (Fields, string, error) { return forCreateOf(p.settings, u) }, func(u User) (Fields, string, error) { return forUpdateOf(p.settings, u) }} {
				fields, _, _ := prepare(u) // refused or not: that is not the point
				assert.Equal(t, before, u.Fields)
				fields["Title"], fields["Injected__c"] = "changed", true
				assert.Equal(t, before, u.Fields, "what is sent shares no map with what was given")
				assert.Equal(t, defaults, p.settings.Defaults, "nor with the defaults")
			}
			_, _ = p.Username(u)
			assert.Equal(t, before, u.Fields)
		})
	}
}

// A derived alias has at most eight UTF-16 units, in whole characters.
func TestAliasCountsAsSalesforceDoes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		strings.Repeat("😀", 9): strings.Repeat("😀", 4), "abcdefg😀": "abcdefg", "abcdef😀": "abcdef😀", "abcdefghi": "abcdefgh", "é": "é",
	} {
		assert.Equal(t, want, aliasOf(User{Username: name}, ""))
	}
}

// IsActive as a text, as a form or a claim has it, is sent as the boolean that it says.
func TestIsActiveAsATextIsSentAsABoolean(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	for text, want := range map[string]bool{"true": true, "FALSE": false, "True": true} {
		fields, _, err := forCreateOf(p.settings, ann(Fields{"isactive": text}))
		require.NoError(t, err)
		value, _ := fields.lookup("IsActive")
		assert.Equal(t, want, value, text)
	}
	_, _, err := forCreateOf(p.settings, ann(Fields{"IsActive": "yes"}))
	require.ErrorContains(t, err, `IsActive is "yes"; it takes true or false`)
}

package sfprovtest_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const (
	unknownUser = "0055g00000zzzzzAAA" // a well-formed ID that no org gives out
	duplicate   = "Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the user's email address). "
	blocked     = "Cannot complete this operation. Cannot inactivate user that is the value of a hierarchy field: Mentor. : Bob Jones"
	federation  = "This Federation ID is already in use. Use a different Federation ID."
	nickname    = "Duplicate Nickname.<br>Another user has already selected this nickname.<br>Please select another."
	readOnly    = "Unable to create/update fields: CreatedDate, Name. Please check the security settings of this field and verify that it is read/write for your profile or permission set."
)

func TestCreate(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	r := c.post(t, users+"/", alice(org, object{"Username": " Alice@Acme.example ", "FirstName": "Alice", "Title": "", "employeenumber": "7"}))
	require.Equal(t, 201, r.status, r.body)
	id, _ := r.object(t)["id"].(string)
	assert.Equal(t, object{"id": id, "success": true, "errors": list{}}, r.object(t))
	assert.Len(t, id, 18)
	assert.Equal(t, users+"/"+id, r.header.Get("Location"))
	assert.Equal(t, "api-usage=1/100000", r.header.Get("Sforce-Limit-Info"))

	user, found := org.User(id[:15])
	require.True(t, found)
	assert.Equal(t, id, user.ID)
	assert.Equal(t, "alice@acme.example", user.Username, "lower case, without blanks")
	assert.True(t, user.Active)
	assert.False(t, user.Frozen)
	assert.WithinDuration(t, time.Now(), user.CreatedAt, time.Minute)
	for field, want := range map[string]any{
		"Name": "Alice Jones", "Title": nil, "EmployeeNumber": "7", "UserPermissionsMarketingUser": false, "UserType": "Standard",
		"DigestFrequency": "D", "DefaultGroupNotificationFrequency": "N", "CreatedById": org.AdminID(), "Department": nil,
	} {
		assert.Equal(t, want, user.Fields[field], field)
	}
	assert.NotEmpty(t, user.Fields["CommunityNickname"])

	org.SetActiveOnCreate(false)
	r = c.post(t, users, alice(org, object{"Username": "b@acme.example"}))
	user, _ = org.User(r.object(t)["id"].(string))
	assert.False(t, user.Active)
	r = c.post(t, users, alice(org, object{"Username": "c@acme.example", "IsActive": true}))
	user, _ = org.User(r.object(t)["id"].(string))
	assert.True(t, user.Active)
}

// TestRefusedCreate has every rule for new users. The org has bob, who holds the
// unique values.
func TestRefusedCreate(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("ü", n) }
	for name, test := range map[string]struct {
		changes       object
		status        int
		code, message string
		fields        []any
	}{
		"nothing": {
			object{"Username": nil, "LastName": nil, "Email": nil, "Alias": nil, "ProfileId": nil, "TimeZoneSidKey": nil, "LocaleSidKey": nil, "EmailEncodingKey": nil, "LanguageLocaleKey": nil},
			400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Username, LastName, Email, Alias, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, ProfileId, LanguageLocaleKey]",
			list{"Username", "LastName", "Email", "Alias", "TimeZoneSidKey", "LocaleSidKey", "EmailEncodingKey", "ProfileId", "LanguageLocaleKey"},
		},
		"one missing":             {object{"LastName": nil}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", list{"LastName"}},
		"empty is missing":        {object{"LastName": " "}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", list{"LastName"}},
		"username taken":          {object{"Username": "BOB@acme.example"}, 400, "DUPLICATE_USERNAME", duplicate, list{"Username"}},
		"username elsewhere":      {object{"Username": "elsewhere@acme.example"}, 400, "DUPLICATE_USERNAME", duplicate, list{"Username"}},
		"username of inactive":    {object{"Username": "gone@acme.example"}, 400, "DUPLICATE_USERNAME", duplicate, list{"Username"}},
		"username form":           {object{"Username": "alice"}, 400, "INVALID_EMAIL_ADDRESS", "Username must be in the form of an email address (for example, john@acme.com)", list{"Username"}},
		"username length":         {object{"Username": long(70) + "@acme.examp"}, 400, "STRING_TOO_LONG", "Username: data value too large: " + long(70) + "@acme.examp (max length=80)", list{"Username"}},
		"email form":              {object{"Email": "alice"}, 400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: alice", list{"Email"}},
		"email with two @":        {object{"Email": "a@b@acme.example"}, 400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@b@acme.example", list{"Email"}},
		"label, not name":         {object{"PostalCode": long(21)}, 400, "STRING_TOO_LONG", "Zip/Postal Code: data value too large: " + long(21) + " (max length=20)", list{"PostalCode"}},
		"alias length":            {object{"Alias": "123456789"}, 400, "STRING_TOO_LONG", "Alias: data value too large: 123456789 (max length=8)", list{"Alias"}},
		"picklist":                {object{"TimeZoneSidKey": "Europe/Nowhere"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Time Zone: bad value for restricted picklist field: Europe/Nowhere", list{"TimeZoneSidKey"}},
		"picklist, case":          {object{"LocaleSidKey": "en_us"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Locale: bad value for restricted picklist field: en_us", list{"LocaleSidKey"}},
		"reference: no ID":        {object{"ManagerId": "bob"}, 400, "MALFORMED_ID", "Manager ID: id value of incorrect type: bob", list{"ManagerId"}},
		"reference: suffix":       {object{"ManagerId": "0055g00000zzzzzAAB"}, 400, "MALFORMED_ID", "Manager ID: id value of incorrect type: 0055g00000zzzzzAAB", list{"ManagerId"}},
		"reference: kind":         {object{"ProfileId": unknownUser}, 400, "FIELD_INTEGRITY_EXCEPTION", "Profile ID: id value of incorrect type: " + unknownUser, list{"ProfileId"}},
		"reference: kind of role": {object{"UserRoleId": unknownUser}, 400, "FIELD_INTEGRITY_EXCEPTION", "Role ID: id value of incorrect type: " + unknownUser, list{"UserRoleId"}},
		"reference: unknown":      {object{"ManagerId": unknownUser}, 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", list{"ManagerId"}},
		"federation ID":           {object{"FederationIdentifier": "e-4711"}, 400, "DUPLICATE_VALUE", federation, list{"FederationIdentifier"}},
		"nickname":                {object{"CommunityNickname": "BOB"}, 400, "DUPLICATE_COMM_NICKNAME", nickname, list{"CommunityNickname"}},
		"no licence":              {object{"IsActive": true}, 400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", none},
		"unknown field":           {object{"Shoe": 42}, 400, "INVALID_FIELD", "No such column 'Shoe' on sobject of type User", nil},
		"read-only fields":        {object{"Name": "x", "CreatedDate": "x"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", readOnly, list{"CreatedDate", "Name"}},
		"update-only field":       {object{"IsPortalEnabled": true}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", strings.Replace(readOnly, "CreatedDate, Name", "IsPortalEnabled", 1), list{"IsPortalEnabled"}},
		"custom field, unique":    {object{"emp__C": "77"}, 400, "DUPLICATE_VALUE", "duplicate value found: Emp__c duplicates value on record with id: ", none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			org.AddCustomField("Emp__c", 10, true)
			bob := org.AddUser(sfprov.Fields{"Username": "bob@acme.example", "CommunityNickname": "bob", "FederationIdentifier": "E-4711", "Emp__c": "77"})
			org.AddUser(sfprov.Fields{"Username": "gone@acme.example", "IsActive": false})
			org.TakeUsername("Elsewhere@acme.example")
			if test.code == "LICENSE_LIMIT_EXCEEDED" {
				org.SetLicenses("Salesforce", 2) // bob's and the integration user's
			}
			if name == "custom field, unique" {
				test.message += bob[:15]
			}
			before := org.Users()
			r := logIn(t, org).post(t, users, alice(org, test.changes))
			isRefusal(t, r, test.status, test.code, test.message, test.fields...)
			assert.Equal(t, before, org.Users())
			assert.NotContains(t, r.body, `\u003c`, "<br> is sent as it is")
		})
	}
}

// TestOpenRefusals has the answers that Salesforce doesn't document, and a test
// can choose.
func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"FederationIdentifier": "E-1"})
	chosen := sfprovtest.Refusal{Status: 400, Code: "FIELD_INTEGRITY_EXCEPTION", Message: "chosen", Fields: []string{"X"}}
	for name, test := range map[string]struct {
		set          func(sfprovtest.Refusal)
		send         func() reply
		code, status any
	}{
		"federation": {org.SetFederationRefusal, func() reply { return c.post(t, users, alice(org, object{"FederationIdentifier": "E-1"})) }, "DUPLICATE_VALUE", 400},
		"username":   {org.SetUsernameRefusal, func() reply { return c.post(t, users, alice(org, object{"Username": "x"})) }, "INVALID_EMAIL_ADDRESS", 400},
		"delete":     {org.SetDeleteRefusal, func() reply { return c.send(t, http.MethodDelete, users+"/"+id, "", "") }, "METHOD_NOT_ALLOWED", 405},
	} {
		refusal := chosen
		refusal.Fields = []string{"X"}
		test.set(refusal)
		refusal.Fields[0] = "changed" // which is the test's own
		isRefusal(t, test.send(), 400, chosen.Code, "chosen", "X")
		test.set(sfprovtest.Refusal{})
		r := test.send()
		assert.Equal(t, test.status, r.status, name)
		assert.Contains(t, r.body, test.code)
	}
	isRefusal(t, c.send(t, http.MethodDelete, users+"/"+id, "", ""), 405, "METHOD_NOT_ALLOWED", "HTTP Method 'DELETE' not allowed. Allowed are HEAD,GET,PATCH")
}

// TestBodies has what is wrong with a body before any rule looks at it.
func TestBodies(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	const notJSON = "The HTTP entity body is not a valid JSON object at [line:1, column:1]"
	for _, body := range []string{"", "null", "[]", "x", "{", `{"Title":"x"}}`, `{} {}`, "{\"Title\":\"\xff\"}"} {
		isRefusal(t, c.send(t, http.MethodPatch, users+"/"+id, "application/json", body), 400, "JSON_PARSER_ERROR", notJSON)
	}
	for _, kind := range []string{"", "text/plain"} {
		isRefusal(t, c.send(t, http.MethodPost, users, kind, "{}"), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type header specified in HTTP request is not supported: "+kind)
	}
	assert.Equal(t, 204, c.send(t, http.MethodPatch, users+"/"+id, "application/json; charset=UTF-8", `{"attributes":{"type":"User"}} `).status)
	assert.Equal(t, 204, c.send(t, http.MethodPost, users+"/"+id+"?_HttpMethod=PATCH", "application/json", `{"Title":"CFO"}`).status)
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, err := writer.Write([]byte(`{"Department":"Board"}`))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	c.header = http.Header{"Content-Encoding": {"gzip"}}
	assert.Equal(t, 204, c.send(t, http.MethodPatch, users+"/"+id, "application/json", zipped.String()).status)
	isRefusal(t, c.send(t, http.MethodPatch, users+"/"+id, "application/json", "{}"), 400, "JSON_PARSER_ERROR", notJSON)
	user, _ := org.User(id)
	assert.Equal(t, "CFO", user.Fields["Title"])
	assert.Equal(t, "Board", user.Fields["Department"])
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Username": "bob@acme.example", "Title": "Clerk", "Phone": "1", "UserPermissionsMarketingUser": true})
	r := c.patch(t, id[:15], object{"Username": "Robert@acme.example", "title": "CFO", "Phone": nil, "FirstName": "Bob", "UserPermissionsMarketingUser": nil, "IsPortalEnabled": false})
	assert.Equal(t, 204, r.status)
	assert.Empty(t, r.body)
	assert.NotEmpty(t, r.header.Get("Sforce-Limit-Info"))
	user, found := org.UserByUsername("ROBERT@acme.example")
	require.True(t, found)
	for field, want := range map[string]any{"Title": "CFO", "Phone": nil, "Name": "Bob Seed", "UserPermissionsMarketingUser": false, "LastModifiedById": org.AdminID()} {
		assert.Equal(t, want, user.Fields[field], field)
	}
	_, found = org.UserByUsername("bob@acme.example")
	assert.False(t, found)
	assert.Equal(t, 201, c.post(t, users, alice(org, object{"Username": "bob@acme.example"})).status, "the old username is free")
	assert.Equal(t, 204, c.patch(t, id, object{"Username": "ROBERT@acme.example"}).status, "one's own username is not taken")
}

func TestRefusedUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		id            string
		change        object
		status        int
		code, message string
		fields        []any
	}{
		"username taken":  {"", object{"Title": "x", "Username": "bob@acme.example"}, 400, "DUPLICATE_USERNAME", duplicate, list{"Username"}},
		"null required":   {"", object{"Title": "x", "LastName": nil}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", list{"LastName"}},
		"null nickname":   {"", object{"CommunityNickname": nil}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [CommunityNickname]", list{"CommunityNickname"}},
		"blocked":         {"", object{"Title": "x", "IsActive": false}, 400, "FIELD_INTEGRITY_EXCEPTION", blocked, none},
		"too long":        {"", object{"Title": "x", "City": strings.Repeat("x", 41)}, 400, "STRING_TOO_LONG", "City: data value too large: " + strings.Repeat("x", 41) + " (max length=40)", list{"City"}},
		"read-only":       {"", object{"Title": "x", "Name": "x", "CreatedDate": "x"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", readOnly, list{"CreatedDate", "Name"}},
		"unknown field":   {"", object{"Title": "x", "Shoe": "x"}, 400, "INVALID_FIELD", "No such column 'Shoe' on sobject of type User", nil},
		"unknown user":    {unknownUser, object{"Title": "x"}, 404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", none},
		"ID of a profile": {"00e5g00000zzzzzAAA", object{"Title": "x"}, 404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", none},
		"malformed ID":    {"0055g00000zzzzzAAB", object{"Title": "x"}, 400, "MALFORMED_ID", "User ID: id value of incorrect type: 0055g00000zzzzzAAB", list{"Id"}},
		"no ID":           {"bob", object{"Title": "x"}, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: bob", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, c, id := seeded(t, nil)
			org.AddUser(sfprov.Fields{"Username": "bob@acme.example"})
			org.BlockDeactivation(id, sfprovtest.Refusal{})
			before := org.Users()
			if test.id != "" {
				id = test.id
			}
			isRefusal(t, c.patch(t, id, test.change), test.status, test.code, test.message, test.fields...)
			assert.Equal(t, before, org.Users())
		})
	}
}

func TestEmailChanges(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Email": "old@acme.example"})
	email := func() any { return c.get(t, users+"/"+id+"?fields=Email").object(t)["Email"] }
	pending := func() string { user, _ := org.User(id); return user.PendingEmail }

	require.Equal(t, 204, c.patch(t, id, object{"Email": "new@acme.example"}).status)
	assert.Equal(t, "old@acme.example", email())
	assert.Equal(t, "new@acme.example", pending())
	org.ConfirmEmail(id)
	assert.Equal(t, "new@acme.example", email())
	assert.Empty(t, pending())
	org.ConfirmEmail(id) // nothing waits
	assert.Equal(t, "new@acme.example", email())

	org.SetUser(id, sfprov.Fields{"IsActive": false})
	require.Equal(t, 204, c.patch(t, id, object{"Email": "inactive@acme.example"}).status)
	assert.Equal(t, "inactive@acme.example", email(), "only active users are asked")

	org.SetUser(id, sfprov.Fields{"IsActive": true})
	org.SetEmailConfirmation(false)
	require.Equal(t, 204, c.patch(t, id, object{"Email": "last@acme.example"}).status)
	assert.Equal(t, "last@acme.example", email())
}

func TestDeactivation(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	org.SetLicenses("Salesforce", 2)
	isRefusal(t, c.post(t, users, alice(org, nil)), 400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", none...)
	assert.Equal(t, 201, c.post(t, users, alice(org, object{"Username": "i@acme.example", "IsActive": false})).status, "the inactive need none")
	assert.Equal(t, 204, c.patch(t, id, object{"IsActive": false}).status)
	assert.Equal(t, 201, c.post(t, users, alice(org, nil)).status, "the licence is free again")
	isRefusal(t, c.patch(t, id, object{"IsActive": true}), 400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", none...)
	assert.Equal(t, 204, c.patch(t, id, object{"IsActive": true, "ProfileId": org.ProfileID("Chatter Free User")}).status, "another licence")
	isRefusal(t, c.patch(t, id, object{"ProfileId": org.ProfileID("Standard User")}), 400, "LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", none...)
	assert.Equal(t, 204, c.patch(t, id, object{"ProfileId": org.AddProfile("Guest of mine", "New licence")}).status)
	org.SetLicenses("Salesforce", -1)
	assert.Equal(t, 204, c.patch(t, id, object{"ProfileId": org.ProfileID("Standard User")}).status)

	org.BlockDeactivation(id, sfprovtest.Refusal{Status: 400, Code: "UNKNOWN_EXCEPTION", Message: "You cannot disable the Web to Lead Default Creator."})
	isRefusal(t, c.patch(t, id, object{"IsActive": false}), 400, "UNKNOWN_EXCEPTION", "You cannot disable the Web to Lead Default Creator.")
	org.AllowDeactivation(id)
	assert.Equal(t, 204, c.patch(t, id, object{"IsActive": false}).status)
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	assert.Equal(t, 204, c.patch(t, id, object{"IsActive": false}).status, "who is inactive needs no deactivation")
	isRefusal(t, c.patch(t, org.AdminID(), object{"IsActive": false}), 400, "FIELD_INTEGRITY_EXCEPTION", "You cannot deactivate yourself", "IsActive")
}

func TestRead(t *testing.T) {
	t.Parallel()
	_, c, id := seeded(t, sfprov.Fields{"Title": "CFO", "CreatedDate": time.Date(2024, 9, 10, 13, 57, 45, 0, time.UTC)})
	attributes := object{"type": "User", "url": users + "/" + id}
	for _, path := range []string{users + "/" + id, users + "/" + id[:15], strings.Replace(users, "User", "uSER", 1) + "/" + id + "/"} {
		r := c.get(t, path+"?fields=title,CreatedDate")
		assert.Equal(t, 200, r.status)
		if assert.Equal(t, "application/json;charset=UTF-8", r.header.Get("Content-Type")) {
			got := r.object(t)
			assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$`, got["CreatedDate"])
			assert.Equal(t, object{"attributes": attributes, "Id": id, "Title": "CFO", "CreatedDate": got["CreatedDate"]}, got)
		}
	}
	all := c.get(t, users+"/"+id).object(t)
	assert.Equal(t, attributes, all["attributes"])
	assert.Greater(t, len(all), 60)
	assert.Nil(t, all["Department"])
	assert.Contains(t, all, "Department")

	isRefusal(t, c.get(t, users+"/"+unknownUser), 404, "NOT_FOUND", "The requested resource does not exist")
	isRefusal(t, c.get(t, users+"/"+id+"?fields=Title,Shoe"), 400, "INVALID_FIELD", "No such column 'Shoe' on sobject of type User")
	isRefusal(t, c.get(t, users+"/"+strings.ToLower(id)), 400, "MALFORMED_ID", "User ID: id value of incorrect type: "+strings.ToLower(id), "Id")
	isRefusal(t, c.get(t, users+"/bob"), 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: bob")

	r := c.send(t, http.MethodHead, users+"/"+id, "", "")
	assert.Equal(t, 200, r.status)
	assert.Empty(t, r.body)
	assert.NotEmpty(t, r.header.Get("Content-Length"))
	assert.Equal(t, 404, c.send(t, http.MethodHead, users+"/"+unknownUser, "", "").status)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.AddCustomField("Badge__c", 12, true)
	org.SetPicklist("languagelocalekey", "en_US", "de")
	described := c.get(t, data+"/sobjects/user/describe").object(t)
	for key, want := range map[string]any{"name": "User", "label": "User", "keyPrefix": "005", "createable": true, "updateable": true, "deletable": false, "queryable": true} {
		assert.Equal(t, want, described[key], key)
	}
	fields := map[string]object{}
	for _, entry := range described["fields"].([]any) {
		fields[entry.(object)["name"].(string)] = entry.(object)
	}
	for name, want := range map[string]object{
		"Username":             {"type": "string", "length": 80.0, "label": "Username", "createable": true, "updateable": true, "nillable": false, "idLookup": true, "unique": true},
		"Email":                {"type": "email", "length": 128.0, "idLookup": true, "unique": false},
		"Alias":                {"type": "string", "length": 8.0, "nillable": false, "defaultedOnCreate": false},
		"CommunityNickname":    {"length": 40.0, "nillable": false, "defaultedOnCreate": true},
		"FederationIdentifier": {"length": 512.0, "nillable": true, "idLookup": true},
		"Title":                {"length": 80.0, "nillable": true, "custom": false, "picklistValues": list{}, "referenceTo": list{}},
		"ProfileId":            {"type": "reference", "length": 18.0, "referenceTo": list{"Profile"}, "nillable": false},
		"Name":                 {"length": 121.0, "createable": false, "updateable": false},
		"Id":                   {"type": "id", "length": 18.0, "createable": false, "nillable": false},
		"IsActive":             {"type": "boolean", "nillable": false, "defaultedOnCreate": true},
		"IsPortalEnabled":      {"createable": false, "updateable": true},
		"DigestFrequency":      {"restrictedPicklist": true, "defaultedOnCreate": true},
		"Badge__c":             {"type": "string", "length": 12.0, "label": "Badge", "custom": true, "unique": true},
		"LanguageLocaleKey": {"type": "picklist", "restrictedPicklist": true, "picklistValues": list{
			object{"active": true, "defaultValue": false, "label": "en_US", "validFor": nil, "value": "en_US"},
			object{"active": true, "defaultValue": false, "label": "de", "validFor": nil, "value": "de"},
		}},
	} {
		require.Contains(t, fields, name)
		for key, value := range want {
			assert.Equal(t, value, fields[name][key], "%s: %s", name, key)
		}
	}
	isRefusal(t, c.post(t, users, alice(org, object{"LanguageLocaleKey": "fr"})), 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Language: bad value for restricted picklist field: fr", "LanguageLocaleKey")
	isRefusal(t, c.post(t, users, alice(org, object{"Badge__c": "1234567890123"})), 400, "STRING_TOO_LONG", "Badge: data value too large: 1234567890123 (max length=12)", "Badge__c")

	assert.Equal(t, "User", c.get(t, users).object(t)["objectDescribe"].(object)["name"])
	assert.Len(t, c.get(t, data+"/sobjects").object(t)["sobjects"], 18)
	isRefusal(t, c.get(t, data+"/sobjects/Shoe__c/describe"), 404, "NOT_FOUND", "The requested resource does not exist")
}

func TestUserLogin(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	frozen := func() bool { user, _ := org.User(id); return user.Frozen }
	found := c.query(t, "SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '"+id[:15]+"'").object(t)
	require.InEpsilon(t, 1.0, found["totalSize"], 0)
	record := found["records"].([]any)[0].(object)
	loginURL := data + "/sobjects/UserLogin/" + record["Id"].(string)
	assert.Equal(t, object{"attributes": object{"type": "UserLogin", "url": loginURL}, "Id": record["Id"], "IsFrozen": false}, record)
	patch := func(body object) reply {
		return c.send(t, http.MethodPatch, loginURL, "application/json", asJSON(t, body))
	}

	r := patch(object{"IsFrozen": true})
	assert.Equal(t, 204, r.status)
	assert.Empty(t, r.body)
	assert.True(t, frozen())
	user, _ := org.User(id)
	assert.True(t, user.Active, "frozen is not inactive")
	assert.True(t, org.Users()[0].Frozen)
	assert.Equal(t, true, c.get(t, loginURL).object(t)["IsFrozen"])
	org.Freeze(id, false)
	assert.False(t, frozen())

	assert.Equal(t, 204, patch(object{"IsPasswordLocked": false}).status)
	isRefusal(t, patch(object{"IsPasswordLocked": true}), 400, "FIELD_INTEGRITY_EXCEPTION", "Is Password Locked: value can only be set to false", "IsPasswordLocked")
	isRefusal(t, patch(object{"UserId": id}), 400, "INVALID_FIELD_FOR_INSERT_UPDATE", strings.Replace(readOnly, "CreatedDate, Name", "UserId", 1), "UserId")
	isRefusal(t, c.post(t, data+"/sobjects/UserLogin", object{}), 405, "METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed. Allowed are HEAD,GET")
	isRefusal(t, c.send(t, http.MethodPatch, data+"/sobjects/UserLogin/0Yw5g00000zzzzzCAA", "application/json", "{}"), 404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", none...)

	org.RemoveUserLogin(id)
	org.RemoveUserLogin(id)
	org.Freeze(id, true) // does nothing without a record
	assert.Equal(t, list{}, c.query(t, "SELECT Id FROM UserLogin WHERE UserId = '"+id+"'").object(t)["records"])
	isRefusal(t, c.get(t, loginURL), 404, "NOT_FOUND", "The requested resource does not exist")
	assert.False(t, frozen())
}

func TestProfile(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	id := org.AddProfile("Sales", "Salesforce")
	assert.Equal(t, id, org.ProfileID("Sales"))
	assert.Empty(t, org.ProfileID("sales"), "as written")
	found := c.query(t, "SELECT Id, Name, UserLicenseId FROM Profile WHERE Name = 'sales'").object(t)["records"].([]any)[0].(object)
	assert.Equal(t, id, found["Id"])
	licence := found["UserLicenseId"].(string)
	org.SetLicenses("Salesforce", 5)
	org.AddUser(nil)
	assert.Equal(t, object{
		"attributes": object{"type": "UserLicense", "url": data + "/sobjects/UserLicense/" + licence},
		"Name":       "Salesforce", "TotalLicenses": 5.0, "UsedLicenses": 2.0, "Status": "Active",
	}, c.query(t, "SELECT Name, TotalLicenses, UsedLicenses, Status FROM UserLicense WHERE Id = '"+licence+"'").object(t)["records"].([]any)[0])
	path := data + "/sobjects/Profile/" + id
	for _, method := range []string{http.MethodPatch, http.MethodDelete} {
		isRefusal(t, c.send(t, method, path, "application/json", "{}"), 501, "NOT_IMPLEMENTED", "sfprovtest, an org in memory, has no change of Profile; a real org may")
	}
	isRefusal(t, c.send(t, http.MethodPost, path, "application/json", "{}"), 405, "METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed. Allowed are HEAD,GET")
	assert.Equal(t, "Sales", c.get(t, path).object(t)["Name"])
}

package sfprovtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestQuery(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Username": "bob@acme.example", "LastName": "O'Brien", "Title": "CFO"})
	org.AddUser(sfprov.Fields{"Username": "eve@acme.example", "IsActive": false})
	record := object{"attributes": object{"type": "User", "url": users + "/" + id}, "Id": id, "Username": "bob@acme.example", "Title": "CFO"}
	for _, where := range []string{
		"Id = '" + id + "'", "Id = '" + id[:15] + "'", "Username = 'BOB@acme.example'", `LastName = 'O\'Brien'`,
		"Title != null AND IsActive = true", "Id IN ('" + id + "') AND (NOT Title = 'CEO')", "Username LIKE 'bob%' OR Title = 'x'",
	} {
		r := c.query(t, "SELECT Id, username, Title FROM user WHERE "+where)
		assert.Equal(t, 200, r.status)
		assert.Equal(t, object{"totalSize": 1.0, "done": true, "records": list{record}}, r.object(t), where)
	}
	for _, where := range []string{"Id = '" + unknownUser + "'", "Id = null", "Id = ''", "Username = 'x'", "Id = '" + org.ProfileID("Standard User") + "'"} {
		assert.Equal(t, object{"totalSize": 0.0, "done": true, "records": list{}}, c.query(t, "SELECT Id FROM User WHERE "+where).object(t), where)
	}
	org.AddCustomField("Badge__c", 12, true)
	org.SetUser(id, sfprov.Fields{"Badge__c": "b7", "FederationIdentifier": "E-7"})
	for where, size := range map[string]float64{ // conditions that an index answers, and their likes that it can't
		"badge__c = 'B7'": 1, "FederationIdentifier = 'e-7' AND Title = 'CFO'": 1, "Title = 'CFO' AND (Badge__c = 'b7' AND IsActive = true)": 1,
		"Badge__c = 'b7' AND Title = 'CEO'": 0, "Badge__c = 'b8'": 0, "Badge__c = null": 2, "Badge__c = 'b7' OR Badge__c = null": 3,
		"NOT Badge__c = 'b7'": 2, "Badge__c != 'b7'": 2, "FederationIdentifier = ''": 2, "Username = 'elsewhere@acme.example'": 0,
	} {
		org.TakeUsername("elsewhere@acme.example")
		assert.InDelta(t, size, c.query(t, "SELECT Id FROM User WHERE "+where).object(t)["totalSize"], 0, where)
	}
	r := c.query(t, "SELECT Id FROM User WHERE Username = 'x' AND IsActive = 'x'")
	assert.Equal(t, 400, r.status)
	assert.Contains(t, r.body, "value of filter criterion for field 'IsActive' must be of type boolean", "the index spares no check")
	names := func(soql string) (names []any) {
		for _, found := range c.query(t, soql).object(t)["records"].([]any) {
			names = append(names, found.(object)["Username"])
		}
		return names
	}
	assert.Equal(t, list{"integration@sfprovtest.example", "eve@acme.example", "bob@acme.example"}, names("SELECT Username FROM User ORDER BY Username DESC"))
	assert.Equal(t, list{"bob@acme.example"}, names("SELECT Username FROM User ORDER BY Username LIMIT 1"))
	assert.Equal(t, list{"eve@acme.example"}, names("SELECT Username FROM User WHERE IsActive = false"))
	r = c.send(t, http.MethodHead, data+"/query?q=SELECT+Id+FROM+User", "", "")
	assert.Equal(t, 200, r.status)
	assert.Empty(t, r.body)
}

func TestRefusedQuery(t *testing.T) {
	t.Parallel()
	c := logIn(t, sfprovtest.NewOrg(t))
	for soql, want := range map[string][2]string{
		"":                        {"MALFORMED_QUERY", ""},
		"SELECT":                  {"MALFORMED_QUERY", ""},
		"SELECT COUNT( FROM User": {"MALFORMED_QUERY", ""},
		`SELECT Id FROM User WHERE LastName = 'O\'`:                           {"MALFORMED_QUERY", ""},
		"SELECT Shoe FROM User":                                               {"INVALID_FIELD", "No such column 'Shoe' on entity 'User'. "},
		"SELECT Id FROM Shoe__c":                                              {"INVALID_TYPE", "sObject type 'Shoe__c' is not supported. "},
		"SELECT Shoe.Name FROM User":                                          {"INVALID_FIELD", "Didn't understand relationship 'Shoe' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. "},
		"SELECT Profile.Shoe FROM User":                                       {"INVALID_FIELD", "No such column 'Shoe' on entity 'Profile'. "},
		"SELECT Id FROM User WHERE Manager.Shoe = 1":                          {"INVALID_FIELD", "No such column 'Shoe' on entity 'User'. "},
		"SELECT Manager.Manager.Manager.Manager.Manager.Manager.Id FROM User": {"MALFORMED_QUERY", "more than 5 levels"},
		"SELECT Id FROM UserLicense WHERE UsedLicenses > 0":                   {"INVALID_FIELD", "field 'UsedLicenses' can not be filtered in a query call"},
		"SELECT Id FROM User WHERE COUNT(Id) > 1":                             {"MALFORMED_QUERY", ""},
		"SELECT COUNT(Id) FROM SetupAuditTrail":                               {"MALFORMED_QUERY", ""},
		"SELECT FIELDS(ALL) FROM User":                                        {"MALFORMED_QUERY", "LIMIT"},
		"SELECT Id FROM User WHERE Id IN (SELECT Id, Name FROM User)":         {"MALFORMED_QUERY", "one field"},
		"SELECT Id FROM User WHERE Id = 'bob'":                                {"INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: bob"},
	} {
		r := c.query(t, soql)
		assert.Equal(t, 400, r.status, soql)
		got := decode[list](t, r.body)
		require.Len(t, got, 1)
		assert.Equal(t, want[0], got[0].(object)["errorCode"], soql)
		assert.Contains(t, got[0].(object)["message"], want[1])
		assert.NotContains(t, got[0], "fields")
	}
	isRefusal(t, c.get(t, data+"/query"), 400, "MALFORMED_QUERY", "A query string has to be specified")
	for _, path := range []string{"/query?q=x", "/query/x-1"} {
		isRefusal(t, c.send(t, http.MethodPost, data+path, "", ""), 405, "METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed. Allowed are HEAD,GET")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for range 249 { // the integration user is the 250th
		org.AddUser(nil)
	}
	c := logIn(t, org)
	const soql = "SELECT Id FROM User ORDER BY Id"
	// pages reads all pages and returns their sizes.
	pages := func(t *testing.T) (sizes []int) {
		t.Helper()
		seen := map[any]bool{}
		got := c.query(t, soql).object(t)
		for {
			records, _ := got["records"].([]any)
			sizes = append(sizes, len(records))
			for _, record := range records {
				seen[record.(object)["Id"]] = true
			}
			assert.InEpsilon(t, 250.0, got["totalSize"], 0, "the full count on every page")
			next, more := got["nextRecordsUrl"].(string)
			assert.Equal(t, !more, got["done"])
			if !more {
				assert.Len(t, seen, 250)
				return sizes
			}
			assert.Regexp(t, fmt.Sprintf(`^/services/data/v66\.0/query/01g\w{15}-%d$`, len(seen)), next)
			got = c.get(t, next).object(t)
		}
	}
	for _, test := range []struct {
		size  int
		asked string
		want  []int
	}{
		{0, "", []int{250}},
		{-1, "", []int{250}},
		{100, "", []int{100, 100, 50}},
		{0, "batchSize=200", []int{200, 50}},
		{0, "batchSize=3", []int{200, 50}},
		{0, "batchSize=-3", []int{200, 50}},
		{0, "batchSize=9999", []int{250}},
		{0, "batchSize=x", []int{250}},
		{0, "x", []int{250}},
		{125, "batchSize=200", []int{125, 125}},
	} {
		org.SetPageSize(test.size)
		c.header = http.Header{"Sforce-Query-Options": {test.asked}}
		assert.Equal(t, test.want, pages(t), "%d, %s", test.size, test.asked)
	}

	c.header = nil
	org.SetPageSize(100)
	next := func() string { return c.query(t, soql).object(t)["nextRecordsUrl"].(string) }
	gone := func(path string) {
		t.Helper()
		isRefusal(t, c.get(t, path), 404, "INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	mine := next()
	for _, path := range []string{"x", "x-1", strings.TrimSuffix(mine, "100") + "-1", strings.TrimSuffix(mine, "-100"), strings.TrimSuffix(mine, "100") + "251"} {
		gone(data + "/query/" + path[strings.LastIndexByte(path, '/')+1:])
	}
	first := c.get(t, mine).body
	org.AddUser(nil)
	assert.Equal(t, first, c.get(t, mine).body, "a page can be read again, and doesn't move")
	org.ExpireCursors()
	gone(mine)
	late := next()
	org.SetTokenLifetime(0)
	org.FastForward(48*time.Hour - time.Second)
	assert.Equal(t, 200, c.get(t, late).status)
	org.FastForward(time.Second)
	gone(late)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.SetAPIUsage(997, 1000)
	r := c.get(t, data+"/limits")
	assert.Equal(t, "api-usage=998/1000", r.header.Get("Sforce-Limit-Info"))
	assert.Equal(t, object{"Max": 1000.0, "Remaining": 2.0}, r.object(t)["DailyApiRequests"])
	assert.Equal(t, "api-usage=999/1000", c.get(t, users+"/x").header.Get("Sforce-Limit-Info"), "errors count")
	assert.Equal(t, 200, c.send(t, http.MethodHead, data+"/limits", "", "").status)
	r = c.get(t, data+"/limits")
	isRefusal(t, r, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
	assert.Equal(t, "api-usage=1000/1000", r.header.Get("Sforce-Limit-Info"))
	assert.Equal(t, 200, c.get(t, "/services/data").status, "not metered")
	org.SetAPIUsage(0, 1000)
	assert.Equal(t, 200, c.get(t, data+"/limits").status)
}

func TestVersions(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := &client{org: org}
	r := c.get(t, "/services/data/")
	assert.Equal(t, 200, r.status, "without a token")
	assert.Empty(t, r.header.Get("Sforce-Limit-Info"))
	versions := decode[list](t, r.body)
	labels := map[any]any{}
	for _, entry := range versions {
		version := entry.(object)
		labels[version["version"]] = version["label"]
		assert.Equal(t, object{"version": version["version"], "label": version["label"], "url": fmt.Sprintf("/services/data/v%s", version["version"])}, version)
	}
	for version, label := range map[string]string{"31.0": "Summer '14", "62.0": "Winter '25", "63.0": "Spring '25", "64.0": "Summer '25", "65.0": "Winter '26", "66.0": "Spring '26", "68.0": "Winter '27"} {
		assert.Equal(t, label, labels[version], version)
	}
	assert.Len(t, versions, 38)
	isRefusal(t, c.send(t, http.MethodPost, "/services/data", "", ""), 405, "METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed. Allowed are HEAD,GET")

	c = logIn(t, org)
	root := c.get(t, data+"/").object(t)
	assert.Equal(t, data+"/sobjects", root["sobjects"])
	assert.Equal(t, data+"/query", root["query"])
	assert.Equal(t, data+"/limits", root["limits"])
	isRefusal(t, c.get(t, "/services/data/v30.0/limits"), 410, "UNSUPPORTED_API_VERSION", "The requested API version 30.0 is retired")
	for _, version := range []string{"69.0", "66.5", "99999999999999999999.0"} {
		isRefusal(t, c.get(t, "/services/data/v"+version+"/limits"), 404, "NOT_FOUND", "The requested resource does not exist")
	}
}

// TestElsewhere has what is outside of what the org knows.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	const missing = "The requested resource does not exist"
	for _, path := range []string{"/sobjects/Shoe__c", "/sobjects/Profile/" + id + "/password"} {
		isRefusal(t, c.get(t, data+path), 404, "NOT_FOUND", missing)
	}
	isRefusal(t, c.get(t, data+"/sobjects/User/x/password"), 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: x")
	for _, path := range []string{"/", "/services", "/services/data/66.0", "/services/data/v66", "/services/data/v66.0x", "/services/data/v66.0/%0Ax"} {
		r := c.get(t, path)
		assert.Equal(t, 404, r.status, path)
		assert.Equal(t, "text/html;charset=UTF-8", r.header.Get("Content-Type"))
		assert.Contains(t, r.body, "sfprovtest, an org in memory, has /services/oauth2/token,")
	}
	for path, allowed := range map[string]string{
		users + "/" + id: "HEAD,GET,PATCH", users: "HEAD,GET,POST", users + "/describe": "HEAD,GET", data + "/sobjects": "HEAD,GET",
		data: "HEAD,GET", data + "/limits": "HEAD,GET", data + "/sobjects/UserLicense": "HEAD,GET", data + "/sobjects/Profile": "HEAD,GET,POST",
	} {
		for _, method := range []string{http.MethodPut, "patch", "BREW"} {
			isRefusal(t, c.send(t, method, path, "", ""), 405, "METHOD_NOT_ALLOWED", "HTTP Method '"+method+"' not allowed. Allowed are "+allowed)
		}
		if strings.Contains(allowed, "GET") {
			assert.Equal(t, 200, c.send(t, http.MethodHead, path, "", "").status, path)
		}
	}
	isRefusal(t, c.send(t, http.MethodDelete, users+"/"+unknownUser, "", ""), 404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", none...)

	r := c.get(t, data+"/query?q="+url.QueryEscape("SELECT Id FROM User")+strings.Repeat("+", 16_400))
	isRefusal(t, r, 414, "URI_TOO_LONG", "The URI exceeds the limit of 16,384 bytes")
	c.header = http.Header{"X-Long": {strings.Repeat("x", 16_400)}}
	isRefusal(t, c.get(t, data), 431, "REQUEST_HEADER_FIELDS_TOO_LARGE", "URI and headers exceed the limit of 16,384 bytes")
	c.header = nil

	_, err := c.try(t, http.MethodPost, users, "application/json", strings.Repeat(" ", 9<<20))
	require.Error(t, err, "a body without end is not read")
	assert.Len(t, org.Users(), 1)
}

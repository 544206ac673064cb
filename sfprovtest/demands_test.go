package sfprovtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// TestDemandsByHeaders sends what changes the answer of a real org: it is done, or refused
// in words that name sfprovtest.
func TestDemandsByHeaders(t *testing.T) {
	t.Parallel()
	_, c, id := seeded(t, nil)
	for _, one := range []struct {
		name, value string
		want        int
	}{
		{"Sforce-Duplicate-Rule-Header", "allowSave=false", 204},
		{"Sforce-Duplicate-Rule-Header", "allowSave=FALSE, includeRecordDetails=false; runAsCurrentUser=false", 204},
		{"Sforce-Duplicate-Rule-Header", "allowSave=true", 501},
		{"Sforce-Duplicate-Rule-Header", "allowsave=false,runAsCurrentUser=true", 501},
		{"Sforce-Call-Options", "client=caseSensitiveToken", 204},
		{"Sforce-Call-Options", "client=x, defaultNamespace=battle", 501},
		{"Sforce-Mru", "updateMru=true", 204},
		{"Sforce-Auto-Assign", "FALSE", 204},
		{"X-PrettyPrint", "1", 204},
		{"X-Unheard-Of", "1", 204},
		{"Accept", "application/xml", 501},
		{"Accept", "text/xml, application/xml;q=0.9", 501},
		{"Accept", "text/html, application/xml;q=0.9, */*;q=0.8", 204},
		{"Accept", "application/json", 204},
	} {
		c.header = http.Header{one.name: {one.value}}
		r := c.patch(t, id, object{"Title": "CFO"})
		assert.Equal(t, one.want, r.status, "%s: %s: %s", one.name, one.value, r.body)
		if one.want == 501 {
			assert.Contains(t, r.body, "sfprovtest, an org in memory, has no", one.value)
		}
	}
}

func TestDemandsByPathsAndParameters(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Username": "a@b.inc"})
	for path, want := range map[string]int{
		"/v57.0/sobjects/User/" + id + ".json":                      501,
		"/v57.0/limits.xml":                                         501,
		"/v58.0/sobjects/User/" + id + ".json":                      404,
		"/v66.0/sobjects.json":                                      404,
		"/v66.0/sobjects/User.xml":                                  404,
		"/v66.0/sobjects/User/Username/a@b.inc":                     404, // by its documentation
		"/v66.0/sobjects/User/" + id + "?format=xml":                501,
		"/v66.0/sobjects/User/" + id + "?format=json":               200,
		"/v66.0/sobjects/User/" + id + "?junk=1&cb=2":               200,
		"/v66.0/sobjects/User/" + id + "?fields=Id&_HttpMethod=PUT": 200,
	} {
		assert.Equal(t, want, c.get(t, "/services/data"+path).status, path)
	}
	r := c.send(t, http.MethodPatch, collections+"/User/Username?updateOnly=true", "application/json", asJSON(t, object{"records": list{rowOf("User", alice(org, nil))}}))
	assert.Equal(t, 501, r.status, r.body)
	for _, path := range []string{users, collections, data + "/composite", data + "/composite/batch"} {
		for _, form := range []string{"application/xml; charset=UTF-8", "application/x-www-form-urlencoded", "text/plain"} {
			assert.Equal(t, 415, c.send(t, http.MethodPost, path, form, "{}").status, path)
		}
	}
	assert.Len(t, org.Users(), 1)
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Username": "a@x.com"})
	before, after := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	send := func(header, date, method, path string) int {
		c.header = http.Header{header: {date}}
		body := ""
		if method == http.MethodPatch || method == http.MethodPost {
			body = "{}"
		}
		return c.send(t, method, data+path, "application/json", body).status
	}
	one := "/sobjects/User/" + id
	for _, path := range []string{one, "/sobjects/User/Username/a@x.com", "/sobjects/User/describe", "/sobjects"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			assert.Equal(t, 200, send("If-Modified-Since", before, method, path), path)
			assert.Equal(t, 304, send("If-Modified-Since", after, method, path), path)
			assert.Equal(t, 412, send("If-Unmodified-Since", before, method, path), path)
			assert.Equal(t, 200, send("If-Unmodified-Since", after, method, path), path)
		}
	}
	assert.Equal(t, 412, send("If-Unmodified-Since", before, http.MethodPatch, one))
	assert.Equal(t, 204, send("If-Unmodified-Since", after, http.MethodPatch, one))
	assert.Equal(t, 501, send("If-Modified-Since", after, http.MethodPatch, one))
	assert.Equal(t, 501, send("If-Unmodified-Since", "yesterday", http.MethodGet, one))
	for _, path := range []string{"/limits", "/query?q=SELECT+Id+FROM+User", one + "/password", "/composite/sobjects/User?ids=" + id + "&fields=Id"} {
		assert.Equal(t, 501, send("If-Modified-Since", after, http.MethodGet, path), path)
	}
	assert.Equal(t, 501, send("If-Unmodified-Since", after, http.MethodPost, "/composite"))

	later := org.AddUser(nil)
	org.SetUser(later, sfprov.Fields{"SystemModstamp": time.Now().Add(2 * time.Hour)})
	assert.Equal(t, 200, send("If-Modified-Since", after, http.MethodGet, "/sobjects/User/"+later))
	org.FastForward(90 * time.Minute)
	org.AddCustomField("Badge__c", 12, true)
	assert.Equal(t, 200, send("If-Modified-Since", after, http.MethodGet, "/sobjects/User/describe"), "it has a field more")
}

func TestHeadersOfSubrequests(t *testing.T) {
	t.Parallel()
	_, c, id := seeded(t, nil)
	part := sub(http.MethodPatch, "a", users+"/"+id, object{"Title": "CFO"})
	part["httpHeaders"] = object{"If-Unmodified-Since": time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)}
	assert.Contains(t, fmt.Sprint(c.compose(t, part)[0]), "PRECONDITION_FAILED")
	part["httpHeaders"] = object{"Sforce-Duplicate-Rule-Header": "allowSave=true"}
	assert.Equal(t, []int{501}, statusesOf(c.compose(t, part)))
}

// TestMethodsByParameter holds for parts of requests too.
func TestMethodsByParameter(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	url := "/sobjects/User/" + id + "?_HttpMethod=PATCH"
	assert.Equal(t, 204, c.post(t, data+url, object{"Title": "CFO"}).status)
	assert.Equal(t, []int{204}, statusesOf(c.compose(t, sub(http.MethodPost, "a", data+url, object{"Department": "Sales"}))))
	c.post(t, data+"/composite/batch", object{"batchRequests": list{part(http.MethodPost, "v66.0"+url, object{"Division": "EMEA"})}})
	user, _ := org.User(id)
	assert.Equal(t, list{"CFO", "Sales", "EMEA"}, list{user.Fields["Title"], user.Fields["Department"], user.Fields["Division"]})
	assert.Equal(t, 200, c.get(t, data+url).status, "of POST only")
}

func TestCompositeListsItsResources(t *testing.T) {
	t.Parallel()
	c := logIn(t, sfprovtest.NewOrg(t))
	assert.Equal(t, object{"batch": data + "/composite/batch", "sobjects": collections}, c.get(t, data+"/composite").object(t))
}

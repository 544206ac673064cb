package sfprovtest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// sub is a subrequest.
func sub(method, ref, url string, body any) object {
	s := object{"method": method, "referenceId": ref, "url": url}
	if body != nil {
		s["body"] = body
	}
	return s
}

// compose sends subrequests and returns what became of each.
func (c *client) compose(t *testing.T, subs ...object) []object {
	t.Helper()
	return partsOf(t, c.post(t, data+"/composite", object{"compositeRequest": subs}))
}

func TestComposite(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	id := org.AddUser(sfprov.Fields{"FederationIdentifier": "E-1"})
	org.Freeze(id, true)
	org.SetAPIUsage(0, 100)
	results := c.compose(t,
		sub(http.MethodGet, "user", data+"/query?q=SELECT+Id,Username+FROM+User+WHERE+FederationIdentifier='E-1'", nil),
		sub(http.MethodGet, "login", data+"/query?q=SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '@{user.records[0].Id}'", nil),
		sub(http.MethodPatch, "title", data+"/sobjects/User/@{user.records[0].Id}", object{"Title": "@{user.records[0].Username}"}),
		sub(http.MethodPost, "new", data+"/sobjects/User", alice(org, nil)),
		sub(http.MethodPost, "twice", data+"/sobjects/User", alice(org, nil)),
		sub(http.MethodGet, "made", data+"/sobjects/User/@{new.id}?fields=Username", nil),
		sub(http.MethodGet, "nobody", data+"/query?q=SELECT+Id+FROM+User+WHERE+FederationIdentifier='E-2'", nil),
		sub(http.MethodGet, "lost", data+"/sobjects/User/@{nobody.records[0].Id}", nil),
		sub(http.MethodGet, "after", data+"/sobjects/User/@{twice.id}", nil),
	)
	assert.Equal(t, []int{200, 200, 204, 201, 400, 200, 200, 400, 400}, statusesOf(results))
	assert.Equal(t, "login", results[1]["referenceId"])
	assert.Contains(t, fmt.Sprint(results[1]["body"]), "IsFrozen:true")
	assert.Nil(t, results[2]["body"])
	assert.Contains(t, fmt.Sprint(results[3]["httpHeaders"]), "/sobjects/User/005")
	assert.Contains(t, fmt.Sprint(results[4]["body"]), "DUPLICATE_USERNAME")
	assert.Contains(t, fmt.Sprint(results[5]["body"]), "alice@acme.example")
	assert.Contains(t, fmt.Sprint(results[7]["body"]), "No value for nobody.records[0].Id found in nobody")
	assert.Contains(t, fmt.Sprint(results[8]["body"]), "PROCESSING_HALTED")
	user, _ := org.User(id)
	assert.Equal(t, user.Username, user.Fields["Title"])
	assert.Len(t, org.Requests(), 1)
	r := c.get(t, data+"/limits").object(t)
	assert.EqualValues(t, 98, r["DailyApiRequests"].(object)["Remaining"], "it counts as one") //nolint:forcetypeassert // fails the test
}

// TestReferencesInBodies: values stay values, whatever is in them.
func TestReferencesInBodies(t *testing.T) {
	t.Parallel()
	const hostile = `a "quoted" \ back\slash, <b> & @{x.y} Ü 100%`
	org, c, id := seeded(t, sfprov.Fields{"Title": hostile, "Department": "R&D #1/2?"})
	other := org.AddUser(sfprov.Fields{"LastName": "R&D #1/2?"})
	results := c.compose(t,
		sub(http.MethodGet, "user", users+"/"+id, nil),
		sub(http.MethodPatch, "copy", users+"/"+other, object{"Title": "@{user.Title}", "IsActive": true, "Department": "from @{user.Id} and @{user.IsActive}"}),
		sub(http.MethodGet, "found", data+"/query?q=SELECT Id FROM User WHERE LastName = '@{user.Department}'", nil),
		sub(http.MethodGet, "linked", "@{user.attributes.url}?fields=Title", nil),
		sub(http.MethodPatch, "whole", users+"/"+other, object{"City": "@{found.records}"}),
		sub(http.MethodPatch, "null", users+"/"+other, object{"City": "@{user.City}"}),
		sub(http.MethodPatch, "later", users+"/"+other, object{"City": "@{after.id}"}),
		sub(http.MethodGet, "after", users+"/@{copy.id}", nil),
	)
	assert.Equal(t, []int{200, 204, 200, 200, 400, 400, 400, 400}, statusesOf(results))
	copied, _ := org.User(other)
	assert.Equal(t, hostile, copied.Fields["Title"])
	assert.Equal(t, "from "+id+" and true", copied.Fields["Department"])
	assert.Contains(t, fmt.Sprint(results[2]["body"]), other)
	for _, halted := range results[4:] {
		assert.Contains(t, fmt.Sprint(halted["body"]), "PROCESSING_HALTED")
	}
}

func TestPasswordsInCompositesAreNotJournaled(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	var seen []sfprovtest.Request
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		seen = append(seen, r)
		return nil
	})
	c.compose(t,
		sub(http.MethodPatch, "title", users+"/"+id, object{"Title": "kept"}),
		sub(http.MethodPost, "password", users+"/"+id+"/password", object{"NewPassword": "s3cret-word"}),
	)
	assert.True(t, org.CheckPassword(id, "s3cret-word"))
	for _, r := range append(seen, org.Requests()...) {
		assert.NotContains(t, string(r.Body), "s3cret-word")
		assert.NotContains(t, fmt.Sprint(r.Header), c.token)
	}
	assert.Contains(t, string(org.Requests()[0].Body), `"Title":"kept"`)
	assert.Len(t, seen, 3)
}

func TestCompositesThatAreRefused(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	query := func(ref string) object { return sub(http.MethodGet, ref, data+"/query?q=SELECT+Id+FROM+User", nil) }
	post := func(body any) reply { return c.post(t, data+"/composite", body) }
	var many, queries []object
	for i := range 26 {
		many = append(many, sub(http.MethodGet, fmt.Sprint("r", i), data+"/limits", nil))
		if i < 6 {
			queries = append(queries, query(fmt.Sprint("q", i)))
		}
	}
	for name, test := range map[string]struct {
		body any
		code string
	}{
		"none":         {object{"compositeRequest": list{}}, "REQUIRED_FIELD_MISSING"},
		"too many":     {object{"compositeRequest": many}, "LIMIT_EXCEEDED"},
		"many queries": {object{"compositeRequest": queries}, "LIMIT_EXCEEDED"},
		"a bad ID":     {object{"compositeRequest": []object{query("a-b")}}, "JSON_PARSER_ERROR"},
		"the same ID":  {object{"compositeRequest": []object{query("a"), query("a")}}, "JSON_PARSER_ERROR"},
		"no JSON":      {"x", "JSON_PARSER_ERROR"},
	} {
		assert.Contains(t, post(test.body).body, test.code, name)
	}
	for _, url := range []string{"/services/oauth2/token", data + "/composite", "/services/data/v99.0/limits", "sobjects/User", ":"} {
		results := c.compose(t, sub(http.MethodGet, "a", url, nil))
		assert.EqualValues(t, 404, results[0]["httpStatusCode"], url)
	}
	assert.Equal(t, 405, c.send(t, http.MethodPut, data+"/composite", "", "").status)
	(&client{org: org}).post(t, data+"/composite", object{})
	assert.Equal(t, 401, (&client{org: org}).post(t, data+"/composite", object{}).status)
}

package sfprovtest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// allObjects are those of the org; a real one lists the same names.
func allObjects(t *testing.T, c *client) []string {
	t.Helper()
	var names []string
	summaries, _ := c.get(t, data+"/sobjects").object(t)["sobjects"].(list)
	for _, summary := range summaries {
		names = append(names, fmt.Sprint(summary.(object)["name"])) //nolint:forcetypeassert // fails the test
	}
	require.Greater(t, len(names), 10)
	return names
}

// TestVerbsOfResources sends every verb to every resource of every object.
func TestVerbsOfResources(t *testing.T) {
	t.Parallel()
	_, c, _ := seeded(t, nil)
	verbs := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}
	assigns := map[string]bool{"PermissionSetAssignment": true, "PermissionSetLicenseAssign": true, "GroupMember": true}
	elsewhere := map[string]bool{ // what requests can change in real orgs
		"Profile": true, "Organization": true, "UserRole": true, "PermissionSet": true, "PermissionSetGroup": true, "Group": true, "Account": true, "Contact": true,
	}
	for _, name := range allObjects(t, c) {
		describe := c.get(t, sobjects+name+"/describe").object(t)
		unknown := fmt.Sprint(describe["keyPrefix"]) + "5g0000099999"
		if name == "UserPermissionAccess" {
			unknown = unknownUser
		}
		create, update, remove := 405, 405, 405
		if name == "User" || assigns[name] {
			create = 400 // for want of fields
		}
		if name == "User" || name == "UserLogin" {
			update, remove = 404, 404
		}
		if assigns[name] {
			remove = 404
		}
		if name == "PermissionSetAssignment" {
			update = 501 // of its expiry
		}
		if elsewhere[name] {
			create, update, remove = 501, 501, 501
		}
		for path, want := range map[string][]int{
			"":                           {200, 200, create, 405, 405, 405},
			"/describe":                  {200, 200, 405, 405, 405, 405},
			"/" + unknown:                {404, 404, 405, update, 405, remove},
			"/Id/" + unknown:             {404, 404, 405, update, 405, remove},
			"/listviews":                 {501, 501, 501, 501, 501, 501},
			"/" + unknown + "/Something": {501, 501, 501, 501, 501, 501},
			"/NoField/x":                 {404, 404, 404, 404, 404, 404},
		} {
			for i, verb := range verbs {
				r := c.send(t, verb, sobjects+name+path, "application/json", "{}")
				assert.Equal(t, want[i], r.status, "%s %s%s: %s", verb, name, path, r.body)
			}
		}
	}
	for path, want := range map[string][]int{
		"":                                  {200, 200, 405, 405, 405, 405},
		"/":                                 {200, 200, 405, 405, 405, 405},
		"/sobjects":                         {200, 200, 405, 405, 405, 405},
		"/limits":                           {200, 200, 405, 405, 405, 405},
		"/composite":                        {200, 200, 400, 405, 405, 405},
		"/composite/batch":                  {405, 405, 400, 405, 405, 405},
		"/composite/sobjects":               {405, 405, 400, 400, 405, 400},
		"/composite/sobjects/User":          {400, 400, 400, 405, 405, 405},
		"/composite/sobjects/User/Username": {405, 405, 405, 400, 405, 405},
		"/query":                            {400, 400, 405, 405, 405, 405},
		"/jobs":                             {501, 501, 501, 501, 501, 501},
	} {
		for i, verb := range verbs {
			r := c.send(t, verb, data+path, "application/json", "{}")
			assert.Equal(t, want[i], r.status, "%s %s: %s", verb, path, r.body)
		}
	}
}

// TestHeadIsGetWithoutABody compares them for everything that can be read.
func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	_, c, id := seeded(t, sfprov.Fields{"Username": "a@x.com"})
	paths := []string{
		"", "/sobjects", "/limits", "/query?q=SELECT+Id+FROM+User", "/query?q=x", "/query/01g-0", "/composite", "/composite/sobjects/User?ids=" + id + "&fields=Id",
		"/composite/sobjects/User?ids=" + id + "&fields=No", "/sobjects/User/" + id, "/sobjects/User/" + unknownUser, "/sobjects/User/" + id + "?fields=No",
		"/sobjects/User/Username/a@x.com", "/sobjects/User/Username/b@x.com", "/sobjects/User/" + id + "/password", "/sobjects/User/updated", "/jobs",
		"/sobjects/User/deleted" + period(1e12*4, 0), "/sobjects/Lead",
	}
	for _, name := range allObjects(t, c) {
		paths = append(paths, "/sobjects/"+name, "/sobjects/"+name+"/describe")
	}
	for _, path := range paths {
		get, head := c.get(t, data+path), c.send(t, http.MethodHead, data+path, "", "")
		assert.Equal(t, get.status, head.status, path)
		assert.Equal(t, get.header.Get("Content-Type"), head.header.Get("Content-Type"), path)
		assert.Empty(t, head.body, path)
	}
}

// TestNoPathIsNotFound puts paths together of what real orgs have in them: 404 NOT_FOUND
// is answered where the record, the field, the version or a custom object isn't there,
// and nowhere else.
func TestNoPathIsNotFound(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	org.SetAPIUsage(0, 1_000_000)
	segments := strings.Fields(`sobjects query queryAll search limits composite batch tree graph jobs ingest tooling recent describe updated deleted
		password listviews layouts quickActions User Profile GroupMember Lead Account Group PermissionSetAssignment ui-api actions theme tabs
		chatter connect analytics metadata parameterizedSearch Id Username Manager recordCount ` + id)
	random := rand.New(rand.NewPCG(1, 2))
	verbs := []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete}
	seen := map[int]int{}
	for range 3000 {
		var path string
		parts := make([]string, 1+random.IntN(5))
		for i := range parts {
			parts[i] = segments[random.IntN(len(segments))]
			path += "/" + parts[i]
		}
		if random.IntN(2) == 0 {
			parts = append([]string{"sobjects"}, parts...)
			path = "/sobjects" + path
		}
		verb := verbs[random.IntN(len(verbs))]
		r := c.send(t, verb, data+path, "application/json", "{}")
		seen[r.status]++
		if r.status != http.StatusNotFound || !strings.Contains(r.body, `"NOT_FOUND"`) {
			continue
		}
		object := parts[0] == "sobjects" && len(parts) > 2
		record := object && parts[2] == id && parts[1] != "User"
		field := object && parts[2] != id
		collection := len(parts) == 4 && parts[0] == "composite" && parts[1] == "sobjects" // its field
		assert.True(t, record || field || collection, "%s %s: %s", verb, path, r.body)
	}
	assert.Greater(t, seen[501], 1000)
	assert.Greater(t, seen[200], 10)
}

// TestRootListsWhatThereIs follows all that the root of a version and /composite name.
func TestRootListsWhatThereIs(t *testing.T) {
	t.Parallel()
	c := logIn(t, sfprovtest.NewOrg(t))
	for _, root := range []string{data, data + "/composite"} {
		for name, url := range c.get(t, root).object(t) {
			path, _ := strings.CutPrefix(fmt.Sprint(url), c.org.URL())
			assert.NotContains(t, []int{404, 501}, c.get(t, path).status, name)
		}
	}
}

func TestLimitsThatClientsRead(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.SetAPIUsage(41, 100)
	type limit struct{ Max, Remaining *int }
	limits := decode[map[string]limit](t, c.get(t, data+"/limits").body)
	for name, one := range limits {
		if assert.NotNil(t, one.Max, name) && assert.NotNil(t, one.Remaining, name) {
			assert.LessOrEqual(t, *one.Remaining, *one.Max, name)
		}
	}
	assert.Equal(t, 58, *limits["DailyApiRequests"].Remaining)
	for _, name := range []string{"DailyBulkApiBatches", "DataStorageMB", "FileStorageMB", "SingleEmail", "PermissionSets", "DailyAsyncApexExecutions", "MassEmail"} {
		assert.Contains(t, limits, name)
	}
}

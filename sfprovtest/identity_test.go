package sfprovtest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const userInfo = "/services/oauth2/userinfo"

func TestUserInfo(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.SetAPIUsage(0, 100)
	r := c.get(t, userInfo)
	assert.Equal(t, 200, r.status)
	assert.Empty(t, r.header.Get("Sforce-Limit-Info"))
	info := r.object(t)
	admin, _ := org.User(org.AdminID())
	assert.Equal(t, admin.ID, info["user_id"])
	assert.Len(t, info["user_id"], 18)
	assert.Equal(t, admin.Username, info["preferred_username"])
	assert.Equal(t, admin.Fields["Email"], info["email"])
	assert.Equal(t, true, info["active"])
	assert.Equal(t, "STANDARD", info["user_type"])
	assert.Regexp(t, "^00D.{15}$", info["organization_id"])
	assert.Empty(t, org.Requests(), "it is none to the data API")
	remaining := c.get(t, data+"/limits").object(t)["DailyApiRequests"].(object)["Remaining"] //nolint:forcetypeassert // fails the test
	assert.EqualValues(t, 99, remaining, "and costs nothing")
	assert.Equal(t, 405, c.send(t, http.MethodDelete, userInfo, "", "").status)

	org.ExpireTokens()
	for _, other := range []*client{c, {org: org, token: "wrong"}} {
		r = other.get(t, userInfo)
		assert.Equal(t, 403, r.status)
		assert.Equal(t, "Bad_OAuth_Token", r.body)
	}
	assert.Equal(t, "Missing_OAuth_Token", (&client{org: org}).get(t, userInfo).body)
	assert.Equal(t, 1, org.Expiries())
}

func TestFaultsOfUserInfo(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.Control(sfprovtest.On(http.MethodGet, userInfo, sfprovtest.GatewayHTML(503)))
	assert.Equal(t, 503, c.get(t, userInfo).status)
	org.Control(sfprovtest.On(http.MethodGet, userInfo, sfprovtest.ExpiredSession()))
	assert.Equal(t, 403, c.get(t, userInfo).status)
}

func TestIdentityURL(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := &client{org: org}
	assert.Contains(t, c.login(t, secretForm(org)).object(t)["id"], org.AdminID())
	org.SetIdentityURL(false)
	hidden := c.login(t, secretForm(org)).object(t)
	assert.NotContains(t, hidden, "id")
	assert.NotEmpty(t, hidden["access_token"])
	org.SetIdentityURL(true)
	assert.Contains(t, c.login(t, secretForm(org)).object(t), "id")
}

// TestIdentity: wherever the token stands.
func TestIdentity(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	page := "/id/00D5g0000000001EAA/" + org.AdminID()
	bare := &client{org: org}
	for name, r := range map[string]reply{
		"header":        c.get(t, page),
		"query":         bare.get(t, page+"?format=json&oauth_token="+url.QueryEscape(c.token)),
		"access token":  bare.get(t, page+"?access_token="+url.QueryEscape(c.token)),
		"form":          bare.sendForm(t, page, url.Values{"oauth_token": {c.token}}),
		"15 characters": c.get(t, "/id/00D5g0000000001/"+org.AdminID()[:15]),
		"two slashes":   c.get(t, "/"+page),
		"slash at end":  c.get(t, page+"/"),
	} {
		require.Equal(t, 200, r.status, name)
		who := r.object(t)
		assert.Equal(t, org.AdminID(), who["user_id"])
		assert.Equal(t, org.Config().Username, who["username"])
		assert.Equal(t, org.URL()+page, who["id"])
		urls, _ := who["urls"].(object)
		assert.Equal(t, org.URL()+"/services/data/v{version}/query/", urls["query"])
		assert.InDelta(t, -8*time.Hour.Milliseconds(), who["utcOffset"], 1, "of Los Angeles")
	}
	for path, want := range map[string]string{
		"/id/00D5g0000000002EAA/" + org.AdminID():   "Wrong_Org",
		"/id/00D5g0000000001EAA/005000000000001AAA": "Bad_Id",
		"/id/00D5g0000000001EAA":                    "Bad_Id",
	} {
		assert.Equal(t, want, c.get(t, path).body)
	}
	assert.Equal(t, 501, c.get(t, page+"?format=xml").status)
	assert.Equal(t, 501, c.get(t, page+"?callback=f").status)
	assert.Equal(t, "Missing_OAuth_Token", bare.get(t, page).body)
	assert.Equal(t, 405, c.send(t, http.MethodDelete, page, "", "").status)
}

// TestIdentityOfOthers: of whom the integration user can see, with the app's scope.
func TestIdentityOfOthers(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"FirstName": "Bob", "LastName": "Smith", "TimeZoneSidKey": "Australia/Sydney", "City": "Sydney"})
	page := "/id/00D5g0000000001EAA/" + id
	who := c.get(t, page).object(t)
	bob, _ := org.User(id)
	assert.Equal(t, []any{id, bob.Username, "Bob Smith", org.URL() + page, "Sydney", "STANDARD"},
		[]any{who["user_id"], who["username"], who["display_name"], who["id"], who["addr_city"], who["user_type"]})
	urls, _ := who["urls"].(object)
	assert.Equal(t, org.URL()+"/"+id, urls["profile"])
	assert.InDelta(t, 10*time.Hour.Milliseconds(), who["utcOffset"], 1, "standard time, also in the south")
	for name, hide := range map[string]func(hidden bool){
		"No_Access": func(hidden bool) {
			org.SetPrivateUsers(hidden)
			if hidden {
				org.Forbid(sfprovtest.ViewAllUsers)
			}
		},
		"Inactive": func(hidden bool) { org.SetUser(id, sfprov.Fields{"IsActive": !hidden}) },
	} {
		hide(true)
		r := c.get(t, page)
		assert.Equal(t, 404, r.status)
		assert.Equal(t, name, r.body)
		assert.Equal(t, 200, c.get(t, "/id/00D5g0000000001EAA/"+org.AdminID()).status, "one's own is always there")
		hide(false)
		assert.Equal(t, 200, c.get(t, page).status)
	}
	org.SetUser(id, sfprov.Fields{"UserType": "CloudIntegrationUser"})
	assert.Equal(t, "CLOUD_INTEGRATION_USER", c.get(t, page).object(t)["user_type"])
	org.Forbid(sfprovtest.APIEnabled)
	assert.Equal(t, "No_Access", c.get(t, page).body)
}

// TestTokensOfIdentity: whatever stands in the header, a token of another kind is none.
func TestTokensOfIdentity(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	token := logIn(t, org).token
	for _, path := range []string{userInfo, "/id/00D5g0000000001EAA/" + org.AdminID()} {
		for header, accepted := range map[string]bool{"Bearer " + token: true, "OAuth " + token: true, "Basic eDp5": false, token: false, "": false} {
			c := &client{org: org, header: http.Header{"Authorization": {header}}}
			r := c.get(t, path)
			assert.Equal(t, accepted, r.status == 200, header)
			if !accepted {
				assert.Equal(t, "Missing_OAuth_Token", r.body)
			}
			assert.Equal(t, 200, c.get(t, path+"?oauth_token="+url.QueryEscape(token)).status, header)
		}
	}
	org.Control(sfprovtest.On(http.MethodGet, userInfo, sfprovtest.ExpiredSession()))
	c := &client{org: org}
	assert.Equal(t, "Bad_OAuth_Token", c.get(t, userInfo+"?access_token="+url.QueryEscape(token)).body, "the session ends wherever its token stood")
}

package sfprovtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

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
	for _, other := range []*client{c, {org: org}, {org: org, token: "wrong"}} {
		r = other.get(t, userInfo)
		assert.Equal(t, 403, r.status)
		assert.Equal(t, "Bad_OAuth_Token", r.body)
	}
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

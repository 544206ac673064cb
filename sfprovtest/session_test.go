package sfprovtest_test

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const (
	revokeURL     = "/services/oauth2/revoke"
	introspectURL = "/services/oauth2/introspect"
)

func (c *client) sendForm(tb testing.TB, path string, form url.Values) reply {
	tb.Helper()
	return c.send(tb, http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

// asked are the forms of the app that asks about a token.
func asked(org *sfprovtest.Org, token string) url.Values {
	return set(secretForm(org), "token", token)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, revoke := range map[string]func(*client) reply{
		"form":  func(c *client) reply { return c.sendForm(t, revokeURL, url.Values{"token": {c.token}}) },
		"query": func(c *client) reply { return c.get(t, revokeURL+"?token="+url.QueryEscape(c.token)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			c, other := logIn(t, org), logIn(t, org)
			r := revoke(c)
			assert.Equal(t, 200, r.status)
			assert.Empty(t, r.body)
			assert.Equal(t, 401, c.get(t, data).status)
			assert.Equal(t, 200, other.get(t, data).status, "sessions of others go on")
			assert.Equal(t, 400, revoke(c).status, "it is over")
			assert.Zero(t, org.Expiries(), "nobody was surprised")
		})
	}
}

// TestRefusedRevocation is worded in a form, which clients parse.
func TestRefusedRevocation(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.ExpireTokens()
	for name, test := range map[string]struct {
		reply reply
		code  string
	}{
		"expired":       {c.sendForm(t, revokeURL, url.Values{"token": {c.token}}), "invalid_token"},
		"expired, GET":  {c.get(t, revokeURL+"?token="+url.QueryEscape(c.token)), "invalid_token"},
		"unknown":       {c.sendForm(t, revokeURL, url.Values{"token": {"x"}}), "invalid_token"},
		"none":          {c.sendForm(t, revokeURL, nil), "unsupported_token_type"},
		"another name":  {c.sendForm(t, revokeURL, url.Values{"token[access_token]": {c.token}}), "unsupported_token_type"},
		"malformed":     {c.send(t, http.MethodPost, revokeURL, "application/x-www-form-urlencoded", "a=%zz"), "invalid_request"},
		"other methods": {c.send(t, http.MethodDelete, revokeURL, "", ""), "invalid_request"},
	} {
		assert.Equal(t, 400, test.reply.status, name)
		assert.Equal(t, "application/x-www-form-urlencoded;charset=UTF-8", test.reply.header.Get("Content-Type"))
		said, err := url.ParseQuery(test.reply.body)
		require.NoError(t, err)
		assert.Equal(t, test.code, said.Get("error"), name)
		assert.NotEmpty(t, said.Get("error_description"))
	}
}

func TestIntrospect(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	told := c.sendForm(t, introspectURL, asked(org, c.token)).object(t)
	iat, exp := told["iat"].(float64), told["exp"].(float64) //nolint:forcetypeassert // fails the test
	assert.Equal(t, object{
		"active": true, "scope": "api", "client_id": org.Config().ClientID, "username": org.Config().Username,
		"sub": org.URL() + "/id/00D5g0000000001EAA/" + org.AdminID(), "token_type": "access_token", "iat": iat, "nbf": iat, "exp": exp,
	}, told)
	assert.InDelta(t, 2*time.Hour.Seconds(), exp-iat, 2)

	org.SetTokenLifetime(0)
	assert.NotContains(t, c.sendForm(t, introspectURL, asked(org, c.token)).object(t), "exp")
	org.ExpireTokens()
	for _, token := range []string{c.token, "unknown", ""} {
		assert.Equal(t, object{"active": false}, c.sendForm(t, introspectURL, asked(org, token)).object(t))
	}
	for code, form := range map[string]url.Values{
		"invalid_client_id": set(asked(org, c.token), "client_id", "x"),
		"invalid_client":    set(asked(org, c.token), "client_secret", "x"),
		"invalid_request":   secretForm(org),
	} {
		assert.Equal(t, code, c.sendForm(t, introspectURL, form).object(t)["error"])
	}
}

// TestLoginsOfAUserWhoMayNot: grant by state.
func TestLoginsOfAUserWhoMayNot(t *testing.T) {
	t.Parallel()
	forms := map[string]func(*sfprovtest.Org) url.Values{
		"client credentials": secretForm, "password": passwordForm,
		"JWT": func(org *sfprovtest.Org) url.Values { return jwtForm(t, org, nil) },
	}
	type refusal = map[string]string
	said := map[string]map[string]refusal{
		"inactive": {
			"client credentials": {"error": "invalid_grant", "error_description": "no client credentials user enabled"},
			"password":           {"error": "invalid_grant", "error_description": "authentication failure"},
			"JWT":                {"error": "inactive_user", "error_description": "user is inactive"},
		},
		"frozen": {
			"client credentials": {"error": "inactive_user", "error_description": "user is inactive"},
			"password":           {"error": "invalid_grant", "error_description": "authentication failure"},
			"JWT":                {"error": "inactive_user", "error_description": "user is inactive"},
		},
	}
	for state, change := range map[string]func(*sfprovtest.Org){
		"inactive": func(org *sfprovtest.Org) { org.SetUser(org.AdminID(), sfprov.Fields{"IsActive": false}) },
		"frozen":   func(org *sfprovtest.Org) { org.Freeze(org.AdminID(), true) },
	} {
		for grant, form := range forms {
			org := sfprovtest.NewOrg(t)
			before := logIn(t, org)
			change(org)
			r := (&client{org: org}).login(t, form(org))
			assert.Equal(t, 400, r.status, "%s, %s", state, grant)
			assert.Equal(t, said[state][grant], decode[refusal](t, r.body), "%s, %s", state, grant)
			assert.Equal(t, state == "frozen", before.get(t, data).status == 200, "%s: sessions of who is frozen go on, of who is inactive they end", state)
		}
	}
}

func TestSessionsOfAUserWhoWasInactive(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.SetUser(org.AdminID(), sfprov.Fields{"Title": "Robot"})
	assert.Equal(t, 200, c.get(t, data).status)
	org.SetUser(org.AdminID(), sfprov.Fields{"IsActive": false})
	org.SetUser(org.AdminID(), sfprov.Fields{"IsActive": true})
	assert.Equal(t, 401, c.get(t, data).status, "they don't come back")
	assert.Equal(t, "Bad_OAuth_Token", c.get(t, userInfo).body)
	assert.Equal(t, object{"active": false}, c.sendForm(t, introspectURL, asked(org, c.token)).object(t))
	assert.Equal(t, 200, logIn(t, org).get(t, data).status)
}

func TestExpiredPasswordOfTheIntegrationUser(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	other := org.AddUser(nil)
	before := logIn(t, org)
	org.ExpirePassword(org.AdminID())
	forms := map[string]url.Values{"client credentials": secretForm(org), "password": passwordForm(org), "JWT": jwtForm(t, org, nil)}
	const body = `{"NewPassword":"n3wPassword!"}`
	refused := []struct{ method, path, body string }{
		{http.MethodGet, data, ""},
		{http.MethodGet, users + "/" + org.AdminID(), ""},
		{http.MethodGet, data + "/query?q=SELECT+Id+FROM+User", ""},
		{http.MethodPatch, users + "/" + org.AdminID(), `{"Title":"Robot"}`},
		{http.MethodPost, data + "/composite", `{"compositeRequest":[]}`},
		{http.MethodPost, users + "/" + other + "/password", body},
		{http.MethodGet, users + "/" + org.AdminID() + "/password", ""},
		{http.MethodDelete, users + "/" + org.AdminID() + "/password", ""},
	}
	for name, form := range forms {
		c := &client{org: org}
		r := c.login(t, form)
		assert.Equal(t, 200, r.status, "%s: logins go on", name)
		c.token, _ = r.object(t)["access_token"].(string)
		assert.Equal(t, 200, c.get(t, userInfo).status)
		for _, client := range []*client{before, c} {
			for _, test := range refused {
				isRefusal(t, client.send(t, test.method, test.path, "application/json", test.body), 401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
					"The users password has expired, you must call SetPassword before attempting any other API operations")
			}
		}
	}
	org.SetExpiredPasswordStatus(403)
	assert.Equal(t, 403, before.get(t, data).status)

	for n, path := range []string{
		users + "/" + org.AdminID() + "/password", users + "/" + org.AdminID()[:15] + "/password",
		data + "/sobjects/user/" + org.AdminID() + "/password/", "/" + users + "//" + org.AdminID() + "/password",
	} {
		org.ExpirePassword(org.AdminID())
		assert.Equal(t, 403, before.get(t, data).status)
		assert.Equal(t, 204, before.send(t, http.MethodPost, path, "application/json", `{"NewPassword":"n3wPassword`+strconv.Itoa(n)+`"}`).status, path)
		assert.Equal(t, 200, before.get(t, data).status, "it is set")
	}
	org.ExpirePassword(org.AdminID())
	org.SetUser(org.AdminID(), sfprov.Fields{"PasswordExpirationDate": nil})
	assert.Equal(t, 200, before.get(t, data).status, "it is taken back")
}

// TestLoginRequests: what was asked can be read back, without secrets, wherever they stood.
func TestLoginRequests(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	cfg := org.Config()
	c.login(t, passwordForm(org))
	c.login(t, jwtForm(t, org, nil))
	c.send(t, http.MethodPost, tokenURL+"?"+passwordForm(org).Encode(), "", "")
	c.sendForm(t, introspectURL, asked(org, c.token))
	c.sendForm(t, revokeURL, url.Values{"token": {c.token}})
	c.get(t, revokeURL+"?token="+c.token)
	c.get(t, userInfo+"?access_token="+c.token)
	c.sendForm(t, "/id/00D5g0000000001EAA/"+org.AdminID(), url.Values{"oauth_token": {c.token}})
	assert.Empty(t, org.Requests())
	requests := org.LoginRequests()
	assert.Len(t, requests, 9)
	assert.Equal(t, tokenURL, requests[0].Path)
	assert.Contains(t, string(requests[0].Body), "grant_type=client_credentials")
	assert.Equal(t, 200, requests[0].Status)
	assert.Contains(t, string(requests[3].Body), "grant_type=password", "of the query, too")
	for _, r := range requests {
		text := strings.Join([]string{r.Path, r.Query, string(r.Body), strings.Join(r.Header["Authorization"], "")}, " ")
		for _, secret := range []string{c.token, string(cfg.ClientSecret), string(cfg.Password), "eyJ"} {
			assert.NotContains(t, text, secret)
			assert.NotContains(t, text, url.QueryEscape(secret))
		}
	}
	org.ResetRequests()
	assert.Empty(t, org.LoginRequests())
	assert.Equal(t, 4, org.Logins(), "counts go on")
}

// TestOtherAPIs say that they are missing, and whose fault it is.
func TestOtherAPIs(t *testing.T) {
	t.Parallel()
	c := logIn(t, sfprovtest.NewOrg(t))
	for _, path := range []string{
		"/services/oauth2/authorize", "/services/oauth2/device", "/services/async/60.0/job", "/services/apexrest/x", "/services/scim/v2/Users",
		"/services/Soap/u/60.0", "/services/soap/c/60.0/00D5g0000000001", "//services//Soap/m/60.0", "/services/Soap",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
			r := c.send(t, method, path, "text/xml", "<login/>")
			assert.Equal(t, 501, r.status, path)
			assert.Contains(t, r.body, "NOT_IMPLEMENTED")
			assert.Contains(t, r.body, "sfprovtest")
		}
	}
	for _, path := range []string{"/setup", "/", "/services", "/id"} {
		assert.Equal(t, 404, c.get(t, path).status, "what is no API is a web page")
	}
}

// TestFaultOfSOAP is one that SOAP clients can read, and names no code of theirs.
func TestFaultOfSOAP(t *testing.T) {
	t.Parallel()
	r := (&client{org: sfprovtest.NewOrg(t)}).send(t, http.MethodPost, "/services/Soap/u/60.0", "text/xml", "<login/>")
	assert.Contains(t, r.header.Get("Content-Type"), "text/xml")
	var envelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Text    string   `xml:"Body>Fault>faultstring"`
		Code    string   `xml:"Body>Fault>detail>UnexpectedErrorFault>exceptionCode"`
		Message string   `xml:"Body>Fault>detail>UnexpectedErrorFault>exceptionMessage"`
	}
	require.NoError(t, xml.Unmarshal([]byte(r.body), &envelope))
	assert.Equal(t, "NOT_IMPLEMENTED", envelope.Code)
	assert.Contains(t, envelope.Message, "sfprovtest, an org in memory, has no SOAP API")
	assert.Equal(t, envelope.Code+": "+envelope.Message, envelope.Text)
}

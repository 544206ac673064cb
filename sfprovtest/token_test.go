package sfprovtest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

func passwordForm(org *sfprovtest.Org) url.Values {
	form, cfg := secretForm(org), org.Config()
	form.Set("grant_type", "password")
	form.Set("username", cfg.Username)
	form.Set("password", string(cfg.Password))
	return form
}

// signed is an assertion with claims, signed with the org's key.
func signed(tb testing.TB, org *sfprovtest.Org, claims object) string {
	tb.Helper()
	return signedAs(tb, org, "RS256", claims)
}

// signedAs is a valid RS256 signature, whatever the header says.
func signedAs(tb testing.TB, org *sfprovtest.Org, algorithm string, claims object) string {
	tb.Helper()
	block, _ := pem.Decode([]byte(org.Config().PrivateKey))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	require.NoError(tb, err)
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+algorithm+`"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(asJSON(tb, claims)))
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	require.NoError(tb, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func jwtForm(tb testing.TB, org *sfprovtest.Org, changes object) url.Values {
	tb.Helper()
	cfg := org.Config()
	claims := object{"iss": cfg.ClientID, "sub": cfg.Username, "aud": cfg.Audience, "exp": time.Now().Add(3 * time.Minute).Unix()}
	maps.Copy(claims, changes)
	return url.Values{"grant_type": {jwtGrant}, "assertion": {signed(tb, org, claims)}}
}

// set is a form with changes.
func set(form url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]func(*sfprovtest.Org) url.Values{
		"client credentials": secretForm,
		"password":           passwordForm,
		"password, name in capitals": func(o *sfprovtest.Org) url.Values {
			return set(passwordForm(o), "username", "INTEGRATION@sfprovtest.example")
		},
		"JWT": func(o *sfprovtest.Org) url.Values { return jwtForm(t, o, nil) },
		"JWT, exp as text": func(o *sfprovtest.Org) url.Values {
			return jwtForm(t, o, object{"exp": strconv.FormatInt(time.Now().Unix()+60, 10)})
		},
		"JWT, prn wins over sub": func(o *sfprovtest.Org) url.Values {
			return jwtForm(t, o, object{"prn": o.Config().Username, "sub": "x"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			c := &client{org: org}
			r := c.login(t, form(org))
			require.Equal(t, 200, r.status, r.body)
			got := r.object(t)
			issued, err := strconv.ParseInt(got["issued_at"].(string), 10, 64)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now(), time.UnixMilli(issued), time.Minute)
			assert.Equal(t, object{
				"access_token": got["access_token"], "issued_at": got["issued_at"], "signature": got["signature"],
				"scope": "api", "token_type": "Bearer", "instance_url": org.URL(),
				"id": org.URL() + "/id/00D5g0000000001EAA/" + org.AdminID(),
			}, got, "no expires_in, no refresh_token")
			assert.Equal(t, 1, org.Logins())
			assert.Equal(t, 0, org.RefusedLogins())

			c.token = got["access_token"].(string)
			assert.Equal(t, 200, c.get(t, data).status)
		})
	}
}

// TestWhereParametersStand: in the query as well as in a body, if that says what it is.
func TestWhereParametersStand(t *testing.T) {
	t.Parallel()
	const formType = "application/x-www-form-urlencoded"
	org := sfprovtest.NewOrg(t)
	c := &client{org: org}
	for name, form := range map[string]url.Values{"client credentials": secretForm(org), "password": passwordForm(org), "JWT": jwtForm(t, org, nil)} {
		text := form.Encode()
		grant := url.Values{"grant_type": {form.Get("grant_type")}}.Encode()
		rest := maps.Clone(form)
		rest.Del("grant_type")
		for place, test := range map[string]struct {
			query, contentType, body string
			accepted                 bool
		}{
			"form":                {"", formType, text, true},
			"form with a charset": {"", "Application/X-WWW-Form-URLencoded; charset=UTF-8", text, true},
			"query":               {"?" + text, "", "", true},
			"query beside a body": {"?" + text, "application/json", "{}", true},
			"both":                {"?" + grant, formType, rest.Encode(), true},
			"no content type":     {"", "", text, false},
			"JSON":                {"", "application/json", `{"grant_type":"client_credentials"}`, false},
		} {
			r := c.send(t, http.MethodPost, tokenURL+test.query, test.contentType, test.body)
			assert.Equal(t, test.accepted, r.status == 200, "%s, %s: %s", name, place, r.body)
			if !test.accepted {
				assert.JSONEq(t, `{"error":"unsupported_grant_type","error_description":"grant type not supported"}`, r.body, place)
			}
		}
	}
}

func TestLoginWithBasicAuthentication(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	cfg := org.Config()
	req, err := http.NewRequest(http.MethodPost, "/", nil)
	require.NoError(t, err)
	req.SetBasicAuth(cfg.ClientID, string(cfg.ClientSecret))
	c := &client{org: org, header: req.Header}
	assert.Equal(t, 200, c.login(t, url.Values{"grant_type": {"client_credentials"}}).status)
	req.SetBasicAuth(cfg.ClientID, "wrong")
	assert.JSONEq(t, `{"error":"invalid_client","error_description":"invalid client credentials"}`, c.login(t, secretForm(org)).body)
}

func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	type org = sfprovtest.Org
	for name, test := range map[string]struct {
		prepare           func(*org)
		form              func(*org) url.Values
		code, description string
	}{
		"no grant type":   {nil, func(*org) url.Values { return nil }, "unsupported_grant_type", "grant type not supported"},
		"other grant":     {nil, func(o *org) url.Values { return set(secretForm(o), "grant_type", "x") }, "unsupported_grant_type", "grant type not supported"},
		"no client":       {nil, func(o *org) url.Values { return set(secretForm(o), "client_id", "") }, "invalid_request", "missing required parameter: client_id"},
		"unknown client":  {nil, func(o *org) url.Values { return set(secretForm(o), "client_id", "x") }, "invalid_client_id", "client identifier invalid"},
		"wrong secret":    {nil, func(o *org) url.Values { return set(secretForm(o), "client_secret", "x") }, "invalid_client", "invalid client credentials"},
		"not My Domain":   {func(o *org) { o.SetMyDomain(false) }, secretForm, "invalid_grant", "request not supported on this domain"},
		"no run-as user":  {func(o *org) { o.SetRunAsUser(false) }, secretForm, "invalid_grant", "no client credentials user enabled"},
		"flow disabled":   {func(o *org) { o.SetGrantEnabled(sfprov.GrantClientCredentials, false) }, secretForm, "unsupported_grant_type", "grant type not supported"},
		"wrong password":  {nil, func(o *org) url.Values { return set(passwordForm(o), "password", "x") }, "invalid_grant", "authentication failure"},
		"wrong user":      {nil, func(o *org) url.Values { return set(passwordForm(o), "username", "x") }, "invalid_grant", "authentication failure"},
		"password off":    {func(o *org) { o.SetGrantEnabled(sfprov.GrantPassword, false) }, passwordForm, "invalid_grant", "authentication failure"},
		"password secret": {nil, func(o *org) url.Values { return set(passwordForm(o), "client_secret", "") }, "invalid_client", "invalid client credentials"},
		"JWT: issuer":     {nil, func(o *org) url.Values { return jwtForm(t, o, object{"iss": "x"}) }, "invalid_client_id", "client identifier invalid"},
		"JWT: audience":   {nil, func(o *org) url.Values { return jwtForm(t, o, object{"aud": "https://x"}) }, "invalid_grant", "audience is invalid"},
		"JWT: expired":    {nil, func(o *org) url.Values { return jwtForm(t, o, object{"exp": time.Now().Unix() - 1}) }, "invalid_grant", "expired authorization code"},
		"JWT: longer than set": {
			func(o *org) { o.SetAssertionLifetime(3 * time.Minute) },
			func(o *org) url.Values { return jwtForm(t, o, object{"exp": time.Now().Unix() + 240}) }, "invalid_grant", "invalid assertion",
		},
		"JWT: no exp":        {nil, func(o *org) url.Values { return jwtForm(t, o, object{"exp": nil}) }, "invalid_grant", "invalid assertion"},
		"JWT: subject":       {nil, func(o *org) url.Values { return jwtForm(t, o, object{"sub": "x"}) }, "invalid_grant", "user hasn't approved this consumer"},
		"JWT: not approved":  {func(o *org) { o.SetUserApproved(false) }, func(o *org) url.Values { return jwtForm(t, o, nil) }, "invalid_grant", "user hasn't approved this consumer"},
		"JWT: flow disabled": {func(o *org) { o.SetGrantEnabled(sfprov.GrantJWTBearer, false) }, func(o *org) url.Values { return jwtForm(t, o, nil) }, "unsupported_grant_type", "grant type not supported"},
		"JWT: signature": {nil, func(o *org) url.Values {
			form := jwtForm(t, o, nil)
			return set(form, "assertion", form.Get("assertion")[:len(form.Get("assertion"))-4]+"AAAA")
		}, "invalid_grant", "invalid assertion"},
		"JWT: none":        {nil, func(*org) url.Values { return url.Values{"grant_type": {jwtGrant}} }, "invalid_grant", "invalid assertion"},
		"JWT: not base 64": {nil, func(*org) url.Values { return url.Values{"grant_type": {jwtGrant}, "assertion": {"!.!.!"}} }, "invalid_grant", "invalid assertion"},
		"chosen":           {func(o *org) { o.RefuseLogins(1, "invalid_grant", "login rate exceeded") }, secretForm, "invalid_grant", "login rate exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			if test.prepare != nil {
				test.prepare(org)
			}
			r := (&client{org: org}).login(t, test.form(org))
			assert.Equal(t, 400, r.status)
			assert.Equal(t, object{"error": test.code, "error_description": test.description}, r.object(t), "an object, not an array")
			assert.Equal(t, "no-store", r.header.Get("Cache-Control"))
			assert.Empty(t, r.header.Get("Sforce-Limit-Info"))
			assert.Equal(t, 1, org.Logins())
			assert.Equal(t, 1, org.RefusedLogins())
			assert.Empty(t, org.Requests())
		})
	}
}

// TestRefusalsAreTakenBack checks that what a test forbade it can allow again, and
// that other grants don't mind.
func TestRefusalsAreTakenBack(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := &client{org: org}
	org.SetMyDomain(false)
	org.SetRunAsUser(false)
	org.SetUserApproved(false)
	org.SetGrantEnabled(sfprov.GrantClientCredentials, false)
	assert.Equal(t, 200, c.login(t, passwordForm(org)).status)
	org.SetMyDomain(true)
	org.SetRunAsUser(true)
	org.SetUserApproved(true)
	org.SetGrantEnabled(sfprov.GrantClientCredentials, true)
	assert.Equal(t, 200, c.login(t, secretForm(org)).status)
	assert.Equal(t, 200, c.login(t, jwtForm(t, org, nil)).status)

	org.RefuseLogins(2, "invalid_grant", "first")
	org.RefuseLogins(1, "invalid_grant", "second")
	for _, want := range []string{"first", "first", "second"} {
		assert.Equal(t, want, c.login(t, secretForm(org)).object(t)["error_description"])
	}
	assert.Equal(t, 200, c.login(t, secretForm(org)).status)

	for _, method := range []string{http.MethodGet, http.MethodPut} {
		r := c.send(t, method, tokenURL, "", "")
		assert.JSONEq(t, `{"error":"invalid_request","error_description":"HTTP method not supported"}`, r.body)
	}
	r := c.send(t, http.MethodPost, tokenURL, "application/x-www-form-urlencoded", "a=%zz")
	assert.JSONEq(t, `{"error":"invalid_request","error_description":"malformed request"}`, r.body)
	assert.Equal(t, 10, org.Logins())
	assert.Equal(t, 6, org.RefusedLogins())
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	const invalid, header = "INVALID_SESSION_ID", "INVALID_AUTH_HEADER"
	org := sfprovtest.NewOrg(t)
	token := logIn(t, org).token
	for name, test := range map[string]struct{ header, code string }{
		"bearer":        {"Bearer " + token, ""},
		"any case":      {"bearer " + token, ""},
		"OAuth":         {"OAuth " + token, ""},
		"none":          {"", invalid},
		"unknown":       {"Bearer x", invalid},
		"empty":         {"Bearer ", invalid},
		"other scheme":  {"Token " + token, header},
		"without":       {token, header},
		"client's own":  {"Basic eDp5", header},
		"twice a token": {"Bearer " + token + " " + token, invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &client{org: org, header: http.Header{}}
			if test.header != "" {
				c.header.Set("Authorization", test.header)
			}
			r := c.get(t, data+"/limits")
			switch test.code {
			case "":
				assert.Equal(t, 200, r.status)
			case invalid:
				isRefusal(t, r, 401, invalid, "Session expired or invalid")
			default:
				isRefusal(t, r, 401, header, header)
			}
		})
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	valid := func(c *client) bool { return c.get(t, data+"/limits").status == 200 }
	for name, exhaust := range map[string]func(org *sfprovtest.Org, use func()){
		"by time since the last use": func(org *sfprovtest.Org, use func()) {
			for range 3 {
				org.FastForward(2*time.Hour - time.Second)
				use()
			}
			org.FastForward(2 * time.Hour)
		},
		"by time that is set": func(org *sfprovtest.Org, _ func()) {
			org.SetTokenLifetime(time.Minute)
			org.FastForward(time.Minute)
		},
		"by number of requests": func(org *sfprovtest.Org, use func()) {
			org.SetTokenRequests(3)
			for range 3 {
				use()
			}
		},
		"at once": func(org *sfprovtest.Org, _ func()) { org.ExpireTokens() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			c := logIn(t, org)
			exhaust(org, func() { require.True(t, valid(c)) })
			assert.Equal(t, 0, org.Expiries(), "nobody has noticed yet")
			for range 2 {
				isRefusal(t, c.get(t, data+"/limits"), 401, "INVALID_SESSION_ID", "Session expired or invalid")
			}
			assert.Equal(t, 1, org.Expiries(), "each token counts once")
			assert.True(t, valid(logIn(t, org)))
			assert.Equal(t, 2, org.Logins())
		})
	}

	t.Run("never", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		org.SetTokenLifetime(0)
		c := logIn(t, org)
		org.FastForward(24 * 365 * time.Hour)
		assert.True(t, valid(c))
	})
}

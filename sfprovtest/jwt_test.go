package sfprovtest_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// TestAssertionsThatClientsSend: whatever a client in production calls the audience and the
// end of the assertion.
func TestAssertionsThatClientsSend(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	now := time.Now()
	audiences := map[any]bool{
		"https://login.salesforce.com": true, "https://login.salesforce.com/": true, "https://test.salesforce.com": true, "https://test.salesforce.com/": true,
		"https://LOGIN.salesforce.com": true, org.URL(): true, org.URL() + "/": true, org.URL() + tokenURL: true, "https://login.salesforce.com" + tokenURL: true,
		"https://login.salesforce.com.evil.example": false, "": false, "login.salesforce.com": false, org.URL() + "/other": false, nil: false, 1: false,
	}
	ends := map[string]struct {
		exp     any
		accepts bool
	}{
		"a minute":              {now.Add(time.Minute).Unix(), true},
		"as text":               {strconv.FormatInt(now.Add(time.Minute).Unix(), 10), true},
		"as a decimal":          {float64(now.Add(time.Minute).Unix()) + 0.5, true},
		"six minutes":           {now.Add(6 * time.Minute).Unix(), true},
		"an hour":               {now.Add(time.Hour).Unix(), true},
		"milliseconds":          {now.Add(3 * time.Minute).UnixMilli(), true},
		"nanoseconds":           {now.UnixNano(), true},
		"the end of all floats": {1e300, true},
		"past":                  {now.Add(-time.Second).Unix(), false},
		"zero":                  {0, false},
		"no number":             {"soon", false},
	}
	for audience, isOne := range audiences {
		for name, end := range ends {
			r := (&client{org: org}).login(t, jwtForm(t, org, object{"aud": audience, "exp": end.exp}))
			assert.Equal(t, isOne && end.accepts, r.status == 200, "%v, %s: %s", audience, name, r.body)
		}
	}
	several := list{"https://other.example", org.URL()}
	assert.Equal(t, 200, (&client{org: org}).login(t, jwtForm(t, org, object{"aud": several})).status)
}

// TestAudienceByAnotherName: an org has further names where it listens, such as localhost.
func TestAudienceByAnotherName(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	const name = "http://LocalHost:8080"
	for _, test := range []struct {
		host, audience string
		accepted       bool
	}{
		{"localhost:8080", name, true},
		{"localhost:8080", name + "/", true},
		{"localhost:8080", name + tokenURL, true},
		{"localhost:8080", org.URL(), true},
		{"localhost:8080", "https://localhost:8080", false},
		{"localhost:8081", name, false},
		{"", name, false},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, org.URL()+tokenURL, strings.NewReader(jwtForm(t, org, object{"aud": test.audience}).Encode()))
		require.NoError(t, err)
		req.Host = test.host
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := org.Client().Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, test.accepted, resp.StatusCode == 200, "%+v", test)
	}
}

func TestAssertionLifetime(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	status := func(ahead time.Duration) int {
		return (&client{org: org}).login(t, jwtForm(t, org, object{"exp": time.Now().Add(ahead).Unix()})).status
	}
	org.SetAssertionLifetime(3 * time.Minute)
	assert.Equal(t, []int{200, 400}, []int{status(2 * time.Minute), status(4 * time.Minute)})
	org.SetAssertionLifetime(0)
	assert.Equal(t, 200, status(time.Hour))
}

func TestPaddedAssertion(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	form := jwtForm(t, org, nil)
	padded := form.Get("assertion") + "=="
	assert.Equal(t, 200, (&client{org: org}).login(t, set(form, "assertion", padded)).status)
}

// TestGrantsThatAreMissing are told apart from those that nobody has.
func TestGrantsThatAreMissing(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for grant, isOne := range map[string]bool{
		"refresh_token": true, "authorization_code": true, "device": true, "assertion": true, "hybrid_refresh_token": true,
		"urn:ietf:params:oauth:grant-type:token-exchange": true, "urn:ietf:params:oauth:grant-type:saml2-bearer": true,
		"urn:ietf:params:oauth:grant-type:device_code": true, "magic": false, "implicit": false, "Password": false,
	} {
		r := (&client{org: org}).login(t, url.Values{"grant_type": {grant}}).object(t)
		assert.Equal(t, "unsupported_grant_type", r["error"])
		description, _ := r["error_description"].(string)
		assert.Equal(t, isOne, strings.Contains(description, "sfprovtest"), grant)
	}
}

package sfprovtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// object is a JSON object, list is a JSON array.
type (
	object = map[string]any
	list   = []any
)

const (
	data     = "/services/data/v66.0"
	users    = data + "/sobjects/User"
	tokenURL = "/services/oauth2/token"
)

// client talks to an org by plain net/http, as any language's client would.
type client struct {
	org    *sfprovtest.Org
	token  string
	header http.Header // further headers
}

// reply is what the org answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// logIn gets a client with a token.
func logIn(tb testing.TB, org *sfprovtest.Org) *client {
	tb.Helper()
	c := &client{org: org}
	r := c.login(tb, secretForm(org))
	require.Equal(tb, 200, r.status, r.body)
	c.token, _ = r.object(tb)["access_token"].(string)
	return c
}

// secretForm is a login with client credentials.
func secretForm(org *sfprovtest.Org) url.Values {
	cfg := org.Config()
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {cfg.ClientID}, "client_secret": {string(cfg.ClientSecret)}}
}

func (c *client) login(tb testing.TB, form url.Values) reply {
	tb.Helper()
	return c.send(tb, http.MethodPost, tokenURL, "application/x-www-form-urlencoded", form.Encode())
}

// try sends a request and returns what http.Client returns.
func (c *client) try(tb testing.TB, method, path, contentType, body string) (reply, error) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, c.org.URL()+path, strings.NewReader(body))
	require.NoError(tb, err)
	maps.Copy(req.Header, c.header)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" && req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.org.Client().Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	return reply{status: resp.StatusCode, header: resp.Header, body: string(answer)}, err
}

func (c *client) send(tb testing.TB, method, path, contentType, body string) reply {
	tb.Helper()
	r, err := c.try(tb, method, path, contentType, body)
	require.NoError(tb, err)
	return r
}

func (c *client) get(tb testing.TB, path string) reply {
	tb.Helper()
	return c.send(tb, http.MethodGet, path, "", "")
}

func (c *client) query(tb testing.TB, soql string) reply {
	tb.Helper()
	return c.get(tb, data+"/query?q="+url.QueryEscape(soql))
}

func (c *client) post(tb testing.TB, path string, body any) reply {
	tb.Helper()
	return c.send(tb, http.MethodPost, path, "application/json", asJSON(tb, body))
}

func (c *client) patch(tb testing.TB, id string, body any) reply {
	tb.Helper()
	return c.send(tb, http.MethodPatch, users+"/"+id, "application/json", asJSON(tb, body))
}

func asJSON(tb testing.TB, value any) string {
	tb.Helper()
	text, err := json.Marshal(value)
	require.NoError(tb, err)
	return string(text)
}

// decode reads a JSON body.
func decode[T any](tb testing.TB, body string) T {
	tb.Helper()
	var value T
	decoder := json.NewDecoder(bytes.NewBufferString(body))
	require.NoError(tb, decoder.Decode(&value), body)
	return value
}

func (r reply) object(tb testing.TB) object {
	tb.Helper()
	return decode[object](tb, r.body)
}

// isRefusal checks an error of the data API. nil fields want no such key.
func isRefusal(tb testing.TB, r reply, status int, code, message string, fields ...any) {
	tb.Helper()
	want := object{"errorCode": code, "message": message}
	if fields != nil {
		want["fields"] = append(list{}, fields...)
	}
	assert.Equal(tb, status, r.status)
	assert.Equal(tb, list{want}, decode[list](tb, r.body))
	assert.Equal(tb, "application/json;charset=UTF-8", r.header.Get("Content-Type"))
}

// none is an empty list of fields.
var none = []any{}

// alice is a body that creates a user, with changes; a nil value leaves a field
// out.
func alice(org *sfprovtest.Org, changes object) object {
	body := object{
		"Username": "alice@acme.example", "LastName": "Jones", "Email": "alice@acme.example", "Alias": "alice",
		"ProfileId": org.ProfileID("Standard User"), "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US",
		"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
	}
	for name, value := range changes {
		if body[name] = value; value == nil {
			delete(body, name)
		}
	}
	return body
}

// seeded is an org with a client and a user.
func seeded(tb testing.TB, fields sfprov.Fields) (*sfprovtest.Org, *client, string) {
	tb.Helper()
	org := sfprovtest.NewOrg(tb)
	return org, logIn(tb, org), org.AddUser(fields)
}

package conformance_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"github.com/sfprov/sfprov/sfprovtest"
)

// wire sends requests as some client does, with a token and a version of the API.
type wire struct {
	org     *sfprovtest.Org
	client  *http.Client
	version string
}

func wireOf(t *testing.T, org *sfprovtest.Org, token *oauth2.Token, version string) wire {
	t.Helper()
	return wire{org: org, client: oauth2.NewClient(over(t, org), oauth2.StaticTokenSource(token)), version: version}
}

// newWire is for an org over http, with a token by client credentials.
func newWire(t *testing.T, version string) wire {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	token, err := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Token(over(t, org))
	require.NoError(t, err)
	return wireOf(t, org, token, version)
}

// send sends to a path below the version, or to one that begins with a slash.
func (w wire) send(t *testing.T, method, path string, body any) (status int, answer string) {
	t.Helper()
	if path[0] != '/' {
		path = "/services/data/" + w.version + "/" + path
	}
	var encoded []byte
	if body != nil {
		var err error
		encoded, err = json.Marshal(body)
		require.NoError(t, err)
	}
	status, _, answer = exchange(t, w.client, method, w.org.URL()+path, string(encoded))
	return status, answer
}

// do insists on a status, and decodes the answer.
func (w wire) do(t *testing.T, want int, method, path string, body, into any) {
	t.Helper()
	status, answer := w.send(t, method, path, body)
	require.Equal(t, want, status, "%s %s: %s", method, path, answer)
	if into != nil {
		require.NoError(t, json.Unmarshal([]byte(answer), into), answer)
	}
}

// create creates a record and returns its ID.
func (w wire) create(t *testing.T, object string, fields any) string {
	t.Helper()
	var made struct {
		ID      string `json:"id"`
		Success bool
	}
	w.do(t, http.StatusCreated, http.MethodPost, "sobjects/"+object, fields, &made)
	require.True(t, made.Success)
	return made.ID
}

// queried is the answer to a query.
type queried struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string `json:"nextRecordsUrl"`
	Records        []map[string]any
}

// query asks for all pages.
func (w wire) query(t *testing.T, soql string) []map[string]any {
	t.Helper()
	next := "query?" + url.Values{"q": {soql}}.Encode()
	var all []map[string]any
	for next != "" {
		var page queried
		w.do(t, http.StatusOK, http.MethodGet, next, nil, &page)
		all, next = append(all, page.Records...), page.NextRecordsURL
	}
	return all
}

// refused insists on an error with a code, and returns its message.
func (w wire) refused(t *testing.T, code, method, path string, body any) string {
	t.Helper()
	status, answer := w.send(t, method, path, body)
	require.GreaterOrEqual(t, status, 400, answer)
	var problems []struct{ ErrorCode, Message string }
	require.NoError(t, json.Unmarshal([]byte(answer), &problems), answer)
	require.NotEmpty(t, problems)
	require.Equal(t, code, problems[0].ErrorCode, answer)
	return problems[0].Message
}

// soqlPath is the path of a query.
func soqlPath(soql string) string { return "query?" + url.Values{"q": {soql}}.Encode() }

// field is a value inside of a record: field(r, "Profile", "Name").
func field(record map[string]any, path ...string) any {
	for _, name := range path[:len(path)-1] {
		record, _ = record[name].(map[string]any)
	}
	return record[path[len(path)-1]]
}

// assertionToken logs in with an assertion for an audience, valid for a while.
func assertionToken(ctx context.Context, org *sfprovtest.Org, audience string, valid time.Duration) (*oauth2.Token, error) {
	cfg := org.Config()
	app := &jwt.Config{
		Email: cfg.ClientID, Subject: cfg.Username, PrivateKey: []byte(cfg.PrivateKey),
		Audience: audience, TokenURL: cfg.Domain + tokenPath, Expires: valid,
	}
	return app.TokenSource(ctx).Token()
}

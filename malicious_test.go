package sfprov_test

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// kinds of content mean nothing: the body decides.
var kinds = []string{"", "text/html", "text/plain", "application/x-www-form-urlencoded", `image/png; x="`, "application/json; charset=utf-16", strings.Repeat("x", 1<<16)}

// sane will do as an answer to a login, and to all calls but a create.
const sane = `{"access_token":"token-1","Username":"alice@primary.com","IsActive":false,"success":true,"done":true,"records":[]}`

func say(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{kind}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// malicious serves a token endpoint and a data API to a Provisioner for each grant.
func malicious(t *testing.T, token, data http.HandlerFunc) (provisioners []*sfprov.Provisioner) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/services/oauth2/token", token)
	mux.HandleFunc("/services/data/", data)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	cfg := sfprovtest.NewOrg(t).Config()
	for _, grant := range allGrants {
		cfg.Domain, cfg.GrantType, cfg.ProvisioningDomain, cfg.MatchField = server.URL, sfprov.GrantType(grant), "primary.com", "FederationIdentifier"
		p, err := sfprov.New(cfg)
		require.NoError(t, err)
		provisioners = append(provisioners, p)
	}
	return provisioners
}

// assertNothingWorks wants errors, whether the data API or the token endpoint answers so.
func assertNothingWorks(t *testing.T, answer http.HandlerFunc, what string) {
	t.Helper()
	for name, err := range calls(t.Context(), malicious(t, say(http.StatusOK, "", sane), answer)[0], aliceID, employee("alice", "E1")) {
		require.Error(t, err, "%s %s", name, what)
		require.NotErrorIs(t, err, sfprov.ErrNotFound, "%s %s", name, what)
		assertReadable(t, err.Error(), name+" "+what)
	}
	for _, p := range malicious(t, answer, say(http.StatusOK, "", sane)) {
		_, err := p.Find(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrAuth, what)
		assertReadable(t, err.Error(), "login "+what)
	}
}

func TestMaliciousBodies(t *testing.T) {
	t.Parallel()
	forged := `"X\r\nforged \u001b[2J\u202e\u0000\u2028` + strings.Repeat("long", 1<<14) + `"`
	bodies := []string{
		"", "null", "true", "[]", "{}", `"x"`, "<html><body>success</body></html>", "success=true&access_token=", sane + "x", sane[:len(sane)-1], "\ufeff\ufeff" + sane, "\x00",
		`[{"errorCode":` + forged + `}]`, `[{"errorCode":"X","message":` + forged + `}]`, `[{"errorCode":"X","fields":[` + forged + `]}]`, `{"error":` + forged + `}`, `{"error":"x","error_description":` + forged + `}`,
		`[` + strings.Repeat(`{"errorCode":"X"},`, 10_000) + `{}]`, `[{"errorCode":"X","fields":[` + strings.Repeat(`"X",`, 10_000) + `"X"]}]`,
	}
	arrays, objects := strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000), strings.Repeat(`{"x":`, 10_000)+"1"+strings.Repeat("}", 10_000)
	for _, frame := range []string{"%s", `{"access_token":%s}`, `{"access_token":"x","id":%s}`, `{"done":true,"records":%s}`, `{"done":true,"records":[{"Id":%s}]}`, `[{"errorCode":"X","fields":%s}]`} {
		bodies = append(bodies, fmt.Sprintf(frame, arrays), fmt.Sprintf(frame, objects))
	}
	for i, body := range bodies {
		assertNothingWorks(t, say(http.StatusOK, kinds[i%len(kinds)], body), fmt.Sprintf("%.60q", body))
		assertNothingWorks(t, say(http.StatusBadRequest, kinds[i%len(kinds)], body), fmt.Sprintf("%.60q", body))
	}
}

func TestMaliciousEndlessBodies(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder // a megabyte in a kilobyte, which may be repeated
	zip := gzip.NewWriter(&bomb)
	_, err := zip.Write(make([]byte, 1<<20))
	require.NoError(t, errors.Join(err, zip.Close()))
	for start, more := range map[string]string{"[": "[", `{"access_token":"`: "t", `[{"errorCode":"`: "X", "": bomb.String()} {
		var sent atomic.Int64
		assertNothingWorks(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Encoding"] = map[string][]string{"": {"gzip"}}[start]
			n, err := io.WriteString(w, start)
			for chunk := []byte(strings.Repeat(more, 1+1<<16/len(more))); err == nil; n, err = w.Write(chunk) {
				sent.Add(int64(n))
			}
		}, start)
		assert.Less(t, sent.Load(), int64(10*16<<20), start)
	}
}

// Without a deadline, nothing but the library itself ends such a query.
func TestMaliciousEndlessPages(t *testing.T) {
	t.Parallel()
	for _, record := range []string{"", `{"Id":"` + aliceID + `","Username":"alice@primary.com","IsActive":true,"FederationIdentifier":"E1"}`} {
		var pages atomic.Int64
		_, err := malicious(t, say(http.StatusOK, "", sane), func(w http.ResponseWriter, _ *http.Request) {
			n := pages.Add(1)
			_, _ = fmt.Fprintf(w, `{"done":%t,"nextRecordsUrl":"/services/data/v66.0/query/01g-%d","records":[%s]}`, n >= 2000, n, record)
		})[0].Find(t.Context(), employee("alice", "E1"))
		assert.True(t, err != nil && pages.Load() < 2000, "%d pages of [%.30s], then %v", pages.Load(), record, err)
	}
}

func TestMaliciousAddressesAreNotFollowed(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int64
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	t.Cleanup(evil.Close)
	host, path := strings.TrimPrefix(evil.URL, "http://"), "/services/data/v66.0/query/01g-2000"
	for _, location := range []string{
		evil.URL + path, "//" + host + path, `\\` + host + path, `/\` + host + path, "///" + host + path, "http:" + path, "@" + host + path, ":80@" + host + path, "." + host + path,
		"/services/data/../oauth2/token", "/services/data/%2e%2e/oauth2/token", "/services/data/..%2foauth2", `/services/data/..\x`, path + "?q=SELECT+Id+FROM+User", path + "?", path + "#x", path + "\r\nEvil: 1", path + " ", "", "..",
	} {
		assertNothingWorks(t, say(http.StatusOK, "", fmt.Sprintf(`{"done":false,"nextRecordsUrl":%q}`, location)), location)
	}
	for _, status := range []int{201, 301, 302, 303, 307, 308, 401} {
		for _, location := range []string{evil.URL + path, "//" + host + path, `/\` + host + path} {
			assertNothingWorks(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(status)
			}, fmt.Sprint(status, location))
		}
	}
	assert.Zero(t, stolen.Load())
}

// A token that can't be one is a refused login: no create is in doubt, and it is not kept.
func TestMaliciousTokens(t *testing.T) {
	t.Parallel()
	tooLong := strings.Repeat("t", 900_000) // for Salesforce's 16,384 bytes of headers
	for i, token := range []string{
		`"t\r\nEvil: 1"`, `"t\nx"`, `"t\u0000"`, `"t\u007f"`, `" "`, `"\t"`, `"é"`, `"\ud800"`, `1`, `null`, `["t"]`, `{}`, `true`, `""`, `"t","token_type":1`, `"t","expires_in":"x"`,
		`"` + strings.Repeat("t", 1<<20) + `"`, `"` + tooLong + `"`,
	} {
		var well atomic.Bool
		for _, p := range malicious(t, func(w http.ResponseWriter, r *http.Request) {
			say(http.StatusOK, kinds[i%len(kinds)], map[bool]string{false: `{"access_token":` + token + `}`, true: `{"id":["x"],"scope":{},` + sane[1:]}[well.Load()])(w, r)
		}, func(w http.ResponseWriter, r *http.Request) {
			status := map[string]int{"Bearer token-1": http.StatusOK, "Bearer " + tooLong: http.StatusRequestHeaderFieldsTooLarge}[r.Header.Get("Authorization")]
			say(cmp.Or(status, http.StatusUnauthorized), kinds[i%len(kinds)], sane)(w, r)
		}) {
			well.Store(false)
			_, err := p.Create(t.Context(), alice())
			isRefusal := errors.Is(err, sfprov.ErrAuth) && !errors.Is(err, sfprov.ErrOutcomeUnknown)
			assert.True(t, isRefusal, "%.60q: %v", token, err)
			well.Store(true)
			_, err = p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})
			assert.NoError(t, err, "%.60q", token)
		}
	}
}

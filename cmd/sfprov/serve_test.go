package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

const serveToken = "a token of more than sixteen"

// TestMain puts the tokens of services and sources into the environment, where the command
// reads them.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sfprov")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "token"), []byte(serveToken+"\n"), 0o600)
	}
	err = errors.Join(err, os.Setenv(serveTokenVariable+"_FILE", filepath.Join(dir, "token")), os.Setenv(sourceTokenVariable, "of the source"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// identities is a source over HTTP.
type identities struct {
	mu    sync.Mutex
	users map[string]map[string]string
	asked []string
}

func (i *identities) change(work func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	work()
}

func (i *identities) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = append(i.asked, r.Header.Get("Authorization")+" "+r.URL.EscapedPath())
	id, isUser := strings.CutPrefix(r.URL.Path, "/users/")
	if !isUser {
		for _, id := range slices.Sorted(maps.Keys(i.users)) {
			if err := json.NewEncoder(w).Encode(i.users[id]); err != nil {
				return
			}
		}
		return
	}
	u, found := i.users[id]
	if !found {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if err := json.NewEncoder(w).Encode(u); err != nil {
		return
	}
}

func identity(number, name, title string) map[string]string {
	return map[string]string{"username": name, "sub": number, "family_name": strings.ToUpper(name), "email": name + "@acme.com", "title": title}
}

// served is a service that runs until the test ends, or stop is called.
type served struct {
	url  string
	log  *lockedBuffer
	stop func() int
}

func startService(t *testing.T, args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &served{log: &lockedBuffer{}}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"sfprov", "serve", "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""), io.Discard, s.log)
	}()
	s.stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { assert.Equal(t, exitFine, s.stop(), s.log.String()) })
	require.Eventually(t, func() bool {
		_, rest, found := strings.Cut(s.log.String(), "serving on ")
		s.url, _, _ = strings.Cut(rest, "\n")
		return found
	}, 20*time.Second, 5*time.Millisecond, "%v", s.log)
	return s
}

// post sends an event.
func (s *served) post(t *testing.T, token, body string) (status int, answer map[string]string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/changed", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", token)
	return exchange(t, req)
}

func (s *served) get(t *testing.T, path string) (status int, answer map[string]string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
	require.NoError(t, err)
	return exchange(t, req)
}

// metrics are what Prometheus would scrape.
func (s *served) metrics(t *testing.T) string {
	t.Helper()
	resp, err := (&http.Client{}).Get(s.url + "/metrics")
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

func exchange(t *testing.T, req *http.Request) (status int, answer map[string]string) {
	t.Helper()
	resp, err := (&http.Client{}).Do(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	_ = json.Unmarshal(text, &answer)
	return resp.StatusCode, answer
}

// soon waits for something that the service does.
func soon(t *testing.T, what func() bool) {
	t.Helper()
	require.Eventually(t, what, 30*time.Second, 20*time.Millisecond)
}

// TestServing: an event brings a user in step with the source, survives a restart, and is
// shown by the queue's commands; who is gone at the source is deactivated.
func TestServing(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	src := &identities{users: map[string]map[string]string{"E-1": identity("E-1", "alice", "CEO"), "E-2": identity("E-2", "bob", "Clerk")}}
	server := httptest.NewServer(src)
	t.Cleanup(server.Close)
	queue := filepath.Join(t.TempDir(), "queue.db")
	args := []string{"--config", configOf(t, org, nil), "--queue", queue, "--mapping", fileOf(t, "mapping.json", mapping), "--source", server.URL + "/users/{id}"}
	s := startService(t, args...)

	for name, test := range map[string]struct {
		token, body string
		status      int
		says        string
	}{
		"no token":       {"", `{"user":"E-1"}`, 401, "no Bearer"},
		"wrong token":    {"Bearer x", `{"user":"E-1"}`, 401, "not the token of SFPROV_SERVE_TOKEN"},
		"no body":        {"Bearer " + serveToken, ``, 400, `no object such as {"user": "4711"`},
		"misspelt":       {"Bearer " + serveToken, `{"usr":"E-1"}`, 400, "usr"},
		"nobody":         {"Bearer " + serveToken, `{"id":"x"}`, 400, "User is empty"},
		"a brace more":   {"Bearer " + serveToken, `{"user":"E-1"}}`, 400, "goes on after its end"},
		"no text":        {"Bearer " + serveToken, "{\"user\":\"E-\xff\"}", 400, "not valid UTF-8"},
		"half a letter":  {"Bearer " + serveToken, `{"user":"E-\ud800"}`, 400, "no valid Unicode"},
		"two objects":    {"Bearer " + serveToken, `{"user":"E-1"}{"user":"E-2"}`, 400, "goes on after its end"},
		"much too large": {"Bearer " + serveToken, `{"user":"` + strings.Repeat("x", 100_000) + `"}`, 400, "too large"},
	} {
		status, answer := s.post(t, test.token, test.body)
		assert.Equal(t, test.status, status, name)
		assert.Contains(t, answer["error"], test.says, name)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		status, answer := s.get(t, path)
		assert.Equal(t, 200, status, answer)
	}

	status, answer := s.post(t, "Bearer "+serveToken, `{"user":"E-1","id":"delivery-1"}`)
	assert.Equal(t, 202, status)
	assert.Equal(t, "delivery-1", answer["id"])
	status, answer = s.post(t, "Bearer "+serveToken, `{"user":"E-2"}`)
	assert.Equal(t, 202, status)
	assert.NotEmpty(t, answer["id"])
	soon(t, func() bool {
		u, there := org.UserByUsername("alice@acme.com")
		return there && u.Fields["Title"] == "CEO"
	})
	soon(t, func() bool { u, _ := org.UserByUsername("bob@acme.com"); return u.Fields["Title"] == "Clerk" })
	assert.Contains(t, src.asked, "Bearer of the source /users/E-1")

	assert.Equal(t, exitFine, s.stop())
	src.change(func() { delete(src.users, "E-1"); src.users["E-2"]["email"] = "no address" })
	s = startService(t, args...)
	for _, user := range []string{"E-2", "E-1"} {
		status, _ = s.post(t, "Bearer "+serveToken, fmt.Sprintf(`{"user":%q,"id":"later-%[1]s"}`, user))
		require.Equal(t, 202, status)
	}
	soon(t, func() bool { u, _ := org.UserByUsername("alice@acme.com"); return !u.Active })

	soon(t, func() bool {
		_, out, _ := invoke(t, "queue", "list", "--queue", queue)
		return strings.Contains(out, "dead")
	})
	measured := s.metrics(t)
	for _, line := range []string{
		`sfprov_queue_dead{`, `sfprov_outcomes_total`, `sfprov_operation_duration_seconds_count`, `http_client_request_duration_seconds_count`,
		`sfprov_api_usage`, `sfprov_login_duration_seconds_count`, `messaging_process_duration_seconds_count`, `error_type="invalid_input"`,
	} {
		assert.Contains(t, measured, line)
	}
	code, out, errs := invoke(t, "queue", "list", "--queue", queue)
	assert.Equal(t, exitFine, code)
	assert.Regexp(t, `later-E-2 +E-2 +dead +1 .*invalid_input`, out)
	assert.NotContains(t, out, "delivery-1", "it is done")
	assert.Equal(t, "0 wait, 1 are dead\n", errs)
	_, out, _ = invoke(t, "queue", "show", "--queue", queue, "later-E-2")
	assert.Contains(t, out, `Email is "no address"`)
	_, out, _ = invoke(t, "queue", "show", "--queue", queue, "delivery-1")
	assert.Regexp(t, `action +created`, out)
	_, out, _ = invoke(t, "--json", "queue", "list", "--queue", queue, "--user", "E-1")
	assert.Equal(t, 2, strings.Count(out, `"done"`), out)
	src.change(func() { src.users["E-2"] = identity("E-2", "bob", "Head") })
	code, _, errs = invoke(t, "queue", "retry", "--queue", queue, "later-E-2", "delivery-1")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "1 of 2 wait to be worked on again")
	soon(t, func() bool { u, _ := org.UserByUsername("bob@acme.com"); return u.Fields["Title"] == "Head" })
}

// TestA404OfAWrongAddress: it deactivates nobody, because the source has not yet told of
// anybody.
func TestA404OfAWrongAddress(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	queue := filepath.Join(t.TempDir(), "queue.db")
	s := startService(t, "--config", configOf(t, org, nil), "--queue", queue, "--source", server.URL+"/wrong/{id}", "--source-list", server.URL+"/wrong")
	status, _ := s.post(t, "Bearer "+serveToken, `{"user":"E-2","id":"x"}`)
	require.Equal(t, 202, status)
	soon(t, func() bool {
		_, out, _ := invoke(t, "queue", "show", "--queue", queue, "x")
		return strings.Contains(out, "has not told of any user yet")
	})
	u, _ := org.UserByUsername("bob@acme.com")
	assert.True(t, u.Active)
}

// TestAWrongAddressBesideARightList: that the list answers says nothing of the other address.
func TestAWrongAddressBesideARightList(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	src := &identities{users: map[string]map[string]string{"E-2": identity("E-2", "bob", "Clerk")}}
	server := httptest.NewServer(src)
	t.Cleanup(server.Close)
	queue := filepath.Join(t.TempDir(), "queue.db")
	args := []string{"--config", configOf(t, org, nil), "--queue", queue, "--mapping", fileOf(t, "mapping.json", mapping), "--source-list", server.URL + "/all"}
	s := startService(t, append(args, "--source", server.URL+"/users/v2/{id}")...)
	status, _ := s.post(t, "Bearer "+serveToken, `{"user":"E-2","id":"x"}`)
	require.Equal(t, 202, status)
	soon(t, func() bool {
		_, out, _ := invoke(t, "queue", "show", "--queue", queue, "x")
		return strings.Contains(out, "404")
	})
	u, _ := org.UserByUsername("bob@acme.com")
	assert.True(t, u.Active)
	s.stop()

	s = startService(t, append(args, "--source", server.URL+"/users/{id}")...)
	status, _ = s.post(t, "Bearer "+serveToken, `{"user":"E-4"}`)
	require.Equal(t, 202, status)
	soon(t, func() bool { u, _ := org.UserByUsername("dave@acme.com"); return !u.Active })
}

// TestServingAFile: a file is a source too, and reconciling finds leavers of whom no event
// told.
func TestServingAFile(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	file := fileOf(t, "people.csv", people)
	s := startService(t, "--config", configOf(t, org, nil), "--queue", filepath.Join(t.TempDir(), "queue.db"), "--mapping", fileOf(t, "mapping.json", mapping),
		"--source", file, "--reconcile", "1h")
	soon(t, func() bool { return strings.Contains(s.log.String(), `"reconciled"`) })
	u, _ := org.UserByUsername("gone@acme.com")
	assert.False(t, u.Active)
	u, _ = org.UserByUsername("alice@acme.com")
	assert.Equal(t, "CEO", u.Fields["Title"])
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(people, "CEO", "Chair", 1)), 0o600))
	status, _ := s.post(t, "Bearer "+serveToken, `{"user":"E-1"}`)
	require.Equal(t, 202, status)
	soon(t, func() bool { u, _ := org.UserByUsername("alice@acme.com"); return u.Fields["Title"] == "Chair" })
}

// TestAPausedService: where the set-up is at fault, readiness and the queue's commands say
// why, and it goes on when it is told to.
func TestAPausedService(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	org.SetRunAsUser(false)
	queue := filepath.Join(t.TempDir(), "queue.db")
	s := startService(t, "--config", configOf(t, org, nil), "--queue", queue, "--mapping", fileOf(t, "mapping.json", mapping), "--source", fileOf(t, "people.csv", people))
	status, _ := s.post(t, "Bearer "+serveToken, `{"user":"E-1"}`)
	require.Equal(t, 202, status, "events are taken all the same")
	soon(t, func() bool {
		status, answer := s.get(t, "/readyz")
		return status == 503 && strings.Contains(answer["error"], "paused")
	})
	status, _ = s.get(t, "/healthz")
	assert.Equal(t, 200, status)
	_, _, errs := invoke(t, "queue", "list", "--queue", queue)
	assert.Contains(t, errs, "sfprov queue resume")
	org.SetRunAsUser(true)
	code, _, errs := invoke(t, "queue", "resume", "--queue", queue)
	require.Equal(t, exitFine, code, errs)
	soon(t, func() bool { _, there := org.UserByUsername("alice@acme.com"); return there })
}

// TestServeThatCanNotBegin: all that is wrong is said, before anything is begun.
func TestServeThatCanNotBegin(t *testing.T) {
	t.Parallel()
	for text, getenv := range map[string]func(string) string{
		"is missing or has less than 16": func(string) string { return "" },
		"such as":                        func(name string) string { return map[string]string{serveTokenVariable: "short"}[name] },
		"no such file":                   func(name string) string { return map[string]string{serveTokenVariable + "_FILE": "/nowhere"}[name] },
	} {
		_, err := serveTokenOf(getenv)
		require.ErrorContains(t, err, text)
	}
	org := sfprovtest.NewOrg(t)
	config := configOf(t, org, nil)
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"of the service": {[]string{"--tls-cert", "x", "--listen", "8080", "--reconcile", "1s"}, []string{
			"--tls-cert and --tls-key", "--listen wants a host and a port", "a minute is the least",
		}},
	} {
		code, _, errs := invoke(t, append([]string{"serve", "--config", config}, test.args...)...)
		assert.Equal(t, exitUsage, code, name)
		for _, text := range test.says {
			assert.Contains(t, errs, text, name)
		}
	}
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"no source":        {nil, []string{"--source is missing"}},
		"no place":         {[]string{"--source", "https://x/users", "--source-list", "ftp://x", "--source-format", "xml", "--reconcile", "1h"}, []string{"has no {id}", "no http or https URL", "one of flat and scim"}},
		"no list":          {[]string{"--source", "https://x/{id}", "--reconcile", "1h"}, []string{"--reconcile needs --source-list"}},
		"a list of a file": {[]string{"--source", "x.csv", "--source-list", "https://x"}, []string{"a file has all users"}},
		"no match field":   {[]string{"--source", "x.csv", "--config", configOf(t, org, map[string]any{"matchField": ""})}, []string{"give --match-field"}},
	} {
		code, _, errs := invoke(t, append([]string{"serve", "--config", config, "--queue", filepath.Join(t.TempDir(), "q")}, test.args...)...)
		assert.Equal(t, exitUsage, code, name)
		for _, text := range test.says {
			assert.Contains(t, errs, text, name)
		}
	}
	queue := filepath.Join(t.TempDir(), "q")
	code, _, errs := invoke(t, "queue", "list", "--queue", queue)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "there is no queue, which serve makes")
	assert.NoFileExists(t, queue)
	require.NoError(t, os.WriteFile(queue, nil, 0o600))
	code, _, errs = invoke(t, "queue", "list", "--queue", queue, "--state", "lost")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "waiting, done, dead and merged")
	code, _, errs = invoke(t, "queue", "show", "--queue", queue, "x")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, `there is no event "x"`)
}

// TestSourceLists: JSON Lines and arrays are read, what breaks off is an error, and SCIM is
// one of the formats.
func TestSourceLists(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, format string
		status, want int
		fails        string
	}{
		"lines":         {`{"username":"a"}` + "\n" + `{"username":"b"}` + "\n", "flat", 200, 2, ""},
		"array":         {` [{"username":"a"},{"username":"b"}] `, "flat", 200, 2, ""},
		"empty array":   {`[]`, "flat", 200, 0, ""},
		"nothing":       {``, "flat", 200, 0, ""},
		"marked":        {"\uFEFF[" + `{"username":"a"}]`, "flat", 200, 1, ""},
		"scim":          {`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a","name":{"familyName":"A"}}`, "scim", 200, 1, ""},
		"cut array":     {`[{"username":"a"},`, "flat", 200, 1, "breaks off"},
		"cut line":      {`{"username":"a"}` + "\n" + `{"user`, "flat", 200, 1, "breaks off"},
		"two arrays":    {`[{"username":"a"}][{"username":"b"}]`, "flat", 200, 1, "goes on after its end"},
		"more":          {`[{"username":"a"}] and an error`, "flat", 200, 1, "goes on after its end"},
		"unnamed":       {`[{"name":"a"}]`, "flat", 200, 0, `no "username"`},
		"a server down": {`<html>`, "flat", 502, 0, "502"},
		"a page":        {`<html>`, "flat", 200, 0, "breaks off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			t.Cleanup(server.Close)
			m, err := loadMapping("")
			require.NoError(t, err)
			s := &httpSource{all: server.URL, parse: sourceFormats[test.format], mapping: m, client: server.Client()}
			n := 0
			var failed error
			for _, err := range s.Users(t.Context()) {
				if failed = err; err == nil {
					n++
				}
			}
			assert.Equal(t, test.want, n)
			if test.fails == "" {
				require.NoError(t, failed)
			} else {
				require.ErrorContains(t, failed, test.fails)
			}
		})
	}
}

// TestAddressesOfUsers: an identifier can't lead elsewhere.
func TestAddressesOfUsers(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "https://x/users/a%2F..%2Fb%3Fc", addressOf("https://x/users/{id}", "a/../b?c"))
	assert.Equal(t, "https://x/users?id=a%26b%2Fc&all=1", addressOf("https://x/users?id={id}&all=1", "a&b/c"))
	_, err := (&httpSource{}).User(t.Context(), "..")
	require.ErrorContains(t, err, "can be no part of a URL")
}

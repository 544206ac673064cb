package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// ask sends a call to the control endpoint.
func ask(t *testing.T, url, method, path, body string, headers ...string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	read, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(read)
}

// controlled is an org with a control endpoint.
func controlled(t *testing.T) (org *sfprovtest.Org, url string) {
	t.Helper()
	org = sfprovtest.NewOrg(t)
	control, err := startControl(t.Context(), "127.0.0.1:0", org, &standingFaults{org: org})
	require.NoError(t, err)
	t.Cleanup(control.close)
	return org, control.url
}

// send sends a request to the data API, and returns the status; 0 if there is no answer.
func send(t *testing.T, org *sfprovtest.Org, token, method, path, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, org.URL()+"/services/data/v66.0"+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := org.Client().Do(request)
	if err != nil {
		return 0
	}
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func query(t *testing.T, org *sfprovtest.Org, token string) int {
	t.Helper()
	return send(t, org, token, http.MethodGet, "/query?q=SELECT+Id+FROM+User", "")
}

func logIn(t *testing.T, org *sfprovtest.Org) (token string) {
	t.Helper()
	cfg := org.Config()
	response, err := new(http.Client).PostForm(org.URL()+"/services/oauth2/token", map[string][]string{
		"grant_type": {"client_credentials"}, "client_id": {cfg.ClientID}, "client_secret": {string(cfg.ClientSecret)},
	})
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	var answer struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer.Token
}

// controlTest is the test of one call, in an org with a user, Alice Jones.
type controlTest struct {
	*testing.T

	org  *sfprovtest.Org
	id   string        // of the user
	call func() string // which answers this
}

// Each call does what the documentation says, with the body that it shows.
func TestControlCalls(t *testing.T) {
	t.Parallel()
	documented := map[string]string{} // the bodies, by call
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:GET|POST|DELETE) [^`]*)` \\| .* \\|(?: `(.*)`)? \\|$").FindAllStringSubmatch(doc(t), -1) {
		documented[row[1]] = row[2]
	}
	tests := map[string]func(t controlTest){
		"GET /faults": func(t controlTest) {
			assert.JSONEq(t, `{"rules":[],"struck":{}}`, t.call())
		},
		"POST /faults": func(t controlTest) {
			t.call()
			token, refused := logIn(t.T, t.org), 0
			for range 200 {
				if send(t.T, t.org, token, http.MethodPost, "/sobjects/User", "{") == http.StatusBadRequest {
					refused++
				}
			}
			assert.Equal(t, 200, refused, "by the org itself")
			assert.InDelta(t, 10, t.org.FaultCounts()["UNABLE_TO_LOCK_ROW"], 9, "0.05 of 200")
		},
		"DELETE /faults": func(t controlTest) {
			t.org.SetFaultPlan(sfprovtest.Turmoil(1, 1))
			t.call()
			assert.Equal(t, http.StatusOK, query(t.T, t.org, logIn(t.T, t.org)))
		},
		"GET /requests": func(t controlTest) {
			token := logIn(t.T, t.org)
			query(t.T, t.org, token)
			seen := t.call()
			assert.Contains(t, seen, `"path":"/services/data/v66.0/query"`)
			assert.Contains(t, seen, `"query":"SELECT Id FROM User"`)
			assert.Contains(t, seen, `"status":200`)
			assert.NotContains(t, seen, token)
		},
		"DELETE /requests": func(t controlTest) {
			query(t.T, t.org, logIn(t.T, t.org))
			t.call()
			assert.Empty(t, t.org.Requests())
		},
		"GET /logins": func(t controlTest) {
			logIn(t.T, t.org)
			assert.JSONEq(t, `{"logins":1,"refused":0,"expiries":0}`, t.call())
		},
		"POST /tokens/expire": func(t controlTest) {
			token := logIn(t.T, t.org)
			t.call()
			assert.Equal(t, http.StatusUnauthorized, query(t.T, t.org, token))
		},
		"POST /time": func(t controlTest) {
			token := logIn(t.T, t.org)
			t.call()
			assert.Equal(t, http.StatusUnauthorized, query(t.T, t.org, token), "sessions end after two hours")
		},
		"POST /licenses": func(t controlTest) {
			t.call()
			assert.Panics(t, func() {
				for range 11 {
					t.org.AddUser(nil)
				}
			})
		},
		"POST /limits": func(t controlTest) {
			t.call()
			token := logIn(t.T, t.org)
			for range 100 {
				require.Equal(t, http.StatusOK, query(t.T, t.org, token))
			}
			assert.Equal(t, http.StatusForbidden, query(t.T, t.org, token))
		},
		"GET /users": func(t controlTest) {
			var users []map[string]any
			require.NoError(t, json.Unmarshal([]byte(t.call()), &users))
			assert.Len(t, users, len(t.org.Users()))
			assert.Equal(t, t.id, users[len(users)-1]["id"])
		},
		"GET /users/{id}": func(t controlTest) {
			t.org.Freeze(t.id, true)
			var user map[string]any
			require.NoError(t, json.Unmarshal([]byte(t.call()), &user))
			assert.Equal(t, "alice@x.example", user["username"])
			assert.Equal(t, true, user["active"])
			assert.Equal(t, true, user["frozen"])
			assert.Equal(t, "Jones", user["fields"].(map[string]any)["LastName"])
		},
		"POST /users/{id}/freeze": func(t controlTest) {
			t.call()
			user, _ := t.org.User(t.id)
			assert.True(t, user.Frozen)
		},
		"POST /users/{id}/unfreeze": func(t controlTest) {
			t.org.Freeze(t.id, true)
			t.call()
			user, _ := t.org.User(t.id)
			assert.False(t, user.Frozen)
		},
		"POST /users/{id}/confirm-email": func(t controlTest) {
			send(t.T, t.org, logIn(t.T, t.org), http.MethodPatch, "/sobjects/User/"+t.id, `{"Email":"new@x.example"}`)
			t.call()
			user, _ := t.org.User(t.id)
			assert.Equal(t, "new@x.example", user.Fields["Email"])
		},
	}
	require.Len(t, tests, len(controlCalls(nil, nil)), "each has a test")
	for pattern, test := range tests {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			org, url := controlled(t)
			id := org.AddUser(map[string]any{"Username": "alice@x.example", "LastName": "Jones"})
			method, path, _ := strings.Cut(strings.ReplaceAll(pattern, "{id}", id), " ")
			body, known := documented[pattern]
			require.True(t, known)
			test(controlTest{t, org, id, func() string {
				status, answer := ask(t, url, method, path, body)
				if method == http.MethodGet {
					assert.Equal(t, http.StatusOK, status)
				} else {
					assert.Equal(t, http.StatusNoContent, status, answer)
				}
				return answer
			}})
		})
	}
}

func TestControlTellsOfMistakes(t *testing.T) {
	t.Parallel()
	org, url := controlled(t)
	for _, tt := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/", "", 404, "there is no GET /; there is GET /faults, POST /faults"},
		{"PUT", "/faults", "", 404, "there is no PUT /faults"},
		{"POST", "/faults", "", 400, `the body must be like {\"fault\"`},
		{"POST", "/faults", "{}", 400, "the body must be like"},
		{"POST", "/faults", `{"fault": 5}`, 400, "the body must be like"},
		{"POST", "/faults", `{"fault": "dropped", "times": 2}`, 400, "times"},
		{"POST", "/faults", `{"fault": "dropped"} {}`, 400, "more after the object"},
		{"POST", "/faults", `{"fault": "earthquake"}`, 400, "there are answer-cut"},
		{"POST", "/time", `{"forward": "yesterday"}`, 400, "2h30m"},
		{"POST", "/time", `{"forward": "-2h"}`, 400, "2h30m"},
		{"POST", "/licenses", `{"license": "Golf"}`, 400, "the body must be like"},
		{"POST", "/licenses", `{"license": "Golf", "total": 1}`, 400, "no licence Golf"},
		{"POST", "/limits", `{"used": 5}`, 400, "the body must be like"},
		{"GET", "/users/42", "", 404, "no user with the ID"},
		{"POST", "/users/005000000000001AAA/freeze", "", 404, "no user with the ID"},
	} {
		status, answer := ask(t, url, tt.method, tt.path, tt.body)
		assert.Equal(t, tt.status, status, "%s %s %s", tt.method, tt.path, tt.body)
		assert.Contains(t, answer, tt.says, "%s %s %s", tt.method, tt.path, tt.body)
		var problem map[string]string
		require.NoError(t, json.Unmarshal([]byte(answer), &problem))
		assert.NotEmpty(t, problem["error"])
	}
	assert.NotEmpty(t, org.AddUser(nil), "a mistake leaves no lock behind")
}

// A web page, of whatever origin and under whatever name, can do nothing.
func TestControlRefusesWebPages(t *testing.T) {
	t.Parallel()
	org, url := controlled(t)
	id := org.AddUser(nil)
	for name, headers := range map[string][]string{
		"another site":            {"Origin", "https://evil.example"},
		"a file":                  {"Origin", "null"},
		"a name for this machine": {"Host", "evil.example:8081"},
		"a name without a port":   {"Host", "evil.example"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			status, answer := ask(t, url, method, "/users/"+id+"/freeze", "", headers...)
			assert.Equal(t, http.StatusForbidden, status, name)
			assert.Contains(t, answer, "refused", name)
		}
	}
	user, _ := org.User(id)
	assert.False(t, user.Frozen)
	for _, host := range []string{"localhost:8081", "127.0.0.1", "[::1]:8081", "LOCALHOST"} {
		status, _ := ask(t, url, http.MethodGet, "/users", "", "Host", host)
		assert.Equal(t, http.StatusOK, status, host)
	}
}

// Faults that are added leave those before as they are.
func TestAddedFaultsLeaveTheOthersAlone(t *testing.T) {
	t.Parallel()
	org, url := controlled(t)
	token := logIn(t, org)
	post := func(fault string) {
		status, answer := ask(t, url, http.MethodPost, "/faults", `{"fault": "`+fault+`"}`)
		require.Equal(t, http.StatusNoContent, status, answer)
	}
	post("locked-row@/query=1x")
	assert.Equal(t, http.StatusBadRequest, query(t, org, token))
	post("server-unavailable@/query=1x")
	assert.Equal(t, http.StatusServiceUnavailable, query(t, org, token))
	assert.Equal(t, http.StatusOK, query(t, org, token))
	_, answer := ask(t, url, http.MethodGet, "/faults", "")
	assert.JSONEq(t, `{"rules":["locked-row@/query=1x","server-unavailable@/query=1x"],"struck":{"UNABLE_TO_LOCK_ROW":1,"SERVER_UNAVAILABLE":1}}`, answer)
}

// Without --control, there is no endpoint.
func TestControlIsOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	org := serve(t)
	assert.Empty(t, org.Control)
	org.end(t)
	org = serve(t, "--control", "localhost:0")
	assert.Regexp(t, `^http://localhost:\d+$`, org.Control)
	status, _ := ask(t, org.Control, http.MethodGet, "/faults", "")
	assert.Equal(t, http.StatusOK, status)
	org.end(t)
}

package main

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// struck is how many of n requests meet a rule, and the first that does not.
func struck(t *testing.T, text string, n int, q sfprovtest.Request) (count, first int) {
	t.Helper()
	rule, err := parseFault(text)
	require.NoError(t, err)
	control := rule.control(1)
	first = -1
	for i := range n {
		switch {
		case control(q) != nil:
			count++
		case first < 0:
			first = i
		}
	}
	return count, first
}

func TestFaultsStrikeAsTheirRulesSay(t *testing.T) {
	t.Parallel()
	post := sfprovtest.Request{Method: http.MethodPost, Path: "/services/data/v66.0/sobjects/User"}
	get := sfprovtest.Request{Method: http.MethodGet, Path: "/services/data/v66.0/query"}
	login := sfprovtest.Request{Method: http.MethodPost, Path: "/services/oauth2/token"}
	for text, want := range map[string]struct{ posts, gets, logins [2]int }{
		"dropped":                                {[2]int{100, 100}, [2]int{100, 100}, [2]int{100, 100}},
		"dropped=1":                              {[2]int{100, 100}, [2]int{100, 100}, [2]int{100, 100}},
		"locked-row":                             {[2]int{100, 100}, [2]int{0, 0}, [2]int{0, 0}},
		"daily-limit":                            {[2]int{100, 100}, [2]int{100, 100}, [2]int{0, 0}},
		"login-refused":                          {[2]int{0, 0}, [2]int{0, 0}, [2]int{100, 100}},
		"daily-limit=0.5":                        {[2]int{35, 65}, [2]int{35, 65}, [2]int{0, 0}},
		"daily-limit=3x":                         {[2]int{3, 3}, [2]int{3, 3}, [2]int{0, 0}},
		"lost-answer@POST:/sobjects/User=2x":     {[2]int{2, 2}, [2]int{0, 0}, [2]int{0, 0}},
		"lost-answer@/query":                     {[2]int{0, 0}, [2]int{100, 100}, [2]int{0, 0}},
		"gateway-503@POST:/services/oauth2/toke": {[2]int{0, 0}, [2]int{0, 0}, [2]int{100, 100}},
	} {
		for _, tt := range []struct {
			q    sfprovtest.Request
			want [2]int
		}{{post, want.posts}, {get, want.gets}, {login, want.logins}} {
			count, _ := struck(t, text, 100, tt.q)
			assert.GreaterOrEqual(t, count, tt.want[0], "%s at %s", text, tt.q.Path)
			assert.LessOrEqual(t, count, tt.want[1], "%s at %s", text, tt.q.Path)
		}
	}
	whole := sfprovtest.Request{Method: http.MethodPost, Path: "/services/data/v66.0/composite"}
	for text, want := range map[string]int{"locked-row": 0, "locked-row@/composite": 10, "daily-limit": 10} {
		count, _ := struck(t, text, 10, whole)
		assert.Equal(t, want, count, "%s: records are locked in the parts of a composite", text)
	}
	_, first := struck(t, "dropped=3x", 10, post)
	assert.Equal(t, 3, first, "the first ones are struck")
}

func TestFaultsThatAreBadlyWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "=1", "earthquake", "locked-row=", "locked-row=0", "locked-row=-1", "locked-row=1.01", "locked-row=NaN", "locked-row=Inf",
		"locked-row=x", "locked-row=0x", "locked-row=-2x", "locked-row=1.5x", "locked-row=1=2", "locked-row@", "locked-row@=1",
		"locked-row@POST:", "locked-row@:/sobjects", "locked-row@post:/sobjects", "Locked-Row", "locked row",
	} {
		_, err := parseFault(text)
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "%!", text)
	}
}

// The faults that can be named are those of sfprovtest, and those of the documentation.
func TestReadyFaults(t *testing.T) {
	t.Parallel()
	get := sfprovtest.Request{Method: http.MethodGet, Path: "/services/data/v66.0/query"}
	patch := sfprovtest.Request{Method: http.MethodPatch, Path: "/services/data/v66.0/sobjects/User/005"}
	login := sfprovtest.Request{Method: http.MethodPost, Path: "/services/oauth2/token"}
	strikes := map[string][]bool{ // get, patch, login
		"all requests": {true, true, true}, "the data API": {true, true, false}, "writes": {false, true, false}, "queries": {true, false, false}, "logins": {false, false, true},
	}
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9][a-z0-9-]*)` \\| ([^|]*) \\|").FindAllStringSubmatch(doc(t), -1) {
		documented = append(documented, row[1])
		rule, err := parseFault(row[1])
		require.NoError(t, err)
		got := []bool{rule.strikes(get), rule.strikes(patch), rule.strikes(login)}
		assert.Equal(t, strikes[row[2]], got, row[1])
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(readyFaults())), documented)

	table, err := os.ReadFile("orgfault.go")
	require.NoError(t, err)
	files, err := filepath.Glob("../../sfprovtest/*.go")
	require.NoError(t, err)
	ready := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, f := range regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(.*\) Fault \{`).FindAllStringSubmatch(string(source), -1) {
			if slices.Contains([]string{"ConnectionRefused", "UntrustedCertificate", "Refuse"}, f[1]) {
				continue // two are of a client in Go, and the third has no answer of its own
			}
			ready++
			assert.Contains(t, string(table), "sfprovtest."+f[1]+"(")
		}
	}
	assert.Positive(t, ready)
}

// A fault of the command line reaches a client.
func TestFaultsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	org := serve(t, "--fault", "server-unavailable@POST:/sobjects/User=1x", "--fault", "login-refused=1x")
	p := org.client(t, nil)
	user := sfprov.User{Username: "alice@x.example", Fields: sfprov.Fields{"LastName": "Jones", "Email": "alice@x.example"}}
	_, err := p.Create(t.Context(), user)
	require.ErrorContains(t, err, "authentication failure")
	create(t, org.client(t, nil), "alice@x.example") // tries again after the 503
	org.end(t)

	turmoil := serve(t, "--turmoil", "1", "--seed", "3", "--control", "127.0.0.1:0")
	response, err := new(http.Client).Post(turmoil.TokenEndpoint, "application/x-www-form-urlencoded", http.NoBody)
	if err == nil {
		require.NoError(t, response.Body.Close())
	}
	_, body := ask(t, turmoil.Control, http.MethodGet, "/faults", "")
	assert.Regexp(t, `"struck":\{".+":1\}`, body)
	turmoil.end(t)
}

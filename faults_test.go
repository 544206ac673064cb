package sfprov_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const faultTable = "docs/faults.md"

const faultTableHead = `# What a fault does to a call

Each fault of [sfprovtest](../sfprovtest), what the caller gets, and what it cost: requests to the data API + logins. The table is written and checked by TestFaultTable. Without a fault, a create costs 1 + 1 and a deactivation 1 + 1, the login being the first call's.

The fault meets the request that makes the change, or the login where it says so: once, or always, that is each time. The Provisioner has the default retry policy and no match field; the context ends after 20 seconds.

- **created**, **deactivated**: done and confirmed.
- **not done**: nothing has changed. "again" is Retryable: the same call can succeed later; "person" is not.
- **unknown**: ErrOutcomeUnknown. A deactivation is called again; a create is resolved by Resolve, or with a match field called again.

| fault | create, once | create, always | deactivate, once | deactivate, always |
|---|---|---|---|---|
`

// TestFaultTable tries each ready fault, and keeps the table in the documentation
// true.
func TestFaultTable(t *testing.T) {
	t.Parallel()
	data, login := "/services/data", "/oauth2/token"
	rows := []struct {
		name, path string
		fault      sfprovtest.Fault
	}{
		{"connection refused", "", sfprovtest.ConnectionRefused()},
		{"certificate not trusted", "", sfprovtest.UntrustedCertificate()},
		{"reset before the request is read", data, sfprovtest.Reset()},
		{"closed without an answer, not done", data, sfprovtest.Dropped()},
		{"closed without an answer, done (the answer is lost)", data, sfprovtest.LostAnswer()},
		{"closed without an answer, done a minute later", data, sfprovtest.LateCommit(time.Minute)},
		{"answer cut in the middle", data, sfprovtest.CutAnswer()},
		{"answer begins after 3 s", data, sfprovtest.SlowHeaders(3 * time.Second)},
		{"answer begins after 45 s", data, sfprovtest.SlowHeaders(45 * time.Second)},
		{"20 ms for each byte of the body", data, sfprovtest.SlowBody(20 * time.Millisecond)},
		{"last byte of the body after 5 s", data, sfprovtest.LateLastChunk(5 * time.Second)},
		{"502 with a web page", data, sfprovtest.GatewayHTML(502)},
		{"503 with a web page", data, sfprovtest.GatewayHTML(503)},
		{"504 with a web page", data, sfprovtest.GatewayHTML(504)},
		{"200 with a gigabyte of blanks", data, sfprovtest.HugeBody()},
		{"redirect to another host", data, sfprovtest.Redirect(302, "https://elsewhere.example/")},
		{"500 UNKNOWN_EXCEPTION", data, sfprovtest.UnknownException()},
		{"503 SERVER_UNAVAILABLE", data, sfprovtest.ServerUnavailable()},
		{"400 UNABLE_TO_LOCK_ROW", data, sfprovtest.LockedRow()},
		{"403 REQUEST_LIMIT_EXCEEDED, concurrent", data, sfprovtest.ConcurrentLimit()},
		{"403 REQUEST_LIMIT_EXCEEDED, daily", data, sfprovtest.DailyLimit()},
		{"session expires in mid-flight", data, sfprovtest.ExpiredSession()},
		{"login throttled", login, sfprovtest.LoginThrottled()},
		{"login refused", login, sfprovtest.LoginRefused()},
		{"login: closed without an answer", login, sfprovtest.Dropped()},
		{"login: 503 with a web page", login, sfprovtest.GatewayHTML(503)},
		{"login: 200 with a gigabyte of blanks", login, sfprovtest.HugeBody()},
		{"login: redirect to another host", login, sfprovtest.Redirect(307, "https://elsewhere.example/")},
	}
	var table strings.Builder
	table.WriteString(faultTableHead)
	for _, row := range rows {
		table.WriteString("| " + row.name)
		for _, method := range []string{http.MethodPost, http.MethodPatch} {
			for _, times := range []int{1, 0} {
				synctest.Test(t, func(t *testing.T) {
					org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
					rules := []sfprovtest.FaultRule{{Path: row.path, Times: times, Faults: []sfprovtest.Fault{row.fault}}}
					if row.path == data {
						rules[0].Method = http.MethodPost // a deactivation is a composite request, at first
						if method == http.MethodPatch && times == 0 {
							rules = append(rules, rules[0])
							rules[1].Method = method
						}
					}
					org.SetFaultPlan(sfprovtest.FaultPlan{Rules: rules})
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					defer cancel()
					// Without connections that are used again: net/http itself repeats a GET
					// that fails on one, now and then.
					transport, isTransport := org.Client().Transport.(*http.Transport)
					require.True(t, isTransport)
					transport = transport.Clone()
					transport.DisableKeepAlives = true
					p, err := sfprov.New(org.Config(), sfprov.WithHTTPClient(&http.Client{Transport: transport}))
					require.NoError(t, err)
					var result sfprov.Result
					if method == http.MethodPost {
						u := alice()
						u.Username = "alice@primary.com"
						result, err = p.Create(ctx, u)
					} else {
						result, err = p.Deactivate(ctx, org.AddUser(nil))
					}
					synctest.Wait() // the org has seen the client leave
					_, _ = fmt.Fprintf(&table, " | %s; %d + %d", ending(result, err), len(org.Requests()), org.Logins())
				})
			}
		}
		table.WriteString(" |\n")
	}
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(faultTable, []byte(table.String()), 0o600))
	}
	want, err := os.ReadFile(faultTable)
	require.NoError(t, err)
	assert.Equal(t, string(want), table.String(), "read the difference; rewrite with go test -run TestFaultTable -update")
}

// ending is one of the three endings of a call, in words.
func ending(result sfprov.Result, err error) string {
	switch {
	case err == nil:
		return "**" + string(result.Action) + "**"
	case errors.Is(err, sfprov.ErrOutcomeUnknown):
		return "**unknown**"
	case sfprov.Retryable(err):
		return "**not done**, again"
	}
	return "**not done**, person"
}

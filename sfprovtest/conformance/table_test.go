package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// What provisioning does to an org. CONFORMANCE.md has them as rows.
const (
	opClientCredentials = "login: client credentials"
	opPassword          = "login: password"
	opJWT               = "login: JWT"
	opToken             = "login: token from elsewhere"
	opUserInfo          = "userinfo"
	opIdentity          = "identity URL"
	opRevoke            = "revoke a token"
	opCreate            = "create a user"
	opRead              = "read a user"
	opUpdate            = "update a user"
	opDeactivate        = "deactivate a user"
	opFreeze            = "freeze a user"
	opSetPassword       = "set a password"
	opResetPassword     = "reset a password"
	opCreateMany        = "create many"
	opUpdateMany        = "update many"
	opManyAllOrNone     = "create many, all or none"
	opRetrieveMany      = "retrieve many"
	opUpsertFed         = "upsert by FederationIdentifier"
	opUpsertName        = "upsert by Username"
	opUpsertID          = "upsert by Id"
	opUpsertMany        = "upsert many"
	opQuery             = "query"
	opPages             = "query: several pages"
	opRelationships     = "query: relationships"
	opCount             = "query: count"
	opGroupBy           = "query: COUNT with GROUP BY"
	opQueryAll          = "queryAll"
	opUpdated           = "changes since a time"
	opComposite         = "composite"
	opCompositeAll      = "composite, all or none"
	opBatch             = "composite batch"
	opAssign            = "assign a permission set"
	opAssignTwice       = "assign it twice"
	opUnassign          = "take a permission set away"
	opAddMember         = "add to a group"
	opRemoveMember      = "take out of a group"
	opDescribe          = "describe"
	opDescribeAll       = "describe all objects"
	opLimits            = "limits"
	opVersions          = "versions"
	opDuplicate         = "refusal: duplicate username"
	opMissing           = "refusal: missing field"
	opUnknownField      = "refusal: unknown field"
	opUnknownID         = "refusal: unknown ID"
	opMalformed         = "refusal: malformed query"
	opExpired           = "refusal: expired session, and a new one"
	opNotThere          = "refusal: what sfprovtest has not got"
)

var operations = []string{
	opClientCredentials, opPassword, opJWT, opToken, opUserInfo, opIdentity, opRevoke,
	opCreate, opRead, opUpdate, opDeactivate, opFreeze, opSetPassword, opResetPassword,
	opCreateMany, opUpdateMany, opManyAllOrNone, opRetrieveMany,
	opUpsertFed, opUpsertName, opUpsertID, opUpsertMany,
	opQuery, opPages, opRelationships, opCount, opGroupBy, opQueryAll, opUpdated,
	opComposite, opCompositeAll, opBatch,
	opAssign, opAssignTwice, opUnassign, opAddMember, opRemoveMember,
	opDescribe, opDescribeAll, opLimits, opVersions,
	opDuplicate, opMissing, opUnknownField, opUnknownID, opMalformed, opExpired, opNotThere,
}

const (
	jsforce       = "jsforce"
	core          = "@salesforce/core"
	nforce        = "nforce"
	goSalesforce  = "go-salesforce"
	simpleForce   = "simpleforce"
	oauth2HTTP    = "x/oauth2, net/http"
	baton         = "baton-salesforce"
	terraform     = "Terraform provider"
	forceCLI      = "ForceCLI"
	salesforceCLI = "Salesforce CLI"
)

// Columns of CONFORMANCE.md, with what was driven.
var clients = []struct{ name, driven string }{
	{jsforce, "npm, 3.10.26, unmodified"},
	{core, "npm, 9.4.0, unmodified"},
	{nforce, "npm, 1.13.0, unmodified"},
	{goSalesforce, "Go module github.com/k-capehart/go-salesforce, v3.1.0, unmodified"},
	{simpleForce, "Go module github.com/simpleforce/simpleforce, of 29 April 2022, unmodified"},
	{oauth2HTTP, "Go modules; requests as in Salesforce's REST guide"},
	{baton, "its requests, sent by x/oauth2 and net/http: it is no module that others can import"},
	{terraform, "likewise"},
	{forceCLI, "likewise"},
}

// covered has what tests have shown, by client and operation.
var covered = struct {
	sync.Mutex
	cells map[[2]string]bool
	skips []string
}{cells: map[[2]string]bool{}}

// covers makes cells of the table those of this test, once it passes.
func covers(t *testing.T, client string, ops ...string) {
	t.Helper()
	if !slices.ContainsFunc(clients, func(c struct{ name, driven string }) bool { return c.name == client }) {
		t.Errorf("no column of the table is for %s", client)
	}
	for _, op := range ops {
		if !slices.Contains(operations, op) {
			t.Errorf("no row of the table is for %q", op)
		}
	}
	t.Cleanup(func() {
		covered.Lock()
		defer covered.Unlock()
		for _, op := range ops {
			cell := [2]string{client, op}
			before, known := covered.cells[cell]
			covered.cells[cell] = !t.Failed() && !t.Skipped() && (before || !known)
		}
	})
}

// notRun is for a test that can't run here, so that the table is left alone.
func notRun(t *testing.T, why string) {
	t.Helper()
	covered.Lock()
	covered.skips = append(covered.skips, why)
	covered.Unlock()
	t.Skip(why)
}

const tableName = "../CONFORMANCE.md"

// TestMain compares the table with what the tests have shown, after a run of all.
func TestMain(m *testing.M) {
	update := flag.Bool("update", false, "write "+tableName)
	flag.Parse()
	code := m.Run()
	if code == 0 && len(covered.skips) == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		if err := checkTable(*update); err != nil {
			fmt.Fprintln(os.Stderr, "FAIL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func checkTable(update bool) error {
	want, err := table()
	if err != nil {
		return err
	}
	if update {
		return os.WriteFile(tableName, []byte(want), 0o600)
	}
	got, err := os.ReadFile(tableName)
	if err != nil {
		return err
	}
	if string(got) != want {
		return fmt.Errorf("%s does not say what the tests have shown: write it with go test . -update", tableName)
	}
	return nil
}

func table() (string, error) {
	var b strings.Builder
	b.WriteString(`# Clients that take sfprovtest for real

Written by the tests in [conformance](conformance): do not edit, but run ` + "`go test . -update`" + ` there.

Each ✓ is a test that ran and passed: the client, as its authors published it, did that to an org of sfprovtest, and the test looked at what it got and, after a change, at what became of the org. The npm clients and x/oauth2 do it over http and https.

| operation |`)
	for _, c := range clients {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(clients)) + "\n")
	var notes []absence
	for _, op := range operations {
		b.WriteString("| " + op + " |")
		for _, c := range clients {
			why, absent := absentFor(c.name, op)
			switch shown := covered.cells[[2]string{c.name, op}]; {
			case shown && absent:
				return "", fmt.Errorf("%s is tested with %s, and said to be absent", op, c.name)
			case shown:
				b.WriteString(" ✓ |")
			case !absent:
				return "", fmt.Errorf("no test shows %s with %s, and no reason is given", op, c.name)
			default:
				n := slices.Index(notes, why)
				if n < 0 {
					n, notes = len(notes), append(notes, why)
				}
				fmt.Fprintf(&b, " %s (%d) |", why.kind, n+1)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\n*client*: the client has no such thing. *out*: out of the scope of sfprovtest or of these tests. The numbers:\n\n")
	for i, why := range notes {
		fmt.Fprintf(&b, "%d. %s\n", i+1, why.why)
	}
	b.WriteString("\n| client | what was driven |\n|---|---|\n")
	for _, c := range clients {
		fmt.Fprintf(&b, "| %s | %s |\n", c.name, c.driven)
	}
	return b.String(), nil
}

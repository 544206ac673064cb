package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
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
	jsforce      = "jsforce"
	core         = "@salesforce/core"
	nforce       = "nforce"
	goSalesforce = "go-salesforce"
	simpleForce  = "simpleforce"
	oauth2HTTP   = "x/oauth2, net/http"
	baton        = "baton-salesforce"
	terraform    = "Terraform provider"
	forceCLI     = "ForceCLI"
)

// column is a client, and what was driven of it; %s is the version that a file pins.
type column struct{ name, driven, pins string }

const inNPM, inGo = "npm/package.json", "go.mod"

// The columns of CONFORMANCE.md.
var clients = []column{
	{jsforce, "npm package jsforce %s, unmodified", inNPM},
	{core, "npm package @salesforce/core %s, unmodified", inNPM},
	{nforce, "npm package nforce %s, unmodified", inNPM},
	{goSalesforce, "Go module github.com/k-capehart/go-salesforce/v3 %s, unmodified", inGo},
	{simpleForce, "Go module github.com/simpleforce/simpleforce %s, unmodified", inGo},
	{oauth2HTTP, "Go module golang.org/x/oauth2 %s, and the requests of Salesforce's REST guide", inGo},
	{baton, "the requests of github.com/ConductorOne/baton-salesforce, August 2026, since it is no module that can be had; " +
		"and what it sends them by, Go module github.com/conductorone/simpleforce %s, unmodified", inGo},
	{terraform, "the requests of github.com/hashicorp/terraform-provider-salesforce, commit e292a5c, which is no such module either", ""},
	{forceCLI, "the requests of github.com/ForceCLI/force, commit 6b903a6, likewise", ""},
}

// what is driven, with the version.
func (c column) what() (string, error) {
	if c.pins == "" {
		return c.driven, nil
	}
	before, _, _ := strings.Cut(c.driven, " %s")
	name := before[strings.LastIndex(before, " ")+1:]
	content, err := os.ReadFile(c.pins)
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(regexp.QuoteMeta(name) + `"?:? "?(v?[0-9][^\s"]*)`).FindStringSubmatch(string(content))
	if found == nil {
		return "", fmt.Errorf("%s pins no version of %s", c.pins, name)
	}
	return fmt.Sprintf(c.driven, found[1]), nil
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
	if !slices.ContainsFunc(clients, func(c column) bool { return c.name == client }) {
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
	if code == 0 && len(covered.skips) == 0 && allRun() {
		if err := checkTable(*update); err != nil {
			fmt.Fprintln(os.Stderr, "FAIL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// allRun reports whether no test was left out.
func allRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return true
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

Each ✓ is a test that ran and passed: the client did that to an org of sfprovtest, and the test looked at what it got and, after a change, at what became of the org. The npm clients do it over http and https.

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
		what, err := c.what()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %s |\n", c.name, what)
	}
	b.WriteString("\nSalesforce's own command line is too big to be installed at each run. " +
		"Whoever changes what it stands on drives the org with it by hand, as [doc.go](conformance/doc.go) says:")
	for i, command := range cliCommands {
		b.WriteString([]string{" ", ", "}[min(i, 1)] + command.name)
	}
	b.WriteString(".\n")
	return b.String(), nil
}

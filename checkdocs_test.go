package sfprov_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const checkTable = "docs/checks.md"

const checkTableHead = `# What the check of a set-up looks at

` + "`Provisioner.Check`" + ` looks at the org and at the settings, and makes a report: a finding for each check, with what was found, the cure, and the page in Setup. The page is written and checked by TestCheckTable.

- **failure**: calls fail, or do the wrong thing, until it is mended. **warning**: calls go on, and somebody should look. **skipped**: it could not be asked; the finding says why.
- One cause is one failure. What can't be asked because of it is skipped, and names it.
- It makes one login, none if there is a token, and five API calls at most; three as a rule. WithAPIReserve does not hold it back. Nothing is sent again: what passes by itself is a failure of the moment, and its cure says so.
- Nothing is written. WithWriteProbe writes the time zone of one user with the value that it has: it sends no mail, but the org's rules, flows and triggers run.
- WithQuickCheck is a readiness probe: login, api-access and api-calls, by one request.

What a mapping does with claims can't be known before they come: only its constants, tables and fields are looked at. That mail arrives, the profile's login hours and IP ranges, names taken in other orgs, and what will block a deactivation can't be asked at all.

| finding | what it looks at | where it is mended |
|---|---|---|
`

const rightsHead = `
## Which right is a failure, and which a warning

| right | without it |
|---|---|
| Manage Internal Users, or Manage Users | failure |
| View Setup and Configuration | failure: nobody can be created. Profiles, seats and licences are skipped |
| View All Users | failure, whatever the org shares: users who are not seen count as absent, so that who has left keeps the account |
| Assign Permission Sets | failure if the mapping gives permission sets, their groups or licences; else a warning |
| View Roles and Role Hierarchy | failure if Defaults or the mapping give roles; else not looked at |
| Manage Users | failure if the mapping gives groups or queues; else a warning, for the freeze. Skipped where a right that comes with it is missing, too |
| Reset User Passwords and Unlock Users, Password Never Expires | warning |
`

const brokenHead = `
## What is found in a set-up that is broken

Each was tried: the finding is the only one that is a warning or a failure. The cost is API calls + logins, those that are refused included.

| what is wrong | finding | cost |
|---|---|---|
`

// TestCheckTable keeps the page of checks true.
func TestCheckTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(checkTableHead)
	for _, row := range sfprov.CheckRows() {
		_, _ = fmt.Fprintf(&b, "| `%s`: %s | %s | %s |\n", row.ID, row.Title, row.LooksAt, row.Where)
	}
	b.WriteString(rightsHead + brokenHead)
	for _, broken := range brokenOrgs() {
		id, isWarning := strings.CutSuffix(broken.found, "?")
		level := "failure"
		if isWarning {
			level = "warning"
		}
		if id == "login" {
			broken.logins = 1
		}
		_, _ = fmt.Fprintf(&b, "| %s | `%s`, %s | %d + %d |\n", broken.name, id, level, broken.calls, broken.logins)
	}
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(checkTable, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(checkTable)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String(), "read the difference; rewrite with go test -run TestCheckTable -update")
}

// Every check has a set-up in which it fails.
func TestEveryCheckCanFail(t *testing.T) {
	t.Parallel()
	elsewhere := []string{
		"jwt-key",          // New refuses the keys that are wrong
		"integration-user", // TestAnIntegrationUserWhoHasLeft
		"sandbox",          // TestTheFormOfTheHost
		"view-roles",       // never without view-setup, which it comes with
	}
	all := brokenOrgs()
	for _, row := range sfprov.CheckRows() {
		isTried := slices.ContainsFunc(all, func(b broken) bool { return strings.TrimSuffix(b.found, "?") == row.ID })
		assert.NotEqual(t, slices.Contains(elsewhere, row.ID), isTried, row.ID)
	}
}

// The integration user leaves while its token is still good.
func TestAnIntegrationUserWhoHasLeft(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, matching)
	_, err := p.Check(t.Context())
	require.NoError(t, err)
	org.SetUser(org.AdminID(), sfprov.Fields{"IsActive": false})
	report, err := p.Check(t.Context())
	require.NoError(t, err)
	assert.Contains(t, []string{"integration-user", "login"}, above(report), report.String())
}

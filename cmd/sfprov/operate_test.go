package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// configOf writes the settings for an org to a file, with changes.
func configOf(t *testing.T, org *sfprovtest.Org, changes map[string]any) string {
	t.Helper()
	cfg := org.Config()
	settings := map[string]any{
		"domain": cfg.Domain, "clientID": cfg.ClientID, "clientSecret": string(cfg.ClientSecret),
		"provisioningDomain": "acme.com", "matchField": "FederationIdentifier", "defaults": cfg.Defaults,
	}
	maps.Copy(settings, changes)
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	return fileOf(t, "config.json", string(text))
}

// fileOf writes a file that only its owner can read.
func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// staffed is an org with three users, of whom two are not as people.csv says.
func staffed(t *testing.T) *sfprovtest.Org {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	org.AddUser(sfprov.Fields{"Username": "bob@acme.com", "Email": "bob@acme.com", "LastName": "Smith", "Title": "Trainee", "FederationIdentifier": "E-2"})
	org.AddUser(sfprov.Fields{"Username": "dave@acme.com", "Email": "dave@acme.com", "LastName": "Miller", "FederationIdentifier": "E-4"})
	org.AddUser(sfprov.Fields{"Username": "gone@acme.com", "Email": "gone@acme.com", "LastName": "Gone", "FederationIdentifier": "E-9"})
	return org
}

const (
	people  = "username,family_name,email,title,sub\nalice,Jones,alice@acme.com,CEO,E-1\nbob,Smith,bob@acme.com,Clerk,E-2\ndave,Miller,dave@acme.com,,E-4\n"
	mapping = `{"rules":[{"claim":"family_name","to":"LastName"},{"claim":"email","to":"Email"},{"claim":"title","to":"Title"},{"claim":"sub","to":"FederationIdentifier"}]}`
)

func TestUsersAreListed(t *testing.T) {
	t.Parallel()
	config := configOf(t, staffed(t), nil)
	code, out, errs := invoke(t, "users", "--config", config, "--field", "title", "--suffix", "@acme.com")
	require.Equal(t, exitFine, code, errs)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 4)
	assert.Equal(t, "Id,Username,IsActive,IsFrozen,title", lines[0])
	assert.Contains(t, lines[1], ",bob@acme.com,true,false,Trainee")
	assert.Equal(t, "3 users\n", errs)

	code, out, _ = invoke(t, "--json", "users", "--config", config)
	require.Equal(t, exitFine, code)
	var first sfprov.Account
	require.NoError(t, json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &first))
	assert.NotEmpty(t, first.ID)
}

// TestPlanAndApply: a plan changes nothing, is read, and carried out from its file.
func TestPlanAndApply(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	config, file, rules := configOf(t, org, nil), fileOf(t, "people.csv", people), fileOf(t, "mapping.json", mapping)
	out := filepath.Join(t.TempDir(), "plan.json")
	code, shown, errs := invoke(t, "plan", "--config", config, "--mapping", rules, "--out", out, file)
	require.Equal(t, exitFine, code, errs)
	assert.Contains(t, shown, "alice@acme.com")
	assert.Contains(t, shown, "Trainee")
	assert.Contains(t, errs, "sfprov apply "+out)
	for _, user := range org.Users() {
		assert.NotEqual(t, "Clerk", user.Fields["Title"], "a plan changes nothing")
	}
	code, _, _ = invoke(t, "plan", "--config", config, "--mapping", rules, "--detailed-exitcode", file)
	assert.Equal(t, exitFound, code)

	code, _, errs = invoke(t, "apply", "--config", config, out)
	assert.Equal(t, exitUsage, code, "nobody is there to ask")
	assert.Contains(t, errs, "--yes")
	code, lines, errs := invoke(t, "--json", "apply", "--config", config, "--yes", out)
	require.Equal(t, exitFine, code, errs)
	assert.Len(t, strings.Split(strings.TrimSpace(lines), "\n"), 3)
	assert.Contains(t, errs, "3 of 3 users are done")
	alice, found := org.UserByUsername("alice@acme.com")
	require.True(t, found)
	assert.Equal(t, "CEO", alice.Fields["Title"])
	gone, _ := org.UserByUsername("gone@acme.com")
	assert.False(t, gone.Active)

	code, shown, _ = invoke(t, "plan", "--config", config, "--mapping", rules, "--detailed-exitcode", file)
	assert.Equal(t, exitFine, code, shown)
}

// TestApplyTellsWhoIsNotDone, and exits with 1.
func TestApplyTellsWhoIsNotDone(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	org.AddValidationRule("titles", func(user sfprov.Fields) string {
		if user["Title"] == "CEO" {
			return "There is a CEO already"
		}
		return ""
	}, "Title")
	config := configOf(t, org, nil)
	out := filepath.Join(t.TempDir(), "plan.json")
	code, _, errs := invoke(t, "plan", "--config", config, "--mapping", fileOf(t, "mapping.json", mapping), "--out", out, fileOf(t, "people.csv", people))
	require.Equal(t, exitFine, code, errs)
	code, told, errs := invoke(t, "apply", "--config", config, "--yes", out)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, told, `alice@acme.com: refused, next step "user"`)
	assert.Contains(t, told, "There is a CEO already")
	assert.Contains(t, errs, "2 of 3 users are done")
}

func TestCatalogAndSchema(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	org.SetLicenses("Salesforce", 10)
	org.AddQueue("Returns\x1b[31m")
	config := configOf(t, org, nil)
	code, out, errs := invoke(t, "catalog", "--config", config, "profiles", "queues")
	require.Equal(t, exitFine, code, errs)
	assert.Regexp(t, `profile +Standard User +Standard User +\w{18} +Salesforce +6 of 10`, out)
	assert.NotContains(t, out, "\x1b", "nothing from outside reaches a terminal raw")
	code, _, errs = invoke(t, "catalog", "--config", config, "spaceships")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, `no kind "spaceships"`)

	code, out, _ = invoke(t, "schema", "--config", config, "username", "EmailEncodingKey")
	require.Equal(t, exitFine, code)
	assert.Regexp(t, `Username +Username +string +80 characters; required; unique`, out)
	assert.Contains(t, out, "values: UTF-8, ISO-8859-1")
	code, out, _ = invoke(t, "--json", "schema", "--config", config)
	require.Equal(t, exitFine, code)
	var fields []sfprov.SchemaField
	require.NoError(t, json.Unmarshal([]byte(out), &fields))
	assert.Greater(t, len(fields), 60)
	code, _, errs = invoke(t, "schema", "--config", config, "Shoe")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "no field Shoe")
}

// TestSettingsThatAreMissing: each with the ways to give it, all at once.
func TestSettingsThatAreMissing(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	code, out, errs := invoke(t, "users", "--config", configOf(t, org, map[string]any{"clientID": "", "clientSecret": "", "domain": "login.salesforce.com"}))
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, out)
	for _, want := range []string{"Domain is login.salesforce.com", "ClientID is missing", "give it by --client-id, or SALESFORCE_CLIENT_ID", "ClientSecret is missing", "it is from "} {
		assert.Contains(t, errs, want)
	}
	code, _, errs = invoke(t, "users")
	assert.Equal(t, exitUsage, code)
	for _, want := range []string{"--domain, or SALESFORCE_DOMAIN", "--client-id, or SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET, or SALESFORCE_CLIENT_SECRET_FILE with a file that holds it"} {
		assert.Contains(t, errs, want)
	}
	code, _, errs = invoke(t, "users", "--config", configOf(t, org, map[string]any{"clientSecret": "telltale-secret-of-nobody"}))
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "invalid_client")
	assert.NotContains(t, errs, "telltale")
}

// TestSettingsByPrecedence: flags win over the environment, and that over the file.
func TestSettingsByPrecedence(t *testing.T) {
	org := staffed(t)
	config := configOf(t, org, map[string]any{"clientSecret": "wrong-secret-of-the-file"})
	t.Setenv("SALESFORCE_CLIENT_SECRET_FILE", fileOf(t, "secret", string(org.Config().ClientSecret)+"\n"))
	code, _, errs := invoke(t, "users", "--config", config)
	require.Equal(t, exitFine, code, errs)
	t.Setenv("SALESFORCE_CLIENT_ID", "nobodys")
	code, _, errs = invoke(t, "users", "--config", config)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "invalid_client_id")
	code, _, errs = invoke(t, "users", "--config", config, "--client-id", org.Config().ClientID)
	assert.Equal(t, exitFine, code, errs)
}

func TestConnectorProperties(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	cfg := org.Config()
	text := "# of the connector\nsf-domain-name=" + cfg.Domain + "\nsf-clientid=" + cfg.ClientID + "\nsf-prov-domainName=acme.com\r\n"
	code, out, errs := invoke(t, "users", "--config", fileOf(t, "salesforce.properties", text+"sf-client-secret="+string(cfg.ClientSecret)+"\n"))
	require.Equal(t, exitFine, code, errs)
	assert.Contains(t, out, "bob@acme.com")
	code, _, errs = invoke(t, "users", "--config", fileOf(t, "salesforce.properties", text+"sf-client-secret\n"))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "line 5 has no equals sign")
	code, _, errs = invoke(t, "users", "--config", fileOf(t, "salesforce.properties", text+"sf-shoe-size=7\n"))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "sf-shoe-size")
}

// TestFilesWithSecretsThatOthersCanRead are warned about.
func TestFilesWithSecretsThatOthersCanRead(t *testing.T) {
	t.Parallel()
	config := configOf(t, staffed(t), nil)
	require.NoError(t, os.Chmod(config, 0o644))
	code, _, errs := invoke(t, "users", "--config", config)
	assert.Equal(t, exitFine, code)
	assert.Contains(t, errs, "chmod 600 "+config)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args  []string
		stdin string
		says  []string
	}{
		"a code":           {[]string{"DUPLICATE_USERNAME"}, "", []string{"DUPLICATE_USERNAME\n", "next: user"}},
		"a login":          {[]string{"invalid_grant", "no client credentials user enabled"}, "", []string{"Run As", "next: setup"}},
		"another grant":    {[]string{"--grant-type", "password", "invalid_grant", "authentication failure"}, "", []string{"security token", "next: setup"}},
		"an answer":        {[]string{"-"}, `[{"errorCode":"UNABLE_TO_LOCK_ROW","message":"unable to obtain exclusive access"}]`, []string{"UNABLE_TO_LOCK_ROW", "next: again"}},
		"a refused login":  {[]string{"-"}, `{"error":"invalid_client_id","error_description":"client identifier invalid"}`, []string{"invalid_client_id", "next: setup"}},
		"a log line":       {[]string{"-"}, `time=2026 level=WARN msg="ensure" code=LICENSE_LIMIT_EXCEEDED status=400`, []string{"LICENSE_LIMIT_EXCEEDED", "licences", "next: user"}},
		"a collection":     {[]string{"-"}, `[{"success":true,"errors":[]},{"success":false,"errors":[{"statusCode":"DUPLICATE_USERNAME","message":"Duplicate Username"}]}]`, []string{"DUPLICATE_USERNAME\n", "next: user"}},
		"a busy log line":  {[]string{"-"}, `SALESFORCE_DOMAIN=x LOG_LEVEL=info code=DUPLICATE_USERNAME`, []string{"DUPLICATE_USERNAME\n"}},
		"a code unknown":   {[]string{"-"}, `answered 400 SPACE_IS_FULL: no room`, []string{"SPACE_IS_FULL\n", "Nothing is known"}},
		"a session":        {[]string{"-"}, `403 Bad_OAuth_Token`, []string{"Bad_OAuth_Token\n"}},
		"small letters":    {[]string{"duplicate_username"}, "", []string{"DUPLICATE_USERNAME\n", "next: user"}},
		"one of our texts": {[]string{"-"}, `sfprov: create "alice": Salesforce answered 400 FIELD_CUSTOM_VALIDATION_EXCEPTION: Titles must be set`, []string{"FIELD_CUSTOM_VALIDATION_EXCEPTION"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := invokeWith(t, tc.stdin, append([]string{"explain"}, tc.args...)...)
			require.Equal(t, exitFine, code, errs)
			for _, want := range tc.says {
				assert.Contains(t, out, want)
			}
		})
	}
	code, _, _ := invokeWith(t, "all is well", "explain", "-")
	assert.Equal(t, exitFailed, code)
	code, _, _ = invoke(t, "explain")
	assert.Equal(t, exitUsage, code)
}

// TestCheck: a right org is ready, and a broken one exits with 3.
func TestCheck(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	config := configOf(t, org, nil)
	code, out, errs := invoke(t, "check", "--config", config)
	require.Equal(t, exitFine, code, out+errs)
	assert.Contains(t, out, "Ready")
	code, _, _ = invoke(t, "check", "--config", config, "--quick")
	assert.Equal(t, exitFine, code)

	org.Forbid(sfprovtest.ViewSetup)
	code, out, errs = invoke(t, "check", "--config", config)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, out, "View Setup and Configuration")
	assert.Contains(t, errs, "not ready")
	code, out, _ = invoke(t, "--json", "check", "--config", config)
	assert.Equal(t, exitFound, code)
	var report sfprov.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.False(t, report.OK())
	code, _, errs = invoke(t, "check", "--config", config, "--only", "nosuch")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, `no finding "nosuch"`)
}

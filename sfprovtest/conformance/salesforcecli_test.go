package conformance_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/sfprov/sfprov/sfprovtest"
)

const cliFolder = "npm/cli"

// cliRun is Salesforce's command line with a home of its own.
type cliRun struct {
	org  *sfprovtest.Org
	node string
	env  []string
	user string // the ID of a user whom it made
}

// cliCommand is one use of it. {URL} and {PROFILE} in its words stand for the org's URL and a profile's ID.
type cliCommand struct {
	name string
	args func(r *cliRun) []string
	then func(t *testing.T, r *cliRun, result json.RawMessage)
}

var cliCommands = []cliCommand{
	{
		"org login jwt",
		func(r *cliRun) []string {
			cfg := r.org.Config()
			return []string{"org", "login", "jwt", "--client-id", cfg.ClientID, "--username", cfg.Username, "--instance-url", r.org.URL(), "--jwt-key-file", "key.pem"}
		},
		nil,
	},
	{
		"data create record",
		func(*cliRun) []string {
			return []string{"data", "create", "record", "--sobject", "User", "--values", "Username=ann@conformance.example LastName=Jones Email=ann@conformance.example Alias=ann " +
				"TimeZoneSidKey=Europe/Berlin LocaleSidKey=en_US EmailEncodingKey=UTF-8 LanguageLocaleKey=en_US ProfileId={PROFILE}"}
		},
		func(t *testing.T, r *cliRun, result json.RawMessage) {
			t.Helper()
			var made struct{ ID string }
			require.NoError(t, json.Unmarshal(result, &made))
			r.user = made.ID
			assert.Equal(t, "ann@conformance.example", mustUser(t, r.org, made.ID).Username)
		},
	},
	{
		"data update record",
		func(r *cliRun) []string {
			return []string{"data", "update", "record", "--sobject", "User", "--record-id", r.user, "--values", "Title=CFO IsActive=false"}
		},
		func(t *testing.T, r *cliRun, _ json.RawMessage) {
			t.Helper()
			user := mustUser(t, r.org, r.user)
			assert.Equal(t, "CFO", user.Fields["Title"])
			assert.False(t, user.Active)
		},
	},
	{
		"data get record by ID",
		func(r *cliRun) []string {
			return []string{"data", "get", "record", "--sobject", "User", "--record-id", r.user}
		},
		hasText("ann@conformance.example"),
	},
	{
		"data get record by field",
		func(*cliRun) []string {
			return []string{"data", "get", "record", "--sobject", "User", "--where", "Username=ann@conformance.example"}
		},
		hasText("ann@conformance.example"),
	},
	{
		"data query",
		func(*cliRun) []string {
			return []string{"data", "query", "--query", "SELECT Id, Username, Profile.Name FROM User WHERE Username = 'ann@conformance.example'"}
		},
		hasText("Standard User"),
	},
	{
		"data query for people",
		func(*cliRun) []string {
			return []string{"data", "query", "--result-format", "csv", "--query", "SELECT Username, Profile.Name FROM User"}
		},
		nil,
	},
	{
		"org assign permset",
		func(*cliRun) []string { return []string{"org", "assign", "permset", "--name", "Sales_Tools"} },
		func(t *testing.T, r *cliRun, _ json.RawMessage) {
			t.Helper()
			assert.Contains(t, r.org.Access(r.org.AdminID()).PermissionSets, "Sales Tools")
		},
	},
	{"org list limits", words("org", "list", "limits"), hasText("DailyApiRequests")},
	{"org display", words("org", "display"), hasText("Connected")},
	{"org display user", words("org", "display", "user"), hasText("System Administrator")},
	{"sobject describe", words("sobject", "describe", "--sobject", "User"), hasText("TimeZoneSidKey")},
	{"sobject list", words("sobject", "list"), hasText("PermissionSetAssignment")},
	{"api request rest", words("api", "request", "rest", "services/data/v66.0/limits"), nil},
	{"org login access-token", words("org", "login", "access-token", "--instance-url", "{URL}", "--no-prompt"), nil},
	{"data query with that token", words("data", "query", "--query", "SELECT Id FROM User"), hasText("005")},
}

func words(args ...string) func(*cliRun) []string { return func(*cliRun) []string { return args } }

func hasText(text string) func(*testing.T, *cliRun, json.RawMessage) {
	return func(t *testing.T, _ *cliRun, result json.RawMessage) {
		t.Helper()
		assert.Contains(t, string(result), text)
	}
}

// TestSalesforceCLI is for a run by hand, CONFORMANCE_CLI=1 go test -run TestSalesforceCLI .,
// since Salesforce's command line is 300 MB, and takes seconds to start.
func TestSalesforceCLI(t *testing.T) { //nolint:paralleltest // each command needs the one before
	if os.Getenv("CONFORMANCE_CLI") == "" {
		t.Skip("set CONFORMANCE_CLI=1 to install Salesforce's command line, some 300 MB, and drive the org with it")
	}
	node := nodeJS(t)
	require.NoError(t, npmCI(cliFolder))
	org := sfprovtest.NewOrg(t)
	org.AddPermissionSet("Sales Tools", "")
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "key.pem"), []byte(org.Config().PrivateKey), 0o600))
	token, err := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Token(over(t, org))
	require.NoError(t, err)
	r := &cliRun{org: org, node: node, env: append(nodeEnv(t, node, home),
		"SF_TARGET_ORG="+org.Config().Username, "SF_ACCESS_TOKEN="+token.AccessToken, "SF_AUTOUPDATE_DISABLE=true", "SF_SKIP_NEW_VERSION_CHECK=true")}
	for _, command := range cliCommands { //nolint:paralleltest // as above
		t.Run(command.name, func(t *testing.T) {
			result := r.run(t, home, command.args(r))
			if command.then != nil {
				command.then(t, r, result)
			}
		})
	}
}

// run returns what the command gave as its result.
func (r *cliRun) run(t *testing.T, folder string, args []string) json.RawMessage {
	t.Helper()
	script, err := filepath.Abs(filepath.Join(cliFolder, "node_modules", "@salesforce", "cli", "bin", "run.js"))
	require.NoError(t, err)
	line := []string{script}
	for _, arg := range args {
		line = append(line, strings.NewReplacer("{URL}", r.org.URL(), "{PROFILE}", r.org.ProfileID("Standard User")).Replace(arg))
	}
	plain := args[0] == "api" || slices.Contains(args, "csv")
	if !plain {
		line = append(line, "--json")
	}
	cmd := exec.CommandContext(t.Context(), r.node, line...)
	cmd.Dir, cmd.Env = folder, r.env
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Run(), "%s\n%s", out.String(), complaints.String())
	if plain {
		return nil
	}
	var answer struct {
		Status int
		Result json.RawMessage
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer), out.String())
	require.Zero(t, answer.Status, out.String())
	return answer.Result
}

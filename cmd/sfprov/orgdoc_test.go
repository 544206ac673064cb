package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	docPath    = "../../docs/org-in-memory.md"
	scriptPath = "../../docs/org-in-memory.sh"
)

// doc is the page about the command org.
func doc(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(docPath)
	require.NoError(t, err)
	return string(page)
}

func TestTheDocumentationShowsTheScript(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(scriptPath)
	require.NoError(t, err)
	assert.Contains(t, doc(t), "```sh\n"+string(script)+"```")
}

// needs skips a test where a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not here", program)
		}
	}
}

// The program as it is built: a shell takes its block, the script of the documentation
// runs against it, and a signal ends it, with and without TLS.
func TestTheScriptAgainstTheProgram(t *testing.T) {
	t.Parallel()
	needs(t, "go", "sh", "curl", "sed")
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	program := filepath.Join(t.TempDir(), "sfprov")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for name, tt := range map[string]struct {
		args   []string
		signal os.Signal
	}{
		"plain, ended by SIGTERM":   {nil, syscall.SIGTERM},
		"with TLS, ended by SIGINT": {[]string{"--tls"}, os.Interrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := t.TempDir()
			org := exec.CommandContext(t.Context(), program, append([]string{"org", "--users", "50"}, tt.args...)...)
			org.Env = append(os.Environ(), "TMPDIR="+files)
			var stderr bytes.Buffer
			org.Stderr = &stderr
			stdout, err := org.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, org.Start())
			block := make([]byte, 64<<10)
			n, err := stdout.Read(block) // it is written all at once
			require.NoError(t, err, "it did not start: %s", &stderr)

			script := exec.CommandContext(t.Context(), "sh", "-c", string(block[:n])+"\n. "+scriptPath)
			script.Env = append(os.Environ(), "NO_PROXY=*", "no_proxy=*")
			out, err := script.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Contains(t, string(out), `"IsActive":true`)
			assert.Contains(t, string(out), `"IsFrozen":true`)

			require.NoError(t, org.Process.Signal(tt.signal))
			require.NoError(t, org.Wait(), "it exits with 0: %s", &stderr)
			left, err := os.ReadDir(files)
			require.NoError(t, err)
			assert.Empty(t, left, "temporary files")
		})
	}
}

// The script says what is wrong, and stops.
func TestTheScriptStopsAtAnError(t *testing.T) {
	t.Parallel()
	needs(t, "sh", "curl", "sed")
	for fault, says := range map[string]string{
		"login-refused":                        "authentication failure",
		"locked-row@POST:/sobjects/User":       "UNABLE_TO_LOCK_ROW",
		"locked-row@GET:/sobjects/User":        "UNABLE_TO_LOCK_ROW",
		"locked-row@PATCH:/sobjects/UserLogin": "UNABLE_TO_LOCK_ROW",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			org := serve(t, "--fault", fault)
			var block strings.Builder
			require.NoError(t, org.writeTo(&block))
			script := exec.CommandContext(t.Context(), "sh", "-c", block.String()+". "+scriptPath)
			script.Env = append(os.Environ(), "NO_PROXY=*", "no_proxy=*")
			out, err := script.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(out), says)
			org.end(t)
		})
	}
}

// Every call of the control endpoint is in the documentation, and the other way round.
func TestTheDocumentationHasTheControlEndpoint(t *testing.T) {
	t.Parallel()
	var documented, there []string
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:GET|POST|DELETE) [^`]*)` \\|").FindAllStringSubmatch(doc(t), -1) {
		documented = append(documented, row[1])
	}
	for _, call := range controlCalls(nil, nil) {
		there = append(there, call.pattern)
	}
	assert.ElementsMatch(t, there, documented)
}

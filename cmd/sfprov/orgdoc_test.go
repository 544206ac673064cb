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

	"github.com/sfprov/sfprov/sfprovtest"
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

// built is the program, in a folder of its own.
func built(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	needs(t, "go", "sh", "curl", "sed")
	program := filepath.Join(t.TempDir(), "sfprov")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// The program as it is built: a shell takes its block, the script of the documentation
// runs against it, and a signal ends it, with and without TLS.
func TestTheScriptAgainstTheProgram(t *testing.T) {
	t.Parallel()
	program := built(t)
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

// The lines that the documentation gives for scripts, but for the build, with the other
// script for what uses the org.
func TestTheLinesForScripts(t *testing.T) {
	t.Parallel()
	lines := regexp.MustCompile("(?s)```sh\ngo build -o sfprov ./cmd/sfprov\n(.*?)```").FindStringSubmatch(doc(t))
	require.Len(t, lines, 2)
	script, err := filepath.Abs(scriptPath)
	require.NoError(t, err)
	text := strings.Replace(lines[1], "# ... what uses the org", "sh '"+script+"'", 1)
	require.NotEqual(t, lines[1], text)
	shell := exec.CommandContext(t.Context(), "sh", "-ec", text+"wait $!\n")
	shell.Dir = filepath.Dir(built(t))
	shell.Env = append(os.Environ(), "NO_PROXY=*", "no_proxy=*")
	out, err := shell.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), `"IsFrozen":true`)
}

// The block that the documentation shows is the one that the command writes.
func TestTheDocumentationShowsTheBlock(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	var block strings.Builder
	require.NoError(t, settingsOf(org).writeTo(&block))
	assert.Contains(t, doc(t), "```sh\n"+strings.ReplaceAll(block.String(), org.URL(), "http://127.0.0.1:8080")+"```")
}

// Every flag of the command is in the documentation, and the other way round.
func TestTheDocumentationHasTheFlags(t *testing.T) {
	t.Parallel()
	documented := []string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)[^`]*` \\|").FindAllStringSubmatch(doc(t), -1) {
		documented = append(documented, row[1])
	}
	there := []string{"json"} // of all commands
	for _, flag := range orgCommand().Flags {
		there = append(there, flag.Names()[0])
	}
	assert.ElementsMatch(t, there, documented)
}

// What a shell takes is what was meant, whatever is in it.
func TestQuoted(t *testing.T) {
	t.Parallel()
	needs(t, "sh")
	for _, text := range []string{"", "plain", "a b", `it's`, `"$HOME" \ !` + "`id`", "two\nlines"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+quoted(text)).Output()
		require.NoError(t, err)
		assert.Equal(t, text, string(out))
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

package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

var update = flag.Bool("update", false, "write the session into the documentation")

const (
	commandPage  = "../../docs/command.md"
	sessionBegin = "<!-- the session, written by TestTheSession -->\n"
	sessionEnd   = "<!-- the end of the session -->\n"
)

// TestTheSession: what the documentation shows of the command is what it does, with an org
// that is broken, mended step by step, and then brought to what a file says.
func TestTheSession(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	org.SetRunAsUser(false)
	org.SetLicenses("Salesforce", 4)
	org.Forbid(sfprovtest.ViewAllUsers)
	dir := t.TempDir()
	files := map[string]string{
		"config.json": configOf(t, org, nil), "people.csv": fileOf(t, "people.csv", people), "mapping.json": fileOf(t, "mapping.json", mapping),
		"plan.json": filepath.Join(dir, "plan.json"),
	}
	s := &session{files: files, org: org}
	s.do(t, exitFound, "check --config config.json --mapping mapping.json")
	s.remark("The integration user is given to the app as its run-as user.")
	org.SetRunAsUser(true)
	s.do(t, exitFound, "check --config config.json --mapping mapping.json")
	s.remark("The permission set gets View All Users, and two licences are bought.")
	org.Permit(sfprovtest.ManageUsers)
	org.SetLicenses("Salesforce", 6)
	s.do(t, exitFine, "check --config config.json --mapping mapping.json")
	s.do(t, exitFine, "plan --config config.json --mapping mapping.json --out plan.json people.csv")
	s.do(t, exitFine, "apply --config config.json --yes plan.json")
	s.do(t, exitFine, "users --config config.json --suffix @acme.com --field Title")
	s.do(t, exitFine, "catalog --config config.json profiles")
	s.do(t, exitFine, "explain INVALID_CROSS_REFERENCE_KEY")

	page, err := os.ReadFile(commandPage)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), sessionBegin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, sessionEnd)
	require.True(t, found)
	want := before + sessionBegin + s.text.String() + sessionEnd + after
	if *update {
		require.NoError(t, os.WriteFile(commandPage, []byte(want), 0o600))
		return
	}
	assert.Equal(t, want, string(page), "go test . -update writes it anew")
}

// session is what a terminal shows.
type session struct {
	org   *sfprovtest.Org
	files map[string]string
	text  strings.Builder
}

// do runs a command line in which files go by their names.
func (s *session) do(t *testing.T, want int, line string) {
	t.Helper()
	args := strings.Fields(line)
	for i, arg := range args {
		if path, isFile := s.files[arg]; isFile {
			args[i] = path
		}
	}
	code, out, errs := invoke(t, args...)
	require.Equal(t, want, code, "%s: %s%s", line, out, errs)
	s.text.WriteString("```console\n$ sfprov " + line + "\n" + s.tidy(out+errs) + "```\n\n")
}

func (s *session) remark(text string) { s.text.WriteString(text + "\n\n") }

var volatile = regexp.MustCompile(`(?m)(Plan of )\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC|( in )\d+(?:\.\d+)?(?:ms|s|µs)$|\d+ a second`)

// tidy takes out what differs from run to run.
func (s *session) tidy(text string) string {
	text = strings.ReplaceAll(text, s.org.URL(), "https://acme.my.salesforce.com")
	for name, path := range s.files {
		text = strings.ReplaceAll(text, path, name)
	}
	text = volatile.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "Plan of ") {
			return "Plan of 2026-12-01 09:00:00 UTC"
		}
		if strings.HasSuffix(found, "a second") {
			return "90 a second"
		}
		return " in 40ms"
	})
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

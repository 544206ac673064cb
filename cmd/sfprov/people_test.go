package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFilesOfPeople: each format, and what is wrong with a line, which ends the plan.
func TestFilesOfPeople(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want string // of the output
		err  string
	}{
		"people.jsonl":     {text: `{"username":"bob","sub":"E-2","family_name":"Smith","email":"bob@acme.com","title":null}` + "\n\n", want: "Title: Trainee -> none"},
		"people.csv":       {text: people, want: "create alice@acme.com"},
		"broken.jsonl":     {text: `{"username":"bob","sub":"E-2","family_name":"Smith","email":"bob@acme.com"}` + "\n{", err: "broken.jsonl:2: the line is no JSON object"},
		"broken.csv":       {text: "username,sub\nbob\n", err: "wrong number of fields"},
		"numbers.jsonl":    {text: `{"username":"neo","sub":12345678901,"family_name":"Smith","email":"neo@acme.com"}` + "\n", want: "12345678901"},
		"marked.csv":       {text: "\uFEFF" + people, want: "create alice@acme.com"},
		"marked.jsonl":     {text: "\uFEFF" + `{"username":"bob","sub":"E-2","family_name":"Smith","email":"bob@acme.com"}`, want: "1 unchanged"},
		"semicolons.csv":   {text: strings.ReplaceAll(people, ",", ";"), err: `semicolons.csv: line 1 has no column "username"; commas part the columns`},
		"capitals.csv":     {text: "User" + people[4:], err: `no column "username"`},
		"twice.csv":        {text: "username,sub,sub\nbob,E-2,E-3\n", err: `the column "sub" twice`},
		"nameless.jsonl":   {text: `{"sub":"E-2"}`, err: `nameless.jsonl:1: the object has no "username"`},
		"null.jsonl":       {text: "null", err: `the object has no "username"`},
		"nested.jsonl":     {text: `{"username":"bob","name":{"familyName":"Smith"}}`, err: `"name" holds an object`},
		"two-in-one.jsonl": {text: `{"username":"bob"}{"username":"eve"}`, err: "more than a JSON object"},
		"empty.csv":        {text: "", want: "The input is empty, so none of the 3 active users in scope is deactivated."},
		"users.txt":        {text: "", err: "ends in neither .csv nor .jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := invoke(t, "plan", "--config", configOf(t, staffed(t), nil), "--mapping", fileOf(t, "mapping.json", mapping), fileOf(t, name, test.text))
			if test.err != "" {
				assert.Equal(t, exitFailed, code)
				assert.Contains(t, errs, test.err)
				return
			}
			require.Equal(t, exitFine, code, errs)
			assert.Contains(t, out, test.want)
		})
	}
	for _, args := range [][]string{{"plan", "no-such-file.csv"}, {"plan", "--mapping", "no-such-file.json", "people.csv"}, {"plan"}, {"apply", "no-such-plan.json"}, {"apply"}} {
		code, _, errs := invoke(t, args...)
		assert.Equal(t, exitUsage, code, errs)
	}
}

// TestProblemsOfUsersFailAPlan, which holds the others all the same.
func TestProblemsOfUsersFailAPlan(t *testing.T) {
	t.Parallel()
	config, rules, out := configOf(t, staffed(t), nil), fileOf(t, "mapping.json", mapping), filepath.Join(t.TempDir(), "plan.json")
	file := fileOf(t, "people.csv", strings.Replace(people, "Smith", "", 1))
	for _, more := range [][]string{nil, {"--detailed-exitcode"}} {
		args := append([]string{"plan", "--config", config, "--mapping", rules, "--out", out}, append(more, file)...)
		code, shown, errs := invoke(t, args...)
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, shown, "create alice@acme.com")
		assert.Contains(t, errs, "nothing can be done for 1 of")
		assert.FileExists(t, out)
	}
}

// TestOnlyPlansAreApplied: another file of JSON is none.
func TestOnlyPlansAreApplied(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{}", "null", `{"steps":[]}`} {
		code, _, errs := invoke(t, "apply", "--config", configOf(t, staffed(t), nil), "--yes", fileOf(t, "plan.json", text))
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, errs, "plan.json is no plan")
	}
}

package main

import (
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
		"people.jsonl": {text: `{"username":"bob","sub":"E-2","family_name":"Smith","email":"bob@acme.com","title":null}` + "\n\n", want: "Title: Trainee -> none"},
		"people.csv":   {text: people, want: "create alice@acme.com"},
		"broken.jsonl": {text: `{"username":"bob","sub":"E-2","family_name":"Smith","email":"bob@acme.com"}` + "\n{", err: "broken.jsonl:2: the line is no JSON object"},
		"broken.csv":   {text: "username,sub\nbob\n", err: "wrong number of fields"},
		"empty.csv":    {text: "", want: "The input is empty, so none of the 3 active users in scope is deactivated."},
		"users.txt":    {text: "", err: "ends in neither .csv nor .jsonl"},
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

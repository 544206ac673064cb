package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSample(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), options{domain: "acme.com"}, strings.NewReader(""), &out))
	assert.Contains(t, out.String(), "2 to create, 1 to reactivate, 1 to update, 2 to deactivate; 0 unchanged")
	assert.Contains(t, out.String(), "Done: map[created:2 deactivated:2 reactivated:1 updated:1], by ")
	assert.Contains(t, out.String(), "6 of 6")

	out.Reset()
	require.NoError(t, run(t.Context(), options{domain: "acme.com", dryRun: true}, strings.NewReader(""), &out))
	assert.NotContains(t, out.String(), "Done")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want string // of the output
		err  string
	}{
		"people.jsonl": {text: `{"username":"bob","sub":"E-2","given_name":"Bob","family_name":"Smith","email":"bob@acme.com","title":null,"sets":["Quotes"]}` + "\n\n", want: "Title: Trainee -> none"},
		"broken.jsonl": {text: `{"username":"bob","sub":"E-2","family_name":"Smith","email":"bob@acme.com"}` + "\n{", err: "broken.jsonl:2: the line is no JSON object"},
		"broken.csv":   {text: "username,sub\nbob\n", err: "wrong number of fields"},
		"claims.csv":   {text: "username,sub,email\nbob,E-2,\n", err: `Email needs the claim "email"`},
		"empty.csv":    {text: "", want: "The input is empty, so none of the 3 active users in scope is deactivated."},
		"users.txt":    {text: "", err: "ends in neither .csv nor .jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(file, []byte(test.text), 0o600))
			var out bytes.Buffer
			err := run(t.Context(), options{domain: "acme.com", users: file, dryRun: true}, strings.NewReader(""), &out)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			assert.Contains(t, out.String(), test.want)
		})
	}
	require.Error(t, run(t.Context(), options{users: "no-such-file.csv"}, strings.NewReader(""), &bytes.Buffer{}))
	require.Error(t, run(t.Context(), options{mapping: "no-such-file.json"}, strings.NewReader(""), &bytes.Buffer{}))
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// invoke runs the program with these arguments, to its end.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return invokeWith(t, "", args...)
}

// invokeWith is invoke with something on standard input.
func invokeWith(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second) // if it should serve, and must not
	defer stop()
	code = run(ctx, append([]string{"sfprov"}, args...), strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

func TestUsageErrorsExitWithTwo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"no such command":            {[]string{"orgg"}, `sfprov has no command "orgg"`},
		"no such flag":               {[]string{"--nosuch"}, "nosuch"},
		"no such flag of a command":  {[]string{"version", "--nosuch"}, "nosuch"},
		"an argument that is none":   {[]string{"version", "1.2"}, `sfprov version takes no arguments, and was given "1.2"`},
		"help on what there is none": {[]string{"help", "nosuch"}, "nosuch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, tt.args...)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, tt.says)
			assert.Equal(t, 1, strings.Count(stderr, tt.says), "said once: %s", stderr)
			assert.Contains(t, stderr, "sfprov --help")
		})
	}
}

func TestHelpIsDataAndSuccess(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--help"}, {"help"}, {"version", "--help"}, {"help", "version"}, {"--version"}} {
		code, stdout, stderr := invoke(t, args...)
		assert.Equal(t, exitFine, code, "%q", args)
		assert.NotEmpty(t, stdout, "%q", args)
		assert.Empty(t, stderr, "%q", args)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version", "--json"}, {"--json", "version"}} {
		code, stdout, stderr := invoke(t, args...)
		assert.Equal(t, exitFine, code)
		assert.Empty(t, stderr)
		var version map[string]string
		require.NoError(t, json.Unmarshal([]byte(stdout), &version))
		assert.NotEmpty(t, version["version"])
		assert.Regexp(t, `^go1\.`, version["go"])
	}
	code, stdout, _ := invoke(t, "version")
	assert.Equal(t, exitFine, code)
	assert.Regexp(t, `^sfprov \S+, made with go1\.\S+\n$`, stdout)
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err    error
		code   int
		stderr string
	}{
		{nil, exitFine, ""},
		{errors.New("no answer"), exitFailed, "sfprov: no answer\n"},
		{foundError{"3 of 60 differ"}, exitFound, "sfprov: 3 of 60 differ\n"},
		{fmt.Errorf("probe: %w", foundError{"3 of 60 differ"}), exitFound, "sfprov: probe: 3 of 60 differ\n"},
		{usagef("no %s", "file"), exitUsage, "sfprov: no file\nsfprov --help, and sfprov COMMAND --help, tell what there is.\n"},
	} {
		var stderr bytes.Buffer
		assert.Equal(t, tt.code, exitCode(tt.err, &stderr))
		assert.Equal(t, tt.stderr, stderr.String())
	}
}

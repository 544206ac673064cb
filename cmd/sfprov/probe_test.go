package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// probeEnvironment has the tests below ask an org in memory.
func probeEnvironment(t *testing.T) *sfprovtest.Org {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	cfg := org.Config()
	t.Setenv("SALESFORCE_DOMAIN", cfg.Domain)
	t.Setenv("SALESFORCE_CLIENT_ID", cfg.ClientID)
	t.Setenv("SALESFORCE_CLIENT_SECRET", string(cfg.ClientSecret))
	t.Setenv("SALESFORCE_PROFILE_ID", cfg.Defaults["ProfileId"].(string))
	return org
}

//nolint:paralleltest // it sets variables of the environment
func TestProbeWritesReportsThatCanBeCompared(t *testing.T) {
	org := probeEnvironment(t)
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	code, stdout, stderr := invoke(t, "probe", "--out", a)
	require.Equal(t, exitFine, code, stderr)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "At most ")
	assert.Contains(t, stderr, "It took ")

	code, stdout, stderr = invoke(t, "probe")
	require.Equal(t, exitFine, code, stderr)
	require.NoError(t, os.WriteFile(b, []byte(stdout), 0o600))
	code, _, stderr = invoke(t, "probe", "compare", a, b)
	assert.Equal(t, exitFine, code, stderr)

	changed := strings.Replace(stdout, "INVALID_SESSION_ID", "INVALID_SESSION", 1)
	require.NoError(t, os.WriteFile(b, []byte(changed), 0o600))
	code, stdout, _ = invoke(t, "probe", "compare", a, b)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, stdout, "INVALID_SESSION_ID")
	code, stdout, _ = invoke(t, "probe", "compare", "--json", a, b)
	assert.Equal(t, exitFound, code)
	assert.True(t, json.Valid([]byte(stdout)))
	assert.Empty(t, org.Users(), "nobody was created")
}

//nolint:paralleltest // it sets variables of the environment
func TestProbeAsksBeforeItWrites(t *testing.T) {
	org := probeEnvironment(t)
	var out, errs bytes.Buffer
	for _, answer := range []string{"", "no\n", "y\n"} {
		code := run(t.Context(), []string{"sfprov", "probe", "--write"}, strings.NewReader(answer), &out, &errs)
		assert.Equal(t, exitUsage, code)
		assert.Empty(t, org.Users())
	}
	code := run(t.Context(), []string{"sfprov", "probe", "--write", "--text"}, strings.NewReader("yes\n"), &out, &errs)
	assert.Equal(t, exitFine, code, errs.String())
	assert.Len(t, org.Users(), 1)
	assert.Contains(t, out.String(), "Left behind: one user, inactive and renamed")
	code, _, _ = invoke(t, "probe", "--write", "--yes")
	assert.Equal(t, exitFine, code)
	assert.Len(t, org.Users(), 2)
}

func TestProbeThatMakesNoSense(t *testing.T) {
	probeEnvironment(t)
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"format": 99}`), 0o600))
	for _, tt := range []struct {
		args []string
		code int
	}{
		{[]string{"probe", "lst"}, exitUsage},
		{[]string{"probe", "compare", bad}, exitUsage},
		{[]string{"probe", "compare", bad, bad}, exitFailed},
		{[]string{"probe", "compare", bad, filepath.Join(dir, "none")}, exitFailed},
		{[]string{"probe", "--out", filepath.Join(dir, "none", "x")}, exitFailed},
	} {
		code, stdout, _ := invoke(t, tt.args...)
		assert.Equal(t, tt.code, code, "%q", tt.args)
		assert.Empty(t, stdout)
	}
	code, stdout, _ := invoke(t, "probe", "list")
	assert.Equal(t, exitFine, code)
	assert.Contains(t, stdout, "delete-absent")
	t.Setenv("SALESFORCE_DOMAIN", "")
	t.Setenv("SALESFORCE_CLIENT_ID", "")
	code, _, stderr := invoke(t, "probe")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "SALESFORCE_DOMAIN")
	assert.Contains(t, stderr, "SALESFORCE_CLIENT_ID")
}

func TestProbeThatGetsNoToken(t *testing.T) {
	probeEnvironment(t)
	t.Setenv("SALESFORCE_CLIENT_SECRET", "wrong")
	code, stdout, stderr := invoke(t, "probe")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "no token")
	assert.Contains(t, stdout, "invalid client credentials", "the report tells why")
}

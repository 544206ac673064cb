package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// environment is a getenv of these variables.
func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		variables map[string]string
		problems  []string // none is fine
	}{
		"nothing":                  {nil, []string{"HOOK_TOKEN is not set", "LOOPBACK_ONLY=true"}},
		"on loopback":              {map[string]string{"LOOPBACK_ONLY": "true"}, nil},
		"not on loopback":          {map[string]string{"LOOPBACK_ONLY": "false"}, []string{"HOOK_TOKEN is not set"}},
		"a token":                  {map[string]string{"HOOK_TOKEN": token}, nil},
		"a token, and on loopback": {map[string]string{"HOOK_TOKEN": token, "LOOPBACK_ONLY": "true"}, []string{"both set"}},
		"a short token":            {map[string]string{"HOOK_TOKEN": "secret"}, []string{"HOOK_TOKEN must have 32"}},
		"a token with a line end":  {map[string]string{"HOOK_TOKEN": token + "\n"}, []string{"no blanks"}},
		"neither true nor false":   {map[string]string{"LOOPBACK_ONLY": "localhost"}, []string{`LOOPBACK_ONLY is neither`}},
		"a real org, and no more": {
			map[string]string{"HOOK_TOKEN": token, "SALESFORCE_DOMAIN": "acme.my.salesforce.com"},
			[]string{
				"SALESFORCE_CLIENT_ID is not", "SALESFORCE_CLIENT_SECRET is not", "SALESFORCE_PROFILE_ID is not",
				"PROVISIONING_DOMAIN is not", "STATE_DIR is not",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readSettings(environment(test.variables))
			if test.problems == nil {
				require.NoError(t, err)
			}
			for _, problem := range test.problems {
				require.ErrorContains(t, err, problem)
				assert.NotContains(t, err.Error(), token)
			}
		})
	}
}

func TestWithoutATokenOthersCanNotReachIt(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		err := run(t.Context(), environment(map[string]string{"LOOPBACK_ONLY": "true", "ADDR": addr}))
		require.ErrorContains(t, err, "others can reach", addr)
	}
	err := run(t.Context(), environment(map[string]string{"LOOPBACK_ONLY": "true", "ADDR": "localhost"}))
	require.ErrorContains(t, err, "ADDR")
}

func TestShutdownFinishesTheEventsInHand(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	cfg := org.Config()
	cfg.ProvisioningDomain = "hook.example"
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	mem, err := openMemory(t.TempDir())
	require.NoError(t, err)
	defer mem.close()
	log := slog.New(slog.DiscardHandler)
	inHand, release := make(chan struct{}), make(chan struct{})
	org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
		if r.Method != http.MethodPost || !strings.Contains(r.Path, "/sobjects/User") {
			return nil
		}
		close(inHand)
		<-release
		return &sfprovtest.Fault{}
	})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, listener, newHandler(&hook{p: p, mem: mem, log: log}, ""), log) }()

	answered := make(chan int, 1)
	go func() {
		client := &http.Client{}
		url := "http://" + listener.Addr().String() + "/events"
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(hire))
		if !assert.NoError(t, err) {
			return
		}
		resp, err := client.Do(req)
		if !assert.NoError(t, err) {
			return
		}
		_, err = io.Copy(io.Discard, resp.Body)
		assert.NoError(t, err)
		assert.NoError(t, resp.Body.Close())
		client.CloseIdleConnections()
		answered <- resp.StatusCode
	}()
	<-inHand
	stop() // the process is told to stop while the event is in hand
	close(release)
	assert.Equal(t, http.StatusOK, <-answered)
	require.NoError(t, <-served)
	assert.Len(t, org.Users(), 1)
}

func TestTheMemoryOutlivesACrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mem, err := openMemory(dir)
	require.NoError(t, err)
	defer mem.close()
	require.NoError(t, mem.keep("../Alice@hook.example", trace{ID: "005000000000001AAA"}))
	got, err := mem.recall("../alice@HOOK.example")
	require.NoError(t, err)
	assert.Equal(t, "005000000000001AAA", got.ID)

	// A draft that a crash has left behind is not read, and is written over.
	require.NoError(t, os.WriteFile(filepath.Join(dir, file("bob")+".new"), []byte(`{"id":`), 0o600))
	got, err = mem.recall("bob")
	require.NoError(t, err)
	assert.Zero(t, got)
	require.NoError(t, mem.keep("bob", trace{ID: "005000000000002AAA"}))

	// What can't be read is not taken for nothing.
	require.NoError(t, os.WriteFile(filepath.Join(dir, file("bob")), []byte(`{"id":`), 0o600))
	_, err = mem.recall("bob")
	require.ErrorContains(t, err, "can't be read")
	require.NoError(t, mem.forget("bob"))
	require.NoError(t, mem.forget("bob"))
}

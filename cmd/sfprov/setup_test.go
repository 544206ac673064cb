package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

func TestSetupTellsTheSteps(t *testing.T) {
	t.Parallel()
	code, out, errs := invoke(t, "setup", "--domain", "https://acme.my.salesforce.com", "--username", "api@acme.com", "--match-field", "FederationIdentifier")
	require.Equal(t, exitFine, code, errs)
	for _, want := range []string{"1. My Domain is known", "it is https://acme.my.salesforce.com", "api@acme.com as Run As", "the match field, FederationIdentifier", "sfprov setup --watch"} {
		assert.Contains(t, out, want)
	}
	code, out, _ = invoke(t, "setup")
	require.Equal(t, exitFine, code, "what is missing is part of what to do")
	assert.Contains(t, out, "give it as SALESFORCE_DOMAIN")
}

// TestSetupWatches: the org is mended step by step, and each next one is told.
func TestSetupWatches(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	org.SetRunAsUser(false)
	org.Forbid(sfprovtest.ViewSetup)
	said := &sayings{heard: make(chan string, 16)}
	var out bytes.Buffer
	done, config := make(chan int), configOf(t, org, nil)
	go func() {
		done <- run(t.Context(), []string{"sfprov", "setup", "--watch", "--every", "10ms", "--config", config}, strings.NewReader(""), &out, said)
	}()
	assert.Contains(t, <-said.heard, "Next, step 3 of 7: The app lets the integration user in")
	org.SetRunAsUser(true)
	assert.Contains(t, <-said.heard, "Next, step 5 of 7: The integration user has the rights")
	org.Permit(sfprovtest.ManageUsers)
	assert.Equal(t, exitFine, <-done)
	assert.Contains(t, out.String(), "Ready")
}

// sayings are what a command says while it runs.
type sayings struct {
	mu    sync.Mutex
	heard chan string
}

func (s *sayings) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard <- string(p)
	return len(p), nil
}

func TestSetupThatIsInterrupted(t *testing.T) {
	t.Parallel()
	org := staffed(t)
	org.SetRunAsUser(false)
	ctx, stop := context.WithCancel(t.Context())
	said := &sayings{heard: make(chan string, 16)}
	done, config := make(chan int), configOf(t, org, nil)
	go func() {
		done <- run(ctx, []string{"sfprov", "setup", "--watch", "--config", config}, strings.NewReader(""), io.Discard, said)
	}()
	<-said.heard
	stop()
	assert.Equal(t, exitFailed, <-done)
	assert.Contains(t, <-said.heard, "interrupted")
}

// TestSetupWritesMetadata: well-formed files at their places, and the commands.
func TestSetupWritesMetadata(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "project")
	code, out, errs := invoke(t, "setup", "--metadata", dir, "--contact", "it&co@acme.com", "--username", "api@acme.com")
	require.Equal(t, exitFine, code, errs)
	assert.Contains(t, errs, "Nobody has tried them on a real org yet")
	assert.Contains(t, out, "sf org assign permset --name sfprov --on-behalf-of api@acme.com")
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files = append(files, strings.TrimPrefix(path, dir+"/"))
		text, err := os.ReadFile(path)
		if strings.HasSuffix(path, ".xml") {
			decoder := xml.NewDecoder(bytes.NewReader(text))
			for err == nil {
				_, err = decoder.Token()
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
		}
		return err
	}))
	assert.Len(t, files, len(setupPaths))
	app, err := os.ReadFile(filepath.Join(dir, "force-app/main/default/externalClientApps/sfprov.eca-meta.xml"))
	require.NoError(t, err)
	assert.Contains(t, string(app), "<contactEmail>it&amp;co@acme.com</contactEmail>")
	for _, args := range [][]string{{"--metadata", dir, "--contact", "a@b.c", "--username", "x@y.z"}, {"--metadata", dir + "2"}, {"--metadata", dir + "2", "--contact", "a@b.c"}} {
		code, _, errs := invoke(t, append([]string{"setup"}, args...)...)
		assert.Equal(t, exitUsage, code, errs)
	}
}

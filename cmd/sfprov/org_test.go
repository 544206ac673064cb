package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// servedOrg is the command org under way.
type servedOrg struct {
	orgSettings

	stop   func()
	ended  chan int // what it exits with
	stderr *lockedBuffer
}

// lockedBuffer is written and read at once.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// serve starts the command org and returns when it has told its settings.
func serve(t *testing.T, args ...string) *servedOrg {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	reader, writer := io.Pipe()
	org := &servedOrg{stop: stop, ended: make(chan int, 1), stderr: &lockedBuffer{}}
	go func() {
		code := run(ctx, append([]string{"sfprov", "--json", "org"}, args...), strings.NewReader(""), writer, org.stderr)
		_ = writer.Close() // it never fails
		org.ended <- code
	}()
	if err := json.NewDecoder(bufio.NewReader(reader)).Decode(&org.orgSettings); err != nil {
		require.Fail(t, "it did not start", org.stderr.String())
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }() // what is left of the object's line
	return org
}

// end ends the org, and expects that it goes well.
func (o *servedOrg) end(t *testing.T) {
	t.Helper()
	o.stop()
	assert.Equal(t, exitFine, <-o.ended, o.stderr)
}

// client is a Provisioner for the org, with the settings that it told.
func (o *servedOrg) client(t *testing.T, change func(*sfprov.Config), opts ...sfprov.Option) *sfprov.Provisioner {
	t.Helper()
	cfg := sfprov.Config{
		Domain: o.Domain, TokenEndpoint: o.TokenEndpoint, ClientID: o.ClientID, ClientSecret: sfprov.Secret(o.ClientSecret), GrantType: sfprov.GrantType(o.GrantType),
		Defaults: sfprov.Fields{
			"ProfileId": o.ProfileID, "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
		},
	}
	if change != nil {
		change(&cfg)
	}
	p, err := sfprov.New(cfg, opts...)
	require.NoError(t, err)
	return p
}

func create(t *testing.T, p *sfprov.Provisioner, name string) {
	t.Helper()
	_, err := p.Create(t.Context(), sfprov.User{Username: name, Fields: sfprov.Fields{"LastName": "Jones", "Email": name}})
	require.NoError(t, err)
}

// The settings that are told are all that each grant needs.
func TestOrgTellsWhatEachGrantNeeds(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key.pem")
	org := serve(t, "--key", key)
	assert.Equal(t, key, org.PrivateKeyFile)
	for grant, change := range map[sfprov.GrantType]func(*sfprov.Config){
		sfprov.GrantClientCredentials: nil,
		sfprov.GrantPassword: func(cfg *sfprov.Config) {
			cfg.GrantType, cfg.Username, cfg.Password = sfprov.GrantPassword, org.Username, sfprov.Secret(org.Password)
		},
		sfprov.GrantJWTBearer: func(cfg *sfprov.Config) {
			pem, err := os.ReadFile(key)
			require.NoError(t, err)
			cfg.GrantType, cfg.ClientSecret = sfprov.GrantJWTBearer, ""
			cfg.Username, cfg.Audience, cfg.PrivateKey = org.Username, org.Audience, sfprov.Secret(pem)
		},
	} {
		create(t, org.client(t, change), fmt.Sprintf("user%d@x.example", len(grant)))
	}
	org.end(t)
	assert.NoFileExists(t, key, "it opens nothing any more")
}

// With --tls, a client needs the file that is told, and nothing else.
func TestOrgWithTLS(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"a temporary file": nil, "a file of one's choice": {"--ca", filepath.Join(t.TempDir(), "ca.pem")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := serve(t, append([]string{"--tls"}, args...)...)
			assert.Regexp(t, "^https://", org.Domain)
			if args != nil {
				assert.Equal(t, args[1], org.CAFile)
			}
			pem, err := os.ReadFile(org.CAFile)
			require.NoError(t, err)
			pool := x509.NewCertPool()
			require.True(t, pool.AppendCertsFromPEM(pem))
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
			create(t, org.client(t, nil, sfprov.WithHTTPClient(client)), "alice@x.example")
			client.CloseIdleConnections()
			org.end(t)
			assert.NoFileExists(t, org.CAFile)
		})
	}
}

// What cannot work is refused before anything is told.
func TestOrgRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	taken := sfprovtest.NewOrg(t)
	there := filepath.Join(t.TempDir(), "there.pem")
	require.NoError(t, os.WriteFile(there, []byte("precious"), 0o600))
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"a port that is taken":          {[]string{"--listen", taken.URL()[len("http://"):]}, exitFailed, "can't listen on 127.0.0.1:"},
		"a control port that is taken":  {[]string{"--control", taken.URL()[len("http://"):]}, exitFailed, "the address of --control"},
		"an address without a port":     {[]string{"--listen", "127.0.0.1"}, exitUsage, "--listen wants a host and a port"},
		"an address for others":         {[]string{"--listen", "0.0.0.0:0"}, exitUsage, "--allow-remote"},
		"an address for everybody":      {[]string{"--listen", ":0"}, exitUsage, "--allow-remote"},
		"a control address for others":  {[]string{"--control", "[::]:0"}, exitUsage, "--allow-remote"},
		"too many users":                {[]string{"--users", "100001"}, exitUsage, "from 0 to 100000"},
		"fewer than no users":           {[]string{"--users", "-1"}, exitUsage, "from 0 to 100000"},
		"a share above 1":               {[]string{"--turmoil", "1.5"}, exitUsage, "from 0 to 1"},
		"a fault that is unknown":       {[]string{"--fault", "earthquake"}, exitUsage, "lost-answer"},
		"a fault that is badly written": {[]string{"--fault", "locked-row=often"}, exitUsage, `fault "locked-row=often"`},
		"a CA without TLS":              {[]string{"--ca", there}, exitUsage, "--tls"},
		"a CA file that is there":       {[]string{"--tls", "--ca", there}, exitFailed, "is there already"},
		"a key file that is there":      {[]string{"--key", there}, exitFailed, "is there already"},
		"a folder that is not there":    {[]string{"--key", filepath.Join(there, "key.pem")}, exitFailed, "key.pem"},
		"an argument":                   {[]string{"127.0.0.1:8080"}, exitUsage, "takes no arguments"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, append([]string{"org"}, tt.args...)...)
			assert.Equal(t, tt.code, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, tt.says)
		})
	}
	t.Cleanup(func() {
		content, err := os.ReadFile(there)
		require.NoError(t, err)
		assert.Equal(t, "precious", string(content))
	})
}

// Who lets other machines in is told what that means.
func TestOrgForOtherMachinesWarns(t *testing.T) {
	t.Parallel()
	org := serve(t, "--listen", "0.0.0.0:0", "--allow-remote")
	assert.Contains(t, org.stderr.String(), "warning: 0.0.0.0:0 can be reached from other machines")
	create(t, org.client(t, nil), "alice@x.example")
	org.end(t)
}

// The same seed makes the same users; another one, others.
func TestSeededUsers(t *testing.T) {
	t.Parallel()
	const n = 500
	users := func(seed uint64) []sfprovtest.User {
		org := sfprovtest.NewOrg(t)
		before := len(org.Users())
		seedOrg(org, n, seed)
		made := org.Users()[before:]
		for _, user := range made { // which the clock decides
			delete(user.Fields, "LastModifiedDate")
			delete(user.Fields, "SystemModstamp")
		}
		return made
	}
	first := users(1)
	require.Len(t, first, n)
	assert.Equal(t, first, users(1))
	assert.NotEqual(t, first, users(2))
	var inactive, frozen, managed int
	for _, user := range first {
		assert.Regexp(t, `@acme\.example\.com$`, user.Username)
		assert.Regexp(t, `^[a-z0-9.]+@example\.com$`, user.Fields["Email"])
		assert.NotEmpty(t, user.Fields["Department"])
		assert.NotEmpty(t, user.Fields["FederationIdentifier"])
		for of, is := range map[*int]bool{&inactive: !user.Active, &frozen: user.Frozen, &managed: user.Fields["ManagerId"] != nil} {
			if is {
				*of++
			}
		}
	}
	assert.Greater(t, inactive, n/20)
	assert.Greater(t, frozen, n/100)
	assert.Equal(t, n-len(departments), managed, "all but those who lead")
}

func TestSeededUsersHaveWhatTheirDepartmentGives(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	seedOrg(org, 200, 7)
	extra := 0
	for _, user := range org.Users() {
		has := org.Access(user.ID)
		if user.Fields["Department"] == "Sales" {
			assert.Equal(t, "Sales", has.Role)
			assert.Contains(t, has.PermissionSets, "Opportunity Approval")
			assert.Contains(t, has.PublicGroups, "All Sales")
		}
		extra += len(has.PermissionSetGroups)
	}
	assert.Positive(t, extra)
}

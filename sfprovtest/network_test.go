package sfprovtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestWithAddress(t *testing.T) {
	t.Parallel()
	for address, url := range map[string]string{
		"127.0.0.1:0": `^http://127\.0\.0\.1:\d+$`,
		"localhost:0": `^http://localhost:\d+$`,
		"0.0.0.0:0":   `^http://127\.0\.0\.1:\d+$`,
		":0":          `^http://127\.0\.0\.1:\d+$`,
		"[::1]:0":     `^http://\[::1\]:\d+$`,
		"[::]:0":      `^http://\[::1\]:\d+$`,
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			if address[0] == '[' {
				if probe, err := net.Listen("tcp", address); err != nil {
					t.Skipf("there is no IPv6 here: %v", err)
				} else {
					require.NoError(t, probe.Close())
				}
			}
			org := sfprovtest.NewOrg(t, sfprovtest.WithAddress(address))
			assert.Regexp(t, url, org.URL())
			p, err := sfprov.New(org.Config())
			require.NoError(t, err)
			_, err = p.Account(t.Context(), org.AdminID())
			require.NoError(t, err, "by any client")
			response, err := org.Client().Get(org.URL() + "/services/data")
			require.NoError(t, err, "by its own client")
			require.NoError(t, response.Body.Close())
		})
	}
}

func TestAddressesThatCannotBe(t *testing.T) {
	t.Parallel()
	taken := sfprovtest.NewOrg(t)
	host := taken.URL()[len("http://"):]
	for address, says := range map[string]string{
		host:               "can't listen on " + host + ": ",
		"127.0.0.1":        `WithAddress wants a host and a port, such as 127.0.0.1:8080, and not "127.0.0.1"`,
		"8080":             `WithAddress wants a host and a port, such as 127.0.0.1:8080, and not "8080"`,
		"no such host:8":   "can't listen on no such host:8: ",
		"127.0.0.1:987654": "can't listen on 127.0.0.1:987654: ",
	} {
		_, err := sfprovtest.NewStandaloneOrg(sfprovtest.WithAddress(address))
		require.ErrorContains(t, err, "sfprovtest: "+says)
	}
	_, err := sfprovtest.NewStandaloneOrg(sfprovtest.WithAddress("127.0.0.1:0"), sfprovtest.WithInMemoryNetwork())
	require.ErrorContains(t, err, "exclude each other")
}

// Whoever is given the certificate of the authority, and nobody else, reaches the org
// by each name that it may have.
func TestCertificatePEM(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t, sfprovtest.WithTLS())
	_, port, err := net.SplitHostPort(org.URL()[len("https://"):])
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(org.CertificatePEM()))
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: pool, ServerName: name})
		require.NoError(t, err, name)
		shown := conn.ConnectionState().PeerCertificates
		assert.False(t, shown[0].IsCA, "some clients refuse an authority's certificate of a server")
		assert.Greater(t, time.Until(shown[0].NotAfter), 300*24*time.Hour)
		assert.Less(t, time.Until(shown[0].NotAfter), 398*24*time.Hour, "some clients refuse longer ones")
		require.NoError(t, conn.Close())
	}
	for name, config := range map[string]*tls.Config{
		"another name":      {RootCAs: pool, ServerName: "acme.my.salesforce.com"},
		"another authority": {RootCAs: x509.NewCertPool(), ServerName: "localhost"},
	} {
		_, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
		require.Error(t, err, name)
	}
	rest := org.CertificatePEM()
	block, rest := pem.Decode(rest)
	assert.Equal(t, "CERTIFICATE", block.Type)
	assert.Empty(t, rest, "no key")
	assert.Nil(t, sfprovtest.NewOrg(t).CertificatePEM())
}

// With WithAddress, the certificate is for its host too.
func TestCertificateOfAnAddress(t *testing.T) {
	t.Parallel()
	org, err := sfprovtest.NewStandaloneOrg(sfprovtest.WithTLS(), sfprovtest.WithAddress("127.0.0.2:0"))
	if err != nil {
		t.Skipf("127.0.0.2 is no address of this machine: %v", err)
	}
	t.Cleanup(org.Close)
	response, err := org.Client().Get(org.URL() + "/services/data")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
}

// Clients in other languages trust the certificate as their users give it to them.
func TestCertificateInOtherLanguages(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t, sfprovtest.WithTLS())
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, org.CertificatePEM(), 0o600))
	versions := org.URL() + "/services/data"
	for program, args := range map[string][]string{
		"curl":    {"--silent", "--show-error", "--fail", "--cacert", ca, versions},
		"openssl": {"s_client", "-brief", "-verify_return_error", "-CAfile", ca, "-x509_strict", "-connect", versions[len("https://") : len(versions)-len("/services/data")]},
		"node":    {"-e", "fetch(process.argv[1]).then(r => r.json()).then(v => console.log(v.length))", versions},
		"python3": {"-c", "import ssl, sys, urllib.request as u\nc = ssl.create_default_context(cafile=sys.argv[2])\nc.verify_flags |= ssl.VERIFY_X509_STRICT\nprint(u.urlopen(sys.argv[1], context=c).status)", versions, ca},
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(program)
			if err != nil {
				t.Skipf("%s is not here", program)
			}
			command := exec.CommandContext(t.Context(), path, args...)
			command.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "NO_PROXY=*", "no_proxy=*")
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

// The token answer and what it leads to have the URL that clients use.
func TestAnswersNameTheAddress(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t, sfprovtest.WithAddress("localhost:0"))
	cfg := org.Config()
	response, err := org.Client().PostForm(org.URL()+"/services/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {cfg.ClientID}, "client_secret": {string(cfg.ClientSecret)},
	})
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	var token map[string]string
	require.NoError(t, json.NewDecoder(response.Body).Decode(&token))
	assert.Equal(t, org.URL(), token["instance_url"])
}

package sfprov_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// problemsOfConfig takes New's error apart: field name to problems. Every part
// must be a *ConfigError and be in the text.
func problemsOfConfig(t *testing.T, err error) map[string][]string {
	t.Helper()
	require.Error(t, err)
	var joined interface{ Unwrap() []error }
	require.ErrorAs(t, err, &joined, "the problems are joined")
	problems := map[string][]string{}
	for _, part := range joined.Unwrap() {
		var problem *sfprov.ConfigError
		require.ErrorAs(t, part, &problem)
		assert.NotEmpty(t, problem.Problem)
		assert.Contains(t, err.Error(), problem.Error())
		problems[problem.Field] = append(problems[problem.Field], problem.Problem)
	}
	return problems
}

// fieldsAtFault are the names of the fields that New complains of.
func fieldsAtFault(t *testing.T, cfg sfprov.Config, opts ...sfprov.Option) []string {
	t.Helper()
	p, err := sfprov.New(cfg, opts...)
	assert.Nil(t, p, "no Provisioner comes with an error")
	return slices.Sorted(maps.Keys(problemsOfConfig(t, err)))
}

// settingsOf are the normalised settings of a Provisioner, as it logs them.
func settingsOf(t *testing.T, p *sfprov.Provisioner) map[string]string {
	t.Helper()
	settings := map[string]string{}
	for _, attr := range p.LogValue().Group() {
		if attr.Value.Kind() == slog.KindString {
			settings[attr.Key] = attr.Value.String()
		}
	}
	return settings
}

// accepted is settingsOf a Provisioner that New makes of cfg.
func accepted(t *testing.T, cfg sfprov.Config) map[string]string {
	t.Helper()
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	return settingsOf(t, p)
}

// configKey is an RSA key, made once for all tests.
var configKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // no randomness, no tests
	}
	return key
})

func pemOf(kind string, der []byte) sfprov.Secret {
	return sfprov.Secret(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func jwtConfig() sfprov.Config {
	cfg := config()
	cfg.GrantType = sfprov.GrantJWTBearer
	cfg.ClientSecret = ""
	cfg.Username = "integration@primary.com"
	cfg.PrivateKey = pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(configKey()))
	return cfg
}

func TestAPIVersionSpellings(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": "66.0", "66.0": "66.0", "v66.0": "66.0", "66": "66.0", "60.0": "60.0", "60": "60.0", "v67.0": "67.0", "100": "100.0", "199.0": "199.0",
	} {
		t.Run("accepted "+given, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.APIVersion = given
			assert.Equal(t, want, accepted(t, cfg)["apiVersion"])
		})
	}
	for _, given := range []string{
		"latest", "v", ".0", "66.1", "66.0.0", "66.", "66.00", "066.0", "+66", "-66", "0", "vv66", "V66", " 66.0", "66.0 ", "66,0",
		"6６", "200", "999.0", "1000", "99999999999999999999", "66.0/../..", "v66.0\n",
	} {
		t.Run("refused "+given, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.APIVersion = given
			assert.Equal(t, []string{"APIVersion"}, fieldsAtFault(t, cfg))
		})
	}
	for _, given := range []string{"59.0", "v59.0", "59", "32.0", "1"} {
		t.Run("too old "+given, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.APIVersion = given
			_, err := sfprov.New(cfg)
			problems := problemsOfConfig(t, err)
			require.Len(t, problems["APIVersion"], 1)
			assert.Contains(t, problems["APIVersion"][0], "60.0", "the floor")
			assert.Contains(t, problems["APIVersion"][0], "retires", "the reason")
			assert.Contains(t, problems["APIVersion"][0], "Leave it empty", "the cure")
		})
	}
}

func TestDomainIsNormalised(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://acme.my.salesforce.com":              domain,
		"acme.my.salesforce.com":                      domain,
		"https://acme.my.salesforce.com/":             domain,
		"acme.my.salesforce.com/":                     domain,
		"HTTPS://ACME.My.Salesforce.COM":              domain,
		"Acme.My.Salesforce.com":                      domain,
		"  https://acme.my.salesforce.com\n":          domain,
		"https://acme--uat.sandbox.my.salesforce.com": "https://acme--uat.sandbox.my.salesforce.com",
		"https://acme.my.salesforce.com:8443":         "https://acme.my.salesforce.com:8443",
		"acme.my.salesforce.com:8443":                 "https://acme.my.salesforce.com:8443",
		"http://localhost":                            "http://localhost",
		"http://LocalHost:8080/":                      "http://localhost:8080",
		"http://127.0.0.1:8080":                       "http://127.0.0.1:8080",
		"http://127.1.2.3:8080":                       "http://127.1.2.3:8080",
		"http://[::1]:8080":                           "http://[::1]:8080",
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.Domain = given
			settings := accepted(t, cfg)
			assert.Equal(t, want, settings["domain"])
			assert.Equal(t, want+"/services/oauth2/token", settings["tokenEndpoint"])
		})
	}
}

func TestDomainIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		given  string
		reason string
	}{
		"missing":              {"", "missing"},
		"blank":                {" ", "missing"},
		"plain http":           {"http://acme.my.salesforce.com", "plain http"},
		"http, private net":    {"http://10.0.0.1", "plain http"},
		"http, looks loopback": {"http://localhost.example.com", "plain http"},
		"http, looks like IP":  {"http://127.0.0.1.example.com", "plain http"},
		"http, unspecified":    {"http://0.0.0.0", "plain http"},
		"path":                 {"https://acme.my.salesforce.com/services/data", "path"},
		"bare host and path":   {"acme.my.salesforce.com/services", "path"},
		"double slash":         {"https://acme.my.salesforce.com//", "path"},
		"query":                {"https://acme.my.salesforce.com?a=b", "query"},
		"empty query":          {"https://acme.my.salesforce.com/?", "query"},
		"fragment":             {"https://acme.my.salesforce.com#top", "fragment"},
		"user":                 {"https://bob@acme.my.salesforce.com", "user name or password"},
		"user and password":    {"https://bob:hunter2@acme.my.salesforce.com", "user name or password"},
		"bare with password":   {"bob:hunter2@acme.my.salesforce.com", "user name or password"},
		"empty user":           {"https://@acme.my.salesforce.com", "user name or password"},
		"broken password":      {"https://bob:hunter2%zz@acme.my.salesforce.com", "not a URL"},
		"password with at":     {"https://bob:hunter2 @acme.my.salesforce.com", "not a URL"},
		"production login":     {"https://login.salesforce.com", "login page"},
		"production, bare":     {"Login.Salesforce.com", "login page"},
		"production with port": {"https://login.salesforce.com:443", "login page"},
		"sandbox login":        {"https://test.salesforce.com/", "login page"},
		"quotes":               {`"https://acme.my.salesforce.com"`, "quotes"},
		"a page":               {"https://acme.my.salesforce.com/lightning/page/home?x=1#y", "scheme and host only: https://acme.my.salesforce.com"},
		"lightning":            {"https://acme.lightning.force.com", ".my.salesforce.com"},
		"lightning, shouted":   {"ACME.LIGHTNING.FORCE.COM", ".my.salesforce.com"},
		"ftp":                  {"ftp://acme.my.salesforce.com", "https"},
		"file":                 {"file:///etc/passwd", "not a URL"},
		"no host":              {"https://", "not a URL"},
		"slashes":              {"//acme.my.salesforce.com", "not a URL"},
		"blank inside":         {"https://acme .my.salesforce.com", "not a URL"},
		"line break":           {"https://acme.my.salesforce.com\r\nX-Evil: 1", "not a URL"},
		"backslash":            {`https://acme.my.salesforce.com\@evil.example`, "not a URL"},
		"placeholder":          {"https://{domain}.my.salesforce.com", "not a URL"},
		"script":               {"javascript:alert(1)", "not a URL"},
		"port 0":               {"https://acme.my.salesforce.com:0", "not a URL"},
		"port too high":        {"https://acme.my.salesforce.com:65536", "not a URL"},
		"port no number":       {"https://acme.my.salesforce.com:https", "not a URL"},
		"port missing":         {"https://acme.my.salesforce.com:", "not a URL"},
		"not a host":           {"https://-acme-", "not a URL"},
		"underscores":          {"https://acme_corp", "not a URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.Domain = test.given
			_, err := sfprov.New(cfg)
			problems := problemsOfConfig(t, err)
			require.Equal(t, []string{"Domain"}, slices.Sorted(maps.Keys(problems)))
			assert.Contains(t, problems["Domain"][0], test.reason)
			assert.NotContains(t, err.Error(), "hunter2", "a password in the URL is not repeated")
		})
	}
}

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	t.Run("its own", func(t *testing.T) {
		t.Parallel()
		cfg := config()
		cfg.TokenEndpoint = "https://Acme.my.site.com/services/oauth2/token"
		assert.Equal(t, "https://acme.my.site.com/services/oauth2/token", accepted(t, cfg)["tokenEndpoint"])
	})
	t.Run("login host for other grants", func(t *testing.T) {
		t.Parallel()
		cfg := jwtConfig()
		cfg.TokenEndpoint = "https://login.salesforce.com/services/oauth2/token"
		assert.Equal(t, cfg.TokenEndpoint, accepted(t, cfg)["tokenEndpoint"])
	})
	for name, given := range map[string]string{
		"login host":         "https://login.salesforce.com/services/oauth2/token", // client credentials don't work there
		"sandbox login host": "https://TEST.salesforce.com/services/oauth2/token",
		"no path":            "https://acme.my.salesforce.com",
		"root":               "https://acme.my.salesforce.com/",
		"plain http":         "http://acme.my.salesforce.com/services/oauth2/token",
		"password":           "https://bob:hunter2@acme.my.salesforce.com/services/oauth2/token",
		"secret in query":    "https://acme.my.salesforce.com/services/oauth2/token?client_secret=hunter2",
		"path only":          "/services/oauth2/token",
		"blank":              " ",
		"junk":               "://hunter2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.TokenEndpoint = given
			_, err := sfprov.New(cfg)
			assert.Equal(t, []string{"TokenEndpoint"}, slices.Sorted(maps.Keys(problemsOfConfig(t, err))))
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// TestNormalisedConfigIsUsed looks at the wire: what was normalised is what is
// called.
func TestNormalisedConfigIsUsed(t *testing.T) {
	t.Parallel()
	const elsewhere = "https://acme.my.site.com/oauth/token"
	b := setup(t, func(c *sfprov.Config) {
		c.Domain, c.APIVersion, c.TokenEndpoint = "ACME.my.salesforce.com/", "67", "https://ACME.my.site.com/oauth/token"
	})
	b.net.RegisterResponder(http.MethodPost, elsewhere, tokenAnswer("token-1"))
	b.on(http.MethodPost, domain+"/services/data/v67.0/sobjects/User/", created(aliceID))

	_, err := b.Create(t.Context(), alice())

	require.NoError(t, err)
	assert.Equal(t, 1, b.net.GetCallCountInfo()["POST "+elsewhere])
	assert.Zero(t, b.logins())
}

func TestCredentialsPerGrant(t *testing.T) {
	t.Parallel()
	bare := sfprov.Config{Domain: domain}
	tests := map[sfprov.GrantType][]string{
		"":                            {"ClientID", "ClientSecret"},
		sfprov.GrantClientCredentials: {"ClientID", "ClientSecret"},
		sfprov.GrantPassword:          {"ClientID", "ClientSecret", "Password", "Username"},
		sfprov.GrantJWTBearer:         {"ClientID", "PrivateKey", "Username"},
		"authorization_code":          {"ClientID", "GrantType"},
		"Password":                    {"ClientID", "GrantType"},
	}
	for grant, want := range tests {
		t.Run("missing for "+string(grant), func(t *testing.T) {
			t.Parallel()
			cfg := bare
			cfg.GrantType = grant
			assert.Equal(t, want, fieldsAtFault(t, cfg))
		})
	}

	t.Run("blank", func(t *testing.T) {
		t.Parallel()
		cfg := bare
		cfg.GrantType, cfg.ClientID, cfg.Username = sfprov.GrantPassword, " ", "\t"
		assert.Equal(t, []string{"ClientID", "ClientSecret", "Password", "Username"}, fieldsAtFault(t, cfg))
	})
	t.Run("enough for client credentials", func(t *testing.T) {
		t.Parallel()
		cfg := bare
		cfg.ClientID, cfg.ClientSecret = "key", "secret"
		assert.Equal(t, string(sfprov.GrantClientCredentials), accepted(t, cfg)["grantType"])
	})
	t.Run("enough for password", func(t *testing.T) {
		t.Parallel()
		cfg := bare
		cfg.GrantType, cfg.ClientID, cfg.ClientSecret, cfg.Username, cfg.Password = sfprov.GrantPassword, "key", "secret", "i@primary.com", "p"
		assert.Equal(t, "password", accepted(t, cfg)["grantType"])
	})
	t.Run("enough for JWT bearer", func(t *testing.T) {
		t.Parallel()
		settings := accepted(t, jwtConfig())
		assert.Equal(t, string(sfprov.GrantJWTBearer), settings["grantType"])
		assert.Equal(t, "https://login.salesforce.com", settings["audience"])
	})
	t.Run("audience", func(t *testing.T) {
		t.Parallel()
		cfg := jwtConfig()
		cfg.Audience = "https://test.salesforce.com/"
		assert.Equal(t, "https://test.salesforce.com", accepted(t, cfg)["audience"])
		cfg.Audience = "sandbox"
		assert.Equal(t, []string{"Audience"}, fieldsAtFault(t, cfg))
	})
}

func TestSecretsThatWereMisread(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]sfprov.Secret{
		"two lines": "hunter2\nhunter3", "Windows lines": "hunter2\r\nhunter3\r\n", "only a newline": "\n", "quotes": `"hunter2"`,
		"quotes and a newline": "'hunter2'\n", "typographic quotes": "“hunter2”", "escaped quotes": `\"hunter2\"`, "a URL": "https://hunter2", "a byte order mark": "\ufeffhunter2", "a NUL": "hunter2\x00", "a direction": "\u202ahunter2\u202c",
		"redacted": "[REDACTED]", "redacted, with a newline": "[REDACTED]\n", // a printed configuration that was read back
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.GrantType, cfg.Username = sfprov.GrantPassword, "i@primary.com"
			cfg.ClientSecret, cfg.Password = value, value
			_, err := sfprov.New(cfg)
			assert.Equal(t, []string{"ClientSecret", "Password"}, slices.Sorted(maps.Keys(problemsOfConfig(t, err))))
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
	t.Run("of another grant", func(t *testing.T) {
		t.Parallel()
		cfg := config() // client credentials: the password isn't used
		cfg.Password = `"hunter2"`
		_, err := sfprov.New(cfg)
		require.NoError(t, err)
	})
}

func TestPrivateKey(t *testing.T) {
	t.Parallel()
	key := configKey()
	pkcs1 := x509.MarshalPKCS1PrivateKey(key)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sfprov"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ec8, err := x509.MarshalPKCS8PrivateKey(ec)
	require.NoError(t, err)
	sec1, err := x509.MarshalECPrivateKey(ec)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	ed8, err := x509.MarshalPKCS8PrivateKey(ed)
	require.NoError(t, err)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	oneLine := func(with string) sfprov.Secret {
		return sfprov.Secret(strings.ReplaceAll(string(pemOf("PRIVATE KEY", pkcs8)), "\n", with))
	}
	oldEncryption := sfprov.Secret(pem.EncodeToMemory(&pem.Block{
		Type:    "RSA PRIVATE KEY",
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00112233445566778899AABBCCDDEEFF"},
		Bytes:   slices.Repeat([]byte("sealed"), 100),
	}))

	accept := map[string]sfprov.Secret{
		"PKCS #1":           pemOf("RSA PRIVATE KEY", pkcs1),
		"PKCS #8":           pemOf("PRIVATE KEY", pkcs8),
		"text before it":    "Bag Attributes\n" + pemOf("PRIVATE KEY", pkcs8),
		"no newline at end": sfprov.Secret(strings.TrimSpace(string(pemOf("PRIVATE KEY", pkcs8)))),
		"Windows newlines":  oneLine("\r\n"),
		`literal \n`:        oneLine(`\n`),
		`literal \r\n`:      oneLine(`\r\n`),
		"blanks around":     " \n\t" + pemOf("PRIVATE KEY", pkcs8) + "\n ",
		"a byte order mark": "\ufeff" + pemOf("PRIVATE KEY", pkcs8),
		"with certificate":  pemOf("CERTIFICATE", certificate) + pemOf("PRIVATE KEY", pkcs8),
		"base64 unbroken":   sfprov.Secret("-----BEGIN PRIVATE KEY-----\n" + base64.StdEncoding.EncodeToString(pkcs8) + "\n-----END PRIVATE KEY-----"),
	}
	for name, given := range accept {
		t.Run("accepted "+name, func(t *testing.T) {
			t.Parallel()
			cfg := jwtConfig()
			cfg.PrivateKey = given
			_, err := sfprov.New(cfg)
			require.NoError(t, err)
		})
	}

	refuse := map[string]struct {
		given  sfprov.Secret
		reason string
	}{
		"missing":            {"", "missing"},
		"blank":              {" \n", "missing"},
		"redacted":           {"[REDACTED]", "placeholder"},
		"a path":             {"/etc/sfprov/key.pem", "name of a file"},
		"on one line":        {oneLine(" "), "lost its line breaks"},
		"on one line, tight": {oneLine(""), "lost its line breaks"},
		"in quotes":          {`"` + oneLine(`\n`) + `"`, "quotes"},
		"bare DER":           {sfprov.Secret(pkcs8), "-inform DER"},
		"bare base64":        {sfprov.Secret(base64.StdEncoding.EncodeToString(pkcs8)), "-----BEGIN PRIVATE KEY----- before it"},
		"bare lines":         {sfprov.Secret(strings.Join(strings.Split(string(oneLine("\n")), "\n")[1:20], "\n")), "-----BEGIN PRIVATE KEY----- before it"},
		"base64 of PEM":      {sfprov.Secret(base64.StdEncoding.EncodeToString([]byte(pemOf("PRIVATE KEY", pkcs8)))), "base64 -d"},
		"no last line":       {oneLine("\n")[:1000], "cut off"},
		"a line changed":     {sfprov.Secret(strings.Replace(string(oneLine("\n")), "MII", "M*I", 1)), "changed"},
		"certificate":        {pemOf("CERTIFICATE", certificate), "a certificate, not the private key"},
		"public key":         {pemOf("PUBLIC KEY", public), "public key"},
		"request":            {pemOf("CERTIFICATE REQUEST", certificate), "certificate request"},
		"PKCS #8 EC":         {pemOf("PRIVATE KEY", ec8), "an EC key; Salesforce takes RSA"},
		"EC":                 {pemOf("EC PRIVATE KEY", sec1), "an EC key; Salesforce takes RSA"},
		"EC with parameters": {pemOf("EC PARAMETERS", []byte("x")) + pemOf("EC PRIVATE KEY", sec1), "an EC key"},
		"Ed25519":            {pemOf("PRIVATE KEY", ed8), "an Ed25519 key; Salesforce takes RSA"},
		"DSA":                {pemOf("DSA PRIVATE KEY", sec1), "a DSA key"},
		"OpenSSH":            {pemOf("OPENSSH PRIVATE KEY", sec1), "ssh-keygen"},
		"1024 bits":          {pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(small)), "2048"},
		"encrypted":          {pemOf("ENCRYPTED PRIVATE KEY", slices.Repeat([]byte("sealed"), 100)), "passphrase"},
		"encrypted, older":   {oldEncryption, "passphrase"},
		"cut off":            {pemOf("PRIVATE KEY", pkcs8[:len(pkcs8)/2]), "RSA"},
	}
	for name, test := range refuse {
		t.Run("refused "+name, func(t *testing.T) {
			t.Parallel()
			cfg := jwtConfig()
			cfg.PrivateKey = test.given
			_, err := sfprov.New(cfg)
			problems := problemsOfConfig(t, err)
			require.Equal(t, []string{"PrivateKey"}, slices.Sorted(maps.Keys(problems)))
			assert.Contains(t, problems["PrivateKey"][0], test.reason)
			for line := range strings.Lines(string(test.given)) {
				if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, "-----") && line != "[REDACTED]" {
					assert.NotContains(t, err.Error(), line, "no line of the key is repeated")
				}
			}
		})
	}
}

func TestUserIDSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*sfprov.Config)
		want   []string // fields at fault; none: accepted
	}{
		"defaults": {func(c *sfprov.Config) { c.Pattern, c.Separator, c.TenantDomain = "", "", "" }, nil},
		"everything": {func(c *sfprov.Config) {
			c.Pattern, c.Separator, c.TenantDomain, c.IdentityProvider = "<UD,UN,TD,IDP>", ".", "wso2.com", "SF"
		}, nil},
		"unknown token":           {func(c *sfprov.Config) { c.Pattern = "{UN,MAIL}" }, []string{"Pattern"}},
		"no token":                {func(c *sfprov.Config) { c.Pattern = "{}" }, []string{"Pattern"}},
		"no braces":               {func(c *sfprov.Config) { c.Pattern = "UN" }, []string{"Pattern"}},
		"pattern without UN":      {func(c *sfprov.Config) { c.Pattern = "{UD,TD}" }, []string{"Pattern"}},
		"IDP used but empty":      {func(c *sfprov.Config) { c.Pattern = "{UN,IDP}" }, []string{"IdentityProvider"}},
		"IDP of separators only":  {func(c *sfprov.Config) { c.Pattern, c.IdentityProvider = "{UN,IDP}", "__" }, []string{"IdentityProvider"}},
		"IDP with a blank":        {func(c *sfprov.Config) { c.Pattern, c.IdentityProvider = "{UN,IDP}", "Sales force" }, []string{"IdentityProvider"}},
		"IDP with a line break":   {func(c *sfprov.Config) { c.Pattern, c.IdentityProvider = "{UN,IDP}", "SF\n" }, []string{"IdentityProvider"}},
		"unused IDP with a blank": {func(c *sfprov.Config) { c.IdentityProvider = "Sales force" }, nil},
		"unused IDP empty":        {func(c *sfprov.Config) { c.Pattern = "{UD,UN,TD}" }, nil},
		"tenant with a blank":     {func(c *sfprov.Config) { c.Pattern, c.TenantDomain = "{UN,TD}", "my tenant" }, []string{"TenantDomain"}},
		"unused tenant":           {func(c *sfprov.Config) { c.TenantDomain = "my tenant" }, nil},
		"separator is a blank":    {func(c *sfprov.Config) { c.Separator = " " }, []string{"Separator"}},
		"separator with a tab":    {func(c *sfprov.Config) { c.Separator = "-\t" }, []string{"Separator"}},
		"separator with a NUL":    {func(c *sfprov.Config) { c.Separator = "\x00" }, []string{"Separator"}},
		"separator broken":        {func(c *sfprov.Config) { c.Separator = "\xff" }, []string{"Separator"}},
		"domain with an @":        {func(c *sfprov.Config) { c.ProvisioningDomain = "@primary.com" }, []string{"ProvisioningDomain"}},
		"domain is an address":    {func(c *sfprov.Config) { c.ProvisioningDomain = "a@primary.com" }, []string{"ProvisioningDomain"}},
		"domain without a dot":    {func(c *sfprov.Config) { c.ProvisioningDomain = "primary" }, []string{"ProvisioningDomain"}},
		"domain begins with dot":  {func(c *sfprov.Config) { c.ProvisioningDomain = ".com" }, []string{"ProvisioningDomain"}},
		"domain ends with dot":    {func(c *sfprov.Config) { c.ProvisioningDomain = "primary.com." }, []string{"ProvisioningDomain"}},
		"domain with two dots":    {func(c *sfprov.Config) { c.ProvisioningDomain = "primary..com" }, []string{"ProvisioningDomain"}},
		"domain with a blank":     {func(c *sfprov.Config) { c.ProvisioningDomain = "primary .com" }, []string{"ProvisioningDomain"}},
		"no domain":               {func(c *sfprov.Config) { c.ProvisioningDomain = "" }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			test.change(&cfg)
			if test.want == nil {
				_, err := sfprov.New(cfg)
				require.NoError(t, err)
				return
			}
			assert.Equal(t, test.want, fieldsAtFault(t, cfg))
		})
	}
}

// TestUsernameOfTheIntegrationUser: it has the form of an email address.
func TestUsernameOfTheIntegrationUser(t *testing.T) {
	t.Parallel()
	for _, grant := range []sfprov.GrantType{sfprov.GrantPassword, sfprov.GrantJWTBearer} {
		cfg := jwtConfig()
		cfg.GrantType, cfg.ClientSecret, cfg.Password = grant, "hunter2", "hunter2TOKEN"
		for _, name := range []string{
			"api", "api@", "@acme.com", "api@acme", "api@acme.com.", "api@.acme.com", "api@acme..com", "api@.", "api@@acme.com", "a@b@c.com",
			"api@acme.com@", "@api@acme.com", "api@acme.com/", "mailto:api@acme.com", "<api@acme.com>", "api@acme.com,api@acme.com",
		} {
			cfg.Username = name
			_, err := sfprov.New(cfg)
			problems := problemsOfConfig(t, err)
			require.Equal(t, []string{"Username"}, slices.Sorted(maps.Keys(problems)), name)
			assert.Contains(t, problems["Username"][0], "form of an email address", name)
		}
		for _, name := range []string{"api@acme.com", " api@acme.com\n", "o'neil@acme.com.uat", "API.x+y@sub-1.acme_x.example", "zoë@bücher.example"} {
			cfg.Username = name
			assert.Equal(t, strings.TrimSpace(name), accepted(t, cfg)["username"])
		}
	}
}

// TestPartsOfUsernamesThatWerePasted: none becomes part of a username, and what to write
// in its place is said.
func TestPartsOfUsernamesThatWerePasted(t *testing.T) {
	t.Parallel()
	for pasted, write := range map[string]string{
		"acme.com/": "acme.com", "@acme.com": "acme.com", "https://acme.com/a?b": "acme.com", "alice@acme.com": "acme.com",
		" acme.com\n": "acme.com", `"acme.com"`: "acme.com",
		"@": "", "/": "", "https://": "", "my tenant": "", "\u200b": "", "a:b": "", "@" + strings.Repeat("x", 100): "",
	} {
		for field, test := range map[string]struct {
			set  func(*sfprov.Config, *sfprov.User)
			hint string
		}{
			"TenantDomain":      {func(c *sfprov.Config, _ *sfprov.User) { c.TenantDomain = pasted }, "the domain alone"},
			"IdentityProvider":  {func(c *sfprov.Config, _ *sfprov.User) { c.IdentityProvider = pasted }, "the name alone"},
			"Separator":         {func(c *sfprov.Config, _ *sfprov.User) { c.Separator = pasted }, "one such as _ or -"},
			"User.TenantDomain": {func(_ *sfprov.Config, u *sfprov.User) { u.TenantDomain = pasted }, "the domain alone"},
		} {
			cfg, user, words := config(), sfprov.User{Username: "alice"}, "write "+test.hint
			cfg.Pattern, cfg.TenantDomain, cfg.IdentityProvider = "{UN,TD,IDP}", "acme.com", "salesforce"
			test.set(&cfg, &user)
			if write != "" && field != "Separator" {
				words = "write " + write
			}
			p, err := sfprov.New(cfg)
			if field == "User.TenantDomain" {
				require.NoError(t, err)
				_, err = p.Username(user)
				var invalid *sfprov.ValidationError
				require.ErrorAs(t, err, &invalid, "%q", pasted)
				assert.Equal(t, "TenantDomain", invalid.Problems[0].Field)
				assert.Contains(t, invalid.Problems[0].Problem, words, "%q", pasted)
				continue
			}
			problems := problemsOfConfig(t, err)
			require.Equal(t, []string{field}, slices.Sorted(maps.Keys(problems)), "%q", pasted)
			assert.Contains(t, problems[field][0], words, "%q", pasted)
		}
	}
	cfg := config() // parts that no pattern uses are nobody's name
	cfg.Pattern, cfg.TenantDomain, cfg.IdentityProvider = "{UN}", "@acme.com", "https://idp.acme.com/"
	_, err := sfprov.New(cfg)
	require.NoError(t, err)
}

func TestMatchField(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"FederationIdentifier", "federationidentifier", "EmployeeNumber", "Employee_Key__c", "acme__Key__c"} {
		t.Run("accepted "+name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.MatchField = name
			assert.Equal(t, name, accepted(t, cfg)["matchField"])
		})
	}
	// What looks the same for different people is no proof: promise 4.
	for _, name := range []string{
		"Username", "username", "Email", "EMAIL", "Name", "name", "FirstName", "LastName", "Alias", "CommunityNickname", "SenderEmail", "Id", "Title", "UserRoleId", "IsActive",
		"Key__c = 'x' OR Id", "Contact.Key__c", "Key c", "__c", "9Key", "Schlüssel__c", " ",
	} {
		t.Run("refused "+name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.MatchField = name
			assert.Equal(t, []string{"MatchField"}, fieldsAtFault(t, cfg))
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	type kind string
	for name, fields := range map[string]sfprov.Fields{
		"nothing":        nil,
		"empty":          {},
		"usual":          {"ProfileId": profile, "LocaleSidKey": "en_US"},
		"any case":       {"profileid": profile},
		"15 characters":  {"ProfileId": profile[:15]},
		"false, 0, none": {"UserPermissionsMarketingUser": false, "Score__c": 0, "Title": "", "Department": nil},
		"a named string": {"Title": kind("CEO")},
	} {
		t.Run("accepted "+name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.Defaults = fields
			_, err := sfprov.New(cfg)
			require.NoError(t, err)
		})
	}
	for name, test := range map[string]struct {
		fields sfprov.Fields
		names  string // what the problem must name
	}{
		"Username":             {sfprov.Fields{"Username": "alice@primary.com"}, "Username"},
		"username":             {sfprov.Fields{"username": "alice@primary.com"}, "Username"},
		"the match field":      {sfprov.Fields{"FederationIdentifier": "E-1"}, "FederationIdentifier"},
		"the match field, nil": {sfprov.Fields{"FEDERATIONIDENTIFIER": nil}, "FederationIdentifier"},
		"junk name":            {sfprov.Fields{"Cost Center": "1"}, "Cost Center"},
		"empty name":           {sfprov.Fields{"": "1"}, `""`},
		"path":                 {sfprov.Fields{"Profile.Name": "Standard User"}, "Profile.Name"},
		"attributes":           {sfprov.Fields{"attributes": map[string]any{"type": "Account"}}, "attributes"},
		"Id":                   {sfprov.Fields{"Id": aliceID}, "Id"},
		"read-only":            {sfprov.Fields{"UserType": "Standard"}, "UserType"},
		"read-only, any case":  {sfprov.Fields{"lastlogindate": nil}, "lastlogindate"},
		"Secret":               {sfprov.Fields{"Token__c": sfprov.Secret("hunter2")}, "Token__c"},
		"twice":                {sfprov.Fields{"Title": "a", "TITLE": "b"}, "twice"},
		"bad reference":        {sfprov.Fields{"ProfileId": "Standard User"}, "ProfileId"},
		"other record's ID":    {sfprov.Fields{"ProfileId": aliceID}, "ProfileId"},
		"too long":             {sfprov.Fields{"Title": strings.Repeat("x", 81)}, "Title"},
		"no JSON form":         {sfprov.Fields{"Hook__c": func() {}}, "Hook__c"},
	} {
		t.Run("refused "+name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.MatchField = "FederationIdentifier"
			cfg.Defaults = test.fields
			_, err := sfprov.New(cfg)
			problems := problemsOfConfig(t, err)
			require.Equal(t, []string{"Defaults"}, slices.Sorted(maps.Keys(problems)))
			assert.Contains(t, strings.ToLower(strings.Join(problems["Defaults"], "\n")), strings.ToLower(test.names))
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestNewReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	broken := sfprov.Config{
		APIVersion:         "45.0",
		Domain:             "https://bob:hunter2@acme.my.salesforce.com",
		ClientSecret:       "hunter2\nhunter2",
		TokenEndpoint:      "http://acme.my.salesforce.com/services/oauth2/token",
		GrantType:          sfprov.GrantPassword,
		Separator:          " ",
		ProvisioningDomain: "@x",
		MatchField:         "Email",
		Defaults:           sfprov.Fields{"Username": "bob", "Id": aliceID},
	}
	always := []string{
		"APIVersion", "ClientID", "ClientSecret", "Defaults", "Domain", "MatchField", "Password",
		"ProvisioningDomain", "Separator", "TokenEndpoint", "Username",
	}
	for name, test := range map[string]struct {
		pattern string
		more    []string
	}{
		"the default pattern":      {"", nil},
		"a pattern with IDP":       {"{UN,IDP}", []string{"IdentityProvider"}},
		"a pattern without UN":     {"{UD,TD}", []string{"Pattern"}},
		"a pattern that is broken": {"{UN", []string{"Pattern"}}, // hides no problem of the other fields
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := broken
			cfg.Pattern = test.pattern
			want := slices.Sorted(slices.Values(append(slices.Clone(always), test.more...)))
			assert.Equal(t, want, fieldsAtFault(t, cfg))
		})
	}
	t.Run("each default by name", func(t *testing.T) {
		t.Parallel()
		_, err := sfprov.New(broken)
		assert.GreaterOrEqual(t, len(problemsOfConfig(t, err)["Defaults"]), 2)
	})
	t.Run("options too", func(t *testing.T) {
		t.Parallel()
		want := slices.Sorted(slices.Values(append(slices.Clone(always), "WithHTTPClient", "WithLogger")))
		assert.Equal(t, want, fieldsAtFault(t, broken, sfprov.WithHTTPClient(nil), sfprov.WithLogger(nil)))
	})
	t.Run("no secret in the text", func(t *testing.T) {
		t.Parallel()
		_, err := sfprov.New(broken)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	})
}

func TestNilOptions(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"WithHTTPClient"}, fieldsAtFault(t, config(), sfprov.WithHTTPClient(nil)))
	assert.Equal(t, []string{"WithLogger"}, fieldsAtFault(t, config(), sfprov.WithLogger(nil)))
	_, err := sfprov.New(config(), []sfprov.Option(nil)...)
	require.NoError(t, err)
}

func TestNewLeavesTheCallersConfigAlone(t *testing.T) {
	t.Parallel()
	give := func() sfprov.Config {
		cfg := config()
		cfg.Domain, cfg.APIVersion, cfg.ClientID = "ACME.my.salesforce.com/", "66", " consumer-key "
		cfg.Defaults["Skills__c"] = []string{"go"}
		return cfg
	}
	cfg := give()
	_, err := sfprov.New(cfg)
	require.NoError(t, err)
	assert.Equal(t, give(), cfg)
}

// TestNewKeepsNothingOfTheCallers changes everything that New was given, down to
// nested values, and looks at what is sent: promise 9.
func TestNewKeepsNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	body := func(t *testing.T, change func(sfprov.Fields)) map[string]any {
		t.Helper()
		var defaults sfprov.Fields
		b := setup(t, func(c *sfprov.Config) {
			c.Defaults["Department"] = "Sales"
			c.Defaults["Skills__c"] = []string{"go"}
			c.Defaults["Contact"] = map[string]any{"Key__c": "E-1", "Tags": []any{"a"}}
			defaults = c.Defaults
		})
		change(defaults)
		b.on(http.MethodPost, usersURL, created(aliceID))
		name, err := b.Username(alice())
		require.NoError(t, err)
		assert.Equal(t, "alice@primary.com", name)
		_, err = b.Create(t.Context(), alice())
		require.NoError(t, err)
		return b.requests(http.MethodPost)[0].body
	}
	untouched := body(t, func(sfprov.Fields) {})
	require.Equal(t, "Sales", untouched["Department"])
	require.Equal(t, []any{"go"}, untouched["Skills__c"])

	for name, change := range map[string]func(sfprov.Fields){
		"emptied":        func(f sfprov.Fields) { clear(f) },
		"overwritten":    func(f sfprov.Fields) { f["Department"], f["ProfileId"] = "Board", "nonsense" },
		"added to":       func(f sfprov.Fields) { f["Username"], f["not a field"], f["Title"] = "bob", 1, "CEO" },
		"a nested slice": func(f sfprov.Fields) { f["Skills__c"].([]string)[0] = "cobol" },
		"a nested map":   func(f sfprov.Fields) { f["Contact"].(map[string]any)["Key__c"] = "E-2" },
		"deeper still":   func(f sfprov.Fields) { f["Contact"].(map[string]any)["Tags"].([]any)[0] = "b" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, untouched, body(t, change))
		})
	}
}

// TestConfigJSON pins the names: configuration files are written with them.
func TestConfigJSON(t *testing.T) {
	t.Parallel()
	const document = `{
		"apiVersion": "66.0",
		"domain": "https://acme.my.salesforce.com",
		"clientId": "consumer-key",
		"clientSecret": "secret-1",
		"username": "integration@primary.com",
		"password": "secret-2",
		"tokenEndpoint": "https://acme.my.salesforce.com/services/oauth2/token",
		"grantType": "urn:ietf:params:oauth:grant-type:jwt-bearer",
		"privateKey": "secret-3",
		"audience": "https://test.salesforce.com",
		"pattern": "{UD,UN}",
		"separator": "-",
		"provisioningDomain": "primary.com",
		"tenantDomain": "wso2.com",
		"identityProvider": "SF",
		"defaults": {"LocaleSidKey": "en_US", "Score__c": 1.5, "Flag__c": false, "Title": null},
		"matchField": "FederationIdentifier",
		"releaseUsername": true
	}`
	var cfg sfprov.Config
	require.NoError(t, json.Unmarshal([]byte(document), &cfg))

	t.Run("read", func(t *testing.T) {
		t.Parallel()
		// One by one: a comparison of the whole would print secrets where it fails.
		assert.Equal(t, "66.0", cfg.APIVersion)
		assert.Equal(t, "https://acme.my.salesforce.com", cfg.Domain)
		assert.Equal(t, "consumer-key", cfg.ClientID)
		assert.Equal(t, "secret-1", string(cfg.ClientSecret))
		assert.Equal(t, "integration@primary.com", cfg.Username)
		assert.Equal(t, "secret-2", string(cfg.Password))
		assert.Equal(t, "https://acme.my.salesforce.com/services/oauth2/token", cfg.TokenEndpoint)
		assert.Equal(t, sfprov.GrantJWTBearer, cfg.GrantType)
		assert.Equal(t, "secret-3", string(cfg.PrivateKey))
		assert.Equal(t, "https://test.salesforce.com", cfg.Audience)
		assert.Equal(t, "{UD,UN}", cfg.Pattern)
		assert.Equal(t, "-", cfg.Separator)
		assert.Equal(t, "primary.com", cfg.ProvisioningDomain)
		assert.Equal(t, "wso2.com", cfg.TenantDomain)
		assert.Equal(t, "SF", cfg.IdentityProvider)
		assert.Equal(t, sfprov.Fields{"LocaleSidKey": "en_US", "Score__c": json.Number("1.5"), "Flag__c": false, "Title": nil}, cfg.Defaults)
		assert.Equal(t, "FederationIdentifier", cfg.MatchField)
		assert.True(t, cfg.ReleaseUsername)
	})

	var want map[string]any
	require.NoError(t, json.Unmarshal([]byte(document), &want))
	delete(want, "clientSecret")
	delete(want, "password")
	delete(want, "privateKey")
	for name, value := range map[string]any{"value": cfg, "pointer": &cfg} {
		t.Run("written from a "+name, func(t *testing.T) {
			t.Parallel()
			written, err := json.Marshal(value)
			require.NoError(t, err)
			var got map[string]any
			require.NoError(t, json.Unmarshal(written, &got))
			assert.Equal(t, want, got, "all but the secrets, which are left out and not even hinted at")
		})
	}
	t.Run("round trip", func(t *testing.T) {
		t.Parallel()
		written, err := json.Marshal(cfg)
		require.NoError(t, err)
		var back sfprov.Config
		require.NoError(t, json.Unmarshal(written, &back))
		without := cfg
		without.ClientSecret, without.Password, without.PrivateKey = "", "", ""
		assert.Equal(t, without, back)
		assert.Equal(t, "secret-1", string(cfg.ClientSecret), "writing changes nothing")
	})
	t.Run("round trip of nothing", func(t *testing.T) {
		t.Parallel()
		written, err := json.Marshal(sfprov.Config{})
		require.NoError(t, err)
		assert.JSONEq(t, "{}", string(written))
	})
	t.Run("inside others", func(t *testing.T) {
		t.Parallel()
		written, err := json.Marshal(map[string]any{"orgs": []sfprov.Config{cfg}, "main": struct{ Salesforce *sfprov.Config }{&cfg}})
		require.NoError(t, err)
		assert.NotContains(t, string(written), "secret-")
		assert.NotContains(t, string(written), "clientSecret")
	})
}

// TestConfigJSONIsReadStrictly: what is said twice, or misspelt, is no setting.
func TestConfigJSONIsReadStrictly(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]string{
		`{"domain":"a","domain":"b"}`:                         `"domain" is there twice`,
		`{"clientSecret":"hunter2","clientSecret":"hunter2"}`: `"clientSecret" is there twice`,
		`{"Domain":"a","domain":"b"}`:                         `is there twice`,
		`{"do\u006dain":"a","domain":"b"}`:                    `"domain" is there twice`,
		`{"separator":"-","\u017feparator":"_"}`:              `is there twice`, // a long s
		`{"defaults":{"ProfileId":"a","ProfileId":"b"}}`:      `"ProfileId" is there twice`,
		`{"defaults":{"X__c":{"a":1,"b":[{"c":1,"c":2}]}}}`:   `"c" is there twice`,
		`{"provisioningDomian":"primary.com"}`:                `provisioningDomian`,
		`{"ClientId":"a","client_secret":"hunter2"}`:          `client_secret`,
		`{"domain":1}`:                 `domain`,
		`[]`:                           `array`,
		`{"domain":"a"}{"domain":"b"}`: `after`,
		`{"domain":"a"}]`:              `after`,
		`{"domain":"a"`:                `unexpected end`,
	} {
		cfg := sfprov.Config{Domain: "before", ClientID: "kept"}
		err := json.Unmarshal([]byte(text), &cfg)
		require.ErrorContains(t, err, problem, text)
		assert.NotContains(t, err.Error(), "hunter2")
		assert.Equal(t, sfprov.Config{Domain: "before", ClientID: "kept"}, cfg, "nothing is half read: %s", text)
		var all struct{ Salesforce []*sfprov.Config }
		require.Error(t, json.Unmarshal([]byte(`{"Salesforce":[`+text+`]}`), &all), text)
	}
	cfg := sfprov.Config{Domain: "before", ClientID: "kept"}
	require.NoError(t, json.Unmarshal([]byte(`{"DOMAIN":"a","defaults":{"Long__c":9007199254740993,"a":{"a":1}}}`), &cfg))
	assert.Equal(t, "a", cfg.Domain)
	assert.Equal(t, "kept", cfg.ClientID)
	assert.Equal(t, json.Number("9007199254740993"), cfg.Defaults["Long__c"])
	require.NoError(t, json.Unmarshal([]byte(`null`), &cfg))
	assert.Equal(t, "a", cfg.Domain)
}

// A mistake in the JSON of a Config names the setting.
func TestConfigJSONNamesTheSetting(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"apiVersion":66}`:         "config: apiVersion is a JSON number; it takes a string",
		`{"releaseUsername":"yes"}`: "config: releaseUsername is a JSON string; it takes a boolean",
		`{"defaults":"x"}`:          "defaults is",
		`{"client_id":"x"}`:         "config: client_id is no setting",
		`{"domain":"a","domain":1}`: `the key "domain" is there twice`,
	} {
		var cfg sfprov.Config
		err := json.Unmarshal([]byte(text), &cfg)
		require.ErrorAs(t, err, new(*sfprov.ConfigError), text)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "printableConfig")
	}
}

// New tells which grant the settings are for, and takes IsActive in the defaults as a text.
func TestNewHelpsWithWhatIsForgotten(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*sfprov.Config){
		"PrivateKey is set: if it is to sign logins, set GrantType": func(c *sfprov.Config) { c.ClientSecret, c.PrivateKey = "", "x" },
		"Password is set: if logins are to use it, set GrantType":   func(c *sfprov.Config) { c.ClientSecret, c.Password = "", "x" },
		"hold IsActive, which is \"maybe\"": func(c *sfprov.Config) {
			c.Defaults = sfprov.Fields{"isactive": "maybe"}
		},
		"Federation, which is no field of Salesforce's": func(c *sfprov.Config) { c.MatchField = "Federation" },
		"names, addresses and the like":                 func(c *sfprov.Config) { c.MatchField = "Email" },
		"for a name, use User.Access.Profile": func(c *sfprov.Config) {
			c.Defaults = sfprov.Fields{"ProfileId": "Standard User"}
		},
	} {
		cfg := config()
		change(&cfg)
		_, err := sfprov.New(cfg)
		require.ErrorContains(t, err, want)
	}
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, func(c *sfprov.Config) { c.Defaults["IsActive"] = "False" })
	result, err := p.Create(t.Context(), alice())
	require.NoError(t, err)
	user, _ := org.User(result.ID)
	assert.False(t, user.Active)
}

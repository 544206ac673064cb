package sfprov_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// TestHostsThatAreNotAnOrgs: each is told at once, whatever else of the URL is wrong, with
// the URL that was meant where it can be known.
func TestHostsThatAreNotAnOrgs(t *testing.T) {
	t.Parallel()
	for host, words := range map[string]string{
		"acme":                                           "https://acme.my.salesforce.com",
		"acme--uat":                                      "https://acme--uat.my.salesforce.com",
		"acme--uat.sandbox":                              "https://acme--uat.sandbox.my.salesforce.com",
		"acme-dev-ed.develop":                            "https://acme-dev-ed.develop.my.salesforce.com",
		"acme.my.salesforce":                             "https://acme.my.salesforce.com",
		"acme--uat.sandbox.my.salesforce":                "https://acme--uat.sandbox.my.salesforce.com",
		"acme..my.salesforce.com":                        "valid host name",
		"acme.my..salesforce.com":                        "valid host name",
		".acme.my.salesforce.com":                        "valid host name",
		"acme-.my.salesforce.com":                        "valid host name",
		"acme.lightning.force.com":                       "https://acme.my.salesforce.com",
		"ACME.Lightning.Force.com":                       "https://acme.my.salesforce.com",
		"acme--uat.sandbox.lightning.force.com":          "https://acme--uat.sandbox.my.salesforce.com",
		"acme-dev-ed.develop.lightning.force.com":        "https://acme-dev-ed.develop.my.salesforce.com",
		"acme.my.salesforce-setup.com":                   "https://acme.my.salesforce.com",
		"acme--uat.sandbox.my.salesforce-setup.com":      "https://acme--uat.sandbox.my.salesforce.com",
		"acme--c.vf.force.com":                           "https://acme.my.salesforce.com",
		"acme--uat--c.sandbox.vf.force.com":              "https://acme--uat.sandbox.my.salesforce.com",
		"acme--c.visualforce.com":                        "https://acme.my.salesforce.com",
		"acme.file.force.com":                            "https://acme.my.salesforce.com",
		"acme--uat.sandbox.file.force.com":               "https://acme--uat.sandbox.my.salesforce.com",
		"acme.my.site.com":                               "https://acme.my.salesforce.com",
		"acme.my.salesforce-sites.com":                   "https://acme.my.salesforce.com",
		"acme.force.com":                                 "serves pages",
		"www.salesforce.com":                             "no org's",
		"salesforce.com":                                 "no org's",
		"acme.salesforce.com":                            "no org's",
		"na139.salesforce.com":                           "no org's",
		"help.salesforce.com":                            "no org's",
		"my.salesforce.com":                              "no org's",
		"login.salesforce.com":                           "login page",
		"test.salesforce.com":                            "login page",
		"acme.my.salesforce.com.evil.com":                "only looks like",
		"acme.my.salesforce.com-evil.com":                "only looks like",
		"acme.my.salesforce.com.":                        "valid host name",
		"acme.my-salesforce.com":                         "only looks like",
		"acme.mysalesforce.com":                          "only looks like",
		"acme.my.salesforce.co":                          "only looks like",
		"acme.my.salesforce.org":                         "only looks like",
		"acme-salesforce.com":                            "only looks like",
		"salesforce.com.evil.com":                        "only looks like",
		"acme.lightning.force.com.evil.com":              "only looks like",
		"acme.my.salesforce-setup.com.evil.com":          "only looks like",
		"acme.my.sаlesforce.com":                         "valid host name", // a Cyrillic a
		"evil.com@acme.my.salesforce.com":                "user name",
		"acme.my.salesforce.com@evil.com":                "user name",
		"acme.my.salesforce.com:hunter2@evil.com":        "user name",
		`evil.com\@acme.my.salesforce.com`:               "valid host name",
		"acme.my.salesforce.com%2eevil.com":              "valid host name",
		"acme.my.salesforce.com\u2024evil.com":           "valid host name",
		"\u202eacme.my.salesforce.com\u202e.example.com": "valid host name",
	} {
		for _, around := range [][2]string{
			{"", ""}, {"https://", ""}, {"https://", "/"}, {"HTTP://", "/lightning/setup/SetupOneHome/home?setupApp=all#x"}, {" ", "/home/home.jsp \r\n"},
		} {
			cfg := config()
			cfg.Domain = around[0] + host + around[1]
			_, err := sfprov.New(cfg)
			problems := problemsOfConfig(t, err)
			require.Equal(t, []string{"Domain"}, slices.Sorted(maps.Keys(problems)), "%q", cfg.Domain)
			assert.Contains(t, problems["Domain"][0], words, "%q", cfg.Domain)
			assert.NotContains(t, err.Error(), "hunter2")
		}
	}
}

// TestHostsOfOnesOwn: what is nobody's who could be meant by mistake is the caller's to
// choose.
func TestHostsOfOnesOwn(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"acme.com", "salesforce.acme.com", "salesforce.company.com", "salesforce-proxy.acme.com", "sf.taskforce.com", "my.salesforceproxy.acme.com", "crm.force.de",
		"proxy:8443", "proxy.sandbox:8443", "sandbox.acme.com", "https.acme.com", "http:8443", "10.0.0.7", "10.0.0.7:8443", "[fd00::7]:8443", "localhost:9000", "acme.my.salesforce.mil", "acme.my.sfcrmproducts.cn", "xn--bcher-kva.example",
		"acme.develop.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com", "acme--uat.cs5.my.salesforce.com", "a-b.scratch.my.salesforce.com", "acme.my.salesforce.com:443",
	} {
		cfg := config()
		cfg.Domain = host
		settings := accepted(t, cfg)
		assert.Equal(t, "https://"+host, settings["domain"])
		assert.Equal(t, "https://"+host+"/services/oauth2/token", settings["tokenEndpoint"])
	}
}

// TestSchemesThatAreBroken: the scheme is not taken for the host.
func TestSchemesThatAreBroken(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"https//", "http//", "HTTPS//", "https/", "https:/", "https:", "https;//", " https// "} {
		for _, rest := range []string{"acme.my.salesforce.com", "acme.my.salesforce.com/x?u=https://y", "bob:hunter2@acme.my.salesforce.com"} {
			cfg := jwtConfig()
			cfg.Domain = scheme + rest
			cfg.TokenEndpoint, cfg.Audience = cfg.Domain, cfg.Domain
			_, err := sfprov.New(cfg)
			problems := problemsOfConfig(t, err)
			require.Equal(t, []string{"Audience", "Domain", "TokenEndpoint"}, slices.Sorted(maps.Keys(problems)), cfg.Domain)
			for _, problem := range problems {
				assert.Contains(t, problem[0], "the colon or a slash after it is missing", cfg.Domain)
				assert.NotContains(t, problem[0], "hunter2")
			}
		}
	}
}

func TestHostsOfTokenEndpoints(t *testing.T) {
	t.Parallel()
	const path = "/services/oauth2/token"
	const sandbox = "https://acme--uat.sandbox.my.salesforce.com"
	for _, test := range []struct {
		domain, given string
		want          string // if it is accepted
		words         string // if it is refused
	}{
		{domain, "https://acme.my.salesforce.com" + path, domain + path, ""},
		{domain, "acme.my.salesforce.com" + path, domain + path, ""},
		{domain, " https://ACME.my.salesforce.com" + path + "/\n", domain + path, ""},
		{domain, "https://acme.my.site.com/portal" + path, "https://acme.my.site.com/portal" + path, ""},
		{domain, "https://sso.acme.com/token/", "https://sso.acme.com/token/", ""},
		{domain, "https://login.salesforce.com" + path, "https://login.salesforce.com" + path, ""},
		{sandbox, "https://test.salesforce.com" + path, "https://test.salesforce.com" + path, ""},
		{"https://sf.acme.com", "https://test.salesforce.com" + path, "https://test.salesforce.com" + path, ""},
		{sandbox, "https://login.salesforce.com" + path, "", "test.salesforce.com is for sandboxes"},
		{domain, "https://test.salesforce.com" + path, "", "test.salesforce.com is for sandboxes"},
		{sandbox, "https://acme.my.salesforce.com" + path, "", "one is for sandboxes"},
		{domain, "https://acme--uat.sandbox.my.salesforce.com" + path, "", "one is for sandboxes"},
		{domain, "https://acme--uat.my.salesforce.com" + path, "", "one is for sandboxes"},
		{domain, "https://acme--uat.sandbox.my.site.com/portal" + path, "", "one is for sandboxes"},
		{sandbox, "https://acme.my.site.com/portal" + path, "", "one is for sandboxes"},
		{sandbox, "https://acme--uat.sandbox.my.site.com" + path, "https://acme--uat.sandbox.my.site.com" + path, ""},
		{sandbox, "https://sso.acme.com/token", "https://sso.acme.com/token", ""},
		{domain, "https://acme.lightning.force.com" + path, "", "gives no tokens"},
		{domain, "https://acme.lightning.force.com", "", "gives no tokens"},
		{domain, "https://acme.my.salesforce-setup.com" + path, "", "gives no tokens"},
		{domain, "https://acme.file.force.com" + path, "", "gives no tokens"},
		{domain, "https://www.salesforce.com" + path, "", "gives no tokens"},
		{domain, "https://acme" + path, "", "gives no tokens"},
		{domain, "https://acme.my.salesforce.com.evil.com" + path, "", "only looks like"},
		{domain, "https://acme.my.salesforce.com/services/oauth2/authorize", "", path},
		{domain, "https://acme.my.salesforce.com/services/oauth2/token/x", "", path},
		{domain, `"https://acme.my.salesforce.com` + path + `"`, "", "quotes"},
		{domain, "https://bob:hunter2@acme.my.salesforce.com" + path, "", "user name or password"},
	} {
		cfg := jwtConfig()
		cfg.Domain, cfg.TokenEndpoint = test.domain, test.given
		if test.words == "" {
			assert.Equal(t, test.want, accepted(t, cfg)["tokenEndpoint"])
			continue
		}
		_, err := sfprov.New(cfg)
		problems := problemsOfConfig(t, err)
		require.Equal(t, []string{"TokenEndpoint"}, slices.Sorted(maps.Keys(problems)), test.given)
		assert.Contains(t, problems["TokenEndpoint"][0], test.words)
		assert.Contains(t, problems["TokenEndpoint"][0], "leave it empty")
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestTheAudienceFollowsTheHost(t *testing.T) {
	t.Parallel()
	const production, sandboxes = "https://login.salesforce.com", "https://test.salesforce.com"
	for _, test := range []struct{ domain, endpoint, audience, want string }{
		{domain, "", "", production},
		{"https://acme-dev-ed.develop.my.salesforce.com", "", "", production},
		{"https://acme.sandbox.acme.com", "", "", production},
		{"https://sf--proxy.acme.com", "", "", production},
		{"ACME--UAT.sandbox.my.salesforce.com", "", "", sandboxes},
		{"https://acme--uat.my.salesforce.com", "", "", sandboxes},
		{"https://acme--uat.cs5.my.salesforce.com", "", "", sandboxes},
		{"https://a-b.scratch.my.salesforce.com", "", "", sandboxes},
		{"https://sf.acme.com", sandboxes + "/services/oauth2/token", "", sandboxes},
		{"https://sf.acme.com", production + "/services/oauth2/token", "", production},
		{"https://sf.acme.com", "https://acme--dev.sandbox.my.salesforce.com/services/oauth2/token", "", sandboxes},
		{"https://sf.acme.com", "ACME--DEV.my.salesforce.com/services/oauth2/token", "", sandboxes},
		{"https://sf.acme.com", "https://a-b.scratch.my.salesforce.com/services/oauth2/token", "", sandboxes},
		{"https://sf.acme.com", "https://acme.my.salesforce.com/services/oauth2/token", "", production},
		{"https://acme--uat.sandbox.my.salesforce.com", "https://sf.acme.com/services/oauth2/token", "", sandboxes},
		{"https://acme--uat.sandbox.my.salesforce.com", "", "https://acme.my.site.com/", "https://acme.my.site.com"},
		{"https://acme--uat.sandbox.my.salesforce.com", "", production, production},
		{domain, "", "login.salesforce.com", production},
		{domain, "", " https://TEST.salesforce.com/\n", sandboxes},
		{domain, "", "https://acme.lightning.force.com", ""},
		{domain, "", "https://www.salesforce.com", ""},
		{domain, "", "https://login.salesforce.com.evil.com", ""},
		{domain, "", "sandbox", ""},
		{domain, "", `"https://test.salesforce.com"`, ""},
	} {
		cfg := jwtConfig()
		cfg.Domain, cfg.TokenEndpoint, cfg.Audience = test.domain, test.endpoint, test.audience
		if test.want == "" {
			assert.Equal(t, []string{"Audience"}, fieldsAtFault(t, cfg), test.audience)
			continue
		}
		assert.Equal(t, test.want, accepted(t, cfg)["audience"], test)
	}
}

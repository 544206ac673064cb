package sfprov

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pastedForms are what a value looks like when it comes from elsewhere: a page, a file, a
// shell, a mail.
var pastedForms = map[string]string{
	"blanks":             "  %s ",
	"a line break":       "%s\n",
	"a Windows one":      "%s\r\n",
	"line breaks around": "\n\n%s\n",
	"a tab":              "\t%s\t",
	"no-break spaces":    "\u00a0%s\u00a0",
	"a byte order mark":  "\ufeff%s",
	"zero width spaces":  "\u200b%s\u200b",
	"directions":         "\u202a%s\u202c",
	"a NUL":              "%s\x00",
	"an escape":          "\x1b%s",
	"quotes":             `"%s"`,
	"single quotes":      "'%s'",
	"backquotes":         "`%s`",
	"typographic quotes": "“%s”",
	"German quotes":      "„%s“",
	"French quotes":      "«%s»",
	"escaped quotes":     `\"%s\"`,
	"quotes and a break": "\"%s\"\n",
	"a URL":              "https://%s",
	"a URL and a slash":  "https://%s/",
	"a slash":            "%s/",
	"a path":             "https://%s/a/b?c=d#e",
	"an @":               "@%s",
	"an address":         "alice@%s",
	"a mail":             "mailto:%s",
	"brackets":           "<%s>",
	"a name":             "Alice <%s>",
	"two lines":          "%[1]s\n%[1]s",
	"two words":          "%[1]s %[1]s",
	"a comma":            "%s,",
}

// settingsOfConfig are the fields of which something is sent, with a value that is right.
var settingsOfConfig = map[string]struct {
	right string
	of    func(c *Config) *string
}{
	"Domain":             {"acme.my.salesforce.com", func(c *Config) *string { return &c.Domain }},
	"TokenEndpoint":      {"acme.my.salesforce.com/services/oauth2/token", func(c *Config) *string { return &c.TokenEndpoint }},
	"ClientID":           {"3MVG9.key_1", func(c *Config) *string { return &c.ClientID }},
	"ClientSecret":       {"ABC123", func(c *Config) *string { return (*string)(&c.ClientSecret) }},
	"Username":           {"api@acme.com", func(c *Config) *string { return &c.Username }},
	"Password":           {"Pa55wordTOKEN", func(c *Config) *string { return (*string)(&c.Password) }},
	"Separator":          {"-", func(c *Config) *string { return &c.Separator }},
	"ProvisioningDomain": {"acme.com", func(c *Config) *string { return &c.ProvisioningDomain }},
	"TenantDomain":       {"carbon.super", func(c *Config) *string { return &c.TenantDomain }},
	"IdentityProvider":   {"salesforce", func(c *Config) *string { return &c.IdentityProvider }},
}

func rightConfig() Config {
	cfg := Config{GrantType: GrantPassword, Pattern: "{UD,UN,TD,IDP}"}
	for _, setting := range settingsOfConfig {
		*setting.of(&cfg) = setting.right
	}
	return cfg
}

// TestWhatASettingIsPastedAs: it is put right or refused with the field's name, and never
// becomes part of what is sent.
func TestWhatASettingIsPastedAs(t *testing.T) {
	t.Parallel()
	right, err := checkConfig(rightConfig(), options{})
	require.NoError(t, err)
	for field, setting := range settingsOfConfig {
		for form, pattern := range pastedForms {
			cfg := rightConfig()
			*setting.of(&cfg) = fmt.Sprintf(pattern, setting.right)
			checked, err := checkConfig(cfg, options{})
			if err != nil {
				for _, part := range unjoin(err) {
					var problem *ConfigError
					require.ErrorAs(t, part, &problem)
					assert.Equal(t, field, problem.Field, form)
				}
				continue
			}
			got, want := *setting.of(checked.Config), *setting.of(right.Config)
			if isSentAsItIs := field == "Password" || field == "ClientSecret"; isSentAsItIs && strings.ContainsAny(pattern, "<@/, :") {
				got, want = unquoted(got), unquoted(got) // a secret can have all of these
			}
			assert.Equal(t, want, got, "%s with %s", field, form)
		}
	}
}

// unquoted fails to be what it is given if that has something around it.
func unquoted(s string) string {
	if isQuoted(s) {
		return ""
	}
	return strings.TrimSpace(s)
}

// problemOfSent says what is in an accepted configuration that must not be sent.
func problemOfSent(c Config, username string) error {
	var problems []error
	add := func(is bool, format string, args ...any) {
		if is {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	for _, secret := range []string{string(c.ClientSecret), string(c.Password), c.ClientID, c.Username} {
		add(secret != strings.TrimSpace(secret), "%q has blanks around", secret)
		add(isQuoted(secret), "%q is in quotes", secret)
		add(strings.HasPrefix(secret, "http://") || strings.HasPrefix(secret, "https://") || strings.ContainsAny(secret, "\r\n"), "%q is no secret", secret)
	}
	for _, word := range []string{c.ClientID, c.Username, c.Domain, c.TokenEndpoint, username} {
		add(strings.ContainsFunc(word, unicode.IsSpace) || strings.ContainsFunc(word, isMarkOnly), "%q is not one word", word)
	}
	add(strings.Contains(c.ClientID+c.Username+username, "://"), "a URL in %q, %q or %q", c.ClientID, c.Username, username)
	add(strings.Count(c.Domain, "/") != 2 || strings.ContainsAny(c.Domain, "@?#\\"), "%q is no base URL", c.Domain)
	add(strings.ContainsAny(c.TokenEndpoint, "@?#\\"), "%q is no token endpoint", c.TokenEndpoint)
	add(username != "" && !strings.HasSuffix(username, "@"+strings.ToLower(c.ProvisioningDomain)), "%q is not of %q", username, c.ProvisioningDomain)
	return errors.Join(problems...)
}

// FuzzConfig: of whatever is pasted, nothing is sent that only came along.
func FuzzConfig(f *testing.F) {
	for _, pattern := range pastedForms {
		for _, setting := range settingsOfConfig {
			pasted := fmt.Sprintf(pattern, setting.right)
			f.Add(pasted, "s", "api@acme.com", "p", "-", "acme.com", "salesforce")
			f.Add("acme.my.salesforce.com", pasted, pasted, pasted, "-", "acme.com", "salesforce")
			f.Add("acme.my.salesforce.com", "s", "api@acme.com", "p", pasted, pasted, pasted)
		}
	}
	f.Fuzz(func(t *testing.T, domain, secret, name, password, separator, provisioning, idp string) {
		cfg := rightConfig()
		cfg.Domain, cfg.ClientSecret, cfg.ClientID, cfg.Username, cfg.Password = domain, Secret(secret), secret, name, Secret(password)
		cfg.Separator, cfg.ProvisioningDomain, cfg.IdentityProvider, cfg.TokenEndpoint = separator, provisioning, idp, ""
		p, err := New(cfg)
		if err != nil {
			for _, part := range unjoin(err) {
				var problem *ConfigError
				if !errors.As(part, &problem) || problem.Field == "" || problem.Problem == "" {
					t.Errorf("%v names no field", part)
				}
			}
			for _, r := range strings.ReplaceAll(err.Error(), "\n", "") {
				if !unicode.IsPrint(r) {
					t.Errorf("%q is raw", err.Error())
				}
			}
			return
		}
		username, err := p.Username(User{Username: "alice"})
		if err == nil && cfg.ProvisioningDomain == "" {
			return
		}
		if err := problemOfSent(*p.settings.Config, username); err != nil {
			t.Error(err)
		}
		if again, err := checkConfig(*p.settings.Config, options{}); err != nil || again.Domain != p.settings.Domain || again.Username != p.settings.Username {
			t.Errorf("what was put right is not right: %v", err)
		}
	})
}

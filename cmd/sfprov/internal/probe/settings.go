package probe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/sfprov/sfprov"
)

// Settings say which org to ask, and how to log in.
type Settings struct {
	Config    sfprov.Config
	ProfileID string // of the user that is created
	CAFile    string // of a certificate to trust besides the system's; may be empty
}

// FromEnvironment reads the SALESFORCE_ variables; the error names every one that is
// missing.
func FromEnvironment(ctx context.Context, getenv func(string) string, write bool) (Settings, error) {
	get := func(name string) string { return strings.TrimSpace(getenv("SALESFORCE_" + name)) }
	cfg := sfprov.Config{
		Domain: get("DOMAIN"), TokenEndpoint: get("TOKEN_ENDPOINT"), APIVersion: get("API_VERSION"),
		ClientID: get("CLIENT_ID"), ClientSecret: sfprov.Secret(get("CLIENT_SECRET")),
		Username: get("USERNAME"), Password: sfprov.Secret(get("PASSWORD")),
		PrivateKey: sfprov.Secret(get("PRIVATE_KEY")), Audience: get("AUDIENCE"),
		GrantType: sfprov.GrantType(get("GRANT_TYPE")),
	}
	var problems []error
	if name := get("PRIVATE_KEY_FILE"); cfg.PrivateKey == "" && name != "" {
		key, err := os.ReadFile(name) //nolint:gosec // the caller's own file
		if err != nil {
			problems = append(problems, fmt.Errorf("SALESFORCE_PRIVATE_KEY_FILE: %w", err))
		}
		cfg.PrivateKey = sfprov.Secret(key)
	}
	if cfg.GrantType == "" && cfg.ClientSecret == "" && cfg.PrivateKey != "" {
		cfg.GrantType = sfprov.GrantJWTBearer
	}
	s := Settings{Config: cfg, ProfileID: get("PROFILE_ID"), CAFile: get("CA_FILE")}
	for _, wanted := range []struct{ name, value string }{{"DOMAIN", cfg.Domain}, {"CLIENT_ID", cfg.ClientID}} {
		if wanted.value == "" {
			problems = append(problems, fmt.Errorf("SALESFORCE_%s is not set", wanted.name))
		}
	}
	if write && s.ProfileID == "" {
		problems = append(problems, errors.New("SALESFORCE_PROFILE_ID is not set, and --write creates a user, who needs a profile"))
	}
	if len(problems) > 0 {
		return Settings{}, errors.Join(problems...)
	}
	return s, s.check(ctx)
}

// check lets the library judge the settings, hosts above all, and fills in what is empty.
func (s *Settings) check(ctx context.Context) error {
	p, err := sfprov.New(s.Config)
	if err != nil {
		return err
	}
	if err := p.Close(ctx); err != nil {
		return err
	}
	c := &s.Config
	if !strings.Contains(c.Domain, "://") {
		c.Domain = "https://" + c.Domain
	}
	c.Domain = strings.TrimRight(c.Domain, "/")
	if c.TokenEndpoint == "" {
		c.TokenEndpoint = c.Domain + tokenEndpoint
	}
	if c.GrantType == "" {
		c.GrantType = sfprov.GrantClientCredentials
	}
	if c.APIVersion == "" {
		c.APIVersion = sfprov.DefaultAPIVersion
	}
	c.APIVersion = strings.TrimPrefix(c.APIVersion, "v")
	if !strings.Contains(c.APIVersion, ".") {
		c.APIVersion += ".0"
	}
	if c.Audience == "" {
		c.Audience = "https://login.salesforce.com"
		if s.kind() == "sandbox" {
			c.Audience = "https://test.salesforce.com"
		}
	}
	return nil
}

var sandboxHost = regexp.MustCompile(`(?i)\.(sandbox|scratch)\.my\.salesforce\.com$|^test\.salesforce\.com$`)

// kind is what sort of org it is, as its host tells.
func (s *Settings) kind() string {
	u, err := url.Parse(s.Config.Domain)
	switch {
	case err != nil:
		return "unknown"
	case u.Hostname() == "localhost" || strings.HasPrefix(u.Hostname(), "127.") || u.Hostname() == "::1":
		return "loopback"
	case sandboxHost.MatchString(u.Hostname()):
		return "sandbox"
	}
	return "production"
}

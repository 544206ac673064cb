package sfprov

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
)

// DefaultAPIVersion is the Salesforce API version that an empty
// Config.APIVersion means: Spring '26.
const DefaultAPIVersion = "66.0"

// What an empty field of Config means.
const (
	defaultPattern      = "{UN}"
	defaultSeparator    = "_"
	defaultTenantDomain = "carbon.super"
	defaultAudience     = "https://login.salesforce.com"
	tokenPath           = "/services/oauth2/token" //nolint:gosec // a path, not a credential
)

// GrantType is the OAuth 2.0 grant by which a Provisioner logs in, by its name
// in the grant_type parameter (RFC 6749, RFC 7523).
type GrantType string

// The grants that Salesforce offers to a service.
const (
	// GrantClientCredentials is the default: client ID and secret, acting as the
	// run-as user that the app names in Setup. It works on the My Domain host only.
	GrantClientCredentials GrantType = "client_credentials"
	// GrantPassword sends the integration user's name and password too.
	// Salesforce blocks it in new orgs, external client apps never had it, and it
	// is being withdrawn: for deployments that still depend on it.
	GrantPassword GrantType = "password"
	// GrantJWTBearer sends an assertion signed with Config.PrivateKey instead of
	// a secret.
	GrantJWTBearer GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer" //nolint:gosec // a name, not a credential
)

// Config says which org to provision into, how to log in, and how users are
// named. [New] fills in the defaults, normalises and validates it, and keeps a
// copy.
//
// Printed, logged with slog or marshalled to JSON, a Config shows no secrets:
// JSON leaves them out, so that what was written can be read back without
// mistaking "[REDACTED]" for a password. Reading JSON fills them. Keys that are not those
// of a Config, or are there twice, are errors: a misspelt one would change user IDs without
// a word. Numbers in Defaults keep their digits, as [json.Number]. A struct with more
// settings has the Config as a field, not embedded: its methods would be the struct's.
type Config struct {
	// APIVersion is the REST API version: "66.0", "v66.0" or "66". Empty means
	// DefaultAPIVersion; the oldest accepted is 60.0. Whether the org has a version, the
	// first call tells; New refuses only what is decades away.
	APIVersion string `json:"apiVersion,omitempty"`
	// Domain is the org's My Domain URL, https://acme.my.salesforce.com (Setup,
	// My Domain); a bare host is accepted. Plain http is accepted for loopback. A host of
	// your own, such as a proxy, is accepted, but none that only looks like Salesforce's,
	// and none of Salesforce's that has no API, such as acme.lightning.force.com.
	Domain string `json:"domain,omitempty"`
	// ClientID is the consumer key of the external client app or connected app. Here, and
	// in the secrets and names below, blanks and line breaks around are left out, and
	// quotation marks around are refused.
	ClientID string `json:"clientId,omitempty"`
	// ClientSecret is its consumer secret. The JWT bearer grant needs none.
	ClientSecret Secret `json:"clientSecret,omitempty"`
	// Username is the integration user's Salesforce username, for the password
	// and JWT bearer grants.
	Username string `json:"username,omitempty"`
	// Password is its password with the security token appended, for the password grant.
	Password Secret `json:"password,omitempty"`
	// TokenEndpoint is the OAuth token endpoint. Empty means Domain with the path
	// /services/oauth2/token. One of a sandbox is refused for an org that is none, and the
	// reverse, where their hosts tell.
	TokenEndpoint string `json:"tokenEndpoint,omitempty"`
	// GrantType is the OAuth grant. Empty means GrantClientCredentials.
	GrantType GrantType `json:"grantType,omitempty"`
	// PrivateKey is the RSA key that signs JWT bearer assertions, of 2048 bits at least, in
	// PEM (PKCS #1 or PKCS #8, not encrypted); its certificate is uploaded to the app. Line
	// breaks may be written as \n.
	PrivateKey Secret `json:"privateKey,omitempty"`
	// Audience of the JWT bearer assertion. Empty means https://test.salesforce.com where
	// TokenEndpoint, or else Domain, is on a host of a sandbox or a scratch org, or on that
	// very host, and https://login.salesforce.com elsewhere.
	Audience string `json:"audience,omitempty"`
	// Pattern builds user IDs; see ParsePattern. Empty means "{UN}", the username alone.
	// A Username in User.Fields, such as a Mapping's rule gives, wins over it.
	Pattern string `json:"pattern,omitempty"`
	// Separator joins the parts of a user ID. Empty means "_". It has no @ and no slash, nor
	// anything else that an email address can't have.
	Separator string `json:"separator,omitempty"`
	// ProvisioningDomain is appended to user IDs: alice becomes alice@primary.com.
	// Empty appends nothing; usernames must then be email addresses of themselves.
	// It is the domain alone, without an @ or https://.
	ProvisioningDomain string `json:"provisioningDomain,omitempty"`
	// TenantDomain is the pattern's TD for users who name none. Empty means "carbon.super".
	// Here, and in IdentityProvider, it is a name alone: a pattern that uses one with an @,
	// a slash, or what else an email address can't have, is refused.
	TenantDomain string `json:"tenantDomain,omitempty"`
	// IdentityProvider is the pattern's IDP: the name under which Salesforce is
	// connected.
	IdentityProvider string `json:"identityProvider,omitempty"`
	// Defaults are the fields that Create fills in where the user has no value of
	// its own: typically ProfileId, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey
	// and LanguageLocaleKey. Updates and adoptions never send them.
	Defaults Fields `json:"defaults,omitempty"`
	// MatchField is the User field by which an account that exists already may be
	// adopted, for example FederationIdentifier: an account is taken over only if
	// this field holds the very value in User.Fields. Empty means never.
	// A name or an address is refused as match field, since it proves nothing.
	MatchField string `json:"matchField,omitempty"`
	// ReleaseUsername makes Deactivate rename the user and clear its match field,
	// so that both are free for someone who is hired again. Salesforce keeps the
	// username of an inactive user taken, in all orgs.
	ReleaseUsername bool `json:"releaseUsername,omitempty"`

	// fromProperties says that the caller knows fields by the names of properties, which
	// problems have to use.
	fromProperties bool
}

// withDefaults returns a copy with what is empty filled in. It shares nothing
// with the original.
func (c Config) withDefaults() Config {
	fill := func(value *string, empty string) {
		if *value == "" {
			*value = empty
		}
	}
	fill(&c.APIVersion, DefaultAPIVersion)
	fill(&c.Pattern, defaultPattern)
	fill(&c.Separator, defaultSeparator)
	fill(&c.TenantDomain, defaultTenantDomain)
	if c.GrantType == "" {
		c.GrantType = GrantClientCredentials
	}
	c.Defaults = maps.Clone(c.Defaults)
	return c
}

// Format prints the configuration without its secrets; see [Secret] for what no
// type can prevent.
func (c Config) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "sfprov.Config%+v", printableConfig(c)) // as in Secret.Format
}

// LogValue is the configuration without its secrets, as a slog group.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("apiVersion", c.APIVersion),
		slog.String("domain", c.Domain),
		slog.String("clientId", c.ClientID),
		slog.Any("clientSecret", c.ClientSecret),
		slog.String("username", c.Username),
		slog.Any("password", c.Password),
		slog.String("tokenEndpoint", c.TokenEndpoint),
		slog.String("grantType", string(c.GrantType)),
		slog.Any("privateKey", c.PrivateKey),
		slog.String("audience", c.Audience),
		slog.String("pattern", c.Pattern),
		slog.String("separator", c.Separator),
		slog.String("provisioningDomain", c.ProvisioningDomain),
		slog.String("tenantDomain", c.TenantDomain),
		slog.String("identityProvider", c.IdentityProvider),
		slog.Any("defaults", map[string]any(c.Defaults)),
		slog.String("matchField", c.MatchField),
		slog.Bool("releaseUsername", c.ReleaseUsername),
	)
}

// printableConfig is Config without its methods, for printing and marshalling
// it without recursing. Its secrets are still Secrets.
type printableConfig Config

// MarshalJSON leaves the secrets out.
func (c Config) MarshalJSON() ([]byte, error) {
	c.ClientSecret, c.Password, c.PrivateKey = "", "", ""
	return json.Marshal(printableConfig(c))
}

// UnmarshalJSON fills what the JSON has, and leaves the rest as it is.
func (c *Config) UnmarshalJSON(data []byte) error {
	read := printableConfig(*c)
	if err := decodeFields(data, &read, (*json.Decoder).DisallowUnknownFields); err != nil {
		return problemOfConfigJSON(err)
	}
	*c = Config(read)
	return nil
}

// problemOfConfigJSON names the setting that JSON has wrong.
func problemOfConfigJSON(err error) error {
	if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is && wrong.Field != "" {
		return &ConfigError{
			Field: wrong.Field, Problem: fmt.Sprintf("is a JSON %s; it takes a %s", wrong.Value, jsonTypeOf(wrong.Type)),
		}
	}
	if name, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field "); isUnknown {
		return &ConfigError{
			Field: strings.Trim(name, `"`), Problem: "is no setting; they are called apiVersion, domain, clientId and so on",
		}
	}
	return &ConfigError{Field: "JSON", Problem: "is not of the expected form: " + err.Error()}
}

package sfprov

import (
	"errors"
	"maps"
	"slices"
	"strconv"
)

// ConfigFromProperties reads the property names of the Java Salesforce
// connector, so that a deployment of it can be moved over: sf-api-version,
// sf-domain-name, sf-clientid, sf-client-secret, sf-usePasswordGrant,
// sf-username, sf-password, sf-token-endpoint, sf-prov-pattern,
// sf-prov-separator, sf-prov-domainName and identityProviderName. An empty value
// is an unset one; sf-usePasswordGrant is "true" or "false".
//
// An unknown property is an error, since a misspelt one would change user IDs
// without a word. Errors are [ConfigError], joined; Field is the property's name.
// The values themselves are checked by [New].
func ConfigFromProperties(properties map[string]string) (Config, error) {
	var c Config
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		set, known := configProperties[name]
		problem := "is not a property of the Salesforce connector"
		if known {
			problem = set(&c, properties[name])
		}
		if problem != "" {
			problems = append(problems, &ConfigError{Field: name, Problem: problem})
		}
	}
	if len(problems) > 0 {
		return Config{}, errors.Join(problems...)
	}
	return c, nil
}

// configProperties are the properties by name, with what each sets; a problem is what is
// wrong with the value.
var configProperties = map[string]func(c *Config, value string) (problem string){ //nolint:gochecknoglobals // a constant table
	"sf-api-version":       text(func(c *Config) *string { return &c.APIVersion }),
	"sf-domain-name":       text(func(c *Config) *string { return &c.Domain }),
	"sf-clientid":          text(func(c *Config) *string { return &c.ClientID }),
	"sf-client-secret":     text(func(c *Config) *Secret { return &c.ClientSecret }),
	"sf-usePasswordGrant":  usePasswordGrant,
	"sf-username":          text(func(c *Config) *string { return &c.Username }),
	"sf-password":          text(func(c *Config) *Secret { return &c.Password }),
	"sf-token-endpoint":    text(func(c *Config) *string { return &c.TokenEndpoint }),
	"sf-prov-pattern":      text(func(c *Config) *string { return &c.Pattern }),
	"sf-prov-separator":    text(func(c *Config) *string { return &c.Separator }),
	"sf-prov-domainName":   text(func(c *Config) *string { return &c.ProvisioningDomain }),
	"identityProviderName": text(func(c *Config) *string { return &c.IdentityProvider }),
}

// text sets a field as it is.
func text[T ~string](field func(*Config) *T) func(*Config, string) string {
	return func(c *Config, value string) string {
		*field(c) = T(value)
		return ""
	}
}

func usePasswordGrant(c *Config, value string) string {
	password, err := strconv.ParseBool(value)
	switch {
	case value == "":
	case err != nil:
		return `is neither "true" nor "false"`
	case password:
		c.GrantType = GrantPassword
	}
	return ""
}

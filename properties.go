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
// is an unset one; sf-usePasswordGrant is "true" or "false", and must be said where
// sf-username and sf-password are.
//
// An unknown property is an error, since a misspelt one would change user IDs
// without a word. Errors are [ConfigError], joined; Field is the property's name.
// The values themselves are checked by [New], which names the properties too.
//
// The connector's pattern wins over a claim that is mapped to Username. Here it is the
// other way round: leave a rule for Username out of the [Mapping] of a deployment that has
// a pattern, or its users get other usernames than they have.
func ConfigFromProperties(properties map[string]string) (Config, error) {
	var c Config
	var problems []error
	problem := func(name, what string) {
		problems = append(problems, &ConfigError{Field: name, Problem: what})
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		property, known := configProperties[name]
		if !known {
			problem(name, "is not a property of the Salesforce connector")
			continue
		}
		if what := property.set(&c, properties[name]); what != "" {
			problem(name, what)
		}
		c.fromProperties = c.fromProperties || properties[name] != ""
	}
	if c.Username != "" && c.Password != "" && properties[passwordGrant] == "" {
		problem(passwordGrant, `is not given, but sf-username and sf-password are: make it "true" to log in by them, `+
			`or "false" to log in by sf-clientid and sf-client-secret alone, as the user whom the app names`)
	}
	if len(problems) > 0 {
		return Config{}, errors.Join(problems...)
	}
	return c, nil
}

// passwordGrant is the property that chooses the grant.
const passwordGrant = "sf-usePasswordGrant"

// configProperty is a property: the field of Config that it sets, and how. A problem is
// what is wrong with the value.
type configProperty struct {
	field string
	set   func(c *Config, value string) (problem string)
}

// configProperties are the properties by name.
var configProperties = map[string]configProperty{ //nolint:gochecknoglobals // a constant table
	"sf-api-version":       {"APIVersion", text(func(c *Config) *string { return &c.APIVersion })},
	"sf-domain-name":       {"Domain", text(func(c *Config) *string { return &c.Domain })},
	"sf-clientid":          {"ClientID", text(func(c *Config) *string { return &c.ClientID })},
	"sf-client-secret":     {"ClientSecret", text(func(c *Config) *Secret { return &c.ClientSecret })},
	passwordGrant:          {"GrantType", usePasswordGrant},
	"sf-username":          {"Username", text(func(c *Config) *string { return &c.Username })},
	"sf-password":          {"Password", text(func(c *Config) *Secret { return &c.Password })},
	"sf-token-endpoint":    {"TokenEndpoint", text(func(c *Config) *string { return &c.TokenEndpoint })},
	"sf-prov-pattern":      {"Pattern", text(func(c *Config) *string { return &c.Pattern })},
	"sf-prov-separator":    {"Separator", text(func(c *Config) *string { return &c.Separator })},
	"sf-prov-domainName":   {"ProvisioningDomain", text(func(c *Config) *string { return &c.ProvisioningDomain })},
	"identityProviderName": {"IdentityProvider", text(func(c *Config) *string { return &c.IdentityProvider })},
}

// propertyOf is the property that sets a field of Config; the field's own name if there is
// none.
func propertyOf(field string) string {
	for name, property := range configProperties {
		if property.field == field {
			return name
		}
	}
	return field
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

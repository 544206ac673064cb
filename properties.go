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
		value := properties[name]
		switch name {
		case "sf-api-version":
			c.APIVersion = value
		case "sf-domain-name":
			c.Domain = value
		case "sf-clientid":
			c.ClientID = value
		case "sf-client-secret":
			c.ClientSecret = Secret(value)
		case "sf-usePasswordGrant":
			password, err := strconv.ParseBool(value)
			switch {
			case value == "":
			case err != nil:
				problems = append(problems, &ConfigError{Field: name, Problem: `is neither "true" nor "false"`})
			case password:
				c.GrantType = GrantPassword
			}
		case "sf-username":
			c.Username = value
		case "sf-password":
			c.Password = Secret(value)
		case "sf-token-endpoint":
			c.TokenEndpoint = value
		case "sf-prov-pattern":
			c.Pattern = value
		case "sf-prov-separator":
			c.Separator = value
		case "sf-prov-domainName":
			c.ProvisioningDomain = value
		case "identityProviderName":
			c.IdentityProvider = value
		default:
			problems = append(problems, &ConfigError{Field: name, Problem: "is not a property of the Salesforce connector"})
		}
	}
	if len(problems) > 0 {
		return Config{}, errors.Join(problems...)
	}
	return c, nil
}

package sfprov_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// connectorProperties are all properties of a deployment of the Java connector.
func connectorProperties() map[string]string {
	return map[string]string{
		"sf-api-version":       "v66.0",
		"sf-domain-name":       "https://acme.my.salesforce.com",
		"sf-clientid":          "consumer-key",
		"sf-client-secret":     "secret-1",
		"sf-usePasswordGrant":  "true",
		"sf-username":          "integration@primary.com",
		"sf-password":          "secret-2",
		"sf-token-endpoint":    "https://acme.my.salesforce.com/services/oauth2/token",
		"sf-prov-pattern":      "{UD,UN,TD,IDP}",
		"sf-prov-separator":    "-",
		"sf-prov-domainName":   "primary.com",
		"identityProviderName": "salesforce",
	}
}

func TestConfigFromProperties(t *testing.T) {
	t.Parallel()
	properties := connectorProperties()

	cfg, err := sfprov.ConfigFromProperties(properties)

	require.NoError(t, err)
	assert.Equal(t, "v66.0", cfg.APIVersion)
	assert.Equal(t, "https://acme.my.salesforce.com", cfg.Domain)
	assert.Equal(t, "consumer-key", cfg.ClientID)
	assert.Equal(t, "secret-1", string(cfg.ClientSecret))
	assert.Equal(t, sfprov.GrantPassword, cfg.GrantType)
	assert.Equal(t, "integration@primary.com", cfg.Username)
	assert.Equal(t, "secret-2", string(cfg.Password))
	assert.Equal(t, "https://acme.my.salesforce.com/services/oauth2/token", cfg.TokenEndpoint)
	assert.Equal(t, "{UD,UN,TD,IDP}", cfg.Pattern)
	assert.Equal(t, "-", cfg.Separator)
	assert.Equal(t, "primary.com", cfg.ProvisioningDomain)
	assert.Equal(t, "salesforce", cfg.IdentityProvider)
	assert.Equal(t, connectorProperties(), properties, "the caller's map is not changed")

	// The moved deployment gives its users the names they have.
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	name, err := p.Username(sfprov.User{Username: "user@provisioning.com"})
	require.NoError(t, err)
	assert.Equal(t, "primary-user.provisioning.com-carbon.super-salesforce@primary.com", name)
}

// fieldsOf are the exported fields of a Config.
func fieldsOf(cfg sfprov.Config) map[string]any {
	fields := map[string]any{}
	for _, field := range reflect.VisibleFields(reflect.TypeOf(cfg)) {
		if field.IsExported() {
			fields[field.Name] = reflect.ValueOf(cfg).FieldByIndex(field.Index).Interface()
		}
	}
	return fields
}

// TestConfigFromPropertiesOneByOne proves that every property lands in a field
// of its own.
func TestConfigFromPropertiesOneByOne(t *testing.T) {
	t.Parallel()
	want := map[string]sfprov.Config{
		"sf-api-version":       {APIVersion: "x"},
		"sf-domain-name":       {Domain: "x"},
		"sf-clientid":          {ClientID: "x"},
		"sf-client-secret":     {ClientSecret: "x"},
		"sf-username":          {Username: "x"},
		"sf-password":          {Password: "x"},
		"sf-token-endpoint":    {TokenEndpoint: "x"},
		"sf-prov-pattern":      {Pattern: "x"},
		"sf-prov-separator":    {Separator: "x"},
		"sf-prov-domainName":   {ProvisioningDomain: "x"},
		"identityProviderName": {IdentityProvider: "x"},
	}
	for name, cfg := range want {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sfprov.ConfigFromProperties(map[string]string{name: "x"})
			require.NoError(t, err)
			assert.Equal(t, fieldsOf(cfg), fieldsOf(got))
			got, err = sfprov.ConfigFromProperties(map[string]string{name: ""})
			require.NoError(t, err)
			assert.Equal(t, sfprov.Config{}, got, "an empty value is an unset one")
		})
	}
	named := slices.Sorted(maps.Keys(want))
	all := connectorProperties()
	delete(all, "sf-usePasswordGrant") // has a test of its own
	assert.Equal(t, slices.Sorted(maps.Keys(all)), named)
}

func TestConfigFromPropertiesGrant(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]sfprov.GrantType{"true": sfprov.GrantPassword, "false": "", "": "", "TRUE": sfprov.GrantPassword} {
		t.Run("value "+value, func(t *testing.T) {
			t.Parallel()
			cfg, err := sfprov.ConfigFromProperties(map[string]string{"sf-usePasswordGrant": value})
			require.NoError(t, err)
			assert.Equal(t, want, cfg.GrantType)
		})
	}
	for _, value := range []string{"yes", "no", "password", "true ", "2"} {
		t.Run("value "+value, func(t *testing.T) {
			t.Parallel()
			_, err := sfprov.ConfigFromProperties(map[string]string{"sf-usePasswordGrant": value})
			assert.Contains(t, problemsOfConfig(t, err), "sf-usePasswordGrant")
		})
	}
}

func TestConfigFromPropertiesRefusesUnknownKeys(t *testing.T) {
	t.Parallel()
	properties := connectorProperties()
	properties["sf-prov-separators"] = "hunter2" // off by a letter: user IDs would change without a word
	properties["SF-CLIENTID"] = "hunter2"
	properties["sf-usePasswordGrant"] = "maybe"
	properties[""] = ""

	cfg, err := sfprov.ConfigFromProperties(properties)

	problems := problemsOfConfig(t, err)
	assert.Equal(t, []string{"", "SF-CLIENTID", "sf-prov-separators", "sf-usePasswordGrant"}, slices.Sorted(maps.Keys(problems)), "all at once")
	assert.NotContains(t, err.Error(), "hunter2", "a value may be a secret")
	assert.Equal(t, sfprov.Config{}, cfg, "nothing is half read")
}

func TestConfigFromNoProperties(t *testing.T) {
	t.Parallel()
	cfg, err := sfprov.ConfigFromProperties(nil)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Config{}, cfg)
}

// TestNewNamesTheProperties: whoever knows the properties alone knows which one to mend.
func TestNewNamesTheProperties(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value string // in place of the right one; empty: missing
		words string
	}{
		"sf-api-version":       {"v32.0", "Leave it empty"},
		"sf-domain-name":       {"https://acme.lightning.force.com/lightning/page", "https://acme.my.salesforce.com"},
		"sf-clientid":          {"", "consumer key"},
		"sf-client-secret":     {`"secret-1"`, "quotes"},
		"sf-username":          {"integration", "email address"},
		"sf-password":          {"", "security token"},
		"sf-token-endpoint":    {"https://acme.lightning.force.com/services/oauth2/token", "the one of sf-domain-name"},
		"sf-prov-pattern":      {"{UN,MAIL}", "MAIL"},
		"sf-prov-separator":    {"@", "@"},
		"sf-prov-domainName":   {"https://primary.com/", "write primary.com"},
		"identityProviderName": {"Sales force", "white space"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			properties := connectorProperties()
			properties[name] = test.value
			cfg, err := sfprov.ConfigFromProperties(properties)
			require.NoError(t, err)
			for range 2 {
				_, err = sfprov.New(cfg)
				problems := problemsOfConfig(t, err)
				require.Equal(t, []string{name}, slices.Sorted(maps.Keys(problems)))
				assert.Contains(t, problems[name][0], test.words)
				cfg.Defaults = sfprov.Fields{"ProfileId": profile} // what properties don't say is added
			}
			cfg.MatchField = "Email"
			_, err = sfprov.New(cfg)
			assert.Equal(t, []string{"MatchField", name}, slices.Sorted(maps.Keys(problemsOfConfig(t, err))), "has no property")
		})
	}
	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		cfg, err := sfprov.ConfigFromProperties(map[string]string{"sf-usePasswordGrant": "true"})
		require.NoError(t, err)
		assert.Equal(t, []string{"sf-client-secret", "sf-clientid", "sf-domain-name", "sf-password", "sf-username"}, fieldsAtFault(t, cfg))
	})
}

// TestTheGrantIsSaidWhereItCouldBeEither: a name and a password are no accident.
func TestTheGrantIsSaidWhereItCouldBeEither(t *testing.T) {
	t.Parallel()
	for _, change := range []func(map[string]string){
		func(p map[string]string) { delete(p, "sf-usePasswordGrant") },
		func(p map[string]string) { p["sf-usePasswordGrant"] = "" },
	} {
		properties := connectorProperties()
		change(properties)
		_, err := sfprov.ConfigFromProperties(properties)
		problems := problemsOfConfig(t, err)
		require.Equal(t, []string{"sf-usePasswordGrant"}, slices.Sorted(maps.Keys(problems)))
		assert.Contains(t, problems["sf-usePasswordGrant"][0], "sf-username and sf-password")
	}
	properties := connectorProperties()
	properties["sf-usePasswordGrant"] = "false"
	cfg, err := sfprov.ConfigFromProperties(properties)
	require.NoError(t, err)
	assert.Equal(t, "client_credentials", accepted(t, cfg)["grantType"])
}

package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
)

// connectFlags are those of all commands that ask an org. Secrets have none: what stands on
// a command line can be read by everybody on the machine.
func connectFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Usage: "read settings from `FILE`: JSON with the names of sfprov.Config, or the connector's .properties"},
		&cli.StringFlag{Name: "domain", Usage: "the org's My Domain `URL` (SALESFORCE_DOMAIN)"},
		&cli.StringFlag{Name: "client-id", Usage: "the consumer `KEY` of the app (SALESFORCE_CLIENT_ID)"},
		&cli.StringFlag{Name: "grant-type", Usage: "how to log in: client_credentials, password or the JWT bearer `GRANT` (SALESFORCE_GRANT_TYPE)"},
		&cli.StringFlag{Name: "username", Usage: "the integration user, for the other grants than client credentials (SALESFORCE_USERNAME)"},
		&cli.StringFlag{Name: "match-field", Usage: "the `FIELD` of User that tells who is whose (SALESFORCE_MATCH_FIELD)"},
		&cli.StringFlag{Name: "provisioning-domain", Usage: "the `DOMAIN` that usernames end in (SALESFORCE_PROVISIONING_DOMAIN)"},
	}
}

// settings are what an org is reached by.
type settings struct {
	config sfprov.Config
	caFile string
	from   map[string]string // where each setting is from, by its name in Config
}

// setting is a setting with the flag and the variable that it can be given by.
type setting struct {
	field, flag, variable string
	into                  func(*sfprov.Config, string)
	secret                bool
}

// connectSettings are all of them.
var connectSettings = []setting{ //nolint:gochecknoglobals // a constant table
	{"Domain", "domain", "DOMAIN", func(c *sfprov.Config, s string) { c.Domain = s }, false},
	{"ClientID", "client-id", "CLIENT_ID", func(c *sfprov.Config, s string) { c.ClientID = s }, false},
	{"ClientSecret", "", "CLIENT_SECRET", func(c *sfprov.Config, s string) { c.ClientSecret = sfprov.Secret(s) }, true},
	{"GrantType", "grant-type", "GRANT_TYPE", func(c *sfprov.Config, s string) { c.GrantType = sfprov.GrantType(s) }, false},
	{"Username", "username", "USERNAME", func(c *sfprov.Config, s string) { c.Username = s }, false},
	{"Password", "", "PASSWORD", func(c *sfprov.Config, s string) { c.Password = sfprov.Secret(s) }, true},
	{"PrivateKey", "", "PRIVATE_KEY", func(c *sfprov.Config, s string) { c.PrivateKey = sfprov.Secret(s) }, true},
	{"TokenEndpoint", "", "TOKEN_ENDPOINT", func(c *sfprov.Config, s string) { c.TokenEndpoint = s }, false},
	{"Audience", "", "AUDIENCE", func(c *sfprov.Config, s string) { c.Audience = s }, false},
	{"APIVersion", "", "API_VERSION", func(c *sfprov.Config, s string) { c.APIVersion = s }, false},
	{"MatchField", "match-field", "MATCH_FIELD", func(c *sfprov.Config, s string) { c.MatchField = s }, false},
	{"ProvisioningDomain", "provisioning-domain", "PROVISIONING_DOMAIN", func(c *sfprov.Config, s string) { c.ProvisioningDomain = s }, false},
}

// readSettings reads the settings: flags win over the environment, and that over the file.
func readSettings(cmd *cli.Command, getenv func(string) string) (settings, error) {
	s := settings{from: map[string]string{}}
	var problems []error
	if name := cmd.String("config"); name != "" {
		if err := s.readFile(cmd, name); err != nil {
			problems = append(problems, err)
		}
	}
	for _, one := range connectSettings {
		variable := "SALESFORCE_" + one.variable
		value, from := strings.TrimSpace(getenv(variable)), variable
		if name := getenv(variable + "_FILE"); one.secret && value == "" && name != "" {
			text, err := os.ReadFile(name) //nolint:gosec // the caller's own file
			if err != nil {
				problems = append(problems, fmt.Errorf("%s_FILE: %w", variable, err))
			}
			value, from = strings.TrimSpace(string(text)), variable+"_FILE"
		}
		if one.flag != "" && cmd.IsSet(one.flag) {
			value, from = cmd.String(one.flag), "--"+one.flag
		}
		if value != "" {
			one.into(&s.config, value)
			s.from[one.field] = from
		}
	}
	if profile := getenv("SALESFORCE_PROFILE_ID"); profile != "" && s.config.Defaults == nil {
		s.config.Defaults = sfprov.Fields{
			"ProfileId": profile, "TimeZoneSidKey": "America/Los_Angeles", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
		}
	}
	s.caFile = getenv("SALESFORCE_CA_FILE")
	return s, errors.Join(problems...)
}

// readFile reads a file of settings.
func (s *settings) readFile(cmd *cli.Command, name string) error {
	text, err := os.ReadFile(name) //nolint:gosec // the caller's own file
	if err != nil {
		return err
	}
	if strings.HasSuffix(name, ".properties") {
		properties, err := readProperties(string(text))
		if err == nil {
			s.config, err = sfprov.ConfigFromProperties(properties)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	} else if err := json.Unmarshal(text, &s.config); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c := s.config
	if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 && c.ClientSecret+c.Password+c.PrivateKey != "" {
		progress(cmd, "sfprov: %s holds secrets, and others can read it: chmod 600 %[1]s", name)
	}
	for _, one := range connectSettings {
		if !reflect.ValueOf(c).FieldByName(one.field).IsZero() {
			s.from[one.field] = name
		}
	}
	return nil
}

// readProperties reads lines of names and values, parted by an equals sign.
func readProperties(text string) (map[string]string, error) {
	properties := map[string]string{}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "!") {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !found {
			return nil, fmt.Errorf("line %d has no equals sign", i+1)
		}
		properties[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return properties, nil
}

// connect makes a Provisioner from the settings. What is missing or wrong is told with
// where it can be given, or where it is from.
func connect(cmd *cli.Command, more ...sfprov.Option) (*sfprov.Provisioner, error) {
	s, err := readSettings(cmd, os.Getenv)
	if err != nil {
		return nil, usageError{err}
	}
	client, err := s.client()
	if err != nil {
		return nil, usageError{err}
	}
	opts := []sfprov.Option{sfprov.WithRetry(sfprov.BackgroundRetry())}
	if client != nil {
		opts = append(opts, sfprov.WithHTTPClient(client))
	}
	p, err := sfprov.New(s.config, append(opts, more...)...)
	if err != nil {
		return nil, usageError{s.explained(err)}
	}
	return p, nil
}

// explained says of each problem where the setting is from, or how it can be given.
func (s *settings) explained(err error) error {
	parts := []error{err}
	if joined, isJoined := err.(interface{ Unwrap() []error }); isJoined {
		parts = joined.Unwrap()
	}
	for i, part := range parts {
		var problem *sfprov.ConfigError
		if !errors.As(part, &problem) {
			continue
		}
		for _, one := range connectSettings {
			if one.field != problem.Field {
				continue
			}
			how := "SALESFORCE_" + one.variable
			if one.secret {
				how += ", or " + how + "_FILE with a file that holds it"
			} else if one.flag != "" {
				how = "--" + one.flag + ", or " + how
			}
			if from := s.from[one.field]; from != "" {
				how = "it is from " + from
			} else {
				how = "give it by " + how
			}
			parts[i] = fmt.Errorf("%w (%s)", part, how)
		}
	}
	return errors.Join(parts...)
}

// client is an HTTP client that trusts the authority of SALESFORCE_CA_FILE; nil if there is
// none.
func (s *settings) client() (*http.Client, error) {
	if s.caFile == "" {
		return nil, nil //nolint:nilnil // the usual one then
	}
	pem, err := os.ReadFile(s.caFile)
	if err != nil {
		return nil, fmt.Errorf("SALESFORCE_CA_FILE: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("SALESFORCE_CA_FILE: %s holds no certificate in PEM", s.caFile)
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}}, nil
}

package sfprov

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oldestAPIVersion is the floor: older versions lack fields and behaviour that
// the library relies on, and Salesforce retires versions after some years.
const oldestAPIVersion = 60

// configCheck normalises a Config in place and gathers every problem on the way.
type configCheck struct {
	cfg      *Config
	pattern  Pattern
	problems []error
}

// maxQuoted is how many characters of a setting a problem quotes.
const maxQuoted = 500

func (c *configCheck) problem(field, format string, args ...any) {
	for i, arg := range args {
		if text, isText := arg.(string); isText {
			args[i] = cut(text, maxQuoted)
		}
	}
	c.problems = append(c.problems, &ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// checkConfig fills in, normalises and validates cfg. The error joins a
// *ConfigError for each problem.
func checkConfig(cfg Config) (Config, Pattern, error) {
	cfg = cfg.withDefaults()
	c := configCheck{cfg: &cfg}
	c.apiVersion()
	c.endpoints()
	c.credentials()
	c.userIDs()
	c.provisioning()
	return cfg, c.pattern, errors.Join(c.problems...)
}

func (c *configCheck) apiVersion() {
	given := c.cfg.APIVersion
	digits := strings.TrimSuffix(strings.TrimPrefix(given, "v"), ".0")
	number, err := strconv.Atoi(digits)
	switch {
	case err != nil || number <= 0 || number > 999 || strconv.Itoa(number) != digits:
		c.problem("APIVersion", `is %q; write it as "66.0", "v66.0" or "66"`, given)
	case number < oldestAPIVersion:
		c.problem("APIVersion", "is %d.0; the oldest supported is %d.0, because Salesforce retires older versions and their User fields differ",
			number, oldestAPIVersion)
	default:
		c.cfg.APIVersion = digits + ".0"
	}
}

func (c *configCheck) endpoints() {
	if domain, ok := c.domain(); ok {
		c.cfg.Domain = domain
	}
	if c.cfg.TokenEndpoint == "" {
		c.cfg.TokenEndpoint = c.cfg.Domain + tokenPath
		return
	}
	endpoint, problem := parseEndpoint(c.cfg.TokenEndpoint)
	switch {
	case problem != "":
		c.problem("TokenEndpoint", "%s", problem)
	case endpoint.Path == "" || endpoint.Path == "/":
		c.problem("TokenEndpoint", "has no path; Salesforce's is https://acme.my.salesforce.com%s. Leave the field empty to use the one of Domain", tokenPath)
	case c.cfg.GrantType == GrantClientCredentials && isLoginHost(endpoint.Hostname()):
		c.problem("TokenEndpoint", "is on %s, where the client credentials grant does not work; leave the field empty to use the one of Domain", endpoint.Hostname())
	default:
		c.cfg.TokenEndpoint = endpoint.String()
	}
}

// domain is the org's base URL without a trailing slash.
func (c *configCheck) domain() (string, bool) {
	given := strings.TrimSpace(c.cfg.Domain)
	if given == "" {
		c.problem("Domain", "is missing; it is the org's My Domain URL, such as https://acme.my.salesforce.com (Setup, My Domain)")
		return "", false
	}
	if !strings.Contains(given, "://") {
		given = "https://" + given
	}
	base, problem := parseEndpoint(given)
	switch {
	case problem != "":
		c.problem("Domain", "%s", problem)
	case base.Path != "" && base.Path != "/":
		c.problem("Domain", "has a path; give scheme and host only, such as https://acme.my.salesforce.com")
	case isLoginHost(base.Hostname()):
		c.problem("Domain", "is %s, the login page of all orgs; give your org's My Domain URL, such as https://acme.my.salesforce.com (Setup, My Domain)", base.Hostname())
	case strings.HasSuffix(base.Hostname(), ".lightning.force.com"), strings.HasSuffix(base.Hostname(), ".salesforce-setup.com"):
		c.problem("Domain", "is %s, which serves Salesforce's user interface, not its API; give your org's My Domain URL, which ends in .my.salesforce.com (Setup, My Domain)", base.Hostname())
	default:
		return base.Scheme + "://" + base.Host, true
	}
	return "", false
}

func isLoginHost(host string) bool {
	return host == "login.salesforce.com" || host == "test.salesforce.com"
}

// parseEndpoint parses a URL that secrets are sent to. The problem never quotes
// the URL: what is wrong with it may be that it holds a password.
func parseEndpoint(given string) (*url.URL, string) {
	u, err := url.Parse(strings.TrimSpace(given))
	switch {
	case err != nil || !validHost(u):
		return nil, "is not a URL with a valid host name"
	case u.User != nil:
		return nil, "holds a user name or password; give them in the fields made for them"
	case u.RawQuery != "" || strings.ContainsAny(given, "?#"):
		return nil, "has a query or fragment; leave it out"
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Sprintf("has the scheme %s; it must be https", quote(u.Scheme))
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, "is plain http; secrets and tokens are sent over https only (http is accepted for loopback)"
	}
	u.Host = strings.ToLower(u.Host)
	return u, ""
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func validHost(u *url.URL) bool {
	if u.Hostname() == "" || len(u.Hostname()) > 253 || u.Opaque != "" {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return false
	}
	return net.ParseIP(u.Hostname()) != nil || hostName.MatchString(u.Hostname())
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (c *configCheck) credentials() {
	c.cfg.ClientID = strings.TrimSpace(c.cfg.ClientID)
	switch {
	case c.cfg.ClientID == "":
		c.problem("ClientID", "is missing; it is the consumer key of the external client app (Setup, External Client App Manager, OAuth settings)")
	case !utf8.ValidString(c.cfg.ClientID):
		c.problem("ClientID", "is not valid UTF-8")
	}
	switch c.cfg.GrantType {
	case GrantClientCredentials:
		c.secret("ClientSecret", c.cfg.ClientSecret, "it is the consumer secret, beside the consumer key")
	case GrantPassword:
		c.secret("ClientSecret", c.cfg.ClientSecret, "it is the consumer secret, beside the consumer key")
		c.username()
		c.secret("Password", c.cfg.Password, "it is the integration user's password with the security token appended")
	case GrantJWTBearer:
		c.username()
		c.privateKey()
		if audience, problem := parseEndpoint(c.cfg.Audience); problem != "" {
			c.problem("Audience", "%s", problem)
		} else {
			c.cfg.Audience = strings.TrimSuffix(audience.String(), "/")
		}
	default:
		c.problem("GrantType", "is %q; it must be %q, %q or %q", c.cfg.GrantType, GrantClientCredentials, GrantPassword, GrantJWTBearer)
	}
}

func (c *configCheck) username() {
	c.cfg.Username = strings.TrimSpace(c.cfg.Username)
	switch {
	case c.cfg.Username == "":
		c.problem("Username", "is missing; it is the Salesforce username of the integration user")
	case !utf8.ValidString(c.cfg.Username):
		c.problem("Username", "is not valid UTF-8")
	}
}

func (c *configCheck) secret(field string, value Secret, what string) {
	switch {
	case value == "":
		c.problem(field, "is missing; %s", what)
	case value == redacted:
		c.problem(field, "is the placeholder that stands for a secret in printed configurations, not the secret")
	case strings.ContainsAny(string(value), "\r\n"):
		c.problem(field, "holds a line break; was it read from a file together with its trailing newline?")
	}
}

func (c *configCheck) privateKey() {
	if c.cfg.PrivateKey == "" || c.cfg.PrivateKey == redacted {
		c.problem("PrivateKey", "is missing; it is the RSA key, in PEM, whose certificate is uploaded to the app")
		return
	}
	block, _ := pem.Decode([]byte(c.cfg.PrivateKey))
	if block == nil {
		c.problem("PrivateKey", "is not PEM; it begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----, each on a line of its own")
		return
	}
	if strings.Contains(block.Type, "CERTIFICATE") || strings.Contains(block.Type, "PUBLIC") {
		c.problem("PrivateKey", "holds a %s, not the private key", strings.ToLower(block.Type))
		return
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if _, isRSA := key.(*rsa.PrivateKey); err == nil && isRSA {
		return
	}
	// The parser's error is left out: it could quote what it read.
	c.problem("PrivateKey", "is not an unencrypted RSA private key in PKCS #1 or PKCS #8 form, which Salesforce's RS256 needs")
}

func (c *configCheck) userIDs() {
	pattern, err := ParsePattern(c.cfg.Pattern)
	c.pattern = pattern
	switch {
	case err != nil:
		c.problem("Pattern", "%s", strings.TrimPrefix(err.Error(), "sfprov: pattern "))
	case !pattern.uses(tokenUsername):
		c.problem("Pattern", "is %s, without UN: all users would get the same user ID", pattern)
	}
	c.usernamePart("Separator", c.cfg.Separator)
	c.usernamePart("ProvisioningDomain", c.cfg.ProvisioningDomain)
	if domain := c.cfg.ProvisioningDomain; domain != "" && problemOfEmailDomain(domain) != "" {
		c.problem("ProvisioningDomain", "is %q; %s", domain, problemOfEmailDomain(domain))
	}
	if pattern.uses(tokenTenantDomain) {
		c.usernamePart("TenantDomain", c.cfg.TenantDomain)
	}
	if pattern.uses(tokenIdentityProvider) {
		c.usernamePart("IdentityProvider", c.cfg.IdentityProvider)
		if without(c.cfg.IdentityProvider, c.cfg.Separator) == "" {
			c.problem("IdentityProvider", "is empty, but the pattern %s uses IDP", pattern)
		}
	}
}

// usernamePart checks what becomes part of every username.
func (c *configCheck) usernamePart(field, value string) {
	if problem := problemOfUsernameText(value); problem != "" {
		c.problem(field, "is %q, which %s; it becomes part of every Salesforce username", value, problem)
	}
}

// provesIdentity reports whether a field can be the match field: one made to tell
// people apart, or a custom one. All others are the same for different people, and
// adopting by them would let one take the account of another over.
func provesIdentity(field string) bool {
	return strings.EqualFold(field, "FederationIdentifier") || strings.EqualFold(field, "EmployeeNumber") ||
		strings.HasSuffix(strings.ToLower(field), "__c")
}

func (c *configCheck) provisioning() {
	if match := c.cfg.MatchField; match != "" {
		switch {
		case !isFieldName(match):
			c.problem("MatchField", "is %q, which is not a field API name such as FederationIdentifier or Employee_Key__c", match)
		case !provesIdentity(match):
			c.problem("MatchField", "is %s; names, addresses and the like can be the same for different people, so no account may be adopted by them. "+
				"Use FederationIdentifier, EmployeeNumber, or a custom field (__c) that only the identity service fills", match)
		}
	}
	for _, name := range []string{"Username", c.cfg.MatchField} {
		if _, given := c.cfg.Defaults.lookup(name); given && name != "" {
			c.problem("Defaults", "holds %s, which would be the same for every user", name)
		}
	}
	_, problems := checked(c.cfg.Defaults)
	for _, problem := range problems {
		c.problem("Defaults", "%s %s", problem.Field, problem.Problem)
	}
}

// problemOfUsernameText says what in s can't be in a Salesforce username; empty
// if nothing.
func problemOfUsernameText(s string) string {
	for _, r := range s {
		switch {
		case r == unicode.ReplacementChar:
			return "holds a broken character (invalid UTF-8?)"
		case unicode.IsSpace(r):
			return "holds white space"
		case !unicode.IsPrint(r):
			return fmt.Sprintf("holds the control or invisible character %U", r)
		}
	}
	return ""
}

// problemOfEmailDomain says why s can't follow the @ of an email address; empty
// if it can.
func problemOfEmailDomain(s string) string {
	if strings.Contains(s, "@") {
		return "it must not hold an @"
	}
	if dot := strings.IndexByte(s, '.'); dot <= 0 || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return "it must be a domain with a dot in it, such as primary.com"
	}
	return ""
}

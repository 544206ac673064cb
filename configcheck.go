package sfprov

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oldestAPIVersion is the floor: older versions lack fields and behaviour that
// the library relies on, and Salesforce retires versions after some years.
// latestAPIVersion is one that nobody can mean: Salesforce makes three a year. Which of
// those between an org has is for the org to tell.
const (
	oldestAPIVersion = 60
	latestAPIVersion = 199
)

// configCheck normalises a Config in place and gathers every problem on the way.
type configCheck struct {
	cfg      *Config
	pattern  Pattern
	defaults record
	problems []error
	signer   bool // assertions are signed by WithSigner's
	later    bool // credentials are given before each login, by WithCredentials
}

// maxQuoted is how many characters of a setting a problem quotes.
const maxQuoted = 500

// called is what the caller calls a field.
func (c *configCheck) called(field string) string {
	if c.cfg.fromProperties {
		return propertyOf(field)
	}
	return field
}

func (c *configCheck) problem(field, format string, args ...any) {
	for i, arg := range args {
		if text, isText := arg.(string); isText {
			args[i] = cut(text, maxQuoted)
		}
	}
	c.problems = append(c.problems, &ConfigError{Field: c.called(field), Problem: fmt.Sprintf(format, args...)})
}

// checkConfig fills in, normalises and validates cfg. The error joins a
// *ConfigError for each problem.
func checkConfig(cfg Config, o options) (*settings, error) {
	cfg = cfg.withDefaults()
	c := configCheck{cfg: &cfg, signer: o.signer != nil, later: o.ask != nil}
	c.apiVersion()
	c.endpoints()
	c.credentials()
	c.userIDs()
	c.provisioning()
	return &settings{Config: c.cfg, pattern: c.pattern, defaults: c.defaults}, errors.Join(c.problems...)
}

func (c *configCheck) apiVersion() {
	given := c.cfg.APIVersion
	digits := strings.TrimSuffix(strings.TrimPrefix(given, "v"), ".0")
	number, err := strconv.Atoi(digits)
	switch {
	case err != nil || number <= 0 || strconv.Itoa(number) != digits:
		c.problem("APIVersion", `is %q; write it as "66.0", "v66.0" or "66", or leave it empty for %s`, given, DefaultAPIVersion)
	case number < oldestAPIVersion:
		c.problem("APIVersion", "is %d.0; the oldest supported is %d.0, because Salesforce retires older versions and "+
			"their User fields differ. "+
			"Leave it empty for %s", number, oldestAPIVersion, DefaultAPIVersion)
	case number > latestAPIVersion:
		c.problem("APIVersion", "is %d.0, which Salesforce has not got; leave it empty for %s", number, DefaultAPIVersion)
	default:
		c.cfg.APIVersion = digits + ".0"
	}
}

func (c *configCheck) credentials() {
	for _, secret := range []*Secret{&c.cfg.ClientSecret, &c.cfg.Password} {
		*secret = Secret(strings.TrimSpace(string(*secret))) // a file's last line break
	}
	c.clientID()
	if c.signer && c.cfg.GrantType != GrantJWTBearer {
		c.problem("GrantType", "is %q, which signs nothing, and WithSigner is given; set it to %s, or leave the option "+
			"out", c.cfg.GrantType, GrantJWTBearer)
	}
	switch c.cfg.GrantType {
	case GrantClientCredentials:
		c.secret("ClientSecret", c.cfg.ClientSecret, "it is the consumer secret, beside the consumer key"+c.otherGrant())
	case GrantPassword:
		c.secret("ClientSecret", c.cfg.ClientSecret, "it is the consumer secret, beside the consumer key")
		c.username()
		c.secret("Password", c.cfg.Password, "it is the integration user's password with the security token appended")
	case GrantJWTBearer:
		c.username()
		c.privateKey()
		c.audience()
	default:
		c.problem("GrantType", "is %q; it must be %q, %q or "+
			"%q", c.cfg.GrantType, GrantClientCredentials, GrantPassword, GrantJWTBearer)
	}
}

// otherGrant is a hint where the settings are those of another grant.
func (c *configCheck) otherGrant() string {
	switch {
	case c.cfg.PrivateKey != "":
		return fmt.Sprintf("; PrivateKey is set: if it is to sign logins, set GrantType to %s", GrantJWTBearer)
	case c.cfg.Password != "":
		return fmt.Sprintf("; Password is set: if logins are to use it, set GrantType to %s", GrantPassword)
	}
	return ""
}

func (c *configCheck) clientID() {
	c.cfg.ClientID = strings.TrimSpace(c.cfg.ClientID)
	id := c.cfg.ClientID
	switch problem := problemOfUsernameText(id); {
	case id == "" && c.later:
	case id == "":
		c.problem("ClientID", "is missing; it is the consumer key of the external client app (Setup, External Client "+
			"App Manager, OAuth settings)")
	case strings.ContainsFunc(id, isQuote):
		c.problem("ClientID", "holds a quotation mark; leave it out")
	case problem != "":
		c.problem("ClientID", "%s; it is the consumer key of the app, which is one word", problem)
	case strings.ContainsAny(id, notInUsernames+"/@"):
		c.problem("ClientID", "holds one of %s, which no consumer key does; was more than the key "+
			"copied?", notInUsernames+"/@")
	}
}

// notInUsernames are the ASCII characters that an email address, and so a username, has
// nowhere, but for the @ (RFC 5322: specials).
const notInUsernames = "\"(),:;<>[\\]"

func (c *configCheck) username() {
	c.cfg.Username = strings.TrimSpace(c.cfg.Username)
	name := c.cfg.Username
	local, domain, _ := strings.Cut(name, "@")
	switch problem := problemOfUsernameText(name); {
	case name == "" && c.later:
	case name == "":
		c.problem("Username", "is missing; it is the Salesforce username of the integration user")
	case isQuoted(name):
		c.problem("Username", "is in quotes; leave them out")
	case problem != "":
		c.problem("Username", "is %q, which %s; Salesforce usernames can't", name, problem)
	case local == "" || problemOfEmailDomain(domain) != "" || strings.ContainsFunc(domain, notInDomains) ||
		strings.ContainsAny(name, notInUsernames) || strings.ContainsFunc(name, isMarkOnly):
		c.problem("Username", "is %q; it is the Salesforce username of the integration user, which has the form of an "+
			"email address, such as api@acme.com: one @, and a domain with a dot after it", name)
	}
}

func (c *configCheck) secret(field string, value Secret, what string) {
	switch lower := strings.ToLower(string(value)); {
	case value == "" && c.later:
	case value == "":
		c.problem(field, "is missing; %s", what)
	case value == redacted:
		c.problem(field, "is the placeholder that stands for a secret in printed configurations, not the secret")
	case isQuoted(string(value)):
		c.problem(field, "is in quotes; leave them out")
	case hasUnseenAround(string(value)):
		c.problem(field, "begins or ends with a character that can't be seen; was it copied along? Type the secret's "+
			"first and last one")
	case strings.ContainsAny(string(value), "\r\n"):
		c.problem(field, "has several lines; %s", what)
	case strings.HasPrefix(lower, "https://"), strings.HasPrefix(lower, "http://"):
		c.problem(field, "is a URL; %s", what)
	}
}

func (c *configCheck) privateKey() {
	switch given := c.cfg.PrivateKey; {
	case c.signer && given != "":
		c.problem("PrivateKey", "is set, and so is WithSigner; give one of them")
	case c.signer, given == "" && c.later:
	case strings.TrimSpace(string(given)) == "":
		c.problem("PrivateKey", "is missing; it is the RSA key, in PEM, whose certificate is uploaded to the app")
	case given == redacted:
		c.problem("PrivateKey", "is the placeholder that stands for a secret in printed configurations, not the key, in PEM")
	default:
		key, problem := readPrivateKey(string(given))
		if problem != "" {
			c.problem("PrivateKey", "%s", problem)
			return
		}
		c.cfg.PrivateKey = Secret(key)
	}
}

func (c *configCheck) audience() {
	if c.cfg.Audience == "" {
		c.cfg.Audience = audienceFor(hostOf(c.cfg.Domain), hostOf(c.cfg.TokenEndpoint))
		return
	}
	audience, problem := parseEndpoint(c.cfg.Audience)
	if audience != nil {
		if kind, _ := hostKindOf(audience.Hostname()); kind == lookalikeHost || isNoLogin(kind, audience) {
			problem = "is " + audience.Hostname() + ", which takes no assertions"
		}
	}
	if problem != "" {
		c.problem("Audience", "%s; leave it empty, or give %s, or %s for sandboxes", problem, defaultAudience, sandboxLogin)
		return
	}
	c.cfg.Audience = strings.TrimSuffix(audience.String(), "/")
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
	c.usernamePart("Separator", c.cfg.Separator, "one such as _ or -")
	c.provisioningDomain()
	if pattern.uses(tokenTenantDomain) {
		c.usernamePart("TenantDomain", c.cfg.TenantDomain, meantByPart(c.cfg.TenantDomain, "the domain alone, such as acme.com"))
		if without(c.cfg.TenantDomain, c.cfg.Separator) == "" {
			c.problem("TenantDomain", "is %q, of which nothing is left without the separator, and the pattern %s uses "+
				"TD", c.cfg.TenantDomain, pattern)
		}
	}
	if pattern.uses(tokenIdentityProvider) {
		c.usernamePart("IdentityProvider", c.cfg.IdentityProvider,
			meantByPart(c.cfg.IdentityProvider, "the name alone, such as salesforce"))
		if without(c.cfg.IdentityProvider, c.cfg.Separator) == "" {
			c.problem("IdentityProvider", "is empty, but the pattern %s uses IDP", pattern)
		}
	}
}

// usernamePart checks what becomes part of every username. As with the domain, what it was
// pasted as is not put right.
func (c *configCheck) usernamePart(field, value, right string) {
	if problem := problemOfUsernamePart(value); problem != "" {
		c.problem(field, "is %q, which %s; it becomes part of every Salesforce username: write %s", value, problem, right)
	}
}

// problemOfUsernamePart says why s can't be a part of a username other than the user's own
// name; empty if it can. An @ parts a username from its domain, a slash a store from a name,
// and both come along with a pasted address.
func problemOfUsernamePart(s string) string {
	if problem := problemOfUsernameText(s); problem != "" {
		return problem
	}
	isOdd := func(r rune) bool { return isQuote(r) || strings.ContainsRune(notInUsernames+"/@", r) }
	if at := strings.IndexFunc(s, isOdd); at >= 0 {
		r, _ := utf8.DecodeRuneInString(s[at:])
		return fmt.Sprintf("holds %q", r)
	}
	return ""
}

// meantByPart is the name in what it was pasted as, or the hint if that is not clear.
func meantByPart(pasted, hint string) string {
	meant := bareDomain(pasted)
	if meant != "" && utf8.RuneCountInString(meant) <= maxUsername && problemOfUsernamePart(meant) == "" {
		return meant
	}
	return hint
}

// provisioningDomain checks what is appended to usernames. What it was pasted as is not
// put right: whoever reads the setting must read the domain.
func (c *configCheck) provisioningDomain() {
	domain := c.cfg.ProvisioningDomain
	problem := problemOfProvisioningDomain(domain)
	if domain == "" || problem == "" {
		return
	}
	if meant := bareDomain(domain); problemOfProvisioningDomain(meant) == "" {
		problem += fmt.Sprintf("; write %s", meant)
	}
	c.problem("ProvisioningDomain", "is %q; %s", domain, problem)
}

// problemOfProvisioningDomain says why a domain can't be that of usernames.
func problemOfProvisioningDomain(domain string) string {
	if problem := problemOfUsernameText(domain); problem != "" {
		return "it " + problem + ", and becomes part of every Salesforce username"
	}
	if at := strings.IndexFunc(domain, notInDomains); at >= 0 && domain[at] != '@' {
		r, _ := utf8.DecodeRuneInString(domain[at:])
		return fmt.Sprintf("it holds %q, and must be a domain with a dot in it, such as primary.com", r)
	}
	if utf8.RuneCountInString(domain) > maxUsername-len("a@") {
		return fmt.Sprintf("Salesforce usernames have %d characters at most, and it leaves no room for a name", maxUsername)
	}
	return problemOfEmailDomain(domain)
}

// notInDomains reports whether a domain has such a character nowhere. Letters of all
// scripts are let through: Salesforce has the last word.
func notInDomains(r rune) bool {
	return r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

// bareDomain is the domain in what it was pasted as: a URL, an address, in quotes.
func bareDomain(pasted string) string {
	around := func(r rune) bool { return isQuote(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) }
	pasted = strings.TrimFunc(pasted, around)
	if _, rest, isURL := strings.Cut(pasted, "://"); isURL {
		pasted = rest
	}
	pasted, _, _ = strings.Cut(pasted, "/")
	pasted = pasted[strings.LastIndexByte(pasted, '@')+1:]
	return strings.Trim(strings.TrimFunc(pasted, around), ".")
}

// provesIdentity reports whether a field can be the match field: one made to tell
// people apart, or a custom one. All others are the same for different people, and
// adopting by them would let one take the account of another over.
func provesIdentity(field string) bool {
	return strings.EqualFold(field, "FederationIdentifier") || strings.EqualFold(field, "EmployeeNumber") ||
		strings.HasSuffix(strings.ToLower(field), "__c")
}

// isPersonal reports whether a standard field tells users apart.
func isPersonal(field string) bool {
	return strings.EqualFold(field, "Username") || strings.EqualFold(field, "FederationIdentifier") ||
		strings.EqualFold(field, "EmployeeNumber")
}

func (c *configCheck) provisioning() {
	if match := c.cfg.MatchField; match != "" {
		switch {
		case !isFieldName(match):
			c.problem("MatchField", "is %q, which is not a field API name such as FederationIdentifier or "+
				"Employee_Key__c", match)
		case !nameOf(match).known && !provesIdentity(match):
			c.problem("MatchField", "is %s, which is no field of Salesforce's that can be one, and no custom field, whose "+
				"names end in __c; use FederationIdentifier, EmployeeNumber, or a custom field", match)
		case !provesIdentity(match):
			c.problem("MatchField", "is %s; names, addresses and the like can be the same for different people, so no "+
				"account may be adopted by them. "+
				"Use FederationIdentifier, EmployeeNumber, or a custom field (__c) that only the identity service fills", match)
		}
	}
	for _, name := range []string{"Username", c.cfg.MatchField} {
		if _, given := c.cfg.Defaults.lookup(name); given && name != "" {
			c.problem("Defaults", "holds %s, which would be the same for every user", name)
		}
	}
	defaults, problems := checked(c.cfg.Defaults)
	if active, given := defaults.lookup("IsActive"); given {
		isActive, isTruth := truth(active)
		if !isTruth {
			c.problem("Defaults", "hold IsActive, which is %s; it takes true or false", described(active))
		}
		defaults = defaults.with("IsActive", isActive)
	}
	c.defaults = defaults
	for _, problem := range problems {
		c.problem("Defaults", "%s %s", problem.Field, problem.Problem)
	}
}

// hasUnseenAround reports whether a setting begins or ends with what can't be seen, and is
// no blank.
func hasUnseenAround(s string) bool {
	return s != "" && (!unicode.IsPrint(firstOf(s)) || !unicode.IsPrint(lastOf(s)))
}

func firstOf(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }
func lastOf(s string) rune  { r, _ := utf8.DecodeLastRuneInString(s); return r }

// isQuoted reports whether a setting is in quotation marks of whatever kind.
func isQuoted(s string) bool {
	s = strings.TrimPrefix(s, `\`) // out of a quoted text
	return utf8.RuneCountInString(s) > 1 && isQuote(firstOf(s)) && isQuote(lastOf(s))
}

func isQuote(r rune) bool { return strings.ContainsRune("\"'`´“”„‟‘’‚‛«»‹›", r) }

// isMarkOnly reports whether it is a quotation mark that is no apostrophe: names have one.
func isMarkOnly(r rune) bool { return isQuote(r) && r != '\'' && r != '’' }

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

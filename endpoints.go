package sfprov

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

func (c *configCheck) endpoints() {
	domain, problem := domainOf(c.cfg.Domain)
	switch {
	case problem != "":
		c.problem("Domain", "%s", problem)
	default:
		c.cfg.Domain = domain.String()
	}
	if c.cfg.TokenEndpoint == "" {
		c.cfg.TokenEndpoint = c.cfg.Domain + tokenPath
		return
	}
	endpoint, problem := parseEndpoint(c.cfg.TokenEndpoint)
	if endpoint != nil {
		if wrong := c.problemOfTokenHost(endpoint, domain); wrong != "" {
			problem = wrong
		}
	}
	if problem != "" {
		c.problem("TokenEndpoint", "%s; leave it empty to use the one of %s", problem, c.called("Domain"))
		return
	}
	c.cfg.TokenEndpoint = endpoint.String()
}

// domainOf is the base URL of an org. Of all that is wrong, the host comes first: it is
// copied from the address bar, with a path and a query that say nothing.
func domainOf(given string) (*url.URL, string) {
	if strings.TrimSpace(given) == "" {
		return nil, "is missing; it is the org's My Domain URL, " + exampleDomain
	}
	base, problem := parseEndpoint(given)
	if base == nil {
		return nil, problem
	}
	if problem := problemOfDomainHost(base); problem != "" {
		return nil, problem
	}
	base.Path, base.RawPath = strings.TrimSuffix(base.Path, "/"), ""
	switch right := "https://" + base.Host; {
	case problem != "" && base.Scheme != "https":
		return nil, problem
	case problem != "":
		return nil, problem + "; give scheme and host only: " + right
	case base.Path != "":
		return nil, "has a path; give scheme and host only: " + right
	}
	return base, ""
}

const exampleDomain = "such as https://acme.my.salesforce.com (Setup, My Domain)"

// problemOfDomainHost says why a host has no org's API; empty if that is not known.
func problemOfDomainHost(base *url.URL) string {
	host := base.Hostname()
	kind, myDomain := hostKindOf(host)
	isPage := kind == pageHost || kind == siteHost
	switch {
	case kind == loginHost:
		return "is " + host + ", the login page of all orgs; give your org's My Domain URL, " + exampleDomain
	case isPage && myDomain == "":
		return "is " + host + ", which serves pages, not the API; give your org's My Domain URL, " + exampleDomain
	case isPage:
		return "is " + host + ", which serves pages, not the API; the org's My Domain URL is https://" + myDomain + " " +
			"(compare Setup, My Domain)"
	case kind == strayHost:
		return "is " + host + ", which is Salesforce's, but no org's; give your org's My Domain URL, " + exampleDomain
	case kind == lookalikeHost:
		return "is " + host + ", which only looks like Salesforce's; an org's host ends in " + myDomainSuffix
	case kind == nameOnly && base.Port() == "":
		return "is " + host + ", which is no host name; if it is the name of My Domain, the URL is https://" + myDomain +
			". (For a host of your own that has such a name, give the port, too)"
	}
	return ""
}

// problemOfTokenHost says why no token comes from there for the org; empty if that is not
// known. It makes Salesforce's own path plain.
func (c *configCheck) problemOfTokenHost(endpoint, domain *url.URL) string {
	host := endpoint.Hostname()
	kind, _ := hostKindOf(host)
	var org string
	if domain != nil {
		org = domain.Hostname()
	}
	switch {
	case isNoLogin(kind, endpoint):
		return "is on " + host + ", which gives no tokens"
	case kind == lookalikeHost:
		return "is on " + host + ", which only looks like Salesforce's"
	case endpoint.Path == "" || endpoint.Path == "/":
		return "has no path; Salesforce's is https://acme.my.salesforce.com" + tokenPath
	case kind == loginHost && c.cfg.GrantType == GrantClientCredentials:
		return "is on " + host + ", where the client credentials grant does not work"
	case areApart(host, org):
		return "is on " + host + ", which knows no users of " + org + ": one is for sandboxes, the other is not " +
			"(test.salesforce.com is for sandboxes, login.salesforce.com for all else)"
	case kind != loginHost && kind != myDomainHost:
		return ""
	case strings.TrimRight(endpoint.Path, "/") != tokenPath:
		return "has another path than Salesforce's, which is " + tokenPath
	}
	endpoint.Path, endpoint.RawPath = tokenPath, ""
	return ""
}

// isNoLogin reports whether nobody logs in at such a host.
func isNoLogin(kind hostKind, u *url.URL) bool {
	return kind == pageHost || kind == strayHost || kind == nameOnly && u.Port() == ""
}

// parseEndpoint parses a URL that secrets are sent to; a bare host is taken as https. The
// problem never quotes the URL: what is wrong with it may be that it holds a password.
// Where the host is valid and nobody's name or password is there, the URL is returned
// beside a problem.
func parseEndpoint(given string) (*url.URL, string) {
	given = strings.TrimSpace(given)
	if isQuoted(given) {
		return nil, "is in quotes; leave them out"
	}
	if brokenScheme.MatchString(given) {
		return nil, "begins with http or https, but the colon or a slash after it is missing; it begins with https://"
	}
	if !strings.Contains(given, "://") {
		given = "https://" + given
	}
	u, err := url.Parse(given)
	switch {
	case err != nil || !validHost(u):
		return nil, "is not a URL with a valid host name"
	case u.User != nil:
		return nil, "holds a user name or password; give them in the fields made for them"
	}
	u.Host = strings.ToLower(u.Host)
	switch {
	case u.RawQuery != "" || strings.ContainsAny(given, "?#"):
		return u, "has a query or fragment; leave it out"
	case u.Scheme != "https" && u.Scheme != "http":
		return u, fmt.Sprintf("has the scheme %s; it must be https", quote(u.Scheme))
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return u, "is plain http; secrets and tokens are sent over https only (http is accepted for loopback)"
	}
	return u, ""
}

// hostName finds no empty label, which no host has.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// brokenScheme finds a scheme that would be taken for a host: without its colon, or with a
// slash too few.
var brokenScheme = regexp.MustCompile(`^(?i)https?(/|;/|:/([^/]|$)|:[A-Za-z])`)

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

// hostOf is the host of a URL that was checked; empty if it was refused.
func hostOf(checked string) string {
	u, err := url.Parse(checked)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

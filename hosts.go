package sfprov

import (
	"net"
	"regexp"
	"strings"
)

// hostKind is what a host is to an org's API.
type hostKind int

const (
	customHost    hostKind = iota // a proxy, a site of one's own: the caller's to choose
	myDomainHost                  // an org's own
	loginHost                     // the login page of all orgs
	pageHost                      // serves an org's pages or files, not its API
	siteHost                      // serves an org's sites: logins, but no API
	strayHost                     // Salesforce's, but no org's
	lookalikeHost                 // somebody's who wants it to be taken for an org's
	nameOnly                      // a name without a dot, or an org's without the end
)

const (
	myDomainSuffix = ".my.salesforce.com"
	sandboxLogin   = "https://test.salesforce.com"
)

// orgHosts are the hosts beside an org's My Domain host, by what follows the org's name.
// See "My Domain URL Formats" in Salesforce Help.
var orgHosts = []struct { //nolint:gochecknoglobals // a constant table
	suffix   string
	kind     hostKind
	packaged bool // the name ends in two hyphens and a package
}{
	{".lightning.force.com", pageHost, false},
	{".my.salesforce-setup.com", pageHost, false},
	{".salesforce-setup.com", pageHost, false},
	{".file.force.com", pageHost, false},
	{".vf.force.com", pageHost, true},
	{".visualforce.com", pageHost, true},
	{".content.force.com", pageHost, true},
	{".documentforce.com", pageHost, true},
	{".builder.salesforce-experience.com", pageHost, false},
	{".my.site.com", siteHost, false},
	{".my.salesforce-sites.com", siteHost, false},
	{".force.com", pageHost, false},
}

// likeSalesforce finds Salesforce's names where they are not the end of a host.
var likeSalesforce = regexp.MustCompile(
	`(^|[.-]|my)salesforce(-setup|-sites)?\.(com|mil)([.-]|$)|(^|[.-])my[.-]?salesforce\.|(^|\.)(force|my\.site)\.com[.-]`)

// isUnended finds the name of an org without the end of the host: one that is parted from the
// names of other orgs by what they are for, or cut off before the .com.
var isUnended = regexp.MustCompile(`^[^.]+\.(sandbox|scratch|develop|demo|patch|trailblaze|([^.]+\.)?my\.salesforce)$`)

// hostKindOf tells the kind of a host in small letters, and the org's My Domain host where
// another of the org's hosts tells it.
func hostKindOf(host string) (kind hostKind, myDomain string) {
	switch {
	case host == "login.salesforce.com" || host == "test.salesforce.com" || host == "login.salesforce.mil":
		return loginHost, ""
	case isBelow(host, myDomainSuffix) || isBelow(host, ".my.salesforce.mil"):
		return myDomainHost, host
	}
	for _, known := range orgHosts {
		org, found := strings.CutSuffix(host, known.suffix)
		switch {
		case !found || org == "":
		case known.suffix == ".force.com": // of which more is not known
			return known.kind, ""
		case known.packaged:
			return known.kind, withoutPackage(org) + myDomainSuffix
		default:
			return known.kind, org + myDomainSuffix
		}
	}
	return otherHostKind(host)
}

// withoutPackage is the org's name before that of a package.
func withoutPackage(org string) string {
	name, partition, _ := strings.Cut(org, ".")
	if end := strings.LastIndex(name, "--"); end > 0 {
		return strings.TrimSuffix(name[:end]+"."+partition, ".")
	}
	return org
}

// otherHostKind tells the kind of a host that is none of an org's.
func otherHostKind(host string) (kind hostKind, myDomain string) {
	switch {
	case "."+host == myDomainSuffix, strings.HasSuffix("."+host, ".salesforce.com"), strings.HasSuffix("."+host, ".salesforce.mil"):
		return strayHost, ""
	case likeSalesforce.MatchString(host):
		return lookalikeHost, ""
	case isUnended.MatchString(host):
		return nameOnly, strings.TrimSuffix(host, ".my.salesforce") + myDomainSuffix
	case !strings.Contains(host, ".") && net.ParseIP(host) == nil && !isLoopback(host):
		return nameOnly, host + myDomainSuffix
	}
	return customHost, ""
}

func isBelow(host, suffix string) bool {
	return len(host) > len(suffix) && strings.HasSuffix(host, suffix)
}

// isSandbox reports whether a My Domain host is that of a sandbox or a scratch org. Only the
// names of sandboxes have two hyphens.
func isSandbox(host string) bool {
	name, _, _ := strings.Cut(host, ".")
	return isBelow(host, ".sandbox"+myDomainSuffix) || isBelow(host, ".scratch"+myDomainSuffix) ||
		isBelow(host, myDomainSuffix) && strings.Contains(name, "--")
}

// isForSandboxes reports whether a host is one of sandboxes, and whether the host tells: that
// of a proxy does not.
func isForSandboxes(host string) (is, told bool) {
	switch kind, myDomain := hostKindOf(host); kind {
	case loginHost:
		return host == "test.salesforce.com", true
	case myDomainHost, siteHost:
		return isSandbox(myDomain), true
	default:
		return false, false
	}
}

// areApart reports whether one host is for sandboxes, and the other is not.
func areApart(one, other string) bool {
	isOne, told := isForSandboxes(one)
	isOther, toldToo := isForSandboxes(other)
	return told && toldToo && isOne != isOther
}

// audienceFor is the audience that the orgs behind a domain and a token endpoint take. The
// endpoint decides: it is where the assertion goes.
func audienceFor(domain, endpoint string) string {
	is, told := isForSandboxes(endpoint)
	if !told {
		is, _ = isForSandboxes(domain)
	}
	if is {
		return sandboxLogin
	}
	return defaultAudience
}

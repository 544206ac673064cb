package probe

import "net/http"

const (
	root      = "/services/data/<version>"
	queryPath = root + "/query"
	users     = root + "/sobjects/User"
)

func get(number int, name, doubt, path string) Probe {
	return Probe{Number: number, Name: name, Doubt: doubt, Method: http.MethodGet, Path: path}
}

func sending(method string, number int, name, doubt, path, body string) Probe {
	return Probe{Number: number, Name: name, Doubt: doubt, Method: method, Path: path, Body: body}
}

func query(number int, name, doubt, soql string) Probe {
	return Probe{Number: number, Name: name, Doubt: doubt, Method: http.MethodGet, Path: queryPath, SOQL: soql, look: lookCount}
}

// with changes a probe by one setting.
func (p Probe) with(change func(*Probe)) Probe {
	change(&p)
	return p
}

func httpProbes() []Probe {
	without := func(p Probe, auth string) Probe { return p.with(func(p *Probe) { p.auth = auth }) }
	return []Probe{
		get(201, "root", "The keys of a version's root, and the limit header", root),
		get(202, "two-slashes", "Whether two slashes before services are taken as one", "/"+root),
		without(get(204, "no-token", "The answer to no Authorization header", root+"/limits"), withNothing),
		without(get(205, "wrong-token", "The answer to a token that is none", root+"/limits"), withWrong),
		without(get(206, "malformed-authorization", "The answer to an Authorization header of no known form", root+"/limits"), withBadForm),
		get(207, "no-such-resource", "The answer to a resource that there isn't", root+"/sfprovprobe"),
		sending(http.MethodPut, 208, "method-not-allowed", "Code and wording for a method that is not allowed", users, `{}`),
		get(210, "long-address", "Status and code for an address of more than 16,384 bytes", queryPath+"/<long>"),
		{Number: 211, Name: "long-headers", Doubt: "Status and code for headers of more than 16,384 bytes", Method: http.MethodGet, Path: root, header: map[string]string{"X-Sfprov-Probe": longHeader()}},
		sending(http.MethodPost, 212, "media-type", "Code and wording for a body that is neither JSON nor XML", users, `sfprov-probe`).with(func(p *Probe) {
			p.header = map[string]string{"Content-Type": "text/x-sfprov-probe"}
		}),
		sending(http.MethodPost, 213, "method-override", "Whether _HttpMethod is case-sensitive in its value", users+"/<absent-user>?_HttpMethod=patch", `{}`),
		get(214, "limits", "The keys of limits", root+"/limits"),
	}
}

func versionProbes() []Probe {
	return []Probe{
		get(221, "versions", "The oldest and the newest version, and whether the list is free and open", "/services/data").with(func(p *Probe) {
			p.auth, p.look = withNothing, lookVersions
		}),
		get(222, "version-retired", "Code and wording for a version that is retired", "/services/data/v30.0/limits"),
		get(223, "version-unknown", "Status and code for a version that there isn't yet", "/services/data/v199.0/limits"),
		get(224, "version-deprecated", "Whether a version that will be retired comes with a Warning header", "/services/data/v35.0"),
	}
}

func longHeader() string {
	long := make([]byte, 17000)
	for i := range long {
		long[i] = 'x'
	}
	return string(long)
}

func queryProbes() []Probe {
	return []Probe{
		query(301, "query-unknown-field", "The wording for a field that there isn't", "SELECT Id, SfprovProbe FROM User"),
		query(302, "query-unknown-parent", "The wording for a relationship that there isn't", "SELECT SfprovProbe.Name FROM User"),
		query(303, "query-unknown-object", "The code for an object that there isn't", "SELECT Id FROM SfprovProbe"),
		query(304, "query-malformed", "Code and wording for what is no query", "SELECT FROM WHERE"),
		query(305, "query-bad-escape", "Whether an unknown escape is refused", `SELECT Id FROM User WHERE LastName = 'sfprov\qprobe'`),
		query(306, "query-offset", "Code and wording for an OFFSET of more than 2,000", "SELECT Id FROM User ORDER BY Id OFFSET 2001"),
		get(307, "query-empty", "Code and wording for a query without a text", queryPath),
		get(308, "query-explain", "Whether explain is there, and its keys", queryPath+"?explain=SELECT+Id+FROM+User+LIMIT+1"),
		query(309, "query-case", "Whether = ignores case in a username", "SELECT Id FROM User WHERE Username = '<my-username-upper>'"),
		query(310, "query-alias", "Whether an alias after the object is taken", "SELECT u.Id FROM User u WHERE u.Id = '<me>'"),
		query(311, "query-parents", "The shape of parents two steps away", "SELECT Profile.UserLicense.LicenseDefinitionKey FROM User WHERE Id = '<me>'"),
		query(313, "query-fields-standard", "The keys that FIELDS(STANDARD) gives", "SELECT FIELDS(STANDARD) FROM User WHERE Id = '<me>' LIMIT 1"),
		query(315, "query-all", "Whether queryAll is there", "SELECT Id FROM User WHERE Id = '<me>'").with(func(p *Probe) { p.Path = root + "/queryAll" }),
		query(316, "query-small-batch", "What a batch size below 200 does", "SELECT Id FROM User LIMIT 1").with(func(p *Probe) {
			p.header = map[string]string{"Sforce-Query-Options": "batchSize=1"}
		}),
		get(317, "query-no-locator", "Status and code for a page that there isn't", queryPath+"/01g000000000000AAA-2000"),
		get(318, "query-columns", "What the parameter columns gives", queryPath+"?columns=true&q=SELECT+Id+FROM+User+LIMIT+1"),
	}
}

func aggregateProbes() []Probe {
	return []Probe{
		query(321, "query-count", "The shape of COUNT()", "SELECT COUNT() FROM User"),
		query(322, "query-group", "The keys of an aggregate, and the user types that there are", "SELECT UserType, COUNT(Id) n FROM User GROUP BY UserType").with(func(p *Probe) {
			p.look = lookKnown("UserType", "Standard", "PowerPartner", "CspLitePortal", "CustomerSuccess", "PowerCustomerSuccess", "CsnOnly", "Guest", "AutomatedProcess", "CloudIntegrationUser")
		}),
		query(324, "group-types", "The types of groups: Regular and Queue", "SELECT Type FROM Group GROUP BY Type").with(func(p *Probe) {
			p.look = lookKnown("Type", "Regular", "Queue", "Role", "RoleAndSubordinates", "RoleAndSubordinatesInternal", "Organization", "AllCustomerPortal", "PRMOrganization", "Manager", "ManagerAndSubordinatesInternal")
		}),
		query(325, "unlimited-licenses", "Whether TotalLicenses is -1 where there is no limit", "SELECT COUNT() FROM UserLicense WHERE TotalLicenses = -1"),
		query(326, "used-licenses-filter", "The refusal of a filter by UsedLicenses since version 64", "SELECT Id FROM UserLicense WHERE UsedLicenses > 0"),
		query(327, "profile-permission-sets", "Whether the permission sets of profiles show up as assignments", "SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSet.IsOwnedByProfile = true"),
	}
}

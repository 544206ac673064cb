package sfprov_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// broken is an org, or a set-up, with one thing wrong.
type broken struct {
	name    string
	org     func(*sfprovtest.Org)
	cfg     func(*sfprov.Config)
	options []sfprov.Option
	mapping []sfprov.Rule
	check   []sfprov.CheckOption
	// found are the only findings that are warnings or failures: "host" is a failure, and
	// "host?" a warning.
	found  string
	detail string // in the finding
	calls  int
	logins int
}

// at makes the org answer a part of its paths with a fault.
func at(path string, f sfprovtest.Fault) func(*sfprovtest.Org) {
	return func(o *sfprovtest.Org) { o.KeepControl(sfprovtest.On("", path, f)) }
}

// unreachable makes each attempt to connect fail.
func unreachable(f sfprovtest.Fault) func(*sfprovtest.Org) {
	return func(o *sfprovtest.Org) {
		o.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Faults: []sfprovtest.Fault{f}}}})
	}
}

func forbid(p sfprovtest.Permission) func(*sfprovtest.Org) {
	return func(o *sfprovtest.Org) { o.Forbid(p) }
}

// exactly is a control for one path, and none below.
func exactly(path string, f sfprovtest.Fault) func(*sfprovtest.Org) {
	return func(o *sfprovtest.Org) {
		o.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if strings.TrimSuffix(r.Path, "/") != path {
				return nil
			}
			return &f
		})
	}
}

func dated(off time.Duration) func(*sfprovtest.Org) {
	return func(o *sfprovtest.Org) { // the table is made long before
		date := time.Now().Add(off).UTC().Format(http.TimeFormat)
		exactly("/services/data", sfprovtest.Fault{Header: http.Header{"Date": {date}}})(o)
	}
}

func grant(g sfprov.GrantType) func(*sfprov.Config) {
	return func(c *sfprov.Config) { c.GrantType = g }
}

func page(body string) sfprovtest.Fault {
	return sfprovtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: body}
}

func defaults(field string, value any) func(*sfprov.Config) {
	return func(c *sfprov.Config) { c.Defaults[field] = value }
}

const (
	manages  = sfprov.GrantPassword
	asserted = sfprov.GrantJWTBearer
)

// brokenOrgs are orgs and set-ups that are wrong in one way each.
func brokenOrgs() []broken {
	admin := func(fields sfprov.Fields) func(*sfprovtest.Org) {
		return func(o *sfprovtest.Org) { o.SetUser(o.AdminID(), fields) }
	}
	return []broken{
		// The host.
		{name: "nothing listens", org: unreachable(sfprovtest.ConnectionRefused()), found: "host"},
		{name: "a certificate of nobody", org: unreachable(sfprovtest.UntrustedCertificate()), found: "host", detail: "certificate"},
		{name: "a web page where versions are listed", org: exactly("/services/data", page("<html>Welcome</html>")), found: "host"},
		{name: "junk where versions are listed", org: exactly("/services/data", page(`[{"version":`)), found: "host"},
		{name: "JSON of something else", org: exactly("/services/data", page(`{"hello":"world"}`)), found: "host"},
		{name: "no such page on the host", org: exactly("/services/data", sfprovtest.Fault{Status: 404, Body: "no"}), found: "host", detail: "404"},
		{name: "a redirect", org: exactly("/services/data", sfprovtest.Fault{Status: 302, Header: http.Header{"Location": {"https://elsewhere.example/"}}}), found: "host", detail: "302"},
		{name: "a gateway without an org", org: at("/services/", sfprovtest.GatewayHTML(503)), found: "host"},
		{name: "an answer that breaks off", org: exactly("/services/data", sfprovtest.CutAnswer()), found: "host"},
		// The clock.
		{name: "the clock is late", org: dated(110 * time.Second), found: "clock?", detail: "behind", calls: 3, logins: 1},
		{name: "the clock is far ahead", org: dated(-time.Hour), found: "clock?", detail: "ahead", calls: 3, logins: 1},
		{name: "the clock is far ahead, and assertions bear the time", org: dated(-time.Hour), cfg: grant(asserted), found: "clock"},
		// The version.
		{name: "a version to come", org: func(o *sfprovtest.Org) { o.SetAPIVersions(31, 65) }, found: "api-version", detail: "65.0", logins: 1},
		{name: "a version that is withdrawn", org: func(o *sfprovtest.Org) { o.SetAPIVersions(67, 90) }, found: "api-version", detail: "90.0", logins: 1},
		{name: "a version that Salesforce warns of", org: at("/describe", sfprovtest.Fault{Header: http.Header{"Warning": {`299 - "This API version is deprecated"`}}}), found: "api-version?", detail: "deprecated", calls: 3, logins: 1},
		// The login.
		{name: "another secret", cfg: func(c *sfprov.Config) { c.ClientSecret = "another" }, found: "login"},
		{name: "another app", cfg: func(c *sfprov.Config) { c.ClientID = "another" }, found: "login"},
		{name: "no run-as user", org: func(o *sfprovtest.Org) { o.SetRunAsUser(false) }, found: "login"},
		{name: "not the org's own host", org: func(o *sfprovtest.Org) { o.SetMyDomain(false) }, found: "login"},
		{name: "the grant is off", org: func(o *sfprovtest.Org) { o.SetGrantEnabled(sfprov.GrantClientCredentials, false) }, found: "login"},
		{name: "the password flow is off", org: func(o *sfprovtest.Org) { o.SetGrantEnabled(manages, false) }, cfg: grant(manages), found: "login"},
		{name: "another password", cfg: func(c *sfprov.Config) { c.GrantType, c.Password = manages, "another" }, found: "login"},
		{name: "nobody has approved the app", org: func(o *sfprovtest.Org) { o.SetUserApproved(false) }, cfg: grant(asserted), found: "login"},
		{name: "another audience", cfg: func(c *sfprov.Config) { c.GrantType, c.Audience = asserted, "https://acme.example" }, found: "login"},
		{name: "too many logins", org: func(o *sfprovtest.Org) { o.RefuseLogins(9, "invalid_grant", "login rate exceeded") }, found: "login"},
		{name: "the integration user has left", org: admin(sfprov.Fields{"IsActive": false}), found: "login"},
		{name: "the integration user is frozen", org: func(o *sfprovtest.Org) { o.Freeze(o.AdminID(), true) }, cfg: grant(asserted), found: "login"},
		{name: "a web page in place of a token", org: at("/oauth2/token", page("<html>")), found: "login"},
		{name: "the token endpoint is down", org: at("/oauth2/token", sfprovtest.GatewayHTML(502)), found: "login"},
		{name: "a token that can't use the API", org: func(o *sfprovtest.Org) { o.SetTokenScope("id profile") }, found: "scopes", logins: 1},
		{name: "a token of another org", org: func(o *sfprovtest.Org) { o.SetInstanceURL("https://other.my.salesforce.com") }, found: "right-org?", detail: "other.my.salesforce.com", calls: 3, logins: 1},
		// Requests.
		{name: "the API is off for the user", org: forbid(sfprovtest.APIEnabled), found: "api-access", calls: 1, logins: 1},
		{name: "the integration user's password has expired", org: func(o *sfprovtest.Org) { o.ExpirePassword(o.AdminID()) }, found: "api-access", calls: 1, logins: 1},
		{name: "the day's requests are spent", org: func(o *sfprovtest.Org) { o.SetAPIUsage(100, 100) }, found: "api-calls", calls: 1, logins: 1},
		{name: "the day's requests are nearly spent", org: func(o *sfprovtest.Org) { o.SetAPIUsage(95_000, 100_000) }, found: "api-calls?", calls: 3, logins: 1},
		{name: "the reserve is reached", org: func(o *sfprovtest.Org) { o.SetAPIUsage(60_000, 100_000) }, options: []sfprov.Option{sfprov.WithAPIReserve(0.5)}, found: "api-calls", detail: "60001", calls: 3, logins: 1},
		{name: "composite requests are not answered with JSON", org: at("/composite", page("<html>")), found: "api-access", calls: 1, logins: 1},
		{name: "describe is not answered", org: at("/describe", page("<html>")), found: "api-access", calls: 2, logins: 1},
		{name: "describe describes nothing", org: at("/describe", page(`{"fields":[]}`)), found: "api-access", calls: 2, logins: 1},
		{name: "composite answers others than asked", org: at("/composite", page(`{"compositeResponse":[]}`)), found: "api-access", calls: 1, logins: 1},
		// The integration user, and the org.
		{name: "a licence without rights", org: func(o *sfprovtest.Org) {
			o.SetUser(o.AdminID(), sfprov.Fields{"ProfileId": o.ProfileID("Chatter Free User")})
		}, found: "integration-license", detail: "Chatter Free", calls: 3, logins: 1},
		{name: "the licence of integrations, without that of its permission sets", org: func(o *sfprovtest.Org) {
			o.SetUser(o.AdminID(), sfprov.Fields{"ProfileId": o.ProfileID("Minimum Access - API Only Integrations")})
		}, found: "integration-license", detail: "Salesforce API Integration", calls: 3, logins: 1},
		{name: "a trial that ends", org: func(o *sfprovtest.Org) { o.SetTrialExpiration(time.Now().Add(72 * time.Hour)) }, found: "trial?", calls: 3, logins: 1},
		{name: "a trial that has ended", org: func(o *sfprovtest.Org) { o.SetTrialExpiration(time.Now().Add(-time.Hour)) }, found: "trial", calls: 3, logins: 1},
		// Rights.
		{name: "without Manage Internal Users", org: forbid(sfprovtest.ManageInternalUsers), found: "manage-internal-users", calls: 3, logins: 1},
		{name: "without View Setup", org: forbid(sfprovtest.ViewSetup), found: "view-setup", calls: 3, logins: 1},
		{name: "without View Setup, where hidden records look absent", org: func(o *sfprovtest.Org) {
			o.Forbid(sfprovtest.ViewSetup)
			o.SetHiddenObjectRefusal(sfprovtest.Refusal{Status: 200})
		}, found: "view-setup", calls: 3, logins: 1},
		{name: "without View All Users", org: forbid(sfprovtest.ViewAllUsers), found: "view-all-users", calls: 3, logins: 1},
		{name: "without View All Users, where users are private", org: func(o *sfprovtest.Org) {
			o.Forbid(sfprovtest.ViewAllUsers)
			o.SetPrivateUsers(true)
		}, cfg: func(c *sfprov.Config) { c.MatchField = "Badge__c" }, found: "view-all-users", calls: 3, logins: 1},
		{name: "without Assign Permission Sets", org: forbid(sfprovtest.AssignPermissionSets), found: "assign-permission-sets?", calls: 3, logins: 1},
		{name: "without Assign Permission Sets, which the mapping needs", org: forbid(sfprovtest.AssignPermissionSets), mapping: []sfprov.Rule{{To: "access.permissionSets", Claim: "sets"}}, found: "assign-permission-sets", calls: 3, logins: 1},
		{name: "without View Roles, which the mapping needs", org: forbid(sfprovtest.ViewRoles), mapping: []sfprov.Rule{{To: "access.role", Value: "CEO"}}, found: "view-setup", calls: 3, logins: 1},
		{name: "without Reset User Passwords", org: forbid(sfprovtest.ResetPasswords), found: "reset-passwords?", calls: 3, logins: 1},
		{name: "without Password Never Expires", org: forbid(sfprovtest.PasswordNeverExpires), found: "password-never-expires?", calls: 3, logins: 1},
		{name: "without Manage Users", org: forbid(sfprovtest.ManageUsers), found: "freezing?", calls: 3, logins: 1},
		{name: "without Manage Users, which the mapping needs", org: func(o *sfprovtest.Org) { o.AddGroup("EMEA"); o.Forbid(sfprovtest.ManageUsers) }, mapping: []sfprov.Rule{{To: "access.publicGroups", Value: "EMEA"}}, found: "groups", calls: 3, logins: 1},
		{name: "without a login to freeze", org: func(o *sfprovtest.Org) { o.RemoveUserLogin(o.AdminID()) }, found: "freezing?", calls: 3, logins: 1},
		// Profiles.
		{name: "a profile of another org", cfg: defaults("ProfileId", "00e000000000001AAA"), found: "profiles", detail: "00e000000000001AAA", calls: 3, logins: 1},
		{name: "a profile that is misspelt", mapping: []sfprov.Rule{{To: "access.profile", Claim: "job", Values: map[string]any{"Sales": "Standart User"}}}, found: "profiles", detail: `did you mean "Standard User"`, calls: 3, logins: 1},
		{name: "a licence that has ended", org: func(o *sfprovtest.Org) { o.SetLicenseStatus("Salesforce", "Disabled") }, found: "profiles", detail: "disabled", calls: 3, logins: 1},
		{name: "no seat left", org: func(o *sfprovtest.Org) { o.AddUser(nil); o.SetLicenses("Salesforce", 1) }, found: "profile-seats", calls: 3, logins: 1},
		// Fields and values.
		{name: "a field that is hidden", org: func(o *sfprovtest.Org) { o.SetFieldAccess("Department", sfprovtest.FieldHidden) }, cfg: defaults("Department", "Sales"), found: "fields", detail: "Department (Defaults)", calls: 3, logins: 1},
		{name: "a field that can only be read", org: func(o *sfprovtest.Org) { o.SetFieldAccess("Title", sfprovtest.FieldReadOnly) }, mapping: []sfprov.Rule{{To: "Title", Claim: "title"}}, found: "fields", detail: "Title (the mapping)", calls: 3, logins: 1},
		{name: "a field that is not there", mapping: []sfprov.Rule{{To: "Shoe_Size__c", Claim: "shoes"}}, found: "fields", detail: "Shoe_Size__c", calls: 3, logins: 1},
		{name: "a mapping with fields that the org has not switched on", mapping: sfprov.StandardMapping().Rules, found: "fields", detail: "MiddleName (the mapping)", calls: 3, logins: 1},
		{name: "the match field is hidden", org: func(o *sfprovtest.Org) { o.SetFieldAccess("FederationIdentifier", sfprovtest.FieldHidden) }, found: "match-field", calls: 3, logins: 1},
		{name: "the match field can only be read", org: func(o *sfprovtest.Org) { o.SetFieldAccess("FederationIdentifier", sfprovtest.FieldReadOnly) }, found: "match-field", calls: 3, logins: 1},
		{name: "the match field is not there", cfg: func(c *sfprov.Config) { c.MatchField = "HR_Number__c" }, found: "match-field", detail: "HR_Number__c", calls: 3, logins: 1},
		{name: "the match field is not unique", cfg: func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" }, found: "match-field?", calls: 3, logins: 1},
		{name: "a match value is held twice", org: func(o *sfprovtest.Org) {
			o.AddUser(sfprov.Fields{"EmployeeNumber": "7"})
			o.AddUser(sfprov.Fields{"EmployeeNumber": "7"})
			o.AddUser(sfprov.Fields{"EmployeeNumber": "8"})
		}, cfg: func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" }, found: "match-field-duplicates", detail: `"7"`, calls: 3, logins: 1},
		{name: "a time zone that the org hasn't got", org: func(o *sfprovtest.Org) { o.SetPicklist("TimeZoneSidKey", "Asia/Tokyo", "GMT") }, found: "picklists", detail: "America/Los_Angeles", calls: 3, logins: 1},
		{name: "a language of the mapping that is off", org: func(o *sfprovtest.Org) { o.SetPicklist("LanguageLocaleKey", "en_US") }, mapping: []sfprov.Rule{{To: "LanguageLocaleKey", Claim: "lang", Values: map[string]any{"d": "de", "e": "en_US"}}}, found: "picklists", detail: `"de"`, calls: 3, logins: 1},
		{name: "a value that is too long", org: func(o *sfprovtest.Org) { o.AddCustomField("Code__c", 3, false) }, cfg: defaults("Code__c", "ABCD"), found: "lengths", detail: "Code__c", calls: 3, logins: 1},
		// The mapping, samples, the probe.
		{name: "a permission set that is misspelt", org: func(o *sfprovtest.Org) { o.AddPermissionSet("Sales Cloud", "") }, mapping: []sfprov.Rule{{To: "access.permissionSets", Value: []any{"Sales Clout"}}}, found: "mapping-access", detail: `did you mean "Sales Cloud"`, calls: 3, logins: 1},
		{name: "a name that two have", org: func(o *sfprovtest.Org) { o.AddGroup("EMEA"); o.AddGroup("EMEA") }, mapping: []sfprov.Rule{{To: "access.publicGroups", Value: "EMEA"}}, found: "mapping-access", calls: 3, logins: 1},
		{name: "names of all kinds that nobody has", mapping: []sfprov.Rule{
			{To: "access.role", Value: "r"},
			{To: "access.permissionSets", Value: "s"},
			{To: "access.permissionSetGroups", Value: "g"},
			{To: "access.permissionSetLicenses", Value: "l"},
			{To: "access.publicGroups", Value: "p"},
			{To: "access.queues", Value: "q"},
		}, found: "mapping-access", detail: "Queues", calls: 4, logins: 1},
		{name: "a sample user whose name is taken", org: func(o *sfprovtest.Org) { o.AddUser(sfprov.Fields{"Username": "alice@primary.com"}) }, check: []sfprov.CheckOption{sfprov.WithSampleUsers(employee("alice", "E-1"), employee("bob", "E-2"))}, found: "sample-users?", detail: "alice@primary.com", calls: 3, logins: 1},
		{name: "a sample user who can't have a name", check: []sfprov.CheckOption{sfprov.WithSampleUsers(employee("al ice", "E-1"))}, found: "sample-users", detail: "al ice", calls: 3, logins: 1},
		{name: "a rule that is in the way", org: func(o *sfprovtest.Org) {
			o.AddValidationRule("never", func(sfprov.Fields) string { return "not today" })
		}, check: []sfprov.CheckOption{sfprov.WithWriteProbe()}, found: "write-probe", detail: "not today", calls: 4, logins: 1},
	}
}

// run checks the org with one thing wrong.
func (b broken) run(t *testing.T) (*sfprovtest.Org, *sfprov.Report) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	org.AddField(sfprovtest.CustomField{Name: "Badge__c", ExternalID: true})
	if b.org != nil {
		b.org(org)
	}
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "primary.com", "FederationIdentifier"
	if b.cfg != nil {
		b.cfg(&cfg)
	}
	p, err := sfprov.New(cfg, append([]sfprov.Option{sfprov.WithHTTPClient(org.Client())}, b.options...)...)
	require.NoError(t, err)
	if b.mapping != nil {
		b.check = append(b.check, sfprov.WithMapping(&sfprov.Mapping{Rules: b.mapping}))
	}
	report, err := p.Check(t.Context(), b.check...)
	require.NoError(t, err)
	return org, report
}

// above are the findings that are warnings or failures.
func above(r *sfprov.Report) string {
	var found []string
	for _, f := range r.Findings {
		switch f.Level {
		case sfprov.LevelFailure:
			found = append(found, f.ID)
		case sfprov.LevelWarning:
			found = append(found, f.ID+"?")
		case sfprov.LevelOK, sfprov.LevelSkipped:
		}
	}
	return strings.Join(found, " ")
}

// Each thing that is wrong is found by the finding that names it, and by no other.
func TestBrokenOrgs(t *testing.T) {
	t.Parallel()
	for _, b := range brokenOrgs() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			org, report := b.run(t)
			assert.Equal(t, b.found, above(report), report.String())
			assert.Equal(t, b.calls, report.APICalls, "API calls")
			if b.found == "login" {
				b.logins = 1 // that is refused
			}
			assert.Equal(t, b.logins, org.Logins(), "logins")
			assert.Equal(t, !strings.HasSuffix(b.found, "?"), !report.OK())
			for _, f := range report.Findings {
				if f.Level == sfprov.LevelOK {
					continue
				}
				assert.NotEmpty(t, f.Detail, f.ID)
				assert.NotEmpty(t, f.Cure, f.ID)
				assert.NotEmpty(t, f.Where, f.ID)
				if f.ID == strings.TrimSuffix(b.found, "?") {
					assert.Contains(t, f.Detail, b.detail)
				}
			}
		})
	}
}

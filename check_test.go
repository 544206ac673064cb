package sfprov_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// finding is the finding of a report with an ID.
func finding(t *testing.T, r *sfprov.Report, id string) sfprov.Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("no finding %s in\n%s", id, r)
	return sfprov.Finding{}
}

func TestARightOrgHasNothingToMend(t *testing.T) {
	t.Parallel()
	integration := func(o *sfprovtest.Org) {
		o.SetUser(o.AdminID(), sfprov.Fields{"ProfileId": o.ProfileID("Minimum Access - API Only Integrations")})
		o.Grant(o.AdminID(), o.AddPermissionSetLicense("Salesforce API Integration", 5))
	}
	for name, b := range map[string]broken{
		"client credentials": {},
		"password":           {cfg: grant(sfprov.GrantPassword)},
		"JWT bearer":         {cfg: grant(sfprov.GrantJWTBearer)},
		"an integration user with the licence of one": {org: integration},
		"Developer Edition":                           {org: func(o *sfprovtest.Org) { o.SetEdition("Developer Edition") }},
		"a sandbox behind a proxy":                    {org: func(o *sfprovtest.Org) { o.SetSandbox(true) }},
		"Freeze Users opens the freeze":               {org: func(o *sfprovtest.Org) { o.Forbid(sfprovtest.ManageUsers); o.SetFreezeUsersSuffices(true) }},
		"a match field of the org's own":              {cfg: func(c *sfprov.Config) { c.MatchField = "Badge__c" }},
		"a mapping without what orgs switch on":       {mapping: withoutNameParts(sfprov.StandardMapping().Rules)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, report := b.run(t)
			assert.Empty(t, above(report), report.String())
			assert.GreaterOrEqual(t, len(report.Findings), 8)
			for _, f := range report.Findings {
				assert.Equal(t, sfprov.LevelOK, f.Level, f.ID)
			}
			assert.True(t, report.OK())
			assert.Equal(t, 3, report.APICalls)
			assert.Equal(t, 1, org.Logins())
			assert.Equal(t, org.OrgID(), report.Org.ID)
			assert.Equal(t, org.AdminID(), report.Org.IntegrationUser.ID)
			assert.Equal(t, "integration@sfprovtest.example", report.Org.IntegrationUser.Username)
			assert.True(t, strings.HasSuffix(report.String(), "Ready.\n"), report.String())
			assert.Empty(t, writesOf(org))
		})
	}
}

// withoutNameParts leaves out the fields that orgs have to switch on.
func withoutNameParts(rules []sfprov.Rule) []sfprov.Rule {
	return slices.DeleteFunc(rules, func(r sfprov.Rule) bool { return r.To == "MiddleName" || r.To == "Suffix" })
}

// writesOf are the requests that could have changed something.
func writesOf(org *sfprovtest.Org) (writes []string) {
	for _, r := range org.Requests() {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "/composite") || strings.Contains(string(r.Body), `"method":"P`) {
			writes = append(writes, r.Method+" "+r.Path)
		}
	}
	return writes
}

// Whatever comes with it, a check is five requests and one login.
func TestACheckOfEverythingIsFiveCalls(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetIdentityURL(false)
	org.AddRole("CEO", "")
	for _, name := range []string{"s", "t"} {
		org.AddPermissionSet(name, "")
	}
	org.AddPermissionSetGroup("g")
	org.AddPermissionSetLicense("l", 1)
	org.AddGroup("p")
	org.AddQueue("q")
	org.SetPermissionAbsent(sfprovtest.ResetPasswords, true)
	org.SetPermissionAbsent(sfprovtest.PasswordNeverExpires, true)
	other := org.AddUser(nil)
	p := provisionerIn(t, org, func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" })
	mapping := &sfprov.Mapping{Rules: []sfprov.Rule{
		{To: "access.role", Value: "CEO"},
		{To: "access.permissionSets", Value: []any{"s", "t"}},
		{To: "access.permissionSetGroups", Value: "g"},
		{To: "access.permissionSetLicenses", Value: "l"},
		{To: "access.publicGroups", Value: "p"},
		{To: "access.queues", Value: "q"},
	}}
	report, err := p.Check(t.Context(), sfprov.WithMapping(mapping), sfprov.WithSampleUsers(alice()), sfprov.WithWriteProbe(other[:15]))
	require.NoError(t, err)
	assert.Equal(t, "match-field?", above(report), report.String())
	assert.LessOrEqual(t, report.APICalls, 5)
	assert.Equal(t, 1, org.Logins())
	assert.Equal(t, org.AdminID(), report.Org.IntegrationUser.ID, "userinfo tells")
	assert.Equal(t, sfprov.LevelOK, finding(t, report, "write-probe").Level)
	assert.Equal(t, sfprov.LevelOK, finding(t, report, "mapping-access").Level)
	assert.Len(t, writesOf(org), 1)
}

// A permission that the org hasn't got is not asked for again.
func TestAPermissionThatTheOrgHasNotGot(t *testing.T) {
	t.Parallel()
	_, report := broken{org: func(o *sfprovtest.Org) { o.SetPermissionAbsent(sfprovtest.PasswordNeverExpires, true) }}.run(t)
	assert.Empty(t, above(report), report.String())
	assert.Equal(t, sfprov.LevelSkipped, finding(t, report, "password-never-expires").Level)
	assert.Equal(t, sfprov.LevelOK, finding(t, report, "view-setup").Level)
	assert.Equal(t, 3, report.APICalls)
}

func TestAQuickCheck(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, matching)
	for range 3 {
		report, err := p.Check(t.Context(), sfprov.WithQuickCheck())
		require.NoError(t, err)
		assert.True(t, report.OK(), report.String())
		assert.Equal(t, 1, report.APICalls)
	}
	assert.Equal(t, 1, org.Logins())
	assert.Len(t, org.Requests(), 3)
	org.Forbid(sfprovtest.APIEnabled)
	report, err := p.Check(t.Context(), sfprov.WithQuickCheck())
	require.NoError(t, err)
	assert.Equal(t, "api-access", above(report))
}

// A token that has expired is replaced once; one that is never taken is not asked for for ever.
func TestTheTokenOfACheck(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, matching)
	_, err := p.Check(t.Context())
	require.NoError(t, err)
	org.ExpireTokens()
	report, err := p.Check(t.Context())
	require.NoError(t, err)
	assert.Empty(t, above(report), report.String())
	assert.Equal(t, 2, org.Logins())
	assert.LessOrEqual(t, report.APICalls, 5)

	org = sfprovtest.NewOrg(t)
	org.KeepControl(sfprovtest.On("", "/services/data/v", sfprovtest.Refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")))
	report, err = provisionerIn(t, org, matching).Check(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "api-access", above(report), report.String())
	assert.Equal(t, 1, org.Logins())
	assert.Equal(t, 1, report.APICalls)
}

// elsewhere sends what is for a host to an org.
type elsewhere struct {
	org  *sfprovtest.Org
	host string
}

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	to, err := url.Parse(e.org.URL())
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, to.Host
	return e.org.Client().Transport.RoundTrip(r)
}

func TestTheFormOfTheHost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		host, instance string
		sandbox        bool
		found          string
	}{
		{"acme.my.salesforce.com", "acme.my.salesforce.com", false, ""},
		{"acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com", true, ""},
		{"acme.my.salesforce.com", "acme.my.salesforce.com", true, "sandbox"},
		{"acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com", false, "sandbox"},
		{"acme.my.salesforce.com", "other.my.salesforce.com", false, "right-org"},
		{"acme.my.salesforce.com", "ACME.my.salesforce.com", false, ""},
	} {
		org := sfprovtest.NewOrg(t)
		org.SetSandbox(test.sandbox)
		org.SetInstanceURL("https://" + test.instance)
		cfg := org.Config()
		cfg.Domain, cfg.MatchField = "https://"+test.host, "FederationIdentifier"
		p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: elsewhere{org, test.host}}))
		require.NoError(t, err)
		report, err := p.Check(t.Context())
		require.NoError(t, err)
		assert.Equal(t, test.found, above(report), report.String())
		assert.Equal(t, test.found == "", report.OK())
	}
}

// What keeps the rest from being asked is one failure; the rest says so.
func TestOneCauseIsOneFailure(t *testing.T) {
	t.Parallel()
	_, report := broken{cfg: func(c *sfprov.Config) { c.ClientSecret = "another" }}.run(t)
	failures := 0
	for _, f := range report.Findings {
		switch f.Level {
		case sfprov.LevelFailure:
			failures++
			assert.Equal(t, "login", f.ID)
			assert.Contains(t, f.Cure, "consumer secret")
			assert.Contains(t, f.Where, "Setup, External Client App Manager")
		case sfprov.LevelSkipped:
			assert.Contains(t, f.Detail, "The login is taken")
		case sfprov.LevelOK, sfprov.LevelWarning:
		}
	}
	assert.Equal(t, 1, failures)
	assert.Contains(t, report.String(), "Not ready: 1 problem (")
}

// Whatever an org says, nothing of it reaches a terminal raw, and no secret is told.
func TestHostileAnswersToACheck(t *testing.T) {
	t.Parallel()
	const secret = "tell-tale-S3cret/+"
	body := func(text string) sfprovtest.Fault { return sfprovtest.Fault{Status: 200, Body: text} }
	escapes := "\x1b[2J\u009b31m\u202eevil\r\nReady.\n" + secret
	quoted, err := json.Marshal(escapes)
	require.NoError(t, err)
	refusal := func(status int) sfprovtest.Fault {
		return sfprovtest.Fault{Status: status, Body: `[{"errorCode":` + string(quoted) + `,"message":` + string(quoted) + `}]`}
	}
	inComposite := `{"compositeResponse":[` + strings.TrimSuffix(strings.Repeat(`{"httpStatusCode":200,"referenceId":"qX","body":{"totalSize":1,"done":true,"records":[{"Id":`+string(quoted)+`,"Name":`+string(quoted)+`,"OrganizationType":`+string(quoted)+`,"Username":7,"IsActive":"x","Profile":[1],"PermissionsViewSetup":"true","UserLicense":{"TotalLicenses":"many"}}]}},`, 5), ",") + `]}`
	for i := range 5 {
		inComposite = strings.Replace(inComposite, "qX", "q"+string(rune('0'+i)), 1)
	}
	for _, path := range []string{"/services/data", "/oauth2/token", "/composite", "/describe"} {
		for name, fault := range map[string]sfprovtest.Fault{
			"HTML": body("<html>" + escapes), "nothing": body(""), "null": body("null"), "a list": body("[[]]"), "numbers": body("1e999"),
			"a deep list": body(strings.Repeat("[", 20000)), "a refusal": refusal(400), "a 500": refusal(500), "a 403": refusal(403), "records of nonsense": body(inComposite),
			"oauth":  {Status: 400, Body: `{"error":` + string(quoted) + `,"error_description":` + string(quoted) + `}`},
			"blanks": {Status: 200, Size: 64 << 20}, "fields of nonsense": body(`{"fields":[{"name":` + string(quoted) + `,"length":1,"picklistValues":[{}]}],"access_token":` + string(quoted) + `}`),
		} {
			if name == "blanks" && path != "/describe" {
				continue
			}
			t.Run(path+" "+name, func(t *testing.T) {
				t.Parallel()
				org := sfprovtest.NewOrg(t)
				control := at(path, fault)
				if path == "/services/data" {
					control = exactly(path, fault)
				}
				control(org)
				cfg := org.Config()
				cfg.Password, cfg.MatchField = secret, "FederationIdentifier"
				p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
				require.NoError(t, err)
				report, err := p.Check(t.Context())
				require.NoError(t, err)
				text := report.String()
				asJSON, err := json.Marshal(report)
				require.NoError(t, err)
				assert.False(t, report.OK(), text)
				for _, bad := range []string{"\x1b", "\u009b", "\u202e", "\r", "\nReady.\n"} {
					assert.NotContains(t, text, bad)
				}
				for _, out := range []string{text, string(asJSON)} {
					assert.NotContains(t, out, secret)
					assert.NotContains(t, out, string(cfg.ClientSecret))
					assert.NotContains(t, out, "PRIVATE KEY")
				}
				assert.NotContains(t, string(asJSON), `\u001b`)
				assert.Less(t, len(text), 50_000)
				assert.LessOrEqual(t, report.APICalls, 5)
			})
		}
	}
}

func TestTheJSONOfAReport(t *testing.T) {
	t.Parallel()
	_, report := broken{org: func(o *sfprovtest.Org) { o.Forbid(sfprovtest.ViewSetup) }}.run(t)
	data, err := json.Marshal(report)
	require.NoError(t, err)
	var read map[string]any
	require.NoError(t, json.Unmarshal(data, &read))
	for _, key := range []string{"madeAt", "org", "findings", "apiCalls"} {
		assert.Contains(t, read, key)
	}
	org, isObject := read["org"].(map[string]any)
	require.True(t, isObject)
	for _, key := range []string{"id", "name", "edition", "instance", "sandbox", "domain", "apiVersion", "integrationUser"} {
		assert.Contains(t, org, key)
	}
	assert.Contains(t, string(data), `"level":"failure"`)
	assert.Contains(t, string(data), `"level":"skipped"`)
	var again sfprov.Report
	require.NoError(t, json.Unmarshal(data, &again))
	assert.Equal(t, report.Findings, again.Findings)
}

func TestWhatEndsACheck(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, matching)
	for name, option := range map[string]sfprov.CheckOption{
		"no mapping": sfprov.WithMapping(nil), "an empty mapping": sfprov.WithMapping(&sfprov.Mapping{}), "no samples": sfprov.WithSampleUsers(),
		"too many samples": sfprov.WithSampleUsers(make([]sfprov.User, 101)...), "a malformed ID": sfprov.WithWriteProbe("005"), "two users": sfprov.WithWriteProbe(aliceID, aliceID),
		"the ID of something else": sfprov.WithWriteProbe("00e000000000001AAA"),
	} {
		report, err := p.Check(t.Context(), option)
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid, name)
		assert.Nil(t, report)
	}
	_, err := p.Check(t.Context(), nil)
	require.NoError(t, err)
	before := len(org.Requests())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := p.Check(ended)
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, report)
	assert.Len(t, org.Requests(), before)
	require.NoError(t, p.Close(t.Context()))
	_, err = p.Check(t.Context())
	require.ErrorIs(t, err, sfprov.ErrClosed)
}

// A check ends with its context, wherever it waits.
func TestACheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/services/data", "/oauth2/token", "/composite", "/describe"} {
		synctest.Test(t, func(t *testing.T) {
			org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
			org.KeepControl(sfprovtest.On("", path, sfprovtest.Fault{Delay: time.Hour}))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			started := time.Now()
			report, err := provisionerIn(t, org, matching).Check(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Nil(t, report)
			assert.Equal(t, 5*time.Second, time.Since(started))
		})
	}
}

func TestChecksBesideOtherCalls(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, matching)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			report, err := p.Check(t.Context(), sfprov.WithWriteProbe())
			if assert.NoError(t, err) {
				assert.Empty(t, above(report), report.String())
				assert.Equal(t, 4, report.APICalls, "its own only")
			}
		})
		group.Go(func() {
			_, err := p.Ensure(t.Context(), employee("u"+string(rune('a'+i)), "E-"+string(rune('a'+i))))
			assert.NoError(t, err)
		})
	}
	group.Wait()
	assert.Equal(t, 1, org.Logins())
}

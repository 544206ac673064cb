package sfprovotel_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// reasons is the closed set of error.type.
var reasons = strings.Fields(`outcome_unknown deactivation_blocked too_many_deactivations plan_stale ambiguous_match
	duplicate_username license_limit not_found not_created row_locked request_limit permission invalid_field
	invalid_input invalid_config auth unavailable closed canceled deadline_exceeded source other`)

// closedSets are the values that an attribute of a metric, or a span, can have.
var closedSets = map[attribute.Key][]string{
	"error.type":          reasons,
	"sfprov.retry.reason": reasons,
	"sfprov.operation": strings.Fields(`create update deactivate reactivate freeze unfreeze ensure ensure_all set_password
		reset_password find account access_of users members catalog schema plan apply resolve check provision follow reconcile`),
	"sfprov.action":       strings.Fields("created updated deactivated frozen unfrozen reactivated adopted unchanged skipped"),
	"sfprov.outcome":      strings.Fields("done refused not_sent unknown"),
	"sfprov.wait.reason":  strings.Fields("slot login batch"),
	"sfprov.grant_type":   strings.Fields("client_credentials password urn:ietf:params:oauth:grant-type:jwt-bearer"),
	"http.request.method": strings.Fields("GET POST PATCH DELETE"),
	"url.template": strings.Fields(`/ /services/data /services/oauth2/userinfo /query /query/{locator} /composite /composite/sobjects /limits
		/sobjects/User /sobjects/User/describe /sobjects/User/{id} /sobjects/User/{id}/password
		/sobjects/UserLogin/{id} /sobjects/PermissionSetAssignment /sobjects/PermissionSetAssignment/{id}
		/sobjects/PermissionSetLicenseAssign /sobjects/PermissionSetLicenseAssign/{id} /sobjects/GroupMember /sobjects/GroupMember/{id}`),
	"server.address": {"127.0.0.1"},
	"sfprov.org":     {"production"},
}

// numbers are the attributes whose values are numbers; on metrics, ports and statuses are.
var (
	numbersOfMetrics = []attribute.Key{"server.port", "http.response.status_code"}
	numbersOfSpans   = append(numbersOfMetrics[:2:2], "sfprov.users", "sfprov.requests", "sfprov.retries", "sfprov.retry.attempt", "sfprov.retry.delay", "http.request.resend_count")
	personalOfSpans  = []attribute.Key{"sfprov.user.id", "sfprov.user.name"}
)

// personal is what must be nowhere: the names of this test, in any case, addresses, and IDs.
var personal = regexp.MustCompile(`(?i)zyxw|@|\b00[0-9a-z][0-9A-Za-z]{12}([0-9A-Za-z]{3})?\b|01g-`)

func conspicuous(n int) sfprov.User {
	u := employee(fmt.Sprint("zyxwname", n), fmt.Sprint("ZYXWMATCH-", n))
	u.Fields["LastName"], u.Fields["Title"] = "Zyxwlast", "zyxwtitle"
	return u
}

// directory is a Source of one.
type directory struct{}

func (directory) User(_ context.Context, id string) (sfprov.User, error) {
	if id != "ZYXWMATCH-1" {
		return sfprov.User{}, errors.New("zyxwsource is down")
	}
	return conspicuous(1), nil
}

func (directory) Users(context.Context) iter.Seq2[sfprov.User, error] {
	return each([]sfprov.User{conspicuous(1)})
}

// conspicuously does all that the library does, well and badly, with people, an org and
// refusals that can be told in whatever is written about them.
func conspicuously(t *testing.T, org *sfprovtest.Org, p *sfprov.Provisioner) {
	t.Helper()
	ctx := t.Context()
	org.AddPermissionSet("Zyxwset", "")
	org.AddGroup("Zyxwgroup")
	org.AddUserRule("Zyxwflow", func(_, after sfprov.Fields) *sfprovtest.Refusal {
		if after["Title"] == "zyxwrefused" {
			return &sfprovtest.Refusal{Code: "ZYXW_CODE", Message: "zyxwmessage about zyxwname"}
		}
		return nil
	})
	org.AddUser(sfprov.Fields{"Username": "zyxwtaken@primary.com", "LastName": "Zyxw", "Email": "zyxw@primary.com"})
	stuck := org.AddUser(sfprov.Fields{"Username": "zyxwstuck@primary.com", "LastName": "Zyxw", "Email": "zyxw@primary.com"})
	org.AddUser(sfprov.Fields{"Username": "zyxwold@primary.com", "LastName": "Zyxw", "Email": "zyxw@primary.com", "FederationIdentifier": "ZYXWMATCH-9"})
	org.BlockDeactivation(stuck, sfprovtest.Refusal{Message: "zyxwstuck runs a flow"})
	follower := sfprov.NewFollower(p, directory{})
	all := []sfprov.User{conspicuous(1), conspicuous(2), conspicuous(3)}
	all[2].Access = sfprov.Access{PermissionSets: []string{"Zyxwset"}, PublicGroups: []string{"Zyxwgroup"}}
	refused, twin := conspicuous(4), conspicuous(5)
	refused.Fields["Title"] = "zyxwrefused"
	twin.Username = "zyxwtaken"

	r, err := p.Create(ctx, all[0])
	require.NoError(t, err)
	org.Control(sfprovtest.On("POST", "/composite", sfprovtest.GatewayHTML(503)))
	_, err = p.Ensure(ctx, all[0])
	require.NoError(t, err)
	_, err = p.Create(ctx, refused)
	require.Error(t, err)
	_, err = p.Create(ctx, twin)
	require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	_, err = p.Create(ctx, conspicuous(9))
	require.NoError(t, err)
	_, err = p.Create(ctx, sfprov.User{Username: "zyxwnothing"})
	require.Error(t, err)
	_, _ = p.Update(ctx, r.ID, sfprov.User{Fields: sfprov.Fields{"Zyxwfield__c": "x"}})
	_, _ = p.Update(ctx, "zyxwid", sfprov.User{})
	_, _ = p.Deactivate(ctx, stuck)
	_, _ = p.Freeze(ctx, r.ID)
	_, _ = p.Unfreeze(ctx, r.ID)
	_, _ = p.Deactivate(ctx, r.ID)
	_, _ = p.Reactivate(ctx, r.ID)
	_, _ = p.SetPassword(ctx, r.ID, "Zyxwpassw0rd")
	_, _ = p.ResetPassword(ctx, r.ID)
	_, _ = p.Find(ctx, all[0])
	_, _ = p.Find(ctx, conspicuous(8))
	_, _ = p.Account(ctx, r.ID)
	_, _ = p.AccessOf(ctx, r.ID)
	_, _ = p.Provision(ctx, sfprov.Request{Op: "zyxwop"})
	_, _ = p.Schema(ctx)
	_ = drain(p.Users(ctx, sfprov.UserQuery{}))
	_ = drain(p.Members(ctx, sfprov.CatalogPermissionSet, "Zyxwset"))
	_ = drain(p.Members(ctx, sfprov.CatalogPermissionSet, "Zyxwnone"))
	_ = drain(p.Catalog(ctx, sfprov.CatalogProfile))
	_, _ = p.EnsureAll(ctx, each(append(all, refused)), nil)
	plan, err := p.Plan(ctx, each(all), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	_, _ = p.Apply(ctx, plan, nil)
	_, _ = p.Check(ctx)
	_, _ = follower.Changed(ctx, "ZYXWMATCH-1")
	_, _ = follower.Changed(ctx, "ZYXWMATCH-7")
	_, _, _ = follower.Reconcile(ctx)
	org.Control(sfprovtest.On("POST", "/sobjects/User", sfprovtest.LostAnswer()))
	org.KeepControl(sfprovtest.On("GET", "/query", sfprovtest.Refuse(500, "ZYXW_CODE", "zyxwmessage")))
	_, lost := p.Create(ctx, conspicuous(6))
	require.ErrorIs(t, lost, sfprov.ErrOutcomeUnknown)
	org.ClearControls()
	_, _ = p.Resolve(ctx, lost)
	org.RefuseLogins(1, "zyxw_code", "zyxwmessage")
	org.Control(sfprovtest.On("", "/data/", sfprovtest.ExpiredSession()))
	_, _ = p.Account(ctx, r.ID)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, _ = p.Ensure(gone, all[0])
}

// assertClosed holds attributes against the closed sets, and looks for personal data.
func assertClosed(t *testing.T, where string, attrs []attribute.KeyValue, numbers []attribute.Key) {
	t.Helper()
	for _, a := range attrs {
		value := a.Value.String()
		assert.NotRegexp(t, personal, value, "%s %s", where, a.Key)
		switch set, isClosed := closedSets[a.Key]; {
		case isClosed:
			assert.Contains(t, set, value, "%s %s", where, a.Key)
		case slices.Contains(numbers, a.Key):
			assert.NotEqual(t, attribute.STRING, a.Value.Type(), "%s %s", where, a.Key)
		default:
			assert.Fail(t, "an attribute that is in no set", "%s %s", where, a.Key)
		}
	}
}

// told are all texts and attributes of a span, with a name of what they belong to.
func told(s sdktrace.ReadOnlySpan) map[string][]attribute.KeyValue {
	all := map[string][]attribute.KeyValue{s.Name(): s.Attributes(), s.Name() + " status " + s.Status().Description: nil}
	for _, e := range s.Events() {
		all[s.Name()+" event "+e.Name] = append(all[s.Name()+" event "+e.Name], e.Attributes...)
	}
	for _, l := range s.Links() {
		all[s.Name()+" link"] = l.Attributes
	}
	return all
}

// TestNobodyIsNamed: whatever is done, and goes wrong, no metric and no span names anybody, and
// all attributes are from closed sets.
func TestNobodyIsNamed(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	b := benchWith(t, org, []sfprovotel.Option{sfprovotel.WithOrg("production")})
	conspicuously(t, org, b.p)
	points, spans := b.points(t), b.recorder.Ended()
	for _, p := range points {
		assertClosed(t, p.metric, p.attrs.ToSlice(), numbersOfMetrics)
	}
	names := map[string]bool{"sfprov.login": true}
	for _, operation := range closedSets["sfprov.operation"] {
		names["sfprov."+operation] = true
	}
	for _, method := range closedSets["http.request.method"] {
		for _, template := range closedSets["url.template"] {
			names[method+" "+template] = true
		}
	}
	for _, s := range spans {
		assert.Contains(t, names, s.Name())
		if reason := s.Status().Description; reason != "" {
			assert.Contains(t, reasons, reason)
		}
		for where, attrs := range told(s) {
			assert.NotRegexp(t, personal, where)
			assertClosed(t, where, attrs, numbersOfSpans)
		}
	}

	// The run has shown much.
	outcomes := slices.Sorted(maps.Keys(b.counts(t, "sfprov.outcomes", "sfprov.outcome")))
	assert.Equal(t, slices.Sorted(slices.Values(closedSets["sfprov.outcome"])), outcomes)
	kinds := map[string]bool{}
	for _, p := range points {
		kinds[p.metric] = true
	}
	assert.Len(t, kinds, 12, "each metric but that of waits: %v", slices.Sorted(maps.Keys(kinds)))
	assert.Greater(t, len(b.counts(t, "sfprov.operation.duration", "sfprov.operation")), 20)
	assert.Greater(t, len(b.counts(t, "sfprov.operation.duration", "error.type")), 7)
	assert.Less(t, len(points), 150)
}

// TestUsersAreNamedIfAskedFor: spans have usernames and IDs with the option; metrics have none
// all the same.
func TestUsersAreNamedIfAskedFor(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	b := benchWith(t, org, []sfprovotel.Option{sfprovotel.WithUserAttributes()})
	conspicuously(t, org, b.p)
	for _, p := range b.points(t) {
		assertClosed(t, p.metric, p.attrs.ToSlice(), numbersOfMetrics)
	}
	named := map[string]bool{}
	for _, s := range b.recorder.Ended() {
		for where, attrs := range told(s) {
			assert.NotRegexp(t, personal, where)
			others := slices.DeleteFunc(slices.Clone(attrs), func(a attribute.KeyValue) bool { return slices.Contains(personalOfSpans, a.Key) })
			assertClosed(t, where, others, numbersOfSpans)
			if len(others) < len(attrs) {
				assert.Regexp(t, personal, attributeOf(attrs, "sfprov.user.id")+attributeOf(attrs, "sfprov.user.name"))
				named[where] = true
			}
		}
	}
	for _, where := range []string{"sfprov.create", "sfprov.ensure", "sfprov.create event sfprov.adoption", "sfprov.deactivate event sfprov.freeze"} {
		assert.Contains(t, named, where)
	}
	assert.NotContains(t, named, "sfprov.ensure_all")
	created := b.named("sfprov.create")[0].Attributes()
	assert.Equal(t, "zyxwname1@primary.com", attributeOf(created, "sfprov.user.name"))
	assert.Regexp(t, `^005\w{15}$`, attributeOf(created, "sfprov.user.id"))
}

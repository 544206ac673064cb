package main

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// newHook is the code under test, on an org in memory.
func newHook(t *testing.T) (*Hook, *sfprovtest.Org) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	p, err := sfprov.New(org.Config())
	require.NoError(t, err)
	return &Hook{Provisioner: p, IDs: map[string]string{}}, org
}

// With sfprovtest, a test says what shall be true in Salesforce afterwards, and
// not which requests lead there.
func TestLeaverIsLockedOut(t *testing.T) {
	t.Parallel()
	hook, org := newHook(t)
	require.NoError(t, hook.Handle(t.Context(), Event{Name: "alice@acme.com", LastName: "Jones"}))
	require.NoError(t, hook.Handle(t.Context(), Event{Name: "alice@acme.com", Left: true}))
	user, exists := org.UserByUsername("alice@acme.com")
	require.True(t, exists)
	assert.False(t, user.Active)
}

func TestChangeOfName(t *testing.T) {
	t.Parallel()
	hook, org := newHook(t)
	require.NoError(t, hook.Handle(t.Context(), Event{Name: "alice@acme.com", LastName: "Jones"}))
	require.NoError(t, hook.Handle(t.Context(), Event{Name: "alice@acme.com", LastName: "Smith"}))
	user, _ := org.UserByUsername("alice@acme.com")
	assert.Equal(t, "Smith", user.Fields["LastName"])
	assert.Len(t, org.Users(), 1)
}

// What a real org does once in a blue moon, this one does when it is told to.
func TestTroubleIsReported(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*sfprovtest.Org)
		want    error
	}{
		"the username is taken": {func(o *sfprovtest.Org) { o.TakeUsername("alice@acme.com") }, sfprov.ErrDuplicateUsername},
		"no licence is left":    {func(o *sfprovtest.Org) { o.SetLicenses("Salesforce", 0) }, sfprov.ErrLicenseLimit},
		"the answer is lost, and then the network": {func(o *sfprovtest.Org) {
			o.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
			o.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		}, sfprov.ErrOutcomeUnknown},
		"the login is refused":   {func(o *sfprovtest.Org) { o.RefuseLogins(1, "invalid_grant", "no client credentials user enabled") }, sfprov.ErrAuth},
		"the quota is exhausted": {func(o *sfprovtest.Org) { o.SetAPIUsage(100, 100) }, sfprov.ErrRequestLimit},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook, org := newHook(t)
			test.prepare(org)
			err := hook.Handle(t.Context(), Event{Name: "alice@acme.com", LastName: "Jones"})
			require.ErrorIs(t, err, test.want)
			assert.Empty(t, hook.IDs, "nothing is remembered that is not confirmed")
		})
	}
}

// One request in five fails, in every way that sfprovtest knows. Whatever the hook
// was told, calling it again until it succeeds ends well.
func TestTurmoilEndsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the waiting is virtual
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		cfg := org.Config()
		cfg.MatchField = "FederationIdentifier"
		p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
		require.NoError(t, err)
		hook := &Hook{Provisioner: p, IDs: map[string]string{}}
		org.SetFaultPlan(sfprovtest.Turmoil(1, 0.2))
		for n := range 50 {
			e := Event{Name: fmt.Sprintf("user%d@acme.com", n), LastName: "Jones"}
			for hook.Handle(t.Context(), e) != nil {
				<-time.After(time.Minute)
			}
		}
		assert.Len(t, org.Users(), 50)
		assert.Len(t, hook.IDs, 50)
	})
}

// With httpmock, a test says what each request is answered: good for one odd
// answer, laborious for more.
func TestWithHTTPMock(t *testing.T) {
	t.Parallel()
	network := httpmock.NewMockTransport()
	network.RegisterResponder(http.MethodPost, "https://acme.my.salesforce.com/services/oauth2/token",
		httpmock.NewStringResponder(200, `{"access_token":"t","token_type":"Bearer"}`))
	network.RegisterResponder(http.MethodPost, `=~^https://acme\.my\.salesforce\.com/services/data/v66\.0/sobjects/User/?$`,
		httpmock.NewStringResponder(400, `[{"errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","message":"Contractors need a manager","fields":["ManagerId"]}]`))
	p, err := sfprov.New(sfprov.Config{
		Domain: "https://acme.my.salesforce.com", ClientID: "id", ClientSecret: "secret",
		Defaults: sfprov.Fields{
			"ProfileId": "00e000000000001AAA", "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US",
			"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
		},
	}, sfprov.WithHTTPClient(&http.Client{Transport: network}))
	require.NoError(t, err)
	hook := &Hook{Provisioner: p, IDs: map[string]string{}}

	err = hook.Handle(t.Context(), Event{Name: "alice@acme.com", LastName: "Jones"})

	require.ErrorIs(t, err, sfprov.ErrInvalidField)
	assert.Contains(t, err.Error(), "Contractors need a manager")
}

// The same on a client of one's own. httpmock then has one set of answers for the whole
// process, so such tests can't run in parallel.
func TestWithHTTPMockOnAClient(t *testing.T) { //nolint:paralleltest // see above
	cfg := sfprov.Config{Domain: "https://acme.my.salesforce.com", ClientID: "id", ClientSecret: "secret"}

	client := &http.Client{}
	httpmock.ActivateNonDefault(client) // before New, which copies the client
	defer httpmock.DeactivateAndReset()
	httpmock.RegisterResponder(http.MethodPost, "https://acme.my.salesforce.com/services/oauth2/token",
		httpmock.NewStringResponder(http.StatusBadRequest, `{"error":"invalid_client_id"}`))
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(client))
	require.NoError(t, err)

	_, err = p.Deactivate(t.Context(), "005000000000001AAA")

	require.ErrorIs(t, err, sfprov.ErrAuth)
	assert.Equal(t, 1, httpmock.GetTotalCallCount())
}

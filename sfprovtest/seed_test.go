package sfprovtest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// A mistake in a test is told at once, and does not make the test prove nothing.
func TestMistakesOfATestAreTold(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	const nobody = "005000000000001AAA"
	for name, mistake := range map[string]func(){
		"Freeze":            func() { org.Freeze(nobody, true) },
		"BlockDeactivation": func() { org.BlockDeactivation(nobody, sfprovtest.Refusal{}) },
		"AllowDeactivation": func() { org.AllowDeactivation(nobody) },
		"ConfirmEmail":      func() { org.ConfirmEmail(nobody) },
		"RemoveUserLogin":   func() { org.RemoveUserLogin(nobody) },
		"SetUser":           func() { org.SetUser("42", nil) },
		"SetPicklist":       func() { org.SetPicklist("NoSuchField", "x") },
		"AddCustomField":    func() { org.AddCustomField("NoSuffix", 10, false) },
		"a value's type":    func() { org.AddUser(sfprov.Fields{"IsActive": "yes"}) },
	} {
		assert.Panics(t, mistake, name)
	}
	_, err := sfprovtest.NewStandaloneOrg(sfprovtest.WithTLS(), sfprovtest.WithInMemoryNetwork())
	require.Error(t, err)
}

func TestSeedsKeepWhatOnlySalesforceWrites(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	when := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	user, _ := org.User(org.AddUser(sfprov.Fields{"CreatedDate": when, "UserType": "Guest", "FirstName": ""}))
	assert.Equal(t, when, user.CreatedAt)
	assert.Equal(t, "Guest", user.Fields["UserType"])
	assert.Nil(t, user.Fields["FirstName"])
}

// An address that waits is forgotten when another change overtakes it.
func TestAnOlderPendingAddressDoesNotComeBack(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	id := org.AddUser(sfprov.Fields{"Email": "a@x.example"})
	for _, change := range []string{`{"Email":"b@x.example"}`, `{"IsActive":false}`, `{"Email":"c@x.example"}`} {
		require.Equal(t, http.StatusNoContent, c.send(t, http.MethodPatch, data+"/sobjects/User/"+id, "application/json", change).status)
	}
	org.ConfirmEmail(id)
	user, _ := org.User(id)
	assert.Equal(t, "c@x.example", user.Fields["Email"])
}

func TestTheClientReachesNothingElse(t *testing.T) {
	t.Parallel()
	here, there := sfprovtest.NewOrg(t), sfprovtest.NewOrg(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, there.URL()+"/services/data", nil)
	require.NoError(t, err)
	resp, err := here.Client().Do(req)
	if err == nil {
		require.NoError(t, resp.Body.Close())
	}
	require.ErrorContains(t, err, "reaches the org")
}

func TestFaultsAndHeaders(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.Control(sfprovtest.On(http.MethodGet, "/limits", sfprovtest.Fault{Header: http.Header{"Warning": {"299"}}}))
	answered := c.get(t, data+"/limits")
	assert.Equal(t, http.StatusOK, answered.status)
	assert.Equal(t, "299", answered.header.Get("Warning"), "added to the org's own answer")
	org.Control(sfprovtest.On("", "", sfprovtest.LockedRow()))
	assert.NotEmpty(t, c.get(t, data+"/limits").header.Get("Sforce-Limit-Info"), "what the org refuses is metered")
	org.Control(sfprovtest.On("", "", sfprovtest.GatewayHTML(502)))
	assert.Empty(t, c.get(t, data+"/limits").header.Get("Sforce-Limit-Info"), "a gateway knows nothing of it")
}

// A signature that is right does not help if the header says that there is none,
// or another.
func TestOnlyRS256IsTaken(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	cfg := org.Config()
	claims := object{"iss": cfg.ClientID, "sub": cfg.Username, "aud": cfg.Audience, "exp": time.Now().Add(time.Minute).Unix()}
	c := &client{org: org}
	for _, algorithm := range []string{"none", "HS256", ""} {
		form := url.Values{"grant_type": {jwtGrant}, "assertion": {signedAs(t, org, algorithm, claims)}}
		answered := c.send(t, http.MethodPost, tokenURL, "application/x-www-form-urlencoded", form.Encode())
		assert.Equal(t, http.StatusBadRequest, answered.status, algorithm)
		assert.Contains(t, answered.body, "invalid assertion")
	}
}

// A body that is no form may hold a secret under any name.
func TestSecretsInOddLoginBodies(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	var seen []sfprovtest.Request
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		seen = append(seen, r)
		return nil
	})
	c := &client{org: org}
	secret := string(org.Config().ClientSecret)
	c.send(t, http.MethodPost, tokenURL, "application/json", `{"client_secret":"`+secret+`"}`)
	c.send(t, http.MethodPost, tokenURL, "text/plain", `{client_secret:`+secret+`}`)
	require.Len(t, seen, 2)
	for _, request := range seen {
		assert.NotContains(t, string(request.Body), secret)
	}
}

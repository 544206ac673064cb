package sfprov_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// What is known of a request reaches the words, by whichever way the request goes.

func TestAnAnswerThatIsCutHereSaysSo(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2<<20)
	b := setup(t)
	answers := func(body string) { b.on(http.MethodPatch, usersURL+aliceID, httpmock.NewStringResponder(400, body)) }
	answers(`[{"errorCode":"LICENSE_LIMIT_EXCEEDED","message":"` + long + `"}]`)
	_, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	require.ErrorIs(t, err, sfprov.ErrLicenseLimit)
	assert.Contains(t, err.Error(), "this library reads")
	answers(`[{"message":"\"errorCode\":\"GONE\"` + long +
		`","errorCode":"STRING_TOO_LONG","fields":["Title"]}]`)
	_, err = b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	require.ErrorIs(t, err, sfprov.ErrInvalidField)
	assert.Contains(t, err.Error(), "STRING_TOO_LONG; the answer is longer than the 1 MiB that this library reads")
	answers("<html>" + long)
	_, err = b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	assert.Contains(t, err.Error(), "this library reads")
	assert.NotContains(t, err.Error(), "proxy")
	step, _ := sfprov.NextStep(err)
	assert.Equal(t, sfprov.StepUser, step)
}

func TestAClockThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	_, keyPEM := newKey(t)
	for name, test := range map[string]struct {
		date  time.Duration // of the answer, from now
		words string
		never string
	}{
		"ahead":   {-10 * time.Minute, "This machine's clock is 10m", "PrivateKey"},
		"behind":  {10 * time.Minute, "behind of Salesforce's", "PrivateKey"},
		"right":   {0, "PrivateKey", "clock"},
		"no Date": {-1, "PrivateKey", "clock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *sfprov.Config) {
				c.GrantType, c.Username, c.PrivateKey, c.ClientSecret = sfprov.GrantJWTBearer, "api@acme.com", keyPEM, ""
			})
			answer := httpmock.NewStringResponder(400, `{"error":"invalid_grant","error_description":"invalid assertion"}`)
			if test.date != -1 {
				answer = answer.HeaderSet(http.Header{"Date": {time.Now().Add(test.date).UTC().Format(http.TimeFormat)}})
			}
			b.net.RegisterResponder(http.MethodPost, tokenURL, answer)
			err := b.touch(t.Context())
			require.ErrorIs(t, err, sfprov.ErrAuth)
			assert.Contains(t, err.Error(), test.words)
			assert.NotContains(t, err.Error(), test.never)
		})
	}
}

// Salesforce translates what it says, and no right is guessed from a text.
func TestAHiddenObjectNamesTheRight(t *testing.T) {
	t.Parallel()
	for object, right := range map[string]string{
		"UserLogin": "Manage Users or Freeze Users", "UserRole": "View Roles and Role Hierarchy",
		"Profile": "View Setup and Configuration", "PermissionSet": "View Setup and Configuration", "Group": "Manage Users",
	} {
		t.Run(object, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			id := org.AddUser(nil)
			hidden := sfprovtest.Refuse(400, "INVALID_TYPE", "sObject-Typ wird nicht unterstützt")
			org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
				if strings.Contains(r.Query+" ", "FROM "+object+" ") {
					return &hidden
				}
				return nil
			})
			p := provisionerIn(t, org)
			_, err := p.Freeze(t.Context(), id)
			if object != "UserLogin" {
				access := sfprov.Access{}
				switch object {
				case "UserRole":
					access.Role = "CEO"
				case "Profile":
					access.Profile = "Sales User"
				case "PermissionSet":
					access.PermissionSets = []string{"Deal Desk"}
				case "Group":
					access.PublicGroups = []string{"EMEA"}
				}
				_, err = p.Update(t.Context(), id, sfprov.User{Access: access})
			}
			require.ErrorIs(t, err, sfprov.ErrPermission)
			assert.Contains(t, sfprov.Explain(err), right)
			step, _ := sfprov.NextStep(err)
			assert.Equal(t, sfprov.StepSetup, step)
		})
	}
}

// Whoever can't be deactivated because nothing shows whose the account is needs no
// advice on how usernames are made.
func TestADeleteOfNobodyKnownGivesNoAdviceOnPatterns(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sfprov.Config){
		"without a match field": func(*sfprov.Config) {},
		"with a match field":    func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" },
	} {
		org := sfprovtest.NewOrg(t)
		org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
		leaver := sfprov.Request{Op: sfprov.OpDelete, User: sfprov.User{Username: "alice"}}
		_, err := provisionerIn(t, org, change).Provision(t.Context(), leaver)
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername, name)
		words := sfprov.Explain(err)
		assert.Contains(t, words, "Give the ID of the account", name)
		assert.NotContains(t, words, "pattern", name)
		assert.Equal(t, name == "without a match field", strings.Contains(words, "set Config.MatchField"), name)
	}
}

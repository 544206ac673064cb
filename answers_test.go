package sfprov_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// Answers that are nearly right are not taken for right.
func TestUpdatesThatAreNearlyConfirmed(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"202":               httpmock.NewStringResponder(202, `{"success":true}`),
		"206":               httpmock.NewStringResponder(206, `{"success":true}`),
		"another record":    httpmock.NewStringResponder(200, `{"id":"`+bobID+`","success":true,"errors":[]}`),
		"success and error": httpmock.NewStringResponder(200, `{"id":"`+aliceID+`","success":true,"errors":[{"message":"no"}]}`),
	} {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, answer)
		_, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown, name)
	}
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, httpmock.NewStringResponder(200, `{"id":"`+aliceID[:15]+`","success":true,"errors":[]}`))
	_, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	require.NoError(t, err)
}

func TestQueriesThatDoNotAddUp(t *testing.T) {
	t.Parallel()
	page := func(total int, done bool, next string, records ...map[string]any) httpmock.Responder {
		body, err := json.Marshal(map[string]any{"totalSize": total, "done": done, "nextRecordsUrl": next, "records": records})
		if err != nil {
			return httpmock.NewErrorResponder(err)
		}
		return httpmock.NewBytesResponder(200, body)
	}
	one := record(bobID, "bob@primary.com", true, nil)
	const next = "/services/data/v66.0/query/01g-"
	for name, test := range map[string]struct {
		pages   []httpmock.Responder // the query, then 01g-1 and so on
		problem string
	}{
		"announced, not there": {[]httpmock.Responder{page(1, true, "")}, "announces records that don't come"},
		"a circle":             {[]httpmock.Responder{page(9, false, next+"1", one), page(9, false, next+"2", one), page(9, false, next+"1", one)}, "names a page twice"},
		"more than announced":  {[]httpmock.Responder{page(1, false, next+"1", one), page(1, false, next+"2", one)}, "does not end"},
		"empty pages":          {[]httpmock.Responder{page(9, false, next+"1", one), page(9, false, next+"2")}, "does not end"},
	} {
		b := setup(t, func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" })
		for i, responder := range test.pages {
			url := queryURL
			if i > 0 {
				url += fmt.Sprintf("/01g-%d", i)
			}
			b.on(http.MethodGet, url, responder)
		}
		u := alice()
		u.Fields["EmployeeNumber"] = "7"
		_, err := b.Create(t.Context(), u)
		require.ErrorContains(t, err, test.problem, name)
		assert.Empty(t, b.requests(http.MethodPost), "%s: nothing is made on a doubtful answer", name)
	}
}

func TestAFreezeThatCannotBeReadIsNoUnfreeze(t *testing.T) {
	t.Parallel()
	for _, login := range []map[string]any{
		{"Id": "0Yw000000000001AAA", "IsFrozen": nil},
		{"Id": "0Yw000000000001AAA", "IsFrozen": "true"},
		{"Id": "0Yw000000000001AAA", "IsFrozen": 1},
		{"Id": "..", "IsFrozen": true},
		{"Id": nil, "IsFrozen": true},
	} {
		b := setup(t, matching)
		b.on(http.MethodPost, usersURL, duplicateUsername)
		b.queries(found(record(aliceID, "alice@primary.com", true, map[string]any{"FederationIdentifier": "E-1"})), found(login))
		b.on(http.MethodPatch, usersURL+aliceID, noContent)
		_, err := b.Create(t.Context(), employee("alice", "E-1"))
		require.ErrorContains(t, err, "does not tell whether it is frozen")
	}
}

// Error answers in forms that are not the documented one keep what they say.
func TestErrorAnswersInOddForms(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"with a byte order mark": "\ufeff" + `[{"errorCode":"STRING_TOO_LONG","message":"long","fields":["Title"]}]`,
		"a field as a string":    `[{"errorCode":"STRING_TOO_LONG","message":"long","fields":"Title"}]`,
		"an element that isn't":  `[7,{"errorCode":"STRING_TOO_LONG","message":"long","fields":["Title"]}]`,
		"an object":              `{"errorCode":"STRING_TOO_LONG","message":"long","fields":["Title"]}`,
	} {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, httpmock.NewStringResponder(400, body))
		_, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
		var apiErr *sfprov.APIError
		require.ErrorAs(t, err, &apiErr, name)
		assert.Equal(t, "STRING_TOO_LONG", apiErr.Code, name)
		assert.Equal(t, []string{"Title"}, apiErr.Fields, name)
	}
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, httpmock.NewStringResponder(451, "<html>"))
	_, err := b.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	assert.Contains(t, sfprov.Explain(err), "proxy or firewall")
}

// A user who is deleted, or another org's, between two requests is not found. That a
// query shows, and not the code of a write.
func TestAUserWhoIsGoneBetweenTwoRequests(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]httpmock.Responder{
		"a reference": refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []string{}...),
		"deleted":     refused(404, "ENTITY_IS_DELETED", "entity is deleted", []string{}...),
	} {
		b := setup(t)
		b.on(http.MethodGet, queryURL, activeUser("alice@primary.com", true), found())
		b.on(http.MethodPatch, usersURL+aliceID, refusal)
		_, err := b.Deactivate(t.Context(), aliceID)
		require.ErrorIs(t, err, sfprov.ErrNotFound, name)
		require.NotErrorIs(t, err, sfprov.ErrDeactivationBlocked, name)

		b = setup(t)
		b.queries(activeUser("alice@primary.com", true), found(map[string]any{"Id": loginID, "IsFrozen": false}))
		b.on(http.MethodPatch, usersURL+aliceID, refusal)
		b.on(http.MethodPatch, loginURL, noContent)
		result, err := b.Deactivate(t.Context(), aliceID)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked, name)
		require.NotErrorIs(t, err, sfprov.ErrNotFound, name)
		assert.Equal(t, sfprov.Frozen, result.Action, name)
	}
}

// A refusal whose text broke off is asked for again, as it can't be acted upon.
func TestARefusalThatBreaksOffIsAskedForAgain(t *testing.T) {
	t.Parallel()
	bubble(t, "once", func(t *testing.T, org *sfprovtest.Org) {
		org.SetLicenses("Salesforce", 1)
		loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.CutAnswer())
		_, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrLicenseLimit)
	})
	bubble(t, "to the end", func(t *testing.T, org *sfprovtest.Org) {
		org.SetLicenses("Salesforce", 1)
		loseAnswers(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.CutAnswer())
		_, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.True(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), "its answer broke off before it told why")
	})
}

// Whoever sends the token or the secret back, in whatever form: it is in no error.
func TestEchoesAreScrubbed(t *testing.T) {
	t.Parallel()
	const secret = `C4n4ry/Secret+"<x>"`
	for name, echo := range map[string]func(w http.ResponseWriter, value string){
		"escaped JSON": func(w http.ResponseWriter, value string) {
			w.WriteHeader(http.StatusBadRequest)
			escaped := strings.NewReplacer("/", `\/`, "+", `\u002b`, `"`, `\"`).Replace(value)
			_, _ = fmt.Fprintf(w, `[{"errorCode":"X","message":"got %s"}]`, escaped)
		},
		"a part of a composite answer": func(w http.ResponseWriter, value string) {
			part := `{"body":[{"errorCode":"X","message":"got %s"}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"q%d"}`
			_, _ = fmt.Fprintf(w, `{"compositeResponse":[`+part+`,`+part+`]}`, value, 0, value, 1)
		},
		"a broken header": func(w http.ResponseWriter, value string) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", value)
			_ = rw.Flush()
			_ = conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/token") {
					_, _ = io.WriteString(w, `{"access_token":"C4n4ry/Token+1234","token_type":"Bearer"}`)
					return
				}
				echo(w, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			}))
			t.Cleanup(server.Close)
			cfg := config()
			cfg.Domain = server.URL
			p, err := sfprov.New(cfg, sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 1}))
			require.NoError(t, err)
			_, err = p.Find(t.Context(), alice())
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "C4n4ry")
		})
	}
	for name, form := range map[string]func(string) string{
		"as it is": func(s string) string { return s }, "percent": func(string) string { return "C4n4ry%2fSecret%2b%22%3cx%3e%22" },
		"HTML":   func(string) string { return "C4n4ry/Secret+&#34;&lt;x&gt;&#34;" },
		"base64": func(string) string { return "QzRuNHJ5L1NlY3JldCsiPHg+Ig==" },
	} {
		b := setup(t, func(c *sfprov.Config) { c.ClientSecret = secret })
		body, err := json.Marshal(map[string]string{"error": "invalid_client", "error_description": "got " + form(secret)})
		require.NoError(t, err)
		b.net.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewBytesResponder(400, body))
		_, err = b.Find(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrAuth, name)
		assert.Contains(t, err.Error(), "got [REDACTED]", name)
	}
}

// A row of a batch is an answer, too.
func TestEchoesInRowsAreScrubbed(t *testing.T) {
	t.Parallel()
	const token = "C4n4ry/Token+1234"
	b := setup(t, func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer(token))
	b.on(http.MethodGet, queryURL, found())
	b.on(http.MethodPost, compositeURL+"/sobjects", httpmock.NewStringResponder(200, `[{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"got `+token+`","fields":["Title"]}]}]`))
	var told []string
	_, err := b.EnsureAll(t.Context(), reading([]sfprov.User{employee("alice", "E-1")}), func(o sfprov.Outcome) error {
		told = append(told, fmt.Sprint(o.Err))
		return nil
	})
	told = append(told, fmt.Sprint(err))
	require.Contains(t, told[0], "STRING_TOO_LONG")
	assert.NotContains(t, fmt.Sprint(told), "C4n4ry")
}

func TestTokensThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"tok\n", "tok\r\nX-Evil: 1", "tok en", "tök", "\x00", strings.Repeat("t", 13<<10)} {
		b := setup(t)
		answer, err := json.Marshal(map[string]string{"access_token": token, "token_type": "Bearer"})
		require.NoError(t, err)
		b.net.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewBytesResponder(200, answer))
		_, err = b.Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrAuth)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Contains(t, err.Error(), "not a token endpoint's")
	}
}

// Tokens that expire in no time, under many callers, are renewed, and not taken
// for refused ones.
func TestShortLivedTokensUnderManyCallers(t *testing.T) {
	t.Parallel()
	for _, every := range []int{25, 50, 100} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			org.SetTokenRequests(every)
			p := provisionerIn(t, org)
			var group sync.WaitGroup
			var next atomic.Int64
			for range 64 {
				group.Go(func() {
					for n := next.Add(1); n <= 400; n = next.Add(1) {
						u := alice()
						u.Username = fmt.Sprintf("user%d", n)
						if _, err := p.Create(t.Context(), u); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Wait()
			assert.Equal(t, org.Expiries()+1, org.Logins())
		})
	}
}

// Tokens that are never any good, under many callers: each call says so, and there
// is no storm of logins.
func TestTokensThatAreNeverGoodUnderManyCallers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.KeepControl(sfprovtest.On("", "/services/data", sfprovtest.Refuse(http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")))
	p, id := provisionerIn(t, org), org.AddUser(nil)
	var group sync.WaitGroup
	for n := range 64 {
		group.Go(func() {
			var err error
			switch n % 3 {
			case 0:
				_, err = p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			case 1:
				_, err = p.Deactivate(t.Context(), id)
			default:
				_, err = p.Find(t.Context(), alice())
			}
			if !errors.Is(err, sfprov.ErrAuth) || err.Error() == "" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	assert.LessOrEqual(t, org.Logins(), 10)
}

func TestReleaseClearsWhatIsLeft(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, matching, func(c *sfprov.Config) { c.ReleaseUsername = true })
	first, err := p.Create(t.Context(), employee("alice", "E-1"))
	require.NoError(t, err)
	_, err = p.Deactivate(t.Context(), first.ID)
	require.NoError(t, err)
	// An administrator reactivates the account by hand, under its released name.
	org.SetUser(first.ID, sfprov.Fields{"IsActive": true, "FederationIdentifier": "E-1"})
	_, err = p.Deactivate(t.Context(), first.ID)
	require.NoError(t, err)
	user, _ := org.User(first.ID)
	assert.Nil(t, user.Fields["FederationIdentifier"])
	again, err := p.Create(t.Context(), employee("alice", "E-1"))
	require.NoError(t, err)
	assert.Equal(t, sfprov.Created, again.Action)
}

func TestAReleaseThatIsRefusedIsToldWithTheFreeze(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	org.Control(sfprovtest.On(http.MethodPatch, "", sfprovtest.Refuse(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Names are for ever")))
	result, err := provisionerIn(t, org, func(c *sfprov.Config) { c.ReleaseUsername = true }).Deactivate(t.Context(), id)
	require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
	require.ErrorContains(t, result.Warning, "Names are for ever")
}

// Adoption sends values in their plain form, and reads them so.
func TestAdoptionKnowsAFalseInDisguise(t *testing.T) {
	t.Parallel()
	type flag bool
	no := false
	for _, value := range []any{false, &no, flag(false), json.RawMessage("false")} {
		org := sfprovtest.NewOrg(t)
		id := org.AddUser(sfprov.Fields{"FederationIdentifier": "E-1"})
		org.Freeze(id, true)
		u := employee("alice", "E-1")
		u.Fields["IsActive"] = value
		_, err := provisionerIn(t, org, matching).Create(t.Context(), u)
		require.NoError(t, err)
		user, _ := org.User(id)
		assert.False(t, user.Active)
		assert.True(t, user.Frozen, "%T: who is not to be active is not unfrozen", value)
	}
}

func TestTwoSpellingsOfAField(t *testing.T) {
	t.Parallel()
	p := provisionerIn(t, sfprovtest.NewOrg(t), matching)
	_, err := p.Find(t.Context(), sfprov.User{Fields: sfprov.Fields{"FederationIdentifier": "E-1", "FEDERATIONIDENTIFIER": "E-2"}})
	require.ErrorContains(t, err, "given twice")
	_, err = p.Username(sfprov.User{Fields: sfprov.Fields{"Username": "a@b.example", "USERNAME": "c@b.example"}})
	require.ErrorContains(t, err, "given twice")
}

func TestValuesThatWouldChangeOnTheirWay(t *testing.T) {
	t.Parallel()
	p := provisionerIn(t, sfprovtest.NewOrg(t))
	for _, value := range []any{json.Number(""), json.RawMessage(`"a\ud800b"`), "\xff"} {
		_, err := p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": value}})
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid, "%v", value)
	}
}

// Evidence is what is stored as it was sent: a custom field's type is not known.
func TestALostCreateWithCustomFields(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPost, usersURL, httpmock.NewErrorResponder(io.EOF))
	b.on(http.MethodGet, queryURL, found(record(aliceID, "alice@primary.com", true, map[string]any{
		"CreatedDate": time.Now().UTC().Format("2006-01-02T15:04:05.000-0700"), "CreatedById": "005000000000009AAA",
		"LastName": "Jones", "Email": "alice@primary.com", "Alias": "alice", "ProfileId": profile,
		"TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
		"Hired__c": "2026-01-02T03:04:05.000+0000", "Shoe_Size__c": 44,
	})))
	u := alice()
	u.Fields["Hired__c"], u.Fields["Shoe_Size__c"] = "2026-01-02T03:04:05Z", "44"
	result, err := b.Create(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Created, result.Action)
}

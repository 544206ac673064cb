package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const token = "0123456789abcdef0123456789abcdef"

// process is the service as one process runs it. Another one on the same org and folder
// is the same service after a restart.
func process(t *testing.T, org *sfprovtest.Org, dir string) *httptest.Server {
	t.Helper()
	cfg := org.Config()
	cfg.ProvisioningDomain = "hook.example"
	cfg.MatchField = matchField
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	mem, err := openMemory(dir)
	require.NoError(t, err)
	server := httptest.NewServer(newHandler(&hook{p: p, mem: mem, log: slog.New(slog.DiscardHandler)}, token))
	t.Cleanup(func() {
		server.Close()
		mem.close()
	})
	return server
}

func service(t *testing.T) (*httptest.Server, *sfprovtest.Org) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	return process(t, org, t.TempDir()), org
}

// send posts a body with a header Authorization, none if it is empty.
func send(t *testing.T, server *httptest.Server, authorization, body string) (int, http.Header, answer) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/events", strings.NewReader(body))
	require.NoError(t, err)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	resp, err := server.Client().Do(r)
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	var a answer
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&a))
	return resp.StatusCode, resp.Header, a
}

func post(t *testing.T, server *httptest.Server, body string) (int, answer) {
	t.Helper()
	status, _, a := send(t, server, "Bearer "+token, body)
	return status, a
}

const (
	hire = `{"op":"create","username":"alice",
		"fields":{"LastName":"Jones","Email":"alice@hook.example","FederationIdentifier":"E-4711"}}`
	// nameless has nothing that shows whose the account is.
	nameless = `{"op":"create","username":"bob","fields":{"LastName":"Smith","Email":"bob@hook.example"}}`
	numbered = `{"op":"create","username":"bob",
		"fields":{"LastName":"Smith","Email":"bob@hook.example","FederationIdentifier":"E-2"}}`
	// stale has the ID of an account that is gone, as after a refresh of a sandbox.
	stale = `{"op":"update","id":"005000000000001AAA","username":"bob",` +
		`"fields":{"LastName":"Smith","Email":"bob@hook.example"}}`
)

func TestEvents(t *testing.T) {
	t.Parallel()
	server, org := service(t)

	status, hired := post(t, server, hire)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Created, hired.Action)
	assert.Equal(t, "alice@hook.example", hired.Username)

	for body, want := range map[string]sfprov.Action{
		`{"op":"patch","id":"` + hired.ID + `","fields":{"Title":"CFO","Department":null}}`: sfprov.Updated,
		strings.Replace(hire, `{`, `{"justInTime":true,`, 1):                                sfprov.Skipped,
	} {
		status, a := post(t, server, body)
		require.Equal(t, http.StatusOK, status)
		assert.Equal(t, want, a.Action)
	}
	user, _ := org.User(hired.ID)
	assert.Equal(t, "CFO", user.Fields["Title"])

	for _, step := range []struct {
		body string
		want sfprov.Action
	}{
		{`{"op":"delete","id":"` + hired.ID + `"}`, sfprov.Deactivated},
		{`{"op":"update","id":"` + hired.ID + `","username":"alice","fields":{"IsActive":true}}`, sfprov.Reactivated},
		{`{"op":"update","id":"` + hired.ID + `","username":"alice","inactive":true}`, sfprov.Deactivated},
		{hire, sfprov.Adopted},
	} {
		status, a := post(t, server, step.body)
		require.Equal(t, http.StatusOK, status)
		assert.Equal(t, step.want, a.Action, step.body)
		assert.Equal(t, hired.ID, a.ID)
	}
}

// The events of the README, and each other one, can come twice.
func TestARepeatedEventDoesNothingTwice(t *testing.T) {
	t.Parallel()
	server, org := service(t)
	var id string
	for _, body := range []string{
		hire,
		`{"op":"patch","username":"alice","fields":{"FederationIdentifier":"E-4711","Title":"CFO"}}`,
		`{"op":"delete","username":"alice","fields":{"FederationIdentifier":"E-4711"}}`,
		hire,
		nameless,
		`{"op":"update","username":"bob","fields":{"Title":"Clerk"}}`,
		`{"op":"delete","username":"bob"}`,
	} {
		for range 2 {
			status, a := post(t, server, body)
			require.Equal(t, http.StatusOK, status, "%s: %s", body, a.Error)
			if strings.Contains(body, "alice") && id == "" {
				id = a.ID
			}
		}
	}
	assert.Len(t, org.Users(), 2)
	alice, _ := org.User(id)
	assert.True(t, alice.Active)
	bob, _ := org.UserByUsername("bob@hook.example")
	assert.False(t, bob.Active)
	// Who is called bob now may be somebody else.
	status, a := post(t, server, nameless)
	assert.Equal(t, http.StatusConflict, status)
	assert.Empty(t, a.ID)
}

func TestCallersWithoutTheTokenGetNothing(t *testing.T) {
	t.Parallel()
	server, org := service(t)
	for name, authorization := range map[string]string{
		"none": "", "another": "Bearer " + strings.Replace(token, "0", "1", 1),
		"a part": "Bearer " + token[:31], "more": "Bearer " + token + "0",
		"another scheme": "Basic " + token, "no scheme": token, "nothing": "Bearer ",
	} {
		status, header, a := send(t, server, authorization, hire)
		assert.Equal(t, http.StatusUnauthorized, status, name)
		assert.Equal(t, "Bearer", header.Get("WWW-Authenticate"))
		assert.NotContains(t, a.Error, token)
		assert.Empty(t, a.Action)
	}
	assert.Empty(t, org.Requests())
	status, _, _ := send(t, server, "bearer "+token, hire)
	assert.Equal(t, http.StatusOK, status)
}

// A folder that can't be read concerns everybody, and nothing is made on a doubt.
func TestAMemoryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	org, dir := sfprovtest.NewOrg(t), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, file("bob@hook.example")), []byte(`{"id":`), 0o600))
	status, a := post(t, process(t, org, dir), nameless)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, sfprov.StepSetup, a.Next)
	assert.Contains(t, a.Error, "STATE_DIR")
	assert.Empty(t, org.Users())
}

// Where there is no token, a page in a browser of this machine is kept out all the same.
func TestPagesOfOthersGetNothing(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", strings.NewReader(hire))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	newHandler(&hook{}, "").ServeHTTP(w, r)
	assert.Equal(t, http.StatusForbidden, w.Code)
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*sfprovtest.Org)
		event   string
		status  int
		next    sfprov.Step
		words   string
	}{
		"no JSON":        {nil, `{`, http.StatusBadRequest, "", "not JSON of the expected form"},
		"a misspelt key": {nil, `{"operation":"create"}`, http.StatusBadRequest, "", `unknown field "operation"`},
		"more than one":  {nil, hire + hire, http.StatusBadRequest, "", "more after the event"},
		"no body":        {nil, ``, http.StatusBadRequest, "", "the body is empty"},
		"a large event": {
			nil, `{"op":"` + strings.Repeat("x", maxEvent) + `"}`,
			http.StatusRequestEntityTooLarge, "", "larger than",
		},
		"an unknown op": {nil, `{"op":"promote"}`, http.StatusUnprocessableEntity, sfprov.StepUser, "Op"},
		"a user without all": {
			nil, `{"op":"create","username":"alice"}`,
			http.StatusUnprocessableEntity, sfprov.StepUser, "LastName",
		},
		"a malformed ID": {nil, `{"op":"update","id":"42"}`, http.StatusUnprocessableEntity, sfprov.StepUser, "ID"},
		"no such user": {
			nil, `{"op":"patch","id":"005000000000001AAA","username":"alice","fields":{"Title":"CFO"}}`,
			http.StatusUnprocessableEntity, sfprov.StepUser, "LastName",
		},
		"a placeholder": {
			nil, strings.Replace(hire, "E-4711", "null", 1),
			http.StatusUnprocessableEntity, sfprov.StepUser, matchField,
		},
		"a taken username": {
			func(o *sfprovtest.Org) { o.TakeUsername("alice@hook.example") }, hire,
			http.StatusConflict, sfprov.StepUser, "taken",
		},
		"another's account": {
			func(o *sfprovtest.Org) { o.AddUser(sfprov.Fields{"Username": "alice@hook.example"}) }, hire,
			http.StatusConflict, sfprov.StepUser, "alice@hook.example",
		},
		"a refused login": {
			func(o *sfprovtest.Org) { o.SetRunAsUser(false) }, hire,
			http.StatusServiceUnavailable, sfprov.StepSetup, "Run As",
		},
		"the daily limit": {
			func(o *sfprovtest.Org) { o.SetAPIUsage(1, 1) }, hire,
			http.StatusServiceUnavailable, sfprov.StepAgain, "used up",
		},
		"an outage": {
			func(o *sfprovtest.Org) { o.KeepControl(sfprovtest.On("", "", sfprovtest.ServerUnavailable())) }, hire,
			http.StatusServiceUnavailable, sfprov.StepAgain, "503",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, org := service(t)
			if test.prepare != nil {
				test.prepare(org)
			}
			status, header, a := send(t, server, "Bearer "+token, test.event)
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.next, a.Next)
			assert.Contains(t, a.Error, test.words)
			assert.Empty(t, a.ID, "the account is not the user's")
			assert.Equal(t, test.status == http.StatusServiceUnavailable, header.Get("Retry-After") != "", "when to come back")
		})
	}
}

// Who leaves and can't be deactivated is frozen; a person reads why.
func TestABlockedDeactivation(t *testing.T) {
	t.Parallel()
	server, org := service(t)
	_, hired := post(t, server, hire)
	org.BlockDeactivation(hired.ID, sfprovtest.Refusal{})
	status, a := post(t, server, `{"op":"delete","id":"`+hired.ID+`"}`)
	assert.Equal(t, http.StatusConflict, status)
	assert.Equal(t, sfprov.StepUser, a.Next)
	assert.Equal(t, sfprov.Frozen, a.Action)
	assert.Equal(t, hired.ID, a.ID)
	user, _ := org.User(hired.ID)
	assert.True(t, user.Frozen)
}

func TestALostAnswerIsFoundOutAbout(t *testing.T) {
	t.Parallel()
	for _, body := range []string{hire, nameless} {
		server, org := service(t)
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		status, a := post(t, server, body)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, sfprov.Created, a.Action)
		assert.Len(t, org.Users(), 1)
	}
}

// What became of a create is found out by the same event, in another process too.
func TestAnUnknownOutcomeOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		create, next string
		created      bool // before the process ended
		want         sfprov.Action
	}{
		"the same event": {nameless, nameless, true, sfprov.Created},
		"not created":    {nameless, nameless, false, sfprov.Created},
		"the next change": {
			nameless, `{"op":"patch","username":"bob","fields":{"Title":"Clerk"}}`, true, sfprov.Updated,
		},
		"the user leaves":                    {nameless, `{"op":"delete","username":"bob"}`, true, sfprov.Deactivated},
		"the user leaves, never having come": {nameless, `{"op":"delete","username":"bob"}`, false, sfprov.Unchanged},
		"with a match value":                 {hire, hire, true, sfprov.Adopted},
		"an ID that is nobody's any more":    {stale, stale, true, sfprov.Created},
		"a match value that came later":      {nameless, numbered, true, sfprov.Updated},
		"a match value, and not created":     {nameless, numbered, false, sfprov.Created},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, dir := sfprovtest.NewOrg(t), t.TempDir()
			lost := sfprovtest.LostAnswer()
			if !test.created {
				lost = sfprovtest.Dropped()
			}
			org.Control(sfprovtest.On(http.MethodPost, "/composite", lost))
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", lost))
			org.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
			status, header, a := send(t, process(t, org, dir), "Bearer "+token, test.create)
			require.Equal(t, http.StatusServiceUnavailable, status, a.Error)
			assert.Equal(t, sfprov.StepAgain, a.Next)
			assert.NotEmpty(t, header.Get("Retry-After"))
			assert.Empty(t, a.ID)

			org.ClearControls()
			after := process(t, org, dir)
			status, a = post(t, after, test.next)
			require.Equal(t, http.StatusOK, status, a.Error)
			assert.Equal(t, test.want, a.Action)
			assert.LessOrEqual(t, len(org.Users()), 1, "nobody is made twice")
		})
	}
}

// The account of a user without a match value is not lost with the answer to the caller.
func TestACallerWhoHangsUpBreaksNothingOff(t *testing.T) {
	t.Parallel()
	for _, body := range []string{hire, nameless} {
		org, dir := sfprovtest.NewOrg(t), t.TempDir()
		server := process(t, org, dir)
		ctx, hangUp := context.WithCancel(t.Context())
		release, done := make(chan struct{}), make(chan struct{})
		org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
			if r.Method != http.MethodPost || !strings.Contains(r.Path, "/sobjects/User") {
				return nil
			}
			hangUp()
			<-release
			return &sfprovtest.Fault{}
		})
		go func() {
			defer close(done)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/events", strings.NewReader(body))
			if !assert.NoError(t, err) {
				return
			}
			r.Header.Set("Authorization", "Bearer "+token)
			resp, err := server.Client().Do(r)
			if err == nil {
				_ = resp.Body.Close()
			}
			assert.ErrorIs(t, err, context.Canceled)
		}()
		<-done
		close(release)
		server.Close() // waits for what is in hand
		require.Len(t, org.Users(), 1, "the create went on")

		status, a := post(t, process(t, org, dir), body)
		assert.Equal(t, http.StatusOK, status, a.Error)
		assert.Equal(t, org.Users()[0].ID, a.ID)
	}
}

// Nothing that is not sent yet is sent for a caller who has gone.
func TestACallerWhoHangsUpBefore(t *testing.T) {
	t.Parallel()
	ctx, hangUp := context.WithTimeout(t.Context(), time.Minute)
	hangUp()
	h := &hook{} // would panic
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/events", strings.NewReader(hire))
	h.serve(httptest.NewRecorder(), r)
}

// Not even what is still to be sent is left out: the event is half done.
func TestAnEventInHandIsCarriedOutToItsEnd(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p, err := sfprov.New(org.Config())
	require.NoError(t, err)
	mem, err := openMemory(t.TempDir())
	require.NoError(t, err)
	defer mem.close()
	ctx, hangUp := context.WithCancel(t.Context())
	org.Control(func(sfprovtest.Request) *sfprovtest.Fault { // meets the login, which comes before the create
		hangUp()
		return nil
	})
	body := strings.Replace(hire, "alice", "alice@hook.example", 1)
	w := httptest.NewRecorder()
	newHandler(&hook{p: p, mem: mem, log: slog.New(slog.DiscardHandler)}, "").
		ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/events", strings.NewReader(body)))
	assert.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Len(t, org.Users(), 1)
}

package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// service is the hook on an org in memory.
func service(t *testing.T) (http.Handler, *sfprovtest.Org) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	cfg := org.Config()
	cfg.ProvisioningDomain = "hook.example"
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	return newHandler(p, slog.New(slog.DiscardHandler)), org
}

func post(t *testing.T, h http.Handler, body string) (int, answer) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", strings.NewReader(body)))
	var a answer
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	return w.Code, a
}

const hire = `{"op":"create","username":"alice","fields":{"LastName":"Jones","Email":"alice@hook.example"}}`

func TestEvents(t *testing.T) {
	t.Parallel()
	h, org := service(t)

	status, hired := post(t, h, hire)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Created, hired.Action)
	assert.Equal(t, "alice@hook.example", hired.Username)

	status, changed := post(t, h, `{"op":"patch","id":"`+hired.ID+`","fields":{"Title":"CFO","Department":null}}`)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Updated, changed.Action)
	user, _ := org.User(hired.ID)
	assert.Equal(t, "CFO", user.Fields["Title"])

	status, left := post(t, h, `{"op":"delete","id":"`+hired.ID+`"}`)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Deactivated, left.Action)

	status, again := post(t, h, `{"op":"update","id":"`+hired.ID+`","username":"alice","fields":{"IsActive":true}}`)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Reactivated, again.Action)

	status, disabled := post(t, h, `{"op":"update","id":"`+hired.ID+`","username":"alice","inactive":true}`)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Deactivated, disabled.Action)

	status, skipped := post(t, h, strings.Replace(hire, `{`, `{"justInTime":true,`, 1))
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Skipped, skipped.Action)
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*sfprovtest.Org)
		event   string
		status  int
		retry   bool
	}{
		"no JSON":            {nil, `{`, http.StatusBadRequest, false},
		"a misspelt key":     {nil, `{"operation":"create"}`, http.StatusBadRequest, false},
		"an unknown op":      {nil, `{"op":"promote"}`, http.StatusUnprocessableEntity, false},
		"a user without all": {nil, `{"op":"create","username":"alice"}`, http.StatusUnprocessableEntity, false},
		"a malformed ID":     {nil, `{"op":"update","id":"42"}`, http.StatusUnprocessableEntity, false},
		"no such user":       {nil, `{"op":"patch","id":"005000000000001AAA","username":"alice","fields":{"Title":"CFO"}}`, http.StatusUnprocessableEntity, false},
		"a taken username":   {func(o *sfprovtest.Org) { o.TakeUsername("alice@hook.example") }, hire, http.StatusConflict, false},
		"a refused login":    {func(o *sfprovtest.Org) { o.SetRunAsUser(false) }, hire, http.StatusBadGateway, false},
		"the daily limit":    {func(o *sfprovtest.Org) { o.SetAPIUsage(1, 1) }, hire, http.StatusServiceUnavailable, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, org := service(t)
			if test.prepare != nil {
				test.prepare(org)
			}
			status, a := post(t, h, test.event)
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.retry, a.Retry)
			assert.NotEmpty(t, a.Error)
		})
	}
}

func TestALostAnswerIsFoundOutAbout(t *testing.T) {
	t.Parallel()
	h, org := service(t)
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
	status, a := post(t, h, hire)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Created, a.Action)
	assert.Len(t, org.Users(), 1)
}

// What can't be found out now comes back with the event, and is found out then.
func TestAnUnknownOutcomeIsKept(t *testing.T) {
	t.Parallel()
	h, org := service(t)
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
	org.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", strings.NewReader(hire)))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.NotEmpty(t, w.Header().Get("Retry-After"))
	var said map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said))
	require.NotEmpty(t, said["lost"])

	org.ClearControls()
	status, a := post(t, h, strings.Replace(hire, `{`, `{"lost":`+string(said["lost"])+`,`, 1))
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, sfprov.Created, a.Action)
	assert.Len(t, org.Users(), 1)
}

func TestShutdownFinishesTheEventsInHand(t *testing.T) {
	t.Parallel()
	h, org := service(t)
	inHand, release := make(chan struct{}), make(chan struct{})
	org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
		if r.Method != http.MethodPost || !strings.Contains(r.Path, "/sobjects/User") {
			return nil
		}
		close(inHand)
		<-release
		return &sfprovtest.Fault{}
	})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, listener, h) }()

	answered := make(chan int, 1)
	go func() {
		client := &http.Client{Timeout: time.Minute}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/events", strings.NewReader(hire))
		if !assert.NoError(t, err) {
			return
		}
		resp, err := client.Do(req)
		if !assert.NoError(t, err) {
			return
		}
		_, err = io.Copy(io.Discard, resp.Body)
		assert.NoError(t, err)
		assert.NoError(t, resp.Body.Close())
		client.CloseIdleConnections()
		answered <- resp.StatusCode
	}()
	<-inHand
	stop() // the process is told to stop while the event is in hand
	close(release)
	assert.Equal(t, http.StatusOK, <-answered)
	require.NoError(t, <-served)
	assert.Len(t, org.Users(), 1)
}

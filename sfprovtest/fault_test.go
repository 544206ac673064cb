package sfprovtest_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// TestReadyFaults checks what a client sees of each ready fault, and whether the
// org did its work.
func TestReadyFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault         sfprovtest.Fault
		status        int // 0 if there is no answer
		code, message string
		fields        []any
		created       bool
	}{
		"LostAnswer":        {sfprovtest.LostAnswer(), 0, "", "", nil, true},
		"Dropped":           {sfprovtest.Dropped(), 0, "", "", nil, false},
		"LockedRow":         {sfprovtest.LockedRow(), 400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 00e5g0000000001", none, false},
		"ConcurrentLimit":   {sfprovtest.ConcurrentLimit(), 403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", nil, false},
		"DailyLimit":        {sfprovtest.DailyLimit(), 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", nil, false},
		"ServerUnavailable": {sfprovtest.ServerUnavailable(), 503, "SERVER_UNAVAILABLE", "Server Unavailable", nil, false},
		"UnknownException":  {sfprovtest.UnknownException(), 500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-1234567890)", nil, false},
		"Refuse":            {sfprovtest.Refuse(418, "X", "<br>", "A", "B"), 418, "X", "<br>", list{"A", "B"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			c := logIn(t, org)
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", test.fault))
			r, err := c.try(t, http.MethodPost, users, "application/json", asJSON(t, alice(org, nil)))
			if test.status == 0 {
				require.ErrorIs(t, err, io.EOF)
			} else {
				require.NoError(t, err)
				isRefusal(t, r, test.status, test.code, test.message, test.fields...)
			}
			requests := org.Requests()
			require.Len(t, requests, 1)
			assert.Equal(t, test.status, requests[0].Status)
			_, created := org.UserByUsername("alice@acme.example")
			assert.Equal(t, test.created, created)
			assert.Equal(t, 200, c.get(t, users).status, "faults are for one request")
		})
	}
}

func TestGatewayHTML(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	for _, status := range []int{502, 503, 504} {
		org.Control(sfprovtest.On("", data, sfprovtest.GatewayHTML(status)))
		r := c.get(t, data)
		assert.Equal(t, status, r.status)
		assert.Equal(t, "text/html", r.header.Get("Content-Type"))
		assert.Contains(t, r.body, "<h1>"+http.StatusText(status)+"</h1>")
		assert.Empty(t, r.header.Get("Sforce-Limit-Info"), "the org saw nothing")
	}
	org.Control(sfprovtest.On("", tokenURL, sfprovtest.GatewayHTML(503)))
	assert.Equal(t, 503, c.login(t, secretForm(org)).status)
	assert.Equal(t, 1, org.RefusedLogins())
}

func TestOwnFaults(t *testing.T) {
	t.Parallel()
	t.Run("answer beside the work", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		c := logIn(t, org)
		fault := sfprovtest.Fault{Status: 503, Header: http.Header{"Retry-After": {"7"}}, Body: "later", Commit: true}
		org.Control(sfprovtest.On(http.MethodPost, "", fault))
		r := c.post(t, users, alice(org, nil))
		assert.Equal(t, 503, r.status)
		assert.Equal(t, "later", r.body)
		assert.Equal(t, "7", r.header.Get("Retry-After"))
		assert.Len(t, org.Users(), 1)
		assert.Equal(t, http.Header{"Retry-After": {"7"}}, fault.Header)
	})

	t.Run("truncated", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		c := logIn(t, org)
		org.Control(sfprovtest.On("", "", sfprovtest.Fault{Truncate: 5}))
		r, err := c.try(t, http.MethodPost, users, "application/json", asJSON(t, alice(org, nil)))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, 201, r.status)
		assert.Len(t, r.body, 5)
		assert.Len(t, org.Users(), 1)
		org.Control(sfprovtest.On("", "", sfprovtest.Fault{Truncate: 1_000_000}))
		assert.Equal(t, 200, c.get(t, data).status, "nothing to cut")
		org.Control(sfprovtest.On("", "", sfprovtest.Fault{}))
		assert.Equal(t, 200, c.get(t, data).status, "the zero fault does nothing")
	})
}

func TestControls(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	status := func() int { return c.get(t, data).status }
	refuse := func(status int) sfprovtest.Control {
		return sfprovtest.On(http.MethodGet, data, sfprovtest.Refuse(status, "X", "x"))
	}

	org.Control(refuse(501))
	org.Control(refuse(502))
	assert.Equal(t, []int{501, 502, 200}, []int{status(), status(), status()}, "in their order, each once")

	org.KeepControl(refuse(503))
	org.Control(refuse(504))
	assert.Equal(t, []int{503, 503}, []int{status(), status()}, "the first that wants it has it")
	org.ClearControls()
	assert.Equal(t, 200, status())

	asked := 0
	org.Control(func(r sfprovtest.Request) *sfprovtest.Fault { // declines twice
		asked++
		r.Header.Set("X", "changed")
		copy(r.Body, "changed")
		if len(org.Requests()) == 0 || asked < 3 {
			return nil
		}
		return &sfprovtest.Fault{Status: 500}
	})
	assert.Equal(t, []int{200, 200, 500, 200}, []int{status(), status(), status(), status()})
	assert.Equal(t, 3, asked)
	for _, r := range org.Requests() {
		assert.NotContains(t, r.Header, "X", "a control's request is a copy")
	}

	org.Control(sfprovtest.On(http.MethodPost, "", sfprovtest.Dropped()))
	org.Control(sfprovtest.On("", "/nowhere", sfprovtest.Dropped()))
	assert.Equal(t, 200, status(), "neither fits")
}

// TestPanics checks that a control that panics costs its request, no more.
func TestPanics(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.KeepControl(func(sfprovtest.Request) *sfprovtest.Fault { panic("a bug in a test") })
	for range 3 {
		_, err := c.try(t, http.MethodGet, data, "", "")
		require.Error(t, err)
	}
	org.ClearControls()
	org.Control(sfprovtest.On("", "", sfprovtest.Fault{Status: 9999}))
	_, err := c.try(t, http.MethodGet, data, "", "")
	require.Error(t, err)
	assert.Equal(t, 200, c.get(t, data).status)
}

func TestDelay(t *testing.T) {
	t.Parallel()
	t.Run("passes at once in a bubble", func(t *testing.T) {
		t.Parallel()
		began := time.Now()
		synctest.Test(t, func(t *testing.T) {
			org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
			c := logIn(t, org)
			org.Control(sfprovtest.On(http.MethodPost, "", sfprovtest.Fault{Delay: time.Minute}))
			began := time.Now()
			assert.Equal(t, 201, c.post(t, users, alice(org, nil)).status)
			assert.Equal(t, time.Minute, time.Since(began))

			time.Sleep(2 * time.Hour) //nolint:forbidigo // virtual
			isRefusal(t, c.get(t, data), 401, "INVALID_SESSION_ID", "Session expired or invalid")
		})
		assert.Less(t, time.Since(began), 30*time.Second)
	})

	t.Run("ends when the client leaves", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
			token := logIn(t, org).token
			org.Control(sfprovtest.On("", data, sfprovtest.Fault{Delay: time.Hour}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, org.URL()+data, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+token)
			began := time.Now()
			resp, err := org.Client().Do(req)
			if err == nil {
				err = errors.Join(errors.New("answered"), resp.Body.Close())
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			synctest.Wait()
			assert.Len(t, org.Requests(), 1, "it has been dealt with")
			assert.Equal(t, time.Second, time.Since(began))
		})
	})

	for network, options := range networks() {
		t.Run("ends when the org closes: "+network, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t, options...)
			c := logIn(t, org)
			waits := make(chan struct{})
			org.Control(func(sfprovtest.Request) *sfprovtest.Fault {
				close(waits)
				return &sfprovtest.Fault{Delay: time.Hour}
			})
			done := make(chan error, 1)
			go func() {
				r, err := c.try(t, http.MethodGet, data, "", "") //nolint:testifylint // its one assertion is on the test's own input
				if err == nil {
					err = errors.New(r.body)
				}
				done <- err
			}()
			<-waits
			org.Close()
			assert.Len(t, org.Requests(), 1, "nothing of the org runs when Close returns")
			assert.Equal(t, 0, org.OpenConnections())
			require.Error(t, <-done)
			_, err := c.try(t, http.MethodGet, data, "", "")
			require.Error(t, err)
			org.Close() // again
		})
	}
}

// TestSecretsAreNotRecorded searches what tests and controls see for credentials.
func TestSecretsAreNotRecorded(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	var seen []sfprovtest.Request
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		seen = append(seen, r) // controls are asked one at a time
		return nil
	})
	cfg := org.Config()
	basic, err := http.NewRequest(http.MethodPost, "/", nil)
	require.NoError(t, err)
	basic.SetBasicAuth(cfg.ClientID, string(cfg.ClientSecret))
	(&client{org: org, header: basic.Header}).login(t, secretForm(org))
	c := logIn(t, org)
	c.login(t, passwordForm(org))
	assertion := jwtForm(t, org, nil)
	c.login(t, assertion)
	c.get(t, data)
	form := passwordForm(org)
	maps.Copy(form, assertion)
	c.send(t, http.MethodPost, tokenURL+"/", "application/x-www-form-urlencoded", form.Encode())
	c.send(t, http.MethodPost, tokenURL, "application/x-www-form-urlencoded", form.Encode()+"&a=%zz")
	seen = append(append(seen, org.Requests()...), org.LoginRequests()...)
	require.Len(t, seen, 14)
	for _, r := range seen {
		text := asJSON(t, r) + string(r.Body)
		for _, secret := range []string{
			string(cfg.ClientSecret), string(cfg.Password), assertion.Get("assertion"), c.token,
			strings.TrimPrefix(basic.Header.Get("Authorization"), "Basic "),
		} {
			assert.NotContains(t, text, secret)
		}
	}
	assert.Contains(t, string(seen[0].Body), "client_id="+cfg.ClientID)
	assert.Equal(t, "[REDACTED]", seen[0].Header.Get("Authorization"))
}

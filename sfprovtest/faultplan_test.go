package sfprovtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// TestFaultsOfTheWay checks, over every network, what a client sees of a way that
// breaks, and whether the org did its work.
func TestFaultsOfTheWay(t *testing.T) {
	t.Parallel()
	for network, options := range networks() {
		for name, test := range map[string]struct {
			fault   sfprovtest.Fault
			check   func(t *testing.T, r reply, err error)
			created bool
		}{
			"reset": {sfprovtest.Reset(), func(t *testing.T, _ reply, err error) {
				t.Helper()
				if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) { // a reset can overtake itself, and a pipe knows none
					t.Errorf("reset: %v", err)
				}
			}, false},
			"answer cut": {sfprovtest.CutAnswer(), func(t *testing.T, r reply, err error) {
				t.Helper()
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				assert.Contains(t, r.body, `{"`)
			}, true},
			"redirect": {sfprovtest.Redirect(307, "https://elsewhere.example/x"), func(t *testing.T, _ reply, err error) {
				t.Helper()
				require.ErrorContains(t, err, "elsewhere.example")
			}, false},
			"session expired": {sfprovtest.ExpiredSession(), func(t *testing.T, r reply, err error) {
				t.Helper()
				require.NoError(t, err)
				isRefusal(t, r, 401, "INVALID_SESSION_ID", "Session expired or invalid")
			}, false},
		} {
			t.Run(name+" over "+network, func(t *testing.T) {
				t.Parallel()
				org := sfprovtest.NewOrg(t, options...)
				c := logIn(t, org)
				org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", test.fault))
				r, err := c.try(t, http.MethodPost, users, "application/json", asJSON(t, alice(org, nil)))
				test.check(t, r, err)
				_, created := org.UserByUsername("alice@acme.example")
				assert.Equal(t, test.created, created)
				assert.Equal(t, map[string]int{name: 1}, org.FaultCounts())
			})
		}
	}
}

func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   sfprovtest.Fault
		headers time.Duration
		whole   func(body int) time.Duration
	}{
		"headers":    {sfprovtest.SlowHeaders(time.Minute), time.Minute, func(int) time.Duration { return time.Minute }},
		"body":       {sfprovtest.SlowBody(time.Second), 0, func(n int) time.Duration { return time.Duration(n) * time.Second }},
		"last chunk": {sfprovtest.LateLastChunk(time.Minute), 0, func(int) time.Duration { return time.Minute }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
				org.Control(sfprovtest.On("", "/services/data", test.fault))
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, org.URL()+"/services/data", nil)
				require.NoError(t, err)
				began := time.Now()
				resp, err := org.Client().Do(req)
				require.NoError(t, err)
				assert.Equal(t, test.headers, time.Since(began))
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, test.whole(len(body)), time.Since(began))
				assert.Contains(t, string(body), `"66.0"`)
			})
		})
	}
}

func TestAnAnswerWithoutABodyIsLateOrLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		c := logIn(t, org)
		id := org.AddUser(nil)
		org.Control(sfprovtest.On(http.MethodPatch, "", sfprovtest.LateLastChunk(time.Minute)))
		began := time.Now()
		assert.Equal(t, 204, c.patch(t, id, object{"Title": "CEO"}).status)
		assert.Equal(t, time.Minute, time.Since(began))
		org.Control(sfprovtest.On(http.MethodPatch, "", sfprovtest.CutAnswer()))
		_, err := c.try(t, http.MethodPatch, users+"/"+id, "application/json", `{"Title":"CFO"}`)
		require.ErrorIs(t, err, io.EOF)
		user, _ := org.User(id)
		assert.Equal(t, "CFO", user.Fields["Title"])
	})
}

func TestALateCommitIsNotThereAtFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		c := logIn(t, org)
		org.Control(sfprovtest.On(http.MethodPost, "", sfprovtest.LateCommit(5*time.Second)))
		_, err := c.try(t, http.MethodPost, users, "application/json", asJSON(t, alice(org, nil)))
		require.ErrorIs(t, err, io.EOF)
		assert.Empty(t, org.Users())
		<-time.After(5*time.Second + 1)
		assert.Len(t, org.Users(), 1)

		org.Control(sfprovtest.On(http.MethodPost, "", sfprovtest.LateCommit(time.Hour)))
		_, err = c.try(t, http.MethodPost, users, "application/json", asJSON(t, alice(org, object{"Username": "bob@acme.example"})))
		require.Error(t, err)
		org.Close() // does not wait for it
		assert.Len(t, org.Users(), 1)
	})
}

func TestAHugeBodyIsNotHeldInMemory(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.Control(sfprovtest.On("", "", sfprovtest.HugeBody()))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, org.URL()+"/services/data", nil)
	require.NoError(t, err)
	resp, err := org.Client().Do(req)
	require.NoError(t, err)
	assert.EqualValues(t, 1<<30, resp.ContentLength)
	n, err := io.CopyN(io.Discard, resp.Body, 10<<20)
	require.NoError(t, err)
	assert.EqualValues(t, 10<<20, n)
	require.NoError(t, resp.Body.Close()) // the org stops to send
}

func TestConnectionsThatFail(t *testing.T) {
	t.Parallel()
	for network, options := range networks() {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t, options...)
			org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
				{Nth: 1, Faults: []sfprovtest.Fault{sfprovtest.ConnectionRefused()}},
				{Nth: 1, Faults: []sfprovtest.Fault{sfprovtest.UntrustedCertificate()}},
			}})
			c := &client{org: org}
			_, err := c.try(t, http.MethodGet, data, "", "")
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			_, err = c.try(t, http.MethodGet, data, "", "")
			require.ErrorContains(t, err, "certificate")
			assert.Equal(t, 401, c.get(t, data).status)
			assert.Equal(t, 1, org.Connections(), "only the last one came to be")
		})
	}
}

func TestLoginFaults(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := &client{org: org}
	for _, fault := range []sfprovtest.Fault{sfprovtest.LoginThrottled(), sfprovtest.LoginRefused()} {
		org.Control(sfprovtest.On("", tokenURL, fault))
		r := c.login(t, secretForm(org))
		assert.Equal(t, 400, r.status)
		assert.Equal(t, object{"error": "invalid_grant", "error_description": fault.Name}, r.object(t))
	}
	assert.Equal(t, 2, org.RefusedLogins())
}

// fates are the statuses that n requests meet.
func fates(t *testing.T, plan sfprovtest.FaultPlan, n int) []int {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	c := &client{org: org}
	org.SetFaultPlan(plan)
	statuses := make([]int, n)
	for i := range statuses {
		statuses[i] = c.get(t, "/services/data").status
	}
	return statuses
}

func TestFaultPlan(t *testing.T) {
	t.Parallel()
	faults := []sfprovtest.Fault{{Status: 501}, {Status: 502}}
	t.Run("the seed decides", func(t *testing.T) {
		t.Parallel()
		plan := func(seed uint64) sfprovtest.FaultPlan {
			return sfprovtest.FaultPlan{Seed: seed, Rules: []sfprovtest.FaultRule{{Probability: 0.5, Faults: faults}}}
		}
		first := fates(t, plan(1), 200)
		assert.Equal(t, first, fates(t, plan(1), 200))
		assert.NotEqual(t, first, fates(t, plan(2), 200))
		count := map[int]int{}
		for _, status := range first {
			count[status]++
		}
		assert.InDelta(t, 100, count[200], 40)
		assert.InDelta(t, 50, count[501], 30)
		assert.InDelta(t, 50, count[502], 30)
	})
	t.Run("nth, times and endpoint", func(t *testing.T) {
		t.Parallel()
		one := faults[:1]
		assert.Equal(t, []int{200, 501, 200}, fates(t, sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Nth: 2, Faults: one}}}, 3))
		assert.Equal(t, []int{501, 501, 200}, fates(t, sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Times: 2, Faults: one}}}, 3))
		assert.Equal(t, []int{200}, fates(t, sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Path: "/sobjects", Faults: one}}}, 1))
		assert.Equal(t, []int{200}, fates(t, sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Method: http.MethodPost, Faults: one}}}, 1))
		assert.Equal(t, []int{200}, fates(t, sfprovtest.FaultPlan{}, 1))
	})
	t.Run("controls come first, and ClearControls ends it", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		c := &client{org: org}
		org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Faults: faults[:1]}}})
		org.Control(sfprovtest.On("", "", sfprovtest.Fault{Status: 503}))
		assert.Equal(t, 503, c.get(t, "/services/data").status)
		assert.Equal(t, 501, c.get(t, "/services/data").status)
		org.ClearControls()
		assert.Equal(t, 200, c.get(t, "/services/data").status)
	})
	t.Run("mistakes panic", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		for i, rule := range []sfprovtest.FaultRule{{}, {Nth: -1, Faults: faults}, {Times: -1, Faults: faults}, {Probability: 1.1, Faults: faults}, {Probability: -1, Faults: faults}} {
			assert.Panics(t, func() { org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{rule}}) }, "%d", i)
		}
	})
}

// TestTurmoil checks that the plan holds every ready fault.
func TestTurmoil(t *testing.T) {
	t.Parallel()
	var names []string
	for _, rule := range sfprovtest.Turmoil(1, 0.1).Rules {
		assert.InDelta(t, 0.1, rule.Probability, 0)
		for _, fault := range rule.Faults {
			names = append(names, fault.Name)
		}
	}
	for _, fault := range []sfprovtest.Fault{
		sfprovtest.LostAnswer(), sfprovtest.Dropped(), sfprovtest.Reset(), sfprovtest.LateCommit(0), sfprovtest.CutAnswer(),
		sfprovtest.SlowHeaders(0), sfprovtest.SlowBody(0), sfprovtest.LateLastChunk(0), sfprovtest.HugeBody(), sfprovtest.Redirect(302, ""),
		sfprovtest.GatewayHTML(502), sfprovtest.GatewayHTML(503), sfprovtest.GatewayHTML(504),
		sfprovtest.LockedRow(), sfprovtest.ConcurrentLimit(), sfprovtest.DailyLimit(), sfprovtest.ServerUnavailable(), sfprovtest.UnknownException(),
		sfprovtest.ExpiredSession(), sfprovtest.LoginThrottled(), sfprovtest.LoginRefused(),
		sfprovtest.ConnectionRefused(), sfprovtest.UntrustedCertificate(),
	} {
		assert.True(t, slices.Contains(names, fault.Name), fmt.Sprint(fault.Name))
	}
}

func TestNoTurmoil(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetFaultPlan(sfprovtest.Turmoil(1, 0))
	c := logIn(t, org)
	for range 20 {
		assert.Equal(t, 200, c.query(t, "SELECT Id FROM User").status)
	}
	assert.Empty(t, org.FaultCounts())
}

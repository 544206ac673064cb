package sfprov_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// with makes a Provisioner for an org, with options.
func with(t *testing.T, org *sfprovtest.Org, opts ...sfprov.Option) *sfprov.Provisioner {
	t.Helper()
	cfg := org.Config()
	cfg.ProvisioningDomain = "primary.com"
	p, err := sfprov.New(cfg, append([]sfprov.Option{sfprov.WithHTTPClient(org.Client())}, opts...)...)
	require.NoError(t, err)
	return p
}

func TestRetryPolicy(t *testing.T) {
	t.Parallel()
	title := sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}
	for name, test := range map[string]struct {
		policy   sfprov.RetryPolicy
		requests int
		longest  time.Duration
	}{
		"the default":    {sfprov.RetryPolicy{}, 4, (250 + 500 + 1000) * time.Millisecond},
		"no retry":       {sfprov.RetryPolicy{Attempts: 1}, 1, 0},
		"two attempts":   {sfprov.RetryPolicy{Attempts: 2}, 2, 250 * time.Millisecond},
		"short pauses":   {sfprov.RetryPolicy{Attempts: 50, BaseDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond}, 50, 97 * time.Millisecond},
		"a low ceiling":  {sfprov.RetryPolicy{MaxDelay: time.Millisecond}, 4, 3 * time.Millisecond},
		"a high base":    {sfprov.RetryPolicy{Attempts: 3, BaseDelay: time.Hour}, 3, 2 * time.Hour},
		"for background": {sfprov.BackgroundRetry(), 10, (1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 + 60) * time.Second},
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			p := with(t, org, sfprov.WithRetry(test.policy))
			loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.GatewayHTML(503))
			began := time.Now()
			_, err := p.Update(t.Context(), org.AddUser(nil), title)
			require.ErrorIs(t, err, sfprov.ErrUnavailable)
			assert.Equal(t, test.requests, requestsSent(org, http.MethodPatch, ""))
			assert.LessOrEqual(t, time.Since(began), test.longest)
			if test.requests > 4 {
				assert.Greater(t, time.Since(began), test.longest/10)
			}
		})
	}
	bubble(t, "a create that is lost each time", func(t *testing.T, org *sfprovtest.Org) {
		p := with(t, org, sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 7}))
		loseAnswers(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		_, err := p.Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Equal(t, 7, requestsSent(org, http.MethodPost, "/sobjects/User"))
	})
	bubble(t, "what may be asked for", func(t *testing.T, org *sfprovtest.Org) {
		busy := sfprovtest.ServerUnavailable()
		busy.Header.Set("Retry-After", "600")
		id := org.AddUser(nil)
		loseAnswers(org, 1, http.MethodPatch, "", busy)
		began := time.Now()
		_, err := with(t, org).Update(t.Context(), id, title)
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Equal(t, 10*time.Minute, sfprov.RetryAfter(err))
		assert.Zero(t, time.Since(began), "not waited for, and said")
		loseAnswers(org, 1, http.MethodPatch, "", busy)
		_, err = with(t, org, sfprov.WithRetry(sfprov.BackgroundRetry())).Update(t.Context(), id, title)
		require.NoError(t, err)
		assert.Equal(t, 10*time.Minute, time.Since(began))
	})
	bubble(t, "no pause reaches past the deadline", func(t *testing.T, org *sfprovtest.Org) {
		p := with(t, org, sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 1000, BaseDelay: time.Minute, MaxDelay: time.Minute}))
		loseAnswers(org, everyTime, http.MethodPatch, "", sfprovtest.GatewayHTML(503))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Update(ctx, org.AddUser(nil), title)
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		require.NotErrorIs(t, err, context.DeadlineExceeded, "it did not wait for the deadline")
		require.NoError(t, ctx.Err())
	})
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]sfprov.Option{
		"WithRetry":       sfprov.WithRetry(sfprov.RetryPolicy{Attempts: -1, BaseDelay: -1, MaxDelay: -1, MaxRetryAfter: -1}),
		"WithMaxInFlight": sfprov.WithMaxInFlight(0),
		"WithAPIReserve":  sfprov.WithAPIReserve(1),
	} {
		_, err := sfprov.New(config(), opt)
		var invalid *sfprov.ConfigError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, name, invalid.Field)
	}
	_, err := sfprov.New(config(), sfprov.WithRetry(sfprov.RetryPolicy{Attempts: -1, BaseDelay: -1, MaxDelay: -1, MaxRetryAfter: -1}))
	joined, isJoined := err.(interface{ Unwrap() []error })
	require.True(t, isJoined)
	assert.Len(t, joined.Unwrap(), 4)
	_, err = sfprov.New(config(), sfprov.WithRetry(sfprov.RetryPolicy{BaseDelay: 2, MaxDelay: 1}))
	require.ErrorContains(t, err, "above MaxDelay")
	for _, fraction := range []float64{-0.1, 1.5} {
		_, err = sfprov.New(config(), sfprov.WithAPIReserve(fraction))
		require.Error(t, err)
	}
}

// 1,000 calls with a wrong secret, as fast as they come, and one a second.
func TestAWrongSecretMakesAHandfulOfLogins(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		every time.Duration
		most  int
	}{
		"at once":         {0, 2},
		"within a minute": {60 * time.Millisecond, 8},
		"one a second":    {time.Second, 24},
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			p := provisionerIn(t, org, func(c *sfprov.Config) { c.ClientSecret = "wrong" })
			for range 1000 {
				_, err := p.Create(t.Context(), alice())
				require.ErrorIs(t, err, sfprov.ErrAuth)
				require.Contains(t, err.Error(), "consumer secret is wrong")
				<-time.After(test.every)
			}
			assert.LessOrEqual(t, org.Logins(), test.most)
			t.Logf("1,000 calls, one every %v: %d logins", test.every, org.Logins())
			assert.Empty(t, org.Requests())
		})
	}
	bubble(t, "by 64 goroutines", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org, func(c *sfprov.Config) { c.ClientSecret = "wrong" })
		done := make(chan struct{})
		for range 64 {
			go func() {
				defer func() { done <- struct{}{} }()
				for range 16 {
					_, err := p.Create(t.Context(), alice())
					if !errors.Is(err, sfprov.ErrAuth) {
						t.Error(err)
					}
				}
			}()
		}
		for range 64 {
			<-done
		}
		assert.LessOrEqual(t, org.Logins(), 2)
	})
}

func TestAThrottledLoginIsLeftAlone(t *testing.T) {
	t.Parallel()
	bubble(t, "for a minute", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		loseAnswers(org, 1, http.MethodPost, "/oauth2/token", sfprovtest.LoginThrottled())
		_, err := p.Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrAuth)
		assert.True(t, sfprov.Retryable(err))
		assert.Equal(t, time.Minute, sfprov.RetryAfter(err))
		<-time.After(20 * time.Second)
		_, err = p.Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrAuth)
		assert.Equal(t, 40*time.Second, sfprov.RetryAfter(err))
		assert.Contains(t, err.Error(), "the login is not tried again for 40s")
		assert.Equal(t, 1, org.Logins())
		<-time.After(40 * time.Second)
		_, err = p.Create(t.Context(), alice())
		require.NoError(t, err)
	})
	bubble(t, "for as long as it asks", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		throttled := sfprovtest.Fault{Status: 429, Header: http.Header{"Retry-After": {"300"}}}
		loseAnswers(org, 1, http.MethodPost, "/oauth2/token", throttled)
		_, err := p.Create(t.Context(), alice())
		assert.Equal(t, 5*time.Minute, sfprov.RetryAfter(err))
		<-time.After(5*time.Minute - time.Second)
		_, err = p.Create(t.Context(), alice())
		require.Error(t, err)
		<-time.After(time.Second)
		_, err = p.Create(t.Context(), alice())
		require.NoError(t, err)
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	assert.Zero(t, sfprov.RetryAfter(nil))
	assert.Zero(t, sfprov.RetryAfter(errors.New("something else")))
	assert.Zero(t, sfprov.RetryAfter(&sfprov.APIError{StatusCode: 400, Code: "STRING_TOO_LONG", RetryAfter: time.Hour}), "a retry does not help")
	assert.Equal(t, time.Hour, sfprov.RetryAfter(&sfprov.APIError{StatusCode: 403, Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded."}))
	assert.Zero(t, sfprov.RetryAfter(&sfprov.APIError{StatusCode: 403, Code: "REQUEST_LIMIT_EXCEEDED", Message: "ConcurrentRequests Limit exceeded."}))
	assert.Equal(t, time.Second, sfprov.RetryAfter(&sfprov.AuthError{StatusCode: 503, RetryAfter: time.Second}))
}

func TestAnUntrustedCertificateNeedsAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{{Faults: []sfprovtest.Fault{sfprovtest.UntrustedCertificate()}}}})
		_, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.False(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), "certificate authority")
		assert.Equal(t, 1, org.FaultCounts()["untrusted certificate"], "not tried again")
	})
}

package sfprov_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestAPIReserve(t *testing.T) {
	t.Parallel()
	title := sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}
	bubble(t, "the rest is left to others", func(t *testing.T, org *sfprovtest.Org) {
		org.SetAPIUsage(85, 100)
		p, id := with(t, org, sfprov.WithAPIReserve(0.1)), org.AddUser(nil)
		for range 5 {
			_, err := p.Update(t.Context(), id, title)
			require.NoError(t, err)
		}
		_, err := p.Update(t.Context(), id, title)
		require.ErrorIs(t, err, sfprov.ErrRequestLimit)
		assert.True(t, sfprov.Retryable(err))
		assert.Equal(t, 5*time.Minute, sfprov.RetryAfter(err))
		assert.NotEmpty(t, sfprov.Explain(err))
		assert.Contains(t, err.Error(), "90 of the org's 100 daily API requests are spent, and 10 % are left to others")
		assert.Contains(t, err.Error(), "update "+id)
		assert.Len(t, org.Requests(), 5, "nothing was sent")
		assert.Equal(t, sfprov.APIUsage{Used: 90, Limit: 100}, p.APIUsage())

		// The oldest requests drop out of the count, which one call in five minutes
		// hears of.
		<-time.After(5*time.Minute - 1)
		_, err = p.Update(t.Context(), id, title)
		require.ErrorIs(t, err, sfprov.ErrRequestLimit)
		<-time.After(1)
		_, err = p.Update(t.Context(), id, title)
		require.NoError(t, err)
		_, err = p.Update(t.Context(), id, title)
		require.ErrorIs(t, err, sfprov.ErrRequestLimit, "the count is as it was")
		<-time.After(5 * time.Minute)
		org.SetAPIUsage(10, 100)
		for range 3 {
			_, err = p.Update(t.Context(), id, title)
			require.NoError(t, err)
		}
	})
	bubble(t, "one call asks for all", func(t *testing.T, org *sfprovtest.Org) {
		org.SetAPIUsage(99, 100)
		p, id := with(t, org, sfprov.WithAPIReserve(0.1)), org.AddUser(nil)
		_, err := p.Update(t.Context(), id, title)
		require.NoError(t, err)
		<-time.After(5 * time.Minute)
		org.SetAPIUsage(95, 100)
		org.KeepControl(sfprovtest.On(http.MethodPatch, "", sfprovtest.SlowHeaders(time.Second)))
		var done atomic.Int64
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if _, err := p.Update(t.Context(), id, title); err == nil {
					done.Add(1)
				}
			})
		}
		group.Wait()
		assert.EqualValues(t, 1, done.Load())
	})
	bubble(t, "many at once don't reach into it", func(t *testing.T, org *sfprovtest.Org) {
		org.SetAPIUsage(0, 1000)
		p, id := with(t, org, sfprov.WithAPIReserve(0.5)), org.AddUser(nil)
		_, err := p.Update(t.Context(), id, title)
		require.NoError(t, err)
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				for range 20 {
					_, _ = p.Update(t.Context(), id, title)
				}
			})
		}
		group.Wait()
		assert.LessOrEqual(t, len(org.Requests()), 500)
		assert.Greater(t, len(org.Requests()), 400)
	})
	bubble(t, "what a call has begun it ends", func(t *testing.T, org *sfprovtest.Org) {
		org.SetAPIUsage(88, 100)
		p, id := with(t, org, sfprov.WithAPIReserve(0.1)), org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		_, err := p.Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		user, _ := org.User(id)
		assert.True(t, user.Frozen, "the door is locked although the reserve is reached on the way")
	})
	bubble(t, "without it, Salesforce refuses", func(t *testing.T, org *sfprovtest.Org) {
		org.SetAPIUsage(99, 100)
		p, id := with(t, org), org.AddUser(nil)
		_, err := p.Update(t.Context(), id, title)
		require.NoError(t, err)
		_, err = p.Update(t.Context(), id, title)
		require.ErrorIs(t, err, sfprov.ErrRequestLimit)
		require.NotErrorIs(t, err, sfprov.ErrPermission)
		assert.Equal(t, time.Hour, sfprov.RetryAfter(err))
		assert.Contains(t, err.Error(), "Come back in an hour")
		assert.Equal(t, 2, requestsSent(org, http.MethodPatch, ""), "not tried again")
	})
}

func TestMaxInFlight(t *testing.T) {
	t.Parallel()
	t.Run("is never exceeded", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		org.SetTokenRequests(50)
		id := org.AddUser(nil)
		counted := &inFlight{base: org.Client().Transport}
		p, err := sfprov.New(org.Config(), sfprov.WithMaxInFlight(3), sfprov.WithHTTPClient(&http.Client{Transport: counted}))
		require.NoError(t, err)
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() {
				for range 20 {
					_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		assert.Equal(t, int64(3), counted.most.Load(), "all slots are used, and no more")
		assert.GreaterOrEqual(t, org.Logins(), 10)
	})
	bubble(t, "who comes first is served first", func(t *testing.T, org *sfprovtest.Org) {
		p := with(t, org, sfprov.WithMaxInFlight(1))
		id := org.AddUser(nil)
		org.KeepControl(sfprovtest.On(http.MethodPatch, "", sfprovtest.SlowHeaders(time.Second)))
		order := make(chan int, 20)
		for n := range cap(order) {
			go func() {
				_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
				if err != nil {
					t.Error(err)
				}
				order <- n
			}()
			synctest.Wait() // it waits its turn
		}
		for n := range cap(order) {
			assert.Equal(t, n, <-order)
		}
	})
	bubble(t, "who waits can leave", func(t *testing.T, org *sfprovtest.Org) {
		p := with(t, org, sfprov.WithMaxInFlight(1))
		id := org.AddUser(nil)
		org.KeepControl(sfprovtest.On(http.MethodPatch, "", sfprovtest.SlowHeaders(time.Minute)))
		title := sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}
		first := make(chan error, 1)
		go func() {
			_, err := p.Update(t.Context(), id, title)
			first <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := p.Update(ctx, id, title)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown, "nothing was sent")
		assert.Contains(t, err.Error(), "while waiting for one of the 1 requests in flight to end")
		assert.Equal(t, time.Second, time.Since(began))
		require.NoError(t, <-first)
	})
	bubble(t, "a pause before a retry holds no slot", func(t *testing.T, org *sfprovtest.Org) {
		p := with(t, org, sfprov.WithMaxInFlight(1))
		id := org.AddUser(nil)
		busy := sfprovtest.ServerUnavailable()
		busy.Header.Set("Retry-After", "30")
		org.Control(sfprovtest.On(http.MethodPatch, "", busy))
		title := sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}
		first := make(chan error, 1)
		go func() {
			_, err := p.Update(t.Context(), id, title)
			first <- err
		}()
		synctest.Wait()
		began := time.Now()
		_, err := p.Update(t.Context(), id, title)
		require.NoError(t, err)
		assert.Zero(t, time.Since(began))
		require.NoError(t, <-first)
	})
}

// inFlight counts the requests under way, logins included.
type inFlight struct {
	base      http.RoundTripper
	now, most atomic.Int64
}

func (f *inFlight) RoundTrip(r *http.Request) (*http.Response, error) {
	now := f.now.Add(1)
	defer f.now.Add(-1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); {
		most = f.most.Load()
	}
	return f.base.RoundTrip(r)
}

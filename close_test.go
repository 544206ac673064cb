package sfprov_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestClose(t *testing.T) {
	t.Parallel()
	bubble(t, "no new work", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		_, err := p.Create(t.Context(), alice())
		require.NoError(t, err)
		before := len(org.Requests())
		require.NoError(t, p.Close(t.Context()))
		require.NoError(t, p.Close(t.Context()), "again")
		synctest.Wait()
		assert.Zero(t, org.OpenConnections())
		for name, call := range map[string]func() error{
			"create":     func() error { _, err := p.Create(t.Context(), alice()); return err },
			"update":     func() error { _, err := p.Update(t.Context(), aliceID, alice()); return err },
			"deactivate": func() error { _, err := p.Deactivate(t.Context(), aliceID); return err },
			"find":       func() error { _, err := p.Find(t.Context(), alice()); return err },
		} {
			err := call()
			require.ErrorIs(t, err, sfprov.ErrClosed, name)
			require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.True(t, sfprov.Retryable(err), "somebody else can do it")
			assert.NotEmpty(t, sfprov.Explain(err))
			assert.Contains(t, err.Error(), name)
		}
		_, err = p.Resolve(t.Context(), &sfprov.UnconfirmedError{Op: "create", Username: "alice@primary.com"})
		require.ErrorIs(t, err, sfprov.ErrClosed)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown, "and can be resolved by the next process")
		assert.Len(t, org.Requests(), before)
		name, err := p.Username(alice())
		require.NoError(t, err)
		assert.Equal(t, "alice@primary.com", name)
	})
	bubble(t, "work under way finishes", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.SlowHeaders(30*time.Second)))
		created := make(chan error, 1)
		go func() {
			_, err := p.Create(t.Context(), alice())
			created <- err
		}()
		synctest.Wait()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, p.Close(ctx))
		assert.Equal(t, 30*time.Second, time.Since(began))
		require.NoError(t, <-created)
	})
	// Wherever a call is when the time is up, it returns at once and says what is
	// known.
	for name, test := range map[string]struct {
		prepare func(*sfprovtest.Org)
		unknown bool
	}{
		"sent": {func(org *sfprovtest.Org) {
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.SlowHeaders(time.Hour)))
		}, true},
		"logging in": {func(org *sfprovtest.Org) {
			org.KeepControl(sfprovtest.On(http.MethodPost, "/oauth2/token", sfprovtest.SlowHeaders(time.Hour)))
		}, false},
		"waiting to try again": {func(org *sfprovtest.Org) {
			busy := sfprovtest.Fault{Status: 429, Header: http.Header{"Retry-After": {"50"}}}
			org.KeepControl(sfprovtest.On(http.MethodPost, "/sobjects/User", busy))
		}, false},
		"looking what became of it": {func(org *sfprovtest.Org) {
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
			org.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.SlowHeaders(time.Hour)))
		}, true},
	} {
		bubble(t, "broken off: "+name, func(t *testing.T, org *sfprovtest.Org) {
			p := provisionerIn(t, org)
			test.prepare(org)
			errs := make(chan error, 1)
			go func() {
				_, err := p.Create(t.Context(), alice())
				errs <- err
			}()
			synctest.Wait()
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err := p.Close(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 5*time.Second, time.Since(began))
			err = <-errs
			require.ErrorIs(t, err, sfprov.ErrClosed)
			assert.Equal(t, test.unknown, errors.Is(err, sfprov.ErrOutcomeUnknown), "%v", err)
			assert.Equal(t, !test.unknown, sfprov.Retryable(err))
		})
	}
	bubble(t, "several closers, many calls, and none is left", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		org.KeepControl(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.SlowHeaders(time.Second)))
		var group sync.WaitGroup
		for n := range 64 {
			group.Go(func() {
				u := alice()
				u.Username += string(rune('a' + n%26))
				_, err := p.Create(t.Context(), u)
				if err != nil && !errors.Is(err, sfprov.ErrClosed) && !errors.Is(err, sfprov.ErrDuplicateUsername) {
					t.Error(err)
				}
			})
		}
		for range 4 {
			group.Go(func() {
				if err := p.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		synctest.Wait()
		assert.Zero(t, org.OpenConnections())
	})
}

// The Provisioner's own connections and their goroutines end with it.
func TestCloseClosesItsOwnConnections(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p, err := sfprov.New(org.Config())
	require.NoError(t, err)
	_, err = p.Find(t.Context(), sfprov.User{Username: "nobody@acme.example"})
	require.ErrorIs(t, err, sfprov.ErrNotFound)
	require.Equal(t, 1, org.OpenConnections())
	require.NoError(t, p.Close(t.Context()))
	assert.Eventually(t, func() bool { return org.OpenConnections() == 0 }, 10*time.Second, time.Millisecond)
}

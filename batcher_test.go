package sfprov_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// TestBatching: while one request is under way, callers come together, and each gets the
// result of its own user. A lone caller waits for nobody.
func TestBatching(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		b := sfprov.NewBatcher(provisionerIn(t, org, matching))
		begun := time.Now()
		result, err := b.Ensure(t.Context(), employee("lone", "E-0"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
		assert.Zero(t, time.Since(begun), "on the clock of the test")
		alone := len(org.Requests())

		org.Control(sfprovtest.On("", "", sfprovtest.Fault{Delay: time.Second}))
		const callers = 100
		results, errs := make([]sfprov.Result, callers), make([]error, callers)
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range callers {
			u, caller := employee(fmt.Sprint("user", i), fmt.Sprint("E-", 100+i)), t.Context()
			switch i {
			case 10:
				u.Fields["Email"] = "no address"
			case 20:
				caller = ctx
			}
			wg.Go(func() {
				results[i], errs[i] = b.Ensure(caller, u)
			})
			synctest.Wait()
		}
		leave()
		wg.Wait()
		for i, result := range results {
			switch i {
			case 10:
				var invalid *sfprov.ValidationError
				require.ErrorAs(t, errs[i], &invalid)
			case 20:
				require.ErrorIs(t, errs[i], context.Canceled)
				_, found := org.UserByUsername("user20@primary.com")
				assert.False(t, found, "nothing is done for who left while waiting")
			default:
				require.NoError(t, errs[i])
				user, _ := org.User(result.ID)
				assert.Equal(t, fmt.Sprintf("user%d@primary.com", i), user.Username)
			}
		}
		assert.Less(t, len(org.Requests())-alone, 15)
	})
}

// TestBatchesKeepTheOrderOfAUser: the last of several calls for one user wins.
func TestBatchesKeepTheOrderOfAUser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		b := sfprov.NewBatcher(provisionerIn(t, org, matching), sfprov.WithBatchSize(3))
		org.Control(sfprovtest.On("", "", sfprovtest.Fault{Delay: time.Second}))
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				_, err := b.Ensure(t.Context(), titled("alice", "E-1", fmt.Sprint("title ", i)))
				assert.NoError(t, err)
			})
			synctest.Wait()
		}
		wg.Wait()
		alice, _ := org.UserByUsername("alice@primary.com")
		assert.Equal(t, "title 9", alice.Fields["Title"])
	})
}

// TestBatchesGrowWhenTheDayRunsShort of API requests, and callers can leave meanwhile.
func TestBatchesGrowWhenTheDayRunsShort(t *testing.T) {
	t.Parallel()
	for used, wait := range map[int]time.Duration{50_000: 0, 90_000: 5 * time.Second, 99_990: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
			org.SetAPIUsage(used, 100_000)
			b := sfprov.NewBatcher(provisionerIn(t, org, matching), sfprov.WithLongestWait(10*time.Second))
			_, err := b.Ensure(t.Context(), employee("first", "E-0"))
			require.NoError(t, err, "what is spent is not known yet")
			begun := time.Now()
			_, err = b.Ensure(t.Context(), employee("alice", "E-1"))
			require.NoError(t, err)
			assert.InDelta(t, wait.Seconds(), time.Since(begun).Seconds(), 0.1, "of %d", used)

			if wait == 0 {
				return
			}
			ctx, leave := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, leave)
			_, err = b.Ensure(ctx, employee("bob", "E-2"))
			require.ErrorIs(t, err, context.Canceled)
			_, found := org.UserByUsername("bob@primary.com")
			assert.False(t, found)

			begun = time.Now()
			ctx, leave = context.WithTimeout(t.Context(), 2*time.Second)
			defer leave()
			var wg sync.WaitGroup
			wg.Go(func() {
				_, err := b.Ensure(t.Context(), employee("carol", "E-3"))
				assert.NoError(t, err)
			})
			synctest.Wait()
			_, err = b.Ensure(ctx, employee("dave", "E-4"))
			require.NoError(t, err, "who has little time is served in half of it, and carol with him")
			assert.Equal(t, time.Second, time.Since(begun))
			wg.Wait()
			assert.Equal(t, time.Second, time.Since(begun))
		})
	}
}

package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// troubled makes one request in four fail, in every way that an org knows.
func troubled(org *sfprovtest.Org) {
	anywhere := []sfprovtest.Fault{
		sfprovtest.LostAnswer(), sfprovtest.Dropped(),
		{Truncate: 5},
		{Delay: 3 * time.Second},
		{Delay: 40 * time.Second},
		sfprovtest.GatewayHTML(502), sfprovtest.GatewayHTML(503), sfprovtest.GatewayHTML(504),
	}
	api := append(slices.Clone(anywhere),
		sfprovtest.LockedRow(), sfprovtest.ConcurrentLimit(), sfprovtest.ServerUnavailable(), sfprovtest.UnknownException())
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		faults := api
		if strings.HasSuffix(r.Path, "/oauth2/token") {
			faults = anywhere
		}
		if rand.N(4) > 0 {
			return nil
		}
		return &faults[rand.N(len(faults))]
	})
}

// Whatever goes wrong, and whenever the caller leaves: what a call says and what
// the org holds agree, user by user.
func TestInTroubleResultsAndOrgAgree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.SetTokenRequests(50)
		p := in(t, org)
		troubled(org)

		type attempt struct {
			result sfprov.Result
			err    error
		}
		attempts := make([]attempt, 400)
		var group sync.WaitGroup
		for worker := range 16 {
			group.Go(func() {
				for n := worker; n < len(attempts); n += 16 {
					ctx, cancel := context.WithTimeout(t.Context(), rand.N(20*time.Second))
					name := fmt.Sprintf("user%d", n)
					attempts[n].result, attempts[n].err = p.Create(ctx, employee(name, name))
					cancel()
				}
			})
		}
		group.Wait()
		org.ClearControls()

		count := map[string]int{}
		for n, a := range attempts {
			user, exists := org.UserByUsername(fmt.Sprintf("user%d@primary.com", n))
			switch {
			case a.err == nil:
				count["created"]++
				assert.Equal(t, user.ID, a.result.ID)
				assert.Equal(t, sfprov.Created, a.result.Action)
			case errors.Is(a.err, sfprov.ErrOutcomeUnknown):
				resolved, err := p.Resolve(t.Context(), a.err)
				if exists {
					count["unknown, was created"]++
					require.NoError(t, err)
					assert.Equal(t, user.ID, resolved.ID)
				} else {
					count["unknown, was not"]++
					require.ErrorIs(t, err, sfprov.ErrNotFound)
				}
			default:
				count["not created"]++
				assert.False(t, exists, "%v", a.err)
				assert.True(t, sfprov.Retryable(a.err) || errors.Is(a.err, context.DeadlineExceeded), "%v", a.err)
			}
		}
		assert.Len(t, count, 4, "all of it happened: %v", count)
		assert.LessOrEqual(t, len(org.Users()), len(attempts))

		// The same for leaving: what was confirmed holds, and everything else can be
		// called again.
		troubled(org)
		users := org.Users()
		left := make([]error, len(users))
		for worker := range 16 {
			group.Go(func() {
				for n := worker; n < len(users); n += 16 {
					ctx, cancel := context.WithTimeout(t.Context(), rand.N(20*time.Second))
					_, left[n] = p.Deactivate(ctx, users[n].ID)
					cancel()
				}
			})
		}
		group.Wait()
		org.ClearControls()
		for n, user := range users {
			after, _ := org.User(user.ID)
			if left[n] == nil {
				assert.False(t, after.Active)
				continue
			}
			require.NotErrorIs(t, left[n], sfprov.ErrDeactivationBlocked)
			_, err := p.Deactivate(t.Context(), user.ID)
			require.NoError(t, err)
			after, _ = org.User(user.ID)
			assert.False(t, after.Active)
		}
	})
}

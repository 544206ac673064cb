package sfprovriver_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovriver"
	"github.com/sfprov/sfprov/sfprovtest"
)

// TestReconcilingOnASchedule: of two processes one reconciles; leavers of whom no event told
// are found, and whom the other process worked on meanwhile is looked at again.
func TestReconcilingOnASchedule(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		for i := range 10 {
			org.AddUser(sfprov.Fields{"Username": fmt.Sprintf("user%d@acme.com", i), "LastName": "x", "Email": "x@acme.com", "FederationIdentifier": number(i)})
		}
		src := newDirectory()
		for i := range 9 {
			src.set(employee(i, "known"))
		}
		var mu sync.Mutex
		var told []error
		tell := func(_ *sfprov.Plan, summary sfprov.Summary, err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err)
			assert.Equal(t, 10, summary.Changed)
		}
		for range 2 {
			running(t, q, newProvisioner(t, org), src, sfprovriver.WithReconcile(time.Hour, tell), sfprovriver.WithFollowing(sfprov.WithReconcileScope(sfprov.Scope{MaxDeactivations: 5})))
		}
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(told) > 0
		}, time.Minute, 20*time.Millisecond)
		require.NoError(t, told[0])
		u, _ := inOrg(org, 9)
		assert.False(t, u.Active)
		u, _ = inOrg(org, 3)
		assert.Equal(t, "known", u.Fields["Title"])
		assert.Len(t, told, 1)
		records, err := q.Events(t.Context(), sfprovriver.Filter{State: []sfprovriver.State{sfprovriver.Done}})
		require.NoError(t, err)
		require.Len(t, records, 10, "what it did is in the trail")
		for _, r := range records {
			assert.True(t, strings.HasPrefix(r.ID, "reconciled-"))
			assert.NotEmpty(t, r.Result.Changes)
		}
		assert.Equal(t, u.ID, of(records, number(3)).Result.ID)
	})
}

// of is the record of a user.
func of(records []sfprovriver.Record, user string) sfprovriver.Record {
	return records[slices.IndexFunc(records, func(r sfprovriver.Record) bool { return r.User == user })]
}

// gated is a directory whose list of all users waits.
type gated struct {
	*directory
	asked, release chan struct{}
}

func (g gated) Users(ctx context.Context) iter.Seq2[sfprov.User, error] {
	close(g.asked)
	<-g.release
	return g.directory.Users(ctx)
}

// TestReconcilingLooksAgain: whom other processes worked on while one reconciled is looked at
// again, since that one could not know.
func TestReconcilingLooksAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		src := newDirectory()
		for i := range 20 {
			src.set(employee(i, ""))
		}
		slow := gated{src, make(chan struct{}), make(chan struct{})}
		reconciled := make(chan struct{})
		running(t, q, newProvisioner(t, org), slow, sfprovriver.WithWorkers(1), sfprovriver.WithReconcile(time.Hour, func(*sfprov.Plan, sfprov.Summary, error) { close(reconciled) }))
		<-slow.asked
		running(t, q, newProvisioner(t, org), src)
		for i := range 20 {
			require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: fmt.Sprint("event-", i), User: number(i)}))
		}
		settled(t, q)
		workers := map[string]int{}
		for _, r := range byID(t, q) {
			workers[r.Worker]++
		}
		close(slow.release)
		<-reconciled
		expected := map[int]bool{20: true} // the other one did all, or its own part
		for _, n := range workers {
			expected[n] = true
		}
		var again int
		require.Eventually(t, func() bool { again = len(byID(t, q)) - 20; return again > 0 }, 20*time.Second, 10*time.Millisecond)
		assert.True(t, expected[again], "%d of %v", again, workers)
		settled(t, q)
	})
}

// TestEachQueueReconciles: also where several queues share a database.
func TestEachQueueReconciles(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		var done sync.WaitGroup
		for _, name := range []string{"acme", "umbrella"} {
			done.Add(1)
			q, err := sfprovriver.New(t.Context(), db, kind, sfprovriver.WithName(name))
			require.NoError(t, err)
			running(t, q, newProvisioner(t, sfprovtest.NewOrg(t)), newDirectory(employee(1, "")),
				sfprovriver.WithReconcile(time.Hour, func(*sfprov.Plan, sfprov.Summary, error) { done.Done() }))
		}
		done.Wait()
	})
}

package sfprovriver_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
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

// TestAProcessThatStops: what is under way comes to its end or is left to whoever runs next,
// at once, and is no failure of the users'.
func TestAProcessThatStops(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		var users []sfprov.User
		var events []sfprovriver.Event
		for i := range 50 {
			users, events = append(users, employee(i, "")), append(events, sfprovriver.Event{User: number(i)})
		}
		require.NoError(t, q.Add(t.Context(), events...))
		arrived := make(chan struct{}, 100)
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if !strings.Contains(r.Path, "/data/") {
				return nil
			}
			arrived <- struct{}{}
			return &sfprovtest.Fault{Delay: time.Hour} // longer than the process waits for
		})
		stop := running(t, q, newProvisioner(t, org), newDirectory(users...), sfprovriver.WithWorkers(10))
		<-arrived
		stop()
		org.ClearControls()
		for _, r := range byID(t, q) {
			assert.Empty(t, r.Error)
			assert.NotEqual(t, sfprovriver.Dead, r.State)
		}
		begun := time.Now()
		running(t, q, newProvisioner(t, org), newDirectory(users...))
		settled(t, q)
		assert.Less(t, time.Since(begun), 10*time.Second, "nobody has to be rescued")
	})
}

// TestBatchesOfEvents: the events of many users share API calls.
func TestBatchesOfEvents(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		src := newDirectory()
		var events []sfprovriver.Event
		for i := range 400 {
			src.set(employee(i%200, ""))
			events = append(events, sfprovriver.Event{User: number(i % 200)})
		}
		require.NoError(t, q.Add(t.Context(), events...))
		running(t, q, newProvisioner(t, org), src)
		settled(t, q)
		assert.Less(t, len(org.Requests()), 30)
		assert.LessOrEqual(t, src.reads, 200, "what waits for one user is one")
	})
}

// TestTheTrailOfSeveralAttempts: what the first attempt did is in the trail beside what the
// last one did.
func TestTheTrailOfSeveralAttempts(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		org.AddPermissionSet("Deal Desk", "")
		q := newQueue(t, db, kind)
		u := employee(1, "CEO")
		u.Access.PermissionSets = []string{"Deal Desk"}
		down := true
		var mu sync.Mutex
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if fault := sfprovtest.ServerUnavailable(); down && strings.Contains(r.Path, "/sobjects/PermissionSetAssignment") {
				return &fault
			}
			return nil
		})
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "x", User: number(1)}))
		running(t, q, newProvisioner(t, org), newDirectory(u))
		require.Eventually(t, func() bool { return byID(t, q)["x"].Attempts > 0 }, time.Minute, 10*time.Millisecond)
		first := byID(t, q)["x"]
		assert.Equal(t, sfprovriver.Waiting, first.State)
		require.NotNil(t, first.Result)
		assert.Equal(t, sfprov.Created, first.Result.Action)
		mu.Lock()
		down = false
		mu.Unlock()
		settled(t, q)
		last := byID(t, q)["x"].Result
		assert.Equal(t, sfprov.Created, last.Action)
		var fields []string
		for _, c := range last.Changes {
			fields = append(fields, c.Field)
		}
		assert.Contains(t, fields, "Title")
		assert.Contains(t, fields, "Access.PermissionSets")
	})
}

// TestRetentionAndSweeps: what ended long ago is deleted, but for what is dead; and an event
// whose job somebody deleted gets another one.
func TestRetentionAndSweeps(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		bad := employee(2, "")
		bad.Fields["Email"] = "no address"
		src := newDirectory(employee(1, ""), bad)
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "done", User: number(1)}, sfprovriver.Event{ID: "dead", User: number(2)}))
		stop := running(t, q, newProvisioner(t, org), src)
		settled(t, q)
		stop()
		stop = running(t, q, newProvisioner(t, org), src, sfprovriver.WithRetention(0))
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "new", User: number(1)}))
		settled(t, q)
		stop()
		assert.Len(t, byID(t, q), 3, "0 keeps all")

		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "forgotten", User: number(1)}))
		_, err := db.ExecContext(t.Context(), `DELETE FROM river_job`)
		require.NoError(t, err)
		running(t, q, newProvisioner(t, org), src, sfprovriver.WithRetention(time.Nanosecond)) // it sweeps and cleans as it starts
		settled(t, q)
		require.Eventually(t, func() bool { return len(byID(t, q)) <= 2 }, 20*time.Second, 20*time.Millisecond)
		all := byID(t, q)
		assert.Equal(t, sfprovriver.Dead, all["dead"].State)
		assert.Equal(t, sfprovriver.Done, all["forgotten"].State)
	})
}

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
	})
}

// TestReadingTheTrail: pages, and what a filter wants.
func TestReadingTheTrail(t *testing.T) {
	t.Parallel()
	q := newQueue(t, open(t, sfprovriver.SQLite), sfprovriver.SQLite)
	var events []sfprovriver.Event
	for i := range 250 {
		events = append(events, sfprovriver.Event{ID: fmt.Sprint("event-", i), User: number(i % 2)})
	}
	require.NoError(t, q.Add(t.Context(), events...))
	read := func(f sfprovriver.Filter) []sfprovriver.Record {
		records, err := q.Events(t.Context(), f)
		require.NoError(t, err)
		return records
	}
	first := read(sfprovriver.Filter{})
	require.Len(t, first, 100)
	assert.Len(t, read(sfprovriver.Filter{After: first[99].Seq, Limit: 1000}), 150)
	assert.Len(t, read(sfprovriver.Filter{User: number(1), Limit: 1000}), 125)
	assert.Equal(t, number(1), read(sfprovriver.Filter{ID: "event-7"})[0].User)
	assert.Empty(t, read(sfprovriver.Filter{State: []sfprovriver.State{sfprovriver.Done, sfprovriver.Dead}}))
	assert.Len(t, read(sfprovriver.Filter{State: []sfprovriver.State{sfprovriver.Done, sfprovriver.Waiting}, User: number(0)}), 100)
	assert.Nil(t, first[0].Result)
	assert.Zero(t, first[0].EndedAt)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := q.Events(ctx, sfprovriver.Filter{})
	require.ErrorIs(t, err, context.Canceled)
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

// TestASweepOfMany: where very many wait, those without a job are found among them.
func TestASweepOfMany(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		q := newQueue(t, db, kind)
		events := make([]sfprovriver.Event, 3000)
		for i := range events {
			events[i] = sfprovriver.Event{User: number(i)}
		}
		require.NoError(t, q.Add(t.Context(), events...))
		_, err := db.ExecContext(t.Context(), `DELETE FROM river_job WHERE id % 100 = 0`)
		require.NoError(t, err)
		org := sfprovtest.NewOrg(t)
		running(t, q, newProvisioner(t, org), newDirectory())
		settled(t, q)
		assert.Len(t, allOf(t, q), 3000)
	})
}

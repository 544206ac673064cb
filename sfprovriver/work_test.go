package sfprovriver_test

import (
	"database/sql"
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
		org.KeepControl(sfprovtest.On("", "/data/", sfprovtest.Fault{Delay: 500 * time.Millisecond})) // in which others come
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
		assert.Less(t, src.reads, 300, "what waits for one user is one; a slow machine may need a second look at some")
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

// TestNearTheDailyLimit: the queue goes on, slowly, and learns of it when requests are free
// again.
func TestNearTheDailyLimit(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetAPIUsage(99_000, 100_000)
	q := newQueue(t, open(t, sfprovriver.SQLite), sfprovriver.SQLite)
	running(t, q, newProvisioner(t, org), newDirectory(employee(1, ""), employee(2, "")))
	require.NoError(t, q.Add(t.Context(), sfprovriver.Event{User: number(1)}))
	settled(t, q)
	require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "second", User: number(2)}))
	settled(t, q)
	assert.Equal(t, 1, byID(t, q)["second"].Attempts)
}

// TestAnAttemptThatTakesTooLong is told of, and counted.
func TestAnAttemptThatTakesTooLong(t *testing.T) {
	t.Parallel()
	q := newQueue(t, open(t, sfprovriver.SQLite), sfprovriver.SQLite)
	src := newDirectory(employee(1, ""))
	release := make(chan struct{})
	src.first = func() { <-release }
	running(t, q, newProvisioner(t, sfprovtest.NewOrg(t)), src)
	t.Cleanup(func() { close(release) })
	require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "slow", User: number(1)}))
	require.Eventually(t, func() bool { return byID(t, q)["slow"].Attempts == 1 }, time.Minute, 50*time.Millisecond)
	assert.Contains(t, byID(t, q)["slow"].Error, "took longer than 20s")
}

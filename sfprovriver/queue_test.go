package sfprovriver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"runtime"
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

// TestEventsAreThereWithTheTransaction: what is rolled back was never there, what comes twice
// is there once, and what is committed is worked on.
func TestEventsAreThereWithTheTransaction(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		_, err := db.ExecContext(t.Context(), `CREATE TABLE people (name TEXT)`)
		require.NoError(t, err)
		for i, commit := range []bool{false, true, true} {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			_, err = tx.ExecContext(t.Context(), `INSERT INTO people (name) VALUES ('x')`)
			require.NoError(t, err)
			require.NoError(t, q.Enqueue(t.Context(), tx, sfprovriver.Event{ID: "first", User: number(1)}, sfprovriver.Event{ID: fmt.Sprint("other", i), User: number(2)}))
			if !commit {
				require.NoError(t, tx.Rollback())
				continue
			}
			require.NoError(t, tx.Commit())
		}
		assert.Equal(t, []string{"first", "other1", "other2"}, slices.Sorted(maps.Keys(byID(t, q))))
		src := newDirectory(employee(1, "CEO"))
		running(t, q, newProvisioner(t, org), src)
		settled(t, q)
		all := byID(t, q)
		assert.Equal(t, sfprovriver.Done, all["first"].State)
		assert.Equal(t, sfprov.Created, all["first"].Result.Action)
		user, _ := inOrg(org, 1)
		assert.Equal(t, user.ID, all["first"].Result.ID)
		assert.Equal(t, "CEO", user.Fields["Title"])
		assert.Equal(t, sfprovriver.Merged, all["other1"].State)
		assert.Equal(t, "other2", all["other1"].MergedInto)
		assert.Equal(t, sfprov.Unchanged, all["other2"].Result.Action, "who came and left in one backlog never gets an account, and the trail says so")
		assert.Equal(t, 1, all["other2"].Attempts)
		assert.NotEmpty(t, all["other2"].Worker)
		assert.WithinDuration(t, time.Now(), all["other2"].EndedAt, time.Minute)
	})
}

// TestBadEvents: everything that is wrong is said, and nothing is stored.
func TestBadEvents(t *testing.T) {
	t.Parallel()
	db := open(t, sfprovriver.SQLite)
	q := newQueue(t, db, sfprovriver.SQLite)
	secret := employee(1, "")
	secret.Password = "a-Passw0rd"
	broken := employee(1, "a\xffb")
	err := q.Add(t.Context(), sfprovriver.Event{ID: "e", User: "x", State: &broken}, sfprovriver.Event{ID: "a"}, sfprovriver.Event{User: strings.Repeat("x", 256)}, sfprovriver.Event{User: "x\x00"},
		sfprovriver.Event{ID: "\xff", User: "x"}, sfprovriver.Event{ID: "d", User: "x", State: &secret}, sfprovriver.Event{User: "fine"})
	for _, text := range []string{`event "a": User is empty`, "User has 256 bytes, and 255 are taken", "User is not valid UTF-8, or holds a zero byte", "ID is not valid UTF-8", "State has a password", `event "e": State holds a text that is not valid UTF-8`} {
		require.ErrorContains(t, err, text)
	}
	assert.NotContains(t, err.Error(), "Passw0rd")
	assert.Empty(t, byID(t, q))
}

// TestRefusalsToStart: what can't work says so at once.
func TestRefusalsToStart(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	db := open(t, sfprovriver.SQLite)
	q := newQueue(t, db, sfprovriver.SQLite)
	cfg := org.Config()
	cfg.ProvisioningDomain = "acme.com"
	unmatched, err := sfprov.New(cfg)
	require.NoError(t, err)
	require.ErrorContains(t, q.Run(t.Context(), unmatched, newDirectory()), "set Config.MatchField")
	require.ErrorContains(t, q.Run(t.Context(), newProvisioner(t, org), nil, sfprovriver.WithReconcile(time.Hour, nil)), "WithReconcile needs a Source")
	_, err = sfprovriver.New(t.Context(), nil, sfprovriver.SQLite)
	require.ErrorContains(t, err, "OpenSQLite and OpenPostgres open one")
	_, err = sfprovriver.New(t.Context(), db, sfprovriver.SQLite, sfprovriver.WithName("acme_reconcile"))
	require.ErrorContains(t, err, "names that end in _reconcile")
	_, err = sfprovriver.New(t.Context(), db, "mysql")
	require.ErrorContains(t, err, `"mysql"`)
}

// TestStatesThatAreStored: an event may bear the state; the newest one wins, and a retried one
// that is older than what was done since does not.
func TestStatesThatAreStored(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		fat := func(id string, u sfprov.User) {
			require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: id, User: number(1), State: &u}))
		}
		bad := employee(1, "v2")
		bad.Fields["Alias"] = "much too long an alias"
		fat("1", employee(1, "v1"))
		stop := running(t, q, newProvisioner(t, org), nil)
		settled(t, q)
		fat("2", bad)
		settled(t, q)
		stop()
		fat("3", employee(1, "v3"))
		fat("4", employee(1, "v4"))
		running(t, q, newProvisioner(t, org), nil)
		settled(t, q)
		n, err := q.Retry(t.Context(), "2", "3", "no such event")
		require.NoError(t, err)
		assert.Equal(t, 1, n, "the dead one only")
		settled(t, q)
		all := byID(t, q)
		var states []sfprovriver.State
		for _, id := range []string{"1", "2", "3", "4"} {
			states = append(states, all[id].State)
		}
		assert.Equal(t, []sfprovriver.State{sfprovriver.Done, sfprovriver.Merged, sfprovriver.Merged, sfprovriver.Done}, states)
		assert.Equal(t, "4", all["2"].MergedInto, "it is older than what was done since")
		assert.Contains(t, all["2"].Error, "Alias")
		assert.Contains(t, all["4"].Result.Changes, sfprov.Change{Field: "Title", Before: "v1", After: "v4"})
		user, _ := inOrg(org, 1)
		assert.Equal(t, "v4", user.Fields["Title"])
	})
}

// TestDeadEvents: an event that a person must look at waits with the whole text, holds up
// nobody, and is worked on again when it is told to.
func TestDeadEvents(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		bad := employee(1, "")
		bad.Fields["Email"] = "no address"
		src := newDirectory(bad, employee(2, ""))
		var mu sync.Mutex
		var ended []sfprovriver.Record
		running(t, q, newProvisioner(t, org), src, sfprovriver.WithEnded(func(r sfprovriver.Record) {
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, r)
		}))
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "bad", User: number(1)}, sfprovriver.Event{ID: "good", User: number(2)}))
		settled(t, q)
		dead, err := q.Events(t.Context(), sfprovriver.Filter{State: []sfprovriver.State{sfprovriver.Dead}})
		require.NoError(t, err)
		require.Len(t, dead, 1)
		assert.Contains(t, dead[0].Error, `Email is "no address"`)
		assert.Equal(t, "invalid_input", dead[0].Reason)
		assert.Nil(t, dead[0].Result)
		stats, err := q.Stats(t.Context())
		require.NoError(t, err)
		assert.Equal(t, sfprovriver.Stats{Dead: 1}, stats)
		assert.Equal(t, sfprovriver.Done, byID(t, q)["good"].State)

		src.set(employee(1, "mended"))
		n, err := q.Retry(t.Context(), "bad")
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		begun := time.Now()
		settled(t, q)
		assert.Less(t, time.Since(begun), 15*time.Second, "or it was a sweep that found it")
		mended := byID(t, q)["bad"]
		assert.Equal(t, sfprovriver.Done, mended.State)
		assert.Empty(t, mended.Error)
		assert.Equal(t, 2, mended.Attempts)
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, ended, 3)
		assert.Equal(t, "invalid_input", ended[slices.IndexFunc(ended, func(r sfprovriver.Record) bool { return r.State == sfprovriver.Dead })].Reason)
	})
}

// TestTheSourceFails: its errors change nobody, and the events wait, with the error to be
// read, until it is back; what it panics with is for a person.
func TestTheSourceFails(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		src := newDirectory(employee(1, ""))
		src.fail = errors.New("the directory is closed")
		running(t, q, newProvisioner(t, org), src)
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "x", User: number(1)}))
		require.Eventually(t, func() bool { return byID(t, q)["x"].Attempts > 1 }, 20*time.Second, 10*time.Millisecond)
		waits := byID(t, q)["x"]
		assert.Equal(t, sfprovriver.Waiting, waits.State)
		assert.Contains(t, waits.Error, "the directory is closed")
		assert.Equal(t, "source", waits.Reason)
		stats, err := q.Stats(t.Context())
		require.NoError(t, err)
		assert.Equal(t, waits.CameAt, stats.Oldest)
		assert.Empty(t, org.Requests())
		src.change(func() { src.fail = nil })
		settled(t, q)
		assert.Equal(t, sfprov.Created, byID(t, q)["x"].Result.Action)

		src.change(func() { src.first = runtime.Goexit })
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "z", User: number(1)}))
		settled(t, q)
		assert.Contains(t, byID(t, q)["z"].Error, "ended the goroutine")

		src.change(func() { src.panic = "out of luck" })
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "y", User: number(1)}))
		settled(t, q)
		assert.Equal(t, sfprovriver.Dead, byID(t, q)["y"].State)
		assert.Contains(t, byID(t, q)["y"].Error, "out of luck")
	})
}

// TestTheSetUpIsAtFault: the queue pauses, says why, buries nothing, and goes on when a person
// has mended the cause and says so.
func TestTheSetUpIsAtFault(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		org.SetRunAsUser(false)
		q := newQueue(t, db, kind)
		require.NoError(t, q.Resume(t.Context()), "there is nothing to resume")
		var users []sfprov.User
		var events []sfprovriver.Event
		for i := range 20 {
			users, events = append(users, employee(i, "")), append(events, sfprovriver.Event{User: number(i)})
		}
		require.NoError(t, q.Add(t.Context(), events...))
		running(t, q, newProvisioner(t, org), newDirectory(users...))
		require.Eventually(t, func() bool {
			stats, err := q.Stats(t.Context())
			return err == nil && stats.Paused
		}, 20*time.Second, 10*time.Millisecond)
		stats, err := q.Stats(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 20, stats.Waiting)
		assert.Contains(t, stats.PausedFor, "no client credentials user enabled")
		refused := org.RefusedLogins()
		require.Never(t, func() bool { return org.RefusedLogins() > refused }, 3*time.Second, 50*time.Millisecond, "nobody tries in vain")
		require.NoError(t, q.Resume(t.Context()))
		require.Eventually(t, func() bool { return org.RefusedLogins() > refused }, time.Minute, 10*time.Millisecond)
		stats, err = q.Stats(t.Context())
		require.NoError(t, err)
		assert.False(t, stats.Paused, "what is mended takes its time, so it is not paused again at once")
		org.SetRunAsUser(true)
		settled(t, q)
		stats, err = q.Stats(t.Context())
		require.NoError(t, err)
		assert.Equal(t, sfprovriver.Stats{}, stats)
		assert.Len(t, slices.DeleteFunc(org.Users(), func(u sfprovtest.User) bool { return !strings.HasSuffix(u.Username, "@acme.com") }), 20)
	})
}

// TestNoWakeUpIsLost: events that come while their user is worked on are worked on, too,
// without a sweep: it takes longer to come than this test.
func TestNoWakeUpIsLost(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		const users, rounds, writers = 5, 40, 4
		src := newDirectory()
		for i := range users {
			src.set(employee(i, "v0"))
		}
		src.set(employee(users, "old"))
		src.first = func() { // the job is running, and has read its events
			src.set(employee(users, "new"))
			assert.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "meanwhile", User: number(users)}))
		}
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "before", User: number(users)}))
		running(t, q, newProvisioner(t, org), src)
		require.Eventually(t, func() bool { return byID(t, q)["meanwhile"].State == sfprovriver.Done }, 15*time.Second, 10*time.Millisecond)
		u, _ := inOrg(org, users)
		assert.Equal(t, "new", u.Fields["Title"])
		var wg sync.WaitGroup
		for writer := range writers {
			wg.Go(func() {
				for round := range rounds {
					n := (writer + round) % users
					src.set(employee(n, fmt.Sprint("v", writer, "-", round)))
					if !assert.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: fmt.Sprint(writer, "-", round), User: number(n)})) {
						return
					}
				}
			})
		}
		wg.Wait()
		begun := time.Now()
		settled(t, q)
		assert.Less(t, time.Since(begun), 15*time.Second, "or it was the sweep that found them")
		for i := range users {
			user, _ := inOrg(org, i)
			assert.Equal(t, src.users[number(i)].Fields["Title"], user.Fields["Title"])
		}
		assert.Len(t, byID(t, q), rounds*writers+2)
	})
}

// TestProcessesStartTogether: whoever comes first makes the tables, and two programs of
// different queues don't see each other's events.
func TestProcessesStartTogether(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		var wg sync.WaitGroup
		queues := make([]*sfprovriver.Queue, 8)
		for i := range queues {
			wg.Go(func() {
				var err error
				queues[i], err = sfprovriver.New(t.Context(), db, kind, sfprovriver.WithName(fmt.Sprint("org-", i%2)))
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		require.NoError(t, queues[0].Add(t.Context(), sfprovriver.Event{ID: "x", User: number(1)}))
		require.NoError(t, queues[1].Add(t.Context(), sfprovriver.Event{ID: "x", User: number(1)}))
		org := sfprovtest.NewOrg(t)
		running(t, queues[2], newProvisioner(t, org), newDirectory(employee(1, "")))
		settled(t, queues[0])
		assert.Equal(t, sfprovriver.Done, byID(t, queues[0])["x"].State)
		assert.Equal(t, sfprovriver.Waiting, byID(t, queues[1])["x"].State)
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

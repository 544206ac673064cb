package sfprovriver_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovriver"
	"github.com/sfprov/sfprov/sfprovtest"
)

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

// TestAnOldStateStaysOld: the trail is cleaned of nothing that shows that a dead State is older
// than what was done since.
func TestAnOldStateStaysOld(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, db *sql.DB, kind sfprovriver.Database) {
		t.Helper()
		org := sfprovtest.NewOrg(t)
		q := newQueue(t, db, kind)
		old, now := employee(1, "old"), employee(1, "new")
		old.Fields["Email"] = "no address"
		stop := running(t, q, newProvisioner(t, org), nil)
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "old", User: number(1), State: &old}))
		settled(t, q)
		require.NoError(t, q.Add(t.Context(), sfprovriver.Event{ID: "new", User: number(1), State: &now}, sfprovriver.Event{ID: "other", User: number(2), State: &now}))
		settled(t, q)
		stop()
		running(t, q, newProvisioner(t, org), nil, sfprovriver.WithRetention(time.Nanosecond))
		require.Eventually(t, func() bool { return len(byID(t, q)) == 2 }, 20*time.Second, 20*time.Millisecond)
		_, err := q.Retry(t.Context(), "old")
		require.NoError(t, err)
		settled(t, q)
		if r, there := byID(t, q)["old"]; there { // else it is cleaned already
			assert.Equal(t, sfprovriver.Merged, r.State)
		}
		user, _ := inOrg(org, 1)
		assert.Equal(t, "new", user.Fields["Title"])
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

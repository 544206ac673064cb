package sfprovriver_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
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

// onEach runs a test on each database.
func onEach(t *testing.T, test func(t *testing.T, db *sql.DB, kind sfprovriver.Database)) {
	t.Helper()
	for _, kind := range []sfprovriver.Database{sfprovriver.SQLite, sfprovriver.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, open(t, kind), kind)
		})
	}
}

func open(t *testing.T, kind sfprovriver.Database) *sql.DB {
	t.Helper()
	var db *sql.DB
	var err error
	if kind == sfprovriver.Postgres {
		db, err = sfprovriver.OpenPostgres(newDatabase(t))
	} else {
		db, err = sfprovriver.OpenSQLite(filepath.Join(t.TempDir(), "queue #1?.db"))
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

func newQueue(t *testing.T, db *sql.DB, kind sfprovriver.Database) *sfprovriver.Queue {
	t.Helper()
	q, err := sfprovriver.New(t.Context(), db, kind)
	require.NoError(t, err)
	return q
}

// directory is a Source in memory.
type directory struct {
	mu    sync.Mutex
	users map[string]sfprov.User
	fail  error
	panic string
	reads int
	first func() // is called while the first user is read
}

func newDirectory(users ...sfprov.User) *directory {
	d := &directory{users: map[string]sfprov.User{}}
	for _, u := range users {
		d.set(u)
	}
	return d
}

func (d *directory) set(u sfprov.User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users[u.Fields["FederationIdentifier"].(string)] = u
}

func (d *directory) change(work func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	work()
}

func (d *directory) User(_ context.Context, id string) (sfprov.User, error) {
	d.mu.Lock()
	u, found := d.users[id]
	first := d.first
	d.first = nil
	d.mu.Unlock()
	if first != nil {
		first()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	if d.panic != "" {
		panic(d.panic)
	}
	if d.fail != nil {
		return sfprov.User{}, d.fail
	}
	if !found {
		return sfprov.User{}, sfprov.ErrGone
	}
	return u, nil
}

func (d *directory) Users(context.Context) iter.Seq2[sfprov.User, error] {
	d.mu.Lock()
	users := slices.Collect(maps.Values(d.users))
	d.mu.Unlock()
	return func(yield func(sfprov.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

func employee(n int, title string) sfprov.User {
	name := fmt.Sprintf("user%d", n)
	return sfprov.User{Username: name, Fields: sfprov.Fields{
		"LastName": strings.ToUpper(name), "Email": name + "@acme.com", "FederationIdentifier": number(n), "Title": title,
	}}
}

func number(n int) string { return fmt.Sprintf("E-%d", n) }

func newProvisioner(t *testing.T, org *sfprovtest.Org) *sfprov.Provisioner {
	t.Helper()
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "acme.com", "FederationIdentifier"
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
	require.NoError(t, err)
	return p
}

// running runs a queue until the test ends, or stop is called.
func running(t *testing.T, q *sfprovriver.Queue, p *sfprov.Provisioner, src sfprov.Source, opts ...sfprovriver.RunOption) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx, p, src, opts...) }()
	stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return stop
}

// settled waits until nothing waits any more.
func settled(t *testing.T, q *sfprovriver.Queue) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		s, err := q.Stats(t.Context())
		assert.NoError(c, err)
		assert.Zero(c, s.Waiting)
	}, time.Minute, 20*time.Millisecond)
}

// byID are all events by their ID.
func byID(t *testing.T, q *sfprovriver.Queue) map[string]sfprovriver.Record {
	t.Helper()
	records, err := q.Events(t.Context(), sfprovriver.Filter{Limit: 10_000})
	require.NoError(t, err)
	all := map[string]sfprovriver.Record{}
	for _, r := range records {
		all[r.ID] = r
	}
	return all
}

// inOrg is the user of the org with a match value.
func inOrg(org *sfprovtest.Org, n int) (found sfprovtest.User, there bool) {
	return org.UserByUsername(fmt.Sprintf("user%d@acme.com", n))
}

// allOf are all events.
func allOf(t *testing.T, q *sfprovriver.Queue) (all []sfprovriver.Record) {
	t.Helper()
	for {
		f := sfprovriver.Filter{Limit: 10_000}
		if len(all) > 0 {
			f.After = all[len(all)-1].Seq
		}
		some, err := q.Events(t.Context(), f)
		require.NoError(t, err)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}

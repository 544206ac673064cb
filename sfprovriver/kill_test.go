//go:build unix

package sfprovriver_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovriver"
	"github.com/sfprov/sfprov/sfprovtest"
)

// childTask is what a worker process of a test is to do, in its environment.
const childTask = "SFPROVRIVER_CHILD"

type task struct {
	Kind    sfprovriver.Database
	Address string // of the database
	Org     sfprov.Config
	Secret  string
	Source  string
}

func isChild() bool { return os.Getenv(childTask) != "" }

// child is a worker process: it runs the queue until it is told to end, or killed.
func child() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := work(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func work(ctx context.Context) error {
	var do task
	if err := json.Unmarshal([]byte(os.Getenv(childTask)), &do); err != nil {
		return err
	}
	db, err := openAt(do.Kind, do.Address)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the process ends
	q, err := sfprovriver.New(ctx, db, do.Kind)
	if err != nil {
		return err
	}
	do.Org.ClientSecret = sfprov.Secret(do.Secret)
	p, err := sfprov.New(do.Org)
	if err != nil {
		return err
	}
	return q.Run(ctx, p, remote(do.Source))
}

func openAt(kind sfprovriver.Database, address string) (*sql.DB, error) {
	if kind == sfprovriver.Postgres {
		return sfprovriver.OpenPostgres(address)
	}
	return sfprovriver.OpenSQLite(address)
}

// remote is a Source over HTTP.
type remote string

func (r remote) User(ctx context.Context, id string) (sfprov.User, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, string(r)+"/"+url.PathEscape(id), http.NoBody)
	if err != nil {
		return sfprov.User{}, err
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		return sfprov.User{}, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	switch resp.StatusCode {
	case http.StatusOK:
		var u sfprov.User
		err := json.NewDecoder(resp.Body).Decode(&u)
		return u, err
	case http.StatusGone:
		return sfprov.User{}, sfprov.ErrGone
	}
	return sfprov.User{}, errors.New(resp.Status)
}

func (remote) Users(context.Context) iter.Seq2[sfprov.User, error] { return nil }

// serve makes a directory a server.
func (d *directory) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := d.User(r.Context(), strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			w.WriteHeader(http.StatusGone)
			return
		}
		_ = json.NewEncoder(w).Encode(u)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// start starts a worker process.
func (do task) start(t *testing.T) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(do)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childTask+"="+string(text))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// sized are the events of a kill run, and the users that they are about: few, or as many as
// SFPROVRIVER_EVENTS says, ten for each user.
func sized(t *testing.T) (events, users int) {
	t.Helper()
	events = 1000
	if n := os.Getenv("SFPROVRIVER_EVENTS"); n != "" {
		var err error
		events, err = strconv.Atoi(n)
		require.NoError(t, err)
	}
	return events, events / 10
}

// TestKilled: of two worker processes one is killed in the middle, and faults are on. All
// events come to their end, nobody has two accounts, no older state comes after a newer one,
// and everybody ends right.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, kind := range []sfprovriver.Database{sfprovriver.SQLite, sfprovriver.Postgres} {
		for _, backlog := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, " backlog ", backlog), func(t *testing.T) {
				t.Parallel()
				address := filepath.Join(t.TempDir(), "queue.db")
				if kind == sfprovriver.Postgres {
					address = newDatabase(t)
				}
				killRun(t, kind, address, backlog, func() {})
			})
		}
	}
}

// TestThePostgresCrashes: the same, and the database crashes in the middle, too.
func TestThePostgresCrashes(t *testing.T) {
	t.Parallel()
	if binaries() == "" {
		t.Skip("Postgres is not installed here, so it can't be made to crash")
	}
	s, err := startPostgres()
	require.NoError(t, err)
	t.Cleanup(func() {
		s.stop()
		assert.NoError(t, os.RemoveAll(s.dir))
	})
	killRun(t, sfprovriver.Postgres, databaseAt(t, s.url()), false, func() {
		s.stop()
		assert.NoError(t, s.start())
	})
}

// watched notes what the org must never see.
type watched struct {
	disordered atomic.Int64
}

// versionOf is the version that a user's title tells.
func versionOf(fields sfprov.Fields) int {
	title, _ := fields["Title"].(string)
	n, _ := strconv.Atoi(strings.TrimPrefix(title, "v"))
	return n
}

func (w *watched) see(before, after sfprov.Fields) *sfprovtest.Refusal {
	if len(before) > 0 && versionOf(after) < versionOf(before) {
		w.disordered.Add(1)
	}
	return nil
}

func killRun(t *testing.T, kind sfprovriver.Database, address string, backlog bool, crash func()) {
	t.Helper()
	events, users := sized(t)
	org := sfprovtest.NewOrg(t)
	var seen watched
	org.AddUserRule("order", seen.see)
	org.SetFaultPlan(sfprovtest.FaultPlan{Seed: 1, Rules: []sfprovtest.FaultRule{
		{Path: "/data/", Probability: 0.03, Faults: []sfprovtest.Fault{
			sfprovtest.GatewayHTML(502), sfprovtest.LostAnswer(), sfprovtest.LockedRow(), sfprovtest.ServerUnavailable(), sfprovtest.Dropped(),
		}},
		{Faults: []sfprovtest.Fault{{Delay: 20 * time.Millisecond}}},
	}})
	src := newDirectory()
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "acme.com", "FederationIdentifier"
	do := task{Kind: kind, Address: address, Org: cfg, Secret: string(cfg.ClientSecret), Source: src.serve(t)}
	db, err := openAt(kind, address)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	q := newQueue(t, db, kind)

	var workers [2]*exec.Cmd
	startWorkers := func() {
		for i := range workers {
			workers[i] = do.start(t)
		}
	}
	if !backlog {
		startWorkers()
	}
	ended := func() int { return endedIn(t, db) }
	killed, running := 0, 0
	kill := func() { // SIGKILL
		require.NoError(t, workers[0].Process.Kill())
		_ = workers[0].Wait()
		killed = ended()
		assert.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM river_job WHERE state = 'running'`).Scan(&running))
	}
	for i := range events {
		n := i % users
		gone := i >= events-users/10 // the last event of a tenth of the users
		src.change(func() {
			if gone {
				delete(src.users, number(n))
			} else {
				src.users[number(n)] = employee(n, fmt.Sprint("v", i/users+1))
			}
		})
		enqueue(t, q, sfprovriver.Event{ID: fmt.Sprint("event-", i), User: number(n)})
		if i%50 == 0 { // the second delivery
			enqueue(t, q, sfprovriver.Event{ID: fmt.Sprint("event-", i), User: number(n)})
		}
		switch {
		case backlog:
		case i == events/3:
			crash()
		case i == events/2:
			kill()
		}
	}
	enqueued := time.Now()
	if backlog {
		startWorkers()
		require.Eventually(t, func() bool { return ended() > 0 }, 5*time.Minute, time.Millisecond)
		kill()
	}
	require.Eventually(t, func() bool { return ended() == events }, 10*time.Minute, 50*time.Millisecond)
	took := time.Since(enqueued)

	wrong, doubled := 0, 0
	accounts := map[string]int{}
	for _, u := range org.Users() {
		if id, _ := u.Fields["FederationIdentifier"].(string); strings.HasPrefix(id, "E-") {
			accounts[id]++
		}
	}
	for n := range users {
		u, there := inOrg(org, n)
		isLeaver := n >= users-users/10
		switch {
		case isLeaver && there && u.Active, !isLeaver && (!there || !u.Active || u.Fields["Title"] != fmt.Sprint("v", events/users)):
			wrong++
		case accounts[number(n)] > 1:
			doubled++
		}
	}
	states := map[sfprovriver.State]int{}
	for _, r := range allOf(t, q) {
		states[r.State]++
	}
	t.Logf("%s, backlog %v: %d events for %d users, killed when %d had ended and %d jobs were running; %d wrong, %d doubled, %d out of order, %v; %d API requests; the last was right %.1f s after the last was enqueued",
		kind, backlog, events, users, killed, running, wrong, doubled, seen.disordered.Load(), states, len(org.Requests()), took.Seconds())
	assert.Zero(t, wrong)
	assert.Zero(t, doubled)
	assert.Zero(t, seen.disordered.Load())
	assert.Equal(t, events, states[sfprovriver.Done]+states[sfprovriver.Merged])
	if backlog {
		assert.LessOrEqual(t, len(org.Requests()), 400)
	}
	require.NoError(t, workers[1].Process.Signal(syscall.SIGTERM))
	assert.NoError(t, workers[1].Wait(), "it ends cleanly")
}

// enqueue enqueues, however often the database fails, as a hook does that is called again.
func enqueue(t *testing.T, q *sfprovriver.Queue, e sfprovriver.Event) {
	t.Helper()
	require.Eventually(t, func() bool { return q.Add(t.Context(), e) == nil }, time.Minute, time.Millisecond)
}

// endedIn is how many events are done or merged; 0 while the database does not answer.
func endedIn(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	_ = db.QueryRowContext(t.Context(), `SELECT count(*) FROM sfprov_event WHERE state IN ('done', 'merged')`).Scan(&n)
	return n
}

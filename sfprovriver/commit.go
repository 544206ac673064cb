package sfprovriver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// finish is what a job has to write down.
type finish struct {
	ctx     context.Context //nolint:containedctx // of the job: River's completion wants what it bears
	job     *river.Job[userArgs]
	outcome *outcome // nil: there were no events

	done   chan struct{} // closed when what follows is there
	isOver bool          // the job is completed: nothing waits for the user
	err    error
}

// commits write down what jobs did, many by one transaction: what comes while one is under
// way is the next one. A commit for each event would make Postgres wait for the disk each
// time.
type commits struct {
	q *Queue

	mu      sync.Mutex
	pending []*finish
	running bool
}

func newCommits(q *Queue) *commits { return &commits{q: q} }

const (
	// maxCommit is how many jobs one transaction writes down.
	maxCommit = 200
	// commitTimeout bounds it: together with the time of a job it is less than after
	// what a job is rescued.
	commitTimeout = 5 * time.Second
	// lockPause is how long a job waits that somebody enqueues for at this moment.
	lockPause = 20 * time.Millisecond
)

// do writes down what a job did, and completes the job if nothing waits for its user any more.
func (c *commits) do(f *finish) (isOver bool, err error) {
	f.done = make(chan struct{})
	c.mu.Lock()
	c.pending = append(c.pending, f)
	if !c.running {
		c.running = true
		go c.run()
	}
	c.mu.Unlock()
	<-f.done
	return f.isOver, f.err
}

func (c *commits) run() {
	for {
		c.mu.Lock()
		n := min(len(c.pending), maxCommit)
		some := slices.Clone(c.pending[:n])
		c.pending = slices.Delete(c.pending, 0, n)
		c.running = n > 0
		c.mu.Unlock()
		if n == 0 {
			return
		}
		c.write(some)
		for _, f := range some {
			close(f.done)
		}
	}
}

// write writes down some; if that fails, each by itself, so that one that can't be written
// holds up nobody else. What is not written in time is worked on again.
func (c *commits) write(some []*finish) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	err := c.q.within(ctx, func(tx *sql.Tx) error { return c.q.finish(ctx, tx, some) })
	for _, f := range some {
		switch {
		case err == nil:
		case len(some) == 1 || ctx.Err() != nil:
			f.isOver, f.err = false, err
		default:
			one := []*finish{f}
			if failed := c.q.within(ctx, func(tx *sql.Tx) error { return c.q.finish(ctx, tx, one) }); failed != nil {
				f.isOver, f.err = false, failed
			}
		}
	}
}

// finish writes down outcomes, and completes those jobs for whose users nothing waits any
// more. The row of the job is locked before that is looked at, and whoever enqueues an event
// waits for that lock: either the event is seen here, or it gets a job of its own.
func (q *Queue) finish(ctx context.Context, tx *sql.Tx, some []*finish) error {
	mayEnd := map[int64]*finish{}
	var users []any
	for _, f := range some {
		f.isOver, f.err = false, nil
		if f.outcome != nil {
			if err := q.writeOutcome(ctx, tx, f.outcome); err != nil {
				return err
			}
		}
		if f.outcome == nil || f.outcome.state != Waiting {
			mayEnd[f.job.ID] = f
			users = append(users, f.job.Args.User)
		}
	}
	if len(mayEnd) == 0 {
		return nil
	}
	locked, err := q.lockJobs(ctx, tx, mayEnd)
	if err != nil {
		return err
	}
	busy, err := q.usersWithEvents(ctx, tx, users)
	if err != nil {
		return err
	}
	for _, f := range locked {
		if busy[f.job.Args.User] {
			continue
		}
		_, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](context.WithoutCancel(f.ctx), tx, f.job) //nolint:contextcheck // the job's context bears what River needs
		if err != nil && !errors.Is(err, rivertype.ErrNotFound) {                                           // somebody deleted it
			return fmt.Errorf("completing the job of user %q: %w", f.job.Args.User, err)
		}
		f.isOver = true
	}
	return nil
}

// writeOutcome writes down what became of a user's events.
func (q *Queue) writeOutcome(ctx context.Context, tx *sql.Tx, o *outcome) error {
	last := o.last()
	if o.state == Waiting {
		_, err := tx.ExecContext(ctx, `UPDATE sfprov_event SET attempts = attempts + 1, result = coalesce($1, result), error = $2, reason = $3, worker = $4
			WHERE seq = $5 AND state = 'waiting'`, o.result, o.text, o.reason, o.worker, last.seq)
		if err != nil {
			return fmt.Errorf("noting why event %q waits: %w", last.id, err)
		}
		return nil
	}
	now := time.Now().UnixMicro()
	into, merged := last.id, o.events[:len(o.events)-1]
	if o.newer != "" {
		into, merged = o.newer, o.events
	}
	for _, e := range merged {
		_, err := tx.ExecContext(ctx, `UPDATE sfprov_event SET state = 'merged', merged_into = $1, worker = $2, ended_at = $3
			WHERE seq = $4 AND state = 'waiting'`, into, o.worker, now, e.seq)
		if err != nil {
			return fmt.Errorf("noting that event %q is merged: %w", e.id, err)
		}
	}
	if o.newer != "" {
		return nil
	}
	var text, reason *string
	if o.text != "" {
		text, reason = &o.text, &o.reason
	}
	_, err := tx.ExecContext(ctx, `UPDATE sfprov_event SET state = $1, attempts = attempts + 1, result = coalesce($2, result), error = $3, reason = $4,
		worker = $5, ended_at = $6 WHERE seq = $7 AND state = 'waiting'`, o.state, o.result, text, reason, o.worker, now, last.seq)
	if err != nil {
		return fmt.Errorf("noting that event %q is %s: %w", last.id, o.state, err)
	}
	return nil
}

// lockJobs locks the rows of jobs that are still this process's, but for those that somebody
// enqueues for at this moment: waiting for them here could be waiting for each other.
func (q *Queue) lockJobs(ctx context.Context, tx *sql.Tx, jobs map[int64]*finish) (locked []*finish, err error) {
	ids := make([]any, 0, len(jobs))
	for id := range jobs {
		ids = append(ids, id)
	}
	query := `SELECT id, attempt FROM river_job WHERE state = 'running' AND id IN (` + marks(1, len(ids)) + `)` //nolint:gosec // placeholders
	if q.database == Postgres {
		query += ` FOR UPDATE SKIP LOCKED`
	}
	rows, err := tx.QueryContext(ctx, query, ids...)
	if err != nil {
		return nil, fmt.Errorf("locking jobs: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	for rows.Next() {
		var id int64
		var attempt int
		if err := rows.Scan(&id, &attempt); err != nil {
			return nil, fmt.Errorf("locking jobs: %w", err)
		}
		if f := jobs[id]; f.job.Attempt == attempt { // else it was rescued, and is another's
			locked = append(locked, f)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("locking jobs: %w", err)
	}
	return locked, nil
}

// usersWithEvents are those of users for whom something waits.
func (q *Queue) usersWithEvents(ctx context.Context, tx *sql.Tx, users []any) (map[string]bool, error) {
	query := `SELECT DISTINCT user_key FROM sfprov_event WHERE queue = $1 AND state = 'waiting' AND user_key IN (` + marks(2, len(users)) + `)` //nolint:gosec // placeholders
	rows, err := tx.QueryContext(ctx, query, append([]any{q.name}, users...)...)
	if err != nil {
		return nil, fmt.Errorf("looking for events: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	busy := map[string]bool{}
	for rows.Next() {
		var user string
		if err := rows.Scan(&user); err != nil {
			return nil, fmt.Errorf("looking for events: %w", err)
		}
		busy[user] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("looking for events: %w", err)
	}
	return busy, nil
}

// marks are n placeholders, the first of which is numbered.
func marks(first, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(all, ", ")
}

package sfprovriver

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/sfprov/sfprov"
)

// Queue holds events durably, and works on them. It is safe for concurrent use; make one for
// each org and share it.
type Queue struct {
	db       *sql.DB
	database Database
	driver   riverdriver.Driver[*sql.Tx]
	name     string
	log      *slog.Logger
	insert   *river.Client[*sql.Tx] // which only inserts
}

// Option sets what few callers set.
type Option func(*Queue)

// WithName names the queue, where several share a database: one for each org. It consists of
// lower-case letters, digits, _ and -. The default is "sfprov".
func WithName(name string) Option { return func(q *Queue) { q.name = name } }

// WithLogger makes the queue log, and River with it: what goes wrong at warn and error,
// pauses at warn. The default is silence. Identifiers of users and events are in it, Salesforce's
// texts and names of people are not.
func WithLogger(l *slog.Logger) Option {
	return func(q *Queue) { q.log = cmp.Or(l, q.log) }
}

// New makes a queue in a database that the caller opened, and migrates its tables there:
// River's, and sfprov_event. It may be done by several processes at the same time. Programs
// that only enqueue need nothing else.
func New(ctx context.Context, db *sql.DB, database Database, opts ...Option) (*Queue, error) {
	q := &Queue{db: db, database: database, name: "sfprov", log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		if opt != nil {
			opt(q)
		}
	}
	if strings.HasSuffix(q.name, reconcileSuffix) {
		return nil, fmt.Errorf("sfprovriver: the queue can't be called %q: names that end in %s are those of reconciliations", q.name, reconcileSuffix)
	}
	if db == nil {
		return nil, errors.New("sfprovriver: the database is nil: OpenSQLite and OpenPostgres open one")
	}
	var err error
	if q.driver, err = database.driver(db); err != nil {
		return nil, err
	}
	if q.insert, err = river.NewClient(q.driver, &river.Config{Logger: q.log}); err != nil {
		return nil, fmt.Errorf("sfprovriver: %w", err)
	}
	if err := q.migrate(ctx); err != nil {
		return nil, err
	}
	return q, nil
}

// River is the client that inserts jobs: for riverui, and to look at jobs. The jobs are this
// package's; cancelling or deleting one delays its user's events, until the next sweep makes
// another.
func (q *Queue) River() *river.Client[*sql.Tx] { return q.insert }

// userArgs is the job that works on the events of one user.
type userArgs struct {
	Queue string `json:"queue" river:"unique"`
	User  string `json:"user"  river:"unique"`
}

// Kind names the job for River.
func (userArgs) Kind() string { return "sfprov_user" }

// liveStates are those in which a job is still to be worked on. River insists on most of them.
var liveStates = []rivertype.JobState{ //nolint:gochecknoglobals // a constant table
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
}

// maxAttempts is as many as River can count: events end by what became of them, not by a
// count.
const maxAttempts = 32767

func (q *Queue) jobOptions() *river.InsertOpts {
	return &river.InsertOpts{
		Queue: q.name, MaxAttempts: maxAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: liveStates},
	}
}

// Enqueue puts events into the queue, in the caller's own transaction: they are there if it
// is committed, and never were if it is rolled back. An event whose ID was enqueued before is
// dropped. The error joins everything that is wrong with the events, and nothing is stored
// then.
//
// Keep the transaction short. Until it ends, others who enqueue events of the same users wait,
// and so may the workers, with whatever they have to write down; on SQLite all who write. Who
// enqueues several users in several calls of one transaction does so in the
// same order everywhere, or two of them may wait for each other, and Postgres ends one.
func (q *Queue) Enqueue(ctx context.Context, tx *sql.Tx, events ...Event) error {
	var problems []error
	for _, e := range events {
		problems = append(problems, e.Check())
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.User, b.User) })
	now := time.Now()
	for _, e := range events {
		body, err := e.body()
		if err != nil {
			return err
		}
		// The job goes first: whoever has its lock comes before others in the order of the
		// user's events, too.
		if err := q.insertJob(ctx, tx, e.User); err != nil {
			return err
		}
		id := cmp.Or(e.ID, rand.Text())
		_, err = tx.ExecContext(ctx, `INSERT INTO sfprov_event (queue, id, user_key, body, state, came_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (queue, id) DO NOTHING`, q.name, id, e.User, body, Waiting, now.UnixMicro())
		if err != nil {
			return fmt.Errorf("sfprovriver: storing event %q: %w", e.ID, err)
		}
	}
	return nil
}

// insertJob sees to it that there is a job for a user.
func (q *Queue) insertJob(ctx context.Context, tx *sql.Tx, user string) error {
	if _, err := q.insert.InsertTx(ctx, tx, userArgs{Queue: q.name, User: user}, q.jobOptions()); err != nil {
		return fmt.Errorf("sfprovriver: inserting the job of user %q: %w", user, err)
	}
	return nil
}

// Add is [Queue.Enqueue] in a transaction of its own, for callers that have none.
func (q *Queue) Add(ctx context.Context, events ...Event) error {
	return q.within(ctx, func(tx *sql.Tx) error { return q.Enqueue(ctx, tx, events...) })
}

// Events are those that a filter wants, in the order of their Seq: the queue, and the audit
// trail, as long as [WithRetention] keeps it.
func (q *Queue) Events(ctx context.Context, f Filter) ([]Record, error) {
	where, args := []string{"queue = $1"}, []any{q.name}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.User != "" {
		add("user_key = $%d", f.User)
	}
	if f.ID != "" {
		add("id = $%d", f.ID)
	}
	if f.After > 0 {
		add("seq > $%d", f.After)
	}
	if len(f.State) > 0 {
		marks := make([]string, len(f.State))
		for i, state := range f.State {
			args = append(args, state)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		where = append(where, "state IN ("+strings.Join(marks, ", ")+")")
	}
	if f.Limit <= 0 {
		f.Limit = defaultLimit
	}
	add("TRUE ORDER BY seq LIMIT $%d", min(f.Limit, maxLimit))
	const columns = `seq, id, user_key, state, coalesce(merged_into, ''), coalesce(result, ''), coalesce(error, ''), coalesce(reason, ''),
		attempts, coalesce(worker, ''), came_at, coalesce(ended_at, 0)`
	query := `SELECT ` + columns + ` FROM sfprov_event WHERE ` + strings.Join(where, " AND ") //nolint:gosec // the conditions are this function's
	rows, err := q.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("sfprovriver: reading events: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	records := []Record{}
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return nil, fmt.Errorf("sfprovriver: reading events: %w", err)
		}
		records = append(records, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sfprovriver: reading events: %w", err)
	}
	return records, nil
}

func scanRecord(rows *sql.Rows) (Record, error) {
	var r Record
	var result string
	var came, ended int64
	err := rows.Scan(&r.Seq, &r.ID, &r.User, &r.State, &r.MergedInto, &result, &r.Error, &r.Reason, &r.Attempts, &r.Worker, &came, &ended)
	if err != nil {
		return Record{}, err
	}
	r.CameAt = time.UnixMicro(came).UTC()
	if ended > 0 {
		r.EndedAt = time.UnixMicro(ended).UTC()
	}
	if result != "" {
		r.Result = &sfprov.Result{}
		if err := json.Unmarshal([]byte(result), r.Result); err != nil {
			return Record{}, fmt.Errorf("the result of event %q: %w", r.ID, err)
		}
	}
	return r, nil
}

// Retry lets dead events wait again, once a person has mended what they died of; it returns
// how many there were. IDs of events that are not dead are left alone. A State that is older
// than what was done for the user since is not carried out: the newer event stands.
func (q *Queue) Retry(ctx context.Context, ids ...string) (int, error) {
	n := 0
	err := q.within(ctx, func(tx *sql.Tx) error {
		n = 0
		var users []string
		for _, id := range slices.Sorted(slices.Values(ids)) { // as everybody does, so that nobody waits for each other
			var user string
			err := tx.QueryRowContext(ctx, `UPDATE sfprov_event SET state = $1, ended_at = NULL WHERE queue = $2 AND id = $3 AND state = $4
				RETURNING user_key`, Waiting, q.name, id, Dead).Scan(&user)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				continue
			case err != nil:
				return fmt.Errorf("retrying event %q: %w", id, err)
			}
			n++
			users = append(users, user)
		}
		slices.Sort(users)
		for _, user := range slices.Compact(users) {
			if err := q.insertJob(ctx, tx, user); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Stats is how the queue is now.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	var oldest int64
	err := q.db.QueryRowContext(ctx, `SELECT coalesce(sum(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0), coalesce(min(CASE WHEN state = 'waiting' THEN came_at END), 0)
		FROM sfprov_event WHERE queue = $1 AND state IN ('waiting', 'dead')`, q.name).Scan(&s.Waiting, &s.Dead, &oldest)
	if err != nil {
		return Stats{}, fmt.Errorf("sfprovriver: counting events: %w", err)
	}
	if oldest > 0 {
		s.Oldest = time.UnixMicro(oldest).UTC()
	}
	var note pauseNote
	if s.Paused, note, err = q.paused(ctx); err != nil {
		return Stats{}, err
	}
	if s.Paused {
		s.PausedFor = note.PausedFor
	}
	return s, nil
}

package sfprovriver

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	// sweepInterval is how often events are sought that have no job.
	sweepInterval = 30 * time.Second
	// sweepLimit is how many users a sweep looks after.
	sweepLimit = 1000
	// upkeepTimeout bounds each task.
	upkeepTimeout = 20 * time.Second
	// cleanLimit is how many events are deleted by one statement.
	cleanLimit = 5000
)

// keepUp sweeps, cleans and schedules, now and then, until ctx ends.
func (w *worker) keepUp(ctx context.Context) {
	tasks := map[string]func(context.Context) error{
		"events without a job could not be sought": w.q.sweep,
		"old events could not be deleted":          func(ctx context.Context) error { return w.q.clean(ctx, w.retention) },
	}
	if w.every > 0 {
		tasks["the reconciliation could not be scheduled"] = w.scheduleReconcile
	}
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		for complaint, task := range tasks {
			limited, cancel := context.WithTimeout(ctx, upkeepTimeout)
			if err := task(limited); err != nil && ctx.Err() == nil {
				w.q.log.WarnContext(ctx, complaint, slog.String("error", err.Error()))
			}
			cancel()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Users with a job, as each database looks for them best: the one makes a set of them, the
// other joins.
const (
	withoutJob = `AND user_key NOT IN (
		SELECT json_extract(args, '$.user') FROM river_job WHERE kind = 'sfprov_user' AND queue = $1 AND state IN ` + liveStatesSQL + `)`
	withoutJobPostgres = `AND NOT EXISTS (
		SELECT 1 FROM river_job j WHERE j.kind = 'sfprov_user' AND j.queue = $1 AND j.args->>'user' = e.user_key AND j.state IN ` + liveStatesSQL + `)`
	liveStatesSQL = `('available', 'pending', 'running', 'retryable', 'scheduled')`
)

// sweep makes jobs for users whose events wait without one, as they do where somebody
// deleted a job, or another program's River threw it away.
func (q *Queue) sweep(ctx context.Context) error {
	condition := withoutJob
	if q.database == Postgres {
		condition = withoutJobPostgres
	}
	return q.within(ctx, func(tx *sql.Tx) error {
		users, err := textsOf(ctx, tx, `SELECT DISTINCT user_key FROM sfprov_event e WHERE queue = $1 AND state = 'waiting' `+condition+` LIMIT $2`, q.name, sweepLimit)
		if err != nil {
			return err
		}
		slices.Sort(users) // as Enqueue does
		for _, user := range users {
			if err := q.insertJob(ctx, tx, user); err != nil {
				return err
			}
		}
		if len(users) > 0 {
			q.log.WarnContext(ctx, "events waited without a job, and have one now", slog.Int("users", len(users)))
		}
		return nil
	})
}

// textsOf are the texts of a query's one column.
func textsOf(ctx context.Context, tx *sql.Tx, query string, args ...any) (texts []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, rows.Err()
}

// clean deletes events that ended longer ago than they are kept. Where a dead one has a State,
// the later ones stay, which show that it is old.
func (q *Queue) clean(ctx context.Context, retention time.Duration) error {
	if retention <= 0 {
		return nil
	}
	before := time.Now().Add(-retention).UnixMicro()
	for {
		result, err := q.db.ExecContext(ctx, `DELETE FROM sfprov_event WHERE seq IN (
			SELECT seq FROM sfprov_event e WHERE queue = $1 AND ended_at < $2 AND state IN ('done', 'merged') AND NOT EXISTS (
				SELECT 1 FROM sfprov_event d WHERE d.queue = $1 AND d.user_key = e.user_key AND d.state = 'dead' AND d.body IS NOT NULL
			) LIMIT $3)`, q.name, before, cleanLimit)
		if err != nil {
			return fmt.Errorf("sfprovriver: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n < cleanLimit {
			return err
		}
	}
}

package sfprovriver

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"
)

const (
	// sweepInterval is how often events are sought that have no job.
	sweepInterval = 30 * time.Second
	// sweepLimit is how many users a sweep looks after.
	sweepLimit = 1000
	// cleanLimit is how many events are deleted by one statement.
	cleanLimit = 5000
)

// keepUp sweeps and cleans, now and then, until ctx ends.
func (q *Queue) keepUp(ctx context.Context, retention time.Duration) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		if err := q.sweep(ctx); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "events without a job could not be sought", slog.String("error", err.Error()))
		}
		if err := q.clean(ctx, retention); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "old events could not be deleted", slog.String("error", err.Error()))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// sweep makes jobs for users whose events wait without one, as they do where somebody
// deleted a job, or another program's River threw it away.
func (q *Queue) sweep(ctx context.Context) error {
	user := `json_extract(args, '$.user')`
	if q.database == Postgres {
		user = `args->>'user'`
	}
	return q.within(ctx, func(tx *sql.Tx) error {
		users, err := textsOf(ctx, tx, `SELECT DISTINCT user_key FROM sfprov_event WHERE queue = $1 AND state = 'waiting' AND user_key NOT IN (
				SELECT `+user+` FROM river_job WHERE kind = 'sfprov_user' AND queue = $1
				AND state IN ('available', 'pending', 'running', 'retryable', 'scheduled')
			) ORDER BY user_key LIMIT $2`, q.name, sweepLimit)
		if err != nil {
			return err
		}
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

// clean deletes events that ended longer ago than they are kept.
func (q *Queue) clean(ctx context.Context, retention time.Duration) error {
	if retention <= 0 {
		return nil
	}
	before := time.Now().Add(-retention).UnixMicro()
	for {
		result, err := q.db.ExecContext(ctx, `DELETE FROM sfprov_event WHERE seq IN (
			SELECT seq FROM sfprov_event WHERE queue = $1 AND ended_at < $2 AND state IN ('done', 'merged') LIMIT $3)`, q.name, before, cleanLimit)
		if err != nil {
			return fmt.Errorf("sfprovriver: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n < cleanLimit {
			return err
		}
	}
}

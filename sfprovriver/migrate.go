package sfprovriver

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/riverqueue/river/rivermigrate"
)

// migrations bring the tables of this package from one version to the next. What was
// released is never changed; a change is one more.
func (d Database) migrations() [][]string {
	number := `INTEGER PRIMARY KEY AUTOINCREMENT`
	if d == Postgres {
		number = `BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY`
	}
	return [][]string{{
		`CREATE TABLE sfprov_event (
			seq ` + number + `,
			queue TEXT NOT NULL, id TEXT NOT NULL, user_key TEXT NOT NULL,
			body TEXT, state TEXT NOT NULL, merged_into TEXT,
			result TEXT, error TEXT, reason TEXT, attempts INTEGER NOT NULL DEFAULT 0, worker TEXT,
			came_at BIGINT NOT NULL, ended_at BIGINT,
			UNIQUE (queue, id)
		)`,
		`CREATE INDEX sfprov_event_user ON sfprov_event (queue, user_key, seq)`,
		`CREATE INDEX sfprov_event_waiting ON sfprov_event (queue, user_key, seq) WHERE state = 'waiting'`,
		`CREATE INDEX sfprov_event_open ON sfprov_event (queue, state, seq) WHERE state IN ('waiting', 'dead')`,
		`CREATE INDEX sfprov_event_ended ON sfprov_event (queue, ended_at) WHERE ended_at IS NOT NULL`,
	}}
}

// migrationPatience is how long processes that start at the same time wait for each other.
const (
	migrationPatience = 30 * time.Second
	migrationTries    = 5
)

// migrate brings River's tables and this package's to their newest versions.
func (q *Queue) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrationPatience)
	defer cancel()
	if q.database == Postgres {
		unlock, err := q.lockMigrations(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		return q.migrateOnce(ctx)
	}
	// SQLite has no lock that outlasts a transaction: who loses a race tries again, and
	// finds the tables there.
	for tries := 1; ; tries++ {
		err := q.migrateOnce(ctx)
		if err == nil || tries == migrationTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// lockMigrations lets one process migrate at a time.
func (q *Queue) lockMigrations(ctx context.Context) (unlock func(), err error) {
	conn, err := q.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("sfprovriver: connecting: %w", err)
	}
	const lock = 0x7366_7072_6f76 // "sfprov"
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, lock); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("sfprovriver: waiting for other processes to migrate: %w", err)
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, lock) // closing it would, too
		_ = conn.Close()
	}, nil
}

func (q *Queue) migrateOnce(ctx context.Context) error {
	migrator, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: q.log})
	if err != nil {
		return fmt.Errorf("sfprovriver: migrating River's tables: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("sfprovriver: migrating River's tables: %w", err)
	}
	return q.within(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS sfprov_migration (version INTEGER PRIMARY KEY)`); err != nil {
			return err
		}
		var version int
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM sfprov_migration`).Scan(&version); err != nil {
			return err
		}
		all := q.database.migrations()
		if version > len(all) {
			return fmt.Errorf("the tables are of version %d, and this program knows %d: it is too old", version, len(all))
		}
		for i, statements := range all[version:] {
			for _, statement := range statements {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO sfprov_migration (version) VALUES ($1)`, version+i+1); err != nil {
				return err
			}
		}
		return nil
	})
}

// within does work in a transaction.
func (q *Queue) within(ctx context.Context, work func(*sql.Tx) error) error {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sfprovriver: beginning a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it is committed
	if err := work(tx); err != nil {
		return fmt.Errorf("sfprovriver: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sfprovriver: committing: %w", err)
	}
	return nil
}

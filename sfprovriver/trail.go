package sfprovriver

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sfprov/sfprov"
)

// trail stores what a reconciliation did, beside the events.
type trail struct {
	q      *Queue
	worker func() string

	pending []entry
	failed  error
}

// entry is a user whom a reconciliation changed.
type entry struct {
	user   string
	result string
	at     time.Time
}

// trailChunk is how many users are stored by one transaction.
const trailChunk = 500

// note keeps what became of a user. One goroutine calls it at a time, that of the
// reconciliation.
func (t *trail) note(matchField string, o sfprov.Outcome) {
	text, err := json.Marshal(o.Result)
	if o.State != sfprov.OutcomeDone || len(o.Result.Changes) == 0 || err != nil {
		return
	}
	user := o.Result.ID // of who is not at the source
	if match, is := o.User.Fields[matchField].(string); is {
		user = match
	}
	t.pending = append(t.pending, entry{user: user, result: storable(string(text)), at: time.Now()})
	if len(t.pending) >= trailChunk {
		t.failed = errors.Join(t.failed, t.store(context.Background()))
	}
}

// flush stores the rest, and returns what could not be stored.
func (t *trail) flush(ctx context.Context) error {
	err := errors.Join(t.failed, t.store(context.WithoutCancel(ctx)))
	t.failed = nil
	return err
}

func (t *trail) store(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	some := t.pending
	t.pending = nil
	return t.q.within(ctx, func(tx *sql.Tx) error {
		for _, e := range some {
			_, err := tx.ExecContext(ctx, `INSERT INTO sfprov_event (queue, id, user_key, state, result, attempts, worker, came_at, ended_at)
				VALUES ($1, $2, $3, 'done', $4, 1, $5, $6, $6)`, t.q.name, reconciledID+rand.Text(), e.user, e.result, t.worker(), e.at.UnixMicro())
			if err != nil {
				return fmt.Errorf("storing what was done for user %q: %w", e.user, err)
			}
		}
		return nil
	})
}

// reconciledID begins the IDs of what no event told.
const reconciledID = "reconciled-"

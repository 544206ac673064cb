package sfprovriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/sfprov/sfprov"
)

// pauseNote is what the queue's row keeps of why it is paused, and when it went on.
type pauseNote struct {
	PausedFor string    `json:"sfprovPausedFor"`
	ResumedAt time.Time `json:"sfprovResumedAt"`
}

// grace is how long after a resumption errors of the set-up don't pause the queue again: a
// Provisioner leaves a refused login alone for up to a minute, and Salesforce takes some time
// to notice what was mended.
const grace = 2 * time.Minute

// pause stops the queue on all machines because everybody would meet this error.
func (q *Queue) pause(ctx context.Context, why error) error {
	_, note, err := q.paused(ctx)
	if ago := time.Since(note.ResumedAt); err != nil || ago > -grace && ago < grace { // clocks differ
		return err
	}
	note.PausedFor = storable(why.Error())
	if err := q.notePause(ctx, note); err != nil {
		return err
	}
	if err := q.insert.QueuePause(ctx, q.name, nil); err != nil {
		return fmt.Errorf("sfprovriver: pausing the queue: %w", err)
	}
	q.log.WarnContext(ctx, "the queue is paused: the set-up is at fault, and a person has to mend it; then resume the queue",
		slog.String("queue", q.name), slog.String("reason", sfprov.Reason(why)))
	return nil
}

// Resume lets a queue go on that was paused, on all machines. Nothing was lost meanwhile. For
// the next two minutes errors of the set-up don't pause it again: what was mended takes some
// time to be taken up.
func (q *Queue) Resume(ctx context.Context) error {
	err := q.notePause(ctx, pauseNote{ResumedAt: time.Now()})
	if err == nil {
		err = q.insert.QueueResume(ctx, q.name, nil)
	}
	if err != nil && !errors.Is(err, rivertype.ErrNotFound) { // no worker has run yet
		return fmt.Errorf("sfprovriver: resuming the queue: %w", err)
	}
	return nil
}

func (q *Queue) notePause(ctx context.Context, note pauseNote) error {
	text, err := json.Marshal(note)
	if err == nil {
		_, err = q.insert.QueueUpdate(ctx, q.name, &river.QueueUpdateParams{Metadata: text})
	}
	if err != nil {
		return fmt.Errorf("sfprovriver: noting why the queue is paused: %w", err)
	}
	return nil
}

// paused reports whether the queue is paused, and what is known of that.
func (q *Queue) paused(ctx context.Context) (isPaused bool, note pauseNote, err error) {
	row, err := q.insert.QueueGet(ctx, q.name)
	switch {
	case errors.Is(err, rivertype.ErrNotFound): // no worker has run yet
		return false, pauseNote{}, nil
	case err != nil:
		return false, pauseNote{}, fmt.Errorf("sfprovriver: reading the queue: %w", err)
	}
	_ = json.Unmarshal(row.Metadata, &note) // which others may have written
	return row.PausedAt != nil, note, nil
}

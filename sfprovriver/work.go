package sfprovriver

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/sfprov/sfprov"
)

// waiting is an event that waits.
type waiting struct {
	seq      int64
	id       string
	body     *string // nil: the Source tells
	attempts int
	came     int64
	result   *string // of attempts before
}

// outcome is what became of the events of a user that waited.
type outcome struct {
	events []waiting // in their order; the last one stands for all
	state  State     // Waiting: to be tried again
	result *string
	text   string // of the error, or of the warning
	reason string
	worker string
	took   time.Duration
	// newer is the event that was done before and is newer than all of these; the outcome
	// is Merged then.
	newer string
}

func (o *outcome) last() waiting { return o.events[len(o.events)-1] }

// Work brings one user in step with what its events say.
func (w *worker) Work(ctx context.Context, job *river.Job[userArgs]) error {
	began := time.Now()
	for {
		events, err := w.q.waitingOf(ctx, job.Args.User)
		if err != nil {
			return broken(ctx, err)
		}
		f := &finish{ctx: ctx, job: job}
		var after error // how the job ends if its events don't
		if len(events) > 0 {
			f.outcome, after = w.handle(ctx, job.Args.User, events)
		}
		if f.outcome != nil || len(events) == 0 {
			isOver, err := w.commits.do(f) //nolint:contextcheck // a commit serves several jobs
			if err != nil {
				return broken(ctx, err)
			}
			w.tell(job.Args.User, f.outcome)
			if isOver {
				return nil
			}
			if len(events) == 0 { // somebody enqueues just now
				pause(ctx, lockPause)
			}
		}
		switch {
		case after != nil:
			return after
		case ctx.Err() != nil, time.Since(began) > placeTime:
			return river.JobSnooze(0)
		}
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// broken is how a job ends that the database failed.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return river.JobSnooze(0)
	}
	return err
}

// waitingOf are the events of a user that wait, in their order.
func (q *Queue) waitingOf(ctx context.Context, user string) ([]waiting, error) {
	rows, err := q.db.QueryContext(ctx, `SELECT seq, id, body, attempts, came_at, result FROM sfprov_event
		WHERE queue = $1 AND user_key = $2 AND state = 'waiting' ORDER BY seq`, q.name, user)
	if err != nil {
		return nil, fmt.Errorf("sfprovriver: reading the events of a user: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	var events []waiting
	for rows.Next() {
		var e waiting
		if err := rows.Scan(&e.seq, &e.id, &e.body, &e.attempts, &e.came, &e.result); err != nil {
			return nil, fmt.Errorf("sfprovriver: reading the events of a user: %w", err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sfprovriver: reading the events of a user: %w", err)
	}
	return events, nil
}

// handle works on the events of a user: the newest one says, or is the reason to ask, what
// the user is to be. The outcome is nil if they are as they were. The error is how the job ends
// if the events are still to be worked on.
func (w *worker) handle(ctx context.Context, user string, events []waiting) (*outcome, error) {
	o := &outcome{events: events, worker: w.id}
	last := o.last()
	if last.body != nil {
		newer, err := w.q.doneAfter(ctx, user, last.seq)
		if err != nil {
			return nil, broken(ctx, err)
		}
		if newer != "" {
			o.state, o.newer = Merged, newer
			return o, nil
		}
	}
	began := time.Now()
	result, err := w.ensure(ctx, user, last)
	o.took = time.Since(began)
	step, wait := sfprov.NextStep(err)
	if err != nil && ctx.Err() != nil && step != sfprov.StepUser { // says nothing about the user
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, river.JobSnooze(0)
		}
		// A batch may go on without this caller; whoever comes next comes after it.
		o.note(result, fmt.Errorf("the attempt took longer than %v: %w", jobTimeout, err))
		o.state = Waiting
		return o, river.JobSnooze(jobTimeout)
	}
	o.note(result, err)
	switch step {
	case sfprov.StepDone:
		o.state = Done
		return o, nil
	case sfprov.StepUser:
		o.state = Dead
		w.q.log.WarnContext(ctx, "an event is dead: a person has to look at it", slog.String("event", last.id), slog.String("user", user), slog.String("reason", o.reason))
		return o, nil
	case sfprov.StepSetup:
		o.state = Waiting
		if err := w.q.pause(context.WithoutCancel(ctx), err); err != nil {
			return o, err
		}
		return o, river.JobSnooze(setupPause)
	case sfprov.StepAgain, sfprov.StepResolve:
	}
	o.state = Waiting
	if wait > 0 {
		return o, river.JobSnooze(wait)
	}
	return o, fmt.Errorf("sfprovriver: event %q is tried again: %s", last.id, o.reason)
}

// ensure brings the account in step with an event. What the caller's code does to the
// goroutine, it does to one of its own.
func (w *worker) ensure(ctx context.Context, user string, e waiting) (result sfprov.Result, err error) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = errors.New("sfprovriver: the Source ended the goroutine that asked it")
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("sfprovriver: panic: %v\n%s", r, debug.Stack())
			}
		}()
		result, err = w.ensureEvent(ctx, user, e)
	}()
	<-ended
	return result, err
}

func (w *worker) ensureEvent(ctx context.Context, user string, e waiting) (sfprov.Result, error) {
	switch {
	case e.body != nil:
		var u sfprov.User
		if err := json.Unmarshal([]byte(*e.body), &u); err != nil {
			return sfprov.Result{}, fmt.Errorf("sfprovriver: the State that was stored can't be read: %w", err)
		}
		return w.batcher.Ensure(ctx, u)
	case w.follower == nil:
		return sfprov.Result{}, errors.New("sfprovriver: the event has no State, and Run was given no Source to ask")
	}
	return w.follower.Changed(ctx, user)
}

// doneAfter is the newest event of a user that was done and is newer than another; empty if
// there is none. What a reconciliation did says nothing about the order of events.
func (q *Queue) doneAfter(ctx context.Context, user string, seq int64) (id string, err error) {
	err = q.db.QueryRowContext(ctx, `SELECT id FROM sfprov_event WHERE queue = $1 AND user_key = $2 AND seq > $3 AND state = 'done'
		AND id NOT LIKE $4 ORDER BY seq DESC LIMIT 1`, q.name, user, seq, reconciledID+"%").Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("sfprovriver: reading the events of a user: %w", err)
	}
	return id, nil
}

// note keeps what became of the account, by this attempt and those before, and why that was
// not all.
func (o *outcome) note(result sfprov.Result, err error) {
	result = after(o.last().result, result)
	if result.Action != "" || len(result.Changes) > 0 {
		if text, failed := json.Marshal(result); failed == nil {
			stored := storable(string(text))
			o.result = &stored
		}
	}
	if err == nil {
		err = result.Warning
	}
	if err != nil {
		o.text, o.reason = storable(err.Error()), sfprov.Reason(err)
	}
}

// after is what an attempt and those before it did.
func after(before *string, now sfprov.Result) sfprov.Result {
	if before == nil {
		return now
	}
	var all sfprov.Result
	if err := json.Unmarshal([]byte(*before), &all); err != nil {
		return now // which others have written
	}
	all.ID, all.Username = cmp.Or(now.ID, all.ID), cmp.Or(now.Username, all.Username)
	all.PendingEmail, all.Warning = now.PendingEmail, now.Warning
	all.Changes = append(all.Changes, now.Changes...)
	if all.Action == "" || all.Action == sfprov.Unchanged || all.Action == sfprov.Updated {
		all.Action = cmp.Or(now.Action, all.Action)
	}
	return all
}

// storable is a text without what Postgres can't store.
func storable(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "�")
}

// tell tells the caller of events that have come to an end.
func (w *worker) tell(user string, o *outcome) {
	if o == nil || o.state == Waiting {
		return
	}
	now := time.Now().UTC()
	for i, e := range o.events {
		r := Record{Seq: e.seq, ID: e.id, User: user, State: o.state, Attempts: e.attempts, Worker: o.worker, CameAt: time.UnixMicro(e.came).UTC(), EndedAt: now}
		switch isLast := i == len(o.events)-1; {
		case !isLast && o.newer == "":
			r.State, r.MergedInto = Merged, o.last().id
		case o.newer != "":
			r.MergedInto = o.newer
		default:
			r.Error, r.Reason, r.Attempts, r.Took = o.text, o.reason, e.attempts+1, o.took
			if o.result != nil {
				r.Result = &sfprov.Result{}
				_ = json.Unmarshal([]byte(*o.result), r.Result) // it was written by Marshal
			}
		}
		w.ended(r)
	}
}

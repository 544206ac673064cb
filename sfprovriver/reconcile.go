package sfprovriver

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/sfprov/sfprov"
)

// reconcileTimeout bounds a reconciliation. A killed one is taken up by others after that
// time; its next turn is not affected.
const reconcileTimeout = 2 * time.Hour

// pausedPause is after how long a reconciliation comes back that found the queue paused.
const pausedPause = time.Minute

// reconcileArgs is the job that reconciles.
type reconcileArgs struct {
	Queue string `json:"queue" river:"unique"`
}

// Kind names the job for River.
func (reconcileArgs) Kind() string { return "sfprov_reconcile" }

type reconciler struct {
	river.WorkerDefaults[reconcileArgs]

	w *worker
}

// addReconciling makes the client reconcile on a schedule, in a queue of its own, so that
// users' events don't wait for it.
func (w *worker) addReconciling(workers *river.Workers, config *river.Config) error {
	if err := river.AddWorkerSafely(workers, &reconciler{w: w}); err != nil {
		return err
	}
	config.Queues[w.q.reconcileQueue()] = river.QueueConfig{MaxWorkers: 1}
	return nil
}

// reconcileSuffix ends the names of the queues of reconciliations.
const reconcileSuffix = "_reconcile"

func (q *Queue) reconcileQueue() string { return q.name + reconcileSuffix }

// scheduleReconcile sees to it that there is a reconciliation in this interval. River's own
// periodic jobs are those of the one leader of a database, which may be another queue's.
func (w *worker) scheduleReconcile(ctx context.Context) error {
	_, err := w.q.insert.Insert(ctx, reconcileArgs{Queue: w.q.name}, &river.InsertOpts{
		Queue: w.q.reconcileQueue(), MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: w.every},
	})
	return err
}

// Timeout is that of a reconciliation.
func (r *reconciler) Timeout(*river.Job[reconcileArgs]) time.Duration { return reconcileTimeout }

// Work reconciles. What goes wrong is told, and tried again at the next turn.
func (r *reconciler) Work(ctx context.Context, _ *river.Job[reconcileArgs]) error {
	if paused, _, err := r.w.q.paused(ctx); err != nil || paused { // the set-up is at fault
		return river.JobSnooze(pausedPause)
	}
	began := time.Now()
	plan, summary, err := r.w.follower.Reconcile(ctx)
	if failed := r.w.trail.flush(ctx); failed != nil {
		r.w.q.log.ErrorContext(ctx, "what the reconciliation did is missing in the trail", slog.String("error", failed.Error()))
	}
	if r.w.tellPlan != nil {
		r.w.tellPlan(plan, summary, err)
	}
	if err != nil {
		r.w.q.log.WarnContext(ctx, "the reconciliation did not come to its end", slog.String("reason", sfprov.Reason(err)))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout) // also if the process stops
	defer cancel()
	return r.w.lookAgain(ctx, began)
}

// lookAgain enqueues those whom other processes worked on since a time: the Follower here
// knows nothing of them, and may have acted on what was true of them before.
func (w *worker) lookAgain(ctx context.Context, since time.Time) error {
	return w.q.within(ctx, func(tx *sql.Tx) error {
		users, err := textsOf(ctx, tx, `SELECT DISTINCT user_key FROM sfprov_event WHERE queue = $1 AND ended_at >= $2 AND worker <> $3 AND body IS NULL`,
			w.q.name, since.UnixMicro(), w.id)
		if err != nil {
			return err
		}
		events := make([]Event, len(users))
		for i, user := range users {
			events[i] = Event{User: user}
		}
		return w.q.Enqueue(ctx, tx, events...)
	})
}

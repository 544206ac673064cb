package sfprovriver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/sfprov/sfprov"
)

// Time budgets. A job that is rescued may still be running, so that two would work on the
// same user: the rescue comes later than the end of the job.
const (
	jobTimeout  = 20 * time.Second
	rescueAfter = 30 * time.Second
	// placeTime is how long a job may keep its place while more and more events come.
	placeTime = 5 * time.Second
	// stopTime is how long jobs may take to end when the process stops.
	stopTime = 10 * time.Second
	// pollInterval is how often the database is asked for work.
	pollInterval = 200 * time.Millisecond
	// setupPause is after how long a job comes back that met an error of the set-up; it
	// waits, because the queue is paused.
	setupPause = 10 * time.Second
)

// RunOption sets what few callers set.
type RunOption func(*worker)

// WithWorkers sets how many users this process works on at the same time. Most of them wait,
// for their batch. The default is 200, which fills a request; more than 400 overload the
// database. Less than 1 is 1.
func WithWorkers(n int) RunOption { return func(w *worker) { w.workers = max(n, 1) } }

// WithFollowing sets options of the [sfprov.Follower] that works on the events, such as
// [sfprov.WithIdentifier] and [sfprov.WithLearned].
func WithFollowing(opts ...sfprov.FollowOption) RunOption {
	return func(w *worker) { w.following = append(w.following, opts...) }
}

// WithRetention sets how long events that are done or merged are kept, as the audit trail.
// The default is 90 days; 0 keeps them for ever. Dead ones stay until somebody retries them.
func WithRetention(d time.Duration) RunOption { return func(w *worker) { w.retention = d } }

// WithEnded is called with each event that has come to an end in this process: done, dead or
// merged. It is called by several goroutines at once, and holds up the user's next event.
func WithEnded(tell func(Record)) RunOption { return func(w *worker) { w.ended = tell } }

// WithReconcile makes the queue reconcile the whole source with the org, once in each interval
// of this length, the first time at once: see [sfprov.Follower.Reconcile]. Of all processes that run the queue, one
// does it at a time; give each of them the option. Whom it changed is in the audit trail, with
// an ID that begins with "reconciled-". What each time came to is told to the
// process that did it, if tell is not nil. Whom other processes worked on meanwhile is looked
// at again afterwards. An interval below a minute is a minute.
func WithReconcile(every time.Duration, tell func(*sfprov.Plan, sfprov.Summary, error)) RunOption {
	return func(w *worker) { w.every, w.tellPlan = max(every, time.Minute), tell }
}

// worker works on events.
type worker struct {
	river.WorkerDefaults[userArgs]

	q         *Queue
	follower  *sfprov.Follower
	batcher   *sfprov.Batcher
	commits   *commits
	trail     *trail
	following []sfprov.FollowOption
	workers   int
	retention time.Duration
	ended     func(Record)
	every     time.Duration
	tellPlan  func(*sfprov.Plan, sfprov.Summary, error)
	id        string
}

// Run works on events until ctx ends, which is no error. It returns once what was begun has
// come to its end, after ten seconds at most; what was not done by then is done by whoever
// runs next. src may be nil where every event has its State.
//
// Any number of processes may run the same queue at the same time: events of one user are
// worked on by one of them, one after the other. Whoever is killed leaves its users to others,
// who take them up within a minute.
//
// An event that fails for the moment is tried again, for ever, after what its error asks for,
// or one second, doubled up to a minute. One that a person must look at is dead, and waits for
// [Queue.Retry]; later events of the same user go on. Where the set-up is at fault, the queue
// is paused on all machines until [Queue.Resume].
//
// The Provisioner needs a match field: each event may be worked on twice, and the match field
// is what makes that harmless. Its [sfprov.WithRetry] should leave it to the queue to be
// patient: the default is right.
func (q *Queue) Run(ctx context.Context, p *sfprov.Provisioner, src sfprov.Source, opts ...RunOption) error {
	if p == nil || p.MatchField() == "" {
		return errors.New("sfprovriver: the Provisioner has no match field, without which an event that is worked on twice could make two accounts: set Config.MatchField")
	}
	w := &worker{q: q, workers: 200, retention: 90 * 24 * time.Hour, batcher: sfprov.NewBatcher(p), ended: func(Record) {}}
	for _, opt := range opts {
		if opt != nil {
			opt(w)
		}
	}
	if src == nil && w.every > 0 {
		return errors.New("sfprovriver: WithReconcile needs a Source")
	}
	if src != nil {
		w.trail = &trail{q: q, worker: func() string { return w.id }}
		w.follower = sfprov.NewFollower(p, src, append(w.following, sfprov.WithBatcher(w.batcher),
			sfprov.WithReconciled(func(o sfprov.Outcome) { w.trail.note(p.MatchField(), o) }))...) //nolint:contextcheck // what was done is stored, whatever ends
	}
	client, err := w.client()
	if err != nil {
		return fmt.Errorf("sfprovriver: %w", err)
	}
	w.id, w.commits = client.ID(), newCommits(q)
	if err := client.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("sfprovriver: starting: %w", err)
	}
	var upkeep sync.WaitGroup
	upkeep.Go(func() { w.keepUp(ctx) })
	<-ctx.Done() // which stops the client: what runs after stopTime is ended
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stopTime)
	defer cancel()
	select {
	case <-client.Stopped():
	case <-stopCtx.Done():
		err = errors.New("sfprovriver: stopping: jobs are held by code of the caller's, or by the database")
	}
	upkeep.Wait()
	return err
}

// client is the River client that works.
func (w *worker) client() (*river.Client[*sql.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, w); err != nil {
		return nil, err
	}
	config := &river.Config{
		Logger: w.q.log, Workers: workers, JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter, SoftStopTimeout: stopTime,
		FetchCooldown: pollInterval / 2, FetchPollInterval: pollInterval, PollOnly: true,
		// A reconciliation that is forgotten within its interval would be made again.
		CompletedJobRetentionPeriod: max(24*time.Hour, w.every+time.Hour),
		Queues:                      map[string]river.QueueConfig{w.q.name: {MaxWorkers: w.workers}},
	}
	if w.every > 0 {
		if err := w.addReconciling(workers, config); err != nil {
			return nil, err
		}
	}
	return river.NewClient(w.q.driver, config)
}

// NextRetry is when a job that failed comes again: after a second, doubled up to a minute.
func (w *worker) NextRetry(job *river.Job[userArgs]) time.Time {
	return time.Now().Add(min(time.Second<<min(max(job.Attempt-1, 0), 6), time.Minute))
}

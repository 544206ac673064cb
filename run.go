package sfprov

import (
	"context"
	"iter"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// windowSize is how many users are looked up at once: as many as mostly fit in one
	// request.
	windowSize = 4000
	// maxReading is how many windows are read at the same time, and maxHeld how many
	// users are held, in windows, collections and on the way: what a plan takes of memory
	// follows from it.
	maxReading = 2
	maxHeld    = maxReading*windowSize + windowSize/4
	// quietTime is how long the input may rest before what has come is worked on.
	quietTime = 50 * time.Millisecond
	// parting is how long a run that ends waits for the input to end too. It does not
	// wait for one that hangs.
	parting = 100 * time.Millisecond
	// cleanJobs is how many collections must meet no lock until one more is sent at the
	// same time again.
	cleanJobs = 8
)

// item is one user of a run.
type item struct {
	index   int
	planned *PlanStep // that is to be applied
	barrier bool      // no user: what comes after it waits for all before it

	d        *desired
	o        observed
	cs       *changeSet // of an account that there is
	creation *creation  // of one that there isn't
	nothing  bool       // nobody is there, and nobody is to be
	keys     [3]string

	result Result
	err    error
	// before is the username that the account bore before this run moved it out of
	// another's way; empty if it did not.
	before string
	// retried says that the user was given another try at the end of the run.
	retried bool
	// locked is how often the create was put back because rows were locked.
	locked int
}

// maxLocked is how often a create that met locked rows is put back. Each time, fewer
// collections are under way.
const maxLocked = 8

// newItem is an item of a user who is not checked yet.
func newItem(index int) *item {
	one := &struct {
		item
		desired
	}{}
	one.index, one.d = index, &one.desired
	return &one.item
}

// run is the work on many users. One goroutine, the caller's, owns all of it: it takes
// users from the input, starts the requests that read and write, each in a goroutine
// of its own, and tells what became of each user. So what the caller's function does
// happens where the caller is.
type run struct {
	p       *Provisioner
	op      string
	options batchOptions
	each    func(Outcome) error
	// decide is asked, if it is set, whether what is to be done with a user is done.
	decide  func(it *item, work bool) (bool, error)
	columns *optionalColumns

	ctx    context.Context //nolint:containedctx // of the run, which is as long as the call
	cancel context.CancelFunc
	input  chan *item
	left   chan struct{} // closed when no more input is wanted
	over   inputEnd
	ended  chan job
	frozen frozenMemory

	isOver, isQuiet, draining, told bool
	held                            int
	window, creates, changes        []*item
	reading, writing, limit, clean  int
	lanes                           map[string]*item
	waiting                         []*item
	later                           []*item
	vacated                         map[string]bool // usernames that accounts had and have no more

	stop     error // why nothing new begins
	progress *progress
	summary  Summary
	reasons  []error
}

// job is a request that ended, with the users whom it was about.
type job struct {
	writes    bool
	items     []*item
	contended int64
	shared    bool // others of this run may be under way at the same time
	panicked  any
	exited    bool
}

func newRun(p *Provisioner, op string, each func(Outcome) error, opts []BatchOption) *run {
	o := batchOptions{parallel: batchParallel}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if each == nil {
		each = func(Outcome) error { return nil }
	}
	return &run{
		p: p, op: op, options: o, each: each, limit: o.parallel, input: make(chan *item, 256), left: make(chan struct{}),
		over: inputEnd{done: make(chan struct{})}, ended: make(chan job, maxReading+1), frozen: frozenMemory{slot: make(chan struct{}, 1)},
		lanes: map[string]*item{}, vacated: map[string]bool{}, columns: &optionalColumns{},
	}
}

// do works on the users that items yields.
func (r *run) do(ctx context.Context, items iter.Seq2[*item, error]) (Summary, error) {
	began := time.Now()
	ctx, call, err := r.p.begin(ctx)
	if err != nil {
		return Summary{}, err
	}
	defer r.p.end(call)
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	r.progress = newProgress(r)
	calls := r.p.api.sent()
	go r.read(items)
	defer r.part()        // also if the caller's code panics
	r.loop()              //nolint:contextcheck // r.ctx is made of ctx
	r.progress.end(r.ctx) //nolint:contextcheck // r.ctx is made of ctx
	r.summary.APICalls, r.summary.Took = int(r.p.api.sent()-calls), time.Since(began)
	return r.summary, r.verdict()
}

// part ends everything that is under way.
func (r *run) part() {
	r.cancel()
	r.stopInput()
	for r.reading+r.writing > 0 {
		r.count(<-r.ended)
	}
	timer := time.NewTimer(parting)
	defer timer.Stop()
	select {
	case <-r.over.done:
	case <-timer.C:
	}
}

func (r *run) stopInput() {
	select {
	case <-r.left:
	default:
		close(r.left)
	}
}

// loop works until every user has come to an end.
func (r *run) loop() {
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	done := r.ctx.Done()
	for {
		r.start()
		if r.held == 0 && r.reading+r.writing == 0 && (r.isOver || r.stop != nil) {
			return
		}
		var input <-chan *item
		if r.wantsInput() {
			input = r.input
		}
		select {
		case it, more := <-input:
			if !more {
				r.endInput()
				continue
			}
			r.isQuiet = false
			quiet.Reset(quietTime)
			r.take(it)
			r.takeMore()
		case j := <-r.ended:
			r.count(j)
			r.endJob(j)
			quiet.Reset(quietTime)
		case <-quiet.C:
			if r.isQuiet = len(r.input) == 0; !r.isQuiet { // it was this loop that was busy
				quiet.Reset(quietTime)
			}
		case <-done:
			done = nil
			r.halt(newTransportError(r.ctx, r.ctx.Err(), false))
		}
	}
}

// start starts what can be started.
func (r *run) start() {
	if r.draining = r.draining && r.held > 0; r.stop != nil {
		r.dropUnsent()
		return
	}
	for len(r.window) > 0 && r.reading < maxReading && (len(r.window) >= windowSize || r.nothingComes()) {
		n := min(len(r.window), windowSize)
		r.startReading(r.window[:n:n])
		r.window = r.window[n:]
	}
	r.changes = r.startWriting(r.changes, (*run).change)
	r.creates = r.startWriting(r.creates, (*run).create)
	if isEnd := r.held == len(r.later)+len(r.waiting) && r.reading+r.writing == 0; isEnd && len(r.later) > 0 &&
		(r.isOver || r.draining || !r.wantsInput()) {
		r.startLater()
	}
}

// nothingComes reports whether waiting for more input is of no use. Where as many users
// are held as may be, some come as soon as others are done.
func (r *run) nothingComes() bool {
	return r.isOver || r.isQuiet || r.draining || !r.wantsInput() && r.reading+r.writing == 0
}

func (r *run) startReading(items []*item) {
	r.reading++
	r.background(job{items: items}, func(ctx context.Context, _ *atomic.Int64) {
		if err := r.p.api.admit(0); err != nil {
			for _, it := range items {
				it.err = err
			}
			return
		}
		r.observeMany(ctx, items)
		for _, it := range items {
			if it.err == nil {
				it.err = r.compare(it)
			}
		}
	})
}

// startWriting starts the collections that are full, and what is left once nothing
// can be added to it. It returns what is not sent yet.
func (r *run) startWriting(items []*item, work func(*run, context.Context, []*item, *atomic.Int64)) []*item {
	for len(items) > 0 && r.writing < r.limit {
		isLast := r.nothingComes() && len(r.window) == 0 && r.reading == 0
		if len(items) < maxCollection && !isLast {
			break
		}
		n := min(len(items), maxCollection)
		some := items[:n:n]
		items = items[n:]
		r.writing++
		r.background(job{writes: true, shared: r.writing > 1 || r.limit > 1, items: some}, func(ctx context.Context, contended *atomic.Int64) {
			if err := r.p.api.admit(0); err != nil {
				for _, it := range some {
					it.err = err
				}
				return
			}
			work(r, ctx, some, contended)
		})
	}
	return items
}

// background does a job in a goroutine of its own. What the caller's code does to it,
// the caller's goroutine gets.
func (r *run) background(j job, work func(context.Context, *atomic.Int64)) {
	go func() {
		var contended atomic.Int64
		j.exited = true // unless it returns, or panics
		defer func() {
			if j.panicked = recover(); j.panicked != nil {
				j.exited = false
			}
			j.contended = contended.Load()
			r.ended <- j
		}()
		passwords := make([]Secret, 0, 8)
		for _, it := range j.items {
			if it.d.user.Password != "" {
				passwords = append(passwords, it.d.user.Password)
			}
		}
		work(withSecrets(r.ctx, passwords...), &contended)
		j.exited = false
	}()
}

// metLocks reports whether the user was not created because of locked rows, and can be put
// back until fewer collections are under way that may lock them.
func (it *item) metLocks() bool {
	return it.creation != nil && it.creation.id == "" && it.creation.doubt == nil && isContention(it.err) && it.locked < maxLocked
}

// count notes that a job has ended.
func (r *run) count(j job) {
	if j.writes {
		r.writing--
	} else {
		r.reading--
	}
}

// endJob goes on with the users of a job.
func (r *run) endJob(j job) {
	switch {
	case j.panicked != nil:
		panic(j.panicked)
	case j.exited:
		runtime.Goexit()
	}
	if j.writes {
		r.adapt(j.contended)
	}
	for _, it := range j.items {
		switch {
		case j.writes && r.waitsForName(it):
			r.later = append(r.later, it)
		case j.shared && it.metLocks():
			it.locked++
			it.creation, it.err = &creation{d: it.d, looked: true}, nil
			r.creates = append(r.creates, it)
		case j.writes || it.err != nil:
			r.finish(it)
		default:
			r.sort(it)
		}
	}
}

// adapt lowers the number of requests that write at the same time when they meet
// locks, and raises it again slowly.
func (r *run) adapt(contended int64) {
	switch {
	case contended > 0:
		r.clean = 0
		if r.limit > 1 {
			r.limit /= 2
			r.p.log.LogAttrs(r.ctx, slog.LevelWarn, "rows are locked, so fewer collections are sent at the same time", slog.Int("parallel", r.limit))
		}
	case r.limit < r.options.parallel:
		if r.clean++; r.clean == cleanJobs {
			r.clean = 0
			r.limit++
		}
	}
}

// compare finds what is to be done with a user.
func (r *run) compare(it *item) (err error) {
	d := it.d
	switch {
	case r.decide != nil && d.login == loginShut && r.p.api.knownOwnUser() == "":
		return &unknownSelfError{}
	case it.o.account.ID != "":
		it.result = Result{ID: it.o.account.ID, Username: it.o.account.Username}
		it.cs, err = r.p.compare(d, it.o)
	case d.id != "":
		return &notFoundError{}
	case d.login == loginShut:
		it.nothing = true
	default:
		it.creation = &creation{d: d, looked: true}
		if r.decide != nil { // else when it is sent: many wait for that, and it takes room
			err = r.p.begun(it.creation)
		}
	}
	return err
}

// sort puts a user who was compared where the work is done.
func (r *run) sort(it *item) {
	work := it.creation != nil || it.cs != nil && !it.cs.isDone()
	if r.decide != nil {
		work, it.err = r.decide(it, work)
	}
	switch {
	case it.err != nil:
		r.finish(it)
	case !work:
		if it.result = (Result{Action: Unchanged}); it.cs != nil {
			it.result = it.cs.result
		}
		r.finish(it)
	case it.cs != nil:
		r.changes = append(r.changes, it)
	default:
		r.creates = append(r.creates, it)
	}
}

// change is the job that changes accounts that there are.
func (r *run) change(ctx context.Context, items []*item, contended *atomic.Int64) {
	sets := make([]*changeSet, len(items))
	for i, it := range items {
		sets[i] = it.cs
	}
	r.p.carryOutMany(ctx, sets, contended)
	for _, it := range items {
		it.result, it.err = r.p.outcome(it.cs)
	}
}

// create is the job that makes new accounts.
func (r *run) create(ctx context.Context, items []*item, contended *atomic.Int64) {
	var fresh, made []*creation
	for _, it := range items {
		if it.creation.fields == nil {
			it.err = r.p.begun(it.creation)
		}
		if it.err == nil && !it.creation.earlier {
			fresh = append(fresh, it.creation)
		}
	}
	r.p.createMany(ctx, fresh, contended)
	r.p.lookForHolders(ctx, fresh)
	for _, c := range fresh {
		if c.verdict == fateDone {
			made = append(made, c)
		}
	}
	sets := r.p.madeMany(ctx, made)
	r.p.carryOutMany(ctx, sets, contended)
	next := 0
	for _, it := range items {
		switch c := it.creation; {
		case it.err != nil:
		case c.earlier: // which the way for one finds out about
			it.result, it.err = r.p.create(ctx, c)
		case c.verdict == fateDone:
			it.result, it.err = r.p.outcome(sets[next])
			r.p.endOfCreation(c, it.err)
			next++
		default:
			it.result, it.err = r.p.endCreation(ctx, c)
		}
	}
}

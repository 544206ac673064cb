package sfprov

import (
	"context"
	"log/slog"
	"time"
)

// Progress is how far a batch has come.
type Progress struct {
	Done     int // users whose outcome is known
	Total    int // as [WithTotal] told; 0 if it is not known
	APICalls int // of the Provisioner since the batch began, repeated ones included
	Parallel int // requests that write at the same time: fewer than asked for where rows are locked
	Elapsed  time.Duration
	Rate     float64       // users a second, since the batch began
	Left     time.Duration // at that rate; 0 if it is not known
}

// LogValue are the fields that are known.
func (p Progress) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Int("done", p.Done), slog.Int("apiCalls", p.APICalls), slog.Float64("rate", p.Rate), slog.Duration("elapsed", p.Elapsed)}
	if p.Total > 0 {
		attrs = append(attrs, slog.Int("total", p.Total), slog.Duration("left", p.Left))
	}
	return slog.GroupValue(attrs...)
}

// progressInterval is how often a batch logs how far it is.
const progressInterval = 10 * time.Second

type progressOptions struct {
	total int
	every time.Duration
	tell  func(Progress)
}

// WithTotal tells a batch how many users there are, so that [Progress] can say how
// much time is left.
func WithTotal(n int) BatchOption { return func(o *batchOptions) { o.progress.total = n } }

// WithProgress makes a batch tell how far it is, when an outcome comes and this much
// time has passed since the last time, and at the end. Without it, batches log it
// every ten seconds, at info. tell is called by the goroutine that called the batch.
func WithProgress(every time.Duration, tell func(Progress)) BatchOption {
	return func(o *batchOptions) { o.progress.every, o.progress.tell = every, tell }
}

// progress counts the outcomes of a batch. One goroutine uses it.
type progress struct {
	options     progressOptions
	run         *run
	count       int
	calls       int64 // at the beginning
	began, told time.Time
}

func newProgress(r *run) *progress {
	now := time.Now()
	p := &progress{options: r.options.progress, run: r, calls: r.p.api.sent(), began: now, told: now}
	if p.options.tell == nil {
		p.options.every = progressInterval
	}
	return p
}

// done notes an outcome.
func (p *progress) done(ctx context.Context) {
	p.count++
	if time.Since(p.told) >= p.options.every {
		p.tell(ctx)
	}
}

// end tells of the whole.
func (p *progress) end(ctx context.Context) {
	if p.options.tell != nil || time.Since(p.began) >= progressInterval {
		p.tell(ctx)
	}
}

func (p *progress) tell(ctx context.Context) {
	p.told = time.Now()
	now := Progress{Done: p.count, Total: p.options.total, APICalls: int(p.run.p.api.sent() - p.calls), Parallel: p.run.limit, Elapsed: p.told.Sub(p.began)}
	if seconds := now.Elapsed.Seconds(); seconds > 0 {
		now.Rate = float64(now.Done) / seconds
	}
	if left := now.Total - now.Done; left > 0 && now.Rate > 0 {
		now.Left = time.Duration(float64(left) / now.Rate * float64(time.Second))
	}
	if p.options.tell != nil {
		p.options.tell(now)
		return
	}
	p.run.p.log.LogAttrs(ctx, slog.LevelInfo, "batch", slog.Any("progress", now))
}

package sfprov

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// traces are all that are told. Without one, nothing is measured, and contexts stay as they
// are.
type traces []Trace

// tracedCall is a call that is told of. A nil one is none.
type tracedCall struct {
	traces    traces
	operation string
	began     time.Time
	ended     bool // which the goroutine that called says, and asks

	requests, retries atomic.Int64
}

type (
	tracedCallKey struct{}
	callersKey    struct{}
	attemptKey    struct{}
)

// tracedCallIn is the call that a context belongs to.
func tracedCallIn(ctx context.Context) *tracedCall {
	c, _ := ctx.Value(tracedCallKey{}).(*tracedCall)
	return c
}

// withCallers says whose calls became one.
func (t traces) withCallers(ctx context.Context, callers func() []context.Context) context.Context {
	if len(t) == 0 {
		return ctx
	}
	return context.WithValue(ctx, callersKey{}, callers())
}

// started tells that something begins. Each is given the context that the one before has
// returned.
func started[I any](ctx context.Context, t traces, of func(*Trace) func(context.Context, I) context.Context, info I) context.Context {
	for i := range t {
		start := of(&t[i])
		if start == nil {
			continue
		}
		if given := start(ctx, info); given != nil {
			ctx = given //nolint:fatcontext // one layer for each Trace
		}
	}
	return ctx
}

// tell tells of what has come about.
func tell[I any](ctx context.Context, t traces, of func(*Trace) func(context.Context, I), info I) {
	for i := range t {
		if told := of(&t[i]); told != nil {
			told(ctx, info)
		}
	}
}

// call begins to tell of a call, unless it is a part of another.
func (t traces) call(ctx context.Context, op string) (context.Context, *tracedCall) {
	if len(t) == 0 || tracedCallIn(ctx) != nil {
		return ctx, nil
	}
	c := &tracedCall{traces: t, operation: operationName(op), began: time.Now()}
	callers, _ := ctx.Value(callersKey{}).([]context.Context)
	info := CallStartInfo{Operation: c.operation, Callers: callers}
	ctx = started(ctx, t, func(t *Trace) func(context.Context, CallStartInfo) context.Context { return t.CallStart }, info)
	return context.WithValue(ctx, tracedCallKey{}, c), c
}

// outside is the context of a call without the call, for calls within it that are told of
// by themselves.
func (c *tracedCall) outside(ctx context.Context) context.Context {
	if c == nil {
		return ctx
	}
	return context.WithValue(ctx, tracedCallKey{}, (*tracedCall)(nil))
}

// errNotReturned is the error of what the caller's code left without returning, such as its HTTP
// client: whoever counts what is under way counts down all the same.
var errNotReturned = errors.New("sfprov: the caller's code panicked, or ended its goroutine")

// left tells that a call has ended, if that was not told: it is deferred.
func (c *tracedCall) left(ctx context.Context) {
	if c != nil && !c.ended {
		c.end(ctx, Result{}, 0, errNotReturned)
	}
}

// end tells that a call has ended.
func (c *tracedCall) end(ctx context.Context, result Result, users int, err error) {
	if c == nil {
		return
	}
	c.ended = true
	info := CallEndInfo{
		Operation: c.operation, Result: result, Err: err, Users: users,
		Requests: int(c.requests.Load()), Retries: int(c.retries.Load()), Took: time.Since(c.began),
	}
	tell(ctx, c.traces, func(t *Trace) func(context.Context, CallEndInfo) { return t.CallEnd }, info)
}

// endOne tells that a call about one user has ended.
func (c *tracedCall) endOne(ctx context.Context, result Result, err error) {
	if c == nil {
		return
	}
	if !readsOnly[c.operation] {
		step, _ := NextStep(err)
		c.user(ctx, UserEndInfo{Result: result, Err: err, State: stateOf(step, err)})
	}
	c.end(ctx, result, 0, err)
}

// readsOnly are the operations about one user, or none, that change nobody.
var readsOnly = map[string]bool{"find": true, "account": true, "access_of": true, "schema": true} //nolint:gochecknoglobals // a constant table

// user tells what became of a user.
func (c *tracedCall) user(ctx context.Context, info UserEndInfo) {
	if c == nil {
		return
	}
	info.Operation = c.operation
	if info.Result.Action == Adopted {
		tell(ctx, c.traces, func(t *Trace) func(context.Context, UserEndInfo) { return t.Adoption }, info)
	}
	if info.Result.froze() {
		tell(ctx, c.traces, func(t *Trace) func(context.Context, UserEndInfo) { return t.Freeze }, info)
	}
	tell(ctx, c.traces, func(t *Trace) func(context.Context, UserEndInfo) { return t.UserEnd }, info)
}

// froze reports whether the login was locked, and was not before.
func (r Result) froze() bool {
	for _, c := range r.Changes {
		if c.Field == "IsFrozen" && c.After == true {
			return true
		}
	}
	return false
}

// request tells of a request, which do makes.
func (t traces) request(ctx context.Context, info RequestStartInfo, do func(context.Context) (answer, error)) (answer, error) {
	if len(t) == 0 {
		return do(ctx)
	}
	info.Attempt = max(attemptIn(ctx), 1)
	if c := tracedCallIn(ctx); c != nil {
		c.requests.Add(1)
	}
	began := time.Now()
	ctx = started(ctx, t, func(t *Trace) func(context.Context, RequestStartInfo) context.Context { return t.RequestStart }, info)
	end := RequestEndInfo{RequestStartInfo: info, Err: errNotReturned}
	defer func() {
		end.Took = time.Since(began)
		tell(ctx, t, func(t *Trace) func(context.Context, RequestEndInfo) { return t.RequestEnd }, end)
	}()
	ans, err := do(ctx)
	end.Status, end.Err = ans.status, err
	if ans.refusal != nil {
		end.Err, end.Code = ans.refusal, ans.refusal.Code
	}
	return ans, err
}

// login tells of a login, which do makes.
func (t traces) login(ctx context.Context, info LoginStartInfo, do func(context.Context) (*token, error)) (*token, error) {
	if len(t) == 0 {
		return do(ctx)
	}
	began := time.Now()
	ctx = started(ctx, t, func(t *Trace) func(context.Context, LoginStartInfo) context.Context { return t.LoginStart }, info)
	end := LoginEndInfo{LoginStartInfo: info, Err: errNotReturned}
	defer func() {
		end.Took = time.Since(began)
		tell(ctx, t, func(t *Trace) func(context.Context, LoginEndInfo) { return t.LoginEnd }, end)
	}()
	tok, err := do(ctx)
	end.Err = err
	if refused, isAnswer := errors.AsType[*AuthError](err); isAnswer {
		end.Status = refused.StatusCode
	} else if err == nil {
		end.Status = 200
	}
	return tok, err
}

// retry tells that something is tried again.
func (t traces) retry(ctx context.Context, attempt int, err error, delay time.Duration) {
	if len(t) == 0 {
		return
	}
	info := RetryInfo{Attempt: attempt, Err: err, Delay: delay}
	if c := tracedCallIn(ctx); c != nil {
		c.retries.Add(1)
		info.Operation = c.operation
	}
	tell(ctx, t, func(t *Trace) func(context.Context, RetryInfo) { return t.Retry }, info)
}

// waited tells that somebody was held up since a time.
func (t traces) waited(ctx context.Context, reason WaitReason, since time.Time) {
	info := WaitInfo{Reason: reason, Took: time.Since(since)}
	tell(ctx, t, func(t *Trace) func(context.Context, WaitInfo) { return t.Wait }, info)
}

func (t traces) usage(ctx context.Context, u APIUsage) {
	tell(ctx, t, func(t *Trace) func(context.Context, APIUsage) { return t.APIUsage }, u)
}

// withAttempt says which attempt requests belong to. Where a loop of attempts is within
// another that makes them one by one, the outer one counts.
func (t traces) withAttempt(ctx context.Context, n int) context.Context {
	if len(t) == 0 || n == 1 && attemptIn(ctx) > 0 {
		return ctx
	}
	return context.WithValue(ctx, attemptKey{}, n)
}

func attemptIn(ctx context.Context) int {
	n, _ := ctx.Value(attemptKey{}).(int)
	return n
}

// operationName is how a trace names an operation.
func operationName(op string) string {
	if name, isOther := operationNames[op]; isOther {
		return name
	}
	return op
}

// opEnsureAll is how a trace names the batch, of which errors say that it ensures.
const opEnsureAll = "ensure_all"

// operationNames are those of operations that errors name in several words.
var operationNames = map[string]string{ //nolint:gochecknoglobals // a constant table
	opSetPassword: "set_password", opResetPassword: "reset_password", opUsers: "users", opAccount: "account",
	opAccessOf: "access_of", opMembers: "members", opCatalog: "catalog", opSchema: "schema",
}

// templateOf is a path without what differs from record to record.
func templateOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 3 || parts[0] != "services" || parts[1] != "data" {
		return path
	}
	if parts = parts[3:]; len(parts) == 0 {
		return "/"
	}
	if parts[0] == "sobjects" && len(parts) > 2 && parts[2] != "describe" {
		parts[2] = "{id}"
	}
	return "/" + strings.Join(parts, "/")
}

// hostAndPort are those of a URL that was checked.
func hostAndPort(checked string) string {
	u, err := url.Parse(checked)
	if err != nil {
		return ""
	}
	return u.Host
}

package sfprov

import (
	"context"
	"time"
)

// Trace is a set of functions that are told what a [Provisioner] does, for metrics, spans
// and alarms; see [WithTrace]. Any of them may be nil. They are called by the goroutines that
// do the work, by several at once, and hold them up: they should return at once. None is
// told a secret, a token or a body.
//
// A function that returns a context adds to the one that it was given: what belongs to
// the call, the request or the login then bears it, other functions of the Trace and the
// HTTP client included. Nil means the same context.
type Trace struct {
	// CallStart: a method of the Provisioner, or of a [Follower], was called. Those that
	// it calls itself are a part of it, but that a Follower's calls of the Provisioner are
	// told too.
	CallStart func(context.Context, CallStartInfo) context.Context
	// CallEnd: it has returned, or was left by a panic or a Goexit of the caller's code, such
	// as its HTTP client: Err then says so. The same goes for RequestEnd and LoginEnd.
	CallEnd func(context.Context, CallEndInfo)

	// UserEnd: it is known what became of one user, of a call about one user or of a
	// batch.
	UserEnd func(context.Context, UserEndInfo)
	// Adoption: an account that existed was taken over. It comes before the user's
	// UserEnd.
	Adoption func(context.Context, UserEndInfo)
	// Freeze: a login was locked, as it was asked for, or because Salesforce refused the
	// deactivation. It comes before the user's UserEnd.
	Freeze func(context.Context, UserEndInfo)

	// RequestStart: a request is put on the wire.
	RequestStart func(context.Context, RequestStartInfo) context.Context
	// RequestEnd: its answer was read, or is lost. Answers of success say nothing yet of
	// the parts of a composite request, or the rows of a collection.
	RequestEnd func(context.Context, RequestEndInfo)
	// Retry: what failed will be tried again, after a pause.
	Retry func(context.Context, RetryInfo)
	// Wait: something was held up by others, and goes on.
	Wait func(context.Context, WaitInfo)

	// LoginStart: a token is asked for.
	LoginStart func(context.Context, LoginStartInfo) context.Context
	// LoginEnd: it is there, or was refused.
	LoginEnd func(context.Context, LoginEndInfo)

	// APIUsage: an answer told how many of the org's daily requests are spent.
	APIUsage func(context.Context, APIUsage)
}

// CallStartInfo is what is known when a call begins.
type CallStartInfo struct {
	// Operation is the method in snake case: create, update, deactivate, reactivate,
	// freeze, unfreeze, ensure, ensure_all, set_password, reset_password, find, account,
	// access_of, users, members, catalog, schema, plan, apply, resolve, check, provision,
	// follow, reconcile. Provision is told as what was asked for: create, update or
	// deactivate; follow and reconcile are a Follower's Changed and Reconcile.
	Operation string
	// Callers are the contexts of those whose calls a [Batcher] made one of; nil for a
	// call of its own.
	Callers []context.Context
}

// CallEndInfo is what became of a call.
type CallEndInfo struct {
	Operation string
	// Result is what was done to the user, of a call about one.
	Result Result
	// Err is what the call returned; [Reason] sorts it.
	Err error
	// Users are those of a batch: how many were taken from the input.
	Users int
	// Requests is how many requests were sent for the call, repeated ones included, logins
	// not; Retries is how often there was a pause before something was tried again. Those of
	// follow and reconcile are told with the calls that these make.
	Requests, Retries int
	Took              time.Duration
}

// UserEndInfo is what became of a user.
type UserEndInfo struct {
	Operation string
	Result    Result
	Err       error // see [Reason]
	State     OutcomeState
}

// RequestStartInfo is a request.
type RequestStartInfo struct {
	Method string
	Host   string // and port, where one is configured
	// Template is the path without what differs from user to user, below
	// /services/data/vXX.X: /sobjects/User/{id}, /sobjects/User/{id}/password, /query,
	// /query/{locator}, /composite, /composite/sobjects and so on; the whole path for the
	// few that have no version.
	Template string
	// Attempt counts from 1. A second one with a renewed token is not counted.
	Attempt int
	// Waited is how long it was held up by [WithMaxInFlight], and by a login.
	Waited time.Duration
}

// RequestEndInfo is what became of a request.
type RequestEndInfo struct {
	RequestStartInfo

	Status int    // of the answer, also of one that broke off; 0 if there is none
	Code   string // Salesforce's errorCode, the first one, as it was sent: its set is open
	Err    error  // why it is no success; see [Reason]
	Took   time.Duration
}

// RetryInfo is a pause before something is tried again.
type RetryInfo struct {
	Operation string // of the call; empty outside of calls
	Attempt   int    // that failed
	Err       error  // why; see [Reason]
	Delay     time.Duration
}

// WaitReason says what held somebody up.
type WaitReason string

// What can hold somebody up.
const (
	WaitSlot  WaitReason = "slot"  // as many requests as [WithMaxInFlight] allows were under way
	WaitLogin WaitReason = "login" // another call was logging in
	WaitBatch WaitReason = "batch" // a [Batcher] let callers wait for others, or had a batch under way
)

// WaitInfo is a time that was waited.
type WaitInfo struct {
	Reason WaitReason
	Took   time.Duration
}

// LoginStartInfo is a login.
type LoginStartInfo struct {
	GrantType GrantType
	Host      string // of the token endpoint
}

// LoginEndInfo is what became of it.
type LoginEndInfo struct {
	LoginStartInfo

	Status int   // of the answer; 0 if there is none
	Err    error // see [Reason]
	Took   time.Duration
}

// WithTrace tells a [Trace] what the Provisioner does. The struct is copied. Where the
// option is given several times, all are told, in their order.
func WithTrace(t *Trace) Option {
	return func(o *options) {
		if t == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithTrace", Problem: "is given a nil Trace; leave the option out to tell nobody"})
			return
		}
		o.traces = append(o.traces, *t)
	}
}

// Package sfprovotel makes OpenTelemetry metrics and spans of what a
// [sfprov.Provisioner] does.
//
//	trace, err := sfprovotel.New(sfprovotel.WithOrg("production"))
//	...
//	p, err := sfprov.New(cfg, sfprov.WithTrace(trace))
//
// The program sets up the OpenTelemetry SDK, as it does for its own metrics and spans; this
// package needs the API only. The page docs/telemetry.md of the repository has a table of the
// metrics, and says how Prometheus gets them.
//
// # Metrics
//
// Durations are histograms in seconds, with bucket boundaries that fit. The values of all
// attributes are from closed sets: operations, actions, outcomes, reasons, path templates. No
// attribute holds a username, an ID, a match value, an email address, a path with values in it,
// an error code or a text of Salesforce. error.type is what [sfprov.Reason] says, and is absent
// without an error. The host of the org is an attribute of the HTTP metric alone.
//
// sfprov.unknown_outcomes deserves an alarm: it counts the users of whom nobody knows what
// became of them, until [sfprov.Provisioner.Resolve] or a repeated call finds out.
//
// # Spans
//
// Each call has a span, such as sfprov.ensure, below the span of the caller's context. Each
// request has a span below the call's, such as POST /composite/sobjects, and so has each login,
// sfprov.login. Retries, adoptions and freezes are events of the call's span. A batch has one
// span, whatever the number of its users. The batch of a [sfprov.Batcher] belongs to several
// callers: its span is the root of a trace of its own, with a link to the span of each caller.
//
// Errors are told by their reason, since their texts name people. Spans have usernames and
// Salesforce IDs only with [WithUserAttributes].
package sfprovotel

// Package sfprovotel makes OpenTelemetry metrics and spans of what sfprov does.
//
//	trace, err := sfprovotel.NewTrace(sfprovotel.WithOrg("production"))
//	p, err := sfprov.New(cfg, sfprov.WithTrace(trace))
//
// The metrics are listed in docs/telemetry.md of the repository. Their attributes have closed
// sets of values: no username, Salesforce ID, match value, address or text of Salesforce's is
// ever one, and error.type is [sfprov.Reason]. Durations are in seconds.
//
// Each call of a Provisioner is a span, each request and login a span of its own below it. A
// batch is one span, however many users it has; where a Batcher made one call of several, its
// span links to theirs.
//
// OpenTelemetry's own exporters carry both on, among them the one for Prometheus,
// go.opentelemetry.io/otel/exporters/prometheus.
package sfprovotel

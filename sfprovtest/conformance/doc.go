// Package conformance holds tests only: they drive the in-memory org of
// sfprovtest with clients that were written by others, for the real Salesforce.
// It is a module of its own, so that these clients are nobody's dependency.
package conformance

// Package conformance holds tests only: they drive the in-memory org of
// sfprovtest with clients that were written by others, for the real Salesforce.
// It is a module of its own, so that these clients are nobody's dependency.
//
// The clients of npm/ need Node.js 22 and npm. The tests install what the lock file
// there pins, Node.js itself included on Linux with an x64 processor; where neither
// is found, they are skipped. CONFORMANCE.md, in the folder above, has what each
// client was shown to do; after a change,
//
//	go test . -update
//
// writes it again, if all tests pass. Salesforce's command line is big, some 300 MB
// and a minute to install, so it is driven only when asked for:
//
//	CONFORMANCE_CLI=1 go test -run TestSalesforceCLI -v .
package conformance

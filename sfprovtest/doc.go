// Package sfprovtest is a Salesforce org in memory, for tests of code that
// provisions users, and for programs that show it.
//
// An org has the REST resources that user provisioning needs, keeps state, and
// follows the rules of a real one: what Salesforce refuses, it refuses with the
// same status, error code, message and fields. A test seeds it, runs the code
// under test against it, and reads back users, requests, logins and connections.
// Faults make requests fail in a chosen way, and the parts of composite requests too.
//
//	org := sfprovtest.NewOrg(t)
//	p, err := sfprov.New(org.Config())
//
// It imports no test framework. Everything that Salesforce's documentation
// leaves open has a setter, and a default that no test should rely on.
package sfprovtest

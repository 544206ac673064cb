package conformance_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const dataPath = "/services/data/v66.0"

// newUser has the fields that Salesforce requires, and those of more.
func newUser(org *sfprovtest.Org, username string, more map[string]any) map[string]any {
	user := map[string]any{"Username": username, "LastName": "Jones", "Email": username, "Alias": "jones"}
	maps.Copy(user, org.Config().Defaults)
	maps.Copy(user, more)
	return user
}

// mustUser is the user as the org has it.
func mustUser(t *testing.T, org *sfprovtest.Org, id string) sfprovtest.User {
	t.Helper()
	user, ok := org.User(id)
	require.True(t, ok, "the org has no user %s", id)
	return user
}

// networks are the ways to reach an org.
func networks() map[string][]sfprovtest.Option {
	return map[string][]sfprovtest.Option{
		"http":      nil,
		"TLS":       {sfprovtest.WithTLS()},
		"in memory": {sfprovtest.WithInMemoryNetwork()},
	}
}

// addUsers puts n users into the org and returns their IDs.
func addUsers(org *sfprovtest.Org, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = org.AddUser(sfprov.Fields{"LastName": "Page", "Department": "Paging"})
	}
	return ids
}

// statuses are the answers that the org gave, in order.
func statuses(org *sfprovtest.Org) []int {
	var all []int
	for _, r := range org.Requests() {
		all = append(all, r.Status)
	}
	return all
}

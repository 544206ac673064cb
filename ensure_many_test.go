package sfprov_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// staff is what users shall be, and an org in which they are anything.
type staff struct {
	org   *sfprovtest.Org
	users []sfprov.User
}

// assemble makes n users who are absent, inactive, frozen, drifted, under other
// names, with too much access and too little, in all combinations.
func assemble(org *sfprovtest.Org, n int, seed uint64) staff {
	org.AddRole("Rep", "")
	org.AddRole("Boss", "")
	sets := []string{org.AddPermissionSet("Set 0", ""), org.AddPermissionSet("Set 1", ""), org.AddPermissionSet("Set 2", "")}
	groups := []string{org.AddGroup("Group 0"), org.AddGroup("Group 1"), org.AddQueue("Queue 0")}
	other := org.AddProfile("Other", "Salesforce")
	random := rand.New(rand.NewPCG(seed, 0))
	some := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(string) bool { return random.IntN(2) == 0 })
	}
	s := staff{org: org}
	for i := range n {
		name := fmt.Sprintf("user%d", i)
		u := sfprov.User{
			Username: name,
			Fields: sfprov.Fields{
				"LastName": strings.ToUpper(name), "Email": name + "@primary.com", "FederationIdentifier": "E-" + name,
				"Title": fmt.Sprintf("title %d", random.IntN(3)), "Department": nil,
			},
			Access: sfprov.Access{
				Role: []string{"Rep", "Boss"}[random.IntN(2)], PermissionSets: some("Set 0", "Set 1", "Set 2"), PublicGroups: some("Group 0", "Group 1"), Queues: some("Queue 0"), Exact: true,
			},
			Inactive: random.IntN(10) == 0,
		}
		s.users = append(s.users, u)
		if random.IntN(4) == 0 {
			continue // absent
		}
		seed := sfprov.Fields{"Username": name + "@primary.com", "LastName": strings.ToUpper(name), "Email": name + "@primary.com", "FederationIdentifier": "E-" + name, "Title": "title 0"}
		for _, drift := range []sfprov.Fields{
			{"Username": name + "@old.example"}, {"Title": "title 1"}, {"LastName": "Maiden"}, {"Department": "Sales"}, {"ProfileId": other}, {"IsActive": false}, {"Email": strings.ToUpper(name) + "@primary.com"},
		} {
			if random.IntN(3) == 0 {
				maps.Copy(seed, drift)
			}
		}
		id := org.AddUser(seed)
		for _, thing := range slices.Concat(some(sets...), some(groups...)) {
			org.Grant(id, thing)
		}
		org.Freeze(id, random.IntN(4) == 0)
	}
	return s
}

// ensureAll ensures each user until it succeeds, many at once, and counts what was
// done.
func (s staff) ensureAll(t *testing.T, p *sfprov.Provisioner) map[sfprov.Action]int {
	t.Helper()
	var mu sync.Mutex
	counts := map[sfprov.Action]int{}
	var all sync.WaitGroup
	next := make(chan sfprov.User)
	for range 16 {
		all.Go(func() {
			for u := range next {
				for attempt := range 200 {
					ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
					result, err := p.Ensure(ctx, u)
					cancel()
					if err == nil {
						mu.Lock()
						counts[result.Action]++
						mu.Unlock()
						break
					}
					if !assert.Less(t, attempt, 199, "%v", err) {
						break
					}
					<-time.After(min(sfprov.RetryAfter(err), time.Minute) + time.Second)
				}
			}
		})
	}
	for _, u := range s.users {
		next <- u
	}
	close(next)
	all.Wait()
	return counts
}

// check compares the org with what the users shall be.
func (s staff) check(t *testing.T) {
	t.Helper()
	accounts := map[any][]sfprovtest.User{}
	for _, account := range s.org.Users() {
		accounts[account.Fields["FederationIdentifier"]] = append(accounts[account.Fields["FederationIdentifier"]], account)
	}
	for _, u := range s.users {
		found := accounts[u.Fields["FederationIdentifier"]]
		delete(accounts, u.Fields["FederationIdentifier"])
		if u.Inactive {
			require.LessOrEqual(t, len(found), 1)
			assert.False(t, len(found) == 1 && found[0].Active, u.Username)
			continue
		}
		require.Len(t, found, 1, u.Username)
		account := found[0]
		assert.True(t, account.Active, u.Username)
		assert.False(t, account.Frozen, u.Username)
		assert.Equal(t, u.Username+"@primary.com", account.Username)
		for _, field := range []string{"LastName", "Title", "Department"} {
			assert.Equal(t, u.Fields[field], account.Fields[field], u.Username+" "+field)
		}
		assert.True(t, strings.EqualFold(u.Username+"@primary.com", fmt.Sprint(account.Fields["Email"])))
		has := s.org.Access(account.ID)
		assert.Equal(t, u.Access.Role, has.Role, u.Username)
		assert.ElementsMatch(t, u.Access.PermissionSets, has.PermissionSets, u.Username)
		assert.ElementsMatch(t, u.Access.PublicGroups, has.PublicGroups, u.Username)
		assert.ElementsMatch(t, u.Access.Queues, has.Queues, u.Username)
	}
	assert.Empty(t, accounts, "nobody is there twice, or under a value that nobody has")
}

func TestEnsureOfFiveHundred(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]float64{"calm": 0, "turmoil": 0.1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
				s := assemble(org, 500, 1)
				p := provisionerIn(t, org, byFederationID)
				org.SetFaultPlan(sfprovtest.Turmoil(1, faults))
				first := s.ensureAll(t, p)
				<-time.After(time.Minute) // what is done late is done
				org.SetFaultPlan(sfprovtest.FaultPlan{})
				s.check(t)
				if faults == 0 {
					for _, action := range []sfprov.Action{sfprov.Created, sfprov.Reactivated, sfprov.Updated, sfprov.Deactivated, sfprov.Unchanged} {
						assert.Positive(t, first[action], action)
					}
					assert.Zero(t, first[sfprov.Adopted], "a rename is an update")
				}
				before := org.Users()
				org.ResetRequests()
				assert.Equal(t, map[sfprov.Action]int{sfprov.Unchanged: 500}, s.ensureAll(t, p))
				assert.Equal(t, before, org.Users(), "nothing is written")
				assert.Len(t, org.Requests(), 500)
				for _, r := range org.Requests() {
					assert.True(t, r.Method == http.MethodGet || strings.HasSuffix(r.Path, "/composite"))
				}
			})
		})
	}
}

package sfprov_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
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

var (
	chaosOps     = flag.Int("chaos.ops", 4000, "operations of TestChaos")
	chaosUsers   = flag.Int("chaos.users", 800, "users of TestChaos")
	chaosWorkers = flag.Int("chaos.workers", 64, "goroutines of TestChaos")
	chaosSeed    = flag.Uint64("chaos.seed", 1, "seed of TestChaos")
	chaosList    = flag.Bool("chaos.list", false, "let TestChaos list each unknown outcome, with what became of it")
	chaosFaults  = flag.Float64("chaos.faults", 0.1, "how many requests fail in TestChaos, from 0 to 1")
)

// person is a user of the identity service, with what the results so far say of
// the accounts in Salesforce.
type person struct {
	name     string
	provider *sfprov.Provisioner
	matched  bool // by a match field; else the username is released at leaving
	taken    bool // the username is a stranger's

	accounts []string // IDs, the one in use last
	active   bool
	title    string
	random   *rand.Rand
	ops      int
	history  []string // for whoever has to find out what went wrong
}

// user is the person as of the next event.
func (h *person) user() sfprov.User {
	h.ops++
	u := employee(h.name, h.name)
	if !h.matched {
		delete(u.Fields, "FederationIdentifier")
	}
	u.Fields["Title"] = fmt.Sprintf("title %d", h.ops)
	return u
}

// report counts what happened.
type report struct {
	mu      sync.Mutex
	counts  map[string]int
	unknown []string
}

func (r *report) add(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

// resolved notes what became of an unknown outcome.
func (r *report) resolved(h *person, what string, unknown error) {
	r.add("unknown " + what)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unknown = append(r.unknown, fmt.Sprintf("%s: %s: %v", h.name, what, unknown))
}

// TestChaos works on many users at once while requests fail in every way that
// sfprovtest knows. Each operation ends in one of three ways, each of which is
// checked against the org: confirmed, so it is as the Result says; not done, so
// nothing has changed; unknown, and then calling again, or Resolve, finds out. At
// the end, the org holds exactly the accounts that the results name.
func TestChaos(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.SetTokenRequests(500)
		org.SetAPIUsage(0, 100_000_000)
		matched := provisionerIn(t, org, matching)
		released := provisionerIn(t, org, func(c *sfprov.Config) { c.ReleaseUsername = true })

		people := make([]*person, *chaosUsers)
		for i := range people {
			h := &person{name: fmt.Sprintf("user%d", i), provider: matched, matched: true, random: rand.New(rand.NewPCG(*chaosSeed, uint64(i)))}
			if i%2 == 1 {
				h.provider, h.matched = released, false
			}
			if i%50 < 2 {
				h.taken = true
				org.AddUser(sfprov.Fields{"Username": h.name + "@primary.com", "LastName": "Stranger"})
			}
			people[i] = h
		}
		strangers := org.Users()

		org.SetFaultPlan(sfprovtest.Turmoil(*chaosSeed, *chaosFaults))
		began := time.Now()
		r := &report{counts: map[string]int{}}
		var group sync.WaitGroup
		for worker := range *chaosWorkers {
			group.Go(func() {
				for n := worker; n < *chaosOps; n += *chaosWorkers {
					// All events of a person come to one worker, one after the other.
					mine := len(people) / *chaosWorkers
					h := people[worker+*chaosWorkers*rand.New(rand.NewPCG(*chaosSeed, uint64(n))).IntN(mine)]
					h.event(t, org, r)
					// A create that Salesforce does a second late makes a second account if
					// its retry's was renamed in that second. No client can help that.
					<-time.After(2 * time.Second)
				}
			})
		}
		group.Wait()
		faults := org.FaultCounts()
		org.ClearControls()
		<-time.After(time.Hour) // for all that comes late

		expected := map[string]bool{}
		lost, doubled, touched := 0, 0, 0
		for _, stranger := range strangers {
			expected[stranger.ID] = true
			if after, _ := org.User(stranger.ID); !assert.Equal(t, stranger, after, "a stranger's account was touched") {
				touched++
			}
		}
		for _, h := range people {
			for i, id := range h.accounts {
				expected[id] = true
				if i < len(h.accounts)-1 {
					left, exists := org.User(id)
					if !assert.True(t, exists && !left.Active, "%s: an earlier account is lost or active", h.name) {
						doubled++
					}
				}
			}
			if !assert.Empty(t, h.differs(org), h.name) {
				lost++
			}
		}
		for _, user := range org.Users() {
			if !assert.True(t, expected[user.ID], "%s (%s) is nobody's by the results", user.ID, user.Username) {
				doubled++
				for _, h := range people {
					if strings.Contains(user.Username, h.name+"@") {
						t.Log(user.Fields["CreatedDate"], strings.Join(h.history, "\n"))
					}
				}
			}
		}
		assert.Len(t, org.Users(), len(expected))

		t.Logf("seed %d: %d operations on %d users by %d goroutines, %v of virtual time", *chaosSeed, *chaosOps, *chaosUsers, *chaosWorkers, time.Since(began).Round(time.Second))
		t.Logf("at the end: %d lost, %d doubled, %d foreign accounts touched, %d unknown outcomes, all resolved", lost, doubled, touched, len(r.unknown))
		if *chaosList {
			t.Log(strings.Join(r.unknown, "\n"))
		}
		t.Logf("%d requests, %d logins, %d expired tokens", len(org.Requests()), org.Logins(), org.Expiries())
		for _, counts := range []map[string]int{r.counts, faults} {
			for _, what := range slices.Sorted(maps.Keys(counts)) {
				t.Logf("%8d %s", counts[what], what)
			}
		}
		for _, ending := range []string{"confirmed", "not done", "unknown"} {
			assert.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(r.counts)), func(what string) bool { return strings.HasPrefix(what, ending) }), "%s: never happened", ending)
		}
	})
}

// event is one event of the person: hired or hired again, changed, left.
func (h *person) event(t *testing.T, org *sfprovtest.Org, r *report) {
	t.Helper()
	dice := h.random.IntN(10)
	switch {
	case len(h.accounts) == 0 || !h.active && dice < 6 || dice == 0:
		u := h.user()
		h.run(t, org, r, "create", u, func(ctx context.Context) (sfprov.Result, error) { return h.provider.Create(ctx, u) })
	case dice < 7:
		u := sfprov.User{Fields: sfprov.Fields{"Title": h.user().Fields["Title"]}}
		id := h.accounts[len(h.accounts)-1]
		h.run(t, org, r, "update", u, func(ctx context.Context) (sfprov.Result, error) { return h.provider.Update(ctx, id, u) })
	default:
		id := h.accounts[len(h.accounts)-1]
		h.run(t, org, r, "deactivate", sfprov.User{}, func(ctx context.Context) (sfprov.Result, error) { return h.provider.Deactivate(ctx, id) })
	}
}

// run calls until the outcome is known.
func (h *person) run(t *testing.T, org *sfprovtest.Org, r *report, op string, u sfprov.User, call func(context.Context) (sfprov.Result, error)) {
	t.Helper()
	var unknown error
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(2+h.random.IntN(20))*time.Second)
		var result sfprov.Result
		var err error
		if unknown != nil && !sfprov.Retryable(unknown) && h.random.IntN(2) == 0 {
			if result, err = h.provider.Resolve(ctx, unknown); errors.Is(err, sfprov.ErrNotCreated) {
				r.resolved(h, op+", by Resolve not done", unknown)
				unknown = nil
				cancel()
				continue
			}
		} else {
			result, err = call(ctx)
		}
		cancel()
		h.history = append(h.history, fmt.Sprintf("%v %s %v: %v, %v", time.Now().Format(time.TimeOnly), op, u.Fields["Title"], result, err))
		switch {
		case err == nil:
			if unknown != nil {
				r.resolved(h, op+", then "+string(result.Action), unknown)
			}
			r.add("confirmed " + op + ": " + string(result.Action))
			h.confirm(t, op, u, result)
			assert.Empty(t, h.differs(org), "%s after %s, %v\n%s", h.name, op, result, strings.Join(h.history, "\n"))
			return
		case errors.Is(err, sfprov.ErrDuplicateUsername):
			r.add("refused " + op)
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			if holder, exists := org.User(apiErr.Existing); exists {
				assert.Equal(t, h.taken, holder.Fields["LastName"] == "Stranger")
			}
			assert.True(t, h.taken || !h.matched && h.active, "%s is its own duplicate: %v", h.name, err)
			assert.Empty(t, h.differs(org), "%s after %s was refused", h.name, op)
			return
		case errors.Is(err, sfprov.ErrOutcomeUnknown):
			r.add("unknown " + op)
			if unknown == nil || !sfprov.Retryable(err) {
				unknown = err
			}
		case unknown != nil: // and still is
		case result.Action != "": // the first of two steps
			require.Equal(t, sfprov.Adopted, result.Action)
			r.add("confirmed " + op + " in part: " + string(result.Action))
			unknown = err
		default:
			r.add("not done " + op)
			assert.Empty(t, h.differs(org), "%s after %s was not done: %v", h.name, op, err)
			if !sfprov.Retryable(err) {
				assert.True(t, errors.Is(err, sfprov.ErrAuth) || errors.Is(err, sfprov.ErrUnavailable) || strings.Contains(err.Error(), "redirect"), "%v", err)
			}
			<-time.After(min(sfprov.RetryAfter(err), time.Minute) + time.Second)
			return
		}
		<-time.After(time.Duration(h.random.IntN(60)) * time.Second)
	}
}

// confirm notes what a Result says.
func (h *person) confirm(t *testing.T, op string, u sfprov.User, result sfprov.Result) {
	t.Helper()
	title, _ := u.Fields["Title"].(string)
	switch result.Action {
	case sfprov.Created:
		// An account that was made minutes before, with the same texts, can't be told
		// from one that is made now; but it is not a second one.
		if !slices.Contains(h.accounts, result.ID) {
			assert.False(t, h.active, "%s has an account: %v", h.name, h.accounts)
			h.accounts = append(h.accounts, result.ID)
		}
		h.active, h.title = true, title
	case sfprov.Adopted:
		assert.True(t, h.matched)
		if len(h.accounts) == 0 {
			h.accounts = []string{result.ID} // made by the call that was lost
		}
		assert.Equal(t, []string{result.ID}, h.accounts)
		h.active, h.title = true, title
	case sfprov.Updated:
		if op == "update" {
			h.title = title
		}
	case sfprov.Deactivated, sfprov.Unchanged:
		h.active = false
	case sfprov.Frozen, sfprov.Unfrozen, sfprov.Reactivated, sfprov.Skipped:
		t.Errorf("%s: %v", h.name, result)
	}
}

// differs says in what the org is not as the results say.
func (h *person) differs(org *sfprovtest.Org) string {
	if len(h.accounts) == 0 {
		if user, exists := org.UserByUsername(h.name + "@primary.com"); exists && !h.taken {
			return "there is an account that no result names: " + user.ID
		}
		return ""
	}
	user, exists := org.User(h.accounts[len(h.accounts)-1])
	switch {
	case !exists:
		return "the account does not exist"
	case user.Active != h.active:
		return fmt.Sprintf("active is %v", user.Active)
	case user.Fields["Title"] != h.title:
		return fmt.Sprintf("the title is %v, not %s", user.Fields["Title"], h.title)
	}
	return ""
}

// Two processes that create the same users at once, while requests fail: each user
// ends with one account, and each call with one that is this very account, or a
// clear refusal.
func TestTwoProvisionersInTurmoil(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sfprov.Config){"with a match field": matching, "without": func(*sfprov.Config) {}} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			org.SetAPIUsage(0, 1_000_000)
			org.SetFaultPlan(sfprovtest.Turmoil(7, 0.2))
			const users = 100
			var group sync.WaitGroup
			results := [2][users]sfprov.Result{}
			refused := [2][users]bool{}
			for side := range results {
				p := provisionerIn(t, org, change)
				for n := range users {
					group.Go(func() {
						u := employee(fmt.Sprintf("user%d", n), fmt.Sprint(n))
						u.Fields["Title"] = fmt.Sprintf("by process %d", side)
						for { // as a queue would, with the same Provisioner
							result, err := p.Create(t.Context(), u)
							if err == nil || errors.Is(err, sfprov.ErrDuplicateUsername) {
								results[side][n], refused[side][n] = result, err != nil
								return
							}
							<-time.After(time.Minute)
						}
					})
				}
			}
			group.Wait()
			org.ClearControls()
			<-time.After(time.Hour)
			assert.Len(t, org.Users(), users)
			for n := range users {
				user, exists := org.UserByUsername(fmt.Sprintf("user%d@primary.com", n))
				require.True(t, exists)
				owners := 0
				for side := range results {
					if refused[side][n] {
						continue
					}
					owners++
					assert.Equal(t, user.ID, results[side][n].ID)
				}
				if name == "without" {
					assert.Equal(t, 1, owners, "one Created, one clear answer for the other")
				} else {
					assert.Equal(t, 2, owners)
				}
			}
		})
	}
}

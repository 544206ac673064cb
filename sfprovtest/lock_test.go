package sfprovtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// TestParallelInserts holds one request open, so that others come while it is under way.
func TestParallelInserts(t *testing.T) {
	t.Parallel()
	locked := []problem{{"UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 00e5g0000000001", list{}}}
	for name, do := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
				c := logIn(t, org)
				role := org.AddRole("Sales", "")
				id := org.AddUser(nil)
				n := 0
				with := func(role any) object {
					n++
					return alice(org, object{"Username": fmt.Sprintf("u%d@acme.example", n), "UserRoleId": role})
				}
				hold := func(fields object) (done func()) {
					org.Control(sfprovtest.On("", "", sfprovtest.Fault{Delay: time.Minute}))
					answered := make(chan []problem, 1)
					go func() { answered <- do(t, c, "", fields) }()
					synctest.Wait()
					return func() { assert.Empty(t, <-answered) }
				}
				done := hold(with(role))
				assert.Empty(t, do(t, c, "", with(role)), "by default there is no limit")
				done()

				org.SetParallelInserts(1)
				assert.Empty(t, do(t, c, "", with(role)))
				assert.Empty(t, do(t, c, "", with(role)), "one after the other")
				done = hold(with(role))
				assert.Equal(t, locked, do(t, c, "", with(role)))
				assert.Equal(t, locked, do(t, c, id, object{"UserRoleId": role}), "changed roles need the lock too")
				assert.Empty(t, do(t, c, "", with(nil)), "users without a role don't")
				assert.Empty(t, do(t, c, id, object{"Title": "CEO"}))
				owner := org.AddUser(sfprov.Fields{"UserRoleId": role})
				external := object{
					"ProfileId": org.AddProfile("Partner", "Partner Community"), "ContactId": org.AddContact("Jones", org.AddAccount("Acme", owner)),
				}
				assert.Equal(t, locked, do(t, c, "", alice(org, external)), "users of an account need it too")
				seed := org.AddUser(sfprov.Fields{"UserRoleId": role})
				assert.Empty(t, do(t, c, seed, object{"UserRoleId": role[:15]}), "the same role is none of the changes")
				org.SetLockRefusal(sfprovtest.Refusal{Status: 400, Code: "UNKNOWN_EXCEPTION", Message: "group membership operation already in progress", Fields: []string{}})
				assert.Equal(t, "group membership operation already in progress", do(t, c, "", with(role))[0].message)
				org.SetLockRefusal(sfprovtest.Refusal{})
				done()
				assert.Empty(t, do(t, c, id, object{"UserRoleId": role}), "it has been let go")
				assert.Empty(t, do(t, c, "", alice(org, external)))
			})
		})
	}
}

// TestParallelCollections shows that as many requests as allowed succeed, and that the
// surplus ones lose only the rows that need the lock.
func TestParallelCollections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		c := logIn(t, org)
		org.SetParallelInserts(3)
		org.KeepControl(sfprovtest.On(http.MethodPost, "/composite/sobjects", sfprovtest.Fault{Delay: time.Second}))
		role := org.AddRole("Sales", "")
		answered := make(chan reply)
		for i := range 8 {
			var records list
			for j := range 10 {
				record := alice(org, object{"Username": fmt.Sprintf("u%d.%d@acme.example", i, j), "attributes": object{"type": "User"}})
				if j > 0 {
					record["UserRoleId"] = role
				}
				records = append(records, record)
			}
			body := asJSON(t, object{"records": records})
			go func() {
				r, err := c.try(t, http.MethodPost, data+"/composite/sobjects", "application/json", body) //nolint:testifylint // its one assertion is on the test's own input
				assert.NoError(t, err)
				answered <- r
			}()
		}
		counts := map[int]int{} // of requests, by how many rows succeeded
		for range 8 {
			counts[strings.Count((<-answered).body, `"success":true`)]++
		}
		assert.Equal(t, map[int]int{10: 3, 1: 5}, counts)
	})
}

// TestLateCommitLetsGo shows that work which is done after its connection has closed does
// not hold the lock for ever.
func TestLateCommitLetsGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		c := logIn(t, org)
		org.SetParallelInserts(1)
		role := org.AddRole("Sales", "")
		for i, fault := range []sfprovtest.Fault{sfprovtest.LateCommit(time.Second), sfprovtest.LostAnswer(), sfprovtest.CutAnswer()} {
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", fault))
			name := fmt.Sprintf("u%d@acme.example", i)
			_, err := c.try(t, http.MethodPost, users, "application/json", asJSON(t, alice(org, object{"Username": name, "UserRoleId": role})))
			require.Error(t, err)
			time.Sleep(2 * time.Second) //nolint:forbidigo // virtual
			_, made := org.UserByUsername(name)
			assert.True(t, made)
			assert.Equal(t, 201, c.post(t, users, alice(org, object{"Username": "next." + name, "UserRoleId": role})).status)
		}
	})
}

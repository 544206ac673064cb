package sfprov_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// neighbours are three people whose usernames are alice, bob and carol.
func neighbours(org *sfprovtest.Org) {
	org.SetEmailConfirmation(false)
	for i, name := range []string{"alice", "bob", "carol"} {
		org.AddUser(sfprov.Fields{
			"Username": name + "@primary.com", "FederationIdentifier": []string{"E-1", "E-2", "E-3"}[i], "LastName": "Jones",
		})
	}
}

// Who waits for a name that is taken holds up nobody for ever, also if the same person,
// or another one who wants the name, comes after.
func TestARefusedNameHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for name, users := range map[string][]sfprov.User{
		"the same person again": {employee("bob", "E-1"), employee("al", "E-1")},
		"two for one name":      {employee("bob", "E-1"), employee("bob", "E-3")},
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			neighbours(org)
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			_, err := provisionerIn(t, org, byFederationID).EnsureAll(ctx, reading(users), nil)
			require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
		})
	}
}

// Who can't get another name keeps the old one, whoever wants that.
func TestARefusedRenameTakesNobodysName(t *testing.T) {
	t.Parallel()
	t.Run("the new name is a stranger's", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		neighbours(org)
		users := []sfprov.User{employee("bob", "E-1"), employee("carol", "E-2")}
		_, err := provisionerIn(t, org, byFederationID).EnsureAll(t.Context(), reading(users), nil)
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
		assertBears(t, org, "bob@primary.com", "E-2")
	})
	t.Run("a rule of the org forbids it", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		neighbours(org)
		alice, _ := org.UserByUsername("alice@primary.com")
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			_, taken := org.UserByUsername("bob@primary.com") // the rule shows when the name is free
			isHers := r.Method == http.MethodPatch && strings.HasSuffix(r.Path, alice.ID)
			if taken || !isHers || !strings.Contains(string(r.Body), `"bob@`) {
				return nil
			}
			fault := sfprovtest.Refuse(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Names stay as they are.")
			return &fault
		})
		users := []sfprov.User{employee("bob", "E-1"), employee("alice", "E-2")}
		_, err := provisionerIn(t, org, byFederationID).EnsureAll(t.Context(), reading(users), nil)
		require.ErrorContains(t, err, "Names stay as they are")
		assertBears(t, org, "alice@primary.com", "E-1")
	})
}

func assertBears(t *testing.T, org *sfprovtest.Org, name, number string) {
	t.Helper()
	user, exists := org.UserByUsername(name)
	if assert.True(t, exists, name) {
		assert.Equal(t, number, user.Fields["FederationIdentifier"], name)
	}
}

// A lost unfreeze that a look can't tell about is unknown, also if the look is refused.
func TestALostUnfreezeIsUnknownWhateverRefusesTheLook(t *testing.T) {
	t.Parallel()
	bubble(t, "the login is hidden", func(t *testing.T, org *sfprovtest.Org) {
		id := org.AddUser(nil)
		org.Freeze(id, true)
		isLost := false
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			fault := sfprovtest.Refuse(400, "INVALID_TYPE", "sObject type 'UserLogin' is not supported.")
			switch {
			case r.Method == http.MethodPatch:
				isLost, fault = true, sfprovtest.LostAnswer()
			case !isLost || !strings.Contains(r.Query, "FROM UserLogin"):
				return nil
			}
			return &fault
		})
		_, err := provisionerIn(t, org).Unfreeze(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	})
}

// Whoever of a ring is refused at last, nobody is left with a name between, and what was
// given away is given back.
func TestARingThatBreaksGivesNamesBack(t *testing.T) {
	t.Parallel()
	names := []string{"alice", "bob", "carol"}
	for _, size := range []int{2, 3} {
		for refused := range size {
			t.Run(fmt.Sprintf("%s of %d", names[refused], size), func(t *testing.T) {
				t.Parallel()
				org := sfprovtest.NewOrg(t)
				neighbours(org)
				hers, _ := org.UserByUsername(names[refused] + "@primary.com")
				wanted := names[(refused+1)%size] + "@primary.com"
				org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
					_, taken := org.UserByUsername(wanted) // the rule shows when the name is free
					isHers := r.Method == http.MethodPatch && strings.HasSuffix(r.Path, hers.ID)
					if taken || !isHers || !strings.Contains(string(r.Body), wanted) {
						return nil
					}
					fault := sfprovtest.Refuse(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Names stay as they are.")
					return &fault
				})
				var users []sfprov.User
				for i := range size {
					users = append(users, employee(names[(i+1)%size], fmt.Sprintf("E-%d", i+1)))
				}
				summary, err := provisionerIn(t, org, byFederationID).EnsureAll(
					t.Context(), reading(users), func(o sfprov.Outcome) error {
						for _, c := range o.Result.Changes {
							assert.True(t, o.Err == nil || c.Field != "Username", "told, and given back")
						}
						return nil
					})
				require.ErrorContains(t, err, "Names stay as they are")
				for i, name := range names {
					assertBears(t, org, name+"@primary.com", fmt.Sprintf("E-%d", i+1))
				}
				assert.Zero(t, summary.Done)
			})
		}
	}
}

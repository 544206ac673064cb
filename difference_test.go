package sfprov_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// world is an org with one user of interest in some state, and others who must stay as
// they are.
type world struct {
	org  *sfprovtest.Org
	id   string // of the user's account; empty if there is none
	user sfprov.User
	name string // of the state
}

// worlds are the states in which a user can be found, by name.
func worlds() map[string]func(w *world, random *rand.Rand) {
	seed := func(change sfprov.Fields) func(*world, *rand.Rand) {
		return func(w *world, random *rand.Rand) {
			fields := sfprov.Fields{
				"Username": "alice@primary.com", "LastName": "Jones", "Email": "alice@primary.com", "FederationIdentifier": "E-4711",
				"Title": []any{"CFO", "Clerk", nil}[random.IntN(3)], "Department": []any{"Sales", nil}[random.IntN(2)],
			}
			maps.Copy(fields, change)
			w.id = w.org.AddUser(fields)
			for _, kind := range []string{"Set 0", "Set 1", "Club", "Queue 0"} {
				if random.IntN(2) == 0 {
					w.org.Grant(w.id, w.user.Fields["grant "+kind].(string))
				}
			}
		}
	}
	return map[string]func(*world, *rand.Rand){
		"absent":   func(*world, *rand.Rand) {},
		"active":   seed(nil),
		"inactive": seed(sfprov.Fields{"IsActive": false}),
		"frozen": func(w *world, random *rand.Rand) {
			seed(nil)(w, random)
			w.org.Freeze(w.id, true)
		},
		"inactive and frozen": func(w *world, random *rand.Rand) {
			seed(sfprov.Fields{"IsActive": false})(w, random)
			w.org.Freeze(w.id, true)
		},
		"renamed":  seed(sfprov.Fields{"Username": "a.jones@old.example"}),
		"released": seed(sfprov.Fields{"Username": "released-x-alice@primary.com", "IsActive": false, "FederationIdentifier": nil}),
		"held by another": func(w *world, _ *rand.Rand) {
			w.org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "FederationIdentifier": "E-1"})
		},
		"kept active": func(w *world, random *rand.Rand) {
			seed(nil)(w, random)
			w.org.BlockDeactivation(w.id, sfprovtest.Refusal{})
		},
		"kept active and frozen": func(w *world, random *rand.Rand) {
			seed(nil)(w, random)
			w.org.Freeze(w.id, true)
			w.org.BlockDeactivation(w.id, sfprovtest.Refusal{})
		},
		"without a login": func(w *world, random *rand.Rand) {
			seed(nil)(w, random)
			w.org.RemoveUserLogin(w.id)
		},
	}
}

// verbs are the calls about one user.
func verbsOfOne() map[string]func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
	type call = func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error)
	provision := func(op sfprov.Op, withID, inactive bool) call {
		return func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			r := sfprov.Request{Op: op, User: w.user}
			if withID {
				r.ID = w.id
			}
			r.User.Inactive = inactive
			return p.Provision(t.Context(), r)
		}
	}
	byID := func(do func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error)) call {
		return func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			if w.id == "" {
				return sfprov.Result{Action: sfprov.Unchanged}, nil
			}
			return do(t, p, w)
		}
	}
	return map[string]call{
		"Create": func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			return p.Create(t.Context(), w.user)
		},
		"Ensure": func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			return p.Ensure(t.Context(), w.user)
		},
		"Ensure inactive": func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			u := w.user
			u.Inactive = true
			return p.Ensure(t.Context(), u)
		},
		"EnsureAll": func(t *testing.T, p *sfprov.Provisioner, w *world) (result sfprov.Result, err error) {
			t.Helper()
			_, _ = p.EnsureAll(t.Context(), reading([]sfprov.User{w.user}), func(o sfprov.Outcome) error {
				result, err = o.Result, o.Err
				return nil
			})
			return result, err
		},
		"Deactivate": byID(func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			return p.Deactivate(t.Context(), w.id)
		}),
		"Reactivate": byID(func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			return p.Reactivate(t.Context(), w.id)
		}),
		"Freeze": byID(func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			return p.Freeze(t.Context(), w.id)
		}),
		"Unfreeze": byID(func(t *testing.T, p *sfprov.Provisioner, w *world) (sfprov.Result, error) {
			t.Helper()
			return p.Unfreeze(t.Context(), w.id)
		}),
		"OpCreate":         provision(sfprov.OpCreate, false, false),
		"OpCreate by ID":   provision(sfprov.OpCreate, true, false),
		"OpUpdate":         provision(sfprov.OpUpdate, false, false),
		"OpUpdate by ID":   provision(sfprov.OpUpdate, true, false),
		"OpUpdate, leaves": provision(sfprov.OpUpdate, true, true),
		"OpPatch":          provision(sfprov.OpPatch, false, false),
		"OpPatch, leaves":  provision(sfprov.OpPatch, true, true),
		"OpDelete":         provision(sfprov.OpDelete, false, false),
		"OpDelete by ID":   provision(sfprov.OpDelete, true, false),
	}
}

// snapshot is all of an org that a call may change.
type snapshot map[string]map[string]string // by user ID, by what it is

func snapshotOf(org *sfprovtest.Org) snapshot {
	s := snapshot{}
	for _, u := range org.Users() {
		is := map[string]string{"Username": u.Username, "IsActive": fmt.Sprint(u.Active), "IsFrozen": fmt.Sprint(u.Frozen)}
		for name, value := range u.Fields {
			switch name {
			case "CreatedDate", "LastModifiedDate", "SystemModstamp", "LastModifiedById", "Name", "UserType":
				continue
			}
			if value != nil && value != "" && is[name] == "" {
				is[name] = fmt.Sprint(value)
			}
		}
		if u.PendingEmail != "" {
			is["Email"] = u.PendingEmail
		}
		access := org.Access(u.ID)
		for field, names := range map[string][]string{
			"Access.PermissionSets": access.PermissionSets, "Access.PermissionSetGroups": access.PermissionSetGroups,
			"Access.PublicGroups": access.PublicGroups, "Access.Queues": access.Queues,
		} {
			for _, name := range names {
				is[field+" "+name] = "held"
			}
		}
		s[u.ID] = is
	}
	return s
}

// differenceOf is what differs of each user, as Changes tell it.
func differenceOf(before, after snapshot) map[string][]string {
	differences := map[string][]string{}
	for id, is := range after {
		was := before[id]
		var changes []string
		for _, name := range slices.Sorted(maps.Keys(is)) {
			if was[name] != is[name] {
				changes = append(changes, told(name, was[name], is[name]))
			}
		}
		for name, value := range was {
			if is[name] == "" {
				changes = append(changes, told(name, value, ""))
			}
		}
		if slices.Sort(changes); len(changes) > 0 {
			differences[id] = changes
		}
	}
	return differences
}

func told(name, before, after string) string {
	if field, thing, isAccess := strings.Cut(name, " "); isAccess {
		if after == "" {
			return field + ": -" + thing
		}
		return field + ": +" + thing
	}
	return fmt.Sprintf("%s: %s -> %s", name, before, after)
}

// changesOf are a result's Changes in the same form.
func changesOf(result sfprov.Result) []string {
	text := func(value any) string {
		if value == nil {
			return ""
		}
		return fmt.Sprint(value)
	}
	var changes []string
	for _, c := range result.Changes {
		switch {
		case strings.HasPrefix(c.Field, "Access.") && c.Before == nil:
			changes = append(changes, c.Field+": +"+text(c.After))
		case strings.HasPrefix(c.Field, "Access."):
			changes = append(changes, c.Field+": -"+text(c.Before))
		default:
			changes = append(changes, fmt.Sprintf("%s: %s -> %s", c.Field, text(c.Before), text(c.After)))
		}
	}
	slices.Sort(changes)
	return changes
}

// actionOfDifference is the Action that a difference comes to.
func actionOfDifference(changes []string) []sfprov.Action {
	is := func(prefix string) bool {
		return slices.ContainsFunc(changes, func(c string) bool { return strings.HasPrefix(c, prefix) })
	}
	switch {
	case len(changes) == 0:
		return []sfprov.Action{sfprov.Unchanged, sfprov.Adopted, sfprov.Frozen, ""}
	case is("IsActive: true -> false"):
		return []sfprov.Action{sfprov.Deactivated}
	case is("IsActive: false -> true"):
		return []sfprov.Action{sfprov.Reactivated, sfprov.Adopted}
	case is("IsFrozen: false -> true"):
		return []sfprov.Action{sfprov.Frozen}
	case is("IsFrozen: true -> false") && len(changes) == 1:
		return []sfprov.Action{sfprov.Unfrozen, sfprov.Adopted}
	}
	return []sfprov.Action{sfprov.Updated, sfprov.Adopted}
}

// What a call says that it changed is the difference of the org before and after, for
// every verb, in every state, with every option.
func TestChangesAreTheDifference(t *testing.T) {
	t.Parallel()
	options := map[string]func(*sfprov.Config){
		"":               func(*sfprov.Config) {},
		"match":          byFederationID,
		"release":        func(c *sfprov.Config) { c.ReleaseUsername = true },
		"match, release": func(c *sfprov.Config) { byFederationID(c); c.ReleaseUsername = true },
		"match by a field that Salesforce does not keep unique": func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" },
	}
	for optionName, option := range options {
		for stateName, state := range worlds() {
			for verbName, verb := range verbsOfOne() {
				t.Run(strings.Join([]string{verbName, stateName, optionName}, "/"), func(t *testing.T) {
					t.Parallel()
					for seed := range uint64(2) {
						w := newWorld(t, stateName, state, seed)
						if strings.HasPrefix(optionName, "match by") {
							w.user.Fields["EmployeeNumber"] = "E-4711"
							if w.id != "" && stateName != "released" {
								w.org.SetUser(w.id, sfprov.Fields{"EmployeeNumber": "E-4711"})
							}
						}
						before := snapshotOf(w.org)
						result, err := verb(t, provisionerIn(t, w.org, option), w)
						assertDifference(t, w, before, result, err)
					}
				})
			}
		}
	}
}

func newWorld(t *testing.T, name string, state func(*world, *rand.Rand), seed uint64) *world {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	w := &world{org: sfprovtest.NewOrg(t), name: name}
	w.org.AddUser(sfprov.Fields{"Username": "bystander@primary.com", "FederationIdentifier": "E-2"})
	grants := map[string]string{
		"Set 0": w.org.AddPermissionSet("Set 0", ""), "Set 1": w.org.AddPermissionSet("Set 1", ""), "Club": w.org.AddGroup("Club"), "Queue 0": w.org.AddQueue("Queue 0"),
	}
	w.user.Fields = sfprov.Fields{}
	for name, id := range grants {
		w.user.Fields["grant "+name] = id
	}
	state(w, random)
	w.user = sfprov.User{
		Username: "alice", Fields: sfprov.Fields{"LastName": "Jones", "Email": "alice@primary.com", "FederationIdentifier": "E-4711", "Title": "CFO"},
	}
	if random.IntN(2) == 0 {
		w.user.Fields["Department"] = nil
	}
	if random.IntN(3) > 0 {
		w.user.Access = sfprov.Access{PermissionSets: []string{"Set 0"}, PublicGroups: []string{"Club"}, Queues: []string{}, Exact: random.IntN(2) == 0}
	}
	if random.IntN(3) == 0 {
		w.user.Revoke = sfprov.Access{PermissionSets: []string{"Set 1"}}
	}
	return w
}

func assertDifference(t *testing.T, w *world, before snapshot, result sfprov.Result, err error) {
	t.Helper()
	differences := differenceOf(before, snapshotOf(w.org))
	what := fmt.Sprintf("%s, %v: result %s", w.user.Username, err, mustJSON(t, result))
	require.LessOrEqual(t, len(differences), 1, "%s: only the user's account is touched: %v", what, differences)
	for id, changes := range differences {
		assert.Equal(t, id, result.ID, what)
		if before[id] == nil {
			assert.Equal(t, sfprov.Created, result.Action, what)
			return
		}
		assert.Equal(t, changes, changesOf(result), what)
		actions := actionOfDifference(changes)
		if errors.Is(err, sfprov.ErrDeactivationBlocked) {
			actions = []sfprov.Action{sfprov.Frozen} // whatever else was done
		}
		assert.Contains(t, actions, result.Action, what)
	}
	if len(differences) == 0 {
		assert.Empty(t, changesOf(result), what)
		assert.Contains(t, actionOfDifference(nil), result.Action, what)
	}
	if err == nil && result.ID != "" {
		user, exists := w.org.User(result.ID)
		require.True(t, exists, what)
		if result.Username != "" {
			assert.Equal(t, user.Username, result.Username, what)
		}
	}
}

func mustJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

package sfprov_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// What templates and serializers write in place of nothing is nobody's match value, and
// a real value is, however odd.
func TestPlaceholdersAreNoMatchValues(t *testing.T) {
	t.Parallel()
	for _, placeholder := range []string{
		"null", "NULL", "nil", "<nil>", "None", "undefined", "NaN", "<no value>", "[object Object]", "%!s(<nil>)", "%!d(MISSING)",
		"00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "urn:uuid:00000000-0000-0000-0000-000000000000",
		"00000000000000000000000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "000000000000000", "000000000000000AAA", "000000000000000000000000",
		"${user.id}", "{{ .ID }}", "{{identity.id}}", "#{id}", "[]", "{}", `""`, `"null"`, "(null)", " null ", "<empty>", "Optional.empty", "#N/A",
	} {
		org := sfprovtest.NewOrg(t)
		org.AddUser(sfprov.Fields{"Username": "first@primary.com", "FederationIdentifier": placeholder})
		p := provisionerIn(t, org, byFederationID)
		u := federated()
		u.Fields["FederationIdentifier"] = placeholder
		for name, call := range map[string]func() error{
			"create": func() error { _, err := p.Create(t.Context(), u); return err },
			"ensure": func() error { _, err := p.Ensure(t.Context(), u); return err },
			"provision": func() error {
				_, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpUpdate, User: u})
				return err
			},
			"batch": func() error { _, err := p.EnsureAll(t.Context(), reading([]sfprov.User{u}), nil); return err },
		} {
			err := call()
			var invalid *sfprov.ValidationError
			require.ErrorAs(t, err, &invalid, "%s of %q", name, placeholder)
			assert.Equal(t, "FederationIdentifier", invalid.Problems[0].Field)
			assert.Contains(t, invalid.Problems[0].Problem, "stands for no value")
		}
		assert.Empty(t, org.Requests(), placeholder)
	}
	for _, real := range []string{"1", "0", "42", "a", "nobody", "Nullman", "nil@acme.com", "E-000000000000000", "10000000000000000", "none-of-it", "unknown", "007", "x null", "NA"} {
		org := sfprovtest.NewOrg(t)
		p := provisionerIn(t, org, byFederationID)
		u := federated()
		u.Fields["FederationIdentifier"] = real
		created, err := p.Create(t.Context(), u)
		require.NoError(t, err, real)
		again, err := p.Ensure(t.Context(), u)
		require.NoError(t, err, real)
		assert.Equal(t, sfprov.Unchanged, again.Action)
		assert.Equal(t, created.ID, again.ID)
	}
}

// A veto keeps an account with another username out of reach, whoever would take it
// over, and is the caller's own error.
func TestAdoptionCanBeVetoed(t *testing.T) {
	t.Parallel()
	refusal := errors.New("ask the service desk")
	for _, vetoed := range []bool{true, false} {
		for name, call := range map[string]func(p *sfprov.Provisioner) (sfprov.Result, error){
			"create": func(p *sfprov.Provisioner) (sfprov.Result, error) { return p.Create(t.Context(), federated()) },
			"ensure": func(p *sfprov.Provisioner) (sfprov.Result, error) { return p.Ensure(t.Context(), federated()) },
			"provision": func(p *sfprov.Provisioner) (sfprov.Result, error) {
				return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpCreate, User: federated()})
			},
			"batch": func(p *sfprov.Provisioner) (result sfprov.Result, err error) {
				_, _ = p.EnsureAll(t.Context(), reading([]sfprov.User{federated()}), func(o sfprov.Outcome) error {
					result, err = o.Result, o.Err
					return nil
				})
				return result, err
			},
		} {
			org := sfprovtest.NewOrg(t)
			id := seeded(org, sfprov.Fields{"Username": "a.jones@old.example", "IsActive": false})
			asked := 0
			p, err := sfprov.New(matchingConfig(org), sfprov.WithHTTPClient(org.Client()), sfprov.WithAdoption(func(existing sfprov.Account, u sfprov.User) error {
				asked++
				assert.Equal(t, id, existing.ID)
				assert.Equal(t, "a.jones@old.example", existing.Username)
				assert.Equal(t, "alice", u.Username)
				if vetoed {
					return refusal
				}
				return nil
			}))
			require.NoError(t, err)
			before := snapshotOf(org)
			_, err = call(p)
			assert.Equal(t, 1, asked, name)
			if !vetoed {
				require.NoError(t, err, name)
				continue
			}
			require.ErrorIs(t, err, refusal, name)
			assert.Equal(t, sfprov.StepUser, stepOf(err))
			assert.Equal(t, before, snapshotOf(org), name)
			plan, err := p.Plan(t.Context(), reading([]sfprov.User{federated()}), sfprov.Scope{})
			require.NoError(t, err)
			require.Len(t, plan.Steps, 1)
			assert.Contains(t, plan.Steps[0].Problem, refusal.Error())
		}
	}
	_, err := sfprov.New(matchingConfig(sfprovtest.NewOrg(t)), sfprov.WithAdoption(nil))
	require.ErrorContains(t, err, "WithAdoption")
}

// The integration user is never locked out, whichever way leads to it, and whatever
// becomes of its token.
func TestTheIntegrationUserIsNeverLockedOut(t *testing.T) {
	t.Parallel()
	for _, shown := range []bool{true, false} { // by the token endpoint
		for _, expired := range []bool{true, false} {
			org := sfprovtest.NewOrg(t)
			org.SetIdentityURL(shown)
			own := org.AdminID()
			org.SetUser(own, sfprov.Fields{"FederationIdentifier": "E-4711"})
			org.BlockDeactivation(own, sfprovtest.Refusal{})
			p := provisionerIn(t, org, byFederationID)
			gone := federated()
			gone.Inactive = true
			for name, call := range map[string]func() error{
				"deactivate": func() error { _, err := p.Deactivate(t.Context(), own[:15]); return err },
				"freeze":     func() error { _, err := p.Freeze(t.Context(), own); return err },
				"delete": func() error {
					_, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, ID: own})
					return err
				},
				"by match": func() error { _, err := p.Ensure(t.Context(), gone); return err },
				"batch":    func() error { _, err := p.EnsureAll(t.Context(), reading([]sfprov.User{gone}), nil); return err },
				"patch": func() error {
					_, err := p.Update(t.Context(), own, sfprov.User{Fields: sfprov.Fields{"IsActive": false}})
					return err
				},
				"a forged plan": func() error {
					_, err := p.Apply(t.Context(), &sfprov.Plan{
						Scope: sfprov.Scope{UsernameSuffix: "@sfprovtest.example", MaxPercent: 100}, InScope: 1,
						Steps: []sfprov.PlanStep{{Action: sfprov.Deactivated, ID: own, Username: "x@sfprovtest.example", Changes: []sfprov.Change{{Field: "IsActive", Before: true, After: false}}}},
					}, nil)
					return err
				},
			} {
				if expired {
					org.ExpireTokens()
				}
				err := call()
				require.Error(t, err, name)
				account, err := p.Account(t.Context(), own)
				require.NoError(t, err)
				assert.True(t, account.Active && !account.Frozen, name)
			}
			org.AddUser(sfprov.Fields{"Username": "zoe@primary.com"})
			suffix := "@" + domainOfAdmin(t, p, own)
			org.ExpireTokens()
			plan, err := p.Plan(t.Context(), reading([]sfprov.User{employee("bob", "E-1")}), sfprov.Scope{UsernameSuffix: suffix, MaxPercent: 100})
			require.NoError(t, err)
			for _, step := range plan.Steps {
				assert.NotEqual(t, own, step.ID)
			}
		}
	}
}

func domainOfAdmin(t *testing.T, p *sfprov.Provisioner, id string) string {
	t.Helper()
	account, err := p.Account(t.Context(), id)
	require.NoError(t, err)
	_, domain, _ := strings.Cut(account.Username, "@")
	return domain
}

// An update lets nobody in who was locked out, however the account was found, unless it
// says so.
func TestUpdatesLetNobodyIn(t *testing.T) {
	t.Parallel()
	for _, op := range []sfprov.Op{sfprov.OpUpdate, sfprov.OpPatch} {
		for _, by := range []string{"ID", "match value", "match value, after an ID of nobody"} {
			for _, active := range []bool{true, false} {
				for _, says := range []bool{true, false} {
					org := sfprovtest.NewOrg(t)
					id := seeded(org, sfprov.Fields{"IsActive": active, "Title": "Clerk"})
					org.Freeze(id, true)
					r := sfprov.Request{Op: op, User: federated()}
					switch by {
					case "ID":
						r.ID = id
					case "match value, after an ID of nobody":
						r.ID = nobodyID
					}
					if says {
						r.User.Fields["IsActive"] = true
					}
					what := fmt.Sprintf("%s by %s, active %v, says %v", op, by, active, says)
					_, err := provisionerIn(t, org, byFederationID).Provision(t.Context(), r)
					require.NoError(t, err, what)
					user, _ := org.User(id)
					assert.Equal(t, active || says, user.Active, what)
					assert.Equal(t, !says, user.Frozen, what)
					assert.Equal(t, "CFO", user.Fields["Title"], what)
					assert.Len(t, org.Users(), 1, what)
				}
			}
		}
	}
}

// A plan deactivates no account of a desired user, whatever is wrong with that user.
func TestAPlanKeepsDesiredUsersWhateverIsWrongWithThem(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*sfprov.User){
		"a bad address":             func(u *sfprov.User) { u.Fields["Email"] = "no address" },
		"match value as a number":   func(u *sfprov.User) { u.Fields["FederationIdentifier"] = 4711 },
		"a field twice":             func(u *sfprov.User) { u.Fields["federationidentifier"] = "E-2" },
		"a placeholder":             func(u *sfprov.User) { u.Fields["FederationIdentifier"] = "null" },
		"no username":               func(u *sfprov.User) { u.Username = "" },
		"a blank in the username":   func(u *sfprov.User) { u.Username = "a lice" },
		"access that nobody knows":  func(u *sfprov.User) { u.Access.Profile = "Nothing" },
		"IsActive as a word":        func(u *sfprov.User) { u.Fields["IsActive"] = "maybe" },
		"neither name nor value":    func(u *sfprov.User) { u.Username = ""; delete(u.Fields, "FederationIdentifier") },
		"a match value of somebody": func(u *sfprov.User) { u.Fields["FederationIdentifier"] = "e-4711" },
	} {
		org := sfprovtest.NewOrg(t)
		match := "E-4711"
		switch name {
		case "match value as a number":
			match = "4711"
		case "a placeholder":
			match = "null"
		}
		id := seeded(org, sfprov.Fields{"FederationIdentifier": match})
		u := federated()
		spoil(&u)
		p := provisionerIn(t, org, byFederationID)
		plan, err := p.Plan(t.Context(), reading([]sfprov.User{u}), sfprov.Scope{MaxPercent: 100})
		require.NoError(t, err, name)
		problems := 0
		for _, step := range plan.Steps {
			assert.False(t, step.Action == sfprov.Deactivated && step.ID == id, name)
			if step.Problem != "" {
				problems++
			}
		}
		assert.Equal(t, 1, problems, "%s: %v", name, plan)
	}
}

// Two desired users with one match value are a problem, and their account is left alone.
func TestAPlanOfTwoWithOneMatchValue(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{true, false} {
		org := sfprovtest.NewOrg(t)
		if there {
			seeded(org, sfprov.Fields{"Title": "Clerk"})
		}
		first, second := federated(), federated()
		second.Username, second.Fields["FederationIdentifier"] = "alice.smith", "E-4711"
		plan, err := provisionerIn(t, org, byFederationID).Plan(t.Context(), reading([]sfprov.User{first, second}), sfprov.Scope{MaxPercent: 100})
		require.NoError(t, err)
		require.Len(t, plan.Steps, 2)
		for _, step := range plan.Steps {
			assert.Empty(t, step.Action)
			assert.NotEmpty(t, step.Problem)
		}
	}
}

// A match value that is used for two people is worth a warning; a change of name, or of
// address, is not.
func TestAMatchValueOfTwoPeopleIsWarnedOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*sfprov.User)
		warns  bool
	}{
		"another person": {func(u *sfprov.User) {
			u.Username, u.Fields["LastName"], u.Fields["Email"] = "bob", "Baker", "bob@primary.com"
		}, true},
		"married": {func(u *sfprov.User) { u.Username, u.Fields["LastName"] = "alice.baker", "Baker" }, false},
		"nothing": {func(*sfprov.User) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			org := sfprovtest.NewOrg(t)
			p := edgeProvisioner(t, org, sfprov.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			_, err := p.Ensure(t.Context(), federated())
			require.NoError(t, err)
			u := federated()
			test.change(&u)
			_, err = p.Ensure(t.Context(), u)
			require.NoError(t, err)
			assert.Equal(t, test.warns, strings.Contains(log.String(), "match value was just used"), log.String())
		})
	}
}

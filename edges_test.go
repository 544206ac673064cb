package sfprov_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The integration user is not locked out where neither the login nor userinfo tells who
// it is: the list of resources does. Where nothing tells, nobody is frozen.
func TestTheIntegrationUserIsSafeWhereItIsHardToLearn(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]sfprovtest.Fault{
		"403":       sfprovtest.Refuse(http.StatusForbidden, "X", "Bad_OAuth_Token"),
		"a page":    sfprovtest.GatewayHTML(http.StatusNotFound),
		"no answer": sfprovtest.Dropped(),
		"503":       sfprovtest.GatewayHTML(http.StatusServiceUnavailable),
	} {
		for _, nothing := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				org := sfprovtest.NewOrg(t)
				id, own := seeded(org, nil), org.AdminID()
				org.SetIdentityURL(false)
				org.KeepControl(sfprovtest.On("", "/oauth2/userinfo", f))
				if nothing {
					org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
						if strings.HasSuffix(r.Path, "/data/v66.0") {
							return &f
						}
						return nil
					})
				}
				p := edgeProvisioner(t, org)
				_, err := p.Freeze(t.Context(), own)
				require.Error(t, err)
				_, err = p.Deactivate(t.Context(), own)
				require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
				plan, err := p.Plan(t.Context(), reading([]sfprov.User{federated()}), sfprov.Scope{UsernameSuffix: "@sfprovtest.example"})
				if nothing {
					step, _ := sfprov.NextStep(err)
					assert.Equal(t, sfprov.StepSetup, step, err)
				} else {
					require.NoError(t, err)
					assert.NotContains(t, plan.String(), own)
				}
				_, err = p.Freeze(t.Context(), id) // somebody else
				assert.Equal(t, nothing, err != nil, err)
				user, _ := org.User(own)
				assert.True(t, user.Active && !user.Frozen)
				_, err = p.Deactivate(t.Context(), id)
				require.NoError(t, err, "Salesforce itself keeps everybody from deactivating themselves")
			})
		}
	}
}

// An account that matches by mistake, and is the integration user's, is nobody else's.
func TestTheIntegrationUserIsNotTakenOver(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetUser(org.AdminID(), sfprov.Fields{"FederationIdentifier": "E-4711"})
	p := edgeProvisioner(t, org)
	before, _ := org.User(org.AdminID())
	for _, call := range []func() (sfprov.Result, error){
		func() (sfprov.Result, error) { return p.Create(t.Context(), federated()) },
		func() (sfprov.Result, error) { return p.Ensure(t.Context(), federated()) },
		func() (sfprov.Result, error) {
			return p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpCreate, User: federated()})
		},
	} {
		_, err := call()
		require.ErrorContains(t, err, "the integration user itself")
	}
	after, _ := org.User(org.AdminID())
	before.Fields["LastLoginDate"] = after.Fields["LastLoginDate"] // p has logged in
	assert.Equal(t, before, after)
}

// A step with a problem is refused by Apply as Ensure refuses the user, also when the plan
// was JSON meanwhile; of that, the sentinel is left.
func TestApplyKeepsTheReasonOfAProblem(t *testing.T) {
	t.Parallel()
	errVeto := errors.New("ask the desk")
	for name, spoil := range map[string]func(org *sfprovtest.Org, u *sfprov.User){
		"username held": func(org *sfprovtest.Org, _ *sfprov.User) {
			org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
		},
		"invalid":        func(_ *sfprovtest.Org, u *sfprov.User) { u.Fields["Email"] = "x" },
		"unknown access": func(_ *sfprovtest.Org, u *sfprov.User) { u.Access.PermissionSets = []string{"Nope"} },
		"unknown field":  func(_ *sfprovtest.Org, u *sfprov.User) { u.Fields["Nope__c"] = "x" },
		"veto": func(org *sfprovtest.Org, _ *sfprov.User) {
			seeded(org, sfprov.Fields{"Username": "old@primary.com"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prepared := func() (*sfprov.Provisioner, sfprov.User) {
				org := sfprovtest.NewOrg(t)
				u := federated()
				spoil(org, &u)
				return edgeProvisioner(t, org, sfprov.WithAdoption(func(sfprov.Account, sfprov.User) error { return errVeto })), u
			}
			p, u := prepared()
			one, want := p.Ensure(t.Context(), u)
			require.Error(t, want)
			p, u = prepared()
			plan, err := p.Plan(t.Context(), reading([]sfprov.User{u}), sfprov.Scope{KeepAbsent: true})
			require.NoError(t, err)
			text, err := json.Marshal(plan)
			require.NoError(t, err)
			for _, viaJSON := range []bool{false, true} {
				if viaJSON {
					plan = &sfprov.Plan{}
					require.NoError(t, json.Unmarshal(text, plan))
				}
				var got sfprov.Outcome
				_, _ = p.Apply(t.Context(), plan, func(o sfprov.Outcome) error {
					got = o
					return nil
				})
				assert.Equal(t, reasonOf(want), reasonOf(got.Err), "%v", got.Err)
				assert.Equal(t, one.ID, got.Result.ID)
				if !viaJSON {
					assert.Equal(t, errors.Is(want, errVeto), errors.Is(got.Err, errVeto))
					assert.Equal(t, errors.As(want, new(*sfprov.ValidationError)), errors.As(got.Err, new(*sfprov.ValidationError)))
				}
			}
		})
	}
}

// A read that is refused for the moment beside a change that was made does not hide the
// change.
func TestAChangeBesideARefusedReadIsTold(t *testing.T) {
	t.Parallel()
	type verb = func(*sfprov.Provisioner, string) (sfprov.Result, error)
	for name, test := range map[string]struct {
		seed func(org *sfprovtest.Org, id string)
		do   verb
		want sfprov.Action
	}{
		"Deactivate": {nil, func(p *sfprov.Provisioner, id string) (sfprov.Result, error) { return p.Deactivate(t.Context(), id) }, sfprov.Deactivated},
		"Freeze":     {nil, func(p *sfprov.Provisioner, id string) (sfprov.Result, error) { return p.Freeze(t.Context(), id) }, sfprov.Frozen},
		"Unfreeze": {func(org *sfprovtest.Org, id string) { org.Freeze(id, true) }, func(p *sfprov.Provisioner, id string) (sfprov.Result, error) {
			return p.Unfreeze(t.Context(), id)
		}, sfprov.Unfrozen},
		"Reactivate": {func(org *sfprovtest.Org, id string) { org.SetUser(id, sfprov.Fields{"IsActive": false}) }, func(p *sfprov.Provisioner, id string) (sfprov.Result, error) {
			return p.Reactivate(t.Context(), id)
		}, sfprov.Reactivated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			id := seeded(org, nil)
			if test.seed != nil {
				test.seed(org, id)
			}
			p := edgeProvisioner(t, org)
			before := snapshotOf(org)
			org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.ConcurrentLimit()))
			result, err := test.do(p, id)
			require.NoError(t, err)
			assert.Equal(t, test.want, result.Action)
			assert.Equal(t, differenceOf(before, snapshotOf(org))[id], changesOf(result))
		})
	}
}

// What is not known is not said to have left everything as it was.
func TestAnUnknownOutcomeDoesNotSayThatNothingWasChanged(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, sfprov.Fields{"Title": "Clerk"})
	org.AddPermissionSet("Set 0", "")
	p := edgeProvisioner(t, org)
	_, err := p.AccessOf(t.Context(), id) // learns the names
	require.NoError(t, err)
	u := federated()
	u.Access.PermissionSets = []string{"Set 0"}
	org.KeepControl(sfprovtest.On(http.MethodPatch, "/sobjects/User/", sfprovtest.LostAnswer()))
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault { // the looks fail
		if user, _ := org.User(id); user.Fields["Title"] == "CFO" && strings.Contains(r.Path, "/query") {
			f := sfprovtest.Dropped()
			return &f
		}
		return nil
	})
	_, err = p.Ensure(t.Context(), u)
	require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	user, _ := org.User(id)
	require.Equal(t, "CFO", user.Fields["Title"], "it was changed")
	assert.NotContains(t, err.Error(), "nothing was changed")
	assert.Contains(t, err.Error(), id)
}

// An Update that only gives access, with an ID that is no user of the org, is ErrNotFound.
func TestAccessOfNobodyIsNotFound(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.AddPermissionSet("Set 0", "")
	for _, access := range []sfprov.Access{{PermissionSets: []string{"Set 0"}}, {PermissionSets: []string{"Set 0"}, Exact: true}} {
		_, err := edgeProvisioner(t, org).Update(t.Context(), nobodyID, sfprov.User{Access: access})
		require.ErrorIs(t, err, sfprov.ErrNotFound)
	}
}

// What a read does not need may be hidden: who is frozen.
func TestAReadGoesOnWhereLoginsAreHidden(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if strings.Contains(r.Query, "FROM UserLogin") {
			f := sfprovtest.Refuse(http.StatusBadRequest, "INVALID_TYPE", "sObject type 'UserLogin' is not supported.")
			return &f
		}
		return nil
	})
	p := edgeProvisioner(t, org)
	account, err := p.Account(t.Context(), id, "Title")
	require.NoError(t, err)
	assert.Equal(t, id, account.ID)
	found, err := p.Find(t.Context(), federated())
	require.NoError(t, err)
	assert.Equal(t, id, found.ID)
}

// A veto names the account, in a batch too, and what its function does with the fields it
// is shown changes nothing.
func TestAVetoNamesTheAccount(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, sfprov.Fields{"Username": "old@primary.com", "Title": "Clerk"})
	p := edgeProvisioner(t, org, sfprov.WithAdoption(func(sfprov.Account, sfprov.User) error { return errors.New("no") }))
	_, err := p.EnsureAll(t.Context(), reading([]sfprov.User{federated()}), func(o sfprov.Outcome) error {
		assert.Equal(t, id, o.Result.ID)
		assert.Empty(t, o.Result.Action)
		return nil
	})
	require.Error(t, err)
	p = edgeProvisioner(t, org, sfprov.WithAdoption(func(a sfprov.Account, u sfprov.User) error {
		a.Fields["Title"], u.Fields["Title"] = "CFO", "Clerk"
		return nil
	}))
	_, err = p.Ensure(t.Context(), federated())
	require.NoError(t, err)
	user, _ := org.User(id)
	assert.Equal(t, "CFO", user.Fields["Title"], "as the caller wanted")
}

// To release the name of somebody who is inactive is no deactivation, in a plan either.
func TestAPlanCallsAReleaseAnUpdate(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	seeded(org, sfprov.Fields{"IsActive": false})
	cfg := matchingConfig(org)
	cfg.ReleaseUsername = true
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
	require.NoError(t, err)
	u := federated()
	u.Inactive = true
	plan, err := p.Plan(t.Context(), reading([]sfprov.User{u}), sfprov.Scope{KeepAbsent: true})
	require.NoError(t, err)
	require.Len(t, plan.Steps, 1)
	assert.Equal(t, sfprov.Updated, plan.Steps[0].Action)
	_, err = p.Apply(t.Context(), plan, func(o sfprov.Outcome) error {
		assert.Equal(t, sfprov.Updated, o.Result.Action)
		return nil
	})
	require.NoError(t, err)
	user := org.Users()[0]
	assert.Contains(t, user.Username, "released-")
}

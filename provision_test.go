package sfprov_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// unknownUserID has the form of a user ID, and no org has it.
const unknownUserID = "005000000000999AAA"

func TestProvision(t *testing.T) {
	t.Parallel()
	leaver := func(u *sfprov.User) { u.Inactive = true }
	for name, test := range map[string]struct {
		seed     sfprov.Fields // nil: there is no account
		op       sfprov.Op
		id       string // "own": the account's
		user     func(*sfprov.User)
		opts     []sfprov.Option
		noMatch  bool // Config.MatchField is empty
		action   sfprov.Action
		reason   error
		nobody   bool // nothing shows whose the account is
		active   bool
		title    any
		requests int
	}{
		"create":                                      {op: sfprov.OpCreate, action: sfprov.Created, active: true, title: "CFO", requests: 1},
		"create of one who is there":                  {op: sfprov.OpCreate, seed: sfprov.Fields{"IsActive": false}, action: sfprov.Adopted, active: true, title: "CFO", requests: 2},
		"create with an ID":                           {op: sfprov.OpCreate, id: "own", seed: sfprov.Fields{"IsActive": false, "Title": nil}, action: sfprov.Reactivated, active: true, title: "CFO", requests: 2},
		"create with an ID, no match field":           {op: sfprov.OpCreate, id: "own", noMatch: true, seed: sfprov.Fields{"IsActive": false, "Title": nil}, action: sfprov.Reactivated, active: true, title: "CFO", requests: 2},
		"create with an unknown ID":                   {op: sfprov.OpCreate, id: unknownUserID, action: sfprov.Created, active: true, title: "CFO", requests: 3},
		"update":                                      {op: sfprov.OpUpdate, id: "own", seed: sfprov.Fields{"Title": "Clerk"}, action: sfprov.Updated, active: true, title: "CFO", requests: 2},
		"update of nothing":                           {op: sfprov.OpUpdate, id: "own", seed: sfprov.Fields{}, action: sfprov.Unchanged, active: true, title: "CFO", requests: 1},
		"update of one who is inactive":               {op: sfprov.OpUpdate, id: "own", seed: sfprov.Fields{"Title": "Clerk", "IsActive": false}, action: sfprov.Updated, title: "CFO", requests: 2},
		"update that says active":                     {op: sfprov.OpUpdate, id: "own", seed: sfprov.Fields{"IsActive": false}, user: func(u *sfprov.User) { u.Fields["IsActive"] = true }, action: sfprov.Reactivated, active: true, title: "CFO", requests: 2},
		"update without an account":                   {op: sfprov.OpUpdate, action: sfprov.Created, active: true, title: "CFO", requests: 2},
		"update without an account, no match":         {op: sfprov.OpUpdate, noMatch: true, action: sfprov.Created, active: true, title: "CFO", requests: 1},
		"update whose ID is lost":                     {op: sfprov.OpUpdate, seed: sfprov.Fields{"Title": "Clerk"}, action: sfprov.Updated, active: true, title: "CFO", requests: 2},
		"update with an unknown ID":                   {op: sfprov.OpUpdate, id: unknownUserID, action: sfprov.Created, active: true, title: "CFO", requests: 3},
		"patch":                                       {op: sfprov.OpPatch, id: "own", seed: sfprov.Fields{"Title": "Clerk"}, user: func(u *sfprov.User) { *u = sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}} }, action: sfprov.Updated, active: true, title: "CEO", requests: 1},
		"patch of one who is inactive":                {op: sfprov.OpPatch, id: "own", seed: sfprov.Fields{"IsActive": false}, user: func(u *sfprov.User) { *u = sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}} }, action: sfprov.Updated, title: "CEO", requests: 1},
		"patch without an account":                    {op: sfprov.OpPatch, action: sfprov.Created, active: true, title: "CFO", requests: 2},
		"patch with an unknown ID":                    {op: sfprov.OpPatch, id: unknownUserID, action: sfprov.Created, active: true, title: "CFO", requests: 4},
		"patch that says active":                      {op: sfprov.OpPatch, id: "own", seed: sfprov.Fields{"IsActive": false}, user: func(u *sfprov.User) { *u = sfprov.User{Fields: sfprov.Fields{"isactive": true}} }, action: sfprov.Reactivated, active: true, title: "CFO", requests: 1},
		"patch that says inactive":                    {op: sfprov.OpPatch, id: "own", seed: sfprov.Fields{}, user: func(u *sfprov.User) { *u = sfprov.User{Fields: sfprov.Fields{"IsActive": false}} }, action: sfprov.Deactivated, title: "CFO", requests: 1},
		"update of a leaver":                          {op: sfprov.OpUpdate, id: "own", seed: sfprov.Fields{}, user: leaver, action: sfprov.Deactivated, title: "CFO", requests: 1},
		"create of a leaver":                          {op: sfprov.OpCreate, user: leaver, action: sfprov.Unchanged, requests: 1},
		"delete":                                      {op: sfprov.OpDelete, id: "own", seed: sfprov.Fields{}, action: sfprov.Deactivated, title: "CFO", requests: 1},
		"delete of one who is inactive":               {op: sfprov.OpDelete, id: "own", seed: sfprov.Fields{"IsActive": false}, action: sfprov.Unchanged, title: "CFO", requests: 1},
		"delete whose ID is lost":                     {op: sfprov.OpDelete, seed: sfprov.Fields{}, action: sfprov.Deactivated, title: "CFO", requests: 2},
		"delete without an account":                   {op: sfprov.OpDelete, action: sfprov.Unchanged, requests: 1},
		"delete with an unknown ID":                   {op: sfprov.OpDelete, id: unknownUserID, action: sfprov.Unchanged, requests: 2},
		"delete with an unknown ID, no match":         {op: sfprov.OpDelete, id: unknownUserID, noMatch: true, action: sfprov.Unchanged, requests: 2},
		"delete without an ID, by name only":          {op: sfprov.OpDelete, noMatch: true, seed: sfprov.Fields{}, reason: sfprov.ErrDuplicateUsername, active: true, title: "CFO", requests: 1},
		"delete by name only, of one who is inactive": {op: sfprov.OpDelete, noMatch: true, seed: sfprov.Fields{"IsActive": false}, action: sfprov.Unchanged, title: "CFO", requests: 1, nobody: true},
		"delete by name only, of nobody":              {op: sfprov.OpDelete, noMatch: true, action: sfprov.Unchanged, requests: 1},
		"assigned, update of one who is inactive":     {op: sfprov.OpUpdate, id: "own", opts: assigned(true), seed: sfprov.Fields{"IsActive": false}, action: sfprov.Reactivated, active: true, title: "CFO", requests: 2},
		"assigned, patch of one who is inactive":      {op: sfprov.OpPatch, id: "own", opts: assigned(true), seed: sfprov.Fields{"IsActive": false}, action: sfprov.Updated, title: "CFO", requests: 1},
		"assigned, no account":                        {op: sfprov.OpPatch, opts: assigned(true), action: sfprov.Created, active: true, title: "CFO", requests: 2},
		"assigned, delete":                            {op: sfprov.OpDelete, id: "own", opts: assigned(true), seed: sfprov.Fields{}, action: sfprov.Deactivated, title: "CFO", requests: 1},
		"not assigned, update":                        {op: sfprov.OpUpdate, id: "own", opts: assigned(false), seed: sfprov.Fields{"Title": "Clerk"}, action: sfprov.Deactivated, title: "Clerk", requests: 1},
		"not assigned, patch without an ID":           {op: sfprov.OpPatch, opts: assigned(false), seed: sfprov.Fields{}, action: sfprov.Unchanged, active: true, title: "CFO", requests: 1},
		"not assigned, create":                        {op: sfprov.OpCreate, opts: assigned(false), action: sfprov.Unchanged, requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			id := test.id
			if test.seed != nil {
				own := seeded(org, test.seed)
				if id == "own" {
					id = own
				}
			}
			cfg := org.Config()
			cfg.ProvisioningDomain = "primary.com"
			if !test.noMatch {
				cfg.MatchField = "FederationIdentifier"
			}
			p, err := sfprov.New(cfg, test.opts...)
			require.NoError(t, err)
			u := federated()
			if test.user != nil {
				test.user(&u)
			}
			result, err := p.Provision(t.Context(), sfprov.Request{Op: test.op, ID: id, User: u})
			require.ErrorIs(t, err, test.reason)
			assert.Equal(t, test.action, result.Action)
			assert.Len(t, requested(org), test.requests)
			users := org.Users()
			if test.seed == nil && test.action != sfprov.Created {
				assert.Empty(t, users)
				assert.Empty(t, result.ID)
				return
			}
			require.Len(t, users, 1)
			switch {
			case test.reason != nil:
				var apiErr *sfprov.APIError
				require.ErrorAs(t, err, &apiErr)
				assert.Equal(t, users[0].ID, apiErr.Existing)
			case test.nobody:
				assert.Empty(t, result.ID)
			default:
				assert.Equal(t, users[0].ID, result.ID)
			}
			assert.Equal(t, test.active, users[0].Active)
			assert.Equal(t, test.title, users[0].Fields["Title"])
		})
	}
}

func assigned(yes bool) []sfprov.Option {
	return []sfprov.Option{sfprov.WithAssignment(func(sfprov.User) bool { return yes })}
}

// An update lets nobody in who is frozen, unless it says so.
func TestProvisionLeavesTheFrozenFrozen(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, sfprov.Fields{"Title": "Clerk"})
	org.Freeze(id, true)
	p := provisionerIn(t, org, byFederationID)
	result, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpUpdate, ID: id, User: federated()})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Updated, result.Action)
	user, _ := org.User(id)
	assert.True(t, user.Frozen)
	u := federated()
	u.Fields["IsActive"] = true
	result, err = p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpUpdate, ID: id, User: u})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unfrozen, result.Action)
}

func TestProvisionSkipsJustInTime(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	for _, op := range []sfprov.Op{sfprov.OpCreate, sfprov.OpUpdate, sfprov.OpPatch, sfprov.OpDelete} {
		result, err := provisionerIn(t, org, byFederationID).Provision(t.Context(), sfprov.Request{Op: op, ID: id, User: federated(), JustInTime: true})
		require.NoError(t, err)
		assert.Equal(t, sfprov.Result{ID: id, Action: sfprov.Skipped}, result)
	}
	assert.Empty(t, org.Requests())
	assert.Zero(t, org.Logins())

	result, err := with(t, org, sfprov.WithJustInTime()).Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, ID: id, JustInTime: true})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Deactivated, result.Action)
}

// The role decides, request by request.
func TestProvisionByRole(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	hasRole := func(u sfprov.User) bool { return slices.Contains(u.Access.PublicGroups, "Sales") }
	p := with(t, org, sfprov.WithAssignment(hasRole))
	org.AddGroup("Sales")
	u := federated()
	id := ""
	for _, step := range []struct {
		groups []string
		action sfprov.Action
	}{
		{nil, sfprov.Unchanged},
		{[]string{"Sales"}, sfprov.Created},
		{[]string{"Sales"}, sfprov.Unchanged},
		{[]string{}, sfprov.Deactivated},
		{[]string{}, sfprov.Unchanged},
		{[]string{"Sales"}, sfprov.Reactivated},
	} {
		u.Access.PublicGroups = step.groups
		result, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpUpdate, ID: id, User: u})
		require.NoError(t, err)
		require.Equal(t, step.action, result.Action)
		id = result.ID
	}
}

func TestProvisionSetsPasswords(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	p := provisionerIn(t, org, byFederationID)
	for i, op := range []sfprov.Op{sfprov.OpUpdate, sfprov.OpPatch, sfprov.OpCreate} {
		u := federated()
		u.Password = sfprov.Secret("correct-horse-" + string(rune('1'+i)))
		result, err := p.Provision(t.Context(), sfprov.Request{Op: op, ID: id, User: u})
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action)
		assert.True(t, org.CheckPassword(id, string(u.Password)))
	}
}

func TestProvisionRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request sfprov.Request
		fields  []string
	}{
		"no operation":         {sfprov.Request{User: alice()}, []string{"Op"}},
		"unknown operation":    {sfprov.Request{Op: "POST", ID: "nobody", User: sfprov.User{Username: "a b"}}, []string{"ID", "Op", "Username"}},
		"malformed ID":         {sfprov.Request{Op: sfprov.OpDelete, ID: "00300000000000A"}, []string{"ID"}},
		"incomplete create":    {sfprov.Request{Op: sfprov.OpCreate, User: sfprov.User{Username: "alice"}}, []string{"Email", "LastName"}},
		"patch without an ID":  {sfprov.Request{Op: sfprov.OpPatch, User: sfprov.User{Username: "alice", Fields: sfprov.Fields{"Title": "CFO"}}}, []string{"Email", "ID", "LastName"}},
		"nobody":               {sfprov.Request{Op: sfprov.OpUpdate}, []string{"Alias", "Email", "ID", "LastName", "Username"}},
		"a value that is none": {sfprov.Request{Op: sfprov.OpPatch, ID: aliceID, User: sfprov.User{Fields: sfprov.Fields{"Email": "x"}}}, []string{"Email"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			_, err := b.Provision(t.Context(), test.request)
			var invalid *sfprov.ValidationError
			require.ErrorAs(t, err, &invalid)
			var fields []string
			for _, p := range invalid.Problems {
				if !slices.Contains(fields, p.Field) {
					fields = append(fields, p.Field)
				}
			}
			slices.Sort(fields)
			assert.Equal(t, test.fields, fields)
			assert.Zero(t, b.logins())
		})
	}
	_, err := sfprov.New(config(), sfprov.WithAssignment(nil))
	require.ErrorContains(t, err, "WithAssignment is given no function")
}

// What goes wrong in Provision is told as in the calls that it makes.
func TestProvisionErrors(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	p := provisionerIn(t, org, byFederationID)
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	result, err := p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpDelete, ID: id})
	require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
	assert.Equal(t, sfprov.Frozen, result.Action)

	org.KeepControl(sfprovtest.On(http.MethodPatch, "/sobjects/User", sfprovtest.Dropped()))
	_, err = p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpPatch, ID: id, User: sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}})
	require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	assert.True(t, sfprov.Retryable(err))
	assert.Contains(t, err.Error(), "update "+id)
	_, err = p.Provision(t.Context(), sfprov.Request{Op: sfprov.OpUpdate, ID: id, User: sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}})
	require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	assert.True(t, sfprov.Retryable(err))
}

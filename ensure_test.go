package sfprov_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func byFederationID(c *sfprov.Config) { c.MatchField = "FederationIdentifier" }

// federated is alice with a value of the match field.
func federated() sfprov.User {
	u := alice()
	u.Fields["FederationIdentifier"] = "E-4711"
	u.Fields["Title"] = "CFO"
	return u
}

// seeded puts federated into the org, with changes.
func seeded(org *sfprovtest.Org, change sfprov.Fields) string {
	fields := sfprov.Fields{"Username": "alice@primary.com"}
	maps.Copy(fields, federated().Fields)
	maps.Copy(fields, change)
	return org.AddUser(fields)
}

func TestEnsureFromEveryState(t *testing.T) {
	t.Parallel()
	type changes = []sfprov.Change
	for name, test := range map[string]struct {
		prepare func(org *sfprovtest.Org)
		want    func(u *sfprov.User)
		action  sfprov.Action
		changes changes
		writes  int
	}{
		"as it should be": {
			prepare: func(org *sfprovtest.Org) { seeded(org, nil) },
			action:  sfprov.Unchanged,
		},
		"drifted": {
			prepare: func(org *sfprovtest.Org) { seeded(org, sfprov.Fields{"Title": "Clerk", "Department": "Sales"}) },
			want:    func(u *sfprov.User) { u.Fields["Department"] = nil },
			action:  sfprov.Updated, writes: 1,
			changes: changes{{Field: "Department", Before: "Sales"}, {Field: "Title", Before: "Clerk", After: "CFO"}},
		},
		"inactive": {
			prepare: func(org *sfprovtest.Org) { seeded(org, sfprov.Fields{"IsActive": false}) },
			action:  sfprov.Reactivated, writes: 1,
			changes: changes{{Field: "IsActive", Before: false, After: true}},
		},
		"frozen": {
			prepare: func(org *sfprovtest.Org) { org.Freeze(seeded(org, nil), true) },
			action:  sfprov.Unfrozen, writes: 1,
			changes: changes{{Field: "IsFrozen", Before: true, After: false}},
		},
		"inactive, frozen and drifted": {
			prepare: func(org *sfprovtest.Org) {
				org.Freeze(seeded(org, sfprov.Fields{"IsActive": false, "Title": nil}), true)
			},
			action: sfprov.Reactivated, writes: 1,
			changes: changes{{Field: "Title", After: "CFO"}, {Field: "IsActive", Before: false, After: true}, {Field: "IsFrozen", Before: true, After: false}},
		},
		"under another username": {
			prepare: func(org *sfprovtest.Org) { seeded(org, sfprov.Fields{"Username": "a.jones@old.example"}) },
			action:  sfprov.Updated, writes: 1,
			changes: changes{{Field: "Username", Before: "a.jones@old.example", After: "alice@primary.com"}},
		},
		"without a UserLogin": {
			prepare: func(org *sfprovtest.Org) { org.RemoveUserLogin(seeded(org, nil)) },
			action:  sfprov.Unchanged,
		},
		"to be inactive": {
			prepare: func(org *sfprovtest.Org) { seeded(org, sfprov.Fields{"Title": "Clerk"}) },
			want:    func(u *sfprov.User) { u.Inactive = true },
			action:  sfprov.Deactivated, writes: 1,
			changes: changes{{Field: "IsActive", Before: true, After: false}},
		},
		"to be inactive, by its field": {
			prepare: func(org *sfprovtest.Org) { seeded(org, nil) },
			want:    func(u *sfprov.User) { u.Fields["isactive"] = false },
			action:  sfprov.Deactivated, writes: 1,
			changes: changes{{Field: "IsActive", Before: true, After: false}},
		},
		"to be inactive, by its field as text": {
			prepare: func(org *sfprovtest.Org) { seeded(org, nil) },
			want:    func(u *sfprov.User) { u.Fields["IsActive"] = "False" },
			action:  sfprov.Deactivated, writes: 1,
			changes: changes{{Field: "IsActive", Before: true, After: false}},
		},
		"inactive as it should be": {
			prepare: func(org *sfprovtest.Org) { seeded(org, sfprov.Fields{"IsActive": false, "Title": "Clerk"}) },
			want:    func(u *sfprov.User) { u.Inactive = true },
			action:  sfprov.Unchanged,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			test.prepare(org)
			before := org.Users()[0]
			p := provisionerIn(t, org, byFederationID)
			u := federated()
			if test.want != nil {
				test.want(&u)
			}
			result, err := p.Ensure(t.Context(), u)
			require.NoError(t, err)
			assert.Equal(t, test.action, result.Action)
			assert.Equal(t, test.changes, result.Changes)
			assert.Equal(t, before.ID, result.ID)
			assert.Len(t, org.Requests(), 1+test.writes)

			after := org.Users()
			require.Len(t, after, 1)
			wantActive := test.action != sfprov.Deactivated && name != "inactive as it should be"
			assert.Equal(t, wantActive, after[0].Active)
			if wantActive {
				assert.False(t, after[0].Frozen)
				assert.Equal(t, "CFO", after[0].Fields["Title"])
				assert.Equal(t, "alice@primary.com", after[0].Username)
			}

			org.ResetRequests()
			result, err = p.Ensure(t.Context(), u)
			require.NoError(t, err)
			assert.Equal(t, sfprov.Unchanged, result.Action)
			assert.Empty(t, result.Changes)
			assert.Equal(t, after, org.Users(), "nothing is changed")
			assert.Len(t, org.Requests(), 1, "and it costs one read")
		})
	}
}

func TestEnsureCreates(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetActiveOnCreate(false)
	furnish(org)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Access = everything()
	u.Password = "correct-horse-1"
	result, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Created, result.Action)
	assert.Contains(t, result.Changes, sfprov.Change{Field: "Title", After: "CFO"})
	assert.Contains(t, result.Changes, sfprov.Change{Field: "LocaleSidKey", After: "en_US"}, "defaults are told too")
	assert.NotContains(t, jsonOf(t, result.Changes), "correct-horse-1")
	user, _ := org.User(result.ID)
	assert.True(t, user.Active, "whatever the org's default")
	assert.True(t, org.CheckPassword(result.ID, "correct-horse-1"))
	assert.Equal(t, accessOfAll(), org.Access(result.ID))

	org.ResetRequests()
	again, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, again.Action)
	assert.Len(t, org.Requests(), 1, "user, login, and all access by one read")
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func TestEnsureOfNobodyWhoShallBeInactive(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	u := sfprov.User{Username: "alice", Fields: sfprov.Fields{"FederationIdentifier": "E-4711"}, Inactive: true}
	result, err := provisionerIn(t, org, byFederationID).Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Result{Action: sfprov.Unchanged}, result)
	assert.Len(t, org.Requests(), 1)
}

// A name is no proof: whatever Ensure is asked for, it leaves the account alone.
func TestEnsureTakesNoAccountOver(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sfprov.User){
		"other match value": func(u *sfprov.User) { u.Fields["FederationIdentifier"] = "E-1" },
		"no match value":    func(u *sfprov.User) { delete(u.Fields, "FederationIdentifier") },
		"to be inactive":    func(u *sfprov.User) { delete(u.Fields, "FederationIdentifier"); u.Inactive = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			id := seeded(org, sfprov.Fields{"Title": "Clerk"})
			before := org.Users()
			u := federated()
			change(&u)
			_, err := provisionerIn(t, org, byFederationID).Ensure(t.Context(), u)
			require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
			assert.False(t, sfprov.Retryable(err))
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, id, apiErr.Existing)
			assert.Contains(t, err.Error(), "Config.MatchField")
			assert.Equal(t, before, org.Users())
		})
	}
}

// The account whose match value agrees need not be the first that the org finds.
func TestEnsureReadsTheAccountThatAgrees(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	org.AddCustomField("HR_Number__c", 40, false)
	other := org.AddUser(sfprov.Fields{"HR_Number__c": "e-4711"})
	own := org.AddUser(sfprov.Fields{"HR_Number__c": "E-4711", "Username": "alice@primary.com", "LastName": "Jones", "Email": "alice@primary.com"})
	org.Freeze(other, true)
	org.Grant(other, idOf(t, org, "EMEA"))
	p := provisionerIn(t, org, func(c *sfprov.Config) { c.MatchField = "HR_Number__c" })
	u := alice()
	u.Fields["HR_Number__c"] = "E-4711"
	u.Access = sfprov.Access{PublicGroups: []string{"EMEA"}, Exact: true}
	result, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, own, result.ID)
	assert.Equal(t, []sfprov.Change{{Field: "Access.PublicGroups", After: "EMEA"}}, result.Changes)
	stranger, _ := org.User(other)
	assert.True(t, stranger.Frozen)

	org.SetUser(other, sfprov.Fields{"HR_Number__c": "E-4711"})
	_, err = p.Ensure(t.Context(), u)
	require.ErrorIs(t, err, sfprov.ErrAmbiguousMatch)
}

// idOf finds a public group.
func idOf(t *testing.T, org *sfprovtest.Org, name string) string {
	t.Helper()
	p := provisionerIn(t, org)
	id := org.AddUser(nil)
	_, err := p.Update(t.Context(), id, sfprov.User{Access: sfprov.Access{PublicGroups: []string{name}}})
	require.NoError(t, err)
	for _, r := range org.Requests() {
		var body struct{ GroupID string }
		if r.Method == http.MethodPost && json.Unmarshal(r.Body, &body) == nil && body.GroupID != "" {
			return body.GroupID
		}
	}
	return ""
}

func TestEnsureAccess(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Access = everything()
	created, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)

	u.Access = sfprov.Access{Role: "Sales Rep", PermissionSets: []string{"Deal Desk"}, PermissionSetLicenses: []string{}, PublicGroups: []string{"APAC"}, Exact: true}
	org.ResetRequests()
	result, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Updated, result.Action)
	var fields []string
	for _, c := range result.Changes {
		fields = append(fields, c.Field)
	}
	assert.Equal(t, []string{"Access.PublicGroups", "Access.PermissionSets", "Access.PermissionSetLicenses", "UserRoleId", "Access.PublicGroups"}, fields,
		"what is too much goes first, the licence after what needs it")
	assert.Equal(t, sfprov.Change{Field: "Access.PermissionSets", Before: "Console User"}, result.Changes[1])
	assert.Equal(t, sfprovtest.Access{
		Role: "Sales Rep", PermissionSets: []string{"Deal Desk"}, PermissionSetGroups: []string{"Sales Tools"}, PublicGroups: []string{"APAC"}, Queues: []string{"Returns"},
	}, org.Access(created.ID))
	assert.Len(t, org.Requests(), 1+1, "one read, one write")

	u.Access.PermissionSets = []string{"Deal Desc"}
	org.ResetRequests()
	_, err = p.Ensure(t.Context(), u)
	require.ErrorContains(t, err, `did you mean "Deal Desk"?`)
	assert.LessOrEqual(t, len(org.Requests()), 1, "nothing but a second look at the names")
}

func TestEnsureRecognisesAPendingAddress(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Fields["Email"] = "alice@new.example"
	result, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, []sfprov.Change{{Field: "Email", Before: "alice@primary.com", After: "alice@new.example"}}, result.Changes)

	org.ResetRequests()
	u.Fields["Title"] = "CEO"
	result, err = p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, []sfprov.Change{{Field: "Title", Before: "CFO", After: "CEO"}}, result.Changes, "the rest is done")
	assert.Equal(t, "alice@new.example", result.PendingEmail)
	user, _ := org.User(id)
	assert.Equal(t, "alice@new.example", user.PendingEmail)

	org.ConfirmEmail(id)
	result, err = p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, result.Action)
	assert.Empty(t, result.PendingEmail)

	// Another change is sent, one that an administrator made is undone.
	org.SetUser(id, sfprov.Fields{"Email": "alice@primary.com"})
	result, err = p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Updated, result.Action)
	u.Fields["Email"] = "alice@third.example"
	result, err = p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Updated, result.Action)
	user, _ = org.User(id)
	assert.Equal(t, "alice@third.example", user.PendingEmail)
}

// The link in the mail works for three days; then the address is sent again.
func TestEnsureSendsAnAddressAgainInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		id := seeded(org, nil)
		p := provisionerIn(t, org, byFederationID)
		u := federated()
		u.Fields["Email"] = "alice@new.example"
		// An update knows of it too.
		_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Email": "alice@new.example"}})
		require.NoError(t, err)
		for range 3 {
			<-time.After(23 * time.Hour)
			result, err := p.Ensure(t.Context(), u)
			require.NoError(t, err)
			assert.Equal(t, sfprov.Unchanged, result.Action)
		}
		<-time.After(4 * time.Hour)
		result, err := p.Ensure(t.Context(), u)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action)
	})
}

func TestEnsureSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	id := seeded(org, sfprov.Fields{"Title": "Clerk", "IsActive": false})
	org.Freeze(id, true)
	p := provisionerIn(t, org, byFederationID)
	u := federated()
	u.Access = sfprov.Access{PermissionSets: []string{"Deal Desk", "Chat"}}
	result, err := p.Ensure(t.Context(), u)
	require.ErrorIs(t, err, sfprov.ErrInvalidField)
	assert.Equal(t, sfprov.Reactivated, result.Action)
	assert.Equal(t, []sfprov.Change{
		{Field: "Title", Before: "Clerk", After: "CFO"}, {Field: "IsActive", Before: false, After: true}, {Field: "Access.PermissionSets", After: "Deal Desk"},
	}, result.Changes)
	assert.Contains(t, err.Error(), `ensure "alice@primary.com": a part was done (`+id+`); still missing: PermissionSet "Chat", the unfreezing of the login; because: giving PermissionSet "Chat"`)
	user, _ := org.User(id)
	assert.True(t, user.Frozen, "the door is opened last")
}

func TestEnsureBlockedDeactivation(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	u := federated()
	u.Inactive = true
	p := provisionerIn(t, org, byFederationID)
	for _, changes := range [][]sfprov.Change{{{Field: "IsFrozen", Before: false, After: true}}, nil} {
		// The second time it is frozen already, and Salesforce refuses still.
		result, err := p.Ensure(t.Context(), u)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		assert.Equal(t, sfprov.Result{ID: id, Username: "alice@primary.com", Action: sfprov.Frozen, Changes: changes}, result)
		user, _ := org.User(id)
		assert.True(t, user.Active)
		assert.True(t, user.Frozen)
	}
}

func TestEnsureReleasesAndRehires(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id := seeded(org, nil)
	p := provisionerIn(t, org, byFederationID, func(c *sfprov.Config) { c.ReleaseUsername = true })
	u := federated()
	u.Inactive = true
	result, err := p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Deactivated, result.Action)
	result, err = p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, result.Action)
	u.Inactive = false
	result, err = p.Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Created, result.Action, "who comes again after a release gets a new account")
	assert.NotEqual(t, id, result.ID)
}

func TestEnsureRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Ensure(t.Context(), sfprov.User{
		Fields: sfprov.Fields{"IsActive": true, "Email": "nobody", "LastName": nil}, Inactive: true, Access: sfprov.Access{Queues: []string{""}},
	})
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	var fields []string
	for _, p := range invalid.Problems {
		fields = append(fields, p.Field)
	}
	assert.ElementsMatch(t, []string{"Access.Queues", "Email", "Inactive", "LastName", "Username"}, fields)
	for _, call := range []func() (sfprov.Result, error){
		func() (sfprov.Result, error) {
			return b.Create(t.Context(), sfprov.User{Username: "a", Fields: alice().Fields, Inactive: true})
		},
		func() (sfprov.Result, error) { return b.Update(t.Context(), aliceID, sfprov.User{Inactive: true}) },
	} {
		_, err = call()
		require.ErrorContains(t, err, "Inactive is for Ensure, EnsureAll, Plan and Provision")
	}
	assert.Empty(t, b.requests(http.MethodPost))

	for _, value := range []any{"yes", 1, "0", []string{"true"}} {
		_, err = b.Ensure(t.Context(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"IsActive": value, "LastName": "Jones", "Email": "alice@primary.com"}})
		require.ErrorContains(t, err, "IsActive is ")
		require.ErrorContains(t, err, "it takes true or false")
	}

	// Whether all is there that a create needs, is asked when there is none.
	b = setup(t)
	b.on(http.MethodPost, usersURL, created(aliceID))
	_, err = b.Ensure(t.Context(), sfprov.User{Username: "alice"})
	require.ErrorContains(t, err, "LastName is required to create a user")
	assert.Empty(t, b.requests(http.MethodPost))
}

// compositeURL is where all of a user is read at once.
const compositeURL = domain + "/services/data/v66.0/composite"

// read is a composite answer: the user, and no login.
func read(user map[string]any) httpmock.Responder {
	page := func(records ...map[string]any) map[string]any {
		return map[string]any{"totalSize": len(records), "done": true, "records": append([]map[string]any{}, records...)}
	}
	return httpmock.NewJsonResponderOrPanic(http.StatusOK, map[string]any{"compositeResponse": []any{
		map[string]any{"body": page(user), "httpStatusCode": 200, "httpHeaders": map[string]any{}, "referenceId": "q0"},
		map[string]any{"body": page(), "httpStatusCode": 200, "httpHeaders": map[string]any{}, "referenceId": "q1"},
	}})
}

func TestValuesAreComparedAsSalesforceDoes(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC)
	type name string
	for _, test := range []struct {
		field string
		want  any
		has   any
		same  bool
	}{
		{"Title", "CFO", "CFO", true},
		{"Title", " CFO ", "CFO", true},
		{"Title", name("CFO"), "CFO", true},
		{"Title", "cfo", "CFO", false},
		{"Title", "", nil, true},
		{"Title", nil, nil, true},
		{"Title", nil, "CFO", false},
		{"Title", "CFO", nil, false},
		{"Street", "1 Main St\n2nd floor", "1 Main St\r\n2nd floor", true},
		{"Email", "Alice@Primary.com", "alice@primary.com", true},
		{"Username", "Alice@Primary.com", "alice@primary.com", true},
		{"ManagerId", "005000000000002", "005000000000002AAA", true},
		{"ManagerId", "005000000000003", "005000000000002AAA", false},
		{"UserPermissionsMarketingUser", false, false, true},
		{"UserPermissionsMarketingUser", nil, false, true},
		{"UserPermissionsMarketingUser", true, false, false},
		{"UserPermissionsMarketingUser", false, true, false},
		{"UserPermissionsMarketingUser", "true", true, true},
		{"Level__c", 0, nil, false},
		{"Level__c", 0, 0.0, true},
		{"Level__c", 3, 3.0, true},
		{"Level__c", json.Number("3.50"), 3.5, true},
		{"Level__c", "3.50", 3.5, true},
		{"Level__c", 3, 4.0, false},
		{"Level__c", 42, "42", true},
		{"Code__c", "042", "42", false},
		{"Code__c", "1e2", "100", false},
		{"Mentor__c", "005000000000002", "005000000000002AAA", false}, // it may be any text
		{"Code__c", "ABC", "abc", false},
		{"Start__c", "2026-01-31", "2026-01-31", true},
		{"Start__c", "2026-01-31", "2026-02-01", false},
		{"Seen__c", "2026-01-31T15:04:05Z", "2026-01-31T15:04:05.000+0000", false},
		{"Seen__c", "2026-01-31T15:04:05.000Z", "2026-01-31T15:04:05.000+0000", true}, // as a Mapping sends it
		{"Seen__c", when, "2026-01-31T15:04:05.000+0000", true},
		{"Seen__c", when.In(time.FixedZone("", 3600)).Add(7 * time.Millisecond), "2026-01-31T15:04:05.000+0000", true},
		{"Seen__c", when.Add(time.Second), "2026-01-31T15:04:05.000+0000", false},
		{"Seen__c", "2026-01-31T15:04:06Z", "2026-01-31T15:04:05.000+0000", false},
		{"Regions__c", "EMEA;APAC", "APAC;EMEA", false}, // it may be any text
		{"Level__c", json.Number("9007199254740993"), json.Number("9007199254740993"), true},
		{"Level__c", json.Number("9007199254740993"), json.Number("9007199254740992"), false},
		{"Level__c", "9007199254740993", json.Number("9007199254740992"), false},
		{"Level__c", int64(9007199254740993), json.Number("9007199254740993.00"), true},
		{"Level__c", 0.1, json.Number("0.1000000000000000055"), false},
		{"Level__c", "1e2", 100.0, true},
		{"Code__c", int64(9007199254740992), "9007199254740993", false},
		{"Regions__c", "EMEA", "APAC;EMEA", false},
		{"Signature", "a;b", "b;a", false},
	} {
		b := setup(t, byFederationID)
		account := record(aliceID, "alice@primary.com", true, map[string]any{"FederationIdentifier": "E-4711"})
		account[test.field] = test.has
		b.on(http.MethodPost, compositeURL, read(account))
		b.on(http.MethodPatch, usersURL+aliceID, noContent)
		result, err := b.Ensure(t.Context(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"FederationIdentifier": "E-4711", test.field: test.want}})
		require.NoError(t, err)
		assert.Equal(t, test.same, result.Action == sfprov.Unchanged, "%s: %v and %v", test.field, test.want, test.has)
		assert.Len(t, b.requests(http.MethodPatch), map[bool]int{true: 0, false: 1}[test.same])
	}
}

// What the server says of a read is not believed blindly, and what fails in it for
// the moment is asked again.
func TestEnsureReadsCarefully(t *testing.T) {
	t.Parallel()
	part := func(ref string, status int, body any) map[string]any {
		return map[string]any{"body": body, "httpStatusCode": status, "httpHeaders": map[string]any{}, "referenceId": ref}
	}
	answer := func(parts ...map[string]any) httpmock.Responder {
		return httpmock.NewJsonResponderOrPanic(http.StatusOK, map[string]any{"compositeResponse": parts})
	}
	failed := func(code string) any { return []any{map[string]any{"errorCode": code, "message": "no"}} }
	none := map[string]any{"totalSize": 0, "done": true, "records": []any{}}
	alice := record(aliceID, "alice@primary.com", true, map[string]any{"FederationIdentifier": "E-4711"})
	one := map[string]any{"totalSize": 1, "done": true, "records": []any{alice}}
	u := sfprov.User{Username: "alice", Fields: sfprov.Fields{"FederationIdentifier": "E-4711"}}
	for name, test := range map[string]struct {
		answers []httpmock.Responder
		want    error // nil: Unchanged
		reads   int
		warning error
	}{
		"locked for the moment":     {answers: []httpmock.Responder{answer(part("q0", 200, one), part("q1", 500, failed("UNKNOWN_EXCEPTION"))), read(alice)}, reads: 2},
		"locked for ever":           {answers: []httpmock.Responder{answer(part("q0", 503, failed("SERVER_UNAVAILABLE")), part("q1", 400, failed("PROCESSING_HALTED")))}, want: sfprov.ErrUnavailable, reads: 4},
		"no such field":             {answers: []httpmock.Responder{answer(part("q0", 400, failed("INVALID_FIELD")), part("q1", 400, failed("PROCESSING_HALTED")))}, want: sfprov.ErrInvalidField, reads: 1},
		"no right to see logins":    {answers: []httpmock.Responder{answer(part("q0", 200, one), part("q1", 400, failed("INVALID_TYPE")))}, warning: sfprov.ErrPermission, reads: 1},
		"an answer too few":         {answers: []httpmock.Responder{answer(part("q0", 200, one))}, want: sfprov.ErrUnavailable, reads: 1},
		"answers to other queries":  {answers: []httpmock.Responder{answer(part("q1", 200, none), part("q0", 200, one))}, want: sfprov.ErrUnavailable, reads: 1},
		"no answers":                {answers: []httpmock.Responder{httpmock.NewStringResponder(200, `{}`)}, want: sfprov.ErrUnavailable, reads: 1},
		"a login without an answer": {answers: []httpmock.Responder{answer(part("q0", 200, one), part("q1", 200, map[string]any{"totalSize": 1, "done": true, "records": []any{map[string]any{"Id": "../x"}}}))}, want: sfprov.ErrUnavailable, reads: 1},
		"records that don't come":   {answers: []httpmock.Responder{answer(part("q0", 200, map[string]any{"totalSize": 1, "done": true, "records": []any{}}), part("q1", 200, none))}, want: sfprov.ErrUnavailable, reads: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, byFederationID)
			b.on(http.MethodPost, compositeURL, test.answers...)
			result, err := b.Ensure(t.Context(), u)
			if test.want == nil {
				require.NoError(t, err)
				assert.Equal(t, sfprov.Unchanged, result.Action)
				require.ErrorIs(t, result.Warning, test.warning)
			} else {
				require.ErrorIs(t, err, test.want)
				assert.Contains(t, err.Error(), `ensure "alice@primary.com"`)
			}
			assert.Len(t, b.requests(http.MethodPost), test.reads)
		})
	}
}

// A value that looks like a reference between the queries is a value.
func TestEnsureOfHostileMatchValues(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org, byFederationID)
	for i, value := range []string{"x@{q0.records[0].Id}", "%40%7Bq0.records%5B0%5D.Id%7D", `'; "`, "a+b c&q=d#e", "\\u0040{q0}"} {
		u := federated()
		u.Username += string(rune('a' + i))
		u.Fields["FederationIdentifier"] = value
		made, err := p.Ensure(t.Context(), u)
		require.NoError(t, err)
		again, err := p.Ensure(t.Context(), u)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, made.Action)
		assert.Equal(t, sfprov.Unchanged, again.Action)
		assert.Equal(t, made.ID, again.ID)
	}
	u := federated()
	u.Fields["FederationIdentifier"] = "@{q0.records[0].Id}" // looks like a template, too
	var invalid *sfprov.ValidationError
	_, err := p.Ensure(t.Context(), u)
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "FederationIdentifier", invalid.Problems[0].Field)
}

func TestEnsureReadsManyAssignments(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetPageSize(2)
	id := seeded(org, nil)
	var names []string
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		org.Grant(id, org.AddGroup(name))
		names = append(names, name)
	}
	u := federated()
	u.Access = sfprov.Access{PublicGroups: names}
	result, err := provisionerIn(t, org, byFederationID).Ensure(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, result.Action)
}

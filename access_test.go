package sfprov_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// furnish gives an org one of each kind.
func furnish(org *sfprovtest.Org) {
	org.AddProfile("Sales User", "Salesforce")
	org.AddRole("VP Sales", "")
	org.AddRole("Sales Rep", "")
	org.AddPermissionSetLicense("Sales Console", 1)
	org.AddPermissionSet("Deal Desk", "")
	org.AddPermissionSet("Console User", "Sales Console")
	org.AddPermissionSet("Chat", "Chatter Free")
	org.AddPermissionSetGroup("Sales Tools")
	org.AddGroup("EMEA")
	org.AddGroup("APAC")
	org.AddQueue("Returns")
}

// everything is all that furnish gives to one user, by labels, API names and in
// another case.
func everything() sfprov.Access {
	return sfprov.Access{
		Profile: "sales user", Role: "VP_Sales",
		PermissionSetLicenses: []string{"Sales Console"}, PermissionSets: []string{"Deal_Desk", "Console User"}, PermissionSetGroups: []string{"sales tools"},
		PublicGroups: []string{"EMEA"}, Queues: []string{"Returns"},
	}
}

func accessOfAll() sfprovtest.Access {
	return sfprovtest.Access{
		Role: "VP Sales", PermissionSets: []string{"Console User", "Deal Desk"}, PermissionSetGroups: []string{"Sales Tools"},
		PermissionSetLicenses: []string{"Sales Console"}, PublicGroups: []string{"EMEA"}, Queues: []string{"Returns"},
	}
}

func TestAccessByName(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	p := provisionerIn(t, org, func(c *sfprov.Config) { delete(c.Defaults, "ProfileId") })
	u := alice()
	u.Access = everything()
	created, err := p.Create(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Created, created.Action)
	assert.Equal(t, accessOfAll(), org.Access(created.ID))
	user, _ := org.User(created.ID)
	assert.Equal(t, org.ProfileID("Sales User"), user.Fields["ProfileId"])
	assert.Len(t, org.Requests(), 7+1, "a query for each kind, and one for the user with all that is given")

	{ // again, nothing changes
		org.ResetRequests()
		access := everything()
		access.Profile, access.Role = "", ""
		result, err := p.Update(t.Context(), created.ID, sfprov.User{Access: access})
		require.NoError(t, err)
		assert.Equal(t, sfprov.Unchanged, result.Action)
		assert.Empty(t, result.Changes)
		assert.Len(t, org.Requests(), 2)
		assert.Equal(t, accessOfAll(), org.Access(created.ID))
	}

	{ // a list that is given is added, one that is nil is left alone
		result, err := p.Update(t.Context(), created.ID, sfprov.User{Access: sfprov.Access{PublicGroups: []string{"APAC"}, Role: "Sales Rep"}})
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action)
		want := accessOfAll()
		want.PublicGroups, want.Role = []string{"APAC", "EMEA"}, "Sales Rep"
		assert.Equal(t, want, org.Access(created.ID))
	}

	{ // with Exact, what is not listed is removed
		_, err := p.Update(t.Context(), created.ID, sfprov.User{Access: sfprov.Access{
			PermissionSets: []string{"Deal Desk"}, PermissionSetLicenses: []string{}, PublicGroups: []string{"APAC"}, Exact: true,
		}})
		require.NoError(t, err, "the licence goes after the set that needs it")
		assert.Equal(t, sfprovtest.Access{
			Role: "Sales Rep", PermissionSets: []string{"Deal Desk"}, PermissionSetGroups: []string{"Sales Tools"}, PublicGroups: []string{"APAC"}, Queues: []string{"Returns"},
		}, org.Access(created.ID), "groups and queues were not given")
		_, err = p.Update(t.Context(), created.ID, sfprov.User{Access: sfprov.Access{
			PermissionSets: []string{}, PermissionSetGroups: []string{}, PublicGroups: []string{}, Queues: []string{}, Exact: true,
		}})
		require.NoError(t, err)
		assert.Equal(t, sfprovtest.Access{Role: "Sales Rep"}, org.Access(created.ID), "and the profile's own permission set is still there")
	}
}

func TestAccessByID(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	id, role, set := org.AddUser(nil), org.AddRole("R", ""), org.AddPermissionSet("S", "")
	_, err := provisionerIn(t, org).Update(t.Context(), id, sfprov.User{Access: sfprov.Access{
		Profile: org.ProfileID("System Administrator")[:15], Role: role, PermissionSets: []string{set[:15], set, "S"},
	}})
	require.NoError(t, err)
	assert.Equal(t, sfprovtest.Access{Role: "R", PermissionSets: []string{"S"}}, org.Access(id))
}

// Unknown names are told all at once, with what may have been meant, and nothing
// is changed.
func TestAccessThatIsUnknown(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	org.AddPermissionSet("Twice", "")
	org.AddPermissionSet("Twice", "")
	u := alice()
	u.Access = sfprov.Access{
		Profile: "Sales Usr", Role: "CEO", PermissionSets: []string{"Deal Dsk", "Twice", "0PS000000000001AAA"}, Queues: []string{"EMEA"},
	}
	_, err := provisionerIn(t, org).Create(t.Context(), u)
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Problems, 6)
	for _, want := range []string{
		`Access.Profile is "Sales Usr", which this org does not have; did you mean "Sales User"?`, `Access.Role is "CEO", which this org does not have`,
		`is "Deal Dsk", which this org does not have; did you mean "Deal Desk"?`, `is "Twice", which names several: 0PS`, `is "0PS000000000001AAA", which this org does not have`,
		`Access.Queues is "EMEA", which this org does not have`,
	} {
		assert.Contains(t, err.Error(), want)
	}
	assert.Zero(t, requestsSent(org, http.MethodPost, ""))
	assert.Empty(t, org.Users())

	u.Access = sfprov.Access{Profile: "Sales User", Role: "VP Sales", PublicGroups: []string{" "}}
	u.Fields["profileid"], u.Fields["UserRoleId"] = profile, "00E000000000001"
	org.ResetRequests()
	_, err = provisionerIn(t, org).Create(t.Context(), u)
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Problems, 3)
	assert.Empty(t, org.Requests())
}

// Names are remembered for a while; one that is missing is looked for again.
func TestAccessNamesAreRemembered(t *testing.T) {
	t.Parallel()
	bubble(t, "queries", func(t *testing.T, org *sfprovtest.Org) {
		furnish(org)
		p, id := provisionerIn(t, org), org.AddUser(nil)
		give := func(set string) error {
			_, err := p.Update(t.Context(), id, sfprov.User{Access: sfprov.Access{PermissionSets: []string{set}}})
			return err
		}
		listings := func() int {
			n := 0
			for _, r := range org.Requests() {
				if r.Query == "SELECT Id, Name, Label FROM PermissionSet WHERE IsOwnedByProfile = false" {
					n++
				}
			}
			return n
		}
		require.NoError(t, give("Deal Desk"))
		require.NoError(t, give("Deal Desk"))
		assert.Equal(t, 1, listings())
		require.Error(t, give("New"))
		assert.Equal(t, 1, listings(), "asked a moment ago")
		<-time.After(30 * time.Second)
		org.AddPermissionSet("New", "")
		require.NoError(t, give("New"))
		assert.Equal(t, 2, listings())
		<-time.After(10 * time.Minute)
		require.NoError(t, give("New"))
		assert.Equal(t, 3, listings())
	})
}

func TestAccessThatSalesforceRefuses(t *testing.T) {
	t.Parallel()
	t.Run("another licence", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		furnish(org)
		p := provisionerIn(t, org)
		u := alice()
		u.Access = sfprov.Access{PermissionSets: []string{"Deal Desk", "Chat"}}
		u.Password = secret
		result, err := p.Create(t.Context(), u)
		require.ErrorIs(t, err, sfprov.ErrInvalidField)
		assert.Equal(t, sfprov.Created, result.Action, "the user exists")
		assert.False(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), `the user was created (`+result.ID+`); still missing: PermissionSet "Chat", the password; because: giving PermissionSet "Chat"`)
		assert.Contains(t, sfprov.Explain(err), "call Update with the ID, the Access")
		assert.Contains(t, sfprov.Explain(err), "user licence must be that of the user's profile")
		assert.Equal(t, []string{"Deal Desk"}, org.Access(result.ID).PermissionSets)
		assert.False(t, org.CheckPassword(result.ID, string(secret)), "one step after the other")
	})
	t.Run("no licence left", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		furnish(org)
		p, first, second := provisionerIn(t, org), org.AddUser(nil), org.AddUser(nil)
		access := sfprov.Access{PermissionSetLicenses: []string{"Sales Console"}, PermissionSets: []string{"Console User"}}
		_, err := p.Update(t.Context(), first, sfprov.User{Access: access})
		require.NoError(t, err)
		result, err := p.Update(t.Context(), second, sfprov.User{Access: access})
		require.ErrorIs(t, err, sfprov.ErrLicenseLimit)
		user, _ := org.User(second)
		assert.Equal(t, sfprov.Result{ID: second, Username: user.Username}, result, "nothing was done")
		assert.Empty(t, org.Access(second))
		assert.Contains(t, sfprov.Explain(err), "Permission Set Licenses")
	})
	t.Run("has it already, by whatever word", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		furnish(org)
		org.SetMemberRefusal(sfprovtest.Refusal{Status: 400, Code: "NEVER_SEEN", Message: "no"})
		p, id := provisionerIn(t, org), org.AddUser(nil)
		group := org.AddGroup("Late")
		org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
			if r.Method != http.MethodPost || len(org.Requests()) == 0 {
				return nil
			}
			org.Grant(id, group) // somebody else is faster
			return &sfprovtest.Fault{}
		})
		result, err := p.Update(t.Context(), id, sfprov.User{Access: sfprov.Access{PublicGroups: []string{"Late"}}})
		require.NoError(t, err)
		assert.Equal(t, sfprov.Unchanged, result.Action, "it was not this call")
		assert.Equal(t, []string{"Late"}, org.Access(id).PublicGroups)
	})
}

// Assignments can be repeated: nobody has one twice, and what is gone is gone.
func TestLostAccess(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sfprovtest.Fault{"lost": sfprovtest.LostAnswer(), "dropped": sfprovtest.Dropped(), "502": sfprovtest.GatewayHTML(502)} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			furnish(org)
			p, id := provisionerIn(t, org), org.AddUser(nil)
			access := everything()
			access.Profile = ""
			loseAnswers(org, 3, http.MethodPost, "/PermissionSet", fault)
			_, err := p.Update(t.Context(), id, sfprov.User{Access: access})
			require.NoError(t, err)
			assert.Equal(t, accessOfAll(), org.Access(id))
			loseAnswers(org, 3, http.MethodDelete, "", fault)
			_, err = p.Update(t.Context(), id, sfprov.User{Access: sfprov.Access{PermissionSets: []string{}, PermissionSetLicenses: []string{}, Exact: true}})
			require.NoError(t, err)
			assert.Empty(t, org.Access(id).PermissionSets)
		})
	}
	bubble(t, "to the end", func(t *testing.T, org *sfprovtest.Org) {
		furnish(org)
		p, id := provisionerIn(t, org), org.AddUser(nil)
		loseAnswers(org, everyTime, http.MethodPost, "/PermissionSetAssignment", sfprovtest.Dropped())
		u := sfprov.User{Access: sfprov.Access{PermissionSets: []string{"Deal Desk"}}}
		_, err := p.Update(t.Context(), id, u)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))
		assert.Contains(t, err.Error(), `giving PermissionSet "Deal Desk"`)
		org.ClearControls()
		result, err := p.Update(t.Context(), id, u)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Updated, result.Action)

		loseAnswers(org, 3, http.MethodDelete, "", sfprovtest.LostAnswer())
		u.Access = sfprov.Access{PermissionSets: []string{}, Exact: true}
		_, err = p.Update(t.Context(), id, u)
		require.NoError(t, err, "what is gone is gone")
		_, err = p.Update(t.Context(), id, sfprov.User{Access: sfprov.Access{PermissionSets: []string{"Deal Desk"}}})
		require.NoError(t, err)
		loseAnswers(org, everyTime, http.MethodDelete, "", sfprovtest.Dropped())
		_, err = p.Update(t.Context(), id, u)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Contains(t, err.Error(), `taking away PermissionSet "Deal Desk"`)
	})
}

func TestAdoptionGivesAccess(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	furnish(org)
	id := org.AddUser(sfprov.Fields{"FederationIdentifier": "E-1"})
	u := employee("alice", "E-1")
	u.Access = everything()
	result, err := provisionerIn(t, org, matching).Create(t.Context(), u)
	require.NoError(t, err)
	assert.Equal(t, sfprov.Adopted, result.Action)
	assert.Equal(t, accessOfAll(), org.Access(id))
	user, _ := org.User(id)
	assert.Equal(t, org.ProfileID("Sales User"), user.Fields["ProfileId"])
}

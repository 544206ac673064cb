package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// provisionerIn makes a Provisioner for an org, with changes to the org's configuration.
func provisionerIn(t *testing.T, org *sfprovtest.Org, change ...func(*sfprov.Config)) *sfprov.Provisioner {
	t.Helper()
	cfg := org.Config()
	cfg.ProvisioningDomain = "primary.com"
	for _, f := range change {
		f(&cfg)
	}
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
	require.NoError(t, err)
	return p
}

// matching makes FederationIdentifier the match field.
func matching(c *sfprov.Config) { c.MatchField = "FederationIdentifier" }

// employee is a user with a match value.
func employee(username, number string) sfprov.User {
	return sfprov.User{Username: username, Fields: sfprov.Fields{
		"LastName": "Jones", "Email": username + "@primary.com", "FederationIdentifier": number,
	}}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	networks := map[string][]sfprovtest.Option{
		"loopback": nil, "TLS": {sfprovtest.WithTLS()}, "memory": {sfprovtest.WithInMemoryNetwork()},
	}
	grants := []sfprov.GrantType{sfprov.GrantClientCredentials, sfprov.GrantPassword, sfprov.GrantJWTBearer}
	for name, options := range networks {
		for _, grant := range grants {
			t.Run(name+" "+string(grant), func(t *testing.T) {
				t.Parallel()
				org := sfprovtest.NewOrg(t, options...)
				p := provisionerIn(t, org, func(c *sfprov.Config) { c.GrantType = grant })

				created, err := p.Create(t.Context(), alice())
				require.NoError(t, err)
				user, exists := org.User(created.ID)
				require.True(t, exists)
				assert.Equal(t, "alice@primary.com", user.Username)
				assert.True(t, user.Active)
				assert.Equal(t, "Jones", user.Fields["LastName"])

				updated, err := p.Update(t.Context(), created.ID, sfprov.User{Username: "alice.smith", Fields: sfprov.Fields{"LastName": "Smith", "Title": "CEO"}})
				require.NoError(t, err)
				assert.Equal(t, sfprov.Updated, updated.Action)
				account, err := p.Find(t.Context(), sfprov.User{Username: "alice.smith", Fields: sfprov.Fields{"Title": nil, "Department": nil}})
				require.NoError(t, err)
				assert.Equal(t, sfprov.Account{
					ID: created.ID, Username: "alice.smith@primary.com", Active: true,
					Fields: sfprov.Fields{"Title": "CEO", "Department": nil},
				}, account)

				deactivated, err := p.Deactivate(t.Context(), created.ID)
				require.NoError(t, err)
				assert.Equal(t, sfprov.Deactivated, deactivated.Action)
				user, _ = org.User(created.ID)
				assert.False(t, user.Active)
				again, err := p.Deactivate(t.Context(), created.ID)
				require.NoError(t, err)
				assert.Equal(t, sfprov.Unchanged, again.Action)
				assert.Equal(t, 1, org.Logins(), "one login for all of it")
				assert.Equal(t, len(org.Requests()), p.APIUsage().Used)
			})
		}
	}
}

// 64 goroutines, 2,000 users, and a token that expires every 100 requests.
func TestManyCallersOneLoginPerExpiry(t *testing.T) {
	t.Parallel()
	create := func(t *testing.T, org *sfprovtest.Org) {
		t.Helper()
		org.SetTokenRequests(100)
		p := provisionerIn(t, org)
		var next atomic.Int64
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				for {
					n := next.Add(1)
					if n > 2000 {
						return
					}
					name := fmt.Sprintf("user%d", n)
					result, err := p.Create(t.Context(), sfprov.User{Username: name, Fields: sfprov.Fields{"LastName": name, "Email": name + "@primary.com"}})
					if err != nil || result.Action != sfprov.Created {
						t.Errorf("%s: %v, %v", name, result, err)
					}
				}
			})
		}
		group.Wait()
		names := map[string]bool{}
		for _, user := range org.Users() {
			names[user.Username] = true
		}
		assert.Len(t, org.Users(), 2000)
		assert.Len(t, names, 2000, "each exists once")
		assert.GreaterOrEqual(t, org.Expiries(), 19)
		assert.Equal(t, org.Expiries()+1, org.Logins())
	}
	t.Run("over TLS", func(t *testing.T) {
		t.Parallel()
		create(t, sfprovtest.NewOrg(t, sfprovtest.WithTLS()))
	})
	// A bubble also fails the test if a goroutine is left at its end.
	t.Run("in a bubble, and nothing is left running", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { create(t, sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())) })
	})
}

func TestASessionThatTimedOutIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.SetTokenLifetime(15 * time.Minute)
		p := provisionerIn(t, org)
		created, err := p.Create(t.Context(), alice())
		require.NoError(t, err)
		for range 3 {
			<-time.After(20 * time.Minute)
			_, err = p.Update(t.Context(), created.ID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			require.NoError(t, err)
		}
		assert.Equal(t, 4, org.Logins())
		assert.Equal(t, 3, org.Expiries())
	})
}

// The rules of user IDs can map two people to one. The second is refused.
func TestClashesOfUserIDsNeverShareAnAccount(t *testing.T) {
	t.Parallel()
	person := func(username, tenant, number string) sfprov.User {
		u := employee(username, number)
		u.TenantDomain = tenant
		u.Fields["Email"] = "someone@primary.com"
		return u
	}
	tests := map[string]struct{ first, second sfprov.User }{
		"a@b and a.b under a domain": {person("a@b", "t", "E-1"), person("a.b", "t", "E-2")},
		"tenants x-y and xy under -": {person("a", "x-y", "E-1"), person("a", "xy", "E-2")},
		"names that differ in case":  {person("Anna", "t", "E-1"), person("anna", "t", "E-2")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			p := provisionerIn(t, org, matching, func(c *sfprov.Config) { c.Pattern, c.Separator = "{UN,TD}", "-" })
			first, err := p.Create(t.Context(), test.first)
			require.NoError(t, err)
			before, _ := org.User(first.ID)

			_, err = p.Create(t.Context(), test.second)

			require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, first.ID, apiErr.Existing)
			after, _ := org.User(first.ID)
			assert.Equal(t, before, after, "the first one's account is untouched")
			assert.Len(t, org.Users(), 1)
		})
	}
}

func TestAdoptionInAnOrg(t *testing.T) {
	t.Parallel()
	t.Run("someone who left comes back", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		p := provisionerIn(t, org, matching)
		first, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		_, err = p.Deactivate(t.Context(), first.ID)
		require.NoError(t, err)

		back, err := p.Create(t.Context(), employee("alice", "E-1"))

		require.NoError(t, err)
		assert.Equal(t, sfprov.Result{
			ID: first.ID, Username: "alice@primary.com", Action: sfprov.Adopted,
			Changes: []sfprov.Change{{Field: "IsActive", Before: false, After: true}},
		}, back)
		user, _ := org.User(first.ID)
		assert.True(t, user.Active)
		assert.Len(t, org.Users(), 1)
	})
	t.Run("someone who was frozen comes back", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		p := provisionerIn(t, org, matching)
		first, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		org.BlockDeactivation(first.ID, sfprovtest.Refusal{})
		_, err = p.Deactivate(t.Context(), first.ID)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)

		back, err := p.Create(t.Context(), employee("alice", "E-1"))

		require.NoError(t, err)
		assert.Equal(t, sfprov.Adopted, back.Action)
		user, _ := org.User(first.ID)
		assert.False(t, user.Frozen, "who is provisioned can log in")
	})
	t.Run("the account has another username", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		id := org.AddUser(sfprov.Fields{"Username": "a.jones@old.example", "FederationIdentifier": "E-1", "Title": "kept", "TimeZoneSidKey": "Asia/Tokyo"})
		before, _ := org.User(id)
		adopted, err := provisionerIn(t, org, matching).Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Result{ID: id, Username: "alice@primary.com", Action: sfprov.Adopted, Changes: []sfprov.Change{
			{Field: "Email", Before: before.Fields["Email"], After: "alice@primary.com"},
			{Field: "LastName", Before: "Seed", After: "Jones"},
			{Field: "Username", Before: "a.jones@old.example", After: "alice@primary.com"},
		}}, adopted)
		user, _ := org.User(id)
		assert.Equal(t, "alice@primary.com", user.Username)
		assert.Equal(t, "kept", user.Fields["Title"])
		assert.Equal(t, "Asia/Tokyo", user.Fields["TimeZoneSidKey"], "adoption sends no defaults")
	})
	t.Run("the account is somebody else's, and so is the username", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		mine := org.AddUser(sfprov.Fields{"Username": "a.jones@old.example", "FederationIdentifier": "E-1"})
		theirs := org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "FederationIdentifier": "E-2"})
		_, err := provisionerIn(t, org, matching).Create(t.Context(), employee("alice", "E-1"))
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
		var apiErr *sfprov.APIError
		require.ErrorAs(t, err, &apiErr)
		assert.Equal(t, theirs, apiErr.Existing)
		user, _ := org.User(mine)
		assert.Equal(t, "a.jones@old.example", user.Username)
	})
	t.Run("without a match value, nothing is adopted", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "Email": "alice@primary.com", "LastName": "Jones"})
		_, err := provisionerIn(t, org, matching).Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	})
	t.Run("taken in another org", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		org.TakeUsername("Alice@primary.com")
		_, err := provisionerIn(t, org, matching).Create(t.Context(), employee("alice", "E-1"))
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
		var apiErr *sfprov.APIError
		require.ErrorAs(t, err, &apiErr)
		assert.Empty(t, apiErr.Existing)
	})
	t.Run("whatever code the org refuses a taken match value with", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		org.SetFederationRefusal(sfprovtest.Refusal{Status: 400, Code: "NEVER_SEEN", Message: "no"})
		id := org.AddUser(sfprov.Fields{"FederationIdentifier": "E-1"})
		adopted, err := provisionerIn(t, org, matching).Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, id, adopted.ID)
	})
	t.Run("a match field that is not unique", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		first := org.AddUser(sfprov.Fields{"EmployeeNumber": "7"})
		org.AddUser(sfprov.Fields{"EmployeeNumber": "7"})
		p := provisionerIn(t, org, func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" })
		u := alice()
		u.Fields["EmployeeNumber"] = "7"
		_, err := p.Create(t.Context(), u)
		require.ErrorIs(t, err, sfprov.ErrAmbiguousMatch)
		assert.Contains(t, err.Error(), first)
		assert.Len(t, org.Users(), 2, "and no third one is made")
	})
}

// Two processes that create the same user at once end with one account.
func TestTwoProvisionersOneUser(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*sfprov.Config)
		user   sfprov.User
	}{
		"with a match field": {matching, employee("alice", "E-1")},
		"without":            {func(*sfprov.Config) {}, alice()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			actions := make(chan sfprov.Action, 16)
			var refused atomic.Int64
			var group sync.WaitGroup
			for range cap(actions) {
				p := provisionerIn(t, org, test.change)
				group.Go(func() {
					result, err := p.Create(t.Context(), test.user)
					if err != nil {
						if !errors.Is(err, sfprov.ErrDuplicateUsername) {
							t.Error(err)
						}
						refused.Add(1)
						return
					}
					actions <- result.Action
				})
			}
			group.Wait()
			close(actions)
			count := map[sfprov.Action]int{}
			for action := range actions {
				count[action]++
			}
			assert.Len(t, org.Users(), 1)
			assert.Equal(t, 1, count[sfprov.Created])
			if name == "without" {
				assert.EqualValues(t, 15, refused.Load())
			} else {
				assert.Equal(t, 15, count[sfprov.Adopted])
			}
		})
	}
}

func TestDeactivationInAnOrg(t *testing.T) {
	t.Parallel()
	t.Run("refused, so frozen", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		id := org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		result, err := provisionerIn(t, org).Deactivate(t.Context(), id[:15])
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		user, _ := org.User(id)
		assert.Equal(t, sfprov.Result{ID: id, Username: user.Username, Action: sfprov.Frozen, Changes: []sfprov.Change{isFrozenNow}}, result)
		assert.Contains(t, err.Error(), "hierarchy field")
		assert.True(t, user.Active)
		assert.True(t, user.Frozen)
	})
	t.Run("refused, and no login to freeze", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		id := org.AddUser(nil)
		org.BlockDeactivation(id, sfprovtest.Refusal{})
		org.RemoveUserLogin(id)
		result, err := provisionerIn(t, org).Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		user, _ := org.User(id)
		assert.Equal(t, sfprov.Result{ID: id, Username: user.Username}, result)
		assert.Contains(t, err.Error(), "STILL ACTIVE")
	})
	t.Run("the username is released, and a rehire gets a new account", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		p := provisionerIn(t, org, matching, func(c *sfprov.Config) { c.ReleaseUsername = true })
		first, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		gone, err := p.Deactivate(t.Context(), first.ID)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Deactivated, gone.Action)
		user, _ := org.User(first.ID)
		assert.Equal(t, gone.Username, user.Username)
		assert.Contains(t, user.Username, "alice@primary.com")
		assert.Nil(t, user.Fields["FederationIdentifier"])

		second, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, second.Action)
		assert.NotEqual(t, first.ID, second.ID)
	})
	t.Run("the release is refused, the door is locked", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
		org.TakeUsername("released-" + strings.ToLower(id) + "-alice@primary.com")
		result, err := provisionerIn(t, org, func(c *sfprov.Config) { c.ReleaseUsername = true }).Deactivate(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Deactivated, result.Action)
		assert.Equal(t, "alice@primary.com", result.Username)
		require.ErrorIs(t, result.Warning, sfprov.ErrDuplicateUsername)
		user, _ := org.User(id)
		assert.False(t, user.Active)
	})
	t.Run("refused with a release, so frozen", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t)
		id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com"})
		org.BlockDeactivation(id, sfprovtest.Refusal{Status: 400, Code: "DELETE_FAILED", Message: "You cannot disable the Web to Lead Default Creator."})
		result, err := provisionerIn(t, org, func(c *sfprov.Config) { c.ReleaseUsername = true }).Deactivate(t.Context(), id)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		assert.Equal(t, sfprov.Frozen, result.Action)
		assert.Equal(t, "alice@primary.com", result.Username)
		assert.Contains(t, sfprov.Explain(err), "default lead")
	})
	t.Run("an ID of no user", func(t *testing.T) {
		t.Parallel()
		_, err := provisionerIn(t, sfprovtest.NewOrg(t)).Deactivate(t.Context(), aliceID)
		require.ErrorIs(t, err, sfprov.ErrNotFound)
	})
}

// The refusals of an org, as the caller sees them.
func TestRefusalsOfAnOrg(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*sfprovtest.Org)
		fields  sfprov.Fields
		reason  error
		field   string
	}{
		"no licence":         {func(o *sfprovtest.Org) { o.SetLicenses("Salesforce", 1) }, nil, sfprov.ErrLicenseLimit, ""},
		"restricted list":    {nil, sfprov.Fields{"TimeZoneSidKey": "Mars/Base"}, sfprov.ErrInvalidField, "TimeZoneSidKey"},
		"profile not there":  {nil, sfprov.Fields{"ProfileId": "00e000000000001AAA"}, sfprov.ErrInvalidField, "ProfileId"},
		"unknown field":      {nil, sfprov.Fields{"Shoe_Size__c": "44"}, sfprov.ErrInvalidField, "Shoe_Size__c"},
		"wrong type":         {nil, sfprov.Fields{"UserPermissionsMarketingUser": "perhaps"}, sfprov.ErrInvalidField, ""},
		"nickname taken":     {func(o *sfprovtest.Org) { o.AddUser(sfprov.Fields{"CommunityNickname": "al"}) }, sfprov.Fields{"CommunityNickname": "AL"}, sfprov.ErrInvalidField, "CommunityNickname"},
		"the daily limit":    {func(o *sfprovtest.Org) { o.SetAPIUsage(5, 5) }, nil, sfprov.ErrRequestLimit, ""},
		"no run-as user":     {func(o *sfprovtest.Org) { o.SetRunAsUser(false) }, nil, sfprov.ErrAuth, ""},
		"not the own domain": {func(o *sfprovtest.Org) { o.SetMyDomain(false) }, nil, sfprov.ErrAuth, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			if test.prepare != nil {
				test.prepare(org)
			}
			before := len(org.Users())
			u := alice()
			maps.Copy(u.Fields, test.fields)
			_, err := provisionerIn(t, org).Create(t.Context(), u)
			require.ErrorIs(t, err, test.reason)
			assert.NotEmpty(t, sfprov.Explain(err))
			assert.Len(t, org.Users(), before)
			if test.field != "" {
				var apiErr *sfprov.APIError
				require.ErrorAs(t, err, &apiErr)
				assert.Equal(t, []string{test.field}, apiErr.Fields)
			}
		})
	}
}

func TestAnEmailChangeIsPending(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org)
	created, err := p.Create(t.Context(), alice())
	require.NoError(t, err)
	_, err = p.Update(t.Context(), created.ID, sfprov.User{Fields: sfprov.Fields{"Email": "new@primary.com"}})
	require.NoError(t, err)
	ask := sfprov.User{Username: "alice", Fields: sfprov.Fields{"Email": nil}}
	account, err := p.Find(t.Context(), ask)
	require.NoError(t, err)
	assert.Equal(t, "alice@primary.com", account.Fields["Email"])
	org.ConfirmEmail(created.ID)
	account, err = p.Find(t.Context(), ask)
	require.NoError(t, err)
	assert.Equal(t, "new@primary.com", account.Fields["Email"])
}

// A find that meets a second page still finds.
func TestPagesAreFollowed(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetPageSize(1)
	org.AddUser(sfprov.Fields{"EmployeeNumber": "E-7"})
	id := org.AddUser(sfprov.Fields{"EmployeeNumber": "e-7"})
	p := provisionerIn(t, org, func(c *sfprov.Config) { c.MatchField = "EmployeeNumber" })
	account, err := p.Find(t.Context(), sfprov.User{Fields: sfprov.Fields{"EmployeeNumber": "e-7"}})
	require.NoError(t, err)
	assert.Equal(t, id, account.ID, "the one on the second page, whose value agrees exactly")
}

func TestADeadlineWhileAnAnswerIsAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.KeepControl(sfprovtest.On("", "/sobjects/", sfprovtest.Fault{Delay: time.Hour}))
		p := provisionerIn(t, org)
		for name, call := range map[string]func(context.Context) error{
			"create":     func(ctx context.Context) error { _, err := p.Create(ctx, alice()); return err },
			"update":     func(ctx context.Context) error { _, err := p.Update(ctx, aliceID, alice()); return err },
			"deactivate": func(ctx context.Context) error { _, err := p.Deactivate(ctx, aliceID); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			started := time.Now()
			err := call(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Contains(t, err.Error(), name)
			assert.Equal(t, 5*time.Second, time.Since(started))
			cancel()
		}
	})
}

// A part of which the separator leaves nothing would map different people to one
// user ID.
func TestPartsMadeOfSeparatorsAreRefused(t *testing.T) {
	t.Parallel()
	p := provisionerIn(t, sfprovtest.NewOrg(t), func(c *sfprov.Config) { c.Pattern = "{UD,UN,TD}" })
	for field, u := range map[string]sfprov.User{
		"TenantDomain": {Username: "alice", TenantDomain: "__"},
		"Username":     {Username: "_/alice"},
	} {
		_, err := p.Username(u)
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, field, invalid.Problems[0].Field)
	}
}

func TestAPageThatNamesItselfEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	again := `{"totalSize":2,"done":false,"records":[],"nextRecordsUrl":"/services/data/v66.0/query/01g-1"}`
	b.on(http.MethodGet, queryURL, httpmock.NewStringResponder(200, again))
	b.on(http.MethodGet, queryURL+"/01g-1", httpmock.NewStringResponder(200, again))
	_, err := b.Find(t.Context(), alice())
	require.ErrorContains(t, err, "does not end")
	assert.Len(t, b.requests(http.MethodGet), 1)
}

func TestANilOptionIsNone(t *testing.T) {
	t.Parallel()
	_, err := sfprov.New(config(), nil)
	require.NoError(t, err)
}

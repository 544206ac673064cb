package sfprovtest_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func networks() map[string][]sfprovtest.Option {
	return map[string][]sfprovtest.Option{
		"loopback": nil, "TLS": {sfprovtest.WithTLS()}, "memory": {sfprovtest.WithInMemoryNetwork()},
	}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	scheme := map[string]string{"loopback": "^http://127.0.0.1:[0-9]+$", "TLS": "^https://127.0.0.1:[0-9]+$", "memory": "^https://sfprovtest.my.salesforce.com$"}
	for network, options := range networks() {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t, options...)
			assert.Regexp(t, scheme[network], org.URL())
			first := org.Client()
			assert.Same(t, first, org.Client())
			assert.Equal(t, 0, org.Connections())
			c := logIn(t, org)
			for range 10 {
				assert.Equal(t, 200, c.get(t, data).status)
			}
			assert.Equal(t, 1, org.Connections(), "one connection, reused")
			assert.Equal(t, 1, org.OpenConnections())

			p, err := sfprov.New(org.Config(), sfprov.WithHTTPClient(org.Client()))
			require.NoError(t, err)
			_, err = p.Create(t.Context(), sfprov.User{Username: "bob@acme.example", Fields: sfprov.Fields{"LastName": "B", "Email": "b@acme.example"}})
			require.NoError(t, err, "Config has all that a user needs")
			org.Close()
			assert.Equal(t, 0, org.OpenConnections())
		})
	}
	t.Run("only Client trusts the certificate", func(t *testing.T) {
		t.Parallel()
		org := sfprovtest.NewOrg(t, sfprovtest.WithTLS())
		other := &http.Client{Transport: &http.Transport{}}
		defer other.CloseIdleConnections()
		resp, err := other.Get(org.URL())
		if err == nil {
			err = errors.Join(resp.Body.Close(), errors.New("trusted"))
		}
		require.ErrorContains(t, err, "certificate")
	})
}

// fakeTB is a test that records what is done to it.
type fakeTB struct {
	cleanups []func()
	fatal    string
}

func (f *fakeTB) Helper()                           {}
func (f *fakeTB) Cleanup(c func())                  { f.cleanups = append(f.cleanups, c) }
func (f *fakeTB) Fatalf(format string, args ...any) { f.fatal = fmt.Sprintf(format, args...) }

func TestNewOrg(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	org := sfprovtest.NewOrg(tb)
	require.Empty(t, tb.fatal)
	require.Len(t, tb.cleanups, 1)
	c := logIn(t, org)
	tb.cleanups[0]()
	_, err := c.try(t, http.MethodGet, data, "", "")
	require.Error(t, err, "closed with its test")

	tb = &fakeTB{}
	assert.Nil(t, sfprovtest.NewOrg(tb, sfprovtest.WithAddress("127.0.0.1:-1")))
	assert.Regexp(t, "^sfprovtest: can't listen on 127.0.0.1:-1: ", tb.fatal)
	assert.Empty(t, tb.cleanups)
	_, err = sfprovtest.NewStandaloneOrg(sfprovtest.WithAddress("127.0.0.1:-1"), sfprovtest.WithTLS())
	require.Error(t, err)
}

// TestNothingIsLeft checks that no goroutine outlives Close: synctest fails if one
// of the bubble's does.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			org, err := sfprovtest.NewStandaloneOrg(sfprovtest.WithInMemoryNetwork())
			require.NoError(t, err)
			c := logIn(t, org)
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() { c.get(t, data) })
			}
			group.Wait()
			org.Close()
		}
	})
}

// TestConcurrentClients has 64 clients that create 2,000 users, each of them
// asked for by two clients, while tokens expire, pages are read and the test
// looks on.
func TestConcurrentClients(t *testing.T) {
	t.Parallel()
	const clients, total = 64, 2000
	org := sfprovtest.NewOrg(t)
	org.SetTokenRequests(100)
	body := alice(org, nil)
	template := asJSON(t, body)
	var next, created, refused atomic.Int64
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			c := logIn(t, org)
			for {
				n := next.Add(1) - 1
				if n >= 2*total {
					if c.get(t, data).status == 401 { // so that no expiry is without its login
						logIn(t, org)
					}
					return
				}
				own := decode[object](t, template)
				own["Username"] = fmt.Sprintf("user%d@acme.example", n/2)
				r := c.post(t, users, own)
				for r.status == 401 {
					c = logIn(t, org)
					r = c.post(t, users, own)
				}
				switch r.status {
				case 201:
					created.Add(1)
				case 400:
					refused.Add(1)
					assert.Contains(t, r.body, "DUPLICATE_USERNAME")
				default:
					assert.Fail(t, r.body)
				}
				switch n % 200 {
				case 0:
					assert.LessOrEqual(t, len(org.Users()), total)
				case 1:
					_ = org.Requests()
				case 2:
					c.query(t, "SELECT Id FROM User WHERE Username = 'user0@acme.example'")
				}
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, total, created.Load())
	assert.EqualValues(t, total, refused.Load())
	ids, names := map[string]bool{}, map[string]bool{}
	for _, user := range org.Users() {
		ids[user.ID], names[user.Username] = true, true
	}
	assert.Len(t, ids, total)
	assert.Len(t, names, total)
	assert.Equal(t, org.Logins(), org.Expiries()+clients, "each client has one token at the end, and renewed all others")
	assert.LessOrEqual(t, org.Connections(), 3*clients, "connections are reused")
}

// TestNothingLeaksByReference checks that what a test gives and gets is its own.
func TestNothingLeaksByReference(t *testing.T) {
	t.Parallel()
	fields := sfprov.Fields{"Username": "bob@acme.example"}
	org, c, id := seeded(t, fields)
	fields["Username"] = "changed"
	user, found := org.UserByUsername("BOB@acme.example")
	require.True(t, found)
	assert.Equal(t, id, user.ID)
	user.Fields["Title"] = "changed"
	again, _ := org.User(id)
	assert.Nil(t, again.Fields["Title"])

	org.ResetRequests()
	c.patch(t, id, object{"Title": "CFO"})
	requests := org.Requests()
	require.Len(t, requests, 1)
	copy(requests[0].Body, "changed")
	requests[0].Header.Set("Content-Type", "changed")
	r := org.Requests()[0]
	assert.JSONEq(t, `{"Title":"CFO"}`, string(r.Body))
	assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
	assert.Equal(t, http.MethodPatch, r.Method)
	assert.Equal(t, users+"/"+id, r.Path)
	assert.Equal(t, 204, r.Status)
	assert.False(t, r.Time.IsZero())
	c.query(t, "SELECT Id FROM User")
	assert.Equal(t, "SELECT Id FROM User", org.Requests()[1].Query)

	cfg := org.Config()
	cfg.Defaults["ProfileId"] = "changed"
	assert.Equal(t, org.ProfileID("Standard User"), org.Config().Defaults["ProfileId"])
	values := []string{"en_US", "de"}
	org.SetPicklist("LanguageLocaleKey", values...)
	values[1] = "fr"
	assert.Equal(t, 204, c.patch(t, id, object{"LanguageLocaleKey": "de"}).status)
}

// TestSeeds checks what a test can put into the org, and that its own mistakes
// are told to it.
func TestSeeds(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	second := org.AddUser(sfprov.Fields{"Username": "Bob@acme.example", "title": " CFO ", "IsActive": nil, "ManagerId": id[:15]})
	user, _ := org.User(second)
	assert.Equal(t, "bob@acme.example", user.Username)
	assert.Equal(t, "CFO", user.Fields["Title"])
	assert.Equal(t, false, user.Fields["IsActive"])
	assert.Equal(t, id, user.Fields["ManagerId"], "18 characters")
	assert.Len(t, org.Users(), 2, "without the integration user")
	assert.Equal(t, []string{id, second}, []string{org.Users()[0].ID, org.Users()[1].ID})

	org.SetUser(id[:15], sfprov.Fields{"Username": "eve@acme.example", "NumberOfFailedLogins": 3, "FirstName": "Eve"})
	user, _ = org.UserByUsername("eve@acme.example")
	assert.Equal(t, 3, user.Fields["NumberOfFailedLogins"])
	assert.Equal(t, "Eve Seed", user.Fields["Name"])
	isRefusal(t, c.patch(t, second, object{"Username": "eve@acme.example"}), 400, "DUPLICATE_USERNAME", duplicate, "Username")

	org.TakeUsername("EVE@acme.example") // it is taken already
	_, found := org.UserByUsername("eve@acme.example")
	assert.True(t, found)
	org.TakeUsername("elsewhere@acme.example")
	_, found = org.UserByUsername("elsewhere@acme.example")
	assert.False(t, found, "it is not of this org")
	for _, none := range []string{"", "bob", unknownUser, "0055g00000zzzzzAAB", org.ProfileID("Standard User")} {
		_, found = org.User(none)
		assert.False(t, found, none)
	}
	assert.Empty(t, org.ProfileID("none"))

	for name, mistake := range map[string]func(){
		"an unknown field":       func() { org.AddUser(sfprov.Fields{"Shoe": 42}) },
		"a taken username":       func() { org.AddUser(sfprov.Fields{"Username": "eve@acme.example"}) },
		"a missing field":        func() { org.AddUser(sfprov.Fields{"LastName": nil}) },
		"the wrong type":         func() { org.AddUser(sfprov.Fields{"IsActive": "yes"}) },
		"a slice":                func() { org.AddUser(sfprov.Fields{"Title": []string{"x"}}) },
		"a user who isn't there": func() { org.SetUser(unknownUser, nil) },
		"somebody else's name":   func() { org.SetUser(id, sfprov.Fields{"Username": "BOB@acme.example"}) },
		"no ID":                  func() { org.BlockDeactivation("bob", sfprovtest.Refusal{}) },
		"an unknown licence":     func() { org.SetLicenses("none", 1) },
		"no picklist":            func() { org.SetPicklist("Title", "x") },
	} {
		assert.Panics(t, mistake, name)
	}
	assert.Equal(t, 200, c.get(t, data).status, "no lock is left")
}

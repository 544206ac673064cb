package sfprov_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// checkedIn is an org with fields of every type, and a Provisioner that holds users
// against them.
func checkedIn(t *testing.T, org *sfprovtest.Org, opts ...sfprov.Option) *sfprov.Provisioner {
	t.Helper()
	for _, f := range []sfprovtest.CustomField{
		{Name: "Short__c", Length: 5},
		{Name: "Check__c", Type: sfprovtest.CheckboxField},
		{Name: "Number__c", Type: sfprovtest.NumberField, Scale: 2},
		{Name: "Date__c", Type: sfprovtest.DateField},
		{Name: "Time__c", Type: sfprovtest.DateTimeField},
		{Name: "Pick__c", Type: sfprovtest.PicklistField, Values: []string{"Red", "Blue"}},
		{Name: "Open__c", Type: sfprovtest.PicklistField, Values: []string{"Red"}, Open: true},
		{Name: "Multi__c", Type: sfprovtest.MultiPicklistField, Values: []string{"Red", "Blue"}},
		{Name: "Mentor__c", Type: sfprovtest.ReferenceField, RefersTo: "User"},
		{Name: "Formula__c", ReadOnly: true},
	} {
		org.AddField(f)
	}
	cfg := matchingConfig(org)
	p, err := sfprov.New(cfg, append([]sfprov.Option{sfprov.WithHTTPClient(org.Client()), sfprov.WithSchemaCheck()}, opts...)...)
	require.NoError(t, err)
	return p
}

// TestUsersAreHeldAgainstTheSchema: field × value × verb; what is refused here the org
// would refuse, and what is let through it takes.
func TestUsersAreHeldAgainstTheSchema(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := checkedIn(t, org)
	bare := provisionerIn(t, org, matching)
	mentor := org.AddUser(nil)
	n := 0
	for _, tc := range []struct {
		field   string
		value   any
		problem string // empty: it is taken
	}{
		{"Short__c", "abcde", ""},
		{"Short__c", "abcdef", "has 6 characters; the field takes 5"},
		{"Check__c", true, ""},
		{"Check__c", "yes", `is "yes"; it takes true or false`},
		{"Check__c", 1, "it takes true or false"},
		{"Number__c", 1.5, ""},
		{"Number__c", "31", ""},
		{"Number__c", "many", `is "many"; it takes a number`},
		{"Number__c", true, "it takes a number"},
		{"Date__c", "2024-09-10", ""},
		{"Date__c", "10.9.2024", "it takes a date such as 2024-09-10"},
		{"Time__c", "2024-09-10T13:57:45Z", ""},
		{"Time__c", time.Date(2024, 9, 10, 0, 0, 0, 0, time.UTC), ""},
		{"Time__c", "noon", "it takes a date such as"},
		{"Time__c", false, "it takes a date or a time"},
		{"Pick__c", "Red", ""},
		{"Pick__c", "Rod", `is "Rod", which the org's picklist has not got; did you mean "Red"?`},
		{"Pick__c", 7, "it takes a text"},
		{"Open__c", "Green", ""},
		{"Multi__c", "Red;Blue", ""},
		{"Multi__c", "Red;Green", `is "Green", which the org's picklist has not got`},
		{"Mentor__c", mentor, ""},
		{"Mentor__c", "bob", "it takes the ID of a record"},
		{"Formula__c", "x", "can't be written"},
		{"Titel", "CEO", `is no field of this org's users, or the integration user may not see it; did you mean`},
		{"Title", nil, ""},
	} {
		name := fmt.Sprintf("%s = %v", tc.field, tc.value)
		for verb, call := range map[string]func(u sfprov.User, id string) error{
			"Update": func(_ sfprov.User, id string) error {
				_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{tc.field: tc.value}})
				return err
			},
			"Create": func(u sfprov.User, _ string) error { _, err := p.Create(t.Context(), u); return err },
			"Ensure": func(u sfprov.User, _ string) error { _, err := p.Ensure(t.Context(), u); return err },
			"EnsureAll": func(u sfprov.User, _ string) error {
				_, err := p.EnsureAll(t.Context(), all([]sfprov.User{u}), nil)
				return err
			},
		} {
			n++
			u := employee(fmt.Sprintf("user%d", n), fmt.Sprintf("E-%d", n))
			u.Fields[tc.field] = tc.value
			id := org.AddUser(nil)
			_, err := p.Schema(t.Context())
			require.NoError(t, err)
			org.ResetRequests()
			err = call(u, id)
			if tc.problem == "" {
				require.NoError(t, err, "%s by %s", name, verb)
				continue
			}
			require.ErrorContains(t, err, tc.problem, "%s by %s", name, verb)
			var invalid *sfprov.ValidationError
			require.ErrorAs(t, err, &invalid, "%s by %s", name, verb)
			assert.Empty(t, written(org), "%s by %s: nothing is written", name, verb)
			if verb == "Update" {
				_, err := bare.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{tc.field: tc.value}})
				require.Error(t, err, "%s: the org refuses it, too", name)
			}
		}
	}
}

// all is a stream of users.
func all(users []sfprov.User) func(func(sfprov.User, error) bool) {
	return func(yield func(sfprov.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// written are the requests that could change something.
func written(org *sfprovtest.Org) []sfprovtest.Request {
	return slices.DeleteFunc(org.Requests(), func(r sfprovtest.Request) bool {
		return r.Method == http.MethodGet || r.Method == http.MethodPost && bytes.Contains(r.Body, []byte(`"method":"GET"`)) && !bytes.Contains(r.Body, []byte(`"method":"P`))
	})
}

// TestSchemaChecksTellAllProblems of a user at once, those of access among them or before.
func TestSchemaChecksTellAllProblems(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p := checkedIn(t, org)
	u := employee("alice", "E-1")
	u.Fields["Short__c"], u.Fields["Pick__c"], u.Fields["Check__c"] = "too long", "Green", "maybe"
	_, err := p.Ensure(t.Context(), u)
	var invalid *sfprov.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Problems, 3)
	leaver := employee("alice", "E-1")
	leaver.Inactive, leaver.Fields["Pick__c"] = true, "Green"
	_, err = p.Ensure(t.Context(), leaver)
	require.NoError(t, err, "what is wrong with the rest keeps nobody in")
}

// TestSchemaChecksAreAnAid: where the fields can't be read, calls go on.
func TestSchemaChecksAreAnAid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		var log bytes.Buffer
		p := checkedIn(t, org, sfprov.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		org.KeepControl(sfprovtest.On(http.MethodGet, "/describe", sfprovtest.Refuse(403, "INSUFFICIENT_ACCESS", "no")))
		id := org.AddUser(nil)
		for range 5 {
			_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			require.NoError(t, err)
		}
		assert.Contains(t, log.String(), "users are not checked against them")
		described := 0
		for _, r := range org.Requests() {
			if r.Method == http.MethodGet && bytes.HasSuffix([]byte(r.Path), []byte("/describe")) {
				described++
			}
		}
		assert.Equal(t, 1, described, "it is not asked for again and again")
		org.ClearControls()
		time.Sleep(30 * time.Second) //nolint:forbidigo // virtual time
		_, err := p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Titel": "CEO"}})
		require.ErrorContains(t, err, `"Title"?`)
	})
}

// TestANewFieldIsSeen within half a minute.
func TestANewFieldIsSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		p := checkedIn(t, org)
		id := org.AddUser(nil)
		change := sfprov.User{Fields: sfprov.Fields{"Badge__c": "7"}}
		_, err := p.Update(t.Context(), id, change)
		require.ErrorContains(t, err, "Badge__c")
		org.AddCustomField("Badge__c", 40, false)
		time.Sleep(30 * time.Second) //nolint:forbidigo // virtual time
		_, err = p.Update(t.Context(), id, change)
		require.NoError(t, err)
	})
}

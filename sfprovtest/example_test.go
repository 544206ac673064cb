package sfprovtest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// An org outside of a test: for a program that shows something, or a mock server
// that other programs use.
func ExampleNewStandaloneOrg() {
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		log.Fatal(err)
	}
	defer org.Close()
	p, err := sfprov.New(org.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = p.Create(context.Background(), sfprov.User{
		Username: "alice@acme.com",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"},
	})
	if err != nil {
		log.Fatal(err)
	}

	for _, user := range org.Users() {
		fmt.Println(user.Username, user.Active, user.Fields["LastName"])
	}
	for _, request := range org.Requests() {
		fmt.Println(request.Method, request.Path, request.Status)
	}
	fmt.Println("logins:", org.Logins())
	// Output:
	// alice@acme.com true Jones
	// POST /services/data/v66.0/sobjects/User/ 201
	// logins: 1
}

// The org creates the user, but its answer never arrives. The library looks the
// user up.
func ExampleOrg_Control() {
	org, p := exampleOrg()
	defer org.Close()

	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
	result, err := p.Create(context.Background(), sfprov.User{
		Username: "alice@acme.com",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"},
	})
	fmt.Println(result.Action, err)
	for _, r := range org.Requests() {
		fmt.Println(r.Method, r.Status)
	}
	// Output:
	// created <nil>
	// POST 0
	// GET 200
}

// The third login is throttled, the first two creates or logins are done although
// their answers are lost, and of all requests one in ten fails.
func ExampleOrg_SetFaultPlan() {
	org, p := exampleOrg()
	defer org.Close()

	org.SetFaultPlan(sfprovtest.FaultPlan{Seed: 42, Rules: []sfprovtest.FaultRule{
		{Path: "/oauth2/token", Nth: 3, Faults: []sfprovtest.Fault{sfprovtest.LoginThrottled()}},
		{Method: http.MethodPost, Times: 2, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer()}},
		{Probability: 0.1, Faults: []sfprovtest.Fault{sfprovtest.GatewayHTML(502), sfprovtest.ConnectionRefused()}},
	}})

	// ... let your code work, then look whether the org is as your code says.

	org.ClearControls()
	_, err := p.Find(context.Background(), sfprov.User{Username: "nobody@acme.com"})
	fmt.Println(errors.Is(err, sfprov.ErrNotFound))
	// Output: true
}

// A control of one's own sees each request and decides. This one refuses users
// of the sales department.
func ExampleOrg_KeepControl() {
	org, p := exampleOrg()
	defer org.Close()

	refusal := sfprovtest.Refuse(http.StatusBadRequest, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Sales hires in spring", "Department")
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if r.Method == http.MethodPatch && string(r.Body) == `{"Department":"Sales"}` {
			return &refusal
		}
		return nil
	})

	id := org.AddUser(nil)
	for _, department := range []string{"Board", "Sales"} {
		_, err := p.Update(context.Background(), id, sfprov.User{Fields: sfprov.Fields{"Department": department}})
		var refused *sfprov.APIError
		fmt.Println(department, errors.As(err, &refused) && refused.Message == "Sales hires in spring")
	}
	// Output:
	// Board false
	// Sales true
}

// Whoever is needed somewhere else in Salesforce can't be deactivated.
func ExampleOrg_BlockDeactivation() {
	org, p := exampleOrg()
	defer org.Close()

	id := org.AddUser(sfprov.Fields{"Username": "boss@acme.com"})
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	result, err := p.Deactivate(context.Background(), id)
	fmt.Println(result.Action, errors.Is(err, sfprov.ErrDeactivationBlocked))
	user, _ := org.User(id)
	fmt.Println(user.Active, user.Frozen)
	// Output:
	// frozen true
	// true true
}

// TestHireAndLeave and TestSessionExpires are the README's. They are tests, not
// Examples, because NewOrg and synctest need one.
func TestHireAndLeave(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t) // closed with the test
	p, err := sfprov.New(org.Config())
	require.NoError(t, err)

	result, err := p.Create(t.Context(), sfprov.User{
		Username: "alice@acme.com",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"},
	})
	require.NoError(t, err)

	_, err = p.Deactivate(t.Context(), result.ID)
	require.NoError(t, err)

	alice, found := org.UserByUsername("alice@acme.com")
	assert.True(t, found)
	assert.False(t, alice.Active)
	assert.Equal(t, 1, org.Logins())
}

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		p, err := sfprov.New(org.Config(), sfprov.WithHTTPClient(org.Client()))
		require.NoError(t, err)
		id := org.AddUser(nil)

		for _, title := range []string{"Clerk", "CFO"} {
			_, err = p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": title}})
			require.NoError(t, err)
			time.Sleep(2 * time.Hour) //nolint:forbidigo // virtual
		}
		assert.Equal(t, 2, org.Logins())
	})
}

// TestReadme checks that the README's tests are those above.
// ExampleOrg_Forbid takes rights from the integration user, to see what the code under
// test says.
func ExampleOrg_Forbid() {
	org, p := exampleOrg()
	defer org.Close()
	id := org.AddUser(nil)
	org.Forbid(sfprovtest.ManageUsers)                    // UserLogin is hidden, groups can't be changed
	org.SetFieldAccess("Title", sfprovtest.FieldReadOnly) // or FieldHidden

	_, err := p.Update(context.Background(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CFO"}})
	fmt.Println(errors.Is(err, sfprov.ErrInvalidField))
	_, err = p.Freeze(context.Background(), id)
	fmt.Println(errors.Is(err, sfprov.ErrPermission))
	// Output:
	// true
	// true
}

func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	tests := strings.NewReplacer("\tt.Parallel()\n", "", "//nolint:forbidigo // virtual", "// virtual").Replace(string(source))
	blocks := strings.Split(string(readme), "```go\n")[1:]
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		if !strings.HasPrefix(block, "func ") { // a statement
			block = strings.ReplaceAll("\t"+strings.TrimSuffix(block, "\n"), "\n", "\n\t")
		}
		if !strings.Contains(tests, block) {
			t.Errorf("not in example_test.go: %s", block)
		}
	}
	assert.Len(t, blocks, 5)
}

// exampleOrg is an org and a Provisioner that provisions into it.
func exampleOrg() (*sfprovtest.Org, *sfprov.Provisioner) {
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		log.Fatal(err)
	}
	p, err := sfprov.New(org.Config())
	if err != nil {
		log.Fatal(err)
	}
	return org, p
}

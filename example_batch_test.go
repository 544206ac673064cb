package sfprov_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/sfprov/sfprov"
)

// directory is what the identity service says of its users.
func directory(names ...string) []sfprov.User {
	var users []sfprov.User
	for _, name := range names {
		users = append(users, sfprov.User{
			Username: name, Fields: sfprov.Fields{"LastName": "Jones", "Email": name + "@acme.com", "FederationIdentifier": "E-" + name},
		})
	}
	return users
}

func ExampleProvisioner_EnsureAll() {
	p, org := example(func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	defer org.Close()

	users := directory("alice", "bob", "carol")
	users[1].Fields["Email"] = "no address"
	outcomes := slices.Collect(p.EnsureAll(context.Background(), slices.Values(users)))
	slices.SortFunc(outcomes, func(a, b sfprov.Outcome) int { return a.Index - b.Index }) // they come as they are done
	for _, o := range outcomes {
		if o.Err != nil {
			fmt.Println(o.User.Username, o.State)
			fmt.Println(o.Err)
			continue
		}
		fmt.Println(o.User.Username, o.State, o.Result.Action)
	}
	// Output:
	// alice done created
	// bob refused
	// sfprov: ensure "bob@acme.com": nothing was sent: Email is "no address", which is not an email address
	// carol done created
}

func ExampleProvisioner_Plan() {
	p, org := example(func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	defer org.Close()
	ctx := context.Background()
	for o := range p.EnsureAll(ctx, slices.Values(directory("alice", "bob"))) {
		if o.Err != nil {
			fmt.Println(o.Err)
		}
	}

	users := directory("alice") // bob has left
	users[0].Fields["Title"] = "CFO"
	desired := func(yield func(sfprov.User, error) bool) { // an error here would stop it all
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
	plan, err := p.Plan(ctx, desired, sfprov.Scope{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range plan.Steps { // or print the plan
		fmt.Println(step.Action, step.Username)
	}
	for o := range p.Apply(ctx, plan) {
		fmt.Println(o.State, o.Result.Action)
	}
	// Output:
	// updated alice@acme.com
	// deactivated bob@acme.com
	// done deactivated
	// done updated
}

func ExampleProvisioner_Users() {
	p, org := example(nil)
	defer org.Close()
	for _, name := range []string{"alice@acme.com", "bob@acme.com", "carol@elsewhere.example"} {
		org.AddUser(sfprov.Fields{"Username": name, "Department": "Sales"})
	}
	for account, err := range p.Users(context.Background(), sfprov.UserQuery{UsernameSuffix: "@acme.com", Fields: []string{"Department"}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(account.Username, account.Active, account.Fields["Department"])
	}
	// Output:
	// alice@acme.com true Sales
	// bob@acme.com true Sales
}

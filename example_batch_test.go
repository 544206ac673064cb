package sfprov_test

import (
	"context"
	"fmt"
	"iter"

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

// reading is the users as a program reads them, one by one. An error in place of a
// user would end the call, and nobody would be deactivated.
func reading(users []sfprov.User) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

func ExampleProvisioner_EnsureAll() {
	p, org := example(func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	defer org.Close()

	users := directory("alice", "bob", "carol")
	users[1].Fields["Email"] = "no address"
	summary, err := p.EnsureAll(context.Background(), reading(users), func(o sfprov.Outcome) error {
		switch step, _ := sfprov.NextStep(o.Err); step {
		case sfprov.StepDone:
			fmt.Println(o.User.Username, o.Result.Action)
		default:
			fmt.Println(o.User.Username, step)
			fmt.Println(o.Err)
		}
		return nil // an error would end the run
	})
	fmt.Println(summary.Done, "of", summary.Users, "done;", err != nil)
	// Unordered output:
	// bob user
	// sfprov: ensure "bob@acme.com": nothing was sent: Email is "no address", which is not an email address
	// alice created
	// carol created
	// 2 of 3 done; true
}

func ExampleProvisioner_Plan() {
	p, org := example(func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	defer org.Close()
	ctx := context.Background()
	if _, err := p.EnsureAll(ctx, reading(directory("alice", "bob")), nil); err != nil {
		fmt.Println(err)
	}

	users := directory("alice") // bob has left
	users[0].Fields["Title"] = "CFO"
	plan, err := p.Plan(ctx, reading(users), sfprov.Scope{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range plan.Steps { // or print the plan
		fmt.Println(step.Action, step.Username)
	}
	summary, err := p.Apply(ctx, plan, func(o sfprov.Outcome) error {
		fmt.Println(o.State, o.Result.Action)
		return nil
	})
	fmt.Println(summary.Changed, "changed;", err)
	// Output:
	// updated alice@acme.com
	// deactivated bob@acme.com
	// done deactivated
	// done updated
	// 2 changed; <nil>
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

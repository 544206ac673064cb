// Sync brings Salesforce to what a directory says: it makes a plan, shows it, applies it,
// and reports. The org is one in memory. For files and a real org there is a command:
// sfprov plan, and sfprov apply.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"iter"
	"os"
	"os/signal"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

//go:embed mapping.json
var rules []byte

// person is a user of the directory: a login name, and claims.
type person struct {
	login  string
	claims map[string][]string
}

// directory is who shall have an account. Its claims are those of OpenID Connect.
var directory = []person{ //nolint:gochecknoglobals // stands for a real one
	{"alice", map[string][]string{"sub": {"E-1"}, "given_name": {"Alice"}, "family_name": {"Jones"}, "email": {"alice@acme.com"}, "title": {"CFO"}, "sets": {"Deal Desk", "Quotes"}}},
	{"bob", map[string][]string{"sub": {"E-2"}, "given_name": {"Bob"}, "family_name": {"Smith"}, "email": {"bob@acme.com"}, "title": {"Clerk"}, "sets": {"Quotes"}}},
	{"carol", map[string][]string{"sub": {"E-3"}, "given_name": {"Carol"}, "family_name": {"Baker"}, "email": {"carol@acme.com"}}},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	mapping, err := sfprov.ParseMapping(rules)
	if err != nil {
		return err
	}
	org, err := sfprovtest.NewStandaloneOrg() //nolint:contextcheck // ctx only says when to stop
	if err != nil {
		return err
	}
	defer org.Close()
	seed(org)
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "acme.com", "FederationIdentifier"
	p, err := sfprov.New(cfg)
	if err != nil {
		return err
	}

	plan, err := p.Plan(ctx, users(mapping), sfprov.Scope{}) // who is not in the directory is deactivated, within bounds
	if err != nil {
		return err
	}
	fmt.Print(plan)
	summary, err := p.Apply(ctx, plan, func(o sfprov.Outcome) error {
		if o.State == sfprov.OutcomeDone {
			fmt.Printf("%s: %s\n", plan.Steps[o.Index].Username, o.Result.Action)
			return nil
		}
		next, _ := sfprov.NextStep(o.Err) // what a program does about it
		fmt.Printf("%s: %s, next step %q: %v\n", plan.Steps[o.Index].Username, o.State, next, o.Err)
		return nil // an error here would end the run
	})
	fmt.Printf("%d of %d done, by %d API calls\n", summary.Done, len(plan.Steps), summary.APICalls)
	return err
}

// users are the directory's users, as the mapping makes them of the claims. An error ends
// the stream: half a directory is none.
func users(mapping sfprov.Mapping) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		for _, p := range directory {
			u, err := mapping.User(p.login, p.claims)
			if !yield(u, err) || err != nil {
				return
			}
		}
	}
}

// seed makes the org's users: one who is not as the directory says, one who has left it and
// comes back, and one who is gone.
func seed(org *sfprovtest.Org) {
	org.AddPermissionSet("Deal Desk", "")
	org.AddPermissionSet("Quotes", "")
	org.AddUser(sfprov.Fields{"Username": "bob@acme.com", "Email": "bob@acme.com", "FirstName": "Bob", "LastName": "Smith", "Title": "Trainee", "FederationIdentifier": "E-2"})
	org.AddUser(sfprov.Fields{"Username": "carol@acme.com", "Email": "carol@acme.com", "FirstName": "Carol", "LastName": "Baker", "IsActive": false, "FederationIdentifier": "E-3"})
	org.AddUser(sfprov.Fields{"Username": "frank@acme.com", "Email": "frank@acme.com", "LastName": "Gone", "FederationIdentifier": "E-6"})
}

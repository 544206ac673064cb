// Lifecycle takes a user from hire to rehire in an in-memory Salesforce org, and
// shows what each step did and how many API calls it cost.
//
//	go run ./examples/lifecycle
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx := context.Background()
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		return err
	}
	defer org.Close()
	for _, role := range []string{"Sales Rep", "VP Sales"} {
		org.AddRole(role, "")
	}
	for _, set := range []string{"Quotes", "Deal Desk"} {
		org.AddPermissionSet(set, "")
	}
	cfg := org.Config()
	cfg.ProvisioningDomain = "acme.com"
	cfg.MatchField = "FederationIdentifier"
	p, err := sfprov.New(cfg)
	if err != nil {
		return err
	}

	alice := sfprov.User{
		Username: "alice",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-4711"},
		Access:   sfprov.Access{Role: "Sales Rep", PermissionSets: []string{"Quotes"}},
	}
	id := "" // the identity service keeps it with the user
	for _, step := range []struct {
		name string
		do   func() (sfprov.Result, error)
	}{
		{"hire", func() (sfprov.Result, error) { return p.Create(ctx, alice) }},
		{"promotion", func() (sfprov.Result, error) {
			return p.Update(ctx, id, sfprov.User{Access: sfprov.Access{Role: "VP Sales", PermissionSets: []string{"Deal Desk"}, Exact: true}})
		}},
		{"new name", func() (sfprov.Result, error) {
			return p.Update(ctx, id, sfprov.User{Username: "alice.smith", Fields: sfprov.Fields{"LastName": "Smith"}})
		}},
		{"leave of absence", func() (sfprov.Result, error) { return p.Freeze(ctx, id) }},
		{"back again", func() (sfprov.Result, error) { return p.Unfreeze(ctx, id) }},
		{"leaves", func() (sfprov.Result, error) { return p.Deactivate(ctx, id) }},
		{"rehired", func() (sfprov.Result, error) { return p.Create(ctx, alice) }},
	} {
		org.ResetRequests()
		result, err := step.do()
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		id = result.ID
		user, _ := org.User(id)
		access := org.Access(id)
		fmt.Printf("%-17s %-11s %2d API calls: %s %s, active %v, frozen %v, %s %v\n",
			step.name, result.Action, len(org.Requests()), user.Username, user.Fields["LastName"], user.Active, user.Frozen, access.Role, access.PermissionSets)
	}
	return nil
}

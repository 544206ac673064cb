package sfprov_test

import (
	"context"
	"fmt"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// Whoever counts, counts by names from closed sets: operations, actions, and reasons.
func ExampleWithTrace() {
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer org.Close()
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "acme.com", "FederationIdentifier"
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()), sfprov.WithTrace(&sfprov.Trace{
		UserEnd: func(_ context.Context, u sfprov.UserEndInfo) {
			fmt.Printf("%s %s %q %q\n", u.Operation, u.State, u.Result.Action, sfprov.Reason(u.Err))
		},
		Freeze: func(context.Context, sfprov.UserEndInfo) { fmt.Println("somebody is frozen") },
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	alice := sfprov.User{Username: "alice", Fields: sfprov.Fields{
		"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-1",
	}}
	result, _ := p.Ensure(context.Background(), alice)
	_, _ = p.Ensure(context.Background(), sfprov.User{Username: "no name", Fields: sfprov.Fields{"FederationIdentifier": "E-2"}})
	org.BlockDeactivation(result.ID, sfprovtest.Refusal{})
	_, _ = p.Deactivate(context.Background(), result.ID)
	// Output:
	// ensure done "created" ""
	// ensure refused "" "invalid_input"
	// somebody is frozen
	// deactivate refused "frozen" "deactivation_blocked"
}

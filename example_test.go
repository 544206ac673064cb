package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// example is an org in memory and a Provisioner for it.
func example(change func(*sfprov.Config)) (*sfprov.Provisioner, *sfprovtest.Org) {
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		log.Fatal(err)
	}
	cfg := org.Config()
	cfg.ProvisioningDomain = "acme.com"
	if change != nil {
		change(&cfg)
	}
	p, err := sfprov.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	return p, org
}

func ExampleNew() {
	_, err := sfprov.New(sfprov.Config{
		Domain:       "http://acme.my.salesforce.com",
		ClientID:     "3MVG9...",
		ClientSecret: sfprov.Secret(os.Getenv("NO_SUCH_VARIABLE")),
		Pattern:      "{UN,XX}",
	})
	fmt.Println(err)
	// Output:
	// sfprov: config: Domain is plain http; secrets and tokens are sent over https only (http is accepted for loopback)
	// sfprov: config: ClientSecret is missing; it is the consumer secret, beside the consumer key
	// sfprov: config: Pattern "{UN,XX}": unknown token "XX"; the tokens are UD (user store domain), UN (username), TD (tenant domain) and IDP (identity provider), in upper case, with commas between them
}

func ExampleProvisioner_Create() {
	p, org := example(nil)
	defer org.Close()

	result, err := p.Create(context.Background(), sfprov.User{
		Username: "alice",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"},
	})
	fmt.Println(result.Action, result.Username, err)

	_, err = p.Create(context.Background(), sfprov.User{
		Username: "Alice",
		Fields:   sfprov.Fields{"LastName": "Other", "Email": "other@acme.com"},
	})
	var apiErr *sfprov.APIError
	fmt.Println(errors.Is(err, sfprov.ErrDuplicateUsername), errors.As(err, &apiErr) && apiErr.Existing == result.ID)
	// Output:
	// created alice@acme.com <nil>
	// true true
}

func ExampleProvisioner_Create_adoption() {
	p, org := example(func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	defer org.Close()
	org.AddUser(sfprov.Fields{"Username": "ajones@old.example", "FederationIdentifier": "E-4711", "IsActive": false})

	result, err := p.Create(context.Background(), sfprov.User{
		Username: "alice",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-4711"},
	})
	fmt.Println(result.Action, result.Username, err)
	fmt.Println(len(org.Users()), org.Users()[0].Active)
	// Output:
	// adopted alice@acme.com <nil>
	// 1 true
}

func ExampleProvisioner_Update() {
	p, org := example(nil)
	defer org.Close()
	id := org.AddUser(sfprov.Fields{"Title": "Clerk", "Department": "Sales"})

	result, err := p.Update(context.Background(), id, sfprov.User{
		Fields: sfprov.Fields{"Title": "CFO", "Department": nil}, // nil clears the field
	})
	fmt.Println(result.Action, err)
	user, _ := org.User(id)
	fmt.Println(user.Fields["Title"], user.Fields["Department"])
	// Output:
	// updated <nil>
	// CFO <nil>
}

func ExampleProvisioner_Deactivate() {
	p, org := example(nil)
	defer org.Close()
	alice, boss := org.AddUser(nil), org.AddUser(nil)
	org.BlockDeactivation(boss, sfprovtest.Refusal{})

	result, err := p.Deactivate(context.Background(), alice)
	fmt.Println(result.Action, err)

	result, err = p.Deactivate(context.Background(), boss)
	fmt.Println(result.Action, errors.Is(err, sfprov.ErrDeactivationBlocked))
	// Output:
	// deactivated <nil>
	// frozen true
}

func ExampleProvisioner_Find() {
	p, org := example(nil)
	defer org.Close()
	org.AddUser(sfprov.Fields{"Username": "alice@acme.com", "Title": "CFO"})

	account, err := p.Find(context.Background(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"Title": nil}})
	fmt.Println(account.Username, account.Active, account.Frozen, account.Fields["Title"], err)

	_, err = p.Find(context.Background(), sfprov.User{Username: "bob"})
	fmt.Println(errors.Is(err, sfprov.ErrNotFound))
	// Output:
	// alice@acme.com true false CFO <nil>
	// true
}

func ExampleProvisioner_Username() {
	p, org := example(func(c *sfprov.Config) {
		c.Pattern, c.Separator, c.IdentityProvider = "{UD,UN,TD,IDP}", "-", "salesforce"
	})
	defer org.Close()

	name, err := p.Username(sfprov.User{Username: "SECONDARY/alice@example.com", TenantDomain: "tenant.org"})
	fmt.Println(name, err)

	_, err = p.Username(sfprov.User{Username: "bob smith"})
	fmt.Println(err)
	// Output:
	// secondary-alice.example.com-tenant.org-salesforce@acme.com <nil>
	// sfprov: username of "bob smith": nothing was sent: Username is "bob smith", which holds white space; Salesforce usernames can't
}

func ExampleProvisioner_APIUsage() {
	p, org := example(nil)
	defer org.Close()
	org.SetAPIUsage(1200, 100000)

	if _, err := p.Deactivate(context.Background(), org.AddUser(nil)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.APIUsage().Used, "of", p.APIUsage().Limit)
	// Output: 1201 of 100000
}

func ExampleExplain() {
	p, org := example(func(c *sfprov.Config) { c.ClientSecret = "copied wrongly" })
	defer org.Close()

	_, err := p.Find(context.Background(), sfprov.User{Username: "alice"})
	fmt.Println(errors.Is(err, sfprov.ErrAuth), sfprov.Retryable(err))
	fmt.Println(sfprov.Explain(err))
	// Output:
	// true false
	// The consumer secret is wrong. Copy ClientSecret anew (Setup, External Client App Manager, OAuth settings, Consumer Key and Secret); a new secret takes some minutes to work
}

func ExampleParsePattern() {
	pattern, err := sfprov.ParsePattern("{UN,TD}")
	fmt.Println(pattern, err)
	fmt.Println(pattern.UserID(sfprov.Identity{Username: "Alice", TenantDomain: "tenant.org"}, "_", "acme.com"))
	// Output:
	// {UN,TD} <nil>
	// alice_tenant.org@acme.com
}

func ExampleConfigFromProperties() {
	cfg, err := sfprov.ConfigFromProperties(map[string]string{
		"sf-domain-name": "https://acme.my.salesforce.com", "sf-clientid": "3MVG9...", "sf-client-secret": "12345",
		"sf-prov-pattern": "{UN}", "sf-prov-domainName": "acme.com",
	})
	fmt.Println(cfg.Domain, cfg.ClientSecret, err)
	// Output: https://acme.my.salesforce.com [REDACTED] <nil>
}

func ExampleProvisioner_Freeze() {
	p, org := example(nil)
	defer org.Close()
	id := org.AddUser(nil)

	leave, err := p.Freeze(context.Background(), id) // a leave of absence
	fmt.Println(leave.Action, err)
	back, err := p.Unfreeze(context.Background(), id)
	fmt.Println(back.Action, err)
	// Output:
	// frozen <nil>
	// unfrozen <nil>
}

func ExampleProvisioner_Reactivate() {
	p, org := example(nil)
	defer org.Close()
	id := org.AddUser(sfprov.Fields{"IsActive": false})

	result, err := p.Reactivate(context.Background(), id)
	fmt.Println(result.Action, err)
	// Output: reactivated <nil>
}

func ExampleProvisioner_SetPassword() {
	p, org := example(nil)
	defer org.Close()

	// The password is the last step: if it is refused, the user exists all the same.
	result, err := p.Create(context.Background(), sfprov.User{
		Username: "alice",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"},
		Password: "short",
	})
	fmt.Println(result.Action, errors.Is(err, sfprov.ErrInvalidField))

	result, err = p.SetPassword(context.Background(), result.ID, "long enough, with 1 digit")
	fmt.Println(result.Action, err)
	// Output:
	// created true
	// updated <nil>
}

func ExampleProvisioner_ResetPassword() {
	p, org := example(nil)
	defer org.Close()
	id := org.AddUser(nil)

	result, err := p.ResetPassword(context.Background(), id)
	fmt.Println(result.Action, err, org.PasswordMails(id))
	// Output: updated <nil> 1
}

func ExampleAccess() {
	p, org := example(nil)
	defer org.Close()
	org.AddRole("VP Sales", "")
	org.AddPermissionSet("Deal Desk", "")
	org.AddQueue("Returns")
	id := org.AddUser(nil)

	result, err := p.Update(context.Background(), id, sfprov.User{Access: sfprov.Access{
		Role: "VP Sales", PermissionSets: []string{"Deal Desk"}, Queues: []string{"Returns"},
	}})
	fmt.Println(result.Action, err)
	fmt.Println(org.Access(id))

	_, err = p.Update(context.Background(), id, sfprov.User{Access: sfprov.Access{PermissionSets: []string{"Deal Desc"}}})
	fmt.Println(err)
	// Output:
	// updated <nil>
	// {VP Sales [Deal Desk] [] [] [] [Returns]}
	// sfprov: update 0055g000000000DAAQ: nothing was sent: Access.PermissionSets is "Deal Desc", which this org does not have; did you mean "Deal Desk"?
}

func ExampleProvisioner_Ensure() {
	p, org := example(func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	defer org.Close()

	alice := sfprov.User{
		Username: "alice",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-4711", "Title": "CFO"},
	}
	for _, title := range []string{"CFO", "CFO", "CEO"} {
		alice.Fields["Title"] = title
		result, err := p.Ensure(context.Background(), alice)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(result.Action)
		if result.Action == sfprov.Updated {
			for _, c := range result.Changes {
				fmt.Printf(", %s: %v to %v", c.Field, c.Before, c.After)
			}
		}
		fmt.Println()
	}
	// Output:
	// created
	// unchanged
	// updated, Title: CFO to CEO
}

func ExampleProvisioner_Provision() {
	p, org := example(nil)
	defer org.Close()

	id := "" // as it is stored with the user
	user := sfprov.User{Username: "alice", Fields: sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"}}
	for _, op := range []sfprov.Op{sfprov.OpDelete, sfprov.OpUpdate, sfprov.OpUpdate, sfprov.OpDelete} {
		result, err := p.Provision(context.Background(), sfprov.Request{Op: op, ID: id, User: user})
		if err != nil {
			fmt.Println(err)
			return
		}
		id = result.ID
		fmt.Println(op, result.Action)
	}
	// Output:
	// delete unchanged
	// update created
	// update unchanged
	// delete deactivated
}

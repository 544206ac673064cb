// Claims turns the claims of an identity service into Salesforce users by the
// rules of mapping.json, and provisions them into an in-memory Salesforce org. Then
// it does the same with a user of a SCIM client by scim.json, and by
// java-connector.json, which has the fields that the guide of the Java Salesforce
// connector maps.
//
//	go run ./examples/claims
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

//go:embed mapping.json
var mappingJSON []byte

//go:embed scim.json
var scimJSON []byte

//go:embed java-connector.json
var javaConnectorJSON []byte

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx := context.Background()
	mapping, err := sfprov.ParseMapping(mappingJSON)
	if err != nil {
		return err // all that is wrong with the rules
	}
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		return err
	}
	defer org.Close()
	org.AddPermissionSet("Deal Desk", "")
	org.AddGroup("EMEA")

	cfg := org.Config()
	cfg.ProvisioningDomain = "acme.com"
	cfg.MatchField = "FederationIdentifier"
	cfg.Defaults = nil // the mapping has them
	p, err := sfprov.New(cfg)
	if err != nil {
		return err
	}

	// Hired: all claims that the identity service has.
	user, err := mapping.User("alice", map[string][]string{
		"sub": {"E-4711"}, "preferred_username": {"alice.jones"}, "given_name": {"Alice"}, "family_name": {"Jones"}, "email": {"alice@acme.com"},
		"title": {"Clerk"}, "locale": {"en-GB"}, "salesforce_sets": {"Deal Desk"}, "groups": {"EMEA"},
	})
	if err != nil {
		return err // all that is wrong with the claims
	}
	result, err := p.Create(ctx, user)
	if err != nil {
		return err
	}
	show(org, "hired: "+string(result.Action), result.ID)

	// Changed: the claims that have changed. One without a value was removed.
	change, err := mapping.Change("alice", map[string][]string{"title": {"CFO"}, "given_name": {}, "department": {"Board"}})
	if err != nil {
		return err
	}
	changed, err := p.Update(ctx, result.ID, change)
	if err != nil {
		return err
	}
	show(org, "changed: "+string(changed.Action), result.ID)

	// Claims that can't be right are told all at once, before anything is sent.
	_, err = mapping.User("bob", map[string][]string{"family_name": {"Smith"}})
	fmt.Println("bob:", err)
	if err := replaceBySCIM(ctx, p, org); err != nil {
		return err
	}
	return likeTheJavaConnector(ctx, p, org)
}

// replaceBySCIM takes a user as a SCIM client creates it, and then replaces it by one
// without a title and without a group.
func replaceBySCIM(ctx context.Context, p *sfprov.Provisioner, org *sfprovtest.Org) error {
	mapping, err := sfprov.ParseMapping(scimJSON)
	if err != nil {
		return err
	}
	for _, body := range []string{
		`{"userName": "dave", "externalId": "E-4712", "active": "True", "name": {"familyName": "Diaz", "givenName": "Dave"},
			"emails": [{"value": "dave@acme.com", "type": "work", "primary": true}], "title": "Clerk",
			"roles": [{"value": "staff"}], "groups": [{"value": "g-1", "display": "Sales EMEA"}, {"value": "g-2", "display": "Everyone"}],
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}`,
		`{"userName": "dave", "externalId": "E-4712", "active": "True", "name": {"familyName": "Diaz", "givenName": "Dave"},
			"emails": [{"value": "dave@acme.com", "type": "work", "primary": true}], "roles": [{"value": "staff"}]}`,
	} {
		claims, err := sfprov.ParseSCIMUser([]byte(body))
		if err != nil {
			return err
		}
		user, err := mapping.User("dave", claims)
		if err != nil {
			return err
		}
		result, err := p.Ensure(ctx, user)
		if err != nil {
			return err
		}
		show(org, "by SCIM: "+string(result.Action), result.ID)
	}
	return nil
}

// likeTheJavaConnector provisions by the fields of the Java connector's guide. The
// profile is a record ID there, of this very org.
func likeTheJavaConnector(ctx context.Context, p *sfprov.Provisioner, org *sfprovtest.Org) error {
	mapping, err := sfprov.ParseMapping(javaConnectorJSON)
	if err != nil {
		return err
	}
	const claim = "http://wso2.org/claims/"
	user, err := mapping.User("PRIMARY/carol", map[string][]string{
		claim + "username": {"carol"}, claim + "lastname": {"Baker"}, claim + "emailaddress": {"carol@acme.com"},
		claim + "role": {org.ProfileID("Standard User")},
	})
	if err != nil {
		return err
	}
	result, err := p.Create(ctx, user)
	if err != nil {
		return err
	}
	show(org, "by the Java connector's fields: "+string(result.Action), result.ID)
	return nil
}

func show(org *sfprovtest.Org, what, id string) {
	user, _ := org.User(id)
	fmt.Println(what, user.Username)
	for _, field := range []string{"FirstName", "LastName", "Alias", "Title", "Department", "LocaleSidKey", "TimeZoneSidKey"} {
		fmt.Printf("  %-16s %v\n", field, user.Fields[field])
	}
	access := org.Access(id)
	fmt.Println("  permission sets ", access.PermissionSets, "groups", access.PublicGroups)
}

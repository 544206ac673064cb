package sfprov_test

import (
	"fmt"

	"github.com/sfprov/sfprov"
)

// The department decides the profile, groups become permission sets, and what the
// claims no longer name is taken away.
func ExampleMapping() {
	mapping, err := sfprov.ParseMapping([]byte(`{"rules": [
		{"to": "LastName", "claim": "family_name", "required": true},
		{"to": "TimeZoneSidKey", "default": "Europe/Paris"},
		{"to": "access.profile", "claim": "department", "values": {"Sales": "Sales User", "IT": "System Administrator"}, "otherwise": "Standard User"},
		{"to": "access.permissionSets", "claim": "groups", "values": {"sales-emea": ["Deal Desk", "EMEA Prices"]}, "otherwise": []},
		{"to": "access.exact", "value": true}
	]}`))
	if err != nil {
		fmt.Println(err) // all that is wrong with the rules
		return
	}
	user, err := mapping.User("alice", map[string][]string{
		"family_name": {"Jones"}, "department": {"Sales"}, "groups": {"everyone", "sales-emea"},
	})
	if err != nil {
		fmt.Println(err) // all that is wrong with the claims
		return
	}
	fmt.Println(user.Fields, user.Defaults)
	fmt.Println(user.Access.Profile, user.Access.PermissionSets, user.Access.Exact)
	// Output:
	// map[LastName:Jones] map[TimeZoneSidKey:Europe/Paris]
	// Sales User [Deal Desk EMEA Prices] true
}

// A PUT of a SCIM client replaces the user: the title that it leaves out is cleared.
func ExampleParseSCIMUser() {
	claims, err := sfprov.ParseSCIMUser([]byte(`{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"userName": "alice", "externalId": "E-4711", "active": "True",
		"name": {"familyName": "Jones", "givenName": "Alice"},
		"emails": [{"value": "alice@home.example", "type": "home"}, {"value": "alice@acme.com", "type": "work", "primary": true}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(claims["emails"], claims[`emails[type eq "home"].value`])

	mapping := sfprov.StandardMapping()
	mapping.Rules = append(mapping.Rules, sfprov.Rule{To: "Title", Claim: "title", ClearAbsent: true})
	user, err := mapping.User(claims["userName"][0], claims)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, field := range []string{"FederationIdentifier", "LastName", "Email", "Department", "IsActive", "Title"} {
		fmt.Println(field, user.Fields[field])
	}
	// Output:
	// [alice@acme.com alice@home.example] [alice@home.example]
	// FederationIdentifier E-4711
	// LastName Jones
	// Email alice@acme.com
	// Department Sales
	// IsActive true
	// Title <nil>
}

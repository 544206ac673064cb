// Testing shows how to test your own provisioning hook without a Salesforce org:
// hook.go is the code under test, hook_test.go its tests, with sfprovtest, an
// org in memory, and with httpmock, for single answers.
//
//	go test ./examples/testing
//	go run ./examples/testing
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func main() {
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		log.Fatal(err)
	}
	defer org.Close()
	p, err := sfprov.New(org.Config())
	if err != nil {
		log.Fatal(err) //nolint:gocritic // the org ends with the process
	}
	hook := &Hook{Provisioner: p, IDs: map[string]string{}}
	for _, e := range []Event{{Name: "alice@testing.example", LastName: "Jones"}, {Name: "alice@testing.example", Left: true}} {
		if err := hook.Handle(context.Background(), e); err != nil {
			log.Fatal(err)
		}
	}
	for _, user := range org.Users() {
		fmt.Println(user.Username, "active:", user.Active)
	}
}

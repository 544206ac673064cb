// Quickstart provisions a user, step by step, and shows what goes over the wire.
//
//	go run ./examples/quickstart
//
// It uses an in-memory Salesforce org, so it needs no account, or a real org if
// these variables are set:
//
//	SALESFORCE_DOMAIN         https://acme.my.salesforce.com
//	SALESFORCE_CLIENT_ID      consumer key
//	SALESFORCE_CLIENT_SECRET  consumer secret
//	SALESFORCE_PROFILE_ID     ID of the profile that the user gets, 00e...
//
// In a real org it leaves a deactivated user behind: users can't be deleted.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	cfg, transport, done, err := org()
	if err != nil {
		return err
	}
	defer done()
	cfg.ProvisioningDomain = "quickstart.example"
	client := &http.Client{Transport: &wire{base: transport}}

	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(client))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	step("1. Alice was added: create her.")
	alice := sfprov.User{
		// Usernames are unique across all orgs of the world, hence the number.
		Username: "alice" + strconv.FormatInt(time.Now().Unix(), 36),
		Fields:   sfprov.Fields{"FirstName": "Alice", "LastName": "Jones", "Email": "alice@quickstart.example"},
	}
	created, err := p.Create(ctx, alice)
	if err != nil {
		return err
	}
	result(created)

	step("2. Her claims changed: update what changed. A nil clears a field.")
	updated, err := p.Update(ctx, created.ID, sfprov.User{Fields: sfprov.Fields{"Title": "Engineer", "Department": nil}})
	if err != nil {
		return err
	}
	result(updated)

	step("3. Somebody else asks for the same username: nobody's account is taken over.")
	_, err = p.Create(ctx, sfprov.User{
		Username: alice.Username,
		Fields:   sfprov.Fields{"LastName": "Impostor", "Email": "impostor@quickstart.example"},
	})
	if !errors.Is(err, sfprov.ErrDuplicateUsername) {
		return fmt.Errorf("expected a taken username, got: %w", err)
	}
	failure(err)

	step("4. A user without a last name: refused before anything is sent.")
	_, err = p.Create(ctx, sfprov.User{Username: "bob smith", Fields: sfprov.Fields{"Email": "bob"}})
	if _, ok := errors.AsType[*sfprov.ValidationError](err); !ok {
		return fmt.Errorf("expected a user that can't be sent, got: %w", err)
	}
	failure(err)

	step("5. Alice has left: deactivate her.")
	deactivated, err := p.Deactivate(ctx, created.ID)
	if err != nil {
		return err
	}
	result(deactivated)

	step("6. A wrong client secret: the login is refused, and the error says what to do.")
	cfg.ClientSecret = "wrong"
	wrong, err := sfprov.New(cfg, sfprov.WithHTTPClient(client))
	if err != nil {
		return err
	}
	_, err = wrong.Create(ctx, alice)
	if !errors.Is(err, sfprov.ErrAuth) {
		return fmt.Errorf("expected a refused login, got: %w", err)
	}
	failure(err)
	return nil
}

// org is the Salesforce org to use: the real one that the environment names, or
// one in memory.
func org() (cfg sfprov.Config, transport http.RoundTripper, done func(), err error) {
	if domain := os.Getenv("SALESFORCE_DOMAIN"); domain != "" {
		for _, name := range []string{"SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "SALESFORCE_PROFILE_ID"} {
			if os.Getenv(name) == "" {
				err = errors.Join(err, fmt.Errorf("%s is not set; SALESFORCE_DOMAIN is, and needs it", name))
			}
		}
		if err != nil {
			return sfprov.Config{}, nil, nil, err
		}
		fmt.Printf("Using the org at %s.\n", domain)
		return sfprov.Config{
			Domain:       domain,
			ClientID:     os.Getenv("SALESFORCE_CLIENT_ID"),
			ClientSecret: sfprov.Secret(os.Getenv("SALESFORCE_CLIENT_SECRET")),
			Defaults: sfprov.Fields{
				"ProfileId": os.Getenv("SALESFORCE_PROFILE_ID"), "TimeZoneSidKey": "America/Los_Angeles",
				"LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
			},
		}, &http.Transport{Proxy: http.ProxyFromEnvironment}, func() {}, nil
	}
	fmt.Println("Using an in-memory org. Set SALESFORCE_DOMAIN and its companions to use a real one.")
	embedded, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		return sfprov.Config{}, nil, nil, err
	}
	return embedded.Config(), embedded.Client().Transport, embedded.Close, nil
}

func step(title string) { fmt.Printf("\n%s\n", title) }

func result(r sfprov.Result) {
	fmt.Printf("  Result: %s %s %s\n", r.Action, r.ID, r.Username)
}

func failure(err error) {
	step, wait := sfprov.NextStep(err)
	fmt.Printf("  Error:     %v\n  Next step: %s, in %v\n", err, step, wait)
}

package main

import (
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// target is the org to bring in step.
type target struct {
	p        *sfprov.Provisioner
	inMemory bool
	close    func()
}

// connect takes the real org that the environment names, or one in memory.
func connect(domain string, out io.Writer) (target, error) {
	if host := os.Getenv("SALESFORCE_DOMAIN"); host != "" {
		for _, name := range []string{"SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "SALESFORCE_PROFILE_ID"} {
			if os.Getenv(name) == "" {
				return target{}, fmt.Errorf("%s is not set; SALESFORCE_DOMAIN is, and needs it", name)
			}
		}
		p, err := sfprov.New(sfprov.Config{
			Domain:             host,
			ClientID:           os.Getenv("SALESFORCE_CLIENT_ID"),
			ClientSecret:       sfprov.Secret(os.Getenv("SALESFORCE_CLIENT_SECRET")),
			ProvisioningDomain: domain,
			MatchField:         "FederationIdentifier",
			Defaults: sfprov.Fields{
				"ProfileId": os.Getenv("SALESFORCE_PROFILE_ID"), "TimeZoneSidKey": "America/Los_Angeles",
				"LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
			},
		}, sfprov.WithRetry(sfprov.BackgroundRetry()))
		return target{p: p, close: func() {}}, err
	}
	_, _ = fmt.Fprintln(out, "An org in memory; set SALESFORCE_DOMAIN and its companions to use a real one.")
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		return target{}, err
	}
	seed(org, domain)
	cfg := org.Config()
	cfg.ProvisioningDomain = domain
	cfg.MatchField = "FederationIdentifier"
	p, err := sfprov.New(cfg)
	if err != nil {
		org.Close()
		return target{}, err
	}
	return target{p: p, inMemory: true, close: org.Close}, nil
}

// seed makes the org's users: some as the sample says, some not.
func seed(org *sfprovtest.Org, domain string) {
	org.AddPermissionSet("Deal Desk", "")
	quotes := org.AddPermissionSet("Quotes", "")
	user := func(name, number string, fields sfprov.Fields) string {
		all := sfprov.Fields{"Username": name + "@" + domain, "Email": name + "@" + domain, "FederationIdentifier": number}
		maps.Copy(all, fields)
		return org.AddUser(all)
	}
	org.Grant(user("bob", "E-2", sfprov.Fields{"FirstName": "Bob", "LastName": "Smith", "Title": "Trainee"}), quotes)
	user("carol", "E-3", sfprov.Fields{"FirstName": "Carol", "LastName": "Baker", "IsActive": false})
	user("dave", "E-4", sfprov.Fields{"FirstName": "Dave", "LastName": "Miller", "Title": "Driver"})
	user("frank", "E-6", sfprov.Fields{"LastName": "Gone"})
}

package sfprovotel_test

import (
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// A program gives the SDK a reader that exports, such as that of Prometheus or OTLP. This one
// reads once, at the end.
func Example() {
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer org.Close()
	reader := sdkmetric.NewManualReader()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	trace, err := sfprovotel.New(sfprovotel.WithMeterProvider(meters), sfprovotel.WithOrg("production"))
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "acme.com", "FederationIdentifier"
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()), sfprov.WithTrace(trace))
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	alice, _ := p.Ensure(ctx, sfprov.User{Username: "alice", Fields: sfprov.Fields{
		"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-1",
	}})
	_, _ = p.Ensure(ctx, sfprov.User{Username: "bob", Fields: sfprov.Fields{"FederationIdentifier": "E-2"}}) // has no last name
	org.BlockDeactivation(alice.ID, sfprovtest.Refusal{})
	_, _ = p.Deactivate(ctx, alice.ID)

	var all metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &all); err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range lines(all, "sfprov.operation.duration", "sfprov.outcomes", "sfprov.freezes", "sfprov.login.duration") {
		fmt.Println(line)
	}
	// Output:
	// sfprov.freezes 1 sfprov.operation=deactivate,sfprov.org=production
	// sfprov.login.duration 1 sfprov.grant_type=client_credentials,sfprov.org=production
	// sfprov.operation.duration 1 error.type=deactivation_blocked,sfprov.action=frozen,sfprov.operation=deactivate,sfprov.org=production
	// sfprov.operation.duration 1 error.type=invalid_input,sfprov.operation=ensure,sfprov.org=production
	// sfprov.operation.duration 1 sfprov.action=created,sfprov.operation=ensure,sfprov.org=production
	// sfprov.outcomes 1 error.type=deactivation_blocked,sfprov.org=production,sfprov.outcome=refused
	// sfprov.outcomes 1 error.type=invalid_input,sfprov.org=production,sfprov.outcome=refused
	// sfprov.outcomes 1 sfprov.org=production,sfprov.outcome=done
}

// lines are the counts of some metrics, with their attributes.
func lines(all metricdata.ResourceMetrics, names ...string) (lines []string) {
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if !slices.Contains(names, m.Name) {
				continue
			}
			for _, p := range pointsOf(m) {
				lines = append(lines, fmt.Sprint(m.Name, " ", p.count, " ", p.attrs.Encoded(attribute.DefaultEncoder())))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

package sfprovotel_test

import (
	"context"
	"fmt"
	"slices"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The counters of a run with a fault, as a reader sees them; elsewhere an exporter reads.
func Example() {
	ctx := context.Background()
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer org.Close()
	reader := sdkmetric.NewManualReader()
	trace, err := sfprovotel.NewTrace(sfprovotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
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

	org.Control(sfprovtest.On("POST", "/sobjects/User", sfprovtest.LockedRow()))
	alice := sfprov.User{Username: "alice", Fields: sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-1"}}
	_, _ = p.Ensure(ctx, alice)
	alice.Fields["Email"] = "no address"
	_, _ = p.Ensure(ctx, alice)

	var all metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &all); err != nil {
		fmt.Println(err)
		return
	}
	var lines []string
	for _, m := range all.ScopeMetrics[0].Metrics {
		if sum, isSum := m.Data.(metricdata.Sum[int64]); isSum {
			for _, point := range sum.DataPoints {
				lines = append(lines, fmt.Sprint(m.Name, point.Attributes.ToSlice(), " ", point.Value))
			}
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
	// Output:
	// sfprov.outcomes[{"error.type":"invalid_input"} {"sfprov.outcome":"refused"}] 1
	// sfprov.outcomes[{"sfprov.outcome":"done"}] 1
	// sfprov.request.in_flight[] 0
	// sfprov.request.retries[{"sfprov.retry.reason":"row_locked"}] 1
}

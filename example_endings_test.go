package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// event is what a hook is called with.
func event() sfprov.User {
	return sfprov.User{Username: "alice", Fields: sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"}}
}

// First ending: done and confirmed. Here the connection dies after Salesforce has
// created the user; Create finds that out by itself.
func ExampleProvisioner_Create_confirmed() {
	p, org := example(nil)
	defer org.Close()
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))

	result, err := p.Create(context.Background(), event())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Action, result.Username) // keep result.ID with the user
	// Output: created alice@acme.com
}

// Second ending: not done, and safe to call again, now or later.
func ExampleProvisioner_Create_notDone() {
	p, org := example(nil)
	defer org.Close()
	org.SetAPIUsage(100_000, 100_000) // the daily limit is reached

	_, err := p.Create(context.Background(), event())
	switch {
	case errors.Is(err, sfprov.ErrOutcomeUnknown):
		log.Fatal("that is the third ending")
	case sfprov.Retryable(err):
		fmt.Println("back into the queue, not before", sfprov.RetryAfter(err))
	default:
		fmt.Println("call a person, who reads:", err)
	}
	// Output: back into the queue, not before 1h0m0s
}

// Third ending: the outcome is unknown. Here the answer is lost, and so is the
// look at what became of the user. Put the event back into the queue, together
// with the error; when it comes out again, Resolve tells.
func ExampleProvisioner_Resolve() {
	p, org := example(nil)
	defer org.Close()
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
	org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))

	_, err := p.Create(context.Background(), event())
	fmt.Println(errors.Is(err, sfprov.ErrOutcomeUnknown), sfprov.Retryable(err))

	// Later:
	result, err := p.Resolve(context.Background(), err)
	switch {
	case err == nil:
		fmt.Println(result.Action, result.Username)
	case errors.Is(err, sfprov.ErrNotCreated):
		fmt.Println("not done: call Create again")
	default:
		fmt.Println("still unknown:", err)
	}
	// Output:
	// true false
	// created alice@acme.com
}

// With a match field, the same call resumes what was lost.
func ExampleProvisioner_Create_resumed() {
	p, org := example(func(c *sfprov.Config) { c.MatchField = "FederationIdentifier" })
	defer org.Close()
	// The answer is lost, and so is the look at what became of the user.
	org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
		{Path: "/composite", Nth: 1, Faults: []sfprovtest.Fault{sfprovtest.LostAnswer()}},
		{Path: "/query", Nth: 1, Faults: []sfprovtest.Fault{sfprovtest.DailyLimit()}},
	}})
	alice := sfprov.User{Username: "alice", Fields: sfprov.Fields{
		"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-4711",
	}}

	_, err := p.Create(context.Background(), alice)
	fmt.Println(errors.Is(err, sfprov.ErrOutcomeUnknown), sfprov.Retryable(err))

	result, err := p.Create(context.Background(), alice)
	fmt.Println(result.Action, err)
	// Output:
	// true true
	// adopted <nil>
}

// A process that is told to stop gives the calls under way some seconds.
func ExampleProvisioner_Close() {
	p, org := example(nil)
	defer org.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		fmt.Println("calls were broken off, and say what is known:", err)
	}

	_, err := p.Create(context.Background(), event())
	fmt.Println(errors.Is(err, sfprov.ErrClosed), sfprov.Retryable(err))
	// Output: true true
}

func ExampleWithRetry() {
	_, org := example(nil)
	defer org.Close()

	// For a nightly run, sfprov.BackgroundRetry() is more patient than the default;
	// this one tries as often, without its pauses.
	patient := sfprov.BackgroundRetry()
	patient.BaseDelay = time.Millisecond
	p, err := sfprov.New(org.Config(), sfprov.WithRetry(patient))
	if err != nil {
		log.Fatal(err)
	}
	// Seven times, a gateway is out of order.
	org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
		{Path: "/services/data", Times: 7, Faults: []sfprovtest.Fault{sfprovtest.GatewayHTML(502)}},
	}})
	result, err := p.Deactivate(context.Background(), org.AddUser(nil))
	fmt.Println(result.Action, err)
	// Output: deactivated <nil>
}

func ExampleWithAPIReserve() {
	_, org := example(nil)
	defer org.Close()
	org.SetAPIUsage(89_999, 100_000)

	p, err := sfprov.New(org.Config(), sfprov.WithAPIReserve(0.1))
	if err != nil {
		log.Fatal(err)
	}
	id := org.AddUser(nil)
	change := sfprov.User{Fields: sfprov.Fields{"Title": "CFO"}}
	_, err = p.Update(context.Background(), id, change)
	fmt.Println(err)
	_, err = p.Update(context.Background(), id, change)
	fmt.Println(errors.Is(err, sfprov.ErrRequestLimit), sfprov.Retryable(err), sfprov.RetryAfter(err).Round(time.Minute))
	// Output:
	// <nil>
	// true true 5m0s
}

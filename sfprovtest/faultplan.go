package sfprovtest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// FaultPlan is a program of faults. The same requests in the same order meet the
// same faults; requests that come at the same time come in an order of their own.
type FaultPlan struct {
	Seed  uint64
	Rules []FaultRule // the first that has a fault for a request gives it
}

// FaultRule says which requests meet which faults.
type FaultRule struct {
	// Method and Path select requests as those of [On] do. They don't apply to
	// faults that are errors of connecting, which belong to no request yet.
	Method, Path string
	// Nth limits the rule to the nth request that fits, from 1; 0 is for all.
	Nth int
	// Probability is how likely a request that fits meets a fault, up to 1; 0 means
	// 1.
	Probability float64
	// Times is how often the rule gives a fault; 0 is for ever.
	Times int
	// Faults are those that are met, each as likely as the others.
	Faults []Fault
}

func (r FaultRule) fits(q Request) bool {
	return (r.Method == "" || r.Method == q.Method) && strings.Contains(q.Path, r.Path)
}

// plannedRule is a rule at work. Requests and connections have a generator and
// counts each, so that one does not change what the other meets.
type plannedRule struct {
	FaultRule

	ofRequests, ofConnections []Fault
	requests, connections     drawing
}

type drawing struct {
	random      *rand.Rand
	seen, given int
}

// SetFaultPlan puts a plan into force, in place of the one before. Controls come
// first. [Org.ClearControls] ends it. A rule without faults, or with a number that
// makes no sense, panics.
func (o *Org) SetFaultPlan(p FaultPlan) {
	rules := make([]*plannedRule, len(p.Rules))
	for i, rule := range p.Rules {
		if len(rule.Faults) == 0 || rule.Nth < 0 || rule.Times < 0 || rule.Probability < 0 || rule.Probability > 1 {
			panic(fmt.Sprintf("sfprovtest: rule %d of the fault plan: it needs Faults, Nth and Times from 0 on, Probability from 0 to 1", i))
		}
		planned := &plannedRule{
			FaultRule:   rule,
			requests:    drawing{random: rand.New(rand.NewPCG(p.Seed, uint64(2*i)))},   //nolint:gosec // repeatable, not secret
			connections: drawing{random: rand.New(rand.NewPCG(p.Seed, uint64(2*i+1)))}, //nolint:gosec // repeatable, not secret
		}
		for _, fault := range rule.Faults {
			if fault.Connect != nil {
				planned.ofConnections = append(planned.ofConnections, fault)
			} else {
				fault.Header = fault.Header.Clone()
				planned.ofRequests = append(planned.ofRequests, fault)
			}
		}
		rules[i] = planned
	}
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.plan = rules
}

// forConnection asks the plan whether an attempt to connect fails.
func (f *faults) forConnection() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.plan {
		if fault := rule.draw(&rule.connections, rule.ofConnections); fault != nil {
			f.count(fault)
			return fault.Connect
		}
	}
	return nil
}

// planned asks the plan for a fault of a request. The lock is held.
func (f *faults) planned(r Request) *Fault {
	for _, rule := range f.plan {
		if !rule.fits(r) {
			continue
		}
		if fault := rule.draw(&rule.requests, rule.ofRequests); fault != nil {
			return fault
		}
	}
	return nil
}

// draw gives one of the faults, or none.
func (r *plannedRule) draw(d *drawing, from []Fault) *Fault {
	if len(from) == 0 {
		return nil
	}
	d.seen++
	chance, which := d.random.Float64(), d.random.IntN(len(from))
	switch {
	case r.Nth > 0 && d.seen != r.Nth,
		r.Times > 0 && d.given >= r.Times,
		r.Probability > 0 && chance >= r.Probability:
		return nil
	}
	d.given++
	return &from[which]
}

// Turmoil is a plan in which a request meets, with this probability, one of the
// ready faults that fits it: the way to the org breaks, the org is busy or out of
// order, sessions expire, logins are refused. A [LateCommit] is for creates only:
// a late change of a record would undo what was changed since, and no client can
// help that. With a probability of 0, nothing fails.
func Turmoil(seed uint64, probability float64) FaultPlan {
	if probability <= 0 { // which in a rule means always
		return FaultPlan{}
	}
	way := []Fault{
		LostAnswer(), Dropped(), Reset(), CutAnswer(),
		SlowHeaders(3 * time.Second), SlowHeaders(45 * time.Second), SlowBody(20 * time.Millisecond), LateLastChunk(5 * time.Second),
		GatewayHTML(502), GatewayHTML(503), GatewayHTML(504), HugeBody(), Redirect(302, "https://elsewhere.example/"),
	}
	org := []Fault{LockedRow(), ConcurrentLimit(), DailyLimit(), ServerUnavailable(), UnknownException(), ExpiredSession()}
	return FaultPlan{Seed: seed, Rules: []FaultRule{
		{Path: tokenPath, Probability: probability, Faults: append(slices.Clone(way), LoginThrottled(), LoginRefused())},
		{Method: http.MethodPost, Path: "/services/data", Probability: probability, Faults: slices.Concat(way, org, []Fault{LateCommit(time.Second)})},
		{Path: "/services/data", Probability: probability, Faults: slices.Concat(way, org, []Fault{ConnectionRefused(), UntrustedCertificate()})},
	}}
}

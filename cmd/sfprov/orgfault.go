package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfprov/sfprov/sfprovtest"
)

// selection says which requests a fault strikes, unless the rule says.
type selection func(sfprovtest.Request) bool

func anyRequest(sfprovtest.Request) bool { return true }

func dataAPI(q sfprovtest.Request) bool { return strings.Contains(q.Path, "/services/data") }

// writes are the requests that change something. A composite one does so by its parts,
// which are struck for themselves.
func writes(q sfprovtest.Request) bool {
	return dataAPI(q) && q.Method != http.MethodGet && q.Method != http.MethodHead && !strings.HasSuffix(q.Path, "/composite")
}

func queries(q sfprovtest.Request) bool { return strings.HasSuffix(q.Path, "/query") }

func logins(q sfprovtest.Request) bool { return strings.Contains(q.Path, "/oauth2/token") }

// readyFault is a fault that a rule can name.
type readyFault struct {
	fault   sfprovtest.Fault
	strikes selection
}

// readyFaults are those that clients in other processes can meet, by name.
func readyFaults() map[string]readyFault {
	return map[string]readyFault{
		"answer-cut":         {sfprovtest.CutAnswer(), anyRequest},
		"concurrent-limit":   {sfprovtest.ConcurrentLimit(), dataAPI},
		"daily-limit":        {sfprovtest.DailyLimit(), dataAPI},
		"dropped":            {sfprovtest.Dropped(), anyRequest},
		"duplicate-rule":     {sfprovtest.DuplicateRule(), writes},
		"expired-password":   {sfprovtest.ExpiredPassword(), dataAPI},
		"failed-flow":        {sfprovtest.FailedFlow("Made-up Flow"), writes},
		"failed-trigger":     {sfprovtest.FailedTrigger("MadeUpTrigger", "System.NullPointerException: Attempt to de-reference a null object"), writes},
		"gateway-502":        {sfprovtest.GatewayHTML(http.StatusBadGateway), anyRequest},
		"gateway-503":        {sfprovtest.GatewayHTML(http.StatusServiceUnavailable), anyRequest},
		"gateway-504":        {sfprovtest.GatewayHTML(http.StatusGatewayTimeout), anyRequest},
		"group-lock":         {sfprovtest.GroupMembershipLock(0), writes},
		"huge-body":          {sfprovtest.HugeBody(), anyRequest},
		"late-commit":        {sfprovtest.LateCommit(2 * time.Second), writes},
		"locked-row":         {sfprovtest.LockedRow(), writes},
		"login-refused":      {sfprovtest.LoginRefused(), logins},
		"login-retry":        {sfprovtest.LoginRetry(), logins},
		"login-throttled":    {sfprovtest.LoginThrottled(), logins},
		"lost-answer":        {sfprovtest.LostAnswer(), anyRequest},
		"maintenance":        {sfprovtest.Maintenance(), writes},
		"not-found-html":     {sfprovtest.NotFoundHTML(), anyRequest},
		"query-timeout":      {sfprovtest.QueryTimeout(), queries},
		"redirect":           {sfprovtest.Redirect(http.StatusFound, "https://elsewhere.example/"), anyRequest},
		"reset":              {sfprovtest.Reset(), anyRequest},
		"server-unavailable": {sfprovtest.ServerUnavailable(), dataAPI},
		"session-expired":    {sfprovtest.ExpiredSession(), dataAPI},
		"slow-body":          {sfprovtest.SlowBody(50 * time.Millisecond), anyRequest},
		"slow-headers":       {sfprovtest.SlowHeaders(5 * time.Second), anyRequest},
		"stalled-last-chunk": {sfprovtest.LateLastChunk(5 * time.Second), anyRequest},
		"unknown-exception":  {sfprovtest.UnknownException(), dataAPI},
		"validation-rule":    {sfprovtest.BrokenValidation("A made-up rule refuses this."), writes},
	}
}

func faultNames() string { return strings.Join(slices.Sorted(maps.Keys(readyFaults())), ", ") }

// faultRule is a fault, which requests it strikes, and how often. It is written
// NAME[@[METHOD:]PATH][=HOW]: HOW is the share of the requests, from 0 to 1, or the
// number of the first ones, as in 3x; without it, all are struck.
type faultRule struct {
	text    string
	fault   sfprovtest.Fault
	strikes selection
	share   float64
	times   int // 0 is for ever
}

// parseFault reads a rule.
func parseFault(text string) (faultRule, error) {
	rest, how, limited := strings.Cut(text, "=")
	name, where, placed := strings.Cut(rest, "@")
	ready, known := readyFaults()[name]
	if !known {
		return faultRule{}, fmt.Errorf("there is no fault %q; there are %s", name, faultNames())
	}
	rule := faultRule{text: text, fault: ready.fault, strikes: ready.strikes, share: 1}
	if placed {
		method, path, both := strings.Cut(where, ":")
		if !both {
			method, path = "", where
		}
		if path == "" || both && (method == "" || strings.ToUpper(method) != method) {
			return faultRule{}, fmt.Errorf("fault %q: after the @ there must be a part of a path, or a method, a colon and that, as in POST:/sobjects/User", text)
		}
		on := sfprovtest.On(method, path, rule.fault)
		rule.strikes = func(q sfprovtest.Request) bool { return on(q) != nil }
	}
	if limited {
		var err error
		if rule.share, rule.times, err = parseHow(how); err != nil {
			return faultRule{}, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	return rule, nil
}

// parseHow reads how often a rule strikes: by its share, or so many times.
func parseHow(how string) (share float64, times int, err error) {
	if number, isTimes := strings.CutSuffix(how, "x"); isTimes {
		if times, err = strconv.Atoi(number); err != nil || times < 1 {
			return 0, 0, errors.New("before the x there must be how many requests are struck, from 1")
		}
		return 1, times, nil
	}
	if share, err = strconv.ParseFloat(how, 64); err != nil || !(share > 0 && share <= 1) { // which a NaN is not
		return 0, 0, errors.New("after the = there must be the share of the requests that are struck, such as 0.05, or 1 for all, or a number of them, such as 3x")
	}
	return share, 0, nil
}

// control is the rule at work. The same requests in the same order meet the same
// faults for a seed.
func (r faultRule) control(seed uint64) sfprovtest.Control {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // repeatable, not secret
	given := 0
	return func(q sfprovtest.Request) *sfprovtest.Fault { // the org asks one at a time
		if !r.strikes(q) || r.times > 0 && given >= r.times || r.share < 1 && random.Float64() >= r.share {
			return nil
		}
		given++
		return &r.fault
	}
}

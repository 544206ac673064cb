package probe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Probe is a question: one request, and the doubt that its answer settles. Its texts are
// templates: <me> stands for a value that [Run] finds out, and is printed as it is.
type Probe struct {
	Number int    `json:"number"` // stable; what is asked later gets a new one
	Name   string `json:"name"`
	Doubt  string `json:"doubt"`
	// NotAsked is why no harmless request can ask; the probe has none then.
	NotAsked string `json:"notAsked,omitempty"`
	// Write says that it is asked only where the caller allows a user to be created.
	Write bool `json:"write,omitempty"`

	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	SOQL   string `json:"soql,omitempty"`
	Body   string `json:"body,omitempty"`

	form    []string          // of the token endpoint and its neighbours, name=value
	header  map[string]string // besides the usual ones
	auth    string            // of the Authorization header: withToken and so on
	row     string            // what <rows> in the body stands for; # is its number
	times   int               // how often
	release bool              // is asked whatever happened before, once there is a user
	needs   string            // a value that must be known, though no template names it
	look    func(seen) map[string]string
}

// How a request is authorised.
const (
	withToken   = "" // the usual
	withNothing = "nothing"
	withWrong   = "a token that is none"
	withBadForm = "a header of another form"
	withBasic   = "client ID and secret"
)

// Probes are all of them, by number.
func Probes() []Probe {
	all := slices.Concat(
		loginProbes(), assertionProbes(), tokenProbes(), httpProbes(), versionProbes(),
		queryProbes(), aggregateProbes(),
		readProbes(), refusedCreates(), refusedWrites(), upsertProbes(), passwordProbes(),
		collectionProbes(), compositeProbes(), relatedProbes(), describeProbes(), writeProbes(), notAsked(),
	)
	slices.SortStableFunc(all, func(a, b Probe) int { return a.Number - b.Number })
	return all
}

// isLogin reports whether a probe asks the token endpoint.
func (p Probe) isLogin() bool { return p.Path == tokenEndpoint }

// isAPICall reports whether Salesforce counts the request.
func (p Probe) isAPICall() bool {
	return strings.HasPrefix(strings.TrimLeft(p.Path, "/"), "services/data/")
}

// Cost is what a run takes of an org.
type Cost struct {
	Requests int `json:"requests"`
	APICalls int `json:"apiCalls"` // of those, by what Salesforce documents
	Logins   int `json:"logins"`   // of the requests: those that ask for a token, refused ones too
}

// with is the cost and that of a probe.
func (c Cost) with(p Probe) Cost {
	c.Requests++
	if p.isAPICall() {
		c.APICalls++
	}
	if p.isLogin() {
		c.Logins++
	}
	return c
}

// AtMost is what a run costs at most.
func AtMost(write bool) Cost {
	var cost Cost
	for _, p := range Probes() {
		if p.NotAsked != "" || p.Write && !write {
			continue
		}
		cost = cost.with(p)
		if p.release { // is tried again once
			cost = cost.with(p)
		}
	}
	if write { // looking for a user whose creation was not answered
		cost = cost.with(lookup())
	}
	return cost
}

// rows is what <rows> in the body stands for.
func (p Probe) rows() string {
	rows := make([]string, p.times)
	for i := range rows {
		rows[i] = strings.ReplaceAll(p.row, "#", strconv.Itoa(i))
	}
	return strings.Join(rows, ",")
}

// sent is the body as a template.
func (p Probe) sent() string {
	if p.form != nil {
		return strings.Join(p.form, "&")
	}
	return strings.Replace(p.Body, "<rows>", fmt.Sprintf("%d times %s", p.times, p.row), 1)
}

package sfprovtest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Request is a request that the org received. Credentials are left out: a test's
// log is no place for them, even if they open nothing.
type Request struct {
	Method string
	Path   string // decoded
	Query  string // the q parameter, a SOQL query; empty without one
	Header http.Header
	Body   []byte
	Time   time.Time
	Status int // that was answered; 0 if the connection was closed instead
}

// clone is a copy that shares nothing.
func (r Request) clone() Request {
	r.Header, r.Body = r.Header.Clone(), bytes.Clone(r.Body)
	return r
}

// journal is what the org remembers of its clients.
type journal struct {
	requests              []Request // of the data API
	loginRequests         []Request // of all else
	logins, refused       int
	expiries              int
	usageUsed, usageLimit int
	deletions             []deletion           // that they made, in their order
	descriptions          map[string]described // that they were given, by object and version
}

// Requests are the requests to the data API, in the order in which they were
// answered. A composite one is one request. Logins and the like are none: see
// [Org.LoginRequests]. What went to no API of this org is here too, without its body.
func (o *Org) Requests() []Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return clones(o.journal.requests)
}

// LoginRequests are the requests below /services/oauth2, /services/Soap and /id, in the
// order in which they were answered: logins, questions about tokens and about who has
// logged in. Their bodies are the parameters of query and form, as far as they are known to
// be no secret.
func (o *Org) LoginRequests() []Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return clones(o.journal.loginRequests)
}

func clones(requests []Request) []Request {
	requests = slices.Clone(requests)
	for i, r := range requests {
		requests[i] = r.clone()
	}
	return requests
}

// ResetRequests forgets the requests so far. What is counted goes on to be.
func (o *Org) ResetRequests() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.journal.requests, o.journal.loginRequests = nil, nil
}

// Logins is how many requests the token endpoint received, refused ones included.
func (o *Org) Logins() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.journal.logins
}

// RefusedLogins is how many of them were not answered with a token.
func (o *Org) RefusedLogins() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.journal.refused
}

// Expiries is how many expired tokens were used: each is counted once, at the
// first request that it fails. A client that shares its token and renews it once
// has one login more than expiries.
func (o *Org) Expiries() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.journal.expiries
}

// observe is a request as it will be remembered.
func (o *Org) observe(c *call) Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen(c)
}

func (o *Org) seen(c *call) Request {
	r := Request{Method: c.method, Path: c.path, Query: c.query.Get("q"), Header: withoutTokens(c.header), Time: o.now()}
	if isDataPath(c.path) {
		r.Body = withoutPasswords(c.path, bytes.Clone(c.body))
	} else {
		r.Body = withoutCredentials(c)
	}
	return r
}

// isLoginPath reports whether a path is about logins, and not one of the data API.
func isLoginPath(path string) bool {
	path = strings.ToLower(path) + "/"
	return strings.HasPrefix(path, "/services/oauth2/") || strings.HasPrefix(path, "/services/soap/") || strings.HasPrefix(path, "/id/")
}

func isDataPath(path string) bool {
	return path == "/services/data" || strings.HasPrefix(path, "/services/data/")
}

// record remembers a request that was answered.
func (o *Org) record(r Request, status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.Status = status
	if strings.TrimRight(r.Path, "/") == tokenPath {
		o.journal.logins++
		if status != http.StatusOK {
			o.journal.refused++
		}
	}
	if isLoginPath(r.Path) {
		o.journal.loginRequests = append(o.journal.loginRequests, r)
		return
	}
	o.journal.requests = append(o.journal.requests, r)
}

// SetAPIUsage sets how many API requests of the last 24 hours the org has seen,
// and how many it allows. Each request counts; at the limit, all are refused. The
// default is 0 of 100,000.
func (o *Org) SetAPIUsage(used, limit int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.journal.usageUsed, o.journal.usageLimit = used, limit
}

// checkLimit refuses what is over the daily limit. The lock is held.
func (o *Org) checkLimit() error {
	if o.journal.usageUsed >= o.journal.usageLimit {
		return Refusal{Status: http.StatusForbidden, Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded."}
	}
	o.journal.usageUsed++
	return nil
}

// meter tells the client how much is spent. The lock is held.
func (o *Org) meter(a answer) {
	a.header.Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", o.journal.usageUsed, o.journal.usageLimit))
}

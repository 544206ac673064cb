package sfprovtest

import (
	"net/http"
	"strings"
	"time"
)

// session is an access token.
type session struct {
	opened, used time.Time
	requests     int
	ended        bool
	counted      bool // as an expiry
}

// ExpireTokens makes all tokens invalid that were issued so far.
func (o *Org) ExpireTokens() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endSessions()
}

func (o *Org) endSessions() {
	for _, s := range o.access.sessions {
		s.ended = true
	}
}

// expire ends the session of a request.
func (o *Org) expire(c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endSession(c)
}

func (o *Org) endSession(c *call) {
	token := c.bearer()
	if !isDataPath(c.path) {
		given, _ := c.parameters()
		token = c.tokenOf(given)
	}
	if s := o.access.sessions[token]; s != nil {
		s.ended = true
	}
}

// SetTokenLifetime sets how long a token lives after it was last used, as the
// session timeout of a real org does. The default is two hours; 0 is for ever.
func (o *Org) SetTokenLifetime(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.lifetime = d
}

// SetTokenRequests sets how many requests a token serves before it expires; 0,
// the default, is any number. No real org does so, but it makes tokens expire in
// the thick of things.
func (o *Org) SetTokenRequests(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.requests = n
}

// bearer is the token in the header of a request; empty if that has something else.
func (c *call) bearer() string {
	scheme, token, _ := strings.Cut(c.header.Get("Authorization"), " ")
	if !isTokenScheme(scheme) {
		return ""
	}
	return strings.TrimSpace(token)
}

func isTokenScheme(scheme string) bool {
	return strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth")
}

// authorize checks the token of a request to the data API. The lock is held.
func (o *Org) authorize(c *call) error {
	scheme, _, _ := strings.Cut(c.header.Get("Authorization"), " ")
	if scheme != "" && !isTokenScheme(scheme) {
		return Refusal{Status: http.StatusUnauthorized, Code: "INVALID_AUTH_HEADER", Message: "INVALID_AUTH_HEADER"}
	}
	s := o.live(c.bearer())
	if s == nil {
		return Refusal{Status: http.StatusUnauthorized, Code: "INVALID_SESSION_ID", Message: "Session expired or invalid"}
	}
	s.used = o.now()
	s.requests++
	return nil
}

// live is the session of a token; nil if there is none, or it is over. The lock is held.
func (o *Org) live(token string) *session {
	s := o.access.sessions[token]
	if s == nil {
		return nil
	}
	if o.access.lifetime > 0 && o.now().Sub(s.used) >= o.access.lifetime || o.access.requests > 0 && s.requests >= o.access.requests ||
		o.rows["User"][o.access.runAs]["isactive"] != true {
		s.ended = true
	}
	if !s.ended {
		return s
	}
	if !s.counted {
		s.counted = true
		o.journal.expiries++
	}
	return nil
}

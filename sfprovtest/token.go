package sfprovtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfprov/sfprov"
)

const tokenPath = "/services/oauth2/token" //nolint:gosec // a path, not a credential

// access is who may log in, and who has.
type access struct {
	runAs      string // ID of the integration user
	noRunAs    bool
	wrongHost  bool
	disabled   map[sfprov.GrantType]bool
	unapprove  bool
	noIdentity bool // tokens come without the URL of their user
	refusals   []loginRefusal
	sessions   map[string]*session
	lifetime   time.Duration // of inactivity; 0 for ever
	requests   int           // that a session serves; 0 for any number
	assertion  time.Duration // longest life of a JWT assertion
}

type loginRefusal struct {
	code, description string
	left              int
}

// session is an access token.
type session struct {
	used     time.Time
	requests int
	ended    bool
	counted  bool // as an expiry
}

func newAccess() access {
	return access{disabled: map[sfprov.GrantType]bool{}, sessions: map[string]*session{}, lifetime: 2 * time.Hour, assertion: 5*time.Minute + 30*time.Second}
}

// AdminID is the ID of the integration user, as whom every token acts.
func (o *Org) AdminID() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.access.runAs
}

// ExpireTokens makes all tokens invalid that were issued so far.
func (o *Org) ExpireTokens() {
	o.mu.Lock()
	defer o.mu.Unlock()
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
	_, value, _ := strings.Cut(c.header.Get("Authorization"), " ")
	if s := o.access.sessions[value]; s != nil {
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

// SetRunAsUser says whether the app has a run-as user, without whom client
// credentials logins are refused. The default is true.
func (o *Org) SetRunAsUser(present bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.noRunAs = !present
}

// SetMyDomain says whether the org is reached by its My Domain host. If not,
// client credentials logins are refused, as login.salesforce.com does.
func (o *Org) SetMyDomain(yes bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.wrongHost = !yes
}

// SetGrantEnabled allows or forbids an OAuth grant. All are allowed by default.
func (o *Org) SetGrantEnabled(grant sfprov.GrantType, enabled bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.disabled[grant] = !enabled
}

// SetUserApproved says whether the integration user is pre-authorised for the
// app, which JWT bearer logins need. The default is true.
func (o *Org) SetUserApproved(approved bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.unapprove = !approved
}

// SetAssertionLifetime sets how far ahead a JWT assertion may expire.
// Salesforce's documentation says about three minutes; real orgs are reported to
// take five. The default is five and a half, which leaves something for clocks
// that differ.
func (o *Org) SetAssertionLifetime(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.assertion = d
}

// RefuseLogins refuses the next n logins with an OAuth error of your choice, for
// example invalid_grant and "login rate exceeded".
func (o *Org) RefuseLogins(n int, code, description string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.refusals = append(o.access.refusals, loginRefusal{code: code, description: description, left: n})
}

// oauthError is an error answer of the token endpoint: an object, where the data
// API has an array.
func oauthError(code, description string) answer {
	a := jsonAnswer(http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
	a.header.Set("Cache-Control", "no-store")
	return a
}

// oauth answers what is not the data API: logins, and who has logged in.
func (o *Org) oauth(c *call) (a answer, known bool) {
	switch c.path {
	case tokenPath:
		return o.token(c), true
	case userInfoPath:
		return o.userInfo(c), true
	}
	return answer{}, false
}

// token is the token endpoint.
func (o *Org) token(c *call) answer {
	if c.method != http.MethodPost {
		return oauthError("invalid_request", "HTTP method not supported")
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return oauthError("invalid_request", "malformed request")
	}
	o.access.refusals = slices.DeleteFunc(o.access.refusals, func(r loginRefusal) bool { return r.left <= 0 })
	if len(o.access.refusals) > 0 {
		refusal := &o.access.refusals[0]
		refusal.left--
		return oauthError(refusal.code, refusal.description)
	}
	grant := sfprov.GrantType(form.Get("grant_type"))
	switch grant {
	case sfprov.GrantClientCredentials, sfprov.GrantPassword:
		return o.secretGrant(c, form, grant)
	case sfprov.GrantJWTBearer:
		return o.jwtGrant(form)
	case "":
		return oauthError("invalid_request", "missing required parameter: grant_type")
	}
	return oauthError("unsupported_grant_type", "grant type not supported")
}

// secretGrant is client credentials and username-password.
func (o *Org) secretGrant(c *call, form url.Values, grant sfprov.GrantType) answer {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if basicID, basicSecret, ok := basicAuth(c.header); ok {
		id, secret = basicID, basicSecret
	}
	switch {
	case id == "":
		return oauthError("invalid_request", "missing required parameter: client_id")
	case id != clientID:
		return oauthError("invalid_client_id", "client identifier invalid")
	case grant == sfprov.GrantClientCredentials && o.access.wrongHost:
		return oauthError("invalid_grant", "request not supported on this domain")
	case secret != clientSecret:
		return oauthError("invalid_client", "invalid client credentials")
	case grant == sfprov.GrantClientCredentials && o.access.disabled[grant]:
		return oauthError("unsupported_grant_type", "grant type not supported")
	case grant == sfprov.GrantClientCredentials && o.access.noRunAs:
		return oauthError("invalid_grant", "no client credentials user enabled")
	case grant == sfprov.GrantPassword &&
		(o.access.disabled[grant] || !strings.EqualFold(form.Get("username"), adminName) || form.Get("password") != password):
		return oauthError("invalid_grant", "authentication failure") // a blocked flow looks like a wrong password
	}
	return o.issue()
}

func basicAuth(header http.Header) (id, secret string, ok bool) {
	r := http.Request{Header: header}
	return r.BasicAuth()
}

// jwtGrant is the JWT bearer grant.
func (o *Org) jwtGrant(form url.Values) answer {
	var claims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Legacy   string `json:"prn"`
		Audience string `json:"aud"`
		// Some clients send it as a string, and real orgs take that.
		Expires json.Number `json:"exp"`
	}
	var head struct {
		Algorithm string `json:"alg"`
	}
	parts := strings.Split(form.Get("assertion"), ".")
	if len(parts) != 3 {
		return oauthError("invalid_grant", "invalid assertion")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || decodeSegment(parts[0], &head) != nil || decodeSegment(parts[1], &claims) != nil || head.Algorithm != "RS256" {
		return oauthError("invalid_grant", "invalid assertion")
	}
	if claims.Legacy != "" {
		claims.Subject = claims.Legacy
	}
	seconds, err := claims.Expires.Float64()
	if err != nil {
		return oauthError("invalid_grant", "invalid assertion")
	}
	expires, now := time.Unix(int64(seconds), 0), o.now()
	switch {
	case claims.Issuer != clientID:
		return oauthError("invalid_client_id", "client identifier invalid")
	case rsa.VerifyPKCS1v15(&signingKey().PublicKey, crypto.SHA256, digest[:], signature) != nil:
		return oauthError("invalid_grant", "invalid assertion")
	case claims.Audience != audience && claims.Audience != "https://test.salesforce.com" && claims.Audience != o.network.url:
		return oauthError("invalid_grant", "audience is invalid")
	case !expires.After(now):
		return oauthError("invalid_grant", "expired authorization code")
	case expires.After(now.Add(o.access.assertion)):
		return oauthError("invalid_grant", "invalid assertion")
	case o.access.disabled[sfprov.GrantJWTBearer]:
		return oauthError("unsupported_grant_type", "grant type not supported")
	case !strings.EqualFold(claims.Subject, adminName), o.access.unapprove:
		return oauthError("invalid_grant", "user hasn't approved this consumer")
	}
	return o.issue()
}

// decodeSegment reads one of the two JSON parts of a JWT.
func decodeSegment(segment string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// issue opens a session. The answer has no expires_in and no refresh token, as in
// real life.
func (o *Org) issue() answer {
	value := fmt.Sprintf("%s!sfprovtest.%d", orgID[:15], len(o.access.sessions)+1)
	now := o.now()
	o.access.sessions[value] = &session{used: now}
	token := map[string]string{
		"access_token": value,
		"signature":    "c2Zwcm92dGVzdA==",
		"scope":        "api",
		"instance_url": o.network.url,
		"id":           o.identityURL(),
		"token_type":   "Bearer",
		"issued_at":    strconv.FormatInt(now.UnixMilli(), 10),
	}
	if o.access.noIdentity {
		delete(token, "id")
	}
	return jsonAnswer(http.StatusOK, token)
}

func (o *Org) identityURL() string {
	return "https://login.salesforce.com/id/" + orgID + "/" + o.access.runAs
}

// authorize checks the token of a request to the data API. The lock is held.
func (o *Org) authorize(c *call) error {
	header := c.header.Get("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	if header != "" && !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "OAuth") {
		return Refusal{Status: http.StatusUnauthorized, Code: "INVALID_AUTH_HEADER", Message: "INVALID_AUTH_HEADER"}
	}
	invalid := Refusal{Status: http.StatusUnauthorized, Code: "INVALID_SESSION_ID", Message: "Session expired or invalid"}
	s := o.access.sessions[value]
	if s == nil {
		return invalid
	}
	now := o.now()
	if o.access.lifetime > 0 && now.Sub(s.used) >= o.access.lifetime || o.access.requests > 0 && s.requests >= o.access.requests {
		s.ended = true
	}
	if s.ended {
		if !s.counted {
			s.counted = true
			o.journal.expiries++
		}
		return invalid
	}
	s.used = now
	s.requests++
	return nil
}

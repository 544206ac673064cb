package sfprovtest

import (
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
	assertion  time.Duration // longest life of a JWT assertion; 0 for any

	tells         tokenAnswer
	expiredStatus int // of requests once the integration user's password has expired
}

// tokenScope is what all tokens may do.
const tokenScope = "api"

type loginRefusal struct {
	code, description string
	left              int
}

func newAccess() access {
	return access{disabled: map[sfprov.GrantType]bool{}, sessions: map[string]*session{}, lifetime: 2 * time.Hour, expiredStatus: http.StatusUnauthorized}
}

// AdminID is the ID of the integration user, as whom every token acts.
func (o *Org) AdminID() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.access.runAs
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

// oauthUnsupported says in that form what this org hasn't got.
func oauthUnsupported(missing Refusal) answer {
	a := oauthError("invalid_request", missing.Message)
	a.status = missing.Status
	return a
}

// token is the token endpoint.
func (o *Org) token(c *call) answer {
	if c.method != http.MethodPost {
		return oauthError("invalid_request", "HTTP method not supported")
	}
	form, err := c.parameters()
	if err != nil {
		return oauthError("invalid_request", "malformed request")
	}
	if refusal, unmet := c.unmetFormat(form); unmet {
		return oauthUnsupported(refusal)
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
		return o.jwtGrant(c, form)
	}
	if slices.Contains(otherGrants, string(grant)) {
		return oauthError("unsupported_grant_type", "grant type not supported: "+unsupported("grant "+string(grant)).Message)
	}
	return oauthError("unsupported_grant_type", "grant type not supported")
}

// otherGrants are those that a real org has beside.
var otherGrants = []string{ //nolint:gochecknoglobals // a constant table
	"authorization_code", "refresh_token", "device", "hybrid_refresh_token", "hybrid_authorization_code",
	"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:saml2-bearer",
	"urn:ietf:params:oauth:grant-type:token-exchange", "assertion",
}

// secretGrant is client credentials and username-password.
func (o *Org) secretGrant(c *call, form url.Values, grant sfprov.GrantType) answer {
	id, secret := c.clientOf(form)
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
		(o.access.disabled[grant] || !strings.EqualFold(form.Get("username"), o.runAsName()) || form.Get("password") != password):
		return oauthError("invalid_grant", "authentication failure") // a blocked flow looks like a wrong password
	}
	return o.issue(grant)
}

// clientOf are the credentials of the app, in the form or a Basic header.
func (c *call) clientOf(form url.Values) (id, secret string) {
	r := http.Request{Header: c.header}
	if id, secret, ok := r.BasicAuth(); ok {
		return id, secret
	}
	return form.Get("client_id"), form.Get("client_secret")
}

// runAsName is the username of the integration user.
func (o *Org) runAsName() string {
	name, _ := o.rows["User"][o.access.runAs]["username"].(string)
	return name
}

// issue opens a session. The answer has no expires_in and no refresh token, as in
// real life.
func (o *Org) issue(grant sfprov.GrantType) answer {
	active := o.rows["User"][o.access.runAs]["isactive"] == true
	switch frozen := o.loginOf(o.access.runAs)["isfrozen"] == true; {
	case !active && grant == sfprov.GrantClientCredentials:
		return oauthError("invalid_grant", "no client credentials user enabled")
	case (!active || frozen) && grant == sfprov.GrantPassword:
		return oauthError("invalid_grant", "authentication failure")
	case !active || frozen:
		return oauthError("inactive_user", "user is inactive")
	}
	value := fmt.Sprintf("%s!sfprovtest.%d", orgID[:15], len(o.access.sessions)+1)
	now := o.now()
	o.access.sessions[value] = &session{opened: now, used: now}
	token := map[string]string{
		"access_token": value,
		"signature":    "c2Zwcm92dGVzdA==",
		"scope":        o.access.scopeTold(),
		"instance_url": o.instanceTold(),
		"id":           o.identityURL(o.access.runAs),
		"token_type":   "Bearer",
		"issued_at":    strconv.FormatInt(now.UnixMilli(), 10),
	}
	if o.access.noIdentity {
		delete(token, "id")
	}
	return jsonAnswer(http.StatusOK, token)
}

package sfprovtest

import (
	"net/http"
	"net/url"
	"strings"
)

const (
	introspectPath = "/services/oauth2/introspect"
	revokePath     = "/services/oauth2/revoke"
)

// introspect is /services/oauth2/introspect: whether a token is good, and until when
// (RFC 7662). Asking does not keep a token alive.
func (o *Org) introspect(c *call) answer {
	if c.method != http.MethodPost {
		return oauthError("invalid_request", "HTTP method not supported")
	}
	form, err := c.parameters()
	if err != nil {
		return oauthError("invalid_request", "malformed request")
	}
	id, secret := c.clientOf(form)
	switch {
	case id != clientID:
		return oauthError("invalid_client_id", "client identifier invalid")
	case secret != clientSecret:
		return oauthError("invalid_client", "invalid client credentials")
	case !form.Has("token"):
		return oauthError("invalid_request", "missing required parameter: token")
	}
	s := o.live(form.Get("token"))
	if s == nil {
		return jsonAnswer(http.StatusOK, map[string]any{"active": false})
	}
	told := map[string]any{
		"active": true, "scope": o.access.scopeTold(), "client_id": clientID, "username": o.rows["User"][o.access.runAs]["username"],
		"sub": o.identityURL(o.access.runAs), "token_type": "access_token", "iat": s.opened.Unix(), "nbf": s.opened.Unix(),
	}
	if o.access.lifetime > 0 {
		told["exp"] = s.used.Add(o.access.lifetime).Unix()
	}
	return jsonAnswer(http.StatusOK, told)
}

// revoke is /services/oauth2/revoke: the end of a token's session. See "Revoke OAuth
// Tokens" in Salesforce Help.
func (o *Org) revoke(c *call) answer {
	if c.method != http.MethodPost && c.method != http.MethodGet {
		return refusedRevocation("invalid_request", "HTTP method not supported")
	}
	form, err := c.parameters()
	switch {
	case err != nil:
		return refusedRevocation("invalid_request", "malformed request")
	case form.Has("callback"):
		return oauthUnsupported(unsupported("JSONP"))
	case form.Get("token") == "":
		return refusedRevocation("unsupported_token_type", "this token type is not supported")
	}
	s := o.live(form.Get("token"))
	if s == nil {
		return refusedRevocation("invalid_token", "the token was invalid")
	}
	s.ended, s.counted = true, true
	return jsonAnswer(http.StatusOK, nil)
}

// refusedRevocation is an error answer of the revocation endpoint, which is a form where
// the token endpoint has JSON.
func refusedRevocation(code, description string) answer {
	a := oauthError(code, description)
	a.header.Set("Content-Type", formType+";charset=UTF-8")
	a.body = []byte(strings.ReplaceAll(url.Values{"error": {code}, "error_description": {description}}.Encode(), "+", "%20"))
	return a
}

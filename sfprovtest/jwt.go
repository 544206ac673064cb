package sfprovtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sfprov/sfprov"
)

// SetAssertionLifetime sets how far ahead a JWT assertion may expire; 0, the default, is
// any time. Salesforce's documentation says about three minutes, but clients in production
// send an hour, or milliseconds where seconds belong, which are thousands of years.
func (o *Org) SetAssertionLifetime(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.assertion = d
}

// claims are those of an assertion that the JWT bearer grant looks at.
type claims struct {
	Issuer   string      `json:"iss"`
	Subject  string      `json:"sub"`
	Legacy   string      `json:"prn"` // wins over Subject
	Audience audiences   `json:"aud"`
	Expires  json.Number `json:"exp"` // some clients send it as a string, and real orgs take that
}

// audiences are one text or several (RFC 7519, section 4.1.3).
type audiences []string

// UnmarshalJSON reads either form.
func (a *audiences) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// jwtGrant is the JWT bearer grant.
func (o *Org) jwtGrant(c *call, form url.Values) answer {
	said, isSigned, isAssertion := readAssertion(form.Get("assertion"))
	if !isAssertion {
		return oauthError("invalid_grant", "invalid assertion")
	}
	seconds, err := said.Expires.Float64()
	if err != nil {
		return oauthError("invalid_grant", "invalid assertion")
	}
	now := float64(o.now().Unix())
	isAudience := func(audience string) bool { return o.isAudience(c, audience) }
	switch {
	case said.Issuer != clientID:
		return oauthError("invalid_client_id", "client identifier invalid")
	case !isSigned:
		return oauthError("invalid_grant", "invalid assertion")
	case !slices.ContainsFunc(said.Audience, isAudience):
		return oauthError("invalid_grant", "audience is invalid")
	case seconds <= now:
		return oauthError("invalid_grant", "expired authorization code")
	case o.access.assertion > 0 && seconds > now+o.access.assertion.Seconds():
		return oauthError("invalid_grant", "invalid assertion")
	case o.access.disabled[sfprov.GrantJWTBearer]:
		return oauthError("unsupported_grant_type", "grant type not supported")
	case !strings.EqualFold(said.Subject, o.runAsName()), o.access.unapprove:
		return oauthError("invalid_grant", "user hasn't approved this consumer")
	}
	return o.issue(sfprov.GrantJWTBearer)
}

// readAssertion reads an assertion, and tells whether it is signed by the app's key.
func readAssertion(assertion string) (said claims, isSigned, isAssertion bool) {
	var head struct {
		Algorithm string `json:"alg"`
	}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || decodeSegment(parts[0], &head) != nil || decodeSegment(parts[1], &said) != nil || head.Algorithm != "RS256" {
		return claims{}, false, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	if err != nil {
		return claims{}, false, false
	}
	if said.Legacy != "" {
		said.Subject = said.Legacy
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return said, rsa.VerifyPKCS1v15(&signingKey().PublicKey, crypto.SHA256, digest[:], signature) == nil, true
}

// isAudience reports whether an assertion for this audience is one for this org:
// Salesforce's login hosts, the org's own URL, also as the client has it, and the token
// endpoints there, as clients send them, with a slash at the end or without.
func (o *Org) isAudience(c *call, audience string) bool {
	meant := strings.TrimRight(audience, "/")
	scheme, _, _ := strings.Cut(o.network.url, "://")
	return slices.ContainsFunc([]string{defaultAudience, "https://test.salesforce.com", o.network.url, scheme + "://" + c.host}, func(base string) bool {
		return strings.EqualFold(meant, base) || strings.EqualFold(meant, base+tokenPath)
	})
}

// decodeSegment reads one of the two JSON parts of a JWT. Padding is none of its, but
// sent by some.
func decodeSegment(segment string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(segment, "="))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

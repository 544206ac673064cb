package sfprov

import (
	"fmt"
	"slices"
	"strings"
)

// The tokens of a user ID pattern.
const (
	tokenUserDomain       = "UD"
	tokenUsername         = "UN"
	tokenTenantDomain     = "TD"
	tokenIdentityProvider = "IDP"
)

// primaryUserStore is the user store of a user who names none.
const primaryUserStore = "PRIMARY"

// Identity is who a user is in the identity service: what a [Pattern] builds a
// user ID from.
type Identity struct {
	// Username is the login name. It may carry its user store before the first
	// slash: "SECONDARY/alice" is alice of the store SECONDARY.
	Username string
	// UserDomain is the user store. Empty means the one that Username names, or
	// PRIMARY. If set, it wins over a store in Username, which is removed all
	// the same.
	UserDomain       string
	TenantDomain     string
	IdentityProvider string
}

// local splits the identity's username into user store and local name.
func (id Identity) local() (userDomain, username string) {
	userDomain, username = primaryUserStore, id.Username
	if store, rest, ok := strings.Cut(id.Username, "/"); ok {
		username = rest
		if store != "" {
			userDomain = store
		}
	}
	if id.UserDomain != "" {
		userDomain = id.UserDomain
	}
	return userDomain, username
}

// Pattern is a parsed user ID pattern: the parts of a user ID in their order.
// The zero value builds empty IDs; get one from [ParsePattern].
type Pattern struct {
	tokens []string
}

// ParsePattern parses a user ID pattern such as "{UD,UN,TD,IDP}". The tokens are
// UD (user store domain), UN (username), TD (tenant domain) and IDP (identity
// provider), in any order and number. Blanks around tokens and empty entries are
// ignored. "<UD,UN>" is accepted too.
//
// Tokens are upper case. A pattern without a delimiter on either side, without a
// token, or with an unknown one is an error.
func ParsePattern(pattern string) (Pattern, error) {
	if !strings.ContainsAny(pattern, "{<") || !strings.ContainsAny(pattern, "}>") {
		return Pattern{}, fmt.Errorf("sfprov: pattern %q is not of the form {UD,UN,TD,IDP}: braces are missing", pattern)
	}
	list := strings.NewReplacer("{", "", "}", "", "<", "", ">", "").Replace(pattern)
	var p Pattern
	for token := range strings.SplitSeq(list, ",") {
		switch token = strings.TrimSpace(token); token {
		case "":
		case tokenUserDomain, tokenUsername, tokenTenantDomain, tokenIdentityProvider:
			p.tokens = append(p.tokens, token)
		default:
			return Pattern{}, fmt.Errorf("sfprov: pattern %q: unknown token %q; the tokens are UD (user store domain), UN (username), "+
				"TD (tenant domain) and IDP (identity provider), in upper case, with commas between them", pattern, token)
		}
	}
	if len(p.tokens) == 0 {
		return Pattern{}, fmt.Errorf("sfprov: pattern %q has no token; it needs at least one of UD, UN, TD and IDP", pattern)
	}
	return p, nil
}

// String returns the pattern in its plain form: "{UD,UN}".
func (p Pattern) String() string { return "{" + strings.Join(p.tokens, ",") + "}" }

// uses reports whether the pattern has the token.
func (p Pattern) uses(token string) bool { return slices.Contains(p.tokens, token) }

// UserID builds the user ID of an identity: the parts that the pattern names,
// joined by the separator, in lower case. The separator is removed, as plain
// text, from the user domain, the tenant domain and the identity provider, so
// that these parts can be told apart; the username is kept as it is. An empty
// separator joins without one.
//
// With a domain, a result that does not already end in "@" + domain has every
// "@" replaced by "." and "@" + domain appended.
//
// Two identities can get the same ID: under a domain "a@b" and "a.b" do; under
// the separator "-" so do the tenants "x-y" and "xy"; and everywhere names that
// differ only in case. Salesforce usernames are unique, so the second of them is
// refused with [ErrDuplicateUsername]; the two never share an account.
//
// UserID does not check that the result can be a Salesforce username:
// [Provisioner.Username] does.
func (p Pattern) UserID(id Identity, separator, domain string) string {
	userDomain, username := id.local()
	parts := make([]string, 0, 4) // on the stack: mostly there are no more
	for _, token := range p.tokens {
		switch token {
		case tokenUsername:
			parts = append(parts, username)
		case tokenUserDomain:
			parts = append(parts, without(userDomain, separator))
		case tokenTenantDomain:
			parts = append(parts, without(id.TenantDomain, separator))
		case tokenIdentityProvider:
			parts = append(parts, without(id.IdentityProvider, separator))
		}
	}
	userID := strings.ToLower(strings.Join(parts, separator))
	if domain == "" {
		return userID
	}
	suffix := "@" + strings.ToLower(domain)
	if strings.HasSuffix(userID, suffix) {
		return userID
	}
	return strings.ReplaceAll(userID, "@", ".") + suffix
}

// without removes the separator from a part. strings.ReplaceAll would read an
// empty separator as "between all runes", which is harmless here but a waste.
func without(part, separator string) string {
	if separator == "" {
		return part
	}
	return strings.ReplaceAll(part, separator, "")
}

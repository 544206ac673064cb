package sfprov_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// hostileTexts differ also without regard to case; none is a field name or part of an ID.
var hostileTexts = []string{
	"O'Brien", `say "x"`, `back\slash`, `\`, `\'`, `''`, `"`, `a/b`, `//evil.example`, `\\evil.example`, "..", "../../x", "a/../b", "./", "?", "a?b=c&d", "#", "a#b", "%2F", "%00", "%", "%252e", "100%_", "+", "a+b c", "nul\x00nul", "\x00", "cr\rlf\nend", "x\r\nEvil: 1", "tab\tted", "bell\a\b\f\v\x1b[2J", "del\x7f\u0085",
	"\u202egnp", "zero\u200bwidth", "\u2060\ufeff", "😀👩‍👩‍👧", "𝒳𝓎", "e\u0301\u0302", "\u0301", "é", "ＡＢ", "\u2028\u2029", "\u00a0nbsp", "\ufffd", "\xff", "a\xc3(", "\xed\xa0\x80",
	"x' OR Username != '", "x'OR(Id!='", `\' OR Id != '`, "%' OR Name LIKE '%", "x' --", "x') /* */", "<b>&amp;</b>", "<br>", "<script>", `","IsActive":false`, `{"a":[1]}`, "{UN}", "${x}", "%s%n%d", "$1", " x ", "\r\ny\r\n", "-", ";", strings.Repeat("lo-g", 1<<18),
}

// placeholders are those of them that stand for no value, and are none to match by.
var placeholders = []string{`""`, `''`, `"`, "${x}"}

// longestLookup is how many characters a string in a query may have.
const longestLookup = 4000

var allGrants = []string{string(sfprov.GrantClientCredentials), string(sfprov.GrantPassword), string(sfprov.GrantJWTBearer)}

func calls(ctx context.Context, p *sfprov.Provisioner, id string, u sfprov.User) map[string]error {
	errs := map[string]error{}
	_, errs["create"] = p.Create(ctx, u)
	_, errs["update"] = p.Update(ctx, id, u)
	_, errs["find"] = p.Find(ctx, u)
	_, errs["deactivate"] = p.Deactivate(ctx, id)
	return errs
}

// assertReadable wants what can stand in a log or on a terminal, and fills neither.
func assertReadable(t *testing.T, text, what string) {
	t.Helper()
	isPlain := utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
	assert.True(t, isPlain && len(text) < 8000, "%s: %d bytes: %.200q", what, len(text), text)
}

// assertRefused wants the caller or the configuration blamed, and nothing sent.
func assertRefused(t *testing.T, org *sfprovtest.Org, what string, errs ...error) {
	t.Helper()
	for _, err := range errs {
		require.True(t, errors.As(err, new(*sfprov.ValidationError)) || errors.As(err, new(*sfprov.ConfigError)), "%s: %v", what, err)
		assertReadable(t, strings.ReplaceAll(err.Error(), "\nsfprov: config: ", "; "), what) // as errors.Join joins them
	}
	assert.Equal(t, 0, len(org.Requests()), what) //nolint:testifylint // Empty would print them
}

func TestHostileFieldValues(t *testing.T) {
	t.Parallel()
	type name string
	for field, longest := range map[string]int{"Title": 80, "Street": 255, "FederationIdentifier": 512, "EmployeeNumber": 20, "Key__c": 2 << 20} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			org.AddCustomField("Key__c", 2<<20, false)
			p, ids := provisionerIn(t, org), map[string]string{} // by what is stored
			texts := append(slices.Clip(hostileTexts), strings.Repeat("😀", longestLookup), strings.Repeat("😀", longestLookup+1))
			user := func(name, text string) sfprov.User {
				return sfprov.User{Username: name, Fields: sfprov.Fields{"LastName": "Jones", "Email": "x@primary.com", field: text}}
			}
			for i, text := range texts {
				org.ResetRequests()
				what, stored := fmt.Sprintf("%.60q", text), strings.Trim(text, " \t\r\n") // as Salesforce does
				created, err := p.Create(t.Context(), user(fmt.Sprintf("user%d", i), text))
				if !utf8.ValidString(text) || utf8.RuneCountInString(text) > longest {
					_, updateErr := p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{field: text}})
					assertRefused(t, org, what, err, updateErr)
					continue
				}
				require.NoError(t, err, what)
				var body map[string]any
				require.NoError(t, json.Unmarshal(org.Requests()[0].Body, &body), what)
				was, _ := org.User(created.ID)
				isStored := was.Fields[field] == any(stored) || stored == "" && was.Fields[field] == nil
				assert.True(t, body[field] == text && isStored, "%s became %.60q", what, was.Fields[field])
				assert.Equal(t, []any{"Jones", "x@primary.com", true}, []any{was.Fields["LastName"], was.Fields["Email"], was.Active}, what)
				for _, value := range []any{nil, text, nil, &text, nil, name(text)} {
					_, err := p.Update(t.Context(), created.ID, sfprov.User{Fields: sfprov.Fields{field: value}})
					require.NoError(t, err, what)
				}
				is, _ := org.User(created.ID)
				was.Fields["LastModifiedDate"], was.Fields["SystemModstamp"] = is.Fields["LastModifiedDate"], is.Fields["SystemModstamp"]
				assert.True(t, assert.ObjectsAreEqual(was, is), "%s, updated", what)
				ids[stored] = created.ID
			}
			if field == "Title" || field == "Street" { // which can't be match fields
				return
			}
			p = provisionerIn(t, org, func(c *sfprov.Config) { c.MatchField = field })
			for _, text := range texts {
				org.ResetRequests()
				what, stored := fmt.Sprintf("%.60q", text), strings.Trim(text, " \t\r\n")
				if strings.TrimSpace(text) == "" { // is no value to match by
					continue
				}
				account, err := p.Find(t.Context(), user("adopted", text))
				adopted, createErr := p.Create(t.Context(), user("adopted", text))
				if !utf8.ValidString(text) || utf8.RuneCountInString(text) > longestLookup || slices.Contains(placeholders, text) {
					assertRefused(t, org, what, err, createErr)
					continue
				}
				if utf8.RuneCountInString(text) > longest { // no account can have it
					require.ErrorIs(t, err, sfprov.ErrNotFound)
					require.ErrorAs(t, createErr, new(*sfprov.ValidationError))
					continue
				}
				require.NoError(t, errors.Join(err, createErr), what)
				assert.Equal(t, []any{ids[stored], stored, ids[stored], sfprov.Adopted}, []any{account.ID, account.Fields[field], adopted.ID, adopted.Action}, what)
				org.SetUser(adopted.ID, sfprov.Fields{"Username": adopted.ID + "@primary.com"})
			}
		})
	}
}

// What encoding/json would replace without a word.
func TestHostileValuesInDisguise(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for _, value := range []any{
		json.RawMessage("\"\xff\""), json.RawMessage(`"x","IsActive":false`), json.RawMessage(`"x`), json.Number(`1,"IsActive":false`), []string{"\xff"}, json.RawMessage(`"\ud800"`), json.RawMessage(`"x\udc00x"`),
	} {
		_, err := provisionerIn(t, org).Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Key__c": value}})
		assertRefused(t, org, fmt.Sprintf("%T %s", value, value), err)
	}
}

func TestHostileFieldNamesAndIDs(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p, cfg := provisionerIn(t, org), org.Config()
	for _, text := range hostileTexts {
		for _, name := range []string{text, "Title" + text, text + "__c", "Id, " + text, "Title FROM User WHERE Name != '" + text} {
			user := alice()
			user.Fields[name] = "x"
			errs := calls(t.Context(), p, "", user)
			cfg.MatchField = name
			_, err := sfprov.New(cfg)
			assertRefused(t, org, fmt.Sprintf("%.60q", name), errs["create"], errs["update"], errs["find"], err)
		}
		padded := text + strings.Repeat("0", 18)
		for _, id := range []string{text, padded[:15], padded[:18], "005" + padded[:12], "005" + padded[:15], aliceID + text, text + aliceID, aliceID[:14] + text, aliceID[:15] + text} {
			errs := calls(t.Context(), p, id, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})
			assertRefused(t, org, fmt.Sprintf("%.60q", id), errs["update"], errs["deactivate"])
		}
	}
}

// What becomes part of a username is in it exactly, or New or the call says no.
func TestHostileUsernames(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for _, text := range hostileTexts {
		for place, set := range map[string]func(*sfprov.Config, *sfprov.User){
			"username":           func(_ *sfprov.Config, u *sfprov.User) { u.Username = text },
			"user store":         func(_ *sfprov.Config, u *sfprov.User) { u.Username = text + "/alice" },
			"domain of an email": func(_ *sfprov.Config, u *sfprov.User) { u.Username = "alice@" + text },
			"explicit username":  func(_ *sfprov.Config, u *sfprov.User) { u.Fields["Username"] = text + "@primary.com" },
			"user's tenant":      func(_ *sfprov.Config, u *sfprov.User) { u.TenantDomain = text },
			"TenantDomain":       func(c *sfprov.Config, _ *sfprov.User) { c.TenantDomain = text },
			"IdentityProvider":   func(c *sfprov.Config, _ *sfprov.User) { c.IdentityProvider = text },
			"Separator":          func(c *sfprov.Config, _ *sfprov.User) { c.Separator = text },
			"ProvisioningDomain": func(c *sfprov.Config, _ *sfprov.User) { c.ProvisioningDomain = text },
			"domain with a dot":  func(c *sfprov.Config, _ *sfprov.User) { c.ProvisioningDomain = text + ".com" },
		} {
			org.ResetRequests()
			cfg, user, what := org.Config(), alice(), fmt.Sprintf("%s %.60q", place, text)
			cfg.Pattern, cfg.IdentityProvider, cfg.TenantDomain, cfg.Separator, cfg.ProvisioningDomain = "{UD,UN,TD,IDP}", "idp", "tenant", "_", "primary.com"
			cfg.ReleaseUsername = true // the next one may get the same name
			set(&cfg, &user)
			p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
			if err != nil {
				assertRefused(t, org, what, err)
				continue
			}
			if _, err := p.Username(user); err != nil {
				errs := calls(t.Context(), p, "", user)
				assertRefused(t, org, what, err, errs["create"], errs["update"], errs["find"])
				continue
			}
			id := sfprov.Identity{Username: user.Username, TenantDomain: cmp.Or(user.TenantDomain, cfg.TenantDomain), IdentityProvider: cfg.IdentityProvider}
			given, _ := user.Fields["Username"].(string)
			want := cmp.Or(given, obviousUserID([]string{"UD", "UN", "TD", "IDP"}, id, cfg.Separator, cfg.ProvisioningDomain))
			created, err := p.Create(t.Context(), user)
			stored, _ := org.User(created.ID)
			found, findErr := p.Find(t.Context(), user)
			_, deactivateErr := p.Deactivate(t.Context(), created.ID)
			require.NoError(t, errors.Join(err, findErr, deactivateErr), what)
			assert.Equal(t, []string{obviousLower(want), created.ID}, []string{stored.Username, found.ID}, what)
		}
	}
}

// A secret arrives where the configuration says, letter by letter but for blanks around, or
// goes nowhere.
func TestHostileLogins(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	type login struct{ grant, domain, endpoint, secret string }
	for _, text := range hostileTexts {
		logins := []login{{allGrants[0], domain, "", text}, {allGrants[1], domain, "", text}, {allGrants[2], domain, "", text}}
		text = text[:min(len(text), 1<<14)] // of a host name, the race detector makes more take seconds
		for _, given := range []string{
			text, "https://" + text, domain + text, domain + "/" + text, "https://acme" + text + ".my.salesforce.com", "http://127.0.0.1" + text, "http://127.0.0.1:80" + text,
			"https://evil.example" + text + "@acme.my.salesforce.com", text + "://acme.my.salesforce.com", "http://localhost" + text + "evil.example", domain + "/services" + text,
		} {
			logins = append(logins, login{allGrants[0], given, "", "secret"}, login{allGrants[0], domain, given, "secret"})
		}
		for _, l := range logins {
			cfg, what, reached, sent := org.Config(), fmt.Sprintf("%.80q", l), "", url.Values{}
			cfg.GrantType, cfg.Domain, cfg.TokenEndpoint, cfg.ProvisioningDomain = sfprov.GrantType(l.grant), l.domain, l.endpoint, "primary.com"
			cfg.ClientID, cfg.ClientSecret, cfg.Username, cfg.Password = l.secret, sfprov.Secret(l.secret), l.secret, sfprov.Secret(l.secret)
			network := httpmock.NewMockTransport()
			network.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
				reached, sent = r.URL.String(), form(t, r)
				return httpmock.NewStringResponse(http.StatusBadRequest, ""), nil
			})
			p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: network}))
			if err != nil {
				assertRefused(t, org, what, err)
				continue
			}
			_, err = p.Find(t.Context(), alice())
			require.ErrorIs(t, err, sfprov.ErrAuth, what)
			want := cmp.Or(strings.TrimSpace(l.endpoint), strings.TrimSuffix(strings.TrimSpace(l.domain), "/")+"/services/oauth2/token")
			want, err = url.PathUnescape(want) // to escape a character changes nothing
			reached, reachedErr := url.PathUnescape(reached)
			require.NoError(t, errors.Join(err, reachedErr), what)
			assert.True(t, want == reached || "https://"+want == reached, "%s reached %.80q", what, reached)
			assert.Regexp(t, `^(https://|http://(localhost|127\.0\.0\.1)[:/])`, reached[:min(len(reached), 40)], what)
			if cfg.GrantType == sfprov.GrantJWTBearer {
				var claims struct{ Iss, Sub string }
				payload, err := base64.RawURLEncoding.DecodeString(strings.Split(sent.Get("assertion"), ".")[1])
				require.NoError(t, errors.Join(err, json.Unmarshal(payload, &claims)), what)
				sent = url.Values{"client_id": {claims.Iss}, "username": {claims.Sub}}
			}
			for name, values := range sent {
				assert.True(t, values[0] == strings.TrimSpace(l.secret) || name == "grant_type", "%s: %s became %.60q", what, name, values)
			}
		}
	}
}

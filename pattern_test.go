package sfprov_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// patternCase is a row of testdata/pattern-cases.tsv.
type patternCase struct {
	line                       int
	pattern, separator, domain string
	idp, tenant, username      string
	want                       string
}

// patternCases reads the worked user IDs. An empty pattern and an empty
// separator stand for the defaults that New fills in.
func patternCases(tb testing.TB) []patternCase {
	tb.Helper()
	content, err := os.ReadFile("testdata/pattern-cases.tsv")
	require.NoError(tb, err)
	lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	require.Equal(tb, "pattern\tseparator\tprovisioning_domain\tidentity_provider\ttenant_domain\tusername\twant", lines[0])
	var cases []patternCase
	for i, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		require.Len(tb, cells, 7, "line %d", i+2)
		c := patternCase{
			line: i + 2, pattern: cells[0], separator: cells[1], domain: cells[2],
			idp: cells[3], tenant: cells[4], username: cells[5], want: cells[6],
		}
		if c.pattern == "" {
			c.pattern = "{UN}"
		}
		if c.separator == "" {
			c.separator = "_"
		}
		cases = append(cases, c)
	}
	return cases
}

func TestPatternCases(t *testing.T) {
	t.Parallel()
	cases := patternCases(t)
	refused := 0
	for _, c := range cases {
		if c.want == "ERROR" {
			refused++
		}
		t.Run(fmt.Sprintf("line %d %s", c.line, c.pattern), func(t *testing.T) {
			t.Parallel()
			p, err := sfprov.ParsePattern(c.pattern)
			if c.want == "ERROR" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			id := sfprov.Identity{Username: c.username, TenantDomain: c.tenant, IdentityProvider: c.idp}
			assert.Equal(t, c.want, p.UserID(id, c.separator, c.domain))
		})
	}
	// The file is the contract: a copy that lost its rows would prove nothing.
	assert.Len(t, cases, 67)
	assert.Equal(t, 4, refused)
}

func TestParsePatternAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"{UN}":                  "{UN}",
		"{UD,UN,TD,IDP}":        "{UD,UN,TD,IDP}",
		"{IDP,TD,UN,UD}":        "{IDP,TD,UN,UD}", // any order
		"{UN,UN}":               "{UN,UN}",        // any number
		"<UD,UN>":               "{UD,UN}",
		"{ UD , UN }":           "{UD,UN}", // blanks around tokens
		" {UD,UN} ":             "{UD,UN}",
		"{UD,\tUN}":             "{UD,UN}",
		"{,UD,,UN,}":            "{UD,UN}", // empty entries
		"{UD, ,UN}":             "{UD,UN}",
		"{UD},{UN}":             "{UD,UN}", // braces only delimit, wherever they are
		"{{UN}}":                "{UN}",
		"{UD,UN,TD,IDP,UD,UN,}": "{UD,UN,TD,IDP,UD,UN}",
	}
	for pattern, want := range tests {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			p, err := sfprov.ParsePattern(pattern)
			require.NoError(t, err)
			assert.Equal(t, want, p.String())
		})
	}
}

func TestParsePatternRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern string
		names   string // what the message must point at
	}{
		"nothing":            {"", `""`},
		"no token":           {"{}", "{}"},
		"blanks only":        {"{ , }", "{ , }"},
		"angles only":        {"<>", "<>"},
		"lower case":         {"{ud,un}", `"ud"`},
		"mixed case":         {"{UD,Un}", `"Un"`},
		"unknown token":      {"{UD,MAIL}", `"MAIL"`},
		"no braces":          {"UD,UN", "UD,UN"},
		"no opening brace":   {"UD,UN}", "UD,UN}"},
		"no closing brace":   {"{UD,UN", "{UD,UN"},
		"adjacent groups":    {"{UN}{TD}", `"UNTD"`},
		"semicolons":         {"{UD;UN}", `"UD;UN"`},
		"blanks between":     {"{UD UN}", `"UD UN"`},
		"text around":        {"user-{UN}", `"user-UN"`},
		"invalid UTF-8":      {"{UN,\xff}", `\xff`},
		"full-width letters": {"{\uff35\uff2e}", "\uff35\uff2e"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := sfprov.ParsePattern(test.pattern)
			require.ErrorContains(t, err, test.names)
			assert.Equal(t, sfprov.Pattern{}, p, "a refused pattern builds nothing")
		})
	}
}

// TestUserIDSettledCases has the cases that design.md settles one by one.
func TestUserIDSettledCases(t *testing.T) {
	t.Parallel()
	all := sfprov.Identity{Username: "SECONDARY/Alice", TenantDomain: "carbon.super", IdentityProvider: "SF"}
	tests := map[string]struct {
		pattern           string
		id                sfprov.Identity
		separator, domain string
		want              string
	}{
		"the store of the username":             {"{UD,UN}", sfprov.Identity{Username: "SECONDARY/alice"}, "_", "", "secondary_alice"},
		"no store is PRIMARY":                   {"{UD,UN}", sfprov.Identity{Username: "alice"}, "_", "", "primary_alice"},
		"nothing before the slash is PRIMARY":   {"{UD,UN}", sfprov.Identity{Username: "/erin"}, "_", "", "primary_erin"},
		"the first slash counts":                {"{UD,UN}", sfprov.Identity{Username: "X/y/z"}, "_", "", "x_y/z"},
		"the first slash counts when leading":   {"{UD,UN}", sfprov.Identity{Username: "//z"}, "_", "", "primary_/z"},
		"UserDomain without a prefix":           {"{UD,UN}", sfprov.Identity{Username: "alice", UserDomain: "LDAP"}, "_", "", "ldap_alice"},
		"UserDomain wins, the prefix goes":      {"{UD,UN}", sfprov.Identity{Username: "SECONDARY/alice", UserDomain: "LDAP"}, "_", "", "ldap_alice"},
		"UserDomain wins over an empty prefix":  {"{UD,UN}", sfprov.Identity{Username: "/erin", UserDomain: "LDAP"}, "_", "", "ldap_erin"},
		"the prefix goes without UD too":        {"{UN}", sfprov.Identity{Username: "SECONDARY/alice", UserDomain: "LDAP"}, "_", "", "alice"},
		"the separator is removed from UD":      {"{UD,UN}", sfprov.Identity{Username: "alice", UserDomain: "LD_AP_"}, "_", "", "ldap_alice"},
		"the separator stays in UN":             {"{UN,TD}", sfprov.Identity{Username: "a_b", TenantDomain: "c_d"}, "_", "", "a_b_cd"},
		"the separator is removed from IDP":     {"{UN,IDP}", sfprov.Identity{Username: "a", IdentityProvider: "x--y"}, "--", "", "a--xy"},
		"an empty separator joins without one":  {"{UD,UN,TD,IDP}", all, "", "", "secondaryalicecarbon.supersf"},
		"an empty separator removes nothing":    {"{TD,UN}", sfprov.Identity{Username: "a_b", TenantDomain: "c-d_e"}, "", "", "c-d_ea_b"},
		"a dot is plain text":                   {"{UD,UN,TD,IDP}", all, ".", "", "secondary.alice.carbonsuper.sf"},
		"other operators are plain text":        {"{UN,TD}", sfprov.Identity{Username: "a", TenantDomain: "x[a-z]+y"}, "[a-z]+", "", "a[a-z]+xy"},
		"the parts are lower-cased":             {"{UN,TD}", sfprov.Identity{Username: "ALICE", TenantDomain: "Example.ORG"}, "X", "", "alicexexample.org"},
		"letters of other scripts too":          {"{UN}", sfprov.Identity{Username: "ÄÖÜÇΣЖ"}, "_", "", "äöüçσж"},
		"the domain is appended":                {"{UN}", sfprov.Identity{Username: "alice"}, "_", "primary.com", "alice@primary.com"},
		"the domain is lower-cased":             {"{UN}", sfprov.Identity{Username: "alice"}, "_", "Primary.COM", "alice@primary.com"},
		"every @ becomes a dot":                 {"{UN}", sfprov.Identity{Username: "a@b@c"}, "_", "primary.com", "a.b.c@primary.com"},
		"a name that ends in @domain stays":     {"{UN}", sfprov.Identity{Username: "alice@primary.com"}, "_", "primary.com", "alice@primary.com"},
		"it stays in any case":                  {"{UN}", sfprov.Identity{Username: "Alice@PRIMARY.com"}, "_", "primary.COM", "alice@primary.com"},
		"it stays with more than one @":         {"{UN}", sfprov.Identity{Username: "a@b@primary.com"}, "_", "primary.com", "a@b@primary.com"},
		"the bare domain suffix is not the end": {"{UN}", sfprov.Identity{Username: "alice@notprimary.com"}, "_", "primary.com", "alice.notprimary.com@primary.com"},
		"nor is it behind the separator":        {"{UN,TD}", sfprov.Identity{Username: "alice", TenantDomain: "primary.com"}, "-", "primary.com", "alice-primary.com@primary.com"},
		"a separator of @ can make the end":     {"{UN,TD}", sfprov.Identity{Username: "alice", TenantDomain: "primary.com"}, "@", "primary.com", "alice@primary.com"},
		"without a domain every @ stays":        {"{UN}", sfprov.Identity{Username: "a@b@c"}, "_", "", "a@b@c"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := sfprov.ParsePattern(test.pattern)
			require.NoError(t, err)
			got := p.UserID(test.id, test.separator, test.domain)
			assert.Equal(t, test.want, got)
			if !strings.Contains(got, "/") {
				// What is a user ID already is its own user ID.
				again, err := sfprov.ParsePattern("{UN}")
				require.NoError(t, err)
				assert.Equal(t, got, again.UserID(sfprov.Identity{Username: got}, test.separator, test.domain))
			}
		})
	}
}

// TestUserIDsThatClash pins the clashes that the documentation of UserID admits.
// They are the price of the rules; that they never end in a shared account is
// proved where users are created.
func TestUserIDsThatClash(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern           string
		a, b              sfprov.Identity
		separator, domain string
		want              string
	}{
		"@ and dot under a domain": {
			"{UN}", sfprov.Identity{Username: "a@b"}, sfprov.Identity{Username: "a.b"}, "_", "primary.com", "a.b@primary.com",
		},
		"tenants that differ in the separator": {
			"{UN,TD}", sfprov.Identity{Username: "alice", TenantDomain: "x-y"}, sfprov.Identity{Username: "alice", TenantDomain: "xy"}, "-", "", "alice-xy",
		},
		"names that differ in case": {
			"{UN}", sfprov.Identity{Username: "Alice"}, sfprov.Identity{Username: "aLICE"}, "_", "", "alice",
		},
		"no store and the store PRIMARY": {
			"{UD,UN}", sfprov.Identity{Username: "alice"}, sfprov.Identity{Username: "PRIMARY/alice"}, "_", "", "primary_alice",
		},
		"with and without the domain": {
			"{UN}", sfprov.Identity{Username: "alice"}, sfprov.Identity{Username: "alice@primary.com"}, "_", "primary.com", "alice@primary.com",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := sfprov.ParsePattern(test.pattern)
			require.NoError(t, err)
			assert.Equal(t, test.want, p.UserID(test.a, test.separator, test.domain))
			assert.Equal(t, test.want, p.UserID(test.b, test.separator, test.domain))
		})
	}
}

// obviousTokens reads a pattern by the prose of the contract, character by
// character: braces are dropped but must be there, commas end an entry, blanks
// around an entry and empty entries are ignored.
func obviousTokens(pattern string) ([]string, bool) {
	var entries []string
	opened, closed, entry := false, false, ""
	for i := range len(pattern) {
		switch c := pattern[i]; c {
		case '{', '<':
			opened = true
		case '}', '>':
			closed = true
		case ',':
			entries = append(entries, entry)
			entry = ""
		default:
			entry += string([]byte{c})
		}
	}
	var tokens []string
	for _, entry := range append(entries, entry) {
		switch entry = strings.TrimFunc(entry, unicode.IsSpace); entry {
		case "UD", "UN", "TD", "IDP":
			tokens = append(tokens, entry)
		case "":
		default:
			return nil, false
		}
	}
	return tokens, opened && closed && len(tokens) > 0
}

// obviousUserID builds a user ID by the prose of the contract, slowly and with
// nothing from the package.
func obviousUserID(tokens []string, id sfprov.Identity, separator, domain string) string {
	store, name := "", id.Username
	for i := range len(id.Username) {
		if id.Username[i] == '/' {
			store, name = id.Username[:i], id.Username[i+1:]
			break
		}
	}
	if store == "" {
		store = "PRIMARY"
	}
	if id.UserDomain != "" {
		store = id.UserDomain
	}

	joined := ""
	for i, token := range tokens {
		if i > 0 {
			joined += separator
		}
		switch token {
		case "UN":
			joined += name
		case "UD":
			joined += obviousErase(store, separator)
		case "TD":
			joined += obviousErase(id.TenantDomain, separator)
		case "IDP":
			joined += obviousErase(id.IdentityProvider, separator)
		}
	}
	lower := obviousLower(joined)
	if domain == "" {
		return lower
	}
	end := "@" + obviousLower(domain)
	if len(lower) >= len(end) && lower[len(lower)-len(end):] == end {
		return lower
	}
	dotted := ""
	for _, r := range lower {
		if r == '@' {
			r = '.'
		}
		dotted += string(r)
	}
	return dotted + end
}

func obviousErase(s, separator string) string {
	kept := ""
	for s != "" {
		if separator != "" && strings.HasPrefix(s, separator) {
			s = s[len(separator):]
			continue
		}
		kept += s[:1]
		s = s[1:]
	}
	return kept
}

func obviousLower(s string) string {
	lower := ""
	for _, r := range s { // a broken byte comes as U+FFFD
		lower += string(unicode.ToLower(r))
	}
	return lower
}

func FuzzUserID(f *testing.F) {
	for _, c := range patternCases(f) {
		f.Add(c.pattern, c.username, "", c.tenant, c.idp, c.separator, c.domain)
	}
	f.Add("{UD,UN}", "SECONDARY/alice", "LDAP", "", "", "", "primary.com")
	f.Add("{UN,TD}", "a\xffb/\xe2\x82", "\xac", "\xf0\x9f", "İK", "\x82", "PRIMARY\xff.com")
	f.Add("{TD,UN,UD}", "ǅ/ϴẞΣ", "", "x..y", "", "..", "É.com")
	f.Fuzz(func(t *testing.T, pattern, username, userDomain, tenant, idp, separator, domain string) {
		p, err := sfprov.ParsePattern(pattern)
		if err != nil {
			return // FuzzParsePattern says which are refused
		}
		tokens, ok := obviousTokens(pattern)
		require.True(t, ok, "pattern %q", pattern)
		id := sfprov.Identity{Username: username, UserDomain: userDomain, TenantDomain: tenant, IdentityProvider: idp}

		got := p.UserID(id, separator, domain)

		require.Equal(t, obviousUserID(tokens, id, separator, domain), got)
		require.Equal(t, strings.ToLower(got), got, "the ID is in lower case")
		if domain != "" {
			require.True(t, strings.HasSuffix(got, "@"+strings.ToLower(domain)), "%q ends in the domain", got)
		}
		if !strings.Contains(got, "/") {
			alone, err := sfprov.ParsePattern("{UN}")
			require.NoError(t, err)
			require.Equal(t, got, alone.UserID(sfprov.Identity{Username: got}, separator, domain), "a user ID is its own user ID")
		}
	})
}

var plainPattern = regexp.MustCompile(`^\{(UD|UN|TD|IDP)(,(UD|UN|TD|IDP))*\}$`)

func FuzzParsePattern(f *testing.F) {
	for _, c := range patternCases(f) {
		f.Add(c.pattern)
	}
	for _, pattern := range []string{"", "{}", "<UD,UN>", "{ud}", "{UN", "}UN{", "{UD , ,UN}", "{UN\u00a0}", "{\xff}", "{UN}\x00"} {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		p, err := sfprov.ParsePattern(pattern)
		tokens, ok := obviousTokens(pattern)
		require.Equal(t, ok, err == nil, "pattern %q: %v", pattern, err)
		if err != nil {
			require.Equal(t, sfprov.Pattern{}, p)
			return
		}
		plain := p.String()
		require.Equal(t, "{"+strings.Join(tokens, ",")+"}", plain)
		require.Regexp(t, plainPattern, plain)
		again, err := sfprov.ParsePattern(plain)
		require.NoError(t, err)
		require.Equal(t, plain, again.String(), "the plain form is stable")
		require.Equal(t, p, again, "and means the same")
	})
}

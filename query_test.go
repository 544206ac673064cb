package sfprov

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSOQLString(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ given, want string }{
		"nothing":              {"", `''`},
		"plain":                {"alice@primary.com", `'alice@primary.com'`},
		"quotation mark":       {"o'neil", `'o\'neil'`},
		"double quotes":        {`a"b`, `'a\"b'`},
		"backslash":            {`a\b`, `'a\\b'`},
		"backslash at the end": {`a\`, `'a\\'`},
		"backslash and quote":  {`a\'b`, `'a\\\'b'`},
		"line feed":            {"a\nb", `'a\nb'`},
		"carriage return":      {"a\rb", `'a\rb'`},
		"tab":                  {"a\tb", `'a\tb'`},
		"backspace":            {"a\bb", `'a\bb'`},
		"form feed":            {"a\fb", `'a\fb'`},
		"NUL":                  {"a\x00b", `'a\u0000b'`},
		"vertical tab":         {"a\vb", `'a\u000Bb'`},
		"escape":               {"a\x1bb", `'a\u001Bb'`},
		"delete":               {"a\x7fb", `'a\u007Fb'`},
		// Every other backslash is an error of Salesforce's: what means something
		// in LIKE, or elsewhere, means nothing in an equals and stays as it is.
		"percent and underscore": {"50%_a", `'50%_a'`},
		"other marks":            {"a/b{c}[d](e)?*+&|!:-;,=<>$#@~`^", "'a/b{c}[d](e)?*+&|!:-;,=<>$#@~`^'"},
		"beyond ASCII":           {"Zoë Жук 日本", `'Zoë Жук 日本'`},
		"beyond 16 bits":         {"😀", `'😀'`},
		"an attack":              {"x' OR Id != '", `'x\' OR Id != \''`},
		"looks escaped":          {`\u0027 OR`, `'\\u0027 OR'`},
		"full-width quote":       {"a＇b", `'a＇b'`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			literal, err := soqlString(test.given)
			require.NoError(t, err)
			assert.Equal(t, test.want, literal)
		})
	}
}

func TestSOQLStringRefuses(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]string{
		"invalid UTF-8":   "a\xffb",
		"half a rune":     "a\xe2\x82",
		"a surrogate":     "\xed\xa0\x80",
		"4001 characters": strings.Repeat("é", 4001),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			literal, err := soqlString(given)
			require.Error(t, err)
			assert.Empty(t, literal)
			condition, err := equals("Key__c", given)
			var invalid *ValidationError
			require.ErrorAs(t, err, &invalid, "a value that can't be looked up is the caller's to mend")
			assert.Equal(t, "Key__c", invalid.Problems[0].Field)
			assert.Empty(t, condition)
		})
	}
	literal, err := soqlString(strings.Repeat("é", 4000))
	require.NoError(t, err, "characters count, not bytes")
	assert.Equal(t, 4002, utf8.RuneCountInString(literal))
}

// readSOQLString reads a string literal by the rules of the SOQL reference,
// independently of how it was written. rest is what follows the closing quote.
func readSOQLString(literal string) (value, rest string, err error) {
	if !strings.HasPrefix(literal, "'") {
		return "", "", errors.New("no opening quote")
	}
	var b strings.Builder
	for i := 1; i < len(literal); i++ {
		switch c := literal[i]; {
		case c == '\'':
			return b.String(), literal[i+1:], nil
		case c == '\n' || c == '\r' || c < ' ':
			return "", "", fmt.Errorf("a bare control character at %d", i)
		case c != '\\':
			b.WriteByte(c)
		case i+1 == len(literal):
			return "", "", errors.New("a backslash at the end")
		default:
			i++
			plain := map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '"': '"', '\'': '\'', '\\': '\\'}
			if p, ok := plain[literal[i]]; ok {
				b.WriteByte(p)
				continue
			}
			if literal[i] != 'u' || i+4 >= len(literal) {
				return "", "", fmt.Errorf("a backslash before %q, which is an error", literal[i])
			}
			code, err := strconv.ParseUint(literal[i+1:i+5], 16, 16)
			if err != nil {
				return "", "", err
			}
			b.WriteRune(rune(code))
			i += 4
		}
	}
	return "", "", errors.New("no closing quote")
}

func FuzzSOQLString(f *testing.F) {
	for _, s := range []string{
		"", "alice", "o'neil", `\`, `\'`, `\\'`, "'", "''", "' OR Id != '", "\x00\x07\b\t\n\v\f\r\x1b\x7f", `"`, `\u0027`, "%_", "é日😀",
		"\xff", "\xed\xa0\x80", "\u2028\u2029\u0085\u200f", "{}[]", strings.Repeat("'", 4000), strings.Repeat("x", 4001),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		literal, err := soqlString(s)
		if err != nil {
			require.True(t, !utf8.ValidString(s) || utf8.RuneCountInString(s) > 4000, "refused for no reason: %q", s)
			return
		}
		require.True(t, utf8.ValidString(s), "what is broken can't be looked up")
		value, rest, err := readSOQLString(literal)
		require.NoError(t, err, "in %s", literal)
		require.Empty(t, rest, "the literal %s ends early", literal)
		require.Equal(t, s, value)
	})
}

func TestNextPage(t *testing.T) {
	t.Parallel()
	for _, location := range []string{
		"/services/data/v66.0/query/01gD0000002HU6KIAW-2000",
		"/services/data/v66.0/query/01gD0000002HU6KIAW-500",
		"/services/data/v67.0/query/0r8xx0000000000AAA%2B-2000", // stays escaped
	} {
		t.Run("accepted "+location, func(t *testing.T) {
			t.Parallel()
			path, err := nextPage(answer{status: http.StatusOK}, location)
			require.NoError(t, err)
			assert.Equal(t, location, path)
		})
	}
	for name, location := range map[string]string{
		"nothing":              "",
		"absolute":             "https://acme.my.salesforce.com/services/data/v66.0/query/01g-2000",
		"another host":         "https://evil.example/services/data/v66.0/query/01g-2000",
		"a scheme, no host":    "https:/services/data/v66.0/query/01g-2000",
		"plain http":           "http://acme.my.salesforce.com/services/data/v66.0/query/01g-2000",
		"no scheme":            "//evil.example/services/data/v66.0/query/01g-2000",
		"no scheme, with user": "//user@/services/data/v66.0/query/01g-2000",
		"backslashes":          `\\evil.example/services/data/v66.0/query/01g-2000`,
		"slash and backslash":  `/\evil.example/services/data/v66.0/query/01g-2000`,
		"dots":                 "/services/data/v66.0/query/../../../secur/logout.jsp",
		"dots, escaped":        "/services/data/v66.0/query/%2e%2e/%2E%2e/sobjects/User/describe",
		"dots, half escaped":   "/services/data/v66.0/query/.%2e/sobjects",
		"query":                "/services/data/v66.0/query?q=SELECT+Id+FROM+Account",
		"empty query":          "/services/data/v66.0/query/01g-2000?",
		"fragment":             "/services/data/v66.0/query/01g-2000#x",
		"another tree":         "/services/oauth2/revoke",
		"a look-alike":         "/services/database/v66.0/query/01g-2000",
		"relative":             "services/data/v66.0/query/01g-2000",
		"opaque":               "mailto:alice@primary.com",
		"line break":           "/services/data/v66.0/query/01g-2000\r\nX-Evil: 1",
		"broken escape":        "/services/data/v66.0/query/01g%zz",
		"script":               "javascript:alert(1)",
	} {
		t.Run("refused "+name, func(t *testing.T) {
			t.Parallel()
			path, err := nextPage(answer{status: http.StatusOK}, location)
			require.Error(t, err)
			assert.Empty(t, path)
			assert.NotContains(t, err.Error(), "evil.example", "an answer's contents are not repeated")
		})
	}
}

// queryOrg answers a client: logins always, the rest by turns.
type queryOrg struct {
	pages []string
	paths []string
}

func (o *queryOrg) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"access_token":"token-1","instance_url":"https://acme.my.salesforce.com","token_type":"Bearer"}`
	if r.URL.Path != "/services/oauth2/token" {
		o.paths = append(o.paths, r.URL.RequestURI())
		if len(o.pages) == 0 {
			return nil, errors.New("no page is left")
		}
		body, o.pages = o.pages[0], o.pages[1:]
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewBufferString(body)), Request: r,
	}, nil
}

// queryClient is a client of an org that has these pages.
func queryClient(t *testing.T, pages ...string) (*client, *queryOrg) {
	t.Helper()
	org := &queryOrg{pages: pages}
	p, err := New(Config{Domain: "acme.my.salesforce.com", ClientID: "k", ClientSecret: "s"}, WithHTTPClient(&http.Client{Transport: org}))
	require.NoError(t, err)
	return p.api, org
}

// queryAll collects what a query yields.
func queryAll(ctx context.Context, c *client, soql string) (ids []any, err error) {
	for record, err := range c.query(ctx, soql) {
		if err != nil {
			return ids, err
		}
		id, _ := record.lookup("Id")
		ids = append(ids, id)
	}
	return ids, nil
}

func TestQueryFollowsPages(t *testing.T) {
	t.Parallel()
	c, org := queryClient(
		t,
		`{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-1","records":[{"Id":"a"}]}`,
		`{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-2","records":[{"Id":"b"}]}`,
		`{"totalSize":3,"done":true,"records":[{"Id":"c"}]}`,
	)
	ids, err := queryAll(t.Context(), c, "SELECT Id FROM User WHERE Name = 'a&b+c#d?e=f'")
	require.NoError(t, err)
	assert.Equal(t, []any{"a", "b", "c"}, ids)
	require.Len(t, org.paths, 3)
	first, err := url.ParseRequestURI(org.paths[0])
	require.NoError(t, err)
	assert.Equal(t, "/services/data/v66.0/query", first.Path)
	assert.Equal(t, url.Values{"q": {"SELECT Id FROM User WHERE Name = 'a&b+c#d?e=f'"}}, first.Query(), "nothing but the query, whatever is in it")
	assert.Equal(t, []string{"/services/data/v66.0/query/01g-1", "/services/data/v66.0/query/01g-2"}, org.paths[1:])
}

func TestQueryStopsWithItsReader(t *testing.T) {
	t.Parallel()
	c, org := queryClient(t, `{"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-1","records":[{"Id":"a"},{"Id":"b"}]}`)
	for record, err := range c.query(t.Context(), "SELECT Id FROM User") {
		require.NoError(t, err)
		id, _ := record.lookup("Id")
		assert.Equal(t, "a", id)
		break
	}
	assert.Len(t, org.paths, 1, "a page that nobody reads is not fetched")
}

// TestQueryThatIsIncompleteFails: a list that was cut short looks like a user
// who does not exist.
func TestQueryThatIsIncompleteFails(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"no next page":        `{"done":false,"records":[{"Id":"a"}]}`,
		"page of others":      `{"done":false,"nextRecordsUrl":"https://evil.example/services/data/v66.0/query/1","records":[{"Id":"a"}]}`,
		"an empty object":     `{}`,
		"no JSON":             `<html></html>`,
		"cut off":             `{"done":true,"records":[{"Id":"a"}`,
		"null":                `null`,
		"an array":            `[]`,
		"records of no shape": `{"done":true,"records":[1]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, org := queryClient(t, page)
			_, err := queryAll(t.Context(), c, "SELECT Id FROM User")
			var apiErr *APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, http.StatusOK, apiErr.StatusCode)
			assert.Len(t, org.paths, 1)
		})
	}
}

// TestQueryThatIsTooLong: Salesforce answers a request target of more than
// 16,384 bytes with 414, which would tell nobody what to do.
func TestQueryThatIsTooLong(t *testing.T) {
	t.Parallel()
	const before = "/services/data/v66.0/query?q="
	for name, test := range map[string]struct {
		soql    string
		refused bool
	}{
		"as long as may be":   {strings.Repeat("x", 16384-len(before)), false},
		"one more":            {strings.Repeat("x", 16384-len(before)+1), true},
		"escaping counts":     {strings.Repeat("é", 16384/6), true},
		"a value of 4000 é":   {"SELECT Id FROM User WHERE Key__c = '" + strings.Repeat("é", 4000) + "'", true},
		"a value of 4000 a":   {"SELECT Id FROM User WHERE Key__c = '" + strings.Repeat("a", 4000) + "'", false},
		"a value of 80 runes": {"SELECT Id FROM User WHERE Username = '" + strings.Repeat("😀", 80) + "'", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, org := queryClient(t, `{"done":true,"records":[{"Id":"a"}]}`)
			ids, err := queryAll(t.Context(), c, test.soql)
			if test.refused {
				var invalid *ValidationError
				require.ErrorAs(t, err, &invalid)
				assert.Empty(t, ids)
				assert.Empty(t, org.paths, "nothing is sent")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, []any{"a"}, ids)
			require.Len(t, org.paths, 1)
			assert.LessOrEqual(t, len(org.paths[0]), 16384)
		})
	}
}

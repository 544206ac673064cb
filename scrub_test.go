package sfprov

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writtenForms are the ways in which a text is written by who sends it back.
var writtenForms = map[string]func(string) string{
	"as it is": func(s string) string { return s },
	"in JSON": func(s string) string {
		var b strings.Builder
		if err := json.NewEncoder(&b).Encode(s); err != nil {
			return err.Error()
		}
		return b.String()[1 : b.Len()-2]
	},
	"in plain JSON": func(s string) string {
		var b strings.Builder
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(s); err != nil {
			return err.Error()
		}
		return strings.ReplaceAll(b.String()[1:len(b.String())-2], "/", `\/`)
	},
	"in ASCII JSON": func(s string) string {
		quoted := strconv.QuoteToASCII(s)
		return quoted[1 : len(quoted)-1]
	},
	"each character in JSON": func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if r > 0xffff {
				b.WriteRune(r)
				continue
			}
			b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		}
		return b.String()
	},
	"in a query":           url.QueryEscape,
	"in a path":            url.PathEscape,
	"in a query, in small": func(s string) string { return lower(url.QueryEscape(s)) },
	"in HTML":              html.EscapeString,
	"in a template":        template.HTMLEscapeString,
	"in JavaScript":        template.JSEscapeString,
	"in XML": func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s))
		return b.String()
	},
}

// lower writes escapes as %2f, where Go writes %2F.
func lower(escaped string) string {
	parts := strings.Split(escaped, "%")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToLower(parts[i][:2]) + parts[i][2:]
	}
	return strings.Join(parts, "%")
}

// TestSecretsAreFoundHoweverTheyAreWritten writes secrets in each way, and in each way
// within each other.
func TestSecretsAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		"consumer-secret", `<a/b>&"c"\d'e`, "s3cr3t/+=&%41", "pass word+1", "Zoë 😀 geheim", "00Dxx!AQ.x_y-z~", `\\`, `"`, "</", "ab!c", "x1", "%", "+", "&amp;", `\n`,
	} {
		for outer, wrap := range writtenForms {
			for inner, write := range writtenForms {
				for _, around := range []string{`{"client_secret":"%s","x":1}`, "client_secret=%s&grant_type=password", "you sent (%s).", "%s"} {
					text := wrap(strings.ReplaceAll(around, "%s", write(secret)))
					clean := scrub(text, len(text), secret)
					for _, r := range readings(clean) {
						assert.NotContains(t, strings.ReplaceAll(r.text, redacted, ""), secret, "%s, %s: %s", inner, outer, clean)
					}
					assert.Contains(t, clean, redacted, "%s, %s: %s in %s", inner, outer, secret, text)
					if len(secret) < 8 || around == "%s" {
						continue
					}
					assert.Equal(t, wrap(strings.ReplaceAll(around, "%s", redacted)), restored(wrap, clean), "nothing else is taken out: %s, %s, %s", secret, inner, outer)
				}
			}
		}
	}
	const secret = "consumer-secret"
	for _, encoded := range []string{base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
		assert.NotContains(t, scrub("Basic "+encoded, 100, secret), strings.TrimRight(encoded, "="))
	}
}

// restored is a clean text as it is if the form changes the brackets of what stands for a
// secret, too.
func restored(wrap func(string) string, clean string) string {
	return strings.ReplaceAll(clean, redacted, wrap(redacted))
}

// TestShortSecrets: one that can be part of a word is taken out where it stands alone.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	const gone = redacted
	for secret, texts := range map[string]map[string]string{
		"a": {
			"a password can't be a name": gone + " password can't be " + gone + " name",
			`{"NewPassword":"a"}`:        `{"NewPassword":"` + gone + `"}`,
			"Invalid data: catalog":      "Invalid data: catalog",
			"p=a&q=aa":                   "p=" + gone + "&q=aa",
			"p%3Da%26q":                  "p%3D" + gone + "%26q",
			"PASSWORD_a_b":               "PASSWORD_a_b",
		},
		"ab1":  {"xab1x ab1": "xab1x " + gone},
		"ab1!": {"xab1!x ab1!": "x" + gone + "x " + gone},
		"é":    {"é, été": gone + ", été", `"\u00e9"`: `"` + gone + `"`},
		"!":    {"No! no": "No" + gone + " no"},
		"":     {"nothing": "nothing"},
	} {
		for text, want := range texts {
			assert.Equal(t, want, scrub(text, len(text), secret), "%q of %q", secret, text)
		}
	}
}

// TestSecretsInNames: a weak password does not change what an error is.
func TestSecretsInNames(t *testing.T) {
	t.Parallel()
	for _, weak := range []string{"NAME", "USER", "FIELD", "D", "DUPLICA"} {
		assert.Equal(t, "DUPLICATE_USERNAME", scrubName("DUPLICATE_USERNAME", weak))
	}
	assert.Equal(t, redacted, scrubName("USER", "USER"))
	assert.Equal(t, "X_"+redacted, scrubName("X_consumer-secret", "consumer-secret"))
	assert.Equal(t, "invalid_client "+redacted, scrubName("invalid_client pw", "pw"))
}

// TestCutsLeaveNoPartOfASecret: what is cut off is cut after secrets were taken out.
func TestCutsLeaveNoPartOfASecret(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t/\"wxyz"
	for name, write := range writtenForms {
		for before := range 120 {
			text := strings.Repeat("ä ", before/2) + strings.Repeat("-", before%2) + write(secret) + strings.Repeat(" after", 50)
			clean := scrub(text, 60, secret)
			assert.NotContains(t, clean, "s3c", "%s after %d", name, before)
			assert.NotContains(t, clean, "3cr", "%s after %d", name, before)
		}
	}
	assert.Len(t, []rune(scrub(strings.Repeat("é\xff", 100), 60, secret)), 60)
	body, err := json.Marshal([]any{map[string]any{
		"errorCode": strings.Repeat("X", maxName-3) + secret, "message": strings.Repeat("x", maxMessage-3) + secret, "fields": []string{strings.Repeat("F", maxName-3) + secret},
	}})
	require.NoError(t, err)
	answer := newAPIError(requestFacts{}, 400, body, 0, secret)
	for _, text := range append(answer.Fields, answer.Code, answer.Message, answer.Error()) {
		assert.NotContains(t, text, "s3")
	}
}

func TestScrubbedErrorsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	cause := errors.New("malformed header \"Bearer t0ken\\u002fvalue\"")
	err := scrubError(cause, "t0ken/value")
	assert.Equal(t, `malformed header "Bearer [REDACTED]"`, err.Error())
	require.ErrorIs(t, err, cause)
	assert.Equal(t, cause, scrubError(cause, "another-secret"))
}

// FuzzScrub: no text makes it fail, and no secret is left.
func FuzzScrub(f *testing.F) {
	f.Add("client_secret=s3cr3t%2F&x", "s3cr3t/", 20)
	f.Add(`{"a":"\ud83d\ude00\u003c&lt;%3c\\"}`, "<", 9)
	f.Add("\\x", "\xff", 0)
	f.Fuzz(func(t *testing.T, text, secret string, most int) {
		clean := scrub(text, most, secret)
		if len(secret) >= leastInText && !strings.Contains(redacted, secret) && strings.Contains(strings.ReplaceAll(clean, redacted, "\n"), secret) {
			t.Errorf("%q shows %q", clean, secret)
		}
	})
}

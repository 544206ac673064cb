package sfprov

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// redacted stands wherever a Secret would be printed.
const redacted = "[REDACTED]"

// Secret is a string that redacts itself: printed by fmt with any verb, logged
// by slog, or marshalled to JSON, text or XML, a Secret that is set shows as
// "[REDACTED]" and an empty one as "". Convert it with string(s) to read it.
// JSON and text decode into it as into any string.
//
// What the language does not let a type protect remains: a Secret, or a [Config],
// in an unexported field of a caller's own struct (fmt calls no methods there), a
// Secret that is the key of a map in JSON, the verbs %p and %w where they don't
// belong (fmt calls no methods then), encoding/gob, and tools that disable
// methods, such as go-spew and the failure diffs of testify. Keep a Secret in an
// exported field, or behind a pointer, and of a Config no more than the
// [Provisioner] that was made from it.
type Secret string

// scrub takes a secret out of foreign text. What is shorter than any real secret
// stays: it could be a part of ordinary words, and the text would be ruined.
func scrub(text, secret string) string {
	const shortest = 7
	if len(secret) < shortest {
		return text
	}
	return strings.ReplaceAll(text, secret, redacted)
}

// guises are a secret and the forms in which it comes back from who echoes it.
func guises(secret string) []string {
	quoted := strconv.Quote(secret)
	forms := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), quoted[1 : len(quoted)-1],
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	return append(forms, lowerEscapes(forms[1]), lowerEscapes(forms[2]))
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerEscapes(s string) string { return percentEscape.ReplaceAllStringFunc(s, strings.ToLower) }

// scrubError takes secrets out of the text of a foreign error, which stays what it
// is for errors.Is.
func scrubError(err error, secrets ...string) error {
	clean := err.Error()
	for _, secret := range secrets {
		clean = scrub(clean, secret)
	}
	if clean == err.Error() {
		return err
	}
	return &scrubbedError{text: clean, err: err}
}

type scrubbedError struct {
	text string
	err  error
}

func (e *scrubbedError) Error() string { return e.text }

// Is matches what the error matches. There is no Unwrap: the error's own text is
// not clean.
func (e *scrubbedError) Is(target error) bool { return errors.Is(e.err, target) }

// String returns "[REDACTED]", or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString redacts the secret under %#v.
func (s Secret) GoString() string { return s.String() }

// Format redacts the secret under the verbs that don't fit it as well: fmt falls
// back to printing the plain string where a type has no formatter.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprint(state, s.String()) // fmt.State gives a formatter no way to report a failed write
}

// MarshalText redacts the secret in JSON, XML and every encoding that asks for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue redacts the secret in slog records.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

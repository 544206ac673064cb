package sfprov

import (
	"fmt"
	"log/slog"
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
//
// Where Salesforce, or a proxy, sends a secret back, it is taken out of errors and logs,
// however it is written there. One of less than four characters is taken out where it is
// not part of a word: text must stay readable.
type Secret string

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

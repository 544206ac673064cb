package sfprov

import (
	"context"
	"encoding/base64"
	"errors"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A secret that is sent can come back, in the message of an answer or the text of an
// error. It is taken out wherever it stands, if it is long enough to be nothing else. A
// shorter one is taken out where it stands alone, that is, not within a word: the password
// "a" must not make a hole of every a. Codes and names of fields are words of Salesforce's
// that decide what an error means, so more is asked of what is taken out of them.
const (
	leastInText = 4 // characters of a secret that is taken out of the middle of a word
	leastInName = 8 // of one that is taken out of the middle of a code or a name
)

type secretsKey struct{}

// withSecrets notes secrets of a call, such as passwords of users, which are taken out of
// all that comes back to it.
func withSecrets(ctx context.Context, secrets ...Secret) context.Context {
	var all []string
	for _, secret := range secrets {
		if secret != "" {
			all = append(all, string(secret))
		}
	}
	if len(all) == 0 {
		return ctx
	}
	return context.WithValue(ctx, secretsKey{}, all)
}

func secretsIn(ctx context.Context) []string {
	all, _ := ctx.Value(secretsKey{}).([]string)
	return all
}

// scrub takes secrets out of a foreign text, of which it keeps the first characters, at
// most so many.
func scrub(text string, most int, secrets ...string) string {
	return scrubbed(text, most, leastInText, secrets)
}

// scrubName is scrub for a code, or the name of a field.
func scrubName(name string, secrets ...string) string {
	return scrubbed(name, maxName, leastInName, secrets)
}

// scrubError takes secrets out of the text of a foreign error, which stays what it
// is for errors.Is.
func scrubError(err error, secrets ...string) error {
	text := err.Error()
	clean := scrub(text, len(text), secrets...)
	if clean == text {
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

// span is a part of a text, by its first byte and the one after it.
type span struct{ from, to int }

func scrubbed(text string, most, least int, secrets []string) string {
	kept := len(text)
	for i := range text {
		if most--; most < 0 {
			kept = i
			break
		}
	}
	var found []span
	seen := text[:min(len(text), kept+maxGrowth*longest(secrets))] // a secret that is cut off is found, too
	for _, r := range readings(seen) {
		for _, secret := range secrets {
			for _, form := range forms(secret) {
				found = append(found, r.find(form, utf8.RuneCountInString(secret) < least)...)
			}
		}
	}
	if len(found) == 0 {
		return text[:kept]
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	at := 0
	for _, s := range found {
		switch {
		case s.from >= kept:
		case s.from >= at:
			b.WriteString(text[at:s.from] + redacted)
			at = s.to
		default:
			at = max(at, s.to)
		}
	}
	return b.String() + text[min(at, kept):kept]
}

func longest(secrets []string) (n int) {
	for _, secret := range secrets {
		n = max(n, len(secret))
	}
	return n
}

// forms are a secret and what stands for the whole of it. Forms of its characters are for
// readings to see.
func forms(secret string) []string {
	switch {
	case secret == "":
		return nil
	case len(secret) < leastInName: // in base64 it could be anything
		return []string{secret}
	}
	return []string{secret, base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))}
}

// reading is a text with escapes taken out of it, and where each of its bytes came from.
type reading struct {
	text string
	was  []span // of each byte; nil if nothing was taken out
}

// maxLayers is how many escapes can be in each other: JSON in JSON, a form in a page. The
// answer's own JSON is not among them.
const maxLayers = 2

// readings are all that a text can mean.
func readings(text string) []reading {
	all := []reading{{text: text}}
	first := 0
	for range maxLayers {
		for last := len(all); first < last; first++ {
			for _, e := range escapes {
				if strings.Contains(all[first].text, e.mark) {
					all = append(all, all[first].without(e.unit))
				}
			}
		}
	}
	return all
}

// escapes are the ways to write a character as something else: unit reads one that a text
// begins with, and is 0 long where there is none.
var escapes = []struct { //nolint:gochecknoglobals // a constant table
	mark string
	unit func(s string) (value string, length int)
}{
	{`\`, backslashEscape}, {"%", percentEscape}, {"+", formEscape}, {"&", htmlEntity},
}

// maxGrowth is how much longer a character gets by escapes.
const maxGrowth = 12

// without is the reading without one kind of escapes.
func (r reading) without(unit func(string) (string, int)) reading {
	var b strings.Builder
	was := make([]span, 0, len(r.text))
	for at := 0; at < len(r.text); {
		value, length := unit(r.text[at:])
		if length == 0 {
			value, length = r.text[at:at+1], 1
		}
		from, to := r.at(at).from, r.at(at+length-1).to
		for range len(value) {
			was = append(was, span{from, to})
		}
		b.WriteString(value)
		at += length
	}
	return reading{text: b.String(), was: was}
}

// at is where a byte came from.
func (r reading) at(i int) span {
	if r.was == nil {
		return span{i, i + 1}
	}
	return r.was[i]
}

// find returns where a secret came from, anywhere or only where it stands alone.
func (r reading) find(secret string, alone bool) (found []span) {
	for at := 0; ; {
		i := strings.Index(r.text[at:], secret)
		if i < 0 {
			return found
		}
		from := at + i
		to := from + len(secret)
		at = from + 1
		if alone && (withinWord(r.text, from) || withinWord(r.text, to)) {
			continue
		}
		found = append(found, span{r.at(from).from, r.at(to - 1).to})
		at = to
	}
}

// withinWord reports whether there is no end of a word at i.
func withinWord(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	isOfWord := func(r rune) bool {
		return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	return isOfWord(before) && isOfWord(after)
}

// backslashEscape is one of JSON, JavaScript or Go.
func backslashEscape(s string) (value string, length int) {
	if len(s) < 2 || s[0] != '\\' {
		return "", 0
	}
	if s[1] == '/' { // of JSON alone
		return "/", 2
	}
	if char, more, isPair := surrogates(s); isPair {
		return char, more
	}
	for _, mark := range []byte{'"', '\''} {
		if char, isMultibyte, tail, err := strconv.UnquoteChar(s, mark); err == nil {
			if isMultibyte || char < utf8.RuneSelf {
				return string(char), len(s) - len(tail)
			}
			return string([]byte{byte(char)}), len(s) - len(tail) //nolint:gosec // of \xNN, a byte
		}
	}
	return "", 0
}

// surrogates is a character that JSON has to write as two escapes.
func surrogates(s string) (value string, length int, isPair bool) {
	const both = len(`\ud83d\ude00`)
	if len(s) < both || s[1] != 'u' || s[6:8] != `\u` {
		return "", 0, false
	}
	high, err1 := strconv.ParseUint(s[2:6], 16, 16)
	low, err2 := strconv.ParseUint(s[8:both], 16, 16)
	char := utf16.DecodeRune(rune(high), rune(low))
	return string(char), both, err1 == nil && err2 == nil && char != utf8.RuneError
}

// percentEscape is one of a URL.
func percentEscape(s string) (value string, length int) {
	if len(s) < 3 || s[0] != '%' {
		return "", 0
	}
	char, err := strconv.ParseUint(s[1:3], 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(char)}), 3
}

// formEscape is one of a form, where a plus stands for a blank.
func formEscape(s string) (value string, length int) {
	if s[0] == '+' {
		return " ", 1
	}
	return percentEscape(s)
}

// htmlEntity is one of HTML or XML, by name or number.
func htmlEntity(s string) (value string, length int) {
	const longestName = 33
	end := strings.IndexByte(s[:min(len(s), longestName)], ';')
	if s[0] != '&' || end < 0 {
		return "", 0
	}
	entity := s[:end+1]
	if value = html.UnescapeString(entity); value == entity || strings.LastIndexByte(entity, '&') > 0 {
		return "", 0
	}
	return value, len(entity)
}

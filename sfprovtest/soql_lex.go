package sfprovtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// soqlError is a refused query: the error code and the message of the answer.
type soqlError struct {
	Code    string // MALFORMED_QUERY, INVALID_FIELD and so on
	Message string
}

func (e *soqlError) Error() string { return e.Message }

// The error codes that a query can be refused with.
const (
	codeMalformedQuery      = "MALFORMED_QUERY"
	codeQueryField          = "INVALID_FIELD"
	codeQueryType           = "INVALID_TYPE"
	codeQueryFilterOperator = "INVALID_QUERY_FILTER_OPERATOR"
	codeQueryNumberRange    = "NUMBER_OUTSIDE_VALID_RANGE"
	codeQueryLacks          = "" // this org has not got it, and a real one may: the message names it
)

// soqlErrorAt words an error as Salesforce does: the line around the offending
// place, a caret below it, row and column, and what is wrong. A syntax error
// points one character before the token, other errors at it.
func soqlErrorAt(code, query string, pos int, problem string) *soqlError {
	row := 1 + strings.Count(query[:pos], "\n")
	lineStart := 1 + strings.LastIndexByte(query[:pos], '\n')
	line, _, _ := strings.Cut(query[lineStart:], "\n")
	at := utf8.RuneCountInString(query[lineStart:pos])
	if code == codeMalformedQuery {
		at = max(0, at-1)
	}
	excerpt, caret := soqlExcerpt([]rune(strings.TrimSuffix(line, "\r")), at)
	return &soqlError{Code: code, Message: fmt.Sprintf("\n%s\n%s^\nERROR at Row:%d:Column:%d\n%s",
		excerpt, strings.Repeat(" ", caret), row, at+1, problem)}
}

// soqlExcerpt cuts a long line to some 30 characters on either side of a place,
// and to whole words. It also returns where in the excerpt the place is.
func soqlExcerpt(line []rune, at int) (excerpt string, caret int) {
	const around = 30
	isBreak := func(r rune) bool { return r == ' ' || r == ',' }
	from, to := max(0, at-around), min(len(line), at+around+1)
	for from > 0 && !isBreak(line[from-1]) {
		from--
	}
	for to < len(line) && !isBreak(line[to]) {
		to++
	}
	return string(line[from:to]), at - from
}

type soqlTokenKind int

const (
	tokenEnd soqlTokenKind = iota
	tokenName
	tokenString
	tokenNumber
	tokenDateTime
	tokenDate
	tokenOperator
	tokenOther // punctuation, and whatever is no token at all
)

// soqlToken is one token. The text of a string is what stands between the
// quotes, with its escapes: what they mean depends on the operator.
type soqlToken struct {
	kind soqlTokenKind
	text string
	pos  int // in bytes
}

// is tells whether the token is this keyword or sign.
func (t soqlToken) is(word string) bool {
	return t.kind != tokenString && strings.EqualFold(t.text, word)
}

// nextSOQLToken reads the token at or after pos, and returns where it ends.
func nextSOQLToken(query string, pos int) (token soqlToken, end int) {
	for pos < len(query) && strings.IndexByte(" \t\r\n\f", query[pos]) >= 0 {
		pos++
	}
	take := func(kind soqlTokenKind, n int) (soqlToken, int) {
		return soqlToken{kind: kind, text: query[pos : pos+n], pos: pos}, pos + n
	}
	rest := query[pos:]
	if rest == "" {
		return take(tokenEnd, 0)
	}
	switch c := rest[0]; {
	case isSOQLLetter(c):
		return take(tokenName, soqlNameLength(rest))
	case c == '\'':
		if n := soqlStringLength(rest); n > 0 {
			return soqlToken{kind: tokenString, text: rest[1 : n-1], pos: pos}, pos + n
		}
		return take(tokenOther, 1)
	case isSOQLDigit(c), c == '-', c == '+':
		n := 1
		for n < len(rest) && (isSOQLLetter(rest[n]) || isSOQLDigit(rest[n]) || strings.IndexByte("_.:+-", rest[n]) >= 0) {
			n++
		}
		return take(soqlNumberKind(rest[:n]), n)
	}
	for _, operator := range []string{"<=", ">=", "!=", "<>", "=", "<", ">"} {
		if strings.HasPrefix(rest, operator) {
			return take(tokenOperator, len(operator))
		}
	}
	_, n := utf8.DecodeRuneInString(rest)
	return take(tokenOther, n)
}

// soqlNameLength measures a name at the start of s: Id, Profile.Name.
func soqlNameLength(s string) int {
	n := 1
	for n < len(s) {
		dot := s[n] == '.' && n+1 < len(s) && isSOQLLetter(s[n+1])
		if !dot && s[n] != '_' && !isSOQLLetter(s[n]) && !isSOQLDigit(s[n]) {
			break
		}
		n++
	}
	return n
}

// soqlStringLength measures a quoted string at the start of s, with its quotes.
// It is 0 if the string doesn't end.
func soqlStringLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return 0
}

func soqlNumberKind(s string) soqlTokenKind {
	if _, ok := soqlTime(s); ok {
		return tokenDateTime
	}
	if soqlShape(s, "dddd-dd-dd") && len(s) == len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, s); err == nil {
			return tokenDate
		}
	}
	digits := strings.TrimLeft(s[:1], "+-") + s[1:]
	whole, fraction, hasFraction := strings.Cut(digits, ".")
	if !onlyDigits(whole) || hasFraction && !onlyDigits(fraction) {
		return tokenOther
	}
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		return tokenOther // Too large.
	}
	return tokenNumber
}

// soqlTime reads a dateTime: Z or an offset at the end, milliseconds optional.
func soqlTime(s string) (time.Time, bool) {
	if !soqlShape(s, "dddd-dd-ddTdd:dd:dd") {
		return time.Time{}, false
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// soqlShape tells whether s begins with the shape, in which d is any digit.
func soqlShape(s, shape string) bool {
	if len(s) < len(shape) {
		return false
	}
	for i := range len(shape) {
		if shape[i] == 'd' && !isSOQLDigit(s[i]) || shape[i] != 'd' && shape[i] != s[i] {
			return false
		}
	}
	return true
}

func onlyDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isSOQLLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isSOQLDigit(c byte) bool  { return '0' <= c && c <= '9' }

// soqlChar is one character of a string; in a LIKE pattern a wildcard is one
// that was written without a backslash.
type soqlChar struct {
	r    rune
	wild bool
}

// decodeSOQLString resolves the escapes of a string. If there is one that SOQL
// doesn't have, it is returned as bad.
func decodeSOQLString(s string, like bool) (chars []soqlChar, bad string) {
	for s != "" {
		if s[0] != '\\' {
			r, n := utf8.DecodeRuneInString(s)
			chars = append(chars, soqlChar{r: r, wild: like && (r == '%' || r == '_')})
			s = s[n:]
			continue
		}
		r, n := soqlEscape(s, like)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(s[1:])
			return nil, s[:1+size]
		}
		chars = append(chars, soqlChar{r: r})
		s = s[n:]
	}
	return chars, ""
}

// soqlEscape decodes the escape at the start of s, which is n bytes long; 0 if
// there is no such escape.
func soqlEscape(s string, like bool) (r rune, n int) {
	switch s[1] {
	case '\\', '\'', '"':
		return rune(s[1]), 2
	case '_', '%':
		if like {
			return rune(s[1]), 2
		}
	case 'n', 'N':
		return '\n', 2
	case 'r', 'R':
		return '\r', 2
	case 't', 'T':
		return '\t', 2
	case 'b', 'B':
		return '\b', 2
	case 'f', 'F':
		return '\f', 2
	case 'u':
		high, ok := soqlCodeUnit(s)
		if !ok {
			return 0, 0
		}
		if low, ok := soqlCodeUnit(s[6:]); ok && utf16.IsSurrogate(high) {
			if pair := utf16.DecodeRune(high, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
		if utf16.IsSurrogate(high) {
			high = utf8.RuneError // Half a pair is no character.
		}
		return high, 6
	}
	return 0, 0
}

// soqlCodeUnit reads \uXXXX.
func soqlCodeUnit(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	unit, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(unit), err == nil
}

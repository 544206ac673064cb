package sfprovtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a query.
const (
	maxSOQLLength = 100_000 // characters
	maxSOQLString = 4_000   // characters, of a string in WHERE
	maxSOQLOffset = 2_000
)

// parseSOQL parses a query. Every error is a *soqlError.
func parseSOQL(query string) (*soqlQuery, error) {
	if utf8.RuneCountInString(query) > maxSOQLLength {
		return nil, &soqlError{
			Code:    codeMalformedQuery,
			Message: fmt.Sprintf("SOQL statements cannot be longer than %d characters.", maxSOQLLength),
		}
	}
	p := &soqlParser{query: query, result: &soqlQuery{text: query, Limit: -1}}
	p.next()
	p.parse()
	switch {
	case p.err != nil:
		return nil, p.err
	case p.nameAsValue != nil:
		return nil, p.nameAsValue
	}
	if err := p.result.checkSelected(); err != nil {
		return nil, err
	}
	return p.result, nil
}

// soqlParser reads token by token. After the first error it stands at the end
// of the query, so that nothing has to stop at once.
type soqlParser struct {
	query  string
	token  soqlToken
	end    int // of the token
	err    *soqlError
	result *soqlQuery

	// A name in the place of a value is no syntax error to Salesforce, so
	// that the syntax errors behind it come first.
	nameAsValue *soqlError
}

func (p *soqlParser) next() {
	p.token, p.end = nextSOQLToken(p.query, p.end)
}

func (p *soqlParser) fail(err *soqlError) {
	if p.err == nil {
		p.err = err
	}
	p.end = len(p.query)
	p.next()
}

// unexpected refuses the token at hand. Where real SOQL may know what to do with
// it, the message says so, lest somebody look for a mistake that isn't there.
func (p *soqlParser) unexpected() {
	if p.token.kind == tokenEnd {
		p.fail(&soqlError{Code: codeMalformedQuery, Message: "unexpected token: '<EOF>'"})
		return
	}
	problem := "unexpected token: '" + p.token.text + "'"
	beyond := []string{
		"(", ":", "ALL", "EXCLUDES", "FOR", "GROUP", "HAVING", "INCLUDES", "SELECT", "TYPEOF", "UPDATE", "USING", "WITH",
	}
	if slices.ContainsFunc(beyond, p.token.is) {
		problem += " (sfprovtest knows only a part of SOQL; Salesforce may accept this)"
	}
	p.fail(soqlErrorAt(codeMalformedQuery, p.query, p.token.pos, problem))
}

// accept takes the token at hand if it is this keyword or sign.
func (p *soqlParser) accept(word string) bool {
	if !p.token.is(word) {
		return false
	}
	p.next()
	return true
}

func (p *soqlParser) expect(word string) {
	if !p.accept(word) {
		p.unexpected()
	}
}

func (p *soqlParser) parse() {
	q := p.result
	p.expect("SELECT")
	q.Fields = append(q.Fields, p.field().name)
	for p.accept(",") {
		q.Fields = append(q.Fields, p.field().name)
	}
	p.expect("FROM")
	q.Object, q.objectPos = p.token.text, p.token.pos
	if p.token.kind != tokenName || p.token.is("WHERE") {
		p.unexpected()
	}
	p.next()
	if p.accept("WHERE") {
		q.where = p.condition()
	}
	if p.accept("ORDER") {
		p.expect("BY")
		q.orderBy = append(q.orderBy, p.order())
		for p.accept(",") {
			q.orderBy = append(q.orderBy, p.order())
		}
	}
	if p.accept("LIMIT") {
		q.Limit = p.count()
	}
	if p.accept("OFFSET") {
		q.Offset = p.count()
		if q.Offset > maxSOQLOffset {
			p.fail(&soqlError{
				Code:    codeQueryNumberRange,
				Message: fmt.Sprintf("Maximum SOQL offset allowed is %d", maxSOQLOffset),
			})
		}
	}
	if p.token.kind != tokenEnd {
		p.unexpected()
	}
}

func (p *soqlParser) field() soqlField {
	field := soqlField{name: p.token.text, pos: p.token.pos}
	if p.token.kind != tokenName || isSOQLKeyword(field.name) {
		p.unexpected()
		return soqlField{}
	}
	p.next()
	p.result.used = append(p.result.used, field)
	return field
}

func isSOQLKeyword(name string) bool {
	switch strings.ToUpper(name) {
	case "AND", "ASC", "BY", "DESC", "EXCLUDES", "FALSE", "FIRST", "FROM", "GROUP", "HAVING",
		"IN", "INCLUDES", "LAST", "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OFFSET", "OR", "ORDER",
		"SELECT", "TRUE", "USING", "WHERE", "WITH":
		return true
	}
	return false
}

func (p *soqlParser) order() soqlOrder {
	order := soqlOrder{field: p.field().name}
	if !p.accept("ASC") {
		order.descending = p.accept("DESC")
	}
	if p.accept("NULLS") {
		order.nullsLast = p.accept("LAST")
		if !order.nullsLast {
			p.expect("FIRST")
		}
	}
	return order
}

func (p *soqlParser) count() int {
	n, err := strconv.Atoi(p.token.text)
	if p.token.kind != tokenNumber || !onlyDigits(p.token.text) || err != nil {
		p.unexpected()
		return 0
	}
	p.next()
	return n
}

// condition parses conditions joined by AND or by OR: SOQL refuses to mix the
// two without parentheses.
func (p *soqlParser) condition() *soqlCondition {
	if p.accept("NOT") {
		return &soqlCondition{operator: "NOT", operands: []*soqlCondition{p.simpleCondition()}}
	}
	first := p.simpleCondition()
	for _, operator := range []string{"AND", "OR"} {
		if p.token.is(operator) {
			joined := &soqlCondition{operator: operator, operands: []*soqlCondition{first}}
			for p.accept(operator) {
				joined.operands = append(joined.operands, p.simpleCondition())
			}
			return joined
		}
	}
	return first
}

func (p *soqlParser) simpleCondition() *soqlCondition {
	if p.accept("(") {
		inner := p.condition()
		p.expect(")")
		return inner
	}
	c := &soqlCondition{field: p.field()}
	switch {
	case p.token.kind == tokenOperator:
		c.operator = p.token.text
		if c.operator == "<>" {
			c.operator = "!="
		}
		p.next()
		c.values = append(c.values, p.value(false))
	case p.accept("LIKE"):
		c.operator = "LIKE"
		c.values = append(c.values, p.value(true))
	case p.accept("IN"):
		c.operator = "IN"
		c.values = p.list()
	case p.accept("NOT"):
		c.operator = "NOT IN"
		p.expect("IN")
		c.values = p.list()
	default:
		p.unexpected()
	}
	return c
}

func (p *soqlParser) list() []soqlValue {
	p.expect("(")
	values := []soqlValue{p.value(false)}
	for p.accept(",") {
		values = append(values, p.value(false))
	}
	p.expect(")")
	return values
}

func (p *soqlParser) value(like bool) soqlValue {
	v := soqlValue{text: p.token.text}
	switch p.token.kind {
	case tokenString:
		v.chars = p.string(like)
		var s strings.Builder
		for _, c := range v.chars {
			s.WriteRune(c.r)
		}
		v.value = s.String()
	case tokenNumber:
		v.value, _ = strconv.ParseFloat(p.token.text, 64)
	case tokenDateTime:
		v.value, _ = soqlTime(p.token.text)
	case tokenDate:
		v.value = soqlDate(p.token.text)
	case tokenName:
		v.value = p.word()
	case tokenEnd, tokenOperator, tokenOther:
		p.unexpected()
	}
	p.next()
	return v
}

// word is the value of TRUE, FALSE or null.
func (p *soqlParser) word() any {
	switch word := strings.ToUpper(p.token.text); {
	case word == "TRUE":
		return true
	case word == "FALSE":
		return false
	case word == "NULL":
		return nil
	case isSOQLKeyword(word):
		p.unexpected()
	case p.nameAsValue == nil:
		problem := "Bind variables only allowed in Apex code"
		if isRelativeDate(word) {
			problem = "sfprovtest doesn't know relative dates such as " + word
		}
		p.nameAsValue = soqlErrorAt(codeMalformedQuery, p.query, p.token.pos, problem)
	}
	return nil
}

// isRelativeDate tells whether a word in capitals is a date to real SOQL.
func isRelativeDate(word string) bool {
	switch word {
	case "TODAY", "YESTERDAY", "TOMORROW":
		return true
	}
	return strings.HasPrefix(word, "LAST_") || strings.HasPrefix(word, "THIS_") || strings.HasPrefix(word, "NEXT_")
}

func (p *soqlParser) string(like bool) []soqlChar {
	chars, bad := decodeSOQLString(p.token.text, like)
	if bad != "" {
		p.fail(soqlErrorAt(codeMalformedQuery, p.query, p.token.pos,
			"Invalid string literal '"+p.token.text+"'. Illegal character sequence '"+bad+"' in string literal."))
	}
	if len(chars) > maxSOQLString {
		p.fail(soqlErrorAt(codeMalformedQuery, p.query, p.token.pos,
			fmt.Sprintf("string literals in a WHERE clause cannot be longer than %d characters", maxSOQLString)))
	}
	return chars
}

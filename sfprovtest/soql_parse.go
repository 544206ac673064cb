package sfprovtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of a query.
const (
	maxSOQLLength = 100_000 // characters
	maxSOQLString = 4_000   // characters, of a string in WHERE
	maxSOQLOffset = 2_000
)

// parseSOQL parses a query. Every error is a *soqlError.
func parseSOQL(query string, now time.Time) (*soqlQuery, error) {
	if utf8.RuneCountInString(query) > maxSOQLLength {
		return nil, &soqlError{
			Code:    codeMalformedQuery,
			Message: fmt.Sprintf("SOQL statements cannot be longer than %d characters.", maxSOQLLength),
		}
	}
	p := &soqlParser{query: query, now: now, result: &soqlQuery{text: query, Limit: -1}}
	p.next()
	p.parse()
	switch {
	case p.err != nil:
		return nil, p.err
	case p.nameAsValue != nil:
		return nil, p.nameAsValue
	}
	for _, q := range append([]*soqlQuery{p.result}, inners(p.result)...) {
		if err := q.checkSelected(); err != nil {
			return nil, err
		}
		if err := q.checkGroups(); err != nil {
			return nil, err
		}
	}
	return p.result, nil
}

// inners are the queries within a query.
func inners(q *soqlQuery) (all []*soqlQuery) {
	for _, c := range q.nested {
		all = append(all, c.inner)
	}
	return all
}

// soqlParser reads token by token. After the first error it stands at the end
// of the query, so that nothing has to stop at once.
type soqlParser struct {
	query  string
	token  soqlToken
	end    int // of the token
	err    *soqlError
	result *soqlQuery
	inner  bool // a query within another is parsed
	now    time.Time
	number string // of a relative date, as written

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

// unexpected refuses the token at hand.
func (p *soqlParser) unexpected() {
	if p.token.kind == tokenEnd {
		p.fail(&soqlError{Code: codeMalformedQuery, Message: "unexpected token: '<EOF>'"})
		return
	}
	p.fail(soqlErrorAt(codeMalformedQuery, p.query, p.token.pos, "unexpected token: '"+p.token.text+"'"))
}

// lacks refuses what real SOQL has.
func (p *soqlParser) lacks(what string) {
	p.fail(&soqlError{Code: codeQueryLacks, Message: what})
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
	p.body()
	if p.token.kind != tokenEnd {
		p.unexpected()
	}
}

// body parses a query up to what can't belong to it.
func (p *soqlParser) body() {
	q := p.result
	p.expect("SELECT")
	p.selection()
	p.expect("FROM")
	p.from()
	if p.accept("WHERE") {
		q.where = p.condition()
	}
	p.with()
	if p.accept("GROUP") {
		p.expect("BY")
		p.groups()
	}
	if p.accept("HAVING") {
		q.having = p.condition()
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
	if p.token.is("FOR") || p.token.is("UPDATE") {
		p.lacks("FOR and UPDATE in queries")
	}
	q.unprefix()
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
	order := soqlOrder{field: p.fieldOrFunction()}
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
	c := &soqlCondition{field: p.fieldOrFunction()}
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
		p.members(c)
	case p.accept("NOT"):
		c.operator = "NOT IN"
		p.expect("IN")
		p.members(c)
	case p.accept("INCLUDES"):
		c.operator = "INCLUDES"
		c.values = p.list()
	case p.accept("EXCLUDES"):
		c.operator = "EXCLUDES"
		c.values = p.list()
	default:
		p.unexpected()
	}
	return c
}

// members parses the values of IN, or the query that gives them.
func (p *soqlParser) members(c *soqlCondition) {
	if !p.token.is("(") || !p.followedBy("SELECT") {
		c.values = p.list()
		return
	}
	p.next()
	outer := p.result
	if outer.nested == nil && p.inner {
		p.lacks("queries within queries within queries")
		return
	}
	p.inner, p.result = true, &soqlQuery{text: p.query, Limit: -1}
	p.body()
	c.inner = p.result
	p.inner, p.result = false, outer
	outer.nested = append(outer.nested, c)
	p.expect(")")
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
		v.text, p.number = v.text+p.number, ""
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
	case isRelativeDate(word):
		return p.days(word)
	case p.nameAsValue == nil:
		p.nameAsValue = soqlErrorAt(codeMalformedQuery, p.query, p.token.pos, "Bind variables only allowed in Apex code")
	}
	return nil
}

// days parses a relative date, of which some have a number.
func (p *soqlParser) days(word string) any {
	n := 0
	if strings.Contains(word, "_N_") {
		p.next()
		if !p.token.is(":") {
			p.unexpected()
			return nil
		}
		p.next()
		number, err := strconv.Atoi(p.token.text)
		if p.token.kind != tokenNumber || err != nil {
			p.unexpected()
			return nil
		}
		n = number
		p.number = ":" + p.token.text
	}
	days, known := relativeDays(word, n, p.now)
	if !known {
		p.lacks("date " + word + " in queries")
	}
	return days
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

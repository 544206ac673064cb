package sfprovtest

import (
	"slices"
	"strings"
)

// selection parses what is asked for.
func (p *soqlParser) selection() {
	q := p.result
	for {
		selected := p.selectedField()
		if q.counts = selected.function == "COUNT" && selected.name == "" && len(q.selected) == 0; !q.counts {
			q.selected = append(q.selected, selected)
			if selected.function == "" && selected.set == "" {
				q.Fields = append(q.Fields, selected.name)
			}
		}
		if q.counts || !p.accept(",") {
			return
		}
	}
}

// soqlFunctions are those that this package knows: of groups, or of a field.
var soqlFunctions = map[string]bool{"COUNT": true, "COUNT_DISTINCT": true, "MIN": true, "MAX": true, "SUM": true, "AVG": true} //nolint:gochecknoglobals // a constant table

// selectedField parses one thing that is asked for.
func (p *soqlParser) selectedField() (selected soqlSelected) {
	switch {
	case p.token.is("("):
		p.lacks("queries of children within queries")
		return selected
	case p.token.is("TYPEOF"):
		p.lacks("TYPEOF in queries")
		return selected
	}
	selected.soqlField = p.fieldOrFunction()
	if selected.function == "FIELDS" {
		selected.function, selected.set = "", strings.ToUpper(selected.name)
		if selected.set != "ALL" && selected.set != "STANDARD" && selected.set != "CUSTOM" {
			p.unexpected()
		}
		return selected
	}
	if p.token.kind == tokenName && !isSOQLKeyword(p.token.text) {
		selected.alias = p.token.text
		p.next()
	}
	return selected
}

// fieldOrFunction parses a field, or a function of one.
func (p *soqlParser) fieldOrFunction() soqlField {
	start := p.token
	if start.kind != tokenName || isSOQLKeyword(start.text) || !p.followedBy("(") {
		return p.field()
	}
	function := strings.ToUpper(start.text)
	p.next()
	p.expect("(")
	switch {
	case function == "FIELDS":
		name := p.token.text
		p.next()
		p.expect(")")
		return soqlField{name: name, pos: start.pos, function: function}
	case function == "COUNT" && p.accept(")"):
		counted := soqlField{pos: start.pos, function: function}
		p.result.used = append(p.result.used, counted)
		return counted
	case function == "TOLABEL": // labels are the values
		f := p.field()
		p.expect(")")
		return f
	case !soqlFunctions[function]:
		p.lacks("function " + function + " of queries")
		return soqlField{}
	}
	f := p.field()
	p.expect(")")
	f = soqlField{name: f.name, pos: start.pos, function: function}
	p.result.used = append(p.result.used, f)
	return f
}

// followedBy reports whether the token after the one at hand is this sign.
func (p *soqlParser) followedBy(sign string) bool {
	next, _ := nextSOQLToken(p.query, p.end)
	return next.is(sign)
}

// from parses the object.
func (p *soqlParser) from() {
	q := p.result
	q.Object, q.objectPos = p.token.text, p.token.pos
	if p.token.kind != tokenName || p.token.is("WHERE") {
		p.unexpected()
	}
	p.next()
	as := p.accept("AS")
	if p.token.kind == tokenName && !isSOQLKeyword(p.token.text) && !p.token.is("FOR") && !p.token.is("UPDATE") {
		q.alias = p.token.text
		p.next()
	} else if as {
		p.unexpected()
	}
	switch {
	case p.token.is(","):
		p.lacks("queries of several objects")
	case p.token.is("USING"):
		p.lacks("USING in queries")
	}
}

// with parses filters that change nothing for who can see all.
func (p *soqlParser) with() {
	if !p.accept("WITH") {
		return
	}
	if slices.ContainsFunc([]string{"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"}, p.accept) {
		return
	}
	p.lacks("WITH " + p.token.text + " in queries")
}

func (p *soqlParser) groups() {
	q := p.result
	if (p.token.is("ROLLUP") || p.token.is("CUBE")) && p.followedBy("(") {
		p.lacks(strings.ToUpper(p.token.text) + " in queries")
		return
	}
	q.groupBy = append(q.groupBy, p.fieldOrFunction())
	for p.accept(",") {
		q.groupBy = append(q.groupBy, p.fieldOrFunction())
	}
}

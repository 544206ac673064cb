package sfprov

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// asked is a query, and what becomes of its answer.
type asked struct {
	soql string
	take func(readRows)
}

// second asks the rest, as far as it is needed, by as few requests as there can be.
func (c *checker) second(ctx context.Context) {
	login := readRows{err: errNoCallsLeft}
	var queue []asked
	add := func(soql string, take func(readRows)) {
		if soql != "" {
			queue = append(queue, asked{soql, take})
		}
	}
	var takeRights func(readRows)
	takeRights = func(r readRows) {
		before := len(c.unknown)
		if c.readRights(r); len(c.unknown) > before { // the org told of one more that it hasn't got
			add(c.rightsQuery(), takeRights)
		}
	}
	if c.rights == nil && len(c.unknown) > 0 {
		add(c.rightsQuery(), takeRights)
	}
	if _, made := c.found[checkUser]; !made {
		ids := quotedList(slices.DeleteFunc([]string{c.me, c.o.writeTo}, isBlankText))
		add("SELECT Id, Username, IsActive, TimeZoneSidKey FROM User WHERE Id IN ("+ids+")", func(r readRows) {
			if c.user(r); r.err != nil {
				c.skipBy(checkUser, r.err)
			}
		})
	}
	if c.me != "" {
		add("SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '"+c.me+"'", func(r readRows) { login = r })
	}
	var twice *readRows
	add(c.matchQuery(), func(r readRows) { twice = &r })
	add(c.samplesQuery())
	found := map[string]readRows{}
	for _, used := range c.uses.names {
		soql := "SELECT Id, " + strings.Join(used.kind.names, ", ") + " FROM " + used.kind.object
		if used.kind.where != "" {
			soql += " WHERE " + used.kind.where
		}
		add(soql, func(r readRows) { found[used.kind.field] = r })
	}
	for len(queue) > 0 && c.calls < c.most() {
		some := queue[:min(len(queue), compositeQueries)]
		queue = queue[len(some):]
		soqls := make([]string, len(some))
		for i, one := range some {
			soqls[i] = one.soql
		}
		results, err := c.query(ctx, soqls...)
		if err != nil {
			c.refused(err)
			return
		}
		for i, one := range some {
			one.take(results[i])
		}
	}
	c.judgeRights(login)
	if twice != nil {
		c.duplicates(*twice)
	}
	c.judgeFields()
	c.judgeAccess(found)
	c.explainBySetup()
}

// most is how many requests there may be before the write probe.
func (c *checker) most() int {
	if c.o.write {
		return maxCheckCalls - 1
	}
	return maxCheckCalls
}

// explainBySetup says of what was not found for want of View Setup and Configuration that
// this is why.
func (c *checker) explainBySetup() {
	cause := c.found[checkSetup]
	if cause.Level != LevelFailure {
		return
	}
	for _, id := range []string{checkLicense, checkProfiles, checkSeats} {
		if row := rowOf(id); c.found[id].Level != LevelOK && (row.when == nil || row.when(c)) {
			c.skipFor(id, cause)
		}
	}
}

// judgeAccess looks for the names of the mapping.
func (c *checker) judgeAccess(found map[string]readRows) {
	if !c.givesAccess() {
		return
	}
	var wrong, unseen []string
	count := 0
	for _, used := range c.uses.names {
		what := strings.TrimPrefix(used.kind.field, "Access.")
		result, asked := found[used.kind.field]
		if !asked {
			result.err = errNoCallsLeft
		}
		if result.err != nil {
			unseen = append(unseen, what+": "+c.told(result.err))
			continue
		}
		var entries []catalogEntry
		for _, row := range result.rows {
			e := catalogEntry{id: id18Of(row.textOr("Id"))}
			for _, name := range used.kind.names {
				e.names = append(e.names, row.textOr(name))
			}
			entries = append(entries, e)
		}
		for _, name := range used.names {
			count++
			matches := matchingEntries(entries, name)
			problem := problemOfMatches(what+":", name, entries, matches)
			switch {
			case problem == "":
			case len(matches) == 0 && !result.all:
				unseen = append(unseen, what+": "+quote(name)+" is not among the first that were read")
			default:
				wrong = append(wrong, problem)
			}
		}
	}
	const cure = "Correct the mapping, or make what it names (Setup, Permission Sets; Setup, Roles; Setup, Public Groups; Setup, Queues)"
	switch {
	case len(wrong) > 0:
		c.fail(checkAccess, strings.Join(wrong, "; "), cure)
	case len(unseen) > 0:
		if cause, lacking := c.lackingBelowManageUsers(); lacking {
			c.skipFor(checkAccess, cause)
			return
		}
		c.skip(checkAccess, strings.Join(unseen, "; "), "Look at the rights that it has"+whereRights)
	default:
		c.ok(checkAccess, countOf(count, "name"))
	}
}

// samplesQuery looks for those who have the usernames of the sample users.
func (c *checker) samplesQuery() (soql string, take func(readRows)) {
	if len(c.o.samples) == 0 {
		return "", nil
	}
	matchField, _ := c.schema.find(strings.ToLower(c.p.settings.MatchField))
	match := matchField.Name
	columns := "Id, Username"
	if match != "" {
		columns += ", " + match
	}
	var wrong, literals []string
	own := map[string]User{}
	for i, u := range c.o.samples {
		name, problems := c.p.settings.usernameOf(u)
		literal, err := soqlString(name)
		if len(problems) > 0 || err != nil {
			wrong = append(wrong, fmt.Sprintf("no. %d, %s: %s", i+1, quote(u.Username), summary(validationError(problems))))
			continue
		}
		own[strings.ToLower(name)] = u
		literals = append(literals, literal)
	}
	const pattern = "Change Config.Pattern, Separator or ProvisioningDomain, or the names; who has a name already is found by it in Setup, Users"
	if len(literals) == 0 {
		c.fail(checkSamples, "can't be usernames: "+strings.Join(wrong, "; "), pattern)
		return "", nil
	}
	return "SELECT " + columns + " FROM User WHERE Username IN (" + strings.Join(literals, ",") + ")", func(r readRows) {
		var taken []string
		for _, row := range r.rows {
			name := row.textOr("Username")
			if u := own[strings.ToLower(name)]; match == "" || !isTheirs(u, match, row.textOr(match)) {
				taken = append(taken, quote(name)+" by "+row.textOr("Id"))
			}
		}
		switch {
		case len(wrong) > 0:
			c.fail(checkSamples, "can't be usernames: "+strings.Join(wrong, "; "), pattern)
		case r.err != nil:
			c.skipBy(checkSamples, r.err)
		case len(taken) > 0:
			c.warn(checkSamples, "taken: "+strings.Join(taken, ", "), pattern)
		default:
			c.ok(checkSamples, countOf(len(literals), "username")+" free, or the user's own")
		}
	}
}

// isTheirs reports whether an account's match value is that of a user.
func isTheirs(u User, match, held string) bool {
	value, _ := u.Fields.lookup(match)
	text, isText := value.(string)
	return isText && text != "" && strings.EqualFold(text, held)
}

// writeProbe writes one field of one user, with its own value.
func (c *checker) writeProbe(ctx context.Context) {
	if !c.o.write {
		return
	}
	id := c.target()
	if id == "" || c.zone == "" {
		c.skip(checkWrite, "the user can't be read", "Name a user of this org whom the integration user can see (Setup, Users)")
		return
	}
	w := changeRecord("User", id, newRecord(field("TimeZoneSidKey", c.zone)))
	err := w.encode()
	if err == nil {
		var ans answer
		ans, err = c.send(ctx, request{method: w.method, path: c.p.api.path(w), body: w.body, byID: true, repeatable: true})
		if err == nil {
			_, err = w.confirmed(ans.status, ans.body)
		}
	}
	switch cause := c.found[checkManage]; {
	case err == nil:
		c.ok(checkWrite, "TimeZoneSidKey of "+id+" was written, with its own value")
	case cause.Level == LevelFailure:
		c.skipFor(checkWrite, cause)
	default:
		c.fail(checkWrite, c.told(err), cureOf(err))
	}
}

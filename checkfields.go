package sfprov

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

const showField = "Give the integration user edit access to it, or correct its API name (Setup, Object Manager, User, " +
	"Fields & Relationships, Set Field-Level Security)"

// describe reads the fields of User that the integration user can see.
func (c *checker) describe(ctx context.Context) {
	ans, err := c.send(ctx, c.p.api.describeRequest())
	var schema *Schema
	if err == nil {
		schema, err = schemaOf(ans)
	}
	if err != nil {
		c.refused(err)
		return
	}
	if text := ans.header.Get("Warning"); strings.HasPrefix(text, "299") && c.found[checkVersion].Level == LevelOK {
		c.warn(checkVersion, "Salesforce warns of this version: "+text, "Set Config.APIVersion to a newer one, or leave it empty for "+DefaultAPIVersion)
	}
	c.schema = schema
}

// judgeFields looks at the fields that are written.
func (c *checker) judgeFields() {
	var hidden, fixed, strange, long []string
	for _, used := range c.uses.fields {
		f, seen := c.schema.find(strings.ToLower(used.name))
		switch {
		case c.hiddenByRight(used.name), strings.EqualFold(used.name, c.p.settings.MatchField):
		case !seen:
			hidden = append(hidden, used.name+" ("+used.from+")")
		case !f.Createable || used.updates && !f.Updateable:
			fixed = append(fixed, used.name+" ("+used.from+")")
		}
		if !seen {
			continue
		}
		for _, value := range used.values {
			strange = append(strange, f.strangeValues(value)...)
			if text, isText := value.(string); isText && f.isText() && f.Length > 0 && len(utf16.Encode([]rune(text))) > f.Length {
				long = append(long, fmt.Sprintf("%s takes %d characters, and is given %s", f.Name, f.Length, quote(text)))
			}
		}
	}
	var problems []string
	if len(hidden) > 0 {
		problems = append(problems, "not there, or hidden: "+strings.Join(hidden, ", "))
	}
	if len(fixed) > 0 {
		problems = append(problems, "not to be written: "+strings.Join(fixed, ", "))
	}
	cure := showField
	if strings.Contains(strings.Join(hidden, ","), "MiddleName (") || strings.Contains(strings.Join(hidden, ","), "Suffix (") {
		cure = "MiddleName and Suffix are there once the org has switched on middle names and name suffixes for users (Setup, User Interface); " +
			"or leave them out of the mapping. " + showField
	}
	c.judge(checkFields, problems, countOf(len(c.uses.fields), "field"), cure)
	c.judge(checkPicklists, strange, "none is out of place", "Take one of the active values, or add this one (Setup, Object Manager, User, Fields & Relationships; for languages and locales: Setup, Company Settings)")
	c.judge(checkLengths, long, "none is too long", "Shorten the value in Defaults or the mapping (Setup, Object Manager, User, Fields & Relationships)")
}

// judge is a failure if there are problems.
func (c *checker) judge(id string, problems []string, fine, cure string) {
	if len(problems) > 0 {
		c.fail(id, strings.Join(problems, "; "), cure)
		return
	}
	c.ok(id, fine)
}

// hiddenByRight reports whether a field is hidden for want of a right, which is told of already.
func (c *checker) hiddenByRight(name string) bool {
	return strings.EqualFold(name, "ProfileId") && c.lacks("ViewSetup") || strings.EqualFold(name, "UserRoleId") && c.lacks("ViewRoles")
}

func (f SchemaField) isText() bool {
	return slices.Contains([]string{"string", "email", "phone", "url", "textarea"}, f.Type)
}

// strangeValues are the values that a restricted picklist does not take.
func (f SchemaField) strangeValues(value any) (problems []string) {
	text, isText := value.(string)
	if !isText || text == "" || f.Type != "picklist" && f.Type != "multipicklist" || len(f.Values) == 0 {
		return nil
	}
	if problem := f.problemOfValues(text); problem != "" {
		problems = append(problems, f.Name+" "+problem)
	}
	return problems
}

// matchQuery is the query for values that several users have; empty if it need not or
// can't be asked, about which the findings tell then.
func (c *checker) matchQuery() string {
	if !c.matches() {
		return ""
	}
	name := c.p.settings.MatchField
	f, seen := c.schema.find(strings.ToLower(name))
	switch {
	case !seen:
		c.fail(checkMatch, name+" is not there, or hidden", showField)
		c.skipFor(checkDuplicates, c.found[checkMatch])
		return ""
	case !f.Createable || !f.Updateable:
		c.fail(checkMatch, name+" can't be written", showField)
	case f.Unique || f.IDLookup || f.ExternalID:
		c.ok(checkMatch, name)
	default:
		c.ok(checkMatch, name+", which Salesforce does not keep unique")
	}
	switch {
	case f.Unique:
		c.ok(checkDuplicates, "Salesforce keeps the field unique")
		return ""
	case !f.Groupable || !f.Filterable:
		c.skip(checkDuplicates, name+" can't be grouped by", "Look for users with the same value by a report (Setup, Object Manager, User)")
		return ""
	}
	return "SELECT " + f.Name + ", COUNT(Id) FROM User WHERE " + f.Name + " != null GROUP BY " + f.Name + " HAVING COUNT(Id) > 1 LIMIT 5"
}

// duplicates tells of values that several users have.
func (c *checker) duplicates(result readRows) {
	name := c.p.settings.MatchField
	f, _ := c.schema.find(strings.ToLower(name))
	var held []string
	for _, row := range result.rows {
		if value, _ := row.lookup(f.Name); value != nil {
			held = append(held, quote(fmt.Sprint(value)))
		}
	}
	switch {
	case result.err != nil:
		c.skipBy(checkDuplicates, result.err)
	case len(held) > 0:
		c.fail(checkDuplicates, fmt.Sprintf("several users have one %s: %s", f.Name, strings.Join(held, ", ")),
			"Let one user keep each value, and clear it at the others (Setup, Users)")
		return
	case c.lacks("ViewAllUsers"):
		c.skipFor(checkDuplicates, c.found[checkAllUsers])
	default:
		c.ok(checkDuplicates, "none among the users that can be seen")
	}
	if c.found[checkMatch].Level == LevelOK && !f.IDLookup && !f.ExternalID {
		c.warn(checkMatch, name+" is not unique: nothing keeps two users from one value, and calls about them are refused then",
			"Match by FederationIdentifier, or by a field of your own that is unique (Setup, Object Manager, User, Fields & Relationships)")
	}
}

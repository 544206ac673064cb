package sfprov

import (
	"fmt"
	"slices"
	"strings"
)

// Mapping turns the claims of an identity service into a [User]: rules, for what
// rules can say, and a function for the rest. Load one with [ParseMapping], take
// [StandardMapping], or put one together and call Validate. The claims of a SCIM
// user come from [ParseSCIMUser].
type Mapping struct {
	Rules []Rule `json:"rules"`
	// Custom is called after the rules, if it is set, with a copy of the claims and
	// the user that the rules made. JSON leaves it out.
	Custom func(claims map[string][]string, u *User) error `json:"-"`
}

// Rule fills one field, or one part of an [Access], from a claim, by a constant, or
// with a default. One of Claim, Value and Default is needed.
//
// A claim that is absent says nothing, and leaves the field alone. A claim that is
// there without a value was removed, and clears the field. Of several rules for
// one field, the first counts that has a value; the field is cleared if none has,
// and one of the claims is there.
type Rule struct {
	// To is what is filled: the API name of a Salesforce User field, or profile,
	// role, permissionSets, permissionSetGroups, permissionSetLicenses,
	// publicGroups, queues or exact after "access.", as in "access.role".
	To string `json:"to"`
	// Claim is the name of the claim, in its very spelling.
	Claim string `json:"claim,omitempty"`
	// Value is a constant in place of a claim. [Mapping.User] sends it, and
	// [Mapping.Change] only in place of a claim that was removed. A list is for the
	// lists of an Access, and for TypeMultiPicklist.
	Value any `json:"value,omitempty"`
	// Default is sent with creates only, if the claim is absent: see User.Defaults.
	// Access takes none; give it a constant by a further rule.
	Default any `json:"default,omitempty"`
	// Values translates the claim's values: {"Sales": "Sales User"}. Blanks around a
	// value don't count, its letter case does. An entry may be a list, of several
	// values or of none. Without it, values are taken as they are.
	Values map[string]any `json:"values,omitempty"`
	// Otherwise is the entry for a value that Values does not have. Without it, such a
	// value is a problem of the user. An empty list ignores the value.
	Otherwise any `json:"otherwise,omitempty"`
	// Type is what the field takes; empty goes by the field, which is "string" for
	// custom ones. A value of another form is a problem of the user.
	Type ValueType `json:"type,omitempty"`
	// Join joins the values of a claim that has several. Empty takes the first.
	// Lists of an Access take all.
	Join string `json:"join,omitempty"`
	// Shorten cuts a text to the length of a standard field, in place of refusing
	// it: for an Alias, not for what must be right.
	Shorten bool `json:"shorten,omitempty"`
	// Required makes it a problem of the user if there is no value.
	Required bool `json:"required,omitempty"`
	// ClearAbsent makes [Mapping.User] clear the field if its claims are absent. It is
	// for claims that replace a user as a whole, as a SCIM PUT does, where a service
	// leaves out what it has no value for. [Mapping.Change] ignores it.
	ClearAbsent bool `json:"clearAbsent,omitempty"`
}

// User makes a user of all the claims that the identity service has of it. What
// is wrong with them is a [ValidationError], all at once; Field is the rule's To.
// Nothing of the claims is changed or kept.
func (m Mapping) User(username string, claims map[string][]string) (User, error) {
	return m.apply(username, claims, true)
}

// Change makes a user of the claims that have changed, and of no others: what their
// rules don't touch is left alone, constants and defaults too. Where several claims
// fill one field, it needs all of them once one has changed. A constant for
// access.exact counts for the lists that have changed.
func (m Mapping) Change(username string, claims map[string][]string) (User, error) {
	return m.apply(username, claims, false)
}

func (m Mapping) apply(username string, claims map[string][]string, whole bool) (User, error) {
	u := User{Username: username, Fields: Fields{}, Defaults: Fields{}}
	var problems []FieldProblem
	for _, target := range m.targets() {
		if problem := target.fill(&u, claims, whole); problem != "" {
			problems = append(problems, FieldProblem{Field: target[0].To, Problem: problem})
		}
	}
	if m.Custom != nil && len(problems) == 0 {
		if err := m.Custom(cloneClaims(claims), &u); err != nil {
			return User{}, fmt.Errorf("sfprov: mapping of %s: %w", shown(username), err)
		}
	}
	if err := validationError(problems); err != nil {
		return User{}, decorate("mapping of", username, err)
	}
	return u, nil
}

func cloneClaims(claims map[string][]string) map[string][]string {
	clone := make(map[string][]string, len(claims))
	for name, values := range claims {
		clone[name] = slices.Clone(values)
	}
	return clone
}

// target is all the rules for one field, or one part of the access, in their order.
type target []Rule

// targets are the rules by what they fill. What decides how lists are meant comes last.
func (m Mapping) targets() []target {
	var all []target
	at := map[string]int{}
	for _, rule := range m.Rules {
		key := strings.ToLower(rule.To)
		i, known := at[key]
		if !known {
			i, at[key] = len(all), len(all)
			all = append(all, nil)
		}
		all[i] = append(all[i], rule)
	}
	slices.SortStableFunc(all, func(a, b target) int { return a.rank() - b.rank() })
	return all
}

func (t target) rank() int {
	if t.isExact() {
		return 1
	}
	return 0
}

func (t target) isExact() bool { return t[0].To == accessPrefix+exactPart }

// fill gives the target what its rules say.
func (t target) fill(u *User, claims map[string][]string, whole bool) (problem string) {
	if t.isExact() { // it says how the lists that are there are meant
		whole = whole || u.Access.hasLists()
	}
	given := t.isGiven(claims)
	if !whole && !given {
		return ""
	}
	for _, rule := range t {
		done, problem := rule.fill(u, claims)
		if done || problem != "" {
			return problem
		}
	}
	switch {
	case t.has(func(r Rule) bool { return r.Required }):
		return "needs " + t.source() + ", which has no value"
	case given:
		return t.clear(u)
	case t.setDefault(u): // what is created gets it, and nothing is cleared
	case t.has(func(r Rule) bool { return r.ClearAbsent }):
		return t.clear(u)
	}
	return ""
}

// isGiven reports whether one of the claims is there, be it without a value.
func (t target) isGiven(claims map[string][]string) bool {
	return t.has(func(r Rule) bool {
		_, given := claims[r.Claim]
		return given && r.Claim != ""
	})
}

func (t target) has(is func(Rule) bool) bool { return slices.ContainsFunc(t, is) }

// source names the claims that could fill the target.
func (t target) source() string {
	var names []string
	for _, rule := range t {
		if rule.Claim != "" && !slices.Contains(names, quote(rule.Claim)) {
			names = append(names, quote(rule.Claim))
		}
	}
	if len(names) == 1 {
		return "the claim " + names[0]
	}
	return "one of the claims " + strings.Join(names, ", ")
}

// setDefault sets the first default that there is.
func (t target) setDefault(u *User) bool {
	i := slices.IndexFunc(t, func(r Rule) bool { return r.Default != nil })
	if i < 0 {
		return false
	}
	if value, problem := t[i].constant(t[i].Default); problem == "" { // Validate tells the others
		u.Defaults[t[i].To] = value
	}
	return true
}

// clear says that there is no value.
func (t target) clear(u *User) (problem string) {
	part, isAccess := t[0].access()
	if !isAccess {
		u.Fields[t[0].To] = nil
		return ""
	}
	if part == "profile" {
		return "has no value in " + t.source() + ", but a user always has a profile"
	}
	if part == "role" {
		u.Fields["UserRoleId"] = nil
		return ""
	}
	setAccess(&u.Access, part, nil)
	return ""
}

// fill sets the value of one rule, if it has one.
func (r Rule) fill(u *User, claims map[string][]string) (done bool, problem string) {
	if r.Claim == "" {
		if r.Value == nil {
			return false, ""
		}
		return true, r.set(u, r.Value)
	}
	values, problem := r.translated(claims[r.Claim])
	if problem == "" && len(values) == 0 {
		return false, ""
	}
	if problem == "" {
		problem = r.setClaim(u, values)
	}
	if problem != "" {
		return false, fmt.Sprintf("is filled by the claim %s, which %s", quote(r.Claim), problem)
	}
	return true, ""
}

// set sets a constant.
func (r Rule) set(u *User, constant any) (problem string) {
	value, problem := r.constant(constant)
	if problem != "" {
		return "has a constant that " + problem
	}
	if part, isAccess := r.access(); isAccess {
		setAccess(&u.Access, part, value)
		return ""
	}
	u.Fields[r.To] = value
	return ""
}

// setClaim sets the values of a claim, of which there is one at least.
func (r Rule) setClaim(u *User, values []any) (problem string) {
	part, isAccess := r.access()
	texts, areTexts := namesIn(values)
	switch {
	case isAccess && part != exactPart:
		if !areTexts {
			return "becomes something that is no name"
		}
		setAccess(&u.Access, part, texts)
		return ""
	case !areTexts: // a literal of the table
		return r.set(u, values[0])
	}
	value, problem := r.convert(texts)
	switch {
	case problem != "":
		return problem
	case isAccess:
		setAccess(&u.Access, part, value)
	default:
		u.Fields[r.To] = value
	}
	return ""
}

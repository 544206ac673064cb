package sfprov

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mapping turns the claims of an identity service into a [User]: rules, for what
// rules can say, and a function for the rest. Load one with [ParseMapping], take
// [StandardMapping], or put one together and call Validate.
type Mapping struct {
	Rules []Rule `json:"rules"`
	// Custom is called after the rules, if it is set, with the claims and the user
	// that they made.
	Custom func(claims map[string][]string, u *User) error `json:"-"`
}

// Rule fills one field, or one list of an [Access], from a claim.
//
// A claim that is absent leaves the field alone. A claim that is there without a
// value was removed, and clears the field. Of several rules for one field, the
// first counts whose claim is there.
type Rule struct {
	// To is what is filled: the API name of a Salesforce User field, or profile,
	// role, permissionSets, permissionSetGroups, permissionSetLicenses,
	// publicGroups or queues after "access.", as in "access.role".
	To string `json:"to"`
	// Claim is the name of the claim.
	Claim string `json:"claim,omitempty"`
	// Value is a constant in place of a claim. It is sent with creates and updates.
	Value any `json:"value,omitempty"`
	// Default is sent with creates only, if the claim is absent: see User.Defaults.
	// Access takes none.
	Default any `json:"default,omitempty"`
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
}

// ParseMapping reads a Mapping from JSON. The error joins a [ConfigError] for each
// thing that is wrong; Field is its place, such as "rules[2].to".
func ParseMapping(data []byte) (Mapping, error) {
	var m Mapping
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(&m); err != nil {
		return Mapping{}, &ConfigError{Field: "mapping", Problem: "is not JSON of the expected form: " + err.Error()}
	}
	if decoder.More() {
		return Mapping{}, &ConfigError{Field: "mapping", Problem: "has something after its end"}
	}
	return m, m.Validate()
}

// Validate checks the rules, as ParseMapping does.
func (m Mapping) Validate() error {
	var problems []error
	if len(m.Rules) == 0 && m.Custom == nil {
		problems = append(problems, &ConfigError{Field: "rules", Problem: "are missing"})
	}
	for i, rule := range m.Rules {
		for _, p := range rule.problems() {
			problems = append(problems, &ConfigError{Field: fmt.Sprintf("rules[%d].%s", i, p.Field), Problem: p.Problem})
		}
	}
	return errors.Join(problems...)
}

const accessPrefix = "access."

// problems are what is wrong with a rule, by its own fields.
func (r Rule) problems() []FieldProblem {
	problems := slices.Concat(r.problemsOfTarget(), r.problemsOfSource())
	slices.SortFunc(problems, func(a, b FieldProblem) int { return strings.Compare(a.Field, b.Field) })
	return problems
}

// access is the part of the access that a rule fills.
func (r Rule) access() (target string, isAccess bool) { return strings.CutPrefix(r.To, accessPrefix) }

// problemsOfTarget are what is wrong with where a value goes, and in what form.
func (r Rule) problemsOfTarget() []FieldProblem {
	var problems []FieldProblem
	add := func(field, format string, args ...any) {
		problems = append(problems, FieldProblem{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	field, _ := standardField(r.To)
	target, isAccess := r.access()
	switch {
	case r.To == "":
		add("to", "is missing; it is a Salesforce field such as Department, or part of the access such as access.role")
	case isAccess && accessTarget(&Access{}, target) == nil:
		add("to", "is %s; of the access, there is %s", quote(r.To), strings.Join(accessTargets, ", "))
	case !isAccess && !isFieldName(r.To):
		add("to", "is %s, which %s", quote(r.To), notAFieldName)
	case field.kind == kindReadOnly:
		add("to", "is %s, which is set by Salesforce and can't be written", r.To)
	}
	if !slices.Contains(valueTypes, r.Type) {
		add("type", "is %s; it is one of %s", quote(string(r.Type)), strings.Join(typeNames(), ", "))
	}
	switch {
	case isAccess && (r.Type != "" || r.Shorten):
		add("type", "or shorten is given, but access takes names as they are")
	case r.Shorten && !isAccess && field.max == 0:
		add("shorten", "is given, but the length of %s is not known", quote(r.To))
	}
	return problems
}

// problemsOfSource are what is wrong with where a value comes from.
func (r Rule) problemsOfSource() []FieldProblem {
	var problems []FieldProblem
	add := func(field, format string, args ...any) {
		problems = append(problems, FieldProblem{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	switch {
	case r.Claim == "" && r.Value == nil:
		add("claim", "is missing, and there is no value in its place")
	case r.Claim != "" && r.Value != nil:
		add("claim", "and value are both given; give one of them")
	}
	if _, isAccess := r.access(); isAccess {
		if r.Default != nil {
			add("default", "is given, but defaults are for fields only")
		}
		return problems
	}
	for name, value := range map[string]any{"value": r.Value, "default": r.Default} {
		switch v := value.(type) {
		case []any:
			add(name, "is a list, but a field takes one value")
		case string:
			if _, problem := r.convert([]string{v}); problem != "" {
				add(name, "%s", problem)
			}
		}
	}
	return problems
}

// User makes a user of all the claims that the identity service has of it. What
// is wrong with them is a [ValidationError], all at once; Field is the rule's To.
func (m Mapping) User(username string, claims map[string][]string) (User, error) {
	return m.apply(username, claims, true)
}

// Change makes a user of the claims that have changed: constants and defaults
// are left out, and claims that are absent are no problem.
func (m Mapping) Change(username string, claims map[string][]string) (User, error) {
	return m.apply(username, claims, false)
}

func (m Mapping) apply(username string, claims map[string][]string, whole bool) (User, error) {
	u := User{Username: username, Fields: Fields{}, Defaults: Fields{}}
	var problems []FieldProblem
	done := map[string]bool{}
	for i, rule := range m.Rules {
		key := strings.ToLower(rule.To)
		if done[key] {
			continue
		}
		var problem string
		if done[key], problem = m.applyRule(i, &u, claims, whole); problem != "" {
			problems = append(problems, FieldProblem{Field: rule.To, Problem: problem})
		}
	}
	for name := range u.Fields {
		delete(u.Defaults, name)
	}
	if m.Custom != nil && len(problems) == 0 {
		if err := m.Custom(maps.Clone(claims), &u); err != nil {
			return User{}, fmt.Errorf("sfprov: mapping of %s: %w", shown(username), err)
		}
	}
	if err := validationError(problems); err != nil {
		return User{}, decorate("mapping of", username, err)
	}
	return u, nil
}

// applyRule does what a rule says. done says that its field has what it is to have; else
// a later rule may fill it.
func (m Mapping) applyRule(i int, u *User, claims map[string][]string, whole bool) (done bool, problem string) {
	rule := m.Rules[i]
	values, given := claims[rule.Claim]
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return strings.TrimSpace(v) == "" })
	isLast := whole && !m.isGivenElsewhere(i, claims)
	switch {
	case rule.Claim == "":
		if whole {
			problem = rule.setConstant(u)
		}
		return whole, problem
	case len(values) == 0 && rule.Required && (given || isLast):
		return true, fmt.Sprintf("needs the claim %s, which has no value", quote(rule.Claim))
	case given:
		return true, rule.set(u, values)
	case rule.Default != nil && isLast:
		u.Defaults[rule.To] = rule.Default
	}
	return false, ""
}

// isGivenElsewhere reports whether a later rule has a value for the same field.
func (m Mapping) isGivenElsewhere(i int, claims map[string][]string) bool {
	return slices.ContainsFunc(m.Rules[i+1:], func(other Rule) bool {
		_, given := claims[other.Claim]
		return strings.EqualFold(other.To, m.Rules[i].To) && (given || other.Value != nil)
	})
}

// set fills in the values of a claim; none clears.
func (r Rule) set(u *User, values []string) (problem string) {
	if target, isAccess := strings.CutPrefix(r.To, accessPrefix); isAccess {
		setAccess(accessTarget(&u.Access, target), values)
		return ""
	}
	if len(values) == 0 {
		u.Fields[r.To] = nil
		return ""
	}
	value, problem := r.convert(values)
	if problem != "" {
		return fmt.Sprintf("is filled by the claim %s, which %s", quote(r.Claim), problem)
	}
	u.Fields[r.To] = value
	return ""
}

func (r Rule) setConstant(u *User) (problem string) {
	target, isAccess := strings.CutPrefix(r.To, accessPrefix)
	if !isAccess {
		u.Fields[r.To] = r.Value
		return ""
	}
	var names []string
	switch value := r.Value.(type) {
	case string:
		names = []string{value}
	case []string:
		names = value
	case []any:
		for _, item := range value {
			name, isText := item.(string)
			if !isText {
				return "has a constant that is no list of names"
			}
			names = append(names, name)
		}
	default:
		return "has a constant that is no name and no list of names"
	}
	setAccess(accessTarget(&u.Access, target), names)
	return ""
}

var accessTargets = []string{"profile", "role", "permissionSets", "permissionSetGroups", "permissionSetLicenses", "publicGroups", "queues"} //nolint:gochecknoglobals // a constant list

// accessTarget is the field of an Access that a rule names: a *string or a
// *[]string; nil if there is none.
func accessTarget(a *Access, name string) any {
	targets := []any{&a.Profile, &a.Role, &a.PermissionSets, &a.PermissionSetGroups, &a.PermissionSetLicenses, &a.PublicGroups, &a.Queues}
	if i := slices.Index(accessTargets, name); i >= 0 {
		return targets[i]
	}
	return nil
}

func setAccess(target any, names []string) {
	switch t := target.(type) {
	case *string:
		*t = ""
		if len(names) > 0 {
			*t = names[0]
		}
	case *[]string:
		*t = append([]string{}, names...) // not nil: the claim is there
	}
}

package sfprov

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ParseMapping reads a Mapping from JSON: {"rules": [...]}, and in each rule the
// fields of [Rule] by the names of their JSON. Names are spelled as they are there.
// What is said twice, what is not known, and what follows the end is refused.
//
// The error joins a [ConfigError] for each thing that is wrong; Field is its place,
// such as "rules[2].to", and Problem begins with what the rule fills, from where.
func ParseMapping(data []byte) (Mapping, error) {
	var mapping map[string]json.RawMessage
	if err := decodeStrictly(bytes.TrimPrefix(data, []byte("\ufeff")), &mapping); err != nil {
		return Mapping{}, problemOfJSON(data, err)
	}
	for name := range mapping {
		if name != "rules" {
			problem := "has " + quote(name) + "; it has rules, and nothing else"
			return Mapping{}, &ConfigError{Field: "mapping", Problem: problem}
		}
	}
	var texts []json.RawMessage
	if rules := mapping["rules"]; rules != nil {
		if err := json.Unmarshal(rules, &texts); err != nil {
			return Mapping{}, &ConfigError{Field: "rules", Problem: "are not a list"}
		}
	}
	var m Mapping
	var problems []error
	for i, text := range texts {
		rule, problem := parseRule(text)
		if problem != nil {
			problems = append(problems, problem.at(i, rule))
		}
		m.Rules = append(m.Rules, rule)
	}
	if len(problems) > 0 {
		return Mapping{}, errors.Join(problems...)
	}
	return m, m.Validate()
}

// UnmarshalJSON reads a Mapping as [ParseMapping] does.
func (m *Mapping) UnmarshalJSON(text []byte) error {
	read, err := ParseMapping(text)
	if err == nil {
		m.Rules = read.Rules
	}
	return err
}

// UnmarshalJSON reads a rule, and refuses what [ParseMapping] refuses of its form.
func (r *Rule) UnmarshalJSON(text []byte) error {
	rule, problem := parseRule(text)
	if problem != nil {
		return problem.at(0, rule)
	}
	*r = rule
	return nil
}

const notTheForm = "is not JSON of the expected form: "

// problemOfJSON says what is wrong with the JSON as a whole, or with the rule at fault.
func problemOfJSON(data []byte, err error) error {
	var loose struct{ Rules []json.RawMessage }
	_ = json.Unmarshal(data, &loose) // as far as it can be read
	for i, text := range loose.Rules {
		if rule, problem := parseRule(text); problem != nil {
			return problem.at(i, rule)
		}
	}
	return &ConfigError{Field: "mapping", Problem: notTheForm + err.Error()}
}

// ruleProblem is one thing wrong with a rule; Field is the rule's own.
type ruleProblem FieldProblem

// at is the problem of a rule, with its place, and with what the rule is for.
func (p ruleProblem) at(i int, rule Rule) *ConfigError {
	field := fmt.Sprintf("rules[%d]", i)
	if p.Field != "" {
		field += "." + p.Field
	}
	return &ConfigError{Field: field, Problem: rule.purpose() + p.Problem}
}

// purpose tells the rule from others, by what it fills, from where.
func (r Rule) purpose() string {
	switch {
	case r.To == "" && r.Claim == "":
		return ""
	case r.To == "":
		return fmt.Sprintf("(of the claim %s) ", quote(r.Claim))
	case r.Claim == "":
		return fmt.Sprintf("(for %s) ", printable(r.To))
	}
	return fmt.Sprintf("(for %s, from the claim %s) ", printable(r.To), quote(r.Claim))
}

// parseRule reads a rule. What can be read is read also where there is a problem, to
// name the rule.
func parseRule(text json.RawMessage) (Rule, *ruleProblem) {
	type plain Rule
	var rule, loose Rule
	_ = json.Unmarshal(text, (*plain)(&loose)) // as far as it can be read
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		return loose, &ruleProblem{Problem: `is not a rule such as {"to": "Title", "claim": "title"}`}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if names := ruleNames(); !slices.Contains(names, name) { // encoding/json would take "To" for "to"
			return loose, &ruleProblem{Problem: "has " + quote(name) + "; a rule has " + strings.Join(names, ", ")}
		}
	}
	err := decodeStrictly(text, (*plain)(&rule), (*json.Decoder).DisallowUnknownFields)
	if wrongType, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		problem := fmt.Sprintf("is a JSON %s; it takes a %s", wrongType.Value, jsonTypeOf(wrongType.Type))
		return loose, &ruleProblem{Field: wrongType.Field, Problem: problem}
	}
	if err != nil {
		return loose, &ruleProblem{Problem: notTheForm + err.Error()}
	}
	return rule, nil
}

// jsonTypeOf is what JSON calls the type of a rule's field.
func jsonTypeOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Map:
		return "JSON object"
	default:
		return "string"
	}
}

// ruleNames are the names of a rule's fields in JSON.
func ruleNames() (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Rule]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// Validate checks the rules, as ParseMapping does.
func (m Mapping) Validate() error {
	var problems []error
	if len(m.Rules) == 0 && m.Custom == nil {
		problems = append(problems, &ConfigError{Field: "rules", Problem: "are missing"})
	}
	for i, rule := range m.Rules {
		for _, p := range rule.problems() {
			problems = append(problems, ruleProblem(p).at(i, rule))
		}
		if rule.ClearAbsent && slices.ContainsFunc(m.Rules, rule.hasDefaultOf) {
			p := ruleProblem{Field: "clearAbsent", Problem: "and the default of another rule are both given; give one of them"}
			problems = append(problems, p.at(i, rule))
		}
	}
	return errors.Join(problems...)
}

// problems are what is wrong with a rule, by its own fields.
func (r Rule) problems() []FieldProblem {
	problems := slices.Concat(r.problemsOfTarget(), r.problemsOfForm(), r.problemsOfSource(), r.problemsOfClearing())
	if r.problemOfTo() == "" { // or there is nothing that values must fit
		problems = slices.Concat(problems, r.problemsOfTable(), r.problemsOfConstants())
	}
	slices.SortStableFunc(problems, func(a, b FieldProblem) int { return strings.Compare(a.Field, b.Field) })
	return problems
}

func (r Rule) problemsOfTarget() (problems []FieldProblem) {
	if problem := r.problemOfTo(); problem != "" {
		problems = append(problems, FieldProblem{Field: "to", Problem: problem})
	}
	return problems
}

// problemOfTo is what is wrong with where a value goes.
func (r Rule) problemOfTo() string {
	field, _ := standardField(r.To)
	part, isAccess := r.access()
	switch {
	case r.To == "":
		return "is missing; it is a Salesforce field such as Department, or part of the access such as access.role"
	case isAccess && accessPart(&Access{}, part) == nil:
		return fmt.Sprintf("is %s; of the access, there is %s", quote(r.To), strings.Join(accessParts, ", "))
	case !isAccess && !isFieldName(r.To):
		return fmt.Sprintf("is %s, which %s", quote(r.To), notAFieldName)
	case field.kind == kindReadOnly:
		return fmt.Sprintf("is %s, which is set by Salesforce and can't be written", r.To)
	}
	return ""
}

// problemsOfForm are what is wrong with the form that a value is to be given.
func (r Rule) problemsOfForm() (problems []FieldProblem) {
	add := func(field, format string, args ...any) {
		problems = append(problems, FieldProblem{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	field, _ := standardField(r.To)
	_, isAccess := r.access()
	if !slices.Contains(valueTypes, r.Type) {
		add("type", "is %s; it is one of %s", quote(string(r.Type)), strings.Join(typeNames(), ", "))
	}
	switch {
	case isAccess && r.Type != "":
		add("type", "is given, but access takes names as they are")
	case isAccess && r.Shorten:
		add("shorten", "is given, but access takes names as they are")
	case r.Shorten && field.max == 0:
		add("shorten", "is given, but the length of %s is not known", quote(r.To))
	}
	if isAccess && r.Join != "" {
		add("join", "is given, but access takes names one by one")
	}
	return problems
}

// problemsOfSource are what is wrong with where a value comes from.
func (r Rule) problemsOfSource() (problems []FieldProblem) {
	add := func(field, problem string) {
		problems = append(problems, FieldProblem{Field: field, Problem: problem})
	}
	_, isAccess := r.access()
	switch {
	case isAccess && r.Default != nil:
		add("default", "is given, but defaults are for fields only; give access a further rule with a value")
	case r.Claim == "" && r.Value == nil && r.Default == nil:
		add("claim", "is missing, and there is no value and no default in its place")
	case r.Claim != "" && r.Value != nil:
		add("claim", "and value are both given; give one of them, or two rules, of which the second has the value")
	case (r.Value != nil || r.Default != nil) && isPersonal(r.To):
		add(map[bool]string{true: "value", false: "default"}[r.Value != nil],
			"would be the same for every user, and it tells users apart: with one for all, they would share an account")
	case r.Value != nil && r.Default != nil:
		add("default", "and value are both given; the value always counts")
	}
	return problems
}

// problemsOfClearing are what is wrong with clearing a field whose claim is absent.
func (r Rule) problemsOfClearing() (problems []FieldProblem) {
	add := func(problem string) {
		problems = append(problems, FieldProblem{Field: "clearAbsent", Problem: problem})
	}
	field, _ := standardField(r.To)
	switch {
	case !r.ClearAbsent:
	case r.Claim == "":
		add("is given without a claim that could be absent")
	case r.Default != nil:
		add("and default are both given; an absent claim either clears the field, or fills it")
	case r.Required:
		add("and required are both given; an absent claim either clears the field, or is a problem")
	case field.required, r.To == accessPrefix+"profile":
		add("is given, but every Salesforce user has " + r.To)
	}
	return problems
}

// problemsOfConstants are what is wrong with the values that the rule has of its own.
func (r Rule) problemsOfConstants() (problems []FieldProblem) {
	add := func(field, problem string) {
		problems = append(problems, FieldProblem{Field: field, Problem: problem})
	}
	if r.Value != nil {
		if _, problem := r.constant(r.Value); problem != "" {
			add("value", problem)
		}
	}
	if _, isAccess := r.access(); r.Default != nil && !isAccess {
		if _, problem := r.constant(r.Default); problem != "" {
			add("default", problem)
		}
	}
	return problems
}

// hasDefaultOf reports whether another rule has a default for the same field.
func (r Rule) hasDefaultOf(other Rule) bool {
	return other.Default != nil && strings.EqualFold(r.To, other.To)
}

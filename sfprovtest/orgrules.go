package sfprovtest

import (
	"fmt"
	"slices"

	"github.com/sfprov/sfprov"
)

// orgRule is a rule that the test has given the org.
type orgRule struct {
	name   string
	broken func(before, after sfprov.Fields) *Refusal
}

// AddUserRule gives the org a rule of its own, as its administrators make them by triggers,
// flows, validation rules and duplicate rules. It stays until [Org.RemoveUserRule].
//
// The function gets the fields of a user by their API names, as they are and as they would
// be; before is nil for a create, and after has no Id then. It returns what the change is
// refused with, or nil. It is asked whatever the change comes by: a request of its own, a
// composite, a collection; and once the user is right otherwise. It must not use the org.
//
// What the test itself does, by [Org.AddUser] and [Org.SetUser], need not obey: many users
// are older than a rule that they break. For faults of the moment, see [Org.Control], and
// [Org.SetRowControl] for collections of any object.
//
// It panics if there is a rule of that name.
func (o *Org) AddUserRule(name string, broken func(before, after sfprov.Fields) *Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.ContainsFunc(o.orgRules, func(r orgRule) bool { return r.name == name }) {
		panic(fmt.Sprintf("sfprovtest: there is a user rule %q already", name))
	}
	o.orgRules = append(o.orgRules, orgRule{name: name, broken: broken})
}

// AddValidationRule gives the org a validation rule for users, which stays until
// [Org.RemoveUserRule]. The function gets the fields of a user as they would be, and returns
// the message of the administrator if they break the rule, else nothing. fields are those
// that the rule marks. Otherwise it is as [Org.AddUserRule].
func (o *Org) AddValidationRule(name string, message func(user sfprov.Fields) string, fields ...string) {
	fields = slices.Clone(fields)
	o.AddUserRule(name, func(_, after sfprov.Fields) *Refusal {
		text := message(after)
		if text == "" {
			return nil
		}
		broken := badRequest(validationCode, text, fields...)
		return &broken
	})
}

// RemoveUserRule takes a rule back. It panics if there is none of that name.
func (o *Org) RemoveUserRule(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.orgRules, func(r orgRule) bool { return r.name == name })
	if i < 0 {
		panic(fmt.Sprintf("sfprovtest: there is no user rule %q", name))
	}
	o.orgRules = slices.Delete(o.orgRules, i, i+1)
}

// brokenRules are the refusals of the test's own rules.
func (o *Org) brokenRules(before, after row) (problems []error) {
	if len(o.orgRules) == 0 {
		return nil
	}
	for _, rule := range o.orgRules {
		// Each gets fields of its own, since it may change them.
		if refusal := rule.broken(o.apiFields(before), o.apiFields(after)); refusal != nil {
			problems = append(problems, refusal.or(badRequest(refusal.Code, refusal.Message, refusal.Fields...)))
		}
	}
	return problems
}

// apiFields are the fields of a user by their API names; nil of nobody.
func (o *Org) apiFields(user row) sfprov.Fields {
	if user == nil {
		return nil
	}
	fields := make(sfprov.Fields, len(o.fields))
	for _, f := range o.fields {
		fields[f.name] = valueOf(f, user)
	}
	return fields
}

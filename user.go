package sfprov

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Fields maps the API names of Salesforce User fields to values: strings,
// booleans, numbers, nil, or whatever encodes to the JSON that Salesforce
// expects. A field that is absent is not sent; nil clears the field; false, 0
// and "" are sent as they are.
//
// Names are compared ignoring case, as Salesforce does, so a map that holds
// both "Title" and "title" is refused.
type Fields map[string]any

// UnmarshalJSON reads fields. Numbers keep their digits: they are json.Number.
func (f *Fields) UnmarshalJSON(text []byte) error {
	return decodeStrictly(text, (*map[string]any)(f))
}

// lookup finds a field ignoring case.
func (f Fields) lookup(name string) (value any, ok bool) {
	if value, ok = f[name]; ok {
		return value, true
	}
	for key, value := range f {
		if sameName(key, name) {
			return value, true
		}
	}
	return nil, false
}

// sameName reports whether two names are of the same field. Names of fields are ASCII,
// so that those of different length need no further look.
func sameName(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// User is a user of the identity service, as a hook hands it over. Nothing in it
// is changed or kept by the calls that take it. As JSON it shows a placeholder in place
// of the password, which every call refuses: give the password anew.
type User struct {
	// Username is the login name in the identity store. It may carry its user
	// store: "SECONDARY/alice". The Salesforce username is built from it by
	// Config.Pattern, unless Fields has a Username.
	Username string `json:"username,omitempty"`
	// TenantDomain overrides Config.TenantDomain.
	TenantDomain string `json:"tenantDomain,omitempty"`
	// Fields are the Salesforce fields to send.
	Fields Fields `json:"fields,omitempty"`
	// Defaults are filled in on create, where Fields has no value of its own, before
	// Config.Defaults.
	Defaults Fields `json:"defaults,omitempty"`
	// Access is what the user may do in Salesforce; the zero value leaves it alone.
	// It is given after the fields, and before the password.
	Access Access `json:"access,omitzero"`
	// Revoke is what the user loses, by name; the zero value takes nothing away. What
	// the user does not have is no error. A profile can't be revoked.
	Revoke Access `json:"revoke,omitzero"`
	// Inactive says that the user shall not be able to log in. It is for
	// [Provisioner.Ensure], [Provisioner.EnsureAll], [Provisioner.Plan] and
	// [Provisioner.Provision]; the other verbs refuse it.
	Inactive bool `json:"inactive,omitempty"`
	// Password is set after a create, an adoption or an update; empty leaves it
	// alone. See [Provisioner.SetPassword].
	Password Secret `json:"password,omitempty"`
}

// UnmarshalJSON reads a user. A key that is there twice is refused, and so is one that is
// not known: a misspelt access would be no access, without a word. To embed a User in a
// struct that is read from JSON, give the field a name.
func (u *User) UnmarshalJSON(text []byte) error {
	type plain User
	return decodeFields(text, (*plain)(u), (*json.Decoder).DisallowUnknownFields)
}

const maxUsername = 80 // characters, of a Salesforce username

// username is the Salesforce username of u, and what is wrong with it. own are the
// user's fields, and problems what is wrong with those.
func (c *settings) username(u User, own record, problems []FieldProblem) (string, []FieldProblem) {
	value, given := own.lookup("Username")
	if !given {
		return c.builtUsername(u)
	}
	name, isString := value.(string)
	if len(problemsOf(problems, "Username")) > 0 {
		return "", nil
	}
	if !isString || strings.TrimSpace(name) == "" {
		return "", []FieldProblem{{Field: "Username", Problem: "is required; it is given explicitly, but not as a name: give a string, or leave it out to have it built by the pattern"}}
	}
	if problem := problemOfUsername(name); problem != "" {
		return name, []FieldProblem{{Field: "Username", Problem: fmt.Sprintf("is %s, given explicitly; it %s", quote(name), problem)}}
	}
	return name, nil
}

// usernameOf is username of a user of whom nothing was checked yet.
func (c *settings) usernameOf(u User) (string, []FieldProblem) {
	own, problems := checked(u.Fields)
	problems = problemsOf(problems, "Username")
	name, more := c.username(u, own, problems)
	return name, append(problems, more...)
}

// builtUsername is the username that the pattern makes.
func (c *settings) builtUsername(u User) (string, []FieldProblem) {
	var problems []FieldProblem
	add := func(field, format string, args ...any) {
		problems = append(problems, FieldProblem{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	id := Identity{Username: u.Username, TenantDomain: u.TenantDomain, IdentityProvider: c.IdentityProvider}
	if id.TenantDomain == "" {
		id.TenantDomain = c.TenantDomain
	}
	store, local := id.local()
	switch {
	case u.Username == "":
		add("Username", "is missing; set User.Username, or a Username in User.Fields")
	case local == "":
		add("Username", "is %s, which names a user store but no user", quote(u.Username))
	case problemOfUsernameText(local) != "":
		add("Username", "is %s, which %s; Salesforce usernames can't", quote(u.Username), problemOfUsernameText(local))
	case problemOfUsernameText(store) != "" && c.pattern.uses(tokenUserDomain):
		add("Username", "is %s, whose user store %s; Salesforce usernames can't", quote(u.Username), problemOfUsernameText(store))
	}
	if problem := problemOfUsernamePart(id.TenantDomain); problem != "" && c.pattern.uses(tokenTenantDomain) {
		add("TenantDomain", "is %s, which %s; it becomes part of the Salesforce username: write %s",
			quote(id.TenantDomain), problem, meantByPart(id.TenantDomain, "the domain alone, such as acme.com"))
	}
	// A part of which nothing is left would give different people the same ID.
	if c.pattern.uses(tokenTenantDomain) && without(id.TenantDomain, c.Separator) == "" {
		add("TenantDomain", "is %s, of which nothing is left without the separator", quote(id.TenantDomain))
	}
	if c.pattern.uses(tokenUserDomain) && without(store, c.Separator) == "" {
		add("Username", "is %s, of whose user store nothing is left without the separator", quote(u.Username))
	}
	if len(problems) > 0 {
		return "", problems
	}
	name := c.pattern.UserID(id, c.Separator, c.ProvisioningDomain)
	if problem := problemOfUsername(name); problem != "" {
		add("Username", "becomes %s by the pattern %s; it %s", quote(name), c.pattern, problem)
	}
	return name, problems
}

// problemOfUsername says why s can't be a Salesforce username; empty if it can.
func problemOfUsername(s string) string {
	if problem := problemOfUsernameText(s); problem != "" {
		return problem
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || problemOfEmailDomain(s[at+1:]) != "" {
		return "must have the form of an email address, such as alice@primary.com; Config.ProvisioningDomain appends a domain to every username"
	}
	if length := utf8.RuneCountInString(s); length > maxUsername {
		return fmt.Sprintf("has %d characters; Salesforce allows %d", length, maxUsername)
	}
	return ""
}

// forCreate is what a create sends: what is decided already, the user's own fields, the
// defaults where the user has no value, and what can be derived.
func (c *settings) forCreate(u User, given record, username string, decided record) (record, []FieldProblem) {
	defaults, problems := checked(u.Defaults)
	fields := make(record, 0, len(decided)+len(given)+len(defaults)+len(c.defaults)+2)
	fields = append(append(append(append(fields, decided...), given...), defaults...), c.defaults...)
	if alias := aliasOf(u, username); alias != "" {
		fields = append(fields, fieldValue{aliasName, alias})
	}
	if _, has := given.lookup("Username"); !has && username != "" {
		fields = append(fields, fieldValue{usernameName, username})
	}
	fields = fields.settled()
	if contact, has := fields.lookup("ContactId"); has && contact == nil {
		fields = fields.without("ContactId") // which Salesforce refuses, even so, for internal users
	}
	return fields, append(problems, u.missingIn(fields)...)
}

// missingIn are the required fields without which Salesforce creates nobody.
func (u User) missingIn(fields record) (problems []FieldProblem) {
	n := 0
	for _, f := range fields {
		if f.required && !isBlank(f.value) {
			n++
		}
	}
	if n == len(requiredFields) {
		return nil
	}
	for _, required := range requiredFields {
		if required == "Username" || required == "ProfileId" && u.Access.Profile != "" {
			continue
		}
		if value, _ := fields.lookup(required); isBlank(value) {
			what := "is required to create a user; set it in User.Fields or Config.Defaults"
			if required == "ProfileId" {
				what += ", or name the profile in User.Access"
			}
			problems = append(problems, FieldProblem{Field: required, Problem: what})
		}
	}
	return problems
}

// problems are those of what is beside the fields.
func (u User) problems(own record) []FieldProblem {
	return slices.Concat(problemsOfPassword(u.Password), u.accessProblems(own))
}

// aliasOf derives an alias from the local username, or from the Salesforce
// username where the caller gave only that.
func aliasOf(u User, username string) string {
	_, local := Identity{Username: u.Username}.local()
	if local == "" {
		local = username
	}
	if at := strings.IndexByte(local, '@'); at > 0 {
		local = local[:at]
	}
	return cutUnits(strings.ToValidUTF8(local, ""), maxAlias)
}

// maxAlias is how long an alias is, in UTF-16 units, by which Salesforce counts.
const maxAlias = 8

// cutUnits shortens a text to a number of UTF-16 units, in whole characters.
func cutUnits(text string, units int) string {
	for at, r := range text {
		if units -= utf16.RuneLen(r); units < 0 {
			return text[:at]
		}
	}
	return text
}

// problem is a ValidationError of one problem.
func problem(field, what string) error {
	return &ValidationError{Problems: []FieldProblem{{Field: field, Problem: what}}}
}

// validationError is nil if there are no problems.
func validationError(problems []FieldProblem) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b FieldProblem) int {
		if isID := a.Field == "ID"; isID != (b.Field == "ID") { // first: the others may follow from it
			return map[bool]int{true: -1, false: 1}[isID]
		}
		return strings.Compare(a.Field, b.Field)
	})
	return &ValidationError{Problems: problems}
}

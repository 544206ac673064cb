package sfprov

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// lookup finds a field ignoring case; key is how the map spells it.
func (f Fields) lookup(name string) (key string, value any, ok bool) {
	if value, ok = f[name]; ok {
		return name, value, true
	}
	for key, value := range f {
		if strings.EqualFold(key, name) {
			return key, value, true
		}
	}
	return "", nil, false
}

// User is a user of the identity service, as a hook hands it over. Nothing in it
// is changed or kept by the calls that take it.
type User struct {
	// Username is the login name in the identity store. It may carry its user
	// store: "SECONDARY/alice". The Salesforce username is built from it by
	// Config.Pattern, unless Fields has a Username.
	Username string
	// TenantDomain overrides Config.TenantDomain.
	TenantDomain string
	// Fields are the Salesforce fields to send.
	Fields Fields
}

const maxUsername = 80 // characters, of a Salesforce username

// username is the Salesforce username of u, and what is wrong with it.
func (c *settings) username(u User) (string, []FieldProblem) {
	var problems []FieldProblem
	add := func(field, format string, args ...any) {
		problems = append(problems, FieldProblem{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	if _, value, given := u.Fields.lookup("Username"); given {
		name, isString := value.(string)
		if !isString || strings.TrimSpace(name) == "" {
			add("Username", "is a required field, given explicitly as %v; give a string, or leave it out to have it built by the pattern", value)
			return "", problems
		}
		if problem := problemOfUsername(name); problem != "" {
			add("Username", "is %s, given explicitly; it %s", quote(name), problem)
		}
		return name, problems
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
	if problem := problemOfUsernameText(id.TenantDomain); problem != "" && c.pattern.uses(tokenTenantDomain) {
		add("TenantDomain", "is %s, which %s; Salesforce usernames can't", quote(id.TenantDomain), problem)
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

// forCreate is what a create sends: the user's fields, the defaults where the
// user has no value of its own, and what can be derived.
func (c *settings) forCreate(u User) (Fields, string, error) {
	fields := make(Fields, len(u.Fields)+len(c.Defaults)+2)
	maps.Copy(fields, u.Fields)
	for name, value := range c.Defaults {
		if _, _, given := u.Fields.lookup(name); !given {
			fields[name] = value
		}
	}
	username, problems := c.username(u)
	if _, _, given := fields.lookup("Username"); !given {
		fields["Username"] = username
	}
	if _, _, given := fields.lookup("Alias"); !given {
		if alias := aliasOf(u, username); alias != "" {
			fields["Alias"] = alias
		}
	}
	for _, field := range userFields {
		if !field.required || field.name == "Username" {
			continue
		}
		if _, value, given := fields.lookup(field.name); !given || isBlank(value) {
			problems = append(problems, FieldProblem{Field: field.name, Problem: "is required to create a user; set it in User.Fields or Config.Defaults"})
		}
	}
	problems = append(problems, checkFields(fields)...)
	return fields, username, validationError(problems)
}

// forUpdate is what an update sends: what the caller gave, and the username if
// the user has one. The username is empty if it isn't sent.
func (c *settings) forUpdate(u User) (Fields, string, error) {
	fields := make(Fields, len(u.Fields)+1)
	maps.Copy(fields, u.Fields)
	username := ""
	var problems []FieldProblem
	if _, _, given := fields.lookup("Username"); given || u.Username != "" {
		username, problems = c.username(u)
		if !given {
			fields["Username"] = username
		}
	}
	for _, field := range userFields {
		if _, value, given := fields.lookup(field.name); given && field.required && field.name != "Username" && isBlank(value) {
			problems = append(problems, FieldProblem{Field: field.name, Problem: "can't be cleared: Salesforce requires a value"})
		}
	}
	problems = append(problems, checkFields(fields)...)
	return fields, username, validationError(problems)
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
	if runes := []rune(local); len(runes) > 8 {
		local = string(runes[:8])
	}
	return local
}

// isBlank says whether Salesforce would take the value as none.
func isBlank(value any) bool {
	text, isString := value.(string)
	return value == nil || isString && strings.TrimSpace(text) == ""
}

// checkFields reports names and values that can't be sent.
func checkFields(fields Fields) []FieldProblem {
	var problems []FieldProblem
	for name, value := range fields {
		field, known := standardField(name)
		switch {
		case !isFieldName(name):
			problems = append(problems, FieldProblem{Field: quote(name), Problem: notAFieldName})
			continue
		case known && field.kind == kindReadOnly:
			problems = append(problems, FieldProblem{Field: name, Problem: "is set by Salesforce and can't be written"})
			continue
		case isGivenTwice(fields, name):
			problems = append(problems, FieldProblem{Field: name, Problem: "is given twice, in different case; Salesforce ignores the case of field names"})
		}
		if problem := problemOfValue(field, known, value); problem != "" {
			problems = append(problems, FieldProblem{Field: name, Problem: problem})
		}
	}
	return problems
}

const notAFieldName = "is not a field API name, such as Department or Cost_Center__c"

// isGivenTwice says whether another spelling of the name comes before it in the
// alphabet, so that each pair is reported once.
func isGivenTwice(fields Fields, name string) bool {
	for other := range fields {
		if other < name && strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

// problemOfValue says why a value can't be sent; empty if it can, as far as is
// known here.
func problemOfValue(field userField, known bool, value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return problemOfText(field, value)
	case Secret:
		return "is a Secret, which would be sent as " + redacted + "; convert it to a string"
	case bool:
		if known {
			return takesText(value)
		}
		return ""
	}
	encoded, err := json.Marshal(value)
	switch {
	case err != nil:
		return fmt.Sprintf("is a %T, which has no JSON form", value)
	case bytes.Contains(bytes.ReplaceAll(encoded, []byte(`\\`), nil), []byte(`\ufffd`)):
		return "holds a string that is not valid UTF-8" // encoding/json replaces the broken bytes without a word
	case string(encoded) == "null":
		return ""
	}
	var text string // of a named string type, or a type that encodes as text
	if json.Unmarshal(encoded, &text) == nil {
		return problemOfText(field, text)
	}
	if known {
		return takesText(value)
	}
	return ""
}

func takesText(value any) string {
	return fmt.Sprintf("is a %T; Salesforce takes a string here", value)
}

// problemOfText is problemOfValue for a string. Of a field that isn't known, the
// zero userField, only the encoding is checked.
func problemOfText(field userField, text string) string {
	if !utf8.ValidString(text) {
		return "is not valid UTF-8"
	}
	if field.name == "Username" || text == "" { // a username has checks of its own
		return ""
	}
	switch length := utf8.RuneCountInString(text); {
	case field.max > 0 && length > field.max:
		return fmt.Sprintf("has %d characters; Salesforce allows %d", length, field.max)
	case field.kind == kindEmail && !isEmail(text):
		return fmt.Sprintf("is %s, which is not an email address", quote(text))
	case field.kind == kindReference:
		_, problem := parseIDOf(field.prefix, text)
		return problem
	}
	return ""
}

// isEmail is deliberately lenient: Salesforce has the last word, but what has no
// @ or no dotted domain it always refuses.
func isEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && problemOfEmailDomain(domain) == "" && problemOfUsernameText(s) == ""
}

// validationError is nil if there are no problems.
func validationError(problems []FieldProblem) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b FieldProblem) int { return strings.Compare(a.Field, b.Field) })
	return &ValidationError{Problems: problems}
}

// text is the string value of a field; ok is false if the field is absent or
// holds something else.
func (f Fields) text(name string) (value string, ok bool) {
	_, v, _ := f.lookup(name)
	value, ok = v.(string)
	return value, ok
}

// texts are the fields that hold a string, in a map of their own.
func (f Fields) texts() Fields {
	texts := make(Fields, len(f))
	for name, value := range f {
		if text, isText := value.(string); isText {
			texts[name] = text
		}
	}
	return texts
}

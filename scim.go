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

// ParseSCIMUser reads a SCIM 2.0 user (RFC 7643) from JSON into claims for a
// [Mapping]. A claim is named as its attribute is in a SCIM path:
//
//	userName
//	name.familyName
//	emails                                       each value, the primary one first
//	emails[type eq "work"].value                 those of a type
//	emails[primary eq true].value                the primary one
//	addresses.locality                           of the primary address, else of the first
//	urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department
//	urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value
//
// Attribute names of the core and of the enterprise schema get the spelling of the
// RFC, whatever their letter case was. Those of other extensions are kept as they
// are written. A type is found as written, and in lower case. Names that are paths
// already, as Entra ID sends them in a PATCH, are taken as such.
//
// Values are kept as they are written; booleans are "true" and "false", numbers have
// all their digits. An attribute without a value (null, an empty text, an empty list)
// is a claim without a value, which was removed. So are the types that the RFC knows,
// and the known parts of the first address, of a list that is there without them: a
// list is sent as a whole. The password is left out.
//
// Several primaries, values without a type, texts among objects, one value in place
// of a list, and booleans as texts are taken as services mean them.
//
// The error is a [ValidationError]: JSON of another form, an attribute that is there
// twice, or one with more levels than SCIM has.
func ParseSCIMUser(data []byte) (map[string][]string, error) {
	if !utf8.Valid(data) { // encoding/json would replace the broken bytes without a word
		return nil, problem("SCIM user", "is not valid UTF-8")
	}
	var user map[string]any
	if err := decodeStrictly(bytes.TrimPrefix(data, []byte("\ufeff")), &user); err != nil {
		return nil, problem("SCIM user", "is not JSON of the expected form: "+err.Error())
	}
	if user == nil {
		return nil, problem("SCIM user", "is null")
	}
	if what := otherSCIM(user); what != "" {
		return nil, problem("SCIM user", what)
	}
	s := scimUser{claims: map[string][]string{}, seen: map[string]bool{}}
	s.attributes("", user)
	if err := validationError(s.problems); err != nil {
		return nil, err
	}
	return s.claims, nil
}

// SCIMClaims is [ParseSCIMUser] of a user that was decoded already, by a SCIM server
// for example. The user is not changed.
func SCIMClaims(user map[string]any) (map[string][]string, error) {
	plain, what := plainValue(user)
	if what != "" {
		return nil, problem("SCIM user", what)
	}
	data, _ := plain.(rawJSON)
	if plain == nil {
		data = "null"
	}
	return ParseSCIMUser([]byte(data))
}

// otherSCIM says what a SCIM message is that is no user; empty if it may be one.
func otherSCIM(message map[string]any) string {
	for name := range message {
		switch strings.ToLower(name) {
		case "operations":
			return "has Operations: it is a request to change a user (PATCH), or many, and no user; apply it to the user " +
				"as the service has it, and give that"
		case "resources":
			return "has Resources: it is a list of users; give each of them"
		}
	}
	return ""
}

// scimUser gathers the claims of a user.
type scimUser struct {
	claims   map[string][]string
	seen     map[string]bool // names of attributes and of their parts, in lower case
	problems []FieldProblem
}

func (s *scimUser) add(name, problem string) {
	s.problems = append(s.problems, FieldProblem{Field: printable(name), Problem: problem})
}

// isNew reports whether the name of an attribute, or of a part, was not there before.
func (s *scimUser) isNew(name string) bool {
	key := strings.ToLower(name)
	if s.seen[key] {
		s.add(name, "is there twice, by different spellings of its name")
		return false
	}
	s.seen[key] = true
	return true
}

// set sets a claim; blank values are none.
func (s *scimUser) set(name string, values ...string) {
	if _, twice := s.claims[name]; twice {
		s.add(name, "is there twice, as an attribute and as a path")
		return
	}
	s.claims[name] = slices.DeleteFunc(append([]string{}, values...), isBlankText)
}

// attributes takes in the attributes of the user, or those of an extension.
func (s *scimUser) attributes(schema string, object map[string]any) {
	for _, written := range slices.Sorted(maps.Keys(object)) {
		name, value := scimName(schema, written), object[written]
		nested, isObject := value.(map[string]any)
		switch {
		case isPassword(name), !s.isNew(name):
		case isObject && schema == "" && isSchema(written):
			s.attributes(written, nested)
		default:
			s.attribute(name, value)
		}
	}
}

// attribute takes in one attribute.
func (s *scimUser) attribute(name string, value any) {
	known, isKnown := scimAttributes[name]
	switch v := value.(type) {
	case []any:
		s.list(name, known, v)
		return
	case map[string]any:
		if known.isList {
			s.list(name, known, []any{v})
			return
		}
		s.complex(name, v)
		return
	case nil:
		s.unset(name, known)
		return
	}
	text := scimText(value)
	switch {
	case known.isList:
		s.list(name, known, []any{value})
	case isKnown && text == "":
		s.unset(name, known)
	case slices.Contains(known.parts, "value"): // a manager as a text
		s.complex(name, map[string]any{"value": value})
	default:
		s.set(name, text)
	}
}

// unset takes in an attribute that is there without a value.
func (s *scimUser) unset(name string, known scimAttribute) {
	if known.isList {
		s.list(name, known, nil)
		return
	}
	s.set(name)
	for _, part := range known.parts {
		s.set(name + "." + part)
	}
}

// complex takes in an attribute with parts.
func (s *scimUser) complex(name string, object map[string]any) {
	for _, written := range slices.Sorted(maps.Keys(object)) {
		part := partOf(scimAttributes[name], written)
		values, isSimple := scimTexts(object[written])
		if !isSimple {
			s.add(name+"."+part, tooDeep)
			continue
		}
		if !s.isNew(name + "." + part) {
			continue
		}
		s.set(name+"."+part, values...)
		if part == "value" {
			s.set(name, values...)
		}
	}
}

const tooDeep = "has more levels than an attribute of SCIM"

// list takes in an attribute of several values, the primary ones first.
func (s *scimUser) list(name string, known scimAttribute, elements []any) {
	l := scimList{name: name, known: known, claims: map[string][]string{name: nil}}
	slices.SortStableFunc(elements, func(a, b any) int { return rankOfElement(a) - rankOfElement(b) })
	for _, element := range elements {
		if problem := l.element(element); problem != "" {
			s.add(name, problem)
			return
		}
	}
	for _, t := range known.types { // those that the list has no value of
		for _, part := range known.typedParts() {
			l.put(typed(name, t)+"."+part, nil)
		}
	}
	for _, claim := range slices.Sorted(maps.Keys(l.claims)) {
		s.set(claim, l.claims[claim]...)
	}
}

// scimList gathers the claims of a list.
type scimList struct {
	name   string
	known  scimAttribute
	claims map[string][]string
	begun  bool // the first element was taken in
}

func (l *scimList) put(claim string, values []string) {
	l.claims[claim] = append(l.claims[claim], values...)
}

func (l *scimList) element(element any) (problem string) {
	object, isObject := element.(map[string]any)
	if !isObject {
		texts, isSimple := scimTexts(element)
		if _, isList := element.([]any); isList || !isSimple {
			return tooDeep
		}
		if !l.known.isList { // of texts, as schemas
			l.put(l.name, texts)
			return ""
		}
		object = map[string]any{"value": element}
	}
	parts := map[string][]string{}
	for _, written := range slices.Sorted(maps.Keys(object)) {
		part := partOf(l.known, written)
		values, isSimple := scimTexts(object[written])
		if _, twice := parts[part]; twice {
			return fmt.Sprintf("has %s twice in one element, by different spellings", quote(part))
		}
		if !isSimple {
			return tooDeep
		}
		parts[part] = values
	}
	l.parts(parts)
	return ""
}

// parts takes in the parts of one element, under each name that it has.
func (l *scimList) parts(parts map[string][]string) {
	l.put(l.name, parts["value"])
	if !l.known.isWhole || !l.begun {
		l.putAll(l.name, parts)
		if l.known.isWhole { // the street of one address never meets the town of another
			for _, part := range l.known.typedParts() {
				l.put(l.name+"."+part, nil)
			}
		}
	}
	l.begun = true
	if isPrimary(parts["primary"]) {
		l.putAll(l.name+"[primary eq true]", parts)
	}
	if t := parts["type"]; len(t) == 1 && t[0] != "" {
		l.putAll(typed(l.name, t[0]), parts)
		if lower := strings.ToLower(t[0]); lower != t[0] {
			l.putAll(typed(l.name, lower), parts)
		}
	}
}

func (l *scimList) putAll(prefix string, parts map[string][]string) {
	for part, values := range parts {
		l.put(prefix+"."+part, values)
	}
}

// typed is the path of the elements of a type.
func typed(name, t string) string { return name + "[type eq " + quoted(t) + "]" }

// quoted is a text as JSON and filters of SCIM write it.
func quoted(text string) string {
	encoded, _ := json.Marshal(text) //nolint:errchkjson // a string has a JSON form
	return string(encoded)
}

func rankOfElement(element any) int {
	object, _ := element.(map[string]any)
	for written, value := range object {
		if texts, _ := scimTexts(value); strings.EqualFold(written, "primary") && isPrimary(texts) {
			return 0
		}
	}
	return 1
}

func isPrimary(texts []string) bool {
	if len(texts) != 1 {
		return false
	}
	is, _ := boolean(texts[0])
	return is == true
}

// scimTexts are the texts of a simple value, or of a list of such.
func scimTexts(value any) (texts []string, isSimple bool) {
	switch v := value.(type) {
	case nil:
		return nil, true
	case map[string]any:
		return nil, false
	case []any:
		for _, element := range v {
			more, isSimple := scimTexts(element)
			if _, isList := element.([]any); isList || !isSimple {
				return nil, false
			}
			texts = append(texts, more...)
		}
		return texts, true
	}
	return []string{scimText(value)}, true
}

// scimText is a value without parts as a text.
func scimText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return ""
}

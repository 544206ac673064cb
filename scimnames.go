package sfprov

import (
	"regexp"
	"slices"
	"strings"
)

// The schemas of RFC 7643 that are about users.
const (
	scimCore       = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// scimAttribute is what RFC 7643 says of an attribute.
type scimAttribute struct {
	parts   []string // of a complex one
	isList  bool     // it has several values, each with parts
	isWhole bool     // its parts mean something together only: an address
	types   []string // the canonical ones
}

// typedParts are the parts that a type without a value clears.
func (a scimAttribute) typedParts() []string {
	if !a.isWhole {
		return []string{"value"}
	}
	return a.parts[:6] // of an address; the rest says which one it is
}

// scimAttributes are the attributes of users in RFC 7643, by their path. The password is
// among them for its spelling only.
var scimAttributes = func() map[string]scimAttribute { //nolint:gochecknoglobals // a constant table
	value := []string{"value", "display", "type", "primary", "$ref"}
	home := []string{"work", "home", "other"}
	attributes := map[string]scimAttribute{
		"meta": {parts: []string{"resourceType", "created", "lastModified", "location", "version"}},
		"name": {parts: []string{
			"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix",
		}},
		"emails": {isList: true, parts: value, types: home},
		"phoneNumbers": {
			isList: true, parts: value, types: []string{"work", "home", "mobile", "fax", "pager", "other"},
		},
		"addresses": {isList: true, isWhole: true, types: home, parts: []string{
			"formatted", "streetAddress", "locality", "region", "postalCode", "country", "type", "primary", "display",
		}},
		scimEnterprise + ":manager": {parts: []string{"value", "$ref", "displayName"}},
	}
	for _, name := range []string{"ims", "photos", "groups", "entitlements", "roles", "x509Certificates"} {
		attributes[name] = scimAttribute{isList: true, parts: value}
	}
	for _, name := range []string{
		"schemas", "id", "externalId", "userName", "displayName", "nickName", "profileUrl", "title", "userType",
		"preferredLanguage", "locale", "timezone", "active", "password",
	} {
		attributes[name] = scimAttribute{}
	}
	for _, name := range []string{"employeeNumber", "costCenter", "organization", "division", "department"} {
		attributes[scimEnterprise+":"+name] = scimAttribute{}
	}
	return attributes
}()

// scimSpelling finds the path of an attribute by its lower case.
var scimSpelling = func() map[string]string { //nolint:gochecknoglobals // made of a constant table
	spelling := map[string]string{}
	for name := range scimAttributes {
		spelling[strings.ToLower(name)] = name
	}
	return spelling
}()

// A path with a filter, such as emails[type eq "work"].value.
var (
	filteredPath = regexp.MustCompile(`(?i)^(\w+)\[\s*(type|primary)\s+eq\s+"?([^"\]]*)"?\s*\](?:\.(\$?\w+))?$`)
)

// isSchema reports whether a name is that of a schema, and not of an attribute, such as
// the manager of the enterprise schema.
func isSchema(name string) bool {
	_, isAttribute := scimSpelling[strings.ToLower(name)]
	return !isAttribute && strings.Contains(name, ":")
}

// isPassword reports whether an attribute is a password, in whichever schema.
func isPassword(name string) bool {
	return strings.EqualFold(name[strings.LastIndexByte(name, ':')+1:], "password")
}

// scimName is the path of an attribute as RFC 7643 spells it, where it knows it.
func scimName(schema, written string) string {
	name := written
	if schema != "" && !strings.EqualFold(schema, scimCore) {
		name = schema + ":" + written
	}
	if len(name) > len(scimCore) && strings.EqualFold(name[:len(scimCore)+1], scimCore+":") {
		name = name[len(scimCore)+1:]
	}
	if known, isKnown := scimSpelling[strings.ToLower(name)]; isKnown {
		return known
	}
	if len(name) > len(scimEnterprise) && strings.EqualFold(name[:len(scimEnterprise)], scimEnterprise) {
		name = scimEnterprise + name[len(scimEnterprise):]
	}
	if path := filteredPath.FindStringSubmatch(name); path != nil {
		return filteredName(path[1], strings.ToLower(path[2]), path[3], path[4])
	}
	if head, part, isDotted := cutLast(name, '.'); isDotted {
		if known, isKnown := scimSpelling[strings.ToLower(head)]; isKnown {
			return known + "." + partOf(scimAttributes[known], part)
		}
	}
	return name
}

// filteredName is a path with a filter.
func filteredName(name, by, value, part string) string {
	name = scimName("", name)
	if lower := strings.ToLower(value); slices.Contains(scimAttributes[name].types, lower) {
		value = lower
	}
	path := typed(name, value)
	if by == "primary" {
		path = name + "[primary eq " + strings.ToLower(value) + "]"
	}
	if part == "" {
		return path
	}
	return path + "." + partOf(scimAttributes[name], part)
}

// partOf is the name of a part of an attribute, in the spelling of the RFC if it knows it.
func partOf(attribute scimAttribute, written string) string {
	i := slices.IndexFunc(attribute.parts, func(part string) bool { return strings.EqualFold(part, written) })
	if i < 0 {
		return written
	}
	return attribute.parts[i]
}

// cutLast cuts a text around the last of a byte.
func cutLast(text string, at byte) (before, after string, found bool) {
	i := strings.LastIndexByte(text, at)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

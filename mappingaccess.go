package sfprov

import (
	"slices"
	"strings"
)

const (
	accessPrefix = "access."
	exactPart    = "exact"
)

// accessParts are the parts of an Access that rules can fill.
var accessParts = []string{ //nolint:gochecknoglobals // a constant list
	"profile", "role", "permissionSets", "permissionSetGroups", "permissionSetLicenses",
	"publicGroups", "queues", exactPart,
}

// access is the part of the access that a rule fills.
func (r Rule) access() (part string, isAccess bool) { return strings.CutPrefix(r.To, accessPrefix) }

// accessPart is the place of a part of the access: a *string, a *[]string or a *bool;
// nil if there is none.
func accessPart(a *Access, name string) any {
	parts := []any{
		&a.Profile, &a.Role, &a.PermissionSets, &a.PermissionSetGroups, &a.PermissionSetLicenses,
		&a.PublicGroups, &a.Queues, &a.Exact,
	}
	if i := slices.Index(accessParts, name); i >= 0 {
		return parts[i]
	}
	return nil
}

// setAccess gives a part its names, or a boolean; nil is none.
func setAccess(a *Access, name string, value any) {
	names, _ := value.([]string)
	switch part := accessPart(a, name).(type) {
	case *string:
		*part = ""
		if len(names) > 0 {
			*part = names[0]
		}
	case *[]string:
		*part = append([]string{}, names...) // not nil: the claim is there
	case *bool:
		*part, _ = value.(bool)
	}
}

// hasLists reports whether a list is there, for Exact to say how it is meant.
func (a Access) hasLists() bool {
	return slices.ContainsFunc(a.lists(), func(l accessList) bool { return l.names != nil })
}

// accessConstant is what a constant gives a part of the access.
func accessConstant(part string, value any) (plain any, problem string) {
	if part == exactPart {
		if text, isText := value.(string); isText {
			return boolean(strings.TrimSpace(text))
		}
		if _, isBoolean := value.(bool); !isBoolean {
			return nil, "is neither true nor false"
		}
		return value, ""
	}
	names, areNames := namesOf(value)
	_, isList := accessPart(&Access{}, part).(*[]string)
	switch {
	case !areNames:
		return nil, "is no name and no list of names"
	case slices.ContainsFunc(names, isBlankText):
		return nil, "holds an empty name"
	case !isList && len(names) != 1:
		return nil, "is a list, but a user has one " + part
	}
	return names, ""
}

// namesOf are the strings of a constant, which is one or a list of them.
func namesOf(value any) (names []string, areNames bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case []string:
		return v, true
	case []any:
		return namesIn(v)
	}
	return nil, false
}

// namesIn are the values, if all of them are strings.
func namesIn(values []any) (names []string, areNames bool) {
	for _, item := range values {
		name, isText := item.(string)
		if !isText {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

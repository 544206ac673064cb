package sfprov

import (
	"maps"
	"slices"
	"strings"
)

// checkUses is what the configuration and a mapping write and name.
type checkUses struct {
	fields   []usedField
	profiles []string // by name or ID
	names    []usedNames
	roles    bool
	sets     bool // permission sets, their groups or licences
	groups   bool // public groups or queues
}

// usedField is a field that is written, with the values that are known.
type usedField struct {
	name    string
	from    string // where it is configured
	updates bool   // it is written by updates, too
	values  []any
}

// usedNames are the names of one kind.
type usedNames struct {
	kind  accessKind
	names []string
}

// usesOf are the uses of a configuration, and of a mapping if there is one.
func usesOf(s *settings, m *Mapping) checkUses {
	var u checkUses
	for _, name := range []string{"Username", "LastName", "Email", "Alias"} {
		u.field(usedField{name: name, from: "every user", updates: name != "Alias"})
	}
	for _, f := range s.defaults {
		u.field(usedField{name: f.spelt, from: "Defaults", values: []any{f.value}})
	}
	if m != nil {
		for _, rule := range m.Rules {
			u.rule(rule)
		}
	}
	return u
}

// field notes a field.
func (u *checkUses) field(f usedField) {
	for _, value := range f.values {
		text, isText := value.(string)
		switch {
		case !isText || text == "":
		case strings.EqualFold(f.name, "ProfileId"):
			u.profile(text)
		}
	}
	u.roles = u.roles || strings.EqualFold(f.name, "UserRoleId")
	i := slices.IndexFunc(u.fields, func(known usedField) bool { return strings.EqualFold(known.name, f.name) })
	if i < 0 {
		u.fields = append(u.fields, f)
		return
	}
	known := &u.fields[i]
	known.updates = known.updates || f.updates
	known.values = append(known.values, f.values...)
	if known.from != f.from {
		known.from = sourcesOf([]string{known.from, f.from})
	}
}

func (u *checkUses) profile(name string) {
	if !slices.ContainsFunc(u.profiles, func(known string) bool { return strings.EqualFold(known, name) }) {
		u.profiles = append(u.profiles, name)
	}
}

// constants are the values that a rule can give whatever the claims say.
func (r Rule) constants() (values []any) {
	for _, value := range []any{r.Value, r.Default, r.Otherwise} {
		values = append(values, entryValues(value)...)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Values)) {
		values = append(values, entryValues(r.Values[key])...)
	}
	return values
}

// rule notes what a rule fills.
func (u *checkUses) rule(r Rule) {
	part, isAccess := r.access()
	if !isAccess {
		u.field(usedField{name: r.To, from: "the mapping", updates: r.Claim != "" || r.Value != nil, values: r.constants()})
		return
	}
	names, _ := namesIn(r.constants())
	kind, known := map[string]accessKind{
		"role": kinds.role, "permissionSets": kinds.permissionSet, "permissionSetGroups": kinds.permissionSetGroup,
		"permissionSetLicenses": kinds.permissionSetLicense, "publicGroups": kinds.publicGroup, "queues": kinds.queue,
	}[part]
	switch part {
	case "profile":
		for _, name := range names {
			u.profile(name)
		}
	case "role":
		u.roles = true
	case "permissionSets", "permissionSetGroups", "permissionSetLicenses":
		u.sets = true
	case "publicGroups", "queues":
		u.groups = true
	}
	if known && len(names) > 0 {
		u.name(kind, names)
	}
}

func (u *checkUses) name(kind accessKind, names []string) {
	i := slices.IndexFunc(u.names, func(known usedNames) bool { return known.kind.field == kind.field })
	if i < 0 {
		u.names = append(u.names, usedNames{kind: kind})
		i = len(u.names) - 1
	}
	for _, name := range names {
		if !containsFold(u.names[i].names, name) {
			u.names[i].names = append(u.names[i].names, name)
		}
	}
}

package sfprovtest

import (
	"maps"
	"slices"
	"strings"
)

// feature is a feature licence that is counted.
type feature struct{ total, used int }

// SetFeatureLicenses limits how many active users can have a feature licence, by the field
// that gives it, such as UserPermissionsMarketingUser; -1, the default, is no limit. It
// panics if User has no such field.
func (o *Org) SetFeatureLicenses(field string, total int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, known := o.fieldOf(userObject, field)
	if !known || !strings.HasPrefix(f.name, "UserPermissions") {
		panic("sfprovtest: User has no feature licence " + field)
	}
	key := folded(f.name)
	delete(o.features, key)
	if total < 0 {
		return
	}
	counted := &feature{total: total}
	for _, user := range o.rows["User"] {
		if usesFeature(user, key) {
			counted.used++
		}
	}
	o.features[key] = counted
}

func usesFeature(user row, field string) bool { return user["isactive"] == true && user[field] == true }

// countFeatures counts the limited feature licences that a user has.
func (o *Org) countFeatures(user row, n int) {
	for field, counted := range o.features {
		if usesFeature(user, field) {
			counted.used += n
		}
	}
}

// checkFeatures refuses an active user for whom no feature licence is left. The answer
// doesn't tell which one is used up, but for one feature.
func (o *Org) checkFeatures(before, after row) error {
	for _, field := range slices.Sorted(maps.Keys(o.features)) {
		counted := o.features[field]
		if !usesFeature(after, field) || usesFeature(before, field) || counted.used < counted.total {
			continue
		}
		if field == "userpermissionssfcontentuser" {
			return badRequest("LICENSE_LIMIT_EXCEEDED", "content feature license limit exceeded")
		}
		return badRequest("LICENSE_LIMIT_EXCEEDED", "License limit exceeded")
	}
	return nil
}

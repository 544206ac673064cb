package sfprovtest

import (
	"slices"
	"strings"
)

// AddCustomField adds a text field to User, whose name ends in __c. Of a unique
// one, no two users can have the same value, ignoring case. It panics if the name
// is none of a custom field.
func (o *Org) AddCustomField(name string, length int, unique bool) {
	if !strings.HasSuffix(name, "__c") {
		panic("sfprovtest: the name of a custom field ends in __c, and this doesn't: " + name)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fields = append(slices.Clip(o.fields), field{name: name, label: strings.TrimSuffix(name, "__c"), kind: typeString, length: length, create: true, update: true, lookup: unique})
}

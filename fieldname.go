package sfprov

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// fieldName is the API name of a field, looked up once: the form in which names are
// compared, and what is known of the field.
type fieldName struct {
	userField // zero, if the field is none of the standard ones

	spelt  string // as the caller or Salesforce spells it
	folded string // in lower case, by which records are in order
	known  bool   // it is a standard field
	valid  bool   // it has the form of a name
}

// maxNames bounds how many names are remembered.
const maxNames = 2000

// nameCache holds the names that were looked up. The map is never changed, but replaced,
// so that reading it takes no lock.
type nameCache struct {
	byName   atomic.Pointer[map[string]*fieldName]
	learning sync.Mutex
}

var fieldNames = func() *nameCache { //nolint:gochecknoglobals // depends on nothing but a constant table
	byName := make(map[string]*fieldName, len(userFields))
	for _, f := range userFields {
		byName[f.name] = newFieldName(f.name)
	}
	cache := &nameCache{}
	cache.byName.Store(&byName)
	return cache
}()

// Names that every user needs.
var usernameName, aliasName = nameOf("Username"), nameOf("Alias") //nolint:gochecknoglobals // constants

// nameOf looks a name up.
func nameOf(name string) *fieldName {
	if found := (*fieldNames.byName.Load())[name]; found != nil {
		return found
	}
	return learnName(name)
}

// nameOfBytes is nameOf, and copies the name only if it is new.
func nameOfBytes(name []byte) *fieldName {
	if found := (*fieldNames.byName.Load())[string(name)]; found != nil {
		return found
	}
	return learnName(string(name))
}

// learnName looks at a name for the first time.
func learnName(name string) *fieldName {
	learned := newFieldName(strings.Clone(name))
	fieldNames.learning.Lock()
	defer fieldNames.learning.Unlock()
	known := *fieldNames.byName.Load()
	if !learned.valid || len(known) >= maxNames {
		return learned
	}
	more := maps.Clone(known)
	more[learned.spelt] = learned
	fieldNames.byName.Store(&more)
	return learned
}

func newFieldName(name string) *fieldName {
	n := &fieldName{spelt: name, folded: strings.ToLower(name), valid: isFieldName(name)}
	for _, f := range userFields {
		if strings.EqualFold(f.name, name) {
			n.userField, n.known = f, true
		}
	}
	return n
}

package sfprov

import (
	"strings"
	"sync"
	"time"
)

const (
	// unresolvedLifetime is how long a create is remembered of which something is
	// open: longer than Salesforce lets a request run (ten minutes), so that none is
	// done unnoticed.
	unresolvedLifetime = 30 * time.Minute
	// maxUnresolved bounds how many are remembered.
	maxUnresolved = 10_000
)

// unresolvedCreates remembers creates whose outcome is unknown, or that made an
// account of which not all is done, so that calling Create again with the same user
// finds out, or goes on.
type unresolvedCreates struct {
	mu    sync.Mutex
	calls map[string]unresolvedCreate // by lower-case username
}

// unresolvedCreate is a create of which something is open.
type unresolvedCreate struct {
	body   string // that was sent: another one is about another user
	sentAt time.Time
	made   string    // ID of the account; empty if it is not known whether there is one
	last   time.Time // when it was remembered
}

// remember notes that something of a create is open.
func (l *unresolvedCreates) remember(username string, create unresolvedCreate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		l.calls = map[string]unresolvedCreate{}
	}
	if len(l.calls) >= maxUnresolved {
		for name, call := range l.calls {
			if time.Since(call.last) > unresolvedLifetime || len(l.calls) >= maxUnresolved {
				delete(l.calls, name)
			}
		}
	}
	create.last = time.Now()
	l.calls[strings.ToLower(username)] = create
}

// recall returns the same create, if something of it is open.
func (l *unresolvedCreates) recall(username string, sent record) (unresolvedCreate, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	call, found := l.calls[strings.ToLower(username)]
	if !found || time.Since(call.last) > unresolvedLifetime {
		return unresolvedCreate{}, false
	}
	body, err := sent.encode()
	return call, err == nil && call.body == string(body)
}

// holds reports whether something of a create with this username is open.
func (l *unresolvedCreates) holds(username string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, found := l.calls[strings.ToLower(username)]
	return found
}

// forget notes that nothing is open any more.
func (l *unresolvedCreates) forget(username string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.calls, strings.ToLower(username))
}

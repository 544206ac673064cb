package sfprov

import (
	"strings"
	"sync"
	"time"
)

const (
	// confirmationLifetime is how long the link works by which a user confirms a
	// changed email address.
	confirmationLifetime = 72 * time.Hour
	// maxPendingEmails bounds how many addresses are remembered.
	maxPendingEmails = 100_000
)

// pendingEmails remembers which addresses were sent, since Salesforce shows the old
// one until the user confirms the new one, and sends a mail each time it is sent.
type pendingEmails struct {
	mu   sync.Mutex
	sent map[string]pendingEmail // by user ID
}

type pendingEmail struct {
	address string
	// before is the address that was stored when this one was sent, if that is known.
	before      string
	knowsBefore bool
	sentAt      time.Time
}

// remember notes that an address was sent, and which one was stored then.
func (e *pendingEmails) remember(userID, address, before string, knowsBefore bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sent == nil {
		e.sent = map[string]pendingEmail{}
	}
	for id := range e.sent {
		if len(e.sent) < maxPendingEmails {
			break
		}
		delete(e.sent, id) // any: at worst, its user gets another mail
	}
	e.sent[userID] = pendingEmail{address: address, before: before, knowsBefore: knowsBefore, sentAt: time.Now()}
}

// waits reports whether an address was sent that the user has not confirmed, and may
// yet. stored is the address that Salesforce shows: the one that was stored when it was
// sent, since any third is somebody's change.
func (e *pendingEmails) waits(userID, address, stored string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	pending, known := e.sent[userID]
	switch {
	case !known:
		return false
	case strings.EqualFold(pending.address, stored), time.Since(pending.sentAt) > confirmationLifetime,
		pending.knowsBefore && !strings.EqualFold(pending.before, stored):
		delete(e.sent, userID)
		return false
	case !pending.knowsBefore: // it is what is stored while the address waits
		pending.before, pending.knowsBefore = stored, true
		e.sent[userID] = pending
	}
	return strings.EqualFold(pending.address, address)
}

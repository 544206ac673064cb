package sfprov

import (
	"strings"
	"sync"
	"time"
)

const (
	// lostLifetime is how long a lost create is remembered: longer than Salesforce
	// lets a request run (ten minutes), so that none is done unnoticed.
	lostLifetime = 30 * time.Minute
	// maxLost bounds how many are remembered.
	maxLost = 10_000
)

// lostCreates remembers creates whose outcome is unknown, so that calling Create
// again with the same user finds out, or at least does not say that nothing is
// done.
type lostCreates struct {
	mu       sync.Mutex
	attempts map[string]lostCreate // by lower-case username
}

type lostCreate struct {
	body         string // that was sent: another one is about another user
	sentAt, last time.Time
}

// remember notes that the outcome of a create is unknown.
func (l *lostCreates) remember(unknown *UnconfirmedError, body []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.attempts == nil {
		l.attempts = map[string]lostCreate{}
	}
	if len(l.attempts) >= maxLost {
		for username, attempt := range l.attempts {
			if time.Since(attempt.last) > lostLifetime || len(l.attempts) >= maxLost {
				delete(l.attempts, username)
			}
		}
	}
	l.attempts[strings.ToLower(unknown.Username)] = lostCreate{body: string(body), sentAt: unknown.SentAt, last: unknown.LostAt}
}

// recall says when the same create was first sent, if its outcome is unknown.
func (l *lostCreates) recall(username string, body []byte) (sentAt time.Time, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	attempt, found := l.attempts[strings.ToLower(username)]
	if !found || attempt.body != string(body) || time.Since(attempt.last) > lostLifetime {
		return time.Time{}, false
	}
	return attempt.sentAt, true
}

// forget notes that the outcome is known.
func (l *lostCreates) forget(username string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.attempts, strings.ToLower(username))
}

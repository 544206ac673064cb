package sfprov

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// maxMatchUses bounds how many match values are remembered.
const maxMatchUses = 10_000

// matchUses remembers for whom match values were used, since a service that gives one to
// two people makes one account of both, and nothing else shows it.
type matchUses struct {
	mu   sync.Mutex
	last map[string]matchUse // by match value
}

type matchUse struct{ username, lastName, email string }

// isAnother reports whether a use is somebody else's: one who changes a name, or marries,
// keeps something.
func (u matchUse) isAnother(other matchUse) bool {
	differs := func(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
	return differs(u.username, other.username) && differs(u.lastName, other.lastName) && differs(u.email, other.email)
}

// note notes a use, and reports whether the one before was somebody else's.
func (m *matchUses) note(value string, use matchUse) (isAnother bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil || len(m.last) >= maxMatchUses {
		m.last = map[string]matchUse{}
	}
	before, known := m.last[value]
	m.last[value] = use
	return known && before.isAnother(use)
}

// noteMatch warns of a match value that was just used for another user.
func (p *Provisioner) noteMatch(ctx context.Context, d *desired) {
	if !d.match.set() {
		return
	}
	lastName, _ := d.given.text("LastName")
	email, _ := d.given.text("Email")
	if p.matches.note(d.match.value, matchUse{d.username, lastName, email}) {
		p.log.LogAttrs(ctx, slog.LevelWarn, "a match value was just used for a user of another name and address: is it one user's own?",
			slog.String("field", d.match.field), slog.String("username", printable(d.username)))
	}
}

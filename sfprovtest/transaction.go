package sfprovtest

import "slices"

// transaction remembers how to take back what the subrequests of a composite request
// change. It is in force, as [Org].changes, only while one of them is at work: what
// tests and controls change in between is theirs, and stays.
type transaction struct{ undo []func() }

// rollBack takes everything back, the last change first.
func (t *transaction) rollBack() {
	for _, undo := range slices.Backward(t.undo) {
		undo()
	}
	t.undo = nil
}

// within does something as a part of a transaction. The lock is held.
func (o *Org) within(t *transaction, work func() (answer, error)) (answer, error) {
	o.changes = t
	defer func() { o.changes = nil }()
	return work()
}

// undoable notes how a change is taken back. Whatever requests change calls it; what
// only tests change need not.
func (o *Org) undoable(undo func()) {
	if o.changes != nil {
		o.changes.undo = append(o.changes.undo, undo)
	}
}

// put sets an entry of one of the org's maps, of a row for example.
func put[K comparable, V any](o *Org, m map[K]V, key K, value V) {
	before, existed := m[key]
	m[key] = value
	o.undoable(func() {
		if existed {
			m[key] = before
		} else {
			delete(m, key)
		}
	})
}

// drop deletes an entry of one of the org's maps.
func drop[K comparable, V any](o *Org, m map[K]V, key K) {
	if before, existed := m[key]; existed {
		delete(m, key)
		o.undoable(func() { m[key] = before })
	}
}

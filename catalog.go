package sfprov

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// catalogTTL is how long it is remembered what the org's profiles, roles and so
	// on are called.
	catalogTTL = 10 * time.Minute
	// catalogPause is how soon a name that is not known makes the org be asked
	// again.
	catalogPause = 30 * time.Second
)

// catalog remembers the records that an Access names.
type catalog struct {
	mu    sync.Mutex
	kinds map[string]*catalogKind // by field of Access
}

// catalogKind is what there is of one kind.
type catalogKind struct {
	// slot is held by the caller who reads the entries for all.
	slot chan struct{}
	// mu guards what follows, and is never held during I/O.
	mu      sync.Mutex
	entries []catalogEntry
	read    time.Time
}

// catalogEntry is a record with what it is called, the label last.
type catalogEntry struct {
	id    string
	names []string
}

// label is what people call the record.
func (e catalogEntry) label() string { return e.names[len(e.names)-1] }

func (l *catalog) of(kind accessKind) *catalogKind {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kinds == nil {
		l.kinds = map[string]*catalogKind{}
	}
	if l.kinds[kind.field] == nil {
		l.kinds[kind.field] = &catalogKind{slot: make(chan struct{}, 1)}
	}
	return l.kinds[kind.field]
}

// list returns what there is of a kind.
func (l *catalog) list(ctx context.Context, c *client, kind accessKind) ([]catalogEntry, error) {
	return l.of(kind).get(ctx, c, kind, catalogTTL)
}

// find finds a record by name or ID. A name that is not known is looked for
// again in the org. The problem is why there is no answer.
func (l *catalog) find(ctx context.Context, c *client, kind accessKind, name string) (found catalogEntry, problem string, err error) {
	of := l.of(kind)
	for _, age := range []time.Duration{catalogTTL, catalogPause} {
		entries, err := of.get(ctx, c, kind, age)
		if err != nil {
			return catalogEntry{}, "", &stepError{step: "looking for " + kind.field + " " + quote(name), err: err}
		}
		matches := matchingEntries(entries, name)
		switch {
		case len(matches) == 1:
			return matches[0], "", nil
		case len(matches) > 1:
			ids := make([]string, min(len(matches), maxAmbiguous))
			for i := range ids {
				ids[i] = matches[i].id
			}
			return catalogEntry{}, fmt.Sprintf("is %s, which names several: %s; use the API name or the ID", quote(name), strings.Join(ids, ", ")), nil
		}
		problem = fmt.Sprintf("is %s, which this org does not have%s", quote(name), didYouMean(entries, name))
	}
	return catalogEntry{}, problem, nil
}

// matchingEntries are the entries with a name: by ID or API name, which are unique, else
// by label.
func matchingEntries(entries []catalogEntry, name string) []catalogEntry {
	id := id18Of(name)
	for _, by := range []func(catalogEntry) bool{
		func(e catalogEntry) bool { return id != "" && e.id == id },
		func(e catalogEntry) bool { return strings.EqualFold(e.names[0], name) },
		func(e catalogEntry) bool { return strings.EqualFold(e.label(), name) },
	} {
		var matches []catalogEntry
		for _, e := range entries {
			if by(e) {
				matches = append(matches, e)
			}
		}
		if len(matches) > 0 {
			return matches
		}
	}
	return nil
}

// get returns the entries, read anew if they are older than age.
func (l *catalogKind) get(ctx context.Context, c *client, kind accessKind, age time.Duration) ([]catalogEntry, error) {
	if entries, fresh := l.fresh(age); fresh {
		return entries, nil
	}
	select {
	case l.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, newTransportError(ctx, ctx.Err(), false)
	}
	defer func() { <-l.slot }()
	if entries, fresh := l.fresh(age); fresh {
		return entries, nil
	}
	soql := "SELECT Id, " + strings.Join(kind.names, ", ") + " FROM " + kind.object
	if kind.where != "" {
		soql += " WHERE " + kind.where
	}
	entries := []catalogEntry{}
	for row, err := range c.query(ctx, soql) {
		if err != nil {
			return nil, err
		}
		id, _ := row.text("Id")
		e := catalogEntry{id: id18Of(id)}
		for _, field := range kind.names {
			name, _ := row.text(field)
			e.names = append(e.names, name)
		}
		if e.id != "" {
			entries = append(entries, e)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.read = entries, time.Now()
	return entries, nil
}

func (l *catalogKind) fresh(age time.Duration) ([]catalogEntry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries, l.entries != nil && time.Since(l.read) < age
}

// didYouMean names up to three entries that look like the name.
func didYouMean(entries []catalogEntry, name string) string {
	type near struct {
		name     string
		distance int
	}
	var all []near
	for _, e := range entries {
		label := e.label()
		d := distance(strings.ToLower(label), strings.ToLower(name))
		if api := distance(strings.ToLower(e.names[0]), strings.ToLower(name)); api < d {
			d = api
		}
		if d <= max(2, len(name)/3) || strings.Contains(strings.ToLower(label), strings.ToLower(name)) {
			all = append(all, near{label, d})
		}
	}
	if len(all) == 0 {
		return ""
	}
	slices.SortStableFunc(all, func(a, b near) int { return a.distance - b.distance })
	var names []string
	for _, n := range all[:min(len(all), 3)] {
		names = append(names, quote(n.name))
	}
	return "; did you mean " + strings.Join(names, ", ") + "?"
}

// distance is how many characters must be added, dropped or replaced to make b of
// a.
func distance(a, b string) int {
	x, y := []rune(cut(a, 100)), []rune(cut(b, 100))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

package probe

import (
	"fmt"
	"strings"
)

// Request is the probe's request on one line.
func (p Probe) Request() string {
	if p.NotAsked != "" {
		return ""
	}
	text := p.Method + " " + strings.TrimPrefix(p.Path, "/services/data/<version>")
	if p.SOQL != "" {
		text = p.SOQL
	}
	if sent := p.sent(); sent != "" {
		text += " " + sent
	}
	return text
}

// Summary is an answer on one line: status, codes and what was seen.
func (a Answer) Summary() string {
	if a.Skipped != "" || a.Failed != "" {
		return a.Skipped + a.Failed
	}
	parts := []string{fmt.Sprint(a.Status)}
	if codes := codesOf(a); codes != "" {
		parts = append(parts, strings.ReplaceAll(codes, " []", ""))
	}
	if !strings.HasPrefix(a.Body, "json") && a.Body != "none" {
		parts = append(parts, a.Body)
	}
	for _, name := range union(a.Seen, nil) {
		parts = append(parts, name+": "+a.Seen[name])
	}
	return strings.Join(parts, "; ")
}

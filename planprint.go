package sfprov

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxShown is how much of a value a plan shows, in characters.
const maxShown = 60

// String is the plan for people: the counts, what to know, and the steps with each
// change. Long values are shortened.
func (l *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Plan of %s: %s; %d unchanged\n", l.MadeAt.Format("2006-01-02 15:04:05 MST"), l.counts(), l.Unchanged)
	for _, note := range l.Notes {
		b.WriteString("Note: " + printable(note) + "\n")
	}
	if err := l.guard(); err != nil {
		b.WriteString("REFUSED: " + printable(summary(err)) + "\n")
	}
	for _, step := range l.Steps {
		b.WriteString(step.line())
		if step.Action == Deactivated {
			continue
		}
		for _, c := range step.Changes {
			b.WriteString("    " + c.line() + "\n")
		}
	}
	return b.String()
}

// verbs are the actions as a plan names them, with their marks.
var verbs = []struct { //nolint:gochecknoglobals // a constant table
	kind, mark, verb string
}{
	{string(Created), "+", "create"},
	{string(Adopted), "+", "adopt"},
	{string(Reactivated), "+", "reactivate"},
	{string(Updated), "~", "update"},
	{"access", "~", "change the access of"},
	{string(Unfrozen), "~", "unfreeze"},
	{string(Deactivated), "-", "deactivate"},
	{"", "!", "can't do"},
}

// kind is the action, and access where nothing else changes.
func (s PlanStep) kind() string {
	if s.Action != Updated || len(s.Changes) == 0 {
		return string(s.Action)
	}
	for _, c := range s.Changes {
		if !strings.HasPrefix(c.Field, "Access.") && c.Field != "UserRoleId" && c.Field != "ProfileId" {
			return string(s.Action)
		}
	}
	return "access"
}

func (l *Plan) counts() string {
	counts := map[string]int{}
	for _, step := range l.Steps {
		counts[step.kind()]++
	}
	var parts []string
	for _, v := range verbs {
		if n := counts[v.kind]; n > 0 || v.kind == string(Created) || v.kind == string(Updated) || v.kind == string(Deactivated) {
			verb := "to " + v.verb
			switch v.kind {
			case "access":
				verb = "whose access changes"
			case "":
				verb = "with a problem"
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, verb))
		}
	}
	return strings.Join(parts, ", ")
}

func (s PlanStep) line() string {
	target := s.Username
	if target == "" && s.User != nil {
		target = s.User.Username
	}
	if s.ID != "" {
		target += " (" + s.ID + ")"
	}
	for _, v := range verbs {
		if v.kind != s.kind() {
			continue
		}
		line := v.mark + " " + v.verb + " " + printable(target)
		if s.Problem != "" {
			line += ": " + printable(s.Problem)
		}
		return line + "\n"
	}
	return "? " + printable(string(s.Action)+" "+target) + "\n"
}

func (c Change) line() string {
	field := shownValue(c.Field)
	switch {
	case c.Before == nil:
		return field + ": " + shownValue(c.After)
	case c.After == nil:
		return field + ": " + shownValue(c.Before) + " -> none"
	}
	return field + ": " + shownValue(c.Before) + " -> " + shownValue(c.After)
}

func shownValue(value any) string {
	text := textOf(value)
	if utf8.RuneCountInString(text) > maxShown {
		text = cut(text, maxShown) + "..."
	}
	return printable(text)
}

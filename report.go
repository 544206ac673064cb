package sfprov

import (
	"fmt"
	"strings"
	"time"
)

// Level says how a finding turned out.
type Level string

// The levels.
const (
	LevelOK      Level = "ok"
	LevelWarning Level = "warning" // calls go on, and somebody should look
	LevelFailure Level = "failure" // calls fail, or do the wrong thing, until it is mended
	LevelSkipped Level = "skipped" // could not be looked at; Detail says why
)

// Finding is one thing that [Provisioner.Check] looked at.
type Finding struct {
	ID     string `json:"id"` // stable, for programs: docs/checks.md has all
	Title  string `json:"title"`
	Level  Level  `json:"level"`
	Detail string `json:"detail,omitempty"` // what was found
	Cure   string `json:"cure,omitempty"`   // what to do; empty only if all is well
	Where  string `json:"where,omitempty"`  // the page in Salesforce's Setup, or the setting
}

// OrgInfo is the org that was checked, as far as it told.
type OrgInfo struct {
	ID         string    `json:"id,omitempty"`
	Name       string    `json:"name,omitempty"`
	Edition    string    `json:"edition,omitempty"`
	Instance   string    `json:"instance,omitempty"`
	Sandbox    bool      `json:"sandbox"`
	TrialEnds  time.Time `json:"trialEnds,omitzero"`
	Domain     string    `json:"domain"`
	APIVersion string    `json:"apiVersion"`

	IntegrationUser IntegrationUser `json:"integrationUser"`
}

// IntegrationUser is whom the Provisioner logs in as.
type IntegrationUser struct {
	ID       string `json:"id,omitempty"`
	Username string `json:"username,omitempty"`
	Profile  string `json:"profile,omitempty"`
	License  string `json:"license,omitempty"`
}

// Report is what [Provisioner.Check] found. Its JSON is stable: fields may be added. It
// holds no secrets, and nothing that a terminal would take for a command.
type Report struct {
	MadeAt   time.Time `json:"madeAt"`
	Org      OrgInfo   `json:"org"`
	Findings []Finding `json:"findings"`
	APICalls int       `json:"apiCalls"` // that the check sent, and Salesforce counts
}

// OK reports whether there is no failure.
func (r *Report) OK() bool { return r.count(LevelFailure) == 0 }

func (r *Report) count(level Level) int {
	n := 0
	for _, f := range r.Findings {
		if f.Level == level {
			n++
		}
	}
	return n
}

var marks = map[Level]string{ //nolint:gochecknoglobals // a constant table
	LevelOK: "ok  ", LevelWarning: "warn", LevelFailure: "FAIL", LevelSkipped: "skip",
}

// mendFirst begins the cure of what was not looked at because of another finding.
const mendFirst = "Mend that first: "

// String is the report for people. The last line says whether the org is ready.
func (r *Report) String() string {
	var b strings.Builder
	line := func(indent, text string) {
		if text != "" {
			b.WriteString(indent + printable(text) + "\n")
		}
	}
	line("", r.Org.headline())
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Cure, mendFirst) { // many can follow from one
			line("", marks[f.Level]+"  "+f.Title+": "+f.Detail)
			continue
		}
		line("", marks[f.Level]+"  "+f.Title)
		line("      ", f.Detail)
		if f.Level != LevelOK {
			line("      cure: ", f.Cure)
			line("      where: ", f.Where)
		}
	}
	line("", r.verdict())
	return b.String()
}

func (o OrgInfo) headline() string {
	text := "Org " + o.Domain
	if o.Name != "" {
		text += ", " + o.Name
	}
	if o.Edition != "" {
		text += ", " + o.Edition
	}
	if o.Sandbox {
		text += ", a sandbox"
	}
	return text + ", API " + o.APIVersion
}

// verdict is the last line.
func (r *Report) verdict() string {
	var notes []string
	for _, n := range []struct {
		level     Level
		one, many string
	}{{LevelWarning, "warning", "warnings"}, {LevelSkipped, "check skipped", "checks skipped"}} {
		switch count := r.count(n.level); count {
		case 0:
		case 1:
			notes = append(notes, "1 "+n.one)
		default:
			notes = append(notes, fmt.Sprintf("%d %s", count, n.many))
		}
	}
	text := "Ready"
	switch failures := r.count(LevelFailure); failures {
	case 0:
	case 1:
		text = "Not ready: 1 problem"
	default:
		text = fmt.Sprintf("Not ready: %d problems", failures)
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return text + "."
}

package probe

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the report to be read: a line for each probe, and what it tells.
func (r Report) WriteText(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s org, API version %s, %s\n", r.Org, r.APIVersion, r.Cost)
	for _, a := range r.Answers {
		fmt.Fprintf(&out, "%d %-32s %s\n", a.Number, a.Name, a.line())
		for _, e := range a.Errors {
			fmt.Fprintf(&out, "      %s", e.Code)
			if len(e.Fields) > 0 {
				fmt.Fprintf(&out, " [%s]", strings.Join(e.Fields, ", "))
			}
			fmt.Fprintf(&out, ": %s\n", e.Text)
		}
		for _, name := range union(a.Seen, nil) {
			fmt.Fprintf(&out, "      %s: %s\n", name, a.Seen[name])
		}
	}
	if r.Left != "" {
		fmt.Fprintf(&out, "Left behind: %s.\n", r.Left)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// line is what came of a probe, in short.
func (a Answer) line() string {
	switch {
	case a.Skipped != "":
		return "not asked: " + a.Skipped
	case a.Failed != "":
		return a.Failed
	}
	return fmt.Sprintf("%d %s, %d ms", a.Status, a.Body, a.Millis)
}

// String tells the cost in words.
func (c Cost) String() string {
	return fmt.Sprintf("%d requests: %d API calls, %d logins", c.Requests, c.APICalls, c.Logins)
}

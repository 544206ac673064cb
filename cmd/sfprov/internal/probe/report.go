package probe

import (
	"encoding/json"
	"fmt"
	"io"
)

// format of the report; a reader refuses others.
const format = 1

// Report is what an org answered. It holds no secrets and no values of records.
type Report struct {
	Format      int      `json:"format"`
	Org         string   `json:"org"` // what kind: production, sandbox or loopback
	APIVersion  string   `json:"apiVersion"`
	Grant       string   `json:"grant"`
	Write       bool     `json:"write"`
	Interrupted bool     `json:"interrupted,omitempty"`
	Left        string   `json:"left,omitempty"` // what stays behind in the org
	Cost        Cost     `json:"cost"`
	Answers     []Answer `json:"answers"`
}

// Answer is what came of one probe.
type Answer struct {
	Number  int    `json:"number"`
	Name    string `json:"name"`
	Skipped string `json:"skipped,omitempty"` // why it was not asked
	Failed  string `json:"failed,omitempty"`  // why there is no answer

	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	Sent   string `json:"sent,omitempty"` // the body, as a template

	Status  int               `json:"status,omitempty"`
	Millis  int64             `json:"millis,omitempty"`
	Headers []string          `json:"headers,omitempty"`
	Values  map[string]string `json:"headerValues,omitempty"` // of a few headers, in plain form
	Body    string            `json:"body,omitempty"`         // none, json, html, text
	Keys    map[string]string `json:"keys,omitempty"`         // the types of what the body has, by path
	Flags   map[string]string `json:"flags,omitempty"`        // some booleans and statuses in the body
	Errors  []Refusal         `json:"errors,omitempty"`
	Seen    map[string]string `json:"seen,omitempty"` // what the probe looked for
}

// Refusal is an error that the body tells.
type Refusal struct {
	Code   string   `json:"code"`
	Fields []string `json:"fields,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// WriteJSON writes the report as a file that [ReadReport] reads.
func (r Report) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(r)
}

// ReadReport reads what [Report.WriteJSON] wrote.
func ReadReport(data []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("it is no report of probes: %w", err)
	}
	if r.Format != format {
		return Report{}, fmt.Errorf("it is a report of format %d; this command reads %d", r.Format, format)
	}
	return r, nil
}

package probe

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Difference is something that one probe was answered otherwise in two reports.
type Difference struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	What   string `json:"what"`
	A      string `json:"a"`
	B      string `json:"b"`
}

// Compare tells where two reports differ: in status, body, headers' values, keys, codes,
// texts and what the probes looked for. Times, counts and what only proxies add are left out,
// and so is what one of them did not ask.
func Compare(a, b Report) []Difference {
	var all []Difference
	other := map[int]Answer{}
	for _, answer := range b.Answers {
		other[answer.Number] = answer
	}
	for _, answer := range a.Answers {
		if in, both := other[answer.Number]; both && answer.Skipped == "" && in.Skipped == "" {
			all = append(all, compareAnswers(answer, in)...)
		}
	}
	return all
}

func compareAnswers(a, b Answer) []Difference {
	var all []Difference
	differ := func(what, one, two string) {
		if one != two {
			all = append(all, Difference{a.Number, a.Name, what, one, two})
		}
	}
	differ("failure", a.Failed, b.Failed)
	differ("status", strconv.Itoa(a.Status), strconv.Itoa(b.Status))
	differ("body", a.Body, b.Body)
	differ("errors", codesOf(a), codesOf(b))
	differ("texts", textsOf(a), textsOf(b))
	for _, each := range []struct {
		what string
		a, b map[string]string
	}{{"header", a.Values, b.Values}, {"flag", a.Flags, b.Flags}, {"seen", a.Seen, b.Seen}} {
		for _, name := range union(each.a, each.b) {
			differ(each.what+" "+name, each.a[name], each.b[name])
		}
	}
	for _, key := range union(a.Keys, b.Keys) {
		if known(key, a.Keys, b.Keys) {
			differ("key "+key, typeOf(a.Keys, key, b.Keys), typeOf(b.Keys, key, a.Keys))
		}
	}
	return all
}

func union(a, b map[string]string) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// known reports whether both can tell: an empty list, and a null, don't say what would be
// in them.
func known(key string, a, b map[string]string) bool {
	for at, c := range key {
		if c != '.' && c != '[' {
			continue
		}
		parent := key[:at]
		for _, keys := range []map[string]string{a, b} {
			empty := keys[parent] == "null" || keys[parent] == "" ||
				strings.Contains(keys[parent], "array") && keys[parent+"[]"] == ""
			if empty && parent != "" {
				return false
			}
		}
	}
	return true
}

// typeOf leaves null out where the other one has a value.
func typeOf(keys map[string]string, key string, other map[string]string) string {
	kind := strings.TrimPrefix(strings.Replace(keys[key], "|null", "", 1), "null|")
	theirs := other[key]
	if kind == "null" && theirs != "" {
		return strings.TrimPrefix(strings.Replace(theirs, "|null", "", 1), "null|")
	}
	if kind == "" {
		return "missing"
	}
	return kind
}

func codesOf(a Answer) string {
	var all []string
	for _, e := range a.Errors {
		all = append(all, strings.TrimSpace(e.Code+" "+fmt.Sprint(e.Fields)))
	}
	return strings.Join(all, ", ")
}

func textsOf(a Answer) string {
	var all []string
	for _, e := range a.Errors {
		all = append(all, e.Text)
	}
	return strings.Join(all, " / ")
}

// WriteDifferences writes them to be read.
func WriteDifferences(w io.Writer, all []Difference) error {
	last := 0
	for _, d := range all {
		if d.Number != last {
			if _, err := fmt.Fprintf(w, "%d %s\n", d.Number, d.Name); err != nil {
				return err
			}
			last = d.Number
		}
		if _, err := fmt.Fprintf(w, "  %s\n    A: %s\n    B: %s\n", d.What, orNothing(d.A), orNothing(d.B)); err != nil {
			return err
		}
	}
	return nil
}

func orNothing(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

package probe

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

func TestTwoRunsOfOneKindOfOrgAreTheSame(t *testing.T) {
	t.Parallel()
	var reports [2]Report
	for i := range reports {
		report, err := Run(t.Context(), settingsOf(t, sfprovtest.NewOrg(t)), Options{Write: i == 0})
		require.NoError(t, err)
		reports[i], err = ReadReport([]byte(jsonOf(t, report)))
		require.NoError(t, err)
	}
	assert.Empty(t, Compare(reports[0], reports[1]), "times, counts and what one did not ask are left out")
}

func TestCompareShowsEachKindOfDifference(t *testing.T) {
	t.Parallel()
	one := Answer{
		Number: 1, Name: "x", Status: 200, Body: "json", Millis: 5,
		Keys:   map[string]string{"$": "object", "$.a": "string", "$.n": "null", "$.list": "array", "$.list[]": "object", "$.list[].id": "string"},
		Errors: []Refusal{{Code: "A", Text: "a"}},
	}
	for what, change := range map[string]func(*Answer){
		"status":           func(a *Answer) { a.Status = 404 },
		"body":             func(a *Answer) { a.Body = "html" },
		"errors":           func(a *Answer) { a.Errors = []Refusal{{Code: "B", Text: "a"}} },
		"texts":            func(a *Answer) { a.Errors = []Refusal{{Code: "A", Text: "b"}} },
		"failure":          func(a *Answer) { a.Failed = "no answer" },
		"header Allow":     func(a *Answer) { a.Values = map[string]string{"Allow": "GET"} },
		"flag $.done":      func(a *Answer) { a.Flags = map[string]string{"$.done": "true"} },
		"seen totalSize":   func(a *Answer) { a.Seen = map[string]string{"totalSize": "one"} },
		"key $.a":          func(a *Answer) { a.Keys["$.a"] = "number" },
		"key $.new":        func(a *Answer) { a.Keys["$.new"] = "string" },
		"key $.list[].new": func(a *Answer) { a.Keys["$.list[].new"] = "string" },
		"":                 func(a *Answer) { a.Millis = 9; a.Headers = []string{"Date"}; a.Keys["$.n"] = "string" },
		" an empty list": func(a *Answer) {
			delete(a.Keys, "$.list[]")
			delete(a.Keys, "$.list[].id")
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			two := one
			two.Keys = maps.Clone(one.Keys)
			change(&two)
			for _, found := range [][]Difference{
				Compare(Report{Answers: []Answer{one}}, Report{Answers: []Answer{two}}),
				Compare(Report{Answers: []Answer{two}}, Report{Answers: []Answer{one}}),
			} {
				if what == "" || what[0] == ' ' {
					assert.Empty(t, found)
					continue
				}
				require.Len(t, found, 1)
				assert.Equal(t, what, found[0].What)
			}
		})
	}
}

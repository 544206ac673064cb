package probe

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// golden is what a file has; with -update, what it has now.
func golden(t *testing.T, name, got string) string {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o600))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(want)
}

func TestNumbersAndNamesAreUnique(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	numbers, names := map[int]bool{}, map[string]bool{}
	for _, p := range Probes() {
		assert.False(t, numbers[p.Number], p.Number)
		assert.False(t, names[p.Name], p.Name)
		assert.Regexp(t, name, p.Name)
		assert.NotEmpty(t, p.Doubt, p.Name)
		assert.Equal(t, p.NotAsked == "", p.Path != "", p.Name)
		numbers[p.Number], names[p.Name] = true, true
	}
	assert.Less(t, AtMost(false).APICalls, 100)
}

const (
	page  = "../../../../docs/probes.md"
	begin = "<!-- the probes, written by TestDocs -->\n"
)

// TestDocs holds the page to the probes, and to what sfprovtest answers.
func TestDocs(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	before, _, found := strings.Cut(string(data), begin)
	require.True(t, found)
	got := before + begin + table(t)
	assert.Equal(t, golden(t, page, got), got, "go test ./internal/probe -update rewrites it")
}

func table(t *testing.T) string {
	t.Helper()
	report, err := Run(t.Context(), settingsOf(t, sfprovtest.NewOrg(t)), Options{Write: true})
	require.NoError(t, err)
	answers := byName(report)
	var asked, not strings.Builder
	for _, p := range Probes() {
		if p.NotAsked != "" {
			fmt.Fprintf(&not, "| %d | %s | %s | %s |\n", p.Number, p.Name, cell(p.Doubt), cell(p.NotAsked))
			continue
		}
		write := ""
		if p.Write {
			write = ", with `--write`"
		}
		fmt.Fprintf(&asked, "| %d | %s%s | %s | `%s` | %s |\n", p.Number, p.Name, write, cell(p.Doubt), cell(p.Request()), cell(answers[p.Name].Summary()))
	}
	return "\n| number | probe | doubt | request | sfprovtest answers |\n|---|---|---|---|---|\n" + asked.String() +
		"\n## Doubts that no harmless request settles\n\n| number | name | doubt | why it is not asked |\n|---|---|---|---|\n" + not.String()
}

// cell is a text as a table's cell shows it, cut where it is long.
func cell(text string) string {
	const most = 220
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

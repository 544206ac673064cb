package sfprov_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// What docs/claims.md shows can be read, it names whatever a rule can say, and so do the
// examples.
func TestDocumentationOfClaims(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/claims.md")
	require.NoError(t, err)
	texts := [][]byte{}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(page, -1) {
		texts = append(texts, block[1])
	}
	require.Len(t, texts, 3)
	for _, path := range []string{"mapping.json", "scim.json", "java-connector.json"} {
		text, err := os.ReadFile("examples/claims/" + path)
		require.NoError(t, err)
		texts = append(texts, text)
	}
	for _, text := range texts {
		_, err := sfprov.ParseMapping(text)
		require.NoError(t, err, "%s", text)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[sfprov.Rule]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		assert.Regexp(t, "(?m)^\\|.*`"+name+"`.* \\|", string(page), "a row of the table")
	}
	for _, kind := range []sfprov.ValueType{
		sfprov.TypeString, sfprov.TypeBoolean, sfprov.TypeNumber, sfprov.TypeDate, sfprov.TypeDateTime, sfprov.TypeReference,
		sfprov.TypeMultiPicklist, sfprov.TypeLocale,
	} {
		assert.Contains(t, string(page), "\n| `"+string(kind)+"` |")
	}
}

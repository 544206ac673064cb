package sfprov

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Records are read as encoding/json reads maps whose numbers keep their digits.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{
		`[{"attributes":{"type":"User","url":"/x"},"Id":"005000000000001AAA","Title":null,"IsActive":true}]`,
		`[ {"a" : "b" , "c":[1,{"d":"]}"}]},{"a":"b","c":"d"} , {"c":"d","a":"b"},null]`,
		`[{"a":"\u00e9\n\"","b":9007199254740993,"c":-1.5e-7,"d":{},"e":[]},{}]`,
		`[{"a\u0062":1,"A":"\ud83d\ude00","b":"😀"},{"attributes":"x"}]`,
		`[{"":{},"":[]},{"a":1,"b":2,"a":3}]`, `null`, `[]`, `{}`, `[1]`, `"a"`, "[{\"a\":\"\xff\"}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		page, err := scanPage(slices.Concat([]byte(`{"totalSize":1,"done":true,"records":`), text, []byte("}")))
		got := page.Records
		var want []map[string]any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if decoder.Decode(&want) != nil {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i, fields := range want {
			folded := map[string]bool{}
			for name, value := range fields {
				if _, isObject := value.(map[string]any); name == "attributes" && isObject {
					delete(fields, name)
				}
				folded[strings.ToLower(name)] = true
			}
			if len(folded) < len(fields) {
				continue // two spellings of one name: the last counts
			}
			is := map[string]any{}
			for j, field := range got[i] {
				is[field.spelt] = field.value
				assert.True(t, j == 0 || got[i][j-1].folded < field.folded, "in order")
			}
			assert.Len(t, is, len(fields))
			for name, value := range fields {
				assert.Equal(t, value, is[name], name)
			}
		}
	})
}

// A value that is the same as in the record before is shared, and a name is not read anew.
func TestRecordsShareWhatIsTheSame(t *testing.T) {
	t.Parallel()
	text := `{"Id":"005000000000001AAA","Title":"CFO","Department":"Sales","Score__c":12}`
	pageOfText := func(records string) []record {
		page, err := scanPage([]byte(`{"totalSize":100,"records":` + records + `,"done":true}`))
		require.NoError(t, err)
		assert.True(t, page.Done && page.TotalSize == 100)
		return page.Records
	}
	one, many := pageOfText("["+text+"]"), pageOfText("["+strings.Repeat(text+",", 99)+text+"]")
	require.Len(t, many, 100)
	first, _ := many[0].text("Title")
	for _, r := range many {
		assert.Equal(t, one[0], r)
		title, _ := r.text("Title")
		assert.Same(t, unsafe.StringData(first), unsafe.StringData(title))
	}
}

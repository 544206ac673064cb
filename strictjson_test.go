package sfprov

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecodeStrictly(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]string{
		`{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}`: "",
		`{"a":"b","b":"a"}`:                         "",
		`[{"x":[]},{"x":{}}]`:                       "",
		`9007199254740993`:                          "",
		`{"a":1,"a":2}`:                             `"a" is there twice`,
		`{"b":{"c":[1,{"d":1,"e":{},"d":2}]}}`:      `"d" is there twice`,
		`{"a":"a","\u0061":2}`:                      `"a" is there twice`,
		`{"a":1}]`:                                  "after the end",
		`{"a":1}{}`:                                 "after the end",
		`{"a":`:                                     "unexpected",
	} {
		var into any
		err := decodeStrictly([]byte(text), &into)
		if problem == "" {
			require.NoError(t, err, text)
			back, err := json.Marshal(into)
			require.NoError(t, err)
			assert.JSONEq(t, text, string(back))
			continue
		}
		require.ErrorContains(t, err, problem, text)
	}
}

package sfprov

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseLimitInfo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header string
		want   APIUsage
	}{
		"alone":                 {"api-usage=10018/100000", APIUsage{10018, 100000}},
		"with bursts":           {"api-usage=10018/100000; api-bursts=1/750", APIUsage{10018, 100000}},
		"with usage by app":     {"api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", APIUsage{25, 5000}},
		"after others":          {"per-app-api-usage=17/250(appName=x); api-bursts=1/750; api-usage=25/5000", APIUsage{25, 5000}},
		"without blanks":        {"api-bursts=1/750;api-usage=25/5000;x=1", APIUsage{25, 5000}},
		"blanks around":         {"  api-usage=25/5000  ", APIUsage{25, 5000}},
		"semicolon at the end":  {"api-usage=25/5000;", APIUsage{25, 5000}},
		"unknown parts":         {"; ;future; api-usage=25/5000; other=a/b", APIUsage{25, 5000}},
		"nothing used":          {"api-usage=0/15000", APIUsage{0, 15000}},
		"more than the limit":   {"api-usage=100250/100000", APIUsage{100250, 100000}}, // a soft limit for paying orgs
		"a full sandbox":        {"api-usage=4999999/5000000", APIUsage{4999999, 5000000}},
		"an app called like it": {"per-app-api-usage=1/2(appName=api-usage=3/4); api-usage=25/5000", APIUsage{25, 5000}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			usage, ok := parseLimitInfo(test.header)
			assert.True(t, ok)
			assert.Equal(t, test.want, usage)
		})
	}
}

// TestParseLimitInfoIgnores has what tells nothing: better no figure than a
// wrong one.
func TestParseLimitInfoIgnores(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"nothing":               "",
		"blanks":                " ; ; ",
		"only bursts":           "api-bursts=1/750",
		"only usage by app":     "per-app-api-usage=17/250(appName=sample-connected-app)",
		"the same, bare":        "per-app-api-usage=17/250",
		"no numbers":            "api-usage=a/b",
		"no limit":              "api-usage=25",
		"an empty limit":        "api-usage=25/",
		"an empty usage":        "api-usage=/5000",
		"a limit of 0":          "api-usage=0/0",
		"negative usage":        "api-usage=-1/5000",
		"negative limit":        "api-usage=1/-5000",
		"more than an int":      "api-usage=99999999999999999999/99999999999999999999",
		"fractions":             "api-usage=1.5/5000",
		"hexadecimal":           "api-usage=0x10/5000",
		"three parts":           "api-usage=1/2/3",
		"text behind":           "api-usage=1/2(appName=x)",
		"no name":               "25/5000",
		"another name":          "my-api-usage=25/5000",
		"HTML":                  "<html>api-usage=25/5000</html>",
		"no equals sign":        "api-usage 25/5000",
		"invalid UTF-8":         "api-usage=\xff/5000",
		"digits of other kinds": "api-usage=٢٥/5000",
	}
	for name, header := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			usage, ok := parseLimitInfo(header)
			assert.False(t, ok)
			assert.Equal(t, APIUsage{}, usage)
		})
	}
}

func FuzzParseLimitInfo(f *testing.F) {
	for _, header := range []string{
		"api-usage=10018/100000", "api-usage=25/5000; per-app-api-usage=17/250(appName=x)", "api-bursts=1/750;api-usage=1/2",
		"", ";", "api-usage=", "api-usage=/", "api-usage=-0/1", "api-usage=+1/+2", "api-usage=1/2;api-usage=3/4", "api-usage=\xff/1",
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		usage, ok := parseLimitInfo(header)
		if !ok {
			require.Equal(t, APIUsage{}, usage)
			return
		}
		require.GreaterOrEqual(t, usage.Used, 0)
		require.Positive(t, usage.Limit)
		// Nothing is made up: both figures stand in the header, beside each other.
		require.Contains(t, header, "api-usage=")
		figures := strings.NewReplacer("+", "", "-", "").Replace(header)
		require.Contains(t, figures, strconv.Itoa(usage.Limit))
		// The plain form means the same, with anything behind it.
		plain := "api-usage=" + strconv.Itoa(usage.Used) + "/" + strconv.Itoa(usage.Limit)
		for _, more := range []string{"", ";", "; api-bursts=1/750", ";" + header} {
			again, ok := parseLimitInfo(plain + more)
			require.True(t, ok)
			require.Equal(t, usage, again)
		}
	})
}

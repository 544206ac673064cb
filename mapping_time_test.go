package sfprov_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// Each value is right, or a problem: an empty string.
func TestMappingDatesAndTimes(t *testing.T) {
	t.Parallel()
	const day, evening = "2026-01-31", "2026-01-31T21:30:00.000Z"
	for value, want := range map[string]struct{ date, dateTime string }{
		"2026-01-31":                {day, ""},
		"20260131":                  {day, ""}, // seconds, in 1970
		"2026-01-31T21:30:00Z":      {day, evening},
		"2026-01-31T23:30:00+02:00": {day, evening},
		"2026-01-31T23:30:00+0200":  {day, evening},
		"2026-02-01T00:30:00+03:00": {"2026-02-01", evening},
		"2026-01-31T21:30:00.000Z":  {day, evening},
		"20260131213000Z":           {day, evening},
		"20260131213000.0Z":         {day, evening},
		"20260131233000+0200":       {day, evening},
		"1769895000":                {day, evening},
		"1769895000000":             {day, evening},
		"1769895000123":             {day, "2026-01-31T21:30:00.123Z"},
		"788918400":                 {"1995-01-01", "1995-01-01T00:00:00.000Z"},
		"788918400000":              {"1995-01-01", "1995-01-01T00:00:00.000Z"},
		"9999999999":                {"2286-11-20", "2286-11-20T17:46:39.000Z"},
		"2026-01-31T23:30:00":       {day, ""}, // where?
		"2026-01-31 23:30:00":       {day, ""},
		"20260131233000":            {day, ""},
		"2024-02-29":                {"2024-02-29", ""},
		"1700-01-01":                {"1700-01-01", ""},
		"4000-12-31":                {"4000-12-31", ""},

		"2026013115":                    {}, // a day and an hour, or seconds in 2034
		"202601311530":                  {}, // or milliseconds in 1976
		"1769895000000000":              {}, // microseconds
		"1769895000000000000":           {}, // nanoseconds
		"134143886000000000":            {}, // of Active Directory, since 1601
		"20261331":                      {}, // a month too many
		"31012026":                      {}, // the day first
		"01312026":                      {},
		"20230229":                      {},
		"10101231":                      {}, // not of our days, and the day first
		"0":                             {},
		"1":                             {},
		"-1":                            {},
		"-86400":                        {},
		"2026":                          {},
		"46053":                         {}, // days since 1900, of a spreadsheet
		"20484":                         {}, // days since 1970, of LDAP
		"17698950001":                   {},
		"017698950":                     {},
		"+1769895000":                   {},
		"1.769895e+09":                  {},
		"1769895000.5":                  {},
		"1_769_895_000":                 {},
		"١٧٦٩٨٩٥٠٠٠":                    {},
		"NaN":                           {},
		"Infinity":                      {},
		"2026-02-30":                    {},
		"2026-1-31":                     {},
		"31.01.2026":                    {},
		"01/31/2026":                    {},
		"2026-01-31T24:00:00Z":          {},
		"2026-01-31T23:30:00+02":        {},
		"0001-01-01":                    {},
		"0001-01-01T00:00:00Z":          {},
		"9999-12-31":                    {},
		"9999-12-31T23:59:59Z":          {},
		"1699-12-31":                    {},
		"4001-01-01":                    {},
		"57971-01-01":                   {},
		"today":                         {},
		"2026-01-31\n":                  {day, ""}, // blanks around don't count
		"Sat, 31 Jan 2026 21:30:00 GMT": {},
	} {
		for kind, want := range map[string]string{"date": want.date, "dateTime": want.dateTime} {
			u, err := mapped(t, `{"to":"At__c","claim":"c","type":"`+kind+`"}`, claims{"c": {value}})
			if want == "" {
				var invalid *sfprov.ValidationError
				require.ErrorAs(t, err, &invalid, "%s as a %s: %v", value, kind, u.Fields)
				require.ErrorContains(t, err, `At__c is filled by the claim "c", which is `, value)
				continue
			}
			require.NoError(t, err, "%s as a %s", value, kind)
			assert.Equal(t, want, u.Fields["At__c"], "%s as a %s", value, kind)
		}
	}
	for value, want := range map[string]string{
		"2026-01-31T23:30:00":  "a time without a zone",
		"0001-01-01T00:00:00Z": "the years 1700 to 4000 only",
		"2026013115":           "seconds since 1970 in 9 or 10 digits",
	} {
		_, err := mapped(t, `{"to":"At__c","claim":"c","type":"dateTime"}`, claims{"c": {value}})
		require.ErrorContains(t, err, want, value)
	}
}

func TestMappingNumbersAndBooleans(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"NaN", "Infinity", "-Inf", "inf", "0x10", "1_000", "1e999", "007", "+5", ".5", "5.", "4,50", "1 000", "true", "null", `"5"`, "[5]"} {
		_, err := mapped(t, `{"to":"A__c","claim":"c","type":"number"}`, claims{"c": {value}})
		require.ErrorContains(t, err, "which is not a number", value)
	}
	for _, value := range []string{"0", "-0", "-5", "0.10", "1e3", "1E+3", "9007199254740993", "123456789012345678901234567890.123456789"} {
		u, err := mapped(t, `{"to":"A__c","claim":"c","type":"number"}`, claims{"c": {value}})
		require.NoError(t, err, value)
		assert.EqualValues(t, value, u.Fields["A__c"], "digit by digit")
	}
	for want, values := range map[bool][]string{
		true: {"true", "True", "TRUE", "t", "yes", "Y", "on", "1"}, false: {"false", "False", "FALSE", "f", "no", "N", "off", "0"},
	} {
		for _, value := range values {
			u, err := mapped(t, `{"to":"IsActive","claim":"c"}`, claims{"c": {" " + value + " "}})
			require.NoError(t, err, value)
			assert.Equal(t, want, u.Fields["IsActive"], value)
		}
	}
	for _, value := range []string{"2", "-1", "active", "null", "truefalse", "01", "ja"} {
		_, err := mapped(t, `{"to":"IsActive","claim":"c"}`, claims{"c": {value}})
		require.ErrorContains(t, err, "which is neither true nor false", value)
	}
}

package sfprov

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// knownIDs are IDs with their checksums, worked out by hand: of each five
// characters, the first counts 1 if it is upper case, the second 2, then 4, 8 and
// 16; the sum is an index into A-Z0-5.
var knownIDs = map[string]string{
	"005000000000001": "AAA", // no upper case at all
	"00e000000000001": "AAA", // a profile
	"00E000000000001": "EAA", // a role: 4 is E
	"001D000000IqhSL": "IAZ", // 8 is I; 0 is A; 1+8+16 = 25 is Z
	"005Z000000Zzzzz": "IAB", // 8 is I; 0 is A; 1 is B
	"0050000000ABcDE": "AA1", // 0; 0; 1+2+8+16 = 27 is 1
	"005D0000001aBcD": "IAU", // 8 is I; 0; 4+16 = 20 is U
	"005XYZxyzXYZxyz": "YRD", // 8+16 = 24 is Y; 1+16 = 17 is R; 1+2 = 3 is D
	"aBcDeFgHiJkLmNo": "KVK", // 2+8 = 10 is K; 1+4+16 = 21 is V; 2+8
	"ABCDEabcdeABCDa": "5AP", // 31 is 5; 0; 15 is P
	"abCDEabcdEaBCDE": "2Q4", // 4+8+16 = 28 is 2; 16 is Q; 2+4+8+16 = 30 is 4
	"ABCDEFGHIJKLMNO": "555",
	"abcdefghijklmno": "AAA",
}

func TestParseID(t *testing.T) {
	t.Parallel()
	for id15, sum := range knownIDs {
		t.Run(id15, func(t *testing.T) {
			t.Parallel()
			for _, given := range []string{id15, id15 + sum} {
				id18, problem := parseID(given)
				assert.Empty(t, problem)
				assert.Equal(t, id15+sum, id18)
			}
		})
	}
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		given  string
		reason string
	}{
		"nothing":               {"", "15 or 18"},
		"14 characters":         {"00500000000001", "15 or 18"},
		"16 characters":         {"005000000000001A", "15 or 18"},
		"17 characters":         {"005000000000001AA", "15 or 18"},
		"19 characters":         {"005000000000001AAAA", "15 or 18"},
		"blanks around":         {" 005000000000001AAA ", "15 or 18"},
		"a newline":             {"005000000000001AAA\n", "15 or 18"},
		"wrong checksum":        {"005000000000001AAB", "checksum"},
		"checksum of another":   {"001D000000IqhSLAAA", "checksum"},
		"lower-cased":           {"001d000000iqhsliaz", "checksum"},
		"upper-cased":           {"001D000000IQHSLIAZ", "checksum"},
		"checksum lower-cased":  {"001D000000IqhSLiaz", "checksum"},
		"checksum out of range": {"005000000000001AA9", "checksum"},
		"mistyped case":         {"001D000000IqHSLIAZ", "checksum"},
		"blank inside":          {"005000000 00001", "letters and digits"},
		"slash":                 {"005/../Account1", "letters and digits"},
		"quotation mark":        {"005000000'00001", "letters and digits"},
		"percent":               {"005000000%2F001", "letters and digits"},
		"underscore":            {"005000000_00001", "letters and digits"},
		"NUL":                   {"00500000000000\x00", "letters and digits"},
		"two-byte letter":       {"00500000000000é", "15 or 18"}, // 16 bytes
		"15 bytes, 14 letters":  {"0050000000000é", "letters and digits"},
		"15 runes":              {strings.Repeat("é", 15), "15 or 18"},
		"invalid UTF-8":         {"0050000000000\xff\xfe", "letters and digits"},
		"other digits":          {"005000000000٣1", "letters and digits"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id18, problem := parseID(test.given)
			assert.Empty(t, id18)
			assert.Contains(t, problem, test.reason)
		})
	}
}

func TestParseIDOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prefix, given string
		want          string // empty: refused
	}{
		"a user":                  {prefixUser, "005000000000001", "005000000000001AAA"},
		"a user, 18":              {prefixUser, "005000000000001AAA", "005000000000001AAA"},
		"a profile for a user":    {prefixUser, "00e000000000001AAA", ""},
		"a role for a profile":    {prefixProfile, "00E000000000001EAA", ""}, // differ in case only
		"a profile for a role":    {prefixRole, "00e000000000001AAA", ""},
		"a contact for a user":    {prefixUser, "003000000000001AAA", ""},
		"no kind asked for":       {"", "0HV000000000001", "0HV000000000001GAA"}, // 2+4 is G
		"the prefix further back": {prefixUser, "000500000000001", ""},
		"the prefix alone":        {prefixUser, "005", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id18, problem := parseIDOf(test.prefix, test.given)
			assert.Equal(t, test.want, id18)
			if test.want == "" {
				assert.Contains(t, problem, test.given, "the problem names the ID")
			} else {
				assert.Empty(t, problem)
			}
		})
	}
}

func TestUserIDOfACall(t *testing.T) {
	t.Parallel()
	id18, err := userID("005000000000001")
	require.NoError(t, err)
	assert.Equal(t, "005000000000001AAA", id18)

	for _, given := range []string{"", "alice", "005000000000001AAB", "00e000000000001AAA", "005000000000001/password"} {
		t.Run("refused "+given, func(t *testing.T) {
			t.Parallel()
			id18, err := userID(given)
			assert.Empty(t, id18)
			var invalid *ValidationError
			require.ErrorAs(t, err, &invalid)
			require.Len(t, invalid.Problems, 1)
			assert.Equal(t, "ID", invalid.Problems[0].Field)
			assert.False(t, Retryable(err))
		})
	}
}

// slowChecksum is the rule of the checksum, read out once more.
func slowChecksum(id15 string) string {
	sum := ""
	for _, block := range []string{id15[0:5], id15[5:10], id15[10:15]} {
		index := 0
		for i, weight := range []int{1, 2, 4, 8, 16} {
			if strings.Contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ", block[i:i+1]) {
				index += weight
			}
		}
		sum += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[index : index+1]
	}
	return sum
}

func FuzzParseID(f *testing.F) {
	for id15, sum := range knownIDs {
		f.Add(id15)
		f.Add(id15 + sum)
		f.Add(strings.ToLower(id15 + sum))
	}
	for _, given := range []string{"", "005", "005000000 00001", "0050000000000é", "00500000000000\xff", "005000000000001AAAA"} {
		f.Add(given)
	}
	f.Fuzz(func(t *testing.T, given string) {
		id18, problem := parseID(given)
		require.NotEqual(t, id18 == "", problem == "", "either an ID or a problem")
		if problem != "" {
			return
		}
		require.Len(t, id18, 18)
		require.Empty(t, strings.Trim(id18, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
		require.Equal(t, given[:15], id18[:15], "the record is the one that was asked for")
		require.True(t, strings.HasPrefix(id18, given), "and a checksum that was given is the one that fits")
		require.Equal(t, slowChecksum(given[:15]), id18[15:])
		again, problem := parseID(id18)
		require.Empty(t, problem)
		require.Equal(t, id18, again)

		// The checksum is there to notice a change of case.
		for _, recased := range []string{strings.ToLower(id18), strings.ToUpper(id18)} {
			if recased[:15] != id18[:15] {
				_, problem := parseID(recased)
				require.NotEmpty(t, problem, "%s passes for %s", recased, id18)
			}
		}
	})
}

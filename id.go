package sfprov

import (
	"fmt"
	"strings"
)

// The key prefixes of the record types whose IDs are checked before they are sent.
const (
	prefixUser    = "005"
	prefixContact = "003"
	prefixProfile = "00e"
	prefixRole    = "00E"
)

// idChecksum is the alphabet of the three characters that make a 15-character
// ID safe to compare without regard to case.
const idChecksum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// parseID returns the 18-character form of a Salesforce record ID of 15 or 18
// characters. The problem says why it is none.
func parseID(id string) (id18, problem string) {
	if len(id) != 15 && len(id) != 18 {
		return "", fmt.Sprintf("%s is not a Salesforce ID, which has 15 or 18 letters and digits", quote(id))
	}
	for _, r := range []byte(id) {
		if !isDigit(r) && !isUpper(r) && !isLower(r) {
			return "", fmt.Sprintf("%s is not a Salesforce ID, which has letters and digits only", quote(id))
		}
	}
	sum := checksum(id[:15])
	if len(id) == 15 {
		return id + string(sum[:]), ""
	}
	if id[15:] != string(sum[:]) {
		return "", fmt.Sprintf("%s is not a Salesforce ID: its last three characters, a checksum, don't fit; was its case changed, or a character mistyped?", quote(id))
	}
	return id, ""
}

// parseIDOf is parseID for a record type, given by its key prefix.
func parseIDOf(prefix, id string) (id18, problem string) {
	id18, problem = parseID(id)
	if problem == "" && !strings.HasPrefix(id18, prefix) {
		return "", fmt.Sprintf("%s is the ID of another kind of record: this kind begins with %s", quote(id), prefix)
	}
	return id18, problem
}

// userID is parseIDOf for the ID that a verb is called with.
func userID(id string) (string, error) {
	id18, problem := parseIDOf(prefixUser, id)
	if problem != "" {
		return "", &ValidationError{Problems: []FieldProblem{{Field: "ID", Problem: problem}}}
	}
	return id18, nil
}

// checksum computes the three characters that an 18-character ID adds: one for
// each block of five, whose bits say which characters are upper case.
func checksum(id15 string) (sum [3]byte) {
	for block := range sum {
		bits := 0
		for i := range 5 {
			if isUpper(id15[block*5+i]) {
				bits |= 1 << i
			}
		}
		sum[block] = idChecksum[bits]
	}
	return sum
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
func isUpper(b byte) bool { return 'A' <= b && b <= 'Z' }
func isLower(b byte) bool { return 'a' <= b && b <= 'z' }

// quote quotes a foreign string for a message, shortened.
func quote(s string) string {
	const most = 100
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}

// id18Of is the 18-character form of an ID that Salesforce sent; empty if it is
// none.
func id18Of(id string) string {
	long, _ := parseID(id)
	return long
}

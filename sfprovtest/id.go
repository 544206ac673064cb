package sfprovtest

import "strings"

// The key prefixes of the objects.
const (
	prefixUser        = "005"
	prefixUserLogin   = "0Yw"
	prefixProfile     = "00e"
	prefixUserLicence = "100"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newID makes an 18-character record ID. The lock is held.
func (o *Org) newID(prefix string) string {
	o.nextID++
	return recordID(prefix, o.nextID)
}

// recordID is the 18-character record ID with a number.
func recordID(prefix string, number int) string {
	var digits [5]byte
	for i, n := len(digits)-1, number; i >= 0; i, n = i-1, n/len(base62) {
		digits[i] = base62[n%len(base62)]
	}
	id, _ := id18(prefix + "5g00000" + string(digits[:]))
	return id
}

// id18 returns the 18-character form of a record ID; ok is false if it is none.
func id18(id string) (long string, ok bool) {
	if len(id) != 15 && len(id) != 18 {
		return "", false
	}
	for _, r := range id {
		if !strings.ContainsRune(base62, r) {
			return "", false
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	long = id[:15]
	for block := range 3 {
		sum := 0
		for i, r := range id[block*5 : block*5+5] {
			if 'A' <= r && r <= 'Z' {
				sum += 1 << i
			}
		}
		long += alphabet[sum : sum+1]
	}
	return long, len(id) == 15 || long == id
}

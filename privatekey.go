package sfprov

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// leastKeyBits is the size of the smallest key that RS256 takes (RFC 7518, section 3.3).
const leastKeyBits = 2048

const (
	howToMakeAKey = "make one with its certificate by openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem " +
		"-out cert.pem -days 365 -subj /CN=sfprov, " +
		"and upload the certificate to the app"
	pemBegins = "-----BEGIN"
)

// readPrivateKey finds the key that signs assertions in what was pasted, and returns it
// in PEM, alone; or what is wrong, with the cure. The problem quotes nothing of it, nor
// does it repeat what a parser says, which could.
func readPrivateKey(given string) (key, problem string) {
	text := strings.TrimSpace(strings.TrimPrefix(given, "\ufeff")) // a file's byte order mark
	if isQuoted(text) {
		return "", "is in quotes; leave them out"
	}
	// Where a setting is one line, line breaks are written so. PEM has no backslashes.
	text = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\r`, "\n").Replace(text)
	var other string // what is there in place of a key
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			if problem := problemOfKey(block); problem != "" {
				return "", problem
			}
			return string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})), ""
		}
		other = strings.ToLower(block.Type)
	}
	switch {
	case other == "certificate":
		return "", "holds a certificate, not the private key: the certificate is uploaded to the app, and the key, " +
			"which was made together with it, is given here"
	case other != "":
		return "", "holds a " + printable(cut(other, maxName)) + ", not the private key, which was made together with it"
	}
	return "", problemOfNoPEM(given, text)
}

// problemOfKey says why a block of PEM can't sign assertions; empty if it can.
func problemOfKey(block *pem.Block) string {
	switch {
	case block.Type == "ENCRYPTED PRIVATE "+
		"KEY", block.Headers["DEK-Info"] != "", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return "is encrypted with a passphrase, and must be unencrypted: openssl pkey -in key.pem -out plain.pem asks " +
			"for the passphrase and writes it so"
	case block.Type == "OPENSSH PRIVATE KEY":
		return "is in the form of OpenSSH, which is no PKCS: ssh-keygen -p -m PEM -f key.pem converts an RSA key"
	case block.Type == "EC PRIVATE KEY":
		return notRSA("EC")
	case block.Type == "DSA PRIVATE KEY":
		return notRSA("DSA")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		var any8 any
		if any8, err = x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			switch k := any8.(type) {
			case *rsa.PrivateKey:
				key = k
			case *ecdsa.PrivateKey:
				return notRSA("EC")
			case ed25519.PrivateKey:
				return notRSA("Ed25519")
			default:
				return notRSA("different")
			}
		}
	}
	switch {
	case err != nil:
		return "can't be read as an RSA private key in PKCS #1 or PKCS #8 form: is it cut off, or changed on the way? " +
			"Give the whole file as it was made"
	case key.N.BitLen() < leastKeyBits:
		return "has less than 2048 bits, which RS256 does not take; " + howToMakeAKey
	}
	return ""
}

func notRSA(kind string) string {
	article := "a"
	if strings.HasPrefix(kind, "E") {
		article = "an"
	}
	return "is " + article + " " + kind + " key; Salesforce takes RSA keys only (RS256): " + howToMakeAKey
}

// problemOfNoPEM says what a text is in which there is no PEM. given is as it was, since
// a binary key can begin or end with anything.
func problemOfNoPEM(given, text string) string {
	const whole = "it begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY----- and ends with the " +
		"like, each on a line of its own"
	switch {
	case strings.Contains(text, pemBegins) && !strings.Contains(text, "-----END"):
		return "is PEM that was cut off: its last line, which begins with -----END, is missing"
	case strings.Contains(text, pemBegins) && !strings.Contains(text, "\n"):
		return `is PEM that has lost its line breaks; ` + whole + `. Where a setting is one line, write each line break as \n`
	case strings.Contains(text, pemBegins):
		return "is PEM that was changed on the way: " + whole + ", and between them is base64 and nothing else"
	case isDER([]byte(given)):
		return "is in DER form, which is binary, and must be PEM: openssl pkey -inform DER -in key.der -out key.pem " +
			"converts it"
	}
	compact := strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		switch decoded, err := encoding.DecodeString(compact); {
		case err != nil:
		case bytes.Contains(decoded, []byte(pemBegins)):
			return "is the base64 of PEM, and must be PEM itself: decode it (base64 -d)"
		case isDER(decoded):
			return "has neither the first nor the last line of PEM: put -----BEGIN PRIVATE KEY----- before it and " +
				"-----END PRIVATE KEY----- after it, " +
				"each on a line of its own, as they are in the file that was made"
		}
	}
	return "is not PEM; " + whole + ". If it is the name of a file, give what is in the file"
}

// isDER reports whether it begins as keys in DER do: with a sequence of some length.
func isDER(data []byte) bool {
	return len(data) > 64 && data[0] == 0x30 && data[1] >= 0x80 && data[1] <= 0x84
}

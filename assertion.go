package sfprov

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"time"
)

// assertionSkew is how much earlier than made an assertion says that it was made, for
// clocks that differ.
const assertionSkew = 10 * time.Second

// assertion makes a JWT for the JWT bearer grant and signs it, by RS256. See RFC 7523,
// section 3, and "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration" in Salesforce
// Help.
func (s *credentialsSource) assertion(cfg *Config, now time.Time) (string, error) {
	key := s.signer
	if key == nil {
		var err error
		if key, err = parsedKey(string(cfg.PrivateKey)); err != nil {
			return "", err
		}
	}
	made := now.Add(-assertionSkew)
	claims, err := json.Marshal(map[string]any{
		"iss": cfg.ClientID, "sub": cfg.Username, "aud": cfg.Audience,
		"iat": made.Unix(), "exp": now.Add(assertionLifetime).Unix(),
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	switch {
	case err != nil && s.signer != nil:
		return "", &credentialsError{of: "WithSigner", err: err}
	case err != nil:
		return "", errors.New("the key can't sign")
	}
	return signed + "." + encode(signature), nil
}

// parsedKey reads a key that readPrivateKey has found. The errors of the parsers are left
// out, since they could quote it.
func parsedKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the key is no PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, isRSA := key.(*rsa.PrivateKey); isRSA {
			return key, nil
		}
	}
	return nil, errors.New("the key can't be read")
}

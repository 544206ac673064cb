package probe

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
	"fmt"
	"strings"
	"time"

	"github.com/sfprov/sfprov"
)

// addAssertions makes the assertions that probes send, if there is a key and a user.
func (s *Settings) addAssertions(values map[string]string, now time.Time) error {
	c := s.Config
	if c.PrivateKey == "" || c.Username == "" {
		return nil
	}
	key, err := privateKey(string(c.PrivateKey))
	if err != nil {
		return fmt.Errorf("SALESFORCE_PRIVATE_KEY: %w", err)
	}
	in := func(d time.Duration) int64 { return now.Add(d).Unix() }
	usual := in(3 * time.Minute)
	for _, a := range []struct {
		name, audience string
		expires        int64
	}{
		{"assertion", c.Audience, usual},
		{"assertion-for-an-hour", c.Audience, in(time.Hour)},
		{"assertion-in-milliseconds", c.Audience, now.Add(3 * time.Minute).UnixMilli()},
		{"assertion-with-a-slash", c.Audience + "/", usual},
		{"assertion-for-the-token-url", c.TokenEndpoint, usual},
		{"assertion-for-the-domain", c.Domain, usual},
		{"assertion-that-is-over", c.Audience, in(-time.Hour)},
	} {
		claims := map[string]any{"iss": c.ClientID, "sub": c.Username, "aud": a.audience, "exp": a.expires}
		if values[a.name], err = signed(key, claims); err != nil {
			return err
		}
	}
	return nil
}

func privateKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	if block == nil {
		return nil, errors.New("is no key in PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("is no RSA key that can be read")
	}
	key, is := parsed.(*rsa.PrivateKey)
	if !is {
		return nil, errors.New("is no RSA key")
	}
	return key, nil
}

// signed is a JWT, signed with RS256.
func signed(key *rsa.PrivateKey, claims map[string]any) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256"}`)) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + encode(signature), nil
}

// loginForm is what the login of all probes sends.
func (s *Settings) loginForm() []string {
	form := []string{"grant_type=" + string(s.Config.GrantType)}
	switch s.Config.GrantType {
	case sfprov.GrantJWTBearer:
		return append(form, "assertion=<assertion>")
	case sfprov.GrantPassword:
		form = append(form, "username=<login-username>", "password=<login-password>")
	case sfprov.GrantClientCredentials:
	}
	return append(form, "client_id=<client-id>", "client_secret=<client-secret>")
}

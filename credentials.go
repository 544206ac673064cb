package sfprov

import (
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Credentials are what a login is made with, where that changes while the process runs:
// see [WithCredentials]. What is empty is taken from Config.
type Credentials struct {
	ClientID     string
	ClientSecret Secret
	Username     string // for the password and JWT bearer grants
	Password     Secret // for the password grant
	PrivateKey   Secret // PEM, for the JWT bearer grant
}

// WithCredentials makes the Provisioner ask for the credentials before each login, for
// secrets that are rotated: a new one is taken up without a restart. What the function
// leaves empty is taken from Config, which may lack what it gives. The grant stays that of
// Config.
//
// It is asked by one goroutine at a time, and rarely: before a login, which is once for each
// session, and once more where Salesforce refuses the credentials. If they have changed
// meanwhile, the login is tried with the new ones at once, so that nobody meets the moment
// of the rotation. It may take a minute, or what the caller's context and HTTP client
// allow. Its error ends the call, and is matched by errors.Is; the call can be repeated.
// Credentials that can't be right are a [ConfigError].
func WithCredentials(ask func(ctx context.Context) (Credentials, error)) Option {
	return func(o *options) {
		if ask == nil {
			o.problems = append(o.problems, &ConfigError{Field: "WithCredentials", Problem: "is given no function; leave the option out to log in with what Config has"})
		}
		o.ask = ask
	}
}

// WithSigner makes the Provisioner sign the assertions of the JWT bearer grant with a key
// that it never sees, such as one of a key management service. It takes the place of
// Config.PrivateKey. The key is RSA, of 2048 bits at least; its certificate is uploaded to
// the app. Sign is called once for each login, with a SHA-256 digest and crypto.SHA256 (RS256,
// RFC 7518, section 3.3), and may take a minute. Its error ends the call, and is matched by
// errors.Is; the call can be repeated.
func WithSigner(key crypto.Signer) Option {
	return func(o *options) {
		if problem := problemOfSigner(key); problem != "" {
			o.problems = append(o.problems, &ConfigError{Field: "WithSigner", Problem: problem})
		}
		o.signer = key
	}
}

// problemOfSigner says why a key can't sign assertions; empty if it can.
func problemOfSigner(key crypto.Signer) string {
	if key == nil {
		return "is given no key; leave the option out to sign with Config.PrivateKey"
	}
	public, isRSA := key.Public().(*rsa.PublicKey)
	switch {
	case !isRSA:
		return fmt.Sprintf("is given a key of the type %T; Salesforce takes RSA keys only, which sign by RS256", key.Public())
	case public.Size()*8 < leastKeyBits:
		return fmt.Sprintf("is given an RSA key of %d bits; it needs %d at least", public.Size()*8, leastKeyBits)
	}
	return ""
}

// credentialsSource is where the credentials of logins come from.
type credentialsSource struct {
	cfg    *Config
	ask    func(ctx context.Context) (Credentials, error) // nil: those of cfg
	signer crypto.Signer                                  // nil: the key of cfg

	mu   sync.Mutex // guards used
	used []string   // in logins so far, the last ones
}

// maxUsed is how many secrets of earlier logins are remembered, to be taken out of what
// comes back.
const maxUsed = 8

// get returns a configuration with the credentials of the next login.
func (s *credentialsSource) get(ctx context.Context) (*Config, error) {
	if s.ask == nil {
		return s.cfg, nil
	}
	given, err := s.ask(ctx)
	if err != nil {
		return nil, &credentialsError{of: "WithCredentials", err: scrubError(err, s.secrets()...)}
	}
	cfg := *s.cfg
	for _, one := range []struct {
		into  *string
		given string
	}{{&cfg.ClientID, given.ClientID}, {&cfg.Username, given.Username}} {
		if strings.TrimSpace(one.given) != "" {
			*one.into = one.given
		}
	}
	for _, one := range []struct{ into, given *Secret }{
		{&cfg.ClientSecret, &given.ClientSecret}, {&cfg.Password, &given.Password}, {&cfg.PrivateKey, &given.PrivateKey},
	} {
		if strings.TrimSpace(string(*one.given)) != "" {
			*one.into = *one.given
		}
	}
	c := configCheck{cfg: &cfg, signer: s.signer != nil}
	if c.credentials(); len(c.problems) > 0 {
		return nil, &loginError{grant: cfg.GrantType, err: fmt.Errorf("WithCredentials: %w", errors.Join(c.problems...))}
	}
	return &cfg, nil
}

// sameCredentials reports whether a login with one is one with the other.
func sameCredentials(a, b *Config) bool {
	return a == b || a != nil && b != nil && a.ClientID == b.ClientID && a.ClientSecret == b.ClientSecret &&
		a.Username == b.Username && a.Password == b.Password && a.PrivateKey == b.PrivateKey
}

// secrets are those of this login and the last ones, which can come back in an answer.
func (s *credentialsSource) secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.used)
}

// note remembers the secrets of a login.
func (s *credentialsSource) note(cfg *Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range []Secret{cfg.ClientSecret, cfg.Password} {
		if secret != "" && !slices.Contains(s.used, string(secret)) {
			s.used = append(s.used, string(secret))
		}
	}
	s.used = s.used[max(0, len(s.used)-maxUsed):]
}

// newCredentials is where logins get theirs, by the options of a Provisioner.
func newCredentials(cfg *Config, o options) *credentialsSource {
	s := &credentialsSource{cfg: cfg, ask: o.ask, signer: o.signer}
	s.note(cfg)
	return s
}

// credentialsError is a login that was not tried, because what it is made with could not
// be had.
type credentialsError struct {
	of  string // the option
	err error
}

func (e *credentialsError) Error() string { return render(e) }

func (e *credentialsError) summary() string {
	return "nothing was sent: " + e.of + ": " + e.err.Error()
}

func (e *credentialsError) explanation() string { return "" }

// next is again: whoever keeps secrets can be away for a while.
func (e *credentialsError) next() (Step, time.Duration) { return StepAgain, 0 }
func (e *credentialsError) saysWhetherAgain() bool      { return false }
func (e *credentialsError) Unwrap() error               { return e.err }

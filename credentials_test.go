package sfprov_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// vault keeps a consumer secret, and gives it to who asks.
type vault struct {
	mu     sync.Mutex
	secret sfprov.Secret // that the org takes
	given  []sfprov.Secret
	asked  int
	logins int // with the right secret or not
}

// rotate changes what the org takes, and what the vault gives: in turn, the last one for
// ever.
func (v *vault) rotate(right sfprov.Secret, given ...sfprov.Secret) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secret, v.given = right, given
}

func (v *vault) ask(context.Context) (sfprov.Credentials, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	secret := v.given[0]
	if len(v.given) > 1 {
		v.given = v.given[1:]
	}
	return sfprov.Credentials{ClientSecret: secret}, nil
}

func (v *vault) counts() (asked, logins int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked, v.logins
}

// token is an org's token endpoint that takes the secret of the moment.
func (v *vault) token(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.logins++
	if !strings.Contains(string(text), "client_secret="+string(v.secret)) {
		return httpmock.NewStringResponse(http.StatusBadRequest, `{"error":"invalid_client","error_description":"invalid client credentials: `+string(text)+`"}`), nil
	}
	return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(`{"access_token":"token-%d","token_type":"Bearer"}`, v.logins)), nil
}

// guarded is a Provisioner that has its secret from a vault, and whose session ends after
// each request.
func guarded(t *testing.T, v *vault) *bundle {
	t.Helper()
	cfg := config()
	cfg.ClientSecret = ""
	b := &bundle{net: httpmock.NewMockTransport()}
	b.net.RegisterResponder(http.MethodPost, tokenURL, v.token)
	used := map[string]bool{}
	b.net.RegisterResponder(http.MethodPatch, usersURL+aliceID, func(r *http.Request) (*http.Response, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if token := r.Header.Get("Authorization"); !used[token] {
			used[token] = true
			return httpmock.NewStringResponse(http.StatusNoContent, ""), nil
		}
		return httpmock.NewStringResponse(http.StatusUnauthorized, `[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]`), nil
	})
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: b.net}), sfprov.WithCredentials(v.ask))
	require.NoError(t, err)
	b.Provisioner = p
	return b
}

// TestARotatedSecretFailsNobody: it is taken up without a restart, also where the vault
// lags behind the org.
func TestARotatedSecretFailsNobody(t *testing.T) {
	t.Parallel()
	v := &vault{}
	b := guarded(t, v)
	for _, rotation := range []struct {
		given  []sfprov.Secret
		logins int
	}{
		{[]sfprov.Secret{"first-secret"}, 1},
		{[]sfprov.Secret{"second-secret"}, 2},
		{[]sfprov.Secret{"second-secret", "third-secret"}, 4}, // refused once, and asked again
	} {
		v.rotate(rotation.given[len(rotation.given)-1], rotation.given...)
		require.NoError(t, b.touch(t.Context()))
		_, logins := v.counts()
		assert.Equal(t, rotation.logins, logins)
	}
}

// TestRefusedCredentialsAreNotHammered: as long as they stay what they are.
func TestRefusedCredentialsAreNotHammered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{}
		v.rotate("right-secret", "wrong-secret")
		b := guarded(t, v)
		for range 3 { // the first refusal is forgiven, the second is waited for
			require.ErrorIs(t, b.touch(t.Context()), sfprov.ErrAuth)
		}
		asked, logins := v.counts()
		assert.Equal(t, 2, logins)
		assert.LessOrEqual(t, asked, 2*logins+1, "before each login, and after each refusal")
		for range 50 {
			require.ErrorIs(t, b.touch(t.Context()), sfprov.ErrAuth)
		}
		more, logins := v.counts()
		assert.Equal(t, 2, logins)
		assert.LessOrEqual(t, more, asked+1, "whoever keeps the secret isn't hammered either")

		time.Sleep(time.Second) //nolint:forbidigo // virtual time
		v.rotate("right-secret", "right-secret")
		require.NoError(t, b.touch(t.Context()), "what has changed needs no waiting")
	})
}

func TestCredentialsThatCantBeHad(t *testing.T) {
	t.Parallel()
	sealed := errors.New("the vault is sealed")
	for name, tc := range map[string]struct {
		ask    func(context.Context) (sfprov.Credentials, error)
		is     error
		step   sfprov.Step
		prints string
	}{
		"an error": {
			func(context.Context) (sfprov.Credentials, error) { return sfprov.Credentials{}, sealed },
			sealed, sfprov.StepAgain, "WithCredentials: the vault is sealed",
		},
		"nothing": {
			func(context.Context) (sfprov.Credentials, error) { return sfprov.Credentials{}, nil },
			nil, sfprov.StepSetup, "ClientSecret is missing",
		},
		"what can't be right": {
			func(context.Context) (sfprov.Credentials, error) {
				return sfprov.Credentials{ClientID: "two words", ClientSecret: "https://vault"}, nil
			},
			nil, sfprov.StepSetup, "ClientSecret is a URL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.ClientSecret = ""
			net := httpmock.NewMockTransport()
			p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: net}), sfprov.WithCredentials(tc.ask))
			require.NoError(t, err)
			_, err = p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			require.ErrorContains(t, err, tc.prints)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			step, _ := sfprov.NextStep(err)
			assert.Equal(t, tc.step, step)
			assert.Zero(t, net.GetTotalCallCount(), "nothing was sent")
		})
	}
}

// TestWhoKeepsCredentialsMayHang: the call ends with its context.
func TestWhoKeepsCredentialsMayHang(t *testing.T) {
	t.Parallel()
	asked, never := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(never) })
	p, err := sfprov.New(config(), sfprov.WithCredentials(func(context.Context) (sfprov.Credentials, error) {
		close(asked)
		<-never
		return sfprov.Credentials{}, nil
	}))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err = p.Deactivate(ctx, aliceID)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAPanicOfWhoKeepsCredentialsIsTheCallers(t *testing.T) {
	t.Parallel()
	p, err := sfprov.New(config(), sfprov.WithCredentials(func(context.Context) (sfprov.Credentials, error) { panic("no vault") }))
	require.NoError(t, err)
	assert.PanicsWithValue(t, "no vault", func() { _, _ = p.Deactivate(t.Context(), aliceID) })
}

// TestSecretsOfAllLoginsAreScrubbed: a gateway may send back an older one.
func TestSecretsOfAllLoginsAreScrubbed(t *testing.T) {
	t.Parallel()
	v := &vault{}
	b := guarded(t, v)
	for _, secret := range []sfprov.Secret{"first-secret", "second-secret"} {
		v.rotate(secret, secret)
		require.NoError(t, b.touch(t.Context()))
	}
	b.net.RegisterResponder(http.MethodPatch, usersURL+aliceID, httpmock.NewStringResponder(http.StatusBadRequest,
		`[{"errorCode":"INVALID_FIELD","message":"no first-secret, no second-secret"}]`))
	err := b.touch(t.Context())
	require.ErrorContains(t, err, "no [REDACTED], no [REDACTED]")

	v.rotate("third-secret", "wrong-secret")
	err = guarded(t, v).touch(t.Context())
	require.ErrorIs(t, err, sfprov.ErrAuth)
	assert.NotContains(t, err.Error(), "wrong-secret")
}

// kms is a key that never leaves its service.
type kms struct {
	key    crypto.Signer
	fails  error
	digest []byte
}

func (k *kms) Public() crypto.PublicKey { return k.key.Public() }

func (k *kms) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.digest = digest
	if k.fails != nil {
		return nil, k.fails
	}
	return k.key.Sign(random, digest, opts)
}

// signing is a configuration of the JWT grant without a key.
func signing() sfprov.Config {
	cfg := config()
	cfg.GrantType, cfg.Username, cfg.ClientSecret = sfprov.GrantJWTBearer, "api@acme.com", ""
	return cfg
}

func TestASignerSignsAssertions(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	service := &kms{key: key}
	net := httpmock.NewMockTransport()
	var assertion string
	net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
		assertion = form(t, r).Get("assertion")
		return tokenAnswer("t")(r)
	})
	net.RegisterResponder(http.MethodPatch, usersURL+aliceID, noContent)
	p, err := sfprov.New(signing(), sfprov.WithHTTPClient(&http.Client{Transport: net}), sfprov.WithSigner(service))
	require.NoError(t, err)
	_, err = p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	require.NoError(t, err)

	signed, last, _ := cutLast(assertion, ".")
	signature, err := base64.RawURLEncoding.DecodeString(last)
	require.NoError(t, err)
	digest := sha256.Sum256([]byte(signed))
	assert.Equal(t, digest[:], service.digest)
	require.NoError(t, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature))
}

func cutLast(s, sep string) (before, after string, found bool) {
	at := strings.LastIndex(s, sep)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+len(sep):], true
}

func TestASignerThatFails(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	away := errors.New("the key service is away")
	net := httpmock.NewMockTransport()
	p, err := sfprov.New(signing(), sfprov.WithHTTPClient(&http.Client{Transport: net}), sfprov.WithSigner(&kms{key: key, fails: away}))
	require.NoError(t, err)
	_, err = p.Deactivate(t.Context(), aliceID)
	require.ErrorIs(t, err, away)
	require.ErrorContains(t, err, "nothing was sent: WithSigner: the key service is away")
	step, _ := sfprov.NextStep(err)
	assert.Equal(t, sfprov.StepAgain, step)
	assert.Zero(t, net.GetTotalCallCount())
}

func TestWhatCantGiveCredentialsIsRefused(t *testing.T) {
	t.Parallel()
	key, keyPEM := newKey(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		option sfprov.Option
		change func(*sfprov.Config)
		field  string
	}{
		"no function":                   {sfprov.WithCredentials(nil), nil, "WithCredentials"},
		"no key":                        {sfprov.WithSigner(nil), nil, "WithSigner"},
		"a key that is too small":       {sfprov.WithSigner(weak), nil, "WithSigner"},
		"a key that is not RSA":         {sfprov.WithSigner(curve), nil, "WithSigner"},
		"two keys":                      {sfprov.WithSigner(key), func(c *sfprov.Config) { c.PrivateKey = keyPEM }, "PrivateKey"},
		"a grant that signs nothing":    {sfprov.WithSigner(key), func(c *sfprov.Config) { c.GrantType, c.ClientSecret = "", "s3cret-s3cret" }, "GrantType"},
		"no credentials, and no keeper": {nil, nil, "PrivateKey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := signing()
			if tc.change != nil {
				tc.change(&cfg)
			}
			_, err := sfprov.New(cfg, tc.option)
			var problem *sfprov.ConfigError
			require.ErrorAs(t, err, &problem)
			assert.Equal(t, tc.field, problem.Field)
		})
	}
}

package sfprov_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// touch makes one API call.
func (b *bundle) touch(ctx context.Context) error {
	_, err := b.Update(ctx, aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
	return err
}

func newKey(t *testing.T) (*rsa.PrivateKey, sfprov.Secret) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key, sfprov.Secret(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestClientCredentialsGrant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, noContent)
	b.net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
		values := form(t, r)
		assert.Equal(t, "client_credentials", values.Get("grant_type"))
		assert.Equal(t, "consumer-key", values.Get("client_id"))
		assert.Equal(t, "consumer-secret", values.Get("client_secret"))
		assert.Empty(t, r.Header.Get("Authorization"), "credentials go in the form body")
		return tokenAnswer("t")(r)
	})
	require.NoError(t, b.touch(t.Context()))
	require.NoError(t, b.touch(t.Context()))
	assert.Equal(t, 1, b.logins(), "the token is shared")
}

func TestPasswordGrant(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sfprov.Config) {
		c.GrantType, c.Username, c.Password = sfprov.GrantPassword, "api@acme.com", "pass+word&token"
		c.TokenEndpoint = "https://login.salesforce.com/services/oauth2/token"
	})
	b.on(http.MethodPatch, usersURL+aliceID, noContent)
	b.net.RegisterResponder(http.MethodPost, "https://login.salesforce.com/services/oauth2/token", func(r *http.Request) (*http.Response, error) {
		values := form(t, r)
		assert.Equal(t, "password", values.Get("grant_type"))
		assert.Equal(t, "api@acme.com", values.Get("username"))
		assert.Equal(t, "pass+word&token", values.Get("password"))
		assert.Equal(t, "consumer-secret", values.Get("client_secret"))
		return tokenAnswer("t")(r)
	})
	require.NoError(t, b.touch(t.Context()))
}

func TestJWTBearerGrant(t *testing.T) {
	t.Parallel()
	key, keyPEM := newKey(t)
	b := setup(t, func(c *sfprov.Config) {
		c.GrantType, c.Username, c.PrivateKey, c.ClientSecret = sfprov.GrantJWTBearer, "api@acme.com", keyPEM, ""
		c.Audience = "https://test.salesforce.com/"
	})
	b.on(http.MethodPatch, usersURL+aliceID, noContent)
	b.net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
		values := form(t, r)
		assert.Equal(t, "urn:ietf:params:oauth:grant-type:jwt-bearer", values.Get("grant_type"))
		parts := strings.Split(values.Get("assertion"), ".")
		if !assert.Len(t, parts, 3) {
			return tokenAnswer("t")(r)
		}
		digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		assert.NoError(t, err)
		assert.NoError(t, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature))
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		assert.NoError(t, err)
		var claims struct {
			Issuer   string `json:"iss"`
			Subject  string `json:"sub"`
			Audience string `json:"aud"`
			Expires  int64  `json:"exp"`
		}
		assert.NoError(t, json.Unmarshal(payload, &claims))
		assert.Equal(t, "consumer-key", claims.Issuer)
		assert.Equal(t, "api@acme.com", claims.Subject)
		assert.Equal(t, "https://test.salesforce.com", claims.Audience)
		lifetime := time.Until(time.Unix(claims.Expires, 0))
		assert.Greater(t, lifetime, time.Minute)
		assert.LessOrEqual(t, lifetime, 3*time.Minute, "Salesforce takes no assertion that lives longer")
		return tokenAnswer("t")(r)
	})
	require.NoError(t, b.touch(t.Context()))
}

// Every answer of the token endpoint that is documented or was seen.
func TestRefusedLoginsExplainThemselves(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code, description string
		cure              []string // what the explanation must name
		retry             bool
	}{
		{"invalid_grant", "request not supported on this domain", []string{"My Domain", "TokenEndpoint"}, false},
		{"invalid_grant", "no client credentials user enabled", []string{"Run As", "Setup"}, false},
		{"invalid_grant", "authentication failure", []string{"Login History", "run-as user"}, false},
		{"invalid_grant", "user hasn't approved this consumer", []string{"pre-authorized", "Setup"}, false},
		{"invalid_grant", "invalid assertion", []string{"certificate", "PrivateKey"}, false},
		{"invalid_grant", "audience is invalid", []string{"Config.Audience", "https://test.salesforce.com"}, false},
		{"invalid_grant", "Audience validation failed", []string{"Config.Audience"}, false},
		{"invalid_grant", "expired authorization code", []string{"clock"}, false},
		{"invalid_grant", "expired access/refresh token", []string{"Setup"}, false},
		{"invalid_grant", "login rate exceeded", []string{"throttles", "Login History"}, true},
		{"invalid_grant", "Maximum Logins Exceeded", []string{"throttles"}, true},
		{"invalid_app_access", "user is not admin approved to access this app", []string{"permission set", "Setup"}, false},
		{"app_not_found", "External client app is not installed in this org", []string{"External Client App Manager"}, false},
		{"invalid_client_id", "client identifier invalid", []string{"ClientID", "Setup"}, false},
		{"invalid_client", "invalid client credentials", []string{"ClientSecret", "Setup"}, false},
		{"unsupported_grant_type", "grant type not supported", []string{"Enable the flow", "Setup"}, false},
		{"invalid_request", "missing required parameter", []string{"TokenEndpoint"}, false},
		{"inactive_user", "user is inactive", []string{"Setup, Users"}, false},
		{"inactive_org", "", []string{"org"}, false},
		{"rate_limit_exceeded", "", []string{"throttles"}, true},
	}
	for _, test := range tests {
		t.Run(test.code+" "+test.description, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			body, err := json.Marshal(map[string]string{"error": test.code, "error_description": test.description})
			require.NoError(t, err)
			b.net.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewBytesResponder(400, body))

			err = b.touch(t.Context())

			require.ErrorIs(t, err, sfprov.ErrAuth)
			var authErr *sfprov.AuthError
			require.ErrorAs(t, err, &authErr)
			assert.Equal(t, 400, authErr.StatusCode)
			assert.Equal(t, test.code, authErr.Code)
			assert.Equal(t, test.description, authErr.Description)
			assert.Equal(t, test.retry, sfprov.Retryable(err))
			for _, word := range test.cure {
				assert.Contains(t, sfprov.Explain(err), word)
			}
			assert.Contains(t, err.Error(), sfprov.Explain(err), "the text alone tells what to do")
			assert.Contains(t, err.Error(), "update "+aliceID)
			assert.Equal(t, 1, b.logins(), "a refused login is not tried again")
		})
	}
}

// The JWT grant of x/oauth2 drops error and description, and ignores the context.
func TestJWTGrantIsAsGoodAsTheOthers(t *testing.T) {
	t.Parallel()
	_, keyPEM := newKey(t)
	jwt := func(c *sfprov.Config) {
		c.GrantType, c.Username, c.PrivateKey = sfprov.GrantJWTBearer, "api@acme.com", keyPEM
	}
	t.Run("error and description are kept", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jwt)
		b.net.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewStringResponder(400, `{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}`))
		var authErr *sfprov.AuthError
		require.ErrorAs(t, b.touch(t.Context()), &authErr)
		assert.Equal(t, "invalid_grant", authErr.Code)
		assert.Equal(t, "user hasn't approved this consumer", authErr.Description)
	})
	t.Run("the context rules", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := setup(t, jwt)
			b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer("t").Delay(10*time.Second))
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			started := time.Now()
			require.ErrorIs(t, b.touch(ctx), context.DeadlineExceeded)
			assert.Equal(t, 100*time.Millisecond, time.Since(started))
		})
	})
}

func TestLoginAnswersThatAreNoTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer httpmock.Responder
		status int
		reason error
	}{
		"HTML":                {httpmock.NewStringResponder(200, "<html>log in</html>"), 200, sfprov.ErrAuth},
		"no token":            {httpmock.NewStringResponder(200, `{"token_type":"Bearer"}`), 200, sfprov.ErrAuth},
		"error with 200":      {httpmock.NewStringResponder(200, `{"error":"invalid_grant"}`), 200, sfprov.ErrAuth},
		"redirect":            {httpmock.NewStringResponder(307, "").HeaderSet(http.Header{"Location": {"https://evil.example/"}}), 307, sfprov.ErrAuth},
		"404 HTML":            {httpmock.NewStringResponder(404, "<html>"), 404, sfprov.ErrAuth},
		"deep JSON":           {httpmock.NewStringResponder(200, strings.Repeat("[", 1<<19)), 200, sfprov.ErrAuth},
		"larger than allowed": {httpmock.NewStringResponder(200, `{"access_token":"t","x":"`+strings.Repeat("x", 2<<20)+`"}`), 200, sfprov.ErrAuth},
		"503 HTML":            {httpmock.NewStringResponder(503, "<html>"), 503, sfprov.ErrUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.net.RegisterResponder(http.MethodPost, tokenURL, test.answer)
				err := b.touch(t.Context())
				require.ErrorIs(t, err, test.reason)
				var authErr *sfprov.AuthError
				require.ErrorAs(t, err, &authErr)
				assert.Equal(t, test.status, authErr.StatusCode)
				assert.NotEmpty(t, sfprov.Explain(err))
				assert.Less(t, len(err.Error()), 4000)
				assert.Equal(t, test.status == 503, sfprov.Retryable(err))
			})
		})
	}
}

func TestSecretsSentBackByTheEndpointAreScrubbed(t *testing.T) {
	t.Parallel()
	for _, secret := range []sfprov.Secret{"s3cr3t/+=&", "<s3cr3t>\"", "s3!", "s3"} {
		for name, echo := range map[string]func(form url.Values) string{
			"a field": func(form url.Values) string {
				answer, err := json.Marshal(map[string]string{
					"error": "invalid_client " + form.Get("client_secret"), "error_description": "you sent " + form.Get("client_secret"),
				})
				require.NoError(t, err)
				return string(answer)
			},
			"the form": func(form url.Values) string {
				return `{"error":"invalid_client","error_description":"` + form.Encode() + `"}`
			},
			"JSON in JSON": func(form url.Values) string {
				inner, err := json.Marshal(form)
				require.NoError(t, err)
				answer, err := json.Marshal(map[string]string{"error": "invalid_client", "error_description": string(inner)})
				require.NoError(t, err)
				return strings.ReplaceAll(string(answer), "/", `\/`)
			},
			"a page in JSON": func(form url.Values) string {
				answer, err := json.Marshal(map[string]string{"error": "invalid_client", "error_description": "<p>" + html.EscapeString(form.Get("client_secret")) + "</p>"})
				require.NoError(t, err)
				return string(answer)
			},
		} {
			t.Run(string(secret)+", "+name, func(t *testing.T) {
				t.Parallel()
				b := &bundle{net: httpmock.NewMockTransport()}
				b.net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
					return httpmock.NewStringResponse(400, echo(form(t, r))), nil
				})
				var log lockedBuffer
				cfg := config()
				cfg.ClientSecret = secret
				p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: b.net}), sfprov.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
				require.NoError(t, err)
				b.Provisioner = p
				err = b.touch(t.Context())
				require.ErrorIs(t, err, sfprov.ErrAuth)
				var authErr *sfprov.AuthError
				require.ErrorAs(t, err, &authErr)
				assert.Contains(t, err.Error(), "[REDACTED]")
				for _, text := range []string{err.Error(), authErr.Code, authErr.Description, log.String()} {
					assert.NotContains(t, text, "s3", text)
				}
			})
		}
	}
}

func TestTokenSentBackByAGatewayIsScrubbed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, func(r *http.Request) (*http.Response, error) {
		return refused(400, "BAD", "headers: "+r.Header.Get("Authorization"))(r)
	})
	err := b.touch(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "token-1")
}

func TestExpiredSessionIsRefreshedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var issued atomic.Int64
	b.net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
		return tokenAnswer("token-" + string(rune('0'+issued.Add(1))))(r)
	})
	expired := refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
	b.on(http.MethodPatch, usersURL+aliceID, noContent, expired, noContent)

	require.NoError(t, b.touch(t.Context()))
	require.NoError(t, b.touch(t.Context()))

	assert.Equal(t, 2, b.logins())
	sent := b.requests(http.MethodPatch)
	require.Len(t, sent, 3)
	assert.Equal(t, "Bearer token-1", sent[1].auth)
	assert.Equal(t, "Bearer token-2", sent[2].auth)
}

func TestA401ThatOutlivesTheRefresh(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, noContent, refused(401, "INVALID_SESSION_ID", "Session expired or invalid"))
	require.NoError(t, b.touch(t.Context()))

	err := b.touch(t.Context())

	require.ErrorIs(t, err, sfprov.ErrAuth)
	var apiErr *sfprov.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, "INVALID_SESSION_ID", apiErr.Code)
	assert.False(t, sfprov.Retryable(err))
	assert.Equal(t, 2, b.logins(), "one refresh")
	assert.Len(t, b.requests(http.MethodPatch), 3)
}

func TestA401ThatIsNotTheTokensFaultIsNotRefreshed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, refused(401, "INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"))
	require.ErrorIs(t, b.touch(t.Context()), sfprov.ErrAuth)
	assert.Equal(t, 1, b.logins())
}

// A call whose token was replaced by another call meanwhile has not used up its
// refresh.
func TestA401ForAReplacedTokenDoesNotCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var issued atomic.Int64
	b.net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
		return tokenAnswer("token-" + string(rune('0'+issued.Add(1))))(r)
	})
	expired := refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
	inFlight, replaced := make(chan struct{}), make(chan struct{})
	var slow sync.Once
	b.on(http.MethodPatch, usersURL+aliceID, func(r *http.Request) (*http.Response, error) {
		switch r.Header.Get("Authorization") {
		case "Bearer token-1":
			first := false
			slow.Do(func() { first = true })
			if first {
				close(inFlight)
				<-replaced
			}
			return expired(r)
		case "Bearer token-2":
			return expired(r) // dead before the slow call comes back to it
		}
		return noContent(r)
	})
	done := make(chan error)
	go func() { done <- b.touch(context.Background()) }()
	<-inFlight
	// This call replaces token-1 by token-2, finds that dead too, and gives up,
	// as it has had its refresh.
	require.ErrorIs(t, b.touch(t.Context()), sfprov.ErrAuth)
	close(replaced)
	require.NoError(t, <-done, "its own refresh was still to come")
	assert.Equal(t, 3, b.logins())
}

func TestOneLoginForAllWaitingCallers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		login          httpmock.Responder
		logins, failed int
		longest        time.Duration
	}{
		"that succeeds":   {tokenAnswer("t"), 1, 0, time.Second},
		"that is refused": {httpmock.NewStringResponder(400, `{"error":"invalid_client"}`), 1, 64, time.Second},
		// Four attempts, of which each is one login for all.
		"that is impossible": {httpmock.NewErrorResponder(errors.New("no route to host")), 4, 64, 6 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.net.RegisterResponder(http.MethodPost, tokenURL, test.login.Delay(time.Second))
				b.on(http.MethodPatch, usersURL+aliceID, noContent)
				started := time.Now()
				var failed atomic.Int64
				var group sync.WaitGroup
				for range 64 {
					group.Go(func() {
						if b.touch(t.Context()) != nil {
							failed.Add(1)
						}
					})
				}
				group.Wait()
				assert.EqualValues(t, test.failed, failed.Load())
				assert.Equal(t, test.logins, b.logins())
				assert.LessOrEqual(t, time.Since(started), test.longest, "nobody queues for a login of their own")
			})
		})
	}
}

func TestWaitingForALoginEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer("t").Delay(30*time.Second))
		b.on(http.MethodPatch, usersURL+aliceID, noContent)
		leader := make(chan error)
		go func() { leader <- b.touch(t.Context()) }()
		synctest.Wait() // the leader is logging in

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		err := b.touch(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, err.Error(), "update "+aliceID)
		assert.Equal(t, time.Second, time.Since(started))
		require.NoError(t, <-leader)
		assert.Equal(t, 1, b.logins())
	})
}

// A leader that leaves says nothing about the login: the next in line logs in.
func TestALeaderThatLeavesIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer("t").Delay(10*time.Second))
		b.on(http.MethodPatch, usersURL+aliceID, noContent)
		ctx, cancel := context.WithCancel(t.Context())
		leader, waiter := make(chan error), make(chan error)
		go func() { leader <- b.touch(ctx) }()
		synctest.Wait()
		go func() { waiter <- b.touch(t.Context()) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-leader, context.Canceled)
		require.NoError(t, <-waiter)
		assert.Equal(t, 2, b.logins())
	})
}

func TestAFailingLoginIsNotHammered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, noContent)
		b.net.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewStringResponder(400, `{"error":"invalid_client","error_description":"invalid client credentials"}`))
		for range 1000 {
			err := b.touch(t.Context())
			require.ErrorIs(t, err, sfprov.ErrAuth)
			assert.NotEmpty(t, sfprov.Explain(err), "a remembered refusal is as good as a fresh one")
		}
		assert.Equal(t, 2, b.logins())

		// Once somebody has mended the secret, the pause passes.
		b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer("t"))
		<-time.After(time.Minute)
		require.NoError(t, b.touch(t.Context()))
	})
}

// The pause grows, but one refused login, which may be a passing fault of the
// org's, does not hold up the next call.
func TestOneRefusedLoginIsForgiven(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, noContent)
	answers := []httpmock.Responder{httpmock.NewStringResponder(400, `{"error":"invalid_client"}`), tokenAnswer("t")}
	var n atomic.Int64
	b.net.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) { return answers[n.Add(1)-1](r) })
	require.ErrorIs(t, b.touch(t.Context()), sfprov.ErrAuth)
	require.NoError(t, b.touch(t.Context()))
}

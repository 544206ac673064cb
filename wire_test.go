package sfprov_test

import (
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// What an answer looks like on the wire changes nothing.
func TestAnswersInOtherClothes(t *testing.T) {
	t.Parallel()
	const bom = "\ufeff"
	packed := func(text string) string {
		var b strings.Builder
		w := gzip.NewWriter(&b)
		_, err := io.WriteString(w, text)
		require.NoError(t, errors.Join(err, w.Close()))
		return b.String()
	}
	for name, dress := range map[string]func(text string) (string, http.Header){
		"a byte order mark": func(text string) (string, http.Header) {
			return bom + text, http.Header{"Content-Type": {"application/json"}}
		},
		"no content type": func(text string) (string, http.Header) { return bom + text, http.Header{} },
		"a charset": func(text string) (string, http.Header) {
			return text, http.Header{"Content-Type": {"application/json; charset=ISO-8859-1"}}
		},
		"plain text": func(text string) (string, http.Header) {
			return text, http.Header{"Content-Type": {"text/plain; charset=utf-16"}}
		},
		"compression": func(text string) (string, http.Header) {
			return packed(text), http.Header{"Content-Encoding": {"gzip"}}
		},
		"compression and a byte order mark": func(text string) (string, http.Header) {
			return packed(bom + text), http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"application/json;charset=UTF-8"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			say := func(status int, text string) httpmock.Responder {
				dressed, header := dress(text)
				return httpmock.NewStringResponder(status, dressed).HeaderSet(header)
			}
			b.net.RegisterResponder(http.MethodPost, tokenURL, say(200, `{"access_token":"tøken","token_type":"Bearer"}`))
			_, err := b.Create(t.Context(), alice())
			require.ErrorIs(t, err, sfprov.ErrAuth, "read, and found wanting")
			b.net.RegisterResponder(http.MethodPost, tokenURL, say(200, `{"access_token":"token","token_type":"Bearer"}`))
			b.on(http.MethodPost, usersURL, say(201, `{"id":"`+aliceID+`","success":true,"errors":[]}`), say(400, `[{"errorCode":"STRING_TOO_LONG","message":"Zoë"}]`))
			result, err := b.Create(t.Context(), alice())
			require.NoError(t, err)
			assert.Equal(t, aliceID, result.ID)
			_, err = b.Create(t.Context(), alice())
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, "STRING_TOO_LONG", apiErr.Code)
			assert.Equal(t, "Zoë", apiErr.Message)
		})
		t.Run(name+", a refused login", func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			text, header := dress(`{"error":"invalid_client","error_description":"invalid client credentials"}`)
			b.net.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewStringResponder(400, text).HeaderSet(header))
			var authErr *sfprov.AuthError
			require.ErrorAs(t, b.touch(t.Context()), &authErr)
			assert.Equal(t, "invalid_client", authErr.Code)
		})
	}
}

// Logs.

func TestWarningsNameWhatFailed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		login, answer httpmock.Responder
		want          []string
	}{
		"an answer":            {nil, refused(503, "SERVER_UNAVAILABLE", "canary"), []string{`msg="request failed, trying again"`, "status=503", "code=SERVER_UNAVAILABLE", `error="Salesforce is unavailable"`}},
		"a locked row":         {nil, refused(400, "UNABLE_TO_LOCK_ROW", "canary", "Title"), []string{`msg="request failed, trying again"`, "status=400", "code=UNABLE_TO_LOCK_ROW", "error="}},
		"a gateway":            {nil, gatewayHTML, []string{`msg="request failed, trying again"`, "status=503", `code=""`, `error="Salesforce is unavailable"`}},
		"a code to a terminal": {nil, refused(503, "X\u001b[2J\u202e\n", "canary"), []string{"status=503", `code="X [2J  "`}},
		"no answer":            {nil, httpmock.NewErrorResponder(errors.New("wire\u001b[2J cut")), []string{`error="no answer from Salesforce: wire [2J cut"`}},
		"a refused login":      {httpmock.NewStringResponder(400, `{"error":"invalid_client","error_description":"canary"}`), nil, []string{`msg="login failed"`, "status=400", "code=invalid_client", `error="not authenticated"`}},
		"a login unanswered":   {httpmock.NewErrorResponder(errors.New("consumer-secret, no route")), nil, []string{`msg="login failed"`, `no route"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lockedBuffer
			b := &bundle{net: httpmock.NewMockTransport()}
			if test.login == nil {
				test.login = tokenAnswer("token-1")
			}
			b.net.RegisterResponder(http.MethodPost, tokenURL, test.login)
			if test.answer != nil {
				b.on(http.MethodPatch, usersURL+aliceID, test.answer)
			}
			p, err := sfprov.New(config(), sfprov.WithHTTPClient(&http.Client{Transport: b.net}), sfprov.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
				sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}))
			require.NoError(t, err)
			b.Provisioner = p
			require.Error(t, b.touch(t.Context()))
			warnings := 0
			for line := range strings.Lines(log.String()) {
				if !strings.Contains(line, test.want[0]) {
					continue
				}
				warnings++
				for _, word := range test.want {
					assert.Equal(t, 1, strings.Count(line, word), line)
				}
			}
			assert.Positive(t, warnings, log.String())
			for _, canary := range []string{"canary", "consumer-secret", "Title", "CEO"} {
				assert.NotContains(t, log.String(), canary)
			}
		})
	}
}

// TestLogsHoldNothingRaw reads the lines as a handler gets them, before it escapes anything.
func TestLogsHoldNothingRaw(t *testing.T) {
	t.Parallel()
	const raw = "\x1b]0;title\a\u009b\u202e\u2028\r\nlevel=INFO msg=forged"
	for _, release := range []bool{false, true} {
		var log lockedBuffer
		values := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			for _, r := range a.Value.String() {
				assert.True(t, unicode.IsPrint(r), "%s has %U", a.Key, r)
			}
			return a
		}})
		b := &bundle{net: httpmock.NewMockTransport()}
		b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer("token-1"))
		b.net.RegisterResponder(http.MethodPost, compositeURL, b.composite)
		b.queries(activeUser("alice@primary.com", true), found(map[string]any{"Id": loginID, "IsFrozen": false}))
		b.on(http.MethodPatch, usersURL+aliceID, refused(400, "X"+raw, "canary", raw))
		b.on(http.MethodPatch, loginURL, noContent)
		cfg := config()
		cfg.ReleaseUsername = release
		p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: b.net}), sfprov.WithLogger(slog.New(values)),
			sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}))
		require.NoError(t, err)
		_, err = p.Deactivate(t.Context(), aliceID)
		require.ErrorIs(t, err, sfprov.ErrDeactivationBlocked)
		_, err = p.Provision(t.Context(), sfprov.Request{Op: sfprov.Op(raw), JustInTime: true})
		require.NoError(t, err)

		assert.Contains(t, log.String(), "a just-in-time request was skipped")
		warnings := 0
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "level=WARN") {
				warnings++
				assert.Contains(t, line, "status=400 code=")
				assert.Contains(t, line, " error=refused")
			}
		}
		assert.Equal(t, map[bool]int{false: 2, true: 3}[release], warnings, log.String())
		assert.NotContains(t, log.String(), "canary")
	}
}

func TestTheVersionIsInTheUserAgent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var agents []string
	note := func(next httpmock.Responder) httpmock.Responder {
		return func(r *http.Request) (*http.Response, error) {
			agents = append(agents, r.Header.Get("User-Agent"))
			return next(r)
		}
	}
	b.net.RegisterResponder(http.MethodPost, tokenURL, note(tokenAnswer("t")))
	b.on(http.MethodPatch, usersURL+aliceID, note(noContent))
	require.NoError(t, b.touch(t.Context()))
	require.Len(t, agents, 2, "login and request")
	for _, agent := range agents {
		assert.Regexp(t, `^sfprov/(devel|v[0-9]\S+)$`, agent)
	}
}

// Logins.

// A token endpoint that asks to try again is not a refusal.
func TestMomentaryRefusalsOfLogins(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"unknown_error": `{"error":"unknown_error","error_description":"unexpected"}`,
		"retry":         `{"error":"invalid_grant","error_description":"We can't log you in. Please Retry your request."}`,
	} {
		for _, callers := range []int{1, 16} {
			bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
				o := &odd{path: tokenPath}
				o.answer = func(r *http.Request) (*http.Response, error) {
					if o.met.Load() < 3 {
						<-time.After(time.Second)
						return response(400, io.NopCloser(strings.NewReader(answer))), nil
					}
					return o.base.RoundTrip(r)
				}
				p := oddly(t, org, o)
				var group sync.WaitGroup
				for n := range callers {
					group.Go(func() {
						u := alice()
						u.Username += string(rune('a' + n))
						_, err := p.Create(t.Context(), u)
						assert.NoError(t, err)
					})
				}
				group.Wait()
				assert.EqualValues(t, 3, o.met.Load(), "one login at a time for all")
			})
		}
		bubble(t, name+", each time", func(t *testing.T, org *sfprovtest.Org) {
			o := &odd{path: tokenPath, answer: func(*http.Request) (*http.Response, error) {
				return response(400, io.NopCloser(strings.NewReader(answer))), nil
			}}
			p := oddly(t, org, o)
			for n := range 3 {
				_, err := p.Create(t.Context(), alice())
				require.ErrorIs(t, err, sfprov.ErrUnavailable)
				require.NotErrorIs(t, err, sfprov.ErrAuth)
				assert.True(t, sfprov.Retryable(err))
				assert.NotContains(t, err.Error(), "not tried again")
				assert.EqualValues(t, 4*(n+1), o.met.Load(), "nobody is held back")
			}
		})
	}
}

func TestAnExpiredPasswordCausesNoLogin(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403} {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, refused(status, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired"))
		var apiErr *sfprov.APIError
		require.ErrorAs(t, b.touch(t.Context()), &apiErr)
		assert.Equal(t, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", apiErr.Code)
		assert.Equal(t, 1, b.logins())
		assert.Len(t, b.requests(http.MethodPatch), 1)
	}
}

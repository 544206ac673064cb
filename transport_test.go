package sfprov_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
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

// serve runs an org on loopback whose data API is the handler, and a Provisioner
// with the default client for it.
func serve(t *testing.T, handler http.HandlerFunc) (*sfprov.Provisioner, *countingServer) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"access_token":"token-1","token_type":"Bearer"}`)
	})
	mux.HandleFunc("/services/data/", handler)
	server := &countingServer{Server: httptest.NewUnstartedServer(mux)}
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			server.opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	cfg := config()
	cfg.Domain = server.URL
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	return p, server
}

// countingServer counts the connections that were opened to it.
type countingServer struct {
	*httptest.Server

	opened atomic.Int64
}

// hijack takes the connection over, for answers that net/http would not send.
func hijack(t *testing.T, w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.ReadWriter) {
	t.Helper()
	_, err := io.Copy(io.Discard, r.Body)
	if !assert.NoError(t, err) { //nolint:testifylint // require must not be used in a handler
		panic(http.ErrAbortHandler)
	}
	hijacker, ok := w.(http.Hijacker)
	if !assert.True(t, ok) {
		panic(http.ErrAbortHandler)
	}
	conn, rw, err := hijacker.Hijack()
	assert.NoError(t, err)
	return conn, rw
}

// resty's retries send a create three times, for a lost answer as for a 201 that
// breaks off.
func TestACreateOnTheWireIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"answer lost":  "",
		"201 cut off":  "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{\"id\":\"005",
		"headers only": "HTTP/1.1 201 Crea",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var posts, looks atomic.Int64
			p, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					looks.Add(1)
					w.WriteHeader(http.StatusForbidden)
					return
				}
				posts.Add(1)
				conn, rw := hijack(t, w, r)
				_, _ = rw.WriteString(answer)
				_ = rw.Flush()
				_ = conn.Close()
			})
			_, err := p.Create(t.Context(), alice())
			require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.EqualValues(t, 1, posts.Load(), "without a look, it is not sent again")
			assert.EqualValues(t, 1, looks.Load())
		})
	}
}

func TestACreateThatCouldNotConnectIsSafeToCallAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.on(http.MethodPost, usersURL, httpmock.NewErrorResponder(dialError()))
		_, err := b.Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.True(t, sfprov.Retryable(err))
		assert.Len(t, b.requests(http.MethodPost), 4, "nothing was sent, so it is tried again")
	})
}

// The token is for the org alone: x/oauth2's Transport puts it on whatever a
// redirect points to, and a 307 makes net/http send the client secret there.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int64
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	t.Cleanup(evil.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		p, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, evil.URL, status) })
		_, err := p.Find(t.Context(), alice())
		var apiErr *sfprov.APIError
		require.ErrorAs(t, err, &apiErr)
		assert.Equal(t, status, apiErr.StatusCode)

		login := httptest.NewServer(http.RedirectHandler(evil.URL, status))
		t.Cleanup(login.Close)
		cfg := config()
		cfg.Domain = login.URL
		p, err = sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}))
		require.NoError(t, err)
		_, err = p.Find(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrAuth)
		assert.Contains(t, sfprov.Explain(err), "redirect")
	}
	assert.Zero(t, stolen.Load())
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	bodies := map[string]func(w http.ResponseWriter){
		"204": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
		"an error with a long body": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `[{"errorCode":"X","message":"m"}]`+strings.Repeat(" ", 1<<16))
		},
		// A decoder that stops at the end of the JSON value leaves the last chunk
		// unread, and the connection is lost.
		"a late last chunk": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, `{"success":true}`)
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, " \n")
		},
	}
	for name, respond := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				respond(w)
			})
			const workers = 16
			var group sync.WaitGroup
			for range workers {
				group.Go(func() {
					for range 20 {
						_, _ = p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "x"}}) // the connections are what counts here
					}
				})
			}
			group.Wait()
			// Not exactly one for each worker: net/http dials while it waits for an
			// idle connection. Unread answers would open one for each request, 320.
			assert.LessOrEqual(t, server.opened.Load(), int64(2*workers))
		})
	}
}

// An endless body is cut, and does not fill the memory.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 401, 503} {
		var sent atomic.Int64
		p, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			chunk := []byte(strings.Repeat("[", 1<<16))
			for {
				n, err := w.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // no time for a second attempt with a pause
		_, err := p.Update(ctx, aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})
		cancel()
		require.Error(t, err)
		assert.Less(t, sent.Load(), int64(8*40<<20), "some attempts of 16 MiB, and what the sockets hold")
		assert.Less(t, len(err.Error()), 4000)
	}
}

func TestErrorsDoNotCarryQueries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.on(http.MethodGet, queryURL, httpmock.NewErrorResponder(io.ErrUnexpectedEOF))
		_, err := b.Find(t.Context(), sfprov.User{Username: "alice", Fields: sfprov.Fields{"Street": nil}})
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.NotContains(t, err.Error(), "SELECT")
		assert.NotContains(t, err.Error(), "Street")
	})
}

func TestCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.on(http.MethodPatch, usersURL+aliceID, func(r *http.Request) (*http.Response, error) {
		assert.Empty(t, r.Header.Get("Cookie"))
		return noContent.HeaderSet(http.Header{"Set-Cookie": {"sid=abc; Path=/"}})(r)
	})
	require.NoError(t, b.touch(t.Context()))
	require.NoError(t, b.touch(t.Context()))
}

// Retries.

func TestSafeRequestsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]httpmock.Responder{
		"502":              httpmock.NewStringResponder(502, "<html>"),
		"503":              gatewayHTML,
		"504":              httpmock.NewStringResponder(504, ""),
		"UNKNOWN":          refused(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
		"row lock":         refused(400, "UNABLE_TO_LOCK_ROW", "locked"),
		"concurrent limit": refused(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
		"lost":             httpmock.NewErrorResponder(io.EOF),
		"not connected":    httpmock.NewErrorResponder(dialError()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.on(http.MethodPatch, usersURL+aliceID, answer, answer, answer, noContent)
				require.NoError(t, b.touch(t.Context()))
				sent := b.requests(http.MethodPatch)
				require.Len(t, sent, 4)
				for _, again := range sent {
					assert.Equal(t, sent[0], again, "the same request, its body included")
				}

				b.on(http.MethodPatch, usersURL+aliceID, answer)
				started := time.Now()
				require.Error(t, b.touch(t.Context()))
				assert.Less(t, time.Since(started), 10*time.Second, "a hook gets its answer within seconds")
			})
		})
	}
}

func TestWhatAPersonMustMendIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for _, answer := range []httpmock.Responder{
		refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
		refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"),
		refused(404, "NOT_FOUND", "The requested resource does not exist"),
		httpmock.NewStringResponder(400, "?"),
	} {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, answer)
		require.Error(t, b.touch(t.Context()))
		assert.Len(t, b.requests(http.MethodPatch), 1)
	}
}

// resty would cut Retry-After to two seconds.
func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]func() string{
		"seconds": func() string { return "30" },
		"date":    func() string { return time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				asking := func(r *http.Request) (*http.Response, error) {
					return gatewayHTML.HeaderSet(http.Header{"Retry-After": {value()}})(r)
				}
				b.on(http.MethodPatch, usersURL+aliceID, asking, asking, noContent)
				started := time.Now()
				require.NoError(t, b.touch(t.Context()))
				assert.Equal(t, time.Minute, time.Since(started))
			})
		})
	}
	t.Run("longer than is reasonable", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, gatewayHTML.HeaderSet(http.Header{"Retry-After": {"3600"}}))
		err := b.touch(t.Context())
		var apiErr *sfprov.APIError
		require.ErrorAs(t, err, &apiErr)
		assert.Equal(t, time.Hour, apiErr.RetryAfter)
		assert.Contains(t, err.Error(), "1h0m0s")
		assert.Len(t, b.requests(http.MethodPatch), 1)
	})
}

func TestBackoffFitsTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, gatewayHTML.HeaderSet(http.Header{"Retry-After": {"10"}}))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		started := time.Now()
		err := b.touch(ctx)
		require.ErrorIs(t, err, sfprov.ErrUnavailable, "the last error, not the deadline")
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, time.Since(started), "returned at once")
	})
}

func TestWaitingForARetryEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.on(http.MethodPatch, usersURL+aliceID, gatewayHTML.HeaderSet(http.Header{"Retry-After": {"30"}}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.touch(ctx) }()
		synctest.Wait()
		cancel()
		err := <-done
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, sfprov.ErrUnavailable, "and what it waited for")
		assert.Contains(t, err.Error(), "update "+aliceID)
	})
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("shutting down")
	cancel(cause)
	for _, call := range []func() error{
		func() error { _, err := b.Create(ctx, alice()); return err },
		func() error { _, err := b.Find(ctx, alice()); return err },
		func() error { _, err := b.Deactivate(ctx, aliceID); return err },
		func() error { return b.touch(ctx) },
	} {
		err := call()
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, cause)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	}
	assert.Zero(t, b.net.GetTotalCallCount())
}

func TestCertificatesThatAreNotTrusted(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	cfg := config()
	cfg.Domain = server.URL
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	_, err = p.Create(t.Context(), alice())
	require.ErrorIs(t, err, sfprov.ErrUnavailable)
	require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	assert.Contains(t, err.Error(), "certificate is not trusted")
}

// Child processes: what is read once per process, or printed past our hands.

const childEnv = "SFPROV_TEST_CHILD"

func child(t *testing.T, env ...string) (output string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	command.Env = append(append(os.Environ(), childEnv+"=1"), env...)
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// TestChild is what the child processes run; it does nothing of its own.
func TestChild(t *testing.T) {
	t.Parallel()
	if os.Getenv(childEnv) == "" {
		t.Skip("runs in the child processes of other tests")
	}
	cfg := config()
	if domain := os.Getenv("CHILD_DOMAIN"); domain != "" {
		cfg.Domain = domain
	}
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = p.Create(ctx, alice())
	require.Error(t, err)
	_, err = p.Find(ctx, alice())
	require.Error(t, err)
}

func TestTheProxyOfTheEnvironmentServesLogins(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	child(t, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=")
	assert.Equal(t, "CONNECT acme.my.salesforce.com:443", <-asked)
}

// resty logs to stderr by default, with URLs; a library is silent.
func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	_, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _ := hijack(t, w, r)
		_ = conn.Close()
	})
	output := child(t, "CHILD_DOMAIN="+server.URL)
	assert.Regexp(t, `^(PASS|ok)\s*(coverage:.*\s*)?$`, output)
}

// Logs.

func TestLogsHoldNoSecretsBodiesOrQueries(t *testing.T) {
	t.Parallel()
	var buffer strings.Builder
	b := &bundle{net: httpmock.NewMockTransport()}
	b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer("tok-canary"))
	cfg := config()
	cfg.ClientSecret = "secret-canary"
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: b.net}),
		sfprov.WithLogger(slog.New(slog.NewJSONHandler(&buffer, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	require.NoError(t, err)
	b.on(http.MethodPost, usersURL, created(aliceID), duplicateUsername)
	b.on(http.MethodGet, queryURL, found())
	b.on(http.MethodPatch, usersURL+aliceID, noContent)
	u := alice()
	u.Fields["Street"] = "body-canary"
	for range 2 {
		_, _ = p.Create(t.Context(), u) // the log is what counts here
	}
	_, err = p.Update(t.Context(), aliceID, sfprov.User{Fields: u.Fields})
	require.NoError(t, err)
	logged := buffer.String()
	for _, line := range []string{`"msg":"logged in"`, `"method":"POST"`, `"method":"PATCH"`, `"method":"GET"`, `"status":400`} {
		assert.Contains(t, logged, line)
	}
	for _, canary := range []string{"canary", "SELECT", "alice", "Duplicate", "Bearer"} {
		assert.NotContains(t, logged, canary)
	}
}

func BenchmarkUsername(b *testing.B) {
	cfg := config()
	cfg.Pattern, cfg.IdentityProvider = "{UD,UN,TD,IDP}", "salesforce"
	p, err := sfprov.New(cfg)
	require.NoError(b, err)
	b.ReportAllocs()
	for i := range b.N {
		if _, err := p.Username(sfprov.User{Username: "SECONDARY/alice" + strconv.Itoa(i%10)}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEndlessAnswersToALogin(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400} {
		var sent atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			chunk := []byte(strings.Repeat("[", 1<<16))
			for {
				n, err := w.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}))
		t.Cleanup(server.Close)
		cfg := config()
		cfg.Domain = server.URL
		p, err := sfprov.New(cfg)
		require.NoError(t, err)
		_, err = p.Find(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrAuth)
		assert.Less(t, sent.Load(), int64(40<<20), "1 MiB, and what the sockets hold")
	}
}

// A refused token is remembered like a refused login, and each call that meets it
// gets an error of its own.
func TestARememberedRefusalNamesEachCall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	expired := refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
	b.on(http.MethodPatch, usersURL+aliceID, expired)
	b.on(http.MethodPatch, usersURL+bobID, expired)
	failed := map[string][]error{}
	for range 5 {
		for _, id := range []string{aliceID, bobID} {
			_, err := b.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			require.ErrorIs(t, err, sfprov.ErrAuth)
			failed[id] = append(failed[id], err)
		}
	}
	for id, errs := range failed {
		for _, err := range errs {
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, id, apiErr.Target)
		}
	}
	assert.LessOrEqual(t, b.logins(), 4, "a token that is always refused makes no storm of logins")
}

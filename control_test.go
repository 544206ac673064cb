package sfprov_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// odd is a caller's transport: where it answers, it does so in ways that net/http's
// would not.
type odd struct {
	base   http.RoundTripper
	path   string // of the requests that it has its own way with
	answer func(*http.Request) (*http.Response, error)
	met    atomic.Int64
}

func (o *odd) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.answer == nil || !strings.Contains(r.URL.Path, o.path) {
		return o.base.RoundTrip(r)
	}
	o.met.Add(1)
	return o.answer(r)
}

// oddly is a Provisioner whose requests to a path are answered oddly.
func oddly(t *testing.T, org *sfprovtest.Org, o *odd, opts ...sfprov.Option) *sfprov.Provisioner {
	t.Helper()
	o.base = org.Client().Transport
	return with(t, org, append([]sfprov.Option{sfprov.WithHTTPClient(&http.Client{Transport: o})}, opts...)...)
}

// body is a body whose methods a test makes up.
type body struct {
	read  func([]byte) (int, error)
	close func() error
}

func (b body) Read(p []byte) (int, error) { return b.read(p) }

func (b body) Close() error {
	if b.close == nil {
		return nil
	}
	return b.close()
}

func response(status int, b io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: b}
}

const (
	tokenPath = "/services/oauth2/token"
	userPath  = "/sobjects/User"
)

// The ways in which a transport can hold a caller.
const (
	hangsNoAnswer  = "no answer"
	hangsBody      = "a body that blocks"
	hangsErrorBody = "an error's body that blocks"
	hangsClose     = "a body and a Close that block"
	hangsEndless   = "a body that never ends"
)

// hanging is a transport that holds whoever sends to the path, for ever, or until
// the test lets go.
func hanging(path, how string, let <-chan struct{}) *odd {
	stuck := body{read: func([]byte) (int, error) {
		<-let
		return 0, io.EOF
	}}
	return &odd{path: path, answer: func(*http.Request) (*http.Response, error) {
		switch how {
		case hangsNoAnswer:
			<-let
			return nil, errors.New("at last")
		case hangsErrorBody:
			return response(400, stuck), nil
		case hangsClose:
			return response(201, body{read: stuck.read, close: func() error { <-let; return nil }}), nil
		case hangsEndless:
			return response(201, body{read: func(p []byte) (int, error) {
				select {
				case <-let:
					return 0, io.EOF
				case <-time.After(time.Second):
					return copy(p, " "), nil
				}
			}}), nil
		}
		return response(201, stuck), nil
	}}
}

func TestControlComesBackWhateverTheTransportDoes(t *testing.T) {
	t.Parallel()
	for path, what := range map[string]string{userPath: "of a create", tokenPath: "of a login"} {
		for _, how := range []string{hangsNoAnswer, hangsBody, hangsErrorBody, hangsClose, hangsEndless} {
			name := how + " " + what
			prepare := func(t *testing.T, org *sfprovtest.Org, opts ...sfprov.Option) *sfprov.Provisioner {
				t.Helper()
				let := make(chan struct{})
				t.Cleanup(func() { close(let) })
				return oddly(t, org, hanging(path, how, let), opts...)
			}
			bubble(t, name+", the context ends", func(t *testing.T, org *sfprovtest.Org) {
				p := prepare(t, org, sfprov.WithMaxInFlight(1))
				for range 2 { // neither slot nor login is taken by the first
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					began := time.Now()
					_, err := p.Create(ctx, alice())
					cancel()
					require.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, 5*time.Second, time.Since(began))
					assert.Equal(t, path == userPath, errors.Is(err, sfprov.ErrOutcomeUnknown), "%v", err)
				}
				assert.NoError(t, p.Close(t.Context()), "no call is under way")
			})
			bubble(t, name+", the caller leaves", func(t *testing.T, org *sfprovtest.Org) {
				p := prepare(t, org)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err := p.Create(ctx, alice())
				require.ErrorIs(t, err, context.Canceled)
			})
			bubble(t, name+", Close", func(t *testing.T, org *sfprovtest.Org) {
				p := prepare(t, org)
				errs := make(chan error, 1)
				go func() {
					_, err := p.Create(context.Background(), alice())
					errs <- err
				}()
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				began := time.Now()
				require.ErrorIs(t, p.Close(ctx), context.DeadlineExceeded)
				assert.Equal(t, 5*time.Second, time.Since(began))
				require.ErrorIs(t, <-errs, sfprov.ErrClosed)
			})
		}
	}
	bubble(t, "no limit but the client's own", func(t *testing.T, org *sfprovtest.Org) {
		let := make(chan struct{})
		defer close(let)
		o := hanging(userPath, hangsNoAnswer, let)
		o.base = org.Client().Transport
		p := with(t, org, sfprov.WithHTTPClient(&http.Client{Transport: o, Timeout: 3 * time.Second}), sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 1}))
		began := time.Now()
		_, err := p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller had none")
		assert.Equal(t, 3*time.Second, time.Since(began))
	})
	bubble(t, "no limit at all", func(t *testing.T, org *sfprovtest.Org) {
		let := make(chan struct{})
		defer close(let)
		p := oddly(t, org, hanging(userPath, hangsEndless, let), sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 1}))
		began := time.Now()
		_, err := p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Equal(t, 2*time.Minute, time.Since(began))
	})
}

func TestACloseOfABodyHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for path, answer := range map[string]string{
		userPath:  `{"id":"` + aliceID + `","success":true,"errors":[]}`,
		tokenPath: `{"access_token":"other","token_type":"Bearer"}`,
	} {
		bubble(t, path, func(t *testing.T, org *sfprovtest.Org) {
			let := make(chan struct{})
			defer close(let)
			p := oddly(t, org, &odd{path: path, answer: func(*http.Request) (*http.Response, error) {
				status := 201
				if path == tokenPath {
					status = 200
				}
				return response(status, body{read: strings.NewReader(answer).Read, close: func() error { <-let; return nil }}), nil
			}})
			began := time.Now()
			_, err := p.Create(t.Context(), alice())
			if path == userPath {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, sfprov.ErrAuth, "the org does not know this token")
			}
			assert.Zero(t, time.Since(began))
		})
	}
}

// A login that hangs is given up, and then it is the next one's turn.
func TestALoginThatHangsBlocksNoOther(t *testing.T) {
	t.Parallel()
	bubble(t, "", func(t *testing.T, org *sfprovtest.Org) {
		let := make(chan struct{})
		defer close(let)
		o := &odd{path: tokenPath}
		o.answer = func(r *http.Request) (*http.Response, error) {
			if o.met.Load() == 1 {
				<-let
			}
			return o.base.RoundTrip(r)
		}
		p := oddly(t, org, o, sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 1}))
		began := time.Now()
		leader := make(chan error, 1)
		go func() {
			_, err := p.Create(t.Context(), alice())
			leader <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := p.Create(ctx, alice())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		assert.Equal(t, 10*time.Second, time.Since(began))

		err = <-leader
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Contains(t, err.Error(), "it took too long")
		assert.Equal(t, time.Minute, time.Since(began))
		_, err = p.Create(t.Context(), alice())
		require.NoError(t, err)
	})
}

// What a transport was still waiting to send when its caller left is never sent,
// so the caller can be told that nothing was.
func TestWhatWasNotOnItsWayIsNotSentLater(t *testing.T) {
	t.Parallel()
	bubble(t, "", func(t *testing.T, org *sfprovtest.Org) {
		connected := make(chan struct{})
		sent := make(chan error, 1)
		p := oddly(t, org, &odd{path: userPath, answer: func(r *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(r.Context()).GetConn("org:443")
			<-connected
			_, err := io.ReadAll(r.Body)
			sent <- err
			return nil, err
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Create(ctx, alice())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		close(connected)
		require.Error(t, <-sent, "the transport gets no body any more")
	})
}

func TestNoAnswerAtAll(t *testing.T) {
	t.Parallel()
	for path, what := range map[string]string{userPath: "to a create", tokenPath: "to a login"} {
		for name, test := range map[string]struct {
			answer *http.Response
			reason error
		}{
			"nil":             {nil, sfprov.ErrUnavailable},
			"201, nil body":   {&http.Response{StatusCode: 201}, nil},
			"200, nil body":   {&http.Response{StatusCode: 200}, nil},
			"500, nil body":   {&http.Response{StatusCode: 500}, sfprov.ErrUnavailable},
			"zero":            {&http.Response{}, nil},
			"nil, but length": {&http.Response{StatusCode: 201, ContentLength: 10}, nil},
		} {
			bubble(t, name+" "+what, func(t *testing.T, org *sfprovtest.Org) {
				p := oddly(t, org, &odd{path: path, answer: func(*http.Request) (*http.Response, error) { return test.answer, nil }})
				_, err := p.Create(t.Context(), alice())
				require.Error(t, err)
				require.NotErrorIs(t, err, sfprov.ErrNotFound)
				if test.reason != nil {
					require.ErrorIs(t, err, test.reason)
				}
				if path == tokenPath {
					require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
				}
			})
		}
	}
	bubble(t, "an update's 204 without a body is a success", func(t *testing.T, org *sfprovtest.Org) {
		p := oddly(t, org, &odd{path: userPath, answer: func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil }})
		_, err := p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "x"}})
		require.NoError(t, err)
	})
}

// A panic in the caller's transport is the caller's, and so is runtime.Goexit. The
// Provisioner stays usable.
func TestAPanicOfTheTransportIsTheCallers(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for path, what := range map[string]string{userPath: "a create", tokenPath: "a login"} {
		for name, answer := range map[string]func(end func()) (*http.Response, error){
			"on the way": func(end func()) (*http.Response, error) { end(); return nil, io.EOF },
			"in the body": func(end func()) (*http.Response, error) {
				return response(200, body{read: func([]byte) (int, error) { end(); return 0, io.EOF }}), nil
			},
		} {
			for how, end := range map[string]func(){"panic": func() { panic(boom) }, "Goexit": runtime.Goexit} {
				bubble(t, how+" "+name+" of "+what, func(t *testing.T, org *sfprovtest.Org) {
					o := &odd{path: path}
					o.answer = func(r *http.Request) (*http.Response, error) {
						if o.met.Load() == 1 {
							return answer(end)
						}
						return o.base.RoundTrip(r)
					}
					p := oddly(t, org, o, sfprov.WithMaxInFlight(1))
					returned, recovered := false, any(nil)
					var group sync.WaitGroup
					group.Go(func() {
						defer func() { recovered = recover() }()
						_, _ = p.Create(t.Context(), alice()) // does not come back
						returned = true
					})
					group.Wait()
					assert.False(t, returned)
					if how == "panic" {
						assert.Same(t, boom, recovered)
					} else {
						assert.Nil(t, recovered)
					}
					_, err := p.Create(t.Context(), alice())
					require.NoError(t, err, "neither slot nor login is taken")
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					require.NoError(t, p.Close(ctx), "no call is under way")
				})
			}
		}
	}
	bubble(t, "a panic after the caller has left", func(t *testing.T, org *sfprovtest.Org) {
		let := make(chan struct{})
		var log lockedBuffer
		p := oddly(t, org, &odd{path: userPath, answer: func(*http.Request) (*http.Response, error) {
			<-let
			panic(boom)
		}}, sfprov.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Create(ctx, alice())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(let)
		synctest.Wait()
		assert.Contains(t, log.String(), "the caller's code panicked")
		assert.Contains(t, log.String(), "control_test.go")
	})
}

// lockedBuffer is a buffer for a log that is written by several goroutines.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// Close does not wait for ever for a loop over its results, not even inside it.
func TestCloseInsideALoop(t *testing.T) {
	t.Parallel()
	bubble(t, "", func(t *testing.T, org *sfprovtest.Org) {
		org.AddUser(nil)
		p := provisionerIn(t, org)
		for _, err := range p.Users(t.Context(), sfprov.UserQuery{}) {
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			began := time.Now()
			require.ErrorIs(t, p.Close(ctx), context.DeadlineExceeded)
			cancel()
			assert.Less(t, time.Since(began), 2*time.Second)
			break
		}
	})
}

// A context that ends while a call waits sends nothing, to a transport that does
// not look at it either.
func TestAContextThatEndsWhileACallWaitsSendsNothing(t *testing.T) {
	t.Parallel()
	for range 30 { // whichever comes first
		bubble(t, "for a login", func(t *testing.T, org *sfprovtest.Org) {
			ctx, cancel := context.WithCancel(t.Context())
			o := &odd{path: tokenPath}
			o.answer = func(r *http.Request) (*http.Response, error) {
				resp, err := o.base.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
				cancel()
				return resp, err
			}
			p := oddly(t, org, o)
			_, err := p.Create(ctx, alice())
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.Zero(t, requestsSent(org, http.MethodPost, userPath))
		})
		bubble(t, "for a slot", func(t *testing.T, org *sfprovtest.Org) {
			ctx, cancel := context.WithCancel(t.Context())
			o := &odd{path: userPath}
			o.answer = func(r *http.Request) (*http.Response, error) {
				if o.met.Load() == 1 {
					<-time.After(time.Second)
					cancel() // and frees the slot
				}
				return o.base.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
			}
			p := oddly(t, org, o, sfprov.WithMaxInFlight(1))
			var group sync.WaitGroup
			group.Go(func() {
				_, err := p.Create(t.Context(), alice())
				assert.NoError(t, err)
			})
			synctest.Wait()
			bob := alice()
			bob.Username = "bob"
			_, err := p.Create(ctx, bob)
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			group.Wait()
			assert.Equal(t, 1, requestsSent(org, http.MethodPost, userPath))
		})
	}
}

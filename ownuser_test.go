package sfprov

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	ownID   = "005000000000009AAA"
	otherID = "005000000000001AAA"
)

// wire is a transport that answers from memory. Each list is answered in turn, the
// last one for ever.
type wire struct {
	mu     sync.Mutex
	logins []string // the "id" of the token's answer
	info   []*said
	asked  int
	logged int
	log    bytes.Buffer
	delay  time.Duration
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/oauth2/token") {
		w.mu.Lock()
		defer w.mu.Unlock()
		id := w.logins[min(w.logged, len(w.logins)-1)]
		w.logged++
		return (&said{200, `{"access_token":"token","token_type":"Bearer","id":"` + id + `"}`}).response()
	}
	<-time.After(w.delay)
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer token" || r.URL.Path != userInfoPath || r.Method != http.MethodGet {
		return nil, errors.New("an unexpected request")
	}
	w.asked++
	return w.info[min(w.asked, len(w.info))-1].response()
}

// said is an answer; nil is none.
type said struct {
	status int
	text   string
}

func (s *said) response() (*http.Response, error) {
	if s == nil {
		return nil, errors.New("no route")
	}
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(s.text))}, nil
}

func (w *wire) sender(t *testing.T) *sender {
	t.Helper()
	p, err := New(Config{Domain: "https://acme.my.salesforce.com", ClientID: "id", ClientSecret: "consumer-secret", ProvisioningDomain: "primary.com"},
		WithHTTPClient(&http.Client{Transport: w}), WithLogger(slog.New(slog.NewTextHandler(&w.log, nil))))
	require.NoError(t, err)
	return p.api.sender
}

const identityURL = "https://login.salesforce.com/id/00D000000000001EAA/"

func TestTheIntegrationUserIsLearnedOnce(t *testing.T) {
	t.Parallel()
	t.Run("from the login, and kept", func(t *testing.T) {
		t.Parallel()
		w := &wire{logins: []string{identityURL + ownID, "", identityURL + otherID}}
		s := w.sender(t)
		assert.False(t, s.isOwnUser(ownID), "nothing is known")
		assert.False(t, s.isOwnUser(""), "nothing is known")
		for range 2 {
			id, err := s.ownUserID(t.Context())
			require.NoError(t, err)
			assert.Equal(t, ownID, id)
		}
		assert.True(t, s.tokens.expired(s.tokens.current.Load()), "a 401")
		assert.True(t, s.isOwnUser(ownID), "while the token is renewed")
		assert.True(t, s.isOwnUser(ownID[:15]))
		assert.False(t, s.isOwnUser(otherID))
		_, err := s.tokens.get(t.Context())
		require.NoError(t, err)
		assert.True(t, s.isOwnUser(ownID), "the login told nobody's")
		s.tokens.expired(s.tokens.current.Load())
		_, err = s.tokens.get(t.Context())
		require.NoError(t, err)
		assert.True(t, s.isOwnUser(otherID), "the login told another's")
		assert.Zero(t, w.asked)
	})
	for name, answer := range map[string]string{
		"user_id": `{"user_id":"` + ownID + `"}`, "of 15 characters": "\ufeff" + `{"user_id":"` + ownID[:15] + `"}`, "subject": `{"sub":"` + identityURL + ownID + `"}`,
	} {
		t.Run("by asking: "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{logins: []string{""}, info: []*said{{200, answer}}, delay: time.Second}
				s := w.sender(t)
				var group sync.WaitGroup
				for range 8 {
					group.Go(func() {
						id, err := s.ownUserID(t.Context())
						assert.Equal(t, ownID, id)
						if err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
				assert.Equal(t, 1, w.asked, "once for all")
				assert.True(t, s.isOwnUser(ownID))
				assert.Zero(t, s.calls.Load(), "Salesforce doesn't count it")
			})
		})
	}
	for name, answer := range map[string]*said{
		"403": {403, "Missing_Scope"}, "500": {500, ""}, "HTML": {200, "<html>"}, "no user": {200, `{"user_id":"00D000000000001EAA"}`}, "no answer": nil,
	} {
		t.Run("not told: "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{logins: []string{""}, info: []*said{answer, {200, `{"user_id":"` + ownID + `"}`}}}
				s := w.sender(t)
				for range 3 {
					id, err := s.ownUserID(t.Context())
					require.NoError(t, err)
					assert.Empty(t, id)
				}
				assert.Equal(t, 1, w.asked, "not again, for a while")
				assert.Equal(t, 1, strings.Count(w.log.String(), "level=WARN"), w.log.String())
				<-time.After(5 * time.Minute)
				id, err := s.ownUserID(t.Context())
				require.NoError(t, err)
				assert.Equal(t, ownID, id)
			})
		})
	}
	t.Run("the context ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := &wire{logins: []string{""}, info: []*said{{200, `{"user_id":"` + ownID + `"}`}}, delay: time.Minute}
			s := w.sender(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := s.ownUserID(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			<-time.After(2 * time.Minute)
			w.mu.Lock()
			w.info = append(w.info, &said{200, `{"user_id":"` + ownID + `"}`})
			w.mu.Unlock()
			id, err := s.ownUserID(t.Context())
			require.NoError(t, err)
			assert.Equal(t, ownID, id, "another's deadline says nothing")
		})
	})
}

// Whether it gets the turn to log in or sees the end first is chance.
func TestAContextThatHasEndedDoesNotLogIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{logins: []string{""}}
		s := w.sender(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 30 {
			_, err := s.tokens.get(ctx)
			require.ErrorIs(t, err, context.Canceled)
		}
		synctest.Wait()
		assert.Zero(t, w.logged)
	})
}

func TestAnAnswerThatIsCutSaysByWhom(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(" ", maxErrorAnswer)
	broken := io.MultiReader(strings.NewReader(`[{"errorCode`), failing{})
	for name, test := range map[string]struct {
		body         io.Reader
		status       int
		cut, tooLong bool
		err          bool
	}{
		"whole":           {strings.NewReader(long), 400, false, false, false},
		"too long":        {strings.NewReader(long + "x"), 400, false, true, false},
		"broke off":       {broken, 400, true, false, false},
		"a 200 broke off": {failing{}, 200, false, false, true},
		"a change's 201":  {strings.NewReader(long + "x"), 201, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ans, err := request{method: http.MethodPost}.read(&http.Response{StatusCode: test.status, Body: io.NopCloser(test.body)})
			assert.Equal(t, test.err, err != nil)
			assert.Equal(t, test.cut, ans.cut)
			assert.Equal(t, test.tooLong, ans.tooLong)
			assert.LessOrEqual(t, len(ans.body), maxErrorAnswer)
		})
	}
}

// failing is a body that breaks off.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestVersionIn(t *testing.T) {
	t.Parallel()
	module := func(path, version string) *debug.Module { return &debug.Module{Path: path, Version: version} }
	other := module("example.com/other", "v9.9.9")
	replaced := module(modulePath, "v1.0.0")
	replaced.Replace = module("../sfprov", "")
	for want, info := range map[string][]*debug.BuildInfo{
		"v1.2.3": {
			{Main: *module(modulePath, "v1.2.3")},
			{Main: *other, Deps: []*debug.Module{other, module(modulePath, "v1.2.3")}},
		},
		"devel": {nil, {}, {Main: *module(modulePath, "(devel)")}, {Main: *module(modulePath, "")}, {Main: *other, Deps: []*debug.Module{other}}, {Main: *other, Deps: []*debug.Module{replaced}}},
	} {
		for _, i := range info {
			assert.Equal(t, want, versionIn(i))
		}
	}
}

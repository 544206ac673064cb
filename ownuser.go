package sfprov

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"time"
)

const userInfoPath = "/services/oauth2/userinfo"

// askAgain is how long it rests when Salesforce did not tell who the integration
// user is.
const askAgain = 5 * time.Minute

// ownUser is the integration user's ID as far as it is known; else empty. Not
// knowing it says nothing about anybody.
func (t *tokens) ownUser() string {
	if id := t.own.Load(); id != nil {
		return *id
	}
	return ""
}

// isOwnUser reports whether a user is known to be the integration user.
func (s *sender) isOwnUser(id string) bool {
	own := s.tokens.ownUser()
	long, _ := parseID(id)
	return own != "" && long == own
}

// ownUserID is the integration user's ID. It is learned once: from a login, which
// this makes if there was none, or, where the token endpoint tells nobody's, from
// Salesforce's userinfo. It is empty where that does not tell either; the error is
// that of a login, or the end of ctx.
func (s *sender) ownUserID(ctx context.Context) (string, error) {
	if id := s.tokens.ownUser(); id != "" {
		return id, nil
	}
	if err := s.ensureLogin(ctx); err != nil {
		return "", err
	}
	select {
	case s.tokens.asking <- struct{}{}:
	case <-ctx.Done():
		return "", newTransportError(ctx, ctx.Err(), false)
	}
	defer func() { <-s.tokens.asking }()
	if id := s.tokens.ownUser(); id != "" || time.Now().Before(s.tokens.noAsk) {
		return id, nil
	}
	id, err := s.askOwnUser(ctx)
	switch {
	case ctx.Err() != nil:
		return "", newTransportError(ctx, ctx.Err(), false)
	case err != nil:
		s.tokens.noAsk = time.Now().Add(askAgain)
		s.log.LogAttrs(ctx, slog.LevelWarn, "Salesforce does not tell who the integration user is", failureAttrs(err)...)
		return "", nil
	}
	s.tokens.own.Store(&id)
	return id, nil
}

// askOwnUser asks Salesforce who the integration user is: by userinfo, which Salesforce
// doesn't count as a request, and which some scopes don't allow; then by the list of
// resources, which is there for everybody. Nothing is sent again: nothing that is wrong
// with it may hold up what the call is about.
func (s *sender) askOwnUser(ctx context.Context) (id string, err error) {
	if id, err = s.askAt(ctx, request{method: http.MethodGet, path: userInfoPath, unmetered: true}); err == nil || ctx.Err() != nil {
		return id, err
	}
	return s.askAt(ctx, request{method: http.MethodGet, path: "/services/data/v" + s.tokens.cfg.APIVersion})
}

// askAt reads who the integration user is from one answer.
func (s *sender) askAt(ctx context.Context, r request) (string, error) {
	ans, err := s.authorized(ctx, r)
	if err != nil {
		return "", err
	}
	return userInAnswer(ans)
}

// userInAnswer is the integration user that an answer names.
func userInAnswer(ans answer) (string, error) {
	var info struct {
		UserID   string `json:"user_id"`
		Subject  string `json:"sub"` // the identity URL
		Identity string `json:"identity"`
	}
	if err := json.Unmarshal(ans.body, &info); err != nil {
		return "", errors.New("the answer is no JSON")
	}
	for _, told := range []string{info.UserID, path.Base(info.Subject), path.Base(info.Identity)} {
		if id, problem := parseIDOf(prefixUser, told); problem == "" {
			return id, nil
		}
	}
	return "", errors.New("the answer names no user")
}

// ensureLogin logs in if there is no token, as patiently as requests do.
func (s *sender) ensureLogin(ctx context.Context) error {
	for tries := 1; ; tries++ {
		err := s.acquire(ctx)
		if err == nil {
			func() {
				defer s.release()
				_, err = s.tokens.get(ctx)
			}()
		}
		if err == nil || !isMomentary(err) || tries >= s.retry.Attempts {
			return err
		}
		if err = s.wait(ctx, tries, request{method: http.MethodPost, path: "login"}, err); err != nil {
			return err
		}
	}
}

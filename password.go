package sfprov

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// SetPassword sets a user's password. What the org's password policy refuses is
// [ErrInvalidField], with Salesforce's text (Setup, Password Policies). The Action
// is Updated. It costs one API call. See "sObject User Password" in the REST API
// Developer Guide.
//
// It is not sent again if its answer is lost: the error is [ErrOutcomeUnknown] then.
// Call it again. If Salesforce then refuses the password as a repeated one, it was
// set, and that is success.
func (p *Provisioner) SetPassword(ctx context.Context, id string, password Secret) (Result, error) {
	problems := problemsOfPassword(password)
	if password == "" {
		problems = []FieldProblem{{Field: "Password", Problem: "is empty"}}
	}
	id18, idErr := userID(id)
	if invalid, is := errors.AsType[*ValidationError](idErr); is {
		problems = append(problems, invalid.Problems...)
	}
	if err := validationError(problems); err != nil {
		return Result{}, p.refused(ctx, opSetPassword, id, err)
	}
	return p.run(ctx, opSetPassword, id18, func(ctx context.Context) (Result, error) {
		if err := p.setPassword(ctx, id18, password); err != nil {
			return Result{}, err
		}
		return Result{ID: id18, Action: Updated}, nil
	})
}

// ResetPassword lets Salesforce make up a password, and mail the user a link to
// choose another one. The Action is Updated. It costs one API call. See "sObject
// User Password" in the REST API Developer Guide.
//
// It is not sent again if its answer is lost: the error is [ErrOutcomeUnknown] then.
// Calling it again sends another mail, which makes the first one's link useless.
func (p *Provisioner) ResetPassword(ctx context.Context, id string) (Result, error) {
	id18, err := userID(id)
	if err != nil {
		return Result{}, p.refused(ctx, opResetPassword, id, err)
	}
	return p.run(ctx, opResetPassword, id18, func(ctx context.Context) (Result, error) {
		sentAt := time.Now()
		err := p.api.resetPassword(ctx, id18)
		if cause, inDoubt := isInDoubt(err); inDoubt {
			return Result{}, &UnconfirmedError{Op: opResetPassword, ID: id18, SentAt: sentAt, LostAt: time.Now(), Err: cause, again: true}
		}
		if err = p.absent(ctx, id18, err); err != nil {
			return Result{}, err
		}
		p.passwords.set(id18)
		return Result{ID: id18, Action: Updated}, nil
	})
}

// problemsOfPassword says why a password can't be sent.
func problemsOfPassword(password Secret) []FieldProblem {
	switch {
	case password == redacted:
		return []FieldProblem{{Field: "Password", Problem: "is the placeholder that stands for a secret in what is printed, not the secret"}}
	case !utf8.ValidString(string(password)):
		return []FieldProblem{{Field: "Password", Problem: "is not valid UTF-8"}}
	}
	return nil
}

// takePassword sets the password, which is the last step.
func (p *Provisioner) takePassword(ctx context.Context, cs *changeSet, s step) {
	if err := p.setPassword(ctx, cs.result.ID, cs.d.user.Password); err != nil {
		cs.fail(s, err)
		return
	}
	cs.record(s)
}

// setPassword sets a password, and remembers until then that it is owed. A password
// that Salesforce refuses as a repeated one after its answer was lost was set.
func (p *Provisioner) setPassword(ctx context.Context, id string, password Secret) error {
	lostBefore := p.passwords.owe(id)
	sentAt := time.Now()
	err := p.api.setPassword(ctx, id, password)
	cause, inDoubt := isInDoubt(err)
	switch {
	case err == nil, lostBefore && isRepeatedPassword(cause):
		p.passwords.set(id)
		return nil
	case inDoubt && !isFinalRefusal(cause):
		p.passwords.lose(id)
		return &UnconfirmedError{Op: opSetPassword, ID: id, SentAt: sentAt, LostAt: time.Now(), Err: cause, again: true}
	}
	return p.absent(ctx, id, cause)
}

// isRepeatedPassword reports whether Salesforce refused a password because the user
// had it before.
func isRepeatedPassword(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && slices.ContainsFunc(apiErr.problems(), func(q APIProblem) bool {
		return q.Code == "INVALID_NEW_PASSWORD" && strings.Contains(strings.ToLower(q.Message), "repeated")
	})
}

// passwordMemory remembers of whom a password is to be set that is not, and of whom
// one was set: nobody can read that in Salesforce.
type passwordMemory struct {
	mu    sync.Mutex
	users map[string]passwordState
}

type passwordState struct {
	owed, lost bool      // it is not set; an answer to an attempt was lost
	setAt      time.Time // when one was set
}

// maxPasswords bounds how many users are remembered.
const maxPasswords = 100_000

// owed reports whether a password is to be set that is not.
func (m *passwordMemory) owed(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.users[id].owed
}

// wasSet reports whether one was set since.
func (m *passwordMemory) wasSet(id string, since time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.users[id].setAt.After(since)
}

// owe notes that a password is to be set. It reports whether the answer to an earlier
// attempt was lost.
func (m *passwordMemory) owe(id string) (lostBefore bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users == nil {
		m.users = map[string]passwordState{}
	}
	for other, state := range m.users {
		if len(m.users) < maxPasswords {
			break
		}
		if !state.owed {
			delete(m.users, other)
		}
	}
	state := m.users[id]
	state.owed = true
	m.users[id] = state
	return state.lost
}

// lose notes that the answer to an attempt was lost.
func (m *passwordMemory) lose(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.users[id] = passwordState{owed: true, lost: true}
}

// set notes that the password is set.
func (m *passwordMemory) set(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users == nil {
		m.users = map[string]passwordState{}
	}
	m.users[id] = passwordState{setAt: time.Now()}
}

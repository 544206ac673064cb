package sfprov

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The next steps after the errors that only calls of several steps return.
func TestNextStepOfPrivateErrors(t *testing.T) {
	t.Parallel()
	refusal := &APIError{StatusCode: 400, Code: "FIELD_INTEGRITY_EXCEPTION"}
	busy := &APIError{StatusCode: 503, RetryAfter: time.Minute}
	login := &AuthError{StatusCode: 400, Code: "invalid_client"}
	hidden := &APIError{StatusCode: 400, Code: "INVALID_TYPE"}
	throttled := &AuthError{StatusCode: 400, Code: "invalid_grant", Description: "login rate exceeded"}
	lostPassword := &UnconfirmedError{Op: opSetPassword, again: true}
	for name, test := range map[string]struct {
		err  error
		step Step
		wait time.Duration
	}{
		"frozen instead":                  {&blockedError{refusal: refusal}, StepUser, 0},
		"not frozen, for the moment":      {&blockedError{refusal: refusal, freeze: busy}, StepAgain, time.Minute},
		"not frozen, refused":             {&blockedError{refusal: refusal, freeze: refusal}, StepUser, 0},
		"not frozen, logged out":          {&blockedError{refusal: refusal, freeze: login}, StepSetup, 0},
		"not frozen, without the right":   {&blockedError{refusal: refusal, freeze: hidden}, StepUser, 0},
		"not frozen, itself":              {&blockedError{refusal: refusal, freeze: &ownUserError{}}, StepUser, 0},
		"itself":                          {&ownUserError{}, StepUser, 0},
		"nobody":                          {&notFoundError{}, StepUser, 0},
		"nobody, after an answer":         {&notFoundError{err: busy}, StepUser, 0},
		"a veto":                          {&vetoError{err: errors.New("no")}, StepUser, 0},
		"a veto that came late":           {&vetoError{err: context.Canceled}, StepUser, 0},
		"the rest, by the same call":      {&partialError{err: busy}, StepAgain, time.Minute},
		"the rest, refused":               {&partialError{err: refusal}, StepUser, 0},
		"the rest, logged out":            {&partialError{err: login}, StepSetup, 0},
		"a lost password":                 {&partialError{err: lostPassword}, StepAgain, 0},
		"no login":                        {&noLoginError{}, StepUser, 0},
		"reserve":                         {&reserveError{pause: 3 * time.Minute}, StepAgain, 3 * time.Minute},
		"a login that could not be sent":  {&loginError{err: errors.New("no key")}, StepSetup, 0},
		"a held login":                    {&heldLogin{err: login, until: time.Now().Add(time.Hour)}, StepSetup, 0},
		"a held login that comes back":    {&heldLogin{err: throttled, until: time.Now()}, StepAgain, 0},
		"a step":                          {&stepError{step: "s", err: busy}, StepAgain, time.Minute},
		"a call":                          {&callError{op: opFind, target: "a", err: &stepError{step: "s", err: login}}, StepSetup, 0},
		"left":                            {&transportError{err: context.Canceled, left: true}, StepAgain, 0},
		"closed while it was under way":   {&UnconfirmedError{Op: opUpdate, Err: &transportError{err: ErrClosed, left: true}}, StepAgain, 0},
		"lost":                            {&UnconfirmedError{Op: opCreate, Err: busy}, StepResolve, time.Minute},
		"lost, and the same call tells":   {&UnconfirmedError{Op: opCreate, Err: busy, again: true}, StepAgain, time.Minute},
		"lost, and a look was no use":     {&UnconfirmedError{Op: opCreate, look: errNotSeen}, StepResolve, 0},
		"lost, and no look can be taken":  {&UnconfirmedError{Op: opCreate, look: login}, StepSetup, 0},
		"lost, and no login for a moment": {&UnconfirmedError{Op: opCreate, look: throttled}, StepResolve, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, err := range []error{test.err, decorate(opEnsure, "alice", test.err)} {
				step, wait := NextStep(err)
				assert.Equal(t, test.step, step)
				assert.Equal(t, test.wait, wait)
				assert.NotEmpty(t, err.Error())
			}
		})
	}
}

func TestTheRestIsNamed(t *testing.T) {
	t.Parallel()
	lostPassword := &UnconfirmedError{Op: opSetPassword, ID: "005000000000001AAA", Err: &APIError{StatusCode: 504}, again: true}
	err := decorate(opCreate, "alice@primary.com", &partialError{
		done: "the user was created (005000000000001AAA)", missing: []string{`PermissionSet "Sales"`, "the password"},
		err: lostPassword, then: "The same call takes up the rest",
	})
	for _, part := range []string{"the user was created (005000000000001AAA)", `PermissionSet "Sales"`, "the password", "The same call takes up the rest"} {
		assert.Contains(t, err.Error(), part)
	}
	assert.NotContains(t, err.Error(), "Call it again", "one word on what to do")
	require.ErrorIs(t, err, ErrOutcomeUnknown)
}

// Advice for a deactivation that is blocked is given where nothing better is known.
func TestWhyADeactivationIsBlocked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusal APIError
		general bool
	}{
		"no more than the code":  {APIError{Code: "FIELD_INTEGRITY_EXCEPTION", Message: "Cannot inactivate user"}, true},
		"not even that":          {APIError{Code: "UNHEARD_OF"}, true},
		"unknown":                {APIError{Code: "UNKNOWN_EXCEPTION", Message: "hm"}, true},
		"a reference":            {APIError{Code: "INVALID_CROSS_REFERENCE_KEY"}, true},
		"a flow":                 {APIError{Code: "CANNOT_EXECUTE_FLOW_TRIGGER"}, false},
		"a trigger":              {APIError{Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"}, false},
		"an administrator":       {APIError{Code: "INSUFFICIENT_ACCESS_OR_READONLY"}, false},
		"the last administrator": {APIError{Code: "CANNOT_DISABLE_LAST_ADMIN"}, false},
		"a rule":                 {APIError{Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.refusal.StatusCode = 400
			words := Explain(&blockedError{refusal: &test.refusal})
			assert.NotEmpty(t, words)
			assert.Equal(t, test.general, words == deactivationRefused)
		})
	}
}

// TestNothingForeignIsPrintedRaw puts each character that can do something to a terminal or
// a log wherever a text from outside can stand in an error.
func TestNothingForeignIsPrintedRaw(t *testing.T) {
	t.Parallel()
	raw := []rune{'\u0000', '\a', '\b', '\t', '\n', '\v', '\f', '\r', '\u001b', '\u007f', '\u0085', '\u009b', '\u00a0', '\u00ad', '\u061c', '\ufeff'}
	for _, span := range [][2]rune{{'\u200b', '\u200f'}, {'\u2028', '\u202e'}, {'\u2060', '\u2069'}} {
		for r := span[0]; r <= span[1]; r++ {
			raw = append(raw, r)
		}
	}
	for _, r := range raw {
		text := "before" + string(r) + "after"
		foreign := errors.New(text)
		answer := &APIError{Op: "update", Target: text, StatusCode: 400, Problems: []APIProblem{
			{Code: "X", Message: text, Fields: []string{text}}, {Code: "INVALID_CROSS_REFERENCE_KEY", Message: text, Fields: []string{text}}, {Code: text},
		}, note: text}
		for name, err := range map[string]error{
			"an answer":        answer,
			"a refused login":  &AuthError{Endpoint: text, GrantType: GrantType(text), StatusCode: 400, Code: text, Description: text},
			"a setting":        &ConfigError{Field: text, Problem: text},
			"a user":           &ValidationError{Problems: []FieldProblem{{Field: text, Problem: text}}},
			"no answer":        newTransportError(t.Context(), foreign, true),
			"a call":           decorate("update", text, foreign),
			"a lost change":    &UnconfirmedError{Op: opCreate, Username: text, Err: foreign},
			"a held login":     &heldLogin{err: &AuthError{Description: text}},
			"a login":          &loginError{grant: GrantType(text), err: foreign},
			"what is not done": &partialError{err: answer},
			"a scrubbed error": scrubError(errors.New("s3cr3t-value "+text), "s3cr3t-value"),
		} {
			printed := err.Error()
			if _, isOurs := err.(interface{ summary() string }); !isOurs {
				printed = decorate("update", "", err).Error()
			}
			assert.NotContains(t, printed, string(r), "%s: %U", name, r)
			assert.Contains(t, printed, "after", "%s: %U", name, r)
			assert.NotContains(t, Explain(err), string(r), "the explanation of %s: %U", name, r)
		}
	}
}

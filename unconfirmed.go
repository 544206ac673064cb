package sfprov

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// UnconfirmedError is a change whose answer was lost: it may have been made or not. It
// matches [ErrOutcomeUnknown] and wraps what happened to the answer.
//
// An update or a deactivation is simply called again: it makes the change, or
// finds it made. So is a create with a match field. Without one,
// [Provisioner.Resolve] finds out. [NextStep] tells the two apart.
//
// The error survives a restart: marshal it to JSON, and give Resolve what is
// unmarshalled from it. NextStep says the same of both. A password is not kept.
type UnconfirmedError struct {
	Op       string
	ID       string    // of the user, where it is known
	Username string    // the Salesforce username that was sent, where it was
	SentAt   time.Time // when the change was first sent, by the local clock
	LostAt   time.Time
	// Sent are the texts that a create sent, by which Resolve knows its own account
	// from another's.
	Sent Fields
	// Access is what a create was to give besides, and Resolve gives.
	Access Access
	// PasswordPending says that a create was to set a password besides. Resolve sets it
	// in the process that has it; elsewhere it says that it must be set.
	PasswordPending bool
	Err             error // what happened to the answer

	password Secret
	again    bool  // calling the same again finds out
	look     error // why a look did not tell; nil if there was none
}

// errNotSeen is why a look leaves the outcome open: what was sent may be under way
// still.
var errNotSeen = errors.New("a look found it not done so far")

// unconfirmedVersion is the version of the JSON form.
const unconfirmedVersion = 1

// unconfirmedForm is the JSON form of an UnconfirmedError. Its names are for ever:
// programs store it.
type unconfirmedForm struct {
	Version         int       `json:"version"`
	Op              string    `json:"op"`
	ID              string    `json:"id,omitempty"`
	Username        string    `json:"username,omitempty"`
	SentAt          time.Time `json:"sentAt"`
	LostAt          time.Time `json:"lostAt"`
	Sent            Fields    `json:"sent,omitempty"`
	Access          Access    `json:"access,omitzero"`
	PasswordPending bool      `json:"passwordPending,omitempty"`
	Again           bool      `json:"again,omitempty"`
	Cause           string    `json:"cause,omitempty"`
}

// MarshalJSON writes what Resolve and NextStep need, in a form with a version.
func (e *UnconfirmedError) MarshalJSON() ([]byte, error) {
	form := unconfirmedForm{
		Version: unconfirmedVersion, Op: e.Op, ID: e.ID, Username: e.Username, SentAt: e.SentAt, LostAt: e.LostAt, Sent: e.Sent,
		Access: e.Access, PasswordPending: e.PasswordPending, Again: e.again,
	}
	if e.Err != nil {
		form.Cause = printable(summary(e.Err))
	}
	return json.Marshal(form)
}

// UnmarshalJSON reads what MarshalJSON wrote. Numbers keep their digits, and a key that is
// there twice is an error.
func (e *UnconfirmedError) UnmarshalJSON(data []byte) error {
	var form unconfirmedForm
	if err := decodeFields(data, &form); err != nil {
		return fmt.Errorf("sfprov: UnconfirmedError: %w", err)
	}
	if form.Version != unconfirmedVersion {
		return fmt.Errorf("sfprov: UnconfirmedError: its JSON is of version %d, and this release reads version %d", form.Version, unconfirmedVersion)
	}
	*e = UnconfirmedError{
		Op: form.Op, ID: form.ID, Username: form.Username, SentAt: form.SentAt, LostAt: form.LostAt, Sent: form.Sent,
		Access: form.Access, PasswordPending: form.PasswordPending, again: form.Again,
	}
	if form.Cause != "" {
		e.Err = errors.New(form.Cause)
	}
	return nil
}

// Error states what was tried, what happened to the answer, and how to find out.
func (e *UnconfirmedError) Error() string { return render(e) }

func (e *UnconfirmedError) summary() string {
	target := e.ID
	if target == "" {
		target = e.Username
	}
	var why string
	if e.Err != nil {
		why = ": " + cause(e.Err)
	}
	switch {
	case e.look == errNotSeen: //nolint:errorlint // set here, unwrapped
		why += "; " + e.look.Error()
	case e.look != nil:
		why += "; a look did not tell: " + cause(e.look)
	}
	return fmt.Sprintf("%s %s: it is not known whether %s, because the answer was lost%s", e.Op, shown(target), e.whatWasDone(), why)
}

// whatWasDone is the change as a sentence.
func (e *UnconfirmedError) whatWasDone() string {
	switch e.Op {
	case opCreate:
		if e.ID != "" { // of an account that was there
			break
		}
		return "the user was created"
	case opDeactivate:
		return "the user was deactivated"
	case opReactivate:
		return "the user was reactivated"
	case opAccess:
		return "the access was changed"
	case opSetPassword, opResetPassword:
		return "the password was changed"
	case opFreeze:
		return "the login was frozen"
	case opUnfreeze:
		return "the login was unfrozen"
	}
	return "the change was made"
}

func (e *UnconfirmedError) explanation() string {
	how := e.howToFindOut()
	if step, _ := nextOf(e.look); step == StepSetup || step == StepUser {
		how = strings.TrimSuffix(Explain(e.look), ".") + ". " + how
	}
	return how
}

func (e *UnconfirmedError) howToFindOut() string {
	switch {
	case e.Op != opCreate || e.ID != "":
		return "Call it again: it makes the change, or finds it made"
	case e.again:
		return "Call Create again with the same user: it finds the account by the match field and adopts it, or creates it"
	}
	return "Give this error to Provisioner.Resolve, which looks the user up. In this process, calling Create again with the same user does so too, for half an hour; elsewhere or later, it could not tell its own account from another's"
}

// next is how to find out. If a look failed for a reason that a person must mend, it
// would fail for ever.
func (e *UnconfirmedError) next() (Step, time.Duration) {
	if e == nil { // a field of a job that was never filled
		return StepUser, 0
	}
	step, wait := nextOf(e.look)
	if step == StepSetup || step == StepUser {
		return step, 0
	}
	wait = max(wait, RetryAfter(e.Err))
	if e.Op == opCreate && !e.again {
		return StepResolve, wait
	}
	return StepAgain, wait
}

func (e *UnconfirmedError) saysWhetherAgain() bool { return true } // the explanation does

// Is matches ErrOutcomeUnknown.
func (e *UnconfirmedError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns what happened to the answer, and to the look that was to find
// out.
func (e *UnconfirmedError) Unwrap() []error {
	errs := []error{e.Err, e.look}
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

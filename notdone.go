package sfprov

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// notFoundError is a record of which a query has proved that it isn't there.
type notFoundError struct {
	err    error // what gave the reason to look; nil if there was none
	sought bool  // by a match value or a username, and not by an ID
}

func (e *notFoundError) Error() string { return render(e) }

func (e *notFoundError) summary() string {
	if e.err == nil {
		return "there is no such user in this org"
	}
	return "there is no such user in this org, as a query shows: " + cause(e.err)
}

func (e *notFoundError) explanation() string {
	if e.sought {
		return ""
	}
	return "No user of this org has that ID, or the integration user can't see it. Was it stored for another org or sandbox? " +
		"Where the org's users are private, it takes View All Users to see them (Setup, Permission Sets, System Permissions)"
}

func (e *notFoundError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *notFoundError) saysWhetherAgain() bool      { return false }

// Is matches ErrNotFound.
func (e *notFoundError) Is(target error) bool { return target == ErrNotFound }

func (e *notFoundError) Unwrap() error { return e.err }

// blockedError is a deactivation that Salesforce refused, with what became of
// the freeze that stands in for it.
type blockedError struct {
	refusal *APIError
	freeze  error // nil if the user is frozen
}

func (e *blockedError) Error() string { return render(e) }

func (e *blockedError) summary() string {
	if errors.Is(e.freeze, ErrOutcomeUnknown) {
		return e.refusal.answered() + "; the user may be STILL ACTIVE, because it is not known whether freezing succeeded: " + cause(e.freeze)
	}
	if e.freeze != nil {
		return e.refusal.answered() + "; the user is STILL ACTIVE, because freezing failed too: " + cause(e.freeze)
	}
	return e.refusal.answered() + "; the user is frozen instead: the login is locked, the licence still in use"
}

// explanation is that of the refusal, where there is one that is more than what its
// code means.
func (e *blockedError) explanation() string {
	why := e.refusal.explained(func(f failure) bool { return !f.vague })
	if why == "" {
		why = deactivationRefused
	}
	if words := Explain(e.freeze); errors.Is(e.freeze, ErrPermission) && words != why {
		why += ". As to freezing: " + words
	}
	return why
}

// next is the user's, unless the user could not even be frozen, for the moment or
// because of the set-up. A right that is missing for freezing alone concerns nobody
// else.
func (e *blockedError) next() (Step, time.Duration) {
	step, wait := nextOf(e.freeze)
	if step == StepAgain || step == StepSetup && !errors.Is(e.freeze, ErrPermission) {
		return step, wait
	}
	return StepUser, 0
}

func (e *blockedError) saysWhetherAgain() bool { return false }

// Is matches ErrDeactivationBlocked.
func (e *blockedError) Is(target error) bool { return target == ErrDeactivationBlocked }

func (e *blockedError) Unwrap() []error {
	if e.freeze != nil {
		return []error{e.refusal, e.freeze}
	}
	return []error{e.refusal}
}

// noLoginError is a user without a UserLogin record.
type noLoginError struct {
	userType string // where it is known
}

func (e *noLoginError) Error() string { return render(e) }

func (e *noLoginError) summary() string {
	if e.userType == "" {
		return "the user has no UserLogin record, so the login can't be frozen"
	}
	return fmt.Sprintf("the user, of the type %s, has no UserLogin record, so the login can't be frozen", e.userType)
}

func (e *noLoginError) explanation() string {
	if e.userType != "" && !isOwnUserType(e.userType) {
		return "Ordinary users have one, so the integration user most likely may not see it. " +
			"It needs Manage Users (Setup, Permission Sets, System Permissions)"
	}
	return "Guest users, automated processes and the like have no login of their own. Nobody can log in as them; to take their rights away, change their profile or permission sets"
}

func (e *noLoginError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *noLoginError) saysWhetherAgain() bool      { return false }

// ownUserError is a call that would have locked out the integration user, or made it
// somebody else's.
type ownUserError struct {
	id    string
	takes bool // it would have been taken over
}

func (e *ownUserError) Error() string { return render(e) }

func (e *ownUserError) summary() string {
	if e.takes {
		return "the account that matches is the integration user itself (" + e.id + "), which is not taken over for another user: nothing was changed"
	}
	return "this is the integration user itself (" + e.id + "), and locking it out would lock this service out: nothing was changed"
}

func (e *ownUserError) explanation() string {
	if e.takes {
		return "Look at how this user came to its match value"
	}
	return "If it is to go, let this service log in as another user first. If it is no user of the identity store at all, look at how this call came to its ID"
}

func (e *ownUserError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *ownUserError) saysWhetherAgain() bool      { return false }

// Is matches ErrDeactivationBlocked.
func (e *ownUserError) Is(target error) bool { return target == ErrDeactivationBlocked }

// unknownSelfError is a call that could lock out the integration user, since nobody tells
// who that is.
type unknownSelfError struct{}

func (e *unknownSelfError) Error() string { return render(e) }

func (e *unknownSelfError) summary() string {
	return "it is not known who the integration user is, so nobody is frozen and no plan locks anybody out"
}

func (e *unknownSelfError) explanation() string {
	return "Neither the login nor " + userInfoPath + " tells. If a proxy is between, let both through as they are"
}

func (e *unknownSelfError) next() (Step, time.Duration) { return StepSetup, 0 }
func (e *unknownSelfError) saysWhetherAgain() bool      { return false }

// vetoError is an account that the function of WithAdoption keeps out of reach.
type vetoError struct {
	id  string // of the account
	err error  // that the function returned
}

func (e *vetoError) Error() string { return render(e) }
func (e *vetoError) summary() string {
	return "the account " + e.id + " was not adopted: " + summary(e.err)
}
func (e *vetoError) explanation() string         { return "" }
func (e *vetoError) next() (Step, time.Duration) { return StepUser, 0 }
func (e *vetoError) saysWhetherAgain() bool      { return true }
func (e *vetoError) Unwrap() error               { return e.err }

// partialError is a call that did a part, as its Result says, and could not do the
// rest.
type partialError struct {
	done    string   // what was done, with the ID
	missing []string // the names of what is not, such as `PermissionSet "Sales"`
	err     error    // why
	then    string   // how to go on where the same call does not take up the rest; empty if it does
}

func (e *partialError) Error() string { return render(e) }

func (e *partialError) summary() string {
	return e.done + "; still missing: " + strings.Join(e.missing, ", ") + "; because: " + cause(e.err)
}

func (e *partialError) explanation() string {
	why := strings.TrimSuffix(Explain(e.err), ".")
	if _, isUnknown := errors.AsType[*UnconfirmedError](e.err); isUnknown && e.then != "" {
		why = "" // it speaks of the call
	}
	if then := e.then; then != "" {
		if why != "" {
			why += ". "
		}
		why += then
	}
	return why
}

func (e *partialError) next() (Step, time.Duration) {
	step, wait := NextStep(e.err)
	if step == StepSetup || step == StepAgain {
		return step, wait
	}
	return StepUser, 0
}

func (e *partialError) saysWhetherAgain() bool { return false }

func (e *partialError) Unwrap() error { return e.err }

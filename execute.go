package sfprov

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"
)

// carryOut makes the steps of a change set: all by one request where that can be,
// else one after the other, stage by stage.
func (p *Provisioner) carryOut(ctx context.Context, cs *changeSet) (Result, error) {
	p.carryOutAtOnce(ctx, cs)
	for stage := cs.nextStage(); stage != nil; stage = cs.nextStage() {
		for _, s := range stage {
			p.take(ctx, cs, s)
		}
	}
	return p.outcome(cs)
}

// outcome is what a call returns. A password that was not set is owed: no later call that
// has it is done without it.
func (p *Provisioner) outcome(cs *changeSet) (Result, error) {
	result, err := cs.end()
	isPassword := func(s step) bool { return s.kind == stepPassword }
	if slices.ContainsFunc(cs.steps, isPassword) && result.ID != "" {
		p.passwords.owe(result.ID)
	}
	if err == nil {
		p.unresolved.forget(cs.d.username)
	}
	return result, err
}

// carryOutAtOnce makes several steps by one composite request that does all or
// nothing. If that fails, nothing is done, or nobody knows, and the steps are left
// for those who make them one after the other, and find out about each.
func (p *Provisioner) carryOutAtOnce(ctx context.Context, cs *changeSet) {
	n := 0
	for n < len(cs.steps) && cs.steps[n].kind != stepPassword && cs.steps[n].kind != stepLockOut {
		n++
	}
	if n < 2 || n > compositeParts || p.api.isOwnUser(cs.result.ID) {
		return
	}
	parts := composite{allOrNone: true}
	for _, s := range cs.steps[:n] {
		parts.writes = append(parts.writes, s.write)
	}
	if !mayShareARequest(parts.writes) {
		return
	}
	answered, err := p.api.composite(ctx, parts)
	if cause, inDoubt := isInDoubt(err); inDoubt {
		cs.doubt = cause
	}
	if err != nil || answered.failure() != nil {
		return
	}
	for _, s := range cs.steps[:n] {
		p.recorded(cs, s)
	}
	cs.steps = cs.steps[n:]
}

// mayShareARequest reports whether writes can be parts of a composite request. A
// value that looks like a reference would be taken for one.
func mayShareARequest(writes []write) bool {
	for i := range writes {
		if err := writes[i].encode(); err != nil {
			return false // which the write by itself tells
		}
		for _, f := range writes[i].fields {
			if text, isText := f.value.(string); isText && !isOwnReference(f.spelt, text) &&
				bytes.Contains([]byte(text), []byte("@{")) {
				return false
			}
			if raw, isRaw := f.value.(rawJSON); isRaw && bytes.Contains([]byte(raw), []byte("@{")) {
				return false
			}
		}
	}
	return true
}

// isOwnReference reports whether a value is a reference of this library's.
func isOwnReference(name, text string) bool {
	return (name == "AssigneeId" || name == "UserOrGroupId") && text == writeReference(0)
}

// take makes one step.
func (p *Provisioner) take(ctx context.Context, cs *changeSet, s step) {
	switch {
	case s.kind == stepLockOut:
		p.takeLockOut(ctx, cs, s, nil)
	case s.kind == stepPassword:
		p.takePassword(ctx, cs, s)
	case s.write.object == "UserLogin" && s.write.sets("IsFrozen", true) && p.api.isOwnUser(cs.result.ID):
		cs.fail(s, &ownUserError{id: cs.result.ID})
	default:
		sentAt := time.Now()
		_, err := p.api.write(ctx, s.write, false)
		p.settle(ctx, cs, s, sentAt, err)
	}
}

// settle notes what became of a step. Where its answer does not tell, a look does.
func (p *Provisioner) settle(ctx context.Context, cs *changeSet, s step, sentAt time.Time, err error) {
	a := attempt{answer: answerOf(err), mayBeOwn: s.kind == stepGrant || s.kind == stepRevoke}
	cause, inDoubt := cs.isInDoubt(s, err)
	a.doubt = inDoubt
	var look error
	verdict := fateOf(a)
	if verdict == fateLook || err != nil && s.kind == stepRevoke && mayBeAbsent(cause) {
		a.look, look = p.look(ctx, cs, s)
		verdict = fateOf(a)
	}
	switch verdict {
	case fateDone:
		if !cs.isBlind || err == nil || inDoubt { // else it was so before
			p.recorded(cs, s)
		}
	case fateUnknown:
		cs.fail(s, s.in(p.unknown(cs, s, sentAt, cause, look)))
	case fateLook, fateAgain, fateRefused, fateGiveUp:
		cs.fail(s, s.in(p.whyNot(ctx, cs, s, cause)))
	}
}

// isInDoubt reports whether an error leaves open whether a step was made, by this attempt
// or one before.
func (cs *changeSet) isInDoubt(s step, err error) (cause error, inDoubt bool) {
	cause, inDoubt = isInDoubt(err)
	if cs.doubt != nil && cause != nil && !inDoubt && s.kind != stepPassword {
		return &stepError{step: summary(cs.doubt) + "; then", err: cause}, true
	}
	return cause, inDoubt
}

// look finds out whether a step has its effect.
func (p *Provisioner) look(ctx context.Context, cs *changeSet, s step) (looked, error) {
	done, err := p.isDone(ctx, cs, s)
	switch {
	case done:
		return lookDone, err
	case err != nil:
		return lookFailed, err
	}
	return lookUndone, nil
}

// in names the step in its error, where the call alone does not.
func (s step) in(err error) error {
	switch s.kind {
	case stepGrant:
		return &stepError{step: "giving " + s.access.called(s.entry), err: err}
	case stepRevoke:
		return &stepError{step: s.name(), err: err}
	case stepFields, stepLockOut, stepLogin, stepPassword:
	}
	return err
}

// recorded notes that a step was done. Salesforce waits for the user to confirm a
// changed address.
func (p *Provisioner) recorded(cs *changeSet, s step) {
	cs.record(s)
	if s.kind != stepFields {
		return
	}
	if address, sent := s.write.fields.text("Email"); sent {
		stored, known := cs.o.account.row.text("Email")
		p.emails.remember(cs.result.ID, address, stored, known)
	}
}

// isDone looks whether a step has its effect.
func (p *Provisioner) isDone(ctx context.Context, cs *changeSet, s step) (bool, error) {
	id := cs.result.ID
	switch s.kind {
	case stepGrant, stepRevoke:
		held := assignments{}
		err := eachOf(p.api.query(ctx, assignmentsQuery(s.access.assignment, "= '"+id+"'")), func(row record) error {
			held[s.access.assignment] = append(held[s.access.assignment], assignmentOf(row))
			return nil
		})
		return err == nil && (held.find(s.access, s.entry.id) != nil) == (s.kind == stepGrant), err
	case stepLogin:
		now, err := p.observe(ctx, &desired{id: id, login: loginThawed})
		return err == nil && now.loginID != "" && s.write.sets("IsFrozen", now.account.Frozen), err
	case stepFields, stepLockOut:
		now, err := p.observe(ctx, &desired{id: id, fields: s.write.fields})
		if err != nil || now.account.ID == "" {
			return false, err
		}
		differ, _ := differences(s.write.fields, now.account.row)
		return len(differ) == 0, nil
	case stepPassword:
	}
	return false, nil
}

// whyNot is the error of a step that was not done, with what is found out about it.
func (p *Provisioner) whyNot(ctx context.Context, cs *changeSet, s step, err error) error {
	if s.kind == stepGrant && isAboutNobody(err) {
		if exists, lookErr := p.exists(ctx, cs.result.ID); lookErr == nil && !exists {
			return &notFoundError{err: err}
		}
	}
	if s.write.object == "User" {
		err = p.absent(ctx, cs.result.ID, err)
		username, _ := s.write.fields.text("Username")
		err = p.withExisting(ctx, err, username)
		if s.write.sets("IsActive", true) {
			err = p.withUserType(ctx, cs.result.ID, err)
		}
	}
	return err
}

// isAboutNobody reports whether the refusal of an assignment may mean that there is no
// such user.
func isAboutNobody(err error) bool {
	apiErr, isAPI := errors.AsType[*APIError](err)
	return isAPI && slices.ContainsFunc(apiErr.problems(), func(p APIProblem) bool {
		return p.Code == "INVALID_CROSS_REFERENCE_KEY" || p.Code == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
	})
}

// unknown is a change of which it is not known whether it was made.
func (p *Provisioner) unknown(cs *changeSet, s step, sentAt time.Time, cause, look error) *UnconfirmedError {
	if look == nil {
		look = errNotSeen
	}
	return &UnconfirmedError{
		Op: s.verb(cs.d.op), ID: cs.result.ID, Username: cs.d.username, SentAt: sentAt, LostAt: time.Now(), Err: cause, look: look, again: true,
	}
}

// verb is what an error calls the change, where the verb of the call does not.
func (s step) verb(op string) string {
	switch s.kind {
	case stepGrant, stepRevoke:
		return opAccess
	case stepPassword:
		return opSetPassword
	case stepLogin:
		if s.write.sets("IsFrozen", true) {
			return opFreeze
		}
		return opUnfreeze
	case stepLockOut:
		return opDeactivate
	case stepFields:
	}
	return op
}

// withUserType adds, to the refusal of a reactivation, the type of a user whom nobody
// reactivates.
func (p *Provisioner) withUserType(ctx context.Context, id string, err error) error {
	if !isFinalRefusal(err) || errors.Is(err, ErrLicenseLimit) {
		return err
	}
	if userType := p.userType(ctx, id); isOwnUserType(userType) {
		return &stepError{
			step: "the user is of the type " + userType + ", which belongs to Salesforce, and nobody activates it by the API",
			err:  err,
		}
	}
	return err
}

// userType asks for the type of a user; empty if that is not told.
func (p *Provisioner) userType(ctx context.Context, id string) (userType string) {
	_ = eachOf(p.api.query(ctx, "SELECT Id, UserType FROM User WHERE Id = '"+id+"'"), func(row record) error {
		userType, _ = row.text("UserType")
		return nil
	}) // it is only to explain another error
	return userType
}

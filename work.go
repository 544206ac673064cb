package sfprov

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// work is what is to be done with an account to make a wish come true, and what has
// been. What is to be taken away goes first, because a profile of another licence may
// not be compatible with it; the door is opened last, when all is as it should be.
type work struct {
	w      wish
	s      state
	result Result // so far

	takes    []accessStep
	fields   Fields
	changes  []Change // that fields make
	gives    []accessStep
	unfreeze bool
	password bool
}

// workFor compares a wish with what there is.
func (p *Provisioner) workFor(ctx context.Context, w wish, s state) (*work, error) {
	k := &work{w: w, s: s, result: Result{ID: s.account.ID, Username: s.account.Username, Action: Unchanged}}
	steps, err := p.accessSteps(ctx, w.grants, s.held)
	if err != nil {
		return nil, err
	}
	gives := slices.IndexFunc(steps, func(s accessStep) bool { return s.remove == "" })
	if gives < 0 {
		gives = len(steps)
	}
	k.takes, k.gives = steps[:gives], steps[gives:]
	k.fields, k.changes = differences(w.fields, s.account.Fields)
	stored, _ := s.account.Fields.text("Email")
	if address, wanted := w.fields.text("Email"); wanted && p.emails.waits(s.account.ID, address, stored) {
		k.result.PendingEmail = address
		isEmail := func(name string) bool { return strings.EqualFold(name, "Email") }
		maps.DeleteFunc(k.fields, func(name string, _ any) bool { return isEmail(name) })
		k.changes = slices.DeleteFunc(k.changes, func(c Change) bool { return isEmail(c.Field) })
	}
	if !s.account.Active && w.admit {
		k.fields["IsActive"] = true
		k.changes = append(k.changes, Change{Field: "IsActive", Before: false, After: true})
	}
	k.unfreeze = s.account.Frozen && w.admit
	k.password = w.user.Password != "" && (w.password || w.admit && !s.account.Active)
	return k, nil
}

// isDone says whether there is nothing to do.
func (k *work) isDone() bool {
	return len(k.takes)+len(k.fields)+len(k.gives) == 0 && !k.unfreeze && !k.password
}

// did notes what was done.
func (k *work) did(action Action, changes ...Change) {
	if k.result.Action == Unchanged || k.result.Action == Updated {
		k.result.Action = action
	}
	k.result.Changes = append(k.result.Changes, changes...)
}

func (k *work) didAccess(step accessStep) { k.did(Updated, step.change()) }

func (k *work) didFields() {
	if name, sent := k.fields.text("Username"); sent {
		k.result.Username = name
	}
	k.did(k.w.became(k.fields), k.changes...)
}

func (k *work) didUnfreeze() {
	action := Updated
	if k.result.Action == Unchanged {
		action = Unfrozen
	}
	k.did(action, Change{Field: "IsFrozen", Before: true, After: false})
}

// What is not as it should be if a step fails.
const (
	accessLacks   = "a part of the access"
	fieldsLack    = "the fields"
	unfreezeLacks = "the unfreezing of the login"
)

// stopped is the end of work of which a step failed.
func (k *work) stopped(missing string, err error) (Result, error) {
	if k.result.Action == Unchanged {
		return Result{}, err
	}
	return k.result, &partialError{done: "a part was done (" + k.result.ID + ")", missing: []string{missing}, err: err, again: true}
}

// bring does the work for one account.
func (p *Provisioner) bring(ctx context.Context, w wish, s state) (Result, error) {
	k, err := p.workFor(ctx, w, s)
	if err != nil {
		return Result{}, err
	}
	id := s.account.ID
	access := func(steps []accessStep) error {
		for _, step := range steps {
			if err := p.take(ctx, id, step); err != nil {
				return err
			}
			k.didAccess(step)
		}
		return nil
	}
	if err := access(k.takes); err != nil {
		return k.stopped(accessLacks, err)
	}
	if len(k.fields) > 0 {
		sentAt := time.Now()
		if err := p.updateUser(ctx, id, k.fields); err != nil {
			return k.stopped(fieldsLack, p.whyNotUpdated(ctx, k, sentAt, err))
		}
		k.didFields()
	}
	if err := access(k.gives); err != nil {
		return k.stopped(accessLacks, err)
	}
	if k.unfreeze {
		sentAt := time.Now()
		if err := p.api.update(ctx, "UserLogin", s.loginID, Fields{"IsFrozen": false}); err != nil {
			return k.stopped(unfreezeLacks, lost(w.op, id, w.username, sentAt, err))
		}
		k.didUnfreeze()
	}
	return p.finishWork(ctx, k)
}

// whyNotUpdated is the error of an account whose fields could not be changed.
func (p *Provisioner) whyNotUpdated(ctx context.Context, k *work, sentAt time.Time, err error) error {
	id := k.s.account.ID
	err = p.withExisting(ctx, lost(k.w.op, id, k.w.username, sentAt, err), k.w.username)
	if !k.s.account.Active {
		err = p.whyRefused(ctx, id, err)
	}
	return err
}

// finishWork sets the password, which is the last step.
func (p *Provisioner) finishWork(ctx context.Context, k *work) (Result, error) {
	if !k.password {
		return k.result, nil
	}
	id := k.result.ID
	if err := lost(opSetPassword, id, "", time.Now(), p.api.setPassword(ctx, id, k.w.user.Password)); err != nil {
		if k.result.Action == Unchanged {
			return Result{}, err
		}
		return k.result, &partialError{done: "the rest was done (" + id + ")", missing: []string{"the password"}, err: err, then: "set the password with SetPassword"}
	}
	k.did(Updated)
	return k.result, nil
}

// became is what the change of the fields made of the account.
func (w wish) became(fields Fields) Action {
	_, renamed := fields.lookup("Username")
	_, admitted := fields["IsActive"]
	switch {
	case renamed && w.id == "":
		return Adopted
	case admitted:
		return Reactivated
	}
	return Updated
}

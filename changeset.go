package sfprov

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// stepKind says what a step does. The kinds are in the order in which they are done:
// what is to be taken away goes first, because a profile of another licence may not
// be compatible with it; the door is opened last, when all is as it should be.
type stepKind int

const (
	stepRevoke stepKind = iota
	stepFields
	stepLockOut // deactivates, and releases the username where that is configured
	stepGrant
	stepLogin // freezes or unfreezes
	stepPassword
)

// step is one change on the way from what the org has of a user to what is desired.
type step struct {
	kind    stepKind
	write   write // how it is sent; nothing for a password
	changes []Change
	// What is given or taken away.
	access accessKind
	entry  catalogEntry
}

// name says what is missing if the step fails.
func (s step) name() string {
	if s.kind == stepGrant && s.entry.id == "" {
		return "the access"
	}
	switch s.kind {
	case stepRevoke:
		return "taking away " + s.access.called(s.entry)
	case stepGrant:
		return s.access.called(s.entry)
	case stepFields:
		return "the fields " + strings.Join(s.write.fields.names(nil), ", ")
	case stepLockOut:
		return "the deactivation"
	case stepLogin:
		if s.write.sets("IsFrozen", true) {
			return "the freezing of the login"
		}
		return "the unfreezing of the login"
	case stepPassword:
	}
	return "the password"
}

// stage is what is done together: if a step of a stage fails, the others of it are
// tried all the same, but none of the stages after it. Fields and lock-out are one: a
// field that is refused keeps nobody in.
func (s step) stage() stepKind {
	if s.kind == stepLockOut {
		return stepFields
	}
	return s.kind
}

// order is the place of a step among all.
func (s step) order() int {
	order := 10 * int(s.stage())
	switch s.kind {
	case stepRevoke: // what needs a licence goes before the licence
		return order - s.access.order
	case stepGrant:
		return order + s.access.order
	case stepFields, stepLockOut, stepLogin, stepPassword:
	}
	return order
}

// changeSet is what is to be done with an account, and what has been. It is made for
// one user, whether alone, in a batch, or in a plan.
type changeSet struct {
	d      *desired
	o      observed
	steps  []step // that are not done yet
	result Result // of what is done
	// isNew says that the account was made by this call; adopted, that it was taken
	// over.
	isNew, adopted bool
	// isBlind says that nothing was read, so that what is so may have been so before.
	isBlind bool
	// doubt is what happened to the answer to a request that held all steps: they may
	// have been made, or be yet.
	doubt    error
	failures []stepFailure
}

type stepFailure struct {
	step step
	err  error
}

// compare finds the steps from what the org has of a user to what is desired. It
// asks whether an account may be taken over, if it is.
func (p *Provisioner) compare(d *desired, o observed) (*changeSet, error) {
	cs := &changeSet{d: d, o: o, adopted: d.adopts, result: Result{ID: o.account.ID, Username: o.account.Username}}
	if err := p.mayTakeOver(d, o.account); err != nil {
		return nil, err
	}
	if d.carriesFields() {
		if err := cs.compareAccess(); err != nil {
			return nil, err
		}
		p.compareFields(cs)
	}
	if err := p.compareLogin(cs); err != nil {
		return nil, err
	}
	if d.user.Password != "" && d.carriesFields() && p.needsPassword(cs) {
		cs.steps = append(cs.steps, step{kind: stepPassword})
	}
	cs.sortSteps()
	cs.warnOfBlindness()
	cs.settleAction()
	return cs, nil
}

// sortSteps puts the steps in the order in which they are done.
func (cs *changeSet) sortSteps() {
	slices.SortStableFunc(cs.steps, func(a, b step) int { return cmp.Compare(a.order(), b.order()) })
}

// mayTakeOver asks the caller whether an account may be taken over that the caller
// did not name, and that bears another username. The integration user's may not.
func (p *Provisioner) mayTakeOver(d *desired, a storedUser) error {
	if d.id != "" || d.username == "" || strings.EqualFold(a.Username, d.username) || d.login == loginShut && !d.whole {
		return nil
	}
	if p.api.isOwnUser(a.ID) {
		return &ownUserError{id: a.ID, takes: true}
	}
	if p.allow == nil {
		return nil
	}
	if err := p.allow(a.asked(d.columns(p.settings)), d.user); err != nil {
		return &vetoError{err: err, id: a.ID}
	}
	return nil
}

// compareAccess finds what is to be given and taken away.
func (cs *changeSet) compareAccess() error {
	r, held := cs.d.access, cs.o.held
	if cs.o.blindAccess != nil && r.needsReading() {
		return &stepError{step: "reading what the user has", err: cs.o.blindAccess}
	}
	for _, list := range r.lists {
		for _, row := range held[list.kind.assignment] {
			given, _ := row.text(list.kind.given)
			assignment, _ := row.text("Id")
			if entry, tooMuch := list.isTooMuch(id18Of(given)); tooMuch {
				cs.steps = append(cs.steps, revokeStep(list.kind, entry, assignment))
			}
		}
		for _, entry := range list.wanted {
			if held.find(list.kind, entry.id) == nil {
				cs.steps = append(cs.steps, grantStep(list.kind, entry, cs.o.account.ID))
			}
		}
	}
	role, _ := cs.o.account.row.text("UserRoleId")
	if r.noRole.id != "" && id18Of(role) == r.noRole.id {
		cs.d.fields = cs.d.fields.with("UserRoleId", nil)
	}
	return nil
}

// isTooMuch reports whether something that a user has is to be taken away, and
// returns what it is. What is not of this kind, or a profile's own, stays.
func (l resolvedList) isTooMuch(id string) (catalogEntry, bool) {
	for _, entry := range l.revoked {
		if entry.id == id {
			return entry, true
		}
	}
	if !l.exact || containsEntry(l.wanted, id) {
		return catalogEntry{}, false
	}
	for _, entry := range l.known {
		if entry.id == id {
			return entry, true
		}
	}
	return catalogEntry{}, false
}

func grantStep(kind accessKind, entry catalogEntry, userID string) step {
	return step{
		kind: stepGrant, access: kind, entry: entry,
		write:   createRecord(kind.assignment, newRecord(field(kind.assignee, userID), field(kind.given, entry.id))),
		changes: []Change{{Field: kind.field, After: entry.label()}},
	}
}

func revokeStep(kind accessKind, entry catalogEntry, assignmentID string) step {
	return step{
		kind: stepRevoke, access: kind, entry: entry, write: deleteRecord(kind.assignment, assignmentID),
		changes: []Change{{Field: kind.field, Before: entry.label()}},
	}
}

// compareFields finds the fields that differ. An address that waits for the user to
// confirm it does not.
func (p *Provisioner) compareFields(cs *changeSet) {
	a := cs.o.account
	wanted := cs.d.fields
	if cs.d.login == loginShut && p.settings.ReleaseUsername { // which decides about the name
		wanted = wanted.without("Username", p.settings.MatchField)
	}
	stored, _ := a.row.text("Email")
	if address, isWanted := wanted.text("Email"); isWanted && p.emails.waits(a.ID, address, stored) {
		cs.result.PendingEmail = address
		wanted = wanted.without("Email")
	}
	differ, changes := differences(wanted, a.row)
	if cs.d.login == loginOpen && !a.Active {
		differ = differ.with("IsActive", true)
		changes = append(changes, Change{Field: "IsActive", Before: false, After: true})
	}
	if len(differ) > 0 {
		cs.steps = append(cs.steps, step{kind: stepFields, write: changeRecord("User", a.ID, differ), changes: changes})
	}
}

// compareLogin finds what is to be done about who can log in.
func (p *Provisioner) compareLogin(cs *changeSet) error {
	a := cs.o.account
	switch cs.d.login {
	case loginShut:
		fields, changes := p.lockOut(a)
		if len(fields) > 0 {
			if p.api.isOwnUser(a.ID) {
				return &ownUserError{id: a.ID}
			}
			cs.steps = append(cs.steps, step{kind: stepLockOut, write: changeRecord("User", a.ID, fields), changes: changes})
		}
	case loginFrozen, loginOpen, loginThawed:
		if cs.d.login != loginOpen && cs.o.blind != nil {
			return cs.o.blind
		}
		if frozen := cs.d.login == loginFrozen; a.Frozen != frozen && cs.o.loginID != "" {
			cs.steps = append(cs.steps, step{
				kind: stepLogin, write: changeRecord("UserLogin", cs.o.loginID, newRecord(field("IsFrozen", frozen))),
				changes: []Change{{Field: "IsFrozen", Before: a.Frozen, After: frozen}},
			})
		}
		if cs.d.login != loginOpen && cs.o.loginID == "" {
			return &noLoginError{}
		}
	case loginAsIs:
	}
	return nil
}

// needsPassword reports whether the password is to be set: when the account is made,
// taken over or let in, when the caller changes one user, and when it should have been
// set by an earlier call.
// Whether it differs nobody can tell.
func (p *Provisioner) needsPassword(cs *changeSet) bool {
	return cs.isNew || cs.d.resets || cs.d.adopts || cs.d.login == loginOpen && !cs.o.account.Active ||
		p.passwords.owed(cs.o.account.ID) || p.unresolved.holds(cs.d.username)
}

// warnOfBlindness notes what could not be known, and did not matter enough to fail.
func (cs *changeSet) warnOfBlindness() {
	if cs.o.blind != nil && cs.d.login == loginOpen {
		cs.result.Warning = &stepError{step: "it is not known whether the login is frozen", err: cs.o.blind}
	}
}

// isDone reports whether nothing is to be done.
func (cs *changeSet) isDone() bool { return len(cs.steps) == 0 }

// record notes that a step was done.
func (cs *changeSet) record(s step) {
	cs.result.Changes = append(cs.result.Changes, s.changes...)
	if name, sent := s.write.fields.text("Username"); sent && s.write.object == "User" {
		cs.result.Username = name
	}
	cs.settleAction()
	if s.kind == stepPassword && cs.result.Action == Unchanged {
		cs.result.Action = Updated
	}
}

// settleAction makes the Action what the changes come to.
func (cs *changeSet) settleAction() {
	switch {
	case cs.isNew:
		cs.result.Action = Created
	case cs.adopted:
		cs.result.Action = Adopted
	default:
		cs.result.Action = actionOf(cs.result.Changes)
	}
}

// actionOf is what changes come to.
func actionOf(changes []Change) Action {
	action := Unchanged
	others := false
	for _, c := range changes {
		switch {
		case c.Field == "IsActive" && c.After == true:
			return Reactivated
		case c.Field == "IsActive":
			return Deactivated
		case c.Field == "IsFrozen" && c.After == true:
			action = Frozen
		case c.Field == "IsFrozen":
			action = Unfrozen
		default:
			others = true
		}
	}
	if others && action != Frozen {
		return Updated
	}
	return action
}

// fail notes that a step was not done.
func (cs *changeSet) fail(s step, err error) {
	cs.failures = append(cs.failures, stepFailure{s, err})
}

// nextStage takes the steps that come next; none if one has failed.
func (cs *changeSet) nextStage() []step {
	if len(cs.failures) > 0 || len(cs.steps) == 0 {
		return nil
	}
	n := 1
	for n < len(cs.steps) && cs.steps[n].stage() == cs.steps[0].stage() {
		n++
	}
	stage := cs.steps[:n]
	cs.steps = cs.steps[n:]
	return stage
}

// planned is the result that the steps come to if all of them succeed.
func (cs *changeSet) planned() Result {
	foretold := *cs
	foretold.result.Changes = nil
	for _, s := range cs.steps {
		foretold.record(s)
	}
	return foretold.result
}

// end is what the call returns: what was done, and an error that names what was not.
func (cs *changeSet) end() (Result, error) {
	if len(cs.failures) == 0 {
		return cs.result, nil
	}
	err := cs.failures[0].err
	if !cs.isNew && len(cs.result.Changes) == 0 && cs.result.Action != Frozen {
		cs.result.Action = "" // nothing was done
	}
	if _, isBlocked := errors.AsType[*blockedError](err); isBlocked && len(cs.failures) == 1 && len(cs.steps) == 0 {
		return cs.result, err
	}
	if !cs.isNew && len(cs.result.Changes) == 0 && len(cs.failures)+len(cs.steps) == 1 {
		return cs.result, err
	}
	var missing []string
	for _, f := range cs.failures {
		missing = append(missing, f.step.name())
	}
	for _, s := range cs.steps {
		missing = append(missing, s.name())
	}
	return cs.result, &partialError{done: cs.done(), missing: missing, err: err, then: cs.takeUp()}
}

// done says what was done so far.
func (cs *changeSet) done() string {
	switch {
	case cs.isNew:
		return "the user was created (" + cs.result.ID + ")"
	case cs.adopted && len(cs.result.Changes) > 0:
		return "the account " + cs.result.ID + " was adopted"
	case len(cs.result.Changes) > 0:
		return "a part was done (" + cs.result.ID + ")"
	case slices.ContainsFunc(cs.failures, func(f stepFailure) bool { return errors.Is(f.err, ErrOutcomeUnknown) }):
		return "the account is " + cs.result.ID
	}
	return "nothing was changed (" + cs.result.ID + ")"
}

// takeUp says who takes up the rest where the same call does not: without a match
// value, only the process that made the account knows it again.
func (cs *changeSet) takeUp() string {
	if cs.isNew && !cs.d.match.set() {
		return "The same call takes up the rest for half an hour in this process; elsewhere or later, call Update with the ID, the Access and the Password"
	}
	return ""
}

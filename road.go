package sfprov

import (
	"context"
	"errors"
	"time"
)

// The way of a user is one road, and every verb takes it: what is desired is checked
// once (desire), what the org has is observed, the two are compared into a change set
// of steps, and the steps are carried out. A verb, a batch and a plan differ only in
// who reads and who sends.

// verb is a call about one user: it checks, and then goes the road, or a part of it.
func (p *Provisioner) verb(
	ctx context.Context,
	u User,
	w want,
	do func(context.Context, *desired) (Result, error),
) (Result, error) {
	d, err := p.settings.desire(u, w)
	target := d.target()
	if w.byID {
		target = w.id
		if d.id != "" {
			target = d.id
		}
	}
	if err != nil {
		return Result{}, p.refused(ctx, w.op, target, err)
	}
	return p.run(ctx, w.op, target, func(ctx context.Context) (Result, error) {
		return do(withSecrets(ctx, d.user.Password), d)
	})
}

// reconcile brings one user to what is desired.
func (p *Provisioner) reconcile(ctx context.Context, d *desired) (Result, error) {
	if err := p.prepare(ctx, d); err != nil {
		return Result{}, err
	}
	if d.isNew && (!d.match.set() || d.match.isUnique()) {
		return p.create(ctx, &creation{d: d})
	}
	o, err := p.observe(ctx, d)
	switch {
	case err != nil:
		return Result{}, err
	case o.account.ID != "":
		return p.reconcileObserved(ctx, d, o)
	case d.id != "":
		return p.withoutAccount(ctx, d)
	case d.mayCreate && d.login != loginShut, d.adopts:
		return p.create(ctx, &creation{d: d, looked: true})
	}
	return Result{Action: Unchanged}, nil
}

// prepare learns what must be known before anything is read or sent: the names of the
// access, and, if somebody may be locked out, who we are.
func (p *Provisioner) prepare(ctx context.Context, d *desired) error {
	if d.locksOut() {
		if _, err := p.api.ownUser(ctx); err != nil {
			return err
		}
	}
	p.noteMatch(ctx, d)
	return p.resolve(ctx, d)
}

func (p *Provisioner) reconcileObserved(ctx context.Context, d *desired, o observed) (Result, error) {
	cs, err := p.compare(d, o)
	if err != nil {
		return Result{ID: o.account.ID, Username: o.account.Username}, err
	}
	return p.carryOut(ctx, cs)
}

// withoutAccount goes on where the org has no user of the ID that the caller named, as
// a query has shown: by the match value, or the username.
func (p *Provisioner) withoutAccount(ctx context.Context, d *desired) (Result, error) {
	if !d.mayCreate && d.login != loginShut {
		return Result{}, &notFoundError{}
	}
	d.id = ""
	d.isNew = d.mayCreate && d.login != loginShut && !d.match.set()
	if field, _ := d.key(); field == "Username" && d.username == "" && !d.isNew {
		return Result{Action: Unchanged}, nil // there is nothing else to look for
	}
	return p.reconcile(ctx, d)
}

// reconcileByID changes an account that the caller names by its ID, by one request
// where what is to be done does not depend on what there is.
func (p *Provisioner) reconcileByID(ctx context.Context, d *desired) (Result, error) {
	if err := p.prepare(ctx, d); err != nil {
		return Result{}, err
	}
	cs, err := p.byOneRequest(ctx, d)
	if err != nil {
		return Result{}, err
	}
	result, err := p.carryOut(ctx, cs)
	if missing := (*notFoundError)(nil); errors.As(err, &missing) && len(result.Changes) == 0 {
		return Result{}, err // nobody has that ID
	}
	return result, err
}

// byOneRequest reads and changes an account by one request, if the steps can be
// written down without a look. What it returns tells what was done, and the steps that
// are left. If it fails, nothing is concluded from that: the account is observed, and
// the steps are those that are left then.
func (p *Provisioner) byOneRequest(ctx context.Context, d *desired) (*changeSet, error) {
	if d.locksOut() && p.api.isOwnUser(d.id) {
		return nil, &ownUserError{id: d.id}
	}
	parts, blind := p.blindSteps(d)
	if !parts.isWorthIt() {
		if d.login == loginAsIs && !d.access.needsReading() {
			return blind, nil // one step, or none, and nothing to read
		}
		return p.byObservation(ctx, d)
	}
	sentAt := time.Now()
	answered, err := p.api.composite(ctx, parts)
	if cause, inDoubt := isInDoubt(err); inDoubt {
		return p.afterDoubt(ctx, d, sentAt, cause)
	}
	if err == nil {
		err = momentaryIn(answered)
	}
	switch {
	case err != nil && isMomentary(err) && !hadNoEffect(err) && p.api.pause(ctx, err) == nil: // most likely nothing was done
		return p.byObservation(ctx, d)
	case err != nil:
		return nil, err
	case d.login != loginAsIs:
		return p.seenAndDone(ctx, d, answered)
	case answered.failure() != nil:
		return p.byObservation(ctx, d)
	}
	p.blindlyDone(blind, len(answered.written))
	return blind, nil
}

// locksOut reports whether nobody shall be able to log in.
func (d *desired) locksOut() bool { return d.login == loginShut || d.login == loginFrozen }

// isWorthIt reports whether there are several parts, which one request can hold.
func (parts composite) isWorthIt() bool {
	n := len(parts.writes) + len(parts.queries)
	return n > 1 && n <= compositeParts && len(parts.queries) <= compositeQueries && mayShareARequest(parts.writes)
}

// momentaryIn is the failure of an answer that can pass within seconds.
func momentaryIn(answered compositeResult) error {
	if failure := answered.failure(); failure != nil && isMomentary(failure) {
		return failure
	}
	return nil
}

// byObservation is the ordinary way: look, then compare.
func (p *Provisioner) byObservation(ctx context.Context, d *desired) (*changeSet, error) {
	o, err := p.observe(ctx, d)
	if err != nil {
		return nil, err
	}
	if o.account.ID == "" {
		return nil, &notFoundError{}
	}
	return p.compare(d, o)
}

// blindSteps are the steps that need no look, with what is read before them. They are
// none if it takes a look to know them.
func (p *Provisioner) blindSteps(d *desired) (composite, *changeSet) {
	cs := &changeSet{
		d:       d,
		isBlind: true,
		o:       observed{account: storedUser{Account: Account{ID: d.id}}},
		result:  Result{ID: d.id, Username: d.username, Action: Unchanged},
	}
	if d.access.needsReading() || d.login == loginShut && p.settings.ReleaseUsername {
		return composite{}, cs
	}
	add := func(s step) { cs.steps = append(cs.steps, s) }
	if s := d.blindFields(); len(s.write.fields) > 0 {
		add(s)
	}
	for _, list := range d.access.lists {
		for _, entry := range list.wanted {
			add(grantStep(list.kind, entry, d.id))
		}
	}
	parts := composite{sure: true}
	if d.login != loginAsIs {
		queries, err := d.queries(p.settings, d.id)
		if err != nil {
			return composite{}, cs
		}
		parts.queries = queries
	}
	if d.readsLogin() {
		add(
			step{
				kind:  stepLogin,
				write: changeRecord("UserLogin", queryReference(1), newRecord(field("IsFrozen", d.login == loginFrozen))),
			},
		)
	}
	for _, s := range cs.steps {
		parts.writes = append(parts.writes, s.write)
	}
	parts.allOrNone = len(parts.writes) > 1
	if d.user.Password != "" && d.carriesFields() {
		add(step{kind: stepPassword})
	}
	return parts, cs
}

// blindFields is the step that sends all fields.
func (d *desired) blindFields() step {
	var fields record
	var changes []Change
	if d.carriesFields() {
		fields = d.fields
		for _, f := range fields {
			changes = append(changes, Change{Field: f.spelt, After: f.value})
		}
	}
	if d.login == loginOpen || d.login == loginShut {
		fields = fields.with("IsActive", d.login == loginOpen)
	}
	return step{kind: stepFields, write: changeRecord("User", d.id, fields), changes: changes}
}

// blindlyDone notes the steps that were done by one request.
func (p *Provisioner) blindlyDone(cs *changeSet, n int) {
	for _, s := range cs.steps[:n] {
		p.recorded(cs, s)
	}
	cs.steps = cs.steps[n:]
}

// seenAndDone is what an answer says of an account that was read and then changed, by
// one request: the changes are those steps to which a comparison with what was read
// comes.
func (p *Provisioner) seenAndDone(ctx context.Context, d *desired, answered compositeResult) (*changeSet, error) {
	failure := answered.failure()
	if failure != nil && len(answered.written) > 1 { // all was undone, the reads as well
		return p.byObservation(ctx, d)
	}
	o, _, err := p.observation(d, answered.records)
	switch {
	case err != nil && failure == nil: // what was read is lost, but it was done
		return p.assumed(d), nil
	case err != nil:
		return p.byObservation(ctx, d)
	case o.account.ID == "":
		return nil, &notFoundError{err: failure}
	}
	cs, err := p.compare(d, o)
	if err != nil {
		return nil, err
	}
	var left []step
	for _, s := range cs.steps {
		switch {
		case s.kind == stepPassword:
			left = append(left, s)
		case failure == nil:
			p.recorded(cs, s)
		case s.kind == stepLockOut && isFinalRefusal(failure):
			p.takeLockOut(ctx, cs, s, failure)
		default:
			left = append(left, s)
		}
	}
	cs.steps = left
	return cs, nil
}

// afterDoubt finds out about a request whose answer was lost. What is as desired now
// was made so by it: what it had read is lost with the answer.
func (p *Provisioner) afterDoubt(ctx context.Context, d *desired, sentAt time.Time, cause error) (*changeSet, error) {
	o, err := p.observe(ctx, d)
	if err == nil && o.account.ID == "" {
		return nil, &notFoundError{err: cause}
	}
	var cs *changeSet
	if err == nil {
		cs, err = p.compare(d, o)
	}
	if err != nil {
		return nil, &UnconfirmedError{
			Op: d.op, ID: d.id, Username: d.username, SentAt: sentAt, LostAt: time.Now(), Err: cause, look: err, again: true,
		}
	}
	if !cs.isDone() && cs.steps[0].kind != stepPassword {
		cs.doubt = cause
		return cs, nil
	}
	done := p.assumed(d)
	done.result.Username = cs.result.Username
	return done, nil
}

// assumed is what a request did that was carried out, although nobody knows what there
// was before: all that it was to do. What is left is what it could not hold.
func (p *Provisioner) assumed(d *desired) *changeSet {
	_, cs := p.blindSteps(d)
	var left []step
	for _, s := range cs.steps {
		switch {
		case s.kind == stepPassword:
			left = append(left, s)
		case s.kind == stepLogin && d.login == loginOpen: // whether it was frozen nobody knows
		case s.kind == stepLogin:
			frozen, _ := s.write.fields.lookup("IsFrozen")
			s.changes = []Change{{Field: "IsFrozen", Before: frozen == false, After: frozen}}
			p.recorded(cs, s)
		default:
			if active, sent := s.write.fields.lookup("IsActive"); sent && s.write.object == "User" {
				s.changes = append(s.changes, Change{Field: "IsActive", Before: active == false, After: active})
			}
			p.recorded(cs, s)
		}
	}
	cs.steps = left
	return cs
}

package sfprovtest

// membershipLock is taken by requests that change who belongs where: it keeps requests
// apart that come at the same time. Requests are handled one at a time, but each is under
// way until its answer is sent.
type membershipLock struct {
	limit   int // of requests; 0 for any number
	refusal Refusal
	handled *call // now
	holders map[*call]struct{}
}

// SetParallelInserts limits how many requests at once may create users with a role or with
// an account, or change users' roles: Salesforce recalculates who belongs to which group
// then. What comes while so many are under way is refused with UNABLE_TO_LOCK_ROW, in a
// collection row by row; users without a role pass. A request is under way until its answer
// is sent, so that a Delay of a [Fault] holds it there. 0, the default, is no limit.
func (o *Org) SetParallelInserts(limit int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.memberships.limit = limit
}

// SetLockRefusal sets the answer to what is beyond [Org.SetParallelInserts]. The default,
// which the zero Refusal sets again, is UNABLE_TO_LOCK_ROW; real orgs have UNKNOWN_EXCEPTION
// with "group membership operation already in progress" too.
func (o *Org) SetLockRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.memberships.refusal = r.or(Refusal{})
}

// lockedRow is the refusal of a record that another process is changing.
func lockedRow() Refusal {
	return badRequest("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 00e5g0000000001")
}

// lockMemberships lets the request that is handled hold the lock until it is answered, if
// the change of the user needs it.
func (o *Org) lockMemberships(before, after row) error {
	locks := &o.memberships
	if locks.handled == nil || before["userroleid"] == after["userroleid"] && (before != nil || after["contactid"] == nil) {
		return nil
	}
	if _, holds := locks.holders[locks.handled]; holds {
		return nil
	}
	if locks.limit > 0 && len(locks.holders) >= locks.limit {
		return locks.refusal.or(lockedRow())
	}
	locks.holders[locks.handled] = struct{}{}
	return nil
}

// answered lets go of what a request held. Every request that was handled ends with it.
func (o *Org) answered(c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.memberships.holders, c)
}

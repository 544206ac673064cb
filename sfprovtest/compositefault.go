package sfprovtest

import "errors"

// Controls give faults to the subrequests of composites too. What such a fault answers
// is the subrequest's answer; what it does to the connection, or to the session, it
// does to the whole request.

// The errors that end a composite in which nothing has been done.
var (
	errUnanswered = errors.New("the answer is the fault's")
	errExpired    = errors.New("the session has expired")
)

// offer asks the controls about a subrequest that is about to be made. They may use
// the org, which is free meanwhile: other requests wait for their turn. When a
// composite is made late, what was decided before stays.
func (o *Org) offer(c *call, i int, inner *call) *Fault {
	if fault := c.decided[i]; fault != nil {
		return fault
	}
	fault := func() *Fault {
		seen := o.seen(inner)
		o.mu.Unlock()
		defer o.mu.Lock()
		return o.faults.forSubrequest(seen)
	}()
	if c.decided == nil {
		c.decided = map[int]*Fault{}
	}
	c.decided[i] = fault
	return fault
}

// struck notes what the fault of a subrequest does to the whole composite. The error
// says that nothing of it shall be done.
func (c *call) struck(f *Fault) error {
	undoes := f.wholeAnswer() && !f.commits() && (!c.late || !f.Commit)
	if c.strike == nil || f.Expire || undoes {
		c.strike = f.ofConnection()
	}
	switch {
	case f.Expire:
		return errExpired
	case undoes:
		return errUnanswered
	}
	return nil
}

// abort ends a composite in which nothing shall have been done. It does not count as
// a request then, as one that never arrived.
func (o *Org) abort(c *call, work *transaction, why error) (answer, error) {
	work.rollBack()
	o.journal.usageUsed--
	if errors.Is(why, errExpired) {
		o.endSession(c)
		return answer{}, o.authorize(c)
	}
	return jsonAnswer(0, nil), nil
}

// wholeAnswer reports whether the fault of a subrequest leaves no room for an answer to
// it, because it closes the connection or fills it with blanks.
func (f *Fault) wholeAnswer() bool { return f.Drop || f.Size > 0 }

// ofConnection is the part of a subrequest's fault that strikes the connection; nil
// if there is none.
func (f *Fault) ofConnection() *Fault {
	if !f.wholeAnswer() && f.Truncate == 0 && f.Delay <= 0 && f.Stall <= 0 && f.Trickle <= 0 {
		return nil
	}
	part := *f
	if !f.wholeAnswer() {
		part.Status, part.Header, part.Body, part.fromOrg = 0, nil, "", false
	}
	return &part
}

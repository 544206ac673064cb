package sfprovtest

import "net/http"

// SetManagerRefusal sets the answer to a manager who is the user's own, or below the user.
// Its error code is not documented; the default, which the zero Refusal sets again, is
// FIELD_INTEGRITY_EXCEPTION, in the words that Setup has for each.
func (o *Org) SetManagerRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.managerRefusal = r.or(Refusal{})
}

// SetInactiveManagerRefusal sets the answer to a manager who is inactive. It is not
// documented; the default, which the zero Refusal sets again, is INACTIVE_OWNER_OR_USER.
// With status 200, such managers are allowed.
func (o *Org) SetInactiveManagerRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.inactiveManager = r.or(Refusal{})
}

// checkManager refuses a manager whose own managers lead back to the user. A cycle that is
// there already, since SetUser made it, is no reason to go round for ever.
func (o *Org) checkManager(id string, before, change row) error {
	manager, _ := change["managerid"].(string)
	if manager == "" || manager == before["managerid"] {
		return nil
	}
	if manager == id {
		return o.rules.managerRefusal.or(badRequest("FIELD_INTEGRITY_EXCEPTION", "A user can't be his or her own manager", "ManagerId"))
	}
	seen := map[string]bool{}
	for above := manager; id != "" && above != "" && !seen[above]; above, _ = o.rows["User"][above]["managerid"].(string) {
		if seen[above] = true; above == id {
			return o.rules.managerRefusal.or(badRequest("FIELD_INTEGRITY_EXCEPTION", "You cannot set a hierarchy field to point to itself or a child record", "ManagerId"))
		}
	}
	refusal := o.rules.inactiveManager.or(badRequest("INACTIVE_OWNER_OR_USER", "operation performed with inactive user ["+manager[:15]+"] as manager of user", "ManagerId"))
	if o.rows["User"][manager]["isactive"] == true || refusal.Status == http.StatusOK {
		return nil
	}
	return refusal
}

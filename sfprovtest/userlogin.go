package sfprovtest

import "net/http"

// updateUserLogin is PATCH /sobjects/UserLogin/{id}: freezing and unfreezing. A
// password lock can be taken off, but not put on.
func (o *Org) updateUserLogin(c *call, login row) (answer, error) {
	object, _ := o.object("UserLogin")
	change, err := o.decodeChange(c, object, func(f field) bool { return f.update })
	if err != nil {
		return answer{}, err
	}
	if change["ispasswordlocked"] == true {
		return answer{}, badRequest("FIELD_INTEGRITY_EXCEPTION", "Is Password Locked: value can only be set to false", "IsPasswordLocked")
	}
	if frozen, given := change["isfrozen"]; given {
		o.noteFreeze(o.access.runAs, login, login["isfrozen"], frozen)
	}
	change["lastmodifieddate"], change["lastmodifiedbyid"] = o.now(), o.access.runAs
	for key, value := range change {
		put(o, login, key, value)
	}
	return jsonAnswer(http.StatusNoContent, nil), nil
}

// loginOf is the UserLogin of a user; nil if it has none. The lock is held.
func (o *Org) loginOf(userID string) row {
	return o.rows["UserLogin"][o.logins[userID]]
}

// Freeze locks or unlocks a user's login, as an administrator does in Setup.
func (o *Org) Freeze(id string, frozen bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if login := o.loginOf(o.mustUser(id)); login != nil {
		o.noteFreeze(byTest, login, login["isfrozen"], frozen)
		login["isfrozen"] = frozen
	}
}

// RemoveUserLogin takes a user's UserLogin record away: Salesforce does not
// promise that there is one.
func (o *Org) RemoveUserLogin(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.rows["UserLogin"], o.logins[o.mustUser(id)])
}

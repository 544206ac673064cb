package sfprovtest

// ExpirePassword says whether the password of the integration user has expired. Logins
// then succeed, and each request to the data API is refused with
// INVALID_OPERATION_WITH_EXPIRED_PASSWORD, but for the one that sets that password. The
// status of the refusal is not documented: it is that of SetExpiredPasswordStatus.
func (o *Org) ExpirePassword(expired bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.passwordExpired = expired
}

// SetExpiredPasswordStatus sets the status with which requests are refused once the
// integration user's password has expired. The default, 401, was inferred from what
// clients report; 403 is possible.
func (o *Org) SetExpiredPasswordStatus(status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.expiredStatus = status
}

// checkPasswordAge refuses requests to the data API of a user whose password has expired.
// The lock is held.
func (o *Org) checkPasswordAge(c *call) error {
	own := "/sobjects/User/" + o.access.runAs + "/password"
	if !o.access.passwordExpired || len(c.path) >= len(own) && c.path[len(c.path)-len(own):] == own {
		return nil
	}
	return Refusal{
		Status: o.access.expiredStatus, Code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
		Message: "The users password has expired, you must call SetPassword before attempting any other API operations",
	}
}

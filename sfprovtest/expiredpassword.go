package sfprovtest

import (
	"net/http"
	"strings"
)

// SetExpiredPasswordStatus sets the status with which requests to the data API are refused
// once the integration user's password has expired (see [Org.ExpirePassword]): with
// INVALID_OPERATION_WITH_EXPIRED_PASSWORD, but for the one that sets it; logins succeed. The
// default, 401, was inferred from what clients report; 403 is possible.
func (o *Org) SetExpiredPasswordStatus(status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.expiredStatus = status
}

// checkPasswordAge refuses requests to the data API of a user whose password has expired.
// The lock is held.
func (o *Org) checkPasswordAge(c *call) error {
	if !o.passwordExpired(o.rows["User"][o.access.runAs]) || o.setsOwnPassword(c) {
		return nil
	}
	return Refusal{
		Status: o.access.expiredStatus, Code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
		Message: "The users password has expired, you must call SetPassword before attempting any other API operations",
	}
}

// setsOwnPassword reports whether a request sets the password of the integration user.
func (o *Org) setsOwnPassword(c *call) bool {
	parts := strings.Split(strings.Trim(c.path, "/"), "/") // services, data, version, sobjects, User, ID, password
	if c.method != http.MethodPost || len(parts) != 7 || !strings.EqualFold(parts[4], "User") {
		return false
	}
	id, ok := id18(parts[5])
	return ok && id == o.access.runAs && parts[6] == "password"
}

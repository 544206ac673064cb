package sfprovtest

import "net/http"

// The ready faults that an org has from its administrators' work, and from its own state.

// NotFoundHTML is a fault: a web page with 404, as a proxy or a wrong path has it. The
// org sees nothing.
func NotFoundHTML() Fault {
	return named("not found html", GatewayHTML(http.StatusNotFound))
}

// GroupMembershipLock is a fault: another change of users, roles or groups holds the lock
// of the group memberships. See also [Org.SetParallelInserts]. Over REST, both 400 and 500
// are thinkable; the usual status, which 0 stands for, is 400.
func GroupMembershipLock(status int) Fault {
	if status == 0 {
		status = http.StatusBadRequest
	}
	return named("group membership lock", Refuse(status, "UNKNOWN_EXCEPTION", "group membership operation already in progress", []string{}...))
}

// FailedFlow is a fault: a flow that runs when a record is saved has failed.
func FailedFlow(flow string) Fault {
	return Refuse(http.StatusBadRequest, "CANNOT_EXECUTE_FLOW_TRIGGER",
		"We can't save this record because the \u201c"+flow+"\u201d process failed. Give your Salesforce admin these details. "+
			"<b>An unhandled fault has occurred in this flow</b><br>An unhandled fault has occurred while processing the flow.  "+
			"Please contact your system administrator for more information. Error ID: 1234567890-12345 (-1234567890)", []string{}...)
}

// FailedTrigger is a fault: a trigger has failed before a record was inserted, because of
// cause.
func FailedTrigger(trigger, cause string) Fault {
	return Refuse(http.StatusBadRequest, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		trigger+": execution of BeforeInsert\n\ncaused by: "+cause+"\n\nTrigger."+trigger+": line 1, column 1", []string{}...)
}

// BrokenValidation is a fault: a validation rule refuses the record, in the words of an
// administrator, with the fields that it marks. See also [Org.AddValidationRule].
func BrokenValidation(message string, fields ...string) Fault {
	return Refuse(http.StatusBadRequest, validationCode, message, append([]string{}, fields...)...)
}

const validationCode = "FIELD_CUSTOM_VALIDATION_EXCEPTION"

// DuplicateRule is a fault: a duplicate rule refuses the record.
func DuplicateRule() Fault {
	return Refuse(http.StatusBadRequest, "DUPLICATES_DETECTED", "Use one of these records?", []string{}...)
}

// ExpiredPassword is a fault: the password of the integration user has expired. The login
// succeeds, so another one is of no use.
func ExpiredPassword() Fault {
	return Refuse(http.StatusUnauthorized, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
		"The users password has expired, you must call SetPassword before attempting any other API operations")
}

// Maintenance is a fault: the org can only be read for a while.
func Maintenance() Fault {
	return Refuse(http.StatusServiceUnavailable, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
		"Updates can't be made during maintenance.", []string{}...)
}

// QueryTimeout is a fault: a query has run for too long.
func QueryTimeout() Fault {
	return Refuse(http.StatusBadRequest, "QUERY_TIMEOUT", "Your query request was running for too long.")
}

// LoginRetry is a fault of logins: the token endpoint fails for a moment, and asks for
// another attempt.
func LoginRetry() Fault {
	a := oauthError("unknown_error", "retry your request")
	return Fault{Name: "unknown_error", Status: a.status, Header: a.header, Body: string(a.body)}
}

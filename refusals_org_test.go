package sfprov

import "net/http"

var refusalsOfDeactivations = []refusal{
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Cannot complete this operation. Cannot inactivate user that is the value of a hierarchy field: " +
			"Boss. : Bob",
		is: ErrDeactivationBlocked, step: StepUser, cause: "\"Boss\"", cure: "deactivate again",
		never: "lead owner|Bob",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "Cannot inactivate user that is the value of a hierarchy field",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "custom hierarchy field", cure: "deactivate again",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot disable the Web to Lead Default Creator.",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead creator", cure: "Web-to-Lead",
		never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "HEARD_OF_BY_NOBODY",
		text: "You cannot disable the Web-to-Lead Default Creator.",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead creator", cure: "Web-to-Lead",
		never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is the Default Lead Creator",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead creator", cure: "Web-to-Lead",
		never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "You cannot deactivate this user. You cannot deactivate a user who is the default owner of cases",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default case owner", cure: "Support Settings",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot deactivate the Default Case Owner",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default case owner", cure: "Support Settings",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot deactivate the Default Case Creator",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default case creator", cure: "Web-to-Case",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot deactivate the Automated Case User",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "automated case user", cure: "Support Settings",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot deactivate the Automated Case Owner",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "automated case user", cure: "Support Settings",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot deactivate the Default Lead Owner",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead owner", cure: "Lead Settings",
		never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot deactivate a user who is the default owner of leads",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead owner", cure: "Lead Settings",
		never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "You cannot deactivate the Default Workflow User",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default workflow user",
		cure: "Process Automation Settings", never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is used in an assignment rule",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "assignment rule", cure: "Lead Assignment Rules",
		never: "workflow",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is used in an auto-response rule",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "auto-response rule", cure: "Auto-Response Rules",
		never: "workflow",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is used in an Auto Response Rule",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "auto-response rule", cure: "Auto-Response Rules",
		never: "workflow",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is used in an escalation rule",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "escalation rule", cure: "Escalation Rules",
		never: "workflow",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is an approver in an approval process",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "approval process", cure: "Approval Processes",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is a delegated approver",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "delegated approver", cure: "Approval Processes",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is the sole recipient of a workflow email alert",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "email alert", cure: "Email Alerts", never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is the value of a workflow field update",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "field update", cure: "Field Updates", never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is the Customer Portal Administrator",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "customer portal", cure: "Customer Portal Settings",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user gets an update reminder",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "update reminders", cure: "Update Reminders",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is the sender of a Big Deal Alert",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "big deal alert", cure: "Big Deal Alert",
		never: "lead",
	},
	{
		what: "deactivate, in Spanish", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "No puede desactivar al creador predeterminado de casos",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "for example", cure: "Deactivate shows where",
	},
	{
		what: "deactivate, in Japanese", asked: aDeactivate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "階層項目の値になっているユーザを無効化できません",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "for example", cure: "Deactivate shows where",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "CANNOT_DISABLE_LAST_ADMIN",
		text: "cannot disable last admin",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "last active administrator", cure: "Make another user",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "CANNOT_EXECUTE_FLOW_TRIGGER",
		text: "We can't save this record because the “Offboarding” process failed.",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "Offboarding", cure: "Setup, Flows", never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "T: execution of BeforeUpdate\n\ncaused by: System.X",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "Apex trigger \"T\"", cure: "developers",
		never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "at least as wide", cure: "administrators",
		never: "lead",
	},
	{
		what: "deactivate, in German", asked: aDeactivate, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "Unzureichende Zugriffsrechte",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "doesn't allow", never: "lead|at least as wide",
	},
	{
		what: "deactivate, in German", asked: aDeactivate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "Nein",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "refused the change", never: "lead|trigger",
	},
	{
		what: "take away a permission set", asked: requestOf(deleteRecord("PermissionSetAssignment",
			"0Pa000000000001AAA")), status: 400, code: "DELETE_FAILED",
		text: "in use",
		step: StepUser, cause: "still in use", never: "lead|deactivate",
	},
}

var refusalsOfTheWay = []refusal{
	{
		what: "create", asked: aCreate, status: 404, code: "NOT_FOUND",
		text: "The requested resource does not exist",
		step: StepSetup, cause: "API version", cure: "Config.APIVersion", never: "stored|ID",
	},
	{
		what: "update", asked: anUpdate, status: 404, code: "NOT_FOUND",
		text: "The requested resource does not exist",
		step: StepUser, cause: "No record has that ID", cure: "Config.APIVersion",
	},
	{
		what: "create", asked: aCreate, status: 410, code: "GONE",
		text: "The requested API version is retired",
		step: StepSetup, cause: "retired", cure: "newer Config.APIVersion",
	},
	{
		what: "create", asked: aCreate, status: 410, code: "UNSUPPORTED_API_VERSION",
		text: "The requested API version is retired",
		step: StepSetup, cause: "retired", cure: "newer Config.APIVersion",
	},
	{
		what: "update", asked: anUpdate, status: 401, code: "INVALID_SESSION_ID",
		text: "Session expired or invalid",
		is:   ErrAuth, step: StepSetup, cause: "just issued", cure: "Session Settings",
	},
	{
		what: "update", asked: anUpdate, status: 403, code: "INVALID_SESSION_ID",
		text: "This session is not valid for use with the REST API",
		is:   ErrAuth, step: StepSetup, cause: "token for its API", cure: "(api)",
		never: "Session Settings|same org|just issued",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "JSON_PARSER_ERROR",
		text: "The HTTP entity body is required, but this request has no entity body.",
		is:   ErrUnavailable, step: StepAgain, cause: "did not arrive whole", cure: "proxies", never: "JSON type",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "JSON_PARSER_ERROR",
		text: "Unexpected end-of-input: expected close marker for OBJECT",
		is:   ErrUnavailable, step: StepAgain, cause: "did not arrive whole", cure: "proxies", never: "JSON type",
	},
	{
		what: "update", asked: anUpdate, status: 401, code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
		text: "The users password has expired, you must call SetPassword before attempting any other API operations",
		is:   ErrAuth, step: StepSetup, cause: "password has expired", cure: "Password Never Expires",
		never: "prox",
	},
	{
		what: "update", asked: anUpdate, status: 401, code: "INVALID_AUTH_HEADER",
		text: "INVALID_AUTH_HEADER",
		is:   ErrAuth, step: StepSetup, cause: "did not arrive", cure: "proxies",
	},
	{
		what: "update", asked: anUpdate, status: 403, code: "REQUEST_LIMIT_EXCEEDED",
		text: "TotalRequests Limit exceeded.",
		is:   ErrRequestLimit, step: StepAgain, cause: "used up", cure: "Come back in an hour",
	},
	{
		what: "update", asked: anUpdate, status: 403, code: "REQUEST_LIMIT_EXCEEDED",
		text: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
		is:   ErrRequestLimit, step: StepAgain, cause: "at the same time", cure: "Try again", never: "hour",
	},
	{
		what: "update", asked: anUpdate, status: 429, code: "REQUEST_LIMIT_EXCEEDED",
		text: "TotalRequests Limit exceeded.",
		is:   ErrRequestLimit, step: StepAgain, cause: "limits the rate", cure: "Try again", never: "hour",
	},
	{
		what: "update", asked: anUpdate, status: 403, code: "API_DISABLED_FOR_ORG",
		text: "API is not enabled for this Organization or Partner",
		is:   ErrPermission, step: StepSetup, cause: "no API access", cure: "add-on",
	},
	{
		what: "update", asked: anUpdate, status: 403, code: "API_CURRENTLY_DISABLED",
		text: "API is disabled for this User",
		is:   ErrPermission, step: StepSetup, cause: "lacks", cure: "API Enabled",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "UNABLE_TO_LOCK_ROW",
		text: "unable to obtain exclusive access to this record or 1 records: 005000000000001",
		is:   ErrUnavailable, step: StepAgain, cause: "same records", cure: "Try again",
	},
	{
		what: "update, in German", asked: anUpdate, status: 400, code: "UNABLE_TO_LOCK_ROW",
		text: "Es konnte kein exklusiver Zugriff erlangt werden",
		is:   ErrUnavailable, step: StepAgain, cause: "same records", cure: "Try again",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "Group membership operation already in progress",
		is:   ErrUnavailable, step: StepAgain, cause: "same records", cure: "Try again", never: "lead",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "could not acquire lock",
		is:   ErrUnavailable, step: StepAgain, cause: "same records", cure: "Try again",
	},
	{
		what: "update", asked: anUpdate, status: 500, code: "UNKNOWN_EXCEPTION",
		text: "An unexpected error occurred. Please include this ErrorId if you contact support: 1-2 (3)",
		is:   ErrUnavailable, step: StepAgain, cause: "failed inside", cure: "ErrorId",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "An unexpected error occurred.",
		is:   ErrUnavailable, step: StepAgain, cause: "failed inside", cure: "Try again",
	},
	{
		what: "update, in Spanish", asked: anUpdate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "Ha ocurrido algo",
		step: StepUser, never: "lead|ErrorId",
	},
	{
		what: "find", asked: aQuery("User"), status: 400, code: "QUERY_TIMEOUT",
		text: "Your query request was running for too long.",
		is:   ErrUnavailable, step: StepAgain, cause: "too long", cure: "Try again",
	},
	{
		what: "find", asked: aQuery("User"), status: 400, code: "MALFORMED_QUERY",
		text: "unexpected token: 'x'",
		step: StepSetup, cause: "defect", cure: "report",
	},
	{
		what: "list users", asked: aQuery("User"), status: 404, code: "INVALID_QUERY_LOCATOR",
		text: "invalid query locator",
		step: StepAgain, cause: "no longer kept", cure: "Call again",
	},
	{
		what: "update", asked: anUpdate, status: 405, code: "METHOD_NOT_ALLOWED",
		text: "HTTP Method 'PATCH' not allowed. Allowed are HEAD,GET",
		step: StepSetup, cause: "doesn't allow", cure: "proxies",
	},
	{
		what: "update", asked: anUpdate, status: 415, code: "UNSUPPORTED_MEDIA_TYPE",
		step: StepSetup, cause: "another content type", cure: "proxies",
	},
	{
		what: "update", asked: anUpdate, status: 503, code: "SERVER_UNAVAILABLE",
		text: "Server Unavailable",
		is:   ErrUnavailable, step: StepAgain, cause: "out of order", cure: "status.salesforce.com",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
		is: ErrUnavailable, step: StepAgain, cause: "maintenance", cure: "Try again",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "TOO_MANY_APEX_REQUESTS",
		is: ErrUnavailable, step: StepAgain, cause: "busy", cure: "Try again",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "REQUEST_RUNNING_TOO_LONG",
		is: ErrUnavailable, step: StepAgain, cause: "too long", cure: "Try again",
	},
	{
		what: "batch", asked: requestFacts{method: http.MethodPost}, status: 400, code: "EXCEEDED_ID_LIMIT",
		text: "record limit reached",
		step: StepUser, cause: "more records",
	},
	{
		what: "batch", asked: requestFacts{method: http.MethodPost}, status: 400, code: "LIMIT_EXCEEDED",
		step: StepUser,
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "HEARD_OF_BY_NOBODY",
		text: "Nadie lo sabe",
		step: StepUser,
	},
	{
		what: "update", asked: anUpdate, status: 401,
		is: ErrAuth, step: StepSetup, cause: "token was refused", cure: "proxies",
	},
	{
		what: "update", asked: anUpdate, status: 403,
		is: ErrPermission, step: StepSetup, cause: "not by a record", cure: "firewalls",
	},
	{
		what: "update", asked: anUpdate, status: 404,
		is: ErrUnavailable, step: StepAgain, cause: "web page", cure: "Config.Domain",
	},
	{
		what: "update", asked: anUpdate, status: 405,
		step: StepSetup, cause: "doesn't allow", cure: "PATCH",
	},
	{
		what: "update", asked: anUpdate, status: 407,
		is: ErrUnavailable, step: StepSetup, cause: "asks for credentials", cure: "HTTPS_PROXY",
	},
	{
		what: "update", asked: anUpdate, status: 408,
		is: ErrUnavailable, step: StepAgain, cause: "out of order", cure: "Try again",
	},
	{
		what: "update", asked: anUpdate, status: 410,
		step: StepSetup, cause: "retired", cure: "newer",
	},
	{
		what: "update", asked: anUpdate, status: 414,
		step: StepSetup, cause: "too long",
	},
	{
		what: "update", asked: anUpdate, status: 415,
		step: StepSetup, cause: "content type", cure: "proxies",
	},
	{
		what: "update", asked: anUpdate, status: 418,
		step: StepUser, cause: "no error code", cure: "log",
	},
	{
		what: "update", asked: anUpdate, status: 420,
		is: ErrUnavailable, step: StepAgain, cause: "no route", cure: "Config.Domain",
	},
	{
		what: "update", asked: anUpdate, status: 425,
		is: ErrUnavailable, step: StepAgain, cause: "out of order", cure: "Try again",
	},
	{
		what: "update", asked: anUpdate, status: 429,
		is: ErrRequestLimit, step: StepAgain, cause: "rate", cure: "Try again",
	},
	{
		what: "update", asked: anUpdate, status: 502,
		is: ErrUnavailable, step: StepAgain, cause: "out of order", cure: "Try again",
	},
	{
		what: "update", asked: anUpdate, status: 302,
		step: StepSetup, cause: "redirect", cure: "Config.Domain",
	},
	{
		what: "update", asked: anUpdate, status: 200,
		is: ErrUnavailable, step: StepAgain, cause: "not what Salesforce sends", cure: "Config.Domain",
	},
	{
		what: "update", asked: anUpdate, status: 403, code: "HEARD_OF_BY_NOBODY",
		text: "no", // a row of many has no 403
		step: StepUser, never: "Manage",
	},
	{
		what: "create", asked: aCreate, status: 403, code: "FUNCTIONALITY_NOT_ENABLED",
		text: "no",
		is:   ErrPermission, step: StepUser, cause: "lacks a feature", never: "Manage",
	},
	{
		what: "create, a row of many", asked: aCreate, status: 400, code: "FUNCTIONALITY_NOT_ENABLED",
		text: "no",
		is:   ErrPermission, step: StepUser, cause: "lacks a feature", never: "Manage",
	},
}

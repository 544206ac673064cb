package sfprov

import "net/http"

// namesNoRecord reports whether the request is known to be about no record.
func namesNoRecord(r requestFacts, _ APIProblem) bool { return r.method != "" && !r.record }

// namesRecord reports whether the request is about a record. Whether a row of many or a
// request of its own, which have different statuses, it is known by the same.
func namesRecord(r requestFacts, _ APIProblem) bool { return r.record }

// sentReference reports whether it is known which references can be at fault.
func sentReference(r requestFacts, p APIProblem) bool { return len(r.sent) > 0 || len(p.Fields) > 0 }

// asksForbiddenType reports whether it is the profile that nobody can give.
func asksForbiddenType(_ requestFacts, p APIProblem) bool {
	return forbiddenType.MatchString(p.Message)
}

// readsMatchField reports whether a query is refused for the match field.
func readsMatchField(r requestFacts, p APIProblem) bool {
	return r.match != "" && r.reads && containsFold(p.Fields, r.match)
}

// writesMatchField reports whether a write is refused for the match field.
func writesMatchField(r requestFacts, p APIProblem) bool {
	return r.match != "" && !r.reads && containsFold(p.Fields, r.match)
}

// namesField makes a predicate that reports whether a request is refused for a field that every org has.
func namesField(field string) func(requestFacts, APIProblem) bool {
	return func(_ requestFacts, p APIProblem) bool { return containsFold(p.Fields, field) }
}

// apiFailures are the error codes of the REST API, the first match first. See
// "Status Codes and Error Responses" in the REST API Developer Guide and
// "StatusCode" in the SOAP API Developer Guide.
var apiFailures = []failure{ //nolint:gochecknoglobals // a constant table
	{
		sign: sign{code: "DUPLICATE_USERNAME"}, reason: ErrDuplicateUsername,
		explain: taken + allOrgs + "If the account in the way is this person's, it is adopted once " +
			"Config.MatchField is set, and the account and User.Fields hold the same value of that field; " +
			orDiffer,
	},
	{
		sign: sign{code: "DUPLICATE_COMM_NICKNAME"}, reason: ErrInvalidField,
		explain: "Another user of the org has this nickname. Leave CommunityNickname out, and Salesforce makes " +
			"one up, or send another",
	},
	{
		sign: sign{code: "DUPLICATE_VALUE"}, reason: ErrInvalidField,
		explain: "Another record, perhaps an inactive user, holds this value of a field that must be unique. " +
			"Find the holder; clear the field there if it is no longer theirs",
	},
	{
		sign: sign{code: "DUPLICATES_DETECTED"},
		explain: "A duplicate rule of the org refused the change (Setup, Duplicate Rules). Whoever maintains " +
			"it can let the integration user pass",
	},
	{
		sign: sign{code: "REQUIRED_FIELD_MISSING"}, reason: ErrInvalidField,
		explain: "Set the fields named here in User.Fields, or for all users in Config.Defaults. The org can " +
			"require fields of its own",
	},
	{
		sign: sign{code: "STRING_TOO_LONG"}, reason: ErrInvalidField,
		explain: "Shorten the value in the identity store, or before it is handed over",
	},
	{
		sign: sign{code: "INVALID_EMAIL_ADDRESS"}, reason: ErrInvalidField, vague: true,
		explain: "This is no email address that Salesforce takes",
	},
	{
		sign: sign{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}, reason: ErrInvalidField,
		explain: "The field takes only the values that the org lists (Setup, Object Manager, User, Fields & " +
			"Relationships, the field)",
	},
	{
		sign: sign{code: "LICENSE_LIMIT_EXCEEDED"}, reason: ErrLicenseLimit,
		explain: "All licences of a kind that the user needs are in use: the user licences of the profile's " +
			"licence type, or those of a feature that a UserPermissions... field switches on; Salesforce says the " +
			"same of both. Setup, Company Information, User Licenses and Feature Licenses show what is left. " +
			"Deactivate users who have left, buy more, use a profile of another licence, or don't set that field",
	},
	{
		sign: sign{phrase: "no more available licenses for this permission set"}, reason: ErrLicenseLimit,
		explain: setLicences,
	},
	{
		sign: sign{phrase: "profile with modify all data"}, reason: ErrPermission,
		explain: "The integration user lacks Modify All Data, which it needs to make, change or unmake " +
			"administrators. It is better off without: leave administrators alone, and let people manage them in " +
			"Setup, Users",
	},
	{
		sign: sign{code: "FIELD_INTEGRITY_EXCEPTION"}, reason: ErrInvalidField, vague: true,
		explain: "The value doesn't fit the field, or another value of the user",
	},
	{
		sign: sign{code: "MALFORMED_ID"}, reason: ErrInvalidField, vague: true,
		explain: "A value is not the record ID that the field takes",
	},
	{
		sign: sign{code: "FIELD_CUSTOM_VALIDATION_EXCEPTION"}, reason: ErrInvalidField,
		explain: "A validation rule or an Apex trigger of the org refused the change, in the words of whoever " +
			"wrote it, who can change it (Setup, Object Manager, the object, Validation Rules and Triggers)",
	},
	// The texts above can hold values of the user, and those below can't, so that no
	// name can pass for a lock.
	locked("group membership operation already in progress"),
	locked("could not acquire lock"),
	locked("unable to obtain exclusive access"),
	locked("unable_to_lock_row"),
	{
		sign: sign{code: "UNABLE_TO_LOCK_ROW"}, reason: ErrUnavailable, step: StepAgain, soon: true, undone: true,
		explain: lockedRows,
	},
	{
		sign: sign{code: "INVALID_CROSS_REFERENCE_KEY", when: sentReference}, reason: ErrInvalidField,
		explain: theReferences + " refers to a record that doesn't exist in this org, or that the integration " +
			"user can't see. Profile and role IDs differ from org to org: look them up in this one",
	},
	{
		sign: sign{code: "INVALID_CROSS_REFERENCE_KEY", when: namesRecord}, vague: true,
		explain: "No record of this org has that ID, or the integration user can't see it. Was it stored for " +
			"another org or sandbox?",
	},
	{
		sign: sign{code: "INVALID_CROSS_REFERENCE_KEY"}, reason: ErrInvalidField, vague: true,
		explain: "An ID refers to a record that doesn't exist in this org, or that the integration user can't " +
			"see",
	},
	{
		sign: sign{code: "INVALID_FIELD_FOR_INSERT_UPDATE", when: writesMatchField}, reason: ErrInvalidField,
		step: StepSetup,
		explain: "The integration user may not write the match field. Give its permission set edit access (Setup, " +
			"Permission Sets, Object Settings, Users)",
	},
	{
		sign: sign{code: "INVALID_FIELD_FOR_INSERT_UPDATE"}, reason: ErrInvalidField,
		explain: "The integration user may not write these fields, or nobody may. Give its permission set edit " +
			"access (Setup, Permission Sets, Object Settings, Users), or don't send them",
	},
	{
		sign: sign{code: "INVALID_FIELD", when: readsMatchField}, reason: ErrInvalidField, step: StepSetup,
		explain: hiddenMatchField,
	},
	{
		sign: sign{code: "INVALID_FIELD", when: namesField("ProfileId")}, reason: ErrPermission, step: StepSetup,
		explain: hiddenProfiles,
	},
	{
		sign: sign{code: "INVALID_FIELD", when: namesField("UserRoleId")}, reason: ErrPermission, step: StepSetup,
		explain: hiddenRoles,
	},
	{
		sign:   sign{code: "INVALID_FIELD", phrase: "didn't understand relationship 'profile'", when: reads},
		reason: ErrPermission,
		step:   StepSetup, explain: hiddenProfiles,
	},
	{
		sign:   sign{code: "INVALID_FIELD", phrase: "didn't understand relationship 'userrole'", when: reads},
		reason: ErrPermission,
		step:   StepSetup, explain: hiddenRoles,
	},
	{
		sign: sign{code: "INVALID_FIELD"}, reason: ErrInvalidField, vague: true,
		explain: "The org has no such field, or the integration user may not see it",
	},
	{
		sign: sign{code: "INVALID_TYPE"}, reason: ErrPermission, step: StepSetup, vague: true,
		explain: "The org has no such kind of record, or the integration user lacks the right to see it",
	},
	{
		sign: sign{code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"}, reason: ErrPermission,
		explain: "The integration user may not use a record that is referred to",
	},
	{ // in words of its own, see valueCauses
		sign: sign{code: "INSUFFICIENT_ACCESS_OR_READONLY", when: asksForbiddenType}, reason: ErrPermission,
		explain: noSuchRight,
	},
	{
		sign: sign{code: "INSUFFICIENT_ACCESS_OR_READONLY", phrase: "rights on cross-reference"}, reason: ErrPermission,
		explain: "The integration user may not use a record that is referred to, such as a profile with more rights " +
			"than its own",
	},
	{
		sign: sign{code: "INSUFFICIENT_ACCESS_OR_READONLY", when: isOfObject}, reason: ErrPermission, step: StepSetup,
		explain: noSuchRight,
	},
	{
		sign: sign{code: "INSUFFICIENT_ACCESS_OR_READONLY", when: lacksRights}, reason: ErrPermission,
		explain: noSuchRight,
	},
	{sign: sign{code: "INSUFFICIENT_ACCESS_OR_READONLY"}, reason: ErrPermission, explain: notAllowed},
	{
		sign: sign{code: "INSUFFICIENT_ACCESS", when: isOfObject}, reason: ErrPermission, step: StepSetup,
		explain: noSuchRight,
	},
	{sign: sign{code: "INSUFFICIENT_ACCESS", when: lacksRights}, reason: ErrPermission, explain: noSuchRight},
	{sign: sign{code: "INSUFFICIENT_ACCESS"}, reason: ErrPermission, explain: notAllowed},
	{
		sign: sign{
			code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", phrase: "entity type cannot be inserted", when: needsKnownRight,
		},
		reason: ErrPermission, step: StepSetup, explain: lacksRight + ", and create access to the object (Object Settings)",
	},
	{
		sign:   sign{code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", phrase: "entity type cannot be inserted"},
		reason: ErrPermission, step: StepSetup, explain: "The integration user may not create records of this kind " +
			"(Setup, Permission Sets, Object Settings and System Permissions)",
	},
	{
		sign: sign{code: "CANNOT_EXECUTE_FLOW_TRIGGER"},
		explain: "A flow of the org failed, and so did the change. Whoever maintains the flow that the message " +
			"names can mend it (Setup, Flows)",
	},
	{
		sign:    sign{code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"},
		explain: "Salesforce refused the change of the record, and the message alone says why",
	},
	{
		sign: sign{code: "MIXED_DML_OPERATION"},
		explain: "An Apex trigger or flow of the org changes other records together with the user, which " +
			"Salesforce forbids in one transaction. Its developers must move that work to run afterwards",
	},
	{
		sign: sign{code: "ENTITY_IS_DELETED"}, vague: true,
		explain: "The record, or one that it refers to, was deleted",
	},
	{sign: sign{code: "INACTIVE_OWNER_OR_USER"}, vague: true, explain: "The change refers to a user who is inactive"},
	{
		sign: sign{code: "NOT_FOUND", when: namesNoRecord}, step: StepSetup,
		explain: "This org doesn't know the API version. Set Config.APIVersion to one that it has, or leave it " +
			"empty; Config.Domain followed by /services/data lists them",
	},
	{
		sign: sign{code: "NOT_FOUND"}, vague: true,
		explain: "No record has that ID, or this org doesn't know the API version (Config.APIVersion), or the " +
			"integration user can't see this kind of record",
	},
	{
		sign:   sign{code: "INVALID_SESSION_ID", phrase: "not valid for use with the rest api"},
		reason: ErrAuth, step: StepSetup,
		explain: "Salesforce doesn't take the app's token for its API. Check that Manage user data via APIs (api) " +
			"is among the app's scopes (Setup, External Client App Manager, OAuth settings)",
	},
	{
		sign: sign{code: "INVALID_SESSION_ID"}, reason: ErrAuth, step: StepSetup,
		explain: "Salesforce refused a token that it had just issued. Check the app's and the org's session " +
			"settings (Setup, Session Settings: locking sessions to an IP address or domain), and that Domain and " +
			"TokenEndpoint are of the same org",
	},
	{
		sign: sign{code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"}, reason: ErrAuth, step: StepSetup,
		explain: expiredPassword,
	},
	{
		sign: sign{code: "INVALID_AUTH_HEADER"}, reason: ErrAuth, step: StepSetup,
		explain: "The Authorization header did not arrive as it was sent. Check proxies on the way",
	},
	{
		// What Salesforce calls these limits, in every language: ConcurrentRequests and the like.
		sign: sign{code: "REQUEST_LIMIT_EXCEEDED", phrase: "concurrent"}, reason: ErrRequestLimit, step: StepAgain,
		soon:   true,
		undone: true, explain: "Too many long requests are running in the org at the same time. Try again",
	},
	{
		sign: sign{code: "REQUEST_LIMIT_EXCEEDED"}, reason: ErrRequestLimit, step: StepAgain,
		explain: "The org's API requests of the last 24 hours are used up. Come back in an hour, when the " +
			"oldest of them no longer count; Setup, Company Information shows the allowance, Setup, API Usage who " +
			"spent it",
	},
	{
		sign: sign{code: "API_DISABLED_FOR_ORG"}, reason: ErrPermission, step: StepSetup,
		explain: "The org's edition has no API access, or it is switched off. Professional Edition needs it as " +
			"an add-on",
	},
	{
		sign: sign{code: "API_CURRENTLY_DISABLED"}, reason: ErrPermission, step: StepSetup,
		explain: "The integration user lacks the API Enabled permission" + whereRights,
	},
	{sign: sign{code: "QUERY_TIMEOUT"}, reason: ErrUnavailable, step: StepAgain, soon: true, explain: tookTooLong},
	{
		sign: sign{code: "MALFORMED_QUERY"}, step: StepSetup,
		explain: "Salesforce could not parse a query of this library. That is a defect: please report it",
	},
	{
		sign: sign{code: "INVALID_QUERY_LOCATOR"}, step: StepAgain,
		explain: "The rest of a long answer is no longer kept. Call again",
	},
	lostBody("http entity body is required"),
	lostBody("unexpected end-of-input"),
	{
		sign: sign{code: "JSON_PARSER_ERROR"}, reason: ErrInvalidField, vague: true,
		explain: "Salesforce can't read the JSON of the request",
	},
	{sign: sign{code: "METHOD_NOT_ALLOWED"}, step: StepSetup, explain: methodNotAllowed},
	{sign: sign{code: "UNSUPPORTED_MEDIA_TYPE"}, step: StepSetup, explain: wrongMediaType},
	{
		sign: sign{code: "INVALID_NEW_PASSWORD"}, reason: ErrInvalidField,
		explain: "The password doesn't meet the org's policy (Setup, Password Policies)",
	},
	{
		sign: sign{code: "PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT"}, reason: ErrInvalidField,
		explain: "The contact has a portal user already, perhaps an inactive one. Update that user",
	},
	{
		sign: sign{code: "OP_WITH_INVALID_USER_TYPE_EXCEPTION"}, reason: ErrInvalidField,
		explain: "Salesforce doesn't do this with users of this type. High-volume portal users, for example, " +
			"can't be members of groups or queues",
	},
	{
		sign: sign{code: "UNKNOWN_EXCEPTION", phrase: "portal account owner must have a role"}, reason: ErrInvalidField,
		explain: "The owner of the contact's account needs a role (Setup, Users, the owner, Role)",
	},
	failedInside(sign{code: "UNKNOWN_EXCEPTION", status: http.StatusInternalServerError}),
	failedInside(sign{code: "UNKNOWN_EXCEPTION", phrase: "errorid"}), // Salesforce's own word, in every language
	failedInside(sign{code: "UNKNOWN_EXCEPTION", phrase: "unexpected error occurred"}),
	{
		sign: sign{code: "UNKNOWN_EXCEPTION"}, vague: true,
		explain: "Salesforce gives no code for what went wrong, and the message alone says it",
	},
	{
		sign: sign{code: "SERVER_UNAVAILABLE"}, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: serverUnavailable,
	},
	{
		sign: sign{code: "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"}, reason: ErrUnavailable, step: StepAgain,
		explain: "The org is read-only during maintenance. Try again when it is over",
	},
	{
		sign: sign{code: "TOO_MANY_APEX_REQUESTS"}, reason: ErrUnavailable, step: StepAgain, soon: true, undone: true,
		explain: "The org is busy with Apex code. Try again",
	},
	{
		sign: sign{code: "REQUEST_RUNNING_TOO_LONG"}, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: tookTooLong,
	},
	{
		sign: sign{code: "FUNCTIONALITY_NOT_ENABLED"}, reason: ErrPermission, vague: true,
		explain: "The org, or the integration user, lacks a feature that this needs",
	},
	{sign: sign{code: "GONE"}, step: StepSetup, explain: versionRetired},
	{sign: sign{code: "UNSUPPORTED_API_VERSION"}, step: StepSetup, explain: versionRetired},
	{
		sign: sign{code: "CANNOT_DISABLE_LAST_ADMIN"}, reason: ErrDeactivationBlocked,
		explain: "The user is the org's last active administrator. Make another user System Administrator first",
	},
	{sign: sign{code: "DELETE_FAILED"}, vague: true, explain: "Salesforce doesn't take away what is still in use"},
	{sign: sign{code: "EXCEEDED_ID_LIMIT"}, explain: "The request holds more records than Salesforce takes at once"},
	{
		sign: sign{code: "LIMIT_EXCEEDED"}, vague: true,
		explain: "The request holds more than Salesforce takes at once, or a limit of the org is reached",
	},
}

// locked is the row of a text that tells of a lock, whatever the code.
func locked(phrase string) failure {
	return failure{
		sign: sign{phrase: phrase}, reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: lockedRows,
	}
}

// lostBody is the row of a request that did not arrive whole: none is sent without its body.
func lostBody(phrase string) failure {
	return failure{
		sign: sign{code: "JSON_PARSER_ERROR", phrase: phrase}, reason: ErrUnavailable, step: StepAgain, soon: true,
		undone: true, explain: "The request did not arrive whole. Try again; if it goes on, check proxies on the way",
	}
}

func failedInside(s sign) failure {
	return failure{
		sign: s, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: "Salesforce failed inside. Try again; if it goes on, give Salesforce support the ErrorId of the message",
	}
}

const (
	lockedRows      = "Another process is changing the same records. Try again"
	tookTooLong     = "The org took too long to answer. Try again"
	expiredPassword = "The integration user's password has expired, so that Salesforce takes its logins and none " +
		"of its requests. " +
		"Set the password, and let it never expire (Setup, Permission Sets, System Permissions, Password Never Expires)"
	hiddenProfiles   = "The integration user may not see profiles. It needs " + viewSetup + whereRights
	hiddenRoles      = "The integration user may not see roles. It needs " + viewRoles + whereRights
	hiddenMatchField = "The org has no such field as Config.MatchField names, or the integration user may not see it. " +
		"Check the API name (custom ones end in __c) and its field-level security " +
		"(Setup, Object Manager, User, Fields & Relationships)"
)

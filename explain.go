package sfprov

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// failure is a known failure: how it is recognised, what it means for errors.Is
// and for a retry, and cause and cure in words that an administrator can act on.
type failure struct {
	code     string // Salesforce errorCode, or OAuth error; empty: any
	contains string // of the message, in lower case; empty: any
	status   int    // 0: any
	page     bool   // only without a code: the answer is not Salesforce's own
	when     func(requestFacts, APIProblem) bool
	reason   error  // sentinel; nil if there is none
	step     Step   // StepAgain or StepSetup; empty: StepUser
	soon     bool   // even within seconds: worth a retry by the transport
	undone   bool   // Salesforce did nothing: even a create may be sent again
	vague    bool   // explain says what the code means, and little of the cause
	explain  string // empty if Salesforce's own text says it all
}

// requestFacts are what of a request decides what its error means. They are not
// known of an APIError that was put together by hand.
type requestFacts struct {
	method string
	object string   // empty where the path names none
	record bool     // the path, or the row, names a record
	reads  bool     // it changes nothing
	sent   []string // fields in which references were sent
	match  string   // the match field
}

// namesNoRecord reports whether the request is known to be about no record.
func namesNoRecord(r requestFacts, _ APIProblem) bool { return r.method != "" && !r.record }

// sentReference reports whether it is known which references can be at fault.
func sentReference(r requestFacts, p APIProblem) bool { return len(r.sent) > 0 || len(p.Fields) > 0 }

// isOfObject reports whether it is about the right to the object, and not to one
// record.
func isOfObject(r requestFacts, _ APIProblem) bool {
	return r.reads || r.method == http.MethodPost && r.object == "User" && !r.record
}

// readsMatchField reports whether a query is refused for the match field.
func readsMatchField(r requestFacts, p APIProblem) bool { return r.match != "" && reads(r.match)(r, p) }

// reads makes a predicate that reports whether a query is refused for a field.
func reads(field string) func(requestFacts, APIProblem) bool {
	return func(r requestFacts, p APIProblem) bool { return r.reads && names(field)(r, p) }
}

// names makes a predicate that reports whether a problem names a field.
func names(field string) func(requestFacts, APIProblem) bool {
	return func(_ requestFacts, p APIProblem) bool {
		return slices.ContainsFunc(p.Fields, func(named string) bool { return strings.EqualFold(named, field) })
	}
}

// apiFailures are the error codes of the REST API, the first match first. See
// "Status Codes and Error Responses" in the REST API Developer Guide and
// "StatusCode" in the SOAP API Developer Guide.
var apiFailures = []failure{ //nolint:gochecknoglobals // a constant table
	{code: "DUPLICATE_USERNAME", reason: ErrDuplicateUsername, explain: "The username is taken. " +
		"Salesforce usernames are unique across all orgs and stay taken when a user is deactivated. " +
		"If the account in the way is this person's, it is adopted once Config.MatchField is set, and the account and User.Fields hold the same value of that field; " +
		"if it is another's or in another org, change the pattern, separator or provisioning domain so that usernames differ, or set Fields[\"Username\"]"},
	{code: "DUPLICATE_COMM_NICKNAME", reason: ErrInvalidField, explain: "Another user of the org has this nickname. " +
		"Leave CommunityNickname out, and Salesforce makes one up, or send another"},
	{code: "DUPLICATE_VALUE", reason: ErrInvalidField, explain: "Another record, perhaps an inactive user, holds this value of a field that must be unique, such as FederationIdentifier. " +
		"Find the holder; clear the field there if it is no longer theirs"},
	{code: "REQUIRED_FIELD_MISSING", reason: ErrInvalidField, explain: "Set the fields named here in User.Fields, or for all users in Config.Defaults. The org can require fields of its own"},
	{code: "STRING_TOO_LONG", reason: ErrInvalidField, explain: "Shorten the value in the identity store, or before it is handed over"},
	{code: "INVALID_EMAIL_ADDRESS", reason: ErrInvalidField, explain: "Correct the address in the identity store; a Salesforce username has the form of an email address too"},
	{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", reason: ErrInvalidField, explain: "The field takes only the values that the org lists, for example en_US for LocaleSidKey and LanguageLocaleKey, " +
		"America/Los_Angeles for TimeZoneSidKey, UTF-8 for EmailEncodingKey; languages must be switched on in Setup, Translation Language Settings"},
	{code: "LICENSE_LIMIT_EXCEEDED", contains: "permission set license", reason: ErrLicenseLimit, explain: "All permission set licences of this kind are in use. " +
		"Take one from a user who doesn't need it, or buy more (Setup, Company Information, Permission Set Licenses)"},
	{code: "LICENSE_LIMIT_EXCEEDED", contains: "feature", reason: ErrLicenseLimit, explain: "All licences of the feature that a UserPermissions... field switches on are in use. " +
		"Free one, buy more (Setup, Company Information, Feature Licenses), or don't set that field"},
	{code: "LICENSE_LIMIT_EXCEEDED", reason: ErrLicenseLimit, explain: "All licences of a kind that the user needs are in use: the user licences of the profile's licence type, " +
		"or those of a feature that a UserPermissions... field switches on; Salesforce says the same of both. Setup, Company Information, User Licenses and Feature Licenses show what is left. " +
		"Deactivate users who have left, buy more, use a profile of another licence, or don't set that field"},
	{contains: "profile with modify all data", reason: ErrPermission, explain: "The integration user lacks Modify All Data, which it needs to make, change or unmake administrators. " +
		"It is better off without: leave administrators alone, and let people manage them in Setup, Users"},
	{code: "FIELD_INTEGRITY_EXCEPTION", contains: "user license doesn't allow", reason: ErrInvalidField, explain: "The permission set needs a licence that the user hasn't got. " +
		"Its user licence must be that of the user's profile; if it needs a permission set licence, name that in Access.PermissionSetLicenses (Setup, Permission Sets, License)"},
	{code: "FIELD_INTEGRITY_EXCEPTION", contains: "federation", reason: ErrInvalidField, explain: "Another user, perhaps an inactive one, holds this FederationIdentifier. " +
		"Clear it there if it is no longer theirs"},
	{code: "FIELD_INTEGRITY_EXCEPTION", contains: "incorrect type", reason: ErrInvalidField, explain: "The ID belongs to another kind of record than the field refers to: profile IDs begin with 00e, role IDs with 00E, user IDs with 005"},
	{code: "FIELD_INTEGRITY_EXCEPTION", when: names("ContactId"), reason: ErrInvalidField, explain: "Users of portals and Experience Cloud sites need a profile with an external licence, " +
		"and ContactId, the ID of a contact that belongs to an account; all others must not have a ContactId"},
	{code: "FIELD_INTEGRITY_EXCEPTION", reason: ErrInvalidField, vague: true, explain: "The value doesn't fit the field, or another value of the user"},
	{code: "MALFORMED_ID", reason: ErrInvalidField, explain: "A value that should be a record ID is none"},
	// The texts above can hold values of the user, and those below can't, so that no
	// name can pass for a lock.
	{contains: "group membership operation already in progress", reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: locked},
	{contains: "could not acquire lock", reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: locked},
	{contains: "unable to obtain exclusive access", reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: locked},
	{contains: "unable_to_lock_row", reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: locked},
	{code: "UNABLE_TO_LOCK_ROW", reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: locked},
	{code: "INVALID_CROSS_REFERENCE_KEY", when: sentReference, reason: ErrInvalidField, explain: theReferences + " refers to a record that doesn't exist in this org, or that the integration user can't see. " +
		"Profile and role IDs differ from org to org: look them up in this one"},
	{code: "INVALID_CROSS_REFERENCE_KEY", status: http.StatusNotFound, vague: true, explain: "No record of this org has that ID, or the integration user can't see it. Was it stored for another org or sandbox?"},
	{code: "INVALID_CROSS_REFERENCE_KEY", reason: ErrInvalidField, vague: true, explain: "An ID refers to a record that doesn't exist in this org, or that the integration user can't see"},
	{code: "INVALID_FIELD_FOR_INSERT_UPDATE", reason: ErrInvalidField, explain: "The integration user may not write these fields, or nobody may. " +
		"Give its permission set edit access (Setup, Permission Sets, Object Settings, Users), or don't send them"},
	{code: "INVALID_FIELD", when: readsMatchField, reason: ErrInvalidField, step: StepSetup, explain: "The org has no such field as Config.MatchField names, or the integration user may not see it. " +
		"Check the API name (custom ones end in __c) and its field-level security (Setup, Object Manager, User, Fields & Relationships)"},
	{code: "INVALID_FIELD", when: reads("ProfileId"), reason: ErrPermission, step: StepSetup, explain: "The integration user may not see profiles. It needs View Setup and Configuration (Setup, Permission Sets, System Permissions)"},
	{code: "INVALID_FIELD", when: reads("UserRoleId"), reason: ErrPermission, step: StepSetup, explain: "The integration user may not see roles. It needs View Roles and Role Hierarchy (Setup, Permission Sets, System Permissions)"},
	{code: "INVALID_FIELD", reason: ErrInvalidField, explain: "The org has no such field, or the integration user may not see it. " +
		"Check the API name (custom ones end in __c) and its field-level security (Setup, Object Manager, User, Fields & Relationships)"},
	{code: "INVALID_TYPE", reason: ErrPermission, step: StepSetup, explain: "The integration user can't see this kind of record. It needs Manage Internal Users and View Setup (Setup, Permission Sets, System Permissions)"},
	{code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", reason: ErrPermission, explain: insufficientForReference},
	{code: "INSUFFICIENT_ACCESS_OR_READONLY", contains: "cross-reference", reason: ErrPermission, explain: insufficientForReference},
	{code: "INSUFFICIENT_ACCESS_OR_READONLY", when: isOfObject, reason: ErrPermission, step: StepSetup, explain: insufficientForObject},
	{code: "INSUFFICIENT_ACCESS_OR_READONLY", reason: ErrPermission, explain: insufficientAccess},
	{code: "INSUFFICIENT_ACCESS", when: isOfObject, reason: ErrPermission, step: StepSetup, explain: insufficientForObject},
	{code: "INSUFFICIENT_ACCESS", reason: ErrPermission, explain: insufficientAccess},
	{code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", contains: "entity type cannot be inserted", reason: ErrPermission, step: StepSetup, explain: insufficientForObject},
	{code: "CANNOT_EXECUTE_FLOW_TRIGGER", explain: "A flow of the org failed, and so did the change. Whoever maintains the flow that the message names can mend it (Setup, Flows)"},
	{code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", explain: "An Apex trigger or flow of the org refused the change; its developers know why (the message names it)"},
	{code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", reason: ErrInvalidField, explain: "A validation rule of the org refused the change, with the text that its administrator wrote (Setup, Object Manager, User, Validation Rules)"},
	{code: "MIXED_DML_OPERATION", explain: "An Apex trigger or flow of the org changes other records together with the user, which Salesforce forbids in one transaction. Its developers must move that work to run afterwards"},
	{code: "ENTITY_IS_DELETED", vague: true, explain: "The record, or one that it refers to, was deleted"},
	{code: "NOT_FOUND", when: namesNoRecord, step: StepSetup, explain: "This org doesn't know the API version. Set Config.APIVersion to one that it has, or leave it empty; " +
		"Config.Domain followed by /services/data lists them"},
	{code: "NOT_FOUND", vague: true, explain: "No record has that ID, or this org doesn't know the API version (Config.APIVersion), or the integration user can't see this kind of record"},
	{code: "INVALID_SESSION_ID", reason: ErrAuth, step: StepSetup, explain: "Salesforce refused a token that it had just issued. " +
		"Check the app's and the org's session settings (Setup, Session Settings: locking sessions to an IP address or domain), and that Domain and TokenEndpoint are of the same org"},
	{code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", reason: ErrAuth, step: StepSetup, explain: "The integration user's password has expired, so that Salesforce takes its logins and none of its requests. " +
		"Set the password, and let it never expire (Setup, Permission Sets, System Permissions, Password Never Expires)"},
	{code: "INVALID_AUTH_HEADER", reason: ErrAuth, step: StepSetup, explain: "The Authorization header did not arrive as it was sent. Check proxies on the way"},
	{code: "REQUEST_LIMIT_EXCEEDED", contains: "concurrent", reason: ErrRequestLimit, step: StepAgain, soon: true, undone: true, explain: "Too many long requests are running in the org at the same time. Try again"},
	{code: "REQUEST_LIMIT_EXCEEDED", reason: ErrRequestLimit, step: StepAgain, explain: "The org's API requests of the last 24 hours are used up. " +
		"Come back in an hour, when the oldest of them no longer count; Setup, Company Information shows the allowance, Setup, API Usage who spent it"},
	{code: "API_DISABLED_FOR_ORG", reason: ErrPermission, step: StepSetup, explain: "The org's edition has no API access, or it is switched off. Professional Edition needs it as an add-on"},
	{code: "API_CURRENTLY_DISABLED", reason: ErrPermission, step: StepSetup, explain: "The integration user lacks the API Enabled permission (Setup, Permission Sets, System Permissions)"},
	{code: "QUERY_TIMEOUT", reason: ErrUnavailable, step: StepAgain, soon: true, explain: "The org took too long to answer. Try again"},
	{code: "MALFORMED_QUERY", step: StepSetup, explain: "Salesforce could not parse a query of this library. That is a defect: please report it"},
	{code: "INVALID_QUERY_LOCATOR", step: StepAgain, explain: "The rest of a long answer is no longer kept. Call again"},
	{code: "JSON_PARSER_ERROR", reason: ErrInvalidField, explain: "A value has the wrong JSON type for its field, for example a string in place of a boolean"},
	{code: "METHOD_NOT_ALLOWED", step: StepSetup, explain: methodNotAllowed},
	{code: "UNSUPPORTED_MEDIA_TYPE", step: StepSetup, explain: wrongMediaType},
	{code: "INVALID_NEW_PASSWORD", reason: ErrInvalidField, explain: "The password doesn't meet the org's policy (Setup, Password Policies)"},
	{code: "PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT", reason: ErrInvalidField, explain: "The contact has a portal user already, perhaps an inactive one. Update that user"},
	{code: "OP_WITH_INVALID_USER_TYPE_EXCEPTION", reason: ErrInvalidField, explain: "Salesforce doesn't do this with users of this type. High-volume portal users, for example, can't be members of groups or queues"},
	{code: "UNKNOWN_EXCEPTION", contains: "portal account owner", reason: ErrInvalidField, explain: "The owner of the contact's account needs a role (Setup, Users, the owner, Role)"},
	{code: "UNKNOWN_EXCEPTION", status: http.StatusInternalServerError, reason: ErrUnavailable, step: StepAgain, soon: true, explain: failedInside},
	{code: "UNKNOWN_EXCEPTION", contains: "errorid", reason: ErrUnavailable, step: StepAgain, soon: true, explain: failedInside},
	{code: "UNKNOWN_EXCEPTION", contains: "unexpected error", reason: ErrUnavailable, step: StepAgain, soon: true, explain: failedInside},
	{code: "UNKNOWN_EXCEPTION", vague: true},
	{code: "SERVER_UNAVAILABLE", reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
	{code: "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", reason: ErrUnavailable, step: StepAgain, explain: "The org is read-only during maintenance. Try again when it is over"},
	{code: "TOO_MANY_APEX_REQUESTS", reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: "The org is busy with Apex code. Try again"},
	{code: "REQUEST_RUNNING_TOO_LONG", reason: ErrUnavailable, step: StepAgain, soon: true, explain: "The org took too long to answer. Try again"},
	{code: "GONE", step: StepSetup, explain: versionRetired},
	{code: "UNSUPPORTED_API_VERSION", step: StepSetup, explain: versionRetired},
	{code: "CANNOT_DISABLE_LAST_ADMIN", reason: ErrDeactivationBlocked, explain: "The user is the org's last active administrator. Make another user System Administrator first"},
	{code: "DELETE_FAILED", explain: deactivationRefused},
	{code: "EXCEEDED_ID_LIMIT", explain: "The request holds more records than Salesforce takes at once"},
	{code: "LIMIT_EXCEEDED", explain: "The request holds more than Salesforce takes at once, or a limit of the org is reached"},
}

// statusFailures are for answers without a known code, such as a gateway's.
var statusFailures = []failure{ //nolint:gochecknoglobals // a constant table
	{status: http.StatusUnauthorized, reason: ErrAuth, step: StepSetup, explain: "The token was refused, and so was a fresh one. Check proxies on the way, and that Domain and TokenEndpoint are of the same org"},
	{status: http.StatusForbidden, page: true, reason: ErrPermission, step: StepSetup, explain: "Access is denied, and not by a record or a field. Look at proxies and firewalls on the way; the org can also limit the addresses that may log in"},
	{status: http.StatusForbidden, reason: ErrPermission, explain: "Access is denied"},
	{status: http.StatusNotFound, page: true, reason: ErrUnavailable, step: StepAgain, soon: true, explain: wrongPath},
	{status: http.StatusMethodNotAllowed, page: true, step: StepSetup, explain: methodNotAllowed},
	{status: http.StatusRequestTimeout, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
	{status: http.StatusTooEarly, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
	{status: http.StatusProxyAuthRequired, reason: ErrUnavailable, step: StepSetup, explain: "The proxy asks for credentials: put them in HTTPS_PROXY, or give WithHTTPClient a client that knows them"},
	{status: http.StatusGone, step: StepSetup, explain: versionRetired},
	{status: http.StatusRequestURITooLong, page: true, step: StepSetup, explain: "The request's path is too long for something on the way, such as a proxy"},
	{status: http.StatusUnsupportedMediaType, page: true, step: StepSetup, explain: wrongMediaType},
	{status: 420, reason: ErrUnavailable, step: StepAgain, soon: true, explain: "Salesforce's edge has no route to the org. If it goes on, check Config.Domain"},
	{status: http.StatusInternalServerError, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
	{status: http.StatusBadGateway, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
	{status: http.StatusServiceUnavailable, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
	{status: http.StatusGatewayTimeout, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
}

// tooMany is a 429 with whatever code: Salesforce's own limits have another status.
var tooMany = failure{ //nolint:gochecknoglobals // a constant row
	reason: ErrRequestLimit, step: StepAgain, soon: true, undone: true, explain: "Something on the way limits the rate of requests. Try again",
}

// theReferences stands in an explanation for the references that were sent.
const theReferences = "{references}"

// Texts that more than one row needs.
const (
	locked                = "Another process is changing the same records. Try again"
	failedInside          = "Salesforce failed inside. Try again; if it goes on, give Salesforce support the ErrorId of the message"
	methodNotAllowed      = "Something between here and Salesforce, or Salesforce itself, doesn't allow the HTTP method. Check proxies for PATCH"
	wrongMediaType        = "The request arrived with another content type than it was sent with. Check proxies on the way"
	insufficientForObject = "The integration user lacks a right to this kind of record. " +
		"It needs API Enabled, Manage Internal Users, and View Setup and Configuration (Setup, Permission Sets, System Permissions)"
	insufficientForReference = "The integration user may not use the record that is referred to, " +
		"such as a profile with more rights than its own. Give it Manage Internal Users and Assign Permission Sets (Setup, Permission Sets, System Permissions)"
	insufficientAccess = "The integration user may not do this. " +
		"It needs API Enabled and Manage Internal Users (Setup, Permission Sets, System Permissions), and rights at least as wide as those of the user it changes"
	serverUnavailable = "Salesforce, or a gateway on the way, is out of order for the moment. " +
		"Try again; https://status.salesforce.com tells about outages of the org's instance"
	versionRetired      = "Salesforce has retired this API version. Set a newer Config.APIVersion"
	deactivationRefused = "Salesforce doesn't deactivate a user who is, for example, the default lead or case owner, an approver, " +
		"the recipient of workflow emails, or the value of a custom hierarchy field. Put someone else in that place, then deactivate again; " +
		"Setup, Users, the user, Deactivate shows where"
	brokeOff     = "Salesforce refused the request, but its answer broke off before it told why. Try again"
	processStops = "This process is stopping. Hand the event to whoever provisions next"
	wrongPath    = "There is a web page in place of Salesforce's answer: something on the way does not reach the org. If it goes on, check Config.Domain (Setup, My Domain), and proxies on the way"
	redirected   = "The answer is a redirect, which is never followed with credentials. " +
		"Check Config.Domain (Setup, My Domain): it may have been renamed, or a proxy or login page stands in the way"
	notAnError    = "The answer has no error code of Salesforce's: a proxy or firewall on the way may have given it. Its log may tell why"
	notSalesforce = "The answer is not what Salesforce sends. Check Config.Domain, and proxies and login pages on the way"
)

// authFailures are the answers of the token endpoint, the first match first. See
// "OAuth 2.0 Authorization Errors" in Salesforce Help.
var authFailures = []failure{ //nolint:gochecknoglobals // a constant table
	{contains: "retry your request", reason: ErrUnavailable, step: StepAgain, soon: true, explain: loginFailedInside},
	{code: "unknown_error", reason: ErrUnavailable, step: StepAgain, soon: true, explain: loginFailedInside},
	{code: "invalid_grant", contains: "no client credentials user", explain: "The app has no run-as user. " +
		"In Setup, External Client App Manager (App Manager for a connected app), edit the app's policies, enable the client credentials flow and choose the integration user as Run As"},
	{code: "invalid_grant", contains: "not supported on this domain", explain: "The client credentials grant works on the org's My Domain host only. " +
		"Set Config.Domain to it, such as https://acme.my.salesforce.com (Setup, My Domain), and leave TokenEndpoint empty"},
	{code: "invalid_grant", contains: "user hasn't approved", explain: "The integration user is not pre-authorised for the app. " +
		"In the app's policies (Setup, External Client App Manager), set Permitted Users to \"Admin approved users are pre-authorized\", and assign the app to the user's profile or permission set"},
	{code: "invalid_grant", contains: "audience", explain: "The assertion's audience is wrong. " +
		"Config.Audience is https://login.salesforce.com for production and https://test.salesforce.com for sandboxes; Setup, Company Information says which this org is"},
	{code: "invalid_grant", contains: "invalid assertion", explain: "The assertion's signature or content is wrong. " +
		"Check that PrivateKey belongs to the certificate that is uploaded to the app (Setup, External Client App Manager, OAuth settings, Use digital signatures), and that ClientID and Username are right"},
	{code: "invalid_grant", contains: "expired authorization code", explain: "The assertion had expired when it arrived. " +
		"It lives for minutes only: check this machine's clock against the time in Setup, Login History of the integration user"},
	{code: "invalid_grant", contains: "expired access/refresh token", explain: "The token has expired or was revoked (Setup, Connected Apps OAuth Usage)"},
	{code: "invalid_grant", contains: "login rate exceeded", step: StepAgain, explain: loginsThrottled},
	{code: "invalid_grant", contains: "maximum logins", step: StepAgain, explain: loginsThrottled},
	{code: "invalid_grant", contains: "authentication failure", explain: "The integration user's name or password is wrong, its security token is not appended to the password, the user is locked or may not log in from this address, " +
		"or the org blocks the username-password flow, as new orgs do (Setup, OAuth and OpenID Connect Settings). Setup, Login History tells which. The client credentials grant needs no password"},
	{code: "invalid_grant", contains: "user", explain: "The integration user can't log in. Check Config.Username, that it is active, and Setup, Login History"},
	{code: "invalid_grant", explain: "The login was refused. Setup, Login History of the integration user may tell why"},
	{code: "invalid_app_access", explain: "The integration user may not use the app. " +
		"In the app's policies (Setup, External Client App Manager), assign the app to the user's profile or permission set"},
	{code: "app_not_found", explain: "The app is not installed in this org, or this is another org's login host. " +
		"External client apps belong to one org: check Config.Domain and TokenEndpoint, and that the app is there (Setup, External Client App Manager)"},
	{code: "invalid_client_id", explain: "No app has this consumer key, or the login host is another org's. " +
		"Copy ClientID anew (Setup, External Client App Manager, OAuth settings, Consumer Key and Secret) and check Config.Domain; a new app takes 2 to 10 minutes to work"},
	{code: "invalid_client", explain: "The consumer secret is wrong. " +
		"Copy ClientSecret anew (Setup, External Client App Manager, OAuth settings, Consumer Key and Secret); a new secret takes some minutes to work"},
	{code: "unsupported_grant_type", explain: "The app or the org doesn't allow this grant, or TokenEndpoint is not a token endpoint. " +
		"Enable the flow in the app's OAuth settings (Setup, External Client App Manager); external client apps never allow the username-password flow"},
	{code: "invalid_request", explain: "The token endpoint misses a parameter or can't read one. Check Config.TokenEndpoint, or leave it empty; Setup, My Domain shows the host that it is on"},
	{code: "unauthorized_client", explain: "The app may not use this grant. Enable the flow in its OAuth settings (Setup, External Client App Manager)"},
	{code: "invalid_scope", explain: "The app's scopes don't fit. It needs Manage user data via APIs (api) (Setup, External Client App Manager, OAuth settings)"},
	{code: "inactive_user", explain: "The integration user is inactive. Activate it (Setup, Users)"},
	{code: "inactive_org", explain: "The org is inactive, locked or closed (Setup, Company Information, if it still opens). Salesforce support can tell why"},
	{code: "rate_limit_exceeded", step: StepAgain, explain: loginsThrottled},
	{code: "server_error", status: http.StatusInternalServerError, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable},
}

const loginFailedInside = "The token endpoint failed inside. Try again; if it goes on, https://status.salesforce.com tells about outages"

const loginsThrottled = "Salesforce throttles the integration user's logins: it allows some 3,600 an hour. " +
	"Wait for some minutes; share one Provisioner in the process, and look for other programs that log in as this user (Setup, Login History)"

// matches reports whether the row is for an answer of which code and message are
// given.
func (f failure) matches(status int, code, message string) bool {
	return (f.code == "" || strings.EqualFold(f.code, code)) &&
		(f.status == 0 || f.status == status) &&
		(!f.page || code == "") &&
		(f.contains == "" || strings.Contains(strings.ToLower(message), f.contains))
}

// classify finds the row for one problem of an answer. What it means follows from
// the answer and the request, never from the operation that the caller asked for.
func classify(e *APIError, p APIProblem) failure {
	status := e.StatusCode
	switch {
	case status == http.StatusTooManyRequests:
		return tooMany
	case e.cut && status >= 400 && status < 500:
		return failure{reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: brokeOff}
	}
	for _, f := range apiFailures {
		if f.matches(status, p.Code, p.Message) && (f.when == nil || f.when(e.asked, p)) {
			return f
		}
	}
	for _, f := range statusFailures {
		if f.matches(status, p.Code, "") {
			return f
		}
	}
	return classifyStatus(status, p)
}

// classifyStatus is what a status says where nothing else does.
func classifyStatus(status int, p APIProblem) failure {
	switch {
	case status >= 500:
		return failure{reason: ErrUnavailable, step: StepAgain, explain: serverUnavailable}
	case status >= 300 && status < 400:
		return failure{step: StepSetup, explain: redirected}
	case status < 300:
		return failure{reason: ErrUnavailable, step: StepAgain, explain: notSalesforce}
	case p.Code == "":
		return failure{explain: notAnError}
	}
	return failure{}
}

// classifyAuth finds the row for an answer of the token endpoint.
func classifyAuth(e *AuthError) failure {
	known := failure{reason: ErrAuth}
	i := slices.IndexFunc(authFailures, func(f failure) bool { return f.matches(e.StatusCode, e.Code, e.Description) })
	switch {
	case i >= 0:
		known = authFailures[i]
	case e.StatusCode >= 500:
		known.explain = serverUnavailable
	case e.StatusCode == http.StatusTooManyRequests:
		known.step, known.explain = StepAgain, loginsThrottled
	case e.StatusCode >= 300 && e.StatusCode < 400:
		known.explain = redirected
	case e.Code == "":
		known.explain = "The answer is not a token endpoint's. Check Config.Domain and TokenEndpoint, and proxies and login pages on the way"
	}
	if known.reason == nil {
		known.reason = ErrAuth
	}
	if e.StatusCode >= 500 {
		known.reason, known.step, known.soon = ErrUnavailable, StepAgain, true
	}
	return known
}

// Explain gives cause and cure of an error in plain words that an administrator
// can act on, for the failures that people really meet; it is empty when there is
// nothing to add to the error. The text of the error includes it already.
func Explain(err error) string {
	if e := detailOf(err); e != nil {
		return printable(e.explanation()) // it names fields as Salesforce does
	}
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			return known.explain
		}
	}
	return ""
}

// advice is what the text of an error ends with: cause and cure, and whether a
// retry can help.
func advice(err error) string {
	var b strings.Builder
	if text := Explain(err); text != "" {
		b.WriteString(". " + text)
	}
	switch e := detailOf(err); {
	case e == nil || e.saysWhetherAgain():
	case Retryable(err):
		b.WriteString(" (a retry can help)")
	default:
		b.WriteString(" (a retry does not help)")
	}
	return b.String()
}

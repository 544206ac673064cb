package sfprov

// The checks, by their stable names.
const (
	checkKey        = "jwt-key"
	checkHost       = "host"
	checkClock      = "clock"
	checkVersion    = "api-version"
	checkLogin      = "login"
	checkScopes     = "scopes"
	checkRightOrg   = "right-org"
	checkAPI        = "api-access"
	checkCalls      = "api-calls"
	checkUser       = "integration-user"
	checkLicense    = "integration-license"
	checkSandbox    = "sandbox"
	checkTrial      = "trial"
	checkManage     = "manage-internal-users"
	checkSetup      = "view-setup"
	checkAllUsers   = "view-all-users"
	checkAssign     = "assign-permission-sets"
	checkRoles      = "view-roles"
	checkPasswords  = "reset-passwords"
	checkNeverEnds  = "password-never-expires"
	checkFreezing   = "freezing"
	checkGroups     = "groups"
	checkProfiles   = "profiles"
	checkSeats      = "profile-seats"
	checkFields     = "fields"
	checkMatch      = "match-field"
	checkDuplicates = "match-field-duplicates"
	checkPicklists  = "picklists"
	checkLengths    = "lengths"
	checkAccess     = "mapping-access"
	checkSamples    = "sample-users"
	checkWrite      = "write-probe"
)

const (
	wherePermissionSets = "Setup, Permission Sets, the integration user's, System Permissions"
	whereApp            = "Setup, External Client App Manager"
	whereCompany        = "Setup, Company Information"
	whereUser           = "Setup, Users"
	whereProfiles       = "Setup, Profiles"
	whereFields         = "Setup, Object Manager, User, Fields & Relationships"
	whereDomain         = "Setup, My Domain"
)

// checkRow is one check: what it is called, what it looks at, where that is mended, and
// when it is made; nil is always.
type checkRow struct {
	id, title, looksAt, where string
	when                      func(*checker) bool
}

// checkRows are the checks, in the order of a report.
var checkRows = []checkRow{ //nolint:gochecknoglobals // a constant table
	{checkKey, "The signing key", "Key of the JWT bearer grant: form and size", whereApp, func(c *checker) bool { return c.p.settings.GrantType == GrantJWTBearer }},
	{checkHost, "The org's host answers", "Domain: name, TLS, and the list of API versions, which takes no token", whereDomain, nil},
	{checkClock, "The clock is right", "This machine's clock against the host's Date: a warning from 60 s, with the JWT bearer grant a failure from 180 s", "this machine's clock", nil},
	{checkVersion, "The API version is there", "Config.APIVersion in the host's list, and the warnings that answers bear", "Config.APIVersion", nil},
	{checkLogin, "The login is taken", "The token that is there, or one login by the configured grant", whereApp, nil},
	{checkScopes, "The token may use the API", "The scope of the token endpoint's answer: api or full", whereApp, nil},
	{checkRightOrg, "The app belongs to this org", "The instance URL of the token endpoint's answer against Domain", whereDomain, nil},
	{checkAPI, "Requests are answered", "The first request to the data API", wherePermissionSets, nil},
	{checkCalls, "API requests are left", "Sforce-Limit-Info against WithAPIReserve", whereCompany, nil},
	{checkUser, "The integration user is known", "Who the token stands for, and that the account is active", whereUser, nil},
	{checkLicense, "The integration user's licence fits", "Its profile's licence and, with Salesforce Integration, the permission set licence Salesforce API Integration", whereUser, nil},
	{checkSandbox, "Sandbox or production, as the host says", "Organization.IsSandbox against the form of the host", whereDomain, nil},
	{checkTrial, "The org stays", "The end of a trial: a warning from 14 days before", whereCompany, nil},
	{checkManage, "Users can be created and changed", "Manage Internal Users, or Manage Users", wherePermissionSets, nil},
	{checkSetup, "Profiles and licences can be seen", "View Setup and Configuration", wherePermissionSets, nil},
	{checkAllUsers, "All users can be seen", "View All Users: users who are not seen count as absent", wherePermissionSets, nil},
	{checkAssign, "Permission sets can be given", "Assign Permission Sets: a failure if the mapping gives some, else a warning", wherePermissionSets, nil},
	{checkRoles, "Roles can be given", "View Roles and Role Hierarchy, if roles are configured", wherePermissionSets, (*checker).givesRoles},
	{checkPasswords, "Passwords can be set", "Reset User Passwords and Unlock Users", wherePermissionSets, nil},
	{checkNeverEnds, "The integration user's password stays", "Password Never Expires", wherePermissionSets, nil},
	{checkFreezing, "Logins can be frozen", "UserLogin can be read, which Manage Users opens", wherePermissionSets, nil},
	{checkGroups, "Groups and queues can be given", "Manage Users, if the mapping gives groups or queues", wherePermissionSets, (*checker).givesGroups},
	{checkProfiles, "The profiles are there", "Profiles that Defaults and the mapping name, and the state of their licences", whereProfiles, (*checker).givesProfiles},
	{checkSeats, "The profiles have free seats", "User licences of these profiles: all, and in use", whereCompany, (*checker).givesProfiles},
	{checkFields, "The fields are there and can be written", "Each field of Defaults, of the mapping, and those that every user needs, in describe", whereFields, nil},
	{checkMatch, "The match field can be used", "Config.MatchField in describe: visible, writable, unique or an ID lookup", whereFields, (*checker).matches},
	{checkDuplicates, "No match value is held twice", "Users grouped by the match field, unless Salesforce keeps it unique", "Setup, Users", (*checker).matches},
	{checkPicklists, "Values are among the picklists'", "Values of Defaults, and constants of the mapping, among the active values", whereFields, nil},
	{checkLengths, "Values fit their fields", "Values of Defaults, and constants of the mapping, against the lengths in describe", whereFields, nil},
	{checkAccess, "The mapping's names are known", "Roles, permission sets, their groups and licences, public groups and queues that the mapping names", "Setup", (*checker).givesAccess},
	{checkSamples, "The sample users can be named", "WithSampleUsers: usernames that can't be, or that somebody has", "Setup, Users", func(c *checker) bool { return len(c.o.samples) > 0 }},
	{checkWrite, "A user can be written", "WithWriteProbe: TimeZoneSidKey of one user, written with its own value", wherePermissionSets, func(c *checker) bool { return c.o.write }},
}

// quickChecks are those of WithQuickCheck.
var quickChecks = []string{checkLogin, checkAPI, checkCalls} //nolint:gochecknoglobals // a constant list

package sfprov

import "regexp"

// What is known of a username that is taken.
func nothingShowsWhose(r requestFacts, _ APIProblem) bool { return r.locksOut && !r.record }
func releases(r requestFacts, _ APIProblem) bool          { return r.releases }
func renames(r requestFacts, _ APIProblem) bool           { return r.method != "" && r.record }
func hasMatchValue(r requestFacts, _ APIProblem) bool     { return r.match != "" && r.matched }
func lacksMatchValue(r requestFacts, _ APIProblem) bool   { return r.match != "" && !r.matched }

func knowsNoAccount(r requestFacts, p APIProblem) bool {
	return nothingShowsWhose(r, p) && r.match == ""
}

const (
	taken   = "The username is taken. "
	allOrgs = "Salesforce usernames are unique across all orgs and stay taken when a user is deactivated. "
	// orDiffer is the end of a sentence.
	orDiffer = "if it is another's or in another org, change the pattern, separator or provisioning domain " +
		"so that usernames differ, or set Fields[\"Username\"]"
	federationIDTaken = "Another user, perhaps an inactive one, holds this FederationIdentifier. " +
		"Clear it there if it is no longer theirs"
	matchValueTaken = "Another account, perhaps an inactive one, holds this " + theMatchField + ", the match field. " +
		"If it is this person's, Create and Ensure adopt it; if not, clear the field there, or mend it in the identity store"
	usernameForm = "A Salesforce username has the form of an email address, such as alice@acme.com, and need not " +
		"be one. " +
		"Config.Pattern and Config.ProvisioningDomain make it; Fields[\"Username\"] overrides them"
	wrongDomain = "The org takes only email addresses of the domains that it lists (Setup, Allowed Email Domains). " +
		"Add the domain there, or correct the address in the identity store"
	withContact = "Users of portals and Experience Cloud sites need a profile with an external licence, " +
		"and ContactId, the ID of a contact that belongs to an account; all others must not have a ContactId"
	wrongRole = "Roles of the role hierarchy are for internal users; users of portals and Experience Cloud sites " +
		"have roles " +
		"of their account, which Salesforce makes. Take the role away (Access.Role, UserRoleId), or choose one of the " +
		"user's kind"
	wrongPrefix = "The ID belongs to another kind of record than the field refers to: " +
		"profile IDs begin with 00e, role IDs with 00E, user IDs with 005"
	setForLicence = "The permission set doesn't go with this user, as a rule because of a licence: its " + setsLicence
	// setsLicence is the end of a sentence about a permission set.
	setsLicence = "user licence must be that of the user's profile; if it needs a permission set licence, " +
		"name that in Access.PermissionSetLicenses (Setup, Permission Sets, License)"
)

// Texts that name something.
var (
	flowName = regexp.MustCompile(`(?i)(?:because the|\bflow) ["“]([^"”]+)["”]`)
	// codeName is of an Apex trigger.
	codeName       = regexp.MustCompile(`(?:^|\s)([\w.]+): execution of (?:Before|After)(?:Insert|Update|Delete|Undelete)`)
	featureLicence = regexp.MustCompile(`(?i)^(\w+(?: \w+)?) feature license limit exceeded`)
	deniedRight    = regexp.MustCompile(`(?i)user license doesn't allow the permission: ([^.]+)`)
	deniedProfile  = regexp.MustCompile(`(?i)profile can't be set to '([^']+)' because it's derived from a license`)
	forbiddenType  = regexp.MustCompile(`(?i)cannot insert a user of type (\w+)`)
	neededLicence  = regexp.MustCompile(
		`(?i)["'“]([^"'”]+)["'”] permission set license|permission set license:? ["'“]([^"'”]+)["'”]`,
	)
	passwordReused = regexp.MustCompile(`(?i)invalid repeated password`)

	// The same code and field go with many a refusal: what the text must say, too.
	ofLicence     = regexp.MustCompile(`(?i)\blicen[cs]es?\b`)
	ofPlace       = regexp.MustCompile(`(?i)with this (?:country|state)|recognize the state|must be specified before`)
	ofContact     = regexp.MustCompile(`(?i)(?:needs|have) a contact|contact (?:must be|is not) associated|no account`)
	ofManager     = regexp.MustCompile(`(?i)\bcircular\b|\bown manager\b`)
	ofCurrency    = regexp.MustCompile(`(?i)\b(?:bad|invalid|inactive) currency|\bcurrency\b.* is (?:not|in)`)
	otherKindOfID = regexp.MustCompile(`(?i)id value of incorrect type: (?:\w{15}|\w{18})$`)
	noID          = regexp.MustCompile(`(?i)id value of incorrect type|malformed id`)
	wrongJSONType = regexp.MustCompile(`(?i)\bcan ?not deserialize\b`)
)

// valueCauses are about what was sent, and about what the org itself does with it.
var valueCauses = []knownCause{ //nolint:gochecknoglobals // a constant table
	// Which code these texts have is not documented.
	{sign{phrase: "username must be in the form of an email address"}, usernameForm},
	{sign{phrase: "invalid email address: must be in domain"}, wrongDomain},
	{sign{phrase: "this federation id is already in use"}, federationIDTaken},
	{sign{phrase: "role type must match user type"}, wrongRole},
	{
		sign{name: forbiddenType},
		"Nobody can make users of the type " + theName + ", which the profile decides. Choose another profile: " +
			"Access.Profile or ProfileId, of this user or in Config.Defaults",
	},

	{
		sign{code: "DUPLICATE_USERNAME", when: releases},
		"The name under which the username would have been freed is taken. The username can be freed by hand " +
			"(Setup, Users, the user, Username)",
	},
	{
		sign{code: "DUPLICATE_USERNAME", when: knowsNoAccount},
		"Nobody was locked out, since nothing shows that the account is this user's. Give the ID of the " +
			"account; or set Config.MatchField, and give the user's value of that field",
	},
	{
		sign{code: "DUPLICATE_USERNAME", when: nothingShowsWhose},
		"Nobody was locked out, since nothing shows that the account is this user's. Give the ID of the " +
			"account, or the user's " + theMatchField + " (Config.MatchField), which the account must hold too",
	},
	{
		sign{code: "DUPLICATE_USERNAME", when: renames},
		taken + allOrgs + "Free it where it is in use, or change the pattern, separator or provisioning domain " +
			"so that usernames differ, or set Fields[\"Username\"]",
	},
	{
		sign{code: "DUPLICATE_USERNAME", when: hasMatchValue},
		taken + allOrgs + "The account in the way holds another " + theMatchField + " (Config.MatchField) than " +
			"this user, or none, or is not in sight: if it is this person's, give it the user's " + theMatchField +
			", and it is adopted; " + orDiffer,
	},
	{
		sign{code: "DUPLICATE_USERNAME", when: lacksMatchValue},
		taken + allOrgs + "The user was given no " + theMatchField + " (Config.MatchField), so that nothing " +
			"shows whether the account in the way is this person's: if it is, give the user, and the account, a " +
			"value of it, and the account is adopted; " + orDiffer,
	},

	{sign{code: "DUPLICATE_VALUE", objects: accessObjects}, "The user has this already"},
	{sign{code: "DUPLICATE_VALUE", when: namesMatchField}, matchValueTaken},
	{sign{code: "DUPLICATE_VALUE", fields: []string{"FederationIdentifier"}}, federationIDTaken},
	{
		sign{code: "DUPLICATE_VALUE", fields: []string{"CommunityNickname"}},
		"Another user of the org has this nickname. Leave CommunityNickname out, and Salesforce makes one up, " +
			"or send another",
	},

	{sign{code: "REQUIRED_FIELD_MISSING", fields: []string{"ContactId"}}, withContact},
	{
		sign{code: "REQUIRED_FIELD_MISSING", fields: []string{"CurrencyIsoCode", "DefaultCurrencyIsoCode"}},
		"The org has several currencies, and wants to know the user's. Set CurrencyIsoCode in User.Fields or " +
			"in Config.Defaults (Setup, Manage Currencies)",
	},

	{
		sign{code: "STRING_TOO_LONG", fields: []string{"Username"}},
		"A username has 80 characters at most. Config.Pattern and Config.ProvisioningDomain make it; shorten " +
			"these, or the name in the identity store, or set Fields[\"Username\"]",
	},
	{
		sign{code: "STRING_TOO_LONG", fields: []string{"Alias"}},
		"An alias has 8 characters at most. Leave Alias out, and it is made of the name",
	},

	{sign{code: "INVALID_EMAIL_ADDRESS", fields: []string{"Username"}}, usernameForm},
	{
		sign{code: "INVALID_EMAIL_ADDRESS", fields: []string{"Email"}},
		"Correct the address in the identity store. If it is right, look whether the org takes its domain " +
			"(Setup, Allowed Email Domains)",
	},
	{sign{code: "INVALID_EMAIL_ADDRESS", when: namesFields}, "Correct the address in the identity store"},

	{
		sign{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fields: []string{"TimeZoneSidKey"}},
		"The field takes the time zones that Salesforce knows (Setup, Object Manager, User, Fields & " +
			"Relationships), for example America/Los_Angeles or Europe/Paris",
	},
	{
		sign{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fields: []string{"LocaleSidKey"}},
		"The field takes the locales that Salesforce knows, with language and country, for example en_US or " +
			"fr_FR",
	},
	{
		sign{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fields: []string{"LanguageLocaleKey"}},
		"The field takes the languages of the org, for example en_US, de or fr. Others must be switched on " +
			"(Setup, Translation Language Settings)",
	},
	{
		sign{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fields: []string{"EmailEncodingKey"}},
		"The field takes the encodings that Salesforce knows; UTF-8 always is one",
	},
	{
		sign{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fields: currencyFields},
		"The field takes the active currencies of the org (Setup, Manage Currencies)",
	},
	{sign{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fields: addressFields}, placesListed},

	{sign{code: "FIELD_INTEGRITY_EXCEPTION", phrase: "id value of incorrect type"}, wrongPrefix},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", name: deniedRight},
		"The permission set gives " + theName + ", which the user's licence doesn't allow. Its " + setsLicence,
	},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", name: neededLicence},
		"The user needs the permission set licence " + theName + " first. Name it in " +
			"Access.PermissionSetLicenses",
	},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", name: ofLicence, objects: []string{"PermissionSetAssignment"}},
		setForLicence,
	},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", name: deniedProfile},
		"The user has permissions that the licence of the profile " + theName + " doesn't have. Choose a " +
			"profile of the user's licence (Setup, Profiles, User License), or take away the permission sets that " +
			"need the other",
	},
	{sign{code: "FIELD_INTEGRITY_EXCEPTION", name: ofPlace, fields: addressFields}, placesListed},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", fields: []string{"Email"}}, // it names no cause, but where to look
		"The org refuses this address. Look whether it takes the domain (Setup, Allowed Email Domains), and " +
			"whether the address in the identity store is right",
	},
	{sign{code: "FIELD_INTEGRITY_EXCEPTION", name: ofContact, fields: []string{"ContactId"}}, withContact},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", name: ofManager, fields: []string{"ManagerId"}},
		"Nobody can be their own manager, be it by way of others. Look at the managers of this user's manager",
	},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", name: ofLicence, fields: []string{"ProfileId"}},
		"Salesforce refuses this profile for this user. A profile belongs to a user licence (Setup, Profiles, " +
			"User License), which must be one that this user can have: Salesforce refuses some changes from one " +
			"licence to another",
	},
	{
		sign{code: "FIELD_INTEGRITY_EXCEPTION", name: ofCurrency, fields: currencyFields},
		"The field takes the active currencies of the org (Setup, Manage Currencies)",
	},

	{sign{code: "MALFORMED_ID", name: otherKindOfID}, wrongPrefix},
	{
		sign{code: "MALFORMED_ID", name: noID, when: namesFields},
		theReferences + " is none: Salesforce IDs have 15 or 18 letters and digits, and the last three of 18 " +
			"are a check sum",
	},

	{
		sign{code: "JSON_PARSER_ERROR", name: wrongJSONType},
		"A value has the wrong JSON type for its field, for example a string in place of a boolean",
	},
	{
		sign{code: "INVALID_NEW_PASSWORD", name: passwordReused},
		"The user has had this password before, and the org forbids to use it again (Setup, Password Policies, " +
			"Enforce Password History)",
	},

	{
		sign{code: "CANNOT_EXECUTE_FLOW_TRIGGER", name: flowName},
		"The flow " + theName + " of the org failed, and so did the change. Whoever maintains it can mend it " +
			"(Setup, Flows)",
	},
	{
		sign{code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", name: codeName},
		"The Apex trigger " + theName + " of the org refused the change, and the message says why. Its " +
			"developers can mend it (Setup, Apex Triggers)",
	},
	{
		sign{code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", objects: []string{"User"}},
		"A validation rule or an Apex trigger of the org refused the change, in the words of whoever wrote it, " +
			"who can change it (Setup, Object Manager, User, Validation Rules and Triggers)",
	},
	{
		sign{code: "INACTIVE_OWNER_OR_USER", objects: accessObjects},
		"Salesforce gives this to active users only. Reactivate the user first, or leave its access alone",
	},
	{
		sign{code: "INACTIVE_OWNER_OR_USER", fields: []string{"ManagerId", "DelegatedApproverId"}},
		theReferences + " is that of a user who is inactive. Name an active one, or nobody",
	},
}

// addressFields take what the org lists, where it has state and country picklists.
var addressFields = []string{"Country", "CountryCode", "State", "StateCode"} //nolint:gochecknoglobals // a list

var currencyFields = []string{"CurrencyIsoCode", "DefaultCurrencyIsoCode"} //nolint:gochecknoglobals // a constant list

const placesListed = "The org takes countries and states from a list, and a state only with its country " +
	"(Setup, State and Country/Territory Picklists). Send the codes of that list as CountryCode and StateCode, " +
	"or its names, letter by letter, as Country and State"

func namesMatchField(r requestFacts, p APIProblem) bool {
	return r.match != "" && containsFold(p.Fields, r.match)
}

package sfprov

import "net/http"

var refusalsOfUsernames = []refusal{ //nolint:gochecknoglobals // a constant table
	{
		what: "create, without a match field", asked: aCreate, status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username",
		is:     ErrDuplicateUsername, step: StepUser, cause: "unique across all orgs",
		cure: "Config.MatchField is set|pattern",
	},
	{
		what: "create, with a match value", asked: matching(aCreate, true), status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username",
		is:     ErrDuplicateUsername, step: StepUser, cause: "another Badge__c (Config.MatchField) than this user, or none", cure: "give it the user's Badge__c|pattern",
		never: "once|set Config",
	},
	{
		what: "create, with a match field and no value", asked: matching(aCreate, false), status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username",
		is:     ErrDuplicateUsername, step: StepUser, cause: "given no Badge__c", cure: "a value of it",
		never: "once|set Config",
	},
	{
		what: "rename", asked: matching(anUpdate, false), status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username",
		is:     ErrDuplicateUsername, step: StepUser, cause: "is taken", cure: "pattern|Free it",
		never: "MatchField|adopted",
	},
	{
		what: "delete, without an ID and without a match field", asked: aLeaver, status: 200, code: "DUPLICATE_USERNAME",
		text: "the username is held",
		is:   ErrDuplicateUsername, step: StepUser, cause: "Nobody was locked out", cure: "Give the ID|set Config.MatchField",
		never: "pattern",
	},
	{
		what: "delete, without an ID and a match value", asked: matching(aLeaver, false), status: 200, code: "DUPLICATE_USERNAME",
		text: "the username is held",
		is:   ErrDuplicateUsername, step: StepUser, cause: "Nobody was locked out", cure: "Give the ID|the user's Badge__c",
		never: "pattern|set Config",
	},
	{
		what: "release a username", asked: aRelease, status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username",
		is:     ErrDeactivationBlocked, step: StepUser, cause: "would have been freed", cure: "by hand",
		never: "pattern|MatchField",
	},
	{
		what: "release a username of a leaver", asked: aReleaseLater, status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username",
		is:     ErrDuplicateUsername, step: StepUser, cause: "would have been freed", cure: "by hand",
		never: "pattern|MatchField",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "DUPLICATE_USERNAME",
		text: "Nombre de usuario duplicado.<br>El nombre de usuario ya existe en esta u otra organización de " +
			"Salesforce.",
		fields: "Username",
		is:     ErrDuplicateUsername, step: StepUser, cause: "is taken", cure: "Config.MatchField|pattern",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text: "Username must be in the form of an email address (for example, john@acme.com)", fields: "Username",
		is: ErrInvalidField, step: StepUser, cause: "form of an email address", cure: "Config.Pattern|Config.ProvisioningDomain",
		never: "licence|identity store",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Username must be in the form of an email address (for example, john@acme.com)",
		is:   ErrInvalidField, step: StepUser, cause: "form of an email address", cure: "Config.Pattern",
		never: "licence",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Der Benutzername muss die Form einer E-Mail-Adresse haben", fields: "Username",
		is: ErrInvalidField, step: StepUser, cause: "form of an email address", cure: "Config.ProvisioningDomain",
		never: "licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "STRING_TOO_LONG",
		text: "Username: data value too large: alice@acme.com (max length=80)", fields: "Username",
		is: ErrInvalidField, step: StepUser, cause: "80 characters", cure: "Config.Pattern",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "DUPLICATE_COMM_NICKNAME",
		text: "Duplicate Nickname.<br>Another user has already selected this nickname.", fields: "CommunityNickname",
		is: ErrInvalidField, step: StepUser, cause: "has this nickname", cure: "CommunityNickname out",
	},
}

var refusalsOfValues = []refusal{ //nolint:gochecknoglobals // a constant table
	{
		what: "create", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text: "Required fields are missing: [LastName]", fields: "LastName",
		is: ErrInvalidField, step: StepUser, cause: "require fields", cure: "User.Fields|Config.Defaults",
	},
	{
		what: "create, in Japanese", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text: "値を入力してください: [LastName]", fields: "LastName",
		is: ErrInvalidField, step: StepUser, cause: "require fields", cure: "User.Fields",
	},
	{
		what: "create in an org with several currencies", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text: "Required fields are missing: [CurrencyIsoCode]", fields: "CurrencyIsoCode",
		is: ErrInvalidField, step: StepUser, cause: "several currencies", cure: "Set CurrencyIsoCode",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text: "Required fields are missing: [ContactId]", fields: "ContactId",
		is: ErrInvalidField, step: StepUser, cause: "external licence", cure: "contact that belongs to an account",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "STRING_TOO_LONG",
		text: "Title: data value too large: Head of Approval Process (max length=80)", fields: "Title",
		is: ErrInvalidField, step: StepUser, cure: "Shorten", never: "approval processes|licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "STRING_TOO_LONG",
		text: "Alias: data value too large: alice.jones (max length=8)", fields: "Alias",
		is: ErrInvalidField, step: StepUser, cause: "8 characters", cure: "Leave Alias out", never: "shorten",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text: "Email: invalid email address: alice", fields: "Email",
		is: ErrInvalidField, step: StepUser, cure: "identity store", never: "username",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text: "Correo electrónico: dirección de correo electrónico no válida: alice", fields: "Email",
		is: ErrInvalidField, step: StepUser, cure: "identity store", never: "username",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text: "Sender Email: invalid email address: x", fields: "SenderEmail",
		is: ErrInvalidField, step: StepUser, cure: "identity store", never: "Allowed",
	},
	{
		what: "create, in an org with an allowlist", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text: "Invalid Email Address: Must be in domain(s) acme.com", fields: "Email",
		is: ErrInvalidField, step: StepUser, cause: "domains that it lists", cure: "Allowed Email Domains",
		never: "username",
	},
	{
		what: "create, in an org with an allowlist", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Invalid Email Address: Must be in domain(s) acme.com", fields: "Email",
		is: ErrInvalidField, step: StepUser, cause: "domains that it lists", cure: "Allowed Email Domains",
		never: "licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text: "dirección no válida",
		is:   ErrInvalidField, step: StepUser, never: "username|Pattern",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "Time Zone: bad value for restricted picklist field: Mars/Base", fields: "TimeZoneSidKey",
		is: ErrInvalidField, step: StepUser, cause: "time zones that Salesforce knows", cure: "America/Los_Angeles",
		never: "language|Translation",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "Zeitzone: Ungültiger Wert für eingeschränktes Auswahllistenfeld: Mars/Base", fields: "TimeZoneSidKey",
		is: ErrInvalidField, step: StepUser, cause: "time zones", cure: "Europe/Paris", never: "language|Translation",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "Locale: bad value for restricted picklist field: en", fields: "LocaleSidKey",
		is: ErrInvalidField, step: StepUser, cause: "locales", cure: "en_US", never: "Translation",
	},
	{
		what: "create, in Japanese", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "言語: 制限つき選択リスト項目の値が不適切です: pt", fields: "LanguageLocaleKey",
		is: ErrInvalidField, step: StepUser, cause: "languages of the org", cure: "Translation Language Settings",
		never: "time zone",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "Email Encoding: bad value for restricted picklist field: utf8", fields: "EmailEncodingKey",
		is: ErrInvalidField, step: StepUser, cause: "encodings", cure: "UTF-8",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "Currency: bad value for restricted picklist field: XXX", fields: "CurrencyIsoCode",
		is: ErrInvalidField, step: StepUser, cause: "active currencies", cure: "Manage Currencies",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "Country Code: bad value for restricted picklist field: XX", fields: "CountryCode",
		is: ErrInvalidField, step: StepUser, cause: "from a list", cure: "State and Country/Territory Picklists",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text: "Shift: bad value for restricted picklist field: night", fields: "Shift__c",
		is: ErrInvalidField, step: StepUser, cause: "only the values that the org lists", cure: "Fields & Relationships",
		never: "time zone|language",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "There's a problem with this country, even though it may appear correct. Please select a " +
			"country/territory from the list of valid countries.: Country",
		fields: "Country",
		is:     ErrInvalidField, step: StepUser, cause: "from a list", cure: "CountryCode", never: "licence|new account",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "The existing country/territory doesn't recognize the state value for field: State/Province Code",
		fields: "StateCode",
		is:     ErrInvalidField, step: StepUser, cause: "only with its country", cure: "StateCode", never: "licence",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Hay un problema con este país, aunque parezca correcto.", fields: "Country",
		is: ErrInvalidField, step: StepUser, cause: "from a list", cure: "CountryCode", never: "licence",
	},
	{
		what: "create, in Spanish, no field", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Hay un problema con este contacto",
		is:   ErrInvalidField, step: StepUser, never: "licence|portal|ContactId|Setup",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Digital Experiences isn't enabled for this user",
		is:   ErrInvalidField, step: StepUser, never: "licence|new account|ContactId",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "role type must match user type",
		is:   ErrInvalidField, step: StepUser, cause: "internal users", cure: "Take the role away",
		never: "new account",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Rollentyp muss dem Benutzertyp entsprechen", fields: "UserRoleId",
		is: ErrInvalidField, step: StepUser, cause: "internal users", cure: "Take the role away",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Profile ID: id value of incorrect type: 00E000000000001AAA", fields: "ProfileId",
		is: ErrInvalidField, step: StepUser, cause: "another kind of record", cure: "00e", never: "licence",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "User's Profile can't be set to 'Identity User' because it's derived from a license that doesn't " +
			"require the following permission(s): ChatterInternalUser. Select a different profile.",
		fields: "ProfileId",
		is:     ErrInvalidField, step: StepUser, cause: "\"Identity User\"", cure: "Choose a profile of the user's licence",
		never: "new account",
	},
	{
		what: "update, in Japanese", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "このプロファイルは設定できません", fields: "ProfileId",
		is: ErrInvalidField, step: StepUser, cause: "refuses this profile", cure: "User License",
		never: "new account",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Manager ID: circular reference", fields: "ManagerId",
		is: ErrInvalidField, step: StepUser, cause: "their own manager", cure: "managers of this user's manager",
		never: "licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "bad currency", fields: "CurrencyIsoCode",
		is: ErrInvalidField, step: StepUser, cause: "active currencies", cure: "Manage Currencies",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Contact ID: the contact has no account", fields: "ContactId",
		is: ErrInvalidField, step: StepUser, cause: "external licence", cure: "belongs to an account",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "portal account owner must have a role",
		is:   ErrInvalidField, step: StepUser, cause: "needs a role", cure: "Setup, Users",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT",
		text: "portal user already exists for contact", fields: "ContactId",
		is: ErrInvalidField, step: StepUser, cause: "already", cure: "Update that user",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "DUPLICATE_VALUE",
		text: "This Federation ID is already in use. Use a different Federation ID.",
		is:   ErrInvalidField, step: StepUser, cause: "holds this FederationIdentifier", cure: "Clear it there",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "This Federation ID is already in use. Use a different Federation ID.",
		is:   ErrInvalidField, step: StepUser, cause: "holds this FederationIdentifier", cure: "Clear it there",
		never: "licence",
	},
	{
		what: "create, in Japanese", asked: aCreate, status: 400, code: "DUPLICATE_VALUE",
		text: "この統合 ID はすでに使用されています。", fields: "FederationIdentifier",
		is: ErrInvalidField, step: StepUser, cause: "holds this FederationIdentifier", cure: "Clear it there",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Diese Föderations-ID wird bereits verwendet.", fields: "FederationIdentifier",
		is: ErrInvalidField, step: StepUser, cause: "holds this FederationIdentifier", cure: "Clear it there",
	},
	{
		what: "create, with a match field", asked: matching(aCreate, true), status: 400, code: "DUPLICATE_VALUE",
		text:   "duplicate value found: Badge__c duplicates value on record with id: 005000000000001",
		fields: "Badge__c",
		is:     ErrInvalidField, step: StepUser, cause: "holds this Badge__c", cure: "clear the field there",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "DUPLICATE_VALUE",
		text:   "duplicate value found: Payroll__c duplicates value on record with id: 005000000000001",
		fields: "Payroll__c",
		is:     ErrInvalidField, step: StepUser, cause: "must be unique", cure: "Find the holder",
		never: "FederationIdentifier",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "DUPLICATE_VALUE",
		text: "valor duplicado", fields: "CommunityNickname",
		is: ErrInvalidField, step: StepUser, cause: "has this nickname", cure: "CommunityNickname out",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "MALFORMED_ID",
		text: "Profile ID: id value of incorrect type: standard", fields: "ProfileId",
		is: ErrInvalidField, step: StepUser, cause: "ProfileId is none", cure: "15 or 18",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "MALFORMED_ID",
		text: "malformed id x",
		is:   ErrInvalidField, step: StepUser,
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_CROSS_REFERENCE_KEY",
		text: "invalid cross reference id",
		is:   ErrInvalidField, step: StepUser, cause: "The ID in ProfileId", cure: "look them up",
		never: "stored for another org",
	},
	{
		what: "update", asked: anUpdate, status: 404, code: "INVALID_CROSS_REFERENCE_KEY",
		text: "invalid cross reference id",
		step: StepUser, cause: "No record of this org has that ID", cure: "stored for another org", never: "profile",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_CROSS_REFERENCE_KEY",
		text: "invalid cross reference id",
		is:   ErrInvalidField, step: StepUser, never: "stored",
	},
	{
		what: "update", asked: anUpdate, status: 404, code: "ENTITY_IS_DELETED",
		text: "entity is deleted",
		step: StepUser, cause: "was deleted",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INACTIVE_OWNER_OR_USER",
		text: "operation performed with inactive user", fields: "ManagerId",
		step: StepUser, cause: "ManagerId", cure: "Name an active one",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INACTIVE_OWNER_OR_USER",
		text: "operation performed with inactive user",
		step: StepUser, cause: "inactive",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "JSON_PARSER_ERROR",
		text: "Cannot deserialize instance of boolean from VALUE_STRING value 1 or request may be missing a " +
			"required field at [line:1, column:2]",
		is: ErrInvalidField, step: StepUser, cause: "wrong JSON type",
	},
	{
		what: "set a password", asked: aPassword, status: 400, code: "INVALID_NEW_PASSWORD",
		text: "Your password must have a mix of letters and numbers.",
		is:   ErrInvalidField, step: StepUser, cause: "policy", cure: "Password Policies",
	},
	{
		what: "set a password", asked: aPassword, status: 400, code: "INVALID_NEW_PASSWORD",
		text: "invalid repeated password",
		is:   ErrInvalidField, step: StepUser, cause: "before", cure: "Enforce Password History",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_FIELD_FOR_INSERT_UPDATE",
		text: "Unable to create/update fields: UserType. Please check the security settings of this field and " +
			"verify that it is read/write for your profile or permission set.",
		fields: "UserType",
		is:     ErrInvalidField, step: StepUser, cause: "may not write", cure: "Object Settings",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_FIELD",
		text: "No such column 'Shoe__c' on sobject of type User",
		is:   ErrInvalidField, step: StepUser, cause: "no such field", cure: "field-level security",
		never: "View Setup",
	},
	{
		what: "update, in Spanish", asked: anUpdate, status: 400, code: "INVALID_FIELD",
		text: "No existe la columna",
		is:   ErrInvalidField, step: StepUser, cause: "no such field", never: "field-level|View Setup",
	},
	{
		what: "create in an org with one currency", asked: aCreate, status: 400, code: "INVALID_FIELD",
		text: "No such column 'CurrencyIsoCode' on sobject of type User",
		is:   ErrInvalidField, step: StepUser, cause: "several currencies", cure: "Don't send it",
	},
	{
		what: "create in an org without state and country picklists", asked: aCreate, status: 400, code: "INVALID_FIELD",
		text: "No such column 'CountryCode' on sobject of type User",
		is:   ErrInvalidField, step: StepUser, cause: "switched on", cure: "Send Country",
	},
}

var refusalsOfTheOrg = []refusal{ //nolint:gochecknoglobals // a constant table
	{
		what: "update", asked: anUpdate, status: 400, code: "CANNOT_EXECUTE_FLOW_TRIGGER",
		text: "We can't save this record because the “Measure Savings Field Updates” process failed. Give your " +
			"Salesforce admin these details.",
		step: StepUser, cause: "Measure Savings Field Updates", cure: "maintains it|Setup, Flows",
	},
	{
		what: "update, in Japanese", asked: anUpdate, status: 400, code: "CANNOT_EXECUTE_FLOW_TRIGGER",
		text: "「測定」プロセスが失敗したため、このレコードを保存できません。",
		step: StepUser, cause: "A flow of the org failed", cure: "that the message names",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "hr.SyncUser: execution of AfterUpdate\n\ncaused by: System.NullPointerException",
		step: StepUser, cause: "Apex trigger \"hr.SyncUser\"", cure: "developers", never: "lead owner",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "No se puede",
		step: StepUser, cause: "of the org's own", cure: "maintains",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "hr.SyncUser: execution of AfterUpdate\n\ncaused by: System.DmlException: UNABLE_TO_LOCK_ROW, " +
			"unable to obtain exclusive access",
		is: ErrUnavailable, step: StepAgain, cause: "changing the same records", cure: "Try again",
		never: "developers",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
		text: "Sales hires in spring", fields: "Department",
		is: ErrInvalidField, step: StepUser, cause: "validation rule", cure: "Validation Rules",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
		text: "no",
		is:   ErrInvalidField, step: StepUser, cause: "validation rule", cure: "the object, Validation Rules",
		never: "Object Manager, User",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "DUPLICATES_DETECTED",
		text: "You're creating a duplicate record. We recommend you use an existing record instead.",
		step: StepUser, cause: "duplicate rule", cure: "Setup, Duplicate Rules",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "MIXED_DML_OPERATION",
		text: "DML operation on setup object is not permitted after you have updated a non-setup object (or " +
			"vice versa): User, original object: Account",
		step: StepUser, cause: "forbids in one transaction", cure: "developers",
	},
}

var refusalsOfLicences = []refusal{ //nolint:gochecknoglobals // a constant table
	{
		what: "create", asked: aCreate, status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "License Limit Exceeded",
		is:   ErrLicenseLimit, step: StepUser, cause: "All user licences", cure: "User Licenses",
		never: "feature|UserPermissions",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "Lizenzlimit überschritten",
		is:   ErrLicenseLimit, step: StepUser, cause: "All user licences", cure: "User Licenses", never: "feature",
	},
	{
		what: "create with a feature", asked: withFeatures(aCreate), status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "License limit exceeded",
		is:   ErrLicenseLimit, step: StepUser, cause: "user licences of the profile|feature", cure: "Feature Licenses",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "content feature license limit exceeded",
		is:   ErrLicenseLimit, step: StepUser, cause: "feature \"content\"", cure: "Feature Licenses",
		never: "user licences",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "The feature license is used up",
		is:   ErrLicenseLimit, step: StepUser, cause: "of a feature", cure: "Feature Licenses", never: "user licences",
	},
	{
		what: "give a permission set licence", asked: aLicence, status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "License Limit Exceeded",
		is:   ErrLicenseLimit, step: StepUser, cause: "permission set licences", cure: "Permission Set Licenses",
		never: "profile",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "No more available licenses for this permission set",
		is:   ErrLicenseLimit, step: StepUser, cause: "permission set licences", cure: "Permission Set Licenses",
		never: "integration user",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "permission set license limit exceeded",
		is:   ErrLicenseLimit, step: StepUser, cause: "permission set licences", cure: "Permission Set Licenses",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Can't assign permission set Deal Desk to user Alice. The user license doesn't allow the " +
			"permission: Manage Cases",
		fields: "PermissionSetId",
		is:     ErrInvalidField, step: StepUser, cause: "\"Manage Cases\"",
		cure: "user licence must be that of the user's profile",
	},
	{
		what: "give a permission set, in Spanish", asked: aGrant, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "No se puede asignar el conjunto de permisos", fields: "PermissionSetId",
		is: ErrInvalidField, step: StepUser, cause: "because of a licence", cure: "Access.PermissionSetLicenses",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "DUPLICATE_VALUE",
		text:   "Duplicate PermissionSetAssignment.  Assignee: 005000000000001; Permission Set: 0PS000000000001",
		fields: "AssigneeId PermissionSetId",
		is:     ErrInvalidField, step: StepUser, cause: "has this already", never: "FederationIdentifier",
	},
	{
		what: "give a permission set to a leaver", asked: aGrant, status: 400, code: "INACTIVE_OWNER_OR_USER",
		text: "operation performed with inactive user",
		step: StepUser, cause: "active users only", cure: "Reactivate",
	},
	{
		what: "put a portal user into a group", asked: aMember, status: 400, code: "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
		text: "High-volume portal users cannot be members",
		is:   ErrInvalidField, step: StepUser, cause: "users of this type",
	},
}

var refusalsOfRights = []refusal{ //nolint:gochecknoglobals // a constant table
	{
		what: "read the login", asked: aQuery("UserLogin"), status: 400, code: "INVALID_TYPE",
		text: "SELECT Id FROM UserLogin ^ ERROR at Row:1:Column:16 sObject type 'UserLogin' is not supported.",
		is:   ErrPermission, step: StepSetup, cause: "can't see", cure: "Manage Users or Freeze Users",
		never: "Manage Internal Users",
	},
	{
		what: "read the login, in German", asked: aQuery("UserLogin"), status: 400, code: "INVALID_TYPE",
		text: "sObject-Typ 'UserLogin' wird nicht unterstützt.",
		is:   ErrPermission, step: StepSetup, cause: "can't see", cure: "Manage Users or Freeze Users",
		never: "Manage Internal Users",
	},
	{
		what: "freeze", asked: aFreeze, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", cure: "Manage Users or Freeze Users",
		never: "Manage Internal Users",
	},
	{
		what: "read the login", asked: aQuery("UserLogin"), status: 400, code: "INVALID_FIELD",
		text: "No such column 'IsFrozen' on entity 'UserLogin'.",
		is:   ErrInvalidField, step: StepUser, cause: "can't see this field", cure: "Manage Users or Freeze Users",
		never: "field-level",
	},
	{
		what: "read what a user has", asked: aQuery("PermissionSetAssignment"), status: 400, code: "INVALID_TYPE",
		text: "sObject type 'PermissionSetAssignment' is not supported.",
		is:   ErrPermission, step: StepSetup, cause: "can't see",
		cure: "Assign Permission Sets|View Setup and Configuration",
	},
	{
		what: "read groups", asked: aQuery("GroupMember"), status: 400, code: "INVALID_TYPE",
		text: "sObject type 'GroupMember' is not supported.",
		is:   ErrPermission, step: StepSetup, cause: "can't see", cure: "Manage Users", never: "Freeze",
	},
	{
		what: "read licences", asked: aQuery("UserLicense"), status: 400, code: "INVALID_TYPE",
		text: "sObject type 'UserLicense' is not supported.",
		is:   ErrPermission, step: StepSetup, cause: "can't see", cure: "View Setup and Configuration", never: "Manage",
	},
	{
		what: "read roles", asked: aQuery("UserRole"), status: 400, code: "INVALID_TYPE",
		text: "sObject type 'UserRole' is not supported.",
		is:   ErrPermission, step: StepSetup, cause: "can't see", cure: "View Roles and Role Hierarchy",
		never: "Manage",
	},
	{
		what: "read users", asked: aQuery("User"), status: 400, code: "INVALID_TYPE",
		text: "sObject type 'User' is not supported.",
		is:   ErrPermission, step: StepSetup, cause: "can't see", cure: "Manage Internal Users",
	},
	{
		what: "read something", asked: requestFacts{}, status: 400, code: "INVALID_TYPE",
		text: "sObject type 'X' is not supported.",
		is:   ErrPermission, step: StepSetup, cause: "no such kind of record", never: "Manage",
	},
	{
		what: "give a permission set", asked: aGrant, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", cure: "Assign Permission Sets",
		never: "Manage Internal Users",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "entity type cannot be inserted: Permission Set Assignment",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Assign Permission Sets", never: "trigger",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		text: "insufficient access rights on cross-reference id: 0PS000000000001",
		is:   ErrPermission, step: StepUser, cause: "may not give", cure: "Assign Permission Sets",
	},
	{
		what: "put a user into a group", asked: aMember, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", cure: "Manage Users", never: "Assign",
	},
	{
		what: "set a password", asked: aPassword, status: 403, code: "INSUFFICIENT_ACCESS",
		text: "You do not have permission to view this record.",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", cure: "Reset User Passwords",
		never: "Manage Internal Users",
	},
	{
		what: "create", asked: aCreate, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right",
		cure: "Manage Internal Users|Manage External Users",
	},
	{
		what: "create", asked: aCreate, status: 403, code: "INSUFFICIENT_ACCESS",
		text: "no",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Manage Internal Users",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "entity type cannot be inserted: User",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Manage Internal Users", never: "trigger",
	},
	{
		what: "create something", asked: requestFacts{}, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "entity type cannot be inserted: Thing",
		is:   ErrPermission, step: StepSetup, cause: "may not create", cure: "Object Settings", never: "trigger",
	},
	{
		what: "update an administrator", asked: anUpdate, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepUser, cause: "at least as wide", cure: "administrators|Manage Internal Users",
	},
	{
		what: "update an administrator", asked: anUpdate, status: 403, code: "INSUFFICIENT_ACCESS",
		text: "no",
		is:   ErrPermission, step: StepUser, cause: "at least as wide", cure: "administrators",
	},
	{
		what: "change something", asked: requestFacts{}, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", never: "Manage",
	},
	{
		what: "change something", asked: requestFacts{}, status: 403, code: "INSUFFICIENT_ACCESS",
		text: "no",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", never: "Manage",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on cross-reference id",
		is:   ErrPermission, step: StepUser, cause: "referred to",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		text: "insufficient access rights on cross-reference id: 00e", fields: "ProfileId",
		is: ErrPermission, step: StepUser, cause: "this profile", cure: "widen the rights",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		text: "derechos insuficientes",
		is:   ErrPermission, step: StepUser, cause: "referred to", never: "profile",
	},
	{
		what: "create", asked: aCreate, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "Cannot insert a user of type guest",
		is:   ErrPermission, step: StepUser, cause: "for guests", cure: "Choose another",
		never: "Manage Internal Users",
	},
	{
		what: "make an administrator", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Cannot grant or remove a profile with modify all data, without having the modify all data " +
			"permission yourself.",
		fields: "ProfileId",
		is:     ErrPermission, step: StepUser, cause: "lacks Modify All Data", cure: "leave administrators alone",
		never: "new account|licence",
	},
	{
		what: "find", asked: aQuery("User"), status: 400, code: "INVALID_FIELD",
		text: "SELECT ProfileId FROM User ^ ERROR at Row:1 No such column 'ProfileId' on entity 'User'.",
		is:   ErrPermission, step: StepSetup, cause: "may not see profiles", cure: "View Setup and Configuration",
		never: "field-level",
	},
	{
		what: "find", asked: aQuery("User"), status: 400, code: "INVALID_FIELD",
		text: "SELECT UserRoleId FROM User ^ ERROR at Row:1 No such column 'UserRoleId' on entity 'User'.",
		is:   ErrPermission, step: StepSetup, cause: "may not see roles", cure: "View Roles and Role Hierarchy",
		never: "field-level",
	},
	{
		what: "find", asked: aQuery("User"), status: 400, code: "INVALID_FIELD",
		text: "Didn't understand relationship 'Profile' in field path. If you are attempting to use a custom " +
			"relationship, be sure to append the '__r'",
		is: ErrPermission, step: StepSetup, cause: "may not see profiles", cure: "View Setup and Configuration",
		never: "__r",
	},
	{
		what: "find", asked: aQuery("User"), status: 400, code: "INVALID_FIELD",
		text: "Didn't understand relationship 'UserRole' in field path.",
		is:   ErrPermission, step: StepSetup, cause: "may not see roles", cure: "View Roles and Role Hierarchy",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_FIELD",
		text: "No such column 'ProfileId' on sobject of type User",
		is:   ErrInvalidField, step: StepUser, cause: "may not see profiles", cure: "View Setup and Configuration",
		never: "field-level",
	},
	{
		what: "find", asked: matching(aQuery("User"), false), status: 400, code: "INVALID_FIELD",
		text: "Id, Badge__c FROM User ^ ERROR at Row:1 No such column 'Badge__c' on entity 'User'.",
		is:   ErrInvalidField, step: StepSetup, cause: "Config.MatchField names", cure: "field-level security",
		never: "View Setup",
	},
}

var refusalsOfDeactivations = []refusal{ //nolint:gochecknoglobals // a constant table
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
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead creator", cure: "Web-to-Lead", never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "HEARD_OF_BY_NOBODY",
		text: "You cannot disable the Web-to-Lead Default Creator.",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead creator", cure: "Web-to-Lead", never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "This user is the Default Lead Creator",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead creator", cure: "Web-to-Lead", never: "case",
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
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default case creator", cure: "Web-to-Case", never: "lead",
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
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead owner", cure: "Lead Settings", never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "DELETE_FAILED",
		text: "You cannot deactivate a user who is the default owner of leads",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default lead owner", cure: "Lead Settings", never: "case",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "You cannot deactivate the Default Workflow User",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "default workflow user", cure: "Process Automation Settings",
		never: "lead",
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
		is:   ErrDeactivationBlocked, step: StepUser, cause: "big deal alert", cure: "Big Deal Alert", never: "lead",
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
		is:   ErrDeactivationBlocked, step: StepUser, cause: "Apex trigger \"T\"", cure: "developers", never: "lead",
	},
	{
		what: "deactivate", asked: aDeactivate, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrDeactivationBlocked, step: StepUser, cause: "at least as wide", cure: "administrators", never: "lead",
	},
	{
		what: "take away a permission set", asked: requestOf(deleteRecord("PermissionSetAssignment", "0Pa000000000001AAA")), status: 400, code: "DELETE_FAILED",
		text: "in use",
		step: StepUser, cause: "still in use", never: "lead|deactivate",
	},
}

var refusalsOfTheWay = []refusal{ //nolint:gochecknoglobals // a constant table
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
		what: "update", asked: anUpdate, status: 401, code: "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
		text: "The users password has expired, you must call SetPassword before attempting any other API operations",
		is:   ErrAuth, step: StepSetup, cause: "password has expired", cure: "Password Never Expires", never: "prox",
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
		text: "no",
		is:   ErrPermission, step: StepUser, never: "Manage",
	},
}

// refusals are answers of the data API that are documented or were seen.
var refusals = []struct { //nolint:gochecknoglobals // a constant table
	title string
	cases []refusal
}{
	{"Usernames", refusalsOfUsernames},
	{"Values", refusalsOfValues},
	{"What the org itself does", refusalsOfTheOrg},
	{"Licences", refusalsOfLicences},
	{"Rights that are missing", refusalsOfRights},
	{"Deactivations that are refused", refusalsOfDeactivations},
	{"The org, the API and the way there", refusalsOfTheWay},
}

package sfprov

var refusalsOfUsernames = []refusal{
	{
		what: "create, without a match field", asked: aCreate, status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username", is: ErrDuplicateUsername, step: StepUser, cause: "unique across all orgs",
		cure: "Config.MatchField is set|pattern",
	},
	{
		what: "create, with a match value", asked: matching(aCreate, true), status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username", is: ErrDuplicateUsername, step: StepUser,
		cause: "another Badge__c (Config.MatchField) than this user, or none",
		cure:  "give it the user's Badge__c|pattern", never: "once|set Config",
	},
	{
		what: "create, with a match field and no value", asked: matching(aCreate, false), status: 400,
		code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username", is: ErrDuplicateUsername, step: StepUser, cause: "given no Badge__c",
		cure: "a value of it", never: "once|set Config",
	},
	{
		what: "rename", asked: matching(anUpdate, false), status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username", is: ErrDuplicateUsername, step: StepUser, cause: "is taken", cure: "pattern|Free it",
		never: "MatchField|adopted",
	},
	{
		what: "delete, without an ID and without a match field", asked: aLeaver, status: 200, code: "DUPLICATE_USERNAME",
		text: "the username is held",
		is:   ErrDuplicateUsername, step: StepUser, cause: "Nobody was locked out",
		cure: "Give the ID|set Config.MatchField", never: "pattern",
	},
	{
		what: "delete, without an ID and a match value", asked: matching(aLeaver, false), status: 200,
		code: "DUPLICATE_USERNAME",
		text: "the username is held",
		is:   ErrDuplicateUsername, step: StepUser, cause: "Nobody was locked out",
		cure: "Give the ID|the user's Badge__c", never: "pattern|set Config",
	},
	{
		what: "release a username", asked: aRelease, status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username", is: ErrDeactivationBlocked, step: StepUser, cause: "would have been freed",
		cure: "by hand", never: "pattern|MatchField",
	},
	{
		what: "release a username of a leaver", asked: aReleaseLater, status: 400, code: "DUPLICATE_USERNAME",
		text: "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different " +
			"username (it doesn't need to match the user's email address). ",
		fields: "Username", is: ErrDuplicateUsername, step: StepUser, cause: "would have been freed",
		cure: "by hand", never: "pattern|MatchField",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "DUPLICATE_USERNAME",
		text: "Nombre de usuario duplicado.<br>El nombre de usuario ya existe en esta u otra organización de " +
			"Salesforce.",
		fields: "Username", is: ErrDuplicateUsername, step: StepUser, cause: "is taken",
		cure: "Config.MatchField|pattern",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text:   "Username must be in the form of an email address (for example, john@acme.com)",
		fields: "Username", is: ErrInvalidField, step: StepUser, cause: "form of an email address",
		cure: "Config.Pattern|Config.ProvisioningDomain", never: "licence|identity store",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Username must be in the form of an email address (for example, john@acme.com)",
		is:   ErrInvalidField, step: StepUser, cause: "form of an email address", cure: "Config.Pattern",
		never: "licence",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Der Benutzername muss die Form einer E-Mail-Adresse haben",
		fields: "Username", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "licence|email",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "STRING_TOO_LONG",
		text:   "Username: data value too large: alice@acme.com (max length=80)",
		fields: "Username", is: ErrInvalidField, step: StepUser, cause: "80 characters", cure: "Config.Pattern",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "DUPLICATE_COMM_NICKNAME",
		text:   "Duplicate Nickname.<br>Another user has already selected this nickname.",
		fields: "CommunityNickname", is: ErrInvalidField, step: StepUser, cause: "has this nickname",
		cure: "CommunityNickname out",
	},
}

var refusalsOfValues = []refusal{
	{
		what: "create", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text:   "Required fields are missing: [LastName]",
		fields: "LastName", is: ErrInvalidField, step: StepUser, cause: "require fields",
		cure: "User.Fields|Config.Defaults",
	},
	{
		what: "create, in Japanese", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text:   "値を入力してください: [LastName]",
		fields: "LastName", is: ErrInvalidField, step: StepUser, cause: "require fields", cure: "User.Fields",
	},
	{
		what: "create in an org with several currencies", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text:   "Required fields are missing: [CurrencyIsoCode]",
		fields: "CurrencyIsoCode", is: ErrInvalidField, step: StepUser, cause: "several currencies",
		cure: "Set CurrencyIsoCode",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "REQUIRED_FIELD_MISSING",
		text:   "Required fields are missing: [ContactId]",
		fields: "ContactId", is: ErrInvalidField, step: StepUser, cause: "external licence",
		cure: "contact that belongs to an account",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "STRING_TOO_LONG",
		text:   "Title: data value too large: Head of Approval Process (max length=80)",
		fields: "Title", is: ErrInvalidField, step: StepUser, cure: "Shorten",
		never: "approval processes|licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "STRING_TOO_LONG",
		text:   "Alias: data value too large: alice.jones (max length=8)",
		fields: "Alias", is: ErrInvalidField, step: StepUser, cause: "8 characters", cure: "Leave Alias out",
		never: "shorten",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text:   "Email: invalid email address: alice",
		fields: "Email", is: ErrInvalidField, step: StepUser, cure: "identity store", never: "username",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text:   "Correo electrónico: dirección de correo electrónico no válida: alice",
		fields: "Email", is: ErrInvalidField, step: StepUser, cure: "identity store", never: "username",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text:   "Sender Email: invalid email address: x",
		fields: "SenderEmail", is: ErrInvalidField, step: StepUser, cure: "identity store", never: "Allowed",
	},
	{
		what: "create, in an org with an allowlist", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text:   "Invalid Email Address: Must be in domain(s) acme.com",
		fields: "Email", is: ErrInvalidField, step: StepUser, cause: "domains that it lists",
		cure: "Allowed Email Domains", never: "username",
	},
	{
		what: "create, in an org with an allowlist", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Invalid Email Address: Must be in domain(s) acme.com",
		fields: "Email", is: ErrInvalidField, step: StepUser, cause: "domains that it lists",
		cure: "Allowed Email Domains", never: "licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_EMAIL_ADDRESS",
		text: "dirección no válida",
		is:   ErrInvalidField, step: StepUser, never: "username|Pattern",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "Time Zone: bad value for restricted picklist field: Mars/Base",
		fields: "TimeZoneSidKey", is: ErrInvalidField, step: StepUser, cause: "time zones that Salesforce knows",
		cure: "America/Los_Angeles", never: "language|Translation",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "Zeitzone: Ungültiger Wert für eingeschränktes Auswahllistenfeld: Mars/Base",
		fields: "TimeZoneSidKey", is: ErrInvalidField, step: StepUser, cause: "time zones", cure: "Europe/Paris",
		never: "language|Translation",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "Locale: bad value for restricted picklist field: en",
		fields: "LocaleSidKey", is: ErrInvalidField, step: StepUser, cause: "locales", cure: "en_US",
		never: "Translation",
	},
	{
		what: "create, in Japanese", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "言語: 制限つき選択リスト項目の値が不適切です: pt",
		fields: "LanguageLocaleKey", is: ErrInvalidField, step: StepUser, cause: "languages of the org",
		cure: "Translation Language Settings", never: "time zone",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "Email Encoding: bad value for restricted picklist field: utf8",
		fields: "EmailEncodingKey", is: ErrInvalidField, step: StepUser, cause: "encodings", cure: "UTF-8",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "Currency: bad value for restricted picklist field: XXX",
		fields: "CurrencyIsoCode", is: ErrInvalidField, step: StepUser, cause: "active currencies",
		cure: "Manage Currencies",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "Country Code: bad value for restricted picklist field: XX",
		fields: "CountryCode", is: ErrInvalidField, step: StepUser, cause: "from a list",
		cure: "State and Country/Territory Picklists",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		text:   "Shift: bad value for restricted picklist field: night",
		fields: "Shift__c", is: ErrInvalidField, step: StepUser, cause: "only the values that the org lists",
		cure: "Fields & Relationships", never: "time zone|language",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "There's a problem with this country, even though it may appear correct. Please select a " +
			"country/territory from the list of valid countries.: Country",
		fields: "Country", is: ErrInvalidField, step: StepUser, cause: "from a list", cure: "CountryCode",
		never: "licence|new account",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "The existing country/territory doesn't recognize the state value for field: State/Province Code",
		fields: "StateCode", is: ErrInvalidField, step: StepUser, cause: "only with its country",
		cure: "StateCode", never: "licence",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Diese Domain ist nicht zugelassen",
		fields: "Email", is: ErrInvalidField, step: StepUser, cause: "refuses this address",
		cure: "Allowed Email Domains", never: "licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "HEARD_OF_BY_NOBODY",
		text: "Username must be in the form of an email address (for example, john@acme.com)",
		step: StepUser, cause: "form of an email address", cure: "Config.Pattern",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Hay un problema con este país, aunque parezca correcto.",
		fields: "Country", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "licence|list",
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
		text:   "Rollentyp muss dem Benutzertyp entsprechen",
		fields: "UserRoleId", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "internal|role",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Manager-ID: ID-Wert des falschen Typs: 001000000000001AAA",
		fields: "ManagerId", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "own manager",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Federation ID: value not allowed for this user type",
		fields: "FederationIdentifier", is: ErrInvalidField, step: StepUser, cause: "doesn't fit",
		never: "Another user",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "ID de perfil: valor de Id. de tipo incorrecto: 00E000000000001AAA",
		fields: "ProfileId", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "licence",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "ID de contacto: no permitido",
		fields: "ContactId", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "licence|account",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Wert nicht erlaubt",
		fields: "CurrencyIsoCode", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "currenc",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Profile ID: id value of incorrect type: 00E000000000001AAA",
		fields: "ProfileId", is: ErrInvalidField, step: StepUser, cause: "another kind of record", cure: "00e",
		never: "licence",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "User's Profile can't be set to 'Identity User' because it's derived from a license that doesn't " +
			"require the following permission(s): ChatterInternalUser. Select a different profile.",
		fields: "ProfileId", is: ErrInvalidField, step: StepUser, cause: "\"Identity User\"",
		cure: "Choose a profile of the user's licence", never: "new account",
	},
	{
		what: "update, in Japanese", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "このプロファイルは設定できません",
		fields: "ProfileId", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "licence",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Profile ID: the license of the user can't be changed",
		fields: "ProfileId", is: ErrInvalidField, step: StepUser, cause: "refuses this profile",
		cure: "User License", never: "new account",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Manager ID: circular reference",
		fields: "ManagerId", is: ErrInvalidField, step: StepUser, cause: "their own manager",
		cure: "managers of this user's manager", never: "licence",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "bad currency",
		fields: "CurrencyIsoCode", is: ErrInvalidField, step: StepUser, cause: "active currencies",
		cure: "Manage Currencies",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Contact ID: the contact has no account",
		fields: "ContactId", is: ErrInvalidField, step: StepUser, cause: "external licence",
		cure: "belongs to an account",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "UNKNOWN_EXCEPTION",
		text: "portal account owner must have a role",
		is:   ErrInvalidField, step: StepUser, cause: "needs a role", cure: "Setup, Users",
	},
	{
		what: "create of a portal user", asked: aCreate, status: 400, code: "PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT",
		text:   "portal user already exists for contact",
		fields: "ContactId", is: ErrInvalidField, step: StepUser, cause: "already", cure: "Update that user",
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
		text:   "この統合 ID はすでに使用されています。",
		fields: "FederationIdentifier", is: ErrInvalidField, step: StepUser,
		cause: "holds this FederationIdentifier", cure: "Clear it there",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Diese Föderations-ID wird bereits verwendet.",
		fields: "FederationIdentifier", is: ErrInvalidField, step: StepUser, cause: "doesn't fit",
		never: "Another user",
	},
	{
		what: "create, with a match field", asked: matching(aCreate, true), status: 400, code: "DUPLICATE_VALUE",
		text:   "duplicate value found: Badge__c duplicates value on record with id: 005000000000001",
		fields: "Badge__c", is: ErrInvalidField, step: StepUser, cause: "holds this Badge__c",
		cure: "clear the field there",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "DUPLICATE_VALUE",
		text:   "duplicate value found: Payroll__c duplicates value on record with id: 005000000000001",
		fields: "Payroll__c", is: ErrInvalidField, step: StepUser, cause: "must be unique",
		cure: "Find the holder", never: "FederationIdentifier",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "DUPLICATE_VALUE",
		text:   "valor duplicado",
		fields: "CommunityNickname", is: ErrInvalidField, step: StepUser, cause: "has this nickname",
		cure: "CommunityNickname out",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "MALFORMED_ID",
		text:   "Profile ID: id value of incorrect type: standard",
		fields: "ProfileId", is: ErrInvalidField, step: StepUser, cause: "ProfileId is none", cure: "15 or 18",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "MALFORMED_ID",
		text:   "Role ID: id value of incorrect type: 00e000000000001AAA",
		fields: "UserRoleId", is: ErrInvalidField, step: StepUser, cause: "another kind of record", cure: "00E",
		never: "check sum",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "MALFORMED_ID",
		text:   "Profil-ID: ID-Wert des falschen Typs: 00E000000000001AAA",
		fields: "ProfileId", is: ErrInvalidField, step: StepUser, cause: "not the record ID that the field takes",
		never: "check sum|begin with",
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
		step: StepUser, cause: "No record of this org has that ID", cure: "stored for another org",
		never: "profile",
	},
	{
		what: "update, a row of many", asked: anUpdate, status: 400, code: "INVALID_CROSS_REFERENCE_KEY",
		text: "invalid cross reference id",
		step: StepUser, cause: "No record of this org has that ID", cure: "stored for another org",
		never: "profile",
	},
	{
		what: "something", asked: requestFacts{}, status: 400, code: "INVALID_CROSS_REFERENCE_KEY",
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
		text:   "operation performed with inactive user",
		fields: "ManagerId", step: StepUser, cause: "ManagerId", cure: "Name an active one",
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
		what: "update", asked: anUpdate, status: 400, code: "JSON_PARSER_ERROR",
		text: "Unexpected character at [line:1, column:2]",
		is:   ErrInvalidField, step: StepUser, cause: "can't read the JSON", never: "JSON type",
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
		fields: "UserType", is: ErrInvalidField, step: StepUser, cause: "may not write", cure: "Object Settings",
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

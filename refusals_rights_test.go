package sfprov

var refusalsOfTheOrg = []refusal{
	{
		what: "update", asked: anUpdate, status: 400, code: "CANNOT_EXECUTE_FLOW_TRIGGER",
		text: "We can't save this record because the “Measure Savings Field Updates” process failed. Give your " +
			"Salesforce admin these details.",
		step: StepUser, cause: "Measure Savings Field Updates", cure: "maintains it|Setup, Flows",
	},
	{
		what: "update", asked: anUpdate, status: 400, code: "CANNOT_EXECUTE_FLOW_TRIGGER",
		text: "An error occurred in the flow \"User Sync\".",
		step: StepUser, cause: "\"User Sync\"", cure: "maintains it",
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
		step: StepUser, cause: "refused the change", never: "Apex|trigger|maintains",
	},
	{
		what: "create, in German", asked: aCreate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "Entitätstyp kann nicht eingefügt werden: Benutzer",
		step: StepUser, cause: "refused the change", never: "Apex|trigger|right|may not create",
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
		text:   "Sales hires in spring",
		fields: "Department", is: ErrInvalidField, step: StepUser, cause: "validation rule",
		cure: "Validation Rules",
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

var refusalsOfLicences = []refusal{
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
		is:   ErrLicenseLimit, step: StepUser, cause: "user licences of the profile|feature",
		cure: "Feature Licenses",
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
		is:   ErrLicenseLimit, step: StepUser, cause: "of a feature", cure: "Feature Licenses",
		never: "user licences",
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
		fields: "PermissionSetId", is: ErrInvalidField, step: StepUser, cause: "\"Manage Cases\"",
		cure: "user licence must be that of the user's profile",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Can't assign permission set Console. The user needs the \"Sales Console User\" permission set license",
		is:   ErrInvalidField, step: StepUser, cause: "\"Sales Console User\"",
		cure: "Access.PermissionSetLicenses",
	},
	{
		what: "give a permission set licence", asked: aLicence, status: 400, code: "LICENSE_LIMIT_EXCEEDED",
		text: "No licenses left of permission set license 'Sales Console User'",
		is:   ErrLicenseLimit, step: StepUser, cause: "\"Sales Console User\"", cure: "Permission Set Licenses",
		never: "profile",
	},
	{
		what: "give a permission set, in Spanish", asked: aGrant, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "No se puede asignar el conjunto de permisos",
		fields: "PermissionSetId", is: ErrInvalidField, step: StepUser, never: "licence",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "Can't assign a permission set that is owned by a profile",
		fields: "PermissionSetId", is: ErrInvalidField, step: StepUser, cause: "doesn't fit", never: "licence",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text:   "The user's license doesn't match the permission set's license",
		fields: "PermissionSetId", is: ErrInvalidField, step: StepUser, cause: "because of a licence",
		cure: "Access.PermissionSetLicenses",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "DUPLICATE_VALUE",
		text:   "Duplicate PermissionSetAssignment.  Assignee: 005000000000001; Permission Set: 0PS000000000001",
		fields: "AssigneeId PermissionSetId", is: ErrInvalidField, step: StepUser, cause: "has this already",
		never: "FederationIdentifier",
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

var refusalsOfRights = []refusal{
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
		is:   ErrPermission, step: StepSetup, cause: "can't see", cure: "View Setup and Configuration",
		never: "Manage",
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
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Assign Permission Sets",
		never: "Manage Internal Users",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "entity type cannot be inserted: Permission Set Assignment",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Assign Permission Sets",
		never: "trigger",
	},
	{
		what: "give a permission set", asked: aGrant, status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		text: "insufficient access rights on cross-reference id: 0PS000000000001",
		is:   ErrPermission, step: StepUser, cause: "may not give", cure: "Assign Permission Sets",
	},
	{
		what: "put a user into a group", asked: aMember, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Manage Users", never: "Assign",
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
		text: "Insufficient access rights on object id",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Manage Internal Users",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 403, code: "INSUFFICIENT_ACCESS",
		text: "no tiene permiso",
		is:   ErrPermission, step: StepUser, cause: "doesn't allow", never: "lacks|Manage|profile",
	},
	{
		what: "create, in Spanish", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "derechos de acceso insuficientes en el Id. de referencia cruzada: 00e000000000001",
		is:   ErrPermission, step: StepUser, cause: "doesn't allow", never: "lacks|Manage|profile",
	},
	{
		what: "create, of a field", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text:   "insufficient access rights on object id",
		fields: "ProfileId", is: ErrPermission, step: StepUser, cause: "doesn't allow", never: "lacks|Manage",
	},
	{
		what: "give a permission set, in German", asked: aGrant, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "Unzureichende Zugriffsrechte für querverwiesene ID",
		is:   ErrPermission, step: StepUser, cause: "doesn't allow", never: "lacks|Assign",
	},
	{
		what: "update, in German", asked: anUpdate, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "Unzureichende Zugriffsrechte für querverwiesene ID",
		is:   ErrPermission, step: StepUser, cause: "doesn't allow", never: "lacks|at least as wide|Manage",
	},
	{
		what: "read the login, in German", asked: aQuery("UserLogin"), status: 403, code: "INSUFFICIENT_ACCESS",
		text: "nein",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Manage Users or Freeze Users",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "entity type cannot be inserted: User",
		is:   ErrPermission, step: StepSetup, cause: "lacks a right", cure: "Manage Internal Users",
		never: "trigger",
	},
	{
		what: "create something", asked: requestFacts{}, status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		text: "entity type cannot be inserted: Thing",
		is:   ErrPermission, step: StepSetup, cause: "may not create", cure: "Object Settings", never: "trigger",
	},
	{
		what: "update an administrator", asked: anUpdate, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepUser, cause: "at least as wide",
		cure: "administrators|Manage Internal Users",
	},
	{
		what: "update an administrator", asked: anUpdate, status: 403, code: "INSUFFICIENT_ACCESS",
		text: "You do not have permission to view this record.",
		is:   ErrPermission, step: StepUser, cause: "at least as wide", cure: "administrators",
	},
	{
		what: "change something", asked: requestFacts{}, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on object id",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", never: "Manage",
	},
	{
		what: "change something", asked: requestFacts{}, status: 403, code: "INSUFFICIENT_ACCESS",
		text: "You do not have permission to view this record.",
		is:   ErrPermission, step: StepUser, cause: "lacks a right", never: "Manage",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "insufficient access rights on cross-reference id",
		is:   ErrPermission, step: StepUser, cause: "referred to",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		text:   "insufficient access rights on cross-reference id: 00e",
		fields: "ProfileId", is: ErrPermission, step: StepUser, cause: "this profile", cure: "widen the rights",
	},
	{
		what: "create", asked: aCreate, status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		text: "derechos insuficientes",
		is:   ErrPermission, step: StepUser, cause: "referred to", never: "profile",
	},
	{
		what: "create", asked: aCreate, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY",
		text: "Cannot insert a user of type guest",
		is:   ErrPermission, step: StepUser, cause: "\"guest\"", cure: "Choose another profile",
		never: "Manage Internal Users",
	},
	{
		what: "make an administrator", asked: anUpdate, status: 400, code: "FIELD_INTEGRITY_EXCEPTION",
		text: "Cannot grant or remove a profile with modify all data, without having the modify all data " +
			"permission yourself.",
		fields: "ProfileId", is: ErrPermission, step: StepUser, cause: "lacks Modify All Data",
		cure: "leave administrators alone", never: "new account|licence",
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
		is:   ErrPermission, step: StepSetup, cause: "may not see profiles", cure: "View Setup and Configuration",
		never: "field-level",
	},
	{
		what: "update", asked: matching(anUpdate, true), status: 400, code: "INVALID_FIELD_FOR_INSERT_UPDATE",
		text: "Unable to create/update fields: Badge__c. Please check the security settings of this field.",
		is:   ErrInvalidField, step: StepSetup, cause: "may not write the match field", cure: "edit access",
	},
	{
		what: "find", asked: matching(aQuery("User"), false), status: 400, code: "INVALID_FIELD",
		text: "Id, Badge__c FROM User ^ ERROR at Row:1 No such column 'Badge__c' on entity 'User'.",
		is:   ErrInvalidField, step: StepSetup, cause: "Config.MatchField names", cure: "field-level security",
		never: "View Setup",
	},
}

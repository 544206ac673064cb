package sfprov

import (
	"net/http"
	"regexp"
)

// whereRights is where an administrator gives the rights of rightTo.
const whereRights = " (Setup, Permission Sets, the integration user's, System Permissions)"

// Rights, as Setup calls them.
const (
	viewSetup       = "View Setup and Configuration"
	viewRoles       = "View Roles and Role Hierarchy"
	assignSets      = "Assign Permission Sets"
	manageUsers     = "Manage Users"
	freezeUsers     = "Manage Users or Freeze Users"
	resetPasswords  = "Reset User Passwords and Unlock Users" //nolint:gosec // a name, not a credential
	manageInternals = "Manage Internal Users, or Manage External Users for users of portals and Experience Cloud sites"
)

// rightsToRead and rightsToWrite are what each object needs. See the special access
// rules of each in the Object Reference for Salesforce.
var rightsToRead = map[string]string{ //nolint:gochecknoglobals // a constant table
	"User":                       manageInternals,
	"UserLogin":                  freezeUsers,
	"PermissionSetAssignment":    viewSetup + ", " + assignSets + " or " + manageUsers,
	"PermissionSetLicenseAssign": viewSetup + " or " + assignSets,
	"Profile":                    viewSetup,
	"PermissionSet":              viewSetup,
	"PermissionSetGroup":         viewSetup,
	"PermissionSetLicense":       viewSetup,
	"UserLicense":                viewSetup,
	"UserRole":                   viewRoles,
	"Group":                      manageUsers,
	"GroupMember":                manageUsers,
}

var rightsToWrite = map[string]string{ //nolint:gochecknoglobals // a constant table
	"User":                       manageInternals,
	"UserLogin":                  freezeUsers,
	"PermissionSetAssignment":    assignSets,
	"PermissionSetLicenseAssign": assignSets,
	"GroupMember":                manageUsers,
}

// rightTo is the right that a request needs; empty if it is not known.
func rightTo(asked requestFacts) string {
	switch {
	case asked.password:
		return resetPasswords
	case asked.reads:
		return rightsToRead[asked.object]
	}
	return rightsToWrite[asked.object]
}

func needsKnownRight(asked requestFacts, _ APIProblem) bool { return rightTo(asked) != "" }

// refusesRights is what Salesforce says where rights to the record itself, or to its
// object, are missing.
var refusesRights = regexp.MustCompile(
	`(?i)insufficient access rights on object id|do not have permission to view this record`)

// lacksRights reports whether it is known to be about the rights to the record itself,
// or to its object. The same codes are given where a record that is referred to may not
// be used, so that a write needs the text; a query refers to nothing.
func lacksRights(r requestFacts, p APIProblem) bool {
	return r.reads || len(p.Fields) == 0 && refusesRights.MatchString(p.Message)
}

// lacksKnownRight reports whether it is known which right is missing.
func lacksKnownRight(r requestFacts, p APIProblem) bool {
	return lacksRights(r, p) && needsKnownRight(r, p)
}

// needsMoreRights reports whether it is about a user, who can have more rights than the
// integration user.
func needsMoreRights(r requestFacts, p APIProblem) bool {
	return lacksRights(r, p) && r.object == "User" && r.record && !r.reads && !r.password
}

// isOfObject reports whether it is known to be about the right to the object, which is
// the same for all its records.
func isOfObject(r requestFacts, p APIProblem) bool {
	return r.reads || lacksRights(r, p) && r.method == http.MethodPost && r.object != "" && !r.record
}

// readsAnotherObject reports whether a query is not about users, whose fields have a
// security of their own.
func readsAnotherObject(r requestFacts, _ APIProblem) bool {
	return r.reads && r.object != "User" && rightTo(r) != ""
}

func reads(r requestFacts, _ APIProblem) bool { return r.reads }

const (
	lacksRight = "The integration user lacks a right that this needs: " + theRight + whereRights
	mayNotDo   = "The integration user may not do this. It needs " + manageInternals + whereRights +
		", and rights at least as wide as those of the user it changes: administrators are for people to manage"
	noSuchRight = "The integration user lacks a right that this needs, or the record is one that it may not change"
	notAllowed  = "Salesforce doesn't allow the integration user this"
)

// accessCauses are about rights that are missing, and licences.
var accessCauses = []knownCause{ //nolint:gochecknoglobals // a constant table
	{
		sign{code: "INVALID_TYPE", when: needsKnownRight},
		"The integration user can't see this kind of record. It needs " + theRight + whereRights,
	},
	{sign{code: "INSUFFICIENT_ACCESS_OR_READONLY", when: needsMoreRights}, mayNotDo},
	{sign{code: "INSUFFICIENT_ACCESS_OR_READONLY", when: lacksKnownRight}, lacksRight},
	{sign{code: "INSUFFICIENT_ACCESS", when: needsMoreRights}, mayNotDo},
	{sign{code: "INSUFFICIENT_ACCESS", when: lacksKnownRight}, lacksRight},
	{
		sign{code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", objects: accessObjects},
		"The integration user may not give or take this, as a rule because it needs " + theRight + whereRights,
	},
	{sign{code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", fields: []string{"ProfileId"}}, profileWithMore},
	{sign{code: "INVALID_FIELD", when: readsMatchField}, hiddenMatchField},
	{sign{code: "INVALID_FIELD", fields: []string{"ProfileId"}}, hiddenProfiles},
	{sign{code: "INVALID_FIELD", fields: []string{"UserRoleId"}}, hiddenRoles},
	{
		sign{code: "INVALID_FIELD", fields: []string{"CurrencyIsoCode", "DefaultCurrencyIsoCode"}},
		"Only orgs with several currencies have this field (Setup, Company Information). Don't send it to this " +
			"one",
	},
	{
		sign{code: "INVALID_FIELD", fields: []string{"CountryCode", "StateCode"}},
		"Only orgs that have switched on State and Country/Territory Picklists (Setup) have this field. Send " +
			"Country and State to this one",
	},
	{
		sign{code: "INVALID_FIELD", when: readsAnotherObject},
		"The integration user can't see this field of the record. It needs " + theRight + whereRights,
	},
	{
		sign{code: "INVALID_FIELD", when: namesFields},
		"The org has no such field, or the integration user may not see it. Check the API name (custom ones " +
			"end in __c) and its field-level security (Setup, Object Manager, User, Fields & Relationships)",
	},
	{
		sign{code: "LICENSE_LIMIT_EXCEEDED", name: neededLicence},
		"All permission set licences " + theName + " are in use. " + freeSet,
	},
	{
		sign{code: "LICENSE_LIMIT_EXCEEDED", objects: []string{"PermissionSetAssignment", "PermissionSetLicenseAssign"}},
		setLicences,
	},
	{sign{code: "LICENSE_LIMIT_EXCEEDED", phrase: "permission set license"}, setLicences},
	{
		sign{code: "LICENSE_LIMIT_EXCEEDED", name: featureLicence},
		"All licences of the feature " + theName + " are in use. " + freeFeature,
	},
	{
		sign{code: "LICENSE_LIMIT_EXCEEDED", phrase: "feature license"},
		"All licences of a feature are in use. " + freeFeature,
	},
	{
		sign{code: "LICENSE_LIMIT_EXCEEDED", when: isPlainCreate},
		"All user licences of the kind that the profile belongs to are in use (Setup, Company Information, " +
			"User Licenses). Deactivate users who have left, buy more, or use a profile of another licence",
	},
}

// accessObjects are the records that give access to a user.
var accessObjects = []string{ //nolint:gochecknoglobals // a constant list
	"PermissionSetAssignment", "PermissionSetLicenseAssign", "GroupMember",
}

const (
	profileWithMore = "The integration user may not give this profile, as a rule because it has more rights than " +
		"its own. " +
		"Let people give it, or widen the rights of the integration user to those of the profile"
	setLicences = "All permission set licences of this kind are in use. " + freeSet
	freeSet     = "Take one from a user who doesn't need it, or buy more (Setup, Company Information, Permission " +
		"Set Licenses)"
	freeFeature = "Free one, buy more (Setup, Company Information, Feature Licenses), " +
		"or don't set the UserPermissions... field that switches it on"
)

// isPlainCreate reports whether a user is made without a feature that has a licence.
func isPlainCreate(r requestFacts, _ APIProblem) bool {
	return r.method == http.MethodPost && r.object == "User" && !r.features
}

func namesFields(_ requestFacts, p APIProblem) bool { return len(p.Fields) > 0 }

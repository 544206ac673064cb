package sfprovtest

import "slices"

// objects are those that user provisioning needs, User first.
var objects = slices.Concat([]object{userObject}, setupObjects, accessObjects, contactObjects, trailObjects) //nolint:gochecknoglobals // a constant table

// setupObjects are what every user has, and the org itself. Fields are those of the Object
// Reference.
var setupObjects = []object{ //nolint:gochecknoglobals // a constant table
	{name: "UserLogin", label: "User Login", prefix: prefixUserLogin, updateable: true, fields: []field{
		readOnly("Id", "User Login ID", typeID),
		unrelated(parent("UserId", "User ID", "User")),
		{name: "IsFrozen", label: "Frozen", kind: typeBoolean, update: true},
		{name: "IsPasswordLocked", label: "Is Password Locked", kind: typeBoolean, update: true},
		readOnly("LastModifiedDate", "Last Modified Date", typeDateTime),
		parent("LastModifiedById", "Last Modified By ID", "User"),
	}},
	{name: "Profile", label: "Profile", prefix: prefixProfile, fixed: true, missing: []string{"Permissions*", "LastReferencedDate", "LastViewedDate"}, fields: audited(
		readOnly("Id", "Profile ID", typeID),
		readOnly("Name", "Name", typeString),
		parent("UserLicenseId", "User License ID", "UserLicense"),
		readOnly("UserType", "User Type", typePicklist),
		readOnly("Description", "Description", typeString),
	)},
	{name: "UserPermissionAccess", label: "User Permission Access", missing: []string{"LastCacheUpdate"}, fields: permissionFields()},
	{name: "UserLicense", label: "User License", prefix: prefixUserLicence, fields: []field{
		readOnly("Id", "License ID", typeID),
		readOnly("LicenseDefinitionKey", "License Def. ID", typeString),
		readOnly("Name", "Name", typeString),
		readOnly("MasterLabel", "Master Label", typeString),
		readOnly("MonthlyLoginsUsed", "Monthly Logins Used", typeInt),
		readOnly("MonthlyLoginsEntitlement", "Monthly Logins Entitlement", typeInt),
		readOnly("Status", "Status", typePicklist),
		readOnly("TotalLicenses", "Total Licenses", typeInt),
		readOnly("UsedLicenses", "Used Licenses", typeInt),
		readOnly("UsedLicensesLastUpdated", "Used Licenses Last Updated", typeDateTime),
		readOnly("CreatedDate", "Created Date", typeDateTime),
		readOnly("LastModifiedDate", "Last Modified Date", typeDateTime),
		readOnly("SystemModstamp", "System Modstamp", typeDateTime),
	}},
	{name: "Organization", label: "Organization", prefix: "00D", fixed: true, missing: []string{
		"Address", "Latitude", "Longitude", "GeocodeAccuracy", "Preferences*", "DefaultAccountAccess", "DefaultContactAccess",
		"DefaultOpportunityAccess", "DefaultLeadAccess", "DefaultCaseAccess", "DefaultCalendarAccess", "DefaultPricebookAccess", "DefaultCampaignAccess",
		"ReceivesInfoEmails", "ReceivesAdminInfoEmails", "UiSkin", "SignupCountryIsoCode", "NumKnowledgeService", "WebToCaseDefaultOrigin", "ComplianceBccEmail",
	}, fields: audited(
		readOnly("Id", "Organization ID", typeID),
		readOnly("Name", "Name", typeString),
		readOnly("Division", "Division", typeString),
		readOnly("Street", "Street", typeTextArea),
		readOnly("City", "City", typeString),
		readOnly("State", "State/Province", typeString),
		readOnly("PostalCode", "Zip/Postal Code", typeString),
		readOnly("Country", "Country", typeString),
		readOnly("Phone", "Phone", typePhone),
		readOnly("Fax", "Fax", typePhone),
		readOnly("PrimaryContact", "Primary Contact", typeString),
		readOnly("DefaultLocaleSidKey", "Locale", typePicklist),
		readOnly("TimeZoneSidKey", "Time Zone", typePicklist),
		readOnly("LanguageLocaleKey", "Language", typePicklist),
		readOnly("FiscalYearStartMonth", "Fiscal Year Starts In", typeInt),
		readOnly("UsesStartDateAsFiscalYearName", "Fiscal Year Name by Start", typeBoolean),
		readOnly("TrialExpirationDate", "Trial Expiration Date", typeDateTime),
		readOnly("OrganizationType", "Edition", typePicklist),
		readOnly("NamespacePrefix", "Namespace Prefix", typeString),
		readOnly("InstanceName", "Instance Name", typeString),
		readOnly("IsSandbox", "Is Sandbox", typeBoolean),
		readOnly("IsReadOnly", "Is Read Only", typeBoolean),
		readOnly("MonthlyPageViewsUsed", "Monthly Page Views Used", typeInt),
		readOnly("MonthlyPageViewsEntitlement", "Monthly Page Views Allowed", typeInt),
	)},
}

package sfprovtest

import (
	"net/http"
	"slices"
	"strings"
)

// fieldType is a type of Salesforce fields, by its name in describe.
type fieldType string

const (
	typeID        fieldType = "id"
	typeString    fieldType = "string"
	typeEmail     fieldType = "email"
	typePhone     fieldType = "phone"
	typeTextArea  fieldType = "textarea"
	typePicklist  fieldType = "picklist"
	typeBoolean   fieldType = "boolean"
	typeReference fieldType = "reference"
	typeDateTime  fieldType = "datetime"
	typeInt       fieldType = "int"
)

// field describes a field.
type field struct {
	name, label string
	kind        fieldType
	length      int
	refersTo    string // object
	relation    string // to the object that it refers to, in queries; empty if there is none
	create      bool   // may be sent on create
	update      bool   // may be sent on update
	required    bool   // must be sent on create, and can't be null
	lookup      bool   // idLookup in describe
	preset      string // value on create if none is sent
}

// object describes an object.
type object struct {
	name, label, prefix string
	fields              []field
	updateable          bool
	assigns             bool // is created and deleted, to give a user something
}

// object finds an object, ignoring case.
func (o *Org) object(name string) (object, bool) {
	for _, object := range objects {
		if strings.EqualFold(object.name, name) {
			return object, true
		}
	}
	return object{}, false
}

// fieldsOf are the fields of an object, the test's own included. The lock is
// held.
func (o *Org) fieldsOf(object object) []field {
	if object.name != "User" {
		return object.fields
	}
	return o.fields
}

// fieldOf finds a field of an object, ignoring case. The lock is held.
func (o *Org) fieldOf(object object, name string) (field, bool) {
	fields := o.fieldsOf(object)
	i := slices.IndexFunc(fields, func(f field) bool { return strings.EqualFold(f.name, name) })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// AddCustomField adds a text field to User, whose name ends in __c. Of a unique
// one, no two users can have the same value, ignoring case. It panics if the name
// is none of a custom field.
func (o *Org) AddCustomField(name string, length int, unique bool) {
	if !strings.HasSuffix(name, "__c") {
		panic("sfprovtest: the name of a custom field ends in __c, and this doesn't: " + name)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fields = append(slices.Clip(o.fields), field{name: name, label: strings.TrimSuffix(name, "__c"), kind: typeString, length: length, create: true, update: true, lookup: unique})
}

// SetPicklist sets the values that a restricted picklist takes, for example
// LanguageLocaleKey. It panics if User has no such picklist.
func (o *Org) SetPicklist(field string, values ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, _ := o.fieldOf(objects[0], field); f.kind != typePicklist {
		panic("sfprovtest: User has no picklist " + field)
	}
	o.picklist[strings.ToLower(field)] = slices.Clone(values)
}

// describeGlobal is /sobjects.
func (o *Org) describeGlobal(c *call) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	var summaries []map[string]any
	for _, object := range objects {
		if !o.seesObject(object) {
			continue
		}
		summaries = append(summaries, o.summary(c, object))
	}
	return jsonAnswer(http.StatusOK, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries}), nil
}

// describe is /sobjects/{object}/describe.
func (o *Org) describe(c *call, object object) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	var fields []map[string]any
	for _, f := range o.visibleFields(object) {
		values := []map[string]any{}
		for _, value := range o.picklist[strings.ToLower(f.name)] {
			values = append(values, map[string]any{"active": true, "defaultValue": false, "label": value, "validFor": nil, "value": value})
		}
		references := []string{}
		if f.refersTo != "" {
			references = append(references, f.refersTo)
		}
		fields = append(fields, map[string]any{
			"name": f.name, "label": f.label, "type": string(f.kind), "length": f.length,
			"createable": f.create, "updateable": f.update, "nillable": !f.required && f.kind != typeBoolean && f.kind != typeID && f.name != "CommunityNickname",
			"defaultedOnCreate": f.kind == typeBoolean || f.preset != "" || f.name == "CommunityNickname", "custom": strings.HasSuffix(f.name, "__c"),
			"unique": f.lookup && f.name != "Email", "idLookup": f.lookup || f.kind == typeID,
			"filterable": f.kind != typeTextArea, "sortable": f.kind != typeTextArea, "groupable": f.kind != typeTextArea,
			"restrictedPicklist": f.kind == typePicklist, "picklistValues": values, "referenceTo": references,
		})
	}
	description := o.summary(c, object)
	description["fields"] = fields
	return jsonAnswer(http.StatusOK, description), nil
}

// summary is what describe and the object's own resource have in common.
func (o *Org) summary(c *call, object object) map[string]any {
	base := "/services/data/v" + c.version + "/sobjects/" + object.name
	return map[string]any{
		"name": object.name, "label": object.label, "labelPlural": object.label + "s", "keyPrefix": object.prefix, "custom": false,
		"createable": object.name == "User" || object.assigns, "updateable": object.updateable, "deletable": object.assigns, "queryable": true, "retrieveable": true,
		"urls": map[string]string{"sobject": base, "describe": base + "/describe", "rowTemplate": base + "/{ID}"},
	}
}

// text makes a field of text that can be created and updated.
func text(name, label string, length int) field {
	return field{name: name, label: label, kind: typeString, length: length, create: true, update: true}
}

func flag(name, label string) field {
	return field{name: name, label: label, kind: typeBoolean, create: true, update: true}
}

func readOnly(name, label string, kind fieldType) field {
	f := field{name: name, label: label, kind: kind}
	if kind == typeID {
		f.length = 18
	}
	return f
}

// parent makes a reference that nobody writes.
func parent(name, label, object string) field {
	f := reference(name, label, object)
	f.create, f.update = false, false
	return f
}

func reference(name, label, object string) field {
	return field{name: name, label: label, kind: typeReference, length: 18, refersTo: object, relation: relationOf(name), create: true, update: true}
}

// relationOf is the name of the relationship that a reference makes: ProfileId makes
// Profile, Mentor__c Mentor__r.
func relationOf(name string) string {
	if base, custom := strings.CutSuffix(name, "__c"); custom {
		return base + "__r"
	}
	return strings.TrimSuffix(name, "Id")
}

// parentOf finds what a relationship leads to, ignoring case: from User, Profile leads by
// ProfileId to the object Profile. What the integration user can't see is not found. The
// lock is held.
func (o *Org) parentOf(child object, relation string) (by field, target object, found bool) {
	for _, f := range o.visibleFields(child) {
		if f.relation != "" && strings.EqualFold(f.relation, relation) {
			target, found = o.visibleObject(f.refersTo)
			return f, target, found
		}
	}
	return field{}, object{}, false
}

func mandatory(f field) field {
	f.required = true
	return f
}

func lookup(f field) field {
	f.lookup = true
	return f
}

func preset(value string, f field) field {
	f.preset = value
	return f
}

func as(kind fieldType, f field) field {
	f.kind = kind
	return f
}

// objects are those that user provisioning needs, User first.
var objects = slices.Concat(userObjects, accessObjects, contactObjects, trailObjects) //nolint:gochecknoglobals // a constant table

// userObjects are users and what every user has. Fields, lengths and flags are
// those of the Object Reference and the Field Reference.
var userObjects = []object{ //nolint:gochecknoglobals // a constant table
	{name: "User", label: "User", prefix: prefixUser, updateable: true, fields: []field{
		readOnly("Id", "User ID", typeID),
		lookup(mandatory(text("Username", "Username", 80))),
		mandatory(text("LastName", "Last Name", 80)),
		text("FirstName", "First Name", 40),
		{name: "Name", label: "Full Name", kind: typeString, length: 121},
		text("CompanyName", "Company Name", 80),
		text("Division", "Division", 80),
		text("Department", "Department", 80),
		text("Title", "Title", 80),
		as(typeTextArea, text("Street", "Street", 255)),
		text("City", "City", 40),
		text("State", "State/Province", 80),
		text("PostalCode", "Zip/Postal Code", 20),
		text("Country", "Country", 80),
		lookup(mandatory(as(typeEmail, text("Email", "Email", 128)))),
		as(typeEmail, text("SenderEmail", "Email Sender Address", 80)),
		text("SenderName", "Email Sender Name", 80),
		as(typeTextArea, text("Signature", "Email Signature", 1333)),
		as(typePhone, text("Phone", "Phone", 40)),
		as(typePhone, text("Fax", "Fax", 40)),
		as(typePhone, text("MobilePhone", "Mobile", 40)),
		as(typePhone, text("Extension", "Extension", 40)),
		mandatory(text("Alias", "Alias", 8)),
		lookup(text("CommunityNickname", "Nickname", 40)),
		flag("IsActive", "Active"),
		mandatory(as(typePicklist, text("TimeZoneSidKey", "Time Zone", 40))),
		reference("UserRoleId", "Role ID", "UserRole"),
		mandatory(as(typePicklist, text("LocaleSidKey", "Locale", 40))),
		flag("ReceivesInfoEmails", "Info Emails"),
		flag("ReceivesAdminInfoEmails", "Admin Info Emails"),
		mandatory(as(typePicklist, text("EmailEncodingKey", "Email Encoding", 40))),
		mandatory(reference("ProfileId", "Profile ID", "Profile")),
		readOnly("UserType", "User Type", typeString),
		mandatory(as(typePicklist, text("LanguageLocaleKey", "Language", 40))),
		text("EmployeeNumber", "Employee Number", 20),
		reference("DelegatedApproverId", "Delegated Approver ID", "User"),
		reference("ManagerId", "Manager ID", "User"),
		readOnly("LastLoginDate", "Last Login", typeDateTime),
		readOnly("LastPasswordChangeDate", "Last Password Change or Reset", typeDateTime),
		readOnly("PasswordExpirationDate", "Password Expiration Date", typeDateTime),
		readOnly("NumberOfFailedLogins", "Failed Login Attempts", typeInt),
		readOnly("CreatedDate", "Created Date", typeDateTime),
		parent("CreatedById", "Created By ID", "User"),
		readOnly("LastModifiedDate", "Last Modified Date", typeDateTime),
		parent("LastModifiedById", "Last Modified By ID", "User"),
		readOnly("SystemModstamp", "System Modstamp", typeDateTime),
		flag("UserPermissionsMarketingUser", "Marketing User"),
		flag("UserPermissionsOfflineUser", "Offline User"),
		flag("UserPermissionsCallCenterAutoLogin", "Auto-login To Call Center"),
		flag("UserPermissionsSFContentUser", "Salesforce CRM Content User"),
		flag("UserPermissionsKnowledgeUser", "Knowledge User"),
		flag("UserPermissionsInteractionUser", "Flow User"),
		flag("UserPermissionsSupportUser", "Service Cloud User"),
		flag("UserPermissionsLiveAgentUser", "Chat User"),
		flag("UserPermissionsJigsawProspectingUser", "Data.com User"),
		flag("UserPermissionsSiteforceContributorUser", "Site.com Contributor User"),
		flag("UserPermissionsSiteforcePublisherUser", "Site.com Publisher User"),
		flag("UserPermissionsWorkDotComUserFeature", "WDC User"),
		flag("UserPermissionsAvantgoUser", "AvantGo User"),
		{name: "IsPortalEnabled", label: "Is Portal Enabled", kind: typeBoolean, update: true},
		preset("D", as(typePicklist, text("DigestFrequency", "Chatter Email Highlights Frequency", 40))),
		preset("N", as(typePicklist, text("DefaultGroupNotificationFrequency", "Default Notification Frequency when Joining Groups", 40))),
		flag("ForecastEnabled", "Allow Forecasting"),
		reference("CallCenterId", "Call Center ID", "CallCenter"),
		reference("ContactId", "Contact ID", "Contact"),
		parent("AccountId", "Account ID", "Account"),
		reference("IndividualId", "Individual ID", "Individual"),
		as(typeTextArea, text("AboutMe", "About Me", 1000)),
		lookup(text("FederationIdentifier", "SAML Federation ID", 512)),
	}},
	{name: "UserLogin", label: "User Login", prefix: prefixUserLogin, updateable: true, fields: []field{
		readOnly("Id", "User Login ID", typeID),
		parent("UserId", "User ID", "User"),
		{name: "IsFrozen", label: "Frozen", kind: typeBoolean, update: true},
		{name: "IsPasswordLocked", label: "Is Password Locked", kind: typeBoolean, update: true},
		readOnly("LastModifiedDate", "Last Modified Date", typeDateTime),
		parent("LastModifiedById", "Last Modified By ID", "User"),
	}},
	{name: "Profile", label: "Profile", prefix: prefixProfile, fields: []field{
		readOnly("Id", "Profile ID", typeID),
		readOnly("Name", "Name", typeString),
		parent("UserLicenseId", "User License ID", "UserLicense"),
		readOnly("UserType", "User Type", typeString),
		readOnly("Description", "Description", typeString),
	}},
	{name: "UserPermissionAccess", label: "User Permission Access", fields: permissionFields()},
	{name: "UserLicense", label: "User License", prefix: prefixUserLicence, fields: []field{
		readOnly("Id", "License ID", typeID),
		readOnly("Name", "Name", typeString),
		readOnly("MasterLabel", "Master Label", typeString),
		readOnly("Status", "Status", typeString),
		readOnly("TotalLicenses", "Total Licenses", typeInt),
		readOnly("UsedLicenses", "Used Licenses", typeInt),
	}},
}

// standardPicklists are common values; a real org has many more. SetPicklist
// changes them.
func standardPicklists() map[string][]string {
	return map[string][]string{
		"timezonesidkey": {
			"America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "America/Sao_Paulo", "America/Toronto",
			"Europe/London", "Europe/Dublin", "Europe/Paris", "Europe/Berlin", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam", "Europe/Stockholm", "Europe/Istanbul",
			"Africa/Cairo", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata", "Asia/Colombo", "Asia/Singapore", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Tokyo", "Asia/Seoul",
			"Australia/Sydney", "Pacific/Auckland", "GMT",
		},
		"localesidkey": {
			"en_US", "en_GB", "en_AU", "en_CA", "en_IE", "en_IN", "en_SG", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CA", "fr_CH", "es_ES", "es_MX", "it_IT",
			"pt_BR", "pt_PT", "nl_NL", "sv_SE", "da_DK", "fi_FI", "no_NO", "ja_JP", "ko_KR", "zh_CN", "zh_TW", "ru_RU", "th_TH", "tr_TR",
		},
		"languagelocalekey": {
			"en_US", "de", "es", "fr", "it", "ja", "sv", "ko", "zh_TW", "zh_CN", "pt_BR", "nl_NL", "da", "th", "fi", "ru", "es_MX", "no",
		},
		"digestfrequency":                   {"D", "W", "N"},
		"defaultgroupnotificationfrequency": {"P", "D", "W", "N"},
		"emailencodingkey": {
			"UTF-8", "ISO-8859-1", "Shift_JIS", "ISO-2022-JP", "EUC-JP", "ks_c_5601-1987", "Big5", "GB2312", "Big5-HKSCS",
		},
	}
}

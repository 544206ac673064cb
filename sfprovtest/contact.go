package sfprovtest

import (
	"net/http"
	"strings"
)

// contactObjects are what external users belong to: the users of portals and
// Experience Cloud sites. Fields are those of the Object Reference.
var contactObjects = []object{ //nolint:gochecknoglobals // a constant table
	{name: "Account", label: "Account", prefix: "001", fixed: true, missing: []string{
		"Type", "ParentId", "Billing*", "Shipping*", "Phone", "Fax", "Website", "Industry", "AnnualRevenue", "NumberOfEmployees", "Description",
		"AccountNumber", "AccountSource", "Ownership", "TickerSymbol", "Rating", "Site", "Sic", "PhotoUrl", "MasterRecordId", "LastReferencedDate", "LastViewedDate", "LastCURequestDate", "LastCUUpdateDate", "LastActivityDate",
		"IsPartner", "IsCustomerPortal", "RecordTypeId", "Jigsaw*", "CleanStatus", "DunsNumber", "Tradestyle", "Naics*", "YearStarted", "SicDesc", "DandbCompanyId",
	}, fields: audited(
		readOnly("Id", "Account ID", typeID),
		readOnly("IsDeleted", "Deleted", typeBoolean),
		readOnly("Name", "Account Name", typeString),
		parent("OwnerId", "Owner ID", "User"),
	)},
	{name: "Contact", label: "Contact", prefix: "003", fixed: true, missing: []string{
		"Salutation", "Mailing*", "Other*", "Phone", "Fax", "MobilePhone", "HomePhone", "AssistantPhone", "AssistantName", "ReportsToId", "Title", "Department",
		"LeadSource", "Birthdate", "Description", "MasterRecordId", "LastReferencedDate", "LastViewedDate", "LastCURequestDate", "LastCUUpdateDate", "LastActivityDate", "EmailBounced*", "IsEmailBounced", "PhotoUrl", "Jigsaw*", "IndividualId",
		"CleanStatus", "RecordTypeId", "DoNotCall", "HasOptedOutOf*",
	}, fields: audited(
		readOnly("Id", "Contact ID", typeID),
		readOnly("IsDeleted", "Deleted", typeBoolean),
		parent("AccountId", "Account ID", "Account"),
		readOnly("LastName", "Last Name", typeString),
		readOnly("FirstName", "First Name", typeString),
		readOnly("Name", "Full Name", typeString),
		readOnly("Email", "Email", typeEmail),
		parent("OwnerId", "Owner ID", "User"),
	)},
}

// AddAccount adds an account and returns its ID. Users of portals belong to it by
// their contacts, which takes an owner with a role. An empty ownerID makes the
// integration user the owner, who has none.
func (o *Org) AddAccount(name, ownerID string) string {
	o.mu.Lock()
	if ownerID == "" {
		ownerID = o.access.runAs
	}
	ownerID = o.mustUser(ownerID)
	o.mu.Unlock()
	return o.addAccess("Account", row{"name": name, "ownerid": ownerID})
}

// AddContact adds a contact and returns its ID, to be given as ContactId. An empty
// accountID is a contact without an account, who can't become a user.
func (o *Org) AddContact(lastName, accountID string) string {
	if long, ok := id18(accountID); ok {
		accountID = long
	}
	return o.addAccess("Contact", row{"lastname": lastName, "name": lastName, "accountid": orNil(accountID), "ownerid": o.AdminID()})
}

// SetContactRefusal sets the answer to a user whose profile and contact don't go
// together: an external one without a contact, an internal one with a contact, a
// contact without an account. Its error code is not documented; the default, which
// the zero Refusal sets again, is FIELD_INTEGRITY_EXCEPTION.
func (o *Org) SetContactRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.contactRefusal = r
}

// userTypes are the types of users by their licence; what is not here is Standard.
var userTypes = map[string]string{ //nolint:gochecknoglobals // a constant table
	"Customer Community":               "CspLitePortal",
	"Customer Community Plus":          "PowerCustomerSuccess",
	"Partner Community":                "PowerPartner",
	"High Volume Customer Portal":      "CspLitePortal",
	"Customer Portal Manager Standard": "CustomerSuccess",
	"Customer Portal Manager Custom":   "CustomerSuccess",
	"Gold Partner":                     "PowerPartner",
	"External Identity":                "CspLitePortal",
	"External Apps":                    "PowerCustomerSuccess",
	"Channel Account":                  "PowerPartner",
	"Authenticated Website":            "CspLitePortal",
	"Overage Authenticated Website":    "CspLitePortal",
	"Overage Customer Portal Manager":  "CustomerSuccess",
}

// userTypeOf is the type of the users of a licence.
func userTypeOf(license string) string {
	if kind, external := userTypes[strings.TrimSuffix(license, " Login")]; external {
		return kind
	}
	return "Standard"
}

// checkContact applies the rules of external users. The lock is held.
func (o *Org) checkContact(id string, after, change row) error {
	_, contactSent := change["contactid"]
	_, profileSent := change["profileid"]
	if !contactSent && !profileSent {
		return nil
	}
	contactID, _ := after["contactid"].(string)
	profile, _ := after["profileid"].(string)
	external := o.rows["Profile"][profile]["usertype"] != "Standard"
	accountID, _ := o.rows["Contact"][contactID]["accountid"].(string)
	switch {
	case external && contactID == "":
		return o.rules.contactRefusal.or(badRequest("FIELD_INTEGRITY_EXCEPTION", "Contact ID: a user with an external license needs a contact", "ContactId"))
	case !external && contactID != "":
		return o.rules.contactRefusal.or(badRequest("FIELD_INTEGRITY_EXCEPTION", "Contact ID: only users with an external license can have a contact", "ContactId"))
	case !external:
		return nil
	case accountID == "":
		return o.rules.contactRefusal.or(badRequest("FIELD_INTEGRITY_EXCEPTION", "Contact ID: the contact must be associated with an account", "ContactId"))
	}
	for other, user := range o.rows["User"] {
		if user["contactid"] == contactID && other != id {
			return badRequest("PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT", "portal user already exists for contact")
		}
	}
	owner, _ := o.rows["Account"][accountID]["ownerid"].(string)
	if o.rows["User"][owner]["userroleid"] == nil {
		return Refusal{Status: http.StatusBadRequest, Code: "UNKNOWN_EXCEPTION", Message: "portal account owner must have a role"}
	}
	return nil
}

// belongTo gives an external user the account of the contact.
func (o *Org) belongTo(user row) {
	profile, _ := user["profileid"].(string)
	contactID, _ := user["contactid"].(string)
	if kind, known := o.rows["Profile"][profile]["usertype"].(string); known && !belongsToSalesforce(user["usertype"]) {
		user["usertype"] = kind
	}
	if contactID != "" {
		user["accountid"] = o.rows["Contact"][contactID]["accountid"]
	}
}

// SetReactivationRefusal sets the answer to activating a user of a type that
// belongs to Salesforce, such as Guest or AutomatedProcess: see [Org.SetUser] for
// UserType. It is not documented; the default, which the zero Refusal sets again, is
// INSUFFICIENT_ACCESS_OR_READONLY.
func (o *Org) SetReactivationRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.reactivationRefusal = r
}

// belongsToSalesforce reports whether nobody can log in as a user of the type.
func belongsToSalesforce(userType any) bool {
	return userType == "Guest" || userType == "AutomatedProcess" || userType == "CloudIntegrationUser"
}

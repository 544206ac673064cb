package sfprov

import "strings"

// fieldKind says what a standard User field takes.
type fieldKind int

const (
	kindText fieldKind = iota
	kindEmail
	kindReference
	kindReadOnly
)

// userField describes a standard field of the User object, as far as a value
// can be checked without asking the org. See "User" in Salesforce's Object
// Reference and Field Reference.
type userField struct {
	name string
	// label is the field's English label, which Salesforce's messages use in
	// place of the name.
	label    string
	kind     fieldKind
	max      int    // characters; 0 if unlimited or not text
	prefix   string // of the referenced record's ID; empty if it isn't checked
	required bool   // must be sent on create and can't be cleared
}

// userFields is the table of the standard fields.
var userFields = []userField{ //nolint:gochecknoglobals // a constant table
	{name: "Username", label: "Username", max: 80, required: true}, // its form has messages of its own
	{name: "LastName", label: "Last Name", max: 80, required: true},
	{name: "Email", label: "Email", kind: kindEmail, max: 128, required: true},
	{name: "Alias", label: "Alias", max: 8, required: true},
	{name: "TimeZoneSidKey", label: "Time Zone", max: 40, required: true},
	{name: "LocaleSidKey", label: "Locale", max: 40, required: true},
	{name: "EmailEncodingKey", label: "Email Encoding", max: 40, required: true},
	{name: "LanguageLocaleKey", label: "Language", max: 40, required: true},
	{name: "ProfileId", label: "Profile ID", kind: kindReference, prefix: prefixProfile, required: true},
	{name: "FirstName", label: "First Name", max: 40},
	{name: "MiddleName", label: "Middle Name", max: 40},
	{name: "Suffix", label: "Suffix", max: 40},
	{name: "CommunityNickname", label: "Nickname", max: 40},
	{name: "FederationIdentifier", label: "SAML Federation ID", max: 512},
	{name: "EmployeeNumber", label: "Employee Number", max: 20},
	{name: "Department", label: "Department", max: 80},
	{name: "Division", label: "Division", max: 80},
	{name: "Title", label: "Title", max: 80},
	{name: "CompanyName", label: "Company Name", max: 80},
	{name: "Phone", label: "Phone", max: 40},
	{name: "MobilePhone", label: "Mobile", max: 40},
	{name: "Fax", label: "Fax", max: 40},
	{name: "Extension", label: "Extension", max: 40},
	{name: "Street", label: "Street", max: 255},
	{name: "City", label: "City", max: 40},
	{name: "State", label: "State/Province", max: 80},
	{name: "PostalCode", label: "Zip/Postal Code", max: 20},
	{name: "Country", label: "Country", max: 80},
	{name: "AboutMe", label: "About Me", max: 1000},
	{name: "Signature", label: "Email Signature", max: 1333},
	{name: "SenderEmail", label: "Email Sender Address", kind: kindEmail, max: 80},
	{name: "SenderName", label: "Email Sender Name", max: 80},
	{name: "UserRoleId", label: "Role ID", kind: kindReference, prefix: prefixRole},
	{name: "ManagerId", label: "Manager ID", kind: kindReference, prefix: prefixUser},
	{name: "ContactId", label: "Contact ID", kind: kindReference, prefix: prefixContact},
	{name: "DelegatedApproverId", label: "Delegated Approver ID", kind: kindReference},
	{name: "CallCenterId", label: "Call Center ID", kind: kindReference},
	{name: "IndividualId", label: "Individual ID", kind: kindReference},
	{name: "Id", label: "User ID", kind: kindReadOnly},
	{name: "Name", label: "Full Name", kind: kindReadOnly},
	{name: "AccountId", label: "Account ID", kind: kindReadOnly},
	{name: "UserType", label: "User Type", kind: kindReadOnly},
	{name: "LastLoginDate", label: "Last Login", kind: kindReadOnly},
	{name: "LastPasswordChangeDate", label: "Last Password Change or Reset", kind: kindReadOnly},
	{name: "PasswordExpirationDate", label: "Password Expiration Date", kind: kindReadOnly},
	{name: "NumberOfFailedLogins", label: "Failed Login Attempts", kind: kindReadOnly},
	{name: "CreatedDate", label: "Created Date", kind: kindReadOnly},
	{name: "CreatedById", label: "Created By ID", kind: kindReadOnly},
	{name: "LastModifiedDate", label: "Last Modified Date", kind: kindReadOnly},
	{name: "LastModifiedById", label: "Last Modified By ID", kind: kindReadOnly},
	{name: "FullPhotoUrl", label: "Url for full-sized Photo", kind: kindReadOnly},
	{name: "SmallPhotoUrl", label: "Photo", kind: kindReadOnly},
	{name: "SystemModstamp", label: "System Modstamp", kind: kindReadOnly},
}

// requiredFields are the names of the fields that a create needs.
var requiredFields = func() (names []string) { //nolint:gochecknoglobals // made of a constant table
	for _, f := range userFields {
		if f.required {
			names = append(names, f.name)
		}
	}
	return names
}()

// standardField finds a field by its API name, ignoring case as Salesforce does.
func standardField(name string) (userField, bool) {
	n := nameOf(name)
	return n.userField, n.known
}

// fieldOfLabel finds a field by its English label.
func fieldOfLabel(label string) (userField, bool) {
	for _, f := range userFields {
		if strings.EqualFold(f.label, label) {
			return f, true
		}
	}
	return userField{}, false
}

// isFieldName reports whether s has the form of a field API name. Nothing else gets
// into a query or a request as a field name.
func isFieldName(s string) bool {
	if s == "" || len(s) > 255 || strings.EqualFold(s, "attributes") { // names the record's type in a request
		return false
	}
	for i := range len(s) {
		switch b := s[i]; {
		case isUpper(b), isLower(b):
		case i > 0 && (isDigit(b) || b == '_'):
		default:
			return false
		}
	}
	return true
}

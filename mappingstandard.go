package sfprov

// StandardMapping is a mapping of the claim names of OpenID Connect (Standard
// Claims) and SCIM 2.0 (RFC 7643), the latter as [ParseSCIMUser] names them. It
// fills the name, the email address, the phone numbers, the address, title,
// department and employee number, the time zone and the locale, whether the user
// is active, and, as FederationIdentifier, the subject. What it does not fill,
// such as the profile and the language, is for Config.Defaults or rules of your
// own: append them to Rules.
func StandardMapping() Mapping {
	rule := func(to string, claims ...string) []Rule {
		rules := make([]Rule, len(claims))
		for i, claim := range claims {
			rules[i] = Rule{To: to, Claim: claim}
		}
		return rules
	}
	var m Mapping
	for _, rules := range [][]Rule{
		rule("FederationIdentifier", "sub", "externalId"),
		rule("LastName", "family_name", "name.familyName"),
		rule("FirstName", "given_name", "name.givenName"),
		rule("MiddleName", "middle_name", "name.middleName"),
		rule("Suffix", "name.honorificSuffix"),
		rule("Email", "email", "emails"),
		rule("Phone", "phone_number", `phoneNumbers[type eq "work"].value`, "phoneNumbers"),
		rule("MobilePhone", `phoneNumbers[type eq "mobile"].value`),
		rule("Fax", `phoneNumbers[type eq "fax"].value`),
		rule("Street", "address.street_address", "addresses.streetAddress"),
		rule("City", "address.locality", "addresses.locality"),
		rule("State", "address.region", "addresses.region"),
		rule("PostalCode", "address.postal_code", "addresses.postalCode"),
		rule("Country", "address.country", "addresses.country"),
		rule("Title", "title"),
		rule("Department", "department", scimEnterprise+":department"),
		rule("Division", "division", scimEnterprise+":division"),
		rule("CompanyName", "organization", scimEnterprise+":organization"),
		rule("EmployeeNumber", "employeeNumber", scimEnterprise+":employeeNumber"),
		rule("TimeZoneSidKey", "zoneinfo", "timezone"),
		rule("IsActive", "active"),
		{{To: "LocaleSidKey", Claim: "locale", Type: TypeLocale}},
		{{To: "Alias", Claim: "preferred_username", Shorten: true}, {To: "Alias", Claim: "userName", Shorten: true}},
	} {
		m.Rules = append(m.Rules, rules...)
	}
	return m
}

package probe

import (
	"net/http"
	"strings"
)

// personal are the keys whose values are names of people or of the org, wherever they are.
//
//nolint:gochecknoglobals // a constant
var personal = wordsOf(`
username preferred_username email nickname name given_name family_name first_name last_name middle_name display_name nick_name
phone_number mobile_phone address_street sub user_id organization_id access_token signature id profile picture
Username Email Name FirstName LastName MiddleName Alias CommunityNickname FederationIdentifier EmployeeNumber
Department Division Title CompanyName Phone MobilePhone Street City State PostalCode InstanceName
PrimaryContact DeveloperName SenderEmail SenderName Signature AboutMe`)

// learnFrom takes what an answer has of names and secrets out of all later texts.
func (r *runner) learnFrom(body any) {
	switch v := body.(type) {
	case []any:
		for _, each := range v {
			r.learnFrom(each)
		}
	case map[string]any:
		_, picklist := v["picklistValues"]
		_, member := v["referenceTo"]
		if picklist || member { // a field of a describe: its names are the API's
			return
		}
		for key, value := range v {
			text, is := value.(string)
			switch {
			case !is:
				r.learnFrom(value)
			case personal[key] && v["keyPrefix"] == nil && v["childSObject"] == nil:
				r.clean.learn(text, "<value>")
			}
		}
	}
}

// learnNew finds the values that later probes send.
func (r *runner) learnNew(p Probe, got seen) {
	body, _ := got.body.(map[string]any)
	text := func(name string) string { t, _ := body[name].(string); return t }
	switch {
	case p.Name == loginName && got.status == http.StatusOK:
		r.setToken(text("access_token"), text("id"))
	case p.Name == meName && got.status == http.StatusOK:
		r.know("my-username", text("Username"))
		if name := text("Username"); name != "" {
			r.values["my-username-upper"] = strings.ToUpper(name)
		}
		r.know("my-nickname", text("CommunityNickname"))
		r.know("my-federation-id", text("FederationIdentifier"))
		r.know("my-profile", text("ProfileId"))
		r.know("my-locale", text("LocaleSidKey"))
		r.know("my-language", text("LanguageLocaleKey"))
		r.know("my-zone", text("TimeZoneSidKey"))
		r.know("my-encoding", text("EmailEncodingKey"))
	case p.Name == createName && got.status == http.StatusCreated:
		r.know("new", text("id"))
	case p.Name == "new-user-login" && got.status == http.StatusOK:
		r.know("new-login", firstID(got.body))
	case p.Name == "permission-sets-without-license" && got.status == http.StatusOK:
		r.know("permission-set", firstID(got.body))
	case p.Name == "assign-permission-set" && got.status == http.StatusCreated:
		r.know("assignment", text("id"))
	}
}

func (r *runner) know(name, value string) {
	if value == "" {
		return
	}
	r.values[name] = value
	r.clean.learn(value, "<"+name+">")
}

// setToken keeps the token, and what the identity URL tells of org and user.
func (r *runner) setToken(token, identity string) {
	r.know("token", token)
	parts := strings.Split(strings.TrimRight(identity, "/"), "/")
	if len(parts) < 2 {
		return
	}
	org, me := parts[len(parts)-2], parts[len(parts)-1]
	if len(org) != 18 || len(me) != 18 {
		return
	}
	r.know("org", org)
	r.know("me", me)
	r.clean.learn(org[:15], "<org>")
	r.clean.learn(me[:15], "<me>")
	r.values["me-short"] = me[:15]
	r.know("me-wrong-suffix", me[:15]+wrongSuffix(me[15:]))
	for name, prefix := range map[string]string{
		"absent-user": "005", "absent-login": "0Yw", "absent-permission-set": "0PS", "absent-group": "00G",
		"absent-profile": "00e", "absent-assignment": "0Pa", "absent-member": "011",
	} {
		r.know(name, longID(prefix+me[3:6]+"zzzzzzzzz"))
	}
}

// wrongSuffix is another one.
func wrongSuffix(suffix string) string {
	if suffix == "AAA" {
		return "AAB"
	}
	return "AAA"
}

// longID is the ID in 18 characters: the last three tell which of the others are capitals.
func longID(id string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	for block := range 3 {
		bits := 0
		for i, c := range id[block*5 : block*5+5] {
			if c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		id += alphabet[bits : bits+1]
	}
	return id
}

// firstID is the ID of the first record of a query's answer.
func firstID(body any) string {
	answer, _ := body.(map[string]any)
	records, _ := answer["records"].([]any)
	if len(records) == 0 {
		return ""
	}
	first, _ := records[0].(map[string]any)
	id, _ := first["Id"].(string)
	return id
}

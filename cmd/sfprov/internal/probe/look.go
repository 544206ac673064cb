package probe

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// some is a count as far as it is told: none, one or many.
func some(n float64) string {
	switch {
	case n < 0:
		return "below zero"
	case n == 0:
		return "none"
	case n == 1:
		return "one"
	}
	return "many"
}

func (s seen) object() map[string]any {
	object, _ := s.body.(map[string]any)
	return object
}

func (s seen) list(name string) []any {
	list, _ := s.object()[name].([]any)
	return list
}

func record(v any) map[string]any {
	r, _ := v.(map[string]any)
	return r
}

// lookCount tells how many records there are.
func lookCount(s seen) map[string]string {
	n, is := s.object()["totalSize"].(float64)
	if !is {
		return nil
	}
	return map[string]string{"totalSize": some(n)}
}

// lookToken tells of a token answer what is nobody's secret.
func lookToken(s seen) map[string]string {
	token, is := s.object()["access_token"].(string)
	if !is {
		return nil
	}
	seen := map[string]string{"token is that of the first login": strconv.FormatBool(token == s.values["token"])}
	if at, is := s.object()["issued_at"].(string); is {
		seen["digits of issued_at"] = strconv.Itoa(len(at))
	}
	if scope, is := s.object()["scope"].(string); is {
		var known []string
		for each := range strings.FieldsSeq(scope) {
			if slices.Contains(scopes, each) {
				known = append(known, each)
			} else {
				known = append(known, "<other>")
			}
		}
		slices.Sort(known)
		seen["scope"] = strings.Join(slices.Compact(known), " ")
	}
	return seen
}

var scopes = []string{"api", "id", "web", "full", "openid", "profile", "email", "address", "phone", "refresh_token", "chatter_api"} //nolint:gochecknoglobals // a constant

var versionForm = regexp.MustCompile(`^\d\d\.0$`)

// lookVersions tells the oldest and the newest version.
func lookVersions(s seen) map[string]string {
	list, _ := s.body.([]any)
	if len(list) == 0 {
		return nil
	}
	version := func(v any) string {
		text, _ := record(v)["version"].(string)
		if !versionForm.MatchString(text) {
			return "<other>"
		}
		return text
	}
	return map[string]string{"first": version(list[0]), "last": version(list[len(list)-1])}
}

// lookPrefixes tells the key prefixes of a few standard objects.
func lookPrefixes(s seen) map[string]string {
	return eachNamed(s.list("sobjects"), []string{
		"User", "UserLogin", "Profile", "UserRole", "PermissionSet", "PermissionSetAssignment", "PermissionSetGroup",
		"PermissionSetLicense", "PermissionSetLicenseAssign", "Group", "GroupMember", "UserLicense", "Organization", "Account", "Contact",
	}, func(r map[string]any) string { return short(r["keyPrefix"]) })
}

// lookFields tells what a describe says of standard fields of User.
func lookFields(s seen) map[string]string {
	return eachNamed(s.list("fields"), []string{
		"Username", "LastName", "FirstName", "Name", "Email", "Alias", "CommunityNickname", "ProfileId", "UserRoleId", "ManagerId",
		"FederationIdentifier", "EmployeeNumber", "IsActive", "CurrencyIsoCode", "DefaultCurrencyIsoCode", "StateCode", "CountryCode",
		"DigestFrequency", "DefaultGroupNotificationFrequency", "AccountId", "ContactId", "IndividualId", "PasswordExpirationDate",
	}, func(r map[string]any) string {
		parts := []string{short(r["type"]), short(r["length"])}
		for _, flag := range []string{
			"createable", "updateable", "nillable", "defaultedOnCreate", "idLookup", "externalId", "unique", "caseSensitive", "restrictedPicklist",
		} {
			if r[flag] == true {
				parts = append(parts, flag)
			}
		}
		return strings.Join(parts, " ")
	})
}

// lookUser tells of the describe of User what is the same everywhere.
func lookUser(s seen) map[string]string {
	all := lookFields(s)
	maps.Copy(all, lookPicklists(s))
	return all
}

// lookPicklists tells which of Salesforce's own values the org has.
func lookPicklists(s seen) map[string]string {
	seen := map[string]string{}
	for _, v := range s.list("fields") {
		name, _ := record(v)["name"].(string)
		asked, is := map[string][]string{
			"EmailEncodingKey": {"UTF-8", "ISO-8859-1", "Shift_JIS", "ISO-2022-JP", "EUC-JP", "ks_c_5601-1987", "Big5", "GB2312", "Big5-HKSCS"},
			"LocaleSidKey":     {"en_US", "de_DE", "zh_CN_PINYIN", "uz_LATN_UZ", "sh_ME_USD", "zh_Hans_CN", "sr_Latn_RS"},
		}[name]
		if !is {
			continue
		}
		values, _ := record(v)["picklistValues"].([]any)
		var has []string
		for _, value := range values {
			if text, _ := record(value)["value"].(string); slices.Contains(asked, text) {
				has = append(has, text)
			}
		}
		slices.Sort(has)
		seen["values of "+name] = strings.Join(has, " ")
	}
	return seen
}

var shortForm = regexp.MustCompile(`^[A-Za-z0-9]{1,20}$`)

func short(v any) string {
	switch v := v.(type) {
	case string:
		if shortForm.MatchString(v) {
			return v
		}
		return "<other>"
	case float64:
		return strconv.Itoa(int(v))
	case nil:
		return "null"
	}
	return "<other>"
}

func eachNamed(list []any, names []string, tell func(map[string]any) string) map[string]string {
	seen := map[string]string{}
	for _, v := range list {
		if name, _ := record(v)["name"].(string); slices.Contains(names, name) {
			seen[name] = tell(record(v))
		}
	}
	return seen
}

// lookKnown tells which of Salesforce's own values of a field the records have.
func lookKnown(field string, known ...string) func(seen) map[string]string {
	return func(s seen) map[string]string {
		var has []string
		for _, v := range s.list("records") {
			if text, is := record(v)[field].(string); is && slices.Contains(known, text) {
				has = append(has, text)
			} else if is {
				has = append(has, "<other>")
			}
		}
		slices.Sort(has)
		return map[string]string{field: strings.Join(slices.Compact(has), " ")}
	}
}

var madeUpNickname = regexp.MustCompile(`^User\w*\d+\w*$`)

// lookNew tells how the made-up user was stored, compared with what was sent.
func lookNew(s seen) map[string]string {
	if s.status != 200 {
		return nil
	}
	seen := map[string]string{}
	for field, sent := range map[string]string{
		"Username": s.values["new-username"], "Email": s.values["new-email"], "FederationIdentifier": s.values["new-federation-id"],
		"LastName": " Probe ",
	} {
		seen[field] = compared(s.object()[field], sent)
		if field == "Email" && s.object()[field] == s.values["other-email"] {
			seen[field] = "the new one"
		}
	}
	if active, is := s.object()["IsActive"].(bool); is {
		seen["IsActive"] = strconv.FormatBool(active)
	}
	nickname, _ := s.object()["CommunityNickname"].(string)
	local, _, _ := strings.Cut(s.values["new-username"], "@")
	switch {
	case strings.EqualFold(nickname, local):
		seen["CommunityNickname"] = "the username before the @"
	case madeUpNickname.MatchString(nickname):
		seen["CommunityNickname"] = "User and something with digits"
	default:
		seen["CommunityNickname"] = "something else"
	}
	return seen
}

// compared tells what has become of a value.
func compared(got any, sent string) string {
	text, is := got.(string)
	switch {
	case got == nil:
		return "null"
	case !is:
		return "no text"
	case text == sent:
		return "as sent"
	case text == strings.TrimSpace(sent):
		return "without blanks around"
	case text == strings.ToLower(sent):
		return "in lower case"
	case strings.HasPrefix(sent, text):
		return "cut"
	}
	return "another"
}

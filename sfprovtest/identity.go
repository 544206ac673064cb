package sfprovtest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const userInfoPath = "/services/oauth2/userinfo"

// SetIdentityURL says whether the answers to logins tell who has logged in, by the
// URL in their field id. The default is true.
func (o *Org) SetIdentityURL(shown bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.noIdentity = !shown
}

// identityURL is on the org itself, as Salesforce's own samples have it: on
// login.salesforce.com, where others have it, clients would send their token out of the
// test.
func (o *Org) identityURL(user string) string {
	return o.network.url + "/id/" + orgID + "/" + user
}

// tokenOf is the token of a request for who has logged in, which can stand in the header or
// in a parameter.
func (c *call) tokenOf(given url.Values) string {
	if token := c.bearer(); token != "" {
		return token
	}
	if token := given.Get("oauth_token"); token != "" {
		return token
	}
	return given.Get("access_token")
}

// plainRefusal is an error answer of who has logged in, which is no JSON.
func plainRefusal(status int, text string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/html;charset=UTF-8"}}, body: []byte(text)}
}

// identified checks the token of a request for who has logged in. See "Identity URLs" in
// Salesforce Help.
func (o *Org) identified(c *call, given url.Values) (refusal answer, ok bool) {
	if c.method != http.MethodGet && c.method != http.MethodHead && c.method != http.MethodPost {
		return refuse(methodNotAllowed(c.method, "HEAD,GET,POST")), false
	}
	token := c.tokenOf(given)
	if token == "" {
		return plainRefusal(http.StatusForbidden, "Missing_OAuth_Token"), false
	}
	s := o.live(token)
	if s == nil {
		return plainRefusal(http.StatusForbidden, "Bad_OAuth_Token"), false
	}
	s.used = o.now()
	if missing, unmet := c.unmetFormat(given); unmet {
		return refuse(missing), false
	}
	return answer{}, true
}

// userInfo is /services/oauth2/userinfo: who the token's user is, in the words of OpenID
// Connect. It is no request to the data API, and does not count as one.
func (o *Org) userInfo(c *call) answer {
	given, _ := c.parameters() // what is no form has no token
	if refusal, ok := o.identified(c, given); !ok {
		return refusal
	}
	user := o.rows["User"][o.access.runAs]
	modified, _ := user["lastmodifieddate"].(time.Time)
	return jsonAnswer(http.StatusOK, map[string]any{
		"sub": o.identityURL(o.access.runAs), "user_id": o.access.runAs, "organization_id": orgID,
		"preferred_username": user["username"], "nickname": user["communitynickname"],
		"name": user["name"], "given_name": user["firstname"], "family_name": user["lastname"],
		"email": user["email"], "email_verified": true,
		"zoneinfo": user["timezonesidkey"], "locale": user["localesidkey"], "language": user["languagelocalekey"],
		"active": user["isactive"] == true, "user_type": identityType(user), "utcOffset": utcOffset(user),
		"updated_at": modified.UTC().Format(time.RFC3339), "is_app_installed": true, "is_salesforce_integration_user": o.isIntegrationUser(),
		"address": map[string]any{}, "urls": o.urls(o.access.runAs, ""), "profile": o.network.url + "/" + o.access.runAs,
		"picture": o.network.url + "/profilephoto/005/F", "photos": o.photos(),
	})
}

// identity is /id/{org}/{user}: who a user is whom the token's user can see, in
// Salesforce's own words.
func (o *Org) identity(c *call) answer {
	given, _ := c.parameters() // what is no form has no token
	if refusal, ok := o.identified(c, given); !ok {
		return refusal
	}
	org, name, _ := strings.Cut(strings.Trim(strings.TrimPrefix(c.path, "/id/"), "/"), "/")
	if long, ok := id18(org); !ok || long != orgID {
		return plainRefusal(http.StatusForbidden, "Wrong_Org")
	}
	id, ok := id18(name)
	user, exists := o.rows["User"][id]
	switch {
	case !ok, !exists:
		return plainRefusal(http.StatusNotFound, "Bad_Id")
	case user["isactive"] != true:
		return plainRefusal(http.StatusNotFound, "Inactive")
	case id != o.access.runAs && (o.mayCall() != nil || !o.seesRecord(userObject, user)):
		return plainRefusal(http.StatusNotFound, "No_Access")
	}
	modified, _ := user["lastmodifieddate"].(time.Time)
	return jsonAnswer(http.StatusOK, map[string]any{
		"id": o.identityURL(id), "asserted_user": true, "user_id": id, "organization_id": orgID,
		"username": user["username"], "nick_name": user["communitynickname"], "display_name": user["name"],
		"email": user["email"], "email_verified": true, "first_name": user["firstname"], "last_name": user["lastname"],
		"timezone": user["timezonesidkey"], "photos": o.photos(),
		"addr_street": user["street"], "addr_city": user["city"], "addr_state": user["state"],
		"addr_country": user["country"], "addr_zip": user["postalcode"],
		"mobile_phone": user["mobilephone"], "mobile_phone_verified": false, "is_lightning_login_user": false,
		"status": map[string]any{"created_date": nil, "body": nil}, "urls": o.urls(id, given.Get("version")),
		"active": user["isactive"] == true, "user_type": identityType(user),
		"language": user["languagelocalekey"], "locale": user["localesidkey"], "utcOffset": utcOffset(user),
		"last_modified_date": dateTime(modified), "is_app_installed": true,
	})
}

// identityType is a user's type as identities spell it: POWER_PARTNER for PowerPartner.
func identityType(user row) string {
	name, _ := user["usertype"].(string)
	var spelt strings.Builder
	for i, letter := range name {
		if i > 0 && unicode.IsUpper(letter) {
			spelt.WriteByte('_')
		}
		spelt.WriteRune(unicode.ToUpper(letter))
	}
	return spelt.String()
}

// isIntegrationUser reports whether the integration user has the licence of one.
func (o *Org) isIntegrationUser() bool {
	licence := o.licenceOf(o.rows["User"][o.access.runAs])
	return o.rows["UserLicense"][licence]["name"] == "Salesforce Integration"
}

// urls are where clients find a user's profile, and the APIs of a version. Without one they
// put theirs into the place of {version}.
func (o *Org) urls(user, version string) map[string]string {
	switch version {
	case "":
		version = "{version}"
	case "latest":
		version = strconv.Itoa(newestVersion) + ".0"
	}
	urls := map[string]string{"custom_domain": o.network.url, "profile": o.network.url + "/" + user}
	for name, path := range map[string]string{
		"enterprise": "Soap/c/{version}/" + orgID[:15], "metadata": "Soap/m/{version}/" + orgID[:15], "partner": "Soap/u/{version}/" + orgID[:15],
		"rest": "data/v{version}/", "sobjects": "data/v{version}/sobjects/", "search": "data/v{version}/search/", "query": "data/v{version}/query/",
		"recent": "data/v{version}/recent/", "tooling_soap": "Soap/T/{version}/" + orgID[:15], "tooling_rest": "data/v{version}/tooling/",
		"feeds": "data/v{version}/chatter/feeds", "groups": "data/v{version}/chatter/groups", "users": "data/v{version}/chatter/users",
		"feed_items": "data/v{version}/chatter/feed-items", "feed_elements": "data/v{version}/chatter/feed-elements",
	} {
		urls[name] = o.network.url + "/services/" + strings.ReplaceAll(path, "{version}", version)
	}
	return urls
}

func (o *Org) photos() map[string]string {
	return map[string]string{"picture": o.network.url + "/profilephoto/005/F", "thumbnail": o.network.url + "/profilephoto/005/T"}
}

// utcOffset is how many milliseconds a user's standard time is ahead of UTC: the lesser of
// summer's and winter's, whichever hemisphere it is.
func utcOffset(user row) int {
	name, _ := user["timezonesidkey"].(string)
	zone, err := time.LoadLocation(name)
	if err != nil { // the machine has no time zones
		return 0
	}
	_, january := time.Date(2026, time.January, 1, 0, 0, 0, 0, zone).Zone()
	_, july := time.Date(2026, time.July, 1, 0, 0, 0, 0, zone).Zone()
	return min(january, july) * 1000
}

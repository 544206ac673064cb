package sfprovtest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
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
func (o *Org) identityURL() string {
	return o.network.url + "/id/" + orgID + "/" + o.access.runAs
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

// identified checks the token of a request for who has logged in. See "Identity URLs" in
// Salesforce Help.
func (o *Org) identified(c *call) (refusal answer, ok bool) {
	plain := func(text string) answer {
		return answer{status: http.StatusForbidden, header: http.Header{"Content-Type": {"text/html;charset=UTF-8"}}, body: []byte(text)}
	}
	if c.method != http.MethodGet && c.method != http.MethodHead && c.method != http.MethodPost {
		return refuse(methodNotAllowed(c.method, "HEAD,GET,POST")), false
	}
	given, _ := c.parameters() // what is no form has no token
	token := c.tokenOf(given)
	if token == "" {
		return plain("Missing_OAuth_Token"), false
	}
	s := o.live(token)
	if s == nil {
		return plain("Bad_OAuth_Token"), false
	}
	s.used = o.now()
	if refusal, unmet := c.unmetFormat(given); unmet {
		return refuse(refusal), false
	}
	return answer{}, true
}

// userInfo is /services/oauth2/userinfo: who the token's user is, in the words of OpenID
// Connect. It is no request to the data API, and does not count as one.
func (o *Org) userInfo(c *call) answer {
	if refusal, ok := o.identified(c); !ok {
		return refusal
	}
	user := o.rows["User"][o.access.runAs]
	modified, _ := user["lastmodifieddate"].(time.Time)
	return jsonAnswer(http.StatusOK, map[string]any{
		"sub": o.identityURL(), "user_id": o.access.runAs, "organization_id": orgID,
		"preferred_username": user["username"], "nickname": user["communitynickname"],
		"name": user["name"], "given_name": user["firstname"], "family_name": user["lastname"],
		"email": user["email"], "email_verified": true,
		"zoneinfo": user["timezonesidkey"], "locale": user["localesidkey"], "language": user["languagelocalekey"],
		"active": user["isactive"] == true, "user_type": "STANDARD", "utcOffset": utcOffset(user),
		"updated_at": modified.UTC().Format(time.RFC3339), "is_app_installed": true, "is_salesforce_integration_user": o.isIntegrationUser(),
		"address": map[string]any{}, "urls": o.urls(""), "profile": o.network.url + "/" + o.access.runAs,
		"picture": o.network.url + "/profilephoto/005/F", "photos": o.photos(),
	})
}

// identity is /id/{org}/{user}: who the token's user is, in Salesforce's own words.
func (o *Org) identity(c *call) answer {
	if refusal, ok := o.identified(c); !ok {
		return refusal
	}
	given, _ := c.parameters()
	org, id, _ := strings.Cut(strings.Trim(strings.TrimPrefix(c.path, "/id/"), "/"), "/")
	wrong := func(status int, text string) answer {
		return answer{status: status, header: http.Header{"Content-Type": {"text/html;charset=UTF-8"}}, body: []byte(text)}
	}
	if long, ok := id18(org); !ok || long != orgID {
		return wrong(http.StatusForbidden, "Wrong_Org")
	}
	if long, ok := id18(id); !ok || long != o.access.runAs {
		return wrong(http.StatusNotFound, "Bad_Id")
	}
	user := o.rows["User"][o.access.runAs]
	modified, _ := user["lastmodifieddate"].(time.Time)
	return jsonAnswer(http.StatusOK, map[string]any{
		"id": o.identityURL(), "asserted_user": true, "user_id": o.access.runAs, "organization_id": orgID,
		"username": user["username"], "nick_name": user["communitynickname"], "display_name": user["name"],
		"email": user["email"], "email_verified": true, "first_name": user["firstname"], "last_name": user["lastname"],
		"timezone": user["timezonesidkey"], "photos": o.photos(),
		"addr_street": user["street"], "addr_city": user["city"], "addr_state": user["state"],
		"addr_country": user["country"], "addr_zip": user["postalcode"],
		"mobile_phone": user["mobilephone"], "mobile_phone_verified": false, "is_lightning_login_user": false,
		"status": map[string]any{"created_date": nil, "body": nil}, "urls": o.urls(given.Get("version")),
		"active": user["isactive"] == true, "user_type": "STANDARD",
		"language": user["languagelocalekey"], "locale": user["localesidkey"], "utcOffset": utcOffset(user),
		"last_modified_date": dateTime(modified), "is_app_installed": true,
	})
}

// isIntegrationUser reports whether the integration user has the licence of one.
func (o *Org) isIntegrationUser() bool {
	licence := o.licenceOf(o.rows["User"][o.access.runAs])
	return o.rows["UserLicense"][licence]["name"] == "Salesforce Integration"
}

// urls are where clients find the APIs of a version. Without one they put theirs into the
// place of {version}.
func (o *Org) urls(version string) map[string]string {
	switch version {
	case "":
		version = "{version}"
	case "latest":
		version = strconv.Itoa(newestVersion) + ".0"
	}
	urls := map[string]string{"custom_domain": o.network.url, "profile": o.network.url + "/" + o.access.runAs}
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

// utcOffset is how many milliseconds a user's standard time is ahead of UTC.
func utcOffset(user row) int {
	name, _ := user["timezonesidkey"].(string)
	zone, err := time.LoadLocation(name)
	if err != nil { // the machine has no time zones
		return 0
	}
	_, seconds := time.Date(2026, time.January, 1, 0, 0, 0, 0, zone).Zone()
	return seconds * 1000
}

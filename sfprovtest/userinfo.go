package sfprovtest

import "net/http"

const userInfoPath = "/services/oauth2/userinfo"

// SetIdentityURL says whether the answers to logins tell who has logged in, by the
// URL in their field id. The default is true.
func (o *Org) SetIdentityURL(shown bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.noIdentity = !shown
}

// userInfo is /services/oauth2/userinfo: who the token's user is. It is no request to
// the data API, and does not count as one.
func (o *Org) userInfo(c *call) answer {
	if c.method != http.MethodGet && c.method != http.MethodHead && c.method != http.MethodPost {
		return refuse(methodNotAllowed(c.method, "HEAD,GET,POST"))
	}
	if o.authorize(c) != nil {
		return answer{
			status: http.StatusForbidden, header: http.Header{"Content-Type": {"text/html;charset=UTF-8"}},
			body: []byte("Bad_OAuth_Token"),
		}
	}
	user := o.rows["User"][o.access.runAs]
	return jsonAnswer(http.StatusOK, map[string]any{
		"sub": o.identityURL(), "user_id": o.access.runAs, "organization_id": orgID,
		"preferred_username": user["username"], "nickname": user["communitynickname"],
		"name": user["name"], "given_name": user["firstname"], "family_name": user["lastname"],
		"email": user["email"], "email_verified": true,
		"zoneinfo": user["timezonesidkey"], "locale": user["localesidkey"], "language": user["languagelocalekey"],
		"active": user["isactive"] == true, "user_type": "STANDARD",
	})
}

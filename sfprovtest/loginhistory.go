package sfprovtest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// loginHistory are the logins of the integration user.
var loginHistory = object{name: "LoginHistory", label: "Login History", prefix: "0Ya", fields: []field{ //nolint:gochecknoglobals // a constant table
	readOnly("Id", "Login ID", typeID),
	unrelated(parent("UserId", "User ID", "User")),
	readOnly("LoginTime", "Login Time", typeDateTime),
	readOnly("LoginType", "Login Type", typePicklist),
	readOnly("SourceIp", "Source IP", typeString),
	readOnly("LoginUrl", "Login URL", typeString),
	readOnly("Status", "Status", typeString),
	readOnly("Application", "Application", typeString),
	readOnly("ClientVersion", "Client Version", typeString),
	readOnly("ApiType", "API Type", typeString),
	readOnly("ApiVersion", "API Version", typeString),
	readOnly("Browser", "Browser", typeString),
	readOnly("Platform", "Platform", typeString),
	readOnly("TlsProtocol", "TLS Protocol", typePicklist),
	readOnly("CipherSuite", "TLS Cipher Suite", typePicklist),
	readOnly("CountryIso", "Country Code", typeString),
}}

// noteLogin notes what became of a login, and gives the answer back. A failed one is noted
// only where it is about the user, and not about the app or the request.
func (o *Org) noteLogin(c *call, a answer) answer {
	status := "Success"
	if a.status != http.StatusOK {
		var refusal struct {
			Code        string `json:"error"`
			Description string `json:"error_description"`
		}
		_ = json.Unmarshal(a.body, &refusal) // it is this org's own
		if refusal.Code != "invalid_grant" {
			return a
		}
		if status = "Failed: " + refusal.Description; refusal.Description == "authentication failure" {
			status = "Invalid Password"
		}
	}
	now := o.now()
	if status == "Success" {
		o.rows["User"][o.access.runAs]["lastlogindate"] = now
	}
	o.trailed++
	o.insert("LoginHistory", row{
		"id": recordID("0Ya", o.trailed), "userid": o.access.runAs, "logintime": now, "logintype": "Remote Access 2.0",
		"sourceip": "127.0.0.1", "loginurl": strings.TrimPrefix(strings.TrimPrefix(o.network.url, "https://"), "http://"), "status": status, "application": "sfprovtest", "clientversion": "N/A",
		"apitype": "N/A", "apiversion": "N/A", "browser": orNil(c.header.Get("User-Agent")), "platform": "Unknown",
	})
	return a
}

package sfprovtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov/sfprovtest"
)

// TestPasswordsAreNotRemembered spells their path and their field in the ways that JSON
// and URLs allow.
func TestPasswordsAreNotRemembered(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	const secret = `s3cretWord`
	composite, batch := data+"/composite", data+"/composite/batch"
	for _, url := range []string{"password", `\u0070assword`, "%70assword", "pass%77ord/", "password?x=1", "/password"} {
		for _, name := range []string{"NewPassword", `New\u0050assword`, "pw"} {
			body := `{"` + name + `":"` + secret + `"}`
			url := `"url":"` + users + `/` + id + `/` + url + `","method":"POST"`
			c.send(t, http.MethodPost, composite, "application/json", `{"compositeRequest":[{"referenceId":"a",`+url+`,"body":`+body+`}]}`)
			c.send(t, http.MethodPost, composite+"/", "application/json", `{"compositeRequest":[{"referenceId":"a",`+url+`,"body":`+body+`}]`)
			c.send(t, http.MethodPost, batch, "application/json", `{"batchRequests":[{`+url+`,"richInput":`+body+`}]}`)
			c.send(t, http.MethodPost, "/"+batch+"//", "application/json", `{"batchRequests":[{`+url+`,"richInput":`+body+`}]}`)
		}
	}
	for _, path := range []string{"/password", "/%70assword", "//password", "/password/", "/Password"} {
		c.send(t, http.MethodPost, users+"/"+id+path, "application/json", `{"NewPassword":"`+secret+`"}`)
	}
	c.send(t, http.MethodPost, batch, "application/json", `{"batchRequests":[{"method":"PATCH","url":"v66.0/sobjects/User/`+id+`","richInput":{"New\u0050assword":"`+secret+`"}}]}`)
	requests := org.Requests()
	assert.Len(t, requests, 6*3*4+5+1)
	for _, r := range requests {
		assert.NotContains(t, string(r.Body), secret, r.Path)
	}
	assert.Contains(t, string(requests[0].Body), `{"NewPassword":"[REDACTED]"}`)
	assert.True(t, org.CheckPassword(id, secret))

	org.ResetRequests()
	body := `{"batchRequests": [{"url": "v66.0/limits", "method": "GET"}]}`
	c.send(t, http.MethodPost, batch, "application/json", body)
	assert.Equal(t, body, string(org.Requests()[0].Body), "what has no password stays as it was sent")
}

// TestCredentialsAreNotRemembered, wherever clients put them, and whatever path they try:
// neither in what is read back nor in what controls see.
func TestCredentialsAreNotRemembered(t *testing.T) {
	t.Parallel()
	const secret = "s3cretWord"
	org := sfprovtest.NewOrg(t)
	var seen []string
	org.Control(func(r sfprovtest.Request) *sfprovtest.Fault {
		seen = append(seen, fmt.Sprintf("%+v %s", r, r.Body))
		return nil
	})
	bodies := map[string]string{
		"application/x-www-form-urlencoded": url.Values{"grant_type": {"password"}, "password": {secret}, "un": {secret}, "pw": {secret}}.Encode(),
		"application/json":                  `{"password":"` + secret + `"}`,
		"text/xml":                          `<login><username>x</username><password>` + secret + `</password></login>`,
		"":                                  "grant_type=password&password=" + secret,
	}
	headers := []http.Header{
		{"Authorization": {"Basic " + secret}}, {"Authorization": {"Bearer " + secret}}, {"X-SFDC-Session": {secret}}, {"Cookie": {"sid=" + secret}},
	}
	paths := []string{
		tokenURL, "/services/OAuth2/token", "/services/oauth2/authorize", userInfo, "/id/00D/005", "/services/Soap/u/60.0", "/services/soap/u/60.0",
		"/services/async/60.0/job", "/services/scim/v2/Users", "/services/apexrest/x", "/login", "/", data + "/limits",
	}
	for _, path := range paths {
		for _, header := range headers {
			c := &client{org: org, header: header}
			for contentType, body := range bodies {
				if path != data+"/limits" { // a password there is no login's
					c.send(t, http.MethodPost, path, contentType, body)
				}
			}
			c.get(t, path+"?access_token="+secret+"&oauth_token="+secret+"&token="+secret+"&sid="+secret)
		}
	}
	for _, r := range append(org.Requests(), org.LoginRequests()...) {
		assert.NotContains(t, fmt.Sprintf("%+v %s", r, r.Body), secret, r.Path)
	}
	for _, r := range seen {
		assert.NotContains(t, r, secret)
	}
	assert.Len(t, seen, len(headers)*(len(paths)+(len(paths)-1)*len(bodies)))
	assert.Len(t, org.LoginRequests(), 7*len(headers)*(1+len(bodies)), "those of SOAP are among them")
}

package sfprovtest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov/sfprovtest"
)

// TestFormatsOfLogins: JSON is had, all else is said to be missing. The parameter comes
// before the header, and that is read from left to right.
func TestFormatsOfLogins(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	token := logIn(t, org).token
	for _, test := range []struct {
		format, accept string
		json           bool
	}{
		{"", "", true},
		{"", "*/*", true},
		{"", "application/json", true},
		{"", "text/html, image/gif, */*; q=.2", true},
		{"", "application/json;charset=UTF-8, application/xml", true},
		{"", "application/xml, application/json", false},
		{"", "application/x-www-form-urlencoded", false},
		{"", "Application/XML;q=0.9", false},
		{"", "image/png", true},
		{"json", "application/xml", true},
		{"JSON", "", true},
		{"xml", "application/json", false},
		{"urlencoded", "", false},
	} {
		c := &client{org: org, token: token, header: http.Header{}}
		if test.accept != "" {
			c.header.Set("Accept", test.accept)
		}
		query := ""
		if test.format != "" {
			query = "?" + url.Values{"format": {test.format}}.Encode()
		}
		for _, r := range []reply{
			c.get(t, userInfo+query), c.get(t, "/id/00D5g0000000001EAA/"+org.AdminID()+query),
			c.sendForm(t, userInfo, url.Values{"format": {test.format}}),
			(&client{org: org, header: c.header}).login(t, set(secretForm(org), "format", test.format)),
		} {
			assert.Equal(t, test.json, r.status == 200, "%q, %q: %s", test.format, test.accept, r.body)
			assert.Equal(t, !test.json, r.status == 501)
			if !test.json {
				assert.Contains(t, r.body, "sfprovtest")
			}
		}
	}
	c := &client{org: org, token: token}
	for _, path := range []string{userInfo + "?callback=f", "/id/00D5g0000000001EAA/" + org.AdminID() + "?callback=f", revokeURL + "?callback=f&token=" + token} {
		assert.Equal(t, 501, c.get(t, path).status, path)
	}
	assert.Equal(t, 200, c.get(t, userInfo).status, "nothing was revoked")
}

// TestVersionOfIdentity is put into the URLs of the APIs.
func TestVersionOfIdentity(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	for asked, want := range map[string]string{"": "{version}", "?version=60.0": "60.0", "?version=latest": "68.0"} {
		urls, _ := c.get(t, "/id/00D5g0000000001EAA/"+org.AdminID()+asked).object(t)["urls"].(object)
		assert.Equal(t, org.URL()+"/services/data/v"+want+"/query/", urls["query"])
		assert.Equal(t, org.URL()+"/services/Soap/u/"+want+"/00D5g0000000001", urls["partner"])
	}
}

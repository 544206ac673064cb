package sfprovtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
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

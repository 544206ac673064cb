package sfprov_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/jarcoal/httpmock"

	"github.com/sfprov/sfprov"
)

// Whatever a token endpoint answers: it is a token that can be sent as it is, or an
// error that says so, in a text of reasonable size that can be printed and holds
// no secret.
func FuzzTokenAnswer(f *testing.F) {
	for _, body := range []string{
		`{"access_token":"00D!AQ","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000009AAA","issued_at":"1763900000000","token_type":"Bearer"}`,
		`{"error":"invalid_grant","error_description":"authentication failure"}`,
		`{"access_token":"t","expires_in":"3600"}`, `{"access_token":"t","expires_in":-1}`, `{"access_token":"a\nb"}`, `{"access_token":null}`,
		`access_token=t&token_type=Bearer`, `<html>`, ``, `[]`, `{"access_token":"t","id":7}`, `{"error":{"a":[1]}}`,
		`{"error":"x","error_description":"f4zz-secret \u001b[2J \u202e"}`,
	} {
		for _, status := range []int{200, 400, 302, 503} {
			f.Add(status, "application/json", []byte(body))
		}
	}
	f.Add(200, "text/plain", []byte(`{"access_token":"t"}`))
	f.Add(200, "application/x-www-form-urlencoded", []byte(`access_token=t`))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		if status < 200 || status > 599 {
			return // net/http knows no such answers, or waits for the real one
		}
		for _, grant := range []sfprov.GrantType{sfprov.GrantClientCredentials, sfprov.GrantPassword} {
			cfg := config()
			cfg.GrantType, cfg.Username, cfg.Password, cfg.ClientSecret = grant, "api@acme.example", "f4zz-password", "f4zz-secret"
			network := httpmock.NewMockTransport()
			network.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewBytesResponder(status, body).HeaderSet(http.Header{"Content-Type": {contentType}}))
			sent := ""
			network.RegisterResponder(http.MethodPatch, usersURL+aliceID, func(r *http.Request) (*http.Response, error) {
				sent = r.Header.Get("Authorization")
				return noContent(r)
			})
			p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: network}), sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 1}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}})
			token := strings.TrimPrefix(sent, "Bearer ")
			switch {
			case err == nil && (status != 200 || token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f })):
				t.Fatalf("%d %q made a token of it: %q", status, body, sent)
			case err == nil:
				continue
			case sent != "":
				t.Fatalf("%q was sent, and yet: %v", sent, err)
			}
			text := err.Error()
			if strings.Contains(text, "f4zz-secret") || strings.Contains(text, "f4zz-password") || len(text) > 10_000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%q", text)
			}
		}
	})
}

package sfprov_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const (
	domain   = "https://acme.my.salesforce.com"
	tokenURL = domain + "/services/oauth2/token"
	usersURL = domain + "/services/data/v66.0/sobjects/User/"
	queryURL = domain + "/services/data/v66.0/query"
	loginURL = domain + "/services/data/v66.0/sobjects/UserLogin/" + loginID
	aliceID  = "005000000000001AAA"
	bobID    = "005000000000002AAA"
	loginID  = "0Yw000000000001AAA"
	profile  = "00e000000000001AAA"
)

// bundle is a Provisioner over a mocked network.
type bundle struct {
	*sfprov.Provisioner

	net *httpmock.MockTransport
	mu  sync.Mutex
	got []exchanged // every request to the data API
}

// exchanged is a request that was sent.
type exchanged struct {
	method, path, query string
	auth                string
	body                map[string]any
}

func config() sfprov.Config {
	return sfprov.Config{
		Domain: domain, ClientID: "consumer-key", ClientSecret: "consumer-secret",
		ProvisioningDomain: "primary.com",
		Defaults: sfprov.Fields{
			"ProfileId": profile, "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US",
			"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
		},
	}
}

func alice() sfprov.User {
	return sfprov.User{Username: "alice", Fields: sfprov.Fields{"LastName": "Jones", "Email": "alice@primary.com"}}
}

// setup mocks a network whose logins succeed. Requests that no responder is
// registered for fail. Retries don't pause for long.
func setup(t *testing.T, change ...func(*sfprov.Config)) *bundle {
	t.Helper()
	cfg := config()
	for _, f := range change {
		f(&cfg)
	}
	b := &bundle{net: httpmock.NewMockTransport()}
	b.net.RegisterResponder(http.MethodPost, tokenURL, tokenAnswer("token-1"))
	b.net.RegisterResponder(http.MethodPost, compositeURL, b.composite)
	hasty := sfprov.RetryPolicy{BaseDelay: time.Millisecond} // pauses are not what most tests are about
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: b.net}), sfprov.WithRetry(hasty))
	require.NoError(t, err)
	b.Provisioner = p
	return b
}

// on answers requests by the given responders in turn, the last one for ever.
func (b *bundle) on(method, url string, responders ...httpmock.Responder) {
	next := 0
	b.net.RegisterResponder(method, url, func(r *http.Request) (*http.Response, error) {
		b.mu.Lock()
		seen := exchanged{method: r.Method, path: r.URL.Path, query: r.URL.Query().Get("q"), auth: r.Header.Get("Authorization")}
		if r.Body != nil {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				b.mu.Unlock()
				return nil, err
			}
			if len(body) > 0 && json.Unmarshal(body, &seen.body) != nil {
				b.mu.Unlock()
				return nil, errors.New("the request's body is no JSON object")
			}
		}
		b.got = append(b.got, seen)
		responder := responders[min(next, len(responders)-1)]
		next++
		b.mu.Unlock()
		return responder(r)
	})
}

// composite answers a composite request by the responders of its parts, in turn. What
// is no answer of Salesforce's to a part, such as a lost one, a gateway's or a used-up
// limit, becomes that of the whole.
func (b *bundle) composite(r *http.Request) (*http.Response, error) {
	var sent struct {
		AllOrNone        bool
		CompositeRequest []struct {
			Method, URL, ReferenceID string
			Body                     json.RawMessage
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		return nil, err
	}
	halted := func(ref string) map[string]any {
		body := []any{map[string]any{"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back since another operation in the same transaction failed."}}
		return map[string]any{"body": body, "httpHeaders": map[string]any{}, "httpStatusCode": http.StatusBadRequest, "referenceId": ref}
	}
	known := map[string]any{}
	parts := make([]map[string]any, len(sent.CompositeRequest))
	for i, sub := range sent.CompositeRequest {
		parts[i] = halted(sub.ReferenceID)
		target, isKnown := resolved(sub.URL, known)
		body, isBodyKnown := resolved(string(sub.Body), known)
		if !isKnown || !isBodyKnown {
			continue
		}
		part, err := http.NewRequestWithContext(r.Context(), sub.Method, domain+target, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		part.Header = r.Header
		response, err := b.net.RoundTrip(part)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		var value any
		isJSON := len(text) == 0 || json.Unmarshal(text, &value) == nil
		if !isJSON || response.StatusCode > 500 || slices.Contains([]int{401, 429}, response.StatusCode) || strings.Contains(string(text), "REQUEST_LIMIT_EXCEEDED") {
			response.Body = io.NopCloser(strings.NewReader(string(text)))
			return response, nil
		}
		known[sub.ReferenceID] = value
		parts[i]["body"], parts[i]["httpStatusCode"] = value, response.StatusCode
		if response.StatusCode < 300 {
			continue
		}
		delete(known, sub.ReferenceID)
		if sent.AllOrNone {
			for j, other := range sent.CompositeRequest {
				if j != i {
					parts[j] = halted(other.ReferenceID)
				}
			}
			break
		}
	}
	return httpmock.NewJsonResponse(http.StatusOK, map[string]any{"compositeResponse": parts})
}

var reference = regexp.MustCompile(`@\{(\w+)\.(records\[0\]\.)?(\w+)\}`)

// resolved puts values for the references to answers before. It reports whether there
// were values for all of them.
func resolved(text string, known map[string]any) (string, bool) {
	isKnown := true
	text = reference.ReplaceAllStringFunc(text, func(ref string) string {
		names := reference.FindStringSubmatch(ref)
		object, _ := known[names[1]].(map[string]any)
		if records, _ := object["records"].([]any); names[2] != "" {
			object = nil
			if len(records) > 0 {
				object, _ = records[0].(map[string]any)
			}
		}
		value, isText := object[names[3]].(string)
		isKnown = isKnown && isText
		return value
	})
	return text, isKnown
}

// queries answers the queries about users, and those about logins.
func (b *bundle) queries(users, logins httpmock.Responder) {
	b.on(http.MethodGet, queryURL, func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Query().Get("q"), "FROM UserLogin") {
			return logins(r)
		}
		return users(r)
	})
}

// composites counts the composite requests so far.
func (b *bundle) composites() int { return b.net.GetCallCountInfo()["POST "+compositeURL] }

// requests are the requests of a method so far, also those that were parts of
// composite ones.
func (b *bundle) requests(method string) []exchanged {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.got), func(e exchanged) bool { return e.method != method })
}

func (b *bundle) logins() int { return b.net.GetCallCountInfo()["POST "+tokenURL] }

func tokenAnswer(token string) httpmock.Responder {
	return httpmock.NewStringResponder(200, `{"access_token":"`+token+`","signature":"c2lnbg==","scope":"api",`+
		`"instance_url":"`+domain+`","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000009AAA",`+
		`"token_type":"Bearer","issued_at":"1763900000000"}`)
}

func created(id string) httpmock.Responder {
	return httpmock.NewStringResponder(201, `{"id":"`+id+`","success":true,"errors":[]}`)
}

func refused(status int, code, message string, fields ...string) httpmock.Responder {
	entry := map[string]any{"errorCode": code, "message": message}
	if fields != nil {
		entry["fields"] = fields
	}
	body, err := json.Marshal([]any{entry})
	if err != nil {
		return httpmock.NewErrorResponder(err)
	}
	return httpmock.NewBytesResponder(status, body)
}

// found is a query answer.
func found(records ...map[string]any) httpmock.Responder {
	body, err := json.Marshal(map[string]any{"totalSize": len(records), "done": true, "records": records})
	if err != nil {
		return httpmock.NewErrorResponder(err)
	}
	return httpmock.NewBytesResponder(200, body)
}

// record is a User record as a query returns it.
func record(id, username string, active bool, more map[string]any) map[string]any {
	r := map[string]any{
		"attributes": map[string]any{"type": "User", "url": "/services/data/v66.0/sobjects/User/" + id},
		"Id":         id, "Username": username, "IsActive": active,
	}
	maps.Copy(r, more)
	return r
}

var noContent = httpmock.NewStringResponder(204, "")

// requested are the requests to an org's data API, such as "POST /composite".
func requested(org *sfprovtest.Org) (requests []string) {
	for _, r := range org.Requests() {
		requests = append(requests, r.Method+" "+strings.TrimPrefix(r.Path, "/services/data/v66.0"))
	}
	return requests
}

// form reads a token request.
func form(t *testing.T, r *http.Request) url.Values {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	values, err := url.ParseQuery(string(body))
	require.NoError(t, err)
	return values
}

const duplicateMessage = "Duplicate Username.<br>The username already exists in this or another Salesforce organization. " +
	"Usernames must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the user's email address). "

var duplicateUsername = refused(400, "DUPLICATE_USERNAME", duplicateMessage, "Username")

var gatewayHTML = httpmock.NewStringResponder(503, "<html><head><title>Service Unavailable</title></head><body>"+strings.Repeat("x", 2000)+"</body></html>")

// dialError is how net/http reports that it could not connect.
func dialError() error {
	return &url.Error{Op: "Post", URL: usersURL, Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}}
}

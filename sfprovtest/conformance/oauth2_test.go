package conformance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const tokenPath = "/services/oauth2/token"

// over is a context with which x/oauth2 reaches the org.
func over(t *testing.T, org *sfprovtest.Org) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), oauth2.HTTPClient, org.Client())
}

func byClientCredentials(cfg sfprov.Config, style oauth2.AuthStyle) *clientcredentials.Config {
	return &clientcredentials.Config{
		ClientID: cfg.ClientID, ClientSecret: string(cfg.ClientSecret), TokenURL: cfg.Domain + tokenPath, AuthStyle: style,
	}
}

func byPassword(ctx context.Context, cfg sfprov.Config) (*oauth2.Token, error) {
	app := &oauth2.Config{
		ClientID: cfg.ClientID, ClientSecret: string(cfg.ClientSecret),
		Endpoint: oauth2.Endpoint{TokenURL: cfg.Domain + tokenPath, AuthStyle: oauth2.AuthStyleInParams},
	}
	return app.PasswordCredentialsToken(ctx, cfg.Username, string(cfg.Password))
}

func byJWT(ctx context.Context, cfg sfprov.Config) (*oauth2.Token, error) {
	app := &jwt.Config{
		Email: cfg.ClientID, Subject: cfg.Username, PrivateKey: []byte(cfg.PrivateKey),
		Audience: cfg.Audience, TokenURL: cfg.Domain + tokenPath,
	}
	return app.TokenSource(ctx).Token()
}

// grants are the ways to get a token.
func grants() map[string]func(context.Context, sfprov.Config) (*oauth2.Token, error) {
	return map[string]func(context.Context, sfprov.Config) (*oauth2.Token, error){
		"client credentials": func(ctx context.Context, cfg sfprov.Config) (*oauth2.Token, error) {
			return byClientCredentials(cfg, oauth2.AuthStyleInParams).Token(ctx)
		},
		"client credentials in the header": func(ctx context.Context, cfg sfprov.Config) (*oauth2.Token, error) {
			return byClientCredentials(cfg, oauth2.AuthStyleInHeader).Token(ctx)
		},
		"password":   byPassword,
		"JWT bearer": byJWT,
	}
}

func TestOAuth2GetsTokens(t *testing.T) {
	t.Parallel()
	covers(t, oauth2HTTP, opClientCredentials, opPassword, opJWT)
	for network, opts := range networks() {
		for grant, token := range grants() {
			t.Run(network+"/"+grant, func(t *testing.T) {
				t.Parallel()
				org := sfprovtest.NewOrg(t, opts...)
				got, err := token(over(t, org), org.Config())
				require.NoError(t, err)
				assert.Equal(t, "Bearer", got.TokenType)
				assert.True(t, got.Expiry.IsZero(), "Salesforce doesn't say when a token expires")
				assert.Empty(t, got.RefreshToken)
				assert.Equal(t, org.URL(), got.Extra("instance_url"))
				assert.Contains(t, got.Extra("id"), "/id/00D")
				assert.Contains(t, got.Extra("id"), "/"+org.AdminID())
				if issued, ok := got.Extra("issued_at").(string); assert.True(t, ok, "issued_at is text") {
					ms, err := strconv.ParseInt(issued, 10, 64)
					require.NoError(t, err)
					assert.WithinDuration(t, time.Now(), time.UnixMilli(ms), time.Minute)
				}
				assert.Equal(t, 1, org.Logins())
				assert.Zero(t, org.RefusedLogins())
			})
		}
	}
}

func TestOAuth2IsRefused(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	otherKey := sfprov.Secret(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(other)}))
	tests := map[string]struct {
		grant             string
		spoil             func(*sfprov.Config)
		org               func(*sfprovtest.Org)
		code, description string
	}{
		"wrong secret": {
			grant: "client credentials", spoil: func(c *sfprov.Config) { c.ClientSecret = "wrong" },
			code: "invalid_client", description: "invalid client credentials",
		},
		"wrong secret in the header": {
			grant: "client credentials in the header", spoil: func(c *sfprov.Config) { c.ClientSecret = "wrong" },
			code: "invalid_client", description: "invalid client credentials",
		},
		"unknown key": {
			grant: "client credentials", spoil: func(c *sfprov.Config) { c.ClientID = "wrong" },
			code: "invalid_client_id", description: "client identifier invalid",
		},
		"no run-as user": {
			grant: "client credentials", org: func(o *sfprovtest.Org) { o.SetRunAsUser(false) },
			code: "invalid_grant", description: "no client credentials user enabled",
		},
		"no My Domain": {
			grant: "client credentials", org: func(o *sfprovtest.Org) { o.SetMyDomain(false) },
			code: "invalid_grant", description: "request not supported on this domain",
		},
		"throttled": {
			grant: "client credentials", org: func(o *sfprovtest.Org) { o.RefuseLogins(1, "invalid_grant", "login rate exceeded") },
			code: "invalid_grant", description: "login rate exceeded",
		},
		"wrong password": {
			grant: "password", spoil: func(c *sfprov.Config) { c.Password = "wrong" },
			code: "invalid_grant", description: "authentication failure",
		},
		"password blocked": {
			grant: "password", org: func(o *sfprovtest.Org) { o.SetGrantEnabled(sfprov.GrantPassword, false) },
			code: "invalid_grant", description: "authentication failure",
		},
		"wrong audience": {
			grant: "JWT bearer", spoil: func(c *sfprov.Config) { c.Audience = "https://example.com" },
			code: "invalid_grant", description: "audience is invalid",
		},
		"wrong key": {
			grant: "JWT bearer", spoil: func(c *sfprov.Config) { c.PrivateKey = otherKey },
			code: "invalid_grant", description: "invalid assertion",
		},
		"expired assertion": {
			grant: "JWT bearer", org: func(o *sfprovtest.Org) { o.FastForward(2 * time.Hour) },
			code: "invalid_grant", description: "expired authorization code",
		},
		"not pre-approved": {
			grant: "JWT bearer", org: func(o *sfprovtest.Org) { o.SetUserApproved(false) },
			code: "invalid_grant", description: "user hasn't approved this consumer",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			cfg := org.Config()
			if test.spoil != nil {
				test.spoil(&cfg)
			}
			if test.org != nil {
				test.org(org)
			}
			_, err := grants()[test.grant](over(t, org), cfg)
			var refused *oauth2.RetrieveError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, http.StatusBadRequest, refused.Response.StatusCode)
			assert.Equal(t, "no-store", refused.Response.Header.Get("Cache-Control"))
			var body struct {
				Code        string `json:"error"`
				Description string `json:"error_description"`
			}
			require.NoError(t, json.Unmarshal(refused.Body, &body), "the jwt package leaves it unparsed")
			assert.Equal(t, test.code, body.Code)
			assert.Equal(t, test.description, body.Description)
			assert.Equal(t, 1, org.RefusedLogins())
		})
	}
}

// exchange is a request by net/http with a token of x/oauth2.
func exchange(t *testing.T, client *http.Client, method, url, body string) (status int, header http.Header, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(bytes.TrimSpace(got))
}

// The exchanges of the REST guide, over every network.
func TestPlainExchanges(t *testing.T) {
	t.Parallel()
	covers(t, oauth2HTTP, opCreate, opRead, opUpdate, opDeactivate, opLimits, opVersions, opDuplicate, opUnknownField, opUnknownID, opExpired)
	for network, opts := range networks() {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t, opts...)
			client := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Client(over(t, org))
			users := org.URL() + dataPath + "/sobjects/User"

			encoded, err := json.Marshal(newUser(org, "Alice@Conformance.example", map[string]any{"firstname": "Alice"}))
			require.NoError(t, err)
			status, header, body := exchange(t, client, http.MethodPost, users+"/", string(encoded))
			require.Equal(t, http.StatusCreated, status, body)
			assert.Regexp(t, `^api-usage=\d+/\d+`, header.Get("Sforce-Limit-Info"))
			alice, ok := org.UserByUsername("alice@conformance.example")
			require.True(t, ok)
			assert.JSONEq(t, `{"id":"`+alice.ID+`","success":true,"errors":[]}`, body)

			status, _, body = exchange(t, client, http.MethodPost, users, string(encoded))
			assert.Equal(t, http.StatusBadRequest, status)
			assert.JSONEq(t, `[{"message":"Duplicate Username.<br>The username already exists in this or another Salesforce organization. `+
				`Usernames must be unique across all Salesforce organizations. To resolve, use a different username `+
				`(it doesn't need to match the user's email address). ","errorCode":"DUPLICATE_USERNAME","fields":["Username"]}]`, body)

			status, _, body = exchange(t, client, http.MethodPatch, users+"/"+alice.ID[:15], `{"title":"CFO","IsActive":false}`)
			assert.Equal(t, http.StatusNoContent, status)
			assert.Empty(t, body)

			status, _, body = exchange(t, client, http.MethodGet, users+"/"+alice.ID+"?fields=Title,IsActive,Phone", "")
			assert.Equal(t, http.StatusOK, status)
			assert.JSONEq(t, `{"attributes":{"type":"User","url":"`+dataPath+`/sobjects/User/`+alice.ID+`"},`+
				`"Title":"CFO","IsActive":false,"Phone":null,"Id":"`+alice.ID+`"}`, body)

			status, _, body = exchange(t, client, http.MethodHead, users+"/"+alice.ID, "")
			assert.Equal(t, http.StatusOK, status)
			assert.Empty(t, body)

			status, _, body = exchange(t, client, http.MethodGet, users+"/005000000000999AAA", "")
			assert.Equal(t, http.StatusNotFound, status)
			assert.JSONEq(t, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`, body)

			status, _, body = exchange(t, client, http.MethodPatch, users+"/"+alice.ID, `{"nickname":"x"}`)
			assert.Equal(t, http.StatusBadRequest, status)
			assert.JSONEq(t, `[{"message":"No such column 'nickname' on sobject of type User","errorCode":"INVALID_FIELD"}]`, body)

			status, _, body = exchange(t, client, http.MethodGet, org.URL()+dataPath+"/limits", "")
			assert.Equal(t, http.StatusOK, status)
			assert.Contains(t, body, `"DailyApiRequests"`)

			org.ExpireTokens()
			status, _, body = exchange(t, client, http.MethodGet, users+"/"+alice.ID, "")
			assert.Equal(t, http.StatusUnauthorized, status)
			assert.JSONEq(t, `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`, body)

			status, header, body = exchange(t, org.Client(), http.MethodGet, org.URL()+"/services/data", "")
			assert.Equal(t, http.StatusOK, status, "which takes no token")
			assert.Empty(t, header.Get("Sforce-Limit-Info"), "and costs nothing")
			assert.Contains(t, body, `{"label":"Spring '26","url":"/services/data/v66.0","version":"66.0"}`)
		})
	}
}

func TestPlainPaging(t *testing.T) {
	t.Parallel()
	covers(t, oauth2HTTP, opQuery, opPages)
	org := sfprovtest.NewOrg(t)
	client := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Client(over(t, org))
	org.SetPageSize(2)
	want := addUsers(org, 5)

	type page struct {
		TotalSize      int
		Done           bool
		NextRecordsURL string `json:"nextRecordsUrl"`
		Records        []struct {
			Attributes struct{ Type, URL string }
			ID         string `json:"Id"`
		}
	}
	var got []string
	next := dataPath + "/query?" + url.Values{"q": {"SELECT Id FROM User WHERE Department = 'Paging' ORDER BY Id"}}.Encode()
	var last string
	for pages := 1; next != ""; pages++ {
		require.LessOrEqual(t, pages, 3)
		assert.True(t, strings.HasPrefix(next, dataPath+"/query"), next)
		status, _, body := exchange(t, client, http.MethodGet, org.URL()+next, "")
		require.Equal(t, http.StatusOK, status, body)
		var p page
		require.NoError(t, json.Unmarshal([]byte(body), &p))
		assert.Equal(t, 5, p.TotalSize)
		assert.Equal(t, pages == 3, p.Done)
		assert.Equal(t, p.Done, p.NextRecordsURL == "")
		for _, r := range p.Records {
			assert.Equal(t, "User", r.Attributes.Type)
			assert.Equal(t, dataPath+"/sobjects/User/"+r.ID, r.Attributes.URL)
			got = append(got, r.ID)
		}
		last, next = next, p.NextRecordsURL
	}
	assert.ElementsMatch(t, want, got)

	status, _, _ := exchange(t, client, http.MethodGet, org.URL()+last, "")
	assert.Equal(t, http.StatusOK, status, "a page whose answer was lost can be asked for again, for two days")
	org.ExpireCursors()
	status, _, body := exchange(t, client, http.MethodGet, org.URL()+last, "")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, body, "INVALID_QUERY_LOCATOR")
}

// A client behind a proxy that lets only GET and POST pass names the method in
// the query.
func TestPlainMethodOverride(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	client := byClientCredentials(org.Config(), oauth2.AuthStyleInParams).Client(over(t, org))
	id := org.AddUser(sfprov.Fields{"LastName": "Jones"})
	status, _, body := exchange(t, client, http.MethodPost, org.URL()+dataPath+"/sobjects/User/"+id+"?_HttpMethod=PATCH", `{"Title":"CFO"}`)
	assert.Equal(t, http.StatusNoContent, status, body)
	assert.Equal(t, "CFO", mustUser(t, org, id).Fields["Title"])
}

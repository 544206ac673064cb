package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	salesforce "github.com/k-capehart/go-salesforce/v3"

	"github.com/sfprov/sfprov"
)

// defaults are what all users have in common.
func defaults() sfprov.Fields {
	return sfprov.Fields{
		"ProfileId": "00e000000000001AAA", "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
	}
}

// user is the nth user to be provisioned.
func user(i int) sfprov.User {
	name := fmt.Sprintf("user%d", i)
	return sfprov.User{Username: name, Fields: sfprov.Fields{
		"LastName": "Jones", "FirstName": "Alice", "Email": name + "@acme.com", "Department": "Sales", "Title": "Engineer",
		"FederationIdentifier": fmt.Sprintf("E-%d", i), "EmployeeNumber": fmt.Sprint(i),
	}}
}

// httpClient trusts the server, with the connections that n workers need.
func httpClient(a announcement, n int) *http.Client {
	transport := &http.Transport{MaxIdleConns: n, MaxIdleConnsPerHost: n, MaxConnsPerHost: n, TLSHandshakeTimeout: 10 * time.Second}
	if a.Certificate != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(a.Certificate))
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport}
}

// ours is a Provisioner for the server.
func ours(a announcement, workers int) (*sfprov.Provisioner, error) {
	return sfprov.New(sfprov.Config{
		Domain: a.URL, ClientID: "key", ClientSecret: "secret", ProvisioningDomain: "acme.com", MatchField: "FederationIdentifier", Defaults: defaults(),
	}, sfprov.WithHTTPClient(httpClient(a, workers)))
}

// ensureAll provisions with EnsureAll.
func ensureAll(a announcement, users []sfprov.User, parallel int) error {
	p, err := ours(a, parallel)
	if err != nil {
		return err
	}
	desired := func(yield func(sfprov.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
	if _, err := p.EnsureAll(context.Background(), desired, nil, sfprov.WithParallel(parallel)); err != nil {
		return err
	}
	return p.Close(context.Background())
}

// createEach provisions with single creates.
func createEach(a announcement, users []sfprov.User, workers int) error {
	p, err := ours(a, workers)
	if err != nil {
		return err
	}
	err = each(users, workers, func(u sfprov.User) error {
		_, err := p.Create(context.Background(), u)
		return err
	})
	if err != nil {
		return err
	}
	return p.Close(context.Background())
}

// plain is net/http as one would use it who knows it well: one login, connections
// that are kept, answers read to the end, nothing checked that need not be.
type plain struct {
	client *http.Client
	url    string
	token  string
}

func newPlain(a announcement, workers int) (*plain, error) {
	p := &plain{client: httpClient(a, workers), url: a.URL}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"key"}, "client_secret": {"secret"}}
	resp, err := p.client.PostForm(a.URL+"/services/oauth2/token", form) //nolint:noctx // a benchmark
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to the end
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = json.NewDecoder(resp.Body).Decode(&token)
	p.token = token.AccessToken
	return p, err
}

// post sends JSON and reads the answer into a value.
func (p *plain) post(path string, body, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(encoded)) //nolint:noctx // a benchmark
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to the end
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return json.Unmarshal(answer, into)
}

// record is what is sent for a user.
func record(u sfprov.User) map[string]any {
	all := make(map[string]any, len(u.Fields)+8)
	maps.Copy(all, defaults())
	maps.Copy(all, u.Fields)
	all["Username"], all["Alias"], all["IsActive"] = u.Username+"@acme.com", u.Username, true
	return all
}

// result is what comes back.
type result struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
}

// limitCollections is the limit for collections: nothing but what must be.
func limitCollections(a announcement, users []sfprov.User, parallel int) error {
	p, err := newPlain(a, parallel)
	if err != nil {
		return err
	}
	type attributes struct {
		Type string `json:"type"`
	}
	type row struct {
		Attributes           attributes `json:"attributes"`
		Username             string
		LastName             string
		FirstName            string
		Email                string
		Alias                string
		Department           string
		Title                string
		FederationIdentifier string
		EmployeeNumber       string
		ProfileId            string
		TimeZoneSidKey       string
		LocaleSidKey         string
		EmailEncodingKey     string
		LanguageLocaleKey    string
		IsActive             bool
	}
	text := func(u sfprov.User, field string) string {
		value, _ := u.Fields[field].(string)
		return value
	}
	var chunks [][]sfprov.User
	for len(users) > 0 {
		n := min(200, len(users))
		chunks, users = append(chunks, users[:n]), users[n:]
	}
	err = each(chunks, parallel, func(chunk []sfprov.User) error {
		rows := make([]row, len(chunk))
		for i, u := range chunk {
			rows[i] = row{
				attributes{"User"},
				u.Username + "@acme.com", text(u, "LastName"), text(u, "FirstName"), text(u, "Email"), u.Username,
				text(u, "Department"), text(u, "Title"), text(u, "FederationIdentifier"), text(u, "EmployeeNumber"),
				"00e000000000001AAA", "Europe/Paris", "en_US", "UTF-8", "en_US", true,
			}
		}
		var results []result
		err := p.post("/services/data/v66.0/composite/sobjects", map[string]any{"allOrNone": false, "records": rows}, &results)
		for _, r := range results {
			if err == nil && (!r.Success || r.ID == "") {
				err = fmt.Errorf("a user was not created")
			}
		}
		return err
	})
	p.client.CloseIdleConnections()
	return err
}

// limitSingle is the limit for single creates.
func limitSingle(a announcement, users []sfprov.User, workers int) error {
	p, err := newPlain(a, workers)
	if err != nil {
		return err
	}
	err = each(users, workers, func(u sfprov.User) error {
		var r result
		if err := p.post("/services/data/v66.0/sobjects/User/", record(u), &r); err != nil {
			return err
		}
		if !r.Success || r.ID == "" {
			return fmt.Errorf("a user was not created")
		}
		return nil
	})
	p.client.CloseIdleConnections()
	return err
}

// goSalesforce is the general client that people would take instead.
func goSalesforce(a announcement) (*salesforce.Salesforce, error) {
	return salesforce.Init(salesforce.Creds{Domain: a.URL, ConsumerKey: "key", ConsumerSecret: "secret"})
}

func insertCollection(a announcement, users []sfprov.User, _ int) error {
	sf, err := goSalesforce(a)
	if err != nil {
		return err
	}
	records := make([]map[string]any, len(users))
	for i, u := range users {
		records[i] = record(u)
	}
	results, err := sf.InsertCollection("User", records, 200)
	if err == nil && results.HasSalesforceErrors {
		err = fmt.Errorf("a user was not created")
	}
	return err
}

// planFor makes a plan, and says what its peak of memory was.
func planFor(a announcement, n int) (*sfprov.Plan, error) {
	p, err := ours(a, 8)
	if err != nil {
		return nil, err
	}
	var desired iter.Seq2[sfprov.User, error] = func(yield func(sfprov.User, error) bool) {
		for i := range n {
			if !yield(user(i), nil) {
				return
			}
		}
	}
	plan, err := p.Plan(context.Background(), desired, sfprov.Scope{})
	if err != nil {
		return nil, err
	}
	return plan, p.Close(context.Background())
}

// each calls f for each of all, by some workers.
func each[T any](all []T, workers int, f func(T) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[string]
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) || failed.Load() != nil {
					return
				}
				if err := f(all[i]); err != nil {
					text := err.Error()
					failed.Store(&text)
				}
			}
		})
	}
	group.Wait()
	if text := failed.Load(); text != nil {
		return fmt.Errorf("%s", strings.TrimSpace(*text))
	}
	return nil
}

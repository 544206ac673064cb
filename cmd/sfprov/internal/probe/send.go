package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	tokenEndpoint = "/services/oauth2/token" //nolint:gosec // a path, not a credential
	requestTime   = time.Minute
	bodyLimit     = 64 << 20
)

// seen is an answer as the probes look at it. What they make of it must be fit to be
// shown.
type seen struct {
	status int
	header http.Header
	body   any
	values map[string]string // of the placeholders
}

// newClient is a client that follows no redirect: the token is for the org alone.
func (s *Settings) newClient() (*http.Client, error) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if s.CAFile != "" {
		text, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("SALESFORCE_CA_FILE: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, errors.New("SALESFORCE_CA_FILE has no certificate in PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport}, nil
}

var placeholder = regexp.MustCompile(`<([a-z][a-z-]*)>`)

// filled puts the values into a template; missing is the first that is not known.
func filled(template string, values map[string]string, escape func(string) string) (text, missing string) {
	text = placeholder.ReplaceAllStringFunc(template, func(found string) string {
		value, known := values[found[1:len(found)-1]]
		if !known && missing == "" {
			missing = found
		}
		return escape(value)
	})
	return text, missing
}

func inJSON(value string) string {
	quoted, _ := json.Marshal(value) //nolint:errchkjson // a string has no error
	return string(quoted[1 : len(quoted)-1])
}

func inSOQL(value string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)
}

// request is the probe with its values; missing says what it lacks.
func (r *runner) request(ctx context.Context, p Probe) (req *http.Request, missing string, err error) {
	var lacks []string
	fill := func(template string, escape func(string) string) string {
		text, lack := filled(template, r.values, escape)
		if lack != "" {
			lacks = append(lacks, lack)
		}
		return text
	}
	address := r.set.Config.Domain + fill(p.Path, url.PathEscape)
	if p.isLogin() {
		address = r.set.Config.TokenEndpoint
	}
	if p.SOQL != "" {
		address += "?q=" + url.QueryEscape(fill(p.SOQL, inSOQL))
	}
	body, kind := fill(strings.Replace(p.Body, "<rows>", p.rows(), 1), inJSON), "application/json"
	if p.form != nil {
		form := url.Values{}
		for _, pair := range p.form {
			name, value, _ := strings.Cut(pair, "=")
			form.Set(name, fill(value, func(v string) string { return v }))
		}
		body, kind = form.Encode(), "application/x-www-form-urlencoded"
	}
	if _, known := r.values[p.needs]; p.needs != "" && !known {
		lacks = append(lacks, "<"+p.needs+">")
	}
	if p.auth == withToken && !p.isLogin() && r.values["token"] == "" {
		lacks = append(lacks, "<token>")
	}
	if len(lacks) > 0 {
		return nil, lacks[0], nil
	}
	if req, err = http.NewRequestWithContext(ctx, p.Method, address, strings.NewReader(body)); err != nil {
		return nil, "", errors.New("the address can't be used")
	}
	if body != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", "application/json")
	r.authorise(req, p)
	for name, value := range p.header {
		req.Header.Set(name, value)
	}
	return req, "", nil
}

func (r *runner) authorise(req *http.Request, p Probe) {
	switch {
	case p.auth == withWrong:
		req.Header.Set("Authorization", "Bearer 00D000000000000!sfprov-probe")
	case p.auth == withBadForm:
		req.Header.Set("Authorization", "sfprov-probe")
	case p.auth == withBasic:
		req.SetBasicAuth(r.values["client-id"], r.values["client-secret"])
	case p.auth == withToken && !p.isLogin():
		req.Header.Set("Authorization", "Bearer "+r.values["token"])
	}
}

// exchange sends a request, and tells of the answer what may be told.
func (r *runner) exchange(req *http.Request, p Probe, a *Answer) (seen, bool) {
	r.cost = r.cost.with(p)
	begun := time.Now()
	resp, err := r.client.Do(req)
	if err != nil {
		a.Failed = "no answer: " + kindOf(err)
		return seen{}, false
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	data, err := readBody(resp)
	a.Millis = time.Since(begun).Milliseconds()
	a.Status = resp.StatusCode
	a.Headers, a.Values = r.headers(resp.Header)
	if err != nil {
		a.Failed = "the answer broke off: " + kindOf(err)
		return seen{}, false
	}
	got := seen{status: resp.StatusCode, header: resp.Header, values: r.values}
	a.Body = r.describe(p, data, resp, a, &got)
	return got, true
}

func readBody(resp *http.Response) ([]byte, error) {
	if resp.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	}
	unpacked, err := gzip.NewReader(resp.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(unpacked, bodyLimit))
}

// kindOf is what sort of failure it is, without addresses.
func kindOf(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		return "it took too long"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return "the certificate is not trusted"
	}
	return "the connection failed"
}

var plainText = regexp.MustCompile(`^[A-Za-z_ .:']{1,64}$`)

// describe tells the body's kind, and fills in what it has.
func (r *runner) describe(p Probe, data []byte, resp *http.Response, a *Answer, got *seen) string {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return "none"
	}
	if json.Unmarshal(data, &got.body) == nil {
		if !p.Write { // those read the made-up user only
			r.learnFrom(got.body)
		}
		s := shapeOf(got.body, r.clean)
		a.Keys, a.Flags, a.Errors = s.keys, s.flags, s.errors
		return "json"
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "html") || data[0] == '<' {
		return "html"
	}
	if resp.StatusCode >= http.StatusBadRequest && plainText.Match(data) {
		return "text: " + r.clean.text(string(data))
	}
	return "text"
}

var digits = regexp.MustCompile(`\d+`)

// headers are the names of all, and the values of those that belong to nobody.
func (r *runner) headers(header http.Header) (names []string, values map[string]string) {
	values = map[string]string{}
	for name := range header {
		names = append(names, name)
		value := header.Get(name)
		switch name {
		case "Content-Type", "Warning", "Allow", "Cache-Control", "Www-Authenticate":
			values[name] = r.headerText(value)
		case "Sforce-Limit-Info":
			values[name] = limitForm(value)
		case "Retry-After":
			values[name] = digits.ReplaceAllString(value, "N")
			if values[name] != "N" {
				values[name] = "a date"
			}
		case "Location":
			values[name] = r.locationForm(value)
		}
	}
	slices.Sort(names)
	return names, values
}

var headerVocabulary = regexp.MustCompile(`(?i)^(application/\S+|text/\S+|charset=\S+|no-cache|no-store|private|must-revalidate|max-age=\d+|GET|HEAD|POST|PATCH|PUT|DELETE|OPTIONS)$`)

// headerText keeps the words of HTTP, and scrubs the others.
func (r *runner) headerText(value string) string {
	parts := strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ';' })
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if !headerVocabulary.MatchString(part) {
			part = r.clean.text(part)
		}
		parts[i] = part
	}
	return strings.Join(parts, "; ")
}

var apiUsage = regexp.MustCompile(`^(api-usage|api-bursts|per-app-api-usage)=N/N(\(appName=.*\))?$`)

func limitForm(value string) string {
	var parts []string
	for part := range strings.SplitSeq(value, ";") {
		part = digits.ReplaceAllString(strings.TrimSpace(part), "N")
		form := apiUsage.FindStringSubmatch(part)
		switch {
		case form == nil:
			part = "<other>"
		case form[2] != "":
			part = form[1] + "=N/N(appName=<app>)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

var dataPath = regexp.MustCompile(`^/services/data/v[\d.]+/sobjects/[A-Za-z]+/[a-zA-Z0-9]{15,18}$`)

func (r *runner) locationForm(value string) string {
	_, path, absolute := strings.Cut(value, "://")
	if absolute {
		if at := strings.IndexByte(path, '/'); at >= 0 {
			path = path[at:]
		}
	} else {
		path = value
	}
	if !dataPath.MatchString(path) {
		return "<other>"
	}
	form := "/services/data/<version>/sobjects/" + strings.Split(path, "/")[5] + "/<id>"
	if absolute {
		return "<host>" + form
	}
	return form
}

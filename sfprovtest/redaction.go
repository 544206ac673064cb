package sfprovtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// redactedPassword is what is remembered of a body that sets a password.
const redactedPassword = `{"NewPassword":"[REDACTED]"}`

const redacted = "[REDACTED]"

// withoutTokens are the headers of a request as they may be remembered.
func withoutTokens(header http.Header) http.Header {
	header = header.Clone()
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Sfdc-Session"} {
		if header.Get(name) != "" {
			header.Set(name, redacted)
		}
	}
	return header
}

// withoutCredentials are the parameters of a request outside of the data API, as they may
// be remembered. What is not known is left out: it may be a secret, in a body that is no
// form.
func withoutCredentials(c *call) []byte {
	form, _ := url.ParseQuery(c.query.Encode() + "&" + string(c.body)) // what can't be parsed is left out
	for name := range form {
		switch name {
		case "grant_type", "client_id", "username", "format", "version", "token_type_hint":
		case "client_secret", "password", "assertion", "token", "access_token", "oauth_token", "refresh_token":
			form.Set(name, redacted)
		default:
			delete(form, name)
		}
	}
	return []byte(form.Encode())
}

// withoutPasswords is the body of a request to the data API as it may be remembered.
// Nothing is searched in it as it was sent, since JSON and URLs can spell a word in many
// ways.
func withoutPasswords(path string, body []byte) []byte {
	path = strings.TrimRight(path, "/")
	switch {
	case len(body) == 0:
		return body
	case ofPassword(path):
		return []byte(redactedPassword)
	case !strings.HasSuffix(path, "/composite") && !strings.HasSuffix(path, "/composite/batch"), !mayHavePassword(body):
		return body
	case strings.HasSuffix(path, "/composite"):
		var composite compositeBody
		if json.Unmarshal(body, &composite) != nil {
			return nil
		}
		for i, sub := range composite.CompositeRequest {
			composite.CompositeRequest[i].Body = withoutPassword(sub.URL, sub.Body)
		}
		return jsonAnswer(0, composite).body
	}
	var batch batchBody
	if json.Unmarshal(body, &batch) != nil {
		return nil
	}
	for i, request := range batch.BatchRequests {
		batch.BatchRequests[i].RichInput = withoutPassword(request.URL, request.RichInput)
	}
	return jsonAnswer(0, batch).body
}

// withoutPassword is the body of a part of a request.
func withoutPassword(target string, body json.RawMessage) json.RawMessage {
	path, _, _ := strings.Cut(target, "?")
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	sets := strings.Contains(strings.ToLower(path), "password")
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(body, &fields) // what is no object has no fields
	for name := range fields {
		sets = sets || strings.EqualFold(name, "NewPassword")
	}
	if sets && len(body) > 0 {
		return json.RawMessage(redactedPassword)
	}
	return body
}

func ofPassword(path string) bool {
	return strings.EqualFold(path[strings.LastIndexByte(path, '/')+1:], "password")
}

// mayHavePassword reports whether a JSON body says "password" anywhere, or can't be read.
func mayHavePassword(body []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return !errors.Is(err, io.EOF)
		}
		text, _ := token.(string)
		if plain, err := url.PathUnescape(text); err == nil {
			text = plain
		}
		if strings.Contains(strings.ToLower(text), "password") {
			return true
		}
	}
}

package sfprov

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What is kept of an error answer: the numbers of problems, and of fields of one,
// and the characters of a message, and of a code or a name.
const (
	maxProblems = 50
	maxFields   = 100
	maxMessage  = 2000
	maxName     = 255
)

// newAPIError reads an error answer. The status decides: the body need not be
// JSON, because gateways on the way answer in HTML.
// asked is what is known of the request. secrets are taken out, should a proxy on
// the way send the request's headers back.
func newAPIError(asked requestFacts, status int, body []byte, retryAfter time.Duration, secrets ...string) *APIError {
	e := &APIError{StatusCode: status, RetryAfter: retryAfter, Problems: parseProblems(body, secrets), asked: asked}
	if len(e.Problems) > 0 {
		first := e.Problems[0]
		e.Code, e.Message, e.Fields = first.Code, first.Message, first.Fields
	}
	return e
}

// endSize is what is kept of the end of an answer that is too long.
const endSize = 4 << 10

// endOf reads on, up to what is read of a success, and returns the last bytes: an error
// names its code after its message. What goes wrong leaves less.
func endOf(r io.Reader) (end []byte) {
	r = io.LimitReader(r, maxAnswer)
	piece := make([]byte, endSize)
	for {
		n, err := r.Read(piece)
		end = append(end, piece[:n]...)
		end = bytes.Clone(end[max(len(end)-endSize, 0):])
		if err != nil {
			return end
		}
	}
}

// codeAtEnd is an error code of which the entry is not known as a whole.
var codeAtEnd = regexp.MustCompile(`[^\\]"(?:errorCode|statusCode)"\s*:\s*"([A-Z][A-Z_]*)"`)

// said is the body of an error, as far as it tells anything.
func (a answer) said() []byte {
	switch {
	case a.cut && !json.Valid(a.body):
		return nil // it is asked for again, whole
	case a.tooLong:
		begun := parseProblems(a.body, nil)
		isTold := slices.ContainsFunc(begun, func(p APIProblem) bool { return p.Code != "" })
		if found := codeAtEnd.FindSubmatch(a.end); found != nil && !isTold {
			return slices.Concat([]byte(`[{"errorCode":"`), found[1], []byte(`"}]`))
		}
	}
	return a.body
}

// facts are what of a request decides what its error means.
func (s *sender) facts(r request) requestFacts {
	f := requestFacts{method: r.method, record: r.byID, reads: r.reads(), match: s.tokens.cfg.MatchField}
	if _, path, found := strings.Cut(r.path, "/sobjects/"); found {
		f.object, path, _ = strings.Cut(path, "/")
		f.password = strings.HasSuffix(path, "/password")
	}
	if soql, isQuery := strings.CutPrefix(r.query, "q="); isQuery {
		if text, err := url.QueryUnescape(soql); err == nil {
			f.object = objectOf(text)
		}
	}
	if !f.reads {
		f.about(recordIn(r.body))
	}
	return f
}

// recordIn is a record, as JSON; nil if it is something else.
func recordIn(body []byte) record {
	if !json.Valid(body) {
		return nil
	}
	s := recordScanner{text: body}
	one, err := s.record()
	if err != nil {
		return nil
	}
	return one
}

// objectOf is the object that a query is about.
func objectOf(soql string) string {
	_, rest, _ := strings.Cut(soql, " FROM ")
	object, _, _ := strings.Cut(rest, " ")
	return object
}

// about notes what is known of a request by the fields that it sends.
func (f *requestFacts) about(sent record) {
	f.sent = sent.references()
	active, isSent := sent.lookup("IsActive")
	f.locksOut = isSent && active == false && f.object == "User" && f.record
	username, _ := sent.text("Username")
	f.releases = f.record && strings.HasPrefix(username, releasedPrefix)
	if f.match != "" {
		value, _ := sent.lookup(f.match)
		f.matched = !isBlank(value)
	}
	f.features = slices.ContainsFunc(sent, func(v fieldValue) bool {
		return strings.HasPrefix(v.folded, "userpermissions") && v.value == true
	})
}

// references are the names of the fields that hold references.
func (r record) references() (names []string) {
	for _, f := range r {
		mayBe := f.kind == kindReference || !f.known && (strings.HasSuffix(f.spelt, "Id") || strings.HasSuffix(f.folded, "__c"))
		if text, isText := f.value.(string); mayBe && isText && id18Of(text) != "" {
			names = append(names, f.spelt)
		}
	}
	return names
}

// parseProblems reads the entries of an error answer: an array of objects, or a
// single object as some resources send. Secrets are taken out of them.
func parseProblems(body []byte, secrets []string) []APIProblem {
	type entry struct {
		ErrorCode  any    `json:"errorCode"`
		StatusCode any    `json:"statusCode"` // what composite resources call it
		Message    string `json:"message"`
		Fields     any    `json:"fields"`
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	raw := entriesOf(body)
	var problems []APIProblem
	for _, one := range raw {
		var e entry
		if json.Unmarshal(one, &e) != nil {
			continue // the others may be in order
		}
		if len(problems) == maxProblems {
			break
		}
		p := APIProblem{
			Code: plainText(e.ErrorCode, secrets), Message: scrub(e.Message, maxMessage, secrets...), Fields: plainTexts(e.Fields, secrets),
		}
		if p.Code == "" {
			p.Code = plainText(e.StatusCode, secrets)
		}
		if p.Code == "" && p.Message == "" {
			continue
		}
		if utf8.RuneCountInString(e.Message) > maxMessage {
			p.Message += "..."
		}
		if len(p.Fields) == 0 {
			p.Fields = fieldsOfMessage(p)
		}
		problems = append(problems, p)
	}
	return problems
}

// entriesOf are the entries of an error answer. Of an array that was cut off, they are
// those that came whole, and what came whole of the last one.
func entriesOf(body []byte) (entries []json.RawMessage) {
	if json.Valid(body) {
		if json.Unmarshal(body, &entries) != nil {
			return []json.RawMessage{body}
		}
		return entries
	}
	rest := bytes.TrimSpace(body)
	rest, _ = bytes.CutPrefix(rest, []byte("["))
	for len(entries) <= maxProblems {
		d := json.NewDecoder(bytes.NewReader(rest))
		var whole json.RawMessage
		if d.Decode(&whole) != nil {
			break
		}
		entries = append(entries, whole)
		rest = bytes.TrimLeft(rest[d.InputOffset():], ", \t\r\n")
	}
	if begun := membersOf(rest); begun != nil {
		entries = append(entries, begun)
	}
	return entries
}

// membersOf is an object that was cut off, with the members that came whole; nil if
// there are none.
func membersOf(begun []byte) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(begun))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	members := map[string]json.RawMessage{}
	for {
		name, err := d.Token()
		key, isName := name.(string)
		var value json.RawMessage
		if err != nil || !isName || d.Decode(&value) != nil {
			break
		}
		members[key] = value
	}
	if len(members) == 0 {
		return nil
	}
	whole, err := json.Marshal(members)
	if err != nil {
		return nil // of what was just read
	}
	return whole
}

// plainText is a JSON string or number as text, without secrets, and empty for anything
// else.
func plainText(value any, secrets []string) string {
	switch v := value.(type) {
	case string:
		return scrubName(v, secrets...)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// plainTexts are the texts of a JSON array, or the one that stands for it.
func plainTexts(value any, secrets []string) []string {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	var texts []string
	for _, item := range list {
		if text := plainText(item, secrets); text != "" && len(texts) < maxFields {
			texts = append(texts, text)
		}
	}
	return texts
}

// fieldsOfMessage finds the fields that Salesforce names only in the text.
func fieldsOfMessage(p APIProblem) []string {
	between := func(before, after string) []string {
		_, rest, found := strings.Cut(p.Message, before)
		list, _, closed := strings.Cut(rest, after)
		if !found || !closed {
			return nil
		}
		names := strings.Split(list, ",")
		for i := range names {
			names[i] = strings.TrimSpace(names[i])
		}
		return slices.DeleteFunc(names, func(name string) bool { return !isFieldName(name) })
	}
	switch p.Code {
	case "REQUIRED_FIELD_MISSING":
		return between("[", "]")
	case "INVALID_FIELD":
		return between("No such column '", "'")
	case "INVALID_FIELD_FOR_INSERT_UPDATE":
		return between("Unable to create/update fields: ", ". ")
	}
	if label, _, found := strings.Cut(p.Message, ": "); found {
		if field, known := fieldOfLabel(label); known {
			return []string{field.name}
		}
	}
	return nil
}

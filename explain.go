package sfprov

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// How an error is told. Its class, that is the sentinel, the next step and whether a
// retry helps, comes from the first row of a table of failures that it bears the signs
// of. So do the words, unless a row of causes, which knows more than the code, fits too.
//
// Words are given for what is recognised by something that occurs in no other case: the
// code with a field, with the object or with what was sent, or a phrase. A row that is
// only a code says what that code means, and names no cause of its own. Salesforce
// translates its messages: a phrase is found in English, and in other languages nothing
// is found, and nothing wrong is said.

// sign is how a failure is recognised. What is empty does not count.
type sign struct {
	code    string         // Salesforce errorCode, or OAuth error
	phrase  string         // of the message, in lower case
	name    *regexp.Regexp // of the message: its group is what {name} stands for
	fields  []string       // one of them is named
	objects []string       // the request is about one of them
	grant   GrantType      // of a login
	status  int
	page    bool // only without a code: the answer is not Salesforce's own
	when    func(requestFacts, APIProblem) bool
}

// failure is a class of failures: what it means for errors.Is and for a retry, and
// what is to be said of it.
type failure struct {
	sign

	reason  error  // sentinel; nil if there is none
	step    Step   // StepAgain or StepSetup; empty: StepUser
	soon    bool   // even within seconds: worth a retry by the transport
	undone  bool   // Salesforce did nothing: even a create may be sent again
	vague   bool   // explain says what the code means, and nothing of the cause
	explain string // empty if Salesforce's own text says it all
}

// knownCause is what more is known of a failure than its code says: cause and cure, in words
// that an administrator can act on. It changes nothing of the class.
type knownCause struct {
	sign

	explain string
}

// requestFacts are what of a request decides what its error means. They are not
// known of an APIError that was put together by hand.
type requestFacts struct {
	method   string   // empty: nothing is known
	object   string   // empty where it is about none, or several
	record   bool     // the path, or the row, names a record
	reads    bool     // it changes nothing
	password bool     // it is about the password of a user
	locksOut bool     // it deactivates a user
	releases bool     // it frees the username of a user who is locked out
	features bool     // it switches on a UserPermissions... field
	sent     []string // fields in which references were sent
	match    string   // the match field
	matched  bool     // a value of the match field was sent
}

// bears reports whether an answer to a request bears the sign.
func (s sign) bears(asked requestFacts, status int, p APIProblem) bool {
	return (s.code == "" || strings.EqualFold(s.code, p.Code)) &&
		(s.status == 0 || s.status == status) &&
		(!s.page || p.Code == "") &&
		s.isIn(p.Message) &&
		(s.fields == nil || slices.ContainsFunc(s.fields, p.names)) &&
		(s.objects == nil || slices.Contains(s.objects, asked.object)) &&
		(s.when == nil || s.when(asked, p))
}

// isIn reports whether what the sign looks for in a text is there.
func (s sign) isIn(text string) bool {
	return (s.phrase == "" || strings.Contains(strings.ToLower(text), s.phrase)) &&
		(s.name == nil || s.name.MatchString(text))
}

// names reports whether a problem names a field.
func (p APIProblem) names(field string) bool { return containsFold(p.Fields, field) }

// hasText reports whether the text of an answer is the sign, or a part of it.
func (s sign) hasText() bool { return s.phrase != "" || s.name != nil }

// classify finds the class of one problem of an answer, and what is to be said of it.
// Both follow from the answer and the request, never from the operation that the caller
// asked for.
func classify(e *APIError, p APIProblem) failure {
	known := classOf(e, p)
	if e.tooLong && p.Code == "" && e.StatusCode >= 400 && e.StatusCode < 500 {
		known.explain = tooLongToTell
	}
	if p.Code == "" || known.hasText() || known.step == StepAgain {
		return known
	}
	tables := [][]knownCause{valueCauses, accessCauses}
	if known.vague || known.explain == "" {
		tables = append(tables, blockCauses)
	}
	for _, table := range tables {
		for _, c := range table {
			if c.bears(e.asked, e.StatusCode, p) {
				known.name, known.explain, known.vague = c.name, c.explain, false
				return known
			}
		}
	}
	return known
}

func classOf(e *APIError, p APIProblem) failure {
	status := e.StatusCode
	switch {
	case status == http.StatusTooManyRequests:
		return tooMany
	case e.cut && status >= 400 && status < 500:
		return failure{reason: ErrUnavailable, step: StepAgain, soon: true, undone: true, explain: brokeOff}
	}
	for _, table := range [][]failure{apiFailures, statusFailures} {
		for _, f := range table {
			if f.bears(e.asked, status, p) {
				return f
			}
		}
	}
	return classifyStatus(status, p)
}

// classifyStatus is what a status says where nothing else does.
func classifyStatus(status int, p APIProblem) failure {
	switch {
	case status >= 500:
		return failure{reason: ErrUnavailable, step: StepAgain, explain: serverUnavailable}
	case status >= 300 && status < 400:
		return failure{step: StepSetup, explain: redirected}
	case status < 300:
		return failure{reason: ErrUnavailable, step: StepAgain, explain: notSalesforce}
	case p.Code == "":
		return failure{explain: notAnError}
	}
	return failure{}
}

// What stands in an explanation for what only the answer and the request tell.
const (
	theReferences = "{references}" // the references that were sent
	theName       = "{name}"       // what the text names, see sign
	theRight      = "{right}"      // what the integration user needs for the request
	theMatchField = "{match}"
)

// worded is an explanation with what the answer and the request tell.
func (e *APIError) worded(f failure, p APIProblem) string {
	if !strings.Contains(f.explain, "{") {
		return f.explain
	}
	name := ""
	if f.name != nil {
		for _, found := range f.name.FindStringSubmatch(p.Message) { // the last group that matches
			if found != "" {
				name = quote(strings.TrimSpace(found))
			}
		}
	}
	return strings.NewReplacer(
		theReferences, printable(e.references(p)), theName, name,
		theRight, rightTo(e.asked), theMatchField, e.asked.match,
	).Replace(f.explain)
}

// Explain gives cause and cure of an error in plain words that an administrator
// can act on, for the failures that people really meet; it is empty when there is
// nothing to add to the error. The text of the error includes it already.
func Explain(err error) string {
	if e := detailOf(err); e != nil {
		return printable(e.explanation()) // it names fields as Salesforce does
	}
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			return known.explain
		}
	}
	return ""
}

// advice is what the text of an error ends with: cause and cure, and whether a
// retry can help.
func advice(err error) string {
	var b strings.Builder
	if text := Explain(err); text != "" {
		b.WriteString(". " + text)
	}
	switch e := detailOf(err); {
	case e == nil || e.saysWhetherAgain():
	case Retryable(err):
		b.WriteString(" (a retry can help)")
	default:
		b.WriteString(" (a retry does not help)")
	}
	return b.String()
}

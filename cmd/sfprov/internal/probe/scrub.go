package probe

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// scrubber takes out of texts what belongs to the org or to its people. What is known is
// named by its placeholder. Of the rest, words that have the look of a name, which begin
// with a capital or have digits, are left only if Salesforce's own texts or the probe
// have them.
type scrubber struct {
	known map[string]string // placeholder by value
	sent  map[string]bool   // the words that the probe's template has
}

// learn takes a value out of all texts from now on.
func (c *scrubber) learn(value, placeholder string) {
	if value = strings.TrimSpace(value); len(value) >= 3 && !c.isOrdinary(value) && c.known[value] == "" {
		c.known[value] = placeholder
	}
}

func (c *scrubber) isOrdinary(value string) bool {
	return vocabulary[value] || value == "true" || value == "false" || value == "null"
}

// theirs are the codes whose texts administrators and developers write.
var theirs = []string{ //nolint:gochecknoglobals // a constant
	"FIELD_CUSTOM_VALIDATION_EXCEPTION", "CANNOT_EXECUTE_FLOW_TRIGGER", "APEX_ERROR", "DUPLICATES_DETECTED", "FLOW_EXCEPTION",
}

// message is the text of an error with that code, fit to be shown.
func (c *scrubber) message(code, text string) string {
	if slices.Contains(theirs, code) || code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" && strings.Contains(text, "execution of") {
		return "<a text of the org>"
	}
	return c.text(text)
}

var masks = []struct { //nolint:gochecknoglobals // constants
	form *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w.-]+|00D\w{12,15}![\w.]+`), "<token>"},
	{regexp.MustCompile(`(?i)\bhttps?://[^\s"'<>]+`), "<url>"},
	{regexp.MustCompile(`[^\s"'<>:,()\[\]]+@[^\s"'<>:,()\[\]]+`), "<address>"},
	{regexp.MustCompile(`(?i)\b[\w-]+(\.[\w-]+)*\.(com|net|org|example|invalid|local|test|mil)\b`), "<host>"},
	{regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`), "<ip>"},
	{regexp.MustCompile(`\b[a-zA-Z0-9]{3}[a-zA-Z0-9]*\d[a-zA-Z0-9]*\b`), "<id>"},
	{regexp.MustCompile(`\b\w+__\w+\b`), "<custom>"},
}

var (
	word     = regexp.MustCompile(`<[a-z][a-z -]*>|[\p{L}\p{N}_]+`)
	repeated = regexp.MustCompile(`<word>([\s-]<word>)+`)
)

func (c *scrubber) text(text string) string {
	values := make([]string, 0, len(c.known))
	for value := range c.known {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b string) int { // the longest first, so that none leaves a rest
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	for _, value := range values {
		text = replaceFold(text, value, c.known[value])
	}
	for _, mask := range masks {
		text = mask.form.ReplaceAllStringFunc(text, func(found string) string {
			if mask.with == "<id>" && (len(found) < 9 || c.sent[found]) {
				return found // judged as a word
			}
			return mask.with
		})
	}
	text = word.ReplaceAllStringFunc(text, c.wordShown)
	return repeated.ReplaceAllString(text, "<word>")
}

// wordShown is what is shown of a word.
func (c *scrubber) wordShown(w string) string {
	if w[0] == '<' || c.sent[w] || vocabulary[w] {
		return w
	}
	digits := strings.IndexFunc(w, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
	switch {
	case digits && len(w) <= 4:
		return w
	case digits:
		return "<n>"
	}
	first := w[0]
	for _, r := range w {
		if r >= unicode.MaxASCII || unicode.IsDigit(r) {
			return "<word>"
		}
	}
	if first >= 'a' && first <= 'z' && !strings.Contains(w, "_") {
		return w
	}
	return "<word>"
}

// replaceFold replaces a value however it is capitalised.
func replaceFold(text, value, with string) string {
	return regexp.MustCompile(`(?i)`+regexp.QuoteMeta(value)).ReplaceAllLiteralString(text, with)
}

var templateWord = regexp.MustCompile(`[\p{L}\p{N}_]+`)

// sending remembers the words of a probe, which its answer may repeat.
func (c *scrubber) sending(p Probe) {
	c.sent = map[string]bool{}
	for _, text := range []string{p.Method, p.Path, p.SOQL, p.Body, strings.Join(p.form, " ")} {
		for _, w := range templateWord.FindAllString(text, -1) {
			c.sent[w] = true
		}
	}
}

// vocabulary are the words with capitals in Salesforce's own texts, and its names for
// what users have.
//
//nolint:gochecknoglobals // a constant
var vocabulary = wordsOf(`
A About Access Active Additional Alias Allowed An Another Api API App Apex Array Assignee AssigneeId At Authentication
Bad_OAuth_Token Bad Boolean Both Cannot Can City Code Column Common CommunityNickname Company CompanyName Concurrent
Content ContactId Contact Country Create Currency DELETE Daily Data Date Default Department Didn Division Do
Duplicate Email EmailEncodingKey EmployeeNumber Encoding Entity Error ErrorId Every Expected External ExternalId
Exceeded Fax FederationIdentifier Federation Field Field_or_Id FirstName First For Freeze From GET Group GroupId
GroupMember HEAD HTTP Html However ID Id If In Invalid INVALID_AUTH_HEADER IsActive IsFrozen Is It JSON Json JWT
Key Language LanguageLocaleKey Last LastName Leave License Limit Locale LocaleSidKey Log Login Manager ManagerId
Maximum Method Missing MobilePhone Must Name New Nickname No Not Number OAuth OAuth2 OFFSET Object Old Only Or
Organization PATCH POST PUT Page Password Permission PermissionSet PermissionSetId PermissionSetAssignment
PermissionSetGroupId Phone Please Portal Profile ProfileId Property Provided Query REST Record References
Remove Request Required Resource Response Role SAML SOAP SOQL SObject Salesforce Sandbox Session Set SetPassword
Should Single Something Sorry State Street String Syntax TLS That The There These This Time TimeZoneSidKey Time
Title To Token Too TotalRequests Type URI URL UTF Unable Unexpected Unknown Unsupported Use User UserId
UserLogin UserOrGroupId UserRole UserRoleId User Username Usernames Value Version WSDL Was We When XML Yes You Your Zone
VALUE_STRING VALUE_NUMBER_INT VALUE_NULL START_OBJECT START_ARRAY END_OBJECT FIELDS STANDARD ALL SELECT FROM WHERE
ERROR Row Setup Locked grant_type client_id redirect_uri
AllOrNone ALL_OR_NONE_OPERATION_ROLLED_BACK Unrecognized Cannot Illegal Unescaped Unclosed EOF
sfprovtest`)

func wordsOf(text string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		set[w] = true
	}
	return set
}

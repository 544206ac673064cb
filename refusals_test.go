package sfprov

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusal is an answer as Salesforce or something on the way gives it, and what must
// come of it.
type refusal struct {
	what       string // was asked for, as an administrator would say it
	asked      requestFacts
	status     int
	code, text string
	fields     string // separated by blanks

	is   error // nil: no sentinel of its own
	step Step
	// Words that the explanation must and must not have, separated by bars: of the
	// cause, of the cure, and of what would lead astray.
	cause, cure, never string
}

// refusedLogin is an answer of the token endpoint, and what must come of it.
type refusedLogin struct {
	grant      GrantType
	status     int
	code, text string
	ahead      time.Duration // of this machine's clock

	is                 error
	step               Step
	cause, cure, never string
}

// refusals are answers of the data API that are documented or were seen.
var refusals = []struct {
	title string
	cases []refusal
}{
	{"Usernames", refusalsOfUsernames},
	{"Values", refusalsOfValues},
	{"What the org itself does", refusalsOfTheOrg},
	{"Licences", refusalsOfLicences},
	{"Rights that are missing", refusalsOfRights},
	{"Deactivations that are refused", refusalsOfDeactivations},
	{"The org, the API and the way there", refusalsOfTheWay},
}

const refusalsHead = `# What an administrator reads

Real refusals, and what errors.Is, NextStep and Explain make of them. Written and checked by TestRefusals, whose tables
say which words must be there, and which must not.

`

// What was asked for.
var (
	aCreate = requestOf(createRecord("User", newRecord(
		field("LastName", "Doe"), field("ProfileId", "00e000000000001AAA"))))
	anUpdate    = requestOf(changeRecord("User", "005000000000001AAA", newRecord(field("Title", "CEO"))))
	aDeactivate = requestOf(changeRecord("User", "005000000000001AAA", newRecord(field("IsActive", false))))
	aRelease    = requestOf(changeRecord("User", "005000000000001AAA", newRecord(
		field("IsActive", false), field("Username", "released-005000000000001aaa-alice@acme.com"))))
	aReleaseLater = requestOf(changeRecord("User", "005000000000001AAA", newRecord(
		field("Username", "released-005000000000001aaa-alice@acme.com"))))
	aFreeze = requestOf(changeRecord("UserLogin", "0Yw000000000001AAA", newRecord(field("IsFrozen", true))))
	aLeaver = requestFacts{method: http.MethodPost, object: "User", locksOut: true} // of whom nobody is found
	aGrant  = requestOf(createRecord("PermissionSetAssignment", newRecord(
		field("AssigneeId", "005000000000001AAA"), field("PermissionSetId", "0PS000000000001AAA"))))
	aLicence = requestOf(createRecord("PermissionSetLicenseAssign", newRecord(
		field("AssigneeId", "005000000000001AAA"), field("PermissionSetLicenseId", "0PL000000000001AAA"))))
	aMember   = requestOf(createRecord("GroupMember", newRecord(field("GroupId", "00G000000000001AAA"))))
	aPassword = requestFacts{method: http.MethodPost, object: "User", record: true, password: true}
)

func requestOf(w write) requestFacts { return (&client{}).asked(w) }

func aQuery(object string) requestFacts {
	return (&client{}).asksQuery("SELECT Id FROM " + object + " WHERE Id = ''")
}

// matching is a request in an org whose match field is Badge__c.
func matching(asked requestFacts, matched bool) requestFacts {
	asked.match, asked.matched = "Badge__c", matched
	return asked
}

func withFeatures(asked requestFacts) requestFacts {
	asked.features = true
	return asked
}

// answer is the refusal as the transport would make it.
func (r refusal) answer(t *testing.T) error {
	t.Helper()
	body := []byte("<html>")
	if r.code != "" || r.text != "" {
		var err error
		entry := map[string]any{"errorCode": r.code, "message": r.text, "fields": strings.Fields(r.fields)}
		body, err = json.Marshal([]map[string]any{entry})
		require.NoError(t, err)
	}
	answer := newAPIError(r.asked, r.status, body, 0)
	if r.asked.locksOut && r.asked.record && !isMomentary(answer) {
		return &blockedError{refusal: answer}
	}
	return answer
}

func (r refusal) String() string {
	text := fmt.Sprintf("%d %s", r.status, r.code)
	if r.text != "" {
		text += ": " + plain(r.text)
	}
	if r.fields != "" {
		text += " [" + r.fields + "]"
	}
	return strings.TrimSpace(text)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	score := struct{ all, class, cause, cure int }{}
	check := func(what, answered string, err, is error, step Step, cause, cure, never string) {
		words := Explain(err)
		next, _ := NextStep(fmt.Errorf("w: %w", err))
		title := what + ": " + answered
		assert.Equal(t, step, next, title)
		var sentinel []string
		for _, known := range sentinels {
			if errors.Is(err, known.err) {
				sentinel = append(sentinel, strings.TrimPrefix(known.err.Error(), "sfprov: "))
			}
		}
		if is != nil {
			require.ErrorIs(t, err, is, title)
			score.class++
		} else {
			assert.Empty(t, sentinel, title)
		}
		for _, word := range wordsOf(cause + "|" + cure) {
			assert.Contains(t, words, word, title)
		}
		for _, word := range append(wordsOf(never), "{", "}") {
			assert.NotContains(t, strings.ToLower(words), strings.ToLower(word), title)
		}
		score.all++
		if cause != "" {
			score.cause++
		}
		if cure != "" {
			score.cure++
		}
		if words == "" {
			words = "(nothing to add)"
		}
		sentinel = append(sentinel, "next: "+string(next))
		fmt.Fprintf(&b, "**%s**: %s\n\n> %s\n>\n> *%s*\n\n", what, answered, words, strings.Join(sentinel, "; "))
	}
	for _, section := range refusals {
		fmt.Fprintf(&b, "## %s\n\n", section.title)
		for _, r := range section.cases {
			check(r.what, r.String(), r.answer(t), r.is, r.step, r.cause, r.cure, r.never)
		}
	}
	b.WriteString("## Logins\n\n")
	for _, r := range refusedLogins {
		err := &AuthError{GrantType: r.grant, StatusCode: r.status, Code: r.code, Description: r.text, ahead: r.ahead}
		answered := strings.TrimSuffix(fmt.Sprintf("%d %s: %s", r.status, r.code, r.text), ": ")
		check("login by "+string(r.grant), answered, err, r.is, r.step, r.cause, r.cure, r.never)
	}
	total := fmt.Sprintf("%d refusals; %d have a class, %d a cause, %d a cure. "+
		"Where there is none, the answer does not tell it.\n\n",
		score.all, score.class, score.cause, score.cure)
	t.Log(strings.TrimSpace(total))
	golden(t, "refusals.md", refusalsHead+total+b.String())
}

func wordsOf(list string) []string {
	return slices.DeleteFunc(strings.Split(list, "|"), func(word string) bool { return word == "" })
}

// Every row of the tables is there for a refusal of the golden file.
func TestEveryRowHasARefusal(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, section := range refusals {
		for _, r := range section.cases {
			var answer *APIError
			require.ErrorAs(t, r.answer(t), &answer)
			for _, p := range answer.problems() {
				told[classify(answer, p).explain] = true
				told[classOf(answer, p).explain] = true
			}
		}
	}
	for _, r := range refusedLogins {
		err := &AuthError{GrantType: r.grant, StatusCode: r.status, Code: r.code, Description: r.text}
		told[classifyAuth(err).explain] = true
	}
	for _, table := range [][]knownCause{valueCauses, accessCauses, blockCauses} {
		for _, c := range table {
			assert.True(t, told[c.explain], "%s %s: %s", c.code, c.phrase, c.explain)
		}
	}
	for _, table := range [][]failure{apiFailures, statusFailures, authFailures} {
		for _, f := range table {
			assert.True(t, told[f.explain], "%s %s: %s", f.code, f.phrase, f.explain)
		}
	}
}

// No single common word selects a row, and what is only a code names no cause.
func TestRowsAreRecognisedBySomethingSpecific(t *testing.T) {
	t.Parallel()
	ownWords := []string{"unable_to_lock_row", "concurrent", "errorid"} // Salesforce's own, in every language
	checkSign := func(s sign) {
		if s.phrase != "" && !slices.Contains(ownWords, s.phrase) {
			assert.GreaterOrEqual(t, len(strings.Fields(s.phrase)), 2, s.phrase)
		}
		assert.Equal(t, strings.ToLower(s.phrase), s.phrase)
	}
	for _, table := range [][]knownCause{valueCauses, accessCauses, blockCauses} {
		for _, c := range table {
			checkSign(c.sign)
			assert.True(t, c.hasText() || c.fields != nil || c.objects != nil || c.when != nil, "%s: only a code", c.code)
		}
	}
	for _, table := range [][]failure{apiFailures, authFailures} {
		for _, f := range table {
			checkSign(f.sign)
		}
	}
}

// What a text names comes from outside.
func TestNamesInExplanationsArePlain(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`[{"errorCode":"CANNOT_EXECUTE_FLOW_TRIGGER","message":"because the \"a\u001b[31m\u202eb\" process failed"}]`,
		`[{"errorCode":"MALFORMED_ID","message":"no","fields":["a\u001b[31m\u202eb"]}]`,
	} {
		words := Explain(newAPIError(aCreate, 400, []byte(body), 0))
		assert.NotContains(t, words, "\x1b")
		assert.NotContains(t, words, "\u202e")
	}
}

// An answer that this library cut is not blamed on anybody, and what came of it counts.
func TestAnswersThatAreTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2<<20)
	for name, test := range map[string]struct {
		body string
		code string
		is   error
	}{
		"a long message after the code": {
			`[{"errorCode":"LICENSE_LIMIT_EXCEEDED","message":"` + long,
			"LICENSE_LIMIT_EXCEEDED", ErrLicenseLimit,
		},
		"many problems": {
			`[{"message":"m","errorCode":"STRING_TOO_LONG","fields":["Title"]},{"message":"` + long,
			"STRING_TOO_LONG", ErrInvalidField,
		},
		"an object": {
			`{"errorCode":"STRING_TOO_LONG","message":"` + long,
			"STRING_TOO_LONG", ErrInvalidField,
		},
		"a long message before the code": {
			`[{"message":"` + long,
			"", nil,
		},
		"a page": {
			"<html>" + long,
			"", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newAPIError(aCreate, 400, []byte(test.body[:maxErrorAnswer]), 0)
			err.tooLong = true
			assert.Equal(t, test.code, err.Code)
			assert.Contains(t, err.Error(), "longer than the 1 MiB that this library reads")
			assert.NotContains(t, err.Error(), "proxy or firewall")
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			assert.Less(t, len(err.Error()), 2000)
		})
	}
}

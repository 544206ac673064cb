package sfprov

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

// slowFate is what becomes of an attempt, by a table that names every row: the first
// that fits.
func slowFate(a attempt) fate {
	const no, yes, any = 0, 1, 2
	is := func(flag bool, want int) bool { return want == any || flag == (want == yes) }
	answers := func(kinds ...answerKind) []answerKind { return kinds }
	all := answers(answerNone, answerYes, answerRefused, answerMomentary, answerGateway, answerLost, answerOther)
	for _, row := range []struct {
		answers                        []answerKind
		doubt, left, creates, mayBeOwn int
		looks                          []looked
		fate                           fate
	}{
		// It is done.
		{answers(answerYes), any, any, any, any, nil, fateDone},
		{all, any, any, any, any, []looked{lookDone}, fateDone},
		// Somebody else's record is in its place.
		{all, any, any, any, any, []looked{lookForeign}, fateRefused},
		// Nobody has looked, and the answer does not decide.
		{answers(answerNone, answerMomentary, answerLost, answerOther), yes, any, any, any, []looked{lookNone}, fateLook},
		{answers(answerGateway), any, any, yes, any, []looked{lookNone}, fateLook},
		{answers(answerGateway), yes, any, no, any, []looked{lookNone}, fateLook},
		{answers(answerRefused), yes, any, yes, any, []looked{lookNone}, fateLook},
		{answers(answerRefused), any, any, no, yes, []looked{lookNone}, fateLook},
		// A refusal stands, unless what was refused may be what an attempt has made.
		{answers(answerRefused), yes, any, any, yes, []looked{lookFailed}, fateUnknown},
		{answers(answerRefused), any, any, any, any, nil, fateRefused},
		// What has not been done is tried again, a create only if that is known.
		{answers(answerNone, answerMomentary), no, yes, any, any, nil, fateAgain},
		{answers(answerNone, answerMomentary), yes, yes, no, any, nil, fateAgain},
		{answers(answerNone, answerMomentary), yes, yes, yes, any, []looked{lookUndone}, fateAgain},
		{answers(answerGateway, answerLost), any, yes, no, any, nil, fateAgain},
		{answers(answerGateway, answerLost), any, yes, yes, any, []looked{lookUndone}, fateAgain},
		// That is all that can be known.
		{all, yes, any, any, any, nil, fateUnknown},
		{all, no, any, any, any, nil, fateGiveUp},
	} {
		fits := is(a.doubt, row.doubt) && is(a.left, row.left) && is(a.creates, row.creates) && is(a.mayBeOwn, row.mayBeOwn)
		found := false
		for _, kind := range row.answers {
			found = found || kind == a.answer
		}
		seen := row.looks == nil
		for _, look := range row.looks {
			seen = seen || look == a.look
		}
		if fits && found && seen {
			return row.fate
		}
	}
	panic("no row fits")
}

func TestTheFateOfEveryAttempt(t *testing.T) {
	t.Parallel()
	seen := map[fate]int{}
	for answer := answerNone; answer <= answerOther; answer++ {
		for look := lookNone; look <= lookFailed; look++ {
			for flags := range 16 {
				a := attempt{answer: answer, look: look, doubt: flags&1 > 0, left: flags&2 > 0, creates: flags&4 > 0, mayBeOwn: flags&8 > 0}
				assert.Equal(t, slowFate(a), fateOf(a), "%+v", a)
				seen[fateOf(a)]++
			}
		}
	}
	assert.Len(t, seen, 6)
}

// A create in doubt is never sent again without a look that showed that it was not done.
func TestACreateInDoubtIsNeverRepeatedWithoutALook(t *testing.T) {
	t.Parallel()
	for answer := answerNone; answer <= answerOther; answer++ {
		for look := lookNone; look <= lookFailed; look++ {
			for flags := range 4 {
				a := attempt{answer: answer, look: look, doubt: true, creates: true, left: flags&1 > 0, mayBeOwn: flags&2 > 0}
				if fateOf(a) == fateAgain {
					assert.Equal(t, lookUndone, a.look, "%+v", a)
				}
			}
		}
	}
}

func TestTheKindOfEveryAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want answerKind
	}{
		"confirmed":                    {nil, answerYes},
		"refused":                      {&APIError{StatusCode: 400, Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION"}, answerRefused},
		"refused, after a lost answer": {&unconfirmed{err: &APIError{StatusCode: 400, Code: "DUPLICATE_USERNAME"}}, answerRefused},
		"locked":                       {&APIError{StatusCode: 400, Code: "UNABLE_TO_LOCK_ROW"}, answerMomentary},
		"not sent":                     {&transportError{err: errors.New("dial")}, answerMomentary},
		"a gateway's 503":              {&APIError{StatusCode: 503}, answerGateway},
		"failed inside":                {&APIError{StatusCode: 500, Code: "UNKNOWN_EXCEPTION", Message: "An unexpected error occurred. ErrorId: 1"}, answerGateway},
		"no answer":                    {&unconfirmed{err: &transportError{err: errors.New("EOF"), sent: true}}, answerLost},
		"a gateway's 502":              {&unconfirmed{err: &APIError{StatusCode: 502}}, answerLost},
		"left before it was sent":      {&transportError{err: context.Canceled, left: true}, answerOther},
		"a refused login":              {&AuthError{StatusCode: 400, Code: "invalid_client"}, answerOther},
		"the daily limit":              {&APIError{StatusCode: 403, Code: "REQUEST_LIMIT_EXCEEDED"}, answerOther},
	} {
		assert.Equal(t, test.want, answerOf(test.err), name)
	}
}

package sfprov

// answerKind is what came back for an attempt to change something.
type answerKind int

const (
	answerNone      answerKind = iota // this call has sent nothing yet
	answerYes                         // Salesforce confirms it
	answerRefused                     // Salesforce refuses it, for good
	answerMomentary                   // it was certainly not done, and can be within seconds
	answerGateway                     // something on the way gave up: most likely it was not done
	answerLost                        // it was sent and not answered: it may have been done, or be yet
	answerOther                       // it was certainly not done, and a repetition does not mend that
)

// looked is what a look at the org showed.
type looked int

const (
	lookNone    looked = iota // nobody has looked
	lookDone                  // it is done
	lookForeign               // somebody else's record is in its place
	lookUndone                // it is not done so far
	lookFailed                // the look told nothing
)

// fate is what becomes of an attempt.
type fate int

const (
	fateDone    fate = iota // it was done
	fateLook                // a look decides
	fateAgain               // it is to be tried again
	fateRefused             // it was not done, and the refusal stands, or leads to what is in the way
	fateGiveUp              // it was not done, by its error's own word
	fateUnknown             // it is not known whether it was done
)

// attempt is what is known of an attempt to change something, whoever makes it: for
// one user or for many.
type attempt struct {
	answer answerKind
	// doubt says that this or an earlier attempt may have been carried out.
	doubt bool
	look  looked
	// left says that it may be tried once more.
	left bool
	// creates says that a repetition can make a second record, so that nothing is sent
	// again, and no refusal believed, in doubt.
	creates bool
	// mayBeOwn says that the refusal may be due to what the attempts before have made.
	mayBeOwn bool
}

// fateOf decides what becomes of an attempt. It is the only place that does.
func fateOf(a attempt) fate {
	switch {
	case a.answer == answerYes, a.look == lookDone:
		return fateDone
	case a.look == lookForeign:
		return fateRefused
	case a.look == lookNone && a.needsLook():
		return fateLook
	case a.answer == answerRefused && (a.look != lookFailed || !a.doubt || !a.mayBeOwn):
		return fateRefused
	case a.left && a.isRepeatable():
		return fateAgain
	case a.doubt:
		return fateUnknown
	}
	return fateGiveUp
}

// needsLook reports whether the answer alone does not decide.
func (a attempt) needsLook() bool {
	switch a.answer {
	case answerRefused:
		return a.doubt && a.creates || a.mayBeOwn && !a.creates
	case answerGateway:
		return a.creates || a.doubt
	case answerNone, answerYes, answerMomentary, answerLost, answerOther:
	}
	return a.doubt
}

// isRepeatable reports whether a second attempt is sensible and does no harm: of
// what can be made twice, only after a look that showed that it was not made.
func (a attempt) isRepeatable() bool {
	switch a.answer {
	case answerNone, answerMomentary:
		return !a.creates || !a.doubt || a.look == lookUndone
	case answerGateway, answerLost:
		return !a.creates || a.look == lookUndone
	case answerYes, answerRefused, answerOther:
	}
	return false
}

// answerOf is the kind of an answer by its error.
func answerOf(err error) answerKind {
	cause, inDoubt := isInDoubt(err)
	switch {
	case err == nil:
		return answerYes
	case isFinalRefusal(cause): // also of the last attempt of several in doubt
		return answerRefused
	case inDoubt:
		return answerLost
	case isOfGateway(cause), isMomentary(cause) && !hadNoEffect(cause):
		return answerGateway
	case isMomentary(cause):
		return answerMomentary
	}
	return answerOther
}

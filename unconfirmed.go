package sfprov

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// clockSkew is how far the org's clock and this machine's may differ.
const clockSkew = 5 * time.Minute

// UnconfirmedError is a change whose answer was lost: it may have been made or not. It
// matches [ErrOutcomeUnknown] and wraps what happened to the answer.
//
// An update or a deactivation is simply called again: it makes the change, or
// finds it made. So is a create with a match field. Without one,
// [Provisioner.Resolve] finds out. [Retryable] tells the two apart.
//
// The error survives a restart: marshal it to JSON, and give Resolve what is
// unmarshalled from it.
type UnconfirmedError struct {
	Op       string
	ID       string    // of the user, where it is known
	Username string    // the Salesforce username that was sent, where it was
	SentAt   time.Time // when the change was first sent, by the local clock
	LostAt   time.Time
	// Sent are the texts that a create sent, by which Resolve knows its own account
	// from another's.
	Sent Fields `json:",omitempty"`
	Err  error  `json:"-"` // what happened to the answer

	again bool  // calling the same again finds out
	look  error // why a look did not tell; nil if there was none
}

// errNotSeen is why a look leaves the outcome open: what was sent may be under way
// still.
var errNotSeen = errors.New("a look found it not done so far")

// Error states what was tried, what happened to the answer, and how to find out.
func (e *UnconfirmedError) Error() string { return render(e) }

func (e *UnconfirmedError) summary() string {
	what := "the change was made"
	switch e.Op {
	case opCreate:
		what = "the user was created"
	case opDeactivate:
		what = "the user was deactivated"
	case opReactivate:
		what = "the user was reactivated"
	case opAccess:
		what = "the access was changed"
	case opSetPassword, opResetPassword:
		what = "the password was changed"
	case opFreeze:
		what = "the login was frozen"
	case opUnfreeze:
		what = "the login was unfrozen"
	}
	target := e.ID
	if target == "" {
		target = e.Username
	}
	var why string
	if e.Err != nil {
		why = ": " + cause(e.Err)
	}
	switch {
	case e.look == errNotSeen: //nolint:errorlint // set here, unwrapped
		why += "; " + e.look.Error()
	case e.look != nil:
		why += "; a look did not tell: " + cause(e.look)
	}
	return fmt.Sprintf("%s %s: it is not known whether %s, because the answer was lost%s", e.Op, shown(target), what, why)
}

func (e *UnconfirmedError) explanation() string {
	if why := Explain(e.look); why != "" && !Retryable(e.look) {
		return why + ". Then: " + e.howToFindOut()
	}
	return e.howToFindOut()
}

func (e *UnconfirmedError) howToFindOut() string {
	switch {
	case e.Op != opCreate:
		return "Call it again: it makes the change, or finds it made"
	case e.again:
		return "Call Create again with the same user: it finds the account by the match field and adopts it, or creates it"
	}
	return "Give this error to Provisioner.Resolve, which looks the user up. In this process, calling Create again with the same user does so too, for half an hour; elsewhere or later, it could not tell its own account from another's"
}

// next is how to find out. If a look failed for a reason that a person must mend, it
// would fail for ever.
func (e *UnconfirmedError) next() (Step, time.Duration) {
	step, wait := nextOf(e.look)
	if step == StepSetup || step == StepUser {
		return step, 0
	}
	wait = max(wait, RetryAfter(e.Err))
	if e.Op == opCreate && !e.again {
		return StepResolve, wait
	}
	return StepAgain, wait
}

func (e *UnconfirmedError) saysWhetherAgain() bool { return true } // the explanation does

// Is matches ErrOutcomeUnknown.
func (e *UnconfirmedError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns what happened to the answer, and to the look that was to find
// out.
func (e *UnconfirmedError) Unwrap() []error {
	errs := []error{e.Err, e.look}
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// lost makes an UnconfirmedError of a change in doubt, and leaves every other error as
// it is.
func lost(op, id, username string, sentAt time.Time, err error) error {
	var doubt *unconfirmed
	switch {
	case !errors.As(err, &doubt):
		return err
	case isFinalRefusal(doubt.err):
		return doubt.err
	}
	return &UnconfirmedError{Op: op, ID: id, Username: username, SentAt: sentAt, LostAt: time.Now(), Err: doubt.err, again: true}
}

// Resolve finds out what became of a create whose answer was lost. err is the
// error that Create returned, or one that wraps it: an [UnconfirmedError].
//
//   - The user exists, and is the one that was sent: the Result says Created.
//   - There is no such user: [ErrNotFound]. Create can be called again; if the lost
//     request is still under way, it is as if two made the same user at once.
//   - The username is held by an account that was there before, or that somebody
//     else made: [ErrDuplicateUsername], with its ID in [APIError].Existing.
//
// If it can't be learned now, the error is an UnconfirmedError again, as good as err.
//
// An account is taken for the one that was sent if it was created at that time
// (five minutes of clock difference allowed), by the integration user where that
// is known, with the texts of standard fields that were sent. One that the same
// integration user made with the same texts some minutes before can't be told from
// it. It costs one API call.
func (p *Provisioner) Resolve(ctx context.Context, err error) (Result, error) {
	var unknown *UnconfirmedError
	if err == nil {
		return Result{}, errors.New("sfprov: resolve: the error is nil, so the outcome is known")
	}
	if !errors.As(err, &unknown) {
		return Result{}, fmt.Errorf("sfprov: resolve: there is no unknown outcome in the error: %w", err)
	}
	if unknown.Op == "" || unknown.Op == opCreate && unknown.Username == "" {
		return Result{}, errors.New("sfprov: resolve: the UnconfirmedError is incomplete: Op or Username is missing")
	}
	if unknown.Op != opCreate {
		return Result{}, fmt.Errorf("sfprov: resolve: only a create needs it; call %s again: %w", unknown.Op, err)
	}
	still := *unknown // what can't be learned stays unknown
	ctx, call, err := p.begin(ctx)
	if err != nil {
		still.look = err
		return Result{}, &still
	}
	defer p.end(call)
	account, ours, err := p.attempted(ctx, unknown)
	switch {
	case err != nil:
		still.look = err
		return Result{}, &still
	case account.ID == "":
		err = fmt.Errorf("%w: the user was not created, so far; call Create again", ErrNotFound)
	case !ours:
		p.lost.forget(unknown.Username)
		err = notOurs(account)
	default:
		p.lost.forget(unknown.Username)
		return Result{ID: account.ID, Username: account.Username, Action: Created}, nil
	}
	return Result{}, decorate(opResolve, unknown.Username, err)
}

// attempted looks for the account that a create may have made: the one with its
// username, if there is any, and whether it is the one that was sent.
func (p *Provisioner) attempted(ctx context.Context, unknown *UnconfirmedError) (account Account, ours bool, err error) {
	sent := slices.Sorted(maps.Keys(unknown.Sent))
	account, err = p.named(ctx, unknown.Username, append([]string{"CreatedDate", "CreatedById"}, sent...)...)
	if err != nil || account.ID == "" {
		return Account{}, false, err
	}
	return account, p.isOurs(account, unknown), nil
}

// notOurs is the refusal that a create would get for a username that is taken.
func notOurs(account Account) *APIError {
	return &APIError{
		StatusCode: http.StatusOK, Code: "DUPLICATE_USERNAME", Existing: account.ID,
		Message: "The username is held by an account that this create did not make",
	}
}

// isOurs tells the account that a create made from one that was there before or
// belongs to another.
func (p *Provisioner) isOurs(account Account, unknown *UnconfirmedError) bool {
	text, _ := account.Fields.text("CreatedDate")
	created, err := time.Parse(salesforceTime, text)
	if err != nil || created.Before(unknown.SentAt.Add(-clockSkew)) || created.After(unknown.LostAt.Add(clockSkew)) {
		return false
	}
	creator, _ := account.Fields.text("CreatedById")
	creatorID, _ := parseID(creator)
	if tok := p.api.sender.tokens.current.Load(); tok != nil && tok.userID != "" && tok.userID != creatorID {
		return false
	}
	for name := range unknown.Sent {
		if _, known := standardField(name); !known && !strings.EqualFold(name, p.settings.MatchField) {
			continue // of a type that is not known, so that it may be stored otherwise
		}
		was, _ := unknown.Sent.text(name)
		is, _ := account.Fields.text(name)
		if !sameText(name, was, is) {
			return false
		}
	}
	return true
}

// salesforceTime is how Salesforce writes a moment.
const salesforceTime = "2006-01-02T15:04:05.000-0700"

// sameText compares as Salesforce stores: names without regard to case, IDs in
// 18 characters, without blanks around.
func sameText(name, sent, stored string) bool {
	field, known := standardField(name)
	switch {
	case known && field.kind == kindReference:
		return id18Of(sent) == id18Of(stored)
	case known && (field.kind == kindEmail || field.name == "Username"):
		return strings.EqualFold(strings.TrimSpace(sent), stored)
	}
	return strings.TrimSpace(sent) == strings.TrimSpace(stored)
}

package sfprov

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// clockSkew is how far the org's clock and this machine's may differ.
const clockSkew = 5 * time.Minute

// Resolve finds out what became of a create whose answer was lost. err is the
// error that Create returned, or one that wraps it: an [OutcomeError].
//
//   - The user exists, and is the one that was sent: the Result says Created.
//   - There is no such user: [ErrNotFound]. Create can be called again, once the
//     request can't be under way any more.
//   - The username is held by an account that was there before, or that somebody
//     else made: [ErrDuplicateUsername], with its ID in [APIError].Existing.
//
// An account is taken for the one that was sent if it was created at that time
// (five minutes of clock difference allowed), by the integration user where that
// is known, with the texts that were sent. It costs one API call.
func (p *Provisioner) Resolve(ctx context.Context, err error) (Result, error) {
	var lost *OutcomeError
	if !errors.As(err, &lost) {
		return Result{}, fmt.Errorf("sfprov: resolve: there is no unknown outcome in the error: %w", err)
	}
	result, err := p.resolve(ctx, lost)
	return result, decorate(opResolve, lost.Username, err)
}

func (p *Provisioner) resolve(ctx context.Context, lost *OutcomeError) (Result, error) {
	sent := slices.Sorted(maps.Keys(lost.sent))
	account, err := p.named(ctx, lost.Username, append([]string{"CreatedDate", "CreatedById"}, sent...)...)
	if err != nil {
		return Result{}, err
	}
	if account.ID == "" {
		return Result{}, ErrNotFound
	}
	if !p.isOurs(account, lost) {
		return Result{}, &APIError{
			StatusCode: 200, Code: "DUPLICATE_USERNAME", Existing: account.ID,
			Message: "The username is held by an account that this create did not make",
		}
	}
	return Result{ID: account.ID, Username: account.Username, Action: Created}, nil
}

// isOurs tells the account that a create made from one that was there before or
// belongs to another.
func (p *Provisioner) isOurs(account Account, lost *OutcomeError) bool {
	text, _ := account.Fields.text("CreatedDate")
	created, err := time.Parse("2006-01-02T15:04:05.000-0700", text)
	if err != nil || created.Before(lost.SentAt.Add(-clockSkew)) || created.After(lost.LostAt.Add(clockSkew)) {
		return false
	}
	creator, _ := account.Fields.text("CreatedById")
	creatorID, _ := parseID(creator)
	if tok := p.api.sender.tokens.current.Load(); tok != nil && tok.userID != "" && tok.userID != creatorID {
		return false
	}
	for name := range lost.sent {
		was, _ := lost.sent.text(name)
		is, _ := account.Fields.text(name)
		if !sameText(name, was, is) {
			return false
		}
	}
	return true
}

// sameText compares as Salesforce stores: names without regard to case, IDs in
// 18 characters, without blanks around.
func sameText(name, sent, stored string) bool {
	field, known := standardField(name)
	switch {
	case known && field.kind == kindReference:
		a, _ := parseID(sent)
		b, _ := parseID(stored)
		return a == b
	case known && (field.kind == kindEmail || field.name == "Username"):
		return strings.EqualFold(strings.TrimSpace(sent), stored)
	}
	return strings.TrimSpace(sent) == strings.TrimSpace(stored)
}

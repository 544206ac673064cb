package sfprov

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"
)

// creation is a create on its way.
type creation struct {
	user     User
	fields   Fields // to send for a new account
	username string
	match    matchValue
}

// create makes the user or adopts its account.
func (p *Provisioner) create(ctx context.Context, c creation) (Result, error) {
	if c.match.set() && !c.match.isUnique() {
		account, err := p.matching(ctx, c.match)
		if err != nil {
			return Result{}, err
		}
		if account.ID != "" {
			return p.adopt(ctx, account, c)
		}
	}
	sentAt := time.Now()
	id, err := p.api.createUser(ctx, c.fields)
	switch {
	case err == nil:
		return Result{ID: id, Username: c.username, Action: Created}, nil
	case outcomeUnknown(err):
		return Result{}, &OutcomeError{
			Op: opCreate, Username: c.username, SentAt: sentAt, LostAt: time.Now(), Err: err,
			again: c.match.set(), sent: c.fields.texts(),
		}
	case c.match.set() && mayBeDuplicate(err):
		return p.createOverDuplicate(ctx, c, err)
	default:
		return Result{}, p.withExisting(ctx, err, c.username)
	}
}

// mayBeDuplicate says whether a refused create may mean that the user has an
// account. Which code goes with a match value that is taken is not documented, so
// every refusal of the data counts.
func mayBeDuplicate(err error) bool {
	var apiErr *APIError
	return errors.Is(err, ErrDuplicateUsername) || errors.As(err, &apiErr) && apiErr.StatusCode == http.StatusBadRequest
}

// createOverDuplicate adopts the user's account, if that is what stood in the
// way of the create. Otherwise the refusal stands.
func (p *Provisioner) createOverDuplicate(ctx context.Context, c creation, refusal error) (Result, error) {
	account, err := p.matching(ctx, c.match)
	if err != nil {
		return Result{}, fmt.Errorf("looking for the user's account by %s failed: %w (after: %w)", c.match.field, err, refusal)
	}
	if account.ID == "" {
		return Result{}, p.withExisting(ctx, refusal, c.username)
	}
	return p.adopt(ctx, account, c)
}

// adopt brings an account that is the user's to what the user says: the fields
// that the caller gave, no defaults, and the username.
func (p *Provisioner) adopt(ctx context.Context, account Account, c creation) (Result, error) {
	fields := maps.Clone(c.user.Fields)
	if _, given := fields.lookup("Username"); !given && !strings.EqualFold(account.Username, c.username) {
		fields["Username"] = c.username
	}
	if _, given := fields.lookup("IsActive"); !given && !account.Active {
		fields["IsActive"] = true
	}
	if err := p.api.update(ctx, "User", account.ID, fields); err != nil {
		return Result{}, p.withExisting(ctx, err, c.username)
	}
	result := Result{ID: account.ID, Username: c.username, Action: Adopted}
	if active, _ := fields.lookup("IsActive"); active == any(false) {
		return result, nil
	}
	// A frozen login stays frozen through deactivation and reactivation, and a
	// user who is provisioned again but can't log in would be a silent failure.
	err := p.api.setFrozen(ctx, account.ID, false)
	if err == nil {
		return result, nil
	}
	err = fmt.Errorf("the account %s was adopted, but it is not known whether its login is frozen: %w", account.ID, err)
	if Retryable(err) || ctx.Err() != nil {
		return result, err // the same call again brings it to its end
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "an adopted account may be frozen", slog.String("id", account.ID))
	result.Warning = decorate(opCreate, c.username, err)
	return result, nil
}

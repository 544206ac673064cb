package sfprov

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Find looks up the account behind a user: by the match field, if it is
// configured and User.Fields holds a value for it, else by the username. The
// names in User.Fields are the fields to read, whatever their values.
//
// No account is [ErrNotFound]. An account found by its username need not be the
// user's: names are no proof. It costs two API calls.
func (p *Provisioner) Find(ctx context.Context, u User) (Account, error) {
	account, target, err := p.find(ctx, u)
	return account, decorate(opFind, target, err)
}

func (p *Provisioner) find(ctx context.Context, u User) (account Account, target string, err error) {
	target = u.Username
	wanted := slices.Sorted(maps.Keys(u.Fields))
	var problems []FieldProblem
	for _, name := range wanted {
		if !isFieldName(name) {
			problems = append(problems, FieldProblem{Field: quote(name), Problem: notAFieldName})
		}
	}
	if err := validationError(problems); err != nil {
		return Account{}, target, err
	}
	match, err := p.settings.match(u)
	if err != nil {
		return Account{}, target, err
	}
	if match.set() {
		target = match.field + " = " + match.value
	} else {
		username, usernameProblems := p.settings.username(u)
		if len(usernameProblems) > 0 {
			return Account{}, target, validationError(usernameProblems)
		}
		target = username
	}
	ctx, call, err := p.begin(ctx)
	if err != nil {
		return Account{}, target, err
	}
	defer p.end(call)
	if match.set() {
		account, err = p.matching(ctx, match, wanted...)
	} else {
		account, err = p.named(ctx, target, wanted...)
	}
	if err != nil {
		return Account{}, target, err
	}
	if account.ID == "" {
		return Account{}, target, fmt.Errorf("%w: no account of this org has it", ErrNotFound)
	}
	_, account.Frozen, err = p.api.login(ctx, account.ID)
	return account, target, err
}

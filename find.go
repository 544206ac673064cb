package sfprov

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// Find looks up the account behind a user: by the match field, if it is
// configured and User.Fields holds a value for it, else by the username. The
// names in User.Fields are the fields to read, whatever their values.
//
// No account is [ErrNotFound]. An account found by its username need not be the
// user's: names are no proof. Where the integration user may not see logins, Frozen
// is false, and a warning is logged. It costs one API call.
func (p *Provisioner) Find(ctx context.Context, u User) (Account, error) {
	d, target, err := p.settings.sought(u)
	if err != nil {
		return Account{}, p.refused(ctx, opFind, target, err)
	}
	return p.readAccount(ctx, d, target)
}

// readAccount reads the one account that is sought.
func (p *Provisioner) readAccount(ctx context.Context, d *desired, target string) (Account, error) {
	var account Account
	_, err := p.run(ctx, d.op, target, func(ctx context.Context) (Result, error) {
		o, err := p.observe(ctx, d)
		switch {
		case err != nil:
			return Result{}, err
		case o.account.ID == "":
			return Result{}, &notFoundError{sought: d.id == ""}
		}
		if account = o.account.asked(d.sought); o.blind != nil {
			p.log.LogAttrs(ctx, slog.LevelWarn, "whether the login is frozen could not be read", failureAttrs(o.blind)...)
		}
		return Result{}, nil
	})
	return account, err
}

// sought is whom Find looks for, and how errors name it.
func (c *settings) sought(u User) (d *desired, target string, err error) {
	d = &desired{op: opFind, login: loginThawed, sought: slices.Sorted(maps.Keys(u.Fields))}
	problems := problemsIn(problemOfColumns(d.sought))
	match, matchProblems := c.matchOf(u)
	problems = append(problems, matchProblems...)
	if d.match = match; match.set() {
		return d, fmt.Sprintf("%s = %s", match.field, match.value), validationError(problems)
	}
	username, usernameProblems := c.usernameOf(u)
	d.username = username
	if len(usernameProblems) > 0 {
		return d, u.Username, validationError(append(problems, usernameProblems...))
	}
	return d, username, validationError(problems)
}

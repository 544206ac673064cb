package sfprov

import (
	"context"
	"maps"
	"time"
)

// update sends fields, in their plain form, gives the access and sets the password.
func (p *Provisioner) update(ctx context.Context, id string, fields Fields, username string, u User) (Result, error) {
	grants, err := p.resolveAccess(ctx, u.Access)
	if err != nil {
		return Result{}, err
	}
	maps.Copy(fields, grants.fields)
	result, done := Result{ID: id, Username: username, Action: Updated}, ""
	sentAt := time.Now()
	if len(fields) > 0 {
		if err := p.updateUser(ctx, id, fields); err != nil {
			err = lost(opUpdate, id, username, sentAt, err)
			if username != "" {
				err = p.withExisting(ctx, err, username)
			}
			return Result{}, err
		}
		done = "the user was updated"
	}
	_, changed, err := p.finish(ctx, id, grants, u.Password, done, true)
	switch {
	case done == "" && !changed && err != nil:
		return Result{}, err
	case done == "" && !changed:
		result.Action = Unchanged
	}
	return result, err
}

// updateUser changes fields of a user. Salesforce waits for the user to confirm a
// changed address.
func (p *Provisioner) updateUser(ctx context.Context, id string, fields Fields) error {
	err := p.api.update(ctx, "User", id, fields)
	if address, sent := fields.text("Email"); sent && err == nil {
		p.emails.remember(id, address)
	}
	return err
}

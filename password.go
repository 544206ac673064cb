package sfprov

import (
	"context"
	"net/http"
	"time"
	"unicode/utf8"
)

// SetPassword sets a user's password. What the org's password policy refuses is
// [ErrInvalidField], with Salesforce's text (Setup, Password Policies). The Action
// is Updated. It costs one API call. See "sObject User Password" in the REST API
// Developer Guide.
//
// It is not sent again if its answer is lost, because the policy may refuse a
// password that was set before: the error is [ErrOutcomeUnknown] then. Call it
// again, and take a refusal that speaks of a repeated password for success.
func (p *Provisioner) SetPassword(ctx context.Context, id string, password Secret) (Result, error) {
	problems := problemsOfPassword(password)
	if password == "" {
		problems = []FieldProblem{{Field: "Password", Problem: "is empty"}}
	}
	_, idErr := userID(id)
	if err := mergeProblems(idErr, validationError(problems)); err != nil {
		return Result{}, decorate(opSetPassword, id, err)
	}
	return p.lifecycle(ctx, opSetPassword, id, func(ctx context.Context, id string) (Result, error) {
		if err := p.api.setPassword(ctx, id, password); err != nil {
			return Result{}, err
		}
		return Result{ID: id, Action: Updated}, nil
	})
}

// ResetPassword lets Salesforce make up a password, and mail the user a link to
// choose another one. The Action is Updated. It costs one API call. See "sObject
// User Password" in the REST API Developer Guide.
//
// It is not sent again if its answer is lost, because the user would get another
// mail, which makes the first one's link useless: the error is [ErrOutcomeUnknown]
// then.
func (p *Provisioner) ResetPassword(ctx context.Context, id string) (Result, error) {
	return p.lifecycle(ctx, opResetPassword, id, func(ctx context.Context, id string) (Result, error) {
		if err := p.api.resetPassword(ctx, id); err != nil {
			return Result{}, err
		}
		return Result{ID: id, Action: Updated}, nil
	})
}

// problemsOfPassword says why a password can't be sent.
func problemsOfPassword(password Secret) []FieldProblem {
	switch {
	case password == redacted:
		return []FieldProblem{{Field: "Password", Problem: "is the placeholder that stands for a secret in what is printed, not the secret"}}
	case !utf8.ValidString(string(password)):
		return []FieldProblem{{Field: "Password", Problem: "is not valid UTF-8"}}
	}
	return nil
}

// finish takes the last steps of a create or an update: access, then password. It
// says what it changed of the access, and whether it changed anything. done is what
// was done before; again says whether the same call can take up the rest.
func (p *Provisioner) finish(ctx context.Context, id string, g grants, password Secret, done string, again bool) (access []Change, changed bool, err error) {
	partial := func(missing, then string, err error) error {
		if done == "" {
			return err
		}
		return &partialError{done: done + " (" + id + ")", missing: []string{missing}, err: err, again: again, then: then}
	}
	access, err = p.grant(ctx, id, g)
	changed = len(access) > 0
	if err != nil {
		if done == "" && changed {
			done = "a part of the access was given"
		}
		return access, changed, partial(accessLacks, "call Update with the Access", err)
	}
	if password == "" {
		return access, changed, nil
	}
	if changed && done == "" {
		done = "the access was given"
	}
	if err := lost(opSetPassword, id, "", time.Now(), p.api.setPassword(ctx, id, password)); err != nil {
		return access, changed, partial("the password", "set the password with SetPassword", err)
	}
	return access, true, nil
}

// setPassword sends a password.
func (c *client) setPassword(ctx context.Context, id string, password Secret) error {
	body, err := Fields{"NewPassword": string(password)}.encode()
	if err != nil {
		return err // of a string that was checked
	}
	return c.password(ctx, request{method: http.MethodPost, path: c.record("User", id) + "/password", byID: true, body: body, secrets: guises(string(password))})
}

// resetPassword makes Salesforce choose a password. The answer holds it, and is
// not read.
func (c *client) resetPassword(ctx context.Context, id string) error {
	return c.password(ctx, request{method: http.MethodDelete, path: c.record("User", id) + "/password", byID: true})
}

func (c *client) password(ctx context.Context, r request) error {
	ans, err := c.sender.send(ctx, r)
	if err != nil {
		return err
	}
	if ans.status != http.StatusNoContent && ans.status != http.StatusOK {
		return &unconfirmed{err: unexpected(ans, "the answer does not confirm the change of the password")}
	}
	return nil
}

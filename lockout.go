package sfprov

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"
)

// lockOut is the change that deactivates a user and, where that is configured, frees
// its username and match field, in one request, so that no answer can be lost in
// between. It is empty if nothing is left to do.
func (p *Provisioner) lockOut(a storedUser) (record, []Change) {
	var fields record
	var changes []Change
	if a.Active {
		fields = append(fields, field("IsActive", false))
		changes = append(changes, Change{Field: "IsActive", Before: true, After: false})
	}
	if !p.settings.ReleaseUsername {
		return fields, changes
	}
	if released := releasedUsername(a.ID, a.Username); !strings.EqualFold(a.Username, released) {
		fields = append(fields, field("Username", released))
		changes = append(changes, Change{Field: "Username", Before: a.Username, After: released})
	}
	if name := p.settings.MatchField; name != "" {
		if value, _ := a.row.lookup(name); !isBlank(value) {
			fields = append(fields, field(name, nil))
			changes = append(changes, Change{Field: name, Before: value})
		}
	}
	return newRecord(fields...), changes
}

// takeLockOut deactivates, or freezes where Salesforce refuses that. refusal is why
// it was refused already; nil if it was not tried.
//
// Salesforce's refusal is met twice before a person is frozen, with a pause between:
// what the org is busy with for a moment looks like a rule of its own. It goes by the
// request and not by the error code, because which code such a refusal has is not
// documented.
func (p *Provisioner) takeLockOut(ctx context.Context, cs *changeSet, s step, refusal error) {
	id := cs.result.ID
	if p.api.isOwnUser(id) {
		cs.fail(s, &ownUserError{id: id})
		return
	}
	release := step{kind: stepLockOut, write: s.write}
	for _, c := range s.changes {
		if c.Field != "IsActive" {
			release.changes = append(release.changes, c)
		}
	}
	if len(release.changes) > 0 {
		err := refusal
		if err == nil {
			if err = p.tryLockOut(ctx, cs, s); err == nil {
				return
			}
		}
		if !isRefusedForGood(err) {
			cs.fail(s, err)
			return
		}
		// It may be the rename that Salesforce doesn't like: what matters is that the
		// door is locked.
		p.log.LogAttrs(ctx, slog.LevelWarn, "releasing the username was refused",
			append([]slog.Attr{slog.String("id", id)}, failureAttrs(err)...)...)
		cs.result.Warning = decorate("release the username of", id, err)
		if !s.write.sets("IsActive", false) {
			return
		}
		refusal = nil
	}
	plain := step{
		kind: stepLockOut, write: changeRecord("User", id, newRecord(field("IsActive", false))),
		changes: []Change{{Field: "IsActive", Before: true, After: false}},
	}
	if refusal == nil {
		if refusal = p.tryLockOut(ctx, cs, plain); refusal == nil {
			return
		}
	}
	if isRefusedForGood(refusal) && p.api.pause(ctx, refusal) == nil {
		refusal = p.tryLockOut(ctx, cs, plain)
	}
	switch {
	case refusal == nil:
	case !isRefusedForGood(refusal):
		cs.fail(plain, refusal)
	default:
		cs.fail(plain, p.freezeInstead(ctx, cs, refusal))
	}
}

// isRefusedForGood reports whether Salesforce refuses to lock out a user who is there.
func isRefusedForGood(err error) bool { return isRefusal(err) && !errors.Is(err, ErrNotFound) }

// tryLockOut sends the change once, and finds out what became of it. It returns the
// error instead of noting it.
func (p *Provisioner) tryLockOut(ctx context.Context, cs *changeSet, s step) error {
	sentAt := time.Now()
	_, err := p.api.write(ctx, s.write, false)
	before := len(cs.failures)
	p.settle(ctx, cs, s, sentAt, err)
	if len(cs.failures) == before {
		return nil
	}
	err = cs.failures[before].err
	cs.failures = cs.failures[:before]
	return err
}

// freezeInstead locks the login of a user whom Salesforce refuses to deactivate.
func (p *Provisioner) freezeInstead(ctx context.Context, cs *changeSet, refusal error) error {
	id := cs.result.ID
	blocked := &blockedError{}
	errors.As(refusal, &blocked.refusal)
	frozen, err := p.setFrozen(ctx, &desired{op: opFreeze, id: id, login: loginFrozen})
	cs.o.loginID = frozen.o.loginID
	if err != nil {
		blocked.freeze = err
		return blocked
	}
	cs.result.Changes = append(cs.result.Changes, frozen.result.Changes...)
	cs.result.Action = Frozen
	p.log.LogAttrs(ctx, slog.LevelWarn, "deactivation was refused, the user is frozen instead",
		append([]slog.Attr{slog.String("id", id)}, failureAttrs(refusal)...)...)
	return blocked
}

// setFrozen freezes or unfreezes an account. Salesforce keeps nobody from freezing
// themselves, so nobody is frozen as long as it is not known who that is.
func (p *Provisioner) setFrozen(ctx context.Context, d *desired) (*changeSet, error) {
	if d.login == loginFrozen && p.api.knownOwnUser() == "" {
		return &changeSet{d: d}, &unknownSelfError{}
	}
	cs, err := p.byOneRequest(ctx, d)
	if err == nil {
		cs.result, err = p.carryOut(ctx, cs)
	}
	if cs == nil {
		cs = &changeSet{d: d}
	}
	return cs, p.withoutLogin(ctx, d.id, err)
}

// withoutLogin says of what type a user is who has no login.
func (p *Provisioner) withoutLogin(ctx context.Context, id string, err error) error {
	if none := (*noLoginError)(nil); !errors.As(err, &none) {
		return err
	}
	return &noLoginError{userType: p.userType(ctx, id)}
}

// ownUserTypes are of users whom Salesforce manages itself.
var ownUserTypes = []string{"Guest", "AutomatedProcess", "CloudIntegrationUser"} //nolint:gochecknoglobals // a constant list

func isOwnUserType(userType string) bool { return containsFold(ownUserTypes, userType) }

const releasedPrefix = "released-"

// releasedUsername is the username of a user who was released: traceable by the
// old name and by the ID, which also makes it unique, and the same however often
// it is asked for. The parts are cut to fit into 80 characters.
func releasedUsername(id, username string) string {
	return markedUsername(releasedPrefix+strings.ToLower(id)+"-", username)
}

// markedUsername puts a mark before a username, once.
func markedUsername(mark, username string) string {
	if strings.HasPrefix(strings.ToLower(username), mark) {
		return username
	}
	at := strings.LastIndexByte(username, '@')
	if at < 0 {
		at = len(username)
	}
	local, domain := username[:at], username[at:]
	room := maxUsername - len(mark)
	if domain == "" || utf8.RuneCountInString(domain) >= room {
		domain = "@released.invalid" // a domain that belongs to nobody (RFC 2606)
	}
	return mark + cut(local, room-utf8.RuneCountInString(domain)) + domain
}

// cut shortens s to n characters.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

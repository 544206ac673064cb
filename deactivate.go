package sfprov

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// deactivate deactivates a user, with release of the username if configured, or
// freezes it where Salesforce refuses.
func (p *Provisioner) deactivate(ctx context.Context, id string) (Result, error) {
	before, err := p.loginState(ctx, id)
	if err != nil {
		return Result{}, err
	}
	return p.deactivateFrom(ctx, id, before)
}

// deactivateFrom is deactivate for a user who was read already.
func (p *Provisioner) deactivateFrom(ctx context.Context, id string, before loginState) (Result, error) {
	sentAt := time.Now()
	released := releasedUsername(id, before.username)
	isReleased := !p.settings.ReleaseUsername || before.isReleased(released)
	result := Result{ID: id, Username: before.username, Action: Deactivated}
	switch {
	case !before.active && isReleased:
		result.Action = Unchanged
		return result, nil
	case !before.active:
		result.Action = Updated // only the username is left to release
	}
	if !isReleased {
		err := p.api.update(ctx, "User", id, p.releasing(released))
		err = p.settle(ctx, opDeactivate, id, sentAt, err, func(s loginState) bool { return !s.active && s.isReleased(released) })
		if err == nil {
			result.Username = released
			return result, nil
		}
		if !isRefusal(err) {
			return Result{}, err
		}
		// It may be the rename that Salesforce doesn't like: what matters is that
		// the door is locked.
		p.log.LogAttrs(ctx, slog.LevelWarn, "releasing the username was refused", slog.String("id", id))
		result.Warning = decorate("release the username of", id, err)
		if !before.active {
			result.Action = Unchanged
			return result, nil
		}
	}
	err := p.api.update(ctx, "User", id, Fields{"IsActive": false})
	err = p.settle(ctx, opDeactivate, id, sentAt, err, func(s loginState) bool { return !s.active })
	switch {
	case err == nil:
		return result, nil
	case !isRefusal(err):
		return Result{}, err
	}
	frozen, err := p.freeze(ctx, id, before.username, err)
	frozen.Warning = result.Warning
	return frozen, err
}

// loginState is what of a user decides who can log in, and under what name.
type loginState struct {
	active   bool
	username string // empty unless usernames are released
	matches  bool   // the match field holds a value, which a release clears
}

func (p *Provisioner) loginState(ctx context.Context, id string) (loginState, error) {
	read := []string{"IsActive"}
	if p.settings.ReleaseUsername {
		read = append(read, "Username")
	}
	asked := read
	if p.settings.ReleaseUsername && p.settings.MatchField != "" {
		asked = append(slices.Clone(read), p.settings.MatchField)
	}
	record, err := p.api.get(ctx, "User", id, asked...)
	if err != nil {
		return loginState{}, err
	}
	for _, field := range read {
		if _, given := record.lookup(field); !given {
			return loginState{}, unexpected(answer{status: http.StatusOK}, "the answer lacks the field "+field)
		}
	}
	active, _ := record.lookup("IsActive")
	state := loginState{active: active != any(false)}
	if p.settings.ReleaseUsername {
		state.username, _ = record.text("Username")
		value, _ := record.lookup(p.settings.MatchField)
		state.matches = p.settings.MatchField != "" && !isBlank(value)
	}
	return state, nil
}

// isReleased says whether nothing is left to release.
func (s loginState) isReleased(released string) bool {
	return strings.EqualFold(s.username, released) && !s.matches
}

// settle finds out what became of a change of which err leaves it open whether it
// was made. nil: it was.
func (p *Provisioner) settle(ctx context.Context, op, id string, sentAt time.Time, err error, made func(loginState) bool) error {
	var doubt *unconfirmed
	if !errors.As(err, &doubt) {
		return err
	}
	now, look := p.loginState(ctx, id)
	switch {
	case look == nil && made(now):
		return nil
	case isFinalRefusal(doubt.err):
		return doubt.err
	case look == nil:
		look = errNotSeen
	}
	return &UnconfirmedError{Op: op, ID: id, SentAt: sentAt, LostAt: time.Now(), Err: doubt.err, again: true, look: look}
}

// releasing is the change that deactivates a user and frees its username and
// match field, in one request, so that no answer can be lost in between.
func (p *Provisioner) releasing(released string) Fields {
	fields := Fields{"IsActive": false, "Username": released}
	if p.settings.MatchField != "" {
		fields[p.settings.MatchField] = nil
	}
	return fields
}

// freeze locks the login of a user whom Salesforce refuses to deactivate. It goes
// by the context and not by the error code, because which code such a refusal
// has is not documented.
func (p *Provisioner) freeze(ctx context.Context, id, username string, refusal error) (Result, error) {
	sentAt := time.Now()
	err := errOwnLogin
	if !p.isOwn(id) {
		_, err = p.api.setFrozen(ctx, id, true)
	}
	blocked := &blockedError{freeze: lost(opFreeze, id, "", sentAt, err)}
	errors.As(refusal, &blocked.refusal)
	if blocked.freeze != nil {
		return Result{ID: id, Username: username}, blocked
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "deactivation was refused, the user is frozen instead",
		slog.String("id", id), slog.String("code", blocked.refusal.Code))
	return Result{ID: id, Username: username, Action: Frozen}, blocked
}

// errOwnLogin is why the integration user is never frozen.
var errOwnLogin error = &ownUserError{}

// isOwn says whether a user is the one as whom the Provisioner is logged in.
func (p *Provisioner) isOwn(id string) bool {
	tok := p.api.sender.tokens.current.Load()
	return tok != nil && tok.userID == id
}

const releasedPrefix = "released-"

// releasedUsername is the username of a user who was released: traceable by the
// old name and by the ID, which also makes it unique, and the same however often
// it is asked for. The parts are cut to fit into 80 characters.
func releasedUsername(id, username string) string {
	mark := releasedPrefix + strings.ToLower(id) + "-"
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

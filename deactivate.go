package sfprov

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"
)

// deactivate deactivates a user, with release of the username if configured, or
// freezes it where Salesforce refuses.
func (p *Provisioner) deactivate(ctx context.Context, id string) (Result, error) {
	release := p.settings.ReleaseUsername
	read := []string{"IsActive"}
	if release {
		read = append(read, "Username")
	}
	record, err := p.api.get(ctx, "User", id, read...)
	if err != nil {
		return Result{}, err
	}
	active, _ := record.lookup("IsActive")
	username := ""
	if release {
		username, _ = record.text("Username")
	}
	released := releasedUsername(id, username)
	isReleased := !release || strings.EqualFold(username, released)
	if active == any(false) && isReleased {
		return Result{ID: id, Username: username, Action: Unchanged}, nil
	}

	result := Result{ID: id, Username: username, Action: Deactivated}
	if active == any(false) {
		result.Action = Updated // only the username is left to release
	}
	if !isReleased {
		err := p.api.update(ctx, "User", id, p.releasing(released))
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
		if active == any(false) {
			result.Action = Unchanged
			return result, nil
		}
	}
	err = p.api.update(ctx, "User", id, Fields{"IsActive": false})
	if err == nil {
		return result, nil
	}
	if !isRefusal(err) {
		return Result{}, err
	}
	return p.freeze(ctx, id, username, err)
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

// isRefusal says whether Salesforce refused a change of the user for what it is,
// and not because the record isn't there, the login failed, or for the moment.
func isRefusal(err error) bool {
	var apiErr *APIError
	return errors.As(err, &apiErr) && apiErr.StatusCode >= 400 && apiErr.StatusCode < 500 && apiErr.Code != "" &&
		apiErr.StatusCode != http.StatusUnauthorized && !errors.Is(err, ErrNotFound) && !Retryable(err)
}

// freeze locks the login of a user whom Salesforce refuses to deactivate. It goes
// by the context and not by the error code, because which code such a refusal
// has is not documented.
func (p *Provisioner) freeze(ctx context.Context, id, username string, refusal error) (Result, error) {
	blocked := &blockedError{freeze: p.api.setFrozen(ctx, id, true)}
	errors.As(refusal, &blocked.refusal)
	if blocked.freeze != nil {
		return Result{ID: id, Username: username}, blocked
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "deactivation was refused, the user is frozen instead",
		slog.String("id", id), slog.String("code", blocked.refusal.Code))
	return Result{ID: id, Username: username, Action: Frozen}, blocked
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

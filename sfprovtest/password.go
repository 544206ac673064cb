package sfprovtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// passwords are the passwords that users had, the current one last, and what was
// mailed to them. Like the org's other credentials they open nothing.
type passwords struct {
	ofUser map[string][]string // by user ID
	resets map[string]int
	minLen int
	kept   int           // how many of the last ones can't be used again
	life   time.Duration // 0 for ever
}

// SetPasswordPolicy sets how long a password must be, and how many of a user's
// last ones can't be used again. Letters and digits are needed in any case. The
// defaults are 8 and 3.
func (o *Org) SetPasswordPolicy(minLength, history int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.passwords.minLen, o.passwords.kept = minLength, history
}

// SetPasswordLifetime sets after how long passwords expire that are set from now on; 0, the
// default, is never. Each user's PasswordExpirationDate says when.
func (o *Org) SetPasswordLifetime(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.passwords.life = d
}

// ExpirePassword makes a user's password expire now, whatever the policy. That of the
// integration user stops all its requests: see [Org.SetExpiredPasswordStatus].
func (o *Org) ExpirePassword(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rows["User"][o.mustUser(id)]["passwordexpirationdate"] = o.now()
}

// passwordExpired reports whether a user has a password that has expired.
func (o *Org) passwordExpired(user row) bool {
	when, expires := user["passwordexpirationdate"].(time.Time)
	return expires && !o.now().Before(when)
}

// CheckPassword reports whether a user's password is this one.
func (o *Org) CheckPassword(id, password string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.passwords.ofUser[o.mustUser(id)]
	return len(all) > 0 && all[len(all)-1] == password
}

// PasswordMails is how many mails with a link to choose a new password Salesforce
// has sent to a user.
func (o *Org) PasswordMails(id string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.passwords.resets[o.mustUser(id)]
}

// password is /sobjects/User/{id}/password.
func (o *Org) password(c *call, id string) (answer, error) {
	long, ok := id18(id)
	user, exists := o.rows["User"][long]
	if !ok || !exists || !o.seesRecord(userObject, user) {
		return answer{}, notFound()
	}
	if err := o.mayRead(ResetPasswords); err != nil {
		return answer{}, err
	}
	switch c.method {
	case http.MethodGet, http.MethodHead:
		return jsonAnswer(http.StatusOK, map[string]bool{"isExpired": len(o.passwords.ofUser[long]) == 0 || o.passwordExpired(user)}), nil
	case http.MethodPost:
		return o.setPassword(c, long, user)
	case http.MethodDelete:
		generated := "Gen3rated-" + long[9:]
		put(o, o.passwords.resets, long, o.passwords.resets[long]+1)
		o.storePassword(long, user, generated)
		o.notePassword(o.access.runAs, user, true)
		return jsonAnswer(http.StatusOK, map[string]string{"NewPassword": generated}), nil
	}
	return answer{}, methodNotAllowed(c.method, "HEAD,GET,POST,DELETE")
}

func (o *Org) setPassword(c *call, id string, user row) (answer, error) {
	var body struct{ NewPassword string }
	if err := json.Unmarshal(c.body, &body); err != nil || !utf8.Valid(c.body) {
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: "The HTTP entity body is not a valid JSON object at [line:1, column:1]"}
	}
	password := body.NewPassword
	last := o.passwords.ofUser[id]
	last = last[max(0, len(last)-o.passwords.kept):]
	var problem string
	switch {
	case utf8.RuneCountInString(password) < o.passwords.minLen:
		problem = "Your password must be longer than it is."
	case !strings.ContainsFunc(password, unicode.IsLetter) || !strings.ContainsFunc(password, unicode.IsDigit):
		problem = "Your password must have a mix of letters and numbers."
	case slices.Contains(last, password):
		problem = "invalid repeated password"
	}
	if problem != "" {
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "INVALID_NEW_PASSWORD", Message: problem}
	}
	o.storePassword(id, user, password)
	o.notePassword(o.access.runAs, user, false)
	return jsonAnswer(http.StatusNoContent, nil), nil
}

func (o *Org) storePassword(id string, user row, password string) {
	put(o, o.passwords.ofUser, id, append(o.passwords.ofUser[id], password))
	put(o, user, "lastpasswordchangedate", any(o.now()))
	var expires any
	if o.passwords.life > 0 {
		expires = o.now().Add(o.passwords.life)
	}
	put(o, user, "passwordexpirationdate", expires)
}

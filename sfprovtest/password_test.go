package sfprovtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c, id := logIn(t, org), org.AddUser(nil)
	path := users + "/" + id + "/password"
	set := func(password string) reply { return c.post(t, path, object{"NewPassword": password}) }

	assert.Equal(t, object{"isExpired": true}, c.get(t, path).object(t))
	assert.Equal(t, 204, set("Passw0rd").status)
	assert.True(t, org.CheckPassword(id[:15], "Passw0rd"))
	assert.Equal(t, object{"isExpired": false}, c.get(t, path).object(t))
	user, _ := org.User(id)
	assert.WithinDuration(t, time.Now(), user.Fields["LastPasswordChangeDate"].(time.Time), time.Minute) //nolint:forcetypeassert // fails the test

	for password, message := range map[string]string{
		"Pw0": "Your password must be longer than it is.", "passwords": "Your password must have a mix of letters and numbers.",
		"12345678": "Your password must have a mix of letters and numbers.", "Passw0rd": "invalid repeated password",
	} {
		isRefusal(t, set(password), 400, "INVALID_NEW_PASSWORD", message)
		assert.True(t, org.CheckPassword(id, "Passw0rd"))
	}
	assert.Equal(t, 204, set(" Passw0rd ").status, "blanks count")
	assert.True(t, org.CheckPassword(id, " Passw0rd "))
	org.SetPasswordPolicy(2, 0)
	assert.Equal(t, 204, set("p1").status)
	assert.Equal(t, 204, set("p1").status, "no history")

	r := c.send(t, http.MethodDelete, path, "", "")
	assert.Equal(t, 200, r.status)
	generated, _ := r.object(t)["NewPassword"].(string)
	assert.True(t, org.CheckPassword(id, generated))
	assert.Equal(t, 1, org.PasswordMails(id))

	isRefusal(t, c.send(t, http.MethodPost, path, "application/json", "["), 400, "JSON_PARSER_ERROR", "The HTTP entity body is not a valid JSON object at [line:1, column:1]")
	isRefusal(t, c.send(t, http.MethodPut, path, "application/json", "{}"), 405, "METHOD_NOT_ALLOWED", "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,POST,DELETE")
	isRefusal(t, c.get(t, users+"/005000000000001AAA/password"), 404, "NOT_FOUND", "The requested resource does not exist")
	for _, r := range org.Requests() {
		assert.NotContains(t, string(r.Body), "Passw0rd")
	}
}

func TestExpiredPassword(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	path := users + "/" + id + "/password"
	expired := func() any { return c.get(t, path).object(t)["isExpired"] }
	until := func() any { return userOf(t, org, id).Fields["PasswordExpirationDate"] }
	set := func(password string) {
		require.Equal(t, 204, c.post(t, path, object{"NewPassword": password}).status)
	}
	set("Passw0rd1")
	assert.Nil(t, until(), "by default, passwords never expire")
	org.SetTokenLifetime(0)
	org.FastForward(1000 * 24 * time.Hour)
	assert.Equal(t, false, expired())

	org.ExpirePassword(id)
	assert.Equal(t, true, expired())
	set("Passw0rd2")
	assert.Equal(t, false, expired())

	org.SetPasswordLifetime(90 * 24 * time.Hour)
	set("Passw0rd3")
	assert.NotNil(t, until())
	org.FastForward(90*24*time.Hour - time.Minute)
	assert.Equal(t, false, expired())
	org.FastForward(time.Minute)
	assert.Equal(t, true, expired())
	assert.Equal(t, 200, c.send(t, http.MethodDelete, path, "", "").status)
	assert.Equal(t, false, expired())
}

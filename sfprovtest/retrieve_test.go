package sfprovtest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestLimitsOfRetrieving(t *testing.T) {
	t.Parallel()
	_, c, id := seeded(t, nil)
	ids := func(n int) list { return slices.Repeat(list{id}, n) }
	r := c.post(t, collections+"/User", object{"ids": ids(2000), "fields": list{"Id"}})
	assert.Equal(t, 200, r.status)
	assert.Len(t, decode[list](t, r.body), 2000)
	isRefusal(t, c.post(t, collections+"/User", object{"ids": ids(2001), "fields": list{"Id"}}), 400, "EXCEEDED_ID_LIMIT",
		"record limit reached. cannot submit more than 2000 records in this call")
	for _, body := range []object{{}, {"ids": ids(1)}, {"fields": list{"Id"}}, {"ids": list{}, "fields": list{"Id"}}} {
		r := c.post(t, collections+"/User", body)
		assert.Equal(t, 400, r.status)
		assert.Contains(t, r.body, "REQUIRED_FIELD_MISSING")
	}
	assert.Equal(t, 400, c.send(t, http.MethodPost, collections+"/User", "application/json", "[").status)
	assert.Equal(t, 414, c.get(t, collections+"/User?fields=Id&ids="+strings.Repeat(id+",", 900)).status)
	assert.Equal(t, 200, c.get(t, collections+"/User?fields=Id&ids="+strings.Repeat(id+",", 800)).status, "as many as are documented")
	assert.Equal(t, list{nil, nil}, decode[list](t, c.post(t, collections+"/Group", object{"ids": list{id, "junk"}, "fields": list{"Id"}}).body), "of another object, or none")
}

// TestUpsertsAndRetrievalsWithoutPermissions: what the integration user can't see or do
// stays hidden and undone, by whatever resource.
func TestUpsertsAndRetrievalsWithoutPermissions(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Username": "a@x.com", "Title": "Clerk"})
	upsert := func(body object) object {
		return c.send(t, http.MethodPatch, collections+"/User/Username", "application/json", asJSON(t, object{"records": list{rowOf("User", body)}})).results(t)[0]
	}
	org.Forbid(sfprovtest.ManageInternalUsers)
	assert.Equal(t, 403, c.patch(t, "Username/a@x.com", object{"Title": "CFO"}).status)
	assert.Equal(t, 403, c.patch(t, "Id/"+id, object{"Title": "CFO"}).status)
	body := alice(org, nil)
	assert.Equal(t, 403, c.patch(t, "Id", body).status)
	delete(body, "Username")
	assert.Equal(t, 403, c.patch(t, "Username/alice@acme.example", body).status)
	for _, result := range []object{upsert(object{"Username": "a@x.com", "Title": "CFO"}), upsert(alice(org, nil))} {
		assert.Contains(t, asJSON(t, result), "INSUFFICIENT_ACCESS_OR_READONLY")
		assert.Equal(t, false, result["success"])
	}

	org.SetFieldAccess("Title", sfprovtest.FieldHidden)
	r := c.post(t, collections+"/User", object{"ids": list{id}, "fields": list{"Title"}})
	isRefusal(t, r, 400, "INVALID_FIELD", "No such column 'Title' on sobject of type User")
	org.SetFieldAccess("Username", sfprovtest.FieldHidden)
	assert.Equal(t, 404, c.get(t, users+"/Username/a@x.com").status)
	org.SetFieldAccess("Username", sfprovtest.FieldEditable)

	org.SetPrivateUsers(true)
	org.Forbid(sfprovtest.ViewAllUsers)
	assert.Equal(t, 404, c.get(t, users+"/Username/a@x.com").status)
	assert.Equal(t, 404, c.get(t, users+"/Id/"+id).status)
	assert.Equal(t, list{nil}, decode[list](t, c.post(t, collections+"/User", object{"ids": list{id}, "fields": list{"Id"}}).body))

	org.Forbid(sfprovtest.ViewRoles, sfprovtest.ViewSetup)
	isRefusal(t, c.post(t, collections+"/UserRole", object{"ids": list{id}, "fields": list{"Id"}}), 404, "NOT_FOUND", "The requested resource does not exist")
	user, _ := org.User(id)
	assert.Equal(t, "Clerk", user.Fields["Title"])
	assert.Len(t, org.Users(), 1)
}

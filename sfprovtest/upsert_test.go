package sfprovtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestUpsertByEveryField(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]string{
		"Username": "a+b@acme.example", "email": "a+b@acme.example", "FederationIdentifier": "x/1 y", "CommunityNickname": "al", "Badge__c": "7%",
	} {
		org := sfprovtest.NewOrg(t)
		c := logIn(t, org)
		org.AddCustomField("Badge__c", 12, true)
		org.AddUser(nil) // somebody else
		path := field + "/" + url.PathEscape(value)
		body := alice(org, object{"Username": "a+b@acme.example", "Email": "a+b@acme.example"})
		delete(body, map[string]string{"Username": "Username", "email": "Email"}[field])

		assert.Equal(t, 404, c.get(t, users+"/"+path).status, field)
		isRefusal(t, c.patch(t, path+"?updateOnly=true", body), 404, "NOT_FOUND", "The requested resource does not exist")
		made := c.patch(t, path, body)
		assert.Equal(t, 201, made.status, made.body)
		id := made.object(t)["id"]
		assert.Equal(t, object{"id": id, "success": true, "errors": list{}, "created": true}, made.object(t))

		changed := c.patch(t, path, object{"Title": "CFO"})
		assert.Equal(t, 200, changed.status, field)
		assert.Equal(t, object{"id": id, "success": true, "errors": list{}, "created": false}, changed.object(t))
		assert.Equal(t, object{
			"attributes": object{"type": "User", "url": users + "/" + fmt.Sprint(id)}, "Id": id, "Title": "CFO",
		}, c.get(t, users+"/"+path+"?fields=Title").object(t))
		assert.Equal(t, 204, c.send(t, http.MethodPatch, "/services/data/v45.0/sobjects/User/"+path, "application/json", "{}").status)
		assert.Equal(t, 405, c.send(t, http.MethodPut, users+"/"+path, "application/json", "{}").status)
		org.SetDeleteRefusal(sfprovtest.Refusal{Status: 403, Code: "NO"})
		assert.Equal(t, 403, c.send(t, http.MethodDelete, users+"/"+path, "", "").status, "as by its ID")
	}
}

func TestUpsertThatIsRefused(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Username": "a@x.com", "Email": "same@x.com"})
	other := org.AddUser(sfprov.Fields{"Username": "b@x.com", "Email": "same@x.com"})
	r := c.patch(t, "Email/same@x.com", object{"Title": "CFO"})
	assert.Equal(t, 300, r.status)
	assert.Equal(t, list{users + "/" + id, users + "/" + other}, decode[list](t, r.body))
	isRefusal(t, c.patch(t, "Username/a@x.com", object{"username": "c@x.com"}), 400, "INVALID_FIELD", "The Username field should not be specified in the sobject data.")
	const none = "Provided external ID field does not exist or is not accessible: "
	isRefusal(t, c.patch(t, "Title/CFO", object{}), 404, "NOT_FOUND", none+"Title")
	org.SetStandardUpsert(false)
	isRefusal(t, c.patch(t, "Username/a@x.com", object{}), 404, "NOT_FOUND", none+"Username")
	assert.Equal(t, 200, c.patch(t, "Id/"+id, object{"Title": "CEO"}).status)
	assert.Equal(t, 201, c.patch(t, "Id", alice(org, nil)).status)
}

func TestCollectionsOfUpserts(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Username": "a@x.com"})
	upsert := func(field string, body object) []object {
		return c.send(t, http.MethodPatch, collections+"/User/"+field, "application/json", asJSON(t, body)).results(t)
	}
	results := upsert("Username", object{"records": list{
		rowOf("User", object{"Username": "A@x.com", "Title": "CFO"}), rowOf("User", alice(org, nil)), rowOf("User", object{"Title": "x"}),
	}})
	assert.Equal(t, object{"id": id, "success": true, "errors": list{}, "created": false}, results[0])
	assert.Equal(t, true, results[1]["created"])
	assert.Contains(t, fmt.Sprint(results[2]), "MISSING_ARGUMENT")
	results = upsert("Id", object{"records": list{
		rowOf("User", object{"Id": id, "Title": "CEO"}), rowOf("User", alice(org, object{"Id": nil, "Username": "new@x.com"})),
	}})
	assert.Equal(t, false, results[0]["created"])
	assert.Equal(t, true, results[1]["created"])

	results = upsert("Id", object{"allOrNone": true, "records": list{rowOf("User", object{"Id": id, "Title": "rolled back"}), rowOf("User", object{"Id": "junk"})}})
	assert.Contains(t, fmt.Sprint(results[0]), "ALL_OR_NONE_OPERATION_ROLLED_BACK")
	user, _ := org.User(id)
	assert.Equal(t, "CEO", user.Fields["Title"])

	read := c.post(t, collections+"/User", object{"ids": list{id[:15], unknownUser}, "fields": list{"Title"}})
	want := list{object{"attributes": object{"type": "User", "url": users + "/" + id}, "Id": id, "Title": "CEO"}, nil}
	assert.Equal(t, want, decode[list](t, read.body))
	assert.Equal(t, want, decode[list](t, c.get(t, collections+"/User?fields=Title&ids="+id+","+unknownUser).body))
	isRefusal(t, c.post(t, collections+"/User", object{"ids": list{id}, "fields": list{"Nope"}}), 400, "INVALID_FIELD", "No such column 'Nope' on sobject of type User")
}

func TestCollectionsAllOrNone(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	results := c.post(t, collections, object{"allOrNone": true, "records": list{
		rowOf("User", alice(org, nil)), rowOf("User", alice(org, object{"Username": "b@x.com", "LastName": nil})),
	}}).results(t)
	assert.Equal(t, object{"success": false, "errors": list{object{
		"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "fields": list{},
		"message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
	}}}, results[0])
	assert.Contains(t, fmt.Sprint(results[1]), "REQUIRED_FIELD_MISSING")
	assert.Empty(t, org.Users())
	assert.Equal(t, true, c.post(t, collections, object{"allOrNone": true, "records": list{rowOf("User", alice(org, nil))}}).results(t)[0]["success"])

	id, group := org.AddUser(nil), org.AddGroup("A")
	member := c.post(t, data+"/sobjects/GroupMember", object{"GroupId": group, "UserOrGroupId": id}).object(t)["id"]
	c.send(t, http.MethodDelete, collections+"?allOrNone=true&ids="+fmt.Sprint(member)+","+unknownUser, "", "").results(t)
	assert.Equal(t, []string{"A"}, org.Access(id).PublicGroups)
}

func TestMalformedIDsOfUpserts(t *testing.T) {
	t.Parallel()
	_, c, id := seeded(t, nil)
	for _, method := range []string{http.MethodGet, http.MethodPatch} {
		isRefusal(t, c.send(t, method, users+"/Id/junk", "application/json", "{}"), 400, "MALFORMED_ID", "User ID: id value of incorrect type: junk", "Id")
	}
	wrong := id[:17] + "9"
	results := c.send(t, http.MethodPatch, collections+"/User/Id", "application/json", asJSON(t, object{"records": list{
		rowOf("User", object{"Id": "junk"}), rowOf("User", object{"Id": wrong}), rowOf("User", object{"Id": id}),
	}})).results(t)
	assert.Contains(t, fmt.Sprint(results[0]), "MALFORMED_ID")
	assert.Contains(t, fmt.Sprint(results[1]), "MALFORMED_ID")
	assert.Equal(t, true, results[2]["success"])
}

// TestSlashesInValues holds that only those between the parts of a path are taken for one.
func TestSlashesInValues(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.AddCustomField("Badge__c", 12, true)
	id := org.AddUser(sfprov.Fields{"Badge__c": "/a//b"})
	org.AddUser(sfprov.Fields{"Badge__c": "/a/b"})
	for _, path := range []string{
		users + "/Badge__c/%2Fa%2F%2Fb", "//services//data///v66.0//sobjects//User//Badge__c//%2Fa//b",
		users + "//" + id, users + "//" + id + "/", "//services/data//v66.0/sobjects/User/" + id,
	} {
		assert.Equal(t, id, c.get(t, path+"?fields=Badge__c").object(t)["Id"], path)
	}
	assert.Equal(t, 200, c.get(t, users+"/"+id+"//password").status)
	assert.Equal(t, 200, c.get(t, users+"//describe//").status)
	assert.Equal(t, []int{200}, statusesOf(c.compose(t, sub(http.MethodGet, "a", "/services/data//v66.0/sobjects//User/"+id, nil))))
}

// TestUpsertsByAFieldThatIsNotUnique follows a collection whose rows change the values that
// later rows are found by.
func TestUpsertsByAFieldThatIsNotUnique(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, sfprov.Fields{"Email": "one@x.com"})
	org.SetEmailConfirmation(false)
	row := func(email, username string) object {
		return rowOf("User", alice(org, object{"Email": email, "Username": username}))
	}
	results := c.send(t, http.MethodPatch, collections+"/User/Email", "application/json", asJSON(t, object{"records": list{
		row("ONE@x.com", "a@x.com"), row("new@x.com", "b@x.com"), row("New@x.com", "c@x.com"), row("other@x.com", "c@x.com"),
	}})).results(t)
	assert.Equal(t, id, results[0]["id"])
	assert.Equal(t, true, results[1]["created"])
	assert.Equal(t, results[1]["id"], results[2]["id"], "the row before made it")
	assert.Contains(t, fmt.Sprint(results[3]), "DUPLICATE_USERNAME")
	assert.Len(t, org.Users(), 2)
}

func TestManyUpsertsAmongManyUsers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	for i := range 20_000 {
		org.AddUser(sfprov.Fields{"Email": fmt.Sprintf("u%d@x.com", i)})
	}
	rows := list{}
	for i := range 200 {
		rows = append(rows, rowOf("User", object{"Email": fmt.Sprintf("U%d@x.com", 100*i), "Title": "CFO"}))
	}
	began := time.Now()
	for _, result := range c.send(t, http.MethodPatch, collections+"/User/Email", "application/json", asJSON(t, object{"records": rows})).results(t) {
		assert.Equal(t, false, result["created"], result)
	}
	assert.Less(t, time.Since(began), 2*time.Second)
}

package sfprovtest_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

const collections = data + "/composite/sobjects"

// rowOf is a record of a collection.
func rowOf(kind string, fields object) object {
	row := object{"attributes": object{"type": kind}}
	maps.Copy(row, fields)
	return row
}

// results are the results of a collection.
func (r reply) results(t *testing.T) []object {
	t.Helper()
	require.Equal(t, 200, r.status, r.body)
	return decode[[]object](t, r.body)
}

func TestCollectionsOfUsers(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	made := c.post(t, collections, object{"allOrNone": false, "records": list{
		rowOf("User", alice(org, nil)), rowOf("User", alice(org, object{"Username": "bob@x.com", "LastName": nil})),
		rowOf("user", alice(org, nil)), rowOf("User", alice(org, object{"Username": "carol@x.com"})),
	}}).results(t)
	require.Len(t, made, 4)
	assert.Equal(t, true, made[0]["success"])
	assert.Equal(t, list{}, made[0]["errors"])
	assert.Equal(t, object{"success": false, "errors": list{object{
		"statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [LastName]", "fields": list{"LastName"},
	}}}, made[1], "without an ID")
	assert.Contains(t, fmt.Sprint(made[2]), "DUPLICATE_USERNAME", "a row sees what those before it did")
	assert.Equal(t, true, made[3]["success"])
	assert.Len(t, org.Users(), 2)
	assert.Len(t, org.Requests(), 1)

	id, _ := made[0]["id"].(string)
	assert.Len(t, id, 18)
	changed := c.send(t, http.MethodPatch, collections, "application/json", asJSON(t, object{"records": list{
		rowOf("User", object{"id": id[:15], "Title": "CFO"}), rowOf("User", object{"Title": "CEO"}), rowOf("User", object{"Id": "005000000000999AAA", "Title": "CEO"}),
	}})).results(t)
	assert.Equal(t, object{"id": id, "success": true, "errors": list{}}, changed[0])
	assert.Contains(t, fmt.Sprint(changed[1]), "MISSING_ARGUMENT")
	assert.Contains(t, fmt.Sprint(changed[2]), "INVALID_CROSS_REFERENCE_KEY")
	user, _ := org.User(id)
	assert.Equal(t, "CFO", user.Fields["Title"])
}

func TestCollectionsThatAreRefused(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	var many list
	for range 201 {
		many = append(many, rowOf("User", nil))
	}
	isRefusal(t, c.post(t, collections, object{"records": many}), 400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records in this call")
	isRefusal(t, c.post(t, collections, object{"records": list{}}), 400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")
	isRefusal(t, c.post(t, collections, object{"records": list{rowOf("User", nil), rowOf("GroupMember", nil)}}), 400, "INVALID_INPUT", "Setup objects can't be mixed with objects of other types in one request")
	assert.Equal(t, 405, c.get(t, collections).status)
	assert.Equal(t, 400, c.send(t, http.MethodPost, collections, "application/json", "{").status)
	assert.Equal(t, 400, c.send(t, http.MethodPost, collections, "application/json", `{"records":[7]}`).status)
	assert.Contains(t, fmt.Sprint(c.post(t, collections, object{"records": list{rowOf("Shoe__c", nil)}}).results(t)), "INVALID_TYPE")
	assert.Contains(t, fmt.Sprint(c.post(t, collections, object{"records": list{rowOf("Lead", nil)}}).results(t)), "has no object Lead; a real org may")
}

func TestCollectionsOfAssignments(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c, id := logIn(t, org), org.AddUser(nil)
	groups := []string{org.AddGroup("A"), org.AddGroup("B")}
	given := c.post(t, collections, object{"records": list{
		rowOf("GroupMember", object{"GroupId": groups[0], "UserOrGroupId": id}), rowOf("GroupMember", object{"GroupId": groups[1], "UserOrGroupId": id}), rowOf("GroupMember", object{"GroupId": groups[1], "UserOrGroupId": id}),
	}}).results(t)
	assert.Contains(t, fmt.Sprint(given[2]), "DUPLICATE_VALUE")
	assert.Equal(t, []string{"A", "B"}, org.Access(id).PublicGroups)
	taken := c.send(t, http.MethodDelete, collections+"?ids="+fmt.Sprint(given[0]["id"])+","+id+",junk,"+strings.Repeat("x", 15), "", "").results(t)
	assert.Equal(t, true, taken[0]["success"])
	assert.Contains(t, fmt.Sprint(taken[1]), "METHOD_NOT_ALLOWED")
	assert.Contains(t, fmt.Sprint(taken[2]), "MALFORMED_ID")
	assert.Contains(t, fmt.Sprint(taken[3]), "INVALID_CROSS_REFERENCE_KEY")
	assert.Equal(t, []string{"B"}, org.Access(id).PublicGroups)
}

func TestRowControl(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.SetRowControl(func(kind string, record sfprov.Fields) []sfprovtest.Refusal {
		if kind == "User" && record["Username"] == "bob@x.com" {
			return []sfprovtest.Refusal{{Status: 400, Code: "UNABLE_TO_LOCK_ROW", Message: "locked"}, {Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", Message: "no"}}
		}
		return nil
	})
	body := object{"records": list{rowOf("User", alice(org, nil)), rowOf("User", alice(org, object{"Username": "bob@x.com"}))}}
	results := c.post(t, collections, body).results(t)
	assert.Equal(t, true, results[0]["success"])
	assert.Contains(t, fmt.Sprint(results[1]), "UNABLE_TO_LOCK_ROW")
	assert.Len(t, results[1]["errors"], 2)
	org.SetRowControl(nil)
	assert.Equal(t, true, c.post(t, collections, body).results(t)[1]["success"])
}

func TestQueriesOfManyValues(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	var names []string
	for i := range 20 {
		name := fmt.Sprintf("user%d@x.com", i)
		org.AddUser(sfprov.Fields{"Username": name, "Department": fmt.Sprintf("D%d", i)})
		names = append(names, "'"+strings.ToUpper(name)+"'")
	}
	for _, test := range []struct {
		where string
		want  int
	}{
		{"Username IN (" + strings.Join(names, ",") + ",'nobody@x.com')", 20},
		{"Username IN (" + strings.Join(names[:3], ",") + ") AND IsActive = true", 3},
		{"Department IN ('d1','D2','D3','D4','D5','D6','D7','D8','D99')", 8},
		{"Department NOT IN ('d1','D2','D3','D4','D5','D6','D7','D8','D99')", 20 + 1 - 8},
		{"Department IN ('d1','D2','D3','D4','D5','D6','D7','D8',null)", 8 + 1},
	} {
		assert.EqualValues(t, test.want, c.query(t, "SELECT Id FROM User WHERE "+test.where).object(t)["totalSize"], test.where)
	}
}

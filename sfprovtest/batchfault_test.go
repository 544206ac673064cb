package sfprovtest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// part is one of the requests of a batch.
func part(method, url string, body any) object {
	return object{"method": method, "url": url, "richInput": body}
}

// TestFaultsOfTheConnectionStrikeTheWholeBatch: as with composites, those without an answer
// to speak of undo what was done before.
func TestFaultsOfTheConnectionStrikeTheWholeBatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  sfprovtest.Fault
		status int // 0 if there is none
		err    error
		done   bool
		usage  int
	}{
		"Dropped":     {sfprovtest.Dropped(), 0, io.EOF, false, 0},
		"LostAnswer":  {sfprovtest.LostAnswer(), 0, io.EOF, true, 1},
		"CutAnswer":   {sfprovtest.CutAnswer(), 200, io.ErrUnexpectedEOF, true, 1},
		"SlowHeaders": {sfprovtest.SlowHeaders(time.Millisecond), 200, nil, true, 1},
		"blanks":      {sfprovtest.Fault{Status: 502, Size: 100}, 502, nil, false, 0},
		"Expired":     {sfprovtest.ExpiredSession(), 401, nil, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, c, id := seeded(t, nil)
			group := org.AddGroup("Staff")
			fault := test.fault
			fault.Name = name
			org.SetAPIUsage(0, 100)
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/GroupMember", fault))
			r, err := c.try(t, http.MethodPost, data+"/composite/batch", "application/json", asJSON(t, object{"batchRequests": list{
				part("PATCH", "v66.0/sobjects/User/"+id, object{"Title": "CFO"}),
				part("POST", "v66.0/sobjects/GroupMember", object{"GroupId": group, "UserOrGroupId": id}),
			}}))
			if test.err != nil {
				require.ErrorIs(t, err, test.err)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, test.status, r.status)
			user, _ := org.User(id)
			assert.Equal(t, test.done, user.Fields["Title"] != nil)
			assert.Equal(t, test.done, len(org.Access(id).PublicGroups) > 0)
			assert.Equal(t, map[string]int{name: 1}, org.FaultCounts())
			assert.Len(t, org.Requests(), 1)
			remaining := logIn(t, org).get(t, data+"/limits").object(t)["DailyApiRequests"].(object)["Remaining"] //nolint:forcetypeassert // fails the test
			assert.EqualValues(t, 100-test.usage-1, remaining)
		})
	}
}

// TestCollectionsInBatches: those with allOrNone take back their own rows only, and what
// comes before them and after them stays.
func TestCollectionsInBatches(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	rows := func(allOrNone bool, username string) object {
		return object{"allOrNone": allOrNone, "records": list{
			rowOf("User", alice(org, object{"Username": username})), rowOf("User", alice(org, object{"Username": username + ".x", "LastName": nil})),
		}}
	}
	r := c.post(t, data+"/composite/batch", object{"batchRequests": list{
		part("PATCH", "v66.0/sobjects/User/"+id, object{"Title": "CFO"}),
		part("POST", "v66.0/composite/sobjects", rows(true, "none@x.com")),
		part("POST", "v66.0/composite/sobjects", rows(false, "some@x.com")),
		part("PATCH", "v66.0/composite/sobjects/User/Username", object{"records": list{rowOf("User", object{"Username": "some@x.com", "Title": "CTO"})}}),
	}}).object(t)
	assert.Equal(t, false, r["hasErrors"], "the rows' results tell")
	assert.Contains(t, fmt.Sprint(r["results"]), "ALL_OR_NONE_OPERATION_ROLLED_BACK")
	user, _ := org.User(id)
	assert.Equal(t, "CFO", user.Fields["Title"])
	_, none := org.UserByUsername("none@x.com")
	assert.False(t, none)
	some, _ := org.UserByUsername("some@x.com")
	assert.Equal(t, "CTO", some.Fields["Title"])
}

// TestCollectionsInComposites: what fails after a collection takes its rows back too,
// and a collection that takes back its own leaves what comes before it.
func TestCollectionsInComposites(t *testing.T) {
	t.Parallel()
	for _, rows := range []bool{false, true} {
		for _, whole := range []bool{false, true} {
			i := newInventory(t)
			i.org.SetLicenses("Salesforce", -1)
			before := i.everything(t)
			results := partsOf(t, i.client.post(t, data+"/composite", object{"allOrNone": whole, "compositeRequest": list{
				sub(http.MethodPatch, "bob", users+"/"+i.bob, object{"Title": "CFO"}),
				sub(http.MethodPost, "new", collections, object{"allOrNone": rows, "records": list{
					rowOf("User", alice(i.org, nil)), rowOf("User", alice(i.org, object{"Username": "x@x.com", "LastName": nil})),
				}}),
				sub(http.MethodPatch, "upsert", collections+"/User/Id", object{"allOrNone": rows, "records": list{
					rowOf("User", object{"Id": i.bob, "Department": "Sales"}), rowOf("User", alice(i.org, object{"Id": nil, "Username": "y@x.com"})),
				}}),
				sub(http.MethodDelete, "left", collections+"?allOrNone="+fmt.Sprint(rows)+"&ids="+i.member, nil),
				sub(http.MethodPatch, "failing", users+"/"+unknownUser, object{}),
			}}))
			if whole {
				assert.Equal(t, []int{400, 400, 400, 400, 404}, statusesOf(results))
				assert.Equal(t, before, i.everything(t))
				continue
			}
			assert.Equal(t, []int{204, 200, 200, 200, 404}, statusesOf(results))
			bob, _ := i.org.User(i.bob)
			assert.Equal(t, "Sales", bob.Fields["Department"])
			assert.Equal(t, "CFO", bob.Fields["Title"])
			_, made := i.org.UserByUsername("alice@acme.example")
			assert.Equal(t, !rows, made)
			assert.Empty(t, i.org.Access(i.bob).PublicGroups)
		}
	}
}

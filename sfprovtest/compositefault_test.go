package sfprovtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// joining creates alice, gives her a title and puts her into a group.
func joining(org *sfprovtest.Org, group string) []object {
	return []object{
		sub(http.MethodPost, "new", users, alice(org, nil)),
		sub(http.MethodPatch, "title", users+"/@{new.id}", object{"Title": "@{new.id}"}),
		sub(http.MethodPost, "member", data+"/sobjects/GroupMember", object{"GroupId": group, "UserOrGroupId": "@{new.id}"}),
	}
}

// hasJoined reports which of the subrequests of joining were made.
func hasJoined(org *sfprovtest.Org) (created, titled, member bool) {
	user, created := org.UserByUsername("alice@acme.example")
	if !created {
		return false, false, false
	}
	return true, user.Fields["Title"] != nil, len(org.Access(user.ID).PublicGroups) > 0
}

func TestControlsSeeSubrequests(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	c.header = http.Header{"X-Trace": {"42"}}
	group := org.AddGroup("Staff")
	var seen []sfprovtest.Request
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		assert.Equal(t, "42", r.Header.Get("X-Trace"))
		assert.Equal(t, "[REDACTED]", r.Header.Get("Authorization"))
		assert.Zero(t, r.Status)
		if seen = append(seen, r); r.Method == http.MethodPatch {
			created, titled, _ := hasJoined(org)
			assert.True(t, created, "what comes before is done")
			assert.False(t, titled, "and nothing else")
		}
		r.Header.Set("X-Trace", "changed")
		return nil
	})
	subs := append(joining(org, group),
		sub(http.MethodGet, "query", data+"/query?q=SELECT+Id+FROM+User+WHERE+Id='@{new.id}'", nil),
		sub(http.MethodGet, "spaced", data+"/sobjects/%55ser/@{new.id}", nil),
		sub(http.MethodGet, "halted", users+"/@{title.id}", nil),
		sub(http.MethodGet, "elsewhere", "/elsewhere", nil),
	)
	results := c.compose(t, subs...)
	user, _ := org.UserByUsername("alice@acme.example")
	assert.Equal(t, []int{201, 204, 201, 200, 200, 400, 404}, statusesOf(results))
	require.Len(t, seen, 1+5, "the whole, and what can be made")
	var lines []string
	for _, r := range seen {
		lines = append(lines, r.Method+" "+r.Path)
	}
	assert.Equal(t, []string{
		"POST " + data + "/composite", "POST " + users, "PATCH " + users + "/" + user.ID, "POST " + data + "/sobjects/GroupMember",
		"GET " + data + "/query", "GET " + users + "/" + user.ID,
	}, lines)
	assert.JSONEq(t, `{"Title":"`+user.ID+`"}`, string(seen[2].Body))
	assert.Equal(t, "SELECT Id FROM User WHERE Id='"+user.ID+"'", seen[4].Query)
	requests := org.Requests()
	require.Len(t, requests, 1, "it is journaled as one")
	assert.Equal(t, data+"/composite", requests[0].Path)
	assert.Equal(t, "42", requests[0].Header.Get("X-Trace"))
}

func TestFaultsThatAnswerSubrequests(t *testing.T) {
	t.Parallel()
	page := sfprovtest.GatewayHTML(502)
	committed := sfprovtest.UnknownException()
	committed.Commit = true
	for name, test := range map[string]struct {
		fault     sfprovtest.Fault
		allOrNone bool
		statuses  []int
		body      string // of the change's answer
		done      [3]bool
	}{
		"refused":             {sfprovtest.LockedRow(), false, []int{201, 400, 201}, "UNABLE_TO_LOCK_ROW", [3]bool{true, false, true}},
		"refused, of one":     {sfprovtest.LockedRow(), true, []int{400, 400, 400}, "UNABLE_TO_LOCK_ROW", [3]bool{}},
		"a web page":          {page, false, []int{201, 502, 201}, page.Body, [3]bool{true, false, true}},
		"committed":           {committed, false, []int{201, 500, 201}, "UNKNOWN_EXCEPTION", [3]bool{true, true, true}},
		"committed, of one":   {committed, true, []int{400, 500, 400}, "UNKNOWN_EXCEPTION", [3]bool{}},
		"a success":           {sfprovtest.Fault{Status: 204}, true, []int{201, 204, 201}, "<nil>", [3]bool{true, false, true}},
		"elsewhere":           {sfprovtest.Redirect(302, "https://elsewhere.example/"), false, []int{201, 302, 201}, "<nil>", [3]bool{true, false, true}},
		"a header":            {sfprovtest.Fault{Header: http.Header{"Location": {"https://elsewhere.example/"}}}, false, []int{201, 204, 201}, "<nil>", [3]bool{true, true, true}},
		"slow, and refused":   {sfprovtest.Fault{Status: 400, Body: `[{"errorCode":"X"}]`, Delay: time.Millisecond}, false, []int{201, 400, 201}, "errorCode:X", [3]bool{true, false, true}},
		"nothing in the main": {sfprovtest.Fault{}, true, []int{201, 204, 201}, "<nil>", [3]bool{true, true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			c := logIn(t, org)
			group := org.AddGroup("Staff")
			test.fault.Name = "struck"
			org.Control(sfprovtest.On(http.MethodPatch, "/sobjects/User/", test.fault))
			results := partsOf(t, c.post(t, data+"/composite", object{"allOrNone": test.allOrNone, "compositeRequest": joining(org, group)}))
			assert.Equal(t, test.statuses, statusesOf(results))
			assert.Contains(t, fmt.Sprint(results[1]["body"]), test.body)
			if location := test.fault.Header.Get("Location"); location != "" {
				assert.Equal(t, object{"Location": location}, results[1]["httpHeaders"])
			}
			created, titled, member := hasJoined(org)
			assert.Equal(t, test.done, [3]bool{created, titled, member}) //nolint:testifylint // done is what is expected
			assert.Equal(t, map[string]int{"struck": 1}, org.FaultCounts())
			require.Len(t, org.Requests(), 1)
			assert.Equal(t, 200, org.Requests()[0].Status)
		})
	}
}

func TestFaultsOfTheConnectionStrikeTheWholeComposite(t *testing.T) {
	t.Parallel()
	html := sfprovtest.Fault{Status: 502, Size: 100}
	kept := html
	kept.Commit = true
	for name, test := range map[string]struct {
		fault  sfprovtest.Fault
		status int   // 0 if there is none
		err    error // of the answer, or of its body
		length int   // of the body, if it matters
		done   bool  // all of it
		usage  int
	}{
		"Dropped":       {sfprovtest.Dropped(), 0, io.EOF, 0, false, 0},
		"Reset":         {sfprovtest.Reset(), 0, nil, 0, false, 0},
		"LostAnswer":    {sfprovtest.LostAnswer(), 0, io.EOF, 0, true, 1},
		"CutAnswer":     {sfprovtest.CutAnswer(), 200, io.ErrUnexpectedEOF, 0, true, 1},
		"Truncate":      {sfprovtest.Fault{Truncate: 7}, 200, io.ErrUnexpectedEOF, 7, true, 1},
		"SlowHeaders":   {sfprovtest.SlowHeaders(time.Millisecond), 200, nil, 0, true, 1},
		"SlowBody":      {sfprovtest.SlowBody(time.Microsecond), 200, nil, 0, true, 1},
		"LateLastChunk": {sfprovtest.LateLastChunk(time.Millisecond), 200, nil, 0, true, 1},
		"blanks":        {html, 502, nil, 100, false, 0},
		"blanks, done":  {kept, 502, nil, 100, true, 1},
		"blanks, 200":   {sfprovtest.Fault{Size: 50}, 200, nil, 50, true, 1},
		"Expired":       {sfprovtest.ExpiredSession(), 401, nil, 0, false, 0},
	} {
		for _, allOrNone := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", allOrNone), func(t *testing.T) {
				t.Parallel()
				org := sfprovtest.NewOrg(t)
				c := logIn(t, org)
				group := org.AddGroup("Staff")
				fault := test.fault // which the subtests share
				fault.Name = name
				org.Control(sfprovtest.On(http.MethodPatch, "/sobjects/User/", fault))
				org.SetAPIUsage(0, 100)
				r, err := c.try(t, http.MethodPost, data+"/composite", "application/json", asJSON(t, object{"allOrNone": allOrNone, "compositeRequest": joining(org, group)}))
				switch {
				case test.err != nil:
					require.ErrorIs(t, err, test.err)
				case test.status == 0:
					require.Error(t, err)
				default:
					require.NoError(t, err)
				}
				assert.Equal(t, test.status, r.status)
				if test.length > 0 {
					assert.Len(t, r.body, test.length)
				}
				created, titled, member := hasJoined(org)
				assert.Equal(t, [3]bool{test.done, test.done, test.done}, [3]bool{created, titled, member})
				assert.Equal(t, map[string]int{name: 1}, org.FaultCounts())
				require.Len(t, org.Requests(), 1)
				assert.Equal(t, test.status, org.Requests()[0].Status)
				if test.status == 401 {
					isRefusal(t, r, 401, "INVALID_SESSION_ID", "Session expired or invalid")
					assert.Equal(t, 1, org.Expiries())
					assert.Equal(t, 401, c.get(t, users).status, "the session is over")
					c = logIn(t, org)
				}
				remaining := c.get(t, data+"/limits").object(t)["DailyApiRequests"].(object)["Remaining"] //nolint:forcetypeassert // fails the test
				assert.EqualValues(t, 100-test.usage-1, remaining)
				if !test.done {
					results := c.compose(t, joining(org, group)...)
					assert.Equal(t, []int{201, 204, 201}, statusesOf(results), "nothing is left that is in the way")
				}
			})
		}
	}
}

// TestALateCompositeIsMadeOnce: with the answers that controls have given.
func TestALateCompositeIsMadeOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		on    sfprovtest.Control
		keep  bool
		count int
	}{
		"a part":       {sfprovtest.On(http.MethodPost, "/GroupMember", sfprovtest.LateCommit(time.Minute)), false, 1},
		"several":      {sfprovtest.On("", "/sobjects/", sfprovtest.LateCommit(time.Minute)), true, 2},
		"of the whole": {sfprovtest.On("", "/composite", sfprovtest.LateCommit(time.Minute)), false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
				c := logIn(t, org)
				group := org.AddGroup("Staff")
				org.Control(sfprovtest.On(http.MethodPatch, "/sobjects/User", sfprovtest.LockedRow()))
				if test.keep {
					org.KeepControl(test.on)
				} else {
					org.Control(test.on)
				}
				_, err := c.try(t, http.MethodPost, data+"/composite", "application/json", asJSON(t, object{"compositeRequest": joining(org, group)}))
				require.ErrorIs(t, err, io.EOF)
				synctest.Wait()
				created, _, _ := hasJoined(org)
				assert.False(t, created, "not yet")
				time.Sleep(2 * time.Minute) //nolint:forbidigo // virtual
				synctest.Wait()
				created, titled, member := hasJoined(org)
				assert.Equal(t, [3]bool{true, false, true}, [3]bool{created, titled, member})
				assert.Equal(t, test.count, org.FaultCounts()["late commit"])
				assert.Equal(t, 1, org.FaultCounts()["UNABLE_TO_LOCK_ROW"])
				assert.Len(t, org.Requests(), 1)
			})
		})
	}
}

// TestFaultsOfTheWholeAndOfItsParts: the whole is asked about first.
func TestFaultsOfTheWholeAndOfItsParts(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	group := org.AddGroup("Staff")
	send := func() (reply, error) {
		return c.try(t, http.MethodPost, data+"/composite", "application/json", asJSON(t, object{"compositeRequest": joining(org, group)}))
	}
	org.Control(sfprovtest.On(http.MethodPatch, "/sobjects/User/", sfprovtest.LockedRow()))
	org.Control(sfprovtest.On(http.MethodPost, "/composite", sfprovtest.Dropped()))
	_, err := send()
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, map[string]int{"dropped": 1}, org.FaultCounts(), "the org never saw the parts")

	// A plan counts whole requests, and controls of parts come before it.
	org.SetFaultPlan(sfprovtest.FaultPlan{Rules: []sfprovtest.FaultRule{
		{Path: "/sobjects/", Faults: []sfprovtest.Fault{sfprovtest.Dropped()}},
		{Path: "/composite", Times: 1, Faults: []sfprovtest.Fault{sfprovtest.SlowHeaders(time.Millisecond)}},
	}})
	org.Control(sfprovtest.On(http.MethodPost, "/GroupMember", sfprovtest.LostAnswer()))
	_, err = send()
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, map[string]int{"dropped": 1, "slow headers": 1, "UNABLE_TO_LOCK_ROW": 1, "answer lost": 1}, org.FaultCounts())
	created, titled, member := hasJoined(org)
	assert.Equal(t, [3]bool{true, false, true}, [3]bool{created, titled, member})
}

// TestTheFirstFaultOfTheConnectionCounts, unless a later one undoes all.
func TestTheFirstFaultOfTheConnectionCounts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, second sfprovtest.Fault
		failed, done  bool
	}{
		"both done":   {sfprovtest.SlowHeaders(time.Millisecond), sfprovtest.LostAnswer(), false, true},
		"lost":        {sfprovtest.LostAnswer(), sfprovtest.SlowHeaders(time.Millisecond), true, true},
		"undone":      {sfprovtest.SlowHeaders(time.Millisecond), sfprovtest.Dropped(), true, false},
		"undone, 401": {sfprovtest.LostAnswer(), sfprovtest.ExpiredSession(), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			c := logIn(t, org)
			group := org.AddGroup("Staff")
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", test.first))
			org.Control(sfprovtest.On(http.MethodPatch, "/sobjects/User/", test.second))
			_, err := c.try(t, http.MethodPost, data+"/composite", "application/json", asJSON(t, object{"compositeRequest": joining(org, group)}))
			assert.Equal(t, test.failed, errors.Is(err, io.EOF), err)
			_, _, done := hasJoined(org)
			assert.Equal(t, test.done, done)
			assert.Equal(t, map[string]int{test.first.Name: 1, test.second.Name: 1}, org.FaultCounts())
		})
	}
}

// TestCompositesUnderWay: controls use the org while others send requests.
func TestCompositesUnderWay(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	group := org.AddGroup("Staff")
	org.KeepControl(func(sfprovtest.Request) *sfprovtest.Fault {
		org.Users()
		org.AddUser(nil)
		return nil
	})
	c := logIn(t, org)
	done := make(chan reply)
	for n := range 8 {
		subs := joining(org, group)
		subs[0]["body"].(object)["Username"] = fmt.Sprintf("user%d@acme.example", n) //nolint:forcetypeassert // fails the test
		subs = append(subs, sub(http.MethodPatch, "failing", users+"/@{new.id}", object{"LastName": nil}))
		body := asJSON(t, object{"allOrNone": true, "compositeRequest": subs})
		go func() {
			r, err := c.try(t, http.MethodPost, data+"/composite", "application/json", body) //nolint:testifylint // its one assertion is on the test's own input
			assert.NoError(t, err)
			done <- r
		}()
	}
	for range 8 {
		assert.Equal(t, []int{400, 400, 400, 400}, statusesOf(partsOf(t, <-done)))
	}
	var members int
	for _, user := range org.Users() {
		members += len(org.Access(user.ID).PublicGroups)
		assert.NotContains(t, user.Username, "acme")
	}
	assert.Zero(t, members)
	assert.Len(t, org.Users(), 1+8*5, "of the login, and of each composite and its parts")
}

package sfprovtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// period is the query of a period from so long ago until so long ago.
func period(from, until time.Duration) string {
	return "?start=" + url.QueryEscape(time.Now().Add(-from).UTC().Format("2006-01-02T15:04:05+00:00")) +
		"&end=" + url.QueryEscape(time.Now().Add(-until).UTC().Format("2006-01-02T15:04:05.000Z"))
}

func TestUpdatedRecords(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	old := org.AddUser(nil)
	org.SetUser(old, sfprov.Fields{"SystemModstamp": time.Now().Add(-50 * time.Hour), "CreatedDate": time.Now().Add(-60 * time.Hour), "LastModifiedDate": time.Now().Add(-50 * time.Hour)})
	for _, slash := range []string{"", "/"} {
		r := c.get(t, users+"/updated"+slash+period(time.Hour, 0))
		assert.Equal(t, 200, r.status, r.body)
		assert.Contains(t, r.object(t)["ids"], id)
		assert.NotContains(t, r.object(t)["ids"], old)
		assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000\+0000$`, r.object(t)["latestDateCovered"])
	}
	assert.Equal(t, list{old}, c.get(t, users+"/updated"+period(51*time.Hour, 49*time.Hour)).object(t)["ids"])
	assert.Equal(t, list{}, c.get(t, users+"/updated"+period(99*time.Hour, 98*time.Hour)).object(t)["ids"])
	assert.Equal(t, 405, c.post(t, users+"/updated"+period(time.Hour, 0), object{}).status)

	org.SetPermissions(sfprovtest.APIEnabled, sfprovtest.ViewSetup)
	org.SetPrivateUsers(true)
	assert.NotContains(t, c.get(t, users+"/updated"+period(time.Hour, 0)).object(t)["ids"], id, "the integration user can't see it")
}

func TestDeletedRecords(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	group := org.AddGroup("A")
	add := func() string {
		return fmt.Sprint(c.post(t, data+"/sobjects/GroupMember", object{"GroupId": group, "UserOrGroupId": id}).object(t)["id"])
	}
	gone := add()
	assert.Equal(t, 204, c.send(t, http.MethodDelete, data+"/sobjects/GroupMember/"+gone, "", "").status)
	kept := add()
	c.send(t, http.MethodDelete, collections+"?allOrNone=true&ids="+kept+","+unknownUser, "", "")

	r := c.get(t, data+"/sobjects/GroupMember/deleted/"+period(time.Hour, 0)).object(t)
	records, _ := r["deletedRecords"].(list)
	if assert.Len(t, records, 1, "what was rolled back was not deleted") {
		record, _ := records[0].(object)
		assert.Equal(t, gone, record["id"])
		assert.Contains(t, record["deletedDate"], "+0000")
	}
	assert.Contains(t, r["earliestDateAvailable"], ":00.000+0000")
	assert.Contains(t, r["latestDateCovered"], ":00.000+0000")
	assert.Equal(t, list{}, c.get(t, data+"/sobjects/GroupMember/deleted"+period(9*time.Hour, 8*time.Hour)).object(t)["deletedRecords"])
	assert.Equal(t, list{}, c.get(t, users+"/deleted"+period(time.Hour, 0)).object(t)["deletedRecords"])
	assert.Equal(t, list{kept}, c.get(t, data+"/sobjects/GroupMember/updated"+period(time.Hour, 0)).object(t)["ids"])
}

func TestPeriodsThatAreRefused(t *testing.T) {
	t.Parallel()
	c := logIn(t, sfprovtest.NewOrg(t))
	for name, query := range map[string]string{
		"none": "", "no end": "?start=2026-01-01T00:00:00Z", "no date": "?start=yesterday&end=now", "without offset": "?start=2026-01-01T00:00:00&end=2026-01-02T00:00:00",
		"backwards": period(time.Hour, 2*time.Hour), "too short": period(time.Hour, time.Hour),
		"too far back": period(31*24*time.Hour, 0),
	} {
		for _, what := range []string{"/updated", "/deleted"} {
			r := c.get(t, users+what+query)
			assert.Equal(t, 400, r.status, name)
			assert.Contains(t, r.body, "INVALID_REPLICATION_DATE", name)
		}
	}
	r := c.get(t, users+"/updated"+period(time.Hour, -time.Hour))
	assert.Equal(t, 200, r.status, "an end to come is no mistake")
	covered, err := time.Parse("2006-01-02T15:04:05.000-0700", fmt.Sprint(r.object(t)["latestDateCovered"]))
	require.NoError(t, err)
	assert.False(t, covered.After(time.Now()))
	assert.NotEmpty(t, r.object(t)["ids"])
	blank := time.Now().UTC().Format("2006-01-02T15:04:05") + "+00:00" // as text, + is a blank in a query
	assert.Equal(t, 200, c.get(t, users+"/updated?start="+time.Now().Add(-time.Hour).UTC().Format("2006-01-02T15:04:05")+"+00:00&end="+blank).status)
	r = c.get(t, data+"/sobjects/PermissionSetAssignment/deleted"+period(time.Hour, 0))
	assert.Equal(t, 400, r.status)
	assert.Contains(t, r.body, "sObject type PermissionSetAssignment is not replicable")
	assert.Equal(t, 501, c.get(t, data+"/sobjects/UserPermissionAccess/updated"+period(time.Hour, 0)).status)
}

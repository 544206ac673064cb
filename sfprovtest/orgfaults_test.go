package sfprovtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// TestFaultsOfTheOrg shows that each ready fault answers as Salesforce words it, as a
// request of its own and in a composite, and that the org does nothing then.
func TestFaultsOfTheOrg(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault         sfprovtest.Fault
		status        int
		code, message string
		fields        []any
	}{
		"group membership lock":         {sfprovtest.GroupMembershipLock(0), 400, "UNKNOWN_EXCEPTION", "group membership operation already in progress", none},
		"group membership lock as 500":  {sfprovtest.GroupMembershipLock(500), 500, "UNKNOWN_EXCEPTION", "group membership operation already in progress", none},
		"CANNOT_EXECUTE_FLOW_TRIGGER":   {sfprovtest.FailedFlow("New Hire"), 400, "CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record because the “New Hire” process failed. Give your Salesforce admin these details. <b>An unhandled fault has occurred in this flow</b><br>An unhandled fault has occurred while processing the flow.  Please contact your system administrator for more information. Error ID: 1234567890-12345 (-1234567890)", none},
		"a failed trigger":              {sfprovtest.FailedTrigger("UserGuard", "System.NullPointerException: Attempt to de-reference a null object"), 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "UserGuard: execution of BeforeInsert\n\ncaused by: System.NullPointerException: Attempt to de-reference a null object\n\nTrigger.UserGuard: line 1, column 1", none},
		"a validation rule":             {sfprovtest.BrokenValidation("Whose cost centre?", "Department", "Division"), 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Whose cost centre?", list{"Department", "Division"}},
		"a validation rule of no field": {sfprovtest.BrokenValidation("No."), 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "No.", none},
		"a duplicate rule":              {sfprovtest.DuplicateRule(), 400, "DUPLICATES_DETECTED", "Use one of these records?", none},
		"an expired password":           {sfprovtest.ExpiredPassword(), 401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired, you must call SetPassword before attempting any other API operations", nil},
		"maintenance":                   {sfprovtest.Maintenance(), 503, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "Updates can't be made during maintenance.", none},
		"a query that takes too long":   {sfprovtest.QueryTimeout(), 400, "QUERY_TIMEOUT", "Your query request was running for too long.", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			c1 := logIn(t, org)
			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", c.fault))
			isRefusal(t, c1.post(t, users, alice(org, nil)), c.status, c.code, c.message, c.fields...)

			org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", c.fault))
			r := c1.post(t, data+"/composite", object{"compositeRequest": list{object{"method": "POST", "url": users, "referenceId": "u", "body": alice(org, nil)}}})
			part, _ := r.object(t)["compositeResponse"].(list)[0].(object)
			assert.InDelta(t, c.status, part["httpStatusCode"], 0)
			want := object{"errorCode": c.code, "message": c.message}
			if c.fields != nil {
				want["fields"] = c.fields
			}
			assert.Equal(t, list{want}, part["body"])
			assert.Empty(t, org.Users())
			assert.Equal(t, map[string]int{c.fault.Name: 2}, org.FaultCounts())
		})
	}
}

func TestLoginThatShallBeRetried(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := &client{org: org}
	org.Control(sfprovtest.On("", tokenURL, sfprovtest.LoginRetry()))
	r := c.login(t, secretForm(org))
	assert.Equal(t, 400, r.status)
	assert.Equal(t, object{"error": "unknown_error", "error_description": "retry your request"}, r.object(t))
	assert.Equal(t, "no-store", r.header.Get("Cache-Control"))
	require.Equal(t, 200, c.login(t, secretForm(org)).status, "the next attempt succeeds")
}

func TestWebPageInPlaceOfARecord(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	org.Control(sfprovtest.On(http.MethodGet, id, sfprovtest.NotFoundHTML()))
	r := c.get(t, users+"/"+id)
	assert.Equal(t, 404, r.status)
	assert.Equal(t, "text/html", r.header.Get("Content-Type"))
	assert.Empty(t, r.header.Get("Sforce-Limit-Info"), "the org has seen nothing")
	assert.Equal(t, 200, c.get(t, users+"/"+id).status)
}

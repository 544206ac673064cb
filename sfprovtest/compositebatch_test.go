package sfprovtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov/sfprovtest"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	org, c, id := seeded(t, nil)
	org.ResetRequests()
	one := func(method, url string, body any) object {
		return object{"method": method, "url": url, "richInput": body}
	}
	requests := list{
		one("PATCH", "v66.0/sobjects/User/"+id, object{"Title": "@{CFO}"}),
		one("GET", users+"/"+id+"?fields=Title", nil),
		one("GET", "/v66.0/sobjects/User/"+unknownUser, nil),
		one("POST", "v66.0/sobjects/User/"+id+"/password", object{"NewPassword": "s3cretWord"}),
	}
	for _, halt := range []bool{false, true} {
		r := c.post(t, data+"/composite/batch", object{"haltOnError": halt, "batchRequests": requests}).object(t)
		assert.Equal(t, true, r["hasErrors"])
		results, _ := r["results"].(list)
		assert.Equal(t, object{"statusCode": 204.0, "result": nil}, results[0])
		assert.Equal(t, "@{CFO}", results[1].(object)["result"].(object)["Title"])
		assert.Equal(t, object{"statusCode": 404.0, "result": list{object{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}}}, results[2])
		if halt {
			assert.Equal(t, object{"statusCode": 412.0, "result": list{object{"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}}}, results[3])
		} else {
			assert.Equal(t, object{"statusCode": 204.0, "result": nil}, results[3])
		}
	}
	assert.Len(t, org.Requests(), 2)
	assert.NotContains(t, string(org.Requests()[0].Body), "s3cretWord")
	assert.Equal(t, 400, c.post(t, data+"/composite/batch", object{}).status)
	assert.Equal(t, 405, c.get(t, data+"/composite/batch").status)

	org.Control(sfprovtest.On(http.MethodPatch, "/sobjects/User", sfprovtest.LockedRow()))
	r := c.post(t, data+"/composite/batch", object{"batchRequests": requests[:1]})
	assert.Contains(t, r.body, "UNABLE_TO_LOCK_ROW", "controls see the parts")
}

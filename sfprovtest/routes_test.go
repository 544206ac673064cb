package sfprovtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWhatIsMissingSaysSo asks for what real orgs have and this one hasn't: no answer
// can be taken for a record that is gone.
func TestWhatIsMissingSaysSo(t *testing.T) {
	t.Parallel()
	_, c, id := seeded(t, nil)
	for path := range strings.FieldsSeq(`
		/tooling/query /jobs/ingest /jobs/query /search /parameterizedSearch /recent /theme /tabs /appMenu /actions /analytics
		/chatter/users/me /connect /ui-api/records /wave /process/rules /apps /support /metadata /event /limits/recordCount
		/composite/graph /composite/tree/User /query/a/b /x /x/y /sobjects/Lead /sobjects/Case/describe /sobjects/Shoe/1
		/sobjects/User/updated/x /sobjects/User/deleted/x /sobjects/User/listviews /sobjects/User/quickActions
		/sobjects/User/describe/layouts /sobjects/User/describe/compactLayouts /composite/sobjects/Lead
		/sobjects/User/` + id + `/Manager /sobjects/User/` + id + `/x/y`) {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
			r := c.send(t, method, data+path, "application/json", "{}")
			assert.Equal(t, 501, r.status, method+" "+path)
			assert.Contains(t, r.body, "sfprovtest, an org in memory, has no", method+" "+path)
		}
	}
}

package sfprovtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov/sfprovtest"
)

func TestParametersThatAskForOtherAnswersThanRecords(t *testing.T) {
	t.Parallel()
	c := logIn(t, sfprovtest.NewOrg(t))
	for name, query := range map[string]string{
		"columns": "q=SELECT+Id+FROM+User&columns=true",
		"explain": "explain=SELECT+Id+FROM+User",
	} {
		isRefusal(t, c.get(t, data+"/query?"+query), http.StatusNotImplemented, "NOT_IMPLEMENTED",
			"sfprovtest, an org in memory, has no parameter "+name+" of queries; a real org may")
	}
	assert.Equal(t, http.StatusOK, c.get(t, data+"/query?q=SELECT+Id+FROM+User").status)
}

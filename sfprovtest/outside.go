package sfprovtest

import (
	"net/http"
	"strings"
)

// outside answers what is not the data API: logins, who has logged in, and the APIs that
// this org has not got.
func (o *Org) outside(c *call) (a answer, known bool) {
	path := strings.TrimRight(c.path, "/")
	switch {
	case path == tokenPath:
		return o.noteLogin(c, o.token(c)), true
	case path == userInfoPath:
		return o.userInfo(c), true
	case path == introspectPath:
		return o.introspect(c), true
	case path == revokePath:
		return o.revoke(c), true
	case strings.HasPrefix(c.path, "/id/"):
		return o.identity(c), true
	case path == "/services/data", strings.HasPrefix(c.path, "/services/data/"):
		return answer{}, false
	case strings.HasPrefix(strings.ToLower(c.path), "/services/soap/"):
		return noSOAP(), true
	case strings.HasPrefix(c.path, "/services/"):
		return refuse(unsupported("resource " + path)), true
	}
	return answer{}, false
}

// noSOAP is a fault that SOAP clients print.
func noSOAP() answer {
	what := unsupported("SOAP API").Message
	return answer{
		status: http.StatusInternalServerError, header: http.Header{"Content-Type": {"text/xml;charset=UTF-8"}},
		body: []byte(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">` +
			`<soapenv:Body><soapenv:Fault><faultcode>NOT_IMPLEMENTED</faultcode><faultstring>NOT_IMPLEMENTED: ` + what +
			`</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>`),
	}
}

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
	case strings.HasPrefix(strings.ToLower(c.path)+"/", "/services/soap/"):
		return noSOAP(), true
	case strings.HasPrefix(c.path, "/services/"):
		return refuse(unsupported("resource " + path)), true
	}
	return answer{}, false
}

// noSOAP is a fault that SOAP clients print: some look for the fault's text, some for what
// Salesforce adds to it.
func noSOAP() answer {
	missing := unsupported("SOAP API, and no login by it")
	return answer{
		status: missing.Status, header: http.Header{"Content-Type": {"text/xml;charset=UTF-8"}},
		body: []byte(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
			`xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>` +
			`<faultcode>sf:` + missing.Code + `</faultcode><faultstring>` + missing.Error() + `</faultstring>` +
			`<detail><sf:UnexpectedErrorFault xsi:type="sf:UnexpectedErrorFault"><sf:exceptionCode>` + missing.Code + `</sf:exceptionCode>` +
			`<sf:exceptionMessage>` + missing.Message + `</sf:exceptionMessage></sf:UnexpectedErrorFault></detail>` +
			`</soapenv:Fault></soapenv:Body></soapenv:Envelope>`),
	}
}

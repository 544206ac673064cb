package sfprov

import "net/http"

// statusFailures are for answers without a known code, such as a gateway's.
var statusFailures = []failure{ //nolint:gochecknoglobals // a constant table
	{
		sign: sign{status: http.StatusUnauthorized}, reason: ErrAuth, step: StepSetup,
		explain: "The token was refused, and so was a fresh one. " +
			"Check proxies on the way, and that Domain and TokenEndpoint are of the same org",
	},
	{
		sign: sign{status: http.StatusForbidden, page: true}, reason: ErrPermission, step: StepSetup,
		explain: "Access is denied, and not by a record or a field. Look at proxies and firewalls on the way; " +
			"the org can also limit the addresses that may log in",
	},
	{
		sign: sign{status: http.StatusNotFound, page: true}, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: "There is a web page in place of Salesforce's answer: something on the way does not reach the org. " +
			"If it goes on, check Config.Domain (Setup, My Domain), and proxies on the way",
	},
	{sign: sign{status: http.StatusMethodNotAllowed, page: true}, step: StepSetup, explain: methodNotAllowed},
	unavailable(http.StatusRequestTimeout),
	unavailable(http.StatusTooEarly),
	{
		sign: sign{status: http.StatusProxyAuthRequired}, reason: ErrUnavailable, step: StepSetup,
		explain: "The proxy asks for credentials: put them in HTTPS_PROXY, or give WithHTTPClient a client that knows them",
	},
	{sign: sign{status: http.StatusGone}, step: StepSetup, explain: versionRetired},
	{
		sign: sign{status: http.StatusRequestURITooLong, page: true}, step: StepSetup,
		explain: "The request's path is too long for something on the way, such as a proxy",
	},
	{sign: sign{status: http.StatusUnsupportedMediaType, page: true}, step: StepSetup, explain: wrongMediaType},
	noRoute,
	unavailable(http.StatusInternalServerError),
	unavailable(http.StatusBadGateway),
	unavailable(http.StatusServiceUnavailable),
	unavailable(http.StatusGatewayTimeout),
}

// noRoute is an answer of Salesforce's edge.
var noRoute = failure{ //nolint:gochecknoglobals // a constant row
	sign: sign{status: 420}, reason: ErrUnavailable, step: StepAgain, soon: true,
	explain: "Salesforce's edge has no route to the org. If it goes on, check Config.Domain",
}

// unavailable is the row of a status that says that it passes.
func unavailable(status int) failure {
	return failure{
		sign: sign{status: status}, reason: ErrUnavailable, step: StepAgain, soon: true, explain: serverUnavailable,
	}
}

// tooMany is a 429 with whatever code: Salesforce's own limits have another status.
var tooMany = failure{ //nolint:gochecknoglobals // a constant row
	reason: ErrRequestLimit, step: StepAgain, soon: true, undone: true,
	explain: "Something on the way limits the rate of requests. Try again",
}

// Texts that more than one row needs.
const (
	methodNotAllowed = "Something between here and Salesforce, or Salesforce itself, doesn't allow the HTTP method. " +
		"Check proxies for PATCH"
	wrongMediaType    = "The request arrived with another content type than it was sent with. Check proxies on the way"
	serverUnavailable = "Salesforce, or a gateway on the way, is out of order for the moment. " +
		"Try again; https://status.salesforce.com tells about outages of the org's instance"
	versionRetired = "Salesforce has retired this API version. Set a newer Config.APIVersion"
	brokeOff       = "Salesforce refused the request, but its answer broke off before it told why. Try again"
	tooLongToTell  = "No error code stands in the 1 MiB that was read. " +
		"Send the request by another client, such as curl, to see all that Salesforce or a gateway on the way says"
	processStops = "This process is stopping. Hand the event to whoever provisions next"
	redirected   = "The answer is a redirect, which is never followed with credentials. " +
		"Check Config.Domain (Setup, My Domain): it may have been renamed, or a proxy or login page stands in the way"
	notAnError = "The answer has no error code of Salesforce's: a proxy or firewall on the way may have given it. " +
		"Its log may tell why"
	notSalesforce = "The answer is not what Salesforce sends. Check Config.Domain, and proxies and login pages on the way"
)

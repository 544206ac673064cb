package sfprov

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// worthATell is how far this machine's clock may be off before an assertion is refused
// for it: it is made for a few minutes.
const worthATell = time.Minute

// classifyAuth finds the class of an answer of the token endpoint, and what is to be
// said of it.
func classifyAuth(e *AuthError) failure {
	known := failure{reason: ErrAuth}
	i := slices.IndexFunc(authFailures, func(f failure) bool {
		return (f.grant == "" || f.grant == e.GrantType) &&
			f.bears(requestFacts{}, e.StatusCode, APIProblem{Code: e.Code, Message: e.Description})
	})
	switch {
	case i >= 0:
		known = authFailures[i]
	case e.StatusCode >= 500:
		known.explain = serverUnavailable
	case e.StatusCode == http.StatusTooManyRequests:
		known.step, known.explain = StepAgain, loginsThrottled
	case e.StatusCode >= 300 && e.StatusCode < 400:
		known.explain = redirected
	case e.Code == "":
		known.explain = "The answer is not a token endpoint's. " +
			"Check Config.Domain and TokenEndpoint, and proxies and login pages on the way"
	}
	if known.explain == wrongAssertion || known.explain == expiredAssertion {
		known.explain = e.byTheClock(known.explain)
	}
	if known.reason == nil {
		known.reason = ErrAuth
	}
	if e.StatusCode >= 500 {
		known.reason, known.step, known.soon = ErrUnavailable, StepAgain, true
	}
	return known
}

// byTheClock is why an assertion was refused, where this machine's clock can be the
// reason: the answer tells Salesforce's.
func (e *AuthError) byTheClock(otherwise string) string {
	const set = "%v %s of Salesforce's, as the Date of the answer shows. " +
		"An assertion is good for a few minutes only: set the clock, and keep it by NTP"
	switch {
	case e.ahead > worthATell:
		return fmt.Sprintf("This machine's clock is "+set, e.ahead.Round(time.Second), "ahead")
	case e.ahead < -worthATell:
		return fmt.Sprintf("This machine's clock is "+set, (-e.ahead).Round(time.Second), "behind")
	}
	return otherwise
}

// authFailures are the answers of the token endpoint, the first match first. See
// "OAuth 2.0 Authorization Errors" in Salesforce Help.
var authFailures = []failure{ //nolint:gochecknoglobals // a constant table
	{
		sign: sign{phrase: "retry your request"}, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: loginFailedInside,
	},
	{
		sign: sign{code: "unknown_error"}, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: loginFailedInside,
	},
	{
		sign: sign{code: "invalid_grant", phrase: "no client credentials user"},
		explain: "The app has no run-as user. In Setup, External Client App Manager (App Manager for a " +
			"connected app), edit the app's policies, enable the client credentials flow and choose the " +
			"integration user as Run As",
	},
	{sign: sign{code: "invalid_grant", phrase: "no valid scopes defined"}, explain: wrongScopes},
	{
		sign: sign{code: "invalid_grant", phrase: "not supported on this domain"},
		explain: "The client credentials grant works on the org's My Domain host only. Set Config.Domain to " +
			"it, such as https://acme.my.salesforce.com (Setup, My Domain), and leave TokenEndpoint empty",
	},
	{
		sign: sign{code: "invalid_grant", phrase: "user hasn't approved"},
		explain: "The integration user is not pre-authorised for the app. In the app's policies (Setup, " +
			"External Client App Manager), set Permitted Users to \"Admin approved users are pre-authorized\", and " +
			"assign the app to the user's profile or permission set",
	},
	{sign: sign{code: "invalid_grant", phrase: "audience is invalid"}, explain: wrongAudience},
	{sign: sign{code: "invalid_grant", phrase: "invalid audience"}, explain: wrongAudience},
	{sign: sign{code: "invalid_grant", phrase: "audience validation failed"}, explain: wrongAudience},
	{sign: sign{code: "invalid_grant", phrase: "invalid assertion"}, explain: wrongAssertion},
	{sign: sign{code: "invalid_grant", phrase: "expired authorization code"}, explain: expiredAssertion},
	{
		sign:    sign{code: "invalid_grant", phrase: "expired access/refresh token"},
		explain: "The token has expired or was revoked (Setup, Connected Apps OAuth Usage)",
	},
	{sign: sign{code: "invalid_grant", phrase: "login rate exceeded"}, step: StepAgain, explain: loginsThrottled},
	{sign: sign{code: "invalid_grant", phrase: "maximum logins exceeded"}, step: StepAgain, explain: loginsThrottled},
	{
		sign: sign{code: "invalid_grant", phrase: "ip restricted or invalid login hours"},
		explain: "The integration user may not log in from this machine's address, or not at this hour. " +
			ipRanges + ", and Login Hours in the same place",
	},
	{
		sign:    sign{code: "invalid_grant", phrase: "ip restricted"},
		explain: "The integration user may not log in from this machine's address. " + ipRanges,
	},
	{
		sign:    sign{code: "invalid_grant", phrase: "restricted ip"},
		explain: "The integration user may not log in from this machine's address. " + ipRanges,
	},
	{
		sign: sign{code: "invalid_grant", phrase: "locked out"},
		explain: "The integration user is locked out, as a rule after wrong passwords. Unlock it (Setup, " +
			"Users, the user, Unlock)",
	},
	{
		sign: sign{code: "invalid_grant", phrase: "login hours"},
		explain: "The integration user may not log in at this hour. Look at Login Hours of its profile (Setup, " +
			"Profiles)",
	},
	{sign: sign{code: "invalid_grant", phrase: "password expired"}, explain: passwordExpired},
	{sign: sign{code: "invalid_grant", phrase: "expired password"}, explain: passwordExpired},
	{sign: sign{code: "invalid_grant", phrase: "password has expired"}, explain: passwordExpired},
	{sign: sign{code: "invalid_grant", phrase: "inactive organization"}, explain: inactiveOrg},
	{sign: sign{code: "invalid_grant", phrase: "organization is inactive"}, explain: inactiveOrg},
	{sign: sign{code: "invalid_grant", phrase: "inactive user"}, explain: inactiveUser},
	{sign: sign{code: "invalid_grant", phrase: "user is inactive"}, explain: inactiveUser},
	{
		sign: sign{code: "invalid_grant", phrase: "authentication failure", grant: GrantPassword},
		explain: "The integration user's name or password is wrong, its security token is not appended to the " +
			"password, the user is locked or may not log in from this address, or the org blocks the " +
			"username-password flow, as new orgs do (Setup, OAuth and OpenID Connect Settings). Setup, Login " +
			"History tells which. The client credentials grant needs no password",
	},
	{
		sign: sign{code: "invalid_grant", phrase: "authentication failure", grant: GrantJWTBearer},
		explain: "Salesforce doesn't let the user of Config.Username log in by this app. Setup, Login History " +
			"of that user tells why",
	},
	{
		sign: sign{code: "invalid_grant", phrase: "authentication failure"},
		explain: "Salesforce doesn't let the app's run-as user log in. Setup, Login History of that user tells " +
			"why; the app's policies name the user (Setup, External Client App Manager, Run As)",
	},
	{
		sign: sign{code: "invalid_grant"}, vague: true,
		explain: "The login was refused. Setup, Login History of the integration user may tell why",
	},
	{sign: sign{code: "invalid_app_access"}, explain: "The integration user may not use the app. " + letUserIn},
	{sign: sign{code: "OAUTH_APP_ACCESS_DENIED"}, explain: "The integration user may not use the app. " + letUserIn},
	{
		sign: sign{code: "OAUTH_APP_BLOCKED"},
		explain: "An administrator has blocked the app (Setup, Connected Apps OAuth Usage), where it can be " +
			"unblocked",
	},
	{sign: sign{code: "app_not_found"}, explain: appNotFound},
	{sign: sign{code: "OAUTH_EC_APP_NOT_FOUND"}, explain: appNotFound},
	{
		sign: sign{code: "invalid_client_id"},
		explain: "No app has this consumer key, or the login host is another org's. Copy ClientID anew (Setup, " +
			"External Client App Manager, OAuth settings, Consumer Key and Secret) and check Config.Domain; a new " +
			"app takes 2 to 10 minutes to work",
	},
	{
		sign: sign{code: "invalid_client", phrase: "app must be installed into org"},
		explain: "The connected app is not installed in this org, which blocks such apps. An administrator can " +
			"install it (Setup, Connected Apps OAuth Usage)",
	},
	{
		sign: sign{code: "invalid_client", grant: GrantJWTBearer, when: refusesCredentials},
		explain: "Salesforce doesn't take the app's credentials. Check ClientID, and that PrivateKey belongs " +
			"to the certificate that is uploaded to the app (Setup, External Client App Manager, OAuth settings)",
	},
	{
		sign: sign{code: "invalid_client", when: refusesCredentials},
		explain: "The consumer secret is wrong. Copy ClientSecret anew (Setup, External Client App Manager, " +
			"OAuth settings, Consumer Key and Secret); a new secret takes some minutes to work",
	},
	{
		sign: sign{code: "invalid_client"}, vague: true,
		explain: "Salesforce refuses the app, and its text says why. The app's settings and policies are in Setup, " +
			"External Client App Manager",
	},
	{
		sign: sign{code: "unsupported_grant_type", grant: GrantPassword},
		explain: "The app or the org doesn't allow the username-password flow. External client apps never do, " +
			"and Salesforce is withdrawing it: use GrantClientCredentials or GrantJWTBearer, and enable that flow " +
			"in the app's OAuth settings",
	},
	{
		sign: sign{code: "unsupported_grant_type"},
		explain: "The app or the org doesn't allow this grant, or TokenEndpoint is not a token endpoint. " +
			"Enable the flow in the app's OAuth settings (Setup, External Client App Manager)",
	},
	{
		sign: sign{code: "invalid_request"},
		explain: "The token endpoint misses a parameter or can't read one. Check Config.TokenEndpoint, or " +
			"leave it empty; Setup, My Domain shows the host that it is on",
	},
	{
		sign: sign{code: "unauthorized_client"},
		explain: "The app may not use this grant. Enable the flow in its OAuth settings (Setup, External " +
			"Client App Manager)",
	},
	{sign: sign{code: "invalid_scope"}, explain: wrongScopes},
	{sign: sign{code: "inactive_user"}, explain: inactiveUser},
	{sign: sign{code: "inactive_org"}, explain: inactiveOrg},
	{sign: sign{code: "rate_limit_exceeded"}, step: StepAgain, explain: loginsThrottled},
	// The codes of OAuth for what passes by itself have status 400 where a 5xx is not to be
	// had: see "Error Response" in RFC 6749.
	{
		sign: sign{code: "server_error"}, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: serverUnavailable,
	},
	{
		sign: sign{code: "temporarily_unavailable"}, reason: ErrUnavailable, step: StepAgain, soon: true,
		explain: serverUnavailable,
	},
	unavailable(http.StatusRequestTimeout),
	unavailable(http.StatusTooEarly),
	noRoute,
}

// refusesCredentials reports whether it is the key, the secret or the certificate of the
// app that is wrong. With other texts, the code is given for all that an app may not do.
func refusesCredentials(_ requestFacts, p APIProblem) bool {
	return p.Message == "" || strings.Contains(strings.ToLower(p.Message), "invalid client credentials")
}

const (
	loginFailedInside = "The token endpoint failed inside. " +
		"Try again; if it goes on, https://status.salesforce.com tells about outages"
	loginsThrottled = "Salesforce throttles the integration user's logins: it allows some 3,600 an hour. " +
		"Wait for some minutes; share one Provisioner in the process, and look for other programs that log in as this user " +
		"(Setup, Login History)"
	wrongAudience = "The assertion's audience is wrong. " +
		"Config.Audience is https://login.salesforce.com for production and https://test.salesforce.com for sandboxes; " +
		"Setup, Company Information says which this org is"
	wrongAssertion = "The assertion's signature or content is wrong. " +
		"Check that PrivateKey belongs to the certificate that is uploaded to the app " +
		"(Setup, External Client App Manager, OAuth settings, Use digital signatures), and that ClientID and Username " +
		"are right"
	expiredAssertion = "The assertion had expired when it arrived. It lives for minutes only: " +
		"check this machine's clock against the time in Setup, Login History of the integration user"
	wrongScopes = "The app's scopes don't fit. It needs Manage user data via APIs (api) " +
		"(Setup, External Client App Manager, OAuth settings)"
	ipRanges = "Look at Login IP Ranges of its profile (Setup, Profiles), the org's trusted ranges (Setup, Network " +
		"Access), " +
		"and IP Relaxation in the app's policies (Setup, External Client App Manager)"
	letUserIn = "In the app's policies (Setup, External Client App Manager), " +
		"assign the app to the user's profile or permission set"
	appNotFound = "The app is not installed in this org, or this is another org's login host. " +
		"External client apps belong to one org: check Config.Domain and TokenEndpoint, " +
		"and that the app is there (Setup, External Client App Manager)"
	passwordExpired = "The integration user's password has expired. Set it, and let it never expire " +
		"(Setup, Permission Sets, System Permissions, Password Never Expires)"
	inactiveUser = "The integration user is inactive. Activate it (Setup, Users)"
	inactiveOrg  = "The org is inactive, locked or closed (Setup, Company Information, if it still opens). " +
		"Salesforce support can tell why"
)

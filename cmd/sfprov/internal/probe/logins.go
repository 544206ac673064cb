package probe

import "net/http"

const (
	loginName    = "login"
	userinfoPath = "/services/oauth2/userinfo"
)

func login(number int, name, doubt string, form ...string) Probe {
	return Probe{Number: number, Name: name, Doubt: doubt, Method: http.MethodPost, Path: tokenEndpoint, form: form, auth: withNothing, look: lookToken}
}

func loginProbes() []Probe {
	const grant, id, secret = "grant_type=client_credentials", "client_id=<client-id>", "client_secret=<client-secret>"
	again := login(102, "login-again", "Whether a second login gives the same live token", "<login>")
	withHeader := login(103, "login-basic-header", "Whether client credentials are taken from a Basic header", grant)
	withHeader.auth, withHeader.needs = withBasic, "client-secret"
	return []Probe{
		login(101, loginName, "Which keys a token answer has: issued_at and its unit, scope, api_instance_url", "<login>"),
		again, withHeader,
		login(104, "login-scope", "Whether the scope parameter is honoured", grant, id, secret, "scope=api"),
		login(105, "login-unknown-client", "The refusal of a consumer key that there isn't", grant, "client_id=sfprov-probe-no-such-client", "client_secret=none"),
		login(106, "login-wrong-secret", "The refusal of a wrong client secret: error code and wording", grant, id, "client_secret=sfprov-probe-wrong"),
		login(107, "login-unknown-grant", "The refusal of a grant that there isn't", "grant_type=sfprov_probe", id),
		login(108, "login-without-grant", "The refusal of a login without grant_type", id),
	}
}

func assertionProbes() []Probe {
	const grant = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer"
	return []Probe{
		login(111, "jwt-hour", "Whether a JWT that lasts an hour is taken, where three minutes are documented", grant, "assertion=<assertion-for-an-hour>"),
		login(112, "jwt-milliseconds", "Whether a JWT whose exp is in milliseconds is taken", grant, "assertion=<assertion-in-milliseconds>"),
		login(113, "jwt-audience-slash", "Whether a slash after the audience matters", grant, "assertion=<assertion-with-a-slash>"),
		login(114, "jwt-audience-token-url", "Whether the token URL is taken as the audience", grant, "assertion=<assertion-for-the-token-url>"),
		login(115, "jwt-audience-domain", "Whether the My Domain URL is taken as the audience", grant, "assertion=<assertion-for-the-domain>"),
		login(116, "jwt-expired", "The refusal of a JWT that is over", grant, "assertion=<assertion-that-is-over>"),
		login(117, "jwt-malformed", "The refusal of a JWT that is none", grant, "assertion=sfprov-probe"),
	}
}

func tokenProbes() []Probe {
	oauth := func(number int, name, doubt, path, auth string, form ...string) Probe {
		p := Probe{Number: number, Name: name, Doubt: doubt, Method: http.MethodGet, Path: path, auth: auth}
		if form != nil {
			p.Method, p.form = http.MethodPost, form
		}
		return p
	}
	const credentials, secret = "client_id=<client-id>", "client_secret=<client-secret>" //nolint:gosec // placeholders
	return []Probe{
		oauth(121, "introspect", "The keys of introspection, and whether it tells the expiry of a token", "/services/oauth2/introspect", withNothing,
			"token=<token>", "token_type_hint=access_token", credentials, secret),
		oauth(122, "introspect-no-token", "What introspection says of a token that is none", "/services/oauth2/introspect", withNothing,
			"token=sfprov-probe", credentials, secret),
		oauth(123, "revoke-no-token", "What revocation says of a token that is none", "/services/oauth2/revoke", withNothing, "token=sfprov-probe"),
		oauth(124, "userinfo", "Whether the scope api suffices for userinfo on the org's host, its keys, and whether it is metered", userinfoPath, withToken),
		oauth(125, "userinfo-wrong-token", "The answer of userinfo to a token that is none", userinfoPath, withWrong),
		oauth(126, "userinfo-without-token", "The answer of userinfo to no token", userinfoPath, withNothing),
		oauth(127, "identity", "Whether the identity URL is there on the org's own host, and its keys", "/id/<org>/<me>", withToken),
	}
}

func notAsked() []Probe {
	not := func(number int, name, doubt, why string) Probe {
		return Probe{Number: number, Name: name, Doubt: doubt, NotAsked: why}
	}
	return []Probe{
		not(901, "session-timeout", "After how long an idle session ends", "it takes hours of waiting"),
		not(902, "revoke-live-token", "Status and body of a revocation", "logins of one app and user may share the session, so that others would lose it"),
		not(903, "blocked-app", "What the token endpoint says of an app that is blocked or not installed", "it needs a change of the app"),
		not(904, "inactive-logins", "What the token endpoint says of inactive users and orgs, and of too many logins", "it needs a user who is shut out, or thousands of logins"),
		not(905, "wrong-password", "The refusals of the password grant", "wrong passwords lock the user"),
		not(906, "password-grant-end", "When the password grant is withdrawn", "an announcement, and no request, tells"),
		not(907, "freeze-users-alone", "Whether Freeze Users alone opens UserLogin", "it needs a user with other permissions"),
		not(908, "hidden-object", "What a query of an object, or a request by ID, gets where the object is hidden", "it needs a user with fewer permissions"),
		not(909, "hidden-field", "What a write of a field that the user can't see gets", "it needs a user with fewer permissions"),
		not(910, "insufficient-access-status", "Whether INSUFFICIENT_ACCESS_OR_READONLY and ..._ON_CROSS_REFERENCE_ENTITY come with 403 or 400", "it needs a user with fewer permissions"),
		not(911, "api-disabled", "Status and wording for a user without API Enabled, and for an org without API", "it needs a user with fewer permissions, or another org"),
		not(912, "expired-password", "The status for an integration user whose password has expired", "it needs the password to expire, which shuts the user out"),
		not(913, "group-membership-lock", "The status of a group membership lock", "it needs the lock, which holds up others"),
		not(914, "deactivation-refusals", "The code of a refused deactivation: hierarchy field, web-to-lead, workflow user", "it needs the org's settings to name the user"),
		not(915, "deactivate-oneself", "Whether users may deactivate themselves", "it would shut out the integration user if they may"),
		not(916, "password-reset", "Status and body of a password reset", "it mails a password"),
		not(917, "license-limit", "The wording where a licence is used up", "it needs the licence to be used up"),
		not(918, "retry-after", "Whether limits come with Retry-After", "it needs the org's limit to be reached"),
		not(919, "second-currency", "Whether CurrencyIsoCode is needed on insert", "it needs an org with several currencies; 451 tells whether the field is there"),
		not(920, "guests", "What activating users of the types Guest and AutomatedProcess gets", "it could change who can enter the org"),
		not(921, "email-exemptions", "Whether never-verified users and orgs with single sign-on confirm addresses", "it depends on the org; 707 and 708 tell of a new user in this one"),
		not(922, "locator-that-is-over", "What a page gets two days later", "it takes two days; 317 asks for one that never was"),
		not(923, "bulk-results", "The columns of Bulk API results", "a job is no harmless request"),
		not(924, "localised-names", "Whether profiles' names are translated in orgs of other languages", "it depends on the org's language"),
		not(925, "row-locks", "Whether locked rows come with 400 or 500", "it needs the lock"),
		not(926, "lost-my-domain", "The refusal of client credentials by login.salesforce.com", "it would send the secret to another host"),
		not(927, "outages", "Statuses and bodies of outages: 420, 502, 503, read-only windows", "it needs the outage"),
		not(929, "reactivation", "Whether a reactivated user has its permission sets back", "the user who is created holds none while active, so that it never has rights"),
		not(928, "usernames-of-other-orgs", "Whether production and sandboxes share usernames", "it needs two orgs"),
	}
}

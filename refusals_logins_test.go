package sfprov

import "time"

// refusedLogins are answers of the token endpoint that are documented or were seen.
var refusedLogins = []refusedLogin{
	{
		grant: cc, status: 400, code: "invalid_grant", text: "no client credentials user enabled", is: ErrAuth,
		step:  StepSetup,
		cause: "no run-as user", cure: "Run As|External Client App Manager", never: "password",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "request not supported on this domain", is: ErrAuth,
		step:  StepSetup,
		cause: "My Domain host only", cure: "Config.Domain|TokenEndpoint",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "no valid scopes defined", is: ErrAuth, step: StepSetup,
		cause: "scopes don't fit", cure: "(api)",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "authentication failure", is: ErrAuth, step: StepSetup,
		cause: "run-as user", cure: "Login History", never: "password|token",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "authentication failure", is: ErrAuth, step: StepSetup,
		cause: "Config.Username", cure: "Login History", never: "password|Run As",
	},
	{
		grant: pw, status: 400, code: "invalid_grant", text: "authentication failure", is: ErrAuth, step: StepSetup,
		cause: "password is wrong|security token", cure: "Login History",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "ip restricted or invalid login hours", is: ErrAuth,
		step:  StepSetup,
		cause: "address|hour", cure: "Login IP Ranges|Login Hours", never: "password",
	},
	{
		grant: pw, status: 400, code: "invalid_grant", text: "ip restricted", is: ErrAuth, step: StepSetup,
		cause: "this machine's address", cure: "Login IP Ranges|Network Access", never: "hour",
	},
	{
		grant: pw, status: 400, code: "invalid_grant", text: "invalid login hours", is: ErrAuth, step: StepSetup,
		cause: "this hour", cure: "Login Hours", never: "IP",
	},
	{
		grant: pw, status: 400, code: "invalid_grant", text: "user is locked out", is: ErrAuth, step: StepSetup,
		cause: "locked out", cure: "Unlock", never: "inactive",
	},
	{
		grant: pw, status: 400, code: "invalid_grant", text: "user password expired", is: ErrAuth, step: StepSetup,
		cause: "password has expired", cure: "Password Never Expires",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "inactive user", is: ErrAuth, step: StepSetup,
		cause: "integration user is inactive", cure: "Setup, Users",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "inactive organization", is: ErrAuth, step: StepSetup,
		cause: "org is inactive", cure: "support", never: "user is inactive",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "user hasn't approved this consumer", is: ErrAuth,
		step:  StepSetup,
		cause: "not pre-authorised", cure: "Permitted Users",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "invalid assertion", is: ErrAuth, step: StepSetup,
		cause: "signature or content", cure: "PrivateKey|certificate", never: "clock",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "invalid assertion", ahead: 7 * time.Minute,
		is: ErrAuth, step: StepSetup,
		cause: "clock is 7m0s ahead", cure: "NTP", never: "PrivateKey",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "expired authorization code", is: ErrAuth, step: StepSetup,
		cause: "had expired", cure: "clock",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "expired authorization code",
		ahead: -4 * time.Minute, is: ErrAuth,
		step: StepSetup, cause: "clock is 4m0s behind", cure: "NTP",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "audience is invalid", is: ErrAuth, step: StepSetup,
		cause: "audience is wrong", cure: "Config.Audience|https://test.salesforce.com",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "Audience validation failed", is: ErrAuth, step: StepSetup,
		cause: "audience is wrong", cure: "Config.Audience",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "expired access/refresh token", is: ErrAuth, step: StepSetup,
		cause: "expired or was revoked", cure: "Setup",
	},
	{
		grant: pw, status: 400, code: "invalid_grant", text: "activation secret invalid", is: ErrAuth, step: StepSetup,
		cure: "Login History", never: "password|inactive",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "el usuario no existe", is: ErrAuth, step: StepSetup,
		cure: "Login History",
	},
	{
		grant: cc, status: 400, code: "invalid_grant", text: "login rate exceeded", is: ErrAuth, step: StepAgain,
		cause: "throttles", cure: "one Provisioner",
	},
	{
		grant: bearer, status: 400, code: "invalid_grant", text: "Maximum Logins Exceeded", is: ErrAuth, step: StepAgain,
		cause: "throttles", cure: "Wait",
	},
	{grant: cc, status: 400, code: "rate_limit_exceeded", is: ErrAuth, step: StepAgain, cause: "throttles", cure: "Wait"},
	{
		grant: cc, status: 400, code: "unknown_error", text: "retry your request", is: ErrUnavailable, step: StepAgain,
		cause: "failed inside", cure: "Try again",
	},
	{
		grant: cc, status: 400, code: "unknown_error", is: ErrUnavailable, step: StepAgain, cause: "failed inside",
		cure: "Try again",
	},
	{
		grant: bearer, status: 400, code: "invalid_app_access",
		text: "user is not admin approved to access this app", is: ErrAuth,
		step: StepSetup, cause: "may not use the app", cure: "permission set",
	},
	{
		grant: bearer, status: 400, code: "app_not_found", text: "External client app is not installed in this org",
		is:   ErrAuth,
		step: StepSetup, cause: "not installed", cure: "Config.Domain|External Client App Manager",
	},
	{
		grant: cc, status: 400, code: "OAUTH_EC_APP_NOT_FOUND", is: ErrAuth, step: StepSetup, cause: "not installed",
		cure: "Config.Domain",
	},
	{
		grant: cc, status: 400, code: "OAUTH_APP_ACCESS_DENIED", is: ErrAuth, step: StepSetup, cause: "may not use",
		cure: "permission set",
	},
	{
		grant: cc, status: 400, code: "OAUTH_APP_BLOCKED", is: ErrAuth, step: StepSetup, cause: "blocked",
		cure: "Connected Apps OAuth Usage",
	},
	{
		grant: cc, status: 400, code: "invalid_client_id", text: "client identifier invalid", is: ErrAuth, step: StepSetup,
		cause: "No app has this consumer key", cure: "ClientID",
	},
	{
		grant: cc, status: 400, code: "invalid_client", text: "invalid client credentials", is: ErrAuth, step: StepSetup,
		cause: "secret is wrong", cure: "ClientSecret",
	},
	{
		grant: cc, status: 401, code: "invalid_client", is: ErrAuth, step: StepSetup,
		cause: "secret is wrong", cure: "ClientSecret",
	},
	{
		grant: cc, status: 400, code: "invalid_client", text: "IP address not allowed", is: ErrAuth, step: StepSetup,
		cause: "refuses the app", cure: "External Client App Manager", never: "secret",
	},
	{
		grant: cc, status: 400, code: "invalid_client", text: "client not enabled for the client credentials flow",
		is: ErrAuth, step: StepSetup, cause: "refuses the app", cure: "External Client App Manager", never: "secret",
	},
	{
		grant: bearer, status: 400, code: "invalid_client", text: "The app is blocked", is: ErrAuth, step: StepSetup,
		cause: "refuses the app", cure: "External Client App Manager", never: "secret|PrivateKey",
	},
	{
		grant: bearer, status: 400, code: "invalid_client", text: "invalid client credentials", is: ErrAuth, step: StepSetup,
		cause: "credentials", cure: "PrivateKey", never: "secret",
	},
	{
		grant: cc, status: 400, code: "invalid_client", text: "app must be installed into org", is: ErrAuth, step: StepSetup,
		cause: "not installed", cure: "Connected Apps OAuth Usage", never: "secret",
	},
	{
		grant: cc, status: 400, code: "unsupported_grant_type", text: "grant type not supported", is: ErrAuth,
		step:  StepSetup,
		cause: "doesn't allow this grant", cure: "Enable the flow", never: "password",
	},
	{
		grant: pw, status: 400, code: "unsupported_grant_type", text: "grant type not supported", is: ErrAuth,
		step:  StepSetup,
		cause: "username-password flow", cure: "GrantClientCredentials",
	},
	{
		grant: cc, status: 400, code: "unauthorized_client", is: ErrAuth, step: StepSetup,
		cause: "may not use this grant", cure: "Enable the flow",
	},
	{
		grant: cc, status: 400, code: "invalid_request", text: "missing required parameter", is: ErrAuth, step: StepSetup,
		cause: "parameter", cure: "TokenEndpoint",
	},
	{
		grant: cc, status: 400, code: "invalid_scope", text: "the requested scope is not allowed", is: ErrAuth,
		step:  StepSetup,
		cause: "scopes", cure: "(api)",
	},
	{
		grant: cc, status: 400, code: "inactive_user", text: "user is inactive", is: ErrAuth, step: StepSetup,
		cause: "inactive", cure: "Activate it",
	},
	{
		grant: cc, status: 400, code: "inactive_org", is: ErrAuth, step: StepSetup, cause: "org is inactive",
		cure: "support",
	},
	{
		grant: cc, status: 500, code: "server_error", is: ErrUnavailable, step: StepAgain, cause: "out of order",
		cure: "Try again",
	},
	{
		grant: cc, status: 400, code: "server_error", text: "x", is: ErrUnavailable, step: StepAgain,
		cause: "out of order", cure: "Try again",
	},
	{
		grant: cc, status: 400, code: "temporarily_unavailable",
		text: "The authorization server is currently unable to handle the request",
		is:   ErrUnavailable, step: StepAgain, cause: "out of order", cure: "Try again", never: "secret",
	},
	{
		grant: cc, status: 408, is: ErrUnavailable, step: StepAgain, cause: "out of order", cure: "Try again",
		never: "token endpoint",
	},
	{
		grant: cc, status: 420, is: ErrUnavailable, step: StepAgain, cause: "no route", cure: "Config.Domain",
		never: "token endpoint",
	},
	{
		grant: cc, status: 425, is: ErrUnavailable, step: StepAgain, cause: "out of order", cure: "Try again",
		never: "token endpoint",
	},
	{grant: cc, status: 503, is: ErrUnavailable, step: StepAgain, cause: "out of order", cure: "Try again"},
	{grant: cc, status: 429, is: ErrAuth, step: StepAgain, cause: "throttles", cure: "Wait"},
	{grant: cc, status: 302, is: ErrAuth, step: StepSetup, cause: "redirect", cure: "Config.Domain"},
	{grant: cc, status: 200, is: ErrAuth, step: StepSetup, cause: "not a token endpoint's", cure: "TokenEndpoint"},
}

const (
	cc     = GrantClientCredentials
	bearer = GrantJWTBearer
	pw     = GrantPassword
)

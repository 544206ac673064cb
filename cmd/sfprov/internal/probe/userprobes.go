package probe

import "net/http"

const meName = "user-me"

func readProbes() []Probe {
	return []Probe{
		get(120, meName, "Which fields a user has, read without a list of them", users+"/<me>"),
		get(402, "user-15", "Whether an ID of 15 characters is answered with 18", users+"/<me-short>?fields=Id"),
		get(403, "user-wrong-suffix", "Status and code for an ID whose last three characters are wrong", users+"/<me-wrong-suffix>?fields=Id"),
		get(404, "user-absent", "The answer to an ID that never existed, and whether errors have the limit header", users+"/<absent-user>?fields=Id"),
		get(405, "user-malformed", "Status and code for what is no ID", users+"/005sfprov?fields=Id"),
		get(406, "user-of-another-object", "Status and code for a profile's ID in the place of a user's", users+"/<absent-profile>?fields=Id"),
		get(408, "user-by-username", "Whether a user can be read by username", users+"/Username/<my-username>?fields=Id"),
		get(409, "user-by-no-field", "The wording for a field that is neither external ID nor idLookup", users+"/LastName/sfprov-probe"),
		get(411, "user-updated", "The keys of getUpdated", users+"/updated/?start=<an-hour-ago>&end=<a-minute-ago>"),
		get(412, "path-case", "Whether the object's name in a path ignores case", root+"/sobjects/uSER/<me>?fields=iD"),
	}
}

func refusedCreates() []Probe {
	create := func(number int, name, doubt, body string) Probe {
		return sending(http.MethodPost, number, name, doubt, users, body)
	}
	return []Probe{
		create(421, "create-empty", "Code, wording and fields where all required fields are missing", `{}`),
		create(422, "create-unknown-field", "Code and wording for a field that there isn't", `{"SfprovProbe":"x"}`),
		create(423, "create-read-only", "Code and wording for a field that can't be written", `{"CreatedDate":"2026-01-01T00:00:00Z"}`),
		create(424, "create-not-json", "Code and wording for JSON that is none", `{"LastName":`),
		create(427, "create-several-faults", "Whether several faults come as several errors", `{"Email":"sfprov-probe","Alias":"sfprov-probe-too-long"}`),
		create(428, "create-object-as-text", "Code and wording for an object in the place of a text", `{"LastName":{"a":"b"}}`),
		create(429, "create-number-as-text", "Whether a number is taken for a text", `{"LastName":1}`),
	}
}

func refusedWrites() []Probe {
	patch := func(number int, name, doubt, body string) Probe {
		return sending(http.MethodPatch, number, name, doubt, users+"/<absent-user>", body)
	}
	return []Probe{
		patch(431, "patch-absent", "Status and code for a change of an ID that never existed", `{"Title":"sfprov-probe"}`),
		patch(432, "patch-false-as-text", `Whether "false" as text is taken for a boolean: a refusal of the type, or of the ID`, `{"IsActive":"false"}`),
		patch(433, "patch-upper-false-as-text", `The same of "FALSE"`, `{"IsActive":"FALSE"}`),
		patch(434, "patch-one-as-text", `The same of "1"`, `{"IsActive":"1"}`),
		patch(435, "patch-number-as-boolean", "The same of the number 0", `{"IsActive":0}`),
		sending(http.MethodPatch, 437, "patch-malformed", "Status and code for a change of what is no ID", users+"/005sfprov", `{"Title":"sfprov-probe"}`),
		{Number: 438, Name: "delete-absent", Doubt: "Status and code for the deletion of a user who never existed", Method: http.MethodDelete, Path: users + "/<absent-user>"},
		sending(http.MethodPatch, 439, "patch-login-absent", "Status and code for a freeze of a UserLogin that there isn't", root+"/sobjects/UserLogin/<absent-login>", `{"IsFrozen":true}`),
	}
}

func upsertProbes() []Probe {
	upsert := func(number int, name, doubt, field string) Probe {
		return sending(http.MethodPatch, number, name, doubt, users+"/"+field, `{}`)
	}
	return []Probe{
		upsert(441, "upsert-username", "Whether users can be upserted by Username: missing fields are refused then", "Username/<nobody>"),
		upsert(442, "upsert-email", "The same by Email", "Email/<nobody>"),
		upsert(443, "upsert-federation-id", "The same by FederationIdentifier", "FederationIdentifier/sfprov-probe-<random>"),
		upsert(445, "upsert-update-only", "Status and code for updateOnly where nobody fits", "Username/<nobody>?updateOnly=true"),
		sending(http.MethodPatch, 446, "upsert-many", "Whether a collection upserts users by Username", root+"/composite/sobjects/User/Username",
			`{"allOrNone":true,"records":[{"attributes":{"type":"User"},"Username":"<nobody>"}]}`),
		sending(http.MethodPatch, 447, "upsert-many-by-id", "Whether a collection upserts by Id, with null for new ones", root+"/composite/sobjects/User/Id",
			`{"allOrNone":true,"records":[{"attributes":{"type":"User"},"Id":null}]}`),
	}
}

func passwordProbes() []Probe {
	return []Probe{
		get(461, "password-status", "The keys of a password's status", users+"/<me>/password"),
		get(462, "password-status-absent", "The form of an error of the password resource: object or array", users+"/<absent-user>/password"),
		sending(http.MethodPost, 463, "password-set-absent", "Status and code for a password of a user who never existed", users+"/<absent-user>/password", `{"NewPassword":"<password-without-digits>"}`),
	}
}

func describeProbes() []Probe {
	return []Probe{
		get(451, "describe-user", "What describe says of standard fields: idLookup, lengths, flags, CurrencyIsoCode; which encodings and forms of locales there are", users+"/describe").with(func(p *Probe) { p.look = lookUser }),
		get(452, "describe-all", "The key prefixes of objects, and the keys of the global describe", root+"/sobjects").with(func(p *Probe) { p.look = lookPrefixes }),
		get(454, "describe-login", "The keys of the describe of UserLogin", root+"/sobjects/UserLogin/describe"),
	}
}

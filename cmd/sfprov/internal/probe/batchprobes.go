package probe

import "net/http"

func collectionProbes() []Probe {
	const path = root + "/composite/sobjects"
	post := func(number int, name, doubt, body string) Probe {
		return sending(http.MethodPost, number, name, doubt, path, body)
	}
	patch := func(number int, name, doubt, body string) Probe {
		return sending(http.MethodPatch, number, name, doubt, path, body)
	}
	return []Probe{
		post(501, "collection-empty", "Code and wording for a collection without records", `{"records":[]}`),
		post(502, "collection-201", "Status, code and wording for more than 200 records", `{"allOrNone":true,"records":[<rows>]}`).with(func(p *Probe) {
			p.row, p.times = `{"attributes":{"type":"User"}}`, 201
		}),
		post(503, "collection-refused-row", "The keys of a row that is refused, id among them", `{"records":[{"attributes":{"type":"User"}}]}`),
		post(504, "collection-all-or-none", "The rows of a collection that is rolled back", `{"allOrNone":true,"records":[{"attributes":{"type":"User"}},{"attributes":{"type":"User"},"SfprovProbe":"x"}]}`),
		post(505, "collection-mixed", "Code and wording for setup objects mixed with others", `{"records":[{"attributes":{"type":"User"}},{"attributes":{"type":"Contact"},"SfprovProbe":"x"}]}`),
		patch(507, "collection-without-id", "Code and wording for a change without an ID", `{"records":[{"attributes":{"type":"User"},"Title":"sfprov-probe"}]}`),
		patch(508, "collection-absent", "Code, and whether the row has an id, for an ID that never existed", `{"records":[{"attributes":{"type":"User"},"id":"<absent-user>","Title":"sfprov-probe"}]}`),
		sending(http.MethodPost, 509, "collection-retrieve", "The body of a retrieve: null for who isn't there", path+"/User", `{"ids":["<me>","<absent-user>"],"fields":["Id"]}`),
	}
}

func compositeProbes() []Probe {
	composite := func(number int, name, doubt, body string) Probe {
		return sending(http.MethodPost, number, name, doubt, root+"/composite", body)
	}
	const one = `{"method":"GET","url":"` + root + `/sobjects/User/<me>?fields=Id","referenceId":"r#"}`
	return []Probe{
		composite(521, "composite-reference-id", "Code for a referenceId of other signs", `{"compositeRequest":[{"method":"GET","url":"`+root+`/sobjects/User/<me>?fields=Id","referenceId":"a-b"}]}`),
		composite(522, "composite-26", "Code and wording for more than 25 subrequests", `{"compositeRequest":[<rows>]}`).with(func(p *Probe) { p.row, p.times = one, 26 }),
		composite(523, "composite-6-queries", "Code and wording for more than 5 queries", `{"compositeRequest":[<rows>]}`).with(func(p *Probe) {
			p.row, p.times = `{"method":"GET","url":"`+root+`/query?q=SELECT+Id+FROM+User+LIMIT+1","referenceId":"r#"}`, 6
		}),
		composite(524, "composite-reference-to-object", "What a reference to a whole object gets", `{"compositeRequest":[{"method":"GET","url":"`+root+`/sobjects/User/<me>?fields=Id","referenceId":"a"},{"method":"GET","url":"`+root+`/sobjects/User/@{a.attributes}","referenceId":"b"}]}`),
		composite(525, "composite-reference-to-null", "What a reference to null gets", `{"compositeRequest":[{"method":"GET","url":"`+root+`/sobjects/User/<me>?fields=Id","referenceId":"a"},{"method":"GET","url":"`+root+`/sobjects/User/@{a.SfprovProbe}","referenceId":"b"}]}`),
		composite(526, "composite-all-or-none", "The answers around a failure with allOrNone", `{"allOrNone":true,"compositeRequest":[{"method":"GET","url":"`+root+`/sobjects/User/<me>?fields=Id","referenceId":"a"},{"method":"PATCH","url":"`+root+`/sobjects/User/<absent-user>","referenceId":"b","body":{"Title":"sfprov-probe"}}]}`),
		sending(http.MethodPost, 527, "batch", "The keys of composite/batch", root+"/composite/batch", `{"batchRequests":[{"method":"GET","url":"<version>/sobjects/User/<me>?fields=Id"},{"method":"GET","url":"<version>/sobjects/User/<absent-user>?fields=Id"}]}`),
		sending(http.MethodPost, 528, "batch-26", "How many subrequests composite/batch takes", root+"/composite/batch", `{"batchRequests":[<rows>]}`).with(func(p *Probe) {
			p.row, p.times = `{"method":"GET","url":"<version>/sobjects/User/<me>?fields=Id"}`, 26
		}),
		sending(http.MethodPost, 529, "tree", "Status and keys of a tree that is refused", root+"/composite/tree/User", `{"records":[{"attributes":{"type":"User","referenceId":"a"}}]}`),
	}
}

func relatedProbes() []Probe {
	create := func(number int, name, doubt, object, body string) Probe {
		return sending(http.MethodPost, number, name, doubt, root+"/sobjects/"+object, body)
	}
	return []Probe{
		create(602, "assignment-absent", "Status and code for an assignment to nobody", "PermissionSetAssignment", `{"AssigneeId":"<absent-user>","PermissionSetId":"<absent-permission-set>"}`),
		create(603, "assignment-of-wrong-type", "Code and wording for a reference to another object", "PermissionSetAssignment", `{"AssigneeId":"<absent-group>","PermissionSetId":"<absent-permission-set>"}`),
		create(604, "member-absent", "Status and code for a member of no group", "GroupMember", `{"GroupId":"<absent-group>","UserOrGroupId":"<absent-user>"}`),
		query(606, "permission-access", "The permissions that UserPermissionAccess knows, and whether it has an Id", "SELECT PermissionsManageUsers, PermissionsManageInternalUsers, PermissionsFreezeUsers FROM UserPermissionAccess LIMIT 1"),
		query(608, "license-keys", "Whether licences have definition keys", "SELECT LicenseDefinitionKey, Status, TotalLicenses, UsedLicenses FROM UserLicense LIMIT 1"),
		query(609, "organization", "Which fields of the org can be read", "SELECT Id, OrganizationType, IsSandbox FROM Organization"),
	}
}

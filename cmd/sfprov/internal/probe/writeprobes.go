package probe

import "net/http"

// The steps of the user who is created that the run itself has to know.
const (
	createName     = "new-user"
	deactivateName = "new-deactivate"
	releaseName    = "new-release"
)

const (
	newUser = users + "/<new>"
	readNew = newUser + "?fields=Username,LastName,Email,FederationIdentifier,IsActive,CommunityNickname"
	assign  = `{"AssigneeId":"<new>","PermissionSetId":"<permission-set>"}`
)

// writeProbes are asked only if the caller wants, in this order. All of them change the
// user whom the first creates, and nobody else.
func writeProbes() []Probe {
	all := append(creation(), refusedChanges()...)
	all = append(all, endings()...)
	for i := range all {
		all[i].Write = true
	}
	return all
}

func creation() []Probe {
	return []Probe{
		query(700, "permission-sets-without-license", "Whether there are permission sets that take no licence", "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = false AND LicenseId = null ORDER BY Name LIMIT 1"),
		sending(http.MethodPost, 701, createName, "Status, keys and Location of a create with the nine required fields", users,
			`{"Username":"<new-username>","LastName":" Probe ","Email":"<new-email>","Alias":"sfprobe","TimeZoneSidKey":"<my-zone>",`+
				`"LocaleSidKey":"<my-locale>","EmailEncodingKey":"<my-encoding>","LanguageLocaleKey":"<my-language>","ProfileId":"<profile>",`+
				`"FederationIdentifier":"<new-federation-id>"}`).with(func(p *Probe) { p.needs = "me" }),
		get(702, "new-user-read", "Whether a user created without IsActive is active; the nickname that is made up; capitals and blanks", readNew).with(func(p *Probe) { p.look = lookNew }),
		query(703, "new-user-login", "Whether a new user has a UserLogin", "SELECT Id FROM UserLogin WHERE UserId = '<new>'"),
		query(704, "new-federation-id-case", "Whether = ignores case in a federation ID", "SELECT Id FROM User WHERE FederationIdentifier = '<new-federation-id-upper>'"),
		sending(http.MethodPatch, 705, "new-change", "Status and body of a change", newUser, `{"Title":"sfprov-probe"}`),
		sending(http.MethodPatch, 706, "new-change-false-as-text", `Whether "false" as text is taken for a boolean`, newUser, `{"ReceivesInfoEmails":"false"}`),
		sending(http.MethodPatch, 707, "new-email", "Status of a changed address", newUser, `{"Email":"<other-email>"}`),
		get(708, "new-email-read", "Whether a changed address waits for its confirmation", readNew).with(func(p *Probe) { p.look = lookNew }),
	}
}

func refusedChanges() []Probe {
	patch := func(number int, name, doubt, body string) Probe {
		return sending(http.MethodPatch, number, name, doubt, newUser, body)
	}
	return []Probe{
		patch(711, "new-username-form", "The code for a username without the form of an address", `{"Username":"sfprov-probe"}`),
		patch(712, "new-username-long", "Whether a username of 81 characters is refused or cut", `{"Username":"<long-name>"}`),
		patch(713, "new-username-taken", "Code and wording for a username that is taken", `{"Username":"<my-username>"}`),
		patch(714, "new-nickname-taken", "Wording for a nickname that is taken", `{"CommunityNickname":"<my-nickname>"}`),
		patch(715, "new-federation-id-taken", "The code for a federation ID that is taken", `{"FederationIdentifier":"<my-federation-id>"}`),
		patch(716, "new-email-form", "Code and wording for an address that is none", `{"Email":"sfprov-probe"}`),
		patch(717, "new-picklist", "Code and wording for a value that a picklist hasn't got", `{"TimeZoneSidKey":"Sfprov/Probe"}`),
		patch(718, "new-manager-oneself", "Whether one may be one's own manager", `{"ManagerId":"<new>"}`),
		patch(719, "new-profile-of-another-object", "Code and wording for a reference to another object", `{"ProfileId":"<absent-group>"}`),
		patch(720, "new-profile-absent", "Status and code for a reference to what never existed", `{"ProfileId":"<absent-profile>"}`),
		sending(http.MethodPost, 721, "new-password-weak", "Code and form of the refusal of a password without digits", newUser+"/password", `{"NewPassword":"qqqqqqqqqqqqqqqqqqqqqqqq"}`),
		{Number: 722, Name: "new-delete", Doubt: "Status and code for the deletion of a user", Method: http.MethodDelete, Path: newUser},
	}
}

func endings() []Probe {
	const login = root + "/sobjects/UserLogin/<new-login>"
	const assignments = root + "/sobjects/PermissionSetAssignment"
	patch := func(number int, name, doubt, path, body string) Probe {
		return sending(http.MethodPatch, number, name, doubt, path, body)
	}
	return []Probe{
		patch(731, "new-freeze", "Status of a freeze", login, `{"IsFrozen":true}`),
		patch(732, "new-password-lock", "The refusal of a password lock that is put on", login, `{"IsPasswordLocked":true}`),
		patch(733, "new-unfreeze", "Status of the end of a freeze", login, `{"IsFrozen":false}`),
		patch(740, deactivateName, "Status of a deactivation", newUser, `{"IsActive":false}`).with(func(p *Probe) { p.release = true }),
		sending(http.MethodPost, 741, "assign-permission-set", "Whether an inactive user can be given a permission set", assignments, assign),
		query(742, "assignments-of-inactive", "Whether an inactive user's assignments can be read", "SELECT COUNT() FROM PermissionSetAssignment WHERE AssigneeId = '<new>'"),
		{Number: 743, Name: "assignment-removed", Doubt: "Status of the removal of a permission set", Method: http.MethodDelete, Path: assignments + "/<assignment>", release: true},
		patch(750, releaseName, "Status of a release: another username, no federation ID", newUser, `{"Username":"<released-username>","FederationIdentifier":null}`).with(func(p *Probe) { p.release = true }),
		get(751, "new-read-at-last", "How the user is left", readNew).with(func(p *Probe) { p.look = lookNew }),
	}
}

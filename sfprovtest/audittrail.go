package sfprovtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// trailObjects are what an org remembers of its administrators' work and of logins. Fields
// are those of the Object Reference.
var trailObjects = []object{ //nolint:gochecknoglobals // a constant table
	{name: "SetupAuditTrail", label: "Setup Audit Trail Entry", prefix: "0Ym", fields: []field{
		readOnly("Id", "Setup Audit Trail ID", typeID),
		readOnly("Action", "Action", typeString),
		readOnly("Section", "Section", typeString),
		readOnly("CreatedDate", "Date", typeDateTime),
		parent("CreatedById", "Created By ID", "User"),
		readOnly("Display", "Change Description", typeString),
		readOnly("DelegateUser", "Delegate User", typeString),
		readOnly("ResponsibleNamespacePrefix", "Source Namespace Prefix", typeString),
		readOnly("CreatedByContext", "Created By Context", typeString),
		readOnly("CreatedByIssuer", "Created By Issuer", typeString),
	}},
	loginHistory,
}

// trailLife is how long entries of the trail can be read.
const trailLife = 180 * 24 * time.Hour

// The sections of Setup that the entries are about.
const (
	manageUsers    = "Manage Users"
	groups         = "Groups"
	dataManagement = "Data Management"
)

// byTest stands for who does what a test does to the org: nobody whom the org knows.
const byTest = ""

// note makes an entry of the setup audit trail. It is undone with the change.
func (o *Org) note(by, section, action, display string) {
	o.trailed++
	id := recordID("0Ym", o.trailed) // which takes no number from what is changed
	o.insert("SetupAuditTrail", row{
		"id": id, "action": action, "section": section, "display": display,
		"createddate": o.now(), "createdbyid": orNil(by),
	})
}

// noteCreate notes that a user was created.
func (o *Org) noteCreate(by string, user row) {
	o.note(by, manageUsers, "createduser", "Created new user "+nameOf(user))
}

// noteChange notes what has become of a user.
func (o *Org) noteChange(by string, before, after row) {
	name := nameOf(after)
	for _, f := range notedFields {
		was, is := o.shown(f, before[f.key]), o.shown(f, after[f.key])
		if was == is {
			continue
		}
		display := fmt.Sprintf("Changed %s for user %s from %s to %s", f.label, name, was, is)
		if f.display != nil {
			display = f.display(after[f.key] == true) + name
		}
		o.note(by, manageUsers, f.action(o, before[f.key], after[f.key]), display)
	}
}

// notePendingEmail notes that a new address waits for its confirmation.
func (o *Org) notePendingEmail(by string, user row, email string) {
	o.note(by, manageUsers, "useremailchangesent", fmt.Sprintf("Sent email change verification for user %s to %s", nameOf(user), email))
}

// noteFreeze notes that a user was frozen, or is no longer.
func (o *Org) noteFreeze(by string, login row, before, after any) {
	id, _ := login["userid"].(string)
	name := nameOf(o.rows["User"][id])
	switch {
	case before == after:
	case after == true:
		o.note(by, manageUsers, "frozeuser", "Froze user "+name)
	default:
		o.note(by, manageUsers, "unfrozeuser", "Unfroze user "+name)
	}
}

// notePassword notes that a user's password was set, or reset by a mail.
func (o *Org) notePassword(by string, user row, reset bool) {
	if reset {
		o.note(by, manageUsers, "resetpassword", "Reset password for user "+nameOf(user))
		return
	}
	o.note(by, manageUsers, "changedpassword", "Changed password for user "+nameOf(user))
}

// noteAssignment notes that a user was given something, or has lost it.
func (o *Org) noteAssignment(by, object string, assignment row, given bool) {
	done, verb := "Unassign", "unassigned from"
	if given {
		done, verb = "Assign", "assigned to"
	}
	key := func(name string) string { id, _ := assignment[name].(string); return id }
	user := nameOf(o.rows["User"][key("assigneeid")])
	switch {
	case object == "GroupMember":
		o.noteMember(by, key("groupid"), key("userorgroupid"), given)
	case object == "PermissionSetLicenseAssign":
		name := nameOf(o.rows["PermissionSetLicense"][key("permissionsetlicenseid")])
		o.note(by, manageUsers, "PermSetLicense"+done, fmt.Sprintf("Permission set license %s: %s user %s", name, verb, user))
	case key("permissionsetgroupid") != "":
		name := nameOf(o.rows["PermissionSetGroup"][key("permissionsetgroupid")])
		o.note(by, manageUsers, "PermSetGroup"+done, fmt.Sprintf("Permission set group %s: %s user %s", name, verb, user))
	default:
		name := nameOf(o.rows["PermissionSet"][key("permissionsetid")])
		o.note(by, manageUsers, "PermSet"+done, fmt.Sprintf("Permission set %s: %s user %s", name, verb, user))
	}
}

// noteMember notes a change of the members of a public group or a queue.
func (o *Org) noteMember(by, groupID, memberID string, given bool) {
	group, member := o.rows["Group"][groupID], o.rows["User"][memberID]
	if member == nil {
		member = o.rows["Group"][memberID]
	}
	verb := "Removed %s from %s"
	if given {
		verb = "Added %s to %s"
	}
	section, action := groups, "groupMembership"
	if group["type"] == "Queue" {
		section, action = dataManagement, "queueMembership"
	}
	o.note(by, section, action, fmt.Sprintf(verb, nameOf(member), nameOf(group)))
}

// notedField is a field of users whose changes are noted.
type notedField struct {
	key, label string
	object     string // that it refers to, which is shown by its name
	action     func(o *Org, before, after any) string
	display    func(on bool) string // of what is on or off, up to the user's name
}

// notedFields are in the order in which one change of several is noted.
var notedFields = []notedField{ //nolint:gochecknoglobals // a constant table
	{key: "username", label: "username", action: always("changedusername")},
	{key: "email", label: "email", action: always("changedemail")},
	{key: "communitynickname", label: "nickname", action: always("changedcommunitynickname")},
	{key: "federationidentifier", label: "federation ID", action: always("changedfederationid")},
	{key: "managerid", label: "manager", object: "User", action: always("changedManager")},
	{key: "profileid", label: "profile", object: "Profile", action: changedProfile},
	{key: "userroleid", label: "role", object: "UserRole", action: changedRole},
	{key: "userpermissionsmarketinguser", action: switched("changedmarketinguseroffon", "changedmarketinguseronoff"), display: turned("Marketing User")},
	{key: "userpermissionsinteractionuser", action: switched("changedinteractionuseroffon", "changedinteractionuseronoff"), display: turned("Flow User")},
	{key: "isactive", action: switched("activateduser", "deactivateduser"), display: activated},
}

func always(action string) func(*Org, any, any) string {
	return func(*Org, any, any) string { return action }
}

// switched is for what is on or off.
func switched(on, off string) func(*Org, any, any) string {
	return func(_ *Org, _, after any) string {
		if after == true {
			return on
		}
		return off
	}
}

func turned(what string) func(bool) string {
	return func(on bool) string {
		if on {
			return "Turned on " + what + " for user "
		}
		return "Turned off " + what + " for user "
	}
}

func activated(on bool) string {
	if on {
		return "Activated user "
	}
	return "Deactivated user "
}

func changedRole(_ *Org, before, after any) string {
	switch {
	case before == nil:
		return "changedroleforuserfromnone"
	case after == nil:
		return "changedroleforusertonone"
	}
	return "changedroleforuser"
}

// changedProfile tells the profiles that Salesforce has made from an org's own.
func changedProfile(o *Org, before, after any) string {
	kind := func(profile any) string {
		if slices.Contains(standardProfiles, o.shown(notedField{object: "Profile"}, profile)) {
			return "std"
		}
		return "cust"
	}
	was, is := kind(before), kind(after)
	if was == is && is == "cust" {
		return "changedprofileforuser"
	}
	return "changedprofileforuser" + was + "to" + is
}

// standardProfiles are those of Salesforce's own in every org.
var standardProfiles = []string{standardProfile, administratorProfile, "Minimum Access - API Only Integrations", "Chatter Free User"} //nolint:gochecknoglobals // a constant table

// shown is a value as the trail has it.
func (o *Org) shown(f notedField, value any) string {
	id, _ := value.(string)
	switch {
	case value == nil:
		return "none"
	case f.object != "":
		return nameOf(o.rows[f.object][id])
	}
	return strings.TrimSpace(fmt.Sprint(value))
}

// isRemembered reports whether an entry of the trail, or of the login history, is not too old to be read.
func (o *Org) isRemembered(entry row) bool {
	for _, key := range []string{"createddate", "logintime"} {
		if at, dated := entry[key].(time.Time); dated {
			return o.now().Sub(at) < trailLife
		}
	}
	return true
}

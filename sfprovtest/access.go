package sfprovtest

import (
	"fmt"
	"net/http"
	"strings"
)

// createAssignment is POST /sobjects/{object} for the objects that give a user
// something.
func (o *Org) createAssignment(c *call, object object) (answer, error) {
	if err := o.mayAssign(object); err != nil {
		return answer{}, err
	}
	given, err := o.decodeChange(c, object, func(f field) bool { return f.create })
	if err != nil {
		return answer{}, err
	}
	var missing []string
	for _, f := range object.fields {
		key := strings.ToLower(f.name)
		text, _ := given[key].(string)
		switch {
		case f.required && text == "":
			missing = append(missing, f.name)
			continue
		case text == "":
			continue
		}
		if err := o.checkReference(f, text); err != nil {
			return answer{}, err
		}
		given[key], _ = id18(text)
		if user, isUser := o.rows["User"][fmt.Sprint(given[key])]; isUser && !o.seesRecord(userObject, user) {
			return answer{}, o.noSuchReference(f.name)
		}
	}
	if len(missing) > 0 {
		return answer{}, badRequest("REQUIRED_FIELD_MISSING", "Required fields are missing: ["+strings.Join(missing, ", ")+"]", missing...)
	}
	if err := o.checkAssignment(object.name, given); err != nil {
		return answer{}, err
	}
	id := o.assign(object, given)
	o.noteAssignment(o.access.runAs, object.name, given, true)
	a := jsonAnswer(http.StatusCreated, map[string]any{"id": id, "success": true, "errors": []any{}})
	a.header.Set("Location", "/services/data/v"+c.version+"/sobjects/"+object.name+"/"+id)
	return a, nil
}

// assign stores an assignment that was checked.
func (o *Org) assign(object object, given row) string {
	given["id"], given["systemmodstamp"] = o.newID(object.prefix), o.now()
	if object.name == "PermissionSetAssignment" {
		given["isactive"] = true
	}
	o.insert(object.name, given)
	put(o, o.assigned, assignmentKey(object.name, given), struct{}{})
	if object.name == "PermissionSetLicenseAssign" {
		o.useLicence(given, 1)
	}
	id, _ := given["id"].(string)
	return id
}

// ownSet notes that a user has the permission set that belongs to the profile.
func (o *Org) ownSet(userID string, user row) {
	profile, _ := user["profileid"].(string)
	id, _ := id18("0Pa" + userID[3:15])
	assignment := o.rows["PermissionSetAssignment"][id]
	if assignment == nil {
		assignment = row{"id": id, "assigneeid": userID, "permissionsetgroupid": nil, "isactive": true}
		o.insert("PermissionSetAssignment", assignment)
	}
	put(o, assignment, "permissionsetid", any(ownedSet(profile)))
	put(o, assignment, "systemmodstamp", any(o.now()))
}

// ownedSet is the ID of the permission set that belongs to a profile.
func ownedSet(profile string) string {
	id, _ := id18("0PS" + profile[3:15])
	return id
}

// useLicence counts a permission set licence.
func (o *Org) useLicence(assignment row, n int) {
	id, _ := assignment["permissionsetlicenseid"].(string)
	license := o.rows["PermissionSetLicense"][id]
	used, _ := license["usedlicenses"].(int)
	license["usedlicenses"] = used + n
	o.undoable(func() { o.useLicence(assignment, -n) })
}

// checkAssignment applies the rules of an assignment. The lock is held.
func (o *Org) checkAssignment(object string, given row) error {
	switch object {
	case "PermissionSetAssignment":
		return o.checkPermissionSet(given)
	case "PermissionSetLicenseAssign":
		return o.checkPermissionSetLicense(given)
	}
	member, _ := given["userorgroupid"].(string)
	switch {
	case o.rows["User"][member]["usertype"] == "CspLitePortal":
		return badRequest("OP_WITH_INVALID_USER_TYPE_EXCEPTION", "High-volume portal users can't be members of groups", "UserOrGroupId")
	case o.rows["User"][member] == nil && o.rows["Group"][member] == nil:
		return o.noSuchReference("UserOrGroupId")
	case o.held(object, given):
		return o.rules.memberRefusal
	}
	return nil
}

// holdingsKey is where a user's assignments of an object are found, since looking at
// those of thousands of users would take a while.
func holdingsKey(object string, assignment row) (key string, isAssignment bool) {
	switch object {
	case "PermissionSetAssignment", "PermissionSetLicenseAssign":
		return fmt.Sprint(object, "=", assignment["assigneeid"]), true
	case "GroupMember":
		return fmt.Sprint(object, "=", assignment["userorgroupid"]), true
	}
	return "", false
}

// assignmentKey is what no two assignments of an object may have in common.
func assignmentKey(object string, given row) string {
	return fmt.Sprint(object, given["assigneeid"], given["permissionsetid"], given["permissionsetgroupid"], given["permissionsetlicenseid"], given["groupid"], given["userorgroupid"])
}

// held reports whether there is such an assignment.
func (o *Org) held(object string, given row) bool {
	_, held := o.assigned[assignmentKey(object, given)]
	return held
}

func (o *Org) checkPermissionSet(given row) error {
	assignee, _ := given["assigneeid"].(string)
	setID, _ := given["permissionsetid"].(string)
	groupID, _ := given["permissionsetgroupid"].(string)
	user := o.rows["User"][assignee]
	switch {
	case (setID == "") == (groupID == ""):
		return badRequest("FIELD_INTEGRITY_EXCEPTION", "Specify either a permission set or a permission set group", "PermissionSetId", "PermissionSetGroupId")
	case user["isactive"] != true && o.rules.inactiveAssignee.Status != 0:
		return o.rules.inactiveAssignee
	}
	if o.held("PermissionSetAssignment", given) {
		if groupID != "" {
			return badRequest("DUPLICATE_VALUE", fmt.Sprintf("Duplicate PermissionSetAssignment.  Assignee: %s; Permission Set Group: %s", assignee[:15], groupID[:15]), "AssigneeId", "PermissionSetGroupId")
		}
		return badRequest("DUPLICATE_VALUE", fmt.Sprintf("Duplicate PermissionSetAssignment.  Assignee: %s; Permission Set: %s", assignee[:15], setID[:15]), "AssigneeId", "PermissionSetId")
	}
	set := o.rows["PermissionSet"][setID]
	license, _ := set["licenseid"].(string)
	_, isUserLicense := o.rows["UserLicense"][license]
	mismatch := badRequest("FIELD_INTEGRITY_EXCEPTION", fmt.Sprintf("Can't assign permission set %v to user %v. The user license doesn't allow the permission: %v", set["name"], user["name"], set["label"]), "PermissionSetId")
	switch {
	case set["isownedbyprofile"] == true:
		return badRequest("FIELD_INTEGRITY_EXCEPTION", "Can't assign a permission set that is owned by a profile", "PermissionSetId")
	case isUserLicense && o.licenceOf(user) != license:
		return mismatch
	case license != "" && !isUserLicense && !o.held("PermissionSetLicenseAssign", row{"assigneeid": assignee, "permissionsetlicenseid": license}):
		return mismatch
	}
	return nil
}

func (o *Org) checkPermissionSetLicense(given row) error {
	if o.held("PermissionSetLicenseAssign", given) {
		return badRequest("DUPLICATE_VALUE", "duplicate value found: AssigneeId duplicates value on record with id: "+fmt.Sprint(given["assigneeid"])[:15], "AssigneeId", "PermissionSetLicenseId")
	}
	id, _ := given["permissionsetlicenseid"].(string)
	license := o.rows["PermissionSetLicense"][id]
	total, _ := license["totallicenses"].(int)
	used, _ := license["usedlicenses"].(int)
	if total >= 0 && used >= total {
		return badRequest("LICENSE_LIMIT_EXCEEDED", "There aren't enough available licenses for the permission set license: "+fmt.Sprint(license["masterlabel"]))
	}
	return nil
}

// deleteAssignment is DELETE /sobjects/{object}/{id}.
func (o *Org) deleteAssignment(object object, record row) (answer, error) {
	if err := o.mayAssign(object); err != nil {
		return answer{}, err
	}
	setID, _ := record["permissionsetid"].(string)
	switch {
	case o.rows["PermissionSet"][setID]["isownedbyprofile"] == true:
		return answer{}, Refusal{Status: http.StatusForbidden, Code: "INSUFFICIENT_ACCESS_OR_READONLY", Message: "insufficient access rights on object id", Fields: []string{}}
	case object.name == "PermissionSetLicenseAssign" && o.needed(record):
		return answer{}, badRequest("FIELD_INTEGRITY_EXCEPTION", "This permission set license is required by a permission set that is assigned to the user", "PermissionSetLicenseId")
	case object.name == "PermissionSetLicenseAssign":
		o.useLicence(record, -1)
	}
	id, _ := record["id"].(string)
	drop(o, o.assigned, assignmentKey(object.name, record))
	o.remove(object.name, id)
	o.noteDeletion(object.name, id)
	o.noteAssignment(o.access.runAs, object.name, record, false)
	return jsonAnswer(http.StatusNoContent, nil), nil
}

// needed reports whether the user has a permission set that needs the licence.
func (o *Org) needed(assignment row) bool {
	assignee, _ := assignment["assigneeid"].(string)
	for _, other := range o.holds("PermissionSetAssignment", assignee) {
		setID, _ := other["permissionsetid"].(string)
		if o.rows["PermissionSet"][setID]["licenseid"] == assignment["permissionsetlicenseid"] {
			return true
		}
	}
	return false
}

// SetMemberRefusal sets the answer to adding a member to a group that has it
// already. Its error code is not documented; the default, which the zero Refusal
// sets again, is DUPLICATE_VALUE.
func (o *Org) SetMemberRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.memberRefusal = r.or(defaultRules().memberRefusal)
}

// SetInactiveAssigneeRefusal makes the org refuse to assign permission sets to
// inactive users, with an answer of your choice. Whether a real one does is not
// documented; the default, which the zero Refusal sets again, is that it doesn't.
func (o *Org) SetInactiveAssigneeRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.inactiveAssignee = r
}

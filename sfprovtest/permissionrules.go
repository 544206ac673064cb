package sfprovtest

import (
	"net/http"
	"slices"
	"strings"
)

// objectsNeed are the permissions of which one must be there for an object to be seen;
// what is not here, everybody sees. See "Special Access Rules" in the Object Reference.
var objectsNeed = map[string][]Permission{ //nolint:gochecknoglobals // a constant table
	"Profile":                    {ViewSetup, ManageProfilesPermissionSets},
	"UserLicense":                {ViewSetup},
	"UserRole":                   {ViewRoles},
	"UserLogin":                  {ManageUsers},
	"SetupAuditTrail":            {ViewSetup},
	"LoginHistory":               {ManageUsers},
	"PermissionSet":              {ViewSetup, AssignPermissionSets, ManageProfilesPermissionSets},
	"PermissionSetGroup":         {ViewSetup, AssignPermissionSets, ManageProfilesPermissionSets},
	"PermissionSetLicense":       {ViewSetup, AssignPermissionSets},
	"PermissionSetAssignment":    {ViewSetup, AssignPermissionSets, ManageUsers},
	"PermissionSetLicenseAssign": {ViewSetup, AssignPermissionSets},
}

// fieldsNeed is the permission without which a field of User is not seen, by its
// lower-case name.
var fieldsNeed = map[string]Permission{ //nolint:gochecknoglobals // a constant table
	"profileid": ViewSetup, "userroleid": ViewRoles,
}

// assignmentsNeed is the permission to create and delete records of an object.
var assignmentsNeed = map[string]Permission{ //nolint:gochecknoglobals // a constant table
	"PermissionSetAssignment":    AssignPermissionSets,
	"PermissionSetLicenseAssign": AssignPermissionSets,
	"GroupMember":                ManageUsers,
}

func folded(name string) string { return strings.ToLower(name) }

// mayCall refuses every request of a user without API Enabled.
func (o *Org) mayCall() error {
	if o.permissions.any(APIEnabled) {
		return nil
	}
	return Refusal{Status: http.StatusForbidden, Code: "API_CURRENTLY_DISABLED", Message: "API is disabled for this User"}
}

// seesObject reports whether the integration user can see an object.
func (o *Org) seesObject(object object) bool {
	needs, guarded := objectsNeed[object.name]
	if object.name == "UserLogin" && o.permissions.freezeAlone {
		needs = append(slices.Clip(needs), FreezeUsers)
	}
	return !guarded || o.permissions.any(needs...)
}

// seesField reports whether the integration user can see a field.
func (o *Org) seesField(object object, f field) bool {
	if object.name == "UserPermissionAccess" {
		return !o.permissions.absent[folded(f.name)]
	}
	if object.name != "User" {
		return true
	}
	need, guarded := fieldsNeed[folded(f.name)]
	return o.permissions.fields[folded(f.name)] != FieldHidden && (!guarded || o.permissions.any(need))
}

// seesRecord reports whether the integration user can see a record.
func (o *Org) seesRecord(object object, record row) bool {
	if object.name == "SetupAuditTrail" || object.name == "LoginHistory" {
		return o.isRemembered(record)
	}
	public := object.name != "User" || !o.permissions.private
	return public || o.permissions.any(ViewAllUsers) || record["id"] == o.access.runAs
}

// visibleObject finds an object that the integration user can see.
func (o *Org) visibleObject(name string) (object, bool) {
	object, known := o.object(name)
	return object, known && o.seesObject(object)
}

// visibleField finds a field that the integration user can see.
func (o *Org) visibleField(object object, name string) (field, bool) {
	f, known := o.fieldOf(object, name)
	return f, known && o.seesField(object, f)
}

// visibleFields are the fields of an object that the integration user can see; those
// that it may not write can't be written.
func (o *Org) visibleFields(object object) []field {
	var visible []field
	for _, f := range o.fieldsOf(object) {
		if !o.seesField(object, f) {
			continue
		}
		if !o.mayWrite(object, f) {
			f.create, f.update = false, false
		}
		visible = append(visible, f)
	}
	return visible
}

// mayWrite reports whether the integration user may write a field, if anybody may.
func (o *Org) mayWrite(object object, f field) bool {
	return object.name != "User" || o.permissions.fields[folded(f.name)] == FieldEditable
}

// mayManage refuses to create or update a user without the permission to.
func (o *Org) mayManage(user row) error {
	profile, _ := user["profileid"].(string)
	kind, known := o.rows["Profile"][profile]["usertype"]
	need := ManageInternalUsers
	if known && kind != "Standard" {
		need = ManageExternalUsers
	}
	return o.mayChange(need, ManageUsers)
}

// mayAssign refuses to create or delete an assignment without the permission to.
func (o *Org) mayAssign(object object) error { return o.mayChange(assignmentsNeed[object.name]) }

// mayChange refuses a write if none of several permissions is there.
func (o *Org) mayChange(needs ...Permission) error {
	if o.permissions.any(needs...) {
		return nil
	}
	return o.permissions.refusal.or(Refusal{
		Status: http.StatusForbidden, Code: "INSUFFICIENT_ACCESS_OR_READONLY",
		Message: "insufficient access rights on object id", Fields: []string{},
	})
}

// mayRead refuses a resource without the permission to use it.
func (o *Org) mayRead(need Permission) error {
	if o.permissions.any(need) {
		return nil
	}
	return Refusal{
		Status: http.StatusForbidden, Code: "INSUFFICIENT_ACCESS", Message: "You do not have permission to view this record.",
	}
}

// hidden is the answer to a query of an object that the integration user can't see: a
// refusal, or nothing found.
func (o *Org) hidden(q *soqlQuery) error {
	switch refusal := o.permissions.hiddenRefusal; refusal.Status {
	case 0:
		return q.noSuchObject()
	case http.StatusOK:
		return nil
	default:
		return refusal
	}
}

// permissionFields are the fields of UserPermissionAccess.
func permissionFields() []field {
	fields := []field{readOnly("Id", "User Permission Access ID", typeID)}
	for p, label := range permissionLabels {
		fields = append(fields, readOnly("Permissions"+string(p), label, typeBoolean))
	}
	slices.SortFunc(fields[1:], func(a, b field) int { return strings.Compare(a.name, b.name) })
	return fields
}

// permissionAccess is the one record of UserPermissionAccess, as it is now.
func (o *Org) permissionAccess() row {
	record := row{"id": "000000000000000AAA"}
	for p := range permissionLabels {
		record[folded("Permissions"+string(p))] = o.permissions.any(p)
	}
	return record
}

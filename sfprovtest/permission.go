package sfprovtest

import (
	"maps"
	"slices"
)

// Permission is a user permission of the integration user, by its API name: a field of
// UserPermissionAccess has it after "Permissions", a permission set's metadata as it is.
type Permission string

// The permissions that the org looks at. What each is for is in docs/permissions.md.
const (
	APIEnabled                   Permission = "ApiEnabled"
	APIOnly                      Permission = "ApiUserOnly"
	PasswordNeverExpires         Permission = "PasswordNeverExpires"
	ManageInternalUsers          Permission = "ManageInternalUsers"
	ManageExternalUsers          Permission = "ManagePartners"
	ManageUsers                  Permission = "ManageUsers"
	ViewSetup                    Permission = "ViewSetup"
	ViewAllUsers                 Permission = "ViewAllUsers"
	ViewRoles                    Permission = "ViewRoles"
	AssignPermissionSets         Permission = "AssignPermissionSets"
	FreezeUsers                  Permission = "FreezeUsers"
	ResetPasswords               Permission = "ResetPasswords"
	ManageProfilesPermissionSets Permission = "ManageProfilesPermissionsets"
)

// permissionLabels are all permissions that the org knows, and what Setup calls them.
var permissionLabels = map[Permission]string{ //nolint:gochecknoglobals,gosec // a constant table, without credentials
	APIEnabled:                   "API Enabled",
	APIOnly:                      "API Only User",
	PasswordNeverExpires:         "Password Never Expires",
	ManageInternalUsers:          "Manage Internal Users",
	ManageExternalUsers:          "Manage External Users",
	ManageUsers:                  "Manage Users",
	ViewSetup:                    "View Setup and Configuration",
	ViewAllUsers:                 "View All Users",
	ViewRoles:                    "View Roles and Role Hierarchy",
	AssignPermissionSets:         "Assign Permission Sets",
	FreezeUsers:                  "Freeze Users",
	ResetPasswords:               "Reset User Passwords and Unlock Users",
	ManageProfilesPermissionSets: "Manage Profiles and Permission Sets",
	"ManageRoles":                "Manage Roles",
	"ManageSharing":              "Manage Sharing",
	"ManageIpAddresses":          "Manage IP Addresses",
	"ManagePasswordPolicies":     "Manage Password Policies",
	"ManageLoginAccessPolicies":  "Manage Login Access Policies",
	"DelegatedTwoFactor":         "Manage Multi-Factor Authentication in User Interface",
}

// permissionsWith are those that a permission can't be without: Setup ticks them with
// it, and a deployment that leaves one out is refused.
var permissionsWith = map[Permission][]Permission{ //nolint:gochecknoglobals // a constant table
	ViewSetup: {ViewRoles},
	ManageUsers: {
		ManageInternalUsers, ResetPasswords, FreezeUsers, ViewAllUsers, ViewSetup, ViewRoles,
		AssignPermissionSets, ManageProfilesPermissionSets, "ManageRoles", "ManageSharing", "ManageIpAddresses",
		"ManagePasswordPolicies", "ManageLoginAccessPolicies", "DelegatedTwoFactor",
	},
}

// Label is what Setup calls the permission.
func (p Permission) Label() string { return permissionLabels[p] }

// permissions are what the integration user may do.
type permissions struct {
	granted       map[Permission]struct{}
	fields        map[string]FieldAccess // of User, by lower-case name; what is not here is editable
	private       bool                   // users see themselves only
	absent        map[string]bool        // fields of UserPermissionAccess that the org hasn't got
	freezeAlone   bool                   // Freeze Users opens UserLogin, without Manage Users
	refusal       Refusal                // of writes; the usual one if its status is 0
	hiddenRefusal Refusal                // of queries; the usual one if its status is 0
}

// newPermissions are those of the set-up guide: API Only User by the profile, the others by
// the smallest permission set for the whole library.
func newPermissions() permissions {
	p := permissions{fields: map[string]FieldAccess{}}
	p.set(APIOnly, APIEnabled, ManageUsers, PasswordNeverExpires)
	return p
}

func (p *permissions) set(granted ...Permission) {
	p.granted = map[Permission]struct{}{}
	p.add(granted)
}

func (p *permissions) add(granted []Permission) {
	for _, one := range granted {
		one.mustBeKnown()
		p.granted[one] = struct{}{}
		p.add(permissionsWith[one])
	}
}

func (p Permission) mustBeKnown() {
	if p.Label() == "" {
		panic("sfprovtest: the org has no permission " + string(p))
	}
}

// any reports whether one of several is granted.
func (p *permissions) any(wanted ...Permission) bool {
	return slices.ContainsFunc(wanted, func(one Permission) bool {
		_, granted := p.granted[one]
		return granted
	})
}

// SetPermissions sets what the integration user may do, and what comes with it: Manage
// Users brings fourteen others, as in Setup. The default is what the set-up guide gives:
// API Enabled, Manage Users and Password Never Expires, and API Only User by the profile.
//
// The org's own doing, such as AddUser and Freeze, needs no permission, and the profile of
// the integration user gives none. It panics if the org has no such permission.
func (o *Org) SetPermissions(granted ...Permission) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.permissions.set(granted...)
}

// Permit gives the integration user permissions, and what comes with them.
func (o *Org) Permit(granted ...Permission) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.permissions.add(granted)
}

// Forbid takes permissions from the integration user, and those that can't be without
// them: with each of those that Manage Users brings, Manage Users goes; the others stay.
func (o *Org) Forbid(taken ...Permission) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, one := range taken {
		one.mustBeKnown()
		delete(o.permissions.granted, one)
		for other, with := range permissionsWith {
			if slices.Contains(with, one) {
				delete(o.permissions.granted, other)
			}
		}
	}
}

// Permissions are what the integration user may do, in alphabetical order.
func (o *Org) Permissions() []Permission {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.permissions.granted))
}

// FieldAccess is what the integration user may do with a field of User.
type FieldAccess int

// The three that field-level security has.
const (
	FieldEditable FieldAccess = iota // as far as anybody may
	FieldReadOnly
	FieldHidden // is answered like one that the org hasn't got
)

// SetFieldAccess sets what the integration user may do with a field of User. The default
// is FieldEditable. It panics if User has no such field.
func (o *Org) SetFieldAccess(field string, access FieldAccess) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, known := o.fieldOf(userObject, field)
	if !known {
		panic("sfprovtest: User has no field " + field)
	}
	o.permissions.fields[folded(f.name)] = access
}

// SetPrivateUsers makes the users' records private, as the sharing settings of an org
// can: without View All Users the integration user sees none but its own then. By
// default, everybody sees all users.
func (o *Org) SetPrivateUsers(private bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.permissions.private = private
}

// SetFreezeUsersSuffices says whether Freeze Users opens UserLogin. The documentation
// says that Manage Users is needed, which is the default.
func (o *Org) SetFreezeUsersSuffices(suffices bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.permissions.freezeAlone = suffices
}

// SetPermissionRefusal sets the answer to writes of records that the integration user
// lacks a permission for. It is not documented; the default, which the zero Refusal sets
// again, is 403 INSUFFICIENT_ACCESS_OR_READONLY.
func (o *Org) SetPermissionRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.permissions.refusal = r.or(Refusal{})
}

// SetHiddenObjectRefusal sets the answer to queries of an object that the integration
// user can't see. It is not documented; the default, which the zero Refusal sets again, is
// 400 INVALID_TYPE. With status 200, such an object looks empty.
func (o *Org) SetHiddenObjectRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.permissions.hiddenRefusal = r.or(Refusal{})
}

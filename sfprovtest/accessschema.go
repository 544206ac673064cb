package sfprovtest

// accessObjects say what users may do: roles, permission sets with their groups and
// licences, public groups and queues, and who has them. Fields are those of the
// Object Reference.
var accessObjects = []object{ //nolint:gochecknoglobals // a constant table
	{name: "UserRole", label: "Role", prefix: "00E", fields: []field{
		readOnly("Id", "Role ID", typeID),
		readOnly("Name", "Name", typeString),
		readOnly("DeveloperName", "Developer Name", typeString),
		parent("ParentRoleId", "Parent Role ID", "UserRole"),
	}},
	{name: "PermissionSet", label: "Permission Set", prefix: "0PS", fields: []field{
		readOnly("Id", "Permission Set ID", typeID),
		readOnly("Name", "Permission Set Name", typeString),
		readOnly("Label", "Permission Set Label", typeString),
		readOnly("IsOwnedByProfile", "Is Owned By Profile", typeBoolean),
		parent("ProfileId", "Profile ID", "Profile"),
		parent("LicenseId", "License ID", ""),
	}},
	{name: "PermissionSetGroup", label: "Permission Set Group", prefix: "0PG", fields: []field{
		readOnly("Id", "Permission Set Group ID", typeID),
		readOnly("DeveloperName", "API Name", typeString),
		readOnly("MasterLabel", "Label", typeString),
		readOnly("Status", "Status", typeString),
	}},
	{name: "PermissionSetLicense", label: "Permission Set License", prefix: "0PL", fields: []field{
		readOnly("Id", "Permission Set License ID", typeID),
		readOnly("DeveloperName", "Permission Set License API Name", typeString),
		readOnly("MasterLabel", "Permission Set License Label", typeString),
		readOnly("Status", "Status", typeString),
		readOnly("TotalLicenses", "Total Licenses", typeInt),
		readOnly("UsedLicenses", "Used Licenses", typeInt),
	}},
	{name: "PermissionSetAssignment", label: "Permission Set Assignment", prefix: "0Pa", assigns: true, fields: []field{
		readOnly("Id", "PermissionSetAssignment ID", typeID),
		mandatory(onCreate(reference("AssigneeId", "Assignee ID", "User"))),
		onCreate(reference("PermissionSetId", "PermissionSet ID", "PermissionSet")),
		onCreate(reference("PermissionSetGroupId", "Permission Set Group ID", "PermissionSetGroup")),
		readOnly("SystemModstamp", "Date Assigned", typeDateTime),
	}},
	{name: "PermissionSetLicenseAssign", label: "Permission Set License Assignment", prefix: "2LA", assigns: true, fields: []field{
		readOnly("Id", "Permission Set License Assignment ID", typeID),
		mandatory(onCreate(reference("AssigneeId", "Assignee ID", "User"))),
		mandatory(onCreate(reference("PermissionSetLicenseId", "Permission Set License ID", "PermissionSetLicense"))),
		readOnly("SystemModstamp", "System Modstamp", typeDateTime),
	}},
	{name: "Group", label: "Group", prefix: "00G", fields: []field{
		readOnly("Id", "Group ID", typeID),
		readOnly("Name", "Name", typeString),
		readOnly("DeveloperName", "Developer Name", typeString),
		readOnly("Type", "Type", typeString),
	}},
	{name: "GroupMember", label: "Group Member", prefix: "011", assigns: true, fields: []field{
		readOnly("Id", "Group Member ID", typeID),
		mandatory(onCreate(reference("GroupId", "Group ID", "Group"))),
		mandatory(onCreate(reference("UserOrGroupId", "User/Group ID", ""))),
		readOnly("SystemModstamp", "System Modstamp", typeDateTime),
	}},
}

func onCreate(f field) field {
	f.update = false
	return f
}

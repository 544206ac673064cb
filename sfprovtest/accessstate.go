package sfprovtest

import (
	"regexp"
	"slices"
	"strings"
)

// Access is what a user has beside the profile, by names in alphabetical order.
// What the profile itself gives is left out.
type Access struct {
	Role                  string
	PermissionSets        []string
	PermissionSetGroups   []string
	PermissionSetLicenses []string
	PublicGroups          []string
	Queues                []string
}

// AddRole adds a role and returns its ID. parent is the ID of the role above it,
// or empty.
func (o *Org) AddRole(name, parent string) string {
	id := o.addAccess("UserRole", row{"name": name, "developername": developerName(name), "parentroleid": orNil(parent)})
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, group := range []struct{ pod, kind string }{{"5g", "Role"}, {"5h", "RoleAndSubordinates"}} { // which stand for it in sharing
		groupID, _ := id18("00G" + group.pod + id[5:15]) // which takes no number of its own
		o.insert("Group", row{"id": groupID, "developername": developerName(name), "relatedid": id, "type": group.kind, "ownerid": orgID})
	}
	return id
}

// AddPermissionSet adds a permission set and returns its ID. license is the name
// of the user licence, or of the permission set licence, that a user must have for
// it; empty is for everybody. It panics if the org has no such licence.
func (o *Org) AddPermissionSet(label, license string) string {
	o.mu.Lock()
	id := o.licenceID(license)
	if id == "" {
		id = o.labelled("PermissionSetLicense", license)
	}
	o.mu.Unlock()
	if license != "" && id == "" {
		panic("sfprovtest: AddPermissionSet: the org has no licence " + license)
	}
	return o.addAccess("PermissionSet", row{"name": developerName(label), "label": label, "isownedbyprofile": false, "iscustom": true, "type": "Regular", "licenseid": orNil(id)})
}

// AddPermissionSetGroup adds a permission set group and returns its ID.
func (o *Org) AddPermissionSetGroup(label string) string {
	return o.addAccess("PermissionSetGroup", row{"developername": developerName(label), "masterlabel": label, "language": "en_US", "status": "Updated"})
}

// AddPermissionSetLicense adds a permission set licence for a number of users, -1
// for any, and returns its ID.
func (o *Org) AddPermissionSetLicense(label string, total int) string {
	return o.addAccess("PermissionSetLicense", row{"developername": developerName(label), "masterlabel": label, "language": "en_US", "permissionsetlicensekey": developerName(label), "status": "Active", "totallicenses": total, "usedlicenses": 0})
}

// AddGroup adds a public group and returns its ID.
func (o *Org) AddGroup(name string) string {
	return o.addAccess("Group", row{"name": name, "developername": developerName(name), "type": "Regular", "doesincludebosses": true, "ownerid": o.AdminID()})
}

// AddQueue adds a queue and returns its ID.
func (o *Org) AddQueue(name string) string {
	return o.addAccess("Group", row{"name": name, "developername": developerName(name), "type": "Queue", "ownerid": o.AdminID()})
}

func (o *Org) addAccess(name string, record row) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	object, _ := o.object(name)
	record["id"] = o.newID(object.prefix)
	o.insert(name, record)
	id, _ := record["id"].(string)
	return id
}

// Grant gives a user a permission set, permission set group, permission set
// licence, public group or queue, by its ID, past all rules.
func (o *Org) Grant(userID, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	user := o.mustUser(userID)
	for object, field := range map[string]string{
		"PermissionSet": "permissionsetid", "PermissionSetGroup": "permissionsetgroupid", "PermissionSetLicense": "permissionsetlicenseid", "Group": "groupid",
	} {
		if o.rows[object][id] == nil {
			continue
		}
		assignment, given := "PermissionSetAssignment", row{"assigneeid": user, field: id}
		switch object {
		case "PermissionSetLicense":
			assignment = "PermissionSetLicenseAssign"
		case "Group":
			assignment, given = "GroupMember", row{"userorgroupid": user, field: id}
		}
		kind, _ := o.object(assignment)
		o.assign(kind, given)
		o.noteAssignment(byTest, assignment, given, true)
		return
	}
	panic("sfprovtest: Grant: there is nothing to grant with the ID " + id)
}

// Access is what a user has.
func (o *Org) Access(userID string) Access {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := o.mustUser(userID)
	role, _ := o.rows["User"][id]["userroleid"].(string)
	a := Access{Role: nameOf(o.rows["UserRole"][role])}
	for _, assignment := range o.holds("PermissionSetAssignment", id) {
		setID, _ := assignment["permissionsetid"].(string)
		groupID, _ := assignment["permissionsetgroupid"].(string)
		set := o.rows["PermissionSet"][setID]
		switch {
		case set["isownedbyprofile"] == true:
		case groupID != "":
			a.PermissionSetGroups = append(a.PermissionSetGroups, nameOf(o.rows["PermissionSetGroup"][groupID]))
		default:
			a.PermissionSets = append(a.PermissionSets, nameOf(set))
		}
	}
	for _, assignment := range o.holds("PermissionSetLicenseAssign", id) {
		licenceID, _ := assignment["permissionsetlicenseid"].(string)
		a.PermissionSetLicenses = append(a.PermissionSetLicenses, nameOf(o.rows["PermissionSetLicense"][licenceID]))
	}
	for _, member := range o.holds("GroupMember", id) {
		groupID, _ := member["groupid"].(string)
		group := o.rows["Group"][groupID]
		if group["type"] == "Queue" {
			a.Queues = append(a.Queues, nameOf(group))
			continue
		}
		a.PublicGroups = append(a.PublicGroups, nameOf(group))
	}
	for _, names := range [][]string{a.PermissionSets, a.PermissionSetGroups, a.PermissionSetLicenses, a.PublicGroups, a.Queues} {
		slices.Sort(names)
	}
	return a
}

// holds are the assignments of an object that a user has.
func (o *Org) holds(object, userID string) []row {
	key, _ := holdingsKey(object, row{"assigneeid": userID, "userorgroupid": userID})
	var assignments []row
	for _, id := range o.holdings[key] {
		assignments = append(assignments, o.rows[object][id])
	}
	return assignments
}

// nameOf is what people call a record.
func nameOf(record row) string {
	for _, key := range []string{"label", "masterlabel", "name"} {
		if name, ok := record[key].(string); ok {
			return name
		}
	}
	return ""
}

// labelled finds a record by its label.
func (o *Org) labelled(object, label string) string {
	for _, id := range o.order[object] {
		if o.rows[object][id]["masterlabel"] == label {
			return id
		}
	}
	return ""
}

var notDeveloperName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// developerName is the API name that Salesforce proposes for a label.
func developerName(label string) string {
	return strings.Trim(notDeveloperName.ReplaceAllString(label, "_"), "_")
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

package sfprovtest

// standardProfile is the profile of Config's Defaults.
const standardProfile = "Standard User"

// AddProfile adds a profile with a user licence, which is made if the org hasn't
// got it, without a limit. It returns the profile's ID. Licences such as "Customer
// Community" and "Partner Community" are for external users, who need a contact: see
// [Org.AddContact].
func (o *Org) AddProfile(name, license string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.addProfile(name, license)
}

func (o *Org) addProfile(name, license string) string {
	licenceID := o.licenceID(license)
	if licenceID == "" {
		licenceID = o.newID(prefixUserLicence)
		o.insert("UserLicense", row{"id": licenceID, "name": license, "masterlabel": license, "licensedefinitionkey": licenseKey(license), "status": "Active", "totallicenses": -1, "usedlicenses": 0})
		o.licences[licenceID] = -1
	}
	id := o.newID(prefixProfile)
	o.insert("Profile", row{"id": id, "name": name, "userlicenseid": licenceID, "usertype": userTypeOf(license), "description": nil})
	o.insert("PermissionSet", row{"id": ownedSet(id), "name": "X" + id[:15], "label": id[:15], "isownedbyprofile": true, "type": "Profile", "profileid": id, "licenseid": licenceID})
	return id
}

// ProfileID is the ID of a profile by its name; empty if there is none. Every org
// has "Standard User", "System Administrator", "Minimum Access - API Only
// Integrations" and "Chatter Free User".
func (o *Org) ProfileID(name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.profileID(name)
}

func (o *Org) profileID(name string) string { return o.named("Profile", name) }

func (o *Org) licenceID(name string) string { return o.named("UserLicense", name) }

// named finds a record by its name.
func (o *Org) named(object, name string) string {
	for _, id := range o.order[object] {
		if o.rows[object][id]["name"] == name {
			return id
		}
	}
	return ""
}

// SetLicenses limits how many active users a licence serves, for example
// "Salesforce"; -1, the default, is no limit.
func (o *Org) SetLicenses(license string, total int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := o.licenceID(license)
	if id == "" {
		panic("sfprovtest: the org has no licence " + license)
	}
	o.licences[id] = total
	o.rows["UserLicense"][id]["totallicenses"] = total
}

// licenceOf is the licence of a user's profile. The lock is held.
func (o *Org) licenceOf(user row) string {
	profile, _ := user["profileid"].(string)
	licence, _ := o.rows["Profile"][profile]["userlicenseid"].(string)
	return licence
}

// licenseKeys are what Salesforce calls licences in its own tables.
var licenseKeys = map[string]string{ //nolint:gochecknoglobals // a constant table
	"Salesforce": "SFDC", "Salesforce Platform": "AUL", "Chatter Free": "PID_CHATTER", "Chatter External": "PID_Chatter_External", "Identity": "PID_IDENTITY",
	"Salesforce Integration": "PID_Salesforce_Integration", "Customer Community": "PID_Customer_Community", "Customer Community Login": "PID_Customer_Community_Login",
	"Customer Community Plus": "PID_Customer_Community_Plus", "Partner Community": "PID_Partner_Community", "External Identity": "PID_External_Identity",
}

// licenseKey is the key of a licence, made up where it is not known.
func licenseKey(name string) string {
	if key, known := licenseKeys[name]; known {
		return key
	}
	return "PID_" + developerName(name)
}

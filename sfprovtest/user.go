package sfprovtest

import (
	"maps"
	"net/http"
	"strings"
)

// createUser is POST /sobjects/User.
func (o *Org) createUser(c *call) (answer, error) {
	change, err := o.decodeChange(c, userObject, func(f field) bool { return f.create })
	if err != nil {
		return answer{}, err
	}
	user := o.withDefaults(change)
	if err := o.localise(user, change); err != nil {
		return answer{}, err
	}
	if err := o.mayManage(user); err != nil {
		return answer{}, err
	}
	if err := o.checkUser("", nil, user, user); err != nil {
		return answer{}, err
	}
	id := o.insertUser(user)
	o.noteCreate(o.access.runAs, user)
	a := jsonAnswer(http.StatusCreated, map[string]any{"id": id, "success": true, "errors": []any{}})
	a.header.Set("Location", "/services/data/v"+c.version+"/sobjects/User/"+id)
	return a, nil
}

// withDefaults fills in what Salesforce fills in.
func (o *Org) withDefaults(change row) row {
	user := maps.Clone(change)
	for _, f := range o.fields {
		if f.preset != "" && user[f.key()] == nil {
			user[f.key()], _ = o.textValue(f, f.preset)
		}
	}
	if user["isactive"] == nil {
		user["isactive"] = !o.rules.inactiveOnCreate
	}
	return o.normalised(user)
}

// normalised is a row as Salesforce stores it.
func (o *Org) normalised(change row) row {
	if name, given := change["username"].(string); given {
		change["username"] = strings.ToLower(name)
	}
	for _, f := range o.fields {
		if f.kind != typeBoolean && f.kind != typeReference {
			continue
		}
		value, given := change[f.key()]
		switch {
		case given && value == nil && f.kind == typeBoolean:
			change[f.key()] = false // a boolean can't be null
		case given && f.kind == typeReference:
			text, _ := value.(string)
			if id, ok := id18(text); ok {
				change[f.key()] = id
			}
		}
	}
	return change
}

// insertUser stores a user that was checked, and its login.
func (o *Org) insertUser(user row) string {
	id := o.newID(prefixUser)
	now := o.now()
	user["id"] = id
	if user["communitynickname"] == nil {
		user["communitynickname"] = "User" + id[6:15]
	}
	o.belongTo(user)
	given := row{
		"numberoffailedlogins": 0,
		"createddate":          now, "lastmodifieddate": now, "systemmodstamp": now,
		"createdbyid": o.access.runAs, "lastmodifiedbyid": o.access.runAs,
	}
	for key, value := range given {
		if user[key] == nil { // a seed may have it
			user[key] = value
		}
	}
	o.insert("User", user)
	o.index(id, nil, user)
	o.undoable(func() { o.index(id, o.rows["User"][id], nil) })
	o.ownSet(id, user)
	login := o.newID(prefixUserLogin)
	put(o, o.logins, id, login)
	o.insert("UserLogin", row{"id": login, "userid": id, "isfrozen": false, "ispasswordlocked": false, "lastmodifieddate": now, "lastmodifiedbyid": o.access.runAs})
	return id
}

func fullName(user row) string {
	first, _ := user["firstname"].(string)
	last, _ := user["lastname"].(string)
	return strings.TrimSpace(first + " " + last)
}

// index notes the unique values of a user, and the licence that an active one
// uses.
func (o *Org) index(id string, before, after row) {
	for _, name := range o.uniqueFields() {
		if key := uniqueKey(name, before[name]); before[name] != nil && o.unique[key] == id {
			delete(o.unique, key)
		}
	}
	for _, name := range o.uniqueFields() {
		if after[name] != nil {
			o.unique[uniqueKey(name, after[name])] = id
		}
	}
	if before["isactive"] == true {
		o.useSeats(o.licenceOf(before), -1)
	}
	if after["isactive"] == true {
		o.useSeats(o.licenceOf(after), 1)
	}
	o.countFeatures(before, -1)
	o.countFeatures(after, 1)
}

// useSeats counts the seats of a user licence.
func (o *Org) useSeats(licence string, n int) {
	o.used[licence] += n
	if record := o.rows["UserLicense"][licence]; record != nil {
		record["usedlicenses"] = o.used[licence]
	}
}

// updateUser is PATCH /sobjects/User/{id}. A refused one changes nothing.
func (o *Org) updateUser(c *call, id string) (answer, error) {
	change, err := o.decodeChange(c, userObject, func(f field) bool { return f.update })
	if err != nil {
		return answer{}, err
	}
	before := o.rows["User"][id]
	if err := o.mayManage(before); err != nil {
		return answer{}, err
	}
	change = o.normalised(change)
	after := maps.Clone(before)
	maps.Copy(after, change)
	if err := o.localise(after, change); err != nil {
		return answer{}, err
	}
	if err := o.checkUser(id, before, after, change); err != nil {
		return answer{}, err
	}
	if _, mailed := change["email"]; mailed {
		drop(o, o.pending, id) // an older change that was waiting
	}
	o.store(id, before, after, !o.rules.emailConfirmed)
	o.noteChange(o.access.runAs, before, after)
	if email, waits := o.pending[id]; waits && change["email"] != nil {
		o.notePendingEmail(o.access.runAs, after, email)
	}
	return jsonAnswer(http.StatusNoContent, nil), nil
}

// store replaces a user. The new email address of an active user waits for its
// confirmation, if that is needed.
func (o *Org) store(id string, before, after row, confirm bool) {
	was, _ := before["email"].(string)
	is, _ := after["email"].(string)
	if confirm && before["isactive"] == true && !strings.EqualFold(was, is) {
		put(o, o.pending, id, is)
		after["email"] = was
	}
	now := o.now()
	after["lastmodifieddate"], after["systemmodstamp"], after["lastmodifiedbyid"] = now, now, o.access.runAs
	after["name"] = fullName(after)
	if after["profileid"] != before["profileid"] || after["contactid"] != before["contactid"] {
		o.belongTo(after)
	}
	o.index(id, before, after)
	o.rows["User"][id] = after
	o.undoable(func() {
		o.index(id, o.rows["User"][id], before)
		o.rows["User"][id] = before
	})
	if after["profileid"] != before["profileid"] {
		o.ownSet(id, after)
	}
}

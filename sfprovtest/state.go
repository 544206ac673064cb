package sfprovtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/sfprov/sfprov"
)

// User is a user of the org, as it is at the moment of asking.
type User struct {
	ID       string // 18 characters
	Username string
	Active   bool
	Frozen   bool
	// Fields are all fields by their API names; nil values are empty ones.
	Fields sfprov.Fields
	// PendingEmail is an address that waits for its confirmation; empty if none.
	PendingEmail string
	CreatedAt    time.Time
}

// Users are the users of the org in the order of their creation, without the
// integration user.
func (o *Org) Users() []User {
	o.mu.Lock()
	defer o.mu.Unlock()
	frozen := make(map[any]bool, len(o.rows["UserLogin"]))
	for _, login := range o.rows["UserLogin"] {
		frozen[login["userid"]] = login["isfrozen"] == true
	}
	var users []User
	for _, id := range o.order["User"] {
		if id != o.access.runAs {
			users = append(users, o.user(id, frozen[id]))
		}
	}
	return users
}

// User is the user with an ID of 15 or 18 characters.
func (o *Org) User(id string) (User, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	long, ok := id18(id)
	if !ok || o.rows["User"][long] == nil {
		return User{}, false
	}
	return o.user(long, o.loginOf(long)["isfrozen"] == true), true
}

// UserByUsername is the user with a username, ignoring case.
func (o *Org) UserByUsername(name string) (User, bool) {
	o.mu.Lock()
	id := o.unique[uniqueKey("username", name)]
	o.mu.Unlock()
	return o.User(id)
}

func (o *Org) user(id string, frozen bool) User {
	record := o.rows["User"][id]
	fields := make(sfprov.Fields, len(o.fields))
	for _, f := range o.fields {
		fields[f.name] = valueOf(f, record)
	}
	name, _ := record["username"].(string)
	created, _ := record["createddate"].(time.Time)
	return User{
		ID: id, Username: name, Active: record["isactive"] == true, Frozen: frozen,
		Fields: fields, PendingEmail: o.pending[id], CreatedAt: created,
	}
}

// AddUser puts a user into the org, as if it had been there before, and returns
// its ID. What Salesforce requires and fields doesn't name is made up. It panics
// if the org's rules don't allow the user, or a field is unknown: the test's seed
// is wrong then.
func (o *Org) AddUser(fields sfprov.Fields) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	user := o.seedFields()
	maps.Copy(user, o.seedRow(fields))
	user = o.normalised(user)
	if err := o.checkSeed("", nil, user, user); err != nil {
		panic(fmt.Sprintf("sfprovtest: AddUser: %v", err))
	}
	return o.insertUser(user)
}

// seedFields are the values that a seeded user gets if the test gives none.
func (o *Org) seedFields() row {
	n := o.nextID + 1
	return o.withDefaults(row{
		"username": fmt.Sprintf("seed%d@sfprovtest.example", n), "lastname": "Seed", "email": fmt.Sprintf("seed%d@sfprovtest.example", n),
		"alias": fmt.Sprintf("s%d", n%1_000_000), "profileid": o.profileID(standardProfile), "timezonesidkey": "America/Los_Angeles",
		"localesidkey": "en_US", "emailencodingkey": "UTF-8", "languagelocalekey": "en_US", "isactive": true,
	})
}

func (o *Org) seedRow(fields sfprov.Fields) row {
	change := row{}
	for name, value := range fields {
		f, known := o.fieldOf(userObject, name)
		if !known {
			panic("sfprovtest: User has no field " + name)
		}
		change[f.key()] = o.seedValue(f, value)
	}
	return change
}

// seedValue is a value that the test gives, of the types that rows have.
func (o *Org) seedValue(f field, value any) any {
	switch given := value.(type) {
	case time.Time:
		switch f.kind { //nolint:exhaustive // all others don't take it
		case typeDateTime:
			return given
		case typeDate:
			return given.Format(time.DateOnly)
		}
	case int:
		if f.kind == typeInt {
			return given
		}
		value = json.Number(strconv.Itoa(given))
	case float64:
		value = json.Number(strconv.FormatFloat(given, 'f', -1, 64))
	}
	read, problem := o.jsonValue(f, value)
	if problem != nil {
		panic(fmt.Sprintf("sfprovtest: User.%s is a %s: %v", f.name, f.kind, problem))
	}
	return read
}

// SetUser changes fields of a user directly, past all rules, read-only ones such
// as CreatedDate (a time.Time) included: as an administrator, a flow or the
// passage of time may. It panics if there is no such user, or another one holds a
// value that must be unique.
func (o *Org) SetUser(id string, fields sfprov.Fields) {
	o.mu.Lock()
	defer o.mu.Unlock()
	long := o.mustUser(id)
	before := o.rows["User"][long]
	after := maps.Clone(before)
	change := o.normalised(o.seedRow(fields))
	for _, name := range o.uniqueFields() {
		if other := o.unique[uniqueKey(name, change[name])]; change[name] != nil && o.rows["User"][other] != nil && other != long {
			panic("sfprovtest: SetUser: user " + other + " has the same " + name)
		}
	}
	o.store(long, before, after, false)
	maps.Copy(after, change)
	after["name"] = fullName(after)
	o.index(long, before, after)
	o.noteChange(byTest, before, after)
	if long == o.access.runAs && after["isactive"] != true {
		o.endSessions()
	}
}

// mustUser is the 18-character ID of a user. That there is none is the test's
// mistake. The lock is held.
func (o *Org) mustUser(id string) string {
	long, ok := id18(id)
	if !ok || o.rows["User"][long] == nil {
		panic(fmt.Sprintf("sfprovtest: there is no user with the ID %q", id))
	}
	return long
}

// TakeUsername makes a username taken in some other org: usernames are unique
// across all of them.
func (o *Org) TakeUsername(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if key := uniqueKey("username", name); o.unique[key] == "" { // it may be taken here already
		o.unique[key] = "another org"
	}
}

// BlockDeactivation makes the org refuse to deactivate a user. The zero Refusal
// is that of a user whom a custom hierarchy field refers to; which error codes
// real orgs answer is not documented.
func (o *Org) BlockDeactivation(id string, why Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.blocked[o.mustUser(id)] = why.or(badRequest("FIELD_INTEGRITY_EXCEPTION",
		"Cannot complete this operation. Cannot inactivate user that is the value of a hierarchy field: Mentor. : Bob Jones"))
}

// AllowDeactivation takes BlockDeactivation back.
func (o *Org) AllowDeactivation(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.blocked, o.mustUser(id))
}

// ConfirmEmail is the user who clicks the link in the mail: the pending address,
// if there is one, becomes the user's.
func (o *Org) ConfirmEmail(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	long := o.mustUser(id)
	if pending, waits := o.pending[long]; waits {
		delete(o.pending, long)
		after := maps.Clone(o.rows["User"][long])
		after["email"] = pending
		o.noteChange(long, o.rows["User"][long], after)
		o.rows["User"][long] = after
	}
}

package sfprovtest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// rules are the parts of Salesforce's behaviour that its documentation leaves
// open, or that an org can set.
type rules struct {
	emailConfirmed      bool // changed addresses take effect at once
	inactiveOnCreate    bool
	customUpsert        bool // standard fields find no records
	federationRefusal   Refusal
	usernameRefusal     Refusal
	deleteRefusal       Refusal
	memberRefusal       Refusal
	inactiveAssignee    Refusal // none if its status is 0
	contactRefusal      Refusal // several, if its status is 0
	reactivationRefusal Refusal
	managerRefusal      Refusal // the usual ones, if its status is 0
	inactiveManager     Refusal // the usual one, if its status is 0
	namelessReference   bool    // INVALID_CROSS_REFERENCE_KEY without the field
	allProblems         bool    // are told, not the first one only
	noBooleanTexts      bool    // "true" is no boolean
}

func defaultRules() rules {
	return rules{
		federationRefusal: Refusal{
			Status: http.StatusBadRequest, Code: "DUPLICATE_VALUE",
			Message: "This Federation ID is already in use. Use a different Federation ID.", Fields: []string{"FederationIdentifier"},
		},
		usernameRefusal: Refusal{
			Status: http.StatusBadRequest, Code: "INVALID_EMAIL_ADDRESS",
			Message: "Username must be in the form of an email address (for example, john@acme.com)", Fields: []string{"Username"},
		},
		deleteRefusal: methodNotAllowed(http.MethodDelete, "HEAD,GET,PATCH"),
		memberRefusal: badRequest("DUPLICATE_VALUE", "duplicate value found: UserOrGroupId duplicates value on record of the same group", "GroupId", "UserOrGroupId"),
	}
}

// SetEmailConfirmation says whether a changed email address waits for the user
// to confirm it, which is the default, or takes effect at once.
func (o *Org) SetEmailConfirmation(needed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.emailConfirmed = !needed
}

// SetActiveOnCreate says whether users are active who are created without
// IsActive. Salesforce does not document it; the default is true.
func (o *Org) SetActiveOnCreate(active bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.inactiveOnCreate = !active
}

// SetFederationRefusal sets the answer to a FederationIdentifier that is taken.
// Its error code is not documented; the default, which the zero Refusal sets
// again, is DUPLICATE_VALUE.
func (o *Org) SetFederationRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.federationRefusal = r.or(defaultRules().federationRefusal)
}

// SetUsernameRefusal sets the answer to a username that has not the form of an
// email address. Its error code is not documented; the default, which the zero
// Refusal sets again, is INVALID_EMAIL_ADDRESS.
func (o *Org) SetUsernameRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.usernameRefusal = r.or(defaultRules().usernameRefusal)
}

// SetDeleteRefusal sets the answer to an attempt to delete a user. It is not
// documented; the default, which the zero Refusal sets again, is
// METHOD_NOT_ALLOWED.
func (o *Org) SetDeleteRefusal(r Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.deleteRefusal = r.or(defaultRules().deleteRefusal)
}

// SetAllProblems says whether a user with whom several things are wrong is refused with
// all of them, each an entry of the answer or of the row's errors, or with the first one,
// which is the default. Real orgs do both. What is wrong with the user as a whole, such as
// a licence that is missing, is told only once the fields are right.
func (o *Org) SetAllProblems(told bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.allProblems = told
}

// SetReferenceFields says whether INVALID_CROSS_REFERENCE_KEY, for the ID of a record that
// there isn't, names the field, which is the default. Real answers are known with and
// without.
func (o *Org) SetReferenceFields(named bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules.namelessReference = !named
}

// badRequest is the usual status of a refused change.
func badRequest(code, message string, fields ...string) Refusal {
	if fields == nil {
		fields = []string{}
	}
	return Refusal{Status: http.StatusBadRequest, Code: code, Message: message, Fields: fields}
}

// checkUser applies the rules to a user as it would be after the change that a request
// makes. before is nil for a create. The lock is held.
func (o *Org) checkUser(id string, before, after, change row) error {
	if err := o.checkSeed(id, before, after, change); err != nil {
		return err
	}
	if err := o.told(o.brokenRules(before, after)); err != nil {
		return err
	}
	return o.lockMemberships(before, after)
}

// checkSeed applies the rules that every org has. What is wrong with the fields is found
// first, and only then what is wrong with the user as a whole.
func (o *Org) checkSeed(id string, before, after, change row) error {
	problems := slices.Concat(o.missingFields(before, after, change), o.wrongValues(change), o.takenValues(id, change))
	if len(problems) > 0 {
		return o.told(problems)
	}
	for _, err := range []error{
		o.checkContact(id, after, change),
		o.checkManager(id, before, change),
		o.checkActive(id, before, change),
		o.checkAdministrators(before, after),
		o.checkLicence(before, after),
		o.checkFeatures(before, after),
	} {
		if err != nil {
			problems = append(problems, err)
		}
	}
	return o.told(problems)
}

// told are the problems that the client is told of; nil if there are none.
func (o *Org) told(problems []error) error {
	switch {
	case len(problems) == 0:
		return nil
	case !o.rules.allProblems:
		return problems[0]
	}
	var all []Refusal
	for _, problem := range problems {
		if one := (Refusal{}); errors.As(problem, &one) {
			all = append(all, one)
		}
	}
	first := all[0]
	first.further = all[1:]
	return first
}

// missingFields refuses a user without the fields that it needs.
func (o *Org) missingFields(before, after, change row) []error {
	var missing []string
	for _, f := range o.fields {
		if !f.required && f.name != "CommunityNickname" {
			continue
		}
		key := f.key()
		_, changed := change[key]
		needed := f.required || f.name == "CommunityNickname" && before != nil // on create, Salesforce makes one up
		if needed && after[key] == nil && (before == nil || changed) {
			missing = append(missing, f.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []error{badRequest("REQUIRED_FIELD_MISSING", "Required fields are missing: ["+strings.Join(missing, ", ")+"]", missing...)}
}

// wrongValues refuses values that their fields can't have.
func (o *Org) wrongValues(change row) (problems []error) {
	for _, f := range o.fieldsOf(userObject) {
		if value := change[f.key()]; value != nil {
			if err := o.checkValue(f, value); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return problems
}

// hasEmailForm is for usernames, which may have several @.
func hasEmailForm(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || strings.ContainsAny(s, " \t\r\n") {
		return false
	}
	domain := s[at+1:]
	return strings.Contains(strings.Trim(domain, "."), ".") && !strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".")
}

// checkReference wants an ID of an existing record of the right kind. Of objects
// that the org doesn't have, every record is taken to exist.
func (o *Org) checkReference(f field, value string) error {
	id, ok := id18(value)
	if !ok {
		return badRequest("MALFORMED_ID", f.label+": id value of incorrect type: "+value, f.name)
	}
	for _, name := range f.refersTo {
		target, known := o.object(name)
		if !known {
			return nil
		}
		if strings.HasPrefix(id, target.prefix) {
			if _, exists := o.rows[target.name][id]; !exists {
				return o.noSuchReference(f.name)
			}
			return nil
		}
	}
	return badRequest("FIELD_INTEGRITY_EXCEPTION", f.label+": id value of incorrect type: "+value, f.name)
}

// noSuchReference refuses the ID of a record that there isn't.
func (o *Org) noSuchReference(field string) Refusal {
	if o.rules.namelessReference {
		return badRequest("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
	}
	return badRequest("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field)
}

// uniqueKey is where a value of a unique field is noted.
func uniqueKey(field string, value any) string {
	return field + "=" + strings.ToLower(fmt.Sprint(value))
}

// uniqueFields are the lower-case names of User's unique fields. The lock is
// held.
func (o *Org) uniqueFields() []string {
	names := []string{"username", "federationidentifier", "communitynickname"}
	for _, f := range o.fields[len(userObject.fields):] {
		if f.unique {
			names = append(names, f.key())
		}
	}
	return names
}

// takenValues refuses values that another user holds.
func (o *Org) takenValues(id string, change row) (problems []error) {
	for _, name := range o.uniqueFields() {
		value := change[name]
		holder, taken := o.unique[uniqueKey(name, value)]
		if value != nil && taken && holder != id {
			problems = append(problems, o.takenValue(name, holder))
		}
	}
	return problems
}

func (o *Org) takenValue(name, holder string) Refusal {
	switch name {
	case "username":
		return badRequest("DUPLICATE_USERNAME", "Duplicate Username.<br>The username already exists in this or another Salesforce organization. "+
			"Usernames must be unique across all Salesforce organizations. To resolve, use a different username "+
			"(it doesn't need to match the user's email address). ", "Username")
	case "federationidentifier":
		return o.rules.federationRefusal
	case "communitynickname":
		return badRequest("DUPLICATE_COMM_NICKNAME", "Duplicate Nickname.<br>Another user has already selected this nickname.<br>Please select another.", "CommunityNickname")
	}
	f, _ := o.fieldOf(userObject, name)
	return badRequest("DUPLICATE_VALUE", fmt.Sprintf("duplicate value found: %s duplicates value on record with id: %s", f.name, holder[:15]))
}

// checkActive refuses to deactivate users who are needed, and to activate those of
// Salesforce's own.
func (o *Org) checkActive(id string, before, change row) error {
	if before != nil && before["isactive"] != true && change["isactive"] == true && belongsToSalesforce(before["usertype"]) {
		return o.rules.reactivationRefusal.or(badRequest("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"))
	}
	if before == nil || before["isactive"] != true || change["isactive"] != false {
		return nil
	}
	if why, blocked := o.blocked[id]; blocked {
		return why
	}
	if id == o.access.runAs {
		return badRequest("FIELD_INTEGRITY_EXCEPTION", "You cannot deactivate yourself", "IsActive")
	}
	return nil
}

// checkLicence refuses an active user for whom no licence is left.
func (o *Org) checkLicence(before, after row) error {
	licence := o.licenceOf(after)
	if after["isactive"] != true || before != nil && before["isactive"] == true && o.licenceOf(before) == licence {
		return nil
	}
	seats := o.licences[licence]
	if seats >= 0 && o.used[licence] >= seats {
		return badRequest("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded")
	}
	return nil
}

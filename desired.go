package sfprov

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// loginWish is what a call wants of who can log in.
type loginWish int

const (
	loginAsIs   loginWish = iota // whoever could log in still can, and nobody else
	loginOpen                    // active, and not frozen
	loginShut                    // inactive
	loginFrozen                  // frozen, active or not
	loginThawed                  // not frozen, active or not
)

// desired is what a call wants of one user: checked, in plain form, and sharing
// nothing with the caller. Every verb makes one, and the road goes on from there.
type desired struct {
	op       string
	user     User
	id       string // of the account, where the caller names it: it is trusted
	username string // in Salesforce; empty if nothing says it
	match    matchValue
	// matchField is the match field, whether or not the user has a value of it.
	matchField string
	given      record // the user's fields, with the username if the user has one
	fields     record // the same without IsActive, and with what the access says
	login      loginWish
	access     resolvedAccess

	mayCreate bool // where there is no account, one is made
	isNew     bool // no account is looked for: the create finds out, or nothing could show whose it is
	adopts    bool // an account that there is is taken over, and not owned already
	whole     bool // fields and access are carried out also of who is locked out
	resets    bool // the password is set whatever the state of the account

	sought []string // fields to read beside those that are compared
}

// want is how a verb wants a user.
type want struct {
	op        string
	id        string    // as the caller gives it; empty: the account is found by the match value
	byID      bool      // an empty ID is a mistake
	login     loginWish // where neither Inactive nor IsActive says it
	mayCreate bool
	create    bool // the user is checked as a create, whatever there is
	whole     bool
	resets    bool
	// activeOnly refuses Inactive, for which the verb has no meaning.
	activeOnly bool
}

// desire checks a user, as far as that can be done without a look at the org, and
// tells all that is wrong.
func (c *settings) desire(u User, w want) (*desired, error) {
	d := &desired{}
	return d, c.desireInto(d, u, w)
}

// desireInto is desire for those who have room.
func (c *settings) desireInto(d *desired, u User, w want) error {
	*d = desired{op: w.op, user: u.clone(), login: w.login, mayCreate: w.mayCreate, whole: w.whole, resets: w.resets, adopts: w.create}
	problems := d.takeID(w)
	fieldProblems := c.checkUser(d)
	if u.Inactive && w.activeOnly {
		problems = append(problems, FieldProblem{Field: "Inactive", Problem: "is for Ensure, EnsureAll, Plan and Provision; call Deactivate, or set Fields[\"IsActive\"] to false"})
	}
	loginProblems := d.decideLogin(u.Inactive)
	problems = append(problems, loginProblems...)
	var matchProblems []FieldProblem
	d.matchField = c.MatchField
	d.match, matchProblems = c.match(d.given, fieldProblems)
	if d.carriesFields() || len(loginProblems) > 0 {
		problems = append(problems, fieldProblems...)
	} else { // what is wrong with the rest keeps nobody in
		problems = append(problems, c.identifying(fieldProblems)...)
	}
	problems = withoutTwins(problems, matchProblems)
	d.isNew = d.mayCreate && d.id == "" && d.login != loginShut && (w.create || !d.match.set())
	problems = withoutTwins(problems, c.problemsOfCreate(d, w))
	return validationError(problems)
}

// checkUser checks what the user holds, and finds the username, if the user has one.
func (c *settings) checkUser(d *desired) []FieldProblem {
	var problems, more []FieldProblem
	d.given, problems = checked(d.user.Fields)
	d.user.ownValues(d.given)
	if _, given := d.given.lookup("Username"); given || d.user.Username != "" {
		d.username, more = c.username(d.user, d.given, problems)
		problems = append(problems, more...)
		if !given && d.username != "" {
			d.given = append(d.given, fieldValue{usernameName, d.username})
			d.given.sort()
		}
	}
	d.fields = d.given
	problems = append(problems, d.given.cleared()...)
	return append(problems, d.user.problems(d.given)...)
}

// takeID takes the ID that the caller names.
func (d *desired) takeID(w want) []FieldProblem {
	if w.id == "" && !w.byID {
		return nil
	}
	id, problem := parseIDOf(prefixUser, w.id)
	if problem != "" {
		return []FieldProblem{{Field: "ID", Problem: problem}}
	}
	d.id = id
	return nil
}

// problemsOfCreate are what is wrong with a user who may have to be created, or to be
// found by the username, which it fills in.
func (c *settings) problemsOfCreate(d *desired, w want) (problems []FieldProblem) {
	isCreate := d.isNew || w.create
	creates := d.mayCreate && d.login != loginShut // who is to be locked out gets no account
	if d.username == "" && (isCreate || w.id == "" && !w.byID && (creates || !d.match.set())) {
		d.username, problems = c.username(d.user, d.given, nil)
	}
	if isCreate {
		_, more := c.forCreate(d.user, d.given, d.username, nil)
		problems = append(problems, more...)
		if len(problems) > 0 && !w.create && w.op == opUpdate {
			problems = append([]FieldProblem{noAccountKnown}, problems...)
		}
	}
	return problems
}

// identifying are the problems of what says which account is meant.
func (c *settings) identifying(problems []FieldProblem) []FieldProblem {
	return slices.DeleteFunc(problems, func(p FieldProblem) bool {
		return !strings.EqualFold(p.Field, "Username") && p.Field != "TenantDomain" && !strings.EqualFold(p.Field, c.MatchField)
	})
}

// noAccountKnown is why an update has to be complete.
var noAccountKnown = FieldProblem{ //nolint:gochecknoglobals // a constant
	Field:   "ID",
	Problem: "is missing, and so is a value of the match field, so that this would be a create, which needs more",
}

// withoutTwins adds problems, one for each field.
func withoutTwins(problems, more []FieldProblem) []FieldProblem {
	for _, p := range more {
		if !slices.ContainsFunc(problems, func(q FieldProblem) bool { return strings.EqualFold(p.Field, q.Field) && p.Field != "ID" }) {
			problems = append(problems, p)
		}
	}
	return problems
}

// decideLogin takes IsActive out of the fields and makes it the wish.
func (d *desired) decideLogin(inactive bool) []FieldProblem {
	if inactive {
		d.login = loginShut
	}
	value, given := d.fields.lookup("IsActive")
	if !given {
		return nil
	}
	d.fields = d.fields.without("IsActive")
	isActive, isTruth := truth(value)
	if isTruth { // a text, too, is sent as what it says
		d.given = d.given.with("IsActive", isActive)
	}
	switch {
	case isTruth && !isActive:
		d.login = loginShut
	case isTruth && inactive:
		return []FieldProblem{{Field: "Inactive", Problem: "is set, and Fields[\"IsActive\"] says the contrary; give one of them"}}
	case isTruth:
		d.login = loginOpen
	case value == nil:
		return []FieldProblem{{Field: "IsActive", Problem: "can't be cleared; it takes true or false, leave it out to leave it as it is"}}
	default:
		return []FieldProblem{{Field: "IsActive", Problem: "is " + described(value) + "; it takes true or false"}}
	}
	return nil
}

// truth is the boolean that a value is, or says as a text.
func truth(value any) (is, isTruth bool) {
	text := strings.ToLower(textOf(value))
	return text == "true", text == "true" || text == "false"
}

// target names the user in errors.
func (d *desired) target() string {
	switch {
	case d.username != "":
		return d.username
	case d.user.Username != "":
		return d.user.Username
	case d.id != "":
		return d.id
	}
	return d.match.value
}

// clone is a copy that shares nothing with the caller.
func (u User) clone() User {
	u.Fields, u.Defaults = maps.Clone(u.Fields), maps.Clone(u.Defaults)
	u.Access, u.Revoke = u.Access.clone(), u.Revoke.clone()
	return u
}

// ownValues puts values in place of those that the caller could still change, such as
// what a pointer or a list refers to. given are the user's fields.
func (u User) ownValues(given record) {
	for name, value := range u.Fields {
		if isPlain(value) {
			continue
		}
		own, _ := given.lookup(name)
		if raw, isRaw := own.(rawJSON); isRaw {
			own, _ = decodeAny([]byte(raw))
		}
		u.Fields[name] = own
	}
}

// carriesFields reports whether fields and access are carried out, and not only the
// wish for the login.
func (d *desired) carriesFields() bool { return d.login != loginShut || d.whole }

// resolve finds what the access names, and holds the fields against those of the org, if
// that is asked for.
func (p *Provisioner) resolve(ctx context.Context, d *desired) error {
	if !d.carriesFields() {
		return nil
	}
	access, err := p.resolveAccess(ctx, d.user.Access, d.user.Revoke)
	if err != nil {
		return err
	}
	d.access = access
	if len(access.fields) > 0 {
		d.fields = merged(access.fields, d.fields)
	}
	return p.checkSchema(ctx, d)
}

// creation is what a create of the user sends.
func (c *settings) creation(d *desired) (record, error) {
	decided := d.access.fields
	switch {
	case d.login == loginShut:
		decided = decided.with("IsActive", false)
	case d.adopts: // Create leaves it to Salesforce
	case len(decided) == 0:
		decided = activeRecord
	default:
		decided = decided.with("IsActive", true)
	}
	fields, problems := c.forCreate(d.user, d.given, d.username, decided)
	return fields, validationError(problems)
}

var activeRecord = newRecord(field("IsActive", true)) //nolint:gochecknoglobals // a constant

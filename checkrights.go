package sfprov

import (
	"slices"
	"strings"
)

// neededRight is a right, and what is missing without it.
type neededRight struct {
	check   string
	anyOf   []string // of which one is enough, as UserPermissionAccess has them
	called  string   // as Setup calls it
	without string
	level   func(*checker) Level // of its absence
	with    string               // the check of a right that can't be there without it
}

func always(level Level) func(*checker) Level { return func(*checker) Level { return level } }

// neededRights says which use needs which right: see docs/permissions.md. What Salesforce
// or the library goes on without is a warning, unless the configuration needs it.
var neededRights = []neededRight{ //nolint:gochecknoglobals // a constant table
	{checkManage, []string{"ManageInternalUsers", "ManageUsers"}, "Manage Internal Users", "nobody can be created, changed or deactivated", always(LevelFailure), ""},
	{checkSetup, []string{"ViewSetup"}, viewSetup, "profiles can't be seen or given, so nobody can be created", always(LevelFailure), ""},
	{checkAllUsers, []string{"ViewAllUsers"}, "View All Users", "users whom the org doesn't share count as absent: who has left keeps the account", always(LevelFailure), ""},
	{checkAssign, []string{"AssignPermissionSets"}, assignSets, "permission sets, their groups and licences can't be given", (*checker).levelOfSets, ""},
	{checkRoles, []string{"ViewRoles"}, viewRoles, "roles can't be given", always(LevelFailure), checkSetup},
	{checkPasswords, []string{"ResetPasswords"}, resetPasswords, "passwords can't be set or reset", always(LevelWarning), ""},
	{checkNeverEnds, []string{"PasswordNeverExpires"}, "Password Never Expires", "once the password has expired, every call is refused", always(LevelWarning), ""},
}

func (c *checker) levelOfSets() Level {
	if c.uses.sets {
		return LevelFailure
	}
	return LevelWarning
}

func (c *checker) givesRoles() bool    { return c.uses.roles }
func (c *checker) givesGroups() bool   { return c.uses.groups }
func (c *checker) givesProfiles() bool { return len(c.uses.profiles) > 0 }
func (c *checker) givesAccess() bool   { return len(c.uses.names) > 0 }
func (c *checker) matches() bool       { return c.p.settings.MatchField != "" }

// has reports whether one of several rights is there, and whether that is known.
func (c *checker) has(anyOf ...string) (has, known bool) {
	for _, right := range anyOf {
		value, told := c.rights[right]
		has, known = has || value, known || told
	}
	return has, known
}

// lacks reports whether a right is known to be missing.
func (c *checker) lacks(right string) bool {
	has, known := c.has(right)
	return known && !has
}

// judgeRights says what is missing of the rights.
func (c *checker) judgeRights(login readRows) {
	const look = "Look at the rights that it has" + whereRights
	for _, need := range neededRights {
		if row := rowOf(need.check); row.when != nil && !row.when(c) {
			continue
		}
		switch has, known := c.has(need.anyOf...); {
		case c.rights == nil:
			c.skip(need.check, "Salesforce does not tell which rights the integration user has", look)
		case !known:
			c.skip(need.check, "the org has no right "+need.called, look)
		case has:
			c.ok(need.check, need.called)
		case need.with != "" && c.found[need.with].Level == LevelFailure:
			c.skipFor(need.check, c.found[need.with])
		default:
			c.set(need.check, need.level(c), need.called+" is missing: "+need.without, "Give the integration user "+need.called+whereRights)
		}
	}
	c.groups()
	c.freezing(login)
}

// groups looks at the right to give groups and queues.
func (c *checker) groups() {
	if !c.givesGroups() {
		return
	}
	switch has, known := c.has("ManageUsers"); {
	case !known:
		c.skip(checkGroups, "Salesforce does not tell which rights the integration user has", "Look at the rights that it has"+whereRights)
	case has:
		c.ok(checkGroups, manageUsers)
	default:
		if cause, lacking := c.lackingBelowManageUsers(); lacking {
			c.skipFor(checkGroups, cause)
			return
		}
		c.fail(checkGroups, manageUsers+" is missing, which groups and queues need", "Give the integration user "+manageUsers+whereRights)
	}
}

// lackingBelowManageUsers is a right that Manage Users brings with it, and that is missing:
// that it can't be there either then is no cause of its own.
func (c *checker) lackingBelowManageUsers() (Finding, bool) {
	for _, id := range []string{checkManage, checkSetup, checkAllUsers, checkAssign, checkRoles, checkPasswords} {
		if f, made := c.found[id]; made && (f.Level == LevelFailure || f.Level == LevelWarning) {
			return f, true
		}
	}
	return Finding{}, false
}

// freezing looks at whether logins can be frozen: calls go on without, but who can't be
// deactivated stays active then.
func (c *checker) freezing(login readRows) {
	const cure = "Give the integration user " + manageUsers + whereRights
	cause, lacking := c.lackingBelowManageUsers()
	groups, isGroups := c.found[checkGroups]
	switch {
	case login.err == nil && len(login.rows) > 0:
		c.ok(checkFreezing, "the records that hold the freeze can be read")
	case c.me == "":
		c.skipFor(checkFreezing, c.found[checkUser])
	case lacking:
		c.skipFor(checkFreezing, cause)
	case isGroups && groups.Level == LevelFailure:
		c.skipFor(checkFreezing, groups)
	case login.err != nil && !isHidden(login.err):
		c.skipBy(checkFreezing, login.err)
	case c.lacks("ManageUsers"):
		c.warn(checkFreezing, manageUsers+" is missing: nobody can be frozen, and who can't be deactivated stays active", cure)
	default:
		c.warn(checkFreezing, "the record that holds the freeze of the integration user can't be seen, so that those of others can't either", cure)
	}
}

// sourcesOf tells where something is configured.
func sourcesOf(sources []string) string {
	sources = slices.Clone(sources)
	slices.Sort(sources)
	return strings.Join(slices.Compact(sources), " and ")
}

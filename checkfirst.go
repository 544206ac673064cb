package sfprov

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// askedRights are the permissions that are asked for, as UserPermissionAccess has them.
var askedRights = []string{ //nolint:gochecknoglobals // a constant list
	"ManageInternalUsers", "ManageUsers", "ViewSetup", "ViewRoles", "ViewAllUsers", "AssignPermissionSets", "ResetPasswords", "PasswordNeverExpires",
}

func (c *checker) rightsQuery() string {
	var columns []string
	for _, right := range askedRights {
		if !slices.Contains(c.unknown, right) {
			columns = append(columns, "Permissions"+right)
		}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM UserPermissionAccess"
}

const profileColumns = "Id, Name, UserLicense.Name, UserLicense.Status, UserLicense.TotalLicenses, UserLicense.UsedLicenses"

// first asks who the integration user is, what it may do, and about org and profiles.
func (c *checker) first(ctx context.Context) {
	if c.me = c.token.userID; c.me == "" {
		c.me = c.s.tokens.ownUser()
	}
	if c.me == "" {
		c.askMe(ctx)
	}
	ids := quotedList(slices.DeleteFunc([]string{c.me, c.o.writeTo}, isBlankText))
	me := "'" + c.me + "'"
	if c.me == "" {
		me, ids = "null", strings.TrimSuffix("null,"+ids, ",")
	}
	results, err := c.query(ctx,
		c.rightsQuery(),
		"SELECT Id, Username, IsActive, TimeZoneSidKey, Profile.Name, Profile.UserLicense.Name FROM User WHERE Id IN ("+ids+")",
		"SELECT PermissionSetLicense.DeveloperName, PermissionSetLicense.MasterLabel FROM PermissionSetLicenseAssign WHERE AssigneeId = "+me,
		"SELECT Id, Name, IsSandbox, InstanceName, OrganizationType, TrialExpirationDate FROM Organization",
		"SELECT "+profileColumns+" FROM Profile",
	)
	if err != nil {
		c.refused(err)
		return
	}
	c.ok(checkAPI, "requests are answered")
	c.apiCalls()
	c.readRights(results[0])
	c.user(results[1])
	c.licence(results[1], results[2])
	c.organization(results[3])
	c.profiles(results[4])
}

// askMe asks Salesforce who the integration user is, which it doesn't count.
func (c *checker) askMe(ctx context.Context) {
	ans, err := c.send(ctx, request{method: http.MethodGet, path: userInfoPath, unmetered: true})
	if err == nil {
		c.me, _ = userInAnswer(ans)
	}
}

func quotedList(ids []string) string {
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = "'" + id + "'"
	}
	return strings.Join(quoted, ",")
}

// readRights reads what the integration user may do, unless that has to be asked again.
func (c *checker) readRights(result readRows) {
	if result.err != nil {
		if name := c.unknownRight(result.err); name != "" {
			c.unknown = append(c.unknown, name)
		}
		return
	}
	if len(result.rows) == 0 {
		return
	}
	c.rights = map[string]bool{}
	for _, right := range askedRights {
		if _, told := result.rows[0].lookup("Permissions" + right); told {
			c.rights[right] = result.rows[0].isTrue("Permissions" + right)
		}
	}
}

// unknownRight is the right that an org hasn't got, as the refusal names it.
func (c *checker) unknownRight(err error) string {
	if !hasCode(err, "INVALID_FIELD") {
		return ""
	}
	text := strings.ToLower(err.Error())
	for _, right := range askedRights {
		if strings.Contains(text, "'permissions"+strings.ToLower(right)+"'") && !slices.Contains(c.unknown, right) {
			return right
		}
	}
	return ""
}

// user looks at the integration user.
func (c *checker) user(result readRows) {
	who := &c.report.Org.IntegrationUser
	who.ID = c.me
	if c.me == "" {
		c.skip(checkUser, "neither the token endpoint nor userinfo tells who it is", "Give the app the scope Access the identity URL service (Setup, External Client App Manager, OAuth settings)")
		return
	}
	if result.err != nil {
		return // it is asked again, without what is hidden
	}
	for _, row := range result.rows {
		id := id18Of(row.textOr("Id"))
		if id == c.target() {
			c.zone = row.textOr("TimeZoneSidKey")
		}
		if id == c.me {
			c.userFound(row)
		}
	}
	if _, made := c.found[checkUser]; !made {
		c.fail(checkUser, "the account that the token stands for can't be seen", "Give it rights to see itself and others: View All Users"+whereRights)
	}
}

// userFound tells of the integration user's account.
func (c *checker) userFound(row record) {
	who := &c.report.Org.IntegrationUser
	who.Username = row.textOr("Username")
	profile := row.child("Profile")
	who.Profile, who.License = profile.textOr("Name"), profile.child("UserLicense").textOr("Name")
	if row.isTrue("IsActive") {
		c.ok(checkUser, quote(who.Username))
		return
	}
	c.fail(checkUser, quote(who.Username)+" is inactive", inactiveUser)
}

// target is the user of the write probe.
func (c *checker) target() string {
	if c.o.writeTo != "" {
		return c.o.writeTo
	}
	return c.me
}

const (
	integrationLicence = "Salesforce Integration"
	integrationSet     = "Salesforce API Integration"
)

// licence looks at whether the integration user's licence can do what it is for.
func (c *checker) licence(user, sets readRows) {
	name := c.report.Org.IntegrationUser.License
	switch {
	case user.err != nil || name == "":
		return // it is skipped
	case strings.Contains(name, "Chatter") || strings.Contains(name, "Identity") || strings.Contains(name, "Guest"):
		c.fail(checkLicense, quote(name)+" has no rights to manage users", "Give the integration user a profile of the licence Salesforce Integration, or Salesforce (Setup, Users)")
		return
	case !strings.EqualFold(name, integrationLicence):
		c.ok(checkLicense, name)
		return
	case sets.err != nil:
		c.skipBy(checkLicense, sets.err)
		return
	}
	for _, row := range sets.rows {
		set := row.child("PermissionSetLicense")
		for _, called := range []string{set.textOr("DeveloperName"), set.textOr("MasterLabel")} {
			if strings.EqualFold(called, "SalesforceAPIIntegrationPsl") || strings.EqualFold(called, integrationSet) {
				c.ok(checkLicense, name+", with the permission set licence "+integrationSet)
				return
			}
		}
	}
	c.fail(checkLicense, name+", without the permission set licence "+integrationSet+", which its rights need",
		"Assign "+integrationSet+" (Setup, Users, the integration user, Permission Set License Assignments)")
}

// trialToWarn is how long before its end a trial is told of.
const trialToWarn = 14 * 24 * time.Hour

// organization looks at what the org is.
func (c *checker) organization(result readRows) {
	if result.err != nil || len(result.rows) == 0 {
		for _, id := range []string{checkSandbox, checkTrial} {
			if result.err != nil {
				c.skipBy(id, result.err)
			}
		}
		return
	}
	row, org := result.rows[0], &c.report.Org
	org.ID, org.Name, org.Edition, org.Instance = id18Of(row.textOr("Id")), row.textOr("Name"), row.textOr("OrganizationType"), row.textOr("InstanceName")
	org.Sandbox = row.isTrue("IsSandbox")
	kinds := map[bool]string{true: "a sandbox", false: "no sandbox"}
	switch says, told := isForSandboxes(domainHost(c.p.settings.Domain)); {
	case !told:
		c.ok(checkSandbox, "it is "+kinds[org.Sandbox]+"; the host does not tell")
	case says == org.Sandbox:
		c.ok(checkSandbox, "it is "+kinds[org.Sandbox])
	default:
		c.fail(checkSandbox, "it is "+kinds[org.Sandbox]+", and the host is that of "+kinds[says],
			"See which org is meant, and copy its host into Config.Domain (Setup, My Domain)")
	}
	c.trial(row.textOr("TrialExpirationDate"))
}

func (c *checker) trial(text string) {
	for _, form := range []string{"2006-01-02T15:04:05.000-0700", time.RFC3339} {
		if ends, err := time.Parse(form, text); err == nil {
			c.report.Org.TrialEnds = ends.UTC()
		}
	}
	ends := c.report.Org.TrialEnds
	const cure = "Buy the org, or move to another one (Setup, Company Information)"
	switch left := time.Until(ends); {
	case ends.IsZero():
		c.ok(checkTrial, "the org is no trial")
	case left <= 0:
		c.fail(checkTrial, "the trial ended on "+ends.Format(time.DateOnly), cure)
	case left < trialToWarn:
		c.warn(checkTrial, "the trial ends on "+ends.Format(time.DateOnly), cure)
	default:
		c.ok(checkTrial, "the trial ends on "+ends.Format(time.DateOnly))
	}
}

// profiles looks for the profiles that are configured, and for free seats.
func (c *checker) profiles(result readRows) {
	if !c.givesProfiles() || result.err != nil || len(result.rows) == 0 {
		return
	}
	entries := make([]catalogEntry, 0, len(result.rows))
	licences := map[string]record{}
	for _, row := range result.rows {
		id := id18Of(row.textOr("Id"))
		entries = append(entries, catalogEntry{id: id, names: []string{row.textOr("Name")}})
		licences[id] = row.child("UserLicense")
	}
	var wrong, full, free []string
	for _, name := range c.uses.profiles {
		matches := matchingEntries(entries, name)
		if problem := problemOfMatches("the profile", name, entries, matches); problem != "" {
			wrong = append(wrong, problem)
			continue
		}
		licence := licences[matches[0].id]
		called, status := licence.textOr("Name"), licence.textOr("Status")
		total, used := int(licence.number("TotalLicenses")), int(licence.number("UsedLicenses"))
		switch {
		case called == "":
		case status != "" && !strings.EqualFold(status, "Active"):
			wrong = append(wrong, fmt.Sprintf("the licence %s of the profile %s is %s", quote(called), quote(matches[0].label()), strings.ToLower(status)))
		case total >= 0 && total <= used:
			full = append(full, fmt.Sprintf("all %d seats of %s are taken, which the profile %s needs", total, quote(called), quote(matches[0].label())))
		case total >= 0:
			free = append(free, strconv.Itoa(total-used)+" free of "+called)
		default:
			free = append(free, called+" has no limit")
		}
	}
	switch {
	case len(wrong) > 0 && !result.all:
		c.skip(checkProfiles, "there are more profiles than were read: "+strings.Join(wrong, "; "), "Give profiles by ID, or check with fewer")
	case len(wrong) > 0:
		c.fail(checkProfiles, strings.Join(wrong, "; "), "Name profiles of this org in Defaults and the mapping (Setup, Profiles); IDs differ from org to org")
	default:
		c.ok(checkProfiles, countOf(len(c.uses.profiles), "profile"))
	}
	switch {
	case len(full) > 0:
		c.fail(checkSeats, strings.Join(full, "; "), "Deactivate users who have left, buy more, or use a profile of another licence (Setup, Company Information, User Licenses)")
	case len(free) > 0:
		slices.Sort(free)
		c.ok(checkSeats, strings.Join(slices.Compact(free), "; "))
	default:
		c.skipFor(checkSeats, c.found[checkProfiles])
	}
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// problemOfMatches is why a name does not name one thing.
func problemOfMatches(what, name string, entries, matches []catalogEntry) string {
	switch len(matches) {
	case 0:
		return what + " " + quote(name) + " is not in this org" + didYouMean(entries, name)
	case 1:
		return ""
	}
	return what + " " + quote(name) + " names several; use the API name or the ID"
}

package sfprov

import "regexp"

// mayLockOut reports whether a request is not known to be another one than a
// deactivation.
func mayLockOut(r requestFacts, _ APIProblem) bool { return r.method == "" || r.locksOut }

var hierarchyField = regexp.MustCompile(`(?i)value of a hierarchy field: (.+?)\. : `)

// deactivationRefused is for a deactivation of which nothing more is known than that it
// was refused.
const deactivationRefused = "Salesforce doesn't deactivate a user who is, for example, the default lead or case " +
	"owner, an approver, " +
	"the recipient of workflow emails, or the value of a custom hierarchy field. Put someone else in that place, " +
	"then deactivate again; Setup, Users, the user, Deactivate shows where"

// blocks are the words for a user who can't be deactivated because of a place that has
// to be somebody else's.
func blocks(phrase, who, where string) knownCause {
	return knownCause{sign{phrase: phrase, when: mayLockOut}, "This user is " + who +
		". Put another active user in that place (" + where + "), then deactivate again"}
}

// blockCauses are the reasons for which Salesforce refuses a deactivation, whatever its
// code: which one goes with which is not documented. See "Unable to Deactivate a
// Salesforce User" in Salesforce Help.
var blockCauses = []knownCause{ //nolint:gochecknoglobals // a constant table
	{
		sign{name: hierarchyField, when: mayLockOut},
		"Other users have this one in the field " + theName + " of theirs. Put somebody else, or nobody, there " +
			"(a report on Users by that field shows who they are), then deactivate again",
	},
	blocks("value of a hierarchy field", "the value of a custom hierarchy field of other users",
		"the message names the field; a report on Users by it shows who they are"),
	blocks("web to lead default creator", "the default lead creator of Web-to-Lead", "Setup, Web-to-Lead"),
	blocks("web-to-lead default creator", "the default lead creator of Web-to-Lead", "Setup, Web-to-Lead"),
	blocks("default lead creator", "the default lead creator of Web-to-Lead", "Setup, Web-to-Lead"),
	blocks("default lead owner", "the default lead owner", "Setup, Lead Settings"),
	blocks("default owner of leads", "the default lead owner", "Setup, Lead Settings"),
	blocks("default case owner", "the default case owner", "Setup, Support Settings"),
	blocks("default owner of cases", "the default case owner", "Setup, Support Settings"),
	blocks("default case creator", "the default case creator", "Setup, Web-to-Case and Support Settings"),
	blocks("automated case user", "the automated case user", "Setup, Support Settings"),
	blocks("automated case owner", "the automated case user", "Setup, Support Settings"),
	blocks("default workflow user", "the default workflow user", "Setup, Process Automation Settings"),
	blocks("assignment rule", "named in an assignment rule", "Setup, Lead Assignment Rules and Case Assignment Rules"),
	blocks("auto-response rule", "named in an auto-response rule", "Setup, Lead and Case Auto-Response Rules"),
	blocks("auto response rule", "named in an auto-response rule", "Setup, Lead and Case Auto-Response Rules"),
	blocks("escalation rule", "named in an escalation rule", "Setup, Escalation Rules"),
	blocks("approval process", "named in an approval process", "Setup, Approval Processes"),
	blocks("delegated approver", "a delegated approver", "Setup, Users, Delegated Approver, and Approval Processes"),
	blocks("workflow email alert", "the only recipient of an email alert", "Setup, Email Alerts"),
	blocks("workflow field update", "the value of a field update of a workflow", "Setup, Field Updates"),
	blocks("customer portal administrator", "the administrator of the customer portal", "Setup, Customer Portal Settings"),
	blocks("update reminder", "named in the update reminders for opportunities", "Setup, Update Reminders"),
	blocks("big deal alert", "named in the big deal alert", "Setup, Big Deal Alert"),
}

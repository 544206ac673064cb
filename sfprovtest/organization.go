package sfprovtest

import "time"

// SetSandbox says whether the org is a sandbox. The default is false.
func (o *Org) SetSandbox(sandbox bool) { o.setOrganization("issandbox", sandbox) }

// SetEdition sets the org's edition, as Organization.OrganizationType has it, such as
// "Enterprise Edition", the default, or "Developer Edition".
func (o *Org) SetEdition(edition string) { o.setOrganization("organizationtype", edition) }

// SetTrialExpiration sets when the org's trial ends. By default, the org is none.
func (o *Org) SetTrialExpiration(ends time.Time) {
	if ends.IsZero() {
		o.setOrganization("trialexpirationdate", nil)
		return
	}
	o.setOrganization("trialexpirationdate", ends.UTC())
}

func (o *Org) setOrganization(field string, value any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rows["Organization"][orgID][field] = value
}

// OrgID is the ID of the org.
func (o *Org) OrgID() string { return orgID }

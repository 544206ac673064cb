package sfprovtest

// SetLicenseStatus sets the status of a user licence, "Active" or "Disabled", as queries
// tell it: one that has ended is disabled. The default is "Active". It panics if the org
// has no such licence.
func (o *Org) SetLicenseStatus(license, status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := o.licenceID(license)
	if id == "" {
		panic("sfprovtest: the org has no licence " + license)
	}
	o.rows["UserLicense"][id]["status"] = status
}

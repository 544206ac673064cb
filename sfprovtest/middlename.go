package sfprovtest

// SetMiddleNames switches on middle names and suffixes of names, which orgs can have: User gets
// MiddleName and Suffix. By default it has neither, as most orgs. See "Enable Middle Names
// and Suffixes" in Salesforce Help.
func (o *Org) SetMiddleNames() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.switchOn(text("MiddleName", "Middle Name", 40))
	o.switchOn(text("Suffix", "Suffix", 40))
}

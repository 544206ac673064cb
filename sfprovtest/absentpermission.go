package sfprovtest

// SetPermissionAbsent says whether the org has not got a permission at all, as orgs of
// some editions haven't: a query of UserPermissionAccess that names it is refused with
// INVALID_FIELD. What the integration user may do is not changed. It panics if the
// permission is none that the org could have.
func (o *Org) SetPermissionAbsent(p Permission, absent bool) {
	p.mustBeKnown()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.permissions.absent == nil {
		o.permissions.absent = map[string]bool{}
	}
	o.permissions.absent[folded("Permissions"+string(p))] = absent
}

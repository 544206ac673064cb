package sfprovtest

// administratorProfile is the profile of administrators.
const administratorProfile = "System Administrator"

// checkAdministrators refuses to take the last active administrator away.
func (o *Org) checkAdministrators(before, after row) error {
	if before["isactive"] != true {
		return nil
	}
	administrators := o.profileID(administratorProfile)
	isOne := func(user row) bool { return user["isactive"] == true && user["profileid"] == administrators }
	if !isOne(before) || isOne(after) {
		return nil
	}
	for id, other := range o.rows["User"] {
		if id != before["id"] && isOne(other) {
			return nil
		}
	}
	return badRequest("CANNOT_DISABLE_LAST_ADMIN", "You must always have at least one active administrator user")
}

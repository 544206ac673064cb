package sfprov

// Action says what a call did.
type Action string

// What a call can have done.
const (
	Created     Action = "created"
	Updated     Action = "updated"
	Deactivated Action = "deactivated"
	Frozen      Action = "frozen"      // deactivation was refused; the login is locked instead
	Unfrozen    Action = "unfrozen"    // the login is no longer locked
	Reactivated Action = "reactivated" // an inactive account was made active again
	Adopted     Action = "adopted"     // an account that existed was taken over by its match field
	Unchanged   Action = "unchanged"   // nothing had to be done
	Skipped     Action = "skipped"     // the request was not for this library to do
)

// Result is what Salesforce confirmed.
type Result struct {
	ID string `json:"id,omitempty"` // Salesforce ID, 18 characters: keep it with the user, later calls need it
	// Username is the Salesforce username, where the call sent or read it.
	Username string `json:"username,omitempty"`
	Action   Action `json:"action,omitempty"`
	// Changes are what the call changed in Salesforce, in the order in which it was
	// done: the difference between the user before and after, for every verb. Update and
	// OpPatch, which read nothing, tell what they sent.
	Changes []Change `json:"changes,omitempty"`
	// PendingEmail is an address that an earlier call sent and the user has not
	// confirmed yet, so that Salesforce shows the old one; empty if there is none.
	PendingEmail string `json:"pendingEmail,omitempty"`
	// Warning is set when the call succeeded but one optional step did not: Salesforce
	// refused to release the username of a user who was deactivated or frozen, or the
	// integration user may not see whether a login is frozen. Usually nil.
	Warning error `json:"-"`
}

// UnmarshalJSON reads a Result. A key that is there twice is refused.
func (r *Result) UnmarshalJSON(text []byte) error {
	type plain Result
	return decodeFields(text, (*plain)(r))
}

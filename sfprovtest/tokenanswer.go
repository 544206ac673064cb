package sfprovtest

// tokenAnswer is what a test has the token endpoint say with a token.
type tokenAnswer struct {
	scope       string // empty: tokenScope
	instanceURL string // empty: the org's own
}

// SetTokenScope sets the scope that the token endpoint tells, such as "id": what an app has
// that was not given api. The default is "api"; empty sets it again. Requests are answered
// all the same: a test of what a client makes of the scope needs no more.
func (o *Org) SetTokenScope(scope string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.tells.scope = scope
}

// SetInstanceURL sets the org's address that the token endpoint tells, for a token that
// is for another org. The default is the org's own; empty sets it again.
func (o *Org) SetInstanceURL(address string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access.tells.instanceURL = address
}

// scopeTold is the scope of tokens.
func (a access) scopeTold() string {
	if a.tells.scope != "" {
		return a.tells.scope
	}
	return tokenScope
}

// instanceTold is the org's address that comes with tokens.
func (o *Org) instanceTold() string {
	if o.access.tells.instanceURL != "" {
		return o.access.tells.instanceURL
	}
	return o.network.url
}

// Package sfprov provisions the users of an identity service into Salesforce:
// it creates, updates and deactivates them through the REST API, unattended.
//
// A [Provisioner], made by [New] from a [Config], serves the whole process:
//
//	p, err := sfprov.New(cfg)
//	result, err := p.Create(ctx, sfprov.User{Username: "alice", Fields: fields})
//	result, err = p.Update(ctx, result.ID, sfprov.User{Fields: changed})
//	result, err = p.Deactivate(ctx, result.ID)
//
// A call returns what Salesforce confirmed, or an error; nothing is silent. No
// account is taken over unless [Config].MatchField proves whose it is. A create is
// never sent twice without knowing what became of the first; if its answer is
// lost, the error is [ErrOutcomeUnknown]. A user whom Salesforce refuses to
// deactivate is frozen.
//
// Errors are matched by reason with errors.Is (see [ErrAuth] and its siblings) and
// carry their details with errors.As ([APIError], [AuthError], [ValidationError],
// [OutcomeError], [ConfigError]). Their text says what to do; [Retryable] says
// whether the same call can succeed later by itself.
//
// The package sfprovtest is a Salesforce org in memory, for testing what calls
// this one.
//
// The Salesforce documents that comments refer to are the REST API Developer
// Guide, the Object Reference for the Salesforce Platform, the SOQL and SOSL
// Reference, and Salesforce Help.
package sfprov

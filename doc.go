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
// [Provisioner.Ensure] brings a user to a desired state, whatever there is,
// [Provisioner.EnsureAll] does so with many, and
// [Provisioner.Provision] serves the requests of an identity server's framework.
//
// A call returns what Salesforce confirmed, or an error; nothing is silent. No
// account is taken over unless [Config].MatchField proves whose it is, and
// [WithAdoption] can veto that. A create is never sent twice without a look at what
// became of the first. A user whom Salesforce refuses to deactivate is frozen. That
// there is no account is concluded from a query that was answered without it, and
// from nothing else.
//
// What a call does with one user, a batch does with many, and a plan foretells: the
// same code decides. A call returns when its context ends, whatever the input, the
// consumer or the transport is doing, and a panic in the caller's code is the
// caller's.
//
// Whatever happens on the way, a call ends in one of three ways: done and
// confirmed; not done, which is every error but the following; or
// [ErrOutcomeUnknown], if the answer was lost and nothing could be found out.
// [NextStep] says what to do next, in one word: [StepDone], [StepAgain],
// [StepResolve], [StepUser] or [StepSetup]; and how long to wait before.
//
// Errors are matched by reason with errors.Is (see [ErrAuth] and its siblings) and
// carry their details with errors.As ([APIError], [AuthError], [ValidationError],
// [UnconfirmedError], [ConfigError]). Their text says what to do.
//
// A process that stops calls [Provisioner.Close].
//
// The package sfprovtest is a Salesforce org in memory, for testing what calls
// this one.
//
// The Salesforce documents that comments refer to are the REST API Developer
// Guide, the Object Reference for the Salesforce Platform, the SOQL and SOSL
// Reference, and Salesforce Help.
package sfprov

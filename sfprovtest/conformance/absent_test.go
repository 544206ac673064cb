package conformance_test

import "slices"

// absence is why a client doesn't do an operation, as CONFORMANCE.md says it.
type absence struct{ kind, why string }

func client(why string) absence { return absence{"client", why} }
func out(why string) absence    { return absence{"out", why} }

// The reasons that there are.
var (
	noGrant    = client("It has no such grant.")
	noToken    = client("It takes no token from elsewhere.")
	noMany     = client("It changes one record at a time.")
	noUpsert   = client("It doesn't upsert.")
	noBatch    = client("It has no method for that; other clients show the same request.")
	noReason   = client("It returns no reason for a refused write, only that there was one.")
	noRevoke   = client("It forgets logins, and revokes no token.")
	noRenewal  = client("It doesn't log in again by itself.")
	noneNeeded = client("It never asks for that.")
	fixedHosts = client("It goes to Salesforce's own hosts for that, wherever one has logged in.")
	soap       = out("It logs in by SOAP, which sfprovtest hasn't got.")
	another    = out("The same request as another client's, which is tested there.")
)

var absences = map[string]map[absence][]string{
	core: {
		noGrant:  {opClientCredentials, opPassword},
		noRevoke: {opRevoke},
	},
	nforce: {
		noGrant:    {opClientCredentials, opJWT},
		fixedHosts: {opRevoke},
		noBatch:    {opUpdateMany, opManyAllOrNone, opRetrieveMany, opUpsertMany, opUpdated, opComposite, opCompositeAll, opBatch},
		another:    {opUpsertID},
	},
	goSalesforce: {
		noBatch: {opUserInfo, opIdentity, opRevoke, opManyAllOrNone, opRetrieveMany, opQueryAll, opUpdated, opBatch, opVersions},
		another: {opUpsertID},
	},
	simpleForce: {
		noGrant:   {opClientCredentials, opJWT},
		soap:      {opPassword},
		noBatch:   {opUserInfo, opIdentity, opRevoke, opQueryAll, opUpdated, opComposite, opCompositeAll, opBatch, opVersions},
		noMany:    {opCreateMany, opUpdateMany, opManyAllOrNone, opRetrieveMany, opUpsertMany},
		another:   {opUpsertID, opGroupBy},
		noReason:  {opAssignTwice, opDuplicate, opMissing, opUnknownField, opUnknownID},
		noRenewal: {opExpired},
	},
	baton: {
		soap: {opPassword},
		noneNeeded: {
			opUserInfo, opIdentity, opRevoke, opFreeze, opSetPassword, opUpdated, opDescribe, opDescribeAll, opVersions,
			opCount, opGroupBy, opQueryAll, opComposite, opCompositeAll, opBatch, opMissing, opUnknownField, opMalformed, opExpired, opNotThere,
		},
		noMany:   {opCreateMany, opUpdateMany, opManyAllOrNone, opRetrieveMany, opUpsertMany},
		noUpsert: {opUpsertFed, opUpsertName, opUpsertID},
	},
	terraform: {
		noGrant: {opClientCredentials, opPassword},
		noToken: {opToken},
		noneNeeded: {
			opUserInfo, opIdentity, opRevoke, opFreeze, opSetPassword, opUpdated, opDescribe, opLimits, opVersions,
			opPages, opRelationships, opCount, opGroupBy, opQueryAll, opComposite, opCompositeAll, opBatch,
			opAssign, opAssignTwice, opUnassign, opAddMember, opRemoveMember, opMissing, opUnknownField, opMalformed, opExpired, opNotThere,
		},
		noMany:   {opCreateMany, opUpdateMany, opManyAllOrNone, opRetrieveMany, opUpsertMany},
		noUpsert: {opUpsertFed, opUpsertName, opUpsertID},
	},
	forceCLI: {
		noneNeeded: {opIdentity, opRevoke, opUpdated, opComposite, opCompositeAll, opBatch, opExpired, opNotThere},
		noMany:     {opCreateMany, opUpdateMany, opManyAllOrNone, opRetrieveMany, opUpsertMany},
		another:    {opToken, opUpsertName, opUpsertID, opGroupBy, opAssign, opAssignTwice, opUnassign, opAddMember, opRemoveMember},
	},
}

// absentFor is why a client doesn't do an operation, if that is given.
func absentFor(client, op string) (absence, bool) {
	for why, ops := range absences[client] {
		if slices.Contains(ops, op) {
			return why, true
		}
	}
	return absence{}, false
}

package conformance_test

// absence is why a client doesn't do an operation.
type absence struct{ kind, why string }

var absences = map[string]map[absence][]string{}

func absentFor(client, op string) (absence, bool) { return absence{}, false }

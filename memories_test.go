package sfprov

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

// However many passwords are set, one that is owed is not forgotten.
func TestAPasswordThatIsOwedIsNotForgotten(t *testing.T) {
	t.Parallel()
	m := &passwordMemory{}
	m.owe("owed")
	for i := range maxPasswords {
		m.set(strconv.Itoa(i))
	}
	m.owe("another")
	assert.True(t, m.owed("owed"))
	assert.LessOrEqual(t, len(m.users), maxPasswords)
}

// Locks halve the requests that write at the same time, down to one; a time without
// adds one again, up to what was asked for.
func TestTheParallelismFollowsTheLocks(t *testing.T) {
	t.Parallel()
	p := provisionerOf(t)
	r := newRun(p, opEnsure, nil, []BatchOption{WithParallel(8)})
	r.ctx = t.Context()
	for _, want := range []int{4, 2, 1, 1} {
		r.adapt(1)
		assert.Equal(t, want, r.limit)
	}
	for range cleanJobs - 1 {
		r.adapt(0)
	}
	assert.Equal(t, 1, r.limit)
	r.adapt(0)
	assert.Equal(t, 2, r.limit)
	for range 10 * cleanJobs {
		r.adapt(0)
	}
	assert.Equal(t, 8, r.limit)
}

// The set that a group is made into belongs to the group: it is none that the user was
// given, so that no list of sets takes it away.
func TestTheSetOfAGroupIsTheGroups(t *testing.T) {
	t.Parallel()
	set, group := id18Of("0PS000000000001"), id18Of("0PG000000000001")
	given := assignmentOf(newRecord(field("PermissionSetId", set), field("PermissionSetGroupId", group)))
	held := assignments{kinds.permissionSet.assignment: {given}}
	assert.Nil(t, held.find(kinds.permissionSet, set))
	assert.NotNil(t, held.find(kinds.permissionSetGroup, group))
}

func TestWhatIsTheSameInFieldsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	assert.True(t, sameValue(nameOf("Flag__c"), false, nil), "a checkbox has no null")
	assert.False(t, sameValue(nameOf("Regions__c"), "EMEA;APAC", "APAC;EMEA"), "it may be any text")
	assert.False(t, sameValue(nameOf("Regions"), "EMEA;APAC", "APAC;EMEA"), "none of Salesforce's own holds several")
}

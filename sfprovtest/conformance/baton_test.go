package conformance_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The requests of ConductorOne's connector, https://github.com/ConductorOne/baton-salesforce,
// as of August 2026: version 54.0 of the API, and 64.0 for what it asks for by
// hand, with two slashes at the start.
const (
	batonVersion = "v54.0"
	batonByHand  = "//services/data/v64.0/"
)

func TestBatonLogsIn(t *testing.T) {
	t.Parallel()
	t.Run("client credentials", func(t *testing.T) {
		t.Parallel()
		covers(t, baton, opClientCredentials, opLimits)
		w := newWire(t, batonVersion)
		w.do(t, http.StatusOK, http.MethodGet, batonByHand+"limits", nil, nil)
	})
	for _, slash := range []string{"", "/"} {
		t.Run("JWT for an hour, URL ends in "+fmt.Sprintf("%q", slash), func(t *testing.T) {
			t.Parallel()
			covers(t, baton, opJWT)
			org := sfprovtest.NewOrg(t)
			token, err := assertionToken(over(t, org), org, org.URL()+slash, 0) // x/oauth2 takes an hour
			require.NoError(t, err)
			assert.Equal(t, org.URL(), token.Extra("instance_url"))
			w := wireOf(t, org, token, batonVersion)
			w.do(t, http.StatusOK, http.MethodGet, batonByHand+"limits", nil, nil)
		})
	}
}

// batonUsers is how it reads users; conditions come before the order.
const batonUsers = "SELECT FirstName, LastName, Email, Username, IsActive, UserType, ProfileId, UserRoleId, LastLoginDate, " +
	"Profile.UserLicense.LicenseDefinitionKey, Id FROM User"

func TestBatonSyncs(t *testing.T) {
	t.Parallel()
	w := newWire(t, batonVersion)
	org := w.org
	ids := addUsers(org, 5)
	org.SetPageSize(2)
	role := org.AddRole("Sales", "")
	org.SetUser(ids[0], sfprov.Fields{"UserRoleId": role})
	group, set, sets := org.AddGroup("Sales Team"), org.AddPermissionSet("Sales Tools", ""), org.AddPermissionSetGroup("Sales All")
	for _, id := range []string{group, set, sets} {
		org.Grant(ids[0], id)
	}
	profile := org.ProfileID("Standard User")

	tests := map[string]struct {
		soql string
		want map[string]any // of one record; a path is joined by dots
		n    int            // how many records there are; 0 for one or more
		ops  []string
	}{
		"users": {
			soql: batonUsers + " WHERE UserType = 'Standard' ORDER BY Id", n: 6,
			want: map[string]any{"Id": ids[1], "IsActive": true, "UserType": "Standard", "Profile.UserLicense.LicenseDefinitionKey": "SFDC"},
			ops:  []string{opQuery, opPages, opRelationships},
		},
		"users with a profile": {soql: batonUsers + " WHERE UserType = 'Standard' AND ProfileId = '" + profile + "' ORDER BY Id", want: map[string]any{"Id": ids[2]}, n: 5},
		"users with a role":    {soql: batonUsers + " WHERE UserType = 'Standard' AND UserRoleId = '" + role + "' ORDER BY Id", want: map[string]any{"Id": ids[0]}, n: 1},
		"roles":                {soql: "SELECT Name, Id FROM UserRole ORDER BY Id", want: map[string]any{"Id": role, "Name": "Sales"}, n: 1},
		"profiles":             {soql: "SELECT Name, UserLicenseId, Id FROM Profile ORDER BY Id", want: map[string]any{"Id": profile, "Name": "Standard User"}},
		"a licence":            {soql: "SELECT Name, Id FROM UserLicense WHERE Name = 'Salesforce' ORDER BY Id", want: map[string]any{"Name": "Salesforce"}, n: 1},
		"groups": {
			soql: "SELECT Name, DeveloperName, Type, RelatedId, Related.Name, Id FROM Group ORDER BY Id",
			want: map[string]any{"Id": group, "Name": "Sales Team", "Type": "Regular", "Related": nil},
		},
		"members of a group": {
			soql: "SELECT GroupId, UserOrGroupId, Id FROM GroupMember WHERE GroupId = '" + group + "' ORDER BY Id",
			want: map[string]any{"UserOrGroupId": ids[0]}, n: 1,
		},
		"permission sets": {
			soql: "SELECT Name, Label, Type, ProfileId, Profile.Name, Id FROM PermissionSet ORDER BY Id",
			want: map[string]any{"Id": set, "Label": "Sales Tools", "Type": "Regular", "Profile": nil},
		},
		"permission sets of profiles": {
			soql: "SELECT Name, Label, Type, ProfileId, Profile.Name, Id FROM PermissionSet ORDER BY Id",
			want: map[string]any{"ProfileId": profile, "Type": "Profile", "Profile.Name": "Standard User"},
			ops:  []string{opRelationships},
		},
		"assignments": {
			soql: "SELECT PermissionSetId, AssigneeId, IsActive, Id FROM PermissionSetAssignment WHERE PermissionSetId = '" + set + "' ORDER BY Id",
			want: map[string]any{"AssigneeId": ids[0], "IsActive": true}, n: 1,
		},
		"permission set groups": {
			soql: "SELECT IsDeleted, DeveloperName, Language, MasterLabel, NamespacePrefix, Description, HasActivationRequired, Id FROM PermissionSetGroup ORDER BY Id",
			want: map[string]any{"Id": sets, "IsDeleted": false, "MasterLabel": "Sales All", "HasActivationRequired": false}, n: 1,
		},
		"assignments of permission set groups": {
			soql: "SELECT PermissionSetGroupId, AssigneeId, Id FROM PermissionSetAssignment WHERE PermissionSetGroupId = '" + sets + "' ORDER BY Id",
			want: map[string]any{"AssigneeId": ids[0]}, n: 1,
		},
		"logins": {
			soql: "SELECT UserId, IsFrozen, IsPasswordLocked, Id FROM UserLogin WHERE UserId IN ('" + strings.Join(ids[:2], "', '") + "') ORDER BY Id",
			want: map[string]any{"UserId": ids[1], "IsFrozen": false, "IsPasswordLocked": false}, n: 2,
		},
		"a user by email": {soql: batonUsers + " WHERE Email = 'nobody@conformance.example' ORDER BY Id", n: -1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, baton, test.ops...)
			records := w.query(t, test.soql)
			if test.n != 0 {
				assert.Len(t, records, max(test.n, 0))
			}
			if test.want != nil {
				assert.True(t, oneIs(records, test.want), "none of %v is %v", records, test.want)
			}
		})
	}
}

// oneIs reports whether a record has all values of want.
func oneIs(records []map[string]any, want map[string]any) bool {
	for _, record := range records {
		fits := true
		for path, value := range want {
			fits = fits && field(record, strings.Split(path, ".")...) == value
		}
		if fits {
			return true
		}
	}
	return false
}

// It goes on without Agentforce if the org says that it has none.
func TestBatonSkipsWhatTheOrgHasNot(t *testing.T) {
	t.Parallel()
	w := newWire(t, "v60.0")
	w.refused(t, "INVALID_TYPE", http.MethodGet, soqlPath("SELECT DeveloperName, MasterLabel, BotUserId, Id FROM BotDefinition ORDER BY Id"), nil)
}

func TestBatonProvisions(t *testing.T) {
	t.Parallel()
	newPerson := func(org *sfprovtest.Org, address string) map[string]any {
		return map[string]any{
			"EmailEncodingKey": "UTF-8", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US",
			"Username": address, "Alias": "jones", "Email": address, "LastName": "Jones", "FirstName": "Ann",
			"TimeZoneSidKey": "Europe/Berlin", "ProfileId": org.ProfileID("Standard User"),
		}
	}
	tests := map[string]struct {
		ops []string
		do  func(t *testing.T, w wire, id string)
	}{
		"creates": {[]string{opCreate, opDuplicate}, func(t *testing.T, w wire, _ string) {
			t.Helper()
			id := w.create(t, "User/", newPerson(w.org, "ann@conformance.example"))
			assert.Equal(t, "Ann", mustUser(t, w.org, id).Fields["FirstName"])
			w.refused(t, "DUPLICATE_USERNAME", http.MethodPost, "sobjects/User/", newPerson(w.org, "ann@conformance.example"))
		}},
		"reads": {[]string{opRead, opUnknownID}, func(t *testing.T, w wire, id string) {
			t.Helper()
			var record map[string]any
			w.do(t, http.StatusOK, http.MethodGet, "sobjects/User/"+id, nil, &record)
			assert.Equal(t, id, record["Id"])
			w.refused(t, "NOT_FOUND", http.MethodGet, "sobjects/User/005000000000999AAA", nil)
		}},
		"changes profile and role": {[]string{opUpdate}, func(t *testing.T, w wire, id string) {
			t.Helper()
			profile, role := w.org.ProfileID("System Administrator"), w.org.AddRole("Sales", "")
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/User/"+id, map[string]any{"ProfileId": profile}, nil)
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/User/"+id, map[string]any{"UserRoleId": role}, nil)
			assert.Equal(t, profile, mustUser(t, w.org, id).Fields["ProfileId"])
			assert.Equal(t, role, mustUser(t, w.org, id).Fields["UserRoleId"])
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/User/"+id, map[string]any{"UserRoleId": ""}, nil)
			assert.Nil(t, mustUser(t, w.org, id).Fields["UserRoleId"])
		}},
		"disables and enables": {[]string{opDeactivate}, func(t *testing.T, w wire, id string) {
			t.Helper()
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/User/"+id, map[string]any{"IsActive": "false"}, nil)
			assert.False(t, mustUser(t, w.org, id).Active)
			w.do(t, http.StatusNoContent, http.MethodPatch, "sobjects/User/"+id, map[string]any{"IsActive": "true"}, nil)
			assert.True(t, mustUser(t, w.org, id).Active)
		}},
		"resets a password": {[]string{opResetPassword}, func(t *testing.T, w wire, id string) {
			t.Helper()
			w.do(t, http.StatusOK, http.MethodDelete, batonByHand+"sobjects/User/"+id+"/password", nil, nil)
			assert.Equal(t, 1, w.org.PasswordMails(id))
		}},
		"gives a permission set and takes it away": {[]string{opAssign, opAssignTwice, opUnassign}, func(t *testing.T, w wire, id string) {
			t.Helper()
			set := w.org.AddPermissionSet("Sales Tools", "")
			assignment := map[string]any{"AssigneeId": id, "PermissionSetId": set}
			w.create(t, "PermissionSetAssignment/", assignment)
			assert.Equal(t, []string{"Sales Tools"}, w.org.Access(id).PermissionSets)
			w.refused(t, "DUPLICATE_VALUE", http.MethodPost, "sobjects/PermissionSetAssignment/", assignment)
			found := w.query(t, "SELECT PermissionSetId, AssigneeId, IsActive, Id FROM PermissionSetAssignment WHERE AssigneeId = '"+id+"' AND PermissionSetId = '"+set+"' ORDER BY Id")
			require.Len(t, found, 1)
			w.do(t, http.StatusNoContent, http.MethodDelete, fmt.Sprintf("sobjects/PermissionSetAssignment/%s", found[0]["Id"]), nil, nil)
			assert.Empty(t, w.org.Access(id).PermissionSets)
		}},
		"gives a permission set group": {[]string{opAssign}, func(t *testing.T, w wire, id string) {
			t.Helper()
			sets := w.org.AddPermissionSetGroup("Sales All")
			w.create(t, "PermissionSetAssignment/", map[string]any{"AssigneeId": id, "PermissionSetGroupId": sets})
			assert.Equal(t, []string{"Sales All"}, w.org.Access(id).PermissionSetGroups)
		}},
		"adds to a group and removes": {[]string{opAddMember, opRemoveMember}, func(t *testing.T, w wire, id string) {
			t.Helper()
			group := w.org.AddGroup("Sales Team")
			w.create(t, "GroupMember/", map[string]any{"GroupId": group, "UserOrGroupId": id})
			assert.Equal(t, []string{"Sales Team"}, w.org.Access(id).PublicGroups)
			w.refused(t, "DUPLICATE_VALUE", http.MethodPost, "sobjects/GroupMember/", map[string]any{"GroupId": group, "UserOrGroupId": id})
			found := w.query(t, "SELECT GroupId, UserOrGroupId, Id FROM GroupMember WHERE GroupId = '"+group+"' AND UserOrGroupId = '"+id+"' ORDER BY Id")
			require.Len(t, found, 1)
			w.do(t, http.StatusNoContent, http.MethodDelete, fmt.Sprintf("sobjects/GroupMember/%s", found[0]["Id"]), nil, nil)
			assert.Empty(t, w.org.Access(id).PublicGroups)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			covers(t, baton, test.ops...)
			w := newWire(t, batonVersion)
			test.do(t, w, w.org.AddUser(sfprov.Fields{"LastName": "Jones"}))
		})
	}
}

package sfprovtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

func TestManagers(t *testing.T) {
	t.Parallel()
	for way, do := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			org, c, boss := seeded(t, nil)
			lead := org.AddUser(sfprov.Fields{"ManagerId": boss})
			clerk := org.AddUser(sfprov.Fields{"ManagerId": lead})
			gone := org.AddUser(sfprov.Fields{"IsActive": false})
			self := []problem{{"FIELD_INTEGRITY_EXCEPTION", "A user can't be his or her own manager", list{"ManagerId"}}}
			cycle := []problem{{"FIELD_INTEGRITY_EXCEPTION", "You cannot set a hierarchy field to point to itself or a child record", list{"ManagerId"}}}
			inactive := []problem{{"INACTIVE_OWNER_OR_USER", "operation performed with inactive user [" + gone[:15] + "] as manager of user", list{"ManagerId"}}}

			assert.Equal(t, self, do(t, c, boss, object{"ManagerId": boss[:15]}), "an ID may have 15 characters")
			assert.Equal(t, cycle, do(t, c, boss, object{"ManagerId": lead}))
			assert.Equal(t, cycle, do(t, c, boss, object{"ManagerId": clerk}))
			assert.Empty(t, do(t, c, clerk, object{"ManagerId": boss}))
			assert.Empty(t, do(t, c, clerk, object{"ManagerId": nil}))
			assert.Empty(t, do(t, c, "", alice(org, object{"ManagerId": clerk})))
			assert.Equal(t, inactive, do(t, c, "", alice(org, object{"Username": "a2@acme.example", "ManagerId": gone})))
			assert.Equal(t, inactive, do(t, c, clerk, object{"ManagerId": gone}))

			org.SetUser(boss, sfprov.Fields{"ManagerId": clerk}) // an administrator can't, but a test can
			org.SetUser(clerk, sfprov.Fields{"ManagerId": lead})
			assert.Empty(t, do(t, c, "", alice(org, object{"Username": "a3@acme.example", "ManagerId": boss})), "a cycle above is nobody's fault here")
			assert.Empty(t, do(t, c, org.AddUser(nil), object{"ManagerId": boss}))
			assert.Empty(t, do(t, c, boss, object{"Title": "CEO"}))

			org.SetUser(lead, sfprov.Fields{"IsActive": false})
			assert.Empty(t, do(t, c, clerk, object{"ManagerId": lead, "Title": "Clerk"}), "the manager is the one before")

			org.SetManagerRefusal(sfprovtest.Refusal{Status: 400, Code: "CIRCULAR_DEPENDENCY", Message: "round", Fields: []string{}})
			assert.Equal(t, []problem{{"CIRCULAR_DEPENDENCY", "round", list{}}}, do(t, c, boss, object{"ManagerId": boss}))
			org.SetManagerRefusal(sfprovtest.Refusal{})
			assert.Equal(t, self, do(t, c, boss, object{"ManagerId": boss}))
			org.SetInactiveManagerRefusal(sfprovtest.Refusal{Status: 200})
			assert.Empty(t, do(t, c, clerk, object{"ManagerId": gone}))
		})
	}
}

func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	last := []problem{{"CANNOT_DISABLE_LAST_ADMIN", "You must always have at least one active administrator user", list{}}}
	for way, do := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			org, c, admin := seeded(t, nil)
			org.SetUser(admin, sfprov.Fields{"ProfileId": org.ProfileID("System Administrator")})
			other := org.AddUser(sfprov.Fields{"ProfileId": org.ProfileID("System Administrator")})
			assert.Empty(t, do(t, c, other, object{"IsActive": false}))
			assert.Equal(t, []problem{{"FIELD_INTEGRITY_EXCEPTION", "You cannot deactivate yourself", list{"IsActive"}}}, do(t, c, org.AdminID(), object{"IsActive": false}))

			org.SetUser(org.AdminID(), sfprov.Fields{"ProfileId": org.ProfileID("Minimum Access - API Only Integrations")})
			assert.Equal(t, last, do(t, c, admin, object{"IsActive": false}))
			assert.Equal(t, last, do(t, c, admin, object{"ProfileId": org.ProfileID("Standard User")}))
			assert.Empty(t, do(t, c, admin, object{"Title": "Admin"}))
			assert.Empty(t, do(t, c, other, object{"IsActive": true}))
			assert.Empty(t, do(t, c, admin, object{"IsActive": false}))
		})
	}
}

func TestFeatureLicences(t *testing.T) {
	t.Parallel()
	for field, message := range map[string]string{
		"UserPermissionsMarketingUser": "License limit exceeded", "UserPermissionsKnowledgeUser": "License limit exceeded",
		"UserPermissionsSFContentUser": "content feature license limit exceeded",
	} {
		for way, do := range ways {
			t.Run(way, func(t *testing.T) {
				t.Parallel()
				org, c, id := seeded(t, sfprov.Fields{field: true})
				used := []problem{{"LICENSE_LIMIT_EXCEEDED", message, list{}}}
				with := func(name string) object { return alice(org, object{"Username": name, field: true}) }
				assert.Empty(t, do(t, c, "", with("a@acme.example")), "by default there is no limit")
				org.SetFeatureLicenses(field, 3)
				assert.Empty(t, do(t, c, "", with("b@acme.example")), "one of those there were, and two before")
				assert.Equal(t, used, do(t, c, "", with("c@acme.example")))
				assert.Empty(t, do(t, c, "", alice(org, nil)), "without the feature")
				made, _ := org.UserByUsername("alice@acme.example")
				assert.Equal(t, used, do(t, c, made.ID, object{field: true}))
				assert.Empty(t, do(t, c, id, object{field: true, "Title": "CEO"}), "has it already")

				assert.Empty(t, do(t, c, id, object{"IsActive": false}), "inactive users have none")
				assert.Empty(t, do(t, c, made.ID, object{field: true}))
				assert.Equal(t, used, do(t, c, id, object{"IsActive": true}))
				assert.Empty(t, do(t, c, id, object{"IsActive": true, field: false}))
				org.SetUser(made.ID, sfprov.Fields{"IsActive": false})
				assert.Empty(t, do(t, c, id, object{field: true}), "what the test does counts too")
				assert.Panics(t, func() { org.AddUser(sfprov.Fields{field: true}) })
				org.SetFeatureLicenses(field, -1)
				assert.Empty(t, do(t, c, "", with("c@acme.example")))
				assert.Panics(t, func() { org.SetFeatureLicenses("Title", 1) })
			})
		}
	}
}

// TestFeatureLicencesAreGivenBack shows that a composite that is undone uses none.
func TestFeatureLicencesAreGivenBack(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	c := logIn(t, org)
	org.SetFeatureLicenses("UserPermissionsOfflineUser", 1)
	body := alice(org, object{"UserPermissionsOfflineUser": true})
	r := c.post(t, data+"/composite", object{"allOrNone": true, "compositeRequest": list{
		object{"method": "POST", "url": users, "referenceId": "a", "body": body},
		object{"method": "POST", "url": users, "referenceId": "b", "body": body},
	}})
	assert.Contains(t, r.body, "PROCESSING_HALTED")
	assert.Equal(t, 201, c.post(t, users, body).status)
}

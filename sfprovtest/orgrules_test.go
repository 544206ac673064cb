package sfprovtest_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// problem is what a user is refused with.
type problem struct {
	code, message string
	fields        list
}

// write sends a change of a user, or a new user if id is empty, and returns what it is
// refused with.
type write func(tb testing.TB, c *client, id string, fields object) []problem

// ways are those on which users are written: a rule of the org knows no difference.
var ways = map[string]write{
	"single": func(tb testing.TB, c *client, id string, fields object) []problem {
		tb.Helper()
		r := c.post(tb, users, fields)
		if id != "" {
			r = c.patch(tb, id, fields)
		}
		if r.status < 300 {
			return nil
		}
		assert.Equal(tb, 400, r.status)
		return problemsIn(tb, decode[list](tb, r.body), "errorCode")
	},
	"composite": func(tb testing.TB, c *client, id string, fields object) []problem {
		tb.Helper()
		sub := object{"method": "POST", "url": users, "referenceId": "u", "body": fields}
		if id != "" {
			sub["method"], sub["url"] = "PATCH", users+"/"+id
		}
		r := c.post(tb, data+"/composite", object{"allOrNone": true, "compositeRequest": list{sub}})
		part, _ := r.object(tb)["compositeResponse"].(list)[0].(object)
		if status, _ := part["httpStatusCode"].(float64); status < 300 {
			return nil
		}
		assert.InDelta(tb, 400, part["httpStatusCode"], 0)
		errors, _ := part["body"].(list)
		return problemsIn(tb, errors, "errorCode")
	},
	"collection": func(tb testing.TB, c *client, id string, fields object) []problem {
		tb.Helper()
		record := maps.Clone(fields)
		record["attributes"] = object{"type": "User"}
		method := http.MethodPost
		if id != "" {
			method, record["id"] = http.MethodPatch, id
		}
		r := c.send(tb, method, data+"/composite/sobjects", "application/json", asJSON(tb, object{"records": list{record}}))
		require.Equal(tb, 200, r.status, r.body)
		result, _ := decode[list](tb, r.body)[0].(object)
		errors, _ := result["errors"].(list)
		assert.Equal(tb, len(errors) == 0, result["success"])
		return problemsIn(tb, errors, "statusCode")
	},
}

func problemsIn(tb testing.TB, errors list, codeKey string) []problem {
	tb.Helper()
	var problems []problem
	for _, one := range errors {
		entry, _ := one.(object)
		code, _ := entry[codeKey].(string)
		message, _ := entry["message"].(string)
		fields, _ := entry["fields"].(list)
		assert.NotNil(tb, entry["fields"], "an error of a record has fields")
		problems = append(problems, problem{code, message, fields})
	}
	return problems
}

func TestValidationRule(t *testing.T) {
	t.Parallel()
	for way, do := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			org, c, old := seeded(t, sfprov.Fields{"LastName": "Old"})
			org.AddValidationRule("numbers", func(user sfprov.Fields) string {
				if user["EmployeeNumber"] == nil {
					return "Every user needs a personnel number."
				}
				return ""
			}, "EmployeeNumber")
			broken := []problem{{"FIELD_CUSTOM_VALIDATION_EXCEPTION", "Every user needs a personnel number.", list{"EmployeeNumber"}}}

			assert.Equal(t, broken, do(t, c, "", alice(org, nil)))
			_, made := org.UserByUsername("alice@acme.example")
			assert.False(t, made)
			assert.Empty(t, do(t, c, "", alice(org, object{"EmployeeNumber": "E-1"})))

			assert.Equal(t, broken, do(t, c, old, object{"Title": "CEO"}), "who broke the rule before meets it with any change")
			assert.Nil(t, userOf(t, org, old).Fields["Title"])
			assert.Empty(t, do(t, c, old, object{"EmployeeNumber": "E-2", "Title": "CEO"}))
			assert.Equal(t, broken, do(t, c, old, object{"EmployeeNumber": nil}))
			seed := org.AddUser(nil)
			assert.Nil(t, userOf(t, org, seed).Fields["EmployeeNumber"], "a seed need not obey")

			org.RemoveUserRule("numbers")
			assert.Empty(t, do(t, c, old, object{"EmployeeNumber": nil}))
		})
	}
}

func TestUserRule(t *testing.T) {
	t.Parallel()
	for way, do := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			org, c, id := seeded(t, sfprov.Fields{"Department": "Sales"})
			org.AddUserRule("flow", func(before, after sfprov.Fields) *sfprovtest.Refusal {
				if before != nil && before["Department"] == "Sales" && after["Department"] != "Sales" {
					return &sfprovtest.Refusal{Code: "CANNOT_EXECUTE_FLOW_TRIGGER", Message: "no"}
				}
				after["LastName"] = "changed by a rule that must not"
				return nil
			})
			assert.Empty(t, do(t, c, "", alice(org, object{"Department": "Service"})), "before is nil for a create")
			made, _ := org.UserByUsername("alice@acme.example")
			assert.Equal(t, "Jones", made.Fields["LastName"], "what a rule gets is a copy")
			assert.Equal(t, []problem{{"CANNOT_EXECUTE_FLOW_TRIGGER", "no", list{}}}, do(t, c, id, object{"Department": "Service"}))
			assert.Equal(t, "STRING_TOO_LONG", do(t, c, id, object{"Department": "Service", "Alias": "far too long"})[0].code, "rules come last")
			assert.Panics(t, func() { org.AddUserRule("flow", nil) })
			assert.Panics(t, func() { org.RemoveUserRule("another") })
		})
	}
}

// TestAllProblems shows a user with whom several things are wrong.
func TestAllProblems(t *testing.T) {
	t.Parallel()
	form := problem{"INVALID_EMAIL_ADDRESS", "Username must be in the form of an email address (for example, john@acme.com)", list{"Username"}}
	taken := problem{"DUPLICATE_VALUE", "This Federation ID is already in use. Use a different Federation ID.", list{"FederationIdentifier"}}
	used := problem{"LICENSE_LIMIT_EXCEEDED", "License limit exceeded", list{}}
	manager := problem{"INACTIVE_OWNER_OR_USER", "", list{"ManagerId"}}
	for way, do := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			org, c, boss := seeded(t, sfprov.Fields{"FederationIdentifier": "E-1", "IsActive": false})
			id := org.AddUser(nil)
			org.SetFeatureLicenses("UserPermissionsMarketingUser", 0)
			wrong := object{"Username": "alice", "FederationIdentifier": "E-1", "UserPermissionsMarketingUser": true}
			late := object{"ManagerId": boss, "UserPermissionsMarketingUser": true}
			for name, c1 := range map[string]struct {
				id     string
				fields object
				late   object
			}{"create": {"", alice(org, wrong), alice(org, late)}, "update": {id, wrong, late}} {
				org.SetAllProblems(false)
				assert.Equal(t, []problem{form}, do(t, c, c1.id, c1.fields), name)
				org.SetAllProblems(true)
				assert.Equal(t, []problem{form, taken}, do(t, c, c1.id, c1.fields), name)
				found := do(t, c, c1.id, c1.late)
				require.Len(t, found, 2, name)
				found[0].message = ""
				assert.Equal(t, []problem{manager, used}, found, name)
			}
		})
	}
}

// TestReferenceFields shows both forms in which a record that there isn't is refused.
func TestReferenceFields(t *testing.T) {
	t.Parallel()
	for way, do := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			org, c, id := seeded(t, nil)
			wrong := object{"ManagerId": unknownUser}
			group := org.AddGroup("Staff")
			for _, named := range []bool{true, false} {
				org.SetReferenceFields(named)
				fields, member := list{}, list{}
				if named {
					fields, member = list{"ManagerId"}, list{"UserOrGroupId"}
				}
				want := []problem{{"INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields}}
				assert.Equal(t, want, do(t, c, "", alice(org, wrong)))
				assert.Equal(t, want, do(t, c, id, wrong))
				r := c.post(t, data+"/sobjects/GroupMember", object{"GroupId": group, "UserOrGroupId": unknownUser})
				isRefusal(t, r, 400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", member...)
			}
		})
	}
}

// userOf is a user who must be there.
func userOf(tb testing.TB, org *sfprovtest.Org, id string) sfprovtest.User {
	tb.Helper()
	user, found := org.User(id)
	require.True(tb, found)
	return user
}

// An org whose administrators want a personnel number: every create and update without one
// is refused, in their words, until the rule is removed.
func ExampleOrg_AddValidationRule() {
	org, p := exampleOrg()
	defer org.Close()
	org.AddValidationRule("personnel numbers", func(user sfprov.Fields) string {
		if user["EmployeeNumber"] == nil {
			return "Every user needs a personnel number."
		}
		return ""
	}, "EmployeeNumber")

	fields := sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"}
	_, err := p.Create(context.Background(), sfprov.User{Username: "alice@acme.com", Fields: fields})
	fmt.Println("refused:", strings.Contains(err.Error(), "Every user needs a personnel number."))

	fields["EmployeeNumber"] = "4711"
	_, err = p.Create(context.Background(), sfprov.User{Username: "alice@acme.com", Fields: fields})
	fmt.Println(err)
	// Output:
	// refused: true
	// <nil>
}

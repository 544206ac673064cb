package sfprov_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// callEnding is what a call comes to, in a form that can be compared.
type callEnding struct {
	Action  sfprov.Action
	Changes []string
	Reason  string
	Step    sfprov.Step
	After   snapshot
}

// reasonOf are the sentinels that an error matches.
func reasonOf(err error) string {
	var reasons []string
	for name, sentinel := range map[string]error{
		"auth": sfprov.ErrAuth, "duplicate": sfprov.ErrDuplicateUsername, "licence": sfprov.ErrLicenseLimit, "not found": sfprov.ErrNotFound,
		"permission": sfprov.ErrPermission, "invalid": sfprov.ErrInvalidField, "limit": sfprov.ErrRequestLimit, "unavailable": sfprov.ErrUnavailable,
		"blocked": sfprov.ErrDeactivationBlocked, "unknown": sfprov.ErrOutcomeUnknown, "ambiguous": sfprov.ErrAmbiguousMatch,
	} {
		if errors.Is(err, sentinel) {
			reasons = append(reasons, name)
		}
	}
	slices.Sort(reasons)
	return strings.Join(reasons, ", ")
}

// hardships are what an org can do to the writes and reads of a call, by name.
func hardships() map[string]func(*sfprovtest.Org) {
	refuse := func(method, object, code, message string) func(*sfprovtest.Org) {
		return func(org *sfprovtest.Org) {
			refuseWrites(org, method, object, sfprovtest.Refusal{Status: 400, Code: code, Message: message})
		}
	}
	return map[string]func(*sfprovtest.Org){
		"calm":                  func(*sfprovtest.Org) {},
		"no licence":            func(org *sfprovtest.Org) { org.SetLicenses("Salesforce", 2) },
		"validation rule":       refuse(http.MethodPatch, "User", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Titles are shouted"),
		"administrator":         refuse(http.MethodPatch, "User", "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
		"wrong reference":       refuse(http.MethodPatch, "User", "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
		"nobody may be created": refuse(http.MethodPost, "User", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: User"),
		"a create is refused":   refuse(http.MethodPost, "User", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Nobody on Fridays"),
		"a set is refused":      refuse(http.MethodPost, "PermissionSetAssignment", "FIELD_INTEGRITY_EXCEPTION", "Can't assign permission set Set 0 to user Alice. The user license doesn't allow the permission: X"),
		"a group is refused":    refuse(http.MethodPost, "GroupMember", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id: x"),
		"no freezing":           refuse(http.MethodPatch, "UserLogin", "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
		"locked for ever":       refuse(http.MethodPatch, "User", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: x"),
		"a lock of groups":      refuse(http.MethodPatch, "User", "UNKNOWN_EXCEPTION", "Group membership operation already in progress"),
		"logins are hidden": func(org *sfprovtest.Org) {
			org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
				if !strings.Contains(r.Query, "FROM UserLogin") {
					return nil
				}
				f := sfprovtest.Refuse(400, "INVALID_TYPE", "sObject type 'UserLogin' is not supported.")
				return &f
			})
		},
		"the day's requests are spent": func(org *sfprovtest.Org) { org.SetAPIUsage(100, 100) },
		"the secret is wrong":          func(org *sfprovtest.Org) { org.RefuseLogins(100, "invalid_client", "invalid client credentials") },
	}
}

// refuseWrites makes an org refuse every write of an object, whether it comes by itself,
// in a composite request, or as a row.
func refuseWrites(org *sfprovtest.Org, method, object string, why sfprovtest.Refusal) {
	path := "/sobjects/" + object
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if r.Method != method || !strings.HasSuffix(r.Path, path) && !strings.Contains(r.Path, path+"/") {
			return nil
		}
		f := sfprovtest.Refuse(why.Status, why.Code, why.Message, why.Fields...)
		return &f
	})
	org.SetRowControl(func(of string, record sfprov.Fields) []sfprovtest.Refusal {
		_, isChange := record["id"]
		_, isRemoval := record["Id"]
		if of != object || isRemoval || isChange != (method == http.MethodPatch) {
			return nil
		}
		return []sfprovtest.Refusal{why}
	})
}

// What one call does with a user, a batch does, a plan foretells, and its application
// does: the same Action, Changes, reason and next step, and the same org afterwards.
func TestOneBehaviour(t *testing.T) {
	t.Parallel()
	for _, inactive := range []bool{false, true} {
		for hardshipName, hardship := range hardships() {
			for stateName, state := range worlds() {
				t.Run(fmt.Sprintf("%s/%s/inactive %v", hardshipName, stateName, inactive), func(t *testing.T) {
					t.Parallel()
					for seed := range uint64(1) {
						setUp := func() (*sfprov.Provisioner, *world) {
							w := newWorld(t, stateName, state, seed)
							w.user.Inactive = inactive
							p, err := sfprov.New(matchingConfig(w.org), sfprov.WithHTTPClient(w.org.Client()),
								sfprov.WithRetry(sfprov.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond}))
							require.NoError(t, err)
							hardship(w.org)
							return p, w
						}
						p, w := setUp()
						one := endingOf(w.org)(p.Ensure(t.Context(), w.user))
						p, w = setUp()
						assert.Equal(t, one, batchEnding(t, p, w), "a batch")
						p, w = setUp()
						assertForetold(t, p, w, one)
					}
				})
			}
		}
	}
}

func matchingConfig(org *sfprovtest.Org) sfprov.Config {
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "primary.com", "FederationIdentifier"
	return cfg
}

func endingOf(org *sfprovtest.Org) func(sfprov.Result, error) callEnding {
	return func(result sfprov.Result, err error) callEnding {
		step, _ := sfprov.NextStep(err)
		return callEnding{Action: result.Action, Changes: changesOf(result), Reason: reasonOf(err), Step: step, After: snapshotOf(org)}
	}
}

func batchEnding(t *testing.T, p *sfprov.Provisioner, w *world) callEnding {
	t.Helper()
	var result sfprov.Result
	var failure error
	summary, err := p.EnsureAll(t.Context(), reading([]sfprov.User{w.user}), func(o sfprov.Outcome) error {
		result, failure = o.Result, o.Err
		return nil
	})
	assert.Equal(t, 1, summary.Users)
	assert.Equal(t, failure == nil, err == nil)
	return endingOf(w.org)(result, failure)
}

// assertForetold plans, and applies what was planned.
func assertForetold(t *testing.T, p *sfprov.Provisioner, w *world, one callEnding) {
	t.Helper()
	before := snapshotOf(w.org)
	plan, err := p.Plan(t.Context(), reading([]sfprov.User{w.user}), sfprov.Scope{KeepAbsent: true, MaxPercent: 100})
	assert.Equal(t, before, snapshotOf(w.org), "a plan changes nothing")
	if err != nil {
		assert.Equal(t, one.Step, stepOf(err), "no plan: %v", err)
		return
	}
	if len(plan.Steps) == 0 {
		assert.Equal(t, sfprov.Unchanged, one.Action)
		assert.Equal(t, sfprov.StepDone, one.Step)
		return
	}
	step := plan.Steps[0]
	if step.Problem != "" {
		assert.Contains(t, []sfprov.Step{sfprov.StepUser, sfprov.StepSetup}, one.Step, step.Problem)
		return
	}
	var applied callEnding
	_, _ = p.Apply(t.Context(), plan, func(o sfprov.Outcome) error {
		applied = endingOf(w.org)(o.Result, o.Err)
		return nil
	})
	assert.Equal(t, one, applied, "applied")
	if one.Step == sfprov.StepDone {
		assert.Equal(t, one.Action, step.Action)
		assert.Equal(t, one.Changes, changesOf(sfprov.Result{Changes: step.Changes}))
	}
}

func stepOf(err error) sfprov.Step {
	step, _ := sfprov.NextStep(err)
	return step
}

package sfprov

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// ErrTooManyDeactivations says that more users would be deactivated than the [Scope]
// allows. Nobody is.
var ErrTooManyDeactivations = errors.New("sfprov: too many deactivations")

// ErrPlanStale says that an account is no longer as it was when the [Plan] was made,
// so that the plan's step is not taken. Make a new plan.
var ErrPlanStale = errors.New("sfprov: the account has changed since the plan was made")

// Scope says which of the org's users are to be deactivated if they are not among the
// desired ones, and how many at most. The integration user never is.
type Scope struct {
	// UsernameSuffix is what the usernames of these users end in, such as "@acme.com".
	// Empty is "@" and Config.ProvisioningDomain.
	UsernameSuffix string `json:"usernameSuffix,omitempty"`
	// KeepAbsent deactivates nobody for not being desired.
	KeepAbsent bool `json:"keepAbsent,omitempty"`
	// MaxDeactivations and MaxPercent, of the active users in scope, bound how many users
	// are deactivated, those who are desired as Inactive included; both must hold.
	// Zero is no bound of this kind. If both are zero, the bound is five users or 10 %,
	// whichever is more.
	MaxDeactivations int     `json:"maxDeactivations,omitempty"`
	MaxPercent       float64 `json:"maxPercent,omitempty"`
}

// UnmarshalJSON reads a scope. A key that is there twice is refused.
func (s *Scope) UnmarshalJSON(text []byte) error {
	type plain Scope
	return decodeFields(text, (*plain)(s))
}

// Plan is what would be done to bring the org's users to the desired state. It prints
// in a form for people, and survives JSON, passwords aside: see [PlanStep].
type Plan struct {
	MadeAt    time.Time  `json:"madeAt"`
	Scope     Scope      `json:"scope"`
	Steps     []PlanStep `json:"steps"` // one for each user who is not as desired
	Unchanged int        `json:"unchanged"`
	InScope   int        `json:"inScope"` // active users of the org in scope
	// Notes are what whoever reads the plan should know: licences that are missing, why
	// nobody is deactivated.
	Notes []string `json:"notes,omitempty"`
}

// UnmarshalJSON reads a plan. One that names a key twice is refused: it is no plan that
// this library wrote.
func (l *Plan) UnmarshalJSON(text []byte) error {
	type plain Plan
	return decodeFields(text, (*plain)(l))
}

// PlanStep is what would be done with one user.
type PlanStep struct {
	Action   Action   `json:"action,omitempty"` // empty if Problem stands in the way
	ID       string   `json:"id,omitempty"`     // of the account, if there is one
	Username string   `json:"username,omitempty"`
	Changes  []Change `json:"changes,omitempty"`
	// Problem is why nothing can be done.
	Problem string `json:"problem,omitempty"`
	// reason is the error that Problem tells of. Of a plan that was JSON meanwhile, it is
	// the sentinel alone.
	reason error
	// User is the desired one; of those who are not desired, nothing. Its password is
	// left out of JSON: a plan that is read back sets none.
	User *User `json:"user,omitempty"`
}

type plainStep PlanStep

// stepJSON is a step as JSON.
type stepJSON struct {
	*plainStep

	// Reason is the sentinel of the problem, in words, so that Apply ends with the error
	// with which Ensure would.
	Reason string `json:"reason,omitempty"`
}

// MarshalJSON leaves the password out.
func (s PlanStep) MarshalJSON() ([]byte, error) {
	if s.User != nil {
		u := *s.User
		u.Password = ""
		s.User = &u
	}
	out := stepJSON{plainStep: (*plainStep)(&s)}
	for _, known := range sentinels {
		if errors.Is(s.reason, known.err) {
			out.Reason = summary(known.err)
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *PlanStep) UnmarshalJSON(text []byte) error {
	in := stepJSON{plainStep: (*plainStep)(s)}
	if err := decodeFields(text, &in); err != nil {
		return err
	}
	for _, known := range sentinels {
		if in.Reason == summary(known.err) {
			s.reason = known.err
		}
	}
	return nil
}

// Plan compares the desired users with those of the org, and says what would be done:
// for each desired user what [Provisioner.Ensure] would, and for each active user in
// scope who is not desired, a deactivation. It changes nothing.
//
// It is made for all users at once. An error in the input ends it, and there is no
// plan. If the input is empty, nobody is to be deactivated. If more would be
// deactivated than the scope allows, the error is [ErrTooManyDeactivations], and the
// plan is there to be read; [Provisioner.Apply] deactivates none of them. Of a user
// who can't be brought to the desired state, a step tells why, as far as is known
// before it is tried; such a user's account is not deactivated either.
//
// The org is read in large portions: one API call for some thousand desired users,
// one for 2,000 users in scope, one for all who are frozen, and some for licences and
// usernames if users are to be created. Only what differs is kept in memory.
func (p *Provisioner) Plan(ctx context.Context, desired iter.Seq2[User, error], scope Scope) (*Plan, error) {
	ctx, traced := p.traces.call(ctx, opPlan)
	defer traced.left(ctx)
	m := newPlanner(p, scope)
	plan, err := m.plan(ctx, desired)
	err = decorate(opPlan, scope.UsernameSuffix, err)
	traced.end(ctx, Result{}, m.desired, err)
	return plan, err
}

// checkScope fills in the default.
func (p *Provisioner) checkScope(s *Scope) error {
	var problems []FieldProblem
	if s.UsernameSuffix == "" && p.settings.ProvisioningDomain != "" {
		s.UsernameSuffix = "@" + p.settings.ProvisioningDomain
	}
	switch domain, hasAt := strings.CutPrefix(s.UsernameSuffix, "@"); {
	case s.KeepAbsent:
	case s.UsernameSuffix == "":
		problems = append(problems, FieldProblem{Field: "Scope.UsernameSuffix", Problem: "is missing, and there is no Config.ProvisioningDomain in its place; set KeepAbsent to deactivate nobody"})
	case !hasAt || problemOfEmailDomain(domain) != "":
		problems = append(problems, FieldProblem{Field: "Scope.UsernameSuffix", Problem: "is " + quote(s.UsernameSuffix) + "; it is an @ and a domain, such as @acme.com"})
	}
	if s.MaxDeactivations < 0 {
		problems = append(problems, FieldProblem{Field: "Scope.MaxDeactivations", Problem: "is negative; it takes a count, and zero for no bound of this kind"})
	}
	if !(s.MaxPercent >= 0 && s.MaxPercent <= 100) { // NaN is neither
		problems = append(problems, FieldProblem{Field: "Scope.MaxPercent", Problem: fmt.Sprintf("is %v; it takes 0 to 100", s.MaxPercent)})
	}
	return validationError(problems)
}

// deactivates reports whether a step locks out somebody who is active. To release the
// name of somebody who is inactive already is no deactivation.
func (s PlanStep) deactivates() bool {
	return s.Action == Deactivated && slices.ContainsFunc(s.Changes, func(c Change) bool { return c.Field == "IsActive" && c.Before == true })
}

// letsIn reports whether the step may take a licence.
func (s PlanStep) letsIn() bool {
	return s.Action == Created || s.Action == Reactivated || s.Action == Adopted
}

// guard is the error of a plan that deactivates too many.
func (l *Plan) guard() error {
	n := 0
	for _, step := range l.Steps {
		if step.deactivates() {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	percent := 100.0
	if l.InScope > 0 {
		percent = 100 * float64(n) / float64(l.InScope)
	}
	var bound string
	switch s := l.Scope; {
	case s.MaxDeactivations == 0 && s.MaxPercent == 0 && n > defaultDeactivations && percent > defaultPercent:
		bound = fmt.Sprintf("%d or %d %%", defaultDeactivations, defaultPercent)
	case s.MaxDeactivations > 0 && n > s.MaxDeactivations:
		bound = fmt.Sprint(s.MaxDeactivations)
	case s.MaxPercent > 0 && percent > s.MaxPercent:
		bound = fmt.Sprintf("%g %%", s.MaxPercent)
	default:
		return nil
	}
	return fmt.Errorf("%w: %d of the %d active users with usernames in %s (%.1f %%) would be deactivated, and %s are allowed; "+
		"is the input complete? If so, raise Scope.MaxDeactivations or MaxPercent", ErrTooManyDeactivations, n, l.InScope, l.Scope.UsernameSuffix, percent, bound)
}

// The bound of a scope that names none.
const (
	defaultDeactivations = 5
	defaultPercent       = 10
)

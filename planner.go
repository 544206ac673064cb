package sfprov

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
)

// planner makes a plan.
type planner struct {
	p       *Provisioner
	desired int

	mu       sync.Mutex // users are compared by one goroutine, and told of by another
	plan     *Plan
	accounts map[[15]byte]struct{} // of desired users
	kept     map[string]bool       // match values, and usernames, of users whose account is not known; with a username, whether there is no match value
	creates  []int                 // steps that create
	licences map[string]int        // how many are needed and freed, by profile
}

// compare compares the desired users with their accounts.
func (m *planner) compare(ctx context.Context, desired iter.Seq2[User, error]) error {
	b := newBatch(m.p, nil)
	b.extra = "ProfileId"
	b.decide = func(it *batchItem, work bool) (bool, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.note(it, work)
		return false, nil
	}
	var inputErr, failed error
	items := func(each func(*batchItem) bool) {
		for u, err := range desired {
			if err != nil {
				inputErr = err
				return
			}
			it := &batchItem{index: m.desired, user: u}
			m.desired++
			if !each(it) {
				return
			}
		}
	}
	b.run(ctx, items, func(o Outcome) bool {
		if o.Err == nil {
			return true
		}
		if o.State != OutcomeRefused || !isAboutTheUser(o.Err) { // it is about the way to the org
			failed = o.Err
			return false
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.keep(o.User)
		m.plan.Steps = append(m.plan.Steps, PlanStep{Username: o.User.Username, User: &o.User, Problem: summary(errors.Unwrap(o.Err))})
		return true
	})
	if inputErr != nil {
		return inputErr
	}
	return failed
}

// isAboutTheUser tells what is wrong with a user from what is wrong with the org or
// the way to it.
func isAboutTheUser(err error) bool {
	var invalid *ValidationError
	return errors.As(err, &invalid) || errors.Is(err, ErrAmbiguousMatch) || errors.Is(err, ErrDuplicateUsername)
}

// keep notes a user of whom it is not known which account is the user's.
func (m *planner) keep(u User) {
	match, err := m.p.settings.match(u)
	matched := err == nil && match.set()
	if matched {
		m.kept[strings.ToLower(match.value)] = true
	}
	if name, problems := m.p.settings.username(u); len(problems) == 0 {
		m.kept[strings.ToLower(name)] = m.kept[strings.ToLower(name)] || !matched
	}
}

func key15(id string) (key [15]byte) {
	copy(key[:], id)
	return key
}

// note adds the step of a user who was compared.
func (m *planner) note(it *batchItem, work bool) {
	id := it.s.account.ID
	if _, twice := m.accounts[key15(id)]; id != "" && twice {
		user := it.user // and not the item with all that was read
		m.plan.Steps = append(m.plan.Steps, PlanStep{ID: id, Username: it.w.username, User: &user, Problem: "another of the desired users has this account"})
		return
	}
	if id != "" {
		m.accounts[key15(id)] = struct{}{}
	}
	if !work {
		m.plan.Unchanged++
		return
	}
	step, user := it.planned(), it.user
	step.User = &user
	if id == "" {
		m.creates = append(m.creates, len(m.plan.Steps))
		m.keep(it.user) // whose account may be there, under this name, without the match value
	}
	m.needs(it, step.Action)
	m.plan.Steps = append(m.plan.Steps, step)
}

// needs counts licences, by profile.
func (m *planner) needs(it *batchItem, action Action) {
	profile, _ := it.s.account.Fields.text("ProfileId")
	wanted, named := it.w.fields.text("ProfileId")
	if it.s.account.ID == "" {
		wanted, named = it.creation.fields.text("ProfileId")
	}
	if !named {
		wanted = profile
	}
	if action == Deactivated || it.s.account.Active && id18Of(wanted) != id18Of(profile) {
		m.licences[id18Of(profile)]--
	}
	if action != Deactivated && (!it.s.account.Active && it.w.admit || id18Of(wanted) != id18Of(profile)) {
		m.licences[id18Of(wanted)]++
	}
}

// planned is the step that an item's work comes to.
func (it *batchItem) planned() PlanStep {
	step := PlanStep{ID: it.s.account.ID, Username: it.w.username}
	switch {
	case it.lock:
		step.Action, step.Username = Deactivated, it.s.account.Username
		step.Changes = []Change{{Field: "IsActive", Before: it.s.account.Active, After: false}}
	case it.work == nil:
		step.Action = Created
		step.Changes = it.creation.tell(Result{Action: Created}, it.w.grants.changes()).Changes
	default:
		k := *it.work // of which the steps are noted as if they were done
		k.result.Changes = nil
		for _, s := range k.takes {
			k.didAccess(s)
		}
		if len(k.fields) > 0 {
			k.didFields()
		}
		for _, s := range k.gives {
			k.didAccess(s)
		}
		if k.unfreeze {
			k.didUnfreeze()
		}
		if step.Action, step.Changes = k.result.Action, k.result.Changes; step.Action == Unchanged {
			step.Action = Updated // a password
		}
	}
	return step
}

// changes are those of a user who has nothing.
func (g grants) changes() (changes []Change) {
	for _, list := range g.lists {
		for _, want := range list.wants {
			changes = append(changes, accessStep{kind: list.kind, entry: want}.change())
		}
	}
	return changes
}

// findAbsent adds the users in scope who are not desired.
func (m *planner) findAbsent(ctx context.Context) error {
	if m.plan.Scope.KeepAbsent {
		return nil
	}
	query := UserQuery{UsernameSuffix: m.plan.Scope.UsernameSuffix, ActiveOnly: true, Fields: []string{"ProfileId"}, noLogins: true}
	field := m.p.settings.MatchField
	if field != "" {
		query.Fields = append(query.Fields, field)
	}
	for account, err := range m.p.Users(ctx, query) {
		if err != nil {
			return err
		}
		m.plan.InScope++
		value, _ := account.Fields.text(field)
		_, isDesired := m.accounts[key15(account.ID)]
		unmatched, isNamed := m.kept[strings.ToLower(account.Username)]
		isKept := isNamed && (unmatched || value == "") || value != "" && m.kept[strings.ToLower(value)]
		if m.desired == 0 || isDesired || isKept || m.p.isOwn(account.ID) {
			continue
		}
		profile, _ := account.Fields.text("ProfileId")
		m.licences[id18Of(profile)]--
		m.plan.Steps = append(m.plan.Steps, PlanStep{
			Action: Deactivated, ID: account.ID, Username: account.Username, Changes: []Change{{Field: "IsActive", Before: true, After: false}},
		})
	}
	if m.desired == 0 {
		m.plan.Notes = append(m.plan.Notes, fmt.Sprintf("The input is empty, so none of the %d active users in scope is deactivated.", m.plan.InScope))
	}
	return nil
}

// findObstacles looks for what stands in the way of users who are to be created or
// reactivated.
func (m *planner) findObstacles(ctx context.Context) error {
	if len(m.creates) > 0 {
		names := make([]string, len(m.creates))
		for i, step := range m.creates {
			names[i] = m.plan.Steps[step].Username
		}
		taken, err := m.p.accountsBy(ctx, "Username", names, []string{"Username"})
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, i := range m.creates {
			step := &m.plan.Steps[i]
			name := strings.ToLower(step.Username)
			switch accounts := taken[name]; {
			case len(accounts) > 0:
				step.Action, step.Changes = "", nil
				step.Problem = "the username is held by another account, " + accounts[0].ID
				if match, err := m.p.settings.match(*step.User); err == nil && !match.set() {
					step.Problem = "the username is held by the account " + accounts[0].ID + ", and without a value of a match field nothing shows whose that is; set Config.MatchField, and give each user its value"
				}
			case seen[name]:
				step.Action, step.Changes = "", nil
				step.Problem = "another of the desired users gets this username"
			}
			seen[name] = true
		}
	}
	m.plan.Notes = append(m.plan.Notes, m.missingLicences(ctx)...)
	return nil
}

// missingLicences tells which licences don't suffice, as far as the integration user
// can see that.
func (m *planner) missingLicences(ctx context.Context) (notes []string) {
	needs := false
	for _, n := range m.licences {
		needs = needs || n > 0
	}
	if !needs {
		return nil
	}
	of, needed := map[string]string{}, map[string]int{}
	err := eachOf(m.p.api.query(ctx, "SELECT Id, UserLicenseId FROM Profile"), func(record Fields) error {
		id, _ := record.text("Id")
		licence, _ := record.text("UserLicenseId")
		of[id18Of(id)] = id18Of(licence)
		return nil
	})
	for profile, n := range m.licences {
		needed[of[profile]] += n
	}
	if err == nil {
		err = eachOf(m.p.api.query(ctx, "SELECT Id, Name, TotalLicenses, UsedLicenses FROM UserLicense"), func(record Fields) error {
			id, _ := record.text("Id")
			name, _ := record.text("Name")
			total, _ := record["TotalLicenses"].(float64)
			used, _ := record["UsedLicenses"].(float64)
			if n := needed[id18Of(id)]; n > 0 && total >= 0 && float64(n) > total-used {
				notes = append(notes, fmt.Sprintf("%d more licences of %s are needed, and %d of %d are left.", n, name, max(int(total-used), 0), int(total)))
			}
			return nil
		})
	}
	if err != nil {
		notes = append(notes, "Whether the licences suffice could not be checked: "+summary(err)+".")
	}
	slices.Sort(notes)
	return notes
}

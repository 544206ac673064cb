package sfprov

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"
)

// planner makes a plan. One goroutine uses it.
type planner struct {
	p       *Provisioner
	made    *Plan
	desired int

	// accounts are those of desired users. Of these, some have steps, which are kept
	// apart: a plan for very many users holds one account of each.
	accounts map[accountKey]struct{}
	steps    map[accountKey]int
	// creates are the steps that create, by match value.
	creates map[string]int
	// profiles is the column that tells which licences are needed.
	profiles optionalColumns
	// moves are the profiles from and to which a step moves a licence, by step.
	moves map[int]profileMove

	// Accounts that are kept, because a desired user may have them: by match value, and
	// by username. Of a username, true says that any account which bears it is kept,
	// false that one with another match value is not.
	keptValues map[string]bool
	keptNames  map[string]bool
	// nameless is how many desired users there are of whom nothing says which account
	// is theirs.
	nameless int
}

type profileMove struct{ from, to string }

func newPlanner(p *Provisioner, scope Scope) *planner {
	return &planner{
		p: p, made: &Plan{MadeAt: time.Now().UTC().Truncate(time.Second), Scope: scope},
		accounts: map[accountKey]struct{}{}, steps: map[accountKey]int{}, creates: map[string]int{}, moves: map[int]profileMove{},
		keptValues: map[string]bool{}, keptNames: map[string]bool{}, profiles: optionalColumns{names: []string{"ProfileId"}},
	}
}

func (m *planner) plan(ctx context.Context, desired iter.Seq2[User, error]) (*Plan, error) {
	if desired == nil {
		return nil, problem("desired", "is nil; give a sequence, an empty one if there is nobody")
	}
	if err := m.p.checkScope(&m.made.Scope); err != nil {
		return nil, err
	}
	if err := m.compare(ctx, desired); err != nil {
		return nil, err
	}
	if err := m.findAbsent(ctx); err != nil {
		return nil, err
	}
	if err := m.findObstacles(ctx); err != nil {
		return nil, err
	}
	m.made.Notes = append(m.made.Notes, m.missingLicences(ctx)...)
	return m.made, m.made.guard()
}

// compare compares the desired users with their accounts.
func (m *planner) compare(ctx context.Context, desired iter.Seq2[User, error]) error {
	var failed error
	r := newRun(m.p, opPlan, func(o Outcome) error {
		m.desired++
		if step, _ := NextStep(o.Err); step != StepDone && step != StepUser { // it is about the way to the org
			failed = withoutCall(o.Err)
			return o.Err
		}
		if o.Err != nil {
			m.addProblem(o.User, o.Result.ID, o.User.Username, o.Err)
			m.keep(o.User)
		}
		return nil
	}, nil)
	r.columns = &m.profiles
	r.decide = func(it *item, work bool) (bool, error) {
		m.note(it, work)
		return false, nil
	}
	_, err := r.do(ctx, m.p.desiredItems(desired))
	switch {
	case failed != nil:
		return failed
	case r.stop != nil, r.over.err != nil, r.summary.Users == 0:
		return err
	}
	return nil
}

// problemText is what a step tells of an error.
func problemText(err error) string {
	return printable(cause(withoutCall(err)))
}

// withoutCall is the error of a user without the words that name the call and the user,
// since the plan has its own.
func withoutCall(err error) error {
	if call, isCall := err.(*callError); isCall { //nolint:errorlint // as finish made it
		return call.err
	}
	return err
}

// keep notes a desired user of whom it is not known which account is the user's: all
// that may be theirs are kept.
func (m *planner) keep(u User) {
	named := false
	field := m.p.settings.MatchField
	match, problems := m.p.settings.matchOf(u)
	isMatched := len(problems) == 0 && match.set()
	for name, value := range u.Fields {
		text := strings.ToLower(strings.TrimSpace(textOf(value)))
		switch {
		case value == nil || text == "":
		case field != "" && strings.EqualFold(name, field):
			m.keptValues[text] = true
			named = true
		case strings.EqualFold(name, "Username"):
			m.keptNames[text] = !isMatched
			named = true
		}
	}
	if name, problems := m.p.settings.usernameOf(u); len(problems) == 0 {
		m.keptNames[strings.ToLower(name)] = m.keptNames[strings.ToLower(name)] || !isMatched
		named = true
	}
	if !named {
		m.nameless++
	}
}

// accountKey is the ID of a user without what all have in common.
type accountKey [12]byte

func keyOf(id string) (key accountKey) {
	copy(key[:], strings.TrimPrefix(id, prefixUser))
	return key
}

// addProblem adds a step that can't be taken.
func (m *planner) addProblem(u User, id, username string, why error) {
	m.made.Steps = append(m.made.Steps, PlanStep{ID: id, Username: username, User: &u, Problem: problemText(why), reason: why})
}

// spoil makes a step one that can't be taken.
func (m *planner) spoil(index int, why error) {
	step := &m.made.Steps[index]
	step.Action, step.Changes, step.Problem, step.reason = "", nil, problemText(why), why
	delete(m.moves, index)
}

// What stands in the way of two users who are one.
var (
	errSharesAccount = errors.New("another of the desired users has this account")
	errSharesValue   = errors.New("another of the desired users has this value of the match field")
	errSharesName    = &APIError{
		StatusCode: http.StatusOK, inferred: true, Code: "DUPLICATE_USERNAME", Message: "another of the desired users gets this username",
		asked: requestFacts{method: http.MethodPatch, object: "User", record: true},
	}
)

// note adds the step of a user who was compared.
func (m *planner) note(it *item, work bool) {
	index := len(m.made.Steps)
	if id := it.o.account.ID; id != "" {
		if _, twice := m.accounts[keyOf(id)]; twice {
			if earlier, hasStep := m.steps[keyOf(id)]; hasStep {
				m.spoil(earlier, errSharesAccount)
			}
			m.addProblem(it.d.user, id, it.d.username, errSharesAccount)
			return
		}
		m.accounts[keyOf(id)] = struct{}{}
		if work {
			m.steps[keyOf(id)] = index
		}
	}
	if !work {
		m.made.Unchanged++
		return
	}
	step := it.plannedStep()
	user := it.d.user // and not the whole item with it
	step.User = &user
	if it.creation != nil {
		m.keep(it.d.user) // whose account may be there, under this name, without the match value
		value := strings.ToLower(it.d.match.value)
		if earlier, twice := m.creates[value]; twice && value != "" {
			m.spoil(earlier, errSharesValue)
			m.addProblem(it.d.user, "", it.d.username, errSharesValue)
			return
		}
		m.creates[value] = index
	}
	m.moves[index] = it.licenceMove()
	m.made.Steps = append(m.made.Steps, step)
}

// plannedStep is the step that is to be done with a user.
func (it *item) plannedStep() PlanStep {
	if it.creation != nil {
		return PlanStep{
			Action:   Created,
			Username: it.d.username,
			Changes:  append(allOf(it.creation.fields), it.d.access.changes()...),
		}
	}
	foretold := it.cs.planned()
	step := PlanStep{ID: it.o.account.ID, Username: it.d.username, Action: foretold.Action, Changes: foretold.Changes}
	if it.d.login == loginShut {
		step.Username = it.o.account.Username
	}
	return step
}

// changes are those of a user who has nothing.
func (r resolvedAccess) changes() (changes []Change) {
	for _, list := range r.lists {
		for _, entry := range list.wanted {
			changes = append(changes, grantStep(list.kind, entry, "").changes...)
		}
	}
	return changes
}

// licenceMove is what the step of a user moves.
func (it *item) licenceMove() (move profileMove) {
	profile, _ := it.o.account.row.text("ProfileId")
	wanted, named := it.d.fields.text("ProfileId")
	if it.creation != nil {
		wanted, named = it.creation.fields.text("ProfileId")
	}
	if !named {
		wanted = profile
	}
	if it.o.account.Active {
		move.from = id18Of(profile)
	}
	if it.d.login != loginShut {
		move.to = id18Of(wanted)
	}
	return move
}

// findAbsent adds the users in scope who are not desired.
func (m *planner) findAbsent(ctx context.Context) error {
	scope := m.made.Scope
	if scope.KeepAbsent && scope.UsernameSuffix == "" {
		return nil
	}
	if scope.KeepAbsent && !slices.ContainsFunc(m.made.Steps, PlanStep.deactivates) {
		return nil // nobody leaves, so it does not matter how many there are
	}
	own, err := m.p.api.ownUser(ctx)
	switch {
	case err != nil:
		return err
	case own == "" && !scope.KeepAbsent:
		return &unknownSelfError{}
	}
	if err := m.readScope(ctx, own); err != nil {
		return err
	}
	switch {
	case scope.KeepAbsent:
	case m.desired == 0:
		m.made.Notes = append(m.made.Notes, fmt.Sprintf("The input is empty, so none of the %d active users in scope is deactivated.", m.made.InScope))
	case m.nameless > 0:
		m.made.Notes = append(
			m.made.Notes,
			fmt.Sprintf(
				"Of %d desired users nothing says which account is theirs, so nobody is deactivated for not being desired.",
				m.nameless,
			),
		)
	}
	return nil
}

// readScope counts the active users in scope, and adds those who are not desired.
func (m *planner) readScope(ctx context.Context, own string) error {
	scope := m.made.Scope
	query := UserQuery{
		UsernameSuffix: scope.UsernameSuffix,
		ActiveOnly:     true,
		Fields:         slices.Clone(m.profiles.visible()),
		noLogins:       true,
	}
	if field := m.p.settings.MatchField; field != "" {
		query.Fields = append(query.Fields, field)
	}
	keepsAll := scope.KeepAbsent || m.desired == 0 || m.nameless > 0
	err := m.p.streaming(ctx, opUsers, func(ctx context.Context) error {
		return m.p.users(ctx, query, func(account storedUser) bool {
			m.made.InScope++
			if !keepsAll && account.ID != own && !m.mayBeDesired(account) {
				m.addAbsent(account)
			}
			return true
		})
	})
	if isHiddenColumn(err, m.profiles.visible()) {
		m.profiles.hide(err)
		return m.readScope(ctx, own)
	}
	return err
}

// mayBeDesired reports whether an account is, or may be, a desired user's.
func (m *planner) mayBeDesired(a storedUser) bool {
	if _, isDesired := m.accounts[keyOf(a.ID)]; isDesired {
		return true
	}
	value, _ := a.row.text(m.p.settings.MatchField)
	whosever, isNamed := m.keptNames[strings.ToLower(a.Username)]
	return isNamed && (whosever || value == "") || value != "" && m.keptValues[strings.ToLower(value)]
}

func (m *planner) addAbsent(a storedUser) {
	_, changes := m.p.lockOut(a)
	profile, _ := a.row.text("ProfileId")
	m.moves[len(m.made.Steps)] = profileMove{from: id18Of(profile)}
	m.made.Steps = append(m.made.Steps, PlanStep{Action: Deactivated, ID: a.ID, Username: a.Username, Changes: changes})
}

// findObstacles looks for usernames that are held, and will be when the step is taken.
func (m *planner) findObstacles(ctx context.Context) error {
	var takers []int
	var names []string
	freed := map[string]bool{}
	for i, step := range m.made.Steps {
		for _, c := range step.Changes {
			before, _ := c.Before.(string)
			after, _ := c.After.(string)
			if c.Field != "Username" {
				continue
			}
			freed[strings.ToLower(before)] = true
			if step.Action != Deactivated && after != "" {
				takers, names = append(takers, i), append(names, after)
			}
		}
	}
	if len(takers) == 0 {
		return nil
	}
	held, err := m.p.accountsBy(ctx, "Username", names, []string{"Username"})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for n, i := range takers {
		name := strings.ToLower(names[n])
		switch holder := first(held[name]); {
		case seen[name]:
			m.spoil(i, errSharesName)
		case holder.ID != "" && holder.ID != m.made.Steps[i].ID && !freed[name]:
			m.spoil(i, m.problemOfName(m.made.Steps[i], holder))
		}
		seen[name] = true
	}
	return nil
}

// problemOfName says that a username is held.
func (m *planner) problemOfName(step PlanStep, holder storedUser) error {
	match, problems := m.p.settings.matchOf(*step.User)
	matched := len(problems) == 0 && match.set()
	if matched || step.ID != "" {
		asked := wouldCreate(m.p.settings.MatchField, matched)
		if step.ID != "" {
			asked.method, asked.record = http.MethodPatch, true
		}
		return heldBy(holder, asked, "the username is held by another account")
	}
	return heldByUnknown(holder, m.p.settings.MatchField)
}

// missingLicences tells which licences don't suffice, as far as the integration user
// can see that.
func (m *planner) missingLicences(ctx context.Context) (notes []string) {
	if err := m.profiles.hidden(); err != nil && slices.ContainsFunc(m.made.Steps, PlanStep.letsIn) {
		return []string{licencesUnknown(err)}
	}
	byProfile := map[string]int{}
	for _, move := range m.moves {
		if move.from != move.to {
			byProfile[move.from]--
			byProfile[move.to]++
		}
	}
	delete(byProfile, "")
	needs := false
	for _, n := range byProfile {
		needs = needs || n > 0
	}
	if !needs {
		return nil
	}
	needed, err := m.neededLicences(ctx, byProfile)
	if err == nil {
		err = eachOf(
			m.p.api.query(ctx, "SELECT Id, Name, TotalLicenses, UsedLicenses FROM UserLicense"),
			func(row record) error {
				id, _ := row.text("Id")
				name, _ := row.text("Name")
				total, used := row.number("TotalLicenses"), row.number("UsedLicenses")
				if n := needed[id18Of(id)]; n > 0 && total >= 0 && float64(n) > total-used {
					notes = append(
						notes,
						fmt.Sprintf(
							"%d more licences of %s are needed, and %d of %d are left.",
							n,
							name,
							max(int(total-used), 0),
							int(total),
						),
					)
				}
				return nil
			},
		)
	}
	if err != nil {
		notes = append(notes, licencesUnknown(err))
	}
	slices.Sort(notes)
	return notes
}

func licencesUnknown(err error) string {
	why := summary(err)
	if words := Explain(err); words != "" {
		why += ". " + words
	}
	return "Whether the licences suffice could not be checked: " + why + "."
}

// neededLicences are the licences that are needed, from the profiles that need them.
func (m *planner) neededLicences(ctx context.Context, byProfile map[string]int) (map[string]int, error) {
	needed := map[string]int{}
	err := eachOf(m.p.api.query(ctx, "SELECT Id, UserLicenseId FROM Profile"), func(row record) error {
		id, _ := row.text("Id")
		licence, _ := row.text("UserLicenseId")
		needed[id18Of(licence)] += byProfile[id18Of(id)]
		return nil
	})
	return needed, err
}

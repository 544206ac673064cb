package sfprov

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// CheckOption says what [Provisioner.Check] looks at beside the configuration.
type CheckOption func(*checkOptions)

type checkOptions struct {
	write    bool
	writeTo  string // ID of the user; empty: the integration user
	quick    bool
	mapping  *Mapping
	samples  []User
	problems []FieldProblem
}

func (o *checkOptions) problem(field, problem string) {
	o.problems = append(o.problems, FieldProblem{Field: field, Problem: problem})
}

// WithWriteProbe makes the check write: the time zone of one user is set to the value that
// it has. It is a field that every user has and that sends no mail; validation rules,
// flows and triggers of the org run, and the user's LastModifiedDate changes. The user is
// the integration user, who may change itself with fewer rights than others need; name the
// ID of another one to try those. Without this option nothing is ever written.
func WithWriteProbe(userID ...string) CheckOption {
	return func(o *checkOptions) {
		o.write = true
		if len(userID) > 1 {
			o.problem("WithWriteProbe", "is given several users; one is enough")
		}
		for _, id := range userID {
			id18, problem := parseIDOf(prefixUser, id)
			if problem != "" {
				o.problem("WithWriteProbe", problem)
			}
			o.writeTo = id18
		}
	}
}

// WithQuickCheck makes it a readiness probe: a login if there is no token, and one read.
// Other options have no effect then.
func WithQuickCheck() CheckOption { return func(o *checkOptions) { o.quick = true } }

// WithMapping makes the check look at what a mapping writes and names: fields, values,
// profiles, roles, permission sets, groups. What claims bring it can't know.
func WithMapping(m *Mapping) CheckOption {
	return func(o *checkOptions) {
		if m == nil {
			o.problem("WithMapping", "is given no mapping; leave the option out")
			return
		}
		if err := m.Validate(); err != nil {
			o.problem("WithMapping", "is given a mapping that can't be used: "+printable(cut(summary(err), maxMessage)))
			return
		}
		o.mapping = m
	}
}

// maxSamples is how many sample users are looked up, by one query.
const maxSamples = 100

// WithSampleUsers makes the check build the usernames of some users, a hundred at most,
// and tells which can't be, and which somebody has already. Names in other orgs can't be
// seen.
func WithSampleUsers(users ...User) CheckOption {
	return func(o *checkOptions) {
		switch {
		case len(users) == 0:
			o.problem("WithSampleUsers", "is given no users; leave the option out")
		case len(o.samples)+len(users) > maxSamples:
			o.problem("WithSampleUsers", fmt.Sprintf("is given more than %d users", maxSamples))
		default:
			o.samples = append(o.samples, users...)
		}
	}
}

const opCheck = "check"

// maxCheckCalls is how many requests that Salesforce counts a check sends at most.
const maxCheckCalls = 5

// Check looks at the set-up of the org and of this Provisioner, and tells what it found,
// with the cure and the page in Setup: see docs/checks.md for all it looks at. Whatever is
// wrong with the org is a finding. The error is that of an option ([ValidationError]), of
// ctx, or [ErrClosed].
//
// One cause is one failure: what can't be asked because of it is skipped. It makes at most
// one login, none if there is a token, and five API calls, also where [WithAPIReserve]
// would hold other calls back. Nothing is sent again, and nothing is written unless
// [WithWriteProbe] is given.
func (p *Provisioner) Check(ctx context.Context, opts ...CheckOption) (*Report, error) {
	var o checkOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if err := validationError(o.problems); err != nil {
		return nil, decorate(opCheck, "", err)
	}
	ctx, traced := p.traces.call(ctx, opCheck)
	defer traced.left(ctx)
	report, err := p.check(ctx, o)
	traced.end(ctx, Result{}, 0, err)
	return report, err
}

func (p *Provisioner) check(ctx context.Context, o checkOptions) (*Report, error) {
	ctx, call, err := p.enter(ctx, func(int) error { return nil })
	if err != nil {
		return nil, decorate(opCheck, "", err)
	}
	defer p.end(call)
	c := &checker{p: p, o: o, s: p.api.sender, found: map[string]Finding{}}
	c.report = &Report{MadeAt: time.Now(), Org: OrgInfo{Domain: p.settings.Domain, APIVersion: p.settings.APIVersion}}
	c.uses = usesOf(p.settings, o.mapping)
	if ctx.Err() == nil {
		c.run(ctx)
	}
	if ctx.Err() != nil {
		return nil, decorate(opCheck, "", newTransportError(ctx, ctx.Err(), false))
	}
	return c.finished(ctx), nil
}

// checker makes one check.
type checker struct {
	p *Provisioner
	o checkOptions
	s *sender

	report   *Report
	uses     checkUses
	found    map[string]Finding
	stopped  string // the check that failed, behind which nothing can be asked
	calls    int
	loggedIn bool // by this check
	token    *token
	me       string // the integration user's ID
	rights   map[string]bool
	unknown  []string // rights that the org hasn't got
	schema   *Schema
	zone     string // of the user of the write probe
}

// run looks at one thing after the other, as far as it gets.
func (c *checker) run(ctx context.Context) {
	steps := []func(context.Context){c.key, c.host, c.login, c.answers, c.first, c.describe, c.second, c.writeProbe}
	if c.o.quick {
		steps = []func(context.Context){c.login, c.quickRead}
	}
	for _, step := range steps {
		step(ctx)
		if _, stopped := c.blocked(); stopped || ctx.Err() != nil {
			return
		}
	}
}

// blocked is the failure that keeps the rest from being looked at.
func (c *checker) blocked() (Finding, bool) {
	f, made := c.found[c.stopped]
	return f, made
}

func rowOf(id string) checkRow {
	i := slices.IndexFunc(checkRows, func(r checkRow) bool { return r.id == id })
	return checkRows[i]
}

func (c *checker) set(id string, level Level, detail, cure string) {
	row := rowOf(id)
	f := Finding{ID: id, Title: row.title, Level: level, Detail: detail, Cure: cure}
	if level != LevelOK {
		f.Where = whereIn(cure)
		if f.Where == "" {
			f.Where = row.where
		}
	}
	c.found[id] = f
}

func (c *checker) ok(id, detail string)         { c.set(id, LevelOK, detail, "") }
func (c *checker) warn(id, detail, cure string) { c.set(id, LevelWarning, detail, cure) }
func (c *checker) fail(id, detail, cure string) { c.set(id, LevelFailure, detail, cure) }
func (c *checker) skip(id, detail, cure string) { c.set(id, LevelSkipped, detail, cure) }

// skipFor skips a check because of what another found.
func (c *checker) skipFor(id string, cause Finding) {
	c.skip(id, fmt.Sprintf("not looked at, because of %q", cause.Title), mendFirst+cause.ID)
	f := c.found[id]
	f.Where = cause.Where
	c.found[id] = f
}

// stop is fail for what keeps the rest from being asked.
func (c *checker) stop(id, detail, cure string) {
	c.fail(id, detail, cure)
	c.stopped = id
}

// stopBy tells of an error: what happened, and what Explain says of it.
func (c *checker) stopBy(id string, err error) { c.stop(id, c.told(err), cureOf(err)) }

// skipBy skips a check whose request was not answered.
func (c *checker) skipBy(id string, err error) {
	c.skip(id, "could not be asked: "+c.told(err), cureOf(err))
}

// told is the text of an error, without what surrounds it.
func (c *checker) told(err error) string { return cut(summary(err), maxMessage) }

func cureOf(err error) string {
	if text := Explain(err); text != "" {
		return text
	}
	if step, _ := NextStep(err); step == StepAgain {
		return "It may pass by itself: check again in some minutes; https://status.salesforce.com tells about outages"
	}
	return "Look at what Salesforce says, and at the setting that it names"
}

var setupPage = regexp.MustCompile(`\((Setup, [^()]*)\)|(Setup, [A-Z][^().;:]*)`)

// whereIn is the first page of Setup that a cure names.
func whereIn(cure string) string {
	found := setupPage.FindStringSubmatch(cure)
	if found == nil {
		return ""
	}
	return strings.TrimSpace(found[1] + found[2])
}

// finished is the report: what was looked at, and what was not.
func (c *checker) finished(ctx context.Context) *Report {
	cause, stopped := c.blocked()
	for _, row := range checkRows {
		if c.o.quick && !slices.Contains(quickChecks, row.id) || row.when != nil && !row.when(c) {
			continue
		}
		if _, made := c.found[row.id]; !made {
			if stopped {
				c.skipFor(row.id, cause)
			} else {
				c.skip(row.id, "could not be asked", "Check again; if it stays so, look at the findings above")
			}
		}
		c.report.Findings = append(c.report.Findings, c.clean(ctx, c.found[row.id]))
	}
	c.report.APICalls = c.calls
	org := &c.report.Org
	for _, text := range []*string{
		&org.ID, &org.Name, &org.Edition, &org.Instance, &org.IntegrationUser.ID, &org.IntegrationUser.Username, &org.IntegrationUser.Profile, &org.IntegrationUser.License,
	} {
		*text = c.cleanText(ctx, *text, maxName)
	}
	return c.report
}

// maxDetail bounds what a finding says.
const maxDetail = 2000

func (c *checker) clean(ctx context.Context, f Finding) Finding {
	for _, text := range []*string{&f.Detail, &f.Cure, &f.Where} {
		*text = c.cleanText(ctx, *text, maxDetail)
	}
	return f
}

// cleanText takes out secrets, and what a terminal would take for a command.
func (c *checker) cleanText(ctx context.Context, text string, most int) string {
	secrets := slices.Concat(c.s.tokens.credentials.secrets(), secretsIn(ctx))
	if c.token != nil {
		secrets = append(secrets, c.token.value)
	}
	return printable(scrub(text, most, secrets...))
}

// errNoCallsLeft is why something is not asked any more.
var errNoCallsLeft = errors.New("the check has sent as many requests as it may")

package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Options say how to ask.
type Options struct {
	Write    bool                             // ask those that create and change a user, too
	Client   *http.Client                     // for tests; empty means one of its own
	Progress func(done, all int, name string) // is told before each probe
	Say      func(format string, args ...any) // is told what an administrator has to know
}

// ErrNoLogin says that the org gave no token, so that little could be asked.
var ErrNoLogin = errors.New("the org gave no token, so most probes were not asked; answer 101 has what it said")

// ErrLeftActive says that the user who was created could not be deactivated.
var ErrLeftActive = errors.New("the user who was created is perhaps still active")

// runner is a run under way.
type runner struct {
	set    Settings
	opt    Options
	client *http.Client
	values map[string]string // of the placeholders
	clean  *scrubber
	cost   Cost
	begun  bool // a create was sent
	off    bool // and the user was deactivated
	free   bool // and renamed
}

// Run asks an org. There is a report even with an error, unless nothing was sent. When ctx
// ends, no more is asked, but what was created is still deactivated and released.
func Run(ctx context.Context, set Settings, opt Options) (Report, error) {
	r := &runner{set: set, opt: opt, client: opt.Client, values: map[string]string{}, clean: &scrubber{known: map[string]string{}}}
	if err := r.prepare(); err != nil {
		return Report{}, err
	}
	report := Report{
		Format: format, Org: set.kind(), APIVersion: set.Config.APIVersion, Grant: string(set.Config.GrantType), Write: opt.Write,
	}
	probes := Probes()
	for i, p := range probes {
		if opt.Progress != nil {
			opt.Progress(i, len(probes), p.Name)
		}
		report.Answers = append(report.Answers, r.ask(ctx, p))
	}
	report.Interrupted = ctx.Err() != nil
	report.Cost = r.cost
	report.Left = r.left()
	switch {
	case r.begun && !r.off:
		return report, ErrLeftActive
	case r.values["token"] == "":
		return report, ErrNoLogin
	}
	return report, ctx.Err()
}

// prepare finds the values that are known beforehand.
func (r *runner) prepare() error {
	c := r.set.Config
	if r.client == nil {
		client, err := r.set.newClient()
		if err != nil {
			return err
		}
		r.client = client
	}
	withoutRedirects := *r.client
	withoutRedirects.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r.client = &withoutRedirects
	if err := r.set.addAssertions(r.values, time.Now()); err != nil {
		return err
	}
	random := strings.ToLower(rand.Text()[:12])
	for name, value := range map[string]string{
		"client-id": c.ClientID, "client-secret": string(c.ClientSecret), "version": "v" + c.APIVersion,
		"login-username": c.Username, "login-password": string(c.Password), "profile": r.set.ProfileID,
		"random": random, "new-username": "Probe-" + random + "@sfprov-probe.example",
		"new-email": "sfprov-probe-" + random + "@example.com", "other-email": "sfprov-probe-other-" + random + "@example.com",
		"new-federation-id": "Sfprov-Probe-" + random, "released-username": "released-" + random + "@sfprov-probe.example",
		"nobody": "nobody-" + random + "@sfprov-probe.example", "long": strings.Repeat("x", 17000),
		"long-name":               strings.Repeat("p", 81-len("@sfprov-probe.example")) + "@sfprov-probe.example",
		"password-without-digits": strings.Repeat("q", 8) + random[:8],
		"an-hour-ago":             time.Now().UTC().Add(-time.Hour).Format(time.RFC3339),
		"a-minute-ago":            time.Now().UTC().Add(-time.Minute).Format(time.RFC3339),
	} {
		if value != "" {
			r.values[name] = value
			if name != "version" && name != "long" {
				r.clean.learn(value, "<"+name+">")
			}
		}
	}
	r.values["new-federation-id-upper"] = strings.ToUpper(r.values["new-federation-id"])
	for name, value := range r.values {
		if strings.HasPrefix(name, "assertion") {
			r.clean.learn(value, "<"+name+">")
		}
	}
	for _, address := range []string{c.Domain, c.TokenEndpoint} {
		_, host, _ := strings.Cut(address, "://")
		host, _, _ = strings.Cut(host, "/")
		r.clean.learn(host, "<host>")
		mine, _, _ := strings.Cut(host, ".")
		if mine != "login" && mine != "test" {
			r.clean.learn(mine, "<domain>")
		}
	}
	return nil
}

// ask asks one probe, or says why not.
func (r *runner) ask(ctx context.Context, p Probe) Answer {
	a := Answer{Number: p.Number, Name: p.Name}
	if p.NotAsked != "" {
		a.Skipped = p.NotAsked
		return a
	}
	if p.form != nil && p.form[0] == "<login>" {
		p.form = r.set.loginForm()
	}
	a.Method, a.Path, a.Sent = p.Method, p.Path, p.sent()
	if p.SOQL != "" {
		a.Path += "?q=" + p.SOQL
	}
	switch {
	case p.Write && !r.opt.Write:
		a.Skipped = "it changes the org; --write asks it"
		return a
	case p.release && r.begun:
		return r.release(ctx, p, a)
	case ctx.Err() != nil:
		a.Skipped = "interrupted"
		return a
	}
	r.send(ctx, p, &a)
	return a
}

func (r *runner) send(ctx context.Context, p Probe, a *Answer) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	req, missing, err := r.request(ctx, p)
	switch {
	case err != nil:
		a.Failed = err.Error()
		return
	case missing != "":
		a.Skipped = "there is no " + missing + " to ask it with"
		return
	}
	r.clean.sending(p)
	r.begun = r.begun || p.Name == createName
	got, answered := r.exchange(req, p, a)
	if !answered {
		return
	}
	r.learnNew(p, got)
	if p.look != nil {
		a.Seen = p.look(got)
	}
}

// release deactivates the user, or sets the names free. It is tried twice, also
// when the run was interrupted or the create went unanswered.
func (r *runner) release(ctx context.Context, p Probe, a Answer) Answer {
	ctx = context.WithoutCancel(ctx)
	if r.values["new"] == "" && !r.off { // off says that there is none
		r.findNew(ctx)
	}
	if r.values["new"] == "" {
		a.Skipped = "there is no user"
		return a
	}
	blank := a
	for range 2 {
		a = blank
		r.send(ctx, p, &a)
		if a.Status == http.StatusNoContent {
			break
		}
	}
	done := a.Status == http.StatusNoContent
	switch p.Name {
	case deactivateName:
		r.off = done
	case releaseName:
		r.free = done
	}
	return a
}

// lookup asks for the user by username, when its creation was not answered.
func lookup() Probe {
	return Probe{Method: http.MethodGet, Path: queryPath, SOQL: "SELECT Id FROM User WHERE Username = '<new-username>'"}
}

func (r *runner) findNew(ctx context.Context) {
	var a Answer
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	p := lookup()
	req, missing, err := r.request(ctx, p)
	if err != nil || missing != "" {
		return
	}
	if got, answered := r.exchange(req, p, &a); answered && got.status == http.StatusOK {
		r.values["new"] = firstID(got.body)
		if r.values["new"] == "" { // it was never created
			delete(r.values, "new")
			r.off, r.free = true, true
		}
	}
}

// left says what stays behind.
func (r *runner) left() string {
	if !r.begun || r.values["new"] == "" && r.off {
		return ""
	}
	if r.values["new"] == "" && r.opt.Say != nil {
		r.opt.Say("look for the user %s: its creation was not answered", r.values["new-username"])
		return "perhaps a user: the creation was not answered, nor the search for it"
	}
	text := "one user, inactive and renamed; Salesforce deletes no users"
	switch {
	case !r.off:
		text = "one user, perhaps still active: deactivate it by hand"
	case !r.free:
		text = "one user, inactive, who keeps the made-up username"
	}
	if r.opt.Say != nil {
		r.opt.Say("the user %s stays behind: %s", r.values["new"], text)
	}
	return text
}

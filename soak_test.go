package sfprov_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

var (
	soakDays   = flag.Int("soak.days", 50, "days of TestSoak")
	soakPeople = flag.Int("soak.people", 200, "people of TestSoak, at the beginning")
	soakSeed   = flag.Uint64("soak.seed", 1, "seed of TestSoak")
)

// firm is a company with a directory, an org, and a service that keeps the two in step, as
// the days go by.
type firm struct {
	t      *testing.T
	org    *sfprovtest.Org
	random *rand.Rand
	dir    *people
	gone   []string // who has left, and may come back
	next   int      // number of who is hired next
	late   []lateEvent

	secret  *rotatingSecret
	version string
	service *service

	trail  trail
	days   []soakDay
	memory []int // KiB that the service held, each time before it was restarted
}

// lateEvent is an event that comes hours after the change, in the order of coming.
type lateEvent struct {
	at time.Time
	id string
}

// until lets the time go by, with the late events that come meanwhile.
func (f *firm) until(t time.Time) {
	for len(f.late) > 0 && !f.late[0].at.After(t) {
		<-time.After(time.Until(f.late[0].at))
		f.event(f.late[0].id)
		f.late = f.late[1:]
	}
	<-time.After(time.Until(t))
}

// soakDay is what a day came to.
type soakDay struct {
	events, calls, dead, wrong int
	incidents                  []string
}

// service is the process that follows the directory: what it remembers is gone when it is
// started anew.
type service struct {
	p        *sfprov.Provisioner
	follower *sfprov.Follower
	work     sync.WaitGroup
	mu       sync.Mutex
	held     []string // events that wait for a person to mend the set-up
	dead     map[string]error
}

// trail is what the results said, account by account: the state that they add up to.
type trail struct {
	mu       sync.Mutex
	accounts map[string]sfprov.Fields
}

func (tr *trail) note(r sfprov.Result) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if r.ID == "" {
		return
	}
	if tr.accounts[r.ID] == nil {
		tr.accounts[r.ID] = sfprov.Fields{}
	}
	for _, c := range r.Changes {
		tr.accounts[r.ID][c.Field] = c.After
	}
}

// rotatingSecret is a transport before the org, which takes the client secret of the day.
type rotatingSecret struct {
	base    http.RoundTripper
	mu      sync.Mutex
	own     sfprov.Secret // the org's, which never changes
	current sfprov.Secret
}

func (s *rotatingSecret) rotate(to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = sfprov.Secret(to)
}

func (s *rotatingSecret) ask(context.Context) (sfprov.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sfprov.Credentials{ClientSecret: s.current}, nil
}

func (s *rotatingSecret) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/token") {
		return s.base.RoundTrip(r)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	right := form.Get("client_secret") == string(s.current)
	s.mu.Unlock()
	if right {
		form.Set("client_secret", string(s.own))
	}
	r = r.Clone(r.Context())
	text = []byte(form.Encode())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return s.base.RoundTrip(r)
}

// start starts the service, as a deployment does.
func (f *firm) start() {
	cfg := f.org.Config()
	cfg.ProvisioningDomain, cfg.MatchField, cfg.APIVersion, cfg.ClientSecret = "primary.com", "FederationIdentifier", f.version, ""
	p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: f.secret}), sfprov.WithCredentials(f.secret.ask))
	require.NoError(f.t, err)
	s := &service{p: p, dead: map[string]error{}}
	s.follower = sfprov.NewFollower(p, f.dir, sfprov.WithBatcher(sfprov.NewBatcher(p)),
		sfprov.WithReconcileScope(sfprov.Scope{MaxDeactivations: 30}),
		sfprov.WithLearned(func(_ string, r sfprov.Result) { f.trail.note(r) }),
		sfprov.WithReconciled(func(o sfprov.Outcome) { f.trail.note(o.Result) }))
	f.service = s
}

// restart ends the service, whose events come to their end, and starts it anew, with those
// that waited for a person.
func (f *firm) restart() {
	f.service.work.Wait()
	require.NoError(f.t, f.service.p.Close(f.t.Context()))
	held, before := f.service.held, heapKiB()
	f.service = nil
	f.memory = append(f.memory, before-heapKiB())
	f.start()
	for _, id := range held {
		f.event(id)
	}
}

// heapKiB is what is in use, garbage aside.
func heapKiB() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc >> 10)
}

// event is worked on as a queue does: again after what the error asks for, by a person, or
// once the set-up is mended.
func (f *firm) event(id string) {
	s := f.service
	s.work.Go(func() {
		for pause := time.Second; ; pause = min(2*pause, time.Minute) {
			ctx, cancel := context.WithTimeout(f.t.Context(), 20*time.Second)
			result, err := s.follower.Changed(ctx, id)
			cancel()
			f.trail.note(result)
			switch step, wait := sfprov.NextStep(err); step {
			case sfprov.StepDone:
				return
			case sfprov.StepUser:
				s.mu.Lock()
				s.dead[id] = err
				s.mu.Unlock()
				return
			case sfprov.StepSetup:
				s.mu.Lock()
				s.held = append(s.held, id)
				s.mu.Unlock()
				return
			case sfprov.StepAgain, sfprov.StepResolve:
				<-time.After(cmp.Or(wait, pause))
			}
		}
	})
}

// change changes somebody in the directory, and says who it was.
func (f *firm) change() string {
	f.dir.mu.Lock()
	var ids []string
	for id := range f.dir.users {
		ids = append(ids, id)
	}
	f.dir.mu.Unlock()
	slices.Sort(ids)
	id := ids[f.random.IntN(len(ids))]
	f.dir.mu.Lock()
	u := f.dir.users[id]
	f.dir.mu.Unlock()
	changed := employee(u.Username, id)
	maps.Copy(changed.Fields, u.Fields)
	switch kind := f.random.IntN(20); {
	case kind < 3: // hired
		id = fmt.Sprint("E-", f.next)
		changed = titled(fmt.Sprint("user", f.next), id, "new")
		f.next++
	case kind < 5 && len(f.gone) > 0: // came back
		last := len(f.gone) - 1
		id, f.gone = f.gone[last], f.gone[:last]
		changed = titled("user"+strings.TrimPrefix(id, "E-"), id, "returned")
	case kind < 8: // leaves
		f.dir.remove(id)
		f.gone = append(f.gone, id)
		return id
	case kind < 10: // has another name
		changed.Username = fmt.Sprintf("%s.%d", u.Username[:min(len(u.Username), 20)], f.random.IntN(1000))
		changed.Fields["LastName"] = fmt.Sprint("Name ", f.random.IntN(1000))
	default: // moves
		changed.Fields["Title"] = fmt.Sprint("title ", f.random.IntN(1000))
		changed.Fields["Department"] = fmt.Sprint("department ", f.random.IntN(20))
	}
	f.dir.set(changed)
	return id
}

// day lets a day go by: changes from nine to five, incidents, and a reconciliation at night.
func (f *firm) day(n int) {
	today := soakDay{}
	begin := time.Now().Truncate(24 * time.Hour)
	until := func(hour float64) { f.until(begin.Add(time.Duration(hour * float64(time.Hour)))) }
	before := len(f.org.Requests())
	happens := func(what string, isSo bool) bool {
		if isSo {
			today.incidents = append(today.incidents, what)
		}
		return isSo
	}
	f.org.SetAPIUsage(0, 100_000)
	if happens("faults", n%13 == 7) {
		f.org.SetFaultPlan(sfprovtest.FaultPlan{Seed: uint64(n), Rules: []sfprovtest.FaultRule{{Path: "/data/", Probability: 0.05, Faults: []sfprovtest.Fault{
			sfprovtest.GatewayHTML(502), sfprovtest.LostAnswer(), sfprovtest.LockedRow(), sfprovtest.ServerUnavailable(), sfprovtest.Dropped(),
		}}}})
	}
	until(8)
	if happens("restart", n%11 == 4) {
		f.restart()
	}
	if happens("secret rotated", n%30 == 10) {
		f.secret.rotate(fmt.Sprint("secret of day ", n))
		f.org.ExpireTokens()
	}
	orgDown, sourceDown := happens("org down", n%17 == 3), happens("source down", n%19 == 5)
	limit, retired := happens("daily limit", n%45 == 20), happens("version retired", n == *soakDays/2)
	for range 8 * 4 {
		until(9 + 8*float64(today.events)/32)
		today.events++
		hour := time.Now().Hour()
		if orgDown && hour == 10 {
			f.org.KeepControl(sfprovtest.On("", "", sfprovtest.ServerUnavailable()))
			orgDown = false
		} else if hour == 12 && slices.Contains(today.incidents, "org down") {
			f.org.ClearControls()
		}
		f.dir.mu.Lock()
		if f.dir.err = nil; sourceDown && (hour == 14 || hour == 15) {
			f.dir.err = errors.New("the directory does not answer")
		}
		f.dir.mu.Unlock()
		if limit && hour == 15 {
			f.org.SetAPIUsage(100_000, 100_000)
			limit = false
		}
		if retired && hour == 11 {
			f.org.SetAPIVersions(67, 70)
			f.version = "68.0"
			retired = false
		}
		id := f.change()
		switch delivery := f.random.IntN(20); delivery {
		case 0: // lost
		case 1: // late
			f.late = append(f.late, lateEvent{at: time.Now().Add(5 * time.Hour), id: id})
		case 2: // doubled
			f.event(id)
			f.event(id)
		default:
			f.event(id)
		}
	}
	until(18)
	f.dir.mu.Lock()
	f.dir.err = nil
	f.dir.mu.Unlock()
	f.org.SetAPIUsage(50_000, 100_000) // some dropped out of the count
	f.service.mu.Lock()
	isBroken := len(f.service.held) > 0
	f.service.mu.Unlock()
	if isBroken { // somebody has read the alarm, and upgraded
		f.restart()
	}
	until(23)
	f.org.ClearControls()
	for tries := 0; ; tries++ {
		_, _, err := f.service.follower.Reconcile(f.t.Context())
		step, wait := sfprov.NextStep(err)
		if step != sfprov.StepAgain || tries == 5 {
			require.NotEqual(f.t, sfprov.StepSetup, step, "%v", err)
			break
		}
		<-time.After(max(wait, time.Minute))
	}
	f.service.work.Wait()
	today.dead, today.wrong = len(f.service.dead), f.wrong(n)
	clear(f.service.dead)
	today.calls = len(f.org.Requests()) - before
	f.org.ResetRequests()
	f.days = append(f.days, today)
	until(24)
}

// wrong is how many accounts are not as the directory says, or not as the trail adds up to.
func (f *firm) wrong(day int) (wrong int) {
	complain := func(format string, args ...any) {
		if wrong++; wrong < 4 {
			f.t.Errorf("day %d: "+format, append([]any{day}, args...)...)
		}
	}
	seen := map[string]bool{}
	for _, account := range f.org.Users() {
		id, _ := account.Fields["FederationIdentifier"].(string)
		if id == "" {
			continue
		}
		if seen[id] {
			complain("%s has two accounts", id)
		}
		seen[id] = true
		u, here := f.dir.users[id]
		switch {
		case here != account.Active:
			complain("%s: here is %v, active is %v", id, here, account.Active)
		case here && (account.Username != u.Username+"@primary.com" || account.Fields["LastName"] != u.Fields["LastName"] || account.Fields["Title"] != u.Fields["Title"]):
			complain("%s is %v %v, and should be %v", id, account.Username, account.Fields["Title"], u)
		}
		told := f.trail.accounts[account.ID]
		for _, name := range []string{"Username", "LastName", "Title", "IsActive"} {
			is := any(account.Username)
			if name == "IsActive" {
				is = account.Active
			} else if name != "Username" {
				is = account.Fields[name]
			}
			if told[name] != is {
				complain("%s: the trail adds up to %s = %v, and it is %v", id, name, told[name], is)
			}
		}
	}
	for id := range f.dir.users {
		if !seen[id] {
			complain("%s has no account", id)
		}
	}
	return wrong
}

// TestSoak lets a company work for many days: people are hired, move, change their names,
// leave and come back; events are lost, late and doubled; the org and the directory are down,
// requests fail, the daily limit is reached, secrets are rotated, an API version is retired,
// the service is restarted. Each night after the reconciliation the org is what the directory
// says, and the trail adds up. "make soak" is a year of 2,000 people.
func TestSoak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		org.SetLicenses("Salesforce", 100_000)
		f := &firm{
			t: t, org: org, random: rand.New(rand.NewPCG(*soakSeed, 0)), dir: newPeople(), version: "66.0", trail: trail{accounts: map[string]sfprov.Fields{}},
			secret: &rotatingSecret{base: org.Client().Transport, own: org.Config().ClientSecret, current: "the first secret"},
		}
		for ; f.next < *soakPeople; f.next++ {
			f.dir.set(titled(fmt.Sprint("user", f.next), fmt.Sprint("E-", f.next), "founder"))
		}
		f.start()
		_, _, err := f.service.follower.Reconcile(t.Context())
		require.NoError(t, err)
		org.ResetRequests()
		<-time.After(time.Until(time.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)))
		for n := range *soakDays {
			f.day(n)
			if t.Failed() {
				break
			}
		}
		f.restart()
		total := soakDay{}
		for n, day := range f.days {
			total.events, total.calls, total.dead, total.wrong = total.events+day.events, total.calls+day.calls, total.dead+day.dead, total.wrong+day.wrong
			t.Logf("day %3d: %3d events, %4d API calls, %d dead, %d wrong %v", n, day.events, day.calls, day.dead, day.wrong, day.incidents)
		}
		t.Logf("%d days, %d people at the end: %d events, %d API calls, %d wrong; the service held %v KiB when it was restarted", len(f.days), len(f.dir.users), total.events, total.calls, total.wrong, f.memory)
		assert.Zero(t, total.wrong)
		for _, kib := range f.memory {
			if *soakDays > 50 { // else other tests run beside it, which hold memory, too
				assert.Less(t, kib, 8<<10, "the service holds no more than at the beginning, however many days go by")
			}
		}
	})
}

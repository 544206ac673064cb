package sfprov_test

import (
	"context"
	"encoding/json"
	"net/http"
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

// loseAnswers makes the first n requests of a method to a path meet a fault, in place of what
// loseAnswers has set before. A part of a composite request is one of them. What is no answer
// of Salesforce's to a part, such as a gateway's, is that to the whole.
func loseAnswers(org *sfprovtest.Org, n int, method, path string, fault sfprovtest.Fault) {
	isOfWhole := fault.Status >= 502 || fault.Status > 0 && !json.Valid([]byte(fault.Body)) || strings.Contains(fault.Body, "REQUEST_LIMIT_EXCEEDED")
	current := new(int)
	losing.Store(org, current)
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if latest, _ := losing.Load(org); latest != current || n == 0 {
			return nil
		}
		isMet := r.Method == method && strings.Contains(r.Path, path)
		if parts := partsOf(r.Path, r.Body); len(parts) > 0 {
			isMet = isOfWhole && slices.ContainsFunc(parts, func(p part) bool { return p.Method == method && strings.Contains(p.URL, path) })
		}
		if !isMet {
			return nil
		}
		n--
		return &fault
	})
}

// blindAfter makes n queries fail after the first request of a method to a path, which
// a part of a composite request may be. It is to be set before what that one meets.
func blindAfter(org *sfprovtest.Org, n int, method, path string, fault sfprovtest.Fault) {
	isBlind := false
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		isOnlyQueries := false
		for _, p := range partsOf(r.Path, r.Body) {
			isOnlyQueries = p.Method == http.MethodGet && strings.Contains(p.URL, "/query")
		}
		switch isQuery := r.Method == http.MethodGet && strings.Contains(r.Path, "/query"); {
		case r.Method == method && strings.Contains(r.Path, path):
			isBlind = true
		case isBlind && n > 0 && (isQuery || isOnlyQueries):
			n--
			return &fault
		}
		return nil
	})
}

var losing sync.Map // what lose has set last, by org

// part is a part of a composite request.
type part struct{ Method, URL string }

func partsOf(path string, body []byte) []part {
	var composite struct{ CompositeRequest []part }
	if !strings.HasSuffix(path, "/composite") || json.Unmarshal(body, &composite) != nil {
		return nil
	}
	return composite.CompositeRequest
}

// requestsSent counts the requests of a method whose path contains a text, parts of composite
// requests among them.
func requestsSent(org *sfprovtest.Org, method, path string) int {
	n := 0
	count := func(m, p string) {
		if m == method && strings.Contains(p, path) {
			n++
		}
	}
	for _, r := range org.Requests() {
		count(r.Method, r.Path)
		for _, p := range partsOf(r.Path, r.Body) {
			count(p.Method, p.URL)
		}
	}
	return n
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, test func(t *testing.T, org *sfprovtest.Org)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			test(t, sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork()))
		})
	})
}

const everyTime = 1000

// Whatever happens to the answer of a create: it ends with one account and a
// Result that names it.
func TestALostCreateIsFoundOutAbout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault        sfprovtest.Fault
		posts, looks int
	}{
		"done":                   {sfprovtest.LostAnswer(), 1, 1},
		"done, the answer cut":   {sfprovtest.CutAnswer(), 1, 1},
		"done, a gateway's 502":  {sfprovtest.Fault{Status: 502, Commit: true}, 1, 1},
		"done, a gateway's 503":  {sfprovtest.Fault{Status: 503, Commit: true}, 1, 1},
		"done, a 200 with HTML":  {sfprovtest.Fault{Status: 200, Body: "<html>", Commit: true}, 1, 1},
		"done, a 201 without ID": {sfprovtest.Fault{Status: 201, Body: `{"id":"","success":true}`, Commit: true}, 1, 1},
		"not done":               {sfprovtest.Dropped(), 2, 1},
		"reset":                  {sfprovtest.Reset(), 2, 1},
		"a gateway's 504":        {sfprovtest.GatewayHTML(504), 2, 1},
		"a gateway's 503":        {sfprovtest.GatewayHTML(503), 2, 1},
		"a huge body":            {sfprovtest.HugeBody(), 2, 1},
		"failed inside":          {sfprovtest.UnknownException(), 2, 1},
		"too busy":               {sfprovtest.ServerUnavailable(), 2, 1},
		"a locked row":           {sfprovtest.LockedRow(), 2, 0},
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			loseAnswers(org, 1, http.MethodPost, "/sobjects/User", test.fault)
			result, err := provisionerIn(t, org).Create(t.Context(), alice())
			require.NoError(t, err)
			require.Len(t, org.Users(), 1)
			assert.Equal(t, sfprov.Result{ID: org.Users()[0].ID, Username: "alice@primary.com", Action: sfprov.Created}, result)
			assert.Equal(t, test.posts, requestsSent(org, http.MethodPost, "/sobjects/User"))
			assert.Equal(t, test.looks, requestsSent(org, http.MethodGet, "/query"))
		})
	}
	bubble(t, "done, and each time a gateway's 503", func(t *testing.T, org *sfprovtest.Org) {
		loseAnswers(org, 3, http.MethodPost, "/sobjects/User", sfprovtest.GatewayHTML(503))
		org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
			if r.Method != http.MethodPost || requestsSent(org, http.MethodPost, "/sobjects/User") < 3 {
				return nil
			}
			return &sfprovtest.Fault{Status: 503, Commit: true}
		})
		result, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.NoError(t, err, "the last attempt is looked after, too")
		assert.Equal(t, sfprov.Created, result.Action)
	})
	// The look finds nothing, the create is sent again, and is refused: the lost one
	// was done meanwhile.
	bubble(t, "done after the look", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LateCommit(time.Second)))
		org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.SlowHeaders(2*time.Second)))
		result, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.NoError(t, err)
		require.Len(t, org.Users(), 1)
		assert.Equal(t, sfprov.Created, result.Action)
		assert.Equal(t, org.Users()[0].ID, result.ID)
		assert.Equal(t, 2, requestsSent(org, http.MethodPost, "/sobjects/User"))
	})
}

func TestALostCreateTakesNobodysAccount(t *testing.T) {
	t.Parallel()
	// Each account is there when the answer is lost; the org has refused the create.
	for name, prepare := range map[string]func(*sfprovtest.Org) string{
		"was there before": func(org *sfprovtest.Org) string {
			id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "LastName": "Jones", "Email": "alice@primary.com", "Alias": "alice"})
			org.SetUser(id, sfprov.Fields{"CreatedDate": time.Now().Add(-24 * time.Hour)})
			return id
		},
		"made by somebody else": func(org *sfprovtest.Org) string {
			id := org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "LastName": "Jones", "Email": "alice@primary.com", "Alias": "alice"})
			org.SetUser(id, sfprov.Fields{"CreatedById": org.AddUser(nil)})
			return id
		},
		"another person": func(org *sfprovtest.Org) string {
			return org.AddUser(sfprov.Fields{"Username": "alice@primary.com", "LastName": "Smith", "Email": "alice@primary.com"})
		},
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			id := prepare(org)
			before, _ := org.User(id)
			loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer())
			result, err := provisionerIn(t, org).Create(t.Context(), alice())
			require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
			require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.Empty(t, result)
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, id, apiErr.Existing)
			after, _ := org.User(id)
			assert.Equal(t, before, after)
		})
	}
	bubble(t, "taken in another org", func(t *testing.T, org *sfprovtest.Org) {
		org.TakeUsername("alice@primary.com")
		loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer())
		_, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	})
}

func TestALostCreateWithAMatchField(t *testing.T) {
	t.Parallel()
	bubble(t, "its own account", func(t *testing.T, org *sfprovtest.Org) {
		loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer())
		result, err := provisionerIn(t, org, matching).Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
	})
	for name, username := range map[string]string{"an account of that name": "alice@primary.com", "an account of another name": "a.jones@old.example"} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			id := org.AddUser(sfprov.Fields{"Username": username, "FederationIdentifier": "E-1", "LastName": "Jones-Smith"})
			loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer())
			result, err := provisionerIn(t, org, matching).Create(t.Context(), employee("alice", "E-1"))
			require.NoError(t, err)
			changes := []sfprov.Change{{Field: "Email", Before: "seed10@sfprovtest.example", After: "alice@primary.com"}, {Field: "LastName", Before: "Jones-Smith", After: "Jones"}}
			if username != "alice@primary.com" {
				changes = append(changes, sfprov.Change{Field: "Username", Before: username, After: "alice@primary.com"})
			}
			assert.Equal(t, sfprov.Result{ID: id, Username: "alice@primary.com", Action: sfprov.Adopted, Changes: changes}, result)
			assert.Len(t, org.Users(), 1)
		})
	}
}

// Not done, and safe to call again.
func TestACreateThatWasNotDoneSaysSo(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sfprovtest.Fault{
		"503": sfprovtest.GatewayHTML(503), "too busy": sfprovtest.ServerUnavailable(),
		"failed inside": sfprovtest.UnknownException(), "a locked row": sfprovtest.LockedRow(),
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			p := provisionerIn(t, org)
			loseAnswers(org, everyTime, http.MethodPost, "/sobjects/User", fault)
			result, err := p.Create(t.Context(), alice())
			require.ErrorIs(t, err, sfprov.ErrUnavailable)
			require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
			assert.True(t, sfprov.Retryable(err))
			assert.Empty(t, result)
			assert.Equal(t, 4, requestsSent(org, http.MethodPost, "/sobjects/User"), "the attempts of the policy, looks or not")
			assert.Contains(t, err.Error(), `create "alice@primary.com"`)

			org.ClearControls()
			result, err = p.Create(t.Context(), alice())
			require.NoError(t, err)
			assert.Equal(t, sfprov.Created, result.Action)
		})
	}
}

// Outcome unknown, with what is known.
func TestACreateThatCannotBeFoundOutAbout(t *testing.T) {
	t.Parallel()
	unknown := func(t *testing.T, err error) {
		t.Helper()
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
		var lost *sfprov.UnconfirmedError
		require.ErrorAs(t, err, &lost)
		assert.Equal(t, "alice@primary.com", lost.Username)
		assert.Equal(t, "Jones", lost.Sent["LastName"])
		assert.False(t, lost.LostAt.Before(lost.SentAt))
	}
	bubble(t, "the look fails", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		loseAnswers(org, everyTime, http.MethodGet, "/query", sfprovtest.GatewayHTML(502))
		_, err := p.Create(t.Context(), alice())
		unknown(t, err)
		assert.False(t, sfprov.Retryable(err), "without a match field, the same call could not tell")
		require.ErrorIs(t, err, sfprov.ErrUnavailable)
		assert.Contains(t, err.Error(), "a look did not tell")

		org.ClearControls()
		result, err := p.Resolve(t.Context(), err)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
		assert.Len(t, org.Users(), 1)
	})
	bubble(t, "the look is about nothing", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		loseAnswers(org, 1, http.MethodGet, "/query", sfprovtest.Refuse(404, "NOT_FOUND", "The requested resource does not exist"))
		_, err := p.Create(t.Context(), alice())
		unknown(t, err)
		require.NotErrorIs(t, err, sfprov.ErrNotFound, "the query is not there, which says nothing about the user")
	})
	bubble(t, "with a match field, the same call finds out", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org, matching)
		blindAfter(org, everyTime, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		_, err := p.Create(t.Context(), employee("alice", "E-1"))
		unknown(t, err)
		assert.True(t, sfprov.Retryable(err))
		org.ClearControls()
		result, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Adopted, result.Action)
		assert.Len(t, org.Users(), 1)
	})
	bubble(t, "with a match field, it stays unknown until something is known", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org, matching)
		blindAfter(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.DailyLimit())
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		_, err := p.Create(t.Context(), employee("alice", "E-1"))
		unknown(t, err)
		assert.Equal(t, time.Hour, sfprov.RetryAfter(err), "as the look says")
		for step, fault := range map[sfprov.Step]sfprovtest.Fault{sfprov.StepSetup: sfprovtest.Redirect(302, "https://elsewhere.example/"), sfprov.StepAgain: sfprovtest.DailyLimit()} {
			loseAnswers(org, everyTime, http.MethodPost, "/sobjects/User", fault)
			_, err = p.Create(t.Context(), employee("alice", "E-1"))
			unknown(t, err)
			next, _ := sfprov.NextStep(err)
			assert.Equal(t, step, next, err.Error())
		}
		org.ClearControls()
		result, err := p.Create(t.Context(), employee("alice", "E-1"))
		require.NoError(t, err)
		assert.Equal(t, sfprov.Adopted, result.Action)
	})
	bubble(t, "the context ends", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.SlowHeaders(time.Hour)))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		_, err := p.Create(ctx, alice())
		unknown(t, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 5*time.Second, time.Since(began))
		result, err := p.Resolve(t.Context(), err)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
	})
	// What was sent may be under way still, whatever a look shows now.
	for name, fault := range map[string]sfprovtest.Fault{
		"dropped to the end": sfprovtest.Dropped(), "reset to the end": sfprovtest.Reset(), "502 to the end": sfprovtest.GatewayHTML(502), "504 to the end": sfprovtest.GatewayHTML(504),
	} {
		bubble(t, name, func(t *testing.T, org *sfprovtest.Org) {
			p := provisionerIn(t, org)
			loseAnswers(org, everyTime, http.MethodPost, "/sobjects/User", fault)
			_, err := p.Create(t.Context(), alice())
			unknown(t, err)
			require.ErrorIs(t, err, sfprov.ErrUnavailable)
			assert.Equal(t, 4, requestsSent(org, http.MethodPost, "/sobjects/User"), "the attempts of the policy")
			assert.Contains(t, err.Error(), "a look found it not done so far")
			org.ClearControls()
			_, err = p.Resolve(t.Context(), err)
			require.ErrorIs(t, err, sfprov.ErrNotCreated)
			require.NotErrorIs(t, err, sfprov.ErrNotFound)
			result, err := p.Create(t.Context(), alice())
			require.NoError(t, err)
			assert.Equal(t, sfprov.Created, result.Action)
		})
	}
	bubble(t, "dropped, then over the limit", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LateCommit(time.Minute)))
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.DailyLimit()))
		p := provisionerIn(t, org)
		_, err := p.Create(t.Context(), alice())
		unknown(t, err)
		require.ErrorIs(t, err, sfprov.ErrRequestLimit)
		<-time.After(2 * time.Minute)
		result, err := p.Resolve(t.Context(), err)
		require.NoError(t, err, "it was done after all")
		assert.Equal(t, sfprov.Created, result.Action)
	})
	bubble(t, "dropped, then in its own way, and no look", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LateCommit(time.Second)))
		org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.SlowHeaders(2*time.Second)))
		org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		p := provisionerIn(t, org)
		_, err := p.Create(t.Context(), alice())
		unknown(t, err)
		require.NotErrorIs(t, err, sfprov.ErrDuplicateUsername)
		result, err := p.Create(t.Context(), alice())
		require.NoError(t, err, "the same call finds its own")
		assert.Equal(t, sfprov.Created, result.Action)
		assert.Equal(t, org.Users()[0].ID, result.ID)
	})
	bubble(t, "called again, and again no look", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer())
		org.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		for range 2 {
			_, err := p.Create(t.Context(), alice())
			unknown(t, err)
		}
		assert.Equal(t, 1, requestsSent(org, http.MethodPost, "/sobjects/User"), "it is not sent again before it is looked up")
	})
	bubble(t, "called again when it is forgotten", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer())
		org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		_, err := p.Create(t.Context(), alice())
		unknown(t, err)
		<-time.After(31 * time.Minute)
		_, duplicate := p.Create(t.Context(), alice())
		require.ErrorIs(t, duplicate, sfprov.ErrDuplicateUsername, "by now it could be anybody's")
		result, err := p.Resolve(t.Context(), err)
		require.NoError(t, err, "the error remembers")
		assert.Equal(t, sfprov.Created, result.Action)
	})
	bubble(t, "called again with something else", func(t *testing.T, org *sfprovtest.Org) {
		p := provisionerIn(t, org)
		loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer())
		org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		_, err := p.Create(t.Context(), alice())
		unknown(t, err)
		other := alice()
		other.Fields["LastName"] = "Smith"
		_, err = p.Create(t.Context(), other)
		require.ErrorIs(t, err, sfprov.ErrDuplicateUsername, "what is not sent is not confirmed")
	})
	bubble(t, "the caller leaves before it is sent again", func(t *testing.T, org *sfprovtest.Org) {
		p := with(t, org, sfprov.WithRetry(sfprov.RetryPolicy{BaseDelay: 1_000_000 * time.Hour}))
		loseAnswers(org, 1, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := p.Create(ctx, alice())
		unknown(t, err)
		require.ErrorIs(t, err, context.Canceled)
	})
	bubble(t, "dropped, then refused for good", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.Dropped()))
		org.SetLicenses("Salesforce", 1)
		_, err := provisionerIn(t, org).Create(t.Context(), alice())
		require.ErrorIs(t, err, sfprov.ErrLicenseLimit)
		require.NotErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	})
	bubble(t, "the process dies, and another one goes on", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		loseAnswers(org, 1, http.MethodGet, "/query", sfprovtest.DailyLimit())
		_, err := provisionerIn(t, org).Create(t.Context(), alice())
		unknown(t, err)
		var lost *sfprov.UnconfirmedError
		require.ErrorAs(t, err, &lost)
		kept, err := json.Marshal(lost)
		require.NoError(t, err)
		var revived sfprov.UnconfirmedError
		require.NoError(t, json.Unmarshal(kept, &revived))
		assert.Contains(t, revived.Error(), "not known whether the user was created")
		result, err := provisionerIn(t, org).Resolve(t.Context(), &revived)
		require.NoError(t, err)
		assert.Equal(t, org.Users()[0].ID, result.ID)
	})
}

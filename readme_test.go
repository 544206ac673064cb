package sfprov_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The functions and types below, as far as queue, stand in README.md, word for word, as
// TestGoOfTheDocsIsTested sees to.

func provision(ctx context.Context) error {
	p, err := sfprov.New(sfprov.Config{
		Domain:             "https://acme.my.salesforce.com",
		ClientID:           os.Getenv("SALESFORCE_CLIENT_ID"),
		ClientSecret:       sfprov.Secret(os.Getenv("SALESFORCE_CLIENT_SECRET")),
		ProvisioningDomain: "acme.com", // alice becomes alice@acme.com
		MatchField:         "FederationIdentifier",
		Defaults: sfprov.Fields{
			"TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
		},
	})
	if err != nil {
		return err // names every setting that is wrong
	}
	result, err := p.Create(ctx, sfprov.User{
		Username: "alice",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-4711"},
		Access:   sfprov.Access{Profile: "Standard User"}, // as Setup calls it
	})
	if err != nil {
		return err // says what to do
	}
	// Keep result.ID with the user: later calls need it.
	_, err = p.Update(ctx, result.ID, sfprov.User{Fields: sfprov.Fields{"Title": "CFO", "Department": nil}})
	if err != nil {
		return err
	}
	_, err = p.Deactivate(ctx, result.ID)
	return err
}

// job is what the queue holds, as JSON. It has no password, which JSON would not show.
type job struct {
	User sfprov.User
	Lost *sfprov.UnconfirmedError // of a create whose outcome is unknown
}

func handle(ctx context.Context, p *sfprov.Provisioner, q queue, j job) {
	var result sfprov.Result
	var err error
	if j.Lost != nil {
		result, err = p.Resolve(ctx, j.Lost) // what became of the create?
	} else {
		result, err = p.Create(ctx, j.User)
	}
	j.Lost = nil
	if result.Action != "" && result.ID != "" {
		q.store(j, result.ID) // there is an account, whatever is missing; later calls need the ID
	}
	switch step, wait := sfprov.NextStep(err); step {
	case sfprov.StepDone:
		q.done(j) // confirmed
	case sfprov.StepAgain:
		q.putBack(j, wait) // for the same call, then
	case sfprov.StepResolve:
		errors.As(err, &j.Lost) // kept as JSON, for Resolve and the same switch
		q.putBack(j, wait)
	case sfprov.StepUser:
		q.tell(j, err) // a person reads what to do; go on with the others
	case sfprov.StepSetup:
		errors.As(err, &j.Lost) // if there is one
		q.putBack(j, wait)
		q.stop(err) // everybody would meet this; a person mends it
	}
}

// queue is whatever you have.
type queue interface {
	store(j job, id string)
	done(j job)
	putBack(j job, wait time.Duration)
	tell(j job, err error)
	stop(err error)
}

// tray is a queue that tells what was done with the last job.
type tray struct {
	did, stored string

	kept []byte // the job as JSON
	wait time.Duration
	err  error
}

func (q *tray) store(_ job, id string) { q.stored = id }
func (q *tray) done(job)               { q.did = "stored " + q.stored }
func (q *tray) tell(_ job, err error)  { q.did, q.err = "told", err }
func (q *tray) stop(err error)         { q.did, q.err = "stopped", err }
func (q *tray) putBack(j job, wait time.Duration) {
	q.did, q.wait = "put back", wait
	q.kept, q.err = json.Marshal(j)
}

// next handles what was put back, as another process would.
func (q *tray) next(t *testing.T, p *sfprov.Provisioner) {
	t.Helper()
	var j job
	require.NoError(t, json.Unmarshal(q.kept, &j))
	handle(t.Context(), p, q, j)
}

func TestReadmeCodeWorks(t *testing.T) {
	t.Parallel()
	require.Error(t, provision(t.Context()), "no credentials are set here")
	org := sfprovtest.NewOrg(t)
	p := provisionerIn(t, org)
	q := &tray{}
	handle(t.Context(), p, q, job{User: alice()})
	require.Contains(t, q.did, "stored 005")
	handle(t.Context(), p, q, job{User: alice()})
	require.Equal(t, "told", q.did)
	require.ErrorIs(t, q.err, sfprov.ErrDuplicateUsername)
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
	handle(t.Context(), p, q, job{User: employee("bob", "E-2")})
	require.Contains(t, q.did, "stored 005")
	org.SetAPIUsage(9, 9)
	handle(t.Context(), p, q, job{User: employee("carol", "E-3")})
	assert.Equal(t, "put back", q.did)
	assert.Equal(t, time.Hour, q.wait)
	org.SetRunAsUser(false)
	handle(t.Context(), provisionerIn(t, org), q, job{User: employee("dave", "E-4")})
	assert.Equal(t, "stopped", q.did)
	require.ErrorIs(t, q.err, sfprov.ErrAuth)
}

func TestReadmeCodeWorksInTheThirdEnding(t *testing.T) {
	t.Parallel()
	bubble(t, "not created", func(t *testing.T, org *sfprovtest.Org) {
		loseAnswers(org, 4, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		q := &tray{}
		handle(t.Context(), provisionerIn(t, org), q, job{User: alice()})
		require.Equal(t, "put back", q.did)
		require.Contains(t, string(q.kept), `"version":1`)
		q.next(t, provisionerIn(t, org)) // not created
		require.Equal(t, "put back", q.did)
		require.Contains(t, string(q.kept), `"Lost":null`)
		q.next(t, provisionerIn(t, org))
		require.Contains(t, q.did, "stored 005")
		assert.Len(t, org.Users(), 1)
	})
	bubble(t, "created, and not to be learned at first", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		org.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		q := &tray{}
		handle(t.Context(), provisionerIn(t, org), q, job{User: alice()})
		require.Equal(t, "put back", q.did)
		q.next(t, provisionerIn(t, org))
		require.Equal(t, "put back", q.did)
		require.Contains(t, string(q.kept), `"version":1`, "as good as before")
		org.ClearControls()
		q.next(t, provisionerIn(t, org))
		require.Contains(t, q.did, "stored 005")
		assert.Len(t, org.Users(), 1)
	})
}

package sfprov_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// The functions below stand in README.md, word for word.

func provision(ctx context.Context) error {
	p, err := sfprov.New(sfprov.Config{
		Domain:             "https://acme.my.salesforce.com",
		ClientID:           os.Getenv("SALESFORCE_CLIENT_ID"),
		ClientSecret:       sfprov.Secret(os.Getenv("SALESFORCE_CLIENT_SECRET")),
		ProvisioningDomain: "acme.com", // alice becomes alice@acme.com
		MatchField:         "FederationIdentifier",
		Defaults: sfprov.Fields{
			"ProfileId": "00e000000000001AAA", "TimeZoneSidKey": "Europe/Paris",
			"LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
		},
	})
	if err != nil {
		return err // names every setting that is wrong
	}
	result, err := p.Create(ctx, sfprov.User{
		Username: "alice",
		Fields:   sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-4711"},
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

func handle(ctx context.Context, p *sfprov.Provisioner, u sfprov.User) (sfprov.Result, error) {
	result, err := p.Create(ctx, u)
	if errors.Is(err, sfprov.ErrOutcomeUnknown) && !sfprov.Retryable(err) {
		result, err = p.Resolve(ctx, err) // was the user created?
	}
	switch {
	case err == nil:
		return result, nil // confirmed; keep result.ID
	case errors.Is(err, sfprov.ErrNotFound):
		return result, fmt.Errorf("not created so far, so call Create again: %w", err)
	case errors.Is(err, sfprov.ErrOutcomeUnknown) && !sfprov.Retryable(err):
		return result, fmt.Errorf("keep the event and the *UnconfirmedError in this, and resolve it later: %w", err)
	case sfprov.Retryable(err):
		return result, fmt.Errorf("put the event back into the queue, for %v at least: %w", sfprov.RetryAfter(err), err)
	default:
		return result, fmt.Errorf("call a person, who reads what to do here: %w", err)
	}
}

func TestReadmeCodeIsThisCode(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	functions := regexp.MustCompile(`(?ms)^func (provision|handle)\(.*?^}\n`).FindAllString(string(source), -1)
	require.Len(t, functions, 2)
	for _, function := range functions {
		assert.Contains(t, string(readme), "```go\n"+function+"```")
	}
}

func TestReadmeCodeWorks(t *testing.T) {
	t.Parallel()
	require.Error(t, provision(t.Context()), "no credentials are set here")
	org := sfprovtest.NewOrg(t)
	p := in(t, org)
	_, err := handle(t.Context(), p, alice())
	require.NoError(t, err)
	_, err = handle(t.Context(), p, alice())
	require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
	require.ErrorContains(t, err, "call a person")
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
	result, err := handle(t.Context(), p, employee("bob", "E-2"))
	require.NoError(t, err)
	assert.Equal(t, sfprov.Created, result.Action)
	org.SetAPIUsage(9, 9)
	_, err = handle(t.Context(), p, employee("carol", "E-3"))
	require.ErrorContains(t, err, "back into the queue, for 1h0m0s at least")
}

func TestReadmeCodeWorksInTheThirdEnding(t *testing.T) {
	t.Parallel()
	bubble(t, "not created", func(t *testing.T, org *sfprovtest.Org) {
		lose(org, 4, http.MethodPost, "/sobjects/User", sfprovtest.Dropped())
		p := in(t, org)
		_, err := handle(t.Context(), p, alice())
		require.ErrorContains(t, err, "not created so far, so call Create again")
		result, err := handle(t.Context(), p, alice())
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
	})
	bubble(t, "not to be learned", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		org.KeepControl(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		p := in(t, org)
		_, err := handle(t.Context(), p, alice())
		require.ErrorContains(t, err, "keep the event and the *UnconfirmedError")
		org.ClearControls()
		result, err := p.Resolve(t.Context(), err)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
	})
	bubble(t, "created", func(t *testing.T, org *sfprovtest.Org) {
		org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
		org.Control(sfprovtest.On(http.MethodGet, "/query", sfprovtest.DailyLimit()))
		result, err := handle(t.Context(), in(t, org), alice())
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
	})
}

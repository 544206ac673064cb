package sfprov_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// loseCreate makes a create whose answer is lost.
func loseCreate(t *testing.T, b *bundle) error {
	t.Helper()
	b.on(http.MethodPost, usersURL, httpmock.NewErrorResponder(io.EOF))
	_, err := b.Create(t.Context(), alice())
	require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown)
	return err
}

func TestResolve(t *testing.T) {
	t.Parallel()
	const ourUser = "005000000000009AAA" // as tokenAnswer says
	asSent := func(change map[string]any) map[string]any {
		fields := map[string]any{
			"CreatedDate": time.Now().UTC().Format("2006-01-02T15:04:05.000-0700"), "CreatedById": ourUser,
			"LastName": "Jones", "Email": "alice@primary.com", "Alias": "alice", "ProfileId": profile,
			"TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
		}
		maps.Copy(fields, change)
		return record(aliceID, "alice@primary.com", true, fields)
	}
	theirs := map[string]map[string]any{
		"was there before":      {"CreatedDate": time.Now().Add(-time.Hour).UTC().Format("2006-01-02T15:04:05.000-0700")},
		"was made much later":   {"CreatedDate": time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000-0700")},
		"made by another":       {"CreatedById": "005000000000008AAA"},
		"has another last name": {"LastName": "Smith"},
		"has no last name":      {"LastName": nil},
		"has another profile":   {"ProfileId": "00e000000000002AAA"},
		"has a date that isn't": {"CreatedDate": "yesterday"},
	}
	for name, change := range theirs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			lost := loseCreate(t, b)
			b.on(http.MethodGet, queryURL, found(asSent(change)))
			result, err := b.Resolve(t.Context(), lost)
			require.ErrorIs(t, err, sfprov.ErrDuplicateUsername)
			assert.Empty(t, result)
			var apiErr *sfprov.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, aliceID, apiErr.Existing)
		})
	}
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		lost := fmt.Errorf("hook: %w", loseCreate(t, b))
		b.on(http.MethodGet, queryURL, found(asSent(map[string]any{"Email": "Alice@Primary.com", "ProfileId": profile[:15]})))
		result, err := b.Resolve(t.Context(), lost)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Result{ID: aliceID, Username: "alice@primary.com", Action: sfprov.Created}, result)
		assert.Len(t, b.requests(http.MethodPost), 1, "nothing is sent again")
	})
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		lost := loseCreate(t, b)
		b.on(http.MethodGet, queryURL, found())
		_, err := b.Resolve(t.Context(), lost)
		require.ErrorIs(t, err, sfprov.ErrNotCreated)
		require.NotErrorIs(t, err, sfprov.ErrNotFound)
		step, _ := sfprov.NextStep(err)
		assert.Equal(t, sfprov.StepAgain, step)
	})
	t.Run("not to be learned", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		lost := loseCreate(t, b)
		b.on(http.MethodGet, queryURL, refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
		_, err := b.Resolve(t.Context(), lost)
		require.ErrorIs(t, err, sfprov.ErrRequestLimit)
		require.ErrorIs(t, err, sfprov.ErrOutcomeUnknown, "and can be resolved later")
		b.on(http.MethodGet, queryURL, found(asSent(nil)))
		result, err := b.Resolve(t.Context(), err)
		require.NoError(t, err)
		assert.Equal(t, sfprov.Created, result.Action)
	})
	t.Run("another error", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := errors.New("something else")
		_, err := b.Resolve(t.Context(), other)
		require.ErrorIs(t, err, other)
	})
}

// TestUnconfirmedErrorsAreReadStrictly: what is said twice could be read as one or the other.
func TestUnconfirmedErrorsAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"version":1,"op":"create","op":"update"}`,
		`{"version":1,"op":"create","Op":"update"}`,
		`{"version":2,"version":1,"op":"create"}`,
		`{"version":1,"op":"create","sent":{"Email":"a@b.c","Email":"d@e.f"}}`,
		`{"version":1,"op":"create","access":{"Profile":"a","Profile":"b"}}`,
	} {
		var lost sfprov.UnconfirmedError
		require.ErrorContains(t, json.Unmarshal([]byte(text), &lost), "is there twice", text)
		assert.Equal(t, sfprov.UnconfirmedError{}, lost)
	}
	var lost sfprov.UnconfirmedError
	require.NoError(t, json.Unmarshal([]byte(`{"version":1,"op":"create","sent":{"Long__c":9007199254740993},"later":true}`), &lost))
	again, err := json.Marshal(&lost)
	require.NoError(t, err)
	assert.Contains(t, string(again), `"Long__c":9007199254740993`)
}

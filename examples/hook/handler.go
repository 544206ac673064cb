package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sfprov/sfprov"
)

// event is what the identity service sends.
type event struct {
	Op           sfprov.Op     `json:"op"`           // create, update, patch or delete
	ID           string        `json:"id"`           // Salesforce ID, as stored from an earlier answer; empty if none was
	Username     string        `json:"username"`     // login name, with its user store if need be
	TenantDomain string        `json:"tenantDomain"` // empty for the default tenant
	Fields       sfprov.Fields `json:"fields"`       // Salesforce fields; null clears one
	Inactive     bool          `json:"inactive"`     // the user is disabled in the identity service
	JustInTime   bool          `json:"justInTime"`   // the user came in by a login by way of another service
}

// answer is what it gets back.
type answer struct {
	ID       string        `json:"id,omitempty"`
	Username string        `json:"username,omitempty"`
	Action   sfprov.Action `json:"action,omitempty"`
	Error    string        `json:"error,omitempty"`
	// Retry says that the same event can succeed later: put it back into the queue.
	Retry bool `json:"retry,omitempty"`
}

// handler turns events into calls of sfprov.
type handler struct {
	p   *sfprov.Provisioner
	log *slog.Logger
}

func newHandler(p *sfprov.Provisioner, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /events", &handler{p: p, log: log})
	return mux
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var e event
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		h.reply(r.Context(), w, http.StatusBadRequest, answer{Error: "the event is no JSON of the expected form: " + err.Error()})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	result, err := h.provision(ctx, e)
	a := answer{ID: result.ID, Username: result.Username, Action: result.Action}
	if err != nil {
		a.Error, a.Retry = err.Error(), sfprov.Retryable(err)
		h.log.LogAttrs(ctx, slog.LevelError, "provisioning failed", slog.String("op", string(e.Op)), slog.Any("error", err))
	}
	h.reply(ctx, w, status(err), a)
}

func (h *handler) provision(ctx context.Context, e event) (sfprov.Result, error) {
	result, err := h.p.Provision(ctx, sfprov.Request{
		Op: e.Op, ID: e.ID, JustInTime: e.JustInTime,
		User: sfprov.User{Username: e.Username, TenantDomain: e.TenantDomain, Fields: e.Fields, Inactive: e.Inactive},
	})
	if errors.Is(err, sfprov.ErrOutcomeUnknown) && !sfprov.Retryable(err) {
		// The answer to a create was lost, and there is no match field to find out by.
		return h.p.Resolve(ctx, err)
	}
	return result, err
}

// status is the HTTP status for what came of an event.
func status(err error) int {
	var invalid *sfprov.ValidationError
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity // the event must change
	case errors.Is(err, sfprov.ErrDuplicateUsername), errors.Is(err, sfprov.ErrDeactivationBlocked):
		return http.StatusConflict // somebody must decide
	case errors.Is(err, sfprov.ErrNotFound):
		return http.StatusNotFound
	case sfprov.Retryable(err):
		return http.StatusServiceUnavailable // the same event later
	}
	return http.StatusBadGateway // the configuration or the org must change
}

func (h *handler) reply(ctx context.Context, w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(a); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "the identity service did not wait for the answer", slog.Any("error", err))
	}
}

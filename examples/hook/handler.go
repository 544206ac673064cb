package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
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
	// Lost is what an earlier answer to this event had as lost: a create of which it
	// is not known yet what became of it.
	Lost *sfprov.UnconfirmedError `json:"lost"`
}

// answer is what it gets back.
type answer struct {
	ID       string        `json:"id,omitempty"`
	Username string        `json:"username,omitempty"`
	Action   sfprov.Action `json:"action,omitempty"`
	Error    string        `json:"error,omitempty"`
	// Next is what to do: done, again, resolve, user or setup.
	Next sfprov.Step `json:"next,omitempty"`
	// Retry says that the same event can succeed later: put it back into the queue,
	// together with Lost if there is one.
	Retry bool                     `json:"retry,omitempty"`
	Lost  *sfprov.UnconfirmedError `json:"lost,omitempty"`
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
	step, wait := sfprov.NextStep(err)
	a := answer{ID: result.ID, Username: result.Username, Action: result.Action, Next: step}
	if err != nil {
		a.Error = err.Error()
		a.Retry = step == sfprov.StepAgain || step == sfprov.StepResolve
		h.log.LogAttrs(ctx, slog.LevelError, "provisioning failed", slog.String("op", string(e.Op)), slog.String("next", string(step)), slog.Any("error", err))
	}
	if step != sfprov.StepAgain { // the same event finds out by itself
		errors.As(err, &a.Lost)
	}
	if a.Retry {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(wait, time.Second).Seconds())))
	}
	h.reply(ctx, w, status(step, err), a)
}

// resolveTries is how often a create is resolved before the identity service has to
// come back.
const resolveTries = 3

func (h *handler) provision(ctx context.Context, e event) (result sfprov.Result, err error) {
	if e.Lost != nil {
		result, err = h.p.Resolve(ctx, e.Lost)
	} else {
		result, err = h.p.Provision(ctx, sfprov.Request{
			Op: e.Op, ID: e.ID, JustInTime: e.JustInTime,
			User: sfprov.User{Username: e.Username, TenantDomain: e.TenantDomain, Fields: e.Fields, Inactive: e.Inactive},
		})
	}
	for range resolveTries {
		step, wait := sfprov.NextStep(err)
		if step != sfprov.StepResolve || !pause(ctx, wait) {
			break
		}
		result, err = h.p.Resolve(ctx, err)
	}
	return result, err
}

// pause waits, unless ctx would end before.
func pause(ctx context.Context, wait time.Duration) bool {
	wait = max(wait, 100*time.Millisecond)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// status is the HTTP status for what is to be done next.
func status(step sfprov.Step, err error) int {
	switch step {
	case sfprov.StepDone:
		return http.StatusOK
	case sfprov.StepAgain, sfprov.StepResolve:
		return http.StatusServiceUnavailable // the same event later
	case sfprov.StepUser:
		if _, invalid := errors.AsType[*sfprov.ValidationError](err); invalid {
			return http.StatusUnprocessableEntity // the event must change
		}
		return http.StatusConflict // somebody must look at this user
	case sfprov.StepSetup:
	}
	return http.StatusBadGateway // somebody must look at the configuration or the org
}

func (h *handler) reply(ctx context.Context, w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(a); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "the identity service did not wait for the answer", slog.Any("error", err))
	}
}

package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/sfprov/sfprov"
)

// matchField shows whose an account is. The identity service fills it, and nobody else.
const matchField = "FederationIdentifier"

// event is what the identity service sends.
type event struct {
	Op           sfprov.Op     `json:"op"`           // create, update, patch or delete
	ID           string        `json:"id"`           // Salesforce ID, as an earlier answer had it; empty if none did
	Username     string        `json:"username"`     // login name, with its user store if need be
	TenantDomain string        `json:"tenantDomain"` // empty for the default tenant
	Fields       sfprov.Fields `json:"fields"`       // Salesforce fields; null clears one
	Access       sfprov.Access `json:"access"`       // what the user may do, by name
	Inactive     bool          `json:"inactive"`     // the user is disabled in the identity service
	JustInTime   bool          `json:"justInTime"`   // the user came in by a login by way of another service
}

func (e event) request() sfprov.Request {
	return sfprov.Request{Op: e.Op, ID: e.ID, JustInTime: e.JustInTime, User: sfprov.User{
		Username: e.Username, TenantDomain: e.TenantDomain, Fields: e.Fields, Access: e.Access, Inactive: e.Inactive,
	}}
}

// hook does what events ask for.
type hook struct {
	p   *sfprov.Provisioner
	mem *memory
	log *slog.Logger
}

// handle provisions one user. Users with a match value need nothing further: the same
// event finds the account, whatever became of an earlier answer. Where an event had none,
// the memory tells.
func (h *hook) handle(ctx context.Context, e event) (sfprov.Result, error) {
	request := e.request()
	username, err := h.p.Username(request.User)
	if err != nil { // an ID alone names nobody; what is wrong with a name, Provision says
		return h.p.Provision(ctx, request)
	}
	made, err := h.earlier(ctx, username, request.ID)
	if err != nil {
		return made, err
	}
	request.ID = made.ID
	result, err := h.p.Provision(ctx, request)
	if made.Action == sfprov.Created && (result.Action == "" || result.Action == sfprov.Unchanged) {
		result = made // the event was what the lost create was for
	}
	h.remember(ctx, username, e, result, err)
	return result, err
}

func hasMatchValue(fields sfprov.Fields) bool {
	for name, value := range fields {
		if strings.EqualFold(name, matchField) && value != nil && value != "" {
			return true
		}
	}
	return false
}

// earlier is the account that an earlier event made, if any, or else the one whose ID the
// caller has. ErrNotCreated is no error here. Where it can't be learned yet, the memory
// stays as it is.
func (h *hook) earlier(ctx context.Context, username, id string) (sfprov.Result, error) {
	known, err := h.mem.recall(username)
	if err != nil {
		return sfprov.Result{}, err
	}
	if known.Lost == nil {
		return sfprov.Result{ID: cmp.Or(id, known.ID)}, nil
	}
	result, err := h.p.Resolve(ctx, known.Lost)
	switch {
	case errors.Is(err, sfprov.ErrNotCreated), errors.Is(err, sfprov.ErrDuplicateUsername): // there is none of ours
		return sfprov.Result{ID: id}, h.mem.forget(username)
	case result.Action == sfprov.Created: // what the create could not give besides, the event asks for
		return result, nil
	}
	return result, err
}

// remember keeps what the next event for the user must know. An account is remembered
// until the caller shows, by sending its ID, that it knows it, until it has a match value,
// and until the user leaves: the next one of that name may be somebody else.
func (h *hook) remember(ctx context.Context, username string, e event, result sfprov.Result, err error) {
	var lost *sfprov.UnconfirmedError
	step, _ := sfprov.NextStep(err)
	var failure error
	switch {
	case errors.As(err, &lost) && lost.Op == "create" && lost.ID == "" && step != sfprov.StepAgain:
		failure = h.mem.keep(username, trace{Lost: lost})
	case err == nil && (e.Op == sfprov.OpDelete || e.ID == result.ID || hasMatchValue(e.Fields)):
		failure = h.mem.forget(username)
	case result.ID != "" && result.ID != e.ID && result.Action != "":
		failure = h.mem.keep(username, trace{ID: result.ID})
	}
	if failure != nil {
		h.log.LogAttrs(ctx, slog.LevelError, "the outcome of an event is not remembered",
			slog.String("username", username), slog.Any("error", failure))
	}
}

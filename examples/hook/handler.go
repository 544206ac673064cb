package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sfprov/sfprov"
)

// answer is what the identity service gets back.
type answer struct {
	// ID and Username are those of the user's account. They are there only if the
	// account is known to be the user's: store them.
	ID       string        `json:"id,omitempty"`
	Username string        `json:"username,omitempty"`
	Action   sfprov.Action `json:"action,omitempty"`
	Error    string        `json:"error,omitempty"`
	// Next is what to do: done, again, user or setup.
	Next sfprov.Step `json:"next,omitempty"`
}

// maxEvent bounds the body of an event, in bytes.
const maxEvent = 1 << 20

// setupPause is when to come back after an error that every event meets. A person has
// to mend it first.
const setupPause = 5 * time.Minute

// newHandler serves events to callers who have the token; to all, if it is empty.
func newHandler(h *hook, token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /events", h.serve)
	// Web pages that somebody on this machine looks at must not send events.
	return authenticated(token, http.NewCrossOriginProtection().Handler(mux))
}

// authenticated lets through who has the token. How long it takes tells nothing of it.
func authenticated(token string, next http.Handler) http.Handler {
	if token == "" {
		return next
	}
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(given))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || !strings.EqualFold(scheme, "Bearer") {
			w.Header().Set("WWW-Authenticate", "Bearer")
			_ = reply(w, http.StatusUnauthorized, answer{Error: `the header Authorization must be "Bearer " and the token`})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (h *hook) serve(w http.ResponseWriter, r *http.Request) {
	e, status, err := decode(w, r)
	if err != nil {
		_ = reply(w, status, answer{Error: err.Error()})
		return
	}
	if r.Context().Err() != nil { // the caller has gone, and nothing was sent
		return
	}
	// From here on, a caller who hangs up does not break off what may have been sent.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), eventTimeout)
	defer cancel()
	result, err := h.handle(ctx, e)
	step, wait := sfprov.NextStep(err)
	switch {
	case step == sfprov.StepResolve:
		step = sfprov.StepAgain // the memory has the create; the same event resolves it
	case errors.Is(err, errMemory):
		step = sfprov.StepSetup
	}
	a := answer{Next: step}
	if result.Action != "" {
		a.ID, a.Username, a.Action = result.ID, result.Username, result.Action
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("op", string(e.Op)), slog.String("id", a.ID),
		slog.String("action", string(a.Action)), slog.String("next", string(step)),
	}
	if err != nil {
		a.Error = err.Error()
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err))
	}
	h.log.LogAttrs(ctx, level, "event", attrs...)
	switch step {
	case sfprov.StepAgain, sfprov.StepResolve:
		retryAfter(w, wait)
	case sfprov.StepSetup:
		retryAfter(w, setupPause)
	case sfprov.StepDone, sfprov.StepUser:
	}
	if err := reply(w, statusOf(step, err), a); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "the caller did not wait for the answer", slog.Any("error", err))
	}
}

// decode reads an event, and nothing after it.
func decode(w http.ResponseWriter, r *http.Request) (e event, status int, err error) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEvent))
	decoder.DisallowUnknownFields()
	decoder.UseNumber() // numbers keep their digits
	err = decoder.Decode(&e)
	if err == nil {
		if _, err = decoder.Token(); err == nil {
			err = errors.New("there is more after the event")
		}
		if errors.Is(err, io.EOF) {
			return e, 0, nil
		}
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return e, http.StatusRequestEntityTooLarge, fmt.Errorf("the event is larger than %d bytes", maxEvent)
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the body is empty")
	}
	return e, http.StatusBadRequest, fmt.Errorf("the event is not JSON of the expected form: %w", err)
}

// retryAfter says when the same event may succeed, in whole seconds.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
}

// statusOf is the HTTP status for what is to be done next. README.md has the table.
func statusOf(step sfprov.Step, err error) int {
	switch step {
	case sfprov.StepDone:
		return http.StatusOK
	case sfprov.StepUser:
		if _, invalid := errors.AsType[*sfprov.ValidationError](err); invalid {
			return http.StatusUnprocessableEntity // the event must change
		}
		return http.StatusConflict // somebody must look at this user
	case sfprov.StepAgain, sfprov.StepResolve, sfprov.StepSetup:
	}
	return http.StatusServiceUnavailable // the same event, later
}

func reply(w http.ResponseWriter, status int, a answer) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(a)
}

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovriver"
)

// maxEvent bounds what is read of an event.
const maxEvent = 64 << 10

// routes are what the service answers.
func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /changed", s.changed)
	mux.HandleFunc("GET /healthz", s.healthy)
	mux.HandleFunc("GET /readyz", s.isReady)
	mux.Handle("GET /metrics", s.meter.handler)
	return mux
}

// event is what a caller of /changed says.
type event struct {
	User string `json:"user"`
	ID   string `json:"id"`
}

// changed stores an event. It is answered once the event can't be lost any more.
func (s *service) changed(w http.ResponseWriter, r *http.Request) {
	given, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isBearer || subtle.ConstantTimeCompare([]byte(given), []byte(s.token)) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		answer(w, http.StatusUnauthorized, map[string]string{"error": "the Authorization header has no Bearer, or not the token of " + serveTokenVariable})
		return
	}
	e, err := readEvent(http.MaxBytesReader(w, r.Body, maxEvent))
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": `the body is no object such as {"user": "4711", "id": "delivery-1"}: ` + err.Error()})
		return
	}
	stored := sfprovriver.Event{ID: e.ID, User: e.User}
	if stored.ID == "" {
		stored.ID = rand.Text()
	}
	if err := stored.Check(); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	if err := s.queue.Add(r.Context(), stored); err != nil {
		s.log.ErrorContext(r.Context(), "an event could not be stored", slog.String("error", err.Error()))
		w.Header().Set("Retry-After", "5")
		answer(w, http.StatusServiceUnavailable, map[string]string{"error": "the event could not be stored: send it again"})
		return
	}
	answer(w, http.StatusAccepted, map[string]string{"id": stored.ID})
}

// readEvent reads an event, and nothing but an event.
func readEvent(r io.Reader) (e event, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return event{}, err
	}
	if !utf8.Valid(text) {
		return event{}, errors.New("it is not valid UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return event{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return event{}, errors.New("it goes on after its end")
	}
	if strings.ContainsRune(e.User+e.ID, utf8.RuneError) {
		return event{}, errors.New("a text in it is no valid Unicode")
	}
	return e, nil
}

// healthy says that the process serves and its database answers.
func (s *service) healthy(w http.ResponseWriter, r *http.Request) {
	if _, err := s.queue.Stats(r.Context()); err != nil {
		answer(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

// isReady says whether events that come now are worked on.
func (s *service) isReady(w http.ResponseWriter, r *http.Request) {
	if why := s.ready.why(r.Context()); why != "" {
		answer(w, http.StatusServiceUnavailable, map[string]string{"error": why})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

// answer writes a JSON answer.
func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		return // who asked has left
	}
}

// readyTime is how long an answer of the org counts: whoever asks more often costs no more
// API calls.
const readyTime = time.Minute

// checkTime bounds a question to the org.
const checkTime = 10 * time.Second

// readiness finds out whether events are worked on.
type readiness struct {
	p     *sfprov.Provisioner
	queue *sfprovriver.Queue

	asking  sync.Mutex // held by who asks the org
	mu      sync.Mutex
	checked time.Time
	text    string
}

// why is why events are not worked on; empty if they are.
func (r *readiness) why(ctx context.Context) string {
	stats, err := r.queue.Stats(ctx)
	switch {
	case err != nil:
		return err.Error()
	case stats.Paused:
		return "the queue is paused; once it is mended, sfprov queue resume lets it go on: " + stats.PausedFor
	}
	if r.asking.TryLock() { // else another asks the org just now
		defer r.asking.Unlock()
		r.ask(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text
}

// ask asks the org, if what is known of it is old. Whoever asked may leave meanwhile: the
// answer is for others, too.
func (r *readiness) ask(ctx context.Context) {
	r.mu.Lock()
	isFresh := time.Since(r.checked) < readyTime
	r.mu.Unlock()
	if isFresh {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
	defer cancel()
	text := ""
	if report, err := r.p.Check(ctx, sfprov.WithQuickCheck()); err != nil {
		text = err.Error()
	} else if !report.OK() {
		text = report.String()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checked, r.text = time.Now(), text
}

package sfprovriver

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sfprov/sfprov"
)

// Event says that something has changed about a user.
type Event struct {
	// ID is the event's at the identity service: a second delivery is dropped. Without one,
	// every Enqueue is an event of its own. At most 255 bytes.
	ID string
	// User is the user's identifier at the [sfprov.Source]. Events of one user are worked on
	// one after the other. At most 255 bytes.
	User string
	// State is what the user is to be, for those who have no Source to be asked. Nil, which
	// is better, reads the user at the Source when the event is worked on: no personal data
	// is stored then, and events that come late or doubled do no harm. It bears no password:
	// what is stored would be readable.
	State *sfprov.User
}

// maxKey bounds identifiers, in bytes.
const maxKey = 255

// Check returns everything that is wrong with an event, as Enqueue does.
func (e Event) Check() error {
	var problems []error
	problem := func(field, text string) {
		problems = append(problems, fmt.Errorf("sfprovriver: event %q: %s %s", e.ID, field, text))
	}
	if e.User == "" {
		problem("User", "is empty: the event names nobody")
	}
	for _, key := range []struct{ field, value string }{{"ID", e.ID}, {"User", e.User}} {
		if len(key.value) > maxKey {
			problem(key.field, fmt.Sprintf("has %d bytes, and %d are taken", len(key.value), maxKey))
		}
		if !utf8.ValidString(key.value) || strings.ContainsRune(key.value, 0) {
			problem(key.field, "is not valid UTF-8, or holds a zero byte")
		}
	}
	if e.State != nil && e.State.Password != "" {
		problem("State", "has a password, and passwords are never stored: set it by Provisioner.SetPassword")
	} else if body, err := e.body(); err != nil {
		problems = append(problems, err)
	} else if body != nil && strings.Contains(strings.ReplaceAll(*body, `\\`, ""), `\ufffd`) {
		problem("State", "holds a text that is not valid UTF-8")
	}
	return errors.Join(problems...)
}

// body is what is stored of the state; nil for none.
func (e Event) body() (*string, error) {
	if e.State == nil {
		return nil, nil //nolint:nilnil // NULL
	}
	text, err := json.Marshal(e.State) //nolint:gosec // Check has seen that there is no password
	if err != nil {
		return nil, fmt.Errorf("sfprovriver: event %q: State can't be stored: %w", e.ID, err)
	}
	body := string(text)
	return &body, nil
}

// State says how far an event has come.
type State string

// The states of events.
const (
	Waiting State = "waiting" // to be worked on, perhaps again
	Done    State = "done"
	Dead    State = "dead"   // a person must look at it: Record.Error says why; see Queue.Retry
	Merged  State = "merged" // a later event of the same user took its place
)

// Record is an event, and what became of it: the audit trail.
type Record struct {
	Seq   int64  `json:"seq"` // in the order of coming, for one user
	ID    string `json:"id"`
	User  string `json:"user"`
	State State  `json:"state"`
	// MergedInto is the ID of the event that took its place: what was done, that one tells.
	MergedInto string `json:"mergedInto,omitempty"`
	// Result is what was done to the account, with the values before and after; nil if
	// nothing was, or is yet.
	Result *sfprov.Result `json:"result,omitempty"`
	// Error is the whole text of the last error: cause and cure. It is there while the
	// event waits, too.
	Error string `json:"error,omitempty"`
	// Reason is sfprov.Reason of it.
	Reason string `json:"reason,omitempty"`
	// Attempts is how often it was tried.
	Attempts int `json:"attempts"`
	// Worker is who did it last.
	Worker string `json:"worker,omitempty"`
	// Took is how long the last attempt took. Only [WithEnded] is told it; it is not stored.
	Took time.Duration `json:"-"`
	// CameAt is when it was enqueued, EndedAt when it was done, dead or merged; zero before.
	CameAt  time.Time `json:"cameAt"`
	EndedAt time.Time `json:"endedAt,omitzero"`
}

// Filter says which events are wanted. Its zero value is all of them.
type Filter struct {
	User  string  // of one user only
	ID    string  // this one only
	State []State // in one of these states only
	After int64   // those with a higher Seq, for the next page
	Limit int     // at most so many; 100 by default, 10,000 at most
}

const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// Stats is how the queue is.
type Stats struct {
	Waiting int
	Dead    int
	// Oldest is when the first of those that wait came; zero if there is none.
	Oldest time.Time
	// Paused says that nothing is worked on until somebody calls [Queue.Resume]; PausedFor
	// is the error that was met, if it was one.
	Paused    bool
	PausedFor string
}

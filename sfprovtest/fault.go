package sfprovtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is what happens to one request instead of, or around, the org's answer.
// The zero value does nothing.
type Fault struct {
	// Status and Body are answered instead of the org's answer, if Status is set.
	// The org then does nothing, unless Commit is set. Header goes with them, or is
	// added to the org's own answer.
	Status int
	Header http.Header
	Body   string
	// Drop closes the connection without an answer. The org does nothing, unless
	// Commit is set. net/http itself repeats a GET that is dropped on a connection
	// which was in use before: a test may see no failure then, only two requests.
	Drop bool
	// Commit makes the org do its work although the answer is dropped or replaced.
	Commit bool
	// Truncate sends only the first bytes of the answer's body and then closes the
	// connection; 0 sends all.
	Truncate int
	// Delay is how long the answer waits; less if the client leaves or the org
	// closes. In a testing/synctest bubble it is virtual.
	Delay time.Duration

	fromOrg bool // the org itself answers, and not a gateway before it
}

// Control looks at a request before the org handles it, and says what shall
// happen to it. nil declines: the next control, or the org, decides. Controls are
// asked one at a time, for one request at a time. A control may read and change
// the org's state, but neither add controls nor close the org.
type Control func(Request) *Fault

// On is a control that gives a fault to requests of a method, or of any if it is
// empty, whose path contains a text, such as "/oauth2/token", "/query" or
// "/sobjects/User", which "/sobjects/UserLogin" contains too.
func On(method, path string, f Fault) Control {
	return func(r Request) *Fault {
		if method != "" && method != r.Method || !strings.Contains(r.Path, path) {
			return nil
		}
		return &f
	}
}

// LostAnswer is a fault: the org does its work, and the connection is closed
// before the answer.
func LostAnswer() Fault { return Fault{Drop: true, Commit: true} }

// Dropped is a fault: the connection is closed and the org does nothing. A client
// can't tell it from LostAnswer.
func Dropped() Fault { return Fault{Drop: true} }

// GatewayHTML is a fault: a gateway on the way answers with a web page, and the
// org sees nothing. The usual statuses are 502, 503 and 504.
func GatewayHTML(status int) Fault {
	return Fault{
		Status: status, Header: http.Header{"Content-Type": {"text/html"}},
		Body: "<html><head><title>" + http.StatusText(status) + "</title></head><body><h1>" + http.StatusText(status) + "</h1></body></html>",
	}
}

// Refuse is a fault: the org refuses the request with an error of your choice.
func Refuse(status int, code, message string, fields ...string) Fault {
	a := refuse(Refusal{Status: status, Code: code, Message: message, Fields: fields})
	return Fault{Status: a.status, Header: a.header, Body: string(a.body), fromOrg: true}
}

// LockedRow is a fault: another process is changing the same records.
func LockedRow() Fault {
	return Refuse(http.StatusBadRequest, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 00e5g0000000001", []string{}...)
}

// ConcurrentLimit is a fault: too many long requests run at the same time.
func ConcurrentLimit() Fault {
	return Refuse(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
}

// DailyLimit is a fault: the requests of the last 24 hours are used up. See also
// [Org.SetAPIUsage].
func DailyLimit() Fault {
	return Refuse(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
}

// ServerUnavailable is a fault: the org itself answers that it is too busy.
func ServerUnavailable() Fault {
	return Refuse(http.StatusServiceUnavailable, "SERVER_UNAVAILABLE", "Server Unavailable")
}

// UnknownException is a fault: the org fails inside.
func UnknownException() Fault {
	return Refuse(http.StatusInternalServerError, "UNKNOWN_EXCEPTION",
		"An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-1234567890)")
}

// replaces says whether the org's own answer is not needed.
func (f *Fault) replaces() bool { return f.Drop || f.Status != 0 }

// answer is what is answered in place of a.
func (f *Fault) answer(a answer) answer {
	if f.Status == 0 {
		if a.header != nil {
			maps.Copy(a.header, f.Header)
		}
		return a
	}
	return answer{status: f.Status, header: f.Header.Clone(), body: []byte(f.Body)}
}

// faults are the controls in their order.
type faults struct {
	mu       sync.Mutex
	controls []*control
}

type control struct {
	decide Control
	keep   bool
}

// Control adds a control for one request: it is gone once it has given a fault.
// Controls are asked in the order in which they were added.
func (o *Org) Control(c Control) { o.faults.add(c, false) }

// KeepControl adds a control that stays until [Org.ClearControls].
func (o *Org) KeepControl(c Control) { o.faults.add(c, true) }

// ClearControls removes all controls.
func (o *Org) ClearControls() {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.controls = nil
}

func (f *faults) add(c Control, keep bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.controls = append(f.controls, &control{decide: c, keep: keep})
}

// forRequest asks the controls.
func (f *faults) forRequest(r Request) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, c := range f.controls {
		fault := c.decide(r.clone())
		if fault == nil {
			continue
		}
		if !c.keep {
			f.controls = slices.Delete(f.controls, i, i+1)
		}
		return fault
	}
	return nil
}

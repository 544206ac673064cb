package sfprovtest

import (
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is what happens to one request instead of, or around, the org's answer.
// The zero value does nothing.
type Fault struct {
	// Name is what [Org.FaultCounts] counts it by.
	Name string
	// Status and Body are answered instead of the org's answer, if Status is set.
	// The org then does nothing, unless Commit is set. Header goes with them, or is
	// added to the org's own answer.
	Status int
	Header http.Header
	Body   string
	// Size is the length of a body to send in place of Body, made of blanks. It is
	// never held in memory, so it may be gigabytes.
	Size int64
	// Drop closes the connection without an answer. The org does nothing, unless
	// Commit is set. net/http itself repeats a GET that is dropped on a connection
	// which was in use before: a test may see no failure then, only two requests.
	Drop bool
	// Reset makes Drop break the connection off with a TCP reset. In memory, it
	// makes no difference.
	Reset bool
	// Commit makes the org do its work although the answer is dropped or replaced;
	// with Late, that long after the answer was dropped.
	Commit bool
	Late   time.Duration
	// Expire ends the session of the request's token before the org looks at it.
	Expire bool
	// Truncate sends only the first bytes of the answer's body and then closes the
	// connection; 0 sends all, Half sends half of them. An answer without a body is
	// then dropped.
	Truncate int
	// Delay is how long the answer waits, Stall how long the last byte of its body
	// does, and Trickle how long each byte does. All are less if the client leaves
	// or the org closes. In a testing/synctest bubble they are virtual.
	Delay, Stall, Trickle time.Duration
	// Connect is for plans: it is the error of an attempt of [Org.Client] to
	// connect, and nothing else of the fault counts then.
	Connect error

	fromOrg bool // the org itself answers, and not a gateway before it
}

// Half is a value for [Fault].Truncate.
const Half = -1

// Control looks at a request before the org handles it, and says what shall
// happen to it. nil declines: the next control, or the org, decides. Controls are
// asked one at a time, for one request at a time. A control may read and change
// the org's state, but neither add controls nor close the org.
//
// A composite request is shown as a whole, and then, if the org is to handle it, in
// parts: each subrequest just before its turn, with a method, path, query and body of
// its own, the header of the whole, and the values that its references stand for. The
// org is as the subrequests before have left it. Those that the org can't make, for
// want of a value or of a path in the data API, and those after a failure with
// allOrNone are not shown. The parts of a [Fault] do this to a subrequest:
//
//   - Status, Header and Body are its answer. Without Commit the org does not do its
//     work, but that of the others. With allOrNone, a status from 300 on undoes all.
//   - Drop without Commit, Size with a Status but without Commit, and Expire undo what
//     the composite has done so far and end it: the connection closes, or the answer to
//     the whole is the blanks, or 401 INVALID_SESSION_ID. With Late, the whole is done
//     later, with the faults that were met until then.
//   - All others strike the answer to the whole, once all is done. If several
//     subrequests meet such a fault, the first counts.
//
// What they do to the connection replaces what a fault of the whole does.
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

// replaces reports whether the org's own answer is not needed.
func (f *Fault) replaces() bool { return f.Drop || f.Status != 0 }

// commits reports whether the org does its work now.
func (f *Fault) commits() bool { return f.Commit && f.Late == 0 || !f.replaces() }

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

// write sends an answer, as badly as the fault wants it. It panics, which closes
// the connection, where the answer is to break off or the client has left.
func (f *Fault) write(w http.ResponseWriter, a answer, wait func(time.Duration) bool) {
	maps.Copy(w.Header(), a.header)
	flush := http.NewResponseController(w).Flush
	switch {
	case f.Size > 0:
		w.Header().Set("Content-Length", strconv.FormatInt(f.Size, 10))
		w.WriteHeader(a.status)
		if _, err := io.CopyN(w, blanks{}, f.Size); err != nil {
			panic(http.ErrAbortHandler)
		}
		return
	case f.Truncate == Half && len(a.body) < 2:
		panic(http.ErrAbortHandler)
	case f.Truncate != 0 && f.Truncate < len(a.body):
		keep := f.Truncate
		if keep == Half {
			keep = len(a.body) / 2
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:keep]) // the connection closes in any case
		_ = flush()                   // what was written must get out before
		panic(http.ErrAbortHandler)
	case f.Stall > 0 && len(a.body) == 0:
		wait(f.Stall)
	case f.Stall > 0 || f.Trickle > 0:
		w.WriteHeader(a.status)
		for i := range a.body {
			pause := f.Trickle
			if i == len(a.body)-1 {
				pause += f.Stall
			}
			if pause > 0 && (flush() != nil || !wait(pause)) {
				panic(http.ErrAbortHandler)
			}
			_, _ = w.Write(a.body[i : i+1]) // flush tells of an error
		}
		return
	}
	if len(a.body) > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body))) // which net/http leaves out of long answers to HEAD
	}
	w.WriteHeader(a.status)
	if _, err := w.Write(a.body); err != nil { // of which HEAD sends the length only
		panic(http.ErrAbortHandler)
	}
}

// blanks are as many as are asked for.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// hangUp closes the connection without an answer.
func (f *Fault) hangUp(w http.ResponseWriter) {
	if f.Reset {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			raw := conn
			if secured, isTLS := conn.(*tls.Conn); isTLS {
				raw = secured.NetConn()
			}
			if socket, isTCP := raw.(*net.TCPConn); isTCP {
				_ = socket.SetLinger(0) // closing then resets
			}
			_ = raw.Close() // all that is wanted of it
		}
	}
	panic(http.ErrAbortHandler)
}

// faults are the controls in their order, and the plan.
type faults struct {
	mu       sync.Mutex
	controls []*control
	plan     []*plannedRule
	counts   map[string]int
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

// ClearControls removes all controls, and the plan.
func (o *Org) ClearControls() {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.controls, o.faults.plan = nil, nil
}

// FaultCounts are how often each fault struck so far, by its name: of requests,
// and of attempts to connect.
func (o *Org) FaultCounts() map[string]int {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	return maps.Clone(o.faults.counts)
}

func (f *faults) add(c Control, keep bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.controls = append(f.controls, &control{decide: c, keep: keep})
}

// forSubrequest asks the controls about a part of a composite request. The fault is
// never nil.
func (f *faults) forSubrequest(r Request) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.controlled(r)
	if fault == nil {
		return &Fault{}
	}
	f.count(fault)
	return fault
}

// forRequest asks the controls, then the plan. The fault is never nil.
func (f *faults) forRequest(r Request) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.controlled(r)
	if fault == nil {
		fault = f.planned(r)
	}
	if fault == nil {
		return &Fault{}
	}
	f.count(fault)
	return fault
}

func (f *faults) controlled(r Request) *Fault {
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

func (f *faults) count(fault *Fault) {
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[fault.Name]++
}

package sfprovtest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// maxBody is the largest request body that is read.
const maxBody = 8 << 20

// maxURI is the longest request target, in bytes, also with all headers.
const maxURI = 16384

// call is a request on its way through the org.
type call struct {
	method  string
	host    string // by which the client calls the org
	path    string // decoded
	query   url.Values
	header  http.Header
	body    []byte
	version string // of the API, from the path

	uriLength    int // as it was sent
	headerLength int

	// Of a composite request: what a subrequest's fault does to the connection, the
	// faults of the subrequests so far, and whether the connection is closed already.
	strike  *Fault
	decided map[int]*Fault
	late    bool
}

// serve handles every request: it records it, lets faults have their way, and
// answers.
func (o *Org) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler) // the client left, or sends too much
	}
	c := &call{method: r.Method, host: r.Host, path: tidied(r.URL), query: r.URL.Query(), header: r.Header, body: inflate(r.Header, body), uriLength: len(r.RequestURI)}
	for name, values := range r.Header {
		c.headerLength += len(name) + len(strings.Join(values, ""))
	}
	c.overrideMethod()
	defer o.answered(c)
	seen := o.observe(c)
	fault := o.faults.forRequest(seen)
	if fault.Expire {
		o.expire(c)
	}
	var a answer
	if fault.commits() {
		a = o.handle(c)
	}
	if c.strike != nil {
		fault = c.strike
	}
	a = fault.answer(a)
	if fault.fromOrg {
		o.mu.Lock()
		o.meter(a)
		o.mu.Unlock()
	}
	wait := func(d time.Duration) bool { return o.wait(r.Context().Done(), d) }
	wait(fault.Delay)
	if fault.Drop {
		o.record(seen, 0)
		if fault.Commit && fault.Late > 0 {
			c.late = true
			o.late.Go(func() {
				if o.wait(nil, fault.Late) {
					o.handle(c)
					o.answered(c)
				}
			})
		}
		fault.hangUp(w)
	}
	o.record(seen, a.status)
	if fault.Stall == 0 && fault.Trickle == 0 {
		o.answered(c) // before the client can know of it, and come again
	}
	fault.write(w, a, wait)
}

// overrideMethod lets a parameter say the method, for clients whose HTTP stack knows no
// PATCH.
func (c *call) overrideMethod() {
	if override := c.query.Get("_HttpMethod"); override != "" && c.method == http.MethodPost {
		c.method = override
	}
}

// inflate is a request body that may be compressed; nothing, which the resource
// refuses, if it can't be inflated.
func inflate(header http.Header, body []byte) []byte {
	if header.Get("Content-Encoding") != "gzip" || len(body) == 0 {
		return body
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	plain, err := io.ReadAll(io.LimitReader(reader, maxBody))
	if err != nil {
		return nil
	}
	return plain
}

// wait waits, unless the client leaves or the org closes; it reports whether it waited
// to the end.
func (o *Org) wait(left <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-left:
	case <-o.closing:
	}
	return false
}

var (
	slashes     = regexp.MustCompile(`/{2,}`)
	valueInPath = regexp.MustCompile(`^(/+services/+data/+v[^/]+/+sobjects/+[^/]+/+[^/]+)/+(.*)$`)
)

// tidied is the path of a URL, in which slashes that follow each other are one, as in real
// orgs: some clients have a base URL that ends in one. The value of a field at the end of
// the path keeps its own.
func tidied(u *url.URL) string {
	escaped, value := u.EscapedPath(), ""
	if match := valueInPath.FindStringSubmatch(escaped); match != nil {
		escaped, value = match[1]+"/", match[2]
	}
	path, err := url.PathUnescape(slashes.ReplaceAllLiteralString(escaped, "/") + value)
	if err != nil {
		return u.Path
	}
	return path
}

var dataPath = regexp.MustCompile(`^/services/data/v(\d+\.\d)(/.*)?$`)

// handle is the org's own answer.
func (o *Org) handle(c *call) answer {
	o.turn.Lock()
	defer o.turn.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.memberships.handled = c
	defer func() { o.memberships.handled = nil }()
	if a, known := o.outside(c); known {
		return a
	}
	if strings.TrimSuffix(c.path, "/") == "/services/data" {
		return o.versions.list(c)
	}
	match := dataPath.FindStringSubmatch(c.path)
	if match == nil {
		return nothingHere()
	}
	c.version = match[1]
	a, err := o.resource(c, strings.Trim(match[2], "/"))
	if refusal := (Refusal{}); errors.As(err, &refusal) {
		a = refuse(refusal)
	}
	o.meter(a)
	return a
}

// resource finds the resource of the data API.
func (o *Org) resource(c *call, path string) (answer, error) {
	if err := o.authorize(c); err != nil {
		return answer{}, err
	}
	if err := o.checkPasswordAge(c); err != nil {
		return answer{}, err
	}
	if err := o.checkLimit(); err != nil {
		return answer{}, err
	}
	if err := o.mayCall(); err != nil {
		return answer{}, err
	}
	if err := o.versions.check(c.version); err != nil {
		return answer{}, err
	}
	if c.uriLength > maxURI {
		return answer{}, Refusal{Status: http.StatusRequestURITooLong, Code: "URI_TOO_LONG", Message: "The URI exceeds the limit of 16,384 bytes"}
	}
	if c.uriLength+c.headerLength > maxURI {
		return answer{}, Refusal{Status: http.StatusRequestHeaderFieldsTooLarge, Code: "REQUEST_HEADER_FIELDS_TOO_LARGE", Message: "URI and headers exceed the limit of 16,384 bytes"}
	}
	return o.respond(c, path)
}

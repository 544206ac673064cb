package sfprovtest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
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
	c := &call{method: r.Method, path: slashes.ReplaceAllLiteralString(r.URL.Path, "/"), query: r.URL.Query(), header: r.Header, body: inflate(r.Header, body), uriLength: len(r.RequestURI)}
	for name, values := range r.Header {
		c.headerLength += len(name) + len(strings.Join(values, ""))
	}
	if override := c.query.Get("_HttpMethod"); override != "" && c.method == http.MethodPost {
		c.method = override // for clients whose HTTP stack knows no PATCH
	}
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
	fault.write(w, a, wait)
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

// slashes are those of paths such as //services/data, which real orgs take for one:
// some clients have a base URL that ends in one.
var slashes = regexp.MustCompile(`/{2,}`)

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
		return versions(c)
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
	if err := checkVersion(c.version); err != nil {
		return answer{}, err
	}
	if c.uriLength > maxURI {
		return answer{}, Refusal{Status: http.StatusRequestURITooLong, Code: "URI_TOO_LONG", Message: "The URI exceeds the limit of 16,384 bytes"}
	}
	if c.uriLength+c.headerLength > maxURI {
		return answer{}, Refusal{Status: http.StatusRequestHeaderFieldsTooLarge, Code: "REQUEST_HEADER_FIELDS_TOO_LARGE", Message: "URI and headers exceed the limit of 16,384 bytes"}
	}
	if path == "composite" {
		return o.composite(c)
	}
	return o.route(c, path)
}

// route finds the resource of a request that was let in.
func (o *Org) route(c *call, path string) (answer, error) {
	parts := strings.Split(path, "/")
	switch {
	case path == "":
		return o.resources(c)
	case path == "sobjects":
		return o.describeGlobal(c)
	case path == "limits":
		return o.limits(c)
	case path == "composite/sobjects":
		return o.collections(c)
	case path == "query":
		return o.query(c)
	case parts[0] == "query" && len(parts) == 2:
		return o.queryMore(c, parts[1])
	case parts[0] == "sobjects" && len(parts) > 1:
		return o.sobject(c, parts[1:])
	}
	return answer{}, notFound()
}

// sobject is /sobjects/{object} and what is below it.
func (o *Org) sobject(c *call, parts []string) (answer, error) {
	object, known := o.visibleObject(parts[0])
	if !known {
		return answer{}, notFound()
	}
	switch {
	case len(parts) == 2 && parts[1] == "describe":
		return o.describe(c, object)
	case len(parts) == 2:
		return o.oneRecord(c, object, parts[1])
	case len(parts) == 3 && object.name == "User" && parts[2] == "password":
		return o.password(c, parts[1])
	case len(parts) > 2:
		return answer{}, notFound()
	}
	switch {
	case c.method == http.MethodPost && object.name == "User":
		return o.createUser(c)
	case c.method == http.MethodPost && object.assigns:
		return o.createAssignment(c, object)
	case c.method == http.MethodGet, c.method == http.MethodHead:
		return jsonAnswer(http.StatusOK, map[string]any{"objectDescribe": o.summary(c, object), "recentItems": []any{}}), nil
	case object.name == "User", object.assigns:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,POST")
	}
	return answer{}, methodNotAllowed(c.method, "HEAD,GET")
}

// oneRecord is a record by its ID.
func (o *Org) oneRecord(c *call, object object, id string) (answer, error) {
	long, ok := id18(id)
	switch {
	case long == "": // of another shape than IDs, it is taken for the name of a field
		return answer{}, Refusal{Status: http.StatusNotFound, Code: "NOT_FOUND", Message: "Provided external ID field does not exist or is not accessible: " + id}
	case !ok: // the last three characters don't fit the others
		return answer{}, badRequest("MALFORMED_ID", object.fields[0].label+": id value of incorrect type: "+id, "Id")
	}
	record, exists := o.rows[object.name][long]
	exists = exists && o.seesRecord(object, record)
	switch {
	case c.method == http.MethodGet, c.method == http.MethodHead:
		if !exists {
			return answer{}, notFound()
		}
		return o.readRecord(c, object, record)
	case object.assigns && c.method != http.MethodDelete:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,DELETE")
	case object.assigns && !exists:
		return answer{}, noSuchRecord()
	case object.assigns:
		return o.deleteAssignment(object, record)
	case !object.updateable:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	case c.method != http.MethodPatch && c.method != http.MethodDelete:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,PATCH")
	case !exists:
		return answer{}, noSuchRecord()
	case c.method == http.MethodPatch && object.name == "UserLogin":
		return o.updateUserLogin(c, record)
	case c.method == http.MethodPatch:
		return o.updateUser(c, long)
	}
	return answer{}, o.rules.deleteRefusal
}

// readRecord answers with the fields asked for, or all.
func (o *Org) readRecord(c *call, object object, record row) (answer, error) {
	fields := o.visibleFields(object)
	if asked := c.query.Get("fields"); asked != "" {
		fields = fields[:0:0]
		for name := range strings.SplitSeq(asked, ",") {
			f, known := o.visibleField(object, name)
			if !known {
				return answer{}, noSuchColumn(name, object.name)
			}
			fields = append(fields, f)
		}
		id, _ := o.fieldOf(object, "Id")
		fields = append(fields, id)
	}
	return jsonAnswer(http.StatusOK, render(c, object, fields, record)), nil
}

// render is a record as JSON shows it.
func render(c *call, object object, fields []field, record row) map[string]any {
	id, _ := record["id"].(string)
	out := map[string]any{"attributes": map[string]string{
		"type": object.name, "url": "/services/data/v" + c.version + "/sobjects/" + object.name + "/" + id,
	}}
	for _, f := range fields {
		value := record[strings.ToLower(f.name)]
		if when, isTime := value.(time.Time); isTime {
			value = dateTime(when)
		}
		out[f.name] = value
	}
	return out
}

func noSuchColumn(name, object string) Refusal {
	return Refusal{Status: http.StatusBadRequest, Code: "INVALID_FIELD", Message: fmt.Sprintf("No such column '%s' on sobject of type %s", name, object)}
}

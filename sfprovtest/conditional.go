package sfprovtest

import (
	"crypto/sha256"
	"net/http"
	"time"
)

// The headers that make a request depend on when something was changed.
const (
	ifModified   = "If-Modified-Since"
	ifUnmodified = "If-Unmodified-Since"
)

// described is a description as it was given out.
type described struct {
	digest [sha256.Size]byte
	since  time.Time
}

// checkConditions refuses conditions of resources that have none here. Salesforce has
// them for records and descriptions, and not for deletions.
func checkConditions(c *call, parts []string) error {
	if c.method == http.MethodDelete {
		return nil
	}
	conditional := parts[0] == "sobjects" && (len(parts) != 2 || c.method == http.MethodPost) && len(parts) < 5
	if len(parts) == 4 {
		long, _ := id18(parts[2])
		conditional = conditional && long == "" // or it is something of a record, such as its password
	}
	if len(parts) == 3 && parts[2] != "describe" {
		conditional = conditional && !ofObjects(parts[2])
	}
	for _, name := range []string{ifModified, ifUnmodified} {
		since := c.header.Get(name)
		if since == "" {
			continue
		}
		if _, err := http.ParseTime(since); err != nil {
			return unsupported("date " + since + " in the header " + name)
		}
		if !conditional || name == ifModified && c.method != http.MethodGet && c.method != http.MethodHead {
			return unsupported("header " + name + " of this resource")
		}
	}
	return nil
}

// unmet is the answer to a request whose condition doesn't hold for something that was
// changed last at a time.
func (c *call) unmet(changed time.Time) (a answer, unmet bool) {
	changed = changed.Truncate(time.Second) // as headers have it
	if since, err := http.ParseTime(c.header.Get(ifUnmodified)); err == nil && changed.After(since) {
		return refuse(Refusal{Status: http.StatusPreconditionFailed, Code: "PRECONDITION_FAILED", Message: "The data was modified after the date in If-Unmodified-Since"}), true
	}
	if since, err := http.ParseTime(c.header.Get(ifModified)); err == nil && !changed.After(since) {
		return jsonAnswer(http.StatusNotModified, nil), true
	}
	return answer{}, false
}

// unmetByRecord is the same for a record.
func (c *call) unmetByRecord(record row) (answer, bool, error) {
	if c.header.Get(ifModified) == "" && c.header.Get(ifUnmodified) == "" {
		return answer{}, false, nil
	}
	changed, known := modified(record)
	if !known {
		return answer{}, false, unsupported("modification date of such records")
	}
	a, unmet := c.unmet(changed)
	return a, unmet, nil
}

// ifChanged answers with a description, unless a condition doesn't hold for it. A
// description counts as changed when it was first given out as it is now.
func (o *Org) ifChanged(c *call, of string, a answer, err error) (answer, error) {
	if err != nil {
		return a, err
	}
	of += " " + c.version
	known, digest := o.journal.descriptions[of], sha256.Sum256(a.body)
	if known.digest != digest {
		known = described{digest: digest, since: o.now()}
		if o.journal.descriptions == nil {
			o.journal.descriptions = map[string]described{}
		}
		o.journal.descriptions[of] = known
	}
	if other, unmet := c.unmet(known.since); unmet {
		return other, nil
	}
	return a, nil
}

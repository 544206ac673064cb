package sfprovtest

import (
	"net/url"
	"strings"
)

const formType = "application/x-www-form-urlencoded"

// parameters are those of a request about logins. As in real orgs they can stand in the
// query, and in a body that says that it is a form: what is none, or doesn't say so, has
// none.
func (c *call) parameters() (url.Values, error) {
	all := url.Values{}
	add := func(values url.Values) {
		for name, some := range values {
			all[name] = append(all[name], some...)
		}
	}
	add(c.query)
	kind, _, _ := strings.Cut(c.header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), formType) {
		return all, nil
	}
	form, err := url.ParseQuery(string(c.body))
	add(form)
	return all, err
}

// format is the form that an answer about logins is to have: "json", or what this org
// hasn't got. The parameter comes first, then the header, from left to right.
func (c *call) format(given url.Values) string {
	if named := given.Get("format"); named != "" {
		return strings.ToLower(named)
	}
	for kind := range strings.SplitSeq(strings.Join(c.header.Values("Accept"), ","), ",") {
		kind, _, _ = strings.Cut(kind, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "application/json", "*/*":
			return "json"
		case "application/xml":
			return "xml"
		case formType:
			return "urlencoded"
		}
	}
	return "json"
}

// unmetFormat is the refusal of a form of answers that this org hasn't got, lest the client
// take another for it.
func (c *call) unmetFormat(given url.Values) (refusal Refusal, unmet bool) {
	switch format := c.format(given); {
	case format != "json":
		return unsupported("format " + format + " of answers about logins"), true
	case given.Has("callback"):
		return unsupported("JSONP"), true
	}
	return Refusal{}, false
}

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

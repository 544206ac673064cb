package sfprovtest

import (
	"net/http"
	"strings"
)

// checkDemands refuses what a request asks for beside its resource, by headers, parameters
// or the end of its path, where a real org would answer otherwise than this one.
func checkDemands(c *call, path string) error {
	for _, check := range []func() error{
		func() error { return checkSuffix(c, path) },
		func() error { return checkParameters(c, path) },
		func() error { return checkForms(c, path) },
		func() error { return checkCallOptions(c) },
		func() error { return checkConditions(c, strings.Split(path, "/")) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkSuffix refuses paths that end as files do: until version 58, the end chose the form
// of the answer; since then, there is nothing at such a path.
func checkSuffix(c *call, path string) error {
	for _, suffix := range []string{".json", ".xml", ".inc"} {
		switch {
		case !strings.HasSuffix(path, suffix):
		case suffix != ".inc" && olderThan(c, 58):
			return unsupported("suffix " + suffix + " of paths")
		default:
			return notFound()
		}
	}
	return nil
}

// checkParameters refuses parameters that change an answer, and don't here. Others are
// ignored, as real orgs ignore what they don't know.
func checkParameters(c *call, path string) error {
	if form := c.query.Get("format"); form != "" && form != "json" {
		return unsupported("parameter format=" + form)
	}
	if c.query.Get("updateOnly") == "true" && strings.HasPrefix(path, "composite/sobjects") {
		return unsupported("parameter updateOnly of collections")
	}
	return nil
}

// checkForms refuses other forms than JSON.
func checkForms(c *call, path string) error {
	known := strings.HasPrefix(path, "sobjects") || strings.HasPrefix(path, "composite")
	if kind := c.header.Get("Content-Type"); known && len(c.body) > 0 && kind != "" && !strings.Contains(strings.ToLower(kind), "json") {
		return unsupportedForm(kind)
	}
	accepted := strings.ToLower(strings.Join(c.header.Values("Accept"), ","))
	json := strings.Contains(accepted, "json") || strings.Contains(accepted, "*/*") || strings.Contains(accepted, "application/*")
	if strings.Contains(accepted, "xml") && !json {
		return unsupported("answers in XML")
	}
	return nil
}

// unsupportedForm is the answer to a body that is no JSON.
func unsupportedForm(kind string) Refusal {
	return Refusal{Status: http.StatusUnsupportedMediaType, Code: "UNSUPPORTED_MEDIA_TYPE", Message: "Content-Type header specified in HTTP request is not supported: " + kind}
}

// checkCallOptions refuses what Salesforce's own headers ask for. Sforce-Mru and
// Sforce-Auto-Assign change nothing that this org has.
func checkCallOptions(c *call) error {
	for name, value := range optionsIn(c.header, "Sforce-Call-Options") {
		if name == "defaultnamespace" && value != "" {
			return unsupported("namespaces, as the header Sforce-Call-Options asks for")
		}
	}
	for name, value := range optionsIn(c.header, "Sforce-Duplicate-Rule-Header") {
		switch name {
		case "allowsave", "includerecorddetails", "runascurrentuser":
			if !strings.EqualFold(value, "false") {
				return unsupported("option " + name + " of the header Sforce-Duplicate-Rule-Header")
			}
		}
	}
	return nil
}

// optionsIn are the options in a header, such as "client=x, defaultNamespace=y", by their
// names in lower case.
func optionsIn(header http.Header, name string) map[string]string {
	options := map[string]string{}
	for _, line := range header.Values(name) {
		for option := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' }) {
			key, value, _ := strings.Cut(option, "=")
			options[strings.ToLower(strings.TrimSpace(key))] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return options
}

package probe

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shape is what can be told of a JSON body without its values.
type shape struct {
	keys   map[string]string
	flags  map[string]string
	errors []Refusal
}

// shapeOf looks at a body.
func shapeOf(body any, clean *scrubber) shape {
	s := shape{keys: map[string]string{}, flags: map[string]string{}}
	s.walk("$", body, clean)
	slices.SortFunc(s.errors, func(a, b Refusal) int {
		return strings.Compare(a.Code+a.Text+strings.Join(a.Fields, ","), b.Code+b.Text+strings.Join(b.Fields, ","))
	})
	s.errors = slices.CompactFunc(s.errors, func(a, b Refusal) bool {
		return a.Code == b.Code && a.Text == b.Text && slices.Equal(a.Fields, b.Fields)
	})
	return s
}

func (s *shape) walk(path string, value any, clean *scrubber) {
	kind := "null"
	switch v := value.(type) {
	case map[string]any:
		kind = "object"
		s.object(path, v, clean)
	case []any:
		kind = "array"
		for _, each := range v {
			s.walk(path+"[]", each, clean)
		}
	case string:
		kind = "string"
	case float64:
		kind = "number"
	case bool:
		kind = "boolean"
	}
	s.keys[path] = merged(s.keys[path], kind)
}

func (s *shape) object(path string, object map[string]any, clean *scrubber) {
	s.refusal(object, clean)
	for key, value := range object {
		at := path + "." + publicKey(path, key, object)
		s.walk(at, value, clean)
		switch v := value.(type) {
		case bool:
			if slices.Contains(flags, key) {
				s.flags[at] = merged(s.flags[at], strconv.FormatBool(v))
			}
		case float64:
			if key == "httpStatusCode" || key == "statusCode" {
				s.flags[at] = merged(s.flags[at], strconv.Itoa(int(v)))
			}
		}
	}
}

// flags are the booleans whose values are no one's data: they tell what became of the
// request.
var flags = []string{"success", "created", "hasErrors", "done", "isExpired", "active"} //nolint:gochecknoglobals // a constant

var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(_[a-z0-9]+)*$`)

// publicKey is a key that may be told: those that an org's own people have named are not.
func publicKey(path, key string, object map[string]any) string {
	_, limit := object["Remaining"]
	switch {
	case limit && key != "Max" && key != "Remaining": // an app's share of a limit
		return "<app>"
	case strings.Contains(path, ".custom_"), !plainKey.MatchString(key), strings.Contains(key, "__"):
		return "<custom>"
	}
	return key
}

var (
	codeForm  = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{2,70}$`)
	fieldForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]{0,60}$`)
)

// refusal adds the error that an object tells, whichever of Salesforce's forms it has.
func (s *shape) refusal(object map[string]any, clean *scrubber) {
	text := func(name string) string { t, _ := object[name].(string); return t }
	code, message := text("errorCode"), text("message")
	if code == "" {
		code = text("statusCode")
	}
	if code == "" {
		code, message = text("error"), text("error_description")
	}
	if code == "" {
		return
	}
	if !codeForm.MatchString(code) {
		code = "<other>"
	}
	r := Refusal{Code: code, Text: clean.message(code, message)}
	names, _ := object["fields"].([]any)
	for _, name := range names {
		field, _ := name.(string)
		if !fieldForm.MatchString(field) {
			field = "<custom>"
		}
		r.Fields = append(r.Fields, field)
	}
	s.errors = append(s.errors, r)
}

// merged is the union of two lists of words.
func merged(have, word string) string {
	words := slices.DeleteFunc(strings.Split(have, "|"), func(w string) bool { return w == "" })
	if !slices.Contains(words, word) {
		words = append(words, word)
	}
	slices.Sort(words)
	return strings.Join(words, "|")
}

package sfprovtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var (
	answerReference = regexp.MustCompile(`@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+(?:\[\d+\])?|\[\d+\])*)\}`)
	pathStep        = regexp.MustCompile(`[A-Za-z0-9_]+|\[\d+\]`)
)

// answers are the bodies of a composite's successful answers, by reference ID.
type answers map[string]any

// note keeps the body of a successful answer.
func (s answers) note(ref string, a answer) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	_ = decoder.Decode(&value) // no body is null
	s[ref] = value
}

// resolve puts the values of answers into the place of references to them. escape
// makes a value fit its surroundings. Where there are no answers to refer to, as in a
// batch, text stays as it is.
func (s answers) resolve(text string, escape func(string) string) (string, error) {
	if s == nil {
		return text, nil
	}
	var failed error
	resolved := answerReference.ReplaceAllStringFunc(text, func(found string) string {
		parts := answerReference.FindStringSubmatch(found)
		value, known := s.value(parts[1], parts[2])
		if !known {
			failed = badRequest("PROCESSING_HALTED", fmt.Sprintf("Invalid reference specified. No value for %s found in %s", strings.Trim(found, "@{}"), parts[1]))
			return ""
		}
		return escape(value)
	})
	return resolved, failed
}

// value follows a path such as .records[0].Id. Only text, numbers and booleans are
// values.
func (s answers) value(ref, path string) (string, bool) {
	value := s[ref]
	for _, step := range pathStep.FindAllString(path, -1) {
		switch container := value.(type) {
		case map[string]any:
			value = container[step]
		case []any:
			n, err := strconv.Atoi(strings.Trim(step, "[]"))
			if err != nil || n >= len(container) {
				return "", false
			}
			value = container[n]
		default:
			return "", false
		}
	}
	switch value.(type) {
	case string, bool, json.Number:
		return fmt.Sprint(value), true
	}
	return "", false
}

// inURL escapes what would end a part of a URL. Slashes may belong to a value that is
// a path.
func inURL(value string) string {
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(value))
}

// inJSON escapes what would end a string of JSON.
func inJSON(value string) string {
	text := string(jsonAnswer(0, value).body)
	return text[1 : len(text)-1]
}

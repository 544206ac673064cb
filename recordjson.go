package sfprov

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Answers to queries are read by hand, since most of what a batch or a plan costs this
// process is reading records: names are not read anew for each record, and a value that
// is the same as in the record before is shared with it.

var errNoRecords = errors.New("no records")

// scanPage reads a page of records. The text must be valid JSON, or nothing.
func scanPage(valid []byte) (page queryPage, err error) {
	s := recordScanner{text: valid}
	if len(valid) == 0 || s.next() != '{' {
		return page, errNoRecords
	}
	for s.at++; s.next() != '}' && err == nil; s.skipComma() {
		raw, _ := s.string()
		s.next()
		s.at++ // the colon
		s.next()
		begin := s.at
		if strings.EqualFold(string(raw), "records") {
			page.Records, err = s.records()
			continue
		}
		if _, err = s.value(); err != nil {
			break
		}
		switch value := s.text[begin:s.at]; strings.ToLower(string(raw)) {
		case "totalsize":
			err = json.Unmarshal(value, &page.TotalSize)
		case "done":
			err = json.Unmarshal(value, &page.Done)
		case "nextrecordsurl":
			err = json.Unmarshal(value, &page.NextRecordsURL)
		}
	}
	return page, err
}

// records reads an array of objects, or null.
func (s *recordScanner) records() (all []record, err error) {
	if s.next() == 'n' {
		s.at += len("null")
		return nil, nil
	}
	if s.next() != '[' {
		return nil, errNoRecords
	}
	for s.at++; s.next() != ']'; s.skipComma() {
		one, err := s.record()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	s.at++
	return all, nil
}

// typeName is what Salesforce calls the type of a record, and where it is. It is no field.
var typeName = newFieldName("attributes") //nolint:gochecknoglobals // a constant

// recordScanner reads valid JSON.
type recordScanner struct {
	text   []byte
	at     int
	before record // the record before, in the order of its text
	now    record
}

// next is the first byte that is not blank, to which it goes.
func (s *recordScanner) next() byte {
	for s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\r' || s.text[s.at] == '\t' {
		s.at++
	}
	return s.text[s.at]
}

func (s *recordScanner) skipComma() {
	if s.next() == ',' {
		s.at++
	}
}

// record reads an object. What Salesforce says of its type is left out.
func (s *recordScanner) record() (record, error) {
	if s.next() == 'n' {
		s.at += len("null")
		return nil, nil
	}
	if s.next() != '{' {
		return nil, errNoRecords
	}
	s.before, s.now = s.now, s.before[:0]
	for s.at++; s.next() != '}'; s.skipComma() {
		name, err := s.name()
		if err != nil {
			return nil, err
		}
		s.next()
		s.at++ // the colon
		if s.next(); name == typeName && s.text[s.at] == '{' {
			s.skipNested()
			continue
		}
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		s.now = append(s.now, fieldValue{name, value})
	}
	s.at++
	one := slices.Clone(s.now)
	one.sort()
	if one.hasTwins() { // the last counts, as everywhere in JSON
		slices.Reverse(one)
		one = one.settled()
	}
	return one, nil
}

// name reads the name of a field. It is most likely that of the record before.
func (s *recordScanner) name() (*fieldName, error) {
	s.next()
	raw, plain := s.string()
	if i := len(s.now); i < len(s.before) && plain && s.before[i].spelt == string(raw) {
		return s.before[i].fieldName, nil
	}
	switch {
	case plain && string(raw) == typeName.spelt:
		return typeName, nil
	case plain:
		return nameOfBytes(raw), nil
	}
	var name string
	if err := json.Unmarshal(raw, &name); err != nil {
		return nil, err
	}
	return nameOf(name), nil
}

// string reads a string: what is between the quotes if it is plain, else all of it.
func (s *recordScanner) string() (raw []byte, plain bool) {
	begin := s.at + 1
	plain = true
	for s.at = begin; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			plain = false
			s.at++
		}
	}
	s.at++
	raw = s.text[begin : s.at-1]
	if plain = plain && utf8.Valid(raw); !plain {
		raw = s.text[begin-1 : s.at]
	}
	return raw, plain
}

// value reads a value. Numbers keep their digits.
func (s *recordScanner) value() (any, error) {
	begin := s.at
	switch s.next() {
	case '"':
		raw, plain := s.string()
		if !plain {
			var text string
			err := json.Unmarshal(raw, &text)
			return text, err
		}
		return s.shared(raw), nil
	case 't':
		s.at += len("true")
		return true, nil
	case 'f':
		s.at += len("false")
		return false, nil
	case 'n':
		s.at += len("null")
		return nil, nil
	case '{', '[':
		s.skipNested()
		return decodeAny(s.text[begin:s.at])
	}
	begin = s.at
	for s.at < len(s.text) && bytes.IndexByte([]byte("+-.eE0123456789"), s.text[s.at]) >= 0 {
		s.at++
	}
	return json.Number(s.text[begin:s.at]), nil
}

// shared is a string, that of the record before if it is the same.
func (s *recordScanner) shared(raw []byte) any {
	if i := len(s.now); i < len(s.before) {
		if text, isText := s.before[i].value.(string); isText && text == string(raw) {
			return s.before[i].value
		}
	}
	return string(raw)
}

// skipNested goes to the end of an object or an array.
func (s *recordScanner) skipNested() {
	for depth := 0; ; {
		switch s.text[s.at] {
		case '"':
			s.string()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if s.at++; depth == 0 {
			return
		}
	}
}

// decodeAny decodes JSON whose numbers keep their digits.
func decodeAny(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return value, d.Decode(&value)
}

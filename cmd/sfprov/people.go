package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/sfprov/sfprov"
)

// person is one user of the file: the login name, and the claims by name. A claim
// without a value was removed; one that is absent is left alone.
type person struct {
	username string
	claims   map[string][]string
}

// usernameKey is the column, or the key, of the login name.
const usernameKey = "username"

// users are the users of a file, as the mapping makes them of the claims. What is
// wrong with a line ends the stream: half a file is no directory.
func users(people iter.Seq2[person, error], mapping sfprov.Mapping) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		for p, err := range people {
			var u sfprov.User
			if err == nil {
				u, err = mapping.User(p.username, p.claims)
			}
			if !yield(u, err) || err != nil {
				return
			}
		}
	}
}

// read reads a file by its format: CSV with the names of the claims in its first
// line and semicolons between several values, or JSON Lines, an object for each user.
func read(name string, r io.Reader) iter.Seq2[person, error] {
	switch {
	case strings.HasSuffix(name, ".csv"):
		return readCSV(name, r)
	case strings.HasSuffix(name, ".jsonl"):
		return readJSONLines(name, r)
	}
	return func(yield func(person, error) bool) {
		yield(person{}, fmt.Errorf("%s: the name of the file ends in neither .csv nor .jsonl", name))
	}
}

func readCSV(name string, r io.Reader) iter.Seq2[person, error] {
	return func(yield func(person, error) bool) {
		file := csv.NewReader(withoutMark(r))
		header, err := file.Read()
		if errors.Is(err, io.EOF) {
			return // an empty file
		}
		if err == nil {
			err = checkHeader(header)
		}
		for err == nil {
			var row []string
			if row, err = file.Read(); err != nil {
				break
			}
			p := person{claims: make(map[string][]string, len(header))}
			for i, claim := range header {
				if claim == usernameKey {
					p.username = row[i]
					continue
				}
				p.claims[claim] = strings.Split(row[i], ";")
			}
			if !yield(p, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(person{}, fmt.Errorf("%s: %w", name, err))
		}
	}
}

// checkHeader refuses a first line by which nobody, or the wrong claim, would be read.
func checkHeader(header []string) error {
	var problems []error
	seen := map[string]bool{}
	for _, claim := range header {
		if seen[claim] {
			problems = append(problems, fmt.Errorf("line 1 names the column %q twice", claim))
		}
		seen[claim] = true
	}
	if !seen[usernameKey] {
		problems = append(problems, fmt.Errorf("line 1 has no column %q; commas part the columns, and these are there: %q", usernameKey, header))
	}
	return errors.Join(problems...)
}

// withoutMark leaves out the byte order mark that spreadsheets write before a text.
func withoutMark(r io.Reader) io.Reader {
	const mark = "\uFEFF"
	text := bufio.NewReader(r)
	if start, _ := text.Peek(len(mark)); string(start) == mark { // what can't be read is told by the next read
		_, _ = text.Discard(len(mark))
	}
	return text
}

func readJSONLines(name string, r io.Reader) iter.Seq2[person, error] {
	return func(yield func(person, error) bool) {
		lines := bufio.NewScanner(withoutMark(r))
		lines.Buffer(nil, 1<<20)
		for n := 1; lines.Scan(); n++ {
			if strings.TrimSpace(lines.Text()) == "" {
				continue
			}
			p, err := parseLine(lines.Bytes())
			if err != nil {
				yield(person{}, fmt.Errorf("%s:%d: %w", name, n, err))
				return
			}
			if !yield(p, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(person{}, fmt.Errorf("%s: %w", name, err))
		}
	}
}

// parseLine reads an object of texts, booleans, numbers and nulls, and of lists of them.
// Numbers keep their digits: they may be what tells who is whose.
func parseLine(line []byte) (person, error) {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return person{}, fmt.Errorf("the line is no JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return person{}, errors.New("the line holds more than a JSON object")
	}
	if _, has := object[usernameKey]; !has {
		return person{}, fmt.Errorf("the object has no %q", usernameKey)
	}
	p := person{claims: make(map[string][]string, len(object))}
	for claim, value := range object {
		list, isList := value.([]any)
		if !isList && value != nil {
			list = []any{value}
		}
		values := []string{}
		for _, one := range list {
			switch one.(type) {
			case map[string]any, []any, nil:
				return person{}, fmt.Errorf("%q holds an object, a list in a list, or a null in one", claim)
			}
			values = append(values, fmt.Sprint(one))
		}
		p.claims[claim] = values
	}
	if name := p.claims[usernameKey]; len(name) == 1 {
		p.username = name[0]
	}
	delete(p.claims, usernameKey)
	return p, nil
}

package sfprov

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// decodeStrictly decodes one JSON value and nothing after it. Numbers keep their digits
// where the type takes any, and an object that names a key twice is refused: which of the
// two counts would depend on who reads it.
func decodeStrictly(text []byte, into any, change ...func(*json.Decoder)) error {
	if err := problemOfKeys(text); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for _, f := range change {
		f(decoder)
	}
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the end")
	}
	return nil
}

// problemOfKeys is the error of JSON that names a key twice in one object. What is no
// JSON, others tell.
func problemOfKeys(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	type object struct {
		keys  map[string]bool // nil for an array
		isKey bool            // a key is next
	}
	var open []object
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil //nolint:nilerr // who decodes it says what is wrong
		}
		top := len(open) - 1
		switch key, isText := token.(string); {
		case top >= 0 && open[top].isKey && isText:
			if open[top].keys[key] {
				return fmt.Errorf("the key %s is there twice", quote(key))
			}
			open[top].keys[key], open[top].isKey = true, false
			continue
		case token == json.Delim('{'):
			open = append(open, object{keys: map[string]bool{}, isKey: true})
			continue
		case token == json.Delim('['):
			open = append(open, object{})
			continue
		case token == json.Delim('}'), token == json.Delim(']'):
			open = open[:top]
		}
		if top = len(open) - 1; top >= 0 { // a value has ended
			open[top].isKey = open[top].keys != nil
		}
	}
}

// decodeFields is decodeStrictly into a struct: encoding/json matches keys with its fields
// ignoring case, so two that differ only in case are the same key, too.
func decodeFields(text []byte, into any, change ...func(*json.Decoder)) error {
	if err := decodeStrictly(text, into, change...); err != nil {
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	keys := slices.Sorted(maps.Keys(values))
	for i, key := range keys {
		for _, other := range keys[i+1:] {
			if strings.EqualFold(key, other) {
				return fmt.Errorf("the key %s is there twice, as %s too", quote(key), quote(other))
			}
		}
	}
	return nil
}

package sfprovtest

import (
	"bytes"
	"encoding/json"
	"slices"
)

// shownRecord is a record as JSON shows it: the keys in the order in which they were set, as real
// orgs have them.
type shownRecord struct {
	keys   []string
	values map[string]any
}

// newRecord begins a record with its attributes.
func newRecord(c *call, object string, of row) *shownRecord {
	id, _ := of["id"].(string)
	r := &shownRecord{}
	r.set("attributes", map[string]string{"type": object, "url": "/services/data/v" + c.version + "/sobjects/" + object + "/" + id})
	return r
}

func (r *shownRecord) set(key string, value any) {
	if r.values == nil {
		r.values = map[string]any{}
	}
	if !slices.Contains(r.keys, key) {
		r.keys = append(r.keys, key)
	}
	r.values[key] = value
}

// parent is the record within this one that a relationship leads to.
func (r *shownRecord) parent(c *call, relation, object string, of row) *shownRecord {
	if within, there := r.values[relation].(*shownRecord); there {
		return within
	}
	within := newRecord(c, object, of)
	r.set(relation, within)
	return within
}

// MarshalJSON writes the record.
func (r *shownRecord) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, key := range r.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encoder.Encode(key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encoder.Encode(r.values[key]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

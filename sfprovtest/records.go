package sfprovtest

import "slices"

// insert stores a record.
func (o *Org) insert(object string, record row) {
	if object == "User" {
		record["name"] = fullName(record)
	} else {
		o.audit(object, record)
	}
	id, _ := record["id"].(string)
	holdings, _ := holdingsKey(object, record)
	o.place(object, id, record, len(o.order[object]), len(o.holdings[holdings]))
	o.undoable(func() { o.remove(object, id) })
}

// audit notes who made a record and when, as far as its object has fields for that.
func (o *Org) audit(name string, record row) {
	made, _ := o.object(name)
	for _, f := range made.fields {
		key := f.key()
		if _, given := record[key]; given {
			continue
		}
		switch key {
		case "createddate", "lastmodifieddate", "systemmodstamp":
			record[key] = o.now()
		case "createdbyid", "lastmodifiedbyid":
			record[key] = o.access.runAs
		}
	}
}

// place puts a record where it is found: at a place in the order of its object, and in
// that of a user's assignments if it is one.
func (o *Org) place(object, id string, record row, at, held int) {
	if o.rows[object] == nil {
		o.rows[object] = map[string]row{}
	}
	o.rows[object][id] = record
	o.order[object] = insertAt(o.order[object], at, id)
	if key, isAssignment := holdingsKey(object, record); isAssignment {
		o.holdings[key] = insertAt(o.holdings[key], held, id)
	}
}

// remove takes a record away.
func (o *Org) remove(object, id string) {
	record := o.rows[object][id]
	at, held := 0, 0
	delete(o.rows[object], id)
	o.order[object], at = without(o.order[object], id)
	if key, isAssignment := holdingsKey(object, record); isAssignment {
		o.holdings[key], held = without(o.holdings[key], id)
	}
	o.undoable(func() { o.place(object, id, record, at, held) })
}

func insertAt(ids []string, at int, id string) []string {
	return slices.Insert(ids, min(at, len(ids)), id)
}

// without are the IDs but one, and where that was.
func without(ids []string, id string) ([]string, int) {
	for at, other := range slices.Backward(ids) { // what is taken back was inserted lately
		if other == id {
			return slices.Delete(ids, at, at+1), at
		}
	}
	return ids, len(ids)
}

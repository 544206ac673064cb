package sfprovtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// replicated is how far back the org tells what has been changed and deleted.
const replicated = 30 * 24 * time.Hour

// deletion is a record that was deleted.
type deletion struct {
	object, id string
	when       time.Time
}

// noteDeletion remembers a deleted record.
func (o *Org) noteDeletion(object, id string) {
	o.journal.deletions = append(o.journal.deletions, deletion{object: object, id: id, when: o.now()})
	o.undoable(func() {
		o.journal.deletions = slices.DeleteFunc(o.journal.deletions, func(d deletion) bool { return d.id == id })
	})
}

// replicate is /sobjects/{object}/updated and /deleted: the IDs of the records that were
// changed, or deleted, in a period. Seconds don't count, and the last minute belongs to it.
func (o *Org) replicate(c *call, object object, what string) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	switch object.name {
	case "UserPermissionAccess": // its only record is none that is stored
		return answer{}, unsupported("resource " + what + " of " + object.name)
	case "PermissionSetAssignment": // by its documentation
		return answer{}, badReplication("INVALID_TYPE_FOR_OPERATION", "sObject type "+object.name+" is not replicable")
	}
	start, end, err := o.period(c)
	if err != nil {
		return answer{}, err
	}
	within := func(t time.Time) bool {
		minute := t.UTC().Truncate(time.Minute)
		return !minute.Before(start) && !minute.After(end)
	}
	if what == "deleted" {
		return o.deleted(object, end, within), nil
	}
	ids := []string{}
	for _, id := range o.order[object.name] {
		record := o.rows[object.name][id]
		when, known := modified(record)
		if !known {
			return answer{}, unsupported("modification dates of " + object.name)
		}
		if within(when) && o.seesRecord(object, record) {
			ids = append(ids, id)
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"ids": ids, "latestDateCovered": dateTime(end)}), nil
}

// deleted lists deleted records. Only assignments can be deleted.
func (o *Org) deleted(object object, end time.Time, within func(time.Time) bool) answer {
	earliest, records := o.begun(), []map[string]string{}
	for i, d := range o.journal.deletions {
		if i == 0 {
			earliest = d.when
		}
		if d.object == object.name && within(d.when) {
			records = append(records, map[string]string{"id": d.id, "deletedDate": dateTime(d.when)})
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"deletedRecords": records, "earliestDateAvailable": dateTime(earliest.Truncate(time.Minute)), "latestDateCovered": dateTime(end),
	})
}

// begun is when the org began: with its first user.
func (o *Org) begun() time.Time {
	when, _ := o.rows["User"][o.access.runAs]["createddate"].(time.Time)
	return when
}

// modified is when a record was changed last, or created; known is false if it doesn't
// say.
func modified(record row) (when time.Time, known bool) {
	for _, name := range []string{"systemmodstamp", "lastmodifieddate", "createddate"} {
		if t, isTime := record[name].(time.Time); isTime {
			known = true
			if t.After(when) {
				when = t
			}
		}
	}
	return when, known
}

// period is the one that a request asks about, in whole minutes.
func (o *Org) period(c *call) (start, end time.Time, err error) {
	if start, err = replicationDate(c, "start"); err != nil {
		return start, end, err
	}
	if end, err = replicationDate(c, "end"); err != nil {
		return start, end, err
	}
	now := o.now().Truncate(time.Minute)
	const code = "INVALID_REPLICATION_DATE"
	switch {
	case !start.Before(end): // in Salesforce's words, although they have it the wrong way round
		err = badReplication(code, "startDate must be at least one minute greater than endDate")
	case now.Sub(start) > replicated:
		err = badReplication(code, "startDate cannot be more than 30 days ago")
	}
	if end.After(now) { // which is allowed, but no date is covered that is to come
		end = now
	}
	return start, end, err
}

// replicationDate reads a date with an offset. The + of one may have become a blank.
func replicationDate(c *call, name string) (time.Time, error) {
	text := strings.ReplaceAll(c.query.Get(name), " ", "+")
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC().Truncate(time.Minute), nil
		}
	}
	return time.Time{}, badReplication("INVALID_REPLICATION_DATE", name+" must be a date and time such as 2026-01-31T18:00:00+00:00")
}

func badReplication(code, message string) Refusal {
	return Refusal{Status: http.StatusBadRequest, Code: code, Message: message}
}

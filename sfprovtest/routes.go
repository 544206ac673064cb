package sfprovtest

import (
	"fmt"
	"net/http"
	"strings"
)

// respond is what the resource of a request answers that was let in, or of a part of one.
func (o *Org) respond(c *call, path string) (answer, error) {
	if err := checkDemands(c, path); err != nil {
		return answer{}, err
	}
	switch path {
	case "composite":
		return o.composite(c)
	case "composite/batch":
		return o.batch(c)
	}
	return o.route(c, path)
}

// route finds the resource of a path below /services/data/vXX.0.
func (o *Org) route(c *call, path string) (answer, error) {
	parts := strings.Split(path, "/")
	switch {
	case path == "":
		return o.resources(c)
	case path == "sobjects":
		a, err := o.describeGlobal(c)
		return o.ifChanged(c, "", a, err)
	case path == "limits":
		return o.limits(c)
	case path == "composite/sobjects":
		return o.collections(c)
	case strings.HasPrefix(path, "composite/sobjects/") && len(parts) == 3:
		return o.retrieve(c, parts[2])
	case strings.HasPrefix(path, "composite/sobjects/") && len(parts) == 4:
		return o.upsertCollection(c, parts[2], parts[3])
	case path == "query":
		return o.query(c)
	case path == "queryAll":
		return o.queryAll(c)
	case parts[0] == "query" && len(parts) == 2:
		return o.queryMore(c, parts[1])
	case parts[0] == "sobjects" && len(parts) > 1:
		return o.sobject(c, parts[1:])
	}
	return answer{}, unsupported("resource " + path)
}

// sobject is /sobjects/{object} and what is below it.
func (o *Org) sobject(c *call, parts []string) (answer, error) {
	object, err := o.objectInPath(parts[0])
	if err != nil {
		return answer{}, err
	}
	if len(parts) > 1 {
		return o.belowObject(c, object, parts[1], parts[2:])
	}
	switch {
	case c.method == http.MethodPost && object.name == "User":
		return o.createUser(c)
	case c.method == http.MethodPost && object.assigns:
		return o.createAssignment(c, object)
	case c.method == http.MethodGet, c.method == http.MethodHead:
		return jsonAnswer(http.StatusOK, map[string]any{"objectDescribe": o.summary(c, object), "recentItems": []any{}}), nil
	case object.fixed && c.method == http.MethodPost:
		return answer{}, unsupported("create of " + object.name)
	case object.name == "User", object.assigns, object.fixed:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,POST")
	}
	return answer{}, methodNotAllowed(c.method, "HEAD,GET")
}

// objectInPath finds the object that a path names. One that this org hasn't got may
// well be there in a real one, unless it is custom or hidden.
func (o *Org) objectInPath(name string) (object, error) {
	found, known := o.object(name)
	switch {
	case !known && !isAbsent(name):
		return object{}, unsupported("object " + name)
	case !known, !o.seesObject(found):
		return object{}, notFound()
	}
	return found, nil
}

// ofObjects reports whether real orgs have a resource of that name below an object.
func ofObjects(name string) bool {
	switch strings.ToLower(name) {
	case "updated", "deleted", "listviews", "quickactions", "compactlayouts", "layouts", "describe", "defaultvalues",
		"relevantitems", "approvallayouts", "eventschema", "namedlayouts":
		return true
	}
	return false
}

// belowObject is what is below /sobjects/{object}: its description, a record by its ID
// or by a field, and what a record has.
func (o *Org) belowObject(c *call, object object, name string, rest []string) (answer, error) {
	switch long, _ := id18(name); {
	case len(rest) == 0 && name == "describe":
		a, err := o.describe(c, object)
		return o.ifChanged(c, object.name, a, err)
	case len(rest) == 0 && (name == "updated" || name == "deleted"):
		return o.replicate(c, object, name)
	case ofObjects(name):
		return answer{}, unsupported("resource " + strings.Join(append([]string{name}, rest...), "/") + " of objects")
	case len(rest) == 0 && strings.EqualFold(name, "Id") && (c.method == http.MethodPost || c.method == http.MethodPatch):
		return o.upsertWithoutID(c, object)
	case len(rest) == 0:
		return o.oneRecord(c, object, name)
	case len(rest) == 1 && long != "" && object.name == "User" && rest[0] == "password":
		return o.password(c, name)
	case len(rest) == 1 && rest[0] == "password" && long != "":
		return answer{}, notFound() // only users have one
	case long != "":
		return answer{}, unsupported("resource " + strings.Join(rest, "/") + " of records")
	}
	return o.byField(c, object, name, strings.Join(rest, "/"))
}

// oneRecord is a record by its ID.
func (o *Org) oneRecord(c *call, object object, id string) (answer, error) {
	long, ok := id18(id)
	switch {
	case long == "": // of another shape than IDs, it is taken for the name of a field
		return answer{}, Refusal{Status: http.StatusNotFound, Code: "NOT_FOUND", Message: "Provided external ID field does not exist or is not accessible: " + id}
	case !ok: // the last three characters don't fit the others
		return answer{}, malformedID(object, id)
	}
	record, exists := o.rows[object.name][long]
	exists = exists && o.seesRecord(object, record)
	if exists && c.method != http.MethodDelete {
		if a, unmet, err := c.unmetByRecord(record); unmet || err != nil {
			return a, err
		}
	}
	switch {
	case c.method == http.MethodGet, c.method == http.MethodHead:
		if !exists {
			return answer{}, notFound()
		}
		return o.readRecord(c, object, record)
	case object.fixed && (c.method == http.MethodPatch || c.method == http.MethodDelete):
		return answer{}, unsupported("change of " + object.name)
	case object.name == "PermissionSetAssignment" && c.method == http.MethodPatch:
		return answer{}, unsupported("change of " + object.name) // of its expiry
	case object.assigns && c.method != http.MethodDelete:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,DELETE")
	case object.assigns && !exists:
		return answer{}, noSuchRecord()
	case object.assigns:
		return o.deleteAssignment(object, record)
	case !object.updateable:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	case c.method != http.MethodPatch && c.method != http.MethodDelete:
		return answer{}, methodNotAllowed(c.method, "HEAD,GET,PATCH")
	case !exists:
		return answer{}, noSuchRecord()
	case c.method == http.MethodPatch && object.name == "UserLogin":
		return o.updateUserLogin(c, record)
	case c.method == http.MethodPatch:
		return o.updateUser(c, long)
	}
	return answer{}, o.rules.deleteRefusal
}

func malformedID(object object, id string) Refusal {
	return badRequest("MALFORMED_ID", object.fields[0].label+": id value of incorrect type: "+id, "Id")
}

// readRecord answers with the fields asked for, or all.
func (o *Org) readRecord(c *call, object object, record row) (answer, error) {
	fields := o.visibleFields(object)
	if asked := c.query.Get("fields"); asked != "" {
		fields = fields[:0:0]
		for name := range strings.SplitSeq(asked, ",") {
			f, known := o.visibleField(object, name)
			switch {
			case !known && o.lacks(object, name):
				return answer{}, unsupported("field " + name + " of " + object.name)
			case !known:
				return answer{}, noSuchColumn(name, object.name)
			}
			fields = append(fields, f)
		}
		id, _ := o.fieldOf(object, "Id")
		fields = append(fields, id)
	}
	return jsonAnswer(http.StatusOK, render(c, object, fields, record)), nil
}

// render is a record as JSON shows it.
func render(c *call, object object, fields []field, record row) *shownRecord {
	out := newRecord(c, object.name, record)
	for _, f := range fields {
		out.set(f.name, shown(f, record))
	}
	return out
}

func noSuchColumn(name, object string) Refusal {
	return Refusal{Status: http.StatusBadRequest, Code: "INVALID_FIELD", Message: fmt.Sprintf("No such column '%s' on sobject of type %s", name, object)}
}

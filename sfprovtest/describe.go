package sfprovtest

import (
	"net/http"
	"strings"
)

// describeGlobal is /sobjects.
func (o *Org) describeGlobal(c *call) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	var summaries []map[string]any
	for _, object := range objects {
		if !o.seesObject(object) {
			continue
		}
		summaries = append(summaries, o.summary(c, object))
	}
	return jsonAnswer(http.StatusOK, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries}), nil
}

// describe is /sobjects/{object}/describe.
func (o *Org) describe(c *call, object object) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	var fields []map[string]any
	for _, f := range o.visibleFields(object) {
		values := []map[string]any{}
		for _, value := range o.picklist[strings.ToLower(f.name)] {
			values = append(values, map[string]any{"active": true, "defaultValue": false, "label": value, "validFor": nil, "value": value})
		}
		references := []string{}
		if f.refersTo != "" {
			references = append(references, f.refersTo)
		}
		fields = append(fields, map[string]any{
			"name": f.name, "label": f.label, "type": string(f.kind), "length": f.length,
			"createable": f.create, "updateable": f.update, "nillable": !f.required && f.kind != typeBoolean && f.kind != typeID && f.name != "CommunityNickname",
			"defaultedOnCreate": f.kind == typeBoolean || f.preset != "" || f.name == "CommunityNickname", "custom": strings.HasSuffix(f.name, "__c"),
			"unique": f.lookup && f.name != "Email", "idLookup": f.lookup || f.kind == typeID,
			"filterable": f.kind != typeTextArea, "sortable": f.kind != typeTextArea, "groupable": f.kind != typeTextArea,
			"restrictedPicklist": f.kind == typePicklist, "picklistValues": values, "referenceTo": references,
		})
	}
	description := o.summary(c, object)
	description["fields"] = fields
	return jsonAnswer(http.StatusOK, description), nil
}

// summary is what describe and the object's own resource have in common.
func (o *Org) summary(c *call, object object) map[string]any {
	base := "/services/data/v" + c.version + "/sobjects/" + object.name
	return map[string]any{
		"name": object.name, "label": object.label, "labelPlural": object.label + "s", "keyPrefix": object.prefix, "custom": false,
		"createable": object.name == "User" || object.assigns, "updateable": object.updateable, "deletable": object.assigns, "queryable": true, "retrieveable": true,
		"urls": map[string]string{"sobject": base, "describe": base + "/describe", "rowTemplate": base + "/{ID}"},
	}
}

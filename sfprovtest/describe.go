package sfprovtest

import (
	"maps"
	"net/http"
	"slices"
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

// describe is /sobjects/{object}/describe, with the keys that real orgs have.
func (o *Org) describe(c *call, object object) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	fields := []map[string]any{}
	for _, f := range o.visibleFields(object) {
		fields = append(fields, o.describeField(object, f))
	}
	description := o.summary(c, object)
	maps.Copy(description, map[string]any{
		"fields": fields, "childRelationships": o.children(object), "actionOverrides": []any{}, "namedLayoutInfos": []any{}, "recordTypeInfos": []any{},
		"supportedScopes":       []any{map[string]string{"label": "All " + strings.ToLower(plural(object.label)), "name": "everything"}},
		"compactLayoutable":     object.name == "User",
		"listviewable":          nil,
		"lookupLayoutable":      nil,
		"networkScopeFieldName": nil,
		"searchLayoutable":      object.name == "User",
		"sobjectDescribeOption": "FULL",
	})
	return jsonAnswer(http.StatusOK, description), nil
}

// describeField is what describe tells of a field.
func (o *Org) describeField(object object, f field) map[string]any {
	isText := slices.Contains([]fieldType{typeString, typeEmail, typePhone, typeURL, typePicklist, typeMultiPicklist, typeTextArea, typeID, typeReference}, f.kind)
	isPicklist := f.kind == typePicklist || f.kind == typeMultiPicklist
	isLong := f.kind == typeTextArea && f.length > 255
	relation := orNil(f.relation)
	length, digits, precision := f.length, 0, 0
	switch {
	case f.kind == typeInt:
		digits = 9
	case f.kind.isNumber():
		precision = f.digits
	case length == 0 && isText:
		length = 255
	}
	var preset any
	if f.kind == typeBoolean {
		preset = f.name == "IsActive" && f.create && object.name == "User" && !o.rules.inactiveOnCreate
	}
	return map[string]any{
		"name": f.name, "label": f.label, "type": string(f.kind), "length": length, "byteLength": 3 * length,
		"digits": digits, "precision": precision, "scale": f.scale, "soapType": soapTypes[f.kind],
		"createable": f.create, "updateable": f.update, "nillable": f.nillable(),
		"defaultedOnCreate": f.kind == typeBoolean || f.kind == typeID || f.preset != "" || f.name == "CommunityNickname" || strings.HasPrefix(f.name, "Created"),
		"custom":            strings.HasSuffix(f.name, "__c"), "unique": f.unique, "idLookup": f.lookup, "externalId": f.external,
		"caseSensitive": false, "nameField": f.name == "Name", "namePointing": len(f.refersTo) > 1, "polymorphicForeignKey": len(f.refersTo) > 1,
		"filterable": !isLong, "sortable": !isLong && f.kind != typeMultiPicklist, "groupable": isText && !isLong && f.kind != typeMultiPicklist || f.kind == typeBoolean || f.kind == typeInt || f.kind == typeDate,
		"aggregatable":   isText && !isLong && f.kind != typeMultiPicklist || f.kind.isNumber() || f.kind == typeInt || f.kind == typeDate || f.kind == typeDateTime,
		"permissionable": strings.HasSuffix(f.name, "__c"), "searchPrefilterable": f.kind == typeReference,
		"restrictedPicklist": isPicklist && !f.open && f.create, "picklistValues": o.describeValues(f), "dependentPicklist": f.name == "StateCode",
		"referenceTo": append([]string{}, f.refersTo...), "relationshipName": relation, "relationshipOrder": nil, "referenceTargetField": nil,
		"calculated": f.name == "Name" && object.name == "User", "calculatedFormula": nil, "defaultValue": preset, "defaultValueFormula": nil,
		"autoNumber": false, "aiPredictionField": false, "cascadeDelete": false, "compoundFieldName": compoundOf(object, f), "controllerName": controllerOf(f),
		"deprecatedAndHidden": false, "displayLocationInDecimal": false, "encrypted": false, "extraTypeInfo": extraTypeOf(f), "filteredLookupInfo": nil,
		"formulaTreatNullNumberAsZero": false, "highScaleNumber": false, "htmlFormatted": false, "inlineHelpText": nil, "mask": nil, "maskType": nil,
		"queryByDistance": false, "restrictedDelete": false, "writeRequiresMasterRead": false,
	}
}

// nillable reports whether the field can be null.
func (f field) nillable() bool {
	return !f.required && f.kind != typeBoolean && f.kind != typeID && f.name != "CommunityNickname"
}

// describeValues are the values of a picklist.
func (o *Org) describeValues(f field) []map[string]any {
	values := []map[string]any{}
	for _, value := range o.picklist[f.key()] {
		values = append(values, map[string]any{
			"active": true, "defaultValue": f.preset == value, "label": o.labelOf(f, value), "validFor": o.validFor(f, value), "value": value,
		})
	}
	return values
}

func controllerOf(f field) any {
	if f.name == "StateCode" {
		return "CountryCode"
	}
	return nil
}

// compoundOf is the field that others are parts of.
func compoundOf(object object, f field) any {
	isName := f.name == "FirstName" || f.name == "LastName" || f.name == "Name"
	isAddress := slices.Contains([]string{"Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode"}, f.name)
	switch {
	case isName && (object.name == "User" || object.name == "Contact"):
		return "Name"
	case isAddress:
		return "Address"
	}
	return nil
}

func extraTypeOf(f field) any {
	switch {
	case f.kind == typeTextArea:
		return "plaintextarea"
	case f.name == "FirstName" || f.name == "LastName":
		return "personname"
	}
	return nil
}

var soapTypes = map[fieldType]string{ //nolint:gochecknoglobals // a constant table
	typeID: "tns:ID", typeReference: "tns:ID", typeBoolean: "xsd:boolean", typeInt: "xsd:int", typeDate: "xsd:date", typeDateTime: "xsd:dateTime",
	typeDouble: "xsd:double", typeCurrency: "xsd:double", typePercent: "xsd:double",
	typeString: "xsd:string", typeEmail: "xsd:string", typePhone: "xsd:string", typeURL: "xsd:string", typeTextArea: "xsd:string",
	typePicklist: "xsd:string", typeMultiPicklist: "xsd:string",
}

// children are the relationships from other objects to this one.
func (o *Org) children(parent object) []map[string]any {
	children := []map[string]any{}
	for _, child := range objects {
		for _, f := range o.fieldsOf(child) {
			if !slices.Contains(f.refersTo, parent.name) || !o.seesObject(child) {
				continue
			}
			children = append(children, map[string]any{
				"cascadeDelete": false, "childSObject": child.name, "deprecatedAndHidden": false, "field": f.name,
				"junctionIdListNames": []any{}, "junctionReferenceTo": []any{}, "relationshipName": nil, "restrictedDelete": false,
			})
		}
	}
	return children
}

// summary is what describe, the object's own resource and the list of objects have in
// common.
func (o *Org) summary(c *call, object object) map[string]any {
	base := "/services/data/v" + c.version + "/sobjects/" + object.name
	urls := map[string]string{"sobject": base, "describe": base + "/describe", "rowTemplate": base + "/{ID}"}
	if object.name == "User" {
		urls["passwordUtilities"] = base + "/{ID}/password"
	}
	summary := map[string]any{
		"name": object.name, "label": object.label, "labelPlural": plural(object.label), "keyPrefix": orNil(object.prefix),
		"createable": object.name == "User" || object.assigns, "updateable": object.updateable, "deletable": object.assigns,
		"queryable": true, "retrieveable": true, "replicateable": object.name == "User" || object.assigns && object.name != "PermissionSetAssignment", "searchable": object.name == "User",
		"layoutable": object.name == "User", "triggerable": object.name == "User", "urls": urls,
	}
	for _, never := range []string{
		"activateable", "custom", "customSetting", "deepCloneable", "deprecatedAndHidden", "feedEnabled", "hasSubtypes", "isInterface", "isSubtype", "mergeable", "mruEnabled", "undeletable",
	} {
		summary[never] = false
	}
	for _, none := range []string{"associateEntityType", "associateParentEntity", "dataTranslationEnabled", "defaultImplementation", "extendedBy", "extendsInterfaces", "implementedBy", "implementsInterfaces"} {
		summary[none] = nil
	}
	return summary
}

// plural is the label of several.
func plural(label string) string {
	if base, ends := strings.CutSuffix(label, "y"); ends && !strings.HasSuffix(base, "e") {
		return base + "ies"
	}
	if strings.HasSuffix(label, "s") {
		return label + "es"
	}
	return label + "s"
}

package sfprovtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// The keys of recorded describes.
const (
	globalKeys = "activateable associateEntityType associateParentEntity createable custom customSetting deepCloneable deletable deprecatedAndHidden " +
		"feedEnabled hasSubtypes isInterface isSubtype keyPrefix label labelPlural layoutable mergeable mruEnabled name queryable replicateable " +
		"retrieveable searchable triggerable undeletable updateable urls"
	objectKeys = "actionOverrides childRelationships compactLayoutable defaultImplementation extendedBy extendsInterfaces fields implementedBy implementsInterfaces " +
		"listviewable lookupLayoutable namedLayoutInfos networkScopeFieldName recordTypeInfos searchLayoutable sobjectDescribeOption supportedScopes"
	fieldKeys = "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive compoundFieldName " +
		"controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist deprecatedAndHidden digits " +
		"displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber " +
		"htmlFormatted idLookup inlineHelpText label length mask maskType name nameField namePointing nillable permissionable picklistValues " +
		"polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete " +
		"restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead"
)

func lacksNone(t *testing.T, keys string, described object) {
	t.Helper()
	for key := range strings.FieldsSeq(keys) {
		assert.Contains(t, described, key)
	}
}

// TestDescribeIsWhole: every object and field has every key that describe has.
func TestDescribeIsWhole(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for _, f := range customFields {
		org.AddField(f)
	}
	c := logIn(t, org)
	global, _ := c.get(t, data+"/sobjects").object(t)["sobjects"].(list)
	require.Len(t, global, 18)
	names := map[any]bool{}
	for _, one := range global {
		summary, _ := one.(object)
		names[summary["name"]] = true
		lacksNone(t, globalKeys, summary)
	}
	for name := range names {
		described := c.get(t, data+"/sobjects/"+fmt.Sprint(name)+"/describe").object(t)
		assert.Subset(t, described, object{"name": name})
		lacksNone(t, globalKeys+" "+objectKeys, described)
		fields, _ := described["fields"].(list)
		assert.NotEmpty(t, fields)
		for _, one := range fields {
			field, _ := one.(object)
			lacksNone(t, fieldKeys, field)
			to, _ := field["referenceTo"].(list)
			assert.Equal(t, field["type"] == "reference", len(to) > 0, "%v.%v", name, field["name"])
			for _, parent := range to {
				assert.True(t, names[parent] || field["relationshipName"] == nil || parent == "Individual", "%v.%v leads to %v", name, field["name"], parent)
			}
		}
	}
}

package sfprov_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// schemaOf is the schema that a new Provisioner reads.
func schemaOf(t *testing.T, org *sfprovtest.Org) *sfprov.Schema {
	t.Helper()
	schema, err := provisionerIn(t, org).Schema(t.Context())
	require.NoError(t, err)
	return schema
}

// TestSchema: what a mapping screen needs of standard and custom fields.
func TestSchema(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.AddField(sfprovtest.CustomField{Name: "Badge__c", Length: 40, Unique: true, ExternalID: true, Required: true})
	org.AddField(sfprovtest.CustomField{Name: "Level__c", Type: sfprovtest.NumberField, Digits: 5, Scale: 2})
	org.AddField(sfprovtest.CustomField{Name: "Color__c", Type: sfprovtest.PicklistField, Values: []string{"Red", "Blue"}, Default: "Blue"})
	org.AddField(sfprovtest.CustomField{Name: "Mood__c", Type: sfprovtest.PicklistField, Values: []string{"Fine"}, Open: true})
	org.AddField(sfprovtest.CustomField{Name: "Mentor__c", Type: sfprovtest.ReferenceField, RefersTo: "User"})
	org.SetCountries(map[string]sfprovtest.Country{
		"DE": {Name: "Germany", States: map[string]string{"BY": "Bavaria"}}, "US": {Name: "United States", States: map[string]string{"CA": "California"}},
	})
	org.SetFieldAccess("Title", sfprovtest.FieldReadOnly)
	org.SetFieldAccess("Fax", sfprovtest.FieldHidden)
	schema := schemaOf(t, org)
	assert.Len(t, org.Requests(), 1)
	for name, want := range map[string]sfprov.SchemaField{
		"username": {Name: "Username", Label: "Username", Type: "string", Length: 80, Required: true, Createable: true, Updateable: true, Unique: true, IDLookup: true},
		"BADGE__C": {Name: "Badge__c", Label: "Badge", Type: "string", Length: 40, Required: true, Createable: true, Updateable: true, Unique: true, IDLookup: true, ExternalID: true, Custom: true},
		"Level__c": {Name: "Level__c", Label: "Level", Type: "double", Digits: 5, Scale: 2, Nillable: true, Createable: true, Updateable: true, Custom: true},
		"Color__c": {
			Name: "Color__c", Label: "Color", Type: "picklist", Length: 255, Nillable: true, Createable: true, Updateable: true, Custom: true, Default: "Blue", Restricted: true,
			Values: []sfprov.PicklistValue{{Value: "Red", Label: "Red", Active: true}, {Value: "Blue", Label: "Blue", Active: true, Default: true}},
		},
		"Mood__c": {
			Name: "Mood__c", Label: "Mood", Type: "picklist", Length: 255, Nillable: true, Createable: true, Updateable: true, Custom: true,
			Values: []sfprov.PicklistValue{{Value: "Fine", Label: "Fine", Active: true}},
		},
		"Mentor__c": {Name: "Mentor__c", Label: "Mentor", Type: "reference", Length: 18, Nillable: true, Createable: true, Updateable: true, Custom: true, References: []string{"User"}, Relationship: "Mentor__r"},
		"IsActive":  {Name: "IsActive", Label: "Active", Type: "boolean", Createable: true, Updateable: true, Default: true},
		"Title":     {Name: "Title", Label: "Title", Type: "string", Length: 80, Nillable: true},
		"ProfileId": {Name: "ProfileId", Label: "Profile ID", Type: "reference", Length: 18, Required: true, Createable: true, Updateable: true, References: []string{"Profile"}, Relationship: "Profile"},
		"StateCode": {
			Name: "StateCode", Label: "State/Province Code", Type: "picklist", Length: 10, Nillable: true, Createable: true, Updateable: true, Restricted: true, Controller: "CountryCode",
			Values: []sfprov.PicklistValue{{Value: "BY", Label: "Bavaria", Active: true, For: []string{"DE"}}, {Value: "CA", Label: "California", Active: true, For: []string{"US"}}},
		},
	} {
		got, found := schema.Field(name)
		require.True(t, found, name)
		assert.True(t, got.Filterable, name)
		assert.Equal(t, got.Type != "double", got.Groupable, name)
		got.Filterable, got.Groupable = false, false
		assert.Equal(t, want, got, name)
	}
	for _, none := range []string{"Fax", "Shoe", ""} {
		_, found := schema.Field(none)
		assert.False(t, found, none)
	}
}

// TestSchemaIsJSON: it survives, with lists that are sorted.
func TestSchemaIsJSON(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, sfprovtest.NewOrg(t))
	text, err := json.Marshal(schema)
	require.NoError(t, err)
	assert.Contains(t, string(text), `{"name":"AboutMe","label":"About Me","type":"textarea","length":1000,"nillable":true,"createable":true,"updateable":true}`)
	var again sfprov.Schema
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Len(t, again.Fields, len(schema.Fields))
	username, _ := again.Field("Username")
	assert.True(t, username.Required)
}

// TestSchemaIsReadOnceForAll: a hundred callers cost a call, and so do all of ten minutes.
func TestSchemaIsReadOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := sfprovtest.NewOrg(t, sfprovtest.WithInMemoryNetwork())
		p := provisionerIn(t, org)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				schema, err := p.Schema(t.Context())
				assert.NoError(t, err)
				schema.Fields[0].Name = "Changed" // it is the caller's own
			})
		}
		all.Wait()
		assert.Len(t, org.Requests(), 1)
		time.Sleep(9 * time.Minute) //nolint:forbidigo // virtual time
		org.AddCustomField("Badge__c", 40, true)
		schema, err := p.Schema(t.Context())
		require.NoError(t, err)
		assert.NotEqual(t, "Changed", schema.Fields[0].Name)
		_, found := schema.Field("Badge__c")
		assert.False(t, found)
		time.Sleep(time.Minute) //nolint:forbidigo // virtual time
		schema, err = p.Schema(t.Context())
		require.NoError(t, err)
		_, found = schema.Field("Badge__c")
		assert.True(t, found, "it is read anew after ten minutes")
		assert.Len(t, org.Requests(), 2)
	})
}

// TestSchemaThatCantBeRead: junk is no schema, and is not remembered.
func TestSchemaThatCantBeRead(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a page": "<html>", "no fields": `{"fields":[]}`, "null": `null`, "a list": `[]`,
		"a field that is none": `{"fields":[7]}`, "a name that is none": `{"fields":[{"name":"a b"}]}`, "a name twice": `{"fields":[{"name":"A"},{"name":"a"}]}`,
		"a type that is none": `{"fields":[{"name":"A","length":"x"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			p := provisionerIn(t, org)
			org.Control(sfprovtest.On(http.MethodGet, "/describe", sfprovtest.Fault{Status: 200, Body: body}))
			_, err := p.Schema(t.Context())
			require.ErrorContains(t, err, "read the fields of users")
			schema, err := p.Schema(t.Context())
			require.NoError(t, err)
			assert.NotEmpty(t, schema.Fields)
		})
	}
}

// TestCatalog: each kind, with what it has beside the name.
func TestCatalog(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetLicenses("Salesforce", 10)
	org.AddUser(nil)
	boss := org.AddRole("Boss", "")
	rep := org.AddRole("A Rep", boss)
	set := org.AddPermissionSet("Auditor Set", "Salesforce")
	group := org.AddPermissionSetGroup("Everything")
	seats := org.AddPermissionSetLicense("Spare", 3)
	club, queue := org.AddGroup("Club"), org.AddQueue("Returns")
	org.Grant(org.AdminID(), seats)
	p := provisionerIn(t, org)
	entries := func(kind sfprov.CatalogKind) (all []sfprov.CatalogEntry) {
		for e, err := range p.Catalog(t.Context(), kind) {
			require.NoError(t, err, kind)
			all = append(all, e)
		}
		return all
	}
	assert.Equal(t, []sfprov.CatalogEntry{
		{Kind: "role", ID: rep, Name: "A_Rep", Label: "A Rep", Parent: boss, Active: true},
		{Kind: "role", ID: boss, Name: "Boss", Label: "Boss", Active: true},
	}, entries(sfprov.CatalogRole))
	assert.Equal(t, []sfprov.CatalogEntry{{Kind: "permission set", ID: set, Name: "Auditor_Set", Label: "Auditor Set", License: "Salesforce", Active: true}}, entries(sfprov.CatalogPermissionSet))
	assert.Equal(t, []sfprov.CatalogEntry{{Kind: "permission set group", ID: group, Name: "Everything", Label: "Everything", Active: true}}, entries(sfprov.CatalogPermissionSetGroup))
	assert.Equal(t, []sfprov.CatalogEntry{{Kind: "permission set license", ID: seats, Name: "Spare", Label: "Spare", Seats: &sfprov.Seats{Total: 3, Used: 1}, Active: true}}, entries(sfprov.CatalogPermissionSetLicense))
	assert.Equal(t, []sfprov.CatalogEntry{{Kind: "public group", ID: club, Name: "Club", Label: "Club", Active: true}}, entries(sfprov.CatalogPublicGroup))
	assert.Equal(t, []sfprov.CatalogEntry{{Kind: "queue", ID: queue, Name: "Returns", Label: "Returns", Active: true}}, entries(sfprov.CatalogQueue))
	profiles := entries(sfprov.CatalogProfile)
	require.Len(t, profiles, 4)
	assert.Equal(t, sfprov.CatalogEntry{
		Kind: "profile", ID: org.ProfileID("Standard User"), Name: "Standard User", Label: "Standard User", License: "Salesforce", Seats: &sfprov.Seats{Total: 10, Used: 2}, Active: true,
	}, profiles[2])
	assert.Equal(t, 8, profiles[2].Seats.Free())
	licenses := entries(sfprov.CatalogUserLicense)
	require.Len(t, licenses, 3)
	assert.Equal(t, "Chatter Free", licenses[0].Label)
	assert.Equal(t, -1, licenses[0].Seats.Free(), "any number")
	assert.Len(t, org.Requests(), 8, "a call for each kind")
}

func TestCatalogIsStreamed(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	for range 450 {
		org.AddGroup("Club")
	}
	org.SetPageSize(200)
	p := provisionerIn(t, org)
	n := 0
	for _, err := range p.Catalog(t.Context(), sfprov.CatalogPublicGroup) {
		require.NoError(t, err)
		if n++; n == 201 {
			break
		}
	}
	assert.Len(t, org.Requests(), 2, "the third page is not asked for")
	org.KeepControl(sfprovtest.On(http.MethodGet, "/query/", sfprovtest.Refuse(400, "INVALID_QUERY_LOCATOR", "gone")))
	n = 0
	var failed error
	for _, err := range p.Catalog(t.Context(), sfprov.CatalogPublicGroup) {
		if err != nil {
			failed = err
			continue
		}
		n++
	}
	require.ErrorContains(t, failed, `list each "public group"`)
	assert.Equal(t, 200, n, "the first error ends it")
}

// TestCatalogThatIsHidden names the right.
func TestCatalogThatIsHidden(t *testing.T) {
	t.Parallel()
	for kind, right := range map[sfprov.CatalogKind]string{
		sfprov.CatalogProfile: "View Setup and Configuration", sfprov.CatalogRole: "View Roles and Role Hierarchy", sfprov.CatalogPermissionSet: "View Setup and Configuration",
		sfprov.CatalogPermissionSetLicense: "View Setup and Configuration", sfprov.CatalogUserLicense: "View Setup and Configuration",
	} {
		org := sfprovtest.NewOrg(t)
		org.SetPermissions(sfprovtest.APIEnabled)
		for _, err := range provisionerIn(t, org).Catalog(t.Context(), kind) {
			require.Error(t, err)
			assert.Contains(t, err.Error(), right, kind)
		}
	}
	for _, err := range provisionerIn(t, sfprovtest.NewOrg(t)).Catalog(t.Context(), "spaceship") {
		var invalid *sfprov.ValidationError
		require.ErrorAs(t, err, &invalid)
	}
}

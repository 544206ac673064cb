package conformance_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/forcedotcom/go-soql"
	salesforce "github.com/k-capehart/go-salesforce/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// person is a User as this client decodes and encodes it.
type person struct {
	Id         string `salesforce:"Id"`
	Username   string
	LastName   string
	Department string
	IsActive   bool
}

// credentials are those of each grant. The client appends the security token to
// the password, and insists on both.
func credentials(org *sfprovtest.Org) map[salesforce.AuthFlowType]salesforce.Creds {
	cfg := org.Config()
	secret, pass := string(cfg.ClientSecret), string(cfg.Password)
	cut := len(pass) - 5
	return map[salesforce.AuthFlowType]salesforce.Creds{
		salesforce.AuthFlowClientCredentials: {Domain: cfg.Domain, ConsumerKey: cfg.ClientID, ConsumerSecret: secret},
		salesforce.AuthFlowUsernamePassword: {
			Domain: cfg.Domain, ConsumerKey: cfg.ClientID, ConsumerSecret: secret,
			Username: cfg.Username, Password: pass[:cut], SecurityToken: pass[cut:],
		},
		salesforce.AuthFlowJWT: {
			Domain: cfg.Domain, ConsumerKey: cfg.ClientID, Username: cfg.Username, ConsumerRSAPem: string(cfg.PrivateKey),
		},
	}
}

// login is a client of a new org. It pages with version 63.0, whatever it is told.
func login(t *testing.T, opts ...salesforce.Option) (*sfprovtest.Org, *salesforce.Salesforce) {
	t.Helper()
	org := sfprovtest.NewOrg(t)
	sf, err := salesforce.Init(credentials(org)[salesforce.AuthFlowClientCredentials], opts...)
	require.NoError(t, err)
	return org, sf
}

// salesforceErrors are the errors in an answer, which this client returns as text.
func salesforceErrors(t *testing.T, err error) []salesforce.SalesforceErrorMessage {
	t.Helper()
	require.Error(t, err)
	var all []salesforce.SalesforceErrorMessage
	require.NoError(t, json.Unmarshal([]byte(err.Error()), &all), err.Error())
	require.NotEmpty(t, all)
	return all
}

func TestGoSalesforceLogsInByEveryGrant(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opClientCredentials, opPassword, opJWT)
	for flow, creds := range credentials(sfprovtest.NewOrg(t)) {
		t.Run(flow.String(), func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			creds.Domain = org.URL()
			sf, err := salesforce.Init(creds)
			require.NoError(t, err)
			assert.Equal(t, flow, sf.GetAuthFlow())
			assert.Equal(t, org.URL(), sf.GetInstanceUrl())
			var all []person
			require.NoError(t, sf.Query("SELECT Id FROM User", &all))
			assert.Equal(t, 1, org.Logins())
		})
	}
}

func TestGoSalesforceTakesATokenFromElsewhere(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opToken)
	org, sf := login(t)
	again, err := salesforce.Init(salesforce.Creds{Domain: org.URL(), AccessToken: sf.GetAccessToken()})
	require.NoError(t, err, "it is checked with a request for /limits")
	assert.Equal(t, 1, org.Logins())
	_, err = salesforce.Init(salesforce.Creds{Domain: org.URL(), AccessToken: "stale"})
	require.Error(t, err)

	org.ExpireTokens()
	_, err = again.InsertOne("User", newUser(org, "late@conformance.example", nil))
	require.Error(t, err, "there are no credentials to log in again")
	assert.Empty(t, org.Users())
}

func TestGoSalesforceIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		flow  salesforce.AuthFlowType
		spoil func(*salesforce.Creds)
		org   func(*sfprovtest.Org)
	}{
		"wrong secret":     {flow: salesforce.AuthFlowClientCredentials, spoil: func(c *salesforce.Creds) { c.ConsumerSecret = "wrong" }},
		"unknown key":      {flow: salesforce.AuthFlowClientCredentials, spoil: func(c *salesforce.Creds) { c.ConsumerKey = "wrong" }},
		"wrong password":   {flow: salesforce.AuthFlowUsernamePassword, spoil: func(c *salesforce.Creds) { c.SecurityToken = "wrong" }},
		"unknown user":     {flow: salesforce.AuthFlowJWT, spoil: func(c *salesforce.Creds) { c.Username = "who@conformance.example" }},
		"no run-as user":   {flow: salesforce.AuthFlowClientCredentials, org: func(o *sfprovtest.Org) { o.SetRunAsUser(false) }},
		"no My Domain":     {flow: salesforce.AuthFlowClientCredentials, org: func(o *sfprovtest.Org) { o.SetMyDomain(false) }},
		"password blocked": {flow: salesforce.AuthFlowUsernamePassword, org: func(o *sfprovtest.Org) { o.SetGrantEnabled(sfprov.GrantPassword, false) }},
		"not pre-approved": {flow: salesforce.AuthFlowJWT, org: func(o *sfprovtest.Org) { o.SetUserApproved(false) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			creds := credentials(org)[test.flow]
			if test.spoil != nil {
				test.spoil(&creds)
			}
			if test.org != nil {
				test.org(org)
			}
			_, err := salesforce.Init(creds)
			require.ErrorContains(t, err, "400 Bad Request")
			assert.Equal(t, 1, org.RefusedLogins())
			assert.Empty(t, org.Requests())
		})
	}
}

func TestGoSalesforceProvisionsAUser(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opCreate, opUpdate, opDeactivate)
	org, sf := login(t)

	made, err := sf.InsertOne("User", newUser(org, "alice@conformance.example", map[string]any{"Department": "Sales"}))
	require.NoError(t, err)
	assert.True(t, made.Success)
	assert.Empty(t, made.Errors)
	alice := mustUser(t, org, made.Id)
	assert.Equal(t, "alice@conformance.example", alice.Username)
	assert.True(t, alice.Active)
	assert.Equal(t, "Sales", alice.Fields["Department"])

	require.NoError(t, sf.UpdateOne("User", map[string]any{"Id": made.Id, "Department": nil, "Title": "CFO"}))
	alice = mustUser(t, org, made.Id)
	assert.Nil(t, alice.Fields["Department"])
	assert.Equal(t, "CFO", alice.Fields["Title"])

	require.NoError(t, sf.UpdateOne("User", map[string]any{"Id": made.Id[:15], "Email": "new@conformance.example"}))
	alice = mustUser(t, org, made.Id)
	assert.Equal(t, "alice@conformance.example", alice.Fields["Email"], "until it is confirmed")
	assert.Equal(t, "new@conformance.example", alice.PendingEmail)

	require.NoError(t, sf.UpdateOne("User", map[string]any{"Id": made.Id, "IsActive": false}))
	assert.False(t, mustUser(t, org, made.Id).Active)

	require.Error(t, sf.DeleteOne("User", map[string]any{"Id": made.Id}), "users can't be deleted")
	mustUser(t, org, made.Id)
}

func TestGoSalesforceFreezes(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opFreeze)
	org, sf := login(t)
	id := org.AddUser(sfprov.Fields{"LastName": "Jones"})
	var logins []struct{ Id string }
	require.NoError(t, sf.Query("SELECT Id FROM UserLogin WHERE UserId = '"+id+"'", &logins))
	require.Len(t, logins, 1)
	require.NoError(t, sf.UpdateOne("UserLogin", map[string]any{"Id": logins[0].Id, "IsFrozen": true}))
	user := mustUser(t, org, id)
	assert.True(t, user.Frozen)
	assert.True(t, user.Active)
}

func TestGoSalesforceReadsAllPages(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opPages)
	org, sf := login(t)
	org.SetPageSize(2)
	want := addUsers(org, 5)
	org.ResetRequests()
	var all []person
	require.NoError(t, sf.Query("SELECT Id, Username, LastName, Department, IsActive FROM User WHERE Department = 'Paging' ORDER BY CreatedDate, Id", &all))
	var got []string
	for _, p := range all {
		got = append(got, p.Id)
		assert.Equal(t, "Page", p.LastName)
		assert.True(t, p.IsActive)
	}
	assert.Equal(t, want, got)
	assert.Equal(t, []int{200, 200, 200}, statuses(org))
}

// criteria become a WHERE clause by the rules of github.com/forcedotcom/go-soql,
// Salesforce's own query builder, which this client uses.
type criteria struct {
	LastName    string     `soql:"equalsOperator,fieldName=LastName"`
	NotLastName string     `soql:"notEqualsOperator,fieldName=LastName"`
	Department  []string   `soql:"likeOperator,fieldName=Department"`
	NoSuchDept  []string   `soql:"notLikeOperator,fieldName=Department"`
	IDs         []string   `soql:"inOperator,fieldName=Id"`
	NotIDs      []string   `soql:"notInOperator,fieldName=Id"`
	Active      *bool      `soql:"equalsOperator,fieldName=IsActive"`
	NoTitle     *bool      `soql:"nullOperator,fieldName=Title"`
	After       *time.Time `soql:"greaterThanOrEqualsToOperator,fieldName=CreatedDate"`
	Before      *time.Time `soql:"lessThanOperator,fieldName=CreatedDate"`
	Either      *either    `soql:"subquery,joiner=or"`
}

type either struct {
	LastName string `soql:"equalsOperator,fieldName=LastName"`
	Title    string `soql:"equalsOperator,fieldName=Title"`
}

type columns struct {
	ID       string `soql:"selectColumn,fieldName=Id"`
	LastName string `soql:"selectColumn,fieldName=LastName"`
}

type query struct {
	Select  columns      `soql:"selectClause,tableName=User"`
	Where   criteria     `soql:"whereClause"`
	OrderBy []soql.Order `soql:"orderByClause"`
	Limit   *int         `soql:"limitClause"`
	Offset  *int         `soql:"offsetClause"`
}

func TestGoSalesforceBuildsItsOwnQueries(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opQuery)
	org, sf := login(t)
	odd := org.AddUser(sfprov.Fields{"LastName": "O'Neil", "Department": `50%_off\on "sale"`})
	even := org.AddUser(sfprov.Fields{"LastName": "ONeil", "Department": `50__off\on "sale"`, "Title": "CFO"})
	gone := org.AddUser(sfprov.Fields{"LastName": "Zimmer", "Department": "Lab\nB", "IsActive": false})
	long := time.Now().Add(-240 * time.Hour)
	org.SetUser(gone, sfprov.Fields{"CreatedDate": long})

	seeded, recent := []string{odd, even, gone}, time.Now().Add(-time.Hour)
	tests := map[string]struct {
		where         criteria
		order         []soql.Order
		limit, offset *int
		want          []string
	}{
		"quote":              {where: criteria{LastName: "O'Neil"}, want: []string{odd}},
		"no case":            {where: criteria{LastName: "o'neil"}, want: []string{odd}},
		"not equal":          {where: criteria{NotLastName: "ONeil", IDs: seeded}, want: []string{odd, gone}},
		"like":               {where: criteria{Department: []string{"OFF"}}, want: []string{odd, even}},
		"like, escaped":      {where: criteria{Department: []string{`%_off\on "`}}, want: []string{odd}},
		"like, any":          {where: criteria{Department: []string{"%_", "lab\nb"}}, want: []string{odd, gone}},
		"not like":           {where: criteria{NoSuchDept: []string{"%_", "Lab"}, IDs: seeded}, want: []string{even}},
		"in":                 {where: criteria{IDs: []string{odd[:15], gone}}, want: []string{odd, gone}},
		"not in":             {where: criteria{NotIDs: []string{odd, org.AdminID()}}, want: []string{even, gone}},
		"true":               {where: criteria{Active: new(true), IDs: seeded}, want: []string{odd, even}},
		"false":              {where: criteria{Active: new(false)}, want: []string{gone}},
		"null":               {where: criteria{NoTitle: new(true), IDs: seeded}, want: []string{odd, gone}},
		"not null":           {where: criteria{NoTitle: new(false)}, want: []string{even}},
		"after":              {where: criteria{After: &recent, IDs: seeded}, want: []string{odd, even}},
		"before":             {where: criteria{Before: &recent}, want: []string{gone}},
		"or, in parentheses": {where: criteria{Either: &either{LastName: "O'Neil", Title: "CFO"}, NotIDs: []string{gone}}, want: []string{odd, even}},
		"order": {
			where: criteria{IDs: seeded}, order: []soql.Order{{Field: "LastName", IsDesc: true}, {Field: "ID"}},
			want: []string{gone, even, odd},
		},
		"limit and offset": {
			where: criteria{IDs: seeded}, order: []soql.Order{{Field: "LastName"}}, limit: new(1), offset: new(1),
			want: []string{even},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := soql.Marshal(query{Where: test.where, OrderBy: test.order, Limit: test.limit, Offset: test.offset})
			require.NoError(t, err)
			var found []person
			require.NoError(t, sf.QueryStruct(query{Where: test.where, OrderBy: test.order, Limit: test.limit, Offset: test.offset}, &found), text)
			var got []string
			for _, p := range found {
				got = append(got, p.Id)
			}
			if test.order == nil {
				assert.ElementsMatch(t, test.want, got, text)
				return
			}
			assert.Equal(t, test.want, got, text)
		})
	}
}

func TestGoSalesforceDescribes(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opDescribe)
	org, sf := login(t)
	resp, err := sf.DoRequest(http.MethodGet, "/sobjects/User/describe", nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	var user struct {
		Name, KeyPrefix       string
		Createable, Deletable bool
		Fields                []struct {
			Name, Type                              string
			Length                                  int
			Createable, Nillable, DefaultedOnCreate bool
			ReferenceTo                             []string
			PicklistValues                          []struct {
				Value  string
				Active bool
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &user))
	assert.Equal(t, "User", user.Name)
	assert.Equal(t, "005", user.KeyPrefix)
	assert.True(t, user.Createable)
	assert.False(t, user.Deletable)

	var mandatory []string
	zones := map[string]bool{}
	for _, f := range user.Fields {
		if f.Createable && !f.Nillable && !f.DefaultedOnCreate {
			mandatory = append(mandatory, f.Name)
		}
		switch f.Name {
		case "Username":
			assert.Equal(t, 80, f.Length)
		case "ProfileId":
			assert.Equal(t, []string{"Profile"}, f.ReferenceTo)
		case "TimeZoneSidKey":
			assert.Equal(t, "picklist", f.Type)
			for _, v := range f.PicklistValues {
				zones[v.Value] = v.Active
			}
		}
	}
	assert.ElementsMatch(t, []string{
		"Username", "LastName", "Email", "Alias", "ProfileId",
		"TimeZoneSidKey", "LocaleSidKey", "EmailEncodingKey", "LanguageLocaleKey",
	}, mandatory, "the nine fields that a create must have")
	zone, ok := org.Config().Defaults["TimeZoneSidKey"].(string)
	require.True(t, ok)
	assert.True(t, zones[zone], zone)
}

func TestGoSalesforceRenewsAnExpiredToken(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opExpired)
	for flow, creds := range credentials(sfprovtest.NewOrg(t)) {
		t.Run(flow.String(), func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			creds.Domain = org.URL()
			sf, err := salesforce.Init(creds)
			require.NoError(t, err)
			token := sf.GetAccessToken()
			org.ExpireTokens()
			made, err := sf.InsertOne("User", newUser(org, "alice@conformance.example", nil))
			require.NoError(t, err)
			mustUser(t, org, made.Id)
			assert.NotEqual(t, token, sf.GetAccessToken())
			assert.Equal(t, 2, org.Logins())
			assert.Equal(t, []int{401, 201}, statuses(org))
		})
	}
}

func TestGoSalesforceCompresses(t *testing.T) {
	t.Parallel()
	org, sf := login(t, salesforce.WithCompressionHeaders(true))
	made, err := sf.InsertOne("User", newUser(org, "alice@conformance.example", map[string]any{"AboutMe": strings.Repeat("long ", 100)}))
	require.NoError(t, err)
	var all []person
	require.NoError(t, sf.Query("SELECT Id, Username FROM User WHERE Id = '"+made.Id+"'", &all))
	require.Len(t, all, 1)
	assert.Equal(t, "alice@conformance.example", all[0].Username)
}

func TestGoSalesforceChoosesAVersion(t *testing.T) {
	t.Parallel()
	for version, code := range map[string]string{"v60.0": "", "v66.0": "", "v21.0": "UNSUPPORTED_API_VERSION", "v99.0": "NOT_FOUND"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			_, sf := login(t, salesforce.WithAPIVersion(version))
			var all []person
			err := sf.Query("SELECT Id FROM User", &all)
			if code == "" {
				require.NoError(t, err)
				assert.NotEmpty(t, all)
				return
			}
			assert.Equal(t, code, salesforceErrors(t, err)[0].ErrorCode)
		})
	}
}

func TestGoSalesforceCollections(t *testing.T) {
	t.Parallel()
	covers(t, goSalesforce, opCreateMany, opUpdateMany)
	org, sf := login(t)
	user := func(name string) map[string]any {
		record := map[string]any{"Username": name, "LastName": "Jones", "Email": "jones@acme.com", "Alias": "jones"}
		maps.Copy(record, org.Config().Defaults)
		return record
	}
	var records []map[string]any
	for _, name := range []string{"a@acme.com", "b@acme.com", "a@acme.com"} {
		records = append(records, user(name))
	}
	made, err := sf.InsertCollection("User", records, 200)
	require.NoError(t, err)
	require.Len(t, made.Results, 3)
	assert.True(t, made.HasSalesforceErrors)
	assert.True(t, made.Results[0].Success)
	assert.True(t, made.Results[1].Success)
	require.Len(t, made.Results[2].Errors, 1)
	assert.Equal(t, "DUPLICATE_USERNAME", made.Results[2].Errors[0].StatusCode)

	changed, err := sf.UpdateCollection("User", []map[string]any{{"Id": made.Results[0].Id, "Title": "CFO"}, {"Id": "005000000000999AAA", "Title": "CFO"}}, 1)
	require.NoError(t, err)
	require.Len(t, changed.Results, 2)
	assert.True(t, changed.Results[0].Success)
	assert.False(t, changed.Results[1].Success)
	changedUser, _ := org.User(made.Results[0].Id)
	assert.Equal(t, "CFO", changedUser.Fields["Title"])
	assert.Len(t, org.Users(), 2)
}

package probe

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovtest"
)

// fact is what Salesforce's documentation, or a body from a real org, says of a probe's
// answer.
type fact struct {
	status int
	code   string
	text   string // that the message contains
}

var facts = map[string]fact{
	"login":                         {200, "", ""},
	"login-unknown-client":          {400, "invalid_client_id", "client identifier invalid"},
	"jwt-expired":                   {400, "invalid_grant", "expired authorization code"},
	"introspect":                    {200, "", ""},
	"userinfo":                      {200, "", ""},
	"identity":                      {200, "", ""},
	"root":                          {200, "", ""},
	"versions":                      {200, "", ""},
	"wrong-token":                   {401, "INVALID_SESSION_ID", "Session expired or invalid"},
	"no-such-resource":              {404, "NOT_FOUND", "The requested resource does not exist"},
	"long-address":                  {414, "", ""},
	"long-headers":                  {431, "", ""},
	"limits":                        {200, "", ""},
	"query-unknown-field":           {400, "INVALID_FIELD", "No such column 'SfprovProbe' on entity 'User'"},
	"query-unknown-parent":          {400, "INVALID_FIELD", "Didn't understand relationship 'SfprovProbe' in field path"},
	"query-unknown-object":          {400, "INVALID_TYPE", "sObject type 'SfprovProbe' is not supported"},
	"query-malformed":               {400, "MALFORMED_QUERY", ""},
	"query-offset":                  {400, "NUMBER_OUTSIDE_VALID_RANGE", ""},
	"query-parents":                 {200, "", ""},
	"query-count":                   {200, "", ""},
	"query-all":                     {200, "", ""},
	"user-15":                       {200, "", ""},
	"user-absent":                   {404, "NOT_FOUND", "The requested resource does not exist"},
	"user-malformed":                {404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: 005sfprov"},
	"user-updated":                  {200, "", ""},
	"create-empty":                  {400, "REQUIRED_FIELD_MISSING", "Required fields are missing: ["},
	"create-unknown-field":          {400, "INVALID_FIELD", "No such column 'SfprovProbe' on sobject of type User"},
	"create-read-only":              {400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: CreatedDate. Please check the security settings of this field"},
	"patch-absent":                  {404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"},
	"password-status":               {200, "", ""},
	"describe-user":                 {200, "", ""},
	"collection-empty":              {400, "REQUIRED_FIELD_MISSING", "At least 1 record is required"},
	"collection-refused-row":        {200, "REQUIRED_FIELD_MISSING", "Required fields are missing: ["},
	"collection-without-id":         {200, "MISSING_ARGUMENT", "Id not specified in an update call"},
	"collection-retrieve":           {200, "", ""},
	"composite-reference-id":        {400, "JSON_PARSER_ERROR", ""},
	"composite-all-or-none":         {200, "PROCESSING_HALTED", ""},
	"assignment-of-wrong-type":      {400, "FIELD_INTEGRITY_EXCEPTION", "id value of incorrect type: <absent-group>"},
	"permission-access":             {200, "", ""},
	"license-keys":                  {200, "", ""},
	"new-user":                      {201, "", ""},
	"new-change":                    {204, "", ""},
	"new-email":                     {204, "", ""},
	"new-username-taken":            {400, "DUPLICATE_USERNAME", "Duplicate Username.<br>The username already exists in this or another Salesforce organization."},
	"new-email-form":                {400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: sfprov-probe"},
	"new-picklist":                  {400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Sfprov/Probe"},
	"new-profile-of-another-object": {400, "FIELD_INTEGRITY_EXCEPTION", "id value of incorrect type: <absent-group>"},
	"new-profile-absent":            {400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"},
	"new-password-weak":             {400, "INVALID_NEW_PASSWORD", "Your password must have a mix of letters and numbers."},
	"new-freeze":                    {204, "", ""},
	"new-unfreeze":                  {204, "", ""},
	deactivateName:                  {204, "", ""},
	releaseName:                     {204, "", ""},
}

// TestTheOrgInMemoryIsHeldToTheFacts compares sfprovtest with what is known, not with
// itself. Where it is known to differ, testdata/differs.txt has the probe.
func TestTheOrgInMemoryIsHeldToTheFacts(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	report, err := Run(t.Context(), settingsOf(t, org), Options{Write: true})
	require.NoError(t, err)
	answers := byName(report)
	var differs []string
	for name, want := range facts {
		got, asked := answers[name]
		require.True(t, asked, "there is no probe %s", name)
		if !want.holds(got) {
			differs = append(differs, name)
		}
	}
	slices.Sort(differs)
	text := strings.Join(differs, "\n") + "\n"
	assert.Equal(t, golden(t, "testdata/differs.txt", text), text,
		"sfprovtest differs from other facts than it did; -update accepts that")
}

func (f fact) holds(a Answer) bool {
	if a.Status != f.status {
		return false
	}
	return f.code == "" || slices.ContainsFunc(a.Errors, func(e Refusal) bool {
		return e.Code == f.code && strings.Contains(e.Text, f.text)
	})
}

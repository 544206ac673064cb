package sfprovtest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// soqlTestType gives the types of the fields that the tests query.
func soqlTestType(field string) soqlType {
	switch field {
	case "id", "profileid":
		return soqlID
	case "isactive":
		return soqlBoolean
	case "logins":
		return soqlNumber
	case "created":
		return soqlDateTime
	default:
		return soqlString
	}
}

func soqlTestRows() []map[string]any {
	day := func(n int) time.Time { return time.Date(2024, time.September, n, 12, 0, 0, 0, time.UTC) }
	return []map[string]any{
		{
			"id": "005000000000001AAA", "name": "Alice", "city": "Berlin", "isactive": true, "logins": 3, "created": day(10),
			"profileid": "00e000000000001AAA", "profile.name": "Standard User",
		},
		{
			"id": "005000000000002AAA", "name": "bob", "city": nil, "isactive": false, "logins": 1.5, "created": day(11),
			"profileid": "00e00000000000aAAA", "profile.name": "Guest",
		},
		{
			"id": "00500000000000AAAA", "name": "O'Brien_100%", "city": "", "isactive": true, "logins": nil, "created": day(12),
			"profileid": nil, "profile.name": nil,
		},
		{
			"id": "00500000000000aAAA", "name": "Éva\\", "city": "berlin", "isactive": nil, "logins": 10, "created": nil,
		},
	}
}

// soqlNames runs a query over the rows above and returns the first letters.
func soqlNames(tb testing.TB, query string) string {
	tb.Helper()
	q, err := parseSOQL(query)
	require.NoError(tb, err)
	rows, err := q.run(soqlTestRows(), soqlTestType)
	require.NoError(tb, err)
	names := ""
	for _, row := range rows {
		names += string([]rune(row["name"].(string))[:1])
	}
	return names
}

func TestSOQLParse(t *testing.T) {
	t.Parallel()
	q, err := parseSOQL("select Id,\n\tProfile.Name\r\nfrom User wHere (Name LIKE 'a%' OR id IN ('005000000000001')) " +
		"and City != null order by Name desc nulls last, ID limit 5 offset 2000")
	require.NoError(t, err)
	assert.Equal(t, []string{"Id", "Profile.Name"}, q.Fields)
	assert.Equal(t, "User", q.Object)
	assert.Equal(t, 5, q.Limit)
	assert.Equal(t, 2000, q.Offset)
	assert.Equal(t, []string{"Id", "Profile.Name", "Name", "City"}, q.fieldsUsed())
	assert.Equal(t, "SELECT Id, Profile.Name FROM User WHERE ((Name LIKE 'a%') OR (id IN ('005000000000001'))) "+
		"AND (City != null) ORDER BY Name DESC NULLS LAST, ID LIMIT 5 OFFSET 2000", soqlText(q))

	q, err = parseSOQL("SELECT Id FROM Group")
	require.NoError(t, err, "Group is an object as well as a keyword")
	assert.Equal(t, "Group", q.Object)
	assert.Equal(t, -1, q.Limit)
	assert.Equal(t, []string{"Id"}, q.fieldsUsed())
}

func TestSOQLWhere(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]string{
		// Strings ignore case; the empty string is null.
		`Name = 'ALICE'`:              "A",
		`Name = 'o\'brien\u005F100%'`: "O",
		`Name = 'éVA\\'`:              "É",
		`Name != 'alice'`:             "bOÉ",
		`Name <> 'alice'`:             "bOÉ",
		`Name > 'b'`:                  "bOÉ",
		`Name <= 'bob'`:               "Ab",
		`City = 'BERLIN'`:             "AÉ",
		`City = null`:                 "bO",
		`City = ''`:                   "bO",
		`City != NULL`:                "AÉ",
		`City != 'Berlin'`:            "bO",
		`City != 'Bonn'`:              "AbOÉ",
		`City < 'z'`:                  "AÉ",
		`City >= null`:                "",
		`City IN ('bonn', 'berlin')`:  "AÉ",
		`City IN ('bonn', null)`:      "bO",
		`City NOT IN ('Berlin')`:      "bO",
		`City NOT IN ('Bonn', null)`:  "AÉ",
		`Profile.Name = 'guest'`:      "b",

		// LIKE.
		`Name LIKE 'a%'`:         "A",
		`Name LIKE '%E'`:         "A",
		`Name LIKE '_o_'`:        "b",
		`Name LIKE 'o'`:          "",
		`Name LIKE 'bob%%'`:      "b",
		`Name LIKE '%b%'`:        "bO",
		`Name LIKE '%\_1%'`:      "O",
		`Name LIKE '%\%'`:        "O",
		`Name LIKE '%\%_'`:       "",
		`Name LIKE '%\\'`:        "É",
		`Name LIKE '\u0025'`:     "",
		`Name LIKE '%'`:          "AbOÉ",
		`City LIKE '%'`:          "AÉ",
		`City LIKE null`:         "",
		`NOT Name LIKE '%b%'`:    "AÉ",
		`(NOT(Name LIKE '%b%'))`: "AÉ",

		// IDs ignore the last three characters, and mind case.
		`Id = '005000000000001'`:                          "A",
		`Id = '005000000000001AAA'`:                       "A",
		`Id = '00500000000000A'`:                          "O",
		`Id = '00500000000000aXXX'`:                       "É",
		`Id > '005000000000002'`:                          "OÉ",
		`ProfileId = null`:                                "OÉ",
		`ProfileId != '00e000000000001'`:                  "bOÉ",
		`Id IN ('005000000000001', '005000000000002AAA')`: "Ab",

		// Booleans: null is false.
		`IsActive = TRUE`:           "AO",
		`isactive = false`:          "bÉ",
		`IsActive = null`:           "bÉ",
		`IsActive != null`:          "AO",
		`IsActive IN (true, false)`: "AbOÉ",

		// Numbers and times.
		`Logins = 3`:                     "A",
		`Logins < 3`:                     "b",
		`Logins >= 1.5`:                  "AbÉ",
		`Logins > -1`:                    "AbÉ",
		`Logins = null`:                  "O",
		`Logins != 3`:                    "bOÉ",
		`Created = 2024-09-10T12:00:00Z`: "A",
		`Created > 2024-09-10T13:59:59.999+02:00`: "AbO",
		`Created >= 2024-09-11T12:00:00.000Z`:     "bO",
		`Created < 2024-09-11T12:00:00.000+0000`:  "A",
		`Created = null`:                          "É",

		// Logic.
		`Name = 'alice' OR Name = 'bob' OR Logins = 10`:      "AbÉ",
		`IsActive = true AND City = 'berlin' AND Logins = 3`: "A",
		`IsActive = true AND (City = null OR Logins = 3)`:    "AO",
		`NOT (IsActive = true AND Logins = 3)`:               "bOÉ",
		`IsActive = true AND (NOT Logins = 3)`:               "O",
		`((Name = 'bob'))`:                                   "b",
	} {
		assert.Equal(t, want, soqlNames(t, "SELECT Id FROM User WHERE "+where), where)
	}
}

func TestSOQLOrder(t *testing.T) {
	t.Parallel()
	for clauses, want := range map[string]string{
		"":                                       "AbOÉ",
		"ORDER BY Name":                          "AbOÉ",
		"ORDER BY name DESC":                     "ÉObA",
		"ORDER BY Logins":                        "ObAÉ",
		"ORDER BY Logins DESC":                   "OÉAb",
		"ORDER BY Logins ASC NULLS LAST":         "bAÉO",
		"ORDER BY Logins DESC NULLS LAST":        "ÉAbO",
		"ORDER BY Logins DESC NULLS FIRST":       "OÉAb",
		"ORDER BY Created DESC":                  "ÉObA",
		"ORDER BY IsActive":                      "bÉAO",
		"ORDER BY City, Name DESC":               "ObÉA",
		"ORDER BY City DESC NULLS LAST, Id DESC": "ÉAOb",
		"LIMIT 0":                                "",
		"LIMIT 2":                                "Ab",
		"LIMIT 9":                                "AbOÉ",
		"OFFSET 1":                               "bOÉ",
		"OFFSET 9":                               "",
		"ORDER BY Name DESC LIMIT 2 OFFSET 1":    "Ob",
	} {
		assert.Equal(t, want, soqlNames(t, "SELECT Id FROM User "+clauses), clauses)
	}
}

func TestSOQLRunLeavesTheInputAlone(t *testing.T) {
	t.Parallel()
	rows, before := soqlTestRows(), soqlTestRows()
	q, err := parseSOQL("SELECT Id FROM User WHERE Name != 'bob' ORDER BY Name DESC LIMIT 2")
	require.NoError(t, err)
	for range 2 {
		result, err := q.run(rows, soqlTestType)
		require.NoError(t, err)
		assert.Len(t, result, 2)
		assert.Equal(t, before, rows)
	}
	result, err := q.run(nil, soqlTestType)
	require.NoError(t, err)
	assert.NotNil(t, result, "no rows are still a list")
	assert.Empty(t, result)
}

func TestSOQLSyntaxErrors(t *testing.T) {
	t.Parallel()
	for query, token := range map[string]string{
		"":                                          "<EOF>",
		"DELETE FROM User":                          "DELETE",
		"SELECT FROM User":                          "FROM",
		"SELECT Id, FROM User":                      "FROM",
		"SELECT Id":                                 "<EOF>",
		"SELECT Id FROM":                            "<EOF>",
		"SELECT Id FROM WHERE Id = null":            "WHERE",
		"SELECT * FROM User":                        "*",
		"SELECT COUNT() FROM User":                  "(",
		"SELECT Id FROM User u":                     "u",
		"SELECT Id FROM User;":                      ";",
		"SELECT Id FROM User WHERE":                 "<EOF>",
		"SELECT Id FROM User WHERE Id":              "<EOF>",
		"SELECT Id FROM User WHERE Id IN ()":        ")",
		"SELECT Id FROM User WHERE Id IN 'x'":       "x",
		"SELECT Id FROM User WHERE Id NOT LIKE 'x'": "LIKE",
		"SELECT Id FROM User WHERE Id IN (SELECT Id FROM User)":      "SELECT",
		"SELECT Id FROM User WHERE (Id = null":                       "<EOF>",
		"SELECT Id FROM User WHERE Id = null)":                       ")",
		"SELECT Id FROM User WHERE Id == null":                       "=",
		"SELECT Id FROM User WHERE Id ! null":                        "!",
		"SELECT Id FROM User WHERE A = 1 AND B = 2 OR C = 3":         "OR",
		"SELECT Id FROM User WHERE A = 1 OR B = 2 AND C = 3":         "AND",
		"SELECT Id FROM User WHERE A = 1 AND NOT B = 2":              "NOT",
		"SELECT Id FROM User WHERE NOT A = 1 AND B = 2":              "AND",
		"SELECT Id FROM User WHERE NOT NOT A = 1":                    "NOT",
		"SELECT Id FROM User WHERE Name = 'O'Brien'":                 "Brien",
		"SELECT Id FROM User WHERE Name = 'open":                     "'",
		`SELECT Id FROM User WHERE Name = 'open\'`:                   "'",
		`SELECT Id FROM User WHERE Name = "x"`:                       `"`,
		"SELECT Id FROM User WHERE Name = :name":                     ":",
		"SELECT Id FROM User WHERE Name = a@b":                       "@",
		"SELECT Id FROM User WHERE A = 1.":                           "1.",
		"SELECT Id FROM User WHERE A = 1.2.3":                        "1.2.3",
		"SELECT Id FROM User WHERE A = 1" + strings.Repeat("0", 400): "1" + strings.Repeat("0", 400),
		"SELECT Id FROM User WHERE A = 2024-13-10":                   "2024-13-10",
		"SELECT Id FROM User WHERE A = 2024-09-10T10:00:00":          "2024-09-10T10:00:00",
		"SELECT Id FROM User WHERE A = 2024-09-10T25:00:00Z":         "2024-09-10T25:00:00Z",
		"SELECT Id FROM User WHERE A = LIMIT 1":                      "LIMIT",
		"SELECT Id FROM User ORDER Name":                             "Name",
		"SELECT Id FROM User ORDER BY Name UP":                       "UP",
		"SELECT Id FROM User ORDER BY Name NULLS MIDDLE":             "MIDDLE",
		"SELECT Id FROM User LIMIT -1":                               "-1",
		"SELECT Id FROM User LIMIT '1'":                              "1",
		"SELECT Id FROM User LIMIT 99999999999999999999":             "99999999999999999999",
		"SELECT Id FROM User LIMIT 1 ORDER BY Id":                    "ORDER",
		"SELECT Id FROM User OFFSET 1 LIMIT 1":                       "LIMIT",
		"SELECT Id FROM User GROUP BY Id":                            "GROUP",
		"SELECT Id\u00a0FROM User":                                   "\u00a0",
	} {
		_, err := parseSOQL(query)
		var refused *soqlError
		if assert.ErrorAs(t, err, &refused, query) {
			assert.Equal(t, "MALFORMED_QUERY", refused.Code, query)
			assert.Contains(t, refused.Message, "unexpected token: '"+token+"'", query)
		}
	}
}

// The wording and the columns of these messages are those of real answers.
func TestSOQLErrorMessages(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]soqlError{
		"SELECT Id, FROM User": {"MALFORMED_QUERY", "\nSELECT Id, FROM User\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FROM'"},
		"SELECT Id, Email\nFROM Contact\nWHERE AccountId = '0014000000p6XlS' AND LastName LIKE 'test' OR email LIKE 'test'": {
			"MALFORMED_QUERY",
			"\n'0014000000p6XlS' AND LastName LIKE 'test' OR email LIKE 'test'\n" + strings.Repeat(" ", 42) + "^\n" +
				"ERROR at Row:3:Column:61\nunexpected token: 'OR'",
		},
		"SELECT Id FROM User WHERE":       {"MALFORMED_QUERY", "unexpected token: '<EOF>'"},
		"SELECT Id, Name, ID FROM User":   {"INVALID_FIELD", "duplicate field selected: ID"},
		"SELECT Id FROM User OFFSET 2001": {"NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"},
		`SELECT Id FROM User WHERE Name = 'a\_b'`: {
			"MALFORMED_QUERY",
			"\nSELECT Id FROM User WHERE Name = 'a\\_b'\n" + strings.Repeat(" ", 32) + "^\nERROR at Row:1:Column:33\n" +
				"Invalid string literal 'a\\_b'. Illegal character sequence '\\_' in string literal.",
		},
		"SELECT Id FROM User WHERE Name = Alias": {
			"MALFORMED_QUERY",
			"\nSELECT Id FROM User WHERE Name = Alias\n" + strings.Repeat(" ", 32) + "^\nERROR at Row:1:Column:33\n" +
				"Bind variables only allowed in Apex code",
		},
	} {
		_, err := parseSOQL(query)
		assert.Equal(t, &want, err, query)
	}
}

func TestSOQLKnowsItsLimits(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"SELECT COUNT() FROM User",
		"SELECT FIELDS(ALL) FROM User LIMIT 1",
		"SELECT Id, (SELECT Id FROM Contacts) FROM Account",
		"SELECT Id FROM User WHERE Id IN (SELECT OwnerId FROM Account)",
		"SELECT Id FROM User GROUP BY Id",
		"SELECT Id FROM User WITH SECURITY_ENFORCED",
		"SELECT Id FROM User FOR UPDATE",
		"SELECT Id FROM User WHERE CreatedDate = LAST_N_DAYS:7",
		"SELECT Id FROM User WHERE CreatedDate = TODAY",
	} {
		_, err := parseSOQL(query)
		assert.ErrorContains(t, err, "sfprovtest", query)
	}
}

func TestSOQLEscapes(t *testing.T) {
	t.Parallel()
	for literal, want := range map[string]string{
		`\n\r\t\b\f\N\R\T\B\F`: "\n\r\t\b\f\n\r\t\b\f",
		`\"\'\\`:               `"'\`,
		`\u00e9\u00E9`:         "éé",
		`\uD83D\uDE00!`:        "😀!",
		`\uD83D!`:              "\ufffd!",
		`\\u00e9`:              `\u00e9`,
	} {
		q, err := parseSOQL("SELECT Id FROM User WHERE Name = '" + literal + "'")
		require.NoError(t, err, literal)
		assert.Equal(t, want, q.where.values[0].value, literal)
	}
	for _, literal := range []string{`\_`, `\%`, `\a`, `\u12`, `\u12G4`, `\U0041`, `\ `, `\é`, `\u+123`} {
		_, err := parseSOQL("SELECT Id FROM User WHERE Name = '" + literal + "'")
		require.ErrorContains(t, err, "Illegal character sequence", literal)
	}
	_, err := parseSOQL(`SELECT Id FROM User WHERE Name LIKE '\a'`)
	assert.ErrorContains(t, err, "Illegal character sequence")
}

func TestSOQLTypeErrors(t *testing.T) {
	t.Parallel()
	quoted, bare := "and should be enclosed in quotes", "and should not be enclosed in quotes"
	for where, want := range map[string]soqlError{
		"IsActive = 'true'":             {"INVALID_FIELD", "'IsActive' must be of type boolean " + bare},
		"IsActive IN (true, 1)":         {"INVALID_FIELD", "'IsActive' must be of type boolean " + bare},
		"Name = 3999":                   {"INVALID_FIELD", "'Name' must be of type string " + quoted},
		"Name LIKE 5":                   {"INVALID_FIELD", "'Name' must be of type string " + quoted},
		"Name != TRUE":                  {"INVALID_FIELD", "'Name' must be of type string " + quoted},
		"Id = 5":                        {"INVALID_FIELD", "'Id' must be of type ID " + quoted},
		"Logins = '3'":                  {"INVALID_FIELD", "'Logins' must be of type double " + bare},
		"Created > '2024-09-10'":        {"INVALID_FIELD", "'Created' must be of type dateTime " + bare},
		"Created > 2024-09-10":          {"INVALID_FIELD", "'Created' must be of type dateTime " + bare},
		"Name = 2024-09-10T00:00:00Z":   {"INVALID_FIELD", "'Name' must be of type string " + quoted},
		"A = 'x' AND (NOT (Name = 1))":  {"INVALID_FIELD", "'Name' must be of type string " + quoted},
		"Id LIKE '005%'":                {"INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"},
		"IsActive > FALSE":              {"INVALID_QUERY_FILTER_OPERATOR", "invalid operator on boolean field"},
		"Id = 'x'":                      {"INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"},
		"Id = '00500000000000-'":        {"INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: 00500000000000-"},
		"Id IN ('005000000000001', '')": {},
	} {
		q, err := parseSOQL("SELECT Id FROM User WHERE " + where)
		require.NoError(t, err, where)
		_, err = q.run(nil, soqlTestType) // Refused even if there is no row to compare.
		if want.Code == "" {
			require.NoError(t, err, where)
			continue
		}
		var refused *soqlError
		if assert.ErrorAs(t, err, &refused, where) {
			assert.Equal(t, want.Code, refused.Code, where)
			assert.True(t, strings.HasSuffix(refused.Message, want.Message), "%s: %s", where, refused.Message)
		}
	}

	q, err := parseSOQL("select Id, ProductCode from Product2 where ProductCode = 3999")
	require.NoError(t, err)
	_, err = q.run(nil, soqlTestType)
	assert.EqualError(t, err, "\nProductCode from Product2 where ProductCode = 3999\n"+strings.Repeat(" ", 32)+"^\n"+
		"ERROR at Row:1:Column:44\n"+
		"value of filter criterion for field 'ProductCode' must be of type string and should be enclosed in quotes")
}

func TestSOQLUnknownNames(t *testing.T) {
	t.Parallel()
	q, err := parseSOQL("SELECT Id,Invalid__x FROM Contact LIMIT 1")
	require.NoError(t, err)
	assert.Equal(t, &soqlError{"INVALID_FIELD", "\nSELECT Id,Invalid__x FROM Contact LIMIT 1\n          ^\nERROR at Row:1:Column:11\n" +
		"No such column 'Invalid__x' on entity 'Contact'. If you are attempting to use a custom field, be sure to append the '__c' " +
		"after the custom field name. Please reference your WSDL or the describe call for the appropriate names."},
		q.noSuchColumn("invalid__X"))

	q, err = parseSOQL("SELECT Id FROM Nope__c")
	require.NoError(t, err)
	refused := q.noSuchObject()
	assert.Equal(t, "INVALID_TYPE", refused.Code)
	assert.Contains(t, refused.Message, "ERROR at Row:1:Column:16\nsObject type 'Nope__c' is not supported.")
}

func TestSOQLSizes(t *testing.T) {
	t.Parallel()
	query := "SELECT Id FROM User WHERE Name = '" + strings.Repeat("é", 4000) + "'"
	_, err := parseSOQL(query)
	require.NoError(t, err)
	_, err = parseSOQL(strings.Replace(query, "é", "éé", 1))
	require.ErrorContains(t, err, "4000")

	query += strings.Repeat(" ", 100_000-len([]rune(query)))
	_, err = parseSOQL(query)
	require.NoError(t, err)
	_, err = parseSOQL(query + " ")
	require.ErrorContains(t, err, "100000")

	_, err = parseSOQL("SELECT Id FROM User WHERE " + strings.Repeat("(", 90_000))
	assert.ErrorContains(t, err, "<EOF>", "deep nesting does no harm")
}

func TestSOQLLikeIsNotSlow(t *testing.T) {
	t.Parallel()
	chars, bad := decodeSOQLString(strings.Repeat("%a", 1000)+"b", true)
	require.Empty(t, bad)
	assert.False(t, likeSOQL(chars, []rune(strings.Repeat("a", 4000))))
}

func FuzzParseSOQL(f *testing.F) {
	for _, query := range []string{
		"",
		"SELECT Id FROM User",
		"SELECT Id, Username, Profile.Name FROM User WHERE Username = 'a@b.com' AND IsActive = TRUE ORDER BY Name DESC NULLS LAST, Id LIMIT 2 OFFSET 1",
		`SELECT Id FROM User WHERE Name LIKE 'a\_\%_%\u00e9\uD83D\uDE00' OR Name = 'O\'Brien\\ \"\n'`,
		"SELECT Id FROM User WHERE (NOT Id IN ('005000000000001', null)) AND (A NOT IN (1, -2.5) OR B <> 2024-09-10T13:57:45.123+02:00)",
		"SELECT Id FROM User WHERE D >= 2024-09-10 AND E < 2024-09-10T13:57:45Z",
		"SELECT Id FROM User WHERE Name = 'O'Brien'",
		"SELECT COUNT() FROM User WHERE CreatedDate = LAST_N_DAYS:7",
		"\tselect\nId\r\nfrom\fGroup\xff'",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := parseSOQL(query)
		if err != nil {
			var refused *soqlError
			require.ErrorAs(t, err, &refused)
			assert.NotEmpty(t, refused.Code)
			assert.NotEmpty(t, refused.Message)
			return
		}
		text := soqlText(q)
		if len(text) > maxSOQLLength {
			return // Written out, a query can be longer than it was.
		}
		again, err := parseSOQL(text)
		require.NoError(t, err, text)
		assert.Equal(t, text, soqlText(again))
		assert.Equal(t, q.Fields, again.Fields)
		assert.Equal(t, q.fieldsUsed(), again.fieldsUsed())

		rows := soqlTestRows()
		result, err := q.run(rows, soqlTestType)
		resultAgain, errAgain := again.run(rows, soqlTestType)
		assert.Equal(t, result, resultAgain)
		assert.Equal(t, err == nil, errAgain == nil)
		if err == nil {
			assert.True(t, slices.EqualFunc(rows, soqlTestRows(), maps.Equal), "the input was changed")
		}
	})
}

// soqlText writes a query in one form, which parses to the same query.
func soqlText(q *soqlQuery) string {
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(q.Fields, ", ") + " FROM " + q.Object)
	if q.where != nil {
		b.WriteString(" WHERE ")
		writeSOQLCondition(&b, q.where)
	}
	separator := " ORDER BY "
	for _, order := range q.orderBy {
		b.WriteString(separator + order.field)
		if order.descending {
			b.WriteString(" DESC")
		}
		if order.nullsLast {
			b.WriteString(" NULLS LAST")
		}
		separator = ", "
	}
	if q.Limit >= 0 {
		b.WriteString(" LIMIT " + strconv.Itoa(q.Limit))
	}
	if q.Offset > 0 {
		b.WriteString(" OFFSET " + strconv.Itoa(q.Offset))
	}
	return b.String()
}

func writeSOQLCondition(b *strings.Builder, c *soqlCondition) {
	if c.operator == "NOT" {
		b.WriteString("NOT ")
	}
	for i, operand := range c.operands {
		if i > 0 {
			b.WriteString(" " + c.operator + " ")
		}
		b.WriteString("(")
		writeSOQLCondition(b, operand)
		b.WriteString(")")
	}
	if len(c.operands) > 0 {
		return
	}
	values := make([]string, len(c.values))
	for i, value := range c.values {
		values[i] = soqlValueText(value, c.operator == "LIKE")
	}
	list := strings.Join(values, ", ")
	if c.operator == "IN" || c.operator == "NOT IN" {
		list = "(" + list + ")"
	}
	b.WriteString(c.field.name + " " + c.operator + " " + list)
}

func soqlValueText(v soqlValue, like bool) string {
	if _, ok := v.value.(string); !ok {
		return strings.Replace(v.text, "NULL", "null", 1)
	}
	var b strings.Builder
	for _, c := range v.chars {
		if c.r == '\'' || c.r == '\\' || like && !c.wild && (c.r == '%' || c.r == '_') {
			b.WriteByte('\\')
		}
		b.WriteRune(c.r)
	}
	return "'" + b.String() + "'"
}

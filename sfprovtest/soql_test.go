package sfprovtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// soqlNow is when the tests query.
var soqlNow = time.Date(2024, time.September, 11, 15, 0, 0, 0, time.UTC)

func parseNow(query string) (*soqlQuery, error) { return parseSOQL(query, soqlNow) }

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
	q, err := parseNow(query)
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
	q, err := parseNow("select Id,\n\tProfile.Name\r\nfrom User wHere (Name LIKE 'a%' OR id IN ('005000000000001')) " +
		"and City != null order by Name desc nulls last, ID limit 5 offset 2000")
	require.NoError(t, err)
	assert.Equal(t, []string{"Id", "Profile.Name"}, q.Fields)
	assert.Equal(t, "User", q.Object)
	assert.Equal(t, 5, q.Limit)
	assert.Equal(t, 2000, q.Offset)
	assert.Equal(t, []string{"Id", "Profile.Name", "Name", "City"}, q.fieldsUsed())
	assert.Equal(t, "SELECT Id, Profile.Name FROM User WHERE ((Name LIKE 'a%') OR (id IN ('005000000000001'))) "+
		"AND (City != null) ORDER BY Name DESC NULLS LAST, ID LIMIT 5 OFFSET 2000", soqlText(q))

	q, err = parseNow("SELECT Id FROM Group")
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
	q, err := parseNow("SELECT Id FROM User WHERE Name != 'bob' ORDER BY Name DESC LIMIT 2")
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
		"":                                                           "<EOF>",
		"DELETE FROM User":                                           "DELETE",
		"SELECT FROM User":                                           "FROM",
		"SELECT Id, FROM User":                                       "FROM",
		"SELECT Id":                                                  "<EOF>",
		"SELECT Id FROM":                                             "<EOF>",
		"SELECT Id FROM WHERE Id = null":                             "WHERE",
		"SELECT * FROM User":                                         "*",
		"SELECT Id FROM User;":                                       ";",
		"SELECT Id FROM User WHERE":                                  "<EOF>",
		"SELECT Id FROM User WHERE Id":                               "<EOF>",
		"SELECT Id FROM User WHERE Id IN ()":                         ")",
		"SELECT Id FROM User WHERE Id IN 'x'":                        "x",
		"SELECT Id FROM User WHERE Id NOT LIKE 'x'":                  "LIKE",
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
		"SELECT Id FROM User WHERE Id IN (SELECT Id FROM User":       "<EOF>",
		"SELECT Id FROM User u v":                                    "v",
		"SELECT COUNT(FROM User":                                     "FROM",
		"SELECT FIELDS(SOME) FROM User":                              "FROM",
		"SELECT Id FROM User GROUP Id":                               "Id",
		"SELECT Id FROM User WHERE A = LAST_N_DAYS":                  "<EOF>",
		"SELECT Id FROM User WHERE A = LAST_N_DAYS:x":                "x",
		"SELECT Id FROM User ALL ROWS":                               "ROWS",
		"SELECT Id\u00a0FROM User":                                   "\u00a0",
	} {
		_, err := parseNow(query)
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
		_, err := parseNow(query)
		assert.Equal(t, &want, err, query)
	}
}

// TestSOQLKnowsItsLimits: what real SOQL has is no mistake of who asks.
func TestSOQLKnowsItsLimits(t *testing.T) {
	t.Parallel()
	for query, lacks := range map[string]string{
		"SELECT Id, (SELECT Id FROM Contacts) FROM Account":                              "queries of children within queries",
		"SELECT TYPEOF Owner WHEN User THEN Id END FROM Group":                           "TYPEOF in queries",
		"SELECT Id FROM User FOR UPDATE":                                                 "FOR and UPDATE in queries",
		"SELECT Id FROM User FOR VIEW":                                                   "FOR and UPDATE in queries",
		"SELECT Id FROM Account a, a.Contacts c":                                         "queries of several objects",
		"SELECT Id FROM User USING SCOPE mine":                                           "USING in queries",
		"SELECT Id FROM Account WITH DATA CATEGORY a AT b":                               "WITH DATA in queries",
		"SELECT COUNT(Id) FROM User GROUP BY ROLLUP(City)":                               "ROLLUP in queries",
		"SELECT CALENDAR_YEAR(CreatedDate) FROM User":                                    "function CALENDAR_YEAR of queries",
		"SELECT FORMAT(CreatedDate) FROM User":                                           "function FORMAT of queries",
		"SELECT Id FROM User WHERE CreatedDate = THIS_FISCAL_YEAR":                       "date THIS_FISCAL_YEAR in queries",
		"SELECT Id FROM User WHERE Id IN (SELECT A FROM B WHERE C IN (SELECT D FROM E))": "queries within queries within queries",
	} {
		_, err := parseNow(query)
		assert.Equal(t, &soqlError{Code: codeQueryLacks, Message: lacks}, err, query)
	}
}

// TestSOQLGroups: what aggregates and groups make of rows, and what makes no sense.
func TestSOQLGroups(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]string{
		"SELECT COUNT(Id) FROM User":                                                                                    {"count(id)=4"},
		"SELECT COUNT(City) n, COUNT_DISTINCT(City) d FROM User":                                                        {"count(city)=2 count_distinct(city)=1 d=1 n=2"},
		"SELECT MIN(Logins), MAX(Logins), SUM(Logins), AVG(Logins) FROM User WHERE Name != 'Bob'":                       {"avg(logins)=6.5 max(logins)=10 min(logins)=3 sum(logins)=13"},
		"SELECT COUNT(Id), MAX(Logins) FROM User WHERE Name = 'nobody'":                                                 {"count(id)=0 max(logins)=<nil>"},
		"SELECT City, COUNT(Id) FROM User GROUP BY City ORDER BY COUNT(Id), City DESC":                                  {"city=<nil> count(id)=2", "city=Berlin count(id)=2"},
		"SELECT City FROM User GROUP BY City HAVING COUNT(Id) > 2":                                                      {},
		"SELECT City c, COUNT(Id) n FROM User WHERE City != null GROUP BY City HAVING COUNT(Id) > 1 AND City LIKE 'b%'": {"c=Berlin city=Berlin count(id)=2 n=2"},
		"SELECT IsActive, COUNT(Id) n FROM User GROUP BY IsActive ORDER BY n DESC LIMIT 1":                              {"count(id)=2 isactive=true n=2"},
		"SELECT u.City, COUNT(u.Id) FROM User u WHERE u.City != null GROUP BY u.City":                                   {"city=Berlin count(id)=2"},
	} {
		q, err := parseNow(query)
		require.NoError(t, err, query)
		rows, err := q.run(soqlTestRows(), soqlTestType)
		require.NoError(t, err, query)
		got := []string{}
		for _, row := range rows {
			var parts []string
			for _, key := range slices.Sorted(maps.Keys(row)) {
				parts = append(parts, fmt.Sprintf("%s=%v", key, row[key]))
			}
			got = append(got, strings.Join(parts, " "))
		}
		assert.Equal(t, want, got, query)
	}
	for query, want := range map[string]string{
		"SELECT City, COUNT(Id) FROM User":                   "Field must be grouped or aggregated: City",
		"SELECT City FROM User HAVING City = 'x'":            "HAVING clause is only allowed with GROUP BY",
		"SELECT City c FROM User":                            "only aggregate expressions use field aliasing",
		"SELECT City FROM User GROUP BY City ORDER BY Name":  "Ordered field must be grouped or aggregated: Name",
		"SELECT City FROM User ORDER BY COUNT(Id)":           "Ordered field must be grouped or aggregated: Id",
		"SELECT COUNT(Id) n, MAX(Id) n FROM User":            "duplicate alias: n",
		"SELECT FIELDS(ALL) FROM User GROUP BY City LIMIT 1": "The SOQL FIELDS function is not supported in aggregate queries.",
	} {
		_, err := parseNow(query)
		assert.ErrorContains(t, err, want, query)
	}
}

// TestSOQLDays: relative dates, on Wednesday, 11 September 2024, at 15:00.
func TestSOQLDays(t *testing.T) {
	t.Parallel()
	for word, want := range map[string][2]string{
		"TODAY": {"2024-09-11", "2024-09-12"}, "YESTERDAY": {"2024-09-10", "2024-09-11"}, "TOMORROW": {"2024-09-12", "2024-09-13"},
		"THIS_WEEK": {"2024-09-08", "2024-09-15"}, "LAST_WEEK": {"2024-09-01", "2024-09-08"}, "NEXT_WEEK": {"2024-09-15", "2024-09-22"},
		"THIS_MONTH": {"2024-09-01", "2024-10-01"}, "LAST_MONTH": {"2024-08-01", "2024-09-01"}, "NEXT_MONTH": {"2024-10-01", "2024-11-01"},
		"THIS_QUARTER": {"2024-07-01", "2024-10-01"}, "LAST_QUARTER": {"2024-04-01", "2024-07-01"},
		"THIS_YEAR": {"2024-01-01", "2025-01-01"}, "LAST_YEAR": {"2023-01-01", "2024-01-01"},
		"LAST_N_DAYS": {"2024-09-08", "2024-09-12"}, "NEXT_N_DAYS": {"2024-09-12", "2024-09-15"}, "N_DAYS_AGO": {"2024-09-08", "2024-09-09"},
		"LAST_N_WEEKS": {"2024-08-18", "2024-09-08"}, "LAST_N_MONTHS": {"2024-06-01", "2024-09-01"}, "NEXT_N_YEARS": {"2025-01-01", "2028-01-01"},
		"N_MONTHS_AGO": {"2024-06-01", "2024-07-01"}, "LAST_90_DAYS": {"2024-06-13", "2024-09-12"},
	} {
		days, known := relativeDays(word, 3, soqlNow)
		require.True(t, known, word)
		assert.Equal(t, want, [2]string{days.from.Format(time.DateOnly), days.to.Format(time.DateOnly)}, word)
	}
	for where, want := range map[string]string{
		"Created = TODAY":          "b",
		"Created != TODAY":         "AOÉ",
		"Created < TODAY":          "A",
		"Created <= TODAY":         "Ab",
		"Created > TODAY":          "O",
		"Created >= TODAY":         "bO",
		"Created = LAST_N_DAYS:1":  "Ab",
		"Created = THIS_YEAR":      "AbO",
		"Created < LAST_N_YEARS:2": "",
	} {
		assert.Equal(t, want, soqlNames(t, "SELECT Name FROM User WHERE "+where), where)
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
		q, err := parseNow("SELECT Id FROM User WHERE Name = '" + literal + "'")
		require.NoError(t, err, literal)
		assert.Equal(t, want, q.where.values[0].value, literal)
	}
	for _, literal := range []string{`\_`, `\%`, `\a`, `\u12`, `\u12G4`, `\U0041`, `\ `, `\é`, `\u+123`} {
		_, err := parseNow("SELECT Id FROM User WHERE Name = '" + literal + "'")
		require.ErrorContains(t, err, "Illegal character sequence", literal)
	}
	_, err := parseNow(`SELECT Id FROM User WHERE Name LIKE '\a'`)
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
		q, err := parseNow("SELECT Id FROM User WHERE " + where)
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

	q, err := parseNow("select Id, ProductCode from Product2 where ProductCode = 3999")
	require.NoError(t, err)
	_, err = q.run(nil, soqlTestType)
	assert.EqualError(t, err, "\nProductCode from Product2 where ProductCode = 3999\n"+strings.Repeat(" ", 32)+"^\n"+
		"ERROR at Row:1:Column:44\n"+
		"value of filter criterion for field 'ProductCode' must be of type string and should be enclosed in quotes")
}

func TestSOQLUnknownNames(t *testing.T) {
	t.Parallel()
	q, err := parseNow("SELECT Id,Invalid__x FROM Contact LIMIT 1")
	require.NoError(t, err)
	assert.Equal(t, &soqlError{"INVALID_FIELD", "\nSELECT Id,Invalid__x FROM Contact LIMIT 1\n          ^\nERROR at Row:1:Column:11\n" +
		"No such column 'Invalid__x' on entity 'Contact'. If you are attempting to use a custom field, be sure to append the '__c' " +
		"after the custom field name. Please reference your WSDL or the describe call for the appropriate names."},
		q.noSuchColumn("invalid__X", "Invalid__x", "Contact"))

	q, err = parseNow("SELECT Id FROM Nope__c")
	require.NoError(t, err)
	refused := q.noSuchObject()
	assert.Equal(t, "INVALID_TYPE", refused.Code)
	assert.Contains(t, refused.Message, "ERROR at Row:1:Column:16\nsObject type 'Nope__c' is not supported.")
}

func TestSOQLSizes(t *testing.T) {
	t.Parallel()
	query := "SELECT Id FROM User WHERE Name = '" + strings.Repeat("é", 4000) + "'"
	_, err := parseNow(query)
	require.NoError(t, err)
	_, err = parseNow(strings.Replace(query, "é", "éé", 1))
	require.ErrorContains(t, err, "4000")

	query += strings.Repeat(" ", 100_000-len([]rune(query)))
	_, err = parseNow(query)
	require.NoError(t, err)
	_, err = parseNow(query + " ")
	require.ErrorContains(t, err, "100000")

	_, err = parseNow("SELECT Id FROM User WHERE " + strings.Repeat("(", 90_000))
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
		"SELECT COUNT() FROM User WHERE Created = LAST_N_DAYS:7",
		"SELECT City c, COUNT(Id) n, MAX(u.Logins) FROM User AS u WHERE u.Id IN (SELECT Id FROM User WHERE City = 'x') GROUP BY City HAVING COUNT(Id) > 1 AND COUNT() < 3 ORDER BY COUNT(Id) DESC",
		"SELECT FIELDS(STANDARD), toLabel(City) FROM User WITH USER_MODE LIMIT 3",
		"SELECT Id FROM User WHERE Created > YESTERDAY AND Tags INCLUDES ('a;b', 'c') AND Tags EXCLUDES ('d')",
		"\tselect\nId\r\nfrom\fGroup\xff'",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := parseNow(query)
		if err != nil {
			var refused *soqlError
			require.ErrorAs(t, err, &refused)
			assert.NotEmpty(t, refused.Message)
			return
		}
		text := soqlText(q)
		if len(text) > maxSOQLLength {
			return // Written out, a query can be longer than it was.
		}
		again, err := parseNow(text)
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
	asked := make([]string, 0, len(q.selected))
	for _, selected := range q.selected {
		text := soqlFieldText(selected.soqlField)
		if selected.set != "" {
			text = "FIELDS(" + selected.set + ")"
		}
		asked = append(asked, strings.TrimSpace(text+" "+selected.alias))
	}
	if q.counts {
		asked = append(asked, "COUNT()")
	}
	b.WriteString("SELECT " + strings.Join(asked, ", ") + " FROM " + q.Object)
	if q.where != nil {
		b.WriteString(" WHERE ")
		writeSOQLCondition(&b, q.where)
	}
	separator := " GROUP BY "
	for _, field := range q.groupBy {
		b.WriteString(separator + soqlFieldText(field))
		separator = ", "
	}
	if q.having != nil {
		b.WriteString(" HAVING ")
		writeSOQLCondition(&b, q.having)
	}
	separator = " ORDER BY "
	for _, order := range q.orderBy {
		b.WriteString(separator + soqlFieldText(order.field))
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
	if c.inner != nil {
		list = soqlText(c.inner)
	}
	if strings.HasSuffix(c.operator, "IN") || strings.HasSuffix(c.operator, "CLUDES") {
		list = "(" + list + ")"
	}
	b.WriteString(soqlFieldText(c.field) + " " + c.operator + " " + list)
}

func soqlFieldText(f soqlField) string {
	if f.function != "" {
		return f.function + "(" + f.name + ")"
	}
	return f.name
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

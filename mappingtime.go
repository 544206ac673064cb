package sfprov

import (
	"strconv"
	"strings"
	"time"
)

// The dates that Salesforce stores. Beyond them lies what services write in place of
// none: 0001-01-01 and 9999-12-31.
const firstYear, lastYear = 1700, 4000

// The forms of times, with and without a zone. Each may have fractions of a second.
var zonedTimes, localTimes = //nolint:gochecknoglobals // constant lists
[]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "20060102150405Z0700"},
	[]string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "20060102150405"}

func date(text string) (value any, problem string) {
	layouts := append([]string{time.DateOnly, "20060102"}, zonedTimes...)
	when, known := parsedTime(text, append(layouts, localTimes...))
	if !known {
		when, known = instantOfCount(text)
	}
	switch {
	case !known:
		return nil, "is " + quote(text) + ", which is not a date such as 2026-01-31" + hintOfTime(text)
	case !isStored(when):
		return nil, "is " + quote(text) + notStored
	}
	return when.Format(time.DateOnly), ""
}

func dateTime(text string) (value any, problem string) {
	when, known := parsedTime(text, zonedTimes)
	if !known {
		when, known = instantOfCount(text)
	}
	if when = when.UTC(); known && isStored(when) {
		return when.Format(sentTime), ""
	}
	if known {
		return nil, "is " + quote(text) + notStored
	}
	if _, isLocal := parsedTime(text, localTimes); isLocal {
		return nil, "is " + quote(text) + ", a time without a zone; it takes one such as 2026-01-31T15:04:05Z"
	}
	return nil, "is " + quote(text) + ", which is not a time such as 2026-01-31T15:04:05Z" + hintOfTime(text)
}

const notStored = ", but Salesforce stores the years 1700 to 4000 only"

func isStored(when time.Time) bool { return when.Year() >= firstYear && when.Year() < lastYear+1 }

// parsedTime is a time in one of the forms. One in nothing but digits must be of our
// days, so that no number of another meaning becomes a date.
func parsedTime(text string, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		when, err := time.Parse(layout, text)
		if err == nil && (!isDigits(text) || when.Year() >= 1900 && when.Year() < 2100) {
			return when, true
		}
	}
	return time.Time{}, false
}

// instantOfCount is a count of seconds or milliseconds since 1970. By the number of its
// digits it is one of them, between 1973 and 2286; one that reads as a year, month, day
// and hour too is neither.
func instantOfCount(text string) (time.Time, bool) {
	count, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !isDigits(text) || text[0] == '0' {
		return time.Time{}, false
	}
	if _, isCalendar := parsedTime(text, []string{"2006010215", "200601021504"}); isCalendar {
		return time.Time{}, false
	}
	switch len(text) {
	case 9, 10:
		return time.Unix(count, 0).UTC(), true
	case 12, 13:
		return time.UnixMilli(count).UTC(), true
	}
	return time.Time{}, false
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// hintOfTime says how numbers are taken, where the text is one.
func hintOfTime(text string) string {
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return ""
	}
	return "; of numbers, it takes seconds since 1970 in 9 or 10 digits and milliseconds in 12 or 13, " +
		"if they can't be read as a date and hour"
}

package sfprovtest

import (
	"strings"
	"time"
)

// soqlDays is a relative date: the days from one up to, and without, another.
type soqlDays struct{ from, to time.Time }

// relativeDays is what a relative date in capitals means now, in UTC. n is its number, if it
// has one. Weeks begin on Sunday.
func relativeDays(word string, n int, now time.Time) (soqlDays, bool) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	units := map[string]struct {
		begins        time.Time
		years, months int
		days          int
	}{
		"DAY":     {today, 0, 0, 1},
		"WEEK":    {today.AddDate(0, 0, -int(today.Weekday())), 0, 0, 7},
		"MONTH":   {today.AddDate(0, 0, 1-today.Day()), 0, 1, 0},
		"QUARTER": {time.Date(now.Year(), now.Month()-(now.Month()-1)%3, 1, 0, 0, 0, 0, time.UTC), 0, 3, 0},
		"YEAR":    {time.Date(now.Year(), 1, 1, 0, 0, 0, 0, time.UTC), 1, 0, 0},
	}
	of := func(name string, from, to int) (soqlDays, bool) {
		unit, known := units[strings.TrimSuffix(name, "S")]
		at := func(n int) time.Time { return unit.begins.AddDate(n*unit.years, n*unit.months, n*unit.days) }
		return soqlDays{at(from), at(to)}, known
	}
	for prefix, span := range map[string][2]int{"THIS_": {0, 1}, "LAST_": {-1, 0}, "NEXT_": {1, 2}} {
		if unit, found := strings.CutPrefix(word, prefix); found && !strings.Contains(unit, "_") {
			return of(unit, span[0], span[1])
		}
	}
	switch word {
	case "TODAY":
		return of("DAY", 0, 1)
	case "YESTERDAY":
		return of("DAY", -1, 0)
	case "TOMORROW":
		return of("DAY", 1, 2)
	case "LAST_90_DAYS":
		return of("DAY", -90, 1)
	case "NEXT_90_DAYS":
		return of("DAY", 1, 91)
	case "LAST_N_DAYS":
		return of("DAY", -n, 1)
	}
	for prefix, span := range map[string][2]int{"LAST_N_": {-n, 0}, "NEXT_N_": {1, n + 1}} {
		if unit, found := strings.CutPrefix(word, prefix); found {
			return of(unit, span[0], span[1])
		}
	}
	if unit, found := strings.CutSuffix(strings.TrimPrefix(word, "N_"), "S_AGO"); found && strings.HasPrefix(word, "N_") {
		return of(unit, -n, 1-n)
	}
	return soqlDays{}, false
}

// isRelativeDate reports whether a word in capitals is a date to SOQL.
func isRelativeDate(word string) bool {
	switch word {
	case "TODAY", "YESTERDAY", "TOMORROW":
		return true
	}
	return strings.HasPrefix(word, "LAST_") || strings.HasPrefix(word, "THIS_") || strings.HasPrefix(word, "NEXT_") ||
		strings.HasPrefix(word, "N_") && strings.HasSuffix(word, "_AGO")
}

// compare tells whether a moment is before the days, in them or after them.
func (d soqlDays) compare(when time.Time) int {
	switch {
	case when.Before(d.from):
		return -1
	case !when.Before(d.to):
		return 1
	}
	return 0
}

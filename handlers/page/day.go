package page

import (
	"strings"
	"time"
)

// LastDay is the last whole day, in UTC, of access that ends at a moment, as a
// field for a date has it; "" for access without end.
func LastDay(until *time.Time) string { return lastDay(until, time.DateOnly) }

// LastDayWords is the same day in a sentence: "3 May 2027".
func LastDayWords(until *time.Time) string { return lastDay(until, "2 January 2006") }

func lastDay(until *time.Time, layout string) string {
	if until == nil {
		return ""
	}
	return until.UTC().Add(-time.Nanosecond).Format(layout)
}

// Until reads the last day of access: it ends when that day does, in UTC. It is nil
// for an empty field. What cannot be meant is said in the form.
func (f *Form) Until(field string, now time.Time) *time.Time {
	v := strings.TrimSpace(f.Get(field))
	if v == "" {
		return nil
	}
	at, err := time.Parse(time.DateOnly, v)
	if err != nil || at.Year() > 9000 {
		f.Fail(field, "Enter the last day, such as 2027-03-31, or leave it empty.")
		return nil
	}
	at = at.AddDate(0, 0, 1)
	if !at.After(now) {
		f.Fail(field, "This day is over: choose a later one, or leave it empty.")
	}
	return &at
}

// Day reads a day of a filter as its beginning in UTC; the zero time for an empty
// field. What is no day is said in the form.
func (f *Form) Day(field string) time.Time {
	v := strings.TrimSpace(f.Get(field))
	if v == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.DateOnly, v)
	if err != nil || at.Year() < 1 || at.Year() > 9998 {
		f.Fail(field, "Enter a date, such as 2026-03-31.")
		return time.Time{}
	}
	return at
}

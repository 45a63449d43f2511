package page

import (
	"fmt"
	"html/template"
	"time"
)

const day = 24 * time.Hour

// Words says how long before or after now a moment is, in the words of somebody
// who has both in mind; beyond a week it is a date. Days are those of now's zone.
func Words(at, now time.Time) string {
	at = at.In(now.Location())
	d := now.Sub(at)
	if d < 0 {
		return ahead(at, now)
	}
	switch days := daysBetween(at, now); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return plural(int(d/time.Minute), "minute") + " ago"
	case days == 0 || d < 6*time.Hour:
		return plural(int(d/time.Hour), "hour") + " ago"
	case days == 1:
		return "yesterday"
	case days <= 7:
		return plural(days, "day") + " ago"
	}
	return date(at, now)
}

func ahead(at, now time.Time) string {
	d := at.Sub(now)
	switch days := daysBetween(now, at); {
	case d < time.Minute:
		return "in a moment"
	case d < time.Hour:
		return "in " + plural(int(d/time.Minute), "minute")
	case days == 0 || d < 6*time.Hour:
		return "in " + plural(int(d/time.Hour), "hour")
	case days == 1:
		return "tomorrow"
	case days <= 7:
		return "in " + plural(days, "day")
	}
	return date(at, now)
}

func date(at, now time.Time) string {
	if at.Year() == now.Year() {
		return at.Format("2 Jan")
	}
	return at.Format("2 Jan 2006")
}

// daysBetween counts the midnights between two moments of the same zone.
func daysBetween(from, to time.Time) int {
	noon := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	}
	return int(noon(to).Sub(noon(from)) / day)
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// endsWith makes a <time> of the moment at which something ends: its last day, with
// the exact time in now's zone as its title.
func endsWith(end *time.Time, now time.Time) template.HTML {
	at := end.In(now.Location())
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="Ends %s">%s</time>`, at.Format(time.RFC3339), //nolint:gosec // all three are formatted times
		template.HTMLEscapeString(at.Format(exactly)), LastDayWords(end)))
}

// exactly is how a title says a moment.
const exactly = "Monday 2 January 2006, 15:04:05 MST"

// when makes a <time> of a time.Time or *time.Time: relative words, with the
// exact time in now's zone as its title. Without a moment it says "never".
func when(at any, now time.Time) (template.HTML, error) {
	var t time.Time
	switch at := at.(type) {
	case time.Time:
		t = at
	case *time.Time:
		if at != nil {
			t = *at
		}
	default:
		return "", fmt.Errorf("when wants a time.Time or *time.Time, got %T", at)
	}
	if t.IsZero() {
		return `<span class="quiet">never</span>`, nil
	}
	t = t.In(now.Location())
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, t.Format(time.RFC3339), //nolint:gosec // all three are formatted times
		template.HTMLEscapeString(t.Format(exactly)), Words(t, now))), nil
}

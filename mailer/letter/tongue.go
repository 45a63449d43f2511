package letter

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// Tongue is what we say ourselves around a text, in its language.
type Tongue struct {
	Lang  string // as HTML has it
	Right bool   // it is written from right to left

	open       string // "open to you until %s"
	course     string // a course without a title
	one, more  string // "%s and 1 more course", "%s and %d more courses"
	date       string // with %d, the month and %d; "" writes 2026-05-03
	first      string // the first day of a month; "" as any other
	months     [12]string
	why        map[enrolld.MessageKind]string // the name of the site follows
	whyOrdered string
	whyHas     string
	stop       string
}

// Why says what the reader gets the email for; the site's name follows. Empty in
// a language that we do not speak.
func (t Tongue) Why(kind enrolld.MessageKind) string {
	switch kind {
	case enrolld.MessageRefunded:
		return t.whyOrdered
	case enrolld.MessageWelcome, enrolld.MessageAccess, enrolld.MessageEmailChanged:
		return t.why[kind]
	}
	return t.whyHas
}

// Stop is the link that ends mail of this kind.
func (t Tongue) Stop() string { return t.stop }

// Open says until when a course is open.
func (t Tongue) Open(until time.Time) string { return fmt.Sprintf(t.open, t.LastDay(until)) }

// LastDay is the last day of what ends at a time: the day before, where that is
// midnight.
func (t Tongue) LastDay(until time.Time) string { return t.Day(until.Add(-time.Nanosecond)) }

// Untitled is a course whose title nobody knows.
func (t Tongue) Untitled() string { return t.course }

// Day writes a date, in UTC.
func (t Tongue) Day(at time.Time) string {
	at = at.UTC()
	if t.date == "" {
		return at.Format(time.DateOnly)
	}
	day := fmt.Sprint(at.Day())
	if at.Day() == 1 {
		day = cmp.Or(t.first, day)
	}
	return fmt.Sprintf(t.date, day, t.months[at.Month()-1], at.Year())
}

// Moment writes a date with its time, in UTC.
func (t Tongue) Moment(at time.Time) string { return t.Day(at) + ", " + at.UTC().Format("15:04 UTC") }

// titles names the first course and counts the others.
func (t Tongue) titles(list []Course) string {
	if len(list) == 0 {
		return ""
	}
	title := Cut(list[0].Title, maxSubjectValue)
	switch n := len(list) - 1; n {
	case 0:
		return title
	case 1:
		return fmt.Sprintf(t.one, title)
	default:
		return fmt.Sprintf(t.more, title, n)
	}
}

// TongueOf is the language of a text; of one that we do not speak, what needs no
// words, and the way out in English.
func TongueOf(lang string) Tongue {
	base := enrolld.BaseLanguage(lang)
	t, ok := tongues[base]
	if !ok {
		t = Tongue{open: "– %s", course: "–", one: "%s (+1)", more: "%s (+%d)", stop: tongues[enrolld.BuiltInLanguages[0]].stop}
	}
	t.Lang = cmp.Or(lang, enrolld.BuiltInLanguages[0])
	t.Right = slices.Contains([]string{"ar", "dv", "fa", "he", "ku", "ps", "ur", "yi"}, base)
	return t
}

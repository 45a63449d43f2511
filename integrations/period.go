package integrations

import (
	"strconv"
	"strings"
	"time"
)

// mostPeriods is how many periods may be added to a time: a hundred years of
// months. What is above is a mistake.
const mostPeriods = 1200

// After returns the end of so many periods that begin at a time. The unit is as
// platforms write it: "day", "weeks", "monthly", "YEAR", "M". The answer is zero
// when the unit, the count or the time says nothing.
func After(from time.Time, count int, unit string) time.Time {
	if count < 1 || count > mostPeriods || from.IsZero() {
		return time.Time{}
	}
	switch strings.ToLower(strings.TrimSpace(unit)) {
	case "d", "day", "days", "daily":
		return from.AddDate(0, 0, count)
	case "w", "week", "weeks", "weekly":
		return from.AddDate(0, 0, 7*count)
	case "semi_month":
		return from.AddDate(0, 0, 15*count)
	case "m", "month", "months", "monthly":
		return addMonths(from, count)
	case "quarter", "quarters", "quarterly":
		return addMonths(from, 3*count)
	case "y", "year", "years", "yearly", "annual", "annually":
		return addMonths(from, 12*count)
	}
	return time.Time{}
}

// AfterText is After for a count and a unit in one text: "30 days", "1 M".
func AfterText(from time.Time, period string) time.Time {
	count, unit, _ := strings.Cut(strings.TrimSpace(period), " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return time.Time{}
	}
	return After(from, n, unit)
}

// addMonths is AddDate without its overflow: a month after 31 January is the end
// of February, not the third of March.
func addMonths(t time.Time, months int) time.Time {
	to := t.AddDate(0, months, 0)
	if to.Day() != t.Day() {
		to = to.AddDate(0, 0, -to.Day())
	}
	return to
}
